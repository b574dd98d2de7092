"""NumPy code as people write it, unchanged, differentiated in both modes against differences.

Nothing in these programs knows of adkit: filters, likelihoods, spectral methods, attention, integrators, clusterings.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import adkit
from adkit.testing import check_grads

RNG = np.random.default_rng(0)


def _right(f: Callable[..., Any], *args: Any, order: int = 1, tolerance: float = 1e-6) -> None:
    """The value is NumPy's, and the gradient in both modes that of differences."""
    value, _ = adkit.value_and_grad(f)(*args)
    np.testing.assert_allclose(value, f(*args), rtol=1e-12)
    check_grads(f, args, order=order, rtol=tolerance, atol=tolerance)


# filtering and likelihoods -----------------------------------------------------------------------------


def kalman_log_likelihood(F: Any, H: Any, Q: Any, R: Any, observations: Any) -> Any:
    """The log-likelihood of a linear state-space model, by the Kalman filter."""
    n = F.shape[0]
    x, P = np.zeros(n), np.eye(n)
    total = 0.0
    for z in observations:
        x = F @ x
        P = F @ P @ F.T + Q
        innovation = z - H @ x
        S = H @ P @ H.T + R
        K = np.linalg.solve(S.T, (P @ H.T).T).T
        x = x + K @ innovation
        P = (np.eye(n) - K @ H) @ P
        total += -0.5 * (innovation @ np.linalg.inv(S) @ innovation + np.linalg.slogdet(2 * np.pi * S)[1])
    return total


def test_kalman_filter() -> None:
    F, H = np.array([[1.0, 0.1], [0.0, 0.95]]), np.array([[1.0, 0.0]])
    observations = RNG.normal(size=(6, 1))
    _right(lambda F, q, r: kalman_log_likelihood(F, H, np.diag(q**2), r**2 * np.eye(1), observations),
           F, np.array([0.3, 0.2]), 0.5, order=2)  # fmt: skip


def gp_log_marginal_likelihood(theta: Any, X: Any, y: Any) -> Any:
    """Rasmussen & Williams, algorithm 2.1, with a squared-exponential kernel of one length scale a dimension."""
    variance, noise, scales = np.exp(theta[0]), np.exp(theta[1]), np.exp(theta[2:])
    d = X[:, None, :] / scales - X[None, :, :] / scales
    K = variance * np.exp(-0.5 * np.sum(d**2, axis=-1)) + noise * np.eye(len(X))
    L = np.linalg.cholesky(K)
    alpha = np.linalg.solve(L.T, np.linalg.solve(L, y))
    return -0.5 * y @ alpha - np.log(np.diag(L)).sum() - 0.5 * len(X) * np.log(2 * np.pi)


def test_gaussian_process() -> None:
    X = RNG.normal(size=(8, 2))
    y = np.sin(X[:, 0]) + 0.1 * RNG.normal(size=8)
    _right(lambda theta: gp_log_marginal_likelihood(theta, X, y), np.array([0.2, -2.0, 0.1, 0.4]), order=2)


def hmm_log_likelihood(logits: Any, means: Any, observations: Any) -> Any:
    """The forward algorithm of a hidden Markov model with Gaussian emissions."""
    transition = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    alpha = np.full(len(means), -np.log(len(means)))
    for z in observations:
        emission = -0.5 * (z - means) ** 2 - 0.5 * np.log(2 * np.pi)
        alpha = np.logaddexp.reduce(alpha[:, None] + transition, axis=0) + emission
    return np.logaddexp.reduce(alpha)


def test_hidden_markov_model() -> None:
    observations = RNG.normal(size=7)
    _right(lambda logits, means: hmm_log_likelihood(logits, means, observations), RNG.normal(size=(3, 3)), np.array([-1.0, 0.0, 1.5]), order=2)


# spectral methods and signals --------------------------------------------------------------------------


def burgers(u: Any, viscosity: Any, steps: int, dt: float) -> Any:
    """Burgers' equation on a circle: derivatives by FFT, steps by Heun."""
    n = len(u)
    k = np.fft.fftfreq(n, 1.0 / n) * 1j

    def slope(u: Any) -> Any:
        spectrum = np.fft.fft(u)
        return np.real(-u * np.fft.ifft(k * spectrum) + viscosity * np.fft.ifft(k**2 * spectrum))

    for _ in range(steps):
        a = slope(u)
        b = slope(u + dt * a)
        u = u + 0.5 * dt * (a + b)
    return u


def test_spectral_method() -> None:
    x = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    _right(lambda u, nu: np.sum(burgers(u, nu, 5, 0.02)[:8] ** 2), np.sin(x) + 0.3 * np.cos(2 * x), 0.1, order=2)


def test_filter_in_the_frequency_domain() -> None:
    signal = RNG.normal(size=15)

    def loss(taps: Any) -> Any:
        filtered = np.fft.irfft(np.fft.rfft(signal) * np.fft.rfft(taps, n=15), n=15)
        power = np.abs(np.fft.rfft(filtered * np.hanning(15))) ** 2
        return np.sum(power[1:] / (1 + power[1:])) + np.mean(np.convolve(signal, taps, mode="same") ** 2)

    _right(loss, RNG.normal(size=4), order=2)


# networks ----------------------------------------------------------------------------------------------


def attention(x: Any, params: dict[str, Any], heads: int) -> Any:
    """Multi-head self-attention with einsum, a mask, and layer normalisation."""
    b, t, d = x.shape
    q, k, v = [np.einsum("btd,dhe->bhte", x, params[name].reshape(d, heads, d // heads)) for name in ("q", "k", "v")]
    scores = np.einsum("bhie,bhje->bhij", q, k) / np.sqrt(d // heads)
    scores = np.where(np.tril(np.ones((t, t), dtype=bool)), scores, -np.inf)
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    mixed = np.einsum("bhij,bhje->bihe", weights, v).reshape(b, t, d)
    y = x + mixed @ params["o"]
    return (y - y.mean(-1, keepdims=True)) / np.sqrt(y.var(-1, keepdims=True) + 1e-5)


def test_attention() -> None:
    x = RNG.normal(size=(2, 4, 6))
    params = {name: 0.5 * RNG.normal(size=(6, 6)) for name in "qkvo"}
    weights = RNG.normal(size=(2, 4, 6))
    _right(lambda params, x: np.sum(weights * attention(x, params, 2)), params, x)
    gradient = adkit.grad(lambda p: np.sum(weights * attention(x, p, 2)))(params)
    assert sorted(gradient) == list("koqv")


def convolution_layer(image: Any, kernels: Any) -> Any:
    """A convolution by sliding windows, ReLU, and max pooling by reshape."""
    kh, kw = kernels.shape[1:]
    h, w = image.shape[0] - kh + 1, image.shape[1] - kw + 1
    patches = np.stack([image[i : i + h, j : j + w] for i in range(kh) for j in range(kw)], axis=-1)
    maps = np.maximum(np.tensordot(patches, kernels.reshape(len(kernels), -1).T, axes=1), 0)
    pooled = maps[: h // 2 * 2, : w // 2 * 2].reshape(h // 2, 2, w // 2, 2, -1).max(axis=(1, 3))
    return pooled.ravel()


def test_convolutional_layer() -> None:
    _right(lambda image, kernels: np.sum(np.tanh(convolution_layer(image, kernels))), RNG.normal(size=(7, 8)), RNG.normal(size=(3, 2, 3)))


# integrators -------------------------------------------------------------------------------------------


def pendulum(theta: Any, length: Any, steps: int, dt: float) -> Any:
    """A damped pendulum by the classical Runge-Kutta method, the state a list made into an array."""

    def f(y: Any) -> Any:
        return np.array([y[1], -9.81 / length * np.sin(y[0]) - 0.1 * y[1]])

    y = np.array([theta, 0.0])
    path = [y]
    for _ in range(steps):
        k1 = f(y)
        k2 = f(y + dt / 2 * k1)
        k3 = f(y + dt / 2 * k2)
        k4 = f(y + dt * k3)
        y = y + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        path.append(y)
    return np.array(path)


def test_ode_solver_written_as_a_loop() -> None:
    _right(lambda theta, length: np.sum(pendulum(theta, length, 20, 0.05)[:, 0] ** 2), 0.7, 1.3, order=2)
    path = pendulum(0.7, 1.3, 20, 0.05)
    np.testing.assert_allclose(adkit.jvp(lambda t: pendulum(t, 1.3, 20, 0.05), (0.7,), (1.0,))[0], path)


def gravity(positions: Any, masses: Any) -> Any:
    """The potential energy of bodies, by pairs."""
    i, j = np.triu_indices(len(masses), 1)
    distance = np.linalg.norm(positions[i] - positions[j], axis=1)
    return -np.sum(masses[i] * masses[j] / distance)


def test_bodies() -> None:
    _right(gravity, RNG.normal(size=(4, 3)), np.array([1.0, 2.0, 0.5, 1.5]), order=2)


# clustering, regression, optimisation ------------------------------------------------------------------


def k_means(centres: Any, points: Any) -> Any:
    """The distortion: each point to its nearest centre, found with argmin."""
    distances = np.sum((points[:, None, :] - centres[None, :, :]) ** 2, axis=2)
    nearest = np.argmin(distances, axis=1)
    return np.mean(distances[np.arange(len(points)), nearest])


def test_k_means() -> None:
    points, centres = RNG.normal(size=(20, 2)), RNG.normal(size=(3, 2))
    _right(lambda centres: k_means(centres, points), centres, order=2)
    nearest = np.argmin(((points[:, None] - centres) ** 2).sum(-1), axis=1)
    expected = np.stack([2 * np.sum(centres[k] - points[nearest == k], axis=0) / 20 for k in range(3)])
    np.testing.assert_allclose(adkit.grad(k_means)(centres, points), expected)


def elastic_net(w: Any, X: Any, y: Any) -> Any:
    residual = X.dot(w[:-1]) + w[-1] - y
    return 0.5 * np.mean(np.where(np.abs(residual) < 1, residual**2, 2 * np.abs(residual) - 1)) + 0.1 * np.abs(w).sum() + 0.05 * (w @ w)


def test_robust_regression() -> None:
    X, y = RNG.normal(size=(12, 3)), RNG.normal(size=12) * 2
    _right(lambda w: elastic_net(w, X, y), np.array([0.3, -0.8, 1.2, 0.4]))


def test_scipys_rosenbrock_family() -> None:
    optimize = pytest.importorskip("scipy.optimize")
    x = np.array([1.3, 0.7, 0.8, 1.9, 1.2])
    np.testing.assert_allclose(adkit.grad(optimize.rosen)(x), optimize.rosen_der(x), rtol=1e-12)
    np.testing.assert_allclose(adkit.jacfwd(optimize.rosen)(x), optimize.rosen_der(x), rtol=1e-12)
    np.testing.assert_allclose(adkit.hessian(optimize.rosen)(x), optimize.rosen_hess(x), rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(adkit.hvp(optimize.rosen, x, x[::-1]), optimize.rosen_hess_prod(x, x[::-1]), rtol=1e-12)
    _right(optimize.rosen, x, order=2)


TEST_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "sphere": lambda x: np.sum(x**2),
    "rastrigin": lambda x: 10 * len(x) + np.sum(x**2 - 10 * np.cos(2 * np.pi * x)),
    "ackley": lambda x: -20 * np.exp(-0.2 * np.sqrt(np.mean(x**2))) - np.exp(np.mean(np.cos(2 * np.pi * x))) + 20 + np.e,
    "griewank": lambda x: 1 + np.sum(x**2) / 4000 - np.prod(np.cos(x / np.sqrt(np.arange(1, len(x) + 1)))),
    "levy": lambda x: (lambda w: np.sin(np.pi * w[0]) ** 2 + np.sum((w[:-1] - 1) ** 2 * (1 + 10 * np.sin(np.pi * w[:-1] + 1) ** 2))
                       + (w[-1] - 1) ** 2 * (1 + np.sin(2 * np.pi * w[-1]) ** 2))(1 + (x - 1) / 4),
    "styblinski-tang": lambda x: 0.5 * np.sum(x**4 - 16 * x**2 + 5 * x),
    "beale": lambda x: (1.5 - x[0] + x[0] * x[1]) ** 2 + (2.25 - x[0] + x[0] * x[1] ** 2) ** 2 + (2.625 - x[0] + x[0] * x[1] ** 3) ** 2,
    "himmelblau": lambda x: (x[0] ** 2 + x[1] - 11) ** 2 + (x[0] + x[1] ** 2 - 7) ** 2,
    "powell": lambda x: (x[0] + 10 * x[1]) ** 2 + 5 * (x[2] - x[3]) ** 2 + (x[1] - 2 * x[2]) ** 4 + 10 * (x[0] - x[3]) ** 4,
    "zakharov": lambda x: (lambda s: np.sum(x**2) + s**2 + s**4)(np.dot(0.5 * np.arange(1, len(x) + 1), x)),
    "mean of a list of losses": lambda x: np.mean([np.sum(x**2), np.prod(x), x[0] * x[-1]]),
    "std of a list": lambda x: np.std([x[0], x[1] ** 2, x[0] * x[1]]) + np.var([x[0] * 2, x[1]]),
}  # fmt: skip


@pytest.mark.parametrize("name", TEST_FUNCTIONS)
def test_functions_for_optimisers(name: str) -> None:
    _right(TEST_FUNCTIONS[name], np.array([0.7, -0.4, 1.3, 0.9]), order=2)


# linear algebra in use -----------------------------------------------------------------------------------


def principal_components(X: Any) -> Any:
    centred = X - X.mean(axis=0)
    values, vectors = np.linalg.eigh(centred.T @ centred / (len(X) - 1))
    projected = centred @ vectors[:, ::-1][:, :2]
    return np.sum(values[-2:]) / np.sum(values) + np.sum(np.abs(projected)) / projected.size


def test_principal_components() -> None:
    _right(principal_components, RNG.normal(size=(7, 3)) * np.array([3.0, 2.0, 1.0]))


def test_power_iteration_and_a_matrix_function() -> None:
    A = RNG.normal(size=(4, 4))

    def largest(A: Any) -> Any:
        S = A @ A.T
        v = np.ones(4) / 2
        for _ in range(60):
            v = S @ v
            v = v / np.linalg.norm(v)
        return v @ S @ v

    _right(largest, A, tolerance=1e-5)
    np.testing.assert_allclose(largest(A), np.linalg.norm(A, 2) ** 2, rtol=1e-6)

    def root(A: Any) -> Any:
        w, V = np.linalg.eigh(A @ A.T + np.eye(4))
        return np.sum(V * np.sqrt(w) @ V.T)

    _right(root, A, order=2)


def test_low_rank_approximation() -> None:
    def loss(A: Any) -> Any:
        u, s, vh = np.linalg.svd(A, full_matrices=False)
        return np.linalg.norm(A - (u[:, :2] * s[:2]) @ vh[:2]) + s[0] / s[-1]

    _right(loss, RNG.normal(size=(5, 4)))


def mutual_information(p: Any) -> Any:
    joint = p / p.sum()
    row, column = joint.sum(1, keepdims=True), joint.sum(0, keepdims=True)
    inside = joint > 0
    return (joint[inside] * np.log(joint[inside] / (row * column)[inside])).sum()


def test_information() -> None:
    p = RNG.uniform(0.1, 1, size=(3, 4))
    p[1, 2] = 0.0
    value, gradient = adkit.value_and_grad(mutual_information)(p)
    assert np.isfinite(gradient).all()
    _right(mutual_information, RNG.uniform(0.1, 1, size=(3, 4)), order=2)
