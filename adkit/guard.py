"""A zero tangent or cotangent contributes zero, also through an infinite partial.

``np.where(x > 0, np.log(x), 0)`` at ``x = 0`` sends a zero cotangent into ``1/x``, and ``0 * inf`` is
nan.  Rules stay raw; the sweeps notice the rare invalid operation and mend those lanes alone, where
the perturbation is zero at every level and the result is not finite.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .levels import Boxed

__all__ = ["deep_finite", "has_nan", "is_zero", "keep_zero", "not_finite", "silent"]

_F64 = np.float64
_INFINITY = np.inf


def silent() -> np.errstate:
    """A context in which an infinite partial gives no warning."""
    return np.errstate(divide="ignore", invalid="ignore", over="ignore")


def deep_finite(x: Any) -> bool:
    """Whether a value is finite at every level; large finite entries may answer no.  To be asked inside ``silent()``."""
    if type(x) is np.ndarray:
        if x.dtype.kind == "c":
            return bool(np.isfinite(x).all())
        x = np.vdot(x, x)
    elif isinstance(x, Boxed):
        return all([deep_finite(part) for part in x.layers()])
    return bool(abs(x) < _INFINITY)


def has_nan(x: Any) -> bool:
    """Whether a value holds a nan at any level."""
    if type(x) is _F64:
        return bool(x != x)
    if isinstance(x, Boxed):
        return any([has_nan(part) for part in x.layers()])
    if type(x) is np.ndarray and x.dtype.kind == "f":
        s = np.vdot(x, x)
        return bool(s != s)
    return bool(np.isnan(x).any())


def is_zero(x: Any) -> Any:
    """Where a value is zero at every level: a plain array of booleans."""
    if isinstance(x, Boxed):
        # A tangent may carry a batch axis of its own level: zero means zero in all its lanes.
        parts = x.layers()
        if not parts:  # a symbol: no number, and so neither zero nor infinite
            return np.zeros(x.shape, bool)
        zero = is_zero(parts[0])
        for part in parts[1:]:
            z = is_zero(part)
            zero = zero & (z.all(axis=0) if z.ndim > zero.ndim else z)
        return zero
    return x == 0


def not_finite(x: Any) -> Any:
    """Where a value is not finite at some level: a plain array of booleans."""
    if isinstance(x, Boxed):
        parts = x.layers()
        if not parts:
            return np.zeros(x.shape, bool)
        bad = not_finite(parts[0])
        for part in parts[1:]:
            b = not_finite(part)
            bad = bad | (b.any(axis=0) if b.ndim > bad.ndim else b)
        return bad
    return ~np.isfinite(x)


def keep_zero(d: Any, g: Any) -> Any:
    """``d`` with zeros where ``g`` is zero at every level and ``d`` is not finite.

    ``g`` broadcasts to ``d``: both are the perturbations of one elementwise op.
    """
    mask = is_zero(g) & not_finite(d)
    if not mask.any():
        return d
    if isinstance(d, np.generic):
        return type(d)(0)
    return np.where(mask, d.dtype.type(0), d)
