"""Models of GradBench, as python -m adkit.gradbench runs them: sums, fits, chains, clusters, cameras, a hand, a particle.

Its Gaussian mixture and its language model are the problems ``gmm`` and ``lstm``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...gradbench import ba, det, kmeans, llsq, lse, ode, particle
from ...gradbench.descent import GRADIENTS
from .base import Instance, problem

__all__: list[str] = []

_SMALL = ("torch", "casadi")
"""Peers whose namespace is only as large as the other problems need."""


def _lacks(name: str, *more: str) -> dict[str, str]:
    return dict.fromkeys((*_SMALL, *more), name)


def lse_gradient(x: Any) -> Any:
    """The softmax."""
    e = np.exp(x - x.max())
    e /= e.sum()
    return e


@problem("lse", "the logarithm of a sum of exponentials", largest=10_000_000, axis="number of inputs",
         sizes=("1000", "100000"), quick=("1000",), suite=False)  # fmt: skip
def lse_problem(n: int, rng: np.random.Generator) -> Instance:
    """Numbers from 0 to 1, as GradBench's."""
    return Instance(lse.logsumexp, (rng.uniform(0.0, 1.0, n),), {}, {"gradient": lse_gradient})


def llsq_gradient(x: Any, *, n: int) -> Any:
    """The residual, times each power and summed."""
    t = -1 + 2 * np.arange(n) / (n - 1)
    powers = np.vander(t, len(x), increasing=True)
    return (powers @ x - np.sign(t)) @ powers


@problem("llsq", "a polynomial of degree 127 fitted to the sign function", largest=1_000_000, axis="number of points",
         sizes=("64", "4096"), quick=("64",), suite=False, lacks=_lacks("vander", "mygrad"))  # fmt: skip
def llsq_problem(n: int, rng: np.random.Generator) -> Instance:
    """128 coefficients; of one point no line can be made."""
    return Instance(llsq.least_squares, (rng.uniform(0.0, 1.0, 128),), {"n": max(n, 2)}, {"gradient": llsq_gradient})


def ode_last(np: Any, x: Any, *, steps: int) -> Any:
    """The last component of the solution."""
    return ode.solve(np, x, steps=steps)[-1]


def ode_gradient(x: Any, *, steps: int) -> Any:
    """The adjoint of every Runge-Kutta step, from the last to the first."""
    n, h = len(x), 2.0 / steps
    first = np.zeros(n)
    first[0] = 1.0

    def shifted(y: Any) -> Any:
        return np.concatenate((first[:1], y[:-1]))

    stages = []
    y = np.zeros(n)
    for _ in range(steps):
        points = [y]
        slopes = [x * shifted(y)]
        for step in (h / 2, h / 2, h):
            points.append(y + step * slopes[-1])
            slopes.append(x * shifted(points[-1]))
        stages.append(points)
        y = y + (h / 6) * (slopes[0] + 2 * (slopes[1] + slopes[2]) + slopes[3])
    gradient, g = np.zeros(n), np.zeros(n)
    g[-1] = 1.0
    for points in reversed(stages):
        below = g.copy()
        back = np.zeros(n)
        for point, weight, step in zip(reversed(points), (h / 6, h / 3, h / 3, h / 6), (0.0, h, h / 2, h / 2), strict=True):
            slope = weight * g + step * back
            gradient += slope * shifted(point)
            back = np.concatenate(((slope * x)[1:], (0.0,)))
            below += back
        g = below
    return gradient


@problem("ode", "a chain of equations by Runge-Kutta, 10 steps", largest=1_000_000, axis="number of equations",
         sizes=("100", "10000"), quick=("100",), suite=False, lacks=_lacks("ones"))  # fmt: skip
def ode_problem(n: int, rng: np.random.Generator) -> Instance:
    """Numbers from 0 to 1."""
    return Instance(ode_last, (rng.uniform(0.0, 1.0, n),), {"steps": 10}, {"gradient": ode_gradient})


def det_gradient(a: Any, *, ell: int) -> Any:
    """The matrix of cofactors."""
    matrix = a.reshape(ell, ell)
    return (np.linalg.det(matrix) * np.linalg.inv(matrix).T).reshape(-1)


@problem("det", "a determinant by expansion along rows", largest=12, axis="number of rows",
         sizes=("5", "8"), quick=("5",), suite=False, lacks=_lacks("reshape"))  # fmt: skip
def det_problem(ell: int, rng: np.random.Generator) -> Instance:
    """Numbers from 0 to 1."""
    return Instance(det.determinant, (rng.uniform(0.0, 1.0, ell * ell),), {"ell": ell}, {"gradient": det_gradient})


def _sizes_of(centroids: Any, points: Any) -> tuple[Any, Any]:
    """Of each centroid the number of its points, and of each point its centroid."""
    nearest = np.argmin(np.sum((points[:, None, :] - centroids) ** 2, axis=2), axis=1)
    return np.bincount(nearest, minlength=len(centroids))[:, None], nearest


def kmeans_gradient(centroids: Any, *, points: Any) -> Any:
    """Twice the sum of the way from each of its points."""
    counts, nearest = _sizes_of(centroids, points)
    sums = np.zeros_like(centroids)
    np.add.at(sums, nearest, points)
    return 2.0 * (counts * centroids - sums)


def kmeans_hessian(centroids: Any, *, points: Any) -> Any:
    """Diagonal: twice the number of points."""
    counts, _ = _sizes_of(centroids, points)
    return np.diag(np.repeat(2.0 * counts, centroids.shape[1])).reshape(centroids.shape * 2)


@problem("kmeans", "the cost of 1,000 points in 8 dimensions about k centroids", largest=1000, axis="number of centroids",
         sizes=("10", "100"), quick=("10",), default=("value", "jvp", "gradient", "hvp"), suite=False,
         lacks=_lacks("argmin"))  # fmt: skip
def kmeans_problem(k: int, rng: np.random.Generator) -> Instance:
    """The centroids are the first points, a little moved."""
    points = rng.uniform(0.0, 1.0, (1000, 8))
    centroids = points[:k] + rng.normal(0.0, 0.01, (k, 8))
    return Instance(
        kmeans.cost, (centroids,), {"points": points}, {"gradient": kmeans_gradient, "hessian": kmeans_hessian}
    )  # fmt: skip


def ba_residuals(np: Any, z: Any, *, feat: Any) -> Any:
    """Both residuals of each observation: (2, p)."""
    return np.stack(ba.residuals(np, z, feat=feat))


def _blocks(z: Any, feat: Any) -> Any:
    """The derivative of each observation's residuals with respect to its own parameters: (p, 2, 15).

    That of a rotated vector with respect to the rotation: Gallego and Yezzi (2015), equation 9.
    """
    blocks = np.zeros((z.shape[1], 2, 15))
    for i, block in enumerate(blocks):
        r, centre, focal, (d1, d2), x, weight = z[:3, i], z[3:6, i], z[6, i], z[9:11, i], z[11:14, i], z[14, i]
        y, angle = x - centre, math.sqrt(r @ r)
        cross = _cross(r)
        turn = np.eye(3) + math.sin(angle) / angle * cross + (1.0 - math.cos(angle)) / angle**2 * cross @ cross
        by_r = -turn @ _cross(y) @ (np.outer(r, r) + (turn.T - np.eye(3)) @ cross) / angle**2
        q = turn @ y
        seen = q[:2] / q[2]
        radius = seen @ seen
        bent = 1.0 + d1 * radius + d2 * radius**2
        by_seen = focal * (bent * np.eye(2) + 2.0 * (d1 + 2.0 * d2 * radius) * np.outer(seen, seen))
        by_q = by_seen @ np.column_stack([np.eye(2), -seen]) / q[2]
        block[:, :3] = weight * by_q @ by_r
        block[:, 11:14] = weight * by_q @ turn
        block[:, 3:6] = -block[:, 11:14]
        block[:, 6] = weight * bent * seen
        block[:, 7:9] = weight * np.eye(2)
        block[:, 9], block[:, 10] = weight * focal * radius * seen, weight * focal * radius**2 * seen
        block[:, 14] = focal * bent * seen + z[7:9, i] - feat[:, i]
    return blocks


def ba_jacobian(z: Any, *, feat: Any) -> Any:
    """Zero but for the block of each observation: (2, p, 15, p)."""
    p = z.shape[1]
    jacobian = np.zeros((2, p, 15, p))
    for i, block in enumerate(_blocks(z, feat)):
        jacobian[:, i, :, i] = block
    return jacobian


def ba_jvp(z: Any, v: Any, *, feat: Any) -> Any:
    """Each block times the direction of its own parameters."""
    return np.einsum("pij,jp->ip", _blocks(z, feat), v)


def _cross(r: Any) -> Any:
    return np.array([[0.0, -r[2], r[1]], [r[2], 0.0, -r[0]], [-r[1], r[0], 0.0]])


@problem("ba", "bundle adjustment: two residuals and 15 parameters an observation", largest=1000,
         axis="number of observations", sizes=("1", "30"), quick=("1",), operators=("value", "jvp", "jacobian"),
         default=("value", "jvp", "jacobian"), suite=False, lacks=_lacks("any") | {"jax": "branch on a value"})  # fmt: skip
def ba_problem(p: int, rng: np.random.Generator) -> Instance:
    """Cameras turned and moved at random, points in front of them."""
    z = rng.uniform(0.2, 1.0, (15, p))
    z[13] += 3.0
    hand: dict[str, Any] = {"jacobian": ba_jacobian, "jvp": ba_jvp}
    return Instance(ba_residuals, (z,), {"feat": rng.uniform(0.0, 1.0, (2, p))}, hand)


def particle_miss(np: Any, w: Any) -> Any:
    """The square of where the particle lands, whose every step takes a gradient by reverse mode."""
    return particle.miss(np, w, GRADIENTS["r"])


def particle_gradient(w: Any) -> Any:
    """The sensitivity of every variable to ``w``, carried along in floats."""
    x, y, vx, vy = 0.0, 8.0, 0.75, 0.0
    dx = dy = dvx = dvy = 0.0
    h = particle.STEP
    while True:
        ax = ay = dax = day = 0.0
        for charge, moved in ((10.0 - w, 1.0), (0.0, 0.0)):
            a, b, db = x - 10.0, y - charge, dy + moved
            r = math.hypot(a, b)
            cube, share = r**-3, 3.0 * (a * dx + b * db) / r**5
            ax, ay = ax + a * cube, ay + b * cube
            dax, day = dax + dx * cube - a * share, day + db * cube - b * share
        x, y, dx, dy = x + h * vx, y + h * vy, dx + h * dvx, dy + h * dvy
        if y <= 0.0:
            break
        vx, vy, dvx, dvy = vx + h * ax, vy + h * ay, dvx + h * dax, dvy + h * day
    slope = vx / vy
    return 2.0 * (x - y * slope) * (dx - dy * slope - y * (dvx - slope * dvy) / vy)


@problem("particle", "a gradient through 353 steps that take a gradient each", largest=1, axis="number of particles",
         sizes=("1",), quick=("1",), suite=False,
         lacks=dict.fromkeys((*_SMALL, "autograd", "jax", "mygrad"), "gradient of adkit's own"))  # fmt: skip
def particle_problem(_: int, rng: np.random.Generator) -> Instance:
    """A charge on the way from GradBench's start, 0, to the answer, 0.207."""
    return Instance(particle_miss, (np.float64(rng.uniform(0.0, 0.2)),), {}, {"gradient": particle_gradient})
