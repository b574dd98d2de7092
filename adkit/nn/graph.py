"""Modules wired into any graph: fan-out, parallel branches, several inputs and outputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

import numpy as np

from .. import tree
from .module import Memory, Module, Run

__all__ = ["Graph"]


class Graph(Module):
    """Modules, each with the names of what feeds it.

    Parameters
    ----------
    nodes : a dict ``{name: (module, source, ...)}``, in any order; a source is another node or an input.
    inputs : the names of the inputs, in order.
    output : the name of the node that is the output, or a tuple of names; by default the last node.

    The parameters are a dict of the modules' own, under the names of their nodes.  Where one node feeds several, the
    gradients that come back along each are added.

    Examples
    --------
    >>> from adkit.nn import Add, Linear, Relu
    >>> residual = Graph({"inner": (Linear(2, 2), "x"), "bent": (Relu(), "inner"), "y": (Add(), "bent", "x")})
    >>> residual(residual.init(0), np.zeros((4, 2))).shape
    (4, 2)
    >>> residual.edges()
    [('x', 'inner'), ('inner', 'bent'), ('bent', 'y'), ('x', 'y')]
    """

    def __init__(self, nodes: Mapping[str, Any], inputs: Any = ("x",), output: Any = None) -> None:
        self.arguments = (inputs,) if isinstance(inputs, str) else tuple(inputs)
        if not nodes:
            raise ValueError("graph: give at least one node: Graph({'y': (Linear(2, 1), 'x')})")
        self.children: dict[str, Module] = {}
        self.sources: dict[str, tuple[str, ...]] = {}
        for name, entry in nodes.items():
            if not isinstance(entry, tuple) or len(entry) < 2 or not isinstance(entry[0], Module):
                raise TypeError(f"graph: node {name!r} must be a tuple (module, source, ...), not {entry!r}")
            if name in self.arguments:
                raise ValueError(f"graph: {name!r} is both an input and a node; choose another name for the node")
            module, *sources = entry
            expected = module.arguments
            if expected is not None and len(expected) != len(sources):
                raise TypeError(
                    f"graph: node {name!r} is fed by {len(sources)} source(s), and {module.kind} takes "
                    f"{len(expected)} ({', '.join(expected)})"
                )
            self.children[name], self.sources[name] = module, tuple(sources)
        known = {*self.arguments, *self.children}
        for name, fed in self.sources.items():
            for source in fed:
                if source not in known:
                    raise ValueError(f"graph: node {name!r} is fed by {source!r}, and there is none; there are {_listed(known)}")
        self.order = self._sorted()
        self.output = output if output is not None else next(reversed(self.children))
        self.outputs = (self.output,) if isinstance(self.output, str) else tuple(self.output)
        for name in self.outputs:
            if name not in self.children:
                raise ValueError(f"graph: the output {name!r} is no node; there are {_listed(set(self.children))}")

    def _sorted(self) -> list[str]:
        """The nodes, each after what feeds it."""
        try:
            order = TopologicalSorter(self.sources).static_order()
            return [name for name in order if name in self.children]
        except CycleError as error:
            raise ValueError(
                f"graph: {' -> '.join(reversed(error.args[1]))} runs in a circle; unroll a recurrence into one node for each step"
            ) from None

    def settings(self) -> dict[str, Any]:
        return dict(self.children)

    def edges(self) -> list[tuple[str, str]]:
        """All wires, from source to node."""
        return [(source, name) for name, sources in self.sources.items() for source in sources]

    def kinds(self) -> dict[str, int]:
        """How many nodes there are of each kind."""
        return dict(Counter([module.kind for module in self.children.values()]))

    def make_params(self, rng: Any) -> dict[str, Any]:
        made = {name: module.make_params(rng) for name, module in self.children.items()}
        return {name: params for name, params in made.items() if params}

    def make_state(self) -> dict[str, Any]:
        made = {name: module.make_state() for name, module in self.children.items()}
        return {name: state for name, state in made.items() if state}

    def compute(self, params: Any, xs: tuple[Any, ...], run: Run) -> Any:
        values: dict[str, Any] = dict(zip(self.arguments or (), xs, strict=True))
        for name in self.order:
            fed = tuple([values[source] for source in self.sources[name]])
            values[name] = run.child(name, self.children[name], params, fed)
            if isinstance(values[name], tuple):
                raise TypeError(f"graph: node {name!r} ({self.children[name].kind}) has several outputs; a node must have one")
        return values[self.output] if isinstance(self.output, str) else tuple([values[name] for name in self.outputs])

    def backward_by_hand(self, params: Any, dL_dy: Any, memory: Memory) -> tuple[tuple[Any, ...], dict[str, Any]]:
        arrived: dict[str, Any] = {}

        def add(name: str, g: Any) -> None:
            if g is not None:
                arrived[name] = arrived[name] + g if name in arrived else g

        for name, g in zip(self.outputs, (dL_dy,) if isinstance(self.output, str) else dL_dy, strict=True):
            add(name, g)
        found: dict[str, Any] = {}
        for name in reversed(self.order):
            own = params.get(name, {})
            if name not in arrived:  # nothing that reaches the output hangs on it
                found[name] = tree.map_leaves(lambda p: np.zeros(np.shape(p)), own)
                continue
            dL_dxs, found[name] = self.children[name].backward_by_hand(own, arrived[name], memory.children[name])
            for source, g in zip(self.sources[name], dL_dxs, strict=True):
                add(source, g)
        return tuple([arrived.get(name) for name in self.arguments or ()]), {name: found[name] for name in params}

    def input_gradients(self, params: Any, dL_dy: Any, memory: Memory) -> tuple[Any, ...]:
        return self.backward_by_hand(params, dL_dy, memory)[0]

    def parameter_gradients(self, params: Any, dL_dy: Any, memory: Memory) -> dict[str, Any]:
        return self.backward_by_hand(params, dL_dy, memory)[1]


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names))
