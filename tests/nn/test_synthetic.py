"""Synthetic gradients: what each layer learns from, against the definition and against backpropagation."""

from __future__ import annotations

import numpy as np
import pytest

import adkit
from adkit import nn

RNG = np.random.default_rng(0)
X, T = RNG.normal(size=(6, 4)), nn.one_hot(RNG.integers(0, 3, 6), 3)


def layers() -> list[nn.Module]:
    return [nn.Sequential(nn.Linear(4, 5), nn.Tanh()), nn.Sequential(nn.Linear(5, 5), nn.Tanh()), nn.Linear(5, 3)]


def test_it_is_its_layers() -> None:
    net = nn.Decoupled(layers(), [nn.SyntheticGradient(5), None])
    params = net.init(0)
    h = X
    for k, layer in enumerate(net.layers, 1):
        h = layer(params[f"layer{k}"], h)
    np.testing.assert_array_equal(net(params, X), h)
    assert sorted(params) == ["layer1", "layer2", "layer3", "predictor1"]


def test_one_layer_is_backpropagation() -> None:
    net = nn.Decoupled([nn.Sequential(*layers())], [])
    params = net.init(0)
    value, found = net.gradients(params, X, T)
    loss, wanted = adkit.value_and_grad(lambda p: nn.softmax_cross_entropy(net(p, X), T))(params)
    assert value == loss
    for a, b in zip(adkit.tree.leaves(found), adkit.tree.leaves(wanted), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_a_perfect_predictor_gives_the_true_gradient_and_learns_no_more() -> None:
    """A linear last layer under a squared error: dL/dh of an example is 2 W'(W h + b - t), linear in h and t."""
    head = nn.Linear(4, 3)
    net = nn.Decoupled([nn.Linear(4, 4), head], [nn.SyntheticGradient(4, n_targets=3)], nn.squared_error)
    params = net.init(0)
    W, b = params["layer2"]["W"], params["layer2"]["b"] + 0.3
    params["layer2"]["b"] = b
    scale = nn.squared_error.by_hand(np.ones((1, 3)), np.zeros((1, 3)))[0, 0]
    params["predictor1"]["linear1"] = {"W": scale * np.concatenate([W.T @ W, -W.T], axis=1), "b": scale * W.T @ b}
    _, found = net.gradients(params, X, T)
    wanted = adkit.grad(lambda p: nn.squared_error(net(p, X), T))({k: params[k] for k in ("layer1", "layer2")})
    for name in ("layer1", "layer2"):
        for key in ("W", "b"):
            np.testing.assert_allclose(found[name][key], wanted[name][key], rtol=1e-10)
    for leaf in adkit.tree.leaves(found["predictor1"]):
        np.testing.assert_allclose(leaf, 0, atol=1e-12)


def test_the_predictor_descends_its_squared_error() -> None:
    net = nn.Decoupled(layers(), [nn.SyntheticGradient(5, 3, (7,)), nn.SyntheticGradient(5)])
    params = net.init(1)
    params["predictor2"] = adkit.tree.map_leaves(lambda p: RNG.normal(size=p.shape), params["predictor2"])
    _, found = net.gradients(params, X, T)
    h1 = net.layers[0](params["layer1"], X)
    h2, pullback = adkit.vjp(lambda h: net.layers[1](params["layer2"], h), h1)
    (target,) = pullback(net.predictors[1](params["predictor2"], h2))

    def error(p: dict) -> float:
        return np.mean(np.sum((net.predictors[0](p, h1, T) - target) ** 2, axis=-1)) / 2

    wanted = adkit.grad(error)(params["predictor1"])
    for a, b in zip(adkit.tree.leaves(found["predictor1"]), adkit.tree.leaves(wanted), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-14)


def test_without_a_predictor_nothing_arrives_below() -> None:
    net = nn.Decoupled(layers()[1:], [None])
    _, found = net.gradients(net.init(0), RNG.normal(size=(6, 5)), T)
    assert not any(leaf.any() for leaf in adkit.tree.leaves(found["layer1"]))
    assert all(leaf.any() for leaf in adkit.tree.leaves(found["layer2"]))


def test_a_compiled_step_is_the_same() -> None:
    net = nn.Decoupled(layers(), [nn.SyntheticGradient(5, 3), nn.SyntheticGradient(5)])
    params = net.init(0)
    wanted, found = net.gradients(params, X, T)[1], adkit.compile(net.gradients)(params, X, T)[1]
    for a, b in zip(adkit.tree.leaves(found), adkit.tree.leaves(wanted), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-15)


def test_what_is_wrong_is_said() -> None:
    with pytest.raises(ValueError, match="3 layers need 2 predictors"):
        nn.Decoupled(layers(), [])
    with pytest.raises(ValueError, match="n is at least 1"):
        nn.SyntheticGradient(0)
    with pytest.raises(TypeError, match=r"takes 2 input\(s\)"):
        nn.SyntheticGradient(4, 3)({}, np.ones(4))
