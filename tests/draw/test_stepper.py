"""The stepper: its steps against the program, and the page in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser import Browser, missing
from test_drawing import COTANGENTS, TANGENTS, number, path_graph

import adkit
from adkit import relu, sigmoid

ARROWS = {"left": "\ue012", "right": "\ue014", "home": "\ue011", "end": "\ue010", "tab": "\ue004"}


def slide_graph(x: Any, W: Any) -> Any:
    """LECTURE.md, row 25: three hidden values and a result, of linear, sigmoid, relu and sum."""
    h1 = sigmoid(W[0] * x[0])
    h2 = relu(W[1] * x[1] + h1)
    h3 = sigmoid(W[2] * h1)
    y = sigmoid(W[3] * h2 + W[4] * h3)
    return y  # noqa: RET504 - the name is what is drawn


def several(x: Any, W: Any) -> Any:
    a, b = np.split(np.tanh(W @ x), 2)
    return {"dot": np.sum(a * b), "first": x[0]}


PROGRAMS: dict[str, Any] = {
    "path": lambda: (adkit.trace(path_graph)(0.7), None, None),
    "slide": lambda: (adkit.trace(slide_graph)(np.array([0.5, -1.0]), np.array([0.4, -0.3, 0.8, 1.2, -0.7])), None, None),
    "arrays": lambda: (adkit.trace(several)(np.array([0.1, 0.2]), np.linspace(-1, 1, 8).reshape(4, 2)), None, None),
    "branch": lambda: (adkit.trace(lambda x, n: np.where(x > 0, x**2, -x) * 2.0)(np.array([1.0, -1.0]), 3), (np.ones(2), 3), np.ones(2)),
    "unused": lambda: (adkit.trace(lambda x, y: np.sin(x))(0.5, 2.0), None, None),
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_steps_have_the_programs_numbers(name: str) -> None:
    program, tangents, cotangent = PROGRAMS[name]()
    stepper = program.stepper(tangents=tangents, cotangent=cotangent)
    table = {row.index: row for row in program.table(stepper.tangents, stepper.cotangent).rows}
    assert [s.key for s in stepper.forward] == list(table)
    for s in stepper.forward:
        np.testing.assert_array_equal(s.value, table[s.key].primal)
        if s.derivative is not None:
            np.testing.assert_allclose(s.derivative, table[s.key].tangent, rtol=1e-12)
    for s in stepper.reverse:
        np.testing.assert_allclose(s.derivative, table[s.key].cotangent, rtol=1e-12)
    said = {k for s in stepper.reverse for k, kind, _ in s.sets if kind == "reverse"}
    known = {k for k, row in table.items() if row.cotangent is not None}
    assert said == known


def test_the_products_are_the_local_derivative_times_what_arrives() -> None:
    stepper = adkit.trace(path_graph)(0.7).stepper()
    for s in stepper.forward[1:]:
        shares = [[number(text) for text in row[1:4]] for row in s.rows]
        for local, moved, share in shares:
            assert local * moved == pytest.approx(share, abs=3e-6)
        assert sum(share for _, _, share in shares) == pytest.approx(s.derivative, abs=3e-6)
    for s in stepper.reverse[1:-1]:
        for _, local, g, share, _ in s.rows:
            assert number(local) * number(g) == pytest.approx(number(share), abs=3e-6)
            assert number(g) == pytest.approx(s.derivative, abs=1e-6)


def test_seeds_of_the_users_own() -> None:
    program = adkit.trace(lambda x, y: x * y)(2.0, 5.0)
    stepper = program.stepper(tangents=(0.0, 1.0), cotangent=10.0)
    assert stepper.forward[-1].derivative == 2.0
    assert [s.derivative for s in stepper.reverse][-2:] == [20.0, 50.0]


def test_what_cannot_be_stepped_through_is_said() -> None:
    with pytest.raises(adkit.DerivativeError, match="does not depend"):
        adkit.trace(lambda x: 3.0)(0.5).stepper()
    with pytest.raises(adkit.DerivativeError, match="floating-point"):
        adkit.trace(lambda x: x * 2)(np.array([1, 2])).stepper()

    def long(x: Any) -> Any:
        for _ in range(3001):
            x = x + 1.0
        return x

    with pytest.raises(adkit.DerivativeError, match=r"3002 nodes.*draw it folded"):
        adkit.trace(long)(0.5).stepper()


def test_the_element_needs_nothing_and_says_everything_without_scripts(tmp_path: Path) -> None:
    html = adkit.trace(path_graph)(0.7).stepper()._repr_html_()
    outside = re.findall(r"""(?:src|href)=["'](?!data:)|@import|url\(|fetch\(|XMLHttp|\bimport\(""", html)
    assert outside == []
    assert ' id="' not in html
    before_the_script = html[: html.index("<script>")]
    assert "<img alt=" in before_the_script
    for text in ("0.764842", "0.156032", "<table>", "0.104774"):
        assert text in before_the_script
    assert html.count("<script>") == html.count("</script>") == 1


def test_a_page_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    program = adkit.trace(path_graph)(0.7)
    program.to_html(tmp_path / "page.html", title="a <b> & c")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert "<title>a &lt;b&gt; &amp; c, step by step</title>" in page
    with pytest.raises(adkit.AdkitError, match="cannot write"):
        program.to_html(tmp_path / "no" / "page.html")
    assert [p.name for p in tmp_path.iterdir()] == ["page.html"]


# in the browser -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    reason = missing()
    if reason:
        pytest.skip(reason)
    try:
        found = Browser(tmp_path_factory.mktemp("browser"))
    except (AssertionError, OSError, RuntimeError) as error:
        pytest.skip(f"the browser does not start here: {error}")
    try:
        yield found
    finally:
        found.close()


def saved(name: str, folder: Path) -> tuple[Any, Path]:
    program, tangents, cotangent = PROGRAMS[name]()
    stepper = program.stepper(tangents=tangents, cotangent=cotangent)
    stepper.save(folder / f"{name}.html")
    return stepper, folder / f"{name}.html"


SHOWN = """
const root = document.querySelectorAll('.adkit-stepper')[arguments[0] || 0];
const of = (e, kind) => { const t = e.querySelector('text.k-' + kind); return t ? t.textContent : ''; };
const cards = {};
root.querySelectorAll('g[data-key]').forEach(g => {
  cards[g.dataset.key] = ['value', 'forward', 'reverse'].map(k => of(g, k)).concat([String(g.classList.contains('k-now'))]);
});
return {cards, said: root.querySelector('.as-said').textContent, count: root.querySelector('.as-count').textContent,
        rows: [...root.querySelectorAll('.as-why tr')].slice(1).map(r => [...r.cells].map(c => c.textContent)),
        pressed: [...root.querySelectorAll('.as-mode')].map(b => b.getAttribute('aria-pressed'))};
"""


def click(browser: Browser, name: str, which: int = 0) -> None:
    browser.run(f"document.querySelectorAll('.adkit-stepper')[arguments[0]].querySelectorAll('.as-{name}')[0].click()", which)


@pytest.mark.parametrize("name", PROGRAMS)
def test_each_steps_numbers_equal_the_programs(browser: Browser, tmp_path: Path, name: str) -> None:
    stepper, path = saved(name, tmp_path)
    browser.open(path)
    seen: list[dict[str, Any]] = []
    for at, s in enumerate(stepper.forward):
        shown = browser.run(SHOWN)
        assert shown["count"] == f"{at + 1} / {len(stepper.forward)}"
        assert shown["said"] == s.say
        assert [tuple(r) for r in shown["rows"]] == s.rows
        assert shown["cards"][str(s.key)][3] == "true"
        for k, kind, text in s.sets:
            line = shown["cards"][str(k)][("value", "forward", "reverse").index(kind)]
            assert line.lstrip("→← ") == text
        for later in stepper.forward[at + 1 :]:
            assert shown["cards"][str(later.key)][1] == "→ not computed"
        seen.append(shown)
        click(browser, "next")
    for shown in reversed(seen[:-1]):  # and back again, to the same
        click(browser, "back")
        assert browser.run(SHOWN) == shown
    browser.run("document.querySelectorAll('.as-mode')[1].click()")
    for at, s in enumerate(stepper.reverse):
        shown = browser.run(SHOWN)
        assert (shown["count"], shown["said"]) == (f"{at + 1} / {len(stepper.reverse)}", s.say)
        assert [tuple(r) for r in shown["rows"]] == s.rows
        for k, _, text in s.sets:
            assert shown["cards"][str(k)][2] == f"← {text}"
        click(browser, "next")
    table = {str(row.index): row for row in stepper.program.table(stepper.tangents, stepper.cotangent).rows}
    for key, (value, tangent, cotangent, _) in browser.run(SHOWN)["cards"].items():
        if np.ndim(table[key].primal) == 0 and table[key].primal.dtype.kind == "f":
            assert number(value) == pytest.approx(float(table[key].primal), abs=1e-6)
            assert number(cotangent) == pytest.approx(float(table[key].cotangent), abs=1e-6)
        assert tangent == "→ not computed"
    assert browser.complaints() == []


def test_a_folded_loop_shows_the_round_that_is_computed(browser: Browser, tmp_path: Path) -> None:
    def loop(x: Any) -> Any:
        for _ in range(30):
            x = np.sin(x) * 1.5
        return x

    stepper = adkit.trace(loop)(0.5).stepper()
    assert len(stepper.picture.graph) == 3
    stepper.save(tmp_path / "loop.html")
    browser.open(tmp_path / "loop.html")
    card = {m: str(n.key) for n in stepper.picture.graph.nodes for m in n.members}
    for which, steps in enumerate((stepper.forward, stepper.reverse)):
        browser.run("document.querySelectorAll('.as-mode')[arguments[0]].click()", which)
        for s in steps:
            shown = browser.run(SHOWN)
            assert shown["said"] == s.say
            assert shown["cards"][card[s.key]][3] == "true"
            for k, kind, text in s.sets:
                assert shown["cards"][card[k]][("value", "forward", "reverse").index(kind)].lstrip("→← ") == text
            click(browser, "next")
    assert browser.complaints() == []


def test_names_and_texts_of_every_kind_survive(browser: Browser, tmp_path: Path) -> None:
    """What a page must escape: quotes, signs, letters of other scripts."""
    stepper = adkit.trace(lambda θ, 変数: np.where(θ < 1.0, θ * 変数, 変数))(0.5, 2.0).stepper(title="it's <b>\"a & b\"</b> </script>")
    stepper.save(tmp_path / "odd.html")
    browser.open(tmp_path / "odd.html")
    assert browser.run("return document.querySelector('.as-name').textContent") == 'it\'s <b>"a & b"</b> </script>, step by step'
    for s in stepper.forward:
        assert browser.run(SHOWN)["said"] == s.say
        click(browser, "next")
    assert "θ < 1" in stepper.forward[2].say
    assert browser.complaints() == []


def test_the_lectures_numbers_appear_at_the_nodes(browser: Browser, tmp_path: Path) -> None:
    """LECTURE.md, rows 36 and 37, as they stand on the cards at the end of each sweep."""
    stepper, path = saved("path", tmp_path)
    keys = {stepper.program.names[s.key]: str(s.key) for s in stepper.forward}
    browser.open(path)
    click(browser, "last")
    shown = browser.run(SHOWN)["cards"]
    for name, tangent in TANGENTS.items():
        assert number(shown[keys[name]][1]) == pytest.approx(tangent, abs=1e-6)
    browser.run("document.querySelectorAll('.as-mode')[1].click()")
    click(browser, "last")
    shown = browser.run(SHOWN)["cards"]
    for name, cotangent in COTANGENTS.items():
        assert number(shown[keys[name]][2]) == pytest.approx(cotangent, abs=1e-6)
    assert number(shown[keys["x"]][2]) == pytest.approx(0.104774, abs=1e-6)


def test_the_keyboard_the_slider_and_a_finger(browser: Browser, tmp_path: Path) -> None:
    _, path = saved("path", tmp_path)
    browser.open(path)
    browser.run("document.querySelector('.as-figure').focus()")
    for key, count in (("right", "2 / 11"), ("right", "3 / 11"), ("left", "2 / 11"), ("end", "11 / 11"), ("right", "11 / 11"), ("home", "1 / 11")):
        browser.press(ARROWS[key])
        assert browser.run(SHOWN)["count"] == count
    browser.press("r")
    assert browser.run(SHOWN)["pressed"] == ["false", "true"]
    browser.press("f")
    assert browser.run(SHOWN)["pressed"] == ["true", "false"]
    browser.run("const s = document.querySelector('.as-slider'); s.value = 4; s.dispatchEvent(new Event('input'))")
    assert browser.run(SHOWN)["count"] == "4 / 11"
    box = browser.run("const r = document.querySelector('.as-said').getBoundingClientRect(); return [r.left + 200, r.top + 20]")
    browser.swipe(round(box[0]), round(box[1]), -120)
    assert browser.run(SHOWN)["count"] == "5 / 11"
    browser.swipe(round(box[0]) - 100, round(box[1]), 120)
    assert browser.run(SHOWN)["count"] == "4 / 11"
    # On a telephone too, where the picture itself moves sideways under a finger.
    browser.command("Emulation.setDeviceMetricsOverride", width=340, height=800, deviceScaleFactor=1, mobile=False)
    box = browser.run("const r = document.querySelector('.as-said').getBoundingClientRect(); return [r.left + 200, r.top + 20]")
    browser.swipe(round(box[0]), round(box[1]), -120)
    assert browser.run(SHOWN)["count"] == "5 / 11"
    browser.command("Emulation.clearDeviceMetricsOverride")
    # Everything that can be done is reached with the tab key, in order.
    browser.run("document.querySelector('.as-mode').focus(); document.querySelector('.as-next').click()")
    reached = ["as-mode"]
    for _ in range(7):
        browser.press(ARROWS["tab"])
        reached.append(browser.run("return document.activeElement.className"))
    assert reached == ["as-mode", "as-mode", "as-first", "as-back", "as-next", "as-last", "as-slider", "as-figure"]
    assert browser.complaints() == []


def test_it_speaks_to_who_does_not_see_it(browser: Browser, tmp_path: Path) -> None:
    _, path = saved("path", tmp_path)
    browser.open(path)
    tree = browser.command("Accessibility.getFullAXTree")["nodes"]
    roles = {(n["role"]["value"], n.get("name", {}).get("value", "")) for n in tree if "role" in n and not n.get("ignored")}
    for role, name in (("button", "Forward mode"), ("button", "Next ▶"), ("slider", "Step"), ("toolbar", "Steps"), ("group", "The compute graph")):
        assert (role, name) in roles
    assert browser.run("const s = document.querySelector('.as-said'); return [s.getAttribute('role'), s.getAttribute('aria-live')]") == ["status", "polite"]
    assert browser.run("return document.querySelector('.as-slider').getAttribute('aria-valuetext')") == "step 1 of 11, x"
    small = browser.run("return [...document.querySelectorAll('.adkit-stepper button')].filter(b => b.getBoundingClientRect().height < 40).length")
    assert small == 0


@pytest.mark.parametrize(("wanted", "moves"), [("reduce", False), ("no-preference", True)])
def test_nothing_moves_for_who_wants_no_motion(browser: Browser, tmp_path: Path, wanted: str, moves: bool) -> None:
    _, path = saved("path", tmp_path)
    browser.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": wanted}])
    try:
        browser.open(path)
        lasts = browser.run("return [...document.querySelectorAll('.adkit-stepper *')].map(e => parseFloat(getComputedStyle(e).transitionDuration))")
        assert (max(lasts) > 0) is moves
    finally:
        browser.command("Emulation.setEmulatedMedia", features=[])


def test_several_on_one_page_do_not_interfere(browser: Browser, tmp_path: Path) -> None:
    program = adkit.trace(path_graph)(0.7)
    one, other = program.stepper().html, adkit.trace(lambda x: np.sin(x) * x)(0.5).stepper().html
    page = tmp_path / "three.html"
    page.write_text(f"<!DOCTYPE html><meta charset=utf-8><body>{one}{other}{one}</body>", encoding="utf-8")
    browser.open(page)
    click(browser, "next", 2)
    click(browser, "next", 2)
    click(browser, "next", 1)
    assert [browser.run(SHOWN, k)["count"] for k in range(3)] == ["1 / 11", "2 / 3", "3 / 11"]
    click(browser, "last", 0)
    assert [browser.run(SHOWN, k)["count"] for k in range(3)] == ["11 / 11", "2 / 3", "3 / 11"]
    assert browser.complaints() == []


def test_without_scripts_the_picture_and_the_table_are_there(browser: Browser, tmp_path: Path) -> None:
    _, path = saved("path", tmp_path)
    browser.command("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(path)
        found = browser.run("const i = document.querySelector('.as-figure img'); return [i.complete && i.naturalWidth > 100, document.querySelectorAll('.as-all tr').length]")
        assert found == [True, 12]
        assert browser.run("return document.querySelector('.as-bar')") is None
    finally:
        browser.command("Emulation.setScriptExecutionDisabled", value=False)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("wide", [360, 1200])
def test_it_can_be_read_in_light_and_dark_narrow_and_wide(browser: Browser, tmp_path: Path, scheme: str, wide: int) -> None:
    _, path = saved("path", tmp_path)
    browser.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.command("Emulation.setDeviceMetricsOverride", width=wide, height=800, deviceScaleFactor=1, mobile=False)
    try:
        browser.open(path)
        assert browser.run("return document.documentElement.scrollWidth <= window.innerWidth"), "the page must not scroll sideways"
        contrasts = browser.run(CONTRASTS)
        assert min(contrasts.values()) >= 4.5, contrasts
        spilt = browser.run(SPILT)
        assert spilt == []
    finally:
        browser.command("Emulation.setEmulatedMedia", features=[])
        browser.command("Emulation.clearDeviceMetricsOverride")


CONTRASTS = """
const light = c => { const v = c.match(/[0-9.]+/g).slice(0, 3).map(x => x / 255).map(x => x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
                     return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2]; };
const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
const found = {}, root = document.querySelector('.adkit-stepper');
root.querySelectorAll('g[data-key]').forEach(g => {
  const ground = getComputedStyle(g.querySelector('rect')).fill;
  g.querySelectorAll('text').forEach(t => { const k = t.getAttribute('class') + (g.classList.contains('k-now') ? ' now' : '');
    found[k] = Math.min(found[k] || 99, ratio(getComputedStyle(t).fill, ground)); });
});
const ground = getComputedStyle(root).backgroundColor;
root.querySelectorAll('.as-said,.as-hint,.as-count').forEach(e => { found[e.className] = ratio(getComputedStyle(e).color, ground); });
root.querySelectorAll('button:enabled').forEach(e => { found[e.textContent] = ratio(getComputedStyle(e).color, getComputedStyle(e).backgroundColor); });
return found;
"""

SPILT = """
const found = [];
document.querySelectorAll('g[data-key]').forEach(g => {
  const box = g.querySelector('rect').getBoundingClientRect();
  g.querySelectorAll('text').forEach(t => { const b = t.getBoundingClientRect();
    if (b.left < box.left || b.right > box.right || b.top < box.top - 1 || b.bottom > box.bottom + 1) found.push(t.textContent); });
});
return found;
"""


@pytest.mark.parametrize(("attributes", "ground"), [
    ('data-jp-theme-light="false"', "rgb(13, 17, 23)"), ('data-jp-theme-light="true"', "rgb(255, 255, 255)"),
    ('class="vscode-dark"', "rgb(13, 17, 23)"), ('data-theme="dark"', "rgb(13, 17, 23)"),
])  # fmt: skip
def test_it_follows_the_theme_of_the_page_around_it(browser: Browser, tmp_path: Path, attributes: str, ground: str) -> None:
    """JupyterLab, VS Code and documentation sites say on the body which theme is on; it outdoes the system's."""
    page = tmp_path / "themed.html"
    html = adkit.trace(path_graph)(0.7).stepper().html
    page.write_text(f"<!DOCTYPE html><meta charset=utf-8><body {attributes}>{html}</body>", encoding="utf-8")
    system = "light" if ground.startswith("rgb(13") else "dark"
    browser.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": system}])
    try:
        browser.open(page)
        script = "return [getComputedStyle(document.querySelector('.adkit-stepper')).backgroundColor, getComputedStyle(document.querySelector('.k-ground')).fill]"
        assert browser.run(script) == [ground, ground]
    finally:
        browser.command("Emulation.setEmulatedMedia", features=[])
