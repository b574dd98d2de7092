"""dot, inner, outer, vdot, tensordot, kron, trace, vecdot, matvec, vecmat and the outer methods."""

import numpy as np
import pytest
from agree import agree, same_error, sample

import adkit

CALLS = [
    (np.inner, [((), ()), ((3,), (3,)), ((2, 3), (3,)), ((2, 3), (4, 3)), ((2, 2, 3), (2, 3)), ((), (2, 3)), ((0, 3), (2, 3))]),
    (np.outer, [((), ()), ((3,), (2,)), ((2, 2), (3,)), ((0,), (3,))]),
    (np.linalg.outer, [((3,), (2,))]),
    (np.vdot, [((3,), (3,)), ((2, 3), (2, 3)), ((2, 3), (3, 2))]),
    (np.dot, [((), (3,)), ((3,), (3,)), ((2, 3), (3, 2)), ((2, 3), (2, 3, 2)), ((3,), (2, 3, 2)), ((2, 2, 3), (3,))]),
    (lambda a, b: np.tensordot(a, b, 1), [((3,), (3,)), ((2, 3), (3, 4)), ((2, 2, 3), (3, 2)), ((2, 0), (0, 3))]),
    (lambda a, b: np.tensordot(a, b, axes=0), [((3,), (2,)), ((2, 2), (3,)), ((), (3,))]),
    (np.tensordot, [((2, 3), (2, 3)), ((4, 2, 3), (2, 3, 2))]),
    (lambda a, b: np.tensordot(a, b, axes=([0, -1], [1, 0])), [((2, 4, 3), (3, 2)), ((2, 4, 3), (3, 2, 2))]),
    (lambda a, b: np.tensordot(a, b, axes=(1, 0)), [((2, 3), (3, 4))]),
    (np.kron, [((), ()), ((3,), (2,)), ((2, 3), (3, 2)), ((2,), (2, 3)), ((2, 3), ()), ((0, 2), (2, 2))]),
    (np.vecdot, [((3,), (3,)), ((2, 3), (3,)), ((2, 1, 3), (4, 3)), ((0,), (0,))]),
    (lambda a, b: np.vecdot(a, b, axis=0), [((3, 2), (3, 2))]),
    (lambda a, b: np.linalg.vecdot(a, b, axis=-2), [((3, 2), (3, 2))]),
    (np.matvec, [((2, 3), (3,)), ((4, 2, 3), (3,)), ((2, 3), (4, 3)), ((3, 3), (3, 3)), ((4, 2, 3), (4, 3))]),
    (np.vecmat, [((3,), (3, 2)), ((4, 3), (3, 2)), ((3,), (4, 3, 2)), ((4, 3), (4, 3, 2))]),
    (np.linalg.matmul, [((2, 3), (3, 4))]),
    (np.multiply.outer, [((3,), (2,)), ((2, 3), (2,)), ((), (3,)), ((3,), ())]),
    (np.add.outer, [((3,), (2,)), ((2, 3), (2, 2))]),
    (np.subtract.outer, [((3,), (2,))]),
    (np.maximum.outer, [((3,), (2,))]),
    (np.logaddexp.outer, [((3,), (2, 2))]),
]  # fmt: skip


@pytest.mark.parametrize(("f", "a", "b"), [(f, a, b) for f, shapes in CALLS for a, b in shapes])
def test_agrees(f, a, b):
    agree(f, sample(a), sample(b, seed=1))


@pytest.mark.parametrize(
    ("f", "shape"),
    [
        (np.trace, (3, 3)), (np.trace, (2, 3)), (np.trace, (3, 3, 2)), (lambda x: np.trace(x, 1), (3, 3)),
        (lambda x: x.trace(-1, axis1=2, axis2=0), (3, 2, 3)), (lambda x: np.linalg.trace(x, offset=1), (2, 3, 3)),
    ],
)  # fmt: skip
def test_trace(f, shape):
    agree(f, sample(shape))


def test_the_first_operand_is_conjugated():
    rng = np.random.default_rng(0)
    draw = lambda *shape: rng.normal(size=shape) + 1j * rng.normal(size=shape)
    a, b, m = draw(3), draw(3), draw(3, 2)
    for f, x, y in ((np.vdot, a, b), (np.vecdot, a, b), (np.vecmat, a, m)):
        va, vb = draw(*x.shape), draw(*y.shape)
        value, tangent = adkit.jvp(f, (x, y), (va, vb))
        np.testing.assert_allclose(value, f(x, y))
        np.testing.assert_allclose(tangent, f(va, y) + f(x, vb))
        g = draw(*np.shape(value))
        bars = adkit.vjp(f, x, y)[1](g[()])
        pairing = sum([np.sum(bar * v).real for bar, v in zip(bars, (va, vb), strict=True)])
        np.testing.assert_allclose(pairing, np.sum(g * tangent).real)


@pytest.mark.parametrize(
    ("f", "a", "b"),
    [
        (np.inner, (3,), (2,)), (np.vdot, (3,), (2,)), (np.tensordot, (2, 3), (3, 2)),
        (lambda a, b: np.tensordot(a, b, ([0, 0], [0, 1])), (2, 3), (2, 2)), (np.matvec, (2, 3), (2,)), (np.vecdot, (2,), (3,)),
        (lambda a, b: np.tensordot(a, b, (2, 0)), (2, 3), (2, 2)), (np.matvec, (3,), (3,)), (np.vecmat, (3,), (3,)),
    ],
)  # fmt: skip
def test_wrong_use(f, a, b):
    same_error(f, sample(a), sample(b))


def test_more_axes_than_there_are():
    with pytest.raises(ValueError, match="axes=2"):
        adkit.grad(lambda x: np.tensordot(x, x))(sample((3,)))
    with pytest.raises(ValueError, match="two dimensions"):
        adkit.grad(np.trace)(sample((3,)))
