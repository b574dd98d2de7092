"""SciPy for values being differentiated, under SciPy's own paths and signatures.

The ufuncs of ``scipy.special`` need nothing: ``scipy.special.expit(x)`` finds its rule by itself.  What is no ufunc offers
no hook, and stands here: ``adkit.scipy.special.logsumexp``, ``adkit.scipy.linalg.expm``, ``adkit.scipy.stats.norm.logpdf``,
``adkit.scipy.signal.convolve``, ``adkit.scipy.integrate.odeint``.  Of plain numbers each gives exactly what SciPy gives, and
every other name of these modules is SciPy's own.

>>> import numpy as np, adkit
>>> from adkit.scipy import linalg, special, stats
>>> adkit.grad(lambda x: special.logsumexp(x))(np.zeros(2))
array([0.5, 0.5])
>>> float(adkit.grad(lambda m: stats.norm.logpdf(1.0, m, 2.0))(0.0))
0.25
"""

from __future__ import annotations

from typing import Any

from ..extras import remedy

try:
    import scipy  # noqa: F401
except ImportError as error:
    raise ImportError(f"adkit.scipy needs SciPy: {remedy('scipy')}", name="scipy") from error

__all__ = ["integrate", "linalg", "signal", "special", "stats"]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in __all__:
        return import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
