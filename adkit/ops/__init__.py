"""Every derivative rule, one file a family.  Importing the package fills the registry."""

from importlib import import_module

from ..operators import make_methods
from ..registry import later, seal
from . import arithmetic, functions, reductions, shape, index, indexing, picking, join, arrange, products  # noqa: I001
from . import einsum, norms, softmax, network, fft

__all__ = [
    "arithmetic", "arrange", "einsum", "fft", "functions", "index", "indexing", "join", "network", "norms", "picking", "products",
    "reductions", "shape", "softmax",
]  # fmt: skip

make_methods()
seal()
later("scipy", lambda: (import_module(".special", __name__), None)[1])
