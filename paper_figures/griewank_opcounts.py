"""The cheap gradient principle, counted: what a tangent and a gradient cost in evaluations of the function."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

import adkit
from adkit.compare.operations import count, predict
from adkit.compare.problems import PROBLEMS

from .common import BLUE, GRID, PAPER, RED, SKY, YELLOW, Page, caption, legend

TITLE = "A tangent costs 2 to 5/2 evaluations, a gradient 3 to 4, whatever the function"
CLAIM = (
    "Counting additions, multiplications, nonlinear functions and moves to and from memory, the value with its tangent costs "
    "2 to 5/2 times the value alone and the value with its gradient 3 to 4 times, independently of the number of inputs."
)
SOURCE = "Griewank & Walther (2008), Evaluating Derivatives, 2nd ed., section 4 and (4.12); Baydin et al. (2018), JMLR 18:153"

SHOWN = {"path-graph": "1", "chain": "1000", "speelpenning": "10", "rosenbrock": "1000", "helmholtz": "100", "lecture-graph": "4",
         "xor": "4", "circle": "10", "mlp-depth": "4", "mlp-784": "32", "rnn": "20", "lstm": "20"}  # fmt: skip
QUICK = ("path-graph", "chain", "speelpenning", "rosenbrock", "helmholtz", "lecture-graph", "xor")


def seconds(f: Any, args: tuple[Any, ...], rounds: int) -> float:
    """The least time of one call."""
    best = float("inf")
    for _ in range(rounds):
        began = time.perf_counter()
        f(*args)
        best = min(best, time.perf_counter() - began)
    return best


def measured(name: str, seed: int, rounds: int) -> dict[str, float]:
    """The model's two ratios, what the gradient's own program consists of, and the ratios of times here."""
    instance = PROBLEMS[name].instance(SHOWN[name], seed)
    f, args = (lambda *params: instance.function(np, *params, **instance.data)), instance.params
    predicted = predict(f, args)
    assert predicted is not None
    argnums = tuple(range(len(args)))
    both, ones = adkit.value_and_grad(f, argnums), tuple(np.ones_like(a) for a in args)
    program = count(both, args, f, args)
    once = seconds(f, args, rounds)
    return {
        "tangent": predicted[0], "gradient": predicted[1], "program": float("nan") if program is None else program,
        "tangent time": seconds(lambda: adkit.jvp(f, args, ones), (), rounds) / once,
        "gradient time": seconds(both, args, rounds) / once,
    }  # fmt: skip


def main(out: Any, seed: int = 0, quick: bool = False) -> dict[str, Any]:
    """Draw the figure into a folder."""
    page = Page(__name__, seed, quick)
    names = QUICK if quick else tuple(SHOWN)
    page.settings = f"least time of {5 if quick else 25} calls, this machine; only the counts are asserted"
    found = {name: measured(name, seed, 5 if quick else 25) for name in names}
    for name, of in found.items():
        for mode, least, most in (("tangent", 2, 2.5), ("gradient", 3, 4)):
            middle, half = (least + most) / 2, (most - least) / 2
            page.within(f"{name}: value and {mode}, counted, over the value", of[mode], middle, half, PAPER)
        # Not the model: what adkit's program for value and gradient consists of, weighed in the same way.
        page.at_most(f"{name}: operations of the gradient's own program, over the value's", of["program"], 4, PAPER)

    left, right = page.panels(1, 2, size=(11.0, 0.32 * len(names) + 2.6), sharey=True)
    rows = np.arange(len(names))
    left.axvspan(2, 2.5, color=SKY, alpha=0.45, label="bounds of a tangent")
    left.axvspan(3, 4, color=YELLOW, alpha=0.45, label="bounds of a gradient")
    for panel, more, words in ((left, "", "counted operations"), (right, " time", "times measured here, not asserted")):
        for mode, colour, marker in (("tangent", BLUE, "o"), ("gradient", RED, "s")):
            panel.plot([found[n][mode + more] for n in names], rows, marker, color=colour, label=f"value and {mode}")
        panel.set_xlabel("evaluations of the function")
        caption(panel, words)
    left.plot([found[n]["program"] for n in names], rows, "x", color="black", label="the gradient's own program")
    left.set_yticks(rows, [f"{n}, {SHOWN[n]}" for n in names])
    left.set_xlim(0, 1.5 * max(4.0, *[v["program"] for v in found.values() if v["program"] == v["program"]]))
    left.set_ylim(len(names) - 0.5, -0.7)
    right.set_xscale("log")
    for panel in (left, right):
        panel.grid(color=GRID)
    legend(left, loc="lower right")
    return page.save(out)
