"""Defects that were found by attack, each with the smallest program that showed it."""

from __future__ import annotations

import gc
import warnings
from typing import Any

import numpy as np
import pytest

import adkit
import adkit.numpy as anp

RNG = np.random.default_rng(0)


def _modes_agree(f: Any, x: Any, rtol: float = 1e-10) -> np.ndarray:
    """Jacobians of both modes and of single directions are one."""
    J = np.asarray(adkit.jacrev(f)(x))
    np.testing.assert_allclose(adkit.jacfwd(f)(x), J, rtol=rtol, atol=1e-12)
    _, push = adkit.linearize(f, x)
    v = RNG.normal(size=np.shape(x))
    ydot = np.tensordot(J, v, axes=np.ndim(x))
    np.testing.assert_allclose(push(v), ydot, rtol=rtol, atol=1e-12)
    np.testing.assert_allclose(adkit.jvp(f, (x,), (v,))[1], ydot, rtol=rtol, atol=1e-12)
    return J


# cotangents ----------------------------------------------------------------------------------------


def test_rows_by_number_are_collected_into_a_sum_that_is_not_c_ordered() -> None:
    # The sum of three cotangents of x.T lies in memory as x.T does; reshaping it gave a copy, and the pieces were lost.
    rows = np.array([0, 3, 3])

    def f(x: Any) -> Any:
        a, b, c = x.T, x.T, x.T
        return np.concatenate([a.sum(0)[:5] + (b**2).sum(0)[:5] + np.sin(c).sum(0)[:5], x[rows].sum(1)])

    _modes_agree(f, RNG.normal(size=(20, 30)))


def test_a_buffers_cotangent_that_is_not_c_ordered() -> None:
    rows, others = np.array([1, 2]), np.array([3, 4])

    def f(x: Any) -> Any:
        y = anp.zeros((40, 60))
        y[...] = x
        y[rows] = y[others] * 2
        y[rows] = y[others] * 3 + y[rows]
        z, w = y.T, y.T
        return np.stack([np.sum(z * z), np.sum(np.sin(w) * z)])

    _modes_agree(f, RNG.normal(size=(40, 60)))


def test_an_index_array_may_be_written_to_after_it_was_used() -> None:
    def f(x: Any) -> Any:
        k, total = np.array([0]), 0.0
        for i in range(3):
            k[0] = i
            total = total + np.sum(x[k]) * (i + 1)
        return total

    assert adkit.grad(f)(np.ones(3)).tolist() == [1.0, 2.0, 3.0]


# buffers -------------------------------------------------------------------------------------------


def _buffered(x: Any) -> Any:
    y = anp.zeros(4)
    y[0] = x[0] * x[1]
    y[1:3] = x * 2
    y[3] = y[0] + y[1]
    y[0] *= y[3]
    return y


def test_a_buffer_as_the_result_in_every_mode() -> None:
    J = _modes_agree(_buffered, np.array([2.0, 3.0]))
    np.testing.assert_allclose(J, [[3 * 10 + 6 * 5, 2 * 10 + 6 * 2], [2, 0], [0, 2], [5, 2]])
    _modes_agree(lambda x: np.sin(_buffered(x)), np.array([2.0, 3.0]))


def test_linearize_reads_old_versions_of_a_buffer_as_they_were() -> None:
    def f(x: Any) -> Any:
        y = anp.zeros(3)
        y[0] = x[0]
        before = y.T  # the version of now
        row = y[0:2]
        y[0] = x[1] * 5
        y[1] = row[0] * y[0]
        return np.concatenate([before, row, y])

    _modes_agree(f, np.array([2.0, 3.0]))


def test_linearize_of_a_long_recurrence_and_within_other_modes() -> None:
    def f(x: Any) -> Any:
        y = anp.zeros(50)
        y[0] = x
        for i in range(1, 50):
            y[i] = np.sin(y[i - 1]) + x
        return np.sum(y * y)

    def slope(x: Any) -> Any:
        return adkit.linearize(f, x)[1](1.0)

    x = np.float64(0.3)
    np.testing.assert_allclose(slope(x), adkit.grad(f)(x), rtol=1e-12)
    np.testing.assert_allclose(adkit.grad(slope)(x), adkit.derivative(f, 2)(x), rtol=1e-10)
    np.testing.assert_allclose(adkit.derivative(slope)(x), adkit.derivative(f, 2)(x), rtol=1e-10)


def test_adding_to_a_part_that_is_not_differentiated_yet() -> None:
    def f(x: Any) -> Any:
        y = anp.zeros((2, 3))
        y[0] += x
        y[1, 1:] -= x[1:] * 2
        y[:, 0] *= x[0]
        y[np.array([0, 1])] += x
        return y

    _modes_agree(f, np.array([2.0, 3.0, 4.0]))
    with pytest.raises(adkit.DerivativeError, match=r"y\[i, j\] = value"):
        adkit.grad(lambda x: anp.zeros((2, 2))[0].__setitem__(0, x))(1.0)


def test_a_buffer_that_was_written_to_and_never_read() -> None:
    def f(x: Any) -> Any:
        y = anp.zeros(3)
        y[0] = x
        y[1] = x * x
        return x * 2

    assert adkit.grad(f)(3.0) == 2.0 == adkit.derivative(f)(3.0)

    def overwritten(x: Any) -> Any:
        y = anp.zeros(3)
        y[:] = x * x
        y[...] = np.ones(3)
        return np.sum(y) + x

    assert adkit.grad(overwritten)(3.0) == 1.0


def test_the_last_of_several_values_assigned_to_one_entry_stays() -> None:
    rows = np.array([0, 2, 0, -1])

    def f(x: Any) -> Any:
        y = anp.zeros(3)
        y[rows] = x * x
        return y

    assert _modes_agree(f, np.arange(1.0, 5.0)).tolist() == [[0, 0, 6, 0], [0, 0, 0, 0], [0, 0, 0, 8]]
    _modes_agree(lambda x: np.stack([np.sum(f(x) ** 2), np.sum(np.sin(f(x)))]), np.arange(1.0, 5.0))


def test_a_buffer_is_filled_and_sorted_in_place() -> None:
    def f(x: Any) -> Any:
        y = anp.array(x * 2)
        y.sort()
        z = anp.zeros((2, 2))
        z.fill(x[1])
        z[0].sum()
        return np.concatenate([y, z[1] * y[0]])

    J = _modes_agree(f, np.array([3.0, 1.0, 2.0]))
    assert J.tolist() == [[0, 2, 0], [0, 0, 2], [2, 0, 0], [0, 4, 0], [0, 4, 0]]


def test_a_buffer_without_axes() -> None:
    def f(x: Any) -> Any:
        y = anp.zeros(())
        y[()] = x * x
        y[...] = y[()] * 3
        y += x
        return y * y

    x = np.float64(2.0)
    assert adkit.grad(f)(x) == adkit.derivative(f)(x) == adkit.linearize(f, x)[1](1.0) == 2 * 14 * 13
    assert adkit.hessian(f)(x) == pytest.approx(2 * 13 * 13 + 2 * 14 * 6)


# several results ---------------------------------------------------------------------------------------


@adkit.custom_vjp
def _halves(x: Any) -> Any:
    return {"low": x[:2] * 2, "high": x[2:] ** 2}


_halves.defvjp(
    lambda x: (_halves(x), x), lambda x, g: (np.concatenate([2 * g["low"], 2 * x[2:] * g["high"]]),)
)  # fmt: skip


def test_entries_of_one_of_several_results() -> None:
    x = np.array([1.0, 2.0, 3.0, 4.0])

    def f(x: Any) -> Any:
        found = _halves(x)
        return found["low"][1] * found["high"][0] + found["high"][np.array([1, 1])].sum() + sum(found["low"][:1])

    np.testing.assert_allclose(adkit.grad(f)(x), [2, 18, 24, 16])
    np.testing.assert_allclose(adkit.jacfwd(f)(x), [2, 18, 24, 16])
    matrix = np.arange(1.0, 7.0).reshape(2, 3)
    rows = lambda m: sum([row[0] * row[1:][1] for row in m])  # noqa: E731
    np.testing.assert_allclose(adkit.grad(rows)(matrix), [[3, 0, 1], [6, 0, 4]])
    np.testing.assert_allclose(adkit.grad(lambda m: sum([part[0, 1] for part in np.split(m, 2)]))(matrix), [[0, 1, 0]] * 2)


# seeds -------------------------------------------------------------------------------------------------


def test_a_box_of_an_outer_level_meets_diagonal_seeds() -> None:
    # A dense tangent that is a box, plus a diagonal one that holds a box of the same level.
    def f(x: Any, c: Any) -> Any:
        a = np.hypot(c, x)
        return np.sum(a * x[::-1] + np.sin(a) + np.sum(a) * a)

    def g(x: Any, c: Any) -> Any:
        a = np.hypot(c, x)
        y = anp.array(a)
        y[...] = np.sin(y) + a
        y[...] = np.sin(y) + a
        return np.sum(y)

    x, c = np.array([0.3, 0.5]), np.float64(0.2)
    for h in (f, g):
        expected = adkit.jacrev(adkit.jacrev(h, (0, 1)), (0, 1))(x, c)
        for outer in (adkit.jacfwd, adkit.jacrev):
            for inner in (adkit.jacfwd, adkit.jacrev):
                found = outer(inner(h, (0, 1)), (0, 1))(x, c)
                for i in range(2):
                    for j in range(2):
                        assert isinstance(found[i][j], (np.ndarray, np.float64))
                        np.testing.assert_allclose(found[i][j], expected[i][j], rtol=1e-12)


# state -----------------------------------------------------------------------------------------------


def test_writing_into_the_aux_does_not_change_the_pullback() -> None:
    def f(x: Any) -> Any:
        h = np.tanh(x)
        return np.sum(h), {"h": h}

    x = np.array([0.5, 0.6])
    _, pullback, aux = adkit.vjp(f, x, has_aux=True)
    aux["h"][:] = 0.0
    np.testing.assert_allclose(pullback(1.0)[0], 1 - np.tanh(x) ** 2)


def test_a_function_with_a_rule_of_its_own_keeps_no_tape_alive() -> None:
    # The recorded pullback held the boxes of its operands, and with them the tape that held the pullback.
    @adkit.custom_jvp
    def sine(x: Any) -> Any:
        return np.sin(x)

    sine.defjvp(lambda primals, tangents: (sine(primals[0]), tangents[0] * np.cos(primals[0])))
    x = np.ones((2, 3))

    def use() -> None:
        adkit.grad(lambda x: np.sum(sine(x)))(x)
        adkit.vjp(lambda x: np.sum(_halves(x[0])["high"] * sine(x[1, 0])), x)[1](1.0)
        adkit.jacrev(sine)(x)

    use()
    gc.collect()
    gc.disable()
    try:
        use()
        assert gc.collect() == 0
    finally:
        gc.enable()


# rules -----------------------------------------------------------------------------------------------


def test_mixed_second_derivative_of_a_power_at_exponent_zero() -> None:
    H = adkit.hessian(lambda v: v[0] ** v[1])(np.array([2.0, 0.0]))
    np.testing.assert_allclose(H, [[0.0, 0.5], [0.5, np.log(2) ** 2]])
    np.testing.assert_allclose(adkit.grad(lambda a: np.sum(a ** np.zeros(2)))(np.array([0.0, 2.0])), [0.0, 0.0])


@pytest.mark.parametrize("f", [np.remainder, np.fmod])
def test_remainders_count_as_the_value_does(f: Any) -> None:
    # 1.0 / 0.1 rounds to 10, but 0.1 fits into 1.0 only 9 times: the remainder is almost 0.1.
    assert adkit.grad(f, (0, 1))(1.0, 0.1) == (1.0, -9.0)
    assert adkit.grad(f, 1)(-1.0, 0.1) == (9.0 if f is np.fmod else 10.0)


@pytest.mark.parametrize("r", [1e-170, 1e170])
def test_arctan2_of_small_and_large_operands(r: float) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_allclose(adkit.grad(np.arctan2, (0, 1))(r, r), [0.5 / r, -0.5 / r])


@pytest.mark.parametrize("f", [np.arctan, np.arcsinh, lambda x: np.logaddexp(x, -np.inf)])
def test_no_warning_from_a_rule_where_the_function_is_harmless(f: Any) -> None:
    with np.errstate(all="raise"):
        slope = adkit.grad(f)(1e200)
        assert np.isfinite(slope) and adkit.jvp(f, (1e200,), (1.0,))[1] == slope


def test_no_warning_from_logaddexp_of_nothing_and_nothing() -> None:
    nothing = np.array([-np.inf, 0.0])
    with np.errstate(invalid="raise"):
        ydot = adkit.jvp(np.logaddexp, (nothing, nothing), (np.array([0.0, 1.0]), np.zeros(2)))[1]
    assert ydot.tolist() == [0.0, 0.5]


@pytest.mark.parametrize("f", [np.sum, np.prod, np.mean, np.cumsum, np.cumprod])
def test_a_reduction_in_integers_is_refused(f: Any) -> None:
    # The entries would be rounded before they are summed: the derivative is 0, and was half of it.
    with pytest.raises(adkit.UnsupportedError, match=r"dtype=int64.*astype"):
        adkit.jvp(lambda x: f(x, dtype=np.int64) * 1.5, (np.array([0.5, 0.7]),), (np.ones(2),))
