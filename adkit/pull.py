"""Pulling cotangents back: the layouts of a record, and the sweep over all of them.

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

from .diagonal import Diagonal
from .guard import deep_finite, has_nan, keep_zero, keep_zero_direction, keep_zero_product, silent
from .registry import Op

__all__ = [
    "BOTH", "COLLECTORS", "LEFT", "PIECE", "RIGHT", "UNARY", "WRITES", "Pending", "Spec", "layout", "pull_bilinear", "pull_call",
    "pull_leaf", "pull_linear", "pull_op", "sweep",
]  # fmt: skip

_F64 = np.float64
UNARY, LEFT, RIGHT, BOTH, PIECE = "unary", "left", "right", "both", "piece"
_ELEMENTWISE = frozenset((UNARY, LEFT, RIGHT, BOTH))
_SMALL = 16384
"""Bytes below which a sum of cotangents is simply made anew."""

COLLECTORS: set[Any] = set()
"""Pull functions that take a Pending cotangent as it is, because they go on writing into its buffer."""

WRITES: dict[Any, Any] = {}
"""Pull functions of item assignments, with what pushes a tangent forward past one."""


class Spec:
    """What remains on the tape of an array that no rule needs: its shape and type."""

    __slots__ = ("dtype", "nbytes", "ndim", "shape", "size")

    def __init__(self, x: Any) -> None:
        self.shape, self.ndim, self.size, self.dtype, self.nbytes = x.shape, x.ndim, x.size, x.dtype, x.nbytes


# collecting --------------------------------------------------------------------------------------


class Pending:
    """A cotangent still being collected: a sum that the sweep owns, and pieces of it by index.

    ``x[i]`` in a loop leaves one piece a turn; they are scattered into one array at once, when the sweep
    reaches ``x``.  That keeps a loop over n elements linear in n.
    """

    __slots__ = ("owned", "pieces", "record", "total")

    def __init__(self, total: Any = None, owned: bool = False) -> None:
        self.total = total
        self.owned = owned
        self.pieces: list[tuple[Any, Any]] = []
        self.record: Any = None

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

    def flush(self) -> None:
        """Scatter the pieces collected so far into the sum: into its buffer, where it owns one."""
        if self.pieces:
            pieces, self.pieces = self.pieces, []
            total = self.total
            into = total if self.owned and type(total) is np.ndarray else None
            found = self.record[1].scatter(pieces, self.record[5], into)
            if found is not into:
                self.owned = total is None and type(found) is np.ndarray
                self.total = found if total is None else _plus(total, found)

    def settle(self) -> Any:
        """The collected cotangent, as one array."""
        self.flush()
        total = self.total
        if type(total) is Diagonal:
            return total
        freeze = getattr(total, "__adkit_freeze__", None)
        return total if freeze is None else freeze()


def _plus(a: Any, b: Any) -> Any:
    try:
        return a + b
    except FloatingPointError:
        with silent():
            return a + b


def accumulate(cotangents: list[Any], i: int, d: Any) -> None:
    """Add a contribution to the cotangent of record ``i``, which has had one already."""
    old = cotangents[i]
    kind = type(d)
    if kind is type(old) and (kind is _F64 or (kind is np.ndarray and d.nbytes < _SMALL)):
        cotangents[i] = _plus(old, d)
        return
    if kind is Pending:
        d = d.total
        old = cotangents[i] = old if type(old) is Pending else Pending(old)
    if type(old) is Pending:
        old.add(d)
    elif kind is np.ndarray and type(old) is np.ndarray:
        cotangents[i] = Pending(_plus(old, d), owned=True)
    elif kind is list:
        cotangents[i] = [b if a is None else a if b is None else _plus(a, b) for a, b in zip(old, d, strict=True)]
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
        if extra == 1 and d.shape[lead + 1 :] == shape:
            axes: tuple[int, ...] = (lead,)  # a row added to a matrix, by far the most frequent
        else:
            axes = tuple(range(lead, lead + extra)) + tuple(
                [lead + extra + k for k, n in enumerate(shape) if n == 1 and d.shape[lead + extra + k] != 1]
            )
        if axes:
            d = np.add.reduce(d, axis=axes)
        if d.shape[lead:] != shape:
            d = np.reshape(d, d.shape[:lead] + shape)
    if d.dtype is not x.dtype and d.dtype != x.dtype:
        if d.dtype.kind == "c" and x.dtype.kind != "c":
            d = np.real(d)
        if d.dtype != x.dtype:
            d = np.astype(d, x.dtype)
    return d


# one function for each layout ----------------------------------------------------------------------


def pull_leaf(record: Any, g: Any, cotangents: list[Any]) -> None:
    """An input: its cotangent stays where it is."""


def pull_linear(record: Any, g: Any, cotangents: list[Any]) -> None:
    """A linear op of one operand; laid out as for ``pull_op``."""
    _, op, y, p, (i,), (x,), _ = record
    lead = g.ndim - y.ndim
    d = op.transpose(0, g, p, (x.shape,), lead)
    if d.nbytes != x.nbytes or d.ndim != x.ndim:
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
        if da.nbytes != a.nbytes or da.ndim != a.ndim:
            da = fit(da, a, lead)
    if j >= 0:
        db = transpose(1, g, xs, p, lead)
        if db.nbytes != b.nbytes or db.ndim != b.ndim:
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


# the sweep ---------------------------------------------------------------------------------------


def sweep(records: list[Any], seeds: list[tuple[int, Any]], inputs: int, careful: bool = False) -> list[Any]:
    """Pull cotangents back over all records; returns those of the first ``inputs``, None where nothing arrived.

    A zero cotangent contributes zero, also through an infinite partial.  Invalid operations trap, and the record
    that met one is pulled back again with care; where nan comes from the primal itself nothing traps, so nan
    among the results makes the whole sweep run again with care at every record.
    """
    i = len(records)
    cotangents: list[Any] = [None] * i
    for index, g in seeds:
        give(cotangents, index, Pending(g) if type(g) is Diagonal else g)
    with np.errstate(invalid="raise", divide="raise", over="ignore", under="ignore"):
        while True:
            try:
                _sweep_down(records, cotangents, i, inputs, careful)
                break
            except _Trapped as trapped:
                i = trapped.index
        found = cotangents[:inputs]
        for k, d in enumerate(found):
            if type(d) is Pending:
                with silent():
                    d = d.settle()
                found[k] = d = d.dense() if type(d) is Diagonal else d
            if d is not None and not careful and has_nan(d):
                return sweep(records, seeds, inputs, careful=True)
    return found


class _Trapped(Exception):
    """The sweep met an invalid operation; the record ``index`` has been pulled back with care since."""

    def __init__(self, index: int) -> None:
        self.index = index


def _sweep_down(records: list[Any], cotangents: list[Any], start: int, stop: int, careful: bool) -> None:
    """The inner loop.  All contributions of a record are computed before any is added: a trap leaves nothing half done.

    Two arrays of one rank, of which one broadcasts to the other, have one shape and type if they have as many
    bytes, and any; that is the cheapest test of whether a contribution fits its operand as it is.
    """
    # Local names: this loop is what an eager gradient costs.
    unary, left, right, both, piece, f64 = UNARY, LEFT, RIGHT, BOTH, PIECE, _F64
    try:
        for i in range(start - 1, stop - 1, -1):
            g = cotangents[i]
            record = records[i]
            if g is None or record is None or careful or type(g) is Pending:
                if record is None and type(g) is not Pending:
                    continue  # one of several results: its cotangent waits for the op that made it
                g = _prepared(record, g, i, cotangents, careful)
                if g is None:
                    continue
            cotangents[i] = None
            kind = record[0]
            if kind is unary:
                _, rule, y, x, k = record
                d = rule(g, y, x)
                if d.dtype is not x.dtype:  # the shape is that of g in any case
                    d = fit(d, x, g.ndim - y.ndim)
                if cotangents[k] is None:
                    cotangents[k] = d
                else:
                    accumulate(cotangents, k, d)
            elif kind is left or kind is right:
                _, rule, y, a, b, k, x = record
                d = rule(g, y, a, b)
                if (type(d) is not f64 or type(x) is not f64) and (d.nbytes != x.nbytes or d.ndim != x.ndim or not x.nbytes):
                    d = fit(d, x, g.ndim - y.ndim)
                if cotangents[k] is None:
                    cotangents[k] = d
                else:
                    accumulate(cotangents, k, d)
            elif kind is both:
                _, rule_a, y, a, b, j, k, rule_b = record
                da = rule_a(g, y, a, b)
                db = rule_b(g, y, a, b)
                if type(da) is not f64 or type(a) is not f64 or type(b) is not f64:
                    if da.nbytes != a.nbytes or da.ndim != a.ndim or not a.nbytes:
                        da = fit(da, a, g.ndim - y.ndim)
                    if db.nbytes != b.nbytes or db.ndim != b.ndim or not b.nbytes:
                        db = fit(db, b, g.ndim - y.ndim)
                if cotangents[j] is None:
                    cotangents[j] = da
                else:
                    accumulate(cotangents, j, da)
                if cotangents[k] is None:
                    cotangents[k] = db
                else:
                    accumulate(cotangents, k, db)
            elif kind is piece:
                _, _, _, p, k, _ = record
                pending = cotangents[k]
                if type(pending) is not Pending:
                    pending = cotangents[k] = Pending(pending)
                pending.record = record
                pending.pieces.append((p, g))
            else:
                kind(record, g, cotangents)
    except FloatingPointError:
        _pull_carefully(record, g, cotangents)
        raise _Trapped(i) from None


def _prepared(record: Any, g: Any, i: int, cotangents: list[Any], careful: bool) -> Any:
    """The cotangent of a record that needs more than the usual; None where there is nothing left to pull."""
    if record is None:
        # One of several results: its cotangent waits here for the op that made it.
        if type(g) is Pending:
            with silent():
                g = cotangents[i] = g.settle()
            if type(g) is Diagonal:
                cotangents[i] = g.dense()
        return None
    if g is None:
        if record[0] in _ELEMENTWISE or record[0] in COLLECTORS or len(record) != 7 or not record[6]:
            return None
        g = _collect(record, cotangents)
        if g is None:
            return None
    cotangents[i] = None
    if type(g) is Pending:
        with silent():
            if record[0] in COLLECTORS:
                record[0](record, g, cotangents)
                return None
            g = g.settle()
        if type(g) is Diagonal:
            _pull_diagonal(record, g, cotangents)
            return None
    if careful:
        _pull_carefully(record, g, cotangents)
        return None
    return g


def _collect(record: Any, cotangents: list[Any]) -> Any:
    """Cotangents of an op's several results, as a list; None where nothing reached any."""
    first = record[6]
    stop = first + len(record[2])
    gs = cotangents[first:stop]
    cotangents[first:stop] = [None] * len(gs)
    return gs if any([g is not None for g in gs]) else None


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


# with care -----------------------------------------------------------------------------------------


def _pull_carefully(record: Any, g: Any, cotangents: list[Any]) -> None:
    """Pull one record back so that lanes with a zero cotangent contribute zero."""
    with silent():
        head = record[0]
        if head is pull_leaf:
            return
        if head is pull_call or head in COLLECTORS:
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


def _pull_diagonal(record: Any, g: Diagonal, cotangents: list[Any]) -> None:
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
    _pull_carefully(record, g.dense(), cotangents)
