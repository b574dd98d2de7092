"""adkit.scipy.integrate.odeint: variational and adjoint equations, to the integrator's own tolerance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import adkit

si = pytest.importorskip("scipy.integrate")

T = np.linspace(0.0, 2.0, 5)
Y0 = np.array([1.0, 0.7])
TIGHT = {"rtol": 1e-10, "atol": 1e-10}


@pytest.fixture(scope="module")
def odeint() -> Any:
    from adkit.scipy.integrate import odeint

    return odeint


def predators(y: Any, t: Any, a: Any, b: Any) -> Any:
    return np.array([a * y[0] - b * y[0] * y[1], -y[1] + 0.5 * y[0] * y[1] + 0.1 * np.sin(t)])


def weighed(solve: Any, **options: Any) -> Any:
    weights = np.cos(np.arange(10.0)).reshape(5, 2)
    return lambda y0, t, a, b: np.sum(weights * solve(predators, y0, t, (a, b), **options))


def difference(f: Any, xs: Any, vs: Any, h: float = 1e-4) -> Any:
    slope = lambda h: (
        f(*[x + h * v for x, v in zip(xs, vs, strict=True)]) - f(*[x - h * v for x, v in zip(xs, vs, strict=True)])
    ) / (2 * h)
    return (4 * slope(h / 2) - slope(h)) / 3


@pytest.mark.parametrize(("options", "tolerance"), [({}, 2e-5), (TIGHT, 3e-7)])
def test_both_modes_in_every_argument(odeint: Any, options: Any, tolerance: float) -> None:
    xs = (Y0, T, 1.3, 0.8)
    vs = (np.array([0.3, -0.5]), np.array([0.1, -0.2, 0.3, 0.2, -0.1]), 0.7, -0.4)
    f = weighed(odeint, **options)
    expected = difference(weighed(si.odeint, rtol=1e-13, atol=1e-13), xs, vs)
    value, slope = adkit.jvp(f, xs, vs)
    assert value == weighed(si.odeint, **options)(*xs)
    assert slope == pytest.approx(expected, rel=tolerance)
    gradient = adkit.grad(f, (0, 1, 2, 3))(*xs)
    assert [np.shape(g) for g in gradient] == [(2,), (5,), (), ()]
    assert sum([np.sum(g * v) for g, v in zip(gradient, vs, strict=True)]) == pytest.approx(expected, rel=tolerance)


def test_second_order(odeint: Any) -> None:
    f = lambda p: weighed(odeint, rtol=1e-9, atol=1e-9)(Y0, T, p[0], p[1])
    p = np.array([1.3, 0.8])
    H = adkit.hessian(f)(p)
    np.testing.assert_allclose(H, H.T, rtol=1e-6)
    v = np.array([1.0, -0.5])
    expected = difference(lambda p: adkit.grad(f)(p), (p,), (v,))
    np.testing.assert_allclose(H @ v, expected, rtol=1e-5)


def test_arguments_may_be_trees_and_what_is_whole_is_held(odeint: Any) -> None:
    def f(y: Any, t: Any, params: Any, n: int, name: str) -> Any:
        assert isinstance(n, int)
        assert name == "linear"
        return params["A"] @ y * n + params["b"]

    def last(params: Any) -> Any:
        return np.sum(odeint(f, Y0, T, (params, 1, "linear"))[-1])

    params = {"A": np.array([[0.0, 1.0], [-1.0, -0.1]]), "b": np.zeros(2)}
    gradient = adkit.grad(last)(params)
    assert {k: g.shape for k, g in gradient.items()} == {"A": (2, 2), "b": (2,)}
    h = 1e-5
    for k, index in (("A", (0, 1)), ("b", (1,))):
        moved = {name: x.copy() for name, x in params.items()}
        moved[k][index] += h
        ahead = last(moved)
        moved[k][index] -= 2 * h
        assert gradient[k][index] == pytest.approx((ahead - last(moved)) / (2 * h), rel=1e-4)


def test_a_system_that_forgets_its_past_is_integrated_back_in_short_steps(odeint: Any) -> None:
    f = lambda k: odeint(lambda y, t, k: -k * (y - np.cos(t)), np.array([0.0]), np.array([0.0, 1.0, 3.0]), (k,))[-1, 0]
    exact = lambda k: (k * k * np.cos(3.0) + k * np.sin(3.0)) / (k * k + 1)
    expected = (exact(60.01) - exact(59.99)) / 0.02
    assert adkit.grad(f)(60.0) == pytest.approx(expected, rel=1e-3)
    assert adkit.jvp(f, (60.0,), (1.0,))[1] == pytest.approx(expected, rel=1e-3)


def test_signatures(odeint: Any) -> None:
    decay = lambda y, t, k: -k * y
    exact = -np.exp(-0.5)
    for f in (
        lambda k: odeint(decay, [1.0], [0.0, 1.0], (k,))[-1, 0], lambda k: odeint(decay, 1.0, [0, 1], k)[-1, 0],
        lambda k: odeint(lambda t, y, k: decay(y, t, k), [1.0], [0.0, 1.0], args=(k,), tfirst=True)[-1, 0],
        lambda k: odeint(lambda y, t, k: [-k * y[0]], [1.0], [0.0, 1.0], (k,), rtol=1e-8)[-1, 0],
        lambda k: odeint(decay, [1.0], [0.0, 1.0], (k,), Dfun=lambda y, t, k: [[-k]], tcrit=[2.0])[-1, 0],
        lambda k: odeint(decay, np.array([k * 2]), [0.0, 0.0, 1.0], (k,))[-1, 0],
    ):  # fmt: skip
        assert adkit.grad(f)(0.5) == pytest.approx(exact if f(0.6) < 0.56 else 2 * np.exp(-0.5) + exact, rel=1e-5)
        assert adkit.grad(f)(0.5) == pytest.approx(adkit.jvp(f, (0.5,), (1.0,))[1], rel=1e-6)
    back = lambda y: odeint(decay, y, np.array([1.0, 0.0]), (0.5,))[-1, 0]
    assert adkit.grad(back)(np.array([1.0])) == pytest.approx(np.exp(0.5), rel=1e-6)


def test_what_is_not_given_is_refused(odeint: Any) -> None:
    def hidden(k: Any) -> Any:
        return odeint(lambda y, t: -k * y, np.array([1.0]), T)[-1, 0]

    def half_hidden(k: Any) -> Any:
        return odeint(lambda y, t, c: -k * c * y, np.array([1.0]), T, (k,))[-1, 0]

    for f in (hidden, half_hidden):
        with pytest.raises(Exception, match=r"args=|plain"):
            adkit.grad(f)(0.5)
    with pytest.raises(adkit.UnsupportedError, match="full_output"):
        adkit.grad(lambda k: odeint(lambda y, t, k: -k * y, [1.0], T, (k,), full_output=1)[0][-1, 0])(0.5)
    with pytest.raises(adkit.DerivativeError, match="'rtol'"):
        adkit.jvp(lambda y, r: odeint(lambda y, t: -y, y, T, rtol=r), (Y0, 1e-8), (Y0, 1.0))
    import adkit.scipy.integrate as integrate

    assert integrate.trapezoid([1.0, 1.0]) == 1.0
    with pytest.raises(adkit.UnsupportedError, match=r"scipy\.integrate\.quad"):
        adkit.grad(lambda a: integrate.quad(lambda x: x, 0.0, a)[0])(1.0)
