"""What is known of one method for one derivative: a row; and the rows of one problem at one size: a block."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from .methods import METHODS, Method
from .peers import PEERS
from .problems import Problem

__all__ = ["COLUMNS", "MORE", "Block", "Row", "method_of", "skipped_block"]

#: The columns of the CSV, in the order of the contract.
COLUMNS = (
    "problem", "size", "operator", "method", "status", "error", "prepare_seconds", "run_seconds_min",
    "run_seconds_median", "ratio_to_value", "ratio_to_hand", "ratio_low", "ratio_high", "peak_bytes", "sweeps",
    "primal_calls", "samples",
)  # fmt: skip

#: What the page, the JSON and pandas show beyond that.
MORE = ("ulps", "tape_bytes", "predicted", "operations", "sure", "reason")


@dataclass
class Row:
    """What is known of one method for one derivative; None where there is nothing to say.

    Beyond the columns of the CSV: ``ulps`` is the error against fifty digits, in units in the last place of the largest
    entry; ``tape_bytes`` what a tape holds between its two sweeps; ``predicted`` the cost by Griewank's model and
    ``operations`` the cost of the operations counted, both in evaluations of the function; ``sure`` whether another run
    should give the ratio within 15 %; ``values`` the samples, in seconds.
    """

    problem: str
    size: str
    operator: str
    method: str
    status: str = "ok"  # ok, wrong, skipped, failed
    error: float | None = None
    prepare_seconds: float | None = None
    run_seconds_min: float | None = None
    run_seconds_median: float | None = None
    ratio_to_value: float | None = None
    ratio_to_hand: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    peak_bytes: int | None = None
    sweeps: int | None = None
    primal_calls: int | None = None
    samples: int | None = None
    reason: str = ""
    ulps: float | None = None
    tape_bytes: int | None = None
    predicted: float | None = None
    operations: float | None = None
    sure: bool | None = None
    values: list[float] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The row's name in saved files."""
        return f"{self.problem}/{self.size}/{self.operator}/{self.method}"

    @property
    def cost(self) -> float:
        """The ratio that the interval belongs to: to hand, or to the value where nothing was written by hand."""
        found = self.ratio_to_hand if self.ratio_to_hand is not None else self.ratio_to_value
        return float("inf") if found is None else found


@dataclass
class Block:
    """The rows of one problem at one size."""

    problem: Problem
    size: str
    rows: list[Row] = field(default_factory=list)
    inputs: int = 0
    outputs: int = 0
    value_seconds: float = 0.0

    def of(self, operator: str) -> list[Row]:
        """The rows of one operator, in the order of the methods."""
        return [row for row in self.rows if row.operator == operator]

    @property
    def operators(self) -> list[str]:
        """The operators that have rows, in their order."""
        return list(dict.fromkeys(row.operator for row in self.rows))


def skipped_block(problem: Problem, size: str, operators: Iterable[str], methods: Iterable[Method], reason: str) -> Block:
    """Rows for a problem that cannot be built here."""
    rows = [Row(problem.name, size, o, m.name, "skipped", reason=reason) for o in operators for m in methods]
    return Block(problem, size, rows)


def method_of(row: Row) -> Method:
    """The method of a row."""
    return METHODS[row.method] if row.method in METHODS else PEERS[row.method]
