"""Training: one loop for the full batch, mini-batches and single examples, in every mode, that can be interrupted."""

from __future__ import annotations

import os
import time
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import tree
from ..console.progress import Line
from .checkpoint import CheckpointError, holds, load_checkpoint, save_checkpoint
from .events import Event
from .gradients import gradient_of
from .history import History
from .steps import Place, Steps

__all__ = ["Trained", "describe_checkpoint", "fit"]

Path = str | os.PathLike[str]


@dataclass
class Trained:
    """What training ends with.

    Attributes
    ----------
    params, state : of the network; those that a callback has kept, where one has.
    history : a row for each recorded epoch.
    epochs, steps : how many were made, those before a checkpoint included.
    seconds : how long they took, likewise.
    ended : why: ``"epochs"`` (all were made), ``"callback"``, or ``"diverged"`` (the loss was no finite number).
    """

    params: Any
    state: Any
    history: History
    epochs: int
    steps: int
    seconds: float
    ended: str


def fit(
    module: Any, loss: Callable[..., Any], data: tuple[Any, Any], optimizer: Any, *, epochs: int,
    batch: int | None = None, mode: str = "reverse", seed: int = 0, params: Any = None, reduction: str = "mean",
    penalty: Callable[[Any], Any] | None = None, augment: Callable[[Any, Any], Any] | None = None,
    direction: str = "gaussian", test: tuple[Any, Any] | None = None, measures: dict[str, Callable[..., Any]] | None = None,
    every: int = 1, callbacks: Iterable[Callable[[Event], Any]] = (), save: Path | None = None, save_every: float = 1.0,
    resume: Path | None = None, name: str = "", progress: bool = True, compile: bool = False,
) -> Trained:  # fmt: skip
    """Train a network.

    Parameters
    ----------
    module, loss, optimizer : of ``adkit.nn``, or alike.
    data : inputs and targets, arrays whose first axis counts the examples.
    epochs : how often each example is seen in all; a run that is resumed makes those that are left.
    batch : examples a step: None for all of them, 1 for online training.  Batches are drawn anew in each epoch,
        without replacement; the last one may be smaller.
    mode : how the gradient is found: ``"reverse"``, ``"forward"``, ``"modules"`` or ``"forward-gradient"``; see
        ``adkit.nn.gradients``.
    seed : a whole number; equal seeds and equal arguments give equal weights, bit for bit, on one machine.
    params : what to start from; drawn by ``module.init`` if not given.
    reduction : whether the loss of a batch is the ``"mean"`` or the ``"sum"`` over its examples.
    penalty : a function of the parameters that is added to the loss, such as weight decay.
    augment : ``augment(x, rng)``, which alters the inputs of each batch.
    direction : of the forward gradient, ``"gaussian"`` or ``"rademacher"``.
    test : inputs and targets to measure on; they are never trained on.
    measures : functions ``f(output, target)`` by name, such as ``{"accuracy": ...}``, for the history.
    every : the epochs after which a row is recorded and callbacks are called; the last epoch is always one of them.
    callbacks : functions of an :class:`Event`; one that returns True ends the training.  What a callback object holds
        in its attributes is stored with the checkpoint, as far as that can hold it.
    save, save_every : the checkpoint file, and the seconds between two savings (0: after every step).  It is also
        saved at the end, and when Ctrl-C ends the run.
    resume : the checkpoint to continue from.
    name : what the checkpoint is of; only a run of the same name continues it.
    progress : whether to show a line on stderr, where that is a terminal.
    compile : whether the gradient is traced once for each shape of a batch, and then run as optimised NumPy (see
        :func:`adkit.compile`): for the modes ``"reverse"`` and ``"forward"``, and networks that draw nothing.

    Raises
    ------
    ValueError : for arguments that make no run.
    CheckpointError : if the checkpoint is damaged, foreign, or of a run with other settings.

    Examples
    --------
    >>> from adkit import nn
    >>> x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    >>> t = np.array([[0.0], [1.0], [1.0], [1.0]])                                        # x1 or x2
    >>> unit = nn.Linear(2, 1)
    >>> run = fit(unit, nn.logistic_loss, (x, t), nn.SGD(lr=1.0), epochs=300, every=100)
    >>> bool(((unit(run.params, x) > 0) == (t > 0)).all())
    True
    >>> run.history["epoch"]
    array([100, 200, 300])
    """
    x, t = _examples(data, "data")
    for what, count, least in (("epochs", epochs, 0), ("every", every, 1), ("seed", seed, 0), ("batch", batch, 1)):
        if count is not None and (isinstance(count, bool) or not hasattr(count, "__index__") or count < least):
            raise ValueError(f"fit: {what} is a whole number from {least}, not {count!r}")
    if reduction not in ("mean", "sum"):
        raise ValueError(f"fit: the reduction is 'mean' or 'sum', not {reduction!r}")
    steps = Steps(
        module, loss, gradient_of(mode, module, loss, reduction, penalty, direction, compile), optimizer, x, t, epochs,
        len(x) if batch is None else min(batch, len(x)), seed, reduction, mode == "forward-gradient", augment,
        None if test is None else _examples(test, "test"), measures or {}, every, tuple(callbacks),
    )  # fmt: skip
    place, spent = steps.start(params), 0.0
    identity: dict[str, Any] = {}
    if save is not None or resume is not None:
        identity = {
            "name": name, "mode": mode, "seed": int(seed), "batch": int(steps.batch), "reduction": reduction,
            "direction": direction if steps.directed else "", "data": _digest(x, t),
        }  # fmt: skip
    if resume is not None:
        place, spent = _resumed(resume, identity, place, steps)
    place, seconds = _loop(steps, place, spent, save, save_every, identity, Line(progress))
    found, state = steps.restored(place)
    ended = place.ended or "epochs"
    return Trained(found, state, History(place.rows), place.step // steps.per_epoch, place.step, seconds, ended)


def _examples(pair: Any, what: str) -> tuple[Any, Any]:
    """Inputs and targets as arrays of as many examples."""
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise ValueError(f"fit: {what} must be a pair, (inputs, targets)")
    x, t = [np.asarray(part) for part in pair]
    if not x.ndim or not t.ndim or len(x) != len(t) or not len(x):
        raise ValueError(f"fit: {what} holds inputs of shape {x.shape} and targets of shape {t.shape}; the first axis of both "
                         "counts the examples, of which there must be one at least")  # fmt: skip
    return x, t


def _digest(x: Any, t: Any) -> str:
    """What tells one data set from another."""
    total = 0  # of the bytes
    for part in (x, t):
        total = zlib.crc32(np.ascontiguousarray(part).view(np.uint8).data, total)
    return f"{x.shape} {t.shape} {total:08x}"


def _loop(
    steps: Steps, place: Place, spent: float, save: Path | None, save_every: float, identity: dict[str, Any], line: Line
) -> tuple[Place, float]:
    """All steps that are left, from ``place`` on; the last place, and the seconds that the run took in all."""
    began = saved = shown = time.perf_counter()
    began -= spent
    now = saved
    try:
        while not steps.over(place):
            # One assignment: an interrupt finds the place before the step or the place after it, and none between.
            place = steps.after(place)
            now = time.perf_counter()
            if line.on and now - shown > 0.1:
                shown = now
                line.tell(_told(steps, place, now - began))
            if save is not None and now - saved >= save_every:
                _save(save, identity, steps, place, now - began)
                saved = time.perf_counter()
        if save is not None:
            _save(save, identity, steps, place, now - began)
    except KeyboardInterrupt:
        if save is None:
            raise
        _save(save, identity, steps, place, now - began)
        stopped = f"interrupted after {place.step:,} steps; the checkpoint {os.fspath(save)!r} holds them"
        raise KeyboardInterrupt(stopped) from None
    finally:
        line.clear()
    return place, now - began


def _told(steps: Steps, place: Place, seconds: float) -> str:
    last = place.rows[-1] if place.rows else {}
    said = "  ".join(f"{name.replace('_', ' ')} {last[name]:.4g}" for name in last if name not in ("epoch", "step"))
    return f"epoch {place.step // steps.per_epoch}/{steps.epochs}  step {place.step:,}  {seconds:.0f} s  {said}"


def _save(path: Path, identity: dict[str, Any], steps: Steps, place: Place, seconds: float) -> None:
    content = place._asdict()
    content["rows"] = History(place.rows).as_tree()
    content["callbacks"] = [{key: v for key, v in held.items() if holds(v)} for held in place.callbacks]
    save_checkpoint(path, {"run": identity, "epochs": steps.epochs, "seconds": seconds, **content})


def _stored(path: Path) -> dict[str, Any]:
    content = load_checkpoint(path)
    parts = {"run", "epochs", "seconds", *Place._fields}
    if not isinstance(content, dict) or not parts <= set(content) or not {"name", "mode", "seed"} <= set(content["run"]):
        raise CheckpointError(f"the checkpoint {os.fspath(path)!r} is of no training run")
    return content


def describe_checkpoint(path: Path) -> dict[str, Any]:
    """What a checkpoint is of: its ``name``, ``mode``, ``seed``, ``epochs`` (in all), ``step`` (how many are made), ...

    Raises
    ------
    CheckpointError : if it is damaged, foreign, or of no training run.
    """
    content = _stored(path)
    return {**content["run"], "epochs": content["epochs"], "step": content["step"]}


def _resumed(path: Path, identity: dict[str, Any], start: Place, steps: Steps) -> tuple[Place, float]:
    """The place at which a checkpoint was saved, and the seconds until then."""
    content = _stored(path)
    for what, wanted in identity.items():
        if content["run"].get(what) != wanted:
            raise CheckpointError(
                f"the checkpoint {os.fspath(path)!r} is of another run: its {what} is {content['run'].get(what)!r}, not {wanted!r}"
            )
    seconds = content["seconds"]
    place = Place(**{field: content[field] for field in Place._fields})
    for what, found, made in (("parameters", place.params, start.params), ("network's state", place.state, start.state),
                              ("optimiser's state", place.memory, start.memory)):  # fmt: skip
        if _form(found) != _form(made):
            raise CheckpointError(f"the checkpoint {os.fspath(path)!r} is of another run: the {what} are of another form")
    if len(place.callbacks) != len(steps.callbacks):
        raise CheckpointError(
            f"the checkpoint {os.fspath(path)!r} is of a run with {len(place.callbacks)} callbacks, not {len(steps.callbacks)}"
        )
    for callback, held in zip(steps.callbacks, place.callbacks, strict=True):
        if held:
            vars(callback).update(held)
    # What ended at its last epoch or in a loss that was no number goes on if there is more to do; a callback's word holds.
    ended = place.ended if place.ended == "callback" else ""
    rows = History.from_tree(content["rows"]).rows
    return place._replace(rows=rows, callbacks=tuple(place.callbacks), ended=ended), seconds


def _form(x: Any) -> list[Any]:
    return [(path, np.shape(leaf), getattr(leaf, "dtype", type(leaf))) for path, leaf in tree.paths(x)]
