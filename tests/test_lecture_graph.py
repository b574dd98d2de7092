"""The lecture's graphs: the chain rule along paths, and what each mode costs (Osindero's slides; Griewank & Walther, 2008)."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import adkit

# the path graph: x -> a -> b -> c -> d -> e and x -> h -> i -> j, which meet in f = j e; g = sigma(f) ------

X = 0.7
STEPS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "a": lambda v: np.sin(v["x"]),
    "b": lambda v: v["a"] ** 2,
    "c": lambda v: np.exp(v["b"]),
    "d": lambda v: v["c"] + 1,
    "e": lambda v: np.log(v["d"]),
    "h": lambda v: np.cos(v["x"]),
    "i": lambda v: 3 * v["h"],
    "j": lambda v: np.tanh(v["i"]),
    "f": lambda v: v["j"] * v["e"],
    "g": lambda v: 1 / (1 + np.exp(-v["f"])),
}
TANGENTS = {
    "a": 0.764842, "b": 0.985450, "c": 1.492361, "d": 1.492361, "e": 0.593527,
    "h": -0.644218, "i": -1.932653, "j": -0.076989, "f": 0.510598,
}  # fmt: skip
COTANGENTS = {
    "f": 0.205198, "e": 0.201070, "d": 0.079967, "c": 0.079967, "b": 0.121102, "a": 0.156032,
    "j": 0.189199, "i": 0.007537, "h": 0.022611,
}  # fmt: skip
SLOPE = 0.10477378


def path_graph(x: Any, held: dict[str, Any] | None = None, last: str = "g") -> Any:
    """The value of node ``last``; nodes in ``held`` are taken as given."""
    values: dict[str, Any] = {"x": x}
    for name, step in STEPS.items():
        values[name] = held[name] if held and name in held else step(values)
        if name == last:
            break
    return values[last]


def test_row_35_the_path_graph_and_its_two_paths() -> None:
    assert adkit.grad(path_graph)(X) == pytest.approx(SLOPE, abs=1e-8)
    assert adkit.jvp(path_graph, (X,), (1.0,))[1] == pytest.approx(SLOPE, abs=1e-8)
    # One path alone: the other's node before the junction is held fixed.
    j, e = path_graph(X, last="j"), path_graph(X, last="e")
    upper = adkit.grad(lambda x: path_graph(x, held={"j": j}))(X)
    lower = adkit.grad(lambda x: path_graph(x, held={"e": e}))(X)
    assert upper == pytest.approx(0.11934013, abs=1e-8)
    assert lower == pytest.approx(-0.01456635, abs=1e-8)
    assert upper + lower == pytest.approx(SLOPE, abs=1e-8)


@pytest.mark.parametrize("node", TANGENTS)
def test_row_36_forward_intermediates(node: str) -> None:
    """Forward mode carries d(node)/dx along with every node."""
    _, tangent = adkit.jvp(lambda x: path_graph(x, last=node), (X,), (1.0,))
    assert tangent == pytest.approx(TANGENTS[node], abs=1e-6)


def test_row_36_one_forward_sweep_gives_every_node() -> None:
    def everything(x: Any) -> dict[str, Any]:
        values: dict[str, Any] = {"x": x}
        for name, step in STEPS.items():
            values[name] = step(values)
        return values

    with adkit.count_sweeps() as counts:
        _, tangents = adkit.jvp(everything, (X,), (1.0,))
    assert (counts.forward_sweeps, counts.forward_directions) == (1, 1)
    for name, want in TANGENTS.items():
        assert tangents[name] == pytest.approx(want, abs=1e-6)


def _cotangent(node: str) -> float:
    """dg/d(node): the rest of the graph, as a function of that node."""
    return float(adkit.grad(lambda v: path_graph(X, held={node: v}))(path_graph(X, last=node)))


@pytest.mark.parametrize("node", COTANGENTS)
def test_row_37_reverse_intermediates(node: str) -> None:
    assert _cotangent(node) == pytest.approx(COTANGENTS[node], abs=1e-6)


def test_row_37_at_every_cut_forward_times_reverse_is_the_slope() -> None:
    upper, lower = ("a", "b", "c", "d", "e"), ("h", "i", "j")
    tangent = {n: float(adkit.jvp(lambda x, n=n: path_graph(x, last=n), (X,), (1.0,))[1]) for n in STEPS}
    cotangent = {n: _cotangent(n) for n in STEPS}
    for u in upper:
        for v in lower:
            assert tangent[u] * cotangent[u] + tangent[v] * cotangent[v] == pytest.approx(SLOPE, abs=1e-8)
    assert tangent["f"] * cotangent["f"] == pytest.approx(SLOPE, abs=1e-8)
    assert tangent["g"] * cotangent["g"] == pytest.approx(SLOPE, abs=1e-8)


# the junction trick ------------------------------------------------------------------------------------


def diamonds(x: Any, k: int) -> Any:
    """k diamonds in a row: x splits into sin x and 0.9 x, which meet in their product. 2^k paths, 4k edges."""
    for _ in range(k):
        x = np.sin(x) * (0.9 * x)
    return x


def _diamonds_slope(x: float, k: int) -> float:
    slope = 1.0
    for _ in range(k):
        slope *= 0.9 * (np.cos(x) * x + np.sin(x))
        x = np.sin(x) * 0.9 * x
    return slope


@pytest.mark.parametrize("k", [1, 2, 10, 60])
def test_row_38_operations_grow_with_the_edges_not_the_paths(k: int) -> None:
    with adkit.count_sweeps() as counts:
        slope = adkit.grad(diamonds)(1.9, k)
    assert counts.recorded_ops == 3 * k  # three nodes and four edges a diamond
    assert counts.reverse_sweeps == 1
    assert slope == pytest.approx(_diamonds_slope(1.9, k), rel=1e-9)
    assert adkit.jvp(lambda x: diamonds(x, k), (1.9,), (1.0,))[1] == pytest.approx(slope, rel=1e-9)


def test_row_38_each_rule_runs_once_an_edge(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rules themselves are counted, in both modes: 2^40 paths would never end."""
    calls = 0

    def counted(g: Any, y: Any, x: Any) -> Any:
        nonlocal calls
        calls += 1
        return g * np.cos(x)

    name = "sin_counted"
    op = adkit.elementwise(lambda x: np.sin(x), counted, name=name, symbol="sin", domain=(-3, 3))
    from adkit.registry import REGISTRY

    monkeypatch.delitem(REGISTRY, name)

    def f(x: Any) -> Any:
        for _ in range(40):
            x = op(x) + op(x)
        return x

    adkit.grad(f)(0.3)
    assert calls == 80
    calls = 0
    adkit.jvp(f, (0.3,), (1.0,))
    assert calls == 80


# sweeps ------------------------------------------------------------------------------------------------

_W = np.random.default_rng(3).normal(size=(5, 3))


def affine(x: Any) -> Any:
    """Three inputs, five outputs."""
    return np.tanh(_W @ x)


def test_row_39_one_forward_direction_per_input_one_reverse_per_output() -> None:
    x = np.array([0.1, -0.2, 0.3])
    want = (1 - np.tanh(_W @ x) ** 2)[:, None] * _W
    with adkit.count_sweeps() as counts:
        np.testing.assert_allclose(adkit.jacfwd(affine)(x), want, rtol=1e-12)
    assert (counts.forward_directions, counts.reverse_directions) == (3, 0)
    with adkit.count_sweeps() as counts:
        np.testing.assert_allclose(adkit.jacrev(affine)(x), want, rtol=1e-12)
    assert (counts.forward_directions, counts.reverse_directions) == (0, 5)


@pytest.mark.parametrize(("chunk", "forward", "reverse"), [(1, 3, 5), (2, 2, 3), (3, 1, 2), (100, 1, 1)])
def test_row_39_exactly_n_and_m_sweeps(chunk: int, forward: int, reverse: int) -> None:
    x = np.array([0.1, -0.2, 0.3])
    with adkit.count_sweeps() as counts:
        a = adkit.jacfwd(affine, chunk=chunk)(x)
    assert (counts.forward_sweeps, counts.forward_directions, counts.reverse_sweeps) == (forward, 3, 0)
    with adkit.count_sweeps() as counts:
        b = adkit.jacrev(affine, chunk=chunk)(x)
    assert (counts.reverse_sweeps, counts.reverse_directions, counts.forward_sweeps) == (reverse, 5, 0)
    np.testing.assert_allclose(a, b, rtol=1e-12)


def test_row_39_directions_travel_together_in_chunks_of_bounded_size() -> None:
    for n, most in ((8, 1), (200, 1), (1000, 40)):
        x, A = np.linspace(0, 1, n), np.eye(n)
        with adkit.count_sweeps() as counts:
            adkit.jacfwd(lambda x: np.tanh(A @ x))(x)
            adkit.jacrev(lambda x: np.tanh(A @ x))(x)
        assert counts.forward_directions == counts.reverse_directions == n
        for sweeps in (counts.forward_sweeps, counts.reverse_sweeps):
            assert 1 <= sweeps <= most
            assert n * (n / sweeps) <= 100_000  # elements an op works on


def test_row_39_a_gradient_is_one_sweep_and_its_inputs_are_free() -> None:
    for n in (1, 10, 1000):
        with adkit.count_sweeps() as counts:
            adkit.grad(lambda x: np.sum(np.sin(x)))(np.ones(n))
        assert (counts.reverse_sweeps, counts.reverse_directions, counts.forward_sweeps) == (1, 1, 0)
        assert counts.recorded_ops == 2


def test_row_39_the_mode_is_chosen_by_the_shape() -> None:
    wide, tall = np.ones((1, 50)), np.ones((50, 1))
    with adkit.count_sweeps() as counts:
        adkit.jacobian(lambda x: wide @ x)(np.ones(50))
    assert (counts.forward_directions, counts.reverse_directions) == (0, 1)
    with adkit.count_sweeps() as counts:
        adkit.jacobian(lambda x: tall @ x)(np.ones(1))
    assert (counts.forward_directions, counts.reverse_directions) == (1, 0)


# loops and conditionals ----------------------------------------------------------------------------------


def newton_sqrt(x: Any) -> tuple[Any, int]:
    """Newton's square root, until it no longer moves: the number of turns depends on the data."""
    y, turns = 0.5 * (1 + x), 0
    while np.abs(y * y - x) > 1e-3 * x:
        y = 0.5 * (y + x / y)
        turns += 1
    return y, turns


@pytest.mark.parametrize("x", [0.01, 0.9, 2.0, 50.0, 1e4])
def test_row_40_newtons_square_root_against_sympy_of_the_executed_branch(x: float) -> None:
    sympy = pytest.importorskip("sympy")
    gradient, turns = adkit.grad(newton_sqrt, has_aux=True)(x)
    _, tangent, turns_forward = adkit.jvp(newton_sqrt, (x,), (1.0,), has_aux=True)
    assert turns == turns_forward
    s = sympy.Symbol("s", positive=True)
    y = (1 + s) / 2
    dy = sympy.Rational(1, 2)
    at = sympy.Float(x, 40)
    value, slope = y.subs(s, at), dy
    step, moved = sympy.symbols("y0 dy0")
    update = (step + s / step) / 2
    derivative = sympy.diff(update, s) + sympy.diff(update, step) * moved  # the chain rule, by SymPy, turn by turn
    for _ in range(turns):
        value, slope = (
            update.subs({step: value, s: at}),
            derivative.subs({step: value, moved: slope, s: at}),
        )
    assert gradient == pytest.approx(float(slope), rel=1e-12)
    assert tangent == pytest.approx(float(slope), rel=1e-12)


def test_row_40_the_number_of_turns_does_depend_on_the_data() -> None:
    assert len({newton_sqrt(x)[1] for x in (0.9, 2.0, 50.0, 1e4)}) == 4


def _branches(x: Any) -> Any:
    if x < 0:
        return np.exp(x) * x
    if x < 1:
        y = x
        for k in range(3):
            y = y * x + k
        return np.sin(y)
    y, k = x, 0
    while y > 1:
        y = y / 2
        k += 1
    return y**k


@pytest.mark.parametrize(("x", "taken"), [(-0.5, 0), (0.4, 1), (1.5, 2), (3.0, 3), (7.3, 4), (100.0, 5)])
def test_row_40_both_modes_follow_the_branch_that_was_taken(x: float, taken: int) -> None:
    sympy = pytest.importorskip("sympy")
    s = sympy.Symbol("s")
    expression = {
        0: s * sympy.exp(s),
        1: sympy.sin(((s * s) * s + 1) * s + 2),
        2: s / 2,
        3: (s / 4) ** 2,
        4: (s / 8) ** 3,
        5: (s / 128) ** 7,
    }[taken]
    first, second = (float(sympy.diff(expression, s, n).subs(s, x)) for n in (1, 2))
    assert _branches(x) == pytest.approx(float(expression.subs(s, x)), rel=1e-12)
    assert adkit.grad(_branches)(x) == pytest.approx(first, rel=1e-12)
    assert adkit.jvp(_branches, (x,), (1.0,))[1] == pytest.approx(first, rel=1e-12)
    assert adkit.jacfwd(adkit.grad(_branches))(x) == pytest.approx(second, rel=1e-11, abs=1e-12)


def test_row_40_a_conditional_per_entry() -> None:
    x = np.array([-2.0, 0.5, 3.0])

    def f(x: Any) -> Any:
        total = 0.0
        for value in x:
            total = total + (value**2 if value > 1 else np.sin(value) if value > 0 else -value)
        return total

    want = [-1.0, np.cos(0.5), 6.0]
    np.testing.assert_allclose(adkit.grad(f)(x), want)
    np.testing.assert_allclose(adkit.jacfwd(f)(x), want)


# memory ------------------------------------------------------------------------------------------------

_N = 4000


def recurrence(h: Any, steps: int) -> Any:
    for _ in range(steps):
        h = np.tanh(0.9 * h)
    return h


def _tape_bytes(steps: int) -> int:
    _, pullback = adkit.vjp(lambda h: recurrence(h, steps), np.linspace(-1, 1, _N))
    return int(pullback.nbytes)


def test_row_41_the_tape_grows_linearly_with_the_steps() -> None:
    sizes = [_tape_bytes(T) for T in (10, 20, 30, 60)]
    assert sizes[1] - sizes[0] == sizes[2] - sizes[1] == (sizes[3] - sizes[2]) / 3
    a_step = (sizes[1] - sizes[0]) / 10
    assert 8 * _N <= a_step <= 2 * 8 * _N  # at least the state; at most the results of both ops


def _peak(run: Callable[[], Any]) -> int:
    run()
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_row_41_forward_mode_is_flat_in_the_steps() -> None:
    h, v = np.linspace(-1, 1, _N), np.ones(_N)

    def forward(steps: int) -> int:
        return _peak(lambda: adkit.jvp(lambda h: recurrence(h, steps), (h,), (v,)))

    def reverse(steps: int) -> int:
        return _peak(lambda: adkit.grad(lambda h: np.sum(recurrence(h, steps)))(h))

    assert forward(100) <= forward(10) + 8 * _N
    assert forward(100) < 20 * 8 * _N
    assert reverse(100) >= reverse(10) + 90 * 8 * _N
