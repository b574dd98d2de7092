"""The source of a program runs by itself and computes what the function does: for every op, and for its derivatives."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import adkit
from adkit import tree
from adkit.registry import REGISTRY, home_of, load_families
from adkit.verify.sample import calls, probe

load_families()
SPECIAL = {name for name, op in REGISTRY.items() if "scipy" in str(getattr(op.fun, "__module__", "")) or home_of(op.fun) == "scipy.special"}
SPECIAL |= {"polygamma"}  # one of ours, written with theirs


def alone(program: Any) -> Callable[..., Any]:
    """The function that a program's source defines, with nothing at hand but its named constants."""
    names: dict[str, Any] = dict(program.constants)
    exec(program.source, names)
    return names[re.findall(r"^def (\w+)\(", program.source, re.MULTILINE)[-1]]


def imported(source: str) -> set[str]:
    """The modules that a source imports."""
    return {a.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import) for a in node.names}


def assert_equal(got: Any, want: Any, rtol: float = 1e-12) -> None:
    for b, a in zip(tree.leaves(got), tree.leaves(want), strict=True):
        assert np.shape(a) == np.shape(b)
        assert np.asarray(a).dtype == np.asarray(b).dtype
        np.testing.assert_allclose(b, a, rtol=rtol, atol=1e-12)


SOME = {"expit", "jv", "lambertw", "fresnel", "special.log1p", "polygamma"}
"""Of SciPy's, which are many and alike."""


@pytest.mark.parametrize("name", [name for name in REGISTRY if not name.startswith("scipy.") and (name not in SPECIAL or name in SOME)])
def test_every_op_and_its_derivatives(name: str) -> None:
    """The op, its JVP, its VJP, and the second derivative both ways: traced, run alone, and run at another point."""
    op = REGISTRY[name]
    for at in calls(op):
        p = probe(op, at)
        p = p.only(tuple([k for k in p.places if not op.refuses(k)]))
        if not p.places or at.kw.get("pad_width") == ():  # NumPy itself refuses to pad a number
            continue
        xs = tuple(p.xs)
        seeds = tuple([np.full_like(y, 0.7)[()] for y in p.f(*xs)])
        ones = tuple([np.ones_like(x)[()] for x in xs])

        def pulled(*a: Any, p: Any = p, seeds: Any = seeds) -> Any:
            return adkit.vjp(p.f, *a)[1](seeds)

        functions = {
            "value": lambda *a: p.f(*a),
            "jvp": lambda *a: adkit.jvp(p.f, a, ones)[1],
            "vjp": pulled,
            "jvp of vjp": lambda *a: adkit.jvp(pulled, a, ones)[1],
            "vjp of vjp": lambda *a: adkit.vjp(pulled, *a)[1](ones),
        }
        for f in functions.values():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                program = adkit.trace(f)(*xs)
                assert_equal(alone(program)(*xs), f(*xs))
                assert_equal(program(*xs), f(*xs))
                near = tuple([x * 1.001 for x in xs])
                assert_equal(program(*near), f(*near), rtol=1e-9)
                assert imported(program.source) <= {"numpy"} | ({"scipy.special"} if name in SPECIAL else set())


def path_graph(x: Any) -> Any:
    a = np.sin(x)
    b = a**2
    c = np.exp(b)
    d = c + 1
    e = np.log(d)
    h = np.cos(x)
    i = 3 * h
    j = np.tanh(i)
    f = j * e
    g = adkit.sigmoid(f)
    return g  # noqa: RET504


def test_the_users_names_and_lines_are_in_it() -> None:
    source = adkit.trace(path_graph)(0.7).source
    body = source[source.index("def path_graph(x):") :]
    for name in "abcdehijfg":
        assert re.search(rf"^    {name} = ", body, re.MULTILINE)
    line = path_graph.__code__.co_firstlineno
    assert f"a = np.sin(x)  # test_source.py:{line + 1}" in body
    assert f"# test_source.py:{line + 10}  g = adkit.sigmoid(f)" in body
    assert body.rstrip().endswith("return g")


def test_a_gradient_is_the_reverse_sweep_written_out() -> None:
    program = adkit.trace(adkit.grad(path_graph))(0.7)
    source = program.source
    assert alone(program)(0.7) == pytest.approx(0.10477378, abs=1e-8)
    assert "f_bar = " in source
    assert "# back through test_source.py:" in source
    assert source.rstrip().endswith("return x_bar")
    # From the last line of the function to the first.
    order = [source.index(f"    {name}_bar = ") for name in "fjihba"]
    assert order[0] < order[1] < order[2] < order[3]
    assert source.index("f_bar = ") < source.index("e_bar = ") < source.index("b_bar = ") < source.index("a_bar = ")


def test_a_jvp_has_tangents_beside_values() -> None:
    program = adkit.trace(lambda x: adkit.jvp(path_graph, (x,), (1.0,)))(0.7)
    assert alone(program)(0.7)[1] == pytest.approx(0.10477378, abs=1e-8)
    assert re.search(r"a = np.sin\(x\).*\n.*\n? *a_dot = ", program.source)


def test_the_classifier_of_the_lecture() -> None:
    def loss(params: Any, X: Any, T: Any) -> Any:
        z = X @ params["W"] + params["b"]
        return np.mean(adkit.cross_entropy_logits(z, T))

    rng = np.random.default_rng(0)
    params = {"W": rng.normal(size=(5, 3)), "b": rng.normal(size=3)}
    X, T = rng.normal(size=(7, 5)), adkit.one_hot(rng.integers(0, 3, 7), 3)
    program = adkit.trace(adkit.value_and_grad(loss))(params, X, T)
    want = adkit.value_and_grad(loss)(params, X, T)
    assert_equal(alone(program)(params, X, T), want)
    assert set(program(params, X, T)[1]) == {"W", "b"}
    assert program.constants == {}
    assert imported(program.source) == {"numpy"}
    assert "W_bar = " in program.source
    assert "z_bar = " in program.source
    # At other numbers of the same shapes.
    moved = {k: v + 0.1 for k, v in params.items()}
    assert_equal(program(moved, X, T), adkit.value_and_grad(loss)(moved, X, T))


class Pair(NamedTuple):
    first: Any
    second: Any


def test_arguments_and_results_are_trees() -> None:
    def f(p: Pair, more: Any, n: int) -> Any:
        return {"sum": p.first + more["x"][0], "rest": [Pair(p.second * n, None), 2.0]}

    args = (Pair(np.arange(3.0), 2.0), {"x": (np.ones(3), 1.0)}, 3)
    program = adkit.trace(f)(*args)
    found = program(*args)
    assert isinstance(found["rest"][0], Pair)
    assert found["rest"][0].second is None
    assert found["rest"][1] == 2.0
    assert found["rest"][0].first == 6.0
    assert found["sum"].tolist() == [1.0, 2.0, 3.0]
    assert alone(program)(*args)["rest"][0] == (6.0, None)


def test_large_arrays_are_named_constants_and_small_ones_literals() -> None:
    A = np.random.default_rng(0).normal(size=(4, 4))
    small = np.array([1.0, -2.5, np.inf, 1e-300])

    def f(x: Any) -> Any:
        return A @ x + small + np.eye(4) @ x + np.zeros(4) + np.full(4, 0.1)

    program = adkit.trace(f)(np.ones(4))
    assert list(program.constants) == ["A"]
    assert "# A: an array of shape (4, 4), float64" in program.source
    for words in ("A @ x", "np.array([1.0, -2.5, np.inf, 1e-300])", "np.eye(4)", "np.zeros((4,))", "np.full((4,), 0.1)"):
        assert words in program.source
    np.testing.assert_array_equal(alone(program)(np.arange(4.0)), f(np.arange(4.0)))


def test_a_constant_that_changes_between_two_uses_is_kept_as_it_was() -> None:
    def f(x: Any) -> Any:
        w = np.ones(3)
        y = x * w
        w[:] = 5.0
        return y + x * w

    assert adkit.trace(f)(np.ones(3))(np.ones(3)).tolist() == [6.0, 6.0, 6.0]


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.complex64, np.longdouble])
def test_types_are_kept(dtype: Any) -> None:
    def f(x: Any) -> Any:
        return np.sum((2.0 * x + np.float64(0.1) * x - np.float32(0.3)) ** 2) / 3

    x = np.linspace(0.1, 1, 4).astype(dtype)
    program = adkit.trace(f)(x)
    got = alone(program)(x)
    assert got.dtype == f(x).dtype
    assert got == f(x)


def test_negative_numbers_and_powers_keep_their_meaning() -> None:
    def f(x: Any) -> Any:
        return (-2.0) ** np.round(x) + x**-2 - -x * (1 - (2 - x)) / (x / (3 / x)) - (x**2) ** 3 - x ** (x**2)

    for x in (np.float64(1.7), np.array([1.2, 2.3])):
        np.testing.assert_array_equal(alone(adkit.trace(f)(x))(x), f(x))


def test_indices_in_every_form() -> None:
    def f(x: Any) -> Any:
        return (
            x[0] + x[-1, 1:] .sum() + x[..., None][0, :, 0] + x[::-1, ::2].sum() + x[[0, 1, 1]].sum(axis=0)
            + x[np.array([True, False, True])][1] + x[(np.array([0, 2]), np.array([1, 1]))].sum()
        )  # fmt: skip

    x = np.arange(12.0).reshape(3, 4)
    np.testing.assert_array_equal(alone(adkit.trace(f)(x))(x), f(x))
    g = adkit.grad(lambda x: np.sum(f(x) ** 2))
    np.testing.assert_allclose(alone(adkit.trace(g)(x))(x + 1), g(x + 1))


def test_several_results_are_unpacked() -> None:
    def f(A: Any) -> Any:
        w, v = np.linalg.eigh(A + A.T)
        return w.sum() + np.abs(v).sum()

    A = np.random.default_rng(0).normal(size=(3, 3))
    program = adkit.trace(f)(A)
    assert re.search(r"w, v = np.linalg.eigh\(", program.source)
    assert alone(program)(A) == f(A)


def test_results_are_the_callers_own() -> None:
    program = adkit.trace(lambda x: (x, x.T, np.broadcast_to(x[0], (2, 2)), x * 1, np.ones(3)))(np.ones((2, 2)))
    x = np.arange(4.0).reshape(2, 2)
    for value in program(x):
        assert value.flags.owndata
        assert value.flags.writeable
        value[...] = 9.0
    assert x.tolist() == [[0.0, 1.0], [2.0, 3.0]]
    assert program(x)[4].tolist() == [1.0, 1.0, 1.0]
    same = adkit.trace(lambda x: [x * 2] * 2)(np.ones(3))(np.ones(3))
    same[0][0] = 7.0
    assert same[1][0] == 2.0


def test_a_program_is_itself_differentiable_and_traceable() -> None:
    program = adkit.trace(path_graph)(0.7)
    assert adkit.grad(program)(0.7) == pytest.approx(0.10477378, abs=1e-8)
    assert adkit.jvp(program, (0.7,), (1.0,))[1] == pytest.approx(0.10477378, abs=1e-8)
    again = adkit.trace(program)(0.7)
    assert again(0.3) == program(0.3)


def test_an_op_of_the_users_own_enters_by_name(registry: Any) -> None:
    haversine = adkit.elementwise(
        lambda x: np.sin(x / 2) ** 2, lambda g, y, x: g * np.sin(x) / 2, name="haversine", symbol=lambda sp, x: sp.sin(x / 2) ** 2,
        domain=(-3, 3),
    )  # fmt: skip
    program = adkit.trace(lambda x: 2 * haversine(x))(0.5)
    assert list(program.constants) == ["haversine"]
    assert alone(program)(0.5) == 2 * haversine(0.5)
    assert adkit.trace(adkit.grad(haversine))(0.5)(1.0) == adkit.grad(haversine)(1.0)


@pytest.mark.parametrize("x", [-1000.0, -3.0, 0.0, 3.0, 1000.0])
@pytest.mark.parametrize("name", ["relu", "sigmoid", "softplus", "leaky_relu"])
def test_our_own_functions_are_as_stable_in_the_source(name: str, x: float) -> None:
    f = getattr(adkit, name)
    assert alone(adkit.trace(f)(1.0))(np.float64(x)) == pytest.approx(f(np.float64(x)), rel=1e-15, abs=1e-307)


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "logsumexp"])
def test_softmax_and_its_kin_are_as_stable_in_the_source(name: str) -> None:
    f = getattr(adkit, name)
    for x in (np.array([1000.0, 999.0, -np.inf]), np.array([-1e4, 0.0, 3.0])):
        np.testing.assert_allclose(alone(adkit.trace(f)(np.ones(3)))(x), f(x), rtol=1e-14)
