"""Dropout, noise and weight decay on few examples: small gains, measured over several seeds."""

from __future__ import annotations

from typing import Any

import numpy as np

import adkit
from adkit import nn
from adkit.data import load_digits

from .common import BLUE, GREEN, ORANGE, PURPLE, REFERENCE, SOFT, THEORY, Page, caption

TITLE = "Dropout on 200 digits: a small gain, one scaled network for many"
CLAIM = (
    "Dropping half of the hidden units at random in training regularises a network that is large for its data; at test time the "
    "whole network with scaled weights stands for the average over all thinned ones."
)
SOURCE = "Srivastava et al. (2014), Dropout: A Simple Way to Prevent Neural Networks from Overfitting, JMLR 15:1929-1958"

WANTED = {"plain": 0.950, "weight decay": 0.957, "dropout": 0.957, "noise": 0.966}
DECAY, FRACTION, NOISE = 1e-2, 0.5, 0.3


def network(kind: str) -> nn.Sequential:
    """64-256-256-10, relu, with what is asked for after each hidden layer."""
    parts: list[nn.Module] = []
    for n_in in (64, 256):
        parts += [nn.Linear(n_in, 256, "he"), nn.Relu()]
        parts += [nn.Dropout(FRACTION)] if kind == "dropout" else [nn.Noise(NOISE)] if kind == "noise" else []
    return nn.Sequential(*parts, nn.Linear(256, 10))


def trained(kind: str, seed: int, epochs: int) -> tuple[nn.Sequential, Any, float, float]:
    """A network trained on 200 digits, its parameters, and its accuracy on the 360 of the test and on the 200."""
    digits, order = load_digits(), np.random.default_rng(0).permutation(1797)
    x, t = digits.images[order], nn.one_hot(digits.labels[order], 10)
    net = network(kind)
    run = nn.fit(net, nn.softmax_cross_entropy, (x[:200], t[:200]), nn.Adam(lr=1e-3), epochs=epochs, batch=50, seed=seed,
                 penalty=(lambda p: nn.weight_decay(p, DECAY)) if kind == "weight decay" else None, progress=False,
                 every=epochs, compile=kind in ("plain", "weight decay"))  # fmt: skip
    right = lambda part: float(np.mean(net(run.params, x[part]).argmax(axis=1) == t[part].argmax(axis=1)))
    return net, run.params, right(slice(1437, None)), right(slice(0, 200))


def main(out: Any, seed: int = 0, quick: bool = False) -> dict[str, Any]:
    """Draw the figure into a folder."""
    page = Page(__name__, seed, quick)
    page.seeds = [seed] if quick else [seed + k for k in range(5)]
    epochs = 60 if quick else 100
    page.settings = (f"200 digits to train on, 360 to test; 2 x 256 relu, Adam 0.001, {epochs} epochs of batches of 50; "
                     f"decay {DECAY}, dropout {FRACTION}, noise {NOISE}")  # fmt: skip
    runs = {kind: [trained(kind, s, epochs) for s in page.seeds] for kind in WANTED}
    test = {kind: np.array([r[2] for r in found]) for kind, found in runs.items()}
    for kind, wanted in WANTED.items():
        page.within(f"{kind}: test accuracy", test[kind].mean(), wanted, 0.03 if quick else 0.015, REFERENCE)
        page.at_least(f"{kind}: accuracy on the 200", float(np.mean([r[3] for r in runs[kind]])), 0.99, REFERENCE)
    # The effects are about as large as the spread between seeds: all that is asked is that none does harm.
    for kind in list(WANTED)[1:]:
        gain = test[kind].mean() - test["plain"].mean()
        page.at_least(f"{kind} less plain: test accuracy", gain, -0.02 if quick else -0.01, REFERENCE)
    digits, order = load_digits(), np.random.default_rng(0).permutation(1797)
    x, labels = digits.images[order][1437:], digits.labels[order][1437:]
    net, params = runs["dropout"][0][:2]
    counts = (1, 2, 4, 8, 16, 32) if quick else (1, 2, 4, 8, 16, 32, 64, 128)
    scaled, total, averaged = adkit.softmax(net(params, x)), np.zeros((len(x), 10)), {}
    for k in range(max(counts)):
        total += adkit.softmax(net(params, x, rng=(seed, k), training=True))
        if k + 1 in counts:
            averaged[k + 1] = total / (k + 1)
    apart = {k: float(np.abs(a - scaled).mean()) for k, a in averaged.items()}
    page.at_most("mean distance of the average over masks from the scaled network, probabilities", apart[max(counts)], 0.03, THEORY)
    # It does not vanish: after a softmax the average over masks is close to the scaled network, and no more.
    page.at_most("that distance, most masks over one mask", apart[max(counts)] / apart[1], 0.95, THEORY)
    masks, odds = nn.all_masks(8, FRACTION)
    W, h = np.random.default_rng(seed).normal(size=(3, 8)), np.linspace(0.2, 1.5, 8)
    exact = np.abs(odds @ ((masks * h) @ W.T) - (1 - FRACTION) * (W @ h)).max()
    page.at_most("linear layer, all 256 masks: average less scaled", exact, 1e-13, THEORY)

    left, right = page.panels(1, 2)
    for k, (kind, colour) in enumerate(zip(WANTED, (SOFT, GREEN, BLUE, ORANGE), strict=True)):
        left.plot(k + np.linspace(-0.15, 0.15, len(test[kind])), test[kind], "o", color=colour)
        left.plot([k - 0.3, k + 0.3], [test[kind].mean()] * 2, color=colour, linewidth=2)
        left.plot(k, WANTED[kind], "x", color="black", label="a reference run" if not k else None)
    left.set_xticks(range(4), list(WANTED))
    left.set_ylabel("test accuracy")
    low, high = left.get_ylim()
    left.set_ylim(low - 0.2 * (high - low), high)
    left.legend(fontsize=8, loc="lower right")
    caption(left, "each seed, and the mean")
    right.semilogx(counts, list(apart.values()), "o-", color=PURPLE)
    right.set_xticks(counts, [str(k) for k in counts])
    right.minorticks_off()
    right.set_ylim(0, 1.1 * max(apart.values()))
    right.set_xlabel("masks averaged over")
    right.set_ylabel("mean |difference| of probabilities")
    agree = float(np.mean(averaged[max(counts)].argmax(axis=1) == labels))
    caption(right, f"average against scaled: accuracy {agree:.3f}, {test['dropout'][0]:.3f}")
    return page.save(out)
