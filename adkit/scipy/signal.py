"""scipy.signal: convolution and correlation, in any number of dimensions; all other names are SciPy's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.signal as _ss

from ..errors import UnsupportedError
from ..registry import NoSymbol, bilinear, case
from .common import lifted, mirror, own

__all__ = ["convolve", "convolve2d", "correlate", "correlate2d", "fftconvolve"]


def _flipped(x: Any) -> Any:
    return x[(slice(None, None, -1),) * x.ndim]


def _bind(in1: Any, in2: Any, mode: str = "full", method: str = "auto") -> Any:
    return mode, method


def _within_full(mode: str, a: tuple[int, ...], b: tuple[int, ...]) -> list[tuple[int, int]]:
    """How much of the full convolution a mode leaves out, before and after, along each axis."""
    full = [m + n - 1 for m, n in zip(a, b, strict=True)]
    if mode == "full":
        kept = full
    elif mode == "same":
        kept = list(a)
    else:
        kept = [abs(m - n) + 1 for m, n in zip(a, b, strict=True)]
    return [((f - k) // 2, f - k - (f - k) // 2) for f, k in zip(full, kept, strict=True)]


def _transpose(i: int, g: Any, xs: Any, p: Any, l: int) -> Any:
    mode, method = p
    g = np.pad(g, _within_full(mode, xs[0].shape, xs[1].shape))
    return convolution(g, _flipped(xs[1 - i]), mode="valid", method=method)


def _apply(i: int, g: Any, xs: Any, p: Any, l: int) -> Any:
    pair = (g, xs[1]) if i == 0 else (xs[0], g)
    return convolution(*pair, mode=p[0], method=p[1])


convolution = own(
    bilinear, "scipy.signal.convolve", lambda in1, in2, mode="full", method="auto": _ss.convolve(in1, in2, mode, method),
    _bind, _apply, _transpose, batched=False, domain=(-2, 2),
    symbol=NoSymbol("SciPy chooses between a sum and a Fourier transform, and rounds"),
    cases=(
        case((5,), (3,)), case((3,), (5,), mode="same"), case((5,), (2,), mode="same"), case((2,), (5,), mode="valid"),
        case((5,), (2,), mode="valid"), case((3, 4), (2, 2), mode="same"), case((4, 3), (2, 2), mode="valid", method="direct"),
        case((4, 3), (2, 3), method="fft"), case((1,), (1,)),
    ),
)  # fmt: skip


def convolve(in1: Any, in2: Any, mode: str = "full", method: str = "auto") -> Any:
    """The convolution of two arrays of one rank, as ``scipy.signal.convolve``; with respect to both.

    >>> import adkit
    >>> adkit.grad(lambda x: np.sum(convolve(x, np.array([1.0, 2.0]))))(np.ones(3)).tolist()
    [3.0, 3.0, 3.0]
    """
    boxed, (in1, in2) = lifted(in1, in2)
    if not boxed:
        return _ss.convolve(in1, in2, mode, method)
    if in1.ndim != in2.ndim:
        raise ValueError("volume and kernel should have the same dimensionality")
    if in1.ndim == 0:
        return in1 * in2
    if mode not in ("full", "same", "valid"):
        raise ValueError("acceptable mode flags are 'valid', 'same', or 'full'")
    return convolution(in1, in2, mode=mode, method=method)


def fftconvolve(in1: Any, in2: Any, mode: str = "full", axes: Any = None) -> Any:
    """As ``scipy.signal.fftconvolve``; of values being differentiated, over all axes.

    >>> fftconvolve(np.ones(2), np.ones(2)).round(12).tolist()
    [1.0, 2.0, 1.0]
    """
    boxed, (in1, in2) = lifted(in1, in2)
    if not boxed:
        return _ss.fftconvolve(in1, in2, mode, axes)
    if axes is not None and sorted(np.arange(in1.ndim)[np.atleast_1d(axes)].tolist()) != list(range(in1.ndim)):
        raise NotImplementedError("fftconvolve: of a value being differentiated it runs over all axes; leave axes out")
    return convolve(in1, in2, mode, "fft")


def correlate(in1: Any, in2: Any, mode: str = "full", method: str = "auto") -> Any:
    """The cross-correlation of two arrays of one rank, as ``scipy.signal.correlate``; with respect to both.

    >>> correlate(np.array([1.0, 2.0, 3.0]), np.array([0.0, 1.0])).tolist()
    [1.0, 2.0, 3.0, 0.0]
    """
    boxed, (in1, in2) = lifted(in1, in2)
    if not boxed:
        return _ss.correlate(in1, in2, mode, method)
    if in1.ndim == 0:
        return in1 * np.conjugate(in2)
    if mode == "valid" and all([m <= n for m, n in zip(in1.shape, in2.shape, strict=True)]) and in1.shape != in2.shape:
        return _flipped(np.conjugate(convolve(in2, _flipped(np.conjugate(in1)), mode, method)))
    return convolve(in1, _flipped(np.conjugate(in2)), mode, method)


def _flat(name: str, ours: Any) -> Any:
    """The form for images, whose border is filled with zeros."""
    theirs = getattr(_ss, name)

    def fun(in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: Any = 0) -> Any:
        boxed, (in1, in2) = lifted(in1, in2)
        if not boxed:
            return theirs(in1, in2, mode, boundary, fillvalue)
        if boundary != "fill" or fillvalue != 0:
            raise UnsupportedError(
                f"{name}: of values being differentiated the border is filled with zeros; pad the image with np.pad"
            )
        if in1.ndim != 2 or in2.ndim != 2:
            raise ValueError(f"{name} inputs must both be 2-D arrays")
        return ours(in1, in2, mode, "direct")

    fun.__name__ = fun.__qualname__ = name
    fun.__doc__ = f"As ``scipy.signal.{name}``, with a border of zeros."
    return fun


def _correlate_images(in1: Any, in2: Any, mode: str, method: str) -> Any:
    """As correlate, but that the middle of an even length is the other one of two."""
    if mode != "same":
        return correlate(in1, in2, mode, method)
    (m, n), (k, l) = in1.shape, in2.shape
    return correlate(in1, in2, "full", method)[k // 2 : k // 2 + m, l // 2 : l // 2 + n]


convolve2d, correlate2d = _flat("convolve2d", convolve), _flat("correlate2d", _correlate_images)

__getattr__, __dir__ = mirror("scipy.signal", globals())
