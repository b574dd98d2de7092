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

import sys
from collections.abc import Callable
from threading import RLock
from typing import Any

from .errors import DerivativeError, UnsupportedError
from .levels import Boxed, lift, top_level

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

Fun = Callable[..., Any]
Domain = tuple[Any, ...]

STRUCTURAL = "structural"
"""The ``symbol`` of an op that only moves, adds or multiplies entries: it runs on arrays of symbols."""


class NoSymbol:
    """Why an op can have no symbolic meaning; such an op is checked numerically."""

    def __init__(self, reason: str) -> None:
        self.reason = reason


class OfArrays:
    """The ``symbol`` of an op on whole arrays: ``f(sympy, *arrays, **kw)`` gives arrays of expressions, one or a list."""

    def __init__(self, f: Fun) -> None:
        self.f = f


class Case:
    """One call from which checks are made: operand shapes (or fixed values) and keywords."""

    __slots__ = ("domain", "kw", "operands")

    def __init__(self, operands: tuple[Any, ...], kw: dict[str, Any], domain: Domain | None) -> None:
        self.operands, self.kw, self.domain = operands, kw, domain

    def __repr__(self) -> str:
        words = [repr(x) for x in self.operands] + [f"{k}={v!r}" for k, v in self.kw.items()]
        return f"({', '.join(words)})"


def case(*operands: Any, domain: Domain | None = None, **kw: Any) -> Case:
    """A call to check: a tuple of ints is the shape of a sampled operand, all else is passed as it is."""
    return Case(operands, kw, domain)


class Op:
    """One entry of the registry, and the function that applies it to boxes and arrays alike."""

    def __init__(self, kind: str, fun: Fun, *, name: str | None = None, **fields: Any) -> None:
        self.kind: str = kind
        self.fun: Fun = fun
        self.name: str = name or fun.__name__
        # A function of NumPy finds the boxes of outer levels by protocol; one of ours through us.
        self.run: Fun = fun if fields.pop("numpy") else self
        if fields.get("run"):
            self.run = fields["run"]
        self.rules: tuple[Fun | None, ...] = fields.get("rules", ())
        self.bind: Fun | None = fields.get("bind")
        self.apply: Fun | None = fields.get("apply")
        self.transpose: Fun | None = fields.get("transpose")
        self.jvp: Fun | None = fields.get("jvp")
        self.vjp: Fun | None = fields.get("vjp")
        self.arity: int = fields.get("arity", 1)
        self.flatten: Fun | None = fields.get("flatten")
        self.single: bool = self.arity == 1 and self.flatten is None and kind in ("elementwise", "linear", "custom")
        self.symbol: Any = fields.get("symbol")
        self.domain: Domain | None = fields.get("domain")
        self.singular: bool | str = fields.get("singular", False)
        self.traps: bool = fields.get("traps", True)
        self.scatter: Fun | None = fields.get("scatter")
        self.diagonal: Fun | None = fields.get("diagonal")
        self.batched: bool = fields.get("batched", True)
        self.convention: str = fields.get("convention", "")
        self.cases: tuple[Case, ...] = tuple(fields.get("cases", ()))
        self.builtin = False
        self.__doc__ = fun.__doc__
        self.__name__ = self.name

    def __repr__(self) -> str:
        return f"<{self.kind} op {self.name}>"

    def __reduce__(self) -> Any:
        return (lookup, (self.name,))

    def __call__(self, *args: Any, **kw: Any) -> Any:
        """Apply the op: at the innermost level among the operands, or plainly where none is a box."""
        if self.single and args and isinstance(args[0], Boxed):
            box: Any = type(args[0])
            if self.kind == "elementwise" or not (box.ground or any([isinstance(v, Boxed) for v in kw.values()])):
                # The only operand: take the form that its kind of box has made.
                apply = box.functions.get(self) or box.form(self)
                if apply is not self:
                    return apply(*args, **kw)
        return self.general(*args, **kw)

    def general(self, *args: Any, **kw: Any) -> Any:
        """Apply the op the long way, whatever its operands are."""
        if self.flatten is not None:
            args, kw = self.flatten(*args, **kw)
            xs, rest = args, ()
        elif len(args) >= self.arity:
            xs, rest = args[: self.arity], args[self.arity :]
        else:
            xs, rest, kw = self._by_name(args, kw)
        if any([hasattr(type(x), "__adkit_freeze__") for x in xs]):
            xs = tuple([lift(x) for x in xs])
        top = top_level(xs)
        if top is None:
            lifted = tuple(lift(x) for x in xs)
            top = top_level(lifted)
            if top is None:
                if self.run is self:
                    return self.fun(*xs, *rest, **kw)
                return self.run(*xs, *rest, **kw)
            xs = lifted
        return type(top).process(top.level, self, xs, self._metadata(rest, kw))

    def held(self, xs: tuple[Any, ...]) -> tuple[Any, ...]:
        """Operands as the rules see them: integer constants as floats, so that no formula wraps around or rounds."""
        if self.kind != "elementwise":
            return xs
        return tuple([
            x.astype(float) if rule is not None and getattr(getattr(x, "dtype", None), "kind", "f") in "iub" else x
            for x, rule in zip(xs, self.rules, strict=True)
        ])  # fmt: skip

    def refuses(self, k: int) -> bool:
        """Whether no derivative is known with respect to operand ``k`` (see :func:`unknown`)."""
        return self.kind == "elementwise" and getattr(self.rules[k], "refuses", False)

    def _metadata(self, rest: tuple[Any, ...], kw: dict[str, Any]) -> dict[str, Any]:
        """Metadata given by position, by name."""
        if rest:
            names = parameter_names(self.bind or self.fun)[self.arity :]
            if len(rest) > len(names):
                raise TypeError(f"{self.name}: {self.arity + len(rest)} positional arguments are too many")
            kw = {**dict(zip(names, rest, strict=False)), **kw}
        for name, value in kw.items():
            if isinstance(value, Boxed) and not (value.ground and value.dtype.kind in "biu"):  # a mask of symbols may
                raise DerivativeError(
                    f"{self.name}: no derivative is known with respect to {name!r}. Hold it constant "
                    "(adkit.stop_gradient), or give the function a rule of your own with adkit.custom_jvp"
                )
        return kw

    def _by_name(
        self, args: tuple[Any, ...], kw: dict[str, Any]
    ) -> tuple[tuple[Any, ...], tuple[Any, ...], dict[str, Any]]:
        """Operands given by name (``np.sum(a=x)``) put into their places."""
        names = parameter_names(self.bind or self.fun)[: self.arity]
        kw = dict(kw)
        xs = list(args)
        # NumPy's own names for the operands, which a rule need not use.
        for theirs, ours in zip(signature_names(self.fun), names, strict=False):
            if theirs in kw and theirs not in names:
                kw[ours] = kw.pop(theirs)
        for name in names[len(args) :]:
            if name in kw:
                xs.append(kw.pop(name))
            else:
                defaults = parameter_defaults(self.bind or self.fun)
                if name not in defaults:
                    raise TypeError(f"{self.name}: the operand {name!r} is missing")
                xs.append(defaults[name])
        return tuple(xs), (), kw


def parameter_names(fun: Fun) -> tuple[str, ...]:
    """Names of a Python function's (or a ufunc's) parameters, in order."""
    code = getattr(fun, "__code__", None)
    if code is None:
        return ("x1", "x2", "x3") if getattr(fun, "nin", 1) > 1 else ("x",)
    names: tuple[str, ...] = code.co_varnames[: code.co_argcount]
    return names


def signature_names(fun: Fun) -> tuple[str, ...]:
    """Names of a function's parameters by its signature, which NumPy's dispatched functions have too."""
    import inspect

    try:
        return tuple(inspect.signature(fun).parameters)
    except (TypeError, ValueError):
        return ()


def parameter_defaults(fun: Fun) -> dict[str, Any]:
    """Default values of a Python function's positional parameters."""
    values = getattr(fun, "__defaults__", None) or ()
    return dict(zip(reversed(parameter_names(fun)), reversed(values), strict=False))


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
