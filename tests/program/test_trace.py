"""Tracing: what is recorded, what is guarded, what is refused; sweeps that write themselves down."""

from __future__ import annotations

import math
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import adkit
import adkit.numpy as anp
from adkit.program.instruction import INPUT, Ref

# the list ------------------------------------------------------------------------------------------------


def test_an_instruction_has_op_operands_shape_type_value_and_line() -> None:
    def f(x: Any, A: Any) -> Any:
        y = A @ x
        return np.sum(y * 2.0, axis=0)

    program = adkit.trace(f)(np.ones(2), np.ones((3, 2), np.float32))
    x, A, y, doubled, total = program.instructions
    assert (x.fun, A.fun) == (INPUT, INPUT)
    assert [i.op for i in program.instructions] == ["input", "input", "matmul", "multiply", "sum"]
    assert [r.index for r in y.operands] == [1, 0]
    assert doubled.operands[1] == 2.0
    assert total.kw == {"axis": 0}
    assert (A.shape, A.dtype) == ((3, 2), np.float32)
    assert (y.shape, y.dtype, y.value.tolist()) == ((3,), np.float64, [2.0, 2.0, 2.0])
    line = f.__code__.co_firstlineno
    assert (y.where.line, y.where.stored, y.where.text) == (line + 1, "y", "y = A @ x")
    assert (total.where.line, total.where.stored) == (line + 2, None)
    assert str(y.where) == f"test_trace.py:{line + 1}"
    assert isinstance(program.outputs, Ref)
    assert program.outputs.index == 4


def test_counts() -> None:
    program = adkit.trace(lambda x: np.sum(np.sin(x) * np.sin(x).T))(np.ones((10, 10)))
    assert program.operations == 5
    assert program.counts == {"sin": 2, "transpose": 1, "multiply": 1, "sum": 1}
    assert program.nbytes == 3 * 800 + 8  # the transpose is a view
    assert repr(program) == "<Program f: 5 operations, 2408 bytes>"


def test_the_slide_graph_has_the_nodes_of_the_lecture() -> None:
    """LECTURE row 25: h1, h2, h3, y."""
    linear = adkit.bilinear(
        lambda W, x: W @ x, lambda W, x: None, lambda i, g, xs, p, l: np.matmul(g, xs[1]) if i == 0 else np.matmul(xs[0], g),
        lambda i, g, xs, p, l: np.outer(g, xs[1]) if i == 0 else xs[0].T @ g, name="linear_of_the_slide", symbol="structural",
        domain=(-1, 1),
    )  # fmt: skip
    from adkit.registry import REGISTRY

    try:

        def graph(x: Any, w: Any) -> Any:
            h1 = adkit.sigmoid(linear(w[0], x))
            h2 = adkit.sigmoid(linear(w[1], x) + linear(w[2], h1))
            h3 = adkit.relu(linear(w[3], h2))
            return adkit.sigmoid(linear(w[4], h3))

        counts = adkit.trace(graph)(np.ones(2), [np.eye(2)] * 5).counts
    finally:
        del REGISTRY["linear_of_the_slide"]
    assert counts == {"linear_of_the_slide": 5, "sigmoid": 3, "relu": 1, "add": 1}


def test_what_the_result_does_not_need_is_left_out() -> None:
    def f(x: Any) -> Any:
        np.exp(x)
        return 2 * x

    assert adkit.trace(f)(1.0).counts == {"multiply": 1}
    # Of a gradient alone the value itself is not needed.
    assert "sum" not in adkit.trace(adkit.grad(lambda x: np.sum(x * x)))(np.ones(2)).counts


def test_integers_and_text_are_held_fixed_and_arrays_of_integers_are_inputs() -> None:
    def f(x: Any, labels: Any, n: int, mode: str) -> Any:
        return x[labels].sum() * n if mode == "sum" else x.mean()

    program = adkit.trace(f)(np.arange(4.0), np.array([1, 1]), 3, "sum")
    assert program(np.arange(4.0), np.array([2, 3]), 3, "sum") == 15.0
    for bad in ((np.arange(4.0), np.array([2, 3]), 4, "sum"), (np.arange(4.0), np.array([2, 3]), 3, "mean")):
        with pytest.raises(adkit.DerivativeError, match="trace it again"):
            program(*bad)


# calls -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "bad", [(np.ones(4),), (np.ones(3), 1.0), (), (np.ones(3, complex),), ([1.0, 2.0, 3.0],)]
)  # fmt: skip
def test_other_shapes_types_and_structures_are_refused(bad: Any) -> None:
    with pytest.raises(adkit.DerivativeError, match=r"traced|takes 1 arguments"):
        adkit.trace(lambda x: np.sum(x))(np.ones(3))(*bad)


def test_integers_are_taken_where_floats_were_traced() -> None:
    assert adkit.trace(lambda x: x / 2)(1.0)(3) == 1.5


def test_pythons_numbers_take_the_type_that_was_traced() -> None:
    program = adkit.trace(lambda x: x / 3)(np.float32(1.0))
    assert program(2.0) == np.float32(2.0) / 3
    assert program(2.0).dtype == np.float32
    with pytest.raises(adkit.DerivativeError, match="float32"):
        program(np.float64(2.0))


def test_tapes_of_traced_values_can_be_weighed_and_watched() -> None:
    def f(x: Any) -> Any:
        y, pullback = adkit.vjp(lambda x: x * np.sin(x), x)
        assert pullback.nbytes > 0
        return pullback(y)[0]

    with adkit.debug_mutations():
        np.testing.assert_allclose(adkit.trace(f)(np.ones(3))(np.full(3, 2.0)), f(np.full(3, 2.0)))


def test_keyword_arguments_are_held() -> None:
    program = adkit.trace(lambda x, *, power: x**power)(2.0, power=3)
    assert program(3.0) == 27.0


def test_a_constant_result() -> None:
    assert adkit.trace(lambda x: 5.0)(1.0)(2.0) == 5.0
    assert adkit.trace(lambda x: (x, None, "name"))(1.0)(2.0) == (2.0, None, "name")
    with pytest.raises(adkit.DerivativeError, match="return statement"):
        adkit.trace(lambda x: None)(1.0)


# guards ----------------------------------------------------------------------------------------------------


def test_a_branch_is_guarded() -> None:
    def f(x: Any) -> Any:
        if x > 1 and not x > 5:
            return x * x
        return -x

    program = adkit.trace(f)(2.0)
    assert [(g.kind, g.expected) for g in program.guards] == [("value", True), ("value", False)]
    assert program(3.0) == 9.0
    for other in (0.5, 7.0):
        with pytest.raises(ValueError, match=r"traced where x > \d is (True|False) \(test_trace.py:\d+\)"):
            program(other)
    assert adkit.trace(f)(0.5)(0.7) == -0.7


def test_a_choice_by_where_needs_no_guard() -> None:
    program = adkit.trace(adkit.grad(lambda x: np.sum(np.where(x > 0, x * x, -x))))(np.array([1.0, -1.0]))
    assert program.guards == []
    assert program(np.array([-2.0, 3.0])).tolist() == [-1.0, 6.0]


@pytest.mark.parametrize("f", [adkit.relu, np.abs, lambda x: np.maximum(x, 1.0), lambda x: np.clip(x, -1, 1), np.sort, np.max])
def test_what_rules_compare_is_written_not_frozen(f: Any) -> None:
    g = adkit.grad(lambda x: np.sum(f(x) * np.arange(1.0, 5.0)) if f is not np.max else f(x))
    program = adkit.trace(g)(np.array([0.5, -2.0, 3.0, -0.1]))
    for x in (np.array([-0.5, 2.0, -3.0, 0.1]), np.array([0.6, -2.1, 3.1, -0.2])):
        if f is np.sort and np.argsort(x).tolist() != np.argsort([0.5, -2.0, 3.0, -0.1]).tolist():
            with pytest.raises(ValueError, match="traced where"):  # the order was read off
                program(x)
        else:
            assert program(x).tolist() == g(x).tolist()


def test_a_loop_with_a_data_dependent_trip_count() -> None:
    def newton(a: Any) -> Any:
        x = a
        while abs(x * x - a) > 1e-12:
            x = (x + a / x) / 2
        return x

    program = adkit.trace(newton)(2.0)
    assert program(2.0) == newton(2.0)
    assert adkit.trace(adkit.grad(newton))(2.0)(2.0) == pytest.approx(0.5 / math.sqrt(2))
    with pytest.raises(ValueError, match="traced where"):
        program(200.0)


def test_integers_read_off_values_are_guarded() -> None:
    def f(x: Any) -> Any:
        k = np.argmax(x)
        total = x[int(k)]
        for _ in range(int(x[0])):
            total = total * 2
        return total + np.arange(3.0)[k]

    program = adkit.trace(f)(np.array([1.5, 0.0, 9.0]))
    assert program(np.array([1.9, 2.0, 3.0])) == f(np.array([1.9, 2.0, 3.0]))
    for other in ([1.5, 9.0, 0.0], [2.5, 0.0, 9.0]):
        with pytest.raises(ValueError, match="traced where"):
            program(np.array(other))


def test_a_mask_selects_as_many_as_it_did() -> None:
    program = adkit.trace(lambda x: x[x > 0].sum())(np.array([1.0, -1.0, 2.0]))
    assert program(np.array([-1.0, 3.0, 4.0])) == 7.0
    with pytest.raises(ValueError, match="shape"):
        program(np.ones(3))


def test_the_sweeps_own_questions_are_not_written_down() -> None:
    """has_nan, is_zero and the tests of size are asked of the example: there is no guard, no comparison."""
    program = adkit.trace(adkit.grad(lambda x: np.sum(np.sqrt(x) * x[0] / np.log(x))))(np.array([2.0, 3.0]))
    assert program.guards == []
    assert not {"isnan", "isfinite", "equal", "less", "vdot", "any"} & set(program.counts)


def test_where_a_zero_cotangent_met_an_infinite_partial_the_choice_is_computed() -> None:
    g = adkit.grad(lambda x: np.sum(np.where(x > 0, np.log(x), 0.0)))
    with np.errstate(all="ignore"):
        program = adkit.trace(g)(np.array([0.0, 2.0]))
        for x in (np.array([0.0, 4.0]), np.array([4.0, 0.0])):
            assert program(x).tolist() == g(x).tolist() == np.where(x > 0, 0.25, 0).tolist()


# derivatives -------------------------------------------------------------------------------------------------


def f_mixed(x: Any) -> Any:
    y = np.tanh(x) @ np.outer(x, x)
    z = np.concatenate([y[1:], np.stack([x[0], y.sum()])])
    return np.sum(z**2) / np.linalg.norm(x) + np.prod(x) + np.std(x)


@pytest.mark.parametrize(
    "of",
    [
        adkit.grad(f_mixed), adkit.value_and_grad(f_mixed), adkit.hessian(f_mixed), adkit.jacfwd(f_mixed),
        adkit.jacrev(lambda x: np.tanh(x * f_mixed(x))), adkit.jacobian(lambda x: x * f_mixed(x)),
        lambda x: adkit.hvp(f_mixed, x, x), lambda x: adkit.jvp(f_mixed, (x,), (x,)),
        lambda x: adkit.vjp(f_mixed, x)[1](1.0), lambda x: adkit.linearize(f_mixed, x)[1](x),
        adkit.grad(lambda x: adkit.grad(f_mixed)(x) @ x), adkit.jacfwd(adkit.jacfwd(f_mixed)),
    ],
)  # fmt: skip
def test_every_driver_can_be_traced(of: Any) -> None:
    x = np.array([0.5, 1.0, -0.7])
    program = adkit.trace(of)(x)
    for point in (x, x * 1.1):
        got, want = program(point), of(point)
        for a, b in zip(adkit.tree.leaves(got), adkit.tree.leaves(want), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-13)


def test_custom_rules_are_traced() -> None:
    @adkit.custom_vjp
    def clipped(x: Any) -> Any:
        return x**2

    clipped.defvjp(lambda x: (x**2, x), lambda x, g: (g * np.clip(2 * x, -1, 1),))
    assert adkit.trace(clipped)(3.0)(4.0) == 16.0
    assert adkit.trace(adkit.grad(clipped))(3.0)(0.25) == 0.5


def test_item_assignment() -> None:
    def f(x: Any) -> Any:
        y = anp.zeros((3, 2))
        y[0] = x
        for k in range(1, 3):
            y[k] = y[k - 1] * x
        y[1:, 0] += 1.0
        return np.sum(y**2)

    x = np.array([1.5, 2.0])
    for of in (f, adkit.grad(f), adkit.hessian(f)):
        np.testing.assert_allclose(adkit.trace(of)(x)(x + 1), of(x + 1))


def test_arrays_of_traced_values_are_stacked() -> None:
    f = lambda y: np.array([y[1], -y[0], 0.5])
    assert adkit.trace(f)(np.array([1.0, 2.0]))(np.array([3.0, 4.0])).tolist() == [4.0, -3.0, 0.5]


def test_a_trace_inside_a_derivative_and_inside_a_trace() -> None:
    inner = lambda x: adkit.trace(np.sin)(x)(x) * x
    assert adkit.grad(inner)(0.5) == pytest.approx(np.cos(0.5) * 0.5 + np.sin(0.5))
    assert adkit.trace(inner)(0.5)(0.7) == np.sin(0.7) * 0.7


# refusals ----------------------------------------------------------------------------------------------------


def test_a_value_of_an_outer_derivative_is_refused() -> None:
    with pytest.raises(adkit.UnsupportedError, match="pass it as an argument"):
        adkit.grad(lambda w: adkit.trace(lambda x: x * w)(2.0)(2.0))(3.0)


def _into(x: Any) -> Any:
    a = np.zeros(3)
    a[0] = x
    return a


def _plus(x: Any) -> Any:
    a = np.zeros(3)
    a += x
    return a


@pytest.mark.parametrize(
    ("f", "words"),
    [
        (lambda x: math.sin(x), "np.sin, not math.sin"),
        (lambda x: x * np.random.normal(), "numpy.random"),  # noqa: NPY002
        (lambda x: x * random.random(), "Python's random"),
        (_into, "adkit.numpy.zeros"),
        (_plus, "a = a \\+ x"),
        (lambda x: np.add.at(np.zeros(3), 0, x), "in place"),
        (lambda x: np.copyto(np.zeros(3), x), "np.copyto"),
        (lambda x: x.__setitem__(0, 1.0), "np.where"),
        (lambda x: np.asarray(x, float), "plain array of float64"),
        (lambda x: complex(x), "complex"),
        (lambda x: np.cumsum(x, out=np.zeros(1)), "np.cumsum"),
    ],
)
def test_what_a_program_cannot_hold_is_refused(f: Any, words: str) -> None:
    with pytest.raises(adkit.UnsupportedError, match=words):
        adkit.trace(f)(1.5)


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(adkit.DerivativeError, match="must be a function"):
        adkit.trace(3)  # type: ignore[arg-type]
    with pytest.raises(adkit.DerivativeError, match="no array of numbers"):
        adkit.trace(lambda x: x)(np.array(["a"]))
    with pytest.raises(adkit.DerivativeError, match="MaskedArray"):
        adkit.trace(lambda x: x)(np.ma.array([1.0]))


def test_a_value_that_outlives_its_trace_is_refused() -> None:
    kept: list[Any] = []
    adkit.trace(lambda x: kept.append(x) or x)(1.0)
    with pytest.raises(adkit.LevelError, match="after its trace had ended"):
        kept[0] + 1
    with pytest.raises(adkit.LevelError, match="ended"):
        bool(kept[0] > 0)


def test_an_error_leaves_no_level_open() -> None:
    from adkit.levels import running

    with pytest.raises(ZeroDivisionError):
        adkit.trace(lambda x: 1 // 0)(1.0)
    assert not running()
    assert type(anp.zeros(2)) is np.ndarray


def test_threads_do_not_meet() -> None:
    found: dict[int, Any] = {}

    def work(k: int) -> None:
        program = adkit.trace(adkit.grad(lambda x: np.sum(np.sin(k * x))))(np.ones(3))
        found[k] = program(np.full(3, 0.1))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(1, 9)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    for k, value in found.items():
        np.testing.assert_allclose(value, k * np.cos(0.1 * k))


# the table -----------------------------------------------------------------------------------------------------


def baydin(x1: Any, x2: Any) -> Any:
    """Baydin et al. (2018), tables 2 and 3: y = ln(x1) + x1 x2 - sin(x2) at (2, 5)."""
    return np.log(x1) + x1 * x2 - np.sin(x2)


def test_the_tables_of_baydin_et_al() -> None:
    program = adkit.trace(baydin)(2.0, 5.0)
    table = program.table(tangents=(1.0, 0.0), cotangent=1.0)
    assert [row.expression for row in table.rows] == [
        "input", "input", "np.log(x1)", "x1 * x2", "v2 + v3", "np.sin(x2)", "v4 - v5",
    ]  # fmt: skip
    round3 = lambda xs: [round(float(x), 3) for x in xs]
    assert round3(row.primal for row in table.rows) == [2, 5, 0.693, 10, 10.693, -0.959, 11.652]
    assert round3(row.tangent for row in table.rows) == [1, 0, 0.5, 5, 5.5, 0, 5.5]
    assert round3(row.cotangent for row in table.rows) == [5.5, 1.716, 1, 1, 1, -1, 1]


def test_before_a_sweep_nothing_is_computed() -> None:
    program = adkit.trace(baydin)(2.0, 5.0)
    assert str(program.table()).count("not computed") == 14
    assert str(program.table(tangents=(1.0, 0.0))).count("not computed") == 7
    assert program.table().rows[0].tangent is None


def test_the_table_in_a_notebook_is_html_and_escaped() -> None:
    html = adkit.trace(lambda x: np.where(x > 0, x, 0))(np.ones(2)).table(cotangent=np.ones(2))._repr_html_()
    assert html.startswith("<table>")
    assert "x &gt; 0" in html
    assert "<i>not computed</i>" in html


def test_tables_of_arrays_trees_and_several_results() -> None:
    def f(p: Any) -> Any:
        parts = np.split(p["x"], 2)
        fraction, whole = np.modf(parts[0] * parts[1])
        return {"w": (fraction * whole).sum() * p["s"], "n": np.argmax(whole)}

    args = ({"x": np.array([1.1, 2.2, 3.3, 4.4]), "s": 2.0},)
    table = adkit.trace(f)(*args).table(tangents=({"x": np.ones(4), "s": 0.0},), cotangent={"w": 1.0, "n": 0})
    np.testing.assert_allclose(table.rows[-1].primal, 1)
    want = adkit.grad(lambda p: f(p)["w"])(*args)
    np.testing.assert_allclose(table["x"].cotangent, want["x"])
    np.testing.assert_allclose(table["s"].cotangent, want["s"])


def test_the_sweeps_of_the_table_are_those_of_the_drivers() -> None:
    x, v = np.array([0.5, 1.0, -0.7]), np.array([1.0, -2.0, 0.5])
    table = adkit.trace(f_mixed)(x).table(tangents=(v,), cotangent=1.0)
    np.testing.assert_allclose(table.rows[-1].tangent, adkit.jvp(f_mixed, (x,), (v,))[1])
    np.testing.assert_allclose(table["x"].cotangent, adkit.grad(f_mixed)(x))
    with pytest.raises(adkit.DerivativeError, match="tangent"):
        adkit.trace(f_mixed)(x).table(tangents=(v[:2],))
    with pytest.raises(KeyError, match="no value is called"):
        table["nothing"]


def test_what_another_thread_draws_is_not_taken_for_the_functions_own() -> None:
    """The global generators belong to all threads; a function that draws itself is refused beside others too."""
    with ThreadPoolExecutor(1) as other:
        other.submit(random.random).result()
        meanwhile = [True]

        def innocent(x: Any) -> Any:
            if meanwhile:
                meanwhile.pop()
                other.submit(random.random).result()
            return 2.0 * x

        assert adkit.trace(innocent)(1.0)(3.0) == 6.0
        with pytest.raises(adkit.UnsupportedError, match="drew random numbers from Python's random"):
            adkit.trace(lambda x: x * random.random())(1.0)
