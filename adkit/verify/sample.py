"""The calls on which an op is tried: shapes from its entry, values from its domain.

An entry's ``cases`` name the calls.  An elementwise op needs none: its operands are tried in shapes that
broadcast in every way.  Floating arrays are operands that move; all else in a case is held as it is.
"""

from __future__ import annotations

from typing import Any
from zlib import crc32

import numpy as np

from .. import tree
from ..registry import Case, Op, case
from .numeric import Fun, UnusableError, richardson

__all__ = ["Probe", "broadcasts", "calls", "probe"]

_ODD = (((3,), (2, 3)), ((), (3,)), ((1, 3), (2, 1)), ((3,), (3, 3)), ((0,), ()))
"""The shape of one operand, and that of all the others."""

_UNARY = ((), (3,), (2, 3), (0,))


def broadcasts(n: int) -> list[tuple[tuple[int, ...], ...]]:
    """Shapes of ``n`` operands that broadcast in every way: each in turn the narrow one, and the wide one.

    >>> broadcasts(1)
    [((),), ((3,),), ((2, 3),), ((0,),)]
    >>> ((3,), (2, 3)) in broadcasts(2), ((2, 3), (3,)) in broadcasts(2)
    (True, True)
    """
    if n == 1:
        return [(shape,) for shape in _UNARY]
    found = [((3,),) * n, ((),) * n]
    for odd, rest in _ODD:
        found += [tuple([odd if k == i else rest for k in range(n)]) for i in range(n)]
    return found


def calls(op: Op) -> list[Case]:
    """The cases of an entry; for an elementwise op, those that its operands' broadcasting asks for besides."""
    cases = list(op.cases)
    if op.kind != "elementwise":
        return cases
    first = op.cases[0] if op.cases else Case(((),) * op.arity, {}, None)
    places = [k for k, operand in enumerate(first.operands) if _is_shape(operand)]
    if any([np.ndim(x) for k, x in enumerate(first.operands) if k not in places]):
        return cases
    for shapes in broadcasts(len(places)):
        operands: list[Any] = list(first.operands)
        for k, shape in zip(places, shapes, strict=True):
            operands[k] = shape
        cases.append(case(*operands, domain=first.domain, **first.kw))
    return cases


def _is_shape(operand: Any) -> bool:
    return type(operand) is tuple and all([type(n) is int for n in operand])


class Probe:
    """One call of an op with values: ``f``, a function of the operands that move, and where they stand, ``xs``.

    ``f`` gives the floating results as a tuple.  ``names`` says which operands move.
    """

    def __init__(self, call: Fun, operands: tuple[Any, ...], kw: dict[str, Any], places: tuple[int, ...]) -> None:
        self.call, self.operands, self.kw, self.places = call, operands, kw, places
        leaves = tree.leaves(operands)
        self.xs: list[Any] = [leaves[k] for k in places]

    @property
    def names(self) -> str:
        return " and ".join([f"operand {k}" for k in self.places])

    @property
    def lengths(self) -> set[int]:
        """How long the axes are, of the operands (held ones too) and of the results."""
        arrays = [*tree.leaves(self.operands), *self.kw.values(), *self.f(*self.xs)]
        return {n for x in arrays if isinstance(x, np.ndarray) for n in x.shape}

    def f(self, *moving: Any) -> tuple[Any, ...]:
        values = tree.leaves(self.operands)
        for k, x in zip(self.places, moving, strict=True):
            values[k] = x
        y = self.call(*tree.rebuild(self.operands, values), **self.kw)
        parts = y if isinstance(y, (tuple, list)) else [y]
        return tuple([part for part in parts if part.dtype.kind in "fc"])

    def only(self, places: tuple[int, ...]) -> Probe:
        """The same call, with only some of its operands moving."""
        return Probe(self.call, self.operands, self.kw, places)

    def by(self, call: Fun) -> Probe:
        """The same operands, called another way."""
        return Probe(call, self.operands, self.kw, self.places)

    def mapped(self, change: Fun, places: tuple[int, ...] | None = None) -> Probe:
        """The same call with other values: ``change`` applied to the operands at ``places`` (to all that move)."""
        values = tree.leaves(self.operands)
        for k in self.places if places is None else places:
            values[k] = change(values[k])
        return Probe(self.call, tree.rebuild(self.operands, values), self.kw, self.places)


def probe(op: Op, at: Case, seed: int = 0) -> Probe:
    """Values for a case: well apart from each other, and away from kinks, poles and jumps.

    Raises
    ------
    UnusableError : where the domain seems to hold no smooth point.
    """
    span = at.domain or op.domain or (-2.0, 2.0)
    base = crc32(f"{op.name}{at.operands!r}".encode()) + seed
    for attempt in range(8):
        rng = np.random.default_rng([base, attempt])
        operands = tuple([_fill(operand, _span(span, k), rng) for k, operand in enumerate(at.operands)])
        places = tuple([k for k, x in enumerate(tree.leaves(operands)) if _moves(x)])
        found = Probe(_caller(op, operands, at.kw), operands, at.kw, places)
        if not found.places or not sum([x.size for x in found.xs]):
            return found
        directions = [rng.uniform(-1, 1, x.shape) for x in found.xs]
        if richardson(found.f, found.xs, directions)[1] < 1e-5:
            return found
    raise UnusableError(f"no smooth point was found in the domain {span}: is it one to sample from?")


def _caller(op: Op, operands: tuple[Any, ...], kw: dict[str, Any]) -> Fun:
    """NumPy's own function, so that its protocol is on the way; the op where that takes other arguments."""
    if op.run is op or getattr(op.fun, "__name__", "") != op.name:
        return op
    try:
        op.fun(*operands, **kw)
    except TypeError:
        return op
    return op.fun


def _moves(x: Any) -> bool:
    return isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind in "fc"


def _span(domain: Any, k: int) -> Any:
    """The interval of operand ``k``: the domain is one interval, or one for each operand."""
    return domain[k] if isinstance(domain[0], tuple) else domain


def _fill(operand: Any, span: Any, rng: Any) -> Any:
    if isinstance(operand, list) and any([_is_shape(part) for part in operand]):
        return [_fill(part, span, rng) for part in operand]
    return draw(operand, span, rng) if _is_shape(operand) else operand


def draw(shape: tuple[int, ...], span: tuple[Any, Any], rng: Any) -> Any:
    """Values spread over an interval, no two alike, in random order; over a rectangle where its ends are complex."""
    low, high = span
    if isinstance(low, complex) or isinstance(high, complex):
        low, high = complex(low), complex(high)
        return draw(shape, (low.real, high.real), rng) + 1j * draw(shape, (low.imag, high.imag), rng)
    n = int(np.prod(shape, dtype=int))
    cells = (rng.permutation(n) + rng.uniform(0.15, 0.85, n)) / max(n, 1)
    x = np.reshape(low + (high - low) * cells, shape)[()]
    if isinstance(x, np.ndarray):
        x.flags.writeable = False  # nothing may write into an operand
    return x
