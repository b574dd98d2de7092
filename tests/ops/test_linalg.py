"""numpy.linalg: every function, on stacks, on complex matrices, and where matrices are singular or eigenvalues repeat."""

import numpy as np
import pytest
from agree import agree, agree_complex, same_error, sample

import adkit

linalg = np.linalg
A = 0.4 * sample((3, 3)) + np.diag([2.0, 2.5, -1.5])
S = np.stack([A, A.T + 0.3, 0.4 * sample((3, 3), seed=5) - np.diag([3.0, 2.0, 1.0])])
Z = A + 1j * sample((3, 3), seed=1)
ZS = np.stack([Z, Z.T + 0.2j])
WIDE, TALL = sample((2, 4)), sample((4, 2), seed=3)
POSITIVE = A @ A.T + np.eye(3)
HERMITIAN = Z @ Z.conj().T + np.eye(3)


# systems of equations --------------------------------------------------------------------------------

OF_ONE_SQUARE = {
    "inv": linalg.inv,
    "pinv": linalg.pinv,
    "det": linalg.det,
    "slogdet": linalg.slogdet,
    "logdet": lambda a: linalg.slogdet(a)[1],
    "matrix_power 0": lambda a: linalg.matrix_power(a, 0) + a,
    "matrix_power 1": lambda a: linalg.matrix_power(a, 1),
    "matrix_power 3": lambda a: linalg.matrix_power(a, 3),
    "matrix_power -2": lambda a: linalg.matrix_power(a, -2),
    "cond": linalg.cond,
    "cond -2": lambda a: linalg.cond(a, -2),
    "cond 1": lambda a: linalg.cond(a, 1),
    "cond inf": lambda a: linalg.cond(a, np.inf),
    "cond fro": lambda a: linalg.cond(a, "fro"),
    "trace": lambda a: linalg.trace(a, offset=1),
    "outer": lambda a: linalg.outer(a[..., 0, :].reshape(-1), a[..., 1, :].reshape(-1)),
    "cross": lambda a: linalg.cross(a[..., 0], a[..., 1]),
    "matmul": lambda a: linalg.matmul(a, a),
    "diagonal": lambda a: linalg.diagonal(a, offset=-1),
    "matrix_transpose": linalg.matrix_transpose,
    "solve of itself": lambda a: linalg.solve(a, a * a),
}


@pytest.mark.parametrize("name", OF_ONE_SQUARE)
@pytest.mark.parametrize("x", [A, S, Z, ZS[None]], ids=["one", "stack", "complex", "complex stack"])
def test_of_one_square_matrix(name, x):
    agree_complex(OF_ONE_SQUARE[name], x, tolerance=1e-6)


@pytest.mark.parametrize("a", [A, S, Z, S[:, None]], ids=["one", "stack", "complex", "deep"])
@pytest.mark.parametrize("b", [(3,), (3, 2), (3, 3, 1), (1, 3, 2)], ids=str)
def test_solve(a, b):
    b = sample(b)
    agree_complex(linalg.solve, a, b, tolerance=1e-6)
    agree_complex(lambda b: linalg.solve(a, b), b, single=False)
    if b.ndim < 3:
        agree_complex(lambda a: linalg.solve(a, b + 1j * b), a, single=False, tolerance=1e-6)


def test_solve_of_lists_and_integers():
    agree(lambda b: linalg.solve([[2, 1], [1, 3]], b), sample((2,)), single=False)
    agree(lambda a: linalg.solve(a, [1, 2, 3]), A, single=False)
    agree(lambda a: linalg.solve(a, [a[0, 0], a[1, 1], 1.0]), A, single=False)


@pytest.mark.parametrize("x", [WIDE, TALL, np.stack([TALL, 2 * TALL[::-1]]), TALL + 1j * TALL[::-1]], ids=["wide", "tall", "stack", "complex"])
def test_pinv(x):
    agree_complex(linalg.pinv, x)
    agree_complex(lambda x: linalg.pinv(x, rcond=1e-10), x, order=1)
    agree_complex(lambda x: linalg.pinv(x, rtol=1e-10), x, order=1)


def test_pinv_of_constant_rank():
    """Of rank one, through a factorisation that keeps it."""
    agree(lambda u, v: linalg.pinv(np.outer(u, v)), sample((3,)), sample((2,)), tolerance=1e-6)


def test_pinv_of_a_hermitian_matrix():
    agree(lambda x: linalg.pinv(x, hermitian=True), POSITIVE)


@pytest.mark.parametrize("b", [(4,), (4, 2)], ids=str)
def test_lstsq(b):
    b = sample(b)
    agree(lambda a, b: linalg.lstsq(a, b)[0], TALL, b, tolerance=1e-6)
    agree(lambda a, b: linalg.lstsq(a, b, rcond=None)[1], TALL, b, tolerance=1e-6)
    agree(lambda a: linalg.lstsq(a, b[:2])[0], WIDE, tolerance=1e-6, single=False)
    agree(lambda a: linalg.lstsq(a, b)[3], TALL, tolerance=1e-6, single=False)
    agree_complex(lambda a: linalg.lstsq(a, b)[0], TALL + 1j * TALL[::-1], tolerance=1e-6, single=False)
    plain = linalg.lstsq(TALL, b)

    def f(a):
        x, residuals, rank, s = linalg.lstsq(a, b)
        assert rank == plain[2]
        assert (x.shape, residuals.shape, s.shape) == (plain[0].shape, plain[1].shape, plain[3].shape)
        return np.sum(x)

    adkit.grad(f)(TALL)


SINGULAR = {
    "rank 2": np.arange(1.0, 10.0).reshape(3, 3),
    "rank 1": np.outer([1.0, 2.0, -1.0], [0.5, 1.0, 3.0]),
    "zero": np.zeros((3, 3)),
    "one zero": np.zeros((1, 1)),
    "a row of zeros": np.array([[1.0, 2.0], [0.0, 0.0]]),
}


@pytest.mark.parametrize("name", SINGULAR)
def test_det_of_singular_matrices(name):
    agree(linalg.det, SINGULAR[name])
    agree(lambda a: linalg.det(np.stack([a, a + np.eye(len(a))])), SINGULAR[name], single=False)


def test_det_of_a_large_singular_matrix():
    a = sample((14, 14))
    a[3] = a[5] + a[7]
    v = sample((14, 14), seed=1)
    slope = adkit.jvp(linalg.det, (a,), (v,))[1]
    expected = (linalg.det(a + 1e-4 * v) - linalg.det(a - 1e-4 * v)) / 2e-4
    np.testing.assert_allclose(slope, expected, rtol=1e-5)
    np.testing.assert_allclose(np.sum(adkit.grad(linalg.det)(a) * v), slope, rtol=1e-9)


def test_slogdet_of_a_singular_matrix_warns():
    a = np.ones((2, 2))
    for run in (lambda: adkit.grad(lambda a: linalg.slogdet(a)[1])(a), lambda: adkit.jvp(lambda a: linalg.slogdet(a)[1], (a,), (a,))):
        with pytest.warns(adkit.AdkitWarning, match="slogdet: a matrix is singular"):
            run()


@pytest.mark.parametrize("f", [linalg.inv, lambda a: linalg.solve(a, np.ones(2))])
def test_singular_systems_fail_as_numpy_does(f):
    same_error(f, np.ones((2, 2)))


@pytest.mark.parametrize("count", [2, 3, 4, 5])
def test_multi_dot(count):
    shapes = [(2, 3), (3, 4), (4, 1), (1, 3), (3, 2)][:count]
    xs = [sample(s, seed=k) for k, s in enumerate(shapes)]
    agree(lambda *xs: linalg.multi_dot(xs), *xs)
    agree(lambda *xs: linalg.multi_dot([xs[0][0], *xs[1:]]), *xs)
    agree(lambda *xs: linalg.multi_dot([*xs[:-1], xs[-1][:, 0]]), *xs)
    agree(lambda *xs: linalg.multi_dot([xs[0][0], *xs[1:-1], xs[-1][:, 0]]), *xs)
    agree(lambda x: linalg.multi_dot([x, *xs[1:]]), xs[0], single=False)


def test_tensors():
    a = sample((2, 3, 6)) + np.eye(6).reshape(2, 3, 6)
    agree(lambda a: linalg.tensorinv(a, ind=2), a)
    agree(lambda a, b: linalg.tensorsolve(a, b), a, sample((2, 3)))


# factorisations --------------------------------------------------------------------------------------


def symmetric(x):
    return (x + np.swapaxes(x, -1, -2).conj()) / 2


@pytest.mark.parametrize("x", [POSITIVE, np.stack([POSITIVE, 2 * POSITIVE]), HERMITIAN], ids=["one", "stack", "complex"])
def test_cholesky(x):
    agree_complex(linalg.cholesky, x)
    agree_complex(lambda x: linalg.cholesky(x, upper=True), x)
    agree_complex(lambda x: linalg.cholesky(symmetric(x)), x)


def test_cholesky_gives_the_log_determinant():
    f = lambda x: 2 * np.sum(np.log(np.diagonal(linalg.cholesky(symmetric(x)))))
    np.testing.assert_allclose(adkit.grad(f)(POSITIVE), linalg.inv(POSITIVE))
    np.testing.assert_allclose(adkit.jacfwd(f)(POSITIVE), linalg.inv(POSITIVE))


def test_only_the_triangle_that_is_read_has_a_derivative():
    for f in (linalg.cholesky, linalg.eigvalsh):
        assert not np.triu(adkit.grad(lambda x: np.sum(f(x)))(POSITIVE), 1).any()
    for f in (lambda x: linalg.cholesky(x, upper=True), lambda x: linalg.eigvalsh(x, "U")):
        assert not np.tril(adkit.grad(lambda x: np.sum(f(x)))(POSITIVE), -1).any()


@pytest.mark.parametrize("mode", ["reduced", "r", "complete"])
@pytest.mark.parametrize("x", [A, S, Z, WIDE, WIDE + 1j * WIDE[::-1]], ids=["square", "stack", "complex", "wide", "wide complex"])
def test_qr(x, mode):
    agree_complex(lambda x: linalg.qr(x, mode), x)


@pytest.mark.parametrize("x", [TALL, TALL + 1j * TALL[::-1], sample((2, 3, 1))], ids=["tall", "complex", "stack"])
def test_qr_of_tall_matrices(x):
    agree_complex(linalg.qr, x)

    def invariants(x):
        q, r = linalg.qr(x, mode="complete")
        more = q[..., x.shape[-1] :]
        return np.matmul(more, np.swapaxes(more.conj(), -1, -2)), np.matmul(q, r), r

    agree_complex(invariants, x)


def test_qr_of_dependent_columns_warns():
    x = np.array([[1.0, 2.0], [2.0, 4.0], [0.0, 0.0]])
    x[0, 0] = 0.0
    x[1, 0] = 0.0
    with pytest.warns(adkit.AdkitWarning, match="qr"):
        adkit.jvp(lambda x: linalg.qr(x)[1], (x,), (x,))


def test_the_results_have_numpys_names():
    def f(x):
        assert linalg.qr(x).Q.shape == (3, 3)
        assert linalg.eigh(x).eigenvalues.shape == (3,)
        assert linalg.eig(x).eigenvectors.shape == (3, 3)
        assert linalg.svd(x).S.shape == (3,)
        return linalg.slogdet(x).logabsdet

    adkit.grad(f)(POSITIVE)


# eigenvalues -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("lower", ["L", "U"])
@pytest.mark.parametrize("x", [POSITIVE, np.stack([POSITIVE, A + A.T])], ids=["one", "stack"])
def test_eigh(x, lower):
    agree_complex(lambda x: linalg.eigh(x, lower), x, tolerance=1e-6)
    agree(lambda x: linalg.eigvalsh(x, lower), x, tolerance=1e-6)


@pytest.mark.parametrize("lower", ["L", "U"])
def test_eigh_of_complex_matrices(lower):
    def phaseless(x):
        w, v = linalg.eigh(x, lower)
        return w, np.abs(v), np.matmul(v * np.sqrt(w), v.conj().T)

    agree_complex(phaseless, HERMITIAN, tolerance=1e-6)


@pytest.mark.parametrize("x", [A, S, Z, np.array([[0.4, 2.0], [-1.5, 0.7]])], ids=["one", "stack", "complex", "rotation"])
def test_eig(x):
    agree_complex(linalg.eig, x, tolerance=1e-6)
    agree_complex(linalg.eigvals, x, tolerance=1e-6)


SHAPES = {"square": A, "stack": S, "wide": WIDE, "tall": TALL, "row": sample((1, 3)), "column": sample((2, 3, 1))}


@pytest.mark.parametrize("name", SHAPES)
def test_svd(name):
    x = SHAPES[name]
    agree(lambda x: linalg.svd(x, compute_uv=False), x, tolerance=1e-6)
    agree(linalg.svdvals, x, tolerance=1e-6)
    agree_complex(lambda x: linalg.svd(x, full_matrices=False), x, tolerance=1e-6)

    def rotated(x):
        u, s, vh = linalg.svd(x)
        k = s.shape[-1]
        more, rest = u[..., k:], vh[..., k:, :]
        return u[..., :k], np.matmul(more, more.mT), np.matmul(rest.mT, rest)

    agree_complex(rotated, x, tolerance=1e-6)


@pytest.mark.parametrize("name", SHAPES)
def test_svd_of_complex_matrices(name):
    x = SHAPES[name] + 1j * sample(SHAPES[name].shape, seed=9)

    def phaseless(x):
        u, s, vh = linalg.svd(x)
        k = s.shape[-1]
        return np.abs(u[..., :k]), s, np.abs(vh[..., :k, :]), np.matmul(u[..., :k] * s[..., None, :] ** 2, vh[..., :k, :])

    agree_complex(phaseless, x, tolerance=1e-6)


def test_svd_of_a_hermitian_matrix():
    x = A + A.T
    agree_complex(lambda x: linalg.svd(x, hermitian=True), x, tolerance=1e-6)
    agree(lambda x: linalg.svd(x, compute_uv=False, hermitian=True), x, tolerance=1e-6)


def test_rank_of_a_box_is_a_number():
    assert adkit.grad(lambda x: np.sum(x) * linalg.matrix_rank(x))(np.ones((2, 2))).tolist() == [[1.0, 1.0], [1.0, 1.0]]


# values that repeat ----------------------------------------------------------------------------------

SYMMETRIC_FUNCTIONS = {
    "sum of eigenvalues": (lambda x: np.sum(linalg.eigvalsh(x)), np.eye(3), np.eye(3)),
    "sum of squares": (lambda x: np.sum(linalg.eigvalsh(x) ** 2), 2 * np.eye(3), 4 * np.eye(3)),
    "one value apart": (lambda x: linalg.eigvalsh(x)[2], np.diag([1.0, 1.0, 2.0]), np.diag([0.0, 0.0, 1.0])),
    "nuclear norm": (lambda x: linalg.norm(x, "nuc"), np.eye(3), np.eye(3)),
    "spectral norm": (lambda x: linalg.norm(x, 2), np.eye(3), np.eye(3) / 3),
    "sum of singular values": (lambda x: np.sum(linalg.svdvals(x)), 2 * np.eye(2), np.eye(2)),
    "product of singular values": (lambda x: np.prod(linalg.svdvals(x)), np.eye(2), np.eye(2)),
    "sum of eigenvalues of any matrix": (lambda x: np.sum(np.real(linalg.eigvals(x))), np.eye(3), np.eye(3)),
}


@pytest.mark.parametrize("name", SYMMETRIC_FUNCTIONS)
def test_symmetric_functions_of_values_that_repeat_have_a_gradient(name):
    f, x, expected = SYMMETRIC_FUNCTIONS[name]
    np.testing.assert_allclose(adkit.grad(f)(x), expected, atol=1e-12)


USES_THE_VECTORS = {
    "eigenvector": lambda x: linalg.eigh(x)[1][0, 0],
    "square root": lambda x: np.sum(linalg.eigh(x)[1] * np.sqrt(linalg.eigh(x)[0])),
    "one of equal eigenvalues": lambda x: linalg.eigvalsh(x)[0],
    "singular vector": lambda x: linalg.svd(x)[0][0, 0],
    "one of equal singular values": lambda x: linalg.svdvals(x)[0],
    "vector of any matrix": lambda x: np.real(linalg.eig(x)[1][0, 0]),
}


@pytest.mark.parametrize("name", USES_THE_VECTORS)
def test_what_tells_repeated_values_apart_warns(name):
    f, x = USES_THE_VECTORS[name], 2 * np.eye(3)
    with pytest.warns(adkit.NonDifferentiableWarning, match="coincide"):
        assert np.isfinite(adkit.grad(f)(x)).all()
    with pytest.warns(adkit.NonDifferentiableWarning, match="coincide") as caught:
        assert np.isfinite(adkit.jvp(f, (x,), (A,))[1]).all()
    assert all([w.filename == __file__ for w in caught])


def test_second_derivatives_where_eigenvalues_coincide_warn():
    for d in (lambda f: adkit.jacfwd(adkit.grad(f)), lambda f: adkit.jacrev(adkit.grad(f)), lambda f: adkit.jacfwd(adkit.jacfwd(f))):
        with pytest.warns(adkit.NonDifferentiableWarning, match="coincide"):
            assert np.isfinite(d(lambda x: np.sum(linalg.eigvalsh(x) ** 2))(np.eye(2))).all()


def test_a_direction_that_splits_nothing_is_no_cause_to_warn():
    assert adkit.jvp(lambda x: linalg.eigvalsh(x)[0], (np.eye(3),), (np.eye(3),))[1] == pytest.approx(1.0)


def test_singular_values_at_zero_have_slope_zero():
    x = np.array([[1.0, 2.0], [2.0, 4.0]])
    gradient = adkit.grad(lambda x: linalg.norm(x, "nuc"))(x)
    np.testing.assert_allclose(gradient, x / 5)
    np.testing.assert_allclose(adkit.jvp(lambda x: linalg.norm(x, "nuc"), (x,), (A[:2, :2],))[1], np.sum(gradient * A[:2, :2]))
    assert not adkit.grad(lambda x: linalg.norm(x, "nuc"))(np.zeros((2, 2))).any()


def test_vectors_of_a_singular_value_of_zero_warn_where_they_are_not_unique():
    x = np.array([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]])
    for a in (x, x.T):
        for f in (lambda a: np.sum(linalg.svd(a, full_matrices=False)[0] ** 3), lambda a: np.sum(linalg.svd(a, full_matrices=False)[2] ** 3)):
            with pytest.warns(adkit.NonDifferentiableWarning, match="a singular value is zero"):
                assert np.isfinite(adkit.grad(f)(a)).all()
            with pytest.warns(adkit.NonDifferentiableWarning, match="a singular value is zero"):
                assert np.isfinite(adkit.jvp(f, (a,), (sample(a.shape),))[1])
    np.testing.assert_allclose(adkit.grad(lambda a: linalg.svdvals(a)[0])(x), x / linalg.norm(x))  # rank one


def test_condition_of_a_singular_matrix_is_infinite():
    for p in (None, 2):
        value = adkit.jvp(lambda x: linalg.cond(x, p), (np.diag([1.0, 0.0]),), (np.eye(2),))[0]
        assert value == np.inf


# empty and of size one -------------------------------------------------------------------------------

SMALL = {
    "inv": linalg.inv, "det": linalg.det, "logdet": lambda a: linalg.slogdet(a)[1], "cholesky": linalg.cholesky,
    "eigvalsh": linalg.eigvalsh, "eigh": lambda a: np.sum(linalg.eigh(a)[1]), "svdvals": linalg.svdvals,
    "svd": lambda a: np.sum(linalg.svd(a)[0] * linalg.svd(a)[2]), "qr": lambda a: linalg.qr(a)[1], "pinv": linalg.pinv,
    "solve": lambda a: linalg.solve(a, np.ones(a.shape[-1:], a.dtype)), "nuc": lambda a: linalg.norm(a, "nuc", axis=(-2, -1)),
}  # fmt: skip


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("shape", [(1, 1), (2, 1, 1), (0, 2, 2), (0, 0)], ids=str)
def test_small(name, shape):
    x = np.full(shape, 1.7) + (np.eye(2) if shape[-1] == 2 else 0)
    f = SMALL[name]
    agree(lambda x: np.sum(f(x)), x)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: linalg.inv(x), lambda x: linalg.det(x[0]), lambda x: linalg.cholesky(x), lambda x: linalg.eigh(x),
        lambda x: linalg.eig(x), lambda x: linalg.svd(x[0]), lambda x: linalg.qr(x[0]), lambda x: linalg.qr(x, "what"),
        lambda x: linalg.solve(x, np.ones(2)), lambda x: linalg.matrix_power(x, 2), lambda x: linalg.lstsq(x, np.ones(5)),
        lambda x: linalg.eigh(x[:, :2], "W"), lambda x: linalg.multi_dot([x]), lambda x: linalg.cholesky(-x[:, :2]),
        lambda x: linalg.solve(x[:, :2], np.ones(3)), lambda x: linalg.cond(x, "fro"),
    ],
)  # fmt: skip
def test_wrong_use(f):
    same_error(f, sample((2, 3)))
