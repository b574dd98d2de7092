"""Synthetic gradients: layers that learn from a prediction of the gradient, and wait for nobody (Jaderberg et al., 2017).

Between two layers stands a predictor ``M(h)``, in the conditional form (cDNI) ``M(h, t)``, which says what the gradient
``dL/dh`` of each example's loss will be.  The layer below learns from that at once.  The predictor learns from the
gradient that the layer above hands back, itself one of a prediction, and at the top the true one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..reverse import vjp
from .activations import Relu
from .linear import Linear
from .losses import softmax_cross_entropy
from .module import Module, Run
from .sequential import Sequential

__all__ = ["Decoupled", "SyntheticGradient"]


class SyntheticGradient(Module):
    """A prediction of ``dL/dh``, in the shape of ``h``, from ``h (..., n)`` and, if ``n_targets``, the targets ``t``.

    It begins by predicting zero: before it has learned anything, the layer below it stands still.

    Parameters
    ----------
    n : the length of ``h``.
    n_targets : the length of the targets ``t``; 0 for a predictor that does not see them.
    hidden : the widths of relu layers between; none for a linear predictor.

    Examples
    --------
    >>> predictor = SyntheticGradient(4, n_targets=3, hidden=(8,))
    >>> predictor(predictor.init(0), np.ones((2, 4)), np.zeros((2, 3))).tolist()
    [[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]
    """

    def __init__(self, n: int, n_targets: int = 0, hidden: Sequence[int] = ()) -> None:
        if n < 1 or n_targets < 0:
            raise ValueError(f"synthetic_gradient: n is at least 1 and n_targets at least 0, not {n}, {n_targets}")
        self.n, self.n_targets, self.hidden = int(n), int(n_targets), tuple(hidden)
        self.arguments = ("h", "t") if n_targets else ("h",)
        widths = (n + n_targets, *self.hidden)
        parts: list[Module] = []
        for a, b in zip(widths, widths[1:], strict=False):
            parts += [Linear(a, b, "he"), Relu()]
        self._net = Sequential(*parts, Linear(widths[-1], n, "zeros"))

    def settings(self) -> dict[str, Any]:
        return {"n": self.n, "n_targets": self.n_targets, "hidden": self.hidden}

    def make_params(self, rng: Any) -> dict[str, Any]:
        return self._net.make_params(rng)

    def compute(self, params: Any, xs: tuple[Any, ...], run: Run) -> Any:
        x = np.concatenate(xs, axis=-1) if self.n_targets else xs[0]
        return run.child("net", self._net, {"net": params}, (x,))


class Decoupled(Module):
    """Layers that learn each from the predictor above it; the last one from the loss.

    As a module it is the layers one after the other.  ``gradients`` gives the loss and, for every parameter, what it
    learns from: no gradient passes more than one layer.

    Parameters
    ----------
    layers : modules, the last of which gives the output.
    predictors : a :class:`SyntheticGradient` for the output of each layer but the last; None in its place gives no
        signal to what lies below.
    loss : ``loss(output, target, reduction)``.

    Examples
    --------
    >>> from adkit import nn
    >>> layers = [nn.Sequential(nn.Linear(2, 8), nn.Relu()), nn.Linear(8, 3)]
    >>> net = Decoupled(layers, [SyntheticGradient(8, n_targets=3)])
    >>> params, x, t = net.init(0), np.ones((5, 2)), nn.one_hot([0, 1, 2, 0, 1], 3)
    >>> loss, gradient = net.gradients(params, x, t)
    >>> sorted(gradient), sorted(gradient["layer1"])
    (['layer1', 'layer2', 'predictor1'], ['linear1'])
    """

    def __init__(
        self, layers: Sequence[Module], predictors: Sequence[SyntheticGradient | None],
        loss: Callable[..., Any] = softmax_cross_entropy,
    ) -> None:  # fmt: skip
        if not layers or len(predictors) != len(layers) - 1:
            raise ValueError(
                f"decoupled: {len(layers)} layers need {max(len(layers) - 1, 0)} predictors, one for the output of each but the "
                f"last; {len(predictors)} were given"
            )
        self.layers, self.predictors, self.loss = tuple(layers), tuple(predictors), loss

    def make_params(self, rng: Any) -> dict[str, Any]:
        params = {f"layer{k}": layer.make_params(rng) for k, layer in enumerate(self.layers, 1)}
        return params | {f"predictor{k}": p.make_params(rng) for k, p in enumerate(self.predictors, 1) if p is not None}

    def compute(self, params: Any, xs: tuple[Any, ...], run: Run) -> Any:
        (h,) = xs
        for k, layer in enumerate(self.layers, 1):
            h = run.child(f"layer{k}", layer, params, (h,))
        return h

    def gradients(self, params: Any, x: Any, t: Any) -> tuple[Any, dict[str, Any]]:
        """The mean loss of a batch, and what each parameter learns from, in a dict like ``params``."""
        found: dict[str, Any] = {}
        h, below = x, None
        count = len(x)
        for k, layer in enumerate(self.layers, 1):
            last = k == len(self.layers)
            if last:
                value, pullback = vjp(lambda p, h, f=layer: self.loss(f(p, h), t, "mean"), params[f"layer{k}"], h)
                mine, arrives = pullback(1.0)
            else:
                h_next, pullback = vjp(lambda p, h, f=layer: f(p, h), params[f"layer{k}"], h)
                predictor = self.predictors[k - 1]
                if predictor is None:
                    mine, arrives = pullback(np.zeros(h_next.shape))
                else:
                    seen = (h_next, t) if predictor.n_targets else (h_next,)
                    guess, correct = vjp(lambda p, f=predictor, seen=seen: f(p, *seen), params[f"predictor{k}"])
                    mine, arrives = pullback(guess / count)
            found[f"layer{k}"] = mine
            if below is not None:
                # Half the squared error, a mean over the examples: its slope is the difference, an example.
                name, guess_below, correct_below = below
                found[name] = correct_below((guess_below - arrives * count) / count)[0]
            if not last:
                below = None if predictor is None else (f"predictor{k}", guess, correct)
                h = h_next
        return value, {name: found[name] for name in params}
