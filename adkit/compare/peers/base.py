"""What the adapters share: whether a library is there, and what its derivatives are expected to cost."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from ...extras import remedy
from ..methods.base import Builder, Method

__all__ = ["peer"]


def _cost(operator: str, n: int, m: int) -> float:
    """Generous guesses: what takes too long in fact is found out by one call."""
    return {"value": 1.0, "jvp": 5.0, "gradient": 10.0, "jacobian": 5.0 + m, "hvp": 20.0}.get(operator, 20.0 + 5.0 * n)


@cache
def _absent(package: str) -> str | None:
    if find_spec(package) is None:
        return f"{package} is not installed: {remedy(package if package in ('jax', 'torch') else 'peers')}"
    try:
        import_module(package)
    except Exception as error:  # a broken installation fails in its own way
        return f"{package} cannot be imported: {(str(error) or type(error).__name__).splitlines()[0]}"
    return None


def peer(name: str, package: str, about: str, builders: dict[str, Builder], traced: bool = True, usual: bool = True,
         cost: Callable[[str, int, int], float] = _cost) -> Method:  # fmt: skip
    """A method of another library, named after the library or ``library-variant``."""
    missing: Any = partial(_absent, package)
    return Method(name, about, builders, cost, missing=missing, peer=True, traced=traced, usual=usual)
