"""Every op of the registry is drawn and walked through, and what is shown is right."""

from __future__ import annotations

import warnings
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from geometry import faults

import adkit
from adkit.draw import step_through
from adkit.draw.latex import equations
from adkit.registry import REGISTRY
from adkit.verify.numeric import UnusableError
from adkit.verify.sample import calls, probe


@pytest.mark.parametrize("name", list(REGISTRY))
def test_it_is_drawn_and_walked_through(name: str) -> None:
    op = REGISTRY[name]
    for at in list(calls(op))[:4]:
        try:
            p = probe(op, at)
        except UnusableError:
            continue
        if not p.places or at.kw.get("pad_width") == () or (name == "astype" and "dtype" in at.kw):
            continue  # NumPy refuses to pad a number, and takes a dtype by its place alone
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            program = adkit.trace(p.f)(*p.xs)
            picture = program.draw()
            assert faults(picture.scene) == []
            ElementTree.fromstring(picture.svg)
            tex = equations(program)
            assert tex.count("{") - tex.count(r"\{") == tex.count("}") - tex.count(r"\}")
            ones = tuple([np.ones_like(x)[()] for x in p.xs])
            seeds: Any = tuple([np.ones_like(y)[()] for y in p.f(*p.xs)])
            try:
                table = program.table(ones, seeds)
            except adkit.AdkitError:
                continue  # an argument for which no derivative is known
            stepper = step_through(program, ones, seeds)
            ends = {s.key: s.derivative for s in stepper.reverse}
            for row in table.rows:
                if row.expression == "input":
                    np.testing.assert_allclose(ends[row.index], row.cotangent, rtol=1e-12, atol=1e-300)
            stepper.told()
