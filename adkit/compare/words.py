"""Numbers and lines as they are printed: at most 80 columns of ASCII."""

from __future__ import annotations

import os
import textwrap
from typing import Any

__all__ = ["WIDTH", "ascii_only", "error_of", "number", "paint", "size_of", "wants_colour", "wrap"]

WIDTH = 80


def wants_colour(stream: Any) -> bool:
    """Colour only where a person looks: a terminal, and no NO_COLOR (no-color.org)."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return bool(getattr(stream, "isatty", lambda: False)())


def paint(text: str, code: str, colour: bool) -> str:
    """The text in a colour of the terminal, if there are any."""
    return f"\x1b[{code}m{text}\x1b[0m" if colour else text


def ascii_only(text: str) -> str:
    """The text with everything else escaped.

    >>> len(ascii_only(chr(0x3B1)))
    6
    """
    return text.encode("ascii", "backslashreplace").decode()


def wrap(text: str, width: int, indent: str) -> str:
    """The text in lines of that width, the further ones indented; a word that is longer is broken."""
    return "\n".join(textwrap.wrap(text, width, subsequent_indent=indent, break_on_hyphens=False))


def number(x: float | None) -> str:
    """Three digits, without an exponent up to a million.

    >>> number(2.345), number(23.45), number(2345.6), number(None)
    ('2.35', '23.4', '2346', '-')
    """
    if x is None:
        return "-"
    if x >= 1e6:
        return f"{x:.1e}"
    return f"{x:.0f}" if x >= 99.95 else f"{x:.1f}" if x >= 9.995 else f"{x:.2f}"


def size_of(count: int | None) -> str:
    """Bytes with a unit.

    >>> size_of(800), size_of(8_000_000)
    ('800 B', '7.6 MB')
    """
    if count is None:
        return "-"
    size = float(count)
    for unit in ("B", "KB", "MB"):
        if size < 999.5:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 9.95 else f"{size:.1f} {unit}"
        size /= 1024.0
    return f"{size:.1f} GB"


def error_of(error: float | None, ulps: float | None) -> str:
    """An error: in units in the last place where they are known and few, else relative.

    >>> error_of(1e-16, 0.52), error_of(2e-10, 5e6), error_of(0.0, None), error_of(None, None)
    ('0.5 ulp', '2e-10', '0', '-')
    """
    if ulps is not None and ulps < 999.5:
        return f"{ulps:.1f} ulp" if ulps < 9.95 else f"{ulps:.0f} ulp"
    return "-" if error is None else f"{error:.0e}" if error else "0"
