"""``draw``: the picture of a program, a tape, a network or a graph."""

from __future__ import annotations

from typing import Any

from .cards import card_scene
from .drawing import Drawing
from .fold import fold_graph
from .graph import Graph, from_program
from .modules import Unit, from_module
from .network import network_scene
from .tapes import from_tape, recorded

__all__ = ["draw"]

_READABLE, _STRETCHES = 48, 16
"""Nodes up to which a graph is drawn as it is; stretches into which one is cut that repeats nothing."""


def draw(
    what: Any,
    *,
    tangents: Any = None,
    cotangent: Any = None,
    params: Any = None,
    x: Any = None,
    style: str = "graph",
    fold: bool | int | str = "auto",
    direction: str = "auto",
    title: str = "",
    numbers: bool = True,
) -> Drawing:
    """Draw a program with the numbers of both sweeps at each node, a network, or what a tape has recorded.

    Parameters
    ----------
    what : a Program; a module of :mod:`adkit.nn`; the pullback that ``adkit.vjp`` gives; or a Graph.
    tangents, cotangent : the seeds of a forward and of a reverse sweep, as for ``Program.table``; where there is none, the
        cards say *not computed*.
    params, x : of a network its parameters, whose weights are drawn, and an example input (a tuple of several): of a single
        example, the units show their values.
    style : ``"graph"``, cards and arrows, or for a network ``"network"``, circles and weighted lines.
    fold : whether what repeats itself is drawn once: ``"auto"`` above 48 nodes, or a number of cards not to exceed.
    direction : ``"right"``, ``"down"``, or ``"auto"``: right where that is not too wide.
    title : a line above.
    numbers : whether the cards have their numbers; without them only what is computed is said.

    Returns
    -------
    Drawing : shown by a notebook; ``.save("graph.svg")`` writes it.

    Raises
    ------
    ValueError : for a word that is not among these.

    Examples
    --------
    >>> import numpy as np, adkit
    >>> program = adkit.trace(lambda x, y: np.log(x) + x * y)(2.0, 5.0)
    >>> picture = draw(program, tangents=(1.0, 0.0), cotangent=1.0)
    >>> [node.label for node in picture.graph.nodes]
    ['x', 'y', 'v2 = log(x)', 'v3 = x · y', 'v4 = v2 + v3']
    """
    if direction not in ("auto", "right", "down"):
        raise ValueError(f"draw: direction must be auto, right or down, not {direction!r}")
    if isinstance(fold, str) and fold != "auto":
        raise ValueError(f"draw: fold must be True, False, 'auto' or a number of cards, not {fold!r}")
    if style not in ("graph", "network"):
        raise ValueError(f"draw: style must be graph or network, not {style!r}")
    graph = _described(what, tangents, cotangent, params, x, fold)
    if style == "network":
        if not all([isinstance(node, Unit) for node in graph.nodes]):
            raise TypeError("draw: the network's style, circles for units, is for modules of adkit.nn; draw this as a graph")
        return Drawing(graph, network_scene(graph, title))
    graph = folded_graph(graph, fold)
    return Drawing(graph, card_scene(graph, direction, title, numbers))


def _described(what: Any, tangents: Any, cotangent: Any, params: Any, x: Any, fold: Any) -> Graph:
    """Whatever is to be drawn, as a graph."""
    if isinstance(what, Graph):
        return what
    if hasattr(what, "forward_by_hand"):
        return from_module(what, params, x if isinstance(x, tuple) else () if x is None else (x,))
    tape = recorded(what)
    if tape is not None:
        return from_tape(tape)
    if not hasattr(what, "instructions"):
        raise TypeError(
            f"draw: {type(what).__name__} is none of what can be drawn: adkit.trace(f)(*args), a module of adkit.nn, or the "
            "pullback that adkit.vjp gives"
        )
    count = len(what.instructions)
    folded = fold is not False and (fold is True or count > (_READABLE if fold == "auto" else int(fold)))
    return from_program(what, tangents, cotangent, local=not folded)


def folded_graph(graph: Graph, fold: bool | int | str) -> Graph:
    """The graph as it is drawn: folded if it is to be."""
    if fold is False:
        return graph
    ours = isinstance(fold, (bool, str))
    most = _READABLE if ours else int(fold)
    if most < 1:
        raise ValueError(f"draw: at least one card must be allowed, not fold={fold}")
    return fold_graph(graph, most, _STRETCHES if ours else None) if fold is True or len(graph) > most else graph
