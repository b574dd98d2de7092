# %% [markdown]
# # Why depth: folding and counting regions
#
# A relu network is made of flat pieces. How many pieces can it have? A wide layer adds them, a deep stack multiplies them.
#
# You will fold a line until it has 128 pieces with 14 units, count the pieces wrongly and rightly, and fold the plane. At the end
# you can say what a deep network costs to differentiate. You need NumPy and the lesson on
# [folding](02_xor_by_folding_space.ipynb), and about 20 minutes.
#
# A question in **bold** stands before most cells. Write your answer down, then run the cell.

# %%
import numpy as np

import adkit
from adkit import nn
from lesson import BLUE, Slider, bare, plt, referee, with_rule

# %% [markdown]
# ## Wide: adding pieces
#
# A relu unit $\max(0, wx + b)$ is bent once, at $x = -b/w$. A sum of $n$ such units is straight between the bends.
#
# **How many straight pieces can a layer of $n$ units have, with one input?**

# %%
def slopes(f, x):
    """The slope at every point: one forward sweep for all of them, since each output depends on its own input."""
    return adkit.jvp(f, (x,), (np.ones_like(x),))[1]


def wide(x, n):
    bends = (np.arange(n) + 0.5) / n
    return sum((-1) ** k * adkit.relu(x - bend) for k, bend in enumerate(bends))


x = np.linspace(0, 1, 100_001)
for n in 1, 2, 5, 14:
    changes = np.count_nonzero(np.abs(np.diff(slopes(lambda x, n=n: wide(x, n), x))) > 1e-9)
    print(f"{n:2d} units: {changes + 1} pieces")

# %% [markdown]
# $n + 1$: one bend a unit.
#
# ## Deep: multiplying pieces
#
# The *tent* has two units. It rises from 0 to 1, and falls back: it folds $[0, 1]$ onto itself, twice over.
#
# $$\text{tent}(x) = 2\,\text{relu}(x) - 4\,\text{relu}(x - 1/2)$$
#
# Now apply it to its own result. **How many pieces have two tents? And $L$ of them?**

# %%
def tent(x):
    return 2 * adkit.relu(x) - 4 * adkit.relu(x - 0.5)


def deep(x, L):
    for _ in range(L):
        x = tent(x)
    return x


def picture(figure, L):
    axis, x = figure.subplots(), np.linspace(0, 1, 2**10 + 1)
    axis.plot(x, deep(x, L), color=BLUE)
    axis.set(xlabel="x", ylim=(0, 1.05), title=f"{2 * L} units in {L} layer{'s' * (L > 1)}")
    return f"{2**L} pieces; a wide layer of {2 * L} units has {2 * L + 1}"


Slider("tents", [1, 2, 3, 4, 5, 6, 7], picture, start=3)

# %% [markdown]
# Each fold lays two halves on one another; whatever the next layer draws, it draws on both. Folding a strip of paper $L$ times and
# cutting it once makes the same surprise.
#
# ## A mistake: counting by looking
#
# Pieces can be counted by sampling the slope at equally spaced points. **With 100 points, what is the count for $L = 7$? (It
# should be 128.)**

# %%
def looked(L, points):
    x = (np.arange(points) + 0.3) / points
    return 1 + np.count_nonzero(np.diff(np.sign(slopes(lambda x: deep(x, L), x))))


for L in 3, 5, 7:
    print(f"L = {L}   exact {2**L:3d}   with 100 points {looked(L, 100):3d}   with 1000 points {looked(L, 1000):4d}")

# %% [markdown]
# A piece that lies between two samples is not seen. More points help, until the next layer is added.
#
# Count exactly instead: a piece is an interval on which no unit changes sides. `nn.breakpoints` carries $[0, 1]$ through a
# network and cuts it wherever the input of a unit crosses 0, in fractions, so nothing is rounded. `nn.zigzag_network` holds the
# weights of $L$ tents. **How long is each of the 128 pieces?**

# %%
for L in range(1, 8):
    net, params = nn.zigzag_network(L)
    ends = nn.breakpoints(net, params)
    lengths = {b - a for a, b in zip(ends, ends[1:], strict=False)}
    print(f"L = {L}   pieces {len(ends) - 1:3d}   length of each {', '.join(str(n) for n in lengths)}")

# %% [markdown]
# $2^L$ pieces, with $2L$ units. A single layer would need $2^L - 1$ units for them.
#
# ## Folding the plane
#
# Fold both axes: $(|x_1|, |x_2|)$, four relu units. All four quadrants land on one. A function drawn there appears four times.
#
# **We draw $\text{relu}(x_1 + x_2 - 1)$ on the folded plane. What shape has its border in the whole plane?**

# %%
side = np.arange(-100, 101) / 50
X = np.stack(np.meshgrid(side, side), axis=-1)


def folded(X):
    F = adkit.relu(X) + adkit.relu(-X)  # |x1|, |x2|
    return adkit.relu(F[..., 0] + F[..., 1] - 1.0)


values = folded(X)
figure, axis = plt.subplots(figsize=(3.6, 3.2), layout="constrained")
figure.colorbar(axis.imshow(values, origin="lower", extent=(-2, 2, -2, 2), cmap="viridis"), ax=axis)
axis.contour(side, side, values, levels=[1e-9], colors="white")
bare(axis)
plt.show()
print("four quadrants equal, exactly:", all(np.array_equal(values, v) for v in (values[::-1], values[:, ::-1], values.T)))

# %% [markdown]
# A diamond, from one straight line. Four units for the folds, one for the line.
#
# ## Counting regions of the plane
#
# Which relus are on tells the region: the network is flat where the pattern stays. For a random network of two layers of 4
# units we count the patterns that a fine grid sees. (A small region may hide between its points, as above.)
#
# **Four lines cut the plane into at most $1 + 4 + 6 = 11$ regions. How many more will the second layer make?**

# %%
net = nn.Sequential(nn.Linear(2, 4), nn.Relu(), nn.Linear(4, 4), nn.Relu())
rng = np.random.default_rng(5)
params = {name: {"W": rng.normal(size=(4, n)), "b": rng.normal(size=4)} for name, n in (("linear1", 2), ("linear2", 4))}
side = np.linspace(-6, 6, 1201)
on = nn.activation_patterns(net, params, np.stack(np.meshgrid(side, side), axis=-1))
one, bits = on[..., :4] @ (1 << np.arange(4)), on @ (1 << np.arange(8))
print("regions seen: first layer", len(np.unique(one)), " both layers", len(np.unique(bits)))

# %%
figure, axes = plt.subplots(1, 2, figsize=(7, 3.4))
shuffled = np.random.default_rng(0).permutation(256) / 255
for axis, layer, title in (axes[0], one, "first layer"), (axes[1], bits, "both layers"):
    axis.imshow(shuffled[layer], origin="lower", extent=(-6, 6, -6, 6), cmap="cividis")
    axis.set_title(title)
    bare(axis)
plt.show()

# %% [markdown]
# In the right picture the second layer's lines have a bend wherever they cross one of the first layer's.
#
# ## How many can there be?
#
# Montúfar and others (2014): with $n_0$ inputs and $L$ layers of $n$ units there are networks with at least
#
# $$\left\lfloor \tfrac{n}{n_0} \right\rfloor^{n_0 (L-1)} \sum_{j \le n_0} \binom{n}{j}$$
#
# regions. One layer of all $nL$ units has at most $\sum_{j \le n_0} \binom{nL}{j}$. **From which $L$ on does depth win, for
# 2 inputs and layers of 4?**

# %%
print("inputs  width  layers   deep, at least   one layer, at most")
for n0, n, L in (1, 2, 2), (1, 2, 5), (1, 2, 10), (2, 4, 2), (2, 4, 4), (2, 8, 3), (3, 6, 2):
    print(f"{n0:6d}  {n:5d}  {L:6d}   {nn.regions_of_layers(n0, [n] * L):14d}   {nn.regions_of_one_layer(n0, n * L):18d}")
print("2 inputs, width 5, 3 layers:", nn.regions_of_layers(2, [5] * 3),
      "- the floor of 5/2 wastes the fifth unit in all but the last")  # fmt: skip

# %% [markdown]
# From $L = 2$ on: 44 against 37. Each further layer multiplies by 4.
#
# More pieces are not more freedom: the pieces are copies. Depth pays where the thing to be learned repeats itself.
#
# ## Exercise
#
# Write the backward pass of the tent: from $g$ to $dL/dx$. It has three parts: left of 0, up, and down. The prover is the judge.

# %%
def tent_backward(inputs, g):
    (x,) = inputs
    return (g * np.where(x > 0.5, -2.0, 2.0),)  # nearly


print(referee(with_rule(tent, tent_backward), 0.25))

# %% [markdown]
# <details><summary>A hint</summary>
#
# What is the tent's value for $x < 0$, and so its slope? `np.where` may stand inside another one.
#
# </details>
#
# Try before you go on: the answer comes next.

# %%
def tent_backward_answer(inputs, g):
    (x,) = inputs
    return (g * np.where(x > 0.5, -2.0, np.where(x > 0, 2.0, 0.0)),)


print(referee(with_rule(tent, tent_backward_answer), 0.25))

# %% [markdown]
# ## What you can say now
#
# - A layer of $n$ units adds at most $n$ bends to a line; a fold doubles all that follows.
# - $L$ tents: $2L$ units, $2^L$ pieces. Sampling misses pieces; the pattern of relus names them.
#
# One more, which nothing above showed: 20 tents, a million pieces, at $x = 0.3$. **How large is the slope there? How many
# operations are on the tape, and how many sweeps does each mode take?**

# %%
with adkit.count_sweeps() as counts:
    back = adkit.grad(lambda x: deep(x, 20))(0.3)
    ahead = adkit.jvp(lambda x: deep(x, 20), (0.3,), (1.0,))[1]
print("pieces", 2**20, "  size of the slope", abs(back), "  forward the same:", ahead == back)
print("operations", counts.recorded_ops, "  tangents", counts.forward_directions, "  cotangents", counts.reverse_directions)

# %% [markdown]
# <details><summary>The answer</summary>
#
# $2^{20} = 1048576$ in size: every tent contributes a factor of 2 or −2. Six operations a tent (two relus, two products, a
# difference inside and one outside), so 120; a sweep follows the one piece on which $x$ lies and never sees the others. One
# tangent, one cotangent. A slope of a million after 20 layers: that is what an *exploding gradient* is.
#
# </details>
