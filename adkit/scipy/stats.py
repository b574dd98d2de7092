"""scipy.stats: distributions whose densities and probabilities are differentiated, in the variable and the parameters.

The shape parameters of most distribution functions (cdf, sf) have no known derivative: they are refused, and those of the
densities are not.  All other names are SciPy's own.
"""

from __future__ import annotations

import numpy as np
import scipy.special as _sc
import scipy.stats as _st

from .common import mirror
from .distributions import Continuous, Discrete
from .multivariate import dirichlet, multivariate_normal

__all__ = [
    "bernoulli", "beta", "binom", "cauchy", "chi2", "dirichlet", "expon", "gamma", "geom", "gumbel_r", "halfnorm", "invgamma",
    "laplace", "logistic", "lognorm", "multivariate_normal", "norm", "pareto", "poisson", "t", "uniform", "weibull_min",
]  # fmt: skip

_positive = lambda z, *_: z > 0

norm = Continuous(_st.norm, (), lambda z: -z, sample=(-1.5, 1.5))
t = Continuous(
    _st.t, ("df",), lambda z, df: -(df + 1) * z / (df + z * z),
    [
        lambda z, df: (
            _sc.psi((df + 1) / 2) - _sc.psi(df / 2) - 1 / df - np.log1p(z * z / df) + (df + 1) * z * z / (df * (df + z * z))
        ) / 2
    ],
    sample=(-1.5, 1.5),
)  # fmt: skip
beta = Continuous(
    _st.beta, ("a", "b"), lambda z, a, b: (a - 1) / z - (b - 1) / (1 - z),
    [lambda z, a, b: np.log(z) - _sc.psi(a) + _sc.psi(a + b), lambda z, a, b: np.log1p(-z) - _sc.psi(b) + _sc.psi(a + b)],
    lambda z, a, b: (z > 0) & (z < 1), sample=(0.3, 0.6),
)  # fmt: skip
gamma = Continuous(
    _st.gamma, ("a",), lambda z, a: (a - 1) / z - 1, [lambda z, a: np.log(z) - _sc.psi(a)], _positive
)
chi2 = Continuous(
    _st.chi2, ("df",), lambda z, df: (df / 2 - 1) / z - 0.5, [lambda z, df: (np.log(z / 2) - _sc.psi(df / 2)) / 2], _positive
)
expon = Continuous(_st.expon, (), lambda z: -np.ones_like(z), inside=lambda z: z >= 0)
halfnorm = Continuous(_st.halfnorm, (), lambda z: -z, inside=lambda z: z >= 0)
uniform = Continuous(_st.uniform, (), lambda z: 0 * z, inside=lambda z: (z >= 0) & (z <= 1), sample=(0.3, 0.7))
laplace = Continuous(_st.laplace, (), lambda z: -np.sign(z), sample=(0.3, 2.0))
logistic = Continuous(_st.logistic, (), lambda z: -np.tanh(z / 2), sample=(-1.5, 1.5))
cauchy = Continuous(_st.cauchy, (), lambda z: -2 * z / (1 + z * z), sample=(-1.5, 1.5))
gumbel_r = Continuous(_st.gumbel_r, (), lambda z: np.exp(-z) - 1, sample=(-1.0, 2.0))
invgamma = Continuous(
    _st.invgamma, ("a",), lambda z, a: 1 / (z * z) - (a + 1) / z, [lambda z, a: -np.log(z) - _sc.psi(a)], _positive
)
lognorm = Continuous(
    _st.lognorm, ("s",), lambda z, s: -(1 + np.log(z) / (s * s)) / z, [lambda z, s: np.log(z) ** 2 / s**3 - 1 / s], _positive,
    [lambda z, s: -np.log(z) / s**2 * np.exp(-((np.log(z) / s) ** 2) / 2) / np.sqrt(2 * np.pi)],
)  # fmt: skip
pareto = Continuous(
    _st.pareto, ("b",), lambda z, b: -(b + 1) / z, [lambda z, b: 1 / b - np.log(z)], lambda z, b: z >= 1,
    [lambda z, b: z**-b * np.log(z)], sample=(2.0, 3.0),
)  # fmt: skip
weibull_min = Continuous(
    _st.weibull_min, ("c",), lambda z, c: (c - 1 - c * z**c) / z, [lambda z, c: 1 / c + np.log(z) - z**c * np.log(z)], _positive,
    [lambda z, c: z**c * np.log(z) * np.exp(-(z**c))],
)  # fmt: skip

poisson = Discrete(
    _st.poisson, ("mu",), [lambda k, mu: np.where(k == 0, -1.0, k / mu - 1)],
    [lambda k, mu: np.where(k >= 0, -np.exp(_sc.xlogy(np.maximum(k, 0), mu) - mu - _sc.gammaln(np.maximum(k, 0) + 1)), 0)],
    domain=(1.0, 3.0),
)  # fmt: skip
bernoulli = Discrete(
    _st.bernoulli, ("p",), [lambda k, p: np.where(k > 0, 1 / p, -1 / (1 - p))], [lambda k, p: np.where(k == 0, -1.0 + 0 * p, 0 * p)]
)
binom = Discrete(
    _st.binom, ("n", "p"), [None, lambda k, n, p: k / p - (n - k) / (1 - p)],
    [
        None,
        lambda k, n, p: -n * np.exp(
            _sc.gammaln(n) - _sc.gammaln(k + 1) - _sc.gammaln(n - k) + _sc.xlogy(k, p) + _sc.xlog1py(n - 1 - k, -p)
        ),
    ],
    fixed=(4, None),
)  # fmt: skip
geom = Discrete(
    _st.geom, ("p",), [lambda k, p: 1 / p - (k - 1) / (1 - p)], [lambda k, p: np.where(k >= 1, k * (1 - p) ** (k - 1), 0)]
)

__getattr__, __dir__ = mirror("scipy.stats", globals())
