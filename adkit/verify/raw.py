"""The rules of an entry, called as they stand: before the engine fits what they give to shape and type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..registry import Op
from .sample import Probe

__all__ = ["raw_terms"]


def raw_terms(op: Op, p: Probe) -> Iterator[tuple[str, Any]]:
    """Each array that the op's rules give at a call, for tangents and cotangents of the primals' own types.

    >>> from adkit.registry import case, lookup
    >>> from adkit.verify.sample import probe
    >>> [what for what, _ in raw_terms(lookup("divide"), probe(lookup("divide"), case((3,), ())))]
    ['the rule for operand 0, forward', 'the rule for operand 0, reverse', 'the rule for operand 1, forward', \
'the rule for operand 1, reverse']
    """
    if op.flatten is not None:
        xs, kw = op.flatten(*p.operands, **p.kw)
    elif len(p.operands) >= op.arity:
        xs, kw = p.operands[: op.arity], op._metadata(p.operands[op.arity :], p.kw)
    else:
        xs, _, kw = op._by_name(p.operands, p.kw)
    bound = op.bind(*xs, **kw) if op.bind is not None else None
    y = op.fun(*xs, **kw) if op.run is op else op.run(*xs, **kw)
    several = isinstance(y, (tuple, list))
    g = tuple([np.ones_like(part) for part in y]) if several else np.ones_like(y)
    moving = [k for k, x in enumerate(xs) if isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind in "fc"]
    ones = [np.ones_like(x) if k in moving else None for k, x in enumerate(xs)]
    if op.kind == "elementwise":
        for k in moving:
            rule = op.rules[k]
            if rule is not None:
                yield f"the rule for operand {k}, forward", rule(ones[k], y, *xs)
                yield f"the rule for operand {k}, reverse", rule(g, y, *xs)
    elif op.kind == "linear":
        shapes = tuple([np.shape(x) for x in xs])
        yield from _each("apply", op.apply(tuple(ones), bound, 0))  # type: ignore[misc]
        for k in moving:
            yield from _each(f"transpose {k}", op.transpose(k, g, bound, shapes, 0))  # type: ignore[misc]
    elif op.kind == "bilinear":
        for k in moving:
            yield f"apply {k}", op.apply(k, ones[k], xs, bound, 0)  # type: ignore[misc]
            yield f"transpose {k}", op.transpose(k, g, xs, bound, 0)  # type: ignore[misc]
    else:
        yield from _each("jvp", op.jvp(tuple(ones), y, xs, bound, 0))  # type: ignore[misc]
        yield from _each("vjp", op.vjp(g, y, xs, bound, 0))  # type: ignore[misc]


def _each(what: str, found: Any) -> Iterator[tuple[str, Any]]:
    for part in found if isinstance(found, (tuple, list)) else [found]:
        if part is not None:
            yield what, part
