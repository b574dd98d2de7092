"""Which sums may be taken in another order: those of a derivative's program on which no choice depends."""

from __future__ import annotations

import numpy as np

from ..box import getitem
from .node import REDUCE, Node, elementwise, live

__all__ = ["reordered"]

_SMALL, _SHORT = 4096, 1024
"""Entries, and terms of a sum, up to which a product with ones costs less, and rounds no worse, than a sum."""

_STEPS = frozenset((
    np.sign, np.floor, np.ceil, np.rint, np.trunc, np.heaviside, np.floor_divide, np.remainder, np.fmod, np.maximum, np.minimum,
    np.fmax, np.fmin, np.copysign, np.nextafter, np.spacing,
))  # fmt: skip
"""Ufuncs that turn a difference within rounding into a larger one."""


def reordered(order: list[Node], guarded: list[Node]) -> frozenset[int]:
    """The ids of small sums over one axis which neither a branch, a comparison nor a step depends on.

    What a choice depends on is computed as it was traced, so that the choice is the one that the function makes.
    """
    choices = [n for n in order if n.dtype is None or n.dtype.kind not in "fc" or n.fun in _STEPS or not _known(n)]
    tied = {id(n) for n in live([*guarded, *[m for n in choices for m in n.operands]], order)}
    return frozenset([id(n) for n in order if _small(n) and id(n) not in tied])


def _known(node: Node) -> bool:
    return isinstance(node.fun, str) or elementwise(node.fun) or node.fun in (np.matmul, np.where, getitem) or not node.operands


def _small(node: Node) -> bool:
    if node.fun is not REDUCE or node.kw["ufunc"] is not np.add or node.dtype.char not in "fd":
        return False
    x = node.args[0]
    axes = node.kw["axis"] or tuple(range(x.ndim))
    if type(x) is not Node or x.dtype != node.dtype or not 1 <= x.ndim <= 2 or len(axes) != 1:
        return False
    return 0 < x.size <= _SMALL and x.shape[axes[0]] <= _SHORT
