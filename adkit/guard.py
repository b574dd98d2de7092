"""A zero tangent or cotangent contributes zero, also through an infinite partial.

``np.where(x > 0, np.log(x), 0)`` at ``x = 0`` sends a zero cotangent into ``1/x``, and ``0 * inf`` is
nan.  Rules stay raw; the sweeps notice the rare invalid operation and mend those lanes alone, where
the perturbation is zero at every level and the result is not finite.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .levels import Boxed, plain

__all__ = [
    "deep_finite", "has_nan", "is_moderate", "is_zero", "keep_zero", "keep_zero_direction", "keep_zero_product", "not_finite",
    "silent",
]  # fmt: skip

_F64 = np.float64
_INFINITY = np.inf
_LEAST, _MOST = 1e-75, 1e75


def is_moderate(g: Any, y: Any, xs: tuple[Any, ...]) -> bool:
    """Whether a perturbation, a value and operands are plain numbers, the last two far from 0 and from infinity.

    An op that is singular at extremes alone has then a finite partial, and its rule needs no guard.
    """
    if type(g) is not _F64 or type(y) is not _F64 or not (_LEAST < abs(y) < _MOST and abs(g) < _MOST):
        return False
    return all([(type(x) is _F64 or type(x) is float) and _LEAST < abs(x) < _MOST for x in xs])


def silent() -> np.errstate:
    """A context in which an infinite partial gives no warning."""
    return np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore")


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


def _condition(of: Any, x: Any) -> Any:
    """``is_zero`` or ``not_finite`` as a program computes it, at every level."""
    if not isinstance(x, Boxed) or x.ground:
        return x == 0 if of is is_zero else np.logical_not(np.isfinite(x))
    found = _condition(of, x.primal)
    for part in x.layers()[1:]:
        c = _condition(of, part)
        if of is is_zero:
            found = found & (np.all(c, axis=0) if c.ndim > found.ndim else c)
        else:
            found = found | (np.any(c, axis=0) if c.ndim > found.ndim else c)
    return found


def keep_zero(d: Any, g: Any) -> Any:
    """``d`` with zeros where ``g`` is zero at every level and ``d`` is not finite.

    ``g`` broadcasts to ``d``: both are the perturbations of one elementwise op.
    """
    mask = is_zero(g) & not_finite(d)
    if not mask.any():
        return d
    if isinstance(d, np.generic):
        return type(d)(0)
    if getattr(plain(d), "written", False):
        # In a program that is being written down the condition stands beside the choice.
        mask = _condition(is_zero, g) & _condition(not_finite, d)
    return np.where(mask, d.dtype.type(0), d)


def _specialises(*xs: Any) -> None:
    """Tell a program that is being written down that it holds for these numbers alone."""
    for x in xs:
        found = plain(x)
        if getattr(found, "written", False):
            found.level.special = True


def keep_zero_product(d: Any, term: Callable[[Any, tuple[Any, ...]], Any], k: int, g: Any, xs: tuple[Any, ...]) -> Any:
    """A sum of products in which infinite factors count only where ``g`` is not zero.

    ``d = term(g, xs)`` is linear in ``g`` and in every operand but the ``k``-th, which is not in it.
    """
    bad = [not_finite(x) if hasattr(x, "dtype") else np.zeros((), bool) for x in xs]
    if not any([b.any() for j, b in enumerate(bad) if j != k]):
        return d
    _specialises(d, g, *xs)
    tame = tuple([np.where(b, 0, x) if b.any() else x for b, x in zip(bad, xs, strict=True)])
    alive = np.asarray(~is_zero(g), dtype=float)
    reached: Any = 0.0
    for j, b in enumerate(bad):
        if j != k:
            reached = reached + term(alive, tuple([(b if m == j else np.ones(b.shape)) * 1.0 for m, b in enumerate(bad)]))
    return np.where(reached > 0, d, term(g, tame))


def keep_zero_direction(d: Any, parts: Any) -> Any:
    """``d`` with zeros for what is not finite, where the whole perturbation, in ``parts``, is zero."""
    if all([part is None or bool(np.all(is_zero(part))) for part in parts]):
        _specialises(d)
        return np.where(not_finite(d), 0, d)
    return d
