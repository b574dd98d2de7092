"""Parts of an expression replaced, without SymPy's own ideas about conditions."""

from __future__ import annotations

from typing import Any

__all__ = ["replaced"]


def replaced(e: Any, known: dict[Any, Any]) -> Any:
    """An expression with parts replaced (``known`` is filled on the way).

    SymPy's ``xreplace`` ponders every condition and maximum anew; here a branch goes only where its condition is decided.
    """
    import sympy as sp

    found = known.get(e)
    if found is not None:
        return found
    if not e.args:
        return e
    parts = [replaced(part, known) for part in e.args]
    if all([a is b for a, b in zip(parts, e.args, strict=True)]):
        found = e
    elif isinstance(e, sp.Piecewise):
        found = _choice([(value, condition) for value, condition in parts if condition != False])  # noqa: E712
    elif type(e).__name__ in ("Max", "Min") or (e.is_Relational and _open(*parts)):
        found = e.func(*parts, evaluate=False)
    else:
        found = e.func(*parts)
    known[e] = found
    return found


def _open(a: Any, b: Any) -> bool:
    """Whether a comparison of two expressions is not decided by their form."""
    return a != b and not (a.is_number and b.is_number)


def _choice(branches: list[tuple[Any, Any]]) -> Any:
    import sympy as sp

    if not branches:
        return sp.nan
    if branches[0][1] == True:  # noqa: E712
        return branches[0][0]
    return sp.Piecewise(*branches, evaluate=False)
