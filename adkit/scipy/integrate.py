"""scipy.integrate: initial value problems; all other names are SciPy's own.

``odeint`` is differentiated in the initial state, the times and the arguments.  Forward mode integrates the variational
equations beside the state; reverse mode the adjoint equations backwards (Pontryagin et al., 1962; Cao, Li, Petzold & Serban,
2003).  Both call ``odeint`` again, and so derivatives nest.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.integrate as _si

from .. import tree
from ..arguments import quiet
from ..errors import DerivativeError, UnsupportedError
from ..forward import jvp
from ..levels import Boxed, lift, plain
from ..registry import NoSymbol, Op
from ..reverse import vjp
from .common import lifted, mirror

__all__ = ["odeint"]

_OPTIONS = ("rtol", "atol", "tcrit", "h0", "hmax", "hmin", "mxstep", "mxhnil", "mxordn", "mxords")
_DEFAULT = 1.49012e-8
"""SciPy's own relative and absolute tolerance."""
_DRIFT = 100.0
"""Tolerances by which the state, integrated backwards, may miss the one computed forwards before a step is halved."""
_HALVINGS = 12


class Problem:
    """The right-hand side ``f(y, t, *leaves)`` and the options of the integrator; equal for one call and its derivatives."""

    def __init__(self, f: Callable[..., Any], options: dict[str, Any]) -> None:
        self.f, self.options = f, options

    def solve(self, y0: Any, t: Any, *leaves: Any) -> Any:
        """The plain solution."""

        def right(y: Any, t: Any) -> Any:
            dy = self.f(y, np.float64(t), *leaves)
            if isinstance(dy, Boxed):
                raise DerivativeError(
                    "odeint: func uses a value being differentiated that it was not given; pass it by args=, so that its "
                    "derivative can be followed"
                )
            return dy

        return _si.odeint(right, y0, t, **self.options)

    def tolerance(self, y: Any) -> Any:
        """What a component of the state may be off by."""
        rtol, atol = self.options.get("rtol"), self.options.get("atol")
        return (_DEFAULT if atol is None else atol) + (_DEFAULT if rtol is None else rtol) * np.abs(y)

    def again(self, f: Callable[..., Any]) -> Problem:
        """The same integrator for a system that holds this one's state first, and others beside it."""
        options = {k: np.min(v) if k in ("rtol", "atol") and np.ndim(v) else v for k, v in self.options.items()}
        return Problem(f, options)


def _jvp(gs: Any, y: Any, xs: Any, p: Any, l: int) -> Any:
    """The variational equations: s' = f_y s + f_p p', s(t0) = y0' - f(y0, t0) t0'."""
    problem: Problem = p
    y0, t, *leaves = xs
    n = y0.shape[0]
    gy, gt, *gleaves = gs
    moving = [k for k, g in enumerate(gleaves) if g is not None]
    dots = [gleaves[k] for k in moving]

    def both(z: Any, time: Any, *values: Any) -> Any:
        held, turning = values[: len(leaves)], values[len(leaves) :]
        state, s = z[:n], z[n:]

        def rate(state: Any, *some: Any) -> Any:
            all_ = list(held)
            for k, v in zip(moving, some, strict=True):
                all_[k] = v
            return problem.f(state, time, *all_)

        dy, ds = jvp(quiet(rate), (state, *[held[k] for k in moving]), (s, *turning))
        return np.concatenate([dy, ds])

    start = np.zeros(n, y0.dtype) if gy is None else gy
    if gt is not None:
        start = start - problem.f(y0, t[0], *leaves) * gt[0]
    found = solution(np.concatenate([y0, start]), t, *leaves, *dots, problem=problem.again(both))[:, n:]
    if gt is not None:
        rates = np.stack([problem.f(y[k], t[k], *leaves) for k in range(t.shape[0])])
        found = found + rates * gt[:, None]
    return found


def _vjp(g: Any, y: Any, xs: Any, p: Any, l: int) -> Any:
    """The adjoint equations, from the last time to the first: a' = -f_y^T a, and -f_p^T a summed on the way."""
    problem: Problem = p
    y0, t, *leaves = xs
    n, last = y0.shape[0], t.shape[0] - 1
    sizes = [int(np.prod(x.shape, dtype=int)) for x in leaves]

    def back(z: Any, time: Any, *values: Any) -> Any:
        state, a = z[:n], z[n : 2 * n]
        dy, pullback = vjp(quiet(lambda state, *v: problem.f(state, time, *v)), state, *values)
        found = pullback(a)
        return np.concatenate([dy, *[-np.reshape(d, (-1,)) for d in found]])

    adjoint = problem.again(back)
    adjoint.options.pop("tcrit", None)  # LSODA asks for these ahead of it, and backwards they lie behind
    a, sums = np.zeros(n, y0.dtype), np.zeros(sum(sizes), y0.dtype)
    tbar = []

    def step(state: Any, late: Any, early: Any, start: Any, a: Any, sums: Any, depth: int) -> tuple[Any, Any]:
        """From ``late``, with the state there, to ``early``, where the state is ``start``."""
        with warnings.catch_warnings():
            if depth < _HALVINGS:  # a state that runs away backwards is noticed below
                warnings.simplefilter("ignore", _si.ODEintWarning)
            z = solution(np.concatenate([state, a, sums]), np.stack([late, early]), *leaves, problem=adjoint)[-1]
        miss = np.abs(plain(z[:n]) - plain(start)) / problem.tolerance(plain(start))
        if depth < _HALVINGS and not np.all(miss <= _DRIFT):
            # The system forgets where it came from, so backwards it does not find there: from half-way it is nearer.
            middle = early + (late - early) / 2
            half = solution(start, np.stack([early, middle]), *leaves, problem=problem)[-1]
            a, sums = step(state, late, middle, half, a, sums, depth + 1)
            return step(half, middle, early, start, a, sums, depth + 1)
        return z[n : 2 * n], z[2 * n :]

    for k in range(last, 0, -1):
        a = a + g[k]
        tbar.append(np.sum(g[k] * problem.f(y[k], t[k], *leaves)))
        if not np.any(plain(t[k]) != plain(t[k - 1])):
            continue
        a, sums = step(y[k], t[k], t[k - 1], y[k - 1], a, sums, 0)
    tbar.append(-np.sum(a * problem.f(y0, t[0], *leaves)))
    parts, start = [], 0
    for x, size in zip(leaves, sizes, strict=True):
        parts.append(np.reshape(sums[start : start + size], x.shape)[()])
        start += size
    return (a + g[0], np.stack(tbar[::-1]), *parts)


def _bind(*xs: Any, problem: Problem) -> Problem:
    return problem


# An op like any other, but not in the registry: checks there ask for more than an integrator's digits.
solution = Op(
    "custom", lambda *xs, problem: problem.solve(*xs), name="scipy.integrate.odeint", numpy=False, bind=_bind, jvp=_jvp, vjp=_vjp,
    batched=False, flatten=lambda *xs, **kw: (xs, kw), domain=(0.2, 1.0),
    symbol=NoSymbol("the solution of a differential equation, found step by step"),
)  # fmt: skip


def odeint(
    func: Callable[..., Any], y0: Any, t: Any, args: Any = (), Dfun: Any = None, col_deriv: Any = 0, full_output: Any = 0,
    ml: Any = None, mu: Any = None, rtol: Any = None, atol: Any = None, tcrit: Any = None, h0: float = 0.0, hmax: float = 0.0,
    hmin: float = 0.0, ixpr: Any = 0, mxstep: int = 0, mxhnil: int = 0, mxordn: int = 12, mxords: int = 5, printmessg: Any = 0,
    tfirst: bool = False,
) -> Any:  # fmt: skip
    """The solution of ``dy/dt = func(y, t, *args)`` at the times ``t``, as ``scipy.integrate.odeint``.

    It is differentiated in ``y0``, ``t`` and ``args``, whose entries may be arrays or trees of them.  What ``func`` needs and is
    being differentiated must come by ``args``.  Derivatives are as exact as ``rtol`` and ``atol`` ask for; a Jacobian
    ``Dfun`` is used for plain numbers alone.

    Returns
    -------
    array of shape ``(len(t), len(y0))``.

    Raises
    ------
    DerivativeError : where ``func`` uses a value being differentiated that it was not given.

    Examples
    --------
    >>> import adkit
    >>> decay = lambda y, t, k: -k * y
    >>> slope = adkit.grad(lambda k: odeint(decay, np.array([1.0]), np.array([0.0, 1.0]), (k,))[-1, 0])(0.5)
    >>> bool(np.isclose(slope, -np.exp(-0.5)))
    True
    """
    args = args if isinstance(args, tuple) else (args,)
    leaves = [lift(x) for x in tree.leaves(args)]
    boxed, (y0, t) = lifted(y0, t)
    if not boxed and not any([isinstance(x, Boxed) for x in leaves]):
        return _si.odeint(
            func, y0, t, args, Dfun, col_deriv, full_output, ml, mu, rtol, atol, tcrit, h0, hmax, hmin, ixpr, mxstep, mxhnil,
            mxordn, mxords, printmessg, tfirst,
        )  # fmt: skip
    if full_output:
        raise UnsupportedError("odeint: full_output=True is not supported for values being differentiated")
    y0, t = [x if isinstance(x, Boxed) else np.asarray(x, float) for x in (y0, t)]
    y0 = np.reshape(y0, (-1,))
    numbers = [k for k, x in enumerate(leaves) if _continuous(x)]

    def f(y: Any, time: Any, *values: Any) -> Any:
        whole = list(leaves)
        for k, v in zip(numbers, values, strict=True):
            whole[k] = v
        given = tree.rebuild(args, whole)
        dy = func(time, y, *given) if tfirst else func(y, time, *given)
        dy = lift(dy)
        return dy.reshape(-1) if isinstance(dy, Boxed) else np.asarray(dy, float).reshape(-1)  # type: ignore[attr-defined]

    values = {"rtol": rtol, "atol": atol, "tcrit": tcrit, "h0": h0, "hmax": hmax, "hmin": hmin, "mxstep": mxstep,
              "mxhnil": mxhnil, "mxordn": mxordn, "mxords": mxords}  # fmt: skip
    for name in _OPTIONS:
        if isinstance(values[name], Boxed):
            raise DerivativeError(f"odeint: no derivative is known with respect to {name!r}. Use adkit.stop_gradient on it")
    moving = [leaves[k] if isinstance(leaves[k], Boxed) else np.asarray(leaves[k], float)[()] for k in numbers]
    return solution(y0, t, *moving, problem=Problem(f, values))


def _continuous(x: Any) -> bool:
    """Whether an argument of ``func`` is a number that it may be differentiated by."""
    return isinstance(x, (Boxed, float)) or (isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind == "f")


__getattr__, __dir__ = mirror("scipy.integrate", globals())
