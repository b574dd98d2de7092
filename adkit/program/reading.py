"""How a Program is shown: drawn, walked through, exported.  What draws stands above, and is loaded when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..draw import Drawing

__all__ = ["Readable"]


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

    def _repr_svg_(self) -> str:
        return self.draw().svg
