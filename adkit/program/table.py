"""The Wengert list with both sweeps: primal, tangent and cotangent of every value (Baydin et al., 2018, tables 2 and 3).

Each instruction is differentiated by itself, by ``jvp`` and ``vjp``: the sweeps here do by hand, and in the open, what
forward and reverse mode do.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import tree
from ..arguments import as_perturbation, match, quiet
from ..errors import DerivativeError
from ..forward import jvp
from ..reverse import vjp
from .emit import Writer
from .instruction import INPUT, PART, Instruction, Ref, map_refs, refs

if TYPE_CHECKING:
    from .listing import Program

__all__ = ["Row", "Table", "active", "alone", "cotangents_of", "make_table", "seeds", "show", "tangents_of"]

NOT_COMPUTED = "not computed"


# one instruction ---------------------------------------------------------------------------------------


def active(i: Instruction, instructions: list[Instruction]) -> list[int]:
    """The operands with respect to which an instruction can be differentiated, each once."""
    found = [r.index for r in refs((i.args, i.kw))]
    return [k for k in dict.fromkeys(found) if getattr(instructions[k].dtype, "kind", "") in "fc"]


def alone(i: Instruction, instructions: list[Instruction]) -> Callable[..., Any]:
    """An instruction as a function of its active operands."""
    places = active(i, instructions)

    @quiet
    def f(*values: Any) -> Any:
        given = dict(zip(places, values, strict=True))
        value = lambda r: given.get(r.index, instructions[r.index].value)
        return i.fun(*map_refs(value, i.args), **map_refs(value, i.kw))

    return f


# the sweeps --------------------------------------------------------------------------------------------


def tangents_of(program: Program, tangents: Any) -> list[Any]:
    """The tangent of every value, in the order of computation; None where a value has none (a mask, an index)."""
    given = seeds(program, tangents, program.inputs, "tangent")
    found: list[Any] = []
    for i in program.instructions:
        if i.fun is INPUT:
            found.append(given.get(i.index))
        elif i.fun is PART:
            whole = found[i.args[0].index]
            found.append(None if whole is None else whole[i.args[1]])
        else:
            places = [k for k in active(i, program.instructions) if found[k] is not None]
            if not _continuous(i) or not places:
                found.append(np.zeros_like(i.value) if _continuous(i) and not isinstance(i.value, tuple) else None)
                continue
            primals = tuple([program.instructions[k].value for k in active(i, program.instructions)])
            moved = tuple([found[k] for k in active(i, program.instructions)])
            found.append(jvp(alone(i, program.instructions), primals, moved)[1])
    return found


def cotangents_of(program: Program, cotangent: Any) -> tuple[list[Any], dict[tuple[int, int], Any]]:
    """The cotangent of every value, and what each instruction k gave to its operand j, by (k, j)."""
    given = seeds(program, (cotangent,), (program.outputs,), "cotangent")
    found: list[Any] = [given.get(i.index) for i in program.instructions]
    shares: dict[tuple[int, int], Any] = {}
    for i in reversed(program.instructions):
        g = found[i.index]
        if i.fun is INPUT or g is None:
            continue
        if i.fun is PART:
            whole = i.args[0].index
            parts = found[whole] or [np.zeros_like(v) for v in program.instructions[whole].value]
            parts[i.args[1]] = parts[i.args[1]] + g
            found[whole] = parts
            continue
        places = active(i, program.instructions)
        if not places or not _continuous(i):
            continue
        y, pullback = vjp(alone(i, program.instructions), *[program.instructions[k].value for k in places])
        for k, d in zip(places, pullback(tree.rebuild(y, g) if isinstance(g, list) else g), strict=True):
            shares[i.index, k] = d
            found[k] = d if found[k] is None else found[k] + d
    # What nothing reaches has cotangent zero.
    for i in program.instructions:
        if found[i.index] is None and _continuous(i) and not isinstance(i.value, tuple):
            found[i.index] = np.zeros_like(i.value)
    return found, shares


def _continuous(i: Instruction) -> bool:
    values = i.value if isinstance(i.value, tuple) else (i.value,)
    return all([v.dtype.kind in "fc" for v in values])


def seeds(program: Program, given: Any, like: Any, what: str) -> dict[int, Any]:
    """Perturbations by the number of the instruction that they belong to."""
    if what == "tangent" and (not isinstance(given, tuple) or len(given) != len(like)):
        if len(like) != 1 or isinstance(given, tuple):
            raise DerivativeError(f"table: tangents must be a tuple with one entry for each of {len(like)} arguments")
        given = (given,)
    found: dict[int, Any] = {}
    for v, x in zip(given, like, strict=True):
        numbers = tree.map_leaves(lambda r: program.instructions[r.index].value if isinstance(r, Ref) else r, x)
        places = [leaf for leaf in tree.leaves(x) if isinstance(leaf, Ref) or not tree.is_static(leaf)]
        for d, leaf in zip(match(v, numbers, f"the {what}", "table"), places, strict=True):
            if isinstance(leaf, Ref) and program.instructions[leaf.index].dtype.kind in "fc":
                d = as_perturbation(d, program.instructions[leaf.index].value, f"the {what}", "table")
                found[leaf.index] = d if leaf.index not in found else found[leaf.index] + d
    return found


# the table ---------------------------------------------------------------------------------------------


def show(x: Any, digits: int = 6) -> str:
    """A value in a cell: numbers in full, arrays by their shape and first entries.

    >>> show(np.float64(0.25)), show(np.arange(6.0).reshape(2, 3))
    ('0.25', '(2, 3) [0, 1, 2, 3, ...]')
    """
    if isinstance(x, (tuple, list)):
        return ", ".join([show(e, digits) for e in x])
    if np.ndim(x) == 0:
        if getattr(x, "dtype", None) is not None and x.dtype.kind in "fc":
            return f"{x:.{digits}g}"
        return str(x)
    a = np.asarray(x)
    first = ", ".join([show(e, digits) for e in a.ravel()[: 4 if a.size > 4 else a.size]])
    return f"{a.shape if a.ndim > 1 or a.size > 4 else ''} [{first}{', ...' if a.size > 4 else ''}]".strip()


class Row:
    """One value: its name, how it is computed, and what the sweeps gave; None where they gave nothing."""

    __slots__ = ("cotangent", "expression", "index", "name", "primal", "tangent", "where")

    def __init__(self, index: int, name: str, expression: str, primal: Any, tangent: Any, cotangent: Any, where: str) -> None:
        self.index, self.name, self.expression, self.where = index, name, expression, where
        self.primal, self.tangent, self.cotangent = primal, tangent, cotangent

    def __repr__(self) -> str:
        return f"<{self.name} = {self.expression}: {show(self.primal)}>"


class Table:
    """A Wengert list, for reading: ``print`` it, or let a notebook show it.  ``table["a"]`` is the row of the value a."""

    def __init__(self, rows: list[Row], swept: tuple[bool, bool]) -> None:
        self.rows = rows
        self.swept = swept

    def __getitem__(self, name: str) -> Row:
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(f"no value is called {name!r}; there are {', '.join([row.name for row in self.rows])}")

    def __len__(self) -> int:
        return len(self.rows)

    def _cells(self) -> list[list[str]]:
        def cell(x: Any, swept: bool) -> str:
            return NOT_COMPUTED if not swept else "-" if x is None else show(x)

        return [
            [row.name, row.expression, show(row.primal), cell(row.tangent, self.swept[0]), cell(row.cotangent, self.swept[1])]
            for row in self.rows
        ]

    def __str__(self) -> str:
        lines = [["value", "computed as", "primal", "tangent", "cotangent"], *self._cells()]
        widths = [max([len(line[k]) for line in lines]) for k in range(5)]
        padded = ["  ".join([w.ljust(n) for w, n in zip(line, widths, strict=True)]).rstrip() for line in lines]
        return "\n".join(padded)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        heads = ("value", "computed as", "primal", "tangent &darr;", "cotangent &uarr;", "where")
        lines = [_tr("th", list(heads))]
        for row, cells in zip(self.rows, self._cells(), strict=True):
            words = [f"<code>{escape(text)}</code>" for text in cells[:2]]
            words += [f"<i>{text}</i>" if text == NOT_COMPUTED else escape(text) for text in cells[2:]]
            lines.append(_tr("td", [*words, escape(row.where)]))
        return f"<table>{''.join(lines)}</table>"


def _tr(tag: str, cells: list[str]) -> str:
    """One row of an HTML table, with figures of one width."""
    style = 'style="text-align:left;font-variant-numeric:tabular-nums"'
    return "<tr>" + "".join([f"<{tag} {style}>{cell}</{tag}>" for cell in cells]) + "</tr>"


def make_table(program: Program, tangents: Any = None, cotangent: Any = None) -> Table:
    """The rows of a program's table, with the sweeps that are asked for."""
    writer = Writer(program, spelled=False)
    n = len(program.instructions)
    forward = [None] * n if tangents is None else tangents_of(program, tangents)
    reverse = [None] * n if cotangent is None else cotangents_of(program, cotangent)[0]
    rows = [
        Row(i.index, writer.names[i.index], "input" if i.fun is INPUT else writer.right_side(i)[0], i.value,
            forward[i.index], reverse[i.index], "" if i.where is None else str(i.where))
        for i in program.instructions if not isinstance(i.value, tuple)
    ]  # fmt: skip
    return Table(rows, (tangents is not None, cotangent is not None))
