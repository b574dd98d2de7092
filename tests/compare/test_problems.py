"""The problems: derivatives by hand equal adkit's in both modes, the functions are those of the literature."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import adkit
from adkit import tree
from adkit.compare.agreement import canonical, disagreement, relative_error
from adkit.compare.methods import METHODS, NotApplicable, Task
from adkit.compare.operations import predict
from adkit.compare.problems import OPERATORS, PROBLEMS, SizeError
from adkit.compare.problems.functions import path_graph
from adkit.compare.problems.mixture import gmm_data, gmm_gradient, gmm_objective

SMALL = {"rnn": "4", "lstm": "4", "gmm": "20", "mlp-784": "2", "tanh-affine": "5x3", "inputs-outputs": "4x2", "ba": "2", "particle": "1", "path-graph": "1", "xor": "4", "mlp-depth": "2"}
FEASIBLE = 700  # inputs up to which forward mode gives a whole gradient in a test


def task(name: str, operator: str, size: str | None = None) -> Task:
    problem = PROBLEMS[name]
    instance = problem.instance(size or SMALL.get(name, "6"), seed=1)
    rng = np.random.default_rng(2)
    tangents = tuple([np.float64(1.0) * rng.standard_normal(np.shape(p)) for p in instance.params])
    scalar = "gradient" in problem.operators
    outputs = int(np.size(instance.function(np, *instance.params, **instance.data)))
    return Task(operator, instance.function, instance.params, tangents, instance.data, instance.hand, scalar, outputs, instance.modules)


def by_hand() -> list[tuple[str, str]]:
    return [(name, op) for name in PROBLEMS for op in (*task(name, "value").hand, "jvp")]


@pytest.mark.parametrize("name, operator", by_hand())
def test_by_hand_equals_adkit_in_both_modes(name: str, operator: str) -> None:
    one = task(name, operator)
    hand = canonical(one, METHODS["hand"].build(one)())
    inputs = sum(np.size(p) for p in one.params)
    compared = 0
    for mode in ("reverse", "forward"):
        if mode == "forward" and operator != "jvp" and inputs > FEASIBLE:
            continue
        try:
            found = canonical(one, METHODS[mode].build(one)())
        except NotApplicable:
            continue
        assert relative_error(hand, found) < 1e-11, mode
        compared += 1
    assert compared


@pytest.mark.parametrize("name", [name for name in PROBLEMS if task(name, "value").modules is not None])
def test_the_lectures_modules_give_the_same_gradient(name: str) -> None:
    one = task(name, "gradient")
    found = canonical(one, METHODS["modules"].build(one)())
    assert relative_error(found, canonical(one, METHODS["reverse"].build(one)())) < 1e-12


def test_the_networks_of_the_lecture_are_made_of_modules() -> None:
    made = {name for name in PROBLEMS if task(name, "value").modules is not None}
    assert made >= {"digits-softmax", "digits-mlp", "digits-mlp-small", "mlp-784", "xor", "circle", "lecture-graph", "mlp-depth", "mlp-width"}


@pytest.mark.parametrize("name", PROBLEMS)
def test_by_griewanks_count_a_tangent_costs_2_to_5_halves_and_a_gradient_3_to_4(name: str) -> None:
    one = task(name, "value")
    costs = predict(one.numpy(), one.params)
    assert costs is not None
    assert 2.0 <= costs[0] <= 2.5
    assert 3.0 <= costs[1] <= 4.0


@pytest.mark.parametrize("name", PROBLEMS)
def test_forward_equals_by_hand_along_a_direction_of_every_parameter(name: str) -> None:
    """The check of forward mode where a whole gradient by it would take long."""
    one = task(name, "jvp")
    f = one.numpy()
    for k in range(len(one.params)):
        tangents = tuple([v if i == k else np.zeros_like(v) for i, v in enumerate(one.tangents)])
        _, slope = adkit.jvp(f, one.params, tangents)
        hand = METHODS["hand"].build(replace(one, tangents=tangents))()
        np.testing.assert_allclose(slope, hand, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", PROBLEMS)
def test_inputs_are_left_as_they_were(name: str) -> None:
    """By hand is in place where it pays, but never in the caller's arrays."""
    one = task(name, "value")
    before = [np.copy(v) for v in (*one.params, *one.data.values())]
    for derivative in one.hand.values():
        extra = one.tangents if derivative.__name__.endswith("_jvp") else ()
        derivative(*one.params, *extra, **one.data)
    for kept, now in zip(before, (*one.params, *one.data.values()), strict=True):
        np.testing.assert_array_equal(kept, now)


@pytest.mark.parametrize("name", PROBLEMS)
def test_a_wrong_entry_is_seen_by_the_check_against_values(name: str) -> None:
    operator = "gradient" if "gradient" in PROBLEMS[name].operators else "jacobian"
    one = task(name, operator)
    right = canonical(one, METHODS["hand"].build(one)())
    error, allowed = disagreement(one, right, np.random.default_rng(0))
    # The gradients inside particle take no complex numbers, so that a difference quotient has to do.
    assert error <= allowed <= (1e-5 if name == "particle" else 1e-8)
    for k in range(len(right)):
        wrong = [np.array(g) for g in right]
        worst = np.argmax(np.abs(wrong[k]))
        wrong[k].reshape(-1)[worst] *= 1.001
        error, allowed = disagreement(one, wrong, np.random.default_rng(0))
        assert error > allowed


def test_path_graph_has_the_lectures_numbers() -> None:
    x = np.float64(0.7)
    assert adkit.grad(lambda x: path_graph(np, x))(x) == pytest.approx(0.10477378, abs=1e-8)
    assert PROBLEMS["path-graph"].instance("1", 0).hand["gradient"](x) == pytest.approx(0.10477378, abs=1e-8)


def arrays(*lists: Any) -> tuple[Any, ...]:
    return tuple([np.array(numbers) for numbers in lists])


def test_gmm_is_gradbenchs() -> None:
    """The vectors that GradBench's reference implementation gives."""
    x = np.array([[0.5, -0.3], [1.2, 0.7], [-0.4, 0.9]])
    params = arrays([0.2, -0.5], [[0.1, 0.4], [0.8, -0.2]], [[0.3, -0.1], [-0.2, 0.25]], [[0.6], [-0.35]])
    data = gmm_data(x, 2, gamma=1.5, m=1)
    assert gmm_objective(np, *params, **data) == pytest.approx(-12.72402055)
    alpha, mu, q, low = gmm_gradient(*params, **data)
    np.testing.assert_allclose(alpha, [0.06607068428, -0.06607068428], rtol=1e-8)
    np.testing.assert_allclose(mu, [[0.760050734, 0.2921719312], [-0.1971440989, 0.8182880822]], rtol=1e-8)
    np.testing.assert_allclose(q, [[-2.687947931, 0.8804310888], [0.2869949508, -2.554665986]], rtol=1e-8)
    np.testing.assert_allclose(low, [[-1.657044443], [0.6995304412]], rtol=1e-8)
    # With d = 3 the order of the entries below the diagonal is seen: column by column.
    x = np.array([[0.5, -0.3, 0.2], [1.2, 0.7, -0.6]])
    mu, q = [[0.1, 0.4, 0.3], [0.8, -0.2, 0.5]], [[0.3, -0.1, 0.2], [-0.2, 0.25, 0.1]]
    params = arrays([0.2, -0.5], mu, q, [[0.6, 0.1, -0.4], [-0.35, 0.7, 0.2]])
    assert gmm_objective(np, *params, **gmm_data(x, 2, gamma=1.0, m=0)) == pytest.approx(-22.62851174)


def test_the_parameter_counts_that_the_descriptions_give() -> None:
    for name, count in {"digits-softmax": 650, "digits-mlp": 4810, "digits-mlp-small": 2410, "mlp-784": 79510,
                        "xor": 25, "circle": 25, "lecture-graph": 86, "rnn": 2080, "lstm": 8320, "gmm": 1650}.items():  # fmt: skip
        params = PROBLEMS[name].instance(SMALL.get(name, "6"), 0).params
        assert sum(np.size(p) for p in params) == count
        assert f"{count:,} parameters" in PROBLEMS[name].about


def test_speelpenning_stays_within_the_floats() -> None:
    one = PROBLEMS["speelpenning"].instance("1000", 0)
    assert 1e-6 < math.prod(one.params[0].tolist()) < 1e6


def test_the_same_seed_gives_the_same_numbers() -> None:
    for name, problem in PROBLEMS.items():
        size = SMALL.get(name, "6")
        first, again, other = (tree.leaves(problem.instance(size, seed).params) for seed in (3, 3, 4))
        assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
        assert name == "path-graph" or not np.array_equal(first[0], other[0])


@pytest.mark.parametrize("name, size", [
    ("chain", "0"), ("chain", "ten"), ("chain", "10x10"), ("chain", "-3"), ("chain", "1.5"), ("chain", "99999999999"),
    ("chain", ""), ("chain", "\u0661"), ("path-graph", "2"), ("tanh-affine", "100"), ("tanh-affine", "0x5"),
    ("digits-mlp", "1438"),
])  # fmt: skip
def test_a_size_that_a_problem_does_not_have_says_what_it_has(name: str, size: str) -> None:
    with pytest.raises(SizeError, match=f"^{name} has no size "):
        PROBLEMS[name].parse(size)


def test_every_default_can_be_built() -> None:
    for problem in PROBLEMS.values():
        assert problem.sizes
        assert problem.quick
        for size in (*problem.sizes, *problem.quick):
            problem.parse(size)
        assert set(problem.default) <= set(problem.operators) <= set(OPERATORS)


def test_functions_take_a_peers_namespace() -> None:
    """The text of a problem names no library: with a namespace that counts, every call goes through it."""
    for name in PROBLEMS:
        one = task(name, "value")
        used: set[str] = set()

        class Namespace:
            def __getattr__(self, function: str, used: set[str] = used) -> Any:
                used.add(function)
                return getattr(np, function)

        value = one.function(Namespace(), *one.params, **one.data)
        np.testing.assert_array_equal(value, one.numpy()(*one.params))
        assert used or name.startswith("speelpenning")


def test_problems_can_be_told_apart_in_a_set() -> None:
    """The command keeps each problem once, by a dict: every field of one must be hashable, or left out of its hash."""
    assert len(set(PROBLEMS.values())) == len(PROBLEMS)
