"""The error function, the normal distribution, and their inverses (DLMF, chapter 7)."""

from __future__ import annotations

from math import pi, sqrt

import numpy as np
import scipy.special as sc

from .common import special

__all__: list[str] = []

_SLOPE = 2 / sqrt(pi)
_NORMAL = 1 / sqrt(2 * pi)

erf = special(sc.erf, lambda g, _y, x: g * (_SLOPE * np.exp(-x * x)), symbol="erf", domain=(-2, 2))
erfc = special(sc.erfc, lambda g, _y, x: -g * (_SLOPE * np.exp(-x * x)), symbol="erfc", domain=(-2, 2))
erfcx = special(
    sc.erfcx, lambda g, y, x: g * (2 * x * y - _SLOPE), symbol=lambda sp, x: sp.exp(x**2) * sp.erfc(x), domain=(-1.5, 1.5)
)
erfi = special(sc.erfi, lambda g, _y, x: g * (_SLOPE * np.exp(x * x)), symbol="erfi", domain=(-1.5, 1.5), singular=True)
erfinv = special(
    sc.erfinv, lambda g, y, _x: g * np.exp(y * y) / _SLOPE, symbol="erfinv", domain=(-0.8, 0.8), singular=True,
    convention="infinite at -1 and 1; a zero tangent or cotangent stays zero",
)  # fmt: skip
erfcinv = special(
    sc.erfcinv, lambda g, y, _x: -g * np.exp(y * y) / _SLOPE, symbol=lambda sp, x: sp.erfinv(1 - x), domain=(0.2, 1.8),
    singular=True, convention="infinite at 0 and 2; a zero tangent or cotangent stays zero",
)  # fmt: skip
ndtr = special(
    sc.ndtr, lambda g, _y, x: g * (_NORMAL * np.exp(-x * x / 2)), symbol=lambda sp, x: (1 + sp.erf(x / sp.sqrt(2))) / 2,
    domain=(-2, 2),
)  # fmt: skip
log_ndtr = special(
    sc.log_ndtr, lambda g, y, x: g * (_NORMAL * np.exp(-x * x / 2 - y)),
    symbol=lambda sp, x: sp.log((1 + sp.erf(x / sp.sqrt(2))) / 2), domain=(-2, 2),
)  # fmt: skip
ndtri = special(
    sc.ndtri, lambda g, y, _x: g * np.exp(y * y / 2) / _NORMAL, symbol=lambda sp, x: sp.sqrt(2) * sp.erfinv(2 * x - 1),
    domain=(0.1, 0.9), singular=True, convention="infinite at 0 and 1; a zero tangent or cotangent stays zero",
)  # fmt: skip
ndtri_exp = special(
    sc.ndtri_exp, lambda g, y, x: g * np.exp(y * y / 2 + x) / _NORMAL,
    symbol=lambda sp, x: sp.sqrt(2) * sp.erfinv(2 * sp.exp(x) - 1), domain=(-2, -0.2), singular=True,
    convention="infinite at 0; a zero tangent or cotangent stays zero",
)  # fmt: skip
wofz = special(
    sc.wofz, lambda g, y, x: g * (1j * _SLOPE - 2 * x * y), symbol=lambda sp, x: sp.exp(-(x**2)) * sp.erfc(-sp.I * x),
    domain=(-1.5, 1.5),
)  # fmt: skip
