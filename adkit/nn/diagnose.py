"""What is wrong with a network that does not learn: dead units, gradients that vanish or explode, steps too large or small.

Each question is a function that returns a :class:`Diagnosis`: a verdict in words, the numbers behind it, and a picture.
To ask while training, give :class:`adkit.nn.Watch` to the training loop as a callback.

>>> import numpy as np
>>> from adkit import nn
>>> net = nn.Sequential(nn.Linear(2, 8, init="he"), nn.Relu(), nn.Linear(8, 1))
>>> params = net.init(0)
>>> params["linear1"]["b"][:] = -100.0                               # as after one step that was far too large
>>> print(dead_units(net, params, np.random.default_rng(0).normal(size=(50, 2))))
dead units: 8 of 8 are dead (100 %), most in relu1. A smaller learning rate, He initialisation or a leaky relu helps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .. import tree
from ..reverse import value_and_grad
from . import pictures
from .activations import Activation
from .module import Memory, Module
from .optimizers import Adam, Optimizer

__all__ = ["Diagnosis", "dead_units", "gradient_flow", "overfit_check", "update_ratio"]


@dataclass
class Diagnosis:
    """An answer: whether all is well, the verdict in words, the numbers by name; printing it prints the verdict."""

    name: str
    ok: bool
    verdict: str
    numbers: dict[str, Any]
    _draw: Callable[[Any, dict[str, Any]], None] = field(repr=False)

    def plot(self, path: Any = None) -> Any:
        """The picture, a matplotlib Figure; with a path it is written there (the suffix names the format)."""
        return pictures.figure(self._draw, self.numbers, f"{self.name}: {self.verdict}", path)

    def __str__(self) -> str:
        return f"{self.name}: {self.verdict}"


def layers(module: Module, memory: Memory, path: str = "") -> Iterator[tuple[str, Module, Memory]]:
    """Every module inside a module, with its path and what it remembers of the call."""
    for name, inner in memory.children.items():
        child = module.children[name]  # type: ignore[attr-defined]
        where = f"{path}.{name}" if path else name
        yield where, child, inner
        yield from layers(child, inner, where)


def weights(params: Any) -> list[tuple[str, Any]]:
    """The weight matrices of a tree, with short names; where there are none, all its arrays."""
    named = [(path.strip("[]'").replace("']['", "."), p) for path, p in tree.paths(params)]
    return [(name.removesuffix(".W"), p) for name, p in named if np.ndim(p) >= 2] or named


def dead_units(
    module: Module, params: Any, x: Any, *, state: Any = None, slope: float = 1e-6, allowed: float = 0.1
) -> Diagnosis:
    """Units through which no example of the data passes a gradient, so that they cannot learn.

    A unit is dead if the slope of its activation lies below ``slope`` for every example: a relu that is never positive, a
    sigmoid that is always saturated.  The *activity* of a unit is the fraction of examples that pass.

    Parameters
    ----------
    module, params, state : the network.
    x : a batch ``(n, features)``; the larger it is, the surer the verdict.
    slope : what counts as nothing.
    allowed : the fraction of dead units up to which all is well.

    Returns
    -------
    Diagnosis with ``activity`` (an array for each layer), ``dead`` and ``units`` (counts), ``fraction``.

    Raises
    ------
    ValueError : if the module contains no activation.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        _, memory = module.forward_by_hand(params, x, state=state)
    found: dict[str, Any] = {}
    broken: list[str] = []  # what has diverged is neither dead nor alive
    inside = list(layers(module, memory)) or [(module.kind, module, memory)]
    for path, child, inner in inside:
        if isinstance(child, Activation):
            if not np.all(np.isfinite(inner.y)):
                broken.append(path)
            passes = np.abs(child.slope(inner.xs[0], inner.y)) > slope
            found[path] = np.mean(np.reshape(passes, (-1, passes.shape[-1])), axis=0)
    if not found:
        raise ValueError(f"dead_units: {module.kind} contains no activation such as Relu(), so no unit can be dead")
    dead = {path: int(np.sum(activity == 0)) for path, activity in found.items()}
    units = sum([len(activity) for activity in found.values()])
    total = sum(dead.values())
    fraction = total / units
    said = f"{total} of {units} are dead ({100 * fraction:.0f} %)"
    if broken:
        said = f"the outputs of {broken[0]} are no finite numbers: the network has diverged. A smaller learning rate helps."
    elif fraction > allowed:
        said += f", most in {max(dead, key=lambda k: dead[k])}. A smaller learning rate, He initialisation or a leaky relu helps."
    else:
        said += "; the units learn."
    numbers = {"activity": found, "dead": total, "units": units, "fraction": fraction}
    return Diagnosis("dead units", fraction <= allowed and not broken, said, numbers, pictures.activity)


def gradient_flow(gradients: Any, *, lowest: float = 1e-2, highest: float = 1e2) -> Diagnosis:
    """Whether gradients vanish or explode on their way back from the last layer to the first.

    Compared is the root mean square of the first layer's dL/dW with that of the last one's.

    Parameters
    ----------
    gradients : a tree like the parameters, in the order of the layers.
    lowest, highest : the ratios between which all is well.

    Returns
    -------
    Diagnosis with ``layers`` (the arrays by name), ``size`` (root mean squares) and ``ratio`` (first / last).

    Examples
    --------
    >>> g = {"linear1": {"W": np.full((2, 2), 1e-6)}, "linear2": {"W": np.ones((2, 2))}}
    >>> print(gradient_flow(g))
    gradient flow: vanishing: the first layer's gradient is 1e-06 of the last one's. ...
    """
    named = weights(gradients)
    if not named:
        raise ValueError("gradient_flow: the gradients hold no array")
    with np.errstate(over="ignore", invalid="ignore"):  # what has diverged is what this is asked about
        size = {name: float(np.sqrt(np.mean(np.square(g)))) for name, g in named}
    first, last = size[named[0][0]], size[named[-1][0]]
    broken = [name for name, s in size.items() if not np.isfinite(s)]
    ratio = first / last if last > 0 else (float("nan") if first == 0 else float("inf"))
    ok = not broken and lowest <= ratio <= highest
    if broken:
        said = f"the gradient of {broken[0]} is no finite number. Lower the learning rate, or look for log 0 and division by 0."
    elif ok:
        said = f"healthy: the first layer's gradient is {ratio:.2g} of the last one's."
    elif ratio < lowest:
        said = (f"vanishing: the first layer's gradient is {ratio:.2g} of the last one's. "
                "Relu with He initialisation, batch normalisation or residual wires help.")  # fmt: skip
    elif ratio > highest:
        said = (f"exploding: the first layer's gradient is {ratio:.2g} times the last one's. "
                "Smaller weights, batch normalisation or clipping help.")  # fmt: skip
    else:
        said = "every gradient is 0: nothing is learned. Look for dead units, or for a loss that does not depend on the network."
    numbers = {"layers": dict(named), "size": size, "ratio": ratio}
    return Diagnosis("gradient flow", ok, said, numbers, pictures.flow)


def update_ratio(previous: Any, params: Any, *, lowest: float = 1e-4, highest: float = 1e-2) -> Diagnosis:
    """How large a step was beside the parameters: about 1e-3 is right, far from it is not.

    Compared is, for each weight matrix, the norm of the update with the norm of what was updated.

    Parameters
    ----------
    previous, params : the parameters before and after a step.
    lowest, highest : the ratios between which all is well.

    Returns
    -------
    Diagnosis with ``ratio``, by layer.

    Examples
    --------
    >>> print(update_ratio({"W": np.ones((2, 2))}, {"W": np.full((2, 2), 1.5)}))
    update ratio: too large in W (0.5; about 0.001 is right). Lower the learning rate.
    """
    before, after = weights(previous), weights(params)
    if [name for name, _ in before] != [name for name, _ in after]:
        raise ValueError("update_ratio: the parameters before and after the step must have the same form")
    ratio = {}
    for (name, old), (_, new) in zip(before, after, strict=True):
        with np.errstate(over="ignore", invalid="ignore"):  # what has diverged is what this is asked about
            moved, size = float(np.linalg.norm(new - old)), float(np.linalg.norm(old))
        ratio[name] = moved / size if size > 0 else (0.0 if moved == 0 else float("inf"))
    # Not r > highest: what is no number is too large.
    large = [name for name, r in ratio.items() if not r <= highest]
    small = [name for name, r in ratio.items() if 0 < r < lowest]
    still = [name for name, r in ratio.items() if r == 0]
    parts = []
    for names, word, remedy in ((large, "large", "Lower"), (small, "small", "Raise")):
        if names:
            listed = ", ".join([f"{name} ({ratio[name]:.2g})" for name in names])
            if len(names) == 1:
                listed = f"{names[0]} ({ratio[names[0]]:.2g}; about 0.001 is right)"
            parts.append(f"too {word} in {listed}. {remedy} the learning rate.")
    if still:
        parts.append(f"no movement in {', '.join(still)}. Look for dead units, or a gradient that is 0.")
    said = " ".join([*parts[:1], *[part[0].upper() + part[1:] for part in parts[1:]]])
    said = said or f"healthy: every update is between {lowest:g} and {highest:g} of its weights."
    numbers = {"ratio": ratio, "lowest": lowest, "highest": highest}
    return Diagnosis("update ratio", not parts, said, numbers, pictures.ratios)


def overfit_check(
    module: Module, loss: Callable[..., Any], x: Any, t: Any, *, examples: int = 10, steps: int = 400,
    optimizer: Optimizer | None = None, by_hand: bool = False, seed: int = 0, goal: float = 0.05,
) -> Diagnosis:  # fmt: skip
    """Whether a network can learn ten examples by heart.  One that cannot has an error: in its gradient, data or loss.

    Parameters
    ----------
    module, loss : the network, and a loss of ``(output, target)``.
    x, t : data, of which the first ``examples`` are taken.
    steps, optimizer : how long to train, and how; Adam(0.01) by default.
    by_hand : whether to use the modules' own formulas (and ``loss.by_hand``) in place of reverse mode.
    seed : of the parameters, and of masks and noise.
    goal : the fraction of the first loss below which the examples count as learned.

    Returns
    -------
    Diagnosis with ``losses`` (one a step), ``first``, ``last``, and ``accuracy`` where targets are rows of classes.
    """
    x, t = np.asarray(x, dtype=float)[:examples], np.asarray(t, dtype=float)[:examples]
    optimizer = Adam(0.01) if optimizer is None else optimizer
    params, state = module.init(seed), module.init_state()
    memory = optimizer.init(params)
    by_hand_of: Any = getattr(loss, "by_hand", None)
    if by_hand and by_hand_of is None:
        raise ValueError("overfit_check: by_hand=True needs a loss that has loss.by_hand, as those of adkit.nn have")
    training = value_and_grad(lambda p, s, k: _loss_and_state(module, loss, p, x, t, s, (seed, k)), has_aux=True)
    losses: list[float] = []
    with np.errstate(over="ignore", invalid="ignore"):  # a run that diverges has failed, and is said to have
        for k in range(steps):
            if by_hand:
                y, kept = module.forward_by_hand(params, x, state=state, rng=(seed, k), training=True)
                value, state = loss(y, t), kept.state
                gradients = module.backward_by_hand(params, by_hand_of(y, t), kept)[1]
            else:
                (value, state), gradients = training(params, state, k)
            losses.append(float(value))
            if not np.isfinite(losses[-1]):
                break
            params, memory = optimizer.update(params, gradients, memory)
        output = module(params, x, state=state)
    first, last = losses[0], losses[-1]
    numbers: dict[str, Any] = {"losses": np.array(losses), "first": first, "last": last, "goal": goal * first}
    ok = bool(last <= goal * first)
    said = f"the loss went from {first:.2g} to {last:.2g} in {len(losses)} steps"
    if np.ndim(t) == 2 and t.shape[-1] > 1:
        right = float(np.mean(np.argmax(output, axis=-1) == np.argmax(t, axis=-1)))
        numbers["accuracy"] = right
        ok = ok and right == 1
        said += f", {100 * right:.0f} % right"
    count = f"{len(x)} example{'' if len(x) == 1 else 's'}"
    if ok:
        said = f"passed: {count} learned by heart; {said}."
    else:
        said = f"failed: {count} were not learned; {said}. Check the gradient (adkit.testing.check_grads), the targets, the loss."
    return Diagnosis("overfit check", ok, said, numbers, pictures.losses)


def _loss_and_state(module: Any, loss: Any, params: Any, x: Any, t: Any, state: Any, rng: Any) -> tuple[Any, Any]:
    y, new_state = module.apply(params, x, state=state, rng=rng, training=True)
    return loss(y, t), new_state
