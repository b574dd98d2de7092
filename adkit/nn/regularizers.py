"""Against overfitting: dropout, noise, weight decay, early stopping.

Dropout and noise are modules that draw in training only; give ``rng=`` (a seed, for a pure function) and ``training=True``.
Augmentation has a room of its own, :mod:`adkit.nn.augment`.
"""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import numpy as np

from .. import tree
from .events import Event
from .module import Memory, Module, Run

__all__ = ["Dropout", "EarlyStopping", "Noise", "all_masks", "decayed", "monte_carlo", "weight_decay"]


def _needs_rng(kind: str, run: Run) -> Any:
    if run.rng is None:
        raise ValueError(f"{kind}: training=True draws random numbers; give a seed: module(params, x, training=True, rng=0)")
    return run.rng


class Dropout(Module):
    """Each entry is dropped with probability ``fraction`` in training (Srivastava et al., 2014).

    The expectation is kept by scaling with the keep fraction, ``1 - fraction``: either what is kept is divided by it in
    training (``scale="train"``, and nothing happens at test time), or everything is multiplied by it at test time
    (``scale="test"``, the original form).  The lecture's slide scales by the dropout fraction, which is wrong.

    Examples
    --------
    >>> x = np.ones(10_000)
    >>> dropped = Dropout(0.2, scale="test")
    >>> float(dropped({}, x, training=True, rng=0).mean().round(2)), float(dropped({}, x)[0])
    (0.8, 0.8)
    """

    def __init__(self, fraction: float = 0.5, scale: str = "train") -> None:
        if not 0 <= fraction < 1:
            raise ValueError(f"dropout: the fraction that is dropped must lie in [0, 1), not {fraction!r}")
        if scale not in ("train", "test"):
            raise ValueError(f"dropout: scale must be 'train' or 'test', not {scale!r}")
        self.fraction, self.scale = float(fraction), scale

    def compute(self, params: Any, xs: tuple[Any, ...], run: Run) -> Any:
        (x,) = xs
        keep = 1 - self.fraction
        if not run.training:
            factor: Any = keep if self.scale == "test" else 1.0
        else:
            mask = _needs_rng(self.kind, run).random(np.shape(x)) < keep
            factor = mask / keep if self.scale == "train" else mask.astype(float)
        run.keep(factor)
        return x * factor

    def input_gradients(self, params: Any, dL_dy: Any, memory: Memory) -> tuple[Any, ...]:
        return (dL_dy * memory.kept,)


class Noise(Module):
    """``x`` and Gaussian noise of standard deviation ``std`` in training; ``x`` otherwise.  By hand ``dL/dx = g``.

    >>> Noise(0.1)({}, np.ones(2)).tolist()
    [1.0, 1.0]
    """

    def __init__(self, std: float = 0.1) -> None:
        if not std >= 0:
            raise ValueError(f"noise: the standard deviation must not be negative, as {std!r} is")
        self.std = float(std)

    def compute(self, params: Any, xs: tuple[Any, ...], run: Run) -> Any:
        (x,) = xs
        return x + self.std * _needs_rng(self.kind, run).standard_normal(np.shape(x)) if run.training else x + 0.0

    def input_gradients(self, params: Any, dL_dy: Any, memory: Memory) -> tuple[Any, ...]:
        return (dL_dy,)


def all_masks(n: int, fraction: float) -> tuple[Any, Any]:
    """All ``2^n`` dropout masks ``(2^n, n)`` and their probabilities ``(2^n,)``, for ``n <= 10``.

    >>> masks, odds = all_masks(3, 0.2)
    >>> bool(np.allclose(odds @ masks, 0.8))
    True
    """
    if not 1 <= n <= 10:
        raise ValueError(f"all_masks: there are 2^n of them; n must lie from 1 to 10, and is {n!r}; draw some by monte_carlo")
    masks = np.array(list(product((0.0, 1.0), repeat=n)))
    kept = masks.sum(axis=1)
    return masks, (1 - fraction) ** kept * fraction ** (n - kept)


def monte_carlo(module: Module, params: Any, *xs: Any, samples: int = 100, seed: int = 0, state: Any = None) -> Any:
    """The output in training mode, averaged over draws: dropout's other answer at test time.

    >>> float(monte_carlo(Dropout(0.2), {}, np.ones(1), samples=2000).round(1)[0])
    1.0
    """
    if samples < 1:
        raise ValueError(f"monte_carlo: samples must be at least 1, not {samples!r}")
    total: Any = 0.0
    for k in range(samples):
        total = total + module(params, *xs, state=state, rng=(seed, k), training=True)
    return total / samples


def decayed(params: Any) -> list[Any]:
    """The weights, which decay; biases, and batch norm's scales and shifts, have one axis and do not."""
    return [p for p in tree.leaves(params) if np.ndim(p) >= 2]


def weight_decay(params: Any, strength: float) -> Any:
    """``strength / 2`` times the sum of all squared weights: add it to the loss.  Its gradient is ``strength * W``.

    >>> float(weight_decay({"W": np.ones((2, 3)), "b": np.ones(2)}, 0.1).round(3))
    0.3
    """
    total: Any = 0.0
    for W in decayed(params):
        total = total + np.sum(W * W)
    return 0.5 * strength * total


def _weight_decay_by_hand(params: Any, strength: float) -> Any:
    """The gradient of :func:`weight_decay`, in the form of the parameters."""
    return tree.map_leaves(lambda p: strength * p if np.ndim(p) >= 2 else np.zeros(np.shape(p)), params)


weight_decay.by_hand = _weight_decay_by_hand  # type: ignore[attr-defined]


class EarlyStopping:
    """A training callback that stops once a loss has not improved for ``patience`` epochs, and restores the best weights.

    Parameters
    ----------
    patience : how many epochs in a row without an improvement are borne.
    watch : the loss to watch, a key of ``event.losses``: one that is not trained on.
    tolerance : an improvement must be larger than this.

    Examples
    --------
    >>> stop = EarlyStopping(patience=2)
    >>> [stop(Event(k, k, None, {"w": k}, losses={"test": loss})) for k, loss in enumerate([3.0, 1.0, 2.0, 2.0])]
    [False, False, False, True]
    >>> stop.restore(None)[0], stop.best_epoch, stop.best
    ({'w': 1}, 1, 1.0)
    """

    def __init__(self, patience: int = 10, watch: str = "test", tolerance: float = 0.0) -> None:
        if patience < 1:
            raise ValueError(f"EarlyStopping: patience must be at least 1 epoch, not {patience!r}")
        self.patience, self.watch, self.tolerance = int(patience), watch, float(tolerance)
        self.best, self.best_epoch, self.waited = math.inf, -1, 0
        self._kept: Any = None

    def __call__(self, event: Event) -> bool:
        if self.watch not in event.losses:
            known = ", ".join(sorted(event.losses)) or "none"
            raise ValueError(f"EarlyStopping: there is no loss {self.watch!r} to watch (there is: {known}); give test data")
        loss = float(event.losses[self.watch])
        if loss < self.best - self.tolerance:
            self.best, self.best_epoch, self.waited = loss, event.epoch, 0
            copy = lambda p: p.copy() if isinstance(p, np.ndarray) else p
            self._kept = tree.map_leaves(copy, event.params), tree.map_leaves(copy, event.state)
            return False
        self.waited += 1
        return self.waited >= self.patience

    def restore(self, event: Event | None) -> tuple[Any, Any]:
        """The parameters and the state of the best epoch."""
        if self._kept is None:
            if event is None:
                raise ValueError("EarlyStopping: nothing was watched yet, so there is nothing to restore")
            return event.params, event.state
        return self._kept  # type: ignore[no-any-return]
