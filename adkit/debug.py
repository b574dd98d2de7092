"""Switches that trade speed for finding a mistake."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextvars import ContextVar
from types import TracebackType
from typing import Any
from zlib import crc32

import numpy as np

from .errors import MutationError
from .levels import Boxed, plain

__all__ = ["Watch", "debug_mutations", "held_arrays", "op_name", "watching"]

_watching: ContextVar[bool] = ContextVar("adkit_debug_mutations", default=False)


def watching() -> bool:
    """Whether the switch is on."""
    return _watching.get()


class debug_mutations:  # noqa: N801 - a context manager, used like a function
    """Detect arrays changed in place between recording and pulling back, which would give wrong gradients.

    The derivatives taken inside remember a checksum of every array on the tape, and check it before
    they sweep; a changed one raises :class:`adkit.MutationError` that names the op.

    >>> import numpy as np, adkit
    >>> w = np.array([1.0, 2.0])
    >>> with adkit.debug_mutations():
    ...     y, pullback = adkit.vjp(lambda x: x * w, np.ones(2))
    ...     w[0] = 5.0
    ...     pullback(np.ones(2))
    Traceback (most recent call last):
        ...
    adkit.errors.MutationError: an array of shape (2,) was changed in place after op 'multiply' had recorded it...
    """

    def __enter__(self) -> None:
        self._token = _watching.set(True)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _watching.reset(self._token)


def held_arrays(values: Iterable[Any]) -> dict[int, np.ndarray]:
    """The distinct arrays (by the memory they own) that nested tuples and boxes hold."""
    found: dict[int, np.ndarray] = {}
    stack = list(values)
    while stack:
        v = stack.pop()
        if isinstance(v, np.ndarray):
            owner = v
            while isinstance(owner.base, np.ndarray):
                owner = owner.base
            found[id(owner)] = owner
        elif isinstance(v, (tuple, list)):
            stack.extend(v)
        elif hasattr(v, "held_values"):  # what stands for steps that were forgotten
            stack.extend(v.held_values())
        elif isinstance(v, Boxed):
            stack.append(getattr(plain(v), "value", plain(v)))
    return found


class Watch:
    """Checksums of the arrays on one tape, taken as they are recorded."""

    def __init__(self) -> None:
        self.sums: dict[int, tuple[np.ndarray, int, str]] = {}

    def appending(self, append: Callable[[Any], None]) -> Callable[[Any], None]:
        """The tape's ``append``, with a look at the arrays that are recorded."""

        def watched(record: Any) -> None:
            for key, array in held_arrays(record).items():
                if key not in self.sums:
                    self.sums[key] = (array, _checksum(array), op_name(record[1]))
            append(record)

        return watched

    def verify(self) -> None:
        """Compare every array with its checksum."""
        for array, checksum, name in self.sums.values():
            if _checksum(array) != checksum:
                raise MutationError(
                    f"an array of shape {array.shape} was changed in place after op {name!r} had recorded it, so the "
                    "gradient would be wrong. Change a copy (x = x + dx, or x.copy() before), or take the gradient first"
                )


def _checksum(array: np.ndarray) -> int:
    return crc32(np.ascontiguousarray(array).view(np.uint8).reshape(-1).data) if array.size else 0


def op_name(rule_or_op: Any) -> str:
    """What a record's op is called: the op's own name, or that of the op to which the rule belongs."""
    if rule_or_op is None:
        return "input"
    if isinstance(rule_or_op, str):
        return rule_or_op
    from .registry import REGISTRY

    for op in REGISTRY.values():
        if rule_or_op is op or rule_or_op in op.rules:
            return op.name
    return getattr(rule_or_op, "__name__", "custom")
