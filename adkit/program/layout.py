"""The page of a program's source: imports, helpers, the function, comments with the user's lines, guards."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import tree
from .emit import Writer
from .helpers import FUNCTIONS
from .instruction import INPUT, PART, Guard, Instruction, Ref

__all__ = ["kind_of", "lay_out"]

_WIDTH = 96
"""Characters of a user's line that a comment shows."""


def lay_out(writer: Writer) -> str:
    """The source of a program."""
    body = _unpacked(writer) + _steps(writer)
    body.append(f"return {_returned(writer)}")
    head = ["import numpy as np", *sorted(writer.imports)]
    for name, value in writer.constants.items():
        head.append(f"# {name}: {kind_of(value)}, in Program.constants")
    functions = [FUNCTIONS[name].rstrip() for name in writer.helpers]
    parameters = ", ".join(writer.program.parameters)
    lines = "\n".join(["    " + line if line else "" for line in body])
    parts = ["\n".join(head), *[f"\n{f}" for f in functions], f"\n\ndef {writer.function}({parameters}):\n{lines}\n"]
    return "\n".join(parts)


def kind_of(value: Any) -> str:
    """What a constant is, in words."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}, {value.dtype}"
    return f"the function {getattr(value, '__name__', value)}" if callable(value) else f"a {type(value).__name__}"


def _unpacked(writer: Writer) -> list[str]:
    """Lines that take the leaves out of arguments that are trees."""
    used = writer.program.used()
    return [
        f"{writer.names[i.index]} = {i.name}"
        for i in writer.instructions
        if i.fun is INPUT and writer.names[i.index] != i.name and i.index in used
    ]


def _steps(writer: Writer) -> list[str]:
    lines: list[str] = []
    guards: dict[int, list[Guard]] = {}
    for guard in writer.program.guards:
        guards.setdefault(guard.index, []).append(guard)
    parts = _parts(writer.instructions)
    steps = [i for i in writer.instructions if i.fun is not INPUT and i.fun is not PART]
    comments = [_comment(writer, i) for i in steps]
    for k, i in enumerate(steps):
        line = f"{_target(writer, i, parts.get(i.index))} = {writer.right_side(i)[0]}"
        here, where = comments[k], i.where
        if where is not None and here != (comments[k - 1] if k else ""):
            if line == where.text:
                line += f"  # {where}"  # the user's own words
            else:
                lines.append(f"# {here}")
        lines.append(line)
        for of in (i, *parts.get(i.index, ())):
            for guard in guards.get(of.index, ()):
                lines += _check(writer, guard)
    for i in writer.instructions:
        if i.fun is INPUT:
            lines = [line for guard in guards.get(i.index, ()) for line in _check(writer, guard)] + lines
    return lines


def _parts(instructions: list[Instruction]) -> dict[int, list[Instruction]]:
    found: dict[int, list[Instruction]] = {}
    for i in instructions:
        if i.fun is PART:
            found.setdefault(i.args[0].index, []).append(i)
    return found


def _target(writer: Writer, i: Instruction, parts: list[Instruction] | None) -> str:
    """The left side: a name, or one for each of several results."""
    if parts is None:
        return writer.names[i.index]
    names = ["_"] * len(i.value)
    for part in parts:
        names[part.args[1]] = writer.names[part.index]
    return ", ".join(names) + ("," if len(names) == 1 else "")


def _comment(writer: Writer, i: Instruction) -> str:
    """The user's line, and whether the sweep went back through it."""
    if i.where is None:
        return ""
    text = i.where.text
    text = text if len(text) <= _WIDTH else text[: _WIDTH - 3] + "..."
    back = "back through " if i.role is not None and i.role[0] == "cotangent" else ""
    return f"{back}{i.where}  {text}".rstrip()


def _check(writer: Writer, guard: Guard) -> list[str]:
    """Lines that refuse arguments for which the traced branch is not the one to take."""
    name, i = writer.names[guard.index], writer.instructions[guard.index]
    asked = name if i.fun is INPUT or i.fun is PART else writer.right_side(i)[0]
    if guard.kind == "shape":
        test, what = f"np.shape({name}) != {writer.constant(guard.expected)}", f"{asked} has shape {guard.expected}"
    elif isinstance(guard.expected, bool):
        test, what = (f"not {name}" if guard.expected else name), f"{asked} is {guard.expected}"
    elif isinstance(guard.expected, int):
        test, what = f"{name} != {guard.expected}", f"{asked} is {guard.expected}"
    else:
        test, what = f"not np.array_equal({name}, {writer.constant(guard.expected)})", f"{asked} has the entries of then"
    where = f" ({guard.where})" if guard.where is not None else ""
    message = f"traced where {what}{where}: trace again for these arguments"
    return [f"if {test}:", f"    raise ValueError({message!r})"]


def _returned(writer: Writer) -> str:
    """The result, with a copy of whatever is an argument, a constant, or a view of something else."""
    seen: set[int] = set()

    def leaf(x: Any) -> str:
        if not isinstance(x, Ref):
            words = writer.constant(x)
            return f"{words}.copy()" if isinstance(x, np.ndarray) and words in writer.constants else words
        i = writer.instructions[x.index]
        name, value = writer.names[x.index], i.value
        shared = isinstance(value, np.ndarray) and (value.base is not None or i.fun is INPUT or x.index in seen)
        seen.add(x.index)
        return f"{name}.copy()" if shared else name

    def nested(x: Any) -> str:
        if isinstance(x, dict):
            return "{" + ", ".join([f"{k!r}: {nested(v)}" for k, v in x.items()]) + "}"
        children = tree.children(x)
        if children is None:
            return leaf(x)
        words = ", ".join([nested(e) for e in children])
        if isinstance(x, list):
            return f"[{words}]"
        return f"({words}{',' if len(children) == 1 else ''})"

    return nested(writer.program.outputs)
