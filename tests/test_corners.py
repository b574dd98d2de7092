"""NumPy's corners: every place where ordinary NumPy code slips past a box, and what happens there."""

from __future__ import annotations

import copy
import math
import pickle
import warnings
from typing import Any

import numpy as np
import pytest

import adkit
from adkit.levels import Boxed

X = np.array([0.7, -1.3, 2.1])
X.flags.writeable = False


def _slopes(f: Any, x: Any) -> list[Any]:
    """The gradient in both modes, and the value of a function of one array that returns one number."""
    x = np.asarray(x, dtype=float)
    value, gradient = adkit.value_and_grad(f)(x)
    columns = [adkit.jvp(f, (x,), (e.reshape(x.shape),))[1] for e in np.eye(x.size)]
    return [value, gradient, np.reshape(columns, x.shape), adkit.jacfwd(f)(x)]


def _difference(f: Any, x: Any, h: float = 1e-6) -> np.ndarray:
    x = np.asarray(x, dtype=float)
    steps = [h * e.reshape(x.shape) for e in np.eye(x.size)]
    return np.reshape([(f(x + s) - f(x - s)) / (2 * h) for s in steps], x.shape)


def _agrees(f: Any, x: Any = X) -> None:
    """The unchanged NumPy function, its value and its derivative in both modes."""
    value, *gradients = _slopes(f, x)
    assert value == pytest.approx(float(f(np.asarray(x, dtype=float))), rel=1e-13)
    for gradient in gradients:
        np.testing.assert_allclose(gradient, _difference(f, x), rtol=1e-7, atol=1e-8)


def _boxes() -> list[Any]:
    """One box of either mode, for questions that need no derivative."""
    found: list[Any] = []

    def f(x: Any) -> Any:
        found.append(x)
        return np.sum(x)

    adkit.grad(f)(X)
    adkit.jvp(f, (X,), (X,))
    return found


def _within(ask: Any, x: Any = X) -> list[Any]:
    """What ``ask(box)`` answers inside either mode, and on the plain array."""
    answers: list[Any] = []

    def f(v: Any) -> Any:
        answers.append(ask(v))
        return np.sum(v)

    adkit.grad(f)(x)
    adkit.jvp(f, (x,), (np.ones_like(x),))
    answers.append(ask(x))
    return answers


def _refused(f: Any, error: Any, match: str, x: Any = X) -> None:
    """In both modes the call ends with this error."""
    for run in (lambda: adkit.grad(f)(x), lambda: adkit.jvp(f, (x,), (np.ones_like(x),)), lambda: adkit.jacfwd(f)(x)):
        with pytest.raises(error) as caught:
            run()
        text = "\n".join([str(caught.value), *getattr(caught.value, "__notes__", [])])
        assert match in text, text


# object arrays -----------------------------------------------------------------------------------------

LIFTED = {
    "np.array of boxes": lambda x: np.sum(np.array([x[1], -x[0] * x[2]]) * 2.0),
    "np.array as the result": lambda x: np.array([x[0] * x[1], np.sin(x[2])]).sum(),
    "np.array of boxes and numbers": lambda x: np.sum(np.array([x[1], 1.0, x[0]]) * np.array([1.0, 2.0, 3.0]) * x),
    "np.array of rows": lambda x: np.sum(np.array([[x[0], x[1]], [x[2], x[0] * x[1]]]) @ x[:2]),
    "np.array of a box": lambda x: np.sum(np.array(x) * x),
    "np.asarray of a list": lambda x: np.dot(np.asarray([x[2], x[1], x[0]]), x),
    "np.asarray of a box": lambda x: np.sum(np.asarray(x) * np.asarray(x)),
    "np.full": lambda x: np.sum(np.full(3, x[0]) * x),
    "np.zeros of objects": lambda x: _filled(np.zeros(3, dtype=object), x),
    "np.empty of objects": lambda x: _filled(np.empty(3, dtype=object), x),
    "np.r_": lambda x: np.sum(np.r_[x[0], x[1], x[2]] * x),
    "np.r_ of slices": lambda x: np.sum(np.r_[x[:2], x[1:]] ** 2),
    "np.c_": lambda x: np.sum(np.c_[x[0], x[1]] @ x[:2]),
    "np.vectorize": lambda x: np.sum(np.vectorize(lambda v: v * v + 1, otypes=[object])(x) * x),
    "ufunc of an object array": lambda x: np.sum(np.sin(np.array([x[0], x[1]]))),
    "exp of an object array": lambda x: np.sum(np.exp(np.array([x[0], x[1]])) * x[2]),
    "A @ array": lambda x: np.sum((np.arange(6.0).reshape(2, 3) @ np.array([x[2], x[1] * x[0], x[0]])) ** 2),
    "array @ A": lambda x: np.sum((np.array([x[2], x[1] * x[0]]) @ np.arange(6.0).reshape(2, 3)) ** 2),
    "array @ box": lambda x: np.array([x[2], x[1] * x[0], x[0]]) @ x,
    "box @ array": lambda x: x @ np.array([x[2], x[1] * x[0], x[0]]),
    "norm": lambda x: np.linalg.norm(np.array([x[1], x[0] * 2, x[2]])),
    "dot": lambda x: np.dot(np.array([x[1], x[0]]), np.array([3.0, 4.0])),
    "dot of two": lambda x: np.dot(np.array([x[1], x[0]]), np.array([x[2], x[0]])),
    "max": lambda x: np.max(np.array([x[1], x[0] * 2, x[2] * x[0]])),
    "where": lambda x: np.sum(np.where(np.array([True, False]), np.array([x[1], x[0]]), np.array([x[2] ** 2, x[0] ** 2]))),
    "concatenate": lambda x: np.sum(np.concatenate([np.array([x[1], x[0]]), x]) ** 2),
    "concatenate of two": lambda x: np.sum(np.concatenate([np.array([x[1]]), np.array([x[0], x[2]])]) ** 3),
    "stack": lambda x: np.sum(np.stack([np.array([x[1], x[0]]), np.array([x[0], x[2]])]) ** 3),
    "sum": lambda x: np.sum(np.array([x[1], x[0] * x[2]])),
    "reshape and transpose": lambda x: np.sum(np.array([x[0], x[1], x[2], x[0]]).reshape(2, 2).T @ x[:2]),
    "index": lambda x: np.array([x[0] * 2, x[1]])[0] * x[1],
    "box over array": lambda x: np.sum(x / np.array([x[1], x[2], x[0]])),
    "array over box": lambda x: np.sum(np.array([x[1], x[2], x[0]]) / x),
    "outer": lambda x: np.sum(np.outer(np.array([x[0], x[1]]), x)),
    "list comprehension": lambda x: np.sum(np.array([v * v for v in x]) * x),
    "nested lists of floats and boxes": lambda x: np.sum(np.array([[1.0, x[0]], [x[1], 0.0]]) @ np.array([x[2], 1.0])),
    "a list times a box": lambda x: np.sum([1.0, 2.0, 3.0] * x) + np.sum(x - [0.5, 0.5, 0.5]),
    "a list of boxes in a sum": lambda x: np.sum([x[0], x[1] * x[2]]),
    "a list of boxes in dot": lambda x: np.dot([x[0], x[1]], [x[2], 3.0]),
    "a list of boxes times a box": lambda x: np.sum(x * [x[1], x[2], x[0]]),
    "builtin sum": lambda x: sum([v**2 for v in x]),
    "builtin max": lambda x: max(x) * min(x),
    "abs": lambda x: np.sum(np.abs(np.array([x[0], x[1]]))),
    "arrays in an array": lambda x: np.sum(np.array([x, x * x, [1.0, 2.0, 3.0]]) @ x),
    "sign, which leaves plain numbers": lambda x: np.sum(x[:2] * np.sign(np.array([x[0], x[1]]))),
    "floor": lambda x: np.sum(x[:2] * np.floor(np.array([x[0], x[1]]))),
    "einsum": lambda x: np.einsum("i,i", np.array([x[1], x[0] * x[2]]), np.array([2.0, 3.0])),
    "cumsum": lambda x: np.sum(np.cumsum(np.array([x[1], x[0] * x[2]])) ** 2),
    "prod": lambda x: np.prod(np.array([x[1], x[0] * x[2]])),
    "sort": lambda x: np.sort(np.array([x[1], x[0] * x[2]]))[0] ** 2,
    "argmax": lambda x: x[np.argmax(np.array([x[1], x[0]]))] ** 2,
    "clip": lambda x: np.sum(np.clip(np.array([x[1], x[0]]), -1.0, 3.0) ** 2),
    "complex": lambda x: np.abs(np.sum(np.array([x[0], x[1] * 1j]))),
}  # fmt: skip


def _filled(cells: Any, x: Any) -> Any:
    for i in range(3):
        cells[i] = x[i] * x[(i + 1) % 3]
    return np.sum(cells * x)


@pytest.mark.parametrize("name", LIFTED)
def test_object_arrays_are_lifted(name: str) -> None:
    _agrees(LIFTED[name])


@pytest.mark.parametrize(
    "name", ["np.array of rows", "A @ array", "norm", "np.zeros of objects", "np.vectorize", "where"]
)
def test_object_arrays_are_lifted_at_second_order(name: str) -> None:
    f = LIFTED[name]
    H = adkit.hessian(f)(X)
    want = np.stack([(adkit.grad(f)(X + 1e-6 * e) - adkit.grad(f)(X - 1e-6 * e)) / 2e-6 for e in np.eye(3)])
    np.testing.assert_allclose(H, want, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(adkit.jacrev(adkit.jacfwd(f))(X), want, rtol=1e-5, atol=1e-7)


def test_an_object_array_as_the_result_of_every_driver() -> None:
    def f(y: Any) -> Any:
        return np.array([y[1], -y[0] * y[1]])

    y = np.array([2.0, 3.0])
    J = np.array([[0.0, 1.0], [-3.0, -2.0]])
    np.testing.assert_array_equal(adkit.jacfwd(f)(y), J)
    np.testing.assert_array_equal(adkit.jacrev(f)(y), J)
    np.testing.assert_array_equal(adkit.jacobian(f)(y), J)
    value, tangent = adkit.jvp(f, (y,), (np.array([1.0, 10.0]),))
    assert value.dtype == float
    assert tangent.dtype == float
    np.testing.assert_array_equal(tangent, J @ [1.0, 10.0])
    value, pullback = adkit.vjp(f, y)
    assert value.dtype == float
    np.testing.assert_array_equal(pullback(np.array([1.0, 10.0]))[0], [1.0, 10.0] @ J)
    np.testing.assert_array_equal(adkit.linearize(f, y)[1](np.array([1.0, 10.0])), J @ [1.0, 10.0])


def test_an_object_array_in_a_container_as_the_result() -> None:
    out = adkit.jacrev(lambda x: {"a": [np.array([x[0], x[1] * x[2]])]})(X)
    np.testing.assert_allclose(out["a"][0], [[1, 0, 0], [0, X[2], X[1]]])


def test_an_object_array_as_an_argument_of_an_inner_driver() -> None:
    def f(x: Any) -> Any:
        return np.sum(adkit.grad(lambda u: np.sum(u**3))(np.array([x[0], x[1]])))

    np.testing.assert_allclose(adkit.grad(f)(X), [6 * X[0], 6 * X[1], 0])
    np.testing.assert_allclose(adkit.jacfwd(f)(X), [6 * X[0], 6 * X[1], 0])


def test_scipys_rosenbrock_function_unchanged() -> None:
    optimize = pytest.importorskip("scipy.optimize")
    x = np.array([1.3, 0.7, 0.8, 1.9, 1.2])
    value, gradient = adkit.value_and_grad(optimize.rosen)(x)
    assert value == pytest.approx(optimize.rosen(x), rel=1e-14)
    np.testing.assert_allclose(gradient, optimize.rosen_der(x), rtol=1e-12)
    np.testing.assert_allclose(adkit.jacfwd(optimize.rosen)(x), optimize.rosen_der(x), rtol=1e-12)
    np.testing.assert_allclose(adkit.hessian(optimize.rosen)(x), optimize.rosen_hess(x), rtol=1e-12, atol=1e-10)
    np.testing.assert_allclose(adkit.hvp(optimize.rosen, x, x), optimize.rosen_hess(x) @ x, rtol=1e-12)


def test_more_than_1000_elements_warn_and_name_the_remedy() -> None:
    def f(x: Any) -> Any:
        return np.sum(np.asarray(x) * 2.0)

    for run in (adkit.grad(f), adkit.jacfwd(f, chunk=50)):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            small = run(np.ones(1000) if run.__name__.startswith("grad") else np.ones(30))
        assert not caught
        np.testing.assert_allclose(small, 2.0)
    with pytest.warns(adkit.AdkitWarning, match=r"1001 .*np\.stack.*adkit\.numpy\.array"):
        np.testing.assert_allclose(adkit.grad(f)(np.ones(1001)), 2.0)


# what fails, fails loudly ----------------------------------------------------------------------------------

LOUD = {
    "a mixed object array in a ufunc": (lambda x: np.sum(np.sin(np.array([x[0], 1.0]))), TypeError, "np.stack"),
    "np.linalg.inv of an object array": (lambda x: _inverse(x), Exception, "np.stack"),
    "np.linalg.det of an object array": (lambda x: _determinant(x), Exception, "np.stack"),
    "a numeric type": (lambda x: np.array([x[0], x[1]], dtype=float).sum(), adkit.DerivativeError, "adkit.numpy"),
    "a numeric type of the whole": (lambda x: np.asarray(x, dtype=float).sum(), adkit.DerivativeError, "adkit.numpy"),
    "np.full of floats": (lambda x: np.full(3, x[0], dtype=float).sum(), adkit.AdkitError, ""),
    "one entry of a plain array": (lambda x: _assigned(x, 0), adkit.DerivativeError, "adkit.numpy.zeros"),
    "a slice of a plain array": (lambda x: _assigned(x, slice(0, 2)), adkit.DerivativeError, "adkit.numpy"),
    "a 2-d entry of a plain array": (lambda x: _assigned_2d(x), adkit.DerivativeError, "adkit.numpy.zeros"),
    "fill": (lambda x: np.zeros(3).fill(x[0]), adkit.DerivativeError, "adkit.numpy"),
    "math.sin": (lambda x: math.sin(x[0]), adkit.DerivativeError, "np.sin, not math.sin"),
    "float": (lambda x: float(x[0]), adkit.DerivativeError, "float"),
    "int": (lambda x: int(x[0]), adkit.DerivativeError, "adkit.stop_gradient"),
    "complex": (lambda x: complex(x[0]), adkit.DerivativeError, "x + 0j"),
    "index": (lambda x: [1, 2, 3][x[0]], adkit.DerivativeError, "adkit.stop_gradient"),
    "range": (lambda x: range(x[0]), adkit.DerivativeError, "adkit.stop_gradient"),
    "a box as an index of an array": (lambda x: np.arange(9.0)[x[0]], IndexError, "stop_gradient"),
    "item assignment": (lambda x: x.__setitem__(0, 1.0), adkit.DerivativeError, "np.where"),
    "in-place into a plain array": (lambda x: _in_place(x), adkit.UnsupportedError, "a = a + x"),
    "out=": (lambda x: np.sin(x, out=np.zeros(3)), adkit.UnsupportedError, "out="),
    "out= of a reduction": (lambda x: np.sum(x, out=np.zeros(())), adkit.UnsupportedError, "out="),
    "out= a box": (lambda x: np.sin(np.ones(3), out=x), adkit.UnsupportedError, "out="),
    "where=": (lambda x: np.sin(x, where=np.array([True, False, True])), adkit.UnsupportedError, "np.where"),
    "at": (lambda x: np.add.at(np.zeros(3), [0, 1, 2], x), adkit.UnsupportedError, "add.at"),
    "at of a box": (lambda x: np.add.at(x, [0], 1.0), adkit.UnsupportedError, "add.at"),
    "reduceat": (lambda x: np.add.reduceat(x, [0, 2]), adkit.UnsupportedError, "reduceat"),
    "np.copyto": (lambda x: np.copyto(np.zeros(3), x), adkit.UnsupportedError, "copyto"),
    "np.full_like of a box": (lambda x: np.sum(np.full_like(np.zeros(3), x[0])), adkit.UnsupportedError, "full_like"),
    "np.put": (lambda x: np.put(np.zeros(3), [0], x[0]), adkit.UnsupportedError, "put"),
    "frompyfunc": (lambda x: np.frompyfunc(lambda v: v * v, 1, 1)(x), adkit.UnsupportedError, "rule"),
    "pickle": (lambda x: pickle.dumps(x), adkit.DerivativeError, "pickled"),
    "truth of many": (lambda x: 1.0 if x > 0 else 2.0, ValueError, "ambiguous"),
    "truth of a box of many": (lambda x: 1.0 if x else 2.0, ValueError, "ambiguous"),
    "len of a 0-d box": (lambda x: len(x[0]), TypeError, "0-d"),
    "iteration over a 0-d box": (lambda x: list(x[0]), TypeError, "0-d"),
    "np.full of objects": (lambda x: np.full(3, x[0], dtype=object), adkit.UnsupportedError, "adkit.numpy.full"),
    "three-argument pow": (lambda x: pow(x[0], 2, 3), TypeError, ""),
    "shapes that do not broadcast": (lambda x: np.sum(x + np.ones(2)), ValueError, "broadcast"),
    "an index out of range": (lambda x: x[5], IndexError, "out of bounds"),
    "an unknown attribute": (lambda x: x.no_such_thing, AttributeError, "no_such_thing"),
    "an array attribute without meaning": (lambda x: x.strides, AttributeError, "strides"),
}  # fmt: skip


def _assigned(x: Any, index: Any) -> Any:
    out = np.zeros(3)
    out[index] = x[index]
    return np.sum(out)


def _assigned_2d(x: Any) -> Any:
    out = np.zeros((2, 2))
    out[1, 0] = x[0] * x[1]
    return np.sum(out)


def _inverse(x: Any) -> Any:
    return np.sum(np.linalg.inv(np.array([[x[0], x[1]], [x[1], x[2]]])))


def _determinant(x: Any) -> Any:
    return np.linalg.det(np.array([[x[0], x[1]], [x[1], x[2]]]))


def _in_place(x: Any) -> Any:
    total = np.zeros(3)
    total += x
    return np.sum(total)


@pytest.mark.parametrize("name", LOUD)
def test_what_fails_fails_loudly(name: str) -> None:
    f, error, match = LOUD[name]
    _refused(f, error, match)


def test_assignment_into_a_plain_array_keeps_numpys_error_as_context() -> None:
    with pytest.raises(adkit.DerivativeError) as caught:
        adkit.grad(lambda x: _assigned(x, 0))(X)
    assert isinstance(caught.value.__cause__, (ValueError, TypeError))


def test_a_refused_truth_value_of_many_names_the_remedy() -> None:
    """``bool`` of one value is defined; of several it is NumPy's own error, never a silent choice."""
    assert _within(lambda x: bool(x[0]))[:2] == [True, True]
    assert _within(lambda x: bool(x[0] > 1.0))[:2] == [False, False]


# ufunc methods that are supported ------------------------------------------------------------------------------

SUPPORTED_METHODS = {
    "add.reduce": lambda x: np.add.reduce(x * x),
    "add.reduce of rows": lambda x: np.sum(np.add.reduce(np.reshape(np.concatenate([x, x]), (2, 3))) ** 2),
    "multiply.reduce": lambda x: np.multiply.reduce(x),
    "maximum.reduce": lambda x: np.maximum.reduce(x * x),
    "minimum.reduce": lambda x: np.minimum.reduce(x * x),
    "add.accumulate": lambda x: np.sum(np.add.accumulate(x) ** 2),
    "multiply.accumulate": lambda x: np.sum(np.multiply.accumulate(x) ** 2),
    "multiply.outer": lambda x: np.sum(np.multiply.outer(x, x[:2]) ** 2),
    "add.outer": lambda x: np.sum(np.add.outer(x, np.array([1.0, 2.0])) ** 2),
    "subtract.outer": lambda x: np.sum(np.subtract.outer(np.array([1.0, 2.0]), x) ** 2),
    "power.outer": lambda x: np.sum(np.power.outer(np.abs(x), np.array([1.0, 2.0]))),
}


@pytest.mark.parametrize("name", SUPPORTED_METHODS)
def test_ufunc_methods(name: str) -> None:
    _agrees(SUPPORTED_METHODS[name])


def test_a_ufunc_with_harmless_keywords() -> None:
    _agrees(lambda x: np.sum(np.multiply(x, x, casting="same_kind")))
    _agrees(lambda x: np.sum(np.sin(x, dtype=np.float64)))
    _agrees(lambda x: np.sum(np.sin(x, out=None)))
    _agrees(lambda x: np.sum(np.sin(x, where=True)))
    assert adkit.grad(lambda x: np.sum(np.multiply(x, x, dtype=np.float32)))(X).dtype == np.float64


# Python's protocols -----------------------------------------------------------------------------------------------

PROTOCOLS = {
    "abs": lambda x: np.sum(abs(x)),
    "round": lambda x: np.sum(round(x[0]) * x),
    "round to digits": lambda x: np.sum(round(x[0], 1) * x),
    "divmod": lambda x: np.sum(divmod(x, 0.4)[1] * divmod(x, 0.4)[0]),
    "np.divmod": lambda x: np.sum(np.divmod(x, 0.4)[1] * np.divmod(x, 0.4)[0]),
    "divmod by a box": lambda x: divmod(5.0, x[0])[1],
    "math.floor": lambda x: math.floor(x[0]) * x[1],
    "math.ceil": lambda x: math.ceil(x[0]) * x[1],
    "math.trunc": lambda x: math.trunc(x[2]) * x[1],
    "negation": lambda x: np.sum(-x * x),
    "plus": lambda x: np.sum(+x * x),
    "floor division": lambda x: np.sum((x // 0.4) * x),
    "floor division by a box": lambda x: (5.0 // x[0]) * x[1],
    "remainder": lambda x: np.sum(x % 0.4),
    "remainder by a box": lambda x: 5.0 % x[2],
    "power 2": lambda x: np.sum(x**2),
    "power 3": lambda x: np.sum(x**3),
    "power -1": lambda x: np.sum(x**-1),
    "power 0.5": lambda x: np.sum(abs(x) ** 0.5),
    "power 0": lambda x: np.sum(x**0 * x),
    "power 1": lambda x: np.sum(x**1 * x),
    "power of a box": lambda x: np.sum(abs(x) ** x),
    "a number to a box": lambda x: np.sum(2.0**x),
    "an int to a box": lambda x: np.sum(2**x),
    "pow": lambda x: np.sum(pow(x, 2)),
    "matmul": lambda x: x @ x,
    "matrix on the left": lambda x: np.sum((np.arange(6.0).reshape(2, 3) @ x) ** 2),
    "list on the left": lambda x: [1.0, 2.0, 3.0] @ x,
    "int on the left": lambda x: np.sum((3 - x) * (2 * x) + 1 / x),
    "bool on the left": lambda x: np.sum(True * x * x + False),
    "int array": lambda x: np.sum(np.array([1, 2, 3]) * x * np.array([1, 2, 3])),
    "bool array": lambda x: np.sum(np.array([True, False, True]) * x * x),
    "np.float64": lambda x: np.sum(np.float64(2.0) * x * x / np.float64(3.0)),
    "np.int64": lambda x: np.sum(np.int64(2) * x * x - np.int64(3)),
    "0-d array": lambda x: np.sum(np.array(2.0) * x * x + np.array(1.0) - np.asarray(0.5) / x),
    "augmented": lambda x: _augmented(x),
    "copy": lambda x: np.sum(copy.copy(x) * copy.deepcopy(x)),
    "deepcopy of a container": lambda x: np.sum(copy.deepcopy({"w": [x]})["w"][0] ** 2),
    "unpacking": lambda x: (lambda a, b, c: a * b + c)(*x),
    "enumerate and zip": lambda x: sum([i * a * b for i, (a, b) in enumerate(zip(x, x[::-1], strict=True))]),
    "reversed": lambda x: sum([v * (k + 1) for k, v in enumerate(reversed(x))]),
    "len": lambda x: np.sum(x * x) / len(x),
    "in": lambda x: np.sum(x * x) if 0.7 in [0.7] else x[0],
    "comparison": lambda x: np.sum((x > 0) * x * x),
    "mask": lambda x: np.sum(x[x > 0] ** 2),
    "chained comparison": lambda x: x[0] if 0 < x[0] < 1 else x[1],
    "sorted": lambda x: sorted(x)[0] * 2 + sorted(x)[2] ** 2,
    "negative index": lambda x: x[-1] * x[-2],
    "slice with a step": lambda x: np.sum(x[::-2] ** 2),
    "fancy index": lambda x: np.sum(x[[0, 0, 2]] ** 2),
    "new axis": lambda x: np.sum(x[:, None] * x[None, :] * np.arange(9.0).reshape(3, 3)),
    "ellipsis": lambda x: np.sum(x[...] ** 2),
    "flat": lambda x: sum(v * v for v in x.flat),
    "tolist": lambda x: sum(v * v for v in x.tolist()),
    "item": lambda x: x.item(1) * x[0].item(),
}


def _augmented(x: Any) -> Any:
    y = x + 1.0
    y *= x
    y -= 0.5
    y /= 2.0
    y **= 2
    return np.sum(y)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_pythons_operators_and_protocols(name: str) -> None:
    _agrees(PROTOCOLS[name])


def test_augmented_assignment_rebinds() -> None:
    """The name moves on; the value that others hold stays what it was."""
    kept: list[Any] = []

    def f(x: Any) -> Any:
        y = x
        y += 1.0
        kept.append((x is not y, np.array_equal(x, X)))
        return np.sum(y * x)

    np.testing.assert_allclose(adkit.grad(f)(X), 2 * X + 1)
    np.testing.assert_allclose(adkit.jacfwd(f)(X), 2 * X + 1)
    assert kept[0] == (True, True)


def test_copies_of_a_box_are_the_box() -> None:
    assert _within(lambda x: copy.copy(x) is x and copy.deepcopy(x) is x)[:2] == [True, True]


def test_format_and_repr_show_the_primal_and_mark_it() -> None:
    for box in _boxes():
        assert repr(X) in repr(box)
        assert type(box).__name__ in repr(box)
        assert type(box).__name__ in str(box)
    for text in _within(lambda x: f"{x[0]:.2f}")[:2]:
        assert "0.70" in text
        assert text != "0.70"
    assert all("0.7" in text for text in _within(lambda x: f"{x}"))
    assert all("0.7" in text for text in _within(lambda x: "%s" % x))  # noqa: UP031


def test_comparisons_give_plain_arrays() -> None:
    for compare in (  # the reflected forms are meant
        lambda x: x < 0.7, lambda x: x <= 0.7, lambda x: x > 0.7, lambda x: x >= 0.7, lambda x: x == 0.7,
        lambda x: x != 0.7, lambda x: 0.7 < x, lambda x: 0.7 <= x,  # noqa: SIM300
        lambda x: 0.7 > x, lambda x: 0.7 >= x,  # noqa: SIM300
        lambda x: 0.7 == x, lambda x: x == x,  # noqa: SIM300
        lambda x: x < x[::-1], lambda x: np.less(x, 0.7),
        lambda x: np.array([0.7, 0.0, 0.0]) < x, lambda x: x > [0.7, 0.0, 0.0], lambda x: np.equal(x, x),
        lambda x: np.logical_and(x > 0, x < 1), lambda x: np.isfinite(x), lambda x: np.isnan(x),
        lambda x: np.isclose(x, 0.7), lambda x: np.signbit(x), lambda x: np.float64(0.7) < x,
    ):  # fmt: skip
        *answers, want = _within(compare)
        for got in answers:
            assert type(got) is np.ndarray
            assert got.dtype == bool
            np.testing.assert_array_equal(got, want)


def test_comparison_of_boxes_of_two_levels() -> None:
    def f(x: Any) -> Any:
        return adkit.grad(lambda y: y * (1.0 if bool(y > x) else x) * (1.0 if bool(x < y) else 2.0))(2.0)

    assert adkit.grad(lambda x: f(x) * x)(1.0) == 1.0
    assert adkit.grad(lambda x: f(x) * x)(3.0) == 12.0


def test_a_box_is_no_ndarray() -> None:
    assert _within(lambda x: isinstance(x, np.ndarray)) == [False, False, True]
    assert _within(lambda x: isinstance(x, Boxed)) == [True, True, False]


def test_equality_with_none_and_text() -> None:
    for box in _boxes():
        assert box is not None
    assert _within(lambda x: bool(np.any(x == None)))[:2] == [False, False]  # noqa: E711


def test_membership_and_hash() -> None:
    assert _within(lambda x: 0.7 in x)[:2] == [True, True]
    assert _within(lambda x: 0.8 in x)[:2] == [False, False]
    assert _within(lambda x: x[1] in x)[:2] == [True, True]
    for box in _boxes():
        assert {box: 1}[box] == 1


def test_attributes() -> None:
    A = np.arange(6.0).reshape(2, 3)
    for ask in (
        lambda x: x.shape, lambda x: x.ndim, lambda x: x.size, lambda x: x.dtype, lambda x: x.nbytes,
        lambda x: x.itemsize, lambda x: len(x), lambda x: x.T.shape, lambda x: x.mT.shape, lambda x: x.real.shape,
        lambda x: np.shape(x), lambda x: np.ndim(x), lambda x: np.size(x), lambda x: x.argmax(),
        lambda x: x.argmin(axis=1).tolist(),
        lambda x: np.argmax(x), lambda x: np.argsort(x, axis=None).tolist(), lambda x: bool(x.any()), lambda x: bool(x.all()),
        lambda x: np.result_type(x, np.float32), lambda x: np.iscomplexobj(x), lambda x: [a.tolist() for a in x.nonzero()],
        lambda x: np.zeros_like(x).tolist(), lambda x: np.ones_like(x).shape, lambda x: np.empty_like(x).shape,
        lambda x: np.count_nonzero(x), lambda x: np.isscalar(x), lambda x: x.searchsorted is not None,
    ):  # fmt: skip
        a, b, want = _within(ask, A)
        assert a == want
        assert b == want


METHODS = {
    "sum": lambda x: x.sum() ** 2, "sum over an axis": lambda x: np.sum(x.sum(axis=0) ** 2),
    "sum with keepdims": lambda x: np.sum(x.sum(axis=1, keepdims=True) * x), "prod": lambda x: x.prod(),
    "mean": lambda x: np.sum(x.mean(axis=1) ** 2), "std": lambda x: x.std(), "var": lambda x: x.var(axis=0).sum(),
    "std with ddof": lambda x: x.std(ddof=1), "min": lambda x: x.min() ** 2, "max": lambda x: x.max(axis=0).sum(),
    "cumsum": lambda x: np.sum(x.cumsum() ** 2), "cumsum over an axis": lambda x: np.sum(x.cumsum(axis=1) ** 2),
    "cumprod": lambda x: np.sum(x.cumprod(axis=1)), "dot": lambda x: np.sum(x.dot(np.ones(3)) ** 2),
    "dot of boxes": lambda x: np.sum(x.dot(x.T)), "ravel": lambda x: np.sum(x.ravel()[1:] ** 2),
    "flatten": lambda x: np.sum(x.flatten()[1:] ** 2), "reshape": lambda x: np.sum(x.reshape(3, 2)[0] ** 2),
    "reshape of a tuple": lambda x: np.sum(x.reshape((3, -1))[1] ** 2),
    "reshape in Fortran's order": lambda x: np.sum(x.reshape(3, 2, order="F")[0] ** 2),
    "transpose": lambda x: np.sum(x.transpose()[0] ** 2), "transpose of axes": lambda x: np.sum(x.transpose(1, 0)[0] ** 2),
    "transpose of a tuple": lambda x: np.sum(x.transpose((1, 0))[0] ** 2), "T": lambda x: np.sum(x.T[0] ** 2),
    "mT": lambda x: np.sum(x.mT[0] ** 2), "swapaxes": lambda x: np.sum(x.swapaxes(0, 1)[0] ** 2),
    "squeeze": lambda x: np.sum(x[:, None].squeeze()[1] ** 2), "repeat": lambda x: np.sum(x.repeat(2, axis=0) ** 2),
    "clip": lambda x: np.sum(x.clip(-1, 1) ** 2), "trace": lambda x: (x[:, :2] @ x[:, :2]).trace(),
    "diagonal": lambda x: np.sum(x.diagonal() ** 2), "take": lambda x: np.sum(x.take([0, 2, 2]) ** 2),
    "take over an axis": lambda x: np.sum(x.take([0, 2], axis=1) ** 2), "astype": lambda x: np.sum(x.astype(np.float64) ** 2),
    "copy": lambda x: np.sum(x.copy() ** 2), "conj": lambda x: np.sum(x.conj() ** 2), "real": lambda x: np.sum(x.real**2),
    "round": lambda x: np.sum(x.round() * x),
    "item": lambda x: x.item(1, 2) ** 2, "compress": lambda x: np.sum(x.compress([True, False], axis=0) ** 2),
}  # fmt: skip
_MATRIX = np.array([[0.4, -0.7, 1.2], [2.1, 0.3, -1.6]])


@pytest.mark.parametrize("name", METHODS)
def test_methods(name: str) -> None:
    _agrees(METHODS[name], _MATRIX)


# operands of every kind -----------------------------------------------------------------------------------------------

OPERATORS = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "/": lambda a, b: a / b,
    "**": lambda a, b: a**b, "%": lambda a, b: a % b, "maximum": np.maximum, "arctan2": np.arctan2, "hypot": np.hypot,
}  # fmt: skip
OPERANDS = {
    "int": 3, "float": 2.5, "bool": True, "np.float64": np.float64(2.5), "np.float32": np.float32(2.5), "np.int32": np.int32(3),
    "np.bool": np.True_, "0-d": np.array(2.5), "floats": np.array([0.8, 1.7, 2.2]), "ints": np.array([3, 1, 2]),
    "float32": np.array([0.75, 1.5, 2.25], dtype=np.float32), "list": [0.8, 1.7, 2.2], "tuple": (0.8, 1.7, 2.2),
    "column": np.array([[0.8], [1.7]]), "uint8": np.array([3, 1, 2], dtype=np.uint8),
}  # fmt: skip


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("operand", OPERANDS)
def test_an_operator_with_every_kind_of_operand(operator: str, operand: str) -> None:
    op, c = OPERATORS[operator], OPERANDS[operand]
    x = np.array([0.63, 1.13, 1.87])
    forms = [lambda x: np.sum(op(x, c)), lambda x: np.sum(op(c, x))]
    if not isinstance(c, (list, tuple)):  # NumPy itself refuses to multiply a list by a scalar
        forms += [lambda x: np.sum(op(x[0], c)), lambda x: np.sum(op(c, x[1]))]
    for f in forms:
        *gradients, want = (*_slopes(f, x)[1:], _difference(f, x))
        for gradient in gradients:
            assert gradient.dtype == np.float64
            np.testing.assert_allclose(gradient, want, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("operand", OPERANDS)
def test_types_are_numpys_own(operator: str, operand: str) -> None:
    """float32 stays float32 beside Python numbers, and widens beside what NumPy widens it for."""
    op, c = OPERATORS[operator], OPERANDS[operand]
    x = np.array([0.6, 1.1, 1.9], dtype=np.float32)
    for f in (lambda x: op(x, c), lambda x: op(c, x)):
        want = np.asarray(f(x))
        y, ydot = adkit.jvp(f, (x,), (np.ones_like(x),))
        assert (y.dtype, ydot.dtype) == (want.dtype, want.dtype)
        assert (y.shape, ydot.shape) == (want.shape, want.shape)
        y, pullback = adkit.vjp(f, x)
        assert y.dtype == want.dtype
        assert pullback(np.ones_like(want))[0].dtype == np.float32


def test_float32_stays_float32() -> None:
    x = np.array([0.6, 1.1, 1.9], dtype=np.float32)
    for f in (
        lambda x: np.sum(np.sin(x) * 2 + x**2 / 3.0 - 1), lambda x: np.mean(np.exp(x)), lambda x: np.max(x) * np.min(x),
        lambda x: np.sum(np.where(x > 1, x, 0.0)), lambda x: np.linalg.norm(x), lambda x: x @ x, lambda x: np.prod(x),
        lambda x: np.sum(np.concatenate([x, x])), lambda x: np.sum(np.cumsum(x)), lambda x: np.std(x), lambda x: x[0] * x[1],
    ):  # fmt: skip
        value, gradient = adkit.value_and_grad(f)(x)
        assert value.dtype == np.float32
        assert gradient.dtype == np.float32
        assert adkit.jvp(f, (x,), (x,))[1].dtype == np.float32
        assert adkit.jacfwd(f)(x).dtype == np.float32
        assert adkit.jacrev(f)(x).dtype == np.float32
        assert adkit.hessian(f)(x).dtype == np.float32
        np.testing.assert_allclose(gradient, adkit.grad(f)(x.astype(float)), rtol=2e-4)


def test_float32_and_float64_mixed() -> None:
    x, w = np.array([0.6, 1.1], dtype=np.float32), np.array([0.5, -2.0])
    gx, gw = adkit.grad(lambda x, w: np.sum(np.sin(x * w) + x), argnums=(0, 1))(x, w)
    assert (gx.dtype, gw.dtype) == (np.float32, np.float64)
    np.testing.assert_allclose(gx, np.cos(x * w) * w + 1, rtol=1e-6)
    np.testing.assert_allclose(gw, np.cos(x * w) * x, rtol=1e-12)
    tangent = adkit.jvp(lambda x, w: x * w, (x, w), (np.ones(2), np.ones(2, dtype=np.float32)))[1]
    assert tangent.dtype == np.float64
    np.testing.assert_allclose(tangent, x + w, rtol=1e-6)
    half = np.array([0.5, 1.5], dtype=np.float16)
    assert adkit.grad(lambda x: np.sum(x * x))(half).dtype == np.float16


# shapes and layouts ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("x", [2.0, np.float64(2.0), np.array(2.0)])
def test_numbers_of_no_dimension(x: Any) -> None:
    def f(v: Any) -> Any:
        return v * v * 3

    for got in (
        adkit.grad(f)(x), adkit.jvp(f, (x,), (1.0,))[1], adkit.jacfwd(f)(x), adkit.jacrev(f)(x),
        adkit.vjp(f, x)[1](np.array(1.0))[0], adkit.derivative(f)(x),
        adkit.grad(lambda v: np.sum(v * np.ones(3)) * v)(x), adkit.hessian(lambda v: v**3)(x),
    ):  # fmt: skip
        assert np.shape(got) == ()
        assert got == 12.0
    assert adkit.jacfwd(lambda v: v * np.ones((2, 3)))(x).shape == (2, 3)
    assert adkit.jacrev(lambda v: v * np.ones((2, 3)))(x).shape == (2, 3)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (2, 0)])
def test_empty_arrays(shape: tuple[int, ...]) -> None:
    x = np.zeros(shape)
    for f in (
        lambda x: np.sum(np.sin(x) * 2.0), lambda x: np.sum(x * x), lambda x: np.prod(x), lambda x: np.sum(x.ravel() @ x.ravel()),
        lambda x: np.sum(np.concatenate([x, x])), lambda x: np.sum(np.where(x > 0, x, 0.0)), lambda x: np.sum(x[x > 0]),
        lambda x: np.sum(np.cumsum(x)), lambda x: np.sum(x.T @ x),
    ):  # fmt: skip
        assert adkit.grad(f)(x).shape == shape
        assert adkit.jacfwd(f)(x).shape == shape
        assert adkit.jacrev(f)(x).shape == shape
        assert adkit.jvp(f, (x,), (x,))[1] == 0.0
        assert adkit.hessian(f)(x).shape == shape + shape
    assert adkit.jacfwd(np.sin)(x).shape == shape + shape
    assert adkit.jacrev(np.sin)(x).shape == shape + shape
    assert adkit.vjp(np.sin, x)[1](x)[0].shape == shape
    assert adkit.jacrev(lambda x: x * 2)(np.zeros((0,))).shape == (0, 0)


def test_an_empty_selection_of_a_full_array() -> None:
    x = np.array([1.0, 2.0])
    np.testing.assert_array_equal(adkit.grad(lambda x: np.sum(x[:0]) + np.sum(x[x > 5]) + np.sum(x[[]]))(x), [0, 0])
    assert adkit.jacrev(lambda x: x[:0])(x).shape == (0, 2)
    assert adkit.jacfwd(lambda x: x[:0])(x).shape == (0, 2)


_BASE = np.arange(24.0).reshape(4, 6) / 7 - 1
LAYOUTS = {
    "C": np.ascontiguousarray(_BASE),
    "Fortran": np.asfortranarray(_BASE),
    "transposed": np.ascontiguousarray(_BASE.T).T,
    "strided": np.repeat(np.repeat(_BASE, 2, axis=0), 3, axis=1)[::2, ::3],
    "reversed": np.ascontiguousarray(_BASE[::-1, ::-1])[::-1, ::-1],
    "broadcast": np.broadcast_to(_BASE[0], (4, 6)),
    "big-endian": _BASE.astype(">f8"),
    "unaligned": np.frombuffer(b"\0" + _BASE.tobytes(), dtype=np.uint8)[1:].view(np.float64).reshape(4, 6),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("writeable", [True, False])
def test_layouts_of_the_input(layout: str, writeable: bool) -> None:
    x = LAYOUTS[layout]
    if not writeable:
        x = x.view()
        x.flags.writeable = False
    plain = np.array(x, dtype=float, order="C")

    def f(x: Any) -> Any:
        return (
            np.sum(np.sin(x)[1:, ::2] * x[1:, ::2])
            + np.sum(x @ x.T)
            + np.sum(x.ravel() ** 3)
            + np.sum(np.cumsum(x, axis=0) ** 2)
        )

    want = adkit.grad(f)(plain)
    np.testing.assert_allclose(want, _difference(f, plain), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(adkit.grad(f)(x), want, rtol=1e-12)
    np.testing.assert_allclose(adkit.jacfwd(f)(x), want, rtol=1e-11)
    np.testing.assert_allclose(adkit.jvp(f, (x,), (x,))[1], np.sum(want * plain), rtol=1e-11)
    np.testing.assert_allclose(adkit.vjp(lambda x: x * 2, x)[1](x)[0], 2 * plain)


def test_tangents_and_cotangents_of_any_layout_and_type() -> None:
    x = np.arange(6.0).reshape(2, 3)
    v = np.asfortranarray(np.arange(6).reshape(2, 3))
    np.testing.assert_allclose(adkit.jvp(lambda x: x * x, (x,), (v,))[1], 2 * x * v)
    np.testing.assert_allclose(adkit.vjp(lambda x: x * x, x)[1](v)[0], 2 * x * v)
    np.testing.assert_allclose(adkit.vjp(lambda x: x * x, x)[1](v.tolist() and v)[0], 2 * x * v)
    np.testing.assert_allclose(adkit.jvp(lambda x: x * x, (x,), (x > 2,))[1], 2 * x * (x > 2))
    assert adkit.jvp(lambda x: x * x, (2.0,), (1,))[1] == 4.0
    assert adkit.vjp(lambda x: x * x, 2.0)[1](1)[0] == 4.0


def test_subclasses_that_are_arrays() -> None:
    class Tagged(np.ndarray):
        pass

    x = X.view(Tagged)
    gradient = adkit.grad(lambda x: np.sum(x * x))(x)
    np.testing.assert_allclose(np.asarray(gradient), 2 * X)
    with pytest.warns(PendingDeprecationWarning):
        matrix = np.matrix(X)
    for wrong in (np.ma.array(X, mask=[0, 1, 0]), matrix):
        with pytest.raises(adkit.DerivativeError, match=type(wrong).__name__):
            adkit.grad(lambda x: np.sum(x * x))(wrong)


def test_a_plain_object_array_of_numbers_as_an_argument_is_refused() -> None:
    with pytest.raises(adkit.DerivativeError, match="object"):
        adkit.grad(lambda x: np.sum(x))(np.array([1.0, 2.0], dtype=object))


def test_functions_without_a_hook_in_scipy_say_what_to_do() -> None:
    linalg = pytest.importorskip("scipy.linalg")
    A = np.array([[2.0, 1.0], [1.0, 3.0]])
    for f in (
        lambda A: np.sum(linalg.inv(A)),
        lambda A: linalg.det(np.array([[A[0, 0], A[0, 1]], [A[1, 0], A[1, 1]]])),
    ):
        _refused(f, Exception, "differentiated", A)


def test_random_numbers_of_a_box_are_refused() -> None:
    rng = np.random.default_rng(0)
    _refused(lambda x: rng.normal(x[0]), adkit.DerivativeError, "differentiated")


_BINARY = [np.arctan2, np.hypot, np.logaddexp, np.power, np.divide, np.multiply, np.remainder, np.fmod]


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int16, np.int64, bool])
@pytest.mark.parametrize("op", _BINARY)
def test_integer_constants_neither_wrap_around_nor_round(dtype: Any, op: Any) -> None:
    """b * b of a uint8, or its float16 logarithm, would be silently wrong inside a rule."""
    x = np.array([0.63, 1.13, 1.87])
    many = np.array([100, 20, 1]).astype(dtype)
    for c in (many, many[0]):
        for f in (lambda x, c: np.sum(op(x, c)), lambda x, c: np.sum(op(c, x))):
            want = adkit.grad(f)(x, c.astype(float))
            for d in (adkit.grad, adkit.jacfwd, adkit.jacrev):
                np.testing.assert_allclose(d(f)(x, c), want, rtol=1e-12)


CASTS = {
    "int": lambda x: x.astype(int),
    "np.int32": lambda x: np.astype(x, np.int32),
    "bool": lambda x: x.astype(bool),
    "comparison": lambda x: (x > 0).astype(float),
}


@pytest.mark.parametrize("cast", CASTS)
def test_a_cast_to_integers_has_no_derivative(cast: str) -> None:
    """It is a step: computed on the primal, like floor."""
    step = CASTS[cast]
    for d in (adkit.grad, adkit.jacfwd, adkit.jacrev):
        np.testing.assert_allclose(d(lambda x: np.sum(step(x) * x))(X), step(X))
    assert _within(lambda x: type(step(x)) is np.ndarray)[:2] == [True, True]


def test_the_value_of_a_cast_to_integers() -> None:
    assert _within(lambda x: x.astype(int).tolist()) == [[0, -1, 2]] * 3
    assert adkit.grad(lambda x: np.sum(np.arange(9.0)[np.abs(x).astype(int)] * x))(X).tolist() == [0.0, 1.0, 2.0]


NAMED = {
    "sum": lambda x: np.sum(np.sum(a=x, axis=1) ** 2),
    "min": lambda x: np.sum(np.min(a=x, axis=0) ** 2),
    "mean": lambda x: np.sum(np.mean(a=x, axis=0) ** 2),
    "cumsum": lambda x: np.sum(np.cumsum(a=x, axis=1) ** 2),
    "transpose": lambda x: np.sum(np.transpose(a=x, axes=(1, 0))[0] ** 2),
    "dot": lambda x: np.sum(np.dot(a=x, b=np.ones(3)) ** 2),
    "stack": lambda x: np.sum(np.stack(arrays=[x, x * 2], axis=1) ** 2),
    "clip": lambda x: np.sum(np.clip(a=x, a_min=-1.0, a_max=1.5) ** 2),
    "broadcast_to": lambda x: np.sum(np.broadcast_to(array=x, shape=(4, 2, 3))[0] ** 2),
    "sort": lambda x: np.sum(np.sort(a=x, axis=0)[0] ** 2),
}


@pytest.mark.parametrize("name", NAMED)
def test_operands_by_numpys_names(name: str) -> None:
    _agrees(NAMED[name], _MATRIX)


POSITIONAL = {
    "sum": lambda x: np.sum(np.sum(x, 0, None, None, True) ** 2),
    "mean": lambda x: np.sum(np.mean(x, 0, None, None, True) ** 2),
    "std": lambda x: np.sum(np.std(x, 0, None, None, 1)),
    "max": lambda x: np.sum(np.max(x, 1, None, True) ** 2),
    "cumsum": lambda x: np.sum(np.cumsum(x, 1) ** 2),
    "reshape": lambda x: np.sum(np.reshape(x, (3, 2), "F")[0] ** 2),
    "concatenate": lambda x: np.sum(np.concatenate([x, x], 1)[0] ** 2),
    "clip": lambda x: np.sum(np.clip(x, -1.0, 1.5) ** 2),
    "repeat": lambda x: np.sum(np.repeat(x, [1, 2], 0) ** 2),
    "take": lambda x: np.sum(np.take(x, [0, 1], 1) ** 2),
    "tensordot": lambda x: np.tensordot(x, x, ((0, 1), (0, 1))),
    "norm": lambda x: np.sum(np.linalg.norm(x, None, 1, True) ** 3),
    "roll": lambda x: np.sum(np.roll(x, 1, 1) * x),
    "trace": lambda x: np.trace(x, 1) ** 2,
}


@pytest.mark.parametrize("name", POSITIONAL)
def test_parameters_by_position(name: str) -> None:
    _agrees(POSITIONAL[name], _MATRIX)


@pytest.mark.parametrize("order", ["C", "F", "A", "K"])
def test_orders_of_memory(order: Any) -> None:
    """The order in which entries are read is NumPy's own, also of what lies transposed in memory."""
    weights = np.arange(1.0, 7.0)
    for f in (
        lambda x: np.sum(np.ravel(x, order) * weights),
        lambda x: np.sum(np.ravel(x.T, order) * weights),
        lambda x: np.sum(x.T.flatten(order) * weights),
        lambda x: np.sum(np.ravel(x[:, ::-1].T, order) * weights),
        lambda x: np.sum(np.ravel(np.transpose(x.reshape(1, 2, 3), (2, 0, 1)), order) * weights),
    ):
        _agrees(f, _MATRIX)
    if order != "K":
        _agrees(lambda x: np.sum(np.reshape(x.T, (2, 3), order) * weights.reshape(2, 3)), _MATRIX)


def test_ufunc_keywords_that_have_no_meaning_are_refused() -> None:
    _refused(
        lambda x: np.sum(np.matmul(x[:, None], x[:, None], axes=[(0, 1), (1, 0), (0, 1)])),
        adkit.UnsupportedError,
        "axes=",
    )
    _refused(lambda x: np.sum(np.multiply(x, x, signature="dd->d")), adkit.UnsupportedError, "signature=")


def test_an_object_array_from_which_every_box_has_been_chosen_away_is_numeric() -> None:
    def least(x: Any) -> Any:
        return np.min(np.array([[x, x, x], [x, 0.5, 0.5], [0.5, 0.5, 0.5], [x, x, 0.5]]), axis=0)

    adkit.testing.check_grads(least, (-1.0,))
    with pytest.warns(adkit.IndependentOutputWarning):
        y, slope = adkit.jvp(least, (1.0,), (1.0,))
    assert y.dtype == float
    assert y.tolist() == [0.5, 0.5, 0.5]
    assert slope.tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("f", [lambda x, q: x * q, lambda x, q: q * x, lambda x, q: x + q, lambda x, q: q / x, lambda x, q: x**q],
                         ids=["times", "from the left", "plus", "over", "power"])  # fmt: skip
def test_a_fraction_is_a_number(f: Any) -> None:
    from fractions import Fraction

    q = Fraction(1, 2)
    assert adkit.grad(lambda x: f(x, q))(2.0) == pytest.approx(adkit.grad(lambda x: f(x, 0.5))(2.0), rel=1e-14)
    assert adkit.jvp(lambda x: f(x, q), (2.0,), (1.0,)) == pytest.approx(adkit.jvp(lambda x: f(x, 0.5), (2.0,), (1.0,)), rel=1e-14)
