"""Adapters for other libraries: each gives the same problems, in its own namespace, to its own drivers.

An adapter hands a library what its users hand it: NumPy arrays to autograd and mygrad, tensors to torch (made
once, in the preparation).  A peer that is not installed is left out, with a line that says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from importlib import import_module
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any

import numpy as np

from .methods import Method, NotApplicable, Task

__all__ = ["PEERS"]


def _cost(operator: str, n: int, m: int) -> float:
    return {"jvp": 5.0, "gradient": 10.0, "jacobian": 10.0 * m}.get(operator, 10.0 * n)


@cache
def _absent(package: str) -> str | None:
    if find_spec(package) is None:
        return f"{package} is not installed: pip install {package}"
    try:
        import_module(package)
    except Exception as error:  # a broken installation fails in its own way
        return f"{package} cannot be imported: {(str(error) or type(error).__name__).splitlines()[0]}"
    return None


# autograd


def _autograd(task: Task) -> Callable[..., Any]:
    return partial(task.function, import_module("autograd.numpy"), **task.data)


def _autograd_gradient(task: Task) -> Callable[[], Any]:
    return partial(import_module("autograd").grad(_autograd(task), task.argnums), *task.params)


def _autograd_jacobian(task: Task) -> Callable[[], Any]:
    if len(task.params) > 1:
        raise NotApplicable("its jacobian takes one argument")
    return partial(import_module("autograd").jacobian(_autograd(task)), *task.params)


def _autograd_jvp(task: Task) -> Callable[[], Any]:
    f, params, tangents = _autograd(task), task.params, task.tangents
    if len(params) == 1:
        push = import_module("autograd").make_jvp(f)(params[0])
        return lambda: push(tangents[0])[1]
    push = import_module("autograd").make_jvp(lambda packed: f(*packed))(params)
    return lambda: push(tangents)[1]


# mygrad


def _mygrad_gradient(task: Task) -> Callable[[], Any]:
    mygrad = import_module("mygrad")
    mygrad.turn_memory_guarding_off()  # its own advice for speed; it guards arrays against writes
    f, params = partial(task.function, mygrad, **task.data), task.params

    def run() -> Any:
        tensors = [mygrad.tensor(p, copy=False) for p in params]
        f(*tensors).backward()
        gradients = tuple([t.grad for t in tensors])
        return gradients[0] if len(gradients) == 1 else gradients

    return run


# torch


def _torch_namespace(torch: Any) -> SimpleNamespace:
    """NumPy's names and keywords for the functions that the problems use."""

    def reduction(whole: Callable[..., Any], along: Callable[..., Any]) -> Callable[..., Any]:
        def reduce(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
            return whole(x) if axis is None else along(x, dim=axis, keepdim=keepdims)

        return reduce

    same = ("cos", "exp", "log", "log1p", "sin", "sqrt", "tanh")
    return SimpleNamespace(
        sum=reduction(torch.sum, torch.sum),
        mean=reduction(torch.mean, torch.mean),
        max=reduction(torch.max, torch.amax),
        **{name: getattr(torch, name) for name in same},
    )


def _torch(task: Task) -> tuple[Any, Callable[..., Any], tuple[Any, ...]]:
    torch = import_module("torch")
    torch.set_num_threads(1)

    def tensor(x: Any) -> Any:
        return torch.tensor(np.asarray(x)) if isinstance(x, (np.ndarray, np.generic)) else x

    data: Mapping[str, Any] = {name: tensor(value) for name, value in task.data.items()}
    return torch, partial(task.function, _torch_namespace(torch), **data), tuple([tensor(p) for p in task.params])


def _torch_gradient(task: Task) -> Callable[[], Any]:
    torch, f, params = _torch(task)
    leaves = [p.requires_grad_() for p in params]
    bare = len(leaves) == 1

    def run() -> Any:
        gradients = torch.autograd.grad(f(*leaves), leaves)
        return gradients[0] if bare else gradients

    return run


def _torch_jvp(task: Task) -> Callable[[], Any]:
    torch, f, params = _torch(task)
    dual = torch.autograd.forward_ad
    tangents = [torch.tensor(np.asarray(v)) for v in task.tangents]

    def run() -> Any:
        with dual.dual_level():
            y = f(*[dual.make_dual(p, v) for p, v in zip(params, tangents, strict=True)])
            return dual.unpack_dual(y).tangent

    return run


def _torch_jacobian(task: Task) -> Callable[[], Any]:
    torch, f, params = _torch(task)
    argnums = task.argnums
    return partial(torch.func.jacrev(f, argnums), *params)


#: Every peer by its name.
PEERS: dict[str, Method] = {
    peer.name: peer
    for peer in (
        Method(
            "autograd", "HIPS autograd",
            {"jvp": _autograd_jvp, "gradient": _autograd_gradient, "jacobian": _autograd_jacobian},
            _cost, missing=partial(_absent, "autograd"), peer=True,
        ),
        Method(
            "mygrad", "MyGrad, memory guard off", {"gradient": _mygrad_gradient},
            _cost, missing=partial(_absent, "mygrad"), peer=True,
        ),
        Method(
            "torch", "PyTorch, eager, one thread",
            {"jvp": _torch_jvp, "gradient": _torch_gradient, "jacobian": _torch_jacobian},
            _cost, missing=partial(_absent, "torch"), peer=True, traced=False,
        ),
    )
}  # fmt: skip
