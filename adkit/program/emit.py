"""A program as NumPy source: one line an instruction, in names that the user gave, with his lines beside them.

The text runs by itself with NumPy alone.  Large arrays, and functions of the user's own, are the exception: they
enter under a name, and ``Program.constants`` holds them.
"""

from __future__ import annotations

import builtins
import inspect
import operator
import sys
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from .helpers import EXPRESSIONS, FUNCTIONS
from .instruction import PART, UFUNCS, Instruction, Ref, op_of, refs
from .literals import number, small_array
from .naming import Fresh, identifier, name_values

if TYPE_CHECKING:
    from .listing import Program

__all__ = ["Writer", "compiled"]

_BINARY: dict[Any, tuple[str, int]] = {
    np.add: ("+", 11), np.subtract: ("-", 11), np.multiply: ("*", 12), np.true_divide: ("/", 12), np.matmul: ("@", 12),
    operator.floordiv: ("//", 12), operator.mod: ("%", 12), operator.pow: ("**", 14), operator.and_: ("&", 9),
    operator.or_: ("|", 7), operator.xor: ("^", 8), operator.lshift: ("<<", 10), operator.rshift: (">>", 10),
    np.less: ("<", 6), np.less_equal: ("<=", 6), np.greater: (">", 6), np.greater_equal: (">=", 6), np.equal: ("==", 6),
    np.not_equal: ("!=", 6), np.bitwise_and: ("&", 9), np.bitwise_or: ("|", 7),
}  # fmt: skip
"""Operators with what binds tighter; a ufunc here means the operator too."""

_SAME = frozenset(k for k in _BINARY if isinstance(k, np.ufunc))
_UNARY: dict[Any, str] = {np.negative: "-", operator.pos: "+", operator.invert: "~"}
_ATOM = 20
_HOMES: tuple[tuple[str, Any], ...] = (("np", np), ("np.linalg", np.linalg), ("np.fft", np.fft))


class Writer:
    """Names for the values of a program, and expressions in these names.

    ``spelled``: a short function of our own is written out in NumPy, as the source needs it; else it goes by its name.
    """

    def __init__(self, program: Program, spelled: bool = True) -> None:
        self.program = program
        self.spelled = spelled
        self.instructions = program.instructions
        self.constants: dict[str, Any] = {}
        self.helpers: list[str] = []
        self.imports: set[str] = set()
        self.function = identifier(program.name)
        self.function += "_" if self.function in FUNCTIONS else ""
        self._held: dict[int, str] = {}
        self._fresh = Fresh({"np", "scipy", "adkit", *FUNCTIONS, *program.parameters})
        self.names = name_values(program, self._fresh)

    # constants ---------------------------------------------------------------------------------------

    def constant(self, x: Any, bare: bool = True) -> str:
        """A constant as text; what has none gets a name."""
        kind: Any = x
        text = number(x, bare)
        if text is None and isinstance(x, np.ndarray):
            text = small_array(x, self.constant)
        if text is not None:
            return text
        if x is Ellipsis:
            return "..."
        if x is None or isinstance(x, (str, bytes)):
            return repr(x)
        if type(x) is tuple:
            return "(" + ", ".join([self.constant(e, bare) for e in x]) + (",)" if len(x) == 1 else ")")
        if type(x) is list:
            return "[" + ", ".join([self.constant(e, bare) for e in x]) + "]"
        if type(x) is slice:
            return f"slice({self.constant(x.start)}, {self.constant(x.stop)}, {self.constant(x.step)})"
        if isinstance(x, np.dtype):
            return f"np.dtype({x.name!r})"
        if isinstance(x, type) and getattr(np, kind.__name__, None) is x:
            return f"np.{kind.__name__}"
        if isinstance(x, type) and getattr(builtins, kind.__name__, None) is x:
            return str(kind.__name__)
        return self.named(x)

    def named(self, x: Any, wanted: str = "") -> str:
        """A name under which a constant enters the source."""
        if id(x) not in self._held:
            name = self._fresh(identifier(wanted or self.program.constant_names.get(id(x), f"c{len(self._held)}")))
            self._held[id(x)] = name
            self.constants[name] = x
        return self._held[id(x)]

    # expressions -------------------------------------------------------------------------------------

    def right_side(self, i: Instruction, name: Callable[[int], tuple[str, int]] | None = None) -> tuple[str, int]:
        """An instruction's expression, and how tightly it binds; ``name`` gives the operands' texts."""
        name = name or (lambda k: (self.names[k], _ATOM))
        bare = i.dtype in _DOUBLE and all([self.instructions[r].dtype in _DOUBLE for r in _refs(i)])

        def text(x: Any, least: int = 0, right: bool = False) -> str:
            if isinstance(x, Ref):
                words, tight = name(x.index)
                return f"({words})" if tight < least else words
            if type(x) in (tuple, list) and any([True for _ in refs(x)]):
                inside = ", ".join([text(e) for e in x])
                return f"[{inside}]" if type(x) is list else f"({inside}{',' if len(x) == 1 else ''})"
            if type(x) is slice:
                return f"slice({', '.join([text(e) for e in (x.start, x.stop, x.step)])})"
            words = self.constant(x, bare)
            return f"({words})" if words.startswith("-") and (right or least > 12) else words

        fun, kw = i.fun, i.kw
        ufunc = UFUNCS.get(fun, fun)
        if fun is PART:
            return f"{text(i.args[0], _ATOM)}[{i.args[1]}]", _ATOM
        if not kw and len(i.args) == 2 and (fun in _BINARY or ufunc in _SAME):
            sign, tight = _BINARY[fun] if fun in _BINARY else _BINARY[ufunc]
            left, right = (tight + 1, tight) if sign == "**" else (tight, tight + 1)
            if tight == 6:  # comparisons do not chain
                left = 7
            return f"{text(i.args[0], left)} {sign} {text(i.args[1], right, True)}", tight
        if not kw and len(i.args) == 1 and (fun in _UNARY or ufunc in _UNARY):
            return _UNARY.get(fun, _UNARY.get(ufunc, "-")) + text(i.args[0], 13), 13
        if fun is operator.getitem:
            return f"{text(i.args[0], _ATOM)}[{_subscript(i.args[1], text)}]", _ATOM
        return self._call(i, fun, text)

    def _call(self, i: Instruction, fun: Any, text: Callable[..., str]) -> tuple[str, int]:
        op = op_of(fun)
        if op is not None and op.run is op:
            return self._own(i, op, text)
        if fun is np.astype and len(i.args) + len(i.kw) == 2:
            return f"np.{np.dtype(i.args[1] if len(i.args) == 2 else i.kw['dtype']).name}({text(i.args[0])})", _ATOM
        if fun is np.transpose and ((len(i.args) == 1 and i.kw.get("axes") is None) or _reverses(i)):
            return f"{text(i.args[0], _ATOM)}.T", _ATOM
        defaults = _defaults(fun)
        words = [text(a) for a in i.args]
        for k, v in i.kw.items():
            if k not in defaults or not _same(defaults[k], v):
                words.append(f"{k}={text(v)}")
        return f"{self._path(UFUNCS.get(fun, fun))}({', '.join(words)})", _ATOM

    def _own(self, i: Instruction, op: Any, text: Callable[..., str]) -> tuple[str, int]:
        """An op of our own: an expression, a helper above the program, or the user's function by name."""
        if op.name in EXPRESSIONS and self.spelled:
            short = EXPRESSIONS[op.name].format(*[text(a, 13) for a in i.args])
            return short, _ATOM if short.startswith("np.") else 12
        if op.name == "scatter":
            self._help(op.name)
            pieces = [self._piece(index, g, i, text) for index, g in zip(i.kw["indices"], i.args, strict=True)]
            return f"scatter({self.constant(i.shape)}, {', '.join(pieces)})", _ATOM
        words = [text(a) for a in i.args] + [f"{k}={text(v)}" for k, v in i.kw.items()]
        if op.name in FUNCTIONS or not self.spelled:
            self._help(op.name)
            return f"{op.name}({', '.join(words)})", _ATOM
        return f"{self.named(op.fun, op.name)}({', '.join(words)})", _ATOM

    def _piece(self, index: Any, g: Any, i: Instruction, text: Callable[..., str]) -> str:
        n = len(i.shape) - len(index.shape)
        if index.advanced and n:
            key: Any = (slice(None),) * n + np.unravel_index(index.flat(), index.shape)
        else:
            key = index.behind(n)
        return f"({self.constant(key)}, {text(g)})"

    def _help(self, name: str) -> None:
        if name not in self.helpers:
            self.helpers.append(name)

    def _path(self, fun: Any) -> str:
        """A function's full name; one that no library has enters as a constant."""
        owner, name = getattr(fun, "__self__", None), getattr(fun, "__name__", "")
        if isinstance(owner, np.ufunc):
            return f"{self._path(owner)}.{name}"
        for home, module in _HOMES:
            if getattr(module, name, None) is fun:
                return f"{home}.{name}"
        special = sys.modules.get("scipy.special")
        if special is not None and getattr(special, name, None) is fun:
            self.imports.add("import scipy.special")
            return f"scipy.special.{name}"
        if name in FUNCTIONS:
            self._help(name)
            return str(name)
        return self.named(fun, name)


_DOUBLE = frozenset((np.dtype(float), np.dtype(complex), np.dtype(bool), np.dtype(int)))


def _refs(i: Instruction) -> list[int]:
    return [r.index for r in refs((i.args, i.kw))]


def _subscript(key: Any, text: Callable[..., str]) -> str:
    if type(key) is tuple and key:
        return ", ".join([_subscript(k, text) if type(k) is slice else text(k) for k in key]) + ("," if len(key) == 1 else "")
    if type(key) is slice:
        ends = ["" if e is None else text(e) for e in (key.start, key.stop)]
        return f"{ends[0]}:{ends[1]}" + ("" if key.step is None else f":{text(key.step)}")
    return text(key)


def _reverses(i: Instruction) -> bool:
    axes = i.args[1] if len(i.args) > 1 else i.kw.get("axes")
    n = len(i.shape)
    return isinstance(axes, (tuple, list)) and [k % n for k in axes] == list(range(n))[::-1] and not set(i.kw) - {"axes"}


@lru_cache(maxsize=512)
def _defaults(fun: Any) -> dict[str, Any]:
    try:
        parameters = inspect.signature(fun).parameters
    except (TypeError, ValueError):
        return {"out": None, "dtype": None}
    return {k: p.default for k, p in parameters.items() if p.default is not inspect.Parameter.empty} | {"out": None}


def _same(default: Any, v: Any) -> bool:
    return default is v or (type(default) is type(v) and isinstance(v, (str, int, float)) and default == v) or (
        default is np._NoValue and (v is None or v is False)
    )


def compiled(program: Program) -> tuple[str, dict[str, Any], Callable[..., Any]]:
    """A program's source, its named constants, and the function that it defines."""
    from .layout import lay_out

    writer = Writer(program)
    source = lay_out(writer)
    names: dict[str, Any] = dict(writer.constants)
    exec(compile(source, f"<program {writer.function}>", "exec"), names)
    return source, writer.constants, names[writer.function]
