"""Each module derived four ways: by hand, on the tape, with dual numbers, by SymPy.  Row 27 of the lecture's table.

SymPy is given each module's meaning in a statement of its own, so that an error in the module's function cannot pass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
import sympy as sp

import adkit
from adkit import nn, tree
from adkit.testing import check_grads

each = lambda f: np.vectorize(f, otypes=[object])
exp, log, tanh = each(sp.exp), each(sp.log), each(sp.tanh)
positive = each(lambda x: sp.Piecewise((x, x > 0), (0, True)))
sigma = each(lambda x: 1 / (1 + sp.exp(-x)))
softmax = lambda x: exp(x) / np.sum(exp(x), axis=-1, keepdims=True)
linear = lambda p, x: x @ p["W"].T + p["b"]


@dataclass
class Specimen:
    module: nn.Module
    inputs: tuple[Any, ...]
    meaning: Callable[..., Any]  # of params and inputs, arrays of SymPy's symbols
    call: dict[str, Any] = field(default_factory=dict)
    name: str = ""

    def __str__(self) -> str:
        return self.name or self.module.kind


def normal(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng((17, seed, *shape)).normal(size=shape)


def positive_rows(*shape: int) -> Any:
    return np.random.default_rng((18, *shape)).uniform(0.2, 1.0, shape)


def _elu(x: Any) -> Any:
    return each(lambda e: sp.Piecewise((e, e > 0), (sp.exp(e) - 1, True)))(x)


def _batch_norm(p: Any, x: Any) -> Any:
    n = len(x)
    mean = np.sum(x, axis=0) / n
    var = np.sum((x - mean) ** 2, axis=0) / n
    return p["gamma"] * (x - mean) / each(sp.sqrt)(var + 1e-5) + p["beta"]


def _lstm(p: Any, x: Any, h: Any, c: Any) -> Any:
    z = x @ p["W"].T + h @ p["U"].T + p["b"]
    i, f, o, u = np.split(z, 4, axis=-1)
    cell = sigma(f) * c + sigma(i) * tanh(u)
    return sigma(o) * tanh(cell), cell


def _router(p: Any, x: Any) -> Any:
    w = softmax(linear(p["gate"], x))
    return w[..., :1] * linear(p["expert1"], x) + w[..., 1:] * tanh(linear(p["expert2"]["linear1"], x))


def _slide_graph(p: Any, x: Any) -> Any:
    h1 = sigma(linear(p["L1"], x))
    h2 = positive(linear(p["L2"], h1))
    h3 = sigma(linear(p["L3"], h1) + linear(p["L4"], h2))
    return sigma(linear(p["L5"], h3))


def _inception(p: Any, x: Any) -> Any:
    one = positive(linear(p["linear1_1"], x))
    two = positive(linear(p["linear2_2"], positive(linear(p["linear2_1"], x))))
    return linear(p["projected"], np.concatenate([one, two], axis=-1)) + x


def _dueling_head(p: Any, x: Any) -> Any:
    V, A = linear(p["V"], x), linear(p["A"], x)
    return V + A - np.sum(A, axis=-1, keepdims=True) / A.shape[-1]


MASK = np.random.default_rng(5).random((2, 3)) < 0.7  # what Dropout(0.3) draws from seed 5
NOISE = np.random.default_rng(5).standard_normal((2, 3))
X, X1 = normal(2, 3), normal(3)
T = np.array([[0.2, 0.3, 0.1], [0.0, 1.0, 0.5]])  # its rows do not sum to one (E3)
MULTIPLE = np.array([[1.0, 0.0], [0.0, 1.0]])

SPECIMENS = [
    Specimen(nn.Linear(3, 2), (X,), lambda p, x: linear(p, x)),
    Specimen(nn.Linear(3, 2), (X1,), lambda p, x: linear(p, x), name="linear of one vector"),
    Specimen(nn.Linear(3, 2, bias=None), (normal(2, 2, 3),), lambda p, x: x @ p["W"].T, name="linear without bias, two batch axes"),
    Specimen(nn.Relu(), (X,), lambda p, x: positive(x)),
    Specimen(nn.LeakyRelu(0.1), (X,), lambda p, x: positive(x) - 0.1 * positive(-x)),
    Specimen(nn.Sigmoid(), (X,), lambda p, x: sigma(x)),
    Specimen(nn.Tanh(), (X,), lambda p, x: tanh(x)),
    Specimen(nn.Softplus(), (X,), lambda p, x: log(1 + exp(x))),
    Specimen(nn.Elu(), (X,), lambda p, x: _elu(x)),
    Specimen(nn.Softsign(), (X,), lambda p, x: x / (1 + each(abs)(x))),
    Specimen(nn.Abs(), (X,), lambda p, x: positive(x) + positive(-x)),
    Specimen(nn.Softmax(), (X,), lambda p, x: softmax(x)),
    Specimen(nn.Softmax(temperature=0.5), (X1,), lambda p, x: softmax(2 * x), name="softmax at a temperature"),
    Specimen(nn.LogSoftmax(), (X,), lambda p, x: log(softmax(x))),
    Specimen(nn.LogSumExp(), (X,), lambda p, x: log(np.sum(exp(x), axis=-1)), name="logsumexp"),
    Specimen(nn.CrossEntropy(), (positive_rows(2, 3), T), lambda p, x, t: -np.sum(t * log(x), axis=-1)),
    Specimen(nn.SoftmaxCrossEntropy(), (X, T), lambda p, x, t: -np.sum(t * log(softmax(x)), axis=-1)),
    Specimen(nn.SquaredError(), (X, T), lambda p, x, t: np.sum((x - t) ** 2, axis=-1)),
    Specimen(nn.Add(), (X, X1), lambda p, a, b: a + b, name="add, broadcast"),
    Specimen(nn.Multiply(), (X, normal(2, 1)), lambda p, a, b: a * b, name="multiply, broadcast"),
    Specimen(nn.Sum(), (X,), lambda p, x: np.sum(x, axis=-1)),
    Specimen(nn.Sum(), (X, X + 1, 2 * X), lambda p, a, b, c: a + b + c, name="sum of three"),
    Specimen(nn.Max(), (X,), lambda p, x: np.array([sp.Max(*row) for row in x])),
    Specimen(nn.Switch(), (np.array([1.0, 0.0, 1.0]), X), lambda p, s, x: s * x),
    Specimen(nn.Conditional(), (MULTIPLE, X, X**2), lambda p, s, a, b: s[:, :1] * a + s[:, 1:] * b),
    Specimen(nn.Concat(), (X, normal(2, 2)), lambda p, a, b: np.concatenate([a, b], axis=-1)),
    Specimen(nn.Dropout(0.3), (X,), lambda p, x: x * (MASK / 0.7), {"training": True, "rng": 5}, "dropout, training"),
    Specimen(nn.Dropout(0.3, "test"), (X,), lambda p, x: x * sp.Float(0.7), {}, "dropout scaled at test time"),
    Specimen(nn.Noise(0.2), (X,), lambda p, x: x + 0.2 * NOISE, {"training": True, "rng": 5}),
    Specimen(nn.BatchNorm(2), (normal(4, 2),), _batch_norm, {"training": True}, "batch_norm, training"),
    Specimen(nn.BatchNorm(2), (normal(4, 2),), lambda p, x: p["gamma"] * x / sp.sqrt(1 + 1e-5) + p["beta"], {}, "batch_norm"),
    Specimen(nn.LSTMCell(2, 2), (normal(2, 2, seed=1), normal(2, 2, seed=2), normal(2, 2, seed=3)), _lstm),
    Specimen(nn.SoftRouter(3, [nn.Linear(3, 2), nn.Sequential(nn.Linear(3, 2), nn.Tanh())]), (X,), _router),
    Specimen(nn.Dueling(), (normal(2, 1), X), lambda p, V, A: V + A - np.sum(A, axis=-1, keepdims=True) / 3),
    Specimen(
        nn.Sequential(nn.Linear(3, 2), nn.Tanh(), nn.Linear(2, 3), nn.Softmax()), (X,),
        lambda p, x: softmax(linear(p["linear2"], tanh(linear(p["linear1"], x)))),
    ),
    Specimen(nn.slide_graph(1, 2), (normal(2, 1),), _slide_graph, name="the graph of h1, h2, h3, y"),
    Specimen(nn.inception_block(2, (2, 2)), (normal(2, 2),), _inception, name="inception block"),
    Specimen(nn.dueling_head(2, 3), (normal(2, 2),), _dueling_head, name="dueling head"),
]  # fmt: skip


def flat(y: Any) -> Any:
    """The entries of an output, of an array or a tuple of them, in one row."""
    return np.concatenate([np.ravel(part) for part in (y if isinstance(y, tuple) else (y,))])


def params_of(module: nn.Module) -> Any:
    """Parameters that are all different from 0, so that each is seen."""
    rng = np.random.default_rng(23)
    return tree.map_leaves(lambda p: p + rng.normal(scale=0.5, size=np.shape(p)), module.init(1))


def by_sympy(specimen: Specimen, params: Any, g: Any) -> tuple[Any, Any, Any]:
    """The output, and the gradients of ``sum(g * y)``, from the specimen's meaning."""
    arguments = (params, *specimen.inputs)
    values = np.concatenate([np.ravel(leaf) for leaf in tree.leaves(arguments)])
    names = [sp.Symbol(f"x{k}", real=True) for k in range(len(values))]
    supply = iter(names)
    symbols = tree.map_leaves(lambda leaf: np.array([next(supply) for _ in range(np.size(leaf))]).reshape(np.shape(leaf)), arguments)
    y = flat(specimen.meaning(*symbols))
    total = sum([sp.Float(float(w), 30) * e for w, e in zip(g, y, strict=True)])
    evaluate = sp.lambdify(names, [*y, *[sp.diff(total, name) for name in names]], "math", cse=True)
    found = np.array([float(v) for v in evaluate(*[float(v) for v in values])])
    slopes = iter(found[len(y) :])
    gradients = tree.map_leaves(lambda leaf: np.array([next(slopes) for _ in range(np.size(leaf))]).reshape(np.shape(leaf)), arguments)
    return found[: len(y)], gradients[0], gradients[1:]


@pytest.mark.parametrize("specimen", SPECIMENS, ids=str)
def test_row_27_four_derivations_agree(specimen: Specimen) -> None:
    module, call = specimen.module, specimen.call
    params = params_of(module)
    arguments = (params, *specimen.inputs)
    f = lambda params, *xs: module(params, *xs, **call)

    y, memory = module.forward_by_hand(params, *specimen.inputs, **call)
    seed = tree.map_leaves(lambda part: np.random.default_rng(3).normal(size=np.shape(part))[()], y)
    xs_by_hand, params_by_hand = module.backward_by_hand(params, seed, memory)
    y_by_tape, pullback = adkit.vjp(f, *arguments)
    params_by_tape, *xs_by_tape = pullback(seed)
    y_by_sympy, params_by_sympy, xs_by_sympy = by_sympy(specimen, params, flat(seed))

    # The dual's Jacobian holds, for each part of the output, a tree like the arguments.
    jacobians = adkit.jacfwd(f, argnums=tuple(range(len(arguments))))(*arguments)
    parts = list(zip(jacobians, seed, strict=True)) if isinstance(y, tuple) else [(jacobians, seed)]
    contracted = [tree.map_leaves(lambda J, g=g: np.tensordot(g, J, axes=np.ndim(g)), J) for J, g in parts]
    leaves = [sum(same) for same in zip(*[tree.leaves(c) for c in contracted], strict=True)]
    params_by_dual, *xs_by_dual = tree.rebuild(arguments, leaves)

    np.testing.assert_allclose(flat(y), y_by_sympy, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(flat(y), flat(y_by_tape))
    for found in (params_by_tape, params_by_dual, params_by_sympy):
        assert [path for path, _ in tree.paths(found)] == [path for path, _ in tree.paths(params_by_hand)]
        for ours, theirs in zip(tree.leaves(params_by_hand), tree.leaves(found), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)
    for k, ours in enumerate(xs_by_hand):
        if ours is None:  # a target is data; a switch is a decision, and gets no gradient in any mode
            if module.kind in ("switch", "conditional"):
                assert not np.any(xs_by_tape[k]) and not np.any(xs_by_dual[k])
            continue
        assert ours.shape == specimen.inputs[k].shape
        for theirs in (xs_by_tape[k], xs_by_dual[k], xs_by_sympy[k]):
            np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)


def test_every_module_has_a_specimen() -> None:
    public = {name for name, kind in vars(nn).items() if isinstance(kind, type) and issubclass(kind, nn.Module)}
    seen: set[str] = set()

    def visit(module: nn.Module) -> None:
        seen.add(type(module).__name__)
        for child in getattr(module, "children", {}).values():
            visit(child)

    for specimen in SPECIMENS:
        visit(specimen.module)
    learn_from_predictions = {"SyntheticGradient", "Decoupled"}  # no gradient by hand: tests/nn/test_synthetic.py
    assert public - seen == {"Module", "Activation"} | learn_from_predictions


@pytest.mark.parametrize("specimen", [s for s in SPECIMENS if not s.call], ids=str)
def test_the_lectures_object_says_the_same(specimen: Specimen) -> None:
    module = specimen.module
    module.params, module.state = params_of(module), module.init_state()
    y = module.forward_pass(*specimen.inputs)
    seed = tree.map_leaves(lambda part: np.ones(np.shape(part))[()], y)
    expected_xs, expected_params = module.backward_by_hand(module.params, seed, module.memory)
    found = module.backward_pass(seed)
    for ours, theirs in zip(found if isinstance(found, tuple) else (found,), expected_xs, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for gradients in (module.param_gradients(seed), module.compute_gradients(seed)):  # both names of the slides (E12)
        for ours, theirs in zip(tree.leaves(gradients), tree.leaves(expected_params), strict=True):
            np.testing.assert_array_equal(ours, theirs)
    module.params = module.state = module.memory = None


class WrongSlope(nn.Tanh):
    def slope(self, x: Any, y: Any) -> Any:
        return 1.001 * super().slope(x, y)


class WrongValue(nn.Tanh):
    def value(self, x: Any) -> Any:
        return 1.001 * np.tanh(x)

    def slope(self, x: Any, y: Any) -> Any:
        return 1.001 * (1 - np.tanh(x) ** 2)


@pytest.mark.parametrize("wrong", [WrongSlope, WrongValue])
def test_the_check_finds_an_error_of_a_thousandth(wrong: type[nn.Module]) -> None:
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        test_row_27_four_derivations_agree(Specimen(wrong(), (X,), lambda p, x: tanh(x)))


@pytest.mark.parametrize("specimen", [s for s in SPECIMENS if s.module.kind not in ("switch", "conditional")], ids=str)
def test_second_derivatives_agree_with_differences(specimen: Specimen) -> None:
    check_grads(lambda *a: specimen.module(*a, **specimen.call), (params_of(specimen.module), *specimen.inputs), order=2)
