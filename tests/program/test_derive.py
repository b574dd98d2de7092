"""``derive``: the lecture's path graph with its numbers at every node, and local derivatives that are right."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy as sp

import adkit

X = 0.7
TANGENTS = {
    "a": 0.764842, "b": 0.985450, "c": 1.492361, "d": 1.492361, "e": 0.593527,
    "h": -0.644218, "i": -1.932653, "j": -0.076989, "f": 0.510598,
}  # fmt: skip
COTANGENTS = {
    "f": 0.205198, "e": 0.201070, "d": 0.079967, "c": 0.079967, "b": 0.121102, "a": 0.156032,
    "j": 0.189199, "i": 0.007537, "h": 0.022611,
}  # fmt: skip


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
    return g  # noqa: RET504


# the lecture's graph -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def derivation() -> Any:
    return adkit.derive(path_graph, X)


def test_rows_36_and_37_each_node_has_its_tangent_and_its_cotangent(derivation: Any) -> None:
    assert [step.name for step in derivation.steps] == ["x", *"abcdehijfg"]
    for name, want in TANGENTS.items():
        assert derivation[name].tangent == pytest.approx(want, abs=1e-6)
    for name, want in COTANGENTS.items():
        assert derivation[name].cotangent == pytest.approx(want, abs=1e-6)
    table = derivation.program.table(tangents=(1.0,), cotangent=1.0)
    for name in TANGENTS:
        assert table[name].tangent == pytest.approx(TANGENTS[name], abs=1e-6)
        assert table[name].cotangent == pytest.approx(COTANGENTS[name], abs=1e-6)


def test_row_35_the_two_paths_and_their_sum(derivation: Any) -> None:
    paths = {path.names: path.value for path in derivation.paths()}
    assert paths[tuple("xabcdefg")] == pytest.approx(0.11934013, abs=1e-8)
    assert paths[tuple("xhijfg")] == pytest.approx(-0.01456635, abs=1e-8)
    assert len(paths) == derivation.count_paths() == 2
    assert sum(paths.values()) == pytest.approx(0.10477378, abs=1e-8)
    assert derivation.tangent == pytest.approx(0.10477378, abs=1e-8)
    assert derivation.cotangents["x"] == pytest.approx(0.10477378, abs=1e-8)


def test_row_37_at_every_cut_forward_times_reverse_is_the_derivative(derivation: Any) -> None:
    product = {s.name: s.tangent * s.cotangent for s in derivation.steps}
    for u in "abcde":
        for v in "hij":
            assert product[u] + product[v] == pytest.approx(0.10477378, abs=1e-8)


def test_each_local_derivative_as_an_expression(derivation: Any) -> None:
    a, b, d, e, f, h, i, j, x = sp.symbols("a b d e f h i j x", real=True)
    want = {
        "a": {"x": sp.cos(x)}, "b": {"a": 2 * a}, "c": {"b": sp.exp(b)}, "d": {"c": 1}, "e": {"d": 1 / d}, "h": {"x": -sp.sin(x)},
        "i": {"h": 3}, "j": {"i": 1 - sp.tanh(i) ** 2}, "f": {"j": e, "e": j}, "g": {"f": sp.exp(-f) / (1 + sp.exp(-f)) ** 2},
    }  # fmt: skip
    for name, partials in want.items():
        assert {share.operand: share.partial for share in derivation[name].shares} == partials
    assert h in derivation["i"].symbolic.free_symbols
    # The expression of each node, put into the next, is the whole function; its derivative is the sum of the paths.
    whole = derivation["g"].symbolic
    for step in reversed(derivation.steps[1:-1]):
        whole = whole.subs(sp.Symbol(step.name, real=True), step.symbolic)
    assert whole.free_symbols == {x}
    assert float(sp.diff(whole, x).subs(x, X)) == pytest.approx(0.10477378, abs=1e-8)


def test_the_text_has_every_number(derivation: Any) -> None:
    text = str(derivation)
    for words in (
        "path_graph = 0.71166427", "a_dot = cos(x)*x_dot", "f_dot = e*j_dot + j*e_dot", "e_bar += j*f_bar", "x_bar = 0.10477378",
        "2 paths from x:", "x -> h -> i -> j -> f -> g: -0.014566353", "x -> a -> b -> c -> d -> e -> f -> g: 0.11934013",
        "j_bar += e*f_bar", "i_bar += (1 - tanh(i)**2)*j_bar", "b_bar += exp(b)*c_bar", "g = sigmoid(f)",
    ):  # fmt: skip
        assert words in text


def test_latex_and_html(derivation: Any) -> None:
    tex = derivation._repr_latex_()
    assert tex.startswith("$")
    assert tex.endswith("$")
    assert tex.count("{") == tex.count("}")
    assert r"\dot{b} &= 2 a\,\dot{a} = 0.98545" in tex
    assert r"\bar{x} &\mathrel{+}= \cos{\left(x \right)}\,\bar{a} = 0.11934" in tex
    html = derivation._repr_html_()
    assert html.count("<table>") == 2
    assert "0.10477378" in html
    assert "2 paths from x" in html


# local derivatives ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "f",
    [
        np.tanh, np.sqrt, np.abs, np.arctan, np.log1p, np.square, np.reciprocal, lambda x: x**2.5, lambda x: 2.0**x,
        lambda x: np.arctan2(x, 2.0), lambda x: np.maximum(x, 0.2), lambda x: np.where(x > 0, x, 3 * x), adkit.relu, adkit.softplus,
        lambda x: np.hypot(x, 1.0) / x - 0.1, lambda x: x * x, lambda x: np.sum(x) + np.reshape(x, ()), lambda x: x - np.floor(x),
    ],
)  # fmt: skip
def test_expressions_agree_with_the_rules(f: Any) -> None:
    derivation = adkit.derive(f, 0.6)
    values = {sp.Symbol(s.name, real=True): s.primal for s in derivation.steps}
    for step in derivation.steps:
        for share in step.shares:
            found = sp.sympify(share.partial).evalf(subs={k: float(v) for k, v in values.items()})
            assert float(found) == pytest.approx(float(share.slope), rel=1e-12, abs=1e-15)
    assert list(derivation.cotangents.values()) == [pytest.approx(adkit.grad(f)(0.6))]
    assert sum([path.value for path in derivation.paths()]) == pytest.approx(adkit.grad(f)(0.6))


def test_two_inputs() -> None:
    derivation = adkit.derive(lambda x, y: x * y + np.sin(x), 2.0, 3.0)
    assert derivation.cotangents == {"x": pytest.approx(3 + np.cos(2)), "y": 2.0}
    assert derivation.tangent == pytest.approx(3 + np.cos(2))  # along the first input
    assert adkit.derive(lambda x, y: x * y, 2.0, 3.0, tangents=(0.0, 1.0)).tangent == 2.0
    assert derivation.count_paths("y") == 1
    with pytest.raises(KeyError, match="no input"):
        derivation.paths("z")


def test_row_38_paths_are_counted_without_walking_them() -> None:
    def diamonds(x: Any) -> Any:
        for _ in range(40):
            x = np.sin(x) * (0.9 * x)
        return x

    derivation = adkit.derive(diamonds, 1.9)
    assert derivation.count_paths() == 2**40
    assert sum([len(step.shares) for step in derivation.steps]) == 4 * 40
    assert f"{2**40} paths from x; the sweeps walk each edge once instead" in str(derivation)
    with pytest.raises(adkit.DerivativeError, match="paths from x"):
        derivation.paths()


def test_a_branch_is_derived_on_the_side_taken() -> None:
    f = lambda x: x * x if x > 1 else np.exp(x)
    assert adkit.derive(f, 2.0).cotangents["x"] == 4.0
    assert adkit.derive(f, 0.0).cotangents["x"] == 1.0


# arrays --------------------------------------------------------------------------------------------------------


def test_arrays_in_compact_form() -> None:
    def loss(W: Any, x: Any, t: Any) -> Any:
        z = W @ x
        a = np.tanh(z)
        return np.sum((a - t) ** 2)

    args = (np.arange(6.0).reshape(2, 3) / 10, np.ones(3), np.zeros(2))
    derivation = adkit.derive(loss, *args)
    for name, want in zip("Wxt", adkit.grad(loss, (0, 1, 2))(*args), strict=True):
        np.testing.assert_allclose(derivation.cotangents[name], want)
    text = str(derivation)
    for words in ("z_dot = W_dot @ x + W @ x_dot", "z_bar += a_bar - a_bar * a * a", "x_bar += z_bar @ W"):
        assert words in text
    assert derivation["z"].shares[0].partial is None
    with pytest.raises(adkit.DerivativeError, match="numbers alone"):
        derivation.paths()
    assert r"\texttt{W @ x}" in derivation._repr_latex_()
    assert "z_bar @ W" in derivation._repr_html_()


def test_the_classifier_of_the_lecture() -> None:
    def loss(W: Any, x: Any, t: Any) -> Any:
        z = W @ x
        return adkit.cross_entropy_logits(z, t)

    args = (np.arange(6.0).reshape(2, 3) / 10, np.ones(3), np.array([1.0, 0.0]))
    derivation = adkit.derive(loss, *args)
    np.testing.assert_allclose(derivation["z"].cotangent, adkit.softmax(args[0] @ args[1]) - args[2])


def test_nothing_to_derive() -> None:
    with pytest.raises(adkit.DerivativeError, match="does not depend"):
        adkit.derive(lambda x: 1.0, 2.0)
    with pytest.raises(adkit.DerivativeError, match="no floating-point number"):
        adkit.derive(lambda k: k * 1.5, np.array([1, 2]))
    with pytest.raises(adkit.UnsupportedError, match="roots"):
        adkit.derive(np.roots, np.ones(3))
