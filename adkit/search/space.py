"""What is searched: named ranges and choices; and what is found: trials, in the order of their numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Choice", "Dimension", "Found", "Real", "Trial", "Whole", "checked", "evaluate", "rng_of"]


class Dimension:
    """A hyperparameter's range: a map between the unit interval and its values."""

    def at(self, u: float) -> Any:
        """The value at ``u`` in [0, 1]."""
        raise NotImplementedError

    def spread(self, n: int) -> list[Any]:
        """``n`` values, evenly placed from one end to the other."""
        return [self.at(u) for u in (np.linspace(0.0, 1.0, n) if n > 1 else [0.5])]


@dataclass(frozen=True)
class Real(Dimension):
    """A number between ``low`` and ``high``, even on a logarithmic scale with ``log``.

    >>> Real(1e-4, 1e-2, log=True).at(0.5)
    0.001
    """

    low: float
    high: float
    log: bool = False

    def __post_init__(self) -> None:
        if not (np.isfinite(self.low) and np.isfinite(self.high) and self.low < self.high):
            raise ValueError(f"Real: low must be less than high, and both finite, not {self.low!r} and {self.high!r}")
        if self.log and self.low <= 0:
            raise ValueError(f"Real: a logarithmic scale needs low > 0, not {self.low!r}")

    def at(self, u: float) -> float:
        if self.log:
            return float(f"{np.exp(np.log(self.low) * (1 - u) + np.log(self.high) * u):.15g}")
        return float(self.low * (1 - u) + self.high * u)


@dataclass(frozen=True)
class Whole(Dimension):
    """A whole number from ``low`` to ``high``, both included.

    >>> [Whole(1, 3).at(u) for u in (0.0, 0.5, 1.0)]
    [1, 2, 3]
    """

    low: int
    high: int

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError(f"Whole: low must not exceed high, as {self.low!r} does {self.high!r}")

    def at(self, u: float) -> int:
        return min(self.low + int(u * (self.high - self.low + 1)), self.high)

    def spread(self, n: int) -> list[Any]:
        return sorted(set(super().spread(n)))


@dataclass(frozen=True)
class Choice(Dimension):
    """One of several values, without an order.

    >>> Choice(["relu", "tanh"]).at(0.7)
    'tanh'
    """

    values: Sequence[Any]

    def __post_init__(self) -> None:
        if not len(self.values):
            raise ValueError("Choice: give at least one value")

    def at(self, u: float) -> Any:
        return self.values[min(int(u * len(self.values)), len(self.values) - 1)]

    def spread(self, n: int) -> list[Any]:
        return list(self.values)


@dataclass(frozen=True)
class Trial:
    """One evaluation: its number, the hyperparameters, and the value that came out."""

    number: int
    params: dict[str, Any]
    value: float


@dataclass(frozen=True)
class Found:
    """What a search ends with."""

    trials: tuple[Trial, ...]

    @property
    def best(self) -> Trial:
        """The trial with the least value; the first of several."""
        sound = [t for t in self.trials if not np.isnan(t.value)]
        if not sound:
            raise ValueError("search: every trial gave nan, so that none is the best")
        return min(sound, key=lambda t: (t.value, t.number))

    @property
    def values(self) -> Any:
        """The values of all trials, in their order."""
        return np.array([t.value for t in self.trials])

    @property
    def best_so_far(self) -> Any:
        """The least value up to each trial."""
        return np.fmin.accumulate(self.values)


def checked(space: Mapping[str, Dimension], search: str) -> dict[str, Dimension]:
    """The space as a dict; an error where it is none."""
    if not isinstance(space, Mapping) or not space:
        raise TypeError(f"{search}: space is a dict from names to ranges, such as {{'lr': Real(1e-4, 1, log=True)}}")
    for name, dimension in space.items():
        if not isinstance(dimension, Dimension):
            raise TypeError(f"{search}: {name} is {dimension!r}; a range is Real(low, high), Whole(low, high) or Choice(values)")
    return dict(space)


def rng_of(seed: int, *numbers: int) -> np.random.Generator:
    """The generator of one part of a search: it depends on the seed and on numbers, on nothing that ran before."""
    return np.random.default_rng((seed, *numbers))


def evaluate(
    f: Callable[..., Any], points: Iterable[tuple[int, dict[str, Any]]], seed: int, seeded: bool, executor: Executor | None
) -> list[Trial]:
    """Trials at the points, in their order, wherever each is computed."""
    listed = list(points)
    jobs = [(f, params, (seed, number) if seeded else None) for number, params in listed]
    values = [_value(*job) for job in jobs] if executor is None else _mapped(executor, jobs)
    return [Trial(number, params, value) for (number, params), value in zip(listed, values, strict=True)]


def _mapped(executor: Executor, jobs: list[Any]) -> list[float]:
    futures = [executor.submit(_value, *job) for job in jobs]
    try:
        return [future.result() for future in futures]
    finally:
        for future in futures:
            future.cancel()


def _value(f: Callable[..., Any], params: dict[str, Any], seed: tuple[int, int] | None) -> float:
    found = f(**params) if seed is None else f(**params, seed=seed)
    try:
        return float(found)
    except (TypeError, ValueError):
        raise TypeError(f"search: the function must return a number, not {type(found).__name__}") from None
