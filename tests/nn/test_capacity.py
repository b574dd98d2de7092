"""How many hidden units a boundary needs: the Playground's circle, XOR and spiral, rows 16 and 17 of the lecture's table."""

from __future__ import annotations

from typing import Any

import numpy as np

from adkit import nn
from adkit.data import playground


def accuracies(points: Any, hidden: int, starts: int, steps: int) -> Any:
    """The training accuracy that each start ends with, of a tanh network trained on all points at once."""
    x, t = points[0], (np.asarray(points[1]) > 0).astype(float).reshape(-1, 1)
    net = nn.Sequential(nn.Linear(2, hidden), nn.Tanh(), nn.Linear(hidden, 1))
    optimizer, found = nn.Adam(0.05), []
    for seed in range(starts):
        params: Any = net.init(seed)
        state = optimizer.init(params)
        for _ in range(steps):
            z, memory = net.forward_by_hand(params, x)
            _, g = net.backward_by_hand(params, nn.logistic_loss.by_hand(z, t), memory)
            params, state = optimizer.update(params, g, state)
        found.append(np.mean((net(params, x) > 0) == (t > 0)))
    return np.array(found)


def test_row_16_two_units_cannot_enclose_a_circle_and_six_can() -> None:
    circle = playground.circle(500)
    assert accuracies(circle, 2, starts=12, steps=500).max() < 0.90  # .856 in the reference run
    assert np.median(accuracies(circle, 6, starts=12, steps=500)) > 0.99


def test_row_17_xor_and_the_spiral_need_more() -> None:
    xor = playground.xor(500)
    assert accuracies(xor, 2, starts=8, steps=600).max() < 0.95  # .874 there
    assert accuracies(xor, 4, starts=8, steps=600).max() > 0.99
    spiral = playground.spiral(500)
    few, many = accuracies(spiral, 8, starts=2, steps=2000), accuracies(spiral, 16, starts=2, steps=2000)
    assert few.max() < 0.97 < many.max()  # .934 and .998 there
