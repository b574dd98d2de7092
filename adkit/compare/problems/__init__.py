"""The problems: one list for tests, timings and figures.

Every file of this folder is a room of problems and is found by itself; those that are named here come first, in the
order of the default suite: real data, networks, the functions of the literature.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

from .base import OPERATORS, PROBLEMS, Instance, Problem, SizeError

__all__ = ["OPERATORS", "PROBLEMS", "Instance", "Problem", "SizeError"]

_FIRST = ("networks", "graphs", "recurrent", "functions", "thermodynamics", "mixture")

for _room in dict.fromkeys((*_FIRST, *sorted(m.name for m in pkgutil.iter_modules(__path__)))):
    import_module(f"{__name__}.{_room}")
