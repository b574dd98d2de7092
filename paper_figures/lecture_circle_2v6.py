"""The Playground's circle with 2 and with 6 hidden units, and its XOR and spiral: how many units it takes."""

from __future__ import annotations

from typing import Any

import numpy as np

import adkit
from adkit import nn
from adkit.data import playground

from .common import BLUE, ORANGE, RED, REFERENCE, SOFT, THEORY, Page, caption

TITLE = "A disc inside a ring: two hidden units leave a gap, six fence it in"
CLAIM = (
    "Each hidden unit of the Playground's network sees one soft line; two lines cannot enclose the disc, whatever the start, and "
    "six do. XOR takes more than two units, and the spiral more than eight."
)
SOURCE = "Osindero, Neural Nets, Backprop, Automatic Differentiation (UCL x DeepMind lecture), the TensorFlow Playground slides"

STARTS, POINTS = 12, 500
STEPS = {"circle": 300, "xor": 400, "spiral": 2000}


def start(units: int, seed: int) -> dict[str, Any]:
    """Twelve networks side by side, as the Playground begins: weights U(-.5, .5), biases .1."""
    rng = np.random.default_rng((seed, units))
    draw = lambda *shape: rng.uniform(-0.5, 0.5, (STARTS, *shape))
    return {"W": draw(units, 2), "b": np.full((STARTS, units), 0.1), "v": draw(units), "c": np.full(STARTS, 0.1)}


def hidden(p: Any, x: Any) -> Any:
    """What the units say: networks, points, units."""
    return np.tanh(x @ np.swapaxes(p["W"], 1, 2) + p["b"][:, None, :])


def output(p: Any, x: Any) -> Any:
    """What the networks say: networks, points."""
    return np.tanh(np.sum(hidden(p, x) * p["v"][:, None, :], axis=2) + p["c"][:, None])


def trained(data: str, units: int, seed: int) -> tuple[Any, Any]:
    """All twelve networks after training, and their accuracies: one reverse sweep finds all gradients."""
    x, labels = getattr(playground, data)(POINTS, seed=seed)

    def loss(p: Any) -> Any:
        return np.sum(np.mean((output(p, x) - labels) ** 2, axis=1)) / 2

    p, optimizer = start(units, seed), nn.Adam(lr=0.05)
    gradient, memory = adkit.compile(adkit.grad(loss)), optimizer.init(p)
    for _ in range(STEPS[data]):
        p, memory = optimizer.update(p, gradient(p), memory)
    return p, np.mean((output(p, x) > 0) == (labels > 0), axis=1)


def main(out: Any, seed: int = 0, quick: bool = False) -> dict[str, Any]:
    """Draw the figure into a folder."""
    page = Page(__name__, seed, quick)
    page.settings = f"{POINTS} points, {STARTS} starts each; tanh units, squared error, Adam 0.05, 300 steps (XOR 400, spiral 2000)"
    kinds = [("circle", 2), ("circle", 6), ("xor", 2), ("xor", 4), *([] if quick else [("spiral", 8), ("spiral", 16)])]
    nets = {key: trained(*key, seed) for key in kinds}
    accuracy = {key: found for key, (_, found) in nets.items()}
    top = accuracy["circle", 2].max()
    page.at_most("circle, 2 units: best accuracy of 12 starts", top, 0.90, REFERENCE)
    page.within("circle, 2 units: the same, beside the reference run", top, 0.856, 0.044, REFERENCE)
    page.at_least("circle, 6 units: median accuracy of 12 starts", np.median(accuracy["circle", 6]), 0.99, REFERENCE)
    page.within("XOR, 2 units: best accuracy of 12 starts", accuracy["xor", 2].max(), 0.874, 0.03, REFERENCE)
    page.at_least("XOR, 4 units: median accuracy of 12 starts", np.median(accuracy["xor", 4]), 0.98, REFERENCE)
    if not quick:
        page.within("spiral, 8 units: median accuracy of 12 starts", np.median(accuracy["spiral", 8]), 0.934, 0.03, REFERENCE)
        page.within("spiral, 16 units: median accuracy of 12 starts", np.median(accuracy["spiral", 16]), 0.998, 0.005, REFERENCE)
    six = int(np.argmax(accuracy["circle", 6]))
    one = {k: v[six] for k, v in nets["circle", 6][0].items()}
    x, labels = playground.circle(POINTS, seed=seed)
    # A unit's picture changes along its weights alone: the tangent across them is 0.
    across = np.stack([-one["W"][:, 1], one["W"][:, 0]], axis=-1)
    still = []
    for k in range(6):
        unit = lambda x, k=k: np.tanh(x @ one["W"][k] + one["b"][k])
        still.append(np.abs(adkit.jvp(unit, (x,), (np.tile(across[k], (POINTS, 1)),))[1]).max())
    page.at_most("change of a unit along its line", max(still), 1e-12, THEORY)

    axes = page.panels(3, 3, size=(10.2, 9.6)).ravel()
    side = np.linspace(-6, 6, 121)
    grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)

    def paint(panel: Any, values: Any) -> None:
        panel.imshow(values.reshape(121, 121), origin="lower", extent=(-6, 6, -6, 6), cmap="PuOr", vmin=-1.3, vmax=1.3)
        panel.grid(False)
        panel.set_xlabel("x₁")
        panel.set_ylabel("x₂")

    for panel, units in ((axes[0], 2), (axes[1], 6)):
        p, found = nets["circle", units]
        best = int(np.argmax(found))
        values = output(p, grid)[best]
        paint(panel, values)
        panel.contour(values.reshape(121, 121), levels=[0], extent=(-6, 6, -6, 6), colors="black", linewidths=1.4)
        for sign, colour, marker in ((1, BLUE, "o"), (-1, ORANGE, "s")):
            panel.plot(*x[labels == sign].T, marker, color=colour, markersize=2.6, markeredgecolor="white", markeredgewidth=0.25)
        caption(panel, f"{units} units, the best start: {found[best]:.3f}")
    rng = np.random.default_rng(0)
    for k, found in enumerate(accuracy.values()):
        axes[2].plot(k + rng.uniform(-0.18, 0.18, STARTS), found, "o", color=BLUE, markersize=4, alpha=0.6)
        axes[2].plot([k - 0.3, k + 0.3], [np.median(found)] * 2, color=RED, linewidth=2)
    axes[2].set_xticks(range(len(accuracy)), [f"{name}\n{units}" for name, units in accuracy])
    axes[2].axhline(1, color=SOFT, linewidth=0.8)
    axes[2].set_ylabel("accuracy")
    caption(axes[2], "12 starts each, median in red, by units")
    for k in range(6):
        paint(axes[3 + k], np.tanh(grid @ one["W"][k] + one["b"][k]))
        caption(axes[3 + k], f"unit {k + 1} of 6, weight {one['v'][k]:+.2f}")
    return page.save(out)
