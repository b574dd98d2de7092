"""PyTorch on one CPU thread: eager autograd, ``torch.func``, and ``torch.compile``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import numpy as np

from ..methods.base import NotApplicable, Task
from .base import peer

__all__ = ["TORCH", "TORCH_COMPILE", "TORCH_FUNC"]


def _namespace(torch: Any) -> SimpleNamespace:
    """NumPy's names and keywords for the functions that the problems use."""

    def reduction(whole: Callable[..., Any], along: Callable[..., Any]) -> Callable[..., Any]:
        def reduce(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
            return whole(x) if axis is None else along(x, dim=axis, keepdim=keepdims)

        return reduce

    def choice(of_numbers: str, of_tensors: Callable[..., Any]) -> Callable[..., Any]:
        def choose(x: Any, y: Any) -> Any:
            return torch.clamp(x, **{of_numbers: y}) if isinstance(y, float) else of_tensors(x, y)

        return choose

    same = (
        "abs", "arctan", "cos", "cosh", "einsum", "exp", "expm1", "log", "log1p", "prod", "sin", "sinh", "sqrt", "stack", "tan",
        "tanh", "where",
    )  # fmt: skip
    return SimpleNamespace(
        sum=reduction(torch.sum, torch.sum),
        mean=reduction(torch.mean, torch.mean),
        max=reduction(torch.max, torch.amax),
        min=reduction(torch.min, torch.amin),
        maximum=choice("min", torch.maximum),
        minimum=choice("max", torch.minimum),
        concatenate=lambda parts, axis=0: torch.cat(parts, dim=axis),
        **{name: getattr(torch, name) for name in same},
    )


def _loaded(task: Task) -> tuple[Any, Callable[..., Any], tuple[Any, ...], tuple[Any, ...]]:
    """torch, the function, the params and the tangents as tensors."""
    torch = import_module("torch")
    torch.set_num_threads(1)

    def tensor(x: Any) -> Any:
        return torch.tensor(np.asarray(x)) if isinstance(x, (np.ndarray, np.generic)) else x

    data: Mapping[str, Any] = {name: tensor(value) for name, value in task.data.items()}
    params, tangents = (tuple([tensor(a) for a in arrays]) for arrays in (task.params, task.tangents))
    return torch, partial(task.function, _namespace(torch), **data), params, tangents


# eager


def _gradient(task: Task) -> Callable[[], Any]:
    torch, f, params, _ = _loaded(task)
    leaves = [p.requires_grad_() for p in params]
    bare = len(leaves) == 1

    def run() -> Any:
        gradients = torch.autograd.grad(f(*leaves), leaves)
        return gradients[0] if bare else gradients

    return run


def _jvp(task: Task) -> Callable[[], Any]:
    torch, f, params, tangents = _loaded(task)
    dual = torch.autograd.forward_ad

    def run() -> Any:
        with dual.dual_level():
            y = f(*[dual.make_dual(p, v) for p, v in zip(params, tangents, strict=True)])
            return dual.unpack_dual(y).tangent

    return run


def _hvp(task: Task) -> Callable[[], Any]:
    torch, f, params, tangents = _loaded(task)
    leaves = [p.requires_grad_() for p in params]
    bare = len(leaves) == 1

    def run() -> Any:
        slopes = torch.autograd.grad(f(*leaves), leaves, create_graph=True)
        along = sum([(g * v).sum() for g, v in zip(slopes, tangents, strict=True)])
        product = torch.autograd.grad(along, leaves)
        return product[0] if bare else product

    return run


# torch.func


def _functional(task: Task) -> tuple[Any, Callable[..., Any], tuple[Any, ...]]:
    torch, f, params, tangents = _loaded(task)
    func, argnums, k = torch.func, task.argnums, len(params)
    both = (*params, *tangents)
    if task.operator == "jvp":
        return torch, lambda *xs: func.jvp(f, xs[:k], xs[k:])[1], both
    if task.operator == "gradient":
        return torch, func.grad(f, argnums), params
    if task.operator == "jacobian":
        tall = task.outputs > sum(np.size(p) for p in task.params)
        return torch, (func.jacfwd if tall else func.jacrev)(f, argnums), params
    if task.operator == "hvp":
        slope = func.grad(f, argnums)
        return torch, lambda *xs: func.jvp(slope, xs[:k], xs[k:])[1], both
    return torch, func.hessian(f, argnums), params


def _func(task: Task) -> Callable[[], Any]:
    _, f, arguments = _functional(task)
    return partial(f, *arguments)


def _compile(task: Task) -> Callable[[], Any]:
    torch, f, arguments = _functional(task)
    fast = torch.compile(f)
    try:
        fast(*arguments)
    except Exception as error:  # no C++ compiler, an op it cannot lower: it fails in its own ways
        raise NotApplicable(f"torch.compile fails: {(str(error) or type(error).__name__).splitlines()[0][:100]}") from None
    return partial(fast, *arguments)


_OPERATORS = ("jvp", "gradient", "jacobian", "hvp", "hessian")
TORCH = peer("torch", "torch", "PyTorch, eager, one thread",
             {"jvp": _jvp, "gradient": _gradient, "jacobian": _func, "hvp": _hvp, "hessian": _func}, traced=False)  # fmt: skip
TORCH_FUNC = peer("torch-func", "torch", "PyTorch, torch.func", dict.fromkeys(_OPERATORS, _func), traced=False)
TORCH_COMPILE = peer("torch-compile", "torch", "PyTorch, torch.compile of torch.func (long to prepare)",
                     dict.fromkeys(_OPERATORS, _compile), traced=False, usual=False)  # fmt: skip
