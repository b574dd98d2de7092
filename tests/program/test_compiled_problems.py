"""The comparison's problems, compiled: values and derivatives agree with eager ones at points other than the traced one."""

from __future__ import annotations

import functools

import numpy as np
import pytest

import adkit
from adkit.compare.problems import PROBLEMS

SMALL = {"tanh-affine": "5x4", "mlp-784": "2", "gmm": "12", "rnn": "4", "lstm": "3", "chain": "20", "rosenbrock": "12"}


def instance(problem):
    if problem.name == "particle":
        pytest.skip("forty thousand operations, of kinds that the others have too")
    missing = problem.missing()
    if missing:
        pytest.skip(missing)
    size = SMALL.get(problem.name, problem.quick[0])
    return problem.instance(size if len(size) < 4 else problem.quick[0], 0)


def agree(got, expected):
    got, expected = adkit.tree.leaves(got), adkit.tree.leaves(expected)
    scale = max([float(np.max(np.abs(e), initial=0)) for e in expected])
    for a, e in zip(got, expected, strict=True):
        assert np.shape(a) == np.shape(e)
        assert np.asarray(a).dtype == np.asarray(e).dtype
        np.testing.assert_allclose(a, e, rtol=1e-10, atol=1e-12 * (1 + scale))


@pytest.mark.parametrize("name", list(PROBLEMS))
def test_every_problem(name):
    found = instance(PROBLEMS[name])
    f = functools.partial(found.function, np, **found.data)
    params = found.params
    argnums = tuple(range(len(params)))
    scalar = np.ndim(f(*params)) == 0
    forms = {
        "value": (adkit.compile(f), f),
        "jvp": (adkit.compile(lambda *xs: adkit.jvp(f, xs, params)), lambda *xs: adkit.jvp(f, xs, params)),
    }
    if scalar:
        forms["gradient"] = adkit.compile(adkit.value_and_grad(f, argnums)), adkit.value_and_grad(f, argnums)
        forms["hvp"] = adkit.compile(lambda *xs: adkit.hvp(f, xs, params)), lambda *xs: adkit.hvp(f, xs, params)
    elif sum([np.size(p) for p in params]) < 200:
        forms["jacobian"] = adkit.compile(adkit.jacobian(f, argnums)), adkit.jacobian(f, argnums)
    for compiled, eager in forms.values():
        for factor in (1.0, 0.9, 1.1):
            moved = tuple([p * np.asarray(p).dtype.type(factor) for p in params])
            agree(compiled(*moved), eager(*moved))
