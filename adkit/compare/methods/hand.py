"""What a person derived: a derivative written in NumPy, and the backward passes of the lecture's modules."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from .base import Method, NotApplicable, Task, expected

__all__ = ["HAND", "MODULES", "slope"]


def _value(task: Task) -> Callable[[], Any]:
    return partial(task.numpy(), *task.params)


def _hand(task: Task) -> Callable[[], Any]:
    operator = task.operator
    if operator in task.hand:
        given = task.tangents if operator == "jvp" else ()
        return partial(task.hand[operator], *task.params, *given, **task.data)
    if operator == "jvp" and "gradient" in task.hand:
        return slope(partial(task.hand["gradient"], *task.params, **task.data), task.tangents)
    raise NotApplicable(f"nobody has written its {operator} by hand")


def slope(gradient: Callable[[], Any], tangents: tuple[Any, ...]) -> Callable[[], Any]:
    """The directional derivative as gradient times direction."""
    if len(tangents) == 1:
        return lambda: np.vdot(gradient(), tangents[0])
    return lambda: sum([np.vdot(g, v) for g, v in zip(gradient(), tangents, strict=True)])


def _modules(task: Task) -> Callable[[], Any]:
    if task.modules is None:
        raise NotApplicable("the function is not made of the lecture's modules")
    return partial(task.modules, *task.params, **task.data)


HAND = Method(
    "hand", "a derivative written by hand in NumPy",
    dict.fromkeys(("jvp", "gradient", "jacobian", "hvp", "hessian"), _hand) | {"value": _value},
    expected(4.0, lambda n, m: 4.0, lambda n: 8.0, lambda n: 8.0),
)  # fmt: skip

MODULES = Method(
    "modules", "the lecture's modules: forward_pass, backward_pass, param_gradients", {"gradient": _modules},
    expected(4.0, lambda n, m: 4.0, lambda n: 0.0, lambda n: 0.0), own=True,
)  # fmt: skip
