"""The answers: which method to use, and how its cost grows, each derived from measured rows and from nothing else."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .measure import duration
from .rows import Block, Row, method_of
from .words import WIDTH, ascii_only, number, size_of, wrap

__all__ = ["best", "crossing", "crossover", "exponent", "growth", "recommend"]


def recommend(block: Block, operator: str, prefix: str = "") -> str:
    """``recommended: METHOD (OPERATOR), reason``, from the measured rows alone; ``prefix`` goes before it.

    Candidates are the methods that need no work by hand.  A method that is right for any function goes before one
    with a caveat (a difference is inexact, a complex step wants an analytic function); then the fastest wins, and
    where the intervals of the fastest two overlap, the line says so.
    """
    rows = [row for row in block.of(operator) if row.status == "ok"]
    winner = best(block, operator)
    if winner is None:
        by_hand = [row.method for row in rows]
        if by_hand:
            return f"{prefix}recommended: {by_hand[0]} ({operator}), no other method was measured"
        return f"{prefix}recommended: none ({operator}), no method was measured"
    reasons = [*_cost(winner), *_rivals(winner, rows), *_modes(block, operator, winner), *_memory(winner, rows)]
    return wrap(ascii_only(f"{prefix}recommended: {winner.method} ({operator}), {'; '.join(reasons)}"), WIDTH, "  ")


def best(block: Block, operator: str) -> Row | None:
    """The recommended row; None where nothing but what is written by hand was measured."""
    rows = [row for row in block.of(operator) if row.status == "ok" and row.method not in ("hand", "modules")]
    sound = [row for row in rows if not method_of(row).caveat]
    return min(sound or rows, key=lambda row: row.cost, default=None)


def _cost(row: Row) -> list[str]:
    """What it costs, as measured and as predicted."""
    unsure = "" if row.sure in (None, True) else " (unsure)"
    said = [f"{number(row.ratio_to_hand)}x hand{unsure}"] if row.ratio_to_hand is not None else []
    if not said or row.predicted is not None:
        of_value = f"{number(row.ratio_to_value)}x the value" + ("" if said else unsure)
        if row.predicted is not None:
            counted = "" if row.operations is None else f", {number(row.operations)}x counted"
            of_value += f" ({number(row.predicted)}x predicted{counted})"
        said.append(of_value)
    caveat = method_of(row).caveat
    return [*said, caveat] if caveat else said


def _rivals(winner: Row, rows: list[Row]) -> list[str]:
    """The next one, whether it is really behind, and what is faster but has a caveat."""
    others = [row for row in rows if row is not winner and row.method not in ("hand", "modules")]
    if not others:
        return ["the only one measured" + " besides hand" * any(row.method == "hand" for row in rows)]
    said = []
    sound = sorted([row for row in others if not method_of(row).caveat], key=lambda row: row.cost)
    if sound:
        second = sound[0]
        if (second.ratio_low or 0.0) <= (winner.ratio_high or 0.0):
            said.append(f"level with {second.method} (intervals overlap)")
        else:
            said.append(f"{second.method} takes {number(second.cost / winner.cost)}x as long")
    said += [
        f"{row.method} is {number(winner.cost / row.cost)}x faster but {method_of(row).caveat}"
        for row in others if method_of(row).caveat and row.cost < winner.cost
    ]  # fmt: skip
    slower = min([row.run_seconds_median for row in sound if row.run_seconds_median], default=None)
    prepare, run = winner.prepare_seconds, winner.run_seconds_median
    if prepare and run and slower and method_of(winner).prepared and slower > run:
        said.append(f"prepared in {duration(prepare)}, which pays from {math.ceil(prepare / (slower - run)):,} calls on")
    return said


def _modes(block: Block, operator: str, winner: Row) -> list[str]:
    """Forward against reverse: where they would be level, or why one of them was not measured."""
    if operator not in ("gradient", "jacobian", "hessian"):
        return []
    rows = {row.method: row for row in block.of(operator)}
    missing = [name for name in ("forward", "reverse") if name in rows and rows[name].status == "skipped"]
    if missing and rows[missing[0]].reason.startswith("estimated"):
        count = block.inputs if missing[0] == "forward" else block.outputs
        return [f"{missing[0]} would take {count:,} sweeps"]
    level = crossover(block, operator)
    if level is None:
        return []
    outputs = f"{block.outputs:,} output{'s' * (block.outputs != 1)}"
    if level <= 1.5:
        return [f"crossover: reverse is ahead from the first input on, for {outputs}"]
    return [f"crossover near {level:,.0f} inputs for {outputs}"]


def crossover(block: Block, operator: str) -> float | None:
    """The number of inputs at which forward and reverse would take equally long, from the rows of one block.

    Forward's time is that of its jvp and of the other directions, each as long as they were on average here; reverse's
    does not depend on the number of inputs.  None where a row that this needs was not measured.
    """
    rows = {row.method: row for row in block.of(operator) if row.status == "ok"}
    alone = {row.method: row for row in block.of("jvp") if row.status == "ok"}
    if operator == "hessian" or not {"forward", "reverse"} <= set(rows) or block.inputs < 2:
        return None
    forward, reverse = rows["forward"].run_seconds_median or 0.0, rows["reverse"].run_seconds_median or 0.0
    one = alone["forward"].run_seconds_median if "forward" in alone else None
    if one is None or one >= forward:
        return max(1.0, block.inputs * reverse / forward) if forward > 0.0 else None
    return max(1.0, 1.0 + (reverse - one) * (block.inputs - 1) / (forward - one))


def _memory(winner: Row, rows: list[Row]) -> list[str]:
    """The peak of memory, beside the other mode's where the two differ."""
    if winner.peak_bytes is None:
        return []
    mode = winner.method.removeprefix("compiled-")
    other = {"forward": "reverse", "reverse": "forward"}.get(mode)
    there = next((row for row in rows if row.method == other and row.peak_bytes), None)
    beside = ""
    if there is not None and there.peak_bytes and not 0.8 < winner.peak_bytes / there.peak_bytes < 1.25:
        beside = f", {number(winner.peak_bytes / there.peak_bytes)}x {there.method}'s"
    return [f"peak {size_of(winner.peak_bytes)}{beside}"]


# How the cost grows


def exponent(sizes: Sequence[float], seconds: Sequence[float]) -> float | None:
    """The power of the size with which the time grows between the two largest sizes.

    >>> exponent([10, 100, 1000], [5.0, 6.0, 60.0])
    1.0
    """
    points = sorted(zip(sizes, seconds, strict=True))
    if len(points) < 2 or points[-1][0] <= points[-2][0] or min(points[-1][1], points[-2][1]) <= 0.0:
        return None
    (n0, t0), (n1, t1) = points[-2:]
    return round(math.log(t1 / t0) / math.log(n1 / n0), 6)


def growth(blocks: Sequence[Block], operator: str, name: str = "size") -> list[str]:
    """How the cost of the modes and of the recommended method grows with the size, and what to expect beyond."""
    numbered = [(float(b.size), b) for b in blocks if b.size.isdigit()]
    if len(numbered) < 2:
        return []
    numbered.sort(key=lambda pair: pair[0])
    chosen = best(numbered[-1][1], operator)
    names = dict.fromkeys(["forward", "reverse", *([chosen.method] if chosen else [])])
    lines, beyond = [], 10.0 * numbered[-1][0]
    value = exponent([n for n, _ in numbered], [b.value_seconds for _, b in numbered])
    for method in names:
        found = [(n, row, b) for n, b in numbered for row in b.of(operator) if row.method == method and row.status == "ok"]
        power = exponent([n for n, _, _ in found], [row.run_seconds_median or 0.0 for _, row, _ in found])
        if power is None:
            continue
        (n0, _, b0), (n1, last, b1) = found[-2:]
        ahead = (last.run_seconds_median or 0.0) * (beyond / n1) ** max(power, 0.0)
        text = f"growth: {method} ({operator}) as {name}^{power:.2f} from {n0:,.0f} to {n1:,.0f}"
        count = (b0.inputs, b1.inputs) if "forward" in method else (b0.outputs, b1.outputs)
        if value is not None and method.removeprefix("compiled-") in ("forward", "reverse") and operator != "jvp":
            sweeps = math.log(count[1] / count[0]) / math.log(n1 / n0)
            text += f" (predicted ^{value + sweeps:.2f}: the value's ^{value:.2f}, sweeps ^{sweeps:.2f})"
        lines.append(wrap(f"{text}; at {name} = {beyond:,.0f} about {duration(ahead)}", WIDTH, "  "))
    level = _crossing(numbered, operator)
    if level is not None:
        lines.append(f"crossover: forward and reverse ({operator}) are level near {name} = {level:,.3g}")
    return lines


def _crossing(numbered: Sequence[tuple[float, Block]], operator: str) -> float | None:
    """The size at which forward and reverse change places, between two that were measured."""
    lines: dict[str, list[tuple[float, float]]] = {"forward": [], "reverse": []}
    for n, b in numbered:
        for row in b.of(operator):
            if row.method in lines and row.status == "ok":
                lines[row.method].append((n, row.run_seconds_median or 0.0))
    level = crossing(lines["forward"], lines["reverse"])
    return None if level is None else level[0]


def crossing(one: Sequence[tuple[float, float]], other: Sequence[tuple[float, float]]) -> tuple[float, float] | None:
    """Where two lines of (size, seconds) meet, straight between points on logarithmic axes; None where they do not.

    >>> crossing([(1, 1.0), (100, 100.0)], [(1, 10.0), (100, 10.0)])
    (10.0, 10.0)
    """
    there = dict(other)
    points = [(math.log(n), math.log(t), math.log(t / there[n])) for n, t in sorted(one) if there.get(n) and t]
    for (n0, t0, d0), (n1, t1, d1) in zip(points, points[1:], strict=False):
        if d0 < 0.0 <= d1 or d1 <= 0.0 < d0:
            share = d0 / (d0 - d1)
            return round(math.exp(n0 + (n1 - n0) * share), 9), round(math.exp(t0 + (t1 - t0) * share), 12)
    return None
