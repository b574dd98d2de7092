"""What the command does: list, or measure and show, and end with the right status."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import Any, TextIO

from ..console import environment
from ..console.ending import heed, say
from ..console.progress import Line
from ..files import write_document
from . import answers, report, saved
from .methods import METHODS, Method
from .options import Request, read
from .peers import PEERS
from .problems import OPERATORS, Problem
from .rows import Block, Row, method_of, skipped_block
from .streams import document_alone
from .words import ascii_only, paint, wants_colour, wrap

__all__ = ["answer", "listing"]


def answer(argv: Sequence[str] | None) -> int:
    """Carry out a command line; with ``argv`` absent the process is the command's own."""
    given = list(sys.argv[1:] if argv is None else argv)
    with document_alone(any(word == "-" or word.endswith("=-") for word in given)):  # a function of the user's is called there
        request = read(given)
    if request.listing:
        print(listing(request))
        sys.stdout.flush()
        return 0
    if argv is None:
        environment.pin()
    before = saved.load(request.against) if request.against is not None else None
    with document_alone("-" in request.documents.values()) as stdout:
        return _Run(request, stdout, before).status()


def listing(request: Request) -> str:
    """What there is to choose from."""
    lines = ["problems (size: what it counts, the default sizes)"]
    shown = list(dict.fromkeys(p for p, _ in request.cases))
    for problem in shown:
        lines += _listed(problem)
    from .problems import PROBLEMS

    if {p.name for p in shown} >= {p.name for p in PROBLEMS.values() if p.suite}:
        lines += ["", "problems that are measured only where they are named"]
        for problem in PROBLEMS.values():
            if not problem.suite and problem not in shown:
                lines += _listed(problem)
    lines += ["", "operators", *[f"  {name:<22}{about}" for name, about in OPERATORS.items()]]
    lines += ["", "methods", *[f"  {m.name:<22}{m.about}{_when(m)}" for m in METHODS.values()]]
    lines += ["", "peers (with --peers)"]
    for p in PEERS.values():
        absent = "" if find_spec(p.name.split("-")[0]) else " (not installed)"
        lines.append(f"  {p.name:<22}{p.about}{absent}{_when(p)}")
    return "\n".join(lines)


def _when(method: Method) -> str:
    return "" if method.usual else "; by name only"


def _listed(problem: Problem) -> list[str]:
    sizes = ", ".join(problem.sizes)
    lines = [f"  {problem.name:<22}{problem.about}", wrap(f"{'':<24}size: {problem.axis}; {sizes}", 110, " " * 30)]
    lines.append(f"  {'':<22}operators: {', '.join(problem.default)}")
    others = [o for o in problem.operators if o not in problem.default]
    return [*lines, f"  {'':<22}on request: {', '.join(others)}"] if others else lines


class _Progress(Line):
    """The line of progress, with how many tasks, a derivative of a problem at a size each, are done of how many."""

    def __init__(self, wanted: bool, total: int) -> None:
        super().__init__(wanted)
        self.total, self.done = total, 0

    def tell(self, text: str) -> None:
        heed()
        super().tell(f"[{min(self.done + 1, self.total)}/{self.total}] {text}")

    def tick(self) -> None:
        """One more task is done."""
        self.done += 1


class _Run:
    """One run: what is measured, what is said of it, and what it leaves."""

    def __init__(self, request: Request, stdout: TextIO, before: dict[str, Row] | None) -> None:
        self.request, self.stdout, self.before = request, stdout, before
        self.out: TextIO = sys.stderr if "-" in request.documents.values() else stdout
        self.colour = wants_colour(self.out)
        tasks = sum(len(request.operators_of(problem)) for problem, _ in request.cases)
        self.progress = _Progress(request.progress and not request.quiet, tasks)
        self.blocks: list[Block] = []
        self.lacking = _lacking(request)

    @property
    def rows(self) -> list[Row]:
        """All rows so far, in the order of the cases."""
        return [row for block in self.blocks for row in block.rows]

    def note(self, line: str) -> None:
        """Say something beside the tables."""
        if not self.request.quiet:
            print(ascii_only(line), file=self.out)

    def status(self) -> int:
        """Measure, show, write, and return the exit status."""
        start = time.perf_counter()
        self.note(environment.describe())
        self.note("columns: see --help")
        for line in self.request.notes:
            self.note(line)
        for reason, names in self.lacking.items():
            self.note(f"skipped: {', '.join(names)}: {reason}")
        try:
            for block in self._blocks():
                self.progress.clear()
                self.blocks.append(block)
                self._show(block)
                self._grown(block.problem)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(self._interrupted()) from None
        finally:
            self.progress.clear()
        self._summary(time.perf_counter() - start)
        slower = self._compared()
        self._write()
        if all(row.status == "skipped" for row in self.rows):
            say(f"adkit compare: nothing was measured: {_why(self.rows, self.lacking)}")
            return 2
        return max(_verdict(self.rows), int(bool(slower)))

    def _blocks(self) -> Iterator[Block]:
        """The blocks in order, one process after the other or many at once."""
        from .spread import in_turn, spread

        request = self.request
        absent = {name: reason for reason, names in self.lacking.items() for name in names}
        work = [(p, size) for p, size in request.cases if p.name not in absent]
        methods = [m for m in request.methods if not (m.peer and m.missing())]
        measure = in_turn if request.executor is None else spread
        done = measure(request, work, methods, self.progress.tell, self.progress.tick)
        for problem, size in request.cases:
            operators = request.operators_of(problem)
            if problem.name in absent:
                self.progress.done += len(operators)
                yield skipped_block(problem, size, operators, request.methods, absent[problem.name])
                continue
            block = next(done)
            for peer in request.methods:
                if peer not in methods:
                    block.rows += skipped_block(problem, size, operators, [peer], peer.missing() or "").rows
            yield block

    def _show(self, block: Block) -> None:
        absent = {name for names in self.lacking.values() for name in names}
        if block.problem.name in absent:
            return
        if self.request.quiet:
            for operator in block.operators:
                if operator != "value":
                    prefix = f"{block.problem.name} {block.size}: "
                    print(answers.recommend(block, operator, prefix), file=self.out, flush=True)
        else:
            shown = Block(block.problem, block.size, [row for row in block.rows if row.method not in absent], block.inputs,
                          block.outputs, block.value_seconds)  # fmt: skip
            print(f"\n{report.block_text(shown, self.colour)}", file=self.out, flush=True)

    def _grown(self, problem: Problem) -> None:
        """After the last size of a problem: how its cost grows."""
        sizes = [size for p, size in self.request.cases if p is problem]
        mine = [b for b in self.blocks if b.problem is problem]
        if len(mine) < len(sizes) or self.request.quiet or not (problem.axis == self._grown_name() or len(sizes) > 2):
            return
        lines = [line for o in mine[-1].operators if o != "value" for line in answers.growth(mine, o, self._axis(problem))]
        if self._grown_name() and not lines and not problem.foreign:
            lines = ["growth: two values or more in --grow are needed to see how the cost grows"]
        for line in lines:
            print(paint(ascii_only(line), "36", self.colour), file=self.out, flush=True)

    def _grown_name(self) -> str:
        return self.request.grow[0] if self.request.grow else ""

    def _axis(self, problem: Problem) -> str:
        return self._grown_name() if not problem.foreign and self._grown_name() else "size"

    def _summary(self, seconds: float) -> None:
        rows = self.rows
        statuses = {status: sum(row.status == status for row in rows) for status in ("ok", "skipped", "wrong", "failed")}
        counted = ", ".join(f"{count} {status}" for status, count in statuses.items() if count)
        self.note(f"\n{len(rows)} rows: {counted}; {seconds:.0f} s")
        unsure = sum(row.sure is False for row in rows)
        if unsure:
            self.note(f"unsure: {unsure} ratio{'s' * (unsure != 1)}, marked ?: another run may differ by more than 15 %")

    def _compared(self) -> list[Any]:
        if self.before is None:
            return []
        found = saved.changes(self.rows, self.before)
        lines, slower = saved.verdict(found, self.before, self.request.fail_slower)
        for line in lines:
            print(ascii_only(line), file=self.out)
        for change in slower:
            row = change.row
            say(f"adkit compare: {row.method} {row.operator} of {row.problem} {row.size} takes {change.times:.2f}x as long as "
                f"in {self.request.against}")  # fmt: skip
        return slower

    def _write(self) -> None:
        """Every document asked for, each whole or not at all."""
        for flag, path in self.request.documents.items():
            content = _document(flag, path, self.blocks)
            if path == "-":
                self.stdout.write(str(content))
            else:
                write_document(path, content)
        self.out.flush()
        self.stdout.flush()

    def _interrupted(self) -> str:
        unwritten = [f"no {flag.upper()} was written" if path == "-" else f"{path} was not written"
                     for flag, path in self.request.documents.items()]  # fmt: skip
        return "; ".join([f"interrupted after {self.progress.done} of {self.progress.total} tasks", *unwritten])


def _document(flag: str, path: str, blocks: list[Block]) -> str | bytes:
    rows = [row for block in blocks for row in block.rows]
    if flag == "csv":
        return report.csv_text(rows)
    if flag == "markdown":
        return report.markdown_text(blocks)
    if flag in ("json", "save"):
        return saved.document(rows)
    if flag == "html":
        from .page import page

        return page(blocks)
    from .charts import figure_bytes

    return figure_bytes(blocks, path.rpartition(".")[2].lower())


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


def _verdict(rows: list[Row]) -> int:
    """1, and a line on stderr for each, if a derivative is wrong or one of adkit's own raises."""
    bad = [row for row in rows if row.status == "wrong" or (row.status == "failed" and _ours(row))]
    for row in bad:
        say(f"adkit compare: {row.method} {row.operator} of {row.problem} {row.size} {row.status}: {row.reason}")
    return 1 if bad else 0


def _ours(row: Row) -> bool:
    """Whether it is adkit's to answer for: a way of its own, or a derivative that is written here."""
    return method_of(row).own or row.method == "hand"


