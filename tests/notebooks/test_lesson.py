"""What the lessons share. The slider: a picture without scripts, and in a real browser one for each place of it; the referee."""

from __future__ import annotations

import base64
import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import matplotlib
import numpy as np
import pytest

TESTS = Path(__file__).parent.parent


def load(path: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def lesson() -> ModuleType:
    with matplotlib.rc_context():  # it sets the type and the paper of the lessons' pictures
        return load(TESTS.parent / "notebooks" / "lesson.py", "notebooks_lesson")


def words(k: int) -> str:
    return f"the line ends at {k} </script> & <b>"


def draw(figure: Any, k: int) -> str:
    figure.subplots().plot([0, k])
    return words(k)


@pytest.fixture(scope="module")
def slider(lesson: ModuleType) -> Any:
    return lesson.Slider("end", [1, 2, 3], draw, start=1, size=(2, 1))


def test_without_scripts_there_is_one_picture_and_its_words(slider: Any) -> None:
    page = re.sub(r"<script>.*</script>", "", slider._repr_html_(), flags=re.DOTALL)
    assert page.count("<img") == 1
    assert "<input" not in page
    assert "the line ends at 2 &lt;/script&gt; &amp; &lt;b&gt;" in page
    (coded,) = re.findall(r"data:image/png;base64,([\w+/=]+)", page)
    assert base64.b64decode(coded).startswith(b"\x89PNG")


def test_its_text_tells_every_picture(slider: Any) -> None:
    assert repr(slider).splitlines() == [f"end = {k}: {words(k)}" for k in (1, 2, 3)]


def test_equal_sliders_are_equal_pages_and_nothing_is_fetched(lesson: ModuleType, slider: Any) -> None:
    again = lesson.Slider("end", [1, 2, 3], draw, start=1, size=(2, 1))
    assert again._repr_html_() == slider._repr_html_()
    assert "http" not in slider._repr_html_()


def test_the_referee_catches_a_planted_factor(lesson: ModuleType) -> None:
    def rule(factor: float) -> Any:
        return lesson.with_rule(np.tanh, lambda inputs, g: (g * (1 - factor * np.tanh(inputs[0]) ** 2),))

    assert lesson.referee(rule(1.0), 0.5) == "proved"
    assert lesson.referee(rule(1.001), 0.5).startswith("wrong: the rule gives ")


def test_in_a_browser_each_place_shows_its_picture(slider: Any, tmp_path: Path) -> None:
    browser_tools = load(TESTS / "draw" / "browser.py", "draw_browser")
    if browser_tools.missing():
        pytest.skip(browser_tools.missing())
    page = tmp_path / "slider.html"
    # The element twice, as where a cell was run again: each copy has one control of its own.
    page.write_text(f"<!DOCTYPE html><meta charset='utf-8'>{slider._repr_html_()}{slider._repr_html_()}", encoding="utf-8")
    browser = browser_tools.Browser(tmp_path)
    try:
        browser.open(page)
        assert browser.run("return document.querySelectorAll('input').length") == 2
        for place in (0, 2, 1):
            found = browser.run(
                "var i = document.querySelector('input'); i.value = arguments[0]; i.dispatchEvent(new Event('input'));"
                "var f = document.querySelector('figure');"
                "return [f.querySelector('img').src, f.querySelector('figcaption').textContent, i.getAttribute('aria-valuetext')]",
                place,
            )
            assert found == [slider.pictures[place], f"end = {place + 1}: {words(place + 1)}", f"end {place + 1}"]
        browser.run("document.querySelector('input').focus()")
        browser.press("\ue012")  # the left arrow key
        assert browser.run("return document.querySelector('figcaption').textContent") == f"end = 1: {words(1)}"
        assert browser.run("return document.querySelector('label').textContent") == "end "
        assert browser.complaints() == []
    finally:
        browser.close()
