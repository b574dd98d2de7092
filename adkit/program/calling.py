"""What a call costs beside the program's own lines, kept small: the look at the arguments, the context, the buffers.

Both functions are written out for their number of arguments, since passing ``*args`` on costs as much as an operation.
"""

from __future__ import annotations

import contextvars
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

__all__ = ["OTHERWISE", "entrance", "looked_up", "runner"]

_KEPT = 8
"""Sets of buffers that one program keeps: as many as there are threads that call it at once."""

_LOOKED = 16
"""Arguments up to which the look at them is written out."""

_CALLED = re.compile(r"(?<![\w.])np\.([a-z]\w*)(\.reduce)?\(")

_SINGLE: dict[Any, str] = {float: "float", np.float64: "float64"}
"""Numbers that an entrance takes, and what it calls their types."""

OTHERWISE = object()
"""What an entrance answers for arguments that are not like those it was made for."""


def context() -> Any:
    """A context in which floating-point errors are ignored; entering it costs a tenth of entering ``np.errstate``."""
    made = contextvars.copy_context()
    made.run(np.seterr, all="ignore")
    return made


_RUNNERS = {
    "guarded": """
def make(function, pool, kept, context, buffers):
    take, put = pool.pop, pool.append
    def run({names}):
        try:
            entered = take()
        except IndexError:
            entered = context()
        found = entered.run(function{names_after})
        if len(pool) < kept:
            put(entered)
        return found
    return run
""",
    "buffered": """
def make(function, pool, kept, context, buffers):
    take, put = pool.pop, pool.append
    def run({names}):
        try:
            held = take()
        except IndexError:
            held = buffers()
        found = function({names_before}held)
        if len(pool) < kept:
            put(held)
        return found
    return run
""",
    "both": """
def make(function, pool, kept, context, buffers):
    take, put = pool.pop, pool.append
    def run({names}):
        try:
            both = take()
        except IndexError:
            both = context(), buffers()
        entered, held = both
        found = entered.run(function{names_after}, held)
        if len(pool) < kept:
            put(both)
        return found
    return run
""",
}


@lru_cache(maxsize=128)
def _maker(text: str) -> Callable[..., Any]:
    names: dict[str, Any] = {}
    exec(compile(text, "<the call of a compiled program>", "exec"), names)
    return names["make"]  # type: ignore[no-any-return]


def runner(function: Callable[..., Any], count: int, slots: list[Any], guarded: bool) -> Callable[..., Any]:
    """The function of ``count`` arguments with buffers from a pool, in a context without floating-point errors if ``guarded``.

    Each call takes what it needs out of the pool, so that no two calls share anything.
    """
    if not guarded and not slots:
        return function
    names = [f"a{k}" for k in range(count)]
    text = _RUNNERS["both" if guarded and slots else "guarded" if guarded else "buffered"].format(
        names=", ".join(names), names_after="".join([f", {n}" for n in names]), names_before="".join([f"{n}, " for n in names])
    )

    def buffers() -> Any:
        return tuple([np.empty(shape, dtype) for shape, dtype in slots])

    return _maker(text)(function, [], _KEPT, context, buffers)  # type: ignore[no-any-return]


def entrance(owner: Any, kind: Any, signature: list[tuple[Any, Any]]) -> Callable[[tuple[Any, ...]], Any] | None:
    """A function of a call's arguments: runs the kind's first program if they are arrays of these shapes and types.

    A number has the type ``float`` or ``np.float64`` in the signature; Python's enters as NumPy's, as the program takes it.
    For others it answers ``OTHERWISE``; for more than it is worth to look at it is None.
    """
    n = len(signature)
    if not 0 < n <= _LOOKED:
        return None
    names = [f"a{k}" for k in range(n)]
    kinds = [_SINGLE.get(dtype, "") if isinstance(dtype, type) else "" for _, dtype in signature]
    tests = " and ".join([
        f"type({a}) is {kind}" if kind else f"type({a}) is array and {a}.dtype is d_{a} and {a}.shape == s_{a}"
        for a, kind in zip(names, kinds, strict=True)
    ])  # fmt: skip
    passed = ", ".join([f"float64({a})" if kind == "float" else a for a, kind in zip(names, kinds, strict=True)])
    text = f"""
def make(owner, kind, array, float64, otherwise, {", ".join([f"d_{a}, s_{a}" for a in names])}):
    def enter(args):
        if len(args) == {n}:
            {", ".join(names)}, = args
            if {tests}:
                kind.used = owner._tick
                return kind.run({passed})
        return otherwise
    return enter
"""
    given = [x for shape, dtype in signature for x in (dtype, shape)]
    return _maker(text)(owner, kind, np.ndarray, np.float64, OTHERWISE, *given)  # type: ignore[no-any-return]


def looked_up(text: str, names: dict[str, Any]) -> str:
    """A program's text with NumPy's functions under names of their own, which are put into ``names``.

    To look up ``np.add.reduce`` at every call costs a fifth of what a ufunc costs on a small array.
    """

    def name(found: re.Match[str]) -> str:
        function = getattr(np, found[1], None)
        if found[2]:
            function = getattr(function, "reduce", None)
        short = f"np_{found[1]}{'_reduce' if found[2] else ''}"
        if not callable(function) or isinstance(function, type) or (short not in names and re.search(rf"\b{short}\b", text)):
            return found[0]
        names[short] = function
        return f"{short}("

    lines = [line if line.lstrip().startswith("raise ") else _CALLED.sub(name, line) for line in text.split("\n")]
    return "\n".join(lines)
