"""numba's math.floor is a 64-bit integer: what is rounded must hold for numbers beyond those, and for infinity."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("numba")

import adkit


@pytest.mark.parametrize("rounding", [np.floor, np.ceil])
def test_numbers_beyond_every_integer_are_rounded(rounding):
    f = lambda x: rounding(x) + 2 * x
    compiled = adkit.compile(f, backend="numba")
    with np.errstate(all="ignore"):
        for x in (0.5, -0.5, 1e10, 1e300, -1e19, np.inf, -np.inf, np.nan):
            assert np.array_equal(compiled(x), f(x), equal_nan=True)
