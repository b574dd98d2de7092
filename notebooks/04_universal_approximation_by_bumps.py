# %% [markdown]
# # Universal approximation by bumps
#
# One hidden layer can come as near as you like to any continuous function. It sounds deep, and the proof is a staircase.
#
# You will build a bump from two units, a sine from forty, spoil it with a wrong slope, and go to two dimensions. At the end you
# can say how the error falls for a function that you have not seen. You need NumPy and the
# [sigmoid](01_linear_sigmoid_softmax.ipynb), and about 20 minutes.
#
# A question in **bold** stands before most cells. Write your answer down, then run the cell.

# %%
import numpy as np

import adkit
from adkit import nn
from lesson import BLUE, ORANGE, Slider, bare, plt, referee, with_rule

# %% [markdown]
# ## A step, a bump
#
# $\sigma(k(x - a))$ is a step at $a$, the steeper the larger $k$. One step up and one step down make a *bump*:
#
# $$\text{bump}(x) = \sigma(k(x - a)) - \sigma(k(x - b))$$
#
# **With $a = 0.3$ and $b = 0.7$: what is the bump at 0.5, at 0, and at 0.3 exactly?**

# %%
def bump(x, a, b, k):
    return adkit.sigmoid(k * (x - a)) - adkit.sigmoid(k * (x - b))


for k in 10.0, 40.0, 200.0:
    print(f"k = {k:5.0f}   " + "   ".join(f"bump({x}) = {bump(x, 0.3, 0.7, k):.4f}" for x in (0.0, 0.3, 0.5)))
print("adkit's:", np.round(nn.bump(np.array([0.0, 0.3, 0.5]), 0.3, 0.7, 200.0), 4))

# %% [markdown]
# At the edge it is a half, however steep.
#
# ## A sine from bumps
#
# Put $N$ bumps side by side on $[0, 1]$, each as high as the sine is at its middle. The right flank of one and the left flank of
# the next are the same unit, so $N$ units are enough: `nn.staircase` computes their weights, without any training.
#
# The slider adds bumps. **If $N$ doubles, what becomes of the largest error: does it halve, or fall to a quarter?**

# %%
def sine(x):
    return np.sin(2 * np.pi * x)


x = np.linspace(0, 1, 2001)[:, None]


def approximation(figure, N):
    axis, (net, params) = figure.subplots(), nn.staircase(sine, N)
    y = net(params, x)
    axis.plot(x, sine(x), color=BLUE, linewidth=4, alpha=0.5, label="sine")
    axis.plot(x, y, color=ORANGE, linewidth=1.5, label=f"{N} units")
    axis.set(xlabel="x", ylim=(-1.3, 1.3))
    axis.legend(loc="upper right")
    return f"largest error {np.abs(y - sine(x)).max():.4f}"


Slider("N", [3, 5, 10, 20, 40, 80], approximation, start=2)

# %%
counts = np.array([10, 20, 40, 80, 160])
errors = []
for N in counts:
    net, params = nn.staircase(sine, N)
    errors.append(np.abs(net(params, x) - sine(x)).max())
    print(f"{N:4d} units   largest error {errors[-1]:.4f}")
slope = np.polyfit(np.log(counts), np.log(errors), 1)[0]
print(f"slope in a log-log picture: {slope:.2f}")

# %% [markdown]
# It halves. A stair is $1/N$ wide, and the sine climbs at most $2\pi$ times as much, so the error is proportional to $1/N$:
# slope −1.
#
# That is the theorem, in substance: a continuous function changes little over a short stair, so enough stairs come near it.
# (Cybenko, *Approximation by Superpositions of a Sigmoidal Function*, 1989. His proof
# builds no network; it shows that nothing can escape all of them.)
#
# Note what it does not say: not that training finds these weights, nor that $N$ is small.
#
# ## A mistake: one slope for all
#
# `staircase` uses $k = 10 N$. Somebody finds 100 steep enough, and keeps it while $N$ grows.
#
# **What will the error do?**

# %%
print("units    k = 10 N    k = 100   k = 100000")
for N in 10, 40, 160, 640:
    row = []
    for k in (10.0 * N, 100.0, 1e5):
        net, params = nn.staircase(sine, N, k)
        row.append(np.abs(net(params, x) - sine(x)).max())
    print(f"{N:5d}" + "".join([f"{error:11.4f}" for error in row]))

# %% [markdown]
# With $k = 100$ it stops falling. A flank is about $4/k$ wide. When stairs become narrower than that, they blur into one
# another: the sine comes out smoothed, a little too low.
#
# A very large $k$ makes true stairs, with corners; $10 N$ rounds them off, and does better by a factor of 2. And look at what
# training would see. **What is the derivative of the output with
# respect to one unit's place $a$, at a point that does not lie on its flank?**

# %%
for k in 10.0, 100.0, 1e5:
    slope = adkit.grad(lambda a, k=k: nn.bump(0.5, a, 0.7, k))(0.45)
    print(f"k = {k:8.0f}   d bump(0.5) / d a at a = 0.45: {np.round(slope, 6) + 0.0:.6f}")

# %% [markdown]
# Zero. A cliff is invisible from a distance, so gradient descent could not move it. Steep enough to be right and flat enough to
# be found pull in opposite directions.
#
# ## Found by training
#
# **20 units, 1000 steps of Adam: will training do better or worse than the staircase with 20 units, whose error is 0.0574?**

# %%
network = nn.NETWORKS["bumps"]
trained = network.train()
y = network.module(trained.params, x)
error = np.abs(y - sine(x)).max()
print("numbers:", network.parameters(), "  better than the staircase:", error < 0.0574)
figure, axis = plt.subplots()
axis.plot(x, sine(x), color=BLUE, linewidth=4, alpha=0.5, label="sine")
axis.plot(x, y, color=ORANGE, linewidth=1.5, label="trained, 20 units")
axis.set(xlabel="x")
axis.legend()
plt.show()

# %% [markdown]
# Better. The staircase is a proof, not a method: trained units lean against each other and need no stairs.
#
# ## Two dimensions
#
# A bump in $x$ plus a bump in $y$: four units. **What does their sum look like from above: a tower, or a cross?**

# %%
side = np.linspace(-2, 2, 121)
X, Y = np.meshgrid(side, side)
cross = nn.bump(X, -1, 1, 20.0) + nn.bump(Y, -1, 1, 20.0)
figure, axes = plt.subplots(1, 2, figsize=(7, 3.2), layout="constrained")
for axis, values, title in (axes[0], cross, "four units"), (axes[1], nn.bump_2d(X, Y), "and an outer sigmoid"):
    shown = axis.imshow(values, origin="lower", extent=(-2, 2, -2, 2), cmap="viridis", vmin=0, vmax=2)
    axis.set_title(title)
    bare(axis)
figure.colorbar(shown, ax=axes)
plt.show()
print("four units: centre", f"{cross[60, 60]:.2f}", " arm", f"{cross[60, 5]:.2f}", " corner", f"{cross[5, 5]:.2f}")
print("with outer: centre", *[f"{nn.bump_2d(*at):.2f}" for at in ((0.0, 0.0), (0.0, 1.8), (1.8, 1.8))])

# %% [markdown]
# A cross: 2 in the middle, but 1 on the arms. An outer sigmoid with its threshold at 1.5 lets only the middle through. That
# outer unit is a second layer.
#
# A grid of $10 \times 10$ towers has 100 outer units, in six dimensions a million. A cheap theorem, a dear construction; the
# [next lesson](05_why_depth.ipynb) shows what depth can save.
#
# ## Exercise
#
# Training moves the place $a$ of a left flank. Write the derivative of $\sigma(k(x - a))$ with respect to $x$ and to $a$.

# %%
K = 3.0


def flank(x, a):
    return adkit.sigmoid(K * (x - a))


def flank_backward(inputs, g):
    y = flank(*inputs)
    to_x = g * K * y * (1 - y)
    return to_x, to_x  # mend the second


print(referee(with_rule(flank, flank_backward), 0.5, 0.25))

# %% [markdown]
# <details><summary>A hint</summary>
#
# Move $a$ to the right, and the flank moves to the right. Does its value at a fixed $x$ rise or fall?
#
# </details>
#
# Try before you go on: the answer comes next.

# %%
def flank_backward_answer(inputs, g):
    y = flank(*inputs)
    to_x = g * K * y * (1 - y)
    return to_x, -to_x


print(referee(with_rule(flank, flank_backward_answer), 0.5, 0.25))

# %% [markdown]
# ## What you can say now
#
# - Two units make a bump, $N$ units a staircase; its error is about (how much the function changes over one stair).
# - Steep flanks are right, and give no gradient.
# - The theorem promises weights. It does not promise that training finds them, nor that there are few.
#
# One more, which nothing above showed: $f(x) = \sqrt x$ on $[0, 1]$. **How does the staircase's error fall now: as $1/N$, faster or
# slower? At which $x$ is it largest?**

# %%
errors = []
for N in counts:
    net, params = nn.staircase(np.sqrt, N, 1000.0 * N)
    distance = np.abs(net(params, x) - np.sqrt(x))
    errors.append(distance.max())
slope = np.polyfit(np.log(counts), np.log(errors), 1)[0]
print(f"slope in a log-log picture: {slope:.1f}; largest within the first stair: {bool(x[distance.argmax(), 0] < 1 / counts[-1])}")

# %% [markdown]
# <details><summary>The answer</summary>
#
# Slower, as $1/\sqrt N$. At 0 the root is infinitely steep: over the first half stair, of width $1/(2N)$, it climbs by
# $1/\sqrt{2N}$. Equal stairs are the wrong choice there; narrow ones near 0 would help.
#
# </details>
