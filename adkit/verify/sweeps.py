"""A function pushed forward and pulled back by the engine, alone or with many directions at once.

``f`` is a function of arrays that returns a tuple of arrays.  Operands may be boxes of outer levels, so
that sweeps nest: a push of a pull is forward over reverse.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..dual import Dual, ForwardLevel, make
from ..reverse import record
from ..tape import Var
from .numeric import Fun

__all__ = ["curved", "gradient", "looped", "pull", "push", "slope"]


def push(f: Fun, xs: Sequence[Any], vs: Sequence[Any], lead: int = 0) -> list[Any]:
    """Tangents of the results of ``f``, for tangents of its operands (each with ``lead`` leading axes)."""
    with ForwardLevel(lead) as level:
        ys = f(*[make(x, v, level) for x, v in zip(xs, vs, strict=True)])
        batch = vs[0].shape[:lead]
        return [
            y.tangent if isinstance(y, Dual) and y.level is level else np.zeros(batch + np.shape(y), y.dtype)[()]
            for y in ys
        ]


def pull(f: Fun, xs: Sequence[Any], us: Sequence[Any], lead: int = 0) -> list[Any]:
    """Cotangents of the operands of ``f``, for cotangents of its results (each with ``lead`` leading axes)."""
    run, ys, _ = record(f, tuple(xs), tuple(range(len(xs))), {}, False, "verify")
    try:
        seeds = [
            (y.index, u) for y, u in zip(ys, us, strict=True) if isinstance(y, Var) and y.level is run.tape
        ]
        return list(run.pull(seeds, us[0].shape[:lead]))
    finally:
        run.tape.forget()


def looped(sweep: Callable[..., list[Any]], f: Fun, xs: Sequence[Any], lanes: Sequence[Any]) -> list[Any]:
    """The same sweep, one direction at a time, its results stacked."""
    singles = [sweep(f, xs, [v[k] for v in lanes]) for k in range(lanes[0].shape[0])]
    return [np.stack(parts) for parts in zip(*singles, strict=True)]


def gradient(f: Fun, us: Sequence[Any]) -> Fun:
    """The gradient of ``sum(u * y)``, by reverse mode: a function of the operands."""
    return lambda *xs: tuple(pull(f, xs, us))


def slope(f: Fun, us: Sequence[Any], vs: Sequence[Any]) -> Fun:
    """The directional derivative of ``sum(u * y)`` along ``vs``, by forward mode: a function of the operands."""

    def along(*xs: Any) -> tuple[Any]:
        total: Any = 0.0
        for u, t in zip(us, push(f, xs, vs), strict=True):
            total = total + np.sum(u * t)
        return (total,)

    return along


def curved(f: Fun, xs: Sequence[Any]) -> Fun:
    """``f`` between two curved maps that are the identity, to first order, at ``xs`` and at ``f(xs)``.

    A linear op alone never meets a box for a tangent or a cotangent; between curved maps it does, at every order.
    """
    ys = f(*xs)

    def curve(z: Any, z0: Any) -> Any:
        return z + 0.25 * np.square(z - z0)

    def outer(*moved: Any) -> tuple[Any, ...]:
        found = f(*[curve(x, x0) for x, x0 in zip(moved, xs, strict=True)])
        return tuple([curve(y, y0) for y, y0 in zip(found, ys, strict=True)])

    return outer
