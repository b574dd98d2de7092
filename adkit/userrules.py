"""Derivative rules of the user's own: custom_jvp and custom_vjp.

Both rules serve both modes.  A JVP rule is linear in the tangents, so reverse mode records it as a
function of the tangents at fixed primals, and pulls back through that; a VJP rule is linear in the
cotangents, and forward mode transposes it likewise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import tree
from .arguments import check_callable, number, outputs, quiet
from .diagonal import Diagonal
from .dual import Dual, wrap
from .errors import DerivativeError
from .levels import Boxed, lift, plain, top_level
from .reverse import paired_transpose, vjp
from .tape import Tape

__all__ = ["custom_jvp", "custom_vjp"]


class _Custom:
    """A function with a rule of its own: how it is applied to boxes of either mode."""

    kind = "custom"

    def __init__(self, f: Callable[..., Any]) -> None:
        check_callable(f, self.kind)
        self.f = f
        self.__name__ = getattr(f, "__name__", "function")
        self.__doc__ = f.__doc__
        self.__wrapped__ = f

    def __repr__(self) -> str:
        return f"<{self.kind} function {self.__name__}>"

    def __call__(self, *args: Any, **kw: Any) -> Any:
        if kw:
            raise DerivativeError(f"{self.__name__}: a {self.kind} function takes its arguments by position")
        args = tuple([tree.map_leaves(lift, a) for a in args])
        leaves = tuple(tree.leaves(args))
        top = top_level(leaves)
        if top is None:
            return self.f(*args)
        self.check()
        level = top.level
        xs = [x.primal if isinstance(x, Boxed) and x.level is level else x for x in leaves]
        active = [k for k, x in enumerate(leaves) if isinstance(x, Boxed) and x.level is level]
        primals = tree.rebuild(args, xs)
        if isinstance(top, Dual):
            return self._forward(level, args, leaves, primals, active)
        if isinstance(level, Tape):
            return self._reverse(level, args, leaves, primals, active)
        return self.f(*args)

    def check(self) -> None:
        """Refuse to differentiate before the rule is there."""
        raise NotImplementedError

    def jvp(self, primals: Any, tangents: Any) -> Any:
        """Value and tangent at plain (or outer) primals."""
        raise NotImplementedError

    def vjp(self, primals: Any) -> Any:
        """Value and pullback at plain (or outer) primals; the pullback returns a tuple of trees."""
        raise NotImplementedError

    def _forward(self, level: Any, args: Any, leaves: Any, primals: Any, active: list[int]) -> Any:
        lead = level.lead

        def tangents(lane: int | None) -> Any:
            found = []
            for k, x in enumerate(leaves):
                if k in active:
                    t = x.tangent.dense() if type(x.tangent) is Diagonal else x.tangent
                    found.append(t if lane is None else t[lane])
                else:
                    found.append(_zeros(x))
            return tree.rebuild(args, found)

        if not lead:
            y, ydot = self.jvp(primals, tangents(None))
            ts = tree.leaves(ydot)
        else:
            lanes = [self.jvp(primals, tangents(n)) for n in range(leaves[active[0]].tangent.shape[0])]
            if not lanes:
                raise DerivativeError(f"{self.__name__}: there is no direction to differentiate in")
            y = lanes[0][0]
            ts = [np.stack(parts) for parts in zip(*[tree.leaves(ydot) for _, ydot in lanes], strict=True)]
        ys = [number(v, self.__name__) for v in tree.leaves(outputs(y))]
        if len(ys) != len(ts):
            raise DerivativeError(f"{self.__name__}: the rule gave {len(ts)} tangents for {len(ys)} results")
        for v, t in zip(ys, ts, strict=True):
            if (shape := np.shape(t)[lead:]) != v.shape:
                raise DerivativeError(f"{self.__name__}: the rule gave a tangent of shape {shape} for a result of shape {v.shape}")
        boxes = [wrap(v, np.asarray(t)[()] if not isinstance(t, Boxed) else t, level, lead) for v, t in zip(ys, ts, strict=True)]
        return tree.rebuild(y, boxes)

    def _reverse(self, tape: Tape, args: Any, leaves: Any, primals: Any, active: list[int]) -> Any:
        y, pullback = self.vjp(primals)
        ys = [number(v, self.__name__) for v in tree.leaves(outputs(y))]
        name = self.__name__
        indices = tuple([leaves[k].index for k in active])
        operands = tuple([leaves[k].primal for k in active])

        # What is recorded holds primals alone: a box would hold the tape, and keep it alive with itself.
        def one(gs: list[Any]) -> list[Any]:
            """Contributions to the active leaves, for a list of the results' cotangents."""
            flat = _align(pullback(tree.rebuild(y, gs)), primals, name)
            return [np.zeros(x.shape, x.dtype)[()] if flat[k] is None else flat[k] for k, x in zip(active, operands, strict=True)]

        def pull(gs: list[Any], lead: int) -> list[Any]:
            if not lead:
                return one(gs)
            lanes = [one([g[n] for g in gs]) for n in range(gs[0].shape[0])]
            return [np.stack(parts) for parts in zip(*lanes, strict=True)]

        boxes = tape.add_call(pull, ys, indices, operands)
        return tree.rebuild(y, boxes)


def check_number(v: Any, what: str, name: str) -> None:
    """Refuse what a rule gave where it is no number or array of numbers."""
    if isinstance(v, (Boxed, float, int, complex)) or (isinstance(v, (np.ndarray, np.generic)) and v.dtype.kind in "fciub"):
        return
    raise DerivativeError(f"{name}: the rule gave a {what} of type {type(v).__name__}, not an array of numbers")


def _check_linear(ys: list[Any], ts: list[Any], name: str) -> None:
    """Refuse what a JVP rule gave for tangents that are zero where it is no zero of the results' shapes."""
    if len(ys) != len(ts):
        raise DerivativeError(f"{name}: the rule gave {len(ts)} tangents for {len(ys)} results")
    for y, t in zip(ys, ts, strict=True):
        if np.shape(t) != np.shape(y):
            raise DerivativeError(f"{name}: the rule gave a tangent of shape {np.shape(t)} for a result of shape {np.shape(y)}")
        t = plain(t) if isinstance(t, Boxed) else t
        if not isinstance(t, Boxed) and np.any((t != 0) & np.isfinite(t)):
            raise DerivativeError(f"{name}: the rule is not linear in the tangents: for zeros it gave {t}")


def _zeros(x: Any) -> Any:
    """A zero tangent for a constant leaf; static leaves are their own."""
    if tree.is_static(x):
        return x
    x = plain(x) if isinstance(x, Boxed) else np.asarray(x)
    return np.zeros(x.shape, x.dtype if x.dtype.kind in "fc" else float)[()]


def _align(found: Any, args: Any, name: str) -> list[Any]:
    """Leaves of the rule's cotangents, one per leaf of the arguments; None stands for a zero.

    Raises
    ------
    DerivativeError : where the number, the structure, the type or a shape is not that of the arguments.
    """
    if not isinstance(found, (tuple, list)) or len(found) != len(args):
        count = len(found) if isinstance(found, (tuple, list)) else "no tuple of"
        raise DerivativeError(f"{name}: the rule gave {count} cotangents for {len(args)} arguments")
    found = outputs(found)
    flat: list[Any] = []
    for k, (d, a) in enumerate(zip(found, args, strict=True)):
        wanted = tree.leaves(a)
        got = [None] * len(wanted) if d is None else tree.leaves(d)
        if len(got) != len(wanted):
            raise DerivativeError(f"{name}: the rule's cotangent for argument {k} has {len(got)} leaves, not {len(wanted)}")
        for g, x in zip(got, wanted, strict=True):
            if g is None or tree.is_static(x) or np.result_type(x).kind not in "fc":
                flat.append(None)
                continue
            check_number(g, "cotangent", name)
            if np.shape(g) != np.shape(x):
                raise DerivativeError(f"{name}: the rule gave a cotangent of shape {np.shape(g)} for one of shape {np.shape(x)}")
            flat.append(g if isinstance(g, Boxed) else np.asarray(g)[()])
    return flat


class custom_jvp(_Custom):  # noqa: N801 - a decorator
    """A function whose derivative is given by a JVP rule; it serves both modes.

    ``f.defjvp(rule)`` with ``rule(primals, tangents) -> (y, ydot)``, linear in the tangents.

    >>> import numpy as np, adkit
    >>> @custom_jvp
    ... def log1pexp(x):
    ...     return np.logaddexp(0.0, x)
    >>> @log1pexp.defjvp
    ... def rule(primals, tangents):
    ...     (x,), (xdot,) = primals, tangents
    ...     return log1pexp(x), xdot / (1 + np.exp(-x))
    >>> float(adkit.grad(log1pexp)(0.0)), float(adkit.jvp(log1pexp, (0.0,), (1.0,))[1])
    (0.5, 0.5)
    """

    kind = "custom_jvp"

    def __init__(self, f: Callable[..., Any]) -> None:
        super().__init__(f)
        self.rule: Callable[..., Any] | None = None

    def defjvp(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        """Set the rule; usable as a decorator."""
        check_callable(rule, f"{self.__name__}.defjvp")
        self.rule = rule
        return rule

    def check(self) -> None:
        if self.rule is None:
            raise DerivativeError(f"{self.__name__}: no rule is defined yet; define one with @{self.__name__}.defjvp")

    def jvp(self, primals: Any, tangents: Any) -> Any:
        out = self.rule(primals, tangents)  # type: ignore[misc]
        if not isinstance(out, tuple) or len(out) != 2:
            raise DerivativeError(f"{self.__name__}: the JVP rule must return a pair (y, ydot)")
        y, ydot = out
        ydot = outputs(ydot)
        for t in tree.leaves(ydot):
            check_number(t, "tangent", self.__name__)
        return y, ydot

    def vjp(self, primals: Any) -> Any:
        zeros = tree.map_leaves(_zeros, primals)
        y, ydot = self.jvp(primals, zeros)
        _check_linear(tree.leaves(outputs(y)), tree.leaves(ydot), self.__name__)
        flat = [x for x in tree.leaves(zeros) if not tree.is_static(x)]

        @quiet
        def tangent(*values: Any) -> Any:
            supply = iter(values)
            moved = tree.map_leaves(lambda x: x if tree.is_static(x) else next(supply), zeros)
            return self.jvp(primals, moved)[1]

        def pullback(g: Any) -> Any:
            _, transposed = vjp(tangent, *flat)
            supply = iter(transposed(g))
            return tree.map_leaves(lambda x: None if tree.is_static(x) else next(supply), zeros)

        return y, pullback


class custom_vjp(_Custom):  # noqa: N801 - a decorator
    """A function whose derivative is given by a VJP rule; it serves both modes.

    ``f.defvjp(fwd, bwd)`` with ``fwd(*args) -> (y, residuals)`` and ``bwd(residuals, g) -> tuple``, one entry an
    argument (None for a zero), linear in ``g``.

    >>> import numpy as np, adkit
    >>> @custom_vjp
    ... def clipped_slope(x):
    ...     return x ** 2
    >>> clipped_slope.defvjp(lambda x: (x ** 2, x), lambda x, g: (g * np.clip(2 * x, -1, 1),))
    >>> float(adkit.grad(clipped_slope)(3.0)), float(adkit.jvp(clipped_slope, (3.0,), (1.0,))[1])
    (1.0, 1.0)
    """

    kind = "custom_vjp"

    def __init__(self, f: Callable[..., Any]) -> None:
        super().__init__(f)
        self.fwd: Callable[..., Any] | None = None
        self.bwd: Callable[..., Any] | None = None

    def defvjp(self, fwd: Callable[..., Any], bwd: Callable[..., Any]) -> None:
        """Set the two halves of the rule."""
        check_callable(fwd, f"{self.__name__}.defvjp")
        check_callable(bwd, f"{self.__name__}.defvjp")
        self.fwd, self.bwd = fwd, bwd

    def check(self) -> None:
        if self.fwd is None:
            raise DerivativeError(f"{self.__name__}: no rule is defined yet; define one with {self.__name__}.defvjp(fwd, bwd)")

    def vjp(self, primals: Any) -> Any:
        out = self.fwd(*primals)  # type: ignore[misc]
        if not isinstance(out, tuple) or len(out) != 2:
            raise DerivativeError(f"{self.__name__}: fwd must return a pair (y, residuals)")
        y, residuals = out
        return y, lambda g: self.bwd(residuals, g)  # type: ignore[misc]

    def jvp(self, primals: Any, tangents: Any) -> Any:
        y, pullback = self.vjp(primals)
        leaves = [number(v, self.__name__) for v in tree.leaves(outputs(y))]
        flat = [None if tree.is_static(t) else t for t in tree.leaves(tangents)]
        found = paired_transpose(lambda g: _align(pullback(tree.rebuild(y, list(g))), primals, self.__name__), leaves, flat)
        return y, tree.rebuild(y, found)
