"""Grid and random search (Bergstra & Bengio, 2012)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from itertools import product
from typing import Any

from .space import Dimension, Found, checked, evaluate, rng_of

__all__ = ["grid_search", "random_search"]


def grid_search(
    f: Callable[..., Any], space: Mapping[str, Dimension], per_axis: int, *, seed: int = 0, seeded: bool = False,
    executor: Executor | None = None,
) -> Found:  # fmt: skip
    """Minimise ``f`` over a grid: ``per_axis`` values of each range, every one of a Choice.

    Parameters
    ----------
    f : ``f(**hyperparameters)``, a number; with ``seeded`` it is given ``seed=(seed, number of the trial)`` too.
        For an executor of processes it must be importable: a function of a module.
    space : ranges by name.
    executor : where trials are computed; None for here, in turn.  The result is the same.

    >>> from adkit.search import Real, grid_search
    >>> grid_search(lambda x, y: (x - 0.4) ** 2 + y ** 2, {"x": Real(0, 1), "y": Real(-1, 1)}, 3).best.params
    {'x': 0.5, 'y': 0.0}
    """
    dims = checked(space, "grid_search")
    if per_axis < 1:
        raise ValueError(f"grid_search: per_axis is at least 1, not {per_axis}")
    points = product(*[dimension.spread(per_axis) for dimension in dims.values()])
    return Found(tuple(evaluate(f, enumerate(dict(zip(dims, p, strict=True)) for p in points), seed, seeded, executor)))


def random_search(
    f: Callable[..., Any], space: Mapping[str, Dimension], trials: int, *, seed: int = 0, seeded: bool = False,
    executor: Executor | None = None,
) -> Found:  # fmt: skip
    """Minimise ``f`` over random points; otherwise as :func:`grid_search`.

    >>> from adkit.search import Real, random_search
    >>> found = random_search(lambda x: (x - 0.4) ** 2, {"x": Real(0, 1)}, 60)
    >>> len(found.trials), abs(found.best.params["x"] - 0.4) < 0.05
    (60, True)
    """
    dims = checked(space, "random_search")
    if trials < 1:
        raise ValueError(f"random_search: trials is at least 1, not {trials}")

    def point(number: int) -> dict[str, Any]:
        u = rng_of(seed, number).random(len(dims))
        return {name: dimension.at(v) for (name, dimension), v in zip(dims.items(), u, strict=True)}

    return Found(tuple(evaluate(f, [(k, point(k)) for k in range(trials)], seed, seeded, executor)))
