"""Versions of an array that is written to while a derivative is taken: what a Buffer holds.

The content is held level by level: a plain array at the bottom, and above it one layer for each level whose
boxes were written, made when the first of them is.  Every write is one record on the tape, whose parent is the
version before.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .cotangents import Pending, Spec, fit, give
from .diagonal import Diagonal
from .dual import Dual, ForwardLevel, make
from .errors import UnsupportedError
from .levels import Boxed, top_level
from .ops.index import Index, as_index, getitem_
from .pull import COLLECTORS, PIECE, WRITES, pull_leaf
from .tape import Tape, Var

__all__ = ["Plain", "holding", "pull_write", "push_write", "write"]


class Plain:
    """The bottom: a NumPy array that is written in place."""

    __slots__ = ("array",)

    level: Any = None

    def __init__(self, array: np.ndarray) -> None:
        self.array = array

    def read(self, at: Index) -> Any:
        value = at.take(self.array)
        return value.copy() if type(value) is np.ndarray else value

    def write(self, at: Index, value: Any) -> None:
        at.put(self.array, value)

    def freeze(self) -> Any:
        return self.array.copy()[()]


class _DualLayer:
    """A level of forward mode: the primals in one buffer, the tangents in another."""

    __slots__ = ("level", "primal", "tangent")

    def __init__(self, level: ForwardLevel, primal: Any, shape: tuple[int, ...], dtype: Any, lanes: tuple[int, ...]) -> None:
        self.level, self.primal = level, primal
        self.tangent: Any = Plain(np.zeros(lanes + shape, dtype))

    def read(self, at: Index) -> Any:
        return make(self.primal.read(at), self.tangent.read(at.lifted(self.level.lead)), self.level)

    def write(self, at: Index, value: Any) -> None:
        lead = self.level.lead
        if isinstance(value, Dual) and value.level is self.level:
            p, t = value.primal, value.tangent
            t = t.dense() if type(t) is Diagonal else t
        else:
            p, t = value, 0.0
        self.primal = write(self.primal, at, p)
        if lead and np.ndim(t):
            # Behind the lanes the tangent is broadcast as its primal is: ones go between.
            missing = at.rank - (np.ndim(t) - lead)
            if missing > 0:
                t = np.reshape(t, t.shape[:lead] + (1,) * missing + t.shape[lead:])
        self.tangent = write(self.tangent, at.lifted(lead), t)

    def freeze(self) -> Any:
        return make(self.primal.freeze(), self.tangent.freeze(), self.level)


class _TapeLayer:
    """A level of reverse mode: the primals in a buffer, and the record of the current version."""

    __slots__ = ("index", "level", "primal", "spec")

    def __init__(self, level: Tape, primal: Any, spec: Any) -> None:
        self.level, self.primal, self.spec = level, primal, spec
        self.index = level.add(None, (pull_leaf, None, spec)).index

    def read(self, at: Index) -> Any:
        value = self.primal.read(at)
        return self.level.add(value, (PIECE, getitem_, value, at, self.index, self.spec))

    def write(self, at: Index, value: Any) -> None:
        place, content, shape = -1, value, None
        if isinstance(value, Var) and value.level is self.level:
            place, content, shape = value.index, value.primal, Spec(value.primal)
        self.primal = write(self.primal, at, content)
        self.index = self.level.add(None, (pull_write, "setitem", self.spec, at, self.index, place, shape)).index

    def freeze(self) -> Any:
        v = Var()
        v.primal = self.primal.freeze()
        v.level = self.level
        v.index = self.index
        return v


def write(content: Any, at: Index, value: Any) -> Any:
    """Write into a layer, under a new one where the value is a box of a level that is not there yet."""
    box = top_level((value,))
    if box is not None and (content.level is None or box.level.order > content.level.order):
        at_bottom = content
        while not isinstance(at_bottom, Plain):
            at_bottom = at_bottom.primal
        array = at_bottom.array
        if isinstance(box, Dual):
            lanes = box.tangent.shape[: box.level.lead]
            content = _DualLayer(box.level, content, array.shape, array.dtype, lanes)
        elif isinstance(box, Var):
            content = _TapeLayer(box.level, content, Spec(array))
        elif hasattr(box, "written_layer"):
            content = box.written_layer(content)
        else:
            raise UnsupportedError(f"item assignment of a {type(box).__name__} is not supported")
    content.write(at, value)
    return content


def holding(value: Any) -> Any:
    """Layers whose first version is a value: what is recorded of it is the parent of the first write."""
    if not isinstance(value, Boxed):
        return Plain(np.array(value))
    if isinstance(value, Dual):
        tangent = value.tangent.dense() if type(value.tangent) is Diagonal else value.tangent
        dual = _DualLayer.__new__(_DualLayer)
        dual.level, dual.primal, dual.tangent = value.level, holding(value.primal), holding(tangent)
        return dual
    if isinstance(value, Var):
        tape = _TapeLayer.__new__(_TapeLayer)
        tape.level, tape.primal, tape.spec, tape.index = value.level, holding(value.primal), Spec(value.primal), value.index
        if value.level.lock is not None:
            # Beside checkpoints a copy has a record of its own: made inside one it is told from an array made outside it.
            record = (PIECE, getitem_, value.primal, as_index(Ellipsis, value.shape), value.index, tape.spec)
            tape.index = value.level.add(None, record).index
        return tape
    layer = value.written_layer(Plain(np.zeros(value.shape, value.dtype)))  # type: ignore[attr-defined]
    layer.hold(value)
    return layer


def pull_write(record: Any, g: Any, cotangents: list[Any]) -> None:
    """Past a write the cotangent of what was overwritten is zero; what was written receives its part."""
    _, _, spec, at, before, place, shape = record
    pending = g if type(g) is Pending else Pending(g)
    pending.flush()
    total = pending.total
    if total is None:
        return
    if type(total) is Diagonal:
        total, pending.owned = total.dense(), True
    lead = total.ndim - spec.ndim
    if isinstance(total, Boxed):
        from .buffer import Buffer  # which is made of versions itself; it stays, so that a loop of writes is linear

        total = Buffer.holding(total)
    elif not pending.owned and type(total) is np.ndarray:
        total = total.copy()
    elif isinstance(total, np.generic):
        total = np.array(total)
    behind = at.lifted(lead)
    plainly = type(total) is np.ndarray
    if place >= 0:
        part = _copied(behind.take(total)) if plainly else total.read(behind)
        if at.advanced and (lasting := at.lasting()) is not None:
            part = np.where(lasting, part, 0)
        give(cotangents, place, fit(part, shape, lead))
    if plainly:
        behind.put(total, 0)
    else:
        total.write(behind, 0.0)
    if cotangents[before] is None:
        cotangents[before] = Pending(total, owned=True)
    else:
        give(cotangents, before, total if plainly else total.__adkit_freeze__())


def push_write(record: Any, values: list[Any], owned: bool) -> Any:
    """The tangent of the version that a write makes; in place of that of the version before, where it is ``owned``."""
    _, _, spec, at, before, place, _ = record
    old, new = values[before], values[place] if place >= 0 else None
    if old is None and new is None:
        return None
    if isinstance(old, Boxed) or isinstance(new, Boxed):
        content = holding(np.zeros(spec.shape, spec.dtype) if old is None else old)
        return write(content, at, 0.0 if new is None else new).freeze()
    total = np.zeros(spec.shape, spec.dtype) if old is None else old if owned and type(old) is np.ndarray else np.array(old)
    at.put(total, 0 if new is None else new)
    return total if spec.ndim else total[()]


COLLECTORS.add(pull_write)
WRITES[pull_write] = push_write


def _copied(x: Any) -> Any:
    return x.copy() if type(x) is np.ndarray else x
