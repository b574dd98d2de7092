"""Into how many flat pieces a relu network cuts its input space: folding maps, exact counts on a line, patterns elsewhere.

A relu network is linear wherever the *activation pattern*, which units are on, stays the same.  Width adds such regions;
a layer that folds space multiplies those of every layer after it (Montufar et al., 2014).
"""

from __future__ import annotations

from fractions import Fraction
from math import comb
from typing import Any

import numpy as np

from .activations import Relu
from .diagnose import layers
from .linear import Linear
from .module import Module
from .sequential import Sequential

__all__ = [
    "activation_patterns", "breakpoints", "count_regions", "fold_network", "regions_of_layers", "regions_of_one_layer",
    "zigzag_network",
]  # fmt: skip


def fold_network(n: int = 2) -> tuple[Sequential, dict[str, Any]]:
    """``(|x_1|, ..., |x_n|)`` as ``relu(x) + relu(-x)``: ``2 n`` relu units, and their weights, by hand.

    Whatever is computed from the result is the same in all ``2^n`` orthants.

    >>> net, params = fold_network()
    >>> net(params, np.array([[-1.5, 2.0], [1.5, -2.0]])).tolist()
    [[1.5, 2.0], [1.5, 2.0]]
    """
    if n < 1:
        raise ValueError(f"fold_network: n, the number of inputs, must be at least 1, not {n!r}")
    net, eye = Sequential(split=Linear(n, 2 * n), relu=Relu(), join=Linear(2 * n, n)), np.eye(n)
    return net, {"split": {"W": np.concatenate([eye, -eye]), "b": np.zeros(2 * n)},
                 "join": {"W": np.concatenate([eye, eye], axis=1), "b": np.zeros(n)}}  # fmt: skip


def zigzag_network(depth: int, folds: int = 2, n: int = 1) -> tuple[Sequential, dict[str, Any]]:
    """Layers that each fold every side of the unit cube ``folds`` times onto itself (Montufar et al., 2014, section 3).

    A layer has ``folds`` relu units for each of the ``n`` inputs; on [0, 1] it runs up and down between 0 and 1.  With
    two folds it is the tent ``2 relu(x) - 4 relu(x - 1/2)``.  There are ``folds^(n depth)`` pieces.

    >>> net, params = zigzag_network(2)
    >>> net(params, np.array([[0.0], [0.25], [0.5], [0.75], [1.0]])).ravel().tolist()
    [0.0, 1.0, 0.0, 1.0, 0.0]
    """
    for what, count in (("depth", depth), ("folds", folds), ("n", n)):
        if count < 1:
            raise ValueError(f"zigzag_network: {what} must be at least 1, not {count!r}")
    modules: dict[str, Module] = {}
    params: dict[str, Any] = {}
    k = np.arange(folds)
    heights = np.where(k == 0, 1.0, 2.0) * np.where(k % 2, -1.0, 1.0) * folds
    for layer in range(1, depth + 1):
        modules |= {f"bends{layer}": Linear(n, n * folds), f"relu{layer}": Relu(), f"join{layer}": Linear(n * folds, n)}
        params[f"bends{layer}"] = {"W": np.repeat(np.eye(n), folds, axis=0), "b": np.tile(-k / folds, n)}
        params[f"join{layer}"] = {"W": np.kron(np.eye(n), heights), "b": np.zeros(n)}
    return Sequential(**modules), params


def breakpoints(net: Sequential, params: Any, low: Any = 0, high: Any = 1) -> list[Fraction]:
    """Where the pattern of a relu network with one input changes between ``low`` and ``high``: exact, both ends included.

    The interval is carried through the layers in fractions, and cut where the input of a unit crosses 0.

    Parameters
    ----------
    net, params : ``Linear`` and ``Relu`` modules one after the other, with one input.
    low, high : the ends of the interval.

    Raises
    ------
    TypeError : if there is another kind of module in the network, whose pieces need not be straight.

    Examples
    --------
    >>> len(breakpoints(*zigzag_network(7))) - 1
    128
    """
    if not isinstance(net, Sequential):
        raise TypeError(f"breakpoints: needs modules one after the other, a Sequential, not {type(net).__name__}")
    start, end = Fraction(low), Fraction(high)
    if not start < end:
        raise ValueError(f"breakpoints: low must be below high, and is {low!r} against {high!r}")
    ends = [(start, [start]), (end, [end])]
    for name, module in net.children.items():
        if isinstance(module, Linear):
            if module.n_in != len(ends[0][1]):
                raise ValueError(f"breakpoints: {name} takes {module.n_in} inputs, and is given {len(ends[0][1])}")
            ends = [(at, _affine(params[name], values)) for at, values in ends]
        elif isinstance(module, Relu):
            ends = [(at, [max(v, Fraction(0)) for v in values]) for at, values in _cut(ends)]
        else:
            raise TypeError(f"breakpoints: {name} is a {module.kind}; only linear modules and relu have straight pieces")
    return [at for at, _ in ends]


def _affine(params: Any, values: list[Fraction]) -> list[Fraction]:
    W = np.asarray(params["W"], dtype=float)
    b = np.asarray(params.get("b", np.zeros(len(W))), dtype=float)
    rows = zip(W.tolist(), b.tolist(), strict=True)
    return [sum((Fraction(w) * v for w, v in zip(row, values, strict=True)), Fraction(bias)) for row, bias in rows]


def _cut(ends: list[tuple[Fraction, list[Fraction]]]) -> list[tuple[Fraction, list[Fraction]]]:
    """The ends, and between them every place where one of the values crosses 0."""
    found = ends[:1]
    for (a, u), (b, v) in zip(ends, ends[1:], strict=False):
        parts = {x / (x - y) for x, y in zip(u, v, strict=True) if x * y < 0}
        found += [(a + s * (b - a), [x + s * (y - x) for x, y in zip(u, v, strict=True)]) for s in sorted(parts)]
        found.append((b, v))
    return found


def activation_patterns(module: Module, params: Any, x: Any) -> Any:
    """Which relu units are on, for each example: booleans ``(n, units)``, layer after layer.

    >>> net, params = fold_network(1)
    >>> activation_patterns(net, params, np.array([[-1.0], [1.0]])).tolist()
    [[False, True], [True, False]]
    """
    _, memory = module.forward_by_hand(params, x)
    inside = list(layers(module, memory)) or [(module.kind, module, memory)]
    found = [inner.xs[0] > 0 for _, child, inner in inside if isinstance(child, Relu)]
    if not found:
        raise ValueError(f"activation_patterns: {module.kind} contains no Relu(), so there is no pattern")
    return np.concatenate(found, axis=-1)


def count_regions(module: Module, params: Any, x: Any) -> int:
    """How many activation patterns the examples show: the regions that they see, and never more than there are.

    >>> side = np.linspace(-1.0, 1.0, 8)
    >>> count_regions(*fold_network(2), np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2))
    4
    """
    return len(np.unique(np.packbits(activation_patterns(module, params, x), axis=-1), axis=0))


def regions_of_layers(n_in: int, widths: list[int] | tuple[int, ...]) -> int:
    """How many regions some relu network with these widths has at least (Montufar et al., 2014, theorem 4).

    ``prod floor(n_i / n_0)^n_0`` over all layers but the last, times ``sum_{j <= n_0} C(n_L, j)``.  Every width must be at
    least ``n_in``.  The floor wastes the units that are left over.

    >>> regions_of_layers(2, [4, 4]), regions_of_layers(2, [5, 5])
    (44, 64)
    """
    if n_in < 1 or not widths or min(widths) < n_in:
        raise ValueError(f"regions_of_layers: every width must be at least n_in = {n_in!r}, and that 1; they are {widths!r}")
    found = regions_of_one_layer(n_in, widths[-1])
    for width in widths[:-1]:
        found *= (width // n_in) ** n_in
    return found


def regions_of_one_layer(n_in: int, units: int) -> int:
    """How many regions one layer of relu units has at most: ``sum_{j <= n_in} C(units, j)`` (Zaslavsky, 1975).

    >>> regions_of_one_layer(1, 14), regions_of_one_layer(2, 8)
    (15, 37)
    """
    return sum([comb(units, j) for j in range(n_in + 1)])
