"""The list of supported functions: complete, with conventions, and the page that is made of it in step."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

import adkit
from adkit.supported import ON_PRIMAL

DOCS = Path(__file__).parent.parent / "docs"

LIST = ["add", "subtract", "multiply", "divide", "true_divide", "power", "float_power", "negative", "positive", "absolute", "abs", "fabs", "reciprocal", "square", "sqrt", "cbrt", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "logaddexp", "logaddexp2", "sin", "cos", "tan", "arcsin", "arccos", "arctan", "arctan2", "sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh", "hypot", "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "pow", "deg2rad", "rad2deg", "degrees", "radians", "maximum", "minimum", "fmax", "fmin", "remainder", "mod", "fmod", "modf", "copysign", "clip", "conjugate", "conj", "matmul", "matvec", "vecmat", "vecdot", "sign", "floor", "ceil", "trunc", "rint", "floor_divide", "heaviside", "less", "less_equal", "greater", "greater_equal", "equal", "not_equal", "logical_and", "logical_or", "logical_not", "isnan", "isinf", "isfinite", "argmax", "argmin", "argsort", "shape", "ndim", "size", "sum", "prod", "mean", "average", "std", "var", "min", "max", "amin", "amax", "ptp", "median", "quantile", "percentile", "nansum", "nanmean", "nanmin", "nanmax", "cumsum", "cumprod", "diff", "ediff1d", "gradient", "trapezoid", "trace", "reshape", "ravel", "transpose", "swapaxes", "moveaxis", "rollaxis", "expand_dims", "squeeze", "broadcast_to", "broadcast_arrays", "atleast_1d", "atleast_2d", "atleast_3d", "concatenate", "concat", "stack", "vstack", "hstack", "dstack", "column_stack", "block", "append", "insert", "delete", "split", "array_split", "hsplit", "vsplit", "dsplit", "tile", "repeat", "pad", "roll", "flip", "fliplr", "flipud", "rot90", "diag", "diagonal", "diagflat", "tril", "triu", "meshgrid", "copy", "astype", "full_like", "zeros_like", "ones_like", "linspace", "take", "take_along_axis", "compress", "extract", "where", "select", "piecewise", "choose", "sort", "partition", "nan_to_num", "real", "imag", "angle", "real_if_close", "interp", "searchsorted", "dot", "vdot", "inner", "outer", "tensordot", "einsum", "kron", "cross", "convolve", "correlate", "polyval", "vander", "linalg.inv", "linalg.pinv", "linalg.det", "linalg.slogdet", "linalg.solve", "linalg.lstsq", "linalg.cholesky", "linalg.qr", "linalg.eig", "linalg.eigh", "linalg.eigvalsh", "linalg.eigvals", "linalg.svd", "linalg.svdvals", "linalg.norm", "linalg.matrix_norm", "linalg.vector_norm", "linalg.matrix_power", "linalg.multi_dot", "linalg.cond", "linalg.trace", "linalg.outer", "linalg.cross", "linalg.matmul", "fft.fft", "fft.ifft", "fft.rfft", "fft.irfft", "fft.fft2", "fft.ifft2", "fft.rfft2", "fft.irfft2", "fft.fftn", "fft.ifftn", "fft.rfftn", "fft.irfftn", "fft.hfft", "fft.ihfft", "fft.fftshift", "fft.ifftshift", "sinc", "i0", "unwrap", "add.reduce", "add.accumulate", "add.outer", "multiply.reduce", "multiply.accumulate", "multiply.outer", "maximum.reduce", "maximum.accumulate", "maximum.outer", "minimum.reduce", "minimum.accumulate", "minimum.outer", "logaddexp.reduce", "logaddexp.accumulate", "logaddexp.outer"]


def test_the_list_is_complete() -> None:
    listed = adkit.supported_functions()
    there = [name for name in LIST if hasattr(np, name.split(".")[0]) or "." in name]
    assert len(there) > 250
    assert not [name for name in there if f"numpy.{name}" not in listed]
    assert all([isinstance(convention, str) for convention in listed.values()])


def test_names_that_are_listed_exist() -> None:
    for name in adkit.supported_functions():
        home, _, last = name.rpartition(".")
        if home == "numpy":
            assert callable(getattr(np, last))


def test_conventions_are_told() -> None:
    listed = adkit.supported_functions()
    assert listed["numpy.abs"] == listed["numpy.absolute"] == "abs'(0) = 0"
    assert "zero everywhere" in listed["numpy.floor"]
    assert "equal entries keep their order" in listed["numpy.sort"]
    assert listed["numpy.argmax"] == listed["numpy.less"] == ON_PRIMAL


def _script() -> object:
    spec = importlib.util.spec_from_file_location("docs_coverage", DOCS / "coverage.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(not hasattr(np, "vecmat"), reason="the page lists what NumPy 2.2 and later have")
def test_the_page_is_in_step_with_the_registry() -> None:
    """Line by line, SciPy's section apart where SciPy is not installed; run docs/coverage.py where it fails."""
    made, written = [text.split("\n## scipy")[0] for text in (_script().page(), (DOCS / "coverage.md").read_text("utf-8"))]  # type: ignore[attr-defined]
    assert made.splitlines() == written.splitlines()
    if importlib.util.find_spec("scipy") is not None:
        assert _script().page() == (DOCS / "coverage.md").read_text("utf-8")  # type: ignore[attr-defined]
