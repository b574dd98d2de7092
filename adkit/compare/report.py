"""The table, the CSV and the Markdown: text made from rows, and nothing measured here."""

from __future__ import annotations

import csv
import io
import textwrap
from collections.abc import Iterable
from typing import Any

from .answers import recommend
from .measure import duration
from .rows import COLUMNS, Block, Row
from .words import WIDTH, ascii_only, error_of, number, paint, size_of

__all__ = ["block_text", "csv_text", "markdown_text"]

_HEADER = f"{'time':>9}{'x value':>8}{'x hand':>9}{'95 %':>13}{'error':>8}{'peak':>8}{'sweeps':>7}"


def block_text(block: Block, colour: bool = False) -> str:
    """The table of one problem at one size, in at most 80 columns of ASCII."""
    counts = f"{block.inputs:,} input{'s' * (block.inputs != 1)}, {block.outputs:,} output{'s' * (block.outputs != 1)}"
    title = ascii_only(f"{block.problem.name} {block.size}")
    lines = [f"{paint(title, '1', colour)}: {counts}; value {duration(block.value_seconds)}"]
    if len(title) + len(counts) > WIDTH - 20:
        lines = [paint(title, "1", colour), f"  {counts}; value {duration(block.value_seconds)}"]
    for operator in block.operators:
        rows = block.of(operator)
        measured = [row for row in rows if row.status == "ok"]
        if measured:
            lines.append(f"  {operator:<16}{_HEADER}")
            lines += [_row_text(row) for row in measured]
        else:
            lines.append(f"  {operator}")
        for row in rows:
            if row.status in ("wrong", "failed"):
                text = f"{row.method:<13}{row.status.upper()}: {row.reason}"
                lines += [paint(part, "31", colour) for part in _wrapped(text)]
        remarks: dict[str, list[str]] = {}
        for row in rows:
            if row.reason and row.status in ("ok", "skipped"):
                remarks.setdefault(f"{row.status}: {row.reason}", []).append(row.method)
        for said, methods in remarks.items():
            status, _, reason = said.partition(": ")
            word = "skipped" if status == "skipped" else "note"
            lines += [paint(part, "2", colour) for part in _wrapped(f"{word}: {', '.join(methods)}: {reason}")]
    lines += [paint(recommend(block, operator), "32", colour) for operator in block.operators if operator != "value"]
    return "\n".join(lines)


def _wrapped(text: str) -> list[str]:
    indent = " " * 4
    return textwrap.wrap(ascii_only(text), WIDTH, initial_indent=indent, subsequent_indent=indent * 2, break_on_hyphens=False)


def _interval(row: Row) -> str:
    if row.ratio_low is None or row.ratio_high is None or row.method == "hand":
        return ""
    return f"{number(row.ratio_low)}-{number(row.ratio_high)}{'' if row.sure else '?'}"


def _row_text(row: Row) -> str:
    sweeps = "-" if row.sweeps is None else row.sweeps
    return (
        f"  {row.method[:16]:<16}{duration(row.run_seconds_median or 0.0):>9}{number(row.ratio_to_value):>8}"
        f"{number(row.ratio_to_hand):>9}{_interval(row):>13}{error_of(row.error, row.ulps):>8}"
        f"{size_of(row.peak_bytes):>8}{sweeps:>7}"
    )


def csv_text(rows: Iterable[Row]) -> str:
    """The rows as CSV, one header line; an empty cell where there is nothing to say."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([_cell(getattr(row, column)) for column in COLUMNS])
    return out.getvalue()


def _cell(x: Any) -> Any:
    return "" if x is None else f"{x:.6g}" if isinstance(x, float) else x


def markdown_text(blocks: Iterable[Block]) -> str:
    """The same tables in Markdown, one for each problem and operator, with the answer below."""
    parts = []
    for block in blocks:
        for operator in block.operators:
            rows = block.of(operator)
            lines = [f"### {block.problem.name} {block.size}: {operator}", ""]
            if any(row.status == "ok" for row in rows):
                lines += ["| method | time | x value | x hand | 95 % | error | peak | sweeps |", f"|---|{'--:|' * 7}"]
                for row in rows:
                    if row.status == "ok":
                        cells = (
                            row.method, duration(row.run_seconds_median or 0.0), number(row.ratio_to_value),
                            number(row.ratio_to_hand), _interval(row), error_of(row.error, row.ulps), size_of(row.peak_bytes),
                            "-" if row.sweeps is None else str(row.sweeps),
                        )  # fmt: skip
                        lines.append(f"| {' | '.join(cells)} |")
                lines.append("")
            said = [f"- {row.method}: {row.status}: {_escaped(row.reason)}" for row in rows if row.status != "ok"]
            lines += [*said, ""] if said else []
            if operator != "value":
                lines += [" ".join(recommend(block, operator).split()), ""]
            parts.append("\n".join(lines))
    return "\n".join(parts)


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
