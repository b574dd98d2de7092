"""A program would freeze the random numbers that its function draws from a generator of its own: that is refused."""

from __future__ import annotations

import functools
import random

import numpy as np
import pytest

import adkit

X = np.arange(1.0, 4.0)
RNG = np.random.default_rng(0)


def _by_global(x):
    return np.sum(x * RNG.normal(size=3))


def _by_helper(x):
    return _by_global(x) * 2


def _by_default(x, rng=np.random.RandomState(0)):  # noqa: B008 - the one that is drawn from
    return np.sum(x * rng.rand(3))


def _by_closure(make):
    rng = make(0)
    return lambda x: np.sum(x) * rng.random()


class _Noisy:
    def __init__(self):
        self.rng = np.random.default_rng(0)

    def loss(self, x):
        return np.sum(x * self.rng.normal(size=3))


@pytest.mark.parametrize(
    "f",
    [
        _by_global, _by_helper, _by_default, _by_closure(np.random.default_rng), _by_closure(random.Random), _Noisy().loss,
        functools.partial(lambda rng, x: np.sum(x) * rng.random(), np.random.default_rng(0)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("driver", [lambda f: f, adkit.grad])
def test_numbers_from_a_generator_that_the_function_holds_are_refused(f, driver):
    with pytest.raises(adkit.UnsupportedError, match=r"drew random numbers from a (Generator|RandomState|Random) that it holds, which"):
        adkit.compile(driver(f))(X)


def test_a_generator_that_is_not_drawn_from_is_no_hindrance():
    rng = np.random.default_rng(0)
    compiled = adkit.compile(lambda x: x * 2 if rng is not None else x + rng.normal())
    assert compiled(X).tolist() == [2.0, 4.0, 6.0]
