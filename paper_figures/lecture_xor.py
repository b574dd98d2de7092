"""XOR: a hidden layer that folds four points so that a line separates them; by hand, and trained in both modes."""

from __future__ import annotations

from typing import Any

import numpy as np

from adkit import nn, tree

from .common import BLUE, ORANGE, RED, REFERENCE, SOFT, THEORY, Page, caption, legend

TITLE = "XOR: the hidden layer moves the points to where a line separates them"
CLAIM = (
    "No line separates A and B from C and D. Two hidden units map A and B to one point, (1, 0), and C and D to (0, 0) and "
    "(1, 1); there one unit is enough. Forward and reverse mode train the same network to the same weights."
)
SOURCE = "Osindero, Neural Nets, Backprop, Automatic Differentiation (UCL x DeepMind lecture), the XOR slides"

POINTS = {"A": (-1.0, -1.0), "B": (1.0, 1.0), "C": (-1.0, 1.0), "D": (1.0, -1.0)}
HIDDEN = {"A": (1, 0), "B": (1, 0), "C": (0, 0), "D": (1, 1)}
OUTPUT = {"A": 5e-5, "B": 5e-5, "C": 0.99995, "D": 0.99995}


def gap(one: Any, other: Any) -> float:
    """The largest difference of two trees of arrays, relative to the largest entry."""
    pairs = list(zip(tree.leaves(one), tree.leaves(other), strict=True))
    return float(max(np.abs(a - b).max() for a, b in pairs) / max(np.abs(b).max() for _, b in pairs))


def main(out: Any, seed: int = 0, quick: bool = False) -> dict[str, Any]:
    """Draw the figure into a folder."""
    page = Page(__name__, seed, quick)
    x = np.array(list(POINTS.values()))
    net, params = nn.xor_network(20.0)
    _, memory = net.forward_by_hand(params, x)
    h, y = memory.children["squash"].y, net(params, x)[:, 0]
    for k, name in enumerate(POINTS):
        away = np.abs(h[k] - HIDDEN[name]).max()
        page.at_most(f"distance of the hidden units from {HIDDEN[name]} at {name}", away, 1e-8, REFERENCE)
        page.within(f"output at {name}", y[k], OUTPUT[name], 5e-6, REFERENCE)
    score = h @ np.array([-1.0, 1.0]) + 0.5
    page.at_least("margin of the line h2 = h1 - 1/2 in the hidden space", (np.where(y > 0.5, 1, -1) * score).min(), 0.49, THEORY)

    network = nn.NETWORKS["xor"]
    (inputs, targets), _ = network.data()
    start = network.module.init(seed)
    both = [nn.gradient_of(m, network.module, network.loss)(start, {}, inputs, targets)[1] for m in ("forward", "reverse")]
    page.at_most("difference of forward and reverse gradients, 9 parameters", gap(*both), 1e-12, THEORY)
    epochs = 400 if quick else network.epochs
    page.settings = f"k = 20; trained: sigmoid 2-2-1, cross-entropy, SGD lr 1, {epochs} full-batch steps"
    runs = {mode: network.train(mode, seed=seed, epochs=epochs, progress=False) for mode in ("reverse", "forward")}
    page.at_most("difference of the weights that both modes end with", gap(*[r.params for r in runs.values()]), 1e-9, THEORY)
    losses = {mode: r.history["train_loss"] for mode, r in runs.items()}
    if quick:
        page.at_most("loss at the end over the loss at the beginning", losses["reverse"][-1] / losses["reverse"][0], 1, THEORY)
    else:
        page.equal("points right after training, of 4", 4 * network.scores(runs["reverse"].params)["train_accuracy"], 4, THEORY)

    axes = page.panels(1, 3)
    side = np.linspace(-2, 2, 201)
    grid = np.stack(np.meshgrid(side, side), axis=-1)
    low = 0.5 * (side + 1)
    unit = np.stack(np.meshgrid(low * 1.6 - 0.55, low * 1.6 - 0.55), axis=-1)
    readout = unit @ np.array([-1.0, 1.0]) + 0.5
    for panel, values, extent in ((axes[0], net(params, grid)[..., 0], (-2, 2, -2, 2)),
                                  (axes[1], 1 / (1 + np.exp(-20 * readout)), None)):  # fmt: skip
        if extent is None:
            ends = (unit[0, 0, 0], unit[0, -1, 0]) * 2
            panel.set_xlim(ends[:2])
            panel.set_ylim(ends[2:])
            extent = ends
        panel.imshow(values, origin="lower", extent=extent, cmap="PuOr_r", vmin=-0.4, vmax=1.4, alpha=0.75, aspect="auto")
        panel.contour(values, levels=[0.5], extent=extent, colors="black", linewidths=1.2)
        panel.grid(False)
    marks = {"A": ("o", BLUE), "B": ("o", BLUE), "C": ("s", ORANGE), "D": ("s", ORANGE)}
    for k, (name, (a, b)) in enumerate(POINTS.items()):
        marker, colour = marks[name]
        axes[0].plot(a, b, marker, color=colour, markeredgecolor="black", markersize=9)
        axes[0].annotate(name, (a, b), xytext=(7, 7), textcoords="offset points", fontsize=11, fontweight="bold")
        axes[1].plot(*h[k], marker, color=colour, markeredgecolor="black", markersize=9)
        if name != "B":  # it lies on A
            axes[1].annotate("A, B" if name == "A" else name, h[k], xytext=(7, 7), textcoords="offset points", fontsize=11,
                             fontweight="bold")  # fmt: skip
    axes[0].set_xlabel("x₁")
    axes[0].set_ylabel("x₂")
    caption(axes[0], "input space: a band, no line")
    axes[1].set_xlabel("h₁")
    axes[1].set_ylabel("h₂")
    caption(axes[1], "hidden space: one line is enough")
    for (mode, values), colour, dash, wide in zip(losses.items(), (SOFT, RED), ("-", "--"), (5, 1.6), strict=True):
        axes[2].semilogy(runs[mode].history["epoch"], values, color=colour, linestyle=dash, linewidth=wide, label=f"{mode} mode")
    axes[2].set_xlabel("steps")
    axes[2].set_ylabel("cross-entropy")
    caption(axes[2], "trained: both modes on one curve")
    legend(axes[2])
    return page.save(out)
