"""The numba backend: right where it applies, and clear where it does not."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import adkit


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def test_without_numba_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(ImportError, match=r"pip install \"\.\[numba\]\""):
        adkit.compile(rosenbrock, backend="numba")(np.ones(3))


def test_gradients_of_single_numbers():
    pytest.importorskip("numba")
    gradient = adkit.value_and_grad(rosenbrock)
    compiled = adkit.compile(gradient, backend="numba")
    for x in (np.array([0.5, 1.0, -1.5]), np.array([2.0, 1.0, 0.0])):
        (value, slope), (expected, expected_slope) = compiled(x), gradient(x)
        np.testing.assert_allclose(value, expected, rtol=1e-13)
        np.testing.assert_allclose(slope, expected_slope, rtol=1e-13)
    assert "def value_and_grad_rosenbrock" in compiled.source

    @adkit.compile(backend="numba")
    def f(p, y):
        return {"r": np.exp(p["a"]) * y, "s": np.arctan2(p["a"], y)}

    got = f({"a": 0.5}, np.array([[1.0, 2.0], [3.0, 4.0]]))
    np.testing.assert_allclose(got["r"], np.exp(0.5) * np.array([[1.0, 2.0], [3.0, 4.0]]), rtol=1e-15)
    np.testing.assert_allclose(got["s"], np.arctan2(0.5, np.array([[1.0, 2.0], [3.0, 4.0]])), rtol=1e-15)


def test_an_infinite_partial():
    pytest.importorskip("numba")
    f = adkit.grad(lambda x: np.sum(np.sqrt(x) * np.array([1.0, 0.0])))
    compiled = adkit.compile(f, backend="numba")
    assert compiled(np.array([4.0, 1.0])).tolist() == [0.25, 0.0]
    assert compiled(np.array([4.0, 0.0])).tolist() == f(np.array([4.0, 0.0])).tolist() == [0.25, 0.0]


def test_what_it_does_not_take():
    pytest.importorskip("numba")
    for f, x, words in (
        (lambda x: x @ x.T, np.ones((2, 2)), "single numbers"),
        (lambda x: x * 2, np.ones(2, np.float32), "float32"),
        (lambda x: np.sin(x) * x, np.ones(3000), "at most 2,000"),
        (lambda x: x if x[0] > 0 else -x, np.ones(2), "branches"),
    ):
        with pytest.raises(adkit.UnsupportedError, match=words):
            adkit.compile(f, backend="numba")(x)
