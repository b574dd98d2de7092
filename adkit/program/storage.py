"""Where the values of a program live: which is written over which, and which large ones share a buffer.

A value that is read for the last time by an op of its own shape and type is written over by it.  A large one that is not
written over anything takes a buffer of the pool, together with others whose lives do not overlap with its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .instruction import INPUT, PART
from .node import BLOCK, CONTRACT, FRESH, REDUCE, RESHAPE, SCATTER, STACK, VIEWS, Node, elementwise

__all__ = ["LONG", "POOLED", "POOLED_LONG", "Plan", "Storage"]

POOLED = 65536
"""Bytes from which a value takes a buffer of the pool: above, a new array costs page faults."""

LONG, POOLED_LONG = 200, 1024
"""Nodes from which a program is long, and the bytes from which its values take a buffer: names would keep all of them alive."""

_LASTING = 1 << 60


class Storage:
    """The memory of one or more values, one after the other."""

    __slots__ = ("born", "dies", "lender", "members", "name", "slot")

    def __init__(self, node: Node, born: int) -> None:
        self.members = [node]
        self.born, self.dies = born, born
        self.slot: int | None = None
        self.lender: Storage | None = None  # whose memory this is, in another shape
        self.name = ""


class Plan:
    """For nodes in the order of their computation: the storage of each, and what each overwrites."""

    def __init__(
        self, order: list[Node], results: list[Node], kept: list[Node], pooled: int = POOLED, apart: frozenset[int] = frozenset()
    ) -> None:
        self.order = order
        self.apart = apart  # nodes that have a place of their own, and are not written over an operand
        self.place = {id(n): k for k, n in enumerate(order)}
        self.deferred = _deferred(order, {id(n) for n in (*results, *kept)})
        self.placed: dict[int, tuple[Node, int]] = {}  # parts of stacks: the stack, and the row where the part begins
        if pooled < _LASTING:
            self._place_parts({id(n) for n in results})
        self.last = self._last_uses(results)
        self.storage: dict[int, Storage] = {}
        self.over: dict[int, Node] = {}
        self.lent: set[int] = set()
        self.slots: list[tuple[Any, Any]] = []
        for k, node in enumerate(order):
            self._settle(node, k)
        self._share(pooled)

    def bases(self, node: Node) -> list[Node]:
        """The operands whose memory a node's value may be part of."""
        if id(node) in self.deferred:
            return node.operands  # read where it is computed, which is where it is used
        if node.fun is STACK:
            return [n for n in node.args[0] if type(n) is Node and self.placed.get(id(n), (None,))[0] is node]
        if node.fun is INPUT or fresh(node):
            return []
        if node.fun in VIEWS:
            return [n for n in node.args[:1] if type(n) is Node]
        return node.operands  # a function that is not known: of any

    def _last_uses(self, results: list[Node]) -> dict[int, int]:
        last = {id(n): k for k, n in enumerate(self.order)}
        for k, node in enumerate(self.order):
            for n in node.operands:
                last[id(n)] = max(last[id(n)], k)
        for n in results:
            last[id(n)] = _LASTING
        for node in reversed(self.order):
            for base in self.bases(node):
                last[id(base)] = max(last[id(base)], last[id(node)])
        return last

    def _settle(self, node: Node, k: int) -> None:
        if node.fun is INPUT or not node.shape or not fresh(node) or id(node) in self.deferred:
            return
        if elementwise(node.fun) and not node.kw and id(node) not in self.apart and id(node) not in self.placed:
            for a in node.args:
                if type(a) is not Node or a.shape != node.shape or a.dtype != node.dtype:
                    continue
                if self.writable(a, k):
                    held = self.storage[id(a)]
                    held.members.append(node)
                elif a.fun is RESHAPE and type(a.args[0]) is Node and self.writable(a.args[0], k) and self.last[id(a)] == k:
                    held = Storage(node, k)
                    held.lender = self.storage[id(a.args[0])]
                    self.lent.add(id(a))
                else:
                    continue
                self.storage[id(node)] = held
                self.over[id(node)] = a
                borrowed: Storage | None = held
                while borrowed is not None:
                    borrowed.dies = self.last[id(node)]
                    borrowed = borrowed.lender
                return
        held = self.storage[id(node)] = Storage(node, k)
        held.dies = self.last[id(node)]

    def _place_parts(self, results: set[int]) -> None:
        """Parts of stacks that are computed in their places there."""
        for stack in self.order:
            if stack.fun is not STACK or id(stack) in results:
                continue
            start = 0
            for p in stack.args[0]:
                if type(p) is Node and p.fun is not STACK and writes(p) and p.fun is not REDUCE and p.dtype == stack.dtype:
                    if id(p) not in self.placed and id(p) not in results and id(p) not in self.deferred:
                        self.placed[id(p)] = stack, start
                start += p.shape[0]

    def writable(self, a: Node, k: int) -> bool:
        """Whether a node's memory is the program's own, and free from step ``k`` on."""
        return id(a) in self.storage and self.last[id(a)] == k and id(a) not in self.placed and a.fun is not STACK

    def _share(self, pooled: int) -> None:
        """Buffers of the pool for large values, shared where lives do not overlap."""
        free: dict[Any, list[int]] = {}
        ends: dict[int, list[Storage]] = {}
        seen: set[int] = set()
        for k, node in enumerate(self.order):
            held = self.storage.get(id(node))
            if held is not None and id(held) not in seen:
                seen.add(id(held))
                self._take(held, node, pooled, free, ends)
            for done in ends.pop(k, ()):
                first = done.members[0]
                assert done.slot is not None
                free[first.shape, first.dtype].append(done.slot)

    def _take(self, held: Storage, node: Node, pooled: int, free: Any, ends: Any) -> None:
        """A buffer for a storage that begins with a node, where it is to have one."""
        if id(node) in self.placed or node.nbytes < pooled or held.dies >= _LASTING or held.lender is not None or not writes(node):
            return
        kind = (node.shape, node.dtype)
        if node.fun is STACK and any([stack is node for stack, _ in self.placed.values()]):
            # Its parts are written before it stands complete: a buffer of its own.
            held.slot = len(self.slots)
            self.slots.append(kind)
            return
        left = free.setdefault(kind, [])
        if left:
            held.slot = left.pop()
        else:
            held.slot = len(self.slots)
            self.slots.append(kind)
        ends.setdefault(held.dies, []).append(held)


def fresh(node: Node) -> bool:
    """Whether a node's value shares no memory with another's."""
    fun = node.fun
    if fun is PART:
        return bool(node.args[0].fun is BLOCK)
    if isinstance(fun, (str, np.ufunc)):
        return fun not in VIEWS
    try:
        return fun in FRESH
    except TypeError:
        return False


def writes(node: Node) -> bool:
    """Whether a node's function can write into a given array."""
    if node.fun in (REDUCE, STACK, CONTRACT):
        return True
    return isinstance(node.fun, np.ufunc) and node.fun.nout == 1 and not node.kw and node.dtype.kind in "fc"


def _deferred(order: list[Node], kept: set[int]) -> set[int]:
    """The nodes that are computed straight into a part of an array: the first to be put there, and nothing else reads them."""
    count: dict[int, int] = {}
    for node in order:
        for n in node.operands:
            count[id(n)] = count.get(id(n), 0) + 1
    found: set[int] = set()
    for node in order:
        if node.fun is SCATTER and not any([index.advanced for index in node.kw["indices"]]):
            g = node.args[0]
            if type(g) is Node and elementwise(g.fun) and not g.kw and count[id(g)] == 1 and id(g) not in kept:
                if g.ndim and g.dtype == node.dtype:
                    found.add(id(g))
    return found
