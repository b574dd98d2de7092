"""The prover is proved: every kind of mistake is reported wrong, with a point at which it really is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import sympy as sp

import adkit
from adkit.registry import STRUCTURAL, Op, case
from adkit.verify.claims import Claim, prove_op
from adkit.verify.numeric import central_difference
from adkit.verify.proof import Prover
from adkit.verify.sample import probe

pytestmark = pytest.mark.usefixtures("registry")


def _elementwise(*rules: Any, fun: Any = None, symbol: Any = None, domain: Any = (0.3, 2.0)) -> Op:
    fun = fun or (lambda x: np.sin(x))
    return adkit.elementwise(fun, *rules, name="planted", symbol=symbol or "sin", domain=domain)


def _matrix(apply: Any = None, transpose: Any = None) -> Op:
    """A matrix times a matrix."""

    def push(i: int, g: Any, xs: Any, p: Any, l: int) -> Any:
        return np.matmul(g, xs[1]) if i == 0 else np.matmul(xs[0], g)

    def pull(i: int, g: Any, xs: Any, p: Any, l: int) -> Any:
        return np.matmul(g, np.swapaxes(xs[1], -1, -2)) if i == 0 else np.matmul(np.swapaxes(xs[0], -1, -2), g)

    return adkit.bilinear(
        lambda a, b: np.matmul(a, b), lambda a, b: None, apply or push, transpose or pull, name="planted", symbol=STRUCTURAL,
        domain=(-2, 2), cases=(case((2, 2), (2, 2)),),
    )  # fmt: skip


def _linear(fun: Any, apply: Any, transpose: Any, shape: tuple[int, ...] = (3,)) -> Op:
    return adkit.linear(
        fun, lambda x: None, apply, transpose, name="planted", symbol=STRUCTURAL, domain=(-2, 2), cases=(case(shape),)
    )


def _mean(transpose: Any) -> Op:
    return _linear(lambda x: np.mean(x), lambda gs, p, l: np.mean(gs[0]), transpose)


def _rows(transpose: Any) -> Op:
    return _linear(lambda x: np.sum(x, axis=0), lambda gs, p, l: np.sum(gs[0], axis=0), transpose, (2, 2))


def _broadcast() -> Op:
    def transpose(i: int, g: Any, p: Any, shapes: Any, l: int) -> Any:
        return g[0]  # the rows should be summed

    return _linear(lambda x: np.stack([x, x]), lambda gs, p, l: np.stack([gs[0], gs[0]]), transpose)


def _stale() -> Op:
    kept: list[Any] = []

    def rule(g: Any, _y: Any, x: Any) -> Any:
        kept.append(np.cos(adkit.stop_gradient(x)))
        return g * kept[0] if np.shape(kept[0]) == np.shape(x) else g * np.cos(x)

    return _elementwise(rule)


def _slice() -> Op:
    def transpose(i: int, g: Any, p: Any, shapes: Any, l: int) -> Any:
        return np.concatenate([g, np.zeros(1)])  # it belongs behind, not in front

    return _linear(lambda x: x[1:], lambda gs, p, l: gs[0][1:], transpose)


def _conjugated() -> Op:
    return adkit.elementwise(
        lambda z: z * z, lambda g, _y, z: g * 2 * np.conjugate(z), name="planted", symbol=lambda sp, z: z**2,
        domain=(0.3 + 0.2j, 2 + 2j),
    )  # fmt: skip


def _second() -> Op:
    return _elementwise(lambda g, _y, x: g * np.cos(adkit.stop_gradient(x)))


PLANTED: dict[str, Callable[[], Op]] = {
    "a sign": lambda: _elementwise(lambda g, _y, x: -g * np.cos(x)),
    "a factor": lambda: _elementwise(lambda g, _y, x: 1.001 * g * np.cos(x)),
    "a forgotten transpose": lambda: _matrix(transpose=lambda i, g, xs, p, l: np.matmul(g, xs[1]) if i == 0 else np.matmul(xs[0].T, g)),
    "a missing un-broadcast": _broadcast,
    "a wrong axis": lambda: _rows(lambda i, g, p, shapes, l: np.stack([g, g], axis=1)),
    "a sum for a mean": lambda: _mean(lambda i, g, p, shapes, l: np.broadcast_to(g, shapes[0])),
    "a swapped argument": lambda: _elementwise(
        lambda g, _y, a, b: g / a, lambda g, y, a, b: -g * y / b, fun=lambda a, b: a / b, symbol=lambda sp, a, b: a / b
    ),
    "a stale result": _stale,
    "a conjugate": _conjugated,
    "an off-by-one slice": _slice,
    "a dropped branch": lambda: _elementwise(
        lambda g, _y, x: g, fun=lambda x: np.maximum(x, 0), symbol=lambda sp, x: sp.Max(x, 0), domain=(-2, 2)
    ),
    "a wrong constant": lambda: _elementwise(lambda g, _y, x: g / (x * 0.6931), fun=lambda x: np.log(x) / np.log(2), symbol=lambda sp, x: sp.log(x, 2)),
    "a function for its like": lambda: _elementwise(lambda g, _y, x: g * np.cosh(x)),
    "one term of a product rule": lambda: _elementwise(
        lambda g, _y, x: g * np.sin(x), fun=lambda x: x * np.sin(x), symbol=lambda sp, x: x * sp.sin(x)
    ),
    "a rule that is not linear": lambda: _elementwise(lambda g, _y, x: g * g * np.cos(x)),
    "declared constant": lambda: _elementwise(None),
    "a wrong second derivative": _second,
}  # fmt: skip


def _claims(op: Op, order: int = 1) -> list[Claim]:
    return list(prove_op(op, Prover(), order))


def _true_value(claim: Claim) -> None:
    """Got and wanted differ, and neither is beyond numbers."""
    v = claim.verdict
    assert v.point
    assert v.residual
    assert abs(complex(v.got) - complex(v.wanted)) > 1e-6


@pytest.mark.parametrize("bug", PLANTED)
def test_a_planted_mistake_is_reported_wrong_with_a_counterexample(bug: str) -> None:
    order = 2 if "second" in bug else 1
    op = PLANTED[bug]()
    claims = _claims(op, order)
    wrong = [c for c in claims if c.verdict.status == "wrong"]
    assert wrong, [str(c) for c in claims]
    for claim in wrong[:3]:
        _true_value(claim)
        assert "wrong" in str(claim)
        assert "residual" in str(claim)


def test_the_counterexample_is_one() -> None:
    """For a function of one number the point can be tried by hand."""
    op = _elementwise(lambda g, _y, x: g * np.cosh(x))
    claim = next(c for c in _claims(op) if c.verdict.status == "wrong" and c.mode == "forward")
    point = claim.verdict.point
    x, dx = point["x"], point["dx"]
    assert claim.verdict.got == pytest.approx(np.cosh(x) * dx)
    assert claim.verdict.wanted == pytest.approx(float(central_difference(np.sin, (x,), (dx,))))
    residual = sp.sympify(claim.verdict.residual, locals={"x": sp.Symbol("x"), "dx": sp.Symbol("dx")})
    assert float(residual.subs({"x": x, "dx": dx})) == pytest.approx(claim.verdict.got - claim.verdict.wanted)


def test_a_wrong_second_derivative_is_right_to_first_order() -> None:
    claims = _claims(_second(), 2)
    by_mode = {c.mode: c.verdict.status for c in claims if c.call == "(())"}
    assert by_mode["forward"] == by_mode["reverse"] == "proved"
    assert {status for mode, status in by_mode.items() if " over " in mode} == {"wrong"}


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_rule_broken_in_one_mode_is_caught_in_that_mode_alone(mode: str) -> None:
    if mode == "reverse":
        op = PLANTED["a forgotten transpose"]()
    else:
        op = _matrix(apply=lambda i, g, xs, p, l: np.matmul(xs[1], g) if i == 0 else np.matmul(xs[0], g))
    assert {c.mode for c in _claims(op) if c.verdict.status == "wrong"} == {mode}
    assert {c.mode for c in _claims(op) if c.verdict.status == "proved"} >= {"forward", "reverse"} - {mode}


def test_only_the_operand_that_is_wrong_is_accused() -> None:
    op = PLANTED["a swapped argument"]()
    accused = {c.operands for c in _claims(op) if c.verdict.status == "wrong"}
    assert accused == {"operand 0", "operand 0 and operand 1"}


def _sound() -> Iterator[Op]:
    yield _elementwise(lambda g, _y, x: g * np.cos(x))


def test_what_is_right_is_not_accused() -> None:
    for op in _sound():
        assert {c.verdict.status for c in _claims(op, 2)} == {"proved"}


def test_a_wrong_symbol_is_the_entrys_own_fault() -> None:
    op = _elementwise(lambda g, _y, x: -g * np.sin(x), fun=lambda x: np.sin(x), symbol="cos")
    claim = _claims(op)[0]
    assert claim.verdict.status == "wrong"
    assert "symbolic meaning" in claim.verdict.reason


def test_a_rule_that_only_fails_on_symbols_is_no_wrong_derivative() -> None:
    def rule(g: Any, _y: Any, x: Any) -> Any:
        return g * np.cos(x) if isinstance(x, (np.ndarray, np.generic)) else g

    statuses = {c.verdict.status for c in _claims(_elementwise(rule))}
    assert statuses == {"checked"}


def test_a_rule_that_raises_is_wrong() -> None:
    def rule(g: Any, _y: Any, x: Any) -> Any:
        raise ZeroDivisionError("planted")

    verdict = _claims(_elementwise(rule))[0].verdict
    assert verdict.status == "wrong"
    assert "ZeroDivisionError: planted" in verdict.reason


def test_samples_are_where_the_op_is_smooth() -> None:
    op = _elementwise(lambda g, _y, x: g * np.cos(x))
    assert probe(op, case((3,))).xs[0].shape == (3,)
