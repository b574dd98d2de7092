"""The gamma and beta functions, complete and incomplete, and Hurwitz's zeta (DLMF, chapters 5, 8 and 25)."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sc

from ...registry import NoSymbol, Op, case
from .common import alike, real_only, refused, special

__all__ = ["polygamma"]

_POSITIVE = (0.6, 3)

gamma = special(sc.gamma, lambda g, y, x: g * y * sc.psi(x), symbol="gamma", domain=_POSITIVE)
gammaln = special(sc.gammaln, lambda g, _y, x: g * sc.psi(x), symbol="loggamma", domain=_POSITIVE)
loggamma = special(sc.loggamma, lambda g, _y, x: g * sc.psi(x), symbol="loggamma", domain=_POSITIVE)


def _rgamma_slope(x: Any, y: Any) -> Any:
    """-y psi(x); left of 1/2 by reflection, which is smooth through the poles of psi."""
    left = np.real(x) < 0.5
    mirrored = 1 - np.where(left, x, 0)
    reflected = np.cos(np.pi * x) * sc.gamma(mirrored) - y * sc.psi(mirrored)
    return np.where(left, reflected, -y * sc.psi(np.where(left, 1, x)))


rgamma = special(
    sc.rgamma, lambda g, y, x: g * _rgamma_slope(x, y), symbol=lambda sp, x: 1 / sp.gamma(x), domain=(-0.7, 3),
)  # fmt: skip


# digamma and its derivatives -----------------------------------------------------------------------


def _zeta_symbol(sp: Any, s: Any, q: Any) -> Any:
    """Hurwitz's zeta; of an integer s by the polygamma function, whose derivatives SymPy knows."""
    if s.is_Integer and s > 1:
        return (-1) ** s * sp.polygamma(s - 1, q) / sp.factorial(s - 1)
    return sp.zeta(s, q)


zeta = special(
    getattr(sc._ufuncs, "_zeta", sc.zeta), refused(sc.zeta, "the order"), lambda g, _y, s, q: -g * s * sc.zeta(s + 1, q),
    name="zeta", symbol=_zeta_symbol, domain=((1.5, 3), _POSITIVE), cases=(case(2.0, (3,)), case(2.5, (2, 3)), case((), (3,))),
)  # fmt: skip


def _trigamma(x: Any) -> Any:
    real_only(x, "digamma")
    return sc.zeta(2, x)


psi = special(sc.psi, lambda g, _y, x: g * _trigamma(x), name="digamma", symbol="digamma", domain=_POSITIVE)


def _polygamma(n: Any, x: Any) -> Any:
    """The n-th derivative of digamma, as ``scipy.special.polygamma``.

    Parameters
    ----------
    n : integers, not negative.  They are not differentiated.
    x : real numbers; both broadcast.

    Examples
    --------
    >>> float(polygamma(1, 1.0).round(6))
    1.644934
    """
    return sc.polygamma(n, x)[()]


polygamma: Op = special(
    _polygamma, refused(sc.polygamma, "the order"), lambda g, _y, n, x: g * polygamma(n + 1, x), name="polygamma",
    symbol="polygamma", domain=((1.0, 2.0), _POSITIVE), cases=(case(1, (3,)), case(0, (2, 3)), case(3, (3,))),
)  # fmt: skip


# beta and binomials --------------------------------------------------------------------------------

beta = special(
    sc.beta, lambda g, y, a, b: g * y * (sc.psi(a) - sc.psi(a + b)), lambda g, y, a, b: g * y * (sc.psi(b) - sc.psi(a + b)),
    symbol=lambda sp, a, b: sp.gamma(a) * sp.gamma(b) / sp.gamma(a + b), domain=_POSITIVE,
)  # fmt: skip
betaln = special(
    sc.betaln, lambda g, _y, a, b: g * (sc.psi(a) - sc.psi(a + b)), lambda g, _y, a, b: g * (sc.psi(b) - sc.psi(a + b)),
    symbol=lambda sp, a, b: sp.loggamma(a) + sp.loggamma(b) - sp.loggamma(a + b), domain=_POSITIVE,
)  # fmt: skip
poch = special(
    sc.poch, lambda g, y, z, m: g * y * (sc.psi(z + m) - sc.psi(z)), lambda g, y, z, m: g * y * sc.psi(z + m),
    symbol=lambda sp, z, m: sp.gamma(z + m) / sp.gamma(z), domain=_POSITIVE,
)  # fmt: skip
binom = special(
    sc.binom, lambda g, y, n, k: g * y * (sc.psi(n + 1) - sc.psi(n - k + 1)),
    lambda g, y, n, k: g * y * (sc.psi(n - k + 1) - sc.psi(k + 1)),
    symbol=lambda sp, n, k: sp.gamma(n + 1) / (sp.gamma(k + 1) * sp.gamma(n - k + 1)), domain=((4, 6), (0.5, 2.5)),
)  # fmt: skip


# incomplete functions, which are the distributions of statistics -----------------------------------

_NO_SYMBOL = NoSymbol("SymPy has the incomplete function, and no derivative of it that holds for every parameter")


def gamma_density(a: Any, x: Any) -> Any:
    """The density of the gamma distribution: the slope of gammainc."""
    a = alike(a, x)
    return np.exp(sc.xlogy(a - 1, x) - x - sc.gammaln(a))


def beta_density(a: Any, b: Any, x: Any) -> Any:
    """The density of the beta distribution: the slope of betainc."""
    a, b = alike(a, x), alike(b, x)
    return np.exp(sc.xlogy(a - 1, x) + sc.xlog1py(b - 1, -x) - sc.betaln(a, b))


def t_density(df: Any, t: Any) -> Any:
    """The density of Student's t: the slope of stdtr."""
    df = alike(df, t)
    return np.exp(-(df + 1) / 2 * np.log1p(t * t / df) - sc.betaln(df / 2, alike(0.5, t)) - np.log(df) / 2)


def chi2_density(df: Any, x: Any) -> Any:
    """The density of chi squared: the slope of chdtr."""
    return gamma_density(alike(df, x) / 2, x / 2) / 2


_TWO: dict[str, Any] = {"symbol": _NO_SYMBOL, "domain": (_POSITIVE, _POSITIVE),
                        "cases": (case(1.5, (3,)), case(2.0, (2, 3)), case((3,), (3,)))}  # fmt: skip
_LEVEL: dict[str, Any] = {**_TWO, "domain": (_POSITIVE, (0.1, 0.9)), "singular": True}
_THREE: dict[str, Any] = {"symbol": _NO_SYMBOL, "domain": (_POSITIVE, _POSITIVE, (0.1, 0.9)),
                          "cases": (case(1.5, 2.5, (3,)), case(2.0, (3,), (3,)), case((3,), 2.0, (3,)))}  # fmt: skip

gammainc = special(sc.gammainc, refused(sc.gammainc, "a"), lambda g, _y, a, x: g * gamma_density(a, x), **_TWO)
gammaincc = special(sc.gammaincc, refused(sc.gammaincc, "a"), lambda g, _y, a, x: -g * gamma_density(a, x), **_TWO)
gammaincinv = special(
    sc.gammaincinv, refused(sc.gammaincinv, "a"), lambda g, y, a, _p: g / gamma_density(a, y), **_LEVEL
)
gammainccinv = special(
    sc.gammainccinv, refused(sc.gammainccinv, "a"), lambda g, y, a, _p: -g / gamma_density(a, y), **_LEVEL
)
_SHAPES = ("a (the first shape)", "b (the second shape)")
betainc = special(
    sc.betainc, *[refused(sc.betainc, s) for s in _SHAPES], lambda g, _y, a, b, x: g * beta_density(a, b, x), **_THREE
)
betaincc = special(
    sc.betaincc, *[refused(sc.betaincc, s) for s in _SHAPES], lambda g, _y, a, b, x: -g * beta_density(a, b, x), **_THREE
)
betaincinv = special(
    sc.betaincinv, *[refused(sc.betaincinv, s) for s in _SHAPES], lambda g, y, a, b, _p: g / beta_density(a, b, y),
    singular=True, **_THREE,
)  # fmt: skip
betainccinv = special(
    sc.betainccinv, *[refused(sc.betainccinv, s) for s in _SHAPES], lambda g, y, a, b, _p: -g / beta_density(a, b, y),
    singular=True, **_THREE,
)  # fmt: skip

_DF = "df (the degrees of freedom)"
stdtr = special(
    sc.stdtr, refused(sc.stdtr, _DF), lambda g, _y, df, t: g * t_density(df, t), **{**_TWO, "domain": (_POSITIVE, (-2, 2))}
)
stdtrit = special(sc.stdtrit, refused(sc.stdtrit, _DF), lambda g, y, df, _p: g / t_density(df, y), **_LEVEL)
chdtr = special(sc.chdtr, refused(sc.chdtr, _DF), lambda g, _y, df, x: g * chi2_density(df, x), **_TWO)
chdtrc = special(sc.chdtrc, refused(sc.chdtrc, _DF), lambda g, _y, df, x: -g * chi2_density(df, x), **_TWO)
pdtr = special(
    sc.pdtr, refused(sc.pdtr, "k (a count)"), lambda g, _y, k, m: -g * gamma_density(np.floor(alike(k, m)) + 1, m), **_TWO
)
pdtrc = special(
    sc.pdtrc, refused(sc.pdtrc, "k (a count)"), lambda g, _y, k, m: g * gamma_density(np.floor(alike(k, m)) + 1, m), **_TWO
)
