"""Passes that look at how often a value is used: signs that cost nothing, axes kept by the reduction itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from .algebra import Builder, rebuilt, scalar
from .node import CONTRACT, REDUCE, RESHAPE, SCATTER, Node

__all__ = ["polished", "uses"]

_LARGE = 16_384


def uses(order: list[Node], results: list[Node]) -> dict[int, int]:
    """How often each node is an operand, or a result."""
    count = {id(n): 0 for n in order}
    for node in order:
        for n in node.operands:
            count[id(n)] += 1
    for n in results:
        count[id(n)] = count.get(id(n), 0) + 2
    return count


def polished(order: list[Node], results: list[Node], builder: Builder) -> dict[int, Any]:
    """The nodes made anew, with signs moved into factors and out of sums where nothing else reads them."""
    count = uses(order, results)

    def change(node: Node, args: Any, kw: Any) -> Any:
        x = node.args[0] if node.args else None
        found = None
        if node.fun is SCATTER:
            return _merged(builder, node, args, kw)
        if type(x) is Node and type(args[0]) is Node:
            once = count[id(x)] == 1
            if node.fun is REDUCE and once and x.fun is np.multiply and _contracts(node, x, args[0]):
                return _contraction(builder, node, args[0])
            if node.fun is np.negative and once and node.dtype.kind in "fc":
                found = _negated(builder, x, args[0], count)
            elif node.fun is REDUCE and x.fun is np.negative and once and kw["ufunc"] is np.add and args[0].fun is np.negative:
                inner = args[0].args[0]
                found = builder.negative(builder.make(REDUCE, (inner,), kw, node.shape, node.dtype))
            elif node.fun is RESHAPE and x.fun is REDUCE and once and not x.kw["keepdims"] and args[0].fun is REDUCE:
                inner_shape = x.args[0].shape
                axes = x.kw["axis"] if x.kw["axis"] is not None else tuple(range(len(inner_shape)))
                if node.shape == tuple([1 if k in axes else n for k, n in enumerate(inner_shape)]):
                    found = builder.new(REDUCE, args[0].args, {**args[0].kw, "keepdims": True}, node.shape, node.dtype)
        return found

    return rebuilt(order, builder, change)


def _contracts(node: Node, x: Node, made: Node) -> bool:
    """Whether a sum of products over some axes is large enough for ``einsum``, which needs no array of the products."""
    if node.kw["ufunc"] is not np.add or node.kw["axis"] is None or x.size < _LARGE or not 2 <= x.ndim <= 6:
        return False
    if made.fun is not np.multiply or made.kw or node.dtype != x.dtype or x.dtype.char not in "fd":
        return False
    return all([type(a) is Node and a.shape == x.shape and a.dtype == x.dtype for a in made.args])


def _contraction(builder: Builder, node: Node, product: Node) -> Any:
    letters = "ijklmn"[: product.ndim]
    kept = "".join([c for k, c in enumerate(letters) if k not in node.kw["axis"]])
    shape = tuple([n for k, n in enumerate(product.shape) if k not in node.kw["axis"]])
    found = builder.new(CONTRACT, product.args, {"formula": f"{letters},{letters}->{kept}"}, shape, node.dtype)
    return builder.reshape(found, node.shape)


def _merged(builder: Builder, node: Node, args: Any, kw: Any) -> Any:
    """Pieces for one place as one: they are added in the order in which they come, and so are their sums."""
    indices, pieces = list(kw["indices"]), list(args)
    k = 0
    while k + 1 < len(pieces):
        a, b = indices[k], indices[k + 1]
        alike = not a.advanced and not b.advanced and a.shape == b.shape and a.lead == b.lead and _plain(a.key) == _plain(b.key)
        if k == 0 and alike and type(pieces[0]) is Node and type(pieces[1]) is Node and pieces[0].shape == pieces[1].shape:
            if pieces[0].dtype == pieces[1].dtype == node.dtype:
                pieces[:2] = [builder.elementwise(np.add, tuple(pieces[:2]), pieces[0].shape, node.dtype)]
                indices[:2] = [a]
                continue
        k += 1
    if len(pieces) == len(args):
        return None
    return builder.make(SCATTER, tuple(pieces), {**kw, "indices": type(kw["indices"])(indices)}, node.shape, node.dtype)


def _plain(key: Any) -> Any:
    """A basic index in a form that can be compared."""
    if type(key) is tuple:
        return tuple([_plain(k) for k in key])
    return ("slice", key.start, key.stop, key.step) if type(key) is slice else key


def _negated(builder: Builder, old: Node, new: Any, count: dict[int, int]) -> Any:
    """``-new`` by turning a factor's sign, where a factor can take it; None where none can."""
    if type(new) is not Node or new.fun is not old.fun or new.fun not in (np.multiply, np.true_divide) or new.kw:
        return None
    a, b = new.args
    if scalar(a) and isinstance(a, float):
        return builder.elementwise(new.fun, (-a, b), new.shape, new.dtype)
    if type(a) is Node and type(old.args[0]) is Node and count.get(id(old.args[0])) == 1 and a.shape == new.shape:
        turned = _negated(builder, old.args[0], a, count)
        if turned is not None:
            return builder.elementwise(new.fun, (turned, b), new.shape, new.dtype)
    return None
