"""A derivation for reading: as text, as LaTeX, and as tables in a notebook."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from ..program.instruction import INPUT
from ..program.table import show

if TYPE_CHECKING:
    from .derive import Derivation, Share, Step

__all__ = ["DIGITS", "as_html", "as_latex", "as_text", "forward_rows", "reverse_rows"]

DIGITS = 8
_PATHS = 8
"""Paths that are listed; of more, only the number is said."""


def forward_rows(d: Derivation) -> list[tuple[str, ...]]:
    """Forward mode, downwards: value, how it is computed, its number; its tangent, by which rule, its number."""
    return [
        (s.name, s.expression, show(s.primal, DIGITS), f"{s.name}_dot", s.rule or "seed", show(s.tangent, DIGITS))
        for s in d.steps if s.tangent is not None and not isinstance(s.primal, tuple)
    ]  # fmt: skip


def reverse_rows(d: Derivation) -> list[tuple[str, ...]]:
    """Reverse mode, upwards: the step, the cotangent to which it adds, by which rule, how much, and the sum so far."""
    rows: list[tuple[str, ...]] = []
    sums: dict[str, Any] = {}
    for s in reversed(d.steps):
        if s.instruction.index in d.seeds:
            sums[s.name] = d.seeds[s.instruction.index]
            seed = show(sums[s.name], DIGITS)
            rows.append(("seed", f"{s.name}_bar", seed, seed, seed))
        for share in s.shares:
            before = sums.get(share.operand)
            sums[share.operand] = share.cotangent if before is None else before + share.cotangent
            amount, total = show(share.cotangent, DIGITS), show(sums[share.operand], DIGITS)
            rows.append((f"{s.name} = {s.expression}", f"{share.operand}_bar", share.rule, amount, total))
    return rows


def as_text(d: Derivation) -> str:
    """The derivation as plain text."""
    lines = [f"{d.program.name} = {show(d.value, DIGITS)}", "", "Forward mode, from the inputs down:"]
    forward = forward_rows(d)
    lines += _columns([(a if b == "input" else f"{a} = {b}", c, f"{dot} = {rule}", n) for a, b, c, dot, rule, n in forward])
    lines += ["", "Reverse mode, from the result up:"]
    lines += _columns([(s, f"{bar} {'=' if s == 'seed' else '+='} {rule}", n, total) for s, bar, rule, n, total in reverse_rows(d)])
    lines += ["", *[f"{name}_bar = {show(g, DIGITS)}" for name, g in d.cotangents.items()]]
    return "\n".join(lines + _paths(d))


def _columns(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max([len(row[k]) for row in rows]) for k in range(len(rows[0]))]
    return ["  " + "  ".join([w.ljust(n) for w, n in zip(row, widths, strict=True)]).rstrip() for row in rows]


def _paths(d: Derivation) -> list[str]:
    """The paths from each input that has more than one, where they are few."""
    if not d.scalar:
        return []
    lines = []
    for name in d.cotangents:
        count = d.count_paths(name)
        if 1 < count <= _PATHS:
            lines += ["", f"{count} paths from {name}:", *[f"  {path}" for path in d.paths(name)]]
        elif count > _PATHS:
            lines += ["", f"{count} paths from {name}; the sweeps walk each edge once instead"]
    return lines


# LaTeX ---------------------------------------------------------------------------------------------------


def as_latex(d: Derivation) -> str:
    """Both sweeps as two aligned blocks of equations."""
    forward = [_forward_line(s) for s in d.steps if s.tangent is not None and not isinstance(s.primal, tuple)]
    reverse = [rf"{_bar(s.name)} &= {_number(s.cotangent)}" for s in d.steps if s.instruction.index in d.seeds]
    for s in reversed(d.steps):
        reverse += [_reverse_line(s, share) for share in s.shares]
    blocks = [r"\begin{aligned} " + r" \\ ".join(lines) + r" \end{aligned}" for lines in (forward, reverse)]
    return r"$\displaystyle " + r" \qquad ".join(blocks) + "$"


def _forward_line(s: Step) -> str:
    name, dot = _name(s.name), _dot(s.name)
    if s.instruction.fun is INPUT:
        return rf"{name} &= {_number(s.primal)} & {dot} &= {_number(s.tangent)}"
    from sympy import latex

    right = _mono(s.expression) if s.symbolic is None else latex(s.symbolic)
    if s.shares and all([share.partial is not None for share in s.shares]):
        rule = " + ".join([_times(share.partial, _dot(share.operand)) for share in s.shares])
    else:
        rule = _mono(s.rule or "0")
    return rf"{name} &= {right} = {_number(s.primal)} & {dot} &= {rule} = {_number(s.tangent)}"


def _reverse_line(s: Step, share: Share) -> str:
    rule = _mono(share.rule) if share.partial is None else _times(share.partial, _bar(s.name))
    return rf"{_bar(share.operand)} &\mathrel{{+}}= {rule} = {_number(share.cotangent)}"


def _name(name: str) -> str:
    from sympy import Symbol, latex

    return str(latex(Symbol(name)))


def _dot(name: str) -> str:
    return rf"\dot{{{_name(name)}}}"


def _bar(name: str) -> str:
    return rf"\bar{{{_name(name)}}}"


def _times(partial: Any, moved: str) -> str:
    """A local derivative times a perturbation, as one writes it."""
    from sympy import latex

    if partial in (1, -1):
        return moved if partial == 1 else f"-{moved}"
    words = latex(partial)
    return rf"\left({words}\right) {moved}" if partial.is_Add or partial.is_Piecewise else rf"{words}\,{moved}"


def _number(x: Any) -> str:
    """A number with a power of ten; an array as text."""
    words = show(x, 6)
    if " " in words or "[" in words:
        return rf"\text{{{words}}}"
    mantissa, e, exponent = words.partition("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if e else words


def _mono(text: str) -> str:
    return r"\texttt{" + text.replace("_", r"\_") + "}"


# tables --------------------------------------------------------------------------------------------------


def as_html(d: Derivation) -> str:
    """Both sweeps as tables."""
    parts = [f"<p><b>{escape(d.program.name)}</b> = {escape(show(d.value, DIGITS))}</p>"]
    heads: tuple[str, ...] = ("value", "computed as", "primal", "tangent", "rule", "number")
    parts.append(_table("Forward mode, from the inputs down", heads, forward_rows(d)))
    heads = ("step", "adds to", "rule", "number", "sum so far")
    parts.append(_table("Reverse mode, from the result up", heads, reverse_rows(d)))
    text = "\n".join(_paths(d)).strip()
    return "".join(parts) + (f"<pre>{escape(text)}</pre>" if text else "")


def _table(title: str, heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    style = 'style="text-align:left;font-variant-numeric:tabular-nums"'
    lines = ["".join([f"<th {style}>{h}</th>" for h in heads])]
    lines += ["".join([f"<td {style}>{escape(w)}</td>" for w in row]) for row in rows]
    return f"<p>{escape(title)}</p><table>{''.join([f'<tr>{line}</tr>' for line in lines])}</table>"
