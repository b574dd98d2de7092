"""The project's own files: what must be there, what the extras hold, and that nothing names a machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

import adkit

ROOT = Path(__file__).parent.parent
SKIP = {".git", ".hypothesis", "build", "dist", "__pycache__"}


def tracked() -> list[Path]:
    """The project's files: what git knows, or in a copy without git whatever is there."""
    if (ROOT / ".git").exists() and shutil.which("git"):
        listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
        if listing.returncode == 0:
            return [ROOT / name for name in listing.stdout.split("\0") if name and (ROOT / name).is_file()]
    found = []
    for folder, inner, names in os.walk(ROOT):
        inner[:] = [
            d
            for d in inner
            if d not in SKIP
            and not d.endswith(("_cache", ".egg-info", "_checkpoints"))
            and not Path(folder, d, "pyvenv.cfg").exists()
        ]
        found += [Path(folder, name) for name in names if not name.endswith(".pyc")]
    return found


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def bare(requirement: str) -> str:
    return re.match(r"[A-Za-z0-9_.-]+", requirement)[0].lower()


def expand(extras: dict[str, list[str]], name: str) -> set[str]:
    """The packages that an extra brings, through the extras that it names."""
    found = set()
    for requirement in extras[name]:
        inner = re.fullmatch(r"adkit\[([a-z,]+)\]", requirement)
        found |= set().union(*[expand(extras, e) for e in inner[1].split(",")]) if inner else {bare(requirement)}
    return found


@pytest.mark.parametrize(
    "name",
    [
        ".ci/run", ".editorconfig", ".github/workflows/ci.yml", ".gitignore", ".pre-commit-config.yaml", "CHANGELOG.md",
        "CONTRIBUTING.md", "LICENSE", "README.md", "adkit/py.typed", "notebooks/build.py", "pyproject.toml",
    ],
)  # fmt: skip
def test_the_file_is_there(name: str) -> None:
    assert (ROOT / name).is_file()


def test_the_gate_can_be_executed_and_is_what_the_workflow_calls() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    assert "run: bash .ci/run" in workflow
    for version in ("3.11", "3.12", "3.13", "3.14"):
        assert f'"{version}"' in workflow


def test_the_extras(project: dict[str, Any]) -> None:
    extras = project["optional-dependencies"]
    assert set(extras) == {
        "scipy", "data", "dask", "numba", "cma", "notebooks", "docs", "test", "dev", "all", "peers", "torch", "jax",
    }  # fmt: skip
    peers = {"autograd", "mygrad", "casadi", "torch", "jax"}
    assert expand(extras, "peers") | expand(extras, "torch") | expand(extras, "jax") == peers
    for name in ("all", "test", "dev", "docs"):
        assert not expand(extras, name) & peers
    assert expand(extras, "all") == set().union(
        *[expand(extras, name) for name in ("scipy", "data", "dask", "numba", "cma", "notebooks")]
    )
    assert expand(extras, "test") >= {"pytest", "hypothesis", "scikit-learn", "scipy", "nbclient", "nbformat", "jupytext"}
    assert expand(extras, "dev") >= expand(extras, "test") | {"ruff", "mypy", "pre-commit"}
    assert {bare(r) for r in project["dependencies"]} == {"numpy", "sympy", "matplotlib"}
    assert project["requires-python"] == ">=3.11"
    assert project["scripts"] == {"adkit": "adkit.__main__:main"}


def test_the_readme_names_each_extra(project: dict[str, Any]) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in project["optional-dependencies"]:
        assert f"`{name}`" in text


def test_the_version_is_written_once() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+(\.dev\d+)?", adkit.__version__)
    assert "version" not in tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert "## [Unreleased]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_each_room_says_what_lives_there() -> None:
    for init in (ROOT / "adkit").rglob("__init__.py"):
        assert init.read_text(encoding="utf-8").startswith('"""'), f"{init.relative_to(ROOT)} has no docstring"
    for module in (ROOT / "adkit").rglob("*.py"):
        assert (module.parent / "__init__.py").exists(), f"{module.relative_to(ROOT)} lies in no package"


def test_no_file_names_a_machine() -> None:
    # In two halves, or this file would be found.
    words = ["/wo" + "rk/", "/ro" + "ot/", "/op" + "t/", "../sha" + "red", "/tm" + "p/", "/ho" + "me/", "/Use" + "rs/"]
    pattern = re.compile("|".join(re.escape(word) for word in words))
    for path in tracked():
        if path.suffix in {".png", ".gz", ".npz"}:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            # An embedded picture is base64 and may spell anything.
            if '"image/png"' not in line:
                assert not pattern.search(line), f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}"


def test_no_two_test_files_bear_one_name() -> None:
    """Without packages pytest imports each by its bare name."""
    names = [path.name for path in (ROOT / "tests").rglob("*.py") if path.name != "__init__.py"]
    assert sorted(set(names)) == sorted(names)
