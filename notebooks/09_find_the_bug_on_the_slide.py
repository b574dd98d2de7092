# %% [markdown]
# # Find the bug on the slide
#
# Six formulas, all from the slides of one good lecture on backpropagation. Each has a mistake, and each
# looks right at a glance.
#
# You will run each formula as it stands, watch it fail, mend it, and prove the mended one. At the end you can
# say why a test with friendly numbers lets such mistakes pass. You need the chain rule, and about 25 minutes.
#
# A question in **bold** stands before most cells. Write your answer down, then run the cell.

# %%
import itertools

import numpy as np
import sympy as sp

import adkit
from adkit import nn
from lesson import BLUE, ORANGE, Slider, plt, referee, with_rule

# %% [markdown]
# ## A referee
#
# A backward formula takes $g = dL/dy$ and returns $dL/dx$. `with_rule` makes a function whose derivative is whatever
# formula we give, right or wrong.
#
# The `referee` calls adkit's `assert_proved`: it runs that formula on *symbols*, and compares the result with SymPy's own
# derivative of the function. Equal means equal at every point. If they differ, it shows two numbers that should be one.

# %%
def right_rule(inputs, g):
    return (g * (1 - np.tanh(inputs[0]) ** 2),)


def almost(inputs, g):
    return (g * (1 - 1.001 * np.tanh(inputs[0]) ** 2),)

# %% [markdown]
# First we test the referee. The derivative of $y = \tanh x$ is $1 - y^2$. In the second rule a factor of 1.001
# has slipped in.
#
# **Will the referee see it?**

# %%
print("1     · y²:", referee(with_rule(np.tanh, right_rule), 0.5))
print("1.001 · y²:", referee(with_rule(np.tanh, almost), 0.5))

# %% [markdown]
# It does, and shows two numbers that differ. It chooses the point and $g$ itself: from our 0.5 it takes the shape alone. Where
# there are several inputs it weighs what they bring and adds it up, so that one number stands for all.
#
# ## Slide 1: softmax
#
# $y_i = e^{x_i} / \sum_k e^{x_k}$. The slide's backward pass, with $s_i = g_i y_i$:
#
# $$\frac{dL}{dx} = s - \sum_i s_i$$
#
# Add the same constant to all $x_i$: softmax does not change, so $L$ does not. **What must the components of
# $dL/dx$ add up to? Do the slide's?**

# %%
def softmax_slide(inputs, g):
    s = g * adkit.softmax(inputs[0])
    return (s - np.sum(s),)


x, g = np.array([1.0, 0.0, -1.0]), np.array([1.0, 2.0, -1.0])
(slide,) = softmax_slide((x,), g)
true = adkit.grad(lambda x: g @ adkit.softmax(x))(x)
print("slide", np.round(slide, 6), "sum", round(slide.sum(), 6))
print("true ", np.round(true, 6), "sum", abs(round(true.sum(), 6)))
print("referee:", referee(with_rule(adkit.softmax, softmax_slide), x))

# %% [markdown]
# They must add up to 0, and the slide's do not. Its second number even has the wrong sign: a descent step would move
# $x_2$ the wrong way.
#
# Follow one arrow: $dy_i/dx_j = y_i(\delta_{ij} - y_j)$, where $\delta_{ij}$ is 1 if $i = j$, else 0. So
# $dL/dx_j = g_j y_j - y_j \sum_i g_i y_i$.
#
# **Which factor did the slide lose?**

# %%
def softmax_mended(inputs, g):
    y = adkit.softmax(inputs[0])
    s = g * y
    return (s - y * np.sum(s),)


(mended,) = softmax_mended((x,), g)
print("mended", np.round(mended, 6), "sum", abs(round(mended.sum(), 6)))
print("referee:", referee(with_rule(adkit.softmax, softmax_mended), x))

# %% [markdown]
# The sum must be shared out, in the proportion $y$. "Proved" means: for all $x$ and all $g$, of this width.
#
# ## Slide 2: the logistic loss
#
# With $p = \sigma(z)$ and a label $y$ that is 0 or 1, the slide's loss is $\ell = y \log p + (1-y) \log(1-p)$.
#
# Take $z = 2$ and $y = 1$: the model is confident, and right. **What should the loss be, roughly? What does the
# slide's formula say?**

# %%
def loss_slide(z, y):
    p = adkit.sigmoid(z)
    return y * np.log(p) + (1 - y) * np.log(1 - p)


print(f"loss {loss_slide(2.0, 1.0):.6f}")
print("referee, on adkit's gradient of it:", referee(loss_slide, 2.0, 1.0))

# %% [markdown]
# Negative! A loss is never below 0. And yet the referee says *proved*.
#
# **What exactly was proved?** Think about it, then let gradient descent show what the formula does: 20 steps from
# $z = 2$, with the slide's loss and with a minus before it.

# %%
def descend(loss, z=2.0):
    ps = []
    for _ in range(21):
        ps.append(adkit.sigmoid(z))
        z = z - 0.5 * adkit.grad(loss)(z, 1.0)
    return ps


figure, axis = plt.subplots(figsize=(7, 3.2))
for name, loss, color, mark in ("minus", lambda z, y: -loss_slide(z, y), BLUE, "o-"), ("slide", loss_slide, ORANGE, "s-"):
    ps = descend(loss)
    axis.plot(ps, mark, color=color, markersize=4)
    axis.text(20.4, ps[-1], f"{name} {ps[-1]:.3f}", color=color, va="center")
axis.set(xlabel="step", ylabel="p of the true class", ylim=(-0.05, 1.05), xlim=(0, 24.5), xticks=range(0, 21, 5))
axis.spines[["top", "right"]].set_visible(False)
plt.show()

# %% [markdown]
# The slide's loss teaches the model the wrong answer.
#
# The referee proved that the derivative belongs to *this function*. Whether the function is the one you want, no
# proof of a derivative can say. Tie it to something that you know about it: here, that the gradient is $p - y$.
#
# **Which of the two losses has it?** (A rule answers for every input. So this one answers for $y$ too, with $-z$.)

# %%
def p_minus_y(inputs, g):
    z, y = inputs
    return g * (adkit.sigmoid(z) - y), -g * z


print("slide:", referee(with_rule(loss_slide, p_minus_y), 2.0, 1.0))
print("minus:", referee(with_rule(lambda z, y: -loss_slide(z, y), p_minus_y), 2.0, 1.0))

# %% [markdown]
# ## Slide 3: cross-entropy on logits
#
# $L = -\sum_i p_i \log y_i$, where $y$ is the softmax of $x$ and $p$ are the targets. The slide says
# $dL/dx = y - p$. (On that slide $y$ stands for the loss. We read it kindly.)
#
# The next cell runs it on two targets. **In which of them will the slide be right?**

# %%
def cross_entropy(x, p):
    return -np.sum(p * np.log(adkit.softmax(x)))


x = np.array([0.3, -0.2, 1.0])
for p in np.array([0.5, 0.25, 0.25]), np.array([0.5, 0.25, 0.5]):
    fixed = lambda x, p=p: cross_entropy(x, p)
    y_minus_p = lambda inputs, g, p=p: (g * (adkit.softmax(inputs[0]) - p),)
    print(p, "true - slide:", np.abs(np.round(adkit.grad(fixed)(x) - (adkit.softmax(x) - p), 6)))
    print("  referee:", referee(with_rule(fixed, y_minus_p), x))

# %% [markdown]
# It holds where the targets add up to 1, and with one-hot labels they always do. With weighted targets, or where some
# are left out, they do not: in the second, a quarter of the softmax is missing, for $p$ adds up to 1.25.
#
# The slider changes the last target. **At which one will both gradients agree?**

# %%
def targets(figure, last):
    axis, p, places = figure.subplots(), np.array([0.5, 0.25, last]), np.arange(3)
    true = adkit.grad(lambda x: cross_entropy(x, p))(x)
    slide = adkit.softmax(x) - p
    axis.bar(places - 0.2, true, 0.36, color=BLUE, label="true")
    axis.bar(places + 0.2, slide, 0.36, color=ORANGE, hatch="//", edgecolor="white", label="slide")
    axis.axhline(0, color="black", linewidth=0.8)
    axis.set(xticks=places, xticklabels=["x1", "x2", "x3"], ylabel="dL/dx", ylim=(-0.6, 0.8))
    axis.legend(loc="upper left")
    return f"targets add up to {p.sum():.2f}, largest difference {np.abs(true - slide).max():.4f}"


Slider("last target", [0.0, 0.15, 0.25, 0.35, 0.5, 0.75], targets, start=4)

# %% [markdown]
# At 0.25, where they add up to 1: the value that a friendly test would use.
#
# **What must stand before $y$ to make it right for all $p$?** (The rule below also answers for $p$ itself.)

# %%
def logits_mended(inputs, g):
    x, p = inputs
    y = adkit.softmax(x)
    return g * (y * np.sum(p) - p), -g * np.log(y)


print("referee:", referee(with_rule(cross_entropy, logits_mended), x, np.array([0.5, 0.25, 0.5])))

# %% [markdown]
# ## Slide 4: multiply
#
# $y = a \cdot b$. The slide: $dL/da = g \cdot b$, and no more.
#
# Somebody uses it for a square, $y = a \cdot a$, and writes $dL/da = g \cdot a$. **What slope will come out at
# $a = 3$, and what is right?**

# %%
square = with_rule(lambda a: a * a, lambda inputs, g: (g * inputs[0],))
multiply = with_rule(lambda a, b: a * b, lambda inputs, g: (g * inputs[1], None))
print("square at 3: the rule", adkit.grad(square)(3.0), "  by differences", round((3.001**2 - 2.999**2) / 0.002, 6))
print("square       ", referee(square, 3.0))
print("multiply a, b", referee(multiply, 3.0, 5.0))

# %% [markdown]
# Half the slope. Two arrows lead from $a$ to $a \cdot a$, and each brings $g \cdot a$.
#
# The mended rule answers for both operands. It knows nothing of squares. **Will the referee accept it for
# `multiply(a, a)` too?**

# %%
multiply = with_rule(lambda a, b: a * b, lambda inputs, g: (g * inputs[1], g * inputs[0]))
print("multiply a, b", referee(multiply, 3.0, 5.0))
print("multiply a, a", referee(lambda a: multiply(a, a), 3.0))
print("square at 3: the rule", adkit.grad(lambda a: multiply(a, a))(3.0))

# %% [markdown]
# A rule speaks for each operand. Adding up where arrows meet is the tape's work.
#
# ## Slide 5: the chain rule itself
#
# The slide writes a chain of Jacobians in the order of computation: $\frac{da}{dx}\,\frac{dy}{da}$. On an earlier slide a
# Jacobian has a row for each output and a column for each input.
#
# Take $x$ with 3 numbers, $a$ with 2 and $y$ with 4. **Which shapes do the two Jacobians have? In which order can they be
# multiplied?**

# %%
def jacobians(A, B):
    inner, outer = (lambda x: np.tanh(A @ x)), (lambda a: np.sin(B @ a))
    x = np.linspace(0.5, -1.0, A.shape[1])
    both = adkit.jacobian(lambda x: outer(inner(x)))(x)
    return adkit.jacobian(inner)(x), adkit.jacobian(outer)(inner(x)), both


da, dy, both = jacobians(np.arange(6.0).reshape(2, 3) / 5, np.arange(8.0).reshape(4, 2) / 7)
print("da/dx", da.shape, "dy/da", dy.shape, "dy/dx", both.shape)
try:
    da @ dy
except ValueError:
    print("slide:   the shapes do not fit")
print("reverse: equal", np.allclose(dy @ da, both, rtol=1e-12))

# %% [markdown]
# Here NumPy refuses. It cannot always.
#
# **If all three have 2 numbers, will the slide's order raise an error? Will it be right?**

# %%
A, B = np.array([[1.0, 2.0], [0.0, 1.0]]), np.array([[1.0, 0.0], [3.0, 1.0]])
da, dy, both = jacobians(A, B)
print("slide  ", np.round(da @ dy, 4).tolist())
print("true   ", np.round(both, 4).tolist())


def chain(order):
    def backward(inputs, g):
        a = np.tanh(A @ inputs[0])
        da, dy = (1 - a**2)[:, None] * A, np.cos(B @ a)[:, None] * B
        return (g @ (da @ dy if order == "slide" else dy @ da),)
    return with_rule(lambda x: np.sin(B @ np.tanh(A @ x)), backward)

# %%
for order in "slide", "reverse":
    print(f"{order:8s}", referee(chain(order), np.array([0.5, -1.0])))

# %% [markdown]
# No error, and every entry wrong. Equal widths are common in networks, so nothing would have complained. The last
# function's Jacobian stands first: $\frac{dy}{da}\,\frac{da}{dx}$.
#
# ## Slide 6: dropout
#
# In training each unit is dropped with probability $f$. At test time none is dropped, so the next layer receives more than
# it is used to. The slide's remedy: scale by the dropout fraction $f$.
#
# **Take $f = 0.2$. What part of the sum arrives on average, in training? And for which $f$ would the slide be
# right?**

# %%
def average(f, h=(0.4, 1.0, 2.0)):
    """The mean over all masks of three units, each with its probability, as a part of the whole."""
    total = 0
    for mask in itertools.product((0, 1), repeat=3):
        probability = f ** (3 - sum(mask)) * (1 - f) ** sum(mask)
        total = total + probability * sum(m * value for m, value in zip(mask, h, strict=True))
    return total / sum(h)


print(f"f = 0.2: on average {average(0.2):.2f} arrives, the slide scales by 0.20")

# %%
fractions = np.linspace(0, 1, 11)
figure, axis = plt.subplots(figsize=(7, 3.4))
axis.plot(fractions, [average(f) for f in fractions], "o", color="black")
axis.plot(fractions, 1 - fractions, color=BLUE)
axis.plot(fractions, fractions, "--", color=ORANGE)
for words, place, color in ("mean over all masks: 1 - f", (0.2, 0.84), BLUE), ("the slide: f", (0.82, 0.74), ORANGE):
    axis.text(*place, words, color=color, ha="left")
axis.set(xlabel="dropout fraction f", ylabel="part that arrives", xlim=(0, 1.02), ylim=(0, 1.05))
axis.spines[["top", "right"]].set_visible(False)
plt.show()

# %% [markdown]
# The lines cross at $f = 0.5$, a value that many use. There, and only there, the slide is right.
#
# No derivative is involved, so our referee has nothing to say. SymPy has: let $f$ be a symbol.
#
# **What is left when we take $1 - f$ away from the average? And when we take $f$ away?**

# %%
f, h = sp.Symbol("f"), sp.symbols("h1:4")
print("average - (1 - f) =", sp.simplify(average(f, h) - (1 - f)))
print("average - f       =", sp.simplify(average(f, h) - f))

# %% [markdown]
# ## Where mistakes hide
#
# | slide | passes a test when | fails when |
# |---|---|---|
# | softmax | $\sum g_i y_i = 0$ | otherwise |
# | logistic loss | its derivative is tested | you look at the value |
# | cross-entropy | targets add up to 1 | they are weighted |
# | multiply | $b$ is a constant | $b$ is learned, or is $a$ |
# | chain | all widths are 1 | a width is larger |
# | dropout | $f = 0.5$ | any other $f$ |
#
# Friendly numbers hide mistakes. A random point finds most. A proof leaves no point out.
#
# ## Four half-truths
#
# Not quite said. **What is missing in each?**
#
# - "tanh is a scaled and shifted sigmoid."
# - "MSE is $\sum (t - x)^2$."
# - "A switch's output is $s \cdot x$." ($s$ is 0 or 1, by a comparison.)
# - "Batch normalisation adds intra-batch noise."

# %%
z = 1.0
print(f"tanh 1 = {np.tanh(z):.4f}   2 s(1) - 1 = {2 * adkit.sigmoid(z) - 1:.4f}   2 s(2) - 1 = {2 * adkit.sigmoid(2 * z) - 1:.4f}")
for copies in 1, 2:
    y, t = np.full((copies, 1), 3.0), np.zeros((copies, 1))
    steps = [adkit.grad(lambda w, y=y, t=t, how=how: nn.squared_error(w * y, t, how))(1.0) for how in ("sum", "mean")]
    print(f"{copies} equal example{'s' * (copies > 1)}: gradient of the sum {steps[0]:.0f}, of the mean {steps[1]:.0f}")
# Without 0 * a adkit would warn that the result does not depend on a.
print("switch, slope towards what decides:", adkit.grad(lambda a: np.where(a > 0, 5.0, 0.0) + 0 * a)(2.0))
norm = nn.BatchNorm(1).initialize(0)
for name, training in ("training", True), ("evaluation", False):
    same = [norm(norm.params, np.array([[1.0], [other]]), training=training)[0, 0] for other in (0.0, 5.0)]
    print(f"{name}: x = 1 beside 0 gives {same[0]:.2f}, beside 5 gives {same[1]:.2f}")

# %% [markdown]
# The *input* is scaled too: $\tanh z = 2\sigma(2z) - 1$. A sum grows with the batch, and with it every step: say sum or mean. What
# decides gets no gradient. And the noise lies *between* batches, in training: the same $x$ is normalised
# by whichever neighbours its batch has.
#
# ## Exercise
#
# A bias is added to every row of a batch: $Y = X + b$, with $X$ of shape (rows, 3) and $b$ of shape (3,). The slide's
# rule for addition is $dL/da = g$, so somebody hands $g$ to both.

# %%
def check(backward):
    def add(X, b):
        return X + b

    for rows in (2, 4):
        X = np.arange(3.0 * rows).reshape(rows, 3)
        try:
            verdict = referee(with_rule(add, backward), X, np.ones(3))
        except adkit.DerivativeError as error:
            return f"{rows} rows: {error}"
        if verdict != "proved":
            return f"{rows} rows: {verdict}"
    return "proved, for 2 rows and for 4"

# %% [markdown]
# Mend `add_backward`, and have it proved.

# %%
def add_backward(inputs, g):
    X, b = inputs
    return g, g  # mend this line


print(check(add_backward))

# %% [markdown]
# <details><summary>A hint</summary>
#
# Each number of $b$ is used once in every row. Slide 4: what happens to the contributions when one value is used
# several times? `np.sum` has an `axis`.
#
# </details>
#
# Try before you go on: the answer comes next.

# %%
def add_backward_answer(inputs, g):
    X, b = inputs
    return g, np.sum(g, axis=0)


print(check(add_backward_answer))

# %% [markdown]
# ## What you can say now
#
# - What was repeated on the way forward is summed on the way back.
# - Ask what must hold whatever the numbers: a sum, a shape, a sign.
# - A proof ties a derivative to its function, not the function to your wish.
#
# One more, which nothing above showed: the length $y = \sqrt{x_1^2 + x_2^2}$, and a slide with $dL/dx = g\,x / y$.
# **Will the referee accept it? What is the cotangent at $x = (3, 4)$, with $g = 1$? Is there a point at which you would not
# use the formula?**

# %%
def length(x):
    return np.sqrt(x[0] * x[0] + x[1] * x[1])


by_slide = with_rule(length, lambda inputs, g: (g * inputs[0] / length(inputs[0]),))
x = np.array([3.0, 4.0])
print("referee:", referee(by_slide, x))
print("at (3, 4):", adkit.grad(by_slide)(x), " without the rule:", adkit.grad(length)(x))
with np.errstate(invalid="ignore"):
    print("at (0, 0) the formula says", np.zeros(2) / length(np.zeros(2)))

# %% [markdown]
# <details><summary>The answer</summary>
#
# It is accepted, and gives $(0.6, 0.8)$. At $(0, 0)$ it says 0/0: the length has a tip there, and no derivative. One chooses
# a value, and writes it down.
#
# </details>
