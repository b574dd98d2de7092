"""The forms in which people call NumPy, compiled: values and gradients, at the point of tracing and at another."""

import numpy as np
import pytest
from agree import reals
from forms import FORMS
from test_forms import function

import adkit


def elsewhere(x):
    """Another point of the same shape, where other entries are the largest."""
    x = np.asarray(x)
    return (0.9 * x + 0.05 * np.roll(np.ravel(x), 1).reshape(x.shape) if x.size else x)[()]


@pytest.mark.filterwarnings("ignore::adkit.AdkitWarning")
@pytest.mark.parametrize("form", [form for forms in FORMS.values() for form in dict.fromkeys([*forms[:3], *forms[-2:]])])
def test_form_compiled(form):
    g, xs = function(form)
    f = lambda *xs: reals(g(*xs))
    value = adkit.compile(f)
    pulled = adkit.compile(lambda *xs: adkit.vjp(f, *xs)[1](np.cos(np.arange(f(*xs).size))))
    for at in (xs, [elsewhere(x) for x in xs]):
        expected = f(*at)
        found = value(*at)
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
        for d, e in zip(pulled(*at), adkit.vjp(f, *at)[1](np.cos(np.arange(expected.size))), strict=True):
            np.testing.assert_allclose(d, e, rtol=1e-8, atol=1e-9)
