"""The Playground's data: where the points lie, what their labels are, and that a seed gives them again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adkit.data import playground

SETS = [playground.circle, playground.xor, playground.gauss, playground.spiral, playground.plane]


@pytest.mark.parametrize("draw", SETS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("n", [1, 2, 7, 500])
def test_shapes_and_seeds(draw: Any, n: int) -> None:
    x, labels = draw(n, noise=0.2, seed=3)
    assert x.shape == (n, 2)
    assert labels.shape == (n,)
    assert x.dtype == labels.dtype == np.float64
    again = draw(n, noise=0.2, seed=3)
    np.testing.assert_array_equal(again.x, x)
    np.testing.assert_array_equal(again.labels, labels)
    assert (draw(n, noise=0.2, seed=4).x != x).any()
    if draw is not playground.plane:
        assert set(labels) <= {-1.0, 1.0}


@pytest.mark.parametrize("draw", SETS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("bad", [{"n": 0}, {"n": 2.5}, {"n": True}, {"noise": -0.1}, {"noise": 0.6}, {"noise": float("nan")}])
def test_bad_arguments_are_named(draw: Any, bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=draw.__name__):
        draw(**bad)


def test_circle_is_a_disc_in_a_ring() -> None:
    x, labels = playground.circle(2000, seed=0)
    r = np.hypot(*x.T)
    assert (labels[:1000] == 1).all() and (labels[1000:] == -1).all()
    assert r[:1000].max() < 2.5 and r[1000:].min() > 3.5 and r.max() < 5.0
    assert abs(r[:1000].mean() - 1.25) < 0.1  # uniform in the radius, not in the area
    assert abs(x.mean(axis=0)).max() < 0.2
    noisy = playground.circle(2000, noise=0.5, seed=0)
    np.testing.assert_array_equal(noisy.x, x)  # noise on the label only
    assert 0.05 < (noisy.labels != labels).mean() < 0.5


def test_xor_leaves_the_axes_free() -> None:
    x, labels = playground.xor(2000, seed=0)
    assert abs(x).min() >= 0.3 and abs(x).max() <= 5.3
    np.testing.assert_array_equal(labels, np.sign(x[:, 0] * x[:, 1]))
    assert (playground.xor(2000, noise=0.5, seed=0).labels != labels).any()


@pytest.mark.parametrize("noise, variance", [(0.0, 0.5), (0.25, 2.25), (0.5, 4.0)])
def test_gauss_widens_with_the_noise(noise: float, variance: float) -> None:
    x, labels = playground.gauss(20_000, noise=noise, seed=0)
    for label in (1.0, -1.0):
        cloud = x[labels == label]
        assert len(cloud) == 10_000
        np.testing.assert_allclose(cloud.mean(axis=0), 2.0 * label, atol=0.1)
        np.testing.assert_allclose(cloud.var(axis=0), variance, rtol=0.05)


def test_spiral_follows_the_formula() -> None:
    x, labels = playground.spiral(10, seed=0)
    i = np.arange(5)
    for label, turn in ((1.0, 0.0), (-1.0, np.pi)):
        t = 1.75 * i / 5 * 2 * np.pi + turn
        np.testing.assert_allclose(x[labels == label], (5 * i / 5)[:, None] * np.stack([np.sin(t), np.cos(t)], 1), atol=1e-12)
    assert abs(playground.spiral(10, noise=0.5, seed=0).x - x).max() <= 0.5


def test_plane_is_linear() -> None:
    x, labels = playground.plane(500, seed=0)
    assert abs(x).max() <= 6.0
    np.testing.assert_allclose(labels, x @ [0.1, 0.1])
