"""take, compress, select, choose, sort, partition."""

import numpy as np
import pytest
from agree import agree, same_error, sample

import adkit

CALLS = [
    (lambda x: np.take(x, 1), [(3,), (2, 3)]),
    (lambda x: np.take(x, [0, 2, 2]), [(3,), (2, 3)]),
    (lambda x: x.take([[0, 1], [1, -1]], axis=0), [(3,), (2, 3)]),
    (lambda x: np.take(x, [0, 2, 0], axis=-1), [(2, 3), (2, 2, 3)]),
    (lambda x: np.take(x, [], axis=0), [(3,), (2, 3)]),
    (lambda x: np.take(x, [-4, 5, 1], axis=0, mode="wrap"), [(3, 2)]),
    (lambda x: np.take(x, [-4, 5, 1], mode="clip"), [(3,)]),
    (lambda x: np.take(x, 1, axis=1), [(2, 3, 2)]),
    (lambda x: np.take(x, 0), [()]),
    (lambda x: np.take_along_axis(x, np.array([[0, 2, 1, 1], [1, 1, 0, 2]]), axis=1), [(2, 3)]),
    (lambda x: np.take_along_axis(x, np.array([[1, 0, 1]]), 0), [(2, 3)]),
    (lambda x: np.take_along_axis(x, np.array([3, 3, 0]), axis=None), [(2, 3)]),
    (lambda x: np.take_along_axis(x, np.argsort(x, axis=-2), axis=-2), [(2, 3), (2, 3, 2)]),
    (lambda x: np.compress([True, False, True], x), [(3,), (2, 3)]),
    (lambda x: x.compress([False, True], axis=1), [(2, 3)]),
    (lambda x: np.extract(x > 0, x), [(3,), (2, 3)]),
    (lambda x: np.select([x > 1, x > 0], [x * x, 3 * x], default=-1.0), [(), (3,), (2, 3)]),
    (lambda x: np.select([x > 1], [x], x[:1]), [(3,), (3, 2)]),
    (lambda x: np.choose([[0, 1, 0], [1, 1, 0]], [x, 2 * x]), [(3,), (2, 3), ()]),
    (lambda x: np.choose([4, -1, 0], [x, 2 * x], mode="wrap"), [(3,)]),
    (lambda x: np.choose([4, -1, 0], [x, 2 * x], mode="clip"), [(3,)]),
    (lambda x: np.sort(x), [(3,), (2, 3), (0,)]),
    (lambda x: np.sort(x, axis=0), [(3, 2), (3, 2, 2)]),
    (lambda x: np.sort(x, axis=None), [(2, 3)]),
    (lambda x: np.partition(x, 1), [(3,), (2, 3)]),
    (lambda x: np.sort(np.partition(x, (0, 2), axis=0), 0), [(4, 2)]),
]


@pytest.mark.parametrize(("f", "shape"), [(f, shape) for f, shapes in CALLS for shape in shapes])
def test_agrees(f, shape):
    agree(f, sample(shape))


def test_indices_repeated_many_times_add_up():
    rows = np.array([0, 1, 1, 2, 1])
    w = sample((3, 4))
    expected = np.array([1.0, 3.0, 1.0])[:, None] * np.ones(4)
    np.testing.assert_array_equal(adkit.grad(lambda w: np.sum(np.take(w, rows, axis=0)))(w), expected)


def test_sort_breaks_ties_by_position():
    x = np.array([2.0, 1.0, 1.0])
    np.testing.assert_array_equal(adkit.jacrev(np.sort)(x), [[0, 1, 0], [0, 0, 1], [1, 0, 0]])
    np.testing.assert_array_equal(adkit.jacfwd(np.sort)(x), [[0, 1, 0], [0, 0, 1], [1, 0, 0]])


def test_many_ties_keep_their_order():
    x = np.repeat([1.0, 0.0], 50)
    weights = np.arange(100.0)
    g = adkit.grad(lambda x: np.sum(weights * np.sort(x)))(x)
    np.testing.assert_array_equal(g, np.concatenate([weights[50:], weights[:50]]))


def test_the_branch_not_selected_gives_no_nan():
    f = lambda x: np.sum(np.select([x > 0], [np.log(x)], 0.0))
    with np.errstate(divide="ignore"):
        np.testing.assert_array_equal(adkit.grad(f)(np.array([0.0, 2.0])), [0.0, 0.5])


@pytest.mark.parametrize("f", [np.sort, lambda z: np.partition(z, 1)])
def test_complex_order_is_refused(f):
    with pytest.raises(adkit.UnsupportedError, match="complex"):
        adkit.vjp(f, np.array([1j, 2.0]))


@pytest.mark.parametrize(
    ("f", "shape"),
    [
        (lambda x: np.take(x, 3), (3,)), (lambda x: np.take(x, [0, 3], axis=0), (3, 2)),
        (lambda x: np.take(x, 0, axis=2), (2, 3)), (lambda x: np.take(x, 0, mode="no"), (3,)),
        (lambda x: np.take(x, [1], mode="wrap"), (0,)),
        (lambda x: np.take_along_axis(x, np.array([0]), axis=1), (2, 3)),
        (lambda x: np.take_along_axis(x, np.array([[0.0]]), axis=1), (2, 3)),
        (lambda x: np.compress([True] * 5, x), (3,)), (lambda x: np.compress([[True]], x), (3,)),
        (lambda x: np.select([x > 0], [x, x]), (3,)), (lambda x: np.select([], [x][:0], x), (3,)),
        (lambda x: np.select([np.array([1, 0, 1])], [x]), (3,)), (lambda x: np.choose([0, 2, 1], [x, x]), (3,)),
        (lambda x: np.sort(x, axis=1), (3,)), (np.sort, ()), (lambda x: np.partition(x, 5), (3,)),
    ],
)  # fmt: skip
def test_wrong_use(f, shape):
    same_error(f, sample(shape))


def test_indices_that_are_no_integers_are_refused():
    with pytest.raises(TypeError, match="integers"):
        adkit.grad(lambda x: np.take(x, 0.5))(sample((3,)))
