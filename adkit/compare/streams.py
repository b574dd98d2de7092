"""Where a run writes: the table, and at most one document alone on stdout."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

__all__ = ["document_alone"]


@contextmanager
def document_alone(wanted: bool) -> Iterator[TextIO]:
    """The stream for a document on stdout; with ``wanted`` everything else that is written there goes to stderr.

    Code in C writes to file descriptor 1 whatever ``sys.stdout`` is, so the descriptor itself is led to stderr, and a
    copy made before it keeps the way to stdout.
    """
    sys.stdout.flush()
    if not wanted:
        yield sys.stdout
        return
    try:
        real = sys.stdout.fileno() == 1
    except (OSError, AttributeError, io.UnsupportedOperation):  # a notebook, a test: no descriptor to guard
        real = False
    kept = sys.stdout
    if not real:
        sys.stdout = sys.stderr
        try:
            yield kept
        finally:
            sys.stdout = kept
        return
    back = os.dup(1)
    os.dup2(2, 1)
    try:
        with os.fdopen(os.dup(back), "w", encoding="utf-8", newline="") as out:
            yield out
    finally:
        kept.flush()
        os.dup2(back, 1)
        os.close(back)
