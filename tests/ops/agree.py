"""One check for every op: values, both modes, batches, second order and types agree with NumPy and with differences."""

import numpy as np

import adkit
from adkit.levels import lift


def sample(shape, seed=0, low=-2.0, high=2.0):
    """Values well apart from each other, in random order."""
    rng = np.random.default_rng([seed, *shape])
    n = int(np.prod(shape, dtype=int))
    cells = (rng.permutation(n) + rng.uniform(0.2, 0.8, n)) / max(n, 1)
    return np.reshape(low + (high - low) * cells, shape)[()]


def difference(f, xs, vs, h=1e-5):
    """The central difference of ``f`` along ``vs``, by Richardson's rule."""

    def slope(h):
        plus = f(*[x + h * v for x, v in zip(xs, vs, strict=True)])
        minus = f(*[x - h * v for x, v in zip(xs, vs, strict=True)])
        return (np.asarray(plus) - np.asarray(minus)) / (2 * h)

    h = 10 * h
    return (4 * slope(h / 2) - slope(h)) / 3


def agree(f, *xs, tolerance=1e-7, order=2, single=True):
    """Assert that ``f``, a function of float64 arrays, is differentiated right in every way.

    ``single``: whether it keeps single precision (False: it holds constants in double); None: as NumPy does.
    """
    xs = tuple([np.asarray(x, dtype=float)[()] for x in xs])
    rng = np.random.default_rng(7)
    y = np.asarray(f(*xs))
    close = {"rtol": tolerance, "atol": tolerance}
    vs = tuple([rng.uniform(-1, 1, x.shape) for x in xs])
    value, tangent = adkit.jvp(f, xs, vs)
    np.testing.assert_allclose(value, y, rtol=1e-13, atol=1e-13)
    assert np.shape(tangent) == y.shape
    np.testing.assert_allclose(tangent, difference(f, xs, vs), **close)

    value, pullback = adkit.vjp(f, *xs)
    np.testing.assert_allclose(value, y, rtol=1e-13, atol=1e-13)
    g = rng.uniform(-1, 1, y.shape)
    bars = pullback(g[()])
    assert [np.shape(b) for b in bars] == [x.shape for x in xs]
    pairing = sum([np.sum(b * v) for b, v in zip(bars, vs, strict=True)])
    np.testing.assert_allclose(pairing, np.sum(g * tangent), rtol=1e-10, atol=1e-10)

    # many directions at once, as many as an operand or the result is long along some axis
    for batch in {1, 2, 3, 4, *y.shape, *[n for x in xs for n in x.shape]} - {0}:
        seeds = [rng.uniform(-1, 1, (batch, *x.shape)) for x in xs]

        def moved(t, seeds=seeds):
            return f(
                *[
                    x + np.sum(np.reshape(t, t.shape + (1,) * x.ndim) * s, axis=0)
                    for x, s in zip(xs, seeds, strict=True)
                ]
            )

        together = adkit.jacfwd(moved)(np.zeros(batch))
        for k in range(batch):
            one = adkit.jvp(f, xs, tuple([s[k][()] for s in seeds]))[1]
            np.testing.assert_allclose(together[..., k], one, rtol=1e-10, atol=1e-10)
        weights = rng.uniform(-1, 1, (batch, *y.shape))

        def seen(*xs, weights=weights):
            return np.sum(weights * f(*xs), axis=tuple(range(1, weights.ndim)))

        places = tuple(range(len(xs)))
        rows = adkit.jacrev(seen, argnums=places)(*xs)
        for k in range(batch):
            for row, bar in zip(rows, pullback(weights[k][()]), strict=True):
                np.testing.assert_allclose(row[k], bar, rtol=1e-10, atol=1e-10)

    if order > 1 and sum([x.size for x in xs]):
        weights = rng.uniform(0.5, 1, y.shape)

        def curved(*xs):
            return np.sum(weights * np.sin(f(*xs)))

        n = len(xs)
        slopes = adkit.grad(curved, argnums=tuple(range(n)))
        expected = difference(lambda *xs: np.concatenate([np.ravel(b) for b in slopes(*xs)]), xs, vs)
        for outer in (adkit.jvp, _by_reverse):
            found = outer(lambda *xs: np.concatenate([np.ravel(b) for b in slopes(*xs)]), xs, vs)[1]
            np.testing.assert_allclose(found, expected, rtol=10 * tolerance, atol=10 * tolerance)
        forward = adkit.jvp(lambda *xs: adkit.jvp(curved, xs, vs)[1], xs, vs)[1]
        pairing = np.sum(expected * np.concatenate([np.ravel(v) for v in vs]))
        np.testing.assert_allclose(forward, pairing, rtol=10 * tolerance, atol=10 * tolerance)
        for argnums in range(n):
            batched = adkit.jacfwd(adkit.grad(curved, argnums), argnums)(*xs)
            np.testing.assert_allclose(
                batched, adkit.jacrev(adkit.grad(curved, argnums), argnums)(*xs), rtol=1e-9, atol=1e-9
            )

    if single is False:
        return
    small = tuple([x.astype(np.float32) for x in xs])
    expected_type = np.asarray(f(*small)).dtype
    if single is None and expected_type != np.float32:
        return
    assert expected_type == np.float32
    value, tangent = adkit.jvp(f, small, tuple([v.astype(np.float32) for v in map(np.asarray, vs)]))
    assert value.dtype == np.float32
    assert tangent.dtype == np.float32
    value, pullback = adkit.vjp(f, *small)
    assert value.dtype == np.float32
    assert all([b.dtype == np.float32 for b in pullback(np.asarray(g, dtype=np.float32)[()])])


def _by_reverse(f, xs, vs):
    """A directional derivative of a symmetric Jacobian, by reverse mode."""
    y, pullback = adkit.vjp(f, *xs)
    bars = pullback(np.concatenate([np.ravel(v) for v in vs]))
    return y, np.concatenate([np.ravel(b) for b in bars])


def reals(y):
    """All the numbers of a result (or of several), complex ones as two, in one real vector."""
    parts = [lift(part) for part in (y if isinstance(y, (tuple, list)) else [y])]
    parts = [part if hasattr(part, "dtype") else np.asarray(part) for part in parts]
    flat = [np.ravel(part) for p in parts for part in ((np.real(p), np.imag(p)) if p.dtype.kind == "c" else (p,))]
    return np.concatenate(flat) if len(flat) > 1 else flat[0]


def agree_complex(f, *zs, **kw):
    """``agree`` for a function of real or complex arrays with real or complex results: in terms of their real parts."""
    zs = [np.asarray(z)[()] for z in zs]
    parts = [part for z in zs for part in ((z.real.copy(), z.imag.copy()) if z.dtype.kind == "c" else (z,))]

    def of_reals(*xs):
        supply = iter(xs)
        return reals(f(*[next(supply) + 1j * next(supply) if z.dtype.kind == "c" else next(supply) for z in zs]))

    agree(of_reals, *[part[()] for part in parts], **kw)


def same_error(f, *xs):
    """Assert that ``f`` fails on a value being differentiated as it does on arrays; return the message."""
    import pytest

    with pytest.raises(Exception) as plain:  # noqa: PT011
        f(*xs)
    with pytest.raises(type(plain.value)) as boxed:
        adkit.jvp(f, xs, xs)
    with pytest.raises(type(plain.value)):
        adkit.vjp(f, *xs)
    return str(boxed.value)
