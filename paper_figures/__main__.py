"""Draw the figures: ``python -m paper_figures [--out DIR] [NAME ...]``."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

from adkit.console.ending import carry_out
from adkit.console.options import Parser, UsageError, near
from adkit.files import OutputError, write_document

from . import FIGURES


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw the named figures, or all of them, as SVG files."""
    return carry_out("paper_figures", lambda: _draw(arguments), "interrupted")


def _draw(arguments: Sequence[str] | None) -> int:
    home = Path(__file__).parent
    parser = Parser(prog="paper_figures", description="Draw the figures as SVG files.", allow_abbrev=False)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which to draw: {', '.join(FIGURES)} (default: all)")
    where = f"where to write them (default: the folder {home.name}, over those of the checkout)"
    parser.add_argument("--out", type=Path, default=home, metavar="DIR", help=where)
    options = parser.parse_args(arguments)
    for name in options.names:
        if name not in FIGURES:
            raise UsageError(f"no figure {name!r}{near(name, FIGURES) or '; there are: ' + ', '.join(FIGURES)}")
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot write into {str(options.out)!r}: {error.strerror}") from None
    for name in options.names or FIGURES:
        path = options.out / f"{name}.svg"
        write_document(str(path), importlib.import_module(f"{__package__}.{name}").draw())
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
