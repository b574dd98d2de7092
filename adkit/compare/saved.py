"""Runs that are kept: the samples in pyperf's format (``pyperf compare_to`` reads them), and what has become slower.

https://pyperf.readthedocs.io/en/latest/api.html#json-format.  A benchmark is one row, named
``problem/size/operator/method``; all that the table says of it stands in its metadata.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from ..console.environment import facts
from ..console.options import UsageError
from .rows import COLUMNS, MORE, Row
from .words import number, wrap

__all__ = ["Change", "changes", "document", "load", "verdict"]

_PREFIX = "adkit_"
_FORMAT = "1.0"


def document(rows: Iterable[Row]) -> str:
    """The rows that were timed as benchmarks; the others, with their reasons, beside them under ``adkit``."""
    rows = list(rows)
    benchmarks = [_benchmark(row) for row in rows if row.values]
    whole = {
        "version": _FORMAT,
        "metadata": {**facts(), "unit": "second"},
        "benchmarks": benchmarks,
        "adkit": {"rows": [_plain(row) for row in rows if not row.values]},
    }
    return json.dumps(whole, indent=1, allow_nan=False) + "\n"


def _benchmark(row: Row) -> dict[str, Any]:
    said = {f"{_PREFIX}{name}": value for name, value in _plain(row).items()}
    values = [max(v, 1e-12) for v in row.values]  # pyperf wants positive numbers
    return {"metadata": {"name": row.name, **said}, "runs": [{"values": values}]}


def _plain(row: Row) -> dict[str, Any]:
    """What is known, for pyperf: no None, no infinity, and no truth values."""
    found: dict[str, Any] = {}
    for name in (*COLUMNS, *MORE):
        x = getattr(row, name)
        if isinstance(x, bool):
            x = int(x)
        if x is None or x == "" or (isinstance(x, float) and not np.isfinite(x)):
            continue
        found[name] = float(x) if isinstance(x, float) else int(x) if isinstance(x, (int, np.integer)) else x
    return found


def load(path: str) -> dict[str, Row]:
    """The rows of a saved run by their names; UsageError where the file is not one."""
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
    except OSError as error:
        raise UsageError(f"--against: cannot read {path!r}: {error.strerror or error}") from None
    except ValueError:
        raise UsageError(f"--against: {path!r} is no saved run: it is not JSON; make one with --save FILE") from None
    rows: dict[str, Row] = {}
    try:
        for benchmark in found["benchmarks"]:
            said = benchmark["metadata"]
            known = {f.name: f for f in fields(Row)}
            given = {name.removeprefix(_PREFIX): x for name, x in said.items() if name.startswith(_PREFIX)}
            row = Row(**{name: x for name, x in given.items() if name in known})
            row.values = [float(v) for run in benchmark["runs"] for v in run.get("values", [])]
            rows[row.name] = row
    except (KeyError, TypeError, ValueError, AttributeError):
        raise UsageError(f"--against: {path!r} was not saved by adkit compare; make one with --save FILE") from None
    if not rows:
        raise UsageError(f"--against: {path!r} holds no measured row")
    return rows


# What has changed


@dataclass(frozen=True)
class Change:
    """A row now and before: how many times as long it takes, and the range that both intervals leave."""

    row: Row
    times: float
    low: float
    high: float

    def slower(self, share: float) -> bool:
        """Whether it takes longer by more than that share, and not by chance: the intervals lie apart."""
        return self.times > 1.0 + share and self.low > 1.0

    def faster(self, share: float) -> bool:
        """The same, the other way."""
        return self.times < 1.0 / (1.0 + share) and self.high < 1.0


def changes(rows: Iterable[Row], before: dict[str, Row]) -> list[Change]:
    """Every row that was measured in both runs.

    What is compared are the ratios to the hand-written derivative, or to the function, within each run: a machine that
    is slower today slows both.  The function itself has nothing beside it, and is not compared.
    """
    found = []
    for row in rows:
        old = before.get(row.name)
        if old is None or row.status != "ok" or row.operator == "value" or row.method == "hand":
            continue
        unit = "ratio_to_hand" if row.ratio_to_hand is not None and old.ratio_to_hand is not None else "ratio_to_value"
        now, then = getattr(row, unit), getattr(old, unit)
        if not now or not then:
            continue
        wide = [_spread(r, unit) for r in (row, old)]
        times = now / then
        found.append(Change(row, times, times * wide[0][0] / wide[1][1], times * wide[0][1] / wide[1][0]))
    return found


def _spread(row: Row, unit: str) -> tuple[float, float]:
    """The ends of the interval in units of the ratio; those of the other ratio where the unit has none of its own."""
    if not row.cost or row.ratio_low is None or row.ratio_high is None:
        return 1.0, 1.0
    return row.ratio_low / row.cost, row.ratio_high / row.cost


def verdict(found: list[Change], before: dict[str, Row], share: float | None) -> tuple[list[str], list[Change]]:
    """Lines that say what has changed, and the rows that are slower than allowed."""
    limit = 0.1 if share is None else share
    slower, faster = [c for c in found if c.slower(limit)], [c for c in found if c.faster(limit)]
    lines = [
        f"{'SLOWER' if c in slower else 'faster'}: {c.row.name.replace('/', ' ')}: {number(c.times)}x as long as before "
        f"({number(c.low)}-{number(c.high)})"
        for c in (*slower, *faster)
    ]
    lines.append(
        f"against the saved run: {len(found)} rows in both, {len(slower)} slower and {len(faster)} faster by more than "
        f"{100.0 * limit:g} %"
    )
    speed = _machine(found, before)
    if speed is not None and not 0.8 < speed < 1.25:
        lines.append(f"(the machine takes {number(speed)}x as long as then; ratios within a run are compared, not times)")
    return [wrap(line, 80, "  ") for line in lines], slower if share is not None else []


def _machine(found: list[Change], before: dict[str, Row]) -> float | None:
    """How much longer everything takes than it did, whatever its ratio did."""
    speeds = [
        (c.row.run_seconds_median or 0.0) / (before[c.row.name].run_seconds_median or 1.0) / c.times
        for c in found if before[c.row.name].run_seconds_median
    ]  # fmt: skip
    return float(np.median(speeds)) if speeds else None
