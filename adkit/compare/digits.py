"""The value to fifty digits: what rounding in double precision is measured against.

The function itself is run on numbers of mpmath (they come with SymPy), in NumPy's arrays of objects; a central
difference of step 1e-30 in 100 digits then has some 60 of them right.  No rule of a derivative has a part in it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .methods import Task

__all__ = ["reference", "ulps"]

_DIGITS = 100
_STEP = "1e-30"


class _Spent(Exception):  # noqa: N818 - no error: the work was more than was allowed
    """More operations than were allowed."""


def _number_class(context: Any, budget: list[int]) -> Any:
    """A number that NumPy's loops over objects know: they call ``x.sin()`` for ``np.sin(x)``."""
    convert = context.mpf

    def plain(x: Any) -> Any:
        return x.v if isinstance(x, Number) else convert(float(x))

    def arithmetic(name: str) -> Callable[[Any, Any], Any]:
        act = getattr(context.mpf, name)

        def method(self: Any, other: Any) -> Any:
            budget[0] -= 1
            if budget[0] < 0:
                raise _Spent
            if isinstance(other, np.ndarray) or (not isinstance(other, (Number, int, float, np.number))):
                return NotImplemented
            return Number(act(self.v, plain(other)))

        return method

    def comparison(name: str) -> Callable[[Any, Any], Any]:
        act = getattr(context.mpf, name)
        return lambda self, other: act(self.v, plain(other))

    def function(act: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def method(self: Any) -> Any:
            budget[0] -= 10
            if budget[0] < 0:
                raise _Spent
            return Number(act(self.v))

        return method

    class Number:
        __slots__ = ("v",)
        __hash__ = None  # type: ignore[assignment]

        def __init__(self, v: Any) -> None:
            self.v = v

        def conjugate(self) -> Any:
            return self

        def __neg__(self) -> Any:
            return Number(-self.v)

        def __abs__(self) -> Any:
            return Number(abs(self.v))

        def __bool__(self) -> bool:
            return bool(self.v != 0)

    for name in ("add", "sub", "mul", "truediv", "pow"):
        setattr(Number, f"__{name}__", arithmetic(f"__{name}__"))
        setattr(Number, f"__r{name}__", arithmetic(f"__r{name}__"))
    for name in ("lt", "le", "gt", "ge", "eq", "ne"):
        setattr(Number, f"__{name}__", comparison(f"__{name}__"))
    same = ("sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "expm1", "log", "log1p", "log10", "sqrt")
    acts: dict[str, Any] = {name: getattr(context, name) for name in same}
    inverse = {"arcsin": "asin", "arccos": "acos", "arctan": "atan", "arcsinh": "asinh", "arctanh": "atanh"}
    acts |= {name: getattr(context, other) for name, other in inverse.items()}
    acts |= {"square": lambda v: v * v, "reciprocal": lambda v: 1 / v, "log2": lambda v: context.log(v, 2)}
    for name, act in acts.items():
        setattr(Number, name, function(act))
    return Number


def reference(task: Task, places: list[int], operations: int) -> list[list[Any]]:
    """Some entries of the derivative of a task, as numbers of fifty digits: a list of results for each place.

    ``places`` are flat indices of a gradient, of an hvp, of a Jacobian's columns or of a Hessian (row by row); a jvp has
    one place.  As many are given, from the first on, as ``operations`` on such numbers suffice for; none where the
    function cannot be run on them.
    """
    from mpmath.ctx_mp import MPContext

    context = MPContext()  # one's own, so that nobody else's precision changes
    context.dps = _DIGITS
    budget = [operations]
    number = _number_class(context, budget)
    params = [_lifted(p, number, context) for p in task.params]
    ends = np.cumsum([np.size(p) for p in task.params])

    def value(moves: list[tuple[Any, Any]]) -> Any:
        """The function where ``moves``, (entry or a whole direction, step), have been made."""
        moved = [np.array(p, dtype=object, copy=True) for p in params]
        for where, step in moves:
            if isinstance(where, int):
                k = int(np.searchsorted(ends, where, side="right"))
                flat = moved[k].reshape(-1)
                flat[where - (int(ends[k - 1]) if k else 0)] += number(step)
            else:
                moved = [m + _lifted(v, number, context) * number(step) for m, v in zip(moved, where, strict=True)]
        given = [m if np.shape(p) else np.asarray(m, dtype=object)[()] for m, p in zip(moved, task.params, strict=True)]
        y = task.function(np, *given, **task.data)
        return np.asarray(y, dtype=object)

    h = context.mpf(_STEP)

    def central(where: Any, before: list[Any]) -> Any:
        return (value([*before, (where, h)]) - value([*before, (where, -h)])) / number(2 * h)

    def mixed(i: Any, j: Any) -> Any:
        return (central(j, [(i, h)]) - central(j, [(i, -h)])) / number(2 * h)

    n = int(ends[-1])
    at: Callable[[int], Any] = {
        "jvp": lambda i: central(task.tangents, []),
        "hvp": lambda i: mixed(i, task.tangents),
        "hessian": lambda i: mixed(i // n, i % n),
    }.get(task.operator, lambda i: central(i, []))
    exact: list[list[Any]] = []
    try:
        for i in places:
            exact.append([e.v for e in np.asarray(at(i), dtype=object).reshape(-1)])
    except Exception:  # spent; or a function that asks for floats, and refuses such numbers in its own way
        return exact
    return exact


def _lifted(x: Any, number: Any, context: Any) -> Any:
    out = np.empty(np.shape(x), dtype=object)
    flat = out.reshape(-1)
    for i, v in enumerate(np.ravel(x).tolist()):
        flat[i] = number(context.mpf(v))
    return out


def ulps(found: list[Any], exact: list[list[Any]], task: Task, places: list[int]) -> float:
    """The largest error of a result at ``places``, in units in the last place of its largest entry."""
    unit = float(np.spacing(max((float(np.max(np.abs(g), initial=0.0)) for g in found), default=0.0)))
    if task.operator == "jvp":
        columns = [found[0].reshape(-1).tolist()]
    elif task.operator == "jacobian":
        wide = np.concatenate([g.reshape(task.outputs, -1) for g in found], axis=1)
        columns = [wide[:, i].tolist() for i in places]
    else:
        flat = np.concatenate([g.reshape(-1) for g in found])
        columns = [[float(flat[i])] for i in places]
    worst = 0.0
    for column, true in zip(columns, exact, strict=False):  # a place that was not reached is not compared
        for got, e in zip(column, true, strict=True):
            worst = max(worst, float(abs(e - got)) / unit if got == got else float("inf"))
    return worst
