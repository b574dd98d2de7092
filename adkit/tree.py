"""Trees: tuples, lists, dicts, namedtuples and dataclasses of arrays, as arguments and results.

A *leaf* is what is no container.  Leaves that carry no number (None, text, functions) are *static*:
they are passed on, and have no derivative.  A field of a dataclass declared with
``field(metadata={"static": True})`` is static too, whatever it holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .errors import DerivativeError
from .levels import Boxed, lift

__all__ = ["as_primal", "children", "is_number", "is_static", "leaves", "map_leaves", "paths", "rebuild"]

_F64 = np.float64
_OBJECT = np.dtype(object)
_ATOMS = frozenset((np.ndarray, np.float64, float, int, complex, bool))


def _children(x: Any) -> tuple[list[Any], Callable[[list[Any]], Any], list[str]] | None:
    """Contents of a container, how to make it anew, and a name for each; None for a leaf."""
    kind = type(x)
    if kind in _ATOMS or isinstance(x, Boxed):
        return None
    if isinstance(x, tuple):
        if hasattr(kind, "_fields"):
            return list(x), lambda xs: kind(*xs), [f".{name}" for name in kind._fields]
        return list(x), kind, [f"[{i}]" for i in range(len(x))]
    if isinstance(x, list):
        return x, kind, [f"[{i}]" for i in range(len(x))]
    if isinstance(x, dict):
        keys = list(x)

        def make(xs: list[Any]) -> Any:
            if kind is dict:
                return dict(zip(keys, xs, strict=True))
            new = x.copy()
            new.update(zip(keys, xs, strict=True))
            return new

        return list(x.values()), make, [f"[{k!r}]" for k in keys]
    fields = getattr(kind, "__dataclass_fields__", None)
    if fields is not None:
        names = [f for f, field in fields.items() if not field.metadata.get("static") and hasattr(x, f)]

        def make_dataclass(xs: list[Any]) -> Any:
            new = object.__new__(kind)
            for name in fields:
                if hasattr(x, name):
                    object.__setattr__(new, name, getattr(x, name))
            for name, value in zip(names, xs, strict=True):
                object.__setattr__(new, name, value)
            return new

        return [getattr(x, f) for f in names], make_dataclass, [f".{name}" for name in names]
    return None


def map_leaves(f: Callable[[Any], Any], x: Any) -> Any:
    """The tree with ``f`` applied to every leaf.

    >>> map_leaves(lambda v: v + 1, {"w": 1.0, "b": (2.0, [3.0])})
    {'w': 2.0, 'b': (3.0, [4.0])}
    """
    kind = type(x)
    if kind in _ATOMS or isinstance(x, Boxed):
        return f(x)
    if kind is tuple:
        return tuple([map_leaves(f, e) for e in x])
    if kind is list:
        return [map_leaves(f, e) for e in x]
    if kind is dict:
        return {k: map_leaves(f, e) for k, e in x.items()}
    parts = _children(x)
    if parts is None:
        return f(x)
    children, make, _ = parts
    return make([map_leaves(f, e) for e in children])


def leaves(x: Any) -> list[Any]:
    """The leaves, in order.

    >>> leaves({"w": 1.0, "b": (2.0, [3.0])})
    [1.0, 2.0, 3.0]
    """
    if isinstance(x, Boxed) or type(x) in _ATOMS:
        return [x]
    found: list[Any] = []
    map_leaves(found.append, x)
    return found


def rebuild(x: Any, values: list[Any]) -> Any:
    """A tree shaped as ``x``, with other leaves.

    >>> rebuild({"w": 0.0, "b": (0.0,)}, [1.0, 2.0])
    {'w': 1.0, 'b': (2.0,)}
    """
    supply = iter(values)
    return map_leaves(lambda _: next(supply), x)


def paths(x: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Each leaf with the path that leads to it, for messages.

    >>> list(paths({"w": [1.0, 2.0]}, "params"))
    [("params['w'][0]", 1.0), ("params['w'][1]", 2.0)]
    """
    parts = _children(x)
    if parts is None:
        yield prefix, x
        return
    children, _, names = parts
    for child, name in zip(children, names, strict=True):
        yield from paths(child, prefix + name)


def children(x: Any) -> list[Any] | None:
    """What a container holds, in order; None for a leaf.

    >>> children({"w": 1.0, "b": (2.0,)}), children(1.0)
    ([1.0, (2.0,)], None)
    """
    parts = _children(x)
    return None if parts is None else parts[0]


def is_number(x: Any) -> bool:
    """Whether a tree is, by its type alone, one leaf that carries numbers.

    >>> is_number(1.0), is_number((1.0,)), is_number("text")
    (True, False, False)
    """
    return type(x) in _ATOMS or isinstance(x, Boxed)


def is_static(x: Any) -> bool:
    """Whether a leaf carries no number: None, text, a function, an object of another kind."""
    if type(x) in _ATOMS or isinstance(x, (Boxed, np.ndarray, np.generic)):
        return False
    return x is None or isinstance(x, (str, bytes)) or callable(x) or not hasattr(x, "__array__")


def as_primal(x: Any, place: int | str, op: str, argument: Any = None) -> Any:
    """A leaf in the form that is differentiated: a floating array, or a NumPy scalar for 0-d.

    ``place`` is the argument's position or name, ``op`` the driver; ``argument`` is the tree that the leaf came
    from, so that a message can give its path.

    Raises
    ------
    DerivativeError : for integers, booleans, masked arrays and what is no number.
    """
    kind = type(x)
    if kind is _F64:
        return x
    if kind is np.ndarray:
        letter = x.dtype.kind
        if letter == "f" or letter == "c":
            return x if x.ndim else x[()]
        if letter == "O":
            x = lift(x)
            if isinstance(x, Boxed):
                return x
    elif kind is float:
        return _F64(x)
    elif kind is complex:
        return np.complex128(x)
    elif isinstance(x, Boxed):
        if x.dtype.kind in "fc":
            return x
    elif isinstance(x, np.inexact):
        return x
    elif isinstance(x, np.ndarray) and not isinstance(x, (np.ma.MaskedArray, np.matrix)) and x.dtype.kind in "fc":
        return np.asarray(x)
    elif hasattr(kind, "__adkit_freeze__") and x.dtype.kind in "fc":
        return as_primal(lift(x), place, op)  # an array that takes item assignment: what it holds now
    where = what = f"argument {place}" if isinstance(place, int) else place
    if argument is not None:
        where = next((path for path, leaf in paths(argument, what) if leaf is x), what)
    if isinstance(x, (bool, int, np.bool_, np.integer)):
        remedy = f"{x!r} is {'a bool' if isinstance(x, (bool, np.bool_)) else 'an integer'}; pass {float(x)!r}"
    elif isinstance(x, (np.ma.MaskedArray, np.matrix)):
        remedy = f"{kind.__name__} is not supported; pass a plain array (np.asarray, or x.filled(0.0) for a masked one)"
    elif isinstance(x, np.ndarray) or hasattr(x, "dtype"):
        remedy = f"its entries are of type {x.dtype}; pass floating-point numbers, x.astype(float)"
    else:
        remedy = f"{kind.__name__} is not a number"
    raise DerivativeError(f"{op}: cannot differentiate with respect to {where}: {remedy}")
