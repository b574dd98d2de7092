"""What a user reads where a function has no rule: its name, what to write in its place, the nearest that has a rule."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from .errors import UnsupportedError
from .registry import TABLE, home_of

__all__ = ["unsupported"]

_INTO = "it writes into its first argument, which cannot hold a derivative: use np.where, or an array from adkit.numpy.zeros"
_BITS = "bits of a floating-point number have no derivative: on conditions use np.logical_"
_WHOLE = "it is about whole numbers: convert adkit.stop_gradient(x) to int"
_FILE = "a file holds no derivative: write adkit.stop_gradient(x), or return the value with has_aux=True"
_STEP = "what it returns is piecewise constant: compute it of adkit.stop_gradient(x)"

_WAYS_OUT = {
    "bitwise_and": f"{_BITS}and", "bitwise_or": f"{_BITS}or", "bitwise_xor": f"{_BITS}xor", "bitwise_not": f"{_BITS}not",
    "invert": f"{_BITS}not", "bitwise_count": _WHOLE, "left_shift": "write x * 2.0**n", "right_shift": "write x / 2.0**n",
    "bitwise_left_shift": "write x * 2.0**n", "bitwise_right_shift": "write x / 2.0**n", "gcd": _WHOLE, "lcm": _WHOLE,
    "busday_count": _WHOLE, "busday_offset": _WHOLE, "is_busday": _WHOLE, "isnat": _STEP, "datetime_as_string": _STEP,
    "packbits": _WHOLE, "unpackbits": _WHOLE, "ravel_multi_index": _WHOLE, "unravel_index": _WHOLE, "ix_": _WHOLE,
    "fill_diagonal": "write np.where(np.eye(n, dtype=bool), value, x)", "place": _INTO, "put": _INTO, "putmask": _INTO,
    "put_along_axis": _INTO, "save": _FILE, "savetxt": _FILE, "savez": _FILE, "savez_compressed": _FILE,
    "histogram2d": _STEP, "histogramdd": _STEP, "histogram_bin_edges": _STEP, "nextafter": "to first order it is x itself",
    "frexp": "write e = np.floor(np.log2(np.abs(x))) + 1 of the plain values, and x / 2.0**e",
    "roots": "write np.linalg.eigvals of the companion matrix", "poly": "multiply the factors with np.polymul",
    "polydiv": "solve np.polymul's linear equations with np.linalg.solve", "sort_complex": "sort by np.argsort of np.abs",
    "trim_zeros": "find where to cut on the plain values and take a slice, x[first:last]",
    "setxor1d": "join two np.setdiff1d with np.concatenate", "lexsort": "an order carries no derivative: use np.argsort",
}  # fmt: skip
"""What to write in place of functions that have no rule."""

_NEAREST = {
    "bitwise_and": "logical_and", "bitwise_or": "logical_or", "bitwise_xor": "logical_xor", "bitwise_not": "logical_not",
    "invert": "logical_not", "left_shift": "ldexp", "right_shift": "ldexp",
    "bitwise_left_shift": "ldexp", "bitwise_right_shift": "ldexp",
    "gcd": "remainder", "lcm": "remainder", "place": "where", "put": "where", "putmask": "where", "put_along_axis": "where",
    "fill_diagonal": "diag", "frexp": "ldexp", "roots": "eigvals", "poly": "polymul", "polydiv": "polymul", "sort_complex": "sort",
    "trim_zeros": "extract", "nextafter": "copysign", "histogram2d": "histogram", "histogramdd": "histogram", "ix_": "take",
    "unravel_index": "take", "ravel_multi_index": "take", "setxor1d": "setdiff1d", "histogram_bin_edges": "histogram",
    "save": "copy", "savetxt": "copy", "savez": "copy", "savez_compressed": "copy",
    "packbits": "digitize", "unpackbits": "digitize",
    "bitwise_count": "count_nonzero", "isnat": "isnan", "is_busday": "isnan", "busday_count": "count_nonzero",
    "busday_offset": "rint", "datetime_as_string": "array_str",
}  # fmt: skip


def _nearest(name: str) -> str:
    """The name of the supported function that is nearest: in meaning where that is known, else in spelling."""
    from difflib import get_close_matches  # only for this message: its import costs a millisecond

    names = {getattr(f, "__name__", "") for f in TABLE if not isinstance(f, tuple)}
    if _NEAREST.get(name) in names:
        return _NEAREST[name]
    found = get_close_matches(name, sorted(names - {name}), n=1, cutoff=0.3)
    return found[0] if found else ""


def unsupported(fun: Any) -> NoReturn:
    """Raise the error for a function without a rule; it says what to write instead, and names the nearest that has one."""
    name = getattr(fun, "__name__", str(fun))
    if fun is np.copyto:
        raise UnsupportedError(
            "adkit has no derivative rule for numpy.copyto: np.copyto (np.full and np.full_like call it) would write a value "
            "being differentiated into a plain array, and its derivative would be lost: multiply by np.ones_like, or use "
            "np.broadcast_to, np.where or adkit.numpy.full; a rule of your own is made with adkit.custom_jvp or adkit.custom_vjp"
        )
    way, near = _WAYS_OUT.get(name, ""), _nearest(name)
    way = f": {way}" if way else ""
    near = f"; the nearest function with a rule is {near!r}" if near else ""
    raise UnsupportedError(
        f"adkit has no derivative rule for {home_of(fun)}.{name}{way}{near}. Write it with functions that have one "
        "(adkit.supported_functions() lists them), or give it a rule of your own with adkit.custom_jvp or adkit.custom_vjp"
    )
