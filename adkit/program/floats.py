"""Small programs unstacked: every entry of every array a Python float, where that is cheaper than NumPy's calls.

A call of NumPy costs as much as twenty operations on floats.  Only operations that give the same bits as NumPy's are
unstacked, so a program with ``exp`` or a matrix product stays as it is.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from .. import tree
from ..box import getitem
from .instruction import INPUT
from .naming import Fresh, identifier
from .node import BROADCAST, REDUCE, RESHAPE, SCATTER, TRANSPOSE, Node, elementwise

__all__ = ["Entries", "Unsuited", "needed", "text_of", "unstacked", "values_of"]

_F64 = np.dtype(float)
_SIGNS = {np.add: ("+", 11), np.subtract: ("-", 11), np.multiply: ("*", 12), np.true_divide: ("/", 12)}
_LINES = 10_000
_INLINE = 72
_ATOM = 20


@lru_cache(maxsize=1)
def _functions() -> dict[Any, str]:
    """Functions of ``math`` that give the same bits as NumPy's on this machine, as far as a sample shows."""
    rng = np.random.default_rng(0)
    found = {np.sqrt: "math.sqrt", np.absolute: "abs"}
    spread = np.concatenate([rng.normal(0, s, 2000) for s in (0.01, 1.0, 10.0, 1000.0)])
    for name in ("sin", "cos", "exp", "tanh", "log", "log1p", "expm1"):
        x = np.abs(spread) if name.startswith("log") else np.clip(spread, -700, 700)
        ours: Any = getattr(math, name)
        if np.array_equal(getattr(np, name)(x), np.array([ours(v) for v in x.tolist()])):
            found[getattr(np, name)] = f"math.{name}"
    return found


class Unsuited(Exception):  # noqa: N818 - no error: the program stays as it is
    """Something in the program has no form in floats, or a dearer one."""


class Entries:
    """Operations on single numbers: each is a function's sign or name, and the numbers of its operands."""

    def __init__(self, functions: dict[Any, str]) -> None:
        self.functions = functions
        self.entries: list[tuple[str, Any]] = []
        self.uses: list[int] = []
        self._made: dict[Any, int] = {}

    def make(self, what: str, args: Any) -> int:
        key = (what, args if what != "number" else repr(args))
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = len(self.entries)
            self.entries.append((what, args))
            self.uses.append(0)
            if what not in ("number", "input"):
                for k in args:
                    self.uses[k] += 1
                if len(self.entries) > 3 * _LINES:
                    raise Unsuited
        return found

    def number(self, x: float) -> int:
        return self.make("number", float(x))


def unstacked(order: list[Node], results: Any, parameters: list[str], function: str, guarded: bool) -> tuple[str, str] | None:
    """The program's source on floats, and the same with its check; None where the program is not suited."""
    for node in order:
        if node.dtype != _F64 or node.parts or node.size > 4096:
            return None
    kept = [v for v in tree.leaves(results) if type(v) is Node]
    if not kept or any([type(v) is not Node and isinstance(v, np.ndarray) for v in tree.leaves(results)]):
        return None
    numbers = Entries(_functions())
    try:
        values = values_of(order, numbers)
        if not _cheaper(order, kept, numbers):
            return None
        return _page(order, results, parameters, function, numbers, values, guarded)
    except Unsuited:
        return None


def _cheaper(order: list[Node], kept: list[Node], numbers: Entries) -> bool:
    """Whether floats cost less than NumPy's calls, by what each takes (ns)."""
    inputs = sum([n.size for n in order if n.fun is INPUT])
    lines = sum([what not in ("number", "input") for what, _ in numbers.entries])
    ours = 11 * lines + 15 * inputs + sum([200 + 20 * n.size for n in kept])
    views = (INPUT, RESHAPE, TRANSPOSE, BROADCAST, getitem)
    theirs = sum([60 if not n.shape else 60 if n.fun in views else 220 + 0.3 * n.size + 250 * (n.fun is SCATTER) for n in order])
    return lines <= _LINES and ours < 0.9 * theirs


def _joins_a_list(node: Any) -> bool:
    """Whether a node joins several arrays, and not the rows of one."""
    return len(node.args) == 1 and isinstance(node.args[0], (list, tuple))


def values_of(order: list[Node], numbers: Entries) -> dict[int, Any]:
    """For each node an array of the numbers of its entries.

    Raises
    ------
    Unsuited : where something has no form in single numbers.
    """
    values: dict[int, Any] = {}

    def of(x: Any) -> Any:
        if type(x) is Node:
            return values[id(x)]
        if isinstance(x, (bool, np.bool_)) or not isinstance(x, (int, float, np.integer, np.floating, np.ndarray)):
            raise Unsuited
        if np.asarray(x).dtype.kind not in "fiu":
            raise Unsuited
        found = np.empty(np.shape(x), dtype=object)
        for k, v in np.ndenumerate(np.asarray(x, float)):
            found[k] = numbers.number(v)
        return found

    for place, node in enumerate(order):
        fun = node.fun
        if node.dtype != _F64 or node.parts:
            raise Unsuited(f"a value of type {node.dtype}")
        if fun is INPUT:
            found = np.empty(node.shape, dtype=object)
            for n, k in enumerate(np.ndindex(node.shape)):
                found[k] = numbers.make("input", (place, n))
        elif elementwise(fun) and not node.kw and (fun in _SIGNS or fun is np.negative or fun in numbers.functions):
            args = np.broadcast_arrays(*[of(a) for a in node.args])
            name = "neg" if fun is np.negative else _SIGNS[fun][0] if fun in _SIGNS else numbers.functions[fun]
            found = np.empty(node.shape, dtype=object)
            flat = [a.ravel() for a in args]
            into: Any = found.reshape(-1)
            for n in range(into.size):
                into[n] = numbers.make(name, tuple([a[n] for a in flat]))
        elif fun is getitem and not _advanced(node.args[1]):
            found = of(node.args[0])[node.args[1]]
            found = found if isinstance(found, np.ndarray) else _single(found)
        elif fun is RESHAPE:
            found = np.reshape(of(node.args[0]), node.shape)
        elif fun is TRANSPOSE:
            found = np.transpose(of(node.args[0]), node.kw["axes"])
        elif fun is BROADCAST:
            found = np.broadcast_to(of(node.args[0]), node.shape)
        elif fun in (np.stack, np.concatenate) and _joins_a_list(node) and node.kw in ({}, {"axis": 0}):
            found = fun([of(a) for a in node.args[0]])
        elif fun is SCATTER:
            found = _scattered(node, of, numbers)
        elif fun is REDUCE and node.kw["ufunc"] is np.add and node.args[0].ndim == 1 and 0 < node.args[0].size <= 128:
            total = _summed(list(of(node.args[0])), numbers)
            found = np.full(node.shape, total, dtype=object)
        else:
            raise Unsuited(str(getattr(fun, "__name__", fun)))
        values[id(node)] = found
    return values


def _single(x: Any) -> Any:
    found = np.empty((), dtype=object)
    found[()] = x
    return found


def _advanced(key: Any) -> bool:
    parts = key if type(key) is tuple else (key,)
    return not all([k is None or k is Ellipsis or isinstance(k, (slice, int, np.integer)) for k in parts])


def _scattered(node: Node, of: Any, numbers: Entries) -> Any:
    zero = numbers.number(0.0)
    found = np.full(node.shape, zero, dtype=object)
    n = len(node.shape) - len(node.kw["indices"][0].shape)
    for index, g in zip(node.kw["indices"], node.args, strict=True):
        if index.advanced:
            raise Unsuited
        key = index.behind(n)
        old = found[key]
        old = old if isinstance(old, np.ndarray) else _single(old)
        new = np.empty(old.shape, dtype=object)
        for k, g_k, old_k in zip(np.ndindex(old.shape), np.broadcast_to(of(g), old.shape).flat, old.flat, strict=True):
            new[k] = g_k if old_k == zero else numbers.make("+", (old_k, g_k))
        found[key] = new if new.shape else new[()]
    return found


def _summed(xs: list[int], numbers: Entries) -> int:
    """The sum in the order in which NumPy adds up to 128 entries: eight running sums, joined in pairs."""

    def add(a: int, b: int) -> int:
        return numbers.make("+", (a, b))

    if len(xs) < 8:
        total = xs[0]
        for x in xs[1:]:
            total = add(total, x)
        return total
    runs = xs[:8]
    whole = len(xs) - len(xs) % 8
    for start in range(8, whole, 8):
        runs = [add(r, x) for r, x in zip(runs, xs[start : start + 8], strict=True)]
    total = add(add(add(runs[0], runs[1]), add(runs[2], runs[3])), add(add(runs[4], runs[5]), add(runs[6], runs[7])))
    for x in xs[whole:]:
        total = add(total, x)
    return total


# the text ---------------------------------------------------------------------------------------------


def _page(
    order: list[Node], results: Any, parameters: list[str], function: str, numbers: Entries, values: dict[int, Any],
    guarded: bool,
) -> tuple[str, str]:  # fmt: skip
    fresh = Fresh({"np", "math", "finite", function, *parameters})
    kept = [v for v in tree.leaves(results) if type(v) is Node]
    wanted: dict[int, str] = {}
    for node in [*kept, *order]:
        if node.fun is INPUT:
            continue
        for n, k in enumerate(values[id(node)].ravel().tolist()):
            wanted.setdefault(k, identifier(f"{node.label or 't'}_{n}" if node.shape else node.label or "t"))
    for node in kept:
        for k in values[id(node)].ravel().tolist():
            numbers.uses[k] += 1
    wanted_entries = needed(numbers, [k for node in kept for k in values[id(node)].ravel().tolist()])
    texts: dict[int, tuple[str, int]] = {}
    lines: list[str] = []
    for place, node in enumerate(order):
        if node.fun is not INPUT:
            continue
        path = str(node.args[0])
        base = path if path in parameters else identifier(node.label)
        names = [fresh(f"{base}_{n}" if node.shape else f"{base}_0") for n in range(node.size)]
        for n, name in enumerate(names):
            texts[numbers.make("input", (place, n))] = name, _ATOM
        flat = f"{path}.ravel().tolist()" if node.ndim > 1 else f"{path}.tolist()"
        if not node.shape:
            lines.append(f"{names[0]} = float({path})")
        elif names and any([numbers.make("input", (place, n)) in wanted_entries for n in range(node.size)]):
            lines.append(f"{', '.join(names)}{',' if len(names) == 1 else ''} = {flat}")
    for k, (what, args) in enumerate(numbers.entries):
        if what == "input" or k not in wanted_entries:
            continue
        if what == "number":
            texts[k] = (repr(args) if math.isfinite(args) else f"float('{args}')"), _ATOM if args >= 0 else 13
            continue
        text = text_of(what, [texts[a] for a in args])
        if numbers.uses[k] > 1 or len(text[0]) > _INLINE:
            name = fresh(wanted.get(k, "t"))
            lines.append(f"{name} = {text[0]}")
            text = name, _ATOM
        texts[k] = text
    checks: list[str] = []
    result = _returned(results, values, texts, lines, fresh, checks)
    with_math = any(["math." in line for line in [*lines, result]])
    head = "import math\n\nimport numpy as np\n" if with_math else "import numpy as np\n"
    page: Any = lambda more: f"{head}\n\ndef {function}({', '.join(parameters)}):\n" + "".join(
        [f"    {line}\n" for line in [*lines, *more, f"return {result}"]])  # fmt: skip
    test = [f"if not {' + '.join(checks)} < np.inf:", "    raise FloatingPointError"]
    return page([]), page(test if guarded else [])


def needed(numbers: Entries, roots: list[int]) -> set[int]:
    """The numbers on which the roots depend."""
    found = set(roots)
    for k in range(len(numbers.entries) - 1, -1, -1):
        what, args = numbers.entries[k]
        if k in found and what not in ("number", "input"):
            found.update(args)
    return found


def text_of(what: str, args: list[tuple[str, int]]) -> tuple[str, int]:
    """An operation as text, and how tightly it binds."""
    def at_least(text: tuple[str, int], tight: int) -> str:
        return text[0] if text[1] >= tight else f"({text[0]})"

    if what == "neg":
        return f"-{at_least(args[0], 13)}", 13
    if what not in "+-*/":
        return f"{what}({', '.join([text for text, _ in args])})", _ATOM
    tight = 11 if what in "+-" else 12
    return f"{at_least(args[0], tight)} {what} {at_least(args[1], tight + 1)}", tight


def _returned(results: Any, values: dict[int, Any], texts: Any, lines: list[str], fresh: Fresh, checks: list[str]) -> str:
    def listed(x: Any) -> str:
        if isinstance(x, np.ndarray):
            return "[" + ", ".join([listed(e) for e in x]) + "]"
        return str(texts[x][0])

    def nested(x: Any) -> str:
        if type(x) is Node:
            found = values[id(x)]
            name = fresh(f"{identifier(x.label or 't')}_all")
            if not x.shape:
                lines.append(f"{name} = np.float64({listed(found[()])})")
                checks.append(f"{name} * {name}")
            else:
                lines.append(f"{name} = np.array({listed(found)})" if x.size else f"{name} = np.zeros({x.shape})")
                checks.append(f"{name}.dot({name})" if x.ndim == 1 else f"np.vdot({name}, {name})")
            return name
        if isinstance(x, dict):
            return "{" + ", ".join([f"{k!r}: {nested(v)}" for k, v in x.items()]) + "}"
        children = tree.children(x)
        if children is None:
            return repr(x)
        words = ", ".join([nested(e) for e in children])
        return f"[{words}]" if isinstance(x, list) else f"({words}{',' if len(children) == 1 else ''})"

    return nested(results)
