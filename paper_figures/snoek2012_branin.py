"""Bayesian optimisation of the Branin function, the process fitted by our own gradient, beside random search."""

from __future__ import annotations

from typing import Any

import numpy as np

from adkit.search import Found, Real, bayesian_search, random_search
from adkit.search.process import negative_log_marginal_likelihood
from adkit.testing import check_grads

from .common import BLUE, PAPER, RED, REFERENCE, SOFT, Page, caption, legend

TITLE = "Bayesian optimisation finds Branin's minimum in 30 evaluations"
CLAIM = (
    "With a Matern 5/2 Gaussian process whose hyperparameters are fitted to what was seen, and expected improvement to choose, "
    "a handful of evaluations comes close to the minimum, where random search is far away."
)
SOURCE = "Snoek, Larochelle & Adams (2012), Practical Bayesian Optimization of Machine Learning Algorithms, fig. 3, arXiv:1206.2944"

SPACE = {"x": Real(-5, 10), "y": Real(0, 15)}
MINIMUM = 0.397887


def branin(x: float, y: float) -> float:
    """Three equal minima in the square."""
    b, c, t = 5.1 / (4 * np.pi**2), 5 / np.pi, 1 / (8 * np.pi)
    return float((y - b * x * x + c * x - 6) ** 2 + 10 * (1 - t) * np.cos(x) + 10)


def main(out: Any, seed: int = 0, quick: bool = False) -> dict[str, Any]:
    """Draw the figure into a folder."""
    page = Page(__name__, seed, quick)
    count, trials = (2, 25) if quick else (6, 30)
    page.seeds, page.settings = [seed + k for k in range(count)], f"{trials} evaluations, the first 5 spread over the square"
    bayes: list[Found] = [bayesian_search(branin, SPACE, trials, seed=s) for s in page.seeds]
    chance = [random_search(branin, SPACE, trials, seed=s) for s in page.seeds]
    medians = {name: float(np.median([f.best.value for f in found])) for name, found in (("bayes", bayes), ("random", chance))}
    page.within("the minimum of the function", branin(np.pi, 2.275), MINIMUM, 1e-6, PAPER)
    page.at_most("Bayesian: median of the best", medians["bayes"], 0.6 if quick else 0.417, REFERENCE)
    page.at_least("random: median of the best, over that", medians["random"] / medians["bayes"], 1.3 if quick else 2, REFERENCE)
    rng = np.random.default_rng(seed)
    theta = {"log_lengths": rng.normal(size=2) / 4 - 1, "log_amplitude": 0.1, "log_noise": -3.0, "mean": 0.2}
    x = rng.random((8, 2))
    check_grads(lambda t: negative_log_marginal_likelihood(t, x, np.sin(5 * x[:, 0])), (theta,), order=1)
    page.equal("the gradient of the marginal likelihood passes check_grads in both modes", "yes", "yes", "difference quotients")

    left, right = page.panels(1, 2)
    for found, colour, dash, name in ((bayes, BLUE, "-", "Bayesian"), (chance, RED, "--", "random")):
        gaps = np.array([f.best_so_far - MINIMUM for f in found])
        left.plot(range(1, trials + 1), np.median(gaps, axis=0), color=colour, linestyle=dash, label=name)
        left.fill_between(range(1, trials + 1), gaps.min(axis=0), gaps.max(axis=0), color=colour, alpha=0.15)
    left.set_yscale("log")
    left.set_xlabel("evaluations")
    left.set_ylabel("best value less the minimum")
    caption(left, f"median and range of {count} seeds")
    legend(left)
    a, b = np.linspace(-5, 10, 120), np.linspace(0, 15, 120)
    values = np.array([[branin(u, v) for u in a] for v in b])
    right.contour(a, b, np.log(values), levels=14, colors=SOFT, linewidths=0.5)
    points = np.array([[t.params["x"], t.params["y"]] for t in bayes[0].trials])
    right.plot(points[:5, 0], points[:5, 1], "s", color=RED, markersize=5, label="the first five")
    right.plot(points[5:, 0], points[5:, 1], "o", color=BLUE, markersize=4, label="chosen")
    right.set_xlabel("x")
    right.set_ylabel("y")
    caption(right, f"where it looked, seed {seed}")
    legend(right, loc="upper right")
    return page.save(out)
