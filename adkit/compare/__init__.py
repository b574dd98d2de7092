"""The comparison: what the derivatives of a function cost, by every method, each verified before it is timed.

``python -m adkit.compare`` is the command.  The rooms: problems and own (what is differentiated), methods and peers
(how), agreement, digits and checking (whether it is right), measure and operations (what it costs), runner (all of
that for one problem), spread (many problems), rows (what is known then), answers (what follows), report, charts and
saved (how it reads, looks and is kept), options (the command line), command (what is done with it).  What it shares
with other commands lives in adkit.console and adkit.files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .comparison import Comparison

__all__ = ["compare"]


def compare(
    f: Callable[..., Any],
    *args: Any,
    methods: str | Iterable[str] | None = None,
    operators: str | Iterable[str] | None = None,
    rounds: int = 40,
    budget: float = 0.05,
    seed: int = 0,
    **kw: Any,
) -> Comparison:
    """Measure the derivatives of ``f(*args, **kw)`` by every method, each verified first, and say which to use.

    Parameters
    ----------
    f : a function in ordinary NumPy, of arrays, numbers or trees of them, that returns floats.
    args : where it stands.  Derivatives are with respect to every float among them; integers and text are held.
    methods, operators : names, or one text with commas; ``python -m adkit.compare --list`` shows them.  By default
        adkit's modes, eager and compiled, SymPy, differences and the complex step; the jvp and the gradient (for an array
        as the result, the Jacobian).
    rounds : how often a fast method is sampled, in two sittings.
    budget : seconds of a single call above which a method is skipped.
    kw : keyword arguments of ``f``, which pass through undifferentiated.

    Returns
    -------
    Comparison : the rows.  It prints as the command's table, shows itself in a notebook as a table with a plot, and
        gives ``.rows``, ``.recommended``, ``.plot()``, ``.to_pandas()``, ``.to_csv()``, ``.to_html()``.

    Raises
    ------
    ValueError : for an unknown name, or a function that cannot be called or differentiated there.

    Notes
    -----
    Times are those of this process as it is; the command pins BLAS to one thread and the allocator to keeping freed
    memory, which is steadier.

    Examples
    --------
    >>> import numpy as np
    >>> found = compare(lambda x: np.sum(np.sin(x) * x), np.ones(50), methods="forward,reverse", operators="gradient", rounds=6)
    >>> [(row.method, row.status, row.sweeps) for row in found.rows]
    [('forward', 'ok', 50), ('reverse', 'ok', 1)]
    >>> sorted(found.recommended) == ["gradient"]
    True
    """
    from .comparison import measured  # here, so that the command can begin without loading all of it

    return measured(f, args, kw, methods, operators, rounds, budget, seed)
