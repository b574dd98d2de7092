"""Progress on a terminal: one line on stderr, rewritten in place, and only where a person sees it."""

from __future__ import annotations

import sys

__all__ = ["Line"]

_WIDTH = 78


class Line:
    """A line that is rewritten; silent where it is not wanted or stderr is no terminal."""

    def __init__(self, wanted: bool = True) -> None:
        self.on = wanted and sys.stderr.isatty()

    def tell(self, text: str) -> None:
        """Show ``text`` in place of what stood there."""
        if self.on:
            print(f"\r{text[:_WIDTH]:<{_WIDTH}}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Leave the line empty, for what is printed next."""
        if self.on:
            print(f"\r{'':<{_WIDTH}}\r", end="", file=sys.stderr, flush=True)
