"""Derivatives of higher order, and the choice between the modes: hvp, hessian, jacobian."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import tree
from .arguments import check_argnums, check_callable, is_label, named, outputs, positions, quiet, results, split_aux
from .errors import DerivativeError
from .forward import jacfwd, jvp
from .levels import plain
from .reverse import grad, jacrev

__all__ = ["hessian", "hvp", "jacobian", "stop_gradient"]


def jacobian(f: Callable[..., Any], argnums: Any = 0, mode: str = "auto", has_aux: bool = False) -> Callable[..., Any]:
    """The Jacobian of ``f``, in the mode that needs fewer directions.

    Forward mode needs one tangent per input entry, reverse mode one cotangent per output entry.
    ``mode="auto"`` evaluates ``f`` once to count the outputs, and takes forward mode where there are no more inputs
    than outputs.  Shapes are those of :func:`adkit.jacfwd` and :func:`adkit.jacrev`.

    >>> import numpy as np
    >>> jacobian(lambda x: np.outer(x, x))(np.array([1.0, 2.0])).shape
    (2, 2, 2)
    """
    check_callable(f, "jacobian")
    check_argnums(argnums, "jacobian")
    if mode not in ("auto", "forward", "reverse"):
        raise DerivativeError(f"jacobian: mode must be 'auto', 'forward' or 'reverse', not {mode!r}")
    forward, reverse = _as("jacobian", jacfwd(f, argnums, has_aux)), _as("jacobian", jacrev(f, argnums, has_aux))
    if mode != "auto":
        return named(forward if mode == "forward" else reverse, f, "jacobian")  # type: ignore[no-any-return]

    def full(*args: Any, **kw: Any) -> Any:
        places = positions(argnums, args, "jacobian", kw)
        leaves = [x for k in places for x in tree.leaves(args[k]) if not tree.is_static(x)]
        inputs = sum([np.size(x) for x in leaves])
        if inputs <= 1:
            return forward(*args, **kw)
        out, _ = split_aux(f(*args, **kw), has_aux, "jacobian")
        count = sum([np.size(v) for v in tree.leaves(results(out, "jacobian")) if not is_label(v)])
        return forward(*args, **kw) if inputs <= count else reverse(*args, **kw)

    return named(full, f, "jacobian")  # type: ignore[no-any-return]


def hessian(f: Callable[..., Any], argnums: Any = 0) -> Callable[..., Any]:
    """The matrix of second derivatives, forward over reverse: a batch of tangents through one gradient.

    For ``f`` of output shape ``o`` and an input of shape ``s`` the result has shape ``o + s + s``; for a tuple
    of ``argnums`` it is a tuple of tuples.

    >>> import numpy as np
    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 2.0])).tolist()
    [[4.0, 2.0], [2.0, 0.0]]
    """
    check_callable(f, "hessian")
    check_argnums(argnums, "hessian")
    return named(_as("hessian", jacfwd(quiet(jacrev(f, argnums)), argnums)), f, "hessian")  # type: ignore[no-any-return]


def _as(name: str, derivative: Callable[..., Any]) -> Callable[..., Any]:
    """A driver made of others whose errors bear the name that the user called."""

    def called(*args: Any, **kw: Any) -> Any:
        try:
            return derivative(*args, **kw)
        except DerivativeError as error:
            driver, colon, rest = str(error).partition(": ")
            if not colon or driver not in ("jacfwd", "jacrev", "jvp", "grad") or error.__cause__ is not None:
                raise
            raise DerivativeError(f"{name}: {rest}") from None

    return called


def hvp(f: Callable[..., Any], primals: Any, tangents: Any) -> Any:
    """The Hessian of a scalar function times a vector, forward over reverse, without forming the Hessian.

    ``primals`` and ``tangents`` are tuples as in :func:`adkit.jvp`; a non-tuple ``x`` means ``(x,)``.  The result
    is bare for one primal, else a tuple.

    >>> import numpy as np
    >>> hvp(lambda x: np.sum(x ** 3), np.array([1.0, 2.0]), np.array([1.0, 0.0])).tolist()
    [6.0, 0.0]
    """
    check_callable(f, "hvp")
    primals = primals if isinstance(primals, tuple) else (primals,)
    tangents = tangents if isinstance(tangents, tuple) else (tangents,)
    gradient = quiet(grad(f, tuple(range(len(primals)))))
    product = _as("hvp", jvp)(gradient, primals, tangents)[1]
    return product[0] if len(primals) == 1 else product


def stop_gradient(x: Any) -> Any:
    """The value of ``x`` (an array or a tree), as a constant: no derivative of any order passes.

    >>> grad(lambda x: x * stop_gradient(x))(3.0)
    np.float64(3.0)
    """
    return tree.map_leaves(plain, outputs(x))
