"""``python -m adkit.verify``: the command that proves derivatives."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TextIO

from ..console.ending import carry_out
from ..console.options import Parser, UsageError, whole_number
from ..console.progress import Line
from ..files import check_writable, write_document
from ..registry import REGISTRY, load_families
from . import report
from .claims import Claim, reason_without_symbol
from .proof import Prover
from .targets import Target, resolve

_EPILOG = """\
targets: an op or a glob ("log*"); FILE.py:NAME or MODULE:NAME, a function with
--at, or an op of your own. Without a target: every op of the registry.

proved: the identity holds for all values. checked: numbers agree, and the reason
says why it is no more. wrong: a counterexample, computed a second time.

exit status: 0; 1 if a derivative is wrong; 2 for a command that cannot be carried
out; 130 when interrupted.
"""


@dataclass(frozen=True)
class _Request:
    targets: list[Target]
    order: int
    seconds: float
    json: str | None
    progress: bool


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit status; ``argv`` is what follows the command's name."""
    words = sys.argv[1:] if argv is None else argv
    return carry_out("adkit verify", lambda: _answer(words), "interrupted; no document was written")


def _answer(argv: Sequence[str]) -> int:
    given = _parser().parse_args(list(argv))
    if given.listing:
        print(listing())
        return 0
    order = whole_number(given.order, "--order", 1)
    if order > 2:
        raise UsageError(f"--order takes 1 or 2, not {order}")
    seconds = float(whole_number(given.limit, "--limit", 1))
    if given.json is not None:
        check_writable(given.json)
    out: TextIO = sys.stderr if given.json == "-" else sys.stdout
    # What a user's function prints must not come between the lines of a document.
    with contextlib.redirect_stdout(out):
        targets = resolve(given.targets, given.at)
        request = _Request(targets, order, seconds, given.json, given.progress)
        claims, took = _prove(request, out)
    text = report.as_json(claims, order, took)
    if given.json == "-":
        sys.stdout.write(text)
        sys.stdout.flush()
    elif given.json is not None:
        write_document(given.json, text)
    return 1 if report.count(claims)["wrong"] else 0


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="adkit verify", description="Prove derivatives against SymPy: the registry's rules, or a function of your own.",
        epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False,
    )  # fmt: skip
    add = parser.add_argument
    add("targets", nargs="*", metavar="TARGET", help="what to prove; default: the whole registry")
    add("--at", metavar="EXPR", help="the argument list of the function, with np, numpy and math at hand")
    add("--list", action="store_true", dest="listing", help="list the ops, with their conventions, and stop")
    add("--json", metavar="PATH", help="write all verdicts as JSON; - for stdout, and the table then goes to stderr")
    add("--order", default="1", metavar="N", help="2: second derivatives too, in every mixture of modes")
    add("--limit", default="60", metavar="SECONDS", help="for one derivative; then numbers decide (default 60)")
    add("--no-progress", action="store_false", dest="progress", help="no progress on the terminal")
    return parser


def listing() -> str:
    """Every op, what it means to SymPy, and what is chosen where it has no derivative."""
    load_families()
    lines = []
    for op in REGISTRY.values():
        kind = reason_without_symbol(op) or (op.symbol if isinstance(op.symbol, str) else "an expression")
        lines.append(f"{op.name:<24}{op.kind:<13}{kind}")
        if op.convention:
            lines.append(f"{'':<24}{op.convention}")
    return "\n".join(lines)


def _prove(request: _Request, out: TextIO) -> tuple[list[Claim], float]:
    """All verdicts, the table printed on the way."""
    start = time.monotonic()
    line = Line(request.progress)
    prover = Prover()
    claims: list[Claim] = []
    _say(report.header(), out)
    try:
        for n, target in enumerate(request.targets, 1):
            began, found = time.monotonic(), []
            line.tell(f"[{n}/{len(request.targets)}] {target.name}")
            for claim in target.prove(prover, request.order, request.seconds):
                found.append(claim)
                line.tell(f"[{n}/{len(request.targets)}] {target.name}: {claim.operands} {claim.mode} {claim.verdict.status}")
            line.clear()
            _say(report.row(target.name, found, time.monotonic() - began), out)
            claims += found
    finally:
        line.clear()
    for remark in report.remarks(claims):
        _say(remark, out)
    _say("", out)
    _say(_coloured(report.total(claims), claims, out), out)
    return claims, time.monotonic() - start


def _say(text: str, out: TextIO) -> None:
    """A line, also on a terminal that knows ASCII alone."""
    encoding = getattr(out, "encoding", None) or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding), file=out, flush=True)


def _coloured(text: str, claims: list[Claim], out: Any) -> str:
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not out.isatty():
        return text
    return f"\033[{31 if report.count(claims)['wrong'] else 32}m{text}\033[0m"


if __name__ == "__main__":
    sys.exit(main())
