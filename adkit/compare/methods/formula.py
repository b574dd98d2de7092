"""SymPy: the function's formula, differentiated by ``sympy.diff`` and turned into Python by ``lambdify``.

The formula is what the function gives on symbols.  To write it down, to differentiate it and to compile it is the
preparation; a call evaluates it on floats.  A formula has no loops and no arrays, so it swells: that is what there is
to see, and the reason for the limits.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from ...errors import AdkitError
from .base import Method, NotApplicable, Task, expected

__all__ = ["SYMBOLIC"]

# By count and not by time, so that what is skipped does not depend on the machine; the time is for what nobody foresaw.
_INPUTS = 32
_OPERATIONS = 800
_SWOLLEN = 20_000
_SECOND_ORDER = 30_000
_SECONDS = 30.0


def _symbolic(task: Task) -> Callable[[], Any]:
    inputs = sum(np.size(p) for p in task.params)
    if inputs > _INPUTS:
        raise NotApplicable(f"no formula is written for more than {_INPUTS} inputs")
    import sympy as sp

    deadline = time.monotonic() + _SECONDS
    letters, outputs, shape = _formula(task, deadline)
    operations = sum(sp.count_ops(y) for y in outputs)
    if operations > _OPERATIONS:
        raise NotApplicable(f"its formula has {operations:,} operations, more than {_OPERATIONS:,}: SymPy would take long")
    if task.operator in ("hvp", "hessian") and operations * inputs**2 > _SECOND_ORDER:
        raise NotApplicable(f"{inputs**2:,} second derivatives of {operations:,} operations take SymPy long")
    rows = _differentiated(task, letters, outputs, deadline)
    if sum(sp.count_ops(row) for row in rows) > _SWOLLEN:
        raise NotApplicable(f"the formula of its derivative has more than {_SWOLLEN:,} operations")
    # Names that Python can read: others are replaced by numbered ones, and the order of a sum, and so its rounding, would
    # depend on what was numbered before.
    names = [sp.Symbol(f"x{k:04d}", real=True) for k in range(len(letters))]
    named = dict(zip(letters, names, strict=True))
    modules = ["math", {"Heaviside": lambda x, at=0.5: at if x == 0 else float(x > 0)}]
    compiled = sp.lambdify([names], [row.xreplace(named) for row in rows], modules=modules, cse=True)
    return _evaluated(task, compiled, shape)


def _formula(task: Task, deadline: float) -> tuple[list[Any], list[Any], tuple[int, ...]]:
    """The letters that stand for the inputs, and the function's results as expressions of them."""
    from ...symbolic import Setting, Symbol, symbol

    setting = Setting(deadline)
    params = [symbol("pqrstuvwxyz"[k % 11] + str(k), p, setting) for k, p in enumerate(task.params)]
    try:
        result = task.numpy()(*params)
    except AdkitError as error:
        raise NotApplicable(f"SymPy cannot write it down: {str(error).splitlines()[0]}") from None
    if not isinstance(result, Symbol):
        raise NotApplicable("its value does not depend on the inputs by any formula")
    letters = [e for p in params for e in p.expr.flat]
    return letters, list(result.expr.flat), result.expr.shape


def _differentiated(task: Task, letters: list[Any], outputs: list[Any], deadline: float) -> list[Any]:
    """The entries of the derivative, in the order of the outputs, then of the inputs."""
    import sympy as sp

    def slopes(e: Any) -> list[Any]:
        found = []
        for x in letters:
            if time.monotonic() > deadline:
                raise NotApplicable(f"SymPy took more than {_SECONDS:g} s to differentiate it")
            found.append(sp.diff(e, x))
        return found

    first = [slopes(y) for y in outputs]
    v = np.concatenate([np.ravel(t) for t in task.tangents]).tolist() if task.operator in ("jvp", "hvp") else []
    if task.operator == "jvp":
        return [sp.Add(*[d * t for d, t in zip(row, v, strict=True)]) for row in first]
    if task.operator == "hvp":
        return slopes(sp.Add(*[d * t for d, t in zip(first[0], v, strict=True)]))
    if task.operator == "hessian":
        return [d for row in first[0] for d in slopes(row)]
    return [d for row in first for d in row]


def _evaluated(task: Task, compiled: Callable[[list[float]], list[Any]], shape: tuple[int, ...]) -> Callable[[], Any]:
    """The call: the inputs as Python's floats, the formula, and the result in the form of the params."""
    params, operator = task.params, task.operator
    shapes = [np.shape(p) for p in params]
    ends = np.cumsum([np.size(p) for p in params])[:-1]

    def run() -> Any:
        found = np.array(compiled(np.concatenate([np.ravel(p) for p in params]).tolist()), dtype=float)
        if operator == "jvp":
            return found.reshape(shape)
        if operator == "hessian":
            return found
        lead = shape if operator == "jacobian" else ()
        parts = np.split(found.reshape(*lead, -1), ends, axis=-1)
        shaped = [part.reshape(lead + s) for part, s in zip(parts, shapes, strict=True)]
        return shaped[0] if len(shaped) == 1 else tuple(shaped)

    return run


SYMBOLIC = Method(
    "symbolic", "SymPy: differentiated, then compiled by lambdify",
    dict.fromkeys(("jvp", "gradient", "jacobian", "hvp", "hessian"), _symbolic),
    expected(2.0, lambda n, m: 2.0, lambda n: 2.0, lambda n: 2.0), caveat="a formula, without loops or arrays",
    prepared=True,
)  # fmt: skip
