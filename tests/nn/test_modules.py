"""The lecture's interface, the function, seeds and state; and what is said where a call is wrong."""

from __future__ import annotations

import copy
import pickle
import re
from typing import Any

import numpy as np
import pytest

import adkit
from adkit import nn, tree

X = np.random.default_rng(0).normal(size=(5, 3))


class SquashSquare(nn.Activation):
    """A module of one's own (row 26): the value, and the slope by hand."""

    def value(self, x: Any) -> Any:
        return np.tanh(x) ** 2

    def slope(self, x: Any, y: Any) -> Any:
        return 2 * np.tanh(x) * (1 - y)


def test_row_26_a_module_of_ones_own_works_by_hand_on_the_tape_and_with_duals() -> None:
    net = nn.Sequential(nn.Linear(3, 4), SquashSquare(), nn.Linear(4, 1))
    params = net.init(0)
    assert list(net.children) == ["linear1", "squash_square1", "linear2"]
    f = lambda p: np.sum(net(p, X) ** 2)
    y, memory = net.forward_by_hand(params, X)
    by_hand = net.backward_by_hand(params, 2 * y, memory)[1]
    by_tape = adkit.grad(f)(params)
    direction = tree.map_leaves(np.ones_like, params)
    slope = adkit.jvp(f, (params,), (direction,))[1]
    for a, b in zip(tree.leaves(by_hand), tree.leaves(by_tape), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)
    assert slope == pytest.approx(sum(np.sum(g) for g in tree.leaves(by_hand)), rel=1e-12)


def test_the_object_and_the_function_agree_and_the_function_is_pure() -> None:
    net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm(4), nn.Dropout(0.5), nn.Linear(4, 2)).initialize(0)
    before = copy.deepcopy((net.params, net.state))
    one = net(net.params, X, state=net.state, rng=7, training=True)
    two = net(net.params, X, state=net.state, rng=7, training=True)
    np.testing.assert_array_equal(one, two)
    assert np.any(one != net(net.params, X, state=net.state, rng=8, training=True))
    for a, b in zip(tree.leaves(before), tree.leaves((net.params, net.state)), strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(net.forward_pass(X, training=True, rng=7), one)
    _, state = net.apply(before[0], X, state=before[1], rng=7, training=True)
    np.testing.assert_array_equal(net.state["batch_norm1"]["mean"], state["batch_norm1"]["mean"])
    assert np.any(state["batch_norm1"]["mean"] != 0)


def test_a_seed_draws_the_same_masks_in_every_sweep_of_a_chunked_jacobian() -> None:
    net = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5))
    params = net.init(0)
    f = lambda p: np.sum(net(p, X, rng=(1, 2), training=True) ** 2)
    whole, parts = adkit.jacfwd(f)(params), adkit.jacfwd(f, chunk=3)(params)
    for a, b, c in zip(*[tree.leaves(g) for g in (whole, parts, adkit.grad(f)(params))], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(a, c, rtol=1e-12, atol=1e-12)


def test_the_state_leaves_a_driver_as_plain_arrays() -> None:
    layer = nn.BatchNorm(3)
    params, state = layer.init(0), layer.init_state()

    def loss(p: Any) -> Any:
        y, new = layer.apply(p, X, state=state, training=True)
        return np.sum(y**2), new

    gradient, new = adkit.grad(loss, has_aux=True)(params)
    assert type(new["mean"]) is np.ndarray
    np.testing.assert_allclose(new["mean"], 0.1 * X.mean(axis=0))
    np.testing.assert_allclose(new["var"], 0.9 + 0.1 * X.var(axis=0, ddof=1))
    assert set(gradient) == {"gamma", "beta"}


def test_second_derivatives_pass_through_a_network() -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 1))
    vector, unpack = nn.pack(net.init(0))
    f = lambda v: np.sum(net(unpack(v), X[:, :2]) ** 2)
    H = adkit.hessian(f)(vector)
    np.testing.assert_allclose(H, H.T, atol=1e-12)
    np.testing.assert_allclose(H @ np.ones(len(vector)), adkit.hvp(f, vector, np.ones(len(vector))), atol=1e-12)


def test_row_1_parameters_pack_into_a_vector_and_back() -> None:
    net = nn.Sequential(nn.Linear(64, 64), nn.Relu(), nn.Linear(64, 10))
    params = net.init(0)
    assert nn.count_parameters(params) == 4810
    vector, unpack = nn.pack(params)
    assert vector.shape == (4810,)
    for (path, a), (same, b) in zip(tree.paths(params), tree.paths(unpack(vector)), strict=True):
        assert path == same
        np.testing.assert_array_equal(a, b)
    f = lambda p: np.mean(net(p, np.ones((2, 64))) ** 2)
    flat = adkit.grad(lambda v: f(unpack(v)))(vector)
    np.testing.assert_array_equal(flat, nn.pack(adkit.grad(f)(params))[0])
    with pytest.raises(ValueError, match="these parameters are 4810 numbers"):
        unpack(vector[1:])


def test_names_of_kinds_and_of_children() -> None:
    assert [m.kind for m in (nn.LeakyRelu(), nn.BatchNorm(2), nn.LSTMCell(1, 1))] == ["leaky_relu", "batch_norm", "lstm_cell"]
    net = nn.Sequential(nn.Linear(2, 2), nn.Relu(), out=nn.Linear(2, 1))
    assert list(net.children) == ["linear1", "relu1", "out"]
    assert repr(net) == "Sequential(linear1=Linear(n_in=2, n_out=2), relu1=Relu(), out=Linear(n_in=2, n_out=1))"
    assert repr(nn.Dropout(0.2)) == "Dropout(fraction=0.2, scale='train')"


def test_lists_are_welcome_as_inputs_and_gradients() -> None:
    layer = nn.Multiply()
    assert layer.forward_pass([1.0, 2.0], [3, 4]).tolist() == [3.0, 8.0]
    assert [g.tolist() for g in layer.backward_pass([1.0, 1.0])] == [[3.0, 4.0], [1.0, 2.0]]
    assert layer({}, [1.0], [2.0]).tolist() == [2.0]


def test_networks_can_be_copied_and_pickled() -> None:
    net = nn.Sequential(nn.Linear(3, 2), nn.Softmax(0.5), nn.Dropout(0.1)).initialize(0)
    for other in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        np.testing.assert_array_equal(other(other.params, X), net(net.params, X))


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: nn.Linear(3, 2).forward_pass(X), ValueError, "linear: it has no parameters yet; call initialize"),
        (lambda: nn.Linear(3, 2).init(None), TypeError, "init needs a seed or a generator"),
        (lambda: nn.Linear(3, 2)(X), TypeError, "the first argument is the parameters, a dict made by module.init"),
        (lambda: nn.Linear(3, 2)({}, X), ValueError, "linear: params hold no 'W'"),
        (lambda: nn.Linear(4, 2)(nn.Linear(4, 2).init(0), X), ValueError, r"shape \(5, 3\); its last axis must have the 4"),
        (lambda: nn.Linear(0, 2), ValueError, "n_in must be a positive integer"),
        (lambda: nn.Linear(3, 2, init="hee"), ValueError, "no initialiser 'hee'; there are he, orthonormal"),
        (lambda: nn.Add()({}, X), TypeError, r"add: takes 2 input\(s\) \(a, b\), and 1 were given"),
        (lambda: nn.Relu().backward_pass(X), ValueError, "call forward_pass"),
        (lambda: nn.Softmax(0.0), ValueError, "temperature must be positive"),
        (lambda: nn.Sum()({}, X, X[0]), ValueError, "sum: the inputs have shapes"),
        (lambda: nn.Conditional()({}, np.ones(3), X, X), ValueError, "there are 2 choices"),
        (lambda: nn.BatchNorm(3)(nn.BatchNorm(3).init(0), X[:1], training=True), ValueError, "at least two examples"),
        (lambda: nn.BatchNorm(3, decay=1.0), ValueError, "decay must lie in"),
        (lambda: nn.Dropout(1.0), ValueError, "fraction that is dropped"),
        (lambda: nn.Dropout(0.5, "both"), ValueError, "scale must be"),
        (lambda: nn.Dropout(0.5)({}, X, training=True), ValueError, "give a seed: module"),
        (lambda: nn.Noise(-1.0), ValueError, "must not be negative"),
        (lambda: nn.LSTMCell(2, 3)(nn.LSTMCell(2, 3).init(0), X, X, X), ValueError, "x, h, c have shapes"),
        (lambda: nn.SoftRouter(3, []), ValueError, "at least one expert"),
        (lambda: nn.Dueling()({}, X, X), ValueError, "dueling: V has shape"),
        (lambda: nn.Sequential(), ValueError, "give at least one module"),
        (lambda: nn.Sequential(np.tanh), TypeError, "is no module; a function becomes one"),
        (lambda: nn.Sequential(nn.Relu(), relu1=nn.Relu()), ValueError, "two modules are named 'relu1'"),
        (lambda: nn.inception_block(3, (2,), (0,)), ValueError, "a depth of at least 1"),
        (lambda: nn.Module()({}, X), NotImplementedError, "write compute"),
    ],
)  # fmt: skip
def test_errors_teach(call: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()


def test_a_cotangent_must_have_the_shape_of_the_output() -> None:
    layer = nn.Linear(3, 2).initialize(0)
    layer.forward_pass(X)
    with pytest.raises(ValueError, match=re.escape("dL_dy has shape (2,), and the output has shape (5, 2)")):
        layer.backward_pass(np.ones(2))
    cell = nn.LSTMCell(3, 2).initialize(0)
    cell.forward_pass(X, np.zeros((5, 2)), np.zeros((5, 2)))
    with pytest.raises(ValueError, match="a tuple of 2"):
        cell.backward_pass(np.ones((5, 2)))


def test_a_module_without_gradients_by_hand_says_so() -> None:
    class Cube(nn.Module):
        def compute(self, params: Any, xs: Any, run: Any) -> Any:
            return xs[0] ** 3

    layer = Cube()
    layer.forward_pass(X)
    with pytest.raises(NotImplementedError, match=r"cube: no gradient was derived by hand; use adkit\.grad"):
        layer.backward_pass(X)
    np.testing.assert_allclose(adkit.grad(lambda x: np.sum(layer({}, x)))(X), 3 * X**2)
