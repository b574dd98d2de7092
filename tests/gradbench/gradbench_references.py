"""The evals once more, as their formulas are written: plain loops, with derivatives by complex step or by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import multigammaln

STEP = 1e-30


def by_complex_step(f: Callable[[Any], Any], x: Any) -> np.ndarray:
    """The derivatives of ``f`` with respect to every entry of ``x``, along a last axis: Im f(x + ih) / h."""
    x = np.asarray(x, dtype=float)
    columns = []
    for k in range(x.size):
        moved = x.astype(complex).ravel()
        moved[k] += 1j * STEP
        columns.append(np.asarray(f(moved.reshape(x.shape))).imag / STEP)
    return np.stack(columns, axis=-1)


def lse(a: Any) -> Any:
    top = max(np.real(a))
    return top + np.log(sum(np.exp(v - top) for v in a))


def llsq(x: Any, n: int) -> Any:
    total: Any = 0.0
    for i in range(n):
        t = -1 + 2 * i / (n - 1)
        total += (np.sign(t) - sum(c * t**j for j, c in enumerate(x))) ** 2
    return total / 2


def llsq_gradient(x: Any, n: int) -> Any:
    """Each term of the sum by hand, with exact powers."""
    t = -1 + 2 * np.arange(n) / (n - 1)
    residual = np.sign(t) - np.polynomial.polynomial.polyval(t, x)
    return np.array([-np.sum(residual * t**j) for j in range(len(x))])


def ode(x: Any, s: int) -> Any:
    def slope(y: Any) -> list[Any]:
        return [x[0]] + [x[i] * y[i - 1] for i in range(1, len(x))]

    def moved(y: Any, k: Any, h: float) -> list[Any]:
        return [a + h * b for a, b in zip(y, k, strict=True)]

    y: list[Any] = [0.0] * len(x)
    h = 2 / s
    for _ in range(s):
        k1 = slope(y)
        k2 = slope(moved(y, k1, h / 2))
        k3 = slope(moved(y, k2, h / 2))
        k4 = slope(moved(y, k3, h))
        y = [a + h * (b + 2 * c + 2 * d + e) / 6 for a, b, c, d, e in zip(y, k1, k2, k3, k4, strict=True)]
    return np.array(y)


def kmeans(points: Any, centroids: Any) -> tuple[float, np.ndarray]:
    """The cost, and each centroid less the mean of its points."""
    distances = ((points[:, None, :] - centroids[None]) ** 2).sum(axis=2)
    nearest = distances.argmin(axis=1)
    means = np.array([points[nearest == j].mean(axis=0) for j in range(len(centroids))])
    return distances.min(axis=1).sum(), centroids - means


def gmm(alpha: Any, mu: Any, q: Any, low: Any, x: Any, m: int, gamma: float) -> Any:
    (k, d), n = mu.shape, len(x)
    nu = d + m + 1
    terms = np.empty((n, k), dtype=np.result_type(alpha, mu, q, low))
    prior: Any = 0.0
    for c in range(k):
        big_q = np.zeros((d, d), dtype=terms.dtype)
        entries = iter(low[c])
        for j in range(d):
            big_q[j, j] = np.exp(q[c, j])
            for i in range(j + 1, d):
                big_q[i, j] = next(entries)
        z = (x - mu[c]) @ big_q.T
        terms[:, c] = alpha[c] + q[c].sum() - (z * z).sum(axis=1) / 2
        prior += gamma**2 / 2 * ((np.exp(q[c]) ** 2).sum() + (low[c] ** 2).sum()) - m * q[c].sum()
    likelihood = sum(lse(row) for row in terms)
    constant = k * (nu * d * math.log(gamma / math.sqrt(2)) - multigammaln(nu / 2, d))
    return -n * d / 2 * math.log(2 * math.pi) - n * lse(alpha) + likelihood - prior + constant


def lstm(main: Any, extra: Any, state: Any, sequence: Any) -> Any:
    def sig(z: Any) -> Any:
        return 1 / (1 + np.exp(-z))

    b = state.shape[1]
    w_in, w_out, b_out = extra
    h, c = list(state[0::2]), list(state[1::2])
    total: Any = 0.0
    for t in range(len(sequence) - 1):
        v = sequence[t] * w_in
        for i in range(len(h)):
            (w_f, w_g, w_o, w_a), (b_f, b_g, b_o, b_a) = main[2 * i].reshape(4, b), main[2 * i + 1].reshape(4, b)
            forget, ingate = sig(v * w_f + b_f), sig(h[i] * w_g + b_g)
            outgate, change = sig(v * w_o + b_o), np.tanh(h[i] * w_a + b_a)
            c[i] = c[i] * forget + ingate * change
            v = h[i] = outgate * np.tanh(c[i])
        y = v * w_out + b_out
        total += (sequence[t + 1] * (y - np.log(2 + np.exp(y).sum()))).sum()
    return -total / ((len(sequence) - 1) * b)


def ba_residual(cam: Any, x: Any, w: Any, feat: Any) -> np.ndarray:
    r, centre, focal, shift, (k1, k2) = cam[:3], cam[3:6], cam[6], cam[7:9], cam[9:]
    y = x - centre
    square = (r * r).sum()
    if square == 0:
        turned = y + np.cross(r, y)
    else:
        angle = np.sqrt(square)
        k = r / angle
        turned = y * np.cos(angle) + np.cross(k, y) * np.sin(angle) + k * (k * y).sum() * (1 - np.cos(angle))
    seen = turned[:2] / turned[2]
    radius = (seen * seen).sum()
    return w * (focal * seen * (1 + k1 * radius + k2 * radius**2) + shift - feat)


def ba_jacobian(n: int, m: int, p: int, cam: Any, x: Any, w: float, feat: Any) -> tuple[Any, Any, Any]:
    """All of rows, cols and vals."""
    block = by_complex_step(lambda z: ba_residual(z[:11], z[11:14], z[14], feat), [*cam, *x, w])
    rows, cols, vals = [0], [], []
    for i in range(p):
        for row in block:
            c, j = i % n, i % m
            cols += [*range(11 * c, 11 * c + 11), *range(11 * n + 3 * j, 11 * n + 3 * j + 3), 11 * n + 3 * m + i]
            vals += list(row)
            rows.append(len(cols))
    for i in range(p):
        cols.append(11 * n + 3 * m + i)
        vals.append(-2 * w)
        rows.append(len(cols))
    return rows, cols, vals


def ht(theta: Any, us: Any, data: Any) -> np.ndarray:
    """Residuals (C, 3), bone by bone; ``us`` is None for the simple kind."""
    model = data["model"]
    bones, parents = model["bone_count"], model["parents"]
    kind = np.result_type(theta, 0.0 if us is None else us)
    absolute: list[Any] = []
    for i in range(bones):
        a: Any = 0.0
        b: Any = 0.0
        for f in range(5):
            if i == 2 + 4 * f:
                a, b = theta[6 + 4 * f], theta[7 + 4 * f]
            if i in (3 + 4 * f, 4 + 4 * f):
                a = theta[8 + 4 * f + (i - 3 - 4 * f)]
        about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]], dtype=kind)
        about_z = np.array([[np.cos(b), -np.sin(b), 0], [np.sin(b), np.cos(b), 0], [0, 0, 1]], dtype=kind)
        local = np.eye(4, dtype=kind)
        local[:3, :3] = about_z @ about_x
        t = np.array(model["base_relatives"][i]) @ local
        absolute.append(t if parents[i] < 0 else absolute[parents[i]] @ t)
    positions, weights = np.array(model["base_positions"]), np.array(model["weights"])
    vertices = np.zeros((len(positions), 3), dtype=kind)
    for i in range(bones):
        matrix = absolute[i] @ np.array(model["inverse_base_absolutes"][i])
        vertices += weights[:, i : i + 1] * (positions @ matrix.T)[:, :3]
    if model["is_mirrored"]:
        vertices[:, 0] *= -1
    angle = np.sqrt((theta[:3] ** 2).sum())
    turn = np.eye(3, dtype=kind)
    if angle.real >= 1e-4:
        x, y, z = theta[:3] / angle
        cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
        turn = turn + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    vertices = vertices @ turn.T + theta[3:6]
    residuals = []
    for c, place in enumerate(data["correspondences"]):
        if us is None:
            on = vertices[place]
        else:
            j, k, l = model["triangles"][place]
            on = us[c][0] * vertices[j] + us[c][1] * vertices[k] + (1 - us[c][0] - us[c][1]) * vertices[l]
        residuals.append(np.array(data["points"][c]) - on)
    return np.array(residuals).reshape(-1, 3)


def ht_jacobian(theta: Any, us: Any, data: Any) -> np.ndarray:
    """Rows (3C); columns the point's own coordinates, then theta."""
    by_theta = by_complex_step(lambda theta: ht(theta, us, data), theta).reshape(-1, len(theta))
    if us is None:
        return by_theta
    us = np.asarray(us, dtype=complex)
    shifts = [us + 1j * STEP * np.eye(2)[k] for k in range(2)]
    by_us = [ht(np.asarray(theta), moved, data).imag.ravel() / STEP for moved in shifts]
    return np.concatenate([np.stack(by_us, axis=1), by_theta], axis=1)


def descend(f: Callable[[Any], Any], gradient: Callable[[Any], Any], x: Any) -> Any:
    """The descent of the specification, word for word."""
    fx, g, i, eta = f(x), gradient(x), 0, 1e-5
    while True:
        if np.linalg.norm(g) <= 1e-5:
            return x
        if i == 10:
            eta, i = eta * 2, 0
            continue
        moved = x - eta * g
        if np.linalg.norm(x - moved) <= 1e-5:
            return x
        if f(moved) < fx:
            x, fx, g, i = moved, f(moved), gradient(moved), i + 1
        else:
            eta, i = eta / 2, 0


def saddle(start: Any) -> np.ndarray:
    """With gradients by hand: 2x, and 2y of what is to be made small.

    The inner descent compares |y|^2 - |x|^2, whose gradient knows no x: for x that are not far apart it ends alike.
    """

    def highest(x: Any) -> Any:
        return descend(lambda y: y @ y - x @ x, lambda y: 2 * y, start)

    def ridge(x: Any) -> Any:
        y = highest(x)
        return x @ x - y @ y

    x = descend(ridge, lambda x: 2 * x, start)
    return np.concatenate([x, highest(x)])


def particle_miss(w: float) -> tuple[float, float, int]:
    """E(w), E'(w) by the sensitivities of every variable to w, carried along by hand, and the number of steps."""
    x, y, vx, vy = 0.0, 8.0, 0.75, 0.0
    dx = dy = dvx = dvy = 0.0
    steps = 0
    while True:
        ax = ay = dax = day = 0.0
        for cy, dcy in ((10.0 - w, -1.0), (0.0, 0.0)):
            rx, ry, dry = x - 10.0, y - cy, dy - dcy
            r = math.hypot(rx, ry)
            dr = (rx * dx + ry * dry) / r
            ax += rx / r**3
            ay += ry / r**3
            dax += dx / r**3 - 3 * rx * dr / r**4
            day += dry / r**3 - 3 * ry * dr / r**4
        x, y, dx, dy = x + 0.1 * vx, y + 0.1 * vy, dx + 0.1 * dvx, dy + 0.1 * dvy
        steps += 1
        if y <= 0:
            break
        vx, vy, dvx, dvy = vx + 0.1 * ax, vy + 0.1 * ay, dvx + 0.1 * dax, dvy + 0.1 * day
    met = x - y * vx / vy
    slope = dx - dy * vx / vy - y * dvx / vy + y * vx * dvy / vy**2
    return met**2, 2 * met * slope, steps


def particle(w: float) -> float:
    return float(descend(lambda w: particle_miss(w)[0], lambda w: particle_miss(w)[1], w))
