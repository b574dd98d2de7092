"""The local derivative of one instruction: as a SymPy expression where it is a number's, as NumPy text for arrays.

The expression comes from the entry's ``symbol`` by ``sympy.diff``; where there is none, and for arrays, the op's own rule
is traced, and read.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arguments import quiet
from ..errors import AdkitError
from ..forward import jvp
from ..program.emit import Writer
from ..program.instruction import INPUT, Instruction, Ref, op_of, refs
from ..program.listing import Program
from ..program.table import active, alone
from ..program.trace import trace
from ..registry import STRUCTURAL, NoSymbol
from ..reverse import vjp

__all__ = ["expression_of", "partial_of", "rule_text", "slope_of", "symbol_of"]

_LONGEST = 12
"""Operations beyond which a rule is named and not spelled out."""


def symbol_of(name: str) -> Any:
    """A value's name as a symbol of SymPy."""
    import sympy as sp

    return sp.Symbol(name, real=True)


def _number(x: Any) -> Any:
    """A constant as SymPy writes it: whole numbers and short decimals exactly."""
    import sympy as sp

    if isinstance(x, (bool, np.bool_)):
        return sp.true if x else sp.false
    value = complex(x)
    if value.imag:
        return _number(value.real) + sp.I * _number(value.imag)
    exact = sp.Rational(repr(value.real)) if np.isfinite(value.real) else None
    if exact is None:
        return sp.nan if value.real != value.real else sp.oo * int(np.sign(value.real))
    return exact if exact.q <= 1000 else sp.Float(value.real)


def expression_of(i: Instruction, names: list[str], instructions: list[Instruction]) -> Any:
    """What an instruction on numbers computes, in the names of its operands; None where SymPy has no word for it."""
    import sympy as sp

    op = op_of(i.fun)
    if op is None or op.kind != "elementwise" or i.kw or isinstance(i.value, tuple) or np.ndim(i.value):
        return None
    if op.symbol is None or op.symbol is STRUCTURAL or isinstance(op.symbol, NoSymbol):
        return None
    operands = []
    for a in i.args:
        if isinstance(a, Ref):
            if np.ndim(instructions[a.index].value):
                return None
            operands.append(symbol_of(names[a.index]))
        elif isinstance(a, (bool, int, float, complex, np.generic)):
            operands.append(_number(a))
        else:
            return None
    return getattr(sp, op.symbol)(*operands) if isinstance(op.symbol, str) else op.symbol(sp, *operands)


def partial_of(i: Instruction, k: int, names: list[str], instructions: list[Instruction]) -> Any:
    """The derivative of instruction ``i`` with respect to its operand ``k``: an expression in the operands' names.

    For an op without a symbolic meaning the number itself, from the op's rule; None where the values are arrays.
    """
    import sympy as sp

    expression = expression_of(i, names, instructions)
    if expression is not None:
        partial = sp.diff(expression, symbol_of(names[k]))
        if not partial.has(sp.Derivative, sp.Subs):  # SymPy knows no derivative of floor; the rule does
            return partial
    slope = slope_of(i, k, instructions)
    return None if slope is None else _number(slope)


def slope_of(i: Instruction, k: int, instructions: list[Instruction]) -> Any:
    """The number of that derivative, by the op's own rule; None where the values are arrays."""
    if isinstance(i.value, tuple) or np.ndim(i.value) or np.ndim(instructions[k].value):
        return None
    places = active(i, instructions)
    primals = tuple([instructions[j].value for j in places])
    moved = tuple([np.ones_like(v) if j == k else np.zeros_like(v) for j, v in zip(places, primals, strict=True)])
    return jvp(alone(i, instructions), primals, moved)[1]


def rule_text(i: Instruction, mode: str, names: list[str], instructions: list[Instruction]) -> dict[int, str]:
    """An instruction's rule as NumPy text: its tangent (under its own number), or what each operand's cotangent receives.

    ``mode`` is ``"forward"`` or ``"reverse"``.  Tangents are called ``a_dot`` and cotangents ``a_bar``.
    """
    places = active(i, instructions)
    f, n = alone(i, instructions), len(places)
    primals = [instructions[k].value for k in places]
    try:
        if mode == "forward":
            found = trace(quiet(lambda *xs: jvp(f, xs[:n], xs[n:])[1]))(*primals, *primals)
            given = [names[k] for k in places] + [f"{names[k]}_dot" for k in places]
            return {i.index: _inline(found, found.outputs, given, i)}
        found = trace(quiet(lambda *xs: vjp(f, *xs[:n])[1](xs[n])))(*primals, i.value)
        given = [names[k] for k in places] + [f"{names[i.index]}_bar"]
        return {k: _inline(found, out, given, i, names) for k, out in zip(places, found.outputs, strict=True)}
    except (AdkitError, NotImplementedError):
        return dict.fromkeys([i.index] if mode == "forward" else places, f"rule of {i.op}")


def _inline(program: Program, out: Any, inputs: list[str], i: Instruction, names: list[str] | None = None) -> str:
    """A small program's result as one expression; the value that is being differentiated goes by its name."""
    writer = Writer(program, spelled=False)
    if program.operations > _LONGEST:
        return f"rule of {i.op}"
    primal = next((j.index for j in program.instructions if _same(j, i, program)), None)

    def text(k: int) -> tuple[str, int]:
        j = program.instructions[k]
        if j.fun is INPUT:
            return inputs[k], 20
        if k == primal and names is not None:
            return names[i.index], 20
        return writer.right_side(j, text)

    return text(out.index)[0] if isinstance(out, Ref) else writer.constant(out)


def _same(j: Instruction, i: Instruction, program: Program) -> bool:
    """Whether an instruction of the rule computes the primal once more."""
    if j.fun is INPUT or j.op != i.op or len(j.args) != len(i.args):
        return False
    return all([program.instructions[r.index].fun is INPUT for r in refs(j.args)]) and np.array_equal(j.value, i.value)
