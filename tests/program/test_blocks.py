"""Large elementwise work in blocks: the same bits, and little memory."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from near import same

import adkit

RNG = np.random.default_rng(0)


def chain(x):
    return np.sum(np.sin(x) * np.exp(-(x**2)) + np.tanh(x) * np.log1p(x**2))


def test_a_long_chain_takes_one_array_beside_its_result():
    x = RNG.normal(0, 1, 300_001)
    compiled = adkit.compile(adkit.grad(chain))
    same(compiled(x), adkit.grad(chain)(x))
    assert "for start in range" in compiled.source
    compiled(x)
    tracemalloc.start()
    compiled(x)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * x.nbytes


def test_the_sum_at_the_end_of_a_loop():
    x = RNG.normal(0, 1, 200_000)
    compiled = adkit.compile(adkit.value_and_grad(chain))
    value, gradient = compiled(x)
    expected = adkit.value_and_grad(chain)(x)
    same(gradient, expected[1])
    terms = np.abs(np.sin(x) * np.exp(-(x**2))) + np.abs(np.tanh(x) * np.log1p(x**2))
    assert abs(value - expected[0]) <= 64 * np.finfo(float).eps * np.sum(terms)


@pytest.mark.parametrize("layout", ["C", "F", "strided"])
def test_what_is_broadcast_is_not_cut(layout):
    def f(x, row, column, number):
        y = np.tanh(x * row + column) * number
        return y - np.max(y, axis=1, keepdims=True), np.where(y > 0, y, 0.0) * x, y[:1] * x

    x = RNG.normal(0, 1, (1000, 300))
    x = np.asfortranarray(x) if layout == "F" else np.repeat(x, 2, axis=1)[:, ::2] if layout == "strided" else x
    row, column = RNG.normal(0, 1, 300), RNG.normal(0, 1, (1000, 1))
    compiled = adkit.compile(f)
    for number in (2.0, 3.0):
        same(compiled(x, row, column, number), f(x, row, column, number))


def test_groups_that_wait_for_one_another():
    def f(x):
        a = np.exp(x - np.max(x))
        p = a / np.sum(a)
        return p, np.sum(p * np.log(p)), np.cumsum(p)[::-1] * x * 2.0 + p

    x = RNG.normal(0, 1, 150_000)
    compiled = adkit.compile(f)
    got, expected = compiled(x), f(x)
    for a, b in zip(got, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-13)
    assert got[0].flags.owndata


def test_a_constant_array_is_cut_too():
    c = RNG.normal(0, 1, 100_000)
    f = lambda x: np.sin(x * c + 1.0) * c
    x = RNG.normal(0, 1, 100_000)
    same(adkit.compile(f)(x), f(x))
