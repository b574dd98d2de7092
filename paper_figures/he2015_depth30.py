"""Thirty relu layers: the signal under three initialisations, and whether training begins."""

from __future__ import annotations

from typing import Any

import numpy as np

from adkit import nn
from adkit.data import load_digits

from .common import BLUE, GREEN, PAPER, RED, REFERENCE, THEORY, Page, caption, legend

TITLE = "Thirty relu layers: with Xavier's initialisation training stalls, with He's it begins"
CLAIM = (
    "A relu drops half of the signal, so weights need the variance 2/n; with 1/n the mean square of the activations halves a "
    "layer, and a network of 30 layers stalls, whereas with 2/n it keeps its size and the network converges."
)
SOURCE = "He et al. (2015), Delving Deep into Rectifiers, fig. 3, arXiv:1502.01852"

DEPTH, WIDTH = 30, 256
INITS: dict[str, tuple[Any, float, float]] = {
    "std 0.01": (0.01, 2e-57, (WIDTH * 1e-4 / 2) ** DEPTH), "Xavier": ("xavier", 7.8e-10, 0.5**DEPTH), "He": ("he", 1.28, 1.0),
}  # fmt: skip
"""The initialiser; E|h|^2 after 30 layers over that of the input, in the reference run; and its expectation."""


def energies(init: Any, seed: int) -> Any:
    """E|h|^2 after each layer, over that of the input."""
    net = nn.Sequential(*[part for _ in range(DEPTH) for part in (nn.Linear(WIDTH, WIDTH, init), nn.Relu())])
    x = np.random.default_rng((seed, 1)).normal(size=(128, WIDTH))
    _, memory = net.forward_by_hand(net.init(seed), x)
    return np.array([1.0, *[np.mean(memory.children[f"relu{k}"].y ** 2) / np.mean(x**2) for k in range(1, DEPTH + 1)]])


def losses(init: str, seed: int, steps: int) -> tuple[Any, float]:
    """The loss at each step of training 30 layers of 64 on digits, and the test accuracy at the end."""
    digits, order = load_digits(), np.random.default_rng(0).permutation(1797)
    x, t = digits.images[order], nn.one_hot(digits.labels[order], 10)
    widths = [64] * (DEPTH + 1)
    parts = [part for n_in in widths[:-1] for part in (nn.Linear(n_in, 64, init), nn.Relu())]
    net, rng, optimizer = nn.Sequential(*parts, nn.Linear(64, 10, init)), np.random.default_rng((seed, 1)), nn.SGD(lr=0.01)
    params, found = net.init(seed), []
    gradient = nn.gradient_of("reverse", net, nn.softmax_cross_entropy, compile=True)
    for _ in range(steps):
        batch = rng.integers(0, 1437, 64)
        loss, g, _ = gradient(params, {}, x[batch], t[batch])
        found.append(float(loss))
        params, _ = optimizer.update(params, g, {})
    return np.array(found), float(np.mean(net(params, x[1437:]).argmax(axis=1) == t[1437:].argmax(axis=1)))


def main(out: Any, seed: int = 0, quick: bool = False) -> dict[str, Any]:
    """Draw the figure into a folder."""
    page = Page(__name__, seed, quick)
    page.seeds = [seed + k for k in range(3 if quick else 9)]
    steps, trained = (500, page.seeds[:1]) if quick else (1500, page.seeds[:3])
    page.settings = (f"layers of {WIDTH}, medians; trained: layers of 64 on digits, SGD 0.01, batches of 64, "
                     f"{len(trained)} seed(s)")  # fmt: skip
    found = {name: np.array([energies(init, s) for s in page.seeds]) for name, (init, _, _) in INITS.items()}
    for name, (_, wanted, expected) in INITS.items():
        # One network's energy is a product of thirty random factors: it is compared in powers of ten.
        last = np.log10(np.median(found[name][:, -1]))
        page.within(f"{name}: log10 of E|h|² after 30 layers over the input's", last, np.log10(wanted), 0.7, REFERENCE)
        page.within(f"{name}: the same, beside its expectation", last, np.log10(expected), 0.7, THEORY)
    runs = {init: [losses(init, s, steps) for s in trained] for init in ("xavier", "he")}
    ends = {init: float(np.mean([loss[-50:].mean() for loss, _ in of])) for init, of in runs.items()}
    page.at_least("Xavier: mean loss of the last 50 steps, where log 10 is 2.303", ends["xavier"], 2.2, PAPER)
    page.at_most("He: mean loss of the last 50 steps", ends["he"], 1.8 if quick else 0.8, PAPER)

    left, right = page.panels(1, 2, size=(10.4, 4.3))
    for (name, rows), colour, dash in zip(found.items(), (GREEN, RED, BLUE), (":", "--", "-"), strict=True):
        left.semilogy(range(DEPTH + 1), np.median(rows, axis=0), color=colour, linestyle=dash, label=name)
        left.fill_between(range(DEPTH + 1), rows.min(axis=0), rows.max(axis=0), color=colour, alpha=0.15)
    left.set_xlabel("relu layers")
    left.set_ylabel("E|h|² / E|x|²")
    caption(left, "the signal at the start")
    legend(left)
    for (init, of), colour, dash in zip(runs.items(), (RED, BLUE), ("--", "-"), strict=True):
        for k, (loss, _) in enumerate(of):
            smooth = np.convolve(loss, np.ones(25) / 25, mode="valid")
            name = {"xavier": "Xavier", "he": "He"}[init]
            score = np.median([accuracy for _, accuracy in of])
            right.plot(np.arange(25, steps + 1), smooth, color=colour, linestyle=dash, alpha=0.9 - 0.25 * k,
                       label=None if k else f"{name}: test accuracy {score:.2f}")  # fmt: skip
    right.set_xlabel("steps")
    right.set_ylabel("cross-entropy, mean of 25 steps")
    right.set_ylim(bottom=0)
    caption(right, "training 30 layers")
    legend(right, loc="lower left")
    return page.save(out)
