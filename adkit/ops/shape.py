"""Shape ops: reshape, transpose, broadcast, join; and the functions composed of them."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

import numpy as np

from ..box import on_primal
from ..levels import plain
from ..registry import STRUCTURAL, case, derived, linear
from .common import negative_axes, negative_axis
from .reductions import refuse_out

__all__: list[str] = []

_LINEAR: dict[str, Any] = {"symbol": STRUCTURAL, "domain": (-3, 3)}


# reshape -------------------------------------------------------------------------------------------


def _bind_reshape(x: Any, shape: Any = None, order: str = "C", *, copy: Any = None) -> Any:
    if order not in ("C", "F", "A"):
        raise ValueError(f"reshape: order must be 'C', 'F' or 'A', not {order!r}")
    # Resolve -1 here, so that an empty array, or a batch of them, needs no guess.
    wanted = tuple(shape) if isinstance(shape, (tuple, list, np.ndarray)) else (shape,)
    resolved = tuple([int(n) for n in wanted])
    if -1 in resolved:
        known = 1
        for n in resolved:
            known *= n if n != -1 else 1
        rest = x.size // known if known else 0
        resolved = tuple([rest if n == -1 else n for n in resolved])
    if order == "A":
        order = "F" if plain(x).flags.fnc else "C"
    return resolved, order


def _relayout(g: Any, old: tuple[int, ...], new: tuple[int, ...], order: str, l: int) -> Any:
    if order == "C":
        return np.reshape(g, g.shape[:l] + new)
    lead = tuple(range(l))
    back = np.transpose(g, lead + tuple(range(g.ndim - 1, l - 1, -1)))
    flat = np.reshape(back, g.shape[:l] + new[::-1])
    return np.transpose(flat, lead + tuple(range(flat.ndim - 1, l - 1, -1)))


reshape = linear(
    np.reshape,
    _bind_reshape,
    lambda gs, p, l: _relayout(gs[0], (), p[0], p[1], l),
    lambda i, g, p, shapes, l: _relayout(g, p[0], shapes[0], p[1], l),
    cases=(
        case((2, 3), shape=(3, 2)), case((2, 3), shape=-1), case((), shape=(1, 1)), case((2, 3), shape=(3, 2), order="F"),
        case((0, 3), shape=(3, 0)), case((4,), shape=(2, -1)),
    ),
    **_LINEAR,
)  # fmt: skip


@derived(np.ravel)
def ravel(a: Any, order: str = "C") -> Any:
    """All entries on one axis; with order K as they lie in memory."""
    if order == "K":
        strides = plain(a).strides
        a, order = np.transpose(a, sorted(range(a.ndim), key=lambda k: -abs(strides[k]))), "C"
    return np.reshape(a, (a.size,), order=order)  # type: ignore[call-overload]


@derived(np.expand_dims)
def expand_dims(a: Any, axis: Any) -> Any:
    """New axes of length one."""
    many = axis if isinstance(axis, (tuple, list)) else (axis,)
    places = {k + a.ndim + len(many) for k in negative_axes(tuple(many), a.ndim + len(many))}
    old = iter(a.shape)
    return np.reshape(a, tuple([1 if k in places else next(old) for k in range(a.ndim + len(many))]))


@derived(np.squeeze)
def squeeze(a: Any, axis: Any = None) -> Any:
    """Axes of length one removed."""
    if axis is None:
        return np.reshape(a, tuple([n for n in a.shape if n != 1]))
    axes = negative_axes(axis, a.ndim)
    for k in axes:
        if a.shape[k] != 1:
            raise ValueError("cannot select an axis to squeeze out which has size not equal to one")
    return np.reshape(a, tuple([n for k, n in enumerate(a.shape) if k - a.ndim not in axes]))


# transpose -----------------------------------------------------------------------------------------


def _bind_transpose(a: Any, axes: Any = None) -> tuple[int, ...]:
    if axes is None:
        return tuple(range(-1, -a.ndim - 1, -1))
    return negative_axes(tuple(axes), a.ndim)


def _permute(g: Any, axes: tuple[int, ...], l: int) -> Any:
    if not l:
        return np.transpose(g, axes)
    return np.transpose(g, (0, *[k + g.ndim for k in axes]))


def _inverse(axes: tuple[int, ...]) -> tuple[int, ...]:
    back = [0] * len(axes)
    for place, k in enumerate(axes):
        back[k] = place - len(axes)
    return tuple(back)


transpose = linear(
    np.transpose,
    _bind_transpose,
    lambda gs, p, l: _permute(gs[0], p, l),
    lambda i, g, p, shapes, l: _permute(g, _inverse(p), l),
    aliases=(np.permute_dims,) if hasattr(np, "permute_dims") else (),
    cases=(case((2, 3)), case((2, 3, 4), axes=(1, -1, 0)), case(()), case((3,))),
    **_LINEAR,
)


@derived(np.matrix_transpose, np.linalg.matrix_transpose)
def matrix_transpose(x: Any) -> Any:
    """The last two axes exchanged."""
    return np.swapaxes(x, -1, -2)


@derived(np.swapaxes)
def swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    """Two axes exchanged."""
    order = list(range(a.ndim))
    i, j = negative_axis(axis1, a.ndim), negative_axis(axis2, a.ndim)
    order[i], order[j] = order[j], order[i]
    return np.transpose(a, order)


@derived(np.moveaxis)
def moveaxis(a: Any, source: Any, destination: Any) -> Any:
    """Axes moved to other places, the rest in order."""
    sources = negative_axes(source, a.ndim)
    targets = negative_axes(destination, a.ndim)
    if len(sources) != len(targets):
        raise ValueError("`source` and `destination` arguments must have the same number of elements")
    order = [k for k in range(-a.ndim, 0) if k not in sources]
    for target, k in sorted(zip(targets, sources, strict=True)):
        order.insert(target + a.ndim, k)
    return np.transpose(a, order)


@derived(np.rollaxis)
def rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    """One axis rolled back until it lies before ``start``."""
    k = negative_axis(axis, a.ndim) + a.ndim
    start = start + a.ndim if start < 0 else start
    order = list(range(a.ndim))
    order.remove(k)
    order.insert(start - 1 if k < start else start, k)
    return np.transpose(a, order)


# broadcast -----------------------------------------------------------------------------------------


def _bind_broadcast(array: Any, shape: Any, subok: bool = False) -> tuple[int, ...]:
    return tuple(shape) if isinstance(shape, (tuple, list)) else (int(shape),)


def _apply_broadcast(gs: Any, p: Any, l: int) -> Any:
    g = gs[0]
    if l:
        g = np.reshape(g, g.shape[:1] + (1,) * (len(p) + 1 - g.ndim) + g.shape[1:])
    return np.broadcast_to(g, g.shape[:l] + p)


def _transpose_broadcast(i: int, g: Any, p: Any, shapes: Any, l: int) -> Any:
    shape = shapes[0]
    extra = len(p) - len(shape)
    axes = tuple(range(l, l + extra)) + tuple(
        [l + extra + k for k, n in enumerate(shape) if n == 1 and p[extra + k] != 1]
    )
    return np.reshape(np.add.reduce(g, axis=axes) if axes else g, g.shape[:l] + shape)


broadcast_to = linear(
    np.broadcast_to, _bind_broadcast, _apply_broadcast, _transpose_broadcast,
    cases=(
        case((3,), shape=(2, 3)), case((2, 1), shape=(2, 3)), case((), shape=(2, 2)), case((1,), shape=(0,)),
        case((3, 1), shape=(2, 3, 4)),
    ),
    **_LINEAR,
)  # fmt: skip


@derived(np.broadcast_arrays)
def broadcast_arrays(*args: Any, subok: bool = False) -> Any:
    """Every operand in the common shape."""
    shape = np.broadcast_shapes(*[np.shape(a) for a in args])
    return tuple([np.broadcast_to(a, shape) for a in args])


@derived(np.atleast_1d)
def atleast_1d(*arys: Any) -> Any:
    """Operands with at least one axis."""
    out = [np.reshape(a, (1,)) if np.ndim(a) == 0 else a for a in arys]
    return out[0] if len(out) == 1 else tuple(out)


@derived(np.atleast_2d)
def atleast_2d(*arys: Any) -> Any:
    """Operands with at least two axes."""
    out = [a if np.ndim(a) >= 2 else np.reshape(a, (1, np.size(a))) for a in arys]
    return out[0] if len(out) == 1 else tuple(out)


@derived(np.atleast_3d)
def atleast_3d(*arys: Any) -> Any:
    """Operands with at least three axes."""
    out = []
    for a in arys:
        shape = np.shape(a)
        if len(shape) < 3:
            a = np.reshape(a, {0: (1, 1, 1), 1: (1, *shape, 1), 2: (*shape, 1)}[len(shape)])
        out.append(a)
    return out[0] if len(out) == 1 else tuple(out)


# join ----------------------------------------------------------------------------------------------


def _flatten_concatenate(arrays: Any, axis: Any = 0, out: Any = None, *, dtype: Any = None, casting: Any = None) -> Any:
    refuse_out("concatenate", out)
    xs = tuple(arrays)
    if axis is None:
        xs, axis = tuple([np.ravel(x) for x in xs]), 0
    return xs, {"axis": axis}


def _bind_concatenate(*xs: Any, axis: int = 0) -> Any:
    k = negative_axis(axis, max([np.ndim(x) for x in xs]))
    shapes = tuple([np.shape(x) for x in xs])
    return k, shapes, tuple(accumulate([s[k] if len(s) >= -k else 0 for s in shapes], initial=0))


def _apply_concatenate(gs: Any, p: Any, l: int) -> Any:
    k, shapes, _ = p
    lead = next(g.shape[:l] for g in gs if g is not None)
    dtype = next(g.dtype for g in gs if g is not None)
    return np.concatenate([np.zeros(lead + s, dtype) if g is None else g for g, s in zip(gs, shapes, strict=True)], axis=k)


def _transpose_concatenate(i: int, g: Any, p: Any, shapes: Any, l: int) -> Any:
    k, _, ends = p
    window = [slice(None)] * g.ndim
    window[k] = slice(ends[i], ends[i + 1])
    return g[tuple(window)]


concatenate = linear(
    np.concatenate, _bind_concatenate, _apply_concatenate, _transpose_concatenate, arity=2,
    flatten=_flatten_concatenate, run=lambda *xs, axis=0: np.concatenate(xs, axis=axis),
    aliases=(np.concat,) if hasattr(np, "concat") else (),
    cases=(case([(2,), (3,)]), case([(2, 3), (2, 1)], axis=-1), case([(2, 3), (0, 3), (1, 3)], axis=0),
           case([(2, 2), (2, 2)], axis=None)),
    **_LINEAR,
)  # fmt: skip


def _flatten_stack(arrays: Any, axis: int = 0, out: Any = None, *, dtype: Any = None, casting: Any = None) -> Any:
    refuse_out("stack", out)
    return tuple(arrays), {"axis": axis}


def _bind_stack(*xs: Any, axis: int = 0) -> Any:
    shape = np.shape(xs[0])
    if any([np.shape(x) != shape for x in xs]):
        raise ValueError("all input arrays must have the same shape")
    return negative_axis(axis, len(shape) + 1), shape


def _run_stack(*xs: Any, axis: int = 0) -> Any:
    if all([type(x) is np.float64 for x in xs]):
        return np.array(xs)  # of numbers: a tenth of the time
    return np.stack(xs, axis=axis)


def _apply_stack(gs: Any, p: Any, l: int) -> Any:
    axis, shape = p
    lead, dtype = next((g.shape[:l], g.dtype) for g in gs if g is not None)
    return np.stack([np.zeros(lead + shape, dtype)[()] if g is None else g for g in gs], axis=axis)


def _transpose_stack(i: int, g: Any, p: Any, shapes: Any, l: int) -> Any:
    return g[(slice(None),) * (g.ndim + p[0]) + (i,)]


stack = linear(
    np.stack, _bind_stack, _apply_stack, _transpose_stack, arity=2, flatten=_flatten_stack, run=_run_stack,
    cases=(case([(2,), (2,)]), case([(2, 3), (2, 3), (2, 3)], axis=-1), case([(2, 3), (2, 3)], axis=1), case([(), ()]),
           case([(0,), (0,)]), case([(2,)], axis=1)),
    **_LINEAR,
)  # fmt: skip


@derived(np.vstack)
def vstack(tup: Any, *, dtype: Any = None, casting: Any = None) -> Any:
    """Arrays joined as rows."""
    return np.concatenate([np.atleast_2d(x) for x in tup], axis=0)


@derived(np.hstack)
def hstack(tup: Any, *, dtype: Any = None, casting: Any = None) -> Any:
    """Arrays joined along the second axis, or the first where they have one."""
    xs = [np.atleast_1d(x) for x in tup]
    return np.concatenate(xs, axis=0 if xs and np.ndim(xs[0]) == 1 else 1)


# copies and types ----------------------------------------------------------------------------------


def _bind_astype(x: Any, dtype: Any, *, copy: bool = True, device: Any = None) -> Any:
    wanted = np.dtype(dtype)
    return wanted, x.dtype


def _cast(g: Any, dtype: Any) -> Any:
    if g.dtype.kind == "c" and dtype.kind != "c":
        g = np.real(g)
    return np.astype(g, dtype)


def _run_astype(x: Any, dtype: Any, *, copy: bool = True, device: Any = None) -> Any:
    return np.astype(x, dtype, copy=copy)  # NumPy takes dtype by position alone


_astype = linear(
    np.astype, _bind_astype, lambda gs, p, l: _cast(gs[0], p[0]), lambda i, g, p, shapes, l: _cast(g, p[1]),
    run=_run_astype, cases=(case((2, 3), dtype=np.float32), case((), dtype=np.float64)), domain=(-3, 3),
    symbol=lambda sp, x, **_: x,  # numbers are exact there: a type changes nothing
)  # fmt: skip


@derived(np.astype, of=_astype)
def astype(x: Any, dtype: Any, *args: Any, **kw: Any) -> Any:
    """A cast; to integers or booleans it is a step, which is computed on the primal, as floor is."""
    return _astype(x, dtype, *args, **kw) if np.dtype(dtype).kind in "fc" else on_primal(np.astype)(x, dtype, *args, **kw)
