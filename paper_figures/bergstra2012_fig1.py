"""Grid against random search, nine trials each, on a function that hardly depends on one of its two variables."""

from __future__ import annotations

from typing import Any

import numpy as np

from adkit.search import Real, grid_search, random_search

from .common import BLUE, PAPER, RED, REFERENCE, SOFT, THEORY, Page, caption, legend

TITLE = "Nine trials: a grid tries three values of what matters, random search nine"
CLAIM = (
    "Where only one of two hyperparameters matters, a grid of nine tests three distinct values of it and random search nine, "
    "so random search finds the narrow optimum more often; sixty random trials hit the best 5 % with probability 0.95."
)
SOURCE = "Bergstra & Bengio (2012), Random Search for Hyper-Parameter Optimization, fig. 1, JMLR 13:281-305"

SPACE = {"x": Real(0, 1), "y": Real(0, 1)}
WIDTH = 0.05


def peak(x: float, y: float, at: float) -> float:
    """A peak of height 1 along ``x``; ``y`` adds next to nothing."""
    return float(np.exp(-(((x - at) / WIDTH) ** 2)) + 0.001 * y)


def best(search: str, at: float, seed: int) -> tuple[float, Any]:
    """The best of nine trials of one search, and the trials; the grid's points lie in the middle of its cells."""
    if search == "grid":
        cells = {name: Real(1 / 6, 5 / 6) for name in SPACE}
        found = grid_search(lambda x, y: -peak(x, y, at), cells, 3)
    else:
        found = random_search(lambda x, y: -peak(x, y, at), SPACE, 9, seed=seed)
    return -found.best.value, found


def main(out: Any, seed: int = 0, quick: bool = False) -> dict[str, Any]:
    """Draw the figure into a folder."""
    page = Page(__name__, seed, quick)
    peaks = 400 if quick else 4000
    page.settings = f"{peaks} places of the peak, of width {WIDTH}; nine trials each"
    places = np.random.default_rng(seed).random(peaks)
    means = {s: float(np.mean([best(s, at, seed + k)[0] for k, at in enumerate(places)])) for s in ("grid", "random")}
    tolerance = 0.06 if quick else 0.03
    page.within("grid: mean of the best of nine", means["grid"], 0.262, tolerance, REFERENCE)
    page.within("random: mean of the best of nine", means["random"], 0.516, tolerance, REFERENCE)
    found = {s: best(s, 0.42, seed)[1] for s in ("grid", "random")}
    for s, count in (("grid", 3), ("random", 9)):
        tried = len({t.params["x"] for t in found[s].trials})
        page.equal(f"{s}: distinct values of the variable that matters", tried, count, PAPER)
    page.within("probability that 60 random trials hit the best 5 %", 1 - 0.95**60, 0.9539, 5e-5, THEORY)

    axes = page.panels(1, 2)
    u = np.linspace(0, 1, 300)
    for (s, colour, marker), panel in zip((("grid", RED, "s"), ("random", BLUE, "o")), axes, strict=True):
        panel.fill_between(u, 1.05, 1.05 + 0.3 * np.exp(-(((u - 0.42) / WIDTH) ** 2)), color=SOFT, alpha=0.35, linewidth=0)
        x, y = [np.array([t.params[n] for t in found[s].trials]) for n in ("x", "y")]
        panel.plot(x, y, marker, color=colour, label="a trial")
        panel.vlines(x, y, 1.05, color=colour, linewidth=0.7, alpha=0.6)
        panel.set_xlabel("what matters")
        panel.set_ylabel("what does not")
        panel.set_ylim(0, 1.4)
        panel.set_yticks([0, 0.5, 1])
        caption(panel, f"{s}: mean of the best of nine {means[s]:.3f}")
    legend(axes[0], loc="lower left")
    return page.save(out)
