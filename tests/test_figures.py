"""The figures: the committed files are what the scripts draw, and their numbers are the lecture's."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

import paper_figures
from adkit.__main__ import main as adkit_main
from paper_figures import path_graph
from paper_figures.__main__ import main

HOME = Path(paper_figures.__file__).parent


def test_each_figure_is_drawn_as_committed(tmp_path: Path) -> None:
    assert main(["--out", str(tmp_path)]) == 0
    for name in paper_figures.FIGURES:
        drawn = (tmp_path / f"{name}.svg").read_text(encoding="utf-8")
        ET.fromstring(drawn)
        assert drawn == (HOME / f"{name}.svg").read_text(encoding="utf-8"), f"run python -m paper_figures {name}"
    assert {p.stem for p in HOME.glob("*.svg")} == set(paper_figures.FIGURES)


def test_bad_use_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--out", str(tmp_path), "path_grpah"]) == 2
    assert capsys.readouterr() == ("", "paper_figures: no figure 'path_grpah'; did you mean path_graph?\n")
    (tmp_path / "file").touch()
    assert main(["--out", str(tmp_path / "file" / "folder")]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("paper_figures: cannot write into ")
    assert err.count("\n") == 1
    (tmp_path / "path_graph.svg").mkdir()
    assert main(["--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("paper_figures: cannot write ")


def test_it_is_a_command_among_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert adkit_main(["paper_figures", "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "path_graph.svg")
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "default: the folder paper_figures" in capsys.readouterr().out


def test_path_graph_numbers_have_three_digits() -> None:
    drawn = path_graph.draw()
    assert ">0.980<" in drawn
    assert ">3<" in drawn


def test_path_graph_has_the_lectures_numbers() -> None:
    forward = {"a": 0.764842, "b": 0.985450, "c": 1.492361, "d": 1.492361, "e": 0.593527,
               "h": -0.644218, "i": -1.932653, "j": -0.076989, "f": 0.510598, "g": 0.104774}  # fmt: skip
    reverse = {"f": 0.205198, "e": 0.201070, "d": 0.079967, "c": 0.079967, "b": 0.121102, "a": 0.156032,
               "j": 0.189199, "i": 0.007537, "h": 0.022611, "x": 0.104774}  # fmt: skip
    ahead, back = path_graph.forward(), path_graph.reverse()
    for name, number in forward.items():
        assert ahead[name] == pytest.approx(number, abs=1e-6)
    for name, number in reverse.items():
        assert back[name] == pytest.approx(number, abs=1e-6)
    np.testing.assert_allclose([ahead["e"] * back["e"], ahead["j"] * back["j"]], [0.11934013, -0.01456635], atol=1e-8)


def test_path_graph_arrows_carry_local_derivatives() -> None:
    ahead, arrows = path_graph.forward(), path_graph.local()
    for name in path_graph.STEPS:
        total = sum(ahead[start] * partial for (start, end), partial in arrows.items() if end == name)
        assert ahead[name] == pytest.approx(total, rel=1e-12)
