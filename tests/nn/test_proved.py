"""Every module's derivatives in both modes are proved, not to a tolerance: AD's own expressions equal ``sympy.diff``'s."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adkit import nn, tree
from adkit.testing import assert_proved

ROWS = np.array([[0.3, -0.7], [1.1, 0.4]])
ONE = np.array([0.3])
P = np.array([[0.2, 0.7]])

# The smallest sizes at which each formula is whole: a layer of width 2 says what one of width 200 does.
PROVED: list[tuple[nn.Module, tuple[Any, ...], dict[str, Any]]] = [
    (nn.Linear(2, 2), (ROWS,), {}), (nn.Relu(), (ROWS,), {}), (nn.LeakyRelu(0.1), (ROWS,), {}), (nn.Sigmoid(), (ROWS,), {}),
    (nn.Tanh(), (ROWS,), {}), (nn.Softplus(), (ROWS,), {}), (nn.Elu(), (ROWS,), {}), (nn.Softsign(), (ROWS,), {}),
    (nn.Abs(), (ROWS,), {}), (nn.Softmax(), (ROWS,), {}), (nn.LogSoftmax(), (ROWS,), {}), (nn.LogSumExp(), (ROWS,), {}),
    (nn.CrossEntropy(), (P, P[:, ::-1]), {}), (nn.SoftmaxCrossEntropy(), (ROWS, ROWS), {}), (nn.SquaredError(), (ROWS, ROWS), {}),
    (nn.Add(), (ROWS, ONE), {}), (nn.Multiply(), (ROWS, ONE), {}), (nn.Sum(), (ROWS, ROWS), {}), (nn.Max(), (ROWS,), {}),
    (nn.Concat(), (ROWS, ROWS), {}), (nn.Dropout(0.5), (ROWS,), {"training": True, "rng": 1}),
    (nn.Noise(0.5), (ROWS,), {"training": True, "rng": 1}), (nn.BatchNorm(1), (ROWS[:, :1],), {"training": True}),
    (nn.BatchNorm(2), (ROWS,), {}), (nn.LSTMCell(1, 1), (ONE, ONE, ONE), {}), (nn.Dueling(), (ROWS[:, :1], ROWS), {}),
    (nn.SoftRouter(1, [nn.Linear(1, 1), nn.Linear(1, 1)]), (ONE,), {}), (nn.dueling_head(1, 2), (ONE,), {}),
    (nn.Sequential(nn.Linear(1, 2), nn.Tanh(), nn.Linear(2, 1), nn.Sigmoid()), (ONE,), {}), (nn.slide_graph(1, 1), (ONE,), {}),
    (nn.inception_block(1, (1, 1)), (ONE,), {}),
]  # fmt: skip


@pytest.mark.parametrize(("module", "inputs", "call"), PROVED, ids=[m.kind + str(k) for k, (m, _, _) in enumerate(PROVED)])
def test_the_derivatives_of_every_module_are_proved(module: nn.Module, inputs: tuple[Any, ...], call: dict[str, Any]) -> None:
    params = tree.map_leaves(lambda p: p + 0.3, module.init(0))
    assert_proved(lambda params, *xs: module(params, *xs, **call), params, *inputs)


@pytest.mark.parametrize("module", [nn.Switch(), nn.Conditional()])
def test_what_chooses_is_data_and_the_rest_is_proved(module: nn.Module) -> None:
    chosen, others = np.array([1.0, 0.0]), (ROWS,) * (2 if module.kind == "conditional" else 1)
    assert_proved(lambda *xs: module({}, chosen, *xs), *others)


def test_a_wrong_formula_is_not_proved() -> None:
    class Slow(nn.Tanh):
        def value(self, x: Any) -> Any:
            return np.tanh(x) + 0.001 * (x - nn.module.stop_gradient(x))  # a slope that no value accounts for

    with pytest.raises(AssertionError, match="wrong"):
        assert_proved(lambda x: Slow()({}, x), ONE)
