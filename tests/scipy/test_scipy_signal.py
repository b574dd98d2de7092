"""adkit.scipy.signal: convolution and correlation in any mode, any method and any number of dimensions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import adkit

ss = pytest.importorskip("scipy.signal")
from both_modes import both_modes  # noqa: E402

RNG = np.random.default_rng(2)
PAIRS = [((5,), (3,)), ((3,), (5,)), ((4,), (4,)), ((1,), (3,)), ((4, 5), (2, 3)), ((2, 3), (4, 5)), ((3, 2, 4), (2, 1, 3))]


@pytest.fixture(scope="module")
def signal() -> Any:
    import adkit.scipy.signal as signal

    return signal


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("shapes", PAIRS, ids=str)
def test_convolution_and_correlation(signal: Any, shapes: Any, mode: str) -> None:
    a, b = [RNG.normal(size=s) for s in shapes]
    for name in ("convolve", "correlate", "fftconvolve"):
        both_modes(
            lambda a, b, n=name: getattr(signal, n)(a, b, mode), lambda a, b, n=name: getattr(ss, n)(a, b, mode), a, b, exact=False, order=1
        )


@pytest.mark.parametrize("method", ["auto", "direct", "fft"])
def test_second_order_and_one_operand(signal: Any, method: str) -> None:
    a, b = RNG.normal(size=6), RNG.normal(size=3)
    both_modes(lambda a, b: signal.convolve(a, b, "same", method), lambda a, b: ss.convolve(a, b, "same", method), a, b, exact=False)
    both_modes(lambda a: signal.convolve(a, b), lambda a: ss.convolve(a, b), a, exact=False)
    both_modes(lambda b: signal.convolve(a, b), lambda b: ss.convolve(a, b), b, exact=False)
    both_modes(lambda a: signal.convolve(a, a), lambda a: ss.convolve(a, a), a, exact=False)


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_images(signal: Any, mode: str) -> None:
    a, b = RNG.normal(size=(4, 5)), RNG.normal(size=(2, 3))
    for n in ("convolve2d", "correlate2d"):
        both_modes(
            lambda a, b, n=n: getattr(signal, n)(a, b, mode), lambda a, b, n=n: getattr(ss, n)(a, b, mode), a, b, exact=False, order=1
        )
        c = RNG.normal(size=(3, 2))
        both_modes(lambda a, n=n: getattr(signal, n)(a, c, mode), lambda a, n=n: getattr(ss, n)(a, c, mode), a, exact=False, order=1)
    with pytest.raises(adkit.UnsupportedError, match="border is filled with zeros"):
        adkit.grad(lambda a: np.sum(signal.convolve2d(a, b, boundary="wrap")))(a)


def test_complex_signals(signal: Any) -> None:
    b = RNG.normal(size=3) + 1j * RNG.normal(size=3)
    for name in ("convolve", "correlate"):
        both_modes(
            lambda a, n=name: abs(getattr(signal, n)(a, b)) ** 2, lambda a, n=name: abs(getattr(ss, n)(a, b)) ** 2, RNG.normal(size=4),
            exact=False, order=1,
        )  # fmt: skip


def test_zero_dimensions_and_what_is_wrong(signal: Any) -> None:
    assert adkit.grad(lambda x: signal.convolve(x, 3.0))(2.0) == 3.0
    for a, mode, words in ((np.ones((2, 2)), "full", "same dimensionality"), (np.ones(2), "round", "acceptable mode")):
        with pytest.raises(ValueError, match=words):
            adkit.grad(lambda x: np.sum(signal.convolve(x, np.ones(2), mode)))(a)  # noqa: B023
    with pytest.raises(adkit.UnsupportedError, match=r"scipy\.signal\.lfilter"):
        adkit.grad(lambda x: np.sum(signal.lfilter([1.0], [1.0, 0.5], x)))(np.ones(3))
