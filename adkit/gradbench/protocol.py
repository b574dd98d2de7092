"""GradBench's protocol, the tool's side: one JSON message a line, one answer a line, strictly in turn.

Whatever goes wrong in a message is the answer to that message: an unknown module, a function that does not exist, an
input that makes no sense, an exception in the middle of an evaluation, a result that JSON cannot hold.
"""

from __future__ import annotations

import json
import re
import traceback
from collections.abc import Iterable
from typing import IO, Any, NoReturn

from .. import __version__
from ..console.options import near
from .evals import EVALS
from .fields import InputError

__all__ = ["answer", "serve"]


def serve(messages: Iterable[bytes], out: IO[bytes], log: IO[str]) -> None:
    """Answer every message until there are no more; unexpected exceptions are described in full on ``log``."""
    for number, line in enumerate(line for line in messages if line.strip()):
        out.write(answer(line, number, log) + b"\n")
        out.flush()


def answer(line: bytes, number: int, log: IO[str]) -> bytes:
    """The answer to one line; ``number`` is the id that it should have, for lines that cannot be read."""
    reply = _reply(line, number, log)
    try:
        return _encoded(reply)
    except ValueError:
        pass
    what = "the id" if reply["id"] in (float("inf"), float("-inf")) else "the result"
    return _encoded(_failure(number if what == "the id" else reply["id"], f"{what} is not finite: it holds nan or an infinity"))


def _reply(line: bytes, number: int, log: IO[str]) -> dict[str, Any]:
    try:
        message = json.loads(line, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        found = re.search(rb'"id"\s*:\s*(\d{1,18})\b', line)
        return _failure(int(found[1]) if found else number, f"the line is no JSON: {error}")
    if not isinstance(message, dict):
        return _failure(number, "a message must be an object")
    identity = message.get("id", number)
    kind = message.get("kind")
    if kind == "start":
        return {"id": identity, "tool": f"adkit {__version__}"}
    if kind == "define":
        module = message.get("module")
        if isinstance(module, str) and module in EVALS:
            return {"id": identity, "success": True}
        return _failure(identity, _unknown("module", module, EVALS))
    if kind == "evaluate":
        return _evaluate(identity, message, log)
    return {"id": identity}


def _evaluate(identity: Any, message: dict[str, Any], log: IO[str]) -> dict[str, Any]:
    module, function = message.get("module"), message.get("function")
    if not isinstance(module, str) or module not in EVALS:
        return _failure(identity, _unknown("module", module, EVALS))
    functions = EVALS[module]
    if not isinstance(function, str) or function not in functions:
        return _failure(identity, f"{module}: {_unknown('function', function, functions)}")
    if "input" not in message:
        return _failure(identity, f"{module}: the message has no input")
    try:
        output, timings = functions[function](message["input"])
    except InputError as error:
        return _failure(identity, f"{module}: {error}")
    except Exception as error:  # any of them is the answer to this message, and none is the end of the session
        traceback.print_exception(error, file=log)
        text = str(error)
        return _failure(identity, f"{module}: {type(error).__name__}{': ' if text else ''}{text}")
    return {"id": identity, "success": True, "output": output, "timings": timings}


def _failure(identity: Any, error: str) -> dict[str, Any]:
    return {"id": identity, "success": False, "error": error}


def _unknown(kind: str, name: Any, known: Iterable[str]) -> str:
    if not isinstance(name, str):
        return f"the message names no {kind}"
    return f"unknown {kind} {name[:80]!r}{near(name[:80], known) or '; there are ' + ', '.join(known)}"


def _encoded(reply: dict[str, Any]) -> bytes:
    """An answer as a line of JSON; ValueError for numbers that JSON does not have."""
    return json.dumps(reply, allow_nan=False).encode()


def _refuse(token: str) -> NoReturn:
    raise ValueError(f"{token} is no JSON number")
