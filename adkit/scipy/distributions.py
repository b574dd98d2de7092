"""Distributions of one variable: each is a few formulas, from which the rules of all its methods are made.

Of a density f(z), z = (x - loc) / scale, what is needed is its *score*, d log f / dz, and the derivative of log f with
respect to each shape parameter.  Then

    logpdf   x: score / scale     scale: -(1 + z score) / scale    shape: as given
    cdf      x: pdf               scale: -z pdf                    shape: refused, but where it is given
    logcdf   x: exp(logpdf - logcdf)                               sf, logsf: the same with the other sign
    ppf, isf q: 1 / pdf           scale: z                         shape: refused

Of plain numbers, and for the value in any case, SciPy's own method is called.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import UnsupportedError
from ..levels import plain
from ..registry import NoSymbol, Op, case, elementwise, unknown
from .common import holds_box, lifted, own

__all__ = ["Continuous", "Discrete", "Distribution"]

_NO_SYMBOL = NoSymbol("a method of a distribution, checked by numbers on its support")
Formula = Callable[..., Any]


class Distribution:
    """A distribution of ``scipy.stats`` whose methods can be differentiated.

    Called with parameters it is frozen, as SciPy's is: ``norm(1.0, 2.0).logpdf(x)``.  What is not differentiated here
    (``rvs``, ``mean``, ...) is SciPy's own.
    """

    _methods: tuple[str, ...] = ()
    _first = "x"

    def __init__(self, theirs: Any, shapes: Sequence[str]) -> None:
        self._theirs, self._shapes = theirs, tuple(shapes)
        self.name: str = theirs.name
        self.__doc__ = theirs.__doc__
        self._ops: dict[str, Op] = {}

    def __repr__(self) -> str:
        return f"<adkit.scipy.stats.{self.name}>"

    @property
    def _parameters(self) -> tuple[str, ...]:
        return (*self._shapes, "loc", "scale")

    def _arguments(self, method: str, args: tuple[Any, ...], kw: dict[str, Any]) -> list[Any]:
        """The variable and all parameters, in order; as SciPy reads them."""
        names = (self._first, *self._parameters)
        if len(args) > len(names):
            raise TypeError(f"{self.name}.{method}: {len(args)} positional arguments are too many")
        given = dict(zip(names, args, strict=False))
        for name, value in kw.items():
            name = self._first if name in ("x", "q", "k") and name not in self._shapes else name
            if name not in names or name in given:
                raise TypeError(f"{self.name}.{method}: unexpected argument {name!r}")
            given[name] = value
        given.setdefault("loc", 0)
        given.setdefault("scale", 1)
        missing = [name for name in names if name not in given]
        if missing:
            raise TypeError(f"{self.name}.{method}: the argument {missing[0]!r} is missing")
        return [given[name] for name in names]

    def _apply(self, method: str, *args: Any, **kw: Any) -> Any:
        if not holds_box(args, kw):
            return getattr(self._theirs, method)(*args, **kw)
        _, xs = lifted(*self._arguments(method, args, kw))
        return self._op(method)(*xs)

    def _op(self, method: str) -> Op:
        raise NotImplementedError

    def __call__(self, *args: Any, **kw: Any) -> Frozen:
        return Frozen(self, args, kw)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in type(self)._methods and hasattr(self._theirs, name):

            def method(*args: Any, **kw: Any) -> Any:
                return self._apply(name, *args, **kw)

            method.__name__ = method.__qualname__ = name
            method.__doc__ = getattr(self._theirs, name).__doc__
            return method
        value = getattr(self._theirs, name)
        return _refusing(value, f"scipy.stats.{self.name}.{name}") if callable(value) else value


class Frozen:
    """A distribution with its parameters fixed."""

    def __init__(self, of: Distribution, args: tuple[Any, ...], kw: dict[str, Any]) -> None:
        self._of, self._args, self._kw = of, args, kw

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        method = getattr(self._of, name)
        if name in type(self._of)._methods:
            return lambda x: method(x, *self._args, **self._kw)
        return lambda *args, **kw: method(*args, *self._args, **self._kw, **kw)


def _refusing(fun: Any, name: str) -> Any:
    def plainly(*args: Any, **kw: Any) -> Any:
        if holds_box(args, kw):
            raise UnsupportedError(
                f"adkit has no derivative rule for {name}. Hold its arguments constant (adkit.stop_gradient), or give it a rule of "
                "your own with adkit.custom_jvp"
            )
        return fun(*args, **kw)

    return plainly


# continuous ----------------------------------------------------------------------------------------


class Continuous(Distribution):
    """A density.  ``score(z, *shapes)`` and ``log_slopes``, one formula a shape; ``inside(z)`` tells its support."""

    _methods = ("pdf", "logpdf", "cdf", "logcdf", "sf", "logsf", "ppf", "isf")

    def __init__(
        self, theirs: Any, shapes: Sequence[str], score: Formula, log_slopes: Sequence[Formula] = (),
        inside: Formula | None = None, cdf_slopes: Sequence[Formula] = (), sample: tuple[float, float] = (0.3, 2.5),
        domain: Any = (1.3, 3.0),
    ) -> None:  # fmt: skip
        super().__init__(theirs, shapes)
        self._score, self._log_slopes, self._inside, self._cdf_slopes = score, log_slopes, inside, cdf_slopes
        self._sample, self._domain = sample, domain

    def _within(self, value: Any, z: Any, shapes: Sequence[Any]) -> Any:
        """A slope, and zero outside of the support, where the density is."""
        if self._inside is None:
            return value
        return np.where(self._inside(plain(z), *[plain(s) for s in shapes]), value, 0)

    def _density(self, z: Any, shapes: Any) -> Any:
        """The standard density at z, by the op: so it has derivatives."""
        return self._op("pdf")(z, *shapes, 0.0, 1.0)

    def _op(self, method: str) -> Op:
        found = self._ops.get(method)
        if found is None:
            found = self._ops[method] = self._made(method)
        return found

    def _made(self, method: str) -> Op:
        n = len(self._shapes)
        theirs = getattr(self._theirs, method)

        def parts(xs: Any) -> tuple[Any, Any, Any]:
            """z, the shapes and the scale; z inside the support, so that no formula meets a pole outside of it."""
            x, shapes, loc, scale = xs[0], xs[1 : 1 + n], xs[1 + n], xs[2 + n]
            return (x - loc) / scale, shapes, scale

        slope_x, slope_shape = getattr(self, f"_{method}_rules")(parts)

        def along_x(g: Any, y: Any, *xs: Any) -> Any:
            return g * slope_x(y, xs)[0]

        def along_loc(g: Any, y: Any, *xs: Any) -> Any:
            return g * slope_x(y, xs)[1]

        def along_scale(g: Any, y: Any, *xs: Any) -> Any:
            return g * slope_x(y, xs)[2]

        rules = [along_x, *[slope_shape(k) for k in range(n)], along_loc, along_scale]
        span = self._sample if method not in ("ppf", "isf") else (0.1, 0.8)
        x = np.linspace(*span, 3)
        held = [(), *[()] * (n + 1)]
        own_domain = self._domain if isinstance(self._domain[0], tuple) else (self._domain,) * n
        return own(
            elementwise, f"scipy.stats.{self.name}.{method}", lambda x, *rest: theirs(x, *rest), *rules, symbol=_NO_SYMBOL,
            domain=(span, *own_domain, (-0.2, 0.1), (0.9, 1.2)), singular=True,
            cases=(case(x, *held), case(x[:, None], *[(2,)] * (n + 2))),
        )  # fmt: skip

    def _refused(self, method: str) -> Callable[[int], Any]:
        return lambda k: unknown(f"{self.name}.{method}: {self._shapes[k]} (a shape parameter)")

    def _logpdf_rules(self, parts: Any, times_y: bool = False) -> Any:
        def slopes(y: Any, xs: Any) -> Any:
            z, shapes, scale = parts(xs)
            weight = y if times_y else 1
            score = self._within(self._score(z, *shapes), z, shapes)
            along = weight * score / scale
            return along, -along, -self._within(weight * (1 + z * score) / scale, z, shapes)

        def shape_rule(k: int) -> Any:
            def rule(g: Any, y: Any, *xs: Any) -> Any:
                z, shapes, _ = parts(xs)
                found = self._within(self._log_slopes[k](z, *shapes), z, shapes)
                return g * (y * found if times_y else found)

            return rule

        return slopes, shape_rule

    def _pdf_rules(self, parts: Any) -> Any:
        return self._logpdf_rules(parts, times_y=True)

    def _through_cdf(self, parts: Any, method: str, weigh: Callable[[Any, Any, Any], Any]) -> Any:
        """cdf, sf and their logarithms: a density times ``weigh(y, z, shapes)``."""

        def slopes(y: Any, xs: Any) -> Any:
            z, shapes, scale = parts(xs)
            along = weigh(y, z, shapes) / scale
            return along, -along, -self._within(z * along, z, shapes)

        def shape_rule(k: int) -> Any:
            if not self._cdf_slopes:
                return self._refused(method)(k)

            def rule(g: Any, y: Any, *xs: Any) -> Any:
                z, shapes, _ = parts(xs)
                per_density = weigh(y, z, shapes) / self._density(z, shapes)
                return g * self._within(self._cdf_slopes[k](z, *shapes) * per_density, z, shapes)

            return rule

        return slopes, shape_rule

    def _cdf_rules(self, parts: Any) -> Any:
        return self._through_cdf(parts, "cdf", lambda y, z, shapes: self._density(z, shapes))

    def _sf_rules(self, parts: Any) -> Any:
        return self._through_cdf(parts, "sf", lambda y, z, shapes: -self._density(z, shapes))

    def _log_share(self, y: Any, z: Any, shapes: Any) -> Any:
        """The density over the value whose logarithm is y, without leaving the logarithms."""
        return self._within(np.exp(self._op("logpdf")(z, *shapes, 0.0, 1.0) - y), z, shapes)

    def _logcdf_rules(self, parts: Any) -> Any:
        return self._through_cdf(parts, "logcdf", self._log_share)

    def _logsf_rules(self, parts: Any) -> Any:
        return self._through_cdf(parts, "logsf", lambda y, z, shapes: -self._log_share(y, z, shapes))

    def _ppf_rules(self, parts: Any, sign: int = 1, method: str = "ppf") -> Any:
        n = len(self._shapes)

        def slopes(y: Any, xs: Any) -> Any:
            shapes, loc, scale = xs[1 : 1 + n], xs[1 + n], xs[2 + n]
            z = (y - loc) / scale
            return sign * scale / self._density(z, shapes), np.ones_like(plain(y)), z

        return slopes, self._refused(method)

    def _isf_rules(self, parts: Any) -> Any:
        return self._ppf_rules(parts, -1, "isf")


# discrete ------------------------------------------------------------------------------------------


class Discrete(Distribution):
    """Probabilities of counts, of the parameters alone.

    ``log_slopes(k, *shapes)``: one formula a shape, None where it is a count itself; ``cdf_slopes`` likewise.
    """

    _methods = ("pmf", "logpmf", "cdf", "logcdf", "sf", "logsf")
    _first = "k"

    def __init__(
        self, theirs: Any, shapes: Sequence[str], log_slopes: Sequence[Formula | None], cdf_slopes: Sequence[Formula | None],
        fixed: tuple[Any, ...] = (), domain: Any = (0.3, 0.8),
    ) -> None:  # fmt: skip
        super().__init__(theirs, shapes)
        self._log_slopes, self._cdf_slopes, self._fixed, self._domain = log_slopes, cdf_slopes, fixed, domain

    @property
    def _parameters(self) -> tuple[str, ...]:
        return (*self._shapes, "loc")

    def _arguments(self, method: str, args: tuple[Any, ...], kw: dict[str, Any]) -> list[Any]:
        given = super()._arguments(method, args, kw) if "scale" in self._parameters else None
        if given is not None:
            return given
        names = (self._first, *self._parameters)
        found = dict(zip(names, args, strict=False)) | {("k" if k in ("x", "q") else k): v for k, v in kw.items()}
        found.setdefault("loc", 0)
        missing = [name for name in names if name not in found]
        if missing or len(args) > len(names) or set(found) - set(names):
            wrong = missing[0] if missing else ", ".join(sorted(set(found) - set(names))) or "too many"
            raise TypeError(f"{self.name}.{method}: its arguments are {', '.join(names)}; wrong: {wrong}")
        return [found[name] for name in names]

    def _op(self, method: str) -> Op:
        found = self._ops.get(method)
        if found is None:
            found = self._ops[method] = self._made(method)
        return found

    def _made(self, method: str) -> Op:
        n = len(self._shapes)
        theirs = getattr(self._theirs, method)
        logarithm, of_sum = method.startswith("log"), not method.endswith("pmf")
        sign = -1 if method.endswith("sf") else 1

        def rule_of(k: int) -> Any:
            formula = (self._cdf_slopes if of_sum else self._log_slopes)[k]
            if formula is None:
                return unknown(f"{self.name}.{method}: {self._shapes[k]}")

            def rule(g: Any, y: Any, *xs: Any) -> Any:
                count = np.floor(xs[0] - xs[1 + n]) if of_sum else xs[0] - xs[1 + n]
                slope = formula(count, *xs[1 : 1 + n])
                if of_sum:
                    slope = sign * slope * np.exp(-y) if logarithm else sign * slope
                else:
                    possible = plain(y) > -np.inf if logarithm else plain(y) > 0
                    slope = np.where(possible, slope if logarithm else y * slope, 0)
                return g * slope

            return rule

        count = unknown(f"{self.name}.{method}: {self._first} (a count)")
        counts = np.array([1, 2, 2]) if self.name != "bernoulli" else np.array([0, 1, 0])
        if of_sum and self.name == "bernoulli":
            counts = np.array([0, 0, 0])
        first = [x if x is not None else () for x in (self._fixed or (None,) * n)]
        wide = [x if x is not None else (2, 1) for x in (self._fixed or (None,) * n)]
        return own(
            elementwise, f"scipy.stats.{self.name}.{method}", lambda k, *rest: theirs(k, *rest), count,
            *[rule_of(k) for k in range(n)], unknown(f"{self.name}.{method}: loc (a count)"), symbol=_NO_SYMBOL,
            domain=self._domain, cases=(case(counts, *first, 0), case(counts, *wide, 0)),
        )  # fmt: skip
