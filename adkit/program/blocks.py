"""Large elementwise work cut into blocks that fit the cache: one loop in place of many passes over memory.

Entry by entry the same operations run in the same order, so the values are the same to the last bit.  Sums over all
entries that stand at the end of such work are taken block by block.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .algebra import Builder
from .instruction import INPUT, PART
from .node import BLOCK, REDUCE, Node, elementwise, map_nodes

__all__ = ["Group", "blocked", "sliced"]

_LARGE = 1 << 19
"""Bytes from which an array is cut: below, it fits the cache as it is."""

_ENTRIES = 16_000
_LEAST = 3


class Group:
    """Elementwise work on arrays of one shape: its nodes, what they read from outside, and what is read of them."""

    def __init__(self, nodes: list[Node], shape: tuple[int, ...]) -> None:
        self.members, self.shape = nodes, shape
        self.rows = max(1, _ENTRIES * shape[0] // max(1, int(np.prod(shape))))
        self.outside: list[Node] = []
        self.inputs: list[Node] = []
        self.nodes: list[Node] = []
        self.results: list[Node] = []

    def settle(self, wanted: set[int]) -> list[Node]:
        """Copy the members as a little program of its own; returns those of them that are read from outside."""
        copies: dict[int, Node] = {}

        def copy(n: Node) -> Node:
            if id(n) not in copies:
                self.outside.append(n)
                copies[id(n)] = Node(INPUT, (), {}, n.shape, n.dtype)
                self.inputs.append(copies[id(n)])
            return copies[id(n)]

        for n in self.members:
            made = Node(n.fun, map_nodes(copy, n.args), n.kw, n.shape, n.dtype)
            made.label = n.label
            copies[id(n)] = made
            self.nodes.append(made)
        found = [n for n in self.members if id(n) in wanted]
        self.results = [copies[id(n)] for n in found]
        return found


def sliced(shape: tuple[int, ...], whole: tuple[int, ...]) -> bool:
    """Whether an operand is cut with the arrays of a group, or broadcast over the blocks."""
    return len(shape) == len(whole) and shape[0] == whole[0]


def blocked(order: list[Node], roots: list[Node], builder: Builder) -> dict[int, Any]:
    """The nodes made anew, with each group of elementwise work as one node, and one for each of its results."""
    chosen = {id(n) for n in order if _suits(n)}
    if not chosen:
        return {id(n): n for n in order}
    groups: list[Group] = []
    for _ in range(2):
        levels, chosen = _levels(order, chosen)
        found: dict[Any, list[Node]] = {}
        for n in order:
            if id(n) in chosen:
                found.setdefault((levels[id(n)], _extent(n)), []).append(n)
        groups = [Group(nodes, shape) for (_, shape), nodes in found.items() if sum([elementwise(n.fun) for n in nodes]) >= _LEAST]
        chosen = {id(n) for g in groups for n in g.members}
    if not groups:
        return {id(n): n for n in order}
    levels, _ = _levels(order, chosen)
    of = {id(n): g for g in groups for n in g.members}
    wanted = {id(n) for n in roots}
    for node in order:
        wanted.update([id(n) for n in node.operands if id(n) in of and of[id(n)] is not of.get(id(node))])
    rank = {id(g): k for k, g in enumerate(groups)}
    place = {id(n): k for k, n in enumerate(order)}
    arranged = sorted(order, key=lambda n: (levels[id(n)], id(n) in of, rank[id(of[id(n)])] if id(n) in of else 0, place[id(n)]))
    new: dict[int, Any] = {}
    for node in arranged:
        group = of.get(id(node))
        if group is None:
            args = map_nodes(lambda n: new[id(n)], node.args)
            kw = map_nodes(lambda n: new[id(n)], node.kw) if node.kw else node.kw
            made = builder.new(node.fun, args, kw, node.shape, node.dtype)
            made.label, made.where, made.role, made.parts = node.label, node.where, node.role, node.parts
            new[id(node)] = made
        elif node is group.members[-1]:
            found_outside = group.settle(wanted)
            whole = builder.new(BLOCK, tuple([new[id(n)] for n in group.outside]), {"group": group}, (), None)
            whole.parts = len(found_outside)
            for k, n in enumerate(found_outside):
                part = builder.new(PART, (whole, k), {}, n.shape, n.dtype)
                part.label, part.where, part.role = n.label, n.where, n.role
                new[id(n)] = part
    return new


def _extent(node: Node) -> tuple[int, ...]:
    """The shape of the arrays that a node works on."""
    return node.args[0].shape if node.fun is REDUCE else node.shape  # type: ignore[no-any-return]


def _suits(node: Node) -> bool:
    """Whether a node is elementwise work on something large, or the sum of something large."""
    if node.fun is not REDUCE and node.size * 8 < _LARGE:
        return False
    if node.fun is INPUT or node.dtype is None or node.dtype.kind not in "fcb":
        return False
    if node.fun is REDUCE:
        x = node.args[0]
        if type(x) is not Node or node.kw != {"ufunc": np.add, "axis": None, "keepdims": False} or x.dtype.kind not in "fc":
            return False
    elif not elementwise(node.fun) or node.kw:
        return False
    shape = _extent(node)
    size = int(np.prod(shape))
    return size * 8 >= _LARGE and shape[0] > 1 and size // shape[0] <= 4 * _ENTRIES


def _levels(order: list[Node], chosen: set[int]) -> tuple[dict[int, int], set[int]]:
    """How many groups must have run before each node; work within one level and shape is one group.

    A sum joins only the group of what it sums, and nothing of that group may read it.
    """
    levels: dict[int, int] = {}
    kept = set()
    for node in order:
        level = 0
        mine = id(node) in chosen
        if mine and node.fun is REDUCE and id(node.args[0]) not in kept:
            mine = False
        for n in node.operands:
            inside = id(n) in kept
            joins = mine and inside and n.fun is not REDUCE and _extent(n) == _extent(node)
            level = max(level, levels[id(n)] + (inside and not joins))
        levels[id(node)] = level
        if mine:
            kept.add(id(node))
    return levels, kept
