"""Revolve: how often each step is computed, in time and in space."""

from __future__ import annotations

from typing import Any

import numpy as np

import adkit
from adkit.schedules import recomputation_cost, revolve_advances, split

from .common import BLUE, PAPER, REFERENCE, THEORY, Page, caption, legend, line

TITLE = "Revolve: with few snapshots, each step is computed only a few times"
CLAIM = (
    "With s snapshots and at most r computations of each step, a chain of binomial(s + r, s) steps can be reversed; the least "
    "number of steps advanced is r l - binomial(s + r, s + 1). So memory and time grow with the logarithm of the length."
)
SOURCE = "Griewank & Walther (2000), Algorithm 799: revolve, after Griewank (1992), Achieving logarithmic growth of complexity"


def walk(length: int, slots: int) -> tuple[list[int], Any]:
    """The steps as they are computed, in the order of time, and the derivative of a chain through them."""
    visited: list[int] = []

    def step(h: Any, k: int) -> Any:
        visited.append(k)
        return np.sin(h * w[0])

    w: list[Any] = [1.0]

    def loss(v: Any) -> Any:
        w[0] = v
        return adkit.unroll(step, 1.0, length, slots=slots, policy="revolve")

    return visited, adkit.grad(loss)(1.1)


def main(out: Any, seed: int = 0, quick: bool = False) -> dict[str, Any]:
    """Draw the figure into a folder."""
    page = Page(__name__, seed, quick)
    page.seeds = []
    for (t, s), wanted in {(10, 3): 15, (100, 5): 316, (1000, 50): 1948}.items():
        page.equal(f"steps advanced, length {t}, {s} snapshots", revolve_advances(t, s), wanted, REFERENCE)
    pairs = [(t, s) for t in (2, 5, 10, 20, 40) for s in (1, 2, 3, 5)] + ([] if quick else [(100, 5), (200, 3), (200, 8)])
    off = max(abs(len(walk(t, s)[0]) - t - revolve_advances(t, s)) for t, s in pairs)
    page.equal(f"largest difference of the counted advances from the formula, {len(pairs)} chains carried out", off, 0, THEORY)
    most = max(abs(recomputation_cost(t, s) - recomputation_cost(t, s, "revolve")) for t in range(1, 60) for s in range(1, 10))
    page.equal("largest difference of the formula from dynamic programming, lengths to 59, to 9 snapshots", most, 0, THEORY)
    length, slots = 30, 4
    visited, slope = walk(length, slots)
    plain = walk_plain(length)
    page.at_most("relative difference of the derivative from plain reverse mode", abs(slope - plain) / abs(plain), 1e-13, THEORY)
    page.equal(f"most times that a step is advanced over, {length} steps, {slots} snapshots",
               int(np.bincount(visited).max()) - 1, 3, PAPER)  # fmt: skip

    left, right = page.panels(1, 2)
    left.plot(range(1, len(visited) + 1), np.array(visited) + 1, ".-", color=BLUE, linewidth=0.9, markersize=4)
    left.set_xlabel("computation, in the order of time")
    left.set_ylabel("step of the chain")
    caption(left, f"{length} steps, {slots} snapshots: the steps as they are computed")
    n = np.unique(np.geomspace(2, 10_000, 60).astype(int))
    for k, s in enumerate((2, 3, 5, 10, 30)):
        right.plot(n, [recomputation_cost(int(t), s, "revolve") / t for t in n], label=f"{s} snapshots", **line(k))
    right.set_xscale("log")
    right.set_yscale("log")
    right.set_xlabel("length of the chain")
    right.set_ylabel("computations a step")
    caption(right, "the cost of memory that does not grow")
    legend(right)
    page.settings = f"first split of {length} steps: after {split(length, slots, 'revolve')}"
    return page.save(out)


def walk_plain(length: int) -> Any:
    """The derivative with every step kept."""
    return adkit.grad(lambda v: adkit.unroll(lambda h, k: np.sin(h * v), 1.0, length))(1.1)
