"""The stepper: forward and reverse mode of a program, one node after the other, in a page of its own or in a notebook.

The element is made of HTML alone: its script and style are inside, it asks for nothing, and where scripts do not run it shows the
picture and the table instead.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from functools import lru_cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from ..errors import DerivativeError
from ..files import write_document
from .drawing import Drawing
from .picture import draw
from .scene import Text
from .steps import Step, default_seeds, forward_steps, reverse_steps
from .theme import themed

if TYPE_CHECKING:
    from ..program.listing import Program

__all__ = ["Stepper", "step_through"]

_MOST = 3000
"""Nodes up to which a program can be stepped through: beyond, a page would be too heavy."""

_HEADS = {
    "forward": ("operand", "local derivative", "× its tangent", "= contribution"),
    "reverse": ("operand", "local derivative", "× cotangent", "= contribution", "its cotangent so far"),
}


class Stepper:
    """Both sweeps of a program, step by step.

    A notebook shows it; ``save(path)`` writes a page.  ``forward`` and ``reverse`` are the steps, with their numbers.
    """

    def __init__(self, program: Program, tangents: Any, cotangent: Any, picture: Drawing, title: str) -> None:
        self.program, self.picture, self.title = program, picture, title
        self.tangents, self.cotangent = tangents, cotangent
        self.forward: list[Step] = list(forward_steps(program, tangents))
        self.reverse: list[Step] = list(reverse_steps(program, cotangent))

    @property
    def about(self) -> str:
        """What it is, in one sentence."""
        return f"Stepper: {len(self.forward)} steps of forward mode and {len(self.reverse)} of reverse mode through {self.title}"

    def told(self) -> dict[str, Any]:
        """What the script is told: the modes, their steps, and the values."""
        card = {m: str(n.key) for n in self.picture.graph.nodes for m in n.members}
        names = {n.key: n.name for n in self.picture.graph.nodes}
        values = {str(n.key): line for n in self.picture.graph.nodes for line in _values(self.picture, n.key)}

        def of(steps: list[Step]) -> Iterator[dict[str, Any]]:
            for s in steps:
                at = card.get(s.key, "")
                pairs = [(card.get(a), card.get(b)) for a, b in s.arrows]
                yield {
                    "key": at, "name": s.name, "say": s.say, "rows": s.rows, "sum": s.total,
                    "arrows": [f"{a}-{b}" for a, b in pairs if a and b and int(a) in names and int(b) in names],
                    "set": [[card[k], kind, text] for k, kind, text in s.sets if k in card],
                }  # fmt: skip

        return {
            "values": values,
            "modes": [
                {"title": "Forward mode", "recorded": False, "heads": _HEADS["forward"], "steps": list(of(self.forward))},
                {"title": "Reverse mode", "recorded": True, "heads": _HEADS["reverse"], "steps": list(of(self.reverse))},
            ],
        }

    @property
    def html(self) -> str:
        """The element: its style, its picture, its table and its script."""
        told = json.dumps(self.told(), ensure_ascii=False, separators=(",", ":"))
        told = told.replace("&", "&amp;").replace("'", "&#39;").replace("<", "&lt;")  # in single quotes: JSON is full of the others
        coded = base64.b64encode(self.picture.svg.encode()).decode()
        table = self.program.table(self.tangents, self.cotangent)._repr_html_()
        return (
            f'<div class="adkit-stepper" role="group" aria-label="{escape(self.about)}" '
            f"data-steps='{told}'>"
            f"<style>{_style()}</style>"
            f'<p class="as-name">{escape(self.title)}, step by step</p>'
            '<div class="as-both"><div class="as-figure" tabindex="0" role="group" aria-label="The compute graph">'
            f'<img alt="{escape(self.picture.about)}" src="data:image/svg+xml;base64,{coded}"></div>'
            '<div class="as-panel"><p>Both modes end with the numbers in the picture. Where scripts run, this is walked through '
            "node by node.</p></div></div>"
            f'<details class="as-all"><summary>All numbers as a table</summary>{table}</details>'
            f"<script>{_asset('stepper.js')}</script></div>"
        )

    def page(self) -> str:
        """The element as a page of its own."""
        return (
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{escape(self.title)}, step by step</title>\n<style>{_page_style()}</style>\n</head>\n"
            f"<body>\n<main>\n{self.html}\n</main>\n</body>\n</html>\n"
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the page, whole or not at all.

        Raises
        ------
        adkit.files.OutputError : if the file cannot be written.
        """
        write_document(os.fspath(path), self.page())

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return f"<{self.about}>"


def step_through(program: Program, tangents: Any = None, cotangent: Any = None, title: str = "", **options: Any) -> Stepper:
    """A stepper through both modes of a program.

    Parameters
    ----------
    program : what ``adkit.trace(f)(*args)`` gives.
    tangents : the direction of the forward sweep, a tuple like the arguments; by default ones for the first input, zeros for the
        others.
    cotangent : the seed of the reverse sweep, like the result; by default ones.
    title : what it is called; by default the program's name.
    options : for the picture, see :func:`adkit.draw.draw`.

    Raises
    ------
    DerivativeError : where nothing depends on the arguments, or the program has too many nodes to be walked through.

    Examples
    --------
    >>> import numpy as np, adkit
    >>> stepper = step_through(adkit.trace(lambda x: np.sin(x) ** 2)(0.5))
    >>> stepper
    <Stepper: 3 steps of forward mode and 4 of reverse mode through f>
    >>> print(stepper.forward[1].say)
    v1 = sin(x) = 0.479426. Its tangent is 0.877583.
    """
    if len(program.instructions) > _MOST:
        raise DerivativeError(
            f"the stepper: {program.name} has {len(program.instructions)} nodes, more than the {_MOST} that a page can hold; draw "
            "it folded (program.draw()), or trace a smaller example"
        )
    tangents, cotangent = default_seeds(program, tangents, cotangent)
    picture = draw(program, tangents=tangents, cotangent=cotangent, **options)
    return Stepper(program, tangents, cotangent, picture, title or program.name)


def _values(picture: Drawing, key: int) -> list[str]:
    """What stands on a card as its value."""
    for part in picture.scene.parts:
        if part.data.get("key") == str(key):
            return [s.words for s in part.shapes if isinstance(s, Text) and s.kind == "value"]
    return []


@lru_cache
def _asset(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8").strip()


def _style() -> str:
    return _asset("stepper.css") + themed(".adkit-stepper", _rules)


def _rules(c: dict[str, str]) -> list[tuple[str, str]]:
    return [
        ("", f"color:{c['ink']};background:{c['ground']};border-color:{c['frame']}"),
        ("button", f"color:{c['ink']};background:{c['card']};border-color:{c['line']}"),
        ('button[aria-pressed="true"]', f"background:{c['mark']};border-color:{c['ink']}"),
        ("td,th,p", f"color:{c['ink']}"),
        (".as-hint,.as-count", f"color:{c['soft']}"),
        (":focus-visible", f"outline-color:{c['plus']}"),
        ("svg .k-lit .k-edge", f"stroke:{c['ink']}"),
    ]


def _page_style() -> str:
    frame = "body{margin:0;padding:1em;font-family:system-ui,-apple-system,\"Segoe UI\",Roboto,Helvetica,Arial,sans-serif}"
    return frame + "main{max-width:75em;margin:0 auto}" + themed("body", lambda c: [("", f"background:{c['ground']}")])
