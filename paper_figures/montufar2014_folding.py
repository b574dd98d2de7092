"""A layer that folds the plane: what the next layer draws appears in every fold."""

from __future__ import annotations

from typing import Any

import numpy as np

import adkit
from adkit import nn

from .common import BLUE, PAPER, RED, SOFT, THEORY, Page, caption

TITLE = "Folding: what is drawn once on the folded plane appears in every fold"
CLAIM = (
    "A layer of absolute values, relu(x) + relu(-x), identifies regions of its input: two such layers fold the plane so that "
    "every pattern of the next layer is replicated once per fold."
)
SOURCE = "Montufar et al. (2014), On the Number of Linear Regions of Deep Neural Networks, figs. 2-3, arXiv:1402.1869"

SHIFT, CORNERS = 1.0, ((1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0), (1.0, -1.0))


def folds(depth: int) -> nn.Sequential:
    """The plane folded along both axes, moved by (-1, -1), folded again ...: relu layers and linear ones."""
    parts: dict[str, nn.Module] = {}
    for k in range(depth):
        parts[f"fold{k}"] = nn.fold_network(2)[0]
        if k < depth - 1:
            parts[f"move{k}"] = nn.Linear(2, 2)
    return nn.Sequential(**parts)


def weights(depth: int) -> dict[str, Any]:
    """Their weights, by hand."""
    found: dict[str, Any] = {}
    for k in range(depth):
        found[f"fold{k}"] = nn.fold_network(2)[1]
        if k < depth - 1:
            found[f"move{k}"] = {"W": np.eye(2), "b": np.full(2, -SHIFT)}
    return found


def drawn(folded: Any) -> Any:
    """Something without symmetry, drawn on the folded plane: a line with a wave."""
    u, v = folded[..., 0], folded[..., 1]
    return adkit.relu(u + 0.6 * v - 0.55 + 0.15 * np.sin(7 * u))


def main(out: Any, seed: int = 0, quick: bool = False) -> dict[str, Any]:
    """Draw the figure into a folder."""
    page = Page(__name__, seed, quick)
    page.seeds, page.settings = [], "weights by hand: fold along both axes, move by (-1, -1), fold again"
    points = 81 if quick else 241
    side = np.linspace(-2, 2, points)
    side = (side - side[::-1]) / 2  # symmetric to the last bit
    grid = np.stack(np.meshgrid(side, side), axis=-1)
    axes = page.panels(1, 3)
    for depth, panel in ((1, axes[1]), (2, axes[2])):
        net, params = folds(depth), weights(depth)
        image = net(params, grid)
        values = drawn(image)
        equal = all(np.array_equal(values, v) for v in (values[::-1], values[:, ::-1], values[::-1, ::-1]))
        page.equal(f"{depth} layer(s): all four quadrants equal, bit for bit", equal, True, THEORY)
        quarter = values[points // 2 :, points // 2 :]
        if depth == 2:
            inner = np.allclose(quarter, quarter[::-1], atol=1e-12) and np.allclose(quarter, quarter[:, ::-1], atol=1e-12)
            page.equal("2 layers: within a quadrant its four quarters are equal too", inner, True, THEORY)
        # Regions of the folds alone, seen at points off the creases; and as many places for one image.
        off = (np.arange(64) + 0.37) / 16 - 2
        seen = nn.count_regions(net, params, np.stack(np.meshgrid(off, off), axis=-1).reshape(-1, 2))
        page.equal(f"{depth} layer(s): regions that are identified with one another", seen, 4**depth, PAPER)
        slope = adkit.grad(lambda x, n=net, p=params: np.sum(drawn(n(p, x))))(grid)
        mirrored = np.abs(slope[::-1, ::-1] + slope)[np.abs(grid).min(axis=-1) > 0].max()
        page.at_most(f"{depth} layer(s): gradient at x plus that at -x", mirrored, 1e-12, THEORY)
        panel.imshow(values, origin="lower", extent=(-2, 2, -2, 2), cmap="cividis")
        panel.contour(side, side, values, levels=[1e-9], colors="white", linewidths=1.2)
        for crease in (0.0,) if depth == 1 else (-1.0, 0.0, 1.0):
            panel.axhline(crease, color="white", linestyle="--", linewidth=0.8)
            panel.axvline(crease, color="white", linestyle="--", linewidth=0.8)
        caption(panel, f"{depth} layer{'s' * (depth > 1)} of |x|: {4**depth} copies")
        panel.set_xlabel("x₁")
        panel.grid(False)
    t = np.linspace(0, 2 * np.pi, 400)
    path = np.stack([1.4 * np.cos(t) + 0.35, 0.9 * np.sin(t) + 0.25], axis=-1)
    net, params = folds(1), weights(1)
    axes[0].plot(*path.T, color=BLUE, label="before")
    axes[0].plot(*net(params, path).T, color=RED, linestyle="--", label="folded")
    axes[0].axhline(0, color=SOFT, linewidth=0.8)
    axes[0].axvline(0, color=SOFT, linewidth=0.8)
    axes[0].set_xlim(-2, 2)
    axes[0].set_ylim(-2, 2)
    axes[0].set_aspect("equal")
    axes[0].set_xlabel("x₁")
    axes[0].set_ylabel("x₂")
    axes[0].legend(fontsize=8, loc="lower left")
    caption(axes[0], "a closed curve, folded by one layer")
    return page.save(out)
