"""Every derivative rule, one file a family.  Importing the package fills the registry."""

from ..box import _make_methods
from . import arithmetic, functions, reductions, shape, index, indexing, products  # noqa: I001

__all__ = ["arithmetic", "functions", "index", "indexing", "products", "reductions", "shape"]

_make_methods()
