"""Joining and splitting."""

import numpy as np
import pytest
from agree import agree, same_error, sample

import adkit


def total(parts):
    """All parts in one vector, weighted by their place, so that each is told from the others."""
    return np.concatenate([np.ravel(part) * float(k + 1) for k, part in enumerate(parts)])


JOINS = [
    (lambda a, b: np.dstack([a, b]), (3,), (3,)),
    (lambda a, b: np.dstack((a, b)), (2, 3), (2, 3)),
    (lambda a, b: np.dstack([a, b]), (2, 3, 1), (2, 3, 2)),
    (lambda a, b: np.column_stack([a, b]), (3,), (3,)),
    (lambda a, b: np.column_stack([a, b]), (3,), (3, 2)),
    (lambda a, b: np.block([a, b]), (3,), (2,)),
    (lambda a, b: np.block([[a, b], [b, a]]), (2, 2), (2, 2)),
    (lambda a, b: np.block([[a, np.zeros_like(a)[:, :1]], [b]]), (2, 2), (1, 3)),
    (lambda a, b: np.block([a, b]), (), (1, 1, 2)),
    (lambda a, b: np.append(a, b), (2, 3), (2,)),
    (lambda a, b: np.append(a, b, axis=0), (2, 3), (1, 3)),
    (lambda a, b: np.append(a, b, axis=-1), (2, 3), (2, 2)),
    (lambda a, b: np.insert(a, 1, b), (3,), ()),
    (lambda a, b: np.insert(a, 1, b), (3,), (2,)),
    (lambda a, b: np.insert(a, [0, 2], b), (3,), (2,)),
    (lambda a, b: np.insert(a, [0, 2, 2], b), (2, 2), ()),
    (lambda a, b: np.insert(a, -1, b, axis=1), (2, 3), (2,)),
    (lambda a, b: np.insert(a, [1], b, axis=1), (2, 3), (2, 2)),
    (lambda a, b: np.insert(a, slice(0, 2), b, axis=0), (3, 2), (2,)),
    (lambda a, b: np.insert(a, [0, 3], b, axis=1), (2, 3), (2, 2)),
    (lambda a, b: total(np.meshgrid(a, b)), (3,), (2,)),
    (lambda a, b: total(np.meshgrid(a, b, indexing="ij")), (3,), (2,)),
    (lambda a, b: total(np.meshgrid(a, b, sparse=True)), (3,), (2,)),
    (lambda a, b: total(np.meshgrid(a, b)), (), (2,)),
]

SPLITS = [
    (lambda x: np.split(x, 2), (4,)),
    (lambda x: np.split(x, [1, 3], axis=1), (2, 4)),
    (lambda x: np.split(x, [3, 1, 9]), (4,)),
    (lambda x: np.split(x, [-2]), (4,)),
    (lambda x: np.array_split(x, 3), (4,)),
    (lambda x: np.array_split(x, 3, axis=-1), (2, 4)),
    (lambda x: np.array_split(x, 3), (2, 2)),
    (lambda x: np.hsplit(x, 2), (4,)),
    (lambda x: np.hsplit(x, 2), (3, 4)),
    (lambda x: np.vsplit(x, [1]), (3, 2)),
    (lambda x: np.dsplit(x, 2), (2, 1, 4)),
    (lambda x: np.delete(x, 1), (3,)),
    (lambda x: np.delete(x, [0, -1], axis=1), (2, 3)),
    (lambda x: np.delete(x, slice(0, 2)), (2, 2)),
    (lambda x: np.delete(x, [True, False, True], axis=0), (3, 2)),
    (lambda x: np.delete(x, []), (3,)),
]


@pytest.mark.parametrize(("f", "a", "b"), JOINS)
def test_joins(f, a, b):
    agree(f, sample(a), sample(b, seed=1))


@pytest.mark.parametrize(("f", "shape"), SPLITS)
def test_splits(f, shape):
    x = sample(shape)
    parts = f(x)
    if isinstance(parts, list):
        agree(lambda x: total(f(x)), x)
        boxed = [None]
        adkit.jvp(lambda x: boxed.__setitem__(0, [p.shape for p in f(x)]) or x, (x,), (x,))
        assert boxed[0] == [p.shape for p in parts]
    else:
        agree(f, x)


@pytest.mark.skipif(not hasattr(np, "unstack"), reason="np.unstack came with NumPy 2.1")
def test_unstack():
    agree(lambda x: total(np.unstack(x, axis=1)), sample((2, 3)))


@pytest.mark.parametrize(
    ("f", "shape"),
    [
        (lambda x: np.split(x, 3), (4,)), (lambda x: np.split(x, 2, axis=1), (4,)), (lambda x: np.array_split(x, 0), (4,)),
        (lambda x: np.hsplit(x, 2), ()), (lambda x: np.vsplit(x, 2), (4,)), (lambda x: np.dsplit(x, 2), (2, 2)),
        (lambda x: np.delete(x, 5), (3,)), (lambda x: np.insert(x, 5, 1.0), (3,)), (lambda x: np.block([x, [x]]), (2,)),
        (lambda x: np.block([[x], []]), (2,)), (lambda x: np.meshgrid(x, x, indexing="zz"), (2,)),
        (lambda x: np.append(x, np.zeros(2), axis=0), (2, 2)), (lambda x: np.insert(x, [0, 1], np.zeros(3)), (3,)),
    ],
)  # fmt: skip
def test_wrong_use(f, shape):
    same_error(f, sample(shape))
