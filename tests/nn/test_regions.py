"""Regions of relu networks: folds, exact counts on a line, patterns seen elsewhere, and the bounds."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from adkit import nn


def test_a_tent_doubles_the_pieces() -> None:
    for depth in range(1, 8):
        ends = nn.breakpoints(*nn.zigzag_network(depth))
        assert len(ends) - 1 == 2**depth
        assert {b - a for a, b in zip(ends, ends[1:], strict=False)} == {Fraction(1, 2**depth)}


@pytest.mark.parametrize(("depth", "folds", "n"), [(1, 1, 1), (2, 3, 1), (2, 2, 2), (1, 3, 2)])
def test_a_zigzag_folds_each_side(depth: int, folds: int, n: int) -> None:
    net, params = nn.zigzag_network(depth, folds, n)
    steps = folds**depth
    corner = np.arange(steps + 1) / steps
    x = np.repeat(corner[:, None], n, axis=1)
    np.testing.assert_allclose(net(params, x), np.repeat((np.arange(steps + 1) % 2.0)[:, None], n, axis=1), atol=1e-12)
    inner = (np.arange(4 * steps) + 0.5) / (4 * steps)
    grid = np.stack(np.meshgrid(*[inner] * n), axis=-1).reshape(-1, n)
    # Bends at 0 and 1 are on the border, so the patterns inside are the folds.
    assert nn.count_regions(net, params, grid) == steps**n


def test_one_fold_makes_all_orthants_equal() -> None:
    net, params = nn.fold_network(3)
    x = np.random.default_rng(0).normal(size=(50, 3))
    np.testing.assert_array_equal(net(params, x), np.abs(x))
    np.testing.assert_array_equal(net(params, -x), net(params, x))


def test_breakpoints_are_where_the_slope_changes() -> None:
    net = nn.Sequential(nn.Linear(1, 5), nn.Relu(), nn.Linear(5, 4), nn.Relu(), nn.Linear(4, 1))
    params = net.init(3)
    params["linear1"]["b"][:] = np.random.default_rng(4).normal(size=5)
    params["linear2"]["b"][:] = np.random.default_rng(5).normal(size=4)
    ends = [float(at) for at in nn.breakpoints(net, params, -4, 4)]
    assert len(ends) > 3
    for a, b in zip(ends, ends[1:], strict=False):  # straight in between, and one pattern
        x = np.linspace(a, b, 7)[1:-1, None]
        assert len({tuple(row) for row in nn.activation_patterns(net, params, x).tolist()}) == 1
        np.testing.assert_allclose(np.diff(net(params, x)[:, 0], 2), 0, atol=1e-12)
    seen = nn.count_regions(net, params, np.linspace(-4, 4, 20_001)[:, None])
    assert seen == len(ends) - 1


def test_a_bend_is_counted_once_where_units_share_it() -> None:
    net = nn.Sequential(nn.Linear(1, 2), nn.Relu())
    params: dict[str, Any] = {"linear1": {"W": np.ones((2, 1)), "b": np.array([-0.5, -0.5])}}
    assert nn.breakpoints(net, params) == [0, Fraction(1, 2), 1]


@pytest.mark.parametrize(
    ("n_in", "width", "depth", "deep", "shallow"),
    [(1, 2, 2, 6, 5), (1, 2, 3, 12, 7), (1, 2, 5, 48, 11), (1, 2, 10, 1536, 21), (2, 4, 2, 44, 37), (2, 4, 3, 176, 79),
     (2, 4, 4, 704, 137), (2, 8, 2, 592, 137), (2, 8, 3, 9472, 301), (3, 6, 2, 336, 299), (3, 6, 3, 2688, 988)],
)  # fmt: skip
def test_the_bounds(n_in: int, width: int, depth: int, deep: int, shallow: int) -> None:
    assert nn.regions_of_layers(n_in, [width] * depth) == deep
    assert nn.regions_of_one_layer(n_in, width * depth) == shallow


def test_one_layer_reaches_its_bound() -> None:
    net = nn.Sequential(nn.Linear(2, 4), nn.Relu())
    params = net.init(0)
    params["linear1"]["W"] = np.array([[1.0, 0.1], [0.1, 1.0], [1.0, 1.0], [1.0, -0.8]])
    params["linear1"]["b"] = np.array([0.1, -0.2, 0.3, 0.4])
    side = np.linspace(-9, 9, 601)
    grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    assert nn.count_regions(net, params, grid) == nn.regions_of_one_layer(2, 4) == 11


def test_errors_say_what_to_do() -> None:
    smooth = nn.Sequential(nn.Linear(1, 2), nn.Sigmoid())
    with pytest.raises(TypeError, match="sigmoid1 is a sigmoid; only linear modules and relu"):
        nn.breakpoints(smooth, smooth.init(0))
    with pytest.raises(TypeError, match="a Sequential, not Linear"):
        nn.breakpoints(nn.Linear(1, 1), {})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="low must be below high"):
        nn.breakpoints(*nn.zigzag_network(1), 1, 0)
    with pytest.raises(ValueError, match="linear1 takes 2 inputs"):
        nn.breakpoints(nn.Sequential(nn.Linear(2, 1)), nn.Sequential(nn.Linear(2, 1)).init(0))
    with pytest.raises(ValueError, match="contains no Relu"):
        nn.activation_patterns(smooth, smooth.init(0), np.zeros((1, 1)))
    with pytest.raises(ValueError, match="every width must be at least n_in = 3"):
        nn.regions_of_layers(3, [4, 2])
    with pytest.raises(ValueError, match="depth must be at least 1"):
        nn.zigzag_network(0)
    with pytest.raises(ValueError, match="must be at least 1, not 0"):
        nn.fold_network(0)
