"""A large graph made small: what repeats itself is drawn once, what follows in a line is drawn as one.

Three steps, each taken only while there are more cards than a person can read.

1. *Repeats.*  The nodes in their order are a word whose letters are their makes (the op and the shape).  A part of it that
   follows itself, as the rounds of a loop or the layers of a network do, is drawn once, with how often it occurs.  Inner loops are
   folded before outer ones.
2. *Chains.*  A node whose value goes to one other alone is drawn on the same card as that.
3. *Stretches.*  What is left is cut, in the order of computation, into as many stretches as there may be cards, where the user's
   own lines part if possible.  Whatever the graph, no cycle comes of it.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import numpy as np

from .graph import Edge, Graph, Node
from .numbers import brief

__all__ = ["fold_graph", "repeats"]

_PERIOD = 600
"""The longest round that is looked for."""


def fold_graph(graph: Graph, most: int = 48, stretches: int | None = None) -> Graph:
    """The graph with at most ``most`` cards; where it has to be cut into stretches, with so many of these (by default, ``most``).

    >>> from .graph import Edge, Graph, Node
    >>> nodes = [Node(k, f"v{k}", "sin", "sin", "op", signature="sin") for k in range(100)]
    >>> folded = fold_graph(Graph("f", nodes, [Edge(k, k + 1) for k in range(99)]))
    >>> [(node.name, len(node.members)) for node in folded.nodes]
    [('v0 … v99', 100)]
    """
    graph = _fold_repeats(graph)
    if len(graph) > most:
        graph = _fold_chains(graph, most)
    return _fold_stretches(graph, stretches or most) if len(graph) > most else graph


# repeats ------------------------------------------------------------------------------------------------


def repeats(word: list[Any]) -> list[int]:
    """For each letter the place of the first one that it repeats; its own where it repeats none.

    A run of equal parts is folded on its first part, again and again: that which saves most comes first, and what repeats
    inside of it later.

    >>> repeats(list("xabcabcabc"))
    [0, 1, 2, 3, 1, 2, 3, 1, 2, 3]
    >>> repeats(list("aaaaab" * 3))
    [0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 5]
    """
    first, kept = list(range(len(word))), list(range(len(word)))
    letters: dict[Any, int] = {}
    letter = [letters.setdefault(x, len(letters)) for x in word]
    while True:
        runs = _best_runs(np.array([letter[k] for k in kept]))
        if not runs:
            break
        for start, period, count in reversed(runs):
            for k in range(period, period * count):
                first[kept[start + k]] = kept[start + k % period]
            for k in range(period):  # from now on it is another letter than the bare one
                j = kept[start + k]
                letter[j] = letters.setdefault((letter[j],), len(letters))
            kept[start + period : start + period * count] = []
    for k in range(len(word)):
        first[k] = first[first[k]]
    return first


def _best_runs(codes: np.ndarray) -> list[tuple[int, int, int]]:
    """The runs ``(start, period, count)`` of the period that saves most; none where nothing repeats.

    A few equal letters in a row may be chance: the shorter the part, the more often a run must have it.
    """
    n, best = len(codes), 0
    found: list[tuple[int, int, int]] = []
    for period in range(1, min(n // 2, _PERIOD) + 1):
        same = np.concatenate(([False], codes[:-period] == codes[period:], [False]))
        steps = np.flatnonzero(same[1:] != same[:-1])
        starts, lengths = steps[::2], steps[1::2] - steps[::2]
        counts = lengths // period + 1
        good = counts >= {1: 5, 2: 3}.get(period, 2)
        saved = int(np.sum((counts[good] - 1) * period))
        if saved > best:
            best, runs, end = saved, [], 0
            for start, count in zip(starts[good].tolist(), counts[good].tolist(), strict=True):
                if start >= end:
                    runs.append((start, period, count))
                    end = start + period * count
            found = runs
    return found


def _fold_repeats(graph: Graph) -> Graph:
    """Nodes that repeat others drawn with them; an edge that would lead backwards is one from the round before."""
    first = repeats([(n.signature, n.kind == "input") if n.signature is not None else n.key for n in graph.nodes])
    return _merged(graph, first)


def _merged(graph: Graph, first: list[int]) -> Graph:
    """The graph in which each node is drawn with the one at its place in ``first``."""
    groups: dict[int, list[Node]] = {}
    for k, node in enumerate(graph.nodes):
        groups.setdefault(first[k], []).append(node)
    if len(groups) == len(graph.nodes):
        return graph
    nodes = [its[0] if len(its) == 1 else _stack(its) for its in groups.values()]
    of = {node.key: k for k, its in enumerate(groups.values()) for node in its}
    return Graph(graph.title, nodes, _joined(graph, nodes, of), graph.swept)


def _joined(graph: Graph, nodes: list[Node], of: dict[int, int]) -> list[Edge]:
    """The edges between groups, each once; those that lead back are kept apart, as carried."""
    counts: Counter[tuple[int, int]] = Counter()
    single: dict[tuple[int, int], Edge] = {}
    for e in graph.edges:
        pair = of[e.source], of[e.target]
        if pair[0] == pair[1] and len(nodes[pair[0]].members) == 1:
            continue
        counts[pair] += e.count
        single.setdefault(pair, e)
    edges = []
    for (a, b), count in counts.items():
        carried = a >= b
        edges.append(Edge(nodes[a].key, nodes[b].key, single[a, b].local if count == 1 else None, count, carried))
        if carried:
            _carry(nodes[a], nodes[b])
    return edges


def _carry(source: Node, target: Node) -> None:
    """Say on a card that it takes a value from the round before."""
    called = "itself" if source is target else _base(source.name)
    said, note = " of the round before", target.note
    target.note = note.replace(said, f", {called}{said}") if said in note else f"{note}\n{called}{said}"


def _base(name: str) -> str:
    """What the values of a stack are called: ``H`` for ``H_1 … H_20``."""
    a, _, z = name.partition(" … ")
    stems = {re.sub(r"_\d+$", "", x) for x in (a, z)}
    return stems.pop() if z and len(stems) == 1 else a


def _stack(its: list[Node]) -> Node:
    """One node for several of the same make."""
    a, z = its[0], its[-1]
    name = f"{a.name} … {z.name}" if a.name != z.name else a.name
    kind = "output" if any([n.kind == "output" for n in its]) else a.kind
    made = Node(a.key, name, a.text, a.op, kind, None, None, None, a.signature, a.line, a.where)
    made.members = tuple([m for n in its for m in n.members])
    made.value = _span([n.value for n in its])
    made.tangent, made.cotangent = _span([n.tangent for n in its]), _span([n.cotangent for n in its])
    made.note = f"{len(made.members)} times"
    return made


class Span(str):
    """The numbers of a stack in words: the first and the last."""

    __slots__ = ()


def _span(xs: list[Any]) -> Any:
    if any([x is None for x in xs]):
        return None
    texts = [brief(x, 4) for x in (xs[0], xs[-1])]
    return Span(texts[0] if texts[0] == texts[1] else f"{texts[0]} … {texts[1]}")


# chains and stretches -------------------------------------------------------------------------------------


def _fold_chains(graph: Graph, most: int) -> Graph:
    """A node that feeds one other alone, which is fed by it alone, on one card with that."""
    feeds, fed = Counter([e.source for e in graph.edges]), Counter([e.target for e in graph.edges])
    before = {e.target: e.source for e in graph.edges if feeds[e.source] == 1 and fed[e.target] == 1 and not e.carried}
    by_key = {n.key: n for n in graph.nodes}
    group: dict[int, int] = {}
    for node in graph.nodes:
        source = before.get(node.key)
        alike = source is not None and by_key[source].kind == "op" and len(by_key[source].members) == len(node.members)
        group[node.key] = group[source] if source is not None and alike else node.key
    return _contracted(graph, group, "chain")


def _fold_stretches(graph: Graph, most: int) -> Graph:
    """As many stretches of the computation as there may be cards, parted where the user's lines part."""
    least = -(-len(graph) // most)
    group: dict[int, int] = {}
    began, size = graph.nodes[0].key, 0
    for k, node in enumerate(graph.nodes):
        parts = k and (node.line != graph.nodes[k - 1].line or node.kind == "input" != graph.nodes[k - 1].kind)
        if size >= least and (parts or size >= least + least // 2):
            began, size = node.key, 0
        group[node.key] = began
        size += 1
    return _contracted(graph, group, "stretch")


def _contracted(graph: Graph, group: dict[int, int], kind: str) -> Graph:
    """The graph with each group as one card, which stands where its last node stood."""
    its: dict[int, list[Node]] = {}
    for node in graph.nodes:
        its.setdefault(group[node.key], []).append(node)
    at = {node.key: k for k, node in enumerate(graph.nodes)}
    order = sorted(its.values(), key=lambda nodes: at[nodes[-1].key])
    nodes = [found[0] if len(found) == 1 else _summary(found, kind) for found in order]
    of = {node.key: k for k, found in enumerate(order) for node in found}
    counts: Counter[tuple[int, int, bool]] = Counter()
    local: dict[tuple[int, int, bool], Any] = {}
    for e in graph.edges:
        a, b = of[e.source], of[e.target]
        if a != b:
            counts[a, b, e.carried] += e.count
            local[a, b, e.carried] = e.local
    edges = [Edge(nodes[a].key, nodes[b].key, local[a, b, c] if n == 1 else None, n, c) for (a, b, c), n in counts.items()]
    return Graph(graph.title, nodes, edges, graph.swept)


def _summary(its: list[Node], kind: str) -> Node:
    """One card for nodes that follow each other."""
    a, z = its[0], its[-1]
    ops = Counter([n.op for n in its for _ in n.members])
    most = [f"{op} {n}" if n > 1 else op for op, n in ops.most_common(4)] + (["…"] if len(ops) > 4 else [])
    said = "\n".join([", ".join(most[:2]), ", ".join(most[2:])])
    ends = "output" if any([n.kind == "output" for n in its]) else "op"
    if kind == "chain":
        made = Node(z.key, z.name, "", z.op, ends, z.value, z.tangent, z.cotangent, None, z.line, z.where)
        steps = " → ".join([n.op for n in its[:3]]) + (f" … {z.op}" if len(its) > 3 else "")
        made.note = f"{steps}" + (f"\n{len(z.members)} times" if len(z.members) > 1 else "")
    else:
        name = f"{a.name.partition(' … ')[0]} … {z.name.rpartition(' … ')[2]}"
        made = Node(z.key, name, "", z.op, "stretch", None, None, None, None, z.line, z.where)
        lines = [n.line[1] for n in its if n.line is not None]
        where = "" if not lines else f"line {min(lines)}" if min(lines) == max(lines) else f"lines {min(lines)} to {max(lines)}"
        made.note = "\n".join([w for w in (where, f"{sum([len(n.members) for n in its])} values", said) if w])
    made.members = tuple([m for n in its for m in n.members])
    return made
