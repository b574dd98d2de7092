"""One line of a program: a function, what it is applied to, and the value it gave when it was traced."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..box import getitem
from ..registry import TABLE, Op

__all__ = ["INPUT", "PART", "UFUNCS", "Guard", "Instruction", "Ref", "map_refs", "op_of", "refs"]

INPUT = "input"
"""In place of a function: an input of the program."""

PART = "part"
"""In place of a function: one of several results of the instruction before."""

UFUNCS: dict[Any, Any] = {
    operator.add: np.add, operator.sub: np.subtract, operator.mul: np.multiply, operator.truediv: np.true_divide,
    operator.floordiv: np.floor_divide, operator.mod: np.remainder, operator.pow: np.power, operator.matmul: np.matmul,
    operator.neg: np.negative, operator.pos: np.positive, operator.abs: np.absolute, operator.and_: np.bitwise_and,
    operator.or_: np.bitwise_or, operator.xor: np.bitwise_xor, operator.invert: np.invert,
    operator.lshift: np.left_shift, operator.rshift: np.right_shift, operator.lt: np.less, operator.le: np.less_equal,
    operator.gt: np.greater, operator.ge: np.greater_equal, operator.eq: np.equal, operator.ne: np.not_equal,
    operator.getitem: getitem,
}  # fmt: skip
"""Python's operators and the functions that they mean for arrays."""


class Ref:
    """The value of another instruction, by its number."""

    __slots__ = ("index",)

    def __init__(self, index: int) -> None:
        self.index = index

    def __repr__(self) -> str:
        return f"v{self.index}"


class Instruction:
    """One line: ``value = fun(*args, **kw)``.

    ``args`` and ``kw`` hold a :class:`Ref` where another instruction's value goes, also inside lists and tuples, and
    constants otherwise.  ``value`` is what came out for the example arguments: an array, a number, or a tuple of them.
    ``where`` is the user's line, ``role`` what a derivative's sweep computed here: ``("tangent", k)`` or
    ``("cotangent", k)`` of instruction k, or None.
    """

    __slots__ = ("args", "fun", "index", "kw", "name", "role", "value", "where")

    def __init__(self, index: int, fun: Any, args: tuple[Any, ...], kw: dict[str, Any], value: Any, where: Any) -> None:
        self.index, self.fun, self.args, self.kw, self.value, self.where = index, fun, args, kw, value, where
        self.role: tuple[str, int] | None = None
        self.name: str | None = None

    @property
    def op(self) -> str:
        """What the instruction does, by name: ``"tanh"``, ``"add"``, ``"input"``."""
        if isinstance(self.fun, str):
            return self.fun
        fun = UFUNCS.get(self.fun, self.fun)
        found = op_of(fun)
        return found.name if found is not None else getattr(fun, "__name__", str(fun))

    @property
    def operands(self) -> tuple[Any, ...]:
        """The operands: a Ref for each value, constants as they are."""
        found: list[Any] = []
        for a in self.args:
            found += a if isinstance(a, (list, tuple)) and any(refs(a)) else [a]
        return tuple(found)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the value; () for several results."""
        return getattr(self.value, "shape", ())

    @property
    def dtype(self) -> Any:
        """The type of the value's entries; None for several results."""
        return getattr(self.value, "dtype", None)

    def __repr__(self) -> str:
        words = [repr(a) for a in self.args] + [f"{k}={v!r}" for k, v in self.kw.items()]
        return f"v{self.index} = {self.op}({', '.join(words)})"


class Guard:
    """What was read off a traced value: the program holds only while it stays the same.

    ``kind`` is ``"value"`` (a branch taken, an integer, a mask) or ``"shape"`` (of a result whose size depends on the
    numbers), ``expected`` what it was.
    """

    __slots__ = ("expected", "index", "kind", "where")

    def __init__(self, index: int, kind: str, expected: Any, where: Any) -> None:
        self.index, self.kind, self.expected, self.where = index, kind, expected, where

    def holds(self, value: Any) -> bool:
        """Whether a value is what was expected."""
        if self.kind == "shape":
            return bool(np.shape(value) == self.expected)
        return bool(np.array_equal(value, self.expected))

    def __repr__(self) -> str:
        return f"<guard: {self.kind} of v{self.index} is {self.expected!r}>"


def op_of(fun: Any) -> Op | None:
    """The registry's entry for the function of an instruction, if it has one of its own."""
    if isinstance(fun, Op):
        return fun
    try:
        found = TABLE.get(UFUNCS.get(fun, fun))
    except TypeError:
        return None
    return found if isinstance(found, Op) else None


def map_refs(f: Callable[[Ref], Any], x: Any) -> Any:
    """A nested argument with every Ref replaced."""
    if isinstance(x, Ref):
        return f(x)
    if type(x) is tuple:
        return tuple([map_refs(f, e) for e in x])
    if type(x) is list:
        return [map_refs(f, e) for e in x]
    if type(x) is dict:
        return {k: map_refs(f, e) for k, e in x.items()}
    if type(x) is slice:
        return slice(map_refs(f, x.start), map_refs(f, x.stop), map_refs(f, x.step))
    return x


def refs(x: Any) -> Iterator[Ref]:
    """Every Ref in a nested argument, in order."""
    if isinstance(x, Ref):
        yield x
    elif type(x) is tuple or type(x) is list:
        for e in x:
            yield from refs(e)
    elif type(x) is dict:
        for e in x.values():
            yield from refs(e)
    elif type(x) is slice:
        yield from refs((x.start, x.stop, x.step))
