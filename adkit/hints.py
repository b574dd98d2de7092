"""Hints that are added to other libraries' errors: what was met there, and what to write in its place."""

from __future__ import annotations

from types import TracebackType
from typing import Any

import numpy as np

from .errors import AdkitError
from .levels import Boxed

__all__ = ["note_object_array", "note_scipy"]

_WITH_RULES = ("integrate", "linalg", "signal", "special", "stats")


def note_scipy(error: BaseException, op: str, trace: TracebackType | None = None) -> bool:
    """Where a function of SciPy's met a value being differentiated: say which it was, and what there is in its place."""
    called, home, met = "", "", isinstance(error, AdkitError)
    trace = trace or error.__traceback__
    while trace is not None:
        frame, trace = trace.tb_frame, trace.tb_next
        module, name = frame.f_globals.get("__name__", "").split("."), frame.f_code.co_name
        if module[0] != "scipy":
            continue
        met = met or any([_holds_box(value) for value in frame.f_locals.values()])
        if not called and len(module) > 1 and module[1][0] != "_" and name[0] not in "_<" and not name.startswith("wrap"):
            owner = getattr(frame.f_locals.get("self"), "name", "")
            home, called = module[1], ".".join([*module[:2], *([owner] if isinstance(owner, str) and owner else []), name])
    if not called or not met:
        return False
    instead = (
        f"adkit.scipy.{home} has what is differentiated, under the same names" if home in _WITH_RULES
        else "write it with NumPy's functions, or give it a rule of your own with adkit.custom_jvp"
    )  # fmt: skip
    error.add_note(f"adkit.{op}: {called} was given a value being differentiated, for which SciPy has no hook: {instead}")
    return True


def _holds_box(x: Any, depth: int = 2) -> bool:
    """Whether a value being differentiated is in a value: itself, in lists of them or in an object array."""
    if isinstance(x, (list, tuple)):
        return depth > 0 and any([_holds_box(e, depth - 1) for e in x])
    if type(x) is np.ndarray and x.dtype == object:
        return any([isinstance(e, Boxed) for e in x.flat])
    return isinstance(x, Boxed)


def note_object_array(error: BaseException, op: str) -> None:
    """Where NumPy or SciPy met an object array of values being differentiated, or a plain array was written into: the remedy."""
    for hint, words in _HINTS:
        if hint in str(error):
            error.add_note(f"adkit.{op}: {words}")
            break


_HINTS = (
    ("setting an array element with a sequence", "a value being differentiated was assigned into a plain NumPy array; "
     "make that array with adkit.numpy.zeros, empty or array, or build it with np.stack or np.concatenate"),
    ("has no callable", "an object array mixes values being differentiated with plain numbers; build it with np.stack "
     "or adkit.numpy.array in place of np.array"),
    ("ufunc not supported for the input types", "a SciPy or NumPy function met an object array of values being "
     "differentiated; build it with np.stack or adkit.numpy.array in place of np.array"),
    ("not supported for the input types", "a function met an object array of values being differentiated; build the "
     "array with np.stack or adkit.numpy.array in place of np.array"),
    ("bject arrays are not", "np.array of values being differentiated gives an object array, which this function does not take; "
     "use np.stack or adkit.numpy.array"),
    ("dtype=object", "use np.stack or adkit.numpy.array in place of np.array for values being differentiated"),
    ("dtype('O')", "use np.stack or adkit.numpy.array in place of np.array for values being differentiated"),
    ("dtype object cannot be cast", "a SciPy function met an object array of values being differentiated, and has no rule; "
     "use one of NumPy's, or give it a rule of your own with adkit.custom_jvp"),
    ("only integers, slices", "a value being differentiated carries no index; if one was meant, convert "
     "adkit.stop_gradient(x) to int"),
    ("read-only", "a part, a view or a row of an array that takes item assignment (y = x.copy(), adkit.numpy.zeros) is a copy; "
     "assign to the array itself, y[i, j] = value"),
    ("array type object is unsupported", "use np.stack or adkit.numpy.array in place of np.array for values being "
     "differentiated"),
)  # fmt: skip
