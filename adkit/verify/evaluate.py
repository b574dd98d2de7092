"""Expressions evaluated at a point, to 50 digits.

SymPy's own ``evalf`` finds its way to any accuracy and is slow; a proof asks for thousands of values of expressions
that share most of their parts, so they are computed part by part, each once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import local
from typing import Any

__all__ = ["DIGITS", "evaluate"]

DIGITS = 50


def evaluate(exprs: list[Any], point: Mapping[Any, Any], digits: int = DIGITS) -> list[Any]:
    """The values of expressions where their symbols have those of ``point``; numbers of mpmath, or booleans.

    nan where an expression is not defined.

    >>> import sympy as sp
    >>> x = sp.Symbol("x")
    >>> [float(v) for v in evaluate([sp.exp(x) - 1, sp.Piecewise((x, x > 0), (0, True))], {x: 0})]
    [0.0, 0.0]
    """
    machine = _Machine(point, _context(digits))
    return [machine(e) for e in exprs]


_contexts = local()


def _context(digits: int) -> Any:
    """mpmath with a precision of its own, and one for each thread: the usual one has one precision for the process."""
    import mpmath

    known = _contexts.__dict__.setdefault("by_digits", {})
    if digits not in known:
        known[digits] = mpmath.MPContext()
        known[digits].dps = digits
    return known[digits]


class _Machine:
    def __init__(self, point: Mapping[Any, Any], mp: Any) -> None:
        from mpmath.libmp import NoConvergence

        self.mp, self.no_convergence = mp, NoConvergence
        self.known: dict[Any, Any] = {s: _number(v, mp) for s, v in point.items()}

    def __call__(self, e: Any) -> Any:
        found = self.known.get(e)
        if found is None:
            try:
                found = self._fresh(e)
            except (ZeroDivisionError, OverflowError, ValueError, self.no_convergence):
                found = self.mp.nan
            self.known[e] = found
        return found

    def _fresh(self, e: Any) -> Any:
        mp, kind = self.mp, type(e).__name__
        if e.is_Rational:
            return mp.mpf(int(e.p)) / int(e.q)
        if e.is_Float:
            return mp.mpf(str(e))
        if kind == "Piecewise":
            for value, condition in e.args:
                if self(condition):
                    return self(value)
            return mp.nan
        if e.is_Add:
            return mp.fsum([self(part) for part in e.args])
        if e.is_Mul:
            return mp.fprod([self(part) for part in e.args])
        if e.is_Pow:
            base, exponent = self(e.base), self(e.exp)
            return base ** int(e.exp) if e.exp.is_Integer else mp.power(base, exponent)
        own = _OWN.get(kind)
        if own is not None:
            return own(mp, *[self(part) for part in e.args])
        direct = getattr(mp, kind, None) if kind in _SAME else None
        if direct is not None:
            return direct(*[self(part) for part in e.args])
        return self._slowly(e)

    def _slowly(self, e: Any) -> Any:
        """By SymPy, from the values of the parts."""
        import sympy as sp

        parts = [sp.sympify(self(part)) if not isinstance(self(part), bool) else self(part) for part in e.args]
        value = e.func(*parts) if e.args else e
        if isinstance(value, sp.logic.boolalg.BooleanAtom):  # a condition: it holds, or it does not
            return bool(value)
        value = value.evalf(self.mp.dps)
        if not value.is_number:
            raise ZeroDivisionError(f"{e} has no value")
        real, imaginary = value.as_real_imag()
        return self.mp.mpf(str(real)) if imaginary == 0 else self.mp.mpc(str(real), str(imaginary))


def _number(v: Any, mp: Any) -> Any:
    if getattr(v, "is_Rational", False):
        return mp.mpf(int(v.p)) / int(v.q)
    return mp.mpmathify(v)


def _real(x: Any) -> Any:
    return getattr(x, "real", x)


def _compare(test: Callable[[Any, Any], bool]) -> Callable[..., bool]:
    return lambda mp, a, b: bool(test(a, b))


_SAME = frozenset((
    "exp", "log", "sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "coth", "asin", "acos", "atan", "atan2",
    "asinh", "acosh", "atanh", "floor", "sign", "erf", "erfc", "erfinv", "gamma", "loggamma", "beta", "zeta", "expint",
))  # fmt: skip
"""Functions that SymPy and mpmath call alike and mean alike."""

_OWN: dict[str, Callable[..., Any]] = {
    "Exp1": lambda mp: mp.e, "Pi": lambda mp: +mp.pi, "ImaginaryUnit": lambda mp: mp.mpc(0, 1),
    "EulerGamma": lambda mp: +mp.euler, "NaN": lambda mp: mp.nan, "Infinity": lambda mp: mp.inf,
    "NegativeInfinity": lambda mp: -mp.inf,
    "Abs": lambda mp, x: abs(x), "re": lambda mp, x: mp.re(x), "im": lambda mp, x: mp.im(x),
    "conjugate": lambda mp, x: mp.conj(x), "arg": lambda mp, x: mp.arg(x), "ceiling": lambda mp, x: mp.ceil(x),
    "Max": lambda mp, *xs: max([_real(x) for x in xs]), "Min": lambda mp, *xs: min([_real(x) for x in xs]),
    "Heaviside": lambda mp, x, *at: mp.mpf(1) if x > 0 else mp.mpf(0) if x < 0 else at[0] if at else mp.mpf(0.5),
    "DiracDelta": lambda mp, x: mp.mpf(0) if x != 0 else mp.inf, "digamma": lambda mp, x: mp.digamma(x),
    "polygamma": lambda mp, n, x: mp.psi(n, x),
    "Equality": lambda mp, a, b: a is b or bool(a == b), "Unequality": lambda mp, a, b: not (a is b or bool(a == b)),
    "StrictLessThan": _compare(lambda a, b: a < b), "LessThan": _compare(lambda a, b: a <= b),
    "StrictGreaterThan": _compare(lambda a, b: a > b), "GreaterThan": _compare(lambda a, b: a >= b),
    "And": lambda mp, *xs: all(xs), "Or": lambda mp, *xs: any(xs), "Not": lambda mp, x: not x,
    "Xor": lambda mp, *xs: sum(xs) % 2 == 1, "BooleanTrue": lambda mp: True, "BooleanFalse": lambda mp: False,
}  # fmt: skip
