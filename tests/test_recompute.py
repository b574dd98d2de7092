"""checkpoint and unroll: the same derivatives from less memory, and no more steps computed than the optimum."""

from __future__ import annotations

import gc
import tracemalloc
import weakref
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import adkit
import adkit.numpy as anp
from adkit.errors import DerivativeError, LevelError
from adkit.schedules import POLICIES, recomputation_cost
from adkit.testing import assert_proved, check_grads

RNG = np.random.default_rng(0)
X = RNG.normal(size=(4, 3))
PARAMS = [{"W": RNG.normal(size=(3, 3)) / 2, "b": RNG.normal(size=3)} for _ in range(4)]


def layer(params: Any, x: Any, scale: Any = 1.0) -> Any:
    return np.tanh(x @ params["W"] + params["b"]) * scale


def network(layer: Any) -> Any:
    def loss(params: Any, x: Any) -> Any:
        for p in params:
            x = layer(p, x, scale=1.5)
        return np.sum(x**2)

    return loss


plain, saved = network(layer), network(adkit.checkpoint(layer))


def close(a: Any, b: Any, rtol: float = 1e-13) -> None:
    for x, y in zip(adkit.tree.leaves(a), adkit.tree.leaves(b), strict=True):
        np.testing.assert_allclose(x, y, rtol=rtol, atol=1e-14)


# checkpoint ------------------------------------------------------------------------------------------


def test_gradients_are_those_of_plain_reverse_mode() -> None:
    close(adkit.grad(saved, (0, 1))(PARAMS, X), adkit.grad(plain, (0, 1))(PARAMS, X))


def test_every_driver_takes_it() -> None:
    def f(x: Any) -> Any:
        return np.sum(np.sin(x) * np.cumsum(x), axis=-1) + np.exp(x)

    g = adkit.checkpoint(f)
    x, v, u = RNG.normal(size=(3, 5))
    close(g(x), f(x), 0)
    close(adkit.jvp(g, (x,), (v,)), adkit.jvp(f, (x,), (v,)))
    close(adkit.vjp(g, x)[1](u), adkit.vjp(f, x)[1](u))
    close(adkit.jacrev(g)(x), adkit.jacrev(f)(x))
    close(adkit.jacfwd(g)(x), adkit.jacfwd(f)(x))
    close(adkit.jacobian(g)(x), adkit.jacobian(f)(x))
    close(adkit.linearize(g, x)[1](v), adkit.linearize(f, x)[1](v))
    scalar, saved = (lambda x: f(x) @ u), (lambda x: g(x) @ u)
    close(adkit.hvp(saved, x, v), adkit.hvp(scalar, x, v), 1e-12)
    close(adkit.hessian(saved)(x), adkit.hessian(scalar)(x), 1e-12)
    close(adkit.grad(lambda x: adkit.grad(saved)(x) @ v)(x), adkit.hvp(scalar, x, v), 1e-12)
    close(adkit.grad(lambda x: adkit.jvp(saved, (x,), (v,))[1])(x), adkit.hvp(scalar, x, v), 1e-12)
    close(adkit.value_and_grad(saved)(x), adkit.value_and_grad(scalar)(x))
    check_grads(g, (x,), order=2)


def test_closures_over_what_is_differentiated() -> None:
    def loss(W: Any, keep: bool) -> Any:
        f = (lambda h: np.tanh(h @ W)) if keep else adkit.checkpoint(lambda h: np.tanh(h @ W))
        h = X
        for _ in range(5):
            h = f(h)
        return np.sum(h * W[0])

    W = PARAMS[0]["W"]
    close(adkit.grad(lambda W: loss(W, False))(W), adkit.grad(lambda W: loss(W, True))(W))
    close(adkit.hvp(lambda W: loss(W, False), W, W), adkit.hvp(lambda W: loss(W, True), W, W), 1e-12)


def test_it_nests() -> None:
    def deep(f: Any, n: int) -> Any:
        return adkit.checkpoint(f if n == 0 else lambda x: deep(f, n - 1)(np.sin(deep(f, n - 1)(x))))

    def same(n: int) -> Any:
        return np.cos if n == 0 else lambda x: same(n - 1)(np.sin(same(n - 1)(x)))

    x = np.linspace(0, 1, 4)
    close(adkit.grad(lambda x: np.sum(deep(np.cos, 4)(x)))(x), adkit.grad(lambda x: np.sum(same(4)(x)))(x))


def test_trees_and_keywords() -> None:
    @dataclass
    class Pair:
        a: Any
        b: Any

    @adkit.checkpoint
    def f(p: Pair, *, factor: Any, name: str = "x", more: Any = None) -> Any:
        """The document of f."""
        assert name == "y"
        assert more is None
        return {"sum": (p.a + p.b) * factor, "same": p.a, "fixed": 3.0, "none": None}

    assert f.__name__ == "f"
    assert f.__doc__ == "The document of f."

    def loss(p: Pair, factor: Any) -> Any:
        out = f(p, factor=factor, name="y")
        assert out["none"] is None
        return np.sum(out["sum"] * out["same"]) * out["fixed"]

    p = Pair(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    gradient, factor = adkit.grad(loss, (0, 1))(p, 2.0)
    np.testing.assert_allclose(gradient.a, 6 * (2 * p.a + p.b))
    np.testing.assert_allclose(gradient.b, 6 * p.a)
    np.testing.assert_allclose(factor, 3 * np.sum((p.a + p.b) * p.a))


def test_methods_several_results_and_unused_ones() -> None:
    class Layer:
        W = np.eye(3) * 0.3

        @adkit.checkpoint
        def forward(self, x: Any) -> Any:
            return np.tanh(x @ self.W), np.sum(x), x

    def loss(x: Any) -> Any:
        a, _, c = Layer().forward(x)
        return np.sum(a * c)

    close(adkit.grad(loss)(X), adkit.grad(lambda x: np.sum(np.tanh(x @ Layer.W) * x))(X))


def test_a_pullback_may_be_called_often_and_from_threads() -> None:
    y, pullback = adkit.vjp(lambda x: adkit.checkpoint(lambda v: np.sin(v) * x)(np.cos(x)), X)
    _, wanted = adkit.vjp(lambda x: np.sin(np.cos(x)) * x, X)
    cotangents = RNG.normal(size=(24, *y.shape))
    with ThreadPoolExecutor(4) as pool:
        for g, (found,) in zip(cotangents, pool.map(pullback, cotangents), strict=True):
            close(found, wanted(g)[0])


def test_loops_branches_and_buffers_inside() -> None:
    def f(x: Any) -> Any:
        y = anp.zeros(5)
        y[0] = x[0]
        for k in range(1, 5):
            y[k] = y[k - 1] * x[k] if x[k] > 0 else y[k - 1] + x[k]
        return y

    x = np.array([0.5, -1.0, 2.0, -0.1, 0.7])
    close(adkit.grad(lambda x: np.sum(adkit.checkpoint(f)(x) ** 2))(x), adkit.grad(lambda x: np.sum(f(x) ** 2))(x))

    def buffers_across(x: Any) -> Any:
        y = anp.zeros(3)
        y[0] = x
        y = adkit.checkpoint(lambda y: y * 2.0)(y)
        return np.sum(y)

    assert adkit.grad(buffers_across)(1.5) == 2.0


def test_zero_cotangents_stay_zero_through_infinite_partials() -> None:
    def f(x: Any) -> Any:
        return np.where(x > 0, np.sqrt(x), 0.0)

    x = np.array([0.0, 4.0])
    close(adkit.grad(lambda x: np.sum(adkit.checkpoint(f)(x)))(x), np.array([0.0, 0.25]))


def test_other_types_and_empty_arrays() -> None:
    for x in (np.ones(3, np.float32), np.ones((0, 2)), np.float64(2.0), 2.0):
        found = adkit.grad(lambda x: np.sum(adkit.checkpoint(np.tanh)(x)))(x)
        wanted = adkit.grad(lambda x: np.sum(np.tanh(x)))(x)
        assert found.dtype == wanted.dtype
        close(found, wanted)
    z = np.array([1 + 2j, 0.5j])
    close(adkit.grad(lambda z: np.sum(np.abs(adkit.checkpoint(np.exp)(z))))(z), adkit.grad(lambda z: np.sum(np.abs(np.exp(z))))(z))


def test_it_is_traced_and_proved() -> None:
    f = adkit.checkpoint(lambda x: np.tanh(x) * x)
    program = adkit.trace(lambda x: np.sum(f(x)))(X)
    np.testing.assert_allclose(program(X), np.sum(np.tanh(X) * X))
    gradient = adkit.trace(adkit.grad(lambda x: np.sum(f(x))))(X)
    close(gradient(X), adkit.grad(lambda x: np.sum(np.tanh(x) * x))(X))
    assert_proved(lambda x: f(x[0]) * f(x[1]), np.array([0.5, -1.0]))


def test_what_a_function_leaks_cannot_be_used() -> None:
    leaked: list[Any] = []

    @adkit.checkpoint
    def f(x: Any) -> Any:
        leaked.append(np.sin(x))
        return np.cos(x)

    with pytest.raises(LevelError, match="used outside it"):
        adkit.grad(lambda x: f(x) + leaked[-1])(1.0)
    with pytest.raises(LevelError, match="used outside it"):
        adkit.linearize(lambda x: f(x) + leaked[-1], 1.0)[1](1.0)
    with pytest.raises(LevelError, match="has already returned"):
        leaked[-1] + 1.0


def test_a_function_that_changes_is_refused() -> None:
    rng = np.random.default_rng(0)
    dropout = adkit.checkpoint(lambda x: x * rng.integers(0, 2, size=x.shape))
    with pytest.raises(DerivativeError, match=r"another result .* pass a seed"):
        adkit.grad(lambda x: np.sum(dropout(x)))(np.ones(50))


def test_a_function_that_writes_outside_is_refused() -> None:
    def loss(x: Any) -> Any:
        y = anp.zeros(2)
        y[0] = x

        def write(x: Any) -> Any:
            y[1] = x
            return x * 2.0

        return adkit.checkpoint(write)(x) + np.sum(y)

    with pytest.raises(DerivativeError, match="made outside"):
        adkit.grad(loss)(1.0)


def test_exceptions_leave_no_state() -> None:
    calls: list[int] = []

    def f(x: Any) -> Any:
        calls.append(1)
        if len(calls) % 2 == 0:
            raise RuntimeError("the second time")
        return np.sin(x)

    _, pullback = adkit.vjp(adkit.checkpoint(f), 1.0)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="the second time"):
            pullback(1.0)
        assert pullback(1.0)[0] == np.cos(1.0)
    assert adkit.grad(np.sin)(0.0) == 1.0
    with pytest.raises(DerivativeError, match="checkpoint: the first argument must be a function"):
        adkit.checkpoint(3)


def test_it_holds_less_and_lets_go() -> None:
    def chain(f: Any) -> Any:
        def loss(x: Any) -> Any:
            for _ in range(20):
                x = f(x)
            return x

        return loss

    def f(x: Any) -> Any:
        for _ in range(10):
            x = np.tanh(x) * 0.9
        return x

    x = np.ones(1000)
    _, kept = adkit.vjp(chain(f), x)
    _, saved = adkit.vjp(chain(adkit.checkpoint(f)), x)
    assert kept.nbytes > 8 * saved.nbytes
    assert saved.ops < kept.ops / 5
    close(saved(x), kept(x))

    class Mark(np.ndarray):
        pass

    held = np.ones(3).view(Mark)
    gone = weakref.ref(held)
    _, pullback = adkit.vjp(adkit.checkpoint(lambda x, held=held: np.sum(x) * float(held[0])), np.ones(3))
    pullback(1.0)
    del pullback, held
    gc.collect()
    assert gone() is None


def test_mutations_are_still_detected() -> None:
    w = np.array([1.0, 2.0])
    with adkit.debug_mutations():
        _, pullback = adkit.vjp(lambda x: adkit.checkpoint(np.sin)(x) * w, np.ones(2))
        w[0] = 5.0
        with pytest.raises(adkit.MutationError):
            pullback(np.ones(2))


# unroll ----------------------------------------------------------------------------------------------

W, B = RNG.normal(size=(3, 3)) / 2, RNG.normal(size=3)


class Counted:
    """A recurrent step, and how often it is computed."""

    def __init__(self, W: Any, b: Any) -> None:
        self.W, self.b, self.calls = W, b, 0

    def __call__(self, state: Any, x: Any) -> Any:
        self.calls += 1
        h, total = state
        h = np.tanh(self.W @ h + self.b * x)
        return h, total + np.sum(h**2)


def bptt(length: int, slots: int | None, policy: str = "hidden", counts: list[int] | None = None) -> Any:
    def loss(W: Any, b: Any, h: Any) -> Any:
        step = Counted(W, b)
        if counts is not None:
            counts.append(step)  # type: ignore[arg-type]
        return adkit.unroll(step, (h, 0.0), np.linspace(-1, 1, length), slots=slots, policy=policy)[1]

    return loss


@pytest.mark.parametrize("policy", POLICIES)
def test_the_steps_computed_are_the_optimum_and_the_gradient_is_the_same(policy: str) -> None:
    for length in (1, 2, 3, 5, 10, 17, 24):
        wanted = adkit.grad(bptt(length, None), (0, 1, 2))(W, B, np.ones(3))
        for slots in (1, 2, 3, 4, 7, 30):
            counts: list[Any] = []
            found = adkit.grad(bptt(length, slots, policy, counts), (0, 1, 2))(W, B, np.ones(3))
            close(found, wanted)
            assert counts[0].calls == recomputation_cost(length, slots, policy), (length, slots)


def test_a_long_chain_needs_no_recursion() -> None:
    for policy, slots in (("revolve", 2), ("internal", 3)):
        found = adkit.grad(lambda w: adkit.unroll(lambda s, k: s * w, 1.0, 600, slots=slots, policy=policy))(1.001)  # noqa: B023
        assert found == pytest.approx(600 * 1.001**599, rel=1e-12)
    found = adkit.grad(lambda w: adkit.unroll(lambda s, k: s * w, 1.0, 120, slots=1))(1.001)
    assert found == pytest.approx(120 * 1.001**119, rel=1e-12)


@pytest.mark.parametrize("policy", POLICIES)
def test_unroll_under_every_driver(policy: str) -> None:
    def f(W: Any, slots: int | None) -> Any:
        return adkit.unroll(lambda h, x: np.tanh(W @ h + x), np.ones(3), X[:, :3].repeat(2, axis=0), slots=slots, policy=policy)

    v, u = RNG.normal(size=(2, 3))
    T = RNG.normal(size=(3, 3))
    close(adkit.jvp(lambda W: f(W, 3), (W,), (T,)), adkit.jvp(lambda W: f(W, None), (W,), (T,)))
    close(adkit.jacrev(lambda W: f(W, 3))(W), adkit.jacrev(lambda W: f(W, None))(W), 1e-12)
    close(adkit.linearize(lambda W: f(W, 3), W)[1](T), adkit.linearize(lambda W: f(W, None), W)[1](T), 1e-12)
    close(adkit.hvp(lambda W: f(W, 3) @ u, W, T), adkit.hvp(lambda W: f(W, None) @ u, W, T), 1e-12)
    both = [adkit.grad(lambda W, s=s: np.sum(adkit.grad(lambda W: f(W, s) @ u)(W) * T))(W) for s in (3, None)]
    close(*both, 1e-12)
    y, pullback = adkit.vjp(lambda W: f(W, 2), W)
    close(pullback(v), adkit.vjp(lambda W: f(W, None), W)[1](v), 1e-12)
    close(pullback(2 * v)[0], 2 * pullback(v)[0])


def test_inputs_may_be_differentiated_and_trees() -> None:
    def loss(inputs: Any, slots: int | None) -> Any:
        def step(state: Any, x: Any) -> Any:
            return {"h": np.tanh(state["h"] * x["a"] + x["b"][0]), "c": state["c"]}

        out = adkit.unroll(step, {"h": np.ones(2), "c": inputs["a"][0]}, inputs, slots=slots)
        return np.sum(out["h"]) * out["c"]

    inputs = {"a": RNG.normal(size=9), "b": (RNG.normal(size=(9, 2)),)}
    close(adkit.grad(lambda i: loss(i, 3))(inputs), adkit.grad(lambda i: loss(i, None))(inputs))
    assert adkit.unroll(lambda s, k: s + k, 1.0, 0) == 1.0
    assert adkit.unroll(lambda s, k: s + k, 1.0, 4, slots=2) == 7.0
    assert adkit.grad(lambda x: adkit.unroll(lambda s, k: s * x, x, 0, slots=2))(3.0) == 1.0


def test_unroll_says_what_is_wrong() -> None:
    def f(**kw: Any) -> Any:
        return adkit.unroll(**{"step": lambda s, x: s, "state": 1.0, "inputs": 3} | kw)

    for kw, said in (
        ({"inputs": -1}, "there cannot be -1 steps"),
        ({"inputs": (np.ones(3), np.ones(2))}, "first axes count the steps alike; these have 2, 3"),
        ({"inputs": 2.5}, "these have no axis"),
        ({"inputs": None}, "these have no array among them"),
        ({"slots": 0}, "slots is a whole number from 1, not 0"),
        ({"policy": "some"}, "policy is one of hidden, internal, revolve, not 'some'"),
        ({"step": 3}, "unroll: the first argument must be a function"),
    ):
        with pytest.raises(DerivativeError, match=said):
            f(**kw)


def test_peak_memory_is_that_of_the_slots() -> None:
    state = np.ones(20_000)

    def peak(slots: int | None) -> float:
        """In states."""

        def loss(w: Any) -> Any:
            return np.sum(adkit.unroll(lambda h, k: np.tanh(h * w + np.sin(h)), state, 120, slots=slots))

        adkit.grad(loss)(0.5)
        gc.collect()
        tracemalloc.start()
        adkit.grad(loss)(0.5)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found / state.nbytes

    everything, few, more = peak(None), peak(3), peak(6)
    assert everything > 120
    assert few < 15
    assert more - few < 4.5


def test_a_pullback_of_unroll_may_be_called_again() -> None:
    counts: list[Any] = []
    y, pullback = adkit.vjp(bptt(20, 4, "internal", counts), W, B, np.ones(3))
    first = pullback(1.0)
    once = counts[0].calls
    assert once == recomputation_cost(20, 4, "internal")
    close(pullback(1.0), first)
    # What was kept on the way there is used up: the way there is made again.
    assert counts[0].calls == once + recomputation_cost(20, 4, "internal")


def test_a_step_that_changes_is_refused() -> None:
    rng = np.random.default_rng(0)

    def f(w: Any) -> Any:
        return np.sum(adkit.unroll(lambda h, k: np.tanh(h * w) + rng.normal(size=3), np.ones(3), 12, slots=3))

    with pytest.raises(DerivativeError, match="unroll: the function gave another result"):
        adkit.grad(f)(0.5)


def test_nans_are_found_inside() -> None:
    def length(x: Any) -> Any:
        return np.sqrt(np.sum(x * x))

    with adkit.debug_nans(), pytest.raises(adkit.NanError, match="through 'multiply'"):
        adkit.grad(adkit.checkpoint(length))(np.zeros(2))
    with pytest.warns(adkit.AdkitWarning, match="'checkpoint'"):
        assert np.isnan(adkit.grad(adkit.checkpoint(length))(np.zeros(2))).all()
