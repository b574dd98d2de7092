"""The digits: what they hold, how they are split, and what is said where they are absent."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from adkit.data import MissingDataError, digits, load_digits


def test_the_digits_are_scikit_learns() -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    pixels, labels = datasets.load_digits(return_X_y=True)
    found = load_digits()
    assert found.images.shape == (1797, 64)
    np.testing.assert_array_equal(found.images, pixels / 16)
    np.testing.assert_array_equal(found.labels, labels)
    assert found.labels.dtype.kind == "i"
    assert load_digits() is found
    with pytest.raises(ValueError, match="read-only"):
        found.images[0, 0] = 1.0


def test_every_fifth_image_is_for_testing() -> None:
    found = load_digits()
    x_train, labels_train, x_test, labels_test = found.split()
    assert (len(x_train), len(labels_train), len(x_test), len(labels_test)) == (1437, 1437, 360, 360)
    np.testing.assert_array_equal(x_test, found.images[::5])
    np.testing.assert_array_equal(labels_train[:4], found.labels[1:5])


def test_absent_digits_name_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digits, "find_spec", lambda name: None)
    with pytest.raises(MissingDataError, match=r"pip install \"\.\[data\]\""):
        load_digits.__wrapped__()


def test_scikit_learn_is_not_imported_for_its_file() -> None:
    code = "import sys, adkit.data; adkit.data.load_digits(); print('sklearn' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "False\n"
