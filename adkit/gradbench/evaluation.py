"""One function of an eval: its input read, the run timed and repeated, its output written."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .fields import Fields, InputError

__all__ = ["Evaluation", "Timing"]

Timing = dict[str, Any]


@dataclass(frozen=True)
class Evaluation:
    """What is timed, between what is not.

    ``read`` turns the JSON input into arguments, ``run`` computes with them and leaves them as they are, ``write``
    turns what it returns into lists and numbers.  ``repeated``: whether the input says how often to run.
    """

    read: Callable[[Any], tuple[Any, ...]]
    run: Callable[..., Any]
    write: Callable[[Any], Any]
    repeated: bool = True

    def __call__(self, value: Any) -> tuple[Any, list[Timing]]:
        """The output for an input, and how long each run took.

        >>> Evaluation(lambda x: (x,), lambda x: 2 * x, float, repeated=False)(4.0)[0]
        8.0
        """
        least_runs, least_seconds = repetitions(value) if self.repeated else (1, 0.0)
        arguments = self.read(Fields(value) if self.repeated else value)
        timings: list[Timing] = []
        elapsed = 0
        output: Any = None
        while not timings or len(timings) < least_runs or elapsed < least_seconds * 1e9:
            output = None  # so that no two results are held at once
            start = time.perf_counter_ns()
            output = self.run(*arguments)
            took = time.perf_counter_ns() - start
            elapsed += took
            timings.append({"name": "evaluate", "nanoseconds": took})
        return self.write(output), timings


def repetitions(value: Any) -> tuple[int, float]:
    """How many runs and how many seconds an input asks for, at the least; one of each where it does not say.

    >>> repetitions({"min_runs": 3})
    (3, 1.0)
    """
    fields = Fields(value)
    runs = fields.whole("min_runs", least=0) if "min_runs" in fields else 1
    seconds = fields.number("min_seconds") if "min_seconds" in fields else 1.0
    if seconds < 0:
        raise InputError("min_seconds must not be negative")
    return runs, seconds
