"""Symbols: the box that stands for an expression of SymPy, or an array of them.

A ``Symbol`` pairs an array of expressions with its value at one point.  The value gives it a shape, a type and an
answer where a program asks for one (a branch, a loop's condition, the order of entries); the expressions say what
holds at every point.  It lives at the outermost level of all, so a user's function and the rules run on it as on
an array; a ``Dual`` or a ``Var`` holding a Symbol differentiates it, and what comes out is AD's own expression.

>>> import numpy as np, adkit
>>> x = symbol("x", np.float64(0.5))
>>> adkit.grad(lambda x: np.tanh(x) * x)(x).item()
-x*tanh(x)**2 + x + tanh(x)

Comparisons give conditions, and maximum, abs, sign, relu, where and clip choose by them: nothing is decided.  What
must be decided is decided at the point, and noted: see :class:`Setting`.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Any

import numpy as np

from . import ops as _ops  # the table of rules is filled before the first Symbol is made  # noqa: F401
from .box import Box, hides_type, unsupported
from .errors import InexpressibleError
from .levels import OUTERMOST, Level, lift, plain
from .meaning import COMPARISONS, apply_symbol, comparison, exact, joined, logic, signs
from .operators import equip
from .registry import Op, answer_for

__all__ = ["Setting", "Symbol", "symbol"]

_LARGEST = 50_000
"""Nodes of one expression beyond which a program is too long to be written as a formula."""


class Setting(Level):
    """Where symbols live: outside all levels.

    ``decided`` collects what the program asked to be decided at the point: conditions that it branched on, and
    functions whose result is no expression (argsort).  What is proved then holds on that branch.  ``deadline`` is
    the time (of ``time.monotonic``) after which computing stops.
    """

    __slots__ = ("deadline", "decided", "sizes")

    def __init__(self, deadline: float | None = None) -> None:
        self.order = OUTERMOST
        self.closed = False
        self.decided: list[Any] = []
        self.deadline = deadline
        self.sizes: dict[Any, int] = {}

    def decide(self, what: Any) -> None:
        """Note what was decided at the point."""
        if what not in self.decided:
            self.decided.append(what)

    def admit(self, expr: np.ndarray) -> None:
        """Refuse expressions that have grown too large, and work that has taken too long."""
        for e in expr.flat:
            if self._size(e) > _LARGEST:
                raise InexpressibleError(f"its formula has more than {_LARGEST:,} terms; try fewer steps or smaller shapes")
        if self.deadline is not None and monotonic() > self.deadline:
            raise InexpressibleError("its formula was not complete within the time limit")

    def _size(self, e: Any) -> int:
        """Nodes of an expression written out; each new one is made of others that have been counted."""
        found = self.sizes.get(e)
        if found is None:
            found = self.sizes[e] = 1 + sum([self._size(part) for part in e.args])
        return found


class Symbol(Box):
    """Expressions that stand in for an array, and their value at one point."""

    __slots__ = ("expr", "level", "value")

    functions: dict[Any, Callable[..., Any]] = {}  # noqa: RUF012
    ground = True

    expr: np.ndarray
    level: Setting
    value: Any

    @property
    def primal(self) -> Any:
        """Itself: nothing lies beneath a symbol."""
        return self

    def layers(self) -> tuple[Any, ...]:
        return ()

    @classmethod
    def process(cls, level: Setting, op: Op, xs: tuple[Any, ...], kw: dict[str, Any]) -> Any:
        xs = tuple([lift(x) for x in xs])
        kw = {k: _decided(v) for k, v in kw.items()}
        values = [x.value if isinstance(x, Symbol) else np.asarray(x) if isinstance(x, (list, tuple)) else x for x in xs]
        with np.errstate(all="ignore"):
            value = op.run(*values, **kw) if op.run is not op else op.fun(*values, **kw)
        operands = [x.expr if isinstance(x, Symbol) else exact(x) for x in xs]
        expr = apply_symbol(op, operands, kw, value)
        if isinstance(value, (tuple, list)):
            made = [make(v, e, level) for v, e in zip(value, expr, strict=True)]
            return made if isinstance(value, list) else type(value)(*made) if hasattr(value, "_fields") else tuple(made)
        return make(value, expr, level)

    @classmethod
    def interpret(cls, op: Op) -> Callable[..., Any]:
        return op

    @classmethod
    def _first_use(cls, fun: Any) -> Callable[..., Any]:
        answer = _OWN.get(fun) or answer_for(fun)
        if answer is None:
            unsupported(fun)
        on_primal = getattr(answer, "on_primal", None)
        apply: Callable[..., Any] = _at_the_point(on_primal) if on_primal is not None else answer
        cls.functions[fun] = apply
        return apply

    # what an array has -------------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape  # type: ignore[no-any-return]

    @property
    def ndim(self) -> int:
        return self.value.ndim  # type: ignore[no-any-return]

    @property
    def size(self) -> int:
        return self.value.size  # type: ignore[no-any-return]

    @property
    def dtype(self) -> np.dtype[Any]:
        if hides_type():
            raise AttributeError("dtype")
        return self.value.dtype  # type: ignore[no-any-return]

    def at_the_point(self) -> Any:
        """The value, with a note that it was asked for."""
        self.level.decide(f"values of {self.expr.size} entries")
        return self.value

    @property
    def nbytes(self) -> int:
        return self.value.nbytes  # type: ignore[no-any-return]

    @property
    def flags(self) -> Any:
        return np.asarray(self.value).flags

    @property
    def strides(self) -> tuple[int, ...]:
        return np.asarray(self.value).strides

    def item(self, *index: Any) -> Any:
        """The expression itself, of a symbol with one entry (or of that at an index)."""
        return self.expr.item(*index)

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        if self.dtype.kind in "biu":  # a mask or an index
            return np.asarray(_decided(self), dtype=dtype)
        return super().__array__(dtype, copy)

    def written_layer(self, content: Any) -> _Written:
        """What a Buffer holds of symbols."""
        return _Written(self.level, content)

    def __bool__(self) -> bool:
        return bool(_decided(self))

    def __repr__(self) -> str:
        return f"Symbol({self.expr.tolist()!r})"

    __hash__ = object.__hash__


def make(value: Any, expr: np.ndarray, level: Setting) -> Symbol:
    """A Symbol from its parts."""
    value = np.asarray(value)
    if value.shape != expr.shape:
        raise InexpressibleError(f"its symbolic meaning has shape {expr.shape}, its value {value.shape}")
    level.admit(expr)
    found = Symbol()
    found.value = value if value.ndim else value[()]
    found.expr = expr
    found.level = level
    return found


class _Written:
    """Expressions into which a program writes, and their values: what a Buffer holds of symbols."""

    __slots__ = ("expr", "level", "primal", "value")

    def __init__(self, level: Setting, content: Any) -> None:
        self.level, self.primal = level, content
        self.value = np.array(content.freeze())
        self.expr = exact(self.value)

    def hold(self, x: Symbol) -> None:
        """Begin with the entries of a symbol."""
        self.value, self.expr = np.array(x.value), x.expr.copy()

    def read(self, at: Any) -> Symbol:
        """The part that an index selects."""
        return make(np.array(at.take(self.value)), np.array(at.take(self.expr), dtype=object), self.level)

    def write(self, at: Any, value: Any) -> None:
        """Replace the part that an index selects."""
        symbols = isinstance(value, Symbol)
        at.put(self.value, value.value if symbols else value)
        expr = value.expr if symbols else exact(value)
        at.put(self.expr, expr if expr.ndim else expr.item())

    def freeze(self) -> Symbol:
        """The array as it stands."""
        return make(self.value.copy(), self.expr.copy(), self.level)


def symbol(name: str, value: Any, setting: Setting | None = None, **assumptions: Any) -> Symbol:
    """Free symbols in place of an array: one for each entry, named ``name`` or ``name[i, j]``.

    Parameters
    ----------
    name : how the symbols print.
    value : number or array of any shape: the point at which branches are decided.
    setting : what is shared with other symbols of the same computation.
    assumptions : what SymPy may assume of them (``positive=True``); that they are real is assumed of real values.

    Examples
    --------
    >>> symbol("x", np.zeros(2)).expr
    array([x[0], x[1]], dtype=object)
    """
    import sympy as sp

    value = np.asarray(value)
    if not assumptions and value.dtype.kind != "c":
        assumptions = {"real": True}
    expr = np.empty(value.shape, dtype=object)
    for place in np.ndindex(value.shape):
        expr[place] = sp.Symbol(name + (str(list(place)) if place else ""), **assumptions)
    return make(value, expr, setting or Setting())


# what is decided at the point ------------------------------------------------------------------------


def _decided(x: Any) -> Any:
    """The value of a symbol, with a note that it was asked for."""
    if not isinstance(x, Symbol):
        return x
    for e, value in zip(x.expr.flat, np.ravel(x.value), strict=True):
        if e.free_symbols and not _generic(e, bool(value)):
            x.level.decide(e)
    return x.value


def _generic(condition: Any, value: bool) -> bool:
    """Whether a condition is of equations alone, and says that none holds: so it is but on a boundary."""
    import sympy as sp

    equations = {r: sp.false if isinstance(r, sp.Eq) else sp.true for r in condition.atoms(sp.Eq, sp.Ne)}
    return condition.xreplace(equations) == value if equations else False


_QUIET = {np.isfinite, np.isinf, np.isnan, np.isreal, np.iscomplex, np.shape, np.ndim, np.size, np.isrealobj, np.iscomplexobj,
          np.result_type, np.isposinf, np.isneginf}  # fmt: skip
"""Functions of shape and type alone, and those of which a symbol, being a finite number, decides nothing."""


def _at_the_point(fun: Any) -> Callable[..., Any]:
    def apply(*args: Any, **kw: Any) -> Any:
        given = [plain(lift(a)) for a in args]
        for x in given:
            if isinstance(x, Symbol) and fun not in _QUIET:
                x.level.decide(f"{fun.__name__} of {x.expr.size} entries")
        return fun(*[x.value if isinstance(x, Symbol) else x for x in given], **{k: _decided(plain(v)) for k, v in kw.items()})

    return apply


# what is not -----------------------------------------------------------------------------------------


def _pair(fun: Any, meaning: Any) -> Callable[..., Any]:
    """A function of values and what it means for expressions, applied to symbols and arrays."""

    def apply(*args: Any, **kw: Any) -> Any:
        xs = [plain(lift(a)) for a in args]
        level = next(x.level for x in xs if isinstance(x, Symbol))
        value = fun(*[x.value if isinstance(x, Symbol) else x for x in xs], **kw)
        return make(value, meaning(*[x.expr if isinstance(x, Symbol) else exact(x) for x in xs], **kw), level)

    apply.__name__ = getattr(fun, "__name__", "function")
    return apply


_OWN: dict[Any, Any] = {
    **{getattr(np, name): _pair(getattr(np, name), lambda a, b, name=name: comparison(name, a, b)) for name in COMPARISONS},
    np.logical_and: _pair(np.logical_and, logic("And")), np.bitwise_and: _pair(np.bitwise_and, logic("And")),
    np.logical_or: _pair(np.logical_or, logic("Or")), np.bitwise_or: _pair(np.bitwise_or, logic("Or")),
    np.logical_xor: _pair(np.logical_xor, logic("Xor")), np.bitwise_xor: _pair(np.bitwise_xor, logic("Xor")),
    np.logical_not: _pair(np.logical_not, logic("Not")), np.invert: _pair(np.invert, logic("Not")),
    np.any: _pair(np.any, joined("Or")), np.all: _pair(np.all, joined("And")), np.sign: _pair(np.sign, signs),
}  # fmt: skip
"""What a symbol answers otherwise than other boxes: comparisons, logic and signs, as conditions."""


def _operator(fun: Any, swap: bool = False) -> Any:
    def operate(self: Any, other: Any) -> Any:
        return fun(other, self) if swap else fun(self, other)

    return operate


for _name, _fun in (("lt", np.less), ("le", np.less_equal), ("gt", np.greater), ("ge", np.greater_equal), ("eq", np.equal),
                    ("ne", np.not_equal), ("and", np.bitwise_and), ("or", np.bitwise_or), ("xor", np.bitwise_xor)):  # fmt: skip
    setattr(Symbol, f"__{_name}__", _operator(_OWN[_fun]))
    setattr(Symbol, f"__r{_name}__", _operator(_OWN[_fun], swap=True))
setattr(Symbol, "__invert__", _OWN[np.invert])  # noqa: B010
equip(Symbol, lambda op: lambda b, a: op(a, b))
