"""debug_nans: which op first gives nan, at which line of the user's, and with what numbers; and the warning without it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import adkit
import adkit.numpy as anp
from adkit.dual import ForwardLevel
from adkit.tape import Tape

HERE = "test_debug_nans.py"


@pytest.fixture(autouse=True)
def quiet_numpy() -> Iterator[None]:
    with np.errstate(all="ignore"):
        yield


def length(x: Any) -> Any:
    return np.sqrt(np.sum(x * x))


def logarithm(x: Any) -> Any:
    y = np.log(x - 1)  # the line to name
    return np.sum(y * 2)


DRIVERS: dict[str, Any] = {
    "grad": lambda f, x: adkit.grad(f)(x),
    "value_and_grad": lambda f, x: adkit.value_and_grad(f)(x),
    "vjp": lambda f, x: adkit.vjp(f, x)[1](1.0),
    "jacrev": lambda f, x: adkit.jacrev(f)(x),
    "jvp": lambda f, x: adkit.jvp(f, (x,), (np.ones_like(x),)),
    "jacfwd": lambda f, x: adkit.jacfwd(f)(x),
    "hessian": lambda f, x: adkit.hessian(f)(x),
    "hvp": lambda f, x: adkit.hvp(f, x, np.ones_like(x)),
    "linearize": lambda f, x: adkit.linearize(f, x)[1](np.ones_like(x)),
    "grad of grad": lambda f, x: adkit.grad(lambda x: np.sum(adkit.grad(f)(x)))(x),
}


@pytest.mark.parametrize("name", DRIVERS)
def test_a_value_that_is_nan_is_found_by_every_driver(name: str) -> None:
    with adkit.debug_nans(), pytest.raises(adkit.NanError) as error:
        DRIVERS[name](logarithm, np.array([2.0, 0.5, 3.0]))
    text = str(error.value)
    assert "'log' gives nan (first at entry (1,))" in text
    assert f"{HERE}:{logarithm.__code__.co_firstlineno + 1}: y = np.log(x - 1)" in text
    assert "-0.5" in text


@pytest.mark.parametrize("name", ["grad", "value_and_grad", "vjp", "jacrev"])
def test_a_cotangent_that_becomes_nan(name: str) -> None:
    with adkit.debug_nans(), pytest.raises(adkit.NanError) as error:
        DRIVERS[name](length, np.zeros(3))
    text = str(error.value)
    assert "the cotangent becomes nan on the way back through 'multiply'" in text
    assert f"recorded at {HERE}:{length.__code__.co_firstlineno + 1}: return np.sqrt" in text
    assert "the cotangent of the result is [inf, inf, inf]" in text
    assert "operand 0 is [0., 0., 0.]" in text


def test_a_tangent_that_becomes_nan() -> None:
    def f(x: Any) -> Any:
        y = np.sqrt(x)
        return y - np.sqrt(x * 4) / 2  # inf - inf

    with adkit.debug_nans(), pytest.raises(adkit.NanError, match=r"'subtract' gives a tangent of nan") as error:
        adkit.jvp(f, (0.0,), (1.0,))
    assert f"{HERE}:{f.__code__.co_firstlineno + 2}" in str(error.value)
    assert "the tangent of operand 0 is inf" in str(error.value)
    with adkit.debug_nans(), pytest.raises(adkit.NanError, match="'sqrt', whose share, inf, is added to infinite ones"):
        adkit.grad(f)(0.0)


def test_the_entry_of_a_large_array_is_shown_and_not_the_array() -> None:
    x = np.ones(9000)
    x[700] = -1.0
    for take in (lambda: adkit.grad(lambda x: np.sum(np.log(x)))(x), lambda: adkit.jvp(np.log, (x,), (x,))):
        with adkit.debug_nans(), pytest.raises(adkit.NanError) as error:
            take()
        assert "first at entry (700,)" in str(error.value)
        assert "operand 0 holds -1 there" in str(error.value)
        assert len(str(error.value)) < 400


def test_nan_from_outside_is_said_to_be_received() -> None:
    hole = np.array([1.0, np.nan])
    for take in (lambda f: adkit.grad(f)(np.ones(2)), lambda f: adkit.jvp(f, (np.ones(2),), (np.ones(2),))):
        with adkit.debug_nans(), pytest.raises(adkit.NanError, match="'multiply' receives nan in operand 1"):
            take(lambda x: np.sum(x * hole))
    with adkit.debug_nans():
        adkit.grad(lambda x: np.sum(x[:1] * hole[:1]))(hole)


def test_nan_in_a_buffer_and_in_several_results() -> None:
    def filled(x: Any) -> Any:
        y = anp.zeros(2)
        y[0] = x
        y[1] = np.sqrt(y[0] - 2)
        return np.sum(y)

    with adkit.debug_nans(), pytest.raises(adkit.NanError, match="'sqrt' gives nan"):
        adkit.grad(filled)(1.0)
    with adkit.debug_nans(), pytest.raises(adkit.NanError, match="nan"):
        adkit.grad(lambda x: np.sum(np.split(x, 2)[1] / np.split(x, 2)[1]))(np.zeros(4))


@pytest.mark.parametrize("name", DRIVERS)
def test_what_is_sound_stays_as_it_is(name: str) -> None:
    def f(x: Any) -> Any:
        y = anp.zeros(3)
        y[:] = np.where(x > 0, np.log(np.where(x > 0, x, 1)), 0.0)
        branch = np.where(x > 0, np.sqrt(x), 0.0)  # a zero cotangent meets an infinite partial
        return np.sum(np.tanh(y) * np.cumsum(x)) + x @ np.ones((3, 3)) @ x + np.sum(branch) + np.max(x)

    x = np.array([0.0, 0.5, 2.0])
    expected = DRIVERS[name](f, x)
    with adkit.debug_nans():
        found = DRIVERS[name](f, x)
    for a, b in zip(*[v if isinstance(v, tuple) else (v,) for v in (found, expected)], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-14)


def test_nothing_is_looked_at_without_it_nor_after_it() -> None:
    with adkit.debug_nans(), Tape() as tape, ForwardLevel() as level:
        assert tape.finder is not None
        assert level.slow
    with pytest.raises(RuntimeError), adkit.debug_nans():
        raise RuntimeError
    with Tape() as tape, ForwardLevel() as level:
        assert tape.finder is None
        assert tape.append == tape.records.append
        assert not level.slow


def test_inside_of_a_checkpoint_the_line_is_found_when_it_is_run_again() -> None:
    with adkit.debug_nans(), pytest.raises(adkit.NanError) as error:
        adkit.grad(adkit.checkpoint(length))(np.zeros(3))
    assert f"recorded at {HERE}:{length.__code__.co_firstlineno + 1}" in str(error.value)
    with adkit.debug_nans(), pytest.raises(adkit.NanError, match=r"'log' gives nan.*y = np\.log"):
        adkit.grad(adkit.checkpoint(logarithm))(np.array([2.0, 0.5]))


def test_both_switches_at_once() -> None:
    w = np.array([1.0, 2.0])
    with adkit.debug_mutations(), adkit.debug_nans():
        y, pullback = adkit.vjp(lambda x: x * w, np.ones(2))
        w[0] = 5.0
        with pytest.raises(adkit.MutationError):
            pullback(np.ones(2))
        with pytest.raises(adkit.NanError):
            adkit.grad(logarithm)(np.zeros(2))


# without the switch ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["grad", "vjp", "jacrev"])
def test_a_nan_where_every_value_is_finite_warns_at_the_users_line(name: str) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        DRIVERS[name](length, np.zeros(2))
    (warning,) = caught
    assert issubclass(warning.category, adkit.AdkitWarning)
    assert warning.filename.endswith(HERE)
    assert "although every value is finite" in str(warning.message)
    assert "'multiply'" in str(warning.message)
    assert "debug_nans" in str(warning.message)


def test_forward_mode_warns_too() -> None:
    f = lambda x: np.sqrt(x) - np.sqrt(4 * x) / 2
    for take in (lambda: adkit.jvp(f, (0.0,), (1.0,)), lambda: adkit.jacfwd(lambda x: np.sum(f(x)))(np.zeros(2))):
        with pytest.warns(adkit.AdkitWarning, match="forward mode.*'subtract'"):
            take()


def test_a_nan_that_comes_from_the_values_does_not_warn() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(adkit.grad(np.log)(np.nan))
        assert np.isnan(adkit.grad(lambda x: x * np.nan)(1.0))
        assert np.isnan(adkit.jvp(lambda x: np.log(x), (-1.0,), (np.nan,))[1])
        assert np.isnan(adkit.grad(lambda x: x / x)(np.inf))
        assert np.isnan(adkit.jvp(np.sin, (1.0,), (np.nan,))[1])
