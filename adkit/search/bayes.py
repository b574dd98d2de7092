"""Bayesian optimisation: the next trial is where a Gaussian process expects the largest improvement."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import Any

import numpy as np

from .process import GaussianProcess, expected_improvement
from .space import Dimension, Found, Trial, checked, evaluate, rng_of

__all__ = ["bayesian_search"]

_CANDIDATES = 2000


def bayesian_search(
    f: Callable[..., Any], space: Mapping[str, Dimension], trials: int, *, first: int = 5, at_once: int = 1, seed: int = 0,
    seeded: bool = False, executor: Executor | None = None,
) -> Found:  # fmt: skip
    """Minimise ``f`` with few evaluations (Snoek, Larochelle & Adams, 2012).

    Parameters
    ----------
    f, space, seeded, executor : as for :func:`adkit.search.grid_search`.
    trials : evaluations in all.
    first : how many of them are spread over the space before the process is asked.
    at_once : how many trials are proposed together, for an executor to share; later ones of a round take the
        process's mean as the value of those before ("kriging believer").  It is part of the search: another number
        gives another search, another executor does not.

    >>> from adkit.search import Real, bayesian_search
    >>> found = bayesian_search(lambda x: (x - 0.37) ** 2, {"x": Real(0, 1)}, 12)
    >>> abs(found.best.params["x"] - 0.37) < 0.02
    True
    """
    dims = checked(space, "bayesian_search")
    if trials < 1 or first < 1 or at_once < 1:
        raise ValueError(f"bayesian_search: trials, first and at_once are at least 1, not {trials}, {first}, {at_once}")
    d = len(dims)

    def named(u: Any) -> dict[str, Any]:
        return {name: dimension.at(float(v)) for (name, dimension), v in zip(dims.items(), u, strict=True)}

    points = _spread(min(first, trials), d, rng_of(seed, 0))
    done: list[Trial] = evaluate(f, enumerate([named(u) for u in points]), seed, seeded, executor)
    while len(done) < trials:
        rng = rng_of(seed, 1, len(done))
        values = _finite(np.array([t.value for t in done]))
        believed_x, believed_y, fresh = points, values, []
        for _ in range(min(at_once, trials - len(done))):
            process = GaussianProcess.fitted(believed_x, believed_y, rng)
            u = _most_promising(process, believed_x, believed_y, rng)
            believed_x = np.vstack([believed_x, u])
            believed_y = np.append(believed_y, process(u[None])[0])
            fresh.append(u)
        done += evaluate(f, enumerate([named(u) for u in fresh], len(done)), seed, seeded, executor)
        points = np.vstack([points, *[u[None] for u in fresh]])
    return Found(tuple(done))


def _spread(n: int, d: int, rng: np.random.Generator) -> Any:
    """A Latin hypercube: along each axis, one point in each of ``n`` strips."""
    strips = np.stack([rng.permutation(n) for _ in range(d)], axis=1)
    return (strips + rng.random((n, d))) / n


def _finite(values: Any) -> Any:
    """Values that the process can take: a trial that failed counts as the worst."""
    sound = np.isfinite(values)
    return np.where(sound, values, values[sound].max() if sound.any() else 0.0)


def _most_promising(process: GaussianProcess, x: Any, y: Any, rng: np.random.Generator) -> Any:
    """The point of most expected improvement, among many drawn anywhere and then ever closer to the best of them."""
    d, best = x.shape[1], float(y.min())

    def improvement(points: Any) -> Any:
        return expected_improvement(*process(points), best)

    near = np.clip(x[y.argmin()] + 0.05 * rng.normal(size=(_CANDIDATES // 4, d)), 0, 1)
    points = np.vstack([rng.random((_CANDIDATES, d)), near])
    gains = improvement(points)
    u, gain = points[gains.argmax()], gains.max()
    for width in (0.05, 0.01, 0.002, 0.0004):
        points = np.clip(u + width * rng.normal(size=(200, d)), 0, 1)
        gains = improvement(points)
        if gains.max() > gain:
            u, gain = points[gains.argmax()], gains.max()
    return u
