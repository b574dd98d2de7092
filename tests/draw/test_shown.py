"""What notebooks show: programs, tapes, proofs, histories; and the languages of other tools."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from test_drawing import path_graph

import adkit
from adkit import nn
from adkit.draw import draw
from adkit.draw.latex import equations, latex_of
from adkit.verify.reading import proofs


def test_a_program_shows_picture_table_and_equations() -> None:
    program = adkit.trace(path_graph)(0.7)
    assert ElementTree.fromstring(program._repr_svg_()).tag.endswith("svg")
    html = program._repr_html_()
    assert html.index("<img alt=") < html.index("<table>")
    tex = program._repr_latex_()
    assert tex.startswith("$$\\begin{aligned}\na &= \\sin\\left(x\\right) \\\\")
    assert r"g &= \sigma\left(f\right)" in tex
    assert "v" not in re.sub(r"\\[a-z]+", "", tex)  # every value has the user's name


def test_a_long_program_is_shown_short() -> None:
    def long(x: Any) -> Any:
        for _ in range(3000):
            x = np.sin(x) + 1.0
        return x

    program = adkit.trace(long)(0.5)
    assert program._repr_latex_() is None
    assert len(program._repr_html_()) < 60_000
    assert "<table>" not in program._repr_html_()


@pytest.mark.parametrize(("text", "tex"), [
    ("np.sin(a) / (b + 1)", r"\frac{\sin\left(a\right)}{b + 1}"),
    ("(a + b) * -c ** 2", r"\left(a + b\right) \, \left(-c^{2}\right)"),
    ("W.T @ x[0, 1:]", r"W^{\top} \, x_{[0, 1:]}"),
    ("a_bar - H_12", r"\bar{a} - H_{12}"),
    ("np.where(x < 0, alpha * x, x)", r"\operatorname{where}\left(x < 0, \alpha \, x, x\right)"),
    ("np.sum(loss, axis=-1)", r"\operatorname{sum}\left(\mathrm{loss}, \mathrm{axis}=-1\right)"),
    ("x * 2.5e-07", r"x \cdot 2.5 \cdot 10^{-7}"),
    ("my_func(x)", r"\operatorname{my\_func}\left(x\right)"),
    ("a - (b - c)", r"a - \left(b - c\right)"),
    ("np.abs(x) % 2", r"\left|x\right| \bmod 2"),
    ("lambda: 3", r"\mathtt{lambda: 3}"),
    ("not python at all", r"\mathtt{not python at all}"),
])  # fmt: skip
def test_expressions_in_latex(text: str, tex: str) -> None:
    assert latex_of(text) == tex


def test_equations_are_what_matplotlib_and_mathjax_can_set() -> None:
    """Every brace and every \\left has its other half."""
    program = adkit.trace(adkit.grad(lambda W, x: np.sum(np.tanh(W @ x) ** 2)))(np.ones((3, 2)), np.ones(2))
    tex = equations(program)
    assert tex.count("{") == tex.count("}")
    assert tex.count(r"\left") == tex.count(r"\right")


def test_a_tape_is_drawn() -> None:
    def f(x: Any, W: Any) -> Any:
        a, b = np.split(np.tanh(W @ x), 2)
        return np.sum(a * b) + x[0] - 2.0 * x[1] ** 3

    _, pullback = adkit.vjp(f, np.ones(2), np.ones((4, 2)))
    picture = draw(pullback)
    ops = [node.op for node in picture.graph.nodes]
    for op in ("input", "matmul", "tanh", "multiply", "sum", "getitem", "add", "subtract", "power"):
        assert op in ops
    assert [node.kind for node in picture.graph.nodes].count("output") == 1
    assert ElementTree.fromstring(pullback._repr_svg_()).tag.endswith("svg")
    by_key = {node.key: node for node in picture.graph.nodes}
    for e in picture.graph.edges:
        assert e.source < e.target
    product = next(n for n in picture.graph.nodes if n.op == "multiply" and np.ndim(n.value) == 1)
    sources = [by_key[e.source] for e in picture.graph.edges if e.target == product.key]
    np.testing.assert_array_equal(product.value, sources[0].value * sources[1].value)


def test_a_notebook_shows_a_tape_without_being_told_of_drawing() -> None:
    code = (
        "import sys, numpy as np, adkit\n"
        "_, pullback = adkit.vjp(np.sin, 0.5)\n"
        "assert 'adkit.draw' not in sys.modules\n"
        "print(pullback._repr_svg_()[:4], adkit.draw.draw(pullback))"
    )
    env = {**os.environ, "PYTHONPATH": os.path.dirname(os.path.dirname(adkit.__file__))}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, check=True)
    assert run.stdout == "<svg <Drawing: Compute graph of the tape: 2 nodes, from v0 to v1.>\n"


def test_a_large_array_on_a_tape_is_drawn_by_its_shape() -> None:
    _, pullback = adkit.vjp(lambda x: np.sum(x + 1.0), np.ones((100, 100)))
    assert "array 100×100" in draw(pullback).svg


def test_a_tape_with_rules_of_the_users_is_drawn() -> None:
    @adkit.custom_vjp
    def double(x: Any) -> Any:
        return 2.0 * x

    double.defvjp(lambda x: (2.0 * x, None), lambda _, g: (2.0 * g,))
    _, pullback = adkit.vjp(lambda x: np.sin(double(x)), 0.5)
    assert len(draw(pullback).graph) >= 3


def test_proofs_are_shown_by_sign_and_word() -> None:
    found = proofs(lambda x: np.tanh(x) * x, 0.5)
    assert repr(found) == "<Proofs: proved 2, checked 0, wrong 0>"
    html = found._repr_html_()
    assert html.count("✓ proved") == 2
    assert str(found).count("\n") == 1
    assert "<table>" in found.claims[0]._repr_html_()
    assert "proved" in found.claims[0].verdict._repr_html_()


def test_a_wrong_rule_is_shown_as_wrong(registry: dict[str, Any]) -> None:
    bad = adkit.elementwise(lambda x: np.sin(x), lambda g, y, x: 1.001 * g * np.cos(x), name="bad_sine", symbol="sin", domain=(-1, 1))
    html = proofs(bad, np.array([0.5]))._repr_html_()
    assert "✗ wrong" in html
    assert "✓" not in html


def test_a_history_is_shown_as_curves() -> None:
    history = nn.History([{"epoch": k, "step": k, "train_loss": 1.0 / k} for k in (1, 2, 3)])
    assert "<svg" in history._repr_svg_()
    assert history._repr_svg_() == history._repr_svg_()
    assert nn.History([])._repr_svg_() is None


def test_the_other_tools_languages() -> None:
    program = adkit.trace(path_graph)(0.7)
    dot, mermaid = program.to_dot(tangents=1.0, cotangent=1.0), program.to_mermaid(tangents=1.0, cotangent=1.0)
    for text in (dot, mermaid):
        assert "0.764842" in text
        assert "0.156032" in text
        assert text.count("->" if text is dot else "-->") == 11
    if shutil.which("dot"):
        assert b"<svg" in subprocess.run(["dot", "-Tsvg"], input=dot.encode(), capture_output=True, check=True).stdout


def test_a_label_with_quotes_survives() -> None:
    from adkit.draw.export import to_dot, to_mermaid
    from adkit.draw.graph import Graph, Node

    graph = Graph('a "b"', [Node(0, 'q"\\', "", "input", "input", 1.0)], [])
    assert '[label="q\\"\\\\\\n1' in to_dot(graph)
    assert '"q#quot;' in to_mermaid(graph)
