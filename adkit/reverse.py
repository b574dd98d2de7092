"""The drivers of reverse mode: vjp, grad, value_and_grad, jacrev."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import tree
from .arguments import (
    as_perturbation, call, check_argnums, check_callable, check_inputs, chunk_size, enter, is_label, match, named,
    number, outputs, own, positions, results, split_aux, strip, warn_independent,
)  # fmt: skip
from .counting import note
from .diagonal import Diagonal
from .errors import DerivativeError
from .levels import Boxed
from .tape import Tape, Var

__all__ = ["Pullback", "grad", "jacrev", "paired_transpose", "record", "value_and_grad", "vjp"]

_F64 = np.float64
_ONE = np.float64(1.0)


class _Recording:
    """A function run on a tape: its inputs, its outputs, and how to pull back through it."""

    __slots__ = ("boxed", "inputs", "tape", "values")

    def __init__(self) -> None:
        self.tape = Tape()
        self.inputs: list[Any] = []

    def box(self, primal: Any) -> Var:
        self.inputs.append(primal)
        return self.tape.leaf(primal)

    def pull(self, seeds: list[tuple[int, Any]], lead: tuple[int, ...]) -> list[Any]:
        """Cotangents of the inputs, for seeds at records; zeros where nothing arrives."""
        note("reverse", lead[0] if lead else 1, len(self.tape.records) - len(self.inputs))
        found = self.tape.sweep(seeds, len(self.inputs))
        return [np.zeros(lead + x.shape, x.dtype)[()] if d is None else d for d, x in zip(found, self.inputs, strict=True)]


def value_and_grad(
    f: Callable[..., Any], argnums: Any = 0, has_aux: bool = False, holomorphic: bool = False
) -> Callable[..., Any]:
    """A function that returns both the value and the gradient of ``f``, by one reverse sweep.

    Parameters
    ----------
    f : a function that returns one number, of shape ().
    argnums : the positional arguments to differentiate: an int gives a bare gradient, a tuple a tuple of them.
        Arguments may be trees (tuples, lists, dicts, dataclasses) of arrays; the gradient has the same form.
    has_aux : whether ``f`` returns ``(value, aux)``; the function then returns ``((value, aux), gradient)``.
    holomorphic : whether ``f`` is holomorphic, from complex to complex.

    Raises
    ------
    DerivativeError : if the value is no single number, or an argument is no floating-point array.

    Examples
    --------
    >>> import numpy as np
    >>> value, gradient = value_and_grad(lambda x: np.sum(x ** 2))(np.array([1.0, 2.0]))
    >>> float(value), gradient.tolist()
    (5.0, [2.0, 4.0])
    """
    check_callable(f, "grad")
    check_argnums(argnums, "grad")

    def value_and_gradient(*args: Any, **kw: Any) -> Any:
        tape = Tape()
        inputs: list[Any] = []

        def box(primal: Any) -> Var:
            inputs.append(primal)
            return tape.leaf(primal)

        try:
            places = positions(argnums, args, "grad", kw)
            boxed = list(args)
            ends = []
            for k in places:
                boxed[k] = enter(args[k], box, k, "grad")
                ends.append(len(inputs))
            if not inputs:
                check_inputs(inputs, args, places, "grad")
            y, aux = split_aux(call(f, boxed, kw, "grad"), has_aux, "grad")
            if type(y) is not Var:
                y = outputs(y)
            if type(y) is Var and y.level is tape:
                value = y.primal
                _check_scalar(value, holomorphic, inputs)
                one = _ONE if type(value) is _F64 else np.ones((), value.dtype)[()]
                note("reverse", 1, len(tape.records) - len(inputs))
                grads = tape.sweep([(y.index, one)], len(inputs))
            else:
                value = number(y, "grad")
                _check_scalar(value, holomorphic, inputs)
                grads = [None] * len(inputs)
            aux = strip(tape, aux) if has_aux else None
        finally:
            tape.forget()
        if any([d is None for d in grads]):
            _fill(grads, inputs, places, ends, f)
        own(grads)
        if type(argnums) is int and type(args[argnums]) is np.ndarray:
            gradient = grads[0]
        else:
            gradient = _split(grads, [args[k] for k in places], argnums)
        return ((value, aux) if has_aux else value), gradient

    return named(value_and_gradient, f, "value_and_grad")  # type: ignore[no-any-return]


def _fill(grads: list[Any], inputs: list[Any], places: tuple[int, ...], ends: list[int], f: Any) -> None:
    """Zeros for what nothing reached; a warning where that is a whole argument."""
    start = 0
    for k, end in zip(places, ends, strict=True):
        if end > start and all([d is None for d in grads[start:end]]):
            warn_independent("grad", f"argument {k}", f)
        start = end
    for k, d in enumerate(grads):
        if d is None:
            grads[k] = np.zeros(inputs[k].shape, inputs[k].dtype)[()]


def _split(values: list[Any], arguments: list[Any], argnums: Any) -> Any:
    """Leaves dealt out to trees shaped as the arguments; bare for an int ``argnums``."""
    if len(arguments) == 1 and len(values) == 1 and isinstance(arguments[0], (np.ndarray, np.generic, float, Boxed)):
        parts = [values[0]]
    else:
        supply = iter(values)
        parts = [tree.map_leaves(lambda x: None if tree.is_static(x) else next(supply), a) for a in arguments]
    return tuple(parts) if isinstance(argnums, (tuple, list)) else parts[0]


def _check_scalar(value: Any, holomorphic: bool, inputs: list[Any]) -> None:
    if type(value) is _F64 and not holomorphic:
        return
    if isinstance(value, (tuple, list, dict)) or value is None:
        number(value, "grad")
    if value.shape != ():
        raise DerivativeError(
            f"grad: the function returned an array of shape {value.shape}, not a single number. For all its partial "
            "derivatives use adkit.jacobian; for a weighted sum of them adkit.vjp; or return np.sum(...) of it"
        )
    if value.dtype.kind == "c" and not holomorphic:
        raise DerivativeError(
            "grad: the function returned a complex number. If it is holomorphic, pass holomorphic=True; otherwise "
            "differentiate its real part (np.real) and its imaginary part"
        )
    if holomorphic and (value.dtype.kind != "c" or any([x.dtype.kind != "c" for x in inputs])):
        raise DerivativeError("grad: holomorphic=True needs complex arguments and a complex result; pass x + 0j")
    if value.dtype.kind not in "fc":
        raise DerivativeError(f"grad: the function returned a number of type {value.dtype}, which has no derivative")


def grad(
    f: Callable[..., Any], argnums: Any = 0, has_aux: bool = False, holomorphic: bool = False
) -> Callable[..., Any]:
    """The gradient of a function that returns one number, by one reverse sweep.

    Parameters and errors are those of :func:`value_and_grad`; with ``has_aux`` the result is
    ``(gradient, aux)``.  For a real function of a complex ``z = x + iy`` the gradient is
    ``df/dx - i df/dy`` (the conjugate of the direction of steepest ascent), as in JAX and autograd.

    >>> import numpy as np
    >>> grad(np.sin)(0.0)
    np.float64(1.0)
    >>> grad(lambda x, y: x * y, argnums=(0, 1))(2.0, 3.0)
    (np.float64(3.0), np.float64(2.0))
    """
    both = value_and_grad(f, argnums, has_aux, holomorphic)

    def gradient(*args: Any, **kw: Any) -> Any:
        value, found = both(*args, **kw)
        return (found, value[1]) if has_aux else found

    return named(gradient, f, "grad")  # type: ignore[no-any-return]


class Pullback:
    """The linear map from cotangents of the outputs to cotangents of the inputs.

    It keeps its tape: it may be called any number of times, from any thread, and with boxes.
    ``ops`` is the number of recorded ops, ``nbytes`` the memory that the tape holds.
    """

    def __init__(self, run: Any, y: Any, arguments: tuple[Any, ...]) -> None:
        self._run, self._y, self._arguments = run, y, arguments
        self._shape = tree.map_leaves(lambda v: v.primal if isinstance(v, Var) and v.level is run.tape else v, y)

    @property
    def ops(self) -> int:
        """How many ops are recorded, the inputs not counted."""
        tape = self._run.tape
        return int(len(tape.records) - tape.dropped - len(self._run.inputs))

    @property
    def nbytes(self) -> int:
        """Bytes of all distinct arrays that the tape holds."""
        return int(self._run.tape.nbytes)

    def __call__(self, cotangent: Any) -> tuple[Any, ...]:
        """Pull one cotangent back: a tree like the output; returns a tuple, one entry a primal."""
        given = match(cotangent, self._shape, "the cotangent", "vjp")
        seeds = []
        for v, y in zip(given, [y for y in tree.leaves(self._y) if not is_label(y)], strict=True):
            primal = y.primal if isinstance(y, Boxed) and y.level is self._run.tape else number(y, "vjp")
            g = as_perturbation(v, primal, "the cotangent", "vjp")
            if isinstance(y, Var) and y.level is self._run.tape:
                seeds.append((y.index, g))
        found = own(self._run.pull(seeds, ()), tuple([g for _, g in seeds]))
        return tuple(_split(found, list(self._arguments), ()))

    def many(self, index: int, seeds: Any) -> list[Any]:
        """Pull many cotangents of one output leaf back at once: ``seeds`` has one leading axis."""
        return self._run.pull([(index, seeds)], seeds.shape[:1])  # type: ignore[no-any-return]


def record(f: Callable[..., Any], args: tuple[Any, ...], places: tuple[int, ...], kw: dict[str, Any],
            has_aux: bool, op: str, keeps: bool = False) -> tuple[Any, Any, Any]:  # fmt: skip
    """Run ``f`` on a tape that is kept, with ``keeps`` also what checkpoints forget: the recording, the output, the aux."""
    run, boxed = _Recording(), list(args)
    run.tape.keeps = keeps
    try:
        for k in places:
            boxed[k] = enter(args[k], run.box, k, op)
        check_inputs(run.inputs, args, places, op)
        y, aux = split_aux(call(f, boxed, kw, op), has_aux, op)
        y = results(y, op)
        aux = strip(run.tape, aux) if has_aux else None
    except BaseException:
        run.tape.forget()
        raise
    run.tape.close()
    return run, y, aux


def vjp(f: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """The value of ``f`` and its pullback, the vector-Jacobian product.

    Returns ``(y, pullback)``, with ``has_aux`` ``(y, pullback, aux)``.  ``pullback(cotangent)`` takes a tree
    like ``y`` and returns a tuple with the cotangent of each primal.

    >>> import numpy as np
    >>> y, pullback = vjp(lambda x: x ** 2, np.array([1.0, 2.0]))
    >>> pullback(np.array([1.0, 10.0]))[0].tolist()
    [2.0, 40.0]
    """
    check_callable(f, "vjp")
    if not primals:
        raise DerivativeError("vjp: give the primals after the function: vjp(f, x, ...)")
    run, y, aux = record(f, primals, tuple(range(len(primals))), {}, has_aux, "vjp")
    if not any([isinstance(v, Var) and v.level is run.tape for v in tree.leaves(y)]):
        warn_independent("vjp", "the primals", f)

    def value(v: Any) -> Any:
        if isinstance(v, Var) and v.level is run.tape:
            v = v.primal
        # The tape keeps its own: a caller who writes into the result must not change the pullback.
        return v.copy() if type(v) is np.ndarray else v

    pullback = Pullback(run, y, primals)
    out = tree.map_leaves(value, y)
    return (out, pullback, aux) if has_aux else (out, pullback)


def paired_transpose(pullback: Callable[..., Any], ys: Any, tangents: list[Any]) -> list[Any]:
    """Tangents of the results of a linear pullback, for tangents of its primals.

    A pullback g -> J'g is linear, so pairing it with the tangents, sum(J'g * xdot), is linear in g with
    gradient J xdot.
    """

    def paired(*g: Any) -> Any:
        total: Any = 0.0
        for d, t in zip(pullback(g), tangents, strict=True):
            if d is not None and t is not None:
                total = total + np.sum(d * t)
        return total

    zeros = [np.zeros(y.shape, y.dtype)[()] for y in ys]
    run, total, _ = record(paired, tuple(zeros), tuple(range(len(zeros))), {}, False, "vjp")
    if not (isinstance(total, Var) and total.level is run.tape):
        return zeros
    return run.pull([(total.index, np.ones((), total.dtype)[()])], ())  # type: ignore[no-any-return]


def jacrev(f: Callable[..., Any], argnums: Any = 0, has_aux: bool = False, chunk: int | None = None) -> Callable[..., Any]:
    """The Jacobian by reverse mode: one recording, then one cotangent per output entry, many at a time.

    The result has the form of the output, each leaf holding the form of the arguments, with arrays of shape
    ``output.shape + input.shape``.  ``chunk`` is the number of cotangents in one sweep (default: by measure).

    >>> import numpy as np
    >>> jacrev(lambda x: x * x[0])(np.array([2.0, 3.0])).tolist()
    [[4.0, 0.0], [3.0, 2.0]]
    """
    check_callable(f, "jacrev")
    check_argnums(argnums, "jacrev")

    def jacobian(*args: Any, **kw: Any) -> Any:
        places = positions(argnums, args, "jacrev", kw)
        run, y, aux = record(f, args, places, kw, has_aux, "jacrev")
        try:
            if not any([isinstance(v, Var) and v.level is run.tape for v in tree.leaves(y)]):
                warn_independent("jacrev", "the arguments", f)
            arguments = [args[k] for k in places]
            out = tree.map_leaves(lambda v: None if is_label(v) else _split(_rows(run, v, chunk), arguments, argnums), y)
        finally:
            run.tape.forget()
        return (out, aux) if has_aux else out

    return named(jacobian, f, "jacrev")  # type: ignore[no-any-return]


def _rows(run: _Recording, v: Any, chunk: int | None) -> list[Any]:
    """The Jacobian of one output leaf with respect to every input."""
    if not (isinstance(v, Var) and v.level is run.tape):
        return [np.zeros(v.shape + x.shape, x.dtype)[()] for x in run.inputs]
    y = v.primal
    if y.dtype.kind == "c" or any([x.dtype.kind == "c" for x in run.inputs]):
        raise DerivativeError("jacrev: the Jacobian of complex values is not defined here; split them into np.real and np.imag")
    if y.ndim == 0:
        return own(run.pull([(v.index, np.ones((), y.dtype)[()])], ()))
    n = y.size
    plain = not isinstance(y, Boxed) or getattr(y, "written", False)  # a number, or one in a program being written down
    if chunk is None and n and plain and y.dtype.kind == "f":
        width = chunk_size(n, max([y.size] + [x.size for x in run.inputs]))
        if width >= n:
            found = run.pull([(v.index, Diagonal(np.ones(y.shape, y.dtype)))], (n,))
            return own([np.reshape(d, y.shape + x.shape) for d, x in zip(found, run.inputs, strict=True)])
    width = chunk or chunk_size(n, max([y.size] + [x.size for x in run.inputs]))
    blocks = []
    for start in range(0, n, width):
        stop = min(start + width, n)
        seeds = np.zeros((stop - start, n), y.dtype)
        seeds[np.arange(stop - start), np.arange(start, stop)] = 1
        blocks.append(run.pull([(v.index, seeds.reshape((stop - start, *y.shape)))], (stop - start,)))
    if not blocks:
        return [np.zeros(y.shape + x.shape, x.dtype) for x in run.inputs]
    return own([
        np.reshape(np.concatenate(parts) if len(parts) > 1 else parts[0], y.shape + x.shape)
        for parts, x in zip(zip(*blocks, strict=True), run.inputs, strict=True)
    ])  # fmt: skip
