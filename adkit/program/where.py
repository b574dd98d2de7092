"""Where in the user's code an instruction comes from, and what he calls its value.

A place is ``(code, lasti)``, taken while tracing at next to no cost; file, line and name are decoded when asked for.
Python's own byte code says whether the value was stored under a name: no source file is needed, so it works
in notebooks and at the prompt.
"""

from __future__ import annotations

import dis
import linecache
import os
import sys
from functools import lru_cache
from types import CodeType, FrameType
from typing import Any

import numpy as np

from .. import box as _box
from .. import dual as _dual
from .. import operators as _operators
from .. import pull as _pull
from .. import sweep as _sweep

__all__ = ["Where", "whence"]

_HOME = os.path.dirname(os.path.dirname(__file__)) + os.sep
_PROGRAM = os.path.dirname(__file__) + os.sep
_NUMPY = os.path.dirname(np.__file__) + os.sep
_SWEEPS = (_pull.__file__, _sweep.__file__, _dual.__file__)
_STORES = ("STORE_FAST", "STORE_NAME", "STORE_GLOBAL", "STORE_DEREF")


class Where:
    """A place in the user's code.  ``direct`` says that the function was called there, not by adkit on his behalf."""

    __slots__ = ("code", "direct", "lasti")

    def __init__(self, code: CodeType, lasti: int, direct: bool) -> None:
        self.code, self.lasti, self.direct = code, lasti, direct

    @property
    def file(self) -> str:
        """The file, or what Python calls the cell or the prompt."""
        return self.code.co_filename

    @property
    def line(self) -> int:
        """The line's number; 0 where Python does not know it."""
        return _lines(self.code).get(self.lasti, 0)

    @property
    def text(self) -> str:
        """The line as it was written, where it can be read."""
        return linecache.getline(self.file, self.line).strip()

    @property
    def stored(self) -> str | None:
        """The name to which the value was assigned, if it was."""
        return _stores(self.code).get(self.lasti)

    def __str__(self) -> str:
        file = self.file if self.file.startswith("<") else os.path.basename(self.file)
        return f"{file}:{self.line}"

    def __repr__(self) -> str:
        return f"<{self}>"


@lru_cache(maxsize=512)
def _lines(code: CodeType) -> dict[int, int]:
    """The line of each byte-code offset."""
    found: dict[int, int] = {}
    for start, end, line in code.co_lines():
        if line is not None:
            found.update(dict.fromkeys(range(start, end, 2), line))
    return found


@lru_cache(maxsize=512)
def _stores(code: CodeType) -> dict[int, str]:
    """For each byte-code offset whose value is stored next, the name."""
    found: dict[int, str] = {}
    before: int | None = None
    for step in dis.get_instructions(code):
        name = step.argval[0] if isinstance(step.argval, tuple) and step.argval else step.argval
        if before is not None and step.opname.startswith(_STORES) and isinstance(name, str):
            found[before] = name
        before = step.offset
    return found


def whence() -> tuple[Where | None, tuple[str, Any, Any] | None, FrameType | None]:
    """The innermost frame that is neither ours nor NumPy's, and what a sweep was doing above it.

    The sweep's part is ``("cotangent", y, g)`` or ``("tangent", y, None)``: the primal of the record that is being
    pulled back, or pushed through, and the cotangent that is complete at that moment.
    """
    frame: FrameType | None = sys._getframe(1)
    sweep: tuple[str, Any, Any] | None = None
    direct = True
    while frame is not None:
        file = frame.f_code.co_filename
        if not file.startswith((_HOME, _NUMPY)):
            return Where(frame.f_code, frame.f_lasti, direct), sweep, frame
        if not file.startswith((_NUMPY, _PROGRAM)) and file not in (_box.__file__, _operators.__file__):
            direct = False
        if sweep is None and file in _SWEEPS:
            sweep = _sweeping(frame)
        frame = frame.f_back
    return None, sweep, None


def _sweeping(frame: FrameType) -> tuple[str, Any, Any] | None:
    """What a frame of the sweeps is at, read off its variables: they need no hooks, and cost nothing untraced."""
    here = frame.f_locals
    if frame.f_code is _sweep._sweep_down.__code__ or frame.f_code is _pull.pull_carefully.__code__:
        record = here.get("record")
        return None if record is None else ("cotangent", record[2], here.get("g"))
    if frame.f_code.co_filename == _dual.__file__ and here.get("y") is not None:
        return "tangent", here["y"], None
    return None
