"""The numeric oracles: what a derivative is measured against.  They know NumPy and nothing of adkit.

Every oracle takes ``f``, a function of arrays that returns an array or a tuple of arrays, and treats
``t -> f(*(x + t v))``, a curve through the point; so any number of operands and results is one case.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

__all__ = [
    "UnusableError", "adjoint_gap", "central_difference", "complex_step", "gap", "pairing", "richardson", "taylor_slope",
]  # fmt: skip

Fun = Callable[..., Any]


class UnusableError(ArithmeticError):
    """An oracle says that it cannot judge this function, and why."""


def _moved(args: Sequence[Any], directions: Sequence[Any], t: Any) -> list[Any]:
    """The arguments at ``t`` along the curve; a direction of None holds its argument still."""
    return [x if v is None else (x + np.asarray(v * t, dtype=np.result_type(x, t)))[()]
            for x, v in zip(args, directions, strict=True)]  # fmt: skip


def _results(y: Any) -> tuple[Any, ...]:
    return tuple([np.asarray(part) for part in y]) if isinstance(y, (tuple, list)) else (np.asarray(y),)


def _like(y: Any, parts: Sequence[Any]) -> Any:
    return tuple(parts) if isinstance(y, (tuple, list)) else parts[0]


def _resolution(args: Sequence[Any], directions: Sequence[Any]) -> tuple[float, float]:
    """The precision of the moving arguments, and the size of the largest direction."""
    moving = [(np.asarray(x), np.asarray(v)) for x, v in zip(args, directions, strict=True) if v is not None]
    eps = max([float(np.finfo(x.dtype).eps) for x, _ in moving])
    size = max([float(np.max(np.abs(v), initial=0.0)) for _, v in moving])
    return eps, size or 1.0


def richardson(f: Fun, args: Sequence[Any], directions: Sequence[Any], shrink: float = 1.0) -> tuple[Any, float]:
    """A directional derivative by central differences at steps h, h/2, h/4, extrapolated to h = 0.

    The error is O(h^6) of truncation and eps/h of rounding, so h = eps^(1/6), about 0.002 in double precision; ``shrink``
    makes it smaller.
    Returns the derivative and the last correction relative to its size, which is large where ``f`` has a kink or a jump
    within reach of the step.

    >>> slope, correction = richardson(np.sin, (np.float64(0.0),), (1.0,))
    >>> abs(float(slope) - 1) < 1e-12, correction < 1e-8
    (True, True)
    """
    eps, size = _resolution(args, directions)
    value = f(*args)
    h = max([eps, *[float(np.finfo(y.dtype).eps) for y in _results(value)]]) ** (1 / 6) / size * shrink
    slopes = []
    for step in (h, h / 2, h / 4):
        ahead, behind = _results(f(*_moved(args, directions, step))), _results(f(*_moved(args, directions, -step)))
        slopes.append([(a - b) / (2 * step) for a, b in zip(ahead, behind, strict=True)])
    once = [[(4 * b - a) / 3 for a, b in zip(*pair, strict=True)] for pair in (slopes[:2], slopes[1:])]
    twice = [(16 * b - a) / 15 for a, b in zip(*once, strict=True)]
    correction = max([gap(a, b) for a, b in zip(twice, once[1], strict=True)], default=0.0)
    found = [d.astype(y.dtype, copy=False)[()] for d, y in zip(twice, _results(value), strict=True)]
    return _like(value, found), correction


def central_difference(f: Fun, args: Sequence[Any], directions: Sequence[Any]) -> Any:
    """The directional derivative of ``f`` at ``args``, by extrapolated central differences.

    ``directions`` has one entry per argument, of its shape, or None for an argument held still.  The result has the
    form of ``f``'s.  In double precision about 11 digits are right; the step follows the dtype.  Where the slopes at
    one step and at half of it disagree, since a kink, a jump or a change of order lies within reach, smaller steps are
    tried, and those that agree best are taken.

    >>> float(round(central_difference(lambda x, y: x * y, (2.0, 3.0), (1.0, None)), 9))
    3.0
    >>> float(round(central_difference(np.abs, (np.float64(1e-5),), (1.0,)), 9))
    1.0
    """
    found, correction = richardson(f, args, directions)
    for shrink in (2.0**-6, 2.0**-12):
        if correction < 1e-7:
            break
        nearer, remaining = richardson(f, args, directions, shrink)
        if remaining < correction:
            found, correction = nearer, remaining
    return found


def complex_step(f: Fun, args: Sequence[Any], directions: Sequence[Any]) -> Any:
    """The directional derivative of a real analytic ``f``, as Im f(x + ihv) / h with h = 1e-20.

    No difference is taken, so nothing cancels: full precision (Squire & Trapp, 1998).

    Raises
    ------
    UnusableError : where ``f`` takes no complex numbers, returns real ones, is complex already, or is not analytic (it uses
        abs, conj or a real part); the latter is found by Cauchy and Riemann's condition, to three digits.

    >>> float(complex_step(np.exp, (np.float64(0.0),), (2.0,)))
    2.0
    >>> complex_step(np.conj, (np.float64(0.0),), (1.0,))
    Traceback (most recent call last):
    ...
    adkit.verify.numeric.UnusableError: the function is not analytic: along the imaginary axis it grows otherwise
    """
    h = 1e-20
    if any([np.asarray(x).dtype.kind == "c" for x in args]):
        raise UnusableError("the arguments are complex already")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            value = f(*_moved(args, directions, 1j * h))
    except (TypeError, ValueError, ArithmeticError, np.exceptions.ComplexWarning) as error:
        raise UnusableError(f"the function takes no complex numbers: {error}") from error
    stepped = _results(value)
    if any([y.dtype.kind != "c" for y in stepped]):
        raise UnusableError("the function returns real numbers for complex ones: the imaginary part is lost")
    slopes = [np.imag(y) / h for y in stepped]
    for a, b in zip(slopes, _results(central_difference(f, args, directions)), strict=True):
        if not gap(a, b) < 1e-3:
            raise UnusableError("the function is not analytic: along the imaginary axis it grows otherwise")
    return _like(value, [d[()] for d in slopes])


def taylor_slope(f: Fun, x: Any, v: Any, jvp: Any) -> float:
    """The order to which ``f(x) + h jvp`` approximates ``f(x + h v)``: the log-log slope of the remainder.

    With the right derivative the slope is 2 (more at an inflection, and infinite where ``f`` is linear: the remainder
    is rounding alone); with a wrong one it is 1.  ``x`` and ``v`` are arrays, or tuples of them.

    >>> round(taylor_slope(np.exp, np.float64(0.0), np.float64(1.0), np.float64(1.0)), 1)
    2.0
    >>> round(taylor_slope(np.exp, np.float64(0.0), np.float64(1.0), np.float64(1.001)), 1)
    1.0
    """
    args, directions = (x, v) if isinstance(x, (tuple, list)) else ((x,), (v,))
    eps, size = _resolution(args, directions)
    base, slopes = _results(f(*args)), _results(jvp)
    noise = 100 * eps * max([float(np.max(np.abs(y), initial=0.0)) for y in base] + [size])
    points = []
    for h in np.geomspace(eps ** (1 / 3), eps ** (1 / 8), 12):
        moved = _results(f(*_moved(args, directions, float(h / size))))
        rest = [m - y - h / size * d for m, y, d in zip(moved, base, slopes, strict=True)]
        remainder = max([float(np.max(np.abs(r), initial=0.0)) for r in rest])
        if remainder > noise:
            points.append((np.log(h), np.log(remainder)))
    if len(points) < 3:
        return float("inf")
    # The smallest steps tell the order: a remainder that mixes h and h^2 looks linear there.
    steps, remainders = np.transpose(points[:4])
    return float(np.polyfit(steps, remainders, 1)[0])


def pairing(u: Any, v: Any) -> float:
    """The real pairing Re sum(u v) of a cotangent with a tangent; tuples are paired entry by entry.

    >>> pairing(np.array([1j, 2.0]), np.array([1j, 3.0]))
    5.0
    """
    return float(sum([np.real(np.sum(a * b)) for a, b in zip(_results(u), _results(v), strict=True)]))


def adjoint_gap(u: Any, jvp: Any, vjp: Any, v: Any) -> float:
    """How far ``u'(Jv) = (u'J)v`` is from holding, relative to the size of the terms; 0 where both modes agree.

    >>> A, u, v = np.array([[1.0, 2.0]]), np.array([3.0]), np.array([4.0, 5.0])
    >>> adjoint_gap(u, A @ v, u @ A, v)
    0.0
    """
    left, right = pairing(u, jvp), pairing(vjp, v)
    terms = sum([float(np.sum(np.abs(a * b))) for a, b in zip(_results(u), _results(jvp), strict=True)])
    return abs(left - right) / (terms + abs(right) + 1.0) if np.isfinite(left) and np.isfinite(right) else float("inf")


def gap(got: Any, expected: Any) -> float:
    """The largest difference of two arrays, relative to the largest entry (at least 1); infinite for nan and inf.

    >>> gap(np.array([1.0, 100.0]), np.array([1.0, 101.0])) < 0.01
    True
    """
    got, expected = np.asarray(got), np.asarray(expected)
    if got.shape != expected.shape:
        return float("inf")
    if not got.size:
        return 0.0
    with np.errstate(invalid="ignore"):
        difference = float(np.max(np.abs(got - expected)))
    scale = max(1.0, float(np.max(np.abs(expected))))
    return difference / scale if np.isfinite(difference) else float("inf")
