"""The drivers of forward mode: jvp, jacfwd, derivative."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import tree
from .arguments import (
    as_perturbation, call, check_argnums, check_callable, check_inputs, chunk_size, enter, is_label, match, named,
    own, positions, results, split_aux, strip, warn_independent,
)  # fmt: skip
from .counting import note
from .diagonal import Diagonal
from .dual import Dual, ForwardLevel, make
from .errors import DerivativeError
from .guard import has_nan
from .levels import Boxed
from .nans import Finder, all_finite, warn_of_nan

__all__ = ["derivative", "jacfwd", "jvp"]

_FLOAT = np.dtype(np.float64)
_ONE = np.float64(1.0)


def jvp(f: Callable[..., Any], primals: Any, tangents: Any, has_aux: bool = False) -> Any:
    """The value of ``f`` and its directional derivative, by one forward sweep.

    Parameters
    ----------
    f : any function of arrays (or trees of them).
    primals, tangents : tuples of equal structure and shapes, one entry an argument.

    Returns
    -------
    ``(y, ydot)``, with ``has_aux`` ``(y, ydot, aux)``; ``ydot`` has the form of ``y``.  Where that holds nan, ``f`` has
    been called a second time, with care for zero tangents that meet infinite factors.

    Raises
    ------
    DerivativeError : where shapes or structures differ, or a primal is no floating-point array.

    Examples
    --------
    >>> import numpy as np
    >>> y, ydot = jvp(np.sin, (np.float64(0.0),), (np.float64(2.0),))
    >>> float(y), float(ydot)
    (0.0, 2.0)
    """
    check_callable(f, "jvp")
    if not isinstance(primals, (tuple, list)) or not isinstance(tangents, (tuple, list)):
        raise DerivativeError("jvp: primals and tangents must be tuples, one entry an argument: jvp(f, (x,), (v,))")
    if len(primals) != len(tangents):
        raise DerivativeError(f"jvp: {len(primals)} primals but {len(tangents)} tangents were given")
    y, ydot, aux, _ = _pushed(f, primals, tangents, has_aux, careful=False)
    if any([t is not None and has_nan(t) for t in tree.leaves(ydot)]):
        # Where a zero tangent met an infinite factor, nan is not the answer: once more, with care.
        y, ydot, aux, finder = _pushed(f, primals, tangents, has_aux, careful=True)
        if _puzzling(tree.leaves(ydot), finder, [*tree.leaves(tuple(primals)), *tree.leaves(tuple(tangents))]):
            warn_of_nan("forward", finder.first)
    return (y, ydot, aux) if has_aux else (y, ydot)


def _puzzling(tangents: list[Any], finder: Finder, given: list[Any]) -> bool:
    """Whether a tangent is nan although everything that was given, and every value on the way, is finite."""
    plain_nan = [t is not None and not isinstance(t, Boxed) and has_nan(t) for t in tangents]
    return any(plain_nan) and finder.finite and all_finite([x for x in given if not is_label(x)])


def _pushed(f: Callable[..., Any], primals: Any, tangents: Any, has_aux: bool, careful: bool) -> tuple[Any, Any, Any, Any]:
    """Value, tangent and aux of one forward sweep, and what looked for nan in it."""
    with ForwardLevel(careful=careful) as level:
        boxed: list[Any] = []
        inputs: list[Any] = []
        given: list[Any] = []
        for k, (x, v) in enumerate(zip(primals, tangents, strict=True)):
            directions = iter(match(v, x, f"tangent {k}", "jvp"))

            def box(primal: Any, directions: Any = directions, k: int = k) -> Any:
                inputs.append(primal)
                given.append(as_perturbation(next(directions), primal, f"tangent {k}", "jvp"))
                return make(primal, given[-1], level)

            boxed.append(enter(x, box, k, "jvp"))
        check_inputs(inputs, tuple(primals), tuple(range(len(primals))), "jvp")
        note("forward", 1)
        out, aux = split_aux(call(f, boxed, {}, "jvp"), has_aux, "jvp")
        out = results(out, "jvp")
        aux = strip(level, aux) if has_aux else None
        if type(out) is Dual and out.level is level:
            return out.primal, own([_tangent(out, level)], tuple(given))[0], aux, level.finder
        if not any([isinstance(y, Dual) and y.level is level for y in tree.leaves(out)]):
            warn_independent("jvp", "the primals", f)
        y = tree.map_leaves(lambda v: _primal(v, level), out)
        ydot = tree.rebuild(out, own([_tangent(v, level) for v in tree.leaves(out)], tuple(given)))
    return y, ydot, aux, level.finder


def _primal(v: Any, level: ForwardLevel) -> Any:
    return v.primal if isinstance(v, Dual) and v.level is level else v


def _tangent(v: Any, level: ForwardLevel, lead: tuple[int, ...] = ()) -> Any:
    if isinstance(v, Dual) and v.level is level:
        return v.tangent.dense() if type(v.tangent) is Diagonal else v.tangent
    if is_label(v):
        return None
    return np.zeros(lead + v.shape, v.dtype if v.dtype.kind in "fc" else float)[()]


def jacfwd(f: Callable[..., Any], argnums: Any = 0, has_aux: bool = False, chunk: int | None = None) -> Callable[..., Any]:
    """The Jacobian by forward mode: one tangent per input entry, many at a time in one sweep.

    The result has the form of the output, each leaf holding the form of the arguments, with arrays of shape
    ``output.shape + input.shape``.  ``chunk`` is the number of tangents in one sweep (default: by measure).

    >>> import numpy as np
    >>> jacfwd(lambda x: x * x[0])(np.array([2.0, 3.0])).tolist()
    [[4.0, 0.0], [3.0, 2.0]]
    """
    check_callable(f, "jacfwd")
    check_argnums(argnums, "jacfwd")

    def jacobian(*args: Any, **kw: Any) -> Any:
        places = positions(argnums, args, "jacfwd", kw)
        inputs: list[Any] = []
        for k in places:
            enter(args[k], inputs.append, k, "jacfwd")
        check_inputs(inputs, args, places, "jacfwd")
        if any([x.dtype.kind == "c" for x in inputs]):
            raise DerivativeError(
                "jacfwd: the Jacobian of complex values is not defined here; split them into np.real and np.imag"
            )
        sweeps = [_columns(f, args, places, kw, has_aux, inputs, which, chunk) for which in range(len(inputs))]
        like = sweeps[0].like
        if not any([s.reached for s in sweeps]):
            warn_independent("jacfwd", "the arguments", f)
        if not has_aux and tree.is_number(like) and all([tree.is_number(args[k]) for k in places]):
            found = [s.leaves[0] for s in sweeps]
            return tuple(found) if isinstance(argnums, (tuple, list)) else found[0]
        leaves: list[Any] = []
        for j in range(len(tree.leaves(like))):
            supply = iter([s.leaves[j] for s in sweeps])
            if sweeps[0].leaves[j] is None:
                leaves.append(None)
                continue
            parts = [
                tree.map_leaves(lambda x: None if tree.is_static(x) else next(supply), args[k])  # noqa: B023
                for k in places
            ]
            leaves.append(tuple(parts) if isinstance(argnums, (tuple, list)) else parts[0])
        supply_leaves = iter(leaves)
        out = tree.map_leaves(lambda _: next(supply_leaves), like)
        return (out, sweeps[0].aux) if has_aux else out

    return named(jacobian, f, "jacfwd")  # type: ignore[no-any-return]


def _columns(f: Any, args: Any, places: Any, kw: Any, has_aux: bool, inputs: list[Any], which: int,
             chunk: int | None) -> _Columns:  # fmt: skip
    """The Jacobian with respect to one input leaf; once more with care, where nan is found."""
    columns = _Columns(f, args, places, kw, has_aux, inputs, which, chunk, careful=False)
    if any([leaf is not None and has_nan(leaf) for leaf in columns.leaves]):
        columns = _Columns(f, args, places, kw, has_aux, inputs, which, chunk, careful=True)
        if _puzzling(columns.leaves, columns.finder, inputs):
            warn_of_nan("forward", columns.finder.first)
    return columns


class _Columns:
    """The Jacobian with respect to one input leaf: as many sweeps as chunks of its entries."""

    def __init__(self, f: Any, args: Any, places: Any, kw: Any, has_aux: bool, inputs: list[Any], which: int,
                 chunk: int | None, careful: bool) -> None:  # fmt: skip
        x = inputs[which]
        n = x.size
        width = chunk or chunk_size(n, n)
        blocks: list[list[Any]] = []
        self.reached = False
        starts = list(range(0, n, width)) or [0]
        for start in starts:
            stop = min(start + width, n)
            if x.ndim == 0:
                level = ForwardLevel(0, careful)
                seeds: Any = _ONE if x.dtype is _FLOAT else np.ones((), x.dtype)[()]
            else:
                level = ForwardLevel(1, careful)
                if stop - start == n and not isinstance(x, Boxed) and not careful:
                    seeds = Diagonal(np.ones(x.shape, x.dtype))
                else:
                    seeds = np.zeros((stop - start, n), x.dtype)
                    seeds[np.arange(stop - start), np.arange(start, stop)] = 1
                    seeds = seeds.reshape((stop - start, *x.shape))
            with level:
                counter = iter(range(len(inputs)))

                def box(primal: Any, counter: Any = counter, seeds: Any = seeds, level: Any = level) -> Any:
                    return make(primal, seeds, level) if next(counter) == which else primal

                boxed = list(args)
                for k in places:
                    boxed[k] = enter(args[k], box, k, "jacfwd")
                note("forward", max(stop - start, 1))
                out, aux = split_aux(call(f, boxed, kw, "jacfwd"), has_aux, "jacfwd")
                out = results(out, "jacfwd")
                lead = () if x.ndim == 0 else (stop - start,)
                if type(out) is Dual and out.level is level:
                    self.reached, self.like = True, out.primal
                    blocks.append(own([_tangent(out, level)]))
                else:
                    flat = tree.leaves(out)
                    self.reached |= any([isinstance(v, Dual) and v.level is level for v in flat])
                    blocks.append(own([_tangent(v, level, lead) for v in flat]))
                    self.like = tree.map_leaves(lambda v: _primal(v, level), out)  # noqa: B023
                self.aux = strip(level, aux) if has_aux else None
                self.finder: Any = level.finder if start == 0 or getattr(level.finder, "first", None) else self.finder
        self.leaves: list[Any] = []
        for parts in zip(*blocks, strict=True):
            if parts[0] is None:
                self.leaves.append(None)
                continue
            whole = np.concatenate(parts) if len(parts) > 1 else parts[0]
            if x.ndim:
                whole = np.moveaxis(whole, 0, -1)
                whole = np.reshape(whole, whole.shape[:-1] + x.shape)
                whole = np.ascontiguousarray(whole) if not isinstance(whole, Boxed) else whole
            self.leaves.append(whole)


def derivative(f: Callable[..., Any], order: int = 1) -> Callable[..., Any]:
    """The ordinary derivative of a function of one number, of any order, by nested forward mode.

    >>> import numpy as np
    >>> float(derivative(np.sin, order=3)(0.0))
    -1.0
    """
    check_callable(f, "derivative")
    if isinstance(order, bool) or not hasattr(order, "__index__") or order < 0:
        raise DerivativeError(
            f"derivative: order must be a non-negative integer, not {order!r}; derivative returns a function, which is "
            "called with the argument: derivative(f)(x)"
        )
    if order == 0:
        return f
    inner = derivative(f, order - 1)

    def slope(x: Any) -> Any:
        primal = tree.as_primal(x, "the argument", "derivative")
        if primal.ndim:
            raise DerivativeError(f"derivative: the argument must be one number, not of shape {primal.shape}; use jacfwd or jvp")
        return jvp(inner, (primal,), (np.ones((), primal.dtype)[()],))[1]

    return named(slope, f, "derivative")  # type: ignore[no-any-return]
