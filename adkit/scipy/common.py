"""What the modules share: telling values being differentiated from plain ones, and passing on SciPy's other names."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from importlib import import_module
from typing import Any

import numpy as np

from ..errors import UnsupportedError
from ..levels import Boxed, operand, plain, top_level
from ..registry import REGISTRY, Op
from ..tree import leaves

__all__ = ["bare", "holds_box", "lifted", "mirror", "own"]

_OBJECT = np.dtype(object)


def own(declare: Callable[..., Op], name: str, fun: Any, *rules: Any, **fields: Any) -> Op:
    """Register an op under SciPy's full name, as one of adkit's own; once, however often the module is loaded."""
    found = REGISTRY.get(name)
    if found is None:
        found = declare(fun, *rules, name=name, **fields)
        found.builtin = True
    return found


def lifted(*xs: Any) -> tuple[bool, tuple[Any, ...]]:
    """Whether one of the operands is being differentiated, and the operands: lists and object arrays of such made whole."""
    xs = tuple([operand(x) if _may_hold(x) else x for x in xs])
    boxed = top_level(xs) is not None
    return boxed, tuple([np.asarray(x)[()] if boxed and isinstance(x, (int, float, list, tuple)) else x for x in xs])


def _may_hold(x: Any) -> bool:
    return isinstance(x, (Boxed, list, tuple)) or hasattr(type(x), "__adkit_freeze__") or getattr(x, "dtype", None) is _OBJECT


def holds_box(*xs: Any) -> bool:
    """Whether a value being differentiated is anywhere in arguments, or in lists, tuples, dicts and object arrays of them."""
    for x in leaves(xs):
        if isinstance(x, Boxed) or hasattr(type(x), "__adkit_freeze__"):
            return True
        if getattr(x, "dtype", None) is _OBJECT and any([isinstance(e, Boxed) for e in np.ravel(x)]):
            return True
    return False


def bare(x: Any) -> Any:
    """The numbers beneath all derivatives, also where these are an example's or a point's: to be looked at, not computed with."""
    x = plain(x)
    return getattr(x, "value", x) if isinstance(x, Boxed) else x


def mirror(module: str, here: dict[str, Any]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """``__getattr__`` and ``__dir__`` of a module that passes on SciPy's other names; they refuse what they would corrupt."""
    theirs = import_module(module)

    def getattribute(name: str) -> Any:
        try:
            value = getattr(theirs, name)
        except AttributeError:
            raise AttributeError(f"module {here['__name__']!r} has no attribute {name!r}") from None
        if isinstance(value, (np.ufunc, type)) or not callable(value) or name.startswith("_"):
            return value
        return _guarded(value, f"{module}.{name}", here["__name__"])

    return getattribute, lambda: sorted({*here, *dir(theirs)})


def _guarded(fun: Any, name: str, where: str) -> Any:
    """A function of SciPy that says so when it is given a value being differentiated."""

    @wraps(fun)
    def plain(*args: Any, **kw: Any) -> Any:
        if holds_box(args, kw):
            raise UnsupportedError(
                f"adkit has no derivative rule for {name}; {where}.__all__ lists what has one. Write it with those, or give it a "
                "rule of your own with adkit.custom_jvp or adkit.custom_vjp"
            )
        return fun(*args, **kw)

    return plain
