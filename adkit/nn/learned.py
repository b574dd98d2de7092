"""A learned optimiser: a small LSTM that sees each coordinate's gradient and says its step (Andrychowicz et al., 2016).

One LSTM serves all coordinates, each with a state of its own.  It is trained by differentiating through its own use:
the losses along an unrolled stretch of optimisation are summed, and their gradient with respect to its weights taken.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..higher import stop_gradient
from ..reverse import grad, value_and_grad
from .gates import LSTMCell
from .linear import Linear
from .optimizers import Adam

__all__ = ["LearnedOptimizer"]


class LearnedOptimizer:
    """An optimiser whose step is computed by an LSTM, coordinate by coordinate.

    Parameters
    ----------
    hidden : the width of the LSTM.
    scale : what its output is multiplied by; small, so that an untrained one does little harm.
    sharpness : the ``p`` of the paper's preprocessing: a gradient enters as ``log|g| / p`` and its sign, and below
        ``exp(-p)`` as ``-1`` and ``exp(p) g``, which keeps all sizes apart.

    Examples
    --------
    >>> optimizer = LearnedOptimizer(hidden=4)
    >>> weights = optimizer.init(0)
    >>> theta = np.ones((3, 2))
    >>> theta, state = optimizer.step(weights, theta, 2 * theta, optimizer.start(theta))
    >>> theta.shape, [part.shape for part in state]
    ((3, 2), [(3, 2, 4), (3, 2, 4)])
    """

    def __init__(self, hidden: int = 20, scale: float = 0.1, sharpness: float = 10.0) -> None:
        if hidden < 1 or scale <= 0 or sharpness <= 0:
            raise ValueError(f"LearnedOptimizer: hidden, scale and sharpness are positive, not {hidden}, {scale}, {sharpness}")
        self.hidden, self.scale, self.sharpness = int(hidden), float(scale), float(sharpness)
        self.cell, self.out = LSTMCell(2, self.hidden), Linear(self.hidden, 1)

    def init(self, rng: Any) -> dict[str, Any]:
        """Fresh weights of the LSTM; ``rng`` is a seed or a generator."""
        drawn = np.random.default_rng(rng)
        return {"cell": self.cell.init(drawn), "out": self.out.init(drawn)}

    def start(self, theta: Any) -> tuple[Any, Any]:
        """The state before the first step, for parameters of the shape of the array ``theta``."""
        zeros = np.zeros((*np.shape(theta), self.hidden))
        return zeros, zeros

    def seen(self, g: Any) -> Any:
        """A gradient as the LSTM sees it, with a last axis of 2.

        >>> LearnedOptimizer().seen(np.array([1.0, -np.exp(-5.0), 0.0])).tolist()
        [[0.0, 1.0], [-0.5, -1.0], [-1.0, 0.0]]
        """
        p = self.sharpness
        large = np.abs(g) >= np.exp(-p)
        size = np.log(np.where(large, np.abs(g), 1.0)) / p
        return np.stack([np.where(large, size, -1.0), np.where(large, np.sign(g), np.exp(p) * g)], axis=-1)

    def step(self, weights: Any, theta: Any, g: Any, state: tuple[Any, Any]) -> tuple[Any, tuple[Any, Any]]:
        """Parameters and state after one step, for the gradient ``g`` at ``theta``."""
        h, c = self.cell(weights["cell"], self.seen(g), *state)
        return theta + self.scale * self.out(weights["out"], h)[..., 0], (h, c)

    def unrolled(self, f: Callable[[Any, Any], Any], steps: int) -> Callable[..., Any]:
        """``F(weights, theta, state, data) -> (losses summed over the steps, (theta, state, losses))``, to be differentiated.

        ``f(theta, data)`` is what is optimised.  As in the paper, no derivative passes through the gradients that the
        optimiser sees.
        """
        slope = grad(f)

        def run(weights: Any, theta: Any, state: Any, data: Any) -> Any:
            losses = []
            for _ in range(steps):
                g = slope(stop_gradient(theta), data)
                theta, state = self.step(weights, theta, g, state)
                losses.append(f(theta, data))
            return sum(losses), (theta, state, np.stack(losses))

        return run

    def train(
        self, f: Callable[[Any, Any], Any], draw: Callable[[np.random.Generator], tuple[Any, Any]], *, epochs: int = 100,
        steps: int = 100, unroll: int = 20, lr: float = 0.01, seed: int = 0, compiled: Callable[..., Any] | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Weights trained on problems that ``draw(rng)`` gives as ``(theta, data)``, one an epoch, by Adam.

        Each problem is optimised for ``steps`` steps in stretches of ``unroll``, with a step of Adam after each stretch;
        the learning rate falls to a tenth over the epochs.  ``compiled`` is :func:`adkit.compile`, or None.
        """
        if steps % unroll:
            raise ValueError(f"LearnedOptimizer: {steps} steps do not divide into stretches of {unroll}")
        both = value_and_grad(self.unrolled(f, unroll), has_aux=True)
        if compiled is not None:
            both = compiled(both)
        weights = self.init((seed, 0))
        memory = Adam(lr=lr).init(weights)
        for epoch in range(epochs):
            theta, data = draw(np.random.default_rng((seed, 1, epoch)))
            state, optimizer = self.start(theta), Adam(lr=lr * 0.1 ** (epoch / max(epochs - 1, 1)))
            for _ in range(steps // unroll):
                (_, (theta, state, _)), g = both(weights, theta, state, data)
                weights, memory = optimizer.update(weights, g, memory)
        return weights

    def __repr__(self) -> str:
        return f"LearnedOptimizer(hidden={self.hidden}, scale={self.scale}, sharpness={self.sharpness})"
