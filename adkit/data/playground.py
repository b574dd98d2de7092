"""The five data sets of the TensorFlow Playground, drawn by its formulas from a seed.

Points lie in the square [-6, 6]^2 or within it; labels are +1 and -1 (for ``plane`` the numbers between).
Source: the Playground's ``dataset.ts`` (https://github.com/tensorflow/playground).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

__all__ = ["Points", "circle", "gauss", "plane", "spiral", "xor"]

_RADIUS = 5.0
_PADDING = 0.3  # xor: the gap left free on either side of an axis


class Points(NamedTuple):
    """Points ``(n, 2)`` of the plane and their labels ``(n,)``, both float64."""

    x: Any
    labels: Any


def circle(n: int = 500, noise: float = 0.0, seed: Any = 0) -> Points:
    """A disc, labelled +1, inside a ring, labelled -1.

    Parameters
    ----------
    n : number of points; half of them (rounded down) lie in the disc of radius 2.5, the others at radius 3.5 to 5.
    noise : from 0 to 0.5; it moves the point whose distance decides the label, not the point that is returned.
    seed : what ``numpy.random.default_rng`` takes; the same seed gives the same points.

    Raises
    ------
    ValueError : if ``n`` is no positive whole number or the noise lies outside 0 to 0.5.

    Examples
    --------
    >>> x, labels = circle(100, seed=1)
    >>> bool(((np.hypot(*x.T) < 2.5) == (labels > 0)).all())
    True
    """
    rng = _started("circle", n, noise, seed)
    inner = n // 2
    r = np.concatenate([rng.uniform(0.0, 0.5 * _RADIUS, inner), rng.uniform(0.7 * _RADIUS, _RADIUS, n - inner)])
    angle = rng.uniform(0.0, 2.0 * np.pi, n)
    x = np.stack([r * np.sin(angle), r * np.cos(angle)], axis=1)
    decides = x + noise * rng.uniform(-_RADIUS, _RADIUS, (n, 2))
    return Points(x, _sign(np.hypot(*decides.T) < 0.5 * _RADIUS))


def xor(n: int = 500, noise: float = 0.0, seed: Any = 0) -> Points:
    """The four quadrants, labelled by the sign of ``x * y``; no point lies within 0.3 of an axis.

    The arguments and the errors are those of :func:`circle`.

    >>> x, labels = xor(100, seed=1)
    >>> bool((np.prod(x, axis=1) * labels > 0).all())
    True
    """
    rng = _started("xor", n, noise, seed)
    x = rng.uniform(-_RADIUS, _RADIUS, (n, 2))
    x += np.where(x > 0, _PADDING, -_PADDING)
    decides = x + noise * rng.uniform(-_RADIUS, _RADIUS, (n, 2))
    return Points(x, _sign(np.prod(decides, axis=1) >= 0))


def gauss(n: int = 500, noise: float = 0.0, seed: Any = 0) -> Points:
    """Two round clouds: +1 about (2, 2), -1 about (-2, -2), each of variance 0.5 without noise and 4 with the most.

    The arguments and the errors are those of :func:`circle`; half the points (rounded down) are labelled +1.

    >>> x, labels = gauss(100, seed=1)
    >>> x[labels > 0].mean(axis=0).round()
    array([2., 2.])
    """
    rng = _started("gauss", n, noise, seed)
    variance = 0.5 + noise * (4.0 - 0.5) / 0.5
    labels = _sign(np.arange(n) < n // 2)
    return Points(rng.normal(2.0 * labels[:, None], np.sqrt(variance), (n, 2)), labels)


def spiral(n: int = 500, noise: float = 0.0, seed: Any = 0) -> Points:
    """Two arms wound about the origin by one and three quarter turns, half a turn apart: +1 the one, -1 the other.

    The arguments and the errors are those of :func:`circle`; half the points (rounded down) are labelled +1.
    Without noise the points do not depend on the seed.

    >>> x, labels = spiral(100)
    >>> float(abs(x[:50] + x[50:]).max().round(12))        # each arm is the other one turned by half a turn
    0.0
    """
    rng = _started("spiral", n, noise, seed)
    arms = []
    for count, turn in ((n // 2, 0.0), (n - n // 2, np.pi)):
        i = np.arange(count) / count if count else np.empty(0)
        t = 1.75 * i * 2.0 * np.pi + turn
        arms.append(np.stack([_RADIUS * i * np.sin(t), _RADIUS * i * np.cos(t)], axis=1))
    x = np.concatenate(arms) + noise * rng.uniform(-1.0, 1.0, (n, 2))
    return Points(x, _sign(np.arange(n) < n // 2))


def plane(n: int = 500, noise: float = 0.0, seed: Any = 0) -> Points:
    """Points of [-6, 6]^2 with the number ``(x + y) / 10``: a data set for regression.

    The arguments and the errors are those of :func:`circle`.

    >>> x, labels = plane(100, seed=1)
    >>> bool(np.allclose(labels, x.sum(axis=1) / 10))
    True
    """
    rng = _started("plane", n, noise, seed)
    x = rng.uniform(-6.0, 6.0, (n, 2))
    decides = x + noise * rng.uniform(-6.0, 6.0, (n, 2))
    return Points(x, decides.sum(axis=1) / 10.0)


def _sign(positive: Any) -> Any:
    return np.where(positive, 1.0, -1.0)


def _started(name: str, n: Any, noise: Any, seed: Any) -> np.random.Generator:
    """The generator of a data set whose arguments are sound."""
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1:
        raise ValueError(f"{name}: n is the number of points, a whole number from 1, not {n!r}")
    if not 0.0 <= noise <= 0.5:
        raise ValueError(f"{name}: the noise lies from 0 to 0.5, not {noise!r}")
    return np.random.default_rng(seed)
