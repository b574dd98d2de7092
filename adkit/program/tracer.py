"""The Tracer: a value in a program being written down.

It is a concrete value, the example's, together with the number of the instruction that gave it.  Every function of
NumPy that meets one is computed on the example and written down, whether adkit has a derivative for it or not.
Where a derivative is taken inside, a ``Var`` or ``Dual`` holds a Tracer, and the rules and the sweep, being NumPy,
write themselves down too.

A comparison is an instruction like any other.  Python's questions (``if``, ``while``, ``int``, an index, a mask) are
answered by the example, and leave a *guard*: the program says so when other arguments would answer otherwise.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from ..box import Box, getitem
from ..errors import UnsupportedError
from ..levels import lift, top_level
from ..registry import TABLE, Op
from ..tree import leaves
from .assign import WrittenLayer, setitem
from .instruction import UFUNCS

if TYPE_CHECKING:
    from .recording import Trace

__all__ = ["Tracer", "example", "name_of"]

_BY_SHAPE = frozenset((
    np.shape, np.ndim, np.size, np.result_type, np.common_type, np.can_cast, np.min_scalar_type, np.isrealobj,
    np.iscomplexobj, np.array_repr, np.array_str, np.array2string,
    np.shares_memory, np.may_share_memory, np.iterable,
))  # fmt: skip
"""What depends on shapes and types alone, which a program holds fixed, or only prints."""

_WRITABLE = frozenset((np.copy, np.zeros_like, np.ones_like, np.empty_like, np.full_like))
"""What makes an array that ordinary code writes into."""

_WRITERS = frozenset((np.copyto, np.put, np.place, np.putmask, np.fill_diagonal, np.put_along_axis))

_REDUCTIONS: dict[Any, Any] = {np.add: np.sum, np.multiply: np.prod, np.maximum: np.max, np.minimum: np.min}

_BINARY = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "truediv": operator.truediv,
    "floordiv": operator.floordiv, "mod": operator.mod, "pow": operator.pow, "matmul": operator.matmul,
    "and": operator.and_, "or": operator.or_, "xor": operator.xor, "lshift": operator.lshift, "rshift": operator.rshift,
}  # fmt: skip
_COMPARED = {"lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge, "eq": operator.eq, "ne": operator.ne}
_UNARY = {"neg": operator.neg, "pos": operator.pos, "abs": operator.abs, "invert": operator.invert}


def example(x: Any) -> Any:
    """An argument with the example's values in place of Tracers."""
    if type(x) is Tracer:
        return x.primal
    if type(x) in (tuple, list):
        return type(x)([example(e) for e in x])
    if type(x) is slice:
        return slice(*[example(e) for e in (x.start, x.stop, x.step)])
    return x


def name_of(fun: Any) -> str:
    return getattr(fun, "__name__", str(fun))


def _settled(x: Any) -> Any:
    """Buffers and object arrays of Tracers as one value, also inside lists and tuples."""
    if type(x) in (tuple, list):
        return type(x)([_settled(e) for e in x])
    if type(x) is np.ndarray or hasattr(type(x), "__adkit_freeze__"):
        return lift(x)
    return x


def apply(fun: Any, args: tuple[Any, ...], kw: dict[str, Any], run: Any = None) -> Any:
    """Apply a function at the innermost level among its arguments, which may be a derivative's."""
    args = tuple([_settled(a) for a in args])
    kw = {k: _settled(v) for k, v in kw.items()}
    top = top_level(tuple(leaves((args, kw))))
    if isinstance(top, Tracer):
        return top.level.record(fun, args, kw, run)
    if top is None:
        return (run or fun)(*args, **kw)
    if isinstance(fun, Op):
        return fun(*args, **kw)
    inner: Any = type(top)
    return inner._first_use(UFUNCS.get(fun, fun))(*args, **kw)


def _checked(fun: Any, args: Any, kw: dict[str, Any]) -> Any:
    """Apply a function of NumPy that is no ufunc; what writes in place is refused."""
    if fun in _WRITERS or kw.get("out") is not None:
        raise UnsupportedError(
            f"np.{name_of(fun)} would write a traced value into a plain array, and the program would lose it; use "
            "np.where, np.concatenate or adkit.numpy.full"
        )
    if fun in _BY_SHAPE:
        return fun(*[example(_settled(a)) for a in args], **{k: example(v) for k, v in kw.items()})
    if fun in _WRITABLE:
        return TABLE[fun](*args, **kw)
    return apply(fun, args, {k: v for k, v in kw.items() if k != "out"})


class Tracer(Box):
    """A value of the program being written: the example's, and the number of its instruction."""

    __slots__ = ("index", "level", "primal")

    ground = True
    written = True
    functions: dict[Any, Callable[..., Any]] = {}  # noqa: RUF012

    primal: Any
    level: Trace
    index: int

    @classmethod
    def process(cls, level: Trace, op: Op, xs: tuple[Any, ...], kw: dict[str, Any]) -> Any:
        if op.run is op:
            return level.record(op, xs, kw, op.fun)
        if op.flatten is not None or op.fun is getitem:
            return op.run(*xs, **kw)  # comes back by NumPy's own name and spelling
        return level.record(op.fun, xs, kw, op.run)

    @classmethod
    def _first_use(cls, fun: Any) -> Callable[..., Any]:
        """For a function asked for by itself: one of our own, or one of ``adkit.numpy``."""
        answer = TABLE.get(fun)
        if isinstance(answer, Op) and answer.run is answer:
            return lambda *args, **kw: apply(answer, args, kw, answer.fun)
        return lambda *args, **kw: _checked(fun, args, kw)

    # NumPy's protocols -----------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kw: Any) -> Any:
        if kw.get("out") is not None:
            raise UnsupportedError(
                f"{ufunc.__name__}: out= (or an in-place operator on a plain array, such as a += x) would write a traced "
                "value into a plain array, and the program would lose it. Write the result to a new name (a = a + x), or "
                "make the array with adkit.numpy.zeros, empty or array"
            )
        kw = {k: v for k, v in kw.items() if k != "out"}
        if method == "__call__":
            return apply(ufunc, inputs, kw)
        top = top_level(tuple(leaves(inputs)))
        if top is not None and top.level is not self.level:
            return top.__array_ufunc__(ufunc, method, *inputs, **kw)  # type: ignore[attr-defined]
        if method == "at":
            raise UnsupportedError(f"np.{ufunc.__name__}.at writes in place, which a program cannot; use np.add and indexing")
        if method == "reduce" and ufunc in _REDUCTIONS:
            axis = kw.pop("axis", 0)
            return apply(_REDUCTIONS[ufunc], inputs, {"axis": axis, **kw})
        return apply(getattr(ufunc, method), inputs, kw)

    def __array_function__(self, fun: Any, types: Any, args: Any, kw: Any) -> Any:
        return _checked(fun, args, kw)

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        if self.primal.dtype.kind in "iub" and (dtype is None or np.dtype(dtype) == self.primal.dtype):
            # Positions and masks: what they select is fixed in the program, and guarded.
            value = np.array(self.primal)
            self.level.guard(self, "value", value)
            return value
        if dtype is not None and np.dtype(dtype) != object:
            raise UnsupportedError(
                f"trace: a traced value cannot become a plain array of {np.dtype(dtype).name}: the program would lose it. Use "
                "NumPy functions on it directly; to assign items, make the target with adkit.numpy.zeros, empty or array"
            )
        return super().__array__(dtype)

    def written_layer(self, content: Any) -> WrittenLayer:
        """What a Buffer holds of this trace."""
        return WrittenLayer(self.level, content, lambda x, key, value: apply(setitem, (x, key, value), {}))

    @property
    def value(self) -> Any:
        """The example's value."""
        return self.primal

    @property
    def flags(self) -> Any:
        return np.asarray(self.primal).flags

    @property
    def strides(self) -> Any:
        return np.asarray(self.primal).strides

    def __iter__(self) -> Iterator[Any]:
        if not self.ndim:
            raise TypeError("iteration over a 0-d value")
        return iter([self[k] for k in range(len(self))])

    def __contains__(self, value: Any) -> bool:
        return bool(np.any(self == value))

    # Python's questions are answered by the example, and guarded -------------------------------

    def __bool__(self) -> bool:
        answer = bool(self.primal)
        self.level.guard(self, "value", answer) if self.primal.dtype == bool else bool(self != 0)
        return answer

    def __index__(self) -> int:  # type: ignore[override]
        if self.primal.dtype.kind not in "iu":
            raise TypeError("only integer values can be an index")
        self.level.guard(self, "value", operator.index(self.primal))
        return operator.index(self.primal)

    def __int__(self) -> int:  # type: ignore[override]
        if self.primal.dtype.kind in "iub":
            answer = int(self.primal)
            self.level.guard(self, "value", answer)
            return answer
        return int(np.astype(np.trunc(self), np.dtype(int)))

    def __float__(self) -> NoReturn:
        _refuse("float")

    def __complex__(self) -> NoReturn:
        _refuse("complex")

    def __setitem__(self, index: Any, value: Any) -> NoReturn:
        raise UnsupportedError(
            "trace: a traced value cannot be assigned to in place. Write into a copy (y = x.copy(), np.zeros_like(x)) or an "
            "array from adkit.numpy.zeros, empty or array; or choose with np.where, or join with np.concatenate or np.stack"
        )

    def __reduce__(self) -> NoReturn:
        raise UnsupportedError("a traced value cannot be pickled: it belongs to one trace in one process")

    def __repr__(self) -> str:
        return f"Tracer({self.primal!r})"

    def __format__(self, spec: str) -> str:
        return f"Tracer({format(self.primal, spec)})"


def _refuse(kind: str) -> NoReturn:
    raise UnsupportedError(
        f"trace: a traced value cannot become a plain Python {kind}: the program would freeze it. Use NumPy's functions "
        "(np.sin, not math.sin), and make an array that receives it with adkit.numpy.zeros, empty or array"
    )


def _equip() -> None:
    fun: Any
    for name, fun in {**_BINARY, **_COMPARED}.items():
        setattr(Tracer, f"__{name}__", _method(fun))
        if name in _BINARY:
            setattr(Tracer, f"__r{name}__", _reflected(fun))
    for name, fun in {**_UNARY, "getitem": operator.getitem}.items():
        setattr(Tracer, f"__{name}__", _method(fun))


def _method(fun: Any) -> Any:
    return lambda *args: apply(fun, args, {})


def _reflected(fun: Any) -> Any:
    return lambda a, b: apply(fun, (b, a), {})


_equip()
