"""How weights begin.  Each initialiser is a function ``f(rng, shape)`` of a generator and a shape ``(n_out, n_in)``.

A layer keeps the scale of its signal if ``n_in Var(w) = 1`` (2 for relu, which drops half of it), and the scale of the
gradient if ``n_out Var(w) = 1``.  Glorot and Bengio (2010) take the mean of both, He et al. (2015) the first with 2.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .module import generator

__all__ = ["INITIALIZERS", "gaussian", "he", "initializer", "orthonormal", "uniform", "xavier", "zeros"]


def _fans(shape: Any, name: str) -> tuple[int, int]:
    if len(shape) != 2:
        raise ValueError(f"{name}: the shape must be (n_out, n_in), not {tuple(shape)}")
    return int(shape[0]), int(shape[1])


def xavier(rng: Any, shape: Any) -> Any:
    """Uniform on ``+-sqrt(6 / (n_in + n_out))``, of variance ``2 / (n_in + n_out)`` (Glorot & Bengio, 2010, eq. 16).

    >>> float(np.abs(xavier(0, (200, 100))).max().round(3)), (6 / 300) ** 0.5
    (0.141, 0.1414...)
    """
    n_out, n_in = _fans(shape, "xavier")
    limit = np.sqrt(6.0 / (n_in + n_out))
    return generator(rng).uniform(-limit, limit, (n_out, n_in))


def he(rng: Any, shape: Any) -> Any:
    """Normal of variance ``2 / n_in``, for relu (He et al., 2015, eq. 10).

    >>> float(np.var(he(0, (200, 100))).round(3))
    0.02
    """
    n_out, n_in = _fans(shape, "he")
    return generator(rng).normal(0.0, np.sqrt(2.0 / n_in), (n_out, n_in))


def orthonormal(rng: Any, shape: Any) -> Any:
    """Rows (or columns, whichever are fewer) that are orthonormal (Saxe et al., 2014).

    >>> W = orthonormal(0, (3, 5))
    >>> bool(np.allclose(W @ W.T, np.eye(3)))
    True
    """
    n_out, n_in = _fans(shape, "orthonormal")
    q, r = np.linalg.qr(generator(rng).normal(size=(max(n_out, n_in), min(n_out, n_in))))
    # The signs of r's diagonal make the distribution uniform over all orthonormal matrices.
    q = q * np.where(np.diagonal(r) < 0, -1.0, 1.0)
    return np.ascontiguousarray(q if n_out >= n_in else q.T)


def gaussian(std: float) -> Callable[[Any, Any], Any]:
    """Normal of the given standard deviation, whatever the shape.

    >>> float(np.std(gaussian(0.01)(0, (200, 100))).round(3))
    0.01
    """
    return lambda rng, shape: generator(rng).normal(0.0, std, tuple(shape))


def uniform(limit: float) -> Callable[[Any, Any], Any]:
    """Uniform on ``+-limit``, whatever the shape.

    >>> bool(np.abs(uniform(0.5)(0, (20, 10))).max() <= 0.5)
    True
    """
    return lambda rng, shape: generator(rng).uniform(-limit, limit, tuple(shape))


def zeros(rng: Any, shape: Any) -> Any:
    """Zeros: right for biases; as weights they leave all units of a layer alike for ever."""
    return np.zeros(tuple(shape))


INITIALIZERS: dict[str, Callable[[Any, Any], Any]] = {
    "xavier": xavier, "he": he, "orthonormal": orthonormal, "zeros": zeros,
}  # fmt: skip
"""Those that need no setting, by name."""


def initializer(choice: Any) -> Callable[[Any, Any], Any]:
    """An initialiser from its name; a function is passed on; a number is the standard deviation of a Gaussian.

    >>> initializer("he") is he
    True
    """
    if callable(choice):
        return choice  # type: ignore[no-any-return]
    if isinstance(choice, (int, float)) and not isinstance(choice, bool):
        return gaussian(float(choice))
    if choice in INITIALIZERS:
        return INITIALIZERS[choice]
    raise ValueError(
        f"init: there is no initialiser {choice!r}; there are {', '.join(sorted(INITIALIZERS))}, "
        "a number (the standard deviation of a Gaussian), or a function of (rng, shape)"
    )
