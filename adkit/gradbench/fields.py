"""The input of an evaluation: JSON's lists and numbers, checked and turned into arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["Fields", "InputError", "real"]


class InputError(ValueError):
    """An input that an evaluation cannot work on; the message names the field."""


def real(value: Any, what: str) -> float:
    """A JSON number; a bool is none.

    >>> real(3, "x")
    3.0
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InputError(f"{what} must be a number, not {_called(value)}")
    try:
        number = float(value)
    except OverflowError:
        raise InputError(f"{what} is too large for a float") from None
    if not np.isfinite(number):
        raise InputError(f"{what} must be finite, not {number}")
    return number


class Fields:
    """The fields of a JSON object, each read with what it must be.

    >>> Fields({"x": [1, 2.5]}).array("x", None)
    array([1. , 2.5])
    """

    def __init__(self, value: Any) -> None:
        if not isinstance(value, dict):
            raise InputError(f"the input must be an object, not {_called(value)}")
        self._fields = value

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def get(self, name: str) -> Any:
        """A field as it is."""
        if name not in self._fields:
            raise InputError(f"the input has no field {name!r}")
        return self._fields[name]

    def part(self, name: str) -> Fields:
        """A field that is an object itself."""
        value = self.get(name)
        if not isinstance(value, dict):
            raise InputError(f"{name} must be an object, not {_called(value)}")
        return Fields(value)

    def number(self, name: str) -> float:
        """A finite number."""
        return real(self.get(name), name)

    def whole(self, name: str, least: int = 1) -> int:
        """A whole number, not less than ``least``."""
        value = self.get(name)
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise InputError(f"{name} must be a whole number from {least}, not {_called(value)}")
        return value

    def flag(self, name: str) -> bool:
        """True or false."""
        value = self.get(name)
        if not isinstance(value, bool):
            raise InputError(f"{name} must be true or false, not {_called(value)}")
        return value

    def array(self, name: str, *shape: int | None) -> np.ndarray:
        """Nested lists of finite numbers as an array of that shape; None is any length.

        An empty list where rows are expected has no rows, of whatever length they should be.
        """
        value = self.get(name)
        if not isinstance(value, list):
            raise InputError(f"{name} must be a list, not {_called(value)}")
        try:
            found = np.array(value)
        except ValueError:
            raise InputError(f"the rows of {name} have different lengths") from None
        if not found.size:
            found = np.zeros((*found.shape, *[n or 0 for n in shape[found.ndim :]]))
        if found.dtype.kind not in "fiu":
            raise InputError(f"{name} must hold numbers alone")
        if found.ndim != len(shape) or any([n is not None and n != m for n, m in zip(shape, found.shape, strict=True)]):
            wanted = " x ".join(["any" if n is None else str(n) for n in shape])
            raise InputError(f"{name} must have the shape {wanted}, not {' x '.join(map(str, found.shape))}")
        found = found.astype(float)
        if not np.isfinite(found).all():
            raise InputError(f"{name} must hold finite numbers alone")
        return found

    def indices(self, name: str, stop: int, *shape: int | None, least: int = 0) -> np.ndarray:
        """Nested lists of whole numbers from ``least`` to below ``stop``."""
        found = self.array(name, *shape)
        whole = found.astype(np.intp)
        if (whole != found).any() or (whole < least).any() or (whole >= stop).any():
            raise InputError(f"{name} must hold whole numbers from {least} to {stop - 1}")
        return whole


def _called(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (dict, list)):
        return "an object" if isinstance(value, dict) else "a list"
    text = repr(value)
    return text if len(text) < 40 else text[:36] + " ..."
