"""Pictures of computations: a graph laid out in layers, as SVG and in Matplotlib, folded where it repeats itself; the stepper.

``graph`` says what is drawn, ``layout`` and ``ordering`` where, ``cards`` and ``network`` in which style; ``scene`` holds the
shapes that ``svg`` and ``matplotlib`` write down.

>>> import numpy as np, adkit
>>> picture = adkit.trace(lambda x: np.sin(x) ** 2)(0.5).draw(tangents=1.0)
>>> picture
<Drawing: Compute graph of f: 3 nodes, from x to v2.>
"""

from __future__ import annotations

from .drawing import Drawing
from .picture import draw
from .stepper import Stepper, step_through

__all__ = ["Drawing", "Stepper", "draw", "step_through"]
