"""The way into a compiled program: which arguments take the short one, and what it may not change."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import adkit
from adkit.program.calling import OTHERWISE, entrance, looked_up, runner


def test_alternating_shapes_and_types_take_their_own_programs() -> None:
    gradient = adkit.compile(adkit.grad(lambda x, y: np.sum(np.tanh(x) * y)))
    rng = np.random.default_rng(0)
    for shape, kind in [((3,), "f8"), ((4,), "f8"), ((3,), "f4"), ((2, 3), "f8")] * 3:
        x, y = rng.normal(size=shape).astype(kind), rng.normal(size=shape).astype(kind)
        found, wanted = gradient(x, y), adkit.grad(lambda x, y: np.sum(np.tanh(x) * y))(x, y)
        assert found.dtype == wanted.dtype and found.shape == wanted.shape
        np.testing.assert_allclose(found, wanted, rtol=1e-6 if kind == "f4" else 1e-14)
    assert gradient.traces == 4


def test_an_entrance_refuses_what_it_was_not_made_for() -> None:
    class Kind:
        used = 0
        run = staticmethod(lambda x, y: "run")

    class Owner:
        _tick = 7

    class Sub(np.ndarray):
        pass

    x = np.zeros(3)
    enter: Any = entrance(Owner(), Kind, [(x.shape, x.dtype)] * 2)
    assert enter((x, x)) == "run" and Kind.used == 7
    for args in [(), (x,), (x, x, x), (x, np.zeros(4)), (x, np.zeros((3, 1))), (np.zeros(3, "f4"), x), ([0.0] * 3, x), (x.view(Sub), x)]:
        assert enter(args) is OTHERWISE
    assert enter((x, x[::-1])) == "run"
    assert entrance(Owner(), Kind, []) is None
    assert entrance(Owner(), Kind, [(x.shape, x.dtype)] * 17) is None


def test_more_arguments_than_an_entrance_looks_at() -> None:
    f = lambda *xs: sum([np.sum(x * x) * k for k, x in enumerate(xs)])
    xs = [np.arange(3.0) + k for k in range(20)]
    gradient = adkit.compile(adkit.grad(f, tuple(range(20))))
    for _ in range(3):
        for k, found in enumerate(gradient(*xs)):
            np.testing.assert_array_equal(found, 2.0 * k * xs[k])


def test_cleared_functions_enter_anew() -> None:
    scale = [2.0]
    f = adkit.compile(lambda x: x * scale[0])
    x = np.arange(3.0)
    f(x), f(x)
    scale[0] = 3.0
    assert f(x).tolist() == [0.0, 2.0, 4.0]
    f.clear()
    assert f(x).tolist() == f(x).tolist() == [0.0, 3.0, 6.0]


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_runner_gives_each_call_its_own_buffers(count: int) -> None:
    held: list[int] = []

    def inner(*args: Any) -> Any:
        assert len(args) == count + 1
        (buffer,) = args[-1]
        assert id(buffer) not in held
        held.append(id(buffer))
        depth = len(held)
        found = run(*args[:-1]) if depth < 4 else np.float64(1.0) / np.zeros(())
        held.pop()
        return found

    run = runner(inner, count, [((4,), np.dtype(float))], True)
    before = np.geterr()
    for _ in range(2):
        assert run(*[np.ones(2)] * count) == np.inf
    assert np.geterr() == before


def test_a_call_that_fails_leaves_the_runner_as_it_was() -> None:
    def inner(x: Any) -> Any:
        if x is None:
            raise FloatingPointError
        return np.divide(x, 0.0)

    run = runner(inner, 1, [], True)
    with pytest.raises(FloatingPointError):
        run(None)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(run, [np.float64(1.0)] * 20)) == [np.inf] * 20
    with pytest.warns(RuntimeWarning):
        inner(np.float64(1.0))


def test_names_that_are_taken_stay() -> None:
    names: dict[str, Any] = {}
    text = "np_add = 1\nx = np.add.reduce(np.add(a, b))\nx.np.exp(1)\nraise ValueError('np.exp(x) is True')\ny = np.linalg.inv(x)"
    assert looked_up(text, names) == text.replace("np.add.reduce(", "np_add_reduce(")
    assert names == {"np_add_reduce": names["np_add_reduce"]}
    np_sin = np.arange(3.0)
    f = lambda np_sin, np_cos: np.sin(np_sin) * np.cos(np_cos) + np.exp(np_sin)
    np.testing.assert_array_equal(adkit.compile(f)(np_sin, np_sin), f(np_sin, np_sin))


def test_floats_enter_as_the_program_takes_them() -> None:
    f = lambda x, y: np.sin(x) * y / (x - 1.0) if y > 0 else x * y
    both = lambda x, y: adkit.value_and_grad(f, (0, 1))(x, y)
    compiled = adkit.compile(both)
    for x, y in [(0.5, 2.0), (0.25, 3.0), (0.5, -1.0), (0.25, -2.0), (0.5, 2.0)] * 2:
        found, wanted = compiled(x, y), both(x, y)
        assert repr(found) == repr(wanted)
    assert compiled.traces == 2


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_a_float_beside_an_array_keeps_its_type_and_value(dtype: str) -> None:
    f = lambda x, a: np.sum(np.exp(x * a))
    gradient = adkit.compile(adkit.grad(f))
    x = np.linspace(0.0, 1.0, 5).astype(dtype)
    for a in (0.1, 0.1, 0.2, 0.2, 0.1, np.float64(0.3), 0.2):
        found, wanted = gradient(x, a), adkit.grad(f)(x, a)
        assert found.dtype == wanted.dtype
        np.testing.assert_allclose(found, wanted, rtol=1e-6 if dtype == "f4" else 1e-14)


def test_an_entrance_tells_floats_from_other_numbers() -> None:
    compiled = adkit.compile(adkit.grad(lambda x: x**3))
    assert [float(compiled(x)) for x in (2.0, 2.0, np.float64(3.0), np.array(4.0), 2.0, 5.0)] == [12.0, 12.0, 27.0, 48.0, 12.0, 75.0]
    assert np.isnan(compiled(np.nan)) and compiled(np.inf) == np.inf
    root = adkit.compile(adkit.grad(lambda x: np.sqrt(x) * 0.0))
    for x in (1.0, 2.0, 0.0, 0.0, 3.0):
        np.testing.assert_array_equal(root(x), adkit.grad(lambda x: np.sqrt(x) * 0.0)(x))


def test_numbers_of_numpy_enter_too() -> None:
    f = lambda x: np.tanh(x) * x if x < 2 else np.exp(x)
    compiled = adkit.compile(adkit.grad(f))
    for x in [0.5, 0.7, 2.5, 3.5, 0.5] * 2:
        found, wanted = compiled(np.float64(x)), adkit.grad(f)(np.float64(x))
        assert type(found) is type(wanted) and found == wanted
    assert compiled.traces == 2
