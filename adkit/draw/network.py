"""A network in the older style of the lecture: circles for units, lines for weights; thick ones are large, dashed ones negative.

Node for node and edge for edge it is the graph that the other style draws as cards.  An activation that follows a linear layer is
written into the circles of that layer: their left half sums, their right half bends.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .graph import Graph
from .layout import arrange, ranks
from .modules import Unit
from .numbers import one
from .scene import Circle, Part, Path, Scene, Shape, Text, clip, width

__all__ = ["network_scene"]

_RADIUS, _APART = 16.0, 40.0
_HEAD = 44.0
_MARGIN = 18.0
_SHOWN = 9
"""Units of a column that are drawn; of more, the first and the last."""

_SIGNS = {
    "sigmoid": "σ", "tanh": "tanh", "relu": "relu", "leaky_relu": "leaky", "softmax": "soft", "log_softmax": "log", "add": "+",
    "sum": "Σ", "multiply": "×", "max": "max", "concat": "‖", "linear": "Σ", "batch_norm": "norm", "dropout": "drop", "elu": "elu",
    "softplus": "s+", "softsign": "s", "abs": "| |",
}  # fmt: skip


class _Column:
    """A column of circles: one module, or a linear layer and the activation after it."""

    def __init__(self, node: Unit) -> None:
        self.nodes = [node]
        self.x, self.y, self.w = 0.0, 0.0, 0.0
        self.head = 0.0
        """Where its name stands: in the row above all columns, or in its own room, where it shares a layer."""
        self.shares = False

    @property
    def units(self) -> int:
        return self.nodes[0].units

    def shown(self) -> list[int]:
        """The units that are drawn, by number; -1 for those left out."""
        n = self.units
        return list(range(n)) if n <= _SHOWN else [*range(5), -1, n - 2, n - 1]

    def height(self) -> float:
        return _APART * len(self.shown()) + (_HEAD if self.shares else 0)

    def at(self, k: int) -> float:
        """The y of a unit that is drawn; of -1, of the dots."""
        return self.y + (_HEAD if self.shares else 0) + _APART * (self.shown().index(k) + 0.5)

    def drawn(self) -> list[int]:
        return [k for k in self.shown() if k >= 0]

    def reach(self) -> float:
        """How far from the middle its lines run level, clear of a name beside them."""
        return self.w / 2 if self.shares else _RADIUS


def network_scene(graph: Graph, title: str = "") -> Scene:
    """The sketch of a network's graph."""
    nodes = {node.key: node for node in graph.nodes if isinstance(node, Unit)}
    sources: dict[int, list[int]] = {key: [] for key in nodes}
    feeds: dict[int, list[int]] = {key: [] for key in nodes}
    for e in graph.edges:
        sources[e.target].append(e.source)
        feeds[e.source].append(e.target)
    columns = {key: _Column(node) for key, node in nodes.items()}
    for key, node in nodes.items():
        before = sources[key]
        if node.elementwise and len(before) == 1 and feeds[before[0]] == [key] and nodes[before[0]].op == "linear":
            columns[key] = columns[before[0]]
            columns[key].nodes.append(node)
    found = list({id(c): c for c in columns.values()}.values())
    place = {id(c): k for k, c in enumerate(found)}
    pairs = dict.fromkeys([(place[id(columns[e.source])], place[id(columns[e.target])]) for e in graph.edges])
    edges = [(a, b) for a, b in pairs if a != b]
    for c in found:
        c.w = max(4 * _RADIUS, *[width(t, 12) + 6 for t in _heads(c)])
    layers = ranks(len(found), edges)
    for c, layer in zip(found, layers, strict=True):
        c.shares = layers.count(layer) > 1
    layout = arrange([(c.w, c.height()) for c in found], edges, [34.0] * len(edges))
    row = _MARGIN + (24 if title else 0)
    top = row + _HEAD
    for c, (u, v, du, _) in zip(found, layout.boxes, strict=True):
        c.x, c.y = u + du / 2 + _MARGIN, v + top
        c.head = c.y if c.shares else row
    routes = {(id(found[a]), id(found[b])): route for (a, b), route in zip(edges, layout.routes, strict=True)}
    weights = [np.abs(n.weights) for n in nodes.values() if n.weights is not None and n.weights.size]
    heaviest = max([float(np.max(w)) for w in weights], default=1.0) or 1.0
    parts = [Part([Text(_MARGIN, _MARGIN + 10, title, "title", "start", 14, bold=True)])] if title else []
    for e in graph.edges:
        a, b = columns[e.source], columns[e.target]
        route = [(u + _MARGIN, v + top) for u, v in routes.get((id(a), id(b)), [])]
        shapes = _bundle(a, b, nodes[e.source], nodes[e.target], sources, nodes, route, heaviest)
        s, t = nodes[e.source].name, nodes[e.target].name
        parts.append(Part(shapes, f"{s} goes into {t}", {"edge": f"{s}->{t}"}))
    for c in found:
        parts += _circles(c)
    w = max(layout.extent[0] + 2 * _MARGIN, width(title, 14) + 2 * _MARGIN)
    return Scene(w, layout.extent[1] + top + _MARGIN, parts, _about(graph, found))


def _heads(c: _Column) -> list[str]:
    """What stands above a column: the modules' names, and how many units."""
    return [clip(" ".join([n.name for n in c.nodes]), 12, 150), f"{c.units} unit{'s' if c.units != 1 else ''}"]


def _circles(c: _Column) -> list[Part]:
    """One part for each module of a column: its circles and the signs in them."""
    node, after = c.nodes[0], c.nodes[1:]
    name, units = _heads(c)
    shapes: list[Shape] = [Text(c.x, c.head + 14, name, "head", size=12, bold=True), Text(c.x, c.head + 30, units, "note", size=12)]
    signs: list[Shape] = []
    if -1 in c.shown():
        shapes += [Circle(c.x, c.at(-1) + d, 1.8, "dot") for d in (-8, 0, 8)]
    for k in c.drawn():
        y = c.at(k)
        shapes.append(Circle(c.x, y, _RADIUS, "card"))
        value = (after[-1] if after else node).value
        if value is not None:
            signs.append(Text(c.x, y + 3, _short(value[k]), "value", size=8.5))
        elif after:
            shapes.append(Text(c.x - 7, y + 4, "Σ", "head", size=11))
            sign = _SIGNS.get(after[0].op, after[0].op[:4])
            signs.append(Text(c.x + 7.3, y + 3, sign, "head", size=11 if len(sign) == 1 else 6.5))
        elif node.kind != "input":
            sign = _SIGNS.get(node.op, node.op[:4])
            signs.append(Text(c.x, y + 4, sign, "head", size=12 if len(sign) == 1 else 9))
    first = Part(shapes + ([] if after else signs), _tip(node), {"node": node.name, "key": str(node.key)})
    return [first, *[Part(signs, _tip(n), {"node": n.name, "key": str(n.key)}) for n in after[:1]]]


def _tip(node: Unit) -> str:
    return f"{node.name}: {node.text or node.op}, {node.note}" + ("" if node.weights is None else f", weights {node.weights.shape}")


def _bundle(
    a: _Column, b: _Column, s: Unit, t: Unit, sources: dict[int, list[int]], nodes: dict[int, Unit],
    points: list[tuple[float, float]], heaviest: float,
) -> list[Shape]:  # fmt: skip
    """The lines of one edge: from unit to unit between neighbouring columns, one thick line where others lie between."""
    if a is b:  # inside the circles: the border between the sum and the bend
        long = 2 * _RADIUS if t.value is None else 4.0
        return [Path([(a.x, y - _RADIUS), (a.x, y - _RADIUS + long)], "edge", 0.9, bent=False) for y in map(a.at, a.drawn())]
    if len(points) > 4:  # past other columns: gathered into one line, and spread again
        start, stop = points[2], points[-1]
        stop = (stop[0], b.at(b.drawn()[0]) / 2 + b.at(b.drawn()[-1]) / 2)
        start = (start[0], a.at(a.drawn()[0]) / 2 + a.at(a.drawn()[-1]) / 2)
        fan: list[Shape] = [Path([(a.x + _RADIUS, a.at(k)), start], "edge", 0.9, bent=False) for k in a.drawn()]
        fan += [Path([stop, (b.x - _RADIUS, b.at(k))], "edge", 0.9, bent=False) for k in b.drawn()]
        return [Path([start, start, start, *points[3:-1], stop], "edge", 2.6), *fan]
    lines: list[Shape] = []
    joined = _joined(t, sources, nodes)
    dense = t.weights is not None or t.op == "linear" or (s.units != t.units and not joined)
    begin = 0
    for key in sources[t.key]:
        if key == s.key:
            break
        begin += nodes[key].units
    for i in a.drawn():
        for j in b.drawn():
            if not dense and j != (begin + i if joined else i):
                continue
            w = float(t.weights[j, i]) / heaviest if t.weights is not None and t.weights.shape[1] == s.units else None
            kind = "edge" if w is None else "minus" if w < 0 else "plus"
            thick = 1.0 if w is None else 0.5 + 2.8 * abs(w)
            y0, y1 = a.at(i), b.at(j)
            ends = [(a.x + _RADIUS, y0), (a.x + a.reach(), y0), (b.x - b.reach(), y1), (b.x - _RADIUS, y1)]
            lines.append(Path(ends, kind, thick, dashed=w is not None and w < 0, bent=False))
    return lines


def _short(x: Any) -> str:
    """A value that fits into a circle."""
    return one(np.round(x, 2) if abs(x) < 10 else x, 2 if abs(x) >= 1 else 3)


def _joined(t: Unit, sources: dict[int, list[int]], nodes: dict[int, Unit]) -> bool:
    """Whether the units of a node are those of its sources, one after the other."""
    return len(sources[t.key]) > 1 and sum([nodes[k].units for k in sources[t.key]]) == t.units


def _about(graph: Graph, columns: list[Any]) -> str:
    units = ", ".join([str(c.units) for c in columns[:12]]) + (" ..." if len(columns) > 12 else "")
    return f"Network of {len(graph.nodes)} modules, {len(graph.edges)} wires; units by column: {units}."
