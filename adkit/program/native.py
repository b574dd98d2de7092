"""The numba backend: a small program on single numbers, compiled to machine code by numba (the extra ``numba``)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import tree
from ..errors import UnsupportedError
from ..extras import remedy
from .floats import Entries, Unsuited, needed, text_of, values_of
from .instruction import INPUT
from .node import Node

__all__ = ["native"]

_MOST = 2_000
"""Operations on single numbers up to which a program is handed over: numba's own time grows faster than the program."""

_FUNCTIONS: dict[Any, str] = {
    np.sqrt: "math.sqrt", np.absolute: "abs", np.sin: "math.sin", np.cos: "math.cos", np.tan: "math.tan", np.exp: "math.exp",
    np.expm1: "math.expm1", np.log: "math.log", np.log1p: "math.log1p", np.tanh: "math.tanh", np.sinh: "math.sinh",
    np.cosh: "math.cosh", np.arctan: "math.atan", np.arcsin: "math.asin", np.arccos: "math.acos", np.arctan2: "math.atan2",
    np.hypot: "math.hypot", np.power: "math.pow", np.floor: "np.floor", np.ceil: "np.ceil",  # math's are integers
}  # fmt: skip


def native(order: list[Node], results: Any, parameters: list[str], function: str) -> tuple[str, Callable[..., Any]]:
    """The source that numba is given, and a function of the program's arguments.

    Raises
    ------
    ImportError : without numba.
    UnsupportedError : for a program that is not one of single numbers, or is too long.
    """
    try:
        import numba
    except ImportError as error:
        raise ImportError(f"compile: backend='numba' needs numba: {remedy('numba')}", name="numba") from error
    numbers = Entries(_FUNCTIONS)
    try:
        values = values_of(order, numbers)
    except Unsuited as reason:
        raise UnsupportedError(
            f"compile: backend='numba' takes programs of single numbers alone{reason and f', not {reason}'}: leave backend out"
        ) from None
    kept = [v for v in tree.leaves(results) if type(v) is Node]
    roots = [k for node in kept for k in values[id(node)].ravel().tolist()]
    wanted = needed(numbers, roots)
    lines_of = sum([numbers.entries[k][0] not in ("number", "input") for k in wanted])
    if lines_of > _MOST:
        raise UnsupportedError(
            f"compile: backend='numba' takes at most {_MOST:,} operations on single numbers, and this program has {lines_of:,}: "
            "leave backend out"
        )
    inputs = [n for n in order if n.fun is INPUT]
    places = {id(n): place for place, n in enumerate(order)}
    names = {places[id(n)]: f"a{k}" for k, n in enumerate(inputs)}
    lines, texts = [], {}
    for k in sorted(wanted):
        what, args = numbers.entries[k]
        if what == "input":
            place, n = args
            texts[k] = f"{names[place]}[{n}]", 20
        elif what == "number":
            texts[k] = (repr(args) if math.isfinite(args) else f"float('{args}')", 20 if args >= 0 else 13)
        else:
            lines.append(f"t{k} = {text_of(what, [texts[a] for a in args])[0]}")
            texts[k] = f"t{k}", 20
    for n, k in enumerate(roots):
        lines.append(f"out[{n}] = {texts[k][0]}")
    body = "".join([f"    {line}\n" for line in lines]) or "    pass\n"
    source = f"import math\n\nimport numpy as np\n\n\ndef {function}({', '.join([*names.values(), 'out'])}):\n{body}"
    space: dict[str, Any] = {}
    exec(compile(source, f"<numba {function}>", "exec"), space)
    kernel = numba.njit(space[function], error_model="numpy")

    def run(*args: Any) -> Any:
        given = [np.ravel(x) for x in tree.leaves(args) if isinstance(x, (np.ndarray, np.floating))]
        out = np.empty(len(roots))
        kernel(*given, out)
        start = 0

        def result(x: Any) -> Any:
            nonlocal start
            if type(x) is not Node:
                return x
            part = out[start : start + x.size]
            start += x.size
            return part.reshape(x.shape).copy() if x.shape else part[0]

        return tree.map_leaves(result, results)

    return source, run
