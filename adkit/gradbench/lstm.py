"""lstm: a language model of layers with elementwise gates, unrolled over a text; the gradient by reverse mode."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..reverse import grad
from .evaluation import Evaluation
from .fields import Fields, InputError

__all__ = ["FUNCTIONS", "objective"]


def _sigmoid(np: Any, z: Any) -> Any:
    return 0.5 * np.tanh(0.5 * z) + 0.5


def objective(np: Any, main: Any, extra: Any, *, state: Any, sequence: Any) -> Any:
    """The mean negative log-likelihood of each character's bits, given the characters before it.

    Parameters
    ----------
    main : (2L, 4b), for each layer a row of weights and one of biases, for the gates forget, ingate, outgate, change.
    extra : (3, b), the weights of the input, and the weights and biases of the output.
    state : (2L, b), for each layer what it puts out and its cell, at the start.
    sequence : (c, b), the characters.

    What a layer reads from the one below does not depend on its own state.  So layers are computed one after the other,
    and their forget and output gates for all characters at once; the loop over the characters holds what is recurrent.
    """
    layers, steps, width = len(state) // 2, len(sequence) - 1, state.shape[1]
    gates = np.reshape(main, (layers, 2, 4, width))
    below = sequence[:-1] * extra[0]
    for layer in range(layers):
        weights, biases = gates[layer]
        forget = _sigmoid(np, below * weights[0] + biases[0])
        output = _sigmoid(np, below * weights[2] + biases[2])
        # ingate and change read the layer's own output: both in one array, (2, b); 0.5 belongs to the sigmoid
        scale = np.array([[0.5], [1.0]])
        w, b = weights[1::2] * scale, biases[1::2] * scale
        h, c = state[2 * layer], state[2 * layer + 1]
        outputs = []
        for f, o in zip(forget, output, strict=True):
            ingate, change = np.tanh(h * w + b)
            c = c * f + (0.5 * ingate + 0.5) * change
            h = o * np.tanh(c)
            outputs.append(h)
        below = np.stack(outputs)
    y = below * extra[1] + extra[2]
    normalized = y - np.log(2.0 + np.sum(np.exp(y), axis=1))[:, None]
    return -np.sum(sequence[1:] * normalized) / (steps * width)


def _read(fields: Fields) -> tuple[Any, ...]:
    state = fields.array("state", None, None)
    rows, width = state.shape
    if not rows or rows % 2 or not width:
        raise InputError("state must have two rows a layer, and a column at least")
    sequence = fields.array("sequence", None, width)
    if len(sequence) < 2:
        raise InputError("sequence must hold two characters at least")
    return fields.array("main_params", rows, 4 * width), fields.array("extra_params", 3, width), state, sequence


def gradient(main: Any, extra: Any, state: Any, sequence: Any) -> Any:
    """The gradient with respect to main and extra, as one vector (8Lb + 3b): one reverse sweep."""
    found = grad(lambda main, extra: objective(np, main, extra, state=state, sequence=sequence), (0, 1))(main, extra)
    return np.concatenate([g.ravel() for g in found])


FUNCTIONS = {
    "objective": Evaluation(_read, lambda main, extra, *data: objective(np, main, extra, state=data[0], sequence=data[1]), float),
    "jacobian": Evaluation(_read, gradient, np.ndarray.tolist),
}
