"""Expression swell: the derivative of an iterated map as an expression, and as a program."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

import adkit

from .common import BLUE, GREEN, PURPLE, RED, THEORY, Page, caption, legend

TITLE = "A derivative written out as an expression swells; as a program it stays small"
CLAIM = (
    "The iterated logistic map l(n+1) = 4 l(n) (1 - l(n)) has a derivative whose expression grows exponentially with n, whereas "
    "automatic differentiation evaluates it in a number of operations proportional to n."
)
SOURCE = "Baydin et al. (2018), Automatic Differentiation in Machine Learning: a Survey, table 1 and fig. 2, JMLR 18:153"


def iterated(x: Any, n: int) -> Any:
    """The n-th of the survey's table: the first is x itself."""
    for _ in range(n - 1):
        x = 4 * x * (1 - x)
    return x


def expanded(n: int) -> tuple[int, int, Any]:
    """Operations of the n-th expression and of its derivative, by SymPy, and the derivative."""
    x = sp.Symbol("x")
    value = iterated(x, n)
    slope = sp.diff(value, x)
    return int(sp.count_ops(value)), int(sp.count_ops(slope)), slope


def recorded(n: int) -> tuple[int, int]:
    """Operations on the tape, and of the optimised program that reverse mode consists of."""
    with adkit.count_sweeps() as counts:
        adkit.grad(iterated)(0.3, n)
    program = adkit.trace(adkit.grad(lambda x: iterated(x, n)))(0.3)
    return counts.recorded_ops, sum(i.op != "input" for i in program.instructions)


def main(out: Any, seed: int = 0, quick: bool = False) -> dict[str, Any]:
    """Draw the figure into a folder."""
    page = Page(__name__, seed, quick)
    last = 8 if quick else 11
    counts = np.arange(1, last + 1)
    page.seeds, page.settings = [], "operations counted by SymPy's count_ops, and on adkit's tape"
    values, slopes, tapes, programs, gap = [], [], [], [], 0.0
    for n in counts:
        value, slope, expression = expanded(int(n))
        tape, program = recorded(int(n))
        for into, number in zip((values, slopes, tapes, programs), (value, slope, tape, program), strict=True):
            into.append(number)
        if n > 1:
            exact = float(expression.subs(sp.Symbol("x"), sp.Rational(3, 10)))
            gap = max(gap, abs(float(adkit.grad(iterated)(0.3, int(n))) / exact - 1))
    grown = [b / a for a, b in zip(slopes[3:], slopes[4:], strict=False)]
    page.at_least("least growth of the derivative's expression from one n to the next, n > 4", min(grown), 1.9, THEORY)
    page.equal("growth of the tape from one n to the next, operations", str(sorted(set(np.diff(tapes).tolist()))), "[3]", THEORY)
    most = int(max(np.diff(programs)[1:]))
    page.at_most("greatest growth of the gradient's program from one n to the next, operations", most, 12, THEORY)
    page.at_most("relative difference of adkit's derivative and SymPy's", gap, 1e-9, THEORY)

    left, right = page.panels(1, 2)
    for panel in (left, right):
        for found, colour, marker, dash, name in (
            (slopes, RED, "s", "-", "derivative, as an expression"), (values, PURPLE, "D", "--", "value, as an expression"),
            (programs, BLUE, "o", "-", "derivative, as a program (reverse mode)"), (tapes, GREEN, "^", "--", "value, on the tape"),
        ):  # fmt: skip
            panel.plot(counts[1:], found[1:], marker, linestyle=dash, color=colour, label=name)
        panel.set_xlabel("n")
    left.set_yscale("log")
    left.set_ylabel("operations")
    legend(left)
    caption(left, "logarithmic")
    right.set_ylim(0, 1.3 * max(programs))
    caption(right, "linear: the programs are straight lines")
    return page.save(out)
