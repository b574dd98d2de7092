"""An optimiser that was itself trained, against five designed by hand, on quadratics that none has seen."""

from __future__ import annotations

from typing import Any

import numpy as np

import adkit
from adkit import nn

from .common import PAPER, RED, Page, caption, legend, line

TITLE = "Learning to learn: a trained LSTM beats optimisers designed by hand"
CLAIM = (
    "On random ten-dimensional quadratics an optimiser that is a coordinatewise LSTM, trained by gradients through its own "
    "unrolled use, beats SGD, RMSProp, NAG and Adam with their best learning rates, over 100 steps."
)
SOURCE = "Andrychowicz et al. (2016), Learning to Learn by Gradient Descent by Gradient Descent, fig. 4, arXiv:1606.04474"

N, STEPS, UNROLL = 10, 100, 20
RATES = np.geomspace(1e-4, 1.0, 25)


def quadratic(theta: Any, data: Any) -> Any:
    """The sum over problems of ``|W theta - y|^2``: each problem's gradient is its own."""
    gap = np.einsum("bij,bj->bi", data["W"], theta) - data["y"]
    return np.sum(gap * gap)


def draw(rng: np.random.Generator, count: int = 64) -> tuple[Any, Any]:
    """Problems with normal entries, and where to begin: at zero."""
    return np.zeros((count, N)), {"W": rng.normal(size=(count, N, N)), "y": rng.normal(size=(count, N))}


slope = adkit.compile(adkit.value_and_grad(quadratic))


def by_hand(optimizer: nn.Optimizer, theta: Any, data: Any) -> Any:
    """The mean loss of a problem before each step, and after the last."""
    state, found = optimizer.init(theta), []
    for _ in range(STEPS):
        value, g = slope(theta, data)
        found.append(value / len(theta))
        theta, state = optimizer.update(theta, g, state)
    return np.array([*found, quadratic(theta, data) / len(theta)])


def learned(weights: Any, optimizer: nn.LearnedOptimizer, theta: Any, data: Any) -> Any:
    """The same for the learned optimiser."""
    first = quadratic(theta, data)
    _, (_, _, losses) = optimizer.unrolled(quadratic, STEPS)(weights, theta, optimizer.start(theta), data)
    return np.array([first, *losses]) / len(theta)


KINDS = {"SGD": nn.SGD, "RMSProp": nn.RMSProp, "NAG": nn.Nesterov, "Adam": nn.Adam, "momentum": nn.Momentum}


def tuned(kind: str, theta: Any, data: Any) -> nn.Optimizer:
    """The optimiser with the learning rate that ends lowest on these very problems: to its favour."""
    with np.errstate(all="ignore"):
        ends = [by_hand(KINDS[kind](lr=float(lr)), theta, data)[-1] for lr in RATES]
    return KINDS[kind](lr=float(RATES[int(np.nanargmin(ends))]))


def main(out: Any, seed: int = 0, quick: bool = False) -> dict[str, Any]:
    """Draw the figure into a folder."""
    page = Page(__name__, seed, quick)
    epochs, batch = (40, 16) if quick else (300, 64)
    page.settings = f"{epochs} epochs of {batch} problems, unroll {UNROLL}; the others' rates the best for the 128 test problems"
    optimizer = nn.LearnedOptimizer()
    weights = optimizer.train(quadratic, lambda rng: draw(rng, batch), epochs=epochs, steps=STEPS, unroll=UNROLL,
                              lr=0.02 if quick else 0.01, seed=seed, compiled=None if quick else adkit.compile)  # fmt: skip
    theta, data = draw(np.random.default_rng((seed, 99)), 128)
    axes = page.panels(size=(6.6, 4.6))
    mine = learned(weights, optimizer, theta, data)
    ends = {}
    for k, kind in enumerate(KINDS):
        chosen = tuned(kind, theta, data)
        run = by_hand(chosen, theta, data)
        ends[kind] = float(run[-1])
        axes.plot(run, label=f"{kind}, lr {chosen.lr:.2g}: {run[-1]:.3f}", **(line(k + 2) | {"linewidth": 1.3}))
    axes.plot(mine, color=RED, linewidth=2.4, label=f"learned: {mine[-1]:.3f}")
    for kind in ("SGD", "RMSProp") if quick else ("SGD", "RMSProp", "NAG", "Adam"):
        page.at_least(f"final loss of {kind} over that of the learned optimiser", ends[kind] / mine[-1], 1, PAPER)
    axes.set_yscale("log")
    axes.set_xlabel("step")
    axes.set_ylabel("loss, mean of 128 held-out problems")
    caption(axes, f"{N} dimensions")
    legend(axes)
    return page.save(out)
