"""``--executor``: in other processes and on a Dask cluster, and what is said where it cannot be."""

from __future__ import annotations

import pytest

from adkit.console.executor import open_executor
from adkit.console.options import UsageError


def test_no_name_is_no_executor() -> None:
    with open_executor(None) as pool:
        assert pool is None


def test_processes_carry_work_out() -> None:
    with open_executor("processes:1") as pool:
        assert pool is not None
        assert pool.submit(abs, -3).result() == 3


@pytest.mark.parametrize("spec", ["", "processes", "processes:", "processes:0", "processes:x", "threads:2", "dask://", "dask:x"])
def test_another_name_is_refused(spec: str) -> None:
    with pytest.raises(UsageError, match=r"^--executor"):
        with open_executor(spec):
            pass


def test_a_scheduler_that_does_not_answer() -> None:
    pytest.importorskip("distributed", reason="the extra dask is not installed")
    with pytest.raises(UsageError, match="no Dask scheduler answers at nowhere"):
        with open_executor("dask://nowhere"):
            pass
