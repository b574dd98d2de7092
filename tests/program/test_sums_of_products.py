"""Sums of products as one product, in unrolled loops."""

from __future__ import annotations

import numpy as np
import pytest

import adkit

RNG = np.random.default_rng(0)


def close(got, expected):
    for a, b in zip(adkit.tree.leaves(got), adkit.tree.leaves(expected), strict=True):
        assert a.shape == b.shape
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-11)


def rnn(wx, wh, b, x, h):
    loss = 0.0
    for step in x:
        h = np.tanh(step @ wx + h @ wh + b)
        loss = loss + np.sum(h**2)
    return loss


def arguments(steps=7, batch=4, inputs=3, width=5):
    shapes = ((inputs, width), (width, width), (width,), (steps, batch, inputs), (batch, width))
    return tuple([RNG.normal(0, 0.5, s) for s in shapes])


@pytest.mark.parametrize("argnums", [(0, 1, 2), (0, 1, 2, 3, 4), 3])
def test_a_recurrent_network(argnums):
    gradient = adkit.grad(rnn, argnums)
    compiled = adkit.compile(gradient)
    for _ in range(3):
        given = arguments()  # other numbers each time
        close(compiled(*given), gradient(*given))
    assert compiled.traces == 1


def test_the_weights_gradient_is_one_product():
    wx, wh, b, x, h = arguments(30)
    compiled = adkit.compile(adkit.grad(lambda wx, wh, b: rnn(wx, wh, b, x, h), (0, 1, 2)))
    close(compiled(wx, wh, b), adkit.grad(rnn, (0, 1, 2))(wx, wh, b, x, h))
    source = compiled.source
    assert source.count(".dot(") < 30 + 30 + 5  # h @ wh and its transpose at each step; all else once
    assert compiled(wx, wh, b)[0] is not compiled(wx, wh, b)[0]


def test_results_that_are_parts_of_stacks_are_their_own():
    def f(w, xs):
        hs = [np.tanh(x @ w) for x in xs]
        return hs, sum([h.T @ h for h in hs]), sum([np.sum(h, axis=0) for h in hs])

    w, xs = RNG.normal(size=(3, 3)), [RNG.normal(size=(4, 3)) for _ in range(5)]
    compiled = adkit.compile(f)
    first = compiled(w, xs)
    kept = [a.copy() for a in adkit.tree.leaves(first)]
    compiled(w, [x + 1 for x in xs])
    close(first, f(w, xs))
    for a, b in zip(adkit.tree.leaves(first), kept, strict=True):
        assert np.array_equal(a, b)
    arrays = adkit.tree.leaves(first)
    for i, a in enumerate(arrays):
        for b in arrays[i + 1 :]:
            assert not np.shares_memory(a, b)


def test_second_derivatives_through_the_loop():
    wx, wh, b, x, h = arguments(5)
    f = lambda wh, v: adkit.hvp(lambda wh: rnn(wx, wh, b, x, h), (wh,), (v,))
    compiled = adkit.compile(f)
    for v in (np.ones((5, 5)), RNG.normal(size=(5, 5))):
        close(compiled(wh, v), f(wh, v))


def test_single_precision_and_complex_numbers():
    f = lambda w, xs: sum([np.sin(x @ w).T @ (x @ w) for x in xs])
    for kind in (np.float32, np.complex64, complex):
        w, xs = RNG.normal(size=(3, 2)).astype(kind), [RNG.normal(size=(4, 3)).astype(kind) for _ in range(4)]
        got = adkit.compile(f)(w, xs)
        assert got.dtype == f(w, xs).dtype
        np.testing.assert_allclose(got, f(w, xs), rtol=1e-4 if kind in (np.float32, np.complex64) else 1e-12)


def test_one_factor_in_several_products():
    def f(w, x):
        h = np.tanh(x @ w)
        g = np.sin(h)
        return h.T @ g + g.T @ h + h.T @ h + (2.0 * g).T @ h

    compiled = adkit.compile(f)
    for seed in range(2):
        w, x = [np.random.default_rng([seed, k]).normal(size=(4, 4)) for k in range(2)]
        close(compiled(w, x), f(w, x))
        close(compiled(w, x), f(w, x))
