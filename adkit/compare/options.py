"""The command line: what may be asked for, and one clear line for what may not."""

from __future__ import annotations

import argparse
import fnmatch
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..console.options import Parser, UsageError, near, whole_number
from ..files import OutputError, check_writable
from .measure import Plan
from .methods import METHODS, Method
from .peers import PEERS
from .problems import OPERATORS, PROBLEMS, Problem, SizeError

__all__ = ["Request", "read"]

_EPILOG = """\
columns of the tables, a row for each method that was verified and timed:
  time     one call, the median of its samples
  x value  that many times as long as the function itself
  x hand   that many times as long as the derivative written by hand
  95 %     the interval of x hand, or of x value where none is written by hand
  error    the largest relative error
  peak     the most memory held at once during a call, beyond what was held before
  sweeps   what adkit carried: tangents forward, cotangents in reverse
Ratios are taken within a round, so that a busy machine slows both, and are
medians over the rounds.

exit status: 0; 1 if a derivative is wrong or one of adkit's own raises; 2 for a
command that cannot be carried out; 130 when interrupted (128 + SIGINT, as shells
and make expect, so that an interrupted run is not taken for one that answered).
"""


@dataclass(frozen=True)
class Request:
    """A command line, checked."""

    cases: tuple[tuple[Problem, str], ...]
    operators: tuple[str, ...] | None  # None: those of the problem
    methods: tuple[Method, ...]
    plan: Plan
    seed: int
    csv: str | None
    listing: bool
    progress: bool
    quiet: bool
    notes: tuple[str, ...]

    def operators_of(self, problem: Problem) -> tuple[str, ...]:
        """What is measured of this problem."""
        if self.operators is not None:
            return self.operators
        by_hand = any(method.name == "hand" for method in self.methods)
        return tuple([operator for operator in problem.default if operator != "value" or by_hand])


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="adkit compare",
        description="Time the derivatives of problems by every method, each verified first, and say which to use.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("targets", nargs="*", metavar="TARGET", help="a problem or a glob ('digits-*'); default: the whole suite")
    add("--list", action="store_true", dest="listing", help="list problems, operators and methods, and stop")
    add("--methods", metavar="A,B", help=f"of {', '.join(METHODS)}, or a peer's name")
    add("--operators", metavar="A,B", help=f"of {', '.join(OPERATORS)}")
    add("--size", metavar="N,...", help="sizes instead of the problem's own (--list shows what they count)")
    add("--peers", metavar="A,B", help=f"other libraries to measure as well: {', '.join(PEERS)}")
    add("--quick", action="store_true", help="small sizes and few rounds: seconds instead of a minute")
    add("--rounds", metavar="N", help="rounds for fast methods (default 41, with --quick 15)")
    add("--budget", metavar="SECONDS", help="skip a method whose single call takes longer (default 0.2)")
    add("--seed", metavar="N", default="0", help="seed of the inputs and of the order of the rounds (default 0)")
    add("--csv", metavar="PATH", help="write the rows as CSV; - for stdout, and the table then goes to stderr")
    add("--no-progress", action="store_false", dest="progress", help="no progress on the terminal")
    add("--quiet", action="store_true", help="only the recommendations")
    return parser


def read(argv: Sequence[str]) -> Request:
    """The request of a command line; UsageError where there is none.  ``--help`` prints and exits."""
    given = _parser().parse_args(list(argv))
    problems, named = _problems(given.targets)
    cases, notes = _cases(problems, named, given.size, given.quick)
    rounds = whole_number(given.rounds, "--rounds", 1) if given.rounds is not None else 15 if given.quick else 41
    budget = _seconds(given.budget) if given.budget is not None else 0.05 if given.quick else 0.2
    plan = Plan(rounds, min(rounds, 6), 0.0005, 6.0 * budget / 4.0, budget)
    everyone = METHODS | PEERS
    methods = _chosen(given.methods, everyone, "method", "--methods") if given.methods is not None else tuple(METHODS)
    peers = _chosen(given.peers, PEERS, "peer", "--peers") if given.peers is not None else ()
    methods += tuple([peer for peer in peers if peer not in methods])
    operators = None
    if given.operators is not None:
        operators = _chosen(given.operators, OPERATORS, "operator", "--operators")
    if given.csv is not None:
        try:
            check_writable(given.csv)
        except OutputError as error:
            raise UsageError(f"--csv: {error}") from None
    return Request(
        cases, operators, tuple([everyone[m] for m in methods]), plan,
        whole_number(given.seed, "--seed", 0), given.csv, given.listing, given.progress, given.quiet, tuple(notes),
    )  # fmt: skip


def _problems(targets: list[str]) -> tuple[list[Problem], set[str]]:
    """The problems, in the order of the suite, and the names of those that were asked for by name."""
    chosen: set[str] = set()
    named: set[str] = set()
    for target in targets:
        if target in PROBLEMS:
            named.add(target)
            chosen.add(target)
            continue
        found = fnmatch.filter(PROBLEMS, target) if any(c in target for c in "*?[") else []
        if not found:
            if ":" in target:
                raise UsageError(f"target {target!r}: only problems by name can be measured so far; see --list")
            raise UsageError(f"no problem {target!r}{near(target, PROBLEMS)}; see --list")
        chosen.update(found)
    return [p for name, p in PROBLEMS.items() if name in chosen or not targets], named


Cases = tuple[tuple[Problem, str], ...]


def _cases(problems: list[Problem], named: set[str], sizes: str | None, quick: bool) -> tuple[Cases, list[str]]:
    """Problems with their sizes, and what is left out.

    Every size must suit a problem, and every problem that was asked for by name must have one of the sizes.
    """
    if sizes is None:
        return tuple([(p, size) for p in problems for size in (p.quick if quick else p.sizes)]), []
    cases: list[tuple[Problem, str]] = []
    misfits: dict[tuple[str, str], str] = {}
    asked = _split(sizes, "--size")
    for problem in problems:
        for size in asked:
            try:
                problem.parse(size)
                cases.append((problem, size))
            except SizeError as error:
                misfits[problem.name, size] = str(error)
    for (name, size), why in misfits.items():
        alone = not any(size == other for _, other in cases)
        if alone or (name in named and not any(p.name == name for p, _ in cases)):
            raise UsageError(why if len(problems) == 1 or not alone else f"no problem here has size {size!r}; see --list")
    return tuple(cases), [f"left out: {why}" for (name, _), why in misfits.items() if name not in named]


def _split(text: str, flag: str) -> list[str]:
    parts = list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if not parts:
        raise UsageError(f"{flag} needs a list: {flag} A,B")
    return parts


def _chosen(text: str, known: Iterable[str], kind: str, flag: str) -> tuple[str, ...]:
    """The names of a list, in the order of the table."""
    asked = _split(text, flag)
    names = list(known)
    for name in asked:
        if name not in names:
            raise UsageError(f"no {kind} {name!r}{near(name, names)}; there are: {', '.join(names)}")
    return tuple([name for name in names if name in asked])


def _seconds(text: str) -> float:
    try:
        budget = float(text)
    except ValueError:
        budget = 0.0
    if not 0.0 < budget < float("inf"):
        raise UsageError(f"--budget takes a number of seconds above 0, not {text!r}")
    return budget
