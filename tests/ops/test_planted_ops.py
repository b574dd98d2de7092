"""A rule that is off by one in a thousand is found: by the checks made from its entry, and by those made from forms."""

import numpy as np
import pytest
from agree import agree, agree_complex, sample

import adkit.verify.check as check
from adkit.registry import lookup

A = sample((3, 3))
PLANTED = {
    "svd": lambda: agree_complex(lambda x: np.linalg.svd(x), A, tolerance=1e-6),
    "eigh": lambda: agree_complex(lambda x: np.linalg.eigh(x), A + A.T, tolerance=1e-6),
    "eig": lambda: agree_complex(lambda x: np.linalg.eig(x), A + 3 * np.diag([1.0, 2.0, 4.0]), tolerance=1e-6),
    "qr": lambda: agree_complex(lambda x: np.linalg.qr(x), A),
    "cholesky": lambda: agree(np.linalg.cholesky, A @ A.T + np.eye(3)),
    "solve": lambda: agree(lambda x: np.linalg.solve(x, np.ones(3)), A + 3 * np.eye(3), single=False),
    "det": lambda: agree(np.linalg.det, A),
    "pinv": lambda: agree(np.linalg.pinv, A[:, :2]),
    "prod": lambda: agree(np.prod, A),
}


@pytest.mark.parametrize("side", ["jvp", "vjp"])
@pytest.mark.parametrize("name", PLANTED)
def test_a_custom_rule_off_by_a_thousandth(name, side, monkeypatch):
    op = lookup(name)
    rule = getattr(op, side)

    def wrong(*args):
        found = rule(*args)
        return tuple([1.001 * d for d in found]) if isinstance(found, tuple) else 1.001 * found

    PLANTED[name]()
    monkeypatch.setattr(op, side, wrong)
    with pytest.raises(AssertionError):
        PLANTED[name]()
    assert check.check_op(op)


@pytest.mark.parametrize("name", ["fft", "irfft", "convolve"])
def test_a_transpose_off_by_a_thousandth(name, monkeypatch):
    op = lookup(name)
    rule = op.transpose
    monkeypatch.setattr(op, "transpose", lambda *args: 1.001 * rule(*args))
    assert check.check_op(op)


def test_a_transform_that_forgets_to_weigh_its_halves(monkeypatch):
    """The mistake that is easily made: the coefficients of irfft that stand for two count once."""
    op = lookup("irfft")
    rule = op.transpose

    def wrong(i, g, p, shapes, l):
        d = rule(i, g, p, shapes, l)
        return d / 2

    monkeypatch.setattr(op, "transpose", wrong)
    with pytest.raises(AssertionError):
        agree_complex(np.fft.irfft, sample((3,)) + 1j * sample((3,), seed=1))
