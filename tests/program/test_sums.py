"""Small sums as products with ones: what they give, and where they are left as they were."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import adkit


def _both(f: Any, *args: Any) -> tuple[Any, Any, str]:
    compiled = adkit.compile(f)
    compiled(*args)
    return compiled(*args), f(*args), compiled.source


@pytest.mark.parametrize("kind", ["f4", "f8"])
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("shape", [(3, 4), (1, 7), (7, 1), (64, 64), (2, 1000)])
def test_a_sum_is_within_rounding_of_the_eager_one(shape: Any, axis: int, keepdims: bool, kind: str) -> None:
    x = np.random.default_rng(0).normal(size=shape).astype(kind)
    sums = lambda x: np.sum(np.exp(np.sum(np.sin(x), axis=axis, keepdims=keepdims)))
    found, wanted, source = _both(adkit.grad(sums), x)
    assert found.shape == wanted.shape and found.dtype == wanted.dtype == np.dtype(kind)
    terms = np.sum(np.abs(np.sin(x)), axis=axis, keepdims=True) + 1
    assert np.all(np.abs(found - wanted) <= 64 * np.finfo(kind).eps * terms * np.abs(wanted) + np.finfo(kind).tiny)
    assert ("ones" in source) == (shape[axis] > 1)


@pytest.mark.parametrize("keepdims", [False, True])
def test_a_sum_of_a_vector(keepdims: bool) -> None:
    x = np.random.default_rng(1).normal(size=50)
    found, wanted, source = _both(adkit.value_and_grad(lambda x: np.sum(np.tanh(np.sum(np.cos(x), keepdims=keepdims)))), x)
    assert "ones_50" in source and np.shape(found[0]) == () and type(found[0]) is type(wanted[0])
    np.testing.assert_allclose(found[0], wanted[0], rtol=1e-14)
    np.testing.assert_allclose(found[1], wanted[1], rtol=1e-13)


def test_a_choice_stays_the_one_that_the_function_makes() -> None:
    x = np.full((30, 10), 0.1) * np.arange(1.0, 31.0)[:, None]
    kink = lambda x: np.sum(np.where(np.sum(x, axis=1) == np.sum(x, axis=1).max(), 3.0, 1.0) * np.sum(x * x, axis=1))
    step = lambda x: np.sum(np.floor(np.sum(x, axis=1)) * np.sum(x * x, axis=1))
    largest = lambda x: np.sum(np.maximum(np.sum(x, axis=1), 10.0) ** 2)
    for f in (kink, step, largest):
        found, wanted, source = _both(adkit.grad(f), x)
        np.testing.assert_allclose(found, wanted, rtol=1e-14)
        assert "np.add.reduce(x, axis=1" in source


def test_a_branch_reads_the_sum_as_it_was_traced() -> None:
    f = lambda x: np.sum(x**3) if np.sum(np.exp(x)) > 4.0 else np.sum(x**2)
    gradient = adkit.compile(adkit.grad(f))
    for scale in (1.0, -1.0, 1.0, -1.0):
        x = np.linspace(0.1, 0.9, 5) * scale - (scale < 0)
        np.testing.assert_allclose(gradient(x), adkit.grad(f)(x), rtol=1e-14)
    assert gradient.traces == 2 and "np.add.reduce" in gradient.source


def test_a_function_without_a_sweep_keeps_its_sums_and_warnings() -> None:
    f = adkit.compile(lambda x: np.exp(np.sum(np.sin(x) * 1e308, axis=0)))
    x = np.ones((4, 3))
    for _ in range(2):
        with pytest.warns(RuntimeWarning, match="overflow"):
            f(x)
    assert "ones" not in f.source


def test_what_is_not_finite_is_so_in_the_product_too() -> None:
    f = adkit.grad(lambda x: np.sum(np.sum(x * x, axis=1) ** 2))
    compiled = adkit.compile(f)
    x = np.arange(12.0).reshape(4, 3)
    compiled(x)
    for bad in (np.inf, -np.inf, np.nan):
        y = x.copy()
        y[1, 1] = bad
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            np.testing.assert_allclose(compiled(y), f(y), rtol=1e-14)


def test_large_sums_stay() -> None:
    gradient = adkit.compile(adkit.grad(lambda x: np.sum(np.sum(np.sin(x), axis=1) ** 2)))
    gradient(np.ones((70, 70)))
    assert "ones" not in gradient.source
