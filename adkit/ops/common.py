"""What the families of rules share: axes, and spreading a cotangent over what was reduced."""

from __future__ import annotations

import os
import sys
import warnings
from math import prod
from typing import Any

import numpy as np

from ..errors import AdkitWarning
from ..levels import Boxed, operand

__all__ = ["as_type", "floating", "negative_axes", "negative_axis", "piece", "spread", "spread_kept", "warn"]


def floating(x: Any) -> Any:
    """An array or a NumPy number; integers become float64.

    >>> floating(2).dtype
    dtype('float64')
    """
    if not isinstance(x, Boxed) and (not hasattr(x, "dtype") or x.dtype.kind == "O"):
        x = operand(x)
        x = x if isinstance(x, Boxed) else np.asarray(x)[()]
    return x if x.dtype.kind in "fc" else x.astype(float)


def as_type(x: Any, dtype: Any) -> Any:
    """An array, a number or a box in a type.

    >>> as_type(2, np.float32).dtype
    dtype('float32')
    """
    return np.astype(x, dtype) if isinstance(x, Boxed) else np.asarray(x, dtype=dtype)  # type: ignore[call-overload]


def negative_axis(axis: Any, ndim: int) -> int:
    """An axis counted from the end, so that a leading batch axis does not move it.

    >>> negative_axis(0, 3)
    -3
    """
    k: int = axis.__index__()
    if not -ndim <= k < ndim:
        raise np.exceptions.AxisError(k, ndim)
    return k - ndim if k >= 0 else k


def negative_axes(axis: Any, ndim: int) -> tuple[int, ...]:
    """Axes as NumPy takes them (None, an int or a tuple), as a tuple counted from the end.

    >>> negative_axes(None, 2), negative_axes((0, -1), 3)
    ((-2, -1), (-3, -1))
    """
    if axis is None:
        return tuple(range(-ndim, 0))
    if isinstance(axis, (tuple, list, range)) or (isinstance(axis, np.ndarray) and axis.ndim):
        axes = tuple([negative_axis(k, ndim) for k in axis])
        if len(set(axes)) != len(axes):
            raise ValueError("duplicate value in 'axis'")
        return axes
    return (negative_axis(axis, ndim),)


def piece(a: Any, axis: int, part: Any) -> Any:
    """``a[..., part, ...]`` with ``part`` at ``axis``, which counts from the end.

    >>> piece(np.eye(3), -1, 0)
    array([1., 0., 0.])
    """
    return a[(slice(None),) * (a.ndim + axis) + (part,)]


def spread_kept(g: Any, axes: tuple[int, ...], keepdims: bool, ndim: int, l: int) -> Any:
    """A perturbation of a reduction's result, with the reduced axes put back at length one."""
    if keepdims or not axes:
        return g
    kept: tuple[Any, ...] = tuple([None if k in axes else slice(None) for k in range(-ndim, 0)])
    return g[(slice(None),) + kept] if l else g[kept]


_LARGE = 8192


def spread(g: Any, shape: tuple[int, ...], axes: tuple[int, ...], keepdims: bool, l: int) -> Any:
    """A cotangent of a reduction's result, repeated over the operand's shape (behind the batch axis).

    A large one is a view without memory of its own; for a small one making the view would cost more than filling.
    """
    if isinstance(g, np.generic):
        if prod(shape) > _LARGE:
            return np.broadcast_to(g, shape)
        full = np.empty(shape, g.dtype)
        full.fill(g)
        return full
    g = spread_kept(g, axes, keepdims, len(shape), l)
    if type(g) is np.ndarray:
        shape = g.shape[:l] + shape
        if prod(shape) > _LARGE:
            return np.broadcast_to(g, shape)
        full = np.empty(shape, g.dtype)
        full[...] = g
        return full
    return np.broadcast_to(g, g.shape[:l] + shape)


def warn(text: str, kind: type[Warning] = AdkitWarning) -> None:
    """Warn about the line of the user's that led here, however many of ours lie between.

    ``kind`` is a warning of :mod:`adkit.errors`.
    """
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_HOME):
        frame, level = frame.f_back, level + 1
    warnings.warn(text, kind, stacklevel=level)


_HOME = os.path.dirname(os.path.dirname(__file__)) + os.sep
