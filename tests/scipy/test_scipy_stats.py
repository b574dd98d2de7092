"""adkit.scipy.stats: densities and probabilities, in the variable and the parameters."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import adkit
from adkit.verify.check import check_entry, check_op

st = pytest.importorskip("scipy.stats")
from both_modes import both_modes  # noqa: E402

SHAPES: dict[str, tuple[float, ...]] = {
    "norm": (), "t": (2.5,), "beta": (1.7, 2.4), "gamma": (1.7,), "chi2": (3.2,), "expon": (), "laplace": (), "logistic": (),
    "cauchy": (), "uniform": (), "lognorm": (0.8,), "halfnorm": (), "pareto": (2.3,), "weibull_min": (1.6,), "gumbel_r": (),
    "invgamma": (2.2,),
}  # fmt: skip
LISTED = ("norm", "t", "beta", "gamma", "chi2")
KNOWN = ("lognorm", "pareto", "weibull_min")
X = {"beta": np.array([0.3, 0.6]), "uniform": np.array([0.4, 0.7]), "pareto": np.array([2.0, 3.1])}
METHODS = ("pdf", "logpdf", "cdf", "logcdf", "sf", "logsf")


@pytest.fixture(scope="module")
def stats() -> Any:
    import adkit.scipy.stats as stats

    return stats


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", SHAPES)
def test_in_the_variable_and_in_location_and_scale(stats: Any, name: str, method: str) -> None:
    ours, theirs = getattr(getattr(stats, name), method), getattr(getattr(st, name), method)
    shapes = SHAPES[name]
    both_modes(
        lambda x, loc, scale: ours(x, *shapes, loc, scale), lambda x, loc, scale: theirs(x, *shapes, loc, scale),
        X.get(name, np.array([0.4, 1.7])), 0.05, np.array([1.1, 0.9]), order=2 if name in LISTED else 1,
    )  # fmt: skip
    both_modes(lambda x: ours(x, *shapes), lambda x: theirs(x, *shapes), X.get(name, np.array([0.4, 1.7])), order=1)


@pytest.mark.parametrize("name", [name for name, shapes in SHAPES.items() if shapes])
def test_in_the_shapes(stats: Any, name: str) -> None:
    x = X.get(name, np.array([0.4, 1.7]))
    known = METHODS if name in KNOWN else METHODS[:2]
    for method in METHODS:
        ours, theirs = getattr(getattr(stats, name), method), getattr(getattr(st, name), method)
        if method in known:
            both_modes(lambda *s, f=ours: f(x, *s), lambda *s, f=theirs: f(x, *s), *SHAPES[name], order=2 if method == "logpdf" else 1)
            continue
        for take in (lambda f: adkit.grad(f)(SHAPES[name][0]), lambda f: adkit.jvp(f, SHAPES[name][:1], (1.0,))):  # noqa: B023
            with pytest.raises(adkit.DerivativeError, match=rf"{name}\.{method}: .*no derivative is known"):
                take(lambda s, f=ours: np.sum(f(x, s, *SHAPES[name][1:])))


@pytest.mark.parametrize("name", SHAPES)
def test_quantiles(stats: Any, name: str) -> None:
    for method in ("ppf", "isf"):
        ours, theirs = getattr(getattr(stats, name), method), getattr(getattr(st, name), method)
        both_modes(
            lambda q, loc, scale, f=ours: f(q, *SHAPES[name], loc, scale), lambda q, loc, scale, f=theirs: f(q, *SHAPES[name], loc, scale),
            np.array([0.2, 0.7]), 0.3, 1.2, order=1,
        )  # fmt: skip


@pytest.mark.parametrize("name", LISTED)
def test_the_entries_pass_the_checks_of_the_registry(stats: Any, name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for method in ("logpdf", "cdf", "logsf"):
            op = getattr(stats, name)._op(method)
            assert check_entry(op) == []
            assert check_op(op) == []


def test_outside_of_the_support_the_slope_is_zero(stats: Any) -> None:
    for name, x in (("gamma", -1.0), ("beta", 1.5), ("expon", -0.5), ("uniform", 3.0), ("pareto", 0.5), ("lognorm", -1.0)):
        d, shapes = getattr(stats, name), SHAPES[name]
        for method in METHODS:
            f = lambda x, loc, scale: getattr(d, method)(x, *shapes, loc, scale)  # noqa: B023
            assert adkit.grad(f, (0, 1, 2))(x, 0.0, 1.0) == (0.0, 0.0, 0.0), (name, method)
            assert adkit.jvp(f, (x, 0.0, 1.0), (1.0, 1.0, 1.0))[1] == 0.0
    x = np.array([-1.0, 0.5])
    assert np.array_equal(adkit.grad(lambda x: np.sum(np.where(x > 0, stats.gamma.logpdf(x, 2.0), 0)))(x)[:1], [0.0])


def test_far_in_the_tails_the_logarithms_stay_finite(stats: Any) -> None:
    assert adkit.grad(stats.norm.logcdf)(-50.0) == pytest.approx(50.02, rel=1e-4)
    assert adkit.grad(stats.norm.logsf)(50.0) == pytest.approx(-50.02, rel=1e-4)


POISSON = {"k": np.array([0, 1, 4]), "mu": np.array([0.7, 2.5, 3.0])}


@pytest.mark.parametrize("method", ["pmf", "logpmf", "cdf", "logcdf", "sf", "logsf"])
def test_discrete_distributions_in_their_parameters(stats: Any, method: str) -> None:
    for name, before, p, k in (
        ("poisson", (), POISSON["mu"], POISSON["k"]), ("bernoulli", (), np.array([0.3, 0.6]), np.array([0, 0])),
        ("binom", (5,), np.array([0.3, 0.6]), np.array([1, 3])), ("geom", (), np.array([0.3, 0.6]), np.array([1, 4])),
    ):  # fmt: skip
        ours, theirs = getattr(getattr(stats, name), method), getattr(getattr(st, name), method)
        both_modes(lambda p, f=ours, k=k, b=before: f(k, *b, p), lambda p, f=theirs, k=k, b=before: f(k, *b, p), p)
        with pytest.raises(adkit.DerivativeError, match="no derivative is known"):
            adkit.grad(lambda k, f=ours, b=before: f(k, *b, 0.5))(1.0)
    assert adkit.grad(lambda mu: stats.poisson.logpmf(-1, mu))(2.0) == 0.0
    assert adkit.grad(lambda mu: stats.poisson.cdf(3, mu, loc=1))(2.0) == pytest.approx(-st.poisson.pmf(2, 2.0))


# vectors ---------------------------------------------------------------------------------------------

Y = np.array([0.1, 0.2])
COV = np.array([[2.0, 0.3, 0.1], [0.3, 1.5, -0.2], [0.1, -0.2, 0.8]])


@pytest.mark.parametrize("method", ["pdf", "logpdf"])
def test_the_multivariate_normal(stats: Any, method: str) -> None:
    rng = np.random.default_rng(0)
    ours, theirs = getattr(stats.multivariate_normal, method), getattr(st.multivariate_normal, method)
    symmetric = lambda c: np.tril(c) + np.tril(c, -1).T
    for x in (rng.normal(size=3), rng.normal(size=(4, 3)), rng.normal(size=(2, 2, 3))):
        both_modes(
            lambda x, m, c: ours(x, m, symmetric(c)), lambda x, m, c: theirs(x, m, symmetric(c)), x, rng.normal(size=3), COV, exact=False
        )
    both_modes(lambda x: ours(x), lambda x: theirs(x), np.array([0.3, 1.2]), exact=False)
    both_modes(lambda x, m, c: ours(x, m, c), lambda x, m, c: theirs(x, m, c), np.array([0.3, 1.2]), 0.5, 2.0, exact=False)
    both_modes(lambda x, c: ours(x, Y, c), lambda x, c: theirs(x, Y, c), np.array([0.3, 1.2]), np.array([1.0, 2.0]), exact=False)
    frozen = adkit.grad(lambda m: stats.multivariate_normal(m, COV).logpdf(np.zeros(3)))(np.ones(3))
    np.testing.assert_allclose(frozen, -np.linalg.solve(COV, np.ones(3)))


def test_entropy_and_a_singular_covariance(stats: Any) -> None:
    symmetric = lambda c: np.tril(c) + np.tril(c, -1).T
    ours, theirs = stats.multivariate_normal, st.multivariate_normal
    both_modes(lambda c: ours.entropy(None, symmetric(c)), lambda c: theirs.entropy(None, symmetric(c)), COV, exact=False)
    flat = np.array([[2.0, 1.0, 0.0], [1.0, 0.5, 0.0], [0.0, 0.0, 1.0]])
    x, m = np.array([[2.0, 1.0, 0.3], [0.2, 0.1, -1.0]]), np.zeros(3)
    slope = adkit.grad(lambda x: np.sum(ours.logpdf(x, m, flat, allow_singular=True)))(x)
    np.testing.assert_allclose(slope, -x @ np.linalg.pinv(flat), atol=1e-12)
    value, _ = adkit.jvp(lambda x: ours.logpdf(x, m, flat, True), (x,), (x,))
    np.testing.assert_allclose(value, theirs.logpdf(x, m, flat, True))
    assert adkit.jvp(lambda x: ours.logpdf(x, m, flat, True), (np.array([0.0, 5.0, 0.0]),), (x[0],))[0] == -np.inf


def test_what_the_multivariate_normal_refuses(stats: Any) -> None:
    with pytest.raises(adkit.UnsupportedError, match=r"scipy\.stats\.multivariate_normal\.cdf"):
        adkit.grad(lambda x: stats.multivariate_normal.cdf(x, np.zeros(2), np.eye(2)))(np.zeros(2))
    with pytest.raises(adkit.UnsupportedError, match="singular"):
        adkit.grad(lambda c: stats.multivariate_normal.logpdf(np.zeros(2), np.zeros(2), c, True))(np.eye(2))
    with pytest.raises(ValueError, match="positive semidefinite"):
        adkit.grad(lambda c: stats.multivariate_normal.logpdf(np.zeros(2), np.zeros(2), c))(-np.eye(2))
    with pytest.raises(ValueError, match="broadcast"):
        adkit.grad(lambda x: np.sum(stats.multivariate_normal.logpdf(x, np.zeros(3), COV)))(np.zeros((2, 4)))


@pytest.mark.parametrize("method", ["pdf", "logpdf"])
def test_dirichlet(stats: Any, method: str) -> None:
    ours, theirs = getattr(stats.dirichlet, method), getattr(st.dirichlet, method)
    alpha, x = np.array([1.3, 2.0, 0.7]), np.array([[0.2, 0.5], [0.3, 0.4], [0.5, 0.1]])
    both_modes(lambda a: ours(x[:, 0], a), lambda a: theirs(x[:, 0], a), alpha, exact=False)
    both_modes(lambda a: ours(x, a), lambda a: theirs(x, a), alpha, exact=False)
    both_modes(lambda x: ours(x, alpha), lambda x: theirs(x, alpha), x[:2, 0], exact=False)
    with pytest.raises(ValueError, match="simplex"):
        adkit.grad(lambda a: ours(np.array([0.9, 0.9, 0.9]), a))(alpha)


# how they are called ---------------------------------------------------------------------------------


def test_parameters_by_name_and_by_place_and_frozen(stats: Any) -> None:
    expected = st.gamma.pdf(1.5, 2.0, 0.1, 2.0) * (1.0 / 1.4 - 1 / 2.0)
    for f in (
        lambda x: stats.gamma.pdf(x, 2.0, 0.1, 2.0), lambda x: stats.gamma.pdf(x, a=2.0, loc=0.1, scale=2.0),
        lambda x: stats.gamma(2.0, loc=0.1, scale=2.0).pdf(x), lambda x: stats.gamma.pdf(x=x, a=2.0, loc=0.1, scale=2.0),
        lambda x: stats.gamma.pdf([x, x], 2.0, 0.1, 2.0)[0],
    ):  # fmt: skip
        assert adkit.grad(f)(1.5) == pytest.approx(expected, rel=1e-12)
    with pytest.raises(TypeError, match="'a' is missing"):
        adkit.grad(stats.gamma.pdf)(1.5)
    with pytest.raises(TypeError, match="unexpected argument 'b'"):
        adkit.grad(lambda x: stats.gamma.pdf(x, 1.0, b=2.0))(1.5)
    with pytest.raises(TypeError, match="its arguments are k, mu, loc"):
        adkit.grad(lambda m: stats.poisson.pmf(1, m, scale=2))(1.5)


def test_the_rest_is_scipys_own(stats: Any) -> None:
    assert stats.norm.mean(3.0) == 3.0
    assert stats.gamma(2.0).mean() == 2.0
    assert stats.multivariate_normal(np.zeros(2), np.eye(2)).rvs(3, random_state=0).shape == (3, 2)
    assert stats.norm.rvs(random_state=1) == st.norm.rvs(random_state=1)
    assert stats.rankdata([3, 1]).tolist() == [2, 1]
    with pytest.raises(adkit.UnsupportedError, match=r"scipy\.stats\.norm\.entropy"):
        adkit.grad(lambda s: stats.norm.entropy(0.0, s))(2.0)
    with pytest.raises(adkit.UnsupportedError, match=r"scipy\.stats\.gmean"):
        adkit.grad(stats.gmean)(np.ones(3))


def test_a_fit_by_maximum_likelihood(stats: Any) -> None:
    optimize = pytest.importorskip("scipy.optimize")
    data = st.gamma.rvs(2.5, scale=1.7, size=400, random_state=3)
    loss = adkit.value_and_grad(lambda p: -np.sum(stats.gamma.logpdf(data, np.exp(p[0]), scale=np.exp(p[1]))))
    found = optimize.minimize(loss, np.zeros(2), jac=True)
    a, _, scale = st.gamma.fit(data, floc=0)
    np.testing.assert_allclose(np.exp(found.x), [a, scale], rtol=1e-4)
