"""Every derivative rule, one file a family.  Importing the package fills the registry."""

from importlib import import_module

from ..operators import make_methods
from ..registry import later, seal
from . import arithmetic, functions, reductions, shape, index, indexing, picking, join, arrange, products  # noqa: I001
from . import einsum, norms, softmax, network, fft, linalg_solve, linalg_factor, linalg_eigen, linalg_svd

__all__ = [
    "arithmetic", "arrange", "einsum", "fft", "functions", "index", "indexing", "join", "linalg_eigen", "linalg_factor",
    "linalg_solve", "linalg_svd", "network", "norms", "picking", "products",
    "reductions", "shape", "softmax",
]  # fmt: skip

make_methods()
seal()
later("scipy", lambda: (import_module(".special", __name__), None)[1])
