"""A function as a sum of bumps, in one dimension and two: how the error falls with the number of units."""

from __future__ import annotations

from typing import Any

import numpy as np

from adkit import nn

from .common import BLUE, ORANGE, PAPER, RED, REFERENCE, SKY, SOFT, THEORY, Page, caption, legend

TITLE = "One hidden layer approximates a function by bumps, with an error that falls as 1/N"
CLAIM = (
    "Sigmoid units come in pairs that make bumps; N of them side by side come as near to a continuous function as one likes. "
    "For a smooth function the largest error falls as 1/N. In two dimensions an outer sigmoid cuts a tower out of a cross."
)
SOURCE = "Cybenko (1989), Approximation by Superpositions of a Sigmoidal Function, MCSS 2:303-314; the lecture's bumps"

ERRORS = {10: 0.129, 20: 0.057, 40: 0.0285, 80: 0.0142, 160: 0.0071}
"""The largest error for sin 2 pi x, N bumps and the slope 10 N."""


def sine(x: Any) -> Any:
    """One period on [0, 1]."""
    return np.sin(2 * np.pi * x)


def main(out: Any, seed: int = 0, quick: bool = False) -> dict[str, Any]:
    """Draw the figure into a folder."""
    page = Page(__name__, seed, quick)
    page.seeds, page.settings = [], "sin 2πx on [0, 1], weights by hand, slope of the sigmoids 10 N"
    x = np.linspace(0, 1, 2001)[:, None]
    found = {}
    for n in ERRORS:
        net, params = nn.staircase(sine, n)
        found[n] = float(np.abs(net(params, x) - sine(x)).max())
    # With ten bumps the flanks are as wide as the sine's features, and how the heights are chosen matters.
    page.at_most("largest error, N = 10", found[10], ERRORS[10], REFERENCE)
    for n in (20, 40, 80, 160):
        page.within(f"largest error, N = {n}", found[n], ERRORS[n], 0.01 * ERRORS[n], REFERENCE)
    slope = float(np.polyfit(np.log(list(found)), np.log(list(found.values())), 1)[0])
    page.within("slope of log error against log N", slope, -1, 0.1, THEORY)

    side = np.linspace(-2, 2, 161)
    X, Y = np.meshgrid(side, side)
    tower = nn.bump_2d(X, Y)
    inside, outside = np.maximum(np.abs(X), np.abs(Y)) < 0.8, np.maximum(np.abs(X), np.abs(Y)) > 1.2
    page.at_least("two dimensions: least value well inside the square", tower[inside].min(), 0.9, PAPER)
    page.at_most("two dimensions: greatest value well outside it", tower[outside].max(), 0.1, PAPER)

    left, middle, right = page.panels(1, 3)
    left.plot(x, sine(x), color=SOFT, linewidth=4, alpha=0.5, label="sin 2πx")
    for n, colour, dash in ((5, ORANGE, "--"), (20, BLUE, "-")):
        net, params = nn.staircase(sine, n)
        left.plot(x, net(params, x), color=colour, linestyle=dash, linewidth=1.4, label=f"{n} bumps")
    places = (np.arange(5) + 0.5) / 5
    height = float(sine(0.2))
    left.fill_between(x[:, 0], 0, height * nn.bump(x[:, 0], places[0], places[1], 50.0), color=SKY, alpha=0.4, label="one bump")
    left.set_xlabel("x")
    left.set_ylabel("value")
    caption(left, "sigmoids side by side")
    legend(left, loc="upper right")
    middle.loglog(list(found), list(found.values()), "o-", color=BLUE, label="largest error")
    middle.loglog(list(ERRORS), list(ERRORS.values()), "x", color=RED, markersize=9, label="a reference run")
    counts = np.array(list(ERRORS))
    middle.loglog(counts, 2 * found[160] * 160 / counts, ":", color=SOFT, label="falls as 1/N")
    middle.set_xticks(list(ERRORS), [str(n) for n in ERRORS])
    middle.minorticks_off()
    middle.set_xlabel("bumps N")
    middle.set_ylabel("largest error on [0, 1]")
    caption(middle, f"slope {slope:.2f}")
    legend(middle)
    shown = right.imshow(tower, origin="lower", extent=(-2, 2, -2, 2), cmap="viridis", vmin=0, vmax=1)
    right.grid(False)
    right.set_xlabel("x₁")
    right.set_ylabel("x₂")
    caption(right, "four units and an outer sigmoid")
    right.figure.colorbar(shown, ax=right, shrink=0.85, label="output")
    return page.save(out)
