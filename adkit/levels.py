"""Levels: which call of which driver a box belongs to.

Every call of a driver (``jvp``, ``grad``, ...) opens one level and closes it when it ends, however
it ends.  A level opened later is *inner*, and has the larger ``order``.  An op runs at the innermost
level among its operands; boxes of outer levels are constants there.  That is what prevents
perturbation confusion (Siskind & Pearlmutter, 2005): a tangent of one level never meets another's.

Orders come from one counter for the whole process, so that two levels never share one, not even
in two threads.
"""

from __future__ import annotations

from itertools import count
from numbers import Rational
from threading import local
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from .errors import LevelError

__all__ = [
    "OUTERMOST", "Boxed", "Level", "decided", "innermost", "lift", "operand", "plain", "raise_closed", "running", "top_level",
]  # fmt: skip

OUTERMOST = 1
"""The order of the level at which symbols live: no driver opens it, and all that drivers open are inner to it."""

_orders = count(OUTERMOST + 1)


class _Open(local):
    """The levels that are open in this thread, the one opened last at the end."""

    def __init__(self) -> None:
        self.levels: list[Level] = []


_open = _Open()


class Level:
    """One call of a driver: open inside its ``with``, closed ever after."""

    __slots__ = ("closed", "order")

    def __init__(self) -> None:
        self.order: int = next(_orders)
        self.closed: bool = False
        _open.levels.append(self)

    def __enter__(self) -> Any:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the level; its boxes can no longer be computed with."""
        if not self.closed:
            self.closed = True
            levels = _open.levels
            if levels and levels[-1] is self:
                levels.pop()
            elif self in levels:
                levels.remove(self)

    def reopen(self) -> None:
        """Open a level that is over once more, as the innermost of this thread."""
        self.closed = False
        _open.levels.append(self)


def running() -> bool:
    """Whether a derivative is being taken, in this thread."""
    return bool(_open.levels)


def innermost() -> Level | None:
    """The level that this thread opened last and has not closed."""
    return _open.levels[-1] if _open.levels else None


def raise_closed(*_: Any) -> NoReturn:
    """Refuse an op on a box whose level is over."""
    raise LevelError(
        "a value of a differentiation that has ended was used again: it belongs to a call of "
        "grad, jvp or the like that has already returned (or raised). Return it from the "
        "differentiated function (has_aux=True) instead of storing it outside."
    )


class Boxed:
    """What the registry knows of a box: it stands for ``primal``, at ``level``."""

    __slots__ = ()

    ground: bool = False
    """Whether this box is a number of another kind (a symbol, a value being traced), and carries no derivative."""

    primal: Any
    level: Level

    if TYPE_CHECKING:

        @property
        def shape(self) -> tuple[int, ...]: ...
        @property
        def dtype(self) -> Any: ...

    def layers(self) -> tuple[Any, ...]:
        """The values that this box is made of, one level further out."""
        return (self.primal,)

    @classmethod
    def process(cls, level: Any, op: Any, xs: tuple[Any, ...], kw: dict[str, Any]) -> Any:
        """Apply ``op`` to operands, at least one of which is a box of ``level``."""
        raise NotImplementedError

    @classmethod
    def interpret(cls, op: Any) -> Any:
        """The function that this kind of box uses for ``op``, made once."""
        raise NotImplementedError


def top_level(xs: tuple[Any, ...]) -> Boxed | None:
    """The box of the innermost level among operands, or None."""
    top: Boxed | None = None
    order = 0
    for x in xs:
        if isinstance(x, Boxed) and x.level.order > order:
            top, order = x, x.level.order
    return top


def plain(x: Any) -> Any:
    """The value beneath all derivatives: what ``x`` would be if nothing were differentiated.

    >>> plain(3.0)
    3.0
    """
    while isinstance(x, Boxed) and not x.ground:
        x = x.primal
    return x


def decided(x: Any) -> Any:
    """The numbers of a value where they must be known: how many are distinct, into which bin each falls.

    A symbol notes that it was asked; what is written down in a program stays, for its functions are recorded themselves.

    >>> decided(3.0)
    3.0
    """
    x = plain(lift(x))
    ask = getattr(x, "at_the_point", None) if isinstance(x, Boxed) else None
    return x if ask is None else ask()


_OBJECT = np.dtype(object)


def lift(x: Any) -> Any:
    """Stack an object array (or a list) that holds boxes into one box; anything else is returned as it is.

    ``np.array([a, b])`` of two 0-d boxes offers no hook, and gives an object array.  Wherever such an
    array meets a box, an intercepted function or a driver, it is lifted back.
    """
    if type(x) is np.ndarray:
        if x.dtype is not _OBJECT:
            return x
        entries = [_thawed(e) for e in (x.ravel().tolist() if x.ndim else [x.item()])]
        boxes = [e for e in entries if isinstance(e, Boxed)]
        return np.reshape(np.stack([_beside(e, boxes) for e in entries]), x.shape) if boxes else x
    freeze = getattr(type(x), "__adkit_freeze__", None)
    if freeze is not None:
        return freeze(x)
    if isinstance(x, (list, tuple)) and _holds_box(x):
        entries = [lift(e) for e in x]
        return np.stack([_beside(e, [e for e in entries if isinstance(e, Boxed)]) for e in entries])
    return x


def _thawed(e: Any) -> Any:
    """What a buffer holds now; anything else as it is."""
    freeze = getattr(type(e), "__adkit_freeze__", None)
    return e if freeze is None else freeze(e)


def _beside(e: Any, boxes: list[Any]) -> Any:
    """An entry that stands among boxes: Python's numbers take their type, as they do in arithmetic."""
    if isinstance(e, Boxed):
        return e
    kind = type(e)
    if kind is int or kind is float:
        return np.asarray(e, dtype=boxes[0].dtype if boxes[0].dtype.kind in "fc" else None)
    return np.asarray(e)


def operand(x: Any) -> Any:
    """What an op works on: object arrays and lists lifted, or, where they hold numbers alone, made numeric; fractions too."""
    if type(x) is np.ndarray and x.dtype is _OBJECT:
        x = lift(x)
        if type(x) is np.ndarray and all([isinstance(e, (int, float, complex, np.number, np.bool_)) for e in x.flat]):
            return np.array(x.tolist())
        return x
    x = lift(x)
    if isinstance(x, Rational) and not isinstance(x, (int, np.integer)):
        return float(x)  # a fraction, which NumPy would multiply into a plain Python number
    return np.asarray(x) if isinstance(x, (list, tuple)) else x


def _holds_box(x: Any) -> bool:
    return any(isinstance(_thawed(e), Boxed) or (isinstance(e, (list, tuple)) and _holds_box(e)) for e in x)
