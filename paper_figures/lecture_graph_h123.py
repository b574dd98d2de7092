"""The slide's graph of h1, h2, h3 and y: drawn, and its gradient by four ways that agree."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

import adkit
from adkit import nn, tree

from .common import BLUE, GREEN, PURPLE, RED, REFERENCE, THEORY, Page, caption, legend

TITLE = "A graph of modules: h1 feeds h2 and, past it, h3; four ways to its gradient agree"
CLAIM = (
    "Modules that know their forward pass, backward pass and parameter gradients can be wired into any graph; where a value is "
    "used twice its gradients add. Modules by hand, reverse mode, forward mode and SymPy give one gradient."
)
SOURCE = "Osindero, Neural Nets, Backprop, Automatic Differentiation (UCL x DeepMind lecture), the graph of h1, h2, h3"

N_IN, N, N_OUT = 2, 2, 1


def by_sympy(params: Any, x: Any, t: Any) -> Any:
    """The gradient of the squared error with respect to all parameters, from a statement of its own in symbols."""
    vector, unpack = nn.pack(params)
    symbols = np.array(sp.symbols(f"w0:{len(vector)}", real=True), dtype=object)
    p = unpack(symbols)
    each = lambda f: np.vectorize(f, otypes=[object])
    sigma, positive = each(lambda z: 1 / (1 + sp.exp(-z))), each(lambda z: sp.Piecewise((z, z > 0), (0, True)))
    linear = lambda name, x: p[name]["W"].dot(x) + p[name]["b"]
    h1 = sigma(linear("L1", x))
    h2 = positive(linear("L2", h1))
    h3 = sigma(linear("L3", h1) + linear("L4", h2))
    loss = sum((sigma(linear("L5", h3)) - t) ** 2)
    return np.array(sp.lambdify(symbols, [sp.diff(loss, s) for s in symbols], "math", cse=True)(*vector.tolist()))


def main(out: Any, seed: int = 0, quick: bool = False) -> dict[str, Any]:
    """Draw the figure into a folder."""
    page = Page(__name__, seed, quick)
    net = nn.slide_graph(N_IN, N, N_OUT)
    page.equal("linear modules", net.kinds()["linear"], 5, REFERENCE)
    for kind, wanted in (("sigmoid", 3), ("relu", 1), ("sum", 1)):
        page.equal(f"{kind} modules", net.kinds()[kind], wanted, REFERENCE)
    params, rng = net.init(seed), np.random.default_rng(seed)
    params = tree.map_leaves(lambda w: w + rng.uniform(-0.5, 0.5, np.shape(w)), params)
    x, t = np.array([0.7, -0.4]), np.array([0.2])
    loss = lambda p: nn.squared_error(net(p, x), t, "sum")
    y, memory = net.forward_by_hand(params, x)
    flat = lambda g: nn.pack(g)[0]
    ways = {
        "modules by hand": flat(net.backward_by_hand(params, nn.squared_error.by_hand(y, t, "sum"), memory)[1]),  # type: ignore[attr-defined]
        "reverse mode": flat(adkit.grad(loss)(params)),
        "forward mode": flat(adkit.jacfwd(loss)(params)),
        "SymPy": by_sympy(params, x, t),
    }
    size = np.abs(ways["SymPy"]).max()
    for name in list(ways)[:-1]:
        page.at_most(f"{name} and SymPy: relative difference", np.abs(ways[name] - ways["SymPy"]).max() / size, 1e-12, THEORY)
    # Fan-out: what h1 gets back is the sum of what its two readers send.
    h1, p = memory.children["h1"].y, params
    tail = lambda a, b: np.sum((adkit.sigmoid(p["L5"]["W"] @ adkit.sigmoid(
        p["L3"]["W"] @ a + p["L3"]["b"] + p["L4"]["W"] @ adkit.relu(p["L2"]["W"] @ b + p["L2"]["b"]) + p["L4"]["b"])
        + p["L5"]["b"]) - t) ** 2)  # fmt: skip
    whole, parts = adkit.grad(lambda h: tail(h, h))(h1), adkit.grad(tail, (0, 1))(h1, h1)
    page.at_most("dL/dh1 less the sum along its two edges", np.abs(whole - parts[0] - parts[1]).max(), 1e-15, THEORY)
    page.settings = f"{N_IN} inputs, layers of {N}, {nn.count_parameters(params)} parameters, squared error"

    top, bottom = page.panels(2, 1, size=(9.6, 7.2), height_ratios=[1.0, 0.9])
    top.grid(False)
    net.draw().figure(top)
    caption(top, "the graph, as adkit draws it")
    places = np.arange(len(size_ := ways["SymPy"]))
    for k, ((name, values), colour) in enumerate(zip(ways.items(), (PURPLE, RED, BLUE, GREEN), strict=True)):
        bottom.bar(places + 0.2 * (k - 1.5), values, 0.19, color=colour, label=name, hatch=("", "//", "..", "xx")[k],
                   edgecolor="white", linewidth=0)  # fmt: skip
    names = [path.strip("[]'").replace("']['", ".") for path, leaf in tree.paths(params) for _ in range(np.size(leaf))]
    bottom.set_xticks(places[: len(size_)], names, rotation=90, fontsize=7)
    bottom.set_ylabel("dL/d(parameter)")
    caption(bottom, "the gradient, four ways")
    legend(bottom)
    return page.save(out)
