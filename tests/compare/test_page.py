"""The page, the plots and the Markdown: complete, self-contained, sorted and filtered in a real browser, right on a phone."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from machine import Machine, measured

from adkit.compare import charts, page, report
from adkit.compare.problems import PROBLEMS
from adkit.compare.rows import Block, Row

sys.path.append(str(Path(__file__).parents[1] / "draw"))
from browser import Browser, missing  # noqa: E402


def cell(inputs: int, outputs: int, forward: float, reverse: float) -> Block:
    rows = [
        Row("inputs-outputs", f"{inputs}x{outputs}", "jacobian", name, error=1e-16, run_seconds_median=t, ratio_to_value=t, ratio_low=t,
            ratio_high=t, sure=True, values=[t, t])
        for name, t in (("forward", forward), ("reverse", reverse))
    ]  # fmt: skip
    return Block(PROBLEMS["inputs-outputs"], f"{inputs}x{outputs}", rows, inputs, outputs, 1e-3)


@pytest.fixture(scope="module")
def blocks() -> list[Block]:
    """Two sizes with a crossover between them, a map of four cells, and a row of every kind."""
    found = [measured(Machine(0.01, 0), inputs=2), measured(Machine(0.01, 1), inputs=20)]
    found += [cell(n, m, 1e-3 * n, 1e-3 * m) for n in (1, 100) for m in (1, 100)]
    found[0].rows.append(Row("squares", "2", "gradient", "mygrad", "skipped", reason="<b>not</b> installed & absent"))
    found[0].rows.append(Row("squares", "2", "gradient", "difference", "wrong", error=0.5, reason="relative error 0.5"))
    found[1].rows.append(Row("squares", "20", "gradient", "torch", "failed", reason="RuntimeError: no rule"))
    return found


@pytest.fixture(scope="module")
def html(blocks: list[Block]) -> str:
    return page.page(blocks)


def test_the_page_holds_every_row_and_fetches_nothing(html: str, blocks: list[Block]) -> None:
    rows = [row for block in blocks for row in block.rows]
    assert len(re.findall(r"<tr class=", html)) == len(rows)
    assert html.startswith("<!doctype html>")
    assert not re.search(r'(?:src|href)\s*=\s*"(?!data:|#)[^"]', html.replace('xmlns:xlink="http', ""))
    assert "@import" not in html and "url(http" not in html and "fetch(" not in html
    assert "&lt;b&gt;not&lt;/b&gt; installed &amp; absent" in html
    assert html.count("<figure>") == 2  # gradient against size, and the map
    for word in ("recommended", "python version", "numpy version", "level at"):
        assert word in html.replace("chosen", "recommended")


def test_no_name_stands_twice_in_the_page(html: str) -> None:
    names = re.findall(r'\bid="([^"]+)"', html)
    drawn = [name for name in names if not re.search(r"-(?:m|p|image|DejaVu)[0-9a-f]{6,}", name)]
    assert len(set(drawn)) == len(drawn)


def test_the_crossover_is_marked_where_the_lines_meet(blocks: list[Block]) -> None:
    """Forward takes 1 ms for each input, reverse 6 ms: level at 6, found between 2 and 20."""
    titled = dict(charts.line_charts(blocks))
    axes = titled["squares: gradient"].axes[0]
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    label = next(t.get_text() for t in axes.texts)
    assert float(label.removeprefix("level at ")) == pytest.approx(6.0, rel=0.1)


def test_the_map_shows_which_mode_is_faster(blocks: list[Block]) -> None:
    found = charts.map_chart(blocks)
    assert found is not None
    texts = [t.get_text() for t in found[1].axes[0].texts]
    assert texts == ["1", "0.01", "100", "1"]


@pytest.mark.parametrize("kind, begins", [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_the_plot_is_a_file_of_its_kind(kind: str, begins: bytes, blocks: list[Block]) -> None:
    assert charts.figure_bytes(blocks, kind).startswith(begins)
    assert charts.figure_bytes(blocks[:1], kind).startswith(begins)  # one size alone: dots
    assert charts.figure_bytes([], kind).startswith(begins)


def test_at_one_size_each_method_is_a_dot_at_its_time(blocks: list[Block]) -> None:
    made = charts.figure(blocks[:1])
    axes = made.axes[0]
    assert not axes.patches  # a bar on a logarithmic axis has no honest length
    rows = [row for row in blocks[0].of(blocks[0].operators[-1]) if row.status == "ok"]
    named = dict(zip([t.get_text() for t in made.axes[-1].get_yticklabels()], made.axes[-1].lines, strict=True))
    assert {name: float(line.get_xdata()[0]) for name, line in named.items()} == {r.method: r.run_seconds_median for r in rows}
    made.canvas.draw()
    frame = axes.get_window_extent()
    assert all(frame.x0 <= t.get_window_extent().x0 and t.get_window_extent().x1 <= frame.x1 for t in axes.texts)


def test_legends_stay_off_the_lines(blocks: list[Block]) -> None:
    """The room above the lines is the legend's."""
    made = dict(charts.line_charts(blocks))["squares: gradient"]
    made.canvas.draw()
    axes = made.axes[0]
    legend = axes.get_legend().get_window_extent()
    for line in axes.lines:
        points = axes.transData.transform(np.column_stack([np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)]))
        inside = [legend.contains(x, y) for x, y in points if line.get_linestyle() != "--"]
        assert not any(inside)


def test_the_markdown_has_a_table_for_each_derivative(blocks: list[Block]) -> None:
    text = report.markdown_text(blocks)
    assert text.count("| method | time |") == len(blocks)
    assert "- torch: failed: RuntimeError: no rule" in text
    assert "recommended: forward (gradient), " in text


# In a browser


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    reason = missing()
    if reason:
        pytest.skip(reason)
    try:
        opened = Browser(tmp_path_factory.mktemp("browser"))
    except (OSError, RuntimeError, AssertionError) as error:
        pytest.skip(f"the browser does not start here: {str(error).splitlines()[0] if str(error) else type(error).__name__}")
    yield opened
    opened.close()


@pytest.fixture
def opened(browser: Browser, html: str, tmp_path: Path) -> Browser:
    path = tmp_path / "page.html"
    path.write_text(html, encoding="utf-8")
    browser.open(path)
    return browser


def column(browser: Browser, name: str, visible: bool = True) -> list[str]:
    script = """
      const at = [...document.querySelectorAll("#rows thead th")].findIndex((h) => h.textContent === arguments[0]);
      return [...document.querySelectorAll("#rows tbody tr")].filter((r) => !(arguments[1] && r.hidden)).map((r) => r.cells[at].textContent);
    """
    found: list[str] = browser.run(script, name, visible)
    return found


def press(browser: Browser, name: str) -> None:
    browser.run('[...document.querySelectorAll("#rows thead button")].find((b) => b.textContent === arguments[0]).click()', name)


def test_rows_are_sorted_by_number_both_ways_and_empty_ones_stay_last(opened: Browser) -> None:
    before = column(opened, "method")
    press(opened, "x value")
    numbers = column(opened, "x value")
    shown = [float(x) for x in numbers if x]
    assert shown == sorted(shown)
    assert numbers[len(shown) :] == [""] * 3
    press(opened, "x value")
    numbers = column(opened, "x value")
    assert [float(x) for x in numbers if x] == sorted(shown, reverse=True)
    assert numbers[len(shown) :] == [""] * 3
    state = opened.run('return [...document.querySelectorAll("#rows th")].map((h) => h.getAttribute("aria-sort")).filter(Boolean)')
    assert state == ["descending"]
    press(opened, "method")
    assert column(opened, "method") == sorted(before)
    assert opened.complaints() == []


def test_rows_are_filtered_by_words_and_by_choice(opened: Browser) -> None:
    total = len(column(opened, "method"))
    type_in = """
      const field = document.getElementById("filter-" + arguments[0]);
      field.value = arguments[1];
      field.dispatchEvent(new Event("input", {bubbles: true}));
      return document.getElementById("shown").textContent;
    """
    said = opened.run(type_in, "method", "reverse")
    assert set(column(opened, "method")) == {"reverse"}
    assert said == f"{len(column(opened, 'method'))} of {total} rows"
    opened.run(type_in, "problem", "squares")
    assert set(column(opened, "problem")) == {"squares"}
    opened.run(type_in, "method", "")
    opened.run(type_in, "text", "wrong DIFFERENCE")
    assert column(opened, "method") == ["difference"]
    opened.run(type_in, "text", "")
    opened.run(type_in, "problem", "")
    assert len(column(opened, "method")) == total


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_it_fits_a_phone_and_can_be_read_in_the_dark(width: int, scheme: str, opened: Browser) -> None:
    opened.command("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=width < 500)
    opened.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    try:
        assert opened.run("return document.documentElement.scrollWidth") <= width
        wide = opened.run(
            "return [...document.querySelectorAll('h1,h2,li,figure,svg,label,dd')].filter((e) => "
            "e.getBoundingClientRect().right > arguments[0] + 0.5).map((e) => e.outerHTML.slice(0, 80))", width)  # fmt: skip
        assert wide == []
        for selector in ("body", "li .why", "figure svg text", "tr.wrong td", "tr.skipped td", "tr.chosen td", "label"):
            assert contrast(opened, selector) >= 4.5, selector
    finally:
        opened.command("Emulation.clearDeviceMetricsOverride")
        opened.command("Emulation.setEmulatedMedia", features=[])


def contrast(browser: Browser, selector: str) -> float:
    """WCAG's ratio of an element's text to what lies behind it."""
    ink, ground = browser.run("""
      const element = document.querySelector(arguments[0]);
      const style = getComputedStyle(element);
      let behind = element, ground = "rgba(0, 0, 0, 0)";
      while (behind && /, 0\\)$/.test(ground)) { ground = getComputedStyle(behind).backgroundColor; behind = behind.parentElement; }
      return [element.tagName === "text" ? style.fill : style.color, ground];
    """, selector)  # fmt: skip
    light, dark = sorted([luminance(colour) for colour in (ink, ground)], reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [float(x) / 255.0 for x in re.findall(r"[\d.]+", colour)[:3]]
    linear: list[Any] = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return float(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])
