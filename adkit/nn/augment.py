"""Augmentation of small images: shifts by parts of a pixel, and rotations by a few degrees, with bilinear interpolation.

On 8x8 images a whole pixel is too much: rolling the digits by one lowers the accuracy.  Half a pixel is not.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .module import generator

__all__ = ["augment_images", "rotate_images", "shift_images"]


def _images(images: Any, name: str) -> tuple[Any, Any]:
    """Images ``(..., side, side)``, and the shape in which they came."""
    images = np.asarray(images, dtype=float)
    given = images.shape
    side = round(given[-1] ** 0.5) if images.ndim else 0
    if images.ndim >= 2 and given[-1] == given[-2]:
        return images.reshape(-1, given[-2], given[-1]), given
    if side * side == (given[-1] if images.ndim else -1):
        return images.reshape(-1, side, side), given
    raise ValueError(f"{name}: images must be (..., side, side), or flat, (..., side * side), not {given}")


def _sample(images: Any, rows: Any, columns: Any) -> Any:
    """The images ``(n, s, s)`` at the points ``(n, s, s)`` between pixels; 0 outside."""
    n, side, _ = images.shape
    padded = np.pad(images, ((0, 0), (1, 2), (1, 2)))
    # Beyond the border of zeros all is 0, so a point that lies further out may be moved onto it.
    rows, columns = np.clip(rows + 1, 0, side + 1), np.clip(columns + 1, 0, side + 1)
    r, c = np.floor(rows).astype(int), np.floor(columns).astype(int)
    v, h = rows - r, columns - c
    k = np.arange(n)[:, None, None]
    upper = (1 - h) * padded[k, r, c] + h * padded[k, r, c + 1]
    lower = (1 - h) * padded[k, r + 1, c] + h * padded[k, r + 1, c + 1]
    return (1 - v) * upper + v * lower


def _each(value: Any, n: int, name: str) -> Any:
    value = np.asarray(value, dtype=float)
    if value.ndim and value.shape != (n,):
        raise ValueError(f"{name}: give one number, or one for each of the {n} images, not an array of shape {value.shape}")
    return np.broadcast_to(value, (n,))[:, None, None]


def shift_images(images: Any, down: Any, right: Any) -> Any:
    """Images moved by ``down`` and ``right`` pixels, of which parts are welcome; what comes in is 0.

    Parameters
    ----------
    images : array ``(..., side, side)``, or flat, ``(..., side * side)``.
    down, right : a number of pixels, or one for each image.

    Returns
    -------
    array of the shape of ``images``.

    Examples
    --------
    >>> shift_images(np.array([[0.0, 0.0], [4.0, 0.0]]), down=-0.25, right=0.5).tolist()
    [[0.5, 0.5], [1.5, 1.5]]
    """
    stack, given = _images(images, "shift_images")
    rows, columns = np.mgrid[: stack.shape[1], : stack.shape[2]].astype(float)
    down, right = _each(down, len(stack), "shift_images: down"), _each(right, len(stack), "shift_images: right")
    return _sample(stack, rows - down, columns - right).reshape(given)


def rotate_images(images: Any, degrees: Any) -> Any:
    """Images turned counter-clockwise about their centre by ``degrees`` (a number, or one for each image).

    >>> rotate_images(np.array([[1.0, 2.0], [3.0, 4.0]]), 90).round(12).tolist()
    [[2.0, 4.0], [1.0, 3.0]]
    """
    stack, given = _images(images, "rotate_images")
    middle = (stack.shape[1] - 1) / 2
    y, x = np.mgrid[: stack.shape[1], : stack.shape[2]] - middle
    angle = np.deg2rad(_each(degrees, len(stack), "rotate_images: degrees"))
    # Each pixel of the result looks up where it came from: the inverse turn, with rows counted downwards.
    rows = y * np.cos(angle) + x * np.sin(angle)
    columns = x * np.cos(angle) - y * np.sin(angle)
    return _sample(stack, rows + middle, columns + middle).reshape(given)


def augment_images(images: Any, rng: Any, shift: float = 0.5, degrees: float = 10.0) -> Any:
    """Each image shifted by up to ``shift`` pixels along both axes and turned by up to ``degrees``, at random.

    ``rng`` is a seed or a generator: the same seed gives the same images.

    >>> augment_images(np.ones((3, 64)), rng=0).shape
    (3, 64)
    """
    drawn = generator(rng)
    if drawn is None:
        raise TypeError("augment_images: give a seed or a generator: augment_images(images, rng=0)")
    n = len(_images(images, "augment_images")[0])
    down, right = drawn.uniform(-shift, shift, (2, n))
    return rotate_images(shift_images(images, down, right), drawn.uniform(-degrees, degrees, n))
