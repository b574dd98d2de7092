"""Constants as Python writes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["number", "small_array"]

_SMALL = 8
"""Entries above which an array gets a name in place of a literal."""

_DEFAULT = {np.dtype(float), np.dtype(int), np.dtype(bool), np.dtype(complex)}


def _real(v: Any) -> str:
    """A float that reads back to the same bits.

    >>> _real(0.1), _real(float("-inf"))
    ('0.1', '-np.inf')
    """
    if v != v:
        return "np.nan"
    if v in (np.inf, -np.inf):
        return "np.inf" if v > 0 else "-np.inf"
    return repr(float(v))


def number(v: Any, bare: bool = True) -> str | None:
    """A Python or NumPy number as text, or None for what is none.

    ``bare``: a NumPy number of the default precision may be written as Python's own, because all around it has that
    precision too.

    >>> number(np.float64(0.5)), number(np.float64(0.5), bare=False), number(np.float32(0.5))
    ('0.5', 'np.float64(0.5)', 'np.float32(0.5)')
    """
    if isinstance(v, (bool, np.bool_)):
        return repr(bool(v))
    if isinstance(v, int):
        return repr(v)
    if isinstance(v, np.integer):
        return repr(int(v)) if bare and v.dtype == int else f"np.{v.dtype.name}({int(v)})"
    if isinstance(v, float) and not isinstance(v, np.generic):
        return _real(v)
    if isinstance(v, np.floating):
        if v.dtype == np.float64:
            return _real(float(v)) if bare else f"np.float64({_real(float(v))})"
        return f"np.{v.dtype.name}({_real(float(v))})" if v.dtype.itemsize < 8 else f"np.longdouble({str(v)!r})"
    if isinstance(v, (complex, np.complexfloating)):
        name = "complex" if bare or not isinstance(v, np.generic) else f"np.{np.asarray(v).dtype.name}"
        c = complex(v)
        parts = f"{_real(c.real)}, {_real(c.imag)}"
        return f"{name}({parts})" if name == "complex" else f"{name}(complex({parts}))"
    return None


def small_array(a: Any, write: Callable[[Any], str]) -> str | None:
    """An array as text, where that is short: few entries, or a pattern that NumPy has a name for.

    >>> small_array(np.zeros((2, 3)), repr), small_array(np.array([1.0, 2.0]), repr)
    ('np.zeros((2, 3))', 'np.array([1.0, 2.0])')
    """
    kind = "" if a.dtype == float else f", {_type(a.dtype)}"
    if a.dtype.kind not in "fciub" or (kind and _type(a.dtype) is None):
        return None
    first = a.ravel()[0] if a.size else 0
    if a.ndim and (not a.size or (a == first).all()) and (first or not np.signbit(np.real(first))) and (a.size > 1 or not first):
        shape = write(a.shape)
        if not a.size or not first:
            return f"np.zeros({shape}{kind})"
        if first == 1:
            return f"np.ones({shape}{kind})"
        return f"np.full({shape}, {number(first, bare=kind == '')}{kind})" if a.size > 3 else _listed(a)
    if a.ndim == 2 and a.shape[0] == a.shape[1] and a.shape[0] > 1 and np.array_equal(a, np.eye(len(a))):
        return f"np.eye({len(a)}{', dtype=' + str(_type(a.dtype)) if kind else ''})"
    return _listed(a) if a.size <= _SMALL else None


def _type(dtype: Any) -> str | None:
    name = {"float64": "float", "int64": "int", "bool": "bool", "complex128": "complex"}.get(dtype.name)
    return name or (f"np.{dtype.name}" if hasattr(np, dtype.name) else None)


def _listed(a: Any) -> str:
    def nested(x: Any) -> str:
        if isinstance(x, list):
            return "[" + ", ".join([nested(e) for e in x]) + "]"
        return str(number(x))

    kind = "" if a.dtype in _DEFAULT else f", dtype={_type(a.dtype)}"
    return f"np.array({nested(a.tolist())}{kind})"
