"""Ctrl-C while a command is still loading, at a moment that the test chooses: in the import of NumPy."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from adkit.console.ending import carry_out, heed

ROOT = Path(__file__).parents[2]
# Stands in front of NumPy: the signal arrives while it is loaded.
INTERRUPTED = "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(30)\n"

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are another matter there")


def run(tmp_path: Path, *command: str) -> subprocess.CompletedProcess[str]:
    (tmp_path / "numpy.py").write_text(INTERRUPTED)
    environ = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    return subprocess.run([sys.executable, *command], capture_output=True, text=True, timeout=60, check=False, env=environ, cwd=ROOT)


@pytest.mark.parametrize("module, says", [
    ("adkit.compare", "adkit compare"), ("adkit.verify", "adkit verify"), ("adkit.train", "adkit train"), ("adkit", "adkit"),
])  # fmt: skip
def test_every_command_ends_in_one_line(module: str, says: str, tmp_path: Path) -> None:
    found = run(tmp_path, "-m", module, "--help")
    assert (found.returncode, found.stdout, found.stderr) == (130, "", f"{says}: interrupted\n")


def test_a_program_that_imports_adkit_keeps_its_own_way(tmp_path: Path) -> None:
    found = run(tmp_path, "-c", "import adkit")
    assert "KeyboardInterrupt" in found.stderr
    code = "import adkit, signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    kept = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True, env=environ)
    assert kept.stdout == "True\n"


def test_an_interrupt_that_gets_lost_is_heeded_at_the_next_step(capsys: pytest.CaptureFixture[str]) -> None:
    """Some compiled modules drop an exception that is raised while they are imported."""

    def work() -> int:
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            pass
        heed()
        return 0

    before = signal.getsignal(signal.SIGINT)
    assert carry_out("adkit test", work, "interrupted") == 130
    assert capsys.readouterr().err == "adkit test: interrupted\n"
    assert signal.getsignal(signal.SIGINT) is before
    heard = carry_out("adkit test", lambda: heed() or 0, "interrupted")
    assert heard == 0
