"""What all boxes share: NumPy's protocols, the operators, the attributes of an array.

A box stands in for an array.  It answers ``__array_ufunc__`` and ``__array_function__`` by looking
the function up in the registry, and Python's operators by the ufuncs they mean.  Each kind of box
(``Dual``, ``Var``, ...) says how an op is applied, by ``process`` in general and by ``interpret``
for a function made once per op; ``equip`` gives it operators made that way.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from sys import _getframe
from typing import Any, NoReturn

import numpy as np

from .errors import AdkitWarning, DerivativeError, UnsupportedError
from .levels import Boxed, lift, plain
from .refusals import unsupported
from .registry import TABLE, Op, answer_for

__all__ = ["Box", "getitem", "hides_type", "inner", "is_outer", "on_primal", "unsupported"]

_LARGE = 1000
_MEAN, _VAR, _STD = [getattr(np._core._methods, name).__code__ for name in ("_mean", "_var", "_std")]  # type: ignore[attr-defined]


class Box(Boxed):
    """A value that stands in for an array while a derivative is taken."""

    __slots__ = ()

    functions: dict[Any, Callable[..., Any]]
    """For this kind of box: how each op met so far is applied, made at the op's first use."""

    # NumPy's protocols -----------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kw: Any) -> Any:
        if method == "__call__" and not kw:
            apply = self.functions.get(ufunc)
            if apply is not None:
                return apply(*inputs)
            return self._first_use(ufunc)(*inputs)
        return _ufunc_method(ufunc, method, inputs, kw)

    def __array_function__(self, fun: Any, types: Any, args: Any, kw: Any) -> Any:
        if not args:  # every operand by name: np.sum(a=x)
            self._first_use(fun)
            return TABLE[fun](**kw)
        apply = self.functions.get(fun)
        if apply is not None:
            return apply(*args, **kw)
        return self._first_use(fun)(*args, **kw)

    @classmethod
    def _first_use(cls, fun: Any) -> Callable[..., Any]:
        answer = answer_for(fun)
        if answer is None:
            unsupported(fun)
        apply: Callable[..., Any] = cls.interpret(answer) if type(answer) is Op else answer
        cls.functions[fun] = apply
        return apply

    @classmethod
    def form(cls, op: Op) -> Callable[..., Any]:
        """How this kind of box applies an op, whatever else may answer for its function of NumPy."""
        apply: Callable[..., Any] = cls._first_use(op.fun) if cls.ground else cls.interpret(op)
        cls.functions[op] = apply
        return apply

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        if dtype is not None and np.dtype(dtype) != object:
            raise DerivativeError(
                f"a value being differentiated cannot become a plain array of {np.dtype(dtype).name}: its derivative "
                "would be lost. Use NumPy functions on it directly; to assign items, make the target with "
                "adkit.numpy.zeros/empty/array, or build it with np.stack or np.concatenate"
            )
        if self.size > _LARGE:
            warnings.warn(
                f"an array of {self.size} values being differentiated is taken apart into single values, which is "
                "slow: use np.stack or np.concatenate, or adkit.numpy.array, in place of np.array or np.asarray",
                AdkitWarning,
                stacklevel=2,
            )
        cells = np.empty(self.shape, dtype=object)
        if self.ndim == 0:
            cells[()] = self
        else:
            flat = cells.reshape(-1)
            for i, cell in enumerate(np.ravel(self)):
                flat[i] = cell
        return cells

    # what an array has -----------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        return self.primal.shape  # type: ignore[no-any-return]

    @property
    def ndim(self) -> int:
        return self.primal.ndim  # type: ignore[no-any-return]

    @property
    def size(self) -> int:
        return self.primal.size  # type: ignore[no-any-return]

    @property
    def dtype(self) -> np.dtype[Any]:
        code = _getframe(1).f_code
        if code is _MEAN or code is _VAR or code is _STD:
            # Of an object array (of a list of boxes) NumPy would convert the result, a box, to a number of its type.
            raise AttributeError("dtype")
        return self.primal.dtype  # type: ignore[no-any-return]

    @property
    def nbytes(self) -> int:
        return self.primal.nbytes  # type: ignore[no-any-return]

    @property
    def itemsize(self) -> int:
        return self.dtype.itemsize

    @property
    def T(self) -> Any:
        return np.transpose(self)  # type: ignore[call-overload]

    @property
    def mT(self) -> Any:
        return np.matrix_transpose(self)  # type: ignore[call-overload]

    @property
    def real(self) -> Any:
        return np.real(self)  # type: ignore[call-overload]

    @property
    def imag(self) -> Any:
        return np.imag(self)  # type: ignore[call-overload]

    @property
    def flat(self) -> Any:
        return np.ravel(self)  # type: ignore[call-overload]

    @property
    def device(self) -> str:
        return "cpu"

    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        return np

    def reshape(self, *shape: Any, order: Any = "C", **kw: Any) -> Any:
        apply = self.functions.get(np.reshape) or self._first_use(np.reshape)
        return apply(self, shape[0] if len(shape) == 1 else shape, order=order, **kw)

    def transpose(self, *axes: Any) -> Any:
        apply = self.functions.get(np.transpose) or self._first_use(np.transpose)
        return apply(self, axes[0] if len(axes) == 1 else axes or None)

    def astype(self, dtype: Any, order: Any = "K", casting: Any = "unsafe", subok: Any = True, copy: Any = True) -> Any:
        return np.astype(self, np.dtype(dtype), copy=copy)  # type: ignore[call-overload]

    def clip(self, min: Any = None, max: Any = None, out: Any = None, **kw: Any) -> Any:  # noqa: A002 - NumPy's names
        return np.clip(self, min, max, out=out, **kw)  # type: ignore[call-overload]

    def compress(self, condition: Any, axis: Any = None) -> Any:
        return np.compress(condition, self, axis=axis)  # type: ignore[call-overload]

    def item(self, *index: Any) -> Any:
        if len(index) == 1 and not isinstance(index[0], tuple):
            return np.ravel(self)[index[0]]  # type: ignore[call-overload]
        return self[index if len(index) != 1 else index[0]] if index else np.reshape(self, ())  # type: ignore[call-overload]

    def tolist(self) -> Any:
        return [x.tolist() for x in self] if self.ndim else self

    # what a container has --------------------------------------------------------------------

    def __len__(self) -> int:
        if not self.ndim:
            raise TypeError("len() of a 0-d value")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        if not self.ndim:
            raise TypeError("iteration over a 0-d value")
        return iter((self.functions.get(unstack) or type(self)._first_use(unstack))(self))

    def __getitem__(self, index: Any) -> Any:
        return getitem(self, index)

    def __setitem__(self, index: Any, value: Any) -> NoReturn:
        raise DerivativeError(
            "a value being differentiated cannot be assigned to in place. Write into a copy (y = x.copy(), np.zeros_like(x)) or "
            "an array from adkit.numpy.zeros, empty or array; or choose with np.where(mask, new, old), or join with "
            "np.concatenate or np.stack"
        )

    def __contains__(self, value: Any) -> bool:
        return plain(value) in plain(self)

    # conversions that would lose the derivative ----------------------------------------------

    def __float__(self) -> NoReturn:
        _refuse("float", "Use NumPy's functions (np.sin, not math.sin), and make an array that receives it with "
                "adkit.numpy.zeros, empty or array in place of np.zeros, or with np.stack")  # fmt: skip

    def __int__(self) -> NoReturn:
        _refuse("int", "If the derivative is meant to stop here, use adkit.stop_gradient(x)")

    def __complex__(self) -> NoReturn:
        _refuse("complex", "Use x + 0j")

    def __index__(self) -> NoReturn:
        _refuse("index", "An index carries no derivative: use adkit.stop_gradient(x) and convert that to int")

    def __bool__(self) -> bool:
        return bool(plain(self))

    def __reduce__(self) -> NoReturn:
        raise DerivativeError("a value being differentiated cannot be pickled: it belongs to one call in one process")

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, memo: Any) -> Any:
        return self

    def __repr__(self) -> str:
        return f"{type(self).__name__}({plain(self)!r})"

    def __format__(self, spec: str) -> str:
        return f"{type(self).__name__}({format(plain(self), spec)})"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or not hasattr(np.ndarray, name):
            raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}")
        raise AttributeError(
            f"the array attribute {name!r} has no meaning for a value being differentiated; "
            f"adkit supports: {', '.join([n for n in dir(np.ndarray) if n[0] != '_' and n in dir(Box)])}"
        )

    # comparisons are made on the primals -------------------------------------------------------

    def __lt__(self, other: Any) -> Any:
        return plain(self) < plain(lift(other))

    def __le__(self, other: Any) -> Any:
        return plain(self) <= plain(lift(other))

    def __gt__(self, other: Any) -> Any:
        return plain(self) > plain(lift(other))

    def __ge__(self, other: Any) -> Any:
        return plain(self) >= plain(lift(other))

    def __eq__(self, other: Any) -> Any:
        return plain(self) == plain(lift(other))

    def __ne__(self, other: Any) -> Any:
        return plain(self) != plain(lift(other))

    __hash__ = object.__hash__

    # operators without a fast form -------------------------------------------------------------

    def __divmod__(self, other: Any) -> Any:
        return np.floor_divide(self, other), np.remainder(self, other)  # type: ignore[call-overload]

    def __rdivmod__(self, other: Any) -> Any:
        return np.floor_divide(other, self), np.remainder(other, self)  # type: ignore[call-overload]

    def __round__(self, digits: int | None = None) -> Any:
        return np.round(self, digits or 0)  # type: ignore[call-overload]

    def __floor__(self) -> Any:
        return np.floor(self)  # type: ignore[call-overload]

    def __ceil__(self) -> Any:
        return np.ceil(self)  # type: ignore[call-overload]

    def __trunc__(self) -> Any:
        return np.trunc(self)  # type: ignore[call-overload]


def is_outer(x: Any, level: Any) -> bool:
    """Whether ``x`` is a number with derivatives of levels further out alone: a constant at ``level``."""
    return isinstance(x, Box) and not x.ground and x.level.order < level.order


def inner(op: Op, a: Any, b: Any) -> Any:
    """An op of two operands of which the second may belong to a level further in: its kind of box knows a short way."""
    if isinstance(b, Box) and not b.ground and isinstance(a, Box) and a.level.order < b.level.order:
        return (b.functions.get(op) or type(b).form(op))(a, b)
    return op(a, b)


def hides_type() -> bool:
    """Whether the ``dtype`` that calls this is asked for by NumPy's mean of an object array (see ``Box.dtype``)."""
    code = _getframe(2).f_code
    return code is _MEAN or code is _VAR or code is _STD


def getitem(x: Any, index: Any) -> Any:
    """``x[index]``, as a function: the op that ``x[index]`` means for a box."""
    return x[index]


def unstack(x: Any) -> Any:
    """The slices of ``x`` along its first axis, as a list: the op that iteration means for a box."""
    return list(x)


def _refuse(kind: str, remedy: str) -> NoReturn:
    raise DerivativeError(
        f"a value being differentiated cannot become a plain Python {kind}: its derivative would be lost. {remedy}"
    )


def on_primal(fun: Any) -> Any:
    """A function that is computed on the primals alone: comparisons, argmax, shape, ..."""

    def apply(*args: Any, **kw: Any) -> Any:
        return fun(*[plain(lift(a)) for a in args], **{k: plain(v) for k, v in kw.items()})

    apply.__name__ = fun.__name__
    apply.on_primal = fun  # type: ignore[attr-defined]
    return apply


def _ufunc_method(ufunc: Any, method: str, inputs: Any, kw: Any) -> Any:
    """``reduce``, ``accumulate``, ``outer`` and keywords of a ufunc; what has no meaning is refused."""
    if method != "__call__" and "out" not in kw:
        answer = TABLE.get((ufunc, method))
        if answer is not None:
            return answer(*inputs, **kw)
    if kw.get("out") is not None:
        raise UnsupportedError(
            f"{ufunc.__name__}: out= (or an in-place operator on a plain array, such as a += x) would write a value "
            f"being differentiated into a plain array. Write the result to a new name (a = a + x), or make the array "
            "with adkit.numpy.zeros, empty or array"
        )
    kw = {k: v for k, v in kw.items() if k != "out"}
    if method == "__call__":
        answer = answer_for(ufunc)
        if answer is None:
            unsupported(ufunc)
        if kw.get("where", True) is not True:
            raise UnsupportedError(f"{ufunc.__name__}: where= is not supported; use np.where on the result")
        kw = {k: v for k, v in kw.items() if k not in ("where", "casting", "order", "subok")}
        dtype = kw.pop("dtype", None)
        if kw.keys() & {"axes", "signature"}:
            raise UnsupportedError(f"{ufunc.__name__}: axes= and signature= are not supported; move the axes with np.moveaxis")
        if kw:
            if type(answer) is Op:
                answer = TABLE.get((ufunc, "__call__", *sorted(kw)), answer)
            return answer(*inputs, **kw)
        if dtype is not None:
            inputs = [np.astype(x, np.dtype(dtype)) if isinstance(x, Boxed) else x for x in inputs]  # type: ignore[call-overload]
        return answer(*inputs)
    answer = TABLE.get((ufunc, method))
    if answer is None:
        raise UnsupportedError(
            f"adkit has no derivative rule for np.{ufunc.__name__}.{method}. Write it with NumPy functions that have "
            "one (np.sum for np.add.reduce, indexing and np.concatenate for np.add.at)"
        )
    return answer(*inputs, **kw)
