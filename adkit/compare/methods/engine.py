"""adkit's own two modes, called and compiled.

Each derivative is stated once, as a function of arrays and the arrays to call it with; an eager method calls it, a
compiled one compiles it first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

import adkit

from ...errors import AdkitError
from .base import Method, NotApplicable, Task, expected

__all__ = ["COMPILED_FORWARD", "COMPILED_REVERSE", "FORWARD", "FORWARD_SINGLE", "REVERSE"]

Call = tuple[Callable[..., Any], tuple[Any, ...]]
Driver = Callable[[Task], Call]


# forward -------------------------------------------------------------------------------------------------------------


def _forward_jvp(task: Task) -> Call:
    f, k = task.numpy(), len(task.params)
    return lambda *xs: adkit.jvp(f, xs[:k], xs[k:])[1], (*task.params, *task.tangents)


def _forward_jacobian(task: Task, chunk: int | None = None) -> Call:
    return adkit.jacfwd(task.numpy(), task.argnums, chunk=chunk), task.params


def _forward_hvp(task: Task) -> Call:
    f, k = task.numpy(), len(task.params)

    def product(*xs: Any) -> Any:
        return adkit.jacfwd(lambda *at: adkit.jvp(f, at, xs[k:])[1], task.argnums)(*xs[:k])

    return product, (*task.params, *task.tangents)


def _forward_hessian(task: Task) -> Call:
    return adkit.jacfwd(adkit.jacfwd(task.numpy(), task.argnums), task.argnums), task.params


# reverse -------------------------------------------------------------------------------------------------------------


def _along(tangents: tuple[Any, ...], rows: Any) -> Any:
    """Rows of derivatives times a direction."""
    pairs = zip(rows if len(tangents) > 1 else (rows,), tangents, strict=True)
    products = [np.vdot(r, v) if np.shape(r) == np.shape(v) else np.tensordot(r, v, np.ndim(v)) for r, v in pairs]
    return products[0] if len(products) == 1 else sum(products)


def _reverse_jvp(task: Task) -> Call:
    if task.outputs > 1:
        raise NotApplicable(f"takes a sweep for each of the {task.outputs} outputs, the whole jacobian")
    rows, k = (_reverse_gradient if task.scalar else _reverse_jacobian)(task)[0], len(task.params)
    # An array of one number has one row, the gradient.
    return lambda *xs: _along(xs[k:], rows(*xs[:k])), (*task.params, *task.tangents)


def _reverse_gradient(task: Task) -> Call:
    return adkit.grad(task.numpy(), task.argnums), task.params


def _reverse_jacobian(task: Task) -> Call:
    return adkit.jacrev(task.numpy(), task.argnums), task.params


def _reverse_hvp(task: Task) -> Call:
    f, k = task.numpy(), len(task.params)
    return lambda *xs: adkit.hvp(f, xs[:k], xs[k:]), (*task.params, *task.tangents)


def _reverse_hessian(task: Task) -> Call:
    return adkit.hessian(task.numpy(), task.argnums), task.params


# the table -----------------------------------------------------------------------------------------------------------

_BY_FORWARD: dict[str, Driver] = {
    "jvp": _forward_jvp, "gradient": _forward_jacobian, "jacobian": _forward_jacobian, "hvp": _forward_hvp,
    "hessian": _forward_hessian,
}  # fmt: skip
_BY_REVERSE: dict[str, Driver] = {
    "jvp": _reverse_jvp, "gradient": _reverse_gradient, "jacobian": _reverse_jacobian, "hvp": _reverse_hvp,
    "hessian": _reverse_hessian,
}  # fmt: skip
_FORWARD_COST = expected(2.5, lambda n, m: 0.8 * n, lambda n: 2.0 * n, lambda n: 0.6 * n * n)
_REVERSE_COST = expected(4.0, lambda n, m: 4.0 + 0.6 * m, lambda n: 10.0, lambda n: 10.0 + 3.0 * n)


def _called(drivers: Mapping[str, Driver]) -> dict[str, Any]:
    def build(driver: Driver, task: Task) -> Callable[[], Any]:
        function, arguments = driver(task)
        return partial(function, *arguments)

    return {operator: partial(build, driver) for operator, driver in drivers.items()}


def _compiled(drivers: Mapping[str, Driver]) -> dict[str, Any]:
    """The same, through ``adkit.compile``: the first call traces and compiles, and belongs to the preparation."""

    def build(driver: Driver, task: Task) -> Callable[[], Any]:
        function, arguments = driver(task)
        try:
            program = adkit.compile(function)  # type: ignore[attr-defined, unused-ignore]
            program(*arguments)
        except AdkitError as error:
            raise NotApplicable(f"cannot be compiled: {str(error).splitlines()[0]}") from None
        return partial(program, *arguments)

    return {operator: partial(build, driver) for operator, driver in drivers.items()}


def _no_compiler() -> str | None:
    return None if hasattr(adkit, "compile") else "this version of adkit has no compile"


def describe_task(task: Task, mode: str) -> Call:
    """The derivative of a task in a mode, forward or reverse, as a function and its arguments; NotApplicable if none."""
    return (_BY_FORWARD if mode == "forward" else _BY_REVERSE)[task.operator](task)


FORWARD = Method("forward", "adkit, dual numbers (hvp, hessian: forward over forward)", _called(_BY_FORWARD), _FORWARD_COST,
                 own=True)  # fmt: skip
FORWARD_SINGLE = Method(
    "forward-single", "adkit, dual numbers, one tangent at a time", _called(
        {name: partial(_forward_jacobian, chunk=1) for name in ("gradient", "jacobian")}
    ), expected(2.5, lambda n, m: 2.5 * n, lambda n: 0.0, lambda n: 0.0), usual=False, own=True,
)  # fmt: skip
REVERSE = Method("reverse", "adkit, a tape (hvp, hessian: forward over reverse)", _called(_BY_REVERSE), _REVERSE_COST,
                 own=True)  # fmt: skip
COMPILED_FORWARD = Method("compiled-forward", "adkit.compile of forward", _compiled(_BY_FORWARD), _FORWARD_COST,
                          missing=_no_compiler, usual=hasattr(adkit, "compile"),
                          own=True, prepared=True, like=FORWARD)  # fmt: skip
COMPILED_REVERSE = Method("compiled-reverse", "adkit.compile of reverse", _compiled(_BY_REVERSE), _REVERSE_COST,
                          missing=_no_compiler, usual=hasattr(adkit, "compile"),
                          own=True, prepared=True, like=REVERSE)  # fmt: skip
