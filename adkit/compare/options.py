"""The command line: what may be asked for, and one clear line for what may not."""

from __future__ import annotations

import argparse
import fnmatch
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ..console.functions import refuse_bare_file
from ..console.options import Parser, UsageError, near, whole_number
from ..files import OutputError, check_writable
from .measure import Plan
from .methods import METHODS, Method
from .own import from_target
from .peers import LIBRARIES, PEERS
from .problems import OPERATORS, PROBLEMS, Problem, SizeError

__all__ = ["DOCUMENTS", "Request", "read"]

#: The documents that a run can leave, by their flags.
DOCUMENTS = ("csv", "json", "markdown", "html", "plot", "save")

_EPILOG = """\
columns of the tables, a row for each method that was verified and timed:
  time     one call, the median of its samples
  x value  that many times as long as the function itself
  x hand   that many times as long as the derivative written by hand
  95 %     the interval of x hand, or of x value where none is written by hand;
           with ? it is so wide that another run may differ by more than 15 %
  error    against 50 digits, in units in the last place (ulp) of the largest
           entry; else the largest relative error
  peak     the most memory held at once during a call, beyond what was held before
  sweeps   what adkit carried: tangents forward, cotangents in reverse
Ratios are taken within a round, so that a busy machine slows both, and are
medians over the rounds of two sittings, seconds apart.

examples:
  adkit compare digits-mlp chain --operators gradient --peers torch
  adkit compare model.py:loss --at "np.ones(n), 0.5" --grow n=100,1000
  adkit compare --save today.json
  adkit compare --against today.json --fail-slower 10%
  adkit compare inputs-outputs --plot map.png --html page.html

exit status: 0; 1 if a derivative is wrong, one of adkit's own raises, or something
has become slower than --fail-slower allows; 2 for a command that cannot be carried
out; 130 when interrupted (128 + SIGINT, as shells and make expect, so that an
interrupted run is not taken for one that answered).
"""


@dataclass(frozen=True)
class Request:
    """A command line, checked."""

    cases: tuple[tuple[Problem, str], ...]
    operators: tuple[str, ...] | None  # None: those of the problem
    methods: tuple[Method, ...]
    plan: Plan
    apart: float
    seed: int
    listing: bool
    progress: bool
    quiet: bool
    notes: tuple[str, ...]
    documents: dict[str, str] = field(default_factory=dict)
    against: str | None = None
    fail_slower: float | None = None
    executor: str | None = None
    at: str | None = None
    grow: tuple[str, tuple[int, ...]] | None = None

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
    add("targets", nargs="*", metavar="TARGET",
        help="a problem, a glob ('digits-*'), or your own module:function or file.py:function; default: the suite")  # fmt: skip
    add("--at", metavar="EXPR", help="the arguments of your function, as in f(EXPR), with np and math at hand")
    add("--grow", metavar="n=N,...", help="values of a name in EXPR: measure at each, and predict beyond")
    add("--list", action="store_true", dest="listing", help="list problems, operators and methods, and stop")
    add("--methods", metavar="A,B", help=f"of {', '.join(METHODS)}, or a peer's name")
    add("--operators", metavar="A,B", help=f"of {', '.join(OPERATORS)}")
    add("--size", metavar="N,...", help="sizes instead of the problem's own (--list shows what they count)")
    add("--peers", metavar="A,B", help=f"other libraries to measure as well: {', '.join(LIBRARIES)}, or one variant: "
        f"{', '.join(n for n in PEERS if n not in LIBRARIES)}")  # fmt: skip
    add("--quick", action="store_true", help="small sizes and few rounds: seconds instead of a minute")
    add("--rigorous", action="store_true", help="more rounds, slower methods, more digits: many minutes")
    add("--rounds", metavar="N", help="rounds for fast methods (default 40, with --quick 14, with --rigorous 160)")
    add("--budget", metavar="SECONDS", help="skip a method whose single call takes longer (default 0.05)")
    add("--seed", metavar="N", default="0", help="seed of the inputs and of the order of the rounds (default 0)")
    add("--csv", metavar="PATH", help="write the rows as CSV; - for stdout, and the table then goes to stderr")
    add("--json", metavar="PATH", help="write the samples in pyperf's format; - as for --csv")
    add("--markdown", metavar="PATH", help="write the tables in Markdown; - as for --csv")
    add("--html", metavar="PATH", help="write one page with the tables, plots and the environment; - as for --csv")
    add("--plot", metavar="PATH", help="draw time against size, and a map over inputs and outputs (.png, .svg, .pdf)")
    add("--save", metavar="FILE", help="save the run, to compare later runs with")
    add("--against", metavar="FILE", help="compare with a saved run")
    add("--fail-slower", metavar="10%", dest="fail_slower", help="with --against: end with 1 if something is slower by more")
    add("--executor", metavar="E", help="spread the problems: processes:N, or dask://HOST:PORT of a scheduler")
    add("--no-progress", action="store_false", dest="progress", help="no progress on the terminal")
    add("--quiet", action="store_true", help="only the recommendations")
    return parser


def read(argv: Sequence[str]) -> Request:
    """The request of a command line; UsageError where there is none.  ``--help`` prints and exits."""
    given = _parser().parse_args(list(argv))
    if given.quick and given.rigorous:
        raise UsageError("--quick and --rigorous exclude each other")
    grow = _grown(given.grow) if given.grow is not None else None
    problems, named = _problems(given.targets, given.at, grow)
    own = [p.name for p in problems if not p.foreign]
    if given.size is not None and own:
        raise UsageError(f"--size is for problems by name; for {own[0]} use --grow n=N,... and n in --at")
    cases, notes = _cases(problems, named, given.size, given.quick)
    everyone = METHODS | PEERS
    usual = tuple([name for name, method in METHODS.items() if method.usual])
    methods = _methods(given.methods, everyone) if given.methods is not None else usual
    peers = _peers(given.peers) if given.peers is not None else ()
    methods += tuple([peer for peer in peers if peer not in methods])
    operators = None
    if given.operators is not None:
        operators = _chosen(given.operators, OPERATORS, "operator", "--operators")
    if given.fail_slower is not None and given.against is None:
        raise UsageError("--fail-slower needs a saved run to compare with: --against FILE")
    plan = _plan(given)
    return Request(
        cases, operators, tuple([everyone[m] for m in methods]), plan, 0.2 if given.quick else 2.0,
        whole_number(given.seed, "--seed", 0), given.listing, given.progress, given.quiet, tuple(notes), _documents(given),
        given.against, None if given.fail_slower is None else _percent(given.fail_slower), given.executor, given.at, grow,
    )  # fmt: skip


def _plan(given: argparse.Namespace) -> Plan:
    usual, budget, digits = (14, 0.02, 20_000) if given.quick else (160, 2.0, 2_000_000) if given.rigorous else (40, 0.05, 60_000)
    rounds = whole_number(given.rounds, "--rounds", 1) if given.rounds is not None else usual
    if given.budget is not None:
        budget = _seconds(given.budget)
    return Plan(rounds, min(rounds, 8), 0.0005, 2.0 * budget, budget, min(2, rounds), digits)


def _documents(given: argparse.Namespace) -> dict[str, str]:
    """The documents asked for, by their flags; each can be written where it shall go."""
    found = {flag: getattr(given, flag) for flag in DOCUMENTS if getattr(given, flag) is not None}
    to_stdout = [f"--{flag}" for flag, path in found.items() if path == "-"]
    if len(to_stdout) > 1:
        raise UsageError(f"{' and '.join(to_stdout)} cannot both go to stdout: give one of them a file")
    for flag, path in found.items():
        if path == "-" and flag in ("plot", "save"):
            raise UsageError(f"--{flag} needs a file, not -")
        try:
            check_writable(path)
        except OutputError as error:
            raise UsageError(f"--{flag}: {error}") from None
    if "plot" in found and not found["plot"].lower().endswith((".png", ".svg", ".pdf")):
        raise UsageError(f"--plot {found['plot']!r}: the name must end in .png, .svg or .pdf")
    paths = [path for path in found.values() if path != "-"]
    for path in paths:
        if paths.count(path) > 1:
            flags = " and ".join(f"--{flag}" for flag, other in found.items() if other == path)
            raise UsageError(f"{flags} would both write {path!r}: give each a file of its own")
    return found


def _problems(targets: list[str], at: str | None, grow: tuple[str, tuple[int, ...]] | None) -> tuple[list[Problem], set[str]]:
    """The problems, in the order of the suite, and the names of those that were asked for by name."""
    chosen: set[str] = set()
    named: set[str] = set()
    own: list[Problem] = []
    for target in targets:
        if target in PROBLEMS:
            named.add(target)
            chosen.add(target)
            continue
        if ":" in target:
            if all(p.name != target for p in own):
                own.append(from_target(target, at, grow))
            continue
        refuse_bare_file(target)
        found = fnmatch.filter(PROBLEMS, target) if any(c in target for c in "*?[") else []
        if not found:
            raise UsageError(f"no problem {target!r}{near(target, PROBLEMS)}; see --list, and a function of yours is FILE.py:NAME")
        chosen.update(found)
    if not own and (at is not None or grow is not None):
        flag = "--at" if at is not None else "--grow"
        raise UsageError(f"{flag} is for a function of yours (FILE.py:NAME), and none is among the targets")
    listed = [p for name, p in PROBLEMS.items() if name in chosen or (not targets and p.suite)]
    return listed + own, named


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
    for p in problems:
        for size in asked:
            try:
                p.parse(size)
                cases.append((p, size))
            except SizeError as error:
                misfits[p.name, size] = str(error)
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


def _methods(text: str, everyone: Iterable[str]) -> tuple[str, ...]:
    return _chosen(text, everyone, "method", "--methods")


def _peers(text: str) -> tuple[str, ...]:
    """The variants that the libraries' names stand for, and those that are named themselves."""
    asked = _chosen(text, dict.fromkeys((*LIBRARIES, *PEERS)), "peer", "--peers")
    return tuple([name for name in PEERS if name in asked or any(name in LIBRARIES.get(a, ()) for a in asked)])


def _grown(text: str) -> tuple[str, tuple[int, ...]]:
    """``n=100,1000`` as a name and its values."""
    name, _, values = text.partition("=")
    parts = [part.strip() for part in values.split(",") if part.strip()]
    if not name.strip().isidentifier() or not parts or not all(p.isascii() and p.isdigit() and int(p) > 0 for p in parts):
        raise UsageError(f"--grow takes a name and its values, whole numbers from 1: --grow n=100,1000, not {text!r}")
    if name.strip() in ("np", "numpy", "math"):
        raise UsageError(f"--grow {name.strip()}: that name is a module's; choose another")
    return name.strip(), tuple(sorted({int(p) for p in parts}))


def _percent(text: str) -> float:
    try:
        share = float(text.strip().removesuffix("%")) / 100.0
    except ValueError:
        share = -1.0
    if not 0.0 <= share < float("inf"):
        raise UsageError(f"--fail-slower takes a percentage from 0: --fail-slower 10%, not {text!r}")
    return share


def _seconds(text: str) -> float:
    try:
        budget = float(text)
    except ValueError:
        budget = 0.0
    if not 0.0 < budget < float("inf"):
        raise UsageError(f"--budget takes a number of seconds above 0, not {text!r}")
    return budget
