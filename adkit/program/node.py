"""The values of a program as a graph: what the passes rewrite, where instructions are what a reader sees.

A node's function is one of NumPy's ufuncs, one of the kinds named here, or any other function; its operands are nodes
and constants.  Equal nodes are one node (see ``algebra``), so the graph has no common subexpressions.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from math import prod
from typing import Any

import numpy as np

from ..box import getitem
from ..guard import silent
from ..registry import Op
from .instruction import PART, UFUNCS

__all__ = [
    "BLOCK", "BROADCAST", "CONTRACT", "FRESH", "REDUCE", "RESHAPE", "SCATTER", "STACK", "TRANSPOSE", "VIEWS", "WIDE",
    "Node", "elementwise", "evaluate", "live", "map_nodes", "nodes_of", "normal", "whole",
]  # fmt: skip

REDUCE, RESHAPE, TRANSPOSE, BROADCAST, SCATTER = "reduce", "reshape", "transpose", "broadcast", "scatter"
STACK, CONTRACT, BLOCK, WIDE = "stack", "contract", "block", "wide"

VIEWS = frozenset((RESHAPE, TRANSPOSE, BROADCAST, getitem, PART, np.real, np.imag))
"""What may give a view of its first operand."""

FRESH: set[Any] = {
    REDUCE, SCATTER, STACK, CONTRACT, np.matmul, np.where, np.concatenate, np.stack, np.einsum, np.dot, np.tensordot, np.outer,
    np.cumsum, np.cumprod, np.sort, np.argsort, np.argmax, np.argmin, np.tril, np.triu, np.clip, np.take, np.take_along_axis,
    np.linalg.inv, np.linalg.solve, np.linalg.det, np.linalg.cholesky, np.trace, np.kron, np.flip, np.roll, np.repeat, np.tile,
    operator.pow,
}  # fmt: skip
FRESH -= {np.flip}
"""What gives an array of its own, that shares no memory with an operand."""

_REDUCTIONS = {
    np.sum: np.add, np.max: np.maximum, np.min: np.minimum, np.prod: np.multiply, np.any: np.logical_or, np.all: np.logical_and,
}


class Node:
    """One value: ``fun(*args, **kw)``, with the shape and type that it had in the trace."""

    __slots__ = ("args", "dtype", "fun", "kw", "label", "operands", "parts", "role", "shape", "where")

    def __init__(self, fun: Any, args: tuple[Any, ...], kw: dict[str, Any], shape: Any, dtype: Any) -> None:
        self.fun, self.args, self.kw, self.shape, self.dtype = fun, args, kw, shape, dtype
        self.operands = _operands(args, kw)
        self.label = ""
        self.parts = 0  # how many results, where there are several
        self.where: Any = None
        self.role: Any = None

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return prod(self.shape)

    @property
    def nbytes(self) -> int:
        return 0 if self.dtype is None else prod(self.shape) * self.dtype.itemsize

    def __repr__(self) -> str:
        return f"<{self.label or 'node'}: {getattr(self.fun, '__name__', self.fun)} {self.shape}>"


def _operands(args: tuple[Any, ...], kw: dict[str, Any]) -> list[Node]:
    """Every node among a call's arguments, in order."""
    found = []
    for a in args:
        kind = type(a)
        if kind is Node:
            found.append(a)
        elif kind is tuple or kind is list or kind is slice:
            found += nodes_of(a)
    if kw:
        found += nodes_of(kw)
    return found


def elementwise(fun: Any) -> bool:
    """Whether a function is a ufunc of one result that acts entry by entry."""
    return isinstance(fun, np.ufunc) and fun.signature is None and fun.nout == 1


def nodes_of(x: Any) -> Iterator[Node]:
    """Every node in a nested argument, in order."""
    if type(x) is Node:
        yield x
    elif type(x) is tuple or type(x) is list:
        for e in x:
            yield from nodes_of(e)
    elif type(x) is dict:
        for e in x.values():
            yield from nodes_of(e)
    elif type(x) is slice:
        yield from nodes_of((x.start, x.stop, x.step))


def map_nodes(f: Callable[[Node], Any], x: Any) -> Any:
    """A nested argument with every node replaced."""
    kind = type(x)
    if kind is Node:
        return f(x)
    if kind is tuple:
        return tuple([map_nodes(f, e) for e in x])
    if kind is list:
        return [map_nodes(f, e) for e in x]
    if kind is dict:
        return {k: map_nodes(f, e) for k, e in x.items()}
    if kind is slice:
        return slice(map_nodes(f, x.start), map_nodes(f, x.stop), map_nodes(f, x.step))
    return x


def live(roots: list[Node], order: list[Node]) -> list[Node]:
    """The nodes on which the roots depend, in the given order."""
    needed = {id(n) for n in roots}
    found = []
    for node in reversed(order):
        if id(node) in needed:
            found.append(node)
            needed.update([id(n) for n in node.operands])
    return found[::-1]


def normal(fun: Any, args: tuple[Any, ...], kw: dict[str, Any], shape: Any, dtype: Any) -> tuple[Any, Any, dict[str, Any]]:
    """A call in its normal form: one function for each meaning, shapes and axes spelled out."""
    fun = UFUNCS.get(fun, fun) if fun is not operator.pow and fun is not operator.pos else fun
    if fun is getitem:
        return _subscript(args, shape)
    if isinstance(fun, Op):
        if fun.name == "scatter":
            return SCATTER, args, kw
        if fun.name == "relu" and len(args) == 1 and not kw:
            return np.maximum, (args[0], 0), {}
        return fun, args, kw
    x = args[0] if args else None
    if kw and not isinstance(fun, Op):
        kw = {k: v for k, v in kw.items() if v is not np._NoValue and not (v is None and k in ("dtype", "out"))}
    if fun in _REDUCTIONS and type(x) is Node and len(args) <= 2 and not set(kw) - {"axis", "keepdims"}:
        axis = args[1] if len(args) == 2 else kw.get("axis")
        return REDUCE, (x,), {"ufunc": _REDUCTIONS[fun], "axis": _axes(axis, x.ndim), "keepdims": bool(kw.get("keepdims", False))}
    if type(x) is not Node:
        return fun, args, kw
    place = {np.reshape: 2, np.ravel: 1}.get(fun, len(args))
    order = args[place] if place < len(args) else kw.get("order", "C")
    if fun in (np.reshape, np.ravel, np.squeeze, np.expand_dims) and order == "C" and x.dtype is not None:
        if fun is not np.reshape or "copy" not in kw:
            return RESHAPE, (x,), {"shape": shape}
    if fun is np.pad and not x.ndim:
        return RESHAPE, (x,), {"shape": ()}
    if fun is np.broadcast_to:
        return BROADCAST, (x,), {"shape": shape}
    if fun in (np.transpose, np.swapaxes, np.moveaxis, np.matrix_transpose) and x.ndim > 0:
        marked = np.broadcast_to(np.True_, tuple(range(2, x.ndim + 2)))
        order = fun(marked, *args[1:], **kw).shape
        return TRANSPOSE, (x,), {"axes": tuple([k - 2 for k in order])}
    return fun, args, kw


def _axes(axis: Any, ndim: int) -> tuple[int, ...] | None:
    """Axes counted from the front; None for all."""
    if axis is None:
        return None
    axes = tuple([int(k) % ndim if ndim else 0 for k in (axis if isinstance(axis, (tuple, list)) else (axis,))])
    return None if len(axes) == ndim else axes


def _subscript(args: tuple[Any, ...], shape: Any) -> tuple[Any, Any, dict[str, Any]]:
    x, key = args
    if type(x) is Node and whole(key):
        return RESHAPE, (x,), {"shape": shape}
    return getitem, args, {}


def whole(key: Any) -> bool:
    """Whether a subscript selects everything, and at most adds axes of length one."""
    parts = key if type(key) is tuple else (key,)
    return all([k is None or k is Ellipsis or (type(k) is slice and k == slice(None)) for k in parts])


def evaluate(fun: Any, args: tuple[Any, ...], kw: dict[str, Any]) -> Any:
    """A call of constants, computed."""
    with silent():
        if fun is REDUCE:
            return kw["ufunc"].reduce(args[0], axis=kw["axis"], keepdims=kw["keepdims"])
        if fun is RESHAPE:
            return np.reshape(args[0], kw["shape"])
        if fun is TRANSPOSE:
            return np.transpose(args[0], kw["axes"])
        if fun is STACK:
            return np.concatenate(args[0], axis=0)
        return fun(*args, **kw)
