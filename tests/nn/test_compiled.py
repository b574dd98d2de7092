"""Training with a compiled gradient: the same weights, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest

from adkit import nn, tree

RNG = np.random.default_rng(0)
X = RNG.normal(0, 1, (50, 3))
T = np.eye(2)[(X[:, 0] > 0).astype(int)]


@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_the_same_weights_as_without(mode):
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    runs = [
        nn.fit(net, nn.softmax_cross_entropy, (X, T), nn.SGD(lr=0.1), epochs=3, batch=16, mode=mode, compile=compiled)
        for compiled in (False, True)
    ]
    for a, b in zip(tree.leaves(runs[0].params), tree.leaves(runs[1].params), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-13, atol=1e-15)
    assert np.allclose(runs[0].history["train_loss"], runs[1].history["train_loss"], rtol=1e-13)


def test_what_is_drawn_is_not_frozen():
    net = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5), nn.Linear(4, 2))
    with pytest.raises(ValueError, match="freeze"):
        nn.fit(net, nn.softmax_cross_entropy, (X, T), nn.SGD(lr=0.1), epochs=1, compile=True)
    with pytest.raises(ValueError, match="cannot be compiled"):
        nn.fit(net, nn.softmax_cross_entropy, (X, T), nn.SGD(lr=0.1), epochs=1, mode="modules", compile=True)
