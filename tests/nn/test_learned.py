"""The learned optimiser: what it sees, that it is trained through its own use, and that training helps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import adkit
from adkit import nn


def quadratic(theta: Any, data: Any) -> Any:
    return np.sum((theta - data) ** 2)


def draw(rng: np.random.Generator) -> tuple[Any, Any]:
    return np.zeros((4, 3)), rng.normal(size=(4, 3))


def test_each_coordinate_has_a_state_of_its_own_and_one_set_of_weights() -> None:
    optimizer = nn.LearnedOptimizer(hidden=5)
    weights, g = optimizer.init(0), np.array([0.5, -2.0, 1e-7])
    state = optimizer.start(g)
    alone = []
    for k in range(3):
        theta, parts = np.zeros(1), tuple([s[k : k + 1] for s in state])
        for _ in range(3):
            theta, parts = optimizer.step(weights, theta, g[k : k + 1], parts)
        alone.append(theta[0])
    theta = np.zeros(3)
    for _ in range(3):
        theta, state = optimizer.step(weights, theta, g, state)
    np.testing.assert_allclose(theta, alone, rtol=1e-12)


def test_the_gradient_through_the_unroll_is_right() -> None:
    optimizer = nn.LearnedOptimizer(hidden=3)
    weights, (theta, data) = optimizer.init(1), draw(np.random.default_rng(2))
    run = optimizer.unrolled(quadratic, 3)
    _, gradient = adkit.value_and_grad(run, has_aux=True)(weights, theta, optimizer.start(theta), data)
    # No derivative passes through the gradients that it sees: hold them fixed, and difference the rest.
    seen: list[Any] = []
    t, state = theta, optimizer.start(theta)
    for _ in range(3):
        seen.append(2 * (t - data))
        t, state = optimizer.step(weights, t, seen[-1], state)

    def held(weights: Any) -> Any:
        t, state, total = theta, optimizer.start(theta), 0.0
        for g in seen:
            t, state = optimizer.step(weights, t, g, state)
            total = total + quadratic(t, data)
        return total

    wanted = adkit.jacfwd(held)(weights)
    for a, b in zip(adkit.tree.leaves(gradient), adkit.tree.leaves(wanted), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-13)


def test_training_helps_and_is_repeatable() -> None:
    optimizer = nn.LearnedOptimizer(hidden=8)

    def end(weights: Any) -> float:
        theta, data = draw(np.random.default_rng(77))
        return float(optimizer.unrolled(quadratic, 20)(weights, theta, optimizer.start(theta), data)[1][2][-1])

    weights = optimizer.train(quadratic, draw, epochs=15, steps=20, unroll=10, lr=0.02)
    assert end(weights) < 0.2 * end(optimizer.init((0, 0)))
    again = optimizer.train(quadratic, draw, epochs=15, steps=20, unroll=10, lr=0.02)
    assert all(np.array_equal(a, b) for a, b in zip(adkit.tree.leaves(weights), adkit.tree.leaves(again), strict=True))


def test_what_is_wrong_is_said() -> None:
    with pytest.raises(ValueError, match="do not divide into stretches of 7"):
        nn.LearnedOptimizer().train(quadratic, draw, steps=20, unroll=7)
    with pytest.raises(ValueError, match="are positive"):
        nn.LearnedOptimizer(hidden=0)
