"""Losses: one number for a batch, as an explicit sum or mean over its examples, and its gradient by hand.

Every loss is a function ``loss(output, target, reduction="mean")``.  The last axis holds one example, whose own loss is
a sum over it; ``reduction`` says what becomes of the examples' losses: ``"mean"``, ``"sum"``, or ``"none"`` for the array
of them.  ``loss.by_hand(output, target, reduction)`` is the derived gradient with respect to the output, in its shape.

>>> import numpy as np, adkit
>>> z, t = np.array([[2.0, 0.0, -1.0]]), adkit.one_hot([0], 3)
>>> by_tape = adkit.grad(softmax_cross_entropy)(z, t)
>>> bool(np.allclose(by_tape, softmax_cross_entropy.by_hand(z, t)))
True
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..ops.network import (
    cross_entropy_logits, cross_entropy_probabilities, one_hot, sigmoid, softmax, softplus, xlogy,
)  # fmt: skip
from .common import ratio

__all__ = [
    "LOSSES", "cross_entropy", "half_squared_error", "logistic_cross_entropy", "logistic_loss", "nll", "one_hot",
    "softmax_cross_entropy", "squared_error",
]  # fmt: skip

REDUCTIONS = ("mean", "sum", "none")


def _reduced(each: Any, reduction: str, name: str) -> Any:
    """The examples' losses, reduced."""
    if reduction == "mean":
        return np.mean(each)
    if reduction == "sum":
        return np.sum(each)
    if reduction == "none":
        return each
    raise ValueError(f"{name}: reduction must be 'mean', 'sum' or 'none', not {reduction!r}")


def _weighted(slope: Any, examples: int, reduction: str, name: str) -> Any:
    """The gradient of the reduced loss, from the slope of each example's own."""
    if reduction == "mean":
        return slope / examples
    if reduction == "sum":
        return slope
    raise ValueError(f"{name}.by_hand: only one number has a gradient; reduction must be 'mean' or 'sum', not {reduction!r}")


def _pair(output: Any, target: Any, name: str) -> Any:
    """The target as an array, of the shape of the output."""
    target = target if hasattr(target, "shape") else np.asarray(target, dtype=float)
    if np.shape(output) != target.shape:
        raise ValueError(
            f"{name}: the output has shape {np.shape(output)}, the target {target.shape}; they must be equal "
            "(labels become targets by one_hot(labels, n); numbers (n,) become a column by t[:, None])"
        )
    return target


def _examples(output: Any) -> int:
    return int(np.prod(np.shape(output)[:-1], dtype=int))


def _hand(name: str, slope: Callable[[Any, Any], Any]) -> Callable[[Callable[..., Any]], Any]:
    """Attach ``by_hand``, made of the slope of one example's loss."""

    def attach(loss: Callable[..., Any]) -> Any:
        def by_hand(output: Any, target: Any, reduction: str = "mean") -> Any:
            output = output if hasattr(output, "shape") else np.asarray(output, dtype=float)
            return _weighted(slope(output, _pair(output, target, name)), _examples(output), reduction, name)

        by_hand.__doc__ = f"The gradient of :func:`{name}` with respect to the output, derived by hand."
        loss.by_hand = by_hand  # type: ignore[attr-defined]
        return loss

    return attach


@_hand("squared_error", lambda y, t: -2 * (t - y))
def squared_error(output: Any, target: Any, reduction: str = "mean") -> Any:
    """``sum_i (t_i - y_i)^2`` for each example, of gradient ``-2 (t - y)``.

    ``reduction="mean"`` divides by the number of examples, not by that of their entries.

    >>> y, t = np.array([[1.0, 2.0], [3.0, 4.0]]), np.zeros((2, 2))
    >>> float(squared_error(y, t, "sum")), float(squared_error(y, t, "mean"))
    (30.0, 15.0)
    """
    target = _pair(output, target, "squared_error")
    return _reduced(np.sum((target - output) ** 2, axis=-1), reduction, "squared_error")


@_hand("half_squared_error", lambda y, t: y - t)
def half_squared_error(output: Any, target: Any, reduction: str = "mean") -> Any:
    """``sum_i (y_i - t_i)^2 / 2`` for each example, of gradient ``y - t``: the TensorFlow Playground's.

    >>> float(half_squared_error(np.array([3.0]), np.array([1.0])))
    2.0
    """
    target = _pair(output, target, "half_squared_error")
    return _reduced(0.5 * np.sum((output - target) ** 2, axis=-1), reduction, "half_squared_error")


@_hand("cross_entropy", lambda p, t: -ratio(t, p))
def cross_entropy(output: Any, target: Any, reduction: str = "mean") -> Any:
    """``-sum_i t_i log p_i`` of probabilities ``p``, with 0 log 0 = 0; of gradient ``-t / p``.

    Where ``p`` comes from a softmax, :func:`softmax_cross_entropy` keeps the digits that this one loses.

    >>> float(cross_entropy(np.full((1, 10), 0.1), one_hot([3], 10)).round(6))
    2.302585
    """
    target = _pair(output, target, "cross_entropy")
    return _reduced(cross_entropy_probabilities(output, target), reduction, "cross_entropy")


@_hand("softmax_cross_entropy", lambda z, t: softmax(z) * np.sum(t, axis=-1, keepdims=True) - t)
def softmax_cross_entropy(output: Any, target: Any, reduction: str = "mean") -> Any:
    """``-sum_i t_i log softmax(z)_i`` of logits ``z``; of gradient ``softmax(z) sum(t) - t``.

    The lecture's slide has ``y - p`` for this gradient: with ``y`` the softmax (not the loss) that is right only
    where the targets sum to one.

    >>> float(softmax_cross_entropy(np.zeros((1, 10)), one_hot([3], 10)).round(6))
    2.302585
    """
    target = _pair(output, target, "softmax_cross_entropy")
    return _reduced(cross_entropy_logits(output, target), reduction, "softmax_cross_entropy")


@_hand("logistic_cross_entropy", lambda p, t: ratio(1 - t, 1 - p) - ratio(t, p))
def logistic_cross_entropy(output: Any, target: Any, reduction: str = "mean") -> Any:
    """``-(t log p + (1 - t) log(1 - p))`` of probabilities ``p`` of class 1, summed over the last axis.

    The lecture's slide lacks the leading minus, without which descent would make the errors larger.  As ``p`` approaches
    1, ``1 - p`` loses its digits; :func:`logistic_loss` on ``z = logit(p)`` keeps them.

    >>> float(logistic_cross_entropy(np.array([0.5]), np.array([1.0])).round(6))
    0.693147
    """
    target = _pair(output, target, "logistic_cross_entropy")
    each = -np.sum(xlogy(target, output) + xlogy(1 - target, 1 - output), axis=-1)
    return _reduced(each, reduction, "logistic_cross_entropy")


@_hand("logistic_loss", lambda z, t: sigmoid(z) - t)
def logistic_loss(output: Any, target: Any, reduction: str = "mean") -> Any:
    """``softplus(z) - t z``, the logistic cross-entropy fused with its sigmoid; of gradient ``sigmoid(z) - t``.

    >>> float(logistic_loss(np.array([800.0]), np.array([0.0])))
    800.0
    """
    target = _pair(output, target, "logistic_loss")
    return _reduced(np.sum(softplus(output) - target * output, axis=-1), reduction, "logistic_loss")


def nll(log_probabilities: Any, labels: Any, reduction: str = "mean") -> Any:
    """Negative log-likelihood ``-log p[label]`` of integer labels: the cross-entropy against their one-hot targets.

    Parameters
    ----------
    log_probabilities : array (..., classes), as ``log_softmax`` gives them.
    labels : integers (...).
    reduction : ``"mean"``, ``"sum"`` or ``"none"``.

    >>> from adkit import log_softmax
    >>> float(nll(log_softmax(np.zeros((2, 10))), np.array([3, 7])).round(6))
    2.302585
    """
    targets = one_hot(labels, np.shape(log_probabilities)[-1])
    targets = _pair(log_probabilities, targets, "nll")
    # Not a product: a class of probability 0 that is not the label must not make 0 * inf.
    each = np.sum(np.where(targets == 1, -log_probabilities, 0.0), axis=-1)
    return _reduced(each, reduction, "nll")


LOSSES: dict[str, Any] = {
    "squared_error": squared_error, "half_squared_error": half_squared_error, "cross_entropy": cross_entropy,
    "softmax_cross_entropy": softmax_cross_entropy, "logistic_cross_entropy": logistic_cross_entropy,
    "logistic_loss": logistic_loss,
}  # fmt: skip
"""The losses that have a gradient by hand, by name."""
