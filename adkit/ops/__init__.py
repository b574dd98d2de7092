"""Every derivative rule, one file a family.  Importing the package fills the registry."""

from importlib import import_module

from ..operators import make_methods
from ..registry import later, seal
from . import arithmetic, functions, reductions, scans, shape, index, indexing, picking, join, arrange, pad, products  # noqa: I001
from . import einsum, norms, softmax, network, fft, linalg_solve, linalg_det, linalg_factor, linalg_eigen, linalg_svd
from . import statistics, calculus, polynomials, bessel, choosing, ufunc_methods, without_nan, histograms

__all__ = [
    "arithmetic", "arrange", "bessel", "calculus", "choosing", "einsum", "fft", "functions", "histograms", "index", "indexing",
    "join", "linalg_det", "linalg_eigen", "linalg_factor", "linalg_solve", "linalg_svd", "network", "norms", "pad", "picking",
    "polynomials", "products", "reductions", "scans", "shape", "softmax", "statistics", "ufunc_methods", "without_nan",
]  # fmt: skip

make_methods()
seal()
later("scipy", lambda: (import_module(".special", __name__), None)[1])
