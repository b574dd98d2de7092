"""Proofs in a notebook: a table with a row for each verdict; what it says stands in words, a sign and a colour."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

__all__ = ["Proofs", "as_html", "proofs"]

_SIGNS = {"proved": ("✓", "#00735a"), "checked": ("≈", "#8a6100"), "wrong": ("✗", "#c03500")}
"""A sign for each status, and a colour that can be read on white and, since it is a frame, on black."""


class Proofs:
    """Verdicts that a notebook shows as a table; see :func:`proofs`."""

    def __init__(self, claims: Iterable[Any]) -> None:
        self.claims = list(claims)

    def count(self) -> dict[str, int]:
        """How many there are of each status."""
        found = [c.verdict.status for c in self.claims]
        return {status: found.count(status) for status in _SIGNS}

    def __str__(self) -> str:
        return "\n".join([str(c) for c in self.claims])

    def __repr__(self) -> str:
        return f"<Proofs: {', '.join([f'{status} {n}' for status, n in self.count().items()])}>"

    def _repr_html_(self) -> str:
        return as_html([(f"{c.op}{c.call}{', ' + c.operands if c.operands else ''}, {c.mode}", c.verdict) for c in self.claims])


def proofs(f: Any, *args: Any, order: int = 1) -> Proofs:
    """The verdicts on both modes of a function's derivative, for reading.

    Parameters
    ----------
    f, args : a function, and where it stands, as for :func:`adkit.testing.assert_proved`.
    order : 1, or 2 for the second derivatives too.

    Examples
    --------
    >>> import numpy as np
    >>> proofs(lambda x: np.sin(x) * x, 0.5)
    <Proofs: proved 2, checked 0, wrong 0>
    """
    from .programs import prove_function

    return Proofs(prove_function(f, args, order=order))


def as_html(rows: list[tuple[str, Any]]) -> str:
    """A table of verdicts, each with what it is about."""
    lines = []
    for about, v in rows:
        sign, colour = _SIGNS[v.status]
        style = f"border:2px solid {colour};border-radius:4px;padding:0 .4em;white-space:nowrap"
        badge = f'<span style="{style}">{sign} {v.status}</span>'
        words = str(v).partition(": ")[2]
        cells = [f"<code>{escape(about)}</code>"] if about else []
        cells += [badge, escape(words)]
        lines.append("<tr>" + "".join([f'<td style="text-align:left">{cell}</td>' for cell in cells]) + "</tr>")
    return f"<table>{''.join(lines)}</table>"
