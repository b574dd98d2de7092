"""Policy evaluation in a corridor with many actions that do nothing: a single stream against a dueling head."""

from __future__ import annotations

from typing import Any

import numpy as np

import adkit
from adkit import nn

from .common import BLUE, PAPER, RED, REFERENCE, Page, caption, legend

TITLE = "The dueling head evaluates a policy better, the more so the more actions there are"
CLAIM = (
    "In the corridor (10 + 50 + 10 states) with 5 actions, and with no-ops added to make 10 and 20, the dueling network's "
    "squared error of Q falls faster than a single stream's, and the gap grows with the number of actions."
)
SOURCE = "Wang et al. (2015), Dueling Network Architectures for Deep Reinforcement Learning, fig. 3, arXiv:1511.06581"

GAMMA, EPSILON, LR = 0.99, 0.01, 1e-3
WAY = np.array([(0, y) for y in range(10)] + [(x, 10) for x in range(50)] + [(49, y) for y in range(11, 21)])
"""Up, along, and up: the places of the 70 states, in the order of the way."""
MOVES = np.array([(0, 1), (0, -1), (-1, 0), (1, 0), (0, 0)])


def corridor(actions: int) -> tuple[Any, Any, Any]:
    """The next state and the reward of each state and action, and the policy's probabilities.

    State 70 is the end, which pays 1; a wall leaves the agent where it is, and actions from the fifth on do nothing.
    """
    places = {(int(x), int(y)): k for k, (x, y) in enumerate(WAY)}
    n = len(WAY)
    follow, reward, best = np.zeros((n, actions), int), np.zeros((n, actions)), np.zeros(n, int)
    for k, place in enumerate(WAY):
        for a in range(actions):
            x, y = place + MOVES[min(a, 4)]
            follow[k, a] = n if k == n - 1 and a == 0 else places.get((int(x), int(y)), k)
            reward[k, a] = follow[k, a] == n
        best[k] = next(a for a in range(5) if follow[k, a] == k + 1)
    policy = np.full((n, actions), EPSILON / actions)
    policy[np.arange(n), best] += 1 - EPSILON
    return follow, reward, policy


def exact(follow: Any, reward: Any, policy: Any) -> Any:
    """Q of the policy, by a linear solve."""
    n = len(follow)
    P = np.zeros((n, n + 1))
    np.add.at(P, (np.arange(n)[:, None], follow), policy)
    V = np.linalg.solve(np.eye(n) - GAMMA * P[:, :n], np.sum(policy * reward, axis=1))
    return reward + GAMMA * np.append(V, 0.0)[follow]


def network(dueling: bool, actions: int) -> nn.Graph:
    """Three layers of 50; or one, and two streams with 25 each."""
    n = len(WAY)
    nodes: dict[str, Any] = {"L1": (nn.Linear(n, 50, "he"), "x"), "h1": (nn.Relu(), "L1")}
    for name, width, ends in (("V", 25, 1), ("A", 25, actions)) if dueling else (("Q", 50, actions),):
        nodes |= {f"L2{name}": (nn.Linear(50, width, "he"), "h1"), f"h2{name}": (nn.Relu(), f"L2{name}"),
                  f"L3{name}": (nn.Linear(width, ends), f"h2{name}")}  # fmt: skip
    if dueling:
        nodes["Q"] = (nn.Dueling(), "L3V", "L3A")
    return nn.Graph(nodes, output="Q" if dueling else "L3Q")


def errors(dueling: bool, actions: int, seed: int, steps: int, every: int) -> Any:
    """The squared error of Q, summed over states and actions, each so many steps of expected SARSA."""
    follow, reward, policy = corridor(actions)
    truth, states = exact(follow, reward, policy), np.eye(len(WAY))
    net, rng = network(dueling, actions), np.random.default_rng((seed, actions))
    params, optimizer = net.init((seed, int(dueling))), nn.Adam(lr=LR)
    memory = optimizer.init(params)

    def loss(params: Any, x: Any, chosen: Any, target: Any) -> Any:
        return np.sum((np.sum(net(params, x) * chosen, axis=-1) - target) ** 2) / 2

    gradient, values, one_hot = adkit.compile(adkit.grad(loss)), adkit.compile(net), np.eye(actions)
    found, k = [], 0
    for step in range(steps + 1):
        if step % every == 0:
            found.append(np.sum((values(params, states) - truth) ** 2))
        a = int(np.searchsorted(np.cumsum(policy[k]), rng.random()))
        following = int(follow[k, min(a, actions - 1)])
        value = 0.0 if following == len(WAY) else policy[following] @ values(params, states[following])
        target = reward[k, a] + GAMMA * value
        params, memory = optimizer.update(params, gradient(params, states[k], one_hot[a], np.asarray(target)), memory)
        k = 0 if following == len(WAY) else following
    return np.array(found)


def main(out: Any, seed: int = 0, quick: bool = False) -> dict[str, Any]:
    """Draw the figure into a folder."""
    page = Page(__name__, seed, quick)
    page.seeds = [seed + k for k in range(1 if quick else 3)]
    counts, steps, every = ((5, 20), 4000, 500) if quick else ((5, 10, 20), 20000, 500)
    page.settings = f"epsilon-greedy on the best way, epsilon {EPSILON}; expected SARSA, Adam {LR}, {steps} steps; medians"
    axes, late, last = page.panels(1, len(counts), sharey=True), {}, slice(-9 if not quick else -3, None)
    for actions, panel in zip(counts, axes, strict=True):
        for dueling, name, colour, dash in ((False, "single stream", RED, "--"), (True, "dueling", BLUE, "-")):
            runs = np.array([errors(dueling, actions, s, steps, every) for s in page.seeds])
            panel.plot(np.arange(0, steps + 1, every) / 1000, np.median(runs, axis=0), color=colour, linestyle=dash, label=name)
            panel.fill_between(np.arange(0, steps + 1, every) / 1000, runs.min(axis=0), runs.max(axis=0), color=colour, alpha=0.15)
            late[actions, dueling] = float(np.median(np.mean(runs[:, last], axis=1)))
        panel.set_yscale("log")
        panel.set_xlabel("steps of expected SARSA, thousands")
        caption(panel, f"{actions} actions{'' if actions == 5 else f', {actions - 5} of them more no-ops'}")
    axes[0].set_ylabel("squared error of Q, summed")
    legend(axes[-1])
    gaps = [late[a, False] - late[a, True] for a in counts]
    ratios = [late[a, False] / late[a, True] for a in counts]
    page.at_least("squared error of the single stream over that of the dueling head, 20 actions", ratios[-1], 2, REFERENCE)
    for before, after, a, b in zip(gaps, gaps[1:], counts, counts[1:], strict=False):
        page.at_least(f"growth of the gap between the two from {a} to {b} actions", after - before, 0, PAPER)
    return page.save(out)
