"""Adapters for other libraries: each gives the same problems, in its own namespace, to its own drivers.

An adapter hands a library what its users hand it: NumPy arrays to autograd and mygrad, arrays and tensors of their
own, made once in the preparation, to jax and torch, symbols to casadi.  What is not installed is left out, with a
line that says so.  A library's name stands for its usual variants: ``jax`` for ``jax`` and ``jax-jit``.
"""

from __future__ import annotations

from ..methods import Method
from .autograd import AUTOGRAD
from .casadi import CASADI
from .jax import JAX, JAX_JIT
from .mygrad import MYGRAD
from .torch import TORCH, TORCH_COMPILE, TORCH_FUNC

__all__ = ["LIBRARIES", "PEERS"]

#: Every peer by its name.
PEERS: dict[str, Method] = {
    method.name: method for method in (AUTOGRAD, JAX, JAX_JIT, MYGRAD, TORCH, TORCH_FUNC, TORCH_COMPILE, CASADI)
}

#: The libraries, and the variants of each that its name stands for.
LIBRARIES: dict[str, tuple[str, ...]] = {
    name: tuple([m.name for m in PEERS.values() if m.name.split("-")[0] == name and m.usual])
    for name in dict.fromkeys(m.split("-")[0] for m in PEERS)
}
