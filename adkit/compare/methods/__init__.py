"""The methods: ways to get a derivative of the same function.

To add a method is to add one :class:`Method` to the table here; to add another library, one to that of the peers.
"""

from __future__ import annotations

from .base import Method, NotApplicable, Task
from .engine import COMPILED_FORWARD, COMPILED_REVERSE, FORWARD, FORWARD_SINGLE, REVERSE
from .formula import SYMBOLIC
from .hand import HAND, MODULES
from .numeric import COMPLEX_STEP, DIFFERENCE

__all__ = ["METHODS", "Method", "NotApplicable", "Task"]

#: Every method by its name, in the order of the tables.
METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        HAND, FORWARD, FORWARD_SINGLE, REVERSE, COMPILED_FORWARD, COMPILED_REVERSE, MODULES, SYMBOLIC, DIFFERENCE, COMPLEX_STEP,
    )
}  # fmt: skip
