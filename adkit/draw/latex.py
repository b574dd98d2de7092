r"""A program as equations in LaTeX, one an instruction; read off the Python text, so that every op has a form.

>>> from adkit import trace
>>> import numpy as np
>>> print(equations(trace(lambda x: np.exp(-x**2) / 2)(0.5)))
\begin{aligned}
v_{1} &= x^{2} \\
v_{2} &= -v_{1} \\
v_{3} &= \exp\left(v_{2}\right) \\
v_{4} &= \frac{v_{3}}{2}
\end{aligned}
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from ..program.emit import Writer
from ..program.instruction import INPUT

if TYPE_CHECKING:
    from ..program.listing import Program

__all__ = ["equations", "latex_of"]

_KNOWN = {
    "sin", "cos", "tan", "exp", "log", "sinh", "cosh", "tanh", "arcsin", "arccos", "arctan", "max", "min", "det",
}  # fmt: skip
_SIGNS = {
    ast.Add: (" + ", 1), ast.Sub: (" - ", 1), ast.Mult: (r" \, ", 2), ast.MatMult: (r" \, ", 2), ast.Mod: (r" \bmod ", 2),
    ast.FloorDiv: (r" \mathbin{//} ", 2), ast.BitAnd: (r" \wedge ", 0), ast.BitOr: (r" \vee ", 0), ast.BitXor: (r" \oplus ", 0),
    ast.LShift: (r" \ll ", 0), ast.RShift: (r" \gg ", 0),
}  # fmt: skip
_COMPARED = {ast.Lt: "<", ast.LtE: r"\le", ast.Gt: ">", ast.GtE: r"\ge", ast.Eq: "=", ast.NotEq: r"\ne"}
_GREEK = {"alpha", "beta", "gamma", "delta", "epsilon", "eta", "theta", "lambda", "mu", "nu", "xi", "pi", "rho", "sigma", "tau",
          "phi", "chi", "psi", "omega"}  # fmt: skip


def equations(program: Program) -> str:
    """The instructions as aligned equations, inputs left out."""
    writer = Writer(program, spelled=False)
    lines = []
    for i in program.instructions:
        if i.fun is INPUT or isinstance(i.value, tuple):
            continue
        lines.append(f"{_name(writer.names[i.index])} &= {latex_of(writer.right_side(i)[0])}")
    return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"


def latex_of(text: str) -> str:
    r"""A Python expression in LaTeX.

    >>> latex_of("np.sqrt(x_1 + 2) @ np.logaddexp(theta, -1e-05)")
    '\\sqrt{x_{1} + 2} \\, \\operatorname{logaddexp}\\left(\\theta, -10^{-5}\\right)'
    """
    try:
        return _of(ast.parse(text, mode="eval").body)[0]
    except SyntaxError:
        return rf"\mathtt{{{_plain(text)}}}"


def _of(e: ast.expr) -> tuple[str, int]:
    """An expression, and how tightly it binds."""
    if isinstance(e, ast.BinOp):
        return _binary(e)
    if isinstance(e, ast.UnaryOp):
        sign = {ast.USub: "-", ast.UAdd: "+", ast.Invert: r"\lnot "}.get(type(e.op), r"\lnot ")
        return f"{sign}{_held(e.operand, 2)}", 1
    if isinstance(e, ast.Compare):
        words = _held(e.left, 1)
        for op, right in zip(e.ops, e.comparators, strict=True):
            words += f" {_COMPARED.get(type(op), '?')} {_held(right, 1)}"
        return words, 0
    if isinstance(e, ast.Name):
        return _name(e.id), 9
    if isinstance(e, ast.Constant):
        return _constant(e.value), 9
    if isinstance(e, ast.Call):
        return _call(e), 9
    if isinstance(e, ast.Subscript):
        inside = e.slice.elts if isinstance(e.slice, ast.Tuple) else [e.slice]
        return f"{_held(e.value, 9)}_{{[{', '.join([_index(k) for k in inside])}]}}", 9
    if isinstance(e, ast.Attribute) and e.attr == "T":
        return rf"{_held(e.value, 9)}^{{\top}}", 8
    if isinstance(e, (ast.List, ast.Tuple)):
        return rf"\left({', '.join([_of(x)[0] for x in e.elts])}\right)", 9
    return rf"\mathtt{{{_plain(ast.unparse(e))}}}", 9


def _binary(e: ast.BinOp) -> tuple[str, int]:
    if isinstance(e.op, ast.Div):
        return rf"\frac{{{_of(e.left)[0]}}}{{{_of(e.right)[0]}}}", 8
    if isinstance(e.op, ast.Pow):
        return f"{_held(e.left, 9)}^{{{_of(e.right)[0]}}}", 8
    sign, tight = _SIGNS[type(e.op)]
    if isinstance(e.op, ast.Mult) and isinstance(e.right, ast.Constant):
        sign = r" \cdot "  # no number right after a name
    return f"{_held(e.left, tight)}{sign}{_held(e.right, tight + 1)}", tight


def _held(e: ast.expr, least: int) -> str:
    words, tight = _of(e)
    return rf"\left({words}\right)" if tight < least else words


def _call(e: ast.Call) -> str:
    name = ast.unparse(e.func).rpartition(".")[2]
    operands = [_of(a)[0] for a in e.args]
    named = [rf"\mathrm{{{_plain(k.arg or '')}}}={_of(k.value)[0]}" for k in e.keywords]
    if name == "sqrt" and len(operands) == 1 and not named:
        return rf"\sqrt{{{operands[0]}}}"
    if name in ("abs", "absolute") and len(operands) == 1 and not named:
        return rf"\left|{operands[0]}\right|"
    if name == "sigmoid" and len(operands) == 1:
        return rf"\sigma\left({operands[0]}\right)"
    called = rf"\{name}" if name in _KNOWN else rf"\operatorname{{{_plain(name)}}}"
    return rf"{called}\left({', '.join(operands + named)}\right)"


def _index(k: ast.expr) -> str:
    if isinstance(k, ast.Slice):
        return ":".join(["" if x is None else _of(x)[0] for x in (k.lower, k.upper)])
    return _of(k)[0]


def _constant(x: object) -> str:
    text = repr(x) if not isinstance(x, str) else x
    found = re.fullmatch(r"(-?[\d.]+)e([+-]\d+)", text)
    if found:
        power = f"10^{{{int(found[2])}}}"
        return power if found[1] == "1" else rf"{found[1]} \cdot {power}"
    if isinstance(x, (int, float)) and not isinstance(x, bool):
        return text.removesuffix(".0")
    return r"\ldots" if x is Ellipsis else rf"\mathrm{{{_plain(text)}}}"


def _name(name: str) -> str:
    """A value's name: ``h_1`` and ``v12`` with an index, Greek letters as such, ``a_bar`` with a bar."""
    for ending, over in (("_bar", "bar"), ("_dot", "dot")):
        if name.endswith(ending):
            return rf"\{over}{{{_name(name.removesuffix(ending))}}}"
    found = re.fullmatch(r"([A-Za-z]+?)_?(\d+)", name)
    stem, index = (found[1], found[2]) if found else (name, "")
    if stem in _GREEK:
        shown = rf"\{stem}"
    else:
        shown = stem if len(stem) == 1 else rf"\mathrm{{{_plain(stem)}}}"
    return f"{shown}_{{{index}}}" if index else shown


def _plain(text: str) -> str:
    return re.sub(r"([_%&#$])", r"\\\1", text)
