"""How a Program is shown: drawn, walked through, exported.  What draws stands above, and is loaded when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import os

    from ..draw import Drawing, Stepper

__all__ = ["Readable"]

_EQUATIONS, _ROWS, _DRAWN = 60, 400, 10_000
"""Instructions up to which a program is shown as equations, as a table, and as a picture without being asked for it."""


class Readable:
    """The pictures of a Program."""

    def draw(self, *, tangents: Any = None, cotangent: Any = None, **options: Any) -> Drawing:
        """The compute graph as a picture, with the numbers of both sweeps at each node.

        Parameters
        ----------
        tangents, cotangent : the seeds of a forward and of a reverse sweep, as for :meth:`Program.table`; where there is none,
            the cards say *not computed*.
        options : see :func:`adkit.draw.draw`: ``fold``, ``direction``, ``title``.

        Examples
        --------
        >>> import numpy as np, adkit
        >>> picture = adkit.trace(lambda x: np.sin(x) ** 2)(0.5).draw(tangents=1.0, cotangent=1.0)
        >>> picture.graph["v1"].tangent.round(4)
        np.float64(0.8776)
        """
        from ..draw import draw

        return draw(self, tangents=tangents, cotangent=cotangent, **options)

    def stepper(self, *, tangents: Any = None, cotangent: Any = None, **options: Any) -> Stepper:
        """An element that walks through forward and reverse mode, node by node: for a notebook, or a page.

        Parameters
        ----------
        tangents, cotangent : the seeds; by default ones for the first input, zeros for the others, and ones for the result.
        options : see :func:`adkit.draw.step_through`.

        Examples
        --------
        >>> import numpy as np, adkit
        >>> adkit.trace(lambda x: np.sin(x) ** 2)(0.5).stepper()
        <Stepper: 3 steps of forward mode and 4 of reverse mode through f>
        """
        from ..draw import step_through

        return step_through(self, tangents, cotangent, **options)  # type: ignore[arg-type]

    def to_html(self, path: str | os.PathLike[str], **options: Any) -> None:
        """Write the stepper as a page that needs nothing else: no network, no other file.

        Parameters
        ----------
        path : where; an existing file is replaced, whole or not at all.
        options : as for :meth:`stepper`.

        Raises
        ------
        adkit.files.OutputError : if the file cannot be written.
        """
        self.stepper(**options).save(path)

    def to_dot(self, **options: Any) -> str:
        """The compute graph in Graphviz's DOT; ``options`` as for :meth:`draw`."""
        return self.draw(**options).dot

    def to_mermaid(self, **options: Any) -> str:
        """The compute graph in Mermaid; ``options`` as for :meth:`draw`."""
        return self.draw(**options).mermaid

    def _repr_svg_(self) -> str | None:
        return self.draw().svg if len(self.instructions) <= _DRAWN else None  # type: ignore[attr-defined]

    def _repr_latex_(self) -> str | None:
        if len(self.instructions) > _EQUATIONS:  # type: ignore[attr-defined]
            return None
        from ..draw.latex import equations

        return f"$${equations(self)}$$"  # type: ignore[arg-type]

    def _repr_html_(self) -> str | None:
        """The picture, and below it the table, as far as it can be read."""
        if len(self.instructions) > _DRAWN:  # type: ignore[attr-defined]
            return None
        table = self.table() if len(self.instructions) <= _ROWS else None  # type: ignore[attr-defined]
        below = "" if table is None else f"<details><summary>All values</summary>{table._repr_html_()}</details>"
        return f"{self.draw().html}{below}"
