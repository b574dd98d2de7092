"""What reverse mode has recorded, as a graph: one node a record, with the primals that the tape holds."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..cotangents import Spec
from ..levels import plain
from ..pull import layout, pull_leaf
from ..registry import REGISTRY, Op
from ..reverse import Pullback
from ..tape import Tape
from .graph import Edge, Graph, Node

__all__ = ["from_tape", "picture", "recorded"]

_DRAWN = 10_000
"""Records up to which a tape is drawn without being asked for."""


def recorded(what: Any) -> Tape | None:
    """The tape of a pullback, or a tape itself; None for anything else."""
    if isinstance(what, Pullback):
        found: Tape = what._run.tape
        return found
    return what if isinstance(what, Tape) else None


def from_tape(tape: Tape) -> Graph:
    """The records of a tape as a graph; constants are on no tape, and not in it."""
    named: dict[int, str] = {}
    for op in REGISTRY.values():
        for rule in op.rules or ():
            named.setdefault(id(rule), op.name)  # two ops may share a rule: power and float_power
    nodes: list[Node] = []
    edges: list[Edge] = []
    behind: dict[int, tuple[Any, ...]] = {}
    for k, record in enumerate(tape.records):
        if record is None:
            continue
        if record[0] is pull_leaf:
            nodes.append(_node(k, "", "input", "input", record[2]))
            continue
        made, y, _, indices, _ = layout(record)
        called = made.name if isinstance(made, Op) else _rule(made, named)
        sources = [i for i in dict.fromkeys(indices) if i >= 0]
        results = y if isinstance(y, (list, tuple)) else None
        places = [k] if results is None else list(range(k + 1, k + 1 + len(results)))
        for at, value in zip(places, [y] if results is None else results, strict=True):
            text = f"{called}({', '.join([f'v{i}' for i in sources])})"
            nodes.append(_node(at, text, called, "op", value))
            behind[at] = tuple(sources)
    known = {node.key for node in nodes}
    for at, sources_of in behind.items():
        edges += [Edge(s, at) for s in sources_of if s in known]
    used = {e.source for e in edges}
    for node in nodes:
        if node.kind == "op" and node.key not in used:
            node.kind = "output"
    return Graph("the tape", nodes, edges)


def picture(what: Any) -> str | None:
    """What a notebook shows of a tape or a pullback; nothing of one that is empty, or too long to be drawn unasked."""
    from .picture import draw

    tape = recorded(what)
    return draw(tape).svg if tape is not None and 0 < len(tape.records) <= _DRAWN else None


def _node(k: int, text: str, op: str, kind: str, value: Any) -> Node:
    y = plain(value)
    shown: Any = f"array {'×'.join([str(n) for n in y.shape])}" if isinstance(y, Spec) else y
    return Node(k, f"v{k}", text, op, kind, shown, signature=(op, np.shape(getattr(y, "shape", ()))))


def _rule(made: Any, named: dict[int, str]) -> str:
    """The op to which a rule belongs; the name of a function with a pullback of its own."""
    for rule in made if isinstance(made, tuple) else (made,):
        if id(rule) in named:
            return named[id(rule)]
    return str(getattr(made, "__name__", "call"))
