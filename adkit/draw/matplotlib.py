"""A scene painted by Matplotlib: for figures, in print and on paper of one colour (light)."""

from __future__ import annotations

import io
from typing import Any

from .scene import Box, Circle, Path, Scene, Shape, Text, Tip
from .svg import corners, handles, segments
from .theme import LIGHT

__all__ = ["paint", "rendered"]

_INKS = {
    "head": "ink", "title": "ink", "value": "soft", "local": "soft", "note": "soft", "forward": "forward", "reverse": "reverse",
    "edge": "line", "tip": "line", "plus": "plus", "minus": "minus",
}  # fmt: skip
_POINT = 0.72
"""Points to a pixel at 100 dots an inch: texts keep their size beside the boxes."""


def paint(scene: Scene, axes: Any = None) -> Any:
    """The scene on ``axes``, or on a Figure of its own; returns the Figure.

    Whatever the size of the axes, the texts keep theirs relative to the cards: they are drawn as paths.
    """
    from matplotlib.figure import Figure

    if axes is None:
        figure = Figure(figsize=(scene.w / 100, scene.h / 100), facecolor=LIGHT["ground"])
        axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, scene.w)
    axes.set_ylim(scene.h, 0)
    axes.set_aspect("equal")
    axes.set_axis_off()
    for part in scene.parts:
        for shape in part.shapes:
            _paint(shape, axes)
    return axes.figure


def rendered(scene: Scene, ending: str) -> bytes:
    """The scene as a file of Matplotlib's: png, pdf, ..."""
    into = io.BytesIO()
    paint(scene).savefig(into, format=ending, dpi=150, facecolor=LIGHT["ground"])
    return into.getvalue()


def _paint(s: Shape, axes: Any) -> None:
    from matplotlib.patches import Circle as Disc
    from matplotlib.patches import FancyBboxPatch, PathPatch, Polygon
    from matplotlib.path import Path as Curve

    if isinstance(s, Box):
        fill, line = ("result", "accent") if s.kind == "result" else ("card", "line")
        r = min(s.radius, s.h / 2, s.w / 2)
        style = f"round,pad=0,rounding_size={r}"
        axes.add_patch(FancyBboxPatch((s.x, s.y), s.w, s.h, style, facecolor=LIGHT[fill], edgecolor=LIGHT[line], linewidth=0.9))
    elif isinstance(s, Circle):
        fill = LIGHT["line" if s.kind == "dot" else "card"]
        axes.add_patch(Disc((s.x, s.y), s.r, facecolor=fill, edgecolor=LIGHT["line"], linewidth=0.9))
    elif isinstance(s, Tip):
        axes.add_patch(Polygon([(s.x, s.y), *corners(s)], closed=True, facecolor=LIGHT["line"], linewidth=0))
    elif isinstance(s, Path):
        points, codes = [s.points[0]], [Curve.MOVETO]
        for a, b, bent in segments(s):
            points += [*handles(s, *a, *b), b] if bent else [b]
            codes += [Curve.CURVE4] * 3 if bent else [Curve.LINETO]
        dash: Any = (0, (4, 2.4)) if s.dashed else "-"
        colour = LIGHT[_INKS[s.kind]]
        axes.add_patch(PathPatch(Curve(points, codes), fill=False, edgecolor=colour, linewidth=s.weight * _POINT, linestyle=dash))
    else:
        _write(s, axes)


def _write(s: Text, axes: Any) -> None:
    """A text as a path, so that it grows and shrinks with the boxes around it."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.patches import PathPatch
    from matplotlib.textpath import TextPath
    from matplotlib.transforms import Affine2D

    font = FontProperties(family="DejaVu Sans", weight="bold" if s.bold else "normal", style="italic" if s.slanted else "normal")
    outline = TextPath((0, 0), s.words.replace("$", r"\$"), size=s.size, prop=font)
    box = outline.get_extents() if s.words.strip() else None
    wide = 0.0 if box is None else box.width + box.x0
    x = s.x - {"start": 0.0, "middle": wide / 2, "end": wide}[s.anchor]
    moved = Affine2D().scale(1, -1).translate(x, s.y).transform_path(outline)
    axes.add_patch(PathPatch(moved, facecolor=LIGHT[_INKS[s.kind]], linewidth=0))
