"""Depth is no limit, exceptions leave no state, threads do not see each other, and results are the caller's own."""

from __future__ import annotations

import gc
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from typing import Any

import numpy as np
import pytest

import adkit
from adkit.levels import running
from adkit.registry import REGISTRY

# depth ------------------------------------------------------------------------------------------------

_DEPTH = 100_000


def _long(x: Any) -> Any:
    for _ in range(_DEPTH // 2):
        x = x * 0.9999 + 1e-4
    return x


def test_100_000_recorded_ops_without_recursion() -> None:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(200 + _frames())
    try:
        with adkit.count_sweeps() as counts:
            slope = adkit.grad(_long)(0.5)
        tangent = adkit.jvp(_long, (0.5,), (1.0,))[1]
        _, pullback = adkit.vjp(_long, np.float64(0.5))
        again = pullback(1.0)[0]
        pushed = adkit.linearize(_long, np.float64(0.5))[1](1.0)
        del pullback  # freeing a long tape must not recurse either
        gc.collect()
    finally:
        sys.setrecursionlimit(limit)
    assert counts.recorded_ops == _DEPTH
    for got in (slope, tangent, again, pushed):
        assert got == pytest.approx(0.9999 ** (_DEPTH // 2), rel=1e-9)


def _frames() -> int:
    frame, n = sys._getframe(), 0
    while frame is not None:
        frame, n = frame.f_back, n + 1
    return n


def test_a_long_program_to_second_order() -> None:
    def f(x: Any) -> Any:
        for _ in range(5_000):
            x = x + 1e-4 * np.sin(x)
        return x

    h, x = 1e-5, 0.3
    want = (adkit.grad(f)(x + h) - adkit.grad(f)(x - h)) / (2 * h)
    assert adkit.jacfwd(adkit.grad(f))(x) == pytest.approx(want, rel=1e-6)
    assert adkit.grad(adkit.derivative(f))(x) == pytest.approx(want, rel=1e-6)


# a loop over entries is linear --------------------------------------------------------------------------


def _by_entries(x: Any) -> Any:
    total = 0.0
    for i in range(x.shape[0]):
        total = total + x[i] * x[i]
    return total


def test_a_loop_over_10_000_entries_is_linear(monkeypatch: pytest.MonkeyPatch) -> None:
    """All pieces of the cotangent are put together at once, not each into an array of its own."""
    n, sizes = 10_000, []
    op = REGISTRY["getitem"]
    scatter = op.scatter

    def counted(pieces: Any, *rest: Any) -> Any:
        sizes.append(len(pieces))
        return scatter(pieces, *rest)  # type: ignore[misc]

    monkeypatch.setattr(op, "scatter", counted)
    x = np.linspace(-1, 1, n)
    with adkit.count_sweeps() as counts:
        gradient = adkit.grad(_by_entries)(x)
    np.testing.assert_allclose(gradient, 2 * x, rtol=1e-15)
    # Two reads, a product and a sum each turn; two reads a turn in one scatter.
    assert counts.recorded_ops <= 4 * n
    assert sum(sizes) == 2 * n
    assert len(sizes) == 1


def test_the_tape_of_a_loop_over_entries_is_linear() -> None:
    def held(n: int) -> tuple[int, int]:
        _, pullback = adkit.vjp(_by_entries, np.linspace(-1, 1, n))
        return pullback.ops, pullback.nbytes

    (ops_1, bytes_1), (ops_4, bytes_4) = held(500), held(2000)
    assert ops_4 <= 4 * ops_1 + 4
    assert bytes_4 <= 4 * bytes_1 + 64


def test_a_loop_over_entries_is_linear_at_second_order(monkeypatch: pytest.MonkeyPatch) -> None:
    n, sizes = 2_000, []
    op = REGISTRY["getitem"]
    scatter = op.scatter

    def counted(pieces: Any, *rest: Any) -> Any:
        sizes.append(len(pieces))
        return scatter(pieces, *rest)  # type: ignore[misc]

    monkeypatch.setattr(op, "scatter", counted)
    x, v = np.linspace(-1, 1, n), np.ones(n)
    np.testing.assert_allclose(adkit.hvp(_by_entries, x, v), 2 * v)
    assert len(sizes) <= 2
    sizes.clear()
    np.testing.assert_allclose(adkit.grad(lambda u: np.dot(adkit.grad(_by_entries)(u), v))(x), 2 * v)
    assert len(sizes) <= 4


def test_iteration_leaves_one_record_for_the_array() -> None:
    n = 3_000

    def f(x: Any) -> Any:
        total = 0.0
        for v in x:
            total = total + v * v
        return total

    x = np.linspace(-1, 1, n)
    with adkit.count_sweeps() as counts:
        np.testing.assert_allclose(adkit.grad(f)(x), 2 * x)
    assert counts.recorded_ops <= 3 * n + 2
    np.testing.assert_allclose(adkit.hvp(f, x[:50], np.ones(50)), 2 * np.ones(50))


# exceptions -----------------------------------------------------------------------------------------------


class BoomError(Exception):
    pass


DRIVERS = {
    "grad": lambda f: adkit.grad(f)(np.ones(500)),
    "value_and_grad": lambda f: adkit.value_and_grad(f)(np.ones(500)),
    "vjp": lambda f: adkit.vjp(f, np.ones(500)),
    "jacrev": lambda f: adkit.jacrev(f)(np.ones(500)),
    "jvp": lambda f: adkit.jvp(f, (np.ones(500),), (np.ones(500),)),
    "jacfwd": lambda f: adkit.jacfwd(f)(np.ones(500)),
    "linearize": lambda f: adkit.linearize(f, np.ones(500)),
    "hvp": lambda f: adkit.hvp(f, np.ones(500), np.ones(500)),
    "hessian": lambda f: adkit.hessian(f)(np.ones(500)),
    "grad of grad": lambda f: adkit.grad(lambda x: np.sum(adkit.grad(f)(x)))(np.ones(500)),
}


def _drive(driver: str, f: Any) -> bool:
    """Run a driver; whether the function's own exception came out."""
    try:
        DRIVERS[driver](f)
    except BoomError:
        return True
    return False


@pytest.mark.parametrize("driver", DRIVERS)
def test_an_exception_leaves_no_tape_behind(driver: str) -> None:
    """What was recorded dies with the call, by reference counts alone: no cycle keeps a tape alive."""
    held: list[Any] = []

    def f(x: Any) -> Any:
        w = np.full(500, 2.0)
        held.append(weakref.ref(w))
        np.sum(x * w)
        raise BoomError

    gc.collect()
    gc.disable()
    try:
        assert _drive(driver, f)
        assert held
        assert all(ref() is None for ref in held)
    finally:
        gc.enable()


@pytest.mark.parametrize("driver", DRIVERS)
def test_nothing_is_kept_after_a_derivative_was_taken(driver: str) -> None:
    held: list[Any] = []

    def f(x: Any) -> Any:
        w = np.full(500, 2.0)
        held.append(weakref.ref(w))
        return np.sum(x * w * x)

    gc.collect()
    gc.disable()
    try:
        DRIVERS[driver](f)
        assert held
        assert all(ref() is None for ref in held)
    finally:
        gc.enable()


@pytest.mark.parametrize("driver", [d for d in DRIVERS if d not in ("vjp", "linearize")])
def test_a_leaked_box_keeps_no_tape_alive(driver: str) -> None:
    held: list[Any] = []
    leaked: list[Any] = []

    def f(x: Any) -> Any:
        w = np.full(500, 2.0)
        held.append(weakref.ref(w))
        leaked.append(x)
        return np.sum(x * w * x)

    DRIVERS[driver](f)
    assert leaked
    assert all(ref() is None for ref in held)


def test_a_pullback_keeps_its_tape_just_as_long_as_it_lives() -> None:
    held: list[Any] = []

    def f(x: Any) -> Any:
        w = np.full(500, 2.0)
        held.append(weakref.ref(w))
        return x * w

    gc.collect()
    gc.disable()
    try:
        _, pullback = adkit.vjp(f, np.ones(500))
        assert held[0]() is not None
        pullback(np.ones(500))
        assert held[0]() is not None
        del pullback
        assert held[0]() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("driver", DRIVERS)
def test_an_exception_leaves_no_level_behind(driver: str) -> None:
    """After a failure, at whatever depth, every later derivative is right and the leaked box is refused."""
    leaked: list[Any] = []

    def f(x: Any) -> Any:
        leaked.append(x)
        raise BoomError

    def outer(u: Any) -> Any:
        assert _drive(driver, lambda x: f(u[0] * x))
        return np.sum(u**3)

    x = np.array([1.0, 2.0])
    np.testing.assert_allclose(adkit.grad(outer)(x), 3 * x**2)
    np.testing.assert_allclose(adkit.jacfwd(outer)(x), 3 * x**2)
    np.testing.assert_allclose(adkit.hessian(lambda u: np.sum(u**3))(x), np.diag(6 * x))
    assert not running()
    for box in leaked:
        with pytest.raises(adkit.LevelError):
            box * 2.0


def test_an_exception_in_a_pullback_leaves_it_usable() -> None:
    fail = [True]

    @adkit.custom_vjp
    def f(x: Any) -> Any:
        return x * 3

    def bwd(residuals: Any, g: Any) -> Any:
        if fail[0]:
            raise BoomError
        return (g * 3,)

    f.defvjp(lambda x: (x * 3, None), bwd)
    _, pullback = adkit.vjp(lambda x: f(np.sin(x)), np.float64(0.0))
    with pytest.raises(BoomError):
        pullback(1.0)
    fail[0] = False
    assert pullback(1.0)[0] == 3.0


def test_no_level_is_open_after_bad_use() -> None:
    """Refusals come at every stage of a call: none may leave its level open."""
    for run in (
        lambda: adkit.grad(np.sum)(3),
        lambda: adkit.grad(np.sum, argnums=5)(1.0),
        lambda: adkit.grad(lambda x: x)(np.ones(2)),
        lambda: adkit.vjp(np.sum, 3),
        lambda: adkit.vjp(lambda x: None, 1.0),
        lambda: adkit.vjp(np.sin, 1.0)[1](np.ones(2)),
        lambda: adkit.jvp(np.sin, (1.0,), (np.ones(2),)),
        lambda: adkit.jvp(lambda x: None, (1.0,), (1.0,)),
        lambda: adkit.jacfwd(lambda x: None)(1.0),
        lambda: adkit.jacrev(lambda x: None)(1.0),
        lambda: adkit.linearize(np.sin, 1.0)[1](np.ones(2)),
        lambda: adkit.derivative(np.sin)(np.ones(2)),
        lambda: adkit.hessian(np.sin)(2),
        lambda: adkit.grad(lambda x: float(x))(1.0),
    ):
        with pytest.raises(adkit.DerivativeError):
            run()
        assert not running()


def test_the_floating_point_state_is_the_callers_again() -> None:
    before = np.geterr()
    adkit.grad(lambda x: np.sum(np.where(x > 0, np.sqrt(np.abs(x)), 0.0)))(np.array([0.0, 1.0]))
    assert np.geterr() == before
    with pytest.raises(BoomError):
        adkit.grad(lambda x: _raise())(1.0)
    assert np.geterr() == before


def _raise() -> None:
    raise BoomError


# leaked boxes ---------------------------------------------------------------------------------------------

USES = {
    "operator": lambda b: b * 2.0,
    "reflected": lambda b: 2.0 - b,
    "power": lambda b: b**2,
    "unary": lambda b: -b,
    "ufunc": lambda b: np.sin(b),
    "singular ufunc": lambda b: np.log(b),
    "binary ufunc": lambda b: np.arctan2(b, 1.0),
    "maximum": lambda b: np.maximum(b, 0.0),
    "function": lambda b: np.sum(b),
    "reshape": lambda b: np.reshape(b, (1, 2)),
    "index": lambda b: b[0],
    "iteration": lambda b: list(b),
    "matmul": lambda b: b @ np.ones(2),
    "where": lambda b: np.where(np.array([True, False]), b, 0.0),
    "concatenate": lambda b: np.concatenate([b, b]),
    "product": lambda b: np.prod(b),
    "within another level": lambda b: adkit.grad(lambda x: np.sum(x * b))(np.ones(2)),
    "within another jvp": lambda b: adkit.jvp(lambda x: np.sum(x * b), (np.ones(2),), (np.ones(2),)),
}
LEAKS = {
    "grad": lambda f: adkit.grad(f)(np.ones(2)),
    "vjp": lambda f: adkit.vjp(f, np.ones(2)),
    "jvp": lambda f: adkit.jvp(f, (np.ones(2),), (np.ones(2),)),
    "jacfwd": lambda f: adkit.jacfwd(f)(np.ones(2)),
    "jacrev": lambda f: adkit.jacrev(f)(np.ones(2)),
    "linearize": lambda f: adkit.linearize(f, np.ones(2)),
}


def _leak(driver: str, of: Any = lambda x: x) -> Any:
    leaked: list[Any] = []

    def f(x: Any) -> Any:
        leaked.append(of(x))
        return np.sum(x)

    kept = LEAKS[driver](f)  # noqa: F841 - a pullback that is alive keeps the tape, yet the level is over
    return leaked[0]


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("driver", LEAKS)
def test_a_leaked_box_raises_when_it_is_used(driver: str, use: str) -> None:
    box = _leak(driver)
    with pytest.raises(adkit.LevelError, match="has ended"):
        USES[use](box)


@pytest.mark.parametrize("driver", LEAKS)
def test_a_leaked_object_array_raises_when_it_is_used(driver: str) -> None:
    stale = _leak(driver, lambda x: np.array([x[0], x[1]]))
    assert stale.dtype == object
    with pytest.raises(adkit.LevelError):
        stale * 2.0
    with pytest.raises(adkit.LevelError):
        adkit.grad(lambda x: np.sum(x * stale))(np.ones(2))


@pytest.mark.parametrize("driver", LEAKS)
@pytest.mark.parametrize("inner", [adkit.vjp, adkit.linearize])
def test_a_leaked_pullback_of_a_box_raises_when_it_is_called(driver: str, inner: Any) -> None:
    apply = _leak(driver, lambda x: inner(np.sin, x)[1])
    with pytest.raises(adkit.LevelError, match="has ended"):
        apply(np.ones(2))


@pytest.mark.parametrize("driver", LEAKS)
def test_a_leaked_box_returned_from_another_function_is_refused_or_constant(driver: str) -> None:
    """It must not be taken for a value of the level that is open now."""
    box = _leak(driver)
    for run in (
        lambda: adkit.grad(lambda x: x[0] + box[1])(np.ones(2)),
        lambda: adkit.jvp(lambda x: x + box, (np.ones(2),), (np.ones(2),)),
    ):
        with pytest.raises(adkit.LevelError):
            run()


# threads ----------------------------------------------------------------------------------------------------


def _work(a: float) -> tuple[float, ...]:
    def f(x: Any) -> Any:
        for _ in range(20):
            x = x + 0.1 * np.sin(a * x)
        return np.sum(x * x)

    x = np.array([a, 2 * a])
    return (
        *adkit.grad(f)(x).tolist(),
        *adkit.jacfwd(f)(x).tolist(),
        *adkit.hvp(f, x, np.ones(2)).tolist(),
        *adkit.hessian(f)(x).ravel().tolist(),
        float(adkit.jvp(f, (x,), (x,))[1]),
    )


def test_threads_each_get_their_own_right_answers() -> None:
    values = [0.1 * k for k in range(1, 9)]
    want = [_work(a) for a in values]
    barrier = threading.Barrier(len(values))
    interval = sys.getswitchinterval()

    def run(a: float) -> list[tuple[float, ...]]:
        barrier.wait()
        return [_work(a) for _ in range(10)]

    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(len(values)) as pool:
            answers = list(pool.map(run, values))
    finally:
        sys.setswitchinterval(interval)
    for rounds, expected in zip(answers, want, strict=True):
        assert all(got == expected for got in rounds)


def test_two_threads_within_each_others_levels() -> None:
    """Two calls held open at once, each waiting for the other in the middle of its function."""
    barrier = threading.Barrier(2)

    def f(x: Any) -> Any:
        y = x * x
        barrier.wait(10)
        z = adkit.grad(lambda u: u * u * y)(x)  # 2 x^3
        barrier.wait(10)
        return z + y

    with ThreadPoolExecutor(2) as pool:
        a, b = pool.submit(adkit.grad(f), 2.0), pool.submit(lambda: adkit.jvp(f, (3.0,), (1.0,))[1])
        assert a.result(20) == 6 * 4 + 4
        assert b.result(20) == 6 * 9 + 6


def test_counters_and_switches_belong_to_their_thread() -> None:
    with adkit.count_sweeps() as mine, ThreadPoolExecutor(1) as pool:
        pool.submit(adkit.grad(np.sin), 1.0).result()
    assert mine.reverse_sweeps == 0


# pullbacks ------------------------------------------------------------------------------------------------------


def test_a_pullback_called_twice_in_another_thread_and_at_once() -> None:
    W = np.random.default_rng(0).normal(size=(4, 3))
    x = np.array([0.3, -0.2, 0.9])
    y, pullback = adkit.vjp(lambda x: np.tanh(W @ x) * np.sum(x), x)
    J = adkit.jacfwd(lambda x: np.tanh(W @ x) * np.sum(x))(x)
    for _ in range(3):
        for e in np.eye(4):
            np.testing.assert_allclose(pullback(e)[0], e @ J, rtol=1e-13)
    seeds = np.random.default_rng(1).normal(size=(200, 4))
    with ThreadPoolExecutor(4) as pool:
        rows = list(pool.map(lambda g: pullback(g)[0], seeds))
    np.testing.assert_allclose(rows, seeds @ J, rtol=1e-12)


def test_a_pullback_called_within_itself() -> None:
    """With a cotangent that is itself being differentiated through the same pullback."""
    x = np.array([0.3, -0.2])
    _, pullback = adkit.vjp(np.sin, x)
    J = np.diag(np.cos(x))

    def f(g: Any) -> Any:
        return np.sum(pullback(pullback(g)[0] * g)[0])

    g = np.array([2.0, 3.0])
    np.testing.assert_allclose(adkit.grad(f)(g), 2 * g * np.diag(J) ** 2, rtol=1e-13)
    np.testing.assert_allclose(adkit.jacfwd(f)(g), 2 * g * np.diag(J) ** 2, rtol=1e-13)


def test_writing_into_a_result_does_not_change_the_pullback() -> None:
    y, pullback = adkit.vjp(np.exp, np.array([0.0, 1.0]))
    y[:] = 100.0
    first = pullback(np.ones(2))[0]
    np.testing.assert_allclose(first, np.exp([0.0, 1.0]))
    first[:] = -1.0
    np.testing.assert_allclose(pullback(np.ones(2))[0], np.exp([0.0, 1.0]))


# memory of results ------------------------------------------------------------------------------------------------

_ALIASING = {
    "first alone": lambda x, y: x + 0.0 * y,
    "sum of both": lambda x, y: x + y,
    "difference": lambda x, y: x - y,
    "twice": lambda x, y: x + x + y,
    "transposed": lambda x, y: (x + y).T.T,
    "reshaped": lambda x, y: np.reshape(np.reshape(x, (4,)) + np.reshape(y, (4,)), (2, 2)),
    "broadcast": lambda x, y: np.broadcast_to(x + y, (3, 2, 2))[0] + y,
    "sliced": lambda x, y: np.concatenate([x[:1] + y[:1], y[1:]]),
    "copied": lambda x, y: np.copy(x) + y,
    "product": lambda x, y: x * y,
    "where": lambda x, y: np.where(np.array([True, False]), x, y),
}


def _assert_apart(*arrays: Any) -> None:
    held = [a for a in arrays if isinstance(a, np.ndarray)]
    for a, b in combinations(held, 2):
        assert not np.shares_memory(a, b)


@pytest.mark.parametrize("name", _ALIASING)
def test_results_share_no_memory(name: str) -> None:
    f = _ALIASING[name]
    x, y = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[5.0, 6.0], [7.0, 8.0]])
    u, v = np.ones((2, 2)), np.full((2, 2), 2.0)
    _assert_apart(x, y, *adkit.grad(lambda x, y: np.sum(f(x, y)), argnums=(0, 1))(x, y))
    _, pullback = adkit.vjp(f, x, y)
    a, b = pullback(u), pullback(u)
    _assert_apart(x, y, u, *a, *b)
    _assert_apart(x, y, *adkit.jacrev(f, argnums=(0, 1))(x, y))
    _assert_apart(x, y, *adkit.jacfwd(f, argnums=(0, 1))(x, y))
    _, tangent = adkit.jvp(f, (x, y), (u, v))
    _assert_apart(x, y, u, v, tangent)
    _, push = adkit.linearize(f, x, y)
    _assert_apart(x, y, u, v, push(u, v), push(u, v))


def test_tangents_of_several_results_share_no_memory() -> None:
    """The rule of a sum hands on the very tangent it was given."""
    x, v = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    _, (a, b, c) = adkit.jvp(lambda x: (x, x + 1, x + 2), (x,), (v,))
    _assert_apart(x, v, a, b, c)

    def f(x: Any) -> Any:
        s = np.sin(x)
        return x, x + 1, s, s + 1, np.reshape(s, (2, 1)), +s

    _, tangents = adkit.jvp(f, (x,), (v,))
    _assert_apart(x, v, *tangents)
    _, push = adkit.linearize(f, x)
    _assert_apart(x, v, *push(v))
    _assert_apart(x, *adkit.jacfwd(f)(x))
    _assert_apart(x, *adkit.jacrev(f)(x))


def test_gradients_are_writable() -> None:
    x = np.array([1.0, 2.0])
    for gradient in (
        adkit.grad(np.sum)(x),
        adkit.vjp(lambda x: np.broadcast_to(x, (3, 2)), x)[1](np.ones((3, 2)))[0],
        adkit.vjp(np.sum, x)[1](1.0)[0],
        adkit.jvp(lambda x: np.broadcast_to(x, (3, 2)), (x,), (x,))[1],
        adkit.jvp(lambda x: np.sum(x) * np.ones(2), (x,), (x,))[1],
        adkit.jacfwd(lambda x: np.broadcast_to(x, (3, 2)))(x),
        adkit.jacrev(lambda x: np.broadcast_to(x, (3, 2)))(x),
        adkit.linearize(lambda x: np.broadcast_to(x, (3, 2)), x)[1](x),
        adkit.hessian(lambda x: np.sum(x * x))(x),
        adkit.hvp(lambda x: np.sum(x * x), x, x),
    ):
        gradient += 1.0


def test_the_same_array_given_twice_gets_two_gradients() -> None:
    x = np.array([1.0, 2.0])
    a, b = adkit.grad(lambda p, q: np.sum(p * q * q), argnums=(0, 1))(x, x)
    np.testing.assert_allclose(a, x * x)
    np.testing.assert_allclose(b, 2 * x * x)
    _assert_apart(x, a, b)
    tree = adkit.grad(lambda p: np.sum(p["u"] * p["v"] ** 2))({"u": x, "v": x})
    np.testing.assert_allclose(tree["u"], x * x)
    np.testing.assert_allclose(tree["v"], 2 * x * x)


def test_inputs_are_left_as_they_were() -> None:
    x = np.linspace(0.1, 1, 100)
    before = x.copy()
    x.flags.writeable = False

    def f(x: Any) -> Any:
        y = x * x
        y += x
        return np.sum(y + y + x)

    g = adkit.grad(f)(x)
    np.testing.assert_allclose(g, 4 * x + 3)
    np.testing.assert_array_equal(x, before)


def test_collecting_in_place_does_not_write_into_a_shared_cotangent() -> None:
    """By the time the sum hands its cotangent to x, that of x is a buffer being added to; w gets the same array."""
    x = np.linspace(0, 1, 20_000)
    c = np.linspace(1, 2, 20_000)

    def f(x: Any) -> Any:
        w = x * 2.0
        s = x + w
        return np.sum(s * c) + np.sum(x * x) + np.sum(x * 3.0) + np.sum(x * c)

    want = 3 * c + 2 * x + 3 + c
    np.testing.assert_allclose(adkit.grad(f)(x), want, rtol=1e-13)
    _, pullback = adkit.vjp(lambda x: (f(x), x + x * 2.0), x)
    seed = np.ones_like(x)
    for _ in range(2):
        np.testing.assert_allclose(pullback((1.0, seed))[0], want + 3.0, rtol=1e-13)
    np.testing.assert_array_equal(seed, 1.0)


def test_fan_out_does_not_corrupt_a_shared_cotangent() -> None:
    """The sum hands one array to both operands; adding in place into it would change the other's."""
    n = 200
    x = np.linspace(0, 1, n)

    def f(x: Any) -> Any:
        a, b = np.sin(x), np.cos(x)
        s = a + b
        return np.sum(s + a * 2 + a * 3 + b * s + s)

    def by_hand(x: np.ndarray) -> np.ndarray:
        a, b = np.sin(x), np.cos(x)
        return np.asarray((2 + 5 + b) * b + (2 + a + 2 * b) * -a)

    np.testing.assert_allclose(adkit.grad(f)(x), by_hand(x), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(adkit.jacfwd(f)(x), by_hand(x), rtol=1e-12, atol=1e-12)
