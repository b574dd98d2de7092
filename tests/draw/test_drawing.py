"""Programs drawn: the lecture's numbers at every node, folding, and what a picture is written as."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from geometry import faults

import adkit
from adkit.draw import draw
from adkit.draw.fold import repeats


def path_graph(x: Any) -> Any:
    a = np.sin(x)
    b = a**2
    c = np.exp(b)
    d = c + 1
    e = np.log(d)
    h = np.cos(x)
    i = 3 * h
    j = np.tanh(i)
    f = j * e
    g = adkit.sigmoid(f)
    return g  # noqa: RET504 - the name is what is drawn


TANGENTS = {"a": 0.764842, "b": 0.985450, "c": 1.492361, "d": 1.492361, "e": 0.593527,
            "h": -0.644218, "i": -1.932653, "j": -0.076989, "f": 0.510598}  # fmt: skip
COTANGENTS = {"f": 0.205198, "e": 0.201070, "d": 0.079967, "c": 0.079967, "b": 0.121102, "a": 0.156032,
              "j": 0.189199, "i": 0.007537, "h": 0.022611}  # fmt: skip


def at_nodes(svg: str) -> dict[str, list[str]]:
    """The texts that stand on each node's card."""
    root = ElementTree.fromstring(svg)
    found = {}
    for group in root.iter("{http://www.w3.org/2000/svg}g"):
        if "data-node" in group.attrib:
            found[group.attrib["data-node"]] = [t.text or "" for t in group.iter("{http://www.w3.org/2000/svg}text")]
    return found


def number(text: str) -> float:
    return float(text.lstrip("→← ").replace("−", "-"))


def test_the_path_graph_has_the_lectures_numbers_at_its_nodes() -> None:
    """LECTURE.md, rows 35 to 37."""
    shown = at_nodes(adkit.trace(path_graph)(0.7).draw(tangents=1.0, cotangent=1.0).svg)
    for name, tangent in TANGENTS.items():
        assert number(shown[name][2]) == pytest.approx(tangent, abs=1e-6)
        assert number(shown[name][3]) == pytest.approx(COTANGENTS[name], abs=1e-6)
    assert number(shown["x"][3]) == number(shown["g"][2]) == pytest.approx(0.104774, abs=1e-6)
    assert shown["a"][0] == "a = sin(x)"
    # At the cut before f: what forward brought times what reverse brought, summed, is the derivative.
    both = {k: number(shown[k][2]) * number(shown[k][3]) for k in "ej"}
    assert both["e"] == pytest.approx(0.11934013, abs=1e-6)
    assert both["j"] == pytest.approx(-0.01456635, abs=1e-6)


def test_before_a_sweep_the_cards_say_so() -> None:
    program = adkit.trace(path_graph)(0.7)
    assert at_nodes(program.draw().svg)["a"][2:] == ["→ not computed", "← not computed"]
    assert at_nodes(program.draw(cotangent=1.0).svg)["a"][2] == "→ not computed"
    assert number(at_nodes(program.draw(cotangent=1.0).svg)["a"][3]) == pytest.approx(0.156032, abs=1e-6)


def test_without_numbers_the_cards_say_what_is_computed() -> None:
    picture = adkit.trace(path_graph)(0.7).draw(tangents=1.0, numbers=False)
    shown = at_nodes(picture.svg)
    assert shown["a"] == ["a = sin(x)"]
    assert "0.7648" not in str(shown)
    assert faults(picture.scene) == []
    assert picture.graph["a"].tangent is not None


def test_arrows_carry_local_derivatives() -> None:
    picture = adkit.trace(path_graph)(0.7).draw(tangents=1.0)
    graph, local = picture.graph, {}
    called = {n.key: n for n in graph.nodes}
    for e in graph.edges:
        local.setdefault(e.target, []).append(e.local * called[e.source].tangent)
    for key, parts in local.items():
        assert sum(parts) == pytest.approx(called[key].tangent, rel=1e-12)


@pytest.mark.parametrize("direction", ["auto", "right", "down"])
def test_the_lectures_graph_overlaps_nowhere(direction: str) -> None:
    picture = adkit.trace(path_graph)(0.7).draw(tangents=1.0, cotangent=1.0, direction=direction, title="The path graph")
    assert faults(picture.scene) == []


def recurrent(H: Any, Wx: Any, Wh: Any, b: Any, X: Any) -> Any:
    for t in range(len(X)):
        H = np.tanh(X[t] @ Wx + H @ Wh + b)
    return np.sum(H**2)


def arrays(*shapes: tuple[int, ...]) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.normal(size=shape) for shape in shapes]


def test_a_loop_is_folded_on_one_round() -> None:
    args = arrays((4, 8), (8, 8), (8, 8), (8,), (30, 4, 8))
    program = adkit.trace(recurrent)(*args)
    picture = program.draw()
    assert len(program.instructions) > 150
    assert len(picture.graph) == 5 + 6 + 2  # inputs, one round, the sum of squares
    rounds = [n for n in picture.graph.nodes if len(n.members) > 1]
    assert {len(n.members) for n in rounds} == {30}
    assert any(e.carried for e in picture.graph.edges)
    assert "H of the round before" in picture.svg
    assert faults(picture.scene) == []
    members = sorted(m for n in picture.graph.nodes for m in n.members)
    assert members == [i.index for i in program.instructions]


def test_a_gradient_of_a_loop_is_folded_too() -> None:
    args = arrays((4, 8), (8, 8), (8, 8), (8,), (30, 4, 8))
    program = adkit.trace(adkit.grad(recurrent, argnums=(1, 2)))(*args)
    picture = program.draw()
    assert len(program.instructions) > 400
    assert len(picture.graph) <= 48
    assert faults(picture.scene) == []


def tangle(n: int) -> Any:
    """A graph of n nodes in which nothing repeats."""
    rng = np.random.default_rng(1)
    choices = [(int(rng.integers(4)), *[int(k) for k in rng.integers(1, 40, 2)]) for _ in range(n)]

    def f(x: Any) -> Any:
        values = [x[k] for k in range(4)]
        for op, a, b in choices:
            left, right = values[-min(a, len(values))], values[-min(b, len(values))]
            values.append([np.add, np.hypot, np.maximum, lambda u, v: np.tanh(u) - v][op](left, right))
        return values[-1] + sum(values[4::97])

    return f


def test_two_thousand_nodes_are_drawn_and_folded() -> None:
    program = adkit.trace(tangle(1600))(np.linspace(0.1, 0.4, 4))
    assert len(program.instructions) >= 1500
    folded = program.draw()
    assert len(folded.graph) <= 16
    assert len(program.draw(fold=12).graph) <= 12
    assert faults(folded.scene) == []
    members = sorted(m for n in folded.graph.nodes for m in n.members)
    assert members == [i.index for i in program.instructions]
    whole = program.draw(fold=False)
    assert len(whole.graph) == len(program.instructions)


def test_a_chain_of_two_thousand_is_one_card() -> None:
    def product(x: Any) -> Any:
        p = x[0]
        for k in range(1, 1000):
            p = p * x[k]
        return p

    picture = adkit.trace(product)(np.full(1000, 0.999)).draw()
    assert len(picture.graph) <= 5
    assert faults(picture.scene) == []


def test_repeats_inside_repeats() -> None:
    first = repeats(list("x" + "abababc" * 5 + "y"))
    assert len(set(first)) == 2 + 3
    assert repeats(list("abcdef")) == list(range(6))
    assert repeats([]) == []


def test_a_picture_is_a_document_without_script_or_network() -> None:
    svg = adkit.trace(path_graph)(0.7).draw(title="a < b & c").svg
    root = ElementTree.fromstring(svg)
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"].startswith("Compute graph of path_graph: 11 nodes")
    assert "<script" not in svg
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")
    assert "prefers-color-scheme" in svg
    assert 'id="' not in svg  # nothing that could clash with another drawing on the page
    assert "a &lt; b &amp; c" in svg


def test_it_is_saved_as_the_ending_says(tmp_path: Path) -> None:
    picture = draw(adkit.trace(path_graph)(0.7))
    for name, start in (("g.svg", b"<svg"), ("g.png", b"\x89PNG"), ("g.pdf", b"%PDF")):
        picture.save(tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(start)
    with pytest.raises(ValueError, match="docx"):
        picture.save(tmp_path / "g.docx")
    with pytest.raises(adkit.AdkitError, match="cannot write"):
        picture.save(tmp_path / "no" / "g.svg")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["g.pdf", "g.png", "g.svg"]


def test_it_is_painted_on_axes_of_the_users() -> None:
    from matplotlib.figure import Figure

    figure = Figure()
    left, right = figure.subplots(1, 2)
    assert adkit.trace(path_graph)(0.7).draw().figure(left) is figure
    assert left.patches
    assert not right.patches


@pytest.mark.parametrize(("options", "word"), [({"direction": "up"}, "direction"), ({"fold": "all"}, "fold"), ({"fold": 0}, "fold=0")])
def test_a_wrong_word_is_named(options: dict[str, Any], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        adkit.trace(path_graph)(0.7).draw(**options)
