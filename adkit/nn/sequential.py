"""Modules one after the other."""

from __future__ import annotations

from collections import Counter
from typing import Any

from .module import Memory, Module, Run

__all__ = ["Sequential", "named"]


def named(modules: tuple[Any, ...], given: dict[str, Any], owner: str) -> dict[str, Module]:
    """Modules by name: ``linear1``, ``relu1``, ``linear2`` for those that were given none."""
    counts: Counter[str] = Counter()
    children: dict[str, Module] = {}
    for module in modules:
        if not isinstance(module, Module):
            raise TypeError(f"{owner}: {module!r} is no module; a function becomes one as a class with compute(params, xs, run)")
        counts[module.kind] += 1
        children[f"{module.kind}{counts[module.kind]}"] = module
    for name, module in given.items():
        if not isinstance(module, Module):
            raise TypeError(f"{owner}: {name}={module!r} is no module")
        if name in children:
            raise ValueError(f"{owner}: two modules are named {name!r}; choose another name for the one that is given")
        children[name] = module
    return children


class Sequential(Module):
    """Modules one after the other: the output of each is the input of the next.

    Parameters
    ----------
    modules : the modules, named ``linear1``, ``relu1``, ``linear2`` ... by their kinds.
    given : modules with names of your choice, after those.

    The parameters are a dict of the modules' own, under their names; modules without parameters have no entry.

    Examples
    --------
    >>> import numpy as np
    >>> from adkit.nn import Linear, Tanh
    >>> net = Sequential(Linear(2, 3), Tanh(), Linear(3, 1))
    >>> params = net.init(0)
    >>> {name: sorted(p) for name, p in params.items()}
    {'linear1': ['W', 'b'], 'linear2': ['W', 'b']}
    >>> net(params, np.zeros((5, 2))).shape
    (5, 1)
    """

    def __init__(self, *modules: Module, **given: Module) -> None:
        self.children = named(modules, given, "sequential")
        if not self.children:
            raise ValueError("sequential: give at least one module: Sequential(Linear(2, 1))")
        self.arguments = next(iter(self.children.values())).arguments

    def settings(self) -> dict[str, Any]:
        return dict(self.children)

    def make_params(self, rng: Any) -> dict[str, Any]:
        made = {name: module.make_params(rng) for name, module in self.children.items()}
        return {name: params for name, params in made.items() if params}

    def make_state(self) -> dict[str, Any]:
        made = {name: module.make_state() for name, module in self.children.items()}
        return {name: state for name, state in made.items() if state}

    def compute(self, params: Any, xs: tuple[Any, ...], run: Run) -> Any:
        y: Any = None
        for name, module in self.children.items():
            y = run.child(name, module, params, xs)
            xs = y if isinstance(y, tuple) else (y,)
        return y

    def backward_by_hand(self, params: Any, dL_dy: Any, memory: Memory) -> tuple[tuple[Any, ...], dict[str, Any]]:
        found: dict[str, Any] = {}
        g, dL_dxs = dL_dy, (dL_dy,)
        for name in reversed(self.children):
            dL_dxs, dL_dparams = self.children[name].backward_by_hand(params.get(name, {}), g, memory.children[name])
            if name in params:
                found[name] = dL_dparams
            g = dL_dxs[0] if len(dL_dxs) == 1 else dL_dxs
        return dL_dxs, {name: found[name] for name in params}

    def input_gradients(self, params: Any, dL_dy: Any, memory: Memory) -> tuple[Any, ...]:
        return self.backward_by_hand(params, dL_dy, memory)[0]

    def parameter_gradients(self, params: Any, dL_dy: Any, memory: Memory) -> dict[str, Any]:
        return self.backward_by_hand(params, dL_dy, memory)[1]
