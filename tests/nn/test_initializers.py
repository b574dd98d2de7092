"""Initialisers: their laws, and what thirty layers make of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adkit import nn


def test_row_59_xavier_and_he_have_their_papers_laws() -> None:
    W = nn.xavier(0, (300, 200))
    limit = np.sqrt(6 / 500)
    assert np.abs(W).max() <= limit and np.abs(W).max() > 0.999 * limit
    assert np.var(W) == pytest.approx(2 / 500, rel=0.02)
    assert np.var(nn.he(0, (300, 200))) == pytest.approx(2 / 200, rel=0.02)


@pytest.mark.parametrize("shape", [(5, 8), (8, 5), (6, 6)])
def test_row_59_orthonormal_rows_or_columns(shape: tuple[int, int]) -> None:
    W = nn.orthonormal(0, shape)
    assert W.shape == shape and W.flags.c_contiguous
    small = W @ W.T if shape[0] <= shape[1] else W.T @ W
    np.testing.assert_allclose(small, np.eye(min(shape)), atol=1e-12)


def growth(init: Any, layers: int = 30, n: int = 256) -> float:
    """The mean of |h|^2 after the layers over that of |x|^2, as a geometric mean over draws."""
    ratios = []
    for seed in range(3):
        net = nn.Sequential(*[m for _ in range(layers) for m in (nn.Linear(n, n, init), nn.Relu())])
        x = np.random.default_rng(100 + seed).normal(size=(20, n))
        ratios.append(np.mean(net(net.init(seed), x) ** 2) / np.mean(x**2))
    return float(np.exp(np.mean(np.log(ratios))))


def test_row_59_what_thirty_relu_layers_leave_of_the_signal() -> None:
    assert 2e-10 < growth("xavier") < 4e-9  # 2^-30 = 9.3e-10 in expectation, 7.8e-10 in the reference run
    assert 0.3 < growth("he") < 3.0
    assert 1e-58 < growth(0.01) < 1e-55  # (256 * 1e-4 / 2)^30 = 1.6e-57


def test_row_59_lsuv_gives_every_layer_unit_variance() -> None:
    net = nn.Sequential(*[m for _ in range(10) for m in (nn.Linear(64, 64), nn.Relu())], nn.Linear(64, 10))
    x = np.random.default_rng(0).uniform(0, 1, (200, 64))
    params = nn.lsuv(net, x, rng=1)
    _, memory = net.forward_by_hand(params, x)
    for name, inner in memory.children.items():
        if name.startswith("linear"):
            assert abs(np.var(inner.y) - 1) < 0.1, name
    again = nn.lsuv(net, x, rng=1)
    np.testing.assert_array_equal(params["linear7"]["W"], again["linear7"]["W"])


def test_equal_seeds_draw_equal_weights_and_names_and_numbers_choose_initialisers() -> None:
    np.testing.assert_array_equal(nn.he(3, (4, 5)), nn.he(np.random.default_rng(3), (4, 5)))
    assert np.std(nn.Linear(200, 300, init=0.01).init(0)["W"]) == pytest.approx(0.01, rel=0.02)
    assert nn.Linear(2, 3, init=nn.uniform(0.5), bias=0.1).init(0)["b"].tolist() == [0.1, 0.1, 0.1]  # the Playground's


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: nn.xavier(0, (3,)), ValueError, r"xavier: the shape must be \(n_out, n_in\)"),
        (lambda: nn.lsuv(nn.Relu(), np.ones((3, 2)), 0), TypeError, "a Sequential, not Relu"),
        (lambda: nn.lsuv(nn.Sequential(nn.Linear(2, 2)), np.ones((3, 2)), None), TypeError, "a seed or a generator"),
        (lambda: nn.lsuv(nn.Sequential(nn.Linear(2, 2)), np.zeros((3, 2)), 0), ValueError, "linear1 does not vary"),
    ],
)  # fmt: skip
def test_errors_teach(call: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()
