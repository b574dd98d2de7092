"""The proof that a derivative given by AD is the derivative: an identity of expressions, not a tolerance.

``prove(subject, mode)`` runs AD on symbols and compares each entry with ``sympy.diff`` of the primal, case by case where
something is piecewise.  Three verdicts, never mixed:

``proved``   the identity holds for all values: by structure, by algebra, or by SymPy's ``simplify``
``checked``  no proof was found or there is no expression; numbers agree, and the verdict says why it is no more
``wrong``    they do not: with the residual, and a point where the derivative computed in plain numbers is wrong too
"""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import numpy as np

from ..errors import InexpressibleError
from ..symbolic import Symbol
from .evaluate import evaluate
from .expected import expected
from .identity import vanishes
from .letters import Component, Letters, Subject, components
from .numbers import Disagreement, compare_numbers, rerun
from .points import Canon, sample
from .simplifier import simplified
from .splitting import Region, TooManyCasesError, split

__all__ = ["Prover", "Verdict"]

_ROUNDING = 1e-11
"""Relative difference up to which a rule may round: a series in place of a function, say."""
_SAME = 1e-40
_RUNGS = ("structure", "algebra", "simplify")
_PATIENCE = 5.0
"""Seconds that SymPy's ``simplify`` gets for one identity."""


@dataclass(frozen=True)
class Verdict:
    """What is known of one derivative.

    ``status`` is proved, checked or wrong.  ``reason`` says how it was proved, why it was only checked, or what is wrong;
    a wrong one has the ``residual`` (AD's expression less the right one), and a ``point`` where AD gives ``got`` and not
    ``wanted``.
    """

    status: str
    reason: str
    where: str = ""
    residual: str = ""
    point: dict[str, float] = field(default_factory=dict)
    got: Any = None
    wanted: Any = None

    def _repr_html_(self) -> str:
        from .reading import as_html

        return as_html([("", self)])

    def __str__(self) -> str:
        if self.status != "wrong":
            return f"{self.status}: {self.reason}"
        at = ", ".join([f"{name} = {value:.6g}" for name, value in self.point.items()])
        text = f"wrong: {self.where + ': ' if self.where else ''}{self.reason}"
        if self.got is not None:
            text += f": AD gives {_short(self.got)}, it should be {_short(self.wanted)}"
        return text + (f", at {at}" if at else "") + (f"; residual {self.residual}" if self.residual else "")


def _short(value: Any) -> str:
    return f"{value:.9g}" if isinstance(value, (int, float, complex)) else str(value)


class Prover:
    """Proves derivatives, and remembers identities that it has met: entries of an array mostly ask for the same one."""

    def __init__(self, patience: float = _PATIENCE) -> None:
        self.patience = patience
        self.known: dict[Any, Verdict | _Counterexample] = {}

    def prove(self, subject: Subject, mode: str, seconds: float | None = None) -> Verdict:
        """The verdict on a subject's derivative in one mode, over all its entries.

        ``seconds`` is a limit for the whole; what is not decided by then is checked by numbers.

        Raises
        ------
        InexpressibleError : where neither a formula nor numbers can tell.
        DerivativeError : where AD refuses to differentiate (no derivative is known, an integer, ...).
        """
        deadline = None if seconds is None else monotonic() + seconds
        try:
            letters, ys, parts = components(subject, mode, deadline)
            found = self._meaning(letters, ys) or self._worst(parts, deadline)
        except InexpressibleError as error:
            return _by_numbers(subject, mode, str(error))
        except Exception as error:  # anything that a rule or a user's function does; numbers tell what is to blame
            return _by_numbers(subject, mode, f"on symbols it raises {type(error).__name__}: {str(error).partition(chr(10))[0]}")
        branches = [d for d in letters.setting.decided if isinstance(d, str) or d.free_symbols]
        if branches and found.status == "proved":
            return Verdict("proved", f"{found.reason}, on the branch taken at the point")
        return found

    def _meaning(self, letters: Letters, ys: list[Any]) -> Verdict | None:
        """Wrong where the expressions are not what the function computes: a proof would be about something else."""
        for k, y in enumerate(ys):
            if not isinstance(y, Symbol):
                continue
            tolerance = 1e-4 if np.finfo(y.dtype).eps > 1e-10 else 1e-9
            for e, value in zip(y.expr.flat, np.ravel(y.value), strict=True):
                at = evaluate([e], letters.values)[0]
                if np.isfinite(value) and not abs(complex(at) - complex(value)) <= tolerance * (1 + abs(complex(value))):
                    point = {s.name: v for s, v in letters.values.items() if s in e.free_symbols}
                    return Verdict(
                        "wrong", "the symbolic meaning is not what the function computes", f"result {k}", _printed(e)[:200], point,
                        _plain(at), value.item(),
                    )  # fmt: skip
        return None

    def _worst(self, parts: Any, deadline: float | None) -> Verdict:
        """The verdict over all entries: the first that is wrong, else one that is only checked, else the hardest proof."""
        best: Verdict = Verdict("proved", "structure")
        for c in parts:
            found = self.component(c, deadline)
            if found.status == "wrong":
                return found
            if found.status == "checked":
                best = found if best.status == "proved" else best
            elif best.status == "proved" and _RUNGS.index(found.reason) > _RUNGS.index(best.reason):
                best = found
        return best

    def component(self, c: Component, deadline: float | None) -> Verdict:
        """The verdict on one entry; the same identity is decided once."""
        _in_time(deadline)
        canon = Canon(c)
        found = self.known.get(canon.key)
        if found is None:
            try:
                found = self._decide(canon, deadline)
            except RecursionError:
                raise InexpressibleError("its formula is nested too deeply for SymPy") from None
            self.known[canon.key] = found
        return found if isinstance(found, Verdict) else _confirmed(found, c, canon)

    def _rung(self, residual: Any, c: Canon, deadline: float | None) -> str | None:
        """How a residual was shown to vanish."""
        if _unreal(residual):
            residual = _parts(residual)
        found: list[str | None] = []
        for part in _coefficients(residual, c):
            _in_time(deadline)
            found.append(vanishes(part, self.patience))
            if found[-1] is None:
                return None
        return max([rung for rung in found if rung], key=_RUNGS.index)

    def _decide(self, c: Canon, deadline: float | None) -> Verdict | _Counterexample:
        """Case by case: the identity, or numbers."""
        hardest, doubt = "structure", ""
        try:
            for region, (ad, *ys) in split([c.ad, *c.ys], sample(c.spans)):
                _in_time(deadline)
                wanted = expected(c.mode, ys, c.us, c.entries, c.target, c.bent)
                residual = ad - wanted
                if residual == 0:
                    continue
                gap, point = _largest(ad, wanted, region)
                if gap > _ROUNDING:
                    formula, right = evaluate([ad, wanted], region.at(point), 80)
                    return _Counterexample(residual, point, _plain(formula), _plain(right))
                if gap > _SAME:
                    doubt = f"equal to rounding only ({float(gap):.1g}, relative)"
                    continue
                rung = self._rung(residual, c, deadline)
                if rung is None and not region.points:
                    doubt = doubt or "a case was not decided, and no point of it was found"
                elif rung is None:
                    count = len(region.points)
                    doubt = doubt or f"SymPy decided nothing in {self.patience:g} s; equal to 40 digits at {count} points"
                elif rung != "structure" and hardest != "simplify":
                    hardest = rung
        except TooManyCasesError as error:
            raise InexpressibleError(str(error)) from None
        return Verdict("checked", doubt) if doubt else Verdict("proved", hardest)


def _coefficients(residual: Any, c: Canon) -> list[Any]:
    """A residual taken apart by the direction (or the cotangent) that it is linear in: smaller ones, that vanish if it does."""
    import sympy as sp

    directions = [s for e in c.entries for s in e.v if s in residual.free_symbols] or [
        s for u in c.us for s in u.free_symbols if s in residual.free_symbols
    ]
    if len(directions) < 2:
        return [residual]
    parts = [sp.diff(residual, s) for s in directions]
    if any([part.free_symbols & set(directions) for part in parts]):
        return [residual]
    return [residual.xreplace(dict.fromkeys(directions, sp.S.Zero)), *parts]


def _in_time(deadline: float | None) -> None:
    if deadline is not None and monotonic() > deadline:
        raise InexpressibleError("its proof was not complete within the time limit")


def _unreal(e: Any) -> bool:
    import sympy as sp

    return bool(e.has(sp.I, sp.re, sp.im, sp.conjugate))


def _parts(e: Any) -> Any:
    """Real and imaginary part, whose squares vanish together: written with real parts alone."""
    import sympy as sp

    real, imaginary = sp.expand(e, complex=True).as_real_imag()
    return real + sp.Dummy("i", real=True) * imaginary


def _largest(ad: Any, wanted: Any, region: Region) -> tuple[Any, dict[Any, Any]]:
    """The largest relative difference at points of a case, and where; the first that is not rounding decides."""
    worst, at = 0.0, dict(region.points[0]) if region.points else {}
    for p in region.points[:6]:
        a, b = evaluate([ad, wanted], region.at(p))
        if not (_finite(a) and _finite(b)):
            continue
        gap = abs(a - b) / (1 + abs(a) + abs(b))
        if gap > worst:
            worst, at = gap, dict(p)
        if gap > _ROUNDING:
            break
    return worst, at


def _finite(v: Any) -> bool:
    import mpmath

    return bool(mpmath.isfinite(v))


def _plain(v: Any) -> Any:
    return float(v.real) if not getattr(v, "imag", 0) else complex(v)


@dataclass(frozen=True)
class _Counterexample:
    """A case in which the identity fails, in standard letters: AD's value and the right one, to 80 digits."""

    residual: Any
    point: dict[Any, Any]
    got: Any
    wanted: Any


def _confirmed(found: _Counterexample, c: Component, canon: Canon) -> Verdict:
    """A counterexample in the component's own letters, computed again in plain floats."""
    point = {canon.back[s]: v for s, v in found.point.items() if s in canon.back}
    got = rerun(c, point)
    if got is not None and abs(got - found.wanted) <= 1e-6 * (1 + abs(found.wanted)):
        return Verdict("checked", "the rule gives another formula for symbols than for numbers, where it is right")
    simple = simplified(found.residual, 3.0)
    residual = (found.residual if simple is None else simple).xreplace(canon.back)
    parts = residual.free_symbols.union(c.ad.free_symbols, *[y.free_symbols for y in c.ys])
    text = _printed(residual)
    shown = {s.name: float(v) for s, v in {**point, **c.fixed}.items() if s in parts or s in c.fixed}
    text = text if len(text) <= 240 else text[:237] + "..."
    return Verdict("wrong", "not the derivative", c.where, text, shown, found.got if got is None else got, found.wanted)


def _printed(e: Any) -> str:
    """An expression as a person would write it: the symbols by their names."""
    import sympy as sp

    return str(e.xreplace({s: sp.Symbol(s.name) for s in e.free_symbols}))


def _by_numbers(subject: Subject, mode: str, reason: str) -> Verdict:
    """Differences in place of a proof."""
    try:
        compare_numbers(subject, mode)
    except InexpressibleError as error:
        raise InexpressibleError(f"{reason}; {error}") from None
    except Disagreement as found:
        return Verdict("wrong", found.reason, found.where, "", found.point, found.got, found.wanted)
    return Verdict("checked", f"{reason} (agrees with differences)")
