"""What a problem is: a function in ordinary NumPy, its sizes, and derivatives written by hand to compare with.

The function takes the namespace it computes in as its first argument, so that the same text runs on NumPy (and so
in adkit, on SymPy's symbols and on numbers of fifty digits) and on a peer's own namespace:
``function(np, *params, **data)``.  Derivatives are with respect to all ``params``; ``data`` is held constant.

A problem is added by one file in this folder, which is found by itself:

    @problem("cube", "the sum of cubes", axis="number of inputs", sizes=("10",), quick=("10",), largest=10_000)
    def cube(n, rng):
        return Instance(lambda np, x: np.sum(x**3), (rng.normal(size=n),), {}, {"gradient": lambda x: 3.0 * x * x})
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["OPERATORS", "PROBLEMS", "Instance", "Problem", "SizeError", "problem"]

#: The derivative operators, and the value that they are measured against, in the order of the tables.
OPERATORS = {
    "value": "the function itself",
    "jvp": "the directional derivative J v, or g.v",
    "gradient": "all first derivatives of one number",
    "jacobian": "all first derivatives of many numbers",
    "hvp": "the Hessian times a vector",
    "hessian": "all second derivatives of one number",
}

_SCALAR = ("value", "jvp", "gradient", "hvp", "hessian")


class SizeError(ValueError):
    """A size that the problem does not have."""


@dataclass(frozen=True)
class Instance:
    """A problem at one size: everything that is needed to call it."""

    function: Callable[..., Any]
    params: tuple[Any, ...]
    data: Mapping[str, Any] = field(default_factory=dict)
    #: operator -> ``derivative(*params, **data)``, as a careful person writes it in NumPy
    hand: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    #: ``gradient(*params, **data)`` by the formulas of the lecture's modules, where the function is made of them
    modules: Callable[..., Any] | None = None


@dataclass(frozen=True)
class Problem:
    """A named family of instances.

    ``operators`` are those that make sense for it, ``default`` those that are measured unless others are asked for;
    ``sizes`` the default ones, ``quick`` those of ``--quick``, ``largest`` a bound that keeps a slip of the
    keyboard from filling the memory.  ``suite`` is false for what is measured only where it is named: sweeps, which
    take long.  ``missing()`` says why it cannot be built here (data that is not installed).  ``foreign`` is false
    where the function calls NumPy itself, and so cannot be given to a library with a namespace of its own; ``lacks``
    names, for a library whose namespace is no match for the function, what is not in it.
    """

    name: str
    about: str
    build: Callable[[Any, np.random.Generator], Instance]
    axis: str
    sizes: tuple[str, ...]
    quick: tuple[str, ...]
    largest: int
    operators: tuple[str, ...] = _SCALAR
    default: tuple[str, ...] = ("value", "jvp", "gradient")
    missing: Callable[[], str | None] = lambda: None
    suite: bool = True
    foreign: bool = True
    lacks: Mapping[str, str] = field(default_factory=dict, hash=False)

    def parse(self, size: str) -> Any:
        """The size as ``build`` takes it: a number, or a pair for INPUTSxOUTPUTS."""
        pair = "x" in self.sizes[0]
        parts = size.split("x") if pair else [size]
        counts = [int(p) for p in parts if p.isascii() and p.isdigit()]
        if len(counts) != len(parts) or len(counts) != 1 + pair or min(counts) < 1:
            form = "INPUTSxOUTPUTS" if pair else "a whole number from 1"
            raise SizeError(f"{self.name} has no size {size!r}: its size is the {self.axis}, {form}, as in {self.sizes[0]}")
        if max(counts) > self.largest:
            if self.largest == 1:
                raise SizeError(f"{self.name} has no size {size!r}: it comes in one size, 1")
            raise SizeError(f"{self.name} has no size {size!r}: the largest is {self.largest:,} ({self.axis})")
        return tuple(counts) if pair else counts[0]

    def instance(self, size: str, seed: int) -> Instance:
        """The problem at ``size``; the same seed gives the same numbers, whatever else is run."""
        key = [seed, *(ord(c) for c in f"{self.name}:{size}")]
        return self.build(self.parse(size), np.random.default_rng(key))


#: Every problem by its name, in the order of the default suite.
PROBLEMS: dict[str, Problem] = {}


def problem(name: str, about: str, **options: Any) -> Callable[[Callable[..., Instance]], Problem]:
    """Register the decorated ``build(size, rng)`` as a problem."""

    def register(build: Callable[..., Instance]) -> Problem:
        PROBLEMS[name] = Problem(name, about, build, **options)
        return PROBLEMS[name]

    return register
