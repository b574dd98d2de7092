"""``python -m adkit.gradbench`` answers GradBench's messages on stdin, one a line, until there are no more."""

from __future__ import annotations

import os
import sys
from argparse import RawDescriptionHelpFormatter
from collections.abc import Sequence

from ..console.ending import carry_out
from ..console.environment import pin
from ..console.options import Parser
from .evals import EVALS
from .protocol import serve

EXAMPLE = """\
In GradBench: gradbench repo --eval 'gradbench eval lse' --tool 'python -m adkit.gradbench'. By hand:
  echo '{"id": 0, "kind": "evaluate", "module": "hello", "function": "square", "input": 3.5}' | python -m adkit.gradbench"""


def parser() -> Parser:
    """The command line."""
    p = Parser(
        prog="python -m adkit.gradbench",
        description="The tool side of GradBench's protocol: messages on stdin, answers on stdout.",
        epilog=EXAMPLE, formatter_class=RawDescriptionHelpFormatter,
    )  # fmt: skip
    p.add_argument("--list", action="store_true", help="print the evals and their functions, and end")
    return p


def main(argv: Sequence[str] | None = None) -> int:
    """Answer messages until the end of the input; ``argv`` is what follows the program's name."""
    return carry_out("gradbench", lambda: _run(argv), "interrupted")


def _run(argv: Sequence[str] | None) -> int:
    options = parser().parse_args(argv)
    if options.list:
        for name, functions in EVALS.items():
            print(f"{name:<9} {', '.join(functions)}")
        return 0
    if argv is None:
        pin()
    # stdout belongs to the answers: whatever else is printed, from whatever language, goes to stderr.
    sys.stdout.flush()
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        try:
            serve(sys.stdin.buffer, answers, sys.stderr)
        finally:
            sys.stdout.flush()
            os.dup2(answers.fileno(), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    sys.exit(main())
