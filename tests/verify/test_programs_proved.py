"""Whole programs, proved: the lecture's graphs and networks at small width, their gradients and Hessians."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import adkit
from adkit.testing import assert_proved
from adkit.verify.programs import prove_function
from adkit.verify.proof import Prover

RNG = np.random.default_rng(3)
INPUT = np.array([0.3, -0.7])
LABEL = np.array([0.0, 1.0, 0.0])


def _n(*shape: int) -> Any:
    return RNG.normal(size=shape)


def _regression(x: Any, W: Any, b: Any) -> Any:
    """Linear, softmax, cross-entropy, from their parts."""
    p = adkit.softmax(x @ W + b)
    return -np.sum(LABEL * np.log(p))


def _fused(x: Any, W: Any, b: Any) -> Any:
    return adkit.cross_entropy_logits(x @ W + b, LABEL)


def _tanh_network(W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
    return adkit.cross_entropy_logits(np.tanh(INPUT @ W1 + b1) @ W2 + b2, LABEL)


def _relu_network(W1: Any, b1: Any, w2: Any) -> Any:
    return (adkit.relu(INPUT @ W1 + b1) @ w2) ** 2


def _slide(x: Any, W1: Any, W2: Any, w3: Any, w4: Any, w5: Any) -> Any:
    """The slide's graph: linear 5, sigmoid 3, relu 1, sum 1."""
    h1 = adkit.sigmoid(W1 @ x)
    h2 = adkit.sigmoid(W2 @ x)
    h3 = adkit.relu(w3 @ (h1 + h2))
    return adkit.sigmoid(w4 * h3 + w5 @ h1)


def _path(x: Any) -> Any:
    a = np.sin(x)
    e = np.log(np.exp(a**2) + 1)
    return adkit.sigmoid(np.tanh(3 * np.cos(x)) * e)


def _batch_norm(X: Any, gamma: Any, beta: Any) -> Any:
    normal = (X - np.mean(X, axis=0)) / np.sqrt(np.var(X, axis=0) + 1e-5)
    return np.sum((gamma * normal + beta) ** 3)


def _dueling(h: Any, V: Any, A: Any) -> Any:
    a = h @ A
    return (h @ V)[..., None] + a - np.mean(a, axis=-1, keepdims=True)


def _recurrent(W: Any, U: Any, b: Any) -> Any:
    h = np.zeros(2)
    for x in np.array([[0.1, 0.2], [0.3, -0.4]]):
        h = np.tanh(x @ W + h @ U + b)
    return np.sum(h**2)


def _loop(x: Any) -> Any:
    """As many rounds as the data asks for."""
    y = x
    while np.abs(y) < 10:
        y = y * x + 1.0
    return y


def _newton(a: Any) -> Any:
    """Newton's square root, until it no longer moves."""
    y = a
    while np.abs(y * y - a) > 1e-3:
        y = 0.5 * (y + a / y)
    return y


PROGRAMS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "linear, softmax, cross-entropy": (_regression, (_n(2), _n(2, 3), _n(3))),
    "fused on logits": (_fused, (_n(2), _n(2, 3), _n(3))),
    "2-3-2 tanh": (lambda W1, b1, W2, b2: adkit.cross_entropy_logits(np.tanh(INPUT @ W1 + b1) @ W2 + b2, LABEL[:2]),
                   (_n(2, 3), _n(3), _n(3, 2), _n(2))),
    "relu, by sign patterns": (_relu_network, (_n(2, 3), _n(3), _n(3))),
    "the slide's graph": (_slide, (_n(1), _n(2, 1), _n(2, 1), _n(2), _n(), _n(2))),
    "the path graph": (_path, (0.7,)),
    "batch-norm": (_batch_norm, (_n(3, 1), _n(1), _n(1))),
    "the dueling head": (_dueling, (_n(2), _n(2), _n(2, 3))),
    "an unrolled recurrent cell": (_recurrent, (_n(2, 2), _n(2, 2), _n(2))),
    "a loop": (_loop, (1.7,)),
    "Newton's square root": (_newton, (2.0,)),
}  # fmt: skip

SECOND: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "softmax, cross-entropy": (lambda z: adkit.cross_entropy_logits(z, LABEL), (_n(3),)),
    "logistic": (lambda w, b: np.log(1 + np.exp(-(INPUT @ w + b))), (_n(2), 0.3)),
    "relu, by sign patterns": (lambda w, b: adkit.relu(INPUT @ w + b) ** 2 * b, (_n(2), 0.3)),
    "tanh unit": (lambda w, v: v * np.tanh(INPUT @ w), (_n(2), 0.4)),
    "the path graph": (_path, (0.7,)),
    "the dueling head": (lambda h, A: np.sum(_dueling(h, A[:, 0], A) ** 2), (_n(2), _n(2, 2))),
    "batch-norm": (lambda x: np.sum(((x - np.mean(x)) / np.sqrt(np.var(x) + 0.1)) ** 3), (_n(2),)),
    "a recurrent cell": (lambda w, u: np.tanh(0.3 * w + u * np.tanh(0.2 * w)), (0.4, 0.9)),
    "a loop": (_loop, (1.7,)),
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_gradients_are_proved_in_both_modes(name: str) -> None:
    f, args = PROGRAMS[name]
    assert_proved(f, *args)


@pytest.mark.parametrize("name", SECOND)
def test_hessians_are_proved_in_every_mixture_of_modes(name: str) -> None:
    f, args = SECOND[name]
    assert_proved(f, *args, order=2)


def test_a_program_that_branches_says_so() -> None:
    claims = list(prove_function(_loop, (1.7,), 1, Prover()))
    assert all(["on the branch taken at the point" in c.verdict.reason for c in claims])
    claims = list(prove_function(_relu_network, PROGRAMS["relu, by sign patterns"][1], 1, Prover()))
    assert not any(["branch" in c.verdict.reason for c in claims])


def test_trees_of_parameters_are_proved_and_named() -> None:
    @adkit.custom_jvp
    def off(x: Any) -> Any:
        return np.sin(x)

    off.defjvp(lambda xs, vs: (np.sin(xs[0]), 1.5 * vs[0] * np.cos(xs[0])))
    params = {"w": np.array([0.1, 0.2]), "b": 0.3}
    assert_proved(lambda p, x: np.sum(np.tanh(p["w"] * x) + p["b"]), params, 0.7)
    with pytest.raises(AssertionError, match=r"forward mode is wrong.*p\['w'\]\[0\]"):
        assert_proved(lambda p, x: np.sum(off(p["w"] * x) + p["b"]), params, 0.7)


def test_a_lost_derivative_is_no_proof() -> None:
    with pytest.raises(AssertionError, match="wrong"):
        assert_proved(lambda x: x * adkit.stop_gradient(x), 1.5)


def test_several_results_and_integers_beside_them() -> None:
    assert_proved(lambda x, k: (x[k] ** 2, {"all": np.sum(x)}, np.argmax(x)), np.array([1.0, 2.0]), 1)


def test_complex_functions_are_proved() -> None:
    assert_proved(lambda z: z**2, 1.0 + 2.0j)
    assert_proved(lambda z: np.real(z * np.conjugate(z)), np.array([1.0 + 2.0j]))
    with pytest.raises(AssertionError, match="wrong"):
        assert_proved(_conjugating(), 1.0 + 2.0j)


def _conjugating() -> Any:
    @adkit.custom_vjp
    def f(z: Any) -> Any:
        return z * z

    f.defvjp(lambda z: (z * z, z), lambda z, g: (2 * g * np.conjugate(z),))
    return f
