"""adkit.numpy: lists and object arrays that mix values being differentiated with numbers, in every function."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import adkit
import adkit.numpy as anp

X = np.array([0.5, 1.2])

MIXED: dict[str, Any] = {
    "ufunc": lambda x: anp.sum(anp.sin([x[0], 1.0, x[1]])),
    "ufunc of two": lambda x: anp.sum(anp.arctan2([x[0], 1.0], np.array([2.0, x[1]]))),
    "ufunc of an object array": lambda x: anp.sum(anp.exp(np.array([x[0], 1.0]))),
    "method of a ufunc": lambda x: anp.logaddexp.reduce(x) + anp.add.outer(x, x).sum() + anp.maximum.accumulate(x)[1],
    "determinant": lambda x: anp.linalg.det([[x[0], 1.0], [2.0, x[1]]]),
    "inverse": lambda x: anp.sum(anp.linalg.inv(np.array([[x[0], 1.0], [2.0, x[1]]]))),
    "solution": lambda x: anp.sum(anp.linalg.solve([[x[0], 1.0], [2.0, x[1]]], [1.0, x[0]])),
    "transform": lambda x: anp.sum(anp.abs(anp.fft.fft([x[0], 1.0, x[1]])) ** 2),
    "padding": lambda x: anp.sum(anp.pad(np.ones(3), 1, constant_values=x[0]) ** 2),
    "filling": lambda x: anp.sum(anp.full_like(np.zeros(3), x[0]) ** 2),
    "interpolation": lambda x: anp.interp(0.3, [0.0, 1.0], [x[0], x[1]]),
    "mean": lambda x: anp.mean([x[0], x[1] ** 2, 1.0]) + anp.std([x[0], x[1]]),
    "choice": lambda x: anp.sum(anp.where([True, False], [x[0], x[1]], [1.0, x[1] ** 2])),
    "blocks": lambda x: anp.sum(anp.block([[x, x], [anp.ones(2), 2 * x]]) ** 2),
    "several arrays": lambda x: anp.sum(anp.concatenate([x, [1.0, x[0]]]) ** 2) + anp.einsum("i,i", [x[0], 1.0], x),
}


@pytest.mark.parametrize("name", MIXED)
def test_what_stands_beside_numbers_is_lifted(name: str) -> None:
    f = MIXED[name]
    expected = [(f(X + h) - f(X - h)) / 2e-6 for h in 1e-6 * np.eye(2)]
    np.testing.assert_allclose(adkit.grad(f)(X), expected, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(adkit.jacfwd(f)(X), expected, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(adkit.hessian(f)(X), adkit.jacrev(adkit.jacfwd(f))(X), rtol=1e-9, atol=1e-9)


def test_outside_a_driver_it_is_numpy() -> None:
    assert anp.linalg.det(np.eye(2)) == 1.0
    assert anp.fft.fftfreq is np.fft.fftfreq
    assert "svd" in dir(anp.linalg)
    assert anp.add.identity == 0
    with pytest.raises(AttributeError):
        anp.linalg.no_such_thing
