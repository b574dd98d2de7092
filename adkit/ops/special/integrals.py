"""Integrals without an elementary form: exponential, Fresnel, sine, elliptic; and Lambert's W (DLMF, 4.13, 6, 7, 19)."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sc

from ...registry import NoSymbol, case
from .common import alike, refused, several, sinhc, special

__all__: list[str] = []

_PAIR = NoSymbol("two results of one operand have no single expression")
_CASES = (case((3,)), case(()), case((2, 3)), case((0,)))

exp1 = special(sc.exp1, lambda g, _y, x: -g * np.exp(-x) / x, symbol=lambda sp, x: sp.expint(1, x), domain=(0.3, 3), singular=True)
expi = special(sc.expi, lambda g, _y, x: g * np.exp(x) / x, symbol="Ei", domain=(0.3, 3), singular=True)


def _expn_slope(n: Any, x: Any) -> Any:
    """-E_{n-1}(x), which for n = 0 is elementary."""
    lowest = n < 1
    return np.where(lowest, -np.exp(-x) * (1 + x) / (x * x), -sc.expn(np.where(lowest, 0, n - 1), x))


expn = special(
    sc.expn, refused(sc.expn, "the order"), lambda g, _y, n, x: g * _expn_slope(n, x), symbol="expint",
    domain=((1.0, 3.0), (0.3, 3)), singular=True, cases=(case(2, (3,)), case(1, (2, 3)), case(0, (3,))),
)  # fmt: skip
dawsn = special(
    sc.dawsn, lambda g, y, x: g - 2 * g * x * y, symbol=lambda sp, x: sp.sqrt(sp.pi) / 2 * sp.exp(-(x**2)) * sp.erfi(x),
    domain=(-2, 2),
)  # fmt: skip

fresnel = several(
    sc.fresnel, lambda x, s, c: np.sin(np.pi / 2 * x * x), lambda x, s, c: np.cos(np.pi / 2 * x * x), symbol=_PAIR,
    domain=(-2, 2), cases=_CASES,
)  # fmt: skip
sici = several(
    sc.sici, lambda x, s, c: np.sinc(x / np.pi), lambda x, s, c: np.cos(x) / x, symbol=_PAIR, domain=(0.4, 3), cases=_CASES,
    singular=True,
)  # fmt: skip
shichi = several(
    sc.shichi, lambda x, s, c: sinhc(x), lambda x, s, c: np.cosh(x) / x, symbol=_PAIR, domain=(0.4, 3), cases=_CASES,
    singular=True,
)  # fmt: skip

# K(m) = pi/2 F(1/2, 1/2; 1; m) and E(m) = pi/2 F(-1/2, 1/2; 1; m): so written, no slope cancels near m = 0.


_QUARTER = np.pi / 4


def _k_slope(m: Any) -> Any:
    return _QUARTER * sc.hyp2f1(alike(1.5, m), alike(1.5, m), alike(2, m), m) / 2


def _e_slope(m: Any) -> Any:
    return -_QUARTER * sc.hyp2f1(alike(0.5, m), alike(1.5, m), alike(2, m), m) / 2


ellipk = special(
    sc.ellipk, lambda g, _y, m: g * _k_slope(m), symbol="elliptic_k", domain=(-2, 0.8), singular=True,
)  # fmt: skip
ellipkm1 = special(
    sc.ellipkm1, lambda g, _y, p: -g * _k_slope(1 - p), symbol=lambda sp, p: sp.elliptic_k(1 - p), domain=(0.2, 1.8), singular=True,
)  # fmt: skip
ellipe = special(
    sc.ellipe, lambda g, _y, m: g * _e_slope(m), symbol="elliptic_e", domain=(-2, 0.8),
    singular=True,
)  # fmt: skip


# log(z)/(1 - z) as F(1, 1; 2; 1 - z): no cancellation at z = 1, and derivatives of every order.
spence = special(
    sc.spence, lambda g, _y, z: -g * sc.hyp2f1(alike(1, z), alike(1, z), alike(2, z), 1 - z),
    symbol=NoSymbol("SymPy's dilogarithm is another branch of it"), domain=(0.4, 3), singular=True,
)  # fmt: skip


def _lambertw_case(shape: Any, k: int, domain: Any) -> Any:
    return case(shape, np.array(k, np.dtype("long")), 1e-8, domain=(domain, (0, 1), (0, 1)))


lambertw = special(
    getattr(sc._ufuncs, "_lambertw", sc.lambertw), lambda g, y, _x, _k, _t: g / (np.exp(y) * (1 + y)), None,
    refused(sc.lambertw, "the tolerance"), name="lambertw", symbol=lambda sp, x, k, _t: sp.LambertW(x, k), domain=(0.2, 3),
    singular=True,
    cases=(_lambertw_case((3,), 0, (0.2, 3)), _lambertw_case((), 0, (-0.3, -0.1)), _lambertw_case((2, 3), -1, (-0.3, -0.1))),
)  # fmt: skip
wrightomega = special(
    sc.wrightomega, lambda g, y, _x: g * y / (1 + y), symbol=lambda sp, x: sp.LambertW(sp.exp(x)), domain=(-2, 2)
)
