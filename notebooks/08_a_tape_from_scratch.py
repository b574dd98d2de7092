# %% [markdown]
# # A tape from scratch
#
# Let a program write a diary while it runs: what it computed, from what, and how sensitive each result is to each
# ingredient. Then read the diary backwards. That is reverse mode of *automatic differentiation*, or backpropagation.
#
# You will build it in twenty lines, read it in three wrong ways, and send a loop and a branch through it. At the end
# you can say what stands at each node of a program that you have not seen. You need NumPy and the chain rule, and about
# 25 minutes.
#
# A question in **bold** stands before most cells. Write your answer down, then run the cell.

# %%
import numpy as np

import adkit
from adkit.testing import assert_proved

# %% [markdown]
# ## The diary
#
# A `Var` holds a value. Each operation makes a new one, and appends it to the `tape` with its *parents*, each with the
# *local* derivative towards it. For $y = a \cdot b$ these are $b$ towards $a$, and $a$ towards $b$.
#
# No derivative of the result is known yet: the program does not know what the result will be.

# %%
tape = []


class Var:
    def __init__(self, value, *parents):
        self.value, self.parents = value, parents
        tape.append(self)

    def __add__(self, o):
        return Var(self.value + o.value, (self, 1.0), (o, 1.0))

    def __mul__(self, o):
        return Var(self.value * o.value, (self, o.value), (o, self.value))

    def sin(self):  # np.sin(x) calls x.sin() for objects of our own
        return Var(np.sin(self.value), (self, np.cos(self.value)))

# %% [markdown]
# Our function is $f(a, b) = ab + \sin a$, at $a = 2$, $b = 3$.
#
# **How many entries will the tape have? Which two arrows leave from $a$?**

# %%
def f(a, b):
    p = a * b
    s = np.sin(a)
    y = p + s
    return y


NAMES = ["a", "b", "p", "s", "y"]
tape = []
f(Var(2.0), Var(3.0))
for name, node in zip(NAMES, tape, strict=True):
    arrows = ", ".join(f"{local:+.4f} towards {NAMES[tape.index(parent)]}" for parent, local in node.parents)
    print(f"{name} = {node.value:.4f}   {arrows}")

# %% [markdown]
# ## Read it backwards
#
# Each node shall learn its *cotangent*: how the result $y$ answers to it. For $y$ itself that is 1. Then, from the last
# entry to the first: a node hands (its cotangent) × (local derivative) to each parent.
#
# There is a mistake in the code below. **The right answer is $\frac{dy}{da} = b + \cos a = 2.5839$. What will this print?**

# %%
def sweep_overwriting(tape):
    cotangent = {tape[-1]: 1.0}
    for node in reversed(tape):
        for parent, local in node.parents:
            cotangent[parent] = local * cotangent[node]
    return cotangent


found = sweep_overwriting(tape)
print("  ".join(f"{name} {found[node]:.4f}" for name, node in zip(NAMES, tape, strict=True)))

# %% [markdown]
# 3: only $b$. First $s$ handed $\cos 2 = -0.4161$ to $a$, then $p$ wrote 3 over it.
#
# $a$ is used twice, so two arrows leave it: *fan-out*. If $a$ moves, it moves $y$ along both. What is used twice on the
# way forward gets a *sum* on the way back.
#
# **Which line loses a share, and how must it read? What must every cotangent be before the first share comes?**

# %%
def sweep(tape, seed=1.0):
    cotangent = dict.fromkeys(tape, 0.0)
    cotangent[tape[-1]] = seed
    for node in reversed(tape):
        for parent, local in node.parents:
            cotangent[parent] += local * cotangent[node]
    return cotangent


found = sweep(tape)
print("  ".join(f"{name} {found[node]:.4f}" for name, node in zip(NAMES, tape, strict=True)))
print(f"b + cos a = {3 + np.cos(2):.4f}")

# %% [markdown]
# One sweep gave the derivative with respect to *every* node: both inputs, and everything between. Forward mode
# would have needed a tangent for $a$ and another for $b$.
#
# adkit writes the same diary for arrays. `vjp` runs the program and returns the value and a *pullback*, which reads the
# tape backwards from the seed that you give. `table` shows every node.

# %%
value, pullback = adkit.vjp(f, 2.0, 3.0)
print(" ".join(f"{g:.4f}" for g in pullback(1.0)), "\n")
print(adkit.trace(f)(2.0, 3.0).table(cotangent=1.0))

# %% [markdown]
# ## Why the order matters
#
# Somebody finds the tape clumsy: nodes know their parents, so why not start at the result and walk? Take a node, hand on
# what it has, then do the same with its parents.
#
# The function is $u = a \cdot a$, $v = u + u$, $y = v \cdot v$ at $a = 1$. By hand: $y = 4a^4$, so
# $\frac{dy}{da} = 16$.
#
# **What will the walk say?**

# %%
def walk(node, cotangent):
    for parent, local in node.parents:
        cotangent[parent] = cotangent.get(parent, 0.0) + local * cotangent[node]
        walk(parent, cotangent)


def g(a):
    u = a * a
    v = u + u
    y = v * v
    return y


tape = []
result = g(Var(1.0))
found = {result: 1.0}
walk(result, found)
print("by walking:", found[tape[0]], "  by the tape:", sweep(tape)[tape[0]])

# %% [markdown]
# 52 instead of 16, and no error. $v$ is reached twice. The first time it hands on what it has, 2. The second time it has
# 4, and hands on *all* of it, the first 2 once more. Every fork below repeats that.
#
# The mended walk hands on only the new share. It is right, but **how many nodes does it visit, if we put $k$ steps
# $x \cdot x$ behind one another?**

# %%
def walk_shares(node, share, cotangent):
    cotangent[node] = cotangent.get(node, 0.0) + share
    visits = 1
    for parent, local in node.parents:
        visits += walk_shares(parent, local * share, cotangent)
    return visits

# %%
print("steps  visits by walking  entries on the tape")
for k in 2, 4, 8, 12:
    tape = []
    x = Var(0.5)
    for _ in range(k):
        x = x * x
    found = {}
    visits = walk_shares(x, 1.0, found)
    assert found[tape[0]] == sweep(tape)[tape[0]]
    print(f"{k:5d}  {visits:17d}  {len(tape):19d}")

# %% [markdown]
# Each step doubles the ways to the start: $2^k$ paths, and $2^{k+1} - 1$ visits. The tape visits each node once, since
# **a node is complete when all that used it have reported**, and on the tape all who used it stand behind it.
#
# So a tape is not clumsy: the order in which a program computed its values is the order that makes one visit enough.
#
# Walk through $g$ by *Reverse mode* below. (The two arrows from $a$ to $u$ are drawn as one, with the sum of their numbers:
# $1 + 1$.) **Before each step: is this node complete, and what will it hand on?**

# %%
adkit.trace(g)(1.0).stepper()

# %% [markdown]
# ## Loops and branches
#
# A tape records what ran. A loop of five rounds leaves five rounds on it; of a branch, only the side that was taken.
#
# Heron's square root divides and averages until it is near enough, so the number of rounds depends on the number.
# **For which of 2, 100 and 1e6 is the tape longest? Will the slope of each be $\frac{1}{2\sqrt a}$?**

# %%
def heron(a):
    r = a
    while abs(r * r - a) > 1e-9 * a:
        r = (r + a / r) / 2
    return r


for a in 2.0, 100.0, 1e6:
    with adkit.count_sweeps() as counts:
        slope = adkit.grad(heron)(a)
    print(f"a = {a:9.1f}   recorded {counts.recorded_ops:3d}   slope {slope:.10f}   right {0.5 / np.sqrt(a):.10f}")

# %% [markdown]
# A loop that runs longer costs memory, since every value is kept until the sweep comes back. Forward mode keeps nothing:
# that is the price of reading backwards.
#
# The count includes the products in `abs(r * r - a)`, which only decide *how long* the loop runs. The result does not
# depend on them, and their cotangents stay 0. (`adkit.trace(heron)(2.0).table(cotangent=1.0)` shows it.)
#
# Now a branch. **At $x = -1$, what does the tape of `bent` hold? And what cotangent does the condition get?**

# %%
def bent(x):
    if x > 0:
        y = x * x
    else:
        y = 3.0 * x
    return y


for x in -1.0, 2.0:
    print(adkit.trace(bent)(x).table(cotangent=1.0), "\n")
assert_proved(bent, -1.0)
print("bent at -1, the side taken: proved")

# %% [markdown]
# The condition gets nothing: it is either true or false, and a small step does not change it. Only the side taken is
# there. At $x = 0$ exactly, the two sides have slopes 3 and 0, and adkit takes that of the side that ran: 3,
# since $0 > 0$ is false.
#
# ## A third mistake: yesterday's numbers
#
# Many programs store the cotangent *on the node*, as `node.g += ...`. One sweep is fine. **What happens at the second
# one?**

# %%
def sweep_on_nodes(tape):
    tape[-1].g = 1.0
    for node in tape[:-1]:
        node.g = getattr(node, "g", 0.0)
    for node in reversed(tape):
        for parent, local in node.parents:
            parent.g += local * node.g


tape = []
f(Var(2.0), Var(3.0))
for _ in range(3):
    sweep_on_nodes(tape)
    print("  ".join(f"{name} {node.g:.4f}" for name, node in zip(NAMES, tape, strict=True)))

# %% [markdown]
# The old numbers are still there, and are handed on again. In some libraries you must call `zero_grad()` before each step;
# forget it, and training drifts.
#
# In our `sweep` the cotangents live in the call, as in adkit: a pullback may be called as often as you like.
#
# ## Several outputs
#
# A seed need not be 1, nor a single number. For outputs $y_1, y_2, y_3$ the seed $(u_1, u_2, u_3)$ asks: how does
# $u_1 y_1 + u_2 y_2 + u_3 y_3$ answer? It is one sweep.
#
# The *Jacobian* holds the derivative of each output by each input, one row an output.
#
# **How many sweeps does the whole Jacobian of 5 inputs and 3 outputs take?**

# %%
A = np.array([[1.0, -1.0, 0.5, 0.0, 2.0], [0.0, 1.0, 1.0, -2.0, 0.5], [2.0, 0.0, -1.0, 1.0, 1.0]])
layer = lambda x: np.tanh(A @ x)
at = np.array([0.1, -0.2, 0.3, 0.0, 0.2])
with adkit.count_sweeps() as counts:
    J = adkit.jacrev(layer)(at)
print("Jacobian", J.shape, "cotangents", counts.reverse_directions)
print(np.round(J, 4))

# %% [markdown]
# Three, one for each output, whatever the number of inputs.
#
# ## Exercise
#
# You need $2\,\nabla y_1 + \nabla y_2 - \nabla y_3$ of `layer`: five numbers. The Jacobian would give it in three
# sweeps. Find it with **one** sweep. The check counts.

# %%
def check(weighted):
    with adkit.count_sweeps() as counts:
        found = weighted(layer, at)
    if found is None:
        return "nothing returned yet"
    used = counts.reverse_directions, counts.forward_directions
    if used != (1, 0):
        return f"one cotangent and no tangent were allowed; you used {used[0]} and {used[1]}"
    right = np.array([2.0, 1.0, -1.0]) @ J
    return "correct, with one sweep" if np.allclose(found, right) else f"right is {np.round(right, 4)}"

# %%
def weighted(layer, at):
    return None  # your lines here


print(check(weighted))

# %% [markdown]
# <details><summary>A hint</summary>
#
# `adkit.vjp(layer, at)` returns the value and the pullback. The pullback takes one number for each output, and returns a
# tuple with one entry for each argument.
#
# </details>
#
# Try before you go on: the answer comes next.

# %%
def weighted_answer(layer, at):
    value, pullback = adkit.vjp(layer, at)
    (gradient,) = pullback(np.array([2.0, 1.0, -1.0]))
    return gradient


print(check(weighted_answer))

# %% [markdown]
# ## What you can say now
#
# - A tape is a list of values, each with its parents and local derivatives. Read backwards, it adds at every node.
# - A node is complete when all who used it have reported; the order of computation guarantees it.
# - One sweep for each output, whatever the number of inputs; memory for everything that ran.
#
# One more, which nothing above showed: $z_0 = x$, then three times $z \leftarrow z \cdot z + x$, at $x = 0.5$.
#
# **How many operations are on the tape? What is the cotangent at $z_2$, and at $z_1$? How many sweeps would the gradient
# take in each mode?** ($z_1 = 0.75$, $z_2 = 1.0625$.)

# %%
def julia(x):
    z1 = x * x + x
    z2 = z1 * z1 + x
    z3 = z2 * z2 + x
    return z3


print(adkit.trace(julia)(0.5).table(cotangent=1.0))
with adkit.count_sweeps() as counts:
    adkit.jvp(julia, (0.5,), (1.0,)), adkit.grad(julia)(0.5)
print()
print(counts)
assert_proved(julia, 0.5)

# %% [markdown]
# <details><summary>The answer</summary>
#
# 6 operations, three products and three sums. At $z_2$: $2 z_2 = 2.125$. At $z_1$: $2 z_2 \cdot 2 z_1 = 3.1875$. One
# sweep in either mode: one input, one output. $x$ has five arrows, two into the first product and one into each sum,
# and its cotangent is the sum of five shares.
#
# </details>
