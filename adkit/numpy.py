"""NumPy's namespace for code that adkit differentiates: no detour by protocol, and arrays that take assignment.

``import adkit.numpy as np`` in place of ``import numpy as np``: every name of NumPy is here.  A function with a
derivative rule recognises a value being differentiated itself, which is faster than NumPy's protocols, and takes lists
in which such values stand beside numbers, which NumPy's own functions mostly do not; and
``zeros``, ``ones``, ``empty``, ``full``, ``array`` and the ``_like`` forms return, while a derivative is taken, a
:class:`adkit.buffer.Buffer`, into which values being differentiated may be assigned.  Outside a driver everything is
plain NumPy.

>>> import adkit, adkit.numpy as anp
>>> def f(x):
...     y = anp.zeros(3)
...     y[0], y[1], y[2] = x, x * x, 1.0
...     return anp.sum(y)
>>> float(adkit.grad(f)(3.0))
7.0
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as _np

from .buffer import Buffer
from .levels import Boxed, lift, running, top_level
from .registry import TABLE
from .tree import leaves

__all__ = ["array", "asarray", "empty", "empty_like", "full", "full_like", "ones", "ones_like", "zeros", "zeros_like"]


def _buffer(array: _np.ndarray) -> Any:
    return Buffer(array) if running() and array.dtype.kind in "fc" else array


def zeros(shape: Any, dtype: Any = float, order: Any = "C") -> Any:
    """As ``numpy.zeros``; a Buffer while a derivative is taken."""
    return _buffer(_np.zeros(shape, dtype, order))


def ones(shape: Any, dtype: Any = float, order: Any = "C") -> Any:
    """As ``numpy.ones``; a Buffer while a derivative is taken."""
    return _buffer(_np.ones(shape, dtype, order))


def empty(shape: Any, dtype: Any = float, order: Any = "C") -> Any:
    """As ``numpy.empty``; a Buffer (of zeros) while a derivative is taken."""
    return _buffer(_np.zeros(shape, dtype, order) if running() else _np.empty(shape, dtype, order))


def full(shape: Any, fill_value: Any, dtype: Any = None, order: Any = "C") -> Any:
    """As ``numpy.full``; the value may be one that is being differentiated."""
    fill_value = lift(fill_value)
    if isinstance(fill_value, Boxed):
        buffer = Buffer(_np.zeros(shape, dtype or fill_value.dtype, order))  # type: ignore[attr-defined]
        buffer[...] = fill_value
        return buffer
    return _buffer(_np.full(shape, fill_value, dtype, order))


def zeros_like(a: Any, dtype: Any = None) -> Any:
    """Zeros of the shape and type of ``a``."""
    return zeros(_np.shape(a), dtype or _dtype(a))


def ones_like(a: Any, dtype: Any = None) -> Any:
    """Ones of the shape and type of ``a``."""
    return ones(_np.shape(a), dtype or _dtype(a))


def empty_like(a: Any, dtype: Any = None) -> Any:
    """An array of the shape and type of ``a``, to be assigned to."""
    return empty(_np.shape(a), dtype or _dtype(a))


def full_like(a: Any, fill_value: Any, dtype: Any = None) -> Any:
    """An array of the shape and type of ``a``, filled."""
    return full(_np.shape(a), fill_value, dtype or _dtype(a))


def array(object: Any, dtype: Any = None, **kw: Any) -> Any:  # noqa: A002 - NumPy's name
    """As ``numpy.array``: nested lists may hold values being differentiated, which are stacked into one."""
    value = lift(object)
    if isinstance(value, Boxed):
        value = value if dtype is None else _np.astype(value, _np.dtype(dtype))  # type: ignore[call-overload]
        return Buffer.holding(value) if running() else value
    return _buffer(_np.array(object, dtype=dtype, **kw))


def asarray(a: Any, dtype: Any = None, **kw: Any) -> Any:
    """As ``numpy.asarray``: values being differentiated stay such."""
    if isinstance(a, Buffer) and dtype is None:
        return a
    value = lift(a)
    if isinstance(value, Boxed):
        return value if dtype is None else _np.astype(value, _np.dtype(dtype))  # type: ignore[call-overload]
    return _np.asarray(a, dtype=dtype, **kw)


def _dtype(a: Any) -> Any:
    return getattr(a, "dtype", None) or _np.asarray(a).dtype


_METHODS = ("reduce", "accumulate", "outer", "at", "reduceat", "nin", "nout", "nargs", "ntypes", "types", "identity", "signature")


def _direct_ufunc(fun: Any) -> Callable[..., Any]:
    """A ufunc that asks the box at once; lists of values being differentiated are welcome, beside numbers too."""

    def direct(*args: Any, **kw: Any) -> Any:
        if not kw:
            for a in args:
                if isinstance(a, Boxed):
                    kind: Any = type(a)
                    return (kind.functions.get(fun) or kind._first_use(fun))(*args)
        return fun(*_lifted(args), **kw)

    for name in _METHODS:
        setattr(direct, name, getattr(fun, name))
    return direct


_SEQUENCES = frozenset((
    "block", "broadcast_arrays", "choose", "column_stack", "concat", "concatenate", "dstack", "einsum", "hstack", "meshgrid",
    "multi_dot", "piecewise", "select", "stack", "vstack",
))  # fmt: skip
"""Functions whose lists are of arrays, each by itself."""


def _direct(fun: Any, answer: Any) -> Callable[..., Any]:
    """A function of NumPy that asks the table at once; lists of values being differentiated are welcome."""
    apart = fun.__name__ in _SEQUENCES

    def direct(*args: Any, **kw: Any) -> Any:
        for a in args:
            if isinstance(a, Boxed):
                kind: Any = type(a)
                return (kind.functions.get(fun) or kind._first_use(fun))(*args, **kw)
        # No any() here: once a user asks for numpy's, this module's own name `any` is that one.
        if [a for a in (*args, *kw.values()) if not isinstance(a, _PLAIN)]:
            if apart:
                if top_level(tuple(leaves(args))) is not None:
                    return answer(*args, **kw)
            else:
                args, kw = _lifted(args), dict(zip(kw, _lifted(tuple(kw.values())), strict=True))
                if top_level((*args, *kw.values())) is not None:
                    return answer(*args, **kw)
        return fun(*args, **kw)

    return direct


_PLAIN = (float, int, str, bool, type(None), _np.generic, slice, type)


def _lifted(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Operands with lists and object arrays that hold values being differentiated made into one value each."""
    return tuple([lift(a) if type(a) in (list, tuple, _np.ndarray) else a for a in args])


def _made(namespace: Any, name: str) -> Any:
    """A name of NumPy, made direct where a rule exists."""
    value = getattr(namespace, name)
    if isinstance(value, _np.ufunc):
        direct = _direct_ufunc(value) if value in TABLE else value
    elif callable(value) and not isinstance(value, type) and value in TABLE:
        direct = _direct(value, TABLE[value])
    else:
        return value
    direct.__name__ = name  # type: ignore[union-attr]
    return direct


class _Namespace:
    """``numpy.linalg`` or ``numpy.fft``, its functions made direct."""

    def __init__(self, namespace: Any) -> None:
        self._namespace = namespace

    def __getattr__(self, name: str) -> Any:
        found = _made(self._namespace, name)
        setattr(self, name, found)
        return found

    def __dir__(self) -> list[str]:
        return dir(self._namespace)


linalg, fft = _Namespace(_np.linalg), _Namespace(_np.fft)


def __getattr__(name: str) -> Any:
    """Any other name of NumPy, made direct where a rule exists."""
    found = _made(_np, name)
    if found is not getattr(_np, name):
        globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *dir(_np)})
