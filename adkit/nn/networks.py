"""The lecture's networks as graphs of modules: the graph of h1, h2, h3 and y, a dueling head, an Inception-like block."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .activations import Relu, Sigmoid
from .combine import Add, Concat, Sum
from .gates import Dueling
from .graph import Graph
from .linear import Linear

__all__ = ["dueling_head", "inception_block", "slide_graph"]


def slide_graph(n_in: int = 2, n: int = 3, n_out: int = 1) -> Graph:
    """The slide's graph: ``h1`` feeds ``h2`` and, past it, ``h3``.

    ``h1 = sigmoid(L1 x)``, ``h2 = relu(L2 h1)``, ``h3 = sigmoid(L3 h1 + L4 h2)``, ``y = sigmoid(L5 h3)``.

    >>> slide_graph().kinds()
    {'linear': 5, 'sigmoid': 3, 'relu': 1, 'sum': 1}
    """
    nodes = {
        "L1": (Linear(n_in, n), "x"), "L2": (Linear(n, n), "h1"), "L3": (Linear(n, n), "h1"), "L4": (Linear(n, n), "h2"),
        "L5": (Linear(n, n_out), "h3"), "h1": (Sigmoid(), "L1"), "h2": (Relu(), "L2"), "s": (Sum(), "L3", "L4"),
        "h3": (Sigmoid(), "s"), "y": (Sigmoid(), "L5"),
    }  # fmt: skip
    return Graph(nodes, output="y")


def dueling_head(n_in: int, actions: int, init: Any = "xavier") -> Graph:
    """Two linear streams from the same features, for ``V`` and for ``A``, joined to ``Q = V + A - mean(A)``.

    >>> import numpy as np
    >>> head = dueling_head(4, 3)
    >>> head(head.init(0), np.ones((2, 4))).shape
    (2, 3)
    """
    streams = {"V": (Linear(n_in, 1, init), "x"), "A": (Linear(n_in, actions, init), "x")}
    return Graph({**streams, "Q": (Dueling(), "V", "A")}, output="Q")


def inception_block(n: int, widths: Sequence[int] = (2, 3), depths: Sequence[int] | None = None) -> Graph:
    """Parallel branches from one input, concatenated, projected back to ``n`` and added to the input.

    This is the topology of an Inception block with a residual wire (Szegedy et al., 2017), with linear layers where
    that has convolutions: what it shows is fan-out, where the gradients of all branches are added.

    Parameters
    ----------
    n : the length of the input, and of the output.
    widths : the width of each branch.
    depths : how many linear + relu pairs each branch has; by default 1, 2, 3 ...

    Examples
    --------
    >>> inception_block(4, widths=(2, 3)).kinds()
    {'linear': 4, 'relu': 3, 'concat': 1, 'add': 1}
    """
    depths = tuple(range(1, len(widths) + 1)) if depths is None else tuple(depths)
    if not widths or len(depths) != len(widths) or min(depths) < 1:
        raise ValueError(f"inception_block: give a width and a depth of at least 1 for each branch, not {widths!r}, {depths!r}")
    nodes: dict[str, Any] = {}
    ends = []
    for branch, (width, depth) in enumerate(zip(widths, depths, strict=True), 1):
        source, size = "x", n
        for k in range(1, depth + 1):
            nodes[f"linear{branch}_{k}"] = (Linear(size, width, "he"), source)
            nodes[f"relu{branch}_{k}"] = (Relu(), f"linear{branch}_{k}")
            source, size = f"relu{branch}_{k}", width
        ends.append(source)
    nodes["joined"] = (Concat(), *ends)
    nodes["projected"] = (Linear(sum(widths), n), "joined")
    nodes["y"] = (Add(), "projected", "x")
    return Graph(nodes, output="y")
