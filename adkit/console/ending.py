"""How a command ends: an exit status and at most one line on stderr, never a traceback for bad use."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable

from ..files import OutputError
from .early import loaded
from .options import UsageError

__all__ = ["INTERRUPTED", "carry_out", "say"]

#: The exit status after Ctrl-C, as shells and make expect: an interrupted run is not taken for one that answered.
INTERRUPTED = 128 + signal.SIGINT


def say(line: str) -> None:
    """A line for the person who gave the command."""
    print(line, file=sys.stderr)


def carry_out(command: str, work: Callable[[], int], interrupted: str) -> int:
    """Run ``work`` and return its exit status; 2, with one line that begins with the command, where it cannot be done.

    ``interrupted`` is what is said after Ctrl-C, unless the interrupt itself says more.
    """
    loaded()
    try:
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
