"""What users' own tests call: ``check_grads``, which compares with differences, and ``assert_proved``, which proves.

Nothing but pytest is needed to have every derivative of a project proved on each change.  A test file::

    # tests/test_derivatives.py
    import numpy as np
    from adkit.testing import assert_proved
    from mypackage.losses import huber

    def test_the_derivatives_are_proved():
        assert_proved(huber, np.array([0.3, -2.0]), order=2)

and, for GitHub's runners, ``.github/workflows/derivatives.yml``::

    on: [push, pull_request]
    jobs:
      derivatives:
        runs-on: ubuntu-latest
        steps:
          - uses: actions/checkout@v4
          - uses: actions/setup-python@v5
            with: {python-version: "3.12"}
          - run: pip install ./adkit pytest . && pytest tests/test_derivatives.py  # adkit: a checkout, beside your files

Without a test file, the same as a step of its own (exit status 1 where something is wrong)::

          - run: python -m adkit.verify mypackage.losses:huber --at "np.array([0.3, -2.0])" --order 2
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from . import tree
from .arguments import number, outputs, quiet
from .errors import DerivativeError
from .forward import jvp
from .reverse import vjp
from .verify.numeric import central_difference

__all__ = ["assert_proved", "check_grads"]

_MODES = {"fwd": "forward", "rev": "reverse"}


def check_grads(
    f: Callable[..., Any],
    args: Any,
    order: int = 2,
    modes: Sequence[str] = ("fwd", "rev"),
    rtol: float | None = None,
    atol: float | None = None,
) -> None:
    """Assert that the derivatives of ``f`` at ``args`` agree with central differences.

    Parameters
    ----------
    f : a function of arrays, or of trees (tuples, lists, dicts, dataclasses) of them, that returns one.
    args : its arguments, a tuple; anything else means ``(args,)``.  Arrays are of any shape, of floating or complex
        type, at a point where ``f`` is smooth (as many times as ``order`` says).
    order : how many derivatives to check: 2 checks the first, and the derivatives of it, in every mixture of modes.
    modes : ``"fwd"``, ``"rev"`` or both.
    rtol, atol : tolerances, relative to the largest entry of the array and absolute.  By default they follow the
        precision and the order: 1e-7 at first order and 1e-6 beyond, in double precision; 2e-2 in single.

    Raises
    ------
    AssertionError : naming the modes, the order, and the entry that is worst, with what was got and what expected.
    DerivativeError : for an unknown mode, an order below 1, or arguments that cannot be differentiated.

    Notes
    -----
    Derivatives are checked along one random direction (with a fixed seed), which a wrong partial meets almost surely.
    A reverse-mode derivative is the pullback of one random cotangent.

    Examples
    --------
    >>> import numpy as np
    >>> check_grads(lambda x: np.sum(np.tanh(x) ** 2), (np.array([0.3, -1.2]),))
    >>> check_grads(lambda p: p["w"] @ p["x"], ({"w": np.ones((2, 3)), "x": np.arange(3.0)},), order=3)
    >>> check_grads(np.sign, (np.array([0.0, 1.0]),), order=1)  # a jump at 0 has no derivative
    Traceback (most recent call last):
    ...
    AssertionError: check_grads: forward mode at order 1 is wrong: result, entry (0,): got 0.0, expected ...
    """
    if isinstance(order, bool) or not hasattr(order, "__index__") or order < 1:
        raise DerivativeError(f"check_grads: order must be a positive integer, not {order!r}")
    modes = (modes,) if isinstance(modes, str) else tuple(modes)
    if not modes or any([mode not in _MODES for mode in modes]):
        raise DerivativeError(f"check_grads: modes must be 'fwd', 'rev' or both, not {modes!r}")
    args = args if isinstance(args, tuple) else (args,)
    argument = _Flat(args)
    if not argument.values:
        raise DerivativeError("check_grads: there is no array among the arguments")

    def results(xs: Sequence[Any]) -> list[tuple[str, Any]]:
        named = _named(outputs(f(*argument.tree(xs))), "result")
        found = [(path, number(y, "check_grads")) for path, y in named]
        return [(path, y) for path, y in found if y.dtype.kind in "fc"]  # an index or a mask has no derivative

    names = [path for path, _ in results(argument.values)]
    if not names:
        given = f(*argument.tree(argument.values))
        raise DerivativeError(
            f"check_grads: nothing can be compared: the function returned {type(given).__name__}, which holds no "
            f"floating-point number{'; is a return statement missing?' if given is None else ''}"
        )
    _check(lambda *xs: tuple([y for _, y in results(xs)]), argument, names, order, modes, (), rtol, atol)


class _Flat:
    """Arguments as a flat list of arrays, and back."""

    def __init__(self, args: tuple[Any, ...]) -> None:
        self.args = args
        self.values = [
            tree.as_primal(x, path, "check_grads") for k, a in enumerate(args) for path, x in _named(a, f"argument {k}")
        ]
        self.paths = [path for k, a in enumerate(args) for path, _ in _named(a, f"argument {k}")]

    def tree(self, xs: Sequence[Any]) -> Any:
        supply = iter(xs)
        return tree.map_leaves(lambda x: x if tree.is_static(x) else next(supply), self.args)


def _named(x: Any, prefix: str) -> list[tuple[str, Any]]:
    return [(path, leaf) for path, leaf in tree.paths(x, prefix) if not tree.is_static(leaf)]


def _check(f: Any, argument: _Flat, names: list[str], order: int, modes: Sequence[str], done: tuple[str, ...],
           rtol: float | None, atol: float | None) -> None:  # fmt: skip
    """Check the first derivative of ``f`` in each mode, then the derivative as a function, one order further."""
    rng = np.random.default_rng(len(done))
    xs = argument.values
    ys = [np.asarray(y) for y in f(*xs)]
    vs, us = _directions(xs, rng), _directions(ys, rng)
    expected = central_difference(f, xs, vs)
    single = max([float(np.finfo(a.dtype).eps) for a in [*xs, *ys] if a.dtype.kind in "fc"]) > 1e-10
    r = rtol if rtol is not None else (2e-2 if single else 1e-7 if not done else 1e-6)
    a = atol if atol is not None else r
    for mode in modes:
        steps = (*done, mode)
        where = f"{' over '.join([_MODES[m] for m in reversed(steps)])} mode at order {len(steps)}"
        if mode == "fwd":

            def derivative(*zs: Any) -> Any:
                return jvp(quiet(lambda *ws: f(*ws)), zs, tuple(vs))[1]

            for name, got, wanted in zip(names, derivative(*xs), expected, strict=True):
                _compare(where, name, got, wanted, r, a)
            further = names
        else:

            def derivative(*zs: Any) -> Any:
                y, pullback = vjp(quiet(lambda *ws: f(*ws)), *zs)
                return pullback(tuple(us))

            _compare_pulled(where, f, argument, derivative(*xs), xs, us, vs, expected, r, a)
            further = [f"the cotangent of {path}" for path in argument.paths]
        if order > len(steps):
            _check(derivative, argument, further, order, modes, steps, rtol, atol)


def _directions(like: list[Any], rng: Any) -> list[Any]:
    found = []
    for x in like:
        v = rng.uniform(-1, 1, x.shape)
        if x.dtype.kind == "c":
            v = v + 1j * rng.uniform(-1, 1, x.shape)
        found.append(np.asarray(v, dtype=x.dtype if x.dtype.kind in "fc" else float)[()])
    return found


def _compare_pulled(where: str, f: Any, argument: _Flat, ds: Any, xs: list[Any], us: list[Any], vs: list[Any],
                    expected: Any, rtol: float, atol: float) -> None:  # fmt: skip
    """A pullback against u'(Jv), for all operands at once; where that fails, entry by entry, to name the worst."""
    for path, d, x in zip(argument.paths, ds, xs, strict=True):
        if np.shape(d) != x.shape:
            raise AssertionError(f"check_grads: {where} is wrong: the cotangent of {path} has shape {np.shape(d)}, not {x.shape}")
    terms = [np.real(u * t) for u, t in zip(us, expected, strict=True)]
    got = float(sum([np.sum(np.real(d * v)) for d, v in zip(ds, vs, strict=True)]))
    scale = max(1.0, *[float(np.max(np.abs(t), initial=0.0)) * t.size for t in terms]) if terms else 1.0
    if abs(got - float(sum([np.sum(t) for t in terms]))) <= atol + rtol * scale:
        return
    for k, (path, d, x) in enumerate(zip(argument.paths, ds, xs, strict=True)):
        wanted = np.zeros(x.shape, x.dtype)
        for place in np.ndindex(x.shape):
            for unit, part in ((1.0, 1.0), (1j, -1j)) if x.dtype.kind == "c" else ((1.0, 1.0),):
                v = np.zeros(x.shape, x.dtype)
                v[place] = unit
                slopes = central_difference(f, xs, [v[()] if j == k else None for j in range(len(xs))])
                wanted[place] += part * sum([np.sum(np.real(u * t)) for u, t in zip(us, slopes, strict=True)])
        _compare(where, f"the cotangent of {path}", d, wanted, rtol, atol)
    raise AssertionError(f"check_grads: {where} is wrong: the cotangents of {', '.join(argument.paths)} do not pair with {got}")


def _compare(where: str, name: str, got: Any, expected: Any, rtol: float, atol: float) -> None:
    got, expected = np.asarray(got), np.asarray(expected)
    if got.shape != expected.shape:
        raise AssertionError(f"check_grads: {where} is wrong: {name} has shape {got.shape}, expected {expected.shape}")
    error = np.abs(got - expected)
    bad = ~(error <= atol + rtol * np.max(np.abs(expected), initial=0.0))
    if bad.any():
        worst = np.unravel_index(int(np.argmax(np.where(bad, np.nan_to_num(error, nan=np.inf), -1))), error.shape)
        place = f"entry {tuple([int(n) for n in worst])}"
        raise AssertionError(
            f"check_grads: {where} is wrong: {name}, {place}: got {got[worst]}, expected {expected[worst]} "
            f"by central differences (rtol {rtol:g}, atol {atol:g})"
        )


def assert_proved(
    f: Callable[..., Any], *args: Any, order: int = 1, allow_checked: bool = False, seconds: float = 60.0
) -> None:
    """Assert that the derivatives of ``f``, as adkit computes them in both modes, equal ``sympy.diff``'s: not to a tolerance.

    Parameters
    ----------
    f : a function of arrays, or of trees (tuples, lists, dicts, dataclasses) of them, that returns one.  The smaller the
        shapes, the shorter the formulas; a layer of width 2 says what one of width 200 does.
    args : where it stands, floating-point numbers and arrays.  ``maximum``, ``abs``, ``where`` and the like are proved for all
        cases; what the function branches on with ``if`` or ``while`` is decided here, and proved for the branch taken.
    order : 2 proves the second derivatives too, in every mixture of modes.
    allow_checked : whether it is enough that numbers agree where there is no proof (a function that SymPy does not know).
    seconds : a limit for each derivative.

    Raises
    ------
    AssertionError : naming the mode, and for a wrong derivative the residual and a point that shows it.
    DerivativeError : where ``f`` cannot be differentiated.
    InexpressibleError : where neither a formula nor numbers can tell.

    Notes
    -----
    The head of this module has a recipe for continuous integration.  SymPy is imported at the first call.

    Examples
    --------
    >>> import numpy as np
    >>> assert_proved(lambda x, y: np.sum(np.maximum(x, 0) * np.tanh(y)), np.array([1.0, -2.0]), 0.5)
    >>> assert_proved(np.prod, np.array([0.0, 2.0, 3.0]), order=2)
    """
    from .verify.programs import prove_function

    if order not in (1, 2):
        raise DerivativeError(f"assert_proved: order must be 1 or 2, not {order!r}")
    for claim in prove_function(f, args, order, seconds=seconds):
        if claim.verdict.status == "proved" or (allow_checked and claim.verdict.status == "checked"):
            continue
        hint = "" if claim.verdict.status == "wrong" else "; allow_checked=True accepts that"
        raise AssertionError(f"assert_proved: the derivative of {claim.op} in {claim.mode} mode is {claim.verdict}{hint}")
