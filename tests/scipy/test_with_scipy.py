"""SciPy's solvers with adkit's derivatives, and the page about them: every snippet prints what it says."""

from __future__ import annotations

import contextlib
import io
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import adkit

optimize = pytest.importorskip("scipy.optimize")
integrate = pytest.importorskip("scipy.integrate")

PAGE = (Path(__file__).parents[2] / "docs" / "with_scipy.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"^```python\n(.*?)^```\n\n```text\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_every_snippet_says_what_it_prints() -> None:
    assert len(SNIPPETS) == PAGE.count("```python") > 8


@pytest.mark.parametrize(("code", "printed"), SNIPPETS, ids=range(len(SNIPPETS)))
def test_a_snippet_prints_what_the_page_says(code: str, printed: str) -> None:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), warnings.catch_warnings():
        warnings.simplefilter("error")
        exec(compile(code, "docs/with_scipy.md", "exec"), {"__name__": "__page__"})
    assert out.getvalue() == printed


def test_the_page_lists_what_there_is() -> None:
    import adkit.scipy as ours

    for module in ours.__all__:
        for name in getattr(ours, module).__all__:
            if not (module == "linalg" and name in ("eigvalsh", "pinv", "svdvals")):
                assert f"`{name}`" in PAGE, f"adkit.scipy.{module}.{name}"


# minimize --------------------------------------------------------------------------------------------


def rosenbrock(x: Any) -> Any:
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def by_items(x: Any) -> Any:
    total = 0.0
    for a, b in zip(x[:-1], x[1:], strict=True):
        total += 100 * (b - a**2) ** 2 + (1 - a) ** 2
    return total


STARTS: dict[str, Any] = {
    "floats": np.array([-1.0, 2.0, 0.5]), "integers": np.array([-1, 2, 0]), "a list": [-1, 2, 0], "a tuple": (-1.0, 2.0, 0.5),
}  # fmt: skip


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("method", ["BFGS", "L-BFGS-B", "CG", "SLSQP"])
@pytest.mark.parametrize("f", [rosenbrock, by_items, optimize.rosen])
def test_minimize_by_gradients(f: Any, method: str, start: str) -> None:
    found = optimize.minimize(adkit.value_and_grad(f), STARTS[start], jac=True, method=method, options={"maxiter": 2000})
    np.testing.assert_allclose(found.x, 1, atol=1e-2)


@pytest.mark.parametrize("method", ["Newton-CG", "trust-ncg", "trust-krylov"])
def test_minimize_by_products(method: str) -> None:
    x0 = np.array([-1, 2, 0])
    for second in ({"hessp": lambda x, p: adkit.hvp(rosenbrock, x, p)}, {"hess": adkit.hessian(rosenbrock)}):
        found = optimize.minimize(adkit.value_and_grad(rosenbrock), x0, jac=True, method=method, **second)
        np.testing.assert_allclose(found.x, 1, atol=1e-4)


def test_single_precision_is_passed_on() -> None:
    x0 = np.array([0.5, -0.3], np.float32)
    found = optimize.minimize(adkit.value_and_grad(lambda x: np.sum((x - 2) ** 2)), x0, jac=True, method="L-BFGS-B")
    np.testing.assert_allclose(found.x, 2, rtol=1e-5)


def test_minimize_by_a_hessian() -> None:
    for hess in (adkit.hessian(rosenbrock), lambda x: adkit.sparse.hessian(rosenbrock)(x).toarray()):
        found = optimize.minimize(adkit.value_and_grad(rosenbrock), [-1, 2, 0], jac=True, hess=hess, method="trust-exact")
        np.testing.assert_allclose(found.x, 1, atol=1e-6)
    found = optimize.minimize(rosenbrock, [-1, 2, 0], jac=adkit.grad(rosenbrock), hess=adkit.sparse.hessian(rosenbrock), method="trust-constr")
    np.testing.assert_allclose(found.x, 1, atol=1e-4)


def test_one_number() -> None:
    for x0 in (3, 3.0, [3], np.float64(3)):
        found = optimize.minimize(adkit.value_and_grad(lambda x: (x[0] - 1) ** 2), x0, jac=True)
        np.testing.assert_allclose(found.x, [1])
    with pytest.raises(adkit.DerivativeError, match=r"returned an array of shape \(1,\)"):
        optimize.minimize(adkit.value_and_grad(lambda x: (x - 1) ** 2), 3.0, jac=True)


def test_extra_arguments_and_a_branch_that_returns_a_python_number() -> None:
    def loss(x: Any, scale: float, shift: Any) -> Any:
        return scale * np.sum((x - shift) ** 2)

    found = optimize.minimize(adkit.value_and_grad(loss), np.zeros(2), args=(3, np.array([1, 2])), jac=True)
    np.testing.assert_allclose(found.x, [1, 2])
    with pytest.warns(adkit.IndependentOutputWarning):
        value, gradient = adkit.value_and_grad(lambda x: 1e10 if x[0] < 5 else np.sum(x))(np.ones(2))
    assert value == 1e10
    assert gradient.tolist() == [0, 0]


# least squares, roots, curves --------------------------------------------------------------------------

T = np.linspace(0, 4, 40)
DATA = 2.5 * np.exp(-1.3 * T) + 0.5


def residuals(p: Any) -> Any:
    return p[0] * np.exp(-p[1] * T) + p[2] - DATA


@pytest.mark.parametrize("method", ["trf", "dogbox", "lm"])
@pytest.mark.parametrize("jac", [adkit.jacobian, adkit.jacfwd, adkit.jacrev])
def test_least_squares(method: str, jac: Any) -> None:
    found = optimize.least_squares(residuals, [1, 1, 0], jac=jac(residuals), method=method)
    np.testing.assert_allclose(found.x, [2.5, 1.3, 0.5], rtol=1e-6)


def test_least_squares_of_a_list() -> None:
    f = lambda x: [10 * (x[1] - x[0] ** 2), 1 - x[0]]
    np.testing.assert_allclose(optimize.least_squares(f, [2, 2], jac=adkit.jacobian(f)).x, 1)


@pytest.mark.parametrize("method", ["hybr", "lm"])
def test_root(method: str) -> None:
    for f in (
        lambda x: [x[0] + 0.5 * (x[0] - x[1]) ** 3 - 1.0, 0.5 * (x[1] - x[0]) ** 3 + x[1]],
        lambda x: np.array([x[0] + 0.5 * (x[0] - x[1]) ** 3 - 1.0, 0.5 * (x[1] - x[0]) ** 3 + x[1]]),
    ):
        with pytest.raises(adkit.DerivativeError, match="pass floating-point numbers"):
            optimize.root(f, [0, 0], jac=adkit.jacobian(f), method=method)
        found = optimize.root(f, [0.0, 0.0], jac=adkit.jacobian(f), method=method)
        np.testing.assert_allclose(found.x, [0.8411639, 0.1588361], rtol=1e-6)
        both = lambda x, f=f: (np.asarray(f(x)), np.asarray(adkit.jacobian(f)(x)))
        np.testing.assert_allclose(optimize.root(both, [0.0, 0.0], jac=True, method=method).x, found.x)


def test_root_of_one_number() -> None:
    f = lambda x: x**3 - 2
    for method, more in (("newton", {}), ("halley", {"fprime2": adkit.grad(adkit.grad(f))})):
        found = optimize.root_scalar(f, x0=1, fprime=adkit.grad(f), method=method, **more)
        assert found.root == pytest.approx(2 ** (1 / 3))


@pytest.mark.parametrize("method", ["Radau", "BDF", "LSODA"])
@pytest.mark.parametrize("kind", [list, np.array, np.stack])
def test_solve_ivp(method: str, kind: Any) -> None:
    def f(t: Any, y: Any) -> Any:
        return kind([y[1], 5 * (1 - y[0] ** 2) * y[1] - y[0]])

    found = integrate.solve_ivp(f, (0, 3), [2, 0], method=method, jac=adkit.jacobian(f, argnums=1), rtol=1e-8, atol=1e-8)
    plain = integrate.solve_ivp(f, (0, 3), [2.0, 0.0], method=method, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(found.y[:, -1], plain.y[:, -1], rtol=1e-5)
    assert found.success


def test_solve_ivp_with_a_sparse_jacobian() -> None:
    n = 200

    def heat(t: Any, u: Any) -> Any:
        return np.concatenate([[0.0], u[2:] - 2 * u[1:-1] + u[:-2], [0.0]])

    u0 = np.sin(np.linspace(0, np.pi, n))
    with adkit.count_sweeps() as counts:
        found = integrate.solve_ivp(heat, (0, 5), u0, method="BDF", jac=adkit.sparse.jacobian(heat, argnums=1))
    assert found.success
    assert counts.forward_directions + counts.reverse_directions <= 3 * found.njev


# SciPy's own functions, given what they do not take ------------------------------------------------------

X = np.array([0.3, 0.5, 0.8])
DIRECT: dict[str, tuple[str, Any, str]] = {
    "scipy.special.logsumexp": ("scipy.special", lambda m: m.logsumexp(STATE[0]), "adkit.scipy.special"),
    "scipy.special.polygamma": ("scipy.special", lambda m: np.sum(m.polygamma(1, STATE[0])), "adkit.scipy.special"),
    "scipy.stats.norm.logpdf": ("scipy.stats", lambda m: np.sum(m.norm.logpdf(STATE[0])), "adkit.scipy.stats"),
    "scipy.stats.poisson.logpmf": ("scipy.stats", lambda m: np.sum(m.poisson.logpmf(2, STATE[0])), "adkit.scipy.stats"),
    "scipy.linalg.expm": ("scipy.linalg", lambda m: np.sum(m.expm(np.outer(STATE[0], X))), "adkit.scipy.linalg"),
    "scipy.linalg.inv": ("scipy.linalg", lambda m: np.sum(m.inv(np.diag(X) * STATE[0])), "adkit.scipy.linalg"),
    "scipy.integrate.quad": ("scipy.integrate", lambda m: m.quad(lambda t: t * STATE[0][0], 0, 1)[0], "adkit.scipy.integrate"),
    "scipy.signal.lfilter": ("scipy.signal", lambda m: np.sum(m.lfilter([1.0], [1.0, 0.5], STATE[0])), "adkit.scipy.signal"),
    "scipy.ndimage.gaussian_filter": ("scipy.ndimage", lambda m: np.sum(m.gaussian_filter(STATE[0], 1.0)), "custom_jvp"),
}
STATE: list[Any] = [None]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", DIRECT)
def test_a_function_of_scipys_own_names_what_takes_its_place(name: str) -> None:
    import importlib

    module, call, instead = DIRECT[name]
    scipys = importlib.import_module(module)

    def f(x: Any) -> Any:
        STATE[0] = x
        return call(scipys)

    for take in (lambda: adkit.grad(f)(X), lambda: adkit.jvp(f, (X,), (X,))):
        with pytest.raises(Exception) as error:  # whatever SciPy raises
            take()
        notes = " ".join(getattr(error.value, "__notes__", []))
        assert name in notes
        assert "for which SciPy has no hook" in notes
        assert instead in notes


def test_an_error_of_scipys_about_plain_numbers_is_left_alone() -> None:
    import scipy.linalg

    with pytest.raises(ValueError, match="square") as error:
        adkit.grad(lambda x: np.sum(scipy.linalg.inv(np.ones((2, 3)))) * x)(1.0)
    assert not getattr(error.value, "__notes__", [])


def _programs() -> dict[str, Any]:
    from scipy import special as sc

    from adkit.scipy import linalg, signal, special, stats

    return {
        "ufuncs": lambda x: np.sum(sc.expit(x) * sc.erf(x) + sc.gammaln(x) * sc.jv(1, x) + sc.psi(x)),
        "special": lambda x: special.logsumexp(x * x) + np.sum(special.softmax(x) * x),
        "linalg": lambda x: np.sum(linalg.solve_triangular(2 * np.eye(3) + np.tri(3), x, lower=True) ** 2) + np.sum(linalg.expm(np.outer(x, x))),
        "stats": lambda x: np.sum(stats.norm.logpdf(x, 0.1, x[0])) + np.sum(stats.gamma.logpdf(x, 2.0)),
        "vectors": lambda x: stats.multivariate_normal.logpdf(x, np.zeros(3), 2 * np.eye(3)) + stats.dirichlet.logpdf(X / 1.6, x),
        "signal": lambda x: np.sum(signal.convolve(x, x) ** 2),
    }  # fmt: skip


@pytest.mark.parametrize("name", ["ufuncs", "special", "linalg", "stats", "vectors", "signal"])
def test_programs_are_written_down_compiled_and_recomputed(name: str) -> None:
    f, x = _programs()[name], X * 1.01
    expected = adkit.grad(f)(x)
    np.testing.assert_allclose(adkit.trace(adkit.grad(f))(X)(x), expected, rtol=1e-13)
    np.testing.assert_allclose(adkit.compile(adkit.grad(f))(x), expected, rtol=1e-13)
    np.testing.assert_allclose(adkit.grad(adkit.checkpoint(f))(x), expected, rtol=1e-13)
    np.testing.assert_allclose(adkit.sparse.hessian(f)(x).toarray(), adkit.hessian(f)(x), rtol=1e-9, atol=1e-12)
    with adkit.debug_nans():
        np.testing.assert_allclose(adkit.grad(f)(x), expected, rtol=1e-13)
