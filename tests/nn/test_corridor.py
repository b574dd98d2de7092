"""The corridor: a way that ends, a policy, its exact values, and the two networks that are compared in it."""

from __future__ import annotations

import numpy as np
import pytest

from adkit.nn.corridor import GAMMA, WAY, corridor, corridor_network


@pytest.mark.parametrize("actions", [5, 10, 20])
def test_exact_values_are_those_that_a_long_iteration_finds(actions: int) -> None:
    way = corridor(actions)
    Q = np.zeros_like(way.reward)
    for _ in range(300):
        Q = way.reward + GAMMA * np.append(np.sum(way.policy * Q, axis=1), 0.0)[way.follow]
    np.testing.assert_allclose(way.exact(), Q, atol=1e-12)


def test_the_way_and_its_rewards() -> None:
    way = corridor(7)
    best = np.argmax(way.policy, axis=1)
    assert way.follow[np.arange(70), best].tolist() == list(range(1, 71))
    np.testing.assert_allclose(way.policy.sum(axis=1), 1)
    assert way.reward.sum() == way.reward[69, 0] == 1
    assert np.abs(np.diff(WAY, axis=0)).sum(axis=1).tolist() == [1] * 69
    assert (way.follow[:, 4:] == np.arange(70)[:, None]).all(), "actions from the fifth on stay"


def test_no_ops_share_one_value_and_a_policy_without_errors_is_worth_powers_of_gamma() -> None:
    way = corridor(9, epsilon=0.0)
    Q = way.exact()
    assert (Q[:, 4:] == Q[:, 4:5]).all()
    np.testing.assert_allclose(Q.max(axis=1), GAMMA ** np.arange(69, -1, -1))


def test_the_dueling_networks_mean_over_actions_is_its_value_stream() -> None:
    net, states = corridor_network(6, dueling=True), np.eye(70)
    params = net.init(0)
    params["L3A"]["b"] = params["L3A"]["b"] + 3.0
    moved = net(params, states)
    params["L3A"]["b"] = params["L3A"]["b"] - 3.0
    np.testing.assert_allclose(moved, net(params, states), atol=1e-14)
    assert corridor_network(6, dueling=False).kinds() == {"linear": 3, "relu": 2}


@pytest.mark.parametrize(("actions", "epsilon"), [(4, 0.01), (5, -0.1), (5, 1.5)])
def test_a_corridor_that_cannot_be_is_refused(actions: int, epsilon: float) -> None:
    with pytest.raises(ValueError, match="corridor: give at least 5 actions"):
        corridor(actions, epsilon)
