"""Gradients without backpropagation: (g.v) v from one forward sweep is g on average, and trains a classifier."""

from __future__ import annotations

from typing import Any

import numpy as np

import adkit
from adkit import nn
from adkit.data import load_digits

from .common import BLUE, GREEN, PURPLE, RED, REFERENCE, THEORY, Page, caption, legend

TITLE = "The forward gradient: right on average, and enough to learn from"
CLAIM = (
    "The directional derivative along a random v, times v, is an unbiased estimate of the gradient. One forward sweep gives it, "
    "and stochastic gradient descent on it learns, at smaller learning rates and more slowly per step."
)
SOURCE = "Baydin et al. (2022), Gradients without Backpropagation, arXiv:2202.08587"

BACKPROP = {0.001: 0.867, 0.01: 0.922, 0.1: 0.967, 0.5: 0.981}
FORWARD = {0.001: 0.794, 0.003: 0.850, 0.01: 0.900}
"""Test accuracy of the softmax classifier after 3000 steps, by learning rate."""


def spread(kind: str, n: int, draws: int, seed: int) -> tuple[float, float]:
    """E |estimate|^2 / |g|^2, and how far the mean estimate is from g, in units of its standard error."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)

    def f(x: Any) -> Any:
        return np.sum(np.sin(x) * x) + np.log(np.sum(x * x))

    g = adkit.grad(f)(x)
    estimates = np.empty((draws, n))
    for k in range(draws):
        v = nn.random_direction(x, rng, kind)
        estimates[k] = adkit.jvp(f, (x,), (v,))[1] * v
    mean, error = estimates.mean(axis=0), estimates.std(axis=0) / np.sqrt(draws)
    return float(np.mean(np.sum(estimates**2, axis=1)) / np.sum(g * g)), float(np.sqrt(np.mean(((mean - g) / error) ** 2)))


def accuracy(mode: str, lr: float, steps: int, seed: int, every: int) -> Any:
    """Test accuracy each so many steps of SGD, batches of 64, from zero weights."""
    digits, order = load_digits(), np.random.default_rng(0).permutation(1797)
    x, t = digits.images[order], nn.one_hot(digits.labels[order], 10)
    net, rng = nn.Linear(64, 10, "zeros"), np.random.default_rng((seed, 7))
    params, optimizer, found = net.init(seed), nn.SGD(lr=lr), []
    gradient = nn.gradient_of(mode, net, nn.softmax_cross_entropy)
    for step in range(1, steps + 1):
        batch = rng.integers(0, 1437, 64)
        _, g, _ = gradient(params, {}, x[batch], t[batch], None, rng)
        params, _ = optimizer.update(params, g, {})
        if step % every == 0:
            found.append(np.mean(net(params, x[1437:]).argmax(axis=1) == t[1437:].argmax(axis=1)))
    return np.array(found)


def main(out: Any, seed: int = 0, quick: bool = False) -> dict[str, Any]:
    """Draw the figure into a folder."""
    page = Page(__name__, seed, quick)
    page.seeds = [seed] if quick else [seed, seed + 1, seed + 2]
    draws = 4000 if quick else 20_000
    sizes = (2, 50) if quick else (2, 5, 10, 20, 50)
    left, right = page.panels(1, 2)
    for kind, more, colour, marker in (("gaussian", 2, BLUE, "o"), ("rademacher", 0, RED, "s")):
        found = [spread(kind, n, draws, seed) for n in sizes]
        left.plot(sizes, [ratio for ratio, _ in found], marker, color=colour, label=f"{kind.capitalize()} v")
        left.plot(sizes, [n + more for n in sizes], color=colour, linewidth=1, label=f"n + {more}" if more else "n")
        tolerance = 6 * np.sqrt(2.0 / draws) * (sizes[-1] + 2)
        of = f"{kind}, n = 50: "
        page.within(of + "mean square of the estimate over that of the gradient", found[-1][0], 50 + more, tolerance, THEORY)
        page.at_most(of + "distance of the mean estimate from the gradient, in standard errors", found[-1][1], 2, THEORY)
    left.set_xlabel("parameters n")
    left.set_ylabel("E |estimate|² / |gradient|²")
    caption(left, f"{draws:,} random directions")
    legend(left)
    steps, every = (600, 100) if quick else (3000, 250)
    rates = {"reverse": {0.1: BACKPROP[0.1]}, "forward-gradient": {0.01: FORWARD[0.01]}} if quick else {
        "reverse": BACKPROP, "forward-gradient": FORWARD}  # fmt: skip
    names = {"reverse": "backpropagation", "forward-gradient": "forward gradient"}
    for mode, colours in (("reverse", (BLUE,) * 4), ("forward-gradient", (PURPLE, RED, GREEN))):
        dashes = ("-", "--", "-.", ":")
        for k, (lr, wanted) in enumerate(rates[mode].items()):
            seeds = page.seeds if mode == "forward-gradient" else page.seeds[:1]
            run = np.mean([accuracy(mode, lr, steps, s, every) for s in seeds], axis=0)
            right.plot(np.arange(every, steps + 1, every), run, color=colours[k], linestyle=dashes[k],
                       label=f"{names[mode]}, lr {lr:g}")  # fmt: skip
            if quick:
                least = 0.85 if mode == "reverse" else 0.5
                page.at_least(f"{names[mode]}, lr {lr:g}: test accuracy after {steps} steps", run[-1], least, REFERENCE)
            else:
                # The forward gradient's own spread from seed to seed is about 0.02.
                tolerance = 0.025 if mode == "reverse" else 0.04
                page.within(f"{names[mode]}, lr {lr:g}: test accuracy after {steps} steps", run[-1], wanted, tolerance, REFERENCE)
    right.set_xlabel("steps")
    right.set_ylabel("test accuracy, digits")
    caption(right, "softmax on digits, batches of 64")
    legend(right, fontsize=7.5)
    page.settings = f"{draws} directions; digits, a permutation's first 1437 to train on; {steps} steps"
    return page.save(out)
