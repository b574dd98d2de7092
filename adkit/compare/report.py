"""The table, the recommendations that it ends with, and the CSV: text made from rows, and nothing measured here."""

from __future__ import annotations

import csv
import io
import os
import textwrap
from collections.abc import Iterable
from typing import Any

from .measure import duration
from .methods import METHODS, Method
from .peers import PEERS
from .runner import COLUMNS, Block, Row

__all__ = ["block_text", "csv_text", "recommend", "wants_colour"]

WIDTH = 80
_HEADER = f"{'time':>9}{'x value':>9}{'x hand':>9}{'95 %':>13}{'error':>8}{'peak':>8}{'sweeps':>7}"


def wants_colour(stream: Any) -> bool:
    """Colour only where a person looks: a terminal, and no NO_COLOR (no-color.org)."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return bool(getattr(stream, "isatty", lambda: False)())


def _paint(text: str, code: str, colour: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if colour else text


def block_text(block: Block, colour: bool = False) -> str:
    """The table of one problem at one size, in at most 80 columns of ASCII."""
    problem = block.problem
    title = f"{problem.name} {block.size}"
    counts = f"{block.inputs:,} input{'s' * (block.inputs != 1)}, {block.outputs:,} output{'s' * (block.outputs != 1)}"
    lines = [f"{_paint(title, '1', colour)}: {counts}; value {duration(block.value_seconds)}"]
    operators = list(dict.fromkeys(row.operator for row in block.rows))
    for operator in operators:
        rows = block.of(operator)
        measured = [row for row in rows if row.status == "ok"]
        if measured:
            lines.append(f"  {operator:<15}{_HEADER}")
            lines += [_row_text(row) for row in measured]
        else:
            lines.append(f"  {operator}")
        for row in rows:
            if row.status in ("wrong", "failed"):
                text = f"{row.method:<13}{row.status.upper()}: {row.reason}"
                lines += [_paint(part, "31", colour) for part in _wrapped(text)]
        skipped: dict[str, list[str]] = {}
        for row in rows:
            if row.status == "skipped":
                skipped.setdefault(row.reason, []).append(row.method)
        for reason, methods in skipped.items():
            lines += [_paint(part, "2", colour) for part in _wrapped(f"skipped: {', '.join(methods)}: {reason}")]
    lines += [_paint(recommend(block, operator), "32", colour) for operator in operators if operator != "value"]
    return "\n".join(lines)


def _wrapped(text: str) -> list[str]:
    indent = " " * 4
    return textwrap.wrap(_ascii(text), WIDTH, initial_indent=indent, subsequent_indent=indent * 2,
                         break_long_words=False)  # fmt: skip


def _ascii(text: str) -> str:
    return text.encode("ascii", "backslashreplace").decode()


def _row_text(row: Row) -> str:
    interval = ""
    if row.ratio_low is not None and row.ratio_high is not None and row.method != "hand":
        interval = f"{_number(row.ratio_low)}-{_number(row.ratio_high)}"
    error = "-" if row.error is None else f"{row.error:.0e}" if row.error else "0"
    sweeps = "-" if row.sweeps is None else row.sweeps
    return (
        f"    {row.method:<13}{duration(row.run_seconds_median or 0.0):>9}{_number(row.ratio_to_value):>9}"
        f"{_number(row.ratio_to_hand):>9}{interval:>13}{error:>8}{_bytes(row.peak_bytes):>8}{sweeps:>7}"
    )


def _number(x: float | None) -> str:
    """Three digits, without an exponent up to a million."""
    if x is None:
        return "-"
    if x >= 1e6:
        return f"{x:.1e}"
    return f"{x:.0f}" if x >= 100.0 else f"{x:.1f}" if x >= 10.0 else f"{x:.2f}"


def _bytes(count: int | None) -> str:
    if count is None:
        return "-"
    size = float(count)
    for unit in ("B", "KB", "MB"):
        if size < 999.5:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 9.95 else f"{size:.1f} {unit}"
        size /= 1024.0
    return f"{size:.1f} GB"


# The answer


def recommend(block: Block, operator: str, prefix: str = "") -> str:
    """``recommended: METHOD (OPERATOR), reason``, from the measured rows alone; ``prefix`` goes before it.

    Candidates are the methods that need no work by hand.  A method that is right for any function goes before one
    with a caveat (a difference is inexact, a complex step wants an analytic function); then the fastest wins, and
    where the intervals of the fastest two overlap, the line says so.
    """
    rows = [row for row in block.of(operator) if row.status == "ok"]
    candidates = [row for row in rows if row.method != "hand"]
    if not candidates:
        if rows:
            return f"{prefix}recommended: hand ({operator}), no other method was measured"
        return f"{prefix}recommended: none ({operator}), no method was measured"
    sound = [row for row in candidates if not _method(row).caveat]
    ranked = sorted(sound or candidates, key=_cost)
    best = ranked[0]
    unit = "hand" if best.ratio_to_hand is not None else "the value"
    reasons = [f"{_number(_cost(best))}x {unit}"]
    if len(ranked) > 1:
        second = ranked[1]
        if (second.ratio_low or 0.0) <= (best.ratio_high or 0.0):
            reasons.append(f"level with {second.method} (intervals overlap)")
        else:
            reasons.append(f"{second.method} takes {_number(_cost(second) / _cost(best))}x as long")
    elif len(candidates) == 1:
        reasons.append("the only one measured" + " besides hand" * (len(rows) > 1))
    for row in candidates:
        caveat = _method(row).caveat
        if row is best and caveat:
            reasons.append(caveat)
        elif row not in ranked and _cost(row) < _cost(best):
            reasons.append(f"{row.method} is {_number(_cost(best) / _cost(row))}x faster but {caveat}")
    text = f"{prefix}recommended: {best.method} ({operator}), {'; '.join(reasons)}"
    return "\n".join(textwrap.wrap(text, WIDTH, subsequent_indent="  ", break_on_hyphens=False))


def _cost(row: Row) -> float:
    """The ratio to what the interval belongs to."""
    cost = row.ratio_to_hand if row.ratio_to_hand is not None else row.ratio_to_value
    return cost if cost is not None else float("inf")


def _method(row: Row) -> Method:
    return METHODS[row.method] if row.method in METHODS else PEERS[row.method]


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
