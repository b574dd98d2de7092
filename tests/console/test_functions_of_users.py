"""What a newcomer gives to compare and verify at first: odd functions, and half a target."""

from __future__ import annotations

from pathlib import Path

import pytest

from adkit.compare.__main__ import main as compare
from adkit.train import main as train
from adkit.verify.__main__ import main as verify

SOURCE = """
import numpy as np

def constant(x):
    return 3.0

def drawn(x):
    return np.sum(x * np.random.normal(size=3))
"""


@pytest.fixture
def path(tmp_path: Path) -> str:
    place = tmp_path / "first_tries.py"
    place.write_text(SOURCE, encoding="utf-8")
    return str(place)


def test_a_function_that_returns_a_plain_float_is_measured(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    few = ["--quick", "--rounds", "1", "--operators", "jvp,gradient", "--methods", "forward,reverse", "--no-progress", "--csv", "-"]
    assert compare([f"{path}:constant", "--at", "np.ones(3)", *few]) == 0
    rows = [line.split(",") for line in capsys.readouterr().out.splitlines()[1:]]
    assert [row[2:6] for row in rows] == [[o, m, "ok", "0"] for o in ("jvp", "gradient") for m in ("forward", "reverse")]


def test_a_function_that_draws_is_not_called_wrong(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify([f"{path}:drawn", "--at", "np.ones(3)", "--no-progress"]) == 2
    assert "two calls with the same arguments differ; fix the seed of what is drawn" in capsys.readouterr().err


@pytest.mark.parametrize("command", [compare, verify])
def test_a_file_alone_is_met_with_the_form_of_a_target(command: object, path: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert callable(command)
    assert command([path, "--at", "np.ones(3)"]) == 2
    assert f"is a file: name a function in it, as in {path}:NAME" in capsys.readouterr().err


def test_a_name_without_values_is_met_with_the_option_that_gives_them(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare([f"{path}:constant", "--at", "np.ones(n)"]) == 2
    assert capsys.readouterr().err.endswith("name 'n' is not defined; --grow n=10,100 would give it values\n")
    assert compare([f"{path}:constant", "--at", "np.ones((n, m))", "--grow", "n=2"]) == 2
    assert capsys.readouterr().err.endswith("name 'm' is not defined\n")


def test_one_epoch_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert train(["xor", "--epochs", "1", "--no-progress"]) == 0
    assert "1 epoch, 1 step in" in capsys.readouterr().out
