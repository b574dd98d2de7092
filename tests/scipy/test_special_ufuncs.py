"""The ufuncs of scipy.special: found when they are met, right at their edges, refused where nothing is known.

That their rules are right, in both modes and to second order, is checked from the registry (test_registry.py).
"""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
import warnings
from typing import Any

import numpy as np
import pytest

import adkit
from adkit.registry import REGISTRY, load_families

sc = pytest.importorskip("scipy.special")
load_families()

LISTED = re.findall(
    r"\w+",
    "expit logit log_expit erf erfc erfcx erfinv erfcinv ndtr log_ndtr ndtri gamma gammaln loggamma rgamma digamma psi beta "
    "betaln betainc gammainc gammaincc xlogy xlog1py entr rel_entr kl_div boxcox boxcox1p j0 j1 jv jn y0 y1 yn yv i0 i0e i1 "
    "i1e iv ive k0 k1 kv exp1 expi dawsn fresnel ellipk ellipe sici shichi huber pseudo_huber exprel",
)

FRONT = {"jv": (2,), "jn": (2,), "yn": (2,), "yv": (1.5,), "iv": (1.5,), "ive": (1.5,), "kv": (1.5,), "betainc": (1.5, 2.5),
         "gammainc": (1.5,), "gammaincc": (1.5,)}  # fmt: skip
BACK = dict.fromkeys(re.findall(r"\w+", "beta betaln xlogy xlog1py rel_entr kl_div boxcox boxcox1p huber pseudo_huber"), (0.8,))
FORMS: list[Any] = [np.float64(0.4), np.array([0.4, 0.6]), np.array([[0.3], [0.7]]), np.zeros((0, 2))]


def _called(name: str) -> Any:
    fun = getattr(sc, name)
    return lambda x: fun(*FRONT.get(name, ()), x, *BACK.get(name, ()))


@pytest.mark.parametrize("name", LISTED)
@pytest.mark.parametrize("x", FORMS, ids=["scalar", "vector", "column", "empty"])
def test_every_listed_function_in_both_modes(name: str, x: Any) -> None:
    f = _called(name)
    value = f(x)
    several = isinstance(value, tuple)
    y, ydot = adkit.jvp(f, (x,), (np.ones_like(x),))
    out, pullback = adkit.vjp(f, x)
    ones = tuple([np.ones_like(v) for v in value]) if several else np.ones_like(value)
    (xbar,) = pullback(ones)
    for a, b, c, t in zip(*[v if several else (v,) for v in (value, y, out, ydot)], strict=True):
        assert np.array_equal(a, b)
        assert np.array_equal(a, c)
        assert np.shape(t) == np.shape(a)
    total = sum(ydot) if several else ydot
    np.testing.assert_allclose(xbar, total, rtol=1e-13)
    if x.size:
        h = 1e-5
        ahead, behind = f(x + h), f(x - h)
        if several:
            ahead, behind = sum(ahead), sum(behind)
        np.testing.assert_allclose(total, (ahead - behind) / (2 * h), rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize(
    ("f", "v"),
    [
        (lambda v: sc.jv(v, 1.5), 0.5), (lambda v: sc.yv(v, 1.5), 0.5), (lambda v: sc.iv(v, 1.5), 0.5),
        (lambda v: sc.ive(v, 1.5), 0.5), (lambda v: sc.kv(v, 1.5), 0.5), (lambda v: sc.jn(v, 1.5), 1.0),
        (lambda v: sc.yn(v, 1.5), 1.0), (lambda v: sc.zeta(v, 1.5), 2.5), (lambda v: sc.expn(v, 1.5), 2.0),
        (lambda a: sc.gammainc(a, 1.5), 0.5), (lambda a: sc.gammaincc(a, 1.5), 0.5), (lambda a: sc.betainc(a, 2.0, 0.5), 1.5),
        (lambda b: sc.betainc(2.0, b, 0.5), 1.5), (lambda a: sc.hyp1f1(a, 2.0, 0.5), 1.5),
        (lambda n: adkit.ops.special.gamma.polygamma(n, 1.5), 1.0),  # type: ignore[attr-defined]
    ],
)  # fmt: skip
@pytest.mark.parametrize("many", [False, True])
def test_a_parameter_without_known_derivative_is_refused_in_both_modes(f: Any, v: float, many: bool) -> None:
    x = np.array([v, v]) if many else np.float64(v)
    for take in (lambda: adkit.jvp(f, (x,), (np.ones_like(x),)), lambda: adkit.grad(lambda x: np.sum(f(x)))(x),
                 lambda: adkit.jacfwd(f)(x), lambda: adkit.jacrev(f)(x)):  # fmt: skip
        with pytest.raises(adkit.DerivativeError, match=r"no derivative is known.*custom_jvp"):
            take()


def test_importing_adkit_and_differentiating_numpy_loads_no_scipy() -> None:
    code = (
        "import sys, numpy as np, adkit\n"
        "adkit.grad(lambda x: np.sin(x) * x)(1.0)\n"
        "try: adkit.grad(lambda x: np.spacing(x))(1.0)\n"
        "except adkit.UnsupportedError: pass\n"
        "assert 'scipy' not in sys.modules\n"
        "import scipy.special\n"
        "assert 'adkit.ops.special' not in sys.modules\n"
        "print(adkit.grad(scipy.special.expit)(0.0))\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=_env())
    assert run.stdout.strip() == "0.25"


def test_an_op_pickled_in_one_process_is_found_in_another() -> None:
    data = pickle.dumps(REGISTRY["expit"])
    code = f"import pickle; print(pickle.loads({data!r}).name)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=_env())
    assert run.stdout.strip() == "expit"


def test_a_rule_of_the_users_own_stays() -> None:
    code = (
        "import numpy as np, scipy.special as sc, adkit\n"
        "mine = adkit.elementwise(sc.erf, lambda g, y, x: 7.0 * g)\n"
        "print(adkit.grad(lambda x: sc.erf(x) + sc.erfc(x) * 0)(0.5), adkit.registry.REGISTRY['erf'].builtin)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=_env())
    assert run.stdout.split() == ["7.0", "False"]


def _env() -> dict[str, str]:
    import os
    from pathlib import Path

    return {**os.environ, "PYTHONPATH": str(Path(adkit.__file__).parents[1])}


def test_many_threads_may_meet_the_first_function_at_once() -> None:
    code = (
        "import threading, scipy.special as sc, adkit\n"
        "start, found = threading.Barrier(8), []\n"
        "def work():\n"
        "    start.wait()\n"
        "    found.append(float(adkit.grad(sc.gammaln)(2.0)))\n"
        "threads = [threading.Thread(target=work) for _ in range(8)]\n"
        "[t.start() for t in threads]; [t.join() for t in threads]\n"
        "assert len(found) == 8 and len(set(found)) == 1, found\n"
    )
    subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=_env())


def test_zero_log_zero_is_zero_with_its_derivative() -> None:
    for f in (lambda x: sc.xlogy(0.0, x), lambda x: sc.rel_entr(0.0, x), lambda x: sc.xlog1py(0.0, x - 1)):
        assert adkit.grad(f)(0.0) == 0
        assert adkit.jvp(f, (0.0,), (1.0,))[1] == 0
    selected = lambda x: np.sum(np.where(x > 0, sc.entr(x), 0.0))
    assert np.array_equal(adkit.grad(selected)(np.array([0.0, np.exp(-1.0)]))[:1], [0.0])
    assert adkit.jvp(selected, (np.array([0.0, 0.5]),), (np.array([0.0, 1.0]),))[1] == pytest.approx(-1 - np.log(0.5))


def test_slopes_where_a_closed_form_would_cancel() -> None:
    assert adkit.grad(sc.exprel)(0.0) == pytest.approx(0.5, rel=1e-15)
    assert adkit.derivative(sc.exprel, 3)(1e-9) == pytest.approx(0.25, rel=1e-9)
    assert adkit.grad(lambda k: sc.boxcox(2.0, k))(0.0) == pytest.approx(np.log(2.0) ** 2 / 2, rel=1e-14)
    assert adkit.grad(sc.ellipk)(0.0) == pytest.approx(np.pi / 8, rel=1e-15)
    assert adkit.grad(sc.ellipe)(1e-12) == pytest.approx(-np.pi / 8, rel=1e-11)
    assert adkit.derivative(sc.ellipk, 2)(0.0) == pytest.approx(9 * np.pi / 64, rel=1e-14)
    assert adkit.grad(sc.j1)(0.0) == 0.5
    assert adkit.grad(sc.i1)(0.0) == 0.5
    assert adkit.grad(sc.expit)(40.0) == pytest.approx(np.exp(-40.0), rel=1e-12)
    assert adkit.grad(sc.log_ndtr)(-1e4) == pytest.approx(1e4, rel=1e-7)
    assert adkit.grad(lambda r: sc.pseudo_huber(1e6, r))(1.0) == pytest.approx(1.0, rel=1e-11)
    assert adkit.grad(lambda x: sc.sici(x)[0])(0.0) == 1.0
    assert adkit.grad(lambda x: sc.shichi(x)[0])(0.0) == 1.0


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_rgamma_is_smooth_through_the_poles_of_gamma(n: int) -> None:
    from math import factorial

    assert adkit.grad(sc.rgamma)(-float(n)) == pytest.approx((-1) ** n * factorial(n), rel=1e-13)
    slope = adkit.grad(sc.rgamma)
    h = 1e-5
    assert adkit.grad(slope)(-float(n)) == pytest.approx((slope(-n + h) - slope(-n - h)) / (2 * h), rel=1e-6)


def test_derivatives_left_of_zero() -> None:
    mpmath = pytest.importorskip("mpmath")
    for x in (-0.5, -1.3, -2.7):
        assert adkit.grad(sc.gamma)(x) == pytest.approx(float(mpmath.diff(mpmath.gamma, x)), rel=1e-12)
        assert adkit.grad(sc.digamma)(x) == pytest.approx(float(mpmath.psi(1, x)), rel=1e-12)
        assert adkit.grad(sc.gammaln)(x) == pytest.approx(float(mpmath.psi(0, x)), rel=1e-12)
        assert adkit.grad(sc.i0e)(x) == pytest.approx(-adkit.grad(sc.i0e)(-x), rel=1e-14)
        assert adkit.grad(lambda x: sc.kve(1.5, x))(-x) == pytest.approx(
            float(mpmath.diff(lambda t: mpmath.exp(t) * mpmath.besselk(1.5, t), -x)), rel=1e-10
        )


def test_complex_arguments() -> None:
    z = 0.7 + 0.4j
    for f in (sc.erf, sc.loggamma, sc.gamma, lambda z: sc.jv(1.5, z), sc.exp1, sc.wofz, sc.lambertw, sc.dawsn):
        h = 1e-6
        expected = (f(z + h) - f(z - h)) / (2 * h)
        assert adkit.grad(f, holomorphic=True)(z) == pytest.approx(expected, rel=1e-7)
        assert adkit.jvp(f, (z,), (1.0 + 0j,))[1] == pytest.approx(expected, rel=1e-7)
    for f in (sc.digamma, lambda z: sc.ive(1.5, z), lambda z: sc.jve(1.5, z)):
        with pytest.raises(adkit.DerivativeError, match="no derivative is known at complex arguments"):
            adkit.grad(f, holomorphic=True)(z)


def test_branches_of_lambert_w() -> None:
    for x, k in ((0.5, 0), (-0.2, 0), (-0.2, -1), (2.0, 1)):
        w = sc.lambertw(x, k)
        expected = w / (x * (1 + w))
        y, ydot = adkit.jvp(lambda x: sc.lambertw(x, k), (x,), (1.0,))
        assert y == w
        assert ydot == pytest.approx(expected, rel=1e-13)
        assert adkit.grad(lambda x: np.real(sc.lambertw(x, k)))(x) == pytest.approx(expected.real, rel=1e-13)
    assert adkit.grad(lambda x: np.real(sc.lambertw(x)))(0.0) == 1.0


def test_functions_of_scipy_without_a_rule_name_their_home() -> None:
    with pytest.raises(adkit.UnsupportedError, match=r"no derivative rule for scipy\.special\.struve"):
        adkit.grad(lambda x: sc.struve(1, x))(0.5)


def test_scipys_functions_are_listed() -> None:
    listed = adkit.supported_functions()
    for name in ("expit", "gammaln", "jv", "log1p", "psi"):
        assert f"scipy.special.{name}" in listed
    assert "numpy.log1p" in listed


def test_a_program_of_special_functions_is_written_down_and_proved() -> None:
    f = lambda x: np.sum(sc.erf(x) * sc.expit(x) + sc.gammaln(x))
    x = np.array([0.5, 1.5])
    program = adkit.trace(adkit.grad(f))(x)
    assert "scipy.special" in program.source
    np.testing.assert_allclose(program(x + 0.1), adkit.grad(f)(x + 0.1), rtol=1e-14)
    from adkit.testing import assert_proved

    assert_proved(f, x)


def test_nothing_warns_where_the_function_itself_does_not() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for f, x in ((sc.erfinv, 0.5), (sc.xlogy, None), (sc.rgamma, 3.0), (sc.gammaincc, None)):
            g = f if x is not None else (lambda x, f=f: f(2.0, x))
            adkit.hessian(g)(0.5 if x is None else x)


def test_single_precision_stays() -> None:
    x = np.array([0.3, 0.6], np.float32)
    for name in LISTED:
        f = _called(name)
        y, ydot = adkit.jvp(f, (x,), (np.ones_like(x),))
        (xbar,) = adkit.vjp(lambda x: np.sum(sum(f(x)) if isinstance(y, tuple) else f(x)), x)[1](1.0)
        assert xbar.dtype == np.float32
        if name not in (*BACK, *FRONT):  # SciPy's own loops choose double precision for some Python floats
            assert np.result_type(*y if isinstance(y, tuple) else [y]) == np.float32
        for a, b in zip(*[v if isinstance(v, tuple) else (v,) for v in (y, ydot)], strict=True):
            assert a.dtype == b.dtype, name
