"""The lessons: each notebook follows its source, was executed without an error, and keeps a lesson's form."""

from __future__ import annotations

import importlib.util
import re
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

nbformat = pytest.importorskip("nbformat", reason="the extra `notebooks` is not installed")
pytest.importorskip("jupytext", reason="the extra `notebooks` is not installed")
pytest.importorskip("nbclient", reason="the extra `notebooks` is not installed")

HERE = Path(__file__).parent.parent / "notebooks"
LESSONS = sorted(HERE.glob("[0-9][0-9]_*.py"))


def load_build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("notebooks_build", HERE / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


build = load_build()
each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda p: p.stem)


def test_there_are_lessons_and_each_notebook_has_a_source() -> None:
    assert LESSONS
    assert {p.stem for p in LESSONS} == {p.stem for p in HERE.glob("*.ipynb")}


@each_lesson
def test_the_notebook_follows_its_source(lesson: Path) -> None:
    assert build.out_of_step(lesson) is None


@each_lesson
def test_the_notebook_was_executed_cleanly_and_in_order(lesson: Path) -> None:
    notebook = nbformat.read(lesson.with_suffix(".ipynb"), as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    for cell in code:
        for output in cell.outputs:
            assert output.output_type != "error"
            assert output.get("name") != "stderr", output.text


def words(text: str) -> int:
    """How many words there are to read; a formula on a line of its own counts for none."""
    shown = re.sub(r"\$\$.*?\$\$|<[^>]+>", "", text, flags=re.DOTALL).split()
    return sum(any(c.isalnum() for c in token) for token in shown)


@each_lesson
def test_a_lesson_keeps_its_form(lesson: Path) -> None:
    """At most 15 lines a cell and 120 words between two; questions before cells; an exercise with a hint before the answer."""
    cells = build.read(lesson).cells
    between = ""
    for cell in cells:
        if cell.cell_type == "code":
            between = ""
            written = [line for line in cell.source.splitlines() if line.strip()]
            assert len(written) <= 15, f"more than 15 lines in a cell:\n{cell.source}"
        else:
            between += f"\n{cell.source}"
            assert words(between) <= 120, f"{words(between)} words between two cells:\n{between}"
    prose = [cell.source for cell in cells if cell.cell_type == "markdown"]
    assert sum("?**" in text for text in prose) >= 5, "predict, then run"
    text = "\n".join(prose)
    assert "## Exercise" in text
    assert text.index("## Exercise") < text.index("<summary>A hint</summary>") < text.index("the answer comes next")
    assert any("?**" in cell.source for cell in cells[-4:]), "a lesson ends with a question"
    assert cells[-2].cell_type == "code", "the closing question is answered by running something"


@each_lesson
def test_a_lesson_runs_a_mistake_and_lets_the_reader_move_something(lesson: Path) -> None:
    text = build.read(lesson)
    assert any(re.search(r"mistake|wrong|bug", cell.source) for cell in text.cells if cell.cell_type == "markdown")
    shown = [output for cell in nbformat.read(lesson.with_suffix(".ipynb"), as_version=4).cells
             for output in cell.get("outputs", [])]  # fmt: skip
    pages = [output.data["text/html"] for output in shown if "<script>" in output.get("data", {}).get("text/html", "")]
    assert pages, "no slider and no stepper"
    for page in pages:
        assert "<img" in page, "without scripts there is a picture"
        assert not re.search(r"""(src|href)=["']?(https?:)?//""", page), "nothing is fetched"


@each_lesson
def test_links_lead_somewhere(lesson: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", lesson.read_text(encoding="utf-8")):
        assert target.startswith("http") or (HERE / target).exists(), target


@each_lesson
def test_pictures_are_pictures(lesson: Path) -> None:
    """Whatever MPLBACKEND says, a notebook shows a picture, not the words ``<Figure ...>``; nor does it show an address."""
    for cell in nbformat.read(lesson.with_suffix(".ipynb"), as_version=4).cells:
        for output in cell.get("outputs", []):
            words = output.get("text", "") or output.get("data", {}).get("text/plain", "")
            assert "image/png" in output.get("data", {}) or "<Figure" not in words
            assert not re.search(r"\bat 0x[0-9a-f]{6,}", words), words


def test_a_changed_source_is_out_of_step(tmp_path: Path) -> None:
    source = tmp_path / LESSONS[0].name
    shutil.copy(LESSONS[0], source)
    assert "is missing" in build.out_of_step(source)
    shutil.copy(LESSONS[0].with_suffix(".ipynb"), tmp_path)
    assert build.out_of_step(source) is None
    source.write_text(source.read_text(encoding="utf-8").replace("import adkit", "import adkit  # now", 1), encoding="utf-8")
    assert "differs from its source" in build.out_of_step(source)


def made_of(*cells: str) -> Any:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return notebook


def test_pictures_show_although_the_process_draws_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.setenv("PYTHONPATH", "")
    cell = build.execute(made_of("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\nprint(1)")).cells[0]
    assert any("image/png" in output.get("data", {}) for output in cell.outputs)
    assert "stream" in [output.output_type for output in cell.outputs]


def test_a_lesson_that_fails_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.setenv("PYTHONPATH", "")
    with pytest.raises(build.CellExecutionError, match="ZeroDivisionError"):
        build.execute(made_of("1 / 0"))


def test_a_different_output_is_noticed() -> None:
    notebook = nbformat.read(LESSONS[0].with_suffix(".ipynb"), as_version=4)
    assert build.differences(LESSONS[0], notebook) == []
    printing = next(cell for cell in notebook.cells if cell.cell_type == "code" and cell.outputs)
    printing.outputs[0].text += "one line more"
    assert len(build.differences(LESSONS[0], notebook)) == 1
