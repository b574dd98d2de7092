# %% [markdown]
# # Memory for time
#
# A tape keeps what it will need on the way back. For a long run that is a long tape, and memory ends before patience does.
#
# You will forget on purpose: keep a few states, compute the rest again, and count what that costs. You will do it badly
# first, then by a schedule that nobody can beat. At the end you can say how many states a run of any length needs. About
# 20 minutes; the lesson on [the tape](08_a_tape_from_scratch.ipynb) says what is kept.
#
# A question in **bold** stands before most cells. Write your answer down, then run the cell.

# %%
import numpy as np

import adkit
from adkit.schedules import recomputation_cost, split
from lesson import BLUE, GREEN, ORANGE, Slider, plt

# %% [markdown]
# ## What the tape holds
#
# A small recurrent network: a state of 16 numbers, moved on by one weight matrix, as often as we like.
#
# **From 50 steps to 500: how many times as many bytes will the tape hold?**

# %%
rng = np.random.default_rng(0)
W0, h0 = rng.normal(0, 0.3, (16, 16)), rng.normal(size=16)


def run(W, steps):
    h = h0
    for _ in range(steps):
        h = np.tanh(W @ h)
    return np.sum(h**2)


kept = {}
for steps in 50, 500:
    value, pullback = adkit.vjp(lambda W, n=steps: run(W, n), W0)
    kept[steps] = pullback.nbytes
    print(f"{steps:4d} steps: {pullback.ops:5d} records")
print(f"bytes: {kept[500] / kept[50]:.0f} times as many")

# %% [markdown]
# Ten times but for the matrix, which is held once: the tape grows with the run. A tangent would not.
#
# The values could be had again: each state follows from the one before. So the memory is not needed, it is only
# *convenient*.
#
# ## The first idea: keep nothing
#
# Keep the first state alone. To pull back through the last step, run up to it; for the step before, run again from the
# start, one step less. `adkit.unroll` does so with one slot. We count its steps.
#
# **How many steps are computed in all, for a run of 100?**

# %%
def counted(steps, slots, policy="hidden"):
    calls = [0]

    def step(h, _):
        calls[0] += 1
        return np.tanh(W_in_use[0] @ h)

    def loss(W):
        W_in_use[0] = W  # the step reads it there, with whatever derivative it carries
        return np.sum(adkit.unroll(step, h0, steps, slots=slots, policy=policy) ** 2)

    return adkit.grad(loss)(W0), calls[0]


W_in_use = [W0]
plain = adkit.grad(lambda W: run(W, 100))(W0)
G, calls = counted(100, 1)
print("same gradient:", np.allclose(G, plain, rtol=1e-12, atol=0), "  steps computed:", calls)

# %% [markdown]
# 5050: the sum 100 + 99 + ... + 1. For 1000 steps it would be half a million. Memory is saved, and the time is gone.
#
# ## The second idea: a few states
#
# Keep a state after 50 steps as well. Then the second half starts from there, and the first half from the beginning.
#
# **With two slots (the start, and one more), will the work fall by half, to a third, to a tenth?**

# %%
for slots in 1, 2, 3, 5, 10, 100:
    G, calls = counted(100, slots)
    assert np.allclose(G, plain, rtol=1e-12, atol=0)
    print(f"{slots:3d} slots: {calls:5d} steps computed, {calls / 100:5.2f} for each step of the run")

# %% [markdown]
# One state more, and four fifths of the work is gone. Ten slots for 100 steps, and each step is computed less than four times.
# A slot for every step still costs nearly two: a state is kept, not the recording, so each step but the last runs once more to
# be pulled back.
#
# But where to put them? In the middle is not best. Whoever keeps the state after $y$ steps pays $y$ to get there, then
# $C(t-y, m-1)$ for the right part with one slot less, then $C(y, m)$ for the left part, when the slots are free again:
#
# $$C(t, m) = \min_y \; y + C(t - y, m - 1) + C(y, m)$$
#
# **For 100 steps and two slots: is the best place before the middle, at it, or behind it?**

# %%
def cost(t, m, y):
    return y + recomputation_cost(t - y, m - 1) + recomputation_cost(y, m)


for y in 30, 50, 80, split(100, 2, "hidden"), 95:
    print(f"kept after step {y:2d}: {cost(100, 2, y):5d} steps in all")
print("the optimum:", recomputation_cost(100, 2))

# %% [markdown]
# Behind it. The right part will never have a slot again, so it must be the short one.
#
# The slider moves the number of slots. Each mark is a step that is computed, from left to right in the order of time;
# where the picture climbs once, a step is computed once.

# %%
def walk(figure, slots):
    seen = []

    def step(h, k):
        seen.append(k + 1)
        return np.tanh(w[0] * h)

    w = [1.0]

    def loss(v):
        w[0] = v
        return adkit.unroll(step, 1.0, 24, slots=slots)

    adkit.grad(loss)(1.1)
    axis = figure.subplots()
    axis.plot(range(1, len(seen) + 1), seen, ".-", color=BLUE, linewidth=0.8)
    axis.set(xlabel="computation, in the order of time", ylabel="step of the run", xlim=(0, 305), ylim=(0, 25))
    return f"{len(seen)} steps computed for a run of 24"


Slider("slots", [1, 2, 3, 4, 6, 24], walk, start=2)

# %% [markdown]
# ## How it grows
#
# (`"revolve"` is the same best schedule by a formula, without a table.)
#
# **With 10 slots: how long a run can be had for at most three computations a step? For four?**

# %%
figure, axis = plt.subplots()
lengths = np.unique(np.geomspace(2, 3000, 40).astype(int))
for slots, colour, dash in (3, ORANGE, "-"), (10, BLUE, "--"), (50, GREEN, "-."):
    each = [recomputation_cost(int(t), slots, "revolve") / t for t in lengths]
    axis.plot(lengths, each, dash, color=colour, label=f"{slots} slots")
axis.set(xscale="log", xlabel="length of the run", ylabel="computations a step", ylim=(0, 12))
axis.legend()
plt.show()
for r in 3, 4:
    print(f"10 slots, at most {r} a step: {max(t for t in range(1, 3000) if recomputation_cost(t, 10, 'revolve') <= r * t)} steps")

# %% [markdown]
# The length that can be had grows like a binomial coefficient: one computation more buys several times the length. So
# time and memory grow with the *logarithm* of the run (Griewank, 1992).
#
# Keeping what a step's pullback needs, in place of the state before it, saves that step too. For 1000 steps and 50 slots,
# 95 % of the memory saved, **what does a step cost then, if its way back costs two steps?**

# %%
for policy in "hidden", "internal":
    ahead = recomputation_cost(1000, 50, policy) / 1000
    print(f"{policy:8s}: {ahead:.3f} steps computed for each; with the way back {(ahead + 2) / 3:.3f} of plain reverse mode")

# %% [markdown]
# A third more time, for a twentieth of the memory (Gruslys et al., 2016).
#
# ## A part of a program: checkpoint
#
# Not every program is a chain. `adkit.checkpoint(f)` forgets what is inside `f`, and runs it again on the way back.
#
# **A block of 30 layers, ten times: what does the tape hold with and without?**

# %%
def block(W, h):
    for _ in range(30):
        h = np.tanh(W @ h)
    return h


def deep(W, layer):
    h = h0
    for _ in range(10):
        h = layer(W, h)
    return np.sum(h**2)


for name, layer in ("plain", block), ("checkpoint", adkit.checkpoint(block)):
    value, pullback = adkit.vjp(lambda W, f=layer: deep(W, f), W0)
    print(f"{name:10s}: {pullback.ops:4d} records, first entry of the gradient {pullback(1.0)[0][0, 0]:.6f}")

# %% [markdown]
# ## A mistake: what is drawn anew
#
# Dropout draws a mask. **What happens to a layer with dropout, computed twice?**

# %%
masks = np.random.default_rng(1)


def dropped(W, h):
    return np.tanh(W @ h) * (masks.random(16) < 0.8)


try:
    adkit.grad(lambda W: np.sum(adkit.checkpoint(dropped)(W, h0)))(W0)
except adkit.DerivativeError as error:
    print(str(error)[:110])

# %% [markdown]
# The second run drew another mask: a gradient of a function that was never computed. adkit compares the results, and says so.
#
# The remedy is the one of every reproducible program: the mask follows from a seed that is passed in.

# %%
def seeded(W, h, seed):
    return np.tanh(W @ h) * (np.random.default_rng(seed).random(16) < 0.8)


again = adkit.grad(lambda W: np.sum(adkit.checkpoint(seeded)(W, h0, 7)))(W0)
print("equals plain reverse mode:", np.array_equal(again, adkit.grad(lambda W: np.sum(seeded(W, h0, 7)))(W0)))

# %% [markdown]
# ## Exercise
#
# A run of 2000 steps. You can afford to compute each step three times on the average.

# %%
def check(fewest):
    found = fewest(2000, 3.0)
    if found is None:
        return "nothing returned yet"
    costs = [recomputation_cost(2000, m, "revolve") / 2000 for m in (found - 1, found)]
    if costs[1] > 3.0:
        return f"{found} slots cost {costs[1]:.3f} a step, more than 3"
    if costs[0] <= 3.0:
        return f"one slot less would do: it costs {costs[0]:.3f} a step"
    return "correct"

# %% [markdown]
# Write `fewest`: the smallest number of slots at which the average is not above the limit.

# %%
def fewest(length, limit):
    return None  # your line here


print(check(fewest))

# %% [markdown]
# <details><summary>A hint</summary>
#
# `recomputation_cost(length, m, "revolve") / length` is the average with `m` slots, and falls as `m` grows. `next(...)` takes the
# first of a sequence that fits.
#
# </details>
#
# Try before you go on: the answer comes next.

# %%
def fewest_answer(length, limit):
    return next(m for m in range(1, length + 1) if recomputation_cost(length, m, "revolve") <= limit * length)


print(check(fewest_answer), fewest_answer(2000, 3.0))

# %% [markdown]
# ## What you can say now
#
# - The tape grows with the run; the values on it can be computed again.
# - With $m$ slots the best schedule is known; slots must lie behind the middle.
# - What is computed twice must come out the same: pass the seed in.
#
# One more, which nothing above showed. The derivative with respect to *one* number can be had by forward mode. **Of the 100
# steps with 3 slots, how many does `jvp` compute? Why?**

# %%
calls = [0]


def tick(h, _):
    calls[0] += 1
    return np.tanh(0.9 * h)


adkit.jvp(lambda h: adkit.unroll(tick, h, 100, slots=3), (0.5,), (1.0,))
print("steps computed:", calls[0])

# %% [markdown]
# <details><summary>The answer</summary>
#
# 100, each once. A tangent travels with the value and needs nothing of what lies behind: forward mode keeps no tape, so
# there is nothing to forget.
#
# </details>
