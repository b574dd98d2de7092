# %% [markdown]
# # One gradient, two directions
#
# A classifier of handwritten digits has 650 numbers to learn, and one number to make small. Its gradient can be
# computed from the front or from the back.
#
# You will build both ways in a few lines each, break one of them, and train the classifier with either. At the end
# you can say what each costs before you run it. You need NumPy and the chain rule, and about 20 minutes.
#
# A question in **bold** stands before most cells. Write your answer down, then run the cell.

# %%
import os
import time

# Before NumPy is loaded: on products as small as these a second thread costs more than it gives, and times jump.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import matplotlib.pyplot as plt
import numpy as np

import adkit
from adkit.data import load_digits

plt.rcParams.update({"figure.facecolor": "white", "savefig.facecolor": "white", "font.size": 12})
BLUE, ORANGE = "#0072B2", "#D55E00"

# %% [markdown]
# ## The data and the model
#
# An image has 8 × 8 pixels and shows one of ten digits. Every fifth image is kept for testing.
#
# The model is the smallest there is: each class has one weight for each pixel, and a bias.
#
# **How many numbers are there to learn?**

# %%
X, labels, X_test, labels_test = load_digits().split()
Y = np.eye(10)[labels]
params = {"W": np.zeros((64, 10)), "b": np.zeros(10)}
print("images to train on", X.shape, "to test on", X_test.shape)
print("numbers to learn", params["W"].size + params["b"].size)

# %%
figure, axes = plt.subplots(1, 10, figsize=(10, 1.5))
for digit, axis in enumerate(axes):
    axis.imshow(X[labels == digit][0].reshape(8, 8), cmap="gray_r")
    axis.set_title(digit)
    axis.axis("off")
plt.show()

# %% [markdown]
# For an image $x$ the model computes ten *logits* $z = xW + b$. Softmax makes probabilities of them, and
# cross-entropy asks how little probability the true class $t$ got:
#
# $$\ell = -\log \frac{e^{z_t}}{\sum_k e^{z_k}} = \log \sum_k e^{z_k} - z_t$$
#
# The code subtracts the largest logit first. That changes nothing in the result, and keeps `exp` from overflowing.
#
# **With all weights at zero, all ten logits are 0. What is the loss?**

# %%
def cross_entropy(z, onehot):
    largest = np.max(z, axis=1, keepdims=True)
    log_sum = np.log(np.sum(np.exp(z - largest), axis=1)) + largest[:, 0]
    return np.mean(log_sum - np.sum(onehot * z, axis=1))


def loss(params, X, Y):
    return cross_entropy(X @ params["W"] + params["b"], Y)


print(f"loss {loss(params, X, Y):.6f}   log 10 = {np.log(10):.6f}")

# %% [markdown]
# ## Forward mode, by hand
#
# Shrink the problem until it fits on paper: two classes with the logits $w$ and $-w$, and the first is true.
#
# A *dual number* holds a value `v` and its derivative `d`. Each operation computes both. That is all of forward mode.
# The list `steps` is for us, to see the nodes.

# %%
steps = []


class Dual:
    def __init__(self, v, d):
        self.v, self.d = v, d
        steps.append(self)

    def __neg__(self): return Dual(-self.v, -self.d)
    def __add__(self, o): return Dual(self.v + o.v, self.d + o.d)
    def __sub__(self, o): return Dual(self.v - o.v, self.d - o.d)
    def exp(self): return Dual(np.exp(self.v), np.exp(self.v) * self.d)
    def log(self): return Dual(np.log(self.v), self.d / self.v)


def tiny_loss(w):  # np.exp calls the object's own exp, so plain NumPy serves
    return np.log(np.exp(w) + np.exp(-w)) - w

# %% [markdown]
# We start with the pair $(w, dw/dw) = (0.5, 1)$ and list every node.
#
# **Raising $w$ raises the true class's logit. Which sign will the last derivative have?**

# %%
names = ["w", "exp w", "-w", "exp -w", "sum", "log", "loss"]
steps = []
tiny_loss(Dual(0.5, 1.0))
print("node      value     d/dw")
for name, node in zip(names, steps, strict=True):
    print(f"{name:7s} {node.v:7.4f}  {node.d:7.4f}")

# %% [markdown]
# ## Reverse mode, by hand
#
# Now the other direction. While the program runs, each node writes down its parents, with the *local* derivative
# towards each. The list of nodes is the *tape*. No derivative of the loss is known yet.

# %%
tape = []


class Var:
    def __init__(self, v, *parents):
        self.v, self.parents, self.g = v, parents, 0.0
        tape.append(self)

    def __neg__(self): return Var(-self.v, (self, -1.0))
    def __add__(self, o): return Var(self.v + o.v, (self, 1.0), (o, 1.0))
    def __sub__(self, o): return Var(self.v - o.v, (self, 1.0), (o, -1.0))
    def exp(self): return Var(np.exp(self.v), (self, np.exp(self.v)))
    def log(self): return Var(np.log(self.v), (self, 1 / self.v))

# %% [markdown]
# Then the tape is read backwards. Each node hands its derivative `g`, times the local one, to its parents.
#
# There is a mistake in the function below. **$w$ has three children: `exp w`, `-w` and the final minus. What will
# its `g` be, instead of the $-0.5379$ that forward mode found?**

# %%
def sweep_wrong(tape):
    tape[-1].g = 1.0
    for node in reversed(tape):
        for parent, local in node.parents:
            parent.g = local * node.g


tape = []
tiny_loss(Var(0.5))
sweep_wrong(tape)
print(f"dl/dw = {tape[0].g:.4f}")

# %% [markdown]
# The last child to report overwrote the other two. Along several paths derivatives *add*: the mended line says `+=`.
#
# The table shows both modes at every node. Forward mode knows d(node)/dw, reverse mode knows d(loss)/d(node).
#
# **In which two rows must the same number appear?**

# %%
def sweep(tape):
    tape[-1].g = 1.0
    for node in reversed(tape):
        for parent, local in node.parents:
            parent.g += local * node.g


steps, tape = [], []
tiny_loss(Dual(0.5, 1.0))
tiny_loss(Var(0.5))
sweep(tape)
print("node      value  forward  reverse  local derivatives")
for name, dual, node in zip(names, steps, tape, strict=True):
    local = "  ".join(f"{d:7.4f}" for _, d in node.parents)
    print(f"{name:7s} {node.v:7.4f}  {dual.d:7.4f}  {node.g:7.4f}  {local}")

# %% [markdown]
# In the last row of the forward column and in the first of the reverse column: both are dl/dw.
#
# adkit does the same with arrays, for any NumPy program. `jvp` carries a tangent along, as `Dual` does. `grad`
# reads a tape backwards, as `Var` does. `tiny_loss` needs no change.

# %%
_, tangent = adkit.jvp(tiny_loss, (0.5,), (1.0,))
print(f"by hand {steps[-1].d:.6f} {tape[0].g:.6f}")
print(f"adkit   {tangent:.6f} {adkit.grad(tiny_loss)(0.5):.6f}")

# %% [markdown]
# ## The same on 1437 images
#
# Forward mode answers: if *this input* moves, how do all outputs move? Reverse mode answers: if *this output* is to
# move, what must each input do?
#
# Our loss has 650 inputs and one output. **How many tangents must forward mode carry for the whole gradient? How
# many cotangents must reverse mode?**

# %%
with adkit.count_sweeps() as counts:
    G_forward = adkit.jacfwd(loss)(params, X, Y)
    G_reverse = adkit.grad(loss)(params, X, Y)
print("tangents carried forward  ", counts.forward_directions)
print("cotangents carried back   ", counts.reverse_directions)
for name in params:
    equal = np.allclose(G_forward[name], G_reverse[name], rtol=1e-12, atol=1e-14)
    print(name, G_reverse[name].shape, "equal:", equal)

# %% [markdown]
# Two opposite ways through the program, and the same 650 numbers. What do they mean?
#
# At the start every class gets probability 0.1. **The gradient for the weights of class 0 is an image of 8 × 8
# numbers. What will it look like?**

# %%
limit = np.abs(G_reverse["W"]).max()
figure, axes = plt.subplots(1, 10, figsize=(10, 1.9))
for digit, axis in enumerate(axes):
    shown = axis.imshow(G_reverse["W"][:, digit].reshape(8, 8), cmap="PuOr", vmin=-limit, vmax=limit)
    axis.set_title(digit)
    axis.axis("off")
bar = figure.colorbar(shown, ax=axes, orientation="horizontal", fraction=0.06, aspect=60)
bar.set_label("dl/dW: where orange, more weight lowers the loss; where purple, less weight does")
plt.show()

# %% [markdown]
# Orange to the left and right, a purple hole between. A descent step subtracts this image: weight is added along the
# strokes of the 0, and taken away where the other digits have ink.
#
# The picture has a formula. For one image $d\ell/dz_k = p_k - y_k$: what the model says, less what is true. The
# matrix product hands that on to the weights.
#
# **Without running: what do the ten numbers in the gradient for $b$ add up to?**

# %%
probabilities = np.full((len(X), 10), 0.1)
by_formula = X.T @ (probabilities - Y) / len(X)
print("formula and adkit agree:", np.allclose(by_formula, G_reverse["W"], rtol=1e-12, atol=1e-14))
print(f"the gradient for b adds up to {abs(G_reverse['b'].sum()):.6f}")

# %% [markdown]
# It is zero, since both $p$ and $y$ add up to 1: a bias common to all classes changes nothing.
#
# ## Train with each
#
# Plain gradient descent: take 64 images, step against the gradient, repeat. `gradient` is the only part that
# differs between the modes.

# %%
def train(gradient, steps=300, rate=0.5):
    rng = np.random.default_rng(0)
    params, losses = {"W": np.zeros((64, 10)), "b": np.zeros(10)}, []
    for step in range(steps):
        if step % 10 == 0:
            losses.append(loss(params, X, Y))
        batch = rng.integers(0, len(X), 64)
        g = gradient(params, X[batch], Y[batch])
        params = {name: params[name] - rate * g[name] for name in params}
    return params, losses


def accuracy(params, X, labels):
    return np.mean(np.argmax(X @ params["W"] + params["b"], axis=1) == labels)

# %% [markdown]
# Both start from zero and see the same batches in the same order.
#
# **300 steps later, how far apart are the two sets of weights? And of the 360 test images, how many will be right?**
# (The second training takes some seconds.)

# %%
took = {}
began = time.perf_counter()
by_reverse, losses_reverse = train(adkit.grad(loss))
took["reverse"] = time.perf_counter() - began
began = time.perf_counter()
by_forward, losses_forward = train(adkit.jacfwd(loss))
took["forward"] = time.perf_counter() - began

apart = max(np.abs(by_forward[name] - by_reverse[name]).max() for name in params)
print("weights apart by less than 1e-9:", apart < 1e-9)
for mode, trained in ("reverse", by_reverse), ("forward", by_forward):
    print(f"{mode}: loss {loss(trained, X, Y):.4f}, test accuracy {accuracy(trained, X_test, labels_test):.4f}")

# %%
figure, axis = plt.subplots(figsize=(7, 3.5))
axis.plot(range(0, 300, 10), losses_forward, color=ORANGE, linewidth=7, alpha=0.5, label="forward")
axis.plot(range(0, 300, 10), losses_reverse, color=BLUE, linewidth=2, label="reverse")
axis.set(xlabel="step", ylabel="loss on the training images", ylim=(0, None))
axis.spines[["top", "right"]].set_visible(False)
axis.legend(frameon=False)
plt.show()

# %% [markdown]
# ## The price
#
# One line covers the other: a gradient is a gradient, whichever way it came. The price is another matter.
#
# Forward mode carried 650 tangents where reverse mode carried one cotangent. **Did it take 650 times as long?**

# %% tags=["varies"]
print(f"reverse {took['reverse']:6.2f} s for 300 steps")
print(f"forward {took['forward']:6.2f} s, {took['forward'] / took['reverse']:.0f} times as long")

# %% [markdown]
# Less than 650 times, for two reasons. The tangents travel together, as one array with a leading axis of many,
# so Python's own overhead is paid once for all of them. And all of them share one evaluation of the loss.
#
# Both savings are constant factors. So look at the growth: let the model see only the first few rows of pixels.
#
# **From 1 row (90 numbers) to 8 rows (650), how will each time grow?**

# %%
def seconds(gradient, rows, repeats=7):
    small = {"W": np.zeros((8 * rows, 10)), "b": np.zeros(10)}
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        gradient(small, X[:64, : 8 * rows], Y[:64])
        times.append(time.perf_counter() - began)
    return min(times)


sizes = [80 * rows + 10 for rows in range(1, 9)]
cost_forward = [1e3 * seconds(adkit.jacfwd(loss), rows) for rows in range(1, 9)]
cost_reverse = [1e3 * seconds(adkit.grad(loss), rows) for rows in range(1, 9)]

# %% tags=["varies"]
figure, axis = plt.subplots(figsize=(7, 3.5))
axis.plot(sizes, cost_forward, "s-", color=ORANGE, label="forward")
axis.plot(sizes, cost_reverse, "o-", color=BLUE, label="reverse")
axis.set(xlabel="numbers to learn", ylabel="ms for one gradient", xlim=(0, 680), ylim=(0, None))
axis.spines[["top", "right"]].set_visible(False)
axis.legend(frameon=False)
plt.show()
print(f"forward grew {cost_forward[-1] / cost_forward[0]:.1f} times, reverse {cost_reverse[-1] / cost_reverse[0]:.1f} times")

# %% [markdown]
# Forward mode pays for every input, reverse mode hardly notices them. A network with a million weights is trained
# in reverse.
#
# ## Exercise
#
# Before a long training run you want to know one thing: does the loss fall along one given direction $v$ in all 650
# weights, and how steeply? The next cell checks an answer, and counts.

# %%
def check(slope):
    rng = np.random.default_rng(1)
    v = {"W": rng.normal(size=(64, 10)), "b": rng.normal(size=10)}
    with adkit.count_sweeps() as counts:
        found = slope(params, v)
    if found is None:
        return "nothing returned yet"
    n, m = counts.forward_directions, counts.reverse_sweeps
    if (n, m) != (1, 0):
        used = f"{n} tangent{'s' * (n != 1)} and {m} reverse sweep{'s' * (m != 1)}"
        return f"one tangent and no tape were allowed; you used {used}"
    if np.ndim(found) or isinstance(found, dict):
        return "adkit.jvp returns a pair, the value and the tangent: return the tangent alone"
    right = sum(np.sum(g * v[name]) for name, g in adkit.grad(loss)(params, X, Y).items())
    return "correct" if np.isclose(found, right) else f"the slope is {right:.6f}, not {found:.6f}"

# %% [markdown]
# Write `slope` so that it finds out with *one* tangent and no tape.

# %%
def slope(params, v):
    return None  # your line here


print(check(slope))

# %% [markdown]
# <details><summary>A hint</summary>
#
# `adkit.jvp(f, (x,), (v,))` wants `f` to be a function of the differentiated argument alone, and `v` to be built
# like `x`. It returns two things. A `lambda` fixes the images.
#
# </details>
#
# Try before you go on: the answer comes next.

# %%
def slope_answer(params, v):
    value, tangent = adkit.jvp(lambda p: loss(p, X, Y), (params,), (v,))
    return tangent


print(check(slope_answer))

# %% [markdown]
# ## What you can say now
#
# - Forward mode carries one tangent for each input; reverse mode one cotangent for each output, and keeps a tape.
# - Where paths meet, derivatives add.
# - For a loss of many weights, reverse. For one direction, forward, without a tape.
#
# One more, which nothing above showed. All test images are turned by the same small angle. You want to know how each
# of the 360 × 10 probabilities answers to it. **Which mode do you take, with how many sweeps? And if there are 64
# angles, one for each of 64 patches?**
#
# <details><summary>The answer</summary>
#
# Forward: 1 input against 3600 outputs, one sweep. With 64 angles still forward: 64 tangents against 3600 cotangents.
#
# </details>
