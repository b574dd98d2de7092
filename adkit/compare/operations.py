"""Counted operations: what a derivative costs on paper, which no machine's noise touches.

The weights are those of Griewank & Walther (*Evaluating Derivatives*, 2008, section 4.1): a move to or from memory costs
2, an addition, a multiplication and a nonlinear function 1 each.  Then evaluating ``x + y`` costs 7, its tangent along
with it 14, its gradient 21; a product 7, 16, 27; a nonlinear function 5, 11, 18.  So whatever the program, a tangent
costs 2 to 5/2 evaluations and a gradient 3 to 4.  ``predict`` gives the two for a program; ``count`` applies the
same weights to the operations that a derivative's program in fact consists of.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import adkit

__all__ = ["count", "nominal_seconds", "predict"]

Cost = tuple[float, float, float]  # of the value, of the value with a tangent, of the value with a gradient

_ADD, _MULTIPLY, _NONLINEAR = (7.0, 14.0, 21.0), (7.0, 16.0, 27.0), (5.0, 11.0, 18.0)
_PRODUCT = tuple([a + b for a, b in zip(_ADD, _MULTIPLY, strict=True)])  # a multiplication and the addition that gathers it

_SUMS = {"add", "subtract", "maximum", "minimum", "where", "copysign"}
_GATHERING = {"sum", "mean", "max", "min", "amax", "amin", "cumsum", "trace", "ptp"}
_MATRIX = {"matmul", "dot", "vecdot", "inner", "tensordot", "outer", "matvec", "vecmat", "einsum", "vdot"}
_MOVES = {
    "getitem", "reshape", "transpose", "squeeze", "expand_dims", "broadcast_to", "concatenate", "stack", "ravel", "swapaxes",
    "moveaxis", "flip", "roll", "astype", "asarray", "copy", "diagonal", "split", "scatter", "real", "imag", "less", "greater",
    "less_equal", "greater_equal", "equal", "not_equal", "zeros_like", "ones_like", "full_like", "permute_dims",
    "matrix_transpose", "tile", "repeat", "positive", "array",
}  # fmt: skip


def predict(f: Callable[..., Any], args: tuple[Any, ...]) -> tuple[float, float] | None:
    """What a tangent and a gradient cost by the model, in evaluations of ``f``; None where it cannot be written down.

    >>> tangent, gradient = predict(lambda x: np.sum(np.sin(x) * x), (np.ones(3),))
    >>> 2.0 <= tangent <= 2.5 and 3.0 <= gradient <= 4.0
    True
    """
    program = _program(f, args)
    if program is None:
        return None
    value, tangent, gradient = (sum(c) for c in zip(*[_cost(program, i) for i in program.instructions], strict=True))
    return (tangent / value, gradient / value) if value else None


def count(derivative: Callable[..., Any], args: tuple[Any, ...], f: Callable[..., Any], at: tuple[Any, ...]) -> float | None:
    """The operations of a derivative's own program, in evaluations of ``f`` at ``at``, by the same weights.

    >>> square = lambda x: x * x
    >>> count(adkit.grad(square), (3.0,), square, (3.0,)) > 1.0
    True
    """
    programs = _program(derivative, args), _program(f, at)
    if programs[0] is None or programs[1] is None:
        return None
    above, below = (sum(_cost(p, i)[0] for i in p.instructions) for p in programs if p is not None)
    return above / below if below else None


def nominal_seconds(f: Callable[..., Any], args: tuple[Any, ...]) -> float | None:
    """How long a call takes on an imagined machine.

    A microsecond for each operation on arrays, a tenth of that on single numbers, a nanosecond for each number of an
    elementwise operation, a seventh of that for each multiplication in a product of matrices.  What is estimated from
    it is the same on every machine, busy or not; None where the function cannot be written down.

    >>> nominal_seconds(lambda x: x * x + 1.0, (np.ones(1000),)) > 2e-6
    True
    """
    program = _program(f, args)
    if program is None:
        return None
    seconds = 0.0
    for i in program.instructions:
        cost = _cost(program, i)[0]
        if cost:
            seconds += (1e-6 if i.shape else 1e-7) + (1e-11 if i.op in _MATRIX else 1.5e-10) * cost
    return seconds


def _program(f: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    try:
        return adkit.trace(f)(*args)
    except Exception:  # a user's function may resist in any way: then nothing is counted
        return None


def _cost(program: Any, i: Any) -> Cost:
    name, none = i.op, (0.0, 0.0, 0.0)
    if name in ("input", "part") or name in _MOVES:
        return none
    sizes = [_size(program, a) for a in i.operands]
    result = math.prod(i.shape) if not isinstance(i.value, tuple) else sum(np.size(v) for v in i.value)
    if name in _MATRIX:
        return _times(_PRODUCT, _products(name, sizes, result))
    if name in _GATHERING:
        return _times(_ADD, max([*sizes, 1]))
    if name in _SUMS or name == "negative":
        return _times(_ADD, result)
    if len(i.operands) > 1:
        return _times(_MULTIPLY, result)
    if name in ("square",):
        return _times(_MULTIPLY, result)
    return _times(_NONLINEAR, max([*sizes, result]))


def _times(cost: Any, n: float) -> Cost:
    return (cost[0] * n, cost[1] * n, cost[2] * n)


def _size(program: Any, operand: Any) -> int:
    index = getattr(operand, "index", None)
    if isinstance(index, int):  # a reference to another instruction
        return int(np.size(program.instructions[index].value))
    return int(np.size(operand)) if isinstance(operand, (np.ndarray, np.generic, float, int)) else 0


def _products(name: str, sizes: list[int], result: int) -> float:
    """How many multiplications: the entries of the result times the length that is summed over."""
    if len(sizes) < 2 or not result:
        return float(max([*sizes, result]))
    if name == "outer":
        return float(result)
    # With a, b operands and c the result of a product over one length k: a b = c k^2, but for batch axes, which count twice.
    return max(float(result), math.sqrt(sizes[-2] * sizes[-1] * result), 1.0)
