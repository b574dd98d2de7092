"""Every method is run once, counted and verified, before anybody times it."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

import adkit

from .agreement import canonical, disagreement, has_kink, relative_error
from .digits import reference, ulps
from .measure import Clock, Plan, duration
from .methods import Method, NotApplicable, Task
from .rows import Block, Row

__all__ = ["check"]

#: The most numbers that a result may have: a gigabyte of them helps nobody to choose a method.
_LARGEST_RESULT = 20_000_000

Runs = dict[str, Callable[[], Any]]


def check(block: Block, task: Task, methods: list[Method], rows: dict[str, Row], plan: Plan, rng: np.random.Generator,
          clock: Clock, tell: Callable[[str], None]) -> Runs:  # fmt: skip
    """The ``run`` of each method that is right and quick enough to be timed; the others' rows say why they are not."""
    results: dict[str, list[Any]] = {}
    runs: Runs = {}
    for method in methods:
        tell(f"{block.problem.name} {block.size}: {task.operator}, checking {method.name}")
        _try(rows[method.name], method, task, block, plan, clock, results, runs)
    named = {m.name: m for m in methods}
    _verify(rows, results, task, named, rng, user=not block.problem.foreign)
    if task.operator != "value" and results and plan.digits:
        tell(f"{block.problem.name} {block.size}: {task.operator}, to fifty digits")
        _in_ulps(rows, results, task, plan.digits, rng)
    return {name: run for name, run in runs.items() if rows[name].status == "ok"}


def _try(row: Row, method: Method, task: Task, block: Block, plan: Plan, clock: Clock, results: dict[str, list[Any]],
         runs: Runs) -> None:  # fmt: skip
    """Build a method and run it once, counting; what it gives goes to ``results`` in canonical form."""
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
        if numbers > _LARGEST_RESULT and task.operator not in ("value", "jvp"):
            raise NotApplicable(f"the result alone has {numbers:,} numbers")
        method.offered(task)
        estimate = method.directions(task.operator, block.inputs, block.outputs) * block.value_seconds
        if estimate > plan.call_seconds and method.name != "hand":
            raise NotApplicable(f"estimated {duration(estimate)} a call, above the budget of {duration(plan.call_seconds)}")
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            start = clock()
            run = method.build(task)
            row.prepare_seconds = clock() - start
            with adkit.count_sweeps() as counts:
                result, spent = _spent(run, method)
            if method.like is not None:
                with adkit.count_sweeps() as counts:
                    method.like.build(task)()
        if said and not method.peer:  # a peer's warnings are its own affair
            row.reason = f"warns: {str(said[0].message).splitlines()[0]}"
        if plan.call_seconds < spent < 30.0:  # a first call may also load and compile; what it finds then is the call itself
            result, spent = _spent(run, method)
        found = canonical(task, result)
        if not (method.peer or method.prepared):  # once more with a counter in the function, which would weigh on what is timed
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                method.build(replace(task, function=counted))()
    except NotApplicable as reason:
        row.status, row.reason = "skipped", str(reason)
        return
    except Exception as error:
        first = (str(error).strip() or "no message").splitlines()[0]
        row.status, row.reason = "failed", f"{type(error).__name__}: {first}"
        return
    results[method.name], runs[method.name] = found, run
    row.primal_calls = calls if not method.peer else None
    if not method.peer:
        row.sweeps = counts.forward_directions + counts.reverse_directions
    if spent > (3.0 if method.peer else 30.0) * plan.call_seconds and method.name != "hand":
        row.status = "skipped"
        row.reason = f"took {duration(spent)} a call, above the budget of {duration(plan.call_seconds)}"


def _spent(run: Callable[[], Any], method: Method) -> tuple[Any, float]:
    """The result of one call, and the processor's time, which a busy machine does not stretch; a peer may work elsewhere."""
    clock = time.perf_counter if method.peer else time.thread_time
    start = clock()
    result = run()
    return result, clock() - start


def _verify(rows: dict[str, Row], results: dict[str, list[Any]], task: Task, methods: dict[str, Method],
            rng: np.random.Generator, user: bool) -> None:  # fmt: skip
    """Set ``error``, and the status ``wrong`` where it is too large.

    The reference is the first result that agrees with the function's own values.  Of a user's function it is not known
    that it is smooth, or analytic: there a method with a caveat that misses is skipped for its caveat, and at a kink
    the modes' common convention is the reference.
    """
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
    if reference is None and user and {"forward", "reverse"} <= set(results) and has_kink(task, rng):
        if relative_error(results["forward"], results["reverse"]) <= 1e-8:
            reference = "reverse"
            judged = {"reverse": (0.0, 1e-8)}
            rows["forward"].reason = rows["reverse"].reason = "the function has a kink here: forward and reverse agree on its slope"
    for name in results:
        if name in judged:
            error, allowed = judged[name]
        elif reference is None:
            continue
        else:
            error, allowed = relative_error(results[name], results[reference]), methods[name].allowed(task.operator)
        rows[name].error = error
        if not error <= allowed and rows[name].status == "ok":
            excused = user and methods[name].caveat
            rows[name].status = "skipped" if excused else "wrong"
            why = f": {methods[name].caveat}" if excused else ""
            rows[name].reason = f"relative error {error:.2g}, allowed {allowed:.0e}{why}; not timed"
    if reference is not None:
        # Two exact methods that agree say more of each other than a difference quotient says of one.
        others = [rows[name].error or 0.0 for name in exact if name != reference and rows[name].status != "wrong"]
        rows[reference].error = min([*others, rows[reference].error or 0.0])


def _in_ulps(rows: dict[str, Row], results: dict[str, list[Any]], task: Task, operations: int,
             rng: np.random.Generator) -> None:  # fmt: skip
    """The error against fifty digits, at the largest entry and at others drawn at random."""
    first = next(iter(results.values()))
    if task.operator == "jacobian":
        flat = np.concatenate([np.abs(g.reshape(task.outputs, -1)).max(axis=0, initial=0.0) for g in first])
    else:
        flat = np.concatenate([np.abs(g).reshape(-1) for g in first])
    if not flat.size:
        return
    places = [0]
    if task.operator != "jvp":
        places = list(dict.fromkeys([int(np.argmax(flat)), *rng.permutation(flat.size)[:7].tolist()]))
    exact = reference(task, places, operations)
    for name, found in results.items():
        if exact and rows[name].status != "failed":
            rows[name].ulps = ulps(found, exact, task, places)
