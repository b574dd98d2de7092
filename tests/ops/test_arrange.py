"""tile, repeat, pad, flip, roll, rot90, diagonals, triangles."""

import numpy as np
import pytest
from agree import agree, same_error, sample

import adkit

CALLS = [
    (lambda x: np.tile(x, 2), [(), (3,), (2, 3), (0,)]),
    (lambda x: np.tile(x, (2, 1, 3)), [(3,), (2, 3), (2, 1, 3, 2)]),
    (lambda x: np.tile(x, 0), [(3,)]),
    (lambda x: np.tile(x, (1, 1)), [(3,)]),
    (lambda x: np.repeat(x, 2), [(), (3,), (2, 3)]),
    (lambda x: np.repeat(x, 3, axis=0), [(3,), (2, 3), (0, 2)]),
    (lambda x: x.repeat(2, -1), [(2, 3)]),
    (lambda x: np.repeat(x, [1, 0, 2], axis=1), [(2, 3), (2, 3, 2)]),
    (lambda x: np.repeat(x, [2, 1, 3]), [(3,)]),
    (lambda x: np.repeat(x, [2], axis=0), [(3, 2)]),
    (lambda x: np.repeat(x, 0), [(3,)]),
    (lambda x: np.pad(x, 2), [(3,), (2, 3), (0,)]),
    (lambda x: np.pad(x, (1, 2)), [(3,), (2, 3)]),
    (lambda x: np.pad(x, ((1, 0), (0, 2)), constant_values=3.0), [(2, 3)]),
    (lambda x: np.pad(x, ((1, 1), (0, 2)), "constant", constant_values=((1.0, 2.0), (3.0, 4.0))), [(2, 3)]),
    (lambda x: np.pad(x, 2, mode="edge"), [(3,), (2, 3)]),
    (lambda x: np.pad(x, ((0, 0), (1, 2)), mode="reflect"), [(2, 3)]),
    (lambda x: np.pad(x, 7, "reflect"), [(3,)]),
    (lambda x: np.pad(x, 4, "symmetric"), [(3,), (2, 2)]),
    (lambda x: np.pad(x, (4, 5), "wrap"), [(3,), (2, 3)]),
    (lambda x: np.flip(x), [(), (3,), (2, 3), (0,)]),
    (lambda x: np.flip(x, 0), [(3,), (2, 3)]),
    (lambda x: np.flip(x, (0, -1)), [(2, 3, 2)]),
    (np.fliplr, [(2, 3), (2, 3, 2)]),
    (np.flipud, [(3,), (2, 3)]),
    (lambda x: np.roll(x, 1), [(), (3,), (2, 3), (0,)]),
    (lambda x: np.roll(x, -4, axis=0), [(3,), (2, 3)]),
    (lambda x: np.roll(x, (1, 2), axis=(0, 1)), [(2, 3), (2, 3, 2)]),
    (lambda x: np.roll(x, 1, axis=(1, 1)), [(2, 3)]),
    (lambda x: np.rot90(x), [(2, 3), (2, 3, 2)]),
    (lambda x: np.rot90(x, 2), [(2, 3)]),
    (lambda x: np.rot90(x, -1, axes=(1, 2)), [(2, 3, 2)]),
    (lambda x: np.rot90(x, 4), [(2, 3)]),
    (np.diag, [(3,), (3, 3), (2, 3), (0,)]),
    (lambda x: np.diag(x, 1), [(3,), (3, 3), (2, 3)]),
    (lambda x: np.diag(x, -2), [(2,), (3, 3)]),
    (lambda x: np.diagonal(x), [(3, 3), (2, 3), (2, 2, 3), (0, 2)]),
    (lambda x: np.diagonal(x, 1, 2, 0), [(2, 3, 3)]),
    (lambda x: x.diagonal(-1, axis1=0, axis2=2), [(2, 3, 3)]),
    (lambda x: np.linalg.diagonal(x, offset=1), [(2, 2, 3)]),
    (np.diagflat, [(), (3,), (2, 2)]),
    (lambda x: np.diagflat(x, -1), [(2,)]),
    (np.tril, [(3,), (3, 3), (2, 3), (2, 3, 3)]),
    (np.triu, [(3,), (3, 3), (2, 3), (2, 3, 3)]),
    (lambda x: np.tril(x, -1), [(3, 3)]),
    (lambda x: np.triu(x, 1), [(2, 3)]),
]


@pytest.mark.parametrize(("f", "shape"), [(f, shape) for f, shapes in CALLS for shape in shapes])
def test_agrees(f, shape):
    agree(f, sample(shape))


def test_constants_of_a_frame_are_differentiated():
    # NumPy asks only the array itself for its hook, so that must be differentiated as well.
    agree(lambda x, c: np.pad(x + c, ((1, 2), (0, 1)), constant_values=c), sample((2, 3)), sample(()))
    agree(lambda x, c: np.pad(x * c[0], (1, 2), constant_values=(c[0], c[1])), sample((2, 3)), sample((2,)))


def test_pad_by_axis():
    x = sample((2, 3))
    expected = np.pad(x, ((0, 0), (1, 2)))
    np.testing.assert_array_equal(adkit.jvp(lambda x: np.pad(x, {1: (1, 2)}), (x,), (x,))[1], expected)


def test_a_function_as_the_mode_of_pad_is_refused():
    with pytest.raises(adkit.UnsupportedError, match="concatenate"):
        adkit.grad(lambda x: np.sum(np.pad(x, 1, lambda *a: None)))(sample((3,)))


@pytest.mark.parametrize(
    ("f", "shape"),
    [
        (lambda x: np.repeat(x, -1), (3,)), (lambda x: np.repeat(x, [1, 2]), (3,)), (lambda x: np.repeat(x, 2, axis=2), (2, 3)),
        (lambda x: np.flip(x, 2), (2, 3)), (np.fliplr, (3,)), (np.flipud, ()), (lambda x: np.roll(x, 1, 1), (3,)),
        (lambda x: np.rot90(x), (3,)), (lambda x: np.rot90(x, axes=(0, 0)), (2, 3)), (np.diag, ()), (np.diag, (2, 2, 2)),
        (np.diagonal, (3,)), (lambda x: np.diagonal(x, 0, 1, 1), (2, 2)), (np.tril, ()),
        (lambda x: np.pad(x, -1), (3,)), (lambda x: np.pad(x, 1.5), (3,)), (lambda x: np.pad(x, ((1, 1), (1, 1))), (3,)),
        (lambda x: np.pad(x, 1, "edge"), (0,)), (lambda x: np.pad(x, 1, "edge", constant_values=1), (3,)),
        (lambda x: np.tile(x, -1), (3,)), (lambda x: np.tile(x, 1.5), (3,)),
    ],
)  # fmt: skip
def test_wrong_use(f, shape):
    same_error(f, sample(shape))
