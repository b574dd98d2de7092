"""Pulling cotangents back: the layouts of a record, and what pulls each of them back.

A record is a tuple.  Elementwise ops, which are most of a tape, have layouts of their own, told apart by a mark:

    (UNARY, rule, y, x, i)                       one operand
    (LEFT, rule, y, a, b, i, a)                  two operands, the left on this tape, the right constant
    (RIGHT, rule, y, a, b, i, b)                 two operands, the right on this tape, the left constant
    (BOTH, rule_a, y, a, b, i, j, rule_b)        two operands on this tape
    (PIECE, op, y, p, i, x)                      a selection of x, whose cotangents are collected by ``p``

All others begin with the function that pulls a cotangent back through them, ``pull(record, g, cotangents)``:

    (pull_op, op, y, p, indices, xs, first)      any op; ``first`` is where several results begin
    (pull_call, fn, ys, None, indices, xs, first)  a function with a pullback of its own
    (pull_leaf, None, x)                         an input

``i`` and ``j`` are places of operands on the tape (-1: a constant), ``y`` and ``xs`` primals.  A None is the place
of one of several results: its cotangent is read when the sweep reaches the op that made it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .cotangents import Pending, accumulate, fit, give
from .diagonal import Diagonal
from .errors import LevelError
from .guard import deep_finite, keep_zero, keep_zero_direction, keep_zero_product, silent
from .registry import Op

__all__ = [
    "BOTH", "COLLECTORS", "ELEMENTWISE", "LEFT", "PIECE", "RIGHT", "UNARY", "WRITES", "layout", "pull_bilinear", "pull_call",
    "pull_carefully", "pull_diagonal", "pull_dropped", "pull_leaf", "pull_linear", "pull_op",
]  # fmt: skip

UNARY, LEFT, RIGHT, BOTH, PIECE = "unary", "left", "right", "both", "piece"
ELEMENTWISE = frozenset((UNARY, LEFT, RIGHT, BOTH))

COLLECTORS: set[Any] = set()
"""Pull functions that take a Pending cotangent as it is, because they go on writing into its buffer."""

WRITES: dict[Any, Any] = {}
"""Pull functions of item assignments, with what pushes a tangent forward past one."""


def layout(record: Any) -> tuple[Any, ...]:
    """Any record as ``(rules or op, y, p, indices, xs)``."""
    kind = record[0]
    if kind is UNARY:
        _, rule, y, x, i = record
        return (rule,), y, None, (i,), (x,)
    if kind is BOTH:
        _, rule_a, y, a, b, i, j, rule_b = record
        return (rule_a, rule_b), y, None, (i, j), (a, b)
    if kind is LEFT:
        _, rule, y, a, b, i, _ = record
        return (rule, None), y, None, (i, -1), (a, b)
    if kind is RIGHT:
        _, rule, y, a, b, i, _ = record
        return (None, rule), y, None, (-1, i), (a, b)
    if kind is PIECE:
        _, op, y, p, i, x = record
        return op, y, p, (i,), (x,)
    return record[1:6]  # type: ignore[no-any-return]


# one function for each layout ----------------------------------------------------------------------


def pull_leaf(record: Any, g: Any, cotangents: list[Any]) -> None:
    """An input: its cotangent stays where it is."""


def pull_dropped(record: Any, g: Any, cotangents: list[Any]) -> None:
    """An op inside a checkpointed function, which is recorded again when it is needed: nothing outside may ask for it."""
    raise LevelError(
        "checkpoint: a value computed inside a checkpointed function was used outside it. What it computes is "
        "forgotten when it ends, so return the value from the function"
    )


def pull_linear(record: Any, g: Any, cotangents: list[Any]) -> None:
    """A linear op of one operand; laid out as for ``pull_op``."""
    _, op, y, p, (i,), (x,), _ = record
    lead = g.ndim - y.ndim
    d = op.transpose(0, g, p, (x.shape,), lead)
    if d.nbytes != x.nbytes or d.ndim != x.ndim or not x.nbytes:
        d = fit(d, x, lead)
    if cotangents[i] is None:
        cotangents[i] = d
    else:
        accumulate(cotangents, i, d)


def pull_bilinear(record: Any, g: Any, cotangents: list[Any]) -> None:
    """A product of two operands; laid out as for ``pull_op``."""
    _, op, y, p, (i, j), xs, _ = record
    lead = g.ndim - y.ndim
    transpose = op.transpose
    a, b = xs
    if i >= 0:
        da = transpose(0, g, xs, p, lead)
        if da.nbytes != a.nbytes or da.ndim != a.ndim or not a.nbytes:
            da = fit(da, a, lead)
    if j >= 0:
        db = transpose(1, g, xs, p, lead)
        if db.nbytes != b.nbytes or db.ndim != b.ndim or not b.nbytes:
            db = fit(db, b, lead)
        give(cotangents, j, db)
    if i >= 0:
        give(cotangents, i, da)


def pull_op(record: Any, g: Any, cotangents: list[Any]) -> None:
    _, op, y, p, indices, xs, _ = record
    ds = contributions(op, y, p, indices, xs, g)
    if not op.traps:
        with silent():
            if not all([d is None or deep_finite(d) for d in ds]):
                raise FloatingPointError
    for i, d in zip(indices, ds, strict=True):
        if d is not None:
            give(cotangents, i, d)


def pull_call(record: Any, g: Any, cotangents: list[Any]) -> None:
    """A function with a pullback of its own."""
    _, fn, ys, _, indices, xs, _ = record
    gs, lead = _several(g, ys)
    with silent():
        ds = fn(list(gs), lead)
    for i, d, x in zip(indices, ds, xs, strict=True):
        give(cotangents, i, fit(d, x, lead))


def _several(g: Any, ys: Any) -> tuple[Any, int]:
    """Cotangents of several results, with zeros for those that nothing reached, and their lead."""
    if all([c is not None for c in g]):
        return g, g[0].ndim - ys[0].ndim
    lead = next(c.ndim - y.ndim for c, y in zip(g, ys, strict=True) if c is not None)
    shape = next(c.shape[:lead] for c in g if c is not None)
    return [np.zeros(shape + y.shape, y.dtype)[()] if c is None else c for c, y in zip(g, ys, strict=True)], lead


def contributions(op: Op, y: Any, p: Any, indices: tuple[int, ...], xs: tuple[Any, ...], g: Any) -> list[Any]:
    """What one op adds to its operands' cotangents; None for a constant operand."""
    if type(g) is list:
        g, lead = _several(g, y)
    else:
        lead = g.ndim - y.ndim
    if lead and not op.batched:
        lanes = [contributions(op, y, p, indices, xs, _lane(g, k)) for k in range(_lanes(g))]
        if not lanes:
            return [None if i < 0 else np.zeros((0, *x.shape), x.dtype) for i, x in zip(indices, xs, strict=True)]
        return [None if parts[0] is None else np.stack(parts) for parts in zip(*lanes, strict=True)]
    if op.kind == "linear":
        shapes = tuple([x.shape if hasattr(x, "shape") else () for x in xs])
        ds = [None if i < 0 else op.transpose(k, g, p, shapes, lead) for k, i in enumerate(indices)]  # type: ignore[misc]
    elif op.kind == "bilinear":
        ds = [None if i < 0 else op.transpose(k, g, xs, p, lead) for k, i in enumerate(indices)]  # type: ignore[misc]
    elif op.kind == "elementwise":
        ds = [None if i < 0 or rule is None else rule(g, y, *xs) for i, rule in zip(indices, op.rules, strict=True)]
    else:
        found = op.vjp(g, y, xs, p, lead)  # type: ignore[misc]
        ds = [None if i < 0 else d for d, i in zip(found, indices, strict=True)]
    for k, d in enumerate(ds):
        if d is not None:
            x = xs[k]
            if d.shape != x.shape or d.dtype is not x.dtype:
                ds[k] = fit(d, x, lead)
    return ds


def _lanes(g: Any) -> int:
    return int((g[0] if isinstance(g, list) else g).shape[0])


def _lane(g: Any, k: int) -> Any:
    return [part[k] for part in g] if isinstance(g, list) else g[k]


# with care -----------------------------------------------------------------------------------------


def pull_carefully(record: Any, g: Any, cotangents: list[Any]) -> None:
    """Pull one record back so that lanes with a zero cotangent contribute zero."""
    with silent():
        head = record[0]
        if head is pull_leaf:
            return
        if head is pull_call or head is pull_dropped or head in COLLECTORS:
            head(record, g, cotangents)
            return
        if head is PIECE:
            _, _, _, p, k, _ = record
            if type(cotangents[k]) is not Pending:
                cotangents[k] = Pending(cotangents[k])
            cotangents[k].record = record
            cotangents[k].pieces.append((p, g))
            return
        op, y, p, indices, xs = layout(record)
        rules = op if isinstance(op, tuple) else op.rules if op.kind == "elementwise" else None
        if rules is not None:
            ds = [
                None if i < 0 or rule is None else fit(keep_zero(rule(g, y, *xs), g), x, g.ndim - y.ndim)
                for i, rule, x in zip(indices, rules, xs, strict=True)
            ]
        elif op.kind == "bilinear":
            ds = _bilinear_carefully(op, y, p, indices, xs, g)
        else:
            ds = contributions(op, y, p, indices, xs, g)
            if op.kind == "custom":
                ds = [None if d is None else keep_zero_direction(d, g if isinstance(g, list) else [g]) for d in ds]
        for i, d in zip(indices, ds, strict=True):
            if d is not None:
                give(cotangents, i, d)


def _bilinear_carefully(op: Op, y: Any, p: Any, indices: Any, xs: Any, g: Any) -> list[Any]:
    """The contributions of a product whose infinite factors count only where the cotangent is not zero."""
    ds = contributions(op, y, p, indices, xs, g)
    for k, d in enumerate(ds):
        if d is not None and not deep_finite(d):

            def term(g: Any, xs: Any, k: int = k) -> Any:
                return contributions(op, np.zeros(y.shape), p, indices, xs, g)[k]

            ds[k] = keep_zero_product(d, term, k, g, xs)
    return ds


def pull_diagonal(record: Any, g: Diagonal, cotangents: list[Any]) -> None:
    """Pull the seeds of a Jacobian back, still diagonal where the op allows it."""
    op, y, p, indices, xs = layout(record) if record[0] is not pull_leaf else (None, None, None, (), ())
    rules = op if isinstance(op, tuple) else op.rules if getattr(op, "kind", "") == "elementwise" else None
    if rules is not None:
        for i, rule, x in zip(indices, rules, xs, strict=True):
            if i < 0 or rule is None:
                continue
            same = x.shape == y.shape and x.dtype == y.dtype
            with silent():
                d = rule(g.values if same else g.dense(), y, *xs)
                d = keep_zero(d, g.values if same else g.dense()) if not deep_finite(d) else d
            give(cotangents, i, Pending(Diagonal(fit(d, x, 0))) if same else fit(d, x, 1))
        return
    if getattr(op, "kind", "") == "bilinear" and op.diagonal is not None:
        with silent():
            ds = [None if i < 0 else op.diagonal("pull", k, g.values, xs) for k, i in enumerate(indices)]
        if all([i < 0 or (d is not None and deep_finite(d)) for i, d in zip(indices, ds, strict=True)]):
            for i, d, x in zip(indices, ds, xs, strict=True):
                if i >= 0:
                    give(cotangents, i, fit(d, x, 1))
            return
    pull_carefully(record, g.dense(), cotangents)
