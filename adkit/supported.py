"""What of NumPy and SciPy may be called in a differentiated function, with the conventions: read off the table."""

from __future__ import annotations

import sys
from typing import Any

from .registry import TABLE, load_families

__all__ = ["ON_PRIMAL", "answers", "convention_of", "supported_functions"]

ON_PRIMAL = "computed on the primal alone: no derivative"
"""The convention of what is asked of values and not of their derivatives: comparisons, argmax, shapes, ..."""


def supported_functions() -> dict[str, str]:
    """What of NumPy (and, where it is installed, SciPy) may be called in a differentiated function.

    Returns
    -------
    dict of full names, in alphabetical order, and the convention at kinks, ties and singular points ("" where none is needed).

    Examples
    --------
    >>> functions = supported_functions()
    >>> "numpy.tanh" in functions, "numpy.linalg.svd" in functions, "numpy.busday_count" in functions
    (True, True, False)
    >>> functions["numpy.maximum"]
    "a tie gives each operand one half (SymPy's Heaviside(0))"
    """
    load_families()
    return {name: convention_of(answer) for name, answer in sorted(answers().items())}


HOMES = ("numpy", "numpy.linalg", "numpy.fft", "scipy.special")
"""Where users find functions; SciPy's only once it has been imported."""


def answers() -> dict[str, Any]:
    """What answers for each function of NumPy's and SciPy's, by every full name that it has."""
    found = {}
    for home in HOMES:
        module = sys.modules.get(home)
        for name in dir(module) if module is not None else ():
            fun = getattr(module, name)
            if name.startswith("_") or isinstance(fun, type) or not callable(fun):
                continue
            for method in ("", "reduce", "accumulate", "outer"):
                answer = TABLE.get((fun, method) if method else fun)
                if answer is not None:
                    found[f"{home}.{name}.{method}".rstrip(".")] = answer
    return found


def convention_of(answer: Any) -> str:
    """What an op, or a composition, chooses where there is a choice."""
    return ON_PRIMAL if hasattr(answer, "on_primal") else getattr(answer, "convention", "")
