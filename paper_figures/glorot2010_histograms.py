"""Activations and gradients, layer by layer: the standard initialisation against the normalised one."""

from __future__ import annotations

from typing import Any

import numpy as np

from adkit import nn
from adkit.data import load_digits

from .common import BLUE, COLOURS, RED, REFERENCE, THEORY, Page, caption, legend

TITLE = "Xavier initialisation keeps activations and gradients alike from layer to layer"
CLAIM = (
    "With weights U(±1/√n) the variance of the back-propagated gradient falls by a factor of about 3 a layer and activations "
    "shrink; with U(±√(6/(n_in + n_out))) both keep their size. Sigmoids vanish even so, unless batch normalisation helps."
)
SOURCE = "Glorot & Bengio (2010), Understanding the Difficulty of Training Deep Feedforward Neural Networks, figs. 6-7, AISTATS"

LAYERS = 5


def standard(rng: Any, shape: Any) -> Any:
    """U(+-1/sqrt n_in), the usual choice before the paper."""
    return nn.uniform(1 / np.sqrt(shape[1]))(rng, shape)


def spreads(init: Any, width: int, scale: float, seed: int) -> tuple[list[Any], list[Any]]:
    """What each tanh layer gives, and the gradient of a random loss with respect to what goes into each."""
    net = nn.Sequential(*[part for _ in range(LAYERS) for part in (nn.Linear(width, width, init), nn.Tanh())])
    params, rng = net.init(seed), np.random.default_rng((seed, 1))
    x = scale * rng.normal(size=(300, width))
    y, memory = net.forward_by_hand(params, x)
    g, slopes = rng.normal(size=y.shape), []
    for name in reversed(net.children):
        kept = memory.children[name]
        g = net.children[name].input_gradients(params.get(name, {}), g, kept)[0]
        if name.startswith("tanh"):
            slopes.append(g)
    return [memory.children[f"tanh{k}"].y for k in range(1, LAYERS + 1)], slopes[::-1]


def first_over_last(normalised: bool, seed: int) -> float:
    """dL/dW of the first layer over that of the last, root mean squares: six layers of 100 sigmoids on digits."""
    digits, order = load_digits(), np.random.default_rng(0).permutation(1797)[:256]
    parts: list[nn.Module] = []
    for n_in in (64, *[100] * 5):
        parts += [nn.Linear(n_in, 100), *([nn.BatchNorm(100)] if normalised else []), nn.Sigmoid()]
    net = nn.Sequential(*parts, nn.Linear(100, 10))
    gradient = nn.gradient_of("reverse", net, nn.softmax_cross_entropy)
    t = nn.one_hot(digits.labels[order], 10)
    return float(nn.gradient_flow(gradient(net.init(seed), net.init_state(), digits.images[order], t)[1]).numbers["ratio"])


def main(out: Any, seed: int = 0, quick: bool = False) -> dict[str, Any]:
    """Draw the figure into a folder."""
    page = Page(__name__, seed, quick)
    page.seeds = [seed + k for k in range(2 if quick else 5)]
    width = 200 if quick else 500
    page.settings = f"{LAYERS} tanh layers of {width}, inputs N(0, 1); sigmoids on digits; medians of the seeds"
    inits = {"standard": standard, "Xavier": nn.xavier}
    steps = LAYERS - 1
    for name, init in inits.items():
        # Where tanh is almost linear the theory is exact: n Var(w) a layer, 1/3 and 1.
        ratios = []
        for s in page.seeds:
            _, slopes = spreads(init, width, 0.1, s)
            ratios.append((np.var(slopes[0]) / np.var(slopes[-1])) ** (1 / steps))
        wanted = 1 / 3 if name == "standard" else 1.0
        page.within(f"{name}: gradient variance kept a layer", np.median(ratios), wanted, 0.06 * wanted, THEORY)
    found = {name: spreads(init, width, 1.0, seed) for name, init in inits.items()}
    stds = {name: [[float(np.std(a)) for a in part] for part in both] for name, both in found.items()}
    kept = {name: both[0][-1] / both[0][0] for name, both in stds.items()}
    page.at_most("standard: activations of the last layer over those of the first", kept["standard"], 0.4, THEORY)
    page.at_least("Xavier: activations of the last layer over those of the first", kept["Xavier"], 0.5, THEORY)
    sigmoids = {bn: float(np.median([first_over_last(bn, s) for s in page.seeds])) for bn in (False, True)}
    for bn, wanted, name in ((False, 1e-4, "six layers of 100 sigmoids"), (True, 0.35, "the same with batch normalisation")):
        page.within(f"{name}: log10 of first over last dL/dW", np.log10(sigmoids[bn]), np.log10(wanted), 0.4, REFERENCE)

    axes = page.panels(2, 3, size=(12.6, 7.2))
    colours = (BLUE, COLOURS[1], COLOURS[2], COLOURS[3], COLOURS[5])
    for row, (name, (activations, slopes)) in zip(axes, found.items(), strict=True):
        limit = 3.5 * stds["Xavier"][1][-1]
        for panel, parts, end in ((row[0], activations, 1.0), (row[1], slopes, limit)):
            edges = np.linspace(-end, end, 81)
            for k, (part, colour, dash) in enumerate(zip(parts, colours, ("-", "--", "-.", ":", (0, (5, 1))), strict=True)):
                height, _ = np.histogram(part, edges, density=True)
                panel.plot((edges[1:] + edges[:-1]) / 2, height, color=colour, linestyle=dash, label=f"layer {k + 1}")
            panel.set_ylabel("density")
            panel.set_ylim(bottom=0)
        row[0].set_xlabel("activation")
        row[1].set_xlabel("dL/dz, back-propagated")
        caption(row[0], f"{name}: activations")
        caption(row[1], f"{name}: gradients")
        if name == "standard":  # the lines below are the same
            legend(row[0])
    for k, words in ((0, "activation"), (1, "gradient")):
        panel = axes[k, 2]
        for name, colour, marker, dash in (("standard", RED, "s", "--"), ("Xavier", BLUE, "o", "-")):
            panel.semilogy(range(1, LAYERS + 1), stds[name][k], marker, linestyle=dash, color=colour, label=name)
        panel.set_xticks(range(1, LAYERS + 1))
        panel.set_xlabel("layer")
        panel.set_ylabel(f"standard deviation of the {words}s")
        caption(panel, f"{words}s by layer")
        legend(panel)
    return page.save(out)
