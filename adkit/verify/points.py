"""Points of a domain, and one form for identities that differ only in the names of their symbols."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from .letters import Component, Entry
from .replacing import replaced

__all__ = ["Canon", "sample"]

_POINTS = 40


class Canon:
    """A component written in standard symbols: the k-th entry that has a part in it becomes ``x_k``, and so on.

    ``key`` is equal for components that ask for the same identity; ``back`` leads to their own symbols.
    """

    def __init__(self, c: Component) -> None:
        renamed: dict[Any, Any] = {}
        self.spans: dict[Any, tuple[float, float]] = {}
        self.entries: list[Entry] = []
        for k, e in enumerate(c.entries):
            groups = []
            for letter, symbols in (("x", e.parts), ("v", e.v), ("w", e.w)):
                standard = [_symbol(letter, k, n, bool(s.is_positive)) for n, s in enumerate(symbols)]
                renamed.update(zip(symbols, standard, strict=True))
                groups.append(tuple(standard))
                for s, span in zip(standard, e.spans if letter == "x" else [(-2.0, 2.0)] * len(standard), strict=True):
                    self.spans[s] = span
            self.entries.append(Entry(f"x{k}", groups[0], groups[1], groups[2], e.spans))
        us: list[Any] = [s for u in c.us for s in sorted(u.free_symbols, key=lambda s: s.dummy_index)]
        for k, s in enumerate(us):
            renamed[s] = _symbol("u", k, 0, False)
            self.spans[renamed[s]] = (-2.0, 2.0)
        free = c.ad.free_symbols.union(*[y.free_symbols for y in c.ys])
        for k, s in enumerate([s for s in c.letters.still if s in free]):
            renamed[s] = _symbol("h", k, 0, bool(s.is_positive))
            self.spans[renamed[s]] = c.letters.still[s]
        self.back = {s: old for old, s in renamed.items()}
        self.mode, self.target = c.mode, c.target
        self.ad = replaced(c.ad, renamed)
        self.ys = [replaced(y, renamed) for y in c.ys]
        self.us = [replaced(u, renamed) for u in c.us]
        for s in sorted(self.ad.free_symbols.union(*[y.free_symbols for y in self.ys]) - set(self.spans), key=str):
            self.spans[s] = (-2.0, 2.0)  # a symbol of another computation: the rule remembered it
        self.bent = c.letters.subject.bent
        self.key = (self.mode, self.target, self.bent, self.ad, *self.ys, *self.us, *[(s, *span) for s, span in self.spans.items()])


@lru_cache(maxsize=4096)
def _symbol(letter: str, k: int, part: int, positive: bool) -> Any:
    import sympy as sp

    name = f"{letter}{k}{'i' if part else ''}"
    return sp.Dummy(name, positive=True) if positive else sp.Dummy(name, real=True)


def sample(spans: dict[Any, tuple[float, float]]) -> list[dict[Any, Any]]:
    """Points with short coordinates, spread over the product of intervals; the same each time."""
    import sympy as sp

    rng = np.random.default_rng(len(spans))
    points = []
    for _ in range(_POINTS):
        point = {}
        for symbol, (low, high) in spans.items():
            value = round(float(low + (high - low) * rng.uniform(0.02, 0.98)), 3)
            point[symbol] = sp.Rational(round(1000 * value), 1000)
        points.append(point)
    return points
