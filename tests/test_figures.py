"""The figures: the list, the command, the page, and what the cheap ones show.  The gate draws every one in its quick form."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import paper_figures
from adkit.__main__ import main as adkit_main
from paper_figures import common, drawing, gallery, lecture_pathgraph
from paper_figures.__main__ import main

HOME = Path(paper_figures.__file__).parent


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the one figure that takes no time."""
    out = tmp_path_factory.mktemp("figures")
    assert main(["lecture_pathgraph", "--quick", "--out", str(out)]) == 0
    return out


# the list --------------------------------------------------------------------------------------------


def test_the_list_is_what_the_files_hold(capsys: pytest.CaptureFixture[str]) -> None:
    infrastructure = {"__init__", "__main__", "common", "drawing", "gallery"}
    helpers = {p.stem for p in HOME.glob("_*.py")}
    assert set(paper_figures.FIGURES) == {p.stem for p in HOME.glob("*.py")} - infrastructure - helpers
    assert main(["--list"]) == 0
    assert capsys.readouterr().out.split() == list(paper_figures.FIGURES)
    assert main(["--list", "lecture_path*"]) == 0
    assert capsys.readouterr().out.split() == ["lecture_pathgraph"]


ALONE = """
import importlib, os, sys, traceback
import numpy, sympy  # no part of adkit; loaded once, since this takes longest
for name in sys.argv[1:]:
    child = os.fork()
    if not child:
        try:
            importlib.import_module("paper_figures." + name)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        sys.exit(f"{name} cannot be imported alone")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.parametrize(("names", "status"), [(paper_figures.FIGURES, 0), (("no_such_figure",), 1)], ids=["all", "planted"])
def test_each_script_is_imported_alone(names: tuple[str, ...], status: int) -> None:
    """A circle of imports shows only where nothing of adkit is imported yet: so each in a process of its own."""
    words = [sys.executable, "-c", ALONE, *names]
    done = subprocess.run(words, cwd=HOME.parent, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr


@pytest.mark.parametrize("name", ["lecture_bumps", "montufar2014_folding", "xent_precision"])
def test_what_takes_no_time_agrees(name: str) -> None:
    drawn = drawing.draw(name, 0, True)
    assert not drawn.error
    assert drawn.report["agrees"], [number for number in drawn.report["numbers"] if not number["agrees"]]
    assert drawn.files[f"{name}.png"].startswith(b"\x89PNG")


@pytest.mark.parametrize("name", paper_figures.FIGURES)
def test_each_script_says_what_it_shows_and_after_whom(name: str) -> None:
    module = __import__(f"paper_figures.{name}", fromlist=["main"])
    for what in ("TITLE", "CLAIM", "SOURCE"):
        text = getattr(module, what)
        assert isinstance(text, str)
        assert len(text) > 10
        assert "\n" not in text
    assert len(module.TITLE) < 120
    assert not module.SOURCE.endswith(".")
    assert module.__doc__


# the command -----------------------------------------------------------------------------------------


def test_a_figure_is_a_picture_and_its_numbers(drawn: Path) -> None:
    assert (drawn / "lecture_pathgraph.png").read_bytes().startswith(b"\x89PNG")
    report = json.loads((drawn / "lecture_pathgraph.json").read_text(encoding="utf-8"))
    assert report["agrees"] is True
    assert report["form"] == "quick"
    for number in report["numbers"]:
        assert set(number) == {"name", "value", "wanted", "tolerance", "relation", "source", "agrees"}
    assert all((drawn / file).is_file() for file in report["files"])


def test_what_is_up_to_date_is_not_drawn_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["lecture_pathgraph", "--out", str(tmp_path)]
    assert main(words) == 0
    assert "agree" in capsys.readouterr().out
    assert main(words) == 0
    assert "up to date" in capsys.readouterr().out
    for other in (["--quick"], ["--seed", "1"], ["--force"]):
        assert main([*words, *other]) == 0
        assert "up to date" not in capsys.readouterr().out
    (tmp_path / "lecture_pathgraph.png").unlink()
    assert main(words) == 0
    assert (tmp_path / "lecture_pathgraph.png").is_file()
    (tmp_path / "lecture_pathgraph.json").write_text("{", encoding="utf-8")
    assert not common.up_to_date(tmp_path, "lecture_pathgraph", 0, False)


def test_a_changed_script_is_drawn_again(drawn: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert common.up_to_date(drawn, "lecture_pathgraph", 0, True)
    monkeypatch.setattr(common, "script_hash", lambda name: "another")
    assert not common.up_to_date(drawn, "lecture_pathgraph", 0, True)


def test_a_number_that_disagrees_ends_in_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    forward = lecture_pathgraph.forward
    monkeypatch.setattr(lecture_pathgraph, "forward", lambda x=0.7: forward(x) | {"f": 0.5})
    assert main(["lecture_pathgraph", "--out", str(tmp_path)]) == 1
    assert "a number disagrees in lecture_pathgraph" in capsys.readouterr().err
    assert "| NO |" in (tmp_path / "README.md").read_text(encoding="utf-8")
    assert ">NO<" in (tmp_path / "index.html").read_text(encoding="utf-8")
    # It is said again while it stands, though nothing is drawn.
    monkeypatch.undo()
    assert main(["lecture_pathgraph", "--out", str(tmp_path)]) == 1


def test_a_script_that_fails_ends_in_1_with_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(x: float = 0.7) -> Any:
        raise ZeroDivisionError("on purpose")

    monkeypatch.setattr(lecture_pathgraph, "local", fail)
    assert main(["lecture_pathgraph", "--out", str(tmp_path)]) == 1
    err = capsys.readouterr().err
    assert err.startswith("paper_figures: lecture_pathgraph: ZeroDivisionError: on purpose (test_figures.py:")
    assert err.count("\n") == 1
    assert not list(tmp_path.glob("lecture_*"))


def test_a_missing_extra_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(out: Any, seed: int = 0, quick: bool = False) -> Any:
        raise ModuleNotFoundError("No module named 'cma'", name="cma")

    monkeypatch.setattr(lecture_pathgraph, "main", missing)
    assert main(["lecture_pathgraph", "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err == (
        'paper_figures: lecture_pathgraph needs the extra cma: pip install ".[cma]" in a checkout of adkit\n'
    )


def test_bad_use_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--out", str(tmp_path), "lecture_pathgrpah"]) == 2
    assert capsys.readouterr() == ("", "paper_figures: no figure 'lecture_pathgrpah'; did you mean lecture_pathgraph?\n")
    for words, said in (
        (["--executor", "threads:2"], "--executor takes processes:N or dask://HOST:PORT, not 'threads:2'"),
        (["--executor", "processes:none"], "--executor processes: takes a whole number from 1, not 'none'"),
        (["--seed", "-1"], "--seed takes a whole number from 0, not '-1'"),
        (["--quik"], "unknown option --quik; did you mean --quick?; see --help"),
    ):
        assert main(["lecture_pathgraph", "--out", str(tmp_path / "new"), *words]) == 2
        assert capsys.readouterr() == ("", f"paper_figures: {said}\n")
    (tmp_path / "file").touch()
    assert main(["lecture_pathgraph", "--out", str(tmp_path / "file" / "folder")]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("paper_figures: cannot write into ")
    assert err.count("\n") == 1
    (tmp_path / "lecture_pathgraph.png").mkdir()
    assert main(["lecture_pathgraph", "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("paper_figures: cannot write ")


def test_it_is_a_command_among_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert adkit_main(["paper_figures", "lecture_pathgraph", "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().out.strip().endswith(str(tmp_path / "README.md"))
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "exit status: 0; 1 if a number disagrees" in capsys.readouterr().out


def test_an_executor_gives_the_same_files(drawn: Path, tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as pool:
        ((name, found),) = list(drawing.draw_all(["lecture_pathgraph"], 0, True, pool))
    assert name == "lecture_pathgraph"
    assert found is not None
    drawing.keep(found, tmp_path)
    for file in ("lecture_pathgraph.png", "lecture_pathgraph.svg"):
        assert (tmp_path / file).read_bytes() == (drawn / file).read_bytes()


def test_a_worker_that_dies_is_one_line() -> None:
    class Dead(ThreadPoolExecutor):
        def submit(self, *args: Any, **kw: Any) -> Any:
            def die() -> None:
                raise RuntimeError("the process is gone")

            return super().submit(die)

    with Dead(1) as pool:
        ((_, found),) = list(drawing.draw_all(["lecture_pathgraph"], 0, True, pool))
    assert found is not None
    assert found.error.startswith("its worker failed: RuntimeError: the process is gone")
    assert not found.files


# the page --------------------------------------------------------------------------------------------


def test_the_gallery_says_claim_number_and_verdict(drawn: Path) -> None:
    page = (drawn / "README.md").read_text(encoding="utf-8")
    assert f"**Claim.** {lecture_pathgraph.CLAIM}" in page
    assert "| dg/dx, forward | 0.10477 | 0.10477 ± 5e-09 | a reference run | yes |" in page
    assert "![" in page

    class Reader(HTMLParser):
        text = ""

        def handle_data(self, data: str) -> None:
            self.text += data

    reader = Reader()
    reader.feed((drawn / "index.html").read_text(encoding="utf-8"))
    assert lecture_pathgraph.CLAIM in reader.text


def test_the_gallery_escapes_what_it_shows() -> None:
    report = {"figure": "f", "title": "a<b | c", "claim": "x & y", "source": "s", "seeds": [], "settings": "", "seconds": 1.0,
              "form": "full", "agrees": False, "numbers": [{"name": "p|q", "value": "inf", "wanted": 1, "tolerance": 0,
              "relation": "at most", "source": "theory", "agrees": False}]}  # fmt: skip
    assert "a&lt;b | c" in gallery.as_html([report])
    assert "| p\\|q | inf | ≤ 1 | theory | NO |" in gallery.as_markdown([report])


def test_the_committed_gallery_is_of_what_is_there() -> None:
    committed = {p.stem for p in (HOME / "drawn").glob("*.json")}
    assert committed <= set(paper_figures.FIGURES)
    reports = gallery.read(HOME / "drawn", paper_figures.FIGURES)
    assert (HOME / "drawn" / "README.md").read_text(encoding="utf-8") == gallery.as_markdown(reports)
    assert (HOME / "drawn" / "index.html").read_text(encoding="utf-8") == gallery.as_html(reports)
    for report in reports:
        assert report["form"] == "full"
        assert report["agrees"], report["figure"]
        assert all((HOME / "drawn" / file).is_file() for file in report["files"])


def test_a_page_notes_every_relation(tmp_path: Path) -> None:
    page = common.Page("paper_figures.lecture_pathgraph", seed=3)
    assert page.within("a", np.float64(1.05), 1.0, 0.1, "theory")
    assert not page.within("b", 1.2, 1.0, 0.1, "theory")
    assert not page.within("c", np.nan, 1.0, 0.1, "theory")
    assert page.at_least("d", 2, 2, "theory")
    assert not page.at_most("e", 2.1, 2, "theory")
    assert page.equal("f", np.int64(3), 3, "theory")
    report = page.save(tmp_path)
    assert not report["agrees"]
    assert [number["value"] for number in report["numbers"]] == [1.05, 1.2, "nan", 2, 2.1, 3]
    json.loads((tmp_path / "lecture_pathgraph.json").read_text(encoding="utf-8"))


# the path graph --------------------------------------------------------------------------------------


def test_the_path_graph_is_drawn_as_committed() -> None:
    drawn = lecture_pathgraph.draw()
    ET.fromstring(drawn)
    committed = (HOME / "drawn" / "lecture_pathgraph.svg").read_text(encoding="utf-8")
    assert drawn == committed, "run python -m paper_figures lecture_pathgraph --force"


def test_path_graph_numbers_have_three_digits() -> None:
    drawn = lecture_pathgraph.draw()
    assert ">0.980<" in drawn
    assert ">3<" in drawn


def test_path_graph_has_the_lectures_numbers() -> None:
    forward = {"a": 0.764842, "b": 0.985450, "c": 1.492361, "d": 1.492361, "e": 0.593527,
               "h": -0.644218, "i": -1.932653, "j": -0.076989, "f": 0.510598, "g": 0.104774}  # fmt: skip
    reverse = {"f": 0.205198, "e": 0.201070, "d": 0.079967, "c": 0.079967, "b": 0.121102, "a": 0.156032,
               "j": 0.189199, "i": 0.007537, "h": 0.022611, "x": 0.104774}  # fmt: skip
    ahead, back = lecture_pathgraph.forward(), lecture_pathgraph.reverse()
    for name, number in forward.items():
        assert ahead[name] == pytest.approx(number, abs=1e-6)
    for name, number in reverse.items():
        assert back[name] == pytest.approx(number, abs=1e-6)
    np.testing.assert_allclose([ahead["e"] * back["e"], ahead["j"] * back["j"]], [0.11934013, -0.01456635], atol=1e-8)


def test_path_graph_arrows_carry_local_derivatives() -> None:
    ahead, arrows = lecture_pathgraph.forward(), lecture_pathgraph.local()
    for name in lecture_pathgraph.STEPS:
        total = sum(ahead[start] * partial for (start, end), partial in arrows.items() if end == name)
        assert ahead[name] == pytest.approx(total, rel=1e-12)
