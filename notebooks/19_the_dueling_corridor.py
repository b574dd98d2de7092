# %% [markdown]
# # The dueling corridor
#
# Somebody walks through a long corridor. At each place there are many things to do, and nearly all of them do nothing. How good
# is each, at each place? A network that learns every answer by itself learns the same one twenty times.
#
# You will split the answer in two, how good is the *place* and how much better is the *action*, join the two by one formula,
# and see on the way back why it learns faster. About 20 minutes; [modules by hand](10_modules_by_hand.ipynb) says what a
# backward pass is.
#
# A question in **bold** stands before most cells. Write your answer down, then run the cell.

# %%
import numpy as np

import adkit
from adkit import nn
from adkit.nn.corridor import GAMMA, WAY, corridor, corridor_network
from lesson import BLUE, ORANGE, Slider, plt, referee, with_rule

# %% [markdown]
# ## The corridor
#
# 70 places: up, along, up, and at the end 1 point. Five actions: up, down, left, right, stay; later more that stay. A walker
# takes the right one, but in one step of a hundred any of them.
#
# $Q(s, a)$ is what action $a$ at place $s$ is worth: the points to come, each step of waiting paid with a factor of 0.99.
#
# **The start is 69 steps before the last. What is the best action worth there? And staying, how much less?**

# %%
way = corridor(actions=5)
truth = way.exact()
print("at the start, exactly: up, down, left, right, stay =", truth[0].round(3))

figure, axis = plt.subplots(figsize=(7, 2.6), layout="constrained")
points = axis.scatter(*WAY.T, c=truth.max(axis=1), cmap="cividis", s=38, marker="s")
axis.annotate("start", WAY[0], (4, 1))
axis.annotate("end: 1 point", WAY[-1], (32, 18))
axis.set(xlabel="x", ylabel="y", aspect="equal")
figure.colorbar(points, label="worth")
plt.show()

# %% [markdown]
# $0.99^{69}$ is 0.5, and staying costs one step: one hundredth of that. The place decides nearly everything, the action next to
# nothing.
#
# So write $Q = V + A$: $V(s)$, the *value* of the place, here the mean over actions, and $A(s, a)$, the *advantage*.
#
# **With 20 actions there are 1400 numbers $Q$. How far are the places apart, and how far the actions at one place?**

# %%
truth = corridor(20).exact()
V = truth.mean(axis=1, keepdims=True)
A = truth - V
print(f"the largest V is {V.max():.2f}, the smallest {V.min():.2f}; no advantage is further from 0 than {np.abs(A).max():.2f}")
print("different numbers among the 20 advantages at the start:", len(np.unique(A[0].round(10))))

# %% [markdown]
# Two different advantages out of twenty: there is one way on, and the rest stay where they are.
#
# ## The head
#
# A *dueling head* (Wang et al., 2016) has two streams, one for $V$ and one for all $A$, and joins them:
#
# $$Q_a = V + A_a - \frac{1}{n} \sum_b A_b$$
#
# One action was tried, and its $Q$ is to change. So the cotangent $g$ is 1 for that action and 0 for the others. **What
# arrives at $V$, and what at each of four $A$?**

# %%
def head(V, A):
    return V + A - np.mean(A)


value, pullback = adkit.vjp(head, np.array([0.5]), np.array([0.1, 0.0, 0.0, -0.1]))
to_value, to_advantages = pullback(np.array([1.0, 0.0, 0.0, 0.0]))
print("Q =", value.round(2), "  to V:", to_value, "  to A:", to_advantages)
layer = nn.Dueling()
layer.forward_pass(np.array([0.5]), np.array([0.1, 0.0, 0.0, -0.1]))
by_hand = layer.backward_pass(np.array([1.0, 0.0, 0.0, 0.0]))
print("the formulas of nn.Dueling agree:", all(map(np.array_equal, by_hand, (to_value, to_advantages))))

# %% [markdown]
# All of it at $V$; at $A$, $g$ less its mean.
#
# Now a step along these cotangents, added to $V$ and $A$. **The tried action's $Q$ rises. Do the three that were *not* tried
# stay where they are?**

# %%
g = np.array([1.0, 0.0, 0.0, 0.0])
single = adkit.jvp(lambda Q: Q, (np.zeros(4),), (g,))[1]
dueling = adkit.jvp(head, (np.array([0.5]), np.zeros(4)), (to_value, to_advantages))[1]
print("change of Q, each number for itself:", single)
print("change of Q, with the dueling head: ", dueling)

# %% [markdown]
# They rise by $1 - 1/n$, without a trial of their own: what one action has taught about the place, all have learned. With twenty
# actions one trial moves twenty numbers.
#
# ## A mistake: without the mean
#
# Why not simply $Q = V + A$? It learns, too. **We fit both heads to $Q = (0.6, 0.5, 0.4)$, from three different starts of $V$.
# What will $V$ be in the end?**

# %%
def fitted(joined, start):
    p = {"V": np.array([start]), "A": np.zeros(3)}
    gradient = adkit.grad(lambda p: np.sum((joined(p["V"], p["A"]) - np.array([0.6, 0.5, 0.4])) ** 2))
    for _ in range(300):
        g = gradient(p)
        p = {name: p[name] - 0.1 * g[name] for name in p}
    return p, joined(p["V"], p["A"])


for name, joined in ("V + A", lambda V, A: V + A), ("V + A - mean(A)", head):
    ends = [fitted(joined, start) for start in (-2.0, 0.0, 2.0)]
    print(f"{name:15s}: Q = {ends[0][1].round(2)} every time; V =", *[f"{p['V'][0] + 0.0:.2f}" for p, _ in ends])

# %% [markdown]
# Without the mean $V$ is whatever the start has made of it: add 5 to $V$, take 5 from every $A$, and $Q$ notices nothing. With it
# $V$ is the mean of $Q$, and means what it is called.
#
# ## Learning by walking on
#
# Nobody tells the network the true $Q$. At each place an action is tried, and its target is what it paid, plus 0.99 times
# what the network itself says of the next place (*expected SARSA*). Here all 70 places take one step at once.

# %%
def evaluate(dueling, actions, steps=2000, seed=0):
    way, net, states = corridor(actions), corridor_network(actions, dueling), np.eye(70)
    params, optimizer, rng, found = net.init(seed), nn.Adam(1e-3), np.random.default_rng(seed), []
    loss = lambda p, tried, target: np.sum((np.sum(net(p, states) * tried, axis=1) - target) ** 2) / 2
    gradient, values = adkit.compile(adkit.grad(loss)), adkit.compile(net)  # traced once, run often
    memory = optimizer.init(params)
    for _ in range(steps + 1):
        found.append(values(params, states))
        V = np.append(np.sum(way.policy * found[-1], axis=1), 0.0)
        a = np.sum(rng.random((70, 1)) > np.cumsum(way.policy, axis=1)[:, :-1], axis=1)  # a throw of dice at each place
        target = way.reward[range(70), a] + GAMMA * V[way.follow[range(70), a]]
        params, memory = optimizer.update(params, gradient(params, np.eye(actions)[a], target), memory)
    return np.array(found[::100])

# %% [markdown]
# The single stream has three layers of 50 and a number for each action; the dueling network one layer of 50, then two streams of
# 25 each. We add up the squared error over all places and actions.
#
# **With 5 actions and with 20: where does the dueling network gain more?**

# %%
runs = {(n, kind): evaluate(kind == "dueling", n) for n in (5, 20) for kind in ("single", "dueling")}
errors = {key: np.sum((Q - corridor(key[0]).exact()) ** 2, axis=(1, 2)) for key, Q in runs.items()}
for n in 5, 20:
    late = {kind: errors[n, kind][-6:].mean() for kind in ("single", "dueling")}
    print(f"{n:2d} actions: the dueling network's error is less than two thirds: {late['dueling'] < late['single'] / 1.5}")

# %%
figure, axes = plt.subplots(1, 2, figsize=(7, 3.2), sharey=True, layout="constrained")
for axis, n in zip(axes, (5, 20), strict=True):
    for kind, colour, dash in ("single", ORANGE, "--"), ("dueling", BLUE, "-"):
        axis.plot(np.arange(0, 2001, 100), errors[n, kind], dash, color=colour, label=kind)
    axis.set(yscale="log", xlabel="step", title=f"{n} actions")
axes[0].set(ylabel="squared error of Q")
axes[1].legend()
plt.show()

# %% [markdown]
# More where there is more to share. (That was one start of the weights. In the paper's figure a walker really walks:
# `python -m paper_figures wang2015_corridor`. There, over three starts, the error with 20 actions is a ninth.)
#
# The slider shows what each network believes with 20 actions, over the places: a thin orange
# line for each action that stays, and a blue one for the mean over what the walker does.
#
# **Which actions will lie furthest from the truth?**

# %%
def beliefs(figure, step):
    exact = corridor(20).exact()
    for axis, kind in zip(figure.subplots(1, 2, sharey=True), ("single", "dueling"), strict=True):
        Q = runs[20, kind][step // 100]
        axis.plot(Q[:, 4:], color=ORANGE, linewidth=0.6, alpha=0.7)
        axis.plot(np.sum(corridor(20).policy * Q, axis=1), color=BLUE, linewidth=2)
        axis.plot(exact.max(axis=1), ":", color="black")
        axis.set(title=kind, xlabel="place", ylim=(-0.7, 1.2))
    figure.axes[0].set(ylabel="Q")
    far = {k: np.abs(runs[20, k][step // 100][:, 4:] - exact[:, 4:]).mean() for k in ("single", "dueling")}
    return f"the stays are nearer to the truth (dotted) in the {min(far, key=far.get)} network"


Slider("step", [0, 100, 300, 600, 1000, 2000], beliefs, start=2)

# %% [markdown]
# Those that are seldom tried. In the single stream each waits for its own trials; in the dueling network the value carries them
# along.
#
# ## Exercise
#
# The walker does not take all actions alike. With the mean weighted by the policy, $Q_a = V + A_a - \sum_b \pi_b A_b$, the
# stream $V$ is what the place is worth to *this* walker. Three actions, $\pi = (0.8, 0.1, 0.1)$.

# %%
PI = np.array([0.8, 0.1, 0.1])


def walkers_head(V, A):
    return V + A - np.sum(PI * A)


def check(backward):
    return referee(with_rule(walkers_head, backward), np.array([0.5]), np.array([0.1, 0.3, -0.2]))

# %% [markdown]
# Write its backward pass, from $g = dL/dQ$ to $dL/dV$ and $dL/dA$. The one below is the plain mean's.

# %%
def walkers_backward(inputs, g):
    V, A = inputs
    return np.array([np.sum(g)]), g - np.mean(g)  # mend this line


print(check(walkers_backward))

# %% [markdown]
# <details><summary>A hint</summary>
#
# $A_b$ enters its own $Q_b$ with the factor 1, and *every* $Q_a$ with the factor $-\pi_b$. Fan-out: the contributions add, and
# what they add up to has $\sum_a g_a$ in it.
#
# </details>
#
# Try before you go on: the answer comes next.

# %%
def walkers_backward_answer(inputs, g):
    V, A = inputs
    return np.array([np.sum(g)]), g - PI * np.sum(g)


print(check(walkers_backward_answer))

# %% [markdown]
# ## What you can say now
#
# - Where the place matters more than the action, learn the place once: $Q = V + A - \mathrm{mean}(A)$.
# - On the way back $V$ gets the sum of $g$, and $A$ gets $g$ less its mean.
# - Without the mean, $V$ and $A$ are not determined.
#
# One more, which nothing above showed. All four actions are tried, and all are wrong by the same 1: $g = (1, 1, 1, 1)$. **What
# arrives at $V$ and at $A$, and how many reverse sweeps does it take?**

# %%
value, pullback = adkit.vjp(head, np.array([0.5]), np.array([0.1, 0.0, 0.0, -0.1]))
with adkit.count_sweeps() as counts:
    to_value, to_advantages = pullback(np.ones(4))
print("to V:", to_value, "  to A:", to_advantages, "  sweeps:", counts.reverse_sweeps)

# %% [markdown]
# <details><summary>The answer</summary>
#
# 4 at $V$ and nothing at $A$, in one sweep: a mixture of outputs is one cotangent. An error that all actions share is an error of
# the place, and the head sends all of it there.
#
# </details>
