# %% [markdown]
# # The playground in NumPy
#
# A disc inside a ring, and a small network that shall tell them apart: the best known picture of a neural network at work.
# Here it is in forty lines of NumPy, and you can look inside.
#
# You will see what one unit sees, find out how many units are needed, start a network in a way that can never work, and
# predict the next data set. You need NumPy and the lesson on [folding](02_xor_by_folding_space.ipynb), and about 20 minutes.
#
# A question in **bold** stands before most cells. Write your answer down, then run the cell.

# %%
import numpy as np

import adkit
from adkit import nn
from adkit.data import playground
from lesson import BLUE, ORANGE, Slider, bare, plt, referee, with_rule

# %% [markdown]
# ## The data
#
# 500 points, by the TensorFlow Playground's formula: 250 in a disc (+1), 250 in a ring around it (−1).
#
# **A line gets how many of them right, at best: about 50 %, 65 % or 80 %?**

# %%
x, labels = playground.circle(500, seed=0)
lines = np.random.default_rng(0).normal(size=(20_000, 3)) * [1, 1, 3]
agree = np.mean((x @ lines[:, :2].T + lines[:, 2] > 0) == (labels[:, None] > 0), axis=0)
print(f"best of 20,000 lines: {agree.max():.2f}")

# %%
def show_points(axis):
    for sign, color, mark in (1, BLUE, "o"), (-1, ORANGE, "s"):
        axis.plot(*x[labels == sign].T, mark, color=color, markersize=3, markeredgecolor="white", markeredgewidth=0.3)
    bare(axis)


figure, axis = plt.subplots(figsize=(3.4, 3.4))
show_points(axis)
plt.show()

# %% [markdown]
# ## Many networks at once
#
# The network: $H$ hidden units with tanh, then one output with tanh. Training depends on the random start, so we train 12
# networks side by side: their weights are arrays with one more axis in front. NumPy does the rest.
#
# **For $H = 6$: how many numbers does one network have?**

# %%
def start(H, runs=12, spread=0.5, seed=0):
    rng = np.random.default_rng(seed)
    draw = lambda *shape: rng.uniform(-1.0, 1.0, shape) * spread
    return {"W": draw(runs, H, 2), "b": np.full((runs, H), 0.1), "v": draw(runs, H), "c": np.full(runs, 0.1)}


def units(p, x):
    return np.tanh(x @ np.swapaxes(p["W"], 1, 2) + p["b"][:, None, :])  # runs, points, units


def output(p, x):
    return np.tanh(np.sum(units(p, x) * p["v"][:, None, :], axis=2) + p["c"][:, None])


print("numbers in one network:", sum(leaf[0].size for leaf in start(6).values()))

# %%
nn.Sequential(nn.Linear(2, 6), nn.Tanh(), nn.Linear(6, 1), nn.Tanh()).draw()

# %% [markdown]
# The loss adds up those of all networks. They share nothing, so each gets its own gradient, from *one* reverse sweep.
#
# `nn.SGD` is a plain step against the gradient, `nn.Adam` one with some care for its size.

# %%
ADAM = nn.Adam(0.05)


def train(p, x, labels, steps=300, optimizer=ADAM):
    def loss(p):
        return np.sum(np.mean((output(p, x) - labels) ** 2, axis=1)) / 2

    state, gradient = optimizer.init(p), adkit.grad(loss)
    for _ in range(steps):
        p, state = optimizer.update(p, gradient(p), state)
    return p


def accuracy(p, x, labels):
    return np.mean((output(p, x) > 0) == (labels > 0), axis=1)

# %% [markdown]
# **With how many hidden units does it work: 1, 2, 3, 4 or 6?** A hint: each unit draws one line, and the disc has to be fenced
# in.

# %%
trained = {H: train(start(H), x, labels) for H in (1, 2, 3, 4, 6)}
print("units   networks of 12 that get 99 % right   any below 90 %")
for H, p in trained.items():
    right = accuracy(p, x, labels)
    print(f"{H:5d}   {np.sum(right > 0.99):35d}   {bool(np.any(right < 0.9))!s:>14}")

# %% [markdown]
# Two lines leave the disc open on a side. Three fence it in. The slider shows one network for each $H$: purple where it
# says disc, orange where it says ring.

# %%
grid = np.stack(np.meshgrid(np.linspace(-6, 6, 61), np.linspace(-6, 6, 61)), axis=-1).reshape(-1, 2)


def paint(axis, values):
    axis.imshow(values.reshape(61, 61), origin="lower", extent=(-6, 6, -6, 6), cmap="PuOr", vmin=-1, vmax=1)


def landscape(figure, H):
    axis, p = figure.subplots(), trained[H]
    best = int(np.argmax(accuracy(p, x, labels)))
    paint(axis, output(p, grid)[best])
    axis.contour(output(p, grid)[best].reshape(61, 61), levels=[0], extent=(-6, 6, -6, 6), colors="black")
    show_points(axis)
    return "the disc is fenced in" if np.all(accuracy(p, x, labels)[best] > 0.99) else "the fence has a gap"


Slider("units", [1, 2, 3, 4, 6], landscape, start=3, size=(3.6, 3.6))

# %% [markdown]
# ## What each unit sees
#
# The output is a weighted sum of the units' pictures. **What does the picture of one unit look like? Can a single one contain a
# circle?**

# %%
p = trained[4]
best = int(np.argmax(accuracy(p, x, labels)))
figure, axes = plt.subplots(1, 5, figsize=(10, 2.4))
for n, axis in enumerate(axes[:4]):
    paint(axis, units(p, grid)[best, :, n])
    axis.set_title(f"unit {n + 1}, times {p['v'][best, n]:.1f}", size=11)
    bare(axis)
paint(axes[4], output(p, grid)[best])
axes[4].set_title("output", size=11)
bare(axes[4])
plt.show()

# %% [markdown]
# Each unit is a slope between two flats, straight across the plane. The circle is in none of them, only in their sum.
# (A unit whose slope lies outside the picture only adds a constant.)
#
# ## A mistake: a clean start
#
# Random numbers look untidy. Somebody starts all weights at the same value, 0.1, with 6 units and plain steps.
#
# **After 300 steps, how many networks of 12 get 99 % right? How do the 6 units of one network differ?**

# %%
same = {name: np.full_like(leaf, 0.1) for name, leaf in start(6).items()}
for name, begun in ("random start", start(6)), ("equal start ", same):
    p = train(begun, x, labels, optimizer=nn.SGD(0.1))
    apart = np.ptp(p["W"], axis=1).max()
    print(f"{name}: {np.sum(accuracy(p, x, labels) > 0.99):2d} networks above 99 %, "
          f"units apart by {'less than 1e-9' if apart < 1e-9 else 'more than 0.1'}")  # fmt: skip

# %% [markdown]
# Not at all. Equal units get equal gradients, so they stay equal: six units do the work of one. Nothing in the loss or in the
# gradient is wrong, and no prover would object. What mends it is a random start.
#
# **And how small may the random start be? Is 0.0005 enough?**

# %%
for spread in 0.5, 0.0005:
    right = accuracy(train(start(6, spread=spread), x, labels, steps=400), x, labels)
    print(f"start {spread:6g}: {'most' if np.sum(right > 0.99) > 6 else 'few'} networks get 99 % right")

# %% [markdown]
# It is, here: Adam divides each step by the gradient's usual size, so a small difference between units soon grows. But no
# optimiser divides 0 by 0. In deep networks the size of the start matters more.
#
# ## Exercise
#
# The output unit says $o = \tanh z$, and the Playground's loss is $L = (o - t)^2 / 2$. Write $dL/dz$, by hand, from $z$ and
# $t$. The prover is the judge. (The second line, for $t$, is right.)

# %%
def loss_of(z, t):
    return (np.tanh(z) - t) ** 2 / 2


def backward(inputs, g):
    z, t = inputs
    to_z = g * (np.tanh(z) - t)  # something is missing
    to_t = -g * (np.tanh(z) - t)
    return to_z, to_t


print(referee(with_rule(loss_of, backward), 0.5, 1.0))

# %% [markdown]
# <details><summary>A hint</summary>
#
# From $L$ to $o$ and then from $o$ to $z$: two local derivatives, one after the other. The first lesson's exercise gave the
# second one.
#
# </details>
#
# Try before you go on: the answer comes next.

# %%
def backward_answer(inputs, g):
    z, t = inputs
    o = np.tanh(z)
    return g * (o - t) * (1 - o * o), -g * (o - t)


print(referee(with_rule(loss_of, backward_answer), 0.5, 1.0))

# %% [markdown]
# ## What you can say now
#
# - A unit's picture is a straight slope; shapes arise in the sum. A disc takes three.
# - Equal units stay equal: start at random.
# - Networks side by side are one more axis, and one reverse sweep gives all their gradients.
#
# One more, which nothing above showed. The Playground's XOR: four quadrants, alternately blue and orange. **How many units does
# it take? And how many tangents would forward mode carry for the gradient of *one* network of 4 units?**

# %%
x4, labels4 = playground.xor(500, seed=0)
for H in 2, 4:
    right = accuracy(train(start(H), x4, labels4, steps=400), x4, labels4)
    print(f"{H} units: {'most' if np.sum(right > 0.95) > 6 else 'no' if np.sum(right > 0.95) == 0 else 'some'} "
          "networks get 95 % right")  # fmt: skip
one = start(4, runs=1)
with adkit.count_sweeps() as counts:
    adkit.jacfwd(lambda p: np.mean((output(p, x4) - labels4) ** 2))(one)
print("tangents:", counts.forward_directions)

# %% [markdown]
# <details><summary>The answer</summary>
#
# With 2 units the best is lesson 2's fold, a band along a diagonal: right far out, wrong beside the axes. With 4 it works.
# One network of 4 units has $4 \cdot 2 + 4 + 4 + 1 = 17$ numbers, so 17 tangents.
#
# </details>
