"""Writing a program down: the level at which Tracers live, its instructions and its guards."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ..cotangents import Spec
from ..errors import LevelError, UnsupportedError
from ..levels import Boxed, Level
from .instruction import INPUT, PART, Guard, Instruction, Ref
from .tracer import Tracer, example, name_of
from .where import whence

__all__ = ["Trace"]

_DATA_SHAPED = frozenset((np.nonzero, np.flatnonzero, np.argwhere, np.unique, np.extract, np.compress))
"""What gives results whose size depends on the numbers."""


class Trace(Level):
    """A program being written: its instructions and guards so far."""

    __slots__ = ("_layouts", "constants", "copies", "cotangents", "guards", "instructions", "keeps", "special")

    def __init__(self, keeps: bool = True) -> None:
        super().__init__()
        self.keeps = keeps  # whether instructions keep the example's values, or only their shapes and types
        self.special = False  # whether it holds for the example alone: an error was met, or a zero kept through an infinite factor
        self.instructions: list[Instruction] = []
        self.guards: list[Guard] = []
        self._layouts: dict[Any, Any] = {}
        self.copies: dict[int, tuple[Any, Any]] = {}
        self.constants: dict[int, str] = {}  # what the user calls an array, by the id of our copy
        self.cotangents: dict[int, int] = {}  # whose cotangent an instruction completed

    def input(self, value: Any, name: str) -> Tracer:
        """An input of the program, with its example value and its name."""
        tracer = self._add(INPUT, (), {}, value.copy() if type(value) is np.ndarray else value, None, None)
        self.instructions[-1].name = name
        return tracer

    def record(self, fun: Any, args: tuple[Any, ...], kw: dict[str, Any], run: Any = None) -> Any:
        """Compute a function on the example, and write it down; ``run`` is what computes it, if not ``fun``."""
        if self.closed:
            raise LevelError(
                "a traced value was used after its trace had ended. Return it from the traced function instead of "
                "storing it outside"
            )
        where, sweep, frame = whence()
        written = tuple([self._written(a, frame) for a in args])
        kept = {k: self._written(v, frame) for k, v in kw.items() if v is not np._NoValue}
        given = [example(a) for a in args]
        try:
            value = (run or fun)(*given, **{k: example(v) for k, v in kw.items()})
        except Exception as error:
            # A function that goes on from here does so for the example alone.  The sweeps' own traps mend what they catch.
            if sweep is None or not isinstance(error, FloatingPointError):
                self.special = True
            raise
        if isinstance(value, (tuple, list)) and value and all([isinstance(v, (np.ndarray, np.generic)) for v in value]):
            return self._several(fun, written, kept, value, where)
        if isinstance(value, (bool, int, float, complex)):
            value = np.asarray(value)
        if not isinstance(value, (np.ndarray, np.generic)):
            return value
        if value.dtype == object:
            raise UnsupportedError(
                f"trace: {name_of(fun)} gave an array of Python objects; a program holds arrays of numbers alone"
            )
        settled: Any = np.asarray(value)[()] if not value.ndim else value
        tracer = self._add(fun, written, kept, settled, where, sweep)
        if fun in _DATA_SHAPED or (fun is operator.getitem and _sizes(args[1])):
            self.guard(tracer, "shape", np.shape(value))
        return tracer

    def _several(self, fun: Any, args: Any, kw: Any, value: Any, where: Any) -> Any:
        """Results of a function that has several: one instruction for all, and one for each."""
        settled = [v[()] if not v.ndim else v for v in value]
        whole = self._add(fun, args, kw, tuple(settled), where, None)
        parts = [self._add(PART, (Ref(whole.index), k), {}, v, where, None) for k, v in enumerate(settled)]
        if fun in _DATA_SHAPED:
            for part in parts:
                self.guard(part, "shape", part.shape)
        if isinstance(value, list):
            return parts
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)

    def _add(self, fun: Any, args: Any, kw: Any, value: Any, where: Any, sweep: Any) -> Tracer:
        held = value if self.keeps else _outline(value)
        made = Instruction(len(self.instructions), fun, args, kw, held, where)
        if sweep is not None:
            kind, y, g = sweep
            y = self._innermost(y)
            if y is not None:
                made.role = (kind, y.index)
                g = self._innermost(g)
                if g is not None and kind == "cotangent":
                    self.cotangents.setdefault(g.index, y.index)
                if kind == "cotangent":
                    made.where = self.instructions[y.index].where
        self.instructions.append(made)
        tracer = Tracer()
        tracer.primal, tracer.level, tracer.index = value, self, made.index
        return tracer

    def _innermost(self, x: Any) -> Tracer | None:
        """The Tracer beneath the derivatives that ``x`` carries, if it is one of ours."""
        while isinstance(x, Boxed) and not x.ground:
            x = x.primal
        return x if isinstance(x, Tracer) and x.level is self else None

    def _written(self, x: Any, frame: Any) -> Any:
        """An argument as it stands in an instruction: a Ref for a Tracer, a copy of an array."""
        if type(x) is Tracer and x.level is self:
            return Ref(x.index)
        if isinstance(x, Boxed):
            raise UnsupportedError(
                "trace: a value that is being differentiated outside of the traced function is used inside it, and would "
                "be frozen: pass it as an argument of that function"
            )
        if type(x) is np.ndarray:
            held, copy = self.copies.get(id(x), (None, None))
            if held is not x or not np.array_equal(x, copy, equal_nan=x.dtype.kind in "fc"):
                copy = self._turned(x)
                if copy is None:
                    copy = x.copy()
                    self._layouts[x.ctypes.data, x.shape, x.strides] = copy
                self.copies[id(x)] = x, copy
                _name_constant(copy, x, frame, self)
            return copy
        if type(x) in (tuple, list):
            return type(x)([self._written(e, frame) for e in x])
        if type(x) is slice:
            return slice(*[self._written(e, frame) for e in (x.start, x.stop, x.step)])
        return x

    def _turned(self, x: np.ndarray) -> Any:
        """The copy of an array of which ``x`` is the transpose, transposed: one copy in memory, not two."""
        if x.ndim < 2:
            return None
        other = self._layouts.get((x.ctypes.data, x.shape[::-1], x.strides[::-1]))
        if other is None or other.dtype != x.dtype or not np.array_equal(other.T, x, equal_nan=x.dtype.kind in "fc"):
            return None
        return other.T

    def guard(self, tracer: Tracer, kind: str, expected: Any) -> None:
        """Note that something was read off a traced value."""
        if self.closed:
            raise LevelError("a traced value was used after its trace had ended")
        if not any([g.index == tracer.index and g.kind == kind for g in self.guards]):
            self.guards.append(Guard(tracer.index, kind, expected, whence()[0]))


def _outline(value: Any) -> Any:
    return tuple([_outline(v) for v in value]) if type(value) is tuple else Spec(value) if type(value) is np.ndarray else value


def _name_constant(copy: Any, x: Any, frame: Any, trace: Trace) -> None:
    """Remember what the user calls an array that enters the program as a constant."""
    if frame is not None and x.ndim:
        for table in (frame.f_locals, frame.f_globals):
            for name, v in table.items():
                if v is x:
                    trace.constants[id(copy)] = name
                    return


def _sizes(index: Any) -> bool:
    """Whether the size of what an index selects depends on traced numbers: a mask, or the ends of a slice."""
    for part in index if type(index) is tuple else (index,):
        if type(part) is slice and any([isinstance(e, Tracer) for e in (part.start, part.stop, part.step)]):
            return True
        if isinstance(part, Tracer) and part.dtype == bool:
            return True
    return False
