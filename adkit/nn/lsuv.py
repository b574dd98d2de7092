"""Layer-sequential unit variance: weights scaled by what the data does to them."""

from __future__ import annotations

from typing import Any

import numpy as np

from .initializers import orthonormal
from .linear import Linear
from .module import Run, generator
from .sequential import Sequential

__all__ = ["lsuv"]


def lsuv(net: Sequential, x: Any, rng: Any, tolerance: float = 0.05, tries: int = 10) -> dict[str, Any]:
    """Parameters whose linear layers give outputs of variance 1 on the data (Mishkin & Matas, 2016, algorithm 1).

    Each weight matrix begins orthonormal; then, from the first layer to the last, it is divided by the standard deviation
    of its output until the variance lies within ``tolerance`` of 1.

    Parameters
    ----------
    net : modules one after the other; those that are not ``Linear`` keep what ``init`` gives them.
    x : a batch ``(n, features)`` of the data.
    rng : a seed or a generator.
    tolerance, tries : when to stop.

    Examples
    --------
    >>> from adkit.nn import Relu
    >>> net = Sequential(Linear(20, 30), Relu(), Linear(30, 10))
    >>> x = np.random.default_rng(0).normal(size=(100, 20))
    >>> bool(abs(np.var(net(lsuv(net, x, rng=1), x)) - 1) < 0.1)
    True
    """
    if not isinstance(net, Sequential):
        raise TypeError(f"lsuv: needs modules one after the other, a Sequential, not {type(net).__name__}")
    drawn = generator(rng)
    if drawn is None:
        raise TypeError("lsuv: give a seed or a generator: lsuv(net, x, rng=0)")
    params = net.init(drawn)
    run = Run(drawn, True, net.make_state(), remember=False)
    xs: tuple[Any, ...] = (np.asarray(x, dtype=float),)
    for name, module in net.children.items():
        if isinstance(module, Linear):
            params[name]["W"] = orthonormal(drawn, (module.n_out, module.n_in))
            for _ in range(tries):
                var = float(np.var(run.child(name, module, params, xs)))
                if abs(var - 1) < tolerance:
                    break
                if not var > 0:
                    raise ValueError(f"lsuv: the output of {name} does not vary over the data; give a batch of different examples")
                params[name]["W"] = params[name]["W"] / np.sqrt(var)
        y = run.child(name, module, params, xs)
        xs = y if isinstance(y, tuple) else (y,)
    return params
