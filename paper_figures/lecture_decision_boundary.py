"""Logistic regression: the decision boundary is a line, and the weights are its normal."""

from __future__ import annotations

from typing import Any

import numpy as np

import adkit
from adkit import nn

from .common import BLACK, BLUE, ORANGE, REFERENCE, THEORY, Page, caption, legend

TITLE = "A linear decision boundary: the weight vector is its normal"
CLAIM = (
    "A logistic unit says 1/2 where w.x + b = 0: a line at right angles to w. The probability changes only along w, and the "
    "steepest, |w|/4, on the line. Separable data are classified without error."
)
SOURCE = "Osindero, Neural Nets, Backprop, Automatic Differentiation (UCL x DeepMind lecture), the logistic regression slides"


def main(out: Any, seed: int = 0, quick: bool = False) -> dict[str, Any]:
    """Draw the figure into a folder."""
    page = Page(__name__, seed, quick)
    network = nn.NETWORKS["logistic"]
    run = network.train(seed=seed, epochs=60 if quick else None, progress=False)
    W, b = run.params["linear1"]["W"][0], float(run.params["linear1"]["b"][0])
    page.settings = f"500 points of two clouds of variance 1/2; SGD lr {network.optimizer.lr:g}, {run.epochs} full-batch steps"

    def probability(x: Any) -> Any:
        return adkit.sigmoid(network.module(run.params, x)[..., 0])

    # Points on the line, and the gradient of the probability at each: one reverse sweep, since they do not depend on each other.
    t = np.linspace(-5.5, 5.5, 25)[:, None]
    normal = W / np.linalg.norm(W)
    along = np.array([-normal[1], normal[0]])
    line = -b / np.linalg.norm(W) * normal + t * along
    slopes = adkit.grad(lambda x: np.sum(probability(x)))(line)
    sines = np.abs(slopes @ along) / np.linalg.norm(slopes, axis=1)
    away = np.abs(probability(line) - 0.5).max()
    page.at_most("greatest distance of the probability from 1/2 on the line", away, 1e-12, THEORY)
    page.at_most("greatest sine of the angle between w and the normal of the line", sines.max(), 1e-12, THEORY)
    steep = np.linalg.norm(slopes, axis=1).mean() / (np.linalg.norm(W) / 4)
    page.within("slope across the line over |w|/4", steep, 1, 1e-12, THEORY)
    scores = network.scores(run.params)
    page.equal("accuracy on the 500 points, which a line separates", scores["train_accuracy"], 1.0, REFERENCE)

    axes = page.panels(size=(5.6, 4.9))
    side = np.linspace(-5, 5, 201)
    values = probability(np.stack(np.meshgrid(side, side), axis=-1))
    shown = axes.imshow(values, origin="lower", extent=(-5, 5, -5, 5), cmap="PuOr_r", vmin=-0.3, vmax=1.3, alpha=0.7)
    axes.grid(False)
    (x, labels), _ = network.data()
    for label, colour, marker in ((1, ORANGE, "s"), (0, BLUE, "o")):
        of = labels[:, 0] == label
        axes.plot(*x[of].T, marker, color=colour, markersize=3.5, markeredgecolor="white", markeredgewidth=0.3,
                  label=f"class {label}")  # fmt: skip
    axes.plot(*line.T, color=BLACK, linewidth=1.8, label="w·x + b = 0")
    foot = line[12]
    axes.annotate("", foot + 1.6 * normal, foot, arrowprops={"arrowstyle": "-|>", "color": BLACK, "linewidth": 1.8})
    axes.annotate("w", foot + 1.7 * normal, fontsize=12, fontweight="bold", ha="left", va="bottom")
    axes.set_xlim(-5, 5)
    axes.set_ylim(-5, 5)
    axes.set_aspect("equal")
    axes.set_xlabel("x₁")
    axes.set_ylabel("x₂")
    caption(axes, f"accuracy {scores['train_accuracy']:.3f}")
    axes.figure.colorbar(shown, ax=axes, shrink=0.85, label="probability of class 1", boundaries=np.linspace(0, 1, 101),
                         ticks=np.linspace(0, 1, 5))  # fmt: skip
    legend(axes, loc="lower right")
    return page.save(out)
