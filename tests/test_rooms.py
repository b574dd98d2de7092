"""How the package is laid out: imports run downwards only, and importing it loads no more than it needs."""

from __future__ import annotations

import ast
import importlib
import os
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from types import ModuleType

import pytest

import adkit

HOME = Path(adkit.__file__).parent

# From the ground up. A room imports from its own layer and from those below; one that is not named is an engine room.
GROUND = {"box", "operators", "counting", "debug", "errors", "extras", "guard", "levels", "op", "refusals", "registry", "tree"}
RULES = {"ops"}
ABOVE = {"console", "data", "draw", "nn", "numpy", "program", "scipy", "search", "testing", "verify"}
COMMANDS = {"__main__", "compare", "gradbench", "train"}


def layer(room: str) -> int:
    for height, rooms in enumerate((GROUND, RULES, None, ABOVE, COMMANDS)):
        if rooms is not None and room in rooms:
            return height
    return 2


def imports(path: Path, everywhere: bool) -> Iterator[str]:
    """The modules of adkit that a file imports, at its top or anywhere in it: ``registry``, ``ops.common``."""
    package = path.relative_to(HOME).parent.parts
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree) if everywhere else tree.body:
        if isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            named = tuple(node.module.split(".")) if node.module else ()
            if not node.level:
                if named[:1] != ("adkit",):
                    continue
                named = named[1:]
            where = base + named
            for alias in node.names:
                inner = where + (alias.name,)
                if (HOME.joinpath(*inner).with_suffix(".py")).exists() or HOME.joinpath(*inner).is_dir():
                    yield ".".join(inner)
                else:
                    yield ".".join(where) or "__init__"
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "adkit":
                    yield alias.name.removeprefix("adkit").lstrip(".") or "__init__"


FILES = sorted(HOME.rglob("*.py"))


def room(path: Path) -> str:
    parts = path.relative_to(HOME).with_suffix("").parts
    return parts[0]


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(HOME)))
def test_imports_run_downwards(path: Path) -> None:
    if path == HOME / "__init__.py":
        return
    here = room(path)
    for name in imports(path, everywhere=True):
        there = name.split(".")[0]
        if there == "__init__":
            assert layer(here) >= 3, f"{path.name} imports the public surface, which stands above it"
        else:
            assert layer(there) <= layer(here), f"{path.name} imports {name}, which stands above it"


def test_the_ground_knows_no_op_and_the_modes_know_no_op_by_name() -> None:
    for path in FILES:
        if path.stem in {"dual", "forward", "tape", "pull", "sweep", "reverse", "higher", "linearization"} and path.parent == HOME:
            assert not [name for name in imports(path, everywhere=True) if name.startswith("ops.")]


def test_there_is_no_cycle_of_imports() -> None:
    graph = {}
    for path in FILES:
        parts = path.relative_to(HOME).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)
        if name != "__init__":
            graph[name] = {other for other in imports(path, everywhere=False) if other not in (name, "__init__")}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"a cycle of imports: {' -> '.join(error.args[1])}")


def test_public_names_stay_what_they_are_when_every_module_is_imported() -> None:
    before = {name: getattr(adkit, name) for name in adkit.__all__}
    for module in pkgutil.walk_packages([str(HOME)], "adkit."):
        if not module.name.startswith("adkit.scipy") and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for name, value in before.items():
        assert getattr(adkit, name) is value
        assert not isinstance(value, ModuleType)
    assert list(adkit.__all__) == sorted(adkit.__all__)


def test_importing_adkit_loads_neither_sympy_nor_pyplot() -> None:
    code = (
        "import sys, adkit\n"
        "print([m for m in ('sympy', 'matplotlib', 'scipy', 'sklearn', 'pandas', 'dask', 'torch', 'jax') if m in sys.modules])"
    )
    env = {**os.environ, "PYTHONPATH": str(HOME.parent)}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, check=True)
    assert run.stdout.strip() == "[]"
