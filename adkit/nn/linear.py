"""The linear layer, ``y = W x + b``."""

from __future__ import annotations

from typing import Any

import numpy as np

from .common import outer_sum, over_batch
from .initializers import initializer
from .module import Memory, Module, Run

__all__ = ["Linear"]


class Linear(Module):
    """``y = W x + b``, for one vector ``x (n_in,)`` or any batch ``(..., n_in)``.

    Parameters
    ----------
    n_in, n_out : the lengths of ``x`` and ``y``.
    init : how ``W`` begins: ``"xavier"``, ``"he"``, ``"orthonormal"``, ``"zeros"``, a number (the standard deviation
        of a Gaussian), or a function of ``(rng, (n_out, n_in))``.
    bias : what ``b`` begins with; None for a layer without one.

    Notes
    -----
    With ``g = dL/dy``, by hand: ``dL/dx = g W``, ``dL/dW_ij = sum_k g_k d(y_k)/d(W_ij) = sum_k g_k delta_ki x_j``,
    which is ``outer(g, x)``, and ``dL/db = g``; over a batch the last two are sums.

    Examples
    --------
    >>> layer = Linear(3, 2).initialize(0)
    >>> y = layer.forward_pass(np.array([1.0, 2.0, 3.0]))
    >>> layer.param_gradients(np.array([1.0, -1.0]))["W"].tolist()
    [[1.0, 2.0, 3.0], [-1.0, -2.0, -3.0]]
    """

    def __init__(self, n_in: int, n_out: int, init: Any = "xavier", bias: float | None = 0.0) -> None:
        for name, n in (("n_in", n_in), ("n_out", n_out)):
            if isinstance(n, bool) or not hasattr(n, "__index__") or n < 1:
                raise ValueError(f"linear: {name} must be a positive integer, not {n!r}")
        initializer(init)  # a wrong name is best heard of here
        self.n_in, self.n_out, self.weights, self.bias = int(n_in), int(n_out), init, bias

    def settings(self) -> dict[str, Any]:
        return {"n_in": self.n_in, "n_out": self.n_out}

    def make_params(self, rng: Any) -> dict[str, Any]:
        params = {"W": initializer(self.weights)(rng, (self.n_out, self.n_in))}
        if self.bias is not None:
            params["b"] = np.full(self.n_out, float(self.bias))
        return params

    def compute(self, params: Any, xs: tuple[Any, ...], run: Run) -> Any:
        (x,) = xs
        W = params.get("W")
        if W is None:
            raise ValueError(f"linear: params hold no 'W' but {sorted(params)}; make them with module.init(rng)")
        if not np.ndim(x) or x.shape[-1] != W.shape[-1]:
            raise ValueError(
                f"linear: the input has shape {np.shape(x)}; its last axis must have the {W.shape[-1]} entries that "
                f"W, of shape {W.shape}, expects"
            )
        y = x @ W.T
        return y + params["b"] if "b" in params else y

    def input_gradients(self, params: Any, dL_dy: Any, memory: Memory) -> tuple[Any, ...]:
        return (dL_dy @ params["W"],)

    def parameter_gradients(self, params: Any, dL_dy: Any, memory: Memory) -> dict[str, Any]:
        found = {"W": outer_sum(dL_dy, memory.xs[0])}
        if "b" in params:
            found["b"] = over_batch(dL_dy)
        return found
