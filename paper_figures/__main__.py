"""Draw the figures: ``python -m paper_figures [NAME ...] [--quick] [--out DIR] [--executor processes:N|dask://...]``."""

from __future__ import annotations

import argparse
import fnmatch
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from adkit.console import environment
from adkit.console.ending import carry_out, say
from adkit.console.executor import EXECUTOR_HELP, open_executor
from adkit.console.options import Parser, UsageError, near, whole_number
from adkit.console.progress import Line
from adkit.extras import remedy
from adkit.files import OutputError

from . import FIGURES, HOME, gallery
from .common import up_to_date
from .drawing import Drawn, draw_all, keep

_EPILOG = """\
Each figure is a PNG and a JSON: every asserted number with what was wanted and
whether they agree. The folder also gets a gallery, README.md and index.html.

exit status: 0; 1 if a number disagrees or a script fails; 2 for a command that
cannot be carried out; 130 when interrupted.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw the named figures, or all; with ``arguments`` absent the process is the command's own."""
    return carry_out("paper_figures", lambda: _answer(arguments), "interrupted; what was finished is kept")


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="paper_figures", description="Draw the papers' figures, and check their numbers.", epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False,
    )  # fmt: skip
    add = parser.add_argument
    add("names", nargs="*", metavar="NAME", help='which to draw, by name or glob ("lecture_*"); default: all')
    add("--list", action="store_true", dest="listing", help="list the figures, and stop")
    add("--quick", action="store_true", help="the quick form: less to train and to average, seconds a figure")
    add("--out", metavar="DIR", help="where to write; default: drawn, or drawn-quick, in the folder paper_figures")
    add("--seed", default="0", metavar="N", help="the first seed (default 0)")
    add("--executor", metavar="WHERE", help=EXECUTOR_HELP)
    add("--force", action="store_true", help="draw also what is up to date")
    add("--no-progress", action="store_false", dest="progress", help="no progress on the terminal")
    return parser


def _answer(arguments: Sequence[str] | None) -> int:
    given = _parser().parse_args(list(sys.argv[1:] if arguments is None else arguments))
    names = _chosen(given.names)
    if given.listing:
        print("\n".join(names))
        return 0
    seed = whole_number(given.seed, "--seed", 0)
    out = Path(given.out) if given.out else HOME / ("drawn-quick" if given.quick else "drawn")
    if arguments is None:
        environment.pin()
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot write into {str(out)!r}: {error.strerror}") from None
    due = [name for name in names if given.force or not up_to_date(out, name, seed, given.quick)]
    with open_executor(given.executor if due else None) as pool:
        failed, absent = _draw(due, seed, given, out, pool)
    for name in names:
        if name not in due:
            print(f"{name:<30}up to date")
    gallery.write(out, FIGURES)
    print(out / "README.md")
    disagree = [r["figure"] for r in gallery.read(out, names) if not r["agrees"]]
    if disagree:
        say(f"paper_figures: a number disagrees in {', '.join(disagree)}; see {out / 'README.md'}")
    if absent and given.names:
        return 2
    return 1 if failed or disagree else 0


def _chosen(words: list[str]) -> list[str]:
    """The figures that are named, in the order of the list."""
    if not words:
        return list(FIGURES)
    chosen: set[str] = set()
    for word in words:
        found = fnmatch.filter(FIGURES, word)
        if not found:
            raise UsageError(f"no figure {word!r}{near(word, FIGURES) or '; see --list'}")
        chosen.update(found)
    return [name for name in FIGURES if name in chosen]


def _draw(due: list[str], seed: int, given: Any, out: Path, pool: Any) -> tuple[list[str], list[str]]:
    """Draw what is due, a line for each as it ends; the figures that failed, and those that miss an extra."""
    line, failed, absent, done = Line(given.progress), [], [], 0
    try:
        if due and pool is not None:
            line.tell(f"[1/{len(due)}] {len(due)} figures")
        for name, drawn in draw_all(due, seed, given.quick, pool):
            if drawn is None:
                line.tell(f"[{done + 1}/{len(due)}] {name}")
                continue
            done += 1
            line.clear()
            if drawn.error:
                failed.append(name)
                say(f"paper_figures: {name}: {drawn.error}")
            elif drawn.missing:
                absent.append(name)
                say(f"paper_figures: {name} needs the extra {drawn.missing}: {remedy(drawn.missing)}")
            else:
                keep(drawn, out)
                print(_row(drawn), flush=True)
            if done < len(due):
                line.tell(f"[{done + 1}/{len(due)}]{'' if pool is None else f' {len(due) - done} figures are left'}")
    finally:
        line.clear()
    return failed, absent


def _row(drawn: Drawn) -> str:
    found = drawn.report
    count, agree = len(found["numbers"]), sum(number["agrees"] for number in found["numbers"])
    verdict = f"{agree} of {count} numbers agree"
    if not found["agrees"] and sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb":
        verdict = f"\033[31m{verdict}\033[0m"
    return f"{drawn.name:<30}{found['seconds']:>7.1f} s   {verdict}"


if __name__ == "__main__":
    sys.exit(main())
