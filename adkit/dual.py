"""Forward mode: dual numbers (Wengert, 1964; Baydin et al., 2018, section 3.1).

A ``Dual`` is a primal and its tangent.  Every op computes both at once: the tangent of the result is
the sum over operands of the rule applied to the operand's tangent.  The tangent may carry one
leading axis, so that many directions travel in one sweep: ``jacfwd`` seeds them all, in chunks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import ops as _ops  # the table of rules is filled before the first Dual is made  # noqa: F401
from .box import Box, inner, is_outer
from .diagonal import Diagonal
from .guard import deep_finite, is_moderate, keep_zero, keep_zero_direction, keep_zero_product, silent
from .levels import Level, operand, raise_closed
from .nans import Finder, in_rule, looking
from .operators import equip
from .registry import Op

__all__ = ["Dual", "ForwardLevel"]

_F64 = np.float64
_PLAIN = frozenset((np.float64, float, int, np.float32))


class ForwardLevel(Level):
    """A level of forward mode.

    ``lead`` is the number of leading batch axes of its tangents: 0 or 1.  ``careful``: at every op, lanes with a zero
    tangent are kept from becoming nan; without it at singular ops only, and a driver that is given nan runs again
    with care.  ``slow`` tells the quick functions to leave an op to the general one: with care, or when closed.
    ``finder`` looks for nan, with care alone.
    """

    __slots__ = ("careful", "finder", "lead", "slow")

    def __init__(self, lead: int = 0, careful: bool = False) -> None:
        super().__init__()
        self.lead = lead
        self.careful = self.slow = careful or looking()
        self.finder = Finder(looking(), self.order) if self.careful else None

    def close(self) -> None:
        super().close()
        self.slow = True


class Dual(Box):
    """A primal and its tangent: of the same shape, or with one leading axis of directions."""

    __slots__ = ("level", "primal", "tangent")

    functions: dict[Any, Callable[..., Any]] = {}  # noqa: RUF012

    primal: Any
    tangent: Any
    level: ForwardLevel

    def layers(self) -> tuple[Any, ...]:
        t = self.tangent
        return self.primal, t.dense() if type(t) is Diagonal else t

    @classmethod
    def process(cls, level: ForwardLevel, op: Op, xs: tuple[Any, ...], kw: dict[str, Any]) -> Any:
        return _process(level, op, xs, kw)

    @classmethod
    def interpret(cls, op: Op) -> Callable[..., Any]:
        return _function(op)[0]


def make(primal: Any, tangent: Any, level: ForwardLevel) -> Dual:
    """A Dual from its parts."""
    dual = Dual()
    dual.primal = primal
    dual.tangent = tangent
    dual.level = level
    return dual


def settle(t: Any, y: Any, lead: int) -> Any:
    """A tangent in the shape and type of its primal: what a rule left narrower is broadcast."""
    shape = t.shape[:lead] + y.shape if t.ndim >= lead else y.shape
    if t.shape != shape:
        t = np.broadcast_to(t, shape)
    if t.dtype is not y.dtype and t.dtype != y.dtype:
        if t.dtype.kind == "c" and y.dtype.kind != "c":
            t = np.real(t)
        if t.dtype != y.dtype:
            t = np.astype(t, y.dtype)
    return t


def widen(g: Any, x: Any, y: Any, lead: int) -> Any:
    """A batched tangent of ``x`` with ones inserted behind the batch axis, up to the rank of ``y``."""
    missing = y.ndim - x.ndim
    if lead and missing:
        return np.reshape(g, g.shape[:lead] + (1,) * missing + g.shape[lead:])
    return g


def _term(op: Op, k: int, g: Any, y: Any, xs: tuple[Any, ...], lead: int, careful: bool = False) -> Any:
    """One operand's contribution to the tangent of an elementwise op."""
    rule = op.rules[k]
    assert rule is not None
    if type(g) is Diagonal:
        if xs[k].shape == y.shape and xs[k].dtype == y.dtype:
            return Diagonal(settle(_term(op, k, g.values, y, xs, 0, careful), y, 0))
        g = g.dense()
    if lead:
        g = widen(g, xs[k], y, lead)
    if not careful and (not op.singular or (op.singular == "extremes" and is_moderate(g, y, xs))):
        return rule(g, y, *xs)
    with silent():
        t = rule(g, y, *xs)
        return t if deep_finite(t) else keep_zero(t, g)


def _finish(y: Any, t: Any, level: ForwardLevel) -> Any:
    """A result with its tangent, brought to its shape and type."""
    if type(t) is not _F64 or type(y) is not _F64:
        if type(y) is np.ndarray and not y.ndim:
            y = y[()]
        if t.shape[level.lead :] != y.shape or t.dtype is not y.dtype:
            t = settle(t, y, level.lead)
    d = Dual()
    d.primal = y
    d.tangent = t
    d.level = level
    return d


def _function(op: Op) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The function that applies an op to Duals, and its form with two operands exchanged."""
    if op.kind == "elementwise" and op.arity == 1:
        return _unary(op), op
    if op.kind == "elementwise" and op.arity == 2 and None not in op.rules:
        return _binary(op, lambda k, g, y, xs, lead: _term(op, k, g, y, xs, lead))
    if op.kind == "bilinear" and op.arity == 2 and op.flatten is None and op.batched:
        return _binary(op, lambda k, g, y, xs, lead: _factor(op, k, g, xs, lead))
    if op.kind in ("linear", "custom") and op.arity == 1 and op.flatten is None and op.batched:
        return _single(op), op
    return op, lambda b, a: op(a, b)


def _unary(op: Op) -> Callable[[Any], Any]:
    run, rule, singular = op.run, op.rules[0], op.singular
    if rule is None:
        return lambda x: run(x.primal)

    def dual(x: Any) -> Any:
        level = x.level
        p = x.primal
        if level.slow:
            return _process(level, op, (x,), {})
        if level.lead:
            y = run(p)
            return _finish(y, _term(op, 0, x.tangent, y, (p,), 1), level)
        y = run(p)
        t = _term(op, 0, x.tangent, y, (p,), 0) if singular else rule(x.tangent, y, p)
        if type(t) is not _F64 and (t.dtype is not y.dtype or t.shape != y.shape):
            t = settle(t, y, 0)
        d = Dual()
        d.primal = y
        d.tangent = t
        d.level = level
        return d

    return dual


def _factor(op: Op, k: int, g: Any, xs: tuple[Any, ...], lead: int) -> Any:
    """One operand's contribution to the tangent of a product."""
    if type(g) is Diagonal:
        t = op.diagonal("push", k, g.values, xs) if op.diagonal is not None else None
        if t is not None:
            return t
        g = g.dense()
    return op.apply(k, g, xs, op.bind(*xs), lead)  # type: ignore[misc]


def _binary(op: Op, term: Callable[..., Any]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """An op of two operands, each a Dual of the level or a constant; ``term`` is one operand's contribution."""
    run = op.run
    direct = op.kind == "elementwise" and not op.singular
    rule_a: Any
    rule_b: Any
    rule_a, rule_b = op.rules if direct else (None, None)

    def dual(a: Any, b: Any) -> Any:
        kind = type(b)
        if type(a) is not Dual:
            return reflected(b, a) if kind is Dual else op(a, b)
        level = a.level
        lead = level.lead
        pa = a.primal
        if level.slow:
            return op(a, b)
        if kind is Dual and b.level is level:
            pb = b.primal
            y = run(pa, pb)
            if direct and not lead:
                t = rule_a(a.tangent, y, pa, pb) + rule_b(b.tangent, y, pa, pb)
            else:
                t = term(0, a.tangent, y, (pa, pb), lead) + term(1, b.tangent, y, (pa, pb), lead)
        elif kind in _PLAIN or (kind is np.ndarray and b.dtype.kind in "fc") or is_outer(b, level):
            y = run(pa, b)
            t = rule_a(a.tangent, y, pa, b) if direct and not lead else term(0, a.tangent, y, (pa, b), lead)
        else:
            return reflected(b, a) if kind is Dual else inner(op, a, b)
        return _finish(y, t, level)

    def reflected(b: Any, a: Any) -> Any:
        level = b.level
        if not (type(a) in _PLAIN or (type(a) is np.ndarray and a.dtype.kind in "fc") or is_outer(a, level)):
            return op(a, b)
        lead = level.lead
        pb = b.primal
        if level.slow:
            return op(a, b)
        y = run(a, pb)
        t = rule_b(b.tangent, y, a, pb) if direct and not lead else term(1, b.tangent, y, (a, pb), lead)
        return _finish(y, t, level)

    return dual, reflected


def _single(op: Op) -> Callable[..., Any]:
    """An op of one operand that is not elementwise."""
    run, bind, apply = op.run, op.bind, op.apply
    assert bind is not None

    def dual(x: Any, *rest: Any, **kw: Any) -> Any:
        if type(x) is not Dual:
            return op(x, *rest, **kw)
        level = x.level
        lead = level.lead
        if level.slow or (apply is None and any([isinstance(v, Box) for v in (*rest, *kw.values())])):
            return op.general(x, *rest, **kw)
        p = bind(x.primal, *rest, **kw)
        y = (op if isinstance(x.primal, Box) else run)(x.primal, *rest, **kw)
        t = x.tangent
        ts = (t.dense() if type(t) is Diagonal else t,)
        t = apply(ts, p, lead) if apply is not None else op.jvp(ts, y, (x.primal,), p, lead)  # type: ignore[misc]
        return _finish(y, t, level) if t is not None and not isinstance(y, (list, tuple)) else wrap(y, t, level, lead)

    return dual


def _reflected(op: Op) -> Callable[[Any, Any], Any]:
    return _function(op)[1]


def _process(level: ForwardLevel, op: Op, xs: tuple[Any, ...], kw: dict[str, Any]) -> Any:
    """Any op, with any operands and keywords."""
    lead = level.lead
    if level.closed:
        raise_closed()
    primals: list[Any] = []
    tangents: list[Any] = []
    for x in xs:
        if type(x) is Dual and x.level is level:
            primals.append(x.primal)
            tangents.append(x.tangent)
        else:
            x = operand(x)
            if type(x) is Dual and x.level is level:
                primals.append(x.primal)
                tangents.append(x.tangent)
            else:
                primals.append(x)
                tangents.append(None)
    p = op.bind(*primals, **kw) if op.bind is not None else None
    y = op.run(*primals, **kw)
    if type(y) is complex:  # Python's own product of 1j and a NumPy number
        y = np.complex128(y)
    if level.finder is None:
        t = push(op, y, op.held(tuple(primals)), tangents, p, lead, level.careful)
    else:
        with in_rule(level.order):
            t = push(op, y, op.held(tuple(primals)), tangents, p, lead, level.careful)
        level.finder.pushed(op, primals, tangents, y, t)
    return wrap(y, t, level, lead)


def push(
    op: Op, y: Any, xs: tuple[Any, ...], tangents: list[Any], p: Any, lead: int, careful: bool = False
) -> Any:
    """The tangent of the result ``y`` of an op, or None where no operand's tangent reaches it."""
    if op.kind != "elementwise" and lead:
        tangents = [g.dense() if type(g) is Diagonal else g for g in tangents]
    if lead and not op.batched:
        n = next(g.shape[0] for g in tangents if g is not None)
        lanes = [push(op, y, xs, [None if g is None else g[k] for g in tangents], p, 0, careful) for k in range(n)]
        return _stack(lanes, y, n)
    if op.kind == "linear":
        return op.apply(tuple(tangents), p, lead)  # type: ignore[misc]
    if op.kind == "custom":
        t = op.jvp(tuple(tangents), y, xs, p, lead)  # type: ignore[misc]
        return t if not careful or t is None or isinstance(y, (tuple, list)) else keep_zero_direction(t, tangents)
    total: Any = None
    for k, g in enumerate(tangents):
        if g is None or (op.kind == "elementwise" and op.rules[k] is None):
            continue
        if op.kind == "elementwise":
            t = _term(op, k, g, y, xs, lead, careful)
        elif careful:
            with silent():
                t = _product_carefully(op, k, g, xs, p, lead)
        else:
            t = op.apply(k, g, xs, p, lead)  # type: ignore[misc]
        total = t if total is None else total + t
    return total


def _product_carefully(op: Op, k: int, g: Any, xs: tuple[Any, ...], p: Any, lead: int) -> Any:
    """One operand's contribution to a product whose infinite factors count only where the tangent is not zero."""

    def term(g: Any, xs: tuple[Any, ...]) -> Any:
        return op.apply(k, g, xs, p, lead)  # type: ignore[misc]

    t = term(g, xs)
    return t if deep_finite(t) else keep_zero_product(t, term, k, g, xs)


def _stack(lanes: list[Any], y: Any, n: int) -> Any:
    """Tangents of one direction each, as one array, or one for each of several results."""
    if isinstance(y, (tuple, list)):
        return [_stack([t[k] for t in lanes], part, n) for k, part in enumerate(y)]
    if lanes and any([t is None for t in lanes]):
        return None
    return np.stack(lanes) if n else np.zeros((0, *y.shape), y.dtype)


def wrap(y: Any, t: Any, level: ForwardLevel, lead: int) -> Any:
    """A result, or several, with their tangents."""
    if t is None:
        return y
    if isinstance(y, (tuple, list)):
        parts = [wrap(a, b, level, lead) for a, b in zip(y, t, strict=True)]
        return parts if type(y) is list else type(y)(*parts) if hasattr(y, "_fields") else tuple(parts)
    if type(y) is np.ndarray and not y.ndim:
        y = y[()]
    if t.shape[lead:] != y.shape or t.dtype is not y.dtype:
        t = settle(t, y, lead)
    return make(y, t, level)


equip(Dual, _reflected)
