"""docs/compiled.md shows what compile writes, and that runs by itself."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np

import adkit

PAGE = Path(__file__).parents[2] / "docs" / "compiled.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def shown():
    rng = np.random.default_rng(0)
    W, b, x = rng.normal(size=(64, 10)), rng.normal(size=10), rng.normal(size=(32, 64))
    return W, b, x, np.eye(10)[rng.integers(0, 10, 32)]


def test_the_lectures_gradient_is_what_the_page_shows():
    names: dict = {}
    exec(BLOCKS[0], names)
    gradient = names["gradient"]
    arguments = shown()
    got = gradient(*arguments)
    assert gradient.source.strip() == BLOCKS[1].strip()
    expected = adkit.grad(names["loss"], argnums=(0, 1))(*arguments)
    for a, e in zip(got, expected, strict=True):
        np.testing.assert_allclose(a, e, rtol=1e-12, atol=1e-14)
    alone: dict = {}
    exec(compile(BLOCKS[1], "page", "exec"), alone)
    for a, e in zip(alone["grad_loss"](*arguments), got, strict=True):
        assert np.array_equal(a, e)


def test_rosenbrocks_gradient_is_what_the_page_shows():
    compiled = adkit.compile(adkit.grad(lambda x: np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)))
    compiled(np.ones(4))
    assert compiled.source.strip() == BLOCKS[2].strip()


def test_the_source_needs_nothing_but_numpy():
    code = BLOCKS[1] + (
        "\nimport sys\nW, x = np.ones((64, 10)), np.ones((32, 64))\n"
        "dW, db = grad_loss(W, np.zeros(10), x, np.eye(10)[np.arange(32) % 10])\n"
        "assert dW.shape == (64, 10) and db.shape == (10,) and not [m for m in sys.modules if m.startswith('adkit')]\n"
    )
    subprocess.run([sys.executable, "-I", "-c", code], check=True, capture_output=True)
