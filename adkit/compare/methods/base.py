"""What a method is: a way to get a derivative of a function, and what it is expected to cost.

A method turns a :class:`Task` into a ``run()`` without arguments.  What it needs to do once (build the derivative
function, compile it, convert the inputs to its own kind of array) it does before it returns, which is the
preparation; what every call costs is inside ``run``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

__all__ = ["Builder", "Method", "NotApplicable", "Task", "expected"]


class NotApplicable(Exception):  # noqa: N818 - no error: the reason why a row is skipped
    """This method has no way to this derivative; the message is the reason."""


@dataclass(frozen=True)
class Task:
    """One derivative of one function at one point."""

    operator: str
    function: Callable[..., Any]  # function(np, *params, **data)
    params: tuple[Any, ...]
    tangents: tuple[Any, ...]
    data: Mapping[str, Any]
    hand: Mapping[str, Callable[..., Any]]
    scalar: bool  # a number, not an array of one
    outputs: int = 1
    modules: Callable[..., Any] | None = None
    foreign: bool = True  # whether the function takes the namespace of another library
    lacks: Mapping[str, str] = field(default_factory=dict)  # library: what the function needs, and it does not have

    @property
    def argnums(self) -> Any:
        """All params: a bare number for one, so that a derivative with respect to one array is an array."""
        return 0 if len(self.params) == 1 else tuple(range(len(self.params)))

    def numpy(self) -> Callable[..., Any]:
        """The function of the params alone, on NumPy (and so on whatever answers NumPy's protocols)."""
        return partial(self.function, np, **self.data)


Builder = Callable[[Task], Callable[[], Any]]


@dataclass(frozen=True)
class Method:
    """A way to differentiate.

    ``builders`` maps an operator to what builds its ``run``.  ``directions(operator, n, m)`` is the expected cost of
    one run in evaluations of the function, for n inputs and m outputs.  ``tolerance`` is the relative error up to
    which a result agrees.  ``caveat`` is what keeps it from being right for every function, and so from being recommended
    where another method is.  ``missing()`` says why the method cannot be used here (a package that is not installed).
    ``usual`` is false for what is measured only where it is asked for by name.  ``own`` is true for adkit's own ways:
    one of those that raises is a defect, and ends the command with 1.  ``prepared`` is true where the preparation calls
    the function, and a run no more; ``like`` is then the method whose sweeps the prepared program holds.
    """

    name: str
    about: str
    builders: Mapping[str, Builder]
    directions: Callable[[str, int, int], float]
    tolerance: Mapping[str, float] = field(default_factory=dict)
    caveat: str = ""
    missing: Callable[[], str | None] = lambda: None
    peer: bool = False
    traced: bool = True  # whether tracemalloc sees its memory
    usual: bool = True
    own: bool = False
    prepared: bool = False
    like: Method | None = None

    def offered(self, task: Task) -> Builder:
        """What builds the ``run`` of this method for the task; NotApplicable, with the reason, where there is none."""
        if not task.scalar and task.operator in ("gradient", "hvp", "hessian"):
            raise NotApplicable("the function returns an array: ask for jacobian")
        if task.scalar and task.operator == "jacobian":
            raise NotApplicable("the function returns one number: ask for gradient")
        if self.peer and not task.foreign:
            raise NotApplicable("the function calls NumPy by name, and not the namespace that it is given")
        if self.peer and (lack := task.lacks.get(self.name.partition("-")[0])):
            raise NotApplicable(f"has no {lack}, which the function needs")
        builder = self.builders.get(task.operator)
        if builder is None:
            if task.operator == "value":
                raise NotApplicable("the value is the function itself, measured as method hand")
            raise NotApplicable(f"has no {task.operator}")
        return builder

    def build(self, task: Task) -> Callable[[], Any]:
        """The ``run`` of this method for the task; NotApplicable, with the reason, where there is none."""
        return self.offered(task)(task)

    def allowed(self, operator: str) -> float:
        """The relative error up to which a result of this method agrees."""
        return self.tolerance.get(operator, 1e-8)


def expected(jvp: float, n: Callable[[int, int], float], hvp: Callable[[int], float], hessian: Callable[[int], float]) -> Any:
    """The expected cost of a method, in evaluations: of a jvp, of first derivatives, of an hvp and of a Hessian.

    The factors are rounded from measurements of these problems: directions that travel together, many to a sweep,
    cost less than an evaluation each.
    """

    def directions(operator: str, inputs: int, outputs: int) -> float:
        if operator in ("gradient", "jacobian"):
            return n(inputs, outputs)
        return {"value": 1.0, "jvp": jvp, "hvp": hvp(inputs), "hessian": hessian(inputs)}[operator]

    return directions
