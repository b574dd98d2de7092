"""Buffers: arrays that take item assignment while a derivative is taken.

A ``Buffer`` is a handle on versions of an array.  It is written in place, and every write is one record on the
tape, whose parent is the version before; reading copies; any other op *freezes* the current version.  A loop
that writes n entries and reads them again costs time and memory linear in n, in either mode and nested.

The content is held level by level: a plain array at the bottom, and above it one layer for each level whose
boxes were written, made when the first of them is.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .cotangents import Pending, Spec, fit, give
from .diagonal import Diagonal
from .dual import Dual, ForwardLevel, make
from .errors import DerivativeError, UnsupportedError
from .levels import Boxed, lift, plain, top_level
from .ops.index import Index, as_index, getitem_
from .pull import COLLECTORS, PIECE, WRITES, pull_leaf
from .tape import Tape, Var

__all__ = ["Buffer"]


class _Plain:
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
        self.tangent: Any = _Plain(np.zeros(lanes + shape, dtype))

    def read(self, at: Index) -> Any:
        return make(self.primal.read(at), self.tangent.read(at.lifted(self.level.lead)), self.level)

    def write(self, at: Index, value: Any) -> None:
        lead = self.level.lead
        if isinstance(value, Dual) and value.level is self.level:
            p, t = value.primal, value.tangent
            t = t.dense() if type(t) is Diagonal else t
        else:
            p, t = value, 0.0
        self.primal = _write(self.primal, at, p)
        if lead and np.ndim(t):
            # Behind the lanes the tangent is broadcast as its primal is: ones go between.
            missing = at.rank - (np.ndim(t) - lead)
            if missing > 0:
                t = np.reshape(t, t.shape[:lead] + (1,) * missing + t.shape[lead:])
        self.tangent = _write(self.tangent, at.lifted(lead), t)

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
        self.primal = _write(self.primal, at, content)
        self.index = self.level.add(None, (pull_write, "setitem", self.spec, at, self.index, place, shape)).index

    def freeze(self) -> Any:
        v = Var()
        v.primal = self.primal.freeze()
        v.level = self.level
        v.index = self.index
        return v


def _write(content: Any, at: Index, value: Any) -> Any:
    """Write into a layer, under a new one where the value is a box of a level that is not there yet."""
    box = top_level((value,))
    if box is not None and (content.level is None or box.level.order > content.level.order):
        at_bottom = content
        while not isinstance(at_bottom, _Plain):
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
        total = Buffer.holding(total)
    elif not pending.owned and type(total) is np.ndarray:
        total = total.copy()
    elif isinstance(total, np.generic):
        total = np.array(total)
    behind = at.lifted(lead)
    if place >= 0:
        part = total.read(behind) if isinstance(total, Buffer) else _copied(behind.take(total))
        if at.advanced and (lasting := at.lasting()) is not None:
            part = np.where(lasting, part, 0)
        give(cotangents, place, fit(part, shape, lead))
    if isinstance(total, Buffer):
        total.write(behind, 0.0)
    else:
        behind.put(total, 0)
    passed = Pending(total, owned=True)
    if cotangents[before] is None:
        cotangents[before] = passed
    else:
        give(cotangents, before, total.__adkit_freeze__() if isinstance(total, Buffer) else total)


def push_write(record: Any, values: list[Any], owned: bool) -> Any:
    """The tangent of the version that a write makes; in place of that of the version before, where it is ``owned``."""
    _, _, spec, at, before, place, _ = record
    old, new = values[before], values[place] if place >= 0 else None
    if old is None and new is None:
        return None
    if isinstance(old, Boxed) or isinstance(new, Boxed):
        buffer = Buffer.holding(np.zeros(spec.shape, spec.dtype) if old is None else old)
        buffer.write(at, 0.0 if new is None else new)
        return buffer.__adkit_freeze__()
    total = np.zeros(spec.shape, spec.dtype) if old is None else old if owned and type(old) is np.ndarray else np.array(old)
    at.put(total, 0 if new is None else new)
    return total if spec.ndim else total[()]


COLLECTORS.add(pull_write)
WRITES[pull_write] = push_write


def _copied(x: Any) -> Any:
    return x.copy() if type(x) is np.ndarray else x


_WRITERS = frozenset((np.copyto, np.put, np.place, np.putmask, np.fill_diagonal, np.put_along_axis))


class Buffer(np.lib.mixins.NDArrayOperatorsMixin):
    """An array that takes item assignment inside a differentiated function.

    Made by ``adkit.numpy.zeros``, ``ones``, ``empty``, ``full``, ``array`` and the ``_like`` forms while a driver
    runs.  It takes part in every NumPy function by freezing its current version.

    >>> import numpy as np, adkit, adkit.numpy as anp
    >>> def running_product(x):
    ...     y = anp.zeros(4)
    ...     y[0] = x
    ...     for i in range(1, 4):
    ...         y[i] = y[i - 1] * x
    ...     return np.sum(y)
    >>> float(adkit.grad(running_product)(2.0))              # 1 + 2x + 3x^2 + 4x^3
    49.0
    """

    __slots__ = ("_content", "_frozen", "dtype", "shape")

    def __init__(self, array: np.ndarray) -> None:
        self._content: Any = _Plain(array)
        self._frozen: Any = None
        self.shape = array.shape
        self.dtype = array.dtype

    @classmethod
    def holding(cls, value: Any) -> Buffer:
        """A buffer whose first content is a value, boxed or not."""
        base = plain(value)
        buffer = cls(np.zeros(base.shape, base.dtype))
        buffer[...] = value
        return buffer

    # reading and writing -------------------------------------------------------------------------

    def read(self, at: Index) -> Any:
        """The part that an index selects, as a copy."""
        return self._content.read(at)

    def write(self, at: Index, value: Any) -> None:
        """Assign to the part that an index selects."""
        self._content = _write(self._content, at, value)
        self._frozen = None

    def __getitem__(self, index: Any) -> Any:
        value = self.read(as_index(_frozen(index), self.shape))
        return _Part(value) if type(value) is np.ndarray else value

    def __setitem__(self, index: Any, value: Any) -> None:
        value = lift(_frozen(value))
        if isinstance(value, Boxed):
            kind = plain(value).dtype.kind
            if self.dtype.kind not in "fc" or (kind == "c" and self.dtype.kind != "c"):
                raise DerivativeError(
                    f"item assignment: the array holds {self.dtype}, and a value being differentiated of type "
                    f"{plain(value).dtype} does not fit; make it with dtype={'complex' if kind == 'c' else 'float'}"
                )
        self.write(as_index(_frozen(index), self.shape), value)

    def __adkit_freeze__(self) -> Any:
        if self._frozen is None:
            self._frozen = self._content.freeze()
            if type(self._frozen) is np.ndarray:
                self._frozen.flags.writeable = False
        return self._frozen

    # as an array ---------------------------------------------------------------------------------

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        n = 1
        for k in self.shape:
            n *= k
        return n

    def fill(self, value: Any) -> None:
        """Assign one value to every entry."""
        self[...] = value

    def sort(self, axis: int = -1, **kw: Any) -> None:
        """Put the entries in order, in place."""
        self[...] = np.sort(self.__adkit_freeze__(), axis=axis, **kw)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a 0-d value")
        length: int = self.shape[0]
        return length

    def __iter__(self) -> Any:
        return iter(self.__adkit_freeze__())

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        value = self.__adkit_freeze__()
        if isinstance(value, Boxed):
            return value.__array__(dtype)  # type: ignore[attr-defined]
        return np.array(value, dtype=dtype)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kw: Any) -> Any:
        out = kw.pop("out", None)
        if method == "at":
            raise UnsupportedError(f"np.{ufunc.__name__}.at is not supported; assign items one by one")
        result = getattr(ufunc, method)(*[_frozen(x) for x in inputs], **{k: _frozen(v) for k, v in kw.items()})
        if out is None or type(out[0]) is _Part:
            return result
        if len(out) == 1 and isinstance(out[0], Buffer):
            out[0][...] = result
            return out[0]
        out[0][...] = result
        return out[0]

    def __array_function__(self, fun: Any, types: Any, args: Any, kw: Any) -> Any:
        if fun in _WRITERS:
            raise UnsupportedError(f"np.{fun.__name__} would write into a copy; assign items instead: a[index] = value")
        return fun(*[_frozen(a) for a in args], **{k: _frozen(v) for k, v in kw.items()})

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.__adkit_freeze__(), name)

    def __bool__(self) -> bool:
        return bool(plain(self.__adkit_freeze__()))

    def __float__(self) -> float:
        return float(self.__adkit_freeze__())

    def __int__(self) -> int:
        return int(self.__adkit_freeze__())

    def __index__(self) -> int:
        return self.__adkit_freeze__().__index__()  # type: ignore[no-any-return]

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"Buffer({plain(self.__adkit_freeze__())!r})"


class _Part(Buffer):
    """A part that was read, a copy; ``y[i] += x`` reads one, adds, and assigns the sum."""

    __slots__ = ()

    def __init__(self, array: np.ndarray) -> None:
        super().__init__(array)
        array.flags.writeable = False
        self._frozen = array

    def __setitem__(self, index: Any, value: Any) -> None:
        raise DerivativeError(
            "a part that is read of an array from adkit.numpy is a copy, and what is written into it would be lost: assign "
            "to the array itself, y[i, j] = value in place of y[i][j] = value"
        )


def _frozen(x: Any) -> Any:
    """Buffers, also inside lists and tuples, at their current version."""
    if isinstance(x, Buffer):
        return x.__adkit_freeze__()
    if type(x) is list or type(x) is tuple:
        return type(x)([_frozen(e) for e in x])
    return x
