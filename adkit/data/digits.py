"""The 8x8 images of handwritten digits that come inside scikit-learn's wheel (1,797 of them, of the UCI repository).

They are read when first asked for.  Where scikit-learn is absent the error names the extra to install; nothing is
downloaded.  scikit-learn itself is not imported: that takes a second or two, reading its file takes a tenth.
"""

from __future__ import annotations

import functools
import gzip
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..errors import AdkitError
from ..extras import remedy

__all__ = ["Digits", "MissingDataError", "load_digits", "missing_digits"]


class MissingDataError(AdkitError, ImportError):
    """Data of an optional extra that is not installed."""


class Digits(NamedTuple):
    """Images ``(1797, 64)`` of numbers in [0, 1], and their labels ``(1797,)``, integers 0 to 9."""

    images: Any
    labels: Any

    def split(self) -> tuple[Any, Any, Any, Any]:
        """``(x_train, labels_train, x_test, labels_test)``: every fifth image, from the first, is for testing.

        The split needs no random generator, so it is the same everywhere: 1,437 images to train on, 360 to test.
        """
        test = np.arange(len(self.images)) % 5 == 0
        return self.images[~test], self.labels[~test], self.images[test], self.labels[test]


def missing_digits() -> str | None:
    """Why there are no digits here, with the remedy; None where they are."""
    if find_spec("sklearn") is not None:
        return None
    return f"the digits images come with scikit-learn, which is not installed: {remedy('data')}"


@functools.cache
def load_digits() -> Digits:
    """The digits, pixels divided by 16.  The arrays are shared between callers, and read-only.

    Raises
    ------
    MissingDataError : if scikit-learn is not installed.
    """
    missing = missing_digits()
    if missing:
        raise MissingDataError(missing)
    spec = find_spec("sklearn")
    home = next(iter(spec.submodule_search_locations or ()), "") if spec else ""
    path = Path(home, "datasets", "data", "digits.csv.gz")
    if path.is_file():
        with gzip.open(path, "rt", encoding="ascii") as lines:
            table = np.loadtxt(lines, delimiter=",")
        pixels, labels = table[:, :64], table[:, 64]
    else:  # another layout of the wheel: its own loader knows where the file is
        from sklearn.datasets import load_digits as load

        pixels, labels = load(return_X_y=True)
    images, labels = pixels / 16.0, labels.astype(np.intp)
    images.flags.writeable = labels.flags.writeable = False
    return Digits(images, labels)
