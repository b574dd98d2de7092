"""Bessel functions, by their recurrences; the order is not differentiated (DLMF, chapters 9 and 10)."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sc

from ...registry import NoSymbol, case
from .common import real_only, refused, several, special

__all__: list[str] = []

_AT = (0.5, 4)


def _ordered(fun: Any, slope: Any, symbol: Any, orders: tuple[Any, ...] = (1.5, 2.0), **fields: Any) -> Any:
    """A function of order ``v``; ``slope(v, x, y)``."""
    cases = [case(v, (3,)) for v in orders]
    if fun not in (sc.yn, sc.kn):  # whose orders are integers
        cases.append(case((), (3,)))
    return special(
        fun, refused(fun, "the order"), lambda g, y, v, x: g * slope(v, x, y), symbol=symbol, domain=((1.2, 2.6), _AT),
        cases=tuple(cases),
        **fields,
    )  # fmt: skip


def _falling(fun: Any) -> Any:
    """The slope of J, Y and the two H: half the lower neighbour less half the upper."""
    return lambda v, x, _y: (fun(v - 1, x) - fun(v + 1, x)) / 2


def _damped(x: Any, fun: Any) -> Any:
    """The slope of the factor exp(-|x|), whose kink lies at 0."""
    real_only(x, fun.__name__)
    return np.sign(x)


_KINK = "the factor exp(-|x|) has slope 0 at 0"

# first and second kind -----------------------------------------------------------------------------

jv = _ordered(sc.jv, _falling(sc.jv), "besselj", (1.5, 2, 0))
yv = _ordered(sc.yv, _falling(sc.yv), "bessely", singular=True)
yn = _ordered(sc.yn, _falling(sc.yv), "bessely", (0, 2), singular=True)
j0 = special(sc.j0, lambda g, _y, x: -g * sc.j1(x), symbol=lambda sp, x: sp.besselj(0, x), domain=_AT)
j1 = special(sc.j1, lambda g, _y, x: g * (sc.j0(x) - sc.jv(2, x)) / 2, symbol=lambda sp, x: sp.besselj(1, x), domain=_AT)
y0 = special(sc.y0, lambda g, _y, x: -g * sc.y1(x), symbol=lambda sp, x: sp.bessely(0, x), domain=_AT, singular=True)
y1 = special(
    sc.y1, lambda g, _y, x: g * (sc.y0(x) - sc.yv(2, x)) / 2, symbol=lambda sp, x: sp.bessely(1, x), domain=_AT, singular=True
)


def _real_falling(fun: Any, slope: Any) -> Any:
    """For what is scaled by exp(-|Im x|), which is 1 on the real axis and analytic nowhere else."""

    def real(v: Any, x: Any, y: Any) -> Any:
        real_only(x, fun.__name__)
        return slope(v, x, y)

    return real


jve = _ordered(sc.jve, _real_falling(sc.jve, _falling(sc.jve)), "besselj")
yve = _ordered(sc.yve, _real_falling(sc.yve, _falling(sc.yve)), "bessely", singular=True)
hankel1 = _ordered(sc.hankel1, _falling(sc.hankel1), "hankel1", singular=True)
hankel2 = _ordered(sc.hankel2, _falling(sc.hankel2), "hankel2", singular=True)

# modified ------------------------------------------------------------------------------------------

iv = _ordered(sc.iv, lambda v, x, _y: (sc.iv(v - 1, x) + sc.iv(v + 1, x)) / 2, "besseli", (1.5, 2, 0))
ive = _ordered(
    sc.ive, lambda v, x, y: (sc.ive(v - 1, x) + sc.ive(v + 1, x)) / 2 - _damped(x, sc.ive) * y,
    lambda sp, v, x: sp.exp(-sp.Abs(x)) * sp.besseli(v, x), convention=_KINK,
)  # fmt: skip
i0 = special(sc.i0, lambda g, _y, x: g * sc.i1(x), name="special.i0", symbol=lambda sp, x: sp.besseli(0, x), domain=_AT)
i1 = special(sc.i1, lambda g, _y, x: g * (sc.i0(x) + sc.iv(2, x)) / 2, symbol=lambda sp, x: sp.besseli(1, x), domain=_AT)
i0e = special(
    sc.i0e, lambda g, y, x: g * (sc.i1e(x) - _damped(x, sc.i0e) * y), domain=_AT, convention=_KINK,
    symbol=lambda sp, x: sp.exp(-sp.Abs(x)) * sp.besseli(0, x),
)  # fmt: skip
i1e = special(
    sc.i1e, lambda g, y, x: g * ((sc.i0e(x) + sc.ive(2, x)) / 2 - _damped(x, sc.i1e) * y), domain=_AT,
    symbol=lambda sp, x: sp.exp(-sp.Abs(x)) * sp.besseli(1, x),
)  # fmt: skip


def _k(sp: Any, v: Any, x: Any) -> Any:
    """K, which is even in its order: SymPy's derivative of K_0 then meets that of K_1."""
    return sp.besselk(abs(v) if v.is_number else v, x)


_KV: dict[str, Any] = {"singular": True}
kv = _ordered(sc.kv, lambda v, x, _y: -(sc.kv(v - 1, x) + sc.kv(v + 1, x)) / 2, _k, (1.5, 2, 0), **_KV)
kn = _ordered(sc.kn, lambda v, x, _y: -(sc.kv(v - 1, x) + sc.kv(v + 1, x)) / 2, _k, (0, 2), **_KV)
kve = _ordered(
    sc.kve, lambda v, x, y: y - (sc.kve(v - 1, x) + sc.kve(v + 1, x)) / 2, lambda sp, v, x: sp.exp(x) * _k(sp, v, x), **_KV
)
k0 = special(sc.k0, lambda g, _y, x: -g * sc.k1(x), symbol=lambda sp, x: sp.besselk(0, x), domain=_AT, **_KV)
k1 = special(
    sc.k1, lambda g, _y, x: -g * (sc.k0(x) + sc.kv(2, x)) / 2, symbol=lambda sp, x: sp.besselk(1, x), domain=_AT, **_KV
)
k0e = special(
    sc.k0e, lambda g, y, x: g * (y - sc.k1e(x)), symbol=lambda sp, x: sp.exp(x) * sp.besselk(0, x), domain=_AT, **_KV
)
k1e = special(
    sc.k1e, lambda g, y, x: g * (y - (sc.k0e(x) + sc.kve(2, x)) / 2), symbol=lambda sp, x: sp.exp(x) * sp.besselk(1, x),
    domain=_AT, **_KV,
)  # fmt: skip

# Airy ----------------------------------------------------------------------------------------------

airy = several(
    sc.airy, lambda x, ai, aip, bi, bip: aip, lambda x, ai, aip, bi, bip: x * ai, lambda x, ai, aip, bi, bip: bip,
    lambda x, ai, aip, bi, bip: x * bi, symbol=NoSymbol("four results of one operand have no single expression"),
    domain=(-2, 2), cases=(case((3,)), case(()), case((2, 3))),
)  # fmt: skip
