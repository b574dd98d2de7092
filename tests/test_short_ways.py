"""The short ways that ops take give what the long way gives: two levels in one op, numbers, joins of many parts."""

from __future__ import annotations

import operator
import warnings
from typing import Any

import numpy as np
import pytest

import adkit
from adkit.registry import REGISTRY

DERIVATIVES = {"grad": adkit.grad, "derivative": adkit.derivative}
BINARY = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "truediv": operator.truediv, "pow": operator.pow,
    "maximum": np.maximum, "hypot": np.hypot, "arctan2": np.arctan2, "multiply": np.multiply,
}  # fmt: skip


@pytest.mark.parametrize("outer", DERIVATIVES)
@pytest.mark.parametrize("inner", DERIVATIVES)
@pytest.mark.parametrize("name", BINARY)
def test_an_op_on_values_of_two_levels(name: str, outer: str, inner: str) -> None:
    """d2/dx dy of f(x, y), by an inner derivative for y inside an outer one for x, against a central difference."""
    f = BINARY[name]
    x, y, h = 1.3, 0.7, 1e-5

    def mixed(order: int) -> Any:
        def slope(x: Any) -> Any:
            return DERIVATIVES[inner](lambda y: (f(x, y) if order else f(y, x)) * np.sin(x * y))(y)

        return DERIVATIVES[outer](slope)(x), slope

    for order in (0, 1):
        found, slope = mixed(order)
        assert found == pytest.approx(float(slope(x + h) - slope(x - h)) / (2 * h), rel=1e-7, abs=1e-7)


@pytest.mark.parametrize("outer", DERIVATIVES)
def test_a_product_of_matrices_of_two_levels(outer: str) -> None:
    a, b = np.arange(4.0).reshape(2, 2), np.array([[1.0, 2.0], [0.5, -1.0]])

    def slope(t: Any) -> Any:
        inner = adkit.grad(lambda m: np.sum((t * a) @ m @ (a * t)))(b)
        return np.sum(inner * b)

    # Quadratic in t: t^2 sum(a b a).
    assert DERIVATIVES[outer](slope)(0.5) == pytest.approx(2 * 0.5 * float(np.sum(a @ b @ a)))


@pytest.mark.parametrize("name", [name for name, op in REGISTRY.items() if op.builtin and op.singular == "extremes"])
def test_a_number_has_the_tangent_that_an_array_of_it_has(name: str) -> None:
    """Near and far from where a partial is infinite, with tangents that are zero and that are not."""
    op = REGISTRY[name]
    values = (0.0, -0.0, 1e-300, 1e-80, 1e-10, 0.7, 1.0, -0.7, 40.0, 1e80, 1e300, -1e300, np.inf)
    for x in values:
        for t in (0.0, 1.0, 1e-300, 1e200):
            for others in ([()] if op.arity == 1 else [(2.0,), (-1.5,), (0.0,), (1e90,)]):
                with np.errstate(all="ignore"), warnings.catch_warnings():
                    warnings.simplefilter("ignore", adkit.AdkitWarning)
                    _, one = adkit.jvp(lambda v, o=others: op(v, *o), (np.float64(x),), (np.float64(t),))
                    _, many = adkit.jvp(lambda v, o=others: op(v, *o), (np.full(2, x),), (np.full(2, t),))
                np.testing.assert_allclose(np.full(2, one), many, rtol=1e-14, err_msg=f"{name}({x}, {others}) along {t}")


def test_ops_with_a_rule_of_their_own_say_where_they_are_singular() -> None:
    assert {name for name, op in REGISTRY.items() if op.builtin and op.singular == "extremes"} >= {"divide", "sqrt", "exp", "log"}
    assert all(REGISTRY[name].singular is True for name in ("arcsin", "arccos"))  # at 1, which is no extreme


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_stack_in_both_modes(axis: int) -> None:
    parts = [np.array([0.3, 1.0, -0.5]), np.array([2.0, 0.1, 0.4]), np.array([1.0, 1.5, 0.2])]

    def f(x: Any, y: Any) -> Any:
        return np.stack([x, parts[2], y, x * y], axis=axis)

    def by_hand(x: Any, y: Any) -> Any:
        return np.concatenate([np.expand_dims(v, axis) for v in (x, parts[2], y, x * y)], axis=axis)

    for mode in (adkit.jacfwd, adkit.jacrev):
        for mine, theirs in zip(mode(f, (0, 1))(*parts[:2]), mode(by_hand, (0, 1))(*parts[:2]), strict=True):
            np.testing.assert_array_equal(mine, theirs)
    with pytest.raises(ValueError, match="same shape"):
        adkit.grad(lambda x: np.sum(np.stack([x, x[1:]])))(parts[0])
    with pytest.raises(np.exceptions.AxisError):
        adkit.grad(lambda x: np.sum(np.stack([x, x], axis=3)))(parts[0])


def test_a_thousand_numbers_are_stacked_by_one_record() -> None:
    x = np.linspace(0.0, 1.0, 1000)
    with adkit.count_sweeps() as counts:
        found = adkit.grad(lambda x: np.sum(np.stack([v * v for v in x])))(x)
    np.testing.assert_allclose(found, 2 * x)
    assert counts.recorded_ops <= 2 * 1000 + 3  # a place for each number, a product for each, and three ops more


def test_numbers_as_arguments_and_results_of_every_driver() -> None:
    f = lambda x, y: x * x * y  # noqa: E731
    for wrap in (float, np.float64, np.asarray):
        x, y = wrap(3.0), wrap(2.0)
        assert adkit.jvp(f, (x, y), (wrap(1.0), wrap(10.0))) == (18.0, 102.0)
        assert adkit.jacfwd(f)(x, y) == adkit.jacrev(f)(x, y) == adkit.grad(f)(x, y) == 12.0
        assert adkit.jacfwd(f, (0, 1))(x, y) == (12.0, 9.0)
        assert adkit.jacfwd(lambda x, y: (f(x, y), {"y": y}), (0, 1))(x, y) == ((12.0, 9.0), {"y": (0.0, 1.0)})
        assert adkit.jacfwd(lambda x, y: (f(x, y), "label"), has_aux=True)(x, y) == (12.0, "label")
    for bad in (3, True):
        with pytest.raises(adkit.DerivativeError):
            adkit.jacfwd(f)(bad, 2.0)
        with pytest.raises(adkit.DerivativeError):
            adkit.jvp(f, (bad, 2.0), (1.0, 1.0))
