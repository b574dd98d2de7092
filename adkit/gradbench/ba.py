"""ba: bundle adjustment, the distance of where cameras see points from where they should; a sparse Jacobian.

Each observation has two residuals, of one camera (11 parameters), one point (3) and one weight.  So a cotangent of ones
for all first residuals together gives the first row of every observation, and another gives the second row: two
pullbacks, whatever the number of observations.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..program.compile import compile
from ..reverse import vjp
from .evaluation import Evaluation
from .fields import Fields, InputError

__all__ = ["FUNCTIONS", "compressed", "gathered", "jacobian", "project", "residuals"]


def project(np: Any, z: Any) -> tuple[Any, Any]:
    """Where each camera sees its point: two vectors (p), in pixels.

    ``z`` (14 or more, p): for each observation the camera's rotation (3, an axis times an angle), centre (3), focal
    length, principal point (2) and radial distortion (2), then the point (3).  Rotation: Rodrigues (1840).
    """
    r0, r1, r2, c0, c1, c2, focal, u0, u1, d1, d2, x0, x1, x2, *_ = z
    y0, y1, y2 = x0 - c0, x1 - c1, x2 - c2
    square = r0 * r0 + r1 * r1 + r2 * r2
    still = square == 0
    some = np.any(still)
    angle = np.sqrt(np.where(still, 1.0, square) if some else square)
    k0, k1, k2 = r0 / angle, r1 / angle, r2 / angle
    cos, sin = np.cos(angle), np.sin(angle)
    along = (k0 * y0 + k1 * y1 + k2 * y2) * (1.0 - cos)
    q0 = y0 * cos + (k1 * y2 - k2 * y1) * sin + k0 * along
    q1 = y1 * cos + (k2 * y0 - k0 * y2) * sin + k1 * along
    q2 = y2 * cos + (k0 * y1 - k1 * y0) * sin + k2 * along
    if some:  # no axis: the rotation to first order, which is all that a first derivative sees
        q0 = np.where(still, y0 + r1 * y2 - r2 * y1, q0)
        q1 = np.where(still, y1 + r2 * y0 - r0 * y2, q1)
        q2 = np.where(still, y2 + r0 * y1 - r1 * y0, q2)
    a, b = q0 / q2, q1 / q2
    radius = a * a + b * b
    scale = focal * (1.0 + d1 * radius + d2 * radius * radius)
    return scale * a + u0, scale * b + u1


def residuals(np: Any, z: Any, *, feat: Any) -> tuple[Any, Any]:
    """The weighted reprojection errors of all observations: two vectors (p).

    ``z`` (15, p): what :func:`project` takes, and the weight last; ``feat`` (2, p): where the points were seen.
    """
    seen0, seen1 = project(np, z)
    weight = z[14]
    return weight * (seen0 - feat[0]), weight * (seen1 - feat[1])


def gathered(cams: Any, points: Any, weights: Any) -> Any:
    """All that each observation depends on, (15, p): observation i has camera i mod n and point i mod m."""
    i = np.arange(len(weights))
    z = np.empty((15, len(weights)))
    z[:11] = cams[:, i % cams.shape[1]]
    z[11:14] = points[:, i % points.shape[1]]
    z[14] = weights
    return z


MANY = 100_000
"""Observations from which on making a program takes longer than the second or so that it is used for."""


def objective(cams: Any, points: Any, weights: Any, feat: Any) -> tuple[Any, Any]:
    """The reprojection errors, two vectors (p), and the errors of the weights (p)."""
    return residuals(np, gathered(cams, points, weights), feat=feat), 1.0 - weights * weights


def jacobian(cams: Any, points: Any, weights: Any, feat: Any) -> tuple[Any, Any, Any]:
    """The Jacobian (3p, 11n + 3m + p) by compressed rows: pointers (3p + 1), columns (31p), values (31p)."""
    pull = _compiled if len(weights) <= MANY else _eager
    return compressed(cams, points, *pull(gathered(cams, points, weights), feat))


def _eager(z: Any, feat: Any) -> tuple[Any, Any, Any]:
    one, zero = np.ones(z.shape[1]), np.zeros(z.shape[1])
    _, pullback = vjp(lambda z: residuals(np, z, feat=feat), z)
    _, pull_weights = vjp(lambda w: 1.0 - w * w, z[14])
    return pullback((one, zero))[0], pullback((zero, one))[0], pull_weights(one)[0]


_compiled = compile(_eager)


def compressed(cams: Any, points: Any, first: Any, second: Any, of_weights: Any) -> tuple[Any, Any, Any]:
    """Rows of the Jacobian, (15, p) for each of the two residuals and (p) for the weights, put where they belong."""
    n, m, p = cams.shape[1], points.shape[1], len(of_weights)
    i = np.arange(p)
    values = np.empty(31 * p)
    rows = values[: 30 * p].reshape(p, 2, 15)
    rows[:, 0], rows[:, 1] = first.T, second.T
    values[30 * p :] = of_weights
    columns = np.empty(31 * p, dtype=np.int64)
    places = columns[: 30 * p].reshape(p, 2, 15)
    places[:, :, :11] = (11 * (i % n))[:, None, None] + np.arange(11)
    places[:, :, 11:14] = (11 * n + 3 * (i % m))[:, None, None] + np.arange(3)
    places[:, :, 14] = (11 * n + 3 * m + i)[:, None]
    columns[30 * p :] = 11 * n + 3 * m + i
    pointers = np.concatenate([np.arange(0, 30 * p, 15), np.arange(30 * p, 31 * p + 1)])
    return pointers, columns, values


def _read(fields: Fields) -> tuple[Any, ...]:
    n, m, p = fields.whole("n"), fields.whole("m"), fields.whole("p")
    if p < 10:
        raise InputError("p must be 10 at least: the answer holds 30 entries of each list")
    cams = np.repeat(fields.array("cam", 11)[:, None], n, axis=1)
    points = np.repeat(fields.array("x", 3)[:, None], m, axis=1)
    return cams, points, np.full(p, fields.number("w")), np.repeat(fields.array("feat", 2)[:, None], p, axis=1)


def _write_objective(found: Any) -> dict[str, Any]:
    (e0, e1), errors = found
    p = len(errors)
    return {
        "reproj_error": {"elements": [float(e0[0]), float(e1[0])], "repeated": p},
        "w_err": {"element": float(errors[0]), "repeated": p},
    }


def _write_jacobian(found: Any) -> dict[str, Any]:
    return {
        name: [*values[:30].tolist(), values[-1].item()]
        for name, values in zip(("rows", "cols", "vals"), found, strict=True)
    }


FUNCTIONS = {
    "objective": Evaluation(_read, objective, _write_objective),
    "jacobian": Evaluation(_read, jacobian, _write_jacobian),
}
