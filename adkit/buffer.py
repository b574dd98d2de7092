"""Buffers: arrays that take item assignment while a derivative is taken.

A ``Buffer`` is a handle on versions of an array.  It is written in place, and every write is one record on the
tape, whose parent is the version before; reading copies; any other op *freezes* the current version.  A loop
that writes n entries and reads them again costs time and memory linear in n, in either mode and nested.

A copy of a value being differentiated is a buffer, and so is what NumPy makes in its likeness: ``y = x.copy()`` and
``y = np.zeros_like(x)`` are written to in ordinary code.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .errors import DerivativeError, UnsupportedError
from .levels import Boxed, lift, plain
from .ops.index import Index, as_index
from .registry import derived
from .versions import Plain, holding, write

__all__ = ["Buffer"]

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
        self._content: Any = Plain(array)
        self._frozen: Any = None
        self.shape = array.shape
        self.dtype = array.dtype

    @classmethod
    def holding(cls, value: Any) -> Buffer:
        """A buffer whose first content is a value, boxed or not."""
        base = plain(value)
        buffer = cls(np.zeros(base.shape, base.dtype))
        buffer._content = holding(value)
        return buffer

    # reading and writing -------------------------------------------------------------------------

    def read(self, at: Index) -> Any:
        """The part that an index selects, as a copy."""
        return self._content.read(at)

    def write(self, at: Index, value: Any) -> None:
        """Assign to the part that an index selects."""
        self._content = write(self._content, at, value)
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


# what NumPy makes of a value being differentiated, to be written to ------------------------------------


@derived(np.copy)
def copy(a: Any, order: Any = "K", subok: bool = False) -> Any:
    """The value, in an array that takes item assignment."""
    return Buffer.holding(lift(a))


def _like(make: Any, a: Any, dtype: Any, shape: Any, *fill: Any) -> Any:
    base = plain(a)
    made = make(base.shape if shape is None else shape, *fill, dtype=base.dtype if dtype is None else dtype)
    return Buffer(made) if made.dtype.kind in "fc" else made


@derived(np.zeros_like)
def zeros_like(a: Any, dtype: Any = None, order: Any = "K", subok: bool = True, shape: Any = None, *, device: Any = None) -> Any:
    """Zeros of the shape and type of ``a``, in an array that takes item assignment."""
    return _like(np.zeros, a, dtype, shape)


@derived(np.ones_like)
def ones_like(a: Any, dtype: Any = None, order: Any = "K", subok: bool = True, shape: Any = None, *, device: Any = None) -> Any:
    """Ones of the shape and type of ``a``, in an array that takes item assignment."""
    return _like(np.ones, a, dtype, shape)


@derived(np.empty_like)
def empty_like(
    prototype: Any, dtype: Any = None, order: Any = "K", subok: bool = True, shape: Any = None, *, device: Any = None
) -> Any:
    """An array of the shape and type of ``prototype`` that takes item assignment; zeros, where NumPy leaves what was there."""
    return _like(np.zeros, prototype, dtype, shape)


@derived(np.full_like)
def full_like(
    a: Any, fill_value: Any, dtype: Any = None, order: Any = "K", subok: bool = True, shape: Any = None, *, device: Any = None
) -> Any:
    """An array of the shape and type of ``a``, filled, that takes item assignment."""
    fill_value = lift(fill_value)
    if not isinstance(fill_value, Boxed):
        return _like(np.full, a, dtype, shape, fill_value)
    buffer = _like(np.zeros, a, dtype, shape)
    buffer[...] = fill_value
    return buffer
