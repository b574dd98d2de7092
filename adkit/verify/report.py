"""What the command prints: a table with a row for each target, what was only checked and why, what is wrong and where."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import numpy as np

from .claims import Claim

__all__ = ["as_json", "count", "header", "remarks", "row", "total"]

_WIDTHS = (28, 8, 8, 8)


def header() -> str:
    """The head of the table."""
    return f"{'':<{_WIDTHS[0]}}{'proved':>8}{'checked':>9}{'wrong':>8}{'seconds':>9}  by"


def row(name: str, claims: list[Claim], seconds: float) -> str:
    """One target's line: how many verdicts of each kind, and by which steps the proofs went."""
    tally = count(claims)
    steps = Counter([c.verdict.reason.partition(",")[0] for c in claims if c.verdict.status == "proved"])
    by = ", ".join([f"{step} {n}" for step, n in steps.most_common()])
    shown = name if len(name) < _WIDTHS[0] else "..." + name[-(_WIDTHS[0] - 4) :]
    return f"{shown:<{_WIDTHS[0]}}{tally['proved']:>8}{tally['checked']:>9}{tally['wrong']:>8}{seconds:>9.1f}  {by}".rstrip()


def count(claims: list[Claim]) -> dict[str, int]:
    """How many verdicts there are of each kind."""
    tally = Counter([c.verdict.status for c in claims])
    return {status: tally[status] for status in ("proved", "checked", "wrong")}


def total(claims: list[Claim]) -> str:
    """The last line."""
    return ", ".join([f"{status} {n}" for status, n in count(claims).items()])


def remarks(claims: list[Claim]) -> list[str]:
    """What was checked, by target and reason; what holds on a branch; what is wrong, one by one."""
    lines: list[str] = []
    checked = Counter([(c.op, c.verdict.reason) for c in claims if c.verdict.status == "checked"])
    if checked:
        lines += ["", "checked, not proved:"]
        lines += [f"  {name}: {reason}" + (f" ({n} times)" if n > 1 else "") for (name, reason), n in checked.items()]
    branches = Counter([c.op for c in claims if c.verdict.status == "proved" and "branch" in c.verdict.reason])
    if branches:
        lines += ["", f"proved on the branch taken at the point: {', '.join(branches)}"]
    wrong = [c for c in claims if c.verdict.status == "wrong"]
    if wrong:
        lines += ["", "wrong:"]
        lines += [f"  {c.op}{' '.join(c.call.split())}{', ' + c.operands if c.operands else ''}{', ' + c.mode if c.mode else ''}:\n"
                  f"    {c.verdict}" for c in wrong[:20]]  # fmt: skip
        lines += [f"  and {len(wrong) - 20} more"] if len(wrong) > 20 else []
    return lines


def as_json(claims: list[Claim], order: int, seconds: float) -> str:
    """Everything, as a document."""
    rows = [
        {
            "target": c.op, "call": " ".join(c.call.split()), "operands": c.operands, "mode": c.mode, "status": c.verdict.status,
            "reason": c.verdict.reason, "where": c.verdict.where, "residual": c.verdict.residual, "point": c.verdict.point,
            "got": _number(c.verdict.got), "wanted": _number(c.verdict.wanted),
        }
        for c in claims
    ]  # fmt: skip
    return json.dumps({**count(claims), "order": order, "seconds": round(seconds, 1), "claims": rows}, indent=1, default=str) + "\n"


def _number(x: Any) -> Any:
    if x is None or isinstance(x, complex):
        return x if x is None else str(x)
    return float(x) if np.isfinite(x) else str(x)
