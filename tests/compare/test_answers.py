"""What follows from the rows: crossovers, growth, memory, prepared methods; and the error against fifty digits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from machine import Machine, measured

from adkit.compare import answers
from adkit.compare.digits import reference, ulps
from adkit.compare.methods import METHODS, Task
from adkit.compare.operations import count, nominal_seconds, predict
from adkit.compare.problems import PROBLEMS
from adkit.compare.rows import Block, Row


def row(method: str, seconds: float, operator: str = "gradient", **more: Any) -> Row:
    known: dict[str, Any] = {"error": 1e-16, "run_seconds_median": seconds, "ratio_to_value": seconds * 1e3, "sure": True}
    known |= {"ratio_low": seconds * 990.0, "ratio_high": seconds * 1010.0}
    return Row("chain", "10", operator, method, **(known | more))


def block(*rows: Row, inputs: int = 10, outputs: int = 1, size: str = "10", value: float = 1e-3) -> Block:
    return Block(PROBLEMS["chain"], size, list(rows), inputs, outputs, value)


def text(*rows: Row, **more: Any) -> str:
    return " ".join(answers.recommend(block(*rows, **more), "gradient").split())


def test_the_crossover_is_where_the_measured_lines_meet() -> None:
    """One direction takes 2 ms, ten take 11: a further one takes 1 ms, and reverse's 5 ms are met at 4 inputs."""
    rows = [row("forward", 2e-3, "jvp"), row("forward", 11e-3), row("reverse", 5e-3)]
    assert answers.crossover(block(*rows), "gradient") == pytest.approx(4.0)
    assert "crossover near 4 inputs for 1 output" in text(*rows)
    assert answers.crossover(block(*rows[1:]), "gradient") == pytest.approx(10 * 5 / 11)
    assert answers.crossover(block(rows[1]), "gradient") is None
    assert "reverse is ahead from the first input on" in text(rows[0], rows[1], row("reverse", 1e-3))


def test_the_crossover_of_a_whole_run_is_found_by_measurement() -> None:
    """Forward costs 1 ms an input, reverse 6 ms: whichever size is measured, they are level at 6."""
    for inputs in (3, 12):
        found = measured(Machine(0.01, inputs), inputs=inputs)
        assert answers.crossover(found, "gradient") == pytest.approx(6.0, rel=0.05)
        chosen = answers.best(found, "gradient")
        assert chosen is not None and chosen.method == ("forward" if inputs < 6 else "reverse")


def test_the_reason_names_cost_prediction_memory_and_doubt() -> None:
    said = text(row("reverse", 3e-3, ratio_to_hand=1.5, predicted=3.4, operations=2.5, peak_bytes=4096), row("forward", 9e-3, peak_bytes=1024))
    assert "1.50x hand; 3.00x the value (3.40x predicted, 2.50x counted)" in said
    assert "peak 4.0 KB, 4.00x forward's" in said
    assert "(unsure)" not in said
    assert "(unsure)" in text(row("reverse", 3e-3, sure=False))


def test_what_is_prepared_pays_from_so_many_calls_on() -> None:
    said = text(row("compiled-reverse", 1e-3, prepare_seconds=0.01), row("reverse", 3e-3))
    assert "prepared in 10.0 ms, which pays from 5 calls on" in said


def test_a_mode_that_would_take_too_long_is_named_with_its_sweeps() -> None:
    skipped = Row("chain", "10", "gradient", "forward", "skipped", reason="estimated 3 s a call, above the budget of 50 ms")
    assert "forward would take 79,510 sweeps" in text(row("reverse", 1e-3), skipped, inputs=79510)


def test_growth_follows_the_two_largest_sizes_and_predicts_beyond() -> None:
    """Forward as n^2 (the value as n, and n sweeps), reverse as n: level where 1e-6 n^2 = 1e-4 n."""
    blocks = [
        block(row("forward", 1e-6 * n**2), row("reverse", 1e-4 * n), inputs=n, size=str(n), value=1e-6 * n) for n in (10, 100, 1000)
    ]
    lines = [" ".join(line.split()) for line in answers.growth(blocks, "gradient", "n")]
    assert lines[0] == (
        "growth: forward (gradient) as n^2.00 from 100 to 1,000 (predicted ^2.00: the value's ^1.00, sweeps ^1.00); "
        "at n = 10,000 about 100 s"
    )
    assert lines[1] == (
        "growth: reverse (gradient) as n^1.00 from 100 to 1,000 (predicted ^1.00: the value's ^1.00, sweeps ^0.00); "
        "at n = 10,000 about 1.00 s"
    )
    assert lines[2] == "crossover: forward and reverse (gradient) are level near n = 100"
    assert answers.growth(blocks[:1], "gradient", "n") == []


# Fifty digits


def task(name: str, operator: str, size: str) -> Task:
    instance = PROBLEMS[name].instance(size, 0)
    rng = np.random.default_rng(1)
    tangents = tuple([rng.standard_normal(np.shape(p)) for p in instance.params])
    value = instance.function(np, *instance.params, **instance.data)
    return Task(operator, instance.function, instance.params, tangents, instance.data, instance.hand, np.ndim(value) == 0, int(np.size(value)))


@pytest.mark.parametrize("name, operator, size", [
    ("chain", "gradient", "4"), ("chain", "jvp", "4"), ("chain", "hessian", "3"), ("xor", "hvp", "4"), ("tanh-affine", "jacobian", "3x2"),
    ("helmholtz", "gradient", "5"), ("circle", "gradient", "4"), ("lecture-graph", "gradient", "4"), ("path-graph", "gradient", "1"),
])  # fmt: skip
def test_fifty_digits_agree_with_both_modes_to_a_few_ulps_and_see_a_wrong_last_digit(name: str, operator: str, size: str) -> None:
    from adkit.compare.agreement import canonical

    one = task(name, operator, size)
    count_of = sum(np.size(p) for p in one.params)
    places = list(range(count_of**2 if operator == "hessian" else 1 if operator == "jvp" else count_of))
    exact = reference(one, places, 10**9)
    assert len(exact) == len(places)
    for mode in ("forward", "reverse"):
        if mode == "reverse" and operator == "jvp" and one.outputs > 1:
            continue
        found = canonical(one, METHODS[mode].build(one)())
        assert ulps(found, exact, one, places) < 30.0
        off = [g * (1.0 + 1e-12) for g in found]
        assert ulps(off, exact, one, places) > 1000.0


def test_fifty_digits_are_symbolics() -> None:
    """mpmath's difference quotient equals SymPy's derivative, to fifty digits."""
    import sympy as sp

    x = sp.Rational(7, 10)
    letter = sp.Symbol("x")
    formula = sp.sin(letter) * sp.exp(-(letter**2)) + sp.tanh(letter) * sp.log(1 + letter**2)
    one = replace(task("chain", "gradient", "1"), params=(np.array([0.7]),))
    found = reference(one, [0], 10**6)[0][0]
    true = formula.diff(letter).subs(letter, sp.Rational(*(0.7).as_integer_ratio())).evalf(60)
    assert abs(sp.Float(str(found), 60) - true) < sp.Float("1e-50")
    assert abs(true - formula.diff(letter).subs(letter, x).evalf(60)) > 1e-20  # 0.7 is not 7/10


def test_fifty_digits_stop_when_they_cost_too_much_and_refuse_what_they_cannot() -> None:
    one = task("chain", "gradient", "50")
    assert reference(one, list(range(50)), 5_000) != []
    assert len(reference(one, list(range(50)), 5_000)) < 50
    assert reference(one, [0], 100) == []
    stubborn = replace(one, function=lambda np, x: np.sum(np.linalg.inv(np.diag(x))))
    assert reference(stubborn, [0], 10**6) == []


# Counted operations


def test_counts_do_not_depend_on_the_machine() -> None:
    def f(x: Any) -> Any:
        return np.sum(np.sin(x) * x)

    x = np.ones(100)
    assert predict(f, (x,)) == predict(f, (x,))
    assert nominal_seconds(f, (x,)) == nominal_seconds(f, (x,))
    assert (nominal_seconds(f, (np.ones(10**6),)) or 0.0) > 100.0 * (nominal_seconds(f, (x,)) or 1.0)
    assert predict(lambda x: float(np.sum(x)), (x,)) is None  # cannot be written down
    import adkit

    dearer = count(lambda x: adkit.grad(f)(x) + adkit.grad(f)(x + 1.0), (x,), f, (x,))
    assert (dearer or 0.0) > 1.8 * (count(adkit.grad(f), (x,), f, (x,)) or 10.0)


@pytest.mark.parametrize("name, size", [("chain", "20"), ("rosenbrock", "20"), ("helmholtz", "20"), ("digits-softmax", "8"), ("rnn", "3")])
def test_the_counted_gradient_keeps_griewanks_bound(name: str, size: str) -> None:
    """What adkit's reverse mode in fact computes costs no more than four evaluations, whatever the number of inputs."""
    from adkit.compare.methods.engine import describe_task

    if PROBLEMS[name].missing():
        pytest.skip(PROBLEMS[name].missing() or "")
    one = task(name, "gradient", size)
    found = count(*describe_task(one, "reverse"), one.numpy(), one.params)
    assert found is not None
    assert found <= 4.0
