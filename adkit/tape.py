"""Reverse mode: a flat tape, swept backwards (Linnainmaa, 1970; Griewank & Walther, 2008).

A ``Var`` is a primal and its place on a ``Tape``.  Every op on it appends one record: how to pull a
cotangent back through the op, and the primals which that needs.  The sweep walks the records from the last to
the first, once, without recursion or sorting: the order of recording is a topological order.

The functions that record are made once per op and case, at the op's first use, since looking an op up
at every call would cost as much as the call itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import ops as _ops  # the table of rules is filled before the first Var is made  # noqa: F401
from .box import Box, inner, is_outer
from .cotangents import Spec
from .debug import Watch, held_arrays, watching
from .levels import Level, operand, raise_closed
from .nans import TapeFinder, in_rule, looking
from .pull import BOTH, LEFT, PIECE, RIGHT, UNARY, pull_bilinear, pull_call, pull_leaf, pull_linear, pull_op
from .operators import equip
from .registry import Op
from .sweep import sweep

__all__ = ["Tape", "Var"]

_ndarray = np.ndarray
_PLAIN = frozenset((np.float64, float, int, np.float32))
_LARGE = 4096
"""Entries above which an array that no rule needs is not kept on the tape."""


class Tape(Level):
    """The records of one reverse-mode level, in the order of computation."""

    __slots__ = ("__weakref__", "append", "dropped", "finder", "keeps", "lock", "records", "watch")

    def __init__(self) -> None:
        super().__init__()
        self.dropped = 0
        self.keeps = False  # whether a checkpoint's records stay, for who reads the tape from its beginning
        self.lock: Any = None
        self.records: list[Any] = []
        self.append: Callable[[Any], None] = self.records.append
        self.watch: Watch | None = None
        self.finder: TapeFinder | None = None
        if looking():
            self.finder = TapeFinder(raises=True, order=self.order)
            self.append = self.finder.appending(self.append, self.records)
        if watching():
            self.watch = Watch()
            self.append = self.watch.appending(self.append)

    def close(self) -> None:
        super().close()
        self.append = raise_closed

    def forget(self) -> None:
        """Close, and drop the records."""
        self.close()
        self.records = []

    def leaf(self, primal: Any) -> Var:
        """An input: a value with a place on the tape and no op behind it."""
        return self.add(primal, (pull_leaf, None, primal))

    def add(self, primal: Any, record: Any) -> Var:
        """The result of an op, with its record."""
        v = Var()
        v.primal = primal
        v.level = self
        v.index = len(self.records)
        self.append(record)
        return v

    def add_several(self, pull: Any, op: Any, ys: Any, p: Any, indices: tuple[int, ...], xs: tuple[Any, ...]) -> list[Var]:
        """The results of an op that has several: one record, and behind it a place for each result."""
        first = len(self.records) + 1
        self.append((pull, op, ys, p, indices, xs, first))
        if self.closed:
            raise_closed()
        self.records.extend([None] * len(ys))
        made = []
        for index, y in enumerate(ys, first):
            v = Var()
            v.primal = y
            v.level = self
            v.index = index
            made.append(v)
        return made

    def add_call(self, fn: Any, ys: list[Any], indices: tuple[int, ...], xs: tuple[Any, ...], held: Any = None) -> list[Var]:
        """Results of a call with a pullback of its own: ``fn(gs, lead)`` gives the contributions to ``xs``.

        ``held`` are the arrays that ``fn`` keeps, for what the tape knows of its size.
        """
        return self.add_several(pull_call, fn, ys, held, indices, xs)

    def sweep(self, seeds: list[tuple[int, Any]], inputs: int) -> list[Any]:
        """Cotangents of the first ``inputs`` records, for seeds ``(index, g)``; None where nothing arrives."""
        if self.watch is not None:
            self.watch.verify()
        if self.finder is None:
            return sweep(self.records, seeds, inputs)
        with in_rule(self.order):
            return sweep(self.records, seeds, inputs, self.finder)

    @property
    def nbytes(self) -> int:
        """Bytes of all distinct arrays that the records hold."""
        return sum(a.nbytes for a in held_arrays(self.records).values())


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
        return _recorder(op)[0]


def _recorder(op: Op) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The function that records an op, and its form with two operands exchanged."""
    if op.kind == "elementwise" and op.arity == 1:
        return _unary(op), op
    if op.kind == "elementwise" and op.arity == 2 and None not in op.rules:
        return _elementwise(op)
    if op.kind == "bilinear" and op.arity == 2 and op.flatten is None and op.batched and op.traps:
        return _bilinear(op)
    if op.scatter is not None:
        return _selection(op), op
    if op.single and (op.batched or op.kind == "custom"):
        return _single(op), op
    return op, lambda b, a: op(a, b)


def _droppable(rule: Any, place: int) -> bool:
    """Whether a rule's formula does not use its parameter at ``place``: its name begins with an underscore."""
    names = rule.__code__.co_varnames
    return rule.__code__.co_argcount > place and bool(names[place].startswith("_"))


def _slim(x: Any) -> Any:
    """A large array's shape and type, where no rule needs its entries."""
    return Spec(x) if type(x) is _ndarray and x.size > _LARGE else x


def _unary(op: Op) -> Callable[[Any], Any]:
    run, rule = op.run, op.rules[0]
    if rule is None:
        return lambda x: run(x.primal)
    drop_y, drop_x = _droppable(rule, 1), _droppable(rule, 2)

    def record(x: Any) -> Any:
        p = x.primal
        y = run(p)
        tape = x.level
        v = Var()
        v.primal = y
        v.level = tape
        v.index = len(tape.records)
        if type(y) is _ndarray and y.size > _LARGE:
            tape.append((UNARY, rule, _slim(y) if drop_y else y, _slim(p) if drop_x else p, x.index))
        else:
            tape.append((UNARY, rule, y, p, x.index))
        return v

    return record


def _elementwise(op: Op) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Recording an elementwise op of two operands: on two values of one tape, or on one and a constant."""
    run = op.run
    rule_a, rule_b = op.rules
    dropped_a = tuple([_droppable(rule_a, k) for k in (1, 2, 3)])
    dropped_b = tuple([_droppable(rule_b, k) for k in (1, 2, 3)])
    dropped_both = tuple([x and y for x, y in zip(dropped_a, dropped_b, strict=True)])

    def kept(values: tuple[Any, ...], dropped: tuple[bool, ...]) -> tuple[Any, ...]:
        return tuple([_slim(x) if drop else x for x, drop in zip(values, dropped, strict=True)])

    def record(a: Any, b: Any) -> Any:
        kind = type(b)
        if type(a) is Var:
            tape = a.level
            pa = a.primal
            if kind is Var and tape is b.level:
                pb = b.primal
                y = run(pa, pb)
                v = Var()
                v.primal = y
                v.level = tape
                v.index = len(tape.records)
                if type(y) is _ndarray and y.size > _LARGE:
                    tape.append((BOTH, rule_a, *kept((y, pa, pb), dropped_both), a.index, b.index, rule_b))
                else:
                    tape.append((BOTH, rule_a, y, pa, pb, a.index, b.index, rule_b))
                return v
            if kind in _PLAIN or (kind is _ndarray and b.dtype.kind in "fc") or is_outer(b, tape):
                y = run(pa, b)
                v = Var()
                v.primal = y
                v.level = tape
                v.index = len(tape.records)
                if type(y) is _ndarray and y.size > _LARGE:
                    y, pa, b = kept((y, pa, b), dropped_a)
                tape.append((LEFT, rule_a, y, pa, b, a.index, pa))
                return v
            return reflected(b, a) if kind is Var else inner(op, a, b)
        return reflected(b, a) if kind is Var else op(a, b)

    def reflected(b: Any, a: Any) -> Any:
        tape = b.level
        if type(a) in _PLAIN or (type(a) is _ndarray and a.dtype.kind in "fc") or is_outer(a, tape):
            pb = b.primal
            y = run(a, pb)
            v = Var()
            v.primal = y
            v.level = tape
            v.index = len(tape.records)
            if type(y) is _ndarray and y.size > _LARGE:
                y, a, pb = kept((y, a, pb), dropped_b)
            tape.append((RIGHT, rule_b, y, a, pb, b.index, pb))
            return v
        return op(a, b)

    return record, reflected


def _bilinear(op: Op) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Recording a product of two operands, either of which may be constant."""
    run, bind = op.run, op.bind
    assert bind is not None

    def record(a: Any, b: Any) -> Any:
        kind = type(b)
        if type(a) is Var:
            tape = a.level
            pa = a.primal
            if kind is Var and tape is b.level:
                pb = b.primal
                y = run(pa, pb)
                v = Var()
                v.primal = y
                v.level = tape
                v.index = len(tape.records)
                tape.append((pull_bilinear, op, _slim(y), bind(pa, pb), (a.index, b.index), (pa, pb), 0))
                return v
            if (kind is _ndarray and b.dtype.kind in "fc") or is_outer(b, tape):
                y = run(pa, b)
                return tape.add(y, (pull_bilinear, op, _slim(y), bind(pa, b), (a.index, -1), (pa, b), 0))
            return reflected(b, a) if kind is Var else inner(op, a, b)
        return reflected(b, a) if kind is Var else op(a, b)

    def reflected(b: Any, a: Any) -> Any:
        if (type(a) is _ndarray and a.dtype.kind in "fc") or is_outer(a, b.level):
            pb = b.primal
            y = run(a, pb)
            return b.level.add(y, (pull_bilinear, op, _slim(y), bind(a, pb), (-1, b.index), (a, pb), 0))
        return op(a, b)

    return record, reflected


def _single(op: Op) -> Callable[..., Any]:
    """Recording an op of one operand: one that is linear, or one whose rules are written out."""
    run, bind, linear = op.run, op.bind, op.kind == "linear"
    pull = pull_linear if linear else pull_op
    assert bind is not None

    def record(x: Any, *rest: Any, **kw: Any) -> Any:
        if type(x) is not Var:
            return op(x, *rest, **kw)
        if not linear and any([isinstance(v, Box) for v in (*rest, *kw.values())]):
            return op.general(x, *rest, **kw)
        primal = x.primal
        p = bind(primal, *rest, **kw)
        y = (op if isinstance(primal, Box) else run)(primal, *rest, **kw)
        if linear:
            primal = _slim(primal)
        if isinstance(y, (list, tuple)):
            return _several(x.level, op, y, p, (x.index,), (primal,))
        if type(y) is _ndarray and not y.ndim:
            y = y[()]
        return x.level.add(y, (pull, op, _slim(y) if linear else y, p, (x.index,), (primal,), 0))

    return record


def _selection(op: Op) -> Callable[..., Any]:
    """Recording an op that selects entries, whose cotangents are collected."""
    run, bind = op.run, op.bind
    assert bind is not None

    def record(x: Any, index: Any) -> Any:
        if type(x) is not Var:
            return op(x, index)
        primal = x.primal
        p = bind(primal, index)
        y = run(primal, p)
        if type(y) is _ndarray and not y.ndim:
            y = y[()]
        tape = x.level
        v = Var()
        v.primal = y
        v.level = tape
        v.index = len(tape.records)
        tape.append((PIECE, op, y, p, x.index, primal))
        return v

    return record


def _reflected(op: Op) -> Callable[[Any, Any], Any]:
    return _recorder(op)[1]


def _process(tape: Tape, op: Op, xs: tuple[Any, ...], kw: dict[str, Any]) -> Any:
    """Record any op, with any operands and keywords."""
    primals: list[Any] = []
    indices: list[int] = []
    for x in xs:
        kind = type(x)
        if not ((kind is Var and x.level is tape) or kind in _PLAIN or (kind is _ndarray and x.dtype.kind in "fcb")):
            x = operand(x)
        if type(x) is Var and x.level is tape:
            primals.append(x.primal)
            indices.append(x.index)
        else:
            primals.append(x)
            indices.append(-1)
    if tape.closed:
        raise_closed()
    p = op.bind(*primals, **kw) if op.bind is not None else None
    y = op.run(*primals, **kw)
    if type(y) is complex:  # Python's own product of 1j and a NumPy number
        y = np.complex128(y)
    places, held = tuple(indices), op.held(tuple(primals))
    if op.kind == "elementwise" and all(i < 0 or rule is None for i, rule in zip(indices, op.rules, strict=True)):
        return y
    if op.scatter is not None:  # its cotangents are collected
        return tape.add(y[()] if type(y) is _ndarray and not y.ndim else y, (PIECE, op, y, p, places[0], held[0]))
    if isinstance(y, (tuple, list)):
        return _several(tape, op, y, p, places, held)
    if type(y) is _ndarray and not y.ndim:
        y = y[()]
    return tape.add(y, (pull_op, op, y, p, places, held, 0))


def _several(tape: Tape, op: Op, ys: Any, p: Any, places: tuple[int, ...], held: tuple[Any, ...]) -> Any:
    """Each of several results with its place on the tape, in a container like theirs."""
    made = tape.add_several(pull_op, op, [y[()] if type(y) is _ndarray and not y.ndim else y for y in ys], p, places, held)
    return made if type(ys) is list else type(ys)(*made) if hasattr(ys, "_fields") else tuple(made)


equip(Var, _reflected)
