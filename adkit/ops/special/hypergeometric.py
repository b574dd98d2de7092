"""Hypergeometric functions of their last argument; the parameters are not differentiated (DLMF, chapters 13 and 15)."""

from __future__ import annotations

from typing import Any

import scipy.special as sc

from ...errors import InexpressibleError
from ...registry import NoSymbol, case
from .common import refused, special

__all__: list[str] = []

_A = (1.2, 2.8)
_TOO_GENERAL = "SymPy cannot compute with its hypergeometric functions"


def _moments(sp: Any, a: Any, b: Any, x: Any) -> Any:
    """Kummer's function; M(n+1, n+2, x)/(n+1) is the n-th derivative of (exp(x) - 1)/x."""
    if a.is_Integer and b == a + 1 and a > 0:
        t = sp.Dummy(positive=True)
        return (a * sp.diff((sp.exp(t) - 1) / t, t, a - 1)).subs(t, x)
    raise InexpressibleError(_TOO_GENERAL)


def _elliptic(sp: Any, a: Any, b: Any, c: Any, x: Any) -> Any:
    """Gauss's function; where it is a derivative of an elliptic integral, in SymPy's words for that."""
    m = sp.Dummy(positive=True)
    half = sp.Rational(1, 2)
    for n, whole in ((a - half, sp.elliptic_k(m)), (a + half, sp.elliptic_e(m))):
        if n.is_Integer and n >= 0 and b == half + n and c == 1 + n:
            first = half if whole.func is sp.elliptic_k else -half
            scale = sp.rf(first, n) * sp.rf(half, n) / sp.factorial(n)
            return (2 / sp.pi * sp.diff(whole, m, n) / scale).subs(m, x)
    raise InexpressibleError(_TOO_GENERAL)


hyp0f1 = special(
    sc.hyp0f1, refused(sc.hyp0f1, "the parameter"), lambda g, _y, v, x: g * sc.hyp0f1(v + 1, x) / v,
    symbol=NoSymbol(_TOO_GENERAL), domain=(_A, (0.2, 2)), cases=(case(1.5, (3,)), case((), (3,))),
)  # fmt: skip
hyp1f1 = special(
    sc.hyp1f1, refused(sc.hyp1f1, "a"), refused(sc.hyp1f1, "b"), lambda g, _y, a, b, x: g * (a / b) * sc.hyp1f1(a + 1, b + 1, x),
    symbol=_moments, domain=(_A, _A, (0.2, 2)), cases=(case(2, 3, (3,)), case(1.5, 2.5, (3,)), case((), (), (3,))),
)  # fmt: skip
hyp2f1 = special(
    sc.hyp2f1, refused(sc.hyp2f1, "a"), refused(sc.hyp2f1, "b"), refused(sc.hyp2f1, "c"),
    lambda g, _y, a, b, c, x: g * (a * b / c) * sc.hyp2f1(a + 1, b + 1, c + 1, x), symbol=_elliptic,
    domain=(_A, _A, _A, (-0.8, 0.8)), singular=True,
    cases=(case(0.5, 0.5, 1.0, (3,)), case(1.5, 2.0, 2.5, (3,)), case((), (), (), (3,))),
)  # fmt: skip
hyperu = special(
    sc.hyperu, refused(sc.hyperu, "a"), refused(sc.hyperu, "b"), lambda g, _y, a, b, x: -g * a * sc.hyperu(a + 1, b + 1, x),
    symbol=NoSymbol("SymPy has no word for Tricomi's function"), domain=(_A, _A, (0.5, 2)),
    cases=(case(1.5, 2.5, (3,)), case((), (), (3,))),
)  # fmt: skip
