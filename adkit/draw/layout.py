"""A graph laid out in layers (Sugiyama, Tagawa & Toda, 1981): longest paths, dummy nodes, barycentres, then coordinates.

All is computed along two axes: ``u``, in which the layers follow each other, and ``v``, along a layer; the drawing turns them.
An edge that passes layers is led through dummy nodes, which take up room as cards do.  Within a layer's column an edge runs
straight; it bends in the gaps between columns alone.  So no edge ever passes behind a card.  The same input gives the
same picture: nothing is drawn by chance.
"""

from __future__ import annotations

from collections.abc import Sequence

from .ordering import order_layers

__all__ = ["Layout", "arrange", "ranks"]

_GAP, _LANE = 18.0, 11.0
"""Between two cards of a layer; between a passing edge and its neighbours."""
_BEND = (26.0, 90.0)
"""The least and the largest room for the bends between two layers."""
_PORTS = 17.0


class Layout:
    """Where everything is.

    Attributes
    ----------
    layers : for each node its layer.
    boxes : for each node ``(u, v, du, dv)``, its near corner and its extent.
    routes : for each edge its points ``(u, v)``: straight from the second to the third, the fourth to the fifth, and so on,
        through a column; bent in between, from one column to the next.  The first piece has no length.
    lanes : for each edge the room before its end, along which it runs straight: where its label goes.
    extent : of the whole, along u and along v.
    """

    def __init__(self) -> None:
        self.layers: list[int] = []
        self.boxes: list[tuple[float, float, float, float]] = []
        self.routes: list[list[tuple[float, float]]] = []
        self.lanes: list[float] = []
        self.extent = (0.0, 0.0)
        self.crossings = 0


def arrange(
    sizes: Sequence[tuple[float, float]],
    edges: Sequence[tuple[int, int]],
    labels: Sequence[float] | None = None,
    steps: Sequence[float] | None = None,
) -> Layout:
    """Lay out a graph without cycles.

    Parameters
    ----------
    sizes : for each node its extent ``(du, dv)``.
    edges : pairs of nodes, by number; each pair once.
    labels : for each edge the room along ``u`` that its label needs, 0 for none.
    steps : for each node the distance at which edges enter it side by side, where there is room; 17 by default.

    Examples
    --------
    >>> found = arrange([(60, 40)] * 3, [(0, 1), (1, 2), (0, 2)])
    >>> found.layers, found.crossings
    ([0, 1, 2], 0)
    """
    labels = [0.0] * len(edges) if labels is None else labels
    out = Layout()
    out.layers = ranks(len(sizes), edges)
    net = _Net(out.layers, edges)
    out.crossings = order_layers(net.columns, net.ups, net.downs)
    du, near = _columns(out.layers, sizes, edges, labels)
    half = [dv / 2 for _, dv in sizes] + [0.0] * (len(net.ups) - len(sizes))
    v = _coordinates(net, half, len(sizes))
    near = _bends(net, v, du, near, labels, edges)
    least = min([v[k] - half[k] for k in range(len(v))], default=0.0)
    v = [x - least for x in v]
    out.boxes = [(near[out.layers[k]], v[k] - half[k], sizes[k][0], 2 * half[k]) for k in range(len(sizes))]
    ports = _ports(net, edges, v, half, [_PORTS] * len(sizes) if steps is None else steps)
    for number, (_, t) in enumerate(edges):
        points: list[tuple[float, float]] = []
        for a in net.paths[number][:-1]:
            column = net.layer_of[a]
            start = (near[column], v[a]) if a >= len(sizes) else (near[column] + sizes[a][0], v[a])
            points += [start] if points else [start, start]
            points.append((near[column] + du[column], v[a]))
        points.append((near[out.layers[t]], ports[number]))
        out.routes.append(points)
        out.lanes.append(labels[number])
    high = max([v[k] + half[k] for k in range(len(v))], default=0.0)
    out.extent = (near[-1] + du[-1] if near else 0.0, high)
    return out


def ranks(n: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """For each node the length of the longest path to it.

    What has no operand, or only such as others use too, stands right before its first use: the lines of the operands
    are there in any case, and its own is short.
    """
    after: list[list[int]] = [[] for _ in range(n)]
    before: list[list[int]] = [[] for _ in range(n)]
    for s, t in edges:
        after[s].append(t)
        before[t].append(s)
    waiting = [len(b) for b in before]
    ready = [k for k in range(n) if not waiting[k]]
    rank, seen = [0] * n, 0
    while seen < len(ready):
        k = ready[seen]
        seen += 1
        for t in after[k]:
            rank[t] = max(rank[t], rank[k] + 1)
            waiting[t] -= 1
            if not waiting[t]:
                ready.append(t)
    if seen < n:
        raise ValueError("the graph has a cycle, and cannot be laid out in layers")
    for k in reversed(ready):
        if after[k] and all([len(after[j]) > 1 for j in before[k]]):
            rank[k] = min([rank[t] for t in after[k]]) - 1
    return rank


class _Net:
    """The graph with dummy nodes: every edge leads from one layer to the next.

    Edges that leave one node share their dummies: they part where they must, and not before.
    """

    def __init__(self, rank: list[int], edges: Sequence[tuple[int, int]]) -> None:
        self.layer_of = list(rank)
        self.ups: list[list[int]] = [[] for _ in rank]
        self.downs: list[list[int]] = [[] for _ in rank]
        self.paths: list[list[int]] = []
        chains: list[list[int]] = [[k] for k in range(len(rank))]
        for s, t in edges:
            chain = chains[s]
            while len(chain) < rank[t] - rank[s]:
                self.layer_of.append(rank[s] + len(chain))
                self.ups.append([chain[-1]])
                self.downs.append([])
                self.downs[chain[-1]].append(len(self.ups) - 1)
                chain.append(len(self.ups) - 1)
            last = chain[rank[t] - rank[s] - 1]
            self.downs[last].append(t)
            self.ups[t].append(last)
            self.paths.append([*chain[: rank[t] - rank[s]], t])
        self.columns: list[list[int]] = [[] for _ in range(1 + max(rank, default=-1))]
        for k, layer in enumerate(self.layer_of):
            self.columns[layer].append(k)


def _columns(
    rank: list[int], sizes: Sequence[tuple[float, float]], edges: Sequence[tuple[int, int]], labels: Sequence[float]
) -> tuple[list[float], list[float]]:
    """The width of each layer's column, and the room for labels before it."""
    width = [0.0] * (1 + max(rank, default=-1))
    room = list(width)
    for k, (du, _) in enumerate(sizes):
        width[rank[k]] = max(width[rank[k]], du)
    for (_, t), label in zip(edges, labels, strict=True):
        room[rank[t]] = max(room[rank[t]], label)
    return width, room


def _bends(
    net: _Net, v: list[float], du: list[float], room: list[float], labels: Sequence[float], edges: Sequence[tuple[int, int]]
) -> list[float]:
    """Where each column begins: the further edges have to climb between two, the more room there is between them."""
    near, at = [], 0.0
    for layer, column in enumerate(net.columns):
        if layer:
            climb = max([abs(v[a] - v[b]) for b in column for a in net.ups[b]], default=0.0)
            at += min(max(_BEND[0], climb * 0.22), _BEND[1]) + room[layer]
        near.append(at)
        at += du[layer]
    return near


# coordinates along a layer -----------------------------------------------------------------------------


def _coordinates(net: _Net, half: list[float], cards: int) -> list[float]:
    """Each node as near to the middle of its neighbours as the order and the sizes allow, sweep by sweep."""
    v = [0.0] * len(half)
    apart = []
    for column in net.columns:
        gaps = [half[a] + half[b] + (_GAP if a < cards and b < cards else _LANE) for a, b in zip(column, column[1:], strict=False)]
        apart.append(gaps)
        at = -(sum(gaps) / 2)
        for k, gap in zip(column, [*gaps, 0.0], strict=True):
            v[k] = at
            at += gap
    rounds = 24 if len(half) < 600 else 8
    for number in range(rounds + 3):
        straight = number >= rounds  # at last, what follows in a line stands in a line
        forwards = number % 2 == 0 or straight
        for layer in range(len(net.columns)) if forwards else reversed(range(len(net.columns))):
            column = net.columns[layer]
            wanted, weights = [], []
            for k in column:
                ups, downs = net.ups[k], net.downs[k]
                near = (ups if forwards else downs) or ups or downs
                spine = [j for j in ups if net.ups[j]] or ups  # an input stands beside the line that it feeds
                follows = len(spine) == 1 and (k >= cards or len(net.downs[spine[0]]) == 1)
                if straight:
                    near = spine if follows else [*ups, *downs]
                wanted.append(sum([v[j] for j in near]) / len(near) if near else v[k])
                weights.append(len(near) * (8.0 if k >= cards or (straight and follows) else 1.0) if near else 0.1)
            for k, x in zip(column, _keep_apart(wanted, weights, apart[layer]), strict=True):
                v[k] = x
    return v


def _keep_apart(wanted: list[float], weights: list[float], gaps: list[float]) -> list[float]:
    """The positions nearest to those wanted, in this order and so far apart: isotonic regression by pooling."""
    shift, at = [0.0], 0.0
    for gap in gaps:
        at += gap
        shift.append(at)
    blocks: list[tuple[float, float, int]] = []  # mean, weight, how many
    for x, w, s in zip(wanted, weights, shift, strict=False):
        mean, weight, count = x - s, w, 1
        while blocks and blocks[-1][0] > mean:
            before, its, n = blocks.pop()
            mean = (mean * weight + before * its) / (weight + its)
            weight, count = weight + its, count + n
        blocks.append((mean, weight, count))
    found: list[float] = []
    for mean, _, count in blocks:
        for _ in range(count):
            found.append(mean + shift[len(found)])
    return found


def _ports(
    net: _Net, edges: Sequence[tuple[int, int]], v: list[float], half: list[float], steps: Sequence[float]
) -> list[float]:
    """Where each edge enters its card: side by side, in the order in which they arrive."""
    arriving: list[list[int]] = [[] for _ in steps]
    for number, (_, t) in enumerate(edges):
        arriving[t].append(number)
    ports = [0.0] * len(edges)
    for t, numbers in enumerate(arriving):
        numbers.sort(key=lambda e: (v[net.paths[e][-2]], e))
        step = min(steps[t], (2 * half[t] - 8) / max(1, len(numbers)))
        for k, number in enumerate(numbers):
            ports[number] = v[t] + (k - (len(numbers) - 1) / 2) * step
    return ports
