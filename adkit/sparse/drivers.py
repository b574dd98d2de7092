"""The drivers: patterns, Jacobians and Hessians of functions of one array."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import tree
from ..arguments import call, check_callable, enter, named, positions, quiet, results, warn_independent
from ..counting import note
from ..diagonal import Diagonal
from ..dual import Dual, ForwardLevel, make
from ..errors import DerivativeError
from ..guard import has_nan
from ..levels import Boxed
from ..reverse import grad, record
from ..tape import Var
from .colouring import Colouring, colour_columns, colour_rows, colour_symmetric
from .detect import check_record, dependencies
from .pattern import Pattern, empty, matrix, merged

__all__ = ["hessian", "hessian_pattern", "jacobian", "jacobian_pattern"]


def jacobian_pattern(f: Callable[..., Any], argnums: int = 0) -> Callable[..., Pattern]:
    """A function of the arguments that finds which entries of the Jacobian may be different from zero.

    ``f`` is run once on a tape, and the inputs on which each recorded value depends are followed through it.  The pattern
    holds wherever ``f`` takes the same branches and finds the same order; a zero that is one by chance is in it.

    Parameters
    ----------
    f : from one array (the argument ``argnums``) to one array, each of any shape: entries are counted in C order.

    Raises
    ------
    DerivativeError : where the argument or the result is no single array, or the pattern is nearly full and large.

    Examples
    --------
    >>> jacobian_pattern(lambda x: x[1:] * x[:-1])(np.ones(4)).toarray().astype(int)
    array([[1, 1, 0, 0],
           [0, 1, 1, 0],
           [0, 0, 1, 1]])
    """
    check_callable(f, "jacobian_pattern")

    def pattern(*args: Any, **kw: Any) -> Pattern:
        run, y, place = _recorded(f, argnums, args, kw, "jacobian_pattern")
        try:
            return _pattern(run, y)
        finally:
            run.tape.forget()

    return named(pattern, f, "jacobian_pattern")  # type: ignore[no-any-return]


def hessian_pattern(f: Callable[..., Any], argnums: int = 0) -> Callable[..., Pattern]:
    """A function of the arguments that finds which second derivatives of ``f``, a single number, may be different from zero.

    >>> hessian_pattern(lambda x: np.sum(x[1:] * x[:-1]))(np.ones(3)).toarray().astype(int)
    array([[0, 1, 0],
           [1, 0, 1],
           [0, 1, 0]])
    """
    check_callable(f, "hessian_pattern")
    found = jacobian_pattern(quiet(grad(f, _one(argnums, "hessian_pattern"))), argnums)

    def pattern(*args: Any, **kw: Any) -> Pattern:
        p = found(*args, **kw)
        return merged([p, p.T])

    return named(pattern, f, "hessian_pattern")  # type: ignore[no-any-return]


def jacobian(
    f: Callable[..., Any], argnums: int = 0, pattern: Any = None, mode: str = "auto"
) -> Callable[..., Any]:
    """The sparse Jacobian of ``f``: as many directions as its pattern has colours, whatever its size.

    Parameters
    ----------
    f : from one array (the argument ``argnums``) to one array.
    pattern : the entries that may be different from zero, where they are known: a dense array, a SciPy sparse matrix or a
        :class:`Pattern`, of shape (outputs, inputs).  Default: it is found at the arguments, by tracing.  One direction more
        is then computed, to check that no entry is missing.
    mode : "forward" (columns that share no row, tangents), "reverse" (rows that share no column, cotangents) or "auto", the
        one that needs fewer directions.

    Returns
    -------
    A function of the arguments that gives a ``scipy.sparse.csr_array`` of shape (outputs, inputs), both counted in C order;
    where SciPy is not installed a :class:`Coordinates`, with ``data``, ``pattern``, ``toarray()`` and ``@``.

    Examples
    --------
    >>> J = jacobian(lambda x: x[1:] * x[:-1])(np.array([1.0, 2.0, 3.0]))
    >>> J.toarray().tolist()
    [[2.0, 1.0, 0.0], [0.0, 3.0, 2.0]]
    """
    check_callable(f, "sparse.jacobian")
    if mode not in ("auto", "forward", "reverse"):
        raise DerivativeError(f"sparse.jacobian: mode must be 'auto', 'forward' or 'reverse', not {mode!r}")
    known = _Known(pattern)

    def full(*args: Any, **kw: Any) -> Any:
        run, y, place = _recorded(f, argnums, args, kw, "sparse.jacobian", known.given is None)
        try:
            shape = (np.size(_primal(y, run)), run.inputs[0].size)
            p = known.pattern(shape, "sparse.jacobian") or _pattern(run, y)
            colouring = known.colouring(p, mode)
            check = known.given is not None
            if colouring.kind == "rows" and (p.nnz or check):
                values = _pulled(run, y, colouring, check)
                data = values[colouring.colours[p.rows], p.cols]
            elif p.nnz or check:
                values = _pushed(f, args, kw, place, colouring, check)
                data = values[colouring.colours[p.cols], p.rows]
            else:
                return matrix(np.zeros(0, _primal(y, run).dtype), p)
            if check:
                _check_complete(values[-1], data, p, colouring.kind, "sparse.jacobian")
        finally:
            run.tape.forget()
        return matrix(data, p)

    return named(full, f, "sparse.jacobian")  # type: ignore[no-any-return]


def hessian(f: Callable[..., Any], argnums: int = 0, pattern: Any = None) -> Callable[..., Any]:
    """The sparse Hessian of ``f``, a single number: forward over reverse along a star colouring of its pattern.

    Parameters and result are those of :func:`jacobian`; the pattern is made symmetric.

    >>> rosenbrock = lambda x: np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)
    >>> hessian(rosenbrock)(np.ones(3)).toarray().tolist()
    [[802.0, -400.0, 0.0], [-400.0, 1002.0, -400.0], [0.0, -400.0, 200.0]]
    """
    check_callable(f, "sparse.hessian")
    gradient = quiet(grad(f, _one(argnums, "sparse.hessian")))
    found = hessian_pattern(f, argnums)
    known = _Known(pattern)

    def full(*args: Any, **kw: Any) -> Any:
        place = positions(argnums, args, "sparse.hessian", kw)[0]
        n = np.size(args[place])
        p = known.pattern((n, n), "sparse.hessian")
        p = found(*args, **kw) if p is None else merged([p, p.T])
        check = known.given is not None
        if not p.nnz and not check:
            return matrix(np.zeros(0, np.result_type(args[place], np.float32)), p)
        colouring = known.colouring(p, "symmetric")
        compressed = _pushed(gradient, args, kw, place, colouring, check)
        data = _recovered(compressed, p, colouring)
        if check:
            _check_complete(compressed[-1], data, p, "columns", "sparse.hessian")
        return matrix(data, p)

    return named(full, f, "sparse.hessian")  # type: ignore[no-any-return]


class _Known:
    """A pattern that the user gave, and the colouring of the last pattern met."""

    def __init__(self, pattern: Any) -> None:
        self.given = None if pattern is None else Pattern.of(pattern)
        self.last: tuple[Pattern, str, Colouring] | None = None

    def pattern(self, shape: tuple[int, int], op: str) -> Pattern | None:
        if self.given is not None and self.given.shape != shape:
            raise DerivativeError(f"{op}: the pattern has shape {self.given.shape}, but the matrix has shape {shape}")
        return self.given

    def colouring(self, p: Pattern, mode: str) -> Colouring:
        last = self.last
        if last is not None and last[1] == mode and last[0].shape == p.shape and _same(last[0], p):
            return last[2]
        if mode == "symmetric":
            best = colour_symmetric(p)
        elif mode != "auto":
            best = colour_columns(p) if mode == "forward" else colour_rows(p)
        else:
            best, other = colour_columns(p), colour_rows(p)
            best = other if other.count < best.count else best
        self.last = p, mode, best
        return best


def _same(p: Pattern, q: Pattern) -> bool:
    return p is q or (np.array_equal(p.indptr, q.indptr) and np.array_equal(p.indices, q.indices))


def _one(argnums: Any, op: str) -> int:
    if isinstance(argnums, (tuple, list, bool)) or not hasattr(argnums, "__index__"):
        raise DerivativeError(f"{op}: argnums must be one integer, the argument whose derivative is sparse, not {argnums!r}")
    return int(argnums)


def _recorded(f: Any, argnums: Any, args: Any, kw: Any, op: str, keeps: bool = True) -> tuple[Any, Any, int]:
    """A run on a tape: the recording, the result, and the place of the argument.  A pattern is read off what ``keeps`` all."""
    place = positions(_one(argnums, op), args, op, kw)[0]
    if not isinstance(args[place], (float, np.ndarray, np.generic, Boxed)):
        raise DerivativeError(
            f"{op}: argument {place} must be one array, not {type(args[place]).__name__}; join its parts with np.concatenate "
            "and take them apart inside the function"
        )
    if isinstance(args[place], Boxed):
        raise DerivativeError(f"{op}: a sparse matrix carries no derivative, so {op} does not nest; use adkit.jacobian")
    run, y, _ = record(f, args, (place,), kw, False, op, keeps)
    try:
        check_record(run.tape.records[0])
        leaves = tree.leaves(y)
        if len(leaves) != 1 or leaves[0] is not y:
            raise DerivativeError(f"{op}: the function must return one array, not {type(y).__name__}; use np.concatenate")
    except BaseException:
        run.tape.forget()
        raise
    if not (isinstance(y, Var) and y.level is run.tape):
        warn_independent(op, f"argument {place}", f)
    return run, y, place


def _primal(y: Any, run: Any) -> Any:
    return y.primal if isinstance(y, Var) and y.level is run.tape else y


def _pattern(run: Any, y: Any) -> Pattern:
    if not (isinstance(y, Var) and y.level is run.tape):
        return empty(np.size(y), run.inputs[0].size)
    return dependencies(run.tape.records, y.index)


def _seeds(colouring: Colouring, x: Any, check: bool) -> Any:
    """One direction a colour, and with ``check`` one more, at random."""
    seeds = colouring.seeds(x.shape, x.dtype)
    return np.concatenate([seeds, _random(x.size).astype(x.dtype).reshape((1, *x.shape))]) if check else seeds


def _random(n: int) -> Any:
    return np.random.default_rng(n).uniform(0.5, 1.5, n)


def _check_complete(got: Any, data: Any, p: Pattern, kind: str, op: str) -> None:
    """Refuse a pattern of the user's that lacks entries: the matrix must take the random direction where AD takes it."""
    ins, outs = (p.cols, p.rows) if kind == "columns" else (p.rows, p.cols)
    terms = data * _random(p.shape[1] if kind == "columns" else p.shape[0])[ins]
    expected, size = (np.bincount(outs, weights=w, minlength=got.size) for w in (terms, np.abs(terms)))
    off = np.abs(got - expected) > 1e3 * np.finfo(data.dtype).eps * (size + np.abs(got))
    if off.any():
        where = "row" if kind == "columns" else "column"
        raise DerivativeError(
            f"{op}: the pattern lacks entries that are not zero, in {where} {int(np.argmax(off))} among others; leave pattern= "
            "out, or take it from jacobian_pattern or hessian_pattern"
        )


def _pulled(run: Any, y: Any, colouring: Colouring, check: bool) -> Any:
    """Cotangents of the input for one seed a colour of the rows, of shape (colours, inputs)."""
    count = colouring.count + check
    if not (isinstance(y, Var) and y.level is run.tape):
        return np.zeros((count, run.inputs[0].size), run.inputs[0].dtype)
    (found,) = run.pull([(y.index, _seeds(colouring, y.primal, check))], (count,))
    return np.reshape(found, (count, run.inputs[0].size))


def _pushed(f: Any, args: Any, kw: Any, place: int, colouring: Colouring, check: bool) -> Any:
    """Tangents of the result for one seed a colour of the columns, of shape (colours, outputs)."""
    found = _swept(f, args, kw, place, colouring, check, careful=False)
    return _swept(f, args, kw, place, colouring, check, careful=True) if has_nan(found) else found


def _swept(f: Any, args: Any, kw: Any, place: int, colouring: Colouring, check: bool, careful: bool) -> Any:
    count = colouring.count + check
    with ForwardLevel(1, careful) as level:
        boxed = list(args)
        boxed[place] = enter(
            args[place], lambda x: make(x, _seeds(colouring, x, check), level), place, "sparse.jacobian"
        )
        note("forward", count)
        y = results(call(f, boxed, kw, "sparse.jacobian"), "sparse.jacobian")
        if not (isinstance(y, Dual) and y.level is level):
            return np.zeros((count, np.size(y)), getattr(y, "dtype", float))
        t = y.tangent.dense() if type(y.tangent) is Diagonal else y.tangent
        return np.reshape(t, (count, -1)) if t.size else np.zeros((count, 0), t.dtype)


def _recovered(compressed: Any, p: Pattern, colouring: Colouring) -> Any:
    """The entries of a symmetric matrix from its compressed columns: each where it stands alone, or its mirror image."""
    rows, cols, colours = p.rows, p.cols, colouring.colours
    keys = rows * colouring.count + colours[cols]
    _, where, counts = np.unique(keys, return_inverse=True, return_counts=True)
    alone = counts[where] == 1
    return np.where(alone, compressed[colours[cols], rows], compressed[colours[rows], cols])
