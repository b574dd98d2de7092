"""Population based training: members train side by side, the worst copy the best, and change what they copied."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np

from .space import rng_of

__all__ = ["Member", "Population", "perturb", "population_based_training"]


@dataclass(frozen=True)
class Member:
    """One member after a round: what it trains, its hyperparameters, its value, and whom it copied before that round."""

    state: Any
    params: dict[str, Any]
    value: float
    parent: int | None


@dataclass(frozen=True)
class Population:
    """What population based training ends with: all members, round by round."""

    rounds: tuple[tuple[Member, ...], ...]

    @property
    def best(self) -> Member:
        """The member of the last round with the least value."""
        return min(self.rounds[-1], key=lambda m: (np.isnan(m.value), m.value))

    @property
    def values(self) -> Any:
        """Values, a row a round."""
        return np.array([[m.value for m in row] for row in self.rounds])


def perturb(params: Mapping[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Each number times 0.8 or 1.2, by chance; the paper's way to explore.

    >>> perturb({"lr": 1.0, "kind": "sgd"}, np.random.default_rng(0))
    {'lr': 1.2, 'kind': 'sgd'}
    """
    numbers = (float, int, np.floating, np.integer)
    return {
        name: float(value * (0.8, 1.2)[rng.integers(2)]) if isinstance(value, numbers) and not isinstance(value, bool) else value
        for name, value in params.items()
    }


def population_based_training(
    train: Callable[..., tuple[Any, float]], start: Sequence[tuple[Any, Mapping[str, Any]]], rounds: int, *,
    explore: Callable[[Mapping[str, Any], np.random.Generator], Mapping[str, Any]] = perturb, exploit: bool = True,
    quantile: float = 0.25, seed: int = 0, executor: Executor | None = None,
) -> Population:  # fmt: skip
    """Train and tune a population at once (Jaderberg et al., 2017).

    Parameters
    ----------
    train : ``train(state, params, seed=(seed, round, member))``, which trains for a while and returns the new state and a
        value to be minimised.  It must not change the state that it is given.  For an executor of processes it must be
        importable: a function of a module.
    start : for each member a state and its hyperparameters.
    rounds : how often each member trains.
    explore : ``explore(params, rng)``, new hyperparameters after a copy.
    exploit : False leaves every member to itself: a search without exchange, to compare with.
    quantile : the part of the population that copies, and the part that is copied from; at least one member each.
    executor : where members train; None for here, in turn.  The result is the same.

    >>> def train(x, params, seed):
    ...     x = x - params["lr"] * 2 * x
    ...     return x, x * x
    >>> found = population_based_training(train, [(1.0, {"lr": 0.01}), (1.0, {"lr": 0.1})], 20)
    >>> found.best.value < 1e-4, found.values.shape
    (True, (20, 2))
    """
    if len(start) < 2 or rounds < 1 or not 0 < quantile <= 0.5:
        raise ValueError(
            f"population_based_training: it takes at least 2 members, 1 round and a quantile in (0, 0.5], not {len(start)}, "
            f"{rounds}, {quantile}"
        )
    now: list[tuple[Any, Mapping[str, Any], int | None]] = [(state, params, None) for state, params in start]
    done: list[tuple[Member, ...]] = []
    for turn in range(rounds):
        ends = _trained(train, now, seed, turn, executor)
        row = tuple([Member(s, dict(params), value, parent) for (s, value), (_, params, parent) in zip(ends, now, strict=True)])
        done.append(row)
        now = [(m.state, m.params, None) for m in row]
        if exploit:
            for loser, winner, rng in _exchanges(row, quantile, seed, turn):
                now[loser] = (row[winner].state, explore(row[winner].params, rng), winner)
    return Population(tuple(done))


def _trained(train: Any, now: list[Any], seed: int, turn: int, executor: Executor | None) -> list[tuple[Any, float]]:
    jobs = [(train, state, dict(params), (seed, turn, k)) for k, (state, params, _) in enumerate(now)]
    if executor is None:
        return [_one(*job) for job in jobs]
    futures = [executor.submit(_one, *job) for job in jobs]
    try:
        return [future.result() for future in futures]
    finally:
        for future in futures:
            future.cancel()


def _one(train: Any, state: Any, params: dict[str, Any], seed: tuple[int, ...]) -> tuple[Any, float]:
    found = train(state, params, seed=seed)
    if not isinstance(found, tuple) or len(found) != 2:
        raise TypeError("population_based_training: train must return a pair (state, value)")
    return found[0], float(found[1])


def _exchanges(row: tuple[Member, ...], quantile: float, seed: int, turn: int) -> list[tuple[int, int, np.random.Generator]]:
    """Who copies whom: each of the worst one of the best, by chance."""
    order = sorted(range(len(row)), key=lambda k: (np.isnan(row[k].value), row[k].value, k))
    some = max(1, int(quantile * len(row)))
    found = []
    for loser in order[-some:]:
        rng = rng_of(seed, 1 << 20, turn, loser)
        winner = order[int(rng.integers(some))]
        if row[winner].value <= row[loser].value or np.isnan(row[loser].value):  # equals too, or twins would never part
            found.append((loser, winner, rng))
    return found
