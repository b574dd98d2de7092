"""A compute graph in the lecture's style: a card for each node with its numbers, arrows with their local derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np

from .graph import Edge, Graph, Node
from .layout import Layout, arrange
from .modules import Unit
from .numbers import NOT_COMPUTED, brief, full, one
from .scene import Box, Part, Path, Scene, Shape, Text, Tip, clip, width

__all__ = ["card_scene"]

_SIZE, _SMALL = 13.0, 11.5
_ROOM = (100.0, 210.0)
"""The least and the largest width of what a card says; *not computed* fits into the least."""
_MARGIN = 18.0
_MOST = 300.0
"""Labels that would take more room than this above a card are left to the tips."""
_WIDEST = 860.0
"""Where a picture would be wider than this, it runs downwards."""


def lines_of(node: Node, swept: tuple[bool, bool], numbers: bool = True) -> list[tuple[str, str, bool]]:
    """What stands on a card below its head: the text, its kind, and whether it is slanted (no number)."""
    notes = [(words, "note", False) for words in node.note.split("\n") if words]
    if not numbers or node.kind == "stretch" or isinstance(node, Unit):
        return notes
    lines: list[tuple[str, str, bool]] = [(brief(node.value), "value", False)]
    for sign, kind, x, done in (("→", "forward", node.tangent, swept[0]), ("←", "reverse", node.cotangent, swept[1])):
        lines.append((f"{sign} {brief(x) if done else NOT_COMPUTED}", kind, not done))
    return lines + notes


def card_scene(graph: Graph, direction: str = "auto", title: str = "", numbers: bool = True) -> Scene:
    """The picture of a graph; ``direction`` is right, down, or auto: right where that is not too wide."""
    heads = [clip(node.label, _SIZE, _ROOM[1]) for node in graph.nodes]
    said = [lines_of(n, graph.swept, numbers) for n in graph.nodes]
    texts = [[(clip(t, _SIZE, _ROOM[1]), kind, slanted) for t, kind, slanted in lines] for lines in said]
    sizes = []
    for head, lines in zip(heads, texts, strict=True):
        wide = max([_ROOM[0], width(head, _SIZE) * 1.06, *[width(t, _SIZE) for t, _, _ in lines]])
        sizes.append((wide + 18, 29.0 + 18.0 * len(lines) - (2 if lines else 0)))
    place = {node.key: k for k, node in enumerate(graph.nodes)}
    forward = [e for e in graph.edges if not e.carried]
    pairs = [(place[e.source], place[e.target]) for e in forward]
    marks = [_mark(e) if numbers else "" for e in forward]
    down = direction == "down"
    found = _arranged(sizes, pairs, marks, down)
    if direction == "auto" and found.extent[0] + 2 * _MARGIN > _WIDEST:
        down, found = True, _arranged(sizes, pairs, marks, True)
    legend = _legend(graph, title, numbers)
    top = _MARGIN + (16 * len(legend) + 8 if legend else 0)

    def turn(u: float, v: float) -> tuple[float, float]:
        return (v + _MARGIN, u + top) if down else (u + _MARGIN, v + top)

    parts = [_edge(e, found, number, marks[number], turn, down, graph) for number, e in enumerate(forward)]
    for k, node in enumerate(graph.nodes):
        u, v, du, dv = found.boxes[k]
        x, y = turn(u, v)
        parts.append(_card(node, x, y, *((dv, du) if down else (du, dv)), heads[k], texts[k]))
    w, h = found.extent if not down else found.extent[::-1]
    w = max(w, *[width(t.words, t.size) for t in legend], 0) if legend else w
    for k, line in enumerate(legend):
        line.x, line.y = _MARGIN, _MARGIN + 8 + 16 * k
    parts.insert(0, Part(list(legend)))
    return Scene(w + 2 * _MARGIN, h + top + _MARGIN, parts, about(graph))


def _arranged(sizes: list[tuple[float, float]], pairs: list[tuple[int, int]], marks: list[str], down: bool) -> Layout:
    """The layout; the labels on the arrows into a card get room before it, and where that is above it, side by side."""
    if not down:
        return arrange(sizes, pairs, [width(m, _SMALL) + 16 if m else 10.0 for m in marks])
    wide: list[list[float]] = [[] for _ in sizes]
    for (_, t), mark in zip(pairs, marks, strict=True):
        wide[t].append(width(mark, _SMALL) + 14 if mark else 12.0)
    for (_, t), number in zip(pairs, range(len(marks)), strict=True):
        if sum(wide[t]) > _MOST:
            marks[number] = ""
    steps = [max(w, default=17.0) if sum(w) <= _MOST else 17.0 for w in wide]
    turned = [(h, max(w, (len(its) + 1) * step)) for (w, h), its, step in zip(sizes, wide, steps, strict=True)]
    return arrange(turned, pairs, [20.0 if m else 10.0 for m in marks], steps)


def _mark(edge: Edge) -> str:
    """What stands beside an arrow: the local derivative, where it is a number."""
    if edge.local is None or np.ndim(edge.local):
        return ""
    return one(np.asarray(edge.local)[()], 4)


def _edge(e: Edge, found: Layout, number: int, mark: str, turn: Any, down: bool, graph: Graph) -> Part:
    points = [turn(u, v) for u, v in found.routes[number]]
    x, y = points[-1]
    dx, dy = (0.0, 1.0) if down else (1.0, 0.0)
    room = found.lanes[number]
    # The last piece runs straight before the card: there the label stands, and the head of the arrow.
    bend = (x - room * dx, y - room * dy)
    stop = (x - 6 * dx, y - 6 * dy)
    shapes: list[Shape] = [Path([*points[:-1], bend, stop], down=down), Tip(x - dx, y - dy, dx, dy)]
    if mark:
        shapes.append(Text(x + 5, y - 8, mark, "local", "start", _SMALL) if down else
                      Text(x - 10, y - 4, mark, "local", "end", _SMALL))  # fmt: skip
    called = {n.key: n.name for n in graph.nodes}
    s, t = called[e.source], called[e.target]
    local = "" if e.local is None else f", local derivative {full(e.local)}"
    times = f", {e.count} arrows" if e.count > 1 else ""
    return Part(shapes, f"{s} goes into {t}{local}{times}", {"edge": f"{s}->{t}", "arrow": f"{e.source}-{e.target}"})


def _card(node: Node, x: float, y: float, w: float, h: float, head: str, lines: list[tuple[str, str, bool]]) -> Part:
    kind = "result" if node.kind == "output" else "card"
    shapes: list[Shape] = []
    if len(node.members) > 1:
        shapes += [Box(x + 6, y + 6, w, h, kind), Box(x + 3, y + 3, w, h, kind)]
    radius = 15.0 if node.kind == "input" else 6.0
    shapes.append(Box(x, y, w, h, kind, radius))
    at = y + (h - 18.0 * len(lines)) / 2 + 4
    shapes.append(Text(x + w / 2, at, head, "head", bold=True))
    for k, (words, what, slanted) in enumerate(lines):
        shapes.append(Text(x + w / 2, at + 18 * (k + 1), words, what, slanted=slanted, size=_SMALL if slanted else _SIZE))
    return Part(shapes, _tip(node), {"node": node.name, "key": str(node.key)})


def _tip(node: Node) -> str:
    """Everything about a node, for who rests the pointer on it."""
    words = [node.label]
    if node.value is not None:
        words.append(f"value {full(node.value)}")
    if node.tangent is not None:
        words.append(f"tangent {full(node.tangent)}")
    if node.cotangent is not None:
        words.append(f"cotangent {full(node.cotangent)}")
    if len(node.members) > 1:
        words.append(f"stands for {len(node.members)} nodes")
    if node.where:
        words.append(node.where)
    return "\n".join(words)


def _legend(graph: Graph, title: str, numbers: bool) -> list[Text]:
    """What the signs mean, and the title, where there is one."""
    lines = [Text(0, 0, title, "title", "start", 14, bold=True)] if title else []
    if graph.swept[0] and numbers:
        lines.append(Text(0, 0, "→ tangent: carried from the inputs to the result", "forward", "start", _SMALL))
    if graph.swept[1] and numbers:
        lines.append(Text(0, 0, "← cotangent: carried from the result to the inputs", "reverse", "start", _SMALL))
    return lines


def about(graph: Graph) -> str:
    """What a picture shows, in one sentence."""
    inputs = [n.name for n in graph.nodes if n.kind == "input"]
    results = [n.name for n in graph.nodes if n.kind == "output"]
    total = sum([len(n.members) for n in graph.nodes])

    def some(names: list[str]) -> str:
        return ", ".join(names[:6]) + (" ..." if len(names) > 6 else "")

    words = f"Compute graph of {graph.title}: {total} nodes"
    words += f" drawn as {len(graph.nodes)}" if total != len(graph.nodes) else ""
    words += f", from {some(inputs)}" if inputs else ""
    return words + (f" to {some(results)}." if results else ".")
