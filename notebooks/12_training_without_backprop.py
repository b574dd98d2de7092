# %% [markdown]
# # Training without backprop
#
# Reverse mode needs the way back: a tape of the whole run, read from its end. What if there is no way back, or no room
# for the tape?
#
# You will take the slope along *one random direction*, multiply it by that direction, and get a gradient that is right on
# average. You will train a classifier of digits with it, make it fail in two ways, and mend both. At the end you can say what
# the missing way back costs. About 20 minutes; [which mode when](11_which_mode_when.ipynb) says what a tangent costs.
#
# A question in **bold** stands before most cells. Write your answer down, then run the cell.

# %%
from itertools import product

import numpy as np

import adkit
from adkit import nn
from adkit.nn.lecture import NETWORKS
from lesson import BLUE, GREY, ORANGE, Slider, plt

# %% [markdown]
# ## One slope, one direction
#
# Stand on a slope in fog. You cannot see which way is steepest, but you can take one step in *some* direction $v$ and feel
# how much it rises: that is one tangent, $g \cdot v$.
#
# The guess is then: the gradient is $(g \cdot v)\, v$. If the step rose, go back along it; if it fell, go on.
#
# **In the plane, $g = (3, 1)$. For $v = (1, 1)$ and for $v = (1, -1)$: what are the two guesses? Their mean?**

# %%
def f(x):
    return 3.0 * x[0] + x[1]


def guess(f, x, v):
    value, slope = adkit.jvp(f, (x,), (v,))
    return slope * v


x = np.zeros(2)
guesses = [guess(f, x, np.array(v)) for v in ((1.0, 1.0), (1.0, -1.0))]
for g in guesses:
    print("guess", g)
print("mean ", np.mean(guesses, axis=0), "  gradient", adkit.grad(f)(x))

# %% [markdown]
# Both guesses are wrong, and their mean is exact. Look at one entry of $(g \cdot v)\, v$:
#
# $$(g_1 v_1 + g_2 v_2)\, v_1 = g_1 v_1^2 + g_2 v_1 v_2$$
#
# If each entry of $v$ has mean 0 and mean square 1, and they are independent, the first term is $g_1$ on average and the
# second 0. This is the *forward gradient* (Baydin et al., 2022). Signs of a coin will do; so will Gaussian numbers.
#
# The slider says how many guesses are averaged. **How many does it take until the mean points the right way?**

# %%
def cloud(figure, many):
    rng = np.random.default_rng(3)
    drawn = np.array([guess(f, x, rng.normal(size=2)) for _ in range(many)])
    mean = drawn.mean(axis=0)
    axis = figure.subplots()
    axis.plot(*drawn.T, ".", color=GREY, markersize=4, alpha=0.6)
    for tip, colour, name in ((3.0, 1.0), BLUE, "gradient"), (tuple(mean), ORANGE, "mean of the guesses"):
        axis.annotate("", tip, (0, 0), arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 2})
        axis.plot([], [], color=colour, label=name)
    axis.set(xlim=(-7, 17), ylim=(-10, 9))
    axis.legend(loc="upper left", frameon=True)
    return f"mean ({mean[0]:.2f}, {mean[1]:.2f}), gradient (3, 1)"


Slider("guesses", [1, 3, 10, 100, 1000], cloud, start=1)

# %% [markdown]
# ## What it costs
#
# No tape, one tangent. The price is paid in noise: each guess has a length that belongs to $v$, not to $g$.
#
# **With $n$ parameters, how many times the squared length of $g$ is that of a guess, on average: 1, $\sqrt n$, $n$?**

# %%
def spread(kind, n, draws=4000):
    rng = np.random.default_rng(0)
    slopes = np.cos(np.arange(n))
    squares = 0.0
    for _ in range(draws):
        v = nn.random_direction(np.zeros(n), rng, kind)
        squares += np.sum(guess(lambda x: slopes @ x, np.zeros(n), v) ** 2)
    return squares / draws / np.sum(slopes**2)


for n in 2, 10, 50:
    print(f"n = {n:2d}: coins {spread('rademacher', n):4.1f}, Gaussian numbers {spread('gaussian', n):4.1f}")

# %% [markdown]
# $n$ for coins, $n + 2$ for Gaussian numbers, but for the luck of 4000 draws. So with 650 weights a guess is about 25 times as
# long as the gradient, and nearly all of it points nowhere.
#
# ## Train with it
#
# `mode="forward-gradient"` draws a new direction at each step; all else is as with backprop. First, by mistake, with
# backprop's learning rate. **What happens?**

# %%
digits = NETWORKS["digits-softmax"]
fair = digits.train("reverse", epochs=10, optimizer=nn.SGD(0.1), progress=False)
bold = digits.train("forward-gradient", epochs=10, optimizer=nn.SGD(0.1), progress=False)
for name, run in ("backprop", fair), ("forward gradient", bold):
    loss = run.history[-1]["train_loss"]
    print(f"{name:16s}: after {run.steps} steps the loss is {'below 1' if loss < 1 else 'above 1'}")

# %% [markdown]
# A step that is 25 times too long, in a wrong direction, undoes more than the good part of it gains. A
# small rate tames the noise: small steps average over many directions before they have gone far.
#
# **With a rate of 0.02, and four times as many steps: does it learn? As fast as backprop?**

# %%
calm = digits.train("forward-gradient", epochs=40, optimizer=nn.SGD(0.02), progress=False)
for name, run in ("backprop", fair), ("forward gradient", calm):
    print(f"{name:16s}: test accuracy {'above' if digits.scores(run.params)['test_accuracy'] > 0.75 else 'below'} 75 %, "
          f"loss {run.history[-1]['train_loss']:.1f} after {run.steps} steps")  # fmt: skip

# %%
figure, axis = plt.subplots()
for name, run, colour, dash in ("backprop", fair, BLUE, "-"), ("forward gradient", calm, ORANGE, "--"):
    rows = run.history.rows
    axis.plot([row["epoch"] for row in rows], [row["test_accuracy"] for row in rows], dash, color=colour, linewidth=2, label=name)
axis.set(xlabel="epoch (45 steps)", ylabel="accuracy on test images", ylim=(0, 1), xlim=(0, 41))
axis.legend()
plt.show()

# %% [markdown]
# It learns, without a tape and without a step back, and more slowly.
#
# **How many tangents and cotangents does one step take in each mode? Remember the 650 of exact forward mode.**

# %%
def one_step(mode):
    (images, targets), _ = digits.data()
    gradient = nn.gradient_of(mode, digits.module, digits.loss)
    params = digits.module.init(0)
    with adkit.count_sweeps() as counts:
        gradient(params, {}, images[:32], targets[:32], None, np.random.default_rng(0))
    return counts.forward_directions, counts.reverse_directions


for mode in "reverse", "forward", "forward-gradient":
    print("{:16s}: tangents {:3d}, cotangents {}".format(mode, *one_step(mode)))

# %% [markdown]
# ## A second mistake
#
# Drawing random numbers takes time. So somebody draws $v$ *once*, and uses it at every step. **What will be learned?**

# %%
def descend(direction, steps=300, rate=0.02):
    rng = np.random.default_rng(5)
    target = np.array([1.0, -2.0, 0.5, 3.0])
    place, once = np.zeros(4), rng.choice([-1.0, 1.0], 4)
    for _ in range(steps):
        v = once if direction == "once" else rng.choice([-1.0, 1.0], 4)
        place = place - rate * guess(lambda p: np.sum((p - target) ** 2), place, v)
    return np.abs(place - target).max()


for direction in "once", "anew":
    print(f"drawn {direction}: furthest entry from the goal {descend(direction):.2f}")

# %% [markdown]
# Along one line there is nothing to learn but how far to go on that line: 1 number in place of 4. The average that makes
# the guess right is an average over *directions*. They must be drawn anew.
#
# ## Exercise
#
# Coins have only $2^n$ outcomes. For three parameters you can toss all eight, and the mean must be *exactly* the gradient.

# %%
def check(mean_guess):
    h = lambda x: np.sin(x[0]) * x[1] + x[2] ** 2
    at = np.array([0.5, -1.0, 2.0])
    with adkit.count_sweeps() as counts:
        found = mean_guess(h, at)
    if found is None:
        return "nothing returned yet"
    if counts.reverse_sweeps:
        return "no tape was allowed"
    if counts.forward_directions != 8:
        return f"eight tangents were allowed; you used {counts.forward_directions}"
    wanted = adkit.grad(h)(at)
    return "correct" if np.allclose(found, wanted, rtol=1e-12) else f"{np.round(found, 4)} is not {np.round(wanted, 4)}"

# %% [markdown]
# Write `mean_guess(f, x)`: the mean of the guesses over all eight directions of signs, with `guess` from above.

# %%
def mean_guess(f, x):
    return None  # your line here


print(check(mean_guess))

# %% [markdown]
# <details><summary>A hint</summary>
#
# `product([-1.0, 1.0], repeat=3)` gives the eight directions, as tuples; `guess` wants an array. `np.mean(..., axis=0)`
# keeps the entries apart.
#
# </details>
#
# Try before you go on: the answer comes next.

# %%
def mean_guess_answer(f, x):
    return np.mean([guess(f, x, np.array(v)) for v in product([-1.0, 1.0], repeat=3)], axis=0)


print(check(mean_guess_answer))

# %% [markdown]
# ## What you can say now
#
# - One tangent along a random direction, times that direction, is the gradient on average; no tape is kept.
# - Its squared length is $n$ or $n + 2$ times that of the gradient: the learning rate must be smaller, and the training longer.
# - Directions are drawn anew at each step.
#
# One more, which nothing above showed. In place of random directions take the four unit vectors, $(1, 0, 0, 0)$ and so on,
# and *add* the four guesses. **What comes out, and which mode of adkit is that?**

# %%
def quartic(p):
    return np.sum(p**4) * 0.25 + p[0] * p[3]


p = np.array([1.0, 2.0, -1.0, 0.5])
with adkit.count_sweeps() as counts:
    added = sum(guess(quartic, p, unit) for unit in np.eye(4))
print("added:", added, "  gradient:", adkit.grad(quartic)(p), "  tangents:", counts.forward_directions)

# %% [markdown]
# <details><summary>The answer</summary>
#
# The gradient itself, without any noise: along a unit vector the guess is one partial derivative in its place, and the sum
# collects them. That is exact forward mode, `adkit.jacfwd`, at the price of one tangent for each parameter.
#
# </details>
