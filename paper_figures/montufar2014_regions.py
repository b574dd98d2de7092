"""Linear regions: a deep relu network against one layer of as many units, counted."""

from __future__ import annotations

from typing import Any

import numpy as np

from adkit import nn

from .common import BLUE, PAPER, RED, SOFT, THEORY, Page, caption, legend

TITLE = "A deep relu network has more linear regions than one layer of as many units can have"
CLAIM = (
    "With n0 inputs and L layers of n units there are relu networks with at least floor(n/n0)^(n0 (L-1)) sum_j C(n, j) linear "
    "regions, which grows exponentially in L; one layer of all the units has at most sum_j C(nL, j), j <= n0."
)
SOURCE = "Montufar et al. (2014), On the Number of Linear Regions of Deep Neural Networks, theorem 4, arXiv:1402.1869"

RATIOS = {(1, 2, 2): (6, 5), (1, 2, 3): (12, 7), (1, 2, 5): (48, 11), (1, 2, 10): (1536, 21), (2, 4, 2): (44, 37),
          (2, 4, 3): (176, 79), (2, 4, 4): (704, 137), (2, 8, 2): (592, 137), (2, 8, 3): (9472, 301), (3, 6, 2): (336, 299),
          (3, 6, 3): (2688, 988)}  # fmt: skip
"""(n0, n, L): what some deep network has at least, and what any one layer has at most."""


def deep(n_in: int, width: int, depth: int, seed: int) -> tuple[nn.Sequential, dict[str, Any]]:
    """The theorem's network: layers that fold the unit cube onto itself, and a last one whose hyperplanes all cross inside it."""
    folds, params = nn.zigzag_network(depth - 1, width // n_in, n_in)
    W, b = crossing(n_in, width, seed)
    net = nn.Sequential(**folds.children, last=nn.Linear(n_in, width), on=nn.Relu())
    return net, params | {"last": {"W": W, "b": b}}


def crossing(n_in: int, units: int, seed: int) -> tuple[Any, Any]:
    """Points of a line, or lines of a plane, that cut the inside of the unit cube into as many parts as can be.

    In the plane: lines close to diameters of a circle about the middle, any two of which cross inside; of many draws
    the one whose smallest part is largest.
    """
    if n_in == 1:
        return np.ones((units, 1)), -(np.arange(units) + 1.0) / (units + 1)
    rng, best, kept = np.random.default_rng((seed, units)), (0, 0), (np.zeros((0, 0)), np.zeros(0))
    side = (np.arange(80) + 0.5) / 80
    grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    for _ in range(150):
        angle = np.pi * (np.arange(units) + rng.uniform(-0.3, 0.3, units)) / units
        W = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
        b = -W @ np.full(2, 0.5) + rng.uniform(-0.22, 0.22, units)
        _, sizes = np.unique(np.packbits(grid @ W.T + b > 0, axis=-1), axis=0, return_counts=True)
        score = (len(sizes), int(sizes.min()))
        if score > best:
            best, kept = score, (W, b)
    return kept


def seen(n_in: int, width: int, depth: int, seed: int, points: int) -> tuple[int, Any]:
    """How many regions the theorem's network shows on a grid of the unit square, and the region of each point."""
    net, params = deep(n_in, width, depth, seed)
    side = (np.arange(points) + 0.5) / points
    grid = np.stack(np.meshgrid(side, side), axis=-1)
    patterns = np.packbits(nn.activation_patterns(net, params, grid.reshape(-1, 2)), axis=-1)
    _, which = np.unique(patterns, axis=0, return_inverse=True)
    return int(which.max()) + 1, which.reshape(points, points)


def main(out: Any, seed: int = 0, quick: bool = False) -> dict[str, Any]:
    """Draw the figure into a folder."""
    page = Page(__name__, seed, quick)
    for (n_in, width, depth), (most, least) in RATIOS.items():
        of = f"{n_in} input(s), {depth} layers of {width}: "
        page.equal(of + "deep, at least", nn.regions_of_layers(n_in, [width] * depth), most, PAPER)
        page.equal(of + "one layer, at most", nn.regions_of_one_layer(n_in, width * depth), least, THEORY)
    for depth in (2, 3, 5) if quick else (2, 3, 5, 10):
        net, params = deep(1, 2, depth, seed)
        page.equal(f"1 input, {depth} layers of 2: pieces counted, exactly", len(nn.breakpoints(net, params)) - 1,
                   RATIOS[1, 2, depth][0], PAPER)  # fmt: skip
    for depth in range(1, 8):
        page.equal(f"tent map, {depth} layer(s): pieces counted, exactly", len(nn.breakpoints(*nn.zigzag_network(depth))) - 1,
                   2**depth, THEORY)  # fmt: skip
    counted: dict[tuple[int, int, int], int] = {}
    pictures = {}
    grids = {(2, 4, 2): 240, (2, 4, 3): 480} | ({} if quick else {(2, 4, 4): 960, (2, 8, 2): 960})
    for shape, points in grids.items():
        counted[shape], pictures[shape] = seen(*shape, seed, points)
        page.equal(f"2 inputs, {shape[2]} layers of {shape[1]}: patterns seen on a grid", counted[shape], RATIOS[shape][0], PAPER)
    side = max(grids.values())
    page.settings = f"counted on [0, 1] in fractions, in the unit square by patterns on grids, up to {side} points a side"

    left, middle, right = page.panels(1, 3)
    depths = np.arange(1, 7)
    for (n_in, width), colour, marker in (((1, 2), BLUE, "o"), ((2, 4), RED, "s")):
        left.semilogy(depths, [nn.regions_of_layers(n_in, [width] * d) for d in depths], marker, color=colour, linestyle="-",
                      label=f"deep, n₀ = {n_in}, n = {width}: at least")  # fmt: skip
        left.semilogy(depths, [nn.regions_of_one_layer(n_in, width * d) for d in depths], color=colour, linestyle="--",
                      label="one layer of n L units: at most")  # fmt: skip
    shown = {depth: count for (_, width, depth), count in counted.items() if width == 4}
    left.plot(list(shown), list(shown.values()), "x", color="black", markersize=9, label="counted, n₀ = 2, n = 4")
    left.set_xlabel("layers L")
    left.set_ylabel("linear regions")
    caption(left, "deep against wide")
    legend(left)
    x = np.linspace(0, 1, 129)[:, None]
    for depth, colour, dash in ((1, SOFT, ":"), (2, RED, "--"), (4, BLUE, "-")):
        net, params = nn.zigzag_network(depth)
        middle.plot(x, net(params, x), color=colour, linestyle=dash, label=f"L = {depth}: {2**depth} pieces")
    middle.set_ylim(-0.03, 1.45)
    middle.set_yticks([0, 0.5, 1])
    middle.set_xlabel("x")
    middle.set_ylabel("output")
    caption(middle, "the tent map, 2 units a layer")
    legend(middle, loc="upper right")
    picture = pictures[2, 4, 3]
    colours = np.random.default_rng(0).permutation(int(picture.max()) + 1)
    right.imshow(colours[picture], origin="lower", extent=(0, 1, 0, 1), cmap="cividis", interpolation="nearest")
    right.grid(False)
    right.set_xlabel("x₁")
    right.set_ylabel("x₂")
    caption(right, f"3 layers of 4 units: {counted[2, 4, 3]} regions")
    return page.save(out)
