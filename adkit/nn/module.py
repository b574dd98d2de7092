"""What every module of a network is: a function of parameters and inputs, and the same function's gradients by hand.

One module serves two readers.  As an *ordinary function*, ``y = module(params, x)``, it is given to ``adkit.grad``,
``adkit.jvp`` or a prover.  As the lecture's *object* it holds its parameters and answers ``forward_pass(x)``,
``backward_pass(dL_dy)`` and ``param_gradients(dL_dy)`` with formulas derived by hand.  That both agree is tested.

Examples
--------
>>> import numpy as np, adkit
>>> from adkit.nn import Linear
>>> layer = Linear(3, 2)
>>> params = layer.init(0)                                # a dict of arrays: {"W": (2, 3), "b": (2,)}
>>> x = np.array([1.0, 2.0, 3.0])
>>> by_tape = adkit.grad(lambda p: np.sum(layer(p, x)))(params)
>>> layer.params = params
>>> y = layer.forward_pass(x)
>>> by_hand = layer.param_gradients(np.ones(2))
>>> bool(np.array_equal(by_tape["W"], by_hand["W"]))
True
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .. import tree
from ..higher import stop_gradient

__all__ = ["Memory", "Module", "Run", "generator"]


def generator(rng: Any) -> Any:
    """A generator of random numbers: one is passed on; a seed (an int, or several) makes a new one; None stays None."""
    if rng is None or isinstance(rng, np.random.Generator):
        return rng
    return np.random.default_rng(rng)


class Memory(NamedTuple):
    """What one call of a module left for its backward pass."""

    xs: tuple[Any, ...]  # the inputs
    y: Any  # the output: an array, or a tuple of arrays
    kept: Any  # whatever else the formulas need: a mask, the statistics of the batch
    children: dict[str, Memory]  # of a module made of modules, in the order in which they ran
    state: Any  # the state after the call: running statistics


class Run:
    """One call of a module: what it may read (the generator, the state), and what it leaves behind.

    ``rng``, ``training`` and ``state`` are those of the call.  ``keep(...)`` stores what the backward pass needs,
    ``update(...)`` the state after the call; neither changes the module, so that the call stays a pure function.
    """

    __slots__ = ("children", "kept", "new_state", "remember", "rng", "state", "training", "xs")

    def __init__(self, rng: Any, training: bool, state: Any, remember: bool) -> None:
        self.rng, self.training, self.state, self.remember = rng, training, state, remember
        self.xs: tuple[Any, ...] = ()
        self.kept: Any = None
        self.new_state = state
        self.children: dict[str, Memory] = {}

    def keep(self, kept: Any) -> None:
        if self.remember:
            self.kept = kept

    def update(self, state: Any) -> None:
        """The state after the call; no derivative passes through it."""
        self.new_state = stop_gradient(state)

    def child(self, name: str, module: Module, params: Any, xs: tuple[Any, ...]) -> Any:
        """The output of a module inside this one, which finds its parameters and state under ``name``."""
        inner = Run(self.rng, self.training, self.state.get(name, {}), self.remember)
        y = module.compute_checked(params.get(name, {}), xs, inner)
        if inner.new_state is not inner.state:
            self.new_state = {**self.new_state, name: inner.new_state}
        if self.remember:
            self.children[name] = inner.memory(xs, y)
        return y

    def memory(self, xs: tuple[Any, ...], y: Any) -> Memory:
        return Memory(xs, y, self.kept, self.children, self.new_state)


class Module:
    """A part of a network.

    To make a module of your own, write ``compute``, and ``input_gradients`` if it shall also work by hand; a module
    with parameters writes ``make_params`` and ``parameter_gradients`` too.

    ======================================= ===================================================================
    ``init(rng)``                           parameters: a (nested) dict of float64 arrays
    ``init_state()``                        state that training updates without a gradient: running statistics
    ``module(params, *xs)``                 the output; a pure function of its arguments
    ``apply(params, *xs)``                  the output and the new state
    ``forward_by_hand(params, *xs)``        the output and the memory of the call
    ``backward_by_hand(params, g, memory)`` gradients of the inputs and of the parameters, in one sweep
    ======================================= ===================================================================

    All calls take ``rng=`` (an int or a tuple of ints is a seed; a NumPy generator is advanced), ``training=`` and
    ``state=``.  With a seed the function is pure: the same call draws the same masks.  Prefer one where a driver
    may call the function several times, as ``jacfwd`` does in chunks.

    The lecture's interface: ``initialize(rng)`` makes ``self.params`` and ``self.state``, ``forward_pass`` remembers,
    ``backward_pass`` and ``param_gradients`` use what was remembered.
    """

    arguments: tuple[str, ...] | None = ("x",)
    """The inputs by name; None where there may be any number."""

    params: Any = None
    state: Any = None
    memory: Memory | None = None

    # What a module writes ------------------------------------------------------------------------------------

    def make_params(self, rng: Any) -> dict[str, Any]:
        """Fresh parameters, drawn from a generator."""
        return {}

    def make_state(self) -> dict[str, Any]:
        """The state before training."""
        return {}

    def compute(self, params: Any, xs: tuple[Any, ...], run: Run) -> Any:
        """The output, in functions that adkit differentiates."""
        raise NotImplementedError(f"{self.kind}: write compute(self, params, xs, run), which returns the output")

    def input_gradients(self, params: Any, dL_dy: Any, memory: Memory) -> tuple[Any, ...]:
        """dL/dx for each input, from dL/dy; None for an input that gets none."""
        raise NotImplementedError(f"{self.kind}: no gradient was derived by hand; use adkit.grad, or write input_gradients")

    def parameter_gradients(self, params: Any, dL_dy: Any, memory: Memory) -> dict[str, Any]:
        """dL/dp for each parameter, in a dict like ``params``."""
        return {}

    # The function --------------------------------------------------------------------------------------------

    @property
    def kind(self) -> str:
        """The name of this kind of module, as it stands in messages and names: ``linear``, ``leaky_relu``."""
        name = type(self).__name__
        return "".join([f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name)])

    def init(self, rng: Any) -> dict[str, Any]:
        """Fresh parameters.  ``rng`` is a seed or a generator."""
        drawn = generator(rng)
        if drawn is None:
            raise TypeError(f"{self.kind}: init needs a seed or a generator to draw parameters from: init(0)")
        return self.make_params(drawn)

    def init_state(self) -> dict[str, Any]:
        """The state before training."""
        return self.make_state()

    def __call__(self, params: Any, *xs: Any, state: Any = None, rng: Any = None, training: bool = False) -> Any:
        """The output; a pure function of its arguments, to be differentiated in any mode."""
        return self._run(params, xs, state, rng, training, remember=False)[0]

    def apply(self, params: Any, *xs: Any, state: Any = None, rng: Any = None, training: bool = False) -> tuple[Any, Any]:
        """The output and the state after the call, as for ``grad(..., has_aux=True)``."""
        y, run = self._run(params, xs, state, rng, training, remember=False)
        return y, run.new_state

    def forward_by_hand(
        self, params: Any, *xs: Any, state: Any = None, rng: Any = None, training: bool = False
    ) -> tuple[Any, Memory]:
        """The output, and the memory that ``backward_by_hand`` needs; the new state is ``memory.state``."""
        y, run = self._run(params, xs, state, rng, training, remember=True)
        return y, run.memory(run.xs, y)

    def backward_by_hand(self, params: Any, dL_dy: Any, memory: Memory) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Gradients of the inputs (a tuple) and of the parameters (like ``params``), by formulas derived by hand."""
        return self.input_gradients(params, dL_dy, memory), self.parameter_gradients(params, dL_dy, memory)

    def compute_checked(self, params: Any, xs: tuple[Any, ...], run: Run) -> Any:
        """``compute``, once the number of inputs is seen to be right."""
        if self.arguments is not None and len(xs) != len(self.arguments):
            raise TypeError(
                f"{self.kind}: takes {len(self.arguments)} input(s) ({', '.join(self.arguments)}), and {len(xs)} were given: "
                f"module(params, {', '.join(self.arguments)})"
            )
        return self.compute(params, xs, run)

    def _run(self, params: Any, xs: tuple[Any, ...], state: Any, rng: Any, training: bool, remember: bool) -> tuple[Any, Run]:
        if not isinstance(params, dict):
            raise TypeError(
                f"{self.kind}: the first argument is the parameters, a dict made by module.init(rng) "
                f"({{}} for a module without any), not {type(params).__name__}"
            )
        run = Run(generator(rng), training, self.make_state() if state is None else state, remember)
        run.xs = tuple([x if hasattr(x, "dtype") else np.asarray(x, dtype=float) for x in xs])
        return self.compute_checked(params, run.xs, run), run

    # The lecture's interface ---------------------------------------------------------------------------------

    def initialize(self, rng: Any) -> Any:
        """Make ``self.params`` and ``self.state``; returns the module."""
        self.params, self.state, self.memory = self.init(rng), self.init_state(), None
        return self

    def forward_pass(self, *xs: Any, training: bool = False, rng: Any = None) -> Any:
        """The output for these inputs, which are remembered for the backward pass."""
        if self.params is None:
            if self.make_params(np.random.default_rng(0)):
                raise ValueError(f"{self.kind}: it has no parameters yet; call initialize(rng), or set module.params")
            self.params = {}
        y, self.memory = self.forward_by_hand(self.params, *xs, state=self.state, rng=rng, training=training)
        self.state = self.memory.state
        return y

    def backward_pass(self, dL_dy: Any) -> Any:
        """dL/dx from dL/dy; for several inputs a tuple, with None for an input that gets no gradient."""
        found = self.backward_by_hand(self.params, self._cotangent(dL_dy), self._remembered("backward_pass"))[0]
        return found[0] if len(found) == 1 else found

    def param_gradients(self, dL_dy: Any) -> dict[str, Any]:
        """dL/dp from dL/dy, for every parameter, in a dict like ``params``; a batch is summed over."""
        return self.backward_by_hand(self.params, self._cotangent(dL_dy), self._remembered("param_gradients"))[1]

    def compute_gradients(self, dL_dy: Any) -> dict[str, Any]:
        """The lecture's other name for :meth:`param_gradients`."""
        return self.param_gradients(dL_dy)

    def _remembered(self, what: str) -> Memory:
        if self.memory is None:
            raise ValueError(f"{self.kind}: {what} needs what forward_pass remembers; call forward_pass(x) first")
        return self.memory

    def _cotangent(self, dL_dy: Any) -> Any:
        """dL/dy, seen to have the shape of the output."""
        y = self._remembered("the backward pass").y
        found = tree.map_leaves(lambda g: g if hasattr(g, "dtype") else np.asarray(g, dtype=float), dL_dy)
        if isinstance(y, tuple):
            if not isinstance(found, tuple) or len(found) != len(y):
                raise ValueError(f"{self.kind}: the output is a tuple of {len(y)}, so dL_dy must be one too")
            pairs = list(zip(found, y, strict=True))
        else:
            pairs = [(found, y)]
        for g, part in pairs:
            if np.shape(g) != np.shape(part):
                raise ValueError(
                    f"{self.kind}: dL_dy has shape {np.shape(g)}, and the output has shape {np.shape(part)}; "
                    "the gradient of the loss has one entry for each entry of the output"
                )
        return found

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join([f'{k}={v!r}' for k, v in self.settings().items()])})"

    def draw(self, *, params: Any = None, x: Any = None, style: str = "network", **options: Any) -> Any:
        """The module as a picture: circles for units and lines for weights, or with ``style="graph"`` a card for each module.

        ``params`` are the weights that are shown (by default the module's own, once it has some), ``x`` an example input, or a
        tuple of several; of a single example the units show their values.  For ``options`` see :func:`adkit.draw.draw`.

        >>> from adkit.nn import Linear, Sequential, Tanh
        >>> Sequential(Linear(2, 3), Tanh(), Linear(3, 1)).draw()
        <Drawing: Network of 4 modules, 3 wires; units by column: 2, 3, 1.>
        """
        from ..draw import draw

        return draw(self, params=params, x=x, style=style, **options)

    def settings(self) -> dict[str, Any]:
        """What the module was made with, for its repr."""
        return {k: v for k, v in vars(self).items() if k not in ("params", "state", "memory", "children")}
