"""Iterating and choosing: where, clip, select, sort, take."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..box import unstack
from ..levels import Boxed, lift, plain
from ..registry import STRUCTURAL, case, derived, elementwise, linear
from .reductions import refuse_out

__all__: list[str] = []

_LINEAR: dict[str, Any] = {"symbol": STRUCTURAL, "domain": (-3, 3)}


# iteration -----------------------------------------------------------------------------------------


def _transpose_unstack(i: int, g: Any, p: Any, shapes: Any, l: int) -> Any:
    if not isinstance(g[0], Boxed) and not any([isinstance(part, Boxed) for part in g]):
        return np.array(g) if not l else np.stack(g, axis=1)
    return np.stack(g, axis=l)


def _apply_unstack(gs: Any, p: Any, l: int) -> Any:
    g = gs[0]
    return [g[:, k] for k in range(g.shape[1])] if l else list(g)


unstack_ = linear(
    unstack, lambda x: None, _apply_unstack, _transpose_unstack, name="unstack", run=list,
    cases=(case((3,)), case((2, 3))), **_LINEAR,
)  # fmt: skip


# choosing ------------------------------------------------------------------------------------------


def _either(sp: Any, c: Any, a: Any, b: Any) -> Any:
    # Not evaluated: SymPy would spend most of a proof on putting conditions into its own form.
    return a if c == True else b if c == False else sp.Piecewise((a, c), (b, True), evaluate=False)  # noqa: E712


where_ = elementwise(
    np.where,
    None,
    lambda g, _y, c, _a, _b: np.where(c, g, 0),
    lambda g, _y, c, _a, _b: np.where(c, 0, g),
    symbol=_either, domain=(-3, 3),
    cases=(
        case(np.array([True, False, True]), (3,), (3,)), case(np.array([True, False, True]), (2, 1), (3,)),
        case(np.array([[True], [False]]), (), (2, 3)),
    ),
)  # fmt: skip


@derived(np.where, of=where_, convention="the condition has no derivative")
def where(condition: Any, *branches: Any) -> Any:
    """A choice between two values; the condition is read off the primal."""
    condition = plain(lift(condition))
    return where_(condition, *branches) if branches else np.nonzero(condition)


@derived(np.clip, np._core.umath.clip, convention="at a bound one half, as maximum and minimum")  # type: ignore[attr-defined]  # what an array's method calls
def clip(a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, *, min: Any = None, max: Any = None) -> Any:
    """``minimum(maximum(a, low), high)``: at a bound, one half."""
    refuse_out("clip", out)
    low = min if a_min is None else a_min
    high = max if a_max is None else a_max
    if low is not None:
        a = np.maximum(a, low)
    return a if high is None else np.minimum(a, high)
