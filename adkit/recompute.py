"""Memory for time: what a function computes inside is forgotten, and computed again on the way back.

While a tape records, the records of a checkpointed function are dropped when it returns, and one record stands for
them all.  Its pullback runs the function again, on the same tape behind its end, pulls back through that, and drops it
again.  Since the same tape records, a closure over differentiated values is as good as an argument.

``unroll`` does this for a long chain of steps, keeping as many states as there is room for, where a schedule of
``adkit.schedules`` puts them.  In forward mode nothing is kept anyway, and both just call the function.

A value that escapes from the function by another way than its result raises when it is used; so does a function that
computes something else when it is run again.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from . import tree
from .arguments import check_callable, outputs
from .errors import DerivativeError
from .levels import innermost, lift
from .replay import Chain
from .schedules import POLICIES, recomputation_cost
from .tape import Tape

__all__ = ["checkpoint", "unroll"]


def checkpoint(f: Callable[..., Any]) -> Callable[..., Any]:
    """``f``, whose inner values are not kept for the way back but computed again.

    A drop-in: it takes and returns the same trees, by position and by keyword, may close over values that are being
    differentiated, nests, and works in every mode and under every driver.  ``f`` must compute the same each time:
    random numbers come from a seed that is passed in.  With a Tape inside a Tape (grad of grad) the inner one forgets.

    Raises
    ------
    DerivativeError : when ``f`` gives another result on the way back, or writes into an array made outside it.
    LevelError : when a value from inside ``f`` is used outside it.

    >>> import numpy as np, adkit
    >>> layer = adkit.checkpoint(lambda W, h: np.tanh(W @ h))
    >>> def loss(W):
    ...     h = np.ones(2)
    ...     for _ in range(100):
    ...         h = layer(W, h)
    ...     return np.sum(h)
    >>> adkit.grad(loss)(np.eye(2)).shape
    (2, 2)
    """
    check_callable(f, "checkpoint")

    @functools.wraps(f, updated=())
    def recomputed(*args: Any, **kw: Any) -> Any:
        tape = innermost()
        if not isinstance(tape, Tape) or tape.keeps:
            return f(*args, **kw)
        chain = Chain(tape, lambda given, _: f(*given[0], **given[1]), "checkpoint", "hidden")
        return chain.forget(outputs((args, kw)), 1, 1, keep=False)

    return recomputed


def unroll(
    step: Callable[[Any, Any], Any], state: Any, inputs: Any, *, slots: int | None = None, policy: str = "hidden"
) -> Any:
    """The state after ``state = step(state, x)`` for every ``x`` of ``inputs``, with room for few states.

    Parameters
    ----------
    step : ``step(state, x) -> state``; it may close over parameters that are being differentiated, and must compute
        the same each time.  What else is wanted of the steps (a loss) is added up in the state.
    state : a tree of arrays.
    inputs : a tree of arrays whose first axis counts the steps; or how many steps, and ``x`` is then 0, 1, 2, ...
    slots : how many states may be kept for the way back, the first included; None keeps all that the steps compute.
    policy : which states: ``"hidden"``, ``"internal"`` (one step's recording each) or ``"revolve"``; see
        ``adkit.schedules``.  The number of steps computed is ``adkit.schedules.recomputation_cost(...)``, the optimum.

    Raises
    ------
    DerivativeError : for other inputs, slots or policies; and as :func:`checkpoint` does.

    >>> import numpy as np, adkit
    >>> def loss(w, slots):
    ...     h, total = adkit.unroll(lambda s, x: (np.tanh(w * s[0] + x), s[1] + s[0] ** 2), (0.0, 0.0), np.ones(30), slots=slots)
    ...     return total
    >>> bool(np.isclose(adkit.grad(loss)(0.5, 3), adkit.grad(loss)(0.5, None), rtol=1e-13))
    True
    """
    check_callable(step, "unroll")
    if policy not in POLICIES:
        raise DerivativeError(f"unroll: policy is one of {', '.join(POLICIES)}, not {policy!r}")
    if slots is not None:
        recomputation_cost(1, slots)  # refuses what is no number of slots
    length, item = _steps(inputs)
    state, tape = outputs(state), innermost()
    if slots is None or not isinstance(tape, Tape) or tape.keeps:
        for k in range(length):
            state = outputs(step(state, item(k)))
        return state
    chain = Chain(tape, lambda s, k: step(s, item(k)), "unroll", policy)
    return chain.forget(state, length, slots, keep=True) if length else state


def _steps(inputs: Any) -> tuple[int, Callable[[int], Any]]:
    """How many steps there are, and the input of each."""
    if isinstance(inputs, (int, np.integer)) and not isinstance(inputs, bool):
        if inputs < 0:
            raise DerivativeError(f"unroll: there cannot be {inputs} steps")
        return int(inputs), lambda k: k
    inputs = tree.map_leaves(lambda x: x if tree.is_static(x) else lift(x), inputs)
    lengths = {x.shape[0] if getattr(x, "shape", ()) else None for x in tree.leaves(inputs) if not tree.is_static(x)}
    if len(lengths) != 1 or None in lengths:
        raise DerivativeError(
            "unroll: inputs are a number of steps, or arrays whose first axes count the steps alike; these have "
            f"{', '.join(sorted('no axis' if n is None else str(n) for n in lengths)) or 'no array among them'}"
        )
    return int(lengths.pop() or 0), lambda k: tree.map_leaves(lambda x: x if tree.is_static(x) else x[k], inputs)
