"""The elementary functions: exponentials, logarithms, trigonometric and hyperbolic functions."""

from __future__ import annotations

from math import log, pi
from typing import Any

import numpy as np

from ..registry import elementwise

__all__: list[str] = []

_LN2, _LN10 = log(2.0), log(10.0)
_RADIAN = pi / 180

exp = elementwise(np.exp, lambda g, y, _x: g * y, symbol="exp", domain=(-3, 3), singular="extremes")
exp2 = elementwise(np.exp2, lambda g, y, _x: g * y * _LN2, symbol=lambda sp, x: 2**x, domain=(-3, 3), singular="extremes")
expm1 = elementwise(
    np.expm1, lambda g, y, _x: g * y + g, symbol=lambda sp, x: sp.exp(x) - 1, domain=(-3, 3), singular="extremes"
)
log_ = elementwise(np.log, lambda g, _y, x: g / x, symbol="log", domain=(0.3, 3), singular="extremes")
log2 = elementwise(
    np.log2, lambda g, _y, x: g / (x * _LN2), symbol=lambda sp, x: sp.log(x) / sp.log(2), domain=(0.3, 3), singular="extremes"
)
log10 = elementwise(
    np.log10, lambda g, _y, x: g / (x * _LN10), symbol=lambda sp, x: sp.log(x) / sp.log(10), domain=(0.3, 3),
    singular="extremes",
)  # fmt: skip
log1p = elementwise(
    np.log1p, lambda g, _y, x: g / (1 + x), symbol=lambda sp, x: sp.log(1 + x), domain=(-0.6, 3), singular="extremes"
)


def _share(base: Any) -> tuple[Any, Any]:
    """The softmax weights of logaddexp; equal infinities share alike."""

    def weight(x: Any, y: Any) -> Any:
        return base(np.where(x == y, 0, x - y))

    return (
        lambda g, y, a, _b: g * weight(a, y),
        lambda g, y, _a, b: g * weight(b, y),
    )


logaddexp = elementwise(
    np.logaddexp, *_share(np.exp), symbol=lambda sp, a, b: sp.log(sp.exp(a) + sp.exp(b)), domain=(-3, 3), singular=True,
)  # fmt: skip
logaddexp2 = elementwise(
    np.logaddexp2, *_share(np.exp2), symbol=lambda sp, a, b: sp.log(2**a + 2**b) / sp.log(2), domain=(-3, 3), singular=True,
)  # fmt: skip

sin = elementwise(np.sin, lambda g, _y, x: g * np.cos(x), symbol="sin", domain=(-3, 3))
cos = elementwise(np.cos, lambda g, _y, x: -g * np.sin(x), symbol="cos", domain=(-3, 3))
tan = elementwise(np.tan, lambda g, y, _x: g + g * y * y, symbol="tan", domain=(-1.2, 1.2))
arcsin = elementwise(
    np.arcsin, lambda g, _y, x: g / np.sqrt(1 - x * x), symbol="asin", domain=(-0.8, 0.8), singular=True,
    convention="infinite at -1 and 1; a zero tangent or cotangent stays zero",
)  # fmt: skip
arccos = elementwise(
    np.arccos, lambda g, _y, x: -g / np.sqrt(1 - x * x), symbol="acos", domain=(-0.8, 0.8), singular=True,
    convention="infinite at -1 and 1; a zero tangent or cotangent stays zero",
)  # fmt: skip
arctan = elementwise(np.arctan, lambda g, _y, x: g / (1 + x * x), symbol="atan", domain=(-3, 3), singular=True)


def _over_square(x: Any, a: Any, b: Any) -> Any:
    """x / (a**2 + b**2), and 0 at the origin: the squares themselves would overflow, or vanish, early."""
    r = np.hypot(a, b)
    r = np.where(r == 0, 1, r)
    return x / r / r


arctan2 = elementwise(
    np.arctan2, lambda g, _y, a, b: g * _over_square(b, a, b), lambda g, _y, a, b: -g * _over_square(a, a, b),
    symbol="atan2", domain=((-3, 3), (0.4, 3)), convention="0 at the origin",
)  # fmt: skip

sinh = elementwise(np.sinh, lambda g, _y, x: g * np.cosh(x), symbol="sinh", domain=(-3, 3), singular="extremes")
cosh = elementwise(np.cosh, lambda g, _y, x: g * np.sinh(x), symbol="cosh", domain=(-3, 3), singular="extremes")
tanh = elementwise(np.tanh, lambda g, y, _x: g - g * y * y, symbol="tanh", domain=(-3, 3))
arcsinh = elementwise(
    np.arcsinh, lambda g, _y, x: g / np.sqrt(x * x + 1), symbol="asinh", domain=(-3, 3), singular=True
)
arccosh = elementwise(
    np.arccosh, lambda g, _y, x: g / (np.sqrt(x - 1) * np.sqrt(x + 1)), symbol="acosh", domain=(1.2, 3), singular=True,
    convention="infinite at 1; a zero tangent or cotangent stays zero",
)  # fmt: skip
arctanh = elementwise(
    np.arctanh, lambda g, _y, x: g / (1 - x * x), symbol="atanh", domain=(-0.8, 0.8), singular=True,
    convention="infinite at -1 and 1; a zero tangent or cotangent stays zero",
)  # fmt: skip

_TO_RADIANS: dict[str, Any] = {"symbol": lambda sp, x: x * sp.pi / 180, "domain": (-90, 90)}
_TO_DEGREES: dict[str, Any] = {"symbol": lambda sp, x: x * 180 / sp.pi, "domain": (-3, 3)}
deg2rad = elementwise(np.deg2rad, lambda g, _y, _x: g * _RADIAN, **_TO_RADIANS)
radians = elementwise(np.radians, lambda g, _y, _x: g * _RADIAN, **_TO_RADIANS)
rad2deg = elementwise(np.rad2deg, lambda g, _y, _x: g / _RADIAN, **_TO_DEGREES)
degrees = elementwise(np.degrees, lambda g, _y, _x: g / _RADIAN, **_TO_DEGREES)


def _sinc_slope(x: Any) -> Any:
    """sinc'(x) by its formula, and by the Taylor series where that cancels (any order stays exact near 0)."""
    near = np.absolute(x) < 0.5
    far = np.where(near, 1, x)
    t = np.where(near, x, 0)
    s = (pi * t) ** 2
    total: Any = 0.0
    coefficient = 1.0
    # sinc(x) = sum (-1)^k (pi x)^2k / (2k+1)!, so x sinc'(x) = sum 2k (-1)^k (pi x)^2k / (2k+1)!
    terms = []
    for k in range(1, 12):
        coefficient *= -1.0 / ((2 * k) * (2 * k + 1))
        terms.append(2 * k * coefficient)
    for c in reversed(terms):
        total = c + s * total
    return np.where(near, pi * pi * t * total, (np.cos(pi * far) - np.sinc(far)) / far)


sinc = elementwise(
    np.sinc, lambda g, _y, x: g * _sinc_slope(x), symbol=lambda sp, x: sp.sin(sp.pi * x) / (sp.pi * x), domain=(0.1, 3)
)


