"""The discrete Fourier transforms: fft, ifft, rfft, irfft, those of several axes, hfft, ihfft and the shifts.

Four linear ops carry them all.  The transform's matrix is symmetric, so under the pairing Re(g ydot) ``fft`` and
``ifft`` are their own transposes.  ``rfft`` is the first half of ``fft``; ``irfft`` reads that half and sees the other,
its conjugate, in a weight of two (Cooley, Lewis & Welch, 1970).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..registry import OfArrays, case, derived, linear
from .pad import pad_
from .common import negative_axis, piece
from .reductions import refuse_out

__all__: list[str] = []

_SWAPPED: Any = {None: "forward", "backward": "forward", "forward": "backward", "ortho": "ortho"}
"""The norm under which the inverse transform has the scale of the forward one."""

_PLANE = (-3 - 3j, 3 + 3j)


def _bind(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Any:
    """The axis counted from the end, the length of the transform, the norm."""
    refuse_out("fft", out)
    k = negative_axis(axis, a.ndim)
    return k, a.shape[k] if n is None else n.__index__(), norm


def _bind_inverse(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Any:
    k, length, norm = _bind(a, n, axis, norm, out)
    return k, 2 * (length - 1) if n is None else length, norm


def _resized(g: Any, axis: int, n: int) -> Any:
    """Entries of an axis cut off at ``n``, or zeros added up to it."""
    short = n - g.shape[axis]
    if short <= 0:
        return piece(g, axis, slice(0, n)) if short else g
    widths = tuple([(0, short if k == axis else 0) for k in range(-g.ndim, 0)])
    return pad_(g, pad_width=widths)


def _halves(g: Any, axis: int, n: int) -> Any:
    """Weights of the half of a spectrum that is kept: 2, but 1 for what is its own conjugate."""
    weights = np.full(n // 2 + 1, 2, g.real.dtype)
    weights[0] = 1
    if n % 2 == 0:
        weights[-1] = 1
    return np.reshape(weights, (-1,) + (1,) * (-axis - 1))


# meaning -------------------------------------------------------------------------------------------


def _powers(sp: Any, rows: int, columns: int, n: int, sign: int) -> Any:
    """The matrix exp(sign 2 pi i j k / n), exact."""
    unit = [sp.expand(sp.exp(sign * 2 * sp.pi * sp.I * sp.Rational(k, n)), complex=True) for k in range(n)]
    return np.array([[unit[(j * k) % n] for k in range(columns)] for j in range(rows)], dtype=object).reshape(rows, columns)


def _scale(sp: Any, n: int, norm: Any, forward: bool) -> Any:
    powers = {None: not forward, "backward": not forward, "forward": forward, "ortho": sp.Rational(1, 2)}
    return sp.Integer(n) ** -powers[norm]


def _along(x: Any, axis: int, matrix: Any) -> Any:
    """A matrix applied to the first entries of an axis."""
    moved = np.moveaxis(x, axis, -1)[..., : matrix.shape[1]]
    return np.moveaxis(moved @ matrix[:, : moved.shape[-1]].T, -1, axis)


def _meaning(forward: bool) -> Any:
    def transform(sp: Any, x: Any, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
        n = x.shape[axis] if n is None else n
        return _along(x, axis, _powers(sp, n, n, n, -1 if forward else 1)) * _scale(sp, n, norm, forward)

    return OfArrays(transform)


def _meaning_half(sp: Any, x: Any, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
    n = x.shape[axis] if n is None else n
    return _along(x, axis, _powers(sp, n // 2 + 1, n, n, -1)) * _scale(sp, n, norm, True)


def _meaning_whole(sp: Any, x: Any, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
    n = 2 * (x.shape[axis] - 1) if n is None else n
    moved = np.moveaxis(x, axis, -1)[..., : n // 2 + 1]
    waves = _powers(sp, n, n // 2 + 1, n, 1) * _halves(np.zeros(1), -1, n).astype(int)
    total = np.zeros((*moved.shape[:-1], n), dtype=object)
    for k in range(moved.shape[-1]):
        parts = [(sp.re(z), sp.im(z)) for z in moved[..., k].flat]
        column = np.reshape(np.array([a for a, _ in parts] + [b for _, b in parts], dtype=object), (2, *moved.shape[:-1], 1))
        wave = [sp.re(w) for w in waves[:, k]], [sp.im(w) for w in waves[:, k]]
        total = total + column[0] * np.array(wave[0], dtype=object) - column[1] * np.array(wave[1], dtype=object)
    return np.moveaxis(total, -1, axis) * _scale(sp, n, norm, False)


# along one axis ------------------------------------------------------------------------------------

_CASES = (
    case((4,)), case((3,)), case((1,)), case((2, 3), axis=0), case((2, 4), n=3), case((2, 3), n=5, axis=-1),
    case((4,), norm="ortho"), case((3,), norm="forward"), case((3, 2, 2), axis=1, norm="ortho"), case((2, 2), n=1),
)  # fmt: skip
_COMPLEX = tuple([case(*c.operands, domain=_PLANE, **c.kw) for c in _CASES])
_LONGER = tuple([c for c in _COMPLEX if c.operands[0] != (1,)])


def _transform(fun: Any, forward: bool) -> Any:
    def apply(gs: Any, p: Any, l: int) -> Any:
        axis, n, norm = p
        return fun(gs[0], n, axis, norm)

    def transpose(i: int, g: Any, p: Any, shapes: Any, l: int) -> Any:
        axis, n, norm = p
        return _resized(fun(g, n, axis, norm), axis, shapes[0][axis])

    return linear(
        fun, _bind, apply, transpose, symbol=_meaning(forward), domain=(-3, 3), cases=(*_CASES[:6], *_COMPLEX[:3], *_COMPLEX[4:])
    )


fft = _transform(np.fft.fft, forward=True)
ifft = _transform(np.fft.ifft, forward=False)


def _transpose_rfft(i: int, g: Any, p: Any, shapes: Any, l: int) -> Any:
    axis, n, norm = p
    return _resized(np.real(np.fft.fft(_resized(g, axis, n), n, axis, norm)), axis, shapes[0][axis])


rfft = linear(
    np.fft.rfft, _bind, lambda gs, p, l: np.fft.rfft(gs[0], p[1], p[0], p[2]), _transpose_rfft,
    symbol=OfArrays(_meaning_half), domain=(-3, 3), cases=_CASES,
)  # fmt: skip


def _transpose_irfft(i: int, g: Any, p: Any, shapes: Any, l: int) -> Any:
    axis, n, norm = p
    half = np.conjugate(np.fft.rfft(g, n, axis, _SWAPPED[norm]))
    return _resized(half * _halves(half, axis, n), axis, shapes[0][axis])


irfft = linear(
    np.fft.irfft, _bind_inverse, lambda gs, p, l: np.fft.irfft(gs[0], p[1], p[0], p[2]), _transpose_irfft,
    symbol=OfArrays(_meaning_whole), domain=_PLANE, cases=(*_LONGER, case((3,), domain=(-3, 3)), case((3,), n=1), case((3,), n=5)),
    convention="the imaginary parts of the zeroth and the middle coefficient are not read",
)  # fmt: skip


@derived(np.fft.hfft)
def hfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Any:
    """The transform of a signal with Hermitian symmetry, of which one half is given."""
    refuse_out("hfft", out)
    n = 2 * (a.shape[axis] - 1) if n is None else n
    return np.fft.irfft(np.conjugate(a), n, axis, _SWAPPED[norm])


@derived(np.fft.ihfft)
def ihfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Any:
    """The inverse transform of a real spectrum: one half of a signal with Hermitian symmetry."""
    refuse_out("ihfft", out)
    return np.conjugate(np.fft.rfft(a, n, axis, _SWAPPED[norm]))


# along several axes --------------------------------------------------------------------------------


def _lengths(a: Any, s: Any, axes: Any, halved: bool = False) -> tuple[list[Any], list[int]]:
    """The length of each transform and its axis, as NumPy reads ``s`` and ``axes``."""
    given = s is not None
    if not given:
        s = a.shape if axes is None else [a.shape[k] for k in axes]
        s = list(s)
    axes = list(range(-len(s), 0)) if axes is None else list(axes)
    if len(s) != len(axes):
        raise ValueError("Shape and axes have different lengths.")
    s = [a.shape[k] if n == -1 else n for n, k in zip(s, axes, strict=True)]
    if halved and not given and s:
        s[-1] = 2 * (a.shape[axes[-1]] - 1)
    return s, axes


def _several(name: str, first: Any, others: Any, last: Any) -> Any:
    """A transform of several axes, in NumPy's own order: one axis at a time."""

    def transform(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None) -> Any:
        refuse_out(name, out)
        lengths, along = _lengths(a, s, axes, halved=last is not None)
        places = list(range(len(along)))
        if first is not None or last is not None:
            if not places:
                raise ValueError(f"{name}: at least one axis must be given")
            if first is not None:
                a = first(a, lengths[-1], along[-1], norm)
            places = places[:-1]
        for k in places if last is not None else reversed(places):
            a = others(a, lengths[k], along[k], norm)
        return a if last is None else last(a, lengths[-1], along[-1], norm)

    transform.__name__ = name
    return transform


for _name, _parts in (
    ("fft", (None, np.fft.fft, None)), ("ifft", (None, np.fft.ifft, None)),
    ("rfft", (np.fft.rfft, np.fft.fft, None)), ("irfft", (None, np.fft.ifft, np.fft.irfft)),
):  # fmt: skip
    _body = _several(f"{_name}n", *_parts)
    derived(getattr(np.fft, f"{_name}n"))(_body)
    derived(getattr(np.fft, f"{_name}2"))(
        lambda a, s=None, axes=(-2, -1), norm=None, out=None, _body=_body: _body(a, s, axes, norm, out)
    )


# shifts --------------------------------------------------------------------------------------------


def _shift(x: Any, axes: Any, by: Any) -> Any:
    if axes is None:
        axes = tuple(range(x.ndim))
    elif not isinstance(axes, (tuple, list)):
        return np.roll(x, by(x.shape[axes]), axes)
    return np.roll(x, tuple([by(x.shape[k]) for k in axes]), tuple(axes)) if len(axes) else x


@derived(np.fft.fftshift)
def fftshift(x: Any, axes: Any = None) -> Any:
    """The zeroth coefficient moved to the middle."""
    return _shift(x, axes, lambda n: n // 2)


@derived(np.fft.ifftshift)
def ifftshift(x: Any, axes: Any = None) -> Any:
    """The zeroth coefficient moved back from the middle to the front."""
    return _shift(x, axes, lambda n: -(n // 2))
