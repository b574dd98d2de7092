"""The diagnoses as a callback of the training loop."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from .diagnose import Diagnosis, dead_units, gradient_flow, overfit_check, update_ratio
from .events import Event

__all__ = ["Watch"]

_OF_EVENT: dict[Any, Callable[..., Diagnosis]] = {
    dead_units: lambda e, **kw: dead_units(e.module, e.params, e.inputs, state=e.state, **kw),
    gradient_flow: lambda e, **kw: gradient_flow(e.gradients, **kw),
    update_ratio: lambda e, **kw: update_ratio(e.previous, e.params, **kw),
    overfit_check: lambda e, loss, **kw: overfit_check(e.module, loss, e.inputs, e.targets, **kw),
}


class Watch:
    """A training callback that asks a question of :mod:`adkit.nn.diagnose`, and says on stderr when the answer turns bad.

    Parameters
    ----------
    question : ``dead_units``, ``gradient_flow``, ``update_ratio`` or ``overfit_check`` (which needs ``loss=``).
    every : how many of its calls (epochs) pass from one asking to the next.
    stop : whether a bad answer ends the training.
    say : what is called with a verdict; by default it is printed to stderr.
    settings : passed on to the question.

    Attributes
    ----------
    found : the answers so far, pairs of an epoch and a :class:`Diagnosis`.

    Examples
    --------
    >>> import numpy as np
    >>> watch = Watch(update_ratio, stop=True, say=print)
    >>> watch(Event(1, 1, None, {"W": np.full((2, 2), 1.5)}, previous={"W": np.ones((2, 2))}))
    epoch 1: update ratio: too large in W (0.5; about 0.001 is right). Lower the learning rate.
    True
    """

    def __init__(
        self, question: Callable[..., Diagnosis], every: int = 1, stop: bool = False,
        say: Callable[[str], Any] | None = None, **settings: Any,
    ) -> None:  # fmt: skip
        if question not in _OF_EVENT:
            raise ValueError(f"Watch: give one of {', '.join([f.__name__ for f in _OF_EVENT])}, not {question!r}")
        if question is overfit_check and "loss" not in settings:
            raise ValueError("Watch: overfit_check needs the loss: Watch(overfit_check, loss=nn.softmax_cross_entropy)")
        if every < 1:
            raise ValueError(f"Watch: every must be at least 1, not {every!r}")
        self.question, self.every, self.stop, self.settings = question, int(every), stop, settings
        self.say = say if say is not None else lambda words: print(words, file=sys.stderr)
        self.found: list[tuple[int, Diagnosis]] = []
        self.calls = 0

    def __call__(self, event: Event) -> bool:
        self.calls += 1
        if (self.calls - 1) % self.every:
            return False
        answer = _OF_EVENT[self.question](event, **self.settings)
        if not answer.ok and (not self.found or self.found[-1][1].ok):
            self.say(f"epoch {event.epoch}: {answer}")
        self.found.append((event.epoch, answer))
        return self.stop and not answer.ok
