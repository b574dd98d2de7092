"""Networks written by hand and in the limit: XOR, staircases of sigmoids, bumps, the arc-cosine kernel."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import adkit
from adkit import nn, tree

POINTS = np.array([[-1.0, -1.0], [1.0, 1.0], [-1.0, 1.0], [1.0, -1.0]])  # A, B, C, D


def test_row_14_xor_by_hand_and_its_gradient_in_both_modes() -> None:
    net, params = nn.xor_network(k=20.0)
    assert nn.count_parameters(params) == 9
    y, memory = net.forward_by_hand(params, POINTS)
    hidden = memory.children["squash"].y
    np.testing.assert_allclose(hidden, [[1, 0], [1, 0], [0, 0], [1, 1]], atol=1e-8)
    np.testing.assert_allclose(y[:, 0], [4.54e-5, 4.54e-5, 0.9999546, 0.9999546], rtol=1e-3)
    vector, unpack = nn.pack(params)
    t = np.array([[0.0], [0.0], [1.0], [1.0]])
    loss = lambda v: nn.squared_error(net(unpack(v), POINTS), t)
    nearby = vector / 10  # where the gradient is not tiny
    np.testing.assert_allclose(adkit.jacfwd(loss)(nearby), adkit.grad(loss)(nearby), rtol=1e-12, atol=1e-15)


def test_row_15_the_hidden_points_are_linearly_separable_and_the_inputs_are_not() -> None:
    net, params = nn.xor_network()
    hidden = net.forward_by_hand(params, POINTS)[1].children["squash"].y
    t = np.array([-1.0, -1.0, 1.0, 1.0])

    def separated(x: Any) -> bool:
        w = np.zeros(3)
        for _ in range(200):  # the perceptron ends if, and only if, there is a line
            wrong = [k for k in range(4) if t[k] * (np.append(x[k], 1.0) @ w) <= 0]
            if not wrong:
                return True
            w = w + t[wrong[0]] * np.append(x[wrong[0]], 1.0)
        return False

    assert separated(hidden) and not separated(POINTS)


def test_row_18_the_error_of_n_bumps_falls_as_one_over_n() -> None:
    f = lambda x: np.sin(2 * np.pi * x)
    x = np.linspace(0, 1, 4001)[:, None]
    sizes = np.array([10, 20, 40, 80, 160])
    errors = []
    for n in sizes:
        net, params = nn.staircase(f, int(n))
        errors.append(np.abs(net(params, x) - f(x)).max())
    np.testing.assert_allclose(errors[1:], [0.057, 0.0285, 0.0142, 0.0071], rtol=0.01)
    assert errors[0] < 0.129
    assert np.polyfit(np.log(sizes), np.log(errors), 1)[0] == pytest.approx(-1, abs=0.1)
    with pytest.raises(ValueError, match="at least one unit"):
        nn.staircase(f, 0)


def test_row_19_a_bump_in_the_plane() -> None:
    inside = np.random.default_rng(0).uniform(-0.8, 0.8, (200, 2))
    assert nn.bump_2d(*inside.T).min() > 0.9
    outside = np.random.default_rng(1).uniform(-3, 3, (500, 2))
    outside = outside[np.abs(outside).max(axis=1) > 1.2]
    assert nn.bump_2d(*outside.T).max() < 0.1


def test_row_20_the_error_of_a_trained_network_falls_with_its_width() -> None:
    x = np.linspace(0, 1, 60)[:, None]
    t = np.sin(2 * np.pi * x)
    losses = []
    for width in (1, 3, 12):
        net = nn.Sequential(nn.Linear(1, width, init=3.0, bias=0.5), nn.Tanh(), nn.Linear(width, 1))
        params: Any = net.init(2)
        optimizer = nn.Adam(0.03)
        state = optimizer.init(params)
        for _ in range(1500):
            y, memory = net.forward_by_hand(params, x)
            _, g = net.backward_by_hand(params, nn.squared_error.by_hand(y, t), memory)
            params, state = optimizer.update(params, g, state)
        losses.append(nn.squared_error(net(params, x), t))
    assert losses[0] > 5 * losses[1] > 0 and losses[0] > 50 * losses[2] and losses[2] < 1e-2


def test_row_21_random_relu_networks_approach_the_arc_cosine_kernel() -> None:
    rng = np.random.default_rng(0)
    a, b = np.array([1.0, 0.5, -0.3]), np.array([0.2, -1.0, 0.4])
    exact = nn.arc_cosine_kernel(a, b)
    widths = np.array([64, 256, 1024, 4096])
    errors = []
    for width in widths:
        W = rng.normal(size=(200, width, 3))
        features = adkit.relu(W @ a) * adkit.relu(W @ b)
        errors.append(np.sqrt(np.mean((features.mean(axis=1) - exact) ** 2)))
    assert np.polyfit(np.log(widths), np.log(errors), 1)[0] == pytest.approx(-0.5, abs=0.08)
    assert nn.arc_cosine_kernel(a, a) == pytest.approx(a @ a / 2, rel=1e-12)  # half of the directions pass
    assert nn.arc_cosine_kernel(a, -a) == pytest.approx(0, abs=1e-12)


def test_rows_6_9_and_22_what_activations_are_made_of() -> None:
    z = np.linspace(-30, 30, 121)
    value = lambda module, x: module({}, x)
    assert np.all(np.isfinite(value(nn.Sigmoid(), np.array([-1000.0, 1000.0]))))
    assert adkit.grad(lambda x: nn.Sigmoid()({}, x))(0.0) == 0.25
    np.testing.assert_allclose(value(nn.Tanh(), z), 2 * value(nn.Sigmoid(), 2 * z) - 1, atol=1e-15)  # E14
    np.testing.assert_allclose(value(nn.Abs(), z), value(nn.Relu(), z) + value(nn.Relu(), -z))
    rows = np.random.default_rng(0).normal(size=(20, 4))
    p = value(nn.Softmax(), rows)
    np.testing.assert_allclose(p.sum(axis=-1), 1, rtol=1e-14)
    np.testing.assert_allclose(value(nn.Softmax(), rows + 100.0), p, rtol=1e-12)
    np.testing.assert_allclose(value(nn.Softmax(temperature=1e-3), rows), adkit.one_hot(np.argmax(rows, axis=-1), 4), atol=1e-6)
    two = np.stack([z, np.zeros_like(z)], axis=-1)
    np.testing.assert_allclose(value(nn.Softmax(), two)[:, 0], value(nn.Sigmoid(), z), rtol=1e-12)
    assert value(nn.Softmax(), np.array([0.0, -800.0]))[1] == 0  # E19: positive in mathematics, 0 in floats


def test_e2_the_slides_softmax_gradient_is_wrong_and_ours_is_not() -> None:
    x, g = np.array([1.0, 0.0, -1.0]), np.array([1.0, 2.0, -1.0])
    layer = nn.Softmax()
    y = layer.forward_pass(x)
    found = layer.backward_pass(g)
    np.testing.assert_allclose(found, [-0.043019, 0.228903, -0.185883], atol=1e-6)
    assert found.sum() == pytest.approx(0, abs=1e-15)
    s = g * y
    np.testing.assert_allclose(s - s.sum(), [-0.399426, -0.575210, -1.154698], atol=1e-6)  # the slide's


def test_rows_4_and_e18_the_linear_gradient_element_by_element_and_kinks() -> None:
    layer = nn.Linear(3, 2).initialize(0)
    x, g = np.array([1.0, -2.0, 0.5]), np.array([3.0, -1.0])
    layer.forward_pass(x)
    found = layer.param_gradients(g)["W"]
    for i in range(2):
        for j in range(3):
            assert found[i, j] == sum(g[k] * (k == i) * x[j] for k in range(2))  # dy_k/dW_ij = delta_ki x_j
    np.testing.assert_array_equal(found, np.outer(g, x))
    for module, slope in ((nn.Relu(), 0.0), (nn.LeakyRelu(0.1), 0.1), (nn.Abs(), 0.0), (nn.Elu(), 1.0), (nn.Softsign(), 1.0)):
        zero = np.zeros(1)
        module.forward_pass(zero)
        by_tape = adkit.grad(lambda x, module=module: np.sum(module({}, x)))(zero)
        by_dual = adkit.jvp(lambda x, module=module: module({}, x), (zero,), (np.ones(1),))[1]
        assert module.backward_pass(np.ones(1))[0] == by_tape[0] == by_dual[0] == slope
    ties = np.array([[2.0, 2.0, 1.0]])
    module = nn.Max()
    module.forward_pass(ties)
    assert module.backward_pass(np.ones(1)).tolist() == adkit.grad(lambda x: np.sum(nn.Max()({}, x)))(ties).tolist() == [[0.5, 0.5, 0.0]]


def test_row_8_the_boundary_of_a_unit_is_normal_to_its_weights() -> None:
    params = nn.Linear(2, 1).init(3)
    w, b = params["W"][0], params["b"][0]
    along = np.array([-w[1], w[0]])
    foot = -b * w / (w @ w)
    points = foot + np.linspace(-2, 2, 5)[:, None] * along
    np.testing.assert_allclose(nn.Sigmoid()({}, nn.Linear(2, 1)(params, points)), 0.5, atol=1e-15)
    assert tree.leaves(params)[0].shape == (1, 2)
