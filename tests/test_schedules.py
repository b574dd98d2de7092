"""What recomputation costs: the dynamic programs against all schedules there are, and against the literature's numbers."""

from __future__ import annotations

from functools import cache

import pytest

from adkit.errors import DerivativeError
from adkit.schedules import recomputation_cost, revolve_advances, split


@cache
def least(t: int, m: int, internal: bool) -> int:
    """The recursion as the paper writes it, without a table."""
    if t <= 1:
        return t
    if m == 1:
        return t * (t + 1) // 2
    left = 1 if internal else 0
    return min(y + least(t - y, m - 1, internal) + least(y - left, m, internal) for y in range(1, t))


@pytest.mark.parametrize("policy", ["hidden", "internal"])
def test_the_table_is_the_recursion(policy: str) -> None:
    for t in range(1, 31):
        for m in range(1, 9):
            assert recomputation_cost(t, m, policy) == least(t, m, policy == "internal")


def test_the_numbers_of_gruslys_et_al() -> None:
    assert recomputation_cost(1000, 50) == 2948
    found = {m: recomputation_cost(1000, m, "internal") / 1000 for m in (10, 20, 32, 40, 50, 100)}
    assert found == {10: 3.640, 20: 2.750, 32: 2.408, 40: 2.100, 50: 1.950, 100: 1.900}
    assert [recomputation_cost(*at) for at in ((10, 3), (100, 10))] == [25, 322]
    assert [recomputation_cost(*at, "internal") for at in ((10, 3), (100, 10))] == [18, 225]
    # 95 % of the memory for a third more time, where a step's pullback costs two steps.
    assert round((1.950 + 2) / 3, 3) == 1.317


def test_revolve_costs_what_hidden_states_cost() -> None:
    assert [revolve_advances(*at) for at in ((10, 3), (100, 5), (1000, 50))] == [15, 316, 1948]
    for t in range(1, 60):
        for m in range(1, 10):
            assert recomputation_cost(t, m, "revolve") == recomputation_cost(t, m, "hidden")
            if t > 1 and m > 1:
                y = split(t, m, "revolve")
                assert y + recomputation_cost(t - y, m - 1) + recomputation_cost(y, m) == recomputation_cost(t, m)


def test_more_slots_never_cost_more_and_enough_cost_nothing() -> None:
    for policy in ("hidden", "internal"):
        costs = [recomputation_cost(40, m, policy) for m in range(1, 50)]
        assert costs == sorted(costs, reverse=True)
    assert recomputation_cost(40, 40, "internal") == 40


@pytest.mark.parametrize("length, slots, policy", [(0, 1, "hidden"), (3, 0, "hidden"), (3.0, 1, "hidden"), (True, 1, "hidden"),
                                                   (3, 1, "none")])  # fmt: skip
def test_bad_requests(length: int, slots: int, policy: str) -> None:
    with pytest.raises(DerivativeError, match=r"^recomputation: "):
        recomputation_cost(length, slots, policy)
