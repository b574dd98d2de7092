"""Optimisers: three steps by hand, purity, nested parameters, determinism, and what a learning rate may be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import adkit
from adkit import nn, tree

STEPS = (1.0, -0.5, 2.0)  # the gradients of three steps


def three(optimizer: Any) -> list[float]:
    theta: Any = {"w": np.array([1.0])}
    state, found = optimizer.init(theta), []
    for g in STEPS:
        theta, state = optimizer.update(theta, {"w": np.array([g])}, state)
        found.append(float(theta["w"][0]))
    return found


def test_row_33_three_steps_by_hand() -> None:
    np.testing.assert_allclose(three(nn.SGD(0.1)), [0.9, 0.95, 0.75], rtol=1e-15)
    # v: 1, 0.5 - 0.5 = 0, 2
    np.testing.assert_allclose(three(nn.Momentum(0.1, 0.5)), [0.9, 0.9, 0.7], rtol=1e-15)
    # g + v/2: 1.5, -0.5, 3
    np.testing.assert_allclose(three(nn.Nesterov(0.1, 0.5)), [0.85, 0.9, 0.6], rtol=1e-15)
    # s: 0.5, 0.375, 2.1875
    steps = 0.1 * np.array(STEPS) / np.sqrt([0.5, 0.375, 2.1875])
    np.testing.assert_allclose(three(nn.RMSProp(0.1, 0.5, 0.0)), 1 - np.cumsum(steps), rtol=1e-14)
    # m: 0.5, 0, 1 over 1 - 2^-t; v: 0.25, 0.25, 1.1875 over 1 - 0.75^t
    m = np.array([0.5, 0.0, 1.0]) / (1 - 0.5 ** np.arange(1, 4))
    v = np.array([0.25, 0.25, 1.1875]) / (1 - 0.75 ** np.arange(1, 4))
    np.testing.assert_allclose(three(nn.Adam(0.1, 0.5, 0.75, 0.0)), 1 - np.cumsum(0.1 * m / np.sqrt(v)), rtol=1e-14)


def test_row_33_adams_first_step_is_the_learning_rate_times_the_sign() -> None:
    g = np.array([1e-3, -5.0, 70.0])
    theta, _ = nn.Adam(0.01, epsilon=0.0).update(np.zeros(3), g, nn.Adam(0.01).init(np.zeros(3)))
    np.testing.assert_allclose(theta, -0.01 * np.sign(g), rtol=1e-12)


@pytest.mark.parametrize("factor", [1.9, 2.1])
def test_row_32_descent_on_a_quadratic_diverges_beyond_two_over_the_largest_curvature(factor: float) -> None:
    A = np.diag([1.0, 3.0, 10.0])
    x: Any = np.ones(3)
    optimizer = nn.SGD(factor / 10.0)
    for _ in range(200):
        x, _ = optimizer.update(x, adkit.grad(lambda x: 0.5 * x @ A @ x)(x), {})
    assert (np.abs(x).max() > 1e6) == (factor > 2)
    assert (np.abs(x).max() < 1e-3) == (factor < 2)


@pytest.mark.parametrize("name", nn.OPTIMIZERS)
def test_every_optimiser_is_pure_and_deterministic_and_walks_nested_parameters(name: str) -> None:
    optimizer = nn.OPTIMIZERS[name](lr=0.01)
    params = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)).init(0)
    gradients = tree.map_leaves(lambda p: np.cos(p), params)
    state = optimizer.init(params)
    kept = [leaf.copy() for leaf in tree.leaves((params, gradients, state))]
    one, state_one = optimizer.update(params, gradients, state)
    two, state_two = optimizer.update(params, gradients, state)
    for a, b in zip(kept, tree.leaves((params, gradients, state)), strict=True):
        np.testing.assert_array_equal(a, b)
    assert [p for p, _ in tree.paths(one)] == [p for p, _ in tree.paths(params)]
    assert [p for p, _ in tree.paths(state_one)] == [p for p, _ in tree.paths(state)]
    for a, b in zip(tree.leaves((one, state_one)), tree.leaves((two, state_two)), strict=True):
        assert isinstance(a, np.ndarray)
        np.testing.assert_array_equal(a, b)
    for p, q, g in zip(tree.leaves(params), tree.leaves(one), tree.leaves(gradients), strict=True):
        assert np.all((q - p) * g < 0)


@pytest.mark.parametrize("name", nn.OPTIMIZERS)
def test_every_optimiser_finds_the_least_squares_row_5(name: str) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(50, 3))
    t = x @ np.array([[1.0], [-2.0], [0.5]]) + 0.3 + 0.1 * rng.normal(size=(50, 1))
    layer = nn.Linear(3, 1)
    params: Any = layer.init(0)
    optimizer = nn.OPTIMIZERS[name](lr=0.1 if name in ("sgd", "momentum", "nesterov") else 0.05)
    state = optimizer.init(params)
    for k in range(600):
        if name in ("rmsprop", "adam") and k % 100 == 99:
            optimizer.lr *= 0.2  # steps of a fixed size circle round the minimum
        y, memory = layer.forward_by_hand(params, x)
        _, g = layer.backward_by_hand(params, nn.squared_error.by_hand(y, t), memory)
        params, state = optimizer.update(params, g, state)
    exact, *_ = np.linalg.lstsq(np.c_[x, np.ones(50)], t, rcond=None)
    found = np.append(params["W"][0], params["b"])
    np.testing.assert_allclose(found, exact[:, 0], rtol=1e-6 if name == "sgd" else 2e-3)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: nn.SGD(0.0), "SGD: the learning rate lr must be a positive number, not 0.0"),
        (lambda: nn.Adam(lr=float("nan")), "positive number"),
        (lambda: nn.SGD(np.ones(2)), "positive number"),
        (lambda: nn.SGD("fast"), "positive number"),
        (lambda: nn.Momentum(0.1, 1.0), r"momentum must lie in \[0, 1\), not 1.0"),
        (lambda: nn.Adam(0.1, beta2=1.5), "beta2 must lie in"),
        (lambda: nn.SGD(0.1).update({"w": np.ones(2)}, {}, {}), "the gradients hold 0 arrays and the parameters 1"),
        (lambda: nn.SGD(0.1).update({"w": np.ones(2)}, {"w": np.ones(3)}, {}), r"params\['w'\] has shape \(2,\), its gradient"),
    ],
)  # fmt: skip
def test_errors_teach(call: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()
