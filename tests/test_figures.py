"""The figures: the committed files are what the scripts draw, and their numbers are the lecture's."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

import paper_figures
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


def test_an_unknown_figure_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--out", str(tmp_path), "path_grpah"])
    assert stop.value.code == 2
    assert "path_grpah" in capsys.readouterr().err


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
