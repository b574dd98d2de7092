"""Parameters as one flat vector and back, their number, and a table of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import tree

__all__ = ["count_parameters", "pack", "table"]


def pack(params: Any) -> tuple[Any, Callable[[Any], Any]]:
    """All parameters as one vector ``(n,)``, and the function that makes such a vector into a tree again.

    What is unpacked may be a value that is being differentiated: a network becomes a function of one vector.

    >>> vector, unpack = pack({"W": np.ones((2, 3)), "b": np.zeros(2)})
    >>> vector.shape, unpack(vector)["W"].shape
    ((8,), (2, 3))
    """
    shapes = [np.shape(p) for p in tree.leaves(params)]
    ends = np.cumsum([0, *[int(np.prod(shape, dtype=int)) for shape in shapes]])
    vector = np.concatenate([np.ravel(p) for p in tree.leaves(params)]) if shapes else np.zeros(0)

    def unpack(flat: Any) -> Any:
        if np.shape(flat) != (int(ends[-1]),):
            raise ValueError(f"unpack: the vector has shape {np.shape(flat)}; these parameters are {int(ends[-1])} numbers")
        pieces = [np.reshape(flat[a:b], shape) for a, b, shape in zip(ends[:-1], ends[1:], shapes, strict=True)]
        return tree.rebuild(params, pieces)

    return vector, unpack


def count_parameters(params: Any) -> int:
    """How many numbers the parameters are.

    >>> from adkit.nn import Linear
    >>> count_parameters(Linear(64, 10).init(0))
    650
    """
    return sum([int(np.size(p)) for p in tree.leaves(params)])


def table(params: Any) -> str:
    """One line for each array of the parameters: where it stands, its shape, how many numbers it holds; and the total.

    >>> print(table({"linear1": {"W": np.ones((2, 3)), "b": np.zeros(2)}}))
    linear1.W  (2, 3)  6
    linear1.b  (2,)    2
    total              8
    """
    names = [path.strip("[]'").replace("']['", ".") for path, _ in tree.paths(params)]
    rows = [(name, str(np.shape(p)), str(np.size(p))) for name, p in zip(names, tree.leaves(params), strict=True)]
    rows.append(("total", "", str(count_parameters(params))))
    widths = [max([len(row[k]) for row in rows]) for k in range(3)]
    return "\n".join([f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c:>{widths[2]}}" for a, b, c in rows])
