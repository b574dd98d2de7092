"""Sparse Jacobians and Hessians: patterns that miss nothing, colourings that hold, and few directions."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import adkit
import adkit.numpy as anp
import adkit.sparse as sparse

RNG = np.random.default_rng(3)
A = RNG.normal(size=(6, 12)) * (RNG.uniform(size=(6, 12)) < 0.3)
W = RNG.normal(size=(3, 2))


def tridiagonal(x: Any) -> Any:
    inner = np.sin(x[1:-1]) * (x[:-2] + x[2:])
    return np.concatenate([x[:1] - x[1:2] ** 2, inner, x[-1:] * x[-2:-1]])


def rosenbrock(x: Any) -> Any:
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def filled(x: Any) -> Any:
    y = anp.zeros(12)
    y[3] = x[0] * x[1]
    y[4:7] = x[2:5]
    y[5] = x[7] ** 2
    y[[8, 9]] = x[[1, 1]]
    y[1] = 2.0
    return y * x


def recurrence(x: Any) -> Any:
    y, out = x[0], []
    for k in range(1, 5):
        y = y * 0.5 + x[k]
        out.append(y)
    return np.array(out)


@adkit.custom_vjp
def _cube(x: Any) -> Any:
    return x**3


_cube.defvjp(lambda x: (x**3, x), lambda x, g: (3 * g * x * x,))

def _slow(x: Any) -> Any:
    signal = pytest.importorskip("adkit.scipy.signal")
    return signal.convolve(x, np.array([1.0, -2.0, 0.5]), "same") + signal.convolve(x[:4], x[4:], "full")[:1]


FUNCTIONS: dict[str, Any] = {
    "tridiagonal": tridiagonal,
    "elementwise": lambda x: np.tanh(x) * x + np.exp(x),
    "broadcast": lambda x: (np.reshape(x[:4], (4, 1)) * x[None, 4:7]).ravel(),
    "reshape": lambda x: np.reshape(x, (3, 4)).T @ np.ones(3),
    "constant matrix": lambda x: A @ x,
    "constant on the right": lambda x: (x @ A.T) ** 2,
    "rows of a batch": lambda x: np.reshape(x, (4, 3)) @ W,
    "two moving factors": lambda x: np.reshape(x[:6], (2, 3)) @ np.reshape(x[6:], (3, 2)),
    "einsum": lambda x: np.einsum("bi,ij->bj", np.reshape(x, (4, 3)), W),
    "sums": lambda x: np.sum(np.reshape(x, (3, 4)), axis=0) + np.mean(np.reshape(x, (3, 4)), axis=0),
    "cumulative": lambda x: np.cumsum(np.reshape(x, (3, 4)), axis=1),
    "products": lambda x: np.prod(np.reshape(x, (3, 4)), axis=1),
    "maxima": lambda x: np.max(np.reshape(x, (3, 4)), axis=1),
    "softmax": lambda x: adkit.softmax(np.reshape(x, (4, 3)), axis=1),
    "logsumexp": lambda x: adkit.logsumexp(np.reshape(x, (4, 3)), axis=0),
    "norm": lambda x: np.linalg.norm(np.reshape(x, (4, 3)), axis=1),
    "pieces": lambda x: np.concatenate([part * k for k, part in enumerate(np.split(x, 3))]),
    "index": lambda x: x[[0, 0, 5, 11]] * x[::3],
    "mask": lambda x: x[x > 0],
    "choice": lambda x: np.where(x > 0, x[::-1], 2.0),
    "sort": np.sort,
    "pad and roll": lambda x: np.roll(np.pad(x, 2), 3),
    "stack": lambda x: np.stack([x, x[::-1]], axis=1),
    "iteration": lambda x: np.stack([part.sum() for part in np.reshape(x, (4, 3))]),
    "diagonal": lambda x: np.diag(np.reshape(x[:9], (3, 3))) * x[9:],
    "fft": lambda x: np.imag(np.fft.fft(np.reshape(x, (4, 3)), axis=1)),
    "complex": lambda x: np.real((x[:6] + 1j * x[6:]) ** 2) + np.imag(np.conj(x[:6] * 1j)),
    "buffer": filled, "one direction at a time": lambda x: _slow(x),
    "recurrence": recurrence,
    "user's rule": lambda x: _cube(x[:3]),
    "several results": lambda x: np.concatenate(list(np.split(x, [2, 7]))[::-1]),
    "scalar result": lambda x: np.sum(x[::2] ** 2),
    "nothing depends": lambda x: np.concatenate([x[:1] * 0 + 1, np.ones(3)]),
    "empty": lambda x: x[:0],
    "matrix result": lambda x: np.outer(x[:2], x[2:4]),
}


@pytest.mark.parametrize("mode", ["auto", "forward", "reverse"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_sparse_jacobian_is_the_jacobian(name: str, mode: str) -> None:
    f, x = FUNCTIONS[name], RNG.normal(size=12)
    expected = np.reshape(adkit.jacobian(f)(x), (-1, 12))
    J = sparse.jacobian(f, mode=mode)(x)
    assert J.shape == expected.shape
    np.testing.assert_allclose(J.toarray(), expected, rtol=1e-12, atol=1e-12)
    assert not (expected != 0)[~sparse.jacobian_pattern(f)(x).toarray()].any()


TIGHT = {
    "tridiagonal": 34, "elementwise": 12, "broadcast": 24, "rows of a batch": 24, "einsum": 24, "sums": 12, "maxima": 12,
    "softmax": 36, "logsumexp": 12, "norm": 12, "pieces": 12, "cumulative": 30, "products": 12, "stack": 24, "fft": 36, "complex": 12,
    "iteration": 12, "recurrence": 14, "sort": 12,
}  # fmt: skip


@pytest.mark.parametrize("name", TIGHT)
def test_no_entry_too_many(name: str) -> None:
    assert sparse.jacobian_pattern(FUNCTIONS[name])(RNG.normal(size=12)).nnz == TIGHT[name]


def test_a_batch_too_large_to_try_entry_by_entry() -> None:
    f = lambda x: adkit.softmax(np.tanh(np.reshape(x, (2000, 3)) @ W) @ W.T, axis=1)
    x = RNG.normal(size=6000)
    with adkit.count_sweeps() as counts:
        J = sparse.jacobian(f)(x)
    assert J.nnz == 18000
    assert counts.forward_directions + counts.reverse_directions == 3
    v = RNG.normal(size=6000)
    np.testing.assert_allclose(J @ v, adkit.jvp(f, (x,), (v,))[1].ravel(), rtol=1e-10)


@pytest.mark.parametrize("n", [100, 100_000])
def test_a_tridiagonal_jacobian_costs_three_directions_whatever_its_size(n: int) -> None:
    x = np.linspace(-1.0, 1.0, n)
    with adkit.count_sweeps() as counts:
        J = sparse.jacobian(tridiagonal)(x)
    assert counts.forward_sweeps + counts.reverse_sweeps == 1
    assert counts.forward_directions + counts.reverse_directions == 3
    assert J.nnz == 3 * n - 2
    v = np.cos(np.arange(n))
    np.testing.assert_allclose(J @ v, adkit.jvp(tridiagonal, (x,), (v,))[1], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("n", [50, 10_000])
def test_the_hessian_of_rosenbrocks_function(n: int) -> None:
    x = np.linspace(-1.0, 1.5, n)
    with adkit.count_sweeps() as counts:
        H = sparse.hessian(rosenbrock)(x)
    assert counts.forward_directions == 3
    assert H.nnz == 3 * n - 2
    v = np.sin(np.arange(n))
    np.testing.assert_allclose(H @ v, adkit.hvp(rosenbrock, x, v), rtol=1e-11, atol=1e-10)
    if n == 50:
        np.testing.assert_allclose(H.toarray(), adkit.hessian(rosenbrock)(x), rtol=1e-12)


HESSIANS: dict[str, Any] = {
    "arrow": lambda x: np.sum(np.sin(x[0] * x[1:])),
    "grid": lambda x: np.sum((x[4:] - x[:-4]) ** 4) + np.sum(np.exp(np.reshape(x, (3, 4))[:, 1:] - np.reshape(x, (3, 4))[:, :-1])),
    "linear": lambda x: np.sum(3 * x),
    "full": lambda x: np.sum(x) ** 3,
    "blocks": lambda x: np.sum(np.prod(np.reshape(x, (4, 3)), axis=1)),
    "quadratic form": lambda x: np.sum((A @ x) ** 2),
    "logsumexp": lambda x: np.sum(adkit.logsumexp(np.reshape(x, (4, 3)), axis=1)),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore::adkit.IndependentOutputWarning")
@pytest.mark.parametrize("name", HESSIANS)
def test_a_sparse_hessian_is_the_hessian(name: str) -> None:
    f, x = HESSIANS[name], RNG.normal(size=12)
    np.testing.assert_allclose(sparse.hessian(f)(x).toarray(), adkit.hessian(f)(x), rtol=1e-10, atol=1e-10)


def test_an_arrow_costs_two_directions() -> None:
    x = RNG.normal(size=2000)
    with adkit.count_sweeps() as counts:
        H = sparse.hessian(lambda x: np.sum(np.sin(x[0] * x[1:])))(x)
    assert counts.forward_directions == 2
    assert H.nnz == 3 * 2000 - 2


# colourings ------------------------------------------------------------------------------------------


def _random_pattern(rng: Any, shape: tuple[int, int]) -> Any:
    return rng.uniform(size=shape) < rng.uniform(0.02, 0.6)


@pytest.mark.parametrize("seed", range(40))
def test_no_two_of_one_colour_meet(seed: int) -> None:
    rng = np.random.default_rng(seed)
    p = _random_pattern(rng, tuple(rng.integers(1, 15, 2)))
    for matrix, found in ((p, sparse.colour_columns(p)), (p.T, sparse.colour_rows(p))):
        for colour in range(found.count):
            assert matrix[:, found.colours == colour].sum(axis=1).max() <= 1
        assert len(found.colours) == matrix.shape[1]


@pytest.mark.parametrize("seed", range(60))
def test_a_star_colouring_is_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 14))
    p = _random_pattern(rng, (n, n))
    p = p | p.T
    colours = sparse.colour_symmetric(p).colours
    near = [[j for j in range(n) if p[i, j] and i != j] for i in range(n)]
    for a in range(n):
        for b in near[a]:
            assert colours[a] != colours[b]
            for c in near[b]:
                for d in near[c]:
                    if len({a, b, c, d}) == 4:
                        assert len({int(colours[k]) for k in (a, b, c, d)}) > 2


@pytest.mark.parametrize("seed", range(20))
def test_a_random_quadratic_form_is_recovered_entry_by_entry(seed: int) -> None:
    rng = np.random.default_rng(seed)
    Q = rng.normal(size=(12, 12)) * _random_pattern(rng, (12, 12))
    Q = Q + Q.T
    H = sparse.hessian(lambda x: x @ Q @ x / 2, pattern=Q)(rng.normal(size=12))
    np.testing.assert_allclose(H.toarray(), Q, rtol=1e-12, atol=1e-12)


def test_colours_of_known_graphs() -> None:
    band = [sum([np.eye(30, k=k) for k in range(-w, w + 1)]) for w in (0, 1, 2, 5)]
    assert [sparse.colour_columns(b).count for b in band] == [1, 3, 5, 11]
    assert [sparse.colour_rows(b).count for b in band] == [1, 3, 5, 11]
    assert sparse.colour_symmetric(band[1]).count == 3
    assert sparse.colour_columns(np.zeros((0, 4))).count == 1
    assert sparse.colour_columns(np.zeros((4, 0))).count == 0


# what is given -----------------------------------------------------------------------------------------


def test_a_pattern_may_be_given_in_any_form() -> None:
    scipy_sparse = pytest.importorskip("scipy.sparse")
    x = RNG.normal(size=20)
    expected = adkit.jacobian(tridiagonal)(x)
    dense = sum([np.eye(20, k=k) for k in (-1, 0, 1)])
    found = sparse.jacobian_pattern(tridiagonal)(x)
    for given in (dense, dense != 0, scipy_sparse.csr_array(dense), scipy_sparse.coo_matrix(dense), found):
        for mode in ("forward", "reverse"):
            J = sparse.jacobian(tridiagonal, pattern=given, mode=mode)
            np.testing.assert_allclose(J(x).toarray(), expected, rtol=1e-12)
            np.testing.assert_allclose(J(2 * x).toarray(), adkit.jacobian(tridiagonal)(2 * x), rtol=1e-12)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_pattern_that_lacks_entries_is_refused(mode: str) -> None:
    x = RNG.normal(size=20)
    with pytest.raises(adkit.DerivativeError, match="lacks entries"):
        sparse.jacobian(tridiagonal, pattern=np.eye(20), mode=mode)(x)
    with pytest.raises(adkit.DerivativeError, match="lacks entries"):
        sparse.hessian(rosenbrock, pattern=np.eye(20))(x)
    with pytest.raises(adkit.DerivativeError, match="lacks entries"):
        sparse.jacobian(tridiagonal, pattern=np.zeros((20, 20)), mode=mode)(x)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: sparse.jacobian(tridiagonal, pattern=np.eye(3))(np.ones(5)), r"the pattern has shape \(3, 3\)"),
        (lambda: sparse.jacobian(tridiagonal, pattern=np.ones(3)), "a sparsity pattern is a matrix"),
        (lambda: sparse.jacobian(tridiagonal, mode="sideways"), "mode must be"),
        (lambda: sparse.jacobian(tridiagonal)([1.0, 2.0]), "must be one array, not list"),
        (lambda: sparse.jacobian(tridiagonal)(np.arange(4)), "int"),
        (lambda: sparse.jacobian(lambda x: (x, x))(np.ones(3)), "must return one array, not tuple"),
        (lambda: sparse.jacobian(tridiagonal, argnums=(0, 1))(np.ones(3)), "argnums must be one integer"),
        (lambda: sparse.hessian(tridiagonal)(np.ones(5)), "not a single number"),
        (lambda: sparse.jacobian(lambda x: x * 1j)(np.ones(3) + 0j), "complex"),
        (lambda: sparse.jacobian(3), "must be a function"),
        (lambda: adkit.grad(lambda x: sparse.jacobian(tridiagonal)(x).sum())(np.ones(4)), "does not nest"),
        (lambda: sparse.jacobian_pattern(lambda x: x / np.sum(x))(np.ones(10_000)), "a full one: use adkit.jacobian"),
    ],
)
def test_what_is_wrong_is_said(call: Any, words: str) -> None:
    with pytest.raises(adkit.DerivativeError, match=words):
        call()


def test_other_arguments_and_keywords() -> None:
    f = lambda scale, x, power=2: scale * x**power
    J = sparse.jacobian(f, argnums=1)(3.0, np.array([1.0, 2.0]), power=3)
    assert J.toarray().tolist() == [[9.0, 0.0], [0.0, 36.0]]
    assert sparse.hessian(lambda s, x: np.sum(s * x**3), argnums=-1)(2.0, np.array([1.0, 2.0])).toarray().tolist() == [[12, 0], [0, 24]]
    assert sparse.jacobian(lambda x: np.stack([x, x * x]))(3.0).toarray().tolist() == [[1.0], [6.0]]


def test_single_precision_stays() -> None:
    x = np.linspace(0.5, 1.0, 8, dtype=np.float32)
    for mode in ("forward", "reverse"):
        assert sparse.jacobian(tridiagonal, mode=mode)(x).dtype == np.float32
    assert sparse.hessian(rosenbrock)(x).dtype == np.float32


def test_an_infinite_partial_does_not_spread_over_its_colour() -> None:
    with np.errstate(divide="ignore"):
        J = sparse.jacobian(lambda x: np.where(x > 0, np.log(x), x), mode="forward")(np.array([0.0, 1.0, 2.0]))
    assert J.toarray().tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 0.5]]


def test_a_result_that_does_not_depend_on_the_input_warns() -> None:
    with pytest.warns(adkit.IndependentOutputWarning):
        assert sparse.jacobian(lambda x: np.ones(2))(np.ones(3)).nnz == 0


def test_without_scipy_the_entries_come_as_coordinates() -> None:
    code = (
        "import sys; sys.modules['scipy'] = None; sys.modules['scipy.sparse'] = None\n"
        "import numpy as np, adkit\n"
        "J = adkit.sparse.jacobian(lambda x: x[1:] * x[:-1])(np.array([1.0, 2.0, 3.0]))\n"
        "print(J.toarray().tolist(), (J @ np.ones(3)).tolist(), J.shape, J.nnz, repr(J))\n"
    )
    home = str(Path(adkit.__file__).parents[1])
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": home})
    assert run.stdout.startswith("[[2.0, 1.0, 0.0], [0.0, 3.0, 2.0]] [3.0, 5.0] (2, 3) 4")


def test_a_wrong_colouring_would_be_noticed() -> None:
    """The comparison that the tests above make: two columns that meet in a row, in one colour, give other numbers."""
    x = RNG.normal(size=12)
    found = sparse.colour_columns(sparse.jacobian_pattern(tridiagonal)(x))
    assert all([a != b for a, b in pairwise(found.colours)])
    merged = adkit.jvp(tridiagonal, (x,), (np.ones(12),))[1]
    assert not np.allclose(np.diag(merged), adkit.jacobian(tridiagonal)(x))


@pytest.mark.filterwarnings("ignore::adkit.AdkitWarning")
def test_a_program_of_single_entries_costs_time_in_proportion() -> None:
    x = np.linspace(0.1, 1.0, 1500)
    for f in (
        lambda x: np.stack([x[i] * x[i - 1] for i in range(1, x.size)]), lambda x: np.array([x[i] * x[i - 1] for i in range(1, x.size)])
    ):
        with adkit.count_sweeps() as counts:
            J = sparse.jacobian(f)(x)
        assert J.nnz == 2 * 1499
        assert counts.forward_directions + counts.reverse_directions == 2
