"""Batch normalisation: a network of sigmoids learns faster, and the inputs of its units keep their distribution."""

from __future__ import annotations

from typing import Any

import numpy as np

from adkit import nn
from adkit.data import load_digits

from .common import BLUE, PAPER, RED, REFERENCE, Page, caption, legend

TITLE = "Batch normalisation: sigmoids learn many times faster, and their inputs stay put"
CLAIM = (
    "A network of three layers of 100 sigmoids reaches a higher accuracy in fewer steps with batch normalisation than without; "
    "the quantiles of a unit's input drift while it trains, and stay stable with it."
)
SOURCE = "Ioffe & Szegedy (2015), Batch Normalization: Accelerating Deep Network Training, fig. 1, arXiv:1502.03167"

WANTED = {False: (0.400, 0.869, 0.969, 0.983), True: (0.978, 0.992, 0.992, 0.992)}
"""Test accuracy after 500, 1000, 1500, 2000 steps, without and with."""
QUANTILES = (0.15, 0.5, 0.85)


def network(normalised: bool) -> nn.Sequential:
    """64-100-100-100-10, sigmoids, small Gaussian weights."""
    parts: list[nn.Module] = []
    for n_in in (64, 100, 100):
        parts += [nn.Linear(n_in, 100, init=0.1), *([nn.BatchNorm(100)] if normalised else []), nn.Sigmoid()]
    return nn.Sequential(*parts, nn.Linear(100, 10, init=0.1))


def train(normalised: bool, seed: int, steps: int, every: int) -> tuple[Any, Any]:
    """Test accuracies, and quantiles of what goes into one sigmoid of the last hidden layer, each so many steps."""
    digits, order = load_digits(), np.random.default_rng(0).permutation(1797)
    x, t = digits.images[order], nn.one_hot(digits.labels[order], 10)
    net, rng = network(normalised), np.random.default_rng((seed, 1))
    params, state, optimizer = net.init(seed), net.init_state(), nn.SGD(lr=0.5)
    gradient, memory = nn.gradient_of("reverse", net, nn.softmax_cross_entropy, compile=True), optimizer.init(params)
    right, spread = [], []
    for step in range(1, steps + 1):
        batch = rng.integers(0, 1437, 60)
        _, g, state = gradient(params, state, x[batch], t[batch])
        params, memory = optimizer.update(params, g, memory)
        if step % every == 0:
            y, kept = net.forward_by_hand(params, x[1437:], state=state)
            right.append(np.mean(y.argmax(axis=1) == t[1437:].argmax(axis=1)))
            spread.append(np.quantile(kept.children["sigmoid3"].xs[0][:, 0], QUANTILES))
    return np.array(right), np.array(spread)


def main(out: Any, seed: int = 0, quick: bool = False) -> dict[str, Any]:
    """Draw the figure into a folder."""
    page = Page(__name__, seed, quick)
    page.seeds = [seed] if quick else [seed + k for k in range(5)]
    steps, every = (1000 if quick else 2000), 100
    page.settings = f"digits, a permutation's first 1437 to train on; batches of 60, SGD 0.5, {steps} steps; means of the seeds"
    runs = {bn: [train(bn, s, steps, every) for s in page.seeds] for bn in (False, True)}
    means = {bn: np.mean([right for right, _ in found], axis=0) for bn, found in runs.items()}
    for bn, name in ((False, "without"), (True, "with")):
        for k, at in enumerate(range(500, steps + 1, 500)):
            # One run varies by .1 where the curve is steep.
            tolerance = (0.2 if quick and not bn else 0.05) if not bn else 0.02
            page.within(f"{name}: test accuracy after {at} steps", means[bn][at // every - 1], WANTED[bn][k], tolerance, REFERENCE)
    gained = means[True][500 // every - 1] - means[False][500 // every - 1]
    page.at_least("gain in accuracy after 500 steps", gained, 0.2, PAPER)

    left, middle, right = page.panels(1, 3)
    at = np.arange(every, steps + 1, every)
    for bn, colour, dash, name in ((False, RED, "--", "without"), (True, BLUE, "-", "with batch normalisation")):
        each = np.array([found for found, _ in runs[bn]])
        left.plot(at, means[bn], color=colour, linestyle=dash, label=name)
        left.fill_between(at, each.min(axis=0), each.max(axis=0), color=colour, alpha=0.15)
    ends = range(500, steps + 1, 500)
    for bn, colour in ((False, RED), (True, BLUE)):
        left.plot(ends, WANTED[bn][: len(ends)], "x", color=colour, label="a reference run" if bn else None)
    left.set_xlabel("steps")
    left.set_ylabel("test accuracy")
    caption(left, "learning")
    legend(left, loc="lower right")
    for panel, bn, name in ((middle, False, "without"), (right, True, "with")):
        spread = runs[bn][0][1]
        for k, (q, dash) in enumerate(zip(QUANTILES, (":", "-", "--"), strict=True)):
            panel.plot(at, spread[:, k], color=BLUE if bn else RED, linestyle=dash, label=f"{100 * q:.0f} %")
        panel.set_xlabel("steps")
        panel.set_ylabel("input of a sigmoid, last hidden layer")
        caption(panel, f"quantiles over the test images, {name}")
        legend(panel)
    return page.save(out)
