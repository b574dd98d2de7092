"""The problems: one list for tests, timings and figures.

The rooms are imported in the order of the default suite: real data first.
"""

from __future__ import annotations

from . import networks, recurrent, functions, mixture  # noqa: I001 - the order is that of the default suite
from .base import OPERATORS, PROBLEMS, Instance, Problem, SizeError

__all__ = ["OPERATORS", "PROBLEMS", "Instance", "Problem", "SizeError", "functions", "mixture", "networks", "recurrent"]
