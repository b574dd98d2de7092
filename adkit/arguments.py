"""What the drivers share: which arguments, what they may be, and what comes out."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from . import tree
from .errors import AdkitError, DerivativeError, IndependentOutputWarning
from .hints import note_object_array, note_scipy
from .levels import Boxed, Level, lift, operand

__all__ = [
    "as_perturbation", "call", "callers_level", "check_argnums", "check_callable", "check_inputs", "chunk_size", "enter",
    "is_label", "match", "named", "number", "outputs", "own", "positions", "quiet", "results", "split_aux",
    "strip", "warn_independent",
]  # fmt: skip

_CHUNK_ELEMENTS = 65536
_FLOAT = np.dtype(np.float64)


def check_argnums(argnums: Any, op: str) -> None:
    """Refuse what is no integer and no tuple of them, before the function is called."""
    for k in argnums if isinstance(argnums, (tuple, list)) else (argnums,):
        if isinstance(k, bool) or not hasattr(k, "__index__") or np.ndim(k):
            given = f"an array of shape {k.shape}" if isinstance(k, np.ndarray) else repr(k)
            raise DerivativeError(
                f"{op}: argnums must be an integer or a tuple of integers, not {given}; {op} returns a function, which "
                f"is called with the arguments: {op}(f)(x)"
            )


def positions(argnums: Any, args: tuple[Any, ...], op: str, kw: Any = ()) -> tuple[int, ...]:
    """``argnums`` as non-negative positions.

    Raises
    ------
    DerivativeError : for what is out of range or given twice.
    """
    if type(argnums) is int and 0 <= argnums < len(args):
        return (argnums,)
    found = []
    for k in argnums if isinstance(argnums, (tuple, list)) else (argnums,):
        n = k.__index__()
        if not -len(args) <= n < len(args):
            named = f", and by keyword {', '.join(kw)}" if kw else ""
            raise DerivativeError(
                f"{op}: argnums={k} asks for an argument that was not given by position ({len(args)} were{named}); keyword "
                f"arguments are not differentiated, so pass it by position: {op}(f)(x)"
            )
        found.append(n + len(args) if n < 0 else n)
    if len(set(found)) != len(found):
        raise DerivativeError(f"{op}: argnums={argnums!r} names an argument twice")
    if not found:
        raise DerivativeError(f"{op}: argnums is empty; name at least one argument")
    return tuple(found)


def enter(argument: Any, box: Callable[[Any], Any], place: int, op: str) -> Any:
    """The argument at a place with every leaf boxed; static leaves stay as they are."""
    kind = type(argument)
    if kind is np.ndarray and argument.dtype is _FLOAT and argument.ndim:
        return box(argument)
    if kind is np.ndarray or kind is np.float64 or kind is float or isinstance(argument, Boxed):
        return box(tree.as_primal(argument, place, op))

    def leaf(x: Any) -> Any:
        if type(x) is np.ndarray and x.dtype is _FLOAT and x.ndim:
            return box(x)
        if tree.is_static(x):
            return x
        return box(tree.as_primal(x, place, op, argument))

    return tree.map_leaves(leaf, argument)


def call(f: Callable[..., Any], args: Any, kw: dict[str, Any], op: str) -> Any:
    """Call the user's function; what NumPy hides of our messages is brought to light."""
    try:
        return f(*args, **kw)
    except AdkitError as error:
        note_scipy(error, op)
        raise
    except (TypeError, ValueError, AttributeError, IndexError, RuntimeError) as error:
        cause = error.__cause__
        if isinstance(cause, AdkitError):
            note_scipy(cause, op, error.__traceback__)
            raise cause from error
        if note_scipy(error, op):
            raise
        note_object_array(error, op)
        raise


def outputs(y: Any) -> Any:
    """A result with object arrays of boxes lifted, and frozen buffers in place of writable ones."""
    if isinstance(y, Boxed):
        return y
    kind = type(y)
    if kind is float or kind is np.float64 or (kind is np.ndarray and y.dtype.kind != "O"):
        return y
    return tree.map_leaves(_output, y)


def _output(y: Any) -> Any:
    freeze = getattr(type(y), "__adkit_freeze__", None)
    return operand(y) if freeze is None else freeze(y)  # an object array that holds numbers alone is made numeric


def strip(level: Level, x: Any) -> Any:
    """A tree (the ``aux`` of ``has_aux``) with the boxes of one level replaced by their primals.

    They are copies: a caller who writes into them must not change what is recorded.
    """

    def primal(v: Any) -> Any:
        if not (isinstance(v, Boxed) and v.level is level):
            return v
        return v.primal.copy() if type(v.primal) is np.ndarray else v.primal

    return tree.map_leaves(primal, outputs(x))


def split_aux(out: Any, has_aux: bool, op: str) -> tuple[Any, Any]:
    """The result and the aux of a function called with ``has_aux``."""
    if not has_aux:
        return out, None
    if not isinstance(out, tuple) or len(out) != 2:
        raise DerivativeError(f"{op}: with has_aux=True the function must return a pair (result, aux)")
    return out


def results(out: Any, op: str) -> Any:
    """What a function returned, with every leaf a NumPy value; None and text may stand among others.

    Raises
    ------
    DerivativeError : where a leaf is no number, or nothing but None or text was returned.
    """
    if isinstance(out, Boxed):
        return out
    if out is None or isinstance(out, (str, bytes)):
        return number(out, op)
    return tree.map_leaves(lambda v: v if is_label(v) else number(v, op), outputs(out))


def is_label(v: Any) -> bool:
    """Whether a leaf of a result carries no number and is passed on as it is."""
    return v is None or isinstance(v, (str, bytes))


def number(y: Any, op: str) -> Any:
    """A leaf of the result as a NumPy value.

    Raises
    ------
    DerivativeError : where it is no number.
    """
    if isinstance(y, (Boxed, np.ndarray, np.generic)):
        return y
    if isinstance(y, (float, int, complex)):
        return np.asarray(y)[()]
    raise DerivativeError(
        f"{op}: the function returned {type(y).__name__}, which is no number or array"
        + ("; is a return statement missing?" if y is None else "")
    )


def as_perturbation(v: Any, x: Any, what: str, op: str) -> Any:
    """A tangent or cotangent for ``x``: of its shape and type.

    Raises
    ------
    DerivativeError : for another shape.
    """
    v = lift(v)
    if not isinstance(v, Boxed):
        try:
            v = np.asarray(v)
        except (TypeError, ValueError) as error:
            raise DerivativeError(f"{op}: {what} is no array of numbers") from error
        if v.dtype.kind not in "fciub":
            raise DerivativeError(f"{op}: {what} is no array of numbers but of type {v.dtype}")
        if v.dtype.kind == "c" and x.dtype.kind != "c":
            raise DerivativeError(f"{op}: {what} is complex, but the value it belongs to is real")
        v = v.astype(x.dtype, copy=False)[()]
    elif v.dtype != x.dtype:
        if v.dtype.kind == "c" and x.dtype.kind != "c":
            raise DerivativeError(f"{op}: {what} is complex, but the value it belongs to is real")
        v = np.astype(v, x.dtype)  # type: ignore[call-overload]
    if v.shape != x.shape:
        raise DerivativeError(
            f"{op}: {what} has shape {v.shape}, but the value it belongs to has shape {x.shape}; the shapes must agree"
        )
    return v


def own(values: list[Any], foreign: tuple[Any, ...] = ()) -> list[Any]:
    """Results that share no memory with each other, with what was recorded or with the caller's perturbations.

    A result can share memory with a perturbation alone, since every rule is linear in it; a view of memory that
    nothing else has is left as it is.
    """
    seen = {id(_root(v)) for v in foreign}
    for k, d in enumerate(values):
        if type(d) is np.ndarray:
            root = _root(d)
            if id(root) in seen or not d.flags.writeable or root.nbytes > 2 * d.nbytes:
                values[k] = root = d.copy()
            seen.add(id(root))
    return values


def _root(x: Any) -> Any:
    """The array that owns the memory of a view."""
    base = getattr(x, "base", None)
    while type(base) is np.ndarray:
        x, base = base, base.base
    return x


def match(values: Any, like: Any, what: str, op: str) -> list[Any]:
    """The perturbations of the leaves of ``like`` that carry numbers, from a tree of the same structure.

    Entries of dicts are matched by their keys, in whatever order they come.

    Raises
    ------
    DerivativeError : for another structure.
    """
    if tree.is_number(values) and tree.is_number(like):
        return [values]
    given, wanted = dict(tree.paths(values, what)), list(tree.paths(like, what))
    if len(given) != len(wanted) or any([path not in given for path, _ in wanted]):
        raise DerivativeError(
            f"{op}: {what} must have the structure of what it belongs to: "
            f"it has {len(given)} leaves ({', '.join(list(given)[:4])}), "
            f"not {len(wanted)} ({', '.join(p for p, _ in wanted[:4])})"
        )
    return [given[path] for path, leaf in wanted if not tree.is_static(leaf)]


def check_inputs(inputs: list[Any], args: tuple[Any, ...], places: tuple[int, ...], op: str) -> None:
    """Refuse arguments in which there is nothing to differentiate with respect to."""
    if not inputs:
        which = " and ".join([f"argument {k} ({type(args[k]).__name__})" for k in places])
        raise DerivativeError(f"{op}: there is no number in {which} to differentiate with respect to")


def quiet(f: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a derivative whose being constant is no surprise: a linear function has a zero Hessian."""
    f.__adkit_quiet__ = True  # type: ignore[attr-defined]
    return f


def warn_independent(op: str, what: str, f: Any) -> None:
    """Say that a derivative is zero because nothing connects the output with the input."""
    if getattr(f, "__adkit_quiet__", False):
        return
    warnings.warn(
        f"{op}: the output does not depend on {what}, so its derivative is zero. If it should depend: was the "
        "value converted to a plain number, taken from a closure, or only compared?",
        IndependentOutputWarning,
        stacklevel=callers_level(),
    )


_HOME = os.path.dirname(__file__) + os.sep


def callers_level() -> int:
    """How far up the first frame is that is not ours, for a warning to point at."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_HOME):
        frame, level = frame.f_back, level + 1
    return level


def chunk_size(directions: int, size: int) -> int:
    """How many directions travel in one sweep: so many that each op works on about 65,000 numbers.

    Measured: from 16,000 to 100,000 elements an op the cost a direction is flat; below, Python's overhead
    shows, above, the cache ends.
    """
    return max(1, min(directions, _CHUNK_ELEMENTS // max(size, 1)))


def named(wrapper: Any, f: Any, prefix: str) -> Any:
    """Give a derived function a telling name; that a derivative is itself constant is no surprise."""
    wrapper.__name__ = wrapper.__qualname__ = f"{prefix}({getattr(f, '__name__', 'function')})"
    wrapper.__wrapped__ = f
    return quiet(wrapper)


def check_callable(f: Any, op: str) -> None:
    """Refuse what is no function, before it is called."""
    if not callable(f):
        raise DerivativeError(f"{op}: the first argument must be a function, not {type(f).__name__}")
