"""The loss of a batch and its gradient, by each of the four ways in which a network can be trained.

=================== ========================================================================================
``reverse``         one sweep backwards over the tape: all partial derivatives at once
``forward``         dual numbers, one tangent a parameter, many tangents in one sweep: exact, and dearer
``modules``         the formulas that each module states by hand, from the last module to the first
``forward-gradient`` one dual number along a random direction v; its slope times v is right on average
=================== ========================================================================================

The last is the forward gradient of Baydin, Pearlmutter, Syme, Wood and Torr (2022): E[(g.v) v] = g if the entries of v are
independent, of mean 0 and variance 1.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import tree
from ..forward import jacfwd, jvp
from ..reverse import grad, value_and_grad

__all__ = ["DIRECTIONS", "MODES", "gradient_of", "random_direction"]

MODES = ("reverse", "forward", "modules", "forward-gradient")
"""The ways to the gradient."""

DIRECTIONS = ("gaussian", "rademacher")
"""What the entries of a random direction are drawn from: N(0, 1), or -1 and +1 with equal odds."""

Gradient = Callable[..., tuple[Any, Any, Any]]


def random_direction(params: Any, rng: np.random.Generator, kind: str = "gaussian") -> Any:
    """A random tree with the form of ``params``, whose entries have mean 0 and variance 1.

    With Rademacher entries the forward gradient spreads less: its mean square is ``n`` times that of the gradient,
    for ``n`` parameters, and ``n + 2`` times with Gaussian ones.

    >>> random_direction({"w": np.zeros(3)}, np.random.default_rng(0), "rademacher")
    {'w': array([1., 1., 1.])}
    """

    def draw(leaf: Any) -> Any:
        shape = np.shape(leaf)
        if kind == "gaussian":
            return rng.standard_normal(shape)
        return np.float64(2.0) * rng.integers(0, 2, shape) - 1.0

    return tree.map_leaves(draw, params)


def gradient_of(
    mode: str, module: Any, loss: Callable[..., Any], reduction: str = "mean", penalty: Callable[[Any], Any] | None = None,
    direction: str = "gaussian", compile: bool = False,
) -> Gradient:  # fmt: skip
    """A function of a batch: ``(params, state, x, t, noise, rng) -> (loss, gradient, new_state)``.

    Parameters
    ----------
    mode : one of ``MODES``.
    module, loss : the network and its loss, ``loss(output, target, reduction)``; the mode ``modules`` needs the loss
        to have its gradient by hand, as those of ``adkit.nn.losses`` do.
    reduction : ``"mean"`` or ``"sum"`` over the examples of the batch.
    penalty : a function of the parameters that is added to the loss.  In the mode ``modules`` its gradient is
        ``penalty.by_hand(params)``, or without that one of reverse mode.
    direction : one of ``DIRECTIONS``, for the mode ``forward-gradient``.
    compile : whether the gradient is traced once, and run as optimised NumPy from then on (:func:`adkit.compile`), in the
        modes ``reverse`` and ``forward``.  What a network draws cannot be compiled.

    Of the function's arguments ``noise`` seeds what the module draws (None: it draws nothing); as a seed it gives the
    same masks however often a mode calls the network.  ``rng`` draws the directions.

    Raises
    ------
    ValueError : for an unknown mode or direction, or a loss without a gradient by hand.

    Examples
    --------
    >>> from adkit import nn
    >>> net, x, t = nn.Linear(2, 1), np.ones((3, 2)), np.zeros((3, 1))
    >>> params = net.init(0)
    >>> found = [gradient_of(mode, net, nn.squared_error)(params, {}, x, t)[1]["b"] for mode in MODES[:3]]
    >>> bool(np.allclose(found[0], found[1]) and np.allclose(found[0], found[2]))
    True
    """
    if mode not in MODES:
        raise ValueError(f"there is no mode {mode!r}; there are {', '.join(MODES)}")
    if direction not in DIRECTIONS:
        raise ValueError(f"there is no direction {direction!r}; there are {', '.join(DIRECTIONS)}")

    if compile and mode not in ("reverse", "forward"):
        raise ValueError(f"the mode {mode!r} cannot be compiled; choose 'reverse' or 'forward', or leave compile out")

    def objective(params: Any, state: Any, x: Any, t: Any, noise: Any) -> tuple[Any, Any]:
        y, new_state = module.apply(params, x, state=state, rng=noise, training=True)
        value = loss(y, t, reduction)
        return (value if penalty is None else value + penalty(params)), new_state

    if mode == "modules":
        return _by_hand(module, loss, reduction, penalty)
    if mode == "forward-gradient":
        return _along_a_direction(objective, direction)
    if mode == "reverse":
        both = _compiled(value_and_grad(objective, has_aux=True), compile)

        def reverse(params: Any, state: Any, x: Any, t: Any, noise: Any = None, rng: Any = None) -> tuple[Any, Any, Any]:
            _check_noise(compile, noise)
            (value, new_state), gradient = both(params, state, x, t, noise)
            return value, gradient, new_state

        return reverse

    def with_value(params: Any, *rest: Any) -> tuple[Any, Any]:
        value, new_state = objective(params, *rest)
        return value, (value, new_state)

    every = _compiled(jacfwd(with_value, has_aux=True), compile)

    def forward(params: Any, state: Any, x: Any, t: Any, noise: Any = None, rng: Any = None) -> tuple[Any, Any, Any]:
        _check_noise(compile, noise)
        gradient, (value, new_state) = every(params, state, x, t, noise)
        return value, gradient, new_state

    return forward


def _compiled(f: Callable[..., Any], wanted: bool) -> Callable[..., Any]:
    if not wanted:
        return f
    from ..program.compile import compile  # a room that only this needs

    return compile(f)  # type: ignore[no-any-return]


def _check_noise(compiled: bool, noise: Any) -> None:
    if compiled and noise is not None:
        raise ValueError("compile=True would freeze what the network draws (its dropout masks): train it without compile")


def _along_a_direction(objective: Callable[..., Any], kind: str) -> Gradient:
    def step(params: Any, state: Any, x: Any, t: Any, noise: Any = None, rng: Any = None) -> tuple[Any, Any, Any]:
        v = random_direction(params, rng, kind)
        value, slope, new_state = jvp(lambda p: objective(p, state, x, t, noise), (params,), (v,), has_aux=True)
        return value, tree.map_leaves(lambda leaf: slope * leaf, v), new_state

    return step


def _by_hand(module: Any, loss: Any, reduction: str, penalty: Any) -> Gradient:
    """Backpropagation as the lecture writes it: the loss's slope, then each module's formulas, last to first."""
    if not hasattr(loss, "by_hand"):
        raise ValueError(
            f"the mode 'modules' needs the gradient of {getattr(loss, '__name__', 'the loss')} by hand; give it an attribute "
            "by_hand(output, target, reduction), or choose another mode"
        )
    slope_of_penalty = _slope(penalty)

    def step(params: Any, state: Any, x: Any, t: Any, noise: Any = None, rng: Any = None) -> tuple[Any, Any, Any]:
        y, memory = module.forward_by_hand(params, x, state=state, rng=noise, training=True)
        value = loss(y, t, reduction)
        gradient = module.backward_by_hand(params, loss.by_hand(y, t, reduction), memory)[1]
        if penalty is not None:
            value = value + penalty(params)
            pairs = zip(tree.leaves(gradient), tree.leaves(slope_of_penalty(params)), strict=True)
            gradient = tree.rebuild(gradient, [g + e for g, e in pairs])
        return value, gradient, memory.state

    return step


def _slope(penalty: Any) -> Callable[[Any], Any]:
    """The gradient of a penalty: by hand where it has one, also if arguments of it are fixed by ``functools.partial``."""
    if isinstance(penalty, functools.partial) and hasattr(penalty.func, "by_hand"):
        return functools.partial(penalty.func.by_hand, *penalty.args, **penalty.keywords)
    return getattr(penalty, "by_hand", None) or grad(penalty or float)
