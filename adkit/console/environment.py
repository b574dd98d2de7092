"""The process that measures: one BLAS thread, and freed memory kept.

Two BLAS threads on busy cores cost small products a hundredfold.  Above 128 KB glibc's allocator hands memory back
to the system and asks for it again on every call, and the page faults drown what is measured.  Both are settings
that libraries read when they are loaded, so the command starts itself anew with them.
"""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import sys
from datetime import datetime

import numpy as np

import adkit

__all__ = ["describe", "facts", "pin"]

_THREADS = dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)
_ALLOCATOR = {
    "MALLOC_MMAP_THRESHOLD_": "1073741824",
    "MALLOC_TRIM_THRESHOLD_": "4294967296",
    "MALLOC_TOP_PAD_": "67108864",
}
# What the process started with: a change made later reaches no library that is already loaded.
_STARTED_WITH = dict(os.environ)


def _wanted() -> dict[str, str]:
    return _THREADS | (_ALLOCATOR if platform.libc_ver()[0] == "glibc" else {})


def _set(names: dict[str, str]) -> bool:
    return all(_STARTED_WITH.get(name) == value for name, value in names.items())


def pin() -> None:
    """Start this command line anew with the settings, unless it has them; returns only if nothing had to be done.

    Ctrl-C is held back while the new process loads, where it could only end in a traceback, and heeded from here on.
    """
    if _set(_wanted()):
        _hold_interrupts(False)
        return
    sys.stdout.flush()
    sys.stderr.flush()
    command = [sys.executable, *sys.orig_argv[1:]]
    environment = dict(os.environ) | _wanted()
    if os.name == "nt":  # its exec returns to the shell before the work is done
        sys.exit(subprocess.run(command, env=environment, check=False).returncode)
    _hold_interrupts(True)
    try:
        os.execve(sys.executable, command, environment)
    finally:
        _hold_interrupts(False)


def _hold_interrupts(hold: bool) -> None:
    """Block the signal of Ctrl-C, or let it in with what came meanwhile; an exec keeps what is blocked."""
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_BLOCK if hold else signal.SIG_UNBLOCK, {signal.SIGINT})


def describe() -> str:
    """Two lines on what measures, and how it is set up."""
    keeps = ", and freed memory kept" if _set(_ALLOCATOR) else ""
    settings = f"one BLAS thread{keeps}, so that timings are steady" if _set(_THREADS) else f"BLAS threads not pinned{keeps}"
    return (
        f"adkit {adkit.__version__}, NumPy {np.__version__}, Python {platform.python_version()}, "
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores\n{settings}"
    )


def facts() -> dict[str, str | int]:
    """The machine and the software, for documents: names and values."""
    found: dict[str, str | int] = {
        "adkit_version": adkit.__version__, "numpy_version": np.__version__, "python_version": platform.python_version(),
        "python_implementation": platform.python_implementation().lower(), "platform": platform.platform(),
        "cpu_count": os.cpu_count() or 1, "date": datetime.now().isoformat(" "),
        "blas_threads": "one" if _set(_THREADS) else "not pinned",
        "allocator": "keeps freed memory" if _set(_ALLOCATOR) else "as it comes",
    }  # fmt: skip
    model = _processor()
    return found | ({"cpu_model_name": model} if model else {})


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    except OSError:
        return platform.processor()
