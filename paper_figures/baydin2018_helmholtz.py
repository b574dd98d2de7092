"""Helmholtz's energy of a mixture: forward mode grows with the inputs, reverse is flat; with the outputs it is the other way."""

from __future__ import annotations

from typing import Any

import numpy as np

import adkit
from adkit.compare.measure import Plan, sample
from adkit.compare.problems.thermodynamics import helmholtz, helmholtz_gradient, helmholtz_problem

from .common import BLUE, PAPER, RED, SOFT, THEORY, Page, caption, legend

TITLE = "The gradient of Helmholtz's energy: forward mode pays per input, reverse mode per output"
CLAIM = (
    "For a scalar function of n inputs forward mode takes n sweeps and reverse mode one, so its cost relative to the function "
    "grows with n for forward and stays flat for reverse; for one input and m outputs it is the mirror image."
)
SOURCE = "Baydin et al. (2018), Automatic Differentiation in Machine Learning: a Survey, section 5, JMLR 18:153; Griewank (1989)"


def swept(f: Any, x: Any) -> tuple[int, int, float]:
    """Tangents of forward mode, cotangents of reverse mode, and the relative difference of the two Jacobians."""
    with adkit.count_sweeps() as counts:
        ahead, back = adkit.jacfwd(f)(x), adkit.jacrev(f)(x)
    return counts.forward_directions, counts.reverse_directions, float(np.abs(ahead - back).max() / np.abs(back).max())


def mirror(A: Any, b: Any) -> Any:
    """One input and as many outputs as ``b`` has entries: the energy's parts along a mixture that grows richer."""
    return lambda s: s * b * np.log(s * b / (1.0 - 0.1 * s)) - (A @ b) * s**2 * 0.5


def times(f: Any, x: Any, rounds: int, seed: int) -> dict[str, Any]:
    """For forward and reverse the ratios to the function's time in the same round."""
    runs = {"value": lambda: f(x), "forward": lambda: adkit.jacfwd(f)(x), "reverse": lambda: adkit.jacrev(f)(x)}
    found = sample(runs, Plan(rounds=rounds, least=rounds, sample_seconds=0.0003), np.random.default_rng(seed))
    below = np.array(found["value"], dtype=float)
    return {mode: np.quantile(np.array(found[mode], dtype=float) / below, [0.25, 0.5, 0.75]) for mode in ("forward", "reverse")}


def main(out: Any, seed: int = 0, quick: bool = False) -> dict[str, Any]:
    """Draw the figure into a folder."""
    page = Page(__name__, seed, quick)
    sizes, rounds = ((1, 4, 16, 64), 7) if quick else ((1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024), 15)
    page.settings = f"medians and middle half of {rounds} paired rounds; only sweeps and agreement are asserted, not times"
    table: dict[str, list[Any]] = {"inputs": [], "outputs": []}
    agree, by_hand = 0.0, 0.0
    for n in sizes:
        instance = helmholtz_problem.instance(str(n), seed)
        (x,), data = instance.params, dict(instance.data)

        def energy(x: Any, data: Any = data) -> Any:
            return helmholtz(np, x, **data)

        parts = mirror(data["a"], data["b"])
        for axis, f, at in (("inputs", energy, x), ("outputs", parts, np.float64(0.7))):
            tangents, cotangents, gap = swept(f, at)
            agree = max(agree, gap)
            table[axis].append((n, tangents, cotangents, times(f, at, rounds, seed)))
        exact = helmholtz_gradient(x, **data)
        by_hand = max(by_hand, float(np.abs(adkit.grad(energy)(x) - exact).max() / np.abs(exact).max()))
    many, one = str(list(sizes)), str([1] * len(sizes))
    for axis, words, wanted in (("inputs", "n inputs, one output", (many, one)), ("outputs", "one input, m outputs", (one, many))):
        for k, kind in ((1, "tangents of forward mode"), (2, "cotangents of reverse mode")):
            page.equal(f"{kind}, {words}", str([row[k] for row in table[axis]]), wanted[k - 1], PAPER)
    page.at_most("relative difference of forward and reverse", agree, 1e-12, THEORY)
    page.at_most("relative difference of reverse and the gradient by hand", by_hand, 1e-12, THEORY)

    axes = page.panels(1, 3)
    for mode, colour, marker, k in (("forward: tangents", BLUE, "o", 1), ("reverse: cotangents", RED, "s", 2)):
        axes[0].loglog(sizes, [row[k] for row in table["inputs"]], marker, linestyle="-", color=colour, label=mode)
        axes[0].loglog(sizes, [row[k] for row in table["outputs"]], linestyle="--", color=colour, alpha=0.6, linewidth=3,
                       label=f"{mode}, mirrored")  # fmt: skip
    axes[0].set_xlabel("inputs n (mirrored: outputs m)")
    axes[0].set_ylabel("directions swept")
    caption(axes[0], "counted")
    legend(axes[0])
    for panel, axis, words in zip(axes[1:], table, ("n inputs, one output: times", "one input, m outputs: times"), strict=True):
        for mode, colour, marker in (("forward", BLUE, "o"), ("reverse", RED, "s")):
            low, middle, high = np.array([row[3][mode] for row in table[axis]]).T
            panel.loglog(sizes, middle, marker, linestyle="-", color=colour, label=mode)
            panel.fill_between(sizes, low, high, color=colour, alpha=0.18)
        panel.axhline(1, color=SOFT, linewidth=0.8, linestyle=":")
        panel.set_xlabel("inputs n" if axis == "inputs" else "outputs m")
        caption(panel, words)
        legend(panel)
    axes[1].set_ylabel("time of all derivatives / time of the function")
    return page.save(out)
