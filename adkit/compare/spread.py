"""The cases of a run, one after the other, or spread over processes and machines.

In turn, the second sitting of a case comes some cases after its first: far enough apart to see what drifts, and near
enough that tables appear while the run goes on.  Spread, each worker takes whole cases; timings are taken one at a
time on each machine, under a lock, so that only the checks run side by side.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from ..console.executor import open_executor
from ..console.functions import words_of
from ..console.options import UsageError
from .measure import Plan
from .methods import METHODS, Method
from .own import from_target
from .peers import PEERS
from .problems import PROBLEMS, Problem
from .rows import Block
from .runner import Examination

__all__ = ["in_turn", "spread"]

Cases = Sequence[tuple[Problem, str]]
Tell = Callable[[str], None]

_BEHIND = 4
"""How many cases lie between the two sittings of one."""


def in_turn(request: Any, cases: Cases, methods: Sequence[Method], tell: Tell, tick: Callable[[], None]) -> Iterator[Block]:
    """The blocks, measured here, in the order of the cases."""
    waiting: deque[Examination] = deque()
    for problem, size in cases:
        case = Examination(problem, size, request.operators_of(problem), methods, request.plan, request.seed, tell=tell, tick=tick)
        case.check()
        case.sit()
        waiting.append(case)
        if len(waiting) > _BEHIND:
            yield _ended(waiting.popleft(), request.apart)
    while waiting:
        yield _ended(waiting.popleft(), request.apart)


def _ended(case: Examination, apart: float) -> Block:
    for _ in range(case.plan.sittings - 1):
        case.sit(apart=apart)
    return case.finish()


# Spread


def spread(request: Any, cases: Cases, methods: Sequence[Method], tell: Tell, tick: Callable[[], None]) -> Iterator[Block]:
    """The blocks, measured by an executor's workers, in the order of the cases."""
    names = tuple([m.name for m in methods])
    with open_executor(request.executor) as executor:
        assert executor is not None
        futures: list[Future[Block]] = []
        for problem, size in cases:
            own = (problem.name, request.at, request.grow) if not problem.foreign else None
            work = (problem.name, own, size, request.operators_of(problem), names, request.plan, request.seed, request.apart)
            futures.append(executor.submit(_examined, *work))
        try:
            for future, (problem, size) in zip(futures, cases, strict=True):
                tell(f"{problem.name} {size}: waiting for a worker")
                try:
                    block = future.result()
                except (CancelledError, Exception) as error:  # a worker that died, a package that it lacks: in its own words
                    what = f"{problem.name} {size} was not measured: {words_of(error)}"
                    raise UsageError(f"--executor {request.executor}: {what}") from None
                for _ in request.operators_of(problem):
                    tick()
                yield replace(block, problem=problem)
        except BaseException:
            for future in futures:
                future.cancel()
            raise


def _examined(name: str, own: Any, size: str, operators: tuple[str, ...], methods: tuple[str, ...], plan: Plan, seed: int,
              apart: float) -> Block:  # fmt: skip
    """One case, in a worker: everything is named, and found there by its name."""
    problem = from_target(*own) if own is not None else PROBLEMS[name]
    everyone = METHODS | PEERS
    case = Examination(problem, size, operators, [everyone[m] for m in methods], plan, seed)
    with _one_blas_thread():
        case.check()
        for _ in range(plan.sittings):
            with machine_lock():
                case.sit()
            time.sleep(apart)
        with machine_lock():
            block = case.finish()
    # The problem itself is made of functions, which may not travel; the caller knows it by its name.
    return replace(block, problem=None)  # type: ignore[arg-type]


@contextmanager
def machine_lock() -> Iterator[None]:
    """Held while something is timed: one at a time on a machine, whoever the worker."""
    try:
        import fcntl
    except ImportError:  # Windows has no such locks: there timings may overlap, and the intervals show it
        yield
        return
    path = os.path.join(tempfile.gettempdir(), f"adkit-compare-{os.getuid()}.lock")
    with open(path, "w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield  # closing the file lets go of it, and so does the end of the process


@contextmanager
def _one_blas_thread() -> Iterator[None]:
    """Workers that others started may have any number of BLAS threads; where threadpoolctl is there, one is used."""
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        yield
        return
    with threadpool_limits(1):
        yield
