"""Distributions of vectors: the multivariate normal and Dirichlet's."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as _sc
import scipy.stats as _st

from ..errors import UnsupportedError
from ..levels import Boxed, plain
from .common import bare, lifted
from .distributions import _refusing
from .linalg import solve_triangular

__all__ = ["dirichlet", "multivariate_normal"]

_LOG_2PI = float(np.log(2 * np.pi))


class _Vectors:
    """A distribution of vectors: its densities are differentiated, all else is SciPy's own."""

    def __init__(self, theirs: Any, name: str) -> None:
        self._theirs, self.name, self.__doc__ = theirs, name, theirs.__doc__

    def __repr__(self) -> str:
        return f"<adkit.scipy.stats.{self.name}>"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        value = getattr(self._theirs, name)
        return _refusing(value, f"scipy.stats.{self.name}.{name}") if callable(value) else value


class _Frozen:
    """A distribution of vectors with its parameters fixed."""

    def __init__(self, of: Any, args: tuple[Any, ...], kw: dict[str, Any]) -> None:
        self._of, self._args, self._kw = of, args, kw

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        method = getattr(self._of, name)
        if name in ("rvs", "entropy", "mean", "var"):
            return lambda *args, **kw: method(*self._args, *args, **self._kw, **kw)
        return lambda x: method(x, *self._args, **self._kw)


class _Normal(_Vectors):
    """The multivariate normal: in x, the mean and the covariance, of which the lower triangle is read."""

    def __call__(self, *args: Any, **kw: Any) -> Any:
        return _Frozen(self, args, kw)

    def logpdf(self, x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False) -> Any:
        """The logarithm of the density at ``x``, whose last axis holds the components.

        >>> float(multivariate_normal.logpdf(np.zeros(2), np.zeros(2), np.eye(2)).round(6))
        -1.837877
        """
        boxed, (x, mean, cov) = lifted(x, mean, cov)
        if not boxed:
            return self._theirs.logpdf(x, mean, cov, allow_singular)
        if not hasattr(cov, "shape"):
            raise UnsupportedError("multivariate_normal: a Covariance object has no rule; pass the matrix itself")
        numbers = plain if allow_singular else bare
        place = None if mean is None else numbers(mean)
        value = self._theirs.logpdf(numbers(x), place, numbers(cov), allow_singular)  # or its own error
        cov, dim = self._matrix(cov, mean)
        x = np.reshape(x, x.shape + (1,)) if (dim == 1 and (x.ndim == 0 or x.shape[-1] != 1 or x.ndim == 1)) else x
        d = x if mean is None else x - mean
        flat = np.reshape(d, (-1, dim))
        if allow_singular:
            if isinstance(cov, Boxed):
                raise UnsupportedError("multivariate_normal: a singular covariance (allow_singular=True) must be held constant")
            sizes, axes = np.linalg.eigh(cov)
            kept = sizes > 1e6 * np.finfo(float).eps * np.max(np.abs(sizes))  # SciPy's own measure
            whitening = axes[:, kept] / np.sqrt(sizes[kept])
            rank, log_det = int(np.sum(kept)), np.sum(np.log(sizes[kept])) / 2
            white = np.transpose(flat @ whitening)
        else:
            L = np.linalg.cholesky(cov)
            rank, log_det = dim, np.sum(np.log(np.diagonal(L)))
            white = solve_triangular(L, np.transpose(flat), lower=True)
        found = np.reshape(-0.5 * (rank * _LOG_2PI + np.sum(white * white, axis=0)) - log_det, d.shape[:-1])
        return np.where(np.isfinite(value), found, value) if allow_singular else found  # off the support, its -inf

    def _matrix(self, cov: Any, mean: Any) -> tuple[Any, int]:
        """The covariance as a matrix, and its dimension."""
        dim = cov.shape[-1] if cov.ndim else (np.size(plain(mean)) if mean is not None else 1)
        return (cov * np.eye(dim, dtype=cov.dtype) if cov.ndim < 2 else cov), dim

    def entropy(self, mean: Any = None, cov: Any = 1) -> Any:
        """The differential entropy, of the covariance alone.

        >>> float(multivariate_normal.entropy(None, np.eye(2)).round(6))
        2.837877
        """
        boxed, (mean, cov) = lifted(mean, cov)
        if not boxed:
            return self._theirs.entropy(mean, cov)
        cov, dim = self._matrix(lifted(cov)[1][0] if isinstance(cov, Boxed) else np.asarray(cov, float), mean)
        return dim * (_LOG_2PI + 1) / 2 + np.sum(np.log(np.diagonal(np.linalg.cholesky(cov))))

    def pdf(self, x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False) -> Any:
        """The density at ``x``, whose last axis holds the components."""
        boxed, (x, mean, cov) = lifted(x, mean, cov)
        return np.exp(self.logpdf(x, mean, cov, allow_singular)) if boxed else self._theirs.pdf(x, mean, cov, allow_singular)


class _Dirichlet(_Vectors):
    """Dirichlet's distribution: in x, along whose first axis the components run, and in alpha."""

    def __call__(self, *args: Any, **kw: Any) -> Any:
        return _Frozen(self, args, kw)

    def logpdf(self, x: Any, alpha: Any) -> Any:
        """The logarithm of the density at ``x``; the last component may be left out.

        >>> float(dirichlet.logpdf(np.array([0.5, 0.5]), np.ones(2)))
        0.0
        """
        boxed, (x, alpha) = lifted(x, alpha)
        if not boxed:
            return self._theirs.logpdf(x, alpha)
        self._theirs.logpdf(bare(x), bare(alpha))  # its own words for what is wrong
        if x.shape[0] + 1 == alpha.shape[0]:
            x = np.concatenate([x, 1 - np.sum(x, axis=0, keepdims=True)])
        powers = np.reshape(alpha - 1, alpha.shape + (1,) * (x.ndim - 1))
        constant = _sc.gammaln(np.sum(alpha)) - np.sum(_sc.gammaln(alpha))
        return constant + np.sum(_sc.xlogy(powers, x), axis=0)

    def pdf(self, x: Any, alpha: Any) -> Any:
        """The density at ``x``."""
        boxed, (x, alpha) = lifted(x, alpha)
        return np.exp(self.logpdf(x, alpha)) if boxed else self._theirs.pdf(x, alpha)


multivariate_normal = _Normal(_st.multivariate_normal, "multivariate_normal")
dirichlet = _Dirichlet(_st.dirichlet, "dirichlet")
