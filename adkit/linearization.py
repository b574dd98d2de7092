"""The derivative as a linear function: one recording, then as many forward sweeps over it as are asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import tree
from .arguments import as_perturbation, check_callable, is_label, match, number, warn_independent
from .counting import note
from .dual import push, settle
from .errors import DerivativeError
from .guard import keep_zero, silent
from .levels import Boxed
from .reverse import paired_transpose, record
from .pull import PIECE, WRITES, layout, pull_call, pull_dropped, pull_leaf
from .tape import Tape, Var

__all__ = ["linearize"]


def linearize(f: Callable[..., Any], *primals: Any) -> Any:
    """The value of ``f`` and its derivative as a linear function of tangents, from one recording.

    Returns ``(y, push)``; ``push(*tangents)`` gives the tangent of the output without evaluating ``f`` again.

    >>> import numpy as np
    >>> y, push = linearize(np.sin, np.float64(0.0))
    >>> float(push(3.0))
    3.0
    """
    check_callable(f, "linearize")
    run, y, _ = record(f, primals, tuple(range(len(primals))), {}, False, "linearize")
    tape = run.tape
    if not any([isinstance(v, Var) and v.level is tape for v in tree.leaves(y)]):
        warn_independent("linearize", "the primals", f)

    def push_tangents(*tangents: Any) -> Any:
        if len(tangents) != len(primals):
            raise DerivativeError(f"linearize: {len(primals)} tangents are needed, {len(tangents)} were given")
        given = []
        for k, (x, v) in enumerate(zip(primals, tangents, strict=True)):
            given += match(v, x, f"tangent {k}", "linearize")
        seeds = [as_perturbation(t, x, "a tangent", "linearize") for t, x in zip(given, run.inputs, strict=True)]
        if tape.watch is not None:
            tape.watch.verify()
        note("forward", 1)
        values = forward_sweep(tape, seeds, [v.index for v in tree.leaves(y) if isinstance(v, Var) and v.level is tape])

        def tangent(v: Any) -> Any:
            if is_label(v):
                return None
            found = values[v.index] if isinstance(v, Var) and v.level is tape else None
            if found is None:
                shape = v.primal if isinstance(v, Boxed) and v.level is tape else number(v, "linearize")
                return np.zeros(shape.shape, shape.dtype if shape.dtype.kind in "fc" else float)[()]
            return found.copy() if type(found) is np.ndarray else found

        return tree.map_leaves(tangent, y)

    value = tree.map_leaves(lambda v: v.primal if isinstance(v, Var) and v.level is tape else v, y)
    return tree.map_leaves(lambda v: v.copy() if type(v) is np.ndarray else v, value), push_tangents


def forward_sweep(tape: Tape, tangents: list[Any], results: list[int]) -> list[Any]:
    """Tangents of every record, from those of the inputs, in the order of recording; None for a zero.

    Those of ``results`` are what is asked for; of the others some are overwritten, as the arrays were.
    """
    records = tape.records
    values: list[Any] = list(tangents)
    mine = _overwritten(records, results) if any([entry is not None and entry[0] in WRITES for entry in records]) else {}
    for k in range(len(tangents), len(records)):
        entry = records[k]
        if entry is None:
            continue
        if entry[0] is pull_leaf or entry[0] is pull_dropped:
            values.append(None if entry[0] is pull_leaf else _ESCAPED)
            continue
        if entry[0] in WRITES:
            values.append(WRITES[entry[0]](entry, values, mine.get(entry[4]) == k))
            continue
        op, y, p, indices, xs = layout(entry)
        gs = [None if i < 0 else values[i] for i in indices]
        t: Any
        if all([g is None for g in gs]):
            t = None
        elif entry[0] is pull_call:
            t = paired_transpose(lambda g: op(list(g), 0), y, gs)  # noqa: B023
        elif isinstance(op, tuple):
            t = _elementwise(op, y, xs, gs)
        else:
            t = _settled(push(op, y, xs, gs, p, 0, careful=True), y)
            if type(t) is np.ndarray and indices[0] in mine:
                t = t.copy()  # a view, of what is going to be overwritten
        values.append(t)
        if isinstance(y, list):
            values.extend([None] * len(y) if t is None else t)
    return values


class _Escaped:
    """In place of the tangent of a value that nothing may use."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        pull_dropped(None, None, [])

    def __array_ufunc__(self, *_: Any, **__: Any) -> Any:
        pull_dropped(None, None, [])


_ESCAPED = _Escaped()


def _overwritten(records: list[Any], results: list[int]) -> dict[int, int]:
    """Versions of an array that were only read by items until they were overwritten, and by which record that was."""
    last: dict[int, int] = {}
    kept = set(results)
    for k, entry in enumerate(records):
        if entry is None or entry[0] is pull_leaf or entry[0] is pull_dropped:
            continue
        if entry[0] in WRITES:
            last[entry[4]] = k
            kept.add(entry[5])
            continue
        indices = layout(entry)[3]
        if entry[0] is not PIECE:
            kept.update(indices)
        for i in indices:
            last[i] = k
    writes = {k for k in last.values() if records[k][0] in WRITES}
    return {i: k for i, k in last.items() if k in writes and i not in kept and i == records[k][4]}


def _elementwise(rules: Any, y: Any, xs: Any, gs: list[Any]) -> Any:
    total: Any = None
    with silent():
        for rule, g in zip(rules, gs, strict=True):
            if g is not None and rule is not None:
                t = keep_zero(rule(g, y, *xs), g)
                total = t if total is None else total + t
    return settle(total, y, 0)


def _settled(t: Any, y: Any) -> Any:
    if isinstance(y, (tuple, list)):
        return [settle(a, b, 0) for a, b in zip(t, y, strict=True)]
    return None if t is None else settle(t, y, 0)
