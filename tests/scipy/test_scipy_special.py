"""adkit.scipy.special: what is no ufunc in scipy.special."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import adkit

sc = pytest.importorskip("scipy.special")
from both_modes import both_modes  # noqa: E402

RNG = np.random.default_rng(0)
A, B = RNG.normal(size=(2, 3)), RNG.uniform(0.5, 2.0, (2, 3))


@pytest.fixture(scope="module")
def special() -> Any:
    import adkit.scipy.special as special

    return special


@pytest.mark.parametrize("kw", [{}, {"axis": 0}, {"axis": -1, "keepdims": True}, {"axis": (0, 1)}, {"axis": (1,), "keepdims": True}])
def test_logsumexp(special: Any, kw: Any) -> None:
    both_modes(lambda a: special.logsumexp(a, **kw), lambda a: sc.logsumexp(a, **kw), A)
    both_modes(lambda a, b: special.logsumexp(a, b=b, **kw), lambda a, b: sc.logsumexp(a, b=b, **kw), A, B)
    both_modes(lambda a: special.logsumexp(a, b=B, **kw), lambda a: sc.logsumexp(a, b=B, **kw), A)
    both_modes(lambda b: special.logsumexp(A, b=b, **kw), lambda b: sc.logsumexp(A, b=b, **kw), B)


def test_logsumexp_with_signs(special: Any) -> None:
    b = np.array([1.0, -5.0, 0.0])
    for f, g in ((special, sc),):
        both_modes(lambda a: f.logsumexp(a, b=b, return_sign=True)[0], lambda a: g.logsumexp(a, b=b, return_sign=True)[0], A[0])
    value, sign = adkit.jvp(lambda a: special.logsumexp(a, b=b, return_sign=True), (A[0],), (A[1],))[0]
    assert sign == -1
    assert value == sc.logsumexp(A[0], b=b, return_sign=True)[0]
    with np.errstate(invalid="ignore"):
        assert np.isnan(adkit.jvp(lambda a: special.logsumexp(a, b=b), (A[0],), (A[1],))[0])


def test_logsumexp_where_entries_are_infinite(special: Any) -> None:
    a = np.array([-np.inf, 0.0, 1.0])
    np.testing.assert_allclose(adkit.grad(special.logsumexp)(a), sc.softmax(a))
    assert np.array_equal(adkit.grad(special.logsumexp)(np.full(2, -np.inf)), [0, 0])
    assert adkit.grad(special.logsumexp)(np.array([1000.0, 0.0])).tolist() == [1.0, 0.0]


def test_lists_of_values_are_taken(special: Any) -> None:
    assert adkit.grad(lambda x: special.logsumexp([x, 2 * x]))(0.0) == 1.5
    assert adkit.grad(lambda x: special.softmax(np.array([x, 0.0]))[0])(0.0) == 0.25


@pytest.mark.parametrize("axis", [None, 0, -1, (0, 1)])
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax(special: Any, name: str, axis: Any) -> None:
    both_modes(lambda x: getattr(special, name)(x, axis=axis), lambda x: getattr(sc, name)(x, axis=axis), A)


@pytest.mark.parametrize("d", [1, 2, 5])
def test_multigammaln(special: Any, d: int) -> None:
    both_modes(lambda a: special.multigammaln(a, d), lambda a: sc.multigammaln(a, d), np.array([3.0, 4.5]))
    with pytest.raises(adkit.DerivativeError, match="no derivative is known"):
        adkit.grad(lambda d: special.multigammaln(5.0, d))(2.0)


def test_polygamma_and_softplus(special: Any) -> None:
    for n in (0, 1, 3):
        both_modes(lambda x, n=n: special.polygamma(n, x), lambda x, n=n: sc.polygamma(n, x), np.array([0.7, 2.5]))
    both_modes(special.softplus, lambda x: np.logaddexp(0, x), A)


def test_other_names_are_scipys_own_and_refuse_what_they_would_corrupt(special: Any) -> None:
    assert special.expit is sc.expit
    assert special.comb(5, 2) == 10
    assert "comb" in dir(special)
    with pytest.raises(adkit.UnsupportedError, match=r"no derivative rule for scipy\.special\.spherical_jn"):
        adkit.grad(lambda x: special.spherical_jn(1, x))(0.5)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        special.nothing  # noqa: B018


def test_single_precision_stays(special: Any) -> None:
    x = A.astype(np.float32)
    for f in (special.logsumexp, special.softmax, special.log_softmax):
        y, ydot = adkit.jvp(f, (x,), (x,))
        assert y.dtype == ydot.dtype == np.float32
        assert adkit.grad(lambda x: np.sum(f(x)))(x).dtype == np.float32  # noqa: B023


def test_without_scipy_the_message_names_the_extra() -> None:
    import subprocess
    import sys
    from pathlib import Path

    code = "import sys; sys.modules['scipy'] = None\nimport adkit\ntry: import adkit.scipy\nexcept ImportError as e: print(e)"
    home = str(Path(adkit.__file__).parents[1])
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": home})
    assert run.stdout.strip() == 'adkit.scipy needs SciPy: pip install ".[scipy]" in a checkout of adkit'


def test_a_wrong_rule_is_caught() -> None:
    """The check of these tests, on a rule that is off by a thousandth."""

    @adkit.custom_jvp
    def planted(x: Any) -> Any:
        return sc.expit(x)

    @planted.defjvp
    def rule(primals: Any, tangents: Any) -> Any:
        y = sc.expit(primals[0])
        return y, 1.001 * tangents[0] * y * (1 - y)

    both_modes(sc.expit, sc.expit, A)
    with pytest.raises(AssertionError):
        both_modes(planted, sc.expit, A)
