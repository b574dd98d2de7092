"""What networks are made of: activations, cross-entropies and one-hot labels; softmax has a room of its own.

All are stable: no overflow, no warning and no lost digit for large arguments.  NumPy has none of these,
so they are functions of our own; on plain arrays they compute, on values being differentiated they record.
"""

from __future__ import annotations

from math import log
from typing import Any

import numpy as np

from ..levels import Boxed, lift
from ..registry import STRUCTURAL, bilinear, case, elementwise
from .common import floating, negative_axis, spread_kept
from .softmax import log_softmax, logsumexp, softmax

__all__ = [
    "cross_entropy_logits", "cross_entropy_probabilities", "leaky_relu", "log_softmax", "logsumexp", "one_hot", "relu",
    "sigmoid", "softmax", "softplus", "xlogy",
]  # fmt: skip


# activations ---------------------------------------------------------------------------------------


def _relu(x: Any) -> Any:
    """Rectified linear unit, ``max(x, 0)`` entry by entry.

    The slope at 0 is 0: what is not positive passes nothing back (``np.maximum(x, 0)`` has slope 1/2 there).

    Parameters
    ----------
    x : array of any shape.

    Returns
    -------
    array of the shape of ``x``.

    Examples
    --------
    >>> from adkit.ops.network import relu
    >>> relu(np.array([-1.0, 0.0, 2.0]))
    array([0., 0., 2.])
    """
    return np.maximum(x, 0)


relu = elementwise(
    _relu, lambda g, _y, x: g * (x > 0), name="relu", symbol=lambda sp, x: sp.Piecewise((x, x > 0), (0, True)),
    domain=(-3, 3), convention="slope 0 at 0",
)  # fmt: skip


def _leaky_relu(x: Any, slope: Any = 0.01) -> Any:
    """Leaky rectified linear unit: ``x`` where it is positive, else ``slope * x``.

    Parameters
    ----------
    x : array of any shape.
    slope : number, or array that broadcasts against ``x`` (a learned slope: it is differentiated too).

    Returns
    -------
    array of the operands' common shape.

    Examples
    --------
    >>> from adkit.ops.network import leaky_relu
    >>> leaky_relu(np.array([-1.0, 2.0]))
    array([-0.01,  2.  ])
    """
    return np.where(x > 0, x, slope * x)


leaky_relu = elementwise(
    _leaky_relu, lambda g, _y, x, slope: np.where(x > 0, g, slope * g), lambda g, _y, x, _slope: g * np.minimum(x, 0),
    name="leaky_relu", symbol=lambda sp, x, a=0.01: sp.Piecewise((x, x > 0), (a * x, True)), domain=(-3, 3),
    convention="the slope on the left at 0", cases=(case((3,), 0.01), case((2, 3), (3,)), case((), ()), case((2, 3), 0.2)),
)  # fmt: skip


_LARGEST = {np.dtype(t): log(float(np.finfo(t).max)) - 0.01 for t in (np.float16, np.float32, np.float64)}
"""The largest argument of exp, by type."""


def _sigmoid(x: Any) -> Any:
    """Logistic function ``1 / (1 + exp(-x))``, entry by entry; stable for every ``x``.

    Parameters
    ----------
    x : array of any shape.

    Returns
    -------
    array of the shape of ``x``, with entries from 0 to 1.

    Examples
    --------
    >>> from adkit.ops.network import sigmoid
    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0])).round(6)
    array([0. , 0.5, 1. ])
    """
    x = floating(x)
    limit = _LARGEST.get(x.dtype)
    if limit is None:
        return 1 / (1 + np.exp(-x))
    if type(x) is not np.ndarray:
        return 1 / (1 + np.exp(min(-x, x.dtype.type(limit))))
    t = np.negative(x)
    np.minimum(t, limit, out=t)
    np.exp(t, out=t)
    t += 1
    return np.reciprocal(t, out=t)


sigmoid = elementwise(
    _sigmoid,
    lambda g, y, _x: g * (y - y * y),
    name="sigmoid",
    symbol=lambda sp, x: 1 / (1 + sp.exp(-x)),
    domain=(-3, 3),
)


def _softplus(x: Any) -> Any:
    """``log(1 + exp(x))``, entry by entry: a smooth ReLU, whose derivative is the sigmoid; stable for every ``x``.

    Parameters
    ----------
    x : array of any shape.

    Returns
    -------
    array of the shape of ``x``.

    Examples
    --------
    >>> from adkit.ops.network import softplus
    >>> softplus(np.array([-1000.0, 0.0, 10.0])).round(4)
    array([ 0.    ,  0.6931, 10.    ])
    """
    x = floating(x)
    if x.dtype.kind == "c":
        return np.log(1 + np.exp(x))
    if x.size < 64:
        return np.logaddexp(x, 0)
    # Four passes that the processor vectorises beat logaddexp, which it does not, by five to one.
    t = np.absolute(x)
    np.negative(t, out=t)
    np.exp(t, out=t)
    np.log1p(t, out=t)
    t += np.maximum(x, 0)
    return t


softplus = elementwise(
    _softplus,
    lambda g, _y, x: g * sigmoid(x),
    name="softplus",
    symbol=lambda sp, x: sp.log(1 + sp.exp(x)),
    domain=(-3, 3),
)


# cross-entropy -------------------------------------------------------------------------------------


def _xlogy(x: Any, y: Any) -> Any:
    """``x * log(y)``, and 0 where ``x`` is 0, whatever ``y``: what entropies are summed from.

    Parameters
    ----------
    x, y : arrays that broadcast against each other.

    Returns
    -------
    array of their common shape.

    Notes
    -----
    Where both are 0 the derivative with respect to ``y`` is 0, that with respect to ``x`` is ``-inf``; a zero
    perturbation stays zero.

    Examples
    --------
    >>> from adkit.ops.network import xlogy
    >>> xlogy(np.array([0.0, 2.0]), np.array([0.0, 1.0]))
    array([0., 0.])
    """
    y = floating(y)
    return x * np.log(np.where(np.equal(x, 0) & (y == y), y.dtype.type(1), y))


xlogy = elementwise(
    _xlogy,
    lambda g, _y, _a, b: g * np.log(b),
    lambda g, _y, a, b: g * (a / np.where((a == 0) & (b == 0), 1, b)),
    name="xlogy", symbol=lambda sp, a, b: a * sp.log(b), domain=((-3, 3), (0.3, 3)), singular=True,
    convention="0 log 0 = 0; there the derivative with respect to y is 0",
)  # fmt: skip


def _expected_log(log_p: Any, targets: Any, axis: Any = -1) -> Any:
    """``-sum(targets * log_p)`` along an axis, with 0 for a target of 0, also where ``log_p`` is ``-inf``."""
    with np.errstate(invalid="ignore"):
        terms = log_p * targets
    if terms.dtype.kind == "f" and not np.isfinite(terms).all():
        terms = np.where(np.equal(targets, 0), 0, terms)
    return np.negative(np.add.reduce(terms, axis=axis))


def _bind_expected(log_p: Any, targets: Any, axis: Any = -1) -> int:
    return negative_axis(axis, log_p.ndim)


def _transpose_expected(i: int, g: Any, xs: Any, p: Any, l: int) -> Any:
    return -spread_kept(g, (p,), False, xs[i].ndim, l) * xs[1 - i]


negative_expected_log = bilinear(
    _expected_log, _bind_expected, lambda i, g, xs, p, l: -np.add.reduce(g * xs[1 - i], axis=p), _transpose_expected,
    name="negative_expected_log", symbol=STRUCTURAL, domain=(-3, 3),
    cases=(case((3,), (3,)), case((2, 3), (2, 3)), case((3, 3), (3, 3), axis=0), case((0, 3), (0, 3)), case((2, 0), (2, 0))),
)  # fmt: skip


def _distributions(name: str, x: Any, targets: Any) -> tuple[Any, Any]:
    x, targets = lift(x), lift(targets)
    x = x if isinstance(x, Boxed) else floating(x)
    targets = targets if isinstance(targets, Boxed) else np.asarray(targets)
    if x.shape != targets.shape:
        raise ValueError(
            f"{name}: the targets have shape {targets.shape}, not {x.shape}: one distribution for each example. "
            "Make it of integer labels with one_hot(labels, n)"
        )
    return x, targets


def cross_entropy_logits(logits: Any, targets: Any, axis: int = -1) -> Any:
    """Cross-entropy of softmax(logits) against target distributions: one loss for each example.

    ``-sum(targets * log_softmax(logits))`` along ``axis``.  Stable; its gradient with respect to the
    logits is ``softmax(logits) - targets`` where the targets sum to one.

    Parameters
    ----------
    logits : array (..., classes): scores before the softmax, with the classes along ``axis``.
    targets : array of the same shape: one-hot rows (see ``one_hot``), or any distributions.
    axis : where the classes lie.

    Returns
    -------
    array (...): the losses in nats.  Take ``np.mean`` of it for a batch.

    Raises
    ------
    ValueError : if the shapes differ.

    Notes
    -----
    Bishop (2006), section 4.3.4.  A target of 0 contributes 0 even where its logit is ``-inf``.  The derivative with
    respect to the targets is ``-log_softmax(logits)``.

    Examples
    --------
    >>> from adkit.ops.network import cross_entropy_logits, one_hot
    >>> cross_entropy_logits(np.zeros((2, 4)), one_hot([0, 3], 4)).round(4)
    array([1.3863, 1.3863])
    """
    logits, targets = _distributions("cross_entropy_logits", logits, targets)
    return negative_expected_log(log_softmax(logits, axis=axis), targets, axis=axis)


def cross_entropy_probabilities(p: Any, targets: Any, axis: int = -1) -> Any:
    """Cross-entropy of probabilities against target distributions: one loss for each example.

    ``-sum(targets * log(p))`` along ``axis``, with 0 log 0 = 0.  Where ``p`` comes from a softmax, prefer
    ``cross_entropy_logits``: it keeps its digits when a probability underflows.

    Parameters
    ----------
    p : array (..., classes): probabilities along ``axis``; they are not normalised here.
    targets : array of the same shape: one-hot rows, or any distributions.
    axis : where the classes lie.

    Returns
    -------
    array (...): the losses in nats; ``inf`` where a class of probability 0 is the target.

    Raises
    ------
    ValueError : if the shapes differ.

    Examples
    --------
    >>> from adkit.ops.network import cross_entropy_probabilities, one_hot
    >>> float(cross_entropy_probabilities(np.array([0.5, 0.5, 0.0]), one_hot(1, 3)).round(4))
    0.6931
    """
    p, targets = _distributions("cross_entropy_probabilities", p, targets)
    negative_axis(axis, p.ndim)
    return -np.add.reduce(xlogy(targets, p), axis=axis)


def one_hot(labels: Any, n: int) -> Any:
    """Integer labels as distributions: 1 at the label, 0 elsewhere.

    Parameters
    ----------
    labels : integers of any shape, from 0 to n - 1.
    n : number of classes.

    Returns
    -------
    array of float64, the shape of ``labels`` with an axis of length ``n`` behind it.

    Raises
    ------
    TypeError : if the labels are no integers.
    ValueError : if a label lies outside 0 ... n - 1.

    Examples
    --------
    >>> from adkit.ops.network import one_hot
    >>> one_hot([2, 0], 3)
    array([[0., 0., 1.],
           [1., 0., 0.]])
    """
    places = np.asarray(labels)
    if not places.size:
        places = places.astype(int)
    if places.dtype.kind not in "iu":
        raise TypeError(f"one_hot: labels must be integers, not {places.dtype}")
    if places.size and not (places.min() >= 0 and places.max() < n):
        raise ValueError(
            f"one_hot: labels must lie from 0 to {n - 1}; they reach from {places.min()} to {places.max()}"
        )
    rows = np.zeros((places.size, n))
    rows[np.arange(places.size), places.ravel()] = 1
    return rows.reshape((*places.shape, n))
