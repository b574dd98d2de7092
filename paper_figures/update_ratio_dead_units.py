"""Two things to watch: how large a step is beside the weights, and how many units have died."""

from __future__ import annotations

from typing import Any

import numpy as np

from adkit import nn
from adkit.data import load_digits

from .common import BLUE, GREEN, RED, REFERENCE, SKY, THEORY, Page, caption, legend

TITLE = "Watch the step and the dead: updates of about 1e-3 of the weights, and relus that no example reaches"
CLAIM = (
    "An update should be about a thousandth of its parameters. A learning rate that is too large throws relus to where no "
    "example reaches them, and they never come back; with He initialisation and a sound rate few die, and leaky relus never."
)
SOURCE = "Osindero, Neural Nets, Backprop, Automatic Differentiation (UCL x DeepMind lecture), the slides on diagnostics"

RATES = (0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 1.5, 2.0)


def train(kind: type[nn.Module], rate: float, seed: int, steps: int) -> tuple[float, Any, bool]:
    """The fraction of dead units, the update ratios at each step (steps, layers), and whether the weights are still finite."""
    digits, order = load_digits(), np.random.default_rng(0).permutation(1797)
    x, t = digits.images[order][:1437], nn.one_hot(digits.labels[order][:1437], 10)
    net = nn.Sequential(nn.Linear(64, 100, "he"), kind(), nn.Linear(100, 100, "he"), kind(), nn.Linear(100, 10))
    params, optimizer, rng, ratios = net.init(seed), nn.SGD(lr=rate), np.random.default_rng((seed, 1)), []
    gradient = nn.gradient_of("reverse", net, nn.softmax_cross_entropy, compile=True)
    with np.errstate(all="ignore"):
        for _ in range(steps):
            batch = rng.integers(0, len(x), 64)
            _, g, _ = gradient(params, {}, x[batch], t[batch])
            new, _ = optimizer.update(params, g, {})
            ratios.append(list(nn.update_ratio(params, new).numbers["ratio"].values()))
            params = new
        dead = nn.dead_units(net, params, x).numbers["fraction"]
        finite = all(np.isfinite(p).all() for layer in params.values() for p in layer.values())
    return float(dead), np.array(ratios), finite


def main(out: Any, seed: int = 0, quick: bool = False) -> dict[str, Any]:
    """Draw the figure into a folder."""
    page = Page(__name__, seed, quick)
    page.seeds = [seed] if quick else [seed + k for k in range(5)]
    steps, rates = (100, (0.02, 0.1, 0.5, 2.0)) if quick else (300, RATES)
    page.settings = f"digits, 64-100-100-10, He initialisation, SGD, batches of 64, {steps} steps; medians of the seeds"
    dead: dict[str, dict[float, float]] = {"relu": {}, "leaky relu": {}}
    ratios: dict[float, Any] = {}
    for name, kind in (("relu", nn.Relu), ("leaky relu", nn.LeakyRelu)):
        for rate in rates:
            runs = [train(kind, rate, s, steps) for s in page.seeds]
            finite = [d for d, _, ok in runs if ok]
            if finite:  # of weights that are no numbers nothing can be said
                dead[name][rate] = float(np.median(finite))
            if name == "relu":
                ratios[rate] = runs[0][1]
    page.at_least(f"relu, rate {rates[-1]:g}: fraction of dead units", dead["relu"][rates[-1]], 0.5, REFERENCE)
    page.at_most("relu, He, rate 0.02: fraction of dead units", dead["relu"][0.02], 0.1, REFERENCE)
    leaky = max(dead["leaky relu"].values())
    page.equal("leaky relu: greatest fraction of dead units, all rates that stay finite", leaky, 0.0, REFERENCE)
    page.at_least("rates at which the leaky relu stays finite", len(dead["leaky relu"]), 3, THEORY)
    late = {rate: float(np.exp(np.mean(np.log(np.maximum(found[-50:, 0], 1e-12))))) for rate, found in ratios.items()}
    of = "rate 0.02: log10 of the first layer's update ratio, mean of the last 50 steps"
    page.within(of, np.log10(late[0.02]), -3, 0.5, REFERENCE)
    before, grown = {"W": np.ones((2, 2))}, lambda r: {"W": np.full((2, 2), 1 + r)}
    flags = [nn.update_ratio(before, grown(r)).ok for r in (0.9e-4, 1.1e-4, 0.9e-2, 1.1e-2)]
    page.equal("ratios .9e-4, 1.1e-4, .9e-2, 1.1e-2: all well?", str(flags), str([False, True, True, False]), THEORY)

    left, right = page.panels(1, 2, size=(10.4, 4.4))
    left.axhspan(1e-4, 1e-2, color=SKY, alpha=0.3, label="healthy, 1e-4 to 1e-2")
    shown = ((0.02, BLUE, "-"), (0.5, GREEN, "--"), (2.0, RED, ":"))
    for rate, colour, dash in shown:
        values = ratios[rate][:, 0]
        drawn = np.where((values > 1e-7) & np.isfinite(values), values, np.nan)
        left.semilogy(np.arange(1, steps + 1), drawn, color=colour, linestyle=dash, linewidth=1.2, label=f"rate {rate:g}")
    left.set_xlabel("steps")
    left.set_ylabel("|update| / |weights|, first layer")
    left.set_ylim(1e-7, 1e1)
    caption(left, "relu: the size of a step")
    legend(left, loc="lower left")
    for name, colour, marker, dash in (("relu", RED, "o", "-"), ("leaky relu", BLUE, "s", "--")):
        right.semilogx(list(dead[name]), [100 * v for v in dead[name].values()], marker, linestyle=dash, color=colour, label=name)
    right.axhline(10, color=GREEN, linewidth=0.9, linestyle=":")
    right.set_xlabel("learning rate")
    right.set_ylabel("dead units, %")
    right.set_ylim(-3, 103)
    caption(right, f"after {steps} steps, where the weights are finite")
    legend(right, loc="upper left")
    return page.save(out)
