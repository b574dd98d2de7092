"""Which mode when: Jacobians from one input and many outputs to many inputs and one output."""

from __future__ import annotations

from typing import Any

import numpy as np

import adkit
from adkit.compare.measure import Plan, sample
from adkit.compare.problems.functions import tanh_affine_jacobian, tanh_affine_problem

from .common import BLUE, RED, SOFT, THEORY, Page, caption, legend

TITLE = "Forward or reverse: count the inputs and the outputs"
CLAIM = (
    "A Jacobian takes one forward sweep for each input or one reverse sweep for each output, so forward mode wins where the "
    "outputs are many and reverse mode where the inputs are; memory grows with the length of the program in reverse mode alone."
)
SOURCE = "Osindero, Neural Nets, Backprop, Automatic Differentiation (UCL x DeepMind lecture); Baydin et al. (2018), JMLR 18:153"


def measured(n: int, m: int, seed: int, rounds: int) -> tuple[int, int, float, float]:
    """Tangents, cotangents, the error against the Jacobian by hand, and forward's time over reverse's."""
    instance = tanh_affine_problem.instance(f"{n}x{m}", seed)
    (x,), f = instance.params, lambda x: instance.function(np, x, **instance.data)
    with adkit.count_sweeps() as counts:
        ahead, back = adkit.jacfwd(f)(x), adkit.jacrev(f)(x)
    exact = tanh_affine_jacobian(x, **instance.data)
    error = max(np.abs(J - exact).max() for J in (ahead, back)) / np.abs(exact).max()
    runs = {"forward": lambda: adkit.jacfwd(f)(x), "reverse": lambda: adkit.jacrev(f)(x)}
    found = sample(runs, Plan(rounds=rounds, least=rounds, sample_seconds=0.0003), np.random.default_rng(seed))
    ratio = float(np.median(np.array(found["forward"], float) / np.array(found["reverse"], float)))
    return counts.forward_directions, counts.reverse_directions, float(error), ratio


def tape(steps: int) -> int:
    """Records that reverse mode keeps for a loop of so many steps; forward mode keeps none."""
    def loop(x: Any) -> Any:
        for _ in range(steps):
            x = np.sin(x) + 0.1 * x
        return x

    with adkit.count_sweeps() as counts:
        adkit.grad(loop)(0.5)
    return counts.recorded_ops


def main(out: Any, seed: int = 0, quick: bool = False) -> dict[str, Any]:
    """Draw the figure into a folder."""
    page = Page(__name__, seed, quick)
    sizes, rounds = ((1, 10, 100), 5) if quick else ((1, 3, 10, 32, 100, 316, 1000), 9)
    page.settings = f"tanh(A x); medians of {rounds} paired rounds, shown; sweeps and agreement are asserted"
    table = {(n, m): measured(n, m, seed, rounds) for n in sizes for m in sizes}
    page.equal("shapes whose forward sweep carries one tangent an input", sum(v[0] == n for (n, _), v in table.items()),
               len(table), THEORY)  # fmt: skip
    page.equal("shapes whose reverse sweep carries one cotangent an output", sum(v[1] == m for (_, m), v in table.items()),
               len(table), THEORY)  # fmt: skip
    page.at_most("greatest relative error against the Jacobian by hand", max(v[2] for v in table.values()), 1e-13, THEORY)
    lengths = [10, 20, 40, 80]
    records = [tape(k) for k in lengths]
    page.equal("records of reverse mode for loops of 10, 20, 40, 80 steps", str(records), str([3 * k for k in lengths]), THEORY)

    left, middle, right = page.panels(1, 3, size=(14.4, 4.8), width_ratios=[1, 1.35, 1])
    k = np.array(sizes)
    for n_or_m, colour, marker, name in ((0, BLUE, "o", "forward: tangents"), (1, RED, "s", "reverse: cotangents")):
        left.loglog(k, [table[n, 10][n_or_m] for n in sizes], marker, linestyle="-", color=colour,
                    label=f"{name}, n inputs, 10 outputs")  # fmt: skip
        left.loglog(k, [table[10, m][n_or_m] for m in sizes], linestyle="--", color=colour, alpha=0.6, linewidth=3,
                    label="mirrored: 10 inputs, n outputs")  # fmt: skip
    left.set_xlabel("n")
    left.set_ylabel("directions swept")
    left.set_ylim(0.7, 60 * max(sizes))
    caption(left, "counted")
    legend(left, fontsize=7.5)
    ratios = np.log10(np.array([[table[n, m][3] for n in sizes] for m in sizes]))
    limit = max(1.0, float(np.abs(ratios).max()))
    shown = middle.imshow(ratios, origin="lower", cmap="PuOr_r", vmin=-limit, vmax=limit)
    middle.grid(False)
    for i in range(len(sizes)):
        for j in range(len(sizes)):
            value = 10 ** ratios[i, j]
            words = np.format_float_positional(value, 2, fractional=False, trim="-")
            middle.text(j, i, words, ha="center", va="center", fontsize=7,
                        color="white" if abs(ratios[i, j]) > 0.7 * limit else "black")  # fmt: skip
    middle.set_xticks(range(len(sizes)), [str(s) for s in sizes])
    middle.set_yticks(range(len(sizes)), [str(s) for s in sizes])
    middle.set_xlabel("inputs")
    middle.set_ylabel("outputs")
    caption(middle, "time of forward over reverse, not asserted")
    middle.figure.colorbar(shown, ax=middle, shrink=0.85, label="log₁₀ of the ratio")
    right.plot(lengths, records, "s-", color=RED, label="reverse mode: records on the tape")
    right.plot(lengths, [0] * len(lengths), "o-", color=BLUE, label="forward mode")
    right.axhline(0, color=SOFT, linewidth=0.8)
    right.set_xlabel("steps of a loop")
    caption(right, "operations that must be kept")
    legend(right)
    return page.save(out)
