"""Data for examples, comparisons and lessons.  Nothing here asks for the network.

>>> from adkit.data import load_digits             # the images need the extra: pip install ".[data]"
>>> from adkit.data import playground              # two-dimensional sets, by formula: playground.spiral(n=200, seed=0)
"""

from __future__ import annotations

from . import playground
from .digits import Digits, MissingDataError, load_digits, missing_digits
from .idx import DataFormatError, Mnist, load_mnist, missing_mnist, read_idx

__all__ = [
    "DataFormatError", "Digits", "MissingDataError", "Mnist", "load_digits", "load_mnist", "missing_digits",
    "missing_mnist", "playground", "read_idx",
]  # fmt: skip
