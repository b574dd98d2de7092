"""What is claimed of an op: that each of its calls, by each operand alone and by all together, has the right derivative."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import DerivativeError
from ..op import Case, NoSymbol, Op, parameter_names
from .letters import FIRST, SECOND, Subject
from .numeric import UnusableError
from .proof import Prover, Verdict
from .sample import Probe, calls, probe

__all__ = ["Claim", "prove_op"]


_SECOND_ORDER = 12
"""Entries up to which a call is proved to second order; its formulas grow with their square."""


@dataclass(frozen=True)
class Claim:
    """A verdict, and what it is about."""

    op: str
    call: str
    operands: str
    mode: str
    verdict: Verdict

    def _repr_html_(self) -> str:
        from .reading import as_html

        return as_html([(f"{self.op}{self.call}{', ' + self.operands if self.operands else ''}, {self.mode}", self.verdict)])

    def __str__(self) -> str:
        return f"{self.op}{self.call}, {self.operands}, {self.mode}: {self.verdict}"


def prove_op(
    op: Op, prover: Prover, order: int = 1, seconds: float | None = None, cases: Sequence[Case] | None = None
) -> Iterator[Claim]:
    """A verdict on every call (or on those of ``cases``), operand and mode of an op.

    A call without entries claims nothing.  An operand for which the op refuses a derivative in both modes is left out.

    >>> from adkit.registry import lookup
    >>> {claim.verdict.status for claim in prove_op(lookup("tanh"), Prover())}
    {'proved'}
    """
    for at in calls(op) if cases is None else cases:
        call = re.sub(r" object at 0x[0-9a-f]+", "", repr(at))
        try:
            whole = probe(op, at)
        except UnusableError as error:
            yield Claim(op.name, call, "", "", Verdict("wrong", str(error)))
            continue
        for places in [*[(k,) for k in whole.places], *([whole.places] if len(whole.places) > 1 else [])]:
            found = whole.only(places)
            entries = sum([x.size for x in found.xs])
            if not entries:
                continue
            held = tuple([k for k in whole.places if k not in places])
            short = found.mapped(_shortened, held)
            subjects = [_subject(op, at, short), *([_subject(op, at, whole, places)] if held else [])]
            yield from _claims(op, call, short, subjects, prover, order if entries <= _SECOND_ORDER else 1, seconds)


def _shortened(x: Any) -> Any:
    """Operands that are held, on a grid of 1/1024: what a rule computes of them alone is then mostly exact."""
    return (np.round(x * 1024) / 1024).astype(x.dtype)[()]


def _claims(
    op: Op, call: str, p: Probe, subjects: list[Subject], prover: Prover, order: int, seconds: float | None
) -> Iterator[Claim]:
    """One claim a mode.  What numbers held constant leave to rounding is asked again with symbols in their place."""
    real = all([np.asarray(x).dtype.kind == "f" for x in (*p.xs, *p.f(*p.xs))])
    modes = (*FIRST, *(SECOND if real else ())) if order > 1 else FIRST
    refused: list[Claim] = []
    claims: list[Claim] = []
    for mode in modes:
        try:
            verdict = prover.prove(subjects[0], mode, seconds)
            for other in subjects[1:]:
                verdict = prover.prove(other, mode, seconds) if verdict.status == "checked" else verdict
        except DerivativeError as error:
            refused.append(Claim(op.name, call, p.names, mode, Verdict("wrong", f"refused: {error}")))
            continue
        except Exception as error:  # a rule may raise anything
            verdict = Verdict("wrong", f"the rule raises {type(error).__name__}: {error}")
        claims.append(Claim(op.name, call, p.names, mode, verdict))
    yield from claims
    if claims or not all(["no derivative is known" in c.verdict.reason for c in refused]):
        yield from refused


def _subject(op: Op, at: Case, p: Probe, moving: tuple[int, ...] | None = None) -> Subject:
    """A call as a function of the operands that move, each with the name of its parameter.

    With ``moving``, of all operands, those first that move: the others are symbols that are held.
    """
    order = p.places if moving is None else (*moving, *[k for k in p.places if k not in moving])
    by_place = dict(zip(p.places, p.xs, strict=True))

    def f(*xs: Any) -> tuple[Any, ...]:
        given = dict(zip(order, xs, strict=True))
        return p.f(*[given[k] for k in p.places])

    names = list(parameter_names(op.bind or op.fun)) if op.flatten is None else []
    names += ["xyzabcdefgh"[k % 11] for k in range(len(names), 1 + max(order))]
    domain = at.domain or op.domain or (-2.0, 2.0)
    spans = [domain[k] if isinstance(domain[0], tuple) else domain for k in order]
    held = 0 if moving is None else len(order) - len(moving)
    return Subject(f, tuple([by_place[k] for k in order]), tuple([names[k] for k in order]), tuple(spans), held)


def reason_without_symbol(op: Op) -> str:
    """Why an op has no symbolic meaning, or nothing where it has one."""
    return op.symbol.reason if isinstance(op.symbol, NoSymbol) else ""
