"""What all tests share: one BLAS thread, and a registry that is as it was after each test that adds to it."""

from __future__ import annotations

import os

# Before NumPy is loaded: on busy cores two threads cost small products far more than they give.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ.setdefault(_variable, "1")

from collections.abc import Iterator  # noqa: E402
from typing import Any  # noqa: E402

import pytest  # noqa: E402

from adkit.box import Box  # noqa: E402
from adkit.registry import REGISTRY, TABLE, load_families  # noqa: E402


@pytest.fixture
def registry() -> Iterator[dict[str, Any]]:
    """The registry, for a test that registers ops of its own; they are gone when it ends."""
    load_families()  # what a test loads late would be lost when it ends
    tables: list[dict[Any, Any]] = [REGISTRY, TABLE, *[kind.functions for kind in Box.__subclasses__()]]
    kept = [dict(table) for table in tables]
    try:
        yield REGISTRY
    finally:
        for table, before in zip(tables, kept, strict=True):
            table.clear()
            table.update(before)
