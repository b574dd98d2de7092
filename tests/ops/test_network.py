"""Activations, softmax and its kin, cross-entropies, one-hot labels."""

import numpy as np
import pytest
from agree import agree, sample

import adkit
from adkit.ops.network import (
    cross_entropy_logits,
    cross_entropy_probabilities,
    leaky_relu,
    log_softmax,
    logsumexp,
    one_hot,
    relu,
    sigmoid,
    softmax,
    softplus,
    xlogy,
)

SHAPES = [(), (3,), (2, 3), (0,), (3, 3)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("f", [relu, leaky_relu, sigmoid, softplus, lambda x: leaky_relu(x, slope=0.2)])
def test_activations(f, shape):
    agree(f, sample(shape))


def test_a_learned_slope():
    agree(leaky_relu, sample((2, 3)), sample((3,), seed=1))
    agree(leaky_relu, sample(()), sample((2, 2), seed=1))


@pytest.mark.parametrize("f", [softmax, log_softmax, logsumexp])
@pytest.mark.parametrize(
    ("shape", "axis"),
    [
        ((3,), -1),
        ((2, 3), -1),
        ((3, 3), 0),
        ((2, 3, 2), 1),
        ((2, 3), None),
        ((2, 3, 2), (0, -1)),
        ((1,), 0),
        ((0, 3), 1),
    ],
)
def test_softmax_and_kin(f, shape, axis):
    agree(lambda x: f(x, axis=axis), sample(shape))
    agree(lambda x: f(x, axis), sample(shape))


def test_defaults_and_kept_axes():
    agree(softmax, sample((2, 3)))
    agree(log_softmax, sample((2, 3)))
    agree(logsumexp, sample((2, 3)))
    agree(logsumexp, sample(()))
    agree(lambda x: logsumexp(x, axis=0, keepdims=True), sample((2, 3)))
    agree(lambda x: logsumexp(x, keepdims=True), sample((2, 3)))
    x = sample((2, 3))
    np.testing.assert_allclose(np.sum(softmax(x), axis=-1), 1)
    np.testing.assert_allclose(log_softmax(x), np.log(softmax(x)))
    np.testing.assert_allclose(logsumexp(x), np.log(np.sum(np.exp(x))))


# stability: warnings are errors in these tests --------------------------------------------------------


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.float16])
@pytest.mark.parametrize("n", [1, 100])
def test_large_arguments(kind, n):
    big = kind(1000)
    for x in (np.full(n, big), np.full(n, -big), big, -big):
        for f, at_top in ((sigmoid, 1), (softplus, big)):
            y = f(x)
            assert y.dtype == kind
            np.testing.assert_allclose(y, at_top if np.all(x > 0) else 0, atol=1e-4)
            y, slope = adkit.jvp(f, (x,), (np.ones_like(x),))
            np.testing.assert_allclose(slope, (1 if f is softplus else 0) if np.all(x > 0) else 0, atol=1e-4)
    x = np.array([1000, 0, -1000, -np.inf], kind)
    np.testing.assert_array_equal(softmax(x), [1, 0, 0, 0])
    np.testing.assert_array_equal(log_softmax(x), [0, -1000, -2000, -np.inf])
    assert logsumexp(x) == 1000


def test_small_probabilities_keep_their_digits():
    np.testing.assert_allclose(sigmoid(-700.0), np.exp(-700.0))
    np.testing.assert_allclose(sigmoid(np.array([-700.0])), np.exp(-700.0))
    np.testing.assert_allclose(softplus(np.linspace(-700, -600, 100)), np.exp(np.linspace(-700, -600, 100)))


def test_softplus_is_the_same_for_few_and_many():
    x = np.linspace(-40, 40, 200)
    np.testing.assert_allclose(softplus(x), [softplus(v) for v in x], rtol=1e-14)


@pytest.mark.parametrize("f", [softmax, log_softmax, logsumexp])
def test_entries_of_minus_infinity(f):
    x = np.array([[0.5, -np.inf, 1.0], [-np.inf, 2.0, -np.inf]])
    total = lambda x: (
        np.sum(np.array([1.0, 2.0])[:, None] * np.where(x > -5, f(x, axis=-1) if f is not logsumexp else 0, 0))
        + (np.sum(logsumexp(x, axis=-1) ** 2))
    )
    g = adkit.grad(total)(x)
    assert np.isfinite(g).all()
    assert not g[np.isinf(x)].any()
    rows = adkit.jacrev(total)(x)
    np.testing.assert_allclose(rows, g)
    np.testing.assert_allclose(adkit.jvp(total, (x,), (np.ones((2, 3)),))[1], g.sum())


def test_nothing_to_sum():
    x = np.full(3, -np.inf)
    assert logsumexp(x) == -np.inf
    np.testing.assert_array_equal(adkit.grad(logsumexp)(x), np.zeros(3))
    assert logsumexp(np.zeros(0)) == -np.inf
    assert logsumexp(np.array([np.inf, 3.0, -np.inf])) == np.inf
    np.testing.assert_array_equal(adkit.grad(logsumexp)(np.array([np.inf, 3.0, -np.inf])), [1, 0, 0])
    np.testing.assert_array_equal(logsumexp(np.array([[1.0, -np.inf], [-np.inf, -np.inf]]), axis=1), [1, -np.inf])


def test_kinks():
    assert adkit.grad(relu)(0.0) == 0
    assert adkit.jvp(relu, (0.0,), (1.0,))[1] == 0
    assert adkit.grad(leaky_relu)(0.0) == 0.01


# cross-entropy -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("shape", "axis"), [((3,), -1), ((2, 3), -1), ((3, 3), 0), ((2, 3, 2), 1), ((0, 3), -1)])
def test_cross_entropies(shape, axis):
    x, t = sample(shape), sample(shape, seed=1, low=0.1, high=0.9)
    agree(lambda x, t: cross_entropy_logits(x, t, axis=axis), x, t)
    agree(lambda p, t: cross_entropy_probabilities(p, t, axis=axis), sample(shape, low=0.1, high=0.9), t)
    np.testing.assert_allclose(
        cross_entropy_logits(x, t, axis), cross_entropy_probabilities(softmax(x, axis), t, axis), rtol=1e-12
    )


def test_gradient_is_softmax_less_target():
    x, t = sample((4, 3)), one_hot([0, 2, 1, 1], 3)
    np.testing.assert_allclose(adkit.grad(lambda x: np.sum(cross_entropy_logits(x, t)))(x), softmax(x) - t, atol=1e-15)


def test_far_logits():
    x, t = np.array([[1000.0, -1000.0, -np.inf]]), np.array([[1.0, 0.0, 0.0]])
    value, g = adkit.value_and_grad(lambda x: np.sum(cross_entropy_logits(x, t)))(x)
    assert value == 0
    np.testing.assert_array_equal(g, np.zeros((1, 3)))
    wrong = np.array([[0.0, 1.0, 0.0]])
    value, g = adkit.value_and_grad(lambda x: np.sum(cross_entropy_logits(x, wrong)))(x)
    assert value == 2000
    np.testing.assert_array_equal(g, [[1, -1, 0]])


def test_a_probability_of_zero_that_is_no_target():
    p, t = np.array([0.5, 0.5, 0.0]), one_hot(1, 3)
    np.testing.assert_allclose(adkit.grad(cross_entropy_probabilities)(p, t), [0, -2, 0])
    np.testing.assert_allclose(adkit.jacfwd(cross_entropy_probabilities)(p, t), [0, -2, 0])


def test_shapes_must_agree():
    x = sample((3, 3))
    for f in (cross_entropy_logits, cross_entropy_probabilities):
        with pytest.raises(ValueError, match="one_hot"):
            f(x, np.array([0, 1, 2]))
        with pytest.raises(ValueError, match="axis"):
            f(x, x * x, axis=2)


def test_xlogy():
    agree(xlogy, sample((2, 3)), sample((3,), low=0.3, high=2))
    agree(xlogy, np.array([0.0, 1.0]), np.array([2.0, 3.0]))
    assert xlogy(0.0, 0.0) == 0
    assert xlogy(0.0, -1.0) == 0
    assert np.isnan(xlogy(0.0, np.nan))
    assert adkit.grad(xlogy, 1)(0.0, 0.0) == 0
    # the mixed second derivative 1 / y, also at x = 0
    assert adkit.grad(lambda x: adkit.grad(xlogy, 1)(x, 2.0))(0.0) == 0.5


def test_one_hot():
    np.testing.assert_array_equal(one_hot([[1], [0]], 2), [[[0, 1]], [[1, 0]]])
    assert one_hot([], 3).shape == (0, 3)
    assert one_hot(2, 3).shape == (3,)
    with pytest.raises(TypeError, match="integers"):
        one_hot([0.5], 2)
    for bad in ([-1], [2]):
        with pytest.raises(ValueError, match="from 0 to 1"):
            one_hot(bad, 2)


def test_lists_and_integers():
    assert relu(-3) == 0
    np.testing.assert_array_equal(relu([-1, 2]), [0, 2])
    np.testing.assert_allclose(sigmoid([0, 0]), 0.5)
    np.testing.assert_allclose(softmax([1, 1]), 0.5)
    assert sigmoid(0) == 0.5
    assert softplus(0) == np.log(2)
    assert leaky_relu(-1.0) == -0.01


def test_an_op_shows_its_documentation():
    for op in (relu, sigmoid, softmax, logsumexp):
        assert "Parameters" in op.__doc__
        assert op.__name__ in repr(op)
