"""numpy.linalg's norms, of every order."""

import numpy as np
import pytest
from agree import agree, same_error, sample

import adkit

VECTOR = [None, 1, 2, 3, 1.5, -1, -2.0, 0.5, np.inf, -np.inf]
MATRIX = [None, "fro", 1, -1, np.inf, -np.inf, 2, -2, "nuc"]


@pytest.mark.parametrize("order", VECTOR)
def test_vectors(order):
    x = sample((4,))
    agree(lambda x: np.linalg.norm(x, order), x)
    agree(lambda x: np.linalg.norm(x, ord=order, keepdims=True), x)
    agree(lambda x: np.linalg.norm(x, order, axis=0), sample((3, 2)))
    agree(lambda x: np.linalg.norm(x, order, -1, True), sample((2, 3)))
    agree(lambda x: np.linalg.norm(x, order, axis=1), sample((2, 3, 2)))
    if order is not None:
        agree(lambda x: np.linalg.vector_norm(x, ord=order), sample((2, 3)))
        agree(lambda x: np.linalg.vector_norm(x, ord=order, axis=(0, 2), keepdims=True), sample((2, 3, 2)))


@pytest.mark.parametrize("order", MATRIX)
def test_matrices(order):
    agree(lambda x: np.linalg.norm(x, order), sample((2, 3)))
    agree(lambda x: np.linalg.norm(x, order, keepdims=True), sample((3, 3)))
    agree(lambda x: np.linalg.norm(x, order, axis=(0, 2)), sample((2, 3, 3)))
    agree(lambda x: np.linalg.norm(x, order, axis=(-1, 0), keepdims=True), sample((2, 3, 3)))
    if order is not None:
        agree(lambda x: np.linalg.matrix_norm(x, ord=order), sample((2, 2, 3)))
        agree(lambda x: np.linalg.matrix_norm(x, ord=order, keepdims=True), sample((2, 3)))


def test_all_axes_at_once():
    agree(np.linalg.norm, sample((2, 3, 2)))
    agree(lambda x: np.linalg.norm(x, keepdims=True), sample((2, 3, 2)))
    agree(np.linalg.norm, sample(()))
    agree(np.linalg.norm, np.zeros((0,)))
    agree(lambda x: np.linalg.norm(x, axis=1), np.zeros((2, 0)))


def test_order_zero_counts_and_has_no_slope():
    x = np.array([0.0, 2.0, -1.0])
    value, slope = adkit.jvp(lambda x: np.linalg.norm(x, 0), (x,), (np.ones(3),))
    assert (value, slope) == (2.0, 0.0)
    np.testing.assert_array_equal(adkit.grad(lambda x: np.linalg.norm(x, 0))(x), np.zeros(3))


@pytest.mark.parametrize("order", [None, 1, 2, 3, 1.5, np.inf])
def test_at_zero_the_subgradient_of_least_norm(order):
    f = lambda x: np.linalg.norm(x, order)
    x = np.zeros(3)
    np.testing.assert_array_equal(adkit.grad(f)(x), x)
    assert adkit.jvp(f, (x,), (np.ones(3),))[1] == 0
    assert np.isfinite(adkit.hessian(f)(x)).all()
    rows = adkit.jacrev(lambda x: np.linalg.norm(x, order, axis=1))(np.array([[0.0, 0.0], [3.0, 4.0]]))
    assert not rows[0].any()
    assert np.isfinite(rows).all()


def test_hessian_of_the_length():
    x = np.array([3.0, 4.0])
    expected = (np.eye(2) - np.outer(x, x) / 25) / 5
    np.testing.assert_allclose(adkit.hessian(np.linalg.norm)(x), expected)


def test_complex_entries():
    z, v = np.array([3 + 4j, 1j, 0]), np.array([0.3 - 1j, 0.2, 0.1j])
    for order in (None, 1, 3, np.inf):
        f = lambda z, order=order: np.linalg.norm(z, order)
        y, slope = adkit.jvp(f, (z[:2],), (v[:2],))
        h = 1e-6
        np.testing.assert_allclose(slope, (f(z[:2] + h * v[:2]) - f(z[:2] - h * v[:2])) / (2 * h), rtol=1e-8)
        (bar,) = adkit.vjp(f, z[:2])[1](1.0)
        np.testing.assert_allclose(np.sum(bar * v[:2]).real, slope)
        assert np.isrealobj(y)


@pytest.mark.parametrize(
    ("f", "shape"),
    [
        (lambda x: np.linalg.norm(x, "fro"), (3,)), (lambda x: np.linalg.norm(x, 3), (2, 2)), (lambda x: np.linalg.norm(x, 1), ()),
        (lambda x: np.linalg.norm(x, 1), (2, 2, 2)), (lambda x: np.linalg.norm(x, axis=3), (2, 2)),
        (lambda x: np.linalg.norm(x, axis=(0, 1, 2)), (2, 2, 2)), (lambda x: np.linalg.norm(x, axis=(0, 0)), (2, 2)),
        (lambda x: np.linalg.norm(x, "what"), (2, 2)),
    ],
)  # fmt: skip
def test_wrong_use(f, shape):
    same_error(f, sample(shape))
