"""MyGrad: reverse mode on tensors that answer NumPy's protocols."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

from ..methods.base import Task
from .base import peer

__all__ = ["MYGRAD"]


def _gradient(task: Task) -> Callable[[], Any]:
    mygrad = import_module("mygrad")
    mygrad.turn_memory_guarding_off()  # its own advice for speed; it guards arrays against writes
    f, params = partial(task.function, mygrad, **task.data), task.params

    def run() -> Any:
        tensors = [mygrad.tensor(p, copy=False) for p in params]
        f(*tensors).backward()
        gradients = tuple([t.grad for t in tensors])
        return gradients[0] if len(gradients) == 1 else gradients

    return run


MYGRAD = peer("mygrad", "mygrad", "MyGrad, memory guard off", {"gradient": _gradient})
