"""What the command is asked to prove: ops of the registry, or a user's function with the place where it stands."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ..console.functions import arguments, first_line, load, refuse_bare_file, words_of
from ..console.options import UsageError, near
from ..errors import AdkitError
from ..registry import REGISTRY, Op, load_families
from .claims import Claim, prove_op
from .programs import as_subject, prove_function
from .proof import Prover

__all__ = ["Target", "resolve"]


@dataclass(frozen=True)
class Target:
    """Something to prove: its name, and how."""

    name: str
    prove: Callable[[Prover, int, float], Iterator[Claim]]


def resolve(words: list[str], at: str | None) -> list[Target]:
    """The targets of a command line; without words, the whole registry.

    Raises
    ------
    UsageError : for what is not there, cannot be imported or called, or lacks its arguments.
    """
    load_families()
    found: dict[str, Target] = {}
    functions = 0
    for word in words or ["*"]:
        if ":" in word:
            thing = load(word)
            functions += not isinstance(thing, Op)
            target = _of_op(thing) if isinstance(thing, Op) else _of_function(word, thing, at)
            found[target.name] = target
            continue
        refuse_bare_file(word)
        names = fnmatch.filter(REGISTRY, word)
        if not names:
            raise UsageError(f"no op {word!r}{near(word, REGISTRY)}; --list shows them, and a function of your own is FILE.py:NAME")
        found.update({name: _of_op(REGISTRY[name]) for name in names})
    if at is not None and not functions:
        raise UsageError("--at gives the arguments of a function, and none is among the targets")
    return list(found.values())


def _of_op(op: Op) -> Target:
    return Target(op.name, lambda prover, order, seconds: prove_op(op, prover, order, seconds))


# a user's function -----------------------------------------------------------------------------------


def _of_function(word: str, f: Any, at: str | None) -> Target:
    if at is None:
        raise UsageError(f"target {word!r}: say where it stands with --at \"ARGUMENTS\", such as --at \"np.ones(3), 0.5\"")
    args, kw = arguments(at)
    g = partial(f, **kw) if kw else f
    try:
        subject, _ = as_subject(g, args)
        with np.errstate(all="ignore"):
            results, again = subject.f(*subject.xs), subject.f(*subject.xs)
    except KeyboardInterrupt:
        raise
    except AdkitError as error:
        raise UsageError(f"target {word!r}: {first_line(error)}") from None
    except BaseException as error:
        raise UsageError(f"target {word!r}: called with {at} it raises {words_of(error)}") from None
    if not results:
        raise UsageError(f"target {word!r}: it returns no floating-point number")
    if any([np.isnan(y).any() for y in results]):
        raise UsageError(f"target {word!r}: called with {at} it returns nan; choose another point")
    if len(results) != len(again) or not all(np.array_equal(a, b, equal_nan=True) for a, b in zip(results, again, strict=True)):
        raise UsageError(f"target {word!r}: two calls with the same arguments differ; fix the seed of what is drawn")

    def prove(prover: Prover, order: int, seconds: float) -> Iterator[Claim]:
        try:
            for claim in prove_function(g, args, order, prover, seconds):
                yield Claim(word, "", "", claim.mode, claim.verdict)
        except AdkitError as error:
            raise UsageError(f"target {word!r}: {first_line(error)}") from None
        except Exception as error:
            raise UsageError(f"target {word!r}: while it is differentiated it raises {words_of(error)}") from None

    return Target(word, prove)

