"""Many rows selected by an index, some of them more than once: the transpose adds them up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import adkit
from adkit.testing import check_grads

RNG = np.random.default_rng(3)
ROWS = RNG.integers(-50, 50, 400)
KEYS: dict[str, Any] = {
    "rows": ROWS, "rows of rows": ROWS.reshape(20, 20), "columns": (slice(None), np.array([0, 3, 3, 5])),
    "mask": RNG.random((50, 6)) > 0.3, "entries": (ROWS, RNG.integers(0, 6, 400)), "few rows": np.array([7, 7, -1]),
    "a mask of rows": RNG.random(50) > 0.2, "nothing": np.zeros(0, int),
}  # fmt: skip


@pytest.mark.parametrize("name", KEYS)
def test_the_gradient_is_the_sum_over_all_that_was_selected(name: str) -> None:
    x, key = RNG.normal(size=(50, 6)), KEYS[name]
    weights = RNG.normal(size=x[key].shape)
    expected = np.zeros_like(x)
    np.add.at(expected, key, weights * np.cos(x[key]))
    np.testing.assert_allclose(adkit.grad(lambda x: np.sum(weights * np.sin(x[key])))(x), expected, rtol=1e-13, atol=1e-15)


def test_two_selections_of_one_array_add_up_and_nest() -> None:
    x = RNG.normal(size=(30, 4))
    rows, more = RNG.integers(0, 30, 100), RNG.integers(0, 30, 90)

    def f(x: Any) -> Any:
        return np.sum(np.sin(x[rows]) ** 2) + np.sum(x[more] * x[more[::-1]]) + np.sum(x * x)

    check_grads(f, (x,), order=2)


def test_the_cotangent_that_is_not_finite_stays_where_it_belongs() -> None:
    x = np.ones((20, 20))
    x[3] = 0.0
    with np.errstate(divide="ignore"):
        found = adkit.grad(lambda x: np.sum(np.sqrt(x[np.arange(20)])))(x)
    assert np.isinf(found[3]).all() and (np.delete(found, 3, axis=0) == 0.5).all()
