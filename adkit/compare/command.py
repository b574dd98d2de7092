"""What the command does: list, or measure and show, and end with the right status."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any, TextIO

from ..console import environment
from ..console.ending import say
from ..console.progress import Line
from ..files import write_document
from . import report
from .methods import METHODS
from .options import Request, read
from .peers import PEERS
from .problems import OPERATORS
from .runner import Block, Row, examine, skipped_block

__all__ = ["answer", "listing"]


def answer(argv: Sequence[str] | None) -> int:
    """Carry out a command line; with ``argv`` absent the process is the command's own."""
    request = read(sys.argv[1:] if argv is None else argv)
    if request.listing:
        print(listing(request))
        sys.stdout.flush()
        return 0
    if argv is None:
        environment.pin()
    return _run(request)


def listing(request: Request) -> str:
    """What there is to choose from."""
    lines = ["problems (size: what it counts, the default sizes)"]
    for problem in dict.fromkeys(p for p, _ in request.cases):
        lines.append(f"  {problem.name:<22}{problem.about}")
        lines.append(f"  {'':<22}size: {problem.axis}; {', '.join(problem.sizes)}")
        lines.append(f"  {'':<22}operators: {', '.join(problem.default)}")
        others = [o for o in problem.operators if o not in problem.default]
        if others:
            lines.append(f"  {'':<22}on request: {', '.join(others)}")
    lines += ["", "operators", *[f"  {name:<22}{about}" for name, about in OPERATORS.items()]]
    lines += ["", "methods", *[f"  {m.name:<22}{m.about}" for m in METHODS.values()]]
    lines += ["", "peers (with --peers)"]
    lines += [f"  {p.name:<22}{p.about}{'' if find_spec(p.name) else ' (not installed)'}" for p in PEERS.values()]
    return "\n".join(lines)


class _Progress(Line):
    """The line of progress, with how many tasks, a derivative of a problem at a size each, are done of how many."""

    def __init__(self, wanted: bool, total: int) -> None:
        super().__init__(wanted)
        self.total, self.done = total, 0

    def tell(self, text: str) -> None:
        super().tell(f"[{self.done + 1}/{self.total}] {text}")

    def tick(self) -> None:
        """One more task is done."""
        self.done += 1


def _run(request: Request) -> int:
    out: TextIO = sys.stderr if request.csv == "-" else sys.stdout
    colour = report.wants_colour(out)
    notes: Any = (lambda line: None) if request.quiet else (lambda line: print(line, file=out))
    start = time.perf_counter()
    tasks = sum(len(request.operators_of(problem)) for problem, _ in request.cases)
    progress = _Progress(request.progress and not request.quiet, tasks)
    rows: list[Row] = []

    notes(environment.describe())
    notes("columns: see --help")
    for line in request.notes:
        notes(line)
    lacking = _lacking(request)
    for reason, names in lacking.items():
        notes(f"skipped: {', '.join(names)}: {reason}")
    methods = [m for m in request.methods if not (m.peer and m.missing())]
    absent = {name: reason for reason, names in lacking.items() for name in names}
    try:
        for problem, size in request.cases:
            operators = request.operators_of(problem)
            if problem.name in absent:
                rows += skipped_block(problem, size, operators, request.methods, absent[problem.name]).rows
                progress.done += len(operators)
            else:
                block = examine(problem, size, operators, methods, request.plan, request.seed,
                                tell=progress.tell, tick=progress.tick)  # fmt: skip
                for peer in request.methods:
                    if peer not in methods:
                        block.rows += skipped_block(problem, size, operators, [peer], peer.missing() or "").rows
                progress.clear()
                _show(block, absent, colour, out, request.quiet)
                rows += block.rows
    except KeyboardInterrupt:
        unwritten = {None: "", "-": "; no CSV was written"}.get(request.csv, f"; {request.csv} was not written")
        raise KeyboardInterrupt(f"interrupted after {progress.done} of {tasks} tasks{unwritten}") from None
    finally:
        progress.clear()

    statuses = {status: sum(row.status == status for row in rows) for status in ("ok", "skipped", "wrong", "failed")}
    counted = ", ".join(f"{count} {status}" for status, count in statuses.items() if count)
    notes(f"{len(rows)} rows: {counted}; {time.perf_counter() - start:.0f} s")
    if request.csv == "-":
        sys.stdout.write(report.csv_text(rows))
    elif request.csv is not None:
        write_document(request.csv, report.csv_text(rows))
    out.flush()
    sys.stdout.flush()
    if all(row.status == "skipped" for row in rows):
        say(f"adkit compare: nothing was measured: {_why(rows, lacking)}")
        return 2
    return _verdict(rows)


def _why(rows: list[Row], lacking: dict[str, list[str]]) -> str:
    """Why no row was measured, in one line; what is not installed goes first."""
    reasons = list(dict.fromkeys([*lacking, *[row.reason for row in rows]]))
    others = len(reasons) - 1
    more = f" (and {others} other reason{'s' * (others > 1)}, above)" if others else ""
    return f"{reasons[0]}{more}"


def _lacking(request: Request) -> dict[str, list[str]]:
    """What cannot be measured here, peers and problems, by the reason."""
    lacking: dict[str, list[str]] = {}
    things: list[Any] = [*request.methods, *dict.fromkeys(p for p, _ in request.cases)]
    for thing in things:
        reason = thing.missing()
        if reason:
            lacking.setdefault(reason, []).append(thing.name)
    return lacking


def _show(block: Block, absent: dict[str, str], colour: bool, out: TextIO, quiet: bool) -> None:
    if quiet:
        operators = dict.fromkeys(row.operator for row in block.rows if row.operator != "value")
        for operator in operators:
            print(report.recommend(block, operator, f"{block.problem.name} {block.size}: "), file=out)
    else:
        shown = Block(block.problem, block.size, [row for row in block.rows if row.method not in absent], block.inputs,
                      block.outputs, block.value_seconds)  # fmt: skip
        print(f"\n{report.block_text(shown, colour)}", file=out, flush=True)


def _verdict(rows: list[Row]) -> int:
    """1, and a line on stderr for each, if a derivative is wrong or one of adkit's own raises."""
    own = [name for name, method in METHODS.items() if not method.caveat]
    bad = [row for row in rows if row.status == "wrong" or (row.status == "failed" and row.method in own)]
    for row in bad:
        say(f"adkit compare: {row.method} {row.operator} of {row.problem} {row.size} {row.status}: {row.reason}")
    return 1 if bad else 0
