"""The ladder step by step, the cases, the three verdicts, and the registry by its smallest calls."""

from __future__ import annotations

import threading
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy as sp

import adkit
from adkit.errors import DerivativeError, InexpressibleError
from adkit.registry import REGISTRY, Case, NoSymbol, Op, case, load_families
from adkit.testing import assert_proved
from adkit.verify.claims import prove_op
from adkit.verify.evaluate import evaluate
from adkit.verify.identity import vanishes
from adkit.verify.programs import prove_function
from adkit.verify.proof import Prover, Verdict
from adkit.verify.sample import calls
from adkit.verify.simplifier import simplified
from adkit.verify.splitting import TooManyCasesError, split

X, Y, Z = sp.symbols("x y z", real=True)
P = sp.Symbol("p", positive=True)

load_families()

ROUNDED = {
    "sinc": "equal to rounding only", "rgamma": "SymPy decided nothing", "lambertw": "SymPy decided nothing",
}  # fmt: skip
"""Ops whose rule is a series somewhere: right to the last digit, and no identity; or an identity that SymPy does not know."""

_PATIENT = 120.0
"""Seconds for SymPy's simplify: a busy machine must not turn a proof into a check."""


# identities ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "e",
    [
        sp.exp(X + Y) - sp.exp(X) * sp.exp(Y),
        1 - sp.tanh(X) ** 2 - 4 / (sp.exp(X) + sp.exp(-X)) ** 2,
        sp.sin(X) ** 2 + sp.cos(X) ** 2 - 1,
        1 + sp.tan(X) ** 2 - 1 / sp.cos(X) ** 2,
        sp.sqrt(X**2 + 1) - (X**2 + 1) / sp.sqrt(X**2 + 1),
        (X**2 + 1) ** sp.Rational(3, 2) - (X**2 + 1) * sp.sqrt(X**2 + 1),
        P ** (Y - 1) - P**Y / P,
        2 ** (X - sp.log(2**X + 2**Y) / sp.log(2)) - 2**X / (2**X + 2**Y),
        sp.log(P * 3) - sp.log(3) - sp.log(P),
        1 / (1 + sp.exp(-X)) - sp.exp(X) / (1 + sp.exp(X)),
        sp.exp(X / 2) ** 2 * sp.exp(-X) - 1,
        (X - Y) ** 3 - X**3 + 3 * X**2 * Y - 3 * X * Y**2 + Y**3,
        sp.I**2 * X + X,
    ],
)
def test_what_is_zero_is_shown_by_algebra(e: Any) -> None:
    assert vanishes(e, 0.0) in ("structure", "algebra")


@pytest.mark.parametrize("e", [X, sp.sin(X) ** 2 + sp.cos(Y) ** 2 - 1, sp.exp(X + Y) - sp.exp(X), sp.sqrt(X**2 + 1) - X, sp.Integer(1)])
def test_what_is_not_zero_never_is(e: Any) -> None:
    assert vanishes(e, 2.0) is None


def test_simplify_has_the_last_word() -> None:
    e = sp.gamma(X + 2) - X * (X + 1) * sp.gamma(X)
    assert vanishes(e, 0.0) is None
    assert vanishes(e, 30.0) == "simplify"


def test_a_hang_ends() -> None:
    """The other process is killed and another serves the next question, from any thread."""
    slow = sp.Add(*[sp.sin(k * X) * sp.gamma(X + k) ** (Y / k) for k in range(1, 60)]) ** 9
    simplified(X, 30.0)
    assert simplified(slow, 0.01) is None
    answers: list[Any] = []
    threads = [threading.Thread(target=lambda: answers.append(simplified(sp.gamma(X + 1) / sp.gamma(X), 60.0))) for _ in range(2)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert answers == [X, X]


# evaluation --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "e",
    [
        sp.exp(X) * sp.log(P) / sp.sqrt(P), sp.atan2(X, P), sp.erf(X) + sp.gamma(P), sp.Max(X, Y, 0) - sp.Min(X, Y), sp.Abs(X) * sp.sign(Y),
        sp.Piecewise((X, X > Y), (Y, True)), sp.floor(5 * X) + sp.ceiling(3 * Y), sp.asin(X) ** sp.Rational(1, 3), sp.besselj(1, P),
        sp.polygamma(1, P), sp.pi * sp.E + sp.EulerGamma, sp.lowergamma(2, P),
    ],
)  # fmt: skip
def test_values_are_those_of_sympy_to_fifty_digits(e: Any) -> None:
    point = {X: sp.Rational(3, 10), Y: sp.Rational(-7, 10), P: sp.Rational(13, 10)}
    with mpmath.workdps(50):
        assert abs(evaluate([e], point)[0] - mpmath.mpf(str(sp.N(e.subs(point), 50)))) < mpmath.mpf(10) ** -45


def test_what_is_not_defined_is_nan() -> None:
    assert mpmath.isnan(evaluate([1 / X], {X: 0})[0])


# cases -------------------------------------------------------------------------------------------------


def _points(*values: tuple[float, ...]) -> list[dict[Any, Any]]:
    return [dict(zip((X, Y, Z), [sp.Rational(v).limit_denominator(100) for v in row], strict=False)) for row in values]


@pytest.mark.parametrize(
    ("e", "count"),
    [
        (sp.Abs(X), 2), (sp.Max(X, Y, Z), 3), (sp.Abs(X) + sp.sign(X) + sp.Piecewise((X, X > 0), (0, True)), 2),
        (sp.Piecewise((X, sp.Eq(X, Y)), (Y, True)), 1), (sp.Abs(sp.Abs(X) - 1), 4), (sp.floor(X), 1), (X**2, 1),
        (sp.Max(X, Y) + sp.Max(Y, Z) + sp.Max(X, Z), 6),
    ],
)  # fmt: skip
def test_cases_cover_what_can_be_and_no_more(e: Any, count: int) -> None:
    found = list(split([e], _points((1, 2, 3), (-1, 0, 2), (3, -2, 1))))
    assert len(found) == count
    for region, (smooth,) in found:
        assert not smooth.has(sp.Abs, sp.Max, sp.Piecewise, sp.sign)
        for p in region.points:
            assert evaluate([smooth], region.at(p))[0] == evaluate([e], p)[0]


def test_too_many_cases_are_refused() -> None:
    many = sp.symbols("a:12", real=True)
    with pytest.raises(TooManyCasesError):
        list(split([sum([sp.Abs(a) for a in many])], []))


# verdicts ------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("registry")
def test_an_op_that_sympy_cannot_express_is_checked_with_the_reason() -> None:
    op = adkit.elementwise(
        lambda x: np.sin(x), lambda g, _y, x: g * np.cos(x), name="planted", symbol=NoSymbol("it is a secret"), domain=(-1, 1)
    )
    found = list(prove_op(op, Prover(_PATIENT), 2))
    assert {c.verdict.status for c in found} == {"checked"}
    assert all(["it is a secret" in c.verdict.reason and "agrees with differences" in c.verdict.reason for c in found])
    wrong = adkit.elementwise(
        lambda x: np.sin(x), lambda g, _y, x: g * np.cosh(x), name="planted2", symbol=NoSymbol("it is a secret"), domain=(0.5, 1)
    )
    assert {c.verdict.status for c in prove_op(wrong, Prover(), 1)} == {"wrong"}


def test_a_limit_of_time_leaves_numbers() -> None:
    (claim, _) = prove_function(lambda x: np.sum(np.sin(x)), (np.ones(3),), 1, Prover(), 0.0)
    assert claim.verdict.status == "checked"
    assert "time limit" in claim.verdict.reason


def test_many_cases_do_not_outlast_the_limit() -> None:
    def folded(W: Any, x: Any) -> Any:
        for _ in range(3):
            x = np.maximum(W @ x, 0)
        return np.sum(x)

    (claim, *_) = prove_function(folded, (np.eye(3) + 0.1, np.ones(3)), 1, Prover(), 1.0)
    assert claim.verdict.status == "checked"
    assert "time limit" in claim.verdict.reason


def test_a_program_too_long_for_a_formula_is_checked_or_not_judged() -> None:
    def tame(x: Any) -> Any:
        for _ in range(60):
            x = 0.5 * np.sin(x) + 0.5 * x * x
        return x

    with pytest.raises(AssertionError, match="checked: its formula has more than 50,000 terms"):
        assert_proved(tame, 0.4)
    assert_proved(tame, 0.4, allow_checked=True)

    def wild(x: Any) -> Any:
        for _ in range(200):
            x = x * np.sin(x) + x
        return x

    with pytest.raises(InexpressibleError, match="differences cannot tell"):
        assert_proved(wild, 0.5)


def test_bad_calls_are_refused() -> None:
    with pytest.raises(DerivativeError, match="order"):
        assert_proved(np.sin, 0.5, order=3)
    with pytest.raises(DerivativeError, match="integers"):
        assert_proved(np.sin, 3)
    with pytest.raises(DerivativeError, match="no array"):
        assert_proved(lambda s: 1.0, "text")


def test_a_verdict_reads_well() -> None:
    v = Verdict("wrong", "not the derivative", "the tangent", "dx*cos(x)", {"x": 0.5}, 1.0, 2.0)
    assert str(v) == "wrong: the tangent: not the derivative: AD gives 1, it should be 2, at x = 0.5; residual dx*cos(x)"
    assert str(Verdict("proved", "algebra")) == "proved: algebra"


def test_proofs_run_in_threads() -> None:
    found: list[str] = []

    def work(k: int) -> None:
        found.extend([c.verdict.status for c in prove_function(lambda x: np.tanh(x) ** k, (0.3,), 2, Prover())])

    threads = [threading.Thread(target=work, args=(k,)) for k in (2, 3)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert found == ["proved"] * 12


# the registry ----------------------------------------------------------------------------------------------


def _smallest(op: Op) -> Case:
    """The call with the fewest entries, of those that have any and more than one rule to show."""

    def entries(at: Case) -> int:
        shapes = [part for x in at.operands for part in (x if isinstance(x, list) else [x]) if isinstance(part, tuple)]
        return sum([int(np.prod(s, dtype=int)) for s in shapes if all([isinstance(n, int) for n in s])]) or 10**6

    return min(calls(op), key=entries)


@pytest.mark.parametrize("name", REGISTRY)
def test_every_op_is_proved_by_its_smallest_call_to_second_order(name: str) -> None:
    op = REGISTRY[name]
    found = list(prove_op(op, Prover(5.0 if name in ROUNDED else _PATIENT), 2, cases=[_smallest(op)]))
    assert found
    assert [str(c) for c in found if c.verdict.status == "wrong"] == []
    checked = {c.verdict.reason for c in found if c.verdict.status == "checked"}
    excused = ROUNDED.get(name) or (op.symbol.reason if isinstance(op.symbol, NoSymbol) else None)
    assert not checked or excused is not None, checked
    assert all([excused in reason for reason in checked])  # type: ignore[operator]


@pytest.mark.parametrize(
    ("name", "at"),
    [
        ("matmul", case((2, 3), (3,))), ("matmul", case((1, 2, 2), (2, 2, 1))), ("einsum", case("ij,jk->ki", (2, 3), (3, 2))),
        ("maximum", case((1, 2), (2, 1))), ("divide", case((2,), (2, 2))), ("sum", case((2, 3), axis=0)),
        ("mean", case((2, 3), axis=-1, keepdims=True)), ("max", case((2, 2), axis=0)), ("cumprod", case((3,))),
        ("getitem", case((3, 2), index=np.array([0, 2, 2]))), ("concatenate", case([(2,), (1,)])), ("softmax", case((2, 2), axis=0)),
        ("prod", case((2, 2), axis=1)), ("where", case(np.array([True, False]), (2,), (1,))),
    ],
)  # fmt: skip
def test_arrays_axes_and_broadcasting_are_proved(name: str, at: Case) -> None:
    found = list(prove_op(REGISTRY[name], Prover(_PATIENT), 1, cases=[at]))
    assert {c.mode for c in found} == {"forward", "reverse"}
    assert [str(c) for c in found if c.verdict.status != "proved"] == []


def test_a_root_of_a_root_is_not_taken_for_one() -> None:
    import sympy as sp

    x = sp.Dummy("x", positive=True)
    inner = sp.sqrt(1 + sp.sqrt(2) * x)
    assert vanishes(inner**3 / (1 + sp.sqrt(2) * x) - inner + sp.sqrt(sp.pi * x) - sp.sqrt(sp.pi) * sp.sqrt(x), 0.0)
    assert vanishes(inner**3 / (1 + x) - inner, 0.0) is None
