"""Arrays that take item assignment: right in every mode and nesting, linear in the number of writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import adkit
import adkit.numpy as anp
from adkit import cotangents, versions
from adkit.buffer import Buffer
from adkit.ops.index import Index
from adkit.testing import assert_proved, check_grads

X = np.array([0.3, 0.7, 1.1, -0.4])


def _recurrence(x: Any) -> Any:
    y = anp.zeros(6)
    y[0] = x[0]
    for i in range(1, 6):
        y[i] = np.sin(y[i - 1]) * x[i % 4] + y[i - 1]
    return np.sum(y**2) + y[3]


def _overwrites(x: Any) -> Any:
    y = anp.ones(5)
    y[1:4] = x[:3]
    y[2] = 0.0
    y[2:] = y[2:] * x[3]
    y[-1] += x[0] ** 2
    y *= 2.0
    return y


def _matrix(x: Any) -> Any:
    y = anp.zeros((3, 4))
    y[0] = x
    y[:, 1] = x[1:] * y[0, 2]
    y[1] = x[3]
    y[[0, 2], [1, 2]] = x[:2]
    return y @ x


def _mask(x: Any) -> Any:
    y = anp.full(4, 2.0)
    y[np.array([True, False, True, False])] = x[:2]
    y[x < 0] = x[0] * 3
    return y * x


def _of_a_list(x: Any) -> Any:
    y = anp.array([x[0], 1.0, x[1] * x[2]])
    y[1] = x[3]
    return y**2


def _like(x: Any) -> Any:
    y = anp.zeros_like(x)
    z = anp.empty_like(x)
    for i in range(4):
        y[i] = x[3 - i] ** 2
        z[i] = y[i] * x[i]
    return np.concatenate([anp.asarray(y), z])


def _two_copies(x: Any) -> Any:
    y = anp.zeros(3)
    y[0] = x[0]
    before = y * 1.0
    y[0] = x[1]
    return before[0] * y[0] + y.sum()


PROGRAMS: dict[str, Callable[[Any], Any]] = {
    "recurrence": _recurrence, "overwrites": _overwrites, "matrix": _matrix, "mask": _mask, "a list": _of_a_list,
    "like": _like, "a version kept": _two_copies,
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_both_modes_to_second_order(name: str) -> None:
    f = PROGRAMS[name]
    check_grads(f, (X,), order=2)
    forward, reverse = adkit.jacfwd(f)(X), adkit.jacrev(f)(X)
    np.testing.assert_allclose(forward, reverse, rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(adkit.jacfwd(f, chunk=1)(X), forward, rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(adkit.jacrev(f, chunk=1)(X), forward, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_nesting_agrees(name: str) -> None:
    def f(x: Any) -> Any:
        return np.sum(PROGRAMS[name](x) ** 2)

    hessians = [
        adkit.jacfwd(adkit.jacrev(f))(X), adkit.jacrev(adkit.jacfwd(f))(X), adkit.jacrev(adkit.jacrev(f))(X),
        adkit.jacfwd(adkit.jacfwd(f))(X),
    ]  # fmt: skip
    for other in hessians[1:]:
        np.testing.assert_allclose(other, hessians[0], rtol=1e-11, atol=1e-11)


def test_outside_a_driver_they_are_plain_arrays() -> None:
    for made in (anp.zeros(3), anp.ones(3), anp.empty(3), anp.full(3, 2.0), anp.array([1.0]), anp.zeros_like(X)):
        assert type(made) is np.ndarray


def test_inside_a_driver_integers_stay_plain() -> None:
    def f(x: Any) -> Any:
        counts = anp.zeros(3, dtype=int)
        counts[0] += 2
        assert type(counts) is np.ndarray
        return x * counts[0]

    assert adkit.grad(f)(1.5) == 2.0


class _Counter:
    """Elements touched by the writes and reads of buffers, and by what the sweep scatters and clears."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.touched = 0
        for name in ("take", "add", "put"):
            original = getattr(Index, name)

            def counted(index: Index, x: Any, *rest: Any, original: Any = original) -> Any:
                result = original(index, x, *rest)
                part = x[index.key] if not index.advanced and not index.lead and np.ndim(x) == 1 else x
                self.touched += int(np.size(part))
                return result

            monkeypatch.setattr(Index, name, counted)
        settle = cotangents.Pending.flush

        def flushed(pending: Any, *rest: Any) -> None:
            had = pending.total is not None and pending.owned
            settle(pending, *rest)
            if pending.total is not None and not had:
                self.touched += int(np.size(pending.total))

        monkeypatch.setattr(cotangents.Pending, "flush", flushed)


def _running(x: Any) -> Any:
    y = anp.zeros(len(x))
    y[0] = x[0]
    for i in range(1, len(x)):
        y[i] = 0.9 * y[i - 1] + x[i]
    return np.sum(y)


def _elements(n: int, monkeypatch: pytest.MonkeyPatch) -> int:
    with monkeypatch.context() as patch:
        counter = _Counter(patch)
        gradient = adkit.grad(_running)(np.ones(n))
    expected = np.array([(1 - 0.9 ** (n - i)) / 0.1 for i in range(n)])
    np.testing.assert_allclose(gradient, expected, rtol=1e-12)
    return counter.touched


def test_a_recurrence_touches_elements_in_proportion_to_its_length(monkeypatch: pytest.MonkeyPatch) -> None:
    short, long = _elements(200, monkeypatch), _elements(800, monkeypatch)
    assert 0 < short < 20 * 200
    assert long < 4.2 * short


def test_the_tape_of_a_recurrence_is_linear_in_its_length() -> None:
    sizes = [adkit.vjp(_running, np.ones(n))[1].nbytes for n in (200, 800)]
    assert sizes[1] < 4.5 * sizes[0]


def test_a_write_into_what_was_read_is_refused() -> None:
    def f(x: Any) -> Any:
        y = anp.zeros((2, 2))
        row = y[0]
        row[0] = 1.0
        return x

    with pytest.raises(ValueError, match="is a copy"):
        adkit.grad(f)(1.0)


@pytest.mark.parametrize("function", [np.copyto, np.put, np.fill_diagonal])
def test_functions_that_write_are_refused(function: Any) -> None:
    def f(x: Any) -> Any:
        y = anp.zeros((2, 2))
        function(y, 3.0) if function is not np.put else function(y, [0], 1.0)
        return x

    with pytest.raises(adkit.UnsupportedError, match="assign items instead"):
        adkit.grad(f)(1.0)


def test_a_buffer_outlives_no_level() -> None:
    kept: list[Any] = []

    def f(x: Any) -> Any:
        y = anp.zeros(2)
        y[0] = x
        kept.append(y)
        return y[0]

    adkit.grad(f)(1.0)
    with pytest.raises(adkit.LevelError):
        kept[0][1] = kept[0][0] * 2.0


def test_a_buffer_as_result_and_as_aux() -> None:
    def f(x: Any) -> Any:
        y = anp.zeros(2)
        y[1] = x**2
        return y[1], y

    gradient, aux = adkit.grad(f, has_aux=True)(3.0)
    assert gradient == 6.0
    assert type(aux) is np.ndarray and aux.tolist() == [0.0, 9.0]
    assert not isinstance(adkit.jvp(lambda x: f(x)[1], (3.0,), (1.0,))[1], Buffer)


def test_float32_stays() -> None:
    def f(x: Any) -> Any:
        y = anp.zeros(3, dtype=np.float32)
        y[1:] = x
        return np.sum(y * y)

    x = np.ones(2, np.float32)
    assert adkit.grad(f)(x).dtype == np.float32
    assert adkit.jvp(f, (x,), (x,))[1].dtype == np.float32


def test_a_forgotten_clearing_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted bug: what was overwritten keeps its cotangent."""
    monkeypatch.setattr(Index, "put", lambda index, total, value, l=0: None)
    monkeypatch.setattr(versions.Plain, "write", lambda self, at, value: self.array.__setitem__(at.key, value))
    with pytest.raises(AssertionError):
        check_grads(_overwrites, (X,), order=1, modes=("rev",))


# adkit.numpy ------------------------------------------------------------------------------------------


def test_every_name_of_numpy_is_there() -> None:
    assert anp.pi == np.pi and anp.float64 is np.float64 and anp.linalg.LinAlgError is np.linalg.LinAlgError
    assert anp.argsort(X).tolist() == np.argsort(X).tolist()
    with pytest.raises(AttributeError):
        _ = anp.no_such_function


def test_direct_functions_are_numpys_on_plain_arrays_and_differentiate_boxes() -> None:
    assert type(anp.sin(X)) is np.ndarray and np.array_equal(anp.sin(X), np.sin(X))

    def direct(x: Any) -> Any:
        return anp.sum(anp.where(x > 0, anp.sin(x), anp.exp(x)) * anp.concatenate([x[2:], x[:2]]), axis=0)

    def plain(x: Any) -> Any:
        return np.sum(np.where(x > 0, np.sin(x), np.exp(x)) * np.concatenate([x[2:], x[:2]]), axis=0)

    np.testing.assert_array_equal(adkit.grad(direct)(X), adkit.grad(plain)(X))
    np.testing.assert_array_equal(adkit.hessian(direct)(X), adkit.hessian(plain)(X))
    assert adkit.jvp(lambda x: anp.sum(a=x), (X,), (X,))[1] == X.sum()


# what NumPy makes of a value being differentiated ------------------------------------------------------


def _overwritten(x: Any) -> Any:
    y = x.copy()
    y[0] = 2.0 * x[1]
    y[1:] *= x[0]
    return np.sum(y**2)


def _cyclic(x: Any) -> Any:
    y = np.zeros_like(x)
    for i in range(3):
        y[i] = x[i] * x[(i + 1) % 3]
    return y


def _empty(x: Any) -> Any:
    y = np.empty_like(x)
    y[:] = x * 2
    y += x
    return y


def _full(x: Any) -> Any:
    y = np.full_like(x, x[0])
    y[1] = 3.0
    return y * np.ones_like(x)


def _masked(x: Any) -> Any:
    y = np.copy(x)
    y[x > 1.5] = 0.0
    return y + np.where(x > 1.5, x, np.zeros_like(x))


def _shaped(x: Any) -> Any:
    a = np.zeros_like(x, shape=(3, 3))
    a[0] = x
    a[1:, 0] = x[:2]
    a[:, 2] += x
    a[np.array([0, 2]), 1] *= 3.0
    return a


def _copied_twice(x: Any) -> Any:
    y = x.copy()
    z = y.copy()
    y[0] = 0.0
    return y + z


def _integers(x: Any) -> Any:
    chosen = np.zeros_like(x, dtype=int)
    chosen[0] = 1
    return chosen * x


LIKENESSES = (_overwritten, _cyclic, _empty, _full, _masked, _shaped, _copied_twice, _integers)


@pytest.mark.parametrize("f", LIKENESSES, ids=lambda f: f.__name__)
def test_copies_and_likenesses_are_written_to_as_in_ordinary_code(f: Any) -> None:
    x = np.array([1.0, 2.0, 3.0])
    check_grads(f, (x,), order=2)
    assert_proved(f, x)
    np.testing.assert_allclose(adkit.trace(f)(x)(x + 0.01), f(x + 0.01))
    assert x.tolist() == [1.0, 2.0, 3.0]


def test_a_copy_of_one_number_is_written_to() -> None:
    def square(x: Any) -> Any:
        y = x.copy()
        y[...] = x * x
        return y

    assert adkit.grad(square)(3.0) == 6.0


def test_a_copy_that_is_written_shares_nothing_with_what_it_was_copied_from() -> None:
    x = np.ones(3)
    y, pullback = adkit.vjp(np.copy, x)
    y[0] = 5.0
    assert x[0] == 1.0
    assert pullback(np.ones(3))[0].tolist() == [1.0, 1.0, 1.0]


def test_a_loop_of_writes_into_a_copy_in_a_derivative_of_a_derivative() -> None:
    def f(x: Any) -> Any:
        y = x.copy()
        for i in range(1, len(x)):
            y[i] = y[i - 1] * x[i]
        return y[-1]

    x = np.linspace(0.9, 1.1, 6)
    expected = np.prod(x) / np.outer(x, x)
    np.fill_diagonal(expected, 0.0)
    np.testing.assert_allclose(adkit.hessian(f)(x), expected, rtol=1e-12)
    np.testing.assert_allclose(adkit.jacrev(adkit.grad(f))(x), expected, rtol=1e-12)
