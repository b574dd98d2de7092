"""Finding where a nan first appears: in a value, in a tangent, or in a cotangent on the way back.

``debug_nans`` looks at every op while a derivative is taken.  Without it nothing is looked at, until a sweep gives nan:
then the sweep is made once more with care, and a warning says which op it was.
"""

from __future__ import annotations

import linecache
import os
import sys
import warnings
from collections.abc import Callable
from contextvars import ContextVar
from types import TracebackType
from typing import Any

import numpy as np

from .arguments import callers_level
from .cotangents import Pending, Spec
from .debug import op_name
from .diagonal import Diagonal
from .errors import AdkitWarning, NanError
from .guard import has_nan
from .levels import Boxed, plain
from .pull import COLLECTORS, WRITES, layout, pull_carefully, pull_leaf

__all__ = ["Finder", "TapeFinder", "all_finite", "debug_nans", "in_rule", "looking", "warn_of_nan"]

_looking: ContextVar[bool] = ContextVar("adkit_debug_nans", default=False)
_in_rule: ContextVar[int] = ContextVar("adkit_in_rule", default=0)
_FEW = 8


def looking() -> bool:
    """Whether the switch is on."""
    return _looking.get()


class debug_nans:  # noqa: N801 - a context manager, used like a function
    """Stop at the op that first produces nan in a derivative taken inside: in a value, a tangent or a cotangent.

    The error, :class:`adkit.NanError`, names the op, the line of yours that called it, and the numbers it was given.
    Outside of the block nothing is looked at, and nothing costs time.

    >>> import numpy as np, adkit
    >>> def length(x):
    ...     return np.sqrt(np.sum(x * x))
    >>> with adkit.debug_nans():
    ...     adkit.grad(length)(np.zeros(2))
    Traceback (most recent call last):
        ...
    adkit.errors.NanError: the cotangent becomes nan on the way back through 'multiply', recorded at <doctest ...>:2...
    """

    def __enter__(self) -> None:
        self._token = _looking.set(True)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _looking.reset(self._token)


class in_rule:  # noqa: N801 - a context manager, used like a function
    """While a rule runs for a level: what it computes at outer ones may be nan for a moment, where a zero meets an infinite
    partial.  What is recorded at a level that the rule itself opens (``checkpoint``) is the user's, and looked at.
    """

    def __init__(self, order: int) -> None:
        self.order = order

    def __enter__(self) -> None:
        self._token = _in_rule.set(self.order)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _in_rule.reset(self._token)


def _place() -> str:
    """The innermost line that is neither ours nor a library's, as ``file:line: text``."""
    found = [sys.modules[name].__file__ for name in (__package__, "numpy", "scipy") if name in sys.modules]
    libraries = tuple([os.path.dirname(file) + os.sep for file in found if file])
    frame: Any = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(libraries):
        frame = frame.f_back
    if frame is None:
        return "an unknown line"
    file, line = frame.f_code.co_filename, frame.f_lineno
    text = linecache.getline(file, line).strip()
    name = file if file.startswith("<") else os.path.basename(file)
    return f"{name}:{line}" + (f": {text}" if text else "")


def _holds_nan(x: Any) -> bool:
    if x is None or type(x) is Spec:
        return False
    if type(x) is Diagonal:
        return has_nan(x.values)
    if type(x) is Pending:
        return _holds_nan(x.total)
    if isinstance(x, (list, tuple)):
        return any([_holds_nan(part) for part in x])
    if not hasattr(x, "dtype"):
        return isinstance(x, float) and x != x
    return x.dtype.kind in "fc" and has_nan(x)


def all_finite(x: Any) -> bool:
    """Whether a value, or every one of several, is finite beneath all derivatives."""
    if isinstance(x, (list, tuple)):
        return all([all_finite(part) for part in x])
    x = plain(x)
    dtype = getattr(x, "dtype", None)
    if dtype is None or dtype.kind not in "fc" or type(x) is Spec or isinstance(x, Boxed):
        return not isinstance(x, float) or abs(x) < np.inf
    return bool(np.isfinite(x).all())


# words ----------------------------------------------------------------------------------------------


def _bare(x: Any) -> Any:
    """The numbers of a perturbation or a primal, without the boxes around them."""
    if type(x) is Diagonal:
        x = x.values
    if type(x) is Pending:
        x = x.total
    x = plain(x)
    while getattr(x, "written", False):  # in a program that is being written down: the example's number
        x = x.primal
    return x


def _shown(x: Any) -> str:
    """A value in few words: its numbers, or its shape and range."""
    x = _bare(x)
    if x is None:
        return "zero"
    if type(x) is Spec:
        return f"an array of shape {x.shape}"
    if isinstance(x, (list, tuple)):
        return "(" + ", ".join([_shown(part) for part in x]) + ")"
    x = np.asarray(x)
    if x.dtype.kind not in "fciub":
        return f"of type {x.dtype}"
    if x.size <= _FEW:
        return np.array2string(x, precision=6, separator=", ").replace("\n", "")
    bad, inf = int(np.isnan(x).sum()), int(np.isinf(x).sum())
    sound = np.real(x[np.isfinite(x)])
    span = f", from {sound.min():.4g} to {sound.max():.4g}" if sound.size else ""
    marks = "".join([f", {n} {word}" for n, word in ((bad, "nan"), (inf, "infinite")) if n])
    return f"an array of shape {x.shape}{span}{marks}"


def _first(x: Any) -> tuple[int, ...] | None:
    """Where the first nan of a result stands."""
    x = _bare(x)
    if isinstance(x, (list, tuple)) or type(x) is Spec or x is None:
        return None
    found = np.argwhere(np.isnan(np.asarray(x)))
    return tuple([int(k) for k in found[0]]) if len(found) else None


def _operands(xs: Any, like: Any, at: tuple[int, ...] | None) -> str:
    """The operands: at the entry where the nan is, where they are that small or that alike; in few words otherwise."""
    shape = np.shape(_bare(like)) if at is not None and like is not None and type(like) is not Spec else None  # no place: several
    words = []
    for k, x in enumerate(xs):
        value = _bare(x)
        if at and shape and hasattr(value, "shape") and type(value) is not Spec and value.shape == shape and value.size > _FEW:
            words.append(f"operand {k} holds {value[at]:.6g} there")
        else:
            words.append(f"operand {k} is {_shown(value)}")
    return "; ".join(words)


# looking --------------------------------------------------------------------------------------------


class Finder:
    """Looks at each op of a forward sweep.  ``raises``: stop at the first nan; else keep its description in ``first``.

    ``order`` is that of the level.
    """

    def __init__(self, raises: bool, order: int) -> None:
        self.raises, self.order = raises, order
        self.first: str | None = None
        self.finite = True

    def found(self, message: str, cause: str) -> None:
        if self.raises:
            raise NanError(message)
        self.first = self.first or cause

    def pushed(self, op: Any, xs: Any, tangents: Any, y: Any, t: Any, place: Callable[[], str] = _place) -> None:
        """One op: its operands and their tangents, its result and the tangent of that."""
        if self.first is not None or self.order <= _in_rule.get():
            return
        name = op_name(op)
        self.finite = self.finite and all_finite(y)
        if self.raises and _holds_nan(y):
            self.found(*_of_value(name, xs, y, place()))
        elif _holds_nan(t):
            at = _first(t)
            came = [k for k, g in enumerate(tangents) if _holds_nan(g)]
            how = f"receives a tangent of nan in operand {came[0]}" if came else "gives a tangent of nan"
            where = f" (first at entry {at})" if at else ""
            parts = "; ".join([f"the tangent of operand {k} is {_shown(g)}" for k, g in enumerate(tangents) if g is not None])
            self.found(
                f"'{name}' {how}{where}, at {place()}\n{_operands(xs, t, at)}; {parts}", f"'{name}' {how}{where}"
            )


def _of_value(name: str, xs: Any, y: Any, place: str) -> tuple[str, str]:
    at = _first(y)
    came = [k for k, x in enumerate(xs) if _holds_nan(x)]
    how = f"receives nan in operand {came[0]}" if came else "gives nan"
    where = f" (first at entry {at})" if at else ""
    return f"'{name}' {how}{where}, at {place}\n{_operands(xs, y, at)}", f"'{name}' {how}{where}"


class TapeFinder(Finder):
    """Looks at each op that is recorded, and at each that is pulled back; it remembers the lines."""

    def __init__(self, raises: bool, order: int) -> None:
        super().__init__(raises, order)
        self.places: dict[int, str] = {}

    def appending(self, append: Callable[[Any], None], records: list[Any]) -> Callable[[Any], None]:
        """The tape's ``append``, with a look at what is recorded."""

        def watched(record: Any) -> None:
            if record[0] is not pull_leaf:
                self.places[len(records)] = _place()
            if record[0] is not pull_leaf and self.order > _in_rule.get():
                op, y, _, _, xs = _laid_out(record)
                if type(y) is Spec:  # a large result that no rule needs: the caller holds it
                    y = getattr(sys._getframe(1).f_locals.get("v"), "primal", y)
                if _holds_nan(y):
                    self.found(*_of_value(op_name(op), xs, y, self.places[len(records)]))
            append(record)

        return watched

    def pulled(self, index: int, record: Any, g: Any, cotangents: list[Any]) -> None:
        """A record that has just been pulled back with ``g``."""
        if record[0] is pull_leaf or self.first is not None:
            return
        op, y, _, indices, xs = _laid_out(record)
        name, place = op_name(op), self.places.get(index)
        recorded = f", recorded at {place}" if place else ""
        if _holds_nan(g):
            words = f"the cotangents that reach the result of '{name}' add up to nan"
            self.found(f"{words}{recorded}\nthe sum is {_shown(g)}", words)
            return
        for k, i in enumerate(indices):
            if i >= 0 and _holds_nan(cotangents[i]):
                words = f"the cotangent becomes nan on the way back through '{name}'"
                if record[0] not in COLLECTORS and type(g) is not Diagonal:
                    alone: Any = type(cotangents)() if isinstance(cotangents, dict) else [None] * len(cotangents)
                    pull_carefully(record, g, alone)
                    if not _holds_nan(alone[i]):  # inf - inf
                        words += f", whose share, {_shown(alone[i])}, is added to infinite ones of other ops"
                at = _first(cotangents[i])
                self.found(
                    f"{words}{recorded}\nthat of operand {k}{f' at entry {at}' if at else ''}, where the cotangent of the result "
                    f"is {_shown(g)}; {_operands(xs, cotangents[i], at)}",
                    words,
                )
                return


def _laid_out(record: Any) -> tuple[Any, Any, Any, tuple[int, ...], tuple[Any, ...]]:
    """Any record as ``(op, y, p, indices, xs)``."""
    if record[0] in WRITES:
        return record[1], None, None, (record[4], record[5]), ()
    op, y, p, indices, xs = layout(record)
    return (next(rule for rule in op if rule is not None) if isinstance(op, tuple) else op), y, p, indices, xs


def warn_of_nan(mode: str, first: str | None) -> None:
    """Say that a derivative is nan although the values are not, and where that begins."""
    begins = f": {first}" if first else ""
    warnings.warn(
        f"{mode} mode: the derivative holds nan although every value is finite{begins}. An infinite partial derivative has "
        "met another one, or a zero; inside `with adkit.debug_nans():` the same call stops at the line and shows the numbers",
        AdkitWarning,
        stacklevel=callers_level(),
    )
