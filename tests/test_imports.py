"""The engine's rooms stand in one order, each importing from those before it alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import adkit

HOME = Path(adkit.__file__).parent

ORDER = (
    {"errors"}, {"levels"}, {"op"}, {"registry"}, {"box"}, {"operators", "tree", "guard", "debug", "counting"}, {"ops"}, {"cotangents"},
    {"pull"}, {"sweep"},
    {"dual", "tape"}, {"arguments"}, {"forward", "reverse"}, {"schedules", "fingerprint"}, {"userrules", "linearization", "higher", "replay"}, {"recompute"},
    {"buffer"}, {"program"}, {"files"}, {"draw"}, {"console"}, {"data"}, {"verify"}, {"numpy", "testing"}, {"nn"}, {"search"}, {"compare"}, {"train"},
)  # fmt: skip
"""The documented order, from the ground up; a room that is not named is held by the test of the layers alone."""

RANK = {room: rank for rank, rooms in enumerate(ORDER) for room in sorted(rooms)}


def _sources(room: str) -> list[Path]:
    return sorted((HOME / room).rglob("*.py")) if (HOME / room).is_dir() else [HOME / f"{room}.py"]


def _rooms_imported(path: Path) -> Iterator[str]:
    """The rooms that a file imports when it is loaded: imports inside functions run later."""
    package = path.relative_to(HOME).parent.parts
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            inside = (*base, *(node.module.split(".") if node.module else ()))
            yield from [inside[0]] if inside else [alias.name for alias in node.names]


@pytest.mark.parametrize("room", [room for room in RANK if (HOME / room).is_dir() or (HOME / f"{room}.py").exists()])
def test_a_room_imports_from_those_before_it(room: str) -> None:
    for path in _sources(room):
        for other in _rooms_imported(path):
            same = other == room
            assert same or RANK.get(other, -1) < RANK[room], f"{path.relative_to(HOME)} imports {other}"


@pytest.mark.parametrize("room", ["op", "registry", "box"])
def test_the_registry_and_the_boxes_know_no_op_and_no_mode(room: str) -> None:
    known = set(_rooms_imported(HOME / f"{room}.py"))
    assert known <= {"errors", "levels", "op", "refusals", "registry"}


@pytest.mark.parametrize("room", ["dual", "tape", "pull", "sweep", "arguments", "forward", "reverse", "linearization"])
def test_the_modes_name_no_op(room: str) -> None:
    """They fill the table by importing the package of rules, and take from it nothing by name."""
    for node in ast.walk(ast.parse((HOME / f"{room}.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert not (node.module or "").startswith("ops"), f"line {node.lineno}"
        if isinstance(node, ast.Name):
            assert node.id not in ("REGISTRY", "lookup"), f"line {node.lineno}"
