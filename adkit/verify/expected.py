"""What a derivative must be, by ``sympy.diff`` of the primal alone; no rule of AD has a part in it."""

from __future__ import annotations

from typing import Any

from .letters import Entry

__all__ = ["expected"]


def expected(mode: str, ys: list[Any], us: list[Any], entries: list[Entry], target: int | None, bent: bool = True) -> Any:
    """The derivative of primal entries ``ys`` that AD in a mode should have given.

    First order: the directional derivative of ``ys[0]``, or the derivative of ``sum(u * y)`` by one entry.  Second
    order: that of ``sum(u * Y)`` where ``Y`` is the primal between two maps that bend, ``z + (z - z0)**2 / 4`` at ``z = z0``
    (see ``sweeps.curved``), so that their second derivatives, one half, are part of it.
    """
    import sympy as sp

    if mode == "forward":
        return sp.Add(*[sp.diff(ys[0], x) * v for e in entries for x, v in zip(e.parts, e.v, strict=True)])
    if mode == "reverse":
        assert target is not None
        slopes = [sp.Add(*[u * sp.diff(y, x) for y, u in zip(ys, us, strict=True)]) for x in entries[target].parts]
        return slopes[0] if len(slopes) == 1 and not slopes[0].has(sp.I) else _complex(slopes)
    rows = range(len(entries)) if target is None else [target]
    terms = []
    for y, u in zip(ys, us, strict=True):
        slope = {e.parts[0]: sp.diff(y, e.parts[0]) for e in entries}
        for j in rows:
            weight = entries[j].w[0] if target is None else sp.S.One
            x = entries[j].parts[0]
            for e in entries:
                second = sp.diff(slope[x], e.parts[0])
                if bent:
                    second += slope[x] * slope[e.parts[0]] / 2
                if bent and e.parts[0] == x:
                    second += slope[x] / 2
                terms.append(u * weight * e.v[0] * second)
    return sp.Add(*terms)


def _complex(slopes: list[Any]) -> Any:
    """The cotangent of a complex (or, by a complex result, of a real) number: Re(d zdot) = Re(sum(u ydot))."""
    import sympy as sp

    real = [sp.re(sp.expand(d)) for d in slopes]
    return real[0] if len(real) == 1 else real[0] - sp.I * real[1]
