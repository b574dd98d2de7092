"""Sparsity patterns by tracing: which inputs each recorded value depends on, from the first record to the last."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from ..cotangents import Spec
from ..errors import DerivativeError
from ..pull import PIECE, WRITES, layout, pull_call, pull_leaf
from ..registry import Op
from .local import moved_together, through
from .pattern import Pattern, empty, identity, merged, picked

__all__ = ["dependencies"]


def dependencies(records: list[Any], wanted: int) -> Pattern:
    """Which entries of the first record, an input, the record ``wanted`` depends on.

    What holds is what was recorded: the branches taken and the orders found at this point.
    """
    found: list[Pattern | None] = [None] * len(records)
    n = _size(records[0][2])
    found[0] = identity(n)
    last = _last_uses(records, wanted)
    for k in range(1, wanted + 1):
        record = records[k]
        if record is None:
            continue
        if record[0] is pull_leaf:
            found[k] = empty(_size(record[2]), n)
        elif record[0] in WRITES:
            found[k] = _written(record, found, n)
        elif record[0] is PIECE:
            _, op, _, at, i, x = record
            rows = found[i]
            assert rows is not None
            found[k] = picked(rows, op.run(numbered(x.shape), at))
        else:
            _computed(k, record, found, n)
        for i in last.get(k, ()):
            found[i] = None
    result = found[wanted]
    assert result is not None
    return result


def _size(x: Any) -> int:
    return int(np.prod(x.shape, dtype=int))


def _operands(record: Any) -> tuple[int, ...]:
    if record[0] is pull_leaf:
        return ()
    if record[0] in WRITES:
        return (record[4], record[5])
    return tuple(layout(record)[3])


def _last_uses(records: list[Any], wanted: int) -> dict[int, list[int]]:
    """For each record the values that nothing needs after it."""
    last: dict[int, int] = {}
    for k in range(wanted + 1):
        if records[k] is not None:
            for i in _operands(records[k]):
                last[i] = k
    dead: dict[int, list[int]] = {}
    for i, k in last.items():
        if i >= 0 and i != wanted:
            dead.setdefault(k, []).append(i)
    return dead


def _written(record: Any, found: list[Pattern | None], n: int) -> Pattern:
    """An item assignment: some rows are replaced by those of the value."""
    _, _, spec, at, before, place, value = record
    source = np.arange(_size(spec)).reshape(spec.shape)
    source = np.array(source) if spec.shape else np.array(source[()])
    written = -1 if place < 0 else -2 - np.arange(_size(value)).reshape(value.shape)
    at.put(source, written)
    source = np.ravel(source)
    old = found[before]
    assert old is not None
    parts = [picked(old, np.where(source >= 0, source, -1))]
    if place >= 0:
        new = found[place]
        assert new is not None
        parts.append(picked(new, np.where(source < -1, -2 - source, -1)))
    return merged(parts)


def _computed(k: int, record: Any, found: list[Pattern | None], n: int) -> None:
    """Any op: the rows of its result, or below them those of its several results."""
    op, y, p, indices, xs = layout(record)
    shapes = [part.shape for part in y] if isinstance(y, (list, tuple)) else [y.shape]
    rules = op if isinstance(op, tuple) else op.rules if isinstance(op, Op) and op.kind == "elementwise" else None
    parts = []
    if isinstance(op, Op) and op.kind == "linear" and len(indices) > 1:
        rows_of = [found[i] if i >= 0 else None for i in indices]
        together = moved_together(rows_of, xs, lambda gs: op.apply(gs, p, 0), n)  # type: ignore[misc]
        if together is not None and len(shapes) == 1:
            found[k] = together
            return
    for i, operand in enumerate(indices):
        rows = found[operand] if operand >= 0 else None
        if rows is None:
            continue
        x = xs[i]
        if rules is not None:
            if rules[i] is not None:
                parts.append(_broadcast(rows, x.shape, y.shape))
        else:
            push, pull, linear = (None, None, False) if record[0] is pull_call else _maps(op, i, y, p, indices, xs)
            parts.append(through(rows, x.shape, shapes, push, pull, linear, x.dtype.kind == "c"))
    total = sum([int(np.prod(s, dtype=int)) for s in shapes])
    whole = merged(parts) if parts else empty(total, n)
    if not isinstance(y, (list, tuple)):
        found[k] = whole
        return
    start = 0
    for place, part in enumerate(y, k + 1):
        found[place] = picked(whole, np.arange(start, start + _size(part)))
        start += _size(part)


@lru_cache(maxsize=64)
def numbered(shape: tuple[int, ...]) -> Any:
    """The entries of an array by their numbers."""
    numbers = np.arange(int(np.prod(shape, dtype=int))).reshape(shape)
    numbers.flags.writeable = False
    return numbers


def _broadcast(rows: Pattern, shape: tuple[int, ...], out: tuple[int, ...]) -> Pattern:
    if shape == out:
        return rows
    return picked(rows, np.broadcast_to(numbered(shape), out))


def _maps(op: Op, i: int, y: Any, p: Any, indices: Any, xs: Any) -> Any:
    """The linear map of an op from its operand ``i``, its transpose, and whether it is the same at every point."""
    if op.kind == "linear":
        shapes = tuple([getattr(x, "shape", ()) for x in xs])
        return (
            _lanes(op, lambda g, lead: op.apply(tuple([g if k == i else None for k in range(len(xs))]), p, lead)),  # type: ignore[misc]
            lambda g: op.transpose(i, g, p, shapes, 0),  # type: ignore[misc]
            True,
        )
    if op.kind == "bilinear":
        others = tuple([_generic(x, indices[k] >= 0) for k, x in enumerate(xs)])
        return (
            _lanes(op, lambda g, lead: op.apply(i, g, others, p, lead)),  # type: ignore[misc]
            lambda g: op.transpose(i, g, others, p, 0),  # type: ignore[misc]
            True,
        )
    zeros = [None if index < 0 else np.zeros(x.shape, x.dtype) for x, index in zip(xs, indices, strict=True)]

    def push(g: Any, lead: int) -> Any:
        gs = list(zeros)
        gs[i] = g[()]
        return op.jvp(tuple(gs), y, xs, p, 0)  # type: ignore[misc]

    return push if op.batched and not any([type(x) is Spec for x in xs]) else None, None, False


def _lanes(op: Op, push: Any) -> Any:
    """A map of many directions at once, one by one where the op takes them so."""
    if op.batched:
        return push

    def each(g: Any, lead: int) -> Any:
        if not lead:
            return push(g, 0)
        found = [push(lane[()], 0) for lane in g]
        if isinstance(found[0], (list, tuple)):
            return [np.stack(parts) for parts in zip(*found, strict=True)]
        return np.stack(found)

    return each


def _generic(x: Any, moving: bool) -> Any:
    """A factor with numbers that cancel nowhere: zero only where a constant is."""
    if not hasattr(x, "dtype") or x.dtype.kind not in "fc":
        return x
    values = np.random.default_rng(x.size).uniform(1.0, 2.0, x.shape)
    return values if moving else np.where(np.asarray(x) == 0, 0.0, values)


def check_record(record: Any) -> None:
    """Refuse a complex input."""
    if record[2].dtype.kind == "c":
        raise DerivativeError("adkit.sparse: the Jacobian of complex values is not defined here; split them into real and imag")
