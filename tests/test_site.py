"""The documentation site's sources: what they gather, that they are in step, and that nothing in them asks for the network.

The gate builds the site with every warning an error; here is what can be seen without Sphinx.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import importlib.util
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import adkit

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"


@pytest.fixture(scope="module")
def tools() -> Iterator[dict[str, ModuleType]]:
    """The scripts in docs/, which are no package."""
    before = list(sys.path)
    spec = importlib.util.spec_from_file_location
    found = {}
    sys.path.insert(0, str(DOCS))
    try:
        for name in ("lite", "build"):
            its = spec(f"docs_{name}", DOCS / f"{name}.py")
            assert its is not None
            found[name] = importlib.util.module_from_spec(its)
            its.loader.exec_module(found[name])
        yield found
    finally:
        sys.path[:] = before
        for name in ("lite", "pictures"):
            sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def gathered(tools: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    into = tmp_path_factory.mktemp("site")
    tools["build"].gather(into)
    return into


def test_every_page_and_lesson_is_on_the_site(gathered: Path) -> None:
    for page in [*ROOT.glob("docs/*.md"), *ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("notebooks/*.md"), ROOT / "CONTRIBUTING.md"]:
        assert (gathered / page.relative_to(ROOT)).is_file(), page
    index = (gathered / "index.md").read_text(encoding="utf-8")
    assert index.startswith((ROOT / "README.md").read_text(encoding="utf-8"))
    assert "{toctree}" in index
    assert not (gathered / "README.md").exists()


def test_the_page_of_pictures_is_drawn_by_this_version(gathered: Path) -> None:
    text = (gathered / "pictures.md").read_text(encoding="utf-8")
    assert text.count("<svg") == 4
    assert text.count('class="adkit-stepper"') == 1
    assert "0.764842" in text
    assert "H of the round before" in text


def test_every_link_between_pages_leads_to_one(gathered: Path) -> None:
    pages = [p for p in gathered.rglob("*.md") if "site" not in p.relative_to(gathered).parts]
    assert len(pages) > 8
    for page in pages:
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.relative_to(gathered)} links to {target}"


def test_the_reference_has_every_public_name(tools: dict[str, Any]) -> None:
    text = tools["build"].reference()
    for name in adkit.__all__:
        assert re.search(rf"^   {name}$", text, re.MULTILINE), name
    for room in tools["build"].ROOMS:
        assert f"## {room}\n" in text
        for name in importlib.import_module(room).__all__:
            assert re.search(rf"^   {name}$|`{name}`|^## {room}.{name}$", text, re.MULTILINE), name


def test_nothing_is_fetched() -> None:
    conf = (DOCS / "conf.py").read_text(encoding="utf-8")
    settings = {
        t.id: node.value for node in ast.parse(conf).body if isinstance(node, (ast.Assign, ast.AnnAssign))
        for t in (node.targets if isinstance(node, ast.Assign) else [node.target]) if isinstance(t, ast.Name)
    }  # fmt: skip
    extensions = ast.literal_eval(settings["extensions"])
    assert not {"sphinx.ext.intersphinx", "sphinx.ext.mathjax"} & set(extensions)
    assert ast.literal_eval(settings["html_math_renderer"]) == "mathml"
    assert ast.literal_eval(settings["nb_ipywidgets_js"]) == {}
    assert ast.literal_eval(settings["nb_execution_mode"]) == "off"
    for path in [*DOCS.glob("*.py"), *(DOCS / "site").rglob("*")]:
        if path.is_file():
            assert "http://" not in (text := path.read_text(encoding="utf-8"))
            assert re.findall(r"https://\w", text) == [], f"{path.name} names an address"


def test_no_page_shows_a_picture_from_elsewhere() -> None:
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("notebooks/*.md")]:
        assert not re.search(r"!\[[^\]]*\]\(\s*https?:|<img[^>]+src=.https?:", page.read_text(encoding="utf-8")), page
    for path in ROOT.glob("notebooks/*.ipynb"):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            shown = "".join(["".join(v) for o in cell.get("outputs", []) for k, v in o.get("data", {}).items() if k == "text/html"])
            assert not re.search(r"""(?:src|href)=["']https?:|@import|url\(https?:""", shown), path.name


def test_what_the_site_needs_is_in_its_extra() -> None:
    docs = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]["docs"]
    bare = {re.match(r"[\w-]+", r)[0] for r in docs}
    conf = (DOCS / "conf.py").read_text(encoding="utf-8")
    for name in bare - {"sphinx", "latex2mathml"}:
        assert name.replace("-", "_") in conf
    assert bare == {"sphinx", "myst-nb", "pydata-sphinx-theme", "latex2mathml"}


def test_figures_drawn_for_a_look_are_no_pages(tools: dict[str, ModuleType]) -> None:
    quick = Path("paper_figures/drawn-quick/lecture_xor.png")  # `python -m paper_figures --quick` leaves it
    assert not any(quick.match(pattern) for pattern in tools["build"].PAGES)
    assert any((Path("paper_figures/drawn") / quick.name).match(pattern) for pattern in tools["build"].PAGES)


def test_the_gate_and_the_guide_build_it_by_one_command() -> None:
    assert "python docs/build.py --out" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "`python docs/build.py`" in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_formulas_become_mathml() -> None:
    pytest.importorskip("latex2mathml", reason="latex2mathml, of the extra docs, is not installed")
    pytest.importorskip("sphinx", reason="Sphinx, of the extra docs, is not installed")
    spec = importlib.util.spec_from_file_location("docs_mathml", DOCS / "mathml.py")
    mathml = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(mathml)
    found = mathml.formula(r"\sigma(z) = \frac{1}{1 + e^{-z}} \label{a}", "inline")
    assert found.startswith("<math")
    assert "<mfrac>" in found
    assert "label" not in found


def test_the_browsers_site_is_off_and_asks_for_its_address(tools: dict[str, Any], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    lite = tools["lite"]
    with pytest.raises(SystemExit):
        lite.main([])
    assert "--url" in capsys.readouterr().err
    for wrong in ("here", "ftp://host/x", "https://", "https://host/?q"):
        with pytest.raises(argparse.ArgumentTypeError, match="no address of a site"):
            lite.address(wrong)
    assert lite.address("https://host/lite") == "https://host/lite/"
    assert "docs/lite.py" not in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    into = tmp_path / "sources"
    into.mkdir()
    tools["build"].gather(into, "https://host/lite/")
    learn = (into / "learn.md").read_text(encoding="utf-8")
    assert learn.count("https://host/lite/lab/index.html?path=") == len(lite.lessons())


def test_lessons_for_the_browser_install_the_wheel_first(tools: dict[str, Any], tmp_path: Path) -> None:
    lite = tools["lite"]
    lite.contents(tmp_path)
    notebooks = sorted(tmp_path.glob("*.ipynb"))
    assert [p.name for p in notebooks] == [p.name for p in lite.lessons()]
    nbformat = pytest.importorskip("nbformat")
    for path in notebooks:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        assert notebook.cells[0].source == "%pip install -q adkit"
        assert not any(c.get("outputs") for c in notebook.cells)
