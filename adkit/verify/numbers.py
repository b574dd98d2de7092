"""Derivatives in plain floats: a counterexample computed again, and differences where there is nothing to prove."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ..errors import InexpressibleError
from .evaluate import evaluate
from .letters import Component, Subject, sweep
from .numeric import richardson
from .sweeps import curved, gradient

__all__ = ["Disagreement", "compare_numbers", "rerun"]

_TOLERANCE = 1e-6


class Disagreement(Exception):
    """A derivative that differs from a difference quotient: where, and both values."""

    def __init__(self, reason: str, where: str, point: dict[str, float], got: Any, wanted: Any) -> None:
        super().__init__(reason)
        self.reason, self.where, self.point, self.got, self.wanted = reason, where, point, got, wanted


def rerun(c: Component, point: dict[Any, Any]) -> Any:
    """What AD gives for a component at a point, in floats; None where it cannot be run there."""
    letters = c.letters
    full = {**letters.values, **c.fixed, **point}

    def arrays(symbols: list[Any]) -> list[Any]:
        found = []
        for s in symbols:
            values = np.array([complex(v) for v in evaluate(list(s.expr.flat), full)]).reshape(s.shape)
            found.append((values if s.dtype.kind == "c" else values.real).astype(s.dtype)[()])
        return found

    xs = arrays(letters.xs)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            held = arrays(letters.held)
            vs, ws, us = arrays(letters.vs), arrays(letters.ws), arrays(letters.us)
            found = sweep(c.mode, lambda *moving: letters.subject.f(*moving, *held), xs, vs, ws, us, letters.subject.bent)
    except Exception:
        return None
    k, i = c.place
    got = np.ravel(found[k])[i]
    return got.item() if isinstance(got, np.generic) else None


def compare_numbers(subject: Subject, mode: str) -> None:
    """Compare AD with central differences at the subject's own point, along random directions.

    Raises
    ------
    Disagreement : where they differ.
    InexpressibleError : where differences cannot tell, because the function changes too fast.
    """
    rng = np.random.default_rng(0)
    xs = [np.asarray(x)[()] for x in subject.xs]
    point = {name: np.asarray(x).item() for name, x in zip(subject.names, xs, strict=True) if np.size(x) == 1 and np.isrealobj(x)}

    def like(arrays: Any) -> list[Any]:
        found = []
        for a in arrays:
            v = rng.uniform(-1, 1, np.shape(a))
            if a.dtype.kind == "c":
                v = v + 1j * rng.uniform(-1, 1, np.shape(a))
            found.append(np.asarray(v, dtype=a.dtype)[()])
        return found

    with np.errstate(all="ignore"):
        ys = [np.asarray(y)[()] for y in subject.f(*xs)]
        vs, ws, us = like(xs), like(xs), like(ys)
        try:
            got = sweep(mode, subject.f, xs, vs, ws, us, subject.bent)
        except (TypeError, ValueError) as error:
            if type(error) not in (TypeError, ValueError):
                raise
            raise Disagreement(f"the rule raises {type(error).__name__}: {error}", "", point, None, None) from None
        bent = curved(subject.f, xs) if " over " in mode and subject.bent else subject.f
        if mode == "forward":
            _close("the tangent", got, _differences(subject.f, xs, vs), point)
        elif mode == "reverse":
            slopes = _differences(subject.f, xs, vs)
            _close("the cotangent, paired with a tangent", [_paired(got, vs)], [_paired(us, slopes)], point)
        else:
            second = _differences(gradient(bent, us), xs, vs)
            if mode == "forward over forward":
                got, second = [np.sum(got[0])], [_paired(ws, second)]
            _close("the second derivative", got, second, point)


def _differences(f: Any, xs: list[Any], vs: list[Any]) -> Any:
    found, correction = richardson(f, xs, vs)
    if not correction < _TOLERANCE:
        raise InexpressibleError("differences cannot tell either: the function changes too fast at this point, or has a kink there")
    return found


def _paired(a: Any, b: Any) -> Any:
    return np.float64(sum([np.sum(np.real(x * y)) for x, y in zip(a, b, strict=True)]))


def _close(where: str, got: Any, wanted: Any, point: dict[str, float]) -> None:
    for a, b in zip(got, wanted, strict=True):
        if np.shape(a) != np.shape(b):
            raise Disagreement(f"it has shape {np.shape(a)}, and should have {np.shape(b)}", where, point, None, None)
        error = np.abs(np.asarray(a) - b)
        bad = ~(error <= _TOLERANCE * (1 + np.max(np.abs(b), initial=0.0)))
        if np.any(bad):
            k = int(np.argmax(np.where(bad, np.nan_to_num(error, nan=np.inf), -1)))
            raise Disagreement("not what differences give", where, point, np.ravel(a)[k].item(), np.ravel(b)[k].item())
