# %% [markdown]
# # XOR by folding space
#
# Four points stopped the first neural networks for years: no straight line tells XOR's two classes apart. A hidden layer
# does not find a cleverer line. It moves the points.
#
# You will fail with a line, fold the plane so that a line is enough, take the fold out and fail again, and let a network find it.
# At the end you can say how many folds a longer XOR needs. You need NumPy and
# [the first lesson](01_linear_sigmoid_softmax.ipynb), and about 20 minutes.
#
# A question in **bold** stands before most cells. Write your answer down, then run the cell.

# %%
import itertools

import numpy as np

import adkit
from adkit import nn
from lesson import BLUE, ORANGE, Slider, plt, referee, with_rule

# %% [markdown]
# ## Four points
#
# $A = (-1, -1)$ and $B = (1, 1)$ are alike: class 0. $C = (-1, 1)$ and $D = (1, -1)$ are not: class 1.
#
# A line gives each point a score, $w_1 x_1 + w_2 x_2 + b$, and says class 1 where it is positive. We try 100,000 lines.
#
# **What is the largest number of points that a line gets right?**

# %%
points = np.array([[-1.0, -1.0], [1.0, 1.0], [-1.0, 1.0], [1.0, -1.0]])
classes = np.array([0, 0, 1, 1])

lines = np.random.default_rng(0).uniform(-1, 1, (100_000, 3))
scores = lines[:, :2] @ points.T + lines[:, 2:]
right = np.sum((scores > 0) == classes, axis=1)
print("lines with 0, 1, 2, 3, 4 points right:", (np.bincount(right, minlength=5) > 0).tolist())

# %% [markdown]
# Three, never four. And there is a proof in one line: for every line
#
# $$s(A) + s(B) = 2b = s(C) + s(D)$$
#
# If $s(C)$ and $s(D)$ are positive, so is their sum $2b$, and then $s(A)$ and $s(B)$ can't both be negative.
#
# ## Two units that see it otherwise
#
# Here is a hidden layer by hand, with steep sigmoids ($k = 20$):
#
# $$h_1 = \sigma(k(x_1 - x_2 + 1)), \qquad h_2 = \sigma(k(x_1 - x_2 - 1))$$
#
# **Both look only at $x_1 - x_2$. What is it at $A$, $B$, $C$ and $D$? Where does each point land in the plane of $h_1$ and
# $h_2$?**

# %%
net, params = nn.xor_network(k=20.0)
hidden = adkit.sigmoid(points @ params["hidden"]["W"].T + params["hidden"]["b"])
for name, x, h, y in zip("ABCD", points, hidden, net(params, points)[:, 0], strict=True):
    print(f"{name}  x1 - x2 = {x[0] - x[1]:+.0f}   h = ({h[0]:.3f}, {h[1]:.3f})   y = {y:.5f}")

# %% [markdown]
# The network as a picture, with $D$ at the input: solid lines are positive weights, dashed ones negative, and the units show
# their values.

# %%
net.draw(params=params, x=points[3])

# %% [markdown]
# $A$ and $B$ land on the *same* place, $(1, 0)$. Now there are three places, and one line does it: $h_1 - h_2 < 1/2$.
#
# The slider raises $k$. **For which sharpness are the points apart well enough, and where are they at $k = 0$?**

# %%
def folded(figure, k):
    net, params = nn.xor_network(k)
    h = adkit.sigmoid(points @ params["hidden"]["W"].T + params["hidden"]["b"])
    for axis, where, title in zip(figure.subplots(1, 2), (points, h), ("the plane", "what the units see"), strict=True):
        for n, (x, y) in enumerate(where):
            axis.plot(x, y, "os"[n > 1], color=(BLUE, ORANGE)[n > 1], markersize=12)
            axis.annotate("ABCD"[n], (x, y), (10, -18 if n == 1 else 8), textcoords="offset points")
        axis.set(title=title)
    figure.axes[0].set(xlim=(-1.7, 1.7), ylim=(-1.6, 1.8), xlabel="x1", ylabel="x2", aspect="equal")
    figure.axes[1].plot([0.3, 1.3], [-0.2, 0.8], "--", color="black")
    figure.axes[1].set(xlim=(-0.2, 1.3), ylim=(-0.2, 1.3), xlabel="h1", ylabel="h2", aspect="equal")
    return "y = " + ", ".join([f"{n} {v:.3f}" for n, v in zip("ABCD", net(params, points)[:, 0], strict=True)])


Slider("k", [0.5, 1.0, 2.0, 4.0, 20.0], folded, start=4)

# %% [markdown]
# The hidden layer took the plane, and laid one corner on the opposite one. That is a *fold*.
#
# ## A mistake: leave out the bend
#
# The sigmoid costs time. Somebody leaves it out of the hidden layer, and adds more units instead: 50 of them.
#
# **How many points can such a network get right?**

# %%
def without_bend(rng, units=50):
    W, b = rng.normal(size=(units, 2)), rng.normal(size=units)
    v, c = rng.normal(size=units), rng.normal()
    score = (points @ W.T + b) @ v + c
    one_line = points @ (v @ W) + (v @ b + c)
    assert np.allclose(score, one_line)
    return np.sum((score > 0) == classes)


rng = np.random.default_rng(0)
print("best of 2000 networks:", max(without_bend(rng) for _ in range(2000)), "of 4")

# %% [markdown]
# Three. $V(Wx + b) + c$ is $(VW)x + (Vb + c)$: one line again, however many units. Without a bend,
# the *activation*, there is no fold.
#
# ## The fold as such
#
# The plainest fold is $|z|$: it lays the negative half of the line on the positive half. Two relu units make it:
#
# $$|z| = \text{relu}(z) + \text{relu}(-z)$$
#
# **With $z = x_1 - x_2$: what is $|z|$ at our four points? Which $w$, $b$ finish the job?**

# %%
def fold(z):
    return adkit.relu(z) + adkit.relu(-z)


z = points[:, 0] - points[:, 1]
for name, before, after in zip("ABCD", z, fold(z), strict=True):
    print(f"{name}   z = {before:+.0f}   fold {after:.0f}   fold - 1 = {after - 1:+.0f}")
print("equal to abs, exactly:", np.array_equal(fold(np.linspace(-2, 2, 401)), np.abs(np.linspace(-2, 2, 401))))

# %% [markdown]
# One fold, then one threshold at 1: XOR with a layer of two units and no steep sigmoid.
#
# ## Let it be found
#
# Nine numbers, drawn at random, and gradient descent. The gradient can be had by forward mode (9 tangents) or by reverse mode (1
# cotangent).
#
# **After 100 steps with either, how far apart are the nine numbers?**

# %%
network = nn.NETWORKS["xor"]
runs = {mode: network.train(mode=mode, epochs=100, seed=1) for mode in ("forward", "reverse")}
flat = {mode: np.concatenate([np.ravel(p) for layer in run.params.values() for p in layer.values()]) for mode, run in runs.items()}
print("numbers:", flat["forward"].size, "  apart by less than 1e-9:", np.abs(flat["forward"] - flat["reverse"]).max() < 1e-9)
long, stuck = (network.train(seed=seed) for seed in (0, 1))
for name, run in ("one start", long), ("another  ", stuck):
    print(f"{name}: all four right after 3000 steps: {network.scores(run.params)['train_accuracy'] == 1.0}")

# %% [markdown]
# Not every start ends well: the second found a fold from which no small step leads on.
#
# **Where do the four points, here at 0 and 1, land in the hidden layer that the first one found?**

# %%
x, t = network.data()[0]
layers = list(long.params.values())
h = adkit.sigmoid(x @ layers[0]["W"].T + layers[0]["b"])
figure, axes = plt.subplots(1, 2, figsize=(7, 3.4))
for axis, where, title in zip(axes, (x, h), ("the plane", "the hidden layer it found"), strict=True):
    for (a, b), target in zip(where, t[:, 0], strict=True):
        axis.plot(a, b, "os"[int(target)], color=(BLUE, ORANGE)[int(target)], markersize=12)
    axis.set(title=title, xlim=(-0.2, 1.2), ylim=(-0.2, 1.2), xticks=[0, 1], yticks=[0, 1], aspect="equal")
plt.show()

# %% [markdown]
# It laid the two squares on one place, as we laid $A$ on $B$, and a line separates them from the discs.
#
# ## Exercise
#
# Write the backward pass of the fold, $y = |z|$: from $g = dL/dy$ to $dL/dz$. The rule below forgets the fold; the prover
# asks at every $z$ except the crease.

# %%
def fold_backward(inputs, g):
    (z,) = inputs
    return (g * 1.0,)  # mend this line


print(referee(with_rule(fold, fold_backward), 0.5))

# %% [markdown]
# <details><summary>A hint</summary>
#
# On one side of the crease the fold changes nothing, on the other it turns the axis around. `np.sign` says on which side
# $z$ is.
#
# </details>
#
# Try before you go on: the answer comes next.

# %%
def fold_backward_answer(inputs, g):
    (z,) = inputs
    return (g * np.sign(z),)


print(referee(with_rule(fold, fold_backward_answer), 0.5))

# %% [markdown]
# ## What you can say now
#
# - A hidden layer moves the points, so that a line is enough. Layers without a bend are one line.
# - $|z|$ is a fold, made of two relu units.
#
# One more, which nothing above showed. XOR of *three* bits, 0 or 1, is 1 if an odd number of them are 1. **How many folds are
# enough, and where do the creases lie? What is the cotangent at $x_3$, if the bits are $(1, 0, 1)$?**

# %%
def parity(x):
    first = np.abs(x[0] - x[1])
    return np.abs(first - x[2])


for bits in itertools.product((0.0, 1.0), repeat=3):
    assert parity(np.array(bits)) == sum(bits) % 2
at = np.array([1.0, 0.0, 0.9])  # just beside (1, 0, 1), which lies in the crease
print("two folds are enough; the slope beside (1, 0, 1):", adkit.grad(parity)(at))

# %% [markdown]
# <details><summary>The answer</summary>
#
# Two: fold $x_1 - x_2$, then what is left minus $x_3$. The creases lie where $x_1 = x_2$ and where $|x_1 - x_2| = x_3$. And
# $(1, 0, 1)$ lies in the second crease: there is no slope, only one on either side, $-1$ for smaller $x_3$ and $+1$ for larger.
# With $n$ bits it takes $n - 1$ folds.
#
# </details>
