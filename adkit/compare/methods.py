"""The methods: ways to get a derivative of the same function, and what each is expected to cost.

A method turns a :class:`Task` into a ``run()`` without arguments.  What it needs to do once (build the derivative
function, convert the inputs to its own kind of array) it does before it returns, which is the preparation; what
every call costs is inside ``run``.  To add a method, or a peer, is to add one :class:`Method` to the table.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

import adkit

__all__ = ["METHODS", "Method", "NotApplicable", "Task"]


class NotApplicable(Exception):  # noqa: N818 - no error: the reason why a row is skipped
    """This method has no way to this derivative; the message is the reason."""


@dataclass(frozen=True)
class Task:
    """One derivative of one function at one point."""

    operator: str
    function: Callable[..., Any]  # function(np, *params, **data)
    params: tuple[Any, ...]
    tangents: tuple[Any, ...]
    data: Mapping[str, Any]
    hand: Mapping[str, Callable[..., Any]]
    scalar: bool  # a number, not an array of one
    outputs: int = 1

    @property
    def argnums(self) -> Any:
        """All params: a bare number for one, so that a derivative with respect to one array is an array."""
        return 0 if len(self.params) == 1 else tuple(range(len(self.params)))

    def numpy(self) -> Callable[..., Any]:
        """The function of the params alone, on NumPy (and so on whatever answers NumPy's protocols)."""
        return partial(self.function, np, **self.data)


Builder = Callable[[Task], Callable[[], Any]]


@dataclass(frozen=True)
class Method:
    """A way to differentiate.

    ``builders`` maps an operator to what builds its ``run``.  ``directions(operator, n, m)`` is the expected cost of
    one run in evaluations of the function, for n inputs and m outputs.  ``tolerance`` is the relative error up to
    which a result agrees.  ``caveat`` is what keeps it from being right for every function, and so from being recommended
    where another method is.  ``missing()`` says why the method cannot be used here (a package that is not installed).
    """

    name: str
    about: str
    builders: Mapping[str, Builder]
    directions: Callable[[str, int, int], float]
    tolerance: Mapping[str, float] = field(default_factory=dict)
    caveat: str = ""
    missing: Callable[[], str | None] = lambda: None
    peer: bool = False
    traced: bool = True  # whether tracemalloc sees its memory

    def build(self, task: Task) -> Callable[[], Any]:
        """The ``run`` of this method for the task; NotApplicable, with the reason, where there is none."""
        if not task.scalar and task.operator in ("gradient", "hvp", "hessian"):
            raise NotApplicable("the function returns an array: ask for jacobian")
        if task.scalar and task.operator == "jacobian":
            raise NotApplicable("the function returns one number: ask for gradient")
        builder = self.builders.get(task.operator)
        if builder is None:
            if task.operator == "value":
                raise NotApplicable("the value is the function itself, measured as method hand")
            raise NotApplicable(f"has no {task.operator}")
        return builder(task)

    def allowed(self, operator: str) -> float:
        """The relative error up to which a result of this method agrees."""
        return self.tolerance.get(operator, 1e-8)


# By hand


def _value(task: Task) -> Callable[[], Any]:
    return partial(task.numpy(), *task.params)


def _hand(task: Task) -> Callable[[], Any]:
    operator = task.operator
    if operator in task.hand:
        given = task.tangents if operator == "jvp" else ()
        return partial(task.hand[operator], *task.params, *given, **task.data)
    if operator == "jvp" and "gradient" in task.hand:
        return _slope(partial(task.hand["gradient"], *task.params, **task.data), task.tangents)
    raise NotApplicable(f"nobody has written its {operator} by hand")


def _slope(gradient: Callable[[], Any], tangents: tuple[Any, ...]) -> Callable[[], Any]:
    """The directional derivative as gradient times direction."""
    if len(tangents) == 1:
        return lambda: np.vdot(gradient(), tangents[0])
    return lambda: sum([np.vdot(g, v) for g, v in zip(gradient(), tangents, strict=True)])


# adkit


def _forward_jvp(task: Task) -> Callable[[], Any]:
    f, params, tangents = task.numpy(), task.params, task.tangents
    return lambda: adkit.jvp(f, params, tangents)[1]


def _forward_jacobian(task: Task) -> Callable[[], Any]:
    return partial(adkit.jacfwd(task.numpy(), task.argnums), *task.params)


def _forward_hvp(task: Task) -> Callable[[], Any]:
    f, tangents = task.numpy(), task.tangents
    return partial(adkit.jacfwd(lambda *xs: adkit.jvp(f, xs, tangents)[1], task.argnums), *task.params)


def _forward_hessian(task: Task) -> Callable[[], Any]:
    return partial(adkit.jacfwd(adkit.jacfwd(task.numpy(), task.argnums), task.argnums), *task.params)


def _reverse_jvp(task: Task) -> Callable[[], Any]:
    if task.scalar:
        return _slope(_reverse_gradient(task), task.tangents)
    if task.outputs > 1:
        raise NotApplicable(f"takes a sweep for each of the {task.outputs} outputs, the whole jacobian")
    rows, tangents = _reverse_jacobian(task), task.tangents  # an array of one number has one row, the gradient
    if len(tangents) == 1:
        return lambda: np.tensordot(rows(), tangents[0], np.ndim(tangents[0]))
    return lambda: sum([np.tensordot(r, v, np.ndim(v)) for r, v in zip(rows(), tangents, strict=True)])


def _reverse_gradient(task: Task) -> Callable[[], Any]:
    return partial(adkit.grad(task.numpy(), task.argnums), *task.params)


def _reverse_jacobian(task: Task) -> Callable[[], Any]:
    return partial(adkit.jacrev(task.numpy(), task.argnums), *task.params)


def _reverse_hvp(task: Task) -> Callable[[], Any]:
    return partial(adkit.hvp, task.numpy(), task.params, task.tangents)


def _reverse_hessian(task: Task) -> Callable[[], Any]:
    return partial(adkit.hessian(task.numpy(), task.argnums), *task.params)


# From values alone


def _moved(params: tuple[Any, ...], steps: list[tuple[int, Any]]) -> tuple[Any, ...]:
    """The params with steps added, given as (flat index over all params, step)."""
    out = list(params)
    sizes = np.cumsum([np.size(p) for p in params])
    for i, step in steps:
        k = int(np.searchsorted(sizes, i, side="right"))
        inner = i - (int(sizes[k - 1]) if k else 0)
        array = np.array(out[k], dtype=np.result_type(out[k], step))
        array.reshape(-1)[inner] += step
        out[k] = array
    return tuple(out)


def _columns(task: Task, column: Callable[[int], Any]) -> Any:
    """The Jacobian in the form of the params, a column for each entry of each."""
    count = sum(np.size(p) for p in task.params)
    whole = np.stack([column(i) for i in range(count)], axis=-1)
    ends = np.cumsum([np.size(p) for p in task.params])[:-1]
    parts = np.split(whole, ends, axis=-1)
    shaped = [np.reshape(g, g.shape[:-1] + np.shape(p)) for g, p in zip(parts, task.params, strict=True)]
    return shaped[0] if len(shaped) == 1 else tuple(shaped)


def _step(x: Any, order: int) -> float:
    """The step that balances the error of the formula, h^2, against that of rounding, eps / h^order."""
    return float(np.finfo(float).eps ** (1.0 / (order + 2)) * max(1.0, float(np.max(np.abs(x), initial=0.0))))


def _difference_jvp(task: Task) -> Callable[[], Any]:
    f, params, tangents = task.numpy(), task.params, task.tangents
    h = _step(0.0, 1) / max(float(np.max(np.abs(v), initial=0.0)) for v in tangents)

    def run() -> Any:
        ahead = f(*[p + h * v for p, v in zip(params, tangents, strict=True)])
        return (ahead - f(*[p - h * v for p, v in zip(params, tangents, strict=True)])) / (2.0 * h)

    return run


def _difference_jacobian(task: Task) -> Callable[[], Any]:
    f, params = task.numpy(), task.params
    entries = np.concatenate([np.ravel(p) for p in params])

    def column(i: int) -> Any:
        h = _step(entries[i], 1)
        return (f(*_moved(params, [(i, h)])) - f(*_moved(params, [(i, -h)]))) / (2.0 * h)

    return lambda: _columns(task, column)


def _difference_hessian(task: Task) -> Callable[[], Any]:
    f, params = task.numpy(), task.params
    entries = np.concatenate([np.ravel(p) for p in params])

    def run() -> Any:
        n = len(entries)
        hessian = np.empty((n, n))
        for i, j in itertools.combinations_with_replacement(range(n), 2):
            hi, hj = _step(entries[i], 2), _step(entries[j], 2)
            total = sum(
                a * b * f(*_moved(params, [(i, a * hi), (j, b * hj)])) for a in (1.0, -1.0) for b in (1.0, -1.0)
            )
            hessian[i, j] = hessian[j, i] = total / (4.0 * hi * hj)
        return hessian

    return run


_TINY = 1e-30  # the error is h^2, and nothing is subtracted: as small as one likes


def _complex_jvp(task: Task) -> Callable[[], Any]:
    f, params, tangents = task.numpy(), task.params, task.tangents

    def run() -> Any:
        return np.imag(f(*[p + (1j * _TINY) * v for p, v in zip(params, tangents, strict=True)])) / _TINY

    return run


def _complex_jacobian(task: Task) -> Callable[[], Any]:
    f, params = task.numpy(), task.params
    return lambda: _columns(task, lambda i: np.imag(f(*_moved(params, [(i, 1j * _TINY)]))) / _TINY)


def _count(jvp: float, n: Callable[[int, int], float], hvp: Callable[[int], float], hessian: Callable[[int], float]) -> Any:
    """Expected cost, in evaluations, from those of a jvp, of first derivatives, of an hvp and of a Hessian.

    The factors are rounded from measurements of these problems: directions that travel together, many to a sweep,
    cost less than an evaluation each.
    """

    def directions(operator: str, inputs: int, outputs: int) -> float:
        if operator in ("gradient", "jacobian"):
            return n(inputs, outputs)
        return {"value": 1.0, "jvp": jvp, "hvp": hvp(inputs), "hessian": hessian(inputs)}[operator]

    return directions


#: Every method by its name, in the order of the tables; peers.py adds its own.
METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method(
            "hand", "a derivative written by hand in NumPy",
            dict.fromkeys(("jvp", "gradient", "jacobian", "hvp", "hessian"), _hand) | {"value": _value},
            _count(4.0, lambda n, m: 4.0, lambda n: 8.0, lambda n: 8.0),
        ),
        Method(
            "forward", "adkit, dual numbers (hvp, hessian: forward over forward)",
            {"jvp": _forward_jvp, "gradient": _forward_jacobian, "jacobian": _forward_jacobian,
             "hvp": _forward_hvp, "hessian": _forward_hessian},
            _count(2.5, lambda n, m: 0.8 * n, lambda n: 2.0 * n, lambda n: 0.6 * n * n),
        ),
        Method(
            "reverse", "adkit, a tape (hvp, hessian: forward over reverse)",
            {"jvp": _reverse_jvp, "gradient": _reverse_gradient, "jacobian": _reverse_jacobian,
             "hvp": _reverse_hvp, "hessian": _reverse_hessian},
            _count(4.0, lambda n, m: 4.0 + 0.6 * m, lambda n: 10.0, lambda n: 10.0 + 3.0 * n),
        ),
        Method(
            "difference", "central differences of values",
            {"jvp": _difference_jvp, "gradient": _difference_jacobian, "jacobian": _difference_jacobian,
             "hessian": _difference_hessian},
            _count(2.0, lambda n, m: 2.0 * n, lambda n: 0.0, lambda n: 2.0 * n * (n + 1)),
            {"jvp": 1e-5, "gradient": 1e-5, "jacobian": 1e-5, "hessian": 1e-3}, "inexact",
        ),
        Method(
            "complex-step", "imaginary parts at a complex step (analytic functions)",
            {"jvp": _complex_jvp, "gradient": _complex_jacobian, "jacobian": _complex_jacobian},
            _count(3.0, lambda n, m: 3.0 * n, lambda n: 0.0, lambda n: 0.0), caveat="for analytic functions only",
        ),
    )
}  # fmt: skip
