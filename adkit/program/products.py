"""Sums of products as one product: the gradients of a weight that a loop uses at every step.

``A1 @ B1 + A2 @ B2 + ...`` is ``[A1 A2 ...] @ [B1; B2; ...]``: one product in place of many, and no sums.  The factors
are written straight into their places in one array as they are computed (``STACK``).  Likewise ``sum(B1) + sum(B2)``, the
gradient of a bias, and products that share their right factor, ``A1 @ W, A2 @ W, ...``, where all the left ones are at hand.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..box import getitem
from .algebra import Builder, rebuilt
from .instruction import INPUT
from .node import REDUCE, STACK, WIDE, Node, elementwise
from .polish import uses

__all__ = ["joined", "spread", "widened"]

_ROWS = 512
"""Rows of one factor from which a product of its own costs little more than its arithmetic."""

_BYTES = 1 << 26

_OFTEN, _SMALL, _SHORT = 6, 16_384, 128
"""How often a row is broadcast, to how many entries, and how short it is, for it to be written out."""

_LEAST = 3
"""Terms from which joining them pays for putting the factors into one array."""


def joined(order: list[Node], results: list[Node], builder: Builder) -> dict[int, Any]:
    """The nodes made anew, with sums of products as one product, and products of many with one factor as one."""
    if sum([n.fun is np.matmul for n in order]) < _LEAST:
        return {id(n): n for n in order}
    count = uses(order, results)
    place = {id(n): k for k, n in enumerate(order)}
    inner = {id(a) for n in order if n.fun is np.add for a in n.args if _adds(a, n, count)}
    shared = _sharing(order)
    starts: dict[int, int] = {}
    for group in {id(g): g for g in shared.values()}.values():
        ends = np.cumsum([0, *[n.shape[0] for n in group]]).tolist()
        starts.update({id(n): start for n, start in zip(group, ends, strict=False)})
    products: dict[int, Any] = {}

    def change(node: Node, args: Any, kw: Any) -> Any:
        if node.fun is np.add and id(node) not in inner and len(node.args) == 2:
            return _summed(node, count, place, builder, found)
        if id(node) in shared:
            group = shared[id(node)]
            if id(group) not in products:
                products[id(group)] = _share(group, builder, found)
            if products[id(group)] is None:
                return None
            start = starts[id(node)]
            key = slice(start, start + node.shape[0])
            return builder.new(getitem, (products[id(group)], key), {}, node.shape, node.dtype)
        return None

    found: dict[int, Any] = {}
    return rebuilt(order, builder, change, found)


def _adds(a: Any, n: Node, count: dict[int, int]) -> bool:
    """Whether an operand is a sum that only this sum reads."""
    return type(a) is Node and a.fun is np.add and count[id(a)] == 1 and a.shape == n.shape and a.dtype == n.dtype


def _summed(root: Node, count: dict[int, int], place: dict[int, int], builder: Builder, found: dict[int, Any]) -> Any:
    """A sum of many terms with those that are products as one product; None where there are too few."""
    terms: list[Any] = []
    waiting: list[Any] = [root]
    while waiting:
        n = waiting.pop()
        if n is root or _adds(n, root, count):
            waiting += [n.args[1], n.args[0]]
        else:
            terms.append(n)
    products = [t for t in terms if _product(t, root, count)]
    sums = [t for t in terms if _row_sum(t, root, count)]
    if len(products) < _LEAST and len(sums) < _LEAST:
        return None
    total: Any = None
    merged: list[Any] = []
    if len(products) >= _LEAST:
        products.sort(key=lambda t: -place.get(id(t.args[1]), -1))
        left = [_made(builder, found, t.args[0]) for t in products]
        right = [_made(builder, found, t.args[1]) for t in products]
        turned = [builder.make(np.transpose, (a,), {}, _shape(a)[::-1], root.dtype) if type(a) is Node else a.T for a in left]
        a, b = stacked(builder, turned, root.dtype), stacked(builder, right, root.dtype)
        a = builder.make(np.transpose, (a,), {}, _shape(a)[::-1], root.dtype) if type(a) is Node else a.T
        merged.append(builder.make(np.matmul, (a, b), {}, root.shape, root.dtype))
    if len(sums) >= _LEAST:
        sums.sort(key=lambda t: -place.get(id(t.args[0]), -1))
        whole = stacked(builder, [_made(builder, found, t.args[0]) for t in sums], root.dtype)
        merged.append(builder.make(REDUCE, (whole,), {"ufunc": np.add, "axis": (0,), "keepdims": False}, root.shape, root.dtype))
    skipped = {id(t) for some in (products, sums) if len(some) >= _LEAST for t in some}
    for t in [*[t for t in terms if id(t) not in skipped], *merged]:
        made = found[id(t)] if type(t) is Node and id(t) in found else t
        total = made if total is None else builder.make(np.add, (total, made), {}, root.shape, root.dtype)
    return total


def _made(builder: Builder, found: dict[int, Any], x: Any) -> Any:
    return found[id(x)] if type(x) is Node else x


def _shape(x: Any) -> tuple[int, ...]:
    return x.shape  # type: ignore[no-any-return]


def _product(t: Any, root: Node, count: dict[int, int]) -> bool:
    if type(t) is not Node or t.fun is not np.matmul or count[id(t)] != 1 or t.shape != root.shape or t.dtype != root.dtype:
        return False
    a, b = t.args
    ranks = len(getattr(a, "shape", ())) == 2 and len(getattr(b, "shape", ())) == 2
    return ranks and a.dtype == b.dtype == root.dtype and b.shape[0] <= _ROWS and t.dtype.char in "fdFD"


def _row_sum(t: Any, root: Node, count: dict[int, int]) -> bool:
    if type(t) is not Node or t.fun is not REDUCE or count[id(t)] != 1 or t.shape != root.shape or t.dtype != root.dtype:
        return False
    x = t.args[0]
    plain = t.kw == {"ufunc": np.add, "axis": (0,), "keepdims": False}
    return plain and type(x) is Node and x.ndim == 2 and x.dtype == root.dtype and x.shape[0] <= _ROWS


def stacked(builder: Builder, parts: list[Any], dtype: Any) -> Any:
    """Matrices one below the other; all the slices of one array are that array itself."""
    rows = sum([p.shape[0] for p in parts])
    shape = (rows, parts[0].shape[1])
    first = parts[0]
    x = first.args[0] if type(first) is Node and first.fun is getitem else None
    if type(x) is Node and x.ndim == 3 and x.shape[0] == len(parts) and all([_row(p, x, k) for k, p in enumerate(parts)]):
        return builder.make(np.reshape, (x, shape), {}, shape, dtype)
    return builder.new(STACK, (parts,), {}, shape, dtype)


def _row(p: Any, x: Node, k: int) -> bool:
    """Whether a part is ``x[k]``."""
    return type(p) is Node and p.fun is getitem and p.args[0] is x and type(p.args[1]) is int and p.args[1] == k


def _sharing(order: list[Node]) -> dict[int, list[Node]]:
    """Products with one right factor whose left ones are all constants, or slices of one input."""
    groups: dict[Any, list[Node]] = {}
    for n in order:
        if n.fun is np.matmul and n.ndim == 2 and type(n.args[1]) is Node and n.args[1].ndim == 2 and n.dtype.char in "fdFD":
            a = n.args[0]
            slice_of = a.args[0] if type(a) is Node and a.fun is getitem else None
            early = type(a) is np.ndarray or (type(slice_of) is Node and slice_of.fun is INPUT)
            if early and len(a.shape) == 2 and a.shape[0] <= _ROWS and a.dtype == n.args[1].dtype == n.dtype:
                groups.setdefault((id(n.args[1]), type(a) is Node and id(a.args[0]), a.shape[1]), []).append(n)
    found = {}
    for group in groups.values():
        if len(group) > 3 and sum([n.nbytes for n in group]) <= _BYTES:
            for n in group:
                found[id(n)] = group
    return found


def _share(group: list[Node], builder: Builder, found: dict[int, Any]) -> Any:
    """The one product that stands for all of a group; None where it would be a constant."""
    lefts = []
    for n in group:
        a = n.args[0]
        if type(a) is Node and id(a) not in found:
            a = builder.make(getitem, (found[id(a.args[0])], a.args[1]), {}, a.shape, a.dtype)
        elif type(a) is Node:
            a = found[id(a)]
        lefts.append(a)
    first, right = group[0], found[id(group[0].args[1])]
    whole = stacked(builder, lefts, first.dtype)
    if type(right) is not Node:
        return None
    return builder.make(np.matmul, (whole, right), {}, (whole.shape[0], first.shape[1]), first.dtype)


def spread(order: list[Node], results: list[Node], builder: Builder) -> dict[int, Any]:
    """Work on every part of a stack as work on the stack, where nothing needs the one before the other."""
    if not any([n.fun is STACK for n in order]):
        return {id(n): n for n in order}
    place = {id(n): k for k, n in enumerate(order)}
    of: dict[int, tuple[Node, int]] = {}
    for n in order:
        if n.fun is STACK:
            start = 0
            for p in n.args[0]:
                if type(p) is Node:
                    of.setdefault(id(p), (n, start))
                start += p.shape[0]
    groups: dict[Any, list[Node]] = {}
    for n in order:
        if elementwise(n.fun) and not n.kw and len(n.args) == 2 and isinstance(n.args[0], float) and type(n.args[1]) is Node:
            if id(n.args[1]) in of and n.shape == n.args[1].shape and n.dtype == n.args[1].dtype:
                groups.setdefault((id(of[id(n.args[1])][0]), n.fun, n.args[0]), []).append(n)
    chosen: dict[int, Node] = {}
    for group in groups.values():
        stack = of[id(group[0].args[1])][0]
        ready = max([place[id(p)] for p in stack.args[0] if type(p) is Node])
        late = [n for n in group if place[id(n)] > ready]
        if len(late) > 3 and 2 * len(late) > len(stack.args[0]):
            chosen.update({id(n): stack for n in late})
    if not chosen:
        return {id(n): n for n in order}
    wholes: dict[Any, Any] = {}

    def change(node: Node, args: Any, kw: Any) -> Any:
        stack = chosen.get(id(node))
        if stack is None:
            return None
        kind = id(stack), node.fun, node.args[0]
        if kind not in wholes:
            parts = [found[id(p)] if type(p) is Node else p for p in stack.args[0]]
            whole = builder.new(STACK, (parts,), {}, stack.shape, stack.dtype)
            wholes[kind] = builder.make(node.fun, (node.args[0], whole), {}, stack.shape, node.dtype)
        every = wholes[kind]
        start = of[id(node.args[1])][1]
        return builder.new(getitem, (every, slice(start, start + node.shape[0])), {}, node.shape, node.dtype)

    found: dict[int, Any] = {}
    return rebuilt(order, builder, change, found)


def widened(order: list[Node], results: list[Node], builder: Builder) -> dict[int, Any]:
    """A row that is broadcast again and again to one small shape, written out once: NumPy adds like to like at a third the cost."""
    again: dict[Any, int] = {}
    for n in order:
        if elementwise(n.fun) and not n.kw and n.ndim > 1 and _rows_cost(n):
            for a in n.args:
                if type(a) is Node and a.ndim and a.shape != n.shape:
                    again[id(a), n.shape] = again.get((id(a), n.shape), 0) + 1
    chosen = {key for key, times in again.items() if times >= _OFTEN}
    if not chosen:
        return {id(n): n for n in order}

    def change(node: Node, args: Any, kw: Any) -> Any:
        wide = [type(a) is Node and (id(a), node.shape) in chosen for a in node.args]
        if not any(wide) or not elementwise(node.fun) or node.kw:
            return None
        made = [
            builder.new(WIDE, (b,), {"shape": node.shape}, node.shape, a.dtype) if w and type(b) is Node else b
            for a, b, w in zip(node.args, args, wide, strict=True)
        ]
        return builder.new(node.fun, tuple(made), {}, node.shape, node.dtype)

    return rebuilt(order, builder, change)


def _rows_cost(n: Node) -> bool:
    """Whether NumPy's cost for each row is what an elementwise op on this shape costs."""
    return bool(4 * n.shape[-1] <= n.size <= _SMALL and n.shape[-1] <= _SHORT)
