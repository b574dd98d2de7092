"""What networks with one hidden layer can be: weights written down by hand, and the limit of infinitely many units.

XOR exactly; a function as a staircase of sigmoids (Cybenko, "Approximation by Superpositions of a Sigmoidal Function",
MCSS 2:303-314, 1989); a bump in the plane; and the kernel that random relu networks approach (Cho & Saul, 2009).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..ops.network import sigmoid
from .activations import Sigmoid
from .linear import Linear
from .sequential import Sequential

__all__ = ["arc_cosine_kernel", "bump", "bump_2d", "staircase", "xor_network"]


def xor_network(k: float = 20.0) -> tuple[Sequential, dict[str, Any]]:
    """A 2-2-1 sigmoid network that is XOR, and its nine weights, by hand.

    ``h1 = s(k(x1 - x2 + 1))``, ``h2 = s(k(x1 - x2 - 1))``, ``y = s(k(1/2 - h1 + h2))`` on the points (-1, -1), (1, 1),
    (-1, 1), (1, -1): the hidden layer maps the first two to (1, 0), the others to (0, 0) and (1, 1), and there a line
    separates the classes.

    >>> net, params = xor_network()
    >>> x = np.array([[-1.0, -1.0], [1.0, 1.0], [-1.0, 1.0], [1.0, -1.0]])
    >>> net(params, x).round(3).ravel().tolist()
    [0.0, 0.0, 1.0, 1.0]
    """
    net = Sequential(hidden=Linear(2, 2), squash=Sigmoid(), readout=Linear(2, 1), output=Sigmoid())
    params = {
        "hidden": {"W": k * np.array([[1.0, -1.0], [1.0, -1.0]]), "b": k * np.array([1.0, -1.0])},
        "readout": {"W": k * np.array([[-1.0, 1.0]]), "b": k * np.array([0.5])},
    }
    return net, params


def bump(x: Any, left: Any, right: Any, slope: float = 100.0) -> Any:
    """About 1 between ``left`` and ``right``, about 0 elsewhere: the difference of two sigmoids of the given slope.

    >>> bump(np.array([0.0, 0.5, 1.0]), 0.2, 0.8).round(6).tolist()
    [0.0, 1.0, 0.0]
    """
    return sigmoid(slope * (x - left)) - sigmoid(slope * (x - right))


def staircase(f: Callable[[Any], Any], n: int, slope: float | None = None) -> tuple[Sequential, dict[str, Any]]:
    """A network of ``n`` sigmoid units that approximates ``f`` on [0, 1], and its weights, by hand.

    The bumps of height ``f(i/n)`` around the points ``i/n`` lie side by side, so that the right flank of one and the left
    flank of the next are one unit, whose weight is the step between them.  The slope is ``10 n`` by default; the
    error then falls as ``1/n``.

    >>> net, params = staircase(lambda x: np.sin(2 * np.pi * x), 40)
    >>> x = np.linspace(0.0, 1.0, 1001)[:, None]
    >>> float(np.abs(net(params, x) - np.sin(2 * np.pi * x)).max().round(3))
    0.028
    """
    if n < 1:
        raise ValueError(f"staircase: n must be at least one unit, not {n!r}")
    k = 10.0 * n if slope is None else float(slope)
    heights = f(np.arange(n + 1) / n)
    places = (np.arange(n) + 0.5) / n
    net = Sequential(hidden=Linear(1, n), squash=Sigmoid(), readout=Linear(n, 1))
    params = {
        "hidden": {"W": np.full((n, 1), k), "b": -k * places},
        "readout": {"W": np.diff(heights)[None, :], "b": np.asarray(heights[:1], dtype=float)},
    }
    return net, params


def bump_2d(x: Any, y: Any, half: float = 1.0, slope: float = 20.0) -> Any:
    """A bump on the square ``|x|, |y| < half``: four sigmoid units, and an outer one that wants both pairs to agree.

    >>> bump_2d(np.array([0.0, 1.5, 1.5]), np.array([0.0, 0.0, 1.5])).round(2).tolist()
    [1.0, 0.0, 0.0]
    """
    return sigmoid(slope * (bump(x, -half, half, slope) + bump(y, -half, half, slope) - 1.5))


def arc_cosine_kernel(a: Any, b: Any) -> Any:
    """``E[relu(w.a) relu(w.b)]`` for ``w ~ N(0, 1)``: the kernel of a layer of infinitely many random relu units.

    ``|a| |b| (sin t + (pi - t) cos t) / 2 pi`` with ``t`` the angle between them (Cho & Saul, 2009, eq. 6 with n = 1, and
    the factor 1/2 that they leave out); the mean over ``H`` units approaches it as ``1/sqrt(H)``.

    >>> float(arc_cosine_kernel(np.array([1.0, 0.0]), np.array([2.0, 0.0])))
    1.0
    """
    lengths = np.sqrt(np.sum(a * a, axis=-1) * np.sum(b * b, axis=-1))
    cosine = np.clip(np.sum(a * b, axis=-1) / lengths, -1.0, 1.0)
    t = np.arccos(cosine)
    return lengths * (np.sin(t) + (np.pi - t) * cosine) / (2 * np.pi)
