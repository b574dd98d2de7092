"""Backpropagation through time with little memory: steps computed and bytes held, against the states that are kept."""

from __future__ import annotations

import gc
import tracemalloc
from typing import Any

import numpy as np

import adkit
from adkit import nn
from adkit.schedules import recomputation_cost

from .common import BLUE, GREEN, PAPER, RED, REFERENCE, THEORY, Page, caption, legend

TITLE = "Backpropagation through time: 95 % less memory for a third more time"
CLAIM = (
    "For sequences of 1000 steps, storing internal states where dynamic programming puts them saves 95 % of the memory for one "
    "third more time; storing hidden states is cheaper in memory and dearer in time."
)
SOURCE = "Gruslys et al. (2016), Memory-Efficient Backpropagation Through Time, figs. 2-4, arXiv:1606.03401"

LENGTH = 1000
INTERNAL = {10: 3.640, 20: 2.750, 32: 2.408, 40: 2.100, 50: 1.950, 100: 1.900}
"""Forward steps a step of the sequence, for so many slots."""


class Cell:
    """A recurrent step that counts how often it is computed; the loss is added up in the state."""

    def __init__(self, W: Any, b: Any) -> None:
        self.W, self.b, self.count = W, b, 0

    def __call__(self, state: Any, x: Any) -> Any:
        self.count += 1
        h, total = state
        h = np.tanh(h @ self.W + x * self.b)
        return h, total + np.sum(h * h)


def counted(length: int, slots: int | None, policy: str, seed: int, width: int = 4) -> tuple[int, Any]:
    """Steps computed for one gradient, and the gradient."""
    rng = np.random.default_rng(seed)
    W, b, xs = rng.normal(size=(width, width)) / width, rng.normal(size=width), rng.normal(size=length)
    cells: list[Cell] = []

    def loss(W: Any, b: Any) -> Any:
        cells.append(Cell(W, b))
        return adkit.unroll(cells[-1], (np.zeros(width), 0.0), xs, slots=slots, policy=policy)[1]

    gradient = adkit.grad(loss, (0, 1))(W, b)
    return cells[0].count, gradient


def peak(length: int, slots: int | None, policy: str, width: int = 64, batch: int = 32) -> int:
    """Bytes that one gradient of an LSTM takes at its peak, for a hidden state of 32 kilobytes."""
    cell, xs = nn.LSTMCell(1, width), np.linspace(-1, 1, length)
    start = np.zeros((batch, width))

    def loss(params: Any) -> Any:
        def step(state: Any, x: Any) -> Any:
            h, c = cell(params, np.full((batch, 1), x), state[0], state[1])
            return h, c, state[2] + np.sum(h * h)

        return adkit.unroll(step, (start, start, 0.0), xs, slots=slots, policy=policy)[2]

    gc.collect()
    tracemalloc.start()
    try:
        adkit.grad(loss)(cell.init(0))
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def main(out: Any, seed: int = 0, quick: bool = False) -> dict[str, Any]:
    """Draw the figure into a folder."""
    page = Page(__name__, seed, quick)
    slots = np.unique(np.geomspace(2, 200, 40).astype(int))
    cost = {p: [recomputation_cost(LENGTH, int(m), p) / LENGTH for m in slots] for p in ("hidden", "internal")}

    page.within("hidden states, 50 slots: forward steps a step", recomputation_cost(LENGTH, 50) / LENGTH, 2.948, 5e-4, REFERENCE)
    for m, wanted in INTERNAL.items():
        page.within(f"internal states, {m} slots: forward steps a step", recomputation_cost(LENGTH, m, "internal") / LENGTH,
                    wanted, 5e-4, REFERENCE)  # fmt: skip
    page.within("time beside plain BPTT at 50 internal states, a backward step costing two forward",
                (recomputation_cost(LENGTH, 50, "internal") / LENGTH + 2) / 3, 4 / 3, 0.02, PAPER)  # fmt: skip
    for (t, m), hidden, internal in (((10, 3), 25, 18), ((100, 10), 322, 225)):
        page.equal(f"hidden states, {t} steps, {m} slots", recomputation_cost(t, m), hidden, REFERENCE)
        page.equal(f"internal states, {t} steps, {m} slots", recomputation_cost(t, m, "internal"), internal, REFERENCE)

    lengths = (1, 2, 5, 10, 24) if quick else (1, 2, 3, 5, 10, 24, 60)
    extra, difference, tried = 0, 0.0, 0
    for length in lengths:
        _, plain = counted(length, None, "hidden", seed)
        for m in (1, 2, 3, 5, 8, 13):
            for policy in ("hidden", "internal", "revolve"):
                count, gradient = counted(length, m, policy, seed)
                extra = max(extra, abs(count - recomputation_cost(length, m, policy)))
                difference = max(difference, *[float(np.max(np.abs(a - b)) / max(np.max(np.abs(b)), 1e-300))
                                               for a, b in zip(gradient, plain, strict=True)])  # fmt: skip
                tried += 1
    page.equal(f"largest difference of the counted steps from the optimum, {tried} schedules carried out", extra, 0, THEORY)
    page.at_most("largest relative difference of the gradient from plain reverse mode", difference, 1e-13, THEORY)

    length = 200 if quick else LENGTH
    kept = [3, 10] if quick else [5, 20, 50]
    whole = peak(length, None, "hidden")
    bytes_ = {p: [peak(length, m, p) for m in kept] for p in ("hidden", "internal")}
    some = kept.index(10 if quick else 50)
    page.within(f"part of the memory saved by {kept[some]} internal states, peak bytes over {length} steps",
                1 - bytes_["internal"][some] / whole, 0.95, 0.05 if quick else 0.03, PAPER)  # fmt: skip
    page.at_least(f"part saved by {kept[some]} hidden states", 1 - bytes_["hidden"][some] / whole, 0.95 if not quick else 0.9,
                  PAPER)  # fmt: skip

    left, right = page.panels(1, 2)
    for policy, colour, dash in (("hidden", RED, "--"), ("internal", BLUE, "-")):
        left.plot(slots, [(c + 2) / 3 for c in cost[policy]], color=colour, linestyle=dash, label=f"{policy} states")
        right.plot(kept, [b / 1e6 for b in bytes_[policy]], color=colour, linestyle=dash, marker="o", label=f"{policy} states")
    left.axhline(4 / 3, color=GREEN, linestyle=":", label="a third more")
    left.axvline(50, color=GREEN, linewidth=0.8)
    left.set_xscale("log")
    left.set_xlabel("states kept, of 1000")
    left.set_ylabel("time, plain BPTT = 1")
    caption(left, "counted: forward steps, and a backward step as two")
    legend(left)
    right.axhline(whole / 1e6, color=GREEN, linestyle=":", label="plain BPTT")
    right.set_yscale("log")
    right.set_xlabel("states kept")
    right.set_ylabel("peak, megabytes")
    caption(right, f"measured: {length} steps, an LSTM, a hidden state of 32 kilobytes")
    legend(right)
    page.settings = f"lengths {lengths[0]} to {lengths[-1]} carried out, {tried} schedules"
    return page.save(out)
