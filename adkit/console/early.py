"""Ctrl-C while a command is still loading: one line and the right status, not a traceback of an import.

``python -m adkit.compare`` imports the package before any of the command's own code runs, so this is the first thing
that the package does: importing it is doing it.  Where adkit is imported as a library nothing is touched.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

__all__ = ["loaded"]


def _loading() -> None:
    """Answer Ctrl-C until the command takes over, if this process is a command's own."""
    command = _command()
    if command and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        try:
            signal.signal(signal.SIGINT, _Answer(command))
        except ValueError:  # not the main thread: then the process is somebody else's
            pass


def loaded() -> None:
    """From here on Ctrl-C is KeyboardInterrupt again, which the command heeds."""
    if isinstance(signal.getsignal(signal.SIGINT), _Answer):
        signal.signal(signal.SIGINT, signal.default_int_handler)


class _Answer:
    """What a signal does meanwhile."""

    def __init__(self, command: str) -> None:
        self.line = f"{command}: interrupted\n".encode()

    def __call__(self, number: int, frame: Any) -> None:
        os.write(2, self.line)
        os._exit(128 + number)


def _command() -> str:
    """The command's name as its messages begin with it; empty where this process is none of adkit's commands."""
    started = sys.argv[0] if sys.argv else ""
    if started == "-m" and "-m" in sys.orig_argv:
        module = sys.orig_argv[sys.orig_argv.index("-m") + 1 :][:1]
        if module and module[0].split(".")[0] == "adkit":
            return module[0].replace(".", " ")
    return "adkit" if os.path.basename(started) in ("adkit", "adkit.exe") else ""


_loading()
