"""What an op means to SymPy: the ``symbol`` field of its entry, applied to arrays of expressions.

An *array of expressions* is a NumPy array of dtype object.  What the field says is read so:

``STRUCTURAL``            NumPy itself runs on the array of expressions
``"tanh"``                SymPy's function of that name, entry by entry
``f(sp, *xs, **kw)``      entry by entry after broadcasting; for an op that has an ``axis``, all the entries along
                          it at once, giving one expression, or a list of as many as were given
``OfArrays(f)``           ``f(sp, *arrays, **kw)``: the whole arrays of expressions at once
``NoSymbol(reason)``      nothing: :class:`adkit.errors.InexpressibleError`

Floats become the exact numbers that they stand for (see :func:`exact`), so that identities can hold.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from math import isfinite
from typing import Any

import numpy as np

from .errors import InexpressibleError
from .ops.common import negative_axes
from .op import STRUCTURAL, NoSymbol, OfArrays, Op, parameter_defaults, parameter_names

__all__ = ["COMPARISONS", "apply_symbol", "comparison", "entrywise", "exact", "exact_number", "is_condition",
           "joined", "logic", "numbers", "signs"]  # fmt: skip

COMPARISONS = {
    "less": "StrictLessThan", "less_equal": "LessThan", "greater": "StrictGreaterThan", "greater_equal": "GreaterThan",
    "equal": "Equality", "not_equal": "Unequality",
}  # fmt: skip
"""NumPy's comparisons and SymPy's."""


# numbers -------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _constants() -> dict[float, Any]:
    """Doubles that stand for a constant no fraction equals: a rule writes log(2) as 0.6931471805599453."""
    import sympy as sp

    named = [sp.pi, sp.pi / 2, sp.pi / 4, 2 * sp.pi, sp.pi**2, sp.pi / 180, 180 / sp.pi, sp.log(2), sp.log(10), sp.E, sp.sqrt(2)]
    named += [sp.sqrt(sp.pi), 2 / sp.sqrt(sp.pi), 1 / sp.sqrt(sp.pi), sp.sqrt(2 * sp.pi), 1 / sp.sqrt(2 * sp.pi)]
    named += [1 / sp.sqrt(2), sp.sqrt(2 / sp.pi), 1 / sp.log(2), 1 / sp.log(10), sp.log(2 * sp.pi), sp.log(2 * sp.pi) / 2]
    return {float(c): c for c in named}


@lru_cache(maxsize=4096)
def exact_number(x: Any) -> Any:
    """The exact number that a float stands for: a known constant, a short fraction, or its shortest decimal.

    Each rounds to that float again.

    >>> exact_number(0.1), exact_number(1 / 3), exact_number(float(np.log(2)))
    (1/10, 1/3, log(2))
    """
    import sympy as sp

    if isinstance(x, complex):
        return exact_number(x.real) + sp.I * exact_number(x.imag)
    if isinstance(x, int):
        return sp.Integer(x)
    if not isfinite(x):
        return sp.nan if x != x else sp.oo if x > 0 else -sp.oo
    for size, constant in ((x, 1), (-x, -1)):
        if size in _constants():
            return constant * _constants()[size]
    near = Fraction(x).limit_denominator(1000)
    if float(near) == x:
        return sp.Rational(near.numerator, near.denominator)
    return sp.Rational(repr(x))


def exact(x: Any) -> np.ndarray:
    """Numbers as an array of expressions; booleans as SymPy's true and false."""
    import sympy as sp

    x = np.asarray(x)
    if x.dtype.kind == "b":
        return entrywise(lambda v: sp.true if v else sp.false, x)
    if x.dtype.kind not in "fciu":
        raise InexpressibleError(f"a value of type {x.dtype} has no symbolic meaning")
    if x.dtype == np.float32:  # the decimal that was written, not its rounding to single precision
        return entrywise(lambda v: exact_number(float(str(np.float32(v)))), x)
    return entrywise(lambda v: exact_number(v.item() if isinstance(v, np.generic) else v), x)


def numbers(expr: np.ndarray) -> np.ndarray:
    """An array of expressions with conditions read as numbers: 1 where they hold, else 0."""
    import sympy as sp

    def number(e: Any) -> Any:
        if e is sp.true:
            return sp.S.One
        if e is sp.false:
            return sp.S.Zero
        return sp.Piecewise((1, e), (0, True), evaluate=False) if is_condition(e) else e

    return entrywise(number, expr)


def entrywise(f: Any, *arrays: Any) -> np.ndarray:
    """A function of single entries on arrays that broadcast against each other, as an array of objects."""
    found = np.empty(np.broadcast_shapes(*[np.shape(a) for a in arrays]), dtype=object)
    if found.size:
        found[...] = np.frompyfunc(f, len(arrays), 1)(*arrays)
    return found


def comparison(name: str, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """A comparison entry by entry, decided only where both sides are numbers, or the same."""
    import sympy as sp

    kind = getattr(sp, COMPARISONS[name])

    def compare(x: Any, y: Any) -> Any:
        if x == y or (x.is_number and y.is_number):
            return kind(x, y)
        return kind(x, y, evaluate=False)

    return entrywise(compare, numbers(a), numbers(b))


def logic(name: str) -> Callable[..., np.ndarray]:
    """One of SymPy's connectives (``And``, ``Or``, ``Not``, ``Xor``), entry by entry."""

    def combine(*xs: Any) -> np.ndarray:
        import sympy as sp

        return entrywise(getattr(sp, name), *xs)

    return combine


def joined(name: str) -> Callable[..., np.ndarray]:
    """Conditions joined along axes, by ``And`` as ``np.all`` does or by ``Or`` as ``np.any``."""

    def reduce(x: Any, axis: Any = None, keepdims: Any = False, **_: Any) -> np.ndarray:
        import sympy as sp

        connective = np.frompyfunc(getattr(sp, name), 2, 1)
        found: Any = x
        for k in sorted(negative_axes(axis, x.ndim)):
            found = connective.reduce(found, axis=k, keepdims=True, initial=sp.true if name == "And" else sp.false)
        if not keepdims:
            found = np.squeeze(found, axis=negative_axes(axis, x.ndim))
        return entrywise(lambda e: e, found)

    return reduce


def signs(x: Any) -> np.ndarray:
    """The sign of each entry."""
    import sympy as sp

    return entrywise(sp.sign, numbers(x))


# ops -----------------------------------------------------------------------------------------------


def apply_symbol(op: Op, operands: list[np.ndarray], kw: dict[str, Any], like: Any) -> Any:
    """The expressions of an op's result (or results, as a list), for those of its operands.

    ``like`` is the result for numbers.

    Raises
    ------
    InexpressibleError : where the op has no symbolic meaning, or none that fits this call.
    """
    meaning = op.symbol
    if meaning is None:
        raise InexpressibleError(f"{op.name}: its entry says no symbolic meaning (symbol=)")
    if isinstance(meaning, NoSymbol):
        raise InexpressibleError(f"{op.name}: {meaning.reason}")
    first = like[0] if isinstance(like, (tuple, list)) and like else like
    if op.kind == "elementwise":
        keep = [rule is None and _conditions(x) for x, rule in zip(operands, op.rules, strict=True)]
        operands = [x if k else numbers(x) for x, k in zip(operands, keep, strict=True)]
    elif np.asarray(first).dtype.kind != "b":
        operands = [numbers(x) for x in operands]
    if isinstance(meaning, str) and meaning == STRUCTURAL:
        found = op.run(*operands, **kw) if op.run is not op else op.fun(*operands, **kw)
        return [_array(part) for part in found] if isinstance(found, (tuple, list)) else _array(found)
    if isinstance(meaning, OfArrays):
        import sympy as sp

        found = meaning.f(sp, *operands, **kw)
        return [_array(part) for part in found] if isinstance(found, (tuple, list)) else _array(found)
    f = _function(meaning)
    kw = {k: exact_number(v) if isinstance(v, float) else v for k, v in kw.items()}
    names = parameter_names(op.bind or op.fun)
    if op.kind == "elementwise" or "axis" not in names:
        return entrywise(lambda *xs: _expression(f(*xs, **kw)), *operands)
    if len(operands) != 1:
        raise InexpressibleError(f"{op.name}: entries along an axis of several operands have no symbolic meaning")
    return _along(f, operands[0], {**parameter_defaults(op.bind or op.fun), **kw}, kw)


def is_condition(e: Any) -> bool:
    """Whether an expression is true or false (SymPy counts symbols among them, which are numbers here)."""
    from sympy.core.relational import Relational
    from sympy.logic.boolalg import BooleanAtom, BooleanFunction

    return isinstance(e, (Relational, BooleanFunction, BooleanAtom))


def _conditions(x: np.ndarray) -> bool:
    return x.size > 0 and all([is_condition(e) for e in x.flat])


def _function(meaning: Any) -> Any:
    import sympy as sp

    if not isinstance(meaning, str):
        return lambda *xs, **kw: meaning(sp, *xs, **kw)
    named = getattr(sp, meaning)
    if meaning in ("Max", "Min"):
        # SymPy would compare its arguments; which is the larger is for the proof to split into cases.
        def extreme(*xs: Any, initial: Any = None, **_: Any) -> Any:
            entries = xs if initial is None else (*xs, initial)
            return named(*entries, evaluate=all([x.is_number for x in entries])) if len(entries) > 1 else entries[0]

        return extreme
    return named


def _along(f: Any, x: np.ndarray, settings: dict[str, Any], given: dict[str, Any]) -> np.ndarray:
    axes = negative_axes(settings.get("axis"), x.ndim)
    rest = tuple([k for k in range(-x.ndim, 0) if k not in axes])
    kw = {k: v for k, v in given.items() if k not in ("axis", "keepdims", "out", "where", "dtype") and v is not np._NoValue}
    order = tuple([k + x.ndim for k in rest + axes])
    moved = np.transpose(x, order)
    kept = moved.shape[: len(rest)]
    rows = moved.reshape((int(np.prod(kept, dtype=int)), int(np.prod(moved.shape[len(rest) :], dtype=int))))
    where = given.get("where", True)
    mask = np.ones(x.shape, bool) if where is np._NoValue else np.broadcast_to(np.asarray(where), x.shape)
    masks = np.transpose(mask, order).reshape(rows.shape)
    found = [f(*row[m], **kw) for row, m in zip(rows, masks, strict=True)]
    if found and isinstance(found[0], (list, tuple)):
        whole = np.empty(rows.shape, dtype=object)
        for row, entries in zip(whole, found, strict=True):
            row[:] = [_expression(e) for e in entries]
        return np.transpose(whole.reshape(moved.shape), np.argsort(order))
    if "keepdims" not in settings:  # an op that keeps its operand's shape, and no entries
        return x
    out = np.empty(len(rows), dtype=object)
    out[:] = [_expression(e) for e in found]
    if settings["keepdims"] and settings["keepdims"] is not np._NoValue:
        return out.reshape([1 if k in axes else x.shape[k] for k in range(-x.ndim, 0)])
    return out.reshape(kept)


def _expression(e: Any) -> Any:
    import sympy as sp

    return sp.sympify(e)


def _array(x: Any) -> np.ndarray:
    """What NumPy gave for arrays of expressions: an array of them, also where it gave a single one."""
    found = np.empty(np.shape(x), dtype=object)
    found[...] = x
    return entrywise(_expression, found)
