"""An Inception-like block: parallel branches, a concatenation, a residual wire; what comes back along each adds up."""

from __future__ import annotations

from typing import Any

import numpy as np

import adkit
from adkit import nn

from .common import BLUE, GREEN, ORANGE, RED, SKY, SOFT, THEORY, Page, caption, legend

TITLE = "An Inception block with a residual wire: the gradients of all branches add up"
CLAIM = (
    "Branches of different depth read one input, are concatenated, projected back and added to the input. Reverse mode sums "
    "what comes back along each branch; the residual wire carries the gradient on unchanged, and keeps a deep stack alive."
)
SOURCE = "Szegedy et al. (2016), Inception-v4, Inception-ResNet and the Impact of Residual Connections, arXiv:1602.07261"

WIDTH, WIDTHS = 6, (2, 3, 4)


def branch(params: Any, x: Any, k: int) -> Any:
    """What branch ``k`` (from 1) contributes after the projection."""
    h = x
    for depth in range(1, k + 1):
        layer = params[f"linear{k}_{depth}"]
        h = adkit.relu(h @ layer["W"].T + layer["b"])
    start = sum(WIDTHS[: k - 1])
    return h @ params["projected"]["W"][:, start : start + WIDTHS[k - 1]].T


def sizes(residual: bool, depth: int, seed: int) -> Any:
    """The size of dL/dh before each of the blocks of a stack, over the size of dL/dy at its end."""
    block = nn.inception_block(WIDTH, WIDTHS)
    layers, rng = [block.init((seed, k)) for k in range(depth)], np.random.default_rng(seed)
    x, g = rng.normal(size=(64, WIDTH)), rng.normal(size=(64, WIDTH))
    inputs = [x]
    for params in layers:
        y = block(params, inputs[-1])
        inputs.append(y if residual else y - inputs[-1])
    found = [1.0]
    norm = np.linalg.norm(g)
    for params, h in zip(reversed(layers), reversed(inputs[:-1]), strict=True):
        f = (lambda h, p=params: block(p, h)) if residual else (lambda h, p=params: block(p, h) - h)
        g = adkit.vjp(f, h)[1](g)[0]
        found.append(float(np.linalg.norm(g) / norm))
    return np.array(found[::-1])


def main(out: Any, seed: int = 0, quick: bool = False) -> dict[str, Any]:
    """Draw the figure into a folder."""
    page = Page(__name__, seed, quick)
    block = nn.inception_block(WIDTH, WIDTHS)
    params, rng = block.init(seed), np.random.default_rng(seed)
    x, g = rng.normal(size=(32, WIDTH)), np.tile(rng.normal(size=WIDTH), (32, 1))
    kinds = block.kinds()
    for kind, wanted in (("linear", 7), ("relu", 6), ("concat", 1), ("add", 1)):
        page.equal(f"{kind} modules", kinds[kind], wanted, THEORY)
    whole = adkit.vjp(lambda x: block(params, x), x)[1](g)[0]
    shares = {f"branch {k}": adkit.vjp(lambda x, k=k: branch(params, x, k), x)[1](g)[0] for k in (1, 2, 3)}
    shares["residual wire"] = g
    size = np.abs(whole).max()
    left_over = np.abs(whole - sum(shares.values())).max() / size
    page.at_most("dL/dx less the sum over branches and wire, relative", left_over, 1e-12, THEORY)
    y, memory = block.forward_by_hand(params, x)
    page.at_most("reverse mode less the modules by hand, relative",
                 np.abs(block.input_gradients(params, g, memory)[0] - whole).max() / size, 1e-12, THEORY)  # fmt: skip
    ahead = g[0] @ adkit.jacfwd(lambda x: block(params, x))(x[0])
    page.at_most("reverse mode less forward mode, relative", np.abs(ahead - whole[0]).max() / size, 1e-12, THEORY)
    depth = 30
    page.seeds = [seed + k for k in range(3 if quick else 5)]
    stacks = {kept: np.median([sizes(kept, depth, s) for s in page.seeds], axis=0) for kept in (True, False)}
    page.at_least(f"with wires: first over last gradient, {depth} blocks", stacks[True][0], 1, THEORY)
    page.at_most(f"without: first over last gradient, {depth} blocks", stacks[False][0], 0.01, THEORY)
    page.settings = f"{WIDTH} features, branches of widths {WIDTHS} and depths 1, 2, 3, He; linear layers for convolutions"

    axes = page.panels(2, 2, size=(10.4, 7.8), height_ratios=[1.2, 1])
    grid = axes[0, 0].get_gridspec()
    for old in axes[0]:
        old.remove()
    top = grid.figure.add_subplot(grid[0, :])
    block.draw().figure(top)
    caption(top, "the block, as adkit draws it")
    left, right = axes[1]
    places, bottom_up, bottom_down = np.arange(WIDTH), np.zeros(WIDTH), np.zeros(WIDTH)
    means = {name: share.mean(axis=0) for name, share in shares.items()}
    for (name, share), colour, hatch in zip(means.items(), (BLUE, ORANGE, GREEN, SKY), ("", "//", "..", "xx"), strict=True):
        base = np.where(share >= 0, bottom_up, bottom_down)
        left.bar(places, share, 0.6, bottom=base, color=colour, hatch=hatch, edgecolor="white", linewidth=0, label=name)
        bottom_up += np.maximum(share, 0)
        bottom_down += np.minimum(share, 0)
    left.plot(places, whole.mean(axis=0), "D", color="black", markersize=6, label="dL/dx, reverse mode")
    left.axhline(0, color=SOFT, linewidth=0.8)
    left.set_xticks(places, [f"x{k}" for k in range(1, WIDTH + 1)])
    left.set_ylabel("dL/dx, mean of 32 examples")
    left.set_ylim(1.1 * bottom_down.min(), 1.9 * bottom_up.max())
    caption(left, "what comes back along each way")
    legend(left, ncols=2, loc="upper right")
    for kept, colour, dash, name in ((True, BLUE, "-", "with residual wires"), (False, RED, "--", "without")):
        right.semilogy(np.arange(depth + 1), stacks[kept], color=colour, linestyle=dash, label=name)
    right.set_xlabel("blocks before it")
    right.set_ylabel("|dL/dh| / |dL/dy|")
    caption(right, f"a stack of {depth} blocks")
    legend(right)
    return page.save(out)
