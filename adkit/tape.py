"""Reverse mode: a flat tape, swept backwards (Linnainmaa, 1970; Griewank & Walther, 2008).

A ``Var`` is a primal and its place on a ``Tape``.  Every op on it appends one record: how to pull a
cotangent back through the op, and the primals which that needs.  The sweep walks the records from the last to the
first, once, without recursion or sorting: the order of recording is a topological order.

A record is a tuple ``(pull, op, y, p, ...)``, where ``pull(record, g, cotangents)`` is a function of
this module.  The cotangents live in the call of the sweep, so that a tape can be swept again, by
another thread, or with boxes for cotangents.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import ops as _ops  # the table of rules is filled before the first Var is made  # noqa: F401
from .box import Box, equip
from .debug import Watch, held_arrays, watching
from .guard import deep_finite, is_zero, keep_zero, not_finite, silent
from .levels import Level, lift, raise_closed
from .registry import Op

__all__ = ["Tape", "Var", "layout", "pull_call", "pull_part", "sweep"]

_F64 = np.float64
_PLAIN = frozenset((np.float64, float, int, np.float32))


class Tape(Level):
    """The records of one reverse-mode level, in the order of computation."""

    __slots__ = ("append", "records", "watch")

    def __init__(self) -> None:
        super().__init__()
        self.records: list[Any] = []
        self.append: Callable[[Any], None] = self.records.append
        self.watch: Watch | None = None
        if watching():
            self.watch = Watch()
            self.append = self.watch.appending(self.append)

    def verify(self) -> None:
        """Under the debug switch: refuse arrays that were changed in place since they were recorded."""
        if self.watch is not None:
            self.watch.verify()

    @property
    def nbytes(self) -> int:
        """Bytes of all distinct arrays that the records hold."""
        return sum(a.nbytes for a in held_arrays(self.records).values())

    def close(self) -> None:
        self.closed = True
        self.append = raise_closed

    def add_call(self, fn: Any, ys: list[Any], indices: tuple[int, ...], xs: tuple[Any, ...]) -> list[Var]:
        """Results of a call with a pullback of its own: ``fn(gs, lead)`` gives the contributions to ``xs``."""
        whole = self.add(tuple(ys), (pull_call, fn, tuple(ys), None, indices, xs))
        return [self.add(y, (pull_part, None, y, k, whole.index, len(ys))) for k, y in enumerate(ys)]

    def forget(self) -> None:
        """Close, and drop the records."""
        self.close()
        self.records = []

    def leaf(self, primal: Any) -> Var:
        """An input: a value with a place on the tape and no op behind it."""
        v = Var()
        v.primal = primal
        v.level = self
        v.index = len(self.records)
        self.append((_pull_leaf, None, primal))
        return v

    def add(self, primal: Any, record: Any) -> Var:
        """The result of an op, with its record."""
        v = Var()
        v.primal = primal
        v.level = self
        v.index = len(self.records)
        self.append(record)
        return v


class Var(Box):
    """A primal recorded on a tape."""

    __slots__ = ("index", "level", "primal")

    functions: dict[Any, Callable[..., Any]] = {}  # noqa: RUF012

    primal: Any
    level: Tape
    index: int

    @classmethod
    def process(cls, level: Tape, op: Op, xs: tuple[Any, ...], kw: dict[str, Any]) -> Any:
        return _process(level, op, xs, kw)

    @classmethod
    def interpret(cls, op: Op) -> Callable[..., Any]:
        if op.kind == "elementwise":
            if op.arity == 1:
                return _unary(op)
            if op.arity == 2 and None not in op.rules:
                return _binary(op)[0]
        return op


# recording ---------------------------------------------------------------------------------------


def _unary(op: Op) -> Callable[[Any], Any]:
    run, rule = op.run, op.rules[0]
    if rule is None:
        return lambda x: run(x.primal)

    def record(x: Any) -> Any:
        p = x.primal
        y = run(p)
        tape = x.level
        v = Var()
        v.primal = y
        v.level = tape
        v.index = len(tape.records)
        tape.append((_pull_unary, rule, y, p, x.index))
        return v

    return record


def _binary(op: Op) -> tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]:
    """The function that records a binary elementwise op, and its form with the operands exchanged."""
    run = op.run
    rule_a, rule_b = op.rules

    def both(a: Any, b: Any) -> Any:
        pa = a.primal
        pb = b.primal
        y = run(pa, pb)
        tape = a.level
        v = Var()
        v.primal = y
        v.level = tape
        v.index = len(tape.records)
        tape.append((_pull_both, rule_a, y, pa, pb, a.index, b.index, rule_b))
        return v

    def left(a: Any, b: Any) -> Any:
        pa = a.primal
        y = run(pa, b)
        tape = a.level
        v = Var()
        v.primal = y
        v.level = tape
        v.index = len(tape.records)
        tape.append((_pull_left, rule_a, y, pa, b, a.index))
        return v

    def right(a: Any, b: Any) -> Any:
        pb = b.primal
        y = run(a, pb)
        tape = b.level
        v = Var()
        v.primal = y
        v.level = tape
        v.index = len(tape.records)
        tape.append((_pull_right, rule_b, y, a, pb, b.index))
        return v

    def record(a: Any, b: Any) -> Any:
        if type(a) is Var:
            kind = type(b)
            if kind is Var:
                if a.level is b.level:
                    return both(a, b)
            elif kind in _PLAIN or (kind is np.ndarray and b.dtype.kind != "O"):
                return left(a, b)
        elif type(a) in _PLAIN or (type(a) is np.ndarray and a.dtype.kind != "O"):
            return right(a, b)
        return op(a, b)

    def reflected(b: Any, a: Any) -> Any:
        if type(a) in _PLAIN or (type(a) is np.ndarray and a.dtype.kind != "O"):
            return right(a, b)
        return record(a, b)

    return record, reflected


def _reflected(op: Op) -> Callable[[Any, Any], Any]:
    if op.kind == "elementwise" and None not in op.rules:
        return _binary(op)[1]
    return lambda b, a: op(a, b)


def _process(tape: Tape, op: Op, xs: tuple[Any, ...], kw: dict[str, Any]) -> Any:
    """Record any op, with any operands and keywords."""
    primals: list[Any] = []
    indices: list[int] = []
    for x in xs:
        if type(x) is Var and x.level is tape:
            primals.append(x.primal)
            indices.append(x.index)
            continue
        x = lift(x)
        if type(x) is Var and x.level is tape:
            primals.append(x.primal)
            indices.append(x.index)
        else:
            primals.append(np.asarray(x) if isinstance(x, (list, tuple)) else x)
            indices.append(-1)
    p = op.bind(*primals, **kw) if op.bind is not None else None
    y = op.run(*primals, **kw)
    if op.kind == "elementwise" and all(i < 0 or rule is None for i, rule in zip(indices, op.rules, strict=True)):
        if tape.closed:
            raise_closed()
        return y
    if isinstance(y, (tuple, list)):
        return _record_several(tape, op, y, p, tuple(indices), tuple(primals))
    if type(y) is np.ndarray and not y.ndim:
        y = y[()]
    return tape.add(y, (_pull_op, op, y, p, tuple(indices), tuple(primals)))


def _record_several(tape: Tape, op: Op, ys: Any, p: Any, indices: tuple[int, ...], primals: tuple[Any, ...]) -> Any:
    """Record an op with several results: its own record, and one for each result."""
    ys = type(ys)([y[()] if type(y) is np.ndarray and not y.ndim else y for y in ys]) if not hasattr(ys, "_fields") else ys
    whole = tape.add(ys, (_pull_op, op, ys, p, indices, primals))
    parts = [tape.add(y, (pull_part, None, y, k, whole.index, len(ys))) for k, y in enumerate(ys)]
    return parts if type(ys) is list else type(ys)(*parts) if hasattr(ys, "_fields") else tuple(parts)


# pulling back ------------------------------------------------------------------------------------


class Pending:
    """A cotangent still being collected: a sum that the sweep owns, and pieces of it by index.

    ``x[i]`` in a loop leaves one piece a turn; they are scattered into one array at once, when the sweep
    reaches ``x``.  That keeps a loop over n elements linear in n.
    """

    __slots__ = ("op", "owned", "pieces", "total")

    def __init__(self) -> None:
        self.total: Any = None
        self.owned = False
        self.pieces: list[tuple[Any, Any]] = []
        self.op: Any = None

    def add(self, d: Any) -> None:
        """Add a dense contribution; in place only into a buffer that this sum owns."""
        total = self.total
        if total is None:
            self.total = d
        elif self.owned and type(d) is np.ndarray and d.shape == total.shape and d.dtype is total.dtype:
            try:
                np.add(total, d, out=total)
            except FloatingPointError:
                pass  # inf - inf: the sum has been written as a whole before the trap is sprung
        else:
            self.total = _plus(total, d)
            self.owned = type(self.total) is np.ndarray

    def add_piece(self, op: Op, p: Any, g: Any) -> None:
        if self.op is not op and self.pieces:
            raise AssertionError("pieces of two ops cannot be collected together")
        self.op = op
        self.pieces.append((p, g))

    def settle(self, x: Any) -> Any:
        """The collected cotangent of ``x``, as one array."""
        if self.pieces:
            pieces, self.pieces = self.pieces, []
            self.add(self.op.scatter(pieces, x))
        return self.total


def _plus(a: Any, b: Any) -> Any:
    try:
        return a + b
    except FloatingPointError:
        with silent():
            return a + b


def accumulate(cotangents: list[Any], i: int, d: Any) -> None:
    """Add a contribution to the cotangent of record ``i``, which has had one already."""
    old = cotangents[i]
    if type(old) is Pending:
        old.add(d)
    elif type(d) is np.ndarray and d.size > 64:
        pending = cotangents[i] = Pending()
        pending.add(old)
        pending.add(d)
    else:
        cotangents[i] = _plus(old, d)


def give(cotangents: list[Any], i: int, d: Any) -> None:
    """Hand a contribution to record ``i``."""
    if cotangents[i] is None:
        cotangents[i] = d
    else:
        accumulate(cotangents, i, d)


def fit(d: Any, x: Any, lead: int) -> Any:
    """A contribution in the shape and type of its operand: summed over what was broadcast."""
    shape = x.shape
    if d.shape[lead:] != shape:
        extra = d.ndim - lead - len(shape)
        axes = tuple(range(lead, lead + extra)) + tuple(
            [lead + extra + k for k, n in enumerate(shape) if n == 1 and d.shape[lead + extra + k] != 1]
        )
        if axes:
            d = np.sum(d, axis=axes)
        if d.shape[lead:] != shape:
            d = np.reshape(d, d.shape[:lead] + shape)
    if d.dtype is not x.dtype and d.dtype != x.dtype:
        if d.dtype.kind == "c" and x.dtype.kind != "c":
            d = np.real(d)
        if d.dtype != x.dtype:
            d = np.astype(d, x.dtype)
    return d


def _pull_leaf(record: Any, g: Any, cotangents: list[Any]) -> None:
    """An input: its cotangent stays where it is."""


def _pull_unary(record: Any, g: Any, cotangents: list[Any]) -> None:
    _, rule, y, x, i = record
    d = rule(g, y, x)
    if type(d) is not _F64 or type(x) is not _F64:
        if d.shape != x.shape or d.dtype is not x.dtype:
            d = fit(d, x, g.ndim - y.ndim)
    if cotangents[i] is None:
        cotangents[i] = d
    else:
        accumulate(cotangents, i, d)


def _pull_both(record: Any, g: Any, cotangents: list[Any]) -> None:
    _, rule_a, y, a, b, i, j, rule_b = record
    da = rule_a(g, y, a, b)
    db = rule_b(g, y, a, b)
    if type(da) is not _F64 or type(a) is not _F64:
        if da.shape != a.shape or da.dtype is not a.dtype:
            da = fit(da, a, g.ndim - y.ndim)
    if type(db) is not _F64 or type(b) is not _F64:
        if db.shape != b.shape or db.dtype is not b.dtype:
            db = fit(db, b, g.ndim - y.ndim)
    if cotangents[i] is None:
        cotangents[i] = da
    else:
        accumulate(cotangents, i, da)
    if cotangents[j] is None:
        cotangents[j] = db
    else:
        accumulate(cotangents, j, db)


def _pull_left(record: Any, g: Any, cotangents: list[Any]) -> None:
    _, rule, y, a, b, i = record
    d = rule(g, y, a, b)
    if type(d) is not _F64 or type(a) is not _F64:
        if d.shape != a.shape or d.dtype is not a.dtype:
            d = fit(d, a, g.ndim - y.ndim)
    if cotangents[i] is None:
        cotangents[i] = d
    else:
        accumulate(cotangents, i, d)


def _pull_right(record: Any, g: Any, cotangents: list[Any]) -> None:
    _, rule, y, a, b, i = record
    d = rule(g, y, a, b)
    if type(d) is not _F64 or type(b) is not _F64:
        if d.shape != b.shape or d.dtype is not b.dtype:
            d = fit(d, b, g.ndim - y.ndim)
    if cotangents[i] is None:
        cotangents[i] = d
    else:
        accumulate(cotangents, i, d)


def pull_part(record: Any, g: Any, cotangents: list[Any]) -> None:
    """One of several results: its cotangent takes its place among theirs."""
    _, _, _, k, i, n = record
    if cotangents[i] is None:
        cotangents[i] = [None] * n
    cotangents[i][k] = g


def pull_call(record: Any, g: Any, cotangents: list[Any]) -> None:
    """A function with a pullback of its own."""
    _, fn, ys, _, indices, xs = record
    gs, lead = _several(g, ys)
    with silent():
        ds = fn(list(gs), lead)
    for i, d, x in zip(indices, ds, xs, strict=True):
        give(cotangents, i, fit(d, x, lead))


def _pull_op(record: Any, g: Any, cotangents: list[Any]) -> None:
    _, op, y, p, indices, xs = record
    if op.scatter is not None and indices[0] >= 0:
        i = indices[0]
        if type(cotangents[i]) is not Pending:
            pending = Pending()
            if cotangents[i] is not None:
                pending.add(cotangents[i])
            cotangents[i] = pending
        cotangents[i].add_piece(op, p, g)
        return
    ds = pull(op, y, p, indices, xs, g)
    if not op.traps and not all([d is None or deep_finite(d) for d in ds]):
        raise FloatingPointError
    for i, d in zip(indices, ds, strict=True):
        if d is not None:
            give(cotangents, i, d)


def _several(g: list[Any], ys: Any) -> tuple[Any, int]:
    """Cotangents of several results, with zeros for those that nothing reached, and their lead."""
    lead = next(c.ndim - y.ndim for c, y in zip(g, ys, strict=True) if c is not None)
    shape = next(c.shape[:lead] for c in g if c is not None)
    return tuple([np.zeros(shape + y.shape, y.dtype) if c is None else c for c, y in zip(g, ys, strict=True)]), lead


def pull(op: Op, y: Any, p: Any, indices: tuple[int, ...], xs: tuple[Any, ...], g: Any, raw: bool = False) -> list[Any]:
    """The contributions of one op to its operands' cotangents; None for a constant operand."""
    if isinstance(y, (tuple, list)):
        g, lead = _several(g, y)
    else:
        lead = g.ndim - y.ndim
    if op.kind == "elementwise":
        ds = [
            None if i < 0 or rule is None else rule(g, y, *xs) for i, rule in zip(indices, op.rules, strict=True)
        ]
        if raw:
            return ds
    elif op.kind == "linear":
        shapes = tuple([x.shape if hasattr(x, "shape") else () for x in xs])
        ds = [None if i < 0 else op.transpose(k, g, p, shapes, lead) for k, i in enumerate(indices)]  # type: ignore[misc]
    elif op.kind == "bilinear":
        ds = [None if i < 0 else op.transpose(k, g, xs, p, lead) for k, i in enumerate(indices)]  # type: ignore[misc]
    else:
        found = op.vjp(g, y, xs, p, lead)  # type: ignore[misc]
        ds = [None if i < 0 else d for d, i in zip(found, indices, strict=True)]
    return [None if d is None else fit(d, x, lead) for d, x in zip(ds, xs, strict=True)]


# the sweep ---------------------------------------------------------------------------------------


def sweep(tape: Tape, cotangents: list[Any], inputs: int, consume: bool = False) -> list[Any]:
    """Pull cotangents back over the whole tape.

    ``cotangents`` has one entry a record, those of the outputs set; it is used up.  Returns those of the
    first ``inputs`` records, None where nothing reached one.  With ``consume`` the records are dropped as
    the sweep goes, so that memory shrinks.
    """
    records = tape.records
    i = len(records)
    with np.errstate(invalid="raise", divide="raise"):
        while i > inputs:
            try:
                while i > inputs:
                    i -= 1
                    g = cotangents[i]
                    if g is None:
                        if consume:
                            records[i] = None
                        continue
                    record = records[i]
                    if type(g) is Pending:
                        g = g.settle(record[2])
                    if consume:
                        records[i] = cotangents[i] = None
                    record[0](record, g, cotangents)
            except FloatingPointError:
                with silent():
                    _pull_guarded(record, g, cotangents)
        for i in range(inputs):
            if type(cotangents[i]) is Pending:
                with silent():
                    cotangents[i] = cotangents[i].settle(records[i][2])
    return cotangents[:inputs]


def layout(record: Any) -> tuple[Any, ...]:
    """Any record as ``(rules or op, y, p, indices, xs)``."""
    head = record[0]
    if head is _pull_unary:
        _, rule, y, x, i = record
        return (rule,), y, None, (i,), (x,)
    if head is _pull_both:
        _, rule_a, y, a, b, i, j, rule_b = record
        return (rule_a, rule_b), y, None, (i, j), (a, b)
    if head is _pull_left:
        _, rule, y, a, b, i = record
        return (rule, None), y, None, (i, -1), (a, b)
    if head is _pull_right:
        _, rule, y, a, b, i = record
        return (None, rule), y, None, (-1, i), (a, b)
    return record[1:]  # type: ignore[no-any-return]


def _pull_guarded(record: Any, g: Any, cotangents: list[Any]) -> None:
    """Pull one record back again, where an invalid operation was met: zero cotangents contribute zero."""
    if record[0] not in (_pull_unary, _pull_both, _pull_left, _pull_right, _pull_op):
        record[0](record, g, cotangents)
        return
    op, y, p, indices, xs = layout(record)
    if isinstance(op, tuple) or op.kind == "elementwise":
        rules = op if isinstance(op, tuple) else op.rules
        ds = [
            None if i < 0 or rule is None else fit(keep_zero(rule(g, y, *xs), g), x, g.ndim - y.ndim)
            for i, rule, x in zip(indices, rules, xs, strict=True)
        ]
    elif op.kind == "bilinear":
        ds = _guarded_bilinear(op, y, p, indices, xs, g)
    else:
        ds = pull(op, y, p, indices, xs, g)
        if op.kind == "custom":
            ds = [None if d is None else _guarded_lanes(d, g, y) for d in ds]
    for i, d in zip(indices, ds, strict=True):
        if d is not None:
            give(cotangents, i, d)


def _guarded_bilinear(op: Op, y: Any, p: Any, indices: tuple[int, ...], xs: tuple[Any, ...], g: Any) -> list[Any]:
    """A sum of products in which infinite factors count only where the cotangent is not zero."""
    raw = pull(op, y, p, indices, xs, g)
    bad = [not_finite(x) if hasattr(x, "dtype") else np.zeros(()) for x in xs]
    if not any([b.any() for b in bad]):
        return raw
    tame = tuple([np.where(b, x.dtype.type(0), x) if b.any() else x for b, x in zip(bad, xs, strict=True)])
    wild = tuple([b.astype(float) for b in bad])
    ones = tuple([np.ones(b.shape) for b in bad])
    alive = np.asarray(~is_zero(g), dtype=float)
    mended = pull(op, y, p, indices, tame, g)
    for k, d in enumerate(raw):
        if d is None:
            continue
        reached: Any = 0.0
        for j in range(len(xs)):
            if j != k:
                factors = tuple([wild[j] if m == j else ones[m] for m in range(len(xs))])
                reached = reached + pull(op, np.zeros(y.shape), p, indices, factors, alive)[k]
        raw[k] = np.where(reached > 0, d, mended[k])
    return raw


def _guarded_lanes(d: Any, g: Any, y: Any) -> Any:
    """Zero where the cotangent of a whole direction is zero."""
    parts = g if isinstance(g, (tuple, list)) else [g]
    if all([part is None or bool(is_zero(part).all()) for part in parts]):
        return np.where(not_finite(d), d.dtype.type(0), d)
    return d


equip(Var, _reflected)
