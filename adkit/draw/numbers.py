"""Numbers as they stand in a picture: short, exact enough to be compared with a table, with a true minus."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["NOT_COMPUTED", "brief", "full", "shape_of"]

NOT_COMPUTED = "not computed"


def one(x: Any, digits: int) -> str:
    """A single number with so many significant digits; with six, six places behind the point where that is not too long."""
    if isinstance(x, (bool, np.bool_)):
        return str(bool(x))
    kind = np.asarray(x).dtype.kind
    text = f"{x:.{digits}g}" if kind in "fc" else str(x)
    if kind == "f" and digits == 6 and 1e-3 <= abs(x) < 1e2:
        text = f"{x:.6f}".rstrip("0").rstrip(".")
    if kind == "f" and text == "-0":
        text = "0"
    return text.replace("-", "\u2212") if "e" not in text else text.replace("-", "\u2212", 1) if text.startswith("-") else text


def shape_of(x: Any) -> str:
    """The shape of an array in words: ``3``, ``3×4``; ``number`` for none."""
    return "×".join([str(n) for n in np.shape(x)]) or "number"


def brief(x: Any, digits: int = 6) -> str:
    """A value on a card: a number in full, a short vector, or the shape of what is larger.

    >>> brief(np.float64(-0.07698894)), brief(np.array([0.5, 1.25])), brief(np.ones((3, 4)))
    ('\u22120.076989', '[0.5, 1.25]', 'array 3×4')
    """
    if x is None or isinstance(x, str):
        return x or "none"
    if isinstance(x, (tuple, list)):
        return ", ".join([brief(e, digits) for e in x])
    a = np.asarray(x)
    if a.ndim == 0:
        return one(a[()], digits)
    if a.ndim == 1 and 0 < a.size <= 3:
        return f"[{', '.join([one(e, min(digits, 4)) for e in a])}]"
    if a.ndim == 2 and 0 < a.size <= 4:
        text = f"[{', '.join([brief(row, min(digits, 3)) for row in a])}]"
        return text if len(text) <= 22 else f"array {shape_of(a)}"
    return f"array {shape_of(a)}"


def full(x: Any, digits: int = 8) -> str:
    """A value in a table or a tip: arrays of up to 36 entries are written out."""
    if x is None or isinstance(x, str):
        return x or "none"
    if isinstance(x, (tuple, list)):
        return ", ".join([full(e, digits) for e in x])
    a = np.asarray(x)
    if a.ndim == 0:
        return one(a[()], digits)
    if a.size <= 36 and a.ndim <= 2:
        rows = a if a.ndim == 2 else a[None]
        texts = [f"[{', '.join([one(e, min(digits, 5)) for e in row])}]" for row in rows]
        return texts[0] if a.ndim == 1 else f"[{', '.join(texts)}]"
    first = ", ".join([one(e, 4) for e in a.ravel()[:4]])
    return f"array {shape_of(a)}: {first}, …"
