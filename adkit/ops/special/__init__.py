"""SciPy's special functions that are ufuncs, one file a family.  Loaded when the first of them meets a box.

``scipy.special.expit(x)`` of a value being differentiated finds its rule here; what is no ufunc (logsumexp, polygamma)
is in :mod:`adkit.scipy.special`.
"""

from . import bessel, errors, gamma, hypergeometric, integrals, logistic

__all__ = ["bessel", "errors", "gamma", "hypergeometric", "integrals", "logistic"]
