"""Functions of our own, as NumPy source: what a program that calls them is written with.

A short one becomes an expression, a longer one a function above the program.  So the source of every program
runs with NumPy alone; a function that the user registered enters under its own name, as a constant.
"""

from __future__ import annotations

__all__ = ["EXPRESSIONS", "FUNCTIONS"]

EXPRESSIONS: dict[str, str] = {
    "relu": "np.maximum({0}, 0)",
    "leaky_relu": "np.where({0} > 0, {0}, {1} * {0})",
    "softplus": "np.logaddexp({0}, 0)",
    "sigmoid": "1 / (1 + np.exp(np.minimum(-{0}, 709)))",
    "real": "np.real({0})",
    "imag": "np.imag({0})",
}
"""By the op's name: its operands take the places {0}, {1} (names or parenthesised numbers)."""

FUNCTIONS: dict[str, str] = {
    "softmax": '''
def softmax(x, axis=-1):
    e = np.exp(x - np.max(x, axis=axis, keepdims=True, initial=-np.inf))
    return e / np.sum(e, axis=axis, keepdims=True)
''',
    "log_softmax": '''
def log_softmax(x, axis=-1):
    t = x - np.max(x, axis=axis, keepdims=True, initial=-np.inf)
    return t - np.log(np.sum(np.exp(t), axis=axis, keepdims=True)) if t.size else t
''',
    "logsumexp": '''
def logsumexp(x, axis=None, keepdims=False):
    top = np.max(x, axis=axis, keepdims=True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, 0)
    with np.errstate(divide="ignore"):
        y = np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)) + top
    return y if keepdims else np.squeeze(y, axis=axis)[()]
''',
    "negative_expected_log": '''
def negative_expected_log(log_p, targets, axis=-1):
    with np.errstate(invalid="ignore"):
        return -np.sum(np.where(np.equal(targets, 0), 0, log_p * targets), axis=axis)
''',
    "xlogy": '''
def xlogy(x, y):
    return x * np.log(np.where(np.equal(x, 0) & np.equal(y, y), 1, y))
''',
    "euclidean_norm": '''
def euclidean_norm(x, axis=None, keepdims=False):
    return np.sqrt(np.sum(np.real(x * np.conjugate(x)), axis=axis, keepdims=keepdims))
''',
    "p_norm": '''
def p_norm(x, order=3.0, axis=None, keepdims=False):
    with np.errstate(divide="ignore"):
        return np.sum(np.abs(x) ** order, axis=axis, keepdims=keepdims) ** (1 / order)
''',
    "complex_sign": '''
def complex_sign(x):
    return np.where(np.equal(x, 0), 0, x / np.abs(np.where(np.equal(x, 0), 1, x)))[()]
''',
    "embed_diagonal": '''
def embed_diagonal(v, shape, offset=0, axis1=-2, axis2=-1):
    full, k = np.zeros(shape, v.dtype), np.arange(v.shape[-1])
    np.moveaxis(full, (axis1, axis2), (-2, -1))[..., k + max(-offset, 0), k + max(offset, 0)] = v
    return full
''',
    "scatter": '''
def scatter(shape, *pieces):
    total = np.zeros(shape, np.result_type(*[g for _, g in pieces]))
    for index, g in pieces:
        np.add.at(total, index, g)
    return total
''',
    "setitem": '''
def setitem(x, index, value):
    x = np.array(x)
    x[index] = value
    return x
''',
}  # fmt: skip
"""By the op's name: the text of a function that takes the op's operands and keywords."""
