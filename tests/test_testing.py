"""check_grads passes what is right, and says of what is wrong where and how."""

from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import adkit
from adkit.errors import DerivativeError
from adkit.testing import check_grads

X = np.array([0.4, 1.3, 0.7])
Layer = namedtuple("Layer", "w b")


@dataclass
class Model:
    layers: list[Layer]
    name: str = "model"


def _network(model: Model, x: Any) -> dict[str, Any]:
    for layer in model.layers:
        x = np.tanh(x @ layer.w + layer.b)
    return {"out": x, "penalty": (sum([np.sum(layer.w**2) for layer in model.layers]), None)}


@pytest.mark.parametrize(
    ("f", "args"),
    [
        (np.sin, X),
        (np.sin, 0.3),
        (lambda x: np.sum(x**3), (X,)),
        (lambda x, y: x * y / (1 + x**2), (X, 2.0)),
        (np.exp, (np.zeros((0, 3)),)),
        (lambda x: (x, np.argmax(x)), (X,)),
        (lambda z: z**2, (X + 1j,)),
        (lambda z: np.abs(z), (X + 1j,)),
        (lambda z: np.exp(z) * np.conjugate(z), (X + 1j,)),
        (lambda x: 7.0, (X,)),
    ],
)
@pytest.mark.parametrize("order", [1, 2, 3])
def test_what_is_right_passes(f: Any, args: Any, order: int) -> None:
    check_grads(f, args, order=order)


def test_single_precision_passes() -> None:
    check_grads(lambda x: np.sum(np.sin(x) * x), (X.astype(np.float32),))


def test_containers_of_every_kind() -> None:
    rng = np.random.default_rng(1)
    model = Model([Layer(rng.normal(size=(3, 2)), np.zeros(2)), Layer(rng.normal(size=(2, 2)), np.ones(2))])
    check_grads(_network, (model, X))


def _off(mode: str, factor: float = 1.001) -> Any:
    """sin, with a derivative off by a factor in one mode alone (a registered op has a rule for each)."""
    forward, backward = (factor, 1.0) if mode == "fwd" else (1.0, factor)
    return adkit.custom(
        np.sin, lambda x: None, lambda gs, y, xs, p, l: forward * gs[0] * np.cos(xs[0]),
        lambda g, y, xs, p, l: (backward * g * np.cos(xs[0]),), name="planted", symbol="sin", domain=(-3, 3), numpy=False,
    )  # fmt: skip


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize(("mode", "word"), [("fwd", "forward"), ("rev", "reverse")])
def test_a_planted_factor_is_found_and_named(mode: str, word: str) -> None:
    other = {"fwd": "rev", "rev": "fwd"}[mode]
    f = _off(mode)
    check_grads(f, (X,), order=1, modes=(other,))
    with pytest.raises(AssertionError) as caught:
        check_grads(f, (X,), order=1)
    message = str(caught.value)
    assert f"{word} mode at order 1" in message
    assert "entry (" in message
    assert "got" in message
    assert "expected" in message


@pytest.mark.usefixtures("registry")
def test_the_worst_entry_is_named_with_its_values() -> None:
    scale = np.array([1.0, 1.0, 1.5])
    f = adkit.custom(
        np.sin, lambda x: None, lambda gs, y, xs, p, l: gs[0] * np.cos(xs[0]),
        lambda g, y, xs, p, l: (scale * g * np.cos(xs[0]),), name="planted", symbol="sin", domain=(-3, 3), numpy=False,
    )  # fmt: skip
    with pytest.raises(AssertionError, match=r"reverse mode at order 1.*argument 0\['x'\], entry \(2,\): got"):
        check_grads(lambda p: f(p["x"]), ({"x": X},), order=1)


def _laundered() -> Any:
    @adkit.custom_jvp
    def f(x: Any) -> Any:
        return np.sin(x)

    f.defjvp(lambda xs, vs: (f(xs[0]), vs[0] * adkit.stop_gradient(np.cos(xs[0]))))
    return f


@pytest.mark.parametrize("modes", [("fwd",), ("rev",), "rev", ("fwd", "rev")])
def test_a_wrong_second_derivative_is_found_at_order_two_alone(modes: Any) -> None:
    f = _laundered()
    check_grads(f, (X,), order=1, modes=modes)
    with pytest.raises(AssertionError, match=r"over .* at order 2"):
        check_grads(f, (X,), order=2, modes=modes)


def test_a_lost_derivative_is_found() -> None:
    with pytest.raises(AssertionError, match="forward mode at order 1"):
        check_grads(lambda x: np.sin(adkit.stop_gradient(x)) * x, (X,), order=1)


def test_tolerances_are_obeyed() -> None:
    f = _laundered()
    check_grads(f, (X,), order=2, atol=10.0)
    with pytest.raises(AssertionError, match="rtol 0"):
        check_grads(lambda x: adkit.stop_gradient(x) * np.exp(x), (X,), order=1, rtol=0.0, atol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"order": 0}, "order must be a positive integer"),
        ({"order": True}, "order must be a positive integer"),
        ({"modes": ("forward",)}, "modes must be 'fwd', 'rev' or both"),
        ({"modes": ()}, "modes must be"),
    ],
)
def test_a_wrong_call_is_refused(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(DerivativeError, match=words):
        check_grads(np.sin, (X,), **arguments)


def test_arguments_without_an_array_are_refused() -> None:
    with pytest.raises(DerivativeError, match="no array"):
        check_grads(lambda s: 1.0, ("text",))
    with pytest.raises(DerivativeError, match="integer"):
        check_grads(np.sin, (3,))
