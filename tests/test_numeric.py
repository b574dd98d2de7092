"""The oracles themselves: right where they say they are, and silent about nothing they cannot judge."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adkit.testing import check_grads
from adkit.verify.numeric import (
    UnusableError,
    adjoint_gap,
    central_difference,
    complex_step,
    gap,
    pairing,
    richardson,
    taylor_slope,
)

X = np.array([0.4, 1.3, -0.7])
V = np.array([0.5, -1.0, 0.25])

SMOOTH: dict[str, tuple[Any, Any]] = {
    "sin": (np.sin, np.cos),
    "exp": (np.exp, np.exp),
    "tan": (np.tan, lambda x: 1 + np.tan(x) ** 2),
    "arctan": (np.arctan, lambda x: 1 / (1 + x**2)),
    "cube": (lambda x: x**3, lambda x: 3 * x**2),
    "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
}
"""Functions and their derivatives, written by hand."""


@pytest.mark.parametrize("name", SMOOTH)
def test_the_difference_is_right_to_ten_digits(name: str) -> None:
    f, slope = SMOOTH[name]
    assert gap(central_difference(f, (X,), (V,)), slope(X) * V) < 1e-10


@pytest.mark.parametrize("name", SMOOTH)
def test_the_complex_step_is_right_to_the_last_digits(name: str) -> None:
    f, slope = SMOOTH[name]
    assert gap(complex_step(f, (X,), (V,)), slope(X) * V) < 1e-15


@pytest.mark.parametrize("name", SMOOTH)
def test_a_derivative_off_by_a_thousandth_is_seen_by_every_oracle(name: str) -> None:
    f, slope = SMOOTH[name]
    wrong = 1.001 * slope(X) * V
    assert gap(wrong, central_difference(f, (X,), (V,))) > 1e-4
    assert gap(wrong, complex_step(f, (X,), (V,))) > 1e-4
    assert taylor_slope(f, X, V, wrong) < 1.5
    assert taylor_slope(f, X, V, slope(X) * V) > 1.9


@given(st.floats(-3, 3), st.floats(0.1, 100))
def test_the_length_of_the_direction_does_not_matter(x: float, size: float) -> None:
    got = central_difference(np.sin, (np.float64(x),), (size,))
    assert got == pytest.approx(size * np.cos(x), rel=1e-9, abs=1e-9 * size)


def test_several_arguments_and_results() -> None:
    def f(x: Any, y: Any) -> Any:
        return x * y, np.sum(y**2)

    args, directions = (X, np.float64(2.0)), (V, np.float64(1.0))
    product, total = central_difference(f, args, directions)
    assert gap(product, V * 2 + X) < 1e-10
    assert gap(total, 4.0) < 1e-10
    held, _ = central_difference(f, args, (V, None))
    assert gap(held, V * 2) < 1e-10
    assert gap(complex_step(f, args, directions)[0], V * 2 + X) < 1e-15


def test_the_step_follows_the_precision() -> None:
    x = X.astype(np.float32)
    slope = central_difference(np.sin, (x,), (V.astype(np.float32),))
    assert slope.dtype == np.float32
    assert gap(slope, np.cos(X) * V) < 1e-4


def test_complex_arguments_are_moved_along_real_time() -> None:
    z, w = np.array([1 + 2j]), np.array([0.5 - 1j])
    assert gap(central_difference(lambda z: z**2, (z,), (w,)), 2 * z * w) < 1e-10
    assert gap(central_difference(np.conjugate, (z,), (w,)), np.conjugate(w)) < 1e-10


def test_a_kink_shows_in_the_correction() -> None:
    assert richardson(np.abs, (np.float64(1e-4),), (1.0,))[1] > 1e-3
    assert richardson(np.floor, (np.float64(1e-4),), (1.0,))[1] > 1e-3
    assert richardson(np.sin, (np.float64(1e-4),), (1.0,))[1] < 1e-6


@pytest.mark.parametrize(
    ("f", "reason"),
    [
        (np.abs, "returns real numbers"),
        (np.real, "returns real numbers"),
        (np.conjugate, "not analytic"),
        (lambda x: x * np.conjugate(x) + 0j, "not analytic"),
        (np.cbrt, "no complex numbers"),
        (lambda x: np.zeros(3) if np.iscomplexobj(x) else x, "returns real numbers"),
        (lambda x: x.astype(np.float32), "no complex numbers"),
    ],
)
def test_the_complex_step_says_where_it_is_unusable(f: Any, reason: str) -> None:
    with pytest.raises(UnusableError, match=reason):
        complex_step(f, (X,), (V,))


def test_the_complex_step_refuses_complex_arguments() -> None:
    with pytest.raises(UnusableError, match="already"):
        complex_step(np.sin, (X + 1j,), (V,))


def test_the_taylor_slope_of_a_linear_function_is_infinite() -> None:
    assert taylor_slope(lambda x: 3 * x, X, V, 3 * V) == float("inf")
    assert taylor_slope(lambda x: 3 * x, X, V, 3.001 * V) == pytest.approx(1.0, abs=0.01)


def test_the_taylor_slope_takes_several_arguments() -> None:
    args, directions = (X, np.float64(2.0)), (V, np.float64(1.0))
    right = V * np.exp(2.0) + X * np.exp(2.0)
    assert taylor_slope(lambda x, y: x * np.exp(y), args, directions, right) == pytest.approx(2.0, abs=0.1)
    assert taylor_slope(lambda x, y: x * np.exp(y), args, directions, right + [0, 1e-3, 0]) < 1.5


def test_the_adjoint_identity() -> None:
    rng = np.random.default_rng(0)
    A, u, v = rng.normal(size=(3, 4)), rng.normal(size=3), rng.normal(size=4)
    assert adjoint_gap(u, A @ v, u @ A, v) < 1e-15
    assert adjoint_gap(u, A @ v, 1.001 * (u @ A), v) > 1e-5
    assert adjoint_gap(u, A @ v, np.full(4, np.nan), v) == float("inf")


def test_the_adjoint_identity_of_complex_numbers_conjugates_nothing() -> None:
    a, u, v = np.array([2 - 1j]), np.array([1 + 3j]), np.array([0.5 + 0.1j])
    assert adjoint_gap(u, a * v, u * a, v) < 1e-15
    assert adjoint_gap(u, a * v, u * np.conjugate(a), v) > 1e-2
    assert pairing(u, v) == pytest.approx(float((u * v).real[0]))


def test_the_gap_of_what_is_not_finite_or_has_another_shape_is_infinite() -> None:
    assert gap(np.array([np.nan]), np.array([1.0])) == float("inf")
    assert gap(np.array([np.inf]), np.array([np.inf])) == float("inf")
    assert gap(np.zeros(3), np.zeros((3, 1))) == float("inf")
    assert gap(np.zeros((0, 2)), np.zeros((0, 2))) == 0.0


def test_where_a_change_of_order_or_of_sign_lies_within_reach_smaller_steps_are_taken() -> None:
    """Entries that lie closer than the first step, and eigenvectors, whose sign LAPACK is free to change."""
    x, v = np.array([0.5, 0.5 + 1e-4, -0.3]), np.array([1.0, -1.0, 0.5])
    np.testing.assert_allclose(central_difference(np.sort, (x,), (v,)), v[np.argsort(x)], rtol=1e-9)
    for seed in range(12):
        matrix = np.random.default_rng(seed).normal(size=(6, 6))
        check_grads(lambda a: np.linalg.eigh(a)[1], (matrix,), order=1)
