"""A picture as shapes, before it is written as SVG or painted by Matplotlib; and how wide a text is."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Box", "Circle", "Part", "Path", "Scene", "Text", "Tip", "clip", "width"]

Point = tuple[float, float]


@dataclass
class Box:
    """A rectangle with rounded corners."""

    x: float
    y: float
    w: float
    h: float
    kind: str
    radius: float = 7.0


@dataclass
class Circle:
    """A disc."""

    x: float
    y: float
    r: float
    kind: str


@dataclass
class Path:
    """A line through points: straight from the first of each pair to the second, bent in an S between pairs.

    ``weight`` is its thickness; ``down`` says that it bends along y.
    """

    points: list[Point]
    kind: str = "edge"
    weight: float = 1.4
    dashed: bool = False
    down: bool = False
    bent: bool = True


@dataclass
class Tip:
    """The head of an arrow: where it points to, and which way (dx, dy)."""

    x: float
    y: float
    dx: float
    dy: float
    kind: str = "tip"


@dataclass
class Text:
    """One line of text; ``anchor`` is start, middle or end, ``y`` the base line."""

    x: float
    y: float
    words: str
    kind: str
    anchor: str = "middle"
    size: float = 13.0
    bold: bool = False
    slanted: bool = False


Shape = Box | Circle | Path | Tip | Text


@dataclass
class Part:
    """Shapes that belong to one thing: a node or an edge, with what it is, in words, and names for tests and scripts."""

    shapes: list[Shape]
    about: str = ""
    data: dict[str, str] = field(default_factory=dict)


@dataclass
class Scene:
    """A whole picture: its size, its parts from back to front, and what it shows, in one sentence."""

    w: float
    h: float
    parts: list[Part]
    about: str


_NARROW = {**dict.fromkeys("ijl.,:;'|!()[]{} ·", 0.38), **dict.fromkeys("frtI-/\\\"", 0.45)}
_WIDE = {**dict.fromkeys("mwMW@%…∂", 0.98), **dict.fromkeys("→←×−+=<>~", 0.84), **dict.fromkeys("⁰¹²³⁴⁵⁶⁷⁸⁹", 0.44)}


def width(text: str, size: float) -> float:
    """The width of a text, rather too large than too small, for the fonts in use (DejaVu Sans is the widest)."""
    total = 0.0
    for c in text:
        total += _NARROW.get(c) or _WIDE.get(c) or (0.72 if c.isupper() else 0.64)
    return total * size


def clip(text: str, size: float, room: float) -> str:
    """A text that fits; what is cut off is marked.

    >>> clip("sin(x)", 13, 200), clip("logaddexp(first, second)", 13, 100)
    ('sin(x)', 'logaddexp(fi…')
    """
    if width(text, size) <= room:
        return text
    while text and width(text + "…", size) > room:
        text = text[:-1]
    return text.rstrip() + "…"
