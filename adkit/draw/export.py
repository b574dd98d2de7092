"""Graphs in the languages of other tools: Graphviz's DOT, and Mermaid, which code forges and notebooks draw."""

from __future__ import annotations

from .cards import lines_of
from .graph import Graph, Node

__all__ = ["to_dot", "to_mermaid"]


def to_dot(graph: Graph) -> str:
    r"""The graph in DOT, with the numbers at each node: ``dot -Tsvg`` draws it.

    >>> from .graph import Edge, Graph, Node
    >>> nodes = [Node(0, "x", "", "input", "input", 0.5), Node(1, "y", "sin(x)", "sin", "output", 0.25)]
    >>> print(to_dot(Graph("f", nodes, [Edge(0, 1)])))
    digraph "f" {
      rankdir=LR;
      node [shape=box, style=rounded, fontname="DejaVu Sans"];
      n0 [label="x\n0.5\n→ not computed\n← not computed"];
      n1 [label="y = sin(x)\n0.25\n→ not computed\n← not computed", peripheries=2];
      n0 -> n1;
    }
    """
    lines = [f"digraph {_quoted(graph.title)} {{", "  rankdir=LR;", '  node [shape=box, style=rounded, fontname="DejaVu Sans"];']
    for node in graph.nodes:
        more = ", peripheries=2" if node.kind == "output" else ""
        lines.append(f"  n{node.key} [label={_quoted(chr(10).join(_words(graph, node)))}{more}];")
    for e in graph.edges:
        style = " [style=dashed, constraint=false]" if e.carried else ""
        lines.append(f"  n{e.source} -> n{e.target}{style};")
    return "\n".join([*lines, "}"])


def to_mermaid(graph: Graph) -> str:
    """The graph in Mermaid, with the numbers at each node.

    >>> from .graph import Edge, Graph, Node
    >>> nodes = [Node(0, "x", "", "input", "input", 0.5), Node(1, "y", "x < 1", "less", "output", True)]
    >>> print(to_mermaid(Graph("f", nodes, [Edge(0, 1)])))
    flowchart LR
      n0(["x<br>0.5<br>→ not computed<br>← not computed"])
      n1[["y = x #lt; 1<br>True<br>→ not computed<br>← not computed"]]
      n0 --> n1
    """
    lines = ["flowchart LR"]
    for node in graph.nodes:
        before, after = {"input": ("([", "])"), "output": ("[[", "]]")}.get(node.kind, ("[", "]"))
        words = "<br>".join([_entities(w) for w in _words(graph, node)])
        lines.append(f'  n{node.key}{before}"{words}"{after}')
    lines += [f"  n{e.source} {'-.->' if e.carried else '-->'} n{e.target}" for e in graph.edges]
    return "\n".join(lines)


def _words(graph: Graph, node: Node) -> list[str]:
    return [node.label, *[text for text, _, _ in lines_of(node, graph.swept)]]


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _entities(text: str) -> str:
    for sign, name in (("#", "#35;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;")):
        text = text.replace(sign, name)
    return text
