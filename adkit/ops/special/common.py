"""How a ufunc of ``scipy.special`` enters the registry, and what its rules share."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from ...errors import DerivativeError
from ...guard import deep_finite, keep_zero, silent
from ...registry import REGISTRY, TABLE, Op, custom, elementwise, unknown

__all__ = ["alike", "real_only", "refused", "several", "sinhc", "special"]


def special(fun: Any, *rules: Any, name: str | None = None, **fields: Any) -> Op:
    """Register a ufunc of SciPy; a rule that the user has given it, or an op under its name, stays as it is."""
    found = TABLE.get(fun)
    if isinstance(found, Op):
        return found
    return _kept(elementwise(fun, *rules, name=_free(name or fun.__name__), **fields))


def _free(name: str) -> str:
    return name if name not in REGISTRY else f"special.{name}"


def _kept(op: Op) -> Op:
    op.builtin = True
    return op


def refused(fun: Any, what: str) -> Any:
    """The rule for a parameter with respect to which no derivative is known: it says so, in both modes."""
    return unknown(f"{fun.__name__}: {what}")


def alike(a: Any, x: Any) -> Any:
    """A parameter that is a Python number in the precision of ``x``: what is computed of it alone would be double."""
    return x.dtype.type(a) if type(a) in (int, float) and x.dtype.kind == "f" else a


def real_only(x: Any, name: str) -> None:
    """Refuse a complex operand where the function is not analytic, or SciPy lacks what its derivative needs.

    Raises
    ------
    DerivativeError : for a complex ``x``.
    """
    if x.dtype.kind == "c":
        _refuse_complex(name)


def _refuse_complex(name: str) -> NoReturn:
    raise DerivativeError(
        f"{name}: no derivative is known at complex arguments. Take it along the real axis, or give the function a rule "
        "of your own with adkit.custom_jvp"
    )


def several(fun: Any, *slopes: Any, **fields: Any) -> Op:
    """Register a ufunc of one operand and several results; ``slopes`` are ``f(x, *ys)``, one a result."""

    def jvp(gs: Any, ys: Any, xs: Any, _p: Any, _l: int) -> Any:
        with silent():
            return tuple([_times(gs[0], slope(xs[0], *ys)) for slope in slopes])

    def vjp(gs: Any, ys: Any, xs: Any, _p: Any, _l: int) -> Any:
        total: Any = None
        with silent():
            for g, slope in zip(gs, slopes, strict=True):
                d = _times(g, slope(xs[0], *ys))
                total = d if total is None else total + d
        return (total,)

    found = TABLE.get(fun)
    if isinstance(found, Op):
        return found
    return _kept(custom(fun, _bind, jvp, vjp, name=_free(fun.__name__), **fields))


def _times(g: Any, slope: Any) -> Any:
    """A perturbation times a slope, which may be infinite where the perturbation is zero; inside ``silent()``."""
    d = g * slope
    return d if deep_finite(d) else keep_zero(d, g)


def _bind(x: Any) -> None:
    """No parameters."""


def sinhc(x: Any) -> Any:
    """sinh(x) / x, and 1 at 0."""
    import scipy.special as sc

    return np.sinh(x) / x if x.dtype.kind == "c" else (sc.exprel(x) + sc.exprel(-x)) / 2
