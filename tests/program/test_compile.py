"""``adkit.compile``: what it is specialised to, what it must never share, and where it calls the function itself."""

from __future__ import annotations

import functools
import gc
import math
import pickle
import threading
import weakref
from collections import namedtuple
from dataclasses import dataclass, field

import numpy as np
import pytest
from near import same

import adkit


def smooth(x):
    return np.sum(np.sin(x) * np.exp(-(x**2)) + np.tanh(x) * np.log1p(x**2))


X = np.random.default_rng(0).normal(0, 1, 12)

DRIVERS = {
    "value": lambda: smooth,
    "grad": lambda: adkit.grad(smooth),
    "value_and_grad": lambda: adkit.value_and_grad(smooth),
    "jvp": lambda: lambda x: adkit.jvp(smooth, (x,), (np.cos(x),)),
    "vjp": lambda: lambda x: adkit.vjp(np.tanh, x)[1](x),
    "hvp": lambda: lambda x: adkit.hvp(smooth, (x,), (x + 1.0,)),
    "hessian": lambda: adkit.hessian(smooth),
    "jacfwd": lambda: adkit.jacfwd(lambda x: np.tanh(x) * x[0]),
    "jacrev": lambda: adkit.jacrev(lambda x: np.tanh(x) * x[0]),
    "jacobian": lambda: adkit.jacobian(lambda x: np.stack([np.sum(x), np.prod(x)])),
    "derivative": lambda: lambda x: adkit.derivative(lambda t: np.sin(t) * t)(x[0]),
}


@pytest.mark.parametrize("name", DRIVERS)
def test_every_driver_compiles(name):
    f = DRIVERS[name]()
    compiled = adkit.compile(f)
    for x in (X, X + 0.5, X[::-1], np.asfortranarray(X)):
        same(compiled(x), f(x), 4, terms=100.0)
    assert compiled.traces == 1


def test_it_is_keyed_by_shapes_types_and_structure():
    compiled = adkit.compile(lambda p: {"sum": np.sum(p["a"] * p["b"][0]), "n": None})
    ones = lambda n, kind=float: {"a": np.ones(n, kind), "b": [np.ones(n, kind)]}
    assert compiled(ones(3))["sum"] == 3
    assert compiled(ones(4))["sum"] == 4
    assert compiled(ones(4))["n"] is None
    assert compiled.traces == 2
    assert compiled(ones(4, np.float32))["sum"].dtype == np.float32
    assert compiled(ones(4, complex))["sum"].dtype == complex
    assert compiled(ones(4, int))["sum"].dtype == int
    assert compiled.traces == 5
    assert compiled({"b": [np.ones(4)], "a": np.full(4, 2.0)})["sum"] == 8


def test_integers_text_and_flags_are_held_fixed():
    compiled = adkit.compile(lambda x, n, kind="sum", double=False: (2 if double else 1) * getattr(np, kind)(x**n))
    x = np.array([1.0, 2.0])
    assert compiled(x, 2) == 5
    assert compiled(x, 3) == 9
    assert compiled(x, 3, kind="max") == 8
    assert compiled(x, 3, kind="max", double=True) == 16
    assert compiled(x, 2) == 5
    assert compiled.traces == 4


def test_keyword_arguments_are_inputs():
    compiled = adkit.compile(lambda x, *, w: np.sum(x * w))
    assert compiled(np.ones(2), w=np.array([1.0, 2.0])) == 3
    assert compiled(np.ones(2), w=np.array([3.0, 4.0])) == 7
    assert compiled.traces == 1


def test_numbers_take_the_type_that_they_take_eagerly():
    f = lambda a, x: a * x + 1.5
    compiled = adkit.compile(f)
    for a in (2.0, 3.0, np.float32(2.0), np.float64(2.0), 2, 1j):
        for x in (np.ones(2), np.ones(2, np.float32), np.ones(2, np.float16), 1.0, np.float32(1.0), np.ones(2, int)):
            got, expected = compiled(a, x), np.asarray(f(a, x))[()]
            assert got.dtype == expected.dtype
            assert np.array_equal(got, expected)


def test_results_are_neither_arguments_nor_buffers_nor_each_other():
    def f(x, y):
        big = np.tanh(x[:, None] * y)
        return x, x[1:], x.reshape(2, -1), big, big.T, np.broadcast_to(np.sum(x), (3,)), C, big, (x + 1).reshape(2, -1)

    C = np.arange(3.0)
    compiled = adkit.compile(f)
    x, y = np.arange(1.0, 301.0), np.ones(300)
    first = compiled(x, y)
    kept = [r.copy() for r in first]
    second = compiled(x, y)
    arrays = [x, y, C, *first, *second]
    for i, a in enumerate(arrays):
        for b in arrays[i + 1 :]:
            assert not np.shares_memory(a, b)
    for r in second:
        r += 1.0
    third = compiled(x, y)
    for a, b, c in zip(first, kept, third, strict=True):
        assert np.array_equal(a, b)
        assert np.array_equal(a, c)
    assert np.array_equal(C, np.arange(3.0))


def test_arguments_are_not_written_to_and_may_change_between_calls():
    x = np.array([1.0, 2.0, 3.0])
    x.flags.writeable = False
    compiled = adkit.compile(adkit.grad(lambda x: np.sum(x * x * x)))
    assert compiled(x).tolist() == [3.0, 12.0, 27.0]
    y = x.copy()
    assert compiled(y).tolist() == [3.0, 12.0, 27.0]
    y[0] = 2.0
    assert compiled(y).tolist() == [12.0, 12.0, 27.0]


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.complex128, np.int64, bool])
@pytest.mark.parametrize("shape", [(), (0,), (1,), (3,), (2, 0), (2, 3)])
def test_every_type_and_shape(kind, shape):
    f = lambda x: (np.sum(x * 2), x + x, np.where(x != 0, x, 1), -(x * 1))
    x = (np.arange(np.prod(shape, dtype=int)).reshape(shape) + 1).astype(kind)
    compiled = adkit.compile(f)
    for given in (x, np.asfortranarray(x), x[..., ::1] if x.ndim else x, x.T.copy().T):
        same(compiled(given), tuple([np.asarray(r)[()] for r in f(given)]))


def test_branches_are_traced_on_either_side():
    def f(x):
        if np.sum(x) > 0:
            return np.sum(x * x)
        return np.sum(x * 3.0)

    compiled = adkit.compile(adkit.grad(f))
    up, down = np.array([1.0, 2.0]), np.array([-1.0, -2.0])
    for _ in range(3):
        assert compiled(up).tolist() == [2.0, 4.0]
        assert compiled(down).tolist() == [3.0, 3.0]
    assert compiled.traces == 2


def test_many_ways_through_a_function_stay_right():
    def f(x):
        n = int(x[0])
        return np.sum(x) * n

    compiled = adkit.compile(f)
    for n in [*range(40), *range(40)]:
        assert compiled(np.array([float(n), 1.0])) == (n + 1.0) * n


def test_a_loop_until_convergence():
    def root(a):
        x = a
        while np.abs(x * x - a) > 1e-12:
            x = 0.5 * (x + a / x)
        return x

    compiled = adkit.compile(adkit.grad(root))
    for a in (2.0, 3.0, 1e4, 2.0, 0.5):
        assert compiled(a) == adkit.grad(root)(a)


def test_what_a_program_cannot_hold_is_refused():
    for bad, words in (
        (lambda x: float(x) * 2, "float"),
        (lambda x: math.sin(x), "float"),
        (lambda x: np.add(x, 1.0, out=np.zeros(3)), "out="),
        (lambda x: x + np.random.normal(size=3), "random"),  # noqa: NPY002
    ):
        with pytest.raises(adkit.AdkitError, match=words):
            adkit.compile(bad)(np.ones(3) if words != "float" else 1.0)
    with pytest.raises(adkit.UnsupportedError, match="Generator"):
        adkit.compile(lambda x, rng: x + rng.normal())(1.0, np.random.default_rng(0))
    with pytest.raises(adkit.DerivativeError, match="returned function"):
        adkit.compile(lambda x: lambda: x)(1.0)
    with pytest.raises(adkit.DerivativeError):
        adkit.compile(3)
    with pytest.raises(ValueError, match="backend"):
        adkit.compile(smooth, backend="fortran")


def test_values_being_differentiated_go_through():
    compiled = adkit.compile(smooth)
    same(adkit.grad(compiled)(X), adkit.grad(smooth)(X))
    same(adkit.jvp(compiled, (X,), (X,)), adkit.jvp(smooth, (X,), (X,)))
    same(adkit.hessian(compiled)(X), adkit.hessian(smooth)(X))
    gradient = adkit.compile(adkit.grad(compiled))
    same(gradient(X), adkit.grad(smooth)(X))
    program = adkit.trace(lambda x: compiled(x) * 2.0)(X)
    assert program(X) == smooth(X) * 2.0
    same(adkit.compile(adkit.jacfwd(gradient))(X), adkit.hessian(smooth)(X), 4, terms=10.0)


def test_trees_of_every_kind():
    Point = namedtuple("Point", "x y")

    @dataclass
    class Layer:
        w: np.ndarray
        b: np.ndarray
        kind: str = field(default="tanh", metadata={"static": True})

    def f(p, layer):
        h = getattr(np, layer.kind)(layer.w @ p.x + layer.b)
        return Point(h, [p.y, {"sum": np.sum(h)}])

    compiled = adkit.compile(f)
    p, layer = Point(np.ones(2), 2.0), Layer(np.ones((3, 2)), np.zeros(3))
    got = compiled(p, layer)
    assert type(got) is Point
    same(got, f(p, layer))
    other = Layer(np.ones((3, 2)), np.zeros(3), "sin")
    same(compiled(p, other), f(p, other))
    gradient = adkit.compile(adkit.grad(lambda layer: np.sum(f(p, layer).x)))(layer)
    assert type(gradient) is Layer
    assert gradient.kind == "tanh"


def test_as_a_decorator_a_method_and_of_a_partial():
    @adkit.compile
    def f(x, y=2.0):
        """Doubles."""
        return x * y

    assert f.__name__ == "f"
    assert f.__doc__ == "Doubles."
    assert f(np.ones(2)).tolist() == [2.0, 2.0]

    class Model:
        def __init__(self, scale):
            self.scale = scale

        @adkit.compile
        def apply(self, x):
            return x * self.scale

    a, b = Model(2.0), Model(3.0)
    assert a.apply(1.0) == 2
    assert b.apply(1.0) == 3
    assert a.apply(2.0) == 4
    assert adkit.compile(functools.partial(lambda w, x: w * x, np.ones(2)))(np.ones(2)).tolist() == [1.0, 1.0]
    gone = weakref.ref(a)
    del a
    gc.collect()
    assert gone() is None


def test_what_an_id_meant_is_forgotten_with_it():
    class Scale:
        def __init__(self, s):
            self.s = s

    compiled = adkit.compile(lambda scale, x: x * scale.s)
    for k in range(50):
        assert compiled(Scale(float(k)), 1.0) == k  # the id of one that is gone is often the next one's


def test_globals_are_frozen_until_cleared():
    scale = [2.0]
    compiled = adkit.compile(lambda x: x * scale[0])
    assert compiled(1.0) == 2
    scale[0] = 3.0
    assert compiled(1.0) == 2
    compiled.clear()
    assert compiled(1.0) == 3


def test_a_zero_cotangent_through_an_infinite_partial_stays_zero():
    f = lambda x: np.sum(np.where(x > 0, np.log(np.abs(x)) * x, x))
    compiled = adkit.compile(adkit.grad(f))
    with np.errstate(all="ignore"):
        for x in (np.array([1.0, 2.0]), np.array([0.0, 2.0]), np.array([1.0, 0.0]), np.array([np.inf, 1.0])):
            same(compiled(x), adkit.grad(f)(x))


def test_a_program_traced_where_the_derivative_is_nan():
    f = adkit.grad(lambda x: np.sum(np.sqrt(x * x)))
    compiled = adkit.compile(f)
    with pytest.warns(adkit.AdkitWarning, match="holds nan"):
        assert np.isnan(compiled(np.zeros(2))).all()
    same(compiled(np.array([3.0, -4.0])), f(np.array([3.0, -4.0])))
    with pytest.warns(adkit.AdkitWarning, match="holds nan"):
        assert np.isnan(compiled(np.array([3.0, 0.0]))).tolist() == [False, True]


def test_a_guarded_program_is_made_on_first_need():
    calls = [0]

    def f(x):
        calls[0] += 1
        return np.sum(np.where(x > 0, np.log(np.abs(x)), 0.0))

    gradient = adkit.grad(f)
    compiled = adkit.compile(gradient)
    xs = [np.array([1.0, 2.0]), np.array([0.0, 2.0]), np.array([1.0, 0.0]), np.array([0.0, 0.0]), np.array([4.0, 0.0])]
    with np.errstate(divide="ignore"):
        expected = [gradient(x) for x in xs]
        for x, e in zip(xs, expected, strict=True):
            same(compiled(x), e)
        calls[0] = 0
        for _ in range(3):
            for x, e in zip(xs, expected, strict=True):
                same(compiled(x), e)
    assert calls[0] == 0


def test_infinite_factors_of_a_product_do_not_stay_in_the_program():
    f = lambda x, w: np.sum(np.where(np.array([True, False]), w @ x, 0.0))
    gradient = adkit.grad(f, argnums=(0, 1))
    compiled = adkit.compile(gradient)
    x, w = np.array([1.0, 2.0]), np.array([[1.0, 2.0], [np.inf, 3.0]])
    for given in ((x, w), (x, np.ones((2, 2))), (x, w), (x + 1, np.array([[1.0, 2.0], [3.0, np.inf]]))):
        with np.errstate(all="ignore"):
            same(compiled(*given), gradient(*given))


def test_no_warning_comes_from_the_sweep():
    f = lambda x: np.sum(np.sqrt(x))
    compiled = adkit.compile(adkit.grad(f))
    assert compiled(np.array([1.0, 4.0])).tolist() == [0.5, 0.25]
    assert compiled(np.array([0.0, 4.0])).tolist() == [np.inf, 0.25]


def test_many_shapes_leave_no_memory():
    compiled = adkit.compile(lambda x: x + 1.0)
    for n in range(300):
        assert compiled(np.zeros(n)).shape == (n,)
    assert len(compiled._kinds) <= 128


def test_threads_have_their_own_buffers():
    w = np.random.default_rng(0).normal(size=(100, 100))
    f = adkit.compile(lambda x: np.tanh(np.sin(x @ w) @ w))  # large enough for the pool
    xs = [np.random.default_rng(k).normal(size=(100, 100)) for k in range(4)]
    expected = [np.tanh(np.sin(x @ w) @ w) for x in xs]
    wrong = []

    def work(k):
        for _ in range(60):
            if not np.allclose(f(xs[k]), expected[k], rtol=1e-12, atol=1e-12):
                wrong.append(k)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong


def test_an_exception_in_mid_call_leaves_it_usable():
    def fails(x):
        if np.any(x > 10.0):
            raise KeyError("too large")
        return np.sum(x)

    compiled = adkit.compile(fails)
    assert compiled(np.ones(3)) == 3
    with pytest.raises(KeyError):
        compiled(np.full(3, 11.0))
    assert compiled(np.ones(3)) == 3


def test_it_pickles_with_its_function():
    compiled = pickle.loads(pickle.dumps(adkit.compile(smooth)))
    same(compiled(X), smooth(X), 4)


def test_a_sum_of_products_needs_no_array_of_them():
    f = lambda a, b: (np.sum(a * b, axis=1), np.sum(a * a, axis=(0, 2), keepdims=True))
    a, b = [np.random.default_rng(k).normal(size=(6, 70, 50)) for k in range(2)]
    compiled = adkit.compile(f)
    for got, expected in zip(compiled(a, b), f(a, b), strict=True):
        assert got.shape == expected.shape
        np.testing.assert_allclose(got, expected, atol=64 * np.finfo(float).eps * np.sum(np.abs(a * b)))
    assert "einsum" in compiled.source


def test_a_jacobians_seeds_stay_a_vector():
    a = np.random.default_rng(0).normal(size=(50, 40))
    x = np.random.default_rng(1).normal(size=40)
    for jacobian in (adkit.jacrev, adkit.jacfwd):
        compiled = adkit.compile(jacobian(lambda x: np.tanh(a @ x)))
        np.testing.assert_allclose(compiled(x), (1 - np.tanh(a @ x) ** 2)[:, None] * a, rtol=1e-12, atol=1e-14)
    assert ".dot(" not in adkit.compile(adkit.jacrev(np.tanh)).source


def test_a_pass_that_fails_costs_speed_alone(monkeypatch):
    def fails(*_):
        raise KeyError("a mistake")

    monkeypatch.setattr("adkit.program.optimise.polished", fails)
    f = adkit.value_and_grad(smooth)
    compiled = adkit.compile(f)
    with pytest.warns(adkit.AdkitWarning, match="runs as it was traced"):
        same(compiled(X), f(X))
    same(compiled(X + 1.0), f(X + 1.0))
    identity = adkit.compile(lambda x: (x, x[1:]))
    with pytest.warns(adkit.AdkitWarning, match="runs as it was traced"):
        first = identity(X)
    assert not any([np.shares_memory(a, X) for a in first])
