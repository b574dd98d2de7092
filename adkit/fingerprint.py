"""What tells one result of a function from another, so that a function that does not repeat itself is found out."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from . import tree
from .guard import silent
from .levels import Boxed, plain

__all__ = ["differ", "prints"]


def prints(leaves: list[Any]) -> list[Any]:
    """What tells a result from another, and a result that was rounded otherwise is not: a weighted sum, and its scale."""
    found: list[Any] = []
    for v in leaves:
        x = plain(v)
        if isinstance(x, Boxed) or tree.is_static(x) or np.result_type(x).kind not in "fc":
            found.append(None)
            continue
        flat = np.ravel(x)
        weights = _weights(flat.size) if flat.size <= 4096 else np.linspace(1.0, 2.0, flat.size)
        with silent():
            scale = float(np.abs(flat) @ weights) * float(np.finfo(flat.dtype).eps) ** 0.5
            found.append((np.shape(x), complex(flat @ weights), scale))
    return found


@lru_cache(maxsize=32)
def _weights(n: int) -> Any:
    return np.linspace(1.0, 2.0, n)


def differ(before: list[Any], again: list[Any]) -> bool:
    """Whether two results are not the same, but for rounding."""
    if len(before) != len(again):
        return True
    for was, now in zip(before, again, strict=True):
        if was is None or now is None:
            continue
        # What is not finite cannot be compared, and is not refused.
        if was[0] != now[0] or (np.isfinite(was[2]) and not abs(was[1] - now[1]) <= was[2]):
            return True
    return False
