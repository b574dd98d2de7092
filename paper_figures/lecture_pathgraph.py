"""Both modes on one graph: x feeds two paths, f joins them, g is the output; every number is adkit's own.

Forward mode carries d(node)/dx from left to right, reverse mode carries dg/d(node) from right to left.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import adkit

from .common import BLUE, INK, RED, REFERENCE, SOFT, THEORY, Page, caption

TITLE = "One graph, both sweeps: the value and the two derivatives at every node"
CLAIM = (
    "Forward mode carries d(node)/dx from left to right, reverse mode dg/d(node) from right to left; at every cut of the graph "
    "the products of the two, summed, are dg/dx. The two paths add up."
)
SOURCE = "the lecture's path graph (Osindero, Neural Nets, Backprop, Automatic Differentiation)"

STEPS: dict[str, tuple[Callable[..., Any], tuple[str, ...], str]] = {
    "a": (np.sin, ("x",), "sin x"),
    "b": (lambda a: a**2, ("a",), "a²"),
    "c": (np.exp, ("b",), "exp b"),
    "d": (lambda c: c + 1, ("c",), "c + 1"),
    "e": (np.log, ("d",), "log d"),
    "h": (np.cos, ("x",), "cos x"),
    "i": (lambda h: 3 * h, ("h",), "3 h"),
    "j": (np.tanh, ("i",), "tanh i"),
    "f": (lambda j, e: j * e, ("j", "e"), "j · e"),
    "g": (lambda f: 1 / (1 + np.exp(-f)), ("f",), "σ(f)"),
}
"""Each node: its operation, its operands, and how it is written."""

X = 0.7


def evaluate(x: Any, nudge: dict[str, Any] | None = None) -> dict[str, Any]:
    """The value of every node; ``nudge`` is added to the nodes as they are computed."""
    values = {"x": x if nudge is None else x + nudge["x"]}
    for name, (operation, operands, _) in STEPS.items():
        value = operation(*[values[k] for k in operands])
        values[name] = value if nudge is None else value + nudge[name]
    return values


def forward(x: float = X) -> dict[str, float]:
    """d(node)/dx for every node, by one forward sweep."""
    _, tangents = adkit.jvp(evaluate, (x,), (1.0,))
    return {name: float(v) for name, v in tangents.items()}


def reverse(x: float = X) -> dict[str, float]:
    """dg/d(node) for every node, by one reverse sweep: how g answers to a nudge at that node."""
    still = dict.fromkeys(["x", *STEPS], 0.0)
    cotangents = adkit.grad(lambda nudge: evaluate(x, nudge)["g"])(still)
    return {name: float(v) for name, v in cotangents.items()}


def local(x: float = X) -> dict[tuple[str, str], float]:
    """The derivative of each node with respect to each of its operands: the number on the arrow."""
    values = evaluate(x)
    found = {}
    for name, (operation, operands, _) in STEPS.items():
        partials = adkit.grad(operation, argnums=tuple(range(len(operands))))(*[values[k] for k in operands])
        found |= {(k, name): float(v) for k, v in zip(operands, partials, strict=True)}
    return found


TOP, MIDDLE, BOTTOM = 124, 222, 320
PLACES = {
    "x": (62, MIDDLE), "a": (190, TOP), "b": (318, TOP), "c": (446, TOP), "d": (574, TOP), "e": (702, TOP),
    "h": (190, BOTTOM), "i": (446, BOTTOM), "j": (702, BOTTOM), "f": (830, MIDDLE), "g": (958, MIDDLE),
}  # fmt: skip
WIDTH, HEIGHT, HALF, TALL = 1020, 400, 42, 43

LIGHT = {"card": "#ffffff", "edge": "#c9c9c9", "ink": "#1f2328", "soft": "#59636e", "line": "#7d8590",
         "fill": "#f6f8fa", "fwd": "#0060a8", "rev": "#b04a00"}  # fmt: skip
DARK = {"card": "#0d1117", "edge": "#3d444d", "ink": "#f0f6fc", "soft": "#b1bac4", "line": "#8b949e",
        "fill": "#1b222b", "fwd": "#6cb8ff", "rev": "#ff9d4d"}  # fmt: skip


def _colours(c: dict[str, str]) -> str:
    """The rules that differ between light and dark; without CSS variables, which many renderers do not know."""
    return f"""
  .card {{ fill: {c["card"]}; stroke: {c["edge"]} }}
  .node {{ fill: {c["fill"]}; stroke: {c["line"]} }}
  .head {{ fill: {c["ink"]} }}
  .value, .local {{ fill: {c["soft"]} }}
  .forward {{ fill: {c["fwd"]} }}
  .reverse {{ fill: {c["rev"]} }}
  .arrow {{ stroke: {c["line"]} }}
  .tip {{ fill: {c["line"]} }}"""


STYLE = f"""
  text {{ font-family: "DejaVu Sans", Verdana, Helvetica, Arial, sans-serif; text-anchor: middle }}
  .node {{ stroke-width: 1.3 }}
  .head {{ font-size: 13px; font-weight: bold }}
  .value, .forward, .reverse {{ font-size: 14px }}
  .local {{ font-size: 12px }}
  .title {{ font-size: 15px; text-anchor: start }}
  .arrow {{ stroke-width: 1.4; fill: none }}{_colours(LIGHT)}
  @media (prefers-color-scheme: dark) {{{_colours(DARK)}
  }}
"""


def _number(v: float, form: str = ".4f") -> str:
    return format(v, form).replace("-", "\u2212")


def _partial(v: float) -> str:
    """Three digits, as `0.980`; a whole number bare."""
    return _number(v, ".0f" if v == round(v) else "#.3g")


def _text(x: float, y: float, kind: str, words: str) -> str:
    return f'  <text x="{x:g}" y="{y:g}" class="{kind}">{words}</text>'


def _arrow(start: str, end: str, partial: float) -> list[str]:
    (x0, y0), (x1, y1) = PLACES[start], PLACES[end]
    x0, x1 = x0 + HALF, x1 - HALF - 3
    if y0 == y1:
        return [
            f'  <path class="arrow" d="M{x0} {y0}H{x1}" marker-end="url(#tip)"/>',
            _text((x0 + x1) / 2, y0 - 7, "local", _partial(partial)),
        ]
    # A slanted arrow leaves or enters half-way up, and its number stands clear of it.
    y0, y1 = (y0 + (10 if y1 > y0 else -10)), (y1 + (10 if y0 > y1 else -10))
    above = min(y0, y1) == (y1 if start == "x" else y0)
    middle = (y0 + y1) / 2
    return [
        f'  <path class="arrow" d="M{x0} {y0}L{x1} {y1}" marker-end="url(#tip)"/>',
        _text((x0 + x1) / 2 + (-30 if start == "x" else 30), middle + (-8 if above else 18), "local", _partial(partial)),
    ]


def draw() -> str:
    """The picture, as SVG."""
    values, ahead, back = evaluate(X), forward(), reverse()
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'aria-label="A graph of eleven nodes with the forward and the reverse derivative at each">',
        f"<style>{STYLE}</style>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
        'orient="auto"><path class="tip" d="M0 0L8 4L0 8z"/></marker></defs>',
        f'  <rect class="card" x="1" y="1" width="{WIDTH - 2}" height="{HEIGHT - 2}" rx="10"/>',
        _text(22, 32, "title forward", "→ forward: d(node)/dx, one sweep from left to right"),
        _text(470, 32, "title reverse", "← reverse: dg/d(node), one sweep from right to left"),
        _text(22, 56, "title local", "In a box: the node, its value, its two derivatives. On an arrow: the local derivative."),
    ]
    for (start, end), partial in local().items():
        lines += _arrow(start, end, partial)
    for name, (x, y) in PLACES.items():
        written = f"{name} = {STEPS[name][2]}" if name in STEPS else "x"
        lines += [
            f'  <rect class="node" x="{x - HALF}" y="{y - TALL}" width="{2 * HALF}" height="{2 * TALL}" rx="7"/>',
            _text(x, y - 24, "head", written),
            _text(x, y - 5, "value", _number(float(values[name]))),
            _text(x, y + 15, "forward", "→ " + _number(ahead[name])),
            _text(x, y + 34, "reverse", "← " + _number(back[name])),
        ]
    lines += [
        _text(WIDTH / 2, HEIGHT - 14, "local",
              f"Forward ends at g, reverse ends at x, with the same number: dg/dx = {_number(ahead['g'])}."),
        "</svg>",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


CUTS = (("x",), ("a", "h"), ("b", "i"), ("c", "i"), ("d", "j"), ("e", "j"), ("f",), ("g",))
"""Sets of nodes through which every path runs once."""


def _panel(axes: Any, values: dict[str, Any], ahead: dict[str, float], back: dict[str, float]) -> None:
    """The same picture in matplotlib, for the PNG."""
    from matplotlib.patches import FancyBboxPatch

    axes.set_xlim(0, WIDTH)
    axes.set_ylim(BOTTOM + TALL + 10, TOP - TALL - 10)
    axes.axis("off")
    for (start, end), partial in local().items():
        (x0, y0), (x1, y1) = PLACES[start], PLACES[end]
        lift = 0 if y0 == y1 else 14 if y1 > y0 else -14
        axes.annotate("", (x1 - HALF, y1 - lift), (x0 + HALF, y0 + lift), arrowprops={"arrowstyle": "->", "color": SOFT})
        shift = 0 if y0 == y1 else 16 if (y1 > y0) == (start == "x") else -16
        axes.text((x0 + x1) / 2 + (0 if not shift else -24 if start == "x" else 24), (y0 + y1) / 2 + (shift or -9),
                  _partial(partial), ha="center", va="center", fontsize=7.5, color=SOFT)  # fmt: skip
    for name, (x, y) in PLACES.items():
        axes.add_patch(FancyBboxPatch((x - HALF, y - TALL), 2 * HALF, 2 * TALL, boxstyle="round,pad=0,rounding_size=7",
                                      facecolor=LIGHT["fill"], edgecolor=SOFT))  # fmt: skip
        written = f"{name} = {STEPS[name][2]}" if name in STEPS else "x"
        rows = ((written, INK, "bold"), (_number(float(values[name])), SOFT, "normal"),
                ("→ " + _number(ahead[name]), BLUE, "normal"), ("← " + _number(back[name]), RED, "normal"))  # fmt: skip
        for k, (words, colour, weight) in enumerate(rows):
            axes.text(x, y - 29 + 19.5 * k, words, ha="center", va="center", fontsize=8, color=colour, fontweight=weight)


def main(out: Any, seed: int = 0, quick: bool = False) -> dict[str, Any]:
    """Draw the figure into a folder: the SVG that adapts to light and dark, the PNG, the JSON."""
    page = Page(__name__, seed, quick)
    page.seeds, page.settings = [], "x = 0.7"
    values, ahead, back, arrows = evaluate(X), forward(), reverse(), local()
    page.within("dg/dx, forward", ahead["g"], 0.10477378, 5e-9, REFERENCE)
    page.within("dg/dx, reverse", back["x"], 0.10477378, 5e-9, REFERENCE)
    page.within("the path through e", ahead["e"] * back["e"], 0.11934013, 5e-9, REFERENCE)
    page.within("the path through j", ahead["j"] * back["j"], -0.01456635, 5e-9, REFERENCE)
    for name, number in {"a": 0.764842, "e": 0.593527, "j": -0.076989, "f": 0.510598}.items():
        page.within(f"d{name}/dx", ahead[name], number, 5e-7, REFERENCE)
    for name, number in {"f": 0.205198, "e": 0.201070, "j": 0.189199, "a": 0.156032, "h": 0.022611}.items():
        page.within(f"dg/d{name}", back[name], number, 5e-7, REFERENCE)
    gap = max(abs(sum(ahead[n] * back[n] for n in cut) - back["x"]) for cut in CUTS)
    page.at_most("largest difference of a cut's sum from dg/dx", gap, 1e-15, THEORY)
    page.at_most("largest difference of a node from its operands", max(
        abs(ahead[n] - sum(ahead[s] * p for (s, e), p in arrows.items() if e == n)) for n in STEPS), 1e-15, THEORY)  # fmt: skip
    axes = page.panels(size=(10.2, 4.2))
    caption(axes, "→ d(node)/dx, forward        ← dg/d(node), reverse        on an arrow: the local derivative")
    _panel(axes, values, ahead, back)
    page.documents[f"{page.name}.svg"] = draw()
    return page.save(out)
