"""How a command ends: an exit status and at most one line on stderr, never a traceback for bad use."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..files import OutputError
from .early import loaded
from .options import UsageError

__all__ = ["INTERRUPTED", "carry_out", "heed", "say"]

#: The exit status after Ctrl-C, as shells and make expect: an interrupted run is not taken for one that answered.
INTERRUPTED = 128 + signal.SIGINT


def say(line: str) -> None:
    """A line for the person who gave the command."""
    print(line, file=sys.stderr)


_asked = False


@contextmanager
def _listening() -> Iterator[None]:
    """Ctrl-C is KeyboardInterrupt, and is remembered."""
    global _asked
    _asked = False
    before = signal.getsignal(signal.SIGINT)
    try:
        if before is signal.default_int_handler:
            signal.signal(signal.SIGINT, _interrupt)
    except ValueError:  # not the main thread
        before = None
    try:
        yield
    finally:
        if before is signal.default_int_handler:
            signal.signal(signal.SIGINT, before)


def _interrupt(number: int, frame: Any) -> None:
    global _asked
    _asked = True
    raise KeyboardInterrupt


def heed() -> None:
    """KeyboardInterrupt, if one was asked for and got lost: some compiled modules drop it while they are imported."""
    if _asked:
        raise KeyboardInterrupt


def carry_out(command: str, work: Callable[[], int], interrupted: str) -> int:
    """Run ``work`` and return its exit status; 2, with one line that begins with the command, where it cannot be done.

    ``interrupted`` is what is said after Ctrl-C, unless the interrupt itself says more.
    """
    loaded()
    try:
        with _listening():
            return work()
    except (UsageError, OutputError) as error:
        say(f"{command}: {error}")
        return 2
    except KeyboardInterrupt as stop:
        say(f"{command}: {stop.args[0] if stop.args else interrupted}")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader (head, less) has seen enough; what is left in the buffer has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        say(f"{command}: cannot write the output: {error.strerror or error}")
        return 2
