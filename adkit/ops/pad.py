"""np.pad, in all its modes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import UnsupportedError
from ..levels import Boxed, lift, plain
from ..registry import STRUCTURAL, Op, case, derived, linear
from .common import floating, negative_axis, piece

__all__: list[str] = []

_LINEAR: dict[str, Any] = {"symbol": STRUCTURAL, "domain": (-3, 3)}


# constants -------------------------------------------------------------------------------------------


def _widths(pad_width: Any, ndim: int) -> tuple[tuple[int, int], ...]:
    if isinstance(pad_width, dict):
        pairs = [(0, 0)] * ndim
        for axis, width in pad_width.items():
            pairs[negative_axis(axis, ndim)] = tuple(np.broadcast_to(width, (2,)).tolist())
    else:
        if np.asarray(pad_width).dtype.kind not in "iu":
            raise TypeError("`pad_width` must be of integral type.")
        pairs = [tuple(pair) for pair in np.broadcast_to(pad_width, (ndim, 2)).tolist()]
    if any([n < 0 for pair in pairs for n in pair]):
        raise ValueError("index can't contain negative values")
    return tuple(pairs)


def _window(widths: Any, shape: tuple[int, ...]) -> tuple[Any, ...]:
    return (..., *[slice(before, before + n) for (before, _), n in zip(widths, shape, strict=True)])


def _run_pad(array: Any, pad_width: Any, constant_values: Any = 0) -> Any:
    if constant_values is not None and np.any(constant_values):
        return np.pad(array, pad_width, constant_values=constant_values)
    full = np.zeros([b + n + a for (b, a), n in zip(pad_width, array.shape, strict=True)], array.dtype)
    full[_window(pad_width, array.shape)] = array
    return full


def _bind_pad(array: Any, pad_width: Any, constant_values: Any = 0) -> Any:
    return pad_width


def _apply_pad(gs: Any, p: Any, l: int) -> Any:
    return pad_(gs[0], pad_width=((0, 0),) * l + p)


pad_: Op = linear(
    np.pad, _bind_pad, _apply_pad,
    lambda i, g, p, shapes, l: g[_window(p, shapes[0])],
    name="pad", numpy=False, run=lambda x, **kw: pad_(x, **kw) if isinstance(x, Boxed) else _run_pad(x, **kw),
    cases=(
        case((3,), pad_width=((1, 2),)), case((2, 3), pad_width=((1, 0), (0, 2)), constant_values=2.0),
        case((), pad_width=()), case((0, 2), pad_width=((0, 0), (1, 1))), case((2, 2), pad_width=((0, 0), (0, 0))),
    ),
    **_LINEAR,
)  # fmt: skip


def _constant_frame(array: Any, widths: Any, constants: Any) -> Any:
    """Padding with values that are differentiated themselves: axis by axis, as NumPy fills the corners."""
    rank = array.ndim
    constants = np.broadcast_to(constants, (rank, 2))
    for k, (before, after) in enumerate(widths):
        parts = [array]
        for side, count in ((0, before), (1, after)):
            edge = (*array.shape[:k], count, *array.shape[k + 1 :])
            parts.insert(0 if side == 0 else len(parts), np.broadcast_to(constants[k, side], edge))
        array = np.concatenate(parts, axis=k)
    return array


# from inside -----------------------------------------------------------------------------------------

_COPIES = ("edge", "reflect", "symmetric", "wrap")
_STATISTICS: dict[str, Any] = {"mean": np.mean, "maximum": np.max, "minimum": np.min, "median": np.median}
_KEYWORDS = {
    "constant": ("constant_values",), "linear_ramp": ("end_values",), "reflect": ("reflect_type",), "symmetric": ("reflect_type",),
    **dict.fromkeys(_STATISTICS, ("stat_length",)),
}  # fmt: skip


def _statistics(array: Any, k: int, width: tuple[int, int], mode: str, length: Any) -> Any:
    """A mean, or an extreme, of the entries next to each end."""
    n = array.shape[k]
    parts = [array]
    for side, count in enumerate(width):
        near = n if length is None else min(int(length[side]), n)
        if near == 0 and mode in ("maximum", "minimum"):
            raise ValueError("stat_length of 0 yields no value for padding")
        part = piece(array, k, slice(0, near) if side == 0 else slice(n - near, n))
        value = _STATISTICS[mode](part, axis=k, keepdims=True)
        edge = tuple([count if i - array.ndim == k else m for i, m in enumerate(array.shape)])
        parts.insert(0 if side == 0 else len(parts), np.broadcast_to(value, edge))
    return np.concatenate(parts, axis=k)


def _ramp(array: Any, k: int, width: tuple[int, int], ends: Any) -> Any:
    """Straight lines from the edges to the end values."""
    parts = [array]
    for side, count in enumerate(width):
        edge = piece(array, k, slice(0, 1) if side == 0 else slice(-1, None))
        steps = np.arange(count, dtype=array.real.dtype) if side == 0 else np.arange(count - 1, -1, -1, dtype=array.real.dtype)
        share = np.reshape(steps / max(count, 1), (-1,) + (1,) * (-k - 1))
        parts.insert(0 if side == 0 else len(parts), ends[side] + (edge - ends[side]) * share)
    return np.concatenate(parts, axis=k)


def _odd(array: Any, k: int, width: tuple[int, int], mode: str) -> Any:
    """Reflected about the edge's value too: linear, so that what NumPy makes of the unit vectors says all."""
    n = array.shape[k]
    units = np.pad(np.eye(n), (width, (0, 0)), mode=mode, reflect_type="odd").astype(array.real.dtype)  # type: ignore[call-overload]
    return np.moveaxis(np.tensordot(units, array, axes=((1,), (k,))), 0, k)


def _pairs(value: Any, ndim: int) -> Any:
    return [None] * ndim if value is None else np.broadcast_to(value, (ndim, 2)).tolist()


@derived(np.pad)
def pad(array: Any, pad_width: Any, mode: Any = "constant", **kw: Any) -> Any:
    """A frame: of constants, of entries repeated from inside, of statistics of them, or of ramps."""
    if not isinstance(mode, str):
        raise UnsupportedError("pad: a function as mode= writes into a plain array; join the frame with np.concatenate")
    if mode != "empty" and mode not in ("constant", "linear_ramp", *_COPIES, *_STATISTICS):
        raise ValueError(f"mode '{mode}' is not supported")
    array = floating(array)
    widths = _widths(pad_width, array.ndim)
    for name in kw:
        if name not in _KEYWORDS.get(mode, ()):
            raise ValueError(f"unsupported keyword arguments for mode '{mode}': {{{name!r}}}")
    if mode in ("constant", "empty"):
        constants = kw.get("constant_values", 0)
        if isinstance(constants, Boxed) or np.asarray(plain(constants)).dtype == object:
            return _constant_frame(array, widths, lift(constants))
        return pad_(array, pad_width=widths, constant_values=constants)
    odd = kw.get("reflect_type", "even") == "odd"
    lengths, ends = _pairs(kw.get("stat_length"), array.ndim), _pairs(kw.get("end_values", 0), array.ndim)
    for i, width in enumerate(widths):
        k = i - array.ndim
        if width == (0, 0):
            continue
        if mode in _STATISTICS:
            array = _statistics(array, k, width, mode, lengths[i])
        elif mode == "linear_ramp":
            array = _ramp(array, k, width, ends[i])
        elif odd:
            array = _odd(array, k, width, mode)
        else:
            # NumPy itself rearranges the numbers of the entries, and the values follow.
            array = np.take(array, np.pad(np.arange(array.shape[k]), width, mode=mode), axis=k)  # type: ignore[call-overload]
    return array
