# %% [markdown]
# # Hyperparameter search
#
# Weights are learned by following a gradient. Learning rates, widths and penalties are *tried*: each trial is a whole training.
# So the question is how to try few.
#
# You will lose with a grid, win with dice, then let a model of the trials choose the next one, and let a population exchange
# what it has learned. At the end you see that a hyperparameter has a gradient, too. About 20 minutes; the lesson on
# [the clinic](14_the_practical_clinic.ipynb) says what a wrong learning rate does.
#
# A question in **bold** stands before most cells. Write your answer down, then run the cell.

# %%
import numpy as np

import adkit
from adkit.search import GaussianProcess, Real, bayesian_search, expected_improvement
from adkit.search import grid_search, population_based_training, random_search
from lesson import BLUE, GREY, ORANGE, Slider, plt, referee, with_rule

# %% [markdown]
# ## Nine trials
#
# Two hyperparameters, and only one of them matters: there is a narrow peak along `rate`, of width 0.05, and next to nothing
# along `other`. Nobody knows which is which.
#
# **A grid of 3 × 3, or nine random points: how many different values of `rate` does each try?**

# %%
SPACE = {"rate": Real(0, 1), "other": Real(0, 1)}
CELLS = {name: Real(1 / 6, 5 / 6) for name in SPACE}  # a grid stands in the middle of its cells


def peak_at(place):
    return lambda rate, other: -float(np.exp(-(((rate - place) / 0.05) ** 2)) + 0.001 * other)


searches = {"grid": lambda f, seed: grid_search(f, CELLS, 3), "random": lambda f, seed: random_search(f, SPACE, 9, seed=seed)}
places = np.random.default_rng(0).random(400)
for name, search in searches.items():
    different = len({t.params["rate"] for t in search(peak_at(0.42), 0).trials})
    best = np.mean([-search(peak_at(place), k).best.value for k, place in enumerate(places)])
    print(f"{name:6s}: {different} different rates; best of nine, on average over 400 places of the peak, {best:.2f}")

# %% [markdown]
# Three against nine: the grid spends two thirds of its trials on a difference that makes none (Bergstra & Bengio, 2012). With
# the dice each trial tries something new of *everything*.
#
# The slider moves the peak. Where the grid stands, it wins; the peak is seldom there.

# %%
def two_searches(figure, place):
    found = {name: search(peak_at(place), 3) for name, search in searches.items()}
    for axis, (name, result) in zip(figure.subplots(1, 2, sharey=True), found.items(), strict=True):
        axis.axvspan(place - 0.05, place + 0.05, color=ORANGE, alpha=0.3)
        axis.plot([t.params["rate"] for t in result.trials], [t.params["other"] for t in result.trials], "o", color=BLUE)
        axis.set(xlim=(0, 1), ylim=(0, 1), xlabel="rate", title=f"{name}: best {-result.best.value:.2f}")
    figure.axes[0].set(ylabel="other")
    return ", ".join(f"{name} {-result.best.value:.2f}" for name, result in found.items())


Slider("peak at", [0.1, 0.17, 0.3, 0.42, 0.6, 0.83], two_searches, start=3)

# %% [markdown]
# ## How many dice?
#
# Call the best 5 % of the space good enough. One random trial misses them with probability 0.95, and so does each.
#
# **How many trials until one of them is good enough with 95 % certainty: 20, 60, 200?**

# %%
for trials in 20, 59, 200:
    print(f"{trials:3d} trials: {1 - 0.95**trials:.3f}")

# %% [markdown]
# Fifty-nine, *whatever the number of dimensions*. That is the standard every cleverer search has to beat.
#
# ## A model of the trials
#
# Dice forget. A *Gaussian process* remembers: through the trials so far it lays a curve, and says how sure it is between
# them. The next trial goes where the *expected improvement* is largest: where the curve is low, or nobody knows.
#
# **Five trials are given. Will the sixth go next to the best of them, or into the widest gap?**

# %%
def bumpy(x):
    return float(np.sin(9 * x) + 2 * (x - 0.6) ** 2)


tried = np.array([0.05, 0.3, 0.45, 0.7, 0.95])
values = np.array([bumpy(x) for x in tried])
process = GaussianProcess.fitted(tried[:, None], values, np.random.default_rng(0))
grid = np.linspace(0, 1, 201)
mean, deviation = process(grid[:, None])
promise = expected_improvement(mean, deviation, values.min())
following = grid[np.argmax(promise)]
print(f"best so far at {tried[np.argmin(values)]}; the next trial near {following:.1f}")

# %%
figure, (above, below) = plt.subplots(2, 1, sharex=True, figsize=(7, 4.2), height_ratios=(2, 1))
above.fill_between(grid, mean - 2 * deviation, mean + 2 * deviation, color=BLUE, alpha=0.2)
above.plot(grid, mean, color=BLUE, label="the process")
above.plot(grid, [bumpy(x) for x in grid], ":", color=GREY, label="the truth")
above.plot(tried, values, "o", color=ORANGE, label="tried")
above.legend(ncols=3, loc="upper center", fontsize=9)
above.set(ylabel="loss", ylim=(-2.2, 3.6))
below.plot(grid, promise, color=ORANGE)
below.axvline(following, color=GREY, linewidth=1)
below.set(xlabel="hyperparameter", ylabel="promise", xlim=(0, 1), yticks=[])
plt.show()

# %% [markdown]
# Beside the best one, on the side where more is unknown. How wavy the curve may be is itself fitted: by the gradient of the
# process's likelihood, which adkit takes in reverse mode.
#
# **On a landscape of two dimensions (Branin's, minimum 0.398), 25 trials: how much nearer than dice?**

# %%
def branin(x, y):
    return float((y - 5.1 / (4 * np.pi**2) * x**2 + 5 / np.pi * x - 6) ** 2 + 10 * (1 - 1 / (8 * np.pi)) * np.cos(x) + 10)


PLANE = {"x": Real(-5, 10), "y": Real(0, 15)}
dice = np.median([random_search(branin, PLANE, 25, seed=seed).best.value for seed in range(5)])
model = bayesian_search(branin, PLANE, 25, seed=0).best.value
print(f"dice, median of five: {'above 1' if dice > 1 else 'below 1'}; with a model: {'below 0.6' if model < 0.6 else 'above 0.6'}")

# %% [markdown]
# ## A population
#
# All searches so far train to the end, look, and begin anew. In *population based training* (Jaderberg et al., 2017) many train
# at once; now and then the worse copies the better one's weights, and changes its hyperparameters a little.
#
# Two members climb $1.2 - \theta_1^2 - \theta_2^2$, each with a surrogate that sees only one of the two. **Without exchange, how
# high does the better one come, from $\theta = (0.9, 0.9)$? With exchange?**

# %%
climb = adkit.grad(lambda theta, h: 1.2 - np.sum(h * theta**2))


def train(theta, params, seed=None):
    for _ in range(4):
        theta = theta + 0.01 * climb(theta, np.array([params["h1"], params["h2"]]))
    return theta, -float(1.2 - np.sum(theta**2))


def explore(params, rng):
    return {name: max(0.0, value + 0.1 * float(rng.normal())) for name, value in params.items()}


start = np.array([0.9, 0.9])
members = [(start, {"h1": 1.0, "h2": 0.0}), (start, {"h1": 0.0, "h2": 1.0})]
for exchange in False, True:
    found = population_based_training(train, members, 50, explore=explore, exploit=exchange, seed=1)
    print(f"exchange {exchange!s:5s}: {-found.best.value:.2f} of 1.20")

# %% [markdown]
# Alone each ends at 0.39: one of its two numbers never moves. Together they reach nearly all, since what one has learned is not
# lost, and a mixture of both hyperparameters is found on the way.
#
# ## A mistake: the lucky number
#
# A trial of a network depends on its random start, too. Somebody tries fifty *seeds* and reports the best. **Here the
# hyperparameter does nothing at all; the score is pure luck, 0.90 give or take 0.02. What will be reported?**

# %%
luck = lambda seed: 0.90 + 0.02 * np.random.default_rng(seed).normal()
scores = np.array([luck(seed) for seed in range(50)])
again = np.array([luck(1000 + seed) for seed in range(50)])
print(f"mean {scores.mean():.2f}, best of fifty {scores.max():.2f}; its 'hyperparameter' tried anew {again[scores.argmax()]:.2f}")

# %% [markdown]
# The best of many is too good: it was chosen for its luck. Try the winner again, on a seed and on data that took no part in
# the choice.
#
# ## Exercise
#
# A learning rate has a gradient, like everything that a program computes. One step of descent on $w^2$, from $w = 3$, with the
# rate $\eta$: the loss afterwards is $(3 - \eta \cdot 6)^2$.

# %%
def after_one_step(eta):
    w = 3.0
    w = w - eta * 2 * w
    return w**2


def check(backward):
    return referee(with_rule(after_one_step, backward), 0.1)


print(f"by adkit: {adkit.grad(after_one_step)(0.1):.1f}")

# %% [markdown]
# Write its backward pass by hand, from $g = dL/dy$ to $dL/d\eta$. The one below forgets the inner derivative.

# %%
def step_backward(inputs, g):
    (eta,) = inputs
    return (g * 2 * (3.0 - 6.0 * eta),)  # mend this line


print(check(step_backward))

# %% [markdown]
# <details><summary>A hint</summary>
#
# The chain rule has two factors: $2 (3 - 6\eta)$, and what $3 - 6 \eta$ does when $\eta$ grows.
#
# </details>
#
# Try before you go on: the answer comes next.

# %%
def step_backward_answer(inputs, g):
    (eta,) = inputs
    return (g * 2 * (3.0 - 6.0 * eta) * -6.0,)


print(check(step_backward_answer))

# %% [markdown]
# ## What you can say now
#
# - A grid repeats itself; dice do not, and 59 of them hit the best 5 % with 95 % certainty.
# - A model of the trials goes where it is low or unsure; a population does not begin anew.
# - The winner was lucky: try it again.
#
# One more, which nothing above showed. The loss after 100 steps depends on *one* learning rate. **Forward or reverse mode for its
# gradient, and what does the other one hold in memory?**

# %%
def after_many(eta, steps=100):
    w = np.array([3.0, -1.0, 2.0])
    for _ in range(steps):
        w = w - eta * 2 * np.array([1.0, 5.0, 0.1]) * w
    return np.sum(w**2)


with adkit.count_sweeps() as counts:
    value, slope = adkit.jvp(after_many, (0.01,), (1.0,))
value, pullback = adkit.vjp(after_many, 0.01)
print(f"forward: {counts.forward_directions} tangent, nothing kept; reverse: {pullback.ops} records; equal: "
      f"{bool(np.isclose(slope, pullback(1.0)[0]))}")  # fmt: skip

# %% [markdown]
# <details><summary>The answer</summary>
#
# Forward: one input, one tangent, and it forgets as it goes. Reverse mode gives the same number, and keeps the whole
# training on its tape. With many hyperparameters it would be the other way round.
#
# </details>
