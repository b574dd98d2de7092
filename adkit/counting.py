"""Counting what derivatives cost: sweeps, directions and recorded ops, which no machine's noise touches."""

from __future__ import annotations

from contextvars import ContextVar
from types import TracebackType

__all__ = ["Counts", "count_sweeps", "note"]


class Counts:
    """What ran inside ``with count_sweeps() as counts``.

    ``forward_sweeps`` and ``reverse_sweeps`` count passes over a program; ``forward_directions`` and
    ``reverse_directions`` the tangents and cotangents that those passes carried (many may travel at once).
    ``recorded_ops`` counts the records written on tapes, inputs not included.
    """

    def __init__(self) -> None:
        self.forward_sweeps = 0
        self.reverse_sweeps = 0
        self.forward_directions = 0
        self.reverse_directions = 0
        self.recorded_ops = 0

    def __repr__(self) -> str:
        return (
            f"Counts(forward_sweeps={self.forward_sweeps}, forward_directions={self.forward_directions}, "
            f"reverse_sweeps={self.reverse_sweeps}, reverse_directions={self.reverse_directions}, "
            f"recorded_ops={self.recorded_ops})"
        )


_active: ContextVar[tuple[Counts, ...]] = ContextVar("adkit_counts", default=())


class count_sweeps:  # noqa: N801 - a context manager, used like a function
    """Count the sweeps made in a block.

    >>> import numpy as np, adkit
    >>> with adkit.count_sweeps() as counts:
    ...     J = adkit.jacrev(lambda x: np.array([x.sum(), x.prod()]))(np.arange(3.0))
    >>> counts.reverse_directions
    2
    """

    def __enter__(self) -> Counts:
        counts = Counts()
        self._token = _active.set((*_active.get(), counts))
        return counts

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _active.reset(self._token)


def note(mode: str, directions: int, ops: int = 0) -> None:
    """Tell the open counters of one sweep."""
    for counts in _active.get():
        if mode == "forward":
            counts.forward_sweeps += 1
            counts.forward_directions += directions
        else:
            counts.reverse_sweeps += 1
            counts.reverse_directions += directions
            counts.recorded_ops += ops
