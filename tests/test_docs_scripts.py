"""The scripts of docs/ say what they do, and measure nothing when they are asked in a wrong way."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"


def run(*words: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"PYTHONPATH": str(DOCS.parent)}
    return subprocess.run([sys.executable, *words], capture_output=True, text=True, timeout=300, check=False, cwd=DOCS.parent, env=env)


@pytest.mark.parametrize("name", ["compiled", "coverage", "gradbench", "measured", "training"])
def test_help_is_the_scripts_own_first_words(name: str) -> None:
    done = run(f"docs/{name}.py", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"docs/{name}.py" in done.stdout or name == "coverage"
    assert "|" not in done.stdout  # no table


def test_an_unknown_flag_is_refused() -> None:
    done = run("docs/measured.py", "--quik")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "docs/measured.py: unknown: --quik; did you mean --quick?\n"
