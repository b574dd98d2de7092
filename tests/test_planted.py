"""The provers are proved: whatever is planted in a declaration, the generated checks find it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import adkit
from adkit.errors import DerivativeError
from adkit.levels import plain
from adkit.registry import REGISTRY, TABLE, Op, case, unknown
from adkit.verify.check import check_op

pytestmark = pytest.mark.usefixtures("registry")

OFF = 1.001


def _bump(rule: Callable[..., Any] | None, **entry: Any) -> Op:
    fields = {"symbol": lambda sp, x: x / (1 + x**2), "domain": (0.2, 3.0)} | entry
    return adkit.elementwise(lambda x: x / (1 + np.square(x)), rule, name="planted", **fields)


def _good(g: Any, _y: Any, x: Any) -> Any:
    return g * _slope(x)


def _slope(x: Any) -> Any:
    return (1 - np.square(x)) / (1 + np.square(x)) ** 2


def _linear(forward: float = 1.0, backward: float = 1.0, **change: Callable[..., Any]) -> Op:
    """Running differences along the last axis: y_k = x_k - 2 x_(k-1)."""

    def apply(gs: Any, p: Any, l: int) -> Any:
        first = gs[0][..., :1]
        return np.concatenate([first, gs[0][..., 1:] - 2 * gs[0][..., :-1]], axis=-1) * forward

    def transpose(i: int, g: Any, p: Any, shapes: Any, l: int) -> Any:
        return np.concatenate([g[..., :-1] - 2 * g[..., 1:], g[..., -1:]], axis=-1) * backward

    rules: dict[str, Any] = {"apply": apply, "transpose": transpose} | change
    return adkit.linear(
        lambda x: apply((x,), None, 0) / forward, lambda x: None, rules["apply"], rules["transpose"], name="planted",
        symbol="structural", domain=(-3, 3), cases=(case((3,)), case((2, 3))),
    )  # fmt: skip


def _bilinear(forward: float = 1.0, backward: float = 1.0) -> Op:
    """The product of a matrix with a vector, or with a batch of them."""

    def apply(i: int, g: Any, xs: Any, p: Any, l: int) -> Any:
        a, b = xs
        if i == 0:
            return np.matmul(g, b) * forward
        return np.matmul(g, a.T) * forward

    def transpose(i: int, g: Any, xs: Any, p: Any, l: int) -> Any:
        a, b = xs
        if i == 0:
            return np.reshape(g, (*g.shape, 1)) * b * backward
        return np.matmul(g, a) * backward

    return adkit.bilinear(
        lambda a, b: np.matmul(a, b), lambda a, b: None, apply, transpose, name="planted", symbol="structural",
        domain=(-2, 2), cases=(case((2, 3), (3,)), case((3, 3), (3,))),
    )  # fmt: skip


def _custom(forward: float = 1.0, backward: float = 1.0, **fields: Any) -> Op:
    """The norm of a vector."""

    def jvp(gs: Any, y: Any, xs: Any, p: Any, l: int) -> Any:
        return np.sum(gs[0] * xs[0], axis=-1) / y * forward

    def vjp(g: Any, y: Any, xs: Any, p: Any, l: int) -> Any:
        return (np.reshape(g, (*g.shape, 1)) * xs[0] / y * backward,)

    return adkit.custom(
        lambda x: np.sqrt(np.sum(np.square(x))), lambda x: None, jvp, vjp, name="planted", symbol="structural",
        domain=(0.3, 2), cases=(case((3,)), case((1,))), **fields,
    )  # fmt: skip


SOUND = {"elementwise": lambda: _bump(_good), "linear": _linear, "bilinear": _bilinear, "custom": _custom}
"""One sound entry for each declaration: the checks must not cry wolf."""


@pytest.mark.parametrize("kind", SOUND)
def test_a_sound_entry_passes(kind: str) -> None:
    assert check_op(SOUND[kind]()) == []


def test_lanes_are_looped_where_the_entry_says_so() -> None:
    def jvp(gs: Any, y: Any, xs: Any, p: Any, l: int) -> Any:
        assert l == 0
        return 2 * np.dot(gs[0], xs[0])

    def vjp(g: Any, y: Any, xs: Any, p: Any, l: int) -> Any:
        assert l == 0
        return (2 * g * xs[0],)

    op = adkit.custom(
        lambda x: np.dot(x, x), lambda x: None, jvp, vjp, name="planted", symbol="structural", domain=(0.3, 2),
        cases=(case((3,)), case((1,)), case((0,))), batched=False,
    )  # fmt: skip
    assert check_op(op) == []


def _promoting(g: Any, _y: Any, x: Any) -> Any:
    return g * np.float64(1.0) * _slope(x)


def _frozen(g: Any, _y: Any, x: Any) -> Any:
    return g * _slope(plain(x))


def _writing(g: Any, _y: Any, x: Any) -> Any:
    g *= _slope(x)
    return g


def _laneless(gs: Any, p: Any, l: int) -> Any:
    # The first axis is taken for the operand's own: with a batch it is the batch's.
    g = gs[0]
    if g.ndim - l == 1:
        return np.concatenate([g[:1], g[1:] - 2 * g[:-1]], axis=0)
    return np.concatenate([g[..., :1], g[..., 1:] - 2 * g[..., :-1]], axis=-1)


def _laneless_transpose(i: int, g: Any, p: Any, shapes: Any, l: int) -> Any:
    if len(shapes[0]) == 1:
        return np.concatenate([g[:-1] - 2 * g[1:], g[-1:]], axis=0)
    return np.concatenate([g[..., :-1] - 2 * g[..., 1:], g[..., -1:]], axis=-1)


PLANTED: dict[str, tuple[Callable[[], Op], str]] = {
    "elementwise, rule": (lambda: _bump(lambda g, y, x: OFF * _good(g, y, x)), "jvp against the complex step"),
    "linear, apply": (lambda: _linear(forward=OFF), "jvp against the difference"),
    "linear, transpose": (lambda: _linear(backward=OFF), "vjp against the difference"),
    "bilinear, apply": (lambda: _bilinear(forward=OFF), "jvp against the difference"),
    "bilinear, transpose": (lambda: _bilinear(backward=OFF), "vjp against the difference"),
    "custom, jvp": (lambda: _custom(forward=OFF), "jvp against the difference"),
    "custom, vjp": (lambda: _custom(backward=OFF), "vjp against the difference"),
    "no lanes forward": (lambda: _linear(apply=_laneless), "forward batch of 3"),
    "no lanes in reverse": (lambda: _linear(transpose=_laneless_transpose), "reverse batch of 3"),
    "promotes float32": (lambda: _bump(_promoting), "float32 rule"),
    "second derivative lost": (lambda: _bump(_frozen), "forward over reverse against the difference"),
    "writes into its input": (lambda: _bump(_writing), "reverse"),
    "declared constant": (lambda: _bump(None), "jvp against the difference"),
}  # fmt: skip


@pytest.mark.parametrize("bug", PLANTED)
def test_a_planted_bug_is_found(bug: str) -> None:
    plant, check = PLANTED[bug]
    findings = check_op(plant())
    assert check in {f.check for f in findings}, "\n".join([str(f) for f in findings])


def test_a_bug_in_one_operand_of_two_is_found_there() -> None:
    op = adkit.elementwise(
        lambda a, b: a * b, lambda g, _y, _a, b: g * b, lambda g, _y, a, _b: OFF * g * a, name="planted",
        symbol=lambda sp, a, b: a * b, domain=(0.5, 3),
    )  # fmt: skip
    first_order = [f for f in check_op(op) if f.check == "jvp against the difference"]
    assert any(["in operand 1" in f.case for f in first_order])
    assert not any([f.case.endswith("in operand 0") for f in first_order])


def test_an_error_inside_a_rule_is_a_finding() -> None:
    def broken(g: Any, y: Any, x: Any) -> Any:
        raise ZeroDivisionError("planted")

    findings = check_op(_bump(broken))
    assert any(["ZeroDivisionError" in f.message and "planted" in f.message for f in findings])


def test_a_refused_operand_is_no_finding_but_stays_refused() -> None:
    op = adkit.elementwise(
        lambda n, x: n * x, unknown("planted, argument 0 (the order)"), lambda g, _y, n, _x: n * g, name="planted",
        symbol=lambda sp, n, x: n * x, domain=(0.5, 3),
    )  # fmt: skip
    assert check_op(op) == []
    with pytest.raises(DerivativeError, match="the order"):
        adkit.grad(op)(1.0, 2.0)


@pytest.mark.parametrize("field", ["symbol", "domain"])
def test_an_entry_that_lacks_a_field_fails(field: str) -> None:
    findings = check_op(_bump(_good, **{field: None}))
    assert any([f.check == "entry" and field in f.message for f in findings])


def test_an_entry_that_lacks_cases_or_rules_fails() -> None:
    op = adkit.linear(lambda x: 2 * x, lambda x: None, lambda gs, p, l: 2 * gs[0], None, name="planted", symbol="structural")
    lacking = " ".join([f.message for f in check_op(op)])
    assert "transpose" in lacking
    assert "cases" in lacking
    assert "domain" in lacking


def test_the_fixture_undoes_what_is_registered(registry: dict[str, Any]) -> None:
    """The ops planted above are gone: the name is free each time."""
    assert "planted" not in registry
    op = _bump(_good)
    assert REGISTRY["planted"] is op
    assert TABLE[op.fun] is op
