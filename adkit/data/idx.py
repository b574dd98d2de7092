"""MNIST in IDX files that the user points at: big-endian headers, plain or gzipped.  Nothing is downloaded.

The format (http://yann.lecun.com/exdb/mnist/): a magic number, 2051 for images and 2049 for labels, the length of
each axis, all as 32-bit big-endian integers, then one unsigned byte an entry.
"""

from __future__ import annotations

import gzip
import math
import os
import struct
import zlib
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

import numpy as np

from ..errors import AdkitError
from .digits import MissingDataError

__all__ = ["DataFormatError", "Mnist", "VARIABLE", "load_mnist", "missing_mnist", "read_idx"]

#: The environment variable that names the folder of the four files.
VARIABLE = "ADKIT_MNIST_DIR"

_AXES = {2051: ("images", 3), 2049: ("labels", 1)}
_PARTS = (
    "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte",
)  # fmt: skip
_CHUNK = 1 << 20


class DataFormatError(AdkitError, ValueError):
    """A file that is not what it should be: of another format, cut short, or damaged."""


class Mnist(NamedTuple):
    """Images ``(n, rows * columns)`` of numbers in [0, 1] and their integer labels, to train on and to test with."""

    x_train: Any
    labels_train: Any
    x_test: Any
    labels_test: Any


def read_idx(path: str | os.PathLike[str]) -> Any:
    """The array in one IDX file, of unsigned bytes: images ``(n, rows, columns)`` or labels ``(n,)``.

    A gzipped file is known by its content, whatever its name.

    Raises
    ------
    DataFormatError : if the file is no IDX file of images or labels, is cut short, goes on too long, or is damaged.
    OSError : if it cannot be read.

    Examples
    --------
    >>> import struct, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "labels")
    ...     _ = path.write_bytes(struct.pack(">ii", 2049, 3) + bytes([5, 0, 4]))
    ...     read_idx(path)
    array([5, 0, 4], dtype=uint8)
    """
    name = os.fspath(path)
    with open(name, "rb") as plain:
        packed = plain.read(2) == b"\x1f\x8b"
        plain.seek(0)
        try:
            return _array(cast(BinaryIO, gzip.GzipFile(fileobj=plain)) if packed else plain, name)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise DataFormatError(f"{name}: the gzip file is damaged or cut short ({error})") from None


def _array(file: BinaryIO, name: str) -> Any:
    head = file.read(4)
    magic = int.from_bytes(head, "big")
    if len(head) < 4 or magic not in _AXES:
        found = f"begins with {magic}" if len(head) == 4 else f"holds {len(head)} bytes"
        raise DataFormatError(f"{name}: no IDX file of images (magic number 2051) or labels (2049); it {found}")
    what, axes = _AXES[magic]
    lengths = file.read(4 * axes)
    if len(lengths) < 4 * axes:
        raise DataFormatError(f"{name}: the file of {what} is cut short within its header")
    shape = struct.unpack(f">{axes}I", lengths)
    expected = math.prod(shape)
    # In pieces: a header may claim more than there is memory for, and a gzip file may hold more than it claims.
    data = bytearray()
    while len(data) <= expected:
        piece = file.read(min(_CHUNK, expected + 1 - len(data)))
        if not piece:
            break
        data += piece
    if len(data) != expected:
        size = " x ".join(map(str, shape))
        fault = f"only {len(data):,} are there: it is cut short" if len(data) < expected else "the file goes on after them"
        raise DataFormatError(f"{name}: the header announces {what} of {size} = {expected:,} bytes, but {fault}")
    return np.frombuffer(data, np.uint8).reshape(shape)


def _folder() -> str | None:
    return os.environ.get(VARIABLE) or None


def _find(folder: str, part: str) -> Path | None:
    """The file of one part; the dot before ``idx`` is how some programs unpack it."""
    for name in (part, part.replace("-idx", ".idx")):
        for path in (Path(folder, name), Path(folder, name + ".gz")):
            if path.is_file():
                return path
    return None


def missing_mnist(folder: str | None = None) -> str | None:
    """Why there is no MNIST here, with the remedy; None where all four files are."""
    where = folder or _folder()
    if where is None:
        return f"MNIST is not part of adkit: set {VARIABLE} to the folder of its four IDX files ({_PARTS[0]}[.gz], ...)"
    absent = [part for part in _PARTS if _find(where, part) is None]
    if not absent:
        return None
    if not os.path.isdir(where):
        return f"there is no folder {where!r}: set {VARIABLE} to the folder of MNIST's four IDX files"
    return f"the folder {where!r} lacks {', '.join(part + '[.gz]' for part in absent)}; {VARIABLE} names it"


def load_mnist(folder: str | None = None) -> Mnist:
    """MNIST from a folder, or from that which the environment variable ``ADKIT_MNIST_DIR`` names.

    Pixels are divided by 255.

    Raises
    ------
    MissingDataError : if no folder is named, or a file is not there.
    DataFormatError : if a file is foreign, cut short or damaged, or the files do not belong together.
    """
    missing = missing_mnist(folder)
    if missing:
        raise MissingDataError(missing)
    where = folder or _folder() or ""
    paths = [cast(Path, _find(where, part)) for part in _PARTS]
    arrays = [read_idx(path) for path in paths]
    for k, ndim in enumerate((3, 1, 3, 1)):
        if arrays[k].ndim != ndim:
            raise DataFormatError(f"{paths[k]}: holds {'labels' if ndim == 3 else 'images'}, which its name denies")
    for k in (0, 2):
        if len(arrays[k]) != len(arrays[k + 1]):
            raise DataFormatError(
                f"{paths[k]}: {len(arrays[k])} images, but {len(arrays[k + 1])} labels in {paths[k + 1].name}"
            )
        if arrays[k + 1].size and arrays[k + 1].max() > 9:
            raise DataFormatError(f"{paths[k + 1]}: a label of {arrays[k + 1].max()}; digits reach from 0 to 9")
    if arrays[0].shape[1:] != arrays[2].shape[1:]:
        raise DataFormatError(f"{paths[2]}: images of {arrays[2].shape[1:]} pixels, those to train on {arrays[0].shape[1:]}")
    train, test = [a.reshape(len(a), math.prod(a.shape[1:])) / 255.0 for a in (arrays[0], arrays[2])]
    return Mnist(train, arrays[1].astype(np.intp), test, arrays[3].astype(np.intp))
