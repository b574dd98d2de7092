"""Draw the figures: ``python -m paper_figures [--out DIR] [NAME ...]``."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

from . import FIGURES


def main(arguments: list[str] | None = None) -> int:
    """Draw the named figures, or all of them, as SVG files."""
    parser = argparse.ArgumentParser(prog="python -m paper_figures", description="Draw the figures as SVG files.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which to draw: {', '.join(FIGURES)} (default: all)")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, metavar="DIR", help="where to write them")
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.names) - set(FIGURES))
    if unknown:
        parser.error(f"there is no figure named {', '.join(unknown)}; there are {', '.join(FIGURES)}")
    options.out.mkdir(parents=True, exist_ok=True)
    for name in options.names or FIGURES:
        path = options.out / f"{name}.svg"
        path.write_text(importlib.import_module(f"{__package__}.{name}").draw(), encoding="utf-8")
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
