"""LU in a compiled program: the order of the rows is found anew for other numbers."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("scipy")

import adkit
from adkit.scipy import linalg

_USES = {
    "lu": lambda a: np.concatenate(linalg.lu(a)),
    "permute_l": lambda a: np.concatenate(linalg.lu(a, permute_l=True)),
    "p_indices": lambda a: linalg.lu(a, p_indices=True)[0] + linalg.lu(a)[1],
    "lu_solve": lambda a: linalg.lu_solve(linalg.lu_factor(a), a[0], trans=1),
}


@pytest.mark.parametrize("name", _USES)
@pytest.mark.parametrize("driver", [lambda f: f, adkit.jacfwd, adkit.jacrev])
def test_other_numbers_take_another_order(name, driver):
    wanted = driver(_USES[name])
    compiled = adkit.compile(wanted)
    a = np.array([[0.3, 0.7, -0.2], [1.6, 1.7, 0.4], [-0.4, 0.3, 1.9]])
    for rows in ([0, 1, 2], [1, 0, 2], [2, 0, 1], [0, 1, 2]):
        assert np.allclose(compiled(a[rows]), wanted(a[rows]), rtol=1e-12)
