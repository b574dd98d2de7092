"""What is drawn, before it is drawn: nodes with their numbers, and edges with their local derivatives.

Programs, tapes and networks are described in these words alone, so that one layout, one folding and every style of
picture serve them all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import tree
from ..errors import AdkitError
from ..forward import jacfwd
from ..program.emit import Writer
from ..program.instruction import INPUT, PART, Instruction, Ref, refs
from ..program.table import active, alone, cotangents_of, tangents_of

if TYPE_CHECKING:
    from ..program.listing import Program

__all__ = ["Edge", "Graph", "Node", "from_program", "local_derivative", "pretty"]

_ENTRIES = 64
"""Entries up to which a local derivative is written out."""


class Node:
    """One value: what it is called, how it is computed, and its numbers; None where there is none.

    ``kind`` is ``"input"``, ``"op"`` or ``"output"``.  ``signature`` is equal for nodes of the same make, ``line`` for those
    that one line of the user's code made.  A folded node stands for ``members``, the keys of as many nodes.
    """

    __slots__ = (
        "cotangent", "key", "kind", "line", "members", "name", "note", "op", "signature", "tangent", "text", "value", "where",
    )  # fmt: skip

    def __init__(self, key: int, name: str, text: str, op: str, kind: str, value: Any = None, tangent: Any = None,
                 cotangent: Any = None, signature: Any = None, line: Any = None, where: str = "") -> None:  # fmt: skip
        self.key, self.name, self.text, self.op, self.kind = key, name, text, op, kind
        self.value, self.tangent, self.cotangent = value, tangent, cotangent
        self.signature, self.line, self.where = signature, line, where
        self.members: tuple[int, ...] = (key,)
        self.note = ""

    @property
    def label(self) -> str:
        """How the node is written: ``a = sin(x)``, or an input's bare name."""
        return self.name if self.kind == "input" or not self.text else f"{self.name} = {self.text}"

    def __repr__(self) -> str:
        return f"<{self.label}>"


class Edge:
    """A value that goes into an operation: nodes by their keys, and the local derivative where it is written out.

    ``count`` says how many arrows of the graph a folded one stands for; ``carried`` that it comes from the round before.
    """

    __slots__ = ("carried", "count", "local", "source", "target")

    def __init__(self, source: int, target: int, local: Any = None, count: int = 1, carried: bool = False) -> None:
        self.source, self.target, self.local, self.count, self.carried = source, target, local, count, carried

    def __repr__(self) -> str:
        return f"<{self.source} -> {self.target}>"


class Graph:
    """Nodes in an order of computation, and edges; ``swept`` says whether a forward and a reverse sweep were made."""

    def __init__(self, title: str, nodes: Iterable[Node], edges: Iterable[Edge], swept: tuple[bool, bool] = (False, False)) -> None:
        self.title, self.nodes, self.edges, self.swept = title, list(nodes), list(edges), swept

    def __getitem__(self, name: str) -> Node:
        for node in self.nodes:
            if node.name == name:
                return node
        raise KeyError(f"no node is called {name!r}; there are {', '.join([node.name for node in self.nodes[:40]])}")

    def __len__(self) -> int:
        return len(self.nodes)

    def names(self) -> list[tuple[str, str]]:
        """The edges, by the names of their nodes."""
        called = {node.key: node.name for node in self.nodes}
        return [(called[e.source], called[e.target]) for e in self.edges]


def pretty(text: str) -> str:
    """An expression as it stands on a card: NumPy's prefixes dropped, powers raised.

    >>> pretty("np.sin(x) ** 2 * 3"), pretty("-a_bar @ np.linalg.inv(b)")
    ('sin(x)\u00b2 · 3', '\u2212a_bar @ inv(b)')
    """
    text = re.sub(r"\b(?:np|scipy)\.(?:linalg\.|fft\.|special\.)?", "", text)
    text = re.sub(r" \*\* ([0-9]+)(?![\w.])", lambda m: m[1].translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")), text)
    return re.sub(r"(?<!e)-", "\u2212", text.replace(" * ", " · "))


def local_derivative(i: Instruction, k: int, instructions: list[Instruction]) -> Any:
    """The Jacobian of an instruction with respect to its operand ``k``; None where it is large, or there is none.

    Its shape is that of the value followed by that of the operand: for numbers, a number.
    """
    if isinstance(i.value, tuple) or np.size(i.value) * np.size(instructions[k].value) > _ENTRIES:
        return None
    places = active(i, instructions)
    if k not in places or i.value.dtype.kind not in "fc" or any([instructions[j].value.dtype.kind == "c" for j in places]):
        return None
    f = alone(i, instructions)
    values = [instructions[j].value for j in places]
    at = places.index(k)
    try:
        return jacfwd(lambda x: f(*values[:at], x, *values[at + 1 :]))(values[at])
    except (AdkitError, NotImplementedError):
        return None


def from_program(program: Program, tangents: Any = None, cotangent: Any = None, local: bool = True) -> Graph:
    """A program's graph; with the tangents and cotangents of the sweeps that are asked for, as in ``Program.table``."""
    writer, instructions = Writer(program, spelled=False), program.instructions
    n = len(instructions)
    forward = [None] * n if tangents is None else tangents_of(program, tangents)
    reverse = [None] * n if cotangent is None else cotangents_of(program, cotangent)[0]
    results = {leaf.index for leaf in tree.leaves(program.outputs) if isinstance(leaf, Ref)}
    # An op with several results is drawn as its parts.
    whole = {i.index: i for i in instructions if isinstance(i.value, tuple)}
    nodes, edges = [], []
    for i in instructions:
        if i.index in whole:
            continue
        made = whole[i.args[0].index] if i.fun is PART else i
        text = "" if i.fun is INPUT else writer.right_side(made)[0] + (f"[{i.args[1]}]" if made is not i else "")
        kind = "output" if i.index in results else "input" if i.fun is INPUT else "op"
        where = made.where
        nodes.append(
            Node(
                i.index, writer.names[i.index], pretty(text), made.op, kind, i.value, forward[i.index], reverse[i.index],
                (made.op, i.shape, str(i.dtype)), None if where is None else (where.file, where.line), str(where or ""),
            )  # fmt: skip
        )
        for k in dict.fromkeys([r.index for r in refs((made.args, made.kw))]):
            sources = [k] if k not in whole else [j.index for j in instructions if j.fun is PART and j.args[0].index == k]
            partial = local_derivative(i, k, instructions) if local and made is i else None
            edges += [Edge(s, i.index, partial) for s in sources]
    return Graph(program.name, nodes, edges, (tangents is not None, cotangent is not None))
