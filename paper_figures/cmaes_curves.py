"""CMA-ES on three functions of ten variables: how many evaluations it takes to get to 1e-10."""

from __future__ import annotations

from typing import Any

import numpy as np

from adkit.search import Real, cma_search

from .common import REFERENCE, Page, caption, legend, line

TITLE = "CMA-ES needs no gradient: ten variables to 1e-10 in some thousand evaluations"
CLAIM = (
    "The covariance matrix adaptation evolution strategy learns the shape of the function as it goes, so a badly scaled ellipsoid "
    "and a curved valley cost only a few times what a sphere costs."
)
SOURCE = "Hansen & Ostermeier (2001), Completely Derandomized Self-Adaptation in Evolution Strategies; the package cma"

N = 10
SPACE = {f"x{k}": Real(-20, 20) for k in range(N)}
WEIGHTS = 10 ** (6 * np.arange(N) / (N - 1))


def sphere(**x: float) -> float:
    return float(sum(v * v for v in x.values()))


def ellipsoid(**x: float) -> float:
    return float(np.sum(WEIGHTS * np.array(list(x.values())) ** 2))


def rosenbrock(**x: float) -> float:
    v = np.array(list(x.values()))
    return float(np.sum(100 * (v[1:] - v[:-1] ** 2) ** 2 + (1 - v[:-1]) ** 2))


CASES = {"sphere": (sphere, 1.0, 1660), "ellipsoid": (ellipsoid, 1.0, 4230), "Rosenbrock": (rosenbrock, 0.0, 5050)}
"""Each function, where the search starts, and the evaluations of the reference run."""


def main(out: Any, seed: int = 0, quick: bool = False) -> dict[str, Any]:
    """Draw the figure into a folder."""
    page = Page(__name__, seed, quick)
    page.seeds = [seed + k for k in range(1 if quick else 5)]
    page.settings = "standard deviation 0.5 at the start"
    axes = page.panels(size=(6.6, 4.2))
    for k, (name, (f, start, wanted)) in enumerate(CASES.items()):
        if quick and name == "Rosenbrock":
            continue
        settings = {"target": 1e-10, "width": 0.5 / 40, "start": dict.fromkeys(SPACE, start)}
        runs = [cma_search(f, SPACE, 20_000, seed=s, **settings) for s in page.seeds]
        counts = [len(run.trials) for run in runs]
        page.within(f"{name}: median evaluations to 1e-10", float(np.median(counts)), wanted, 0.25 * wanted, REFERENCE)
        axes.plot(range(1, counts[0] + 1), runs[0].best_so_far, label=f"{name}, {counts[0]:,}", **line(k))
    axes.set_yscale("log")
    axes.set_xlabel("evaluations")
    axes.set_ylabel("best value so far")
    caption(axes, f"{N} variables, seed {seed}")
    legend(axes)
    return page.save(out)
