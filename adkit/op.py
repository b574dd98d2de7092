"""An entry of the registry: its rules, its meaning, its checks, and how it is applied to boxes and arrays alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .errors import DerivativeError
from .levels import Boxed, lift, top_level

__all__ = ["STRUCTURAL", "Case", "Domain", "Fun", "NoSymbol", "OfArrays", "Op", "case"]

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
