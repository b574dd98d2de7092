"""A scene as SVG: one element that carries its own style, has no names that others on the page could clash with, and no script."""

from __future__ import annotations

from html import escape

from .scene import Box, Circle, Part, Path, Scene, Shape, Tip
from .theme import FONT, rules, themed

__all__ = ["as_svg", "style"]

_STATIC = (
    f"svg.adkit-drawing{{max-width:100%;height:auto}}"
    f"svg.adkit-drawing text{{font-family:{FONT};font-size:13px;font-weight:400;letter-spacing:0}}"
    "svg.adkit-drawing .k-edge,svg.adkit-drawing .k-plus,svg.adkit-drawing .k-minus{fill:none}"
)


def style() -> str:
    """The style sheet of every drawing; the same for all, so that it may stand on a page more than once."""
    return _STATIC + themed("svg.adkit-drawing", rules)


def as_svg(scene: Scene) -> str:
    """The scene as an SVG element, which is a whole SVG document too."""
    w, h = _n(scene.w), _n(scene.h)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="adkit-drawing" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" '
        f'aria-label="{escape(scene.about)}">',
        f"<style>{style()}</style>",
        f'<rect class="k-ground" x=".5" y=".5" width="{_n(scene.w - 1)}" height="{_n(scene.h - 1)}" rx="10"/>',
    ]
    lines += [_part(part) for part in scene.parts]
    lines.append("</svg>")
    return "\n".join(lines)


def _part(part: Part) -> str:
    data = "".join([f' data-{key}="{escape(value)}"' for key, value in part.data.items()])
    title = f"<title>{escape(part.about)}</title>" if part.about else ""
    return f"<g{data}>{title}{''.join([_shape(s) for s in part.shapes])}</g>"


def _shape(s: Shape) -> str:
    if isinstance(s, Box):
        return f'<rect class="k-{s.kind}" x="{_n(s.x)}" y="{_n(s.y)}" width="{_n(s.w)}" height="{_n(s.h)}" rx="{_n(s.radius)}"/>'
    if isinstance(s, Circle):
        return f'<circle class="k-{s.kind}" cx="{_n(s.x)}" cy="{_n(s.y)}" r="{_n(s.r)}"/>'
    if isinstance(s, Tip):
        (ax, ay), (bx, by) = corners(s)
        return f'<path class="k-{s.kind}" d="M{_n(s.x)} {_n(s.y)}L{_n(ax)} {_n(ay)}L{_n(bx)} {_n(by)}z"/>'
    if isinstance(s, Path):
        dash = ' stroke-dasharray="5 3"' if s.dashed else ""
        return f'<path class="k-{s.kind}" stroke-width="{_n(s.weight)}"{dash} d="{_line(s)}"/>'
    more = (' font-weight="700" style="font-weight:700"' if s.bold else "") + (' font-style="italic"' if s.slanted else "")
    size = "" if s.size == 13 else f' style="font-size:{_n(s.size)}px"'
    if s.bold and size:
        more, size = "", f' style="font-size:{_n(s.size)}px;font-weight:700"'
    return f'<text class="k-{s.kind}" x="{_n(s.x)}" y="{_n(s.y)}" text-anchor="{s.anchor}"{size}{more}>{escape(s.words)}</text>'


def corners(tip: Tip, long: float = 8.0, half: float = 3.6) -> tuple[tuple[float, float], tuple[float, float]]:
    """The two back corners of an arrow's head."""
    x, y = tip.x - long * tip.dx, tip.y - long * tip.dy
    return (x - half * tip.dy, y + half * tip.dx), (x + half * tip.dy, y - half * tip.dx)


def _line(path: Path) -> str:
    words = [f"M{_n(path.points[0][0])} {_n(path.points[0][1])}"]
    for (x0, y0), (x1, y1), bent in segments(path):
        if (x0, y0) == (x1, y1):
            continue
        if not bent or (y0 == y1 and not path.down) or (x0 == x1 and path.down):
            words.append(f"L{_n(x1)} {_n(y1)}")
        else:
            (ax, ay), (bx, by) = handles(path, x0, y0, x1, y1)
            words.append(f"C{_n(ax)} {_n(ay)} {_n(bx)} {_n(by)} {_n(x1)} {_n(y1)}")
    return "".join(words)


def segments(path: Path) -> list[tuple[tuple[float, float], tuple[float, float], bool]]:
    """The pieces of a path, and whether each is bent: every other one, beginning with the first."""
    pairs = list(zip(path.points, path.points[1:], strict=False))
    return [(a, b, path.bent and k % 2 == 0) for k, (a, b) in enumerate(pairs)]


def handles(path: Path, x0: float, y0: float, x1: float, y1: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """The control points of an S between two points; it stays within their span along the layers."""
    if path.down:
        middle = (y0 + y1) / 2
        return (x0, middle), (x1, middle)
    middle = (x0 + x1) / 2
    return (middle, y0), (middle, y1)


def _n(x: float) -> str:
    """A number, as short as a tenth of a pixel needs."""
    text = f"{x:.1f}"
    return text[:-2] if text.endswith(".0") else text
