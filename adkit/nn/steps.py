"""The steps of a training run, as functions from one place to the next.

All chance is drawn from the seed, the purpose and the number of the step (or the epoch), never from a generator that
moves along.  So a step depends on nothing but the place that it starts from: a run that is continued from a stored
place equals one that was never interrupted, bit for bit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from .events import Event

__all__ = ["Place", "Steps"]

# What chance is drawn for: each purpose has a stream of its own.
_INIT, _ORDER, _NOISE, _DIRECTION, _AUGMENT = range(5)


class Place(NamedTuple):
    """Where a run stands between two steps; nothing in it is ever changed in place."""

    step: int
    params: Any
    state: Any  # of the network
    memory: Any  # of the optimiser
    total: float  # the losses of this epoch, summed over its examples (or its batches, where those are sums)
    rows: tuple[dict[str, float], ...]  # of the history
    callbacks: tuple[dict[str, Any], ...]  # their attributes
    ended: str  # "" while the run goes on


@dataclass
class Steps:
    """A run's settings, which are those of :func:`adkit.nn.fit`; ``gradient`` is made by ``gradient_of``."""

    module: Any
    loss: Any
    gradient: Any
    optimizer: Any
    x: Any
    t: Any
    epochs: int
    batch: int
    seed: int
    reduction: str = "mean"
    directed: bool = False  # whether the gradient needs a generator for directions
    augment: Any = None
    test: tuple[Any, Any] | None = None
    measures: dict[str, Any] = field(default_factory=dict)
    every: int = 1
    callbacks: tuple[Any, ...] = ()

    def __post_init__(self) -> None:
        self.per_epoch = -(-len(self.x) // self.batch)
        self._noisy = False
        self._order: tuple[int, Any] = (-1, None)

    def start(self, params: Any = None) -> Place:
        """The place before the first step."""
        if params is None:
            params = self.module.init(self._stream(_INIT))
        state = self.module.init_state()
        # A generator costs as much as a layer: it is made only for a network that is seen to draw from it.
        probe = np.random.default_rng(0)
        self.module.apply(params, self.x[: self.batch], state=state, rng=probe, training=True)
        self._noisy = probe.bit_generator.state != np.random.default_rng(0).bit_generator.state
        return Place(0, params, state, self.optimizer.init(params), 0.0, (), self._attributes(), "")

    def over(self, place: Place) -> bool:
        """Whether no step is left."""
        return bool(place.ended) or place.step >= self.epochs * self.per_epoch

    def after(self, place: Place) -> Place:
        """The place one step further; where that completes an epoch, with its row, and with what callbacks say."""
        step = place.step
        chosen = self._examples(step)
        x, t = self.x[chosen], self.t[chosen]
        if self.augment is not None:
            x = self.augment(x, self._stream(_AUGMENT, step))
        noise = (self.seed, _NOISE, step) if self._noisy else None
        directions = self._stream(_DIRECTION, step) if self.directed else None
        value, gradients, state = self.gradient(place.params, place.state, x, t, noise, directions)
        value = float(value)
        if not math.isfinite(value):
            return place._replace(ended="diverged")
        params, memory = self.optimizer.update(place.params, gradients, place.memory)
        total = value * len(x) if self.reduction == "mean" else value
        if step % self.per_epoch:
            total += place.total
        new = Place(step + 1, params, state, memory, total, place.rows, place.callbacks, "")
        epoch, rest = divmod(step + 1, self.per_epoch)
        if rest or (epoch % self.every and epoch != self.epochs):
            return new
        row = self._row(new, epoch)
        losses = {name.removesuffix("_loss"): value for name, value in row.items() if name.endswith("_loss")}
        event = Event(epoch, new.step, self.module, params, state, place.params, gradients, x, t, losses)
        stop = any([callback(event) is True for callback in self.callbacks])
        return new._replace(rows=(*place.rows, row), callbacks=self._attributes(), ended="callback" if stop else "")

    def restored(self, place: Place) -> tuple[Any, Any]:
        """The parameters and the state to end with: the last ones, or those that a callback has kept."""
        params, state = place.params, place.state
        for callback in self.callbacks:
            if hasattr(callback, "restore"):
                last = place.rows[-1] if place.rows else {}
                losses = {name.removesuffix("_loss"): value for name, value in last.items() if name.endswith("_loss")}
                event = Event(place.step // self.per_epoch, place.step, self.module, params, state, losses=losses)
                params, state = callback.restore(event)
        return params, state

    def _stream(self, purpose: int, index: int = 0) -> np.random.Generator:
        return np.random.default_rng((self.seed, purpose, index))

    def _examples(self, step: int) -> Any:
        """The examples of a step: all, or the numbers of some."""
        if self.batch == len(self.x):
            return slice(None)
        epoch, k = divmod(step, self.per_epoch)
        if self._order[0] != epoch:
            self._order = epoch, self._stream(_ORDER, epoch).permutation(len(self.x))
        return self._order[1][k * self.batch : (k + 1) * self.batch]

    def _row(self, place: Place, epoch: int) -> dict[str, float]:
        """What the history tells of an epoch."""
        shared = len(self.x) if self.reduction == "mean" else 1
        row: dict[str, float] = {"epoch": epoch, "step": place.step, "train_loss": place.total / shared}
        for name, pair in (("train", (self.x, self.t)), ("test", self.test)):
            if pair is None or not (self.measures or name == "test"):
                continue
            y = self.module(place.params, pair[0], state=place.state)
            if name == "test":
                row["test_loss"] = float(self.loss(y, pair[1], self.reduction))
            row |= {f"{name}_{what}": float(measure(y, pair[1])) for what, measure in self.measures.items()}
        return row

    def _attributes(self) -> tuple[dict[str, Any], ...]:
        """What the callbacks remember; lists are copied, since they may be added to."""
        return tuple([
            {key: list(v) if type(v) is list else v for key, v in getattr(callback, "__dict__", {}).items()}
            for callback in self.callbacks
        ])  # fmt: skip
