"""Symbols stand in for arrays: NumPy runs on them, AD runs on them, and what comes out are expressions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy as sp

import adkit
from adkit.errors import InexpressibleError, UnsupportedError
from adkit.meaning import exact, exact_number
from adkit.registry import NoSymbol
from adkit.symbolic import Setting, Symbol, symbol

X = np.array([0.5, -0.2, 1.5])


def _x(value: Any = X, name: str = "x") -> tuple[Symbol, np.ndarray]:
    box = symbol(name, value)
    return box, box.expr


def test_a_symbol_is_like_an_array_of_floats() -> None:
    x, _ = _x(np.zeros((2, 3)))
    assert (x.shape, x.ndim, x.size, x.dtype, x.nbytes) == ((2, 3), 2, 6, np.float64, 48)
    assert len(x) == 2
    assert x.T.shape == (3, 2)
    assert symbol("y", 0.5).item() == sp.Symbol("y", real=True)


@pytest.mark.parametrize(
    ("f", "wanted"),
    [
        (lambda x: np.sum(x), lambda e: e.sum()),
        (lambda x: np.mean(x), lambda e: e.sum() / 3),
        (lambda x: np.prod(x), lambda e: e.prod()),
        (lambda x: np.cumsum(x)[-1], lambda e: e.sum()),
        (lambda x: x @ x, lambda e: e @ e),
        (lambda x: np.einsum("i,i->", x, x), lambda e: e @ e),
        (lambda x: np.outer(x, x)[0, 2], lambda e: e[0] * e[2]),
        (lambda x: np.concatenate([x, x[:1]])[3], lambda e: e[0]),
        (lambda x: np.reshape(x, (3, 1)).T[0, 1], lambda e: e[1]),
        (lambda x: np.linalg.norm(x), lambda e: sp.sqrt(e @ e)),
        (lambda x: np.exp(x[0]) * np.tanh(x[1]), lambda e: sp.exp(e[0]) * sp.tanh(e[1])),
        (lambda x: np.pad(x, 1)[0] + x[::-1][0], lambda e: e[2]),
        (lambda x: adkit.logsumexp(x), lambda e: sp.log(sum(sp.exp(v) for v in e))),
    ],
)
def test_numpy_runs_on_expressions(f: Any, wanted: Any) -> None:
    x, e = _x()
    y = f(x)
    assert sp.simplify(y.item() - wanted(e)) == 0
    assert float(y.value) == pytest.approx(float(f(X)))


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.maximum(x, 0.3), np.abs, np.sign, adkit.relu, lambda x: np.where(x > 0.1, x, -x),
        lambda x: np.clip(x, -0.1, 1.0), lambda x: np.where((x > 0) & ~(x > 1), x, 0), np.floor, lambda x: (x > 0) * x,
    ],
)  # fmt: skip
def test_choices_are_expressions_that_choose_at_any_point(f: Any) -> None:
    x, e = _x()
    y = f(x)
    assert x.level.decided == []
    for point in (X, -X, X + 0.3):
        at = dict(zip(e, [sp.Rational(v).limit_denominator(1000) for v in point], strict=True))
        assert [float(v.subs(at)) for v in y.expr] == pytest.approx(f(point))


def test_comparisons_are_conditions() -> None:
    x, e = _x()
    assert (x > 0).expr[0] == sp.Gt(e[0], 0)
    assert (x >= 0).expr[1] == sp.Ge(e[1], 0)
    assert (x == x).expr.tolist() == [sp.true] * 3
    assert np.any(x > 0).item() == sp.Or(*[v > 0 for v in e])
    assert np.all(x != 0).item().func is sp.And


def test_what_a_program_branches_on_is_decided_at_the_point_and_noted() -> None:
    x, e = _x()
    assert bool(x[0] > 0)
    assert x.level.decided == [sp.Gt(e[0], 0)]
    assert np.sort(x).expr.tolist() == [e[1], e[0], e[2]]
    assert any(["argsort" in str(d) for d in x.level.decided])
    assert x[x > 0].expr.tolist() == [e[0], e[2]]


def test_an_equation_that_does_not_hold_is_no_branch() -> None:
    x, _ = _x()
    assert not bool(x[0] == x[1])
    assert x.level.decided == []


def test_ad_yields_expressions() -> None:
    x, e = _x()

    def f(x: Any) -> Any:
        return np.sum(np.sin(x) * x[0])

    def primal(e: Any) -> Any:
        return sum([sp.sin(v) * e[0] for v in e])

    gradient = adkit.grad(f)(x)
    _, slope = adkit.jvp(f, (x,), (symbol("v", X, x.level),))
    hessian = adkit.hessian(f)(x)
    for i, a in enumerate(e):
        assert sp.expand(gradient.expr[i] - sp.diff(primal(e), a)) == 0
        for j, b in enumerate(e):
            assert sp.expand(hessian.expr[i, j] - sp.diff(primal(e), a, b)) == 0
    assert sp.Symbol("v[0]", real=True) in slope.item().free_symbols
    assert adkit.derivative(np.sin, 3)(symbol("t", 0.3)).item() == -sp.cos(sp.Symbol("t", real=True))


def test_complex_symbols_keep_their_parts() -> None:
    z = symbol("z", np.complex128(1 + 2j))
    y = np.real(z * np.conjugate(z))
    assert y.dtype == np.float64
    assert complex(y.value) == 5
    assert np.abs(z).dtype == np.float64


@pytest.mark.parametrize(
    ("x", "wanted"),
    [(0.1, "1/10"), (1 / 3, "1/3"), (np.log(2), "log(2)"), (-np.pi, "-pi"), (2.0, "2"), (1e-300, None), (np.inf, "oo"), (0.1j, "I/10")],
)
def test_floats_stand_for_the_exact_numbers_that_were_meant(x: Any, wanted: str | None) -> None:
    found = exact_number(x.item() if isinstance(x, np.generic) else x)
    assert complex(found) == x
    if wanted is not None:
        assert str(found) == wanted


def test_single_precision_reads_the_decimal_that_was_written() -> None:
    assert exact(np.float32(0.1)).item() == sp.Rational(1, 10)


@pytest.mark.usefixtures("registry")
def test_an_op_without_a_meaning_says_why() -> None:
    f = adkit.elementwise(lambda x: x, lambda g, _y, _x: g, name="planted", symbol=NoSymbol("it is a secret"), domain=(0, 1))
    with pytest.raises(InexpressibleError, match="planted: it is a secret"):
        f(symbol("x", 0.5))


def test_what_numpy_function_has_no_rule_has_no_meaning() -> None:
    with pytest.raises(UnsupportedError):
        np.packbits(symbol("x", X))  # type: ignore[call-overload]


def test_a_formula_that_grows_without_end_is_refused() -> None:
    x = symbol("x", 0.5)
    with pytest.raises(InexpressibleError, match="50,000"):
        for _ in range(100):
            x = x * np.sin(x) + x


def test_a_deadline_is_kept() -> None:
    with pytest.raises(InexpressibleError, match="time limit"):
        symbol("x", 0.5, Setting(deadline=0.0))


STRUCTURED = {
    "unique": lambda x: np.sum(np.unique(x) ** 2),
    "median and a mean of a list": lambda x: np.median(x) * np.mean([x[0], x[1]]),
    "a masked maximum": lambda x: np.max(x, where=np.array([True, False, True]), initial=-9.0) * np.prod(x, where=np.array([True, True, False])),
    "interp, cross and det": lambda x: np.interp(0.3, [0.0, 1.0], x[:2]) + np.cross(x, x[::-1])[0] + np.linalg.det(np.outer(x, x) + np.eye(3)),
    "a transform": lambda x: np.sum(np.real(np.fft.fft(x) * np.conj(np.fft.fft(x)))),
    "std and diff": lambda x: np.std(x) + np.diff(x) @ x[1:],
    "a quantile by its fraction": lambda x: np.quantile(x, 0.4 + 0.01 * x[0]),
    "a solution": lambda x: np.sum(np.linalg.solve(np.array([[2.0, 0.5], [0.3, 1.0]]) * x[0], x[1:])),
}


@pytest.mark.parametrize("name", STRUCTURED)
def test_compositions_of_numpys_functions_are_proved(name: str) -> None:
    adkit.testing.assert_proved(STRUCTURED[name], np.array([0.3, 1.2, -0.7]))
