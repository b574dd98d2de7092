"""JAX on the CPU in double precision: op by op, and compiled by ``jit``."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np

from ..methods.base import NotApplicable, Task
from .base import peer

__all__ = ["JAX", "JAX_JIT"]

_EQUATIONS = 1200
"""An unrolled loop that is longer takes minutes to compile (35 s for 300 steps of a product, by measure)."""


def _derivative(jax: Any, task: Task) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """The derivative as a function of arrays of its own, and those arrays."""
    asarray = jax.numpy.asarray
    data = {name: asarray(v) if isinstance(v, np.ndarray) else v for name, v in task.data.items()}
    params, tangents = (tuple([asarray(a) for a in arrays]) for arrays in (task.params, task.tangents))
    f, argnums, k = partial(task.function, jax.numpy, **data), task.argnums, len(params)
    both = (*params, *tangents)
    if task.operator == "jvp":
        return lambda *xs: jax.jvp(f, xs[:k], xs[k:])[1], both
    if task.operator == "gradient":
        return jax.grad(f, argnums), params
    if task.operator == "jacobian":
        tall = task.outputs > sum(np.size(p) for p in params)
        return (jax.jacfwd if tall else jax.jacrev)(f, argnums), params
    if task.operator == "hvp":
        slope = jax.grad(f, argnums)
        return lambda *xs: jax.jvp(slope, xs[:k], xs[k:])[1], both
    return jax.hessian(f, argnums), params


def _plain(task: Task) -> Callable[[], Any]:
    jax = _loaded()
    f, arguments = _derivative(jax, task)
    return lambda: jax.block_until_ready(f(*arguments))


def _compiled(task: Task) -> Callable[[], Any]:
    jax = _loaded()
    f, arguments = _derivative(jax, task)
    equations = len(jax.make_jaxpr(f)(*arguments).jaxpr.eqns)
    if equations > _EQUATIONS:
        raise NotApplicable(f"{equations:,} operations take minutes to compile")
    fast = jax.jit(f)
    jax.block_until_ready(fast(*arguments))
    return lambda: jax.block_until_ready(fast(*arguments))


def _loaded() -> Any:
    jax = import_module("jax")
    jax.config.update("jax_enable_x64", True)
    return jax


_OPERATORS = ("jvp", "gradient", "jacobian", "hvp", "hessian")
JAX = peer("jax", "jax", "JAX on the CPU, op by op, float64", dict.fromkeys(_OPERATORS, _plain), traced=False)
JAX_JIT = peer("jax-jit", "jax", "JAX on the CPU, jit, float64", dict.fromkeys(_OPERATORS, _compiled), traced=False)
