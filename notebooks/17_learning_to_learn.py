# %% [markdown]
# # Learning to learn
#
# An optimiser is a rule: gradient in, step out. Somebody thought of it. But a rule with numbers in it can be *trained*, like
# any function, by differentiating through its use.
#
# You will train a learning rate, then a rule with two numbers, then a small LSTM that is the whole rule, and see the
# short-sighted mistake that each of them invites. At the end you can say what such a training costs. About 20 minutes; the
# lesson on [hyperparameter search](16_hyperparameter_search.ipynb) ends where this one begins.
#
# A question in **bold** stands before most cells. Write your answer down, then run the cell.

# %%
import numpy as np

import adkit
from adkit import nn
from lesson import BLUE, GREY, ORANGE, Slider, plt, referee, with_rule

# %% [markdown]
# ## Problems to learn from
#
# Valleys in four dimensions, $L = \tfrac12 \sum_i c_i \theta_i^2$, some directions steep, some flat. A rule is good if it
# comes down well in *any* of them, so we draw many.
#
# `unrolled` runs a rule and collects the losses on the way. The rule's own numbers are its arguments: so it can be
# differentiated like any function.

# %%
CURVES = np.random.default_rng(0).uniform(0.1, 3.0, (20, 4))
START = np.ones((20, 4))


def unrolled(rule, numbers, steps):
    theta, memory, losses = START, 0.0 * START, []
    for _ in range(steps):
        step, memory = rule(numbers, CURVES * theta, memory)
        theta = theta + step
        losses.append(0.5 * np.mean(np.sum(CURVES * theta**2, axis=-1)))
    return losses


def descent(numbers, g, memory):
    return -np.exp(numbers[0]) * g, memory

# %% [markdown]
# `descent` has one number, the logarithm of its rate (so that every value is allowed). How far down it comes in 20 steps, the
# logarithm of the last loss, has a derivative with respect to that number.
#
# **At a rate of 0.01: which sign has it? And at 0.8, where the steepest valley is overshot?**

# %%
def depth(numbers, rule=descent, steps=20):
    return np.log10(unrolled(rule, numbers, steps)[-1])


for rate in 0.01, 0.3, 0.8:
    value, slope = adkit.value_and_grad(depth)(np.array([np.log(rate)]))
    print(f"rate {rate:4.2f}: last loss 10^{value:+.2f}, slope {slope[0]:+.2f}")

# %% [markdown]
# Negative: a larger rate would be better; positive: a smaller one. So the rate itself can be *descended upon*.
#
# ## A rule with two numbers
#
# Momentum remembers: $v \leftarrow \beta v + g$, step $-\eta v$. Both numbers are trained by the same 100 steps of Adam.
#
# **By how much lower than with the best plain rate will the loss be after 20 steps: by half, to a tenth, to a hundredth?**

# %%
def momentum(numbers, g, memory):
    memory = 1 / (1 + np.exp(-numbers[1])) * memory + g
    return -np.exp(numbers[0]) * memory, memory


def trained(rule, numbers, steps=20):
    optimizer, slope = nn.Adam(0.05), adkit.grad(lambda n: depth(n, rule, steps))
    state = optimizer.init(numbers)
    for _ in range(100):
        numbers, state = optimizer.update(numbers, slope(numbers), state)
    return numbers


plain = trained(descent, np.log([0.1]))
heavy = trained(momentum, np.array([np.log(0.1), 0.0]))
print(f"descent:  rate {np.exp(plain[0]):.2f}, loss after 20 steps {unrolled(descent, plain, 20)[-1]:.0e}")
print(f"momentum: rate {np.exp(heavy[0]):.2f}, beta {1 / (1 + np.exp(-heavy[1])):.2f}, loss after 20 steps "
      f"{unrolled(momentum, heavy, 20)[-1]:.0e}")  # fmt: skip

# %%
figure, axis = plt.subplots()
for name, rule, numbers, colour, dash in (("rate 0.1, guessed", descent, np.log([0.1]), GREY, ":"),
                                          ("rate, trained", descent, plain, BLUE, "--"),
                                          ("momentum, trained", momentum, heavy, ORANGE, "-")):  # fmt: skip
    axis.plot(range(1, 41), unrolled(rule, numbers, 40), dash, color=colour, label=name)
axis.axvline(20, color=GREY, linewidth=0.8)
axis.set(yscale="log", xlabel="step", ylabel="mean loss", xlim=(1, 40))
axis.legend()
plt.show()

# %% [markdown]
# Better than a hundredth: what points the same way again and again adds up along the flat directions. To the right of the line
# no rule was trained; both go on well there.
#
# ## A mistake: short sight
#
# Unrolling 20 steps is work. Somebody trains the rate on *one* step: the rate that lowers the loss most at once.
#
# **Will it be larger or smaller than the one for 20 steps? Which is lower after 60?** (The slider sets how far the training
# looks ahead.)

# %%
far = {steps: trained(descent, np.log([0.1]), steps) for steps in (1, 2, 5, 20, 60)}


def horizon(figure, steps):
    axis = figure.subplots()
    for looked, colour, dash in (20, GREY, "--"), (steps, BLUE, "-"):
        axis.plot(range(1, 61), unrolled(descent, far[looked], 60), dash, color=colour, label=f"looked {looked} steps ahead")
    axis.set(yscale="log", xlabel="step", ylabel="mean loss", ylim=(3e-7, 5))
    axis.legend()
    return f"rate {np.exp(far[steps][0]):.2f}, loss after 60 steps {unrolled(descent, far[steps], 60)[-1]:.1e}"


Slider("steps ahead", list(far), horizon, start=0)

# %% [markdown]
# Smaller, and ahead for the first steps only. For one step the steep directions count, and a small rate serves them best.
# Looked at for longer, the flat ones are all that is left, and they want a larger one. A rule is as far-sighted as the stretch
# it was trained on.
#
# ## The rule is a network
#
# Now the whole rule: a small LSTM, the same for every coordinate, with its own memory of each (Andrychowicz et al., 2016). It has
# no formula to begin with. `nn.LearnedOptimizer` trains it through 20 unrolled steps, on new valleys in each epoch.
#
# **After 60 epochs: ahead of the guessed rate 0.1? Of the trained one? How many numbers does the rule have?**

# %%
def valley(theta, curves):
    return 0.5 * np.sum(curves * theta**2) / len(theta)


def draw(rng):
    return rng.normal(size=(16, 4)), rng.uniform(0.1, 3.0, (16, 4))


learner = nn.LearnedOptimizer(hidden=8)
weights = learner.train(valley, draw, epochs=60, steps=40, unroll=20, lr=0.02, seed=0)
_, (_, _, losses) = learner.unrolled(valley, 40)(weights, START, learner.start(START), CURVES)
print("numbers in the rule:", sum(np.size(w) for w in adkit.tree.leaves(weights)))
print("after 10 steps ahead of the guessed rate 0.1:", bool(losses[9] < unrolled(descent, np.log([0.1]), 40)[9]))

# %% tags=["varies"]
rules = {"learned": losses, "rate, trained": unrolled(descent, plain, 40), "momentum": unrolled(momentum, heavy, 40)}
for name, run in rules.items():
    print(f"{name:14s}: after 10 steps {run[9]:.1e}, after 40 {run[39]:.1e}")

# %% [markdown]
# Ahead of the guess, behind the trained rate: the LSTM's 361 numbers need more practice than one does. With a minute of it, on
# ten dimensions, such a rule beats descent, RMSProp, Nesterov and Adam, each with its best rate (`python -m paper_figures
# andrychowicz2016_quadratics`). It knows only what it was trained on: valleys like these.
#
# ## Exercise
#
# Two steps of descent on $w^2$ from $w = 3$, with the rate $\eta$. Each step multiplies $w$ by $1 - 2 \eta$.

# %%
def after_two_steps(eta):
    w = 3.0
    for _ in range(2):
        w = w - eta * 2 * w
    return w**2


def check(backward):
    return referee(with_rule(after_two_steps, backward), 0.1)

# %% [markdown]
# Write the derivative of the loss afterwards by hand: from $g$ to $dL/d\eta$. The one below is that of *one* step.

# %%
def rate_backward(inputs, g):
    (eta,) = inputs
    return (g * 9 * 2 * (1 - 2 * eta) * -2,)  # mend this line


print(check(rate_backward))

# %% [markdown]
# <details><summary>A hint</summary>
#
# After two steps $w = 3 (1 - 2\eta)^2$. What is $w^2$? A fourth power has a derivative with a third power in it.
#
# </details>
#
# Try before you go on: the answer comes next.

# %%
def rate_backward_answer(inputs, g):
    (eta,) = inputs
    return (g * 9 * 4 * (1 - 2 * eta) ** 3 * -2,)


print(check(rate_backward_answer))

# %% [markdown]
# ## What you can say now
#
# - A rule with numbers in it is trained by differentiating through its use.
# - It is as far-sighted as the stretch that was unrolled, and knows the problems it was trained on.
#
# One more, which nothing above showed: what the training of a rule costs. **Unrolled for 20 steps or for 40: how do the records
# on the tape grow, and how many cotangents does one gradient of all the LSTM's numbers take?**

# %%
for steps in 20, 40:
    run = learner.unrolled(valley, steps)
    value, pullback, _ = adkit.vjp(lambda w, f=run: f(w, START, learner.start(START), CURVES), weights, has_aux=True)
    with adkit.count_sweeps() as counts:
        pullback(1.0)
    print(f"{steps} steps: {pullback.ops / steps:.0f} records a step, {counts.reverse_directions} cotangent")

# %% [markdown]
# <details><summary>The answer</summary>
#
# As many records for each step, so twice as many in all: memory grows with the horizon, and far sight is paid for with it. The
# gradient takes one cotangent, however many numbers the rule has. What to do when the tape grows too long was the story of
# [memory for time](13_memory_for_time.ipynb).
#
# </details>
