"""Modified Bessel functions of whole order, for ``np.i0`` and its derivatives, from NumPy alone.

``I_n(x) = (1/pi) int_0^pi exp(x cos t) cos(n t) dt`` (Abramowitz & Stegun, 9.6.19); the trapezoidal rule converges
faster than any power, since the integrand is periodic and smooth.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..registry import Op, case, elementwise
from .common import floating

__all__ = ["bessel_i"]

_POINTS = 64


def _bessel_i(n: Any, x: Any) -> Any:
    """Modified Bessel function of the first kind, of whole order ``n``.

    Parameters
    ----------
    n : integer, or array of integers.
    x : real array of any shape.

    Returns
    -------
    array of the operands' common shape.

    Examples
    --------
    >>> from adkit.ops.bessel import bessel_i
    >>> float(bessel_i(1, np.float64(2.0)).round(12))
    1.590636854637
    """
    x = floating(x)
    size = float(np.max(np.abs(x), initial=1.0))
    count = _POINTS + int(12 * np.sqrt(size))  # the width of exp(x cos t) around 0 is 1 / sqrt(x)
    t = (np.arange(count) + 0.5) * (np.pi / count)
    total: Any = np.zeros(np.broadcast_shapes(np.shape(n), x.shape))
    wide = x.astype(float)
    for angle in t:  # in turn: an array of all angles would be as many times as large
        total = total + np.exp(wide * np.cos(angle) - np.abs(wide)) * np.cos(n * angle)
    with np.errstate(over="ignore"):
        return (total / count * np.exp(np.abs(wide))).astype(x.dtype)[()]


bessel_i: Op = elementwise(
    _bessel_i, None, lambda g, _y, n, x: 0.5 * g * (bessel_i(n - 1, x) + bessel_i(n + 1, x)),
    name="bessel_i", symbol=lambda sp, n, x: sp.besseli(n, x), domain=(-3, 3), cases=(case(0, ()), case(1, ()), case(2, ())),
    convention="no derivative is taken with respect to the order, a whole number",
)  # fmt: skip

i0_ = elementwise(
    np.i0, lambda g, _y, x: g * bessel_i(1, x), name="i0", symbol=lambda sp, x: sp.besseli(0, x), domain=(-3, 3),
    run=lambda x: _i0(x),
)


def _i0(x: Any) -> Any:
    """NumPy's own keeps no single precision, and gives a number an axis."""
    if not isinstance(x, (np.ndarray, np.generic)):
        return np.i0(x)
    plain: Any = x
    return np.reshape(np.i0(plain), x.shape).astype(x.dtype)[()]
