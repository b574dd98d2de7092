"""CasADi: the function on its scalar symbols, in NumPy's arrays of objects, then one compiled expression graph."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import numpy as np

from ..methods.base import NotApplicable, Task
from .base import peer

__all__ = ["CASADI"]

_ENTRIES = 5000


def _namespace(casadi: Any) -> SimpleNamespace:
    """NumPy on arrays of symbols; maxima cannot branch on a symbol, and are CasADi's own."""
    greatest, least = np.frompyfunc(casadi.fmax, 2, 1), np.frompyfunc(casadi.fmin, 2, 1)
    same = ("abs", "concatenate", "cos", "exp", "log", "log1p", "mean", "prod", "sin", "sqrt", "stack", "sum", "tanh")
    return SimpleNamespace(
        maximum=greatest, minimum=least,
        max=lambda x, axis=None, keepdims=False: greatest.reduce(x, axis=axis, keepdims=keepdims),
        min=lambda x, axis=None, keepdims=False: least.reduce(x, axis=axis, keepdims=keepdims),
        **{name: getattr(np, name) for name in same},
    )  # fmt: skip


def _build(task: Task) -> Callable[[], Any]:
    casadi: Any = import_module("casadi")
    inputs = sum(np.size(p) for p in task.params)
    entries = inputs + sum(np.size(v) for v in task.data.values())
    if entries > _ENTRIES:
        raise NotApplicable(f"a graph of scalars for {entries:,} numbers takes long to build; measured up to {_ENTRIES:,}")
    flat = casadi.SX.sym("x", inputs)
    symbols, at = [], 0
    for p in task.params:
        array = np.empty(np.shape(p), dtype=object)
        for place in np.ndindex(array.shape):
            array[place] = flat[at]
            at += 1
        symbols.append(array if array.shape else array[()])
    result = np.asarray(task.function(_namespace(casadi), *symbols, **task.data), dtype=object)
    y = casadi.vertcat(*result.ravel().tolist())
    v = np.concatenate([np.ravel(t) for t in task.tangents])
    wanted = {
        "jvp": lambda: casadi.jtimes(y, flat, casadi.DM(v)),
        "gradient": lambda: casadi.gradient(y, flat),
        "jacobian": lambda: casadi.jacobian(y, flat),
        "hvp": lambda: casadi.jtimes(casadi.gradient(y, flat), flat, casadi.DM(v)),
        "hessian": lambda: casadi.hessian(y, flat)[0],
    }[task.operator]()
    function = casadi.Function("f", [flat], [wanted])
    x = np.concatenate([np.ravel(p) for p in task.params])
    return lambda: _shaped(task, function(x).full(), result.shape)


def _shaped(task: Task, found: Any, outputs: tuple[int, ...]) -> Any:
    """What CasADi gives, a matrix, in the form of the params."""
    if task.operator == "jvp":
        return found.reshape(outputs)
    if task.operator == "hessian":
        return found
    lead = outputs if task.operator == "jacobian" else ()
    shapes = [np.shape(p) for p in task.params]
    ends = np.cumsum([np.size(p) for p in task.params])[:-1]
    whole = found.reshape(*lead, -1)
    parts = [part.reshape(lead + s) for part, s in zip(np.split(whole, ends, axis=-1), shapes, strict=True)]
    return parts[0] if len(parts) == 1 else tuple(parts)


CASADI = peer("casadi", "casadi", "CasADi, scalar symbols (SX)",
              dict.fromkeys(("jvp", "gradient", "jacobian", "hvp", "hessian"), _build), traced=False)  # fmt: skip
