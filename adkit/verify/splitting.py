"""Piecewise expressions, split into cases in each of which they are smooth.

What decides is found from the inside out: a condition, or the sign of what stands in an absolute value, or the
largest of several.  Each decision is the sign of an expression; both signs are followed, or where one would
contradict those before it, the other alone.  An equation of two expressions holds nowhere but on a boundary, which
the written conventions rule, unless both are the same.

Points of the domain travel along: each case has those that lie in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from .evaluate import evaluate
from .replacing import replaced

__all__ = ["Region", "TooManyCasesError", "split"]

_MOST = 512
_MOST_ROWS = 300
_DECISIVE = frozenset(("Abs", "sign", "Max", "Min", "Heaviside", "floor", "ceiling"))


class TooManyCasesError(Exception):
    """More cases than can be followed one by one."""


@dataclass(frozen=True)
class Region:
    """One case: expressions and their signs, points that lie in it, and what became of the steps in it.

    ``steps`` are symbols that stand for a floor or a ceiling, constant as long as nothing jumps, each with what
    it stands for.
    """

    signs: tuple[tuple[Any, int], ...] = ()
    points: tuple[dict[Any, Any], ...] = ()
    steps: tuple[tuple[Any, Any], ...] = field(default=())

    def sign(self, d: Any) -> int | None:
        """The sign of an expression here, where it is known."""
        for known, s in self.signs:
            if known == d:
                return s
        return None

    def with_sign(self, d: Any, sign: int, points: list[dict[Any, Any]]) -> Region:
        return Region((*self.signs, (d, sign)), tuple(points), self.steps)

    def at(self, point: dict[Any, Any]) -> dict[Any, Any]:
        """A point with the values of the steps."""
        full = dict(point)
        for symbol, meaning in self.steps:
            full[symbol] = evaluate([meaning], full)[0]
        return full


def split(exprs: list[Any], points: list[dict[Any, Any]]) -> Iterator[tuple[Region, list[Any]]]:
    """Cases that cover the domain, each with the expressions as they read in it.

    Raises
    ------
    TooManyCasesError : beyond 512 cases.
    """
    stack = [(Region(points=tuple(points)), list(exprs))]
    count = 0
    while stack:
        region, found = stack.pop()
        decisive = _innermost(found)
        if decisive is None:
            count += 1
            if count > _MOST:
                raise TooManyCasesError(f"more than {_MOST} cases")
            yield region, found
            continue
        for narrower, decided in reversed(list(_decide(decisive, region))):
            known = {decisive: decided}
            stack.append((narrower, [replaced(e, known) for e in found]))


def _innermost(exprs: list[Any]) -> Any:
    """The first decisive part whose own parts decide nothing."""
    seen: set[Any] = set()

    def visit(e: Any) -> Any:
        if e in seen or not e.args:
            return None
        seen.add(e)
        for part in e.args:
            found = visit(part)
            if found is not None:
                return found
        return e if _decides(e) else None

    for e in exprs:
        found = visit(e)
        if found is not None:
            return found
    return None


def _decides(e: Any) -> bool:
    kind = type(e).__name__
    if e.is_Relational:
        return True
    if kind in ("Abs", "sign"):
        return e.args[0].is_extended_real is not False
    return kind in _DECISIVE


def _decide(e: Any, region: Region) -> Iterator[tuple[Region, Any]]:
    """The cases that one decisive part asks for, and what it is in each."""
    import sympy as sp

    kind = type(e).__name__
    if kind in ("floor", "ceiling"):
        step = sp.Dummy("k", integer=True)
        yield Region(region.signs, region.points, (*region.steps, (step, e))), step
    elif kind in ("Max", "Min"):
        yield from _extremes(e.args, 1 if kind == "Max" else -1, region)
    elif kind in ("Equality", "Unequality"):
        same = _same(e.lhs, e.rhs, region)
        yield region, sp.true if same == (kind == "Equality") else sp.false
    elif e.is_Relational:
        above = kind in ("StrictGreaterThan", "GreaterThan")
        for narrower, sign in _signs(e.lhs - e.rhs, region):
            holds = (sign > 0) == above if sign else kind in ("GreaterThan", "LessThan")
            yield narrower, sp.true if holds else sp.false
    else:
        for narrower, sign in _signs(e.args[0], region):
            if kind == "Abs":
                yield narrower, sign * e.args[0]
            elif kind == "sign":
                yield narrower, sp.Integer(sign)
            else:
                yield narrower, sp.Rational(1 + sign, 2)


def _extremes(entries: tuple[Any, ...], sense: int, region: Region) -> Iterator[tuple[Region, Any]]:
    """A case for each of several entries: that it is the largest (or the smallest, for a sense of -1)."""
    for a in entries:
        narrower: Region | None = region
        for b in entries:
            d = (a - b).expand()
            if b is a or narrower is None or d == 0:
                continue
            d, flip = (d, 1) if d.is_number else _primitive(d)
            wanted = sense * flip
            known = narrower.sign(d) if not d.is_number else (1 if evaluate([d], {})[0] > 0 else -1)
            if known is None:
                inside = [p for p in narrower.points if evaluate([d], narrower.at(p))[0] * wanted > 0]
                narrower = narrower.with_sign(d, wanted, inside)
            elif known != wanted:
                narrower = None
        if narrower is not None and (narrower.points or _feasible(list(narrower.signs))):
            yield narrower, a


def _same(a: Any, b: Any, region: Region) -> bool:
    """Whether two expressions are one: by their form, or by their values at every point of the case."""
    if a == b:
        return True
    if (a - b).expand() == 0:
        return True
    if not region.points:
        return False
    values = [evaluate([a - b], region.at(p))[0] for p in region.points[:8]]
    return all([abs(v) < 1e-40 for v in values])


def _signs(d: Any, region: Region) -> Iterator[tuple[Region, int]]:
    """The signs that an expression may have in a case."""
    d = d.expand()
    if d.is_number:
        value = evaluate([d], {})[0]
        yield region, 1 if value > 0 else -1 if value < 0 else 0
        return
    d, flip = _primitive(d)
    known = region.sign(d)
    if known is not None:
        yield region, known * flip
        return
    above, below = [], []
    for p in region.points:
        value = evaluate([d], region.at(p))[0]
        if value > 0:
            above.append(p)
        elif value < 0:
            below.append(p)
    if (above and not below and d.is_positive) or (below and not above and d.is_negative):
        yield region, (1 if above else -1) * flip
        return
    for sign, points in ((1, above), (-1, below)):
        if points or _feasible([*region.signs, (d, sign)]):
            yield region.with_sign(d, sign, points), sign * flip


def _primitive(d: Any) -> tuple[Any, int]:
    """An expression up to a positive factor, and the sign that was taken out."""
    _, d = d.as_content_primitive()
    return (-d, -1) if d.could_extract_minus_sign() else (d, 1)


def _feasible(signs: list[tuple[Any, int]]) -> bool:
    """Whether signs can hold together: exactly, where the expressions are linear; yes where that is too much to tell.

    Every product of symbols counts as a symbol of its own, so that "no" is certain.
    """
    import sympy as sp

    rows: list[dict[Any, Any]] = []
    for d, sign in signs:
        terms = dict([term.as_coeff_Mul()[::-1] for term in sp.Add.make_args(d)])
        if not all([c.is_Rational for c in terms.values()]):
            return True
        rows.append({t: sign * Fraction(int(c.p), int(c.q)) for t, c in terms.items()})
    symbols = dict.fromkeys([t for row in rows for t in row if t != 1])
    rows += [{t: Fraction(1)} for t in symbols if t.is_positive]
    return _solvable(rows, list(symbols))


def _solvable(rows: list[dict[Any, Any]], symbols: list[Any]) -> bool:
    """Whether linear forms (the constant under 1) can all be positive: one symbol after another is eliminated.

    Fourier and Motzkin: a form that bounds a symbol from below and one that bounds it from above give one without it.
    """
    for t in symbols:
        above = [row for row in rows if row.get(t, 0) > 0]
        below = [row for row in rows if row.get(t, 0) < 0]
        rows = [row for row in rows if not row.get(t, 0)]
        if len(rows) + len(above) * len(below) > _MOST_ROWS:
            return True
        for a in above:
            for b in below:
                both = {key: a.get(key, 0) / a[t] - b.get(key, 0) / b[t] for key in {*a, *b} if key != t}
                rows.append({key: c for key, c in both.items() if c})
        rows = [dict(kept) for kept in dict.fromkeys([tuple(sorted(row.items(), key=str)) for row in rows])]
    return all([row.get(1, 0) > 0 for row in rows])
