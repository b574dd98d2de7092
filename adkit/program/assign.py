"""Item assignment in a program: a value with a part replaced, which is a new value."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..buffer import Buffer
from ..levels import Boxed

__all__ = ["WrittenLayer", "setitem"]


def setitem(x: Any, index: Any, value: Any) -> Any:
    """A copy of ``x`` with the part that ``index`` selects replaced.

    >>> setitem(np.zeros(3), 1, 5.0)
    array([0., 5., 0.])
    """
    if isinstance(x, Boxed) or isinstance(value, Boxed):
        buffer = Buffer.holding(x) if isinstance(x, Boxed) else Buffer(np.array(x))
        buffer[index] = value
        return buffer.__adkit_freeze__()
    x = np.array(x)
    x[index] = value
    return x


class WrittenLayer:
    """What a Buffer holds at the level of a trace: the value as it stands after the writes so far."""

    __slots__ = ("level", "primal", "value", "write_down")

    def __init__(self, level: Any, content: Any, write_down: Any) -> None:
        self.level, self.primal, self.write_down = level, content, write_down
        self.value: Any = content.freeze()

    def hold(self, value: Any) -> None:
        """Begin with a value of this trace."""
        self.value = value

    def read(self, at: Any) -> Any:
        """The part that an index selects."""
        return at.take(self.value)

    def write(self, at: Any, value: Any) -> None:
        """Replace the part that an index selects."""
        n = at.lead
        key = (slice(None),) * n + np.unravel_index(at.flat(), at.shape) if at.advanced and n else at.behind(n)
        self.value = self.write_down(self.value, key, value)

    def freeze(self) -> Any:
        """The value as it stands."""
        return self.value
