"""The expressions of an optimised program: what a node is computed as, in names and numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..box import getitem
from .blocks import sliced
from .emit import Writer
from .instruction import Instruction, Ref
from .naming import Fresh, identifier
from .node import BROADCAST, CONTRACT, REDUCE, RESHAPE, STACK, TRANSPOSE, WIDE, Node, elementwise, map_nodes
from .storage import Plan

__all__ = ["ATOM", "Expressions", "dots", "key_text"]

_SIGNS = {np.add: "+", np.subtract: "-", np.multiply: "*", np.true_divide: "/"}
_NUMBER_NAMES = {1.0: "one", 2.0: "two", 3.0: "three", 4.0: "four", 0.5: "half", -1.0: "minus_one", -2.0: "minus_two"}
_DOUBLE = frozenset((np.dtype(float), np.dtype(complex), np.dtype(bool), np.dtype(int)))
ATOM = 20
_SMALL = 4096
"""Entries up to which the cost of a call counts."""


class Expressions(Writer):
    """A writer of nodes, where :class:`Writer` writes instructions."""

    instructions: Any
    order: list[Node]
    plan: Plan
    place: dict[int, int]
    texts: dict[int, str]
    """What each node is called."""

    cut: Any
    """In a loop over blocks: the name of the block's slice, and the whole shape."""

    reordered: frozenset[int]
    """Sums that are taken as products with ones."""

    _numbers: dict[Any, np.ndarray]
    _names_of_constants: dict[int, str]
    _held: dict[int, str]
    _fresh: Fresh

    def constant(self, x: Any, bare: bool = True) -> str:
        """A constant as text; arrays have names, so that they are made once and not at every call."""
        if type(x) is np.ndarray:
            return self.named(x, self._names_of_constants.get(id(x), ""))
        return super().constant(x, bare)

    def named(self, x: Any, wanted: str = "") -> str:
        """A name under which a constant enters the source."""
        if id(x) not in self._held:
            name = self._fresh(identifier(wanted or f"c{len(self._held)}"))
            self._held[id(x)] = name
            self.constants[name] = x
        return self._held[id(x)]

    def _empty(self, shape: Any, dtype: Any) -> str:
        return f"np.empty({Writer.constant(self, shape)}{'' if dtype == np.dtype(float) else f', np.{dtype.name}'})"

    def _operand(self, node: Node, a: Any) -> str:
        if type(a) is Node:
            return self.texts[id(a)]
        if type(a) is float and node.ndim and node.size <= _SMALL and elementwise(node.fun) and node.dtype.char in "fdD":
            if all([n.dtype == node.dtype for n in node.operands]):
                return self._cheap_number(a, node.dtype)
        bare = node.dtype in _DOUBLE and all([n.dtype in _DOUBLE for n in node.operands])
        if self.cut is not None and type(a) is np.ndarray and sliced(a.shape, self.cut[1]):
            return f"{self.constant(a, bare)}[{self.cut[0]}]"
        return self.constant(a, bare)

    def _cheap_number(self, x: float, dtype: Any) -> str:
        """A number as an array of no dimensions, which costs a ufunc half of what Python's float does."""
        array = self._numbers.get((repr(x), dtype.char))
        if array is None:
            array = self._numbers[repr(x), dtype.char] = np.array(x, dtype)
        return self.named(array, _NUMBER_NAMES.get(x, ""))

    def _listed(self, node: Node) -> str:
        return "[" + ", ".join([self._operand(node, a) for a in node.args[0]]) + "]"

    def _summed(self, node: Node, x: str) -> str:
        """A small sum as a product with ones, which costs a third of what ``np.add.reduce`` does."""
        shape = node.args[0].shape
        over = node.kw["axis"][0] if node.kw["axis"] else 0
        n, last = shape[over], over == len(shape) - 1
        row = node.kw["keepdims"] and (not last or len(shape) == 1)
        kind = (1, n) if row else (n, 1) if node.kw["keepdims"] else (n,)
        array = self._numbers.get((kind, node.dtype.char))
        if array is None:
            array = self._numbers[kind, node.dtype.char] = np.ones(kind, node.dtype)
        ones = self.named(array, f"ones_{n}")
        return f"{x}.dot({ones})" if last and not row else f"{ones}.dot({x})"

    def expression(self, node: Node) -> str:
        """What a node is computed as."""
        fun, kw = node.fun, node.kw
        if isinstance(fun, str):
            x = self._operand(node, node.args[0]) if fun is not STACK and fun is not CONTRACT else ""
            if fun is REDUCE and id(node) in self.reordered:
                return self._summed(node, x)
            if fun is REDUCE:
                axis = "None" if kw["axis"] is None else str(kw["axis"][0]) if len(kw["axis"]) == 1 else str(kw["axis"])
                return f"np.{kw['ufunc'].__name__}.reduce({x}, axis={axis}{', keepdims=True' if kw['keepdims'] else ''})"
            if fun is RESHAPE:
                shape = kw["shape"]
                return f"{x}.reshape({', '.join([str(n) for n in shape]) if shape else '()'})"
            if fun is TRANSPOSE:
                axes = kw["axes"]
                return f"{x}.T" if axes == tuple(range(len(axes)))[::-1] else f"{x}.transpose({', '.join([str(k) for k in axes])})"
            if fun in (BROADCAST, WIDE):
                return f"np.broadcast_to({x}, {kw['shape']})" + (".copy()" if fun is WIDE else "")
            if fun is STACK:
                return f"np.concatenate({self._listed(node)})"
            if fun is CONTRACT:
                return f"np.einsum({kw['formula']!r}, {', '.join([self._operand(node, a) for a in node.args])})"
        if fun in _SIGNS and elementwise(fun) and len(node.args) == 2 and not kw:
            a, b = [self._operand(node, x) for x in node.args]
            return f"{a} {_SIGNS[fun]} {f'({b})' if b.startswith('-') else b}"
        if fun is getitem:
            return f"{self._operand(node, node.args[0])}[{key_text(node.args[1], lambda x: self._operand(node, x))}]"
        if fun is np.matmul and dots(node):
            a, b = [self._operand(node, x) for x in node.args]
            return f"{a}.dot({b})"
        refs = lambda n: Ref(self.place[id(n)])
        made = Instruction(self.place[id(node)], fun, map_nodes(refs, node.args), map_nodes(refs, kw), node, None)
        return self.right_side(made, lambda k: (self.texts[id(self.order[k])], ATOM))[0]


def dots(node: Node) -> bool:
    """Whether a product is one that ``np.dot`` computes too, at less cost."""
    a, b = node.args
    kinds = [getattr(x, "dtype", None) for x in (a, b)]
    ranks = [len(getattr(x, "shape", ())) for x in (a, b)]
    return node.dtype.char in "fdFD" and all([k == node.dtype for k in kinds]) and all([r in (1, 2) for r in ranks])


def key_text(key: Any, text: Any) -> str:
    """A subscript as it is written between brackets."""
    if type(key) is tuple and key:
        return ", ".join([key_text(k, text) for k in key]) + ("," if len(key) == 1 else "")
    if type(key) is slice:
        ends = ["" if e is None else text(e) for e in (key.start, key.stop)]
        return f"{ends[0]}:{ends[1]}" + ("" if key.step is None else f":{text(key.step)}")
    return str(text(key))
