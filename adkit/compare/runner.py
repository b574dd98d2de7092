"""One problem at one size: build it, verify every method, skip what would take too long, time the rest."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

import adkit

from .agreement import canonical, disagreement, relative_error
from .measure import Clock, Plan, duration, peak_bytes, ratio, sample
from .methods import METHODS, Method, NotApplicable, Task
from .problems import Instance, Problem

__all__ = ["COLUMNS", "Block", "Row", "examine", "skipped_block"]

#: The columns of the CSV, in the order of the contract.
COLUMNS = (
    "problem", "size", "operator", "method", "status", "error", "prepare_seconds", "run_seconds_min",
    "run_seconds_median", "ratio_to_value", "ratio_to_hand", "ratio_low", "ratio_high", "peak_bytes", "sweeps",
    "primal_calls", "samples",
)  # fmt: skip

#: The most numbers that a result may have: a gigabyte of them helps nobody to choose a method.
_LARGEST_RESULT = 20_000_000


@dataclass
class Row:
    """What is known of one method for one derivative; None where there is nothing to say."""

    problem: str
    size: str
    operator: str
    method: str
    status: str = "ok"  # ok, wrong, skipped, failed
    error: float | None = None
    prepare_seconds: float | None = None
    run_seconds_min: float | None = None
    run_seconds_median: float | None = None
    ratio_to_value: float | None = None
    ratio_to_hand: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    peak_bytes: int | None = None
    sweeps: int | None = None
    primal_calls: int | None = None
    samples: int | None = None
    reason: str = ""


@dataclass
class Block:
    """The rows of one problem at one size."""

    problem: Problem
    size: str
    rows: list[Row] = field(default_factory=list)
    inputs: int = 0
    outputs: int = 0
    value_seconds: float = 0.0

    def of(self, operator: str) -> list[Row]:
        """The rows of one operator, in the order of the methods."""
        return [row for row in self.rows if row.operator == operator]


def skipped_block(problem: Problem, size: str, operators: Iterable[str], methods: Iterable[Method], reason: str) -> Block:
    """Rows for a problem that cannot be built here."""
    rows = [Row(problem.name, size, o, m.name, "skipped", reason=reason) for o in operators for m in methods]
    return Block(problem, size, rows)


def examine(
    problem: Problem,
    size: str,
    operators: Iterable[str],
    methods: Sequence[Method],
    plan: Plan,
    seed: int = 0,
    clock: Clock = time.perf_counter,
    tell: Callable[[str], None] = lambda text: None,
    tick: Callable[[], None] = lambda: None,
) -> Block:
    """Measure the operators of a problem at one size by the methods.

    ``tell`` is given what happens now, ``tick`` is called when an operator is done.
    """
    instance = problem.instance(size, seed)
    rng = np.random.default_rng([seed, len(problem.name)])
    function = _task("value", instance, (), scalar=True).numpy()
    start = clock()
    value = function(*instance.params)
    block = Block(problem, size, [], sum(np.size(p) for p in instance.params), int(np.size(value)))
    block.value_seconds = clock() - start
    for _ in range(3):
        start = clock()
        function(*instance.params)
        block.value_seconds = min(block.value_seconds, clock() - start)
    tangents = tuple([np.float64(1.0) * rng.standard_normal(np.shape(p)) for p in instance.params])
    for operator in operators:
        chosen = [m for m in methods if operator != "value" or "value" in m.builders] or list(methods)
        task = _task(operator, instance, tangents, scalar=np.ndim(value) == 0, outputs=block.outputs)
        tell(f"{problem.name} {size}: {operator}")
        _examine_operator(block, task, chosen, plan, rng, clock, tell)
        tick()
    return block


def _task(operator: str, instance: Instance, tangents: tuple[Any, ...], scalar: bool, outputs: int = 1) -> Task:
    return Task(operator, instance.function, instance.params, tangents, instance.data, instance.hand, scalar, outputs)


def _examine_operator(block: Block, task: Task, methods: list[Method], plan: Plan, rng: np.random.Generator,
                      clock: Clock, tell: Callable[[str], None]) -> None:  # fmt: skip
    """Verify, then time; the hand-written derivative is the reference and the unit even where it gets no row."""
    hand = METHODS["hand"]
    asked = [m.name for m in methods]
    everyone = methods if hand in methods else [hand, *methods]
    rows = {m.name: Row(block.problem.name, block.size, task.operator, m.name) for m in everyone}
    results: dict[str, list[Any]] = {}
    for method in everyone:
        tell(f"{block.problem.name} {block.size}: {task.operator}, checking {method.name}")
        found = _try(rows[method.name], method, task, block, plan, clock)
        if found is not None:
            results[method.name] = found
    _verify(rows, results, task, {m.name: m for m in everyone}, rng)

    runs = {"value": METHODS["hand"].build(replace(task, operator="value", scalar=True))}
    for method in everyone:
        row = rows[method.name]
        if row.status == "ok":
            start = clock()
            runs[method.name] = method.build(task)
            row.prepare_seconds = clock() - start
    if len(runs) > 1:
        tell(f"{block.problem.name} {block.size}: {task.operator}, timing")
        samples = sample(runs, plan, rng, clock)
        for method in everyone:
            if method.name in runs:
                _fill(rows[method.name], samples, has_hand="hand" in runs)
                if method.traced:
                    rows[method.name].peak_bytes = peak_bytes(runs[method.name])
        if not block.rows:
            block.value_seconds = float(np.median(samples.seconds("value")))
    block.rows += [rows[name] for name in asked]


def _fill(row: Row, samples: Any, has_hand: bool) -> None:
    """The timing columns of a row."""
    taken = samples.seconds(row.method)
    row.samples, row.run_seconds_min, row.run_seconds_median = len(taken), min(taken), float(np.median(taken))
    to_value = ratio(samples[row.method], samples["value"])
    to_hand = ratio(samples[row.method], samples["hand"]) if has_hand else None
    if row.operator == "value":  # the same function twice over: its ratio to itself is no measurement
        row.ratio_to_value = row.ratio_to_hand = row.ratio_low = row.ratio_high = 1.0
        return
    row.ratio_to_value = to_value.median if to_value else None
    row.ratio_to_hand = to_hand.median if to_hand else None
    interval = to_hand or to_value
    if interval:
        row.ratio_low, row.ratio_high = interval.low, interval.high


def _try(row: Row, method: Method, task: Task, block: Block, plan: Plan, clock: Clock) -> list[Any] | None:
    """Run a method once, counting; its result in canonical form, or None, with the reason in the row."""
    numbers = block.inputs**2 if task.operator == "hessian" else block.inputs * block.outputs
    calls = 0

    def counted(np: Any, *params: Any, **data: Any) -> Any:
        nonlocal calls
        calls += 1
        return task.function(np, *params, **data)

    try:
        why = method.missing()
        if why:
            raise NotApplicable(why)
        run = method.build(replace(task, function=counted))
        if numbers > _LARGEST_RESULT:
            raise NotApplicable(f"the result alone has {numbers:,} numbers")
        estimate = method.directions(task.operator, block.inputs, block.outputs) * block.value_seconds
        if estimate > plan.call_seconds and method.name != "hand":
            raise NotApplicable(f"estimated {duration(estimate)} a call, above the budget of {duration(plan.call_seconds)}")
        with adkit.count_sweeps() as counts:
            start = clock()
            result = run()
            spent = clock() - start
        found = canonical(task, result)
    except NotApplicable as reason:
        row.status, row.reason = "skipped", str(reason)
        return None
    except Exception as error:
        first = (str(error).strip() or "no message").splitlines()[0]
        row.status, row.reason = "failed", f"{type(error).__name__}: {first}"
        return None
    row.primal_calls = calls
    if not method.peer:
        row.sweeps = counts.forward_directions + counts.reverse_directions
    if spent > 5.0 * plan.call_seconds and method.name != "hand":
        row.status = "skipped"
        row.reason = f"took {duration(spent)} a call, above the budget of {duration(plan.call_seconds)}"
    return found


def _verify(rows: dict[str, Row], results: dict[str, list[Any]], task: Task, methods: dict[str, Method],
            rng: np.random.Generator) -> None:  # fmt: skip
    """Set ``error``, and the status ``wrong`` where it is too large."""
    if task.operator == "value":
        for name in results:
            rows[name].error = 0.0
        return
    exact = [name for name in results if not methods[name].tolerance] or list(results)
    reference, judged = None, {}
    for name in exact:
        error, allowed = disagreement(task, results[name], rng)
        judged[name] = error, max(allowed, methods[name].tolerance.get(task.operator, 0.0))
        if error <= judged[name][1]:
            reference = name
            break
    for name in results:
        if name in judged:
            error, allowed = judged[name]
        elif reference is None:
            continue
        else:
            error, allowed = relative_error(results[name], results[reference]), methods[name].allowed(task.operator)
        rows[name].error = error
        if not error <= allowed:
            rows[name].status = "wrong"
            rows[name].reason = f"relative error {error:.2g}, allowed {allowed:.0e}; not timed"
    if reference is not None:
        # Two exact methods that agree say more of each other than a difference quotient says of one.
        others = [rows[name].error or 0.0 for name in exact if name != reference and rows[name].status != "wrong"]
        rows[reference].error = min([*others, rows[reference].error or 0.0])
