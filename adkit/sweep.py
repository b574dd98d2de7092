"""The sweep: cotangents pulled back over all records of a tape, from the last to the first, once."""

from __future__ import annotations

from typing import Any

import numpy as np

from .cotangents import Pending, accumulate, fit, give
from .diagonal import Diagonal
from .guard import has_nan, silent
from .levels import Boxed
from .nans import TapeFinder, all_finite, warn_of_nan
from .pull import (
    BOTH, COLLECTORS, ELEMENTWISE, LEFT, PIECE, RIGHT, UNARY, WRITES, layout, pull_carefully, pull_diagonal, pull_leaf,
)  # fmt: skip

__all__ = ["sweep", "sweep_part"]

_F64 = np.float64


def sweep(records: list[Any], seeds: list[tuple[int, Any]], inputs: int, careful: Any = False) -> list[Any]:
    """Pull cotangents back over all records; returns those of the first ``inputs``, None where nothing arrived.

    A zero cotangent contributes zero, also through an infinite partial.  Invalid operations trap, and the record
    that met one is pulled back again with care; where nan comes from the primal itself nothing traps, so nan
    among the results makes the whole sweep run again with care at every record.  ``careful`` is False, or a finder
    that looks at each record.
    """
    cotangents: list[Any] = [None] * len(records)
    if _pull_all(records, seeds, inputs, cotangents, careful):
        return cotangents[:inputs]
    return _sweep_again(records, seeds, inputs)


def sweep_part(records: Any, seeds: list[tuple[int, Any]], start: int, careful: Any = False) -> dict[int, Any]:
    """Pull cotangents back over the records from ``start`` on; what arrived at those before, by index."""
    cotangents: Any = _Sparse()
    if _pull_all(records, seeds, start, cotangents, careful):
        return {k: d for k, d in cotangents.items() if k < start and d is not None}
    return sweep_part(records, seeds, start, TapeFinder(raises=False, order=0))  # whoever sweeps the whole will warn


class _Sparse(dict[int, Any]):
    """Cotangents of few records among many: None for the others."""

    def __missing__(self, key: int) -> None:
        return None


def _pull_all(records: list[Any], seeds: list[tuple[int, Any]], stop: int, cotangents: Any, careful: Any) -> bool:
    """Sweep down to the record ``stop``; False where nan arrived and every record is to be pulled back with care."""
    i = len(records)
    for index, g in seeds:
        give(cotangents, index, Pending(g) if type(g) is Diagonal else g)
    with np.errstate(invalid="raise", divide="raise", over="ignore", under="ignore"):
        while True:
            try:
                _sweep_down(records, cotangents, i, stop, careful)
                break
            except _Trapped as trapped:
                i = trapped.index
        for k in [k for k in cotangents if k < stop] if type(cotangents) is _Sparse else range(stop):
            d = cotangents[k]
            if type(d) is Pending:
                with silent():
                    d = d.settle()
                cotangents[k] = d = d.dense() if type(d) is Diagonal else d
            if d is not None and not careful and has_nan(d):
                return False
    return True


def _sweep_again(records: list[Any], seeds: list[tuple[int, Any]], inputs: int) -> list[Any]:
    """The sweep with care at every record; a warning where that gives nan although every value was finite."""
    finder = TapeFinder(raises=False, order=0)
    found = sweep(records, seeds, inputs, finder)
    if any([d is not None and not isinstance(d, Boxed) and has_nan(d) for d in found]):
        values = [_value(record) for record in records if record is not None]
        if all_finite(values) and all_finite([g.values if type(g) is Diagonal else g for _, g in seeds]):
            warn_of_nan("reverse", finder.first)
    return found


def _value(record: Any) -> Any:
    """The primal of what a record gave, where it is kept."""
    return record[2] if record[0] is pull_leaf or record[0] in WRITES else layout(record)[1]


class _Trapped(Exception):
    """The sweep met an invalid operation; the record ``index`` has been pulled back with care since."""

    def __init__(self, index: int) -> None:
        self.index = index


def _sweep_down(records: list[Any], cotangents: list[Any], start: int, stop: int, careful: Any) -> None:
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
        pull_carefully(record, g, cotangents)
        raise _Trapped(i) from None


def _prepared(record: Any, g: Any, i: int, cotangents: list[Any], careful: Any) -> Any:
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
        if record[0] in ELEMENTWISE or record[0] in COLLECTORS or len(record) != 7 or not record[6]:
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
        pull_diagonal(record, g, cotangents)
    elif careful:
        pull_carefully(record, g, cotangents)
    else:
        return g
    if careful:
        careful.pulled(i, record, g, cotangents)
    return None


def _collect(record: Any, cotangents: list[Any]) -> Any:
    """Cotangents of an op's several results, as a list; None where nothing reached any."""
    places = range(record[6], record[6] + len(record[2]))
    gs = [cotangents[k] for k in places]
    for k in places:
        cotangents[k] = None
    return gs if any([g is not None for g in gs]) else None
