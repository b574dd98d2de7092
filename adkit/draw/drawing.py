"""A drawing: what notebooks show, what is saved, and what Matplotlib paints."""

from __future__ import annotations

import base64
import os
from typing import Any

from ..files import write_document
from .graph import Graph
from .scene import Scene
from .svg import as_svg

__all__ = ["Drawing"]


class Drawing:
    """A picture of a graph.  A notebook shows it; ``save`` writes it, ``figure`` paints it with Matplotlib.

    Attributes
    ----------
    graph : what is drawn: nodes with their numbers, and edges.
    scene : the shapes.
    svg : the picture as SVG, which follows a light or a dark page.
    """

    def __init__(self, graph: Graph, scene: Scene) -> None:
        self.graph, self.scene = graph, scene
        self._svg: str | None = None

    @property
    def svg(self) -> str:
        """The picture as SVG."""
        if self._svg is None:
            self._svg = as_svg(self.scene)
        return self._svg

    @property
    def html(self) -> str:
        """The picture as an image for a page: it stands where inline SVG is taken out, and says what it shows."""
        coded = base64.b64encode(self.svg.encode()).decode()
        return f'<img alt="{self.about}" style="max-width:100%;height:auto" src="data:image/svg+xml;base64,{coded}">'

    @property
    def about(self) -> str:
        """What the picture shows, in one sentence."""
        return self.scene.about

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return f"<Drawing: {self.about}>"

    def figure(self, axes: Any = None) -> Any:
        """The picture in Matplotlib: on ``axes``, or on a new Figure of its own, which is returned."""
        from .matplotlib import paint

        return paint(self.scene, axes)

    @property
    def dot(self) -> str:
        """The graph in Graphviz's DOT."""
        from .export import to_dot

        return to_dot(self.graph)

    @property
    def mermaid(self) -> str:
        """The graph in Mermaid."""
        from .export import to_mermaid

        return to_mermaid(self.graph)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the picture; the ending of ``path`` says as what: svg, or what Matplotlib knows (png, pdf).

        Raises
        ------
        ValueError : for an ending that nobody knows.
        adkit.files.OutputError : if the file cannot be written.
        """
        ending = os.path.splitext(os.fspath(path))[1].lstrip(".").lower()
        if ending in ("svg", ""):
            write_document(os.fspath(path), self.svg + "\n")
        else:
            from .matplotlib import rendered

            write_document(os.fspath(path), rendered(self.scene, ending))
