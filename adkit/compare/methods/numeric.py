"""Derivatives from values alone: central differences and the complex step."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from .base import Method, Task, expected

__all__ = ["COMPLEX_STEP", "DIFFERENCE"]



def _moved(params: tuple[Any, ...], steps: list[tuple[int, Any]]) -> tuple[Any, ...]:
    """The params with steps added, given as (flat index over all params, step)."""
    out = list(params)
    sizes = np.cumsum([np.size(p) for p in params])
    for i, step in steps:
        k = int(np.searchsorted(sizes, i, side="right"))
        inner = i - (int(sizes[k - 1]) if k else 0)
        array = np.array(out[k], dtype=np.result_type(out[k], step))
        array.reshape(-1)[inner] += step
        out[k] = array
    return tuple(out)


def _columns(task: Task, column: Callable[[int], Any]) -> Any:
    """The Jacobian in the form of the params, a column for each entry of each."""
    count = sum(np.size(p) for p in task.params)
    whole = np.stack([column(i) for i in range(count)], axis=-1)
    ends = np.cumsum([np.size(p) for p in task.params])[:-1]
    parts = np.split(whole, ends, axis=-1)
    shaped = [np.reshape(g, g.shape[:-1] + np.shape(p)) for g, p in zip(parts, task.params, strict=True)]
    return shaped[0] if len(shaped) == 1 else tuple(shaped)


def _step(x: Any, order: int, scale: float) -> float:
    """The step that balances the error of the formula, h^2, against that of rounding, eps / h^order."""
    return float(np.finfo(float).eps ** (1.0 / (order + 2))) * max(scale, abs(float(x)))


def _scale(params: tuple[Any, ...]) -> float:
    """How large the numbers are, up to 1: where all are small, so is what a function does between them."""
    return min(1.0, max([float(np.max(np.abs(p), initial=0.0)) for p in params], default=1.0) or 1.0)


def _difference_jvp(task: Task) -> Callable[[], Any]:
    f, params, tangents = task.numpy(), task.params, task.tangents
    h = _step(0.0, 1, _scale(params)) / max(float(np.max(np.abs(v), initial=0.0)) for v in tangents)

    def run() -> Any:
        ahead = f(*[p + h * v for p, v in zip(params, tangents, strict=True)])
        return (ahead - f(*[p - h * v for p, v in zip(params, tangents, strict=True)])) / (2.0 * h)

    return run


def _difference_jacobian(task: Task) -> Callable[[], Any]:
    f, params = task.numpy(), task.params
    entries, scale = np.concatenate([np.ravel(p) for p in params]), _scale(params)

    def column(i: int) -> Any:
        h = _step(entries[i], 1, scale)
        return (f(*_moved(params, [(i, h)])) - f(*_moved(params, [(i, -h)]))) / (2.0 * h)

    return lambda: _columns(task, column)


def _difference_hessian(task: Task) -> Callable[[], Any]:
    f, params = task.numpy(), task.params
    entries, scale = np.concatenate([np.ravel(p) for p in params]), _scale(params)

    def run() -> Any:
        n = len(entries)
        hessian = np.empty((n, n))
        for i, j in itertools.combinations_with_replacement(range(n), 2):
            hi, hj = _step(entries[i], 2, scale), _step(entries[j], 2, scale)
            total = sum(
                a * b * f(*_moved(params, [(i, a * hi), (j, b * hj)])) for a in (1.0, -1.0) for b in (1.0, -1.0)
            )
            hessian[i, j] = hessian[j, i] = total / (4.0 * hi * hj)
        return hessian

    return run


_TINY = 1e-30  # the error is h^2, and nothing is subtracted: as small as one likes


def _complex_jvp(task: Task) -> Callable[[], Any]:
    f, params, tangents = task.numpy(), task.params, task.tangents

    def run() -> Any:
        return np.imag(f(*[p + (1j * _TINY) * v for p, v in zip(params, tangents, strict=True)])) / _TINY

    return run


def _complex_jacobian(task: Task) -> Callable[[], Any]:
    f, params = task.numpy(), task.params
    return lambda: _columns(task, lambda i: np.imag(f(*_moved(params, [(i, 1j * _TINY)]))) / _TINY)


DIFFERENCE = Method(
    "difference", "central differences of values",
    {"jvp": _difference_jvp, "gradient": _difference_jacobian, "jacobian": _difference_jacobian,
     "hessian": _difference_hessian},
    expected(2.0, lambda n, m: 2.0 * n, lambda n: 0.0, lambda n: 2.0 * n * (n + 1)),
    {"jvp": 1e-5, "gradient": 1e-5, "jacobian": 1e-5, "hessian": 1e-3}, "inexact",
)  # fmt: skip

COMPLEX_STEP = Method(
    "complex-step", "imaginary parts at a complex step (analytic functions)",
    {"jvp": _complex_jvp, "gradient": _complex_jacobian, "jacobian": _complex_jacobian},
    expected(3.0, lambda n, m: 3.0 * n, lambda n: 0.0, lambda n: 0.0), caveat="for analytic functions only",
)  # fmt: skip
