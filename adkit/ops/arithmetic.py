"""Arithmetic ufuncs: sums, products, powers, choices between two values, and steps.

Formulas are linear in ``g``; ``g - g*y*y`` rather than ``g*(1 - y*y)``.  A parameter with a leading
underscore is not used by the formula.  Complex operands obey one convention: perturbations are
paired as Re(g ydot), never conjugated in a transpose, so that one formula serves both modes.
"""

from __future__ import annotations

import operator
from math import pi
from typing import Any

import numpy as np

from ..box import on_primal
from ..registry import TABLE, case, custom, derived, elementwise

__all__: list[str] = []

POSITIVE = (0.3, 3.0)

add = elementwise(
    np.add, lambda g, _y, _a, _b: g, lambda g, _y, _a, _b: g, symbol=lambda sp, a, b: a + b, domain=(-3, 3),
    run=operator.add,
)
subtract = elementwise(
    np.subtract, lambda g, _y, _a, _b: g, lambda g, _y, _a, _b: -g, symbol=lambda sp, a, b: a - b, domain=(-3, 3),
    run=operator.sub,
)
multiply = elementwise(
    np.multiply, lambda g, _y, _a, b: g * b, lambda g, _y, a, _b: g * a, symbol=lambda sp, a, b: a * b, domain=(-3, 3),
    run=operator.mul,
)
divide = elementwise(
    np.divide, lambda g, _y, _a, b: g / b, lambda g, y, _a, b: -g * y / b, symbol=lambda sp, a, b: a / b,
    domain=((-3, 3), (0.4, 3)), singular="extremes", run=operator.truediv,
    convention="at b = 0 the partials are infinite, as the value is",
)  # fmt: skip
negative = elementwise(np.negative, lambda g, _y, _x: -g, symbol=lambda sp, x: -x, domain=(-3, 3), run=operator.neg)
positive = elementwise(np.positive, lambda g, _y, _x: g, symbol=lambda sp, x: x, domain=(-3, 3))
square = elementwise(np.square, lambda g, _y, x: 2 * g * x, symbol=lambda sp, x: x**2, domain=(-3, 3), run=lambda x: x * x)
reciprocal = elementwise(
    np.reciprocal, lambda g, y, _x: -g * y * y, symbol=lambda sp, x: 1 / x, domain=(0.4, 3), singular="extremes"
)
sqrt = elementwise(
    np.sqrt, lambda g, y, _x: g / (2 * y), symbol="sqrt", domain=POSITIVE, singular="extremes",
    convention="sqrt'(0) = inf; a zero tangent or cotangent stays zero",
)  # fmt: skip
cbrt = elementwise(
    np.cbrt, lambda g, y, _x: g / (3 * y * y), symbol="cbrt", domain=POSITIVE, singular="extremes",
    convention="cbrt'(0) = inf; a zero tangent or cotangent stays zero",
)  # fmt: skip


# powers --------------------------------------------------------------------------------------------


def _less_one(a: Any, b: Any) -> Any:
    """b - 1, and 1 where both are 0: then b * a**_less_one(a, b) is 0 there, and right to any order elsewhere."""
    if isinstance(b, (int, float)):
        return b - 1 if b else 1
    return np.where((b == 0) & (a == 0), 1, b - 1)


def _power_b(g: Any, y: Any, a: Any, b: Any) -> Any:
    return g * y * np.log(np.where(a == 0, 1, a))


_POWER = (lambda g, _y, a, b: g * (b * a ** _less_one(a, b)), _power_b)
power = elementwise(
    np.power, *_POWER, symbol=lambda sp, a, b: a**b, domain=(POSITIVE, (-2, 2.5)), singular="extremes",
    convention="d(x**0)/dx = 0; d(0**y)/dy = 0, for y > 0 by mathematics and at y = 0 by convention",
)  # fmt: skip
float_power = elementwise(
    np.float_power, *_POWER, symbol=lambda sp, a, b: a**b, domain=(POSITIVE, (-2, 2.5)), singular="extremes",
    convention="as power",
)  # fmt: skip


# magnitudes and choices ----------------------------------------------------------------------------


def _unit(x: Any) -> Any:
    """conj(x / abs(x)), and 0 at 0."""
    return np.conjugate(np.sign(x)) if x.dtype.kind == "c" else np.sign(x)


def _picked(g: Any, y: Any, x: Any, other: Any) -> Any:
    """The cotangent of ``x`` where a choice between it and ``other`` gave ``y``: halved at a tie."""
    return np.where(x == other, 0.5 * g, np.where(y == x, g, 0))


_CHOICE = (lambda g, y, a, b: _picked(g, y, a, b), lambda g, y, a, b: _picked(g, y, b, a))
_HALF = "a tie gives each operand one half (SymPy's Heaviside(0))"

absolute = elementwise(
    np.absolute, lambda g, _y, x: g * _unit(x), symbol="Abs", domain=(-3, 3), convention="abs'(0) = 0"
)
fabs = elementwise(np.fabs, lambda g, _y, x: g * np.sign(x), symbol="Abs", domain=(-3, 3), convention="fabs'(0) = 0")
maximum = elementwise(np.maximum, *_CHOICE, symbol="Max", domain=(-3, 3), convention=_HALF)
minimum = elementwise(np.minimum, *_CHOICE, symbol="Min", domain=(-3, 3), convention=_HALF)
fmax = elementwise(np.fmax, *_CHOICE, symbol="Max", domain=(-3, 3), convention=_HALF)
fmin = elementwise(np.fmin, *_CHOICE, symbol="Min", domain=(-3, 3), convention=_HALF)
copysign = elementwise(
    np.copysign, lambda g, _y, a, b: g * (np.sign(a) * np.copysign(1, b)), None,
    symbol=lambda sp, a, b: sp.Abs(a) * sp.sign(b), domain=(-3, 3),
    convention="0 at a = 0; no derivative with respect to the sign",
)  # fmt: skip
hypot = elementwise(
    np.hypot,
    lambda g, y, a, _b: g * (a / np.where(y == 0, 1, y)), lambda g, y, _a, b: g * (b / np.where(y == 0, 1, y)),
    symbol=lambda sp, a, b: sp.sqrt(a**2 + b**2), domain=(-3, 3), convention="0 at the origin",
)  # fmt: skip


# remainders and steps ------------------------------------------------------------------------------

remainder = elementwise(
    np.remainder, lambda g, _y, _a, _b: g, lambda g, _y, a, b: -g * np.floor_divide(a, b),
    symbol=lambda sp, a, b: a - b * sp.floor(a / b), domain=((-3, 3), (0.7, 1.1)),
    convention="at a multiple of b, the derivative from the right",
)  # fmt: skip
fmod = elementwise(
    np.fmod, lambda g, _y, _a, _b: g, lambda g, y, a, b: -g * np.rint((a - y) / b),
    symbol=lambda sp, a, b: a - b * sp.sign(a / b) * sp.floor(sp.Abs(a / b)), domain=((-3, 3), (0.7, 1.1)),
    convention="at a multiple of b, the derivative from the side away from 0",
)  # fmt: skip
ldexp = elementwise(
    np.ldexp, lambda g, _y, _x, n: np.ldexp(g, n), None, symbol=lambda sp, x, n: x * 2**n, domain=(-3, 3),
    cases=(case((3,), 2), case((2, 3), np.array([1, 0, -2]))),
)  # fmt: skip

_FLAT = "zero everywhere, also at the steps"
for _step, _symbol in (
    (np.floor, "floor"),
    (np.ceil, "ceiling"),
    (np.trunc, lambda sp, x: sp.sign(x) * sp.floor(sp.Abs(x))),
    (np.rint, lambda sp, x: sp.floor(x + sp.Rational(1, 2))),
):
    elementwise(_step, None, symbol=_symbol, domain=(-3, 3), convention=_FLAT)
elementwise(
    np.floor_divide, None, None, symbol=lambda sp, a, b: sp.floor(a / b), domain=((-3, 3), (0.7, 1.1)), convention=_FLAT
)
elementwise(
    np.heaviside, None, lambda g, _y, x, _h: np.where(x == 0, g, 0),
    symbol=lambda sp, x, h: sp.Piecewise((0, x < 0), (1, x > 0), (h, True)), domain=(-3, 3),
    convention="zero with respect to x; the value at 0 passes its derivative there",
)  # fmt: skip


@derived(np.divmod, convention="zero of the quotient, as floor_divide; of the rest as remainder")
def divmod_(a: Any, b: Any) -> tuple[Any, Any]:
    """The floor of the quotient, with no derivative, and the remainder."""
    return np.floor_divide(a, b), np.remainder(a, b)


@derived(np.modf, convention="zero of the whole part")
def modf(x: Any) -> tuple[Any, Any]:
    """The fractional part, with the derivative of x, and the whole part, with none."""
    whole = np.trunc(x)
    return x - whole, whole


# complex parts: one formula serves both modes under the pairing Re(g ydot) ---------------------------

conjugate = elementwise(
    np.conjugate, lambda g, _y, x: np.conjugate(g) if x.dtype.kind == "c" else g, symbol="conjugate", domain=(-3, 3)
)


def _identity_bind(x: Any) -> None:
    return None


real = elementwise(np.real, lambda g, _y, _x: g, symbol="re", domain=(-3, 3))
# -1j stands behind g: a complex of Python's times a np.float64 would be Python's own, without a shape.
imag = elementwise(np.imag, lambda g, _y, x: g * -1j, symbol="im", domain=(-3, 3))
angle_ = elementwise(
    lambda z: np.angle(z), lambda g, _y, z: g * -1j / z, name="angle", symbol="arg",
    domain=(0.3, 3), singular=True, convention="undefined at 0",
)  # fmt: skip


@derived(np.angle, of=angle_)
def angle(z: Any, deg: bool = False) -> Any:
    """The angle of a complex number, in radians or in degrees; of a real one 0 or pi, a step."""
    found = angle_(z) if z.dtype.kind == "c" else np.arctan2(0.0, z)
    return found * (180 / pi) if deg else found


def _sign_jvp(gs: Any, y: Any, xs: Any, p: Any, l: int) -> Any:
    (g,) = gs
    return (g - y * np.real(np.conjugate(y) * g)) / np.absolute(xs[0])


def _sign_vjp(g: Any, y: Any, xs: Any, p: Any, l: int) -> Any:
    return ((g - np.conjugate(y) * np.real(g * y)) / np.absolute(xs[0]),)


def _complex_sign(x: Any) -> Any:
    return np.where(x == 0, 0, x / np.absolute(np.where(x == 0, 1, x)))


complex_sign = custom(
    _complex_sign, _identity_bind, _sign_jvp, _sign_vjp, name="complex_sign",
    symbol=lambda sp, x: x / sp.Abs(x), domain=(0.3 + 0.2j, 2 + 2j), cases=(case((3,)), case(())),
    convention="the direction x / abs(x); undefined at 0",
)  # fmt: skip
_flat_sign = on_primal(np.sign)


@derived(np.sign, convention="zero everywhere; of complex numbers the derivative of x / abs(x)")
def sign(x: Any) -> Any:
    """Zero derivative for real numbers; for complex ones the derivative of x / abs(x)."""
    return complex_sign(x) if x.dtype.kind == "c" else _flat_sign(x)


# computed on the primals alone -----------------------------------------------------------------------

for _fun in (
    np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal, np.isfinite, np.isinf, np.isnan,
    np.logical_and, np.logical_or, np.logical_not, np.logical_xor, np.signbit, np.spacing, np.shape, np.ndim, np.size,
    np.argmax, np.argmin, np.argsort, np.any, np.all, np.nonzero, np.flatnonzero, np.argwhere, np.count_nonzero,
    np.searchsorted, np.digitize, np.allclose, np.isclose, np.array_equal, np.array_equiv, np.isreal, np.iscomplex,
    np.isrealobj, np.iscomplexobj, np.isposinf, np.isneginf, np.nanargmax, np.nanargmin, np.round, np.around, np.fix,
    np.result_type, np.common_type, np.can_cast, np.min_scalar_type,
    np.lexsort, np.argpartition, np.array_repr, np.array_str, np.array2string,
    np.isin, np.shares_memory, np.may_share_memory, np.linalg.matrix_rank,
    np.einsum_path, np.diag_indices_from, np.tril_indices_from, np.triu_indices_from,
):  # fmt: skip
    TABLE.setdefault(_fun, on_primal(_fun))
