"""Whether a derivative is right, before anybody times it.

The reference is the first result, by hand where there is one, that agrees with the function's own values: along
random directions, for each parameter by itself, by a complex step where the function is analytic and by central
differences where it is not.  Everything else is then compared with the reference, entry by entry.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from .methods import Task

__all__ = ["canonical", "disagreement", "has_kink", "relative_error"]

_TINY = 1e-30
_STEP = np.finfo(float).eps ** (1.0 / 3.0)


def canonical(task: Task, result: Any) -> list[Any]:
    """A result as a list of arrays whose shapes do not depend on the method; ValueError where they do not fit."""
    parts = list(result) if isinstance(result, (tuple, list)) else [result]
    shapes = [np.shape(p) for p in task.params]
    if task.operator == "hessian":
        if isinstance(result, (tuple, list)):
            rows = [list(row) for row in parts]
            parts = [np.block([
                [_plain(block).reshape(np.size(p), np.size(q)) for block, q in zip(row, task.params, strict=True)]
                for row, p in zip(rows, task.params, strict=True)
            ])]  # fmt: skip
        n = sum(np.size(p) for p in task.params)
        return [_plain(parts[0]).reshape(n, n)]
    arrays = [_plain(part) for part in parts]
    if task.operator in ("value", "jvp"):
        return arrays
    if len(arrays) != len(shapes):
        raise ValueError(f"{len(arrays)} results for {len(shapes)} parameters")
    for array, shape in zip(arrays, shapes, strict=True):
        found = array.shape[array.ndim - len(shape) :] if task.operator == "jacobian" else array.shape
        if found != shape:
            raise ValueError(f"a {task.operator} of shape {array.shape} for a parameter of shape {shape}")
    return arrays


def _plain(x: Any) -> Any:
    """A NumPy array, whatever the library: a tensor is taken off its graph."""
    if x is None:
        raise ValueError("no result for a parameter")
    found = np.asarray(x.detach() if hasattr(x, "detach") else x)
    if found.dtype.kind == "c":
        raise ValueError("a complex derivative of a real function")
    return found.astype(float)


def relative_error(found: list[Any], reference: list[Any]) -> float:
    """The largest difference, relative to the largest entry of the same array."""
    whole = max((float(np.max(np.abs(r), initial=0.0)) for r in reference), default=0.0)
    worst = 0.0
    if [np.shape(f) for f in found] != [np.shape(r) for r in reference]:  # a constant is a plain float
        return float("inf")
    for f, r in zip(found, reference, strict=True):
        # An array that is all but zero beside the others is measured against them.
        scale = max(float(np.max(np.abs(r), initial=0.0)), 1e-6 * whole) or 1.0
        difference = float(np.max(np.abs(f - r), initial=0.0)) / scale
        worst = max(worst, difference) if difference == difference else float("inf")
    return worst


def disagreement(task: Task, found: list[Any], rng: np.random.Generator) -> tuple[float, float]:
    """The error of a result against the function's values, and how large it may be by the accuracy of the check."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return _disagreement(task, found, rng)


def has_kink(task: Task, rng: np.random.Generator) -> bool:
    """Whether the slopes of the function differ on the two sides of the point, along some direction."""
    f, params = task.numpy(), task.params
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        here = f(*params)
        for _ in range(4):
            v = _directions(params, rng)
            after, before = [(_along(f, params, v, h) - here) / h for h in (_STEP, -_STEP)]
            scale = float(np.max(np.abs(after) + np.abs(before), initial=0.0)) or 1.0
            if float(np.max(np.abs(after - before), initial=0.0)) > 1e-3 * scale + 2.0 * _rounding(here, here):
                return True
    return False


def _disagreement(task: Task, found: list[Any], rng: np.random.Generator) -> tuple[float, float]:
    f, params = task.numpy(), task.params
    if task.operator == "jvp":
        slope, allowed, rounding = _slope(f, params, task.tangents)
        scale = float(np.max(np.abs(slope), initial=0.0)) or 1.0
        return max(0.0, relative_error(found, [slope]) - rounding / scale), allowed
    worst, allowed = 0.0, 0.0
    if task.operator == "hessian":
        for _ in range(3):
            u, v = _directions(params, rng), _directions(params, rng)
            flat = [np.concatenate([np.ravel(part) for part in w]) for w in (u, v)]
            curve, accuracy, rounding = _curvature(f, params, u, v)
            weighted = np.abs(flat[0])[:, None] * found[0] * np.abs(flat[1])
            worst = max(worst, _worse(flat[0] @ found[0] @ flat[1], curve, rounding, float(np.linalg.norm(weighted)) or 1.0))
            allowed = max(allowed, accuracy)
        return worst, allowed
    whole = max(float(np.linalg.norm(g)) * _size(p) for g, p in zip(found, params, strict=True)) or 1.0
    for k, g in enumerate(found):
        only = [np.zeros_like(p) for p in params]
        only[k] = _directions(params, rng)[k]
        if task.operator == "hvp":
            expected, accuracy, rounding = _curvature(f, params, only, list(task.tangents))
        else:
            expected, accuracy, rounding = _slope(f, params, only)
        got = np.tensordot(g, only[k], axes=np.ndim(only[k]))
        scale = max(float(np.linalg.norm(g)) * _size(params[k]), 1e-6 * whole)
        worst = max(worst, _worse(got, expected, rounding, scale))
        allowed = max(allowed, accuracy)
    return worst, allowed


def _size(p: Any) -> float:
    """How large the numbers of a parameter are: the unit of a step."""
    return float(np.max(np.abs(p), initial=0.0)) or 1.0


def _directions(params: tuple[Any, ...], rng: np.random.Generator) -> list[Any]:
    """Signs, in units of the parameter: every entry counts alike."""
    return [_size(p) * rng.choice([-1.0, 1.0], np.shape(p)) for p in params]


def _worse(got: Any, expected: Any, rounding: float, scale: float) -> float:
    difference = max(0.0, float(np.max(np.abs(got - expected), initial=0.0)) - rounding) / scale
    return difference if difference == difference else float("inf")


def _along(f: Callable[..., Any], params: tuple[Any, ...], v: Any, step: Any) -> Any:
    return f(*[p + step * d for p, d in zip(params, v, strict=True)])


def _rounding(ahead: Any, behind: Any) -> float:
    """What rounding the values may do to their difference quotient."""
    size = max(float(np.max(np.abs(y), initial=0.0)) for y in (ahead, behind))
    return 4.0 * float(np.finfo(float).eps) * size / _STEP


def _slope(f: Callable[..., Any], params: tuple[Any, ...], v: Any) -> tuple[Any, float, float]:
    """The directional derivative, its relative accuracy, and the absolute error of rounding."""
    ahead, behind = _along(f, params, v, _STEP), _along(f, params, v, -_STEP)
    quotient, rounding = (ahead - behind) / (2.0 * _STEP), _rounding(ahead, behind)
    try:
        exact = np.imag(_along(f, params, v, 1j * _TINY)) / _TINY
    except Exception:  # a user's function may refuse complex numbers in any way it likes
        return quotient, 1e-5, rounding
    # A function that drops the imaginary part on its way is not analytic, and says so by disagreeing.
    scale = float(np.max(np.abs(quotient), initial=0.0)) + float(np.max(np.abs(ahead), initial=0.0))
    analytic = np.shape(exact) == np.shape(quotient) and np.all(np.abs(exact - quotient) <= 1e-4 * scale)
    return (exact, 1e-8, 0.0) if analytic else (quotient, 1e-5, rounding)


def _curvature(f: Callable[..., Any], params: tuple[Any, ...], u: Any, v: Any) -> tuple[Any, float, float]:
    """u'Hv, as a central difference along u of the slope along v, its accuracy, and the error of rounding."""
    exact = _slope(f, params, v)[1] < 1e-7
    step = _STEP * (0.1 if exact else 10.0)  # exact slopes leave nothing but rounding to fear from a small step
    ahead = _slope(f, tuple([p + step * d for p, d in zip(params, u, strict=True)]), v)
    behind = _slope(f, tuple([p - step * d for p, d in zip(params, u, strict=True)]), v)
    exact = exact and max(ahead[1], behind[1]) < 1e-7
    rounding = _rounding(ahead[0], behind[0]) * 10.0 if exact else (ahead[2] + behind[2]) / (2.0 * step)
    return (ahead[0] - behind[0]) / (2.0 * step), 1e-5 if exact else 1e-2, rounding
