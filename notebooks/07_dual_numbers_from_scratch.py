# %% [markdown]
# # Dual numbers from scratch
#
# Give every number a companion: how fast it changes. Teach `+` and `*` to look after both, and any program
# differentiates itself while it runs. That is forward mode of *automatic differentiation*.
#
# You will build it in ten lines, send it through a loop, break it in two ways, and mend it. At the end you can say
# what it costs for a function that you have not seen. You need NumPy and school calculus, and about 25 minutes.
#
# A question in **bold** stands before most cells. Write your answer down, then run the cell.

# %%
import numpy as np

import adkit
from adkit.compare.__main__ import main as compare
from adkit.testing import assert_proved
from lesson import BLUE, ORANGE, Slider, referee

# %% [markdown]
# ## The old way: take a small step
#
# The slope of $f$ at $x$ is nearly $\frac{f(x+h) - f(x)}{h}$, and the smaller $h$, the better. It is called a
# *difference quotient*. Try it on $x^3$ at $x = 1.1$, where the slope is $3x^2 = 3.63$.
#
# **Of $h = 10^{-2}, 10^{-5}, 10^{-8}, 10^{-11}, 10^{-14}$: which gives the best slope?**

# %%
def cube(x):
    return x * x * x


def quotient(h):
    return (cube(1.1 + h) - cube(1.1)) / h


for h in 1e-2, 1e-5, 1e-8, 1e-11, 1e-14:
    print(f"h = {h:.0e}   slope {quotient(h):.10f}   error about 1e{np.log10(abs(quotient(h) - 3.63)):+.0f}")

# %% [markdown]
# Neither the largest nor the smallest. A large step meets the curve. A small step subtracts two numbers that agree in
# nearly all of their 16 digits, and what is left is noise, divided by $h$.
#
# Move the slider from a step that is too large to one that is too small. (Where no slider appears, the picture shows one
# step; the text lists the others.)

# %%
def secant(figure, h):
    axis, h = figure.subplots(), float(h)
    xs = np.linspace(0.0, 2.2, 200)
    axis.plot(xs, cube(xs), color=BLUE, linewidth=2)
    axis.plot(xs, cube(1.1) + quotient(h) * (xs - 1.1), "--", color=ORANGE, linewidth=2)
    axis.plot(1.1, cube(1.1), "o", color="black")
    axis.set(xlabel="x", ylabel="x³", ylim=(-3, 8))
    right = max(0, round(-np.log10(abs(quotient(h) - 3.63))))
    return f"slope {quotient(h):.8f}, right digits after the point: {right}"


Slider("step h", ["1", "0.1", "0.01", "1e-5", "1e-8", "1e-11", "1e-14", "1e-15"], secant, start=1)

# %% [markdown]
# ## The other way: a step that is not a number
#
# Write $x + d\,\varepsilon$, where $\varepsilon$ is so small that $\varepsilon^2 = 0$, and calculate:
#
# $$(a + a'\varepsilon)(b + b'\varepsilon) = ab + (a'b + ab')\,\varepsilon$$
#
# The product rule appears by itself. The number before $\varepsilon$ is called the *tangent*, the other the *primal*.
# Below, `f` is $x \sin x^2$, whose slope is $\sin x^2 + 2x^2 \cos x^2$.
#
# **What is $(3 + 1\varepsilon)(3 + 1\varepsilon)$? What does its tangent say?**

# %%
class Dual:
    def __init__(self, primal, tangent=0.0):
        self.primal, self.tangent = primal, tangent

    def __add__(self, o):
        return Dual(self.primal + o.primal, self.tangent + o.tangent)

    def __mul__(self, o):
        return Dual(self.primal * o.primal, self.tangent * o.primal + self.primal * o.tangent)

    def sin(self):  # np.sin(x) calls x.sin() for objects of our own
        return Dual(np.sin(self.primal), np.cos(self.primal) * self.tangent)

    def __repr__(self):
        return f"{self.primal:.6f} {self.tangent:+.6f}ε"

# %%
def f(x):
    return x * np.sin(x * x)


print(Dual(3.0, 1.0) * Dual(3.0, 1.0))
print(f(Dual(1.5, 1.0)))
print(f"by the formula {np.sin(2.25) + 2 * 2.25 * np.cos(2.25):.6f}")

# %% [markdown]
# $9 + 6\varepsilon$: the slope of $x^2$ at 3 is 6. And `f` is plain NumPy that knows nothing of $\varepsilon$. Its slope is
# right in every digit shown: no two nearly equal numbers were subtracted.
#
# ## Numbers at every node
#
# `f` computes three values. Each tangent is (local derivative) × (tangent of what came in), added up over the operands.
#
# **With $u = x^2$ and $s = \sin u$: what are the tangents of $u$ and $s$? ($\cos 2.25 \approx -0.628$)**

# %%
x = Dual(1.5, 1.0)
u = x * x
s = np.sin(u)
y = x * s
print("value  primal ± tangent      the tangent, from the line before")
for name, node, why in [("x", x, "the seed: dx/dx = 1"), ("u", u, "2 · 1.5 · 1"),
                        ("s", s, "cos(2.25) · 3"), ("y", y, "1 · s + 1.5 · s'")]:  # fmt: skip
    print(f"{name:5s}  {node!r:20s}  {why}")

# %% [markdown]
# adkit does the same with arrays. `jvp(f, primals, tangents)` runs `f` on dual numbers, and `table` shows every node.
# (Its last column is for reverse mode, and is empty here.)

# %%
def named(x):
    u = x * x
    s = np.sin(u)
    y = x * s
    return y


value, tangent = adkit.jvp(f, (1.5,), (1.0,))
print(f"{value:.6f} {tangent:+.6f}\n")
print(adkit.trace(named)(1.5).table(tangents=1.0))

# %% [markdown]
# Walk through it, one node at a time. Before each step, say the next tangent. (Reverse mode, the other button, is for the
# next lesson.)

# %%
adkit.trace(named)(1.5).stepper()

# %% [markdown]
# ## A mistake: the product of the derivatives
#
# It looks tidy: the tangent of a product is the product of the tangents. Somebody writes it.
#
# **What is now the slope of $x \cdot x$ at 3? And that of $x \cdot x \cdot x \cdot x$?**

# %%
class Tidy(Dual):
    def __mul__(self, o):
        return Tidy(self.primal * o.primal, self.tangent * o.tangent)


x = Tidy(3.0, 1.0)
print("x·x    ", x * x, "   right: 6")
print("x·x·x·x", x * x * x * x, "  right: 108")

# %% [markdown]
# Always 1. A test at $x = 1/2$ would have passed: there the slope of $x^2$ is 1. A prover asks at all points at once.
#
# `custom_jvp` makes a function with the tangent that we give. The `referee` calls adkit's
# `assert_proved`, which runs it on symbols and compares with SymPy's derivative.
#
# **Which of the two rules will pass?**

# %%
def with_tangent(value, rule):
    f = adkit.custom_jvp(value)
    f.defjvp(lambda primals, tangents: (value(*primals), rule(*primals, *tangents)))
    return f


def product(a, b):
    return a * b


print("a'b'      ", referee(with_tangent(product, lambda a, b, da, db: da * db), 3.0, 5.0))
print("a'b + ab' ", referee(with_tangent(product, lambda a, b, da, db: da * b + a * db), 3.0, 5.0))

# %% [markdown]
# ## Loops and branches
#
# Nothing in `Dual` knows about `while`. The program runs as ever, and the tangents run along. Here is Heron's square
# root, which stops when it is near enough. Division and comparison are new; the rest is inherited.
#
# **The slope of $\sqrt a$ at 2 is $\frac{1}{2\sqrt2} \approx 0.3536$. Will a loop that only divides and averages find it?**

# %%
class Dual2(Dual):
    def __add__(self, o): return Dual2(self.primal + o.primal, self.tangent + o.tangent)
    def __truediv__(self, o):
        q = self.primal / o.primal
        return Dual2(q, (self.tangent - q * o.tangent) / o.primal)


def heron(a, two, far=lambda r, a: abs(r.primal * r.primal - a.primal) > 1e-12):
    r, rounds = a, 0
    while far(r, a):
        r, rounds = (r + a / r) / two, rounds + 1
        print(rounds, r)
    return r


root = heron(Dual2(2.0, 1.0), Dual2(2.0))

# %% [markdown]
# The tangent converges too, a little behind. No rule for the square root was needed.
#
# A branch is the same: the side that runs is differentiated, the other leaves no trace. adkit treats any
# program so, and the prover can take any fixed number of rounds.
#
# **Between $a = 5.04$ and $5.05$ the loop begins to take 6 rounds instead of 5. Does the slope jump there?**

# %%
def root_of(a):
    global rounds
    r, rounds = a, 0
    while abs(r * r - a) > 1e-12:
        r, rounds = (r + a / r) / 2, rounds + 1
    return r


for a in 2.0, 5.04, 5.05, 9.0:
    found = adkit.jvp(root_of, (a,), (1.0,))[1]
    print(f"a = {a:.2f}: rounds {rounds}, slope {found:.10f}, right {0.5 / np.sqrt(a):.10f}")


# %%
def three_rounds(a):
    r = a
    for _ in range(3):
        r = (r + a / r) / 2
    return r


assert_proved(three_rounds, 2.0)
print("three rounds of it: proved")

# %% [markdown]
# Hardly: with 5 rounds and with 6, all ten digits are right. The jump hides behind them: it is about as small as the
# $10^{-12}$ at which the loop stops.
#
# ## A second mistake: whose ε is it?
#
# A derivative inside a derivative: $D(x) = x \cdot \frac{d}{dy}(x + y)\big|_{y=1}$. The inner slope is 1 whatever $x$ is.
# So $D(x) = x$.
#
# `slope` is our forward mode, as a function. **What is the slope of $D$ at 1? And what will this print?**

# %%
def slope(function, at):
    return function(Dual(at, 1.0)).tangent


def lift(z):
    return z if isinstance(z, Dual) else Dual(z)


def D(x):
    return x * lift(slope(lambda y: x + y, 1.0))


print("slope of D at 1:", slope(D, 1.0), "  right: 1.0")

# %% [markdown]
# 2, and no error. Look inside, where $x = 1 + 1\varepsilon$ and $y = 1 + 1\varepsilon$:
#
# $$x + y = 2 + 2\varepsilon$$
#
# The inner derivative wanted to know about $y$ alone. It cannot tell the two $\varepsilon$ apart. This is *perturbation
# confusion*.
#
# The remedy: each derivative brings an $\varepsilon$ of its own, with a number, its *level*. **What must happen to $x$,
# when the inner derivative meets it?**

# %%
class Levelled:
    def __init__(self, primal, tangent, level):
        self.primal, self.tangent, self.level = primal, tangent, level

    def split(self, level):  # seen from another level, a number of this one is a constant
        return (self.primal, self.tangent) if self.level == level else (self, 0.0)

    def __add__(self, o):
        return both(self, o, lambda a, da, b, db: (a + b, da + db))

    def __mul__(self, o):
        return both(self, o, lambda a, da, b, db: (a * b, da * b + a * db))

    __radd__, __rmul__ = __add__, __mul__

# %%
def both(a, o, rule):
    level = max(a.level, getattr(o, "level", 0))
    parts = [z.split(level) if isinstance(z, Levelled) else (z, 0.0) for z in (a, o)]
    return Levelled(*rule(*parts[0], *parts[1]), level)


depth = 0


def slope(function, at):
    global depth
    depth += 1  # a fresh ε for each call
    y = function(Levelled(at, 1.0, depth))
    found = y.tangent if isinstance(y, Levelled) and y.level == depth else 0.0
    depth -= 1
    return found

# %%
print("slope of D at 1:", slope(lambda x: x * slope(lambda y: x + y, 1.0), 1.0))
print("d²/dx² of x³ at 2:", slope(lambda x: slope(lambda y: y * y * y, x), 2.0), "  right: 12.0")
d = adkit.derivative
print(f"adkit: {d(lambda x: x * d(lambda y: x + y)(1.0))(1.0):.1f}, {d(lambda x: d(lambda y: y**3)(x))(2.0):.1f}")

# %% [markdown]
# To the inner level $x$ is a constant, and its own $\varepsilon$ waits inside the primal. adkit keeps levels in the same
# way, in a `with` block that puts them back also when an error ends the call. (Ours would not: an error skips
# `depth -= 1`.)
#
# ## Many inputs
#
# One run answers one question: what if the inputs move *like this*? For a function of $n$ inputs, a whole gradient takes
# $n$ questions. They may travel together, as an array of tangents.
#
# All the slopes of several outputs, each by each input, are the *Jacobian*: one row an output, one column an input.
#
# **The function below has 3 inputs and 2 outputs. How many tangents does its Jacobian take?**

# %%
def two(x):
    return np.array([x[0] * x[1], np.sin(x[2]) * x[0]])


at = np.array([2.0, 3.0, 0.5])
with adkit.count_sweeps() as counts:
    J = adkit.jacfwd(two)(at)
print(np.round(J, 4))
print("tangents", counts.forward_directions)
one = adkit.jvp(two, (at,), (np.array([1.0, -1.0, 0.0]),))[1]
print("one direction, one tangent:", one, " from the Jacobian:", J @ np.array([1.0, -1.0, 0.0]))

# %% [markdown]
# Three, one for each input, and it does not matter that there are 2 outputs: all of them come along in every sweep.
#
# (Reverse mode, the subject of the [next lesson](08_a_tape_from_scratch.ipynb), works the other way round: one sweep for
# each *output*, whatever the number of inputs.)
#
# ## Exercise
#
# Give the quotient its tangent: from $a, b$ and their tangents $a', b'$ to the tangent of $a / b$.

# %%
def check(rule):
    if rule(3.0, 2.0, 1.0, 1.0) is None:
        return "nothing returned yet"
    return referee(with_tangent(lambda a, b: a / b, rule), 3.0, 2.0)

# %%
def quotient_tangent(a, b, da, db):
    return None  # your line here


print(check(quotient_tangent))

# %% [markdown]
# <details><summary>A hint</summary>
#
# Call the quotient $q$. Then $q\,b = a$. Take the tangent of both sides, by the product rule, and solve for $q'$.
#
# </details>
#
# Try before you go on: the answer comes next.

# %%
def quotient_tangent_answer(a, b, da, db):
    return (da - a / b * db) / b


print(check(quotient_tangent_answer))

# %% [markdown]
# ## What you can say now
#
# - A dual number carries a value and its tangent; each operation needs one rule, and programs need no change.
# - It is exact: nothing is subtracted. Each derivative needs an $\varepsilon$ of its own.
# - One tangent for each input, whatever the number of outputs.
#
# One more, which nothing above showed: $x \mapsto \tanh(A x)$ from **1** input to **1000** outputs. **How many sweeps does
# the Jacobian take in each mode, and which is cheaper?** The next cell measures it (column `sweeps`).

# %% tags=["varies"]
status = compare(["tanh-affine", "--size", "1x1000", "--operators", "jacobian", "--methods", "forward,reverse", "--quick",
                  "--no-progress"])  # fmt: skip

# %% [markdown]
# <details><summary>The answer</summary>
#
# Forward: 1 input, so 1 tangent. Reverse: 1000 outputs, so 1000 *cotangents* (what reverse mode carries back). Forward
# is cheaper, by far. With the shape turned around, 1000 inputs and 1 output, it would be reverse. At `100x100` each takes 100.
#
# </details>
