"""Arrays that take item assignment, inside checkpoints and as the arguments of drivers."""

from __future__ import annotations

import numpy as np
import pytest

import adkit

X = np.array([0.3, -0.7, 1.2])


def _shifted(a):
    b = a.copy()
    b[1:] *= b[:-1]
    b[0] = np.sin(a[2])
    return b * a


def _rotated(s, k):
    b = s.copy()
    b[k % 3] = np.sin(s[(k + 1) % 3]) * s[0]
    return b


def _chain(x, layer):
    y = x.copy()
    y[:] = layer(y)
    z = np.zeros_like(x)
    z[:2] = layer(y * x)[1:]
    return layer(z + x)


def test_a_copy_made_in_a_checkpoint_is_written_to():
    kept, forgotten = (lambda x: _chain(x, _shifted)), (lambda x: _chain(x, adkit.checkpoint(_shifted)))
    nested = lambda x: adkit.checkpoint(forgotten)(x)
    total = lambda f: lambda x: np.sum(f(x) ** 2)
    for f in (forgotten, nested):
        assert np.allclose(adkit.jacrev(f)(X), adkit.jacfwd(kept)(X), rtol=1e-12)
        assert np.allclose(adkit.hessian(total(f))(X), adkit.hessian(total(kept))(X), rtol=1e-11)
        assert np.allclose(adkit.jacrev(adkit.jacrev(total(f)))(X), adkit.hessian(total(kept))(X), rtol=1e-11)
        assert np.allclose(adkit.compile(adkit.jacrev(f))(X), adkit.jacfwd(kept)(X), rtol=1e-12)


@pytest.mark.parametrize("slots", [1, 2, 5])
def test_a_copy_made_in_a_step_is_written_to(slots):
    unrolled = lambda slots: lambda x: adkit.unroll(_rotated, x, 7, slots=slots)
    assert np.allclose(adkit.jacrev(unrolled(slots))(X), adkit.jacfwd(unrolled(None))(X), rtol=1e-12)


def test_an_array_made_outside_is_still_refused():
    def loss(x):
        y = x.copy()
        for k in range(2):
            y2 = y if k else x.copy()  # the second was copied beside a checkpoint

            def write(a, y2=y2):
                y2[0] = a[1]
                return a * 2

            x = adkit.checkpoint(write)(x)
        return np.sum(x)

    with pytest.raises(adkit.DerivativeError, match="made outside it"):
        adkit.grad(loss)(X)


def _cubed(x, y):
    return np.sum(y**3 * x)


def test_such_an_array_is_an_argument_like_any_other():
    def gradient(x):
        y = np.zeros_like(x)
        y[:] = 2 * x
        y[0] = 1.0
        g = adkit.grad(_cubed, argnums=1)(x, y)
        y[1] = 5.0  # after: the derivative was taken at what y held
        return g * y

    def expected(x):
        y = np.stack([1.0 + 0 * x[0], 2 * x[1], 2 * x[2]])
        return 3 * y**2 * x * np.stack([1.0 + 0 * x[0], 5.0 + 0 * x[0], 2 * x[2]])

    for driver in (adkit.jacfwd, adkit.jacrev, lambda f: adkit.compile(adkit.jacrev(f)), lambda f: adkit.compile(adkit.jacfwd(f))):
        assert np.allclose(driver(gradient)(X), driver(expected)(X), rtol=1e-12)


def test_and_a_tangent_a_cotangent_and_a_point_of_every_driver():
    def uses(x):
        y, v = x.copy(), np.zeros_like(x)
        v[1] = x[0]
        value, slope = adkit.jvp(lambda z: z**3, (y,), (v,))
        _, pullback = adkit.vjp(lambda z: z**3, y)
        back = pullback(v)[0]
        along = adkit.hvp(lambda z: np.sum(z**4), (y,), (v,))
        curved = adkit.hessian(lambda z: np.sum(z**4))(y) @ v
        pair = adkit.grad(lambda p: np.sum(p["a"] ** 2 * p["b"]))({"a": y, "b": x})
        y[:] = 0
        return value + slope + 2 * back + along - curved + pair["a"] + y

    expected = lambda x: x**3 + 3 * np.stack([0 * x[0], 3 * x[1] ** 2 * x[0], 0 * x[0]]) + 2 * x * x
    for driver in (adkit.jacfwd, adkit.jacrev, lambda f: adkit.compile(adkit.jacrev(f))):
        assert np.allclose(driver(uses)(X), driver(expected)(X), rtol=1e-12, atol=1e-12)
