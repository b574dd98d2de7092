"""Policy evaluation in a corridor with many actions that do nothing: a single stream against a dueling head."""

from __future__ import annotations

from typing import Any

import numpy as np

import adkit
from adkit import nn
from adkit.nn.corridor import GAMMA, WAY, corridor, corridor_network

from .common import BLUE, PAPER, RED, REFERENCE, Page, caption, legend

TITLE = "The dueling head evaluates a policy better, the more so the more actions there are"
CLAIM = (
    "In the corridor (10 + 50 + 10 states) with 5 actions, and with no-ops added to make 10 and 20, the dueling network's "
    "squared error of Q falls faster than a single stream's, and the gap grows with the number of actions."
)
SOURCE = "Wang et al. (2015), Dueling Network Architectures for Deep Reinforcement Learning, fig. 3, arXiv:1511.06581"

EPSILON, LR = 0.01, 1e-3


def errors(dueling: bool, actions: int, seed: int, steps: int, every: int) -> Any:
    """The squared error of Q, summed over states and actions, each so many steps of expected SARSA."""
    follow, reward, policy = way = corridor(actions, EPSILON)
    truth, states = way.exact(), np.eye(len(WAY))
    net, rng = corridor_network(actions, dueling), np.random.default_rng((seed, actions))
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
