"""Which states to keep when a long chain of steps is recomputed on the way back, and what that costs.

A chain of ``length`` steps is differentiated in reverse with room for ``slots`` states, the first included.  The cost
is the number of steps computed in all, those of the way there included; computing each once costs ``length``.

*hidden*: what is kept is the hidden state between two steps.  To pull back through ``t`` steps with ``m`` slots,
advance ``y`` steps, keep the state there, deal with the right part in ``m - 1`` slots, then with the left part in ``m``:
``C(t, m) = min_y y + C(t - y, m - 1) + C(y, m)``, ``C(t, 1) = t (t + 1) / 2``.

*internal*: what is kept is the internal state of step ``y``, all that its pullback needs, so that this step is not
computed again: the last term is ``C(y - 1, m)``.  (Gruslys et al., 2016, eqs. 2 and 5.)

*revolve*: hidden states, with the split in closed form from binomial coefficients (Griewank, 1992; Griewank &
Walther, 2000, algorithm 799); it costs what *hidden* costs, and needs no table.
"""

from __future__ import annotations

from functools import lru_cache
from math import comb
from typing import Any

import numpy as np

from .errors import DerivativeError

__all__ = ["POLICIES", "recomputation_cost", "revolve_advances", "split"]


def recomputation_cost(length: int, slots: int, policy: str = "hidden") -> int:
    """The least number of steps computed in all, to pull back through a chain.

    >>> recomputation_cost(10, 3), recomputation_cost(10, 3, "internal"), recomputation_cost(10, 3, "revolve")
    (25, 18, 25)
    >>> recomputation_cost(1000, 50, "internal") / 1000
    1.95
    """
    length, slots = _checked(length, slots, policy)
    if policy == "revolve":
        return revolve_advances(length, slots) + length
    return int(_table(length, slots, policy)[0][slots, length])


def revolve_advances(length: int, slots: int) -> int:
    """``r l - C(s + r, s + 1)``: the steps computed without being recorded, in revolve's optimal schedule.

    >>> revolve_advances(10, 3), revolve_advances(100, 5), revolve_advances(1000, 50)
    (15, 316, 1948)
    """
    length, slots = _checked(length, slots, "revolve")
    r = _repetitions(length, slots)
    return r * length - comb(slots + r, slots + 1)


def split(length: int, slots: int, policy: str) -> int:
    """How many steps to advance before the next state is kept; ``length - 1`` with one slot, where none can be.

    >>> split(10, 3, "hidden"), split(10, 3, "internal"), split(10, 1, "hidden")
    (4, 4, 9)
    """
    length, slots = _checked(length, slots, policy)
    if length < 2:
        raise DerivativeError("split: a chain of one step has no parts")
    if slots == 1:
        return length - 1
    if policy == "revolve":
        # Any y will do that leaves r - 1 repetitions on the left and, in one slot less, r on the right.
        r = _repetitions(length, slots)
        return max(comb(slots + r - 2, slots), length - comb(slots - 1 + r, slots - 1), 1)
    return int(_table(length, slots, policy)[1][slots, length])


def _checked(length: int, slots: int, policy: str) -> tuple[int, int]:
    for what, n in (("length", length), ("slots", slots)):
        if isinstance(n, bool) or not hasattr(n, "__index__") or n < 1:
            raise DerivativeError(f"recomputation: {what} is a whole number from 1, not {n!r}")
    if policy not in POLICIES:
        raise DerivativeError(f"recomputation: policy is one of {', '.join(POLICIES)}, not {policy!r}")
    return length.__index__(), min(slots.__index__(), length.__index__())


def _repetitions(length: int, slots: int) -> int:
    """How often a step is advanced over at most: the least r with length <= C(slots + r, slots)."""
    r = 0
    while comb(slots + r, slots) < length:
        r += 1
    return r


POLICIES: dict[str, str] = {
    "hidden": "hidden states, placed by dynamic programming",
    "internal": "internal states, placed by dynamic programming",
    "revolve": "hidden states, placed by binomial coefficients",
}
"""The policies by name, and what each keeps."""


def _table(length: int, slots: int, policy: str) -> tuple[Any, Any]:
    """Costs and splits for every length and number of slots up to these; tables are made for powers of two."""
    return _filled(1 << (length - 1).bit_length(), 1 << (slots - 1).bit_length(), policy == "internal")


@lru_cache(maxsize=16)
def _filled(length: int, slots: int, internal: bool) -> tuple[Any, Any]:
    """``cost[m, t]`` and the ``y`` that attains it; all ``m`` at once, one ``t`` after the other."""
    t = np.arange(length + 1)
    cost = np.zeros((slots + 1, length + 1), dtype=np.int64)
    best = np.zeros((slots + 1, length + 1), dtype=np.int64)
    cost[1], cost[2:, 1:2] = t * (t + 1) // 2, 1
    for n in range(2, length + 1):
        left = cost[2:, : n - 1] if internal else cost[2:, 1:n]
        total = t[1:n] + cost[1:-1, n - 1 : 0 : -1] + left
        best[2:, n] = total.argmin(axis=1) + 1
        cost[2:, n] = np.take_along_axis(total, best[2:, n : n + 1] - 1, axis=1)[:, 0]
    return cost, best
