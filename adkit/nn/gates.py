"""Modules in which one signal gates another: the LSTM cell, the soft router, the dueling combination."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..ops.network import sigmoid, softmax
from .common import outer_sum, over_batch, unbroadcast
from .initializers import initializer
from .linear import Linear
from .module import Memory, Module, Run

__all__ = ["Dueling", "LSTMCell", "SoftRouter"]


class LSTMCell(Module):
    """One step of a long short-term memory (Hochreiter & Schmidhuber, 1997; forget gate: Gers et al., 2000).

    ``i, f, o = sigmoid(...)`` and ``u = tanh(...)`` of ``W x + U h + b``, then ``c' = f c + i u`` and ``h' = o tanh(c')``.
    Inputs ``x (..., n_in)``, ``h`` and ``c (..., n)``; the output is the tuple ``(h', c')``.  A gate at 1 passes the
    gradient, a gate at 0 blocks it: ``dc'/dc = f``.

    Parameters
    ----------
    n_in, n : the lengths of ``x`` and of ``h`` and ``c``.
    forget : what the forget gate's bias begins with; 1 lets a fresh cell remember.

    Notes
    -----
    By hand, with ``q = tanh(c')`` and ``k = dL/dc' + dL/dh' o (1 - q^2)``: the pre-activations of i, f, o, u receive
    ``k u i(1-i)``, ``k c f(1-f)``, ``dL/dh' q o(1-o)``, ``k i (1-u^2)``, and ``dL/dc = k f``; the rest is a linear layer's.

    Examples
    --------
    >>> cell = LSTMCell(2, 3)
    >>> h, c = cell(cell.init(0), np.ones(2), np.zeros(3), np.zeros(3))
    >>> h.shape, c.shape
    ((3,), (3,))
    """

    arguments = ("x", "h", "c")

    def __init__(self, n_in: int, n: int, init: Any = "xavier", forget: float = 1.0) -> None:
        initializer(init)
        self.n_in, self.n, self.weights, self.forget = int(n_in), int(n), init, float(forget)

    @property
    def kind(self) -> str:
        return "lstm_cell"

    def make_params(self, rng: Any) -> dict[str, Any]:
        draw, n = initializer(self.weights), self.n
        bias = np.zeros(4 * n)
        bias[n : 2 * n] = self.forget
        return {
            "W": np.concatenate([draw(rng, (n, self.n_in)) for _ in range(4)]),
            "U": np.concatenate([draw(rng, (n, n)) for _ in range(4)]),
            "b": bias,
        }

    def compute(self, params: Any, xs: tuple[Any, ...], run: Run) -> Any:
        x, h, c = xs
        n = self.n
        if np.shape(x)[-1:] != (self.n_in,) or np.shape(h)[-1:] != (n,) or np.shape(c) != np.shape(h):
            raise ValueError(
                f"lstm_cell: x, h, c have shapes {np.shape(x)}, {np.shape(h)}, {np.shape(c)}; "
                f"they must be (..., {self.n_in}), (..., {n}), (..., {n})"
            )
        z = x @ params["W"].T + h @ params["U"].T + params["b"]
        gates = sigmoid(z[..., : 3 * n])
        i, f, o = gates[..., :n], gates[..., n : 2 * n], gates[..., 2 * n :]
        u = np.tanh(z[..., 3 * n :])
        cell = f * c + i * u
        q = np.tanh(cell)
        run.keep((i, f, o, u, q))
        return o * q, cell

    def _at_gates(self, dL_dy: Any, memory: Memory) -> tuple[Any, Any]:
        """What the four pre-activations receive, side by side, and what arrives at ``c``."""
        i, f, o, u, q = memory.kept
        dh, dc = dL_dy
        k = dc + dh * o * (1 - q * q)
        parts = (k * u * i * (1 - i), k * memory.xs[2] * f * (1 - f), dh * q * o * (1 - o), k * i * (1 - u * u))
        return np.concatenate(parts, axis=-1), k * f

    def input_gradients(self, params: Any, dL_dy: Any, memory: Memory) -> tuple[Any, ...]:
        dz, dc = self._at_gates(dL_dy, memory)
        return dz @ params["W"], dz @ params["U"], dc

    def parameter_gradients(self, params: Any, dL_dy: Any, memory: Memory) -> dict[str, Any]:
        dz, _ = self._at_gates(dL_dy, memory)
        return {"W": outer_sum(dz, memory.xs[0]), "U": outer_sum(dz, memory.xs[1]), "b": over_batch(dz)}


class SoftRouter(Module):
    """``sum_k p_k e_k(x)`` with ``p = softmax(V x + c)``: experts, and a gate that says how much each is heard.

    Parameters
    ----------
    n_in : the length of ``x``.
    experts : modules of one input and outputs of one shape.

    The parameters are the gate's under ``"gate"``, the experts' under ``"expert1"``, ``"expert2"`` ...

    Notes
    -----
    Jacobs, Jordan, Nowlan & Hinton (1991).  By hand, expert ``k`` receives ``p_k g``, and the gate's softmax
    ``dL/dp_k = g . e_k(x)``.

    Examples
    --------
    >>> router = SoftRouter(3, [Linear(3, 2), Linear(3, 2)])
    >>> router(router.init(0), np.zeros((5, 3))).shape
    (5, 2)
    """

    def __init__(self, n_in: int, experts: Sequence[Module]) -> None:
        if not experts:
            raise ValueError("soft_router: give at least one expert: SoftRouter(3, [Linear(3, 2), Linear(3, 2)])")
        self.experts = list(experts)
        self.children = {"gate": Linear(n_in, len(self.experts))} | {f"expert{k}": e for k, e in enumerate(experts, 1)}

    def settings(self) -> dict[str, Any]:
        return dict(self.children)

    def make_params(self, rng: Any) -> dict[str, Any]:
        made = {name: module.make_params(rng) for name, module in self.children.items()}
        return {name: params for name, params in made.items() if params}

    def make_state(self) -> dict[str, Any]:
        made = {name: module.make_state() for name, module in self.children.items()}
        return {name: state for name, state in made.items() if state}

    def compute(self, params: Any, xs: tuple[Any, ...], run: Run) -> Any:
        gate, *said = [run.child(name, module, params, xs) for name, module in self.children.items()]
        p = softmax(gate)
        run.keep(p)
        total = p[..., :1] * said[0]
        for k, y in enumerate(said[1:], 1):
            total = total + p[..., k : k + 1] * y
        return total

    def backward_by_hand(self, params: Any, dL_dy: Any, memory: Memory) -> tuple[tuple[Any, ...], dict[str, Any]]:
        p = memory.kept
        heard = [memory.children[f"expert{k}"].y for k in range(1, len(self.experts) + 1)]
        dp = np.stack([np.sum(dL_dy * y, axis=-1) for y in heard], axis=-1)
        s = dp * p
        arriving = [s - p * np.sum(s, axis=-1, keepdims=True), *[p[..., k : k + 1] * dL_dy for k in range(len(heard))]]
        dx: Any = 0.0
        found = {}
        for (name, module), g in zip(self.children.items(), arriving, strict=True):
            (part,), found[name] = module.backward_by_hand(params.get(name, {}), g, memory.children[name])
            dx = dx + part
        return (dx,), {name: found[name] for name in params}

    def input_gradients(self, params: Any, dL_dy: Any, memory: Memory) -> tuple[Any, ...]:
        return self.backward_by_hand(params, dL_dy, memory)[0]

    def parameter_gradients(self, params: Any, dL_dy: Any, memory: Memory) -> dict[str, Any]:
        return self.backward_by_hand(params, dL_dy, memory)[1]


class Dueling(Module):
    """``Q = V + A - mean(A)`` of a value ``V (..., 1)`` and advantages ``A (..., n)`` (Wang et al., 2016, eq. 9).

    Without the mean a constant could move between V and A and Q would not tell; with it, V is the mean of Q.  By hand
    ``dL/dV = sum(g)`` and ``dL/dA = g - mean(g)``.

    >>> Dueling()({}, np.array([5.0]), np.array([1.0, 2.0, 3.0])).tolist()
    [4.0, 5.0, 6.0]
    """

    arguments = ("V", "A")

    def compute(self, params: Any, xs: tuple[Any, ...], run: Run) -> Any:
        V, A = xs
        if np.shape(V)[-1:] != (1,):
            raise ValueError(f"dueling: V has shape {np.shape(V)}; its last axis must have one entry, the state's value")
        return V + A - np.mean(A, axis=-1, keepdims=True)

    def input_gradients(self, params: Any, dL_dy: Any, memory: Memory) -> tuple[Any, ...]:
        V, A = memory.xs
        return unbroadcast(dL_dy, np.shape(V)), unbroadcast(dL_dy - np.mean(dL_dy, axis=-1, keepdims=True), np.shape(A))
