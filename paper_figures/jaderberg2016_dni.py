"""Layers that learn from predicted gradients: without the label (DNI), with it (cDNI), beside backpropagation."""

from __future__ import annotations

from typing import Any

import numpy as np

import adkit
from adkit import nn
from adkit.data import load_digits

from .common import BLUE, GREEN, PAPER, PURPLE, RED, REFERENCE, Page, caption, legend

TITLE = "Synthetic gradients: layers that do not wait for backpropagation"
CLAIM = (
    "A network whose layers learn from predicted gradients trains well; with predictors that see the label (cDNI) it matches "
    "backpropagation, and both are far better than training the last layer alone."
)
SOURCE = "Jaderberg et al. (2017), Decoupled Neural Interfaces using Synthetic Gradients, table 1, arXiv:1608.05343"

WIDTH, BATCH, LR = 128, 64, 3e-4
KINDS = {"none": (RED, ":"), "backprop": (BLUE, "-"), "DNI": (PURPLE, "-."), "cDNI": (GREEN, "--")}
FOUND = {2: {"none": 5.7, "backprop": 1.25, "DNI": 2.8, "cDNI": 1.1}, 4: {"none": 10.8, "backprop": 1.5, "DNI": 3.75, "cDNI": 1.5}}
"""Test errors in percent of the reference run, means of two seeds."""


def split() -> tuple[Any, Any, Any, Any]:
    """The first 1,437 of a permutation to train on, the others to test."""
    digits, order = load_digits(), np.random.default_rng(0).permutation(1797)
    x, t = digits.images[order], nn.one_hot(digits.labels[order], 10)
    return x[:1437], t[:1437], x[1437:], t[1437:]


def network(kind: str, hidden: int) -> nn.Decoupled:
    """``hidden`` relu layers and a linear one; for backpropagation all of them count as one layer."""
    widths = [64, *[WIDTH] * hidden]
    layers: list[nn.Module] = [nn.Sequential(nn.Linear(a, b, "he"), nn.Relu()) for a, b in zip(widths, widths[1:], strict=False)]
    layers.append(nn.Linear(WIDTH, 10))
    if kind == "backprop":
        return nn.Decoupled([nn.Sequential(*layers)], [])
    made = {"none": lambda: None, "DNI": lambda: nn.SyntheticGradient(WIDTH), "cDNI": lambda: nn.SyntheticGradient(WIDTH, 10)}
    return nn.Decoupled(layers, [made[kind]() for _ in range(hidden)])


def train(kind: str, hidden: int, seed: int, steps: int, every: int) -> Any:
    """The test error in percent, each so many steps."""
    x, t, x_test, t_test = split()
    net, optimizer, rng = network(kind, hidden), nn.Adam(lr=LR), np.random.default_rng((seed, 1))
    params = net.init(seed)
    memory, gradients, found = optimizer.init(params), adkit.compile(net.gradients), []
    for step in range(1, steps + 1):
        batch = rng.integers(0, len(x), BATCH)
        params, memory = optimizer.update(params, gradients(params, x[batch], t[batch])[1], memory)
        if step % every == 0:
            found.append(100 * np.mean(net(params, x_test).argmax(axis=1) != t_test.argmax(axis=1)))
    return np.array(found)


def main(out: Any, seed: int = 0, quick: bool = False) -> dict[str, Any]:
    """Draw the figure into a folder."""
    page = Page(__name__, seed, quick)
    page.seeds = [seed + k for k in range(1 if quick else 2)]
    depths, steps, every = ((2,), 1000, 200) if quick else ((2, 4), 6000, 500)
    page.settings = f"digits, a permutation's first 1437 to train on; relu, width {WIDTH}, batch {BATCH}, Adam {LR}, {steps} steps"
    labels = {kind: kind for kind in KINDS} | {"none": "last layer alone", "backprop": "backpropagation"}
    axes, last = np.atleast_1d(page.panels(1, len(depths), sharey=True)), {}
    for hidden, panel in zip(depths, axes, strict=True):
        for kind, (colour, dash) in KINDS.items():
            if quick and kind == "DNI":
                continue
            runs = np.array([train(kind, hidden, s, steps, every) for s in page.seeds])
            panel.plot(np.arange(every, steps + 1, every), runs.mean(axis=0), color=colour, linestyle=dash,
                       marker="o", markersize=3, label=labels[kind])  # fmt: skip
            last[hidden, kind] = float(runs[:, -1].mean())
        panel.set_yscale("log")
        panel.set_xlabel("steps")
        caption(panel, f"{hidden} hidden layers")
    axes[0].set_ylabel("test error, %")
    legend(axes[-1])
    for hidden in depths:
        page.within(f"{hidden} hidden layers: test error of cDNI less that of backpropagation, points",
                    last[hidden, "cDNI"] - last[hidden, "backprop"], 0, 2.0 if quick else 1.0, PAPER)  # fmt: skip
        page.at_least(f"{hidden} hidden layers: the last layer alone over cDNI, test errors",
                      last[hidden, "none"] / last[hidden, "cDNI"], 2, PAPER)  # fmt: skip
        if not quick:
            for kind in ("backprop", "DNI", "cDNI"):
                bound = FOUND[hidden][kind] + 1
                page.at_most(f"{hidden} hidden layers: test error of {kind}, %", last[hidden, kind], bound, REFERENCE)
    return page.save(out)
