"""What the values of a program are called: by the user's names, and ``a_dot`` and ``a_bar`` for what sweeps make of them."""

from __future__ import annotations

import builtins
import keyword
import re
from typing import TYPE_CHECKING

from .. import tree
from .instruction import INPUT, Instruction, Ref

if TYPE_CHECKING:
    from .listing import Program

__all__ = ["Fresh", "identifier", "name_values"]


def identifier(text: str) -> str:
    """A text as a name that Python takes, and that hides none of its own.

    >>> identifier("grad(loss)"), identifier("lambda"), identifier("sum")
    ('grad_loss', 'lambda_', 'sum_')
    """
    name = re.sub(r"\W+", "_", text).strip("_") or "f"
    return f"{name}_" if name[0].isdigit() or keyword.iskeyword(name) or hasattr(builtins, name) else name


class Fresh:
    """Gives names that nothing else has: ``x``, then ``x_1``, ``x_2``."""

    def __init__(self, taken: set[str]) -> None:
        self.taken = taken
        self._next: dict[str, int] = {}

    def __call__(self, wanted: str) -> str:
        name, k = wanted, self._next.get(wanted, 0)
        while name in self.taken:
            k += 1
            name = f"{wanted}_{k}"
        self._next[wanted] = k  # a name used ten thousand times is not searched for from the start
        self.taken.add(name)
        return name


def name_values(program: Program, fresh: Fresh) -> list[str]:
    """A name for every instruction's value."""
    instructions = program.instructions
    names: list[str] = [""] * len(instructions)
    for i in instructions:
        if i.fun is INPUT:
            bare = i.name in program.parameters
            names[i.index] = str(i.name) if bare else fresh(identifier(_last_key(str(i.name))))
    stored = program.stored_names()
    later: list[tuple[int, str, int]] = []
    for i in instructions:
        if names[i.index]:
            continue
        if i.index in stored:
            names[i.index] = fresh(identifier(stored[i.index]))
        elif i.index in program.cotangents:
            later.append((i.index, "bar", program.cotangents[i.index]))
        elif i.role is not None and i.role[0] == "tangent" and i.role[1] >= 0 and _last_of_role(i, instructions):
            later.append((i.index, "dot", i.role[1]))
    later += _gradients(program, {k for k, _, _ in later})
    waiting = {k for k, _, _ in later}
    for i in instructions:
        if not names[i.index] and i.index not in waiting:
            names[i.index] = fresh(f"v{i.index}")
    for index, ending, of in later:
        names[index] = fresh(f"{names[of] or f'v{of}'}_{ending}")
    return names


def _gradients(program: Program, taken: set[int]) -> list[tuple[int, str, int]]:
    """Results of a reverse sweep that can only be one input's cotangent: by their shape, or by shape and key."""
    inputs = [i for i in program.instructions if i.fun is INPUT]
    found = []
    for path, leaf in tree.paths(program.outputs, "out"):
        if not isinstance(leaf, Ref) or leaf.index in taken:
            continue
        i = program.instructions[leaf.index]
        alike = [j for j in inputs if j.shape == i.shape and j.dtype == i.dtype]
        keyed = [j for j in alike if path != "out" and _last_key(str(j.name)) == _last_key(path)]
        of = keyed if len(keyed) == 1 else alike
        if i.role is not None and i.role[0] == "cotangent" and len(of) == 1:
            found.append((leaf.index, "bar", of[0].index))
    return found


def _last_of_role(i: Instruction, instructions: list[Instruction]) -> bool:
    after = i.index + 1
    return after >= len(instructions) or instructions[after].role != i.role


def _last_key(path: str) -> str:
    """``params['layer'][0]`` as ``params_layer_0``, ``params['W']`` as ``W``."""
    keys = re.findall(r"\[(.*?)\]|\.(\w+)", path)
    words = [(a or b).strip("'\"") for a, b in keys]
    if not words:
        return path
    return words[-1] if not words[-1].lstrip("-").isdigit() else "_".join([re.split(r"[\[.]", path)[0], *words])
