"""Building a program's graph: equal nodes once, constants folded, and algebra that changes no bit.

A rewriting here is exact in floating point: signs move outwards until they cancel or meet a sum, factors that are powers
of two merge, arrays that repeat one number become that number, what NumPy broadcasts by itself is not broadcast before.
(A zero may change its sign, and a product of numbers near the end of the range its rounding.)
"""

from __future__ import annotations

from math import frexp, prod
from typing import Any
from zlib import crc32

import numpy as np

from .node import BROADCAST, REDUCE, RESHAPE, SCATTER, STACK, TRANSPOSE, Node, elementwise, evaluate, map_nodes, normal, whole
from ..box import getitem

__all__ = ["Builder", "scalar"]

_F64, _C128 = np.dtype(float), np.dtype(complex)
_PRECISE = frozenset((_F64, _C128, np.dtype("f4")))
_FOLDED = frozenset((REDUCE, RESHAPE, TRANSPOSE, STACK, np.matmul))
_FOLD = 1_000_000
_NUMBERS = (float, np.float64, int, np.floating, np.integer, complex, np.complexfloating)
_FLAT = frozenset((float, int, np.ndarray, np.float64, str, type(None)))
_SIGNED = (np.multiply, np.true_divide)


def scalar(x: Any) -> bool:
    """Whether a constant is a number."""
    return isinstance(x, _NUMBERS) and not isinstance(x, (bool, np.bool_))


def _power_of_two(c: Any) -> bool:
    return isinstance(c, float) and c != 0 and abs(frexp(c)[0]) == 0.5 and 2.0**-200 < abs(c) < 2.0**200


def _shape(x: Any) -> tuple[int, ...]:
    return x.shape if type(x) is Node else np.shape(x)


def _holds_node(x: Any) -> bool:
    return any([type(e) is Node or ((type(e) is tuple or type(e) is list) and _holds_node(e)) for e in x])


class Builder:
    """Makes nodes; what was made before, or is simpler, is given back in place of a new one."""

    def __init__(self) -> None:
        self.order: list[Node] = []
        self.polished = False
        self.kept: list[Any] = []
        self._made: dict[Any, Any] = {}
        self._arrays: dict[Any, Any] = {}
        self._keys: dict[int, Any] = {}

    # constants ----------------------------------------------------------------------------------------

    def constant(self, x: Any) -> Any:
        """A constant, one object for equal small arrays."""
        if type(x) is not np.ndarray or x.size > 4096 or x.dtype == object:
            return x
        return self._arrays.setdefault((x.shape, x.dtype.str, x.tobytes(), x.strides), x)

    def _known(self, x: Any) -> Any:
        """A folded array; one object for equal ones of any size."""
        if type(x) is not np.ndarray or x.size <= 4096:
            return x
        mark = x.shape, x.dtype.str, crc32(np.ascontiguousarray(x).view(np.uint8).data)
        held = self._arrays.setdefault(mark, x)
        return held if np.array_equal(held, x) else x

    def key(self, x: Any) -> Any:
        """What stands for an operand where nodes are compared."""
        kind = type(x)
        if kind is Node or kind is np.ndarray:
            return id(x)
        if kind is float or kind is np.float64:
            return kind, repr(x)
        if kind is tuple or kind is list:
            return kind, tuple([self.key(e) for e in x])
        if kind is dict:
            return kind, tuple([(k, self.key(v)) for k, v in x.items()])
        if kind is slice:
            return kind, self.key(x.start), self.key(x.stop), self.key(x.step)
        if isinstance(x, (int, str, bool, type(None), np.generic, np.dtype, complex)):
            return kind, repr(x)
        return id(x)

    # nodes --------------------------------------------------------------------------------------------

    def new(self, fun: Any, args: tuple[Any, ...], kw: dict[str, Any], shape: Any, dtype: Any) -> Any:
        """The node of a call; a constant where all its operands are."""
        key = (self.key(fun) if isinstance(fun, str) else id(fun), self.key(args), self.key(kw) if kw else None)
        found = self._made.get(key)
        if found is not None:
            return found
        if not _holds_node(args) and prod(shape) <= _FOLD and (elementwise(fun) or fun in _FOLDED):
            self.kept.append((fun, args, kw))
            self._made[key] = folded = self._known(self.constant(evaluate(fun, args, kw)))
            return folded
        node = Node(fun, args, kw, shape, dtype)
        self.kept.append((fun, args, kw))  # what is known by its id must stay
        self._made[key] = node
        self.order.append(node)
        return node

    def make(self, fun: Any, args: tuple[Any, ...], kw: dict[str, Any], shape: Any, dtype: Any) -> Any:
        """A call in its simplest form: a node or a constant."""
        fun, args, kw = normal(fun, args, kw, shape, dtype)
        if kw and type(fun) is not str and elementwise(fun):
            return self.new(fun, args, kw, shape, dtype)
        if fun is np.mean and args and type(args[0]) is Node and args[0].dtype in (_F64, _C128, np.dtype("f4")):
            return self._mean(args, kw, shape, dtype)
        if elementwise(fun):
            return self.elementwise(fun, args, shape, dtype)
        if fun in (RESHAPE, BROADCAST) and type(args[0]) is Node and args[0].shape == shape:
            return args[0]
        if fun is RESHAPE:
            return self.reshape(args[0], shape)
        if fun is TRANSPOSE:
            return self._transpose(args[0], kw["axes"], shape)
        if fun is BROADCAST:
            return self._broadcast(args[0], shape)
        if fun is REDUCE:
            return self._reduce(args[0], kw, shape, dtype)
        if fun is SCATTER:
            return self._scatter(args, kw, shape, dtype)
        if fun is getitem and type(args[0]) is Node and args[0].fun is np.negative and args[0].dtype.kind in "fc":
            return self.negative(self.new(getitem, (args[0].args[0], args[1]), {}, shape, dtype))
        if fun is np.astype and type(args[0]) is Node and args[0].dtype == dtype:
            return args[0]
        return self.new(fun, args, kw, shape, dtype)

    def negative(self, x: Any) -> Any:
        """``-x``."""
        if type(x) is not Node:
            return self.constant(np.negative(x))
        if x.fun is np.negative:
            return x.args[0]
        if x.fun is np.subtract:
            return self.elementwise(np.subtract, x.args[::-1], x.shape, x.dtype)
        if x.fun is np.multiply and scalar(x.args[0]):
            return self.elementwise(np.multiply, (-x.args[0], x.args[1]), x.shape, x.dtype)
        if x.fun is np.true_divide and scalar(x.args[0]):
            return self.new(np.true_divide, (-x.args[0], x.args[1]), {}, x.shape, x.dtype)
        if x.fun is BROADCAST:
            return self._broadcast(self.negative(x.args[0]), x.shape)
        return self.new(np.negative, (x,), {}, x.shape, x.dtype)

    def elementwise(self, fun: Any, args: tuple[Any, ...], shape: Any, dtype: Any) -> Any:
        """A ufunc's call, entry by entry."""
        for k, a in enumerate(args):  # one after the other: two operands must not both lose the same axis
            if type(a) is Node and a.fun is not RESHAPE:
                continue
            args = (*args[:k], self._plainest(a, k, args, shape), *args[k + 1 :])
        if not any([type(a) is Node for a in args]):
            return self.new(fun, args, {}, shape, dtype)
        wide = [a for a in args if type(a) is Node and a.fun is BROADCAST]
        if wide and dtype is not None:
            bare = tuple([a.args[0] if type(a) is Node and a.fun is BROADCAST else a for a in args])
            inner = np.broadcast_shapes(*[_shape(a) for a in bare])
            if inner == shape:
                return self.elementwise(fun, bare, shape, dtype)
            if prod(inner) < prod(shape):
                return self._broadcast(self.elementwise(fun, bare, inner, dtype), shape)
        if dtype is not None and dtype.kind in "fc":
            found = self._signs(fun, args, shape, dtype)
            if found is not None:
                return found
        return self.new(fun, args, {}, shape, dtype)

    def _plainest(self, a: Any, place: int, args: tuple[Any, ...], shape: Any) -> Any:
        """An operand without what broadcasting does by itself: a repeated number, added axes of length one."""
        if type(a) is not Node and type(a) is not np.ndarray:
            return a
        others = [_shape(b) for k, b in enumerate(args) if k != place]
        if type(a) is np.ndarray and not a.ndim:
            return a[()]
        if type(a) is np.ndarray:
            if a.size and any([type(b) is Node and b.shape == shape for k, b in enumerate(args) if k != place]):
                return self._number(a, [b for k, b in enumerate(args) if k != place])
            return self.constant(a)
        while type(a) is Node and a.fun is RESHAPE and type(a.args[0]) is Node:
            inner: Node = a.args[0]
            lead = a.ndim - inner.ndim
            if not (a.size == 1 and not inner.ndim) and not (lead > 0 and a.shape == (1,) * lead + inner.shape):
                break
            if np.broadcast_shapes(inner.shape, *others) != shape:
                break
            a = inner
        return a

    def _number(self, a: Any, others: list[Any]) -> Any:
        """The number that a constant array repeats, as Python's, which takes the type of what it meets."""
        first = a.flat[0]
        if a.dtype.kind not in "fiu" or not (a == first).all() or (first == 0 and np.signbit(a).any()):
            return self.constant(a)
        nodes = [b for b in others if type(b) is Node and b.ndim]
        if a.dtype == _F64 or a.dtype.kind in "iu":
            if any([b.dtype in (_F64, _C128) for b in nodes]) and all([type(b) is Node for b in others]):
                return float(first)
        elif any([b.dtype == a.dtype for b in nodes]) and len(others) == 1:
            return float(first)
        return self.constant(a)

    def _signs(self, fun: Any, args: tuple[Any, ...], shape: Any, dtype: Any) -> Any:
        """Signs and factors moved outwards; None where nothing is to be done."""
        if fun is np.negative:
            return self.negative(args[0])
        if len(args) != 2 or fun not in (np.add, np.subtract, np.multiply, np.true_divide):
            return None
        a, b = [float(x) if type(x) is int and abs(x) < 2**53 and dtype in _PRECISE else x for x in args]
        if fun is np.multiply and not scalar(a) and scalar(b):
            a, b = b, a
        same = all([type(x) is not Node or x.dtype == dtype for x in (a, b)])
        if scalar(a) and type(b) is Node and b.shape == shape and b.dtype == dtype:
            if fun is np.multiply:
                return self._times(a, b, shape, dtype)
            if a == 0 and isinstance(a, float) and fun in (np.add, np.subtract):
                return b if fun is np.add else self.negative(b)
        if scalar(b) and type(a) is Node and a.shape == shape and a.dtype == dtype and isinstance(b, float):
            if b == 0 and fun in (np.add, np.subtract):
                return a
            if fun is np.true_divide and b == 1:
                return a
            if fun is np.true_divide and _power_of_two(b) and dtype in (_F64, _C128):
                return self._times(float(1 / b), a, shape, dtype)
        left = type(a) is Node and a.fun is np.negative
        right = type(b) is Node and b.fun is np.negative
        if not same or not (left or right):
            return None if a is args[0] and b is args[1] else self.new(fun, (a, b), {}, shape, dtype)
        inner_a: Any = a.args[0] if type(a) is Node and left else a
        inner_b: Any = b.args[0] if type(b) is Node and right else b
        if fun in _SIGNED:
            if left != right and _shape(a if left else b) != shape:
                return None
            found = self.elementwise(fun, (inner_a, inner_b), shape, dtype)
            return found if left and right else self.negative(found)
        if fun is np.add:
            if right:
                return self.elementwise(np.subtract, (a, inner_b), shape, dtype)
            return self.elementwise(np.subtract, (b, inner_a), shape, dtype)
        if right:
            return self.elementwise(np.add, (a, inner_b), shape, dtype)
        return None

    def _times(self, c: Any, x: Node, shape: Any, dtype: Any) -> Any:
        """``c * x`` for a number ``c``."""
        if not isinstance(c, float):
            return self.new(np.multiply, (c, x), {}, shape, dtype)
        if c == 1:
            return x
        if c == -1:
            return self.negative(x)
        if x.fun is np.negative:
            return self._times(-c, x.args[0], shape, dtype)
        if x.fun is np.multiply and isinstance(x.args[0], float) and (_power_of_two(c) or _power_of_two(x.args[0])):
            if x.args[1].shape == shape and x.args[1].dtype == dtype:
                return self._times(float(c * x.args[0]), x.args[1], shape, dtype)
        return self.new(np.multiply, (c, x), {}, shape, dtype)

    # shapes -------------------------------------------------------------------------------------------

    def reshape(self, x: Any, shape: Any) -> Any:
        """``x`` in another shape."""
        if type(x) is not Node:
            return self.constant(np.reshape(x, shape))
        if x.shape == shape:
            return x
        if x.fun is RESHAPE:
            return self.reshape(x.args[0], shape)
        if x.fun is np.negative and x.dtype.kind in "fc":
            return self.negative(self.reshape(x.args[0], shape))
        if x.fun is np.multiply and isinstance(x.args[0], float) and x.args[1].shape == x.shape and x.dtype == _F64:
            return self._times(x.args[0], self.reshape(x.args[1], shape), shape, x.dtype)
        return self.new(RESHAPE, (x,), {"shape": shape}, shape, x.dtype)

    def _transpose(self, x: Any, axes: tuple[int, ...], shape: Any) -> Any:
        if type(x) is not Node:
            return self.constant(np.transpose(x, axes))
        if axes == tuple(range(len(axes))):
            return x
        if x.fun is TRANSPOSE:
            return self._transpose(x.args[0], tuple([x.kw["axes"][k] for k in axes]), shape)
        if sum([n != 1 for n in x.shape]) <= 1:
            return self.reshape(x, shape)
        return self.new(TRANSPOSE, (x,), {"axes": axes}, shape, x.dtype)

    def _broadcast(self, x: Any, shape: Any) -> Any:
        if type(x) is Node and x.fun is BROADCAST:
            x = x.args[0]
        if type(x) is not Node and prod(shape) <= _FOLD:
            return self.constant(np.broadcast_to(x, shape).copy())
        if type(x) is Node and x.shape == shape:
            return x
        return self.new(BROADCAST, (x,), {"shape": shape}, shape, x.dtype)

    def _reduce(self, x: Any, kw: dict[str, Any], shape: Any, dtype: Any) -> Any:
        if type(x) is Node and not x.ndim and dtype == x.dtype and kw["ufunc"] in (np.add, np.multiply, np.maximum, np.minimum):
            return x
        if type(x) is Node and dtype == x.dtype and x.ndim:
            axes = kw["axis"] if kw["axis"] is not None else tuple(range(x.ndim))
            if kw["ufunc"] in (np.add, np.multiply, np.maximum, np.minimum) and all([x.shape[k] == 1 for k in axes]):
                return self.reshape(x, shape) if shape else self.new(getitem, (x, (0,) * x.ndim), {}, shape, dtype)
        return self.new(REDUCE, (x,), kw, shape, dtype)

    def _mean(self, args: tuple[Any, ...], kw: dict[str, Any], shape: Any, dtype: Any) -> Any:
        x = args[0]
        if len(args) > 2 or set(kw) - {"axis", "keepdims"} or not x.size:
            return self.new(np.mean, args, kw, shape, dtype)
        axis = args[1] if len(args) == 2 else kw.get("axis")
        total = self.make(np.sum, (x,), {**kw, "axis": axis}, shape, dtype)
        n = x.size // max(prod(shape), 1)
        return self.elementwise(np.true_divide, (total, float(n) if dtype == _F64 else n), shape, dtype)

    def _scatter(self, args: tuple[Any, ...], kw: dict[str, Any], shape: Any, dtype: Any) -> Any:
        """Pieces put into their places in an array of zeros; one piece that fills it is its own reshaping."""
        n = len(shape) - len(kw["indices"][0].shape)
        if len(args) == 1 and not kw["indices"][0].advanced and type(args[0]) is Node:
            if args[0].size == prod(shape) and args[0].dtype == dtype and whole(kw["indices"][0].behind(n)):
                return self.reshape(args[0], shape)
        return self.new(SCATTER, args, kw, shape, dtype)


def rebuilt(order: list[Node], builder: Builder, change: Any, new: dict[int, Any] | None = None) -> dict[int, Any]:
    """Every node made anew in another builder; ``change(node, args, kw)`` gives what replaces one, or None.

    ``new``, if given, is filled: what each node made so far has become, by its id.
    """
    new = {} if new is None else new
    turn = lambda n: new[id(n)]
    for node in order:
        args = tuple([new[id(a)] if type(a) is Node else a if type(a) in _FLAT else map_nodes(turn, a) for a in node.args])
        kw = map_nodes(turn, node.kw) if node.kw else node.kw
        found = change(node, args, kw)
        if found is None:
            found = builder.make(node.fun, args, kw, node.shape, node.dtype)
        if type(found) is Node and not found.label:
            found.label, found.where, found.role, found.parts = node.label, node.where, node.role, node.parts
        new[id(node)] = found
    return new
