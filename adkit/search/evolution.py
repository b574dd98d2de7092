"""CMA-ES, through the package of its authors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from importlib import import_module
from typing import Any

import numpy as np

from ..errors import AdkitError
from ..extras import remedy
from .space import Dimension, Found, Real, Trial, checked, evaluate

__all__ = ["cma_search"]


class MissingCMAError(AdkitError, ImportError):
    """The package ``cma`` is not installed."""


def cma_search(
    f: Callable[..., Any], space: Mapping[str, Dimension], trials: int, *, target: float = -np.inf, width: float = 0.3,
    start: Mapping[str, float] | None = None, seed: int = 0, seeded: bool = False, executor: Executor | None = None,
) -> Found:  # fmt: skip
    """Minimise ``f`` by the covariance matrix adaptation evolution strategy (Hansen & Ostermeier, 2001; package ``cma``).

    Parameters
    ----------
    f, seeded, executor : as for :func:`adkit.search.grid_search`; a generation is evaluated at once.
    space : ranges :class:`Real`; the search stays within them.
    trials : the most evaluations.
    target : stop at a value at or below it.
    width : the first standard deviation, as a part of each range.
    start : where to begin, by name; by default the middle of each range.

    Raises
    ------
    MissingCMAError : without the extra ``cma``.

    >>> from adkit.search import Real, cma_search
    >>> found = cma_search(lambda x, y: x * x + 4 * y * y, {"x": Real(-5, 5), "y": Real(-5, 5)}, 500)  # doctest: +SKIP
    >>> found.best.value < 1e-8  # doctest: +SKIP
    True
    """
    dims = checked(space, "cma_search")
    for name, dimension in dims.items():
        if not isinstance(dimension, Real):
            raise TypeError(f"cma_search: {name} is {dimension!r}; CMA-ES moves through real numbers, Real(low, high)")
    if trials < 1:
        raise ValueError(f"cma_search: trials is at least 1, not {trials}")
    try:
        cma = import_module("cma")
    except ImportError:
        raise MissingCMAError(f"cma_search needs the extra cma: {remedy('cma')}", name="cma") from None
    lengths = {name: _ends(dimension) for name, dimension in dims.items()}
    middle = [0.5 if start is None else (_scaled(dims[n], start[n]) - lo) / (hi - lo) for n, (lo, hi) in lengths.items()]
    # A covariance needs two directions: a single range gets an idle one beside it.
    middle += [0.5] * (len(middle) == 1)
    # Its seed 0 means the clock.
    settings = {"seed": seed + 1, "verbose": -9, "maxfevals": trials, "bounds": [0, 1], "tolfun": 0, "tolfunhist": 0, "tolx": 0,
                "tolflatfitness": 10**6, "tolstagnation": 10**6}  # fmt: skip
    strategy = cma.CMAEvolutionStrategy(middle, width, settings)
    done: list[Trial] = []
    while len(done) < trials and not strategy.stop():
        asked = strategy.ask()
        named = [{n: dimension.at(float(u)) for (n, dimension), u in zip(dims.items(), point, strict=False)} for point in asked]
        fresh = evaluate(f, enumerate(named, len(done)), seed, seeded, executor)
        strategy.tell(asked, [t.value for t in fresh])
        done += fresh
        if min(t.value for t in fresh) <= target:
            break
    return Found(tuple(done[:trials]))


def _ends(dimension: Any) -> tuple[float, float]:
    return _scaled(dimension, dimension.low), _scaled(dimension, dimension.high)


def _scaled(dimension: Any, value: float) -> float:
    return float(np.log(value) if dimension.log else value)
