"""Custom rules that are no derivative's, and writes into parts: each is refused in words that name the remedy."""

from __future__ import annotations

import numpy as np
import pytest

import adkit

X = np.arange(1.0, 4.0)


def _ruled(tangent):
    @adkit.custom_jvp
    def doubled(x):
        return x * 2

    doubled.defjvp(lambda primals, tangents: (primals[0] * 2, tangent(tangents[0])))
    return doubled


@pytest.mark.parametrize("tangent", [lambda t: 2 * t + 1, lambda t: np.ones(3)])
def test_a_rule_that_is_not_linear_is_refused_in_reverse(tangent):
    f = _ruled(tangent)
    with pytest.raises(adkit.DerivativeError, match="doubled: the rule is not linear in the tangents: for zeros it gave"):
        adkit.grad(lambda x: np.sum(f(x)))(X)


@pytest.mark.parametrize("driver", [adkit.jacfwd, adkit.jacrev])
def test_a_tangent_of_another_shape_is_named(driver):
    f = _ruled(lambda t: t.sum())
    with pytest.raises(adkit.DerivativeError, match=r"doubled: the rule gave a tangent of shape \(\) for a result of shape \(3,\)"):
        driver(f)(X)


def test_a_linear_rule_is_taken_also_where_its_factor_is_infinite():
    @adkit.custom_jvp
    def root(x):
        return np.sqrt(x)

    root.defjvp(lambda primals, tangents: (root(primals[0]), tangents[0] / (2 * root(primals[0]))))
    with np.errstate(all="ignore"):
        found = adkit.grad(lambda x: np.sum(np.where(x > 0, root(x), 0.0)))(np.array([0.0, 4.0]))
    assert found[1] == 0.25


def _rows(x):
    y = np.zeros_like(x, shape=(2, 3))
    for row in y:
        row[:] = x
    return np.sum(y)


@pytest.mark.parametrize("run", [adkit.grad(_rows), lambda x: adkit.jvp(_rows, (x,), (x,)), adkit.compile(_rows)])
def test_rows_that_are_written_to_are_told_of(run):
    with pytest.raises(ValueError, match="read-only") as found:
        run(X)
    assert any("assign to the array itself" in note for note in found.value.__notes__)
