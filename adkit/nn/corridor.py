"""The corridor in which a dueling head is tried: a way of 70 states, and actions of which most do nothing (Wang et al., 2016).

>>> way = corridor(5)
>>> truth = way.exact()
>>> truth.shape, round(float(truth.min()), 3), float(truth.max())
((70, 5), 0.491, 1.0)
>>> net = corridor_network(5, dueling=True)
>>> net(net.init(0), np.eye(70)).shape
(70, 5)
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .activations import Relu
from .gates import Dueling
from .graph import Graph
from .linear import Linear

__all__ = ["GAMMA", "WAY", "Corridor", "corridor", "corridor_network"]

GAMMA = 0.99
"""What a reward is worth a step later."""
WAY = np.array([(0, y) for y in range(10)] + [(x, 10) for x in range(50)] + [(49, y) for y in range(11, 21)])
"""Up, along, and up: the places ``(x, y)`` of the 70 states, in the order of the way."""
_MOVES = np.array([(0, 1), (0, -1), (-1, 0), (1, 0), (0, 0)])


class Corridor(NamedTuple):
    """What each action leads to in each state, and how often a policy takes it; each is ``(70, actions)``.

    ``follow`` is the number of the next state, 70 for the end; ``reward`` is 1 for the step to the end; ``policy`` has a
    probability for each action.
    """

    follow: Any
    reward: Any
    policy: Any

    def exact(self) -> Any:
        """``Q (70, actions)`` of the policy: what a step pays, and ``GAMMA`` times the value of where it leads; a linear solve.

        >>> way = corridor(5)
        >>> Q = way.exact()
        >>> V = np.append(np.sum(way.policy * Q, axis=1), 0.0)
        >>> bool(np.allclose(Q, way.reward + GAMMA * V[way.follow]))
        True
        """
        n = len(self.follow)
        P = np.zeros((n, n + 1))
        np.add.at(P, (np.arange(n)[:, None], self.follow), self.policy)
        V = np.linalg.solve(np.eye(n) - GAMMA * P[:, :n], np.sum(self.policy * self.reward, axis=1))
        return self.reward + GAMMA * np.append(V, 0.0)[self.follow]


def corridor(actions: int = 5, epsilon: float = 0.01) -> Corridor:
    """The corridor under a policy that takes the best action, but any of them with probability ``epsilon``.

    Actions are up, down, left, right, and from the fifth on nothing but staying; a wall leaves the agent where it is.  A
    step up from the last state reaches the end, which pays 1.

    >>> corridor(10).policy[0].round(3).tolist()
    [0.991, 0.001, 0.001, 0.001, 0.001, 0.001, 0.001, 0.001, 0.001, 0.001]
    """
    if actions < 5 or not 0 <= epsilon <= 1:
        raise ValueError(f"corridor: give at least 5 actions, and an epsilon from 0 to 1, not {actions!r} and {epsilon!r}")
    places = {(int(x), int(y)): k for k, (x, y) in enumerate(WAY)}
    n = len(WAY)
    follow, reward, best = np.zeros((n, actions), int), np.zeros((n, actions)), np.zeros(n, int)
    for k, place in enumerate(WAY):
        for a in range(actions):
            x, y = place + _MOVES[min(a, 4)]
            follow[k, a] = n if k == n - 1 and a == 0 else places.get((int(x), int(y)), k)
            reward[k, a] = follow[k, a] == n
        best[k] = next(a for a in range(5) if follow[k, a] == k + 1)
    policy = np.full((n, actions), epsilon / actions)
    policy[np.arange(n), best] += 1 - epsilon
    return Corridor(follow, reward, policy)


def corridor_network(actions: int, dueling: bool) -> Graph:
    """From a one-hot state to ``Q``: three layers of 50; or one, and two streams of 25 for ``V`` and ``A``.

    >>> corridor_network(5, dueling=True).kinds()
    {'linear': 5, 'relu': 3, 'dueling': 1}
    """
    nodes: dict[str, Any] = {"L1": (Linear(len(WAY), 50, "he"), "x"), "h1": (Relu(), "L1")}
    for name, width, ends in (("V", 25, 1), ("A", 25, actions)) if dueling else (("Q", 50, actions),):
        nodes |= {f"L2{name}": (Linear(50, width, "he"), "h1"), f"h2{name}": (Relu(), f"L2{name}"),
                  f"L3{name}": (Linear(width, ends), f"h2{name}")}  # fmt: skip
    if dueling:
        nodes["Q"] = (Dueling(), "L3V", "L3A")
    return Graph(nodes, output="Q" if dueling else "L3Q")
