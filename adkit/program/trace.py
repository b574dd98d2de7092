"""``trace``: a function run once on example arguments, and written down as a Program."""

from __future__ import annotations

import functools
import inspect
import random
import threading
import types
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np

from .. import tree
from ..arguments import call, check_callable, named, outputs, results
from ..errors import DerivativeError, UnsupportedError
from ..levels import Boxed
from ..registry import Op
from .instruction import Ref
from .listing import Program
from .recording import Trace
from .tracer import Tracer

__all__ = ["Fixed", "Program", "parameter_names", "trace", "write_down"]


class Fixed:
    """A leaf that is held fixed although it is a number."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


def trace(f: Callable[..., Any]) -> Callable[..., Program]:
    """A function of the same arguments that runs ``f`` on them once, and returns it written down as a Program.

    Parameters
    ----------
    f : any function of arrays, or of trees of them, written in NumPy.  It may itself be a derivative: the trace of
        ``adkit.grad(loss)`` is the reverse sweep of ``loss``, written out.

    Returns
    -------
    A function that returns a :class:`Program`.  Floating-point numbers, and arrays of any type, become its inputs; Python's
    integers, booleans, text and None are held fixed, as are keyword arguments.

    Raises
    ------
    UnsupportedError : for in-place writes into plain arrays, conversions to ``float``, random numbers from NumPy's or
        Python's global generator or from one that ``f`` holds, and values of a derivative taken outside.

    Notes
    -----
    A branch is traced on the side that the example takes, and guarded.  What the function computes from plain arrays alone
    is a constant of the program; so are numbers from a generator that it makes or finds elsewhere than in its closure, its
    defaults, its globals or its object, which cannot be noticed: draw them outside and pass them as an argument.

    Examples
    --------
    >>> import numpy as np, adkit
    >>> program = adkit.trace(adkit.grad(lambda x: np.sum(np.tanh(x) * x)))(np.array([0.5, 1.0]))
    >>> program(np.array([0.0, 2.0])).round(4).tolist()
    [0.0, 1.1053]
    """
    check_callable(f, "trace")

    def traced(*args: Any, **kw: Any) -> Program:
        return write_down(f, args, kw, parameter_names(f, len(args)), "trace")

    return named(traced, f, "trace")  # type: ignore[no-any-return]


def write_down(
    f: Callable[..., Any], args: tuple[Any, ...], kw: dict[str, Any], parameters: list[str], op: str, given: Any = None
) -> Program:
    """Run ``f`` once, on Tracers in place of its arguments' leaves, and return what it did.

    ``given``, if not None, holds keyword arguments that are inputs too; their names are the last of ``parameters``.  It maps
    each to its value, and ``op`` names the driver in messages.
    """
    # The global generators belong to all threads: what another one draws meanwhile is not drawn again the next time.
    for last in (False, False, False, True) if threading.active_count() > 1 else (True,):
        drawn = _generators(f)
        program = _written_down(f, args, kw, parameters, op, given)
        changed = [name for (name, which), state in _generators(f).items() if drawn.get((name, which), state) != state]
        if not changed:
            break
        if last:
            raise UnsupportedError(
                f"{op}: the function drew random numbers from {changed[0]}, which the program would freeze: draw them "
                "outside and pass them as an argument"
            )
    return program


def _written_down(
    f: Callable[..., Any], args: tuple[Any, ...], kw: dict[str, Any], parameters: list[str], op: str, given: Any
) -> Program:
    names = list(given or ())
    with Trace(keeps=given is None) as level:
        boxed, inputs = [], []
        for a, name in zip((*args, *[given[n] for n in names]), parameters, strict=True):
            paths = iter([path for path, _ in tree.paths(a, name)])
            enter = lambda x, paths=paths: _enter(level, x, next(paths), op)
            boxed.append(tree.map_leaves(enter, a))
            inputs.append(tree.map_leaves(_ref, boxed[-1]))
        n = len(args)
        out = results(outputs(call(f, boxed[:n], {**kw, **dict(zip(names, boxed[n:], strict=True))}, op)), op)
    return Program(_name(f), parameters, tuple(inputs), tree.map_leaves(_ref, out), level)


def _ref(x: Any) -> Any:
    return Ref(x.index) if isinstance(x, Tracer) else x


def _enter(level: Trace, x: Any, path: str, op: str) -> Any:
    """A leaf of the arguments as an input of the program; what is no number of the continuous kind stays as it is."""
    if type(x) is Fixed:
        return x.value
    while isinstance(x, Boxed):
        x = x.primal
    if isinstance(x, (np.ma.MaskedArray, np.matrix)):
        raise DerivativeError(f"{op}: {path} is a {type(x).__name__}; pass a plain array")
    if tree.is_static(x) or isinstance(x, (bool, int, np.integer, np.bool_)):
        return x
    x = np.asarray(x)
    if x.dtype.kind not in "fciub":
        raise DerivativeError(f"{op}: {path} is no array of numbers but of type {x.dtype}")
    return level.input(x[()] if not x.ndim else x, path)


def _name(f: Any) -> str:
    name = getattr(f, "__name__", "f")
    return "f" if name == "<lambda>" else name.replace("<lambda>", "f")


def parameter_names(f: Any, count: int) -> list[str]:
    """The names of the positional arguments."""
    f = inspect.unwrap(f)
    f = f.fun if isinstance(f, Op) else f
    try:
        found = [p for p in inspect.signature(f).parameters.values() if p.kind is not p.KEYWORD_ONLY]
    except (TypeError, ValueError):
        found = []
    names = [p.name for p in found if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)][:count]
    rest = next((p.name for p in found if p.kind is p.VAR_POSITIONAL), "x")
    missing = count - len(names)
    names += [f"{rest}{k}" if missing > 1 or not found else rest for k in range(missing)]
    return [n if n not in ("np",) else f"{n}_" for n in names]


def _generators(f: Any) -> dict[tuple[str, int], Any]:
    """The states of the global random generators, and of those that the function holds."""
    state: Any = np.random.get_state()  # noqa: NPY002 - the user's, not ours
    found: dict[tuple[str, int], Any] = {
        ("Python's random", 0): random.getstate(), ("numpy.random", 0): (state[1].tobytes(), *state[2:]),
    }  # fmt: skip
    for held in _held(f):
        found[f"a {type(held).__name__} that it holds", id(held)] = (
            held.getstate() if isinstance(held, random.Random)
            else repr(held.get_state() if isinstance(held, np.random.RandomState) else held.bit_generator.state)
        )  # fmt: skip
    return found


_HELD = 200
"""Among how many functions and values that a function holds its generators are looked for."""


def _held(f: Any) -> list[Any]:
    """The random generators in a function's closure, its defaults, the globals it names and the object it is a method of."""
    found: list[Any] = []
    seen: set[int] = set()
    ahead = [f]
    while ahead and len(seen) < _HELD:
        x = ahead.pop()
        if id(x) in seen:
            continue
        seen.add(id(x))
        if isinstance(x, (np.random.Generator, np.random.RandomState, random.Random)):
            found.append(x)
        elif isinstance(x, types.MethodType):
            ahead += [x.__func__, *getattr(x.__self__, "__dict__", {}).values()]
        elif isinstance(x, functools.partial):
            ahead += [x.func, *x.args, *x.keywords.values()]
        elif isinstance(x, types.FunctionType):
            if not (x.__module__ or "").startswith(("adkit.", "numpy.")):
                ahead += [x.__globals__[name] for name in x.__code__.co_names if name in x.__globals__]
            ahead += [*(x.__defaults__ or ()), *(x.__kwdefaults__ or {}).values()]
            for cell in x.__closure__ or ():
                with suppress(ValueError):  # a cell that is still empty
                    ahead.append(cell.cell_contents)
    return found
