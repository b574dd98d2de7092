"""A network of modules as a graph: one node a module, one edge a wire, and for each node how many units it has.

What a module is made of is asked of it, never imported: ``children`` by name, in a :class:`adkit.nn.Graph` also ``sources``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .graph import Edge, Graph, Node
from .numbers import shape_of

__all__ = ["Unit", "from_module"]


class Unit(Node):
    """A module as a node: ``units`` entries of its output, and ``weights (n_out, n_in)`` where it has such."""

    __slots__ = ("elementwise", "units", "weights")

    def __init__(self, key: int, name: str, text: str, op: str, kind: str) -> None:
        super().__init__(key, name, text, op, kind)
        self.units = 0
        self.weights: Any = None
        self.elementwise = False


def from_module(module: Any, params: Any = None, inputs: tuple[Any, ...] = ()) -> Graph:
    """The graph of a module; modules inside of modules are drawn one by one.

    Parameters
    ----------
    module : a module of :mod:`adkit.nn`.
    params : its parameters; by default ``module.params``, else fresh ones from seed 0, for their shapes alone.
    inputs : example inputs; by default zeros, of the length that the first modules expect.

    Raises
    ------
    ValueError : where that length cannot be known and no inputs are given.
    """
    wires = _Wires()
    names = tuple(module.arguments or ("x",))
    for name in names:
        wires.add(name, "", "input", "input", None)
    ends = wires.walk("", module, list(names))
    shown = params if params is not None else module.params
    given = module.init(0) if shown is None else shown
    xs = inputs or tuple([np.zeros(n) for n in wires.lengths(names, module)])
    y, memory = module.forward_by_hand(given, *xs)
    nodes = wires.nodes
    for name, x in zip(names, memory.xs, strict=True):
        _measure(nodes[name], x, bool(inputs))
    found = _memories("", memory) if getattr(module, "children", None) else {next(reversed(nodes)): memory}
    for name, its in found.items():
        if name in nodes:
            _measure(nodes[name], its.y, bool(inputs))
            nodes[name].elementwise = _elementwise(its)
    for name, own in _parameters("", module, given, next(reversed(nodes))).items():
        weights: Any = own.get("W") if isinstance(own, dict) else None
        if shown is not None and np.ndim(weights) == 2 and np.shape(weights)[0] == nodes[name].units:
            nodes[name].weights = np.asarray(weights)
    for name in ends:
        nodes[name].kind = "output"
    edges = dict.fromkeys([(nodes[a].key, nodes[b].key) for a, b in wires.edges])
    return Graph(module.kind, nodes.values(), [Edge(a, b) for a, b in edges])


class _Wires:
    """Nodes and edges, as they are found walking through a module."""

    def __init__(self) -> None:
        self.nodes: dict[str, Unit] = {}
        self.edges: list[tuple[str, str]] = []
        self.made: dict[str, Any] = {}

    def add(self, name: str, text: str, op: str, kind: str, module: Any) -> None:
        self.nodes[name] = Unit(len(self.nodes), name, text, op, kind)
        self.nodes[name].signature = (op, text)
        self.made[name] = module

    def walk(self, path: str, module: Any, sources: list[str]) -> list[str]:
        """Add a module that is fed by ``sources``; returns the nodes that give its outputs."""
        children = getattr(module, "children", None)
        if not children:
            name = path or module.kind
            while name in self.nodes:
                name += "_"
            self.add(name, _said(module), module.kind, "module", module)
            self.edges += [(s, name) for s in sources]
            return [name]
        if not hasattr(module, "sources"):
            for name, child in children.items():
                sources = self.walk(_join(path, name), child, sources)
            return sources
        gives = {name: [s] for name, s in zip(module.arguments, sources, strict=True)}
        for name in module.order:
            fed = [s for source in module.sources[name] for s in gives[source]]
            gives[name] = self.walk(_join(path, name), children[name], fed)
        return [s for name in module.outputs for s in gives[name]]

    def lengths(self, names: tuple[str, ...], whole: Any) -> list[int]:
        """How long each input is, from a module that it reaches through such as keep the length."""
        found = []
        for name in names:
            reached, length = [name], None
            for at in reached:
                for s, t in self.edges:
                    if s == at and length is None:
                        length = getattr(self.made[t], "n_in", None)
                        if length is None and t not in reached:
                            reached.append(t)
            if length is None:
                raise ValueError(
                    f"draw: how long the input {name!r} of {whole.kind} is cannot be known from its modules; give an example: "
                    "module.draw(x=...)"
                )
            found.append(int(length))
        return found


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _said(module: Any) -> str:
    """A module's kind and size: ``linear 2 → 8``."""
    settings = {k: v for k, v in module.settings().items() if isinstance(v, (int, float, str))}
    if "n_in" in settings:
        ends = [f"{v}" for k, v in settings.items() if k != "n_in"]
        return f"{module.kind} {settings['n_in']} → {', '.join(ends)}" if ends else module.kind
    return f"{module.kind}({', '.join([str(v) for v in settings.values()])})" if settings else str(module.kind)


def _measure(node: Unit, y: Any, shown: bool) -> None:
    first = y[0] if isinstance(y, tuple) else y
    node.units = int(np.shape(first)[-1]) if np.ndim(first) else 1
    node.value = first if shown and np.ndim(first) == 1 else None
    node.note = f"{node.units} unit{'s' if node.units != 1 else ''}" if not isinstance(y, tuple) else shape_of(first)


def _elementwise(memory: Any) -> bool:
    """Whether the output has the shape of the only input, and no weights stand between."""
    return len(memory.xs) == 1 and not isinstance(memory.y, tuple) and np.shape(memory.xs[0]) == np.shape(memory.y)


def _memories(path: str, memory: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, its in memory.children.items():
        found |= _memories(_join(path, name), its) if its.children else {_join(path, name): its}
    return found


def _parameters(path: str, module: Any, params: Any, alone: str) -> dict[str, Any]:
    """The parameters of each innermost module, by its node's name."""
    children = getattr(module, "children", None)
    if not children:
        return {path or alone: params}
    found: dict[str, Any] = {}
    for name, child in children.items():
        found |= _parameters(_join(path, name), child, params.get(name, {}), alone)
    return found
