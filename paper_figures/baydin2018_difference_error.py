"""Finite differences: the error first falls with the step, then rises; automatic differentiation has none of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

import adkit

from .common import BLACK, BLUE, RED, SOFT, THEORY, Page, caption, legend

TITLE = "The V of finite differences: truncation on one side, round-off on the other"
CLAIM = (
    "A difference quotient's error falls with the step h, as h for one-sided and h^2 for central differences, until round-off, "
    "which grows as 1/h, takes over. Automatic differentiation has neither."
)
SOURCE = "Baydin et al. (2018), Automatic Differentiation in Machine Learning: a Survey, fig. 3, JMLR 18:153"

AT = 0.2


def logistic4(x: Any) -> Any:
    """The fourth iterate of the logistic map, expanded as in the survey's figure 2."""
    return 64 * x * (1 - x) * (1 - 2 * x) ** 2 * (1 - 8 * x + 8 * x * x) ** 2


def binned(h: Any, errors: Any, low: float, high: float) -> float:
    """The slope of log error against log h between two steps."""
    inside = (h >= low) & (h <= high) & (errors > 0)
    return float(np.polyfit(np.log(h[inside]), np.log(errors[inside]), 1)[0])


def main(out: Any, seed: int = 0, quick: bool = False) -> dict[str, Any]:
    """Draw the figure into a folder."""
    page = Page(__name__, seed, quick)
    page.seeds, page.settings = [], f"f(x) = 64x(1-x)(1-2x)²(1-8x+8x²)² at x = {AT}, float64; exact derivative by SymPy"
    symbol = sp.Symbol("x")
    exact = float(sp.diff(logistic4(symbol), symbol).subs(symbol, sp.Rational(1, 5)))
    h = np.logspace(-17, -1, 400 if quick else 2000)
    ways = {"one-sided": lambda h: (logistic4(AT + h) - logistic4(AT)) / h,
            "central": lambda h: (logistic4(AT + h) - logistic4(AT - h)) / (2 * h)}  # fmt: skip
    errors = {name: np.abs(way(h) - exact) for name, way in ways.items()}
    for name, low, slope in (("one-sided", 1e-6, 1.0), ("central", 1e-4, 2.0)):
        page.within(f"{name}: slope right of the minimum", binned(h, errors[name], low, 1e-3 if name == "one-sided" else 1e-2),
                    slope, 0.1, THEORY)  # fmt: skip
        page.within(f"{name}: slope left of the minimum", binned(h, errors[name], 1e-15, 1e-10), -1.0, 0.15, THEORY)
    # Smoothed, since at single steps the errors may cancel.
    smooth = {n: np.exp(np.convolve(np.log(np.maximum(e, 1e-18)), np.ones(21) / 21, mode="same")) for n, e in errors.items()}
    best = {name: float(h[20:-20][np.argmin(e[20:-20])]) for name, e in smooth.items()}
    eps = float(np.finfo(float).eps)
    # Truncation h |f''| / 2 or h^2 |f'''| / 6 against a round-off of about eps |f| / h: where their sum is least.
    second = adkit.grad(adkit.grad(logistic4))
    f, f2, f3 = [abs(float(g(AT))) for g in (logistic4, second, adkit.grad(second))]
    for name, step in (("one-sided", (2 * eps * f / f2) ** (1 / 2)), ("central", (3 * eps * f / f3) ** (1 / 3))):
        page.within(f"{name}: log10 of the best step", np.log10(best[name]), np.log10(step), 0.8, THEORY)
    ahead, back = float(adkit.jvp(logistic4, (AT,), (1.0,))[1]), float(adkit.grad(logistic4)(AT))
    page.at_most("forward mode: relative error", abs(ahead / exact - 1), 1e-14, THEORY)
    page.at_most("reverse mode: relative error", abs(back / exact - 1), 1e-14, THEORY)
    page.at_least("least smoothed error of central differences over that of reverse mode",
                  smooth["central"][20:-20].min() / max(abs(back - exact), eps * abs(exact)), 10, THEORY)  # fmt: skip

    axes = page.panels(size=(8.0, 4.6))
    for name, colour, marker in (("one-sided", RED, "."), ("central", BLUE, "x")):
        found = errors[name] > 0
        axes.loglog(h[found][:: len(h) // 400], errors[name][found][:: len(h) // 400], marker, color=colour, markersize=4,
                    label=f"{name} difference", linestyle="none")  # fmt: skip
    axes.axhline(max(abs(back - exact), eps * abs(exact)), color=BLACK, linestyle="--", label="reverse and forward mode")
    value = abs(logistic4(AT))
    axes.loglog(h, eps * value / h, color=SOFT, linestyle=":", linewidth=1.2, label="round-off, ε f / h")
    axes.set_ylim(1e-16, 1e3)
    axes.set_xlabel("step h")
    axes.set_ylabel("absolute error of f'(0.2)")
    caption(axes, f"best steps: one-sided {best['one-sided']:.0e}, central {best['central']:.0e}")
    legend(axes, loc="lower left", bbox_to_anchor=(0.01, 0.1))
    return page.save(out)
