"""Sparse patterns of functions that forget their inner values: they are found all the same, entry by entry."""

from __future__ import annotations

import numpy as np
import pytest

import adkit
from adkit import sparse


def _checkpointed(x):
    return adkit.checkpoint(lambda a: a[1:] * a[:-1])(x) * x[1:]


def _unrolled(x):
    return adkit.unroll(lambda s, k: s * x + np.roll(x, 1), x, 4, slots=2)


@pytest.mark.parametrize("f", [_checkpointed, _unrolled])
@pytest.mark.parametrize("mode", ["auto", "forward", "reverse"])
def test_a_checkpoint_hides_no_entry(f, mode):
    x = np.linspace(0.5, 1.5, 8)
    p = sparse.jacobian_pattern(f)(x)
    assert p.nnz == 2 * np.size(f(x))
    dense = adkit.jacfwd(f)(x)
    assert np.allclose(sparse.jacobian(f, mode=mode)(x).toarray(), dense, rtol=1e-12)
    assert np.allclose(sparse.jacobian(f, mode=mode, pattern=dense != 0)(x).toarray(), dense, rtol=1e-12)


def test_second_derivatives_through_a_checkpoint():
    f = lambda x: np.sum(_checkpointed(x) ** 2)
    x = np.linspace(0.5, 1.5, 8)
    found = sparse.hessian(f)(x)
    assert np.allclose(found.toarray(), adkit.hessian(f)(x), rtol=1e-12)
    assert sparse.hessian_pattern(f)(x).nnz == 8 + 2 * 7
