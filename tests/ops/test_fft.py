"""numpy.fft: every transform, with lengths, axes, norms and odd sizes."""

import numpy as np
import pytest
from agree import agree, agree_complex, same_error, sample

import adkit

Z = sample((2, 3, 4)) + 1j * sample((2, 3, 4), seed=1)
X = sample((2, 3, 4), seed=2)
OF_COMPLEX = ["fft", "ifft", "irfft", "hfft"]
OF_REAL = ["fft", "ifft", "rfft", "ihfft", "irfft", "hfft"]
NORMS = [None, "backward", "ortho", "forward"]


def transform(name):
    return getattr(np.fft, name)


@pytest.mark.parametrize("name", OF_COMPLEX)
@pytest.mark.parametrize("norm", NORMS)
def test_one_axis_of_complex_numbers(name, norm):
    f = transform(name)
    agree_complex(lambda z: f(z, norm=norm), Z[0, 0])
    agree_complex(lambda z: f(z, 5, 0, norm), Z[0, :, :2])
    agree_complex(lambda z: f(z, n=2, axis=-2, norm=norm), Z[:, :, 0])


@pytest.mark.parametrize("name", OF_REAL)
@pytest.mark.parametrize("norm", NORMS)
def test_one_axis_of_real_numbers(name, norm):
    f = transform(name)
    agree_complex(lambda x: f(x, norm=norm), X[0, 0])
    agree_complex(lambda x: f(x, 5, 0, norm), X[0, :, :2])
    agree_complex(lambda x: f(x, n=3, axis=-1, norm=norm), X[0])


SEVERAL = {
    "default": {},
    "shape": {"s": (3, 3), "axes": (0, 2)},
    "longer": {"s": (2, 5), "axes": (-1, 0), "norm": "ortho"},
    "negative": {"axes": (-1, -2), "norm": "forward"},
    "whole": {"s": (-1, 3), "axes": (1, 2)},
}


@pytest.mark.parametrize("case", SEVERAL)
@pytest.mark.parametrize("name", ["fftn", "ifftn", "rfftn", "irfftn", "fft2", "ifft2", "rfft2", "irfft2"])
def test_several_axes(name, case):
    f = transform(name)
    kw = SEVERAL[case]
    agree_complex(lambda x: f(x, **kw), X)
    if not name.startswith("rfft"):
        agree_complex(lambda z: f(z, **kw), Z[:1])


def test_one_axis_and_the_same_axis_twice():
    agree_complex(lambda z: np.fft.fftn(z, axes=(0,)), Z[0])
    agree_complex(lambda z: np.fft.ifftn(z, axes=(1, 1)), Z[0])
    agree_complex(lambda x: np.fft.rfftn(x, axes=(1,)), X[0])


@pytest.mark.parametrize("shape", [(1,), (5,), (0, 3), (2, 1)])
def test_short_and_empty(shape):
    agree_complex(np.fft.fft, sample(shape))
    agree_complex(np.fft.rfft, sample(shape))
    agree_complex(lambda x: np.fft.irfft(np.fft.rfft(x), x.shape[-1]), sample(shape))


@pytest.mark.parametrize("axes", [None, 0, -1, (0, 1), (1,), []])
def test_shifts(axes):
    x = sample((3, 4))
    agree(lambda x: np.fft.fftshift(x, axes), x)
    agree(lambda x: np.fft.ifftshift(x, axes=axes), x)
    np.testing.assert_array_equal(
        adkit.jvp(lambda x: np.fft.ifftshift(np.fft.fftshift(x, axes), axes), (x,), (x,))[0], x
    )


def test_roundtrip_is_the_identity_in_both_modes():
    x, v = sample((7,)), sample((7,), seed=3)
    f = lambda x: np.fft.irfft(np.fft.rfft(x), 7)
    np.testing.assert_allclose(adkit.jvp(f, (x,), (v,))[1], v)
    np.testing.assert_allclose(adkit.vjp(f, x)[1](v)[0], v)


def test_gradient_of_the_energy_is_parsevals():
    """sum |X|^2 = n sum x^2."""
    x = sample((6,))
    f = lambda x: np.sum(np.abs(np.fft.fft(x)) ** 2)
    np.testing.assert_allclose(adkit.grad(f)(x), 12 * x)
    np.testing.assert_allclose(adkit.hessian(f)(x), 12 * np.eye(6), atol=1e-12)


def test_single_precision_stays():
    x = sample((2, 4)).astype(np.float32)
    z, t = adkit.jvp(np.fft.fft2, (x,), (x,))
    assert z.dtype == t.dtype == np.complex64
    assert adkit.grad(lambda x: np.sum(np.fft.irfft(np.fft.rfft(x)) ** 2))(x).dtype == np.float32


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.fft.fft(x, axis=2), lambda x: np.fft.fft(x, n=0), lambda x: np.fft.fft(x, norm="what"),
        lambda x: np.fft.fftn(x, s=(2,), axes=(0, 1)), lambda x: np.fft.irfft(x, n=0),
    ],
)  # fmt: skip
def test_wrong_use(f):
    same_error(f, sample((2, 3)))


def test_a_target_in_memory_is_refused():
    with pytest.raises(adkit.UnsupportedError, match="out="):
        adkit.grad(lambda x: np.sum(np.abs(np.fft.fft(x, out=np.zeros(3, complex)))))(sample((3,)))
