"""LSUV: weights scaled by what the data do to them, so that every layer's output has variance 1, whatever the activation."""

from __future__ import annotations

from typing import Any

import numpy as np

from adkit import nn
from adkit.data import load_digits

from .common import BLUE, GREEN, PAPER, RED, REFERENCE, Page, caption, legend

TITLE = "LSUV: unit variance in every layer, for every activation, from one batch of data"
CLAIM = (
    "Orthonormal weights, divided layer by layer by the standard deviation of what they give on a batch, make every layer's "
    "output have variance 1; deep networks of any activation then train as well as with initialisers made for one."
)
SOURCE = "Mishkin & Matas (2015), All You Need Is a Good Init, algorithm 1, arXiv:1511.06422"

DEPTH, WIDTH = 10, 100
KINDS: dict[str, type[nn.Module]] = {"relu": nn.Relu, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}


def network(kind: str, init: str = "xavier") -> nn.Sequential:
    """64 inputs, ten layers of 100, ten outputs."""
    parts: list[nn.Module] = []
    for n_in in (64, *[WIDTH] * (DEPTH - 1)):
        parts += [nn.Linear(n_in, WIDTH, init), KINDS[kind]()]
    return nn.Sequential(*parts, nn.Linear(WIDTH, 10, init))


def variances(net: nn.Sequential, params: Any, x: Any) -> Any:
    """The variance of what each linear layer gives."""
    _, memory = net.forward_by_hand(params, x)
    return np.array([np.var(memory.children[f"linear{k}"].y) for k in range(1, DEPTH + 2)])


def losses(net: nn.Sequential, params: Any, x: Any, t: Any, seed: int, steps: int) -> Any:
    """The loss at each step of gradient descent."""
    gradient, optimizer = nn.gradient_of("reverse", net, nn.softmax_cross_entropy, compile=True), nn.SGD(lr=0.02)
    memory, rng, found = optimizer.init(params), np.random.default_rng((seed, 1)), []
    for _ in range(steps):
        batch = rng.integers(0, len(x), 64)
        loss, g, _ = gradient(params, {}, x[batch], t[batch])
        params, memory = optimizer.update(params, g, memory)
        found.append(float(loss))
    return np.array(found)


def main(out: Any, seed: int = 0, quick: bool = False) -> dict[str, Any]:
    """Draw the figure into a folder."""
    page = Page(__name__, seed, quick)
    page.seeds = [seed] if quick else [seed + k for k in range(3)]
    steps = 150 if quick else 400
    page.settings = f"{DEPTH} layers of {WIDTH} on digits; LSUV on 500 images, variances on 500 others; SGD 0.02, batches of 64"
    digits, order = load_digits(), np.random.default_rng(0).permutation(1797)
    x, t = digits.images[order], nn.one_hot(digits.labels[order], 10)
    after, before, curves = {}, {}, {}
    for kind in KINDS:
        worst = []
        for s in page.seeds:
            net = network(kind)
            params = nn.lsuv(net, x[:500], rng=s)
            worst.append(np.abs(variances(net, params, x[:500]) - 1).max())
            after[kind], before[kind] = variances(net, params, x[500:1000]), variances(net, net.init(s), x[500:1000])
        page.at_most(f"{kind}: greatest |variance - 1| of a layer, on the batch", max(worst), 0.1, REFERENCE)
        page.at_most(f"{kind}: the same on images that it has not seen", np.abs(after[kind] - 1).max(), 0.2, PAPER)
    for name, init in (("LSUV", None), ("He", "he"), ("Xavier", "xavier")):
        runs = []
        for s in page.seeds:
            net = network("relu", init or "xavier")
            params = nn.lsuv(net, x[:500], rng=s) if init is None else net.init(s)
            runs.append(losses(net, params, x[:1437], t[:1437], s, steps))
        curves[name] = np.mean(runs, axis=0)
    ends = {name: float(curve[-50:].mean()) for name, curve in curves.items()}
    page.at_most("relu: loss of the last 50 steps, LSUV over Xavier", ends["LSUV"] / ends["Xavier"], 0.7, PAPER)
    page.at_most("relu: loss of the last 50 steps, LSUV over He", ends["LSUV"] / ends["He"], 1.1, PAPER)

    left, right = page.panels(1, 2, size=(10.4, 4.3))
    layers = np.arange(1, DEPTH + 2)
    for kind, colour, marker in zip(KINDS, (BLUE, RED, GREEN), ("o", "s", "^"), strict=True):
        left.semilogy(layers, before[kind], marker, linestyle=":", color=colour, alpha=0.6, label=f"{kind}, Xavier")
        left.semilogy(layers, after[kind], marker, linestyle="-", color=colour, label=f"{kind}, LSUV")
    left.set_xlabel("linear layer")
    left.set_ylabel("variance of its output")
    caption(left, "on 500 images that LSUV has not seen")
    legend(left, ncols=3, loc="lower left")
    left.set_ylim(bottom=min(v.min() for v in before.values()) / 30)
    for (name, curve), colour, dash in zip(curves.items(), (BLUE, GREEN, RED), ("-", "--", ":"), strict=True):
        smooth = np.convolve(curve, np.ones(10) / 10, mode="valid")
        right.plot(np.arange(10, steps + 1), smooth, color=colour, linestyle=dash, label=name)
    right.set_xlabel("steps")
    right.set_ylabel("cross-entropy, mean of 10 steps")
    caption(right, "training, relu")
    legend(right)
    return page.save(out)
