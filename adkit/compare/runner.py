"""One problem at one size: build it, verify every method, skip what would take too long, time the rest in two sittings."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

import adkit

from .checking import Runs, check
from .measure import Clock, Plan, Samples, held_bytes, paired, peak_bytes, quiet_collector, sample
from .methods import METHODS, Method, NotApplicable, Task
from .methods.engine import describe_task
from .operations import count, nominal_seconds, predict
from .problems import Problem
from .rows import Block, Row

__all__ = ["Examination", "examine"]

#: Seconds of one call from which on the function itself is not written down to be counted.
_LONG = 0.05

#: Recorded operations beyond which a derivative's program is not written down to be counted.
_LONGEST_PROGRAM = 4000


@dataclass
class _Timed:
    """A task whose methods are timed: the runs, and what each sitting gave."""

    task: Task
    asked: list[str]
    rows: dict[str, Row]
    runs: Runs
    sittings: list[Samples] = field(default_factory=list)


class Examination:
    """A problem at one size on its way from the check to the table.

    ``check`` builds and verifies, ``sit`` takes one sitting's samples of every task, ``finish`` makes the rows.  The
    caller says when, and so how far apart the sittings are.  ``tell`` is given what happens now, ``tick`` is called
    when an operator has been checked.
    """

    def __init__(self, problem: Problem, size: str, operators: Iterable[str], methods: Sequence[Method], plan: Plan,
                 seed: int = 0, clock: Clock = time.perf_counter, tell: Callable[[str], None] = lambda text: None,
                 tick: Callable[[], None] = lambda: None) -> None:  # fmt: skip
        self.problem, self.size, self.operators, self.methods = problem, size, list(operators), list(methods)
        self.plan, self.seed, self.clock, self.tell, self.tick = plan, seed, clock, tell, tick
        self.rng = np.random.default_rng([seed, len(problem.name)])
        self.block = Block(problem, size)
        self.timed: list[_Timed] = []
        self.left = 0.0  # when the last sitting ended

    def check(self) -> None:
        """Build the problem, run and verify every method of every operator."""
        instance = self.problem.instance(self.size, self.seed)
        whole = Task("value", instance.function, instance.params, (), instance.data, instance.hand, True)
        function, block = whole.numpy(), self.block
        worked, value = time.thread_time(), function(*instance.params)
        worked, again = time.thread_time() - worked, time.thread_time()
        function(*instance.params)
        block.value_seconds = min(worked, time.thread_time() - again)
        block.inputs, block.outputs = sum(np.size(p) for p in instance.params), int(np.size(value))
        # What is skipped for its cost shall not depend on how busy the machine is.
        if block.value_seconds < _LONG:
            block.value_seconds = nominal_seconds(function, instance.params) or block.value_seconds
        tangents = tuple([np.float64(1.0) * self.rng.standard_normal(np.shape(p)) for p in instance.params])
        whole = replace(whole, tangents=tangents, scalar=np.ndim(value) == 0, outputs=block.outputs,
                        modules=instance.modules, foreign=self.problem.foreign, lacks=self.problem.lacks)  # fmt: skip
        for operator in self.operators:
            self._prepare(replace(whole, operator=operator))
            self.tick()

    def _prepare(self, task: Task) -> None:
        """Verify; the hand-written derivative is the unit even where it gets no row."""
        methods = [m for m in self.methods if self._fits(m, task)] or self.methods
        hand, asked = METHODS["hand"], [m.name for m in methods]
        everyone = methods if hand in methods else [hand, *methods]
        rows = {m.name: Row(self.problem.name, self.size, task.operator, m.name) for m in everyone}
        runs = check(self.block, task, everyone, rows, self.plan, self.rng, self.clock, self.tell)
        runs = {"value": METHODS["hand"].build(replace(task, operator="value", scalar=True)), **runs}
        self.timed.append(_Timed(task, asked, rows, runs))

    def _fits(self, method: Method, task: Task) -> bool:
        """Whether a row of the method says anything: what nobody could expect of this problem is left out."""
        if task.operator == "value":
            return "value" in method.builders
        if method.name == "modules":
            return task.modules is not None and task.operator == "gradient"
        return method.name != "hand" or task.foreign

    def sit(self, wait: Callable[[float], None] = time.sleep, apart: float = 0.0) -> None:
        """Take one sitting's samples, at least ``apart`` seconds after the last sitting."""
        if self.timed and self.timed[0].sittings:
            passed = time.monotonic() - self.left
            if passed < apart:
                wait(apart - passed)
        with quiet_collector(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # each was heard when the method was checked
            for timed in self.timed:
                if len(timed.runs) > 1:
                    self.tell(f"{self.problem.name} {self.size}: {timed.task.operator}, timing")
                    timed.sittings.append(sample(timed.runs, self.plan.sitting(), self.rng, self.clock))
        self.left = time.monotonic()

    def finish(self) -> Block:
        """The rows, with their ratios, their memory and their operations."""
        with quiet_collector(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for timed in self.timed:
                for name in timed.rows:
                    if name in timed.runs and timed.sittings:
                        _fill(timed.rows[name], timed)
                        if _method(self.methods, name).traced:
                            timed.rows[name].peak_bytes = peak_bytes(timed.runs[name])
                _count(timed)
                if not self.block.rows and timed.sittings:
                    taken = [s for sitting in timed.sittings for s in sitting.seconds("value")]
                    self.block.value_seconds = float(np.median(taken))
                self.block.rows += [timed.rows[name] for name in timed.asked]
        self.timed = []
        return self.block


def examine(problem: Problem, size: str, operators: Iterable[str], methods: Sequence[Method], plan: Plan, seed: int = 0,
            clock: Clock = time.perf_counter, tell: Callable[[str], None] = lambda text: None,
            tick: Callable[[], None] = lambda: None, apart: float = 0.0) -> Block:  # fmt: skip
    """Measure the operators of a problem at one size by the methods, from the check to the rows."""
    found = Examination(problem, size, operators, methods, plan, seed, clock, tell, tick)
    found.check()
    for _ in range(plan.sittings):
        found.sit(apart=apart)
    return found.finish()


def _method(methods: Sequence[Method], name: str) -> Method:
    return next((m for m in methods if m.name == name), METHODS["hand"])


def _fill(row: Row, timed: _Timed) -> None:
    """The timing columns of a row."""
    row.values = [s for sitting in timed.sittings for s in sitting.seconds(row.method)]
    row.samples, row.run_seconds_min, row.run_seconds_median = len(row.values), min(row.values), float(np.median(row.values))
    if row.operator == "value":  # the same function twice over: its ratio to itself is no measurement
        row.ratio_to_value = row.ratio_to_hand = row.ratio_low = row.ratio_high = 1.0
        row.sure = True
        return
    to_value = paired(timed.sittings, row.method, "value")
    to_hand = paired(timed.sittings, row.method, "hand") if "hand" in timed.runs else None
    row.ratio_to_value = to_value.median if to_value else None
    row.ratio_to_hand = to_hand.median if to_hand else None
    interval = to_hand or to_value
    if interval:
        row.ratio_low, row.ratio_high = interval.low, interval.high
        row.sure = all(r.sure for r in (to_hand, to_value) if r is not None)


def _count(timed: _Timed) -> None:
    """Predicted and counted operations, and the bytes of the tape, of adkit's two modes."""
    task, rows = timed.task, timed.rows
    if task.operator not in ("jvp", "gradient", "jacobian") or not {"forward", "reverse"} & set(timed.runs):
        return
    f, directions = task.numpy(), {"forward": sum(np.size(p) for p in task.params), "reverse": task.outputs}
    with adkit.count_sweeps() as counts:
        try:
            tape = held_bytes(lambda: adkit.vjp(f, *task.params))
        except Exception:  # refused in reverse: the row says so
            tape = None
    if "reverse" in timed.runs:
        rows["reverse"].tape_bytes = tape
    if counts.recorded_ops > _LONGEST_PROGRAM:
        return
    costs = predict(f, task.params)
    if costs is None:
        return
    for mode, cost in zip(("forward", "reverse"), costs, strict=True):
        for name in (mode, f"compiled-{mode}"):
            if name in rows:
                n = 1 if task.operator == "jvp" else directions[mode]
                rows[name].predicted = 1.0 + n * (cost - 1.0)
        if mode in timed.runs and (task.operator == "jvp" or (mode == "reverse" and task.operator == "gradient")):
            try:
                rows[mode].operations = count(*describe_task(task, mode), f, task.params)
            except NotApplicable:
                pass
