"""The command lines of the scripts in this folder: ``--help`` says what one does, an unknown flag is refused."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable

__all__ = ["heed"]


def heed(about: str | None, flags: Iterable[str], words: Iterable[str] = ()) -> None:
    """End the script where it is asked what it does (0), or is given what it does not know (2)."""
    given, flags, words = sys.argv[1:], list(flags), list(words)
    if {"-h", "--help"} & set(given):
        print((about or "").strip())
        sys.exit(0)
    for word in given:
        known = flags if word.startswith("-") else words
        if word not in known:
            near = difflib.get_close_matches(word, known, 1)
            meant = f"did you mean {near[0]}?" if near else f"there are: {', '.join(['--help', *flags, *words])}"
            print(f"{sys.argv[0]}: unknown: {word}; {meant}", file=sys.stderr)
            sys.exit(2)
