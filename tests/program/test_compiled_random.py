"""Random programs, compiled: values and derivatives are those of the function, at points other than the traced one."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import adkit
from adkit.program.algebra import Builder

ONE = (
    np.sin, np.tanh, lambda v: np.exp(-v * v), lambda v: -v, lambda v: v * 0.5, lambda v: 2 * v, lambda v: v / 4, lambda v: 1 - v,
    lambda v: v.T.T, lambda v: v.reshape(-1).reshape(v.shape), lambda v: v - np.max(v), lambda v: v[::-1], lambda v: np.mean(v) + v,
    lambda v: np.sum(v, axis=0, keepdims=True) + v * 0, lambda v: np.where(v > 0, v, -v), lambda v: v / (1 + v * v),
    lambda v: -(v * 3.0), lambda v: np.sqrt(v * v + 1), lambda v: v[np.zeros(v.shape[0], int)], lambda v: np.cumsum(v, axis=0),
)  # fmt: skip
TWO = (
    np.add, np.subtract, np.multiply, lambda a, b: a / (b * b + 1), np.maximum, lambda a, b: a @ (b.T @ b) / a.size,
    lambda a, b: np.concatenate([a, b])[: a.shape[0]],
)  # fmt: skip


def program(rng, length):
    steps = [rng.integers(0, 1 << 20, 5).tolist() for _ in range(length)]

    def f(x, y):
        values = [x, y]
        for kind, one, two, i, j in steps:
            a, b = values[i % len(values)], values[j % len(values)]
            values.append(ONE[one % len(ONE)](a) if kind % 2 else TWO[two % len(TWO)](a, b))
        return np.sum(values[-1] * values[len(values) // 2]) + np.sum(values[-2])

    return f


def disagreements(seed, shape, trials=3):
    """How often a random function, or a derivative of it, is another when compiled."""
    rng = np.random.default_rng(seed)
    f = program(rng, int(rng.integers(2, 16)))
    forms = (
        adkit.value_and_grad(f, (0, 1)), lambda x, y: adkit.jvp(f, (x, y), (y, x)), lambda x, y: adkit.hvp(f, (x, y), (y, x)),
        lambda x, y: (f(x, y), x + y),
    )  # fmt: skip
    eager = forms[int(rng.integers(len(forms)))]
    compiled = adkit.compile(eager)
    wrong = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", adkit.AdkitWarning)
        for k in range(trials):
            x, y = rng.normal(size=shape), rng.normal(size=shape)
            if k == 2:
                x, y = np.asfortranarray(x), rng.normal(size=shape[::-1]).T
            for a, b in zip(adkit.tree.leaves(compiled(x, y)), adkit.tree.leaves(eager(x, y)), strict=True):
                size = float(np.max(np.abs(b), initial=0)) + 1
                wrong += np.shape(a) != np.shape(b) or not np.allclose(a, b, rtol=1e-9, atol=1e-9 * size)
    return wrong


@pytest.mark.parametrize("seed", range(60))
def test_random_programs(seed):
    assert not disagreements(seed, [(1, 3), (3, 1), (3, 4), (2, 2)][seed % 4])


@pytest.mark.parametrize("seed", range(8))
def test_random_programs_on_large_arrays(seed):
    assert not disagreements(seed, [(100, 120), (2000, 50), (70_000, 1), (300, 300)][seed % 4], 2)


def test_a_sign_that_is_lost_is_noticed(monkeypatch):
    monkeypatch.setattr(Builder, "negative", lambda self, x: x)
    assert sum([disagreements(seed, (2, 2)) for seed in range(12)])
