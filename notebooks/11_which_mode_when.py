# %% [markdown]
# # Which mode when
#
# Forward mode and reverse mode give the same numbers. So the choice is about the price alone: time, and memory.
#
# You will count what each costs on a classifier of handwritten digits, guess wrong at least once, train with both, and
# find the shapes at which each wins. At the end you can say what a function costs before you run it. You need NumPy, and
# about 20 minutes; the lessons on [dual numbers](07_dual_numbers_from_scratch.ipynb) and
# [the tape](08_a_tape_from_scratch.ipynb) say how the modes work.
#
# A question in **bold** stands before most cells. Write your answer down, then run the cell.

# %%
import os
import time
import tracemalloc

# Before NumPy is loaded: on products as small as these a second thread costs more than it gives, and times jump.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

import adkit
from adkit.compare.__main__ import main as compare
from adkit.data import load_digits
from lesson import BLUE, ORANGE, Slider, plt

# %% [markdown]
# ## The rule
#
# Let $f$ take $n$ numbers to $m$ numbers. Its Jacobian has $m \times n$ entries.
#
# - A **tangent** asks: if the inputs move like *this*, how do all outputs move? One forward sweep fills one *column*.
# - A **cotangent** asks: to move *this* mixture of outputs, what should each input do? One reverse sweep fills one *row*.
#
# **For 4 inputs and 3 outputs: how many tangents does the whole Jacobian take, how many cotangents?**

# %%
def count(n, m):
    A = np.cos(np.arange(1.0, n * m + 1)).reshape(m, n)
    f, x = (lambda x: np.tanh(A @ x)), np.full(n, 0.1)
    with adkit.count_sweeps() as counts:
        ahead, back = adkit.jacfwd(f)(x), adkit.jacrev(f)(x)
    assert np.allclose(ahead, back, rtol=1e-12)
    return counts.forward_directions, counts.reverse_directions


print("inputs  outputs  tangents  cotangents")
for n, m in (4, 3), (1, 50), (50, 1), (20, 20):
    print("{:6d}  {:7d}  {:8d}  {:10d}".format(n, m, *count(n, m)))

# %% [markdown]
# Exactly $n$ and exactly $m$.
#
# The slider changes the shape of the Jacobian, always with 16 entries. Both modes fill the same rectangle: forward in
# columns, one a tangent; reverse in rows, one a cotangent.

# %%
def rectangle(figure, n):
    m = 16 // n
    tangents, cotangents = count(n, m)
    ahead, back = figure.subplots(1, 2)
    ahead.bar(np.arange(tangents) + 0.5, m, width=0.7, color=ORANGE)
    back.barh(np.arange(cotangents) + 0.5, n, height=0.7, color=BLUE)
    for axis, title in (ahead, f"forward: columns, {tangents}"), (back, f"reverse: rows, {cotangents}"):
        axis.add_patch(plt.Rectangle((0, 0), n, m, fill=False))
        axis.set(title=title, xlim=(-0.5, 16.5), ylim=(16.5, -0.5), aspect="equal")
        axis.axis("off")
    return f"{n} in, {m} out; tangents {tangents}, cotangents {cotangents}"


Slider("inputs", [1, 2, 4, 8, 16], rectangle, start=3)

# %% [markdown]
# ## 650 numbers to learn
#
# Handwritten digits, 8 × 8 pixels, ten classes: each class has a weight for each pixel, and a bias. The loss is one number.
#
# **How many tangents must forward mode carry for the gradient? How many cotangents reverse mode?**

# %%
X, labels, X_test, labels_test = load_digits().split()
Y = adkit.one_hot(labels, 10)


def loss(params, X, Y):
    return np.mean(adkit.cross_entropy_logits(X @ params["W"] + params["b"], Y))


params = {"W": np.zeros((64, 10)), "b": np.zeros(10)}
with adkit.count_sweeps() as counts:
    G_forward = adkit.jacfwd(loss)(params, X, Y)
    G_reverse = adkit.grad(loss)(params, X, Y)
print("tangents  ", counts.forward_directions, "  cotangents", counts.reverse_directions)
print("equal:", all(np.allclose(G_forward[k], G_reverse[k], rtol=1e-12, atol=1e-14) for k in params))
print(f"the first loss is log 10: {loss(params, X, Y):.6f}")

# %% [markdown]
# What do the 640 numbers of dL/dW mean? For each class they are an image of 8 × 8.
#
# **At the start every class gets probability 0.1. What will the image of class 0 look like?**

# %%
limit = np.abs(G_reverse["W"]).max()
figure, axes = plt.subplots(1, 10, figsize=(10, 1.9))
for digit, axis in enumerate(axes):
    shown = axis.imshow(G_reverse["W"][:, digit].reshape(8, 8), cmap="PuOr", vmin=-limit, vmax=limit)
    axis.set_title(digit)
    axis.axis("off")
bar = figure.colorbar(shown, ax=axes, orientation="horizontal", fraction=0.06, aspect=60)
bar.set_label("dL/dW: where orange, more weight lowers the loss; where purple, less weight does")
plt.show()

# %% [markdown]
# A step against the gradient adds weight along the strokes of a 0, and takes it away where other digits have ink.
#
# ## Train with each
#
# Both trainings start from zero and see the same batches. `gradient` is the only part that differs.
#
# **After 200 steps, how far apart are the two sets of weights? Which took longer, by which factor: 650?**

# %%
def train(gradient, steps=200, rate=0.5):
    rng = np.random.default_rng(0)
    params = {"W": np.zeros((64, 10)), "b": np.zeros(10)}
    began = time.perf_counter()
    for _ in range(steps):
        batch = rng.integers(0, len(X), 64)
        g = gradient(params, X[batch], Y[batch])
        params = {name: params[name] - rate * g[name] for name in params}
    return params, time.perf_counter() - began


by_reverse, seconds_reverse = train(adkit.grad(loss))
by_forward, seconds_forward = train(adkit.jacfwd(loss))
print("apart by less than 1e-9:", all(np.abs(by_forward[k] - by_reverse[k]).max() < 1e-9 for k in params))
right = np.argmax(X_test @ by_reverse["W"] + by_reverse["b"], axis=1) == labels_test
print(f"right on test images, either way: more than {int(np.mean(right) * 100)} %")

# %% tags=["varies"]
print(f"reverse {seconds_reverse:6.2f} s, forward {seconds_forward:6.2f} s: {seconds_forward / seconds_reverse:.0f} times as long")

# %% [markdown]
# Longer, but not 650 times. The tangents travel together as one array, so Python's own overhead is paid once for all of
# them. On tiny functions that overhead is everything, and the rule may lose.
#
# What counts is the growth. **From 1 row of pixels (90 numbers) to 8 rows (650), how will each time grow?**

# %%
def milliseconds(gradient, rows, repeats=7):
    small = {"W": np.zeros((8 * rows, 10)), "b": np.zeros(10)}
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        gradient(small, X[:64, : 8 * rows], Y[:64])
        times.append(time.perf_counter() - began)
    return 1e3 * min(times)


sizes = [80 * rows + 10 for rows in range(1, 9)]
cost_forward = [milliseconds(adkit.jacfwd(loss), rows) for rows in range(1, 9)]
cost_reverse = [milliseconds(adkit.grad(loss), rows) for rows in range(1, 9)]

# %% tags=["varies"]
figure, axis = plt.subplots()
axis.plot(sizes, cost_forward, "s-", color=ORANGE, label="forward")
axis.plot(sizes, cost_reverse, "o-", color=BLUE, label="reverse")
axis.set(xlabel="numbers to learn", ylabel="ms for one gradient", xlim=(0, 680), ylim=(0, None))
axis.legend()
plt.show()
print(f"forward grew {cost_forward[-1] / cost_forward[0]:.1f} times, reverse {cost_reverse[-1] / cost_reverse[0]:.1f} times")

# %% [markdown]
# Forward mode pays for every input, reverse mode hardly notices them. A network of a million weights is trained in
# reverse.
#
# ## A mistake: reverse mode for everything
#
# So somebody always calls `jacrev`. A rocket's height after 300 steps, and all heights before it, depend on *one* number,
# the thrust. **How many sweeps does the answer take in each mode?**

# %%
def heights(thrust, steps=300):
    height, speed, found = 0.0, 0.0, []
    for _ in range(steps):
        speed = speed + 0.01 * (thrust - 1.0 - 0.1 * speed * speed)
        height = height + 0.01 * speed
        found.append(height)
    return np.stack(found)


for name, jacobian in ("reverse", adkit.jacrev), ("forward", adkit.jacfwd):
    with adkit.count_sweeps() as counts:
        slopes = jacobian(heights)(2.0)
    print(f"{name}: {counts.forward_directions + counts.reverse_directions:3d} directions, last slope {slopes[-1]:.6f}")
value, pullback = adkit.vjp(heights, 2.0)
print("reverse mode's tape: records for each step of the flight, about", round(pullback.ops / 300))

# %% [markdown]
# 300 against 1, and the tape holds every operation of every step besides.
#
# That is the second price. A tape keeps the values of the whole run until the sweep has come back; forward mode forgets as
# it goes. **If the rocket flies ten times as long, how will the memory of each mode grow?** (Here for the last height alone.)

# %%
def last_height(steps):
    def height_of(thrust):
        height, speed = 0.0, 0.0
        for _ in range(steps):
            speed = speed + 0.01 * (thrust - 1.0 - 0.1 * speed * speed)
            height = height + 0.01 * speed
        return height
    return height_of


def kilobytes(work):
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1] / 1024
    tracemalloc.stop()
    return peak

# %% tags=["varies"]
for steps in 3000, 30000:
    f = last_height(steps)
    for name, work in ("forward", lambda f=f: adkit.jvp(f, (2.0,), (1.0,))), ("reverse", lambda f=f: adkit.grad(f)(2.0)):
        work()  # once, so that what is loaded at the first call is not counted
        print(f"{steps:5d} steps, {name}: {kilobytes(work):8.1f} KB")

# %% [markdown]
# Forward stays flat. Reverse grows with the run: about ten times.
#
# ## You need not choose
#
# `adkit.jacobian` counts inputs and outputs and takes the cheaper side. And a *directional derivative* needs one sweep
# however many inputs there are.
#
# **Which mode will it take for the rocket? For the classifier's ten logits of one image, with 64 pixels?**

# %%
def mode_of(f, x):
    with adkit.count_sweeps() as counts:
        adkit.jacobian(f)(x)
    ahead, back = counts.forward_directions, counts.reverse_directions
    return f"forward, tangents: {ahead}" if ahead else f"reverse, cotangents: {back}"


logits = lambda pixels: pixels @ by_reverse["W"] + by_reverse["b"]
print("rocket, 1 -> 300: ", mode_of(heights, 2.0))
print("logits, 64 -> 10: ", mode_of(logits, X[0]))
with adkit.count_sweeps() as counts:
    adkit.jvp(logits, (X[0],), (X[1] - X[0],))
print("towards another image:", counts.forward_directions, "tangent")

# %% [markdown]
# | you have | take | it costs |
# |---|---|---|
# | many inputs, one number out: a loss | reverse | 1 cotangent, and the tape |
# | one input, many outputs: a path in time | forward | 1 tangent, no tape |
# | one direction | forward | 1 tangent |
# | one mixture of outputs | reverse | 1 cotangent |
# | as many in as out | either: forward has no tape | $n$ or $m$ |
#
# ## Exercise
#
# Before a long training run you want to know one thing: how steeply does the loss fall along one given direction $v$ in all
# 650 weights?

# %%
def check(slope):
    rng = np.random.default_rng(1)
    v = {"W": rng.normal(size=(64, 10)), "b": rng.normal(size=10)}
    with adkit.count_sweeps() as counts:
        found = slope(params, v)
    if found is None:
        return "nothing returned yet"
    used = counts.forward_directions, counts.reverse_sweeps
    if used != (1, 0):
        return f"one tangent and no tape were allowed; you used {used[0]} and {used[1]}"
    if np.ndim(found) or isinstance(found, (dict, tuple)):
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
# - Forward: one tangent for each input. Reverse: one cotangent for each output, and a tape as long as the run.
# - The numbers are the same; only the price differs. On tiny functions Python's overhead decides.
#
# One more, which nothing above showed. 12 patches of an image can be turned, each by an angle of its own, and you want to
# know how each of 600 probabilities answers to each angle. **Which mode, with how many sweeps? Is the other one twice as
# slow, or 50 times?** A function of that shape answers (column `sweeps`).

# %% tags=["varies"]
status = compare(["tanh-affine", "--size", "12x600", "--operators", "jacobian", "--methods", "forward,reverse", "--quick",
                  "--no-progress"])  # fmt: skip

# %% [markdown]
# <details><summary>The answer</summary>
#
# Forward: 12 tangents against 600 cotangents, 50 times as many. The times differ by less than that, for the reason that
# you saw in training: directions travel together. Turn the shape around, `600x12`, and the answer turns around.
#
# </details>
