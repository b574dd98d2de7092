"""The site's page of pictures: drawn while it is built, so that they are what this version draws."""

from __future__ import annotations

from typing import Any

import numpy as np

import adkit
from adkit import nn

__all__ = ["page"]


def path_graph(x: Any) -> Any:
    """The lecture's graph: two paths from x, joined in f."""
    a = np.sin(x)
    b = a**2
    c = np.exp(b)
    d = c + 1
    e = np.log(d)
    h = np.cos(x)
    i = 3 * h
    j = np.tanh(i)
    f = j * e
    g = adkit.sigmoid(f)
    return g  # noqa: RET504 - the name is what is drawn


def recurrent(H: Any, Wx: Any, Wh: Any, b: Any, X: Any) -> Any:
    """A recurrent network over all rows of X."""
    for t in range(len(X)):
        H = np.tanh(X[t] @ Wx + H @ Wh + b)
    return np.sum(H**2)


def page() -> str:
    """The page, as Markdown with the pictures in it."""
    rng = np.random.default_rng(0)
    program = adkit.trace(path_graph)(0.7)
    loop = adkit.trace(recurrent)(*[0.3 * rng.normal(size=s) for s in ((4, 8), (8, 8), (8, 8), (8,), (100, 4, 8))])
    net = nn.Sequential(nn.Linear(2, 6), nn.Tanh(), nn.Linear(6, 1), nn.Tanh()).initialize(0)
    parts = [
        ("# Pictures", "Each of these is one line, on any function of yours."),
        ("## Both modes, node by node", "`adkit.trace(f)(0.7).stepper()`; `.to_html(path)` writes it as a page of its own.",
         program.stepper().html),
        ("## A program, with the numbers of both sweeps",
         "`adkit.trace(f)(0.7).draw(tangents=1.0, cotangent=1.0, direction=\"right\")`. An arrow carries its local derivative.",
         program.draw(tangents=1.0, cotangent=1.0, direction="right").svg),
        ("## A loop, folded",
         f"`adkit.trace(recurrent)(...).draw()`: {len(loop.instructions)} values, drawn as one round. A stack is drawn once for "
         "all its rounds.", loop.draw().svg),
        ("## A network", "`net.draw()`: blue weights are positive, dashed orange ones negative, thick ones large.", net.draw().svg),
        ("", "`net.draw(style=\"graph\")`: the same modules and wires, as cards.", net.draw(style="graph", direction="right").svg),
    ]  # fmt: skip
    lines = []
    for head, words, *pictures in parts:
        lines += [head, "", words, ""]
        for picture in pictures:
            lines += ["```{raw} html", f'<div class="wide" tabindex="0">{picture}</div>', "```", ""]
    return "\n".join(lines)
