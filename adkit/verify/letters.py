"""What a proof is about: a function, the symbols put in place of its operands, and what AD makes of them.

A *subject* is a function of arrays and a point where it stands.  ``components`` runs AD on symbols, in one mode, and
gives each entry of the result with what it must be a derivative of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..symbolic import Setting, Symbol, make
from .sweeps import curved, gradient, pull, push, slope

__all__ = ["FIRST", "SECOND", "Component", "Entry", "Letters", "Subject", "sweep"]

FIRST = ("forward", "reverse")
SECOND = ("forward over forward", "forward over reverse", "reverse over forward", "reverse over reverse")


@dataclass(frozen=True)
class Subject:
    """A function ``f`` of arrays that gives a tuple of arrays, at ``xs``.

    ``spans`` are the intervals in which the entries of each operand lie, or None for around its value.  Of the operands
    the last ``held`` are symbols too, but not differentiated.  ``bent``: at second order it stands between curved maps, so
    that a linear function has something to show (see ``sweeps.curved``).
    """

    f: Callable[..., Any]
    xs: tuple[Any, ...]
    names: tuple[str, ...]
    spans: tuple[Any, ...]
    held: int = 0
    bent: bool = True


@dataclass(frozen=True)
class Entry:
    """One entry of an operand: its symbol (or two, the parts of a complex number), its directions, its intervals."""

    name: str
    parts: tuple[Any, ...]
    v: tuple[Any, ...]
    w: tuple[Any, ...]
    spans: tuple[tuple[float, float], ...]


@dataclass
class Component:
    """One entry of a derivative that AD gave, and the primal entries that it is a derivative of."""

    where: str
    mode: str
    ad: Any
    ys: list[Any]
    us: list[Any]
    entries: list[Entry]
    target: int | None
    place: tuple[int, int]
    letters: Letters = field(repr=False)
    fixed: dict[Any, Any] = field(default_factory=dict)


class Letters:
    """Fresh symbols for the operands of a subject, and for the directions; none is ever used in two computations.

    A rule that returned what it had computed before would otherwise be right by accident.
    """

    def __init__(self, subject: Subject, deadline: float | None) -> None:
        self.subject = subject
        self.setting = Setting(deadline)
        self.rng = np.random.default_rng(0)
        self.values: dict[Any, float] = {}
        self.entries: list[list[Entry]] = []
        self.xs: list[Symbol] = []
        self.vs: list[Symbol] = []
        self.ws: list[Symbol] = []
        self.us: list[Symbol] = []
        for name, x, span in zip(subject.names, subject.xs, subject.spans, strict=True):
            self._operand(name, np.asarray(x), span)
        moving = len(self.xs) - subject.held
        self.held = self.xs[moving:]
        self.still = {s: span for group in self.entries[moving:] for e in group for s, span in zip(e.parts, e.spans, strict=True)}
        for several in (self.xs, self.vs, self.ws, self.entries):
            del several[moving:]

    def f(self, *moving: Any) -> tuple[Any, ...]:
        """The function of the operands that are differentiated."""
        return self.subject.f(*moving, *self.held)  # type: ignore[no-any-return]

    def _fresh(self, name: str, value: float, span: tuple[float, float] | None = None) -> Any:
        import sympy as sp

        positive = span is not None and span[0] >= 0
        found = sp.Dummy(name, positive=True) if positive else sp.Dummy(name, real=True)
        self.values[found] = float(value)
        return found

    def _parts(self, name: str, value: Any, spans: tuple[Any, ...]) -> tuple[Any, ...]:
        values = (value.real, value.imag) if isinstance(value, complex) else (value,)
        names = (f"re {name}", f"im {name}") if isinstance(value, complex) else (name,)
        return tuple([self._fresh(n, v, s) for n, v, s in zip(names, values, spans, strict=True)])

    def _operand(self, name: str, x: np.ndarray, span: Any) -> None:
        found: list[Entry] = []
        exprs = [np.empty(x.shape, dtype=object) for _ in range(3)]
        directions = [self._random(x) for _ in range(2)]
        for place in np.ndindex(x.shape):
            label = name + (str(list(place)) if place else "")
            spans = _spans(x[place].item(), span)
            parts = self._parts(label, x[place].item(), spans)
            free: tuple[Any, ...] = (None,) * len(parts)
            v, w = [self._parts(d + label, a[place].item(), free) for d, a in zip(("d", "d2"), directions, strict=True)]
            found.append(Entry(label, parts, v, w, spans))
            for expr, symbols in zip(exprs, (parts, v, w), strict=True):
                expr[place] = _joined(symbols)
        self.entries.append(found)
        for boxes, value, expr in zip((self.xs, self.vs, self.ws), (x, *directions), exprs, strict=True):
            boxes.append(make(value, expr, self.setting))

    def _random(self, like: Any) -> Any:
        a = self.rng.uniform(-1, 1, np.shape(like))
        return (a + 1j * self.rng.uniform(-1, 1, np.shape(like)) if like.dtype.kind == "c" else a).astype(like.dtype)

    def cotangents(self, ys: list[Any]) -> list[Symbol]:
        """Fresh cotangents of results."""
        found = []
        for k, y in enumerate(ys):
            value = self._random(np.asarray(y.value if isinstance(y, Symbol) else y))
            expr = np.empty(value.shape, dtype=object)
            for place in np.ndindex(value.shape):
                name = "u" + (str(k) if len(ys) > 1 else "") + (str(list(place)) if place else "")
                number = value[place].item()
                expr[place] = _joined(self._parts(name, number, (None, None) if isinstance(number, complex) else (None,)))
            found.append(make(value, expr, self.setting))
        self.us = found
        return found


def _joined(parts: tuple[Any, ...]) -> Any:
    import sympy as sp

    return parts[0] if len(parts) == 1 else parts[0] + sp.I * parts[1]


def _spans(value: Any, span: Any) -> tuple[tuple[float, float], ...]:
    """The interval of each part of an entry."""
    if isinstance(value, complex):
        low, high = span if span is not None else (value - 1 - 1j, value + 1 + 1j)
        low, high = complex(low), complex(high)
        return ((low.real, high.real), (low.imag, high.imag))
    if span is None:
        reach = 1.0 + abs(value)
        return ((value - reach, value + reach),)
    return ((float(np.real(span[0])), float(np.real(span[1]))),)


def sweep(mode: str, f: Any, xs: Any, vs: Any, ws: Any, us: Any, bent: bool = True) -> list[Any]:
    """AD in one of the modes: for arrays and for symbols alike."""
    if mode == "forward":
        return push(f, xs, vs)
    if mode == "reverse":
        return pull(f, xs, us)
    f = curved(f, xs) if bent else f
    if mode == "forward over reverse":
        return push(gradient(f, us), xs, vs)
    if mode == "reverse over reverse":
        return pull(gradient(f, us), xs, vs)
    if mode == "reverse over forward":
        return pull(slope(f, us, vs), xs, [np.float64(1.0)])
    return push(slope(f, us, vs), xs, ws)


def components(subject: Subject, mode: str, deadline: float | None = None) -> tuple[Letters, list[Any], Iterator[Component]]:
    """AD on symbols: the letters used, the primal's results, and each entry of the derivative with its primal's.

    Raises
    ------
    InexpressibleError : where a function on the way has no symbolic meaning.
    ValueError : where a derivative has not the shape of what it belongs to.
    """
    letters = Letters(subject, deadline)
    ys = list(letters.f(*letters.xs))
    us = letters.cotangents(ys)
    found = sweep(mode, letters.f, letters.xs, letters.vs, letters.ws, us, subject.bent)
    return letters, ys, _components(letters, mode, ys, us, found)


def _components(letters: Letters, mode: str, ys: list[Any], us: list[Any], found: list[Any]) -> Iterator[Component]:
    primal = [e for y in ys for e in _exprs(y)]
    weights = [e for u in us for e in u.expr.flat]
    entries = [e for group in letters.entries for e in group]
    per_output = mode == "forward"
    scalar = mode == "forward over forward"
    likes = ys if per_output else [np.float64(0.0)] if scalar else letters.xs
    at = 0
    for k, (d, like) in enumerate(zip(found, likes, strict=True)):
        if np.shape(d) != np.shape(like):
            what = "tangent" if per_output else "cotangent"
            raise ValueError(f"the {what} has shape {np.shape(d)}, what it belongs to {np.shape(like)}")
        for i, ad in enumerate(_exprs(d)):
            if per_output:
                name = "the tangent" + _place(d, i, k, len(found))
                yield _trimmed(Component(name, mode, ad, [primal[at]], [], entries, None, (k, i), letters))
            elif scalar:
                yield from _apart(Component("the second derivative", mode, ad, primal, weights, entries, None, (k, i), letters))
            else:
                name = f"the derivative by {entries[at].name}"
                yield from _apart(Component(name, mode, ad, primal, weights, entries, at, (k, i), letters))
            at += 1


def _place(d: Any, i: int, k: int, count: int) -> str:
    place = list(np.unravel_index(i, np.shape(d))) if np.shape(d) else None
    return (f" of result {k}" if count > 1 else "") + (f" {[int(n) for n in place]}" if place is not None else "")


def _exprs(y: Any) -> list[Any]:
    from ..meaning import exact, numbers

    return list(numbers(y.expr if isinstance(y, Symbol) else exact(y)).flat)


def _apart(c: Component) -> Iterator[Component]:
    """One component for each cotangent that AD's expression is linear in: each has fewer decisions to follow."""
    import sympy as sp

    c = _trimmed(c)
    us = set(c.us)
    decisive = any([e.has(sp.Piecewise, sp.Abs, sp.sign, sp.Max, sp.Min, sp.Heaviside) for e in (c.ad, *c.ys)])
    if len(us) < 2 or not decisive or not all([u.is_Symbol for u in us]):
        yield c
        return
    slopes = [sp.diff(c.ad, u) for u in c.us]
    if c.ad.xreplace(dict.fromkeys(us, sp.S.Zero)) != 0 or any([part.free_symbols & us for part in slopes]):
        yield c
        return
    for y, u, ad in zip(c.ys, c.us, slopes, strict=True):
        fixed = dict.fromkeys(us, sp.S.Zero) | {u: sp.S.One}
        yield _trimmed(replace(c, ad=ad, ys=[y], us=[sp.S.One], fixed=fixed, target=c.target))


def _trimmed(c: Component) -> Component:
    """Without the primal entries and the symbols that have no part in it."""
    free = c.ad.free_symbols
    if c.target is not None or c.us:
        goal = set(c.entries[c.target].parts) if c.target is not None else set()
        kept = [
            (y, u) for y, u in zip(c.ys, c.us, strict=True) if (y.free_symbols & goal if goal else True) or u.free_symbols & free
        ]
        c.ys, c.us = [y for y, _ in kept], [u for _, u in kept]
    free = free.union(*[y.free_symbols for y in c.ys])
    target = c.entries[c.target] if c.target is not None else None
    c.entries = [e for e in c.entries if e is target or free & {*e.parts, *e.v, *e.w}]
    c.target = c.entries.index(target) if target is not None else None
    return c
