"""A function that catches an error of NumPy's and goes on: what it then does holds for those numbers alone."""

from __future__ import annotations

import numpy as np

import adkit


def _factor(a):
    try:
        return np.linalg.cholesky(a)
    except np.linalg.LinAlgError:
        return a * 0


def _careful(x):
    try:
        with np.errstate(divide="raise"):
            return np.sum(1 / x)
    except FloatingPointError:
        return np.sum(x)


def test_a_factorisation_that_fails_is_no_program():
    for order in ((1, -1, 4), (-1, 1, 4, -1)):
        compiled = adkit.compile(_factor)
        for scale in order:
            a = scale * np.eye(2)
            assert np.array_equal(compiled(a), _factor(a))


def test_a_division_that_the_function_traps_is_no_program():
    x = np.arange(1.0, 4.0)
    gradient = adkit.compile(adkit.grad(_careful))
    for v in (x, 0 * x, x, 2 * x, 0 * x):
        assert np.allclose(gradient(v), adkit.grad(_careful)(v))


def test_a_zero_kept_through_an_infinite_partial_still_is():
    loss = lambda x: np.sum(np.where(x > 0, np.sqrt(np.where(x > 0, x, 0)), 0))
    gradient = adkit.compile(adkit.grad(loss))
    for v in (np.ones(3), np.zeros(3), np.array([0.0, 1.0, 4.0]), np.ones(3)):
        assert np.array_equal(gradient(v), adkit.grad(loss)(v))
    assert gradient.traces <= 2
