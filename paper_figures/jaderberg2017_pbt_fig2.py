"""Population based training on a toy: two members, each of whom sees only one of the two parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import adkit
from adkit.search import Population, population_based_training

from .common import BLUE, PAPER, RED, REFERENCE, SOFT, THEORY, Page, caption, legend

TITLE = "Population based training reaches what neither member reaches alone"
CLAIM = (
    "On Q = 1.2 - |theta|^2, of which each of two members may climb only a surrogate with its own weights h, grid search stays "
    "where one parameter never moves; copying the better member and changing its h climbs to the top."
)
SOURCE = "Jaderberg et al. (2017), Population Based Training of Neural Networks, fig. 2, arXiv:1711.09846"

STEPS, READY, LR = 200, 4, 0.01


def objective(theta: Any) -> Any:
    """What is really wanted."""
    return 1.2 - np.sum(theta**2)


def surrogate(theta: Any, h: Any) -> Any:
    """What a member can climb."""
    return 1.2 - np.sum(h * theta**2)


climb = adkit.grad(surrogate)


def train(path: Any, params: Mapping[str, Any], seed: Any = None) -> tuple[Any, float]:
    """A few steps up the surrogate from the end of a path; the longer path, and the objective to be minimised."""
    h, theta, more = np.array([params["h1"], params["h2"]]), path[-1], []
    for _ in range(READY):
        theta = theta + LR * climb(theta, h)
        more.append(theta)
    return np.vstack([path, *[t[None] for t in more]]), -float(objective(theta))


def explore(params: Mapping[str, Any], rng: np.random.Generator) -> dict[str, float]:
    """Each weight moved a little, and never below zero."""
    return {name: max(0.0, value + float(rng.normal()) * 0.1) for name, value in params.items()}


def run(exploit: bool, seed: int) -> Population:
    """Two members with weights (1, 0) and (0, 1), from theta = (0.9, 0.9)."""
    start = np.array([[0.9, 0.9]])
    members = [(start, {"h1": 1.0, "h2": 0.0}), (start, {"h1": 0.0, "h2": 1.0})]
    return population_based_training(train, members, STEPS // READY, explore=explore, exploit=exploit, seed=seed)


def main(out: Any, seed: int = 0, quick: bool = False) -> dict[str, Any]:
    """Draw the figure into a folder."""
    page = Page(__name__, seed, quick)
    page.seeds = [seed + k for k in range(7 if quick else 21)]
    page.settings = f"{STEPS} steps of {LR}, exchange each {READY}"
    grid, runs = run(False, seed), [run(True, s) for s in page.seeds]
    ends = [-r.best.value for r in runs]
    page.within("grid search, the best of two: Q at the end", -grid.best.value, 0.39, 1e-3, THEORY)
    page.within("population based training: median Q at the end", float(np.median(ends)), 1.197, 0.01, REFERENCE)
    page.at_least("the same", float(np.median(ends)), 1.19, PAPER)

    left, right = page.panels(1, 2)
    for panel, found, name in ((left, grid, "no exchange"), (right, runs[0], "population based training")):
        a = np.linspace(-0.05, 1.0, 60)
        panel.contour(a, a, 1.2 - a[:, None] ** 2 - a[None, :] ** 2, levels=12, colors=SOFT, linewidths=0.5, alpha=0.5)
        for k, (colour, marker) in enumerate(((BLUE, "o"), (RED, "s"))):
            path = found.rounds[-1][k].state
            panel.plot(path[:, 0], path[:, 1], marker, color=colour, markersize=(7, 3)[k], fillstyle=("none", "full")[k],
                       markeredgewidth=0.8, label=f"member {k + 1}")  # fmt: skip
        panel.set_xlabel("theta 1")
        panel.set_ylabel("theta 2")
        panel.set_aspect("equal")
        caption(panel, f"{name}: Q = {-found.best.value:.3f}")
    legend(left, loc="lower right")
    return page.save(out)
