"""Where functions have no derivative, and what is chosen there: each written convention as a point that can be tried.

``one_sided`` gives the slopes on both sides, as limits of SymPy's; ``chosen`` what the two modes give.  A convention must
lie between the slopes, or be the only one where the domain ends.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..registry import lookup
from ..symbolic import Setting, make
from .splitting import split
from .sweeps import pull, push

__all__ = ["KINKS", "NO_KINK", "Kink", "chosen", "one_sided"]


@dataclass(frozen=True)
class Kink:
    """A point of an op where it has no derivative by one entry of one operand.

    ``sides`` are those on which the function is defined (-1: below, 1: above).
    """

    op: str
    operands: tuple[Any, ...]
    by: int = 0
    sides: tuple[int, ...] = (-1, 1)
    kw: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.op}{self.operands} by operand {self.by}".replace("array", "")


_TIED = np.array([1.0, 1.0, 0.5])
_ORIGIN = np.zeros(2)

KINKS: tuple[Kink, ...] = (
    Kink("absolute", (0.0,)), Kink("fabs", (0.0,)), Kink("relu", (0.0,)), Kink("leaky_relu", (0.0, 0.01)),
    *[Kink(op, (1.5, 1.5), by) for op in ("maximum", "minimum", "fmax", "fmin") for by in (0, 1)],
    Kink("max", (_TIED,)), Kink("min", (-_TIED,)), Kink("max", (np.ones(3),)), Kink("max", (_TIED,), kw={"initial": 1.0}),
    Kink("copysign", (0.0, 2.0)), Kink("copysign", (0.0, -2.0)), Kink("copysign", (1.0, 0.0), 1, (1,)),
    Kink("hypot", (0.0, 0.0)), Kink("hypot", (0.0, 0.0), 1),
    Kink("arctan2", (0.0, 0.0), 0), Kink("arctan2", (0.0, 0.0), 1, (1,)),
    Kink("euclidean_norm", (_ORIGIN,)), Kink("p_norm", (_ORIGIN,)), Kink("p_norm", (np.array([0.0, 1.0]),)),
    Kink("sqrt", (0.0,), sides=(1,)), Kink("cbrt", (0.0,), sides=(1,)),
    Kink("arcsin", (1.0,), sides=(-1,)), Kink("arcsin", (-1.0,), sides=(1,)),
    Kink("arccos", (1.0,), sides=(-1,)), Kink("arccos", (-1.0,), sides=(1,)), Kink("arccosh", (1.0,), sides=(1,)),
    Kink("arctanh", (1.0,), sides=(-1,)), Kink("arctanh", (-1.0,), sides=(1,)),
    *[Kink(op, (x, 0.0), 0, (1,)) for op in ("power", "float_power") for x in (0.0, 2.0)],
    *[Kink(op, (0.0, y), 1, (1,)) for op in ("power", "float_power") for y in (0.0, 2.0)],
    *[Kink(op, (2.0,)) for op in ("floor", "ceil", "trunc")], Kink("trunc", (0.0,)), Kink("rint", (1.5,)),
    Kink("floor_divide", (3.0, 1.5)), Kink("floor_divide", (3.0, 1.5), 1),
    Kink("remainder", (3.0, 1.5)), Kink("remainder", (3.0, 1.5), 1),
    Kink("fmod", (3.0, 1.5)), Kink("fmod", (-3.0, 1.5), 1), Kink("fmod", (3.0, 1.5), 1),
    Kink("heaviside", (0.0, 0.5)), Kink("xlogy", (0.0, 0.0), 1, (1,)),
    Kink("divide", (1.0, 0.0), 1, (1,)),
    *[Kink(op, (0.0, y), 1, (1,)) for op, y in (("special.xlogy", 0.0), ("xlog1py", -1.0))],
    *[Kink(op, (0.0, 1.0), 0, (1,)) for op in ("rel_entr", "kl_div")], Kink("entr", (0.0,), sides=(1,)),
    Kink("i0e", (0.0,)), Kink("ive", (0, 0.0), 1), Kink("special.cbrt", (0.0,), sides=(1,)),
    *[Kink(op, (x,), sides=(side,)) for op in ("logit", "ndtri") for x, side in ((0.0, 1), (1.0, -1))],
    Kink("erfinv", (1.0,), sides=(-1,)), Kink("erfcinv", (0.0,), sides=(1,)), Kink("ndtri_exp", (0.0,), sides=(-1,)),
)  # fmt: skip
"""The points at which a convention speaks."""

NO_KINK = {
    "angle": "undefined at 0: there is no value to have a slope",
    "complex_sign": "undefined at 0: there is no value to have a slope",
    "prod": "smooth at zeros; its convention says how that is kept",
    "cumprod": "smooth at zeros; its convention says how that is kept",
    "logsumexp": "its convention is about infinite entries, which no slope leads to",
    "det": "smooth at singular matrices; its convention says how that is kept",
    "slogdet": "there is no value at a singular matrix to have a slope",
    "pinv": "where the rank changes it jumps",
    "cholesky": "its convention says which entries are read",
    "irfft": "its convention says which entries are read",
    "qr": "of dependent columns there is no factorisation that is continuous",
    "eigh": "where eigenvalues coincide the vectors are not unique; tests/ops/test_linalg.py tries that",
    "eig": "where eigenvalues coincide the vectors are not unique; tests/ops/test_linalg.py tries that",
    "svd": "where singular values coincide the vectors are not unique; tests/ops/test_linalg.py tries that, and zero",
    "bessel_i": "its convention is about an operand that is a whole number",
}
"""Ops whose convention is no choice between slopes, and why."""


def chosen(kink: Kink) -> tuple[float, float]:
    """The derivative that forward and reverse mode give at a kink, by the first entry of the operand."""
    op = lookup(kink.op)
    x = np.asarray(kink.operands[kink.by])[()]

    def f(moving: Any) -> tuple[Any]:
        operands = [moving if k == kink.by else v for k, v in enumerate(kink.operands)]
        return (op(*operands, **kink.kw),)

    v = np.zeros(x.shape)
    v.flat[0] = 1.0
    with np.errstate(all="ignore"):
        return float(push(f, [x], [v[()]])[0]), float(np.ravel(pull(f, [x], [np.float64(1.0)])[0])[0])


def one_sided(kink: Kink) -> list[Any]:
    """The slopes of the op's own expression on each side of a kink, by the first entry of the operand.

    >>> one_sided(Kink("absolute", (0.0,)))
    [-1, 1]
    """
    import sympy as sp

    found = []
    for side in kink.sides:
        h = sp.Dummy("h", positive=True)
        f = _along(kink, side * h)
        near = [{h: sp.Rational(1, 10**9)}]
        region, (smooth,) = next((region, exprs) for region, exprs in split([f], near) if region.points)
        full = region.at(dict(region.points[0]))
        smooth = smooth.xreplace({step: sp.Integer(int(full[step])) for step, _ in region.steps})
        found.append(sp.limit(side * sp.diff(smooth, h), h, 0, "+"))
    return found


def _along(kink: Kink, step: Any) -> Any:
    """The op's value as an expression, with the first entry of the operand moved by a step."""
    setting = Setting()
    operands = []
    for k, v in enumerate(kink.operands):
        expr = make(np.asarray(v), _exact(v), setting).expr.copy()
        if k == kink.by:
            expr.flat[0] = expr.flat[0] + step
        operands.append(make(np.asarray(v), expr, setting))
    with np.errstate(all="ignore"):
        return lookup(kink.op)(*operands, **kink.kw).expr.item()


def _exact(v: Any) -> Any:
    from ..meaning import exact

    return exact(v)
