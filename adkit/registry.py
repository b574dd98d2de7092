"""The registry: every derivative rule, stated once, in plain NumPy.

An entry names a function of NumPy (or one of our own) and says how a perturbation passes through
it.  ``g`` is a tangent in forward mode and a cotangent in reverse mode, ``y`` the result, and each
rule is linear in ``g``.  Four declarations cover every op:

``elementwise(fun, rule, ...)``
    One rule per operand, ``rule(g, y, *xs)``.  The Jacobian is diagonal, so the same formula is the
    JVP's term and, after un-broadcasting, the VJP's.  A rule of ``None``: no derivative is taken
    with respect to that operand (a condition, an exponent of scale).  A parameter whose name begins
    with an underscore is one the formula does not use, and that the tape need not keep.
``linear(fun, bind, apply, transpose)``
    ``apply(gs, p, l)`` is the op on perturbations, ``transpose(i, g, p, shapes, l)`` its transpose
    for operand ``i``.
``bilinear(fun, bind, apply, transpose)``
    ``apply(i, g, xs, p, l)`` is the op with operand ``i`` replaced by ``g``;
    ``transpose(i, g, xs, p, l)`` its transpose.  N-ary: linear in each operand.
``custom(fun, bind, jvp, vjp)``
    ``jvp(gs, y, xs, p, l)`` and ``vjp(g, y, xs, p, l)``, which returns a tuple.

``bind(*xs, **kw)`` runs once a call and returns the parameters ``p``: axes made negative tuples,
shapes resolved.  ``l`` is 0 or 1, the number of leading batch axes of ``g``: many directions travel
as one array.  A None in ``gs`` is a zero tangent.  Ops with several results take and give tuples.

A function that is a composition of others has no rule of its own: ``derived(fun)(body)``.

Beside its rules an entry carries its meaning for SymPy (``symbol``), the domain to sample, the
convention at kinks and singular points, and the calls (``cases``) from which its checks are made.
"""

from __future__ import annotations

import copyreg
import sys
from collections.abc import Callable
from threading import RLock
from typing import Any

from .errors import DerivativeError, UnsupportedError
from .op import STRUCTURAL, Case, Domain, Fun, NoSymbol, OfArrays, Op, case

__all__ = [
    "REGISTRY",
    "STRUCTURAL",
    "TABLE",
    "Case",
    "NoSymbol",
    "OfArrays",
    "Op",
    "answer_for",
    "bilinear",
    "case",
    "custom",
    "derived",
    "elementwise",
    "home_of",
    "later",
    "linear",
    "load_families",
    "lookup",
    "unknown",
]


def seal() -> None:
    """Mark the ops registered so far as adkit's own, whose names are taken."""
    for op in REGISTRY.values():
        op.builtin = True


REGISTRY: dict[str, Op] = {}
"""Every op by its name, in the order of declaration."""

TABLE: dict[Any, Any] = {}
"""What answers for a function of NumPy: an Op, or the body of a derived function."""


def lookup(name: str) -> Op:
    """The op of that name.

    >>> lookup("tanh")
    <elementwise op tanh>
    """
    if name not in REGISTRY:
        load_families()
    try:
        return REGISTRY[name]
    except KeyError:
        raise UnsupportedError(f"no op is registered under the name {name!r}") from None


copyreg.pickle(Op, lambda op: (lookup, (op.name,)))  # an entry is one in each process, and travels by its name


_later: dict[str, Callable[[], None]] = {}
_loading = RLock()


def later(package: str, load: Callable[[], None]) -> None:
    """Declare a family of rules that is loaded when a function of ``package``, which is heavy, is first met."""
    _later[package] = load


def load_families(only: Callable[[str], bool] = lambda _: True) -> None:
    """Load the families that were put off, where what they need is installed."""
    with _loading:
        for package in [package for package in _later if only(package)]:
            try:
                _later[package]()
            except ImportError as error:
                if (error.name or "").split(".")[0] != package:
                    raise
                continue  # a family for a package that is not installed
            del _later[package]


def answer_for(fun: Fun) -> Any:
    """What answers for a function, an Op or a body; None where there is no rule.

    >>> import numpy as np
    >>> answer_for(np.tanh)
    <elementwise op tanh>
    """
    answer = TABLE.get(fun)
    if answer is None and _later:
        load_families(lambda package: package in sys.modules)
        answer = TABLE.get(fun)
    return answer


def _register(op: Op, aliases: tuple[Any, ...]) -> Op:
    before = REGISTRY.get(op.name)
    if before is not None:
        if before.builtin:
            raise ValueError(f"{op.name!r} is the name of one of adkit's own ops: give yours another name=")
        # A cell of a notebook that is run again defines its op again.
        for key in [key for key, answer in TABLE.items() if answer is before]:
            del TABLE[key]
    REGISTRY[op.name] = op
    for key in (op.fun, *aliases):
        TABLE[key] = op
    return op


def _is_numpy(fun: Fun) -> bool:
    return type(fun).__module__.startswith("numpy") or (getattr(fun, "__module__", None) or "").startswith("numpy")


def elementwise(
    fun: Fun,
    *rules: Fun | None,
    symbol: Any = None,
    domain: Domain | None = None,
    singular: bool | str = False,
    convention: str = "",
    cases: tuple[Case, ...] = (),
    aliases: tuple[Any, ...] = (),
    name: str | None = None,
    traps: bool = True,
    run: Fun | None = None,
) -> Op:
    """Register an op that acts entry by entry, after broadcasting its operands.

    Parameters
    ----------
    fun : the primal: a ufunc, or a function of our own written in NumPy.
    rules : one ``rule(g, y, *xs)`` per operand, linear in ``g``; None where there is no derivative.
    symbol : the name of SymPy's function, or ``f(sympy, *xs)`` giving its expression.
    domain : ``(low, high)`` to sample from, or one such pair per operand.
    singular : whether a partial can be infinite (forward mode then guards zero tangents); ``"extremes"``: only where an
        operand or the value is 0, infinite, or within 75 powers of ten of the ends of the floats.
    convention : what is chosen at kinks and singular points, in words.
    run : what computes the primal, where a cheaper form than ``fun`` exists (an operator costs scalars a tenth).

    Returns
    -------
    Op : the registered entry; calling it applies the op to arrays and boxes.

    Examples
    --------
    >>> import numpy as np, adkit
    >>> softsign = adkit.elementwise(
    ...     lambda x: x / (1 + np.abs(x)), lambda g, y, x: g / (1 + np.abs(x)) ** 2,
    ...     name="softsign_example", symbol=lambda sp, x: x / (1 + sp.Abs(x)), domain=(-3, 3))
    >>> float(adkit.grad(softsign)(1.0))
    0.25
    """
    for k, rule in enumerate(rules):
        code = getattr(rule, "__code__", None)
        if code is not None and not code.co_flags & 4 and code.co_argcount != 2 + len(rules):
            raise TypeError(
                f"{name or fun.__name__}: rule {k} must take {2 + len(rules)} parameters, (g, y, operands...), one rule "
                f"and one parameter an operand; it takes {code.co_argcount}"
            )
    op = Op("elementwise", fun, name=name, rules=rules, arity=len(rules), symbol=symbol, domain=domain,
            singular=singular, convention=convention, cases=cases, numpy=_is_numpy(fun), traps=traps, run=run)  # fmt: skip
    return _register(op, aliases)


def linear(
    fun: Fun, bind: Fun, apply: Fun, transpose: Fun, *, aliases: tuple[Any, ...] = (), arity: int = 1, **fields: Any
) -> Op:
    """Register an op that is linear in all its operands together (see the module's head)."""
    fields.setdefault("numpy", _is_numpy(fun))
    op = Op("linear", fun, bind=bind, apply=apply, transpose=transpose, arity=arity, **fields)
    return _register(op, aliases)


def bilinear(
    fun: Fun, bind: Fun, apply: Fun, transpose: Fun, *, aliases: tuple[Any, ...] = (), arity: int = 2, **fields: Any
) -> Op:
    """Register an op that is linear in each operand by itself (see the module's head)."""
    fields.setdefault("numpy", _is_numpy(fun))
    op = Op("bilinear", fun, bind=bind, apply=apply, transpose=transpose, arity=arity, **fields)
    return _register(op, aliases)


def custom(
    fun: Fun, bind: Fun, jvp: Fun, vjp: Fun, *, aliases: tuple[Any, ...] = (), arity: int = 1, **fields: Any
) -> Op:
    """Register an op whose JVP and VJP are both written out (see the module's head)."""
    fields.setdefault("numpy", _is_numpy(fun))
    op = Op("custom", fun, bind=bind, jvp=jvp, vjp=vjp, arity=arity, **fields)
    return _register(op, aliases)


def derived(*functions: Any, convention: str = "", of: Op | None = None) -> Callable[[Fun], Fun]:
    """Declare how functions of NumPy are composed of others; they need no rule of their own.

    ``of`` is the op that does the work where the body only prepares its operands: what is proved of it, and its
    convention, hold for the function.
    """
    if of is not None:
        convention = convention or of.convention

    def declare(body: Fun) -> Fun:
        for fun in functions:
            TABLE[fun] = body
        if convention:
            body.convention = convention  # type: ignore[attr-defined]
        if of is not None:
            body.of = of  # type: ignore[attr-defined]
        return body

    return declare


def home_of(fun: Any) -> str:
    """The module in which a user finds a function; a ufunc does not say by itself."""
    name = getattr(fun, "__name__", "")
    if type(fun).__name__ != "ufunc":
        return getattr(fun, "__module__", None) or "numpy"
    for home in ("numpy", "scipy.special"):
        if getattr(sys.modules.get(home), name, None) is fun:
            return home
    return "numpy" if getattr(sys.modules["numpy"], name, None) is not None else "scipy.special"


def unknown(what: str) -> Fun:
    """A rule for an operand with respect to which no derivative is known: using it is refused."""

    def refuse(g: Any, y: Any, *xs: Any) -> Any:
        raise DerivativeError(
            f"{what}: no derivative is known. Hold it constant (adkit.stop_gradient), or give the function a rule "
            "of your own with adkit.custom_jvp"
        )

    refuse.refuses = True  # type: ignore[attr-defined]
    return refuse
