"""Mistakes that newcomers make, and the words that put them right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import adkit
from adkit.testing import check_grads

X = np.ones(3)


def _twice(x: Any) -> Any:
    return x * 2.0


MISTAKES: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "the argument given to the driver": (lambda: adkit.grad(np.sum, X), adkit.DerivativeError, r"grad\(f\)\(x\)"),
    "the same, for a Hessian": (lambda: adkit.hessian(np.sum, X), adkit.DerivativeError, r"hessian\(f\)\(x\)"),
    "the same, for a derivative": (lambda: adkit.derivative(np.sin, 1.0), adkit.DerivativeError, r"derivative\(f\)\(x\)"),
    "no return": (lambda: adkit.grad(lambda x: None)(X), adkit.DerivativeError, "^grad: .*is a return statement missing"),
    "no return, in a Hessian": (lambda: adkit.hessian(lambda x: None)(X), adkit.DerivativeError, "^hessian: .*return"),
    "integers, in a Hessian": (lambda: adkit.hessian(np.sum)(np.arange(3)), adkit.DerivativeError, "^hessian: .*astype"),
    "by keyword": (lambda: adkit.grad(np.sum)(a=X), adkit.DerivativeError, "by keyword a"),
    "a bool": (lambda: adkit.grad(_twice)(True), adkit.DerivativeError, "True is a bool; pass 1.0"),
    "text": (lambda: adkit.grad(_twice)("abc"), adkit.DerivativeError, r"argument 0 \(str\)"),
    "nothing to compare": (lambda: check_grads(lambda x: None, (X,)), adkit.DerivativeError, "is a return statement missing"),
    "text to compare": (lambda: check_grads(lambda x: "no", (X,)), adkit.DerivativeError, "holds no floating-point number"),
    "integers to compare": (
        lambda: check_grads(lambda x: x.astype(int), (X,)), adkit.DerivativeError, "holds no floating-point number",
    ),
    "a rule without y": (
        lambda: adkit.elementwise(_twice, lambda g, x: 2 * g, name="short_rule"), TypeError, r"must take 3 parameters",
    ),
    "a name that is taken": (
        lambda: adkit.elementwise(_twice, lambda g, y, x: 2 * g, name="tanh"), ValueError, "one of adkit's own",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_with_its_remedy(mistake: str) -> None:
    call, kind, words = MISTAKES[mistake]
    with pytest.raises(kind, match=words):
        call()


def test_a_function_without_a_rule_is_named_in_full_and_comes_with_a_way_out() -> None:
    text = _refused(np.trim_zeros)
    assert "numpy.trim_zeros" in text and "slice" in text


def _refused(function: Any, *before: Any) -> str:
    with pytest.raises(adkit.UnsupportedError) as caught:
        adkit.grad(lambda x: np.sum(function(*before, x)))(1.0)
    return str(caught.value)


def test_a_cell_can_be_run_again(registry: None) -> None:
    for factor in (2.0, 3.0):
        op = _defined(factor)
        assert adkit.grad(op)(1.0) == factor
        assert adkit.jvp(op, (1.0,), (1.0,))[1] == factor


def _defined(factor: float) -> Any:
    def rule(g: Any, y: Any, x: Any) -> Any:
        return factor * g

    return adkit.elementwise(lambda x: factor * x, rule, name="cell_op")


def test_what_messages_speak_of_is_found_without_an_import() -> None:
    assert adkit.numpy.zeros(3).tolist() == [0.0, 0.0, 0.0]
    assert adkit.testing.check_grads is check_grads
