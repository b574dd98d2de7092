"""The logistic family, entropies, and the losses and transforms of statistics."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sc

from ...registry import case, lookup
from .common import special

__all__: list[str] = []

expit = special(
    sc.expit, lambda g, y, x: g * y * sc.expit(-x), symbol=lambda sp, x: 1 / (1 + sp.exp(-x)), domain=(-3, 3)
)
logit = special(
    sc.logit, lambda g, _y, x: g / (x * (1 - x)), symbol=lambda sp, x: sp.log(x / (1 - x)), domain=(0.1, 0.9), singular=True,
    convention="infinite at 0 and 1; a zero tangent or cotangent stays zero",
)  # fmt: skip
log_expit = special(
    sc.log_expit, lambda g, _y, x: g * sc.expit(-x), symbol=lambda sp, x: -sp.log(1 + sp.exp(-x)), domain=(-3, 3)
)


def _ratio(x: Any, y: Any) -> Any:
    """x / y, and 0 where both are 0."""
    return x / np.where((x == 0) & (y == 0), 1, y)


xlogy = special(
    sc.xlogy, lambda g, _y, _a, b: g * np.log(b), lambda g, _y, a, b: g * _ratio(a, b),
    symbol=lambda sp, a, b: a * sp.log(b), domain=((-3, 3), (0.3, 3)), singular=True,
    convention="0 log 0 = 0; there the derivative with respect to the second operand is 0",
)  # fmt: skip
xlog1py = special(
    sc.xlog1py, lambda g, _y, _a, b: g * np.log1p(b), lambda g, _y, a, b: g * _ratio(a, 1 + b),
    symbol=lambda sp, a, b: a * sp.log(1 + b), domain=((-3, 3), (-0.6, 3)), singular=True,
    convention="0 log 0 = 0; there the derivative with respect to the second operand is 0",
)  # fmt: skip
entr = special(
    sc.entr, lambda g, _y, x: -g * np.log(x) - g, symbol=lambda sp, x: -x * sp.log(x), domain=(0.3, 3), singular=True,
    convention="infinite at 0; a zero tangent or cotangent stays zero",
)  # fmt: skip
rel_entr = special(
    sc.rel_entr, lambda g, _y, a, b: g * np.log(a / b) + g, lambda g, _y, a, b: -g * _ratio(a, b),
    symbol=lambda sp, a, b: a * sp.log(a / b), domain=(0.3, 3), singular=True,
    convention="-inf where the first operand is 0; a zero tangent or cotangent stays zero",
)  # fmt: skip
kl_div = special(
    sc.kl_div, lambda g, _y, a, b: g * np.log(a / b), lambda g, _y, a, b: g - g * _ratio(a, b),
    symbol=lambda sp, a, b: a * sp.log(a / b) - a + b, domain=(0.3, 3), singular=True,
    convention="-inf where the first operand is 0; a zero tangent or cotangent stays zero",
)  # fmt: skip

# Box and Cox's transform is L exprel(k L) of L = log(x), so its slope in k is L^2 exprel'(k L): smooth through k = 0.


def _exprel_slope(x: Any) -> Any:
    """exprel'(x) = integral of s exp(s x) over [0, 1], without the cancellation of its closed form."""
    return sc.hyp1f1(2, 3, x) / 2


exprel = special(
    sc.exprel, lambda g, _y, x: g * _exprel_slope(x), symbol=lambda sp, x: (sp.exp(x) - 1) / x, domain=(0.2, 3)
)
boxcox = special(
    sc.boxcox, lambda g, _y, x, k: g * x ** (k - 1), lambda g, _y, x, k: g * np.log(x) ** 2 * _exprel_slope(k * np.log(x)),
    symbol=lambda sp, x, k: (x**k - 1) / k, domain=((0.3, 3), (0.3, 2)), singular=True,
)  # fmt: skip
boxcox1p = special(
    sc.boxcox1p, lambda g, _y, x, k: g * (1 + x) ** (k - 1),
    lambda g, _y, x, k: g * np.log1p(x) ** 2 * _exprel_slope(k * np.log1p(x)),
    symbol=lambda sp, x, k: ((1 + x) ** k - 1) / k, domain=((-0.6, 3), (0.3, 2)), singular=True,
)  # fmt: skip

huber = special(
    sc.huber, lambda g, _y, d, r: g * np.maximum(np.absolute(r) - d, 0), lambda g, _y, d, r: g * np.clip(r, -d, d),
    symbol=lambda sp, d, r: sp.Piecewise((r**2 / 2, sp.Abs(r) <= d), (d * (sp.Abs(r) - d / 2), True)),
    domain=((0.6, 1.2), (-3, 3)), cases=(case((3,), (3,)),),
)  # fmt: skip


def _pseudo_huber_width(d: Any, r: Any) -> Any:
    """The slope of pseudo_huber in its width: d q^2 / (s (1 + s)^2), of q = (r/d)^2 and s = sqrt(1 + q)."""
    q = (r / d) ** 2
    s = np.sqrt(1 + q)
    return d * q * q / (s * (1 + s) ** 2)


pseudo_huber = special(
    sc.pseudo_huber, lambda g, _y, d, r: g * _pseudo_huber_width(d, r), lambda g, _y, d, r: g * r / np.sqrt(1 + (r / d) ** 2),
    symbol=lambda sp, d, r: d**2 * (sp.sqrt(1 + (r / d) ** 2) - 1), domain=((0.3, 3), (-3, 3)),
)  # fmt: skip

# SciPy's own spellings of elementary functions -----------------------------------------------------

for _fun, _name in ((sc.exp2, "exp2"), (sc.expm1, "expm1"), (sc.log1p, "log1p"), (sc.cbrt, "cbrt")):
    _op = lookup(_name)
    special(_fun, *_op.rules, symbol=_op.symbol, domain=_op.domain, singular=_op.singular, convention=_op.convention)

_LN10 = float(np.log(10.0))
_DEGREE = float(np.pi / 180)

exp10 = special(sc.exp10, lambda g, y, _x: g * y * _LN10, symbol=lambda sp, x: 10**x, domain=(-2, 2), singular=True)
cosm1 = special(sc.cosm1, lambda g, _y, x: -g * np.sin(x), symbol=lambda sp, x: sp.cos(x) - 1, domain=(-3, 3))
powm1 = special(
    sc.powm1, lambda g, _y, a, b: g * b * a ** (b - 1), lambda g, y, a, _b: g * (1 + y) * np.log(a),
    symbol=lambda sp, a, b: a**b - 1, domain=((0.3, 3), (-2, 2)), singular=True,
)  # fmt: skip
sindg = special(
    sc.sindg, lambda g, _y, x: g * sc.cosdg(x) * _DEGREE, symbol=lambda sp, x: sp.sin(x * sp.pi / 180), domain=(-80, 80)
)
cosdg = special(
    sc.cosdg, lambda g, _y, x: -g * sc.sindg(x) * _DEGREE, symbol=lambda sp, x: sp.cos(x * sp.pi / 180), domain=(-80, 80)
)
tandg = special(
    sc.tandg, lambda g, y, _x: (g + g * y * y) * _DEGREE, symbol=lambda sp, x: sp.tan(x * sp.pi / 180), domain=(-60, 60)
)
