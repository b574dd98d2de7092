"""One call under trial: how its arrays are compared, and what is reported."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..registry import Case, Op
from .numeric import gap
from .sample import Probe

__all__ = ["SINGLE", "Finding", "Trial"]

EXACT, DIFFERENCE, SECOND, SINGLE = 1e-9, 1e-7, 1e-6, 2e-3
"""Tolerances, relative: of AD with itself, of first and second derivatives with differences, of single precision."""


@dataclass(frozen=True)
class Finding:
    """What was found wrong: the op, the call, the check that failed, and how."""

    op: str
    case: str
    check: str
    message: str

    def __str__(self) -> str:
        return f"{self.op}{self.case}: {self.check}: {self.message}"


class _Guard:
    """An error inside a check is a finding; the others go on."""

    def __init__(self, trial: Trial, check: str, p: Probe | None) -> None:
        self.trial, self.check, self.p = trial, check, p

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> bool:
        if not isinstance(error, Exception):
            return False
        while trace.tb_next is not None:
            trace = trace.tb_next
        where = f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}"
        self.trial.report(self.check, f"{type(error).__name__} at {where}: {error}", self.p)
        return True


class Trial:
    """The checks of one call: their random directions, their tolerances, and what they find."""

    def __init__(self, op: Op, at: Case) -> None:
        self.op, self.case = op, re.sub(r" object at 0x[0-9a-f]+", "", repr(at))
        self.exact, self.difference, self.second = EXACT, DIFFERENCE, SECOND
        self.findings: list[Finding] = []
        self.rng = np.random.default_rng(0)

    def measure(self, p: Probe) -> None:
        """Where a call is made in single precision, all tolerances are single precision's."""
        if any([np.finfo(x.dtype).eps > 1e-10 for x in (*p.xs, *p.f(*p.xs))]):
            self.exact = self.difference = self.second = SINGLE

    def report(self, check: str, message: str, p: Probe | None = None) -> None:
        where = f"{self.case} in {p.names}" if p is not None else self.case
        self.findings.append(Finding(self.op.name, where, check.replace("_", " "), message))

    def guarded(self, check: str, p: Probe | None = None) -> _Guard:
        return _Guard(self, check, p)

    def agree(self, check: str, got: Any, expected: Any, tolerance: float, p: Probe) -> None:
        """Compare tuples of arrays; report the worst entry."""
        for k, (a, b) in enumerate(zip(got, expected, strict=True)):
            if np.shape(a) != np.shape(b):
                self.report(check, f"array {k} has shape {np.shape(a)}, expected {np.shape(b)}", p)
            elif not gap(a, b) <= tolerance:
                worst = np.unravel_index(int(np.argmax(np.abs(np.nan_to_num(a - b, nan=np.inf)))), np.shape(a))
                place = f"array {k}, entry {tuple([int(n) for n in worst])}"
                self.report(check, f"{place}: got {np.asarray(a)[worst]}, expected {np.asarray(b)[worst]}", p)

    def like(self, arrays: Any, lead: tuple[int, ...] = ()) -> list[Any]:
        """Random directions for arrays, of their types."""
        found = []
        for x in arrays:
            v = self.rng.uniform(-1, 1, lead + x.shape)
            if x.dtype.kind == "c":
                v = v + 1j * self.rng.uniform(-1, 1, v.shape)
            v = v.astype(x.dtype)[()]
            if isinstance(v, np.ndarray):
                v.flags.writeable = False  # a rule that writes into what it was given is wrong
            found.append(v)
        return found
