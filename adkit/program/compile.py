"""``compile``: a function traced once for each kind of arguments, and run as optimised NumPy from then on."""

from __future__ import annotations

import functools
import types
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import tree
from ..arguments import check_callable
from .calling import OTHERWISE, entrance
from .keys import Call, read
from .optimise import Fast, TracedElsewhereError, optimised
from .trace import Fixed, parameter_names, write_down

__all__ = ["Compiled", "compile"]

_PROGRAMS = 128
"""Kinds of arguments for which a compiled function keeps programs; the one unused for longest goes first."""

_BRANCHES = 16
"""Programs kept for one kind of arguments: one for each way through the function's branches."""

_CAREFUL = 2
"""How often arguments with an infinite partial are traced, before the function itself answers for them."""

_TRAPS = (FloatingPointError, ZeroDivisionError, OverflowError, ValueError)
"""What says that the function itself must answer: an infinite partial, or floats that do not take what arrays take."""


class _Kind:
    """The programs for one kind of arguments."""

    __slots__ = ("enter", "programs", "run", "trapped", "used", "watched")

    def __init__(self, program: Fast) -> None:
        self.programs: list[Fast] = []
        self.put(program)
        self.used = self.trapped = 0
        self.watched: list[Any] = []
        self.enter: Any = None  # see entrance

    def put(self, program: Fast) -> None:
        """Make a program the first to be tried."""
        self.programs = [program, *[p for p in self.programs if p is not program][: _BRANCHES - 1]]
        self.run = program.run


class Compiled:
    """A function that is traced at its first call, and run as optimised NumPy from then on.

    Attributes
    ----------
    traces : how often the function has been traced.
    source : the optimised NumPy of the program that was made last.
    plain : the same program line by line as it was traced, before anything was optimised.
    """

    def __init__(self, f: Callable[..., Any], backend: str | None) -> None:
        functools.update_wrapper(self, f, updated=())
        self._f, self._backend = f, backend
        self._kinds: dict[Any, _Kind] = {}
        self._tick = 0
        self._last: Any = None
        self._last_kind: _Kind | None = None  # the kind of the last call, whose way in is tried first
        self.traces = 0

    # calling ------------------------------------------------------------------------------------------

    def __call__(self, *args: Any, **kw: Any) -> Any:
        kind = self._last_kind
        if kind is not None and not kw:
            try:
                found = kind.enter(args)
            except TracedElsewhereError:
                return self._elsewhere(kind, _converted(args, kw), args, kw, None)
            except _TRAPS:
                return self._trapped(kind, _converted(args, kw), args, kw, None)
            if found is not OTHERWISE:
                return found
        return self._general(args, kw)

    def _general(self, args: tuple[Any, ...], kw: dict[str, Any]) -> Any:
        call = read(args, kw)
        if call is None:
            return self._f(*args, **kw)
        key = (len(args), *call.key)
        kind = self._kinds.get(key)
        given = _converted(args, kw)
        if kind is None:
            return self._first(key, call, given, args, kw)
        self._tick = kind.used = self._tick + 1
        if kind.enter is None and not kw and not call.fixed and all([_is_plain(a) for a in args]):
            kind.enter = entrance(self, kind, [(a.shape, a.dtype) if type(a) is np.ndarray else ((), type(a)) for a in args])
        self._last_kind = kind if kind.enter is not None else None
        try:
            return kind.run(*given)
        except TracedElsewhereError:
            return self._elsewhere(kind, given, args, kw, call)
        except _TRAPS:
            return self._trapped(kind, given, args, kw, call)

    def _first(self, key: Any, call: Call, given: tuple[Any, ...], args: tuple[Any, ...], kw: dict[str, Any]) -> Any:
        """The first call with arguments of a kind."""
        program = self._traced(call, args, kw)
        if program is None:
            return self._f(*args, **kw)
        kind = _Kind(program)
        self._tick = kind.used = self._tick + 1
        kinds = self._kinds
        while len(kinds) >= _PROGRAMS:
            oldest = min(list(kinds.items()), key=lambda item: item[1].used)[0]
            kinds.pop(oldest, None)
        forget = lambda _: kinds.pop(key, None)  # an id says nothing once its object is gone
        for x in call.watched:
            try:
                kind.watched.append(weakref.ref(x, forget))
            except TypeError:
                kind.watched.append(x)
        kinds[key] = kind
        try:
            return kind.run(*given)
        except _TRAPS:
            return self._f(*args, **kw)

    def _elsewhere(self, kind: _Kind, given: Any, args: tuple[Any, ...], kw: dict[str, Any], call: Call | None) -> Any:
        """Arguments for which the first program's branches are not the ones to take."""
        for program in kind.programs[1:]:
            try:
                found = program(*given)
            except TracedElsewhereError:
                continue
            except _TRAPS:
                return self._trapped(kind, given, args, kw, call)
            kind.put(program)
            return found
        return self._again(kind, given, args, kw, call)

    def _trapped(self, kind: _Kind, given: Any, args: tuple[Any, ...], kw: dict[str, Any], call: Call | None) -> Any:
        """Arguments for which something is not finite: the function traced there keeps zeros where they belong."""
        if kind.trapped >= _CAREFUL or self._backend == "numba":  # to which choices by mask mean nothing
            return self._f(*args, **kw)
        kind.trapped += 1
        return self._again(kind, given, args, kw, call)

    def _again(self, kind: _Kind, given: Any, args: tuple[Any, ...], kw: dict[str, Any], call: Call | None) -> Any:
        """Trace once more, for the same kind of arguments; what no program answers the function answers itself."""
        call = call or read(args, kw)
        program = self._traced(call, args, kw) if call is not None else None
        if program is None:
            return self._f(*args, **kw)
        kind.put(program)
        try:
            return program(*given)
        except _TRAPS:
            return self._f(*args, **kw)

    def _traced(self, call: Call, args: tuple[Any, ...], kw: dict[str, Any]) -> Fast | None:
        """The program of a call; None where it would hold for these numbers alone."""
        names = parameter_names(self._f, len(args))
        for name in kw:
            names.append(name if name not in names else f"{name}_")
        if call.fixed:
            supply = iter(range(len(call.leaves)))
            fix = lambda x: Fixed(x) if _is_input(x) and next(supply) in call.fixed else x
            args = tree.map_leaves(fix, args)
            kw = tree.map_leaves(fix, kw)
        program = write_down(self._f, args, {}, names, "compile", kw)
        self.traces += 1
        if program.special:
            return None
        fast = optimised(program, "numba" if self._backend == "numba" else None)
        program.inputs = ()  # where objects that the arguments held would be kept alive
        self._last = fast, program
        return fast

    # reading ------------------------------------------------------------------------------------------

    @property
    def source(self) -> str:
        """The optimised NumPy of the program that was made last; empty before the first call."""
        return "" if self._last is None else str(self._last[0].source)

    @property
    def plain(self) -> str:
        """The program that was made last, line by line as it was traced."""
        return "" if self._last is None else str(self._last[1].source)

    @property
    def constants(self) -> dict[str, Any]:
        """The arrays and functions that the source names but does not spell out."""
        return {} if self._last is None else dict(self._last[0].constants)

    @property
    def operations(self) -> int:
        """How many operations the program that was made last had before it was optimised."""
        return 0 if self._last is None else int(self._last[1].operations)

    def clear(self) -> None:
        """Forget all programs: what the function reads from outside is read anew."""
        self._kinds.clear()
        self._last = self._last_kind = None

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else types.MethodType(self, instance)

    def __reduce__(self) -> Any:
        return Compiled, (self._f, self._backend)

    def __repr__(self) -> str:
        return f"<compiled {getattr(self._f, '__name__', self._f)}: {len(self._kinds)} kinds of arguments>"


def _is_plain(x: Any) -> bool:
    return type(x) in (float, np.float64) or (type(x) is np.ndarray and x.ndim > 0)


def _is_input(x: Any) -> bool:
    return not (tree.is_static(x) or isinstance(x, (bool, int, np.integer, np.bool_)))


def _converted(args: tuple[Any, ...], kw: dict[str, Any]) -> tuple[Any, ...]:
    """The arguments as the program takes them: every leaf an array or a number of NumPy's."""
    return tuple([tree.map_leaves(_leaf, a) for a in (*args, *kw.values())])


def _leaf(x: Any) -> Any:
    kind = type(x)
    if kind is np.ndarray:
        return x if x.shape else x[()]
    if kind is float:
        return np.float64(x)
    if kind is complex:
        return np.complex128(x)
    if isinstance(x, np.generic) or not _is_input(x):
        return x
    x = np.asarray(x)
    return x if x.shape else x[()]


def compile(f: Callable[..., Any] | None = None, *, backend: str | None = None) -> Any:
    """A function that computes what ``f`` does, traced at its first call and run as optimised NumPy from then on.

    Parameters
    ----------
    f : any function of arrays, or of trees of them, written in NumPy; derivatives included:
        ``compile(grad(loss))``, ``compile(value_and_grad(loss))``, ``compile(lambda x, v: hvp(loss, x, v))``.
        Without it a decorator is returned: ``@compile(backend="numba")``.
    backend : None for NumPy, or ``"numba"`` for programs of single numbers (the extra ``numba``).

    Returns
    -------
    A :class:`Compiled`, called like ``f``.  It traces ``f`` once for each structure, shape and type of the arguments, and
    once more where a branch on a value goes the other way.

    Raises
    ------
    UnsupportedError : at the call, for what a program cannot hold: in-place writes into plain arrays, conversions to
        ``float``, random numbers drawn from a global generator or one that ``f`` holds; and with ``backend="numba"`` for what
        is no program of single numbers, or has more than 2,000 operations on them.
    ImportError : at the call, with ``backend="numba"`` where numba is not installed.

    Notes
    -----
    Floating-point numbers, and arrays of any type, are inputs, by position or by keyword; Python's integers, booleans, text,
    functions and other objects are held fixed, and another value is another program.  What ``f`` reads from outside
    (globals, closures, attributes) is read when it is traced, and frozen: pass what changes as an argument, or call
    ``clear()``.

    Examples
    --------
    >>> import numpy as np, adkit
    >>> gradient = adkit.compile(adkit.grad(lambda x: np.sum(np.tanh(x) * x)))
    >>> gradient(np.array([0.0, 2.0])).round(4).tolist()
    [0.0, 1.1053]
    >>> print(gradient.source)  # doctest: +SKIP
    """
    if f is None:
        return lambda g: compile(g, backend=backend)
    check_callable(f, "compile")
    if backend not in (None, "numpy", "numba"):
        raise ValueError(f"compile: there is no backend {backend!r}; there are 'numpy' and 'numba'")
    return Compiled(f, backend)
