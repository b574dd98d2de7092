"""Graphs of modules: the slide's graph, fan-out, several inputs and outputs, wrong wiring."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import adkit
from adkit import nn

X = np.random.default_rng(0).normal(size=(4, 3))


def test_row_25_the_slides_graph() -> None:
    graph = nn.slide_graph(3, 4, 2)
    assert graph.kinds() == {"linear": 5, "sigmoid": 3, "relu": 1, "sum": 1}
    assert ("h1", "L2") in graph.edges() and ("h1", "L3") in graph.edges()  # h1 fans out
    assert len(graph.edges()) == 11
    p = graph.init(0)
    at = lambda name, x: x @ p[name]["W"].T + p[name]["b"]
    h1 = adkit.sigmoid(at("L1", X))
    h2 = adkit.relu(at("L2", h1))
    h3 = adkit.sigmoid(at("L3", h1) + at("L4", h2))
    np.testing.assert_allclose(graph(p, X), adkit.sigmoid(at("L5", h3)), rtol=1e-14)


def test_row_28_the_gradient_at_a_fan_out_is_the_sum_over_the_branches() -> None:
    branches = {"a": (nn.Linear(3, 2), "x"), "b": (nn.Tanh(), "x"), "c": (nn.Softplus(), "x")}
    whole = nn.Graph({**branches, "y": (nn.Concat(), "a", "b", "c")})
    params = whole.init(0)
    g = np.random.default_rng(1).normal(size=(4, 8))
    _, memory = whole.forward_by_hand(params, X)
    (dx,), _ = whole.backward_by_hand(params, g, memory)
    parts: Any = 0.0
    for (name, (module, _)), cut in zip(branches.items(), np.split(g, [2, 5], axis=-1), strict=True):
        _, memory = module.forward_by_hand(params.get(name, {}), X)
        parts = parts + module.backward_by_hand(params.get(name, {}), cut, memory)[0][0]
    np.testing.assert_allclose(dx, parts, rtol=1e-13)
    np.testing.assert_allclose(dx, adkit.vjp(lambda x: whole(params, x), X)[1](g)[0], rtol=1e-12)


@pytest.mark.parametrize(("module", "slope"), [(nn.Add(), lambda x: 2 + 0 * x), (nn.Multiply(), lambda x: 2 * x)])
def test_e9_one_value_fed_twice_receives_both_gradients(module: nn.Module, slope: Any) -> None:
    graph = nn.Graph({"y": (module, "x", "x")})
    graph.forward_pass(X)
    np.testing.assert_allclose(graph.backward_pass(np.ones_like(X)), slope(X), rtol=1e-14)
    np.testing.assert_allclose(adkit.grad(lambda x: np.sum(graph({}, x)))(X), slope(X), rtol=1e-14)


def test_several_inputs_and_outputs_and_nodes_in_any_order() -> None:
    graph = nn.Graph(
        {"y": (nn.Add(), "h", "v"), "h": (nn.Linear(3, 2), "u"), "z": (nn.Tanh(), "h")}, inputs=("u", "v"), output=("y", "z")
    )
    params = graph.init(0)
    v = np.ones((4, 2))
    (y, z), memory = graph.forward_by_hand(params, X, v)
    seeds = np.random.default_rng(2).normal(size=(2, 4, 2))
    dxs, dparams = graph.backward_by_hand(params, tuple(seeds), memory)
    _, pullback = adkit.vjp(lambda p, u, v: graph(p, u, v), params, X, v)
    by_tape = pullback(tuple(seeds))
    np.testing.assert_allclose(dparams["h"]["W"], by_tape[0]["h"]["W"], rtol=1e-12)
    for a, b in zip(dxs, by_tape[1:], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_what_the_output_does_not_hang_on_gets_zeros() -> None:
    graph = nn.Graph({"y": (nn.Linear(3, 2), "x"), "idle": (nn.Linear(3, 5), "x")}, inputs=("x", "unused"), output="y")
    graph.initialize(0).forward_pass(X, X)
    g = graph.param_gradients(np.ones((4, 2)))
    assert g["idle"]["W"].shape == (5, 3) and not g["idle"]["W"].any()
    assert graph.backward_pass(np.ones((4, 2)))[1] is None


def test_a_loss_can_be_a_node() -> None:
    graph = nn.Graph(
        {"z": (nn.Linear(3, 2), "x"), "loss": (nn.SoftmaxCrossEntropy(), "z", "t"), "total": (nn.Sum(), "loss")}, inputs=("x", "t")
    )
    params = graph.init(0)
    t = adkit.one_hot([0, 1, 1, 0], 2)
    graph.params, graph.state = params, {}
    graph.forward_pass(X, t)
    by_hand = graph.param_gradients(np.float64(1.0))
    by_tape = adkit.grad(lambda p: nn.softmax_cross_entropy(X @ p["z"]["W"].T + p["z"]["b"], t, "sum"))(params)
    np.testing.assert_allclose(by_hand["z"]["W"], by_tape["z"]["W"], rtol=1e-12)


@pytest.mark.parametrize(
    ("nodes", "kw", "error", "words"),
    [
        ({}, {}, ValueError, "at least one node"),
        ({"y": nn.Relu()}, {}, TypeError, r"node 'y' must be a tuple \(module, source, ...\)"),
        ({"y": (nn.Relu(), "z")}, {}, ValueError, "fed by 'z', and there is none; there are x, y"),
        ({"x": (nn.Relu(), "x")}, {}, ValueError, "both an input and a node"),
        ({"y": (nn.Add(), "x")}, {}, TypeError, r"fed by 1 source\(s\), and add takes 2 \(a, b\)"),
        ({"a": (nn.Relu(), "b"), "b": (nn.Relu(), "a")}, {}, ValueError, "runs in a circle; unroll"),
        ({"y": (nn.Relu(), "x")}, {"output": "z"}, ValueError, "the output 'z' is no node"),
    ],
)  # fmt: skip
def test_wrong_wiring_is_refused(nodes: Any, kw: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        nn.Graph(nodes, **kw)


def test_row_29_dueling_sees_no_constant_in_the_advantages() -> None:
    layer = nn.Dueling()
    V, A = X[:, :1], X
    Q = layer({}, V, A)
    np.testing.assert_allclose(layer({}, V, A + 3.7), Q, atol=1e-13)
    np.testing.assert_allclose(Q.mean(axis=-1, keepdims=True), V, atol=1e-13)


@pytest.mark.parametrize(("bias", "passed"), [(50.0, 1.0), (-50.0, 0.0)])
def test_row_13_a_saturated_gate_passes_or_blocks_the_gradient(bias: float, passed: float) -> None:
    cell = nn.LSTMCell(2, 3, forget=bias).initialize(0)
    cell.forward_pass(np.ones(2), np.zeros(3), np.full(3, 0.4))
    dc = cell.backward_pass((np.zeros(3), np.ones(3)))[2]
    np.testing.assert_allclose(dc, passed, atol=1e-12)
    router = nn.SoftRouter(2, [nn.Linear(2, 1), nn.Linear(2, 1)]).initialize(0)
    router.params["gate"]["b"] = np.array([bias, 0.0])
    router.forward_pass(np.ones(2))
    heard = router.param_gradients(np.ones(1))["expert1"]["b"]
    np.testing.assert_allclose(heard, passed, atol=1e-12)


def test_an_lstm_is_unrolled_by_a_loop_and_differentiated_through_time() -> None:
    cell = nn.LSTMCell(2, 3)
    params = cell.init(0)
    xs = np.random.default_rng(4).normal(size=(6, 2))

    def loss(p: Any) -> Any:
        h, c = np.zeros(3), np.zeros(3)
        for x in xs:
            h, c = cell(p, x, h, c)
        return np.sum(h**2)

    h, c, memories = np.zeros(3), np.zeros(3), []
    for x in xs:
        (h, c), memory = cell.forward_by_hand(params, x, h, c)
        memories.append(memory)
    g: Any = (2 * h, np.zeros(3))
    total: Any = dict.fromkeys(params, 0.0)
    for memory in reversed(memories):
        (_, *g), part = cell.backward_by_hand(params, tuple(g), memory)
        total = {name: total[name] + part[name] for name in params}
    by_tape = adkit.grad(loss)(params)
    for name in params:
        np.testing.assert_allclose(total[name], by_tape[name], rtol=1e-12, atol=1e-14)
