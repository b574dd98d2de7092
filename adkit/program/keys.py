"""What a compiled function is specialised to: the structure, shapes and types of its arguments, and the values of the rest."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from .. import tree
from ..errors import DerivativeError, UnsupportedError
from ..levels import Boxed

__all__ = ["BOXED", "Call", "read"]

BOXED = object()
"""The key of a call with values being differentiated, or traced."""

_SMALL = frozenset((np.dtype("f2"), np.dtype("f4"), np.dtype("c8")))
_NUMBERS = (float, complex)


class Call:
    """The leaves of a call's arguments that are inputs, the key of all that is held fixed, and what the key knows by identity."""

    __slots__ = ("fixed", "key", "leaves", "watched", "weak")

    def __init__(self) -> None:
        self.leaves: list[Any] = []
        self.key: list[Any] = []
        self.watched: list[Any] = []
        self.weak: list[int] = []
        self.fixed: dict[int, Any] = {}


def read(args: tuple[Any, ...], kw: dict[str, Any]) -> Call | None:
    """A call taken apart; None where a value is being differentiated or traced.

    Python's floats are inputs; beside single precision, whose type they would take, they are held fixed.
    """
    call = Call()
    try:
        for a in args:
            _read(call, a)
        for name in kw:
            call.key.append(name)
            _read(call, kw[name])
    except _BoxedError:
        return None
    if call.weak and any([getattr(x, "dtype", None) in _SMALL for x in call.leaves]):
        for k in call.weak:
            call.key.append((k, repr(call.leaves[k])))
            call.fixed[k] = call.leaves[k]
    return call


class _BoxedError(Exception):
    """A value is being differentiated, or traced."""


def _read(call: Call, x: Any) -> None:
    kind = type(x)
    if kind is np.ndarray:
        if x.dtype.hasobject and any([isinstance(e, Boxed) for e in x.flat]):
            raise _BoxedError
        call.key.append((x.shape, x.dtype))
        call.leaves.append(x)
    elif kind is float or kind is complex:
        call.key.append(kind)
        call.weak.append(len(call.leaves))
        call.leaves.append(x)
    elif isinstance(x, Boxed) or hasattr(kind, "__adkit_freeze__"):
        raise _BoxedError
    elif isinstance(x, (bool, int, np.integer, np.bool_, str, bytes, type(None))):
        call.key.append((kind, x))
    elif isinstance(x, np.ndarray):
        if isinstance(x, (np.ma.MaskedArray, np.matrix)):
            raise DerivativeError(f"compile: an argument is a {kind.__name__}; pass a plain array")
        call.key.append((x.shape, x.dtype))
        call.leaves.append(np.asarray(x))
    elif isinstance(x, np.generic):
        call.key.append(((), x.dtype))
        call.leaves.append(x)
    else:
        _read_other(call, x)


def _read_other(call: Call, x: Any) -> None:
    kind = type(x)
    children = tree.children(x)
    if children is not None:
        call.key.append((kind, tuple(x) if isinstance(x, dict) else len(children)))
        for name, field in getattr(kind, "__dataclass_fields__", {}).items():
            if field.metadata.get("static"):
                _read_static(call, getattr(x, name, None))
        for child in children:
            _read(call, child)
        return
    if not tree.is_static(x):
        array = np.asarray(x)
        call.key.append((array.shape, array.dtype))
        call.leaves.append(array)
        return
    _read_static(call, x)


def _read_static(call: Call, x: Any) -> None:
    """What is held fixed: by its value where that is text or a number, else by its identity."""
    if isinstance(x, (np.random.Generator, np.random.RandomState, np.random.BitGenerator, random.Random)):
        raise UnsupportedError(
            f"compile: an argument is a {type(x).__name__}, whose numbers the program would freeze: draw them outside and pass "
            "them as an argument"
        )
    if isinstance(x, (bool, int, float, str, bytes, type(None))):
        call.key.append((type(x), repr(x)))
        return
    call.key.append(id(x))
    call.watched.append(x)
