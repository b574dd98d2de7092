"""Statistics, quantiles and lines where they have kinks, ties, nan or nothing to work on; and wrong uses."""

import numpy as np
import pytest
from agree import agree, same_error, sample

import adkit


def both(f, x, v=None):
    """The gradient by reverse and by forward mode, which must be the same."""
    reverse, forward = adkit.grad(f)(x), adkit.jacfwd(f)(x)
    np.testing.assert_allclose(reverse, forward, rtol=1e-12, atol=1e-14)
    return reverse


@pytest.mark.parametrize("f", [np.std, lambda x: np.std(x, ddof=1), lambda x: np.sum(np.std(np.stack([x, x]), axis=1)), np.var, np.nanstd])
def test_of_equal_numbers_the_spread_has_slope_zero(f):
    x = np.full(4, 0.7)
    assert not both(f, x).any()
    assert np.isfinite(adkit.hessian(f)(x)).all()


def test_the_spread_of_one_row_of_equal_numbers_leaves_the_others_alone():
    x = np.array([[1.0, 1.0, 1.0], [1.0, 2.0, 4.0]])
    rows = both(lambda x: np.sum(np.std(x, axis=1)), x)
    assert not rows[0].any()
    np.testing.assert_allclose(rows[1], both(np.std, x[1]))


def test_too_few_for_the_degrees_of_freedom():
    with pytest.warns(RuntimeWarning):
        value = adkit.jvp(lambda x: np.std(x, ddof=1), (np.ones(1),), (np.ones(1),))[0]
    assert np.isnan(value)


TIES = {
    "median": (np.median, [1.0, 2.0, 2.0, 3.0], [0.0, 0.5, 0.5, 0.0]),
    "median of three": (np.median, [2.0, 2.0, 2.0], [0.0, 1.0, 0.0]),
    "max": (np.max, [1.0, 3.0, 3.0], [0.0, 0.5, 0.5]),
    "ptp": (np.ptp, [1.0, 1.0, 3.0], [-0.5, -0.5, 1.0]),
    "largest quantile": (lambda x: np.quantile(x, 1.0), [1.0, 3.0, 2.0], [0.0, 1.0, 0.0]),
    "smallest quantile": (lambda x: np.quantile(x, 0.0), [1.0, 3.0, 2.0], [1.0, 0.0, 0.0]),
    "sort": (lambda x: np.sort(x)[0], [1.0, 1.0, 2.0], [1.0, 0.0, 0.0]),
    "unique": (lambda x: np.sum(np.unique(x)), [1.0, 1.0, 2.0], [1.0, 0.0, 1.0]),
    "maximum.reduce": (np.maximum.reduce, [3.0, 3.0, 1.0], [0.5, 0.5, 0.0]),
    "clip at the bound": (lambda x: np.sum(np.clip(x, 1.0, 2.0)), [1.0, 1.5, 3.0], [0.5, 1.0, 0.0]),
    "nanmax": (np.nanmax, [np.nan, 3.0, 3.0], [0.0, 0.5, 0.5]),
    "interp at a point": (lambda x: np.sum(np.interp(x, [0.0, 1.0, 2.0], [0.0, 1.0, 3.0])), [1.0, 2.0, 3.0], [2.0, 2.0, 0.0]),
    "nan_to_num": (lambda x: np.sum(np.nan_to_num(x)), [np.nan, 1.0, np.inf], [0.0, 1.0, 0.0]),
    "nansum": (np.nansum, [np.nan, 1.0, 2.0], [0.0, 1.0, 1.0]),
    "nanmean": (np.nanmean, [np.nan, 1.0, 2.0], [0.0, 0.5, 0.5]),
    "nanvar": (np.nanvar, [np.nan, 1.0, 3.0], [0.0, -1.0, 1.0]),
    "nanmedian": (np.nanmedian, [np.nan, 1.0, 3.0], [0.0, 0.5, 0.5]),
    "angle of real numbers": (lambda x: np.sum(np.angle(x)) + np.sum(x), [-1.0, 2.0], [1.0, 1.0]),
}  # fmt: skip


@pytest.mark.parametrize("name", TIES)
def test_ties_and_kinks_follow_the_convention(name):
    f, x, expected = TIES[name]
    np.testing.assert_allclose(both(f, np.array(x)), expected, atol=1e-15)


def test_a_slice_of_nothing_but_nan_stays_nan_and_passes_nothing():
    x = np.array([[np.nan, np.nan], [1.0, 2.0]])
    for f in (np.nanmax, np.nanmin):
        value, gradient = adkit.value_and_grad(lambda x: f(x, axis=1)[1])(x)
        assert value == f(x[1])
        assert not gradient[0].any()


METHODS = [
    "inverted_cdf", "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf", "hazen", "weibull", "linear",
    "median_unbiased", "normal_unbiased", "lower", "higher", "midpoint", "nearest",
]  # fmt: skip


@pytest.mark.parametrize("method", METHODS)
def test_every_method_of_quantile(method):
    x = sample((2, 7))
    agree(lambda x: np.quantile(x, 0.37, axis=1, method=method), x)
    agree(lambda x: np.quantile(x, [0.0, 0.21, 0.9], axis=1, method=method), x, single=False)


def test_quantile_of_nan_is_nan():
    assert np.isnan(adkit.jvp(lambda x: np.median(x), (np.array([1.0, np.nan]),), (np.ones(2),))[0])


def test_the_fraction_of_a_quantile_has_a_derivative_where_it_is_linear():
    x = sample((5,))
    agree(lambda q: np.quantile(x, q), 0.3, single=False)
    agree(lambda q: np.percentile(x, q), np.array([20.0, 61.0]), single=False)
    with pytest.raises(adkit.DerivativeError, match="method='hazen'"):
        adkit.grad(lambda q: np.quantile(x, q, method="hazen"))(0.3)


def test_weights_of_a_quantile_are_refused():
    with pytest.raises(adkit.DerivativeError, match="weights="):
        adkit.grad(lambda x: np.quantile(x, 0.5, method="inverted_cdf", weights=np.ones(3)))(sample((3,)))


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("sizes", [(1, 1), (1, 4), (4, 1), (3, 5), (5, 3), (4, 4), (2, 5), (5, 2), (6, 4)])
def test_windows_of_convolutions(mode, sizes):
    a, v = sample(sizes[:1]), sample(sizes[1:], seed=1)
    for f in (np.convolve, np.correlate):
        value, (da, dv) = adkit.value_and_grad(lambda a, v: np.sum(np.sin(f(a, v, mode))), argnums=(0, 1))(a, v)
        assert value == pytest.approx(np.sum(np.sin(f(a, v, mode))), rel=1e-13)
        slope = adkit.jvp(lambda a, v: np.sum(np.sin(f(a, v, mode))), (a, v), (a, v))[1]
        assert slope == pytest.approx(da @ a + dv @ v, rel=1e-12)
        np.testing.assert_allclose(adkit.jvp(lambda a: f(a, v, mode), (a,), (a,))[1], f(a, v, mode), rtol=1e-12)


def test_bessels_function_far_out_and_near_zero():
    for x in (0.0, 1e-9, 0.3, 8.0, 30.0, 300.0, -4.0):
        slope = adkit.grad(np.i0)(x)
        h = 1e-4
        assert slope == pytest.approx((np.i0(x + h) - np.i0(x - h)) / (2 * h), rel=1e-6, abs=1e-9)
    assert adkit.derivative(np.i0, 2)(0.0) == pytest.approx(0.5, rel=1e-14)
    assert adkit.derivative(np.i0, 4)(0.0) == pytest.approx(0.375, rel=1e-14)


WRONG = {
    "average with weights of sum 0": lambda x: np.average(x, axis=1, weights=[1.0, -1.0, 0.0]),
    "average without an axis": lambda x: np.average(x, weights=[1.0, 2.0, 3.0]),
    "quantile beyond one": lambda x: np.quantile(x, 1.5),
    "an unknown method": lambda x: np.quantile(x, 0.5, method="what"),
    "diff of negative order": lambda x: np.diff(x, n=-1),
    "gradient of one point": lambda x: np.gradient(x[:, :1]),
    "gradient with too many steps": lambda x: np.gradient(x, 1.0, 2.0, 3.0),
    "interp without points": lambda x: np.interp(x, [], []),
    "interp of unequal lengths": lambda x: np.interp(x, [0.0, 1.0], [1.0]),
    "linspace of negative length": lambda x: np.linspace(x, 1.0, -1),
    "geomspace through zero": lambda x: np.geomspace(0.0 * x, 1.0, 3),
    "convolve of matrices": lambda x: np.convolve(x, x),
    "convolve of nothing": lambda x: np.convolve(x[0], x[0, :0]),
    "an unknown window": lambda x: np.convolve(x[0], x[1], "what"),
    "vander of a matrix": lambda x: np.vander(x),
    "piecewise with too few functions": lambda x: np.piecewise(x, [x > 0, x < 0], [1.0]),
    "cross of four components": lambda x: np.cross(np.hstack([x, x]), x),
    "pad in an unknown mode": lambda x: np.pad(x, 1, mode="what"),
    "pad with a wrong keyword": lambda x: np.pad(x, 1, mode="edge", constant_values=1.0),
    "maximum of nothing": lambda x: np.maximum.reduce(x[:, :0], axis=1),
    "apply_along_axis along none": lambda x: np.apply_along_axis(np.sum, 5, x),
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_wrong_use_fails_as_numpy_does(name):
    same_error(WRONG[name], sample((2, 3)))
