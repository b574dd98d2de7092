"""einsum in every spelling."""

import numpy as np
import pytest
from agree import agree, same_error, sample

import adkit
from adkit.ops.einsum import einsum, normalise


def _split(operands):
    """The operands of a case, as their places and shapes."""
    return [k for k, x in enumerate(operands) if isinstance(x, tuple)]


@pytest.mark.parametrize("case", einsum.cases, ids=repr)
def test_agrees(case):
    places = _split(case.operands)

    def f(*xs):
        operands = list(case.operands)
        for k, x in zip(places, xs, strict=True):
            operands[k] = x
        return np.einsum(*operands, **case.kw)

    agree(f, *[sample(case.operands[k], seed=k) for k in places])


@pytest.mark.parametrize(
    ("subscripts", "shapes", "expected"),
    [
        ("ij,jk", ((2, 3), (3, 4)), "ij,jk->ik"),
        ("ba", ((2, 3),), "ba->ab"),
        ("ii", ((3, 3),), "ii->"),
        ("i j , j k -> k i", ((2, 3), (3, 4)), "ij,jk->ki"),
        ("...ij,...jk", ((5, 2, 3), (3, 4)), "Aij,jk->Aik"),
        ("i...", ((2, 3, 4),), "iAB->ABi"),
        ("...,...->...", ((), (2,)), ",A->A"),
    ],
)
def test_spelled_out(subscripts, shapes, expected):
    assert normalise(subscripts, shapes) == expected


def test_an_explicit_path():
    a, b, c = sample((2, 3)), sample((3, 4), 1), sample((4, 2), 2)
    path = np.einsum_path("ij,jk,kl->il", a, b, c)[0]
    agree(lambda a, b, c: np.einsum("ij,jk,kl->il", a, b, c, optimize=path), a, b, c, order=1)


def test_the_same_operand_twice():
    agree(lambda x: np.einsum("ij,ij->", x, x), sample((2, 3)))
    agree(lambda x: np.einsum("ij,jk,ki->", x, x, x), sample((3, 3)))


def test_constants_and_lists():
    a = sample((2, 3))
    agree(lambda x: np.einsum("ij,j->i", a.astype(x.dtype), x), sample((3,)))
    np.testing.assert_array_equal(adkit.grad(lambda x: np.einsum("j,j->", [1, 2, 3], x))(sample((3,))), [1, 2, 3])


def test_complex_operands_are_not_conjugated():
    rng = np.random.default_rng(0)
    a = rng.normal(size=(2, 3)) + 1j * rng.normal(size=(2, 3))
    x = rng.normal(size=3) + 1j * rng.normal(size=3)
    g = rng.normal(size=2) + 1j * rng.normal(size=2)
    _, pullback = adkit.vjp(lambda a, x: np.einsum("ij,j->i", a, x), a, x)
    bar_a, bar_x = pullback(g)
    np.testing.assert_allclose(bar_a, np.outer(g, x))
    np.testing.assert_allclose(bar_x, a.T @ g)


def test_an_infinite_entry_that_nothing_reaches():
    f = lambda x: np.einsum("i,i->i", x, np.array([np.inf, 1.0]))[1]
    np.testing.assert_array_equal(adkit.grad(f)(np.array([1.0, 2.0])), [0.0, 1.0])


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.einsum("ij", x), lambda x: np.einsum("i,i", x), lambda x: np.einsum("i->ii", x),
        lambda x: np.einsum("i->j", x),
        lambda x: np.einsum("i,i->i", x, np.ones(2)), lambda x: np.einsum("i1->i", x), lambda x: np.einsum("...i->i", x[None]),
        lambda x: np.einsum(x, [60]), lambda x: np.einsum("i..->i", x),
    ],
)  # fmt: skip
def test_wrong_use(f):
    same_error(f, sample((3,)))


def test_out_is_refused():
    x = sample((3,))
    with pytest.raises(adkit.UnsupportedError, match="out="):
        adkit.grad(lambda x: np.einsum("i->", x, out=np.zeros(())))(x)
