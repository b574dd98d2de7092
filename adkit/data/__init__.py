"""Data for examples, comparisons and lessons.  Nothing here asks for the network.

>>> from adkit.data import load_digits             # the images need the extra: pip install 'adkit[data]'
"""

from __future__ import annotations

from .digits import Digits, MissingDataError, load_digits, missing_digits

__all__ = ["Digits", "MissingDataError", "load_digits", "missing_digits"]
