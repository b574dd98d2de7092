"""A run spread over processes and over a Dask cluster: the same problems, methods, statuses, errors and sweeps."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from adkit.compare.__main__ import main
from adkit.compare.spread import machine_lock

ROOT = Path(__file__).parents[2]
COMMAND = ["xor", "rosenbrock", "tanh-affine", "--size", "4,5x3", "--quick", "--rounds", "2", "--csv", "-"]

CLUSTER = """
import subprocess, sys
from distributed import LocalCluster
from adkit.compare.__main__ import main
if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        where = cluster.scheduler_address.removeprefix("tcp://")
        sys.exit(main([*sys.argv[1:], "--executor", f"dask://{where}"]))
"""


def said(text: str) -> list[tuple[str, ...]]:
    """What does not depend on the clock."""
    columns = ("problem", "size", "operator", "method", "status", "error", "sweeps", "primal_calls", "samples")
    return [tuple([row[c] for c in columns]) for row in csv.DictReader(io.StringIO(text))]


@pytest.fixture(scope="module")
def alone() -> list[tuple[str, ...]]:
    found = subprocess.run([sys.executable, "-m", "adkit.compare", *COMMAND], cwd=ROOT, capture_output=True, text=True,
                           timeout=300, check=False)  # fmt: skip
    assert found.returncode == 0, found.stderr
    return said(found.stdout)


def test_over_processes(alone: list[tuple[str, ...]], tmp_path: Path) -> None:
    found = subprocess.run([sys.executable, "-m", "adkit.compare", *COMMAND, "--executor", "processes:2"], cwd=ROOT,
                           capture_output=True, text=True, timeout=300, check=False)  # fmt: skip
    assert found.returncode == 0, found.stderr
    assert said(found.stdout) == alone


def test_a_users_function_travels_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "travelling_model.py").write_text("import numpy as np\ndef loss(x):\n    return np.sum(np.sin(x))\n")
    command = ["travelling_model.py:loss", "--at", "np.ones(n)", "--grow", "n=2,4", "--quick", "--rounds", "2", "--methods", "reverse",
               "--executor", "processes:1", "--csv", "-"]  # fmt: skip
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    found = subprocess.run([sys.executable, "-m", "adkit.compare", *command], cwd=tmp_path, capture_output=True, text=True,
                           timeout=300, check=False, env=environ)  # fmt: skip
    assert found.returncode == 0, found.stderr
    assert {(row[1], row[4]) for row in said(found.stdout)} == {("2", "ok"), ("4", "ok")}


def test_over_a_dask_cluster_of_two_workers(alone: list[tuple[str, ...]], tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason='Dask is not installed: pip install ".[dask]"')
    script = tmp_path / "cluster.py"
    script.write_text(CLUSTER)
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    found = subprocess.run([sys.executable, str(script), *COMMAND], cwd=tmp_path, capture_output=True, text=True, timeout=300,
                           check=False, env=environ)  # fmt: skip
    assert found.returncode == 0, found.stderr
    assert said(found.stdout) == alone


@pytest.mark.parametrize("text, says", [
    ("processes", "--executor takes processes:N or dask://HOST:PORT"), ("processes:0", "--executor processes: takes a whole number from 1"), ("threads:2", "--executor takes"),
    ("dask://", "--executor takes"),
])  # fmt: skip
def test_an_executor_that_there_is_not(text: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*COMMAND, "--executor", text]) == 2
    err = capsys.readouterr().err
    assert says in err
    assert err.splitlines()[-1].startswith("adkit compare: ")


def test_a_worker_that_dies_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "deadly_model.py").write_text(
        "import multiprocessing, os\nimport numpy as np\ndef loss(x):\n"
        "    if multiprocessing.parent_process() is not None:\n        os._exit(3)\n    return np.sum(x)\n"
    )
    command = ["deadly_model.py:loss", "--at", "np.ones(2)", "--quick", "--rounds", "1", "--executor", "processes:1", "--csv", "rows.csv"]
    found = subprocess.run([sys.executable, "-m", "adkit.compare", *command], cwd=tmp_path, capture_output=True, text=True, timeout=300,
                           check=False, env=os.environ | {"PYTHONPATH": str(ROOT)})  # fmt: skip
    assert found.returncode == 2
    assert "deadly_model.py:loss 2 was not measured: BrokenProcessPool: " in found.stderr
    assert "Traceback" not in found.stderr
    assert not (tmp_path / "rows.csv").exists()


def test_without_dask_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert main([*COMMAND, "--executor", "dask://127.0.0.1:1"]) == 2
    assert 'pip install ".[dask]"' in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="no such locks there")
def test_one_times_at_a_time() -> None:
    inside: list[str] = []

    def work(name: str) -> None:
        with machine_lock():
            inside.append(f"{name} in")
            time.sleep(0.02)
            inside.append(f"{name} out")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, "abcd"))
    assert all(a.replace(" in", "") == b.replace(" out", "") for a, b in zip(inside[::2], inside[1::2], strict=True))
