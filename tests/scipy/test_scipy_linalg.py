"""adkit.scipy.linalg: solvers, factors and functions of matrices, on stacks where SciPy takes stacks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import adkit

sl = pytest.importorskip("scipy.linalg")
from both_modes import both_modes  # noqa: E402

RNG = np.random.default_rng(1)
M = RNG.normal(size=(3, 3)) + 3 * np.eye(3)
SPD = M @ M.T
STACK = np.stack([M, M + np.eye(3)])
V, W = RNG.normal(size=3), RNG.normal(size=(3, 2))


@pytest.fixture(scope="module")
def linalg() -> Any:
    import adkit.scipy.linalg as linalg

    return linalg


@pytest.mark.parametrize("trans", [0, 1, "T", "C"])
@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("unit", [False, True])
def test_solve_triangular(linalg: Any, trans: Any, lower: bool, unit: bool) -> None:
    kw = {"trans": trans, "lower": lower, "unit_diagonal": unit}
    for b in (V, W):
        both_modes(lambda a, b: linalg.solve_triangular(a, b, **kw), lambda a, b: sl.solve_triangular(a, b, **kw), M, b)
    G = adkit.grad(lambda a: np.sum(linalg.solve_triangular(a, V, **kw)))(M)
    assert not np.any(np.triu(G, 1) if lower else np.tril(G, -1))


def test_solve_triangular_on_stacks(linalg: Any) -> None:
    both_modes(lambda a, b: linalg.solve_triangular(a, b), lambda a, b: sl.solve_triangular(a, b), STACK, W)
    both_modes(lambda a, b: linalg.solve_triangular(a, b), lambda a, b: sl.solve_triangular(a, b), M, np.stack([W, W]))
    both_modes(lambda a, b: linalg.solve_triangular(a, b), lambda a, b: sl.solve_triangular(a, b), STACK, V)


@pytest.mark.parametrize(("l", "u"), [(1, 1), (0, 2), (2, 0), (0, 0), (1, 2)])
def test_solve_banded(linalg: Any, l: int, u: int) -> None:
    ab = RNG.normal(size=(l + u + 1, 5))
    ab[u] += 5
    for b in (RNG.normal(size=5), RNG.normal(size=(5, 2))):
        both_modes(lambda ab, b: linalg.solve_banded((l, u), ab, b), lambda ab, b: sl.solve_banded((l, u), ab, b), ab, b)


def test_a_large_tridiagonal_system_stays_linear_in_memory(linalg: Any) -> None:
    n = 20_000
    ab = np.stack([np.full(n, -1.0), np.full(n, 4.0), np.full(n, -1.0)])
    bar = adkit.grad(lambda ab: np.sum(linalg.solve_banded((1, 1), ab, np.ones(n)) ** 2))(ab)
    assert bar.shape == (3, n)
    assert np.isfinite(bar).all()
    assert bar[0, 0] == bar[2, -1] == 0  # the corners are not read


@pytest.mark.parametrize("lower", [False, True])
def test_cholesky_and_what_is_solved_with_it(linalg: Any, lower: bool) -> None:
    both_modes(lambda a: linalg.cholesky(a, lower=lower), lambda a: sl.cholesky(a, lower=lower), SPD, exact=False)
    for b in (V, W):
        both_modes(
            lambda a, b: linalg.cho_solve(linalg.cho_factor(a, lower), b), lambda a, b: sl.cho_solve(sl.cho_factor(a, lower), b), SPD, b,
            exact=False,
        )  # fmt: skip
    stack = np.stack([SPD, SPD + np.eye(3)])
    both_modes(lambda a: linalg.cholesky(a, lower), lambda a: sl.cholesky(a, lower), stack, exact=False)


def test_log_determinant_of_a_gaussian_process(linalg: Any) -> None:
    x = np.linspace(0, 1, 6)

    def nll(theta: Any, solve: Any, chol: Any) -> Any:
        K = np.exp(-((x[:, None] - x[None, :]) ** 2) / (2 * theta[0] ** 2)) + theta[1] ** 2 * np.eye(6)
        c = chol(K, True)
        return np.sin(3 * x) @ solve((c, True), np.sin(3 * x)) / 2 + np.sum(np.log(np.diag(c)))

    both_modes(
        lambda t: nll(t, linalg.cho_solve, linalg.cholesky), lambda t: nll(t, sl.cho_solve, sl.cholesky), np.array([0.4, 0.3]), exact=False
    )


def test_lu_and_what_is_solved_with_it(linalg: Any) -> None:
    a = M[[2, 0, 1]]
    for k in (0, 1):
        both_modes(lambda a, k=k: linalg.lu(a, permute_l=True)[k], lambda a, k=k: sl.lu(a, permute_l=True)[k], a, exact=False)
    both_modes(lambda a: linalg.lu(a)[2], lambda a: sl.lu(a)[2], STACK, exact=False)
    both_modes(lambda a: linalg.lu_factor(a)[0], lambda a: sl.lu_factor(a)[0], a, exact=False)
    for b in (V, W):
        for trans in (0, 1, 2):
            both_modes(
                lambda a, b, t=trans: linalg.lu_solve(linalg.lu_factor(a), b, t), lambda a, b, t=trans: sl.lu_solve(sl.lu_factor(a), b, t),
                a, b, exact=False,
            )  # fmt: skip
    with pytest.raises(adkit.UnsupportedError, match="square"):
        adkit.grad(lambda a: np.sum(linalg.lu(a)[1]))(W)


def test_stacks(linalg: Any) -> None:
    spd, b = np.stack([SPD, SPD + np.eye(3)]), np.stack([W, 2 * W])
    both_modes(linalg.solve_sylvester, sl.solve_sylvester, STACK, M, M)
    for b in (np.stack([W, 2 * W]), V):
        both_modes(lambda a, b: linalg.cho_solve(linalg.cho_factor(a), b), lambda a, b: sl.cho_solve((sl.cholesky(a), False), b), spd, b, exact=False)
    ab = RNG.normal(size=(2, 3, 5)) + np.array([0, 5, 0])[:, None]
    both_modes(lambda ab: linalg.solve_banded((1, 1), ab, np.ones(5)), lambda ab: sl.solve_banded((1, 1), ab, np.ones(5)), ab)
    both_modes(linalg.toeplitz, sl.toeplitz, RNG.normal(size=(2, 3)), exact=False)
    both_modes(linalg.block_diag, sl.block_diag, RNG.normal(size=(2, 3, 2)), RNG.normal(size=(2, 1, 1)), exact=False)


def test_the_derivative_of_the_exponential(linalg: Any) -> None:
    both_modes(lambda a, e: linalg.expm_frechet(a, e, compute_expm=False), lambda a, e: sl.expm_frechet(a, e, compute_expm=False), M / 3, SPD,
               exact=False, tolerance=1e-5)  # fmt: skip


def test_solve_sylvester(linalg: Any) -> None:
    a, b, q = M, RNG.normal(size=(2, 2)), W
    both_modes(linalg.solve_sylvester, sl.solve_sylvester, a, b, q)


@pytest.mark.parametrize("name", ["expm", "logm", "sqrtm", "cosm", "sinm", "tanm", "coshm", "sinhm", "tanhm"])
def test_functions_of_matrices(linalg: Any, name: str) -> None:
    ours, theirs = getattr(linalg, name), getattr(sl, name)
    scale = 0.3 if name not in ("logm", "sqrtm") else 1.0
    for a in (scale * SPD + 0.1 * M, scale * np.array([[2.5]])):
        both_modes(ours, theirs, a / 4, tolerance=1e-5)
    if name in ("expm", "logm", "sqrtm"):
        both_modes(ours, theirs, STACK / 3, tolerance=1e-5, order=1)


def test_matrix_functions_of_special_matrices(linalg: Any) -> None:
    """Repeated eigenvalues, nilpotent and zero: where a formula by eigenvectors would fail."""
    for a in (np.zeros((2, 2)), np.eye(2), np.array([[0.0, 1.0], [0.0, 0.0]])):
        both_modes(linalg.expm, sl.expm, a)
    both_modes(linalg.logm, sl.logm, np.eye(2))
    both_modes(linalg.sqrtm, sl.sqrtm, 4 * np.eye(2))
    t = 0.7
    assert adkit.grad(lambda t: linalg.expm(t * np.array([[0.0, -1.0], [1.0, 0.0]]))[0, 0])(t) == pytest.approx(-np.sin(t))


def test_functions_with_complex_results(linalg: Any) -> None:
    rotation = np.array([[0.0, -1.0], [1.0, 0.0]]) - 0.2 * np.eye(2)
    for name in ("logm", "sqrtm"):
        both_modes(lambda a, n=name: np.real(getattr(linalg, n)(a)), lambda a, n=name: np.real(getattr(sl, n)(a)), rotation)
    negative = np.diag([-1.0, -2.0])
    both_modes(lambda a: np.imag(linalg.sqrtm(a)), lambda a: np.imag(sl.sqrtm(a)), negative, tolerance=1e-5, order=1)
    z = M + 0.3j * SPD / 10
    g = adkit.grad(lambda z: np.sum(linalg.expm(z)), holomorphic=True)(z)
    h, E = 1e-6, np.zeros((3, 3))
    E[0, 2] = h
    assert g[0, 2] == pytest.approx((np.sum(sl.expm(z + E)) - np.sum(sl.expm(z - E))) / (2 * h), rel=1e-6)


@pytest.mark.parametrize(
    ("name", "call", "args"),
    [
        ("inv", lambda m, a: m.inv(a), (M,)), ("det", lambda m, a: m.det(a), (M,)), ("solve", lambda m, a, b: m.solve(a, b), (M, V)),
        ("solve b", lambda m, b: m.solve(M, b), (W,)), ("norm", lambda m, a: m.norm(a), (M,)), ("norm 1", lambda m, a: m.norm(a, 1), (M,)),
        ("solve transposed", lambda m, a, b: m.solve(a, b, transposed=True), (M, V)),
        ("eigvalsh", lambda m, a: m.eigvalsh(a), (SPD,)), ("svdvals", lambda m, a: m.svdvals(a), (M,)),
        ("eigvalsh upper", lambda m, a: m.eigvalsh(a, lower=False), (SPD,)),
        ("qr", lambda m, a: abs(m.qr(a, mode="economic")[1]), (M,)), ("pinv", lambda m, a: m.pinv(a), (M[:, :2],)),
        ("block_diag", lambda m, a, b: m.block_diag(a, b, 2.0), (M, V)), ("toeplitz", lambda m, c: m.toeplitz(c), (V,)),
        ("toeplitz r", lambda m, c, r: m.toeplitz(c, r), (V, np.array([9.0, 1.0]))),
        ("eigh", lambda m, a: m.eigh(a)[1] ** 2, (SPD,)), ("svd", lambda m, a: m.svd(a)[1], (M,)),
    ],
)  # fmt: skip
def test_what_numpy_has_too(linalg: Any, name: str, call: Any, args: Any) -> None:
    both_modes(lambda *xs: call(linalg, *xs), lambda *xs: call(sl, *xs), *args, exact=False, order=1)


def test_what_has_no_rule_says_so(linalg: Any) -> None:
    assert linalg.hadamard is not None
    with pytest.raises(adkit.UnsupportedError, match=r"no derivative rule for scipy\.linalg\.schur"):
        adkit.grad(lambda a: linalg.schur(a)[0][0, 0])(M)
    with pytest.raises(adkit.UnsupportedError, match="generalised problem"):
        adkit.grad(lambda a: np.sum(linalg.eigh(a, SPD)[0]))(SPD)
    with pytest.raises(ValueError, match="trans must be"):
        adkit.grad(lambda a: np.sum(linalg.solve_triangular(a, V, trans=7)))(M)


def test_the_entries_pass_the_checks_of_the_registry(linalg: Any) -> None:
    from adkit.registry import REGISTRY
    from adkit.verify.check import check_entry, check_op

    names = [name for name in REGISTRY if name.startswith("scipy.linalg.")]
    assert len(names) > 10
    for name in names:
        assert check_entry(REGISTRY[name]) == []
        if name != "scipy.linalg.logm":  # whose second derivatives take seconds
            assert check_op(name) == []


@pytest.mark.parametrize("seed", range(6))
def test_a_square_root_with_negative_eigenvalues_has_derivatives_to_second_order(seed: int, linalg: Any) -> None:
    matrix = np.random.default_rng(seed).normal(size=(3, 3))
    adkit.testing.check_grads(lambda a: linalg.sqrtm((a + a.T) / 2), (matrix,), order=2)


def test_a_logarithm_on_its_branch_cut_is_refused_and_not_made_up(linalg: Any) -> None:
    matrix = np.diag([-1.0, 2.0, 3.0]) + 0.1
    with pytest.raises(adkit.DerivativeError, match="logm: the matrix has an eigenvalue on the branch cut"):
        adkit.grad(lambda a: np.sum(np.real(linalg.logm(a))))(matrix)
