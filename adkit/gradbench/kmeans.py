"""kmeans: the cost of a clustering, and Newton's step for it: the gradient over the Hessian's diagonal.

The Hessian is diagonal, so its diagonal is its product with ones: one sweep forward over reverse, compiled, gives both.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..forward import jvp
from ..program.compile import compile
from ..reverse import grad
from .evaluation import Evaluation
from .fields import Fields, InputError

__all__ = ["FUNCTIONS", "cost", "direction"]


def cost(np: Any, centroids: Any, *, points: Any) -> Any:
    """The sum over ``points (n, d)`` of the squared distance to the nearest of ``centroids (k, d)``.

    >>> cost(np, np.array([[0.0], [3.0]]), points=np.array([[1.0], [2.5]]))
    np.float64(1.25)
    """
    # |c - p|^2 but for |p|^2, which is the same for every centroid
    distances = points @ (-2.0 * centroids).T + np.sum(centroids * centroids, axis=1)
    nearest = np.argmin(distances, axis=1)
    offsets = centroids[nearest] - points
    return np.sum(offsets * offsets)


@compile
def direction(centroids: Any, points: Any) -> Any:
    """Gradient over Hessian diagonal, entry by entry: ``(k, d)``."""
    gradient, curvature = jvp(grad(lambda c: cost(np, c, points=points)), (centroids,), (np.ones_like(centroids),))
    return gradient / curvature


def _read(fields: Fields) -> tuple[Any, Any]:
    points = fields.array("points", None, None)
    centroids = fields.array("centroids", None, points.shape[1])
    if not len(points) or not len(centroids):
        raise InputError("there must be a point and a centroid at least")
    return centroids, points


FUNCTIONS = {
    "cost": Evaluation(_read, lambda centroids, points: cost(np, centroids, points=points), float),
    "dir": Evaluation(_read, direction, np.ndarray.tolist),
}
