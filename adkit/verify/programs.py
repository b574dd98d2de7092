"""A user's function, proved: its derivatives in both modes, with respect to everything that it takes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .. import tree
from ..arguments import number, outputs, quiet
from ..errors import DerivativeError
from .claims import Claim
from .letters import FIRST, SECOND, Subject
from .proof import Prover

__all__ = ["prove_function"]


def prove_function(
    f: Callable[..., Any], args: tuple[Any, ...], order: int = 1, prover: Prover | None = None, seconds: float | None = None
) -> Iterator[Claim]:
    """A verdict on each mode of a function's derivative, with respect to all its arguments together.

    Parameters
    ----------
    f : a function of arrays, or of trees of them, that returns one.
    args : where it stands: what it branches on is decided here, and the proof is of the branch taken.
    order : 1, or 2 for the second derivatives too, in every mixture of modes.
    seconds : a limit for each mode; what is not decided by then is checked by numbers.

    Raises
    ------
    DerivativeError : where there is nothing to differentiate, or AD refuses to.

    Examples
    --------
    >>> [claim.verdict.status for claim in prove_function(lambda x, y: np.sum(x * np.exp(y)), (np.ones(2), 0.5))]
    ['proved', 'proved']
    """
    subject, name = as_subject(f, args)
    prover = prover or Prover()
    for mode in (*FIRST, *(SECOND if order > 1 else ())):
        yield Claim(name, "", "", mode, prover.prove(subject, mode, seconds))


def as_subject(f: Callable[..., Any], args: tuple[Any, ...]) -> tuple[Subject, str]:
    """A function of trees as one of flat arrays, and its name."""
    named = [(path, leaf) for k, a in enumerate(args) for path, leaf in tree.paths(a, _parameter(f, k))]
    named = [(path, leaf) for path, leaf in named if not tree.is_static(leaf)]
    if not named:
        raise DerivativeError("there is no array among the arguments to differentiate with respect to")
    moving = [_floating(leaf) for _, leaf in named]
    xs = tuple([tree.as_primal(leaf, path, "verify") for (path, leaf), m in zip(named, moving, strict=True) if m])
    if not xs:
        raise DerivativeError("all arguments are integers: write 3.0 for 3 where a derivative is meant")

    def flat(*given: Any) -> tuple[Any, ...]:
        supply = iter(given)
        flags = iter(moving)
        boxed = tree.map_leaves(lambda x: x if tree.is_static(x) or not next(flags) else next(supply), args)
        found = [number(y, "verify") for y in tree.leaves(outputs(f(*boxed))) if not tree.is_static(y)]
        return tuple([y for y in found if y.dtype.kind in "fc"])  # an index or a mask has no derivative

    names = tuple([path for (path, _), m in zip(named, moving, strict=True) if m])
    return Subject(quiet(flat), xs, names, (None,) * len(xs), bent=False), getattr(f, "__name__", "function")


def _floating(leaf: Any) -> bool:
    return np.asarray(leaf).dtype.kind in "fc" if not hasattr(leaf, "dtype") else leaf.dtype.kind in "fc"


def _parameter(f: Any, k: int) -> str:
    """The name of the k-th parameter, as far as Python knows it."""
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    plain = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return plain[k] if k < len(plain) else f"x{k}"
