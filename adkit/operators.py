"""The operators and methods of a box: which function of NumPy each of them means.

A kind of box is *equipped* with operators that call the functions which it makes for their ops; the methods of
an array, and every ufunc's name (for NumPy's loops over object arrays), call NumPy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .box import Box, getitem
from .registry import TABLE, Op

__all__ = ["equip", "make_methods"]

OPERATORS = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "truediv": np.true_divide,
    "floordiv": np.floor_divide,
    "mod": np.remainder,
    "pow": np.power,
    "matmul": np.matmul,
}
"""Binary operators and the ufuncs they mean; each has a reflected form."""

UNARY = {"neg": np.negative, "pos": np.positive, "abs": np.absolute}

METHODS = {
    "sum": np.sum, "prod": np.prod, "mean": np.mean, "std": np.std, "var": np.var, "min": np.min, "max": np.max,
    "cumsum": np.cumsum, "cumprod": np.cumprod, "dot": np.dot, "ravel": np.ravel, "flatten": np.ravel,
    "swapaxes": np.swapaxes, "squeeze": np.squeeze, "repeat": np.repeat, "trace": np.trace,
    "diagonal": np.diagonal, "take": np.take, "argmax": np.argmax, "argmin": np.argmin,
    "argsort": np.argsort, "argpartition": np.argpartition, "any": np.any, "all": np.all, "nonzero": np.nonzero, "copy": np.copy,
    "conj": np.conjugate, "ptp": np.ptp, "searchsorted": np.searchsorted, "round": np.round, "choose": np.choose,
}  # fmt: skip
"""The methods of an array, and the functions of NumPy that they mean."""


def equip(cls: type[Box], reflected: Callable[[Op], Callable[[Any, Any], Any]]) -> None:
    """Give a kind of box its operators, each the function that this kind makes for the op."""
    for name, ufunc in OPERATORS.items():
        setattr(cls, f"__r{name}__", reflected(TABLE[ufunc]))
        if name != "pow":
            setattr(cls, f"__{name}__", _bound(cls._first_use(ufunc)))
    for name, ufunc in UNARY.items():
        setattr(cls, f"__{name}__", _bound(cls._first_use(ufunc)))
    for name, fun in METHODS.items():
        if type(TABLE.get(fun)) is Op:
            setattr(cls, name, _direct_method(cls, name, fun))
    setattr(cls, "T", property(_direct_method(cls, "T", np.transpose)))  # noqa: B010
    setattr(cls, "__pow__", _power(cls))  # noqa: B010
    setattr(cls, "__getitem__", _bound(cls._first_use(getitem)))  # noqa: B010


def _bound(apply: Callable[..., Any]) -> Callable[..., Any]:
    """A function that a class can bind as a method; an Op is none."""
    return (lambda *args: apply(*args)) if isinstance(apply, Op) else apply


def _power(cls: type[Box]) -> Callable[..., Any]:
    """``x ** b``: NumPy's operator takes shortcuts for a few exponents, and so do the rules."""
    power, square = cls._first_use(np.power), cls._first_use(np.square)
    shortcuts = {1: cls._first_use(np.positive), 0.5: cls._first_use(np.sqrt), -1: cls._first_use(np.reciprocal)}

    def __pow__(a: Any, b: Any) -> Any:
        if type(b) is int or type(b) is float:
            if b == 2:
                return square(a)
            if b in shortcuts:
                return shortcuts[b](a)
        return power(a, b)

    return __pow__


def make_methods() -> None:
    """Each method of an array calls its function of NumPy; each ufunc's name is a method, for object loops."""
    for name, fun in METHODS.items():
        setattr(Box, name, _method(name, fun))
    for fun in list(TABLE):
        if isinstance(fun, np.ufunc) and not hasattr(Box, fun.__name__):
            setattr(Box, fun.__name__, _method(fun.__name__, fun))


def _direct_method(cls: type[Box], name: str, fun: Any) -> Any:
    """A method that asks the kind of box at once, without NumPy's detour."""

    def method(self: Any, *args: Any, **kw: Any) -> Any:
        apply = cls.functions.get(fun)
        return (cls._first_use(fun) if apply is None else apply)(self, *args, **kw)

    method.__name__ = name
    return method


def _method(name: str, fun: Any) -> Any:
    def method(self: Any, *args: Any, **kw: Any) -> Any:
        return fun(self, *args, **kw)

    method.__name__ = name
    return method
