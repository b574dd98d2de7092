"""The errata of the lecture's slides: each formula as the slide has it fails, and corrected it leaves a residual of 0.

"Neural Nets, Backprop, Automatic Differentiation" (Simon Osindero, UCL x DeepMind).  The referee is SymPy twice over:
``sympy.diff`` of the value, and adkit's own derivative at a point.  What is no formula is a documented comparison.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from math import comb, floor, prod
from typing import Any

import numpy as np
import pytest
import sympy as sp

import adkit

X = sp.symbols("x1:4", real=True)
P = sp.symbols("p1:4", positive=True)
G = sp.symbols("g1:4", real=True)
Z = sp.Symbol("z", real=True)


def softmax(x: Sequence[Any]) -> list[Any]:
    e = [sp.exp(v) for v in x]
    return [v / sum(e) for v in e]


def logistic(z: Any) -> Any:
    return 1 / (1 + sp.exp(-z))


def residual(got: Any, want: Any) -> list[Any]:
    """What is left of a formula when the truth is taken away: zeros, if it is right."""
    got, want = (list(v) if isinstance(v, (list, tuple)) else [v] for v in (got, want))
    return [sp.simplify(a - b) for a, b in zip(got, want, strict=True)]


# formulas ------------------------------------------------------------------------------------------------------


def test_e1_the_logistic_loss_needs_a_leading_minus() -> None:
    """The slide: l = y log p + (1 - y) log(1 - p).  Its gradient is y - p: descending it maximises the error."""
    y = sp.Symbol("y", real=True)
    p = logistic(Z)
    slide = y * sp.log(p) + (1 - y) * sp.log(1 - p)
    assert residual(sp.diff(-slide, Z), p - y) == [0]
    assert residual(sp.diff(slide, Z), y - p) == [0]
    assert residual(sp.diff(slide, Z), p - y) != [0]
    # A loss is never negative; the slide's is, already for a right and confident answer.
    value = lambda z: np.log(adkit.sigmoid(z))
    assert value(2.0) == pytest.approx(-0.126928, abs=1e-6)
    assert float(slide.subs({y: 1, Z: 2}).evalf()) == pytest.approx(-0.126928, abs=1e-6)
    assert adkit.grad(value)(2.0) == pytest.approx(1 - adkit.sigmoid(2.0))
    z = 2.0
    for _ in range(20):
        z -= 0.5 * adkit.grad(value)(z)
    assert value(z) < value(2.0)
    assert adkit.sigmoid(z) < adkit.sigmoid(2.0)  # the right answer became less likely


def test_e2_softmax_backward_multiplies_the_sum_by_y() -> None:
    """The slide: dL/dx = s - sum(s_i), with s = g y.  Right: s - y sum(s_i)."""
    y = softmax(X)
    s = [g * v for g, v in zip(G, y, strict=True)]
    true = [sp.diff(sum(s), x) for x in X]
    assert residual([a - v * sum(s) for a, v in zip(s, y, strict=True)], true) == [0, 0, 0]
    assert residual([a - sum(s) for a in s], true) != [0, 0, 0]
    x, g = np.array([1.0, 0.0, -1.0]), np.array([1.0, 2.0, -1.0])
    pulled = adkit.vjp(adkit.softmax, x)[1](g)[0]
    np.testing.assert_allclose(pulled, [-0.043019, 0.228903, -0.185883], atol=1e-6)
    assert pulled.sum() == pytest.approx(0, abs=1e-15)
    weighted = g * adkit.softmax(x)
    np.testing.assert_allclose(weighted - weighted.sum(), [-0.399426, -0.575210, -1.154698], atol=1e-6)
    values = [*zip(X, x, strict=True), *zip(G, g, strict=True)]
    np.testing.assert_allclose([float(t.subs(values)) for t in true], pulled, atol=1e-14)


def test_e3_cross_entropy_on_logits_needs_the_sum_of_p() -> None:
    """The slide: dL/dx = y - p, where y is the scalar loss on that slide.  Right: softmax(x) sum(p) - p."""
    y = softmax(X)
    loss = -sum([p * sp.log(v) for p, v in zip(P, y, strict=True)])
    true = [sp.diff(loss, x) for x in X]
    assert residual([v * sum(P) - p for v, p in zip(y, P, strict=True)], true) == [0, 0, 0]
    slide = [v - p for v, p in zip(y, P, strict=True)]  # read kindly: y as the softmax
    assert residual(slide, true) != [0, 0, 0]
    # Where the targets sum to one it holds ...
    unit = dict(zip(P, (sp.Rational(1, 2), sp.Rational(1, 4), sp.Rational(1, 4)), strict=True))
    assert [sp.simplify((a - b).subs(unit)) for a, b in zip(slide, true, strict=True)] == [0, 0, 0]
    # ... and at (1/2, 1/4, 1/2) a quarter of the softmax is missing.
    more = {**unit, P[2]: sp.Rational(1, 2)}
    left = [sp.simplify((b - a).subs(more) - v / 4) for a, b, v in zip(slide, true, y, strict=True)]
    assert left == [0, 0, 0]
    x, p = np.array([0.3, -0.2, 1.0]), np.array([0.5, 0.25, 0.5])
    found = adkit.grad(lambda x: adkit.cross_entropy_logits(x, p))(x)
    np.testing.assert_allclose(found, adkit.softmax(x) * p.sum() - p, atol=1e-15)
    np.testing.assert_allclose(found - (adkit.softmax(x) - p), adkit.softmax(x) / 4, atol=1e-15)


def test_e4_dropout_scales_by_the_fraction_that_is_kept() -> None:
    """The slide: at test time, scale by the dropout fraction f.  Right: by 1 - f, the mean of the mask."""
    f, h = sp.symbols("f h", positive=True)
    mean = f * 0 + (1 - f) * h  # dropped with probability f
    assert residual(mean, (1 - f) * h) == [0]
    assert residual(mean, f * h) != [0]
    assert mean.subs({f: sp.Rational(1, 5), h: 1}) == sp.Rational(4, 5)
    # Every mask of three units, with its probability: the next layer receives 0.80 of the whole on average, exactly.
    values, w, rate = np.array([0.4, -1.0, 2.0]), np.array([1.0, 0.5, -0.3]), 0.2
    average = 0.0
    for mask in itertools.product((0, 1), repeat=3):
        probability = rate ** (3 - sum(mask)) * (1 - rate) ** sum(mask)
        average += probability * (w @ (values * mask))
    assert average == pytest.approx(0.80 * (w @ values))
    assert average != pytest.approx(0.20 * (w @ values))


def test_e5_the_chain_of_jacobians_stands_in_the_reverse_order() -> None:
    """The slide: da/dx db/da ... dy/dg.  With Jacobians of outputs by inputs (its own convention) the last comes first."""
    x = np.array([0.5, -1.0, 2.0])
    A, B = np.arange(6.0).reshape(2, 3) / 5, np.arange(8.0).reshape(4, 2) / 7
    a, y = (lambda x: np.tanh(A @ x)), (lambda a: np.sin(B @ a))
    da, dy = adkit.jacobian(a)(x), adkit.jacobian(y)(a(x))
    assert (da.shape, dy.shape) == ((2, 3), (4, 2))
    with pytest.raises(ValueError, match="mismatch"):
        da @ dy
    np.testing.assert_allclose(dy @ da, adkit.jacobian(lambda x: y(a(x)))(x), atol=1e-15)
    us = sp.Matrix(sp.symbols("u1:3", real=True))
    inner = sp.Matrix([X[0] * X[1], sp.sin(X[2])])
    outer = sp.Matrix([us[0] ** 2, us[0] * us[1], sp.exp(us[1]), us[0]])
    there = dict(zip(us, inner, strict=True))
    whole = outer.subs(there).jacobian(sp.Matrix(X))
    chained = outer.jacobian(us).subs(there) * inner.jacobian(sp.Matrix(X))
    assert sp.simplify(whole - chained) == sp.zeros(4, 3)


def test_e6_the_labels_of_the_xor_table() -> None:
    """The table as transcribed: B and D are class 1, A and C blank.  But A and B have one image in the hidden space."""
    points = {"A": (-1.0, -1.0), "B": (1.0, 1.0), "C": (-1.0, 1.0), "D": (1.0, -1.0)}
    k, s = 20.0, adkit.sigmoid
    hidden = {name: (s(k * (a - b + 1)), s(k * (a - b - 1))) for name, (a, b) in points.items()}
    rounded = {name: tuple(np.round(h, 6).tolist()) for name, h in hidden.items()}
    assert rounded == {"A": (1.0, 0.0), "B": (1.0, 0.0), "C": (0.0, 0.0), "D": (1.0, 1.0)}
    # Every function of h, as a table of its three points: which of them has the labels?
    places = sorted(set(rounded.values()))
    tables = [dict(zip(places, labels, strict=True)) for labels in itertools.product((0, 1), repeat=3)]

    def fitting(labels: dict[str, int]) -> int:
        return sum([all([t[rounded[name]] == v for name, v in labels.items()]) for t in tables])

    assert fitting({"A": 0, "B": 1, "C": 0, "D": 1}) == 0
    assert fitting({"A": 0, "B": 0, "C": 1, "D": 1}) == 1
    y = [float(s(k * (0.5 - h1 + h2))) for h1, h2 in hidden.values()]
    np.testing.assert_allclose(y, [5e-5, 5e-5, 0.99995, 0.99995], atol=5e-6)


def test_e8_batch_norm_noise_is_between_batches_not_within_one() -> None:
    """The slide: "intra-batch variability".  The same x differs because the *statistics* do, from batch to batch."""
    rng = np.random.default_rng(0)
    x, first, second = 0.3, rng.normal(size=7), rng.normal(size=7)

    def normalised(x: Any, rest: Any, statistics: Any = None) -> Any:
        batch = np.concatenate([np.array([x]), rest])
        mean, deviation = (np.mean(batch), np.std(batch)) if statistics is None else statistics
        return (x - mean) / deviation

    assert normalised(x, first) != normalised(x, second)
    assert normalised(x, first) == normalised(x, first.copy())  # one batch has no noise
    assert normalised(x, first, (0.1, 2.0)) == normalised(x, second, (0.1, 2.0))  # in eval mode they are fixed


def test_e9_add_and_multiply_have_a_second_operand_a_fan_in_and_broadcasting() -> None:
    """The slides give dL/da alone."""
    a, b, g = sp.symbols("a b g", real=True)
    assert residual([g * sp.diff(a * b, v) for v in (a, b)], [g * b, g * a]) == [0, 0]
    assert residual([g * sp.diff(a + b, v) for v in (a, b)], [g, g]) == [0, 0]
    # Fan-in, a is b: the contributions add up; g a alone is half of it.
    assert residual(g * sp.diff(a * a, a), 2 * g * a) == [0]
    assert residual(g * sp.diff(a * a, a), g * a) != [0]
    assert adkit.grad(lambda a: a * a)(3.0) == 6.0
    assert adkit.grad(lambda a: a + a)(3.0) == 2.0
    assert adkit.grad(lambda a, b: a * b, (0, 1))(3.0, 5.0) == (5.0, 3.0)
    # Broadcasting: what was repeated is summed.
    g23 = np.arange(6.0).reshape(2, 3)
    da, db = adkit.vjp(np.add, np.ones((2, 3)), np.ones(3))[1](g23)
    assert (da.shape, db.tolist()) == ((2, 3), [3.0, 5.0, 7.0])
    assert adkit.vjp(np.multiply, np.full((2, 3), 2.0), np.ones(3))[1](g23)[1].tolist() == [6.0, 10.0, 14.0]


def test_e14_tanh_is_a_sigmoid_with_its_input_scaled_too() -> None:
    """The slide: "a scaled and shifted sigmoid".  tanh z = 2 sigma(2z) - 1: no scale and shift of sigma(z) will do."""
    assert sp.simplify((2 * logistic(2 * Z) - 1 - sp.tanh(Z)).rewrite(sp.exp)) == 0
    # The limits at both ends fix scale and shift; between them it fails.
    a, b = sp.symbols("a b", real=True)
    slide = a * logistic(Z) + b
    fixed = sp.solve([sp.limit(logistic(Z), Z, end) * a + b - sp.limit(sp.tanh(Z), Z, end) for end in (sp.oo, -sp.oo)], [a, b])
    assert fixed == {a: 2, b: -1}
    assert float((slide.subs(fixed) - sp.tanh(Z)).subs(Z, 1)) == pytest.approx(-0.2995, abs=1e-4)
    z = np.linspace(-3, 3, 13)
    np.testing.assert_allclose(2 * adkit.sigmoid(2 * z) - 1, np.tanh(z), atol=1e-15)
    slope = adkit.grad(lambda z: np.sum(2 * adkit.sigmoid(2 * z) - 1))(z)
    np.testing.assert_allclose(slope, 1 - np.tanh(z) ** 2, atol=1e-15)


def test_e16_the_bound_of_montufar_has_a_floor() -> None:
    """prod (n_i / n0)^n0 sum_j C(n_L, j) without a floor promises regions that are not there, where n0 does not divide n_i."""

    def bound(n0: int, widths: Sequence[int], floored: bool = True) -> float:
        shares = [floor(n / n0) if floored else n / n0 for n in widths[:-1]]
        return prod([share**n0 for share in shares]) * sum([comb(widths[-1], j) for j in range(n0 + 1)])

    assert [bound(1, [2] * depth) for depth in (2, 3, 5, 10)] == [6, 12, 48, 1536]
    assert [bound(2, [4] * depth) for depth in (2, 3, 4)] == [44, 176, 704]
    assert bound(2, [4, 4], floored=False) == 44  # it makes no difference where it divides
    assert bound(3, [6, 6]) == 336
    assert (bound(2, [3, 3]), bound(2, [3, 3], floored=False)) == (7, 15.75)  # and that is no number of regions


def test_e17_a_switch_is_a_mask_and_a_conditional_is_a_sum() -> None:
    """A switch passes s x; a conditional's output is sum s_i x_i; the selector itself gets no gradient."""
    s, x, y, g = sp.symbols("s x y g", real=True)
    assert residual(g * sp.diff(s * x, x), g * s) == [0]
    output = s * x + (1 - s) * y
    assert [output.subs(s, 1), output.subs(s, 0)] == [x, y]
    assert residual([g * sp.diff(output, v) for v in (x, y)], [g * s, g * (1 - s)]) == [0, 0]
    c = np.array([True, False, True])
    dx, dy = adkit.vjp(lambda x, y: np.where(c, x, y), np.ones(3), np.ones(3))[1](np.array([1.0, 2.0, 3.0]))
    assert dx.tolist() == [1.0, 0.0, 3.0]
    assert dy.tolist() == [0.0, 2.0, 0.0]
    # The selector is a comparison: a step, whose derivative is zero wherever there is one.
    with pytest.warns(adkit.IndependentOutputWarning):
        assert adkit.grad(lambda s: np.where(s > 0.5, 1.0, 0.0) * 2.0)(0.7) == 0.0


def test_e18_the_choice_at_ties_and_kinks_lies_between_the_one_sided_slopes() -> None:
    """The slides leave max and argmax at ties and relu at 0 open: the registry states a choice, and it is a subgradient."""
    relu = sp.Piecewise((Z, Z > 0), (0, True))
    h = sp.Symbol("h", positive=True)
    left, right = [sp.limit(relu.subs(Z, step) / step, h, 0) for step in (-h, h)]
    assert (left, right) == (0, 1)
    assert left <= adkit.grad(adkit.relu)(0.0) == 0.0
    assert left <= adkit.grad(lambda z: np.maximum(z, 0))(0.0) == 0.5 <= right
    assert adkit.grad(np.max)(np.array([1.0, 3.0, 3.0])).tolist() == [0.0, 0.5, 0.5]
    assert np.argmax(np.array([1.0, 3.0, 3.0])) == 1  # the first


def test_e19_softmax_is_positive_in_mathematics_and_underflows_in_floats() -> None:
    assert all([v.is_positive for v in softmax(X)])
    x = np.array([0.0, 800.0])
    assert adkit.softmax(x)[0] == 0.0
    assert adkit.log_softmax(x)[0] == -800.0
    exact = softmax([sp.Integer(0), sp.Integer(800)])[0]
    assert exact > 0
    assert float(sp.log(exact).evalf(30)) == pytest.approx(-800.0)


def test_e20_mse_is_a_mean_and_a_batch_loss_must_say_which() -> None:
    """The slide's "MSE" is a sum: n times the mean, and so is its gradient, hence what a learning rate does."""
    t, n = sp.symbols("t1:4", real=True), 3
    pairs = list(zip(X, t, strict=True))
    total = sum([(a - b) ** 2 for a, b in pairs])
    of_mean = [2 * (a - b) / n for a, b in pairs]
    assert residual([sp.diff(total / n, x) for x in X], of_mean) == [0, 0, 0]
    assert residual([sp.diff(total, x) for x in X], of_mean) != [0, 0, 0]
    # Right on the slide: the derivative of its sum.
    assert residual([sp.diff(total, x) for x in X], [-2 * (b - a) for a, b in pairs]) == [0, 0, 0]
    x = np.array([1.0, 2.0, 4.0])
    np.testing.assert_allclose(adkit.grad(lambda x: np.sum(x**2))(x), 3 * adkit.grad(lambda x: np.mean(x**2))(x))


def test_e21_decay_does_not_affect_relu_only_where_nothing_is_biased() -> None:
    """relu(c w x) = c relu(w x) for c > 0: what shrinks a layer the next one can undo.  A bias breaks it."""
    c, w, x = sp.symbols("c w x", positive=True)
    b = sp.Symbol("b", real=True)
    shrunk = lambda bias: sp.Max(c * w * x + bias, 0) - c * sp.Max(w * x + bias, 0)
    assert sp.simplify(shrunk(0)) == 0
    assert shrunk(b).subs({c: sp.Rational(1, 2), w: 1, x: 1, b: 1}) == sp.Rational(1, 2)
    W1, W2, b1 = np.array([[1.0, -2.0], [0.5, 1.0]]), np.array([1.0, 3.0]), np.array([0.7, -0.2])
    net = lambda W1, b1: W2 @ adkit.relu(W1 @ np.array([1.0, 0.3]) + b1)
    assert net(0.5 * W1, 0 * b1) == pytest.approx(0.5 * net(W1, 0 * b1))
    assert net(0.5 * W1, b1) != pytest.approx(0.5 * net(W1, b1))


# no formulas: comparisons --------------------------------------------------------------------------------------


def test_e7_the_title_of_cybenkos_paper() -> None:
    """Bibliography: Mathematics of Control, Signals and Systems 2 (1989), 303-314, has it in the singular."""
    slide = "Approximations by superpositions of sigmoidal functions"
    paper = "Approximation by Superpositions of a Sigmoidal Function"
    different = set(slide.lower().split()) ^ set(paper.lower().split())
    assert different == {"approximations", "approximation", "functions", "function", "a"}


def test_e10_with_row_gradients_multiply_and_switch_both_need_a_transpose() -> None:
    """The slide multiplies by b, but switches by s transposed.  A gradient is a row there, a value a column."""
    b, g = np.arange(3.0).reshape(3, 1), np.array([[1.0, 2.0, 3.0]])
    assert (g * b).shape == (3, 3)  # NumPy's broadcasting hides the mistake
    assert (g * b.T).shape == g.shape
    pulled = adkit.vjp(lambda a: a * b, np.ones((3, 1)))[1](g.T)[0]
    np.testing.assert_array_equal(pulled.T, g * b.T)


def test_e11_theta_and_its_gradient_have_one_orientation() -> None:
    """theta - eta grad L: a column less a row is a matrix in NumPy, silently; adkit's gradient has theta's shape."""
    theta = np.array([[1.0], [2.0]])
    gradient = adkit.grad(lambda t: np.sum(t**2))(theta)
    assert (theta - 0.1 * gradient.T).shape == (2, 2)
    assert gradient.shape == theta.shape
    assert (theta - 0.1 * gradient).tolist() == [[0.8], [1.6]]


def test_e12_one_method_has_two_names() -> None:
    """``compute_gradients`` on one slide is ``param_gradients`` on another."""
    one, other = {"forward_pass", "backward_pass", "compute_gradients"}, {"forward_pass", "backward_pass", "param_gradients"}
    assert one ^ other == {"compute_gradients", "param_gradients"}


def test_e13_a_unit_without_its_bias_cannot_leave_the_origin() -> None:
    """z = w.x drops the bias: at x = 0 every such unit says 1/2.  (And the "regression loss" there is for classes.)"""
    for w in (np.array([1.0, 2.0]), np.array([-5.0, 0.1])):
        assert adkit.sigmoid(w @ np.zeros(2)) == 0.5
        assert adkit.sigmoid(w @ np.zeros(2) + 2.0) == pytest.approx(0.880797, abs=1e-6)
    assert adkit.grad(lambda w: adkit.sigmoid(w @ np.zeros(2)))(np.array([1.0, 2.0])).tolist() == [0.0, 0.0]
    assert adkit.grad(lambda b: adkit.sigmoid(b))(0.0) == 0.25


def test_e15_the_symmetry_that_folding_gives() -> None:
    """f(|x|) = f(|-x|) holds of every f; meant is g(x) = f(|x|), so g(x) = g(-x), which f itself need not have."""
    f = lambda x: np.exp(x) + np.sin(x)
    g = lambda x: f(np.abs(x))
    for x in (0.3, 1.0, 2.5):
        assert g(x) == g(-x)
        assert f(x) != f(-x)
        assert adkit.grad(g)(x) == -adkit.grad(g)(-x)
    F = sp.Function("f")
    assert F(sp.Abs(Z)) == F(sp.Abs(-Z))  # a tautology
    assert F(Z) != F(-Z)


def test_e22_derivatives_are_of_the_scalar_with_respect_to_the_parameters() -> None:
    """The slide has them the other way round.  Both have the parameters' shape; only one is the gradient."""
    W, x = np.arange(6.0).reshape(2, 3), np.ones(3)
    gradient = adkit.grad(lambda W: np.sum(np.tanh(W @ x)))(W)
    other = adkit.jacobian(lambda s: s * W)(1.0)
    assert gradient.shape == other.shape == W.shape
    assert not np.allclose(gradient, other)
    np.testing.assert_allclose(gradient, np.outer(1 - np.tanh(W @ x) ** 2, x))


# right on the slides -------------------------------------------------------------------------------------------


def test_what_the_slides_have_right() -> None:
    y = softmax(X)
    jacobian = [sp.diff(y[i], X[j]) for i in range(3) for j in range(3)]
    stated = [y[i] * (int(i == j) - y[j]) for i in range(3) for j in range(3)]
    assert residual(jacobian, stated) == [0] * 9
    assert residual(sp.diff(logistic(Z), Z), logistic(Z) * (1 - logistic(Z))) == [0]
    assert residual(sp.diff(sp.tanh(Z), Z), 1 - sp.tanh(Z) ** 2) == [0]
    loss = -sum([p * sp.log(q) for p, q in zip(P, X, strict=True)])
    assert residual([sp.diff(loss, q) for q in X], [-p / q for p, q in zip(P, X, strict=True)]) == [0, 0, 0]
    x = np.array([1.0, 0.0, -1.0])
    values = [float(e.subs(dict(zip(X, x, strict=True)))) for e in stated]
    np.testing.assert_allclose(adkit.jacobian(adkit.softmax)(x), np.reshape(values, (3, 3)), atol=1e-15)
    # linear: dL/dx = g W, dL/dW = outer(g, x), dL/db = g
    W, b, g = np.arange(6.0).reshape(2, 3), np.ones(2), np.array([2.0, -1.0])
    dW, dx, db = adkit.vjp(lambda W, x, b: W @ x + b, W, x, b)[1](g)
    np.testing.assert_array_equal(dW, np.outer(g, x))
    np.testing.assert_array_equal(dx, g @ W)
    np.testing.assert_array_equal(db, g)
    assert adkit.vjp(adkit.relu, np.array([2.0, -3.0]))[1](np.ones(2))[0].tolist() == [1.0, 0.0]
    # dueling: V + A - mean(A) does not see a constant added to A
    dueling = lambda v, a: v + a - np.mean(a)
    np.testing.assert_allclose(dueling(1.0, x), dueling(1.0, x + 5.0))
    np.testing.assert_allclose(adkit.jacobian(dueling, 1)(1.0, x), np.eye(3) - 1 / 3, atol=1e-15)
