"""Errors on the lecture's slides, each beside what adkit's derivative says; SymPy decides between the formulas."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

import adkit
from adkit import nn

from .common import BLUE, ORANGE, RED, REFERENCE, SKY, SOFT, THEORY, Page, caption, legend

TITLE = "Four formulas on the slides, and what the derivatives say"
CLAIM = (
    "Logistic loss: y log p + (1-y) log(1-p). Softmax backward: s - sum s. Cross-entropy on logits: dL/dx = y - p. "
    "Dropout at test time: scale by the dropout fraction. Each is wrong as it stands; corrected, SymPy leaves a residual of 0."
)
SOURCE = "Osindero, Neural Nets, Backprop, Automatic Differentiation (UCL x DeepMind lecture); errata E1 to E4"

X, G = np.array([1.0, 0.0, -1.0]), np.array([1.0, 2.0, -1.0])
TRUE, SLIDE = (-0.043019, 0.228903, -0.185883), (-0.399426, -0.575210, -1.154698)


def residuals() -> dict[str, tuple[bool, bool]]:
    """For E1, E2, E3 whether the slide's formula and the corrected one leave a residual of 0, by SymPy."""
    x, g, p = sp.symbols("x1:4", real=True), sp.symbols("g1:4", real=True), sp.symbols("p1:4", positive=True)
    z, t = sp.symbols("z t", real=True)
    e = [sp.exp(v) for v in x]
    y = [v / sum(e) for v in e]
    s = [a * b for a, b in zip(g, y, strict=True)]
    pulled = [sp.diff(sum(s), v) for v in x]
    loss = -sum(a * sp.log(b) for a, b in zip(p, y, strict=True))
    sloped = [sp.diff(loss, v) for v in x]
    q = 1 / (1 + sp.exp(-z))
    bernoulli = t * sp.log(q) + (1 - t) * sp.log(1 - q)  # what the slide calls the loss; descending it must lower the error

    def zero(found: list[Any], wanted: list[Any]) -> bool:
        return all(sp.simplify(a - b) == 0 for a, b in zip(found, wanted, strict=True))

    return {
        "E1": (zero([sp.diff(bernoulli, z)], [q - t]), zero([sp.diff(-bernoulli, z)], [q - t])),
        "E2": (zero([a - sum(s) for a in s], pulled), zero([a - b * sum(s) for a, b in zip(s, y, strict=True)], pulled)),
        "E3": (zero([a - b for a, b in zip(y, p, strict=True)], sloped),
               zero([a * sum(p) - b for a, b in zip(y, p, strict=True)], sloped)),
    }  # fmt: skip


def main(out: Any, seed: int = 0, quick: bool = False) -> dict[str, Any]:
    """Draw the figure into a folder."""
    page = Page(__name__, seed, quick)
    page.seeds, page.settings = [], "softmax at x = (1, 0, -1) with g = (1, 2, -1); targets p = (1/2, 1/4, 1/2); dropout f = 0.2"
    for name, (slide, corrected) in residuals().items():
        page.equal(f"{name}: the slide's formula leaves a residual of 0", slide, False, THEORY)
        page.equal(f"{name}: the corrected formula leaves a residual of 0", corrected, True, THEORY)
    negative = float(np.log(adkit.sigmoid(2.0)))
    page.within("E1: the slide's loss of a right answer, y = 1 and z = 2", negative, -0.126928, 5e-7, REFERENCE)
    pulled = adkit.vjp(adkit.softmax, X)[1](G)[0]
    s = G * adkit.softmax(X)
    for k in range(3):
        page.within(f"E2: softmax pulled back, entry {k + 1}", pulled[k], TRUE[k], 5e-7, REFERENCE)
        page.within(f"E2: the slide's formula, entry {k + 1}", (s - s.sum())[k], SLIDE[k], 5e-7, REFERENCE)
    p = np.array([0.5, 0.25, 0.5])
    found = adkit.grad(lambda x: adkit.cross_entropy_logits(x, p))(X)
    short = found - (adkit.softmax(X) - p)
    page.within("E3: what the slide's formula lacks, over the softmax", (short / adkit.softmax(X)).mean(), 0.25, 1e-12, THEORY)
    masks, odds = nn.all_masks(8, 0.2)
    h = np.linspace(0.5, 2.0, 8)
    kept = float(odds @ (masks @ h) / h.sum())
    page.within("E4: what dropout with f = 0.2 leaves on average, over all masks", kept, 0.80, 1e-12, REFERENCE)

    axes = page.panels(2, 2, size=(9.4, 7.4)).ravel()
    z, rate, steps = 2.0, 0.5, 30
    for sign, colour, dash, name in ((1, RED, "--", "slide: + y log p"), (-1, BLUE, "-", "with the leading minus")):
        slope, at = adkit.grad(lambda v, sign=sign: sign * np.log(adkit.sigmoid(v))), [z]
        for _ in range(steps):
            at.append(at[-1] - rate * float(slope(at[-1])))
        axes[0].plot(adkit.sigmoid(np.array(at)), color=colour, linestyle=dash, label=name)
    axes[0].set_xlabel("steps of gradient descent")
    axes[0].set_ylabel("probability of the right answer")
    axes[0].set_ylim(-0.03, 1.05)
    caption(axes[0], "E1: descending the slide's loss unlearns")
    legend(axes[0], loc="center left")
    places = np.arange(3)
    for panel, right, wrong, words in (
        (axes[1], pulled, s - s.sum(), "E2: softmax backward, s - y Σs"),
        (axes[2], found, adkit.softmax(X) - p, "E3: cross-entropy on logits, softmax(x) Σp - p"),
    ):
        panel.bar(places - 0.2, right, 0.38, color=BLUE, label="adkit = SymPy")
        panel.bar(places + 0.2, wrong, 0.38, color=ORANGE, hatch="///", edgecolor="white", linewidth=0, label="the slide")
        panel.axhline(0, color=SOFT, linewidth=0.8)
        panel.set_xticks(places, ["x₁", "x₂", "x₃"])
        panel.set_ylabel("dL/dx")
        caption(panel, words)
        legend(panel)
    axes[3].bar([0, 1, 2], [kept, 0.8, 0.2], 0.6, color=[SKY, BLUE, ORANGE], hatch=["", "", "///"], edgecolor="white", linewidth=0)
    for k, value in enumerate((kept, 0.8, 0.2)):
        axes[3].annotate(f"{value:.2f}", (k, value), xytext=(0, 3), textcoords="offset points", ha="center", fontsize=9)
    axes[3].set_xticks([0, 1, 2], ["mean over\nall masks", "keep fraction\n1 - f", "the slide's\nfraction f"])
    axes[3].set_ylabel("scale of the activations")
    axes[3].set_ylim(0, 1)
    caption(axes[3], "E4: dropout at test time, f = 0.2")
    return page.save(out)
