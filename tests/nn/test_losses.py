"""Losses: by hand = tape = dual = SymPy; an explicit sum or mean; the slides' errors; what underflows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy as sp

import adkit
from adkit import nn

RNG = np.random.default_rng(0)
P = RNG.uniform(0.1, 0.9, (4, 3))
Z = RNG.normal(size=(4, 3))
T = RNG.uniform(0.0, 1.0, (4, 3))

MEANING = {
    "squared_error": lambda y, t: sum((a - b) ** 2 for a, b in zip(y, t, strict=True)),
    "half_squared_error": lambda y, t: sum((a - b) ** 2 for a, b in zip(y, t, strict=True)) / 2,
    "cross_entropy": lambda y, t: -sum(b * sp.log(a) for a, b in zip(y, t, strict=True)),
    "softmax_cross_entropy": lambda y, t: -sum(
        b * sp.log(sp.exp(a) / sum(sp.exp(c) for c in y)) for a, b in zip(y, t, strict=True)
    ),
    "logistic_cross_entropy": lambda y, t: -sum(b * sp.log(a) + (1 - b) * sp.log(1 - a) for a, b in zip(y, t, strict=True)),
    "logistic_loss": lambda y, t: sum(sp.log(1 + sp.exp(a)) - b * a for a, b in zip(y, t, strict=True)),
}


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("name", nn.LOSSES)
def test_four_derivations_agree(name: str, reduction: str) -> None:
    loss = nn.LOSSES[name]
    y = P if name in ("cross_entropy", "logistic_cross_entropy") else Z
    f = lambda y: loss(y, T, reduction)
    by_hand = loss.by_hand(y, T, reduction)
    symbols = sp.symbols("y0:3 t0:3", real=True)
    one = MEANING[name](symbols[:3], symbols[3:])
    slopes = sp.lambdify(symbols, [one, *[sp.diff(one, s) for s in symbols[:3]]], "math")
    found = np.array([slopes(*a, *b) for a, b in zip(y, T, strict=True)])
    weight = 1 / len(y) if reduction == "mean" else 1.0
    assert f(y) == pytest.approx(weight * found[:, 0].sum(), rel=1e-12)
    np.testing.assert_allclose(by_hand, weight * found[:, 1:], rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(by_hand, adkit.grad(f)(y), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(by_hand, adkit.jacfwd(f)(y), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", nn.LOSSES)
def test_e20_sum_and_mean_are_said_and_mean_counts_examples(name: str) -> None:
    loss = nn.LOSSES[name]
    each = loss(P, T, "none")
    assert each.shape == (4,)
    assert loss(P, T, "sum") == pytest.approx(each.sum(), rel=1e-14)
    assert loss(P, T) == loss(P, T, "mean") == pytest.approx(each.mean(), rel=1e-14)
    with pytest.raises(ValueError, match="reduction must be 'mean', 'sum' or 'none', not 'average'"):
        loss(P, T, "average")
    with pytest.raises(ValueError, match="only one number has a gradient"):
        loss.by_hand(P, T, "none")
    with pytest.raises(ValueError, match=r"the output has shape \(4, 3\), the target \(4,\)"):
        loss(P, T[:, 0])


def test_row_31_the_full_gradient_is_the_mean_of_the_examples_gradients() -> None:
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 3))
    params, unpack = nn.pack(net.init(0))
    f = lambda v, x, t: nn.softmax_cross_entropy(net(unpack(v), x), t)
    full = adkit.grad(f)(params, Z, T)
    each = np.mean([adkit.grad(f)(params, Z[k : k + 1], T[k : k + 1]) for k in range(4)], axis=0)
    np.testing.assert_allclose(full, each, rtol=1e-12, atol=1e-15)


def test_e1_the_logistic_cross_entropy_is_positive() -> None:
    p = adkit.sigmoid(np.array([2.0]))
    assert -nn.logistic_cross_entropy(p, np.ones(1)) == pytest.approx(-0.126928, abs=1e-6)  # the slide's sign
    assert nn.logistic_cross_entropy(p, np.ones(1)) > 0


def test_e3_xent_logits_where_targets_do_not_sum_to_one() -> None:
    z, p = np.array([[0.3, -0.2, 1.0]]), np.array([[0.5, 0.25, 0.5]])
    true = nn.softmax_cross_entropy.by_hand(z, p)
    np.testing.assert_allclose(true - (adkit.softmax(z) - p), adkit.softmax(z) / 4, atol=1e-15)
    np.testing.assert_allclose(adkit.grad(nn.softmax_cross_entropy)(z, p), true, atol=1e-15)


def test_row_10_uniform_scores_cost_log_k_and_nll_is_the_cross_entropy() -> None:
    labels = np.array([3, 0, 9])
    z = np.zeros((3, 10))
    assert nn.nll(adkit.log_softmax(z), labels) == pytest.approx(2.302585, abs=1e-6)
    z = RNG.normal(size=(3, 10))
    ours = nn.nll(adkit.log_softmax(z), labels)
    assert ours == pytest.approx(nn.softmax_cross_entropy(z, adkit.one_hot(labels, 10)), rel=1e-14)
    f = lambda z: nn.nll(adkit.log_softmax(z), labels)
    np.testing.assert_allclose(adkit.grad(f)(z), nn.softmax_cross_entropy.by_hand(z, adkit.one_hot(labels, 10)), atol=1e-15)
    impossible = np.array([[-np.inf, 0.0]])
    assert nn.nll(impossible, np.array([1])) == 0


def test_row_7_logistic_regression_composed_and_fused() -> None:
    z = np.linspace(-29.9, 29.9, 41)[:, None]
    t = (np.arange(41) % 2 == 0).astype(float)[:, None]
    fused = nn.logistic_loss(z, t, "none")
    # As probabilities of two classes nothing cancels; with one sigmoid, 1 - p does as p approaches 1.
    two = lambda z: adkit.softmax(np.concatenate([z, 0 * z], axis=-1))
    targets = np.concatenate([t, 1 - t], axis=-1)
    np.testing.assert_allclose(nn.cross_entropy(two(z), targets, "none"), fused, rtol=1e-12, atol=1e-12)
    near = np.abs(z[:, 0]) < 7
    composed = nn.logistic_cross_entropy(adkit.sigmoid(z), t, "none")
    np.testing.assert_allclose(composed[near], fused[near], rtol=1e-12)
    for loss in (lambda z: nn.cross_entropy(two(z), targets, "sum"), lambda z: nn.logistic_loss(z, t, "sum")):
        np.testing.assert_allclose(adkit.grad(loss)(z), adkit.sigmoid(z) - t, rtol=1e-12, atol=1e-12)


def test_rows_46_47_probabilities_lose_what_logits_keep() -> None:
    z, t = np.array([[0.0, -750.0]]), np.array([[0.0, 1.0]])
    assert nn.softmax_cross_entropy(z, t) == 750
    np.testing.assert_array_equal(nn.softmax_cross_entropy.by_hand(z, t), [[1.0, -1.0]])
    composed = nn.Sequential(nn.Softmax())
    with np.errstate(divide="ignore"):
        assert nn.cross_entropy(composed({}, z), t) == np.inf
    assert nn.softmax_cross_entropy(1.2 * z, t) == 900


def test_row_48_zero_log_zero_is_zero_and_so_is_its_gradient() -> None:
    p, t = np.array([[0.0, 1.0]]), np.array([[0.0, 1.0]])
    assert nn.cross_entropy(p, t) == 0
    assert nn.cross_entropy.by_hand(p, t).tolist() == [[0.0, -1.0]]
    assert adkit.grad(nn.cross_entropy)(p, t).tolist() == [[0.0, -1.0]]
    assert nn.logistic_cross_entropy(p, t) == 0  # saturated, and right
    assert nn.logistic_cross_entropy.by_hand(p, t).tolist() == [[1.0, -1.0]]
    assert adkit.grad(nn.logistic_cross_entropy)(p, t).tolist() == [[1.0, -1.0]]


def test_row_45_composed_is_fused_and_online_descent_lowers_the_loss() -> None:
    x = RNG.normal(size=(60, 3))
    t = adkit.one_hot(np.argmax(x @ RNG.normal(size=(3, 3)), axis=1), 3)
    composed, fused = nn.Sequential(nn.Linear(3, 3), nn.Softmax()), nn.Sequential(nn.Linear(3, 3))
    params: Any = fused.init(0)
    one, two = (
        adkit.grad(lambda p: nn.cross_entropy(composed(p, x), t))(params),
        adkit.grad(lambda p: nn.softmax_cross_entropy(fused(p, x), t))(params),
    )
    np.testing.assert_allclose(one["linear1"]["W"], two["linear1"]["W"], rtol=1e-12, atol=1e-15)
    optimizer, before = nn.SGD(0.1), nn.softmax_cross_entropy(fused(params, x), t)
    state = optimizer.init(params)
    for k in range(60):
        g = adkit.grad(lambda p, k=k: nn.softmax_cross_entropy(fused(p, x[k]), t[k]))(params)
        params, state = optimizer.update(params, g, state)
    assert nn.softmax_cross_entropy(fused(params, x), t) < 0.6 * before


def test_one_example_may_come_without_a_batch_axis() -> None:
    assert nn.squared_error(np.array([1.0, 2.0]), [0.0, 0.0]) == 5
    np.testing.assert_array_equal(nn.squared_error.by_hand(np.array([1.0, 2.0]), [0.0, 0.0]), [2.0, 4.0])
