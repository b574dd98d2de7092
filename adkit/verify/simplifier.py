"""Algebra in a process of its own: it may take minutes, and nothing inside Python can stop it.

One process serves all calls, started with the first; one that exceeds its time is killed, and the next call starts
another.  There are no signals and no timers, so any thread may ask.
"""

from __future__ import annotations

import atexit
import pickle
import subprocess
import sys
from pathlib import Path
from queue import Empty, Queue
from threading import Lock, Thread
from typing import Any

__all__ = ["elsewhere", "simplified"]

_PROGRAM = """
import pickle, sys
sys.setrecursionlimit(20000)
import sympy
with open(sys.stdin.fileno(), "rb") as given, open(sys.stdout.fileno(), "wb") as answers:
    sys.stdout = sys.stderr
    while True:
        try:
            task, e = pickle.load(given)
        except EOFError:
            break
        try:
            if task == "simplify":
                found = sympy.simplify(e)
            else:
                sys.path.insert(0, sys.argv[1])
                from adkit.verify.identity import algebraically_zero

                found = algebraically_zero(e)
        except BaseException:
            found = None
        pickle.dump(found, answers)
        answers.flush()
"""


_HOME = str(Path(__file__).resolve().parents[2])


class _Helper:
    def __init__(self) -> None:
        self.process: Any = None
        self.lock = Lock()
        self.answers: Queue[Any] = Queue()

    def ask(self, task: str, e: Any, seconds: float) -> Any:
        try:
            question = pickle.dumps((task, e))
        except (pickle.PicklingError, TypeError, AttributeError, RecursionError):
            return None
        with self.lock:
            if self.process is None or self.process.poll() is not None:
                self._start()
                seconds += 10.0  # SymPy's import, on a busy machine
            try:
                self.process.stdin.write(question)
                self.process.stdin.flush()
                return self.answers.get(timeout=seconds)
            except (Empty, OSError):
                self.stop()
                return None

    def _start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", _PROGRAM, _HOME], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.answers = Queue()
        Thread(target=_listen, args=(self.process.stdout, self.answers), daemon=True).start()

    def stop(self) -> None:
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            process.stdin.close()
            process.wait()


def _listen(stream: Any, answers: Queue[Any]) -> None:
    with stream:
        while True:
            try:
                answers.put(pickle.load(stream))
            except (EOFError, OSError, ValueError):
                return
            except Exception:
                answers.put(None)


_helper = _Helper()
atexit.register(_helper.stop)


def simplified(e: Any, seconds: float) -> Any:
    """What ``sympy.simplify`` makes of an expression within so many seconds; None where it makes nothing.

    >>> import sympy as sp
    >>> x = sp.Symbol("x")
    >>> simplified(sp.gamma(x + 1) / sp.gamma(x), 30.0)
    x
    """
    return _helper.ask("simplify", e, seconds)


def elsewhere(e: Any, seconds: float) -> bool:
    """``identity.algebraically_zero`` of an expression, if it takes no longer than so many seconds."""
    return _helper.ask("algebra", e, seconds) is True
