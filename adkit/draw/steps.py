"""What the two modes do, step by step: the local derivatives, what each operand contributes, and the sums as they grow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import tree
from ..errors import DerivativeError
from ..forward import jvp
from ..program.emit import Writer
from ..program.instruction import INPUT, PART, Instruction, Ref
from ..program.table import active, alone, cotangents_of, seeds, tangents_of
from .graph import local_derivative, pretty
from .numbers import brief, full, shape_of

if TYPE_CHECKING:
    from ..program.listing import Program

__all__ = ["Step", "default_seeds", "forward_steps", "reverse_steps"]


@dataclass
class Step:
    """One step of a sweep.

    ``key`` is the number of the node, ``rows`` one line an operand (its name, the local derivative, what it is multiplied with,
    the product, and in reverse the sum so far), ``total`` the line below, ``arrows`` the pairs of nodes that are used, ``sets``
    what appears on cards: ``(node, "value" | "forward" | "reverse", text)``.  ``value`` and ``derivative`` are the numbers.
    """

    key: int
    name: str
    say: str
    value: Any = None
    derivative: Any = None
    rows: list[tuple[str, ...]] = field(default_factory=list)
    total: str = ""
    arrows: list[tuple[int, int]] = field(default_factory=list)
    sets: list[tuple[int, str, str]] = field(default_factory=list)


def default_seeds(program: Program, tangents: Any, cotangent: Any) -> tuple[Any, Any]:
    """The seeds that are asked for; else ones for the first input, and ones for the result.

    Raises
    ------
    DerivativeError : where there is nothing to differentiate.
    """
    values = program.instructions
    if not any([isinstance(leaf, Ref) for leaf in tree.leaves(program.outputs)]):
        raise DerivativeError(f"{program.name}: the result does not depend on the arguments; there is nothing to step through")
    if tangents is None:
        first = next((i.index for i in values if i.fun is INPUT and i.dtype.kind in "fc"), None)
        if first is None:
            raise DerivativeError(f"{program.name}: there is no floating-point number among the arguments")

        def seed(v: Any) -> Any:
            return np.full_like(values[v.index].value, v.index == first)[()] if isinstance(v, Ref) else v

        tangents = tree.map_leaves(seed, program.inputs)
    if cotangent is None:
        cotangent = tree.map_leaves(lambda v: np.ones_like(values[v.index].value) if isinstance(v, Ref) else v, program.outputs)
    return tangents, cotangent


class _Words:
    """Names and expressions of a program's values, and its local derivatives in words."""

    def __init__(self, program: Program) -> None:
        writer = Writer(program, spelled=False)
        self.instructions, self.names, self._writer = program.instructions, writer.names, writer

    def equation(self, i: Instruction) -> str:
        """``a = sin(x) = 0.644218``; of an input its name and value."""
        name, value = self.names[i.index], brief(i.value)
        if i.fun is INPUT:
            return f"{name} = {value}"
        made = self.instructions[i.args[0].index] if i.fun is PART else i
        text = pretty(self._writer.right_side(made)[0]) + (f"[{i.args[1]}]" if i.fun is PART else "")
        return f"{name} = {text} = {value}"

    def local(self, i: Instruction, k: int) -> str:
        """The local derivative as a number, as a matrix, or, where it is large, by its shape."""
        found = local_derivative(i, k, self.instructions)
        x = self.instructions[k].value
        if found is None:
            rows = "several results" if isinstance(i.value, tuple) else shape_of(i.value)
            return f"Jacobian, {rows} by {shape_of(x)}"
        if np.ndim(found) and np.shape(i.value) == np.shape(x):
            square = np.reshape(found, (np.size(i.value), np.size(x)))
            diagonal = np.diagonal(square)
            if np.array_equal(square, np.diag(diagonal)):
                return f"diagonal {full(diagonal.reshape(np.shape(x)), 6)}"
        return full(found, 6)


def forward_steps(program: Program, tangents: Any) -> Iterator[Step]:
    """Forward mode: a step for each node, in the order of computation; its value and its tangent at once."""
    words, moved = _Words(program), tangents_of(program, tangents)
    for i in program.instructions:
        if isinstance(i.value, tuple):
            continue
        name, dot = words.names[i.index], moved[i.index]
        step = Step(i.index, name, f"{words.equation(i)}.", i.value, dot)
        step.sets.append((i.index, "value", brief(i.value)))
        if dot is None:
            step.say += " It has no tangent."
            step.sets.append((i.index, "forward", "none"))
            yield step
            continue
        step.sets.append((i.index, "forward", brief(dot)))
        how = "is seeded with" if i.fun is INPUT else "is"
        step.say += f" Its tangent {how} {brief(dot)}."
        made = words.instructions[i.args[0].index] if i.fun is PART else i
        if i.fun is not INPUT:
            places = [k for k in active(made, words.instructions) if moved[k] is not None]
            for k in places:
                share = _contribution(made, k, places, moved, words.instructions)
                share = share[i.args[1]] if i.fun is PART else share
                step.rows.append((words.names[k], words.local(made, k), full(moved[k], 6), full(share, 6)))
                step.arrows.append((k, i.index))
            step.total = f"{name}_dot = {full(dot, 6)}"
        yield step


def _contribution(i: Instruction, k: int, places: list[int], moved: list[Any], instructions: list[Instruction]) -> Any:
    """What one operand's tangent alone makes of an instruction's."""
    at = active(i, instructions)
    primals = tuple([instructions[j].value for j in at])
    alone_moved = tuple([moved[j] if j == k else np.zeros_like(v) for j, v in zip(at, primals, strict=True)])
    return jvp(alone(i, instructions), primals, alone_moved)[1]


def reverse_steps(program: Program, cotangent: Any) -> Iterator[Step]:
    """Reverse mode: the values are recorded; the seed; then each node from the last to the first hands its cotangent on."""
    words, instructions = _Words(program), program.instructions
    final, shares = cotangents_of(program, cotangent)
    sums: dict[int, Any] = dict(seeds(program, (cotangent,), (program.outputs,), "cotangent"))
    if not sums:
        return
    seeded = [(k, "reverse", brief(g)) for k, g in sums.items()]
    names = ", ".join([words.names[k] for k in sums])
    last = max(sums)
    say = f"The values are recorded. The sweep begins at {names}, the result, whose cotangent is the seed {brief(sums[last])}."
    total = f"{words.names[last]}_bar = {full(sums[last], 6)}"
    yield Step(last, words.names[last], say, instructions[last].value, sums[last], total=total, sets=seeded)
    for i in reversed(instructions):
        if i.fun is PART:
            continue
        several = isinstance(i.value, tuple)
        parts = [j for j in instructions if j.fun is PART and j.args[0].index == i.index] if several else [i]
        arrived = [j for j in parts if j.index in sums]
        if not arrived:
            continue  # nothing of the result hangs on it
        key, g = arrived[0].index, [sums[j.index] for j in arrived]
        called = " and ".join([words.names[j.index] for j in arrived])
        if i.fun is INPUT:
            say = f"{called} is an input. Its cotangent is complete, {brief(g[0])}: the derivative by {called}, times the seed."
            yield Step(key, called, say, i.value, g[0], total=f"{called}_bar = {full(g[0], 6)}")
            continue
        have = "have their whole cotangents" if len(arrived) > 1 else "has its whole cotangent"
        say = f"{called} {have}, {brief(g if several else g[0])}, to be handed to the operands."
        step = Step(key, called, say, arrived[0].value, g[0])
        for k in active(i, instructions):
            if (i.index, k) not in shares:
                continue
            share = shares[i.index, k]
            sums[k] = share if k not in sums else sums[k] + share
            of = words.names[k]
            row = (of, words.local(i, k), full(g if several else g[0], 6), full(share, 6), f"{of}_bar = {full(sums[k], 6)}")
            step.rows.append(row)
            step.arrows += [(k, j.index) for j in arrived]
            step.sets.append((k, "reverse", brief(sums[k])))
        if not step.rows:
            step.say = f"{called} {have}, {brief(g if several else g[0])}; the operands have none."
        yield step
    rest = [i.index for i in instructions if i.index not in sums and final[i.index] is not None and not isinstance(i.value, tuple)]
    if rest:
        say = f"Nothing reached {', '.join([words.names[k] for k in rest[:8]])}{' …' if len(rest) > 8 else ''}: cotangent 0."
        sets = [(k, "reverse", brief(final[k])) for k in rest]
        yield Step(rest[0], words.names[rest[0]], say, instructions[rest[0]].value, final[rest[0]], sets=sets)
