"""A machine of one's own: a clock that moves only where work is done, and work whose cost is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from adkit.compare.measure import Plan
from adkit.compare.methods import METHODS, Method
from adkit.compare.methods.base import expected
from adkit.compare.problems import Instance, Problem
from adkit.compare.rows import Block
from adkit.compare.runner import examine


class Machine:
    """``slow`` is how slow it is now, ``noise`` how much one piece of work differs from the next."""

    def __init__(self, noise: float = 0.0, seed: int = 0, slow: float = 1.0) -> None:
        self.now, self.noise, self.slow = 0.0, noise, slow
        self.rng = np.random.default_rng(seed)

    def clock(self) -> float:
        return self.now

    def spend(self, seconds: float) -> None:
        self.now += seconds * self.slow * float(np.exp(self.noise * self.rng.standard_normal()))


PLAN = Plan(rounds=20, least=8, sample_seconds=0.0005, row_seconds=1.0, call_seconds=1.0, digits=0)


def problem(machine: Machine, inputs: int = 3) -> Problem:
    """The sum of squares, whose value takes 1 ms and whose gradient by hand takes 2."""

    def function(np: Any, x: Any) -> Any:
        machine.spend(1e-3)
        return np.sum(x * x)

    def by_hand(x: Any) -> Any:
        machine.spend(2e-3)
        return 2.0 * x

    def build(n: int, rng: np.random.Generator) -> Instance:
        return Instance(function, (rng.normal(size=n),), {}, {"gradient": by_hand})

    return Problem("squares", "the sum of squares", build, "number of inputs", (str(inputs),), (str(inputs),), 1000)


def method(machine: Machine, name: str, seconds: Callable[[int], float], factor: float = 1.0) -> Method:
    """A method of that name which is right (times ``factor``), and takes what it is told to."""

    def build(task: Any) -> Callable[[], Any]:
        x = task.params[0]

        def run() -> Any:
            machine.spend(seconds(x.size))
            return factor * 2.0 * x

        return run

    cheap = expected(1.0, lambda n, m: 1.0, lambda n: 1.0, lambda n: 1.0)
    return replace(METHODS[name], builders={"gradient": build}, directions=cheap, traced=False)


def measured(machine: Machine, inputs: int = 3, forward: float = 1.0, reverse: float = 1.0) -> Block:
    """Forward takes 1 ms for each input, reverse 6 ms, times what is asked for."""
    methods = [
        METHODS["hand"], method(machine, "forward", lambda n: forward * 1e-3 * n), method(machine, "reverse", lambda n: reverse * 6e-3),
    ]  # fmt: skip
    return examine(problem(machine, inputs), str(inputs), ["gradient"], methods, PLAN, clock=machine.clock)
