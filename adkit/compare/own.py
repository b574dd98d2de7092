"""A user's function as a problem: of ordinary NumPy, at the arguments that ``--at`` gives, with respect to its floats."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import tree
from ..arguments import number, outputs
from ..console.functions import arguments, first_line, load, words_of
from ..console.options import UsageError
from ..errors import AdkitError
from .problems import Instance, Problem

__all__ = ["from_call", "from_target"]

_GROWN = 10_000_000


def from_target(word: str, at: str | None, grow: tuple[str, tuple[int, ...]] | None) -> Problem:
    """The problem of ``module:function`` or ``file.py:function`` at ``f(AT)``; with ``grow``, at several values of a name.

    Raises
    ------
    UsageError : where it cannot be loaded or called, or has nothing to differentiate.
    """
    f = load(word)
    if at is None:
        raise UsageError(f"target {word!r}: say where it stands with --at \"ARGUMENTS\", such as --at \"np.ones(3), 0.5\"")
    name, sizes = grow if grow is not None else ("", ())
    if name and not _mentions(at, name):
        raise UsageError(f"--grow {name}: --at {at!r} does not mention {name}")

    def at_size(n: int) -> tuple[tuple[Any, ...], dict[str, Any]]:
        try:
            return arguments(at, {name: n} if name else None)
        except UsageError as error:
            unknown = None if name else re.search(r"NameError: name '(\w+)'", str(error))
            hint = f"; --grow {unknown[1]}=10,100 would give it values" if unknown else ""
            raise UsageError(f"{error}{hint}") from None

    return _problem(word, f, at_size, f"called with {at}", name, sizes)


def from_call(f: Callable[..., Any], args: tuple[Any, ...], kw: dict[str, Any]) -> Problem:
    """The problem of a function at the arguments of a call."""
    name = getattr(f, "__name__", type(f).__name__)
    return _problem(name, f, lambda n: (args, kw), "called with these arguments", "", ())


def _mentions(expression: str, name: str) -> bool:
    try:
        return name in compile(f"_({expression}\n)", "--at", "eval").co_names
    except SyntaxError:
        return True  # evaluating it says what is wrong


def _problem(word: str, f: Callable[..., Any], at_size: Callable[[int], Any], called: str, name: str,
             sizes: tuple[int, ...]) -> Problem:  # fmt: skip
    inputs, scalar = 0, True
    for n in sizes or (0,):
        instance = _instance(word, f, *at_size(n))
        inputs, scalar = _tried(word, called + (f" and {name} = {n}" if name else ""), instance)
    operators = ("value", "jvp", "gradient", "hvp", "hessian") if scalar else ("value", "jvp", "jacobian")
    default = ("jvp", "gradient") if scalar else ("jvp", "jacobian")
    labels = tuple([str(n) for n in sizes]) or (str(inputs),)

    def build(size: int, rng: np.random.Generator) -> Instance:
        return _instance(word, f, *at_size(size))

    about = f"a function of yours, {called}"
    return Problem(word, about, build, name or "number of inputs", labels, labels, _GROWN, operators, default, foreign=False)


def _instance(word: str, f: Callable[..., Any], args: tuple[Any, ...], kw: dict[str, Any]) -> Instance:
    """The function of the floats among its arguments; integers, text and keyword arguments are held."""
    leaves = tree.leaves(args)
    moving = [_floating(leaf) for leaf in leaves]
    if any(np.asarray(leaf).dtype.kind == "c" for leaf, m in zip(leaves, moving, strict=True) if m):
        raise UsageError(f"target {word!r}: complex arguments cannot be compared; give real and imaginary parts")
    params = tuple([np.float64(x) if isinstance(x, float) else x for x, m in zip(leaves, moving, strict=True) if m])
    if not params:
        raise UsageError(f"target {word!r}: no argument is a float or an array of floats: write 3.0 for 3 to differentiate")

    def function(_: Any, *given: Any) -> Any:
        supply, flags = iter(given), iter(moving)
        found = f(*tree.map_leaves(lambda x: next(supply) if next(flags) else x, args), **kw)
        if not isinstance(found, (tuple, list, dict)) and not hasattr(type(found), "__dataclass_fields__"):
            return found
        parts = [number(y, "compare") for y in tree.leaves(outputs(found)) if not tree.is_static(y)]
        parts = [y for y in parts if y.dtype.kind in "fc"]  # an index or a mask has no derivative
        if len(parts) == 1:
            return parts[0]
        return np.concatenate([np.reshape(y, -1) for y in parts])

    return Instance(function, params)


def _floating(leaf: Any) -> bool:
    if isinstance(leaf, (bool, str, bytes)) or tree.is_static(leaf):
        return False
    return bool(np.asarray(leaf).dtype.kind in "fc")


def _tried(word: str, called: str, instance: Instance) -> tuple[int, bool]:
    """How many inputs there are and whether the result is one number; UsageError where the call shows it unfit."""
    before = [np.copy(p) for p in instance.params]
    try:
        with np.errstate(all="ignore"):
            value = instance.function(np, *instance.params)
            again = instance.function(np, *instance.params)
    except KeyboardInterrupt:
        raise
    except AdkitError as error:
        raise UsageError(f"target {word!r}: {first_line(error)}") from None
    except BaseException as error:
        raise UsageError(f"target {word!r}: {called} it raises {words_of(error)}") from None
    try:
        array = np.asarray(value)
    except ValueError:
        raise UsageError(f"target {word!r}: it returns lists of different lengths; return one array") from None
    if array.dtype.kind == "c":
        raise UsageError(f"target {word!r}: it returns complex numbers; return a real function of them, such as abs(z)")
    if array.dtype.kind != "f":
        kind = type(value).__name__ if array.dtype.kind not in "iub" else f"{array.dtype.name} numbers"
        raise UsageError(f"target {word!r}: it returns {kind}, which have no derivative; return floats")
    if not array.size:
        raise UsageError(f"target {word!r}: it returns an empty array; there is nothing to differentiate")
    if not all(np.array_equal(p, b, equal_nan=True) for p, b in zip(instance.params, before, strict=True)):
        raise UsageError(f"target {word!r}: it changes its arguments in place; copy them first: x = x.copy()")
    if not np.array_equal(array, np.asarray(again), equal_nan=True):
        raise UsageError(f"target {word!r}: two calls with the same arguments differ; fix the seed of what is drawn")
    if not np.all(np.isfinite(array)):
        raise UsageError(f"target {word!r}: {called} it returns {'nan' if np.isnan(array).any() else 'inf'}; choose another point")
    return sum(np.size(p) for p in instance.params), np.ndim(value) == 0
