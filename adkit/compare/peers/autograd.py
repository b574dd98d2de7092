"""HIPS autograd: NumPy arrays, and its own copy of NumPy's namespace."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

from ..methods.base import NotApplicable, Task
from .base import peer

__all__ = ["AUTOGRAD"]


def _function(task: Task) -> Callable[..., Any]:
    return partial(task.function, import_module("autograd.numpy"), **task.data)


def _one(task: Task, what: str) -> Callable[..., Any]:
    if len(task.params) > 1:
        raise NotApplicable(f"its {what} takes one argument")
    return _function(task)


def _jvp(task: Task) -> Callable[[], Any]:
    f, params, tangents = _function(task), task.params, task.tangents
    if len(params) == 1:
        push = import_module("autograd").make_jvp(f)(params[0])
        return lambda: push(tangents[0])[1]
    push = import_module("autograd").make_jvp(lambda packed: f(*packed))(params)
    return lambda: push(tangents)[1]


def _gradient(task: Task) -> Callable[[], Any]:
    return partial(import_module("autograd").grad(_function(task), task.argnums), *task.params)


def _jacobian(task: Task) -> Callable[[], Any]:
    return partial(import_module("autograd").jacobian(_one(task, "jacobian")), *task.params)


def _hvp(task: Task) -> Callable[[], Any]:
    product = import_module("autograd").hessian_vector_product(_one(task, "hvp"))
    return partial(product, task.params[0], task.tangents[0])


def _hessian(task: Task) -> Callable[[], Any]:
    return partial(import_module("autograd").hessian(_one(task, "hessian")), *task.params)


AUTOGRAD = peer("autograd", "autograd", "HIPS autograd",
                {"jvp": _jvp, "gradient": _gradient, "jacobian": _jacobian, "hvp": _hvp, "hessian": _hessian})  # fmt: skip
