"""Cross-entropy on probabilities and on logits: where each precision breaks."""

from __future__ import annotations

from typing import Any

import numpy as np

import adkit

from .common import BLACK, BLUE, ORANGE, RED, REFERENCE, THEORY, Page, caption, legend

TITLE = "Cross-entropy after a softmax overflows; on the logits it is exact"
CLAIM = (
    "A softmax followed by a logarithm loses small probabilities: in float64 the loss is infinite, and its gradient no number, "
    "from a gap of 746 between the logits, in float32 from 104, in float16 from 18. Computed on the logits it stays exact."
)
SOURCE = "Osindero, Neural Nets, Backprop, Automatic Differentiation (UCL x DeepMind lecture), the slides on cross-entropy"

BREAKS = {"float64": 746, "float32": 104, "float16": 18}
UNSHIFTED = 710


def on_probabilities(z: Any) -> Any:
    """The loss of the second class, by a softmax and then a logarithm."""
    return -np.log(adkit.softmax(z)[1])


def unshifted(z: Any) -> Any:
    """The same with a softmax that does not subtract the maximum."""
    e = np.exp(z)
    return -np.log(e[1] / np.sum(e))


def on_logits(z: Any) -> Any:
    """The loss from the logits, by their shifted logsumexp."""
    return adkit.cross_entropy_logits(z, np.array([0.0, 1.0], dtype=z.dtype))


def logits(gap: float, dtype: str) -> Any:
    """Two logits so far apart; the second class is the true one."""
    return np.array([gap, 0.0], dtype=dtype)


def first(broken: Any, last: int = 800) -> int:
    """The least whole gap at which something is broken."""
    return next(gap for gap in range(1, last) if broken(gap))


def main(out: Any, seed: int = 0, quick: bool = False) -> dict[str, Any]:
    """Draw the figure into a folder."""
    page = Page(__name__, seed, quick)
    page.seeds, page.settings = [], "two classes, logits (gap, 0), the second is true; the exact loss is log(1 + exp gap)"
    with np.errstate(all="ignore"):
        for dtype, wanted in BREAKS.items():
            found = first(lambda gap, d=dtype: np.isinf(on_probabilities(logits(gap, d))))
            page.equal(f"{dtype}: least gap with an infinite loss after a softmax", found, wanted, REFERENCE)
            slope = adkit.grad(on_probabilities)(logits(found, dtype))
            page.equal(f"{dtype}: numbers in its gradient there, of 2", int(np.isfinite(slope).sum()), 0, REFERENCE)
        found = first(lambda gap: np.isinf(np.exp(logits(gap, "float64"))).any())
        page.equal("float64: least gap at which an unshifted exp is infinite", found, UNSHIFTED, REFERENCE)
        far = logits(5000.0, "float64")
        page.within("float64: loss on the logits at a gap of 5000", on_logits(far), 5000, 1e-9, THEORY)
        away = np.abs(adkit.grad(on_logits)(far) - [1, -1]).max()
        page.at_most("float64: distance of its gradient from (1, -1)", away, 1e-15, THEORY)

        left, right = page.panels(1, 2)
        gaps = np.arange(1, 901)
        exact = [float(on_logits(logits(g, "float64"))) for g in gaps]
        left.plot(gaps, exact, color=BLUE, linewidth=4, alpha=0.35, label="on the logits")
        styles = {"float64": (BLACK, "-", "o"), "float32": (RED, "--", "s"), "float16": (ORANGE, ":", "D")}
        for dtype, (colour, dash, marker) in styles.items():
            values = np.array([float(on_probabilities(logits(g, dtype))) for g in gaps])
            finite = np.isfinite(values)
            left.plot(gaps[finite], values[finite], color=colour, linestyle=dash, label=f"after a softmax, {dtype}")
            end = BREAKS[dtype]
            left.plot(end, end, marker, color=colour, markersize=7)
            left.annotate(f"inf from {end}", (end, end), xytext=(9, -4), textcoords="offset points", fontsize=8.5, color=colour)
        left.set_xlim(-20, 1020)
        left.set_xlabel("gap between the logits")
        left.set_ylabel("loss")
        caption(left, "the loss")
        legend(left, loc="upper left")
        near = np.linspace(0.5, 120, 240)
        for dtype, colour, dash in (("float32", RED, "--"), ("float16", ORANGE, ":")):
            for f, name in ((on_probabilities, "after a softmax"), (on_logits, "on the logits")):
                true = np.logaddexp(0, logits(1, dtype)[0].astype(float) * near.astype(dtype).astype(float))
                values = np.array([float(f(logits(g, dtype))) for g in near])
                errors = np.abs(values / true - 1)
                ok = np.isfinite(errors) & (errors > 0)
                shade, alpha = (colour, 1.0) if f is on_probabilities else (BLUE, 0.6)
                right.semilogy(near[ok], errors[ok], color=shade, linestyle=dash, alpha=alpha, label=f"{name}, {dtype}")
    right.set_xlabel("gap between the logits")
    right.set_ylabel("relative error of the loss")
    right.set_ylim(1e-9, 3)
    caption(right, "the error before it breaks")
    legend(right, loc="upper center")
    return page.save(out)
