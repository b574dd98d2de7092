"""Every check that an entry of the registry must pass, made from the entry alone.

``check_op(op)`` tries one op (NumPy's or a user's own) on every call that its entry asks for, and returns
what it found wrong; an empty list is a pass.  Rules are measured against differences and the complex step,
against each other (``u'(Jv) = (u'J)v``), one direction against many, first order against second.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..arguments import quiet
from ..errors import AdkitError, DerivativeError
from ..forward import jacfwd
from ..registry import Case, NoSymbol, Op, lookup
from ..reverse import jacrev
from .numeric import UnusableError, adjoint_gap, central_difference, complex_step, richardson
from .raw import raw_terms
from .sample import Probe, calls, probe
from .sweeps import curved, gradient, looped, pull, push, slope
from .trial import SINGLE, Finding, Trial

__all__ = ["Finding", "check_case", "check_entry", "check_op"]


def check_op(op: Op | str, seed: int = 0) -> list[Finding]:
    """All findings on one op: on its entry, and on every call that the entry asks for.

    >>> check_op("tanh")
    []
    """
    op = lookup(op) if isinstance(op, str) else op
    found = check_entry(op)
    for at in calls(op):
        found += check_case(op, at, seed)
    return found


def check_entry(op: Op) -> list[Finding]:
    """Whether an entry says all that checks and proofs need: rules, a symbol or why there is none, a domain, cases."""
    wanted = {
        "elementwise": ("rules",), "linear": ("bind", "apply", "transpose"), "bilinear": ("bind", "apply", "transpose"),
        "custom": ("bind", "jvp", "vjp"),
    }  # fmt: skip
    lacking = [field for field in wanted[op.kind] if not getattr(op, field)]
    if op.symbol is None or (isinstance(op.symbol, NoSymbol) and not op.symbol.reason):
        lacking.append("symbol (or NoSymbol with the reason)")
    if op.domain is None:
        lacking.append("domain")
    if not op.cases and op.kind != "elementwise":
        lacking.append("cases")
    return [Finding(op.name, "", "entry", f"the entry lacks {field}") for field in lacking]


def check_case(op: Op, at: Case, seed: int = 0) -> list[Finding]:
    """All findings on one call of an op: each operand alone, all together, in both modes and precisions."""
    trial = _Checks(op, at)
    with trial.guarded("sample"):
        whole = probe(op, at, seed)
        trial.measure(whole)
        places = tuple(trial.differentiable(whole))
        alone = [(k,) for k in places] if len(places) > 1 else []
        for chosen in [*alone, places] if places else []:
            trial.first_order(whole.only(chosen))
            trial.batches(whole.only(chosen))
        if not places:
            trial.report("sample", "no operand of this call can be differentiated")
        else:
            full = whole.only(places)
            for check in (trial.jacobians, trial.paths, trial.second_order, trial.single, trial.raw, trial.complex):
                with trial.guarded(check.__name__):
                    check(full)
    return trial.findings


class _Checks(Trial):
    """Every check of one call."""

    def differentiable(self, p: Probe) -> Iterator[int]:
        """The operands that have a derivative; one that is refused must be refused in both modes."""
        for k in p.places:
            alone, refusals = p.only((k,)), []
            for sweep, given in ((push, alone.xs), (pull, alone.f(*alone.xs))):
                try:
                    sweep(alone.f, alone.xs, self.like(given))
                except DerivativeError as error:
                    refusals += [error] if "no derivative is known" in str(error) else []
                except Exception:
                    pass  # the checks proper report it
            if not refusals:
                yield k
            elif len(refusals) == 1:
                self.report("refused", f"in one mode only: {refusals[0]}", alone)

    # first order -------------------------------------------------------------------------------------

    def first_order(self, p: Probe) -> None:
        """JVP against the difference and the complex step; VJP against JVP and difference by the adjoint identity."""
        with self.guarded("forward", p):
            ys = p.f(*p.xs)
            vs, us = self.like(p.xs), self.like(ys)
            ts = push(p.f, p.xs, vs)
            self.types("tangent", ts, ys, p)
            difference = central_difference(p.f, p.xs, vs)
            self.agree("jvp against the difference", ts, difference, self.difference, p)
            try:
                self.agree("jvp against the complex step", ts, complex_step(p.f, p.xs, vs), self.exact, p)
            except UnusableError:
                pass  # the difference stands alone
        with self.guarded("reverse", p):
            ds = pull(p.f, p.xs, us)
            self.types("cotangent", ds, p.xs, p)
            for other, against, tolerance in ((difference, "the difference", self.difference), (ts, "the jvp", self.exact)):
                if not adjoint_gap(us, other, ds, vs) <= tolerance:
                    self.report(f"vjp against {against}", f"u'(Jv) = (u'J)v fails by {adjoint_gap(us, other, ds, vs):.3g}", p)

    def types(self, what: str, got: Any, like: Any, p: Probe) -> None:
        for k, (a, b) in enumerate(zip(got, like, strict=True)):
            if not isinstance(a, (np.ndarray, np.generic)) or a.shape != b.shape or a.dtype != b.dtype:
                found = f"{getattr(a, 'dtype', type(a).__name__)}{getattr(a, 'shape', '')}"
                self.report("types", f"{what} {k} is {found}, its primal {b.dtype}{b.shape}", p)

    def batches(self, p: Probe) -> None:
        """Many directions at once equal one at a time, for as many as any axis of any array is long, and for one."""
        with self.guarded("batch", p):
            ys = p.f(*p.xs)
        for n in sorted({1} | p.lengths):
            for mode, sweep, given in (("forward", push, p.xs), ("reverse", pull, ys)):
                with self.guarded(f"{mode} batch of {n}", p):
                    self.many(f"{mode} batch of {n}", sweep, p.f, p, self.like(given, (n,)))

    def many(self, check: str, sweep: Callable[..., Any], f: Any, p: Probe, lanes: list[Any]) -> None:
        got = sweep(f, p.xs, lanes, 1)
        if lanes[0].shape[0]:
            self.agree(check, got, looped(sweep, f, p.xs, lanes), self.exact, p)
        else:
            like = f(*p.xs) if sweep is push else p.xs
            self.agree(check, got, [np.zeros((0, *np.shape(x))) for x in like], self.exact, p)

    def jacobians(self, p: Probe) -> None:
        """The two drivers give one Jacobian, and it takes a direction to its tangent."""
        if any([x.dtype.kind == "c" for x in (*p.xs, *p.f(*p.xs))]):
            return
        argnums = tuple(range(len(p.xs)))
        forward, reverse = [jac(quiet(lambda *xs: p.f(*xs)), argnums)(*p.xs) for jac in (jacfwd, jacrev)]
        vs = self.like(p.xs)
        for y, t, rows, columns in zip(p.f(*p.xs), push(p.f, p.xs, vs), reverse, forward, strict=True):
            self.agree("jacrev against jacfwd", rows, columns, self.exact, p)
            total = sum([np.tensordot(J, v, np.ndim(v)) for J, v in zip(columns, vs, strict=True)])
            self.agree("jacfwd against jvp", [np.reshape(total, y.shape)], [t], self.exact, p)

    def paths(self, p: Probe) -> None:
        """The function made for an op at its first use does what the op in general does."""
        other, vs = p.by(self.op), self.like(p.xs)
        us = self.like(p.f(*p.xs))
        self.agree("general path, forward", push(other.f, p.xs, vs), push(p.f, p.xs, vs), self.exact, p)
        self.agree("general path, reverse", pull(other.f, p.xs, us), pull(p.f, p.xs, us), self.exact, p)

    # second order ------------------------------------------------------------------------------------

    def second_order(self, p: Probe) -> None:
        """The Hessian of a weighted sum times a vector, four ways and by differences; then for many vectors at once."""
        if any([x.dtype.kind == "c" for x in (*p.xs, *p.f(*p.xs))]):
            return
        f, vs = curved(p.f, p.xs), self.like(p.xs)
        us = self.like(p.f(*p.xs))
        backward, along = gradient(f, us), slope(f, us, vs)
        one = [np.float64(1.0)]
        expected = push(backward, p.xs, vs)
        self.agree("forward over reverse against the difference", expected,
                   central_difference(backward, p.xs, vs), self.second, p)  # fmt: skip
        self.agree("reverse over forward", pull(along, p.xs, one), expected, self.exact, p)
        self.agree("reverse over reverse", pull(backward, p.xs, vs), expected, self.exact, p)
        ws = self.like(p.xs)
        twice = [np.asarray(sum([np.sum(w * d) for w, d in zip(ws, expected, strict=True)]))]
        self.agree("forward over forward", push(along, p.xs, ws), twice, self.exact, p)
        for n in sorted({1, *[n for x in p.xs for n in x.shape]} - {0})[-2:]:
            self.many(f"forward over reverse, batch of {n}", push, backward, p, self.like(p.xs, (n,)))
            self.many(f"reverse over reverse, batch of {n}", pull, backward, p, self.like(p.xs, (n,)))
            self.many(f"forward over forward, batch of {n}", push, along, p, self.like(p.xs, (n,)))
            inner = _batched_inner(f, self.like(p.xs, (n,)), self.like(p.f(*p.xs), (n,)))
            for name, g in inner.items():
                with self.guarded(name, p):
                    self.many(f"{name}, batch of {n} in {n}", push, g, p, self.like(p.xs, (n,)))

    # precision and complex numbers -------------------------------------------------------------------

    def single(self, p: Probe) -> None:
        """float32 stays float32, through value, tangent and cotangent; and means what float64 does."""
        if any([x.dtype != np.float64 for x in p.xs]):
            return
        p32 = p.mapped(lambda x: x.astype(np.float32))
        ys, ys32 = p.f(*p.xs), p32.f(*p32.xs)
        vs, us = self.like(p.xs), self.like(ys)
        ts, ds = push(p32.f, p32.xs, _as(p32.xs, vs)), pull(p32.f, p32.xs, _as(ys32, us))
        self.types("tangent", ts, ys32, p)
        self.types("cotangent", ds, p32.xs, p)
        self.agree("float32 tangent", ts, push(p.f, p.xs, vs), SINGLE, p)
        self.agree("float32 cotangent", ds, pull(p.f, p.xs, us), SINGLE, p)

    def raw(self, p: Probe) -> None:
        """The rules themselves give float32 for float32: the engine would cast what they promote, and hide its cost."""
        if any([x.dtype != np.float64 for x in p.xs]):
            return
        p32 = p.mapped(lambda x: x.astype(np.float32))
        if all([y.dtype == np.float32 for y in p32.f(*p32.xs)]):
            for what, d in raw_terms(self.op, p32):
                if d.dtype not in (np.float32, np.complex64):
                    self.report("float32 rule", f"{what} gives {d.dtype} for float32", p)

    def complex(self, p: Probe) -> None:
        """Off the real axis NumPy's functions hold too, or refuse: for all operands complex, and for each alone."""
        if self.op.run is self.op:
            return  # one of our own, or of a user's: made for real numbers, unless its domain is complex
        for turned in {(k,) for k in p.places} | {p.places}:
            q = p.mapped(lambda x: x + 0.3j * (0.5 + self.rng.uniform(0, 1, x.shape)), turned)
            if any([x.size == 0 for x in q.xs]):
                continue
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("error", np.exceptions.ComplexWarning)
                    correction = richardson(q.f, q.xs, self.like(q.xs))[1]
            except Exception:
                continue  # the function itself takes no complex numbers
            try:
                pull(q.f, q.xs, self.like(q.f(*q.xs)))
            except AdkitError:
                continue
            if correction < 1e-5:
                self.first_order(q)
                self.batches(q)


def _as(like: Any, values: list[Any]) -> list[Any]:
    return [v.astype(x.dtype) for x, v in zip(like, values, strict=True)]


def _batched_inner(f: Any, vs: list[Any], us: list[Any]) -> dict[str, Any]:
    """Inner sweeps that carry many directions themselves, as in a Hessian."""
    return {
        "inner forward batch": lambda *xs: tuple(push(f, xs, vs, 1)),
        "inner reverse batch": lambda *xs: tuple(pull(f, xs, us, 1)),
    }
