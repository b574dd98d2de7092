"""Every written convention lies between the one-sided slopes, and both modes keep it."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

import adkit
from adkit.registry import REGISTRY, load_families
from adkit.verify.kinks import KINKS, NO_KINK, Kink, chosen, one_sided

load_families()

@pytest.mark.parametrize("kink", [k for k in KINKS if k.op in REGISTRY], ids=str)
def test_the_convention_lies_between_the_one_sided_slopes(kink: Kink) -> None:
    slopes = [float(s) for s in one_sided(kink)]
    forward, reverse = chosen(kink)
    assert forward == reverse
    if np.isinf(slopes).all():
        assert np.isinf(forward)
    else:
        assert min(slopes) <= forward <= max(slopes)


def test_every_convention_of_the_registry_has_a_point_or_a_reason_for_none() -> None:
    tried = {kink.op for kink in KINKS}
    speaking = {op.name for op in REGISTRY.values() if op.convention}
    assert speaking - tried - set(NO_KINK) == set()
    assert not tried & set(NO_KINK)


def test_the_values_that_are_written_down() -> None:
    written = {
        "absolute": 0.0, "relu": 0.0, "leaky_relu": 0.01, "maximum": 0.5, "fmin": 0.5, "copysign": 0.0, "hypot": 0.0,
        "euclidean_norm": 0.0, "power": 0.0, "heaviside": 0.0, "xlogy": 0.0, "arctan2": 0.0,
    }  # fmt: skip
    for kink in KINKS:
        if kink.op in written:
            assert chosen(kink) == (written[kink.op],) * 2, str(kink)
    assert chosen(Kink("max", (np.ones(4),))) == (0.25, 0.25)
    assert chosen(Kink("sqrt", (0.0,))) == (np.inf, np.inf)


def test_clip_at_a_bound_is_one_half() -> None:
    assert adkit.grad(lambda x: np.clip(x, -1.0, 1.0))(1.0) == 0.5


def test_one_sided_slopes_are_symbolic_limits() -> None:
    assert one_sided(Kink("sqrt", (0.0,), sides=(1,))) == [sp.oo]
    assert one_sided(Kink("relu", (0.0,))) == [0, 1]
    assert one_sided(Kink("remainder", (3.0, 1.5), 1)) == [-2, -1]
    assert one_sided(Kink("hypot", (0.0, 0.0))) == [-1, 1]
