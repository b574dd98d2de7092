"""Functions of the literature: the lecture's path graph, chain, Speelpenning's product, Rosenbrock, tanh(Ax)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .base import Instance, problem


def path_graph(np: Any, x: Any) -> Any:
    """The lecture's graph: x reaches g on two paths, through e and through j."""
    a = np.sin(x)
    b = a**2
    c = np.exp(b)
    d = c + 1.0
    e = np.log(d)
    h = np.cos(x)
    i = 3.0 * h
    j = np.tanh(i)
    f = j * e
    return 1.0 / (1.0 + np.exp(-f))


def path_graph_gradient(x: Any) -> Any:
    """The sum over both paths, in floats: d = exp(a^2) + 1, and e' = 2 a cos(x) exp(a^2) / d."""
    s, c = math.sin(x), math.cos(x)
    power = math.exp(s * s)
    e, j = math.log(power + 1.0), math.tanh(3.0 * c)
    g = 1.0 / (1.0 + math.exp(-j * e))
    return g * (1.0 - g) * (j * 2.0 * s * c * power / (power + 1.0) - 3.0 * s * (1.0 - j * j) * e)


@problem("path-graph", "the lecture's graph of eleven nodes, at x = 0.7", largest=1, axis="number of points",
         sizes=("1",), quick=("1",), default=("value", "jvp", "gradient", "hessian"))  # fmt: skip
def path_graph_problem(_: int, rng: np.random.Generator) -> Instance:
    """One number in, one number out."""
    return Instance(path_graph, (np.float64(0.7),), {}, {"gradient": path_graph_gradient})


def chain(np: Any, x: Any) -> Any:
    """A chain of elementwise functions, summed."""
    return np.sum(np.sin(x) * np.exp(-(x**2)) + np.tanh(x) * np.log1p(x**2))


def chain_gradient(x: Any) -> Any:
    """``(cos x - 2x sin x) exp(-x^2) + (1 - tanh^2 x) log1p(x^2) + 2x tanh x / (1 + x^2)``, in five arrays."""
    square = x * x
    left = np.sin(x)
    left *= x
    left *= -2.0
    left += np.cos(x)
    part = np.negative(square)
    left *= np.exp(part, out=part)
    slope = np.tanh(x)
    np.multiply(x, slope, out=part)
    part *= 2.0
    slope *= slope
    np.subtract(1.0, slope, out=slope)
    slope *= np.log1p(square)
    left += slope
    square += 1.0
    part /= square
    left += part
    return left


def chain_hessian(x: Any) -> Any:
    """Diagonal: each entry depends on its own x alone."""
    s, c, t, q = np.sin(x), np.cos(x), np.tanh(x), 1.0 + x * x
    slope = 1.0 - t * t
    first = np.exp(-x * x) * ((4.0 * x * x - 3.0) * s - 4.0 * x * c)
    second = -2.0 * t * slope * np.log1p(x * x) + 4.0 * x * slope / q + 2.0 * t * (1.0 - x * x) / (q * q)
    return np.diag(first + second)


@problem("chain", "sum(sin(x) exp(-x^2) + tanh(x) log1p(x^2))", largest=10_000_000, axis="number of inputs",
         sizes=("10", "1000", "100000"), quick=("10", "1000"))  # fmt: skip
def chain_problem(n: int, rng: np.random.Generator) -> Instance:
    """Standard normal inputs."""
    return Instance(chain, (rng.normal(0.0, 1.0, n),), {}, {"gradient": chain_gradient, "hessian": chain_hessian})


def speelpenning(np: Any, x: Any) -> Any:
    """Speelpenning's product, in a loop over the entries."""
    product = 1.0
    for factor in x:
        product = product * factor
    return product


def speelpenning_indexed(np: Any, x: Any) -> Any:
    """The same product, with an index."""
    product = 1.0
    for i in range(len(x)):
        product = product * x[i]
    return product


def speelpenning_gradient(x: Any) -> Any:
    """Each entry is the product of those before it and of those after it, kept as Python floats."""
    factors = x.tolist()
    gradient = []
    before = 1.0
    for factor in factors:
        gradient.append(before)
        before *= factor
    after = 1.0
    for i in range(len(factors) - 1, -1, -1):
        gradient[i] *= after
        after *= factors[i]
    return np.array(gradient)


def _factors(n: int, rng: np.random.Generator) -> tuple[Any]:
    """Numbers near 1, so that neither the product of a million of them nor a part of it leaves the floats."""
    return (np.exp(rng.normal(0.0, 0.1, n)),)


@problem("speelpenning", "the product of all inputs, iterated over", largest=1_000_000, axis="number of inputs",
         sizes=("10", "1000"), quick=("10",))  # fmt: skip
def speelpenning_problem(n: int, rng: np.random.Generator) -> Instance:
    """A loop over the array."""
    return Instance(speelpenning, _factors(n, rng), {}, {"gradient": speelpenning_gradient})


@problem("speelpenning-indexed", "the product of all inputs, by x[i]", largest=1_000_000, axis="number of inputs",
         sizes=("1000",), quick=("10",))  # fmt: skip
def speelpenning_indexed_problem(n: int, rng: np.random.Generator) -> Instance:
    """A loop over indices."""
    return Instance(speelpenning_indexed, _factors(n, rng), {}, {"gradient": speelpenning_gradient})


def rosenbrock(np: Any, x: Any) -> Any:
    """The banana valley in n dimensions."""
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def rosenbrock_gradient(x: Any) -> Any:
    """With t = x[1:] - x[:-1]^2: 200 t to the right entry, -400 x t - 2 (1 - x) to the left."""
    left = x[:-1]
    t = x[1:] - left * left
    t *= 200.0
    gradient = np.empty_like(x)
    inner = gradient[:-1]
    np.multiply(left, t, out=inner)
    inner += 1.0
    inner -= left
    inner *= -2.0
    gradient[-1] = 0.0
    gradient[1:] += t
    return gradient


def rosenbrock_hessian(x: Any) -> Any:
    """Tridiagonal."""
    n, left = len(x), x[:-1]
    hessian = np.zeros((n, n))
    diagonal = hessian.ravel()[:: n + 1]
    diagonal[:-1] = 1200.0 * left * left - 400.0 * x[1:] + 2.0
    diagonal[1:] += 200.0
    hessian.ravel()[1 :: n + 1] = -400.0 * left
    hessian.ravel()[n :: n + 1] = -400.0 * left
    return hessian


@problem("rosenbrock", "Rosenbrock's valley", largest=10_000_000, axis="number of inputs",
         sizes=("10", "1000"), quick=("10",), default=("value", "jvp", "gradient", "hessian"))  # fmt: skip
def rosenbrock_problem(n: int, rng: np.random.Generator) -> Instance:
    """Inputs around the valley."""
    hand = {"gradient": rosenbrock_gradient, "hessian": rosenbrock_hessian}
    return Instance(rosenbrock, (rng.normal(1.0, 0.5, n),), {}, hand)


def tanh_affine(np: Any, x: Any, *, a: Any) -> Any:
    """As many outputs as the matrix has rows."""
    return np.tanh(a @ x)


def tanh_affine_jacobian(x: Any, *, a: Any) -> Any:
    """Each row of ``a`` times 1 - y^2."""
    y = np.tanh(a @ x)
    y *= y
    np.subtract(1.0, y, out=y)
    return y[:, None] * a


def tanh_affine_jvp(x: Any, v: Any, *, a: Any) -> Any:
    """``(1 - y^2) * (a v)``."""
    y = np.tanh(a @ x)
    y *= y
    np.subtract(1.0, y, out=y)
    y *= a @ v
    return y


def tanh_affine_instance(size: tuple[int, int], rng: np.random.Generator) -> Instance:
    """A matrix of the scale that keeps tanh in its curved part."""
    inputs, outputs = size
    data = {"a": rng.normal(0.0, 1.0 / np.sqrt(inputs), (outputs, inputs))}
    hand: dict[str, Any] = {"jacobian": tanh_affine_jacobian, "jvp": tanh_affine_jvp}
    return Instance(tanh_affine, (rng.normal(0.0, 1.0, inputs),), data, hand)


@problem("tanh-affine", "tanh(A x): many inputs, many outputs, or both", largest=10_000,
         axis="number of inputs and outputs", sizes=("1000x1", "100x100", "1x1000"), quick=("100x100",),
         operators=("value", "jvp", "jacobian"), default=("value", "jvp", "jacobian"))  # fmt: skip
def tanh_affine_problem(size: tuple[int, int], rng: np.random.Generator) -> Instance:
    """Wide, square and tall."""
    return tanh_affine_instance(size, rng)


_GRID = tuple([f"{n}x{m}" for n in (1, 10, 100, 1000) for m in (1000, 100, 10, 1) if n * m < 1_000_000])


@problem("inputs-outputs", "a sweep: tanh(A x) from 1 input and 1000 outputs to 1000 and 1", largest=10_000,
         axis="number of inputs and outputs", sizes=_GRID, quick=("1x100", "10x10", "100x1"), suite=False,
         operators=("value", "jvp", "jacobian"), default=("jacobian",))  # fmt: skip
def inputs_outputs_problem(size: tuple[int, int], rng: np.random.Generator) -> Instance:
    """Every cell of a map over inputs and outputs."""
    return tanh_affine_instance(size, rng)
