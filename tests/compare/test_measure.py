"""Timing, with a clock that only moves when it is told to: nothing here depends on how fast the machine is."""

from __future__ import annotations

import gc
from collections.abc import Callable

import numpy as np
import pytest

from adkit.compare.measure import Plan, Samples, duration, held_bytes, paired, peak_bytes, ratio, sample


class Machine:
    """A clock, and work that moves it: by what it costs, times how slow the machine is at the moment."""

    def __init__(self) -> None:
        self.now, self.slow = 0.0, 1.0
        self.calls: list[str] = []

    def clock(self) -> float:
        return self.now

    def work(self, name: str, cost: float) -> Callable[[], None]:
        def run() -> None:
            self.calls.append(name)
            self.now += cost * self.slow

        return run


PLAN = Plan(rounds=20, least=6, sample_seconds=0.001, row_seconds=1.0, call_seconds=1.0)


def test_ratios_are_those_of_the_costs() -> None:
    machine = Machine()
    runs = {"a": machine.work("a", 3e-3), "b": machine.work("b", 1e-3)}
    samples = sample(runs, PLAN, np.random.default_rng(0), machine.clock)
    found = ratio(samples["a"], samples["b"])
    assert found is not None
    assert found.median == pytest.approx(3.0)
    assert found.low == pytest.approx(3.0)
    assert found.high == pytest.approx(3.0)


def test_paired_ratios_hold_where_the_machine_slows_down() -> None:
    """The machine becomes four times slower from round to round: the ratio of means would follow it."""
    machine = Machine()
    runs = {"a": machine.work("a", 2e-2), "b": machine.work("b", 1e-2)}

    def slower() -> None:
        machine.slow *= 1.15

    samples = sample(runs, PLAN, np.random.default_rng(0), machine.clock, slower)
    found = ratio(samples["a"], samples["b"])
    assert found is not None
    assert max(samples.seconds("a")) > 4 * min(samples.seconds("a"))
    assert (found.low, found.median, found.high) == pytest.approx((2.0, 2.0, 2.0))


def test_a_burst_in_a_few_rounds_moves_no_median() -> None:
    b = [1.0] * 21
    a = [2.0] * 18 + [100.0, 200.0, 300.0]
    found = ratio(a, b)
    assert found is not None
    assert found.median == 2.0


def test_rounds_are_interleaved_and_shuffled() -> None:
    machine = Machine()
    runs = {name: machine.work(name, 2e-2) for name in "abc"}
    sample(runs, PLAN, np.random.default_rng(0), machine.clock)
    timed = machine.calls[-60:]
    rounds = ["".join(timed[3 * k : 3 * k + 3]) for k in range(20)]
    assert all(sorted(r) == ["a", "b", "c"] for r in rounds)
    assert len(set(rounds)) > 3


def test_the_seed_fixes_the_order() -> None:
    orders = []
    for _ in range(2):
        machine = Machine()
        runs = {name: machine.work(name, 2e-2) for name in "abc"}
        sample(runs, PLAN, np.random.default_rng(7), machine.clock)
        orders.append(machine.calls)
    assert orders[0] == orders[1]


def test_a_slow_method_sits_rounds_out_and_still_meets_the_others() -> None:
    machine = Machine()
    runs = {"fast": machine.work("fast", 1e-3), "slow": machine.work("slow", 0.5), "slower": machine.work("s", 3.0)}
    samples = sample(runs, PLAN, np.random.default_rng(0), machine.clock)
    assert len(samples.seconds("fast")) == 20
    assert len(samples.seconds("slow")) == len(samples.seconds("slower")) == 6
    both = ratio(samples["slower"], samples["slow"])
    assert both is not None
    assert both.median == pytest.approx(6.0)


def test_the_interval_is_that_of_the_median() -> None:
    """Known bounds: n = 6 takes the whole range, n = 20 the 6th and the 15th."""
    six = ratio([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [1.0] * 6)
    assert six is not None
    assert (six.low, six.high) == (1.0, 6.0)
    twenty = ratio([float(k) for k in range(1, 21)], [1.0] * 20)
    assert twenty is not None
    assert (twenty.low, twenty.high) == (6.0, 15.0)
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(400):
        found = ratio(rng.lognormal(0.0, 1.0, 21).tolist(), [1.0] * 21)
        assert found is not None
        inside += found.low <= 1.0 <= found.high
    assert inside / 400 > 0.92


def test_a_ratio_of_nothing_is_none() -> None:
    assert ratio([None, 1.0], [1.0, None]) is None


def test_garbage_is_collected_outside_the_clock_and_the_collector_is_left_as_it_was() -> None:
    machine = Machine()
    frozen = gc.get_freeze_count()

    def leave_a_cycle() -> None:
        cycle: list[object] = []
        cycle.append(cycle)
        machine.now += 1e-2

    assert gc.isenabled()
    sample({"a": leave_a_cycle}, PLAN, np.random.default_rng(0), machine.clock)
    assert gc.isenabled()
    assert gc.get_freeze_count() <= frozen


def test_an_exception_unfreezes() -> None:
    def fail() -> None:
        raise ValueError

    with pytest.raises(ValueError):
        sample({"a": fail}, PLAN, np.random.default_rng(0))
    assert gc.get_freeze_count() == 0


def test_peak_memory_is_what_is_held_at_once() -> None:
    def three() -> np.ndarray:
        a = np.ones(100_000)
        b = a + 1.0
        del a
        c = b + 1.0
        del b
        return c

    assert 1_600_000 <= peak_bytes(three) < 1_700_000


def test_memory_that_is_held_is_what_lives_as_long_as_the_result() -> None:
    def make() -> list[np.ndarray]:
        much = np.ones(1_000_000)
        return [much[:10].copy(), np.ones(100_000)]

    assert 800_000 <= held_bytes(make) < 900_000


def sitting(ratio: float, rounds: int = 20) -> Samples:
    spread = np.exp(0.005 * np.linspace(-1.0, 1.0, rounds))
    return Samples({"a": (ratio * spread).tolist(), "b": [1.0] * rounds})


def test_sittings_that_agree_leave_the_interval_narrow_and_sure() -> None:
    found = paired([sitting(2.0), sitting(2.01)], "a", "b")
    assert found is not None
    assert found.sure
    assert found.high / found.low < 1.03


def test_a_shift_between_sittings_widens_the_interval_and_says_unsure() -> None:
    """Each sitting by itself is sure; what differs between them, no interval within one can see."""
    sittings = [sitting(2.0), sitting(2.4)]
    alone = [paired([s], "a", "b") for s in sittings]
    assert all(r is not None and r.sure for r in alone)
    both = paired(sittings, "a", "b")
    assert both is not None
    assert not both.sure
    assert both.low < 1.9
    assert both.high > 2.5
    assert 2.0 < both.median < 2.4


@pytest.mark.parametrize("drift", [0.02, 0.1, 0.3])
def test_two_runs_agree_or_say_that_they_are_unsure(drift: float) -> None:
    """The ratio drifts from sitting to sitting by a random factor: sure pairs of runs differ by no more than 15 %."""
    rng = np.random.default_rng(0)
    wrong = sure = 0
    for _ in range(300):
        runs = [paired([sitting(2.0 * float(np.exp(drift * rng.standard_normal()))) for _ in range(2)], "a", "b") for _ in range(2)]
        one, other = runs
        assert one is not None and other is not None
        if one.sure and other.sure:
            sure += 1
            wrong += max(one.median, other.median) > 1.15 * min(one.median, other.median)
    assert wrong <= 0.02 * 300
    assert sure > 250 or drift > 0.05


def test_a_plan_is_split_between_its_sittings() -> None:
    part = Plan(rounds=41, least=6, row_seconds=0.3, sittings=2).sitting()
    assert (part.rounds, part.least, part.row_seconds) == (21, 3, 0.15)


@pytest.mark.parametrize("seconds, text", [
    (0.0, "0.00 ns"), (1.5e-9, "1.50 ns"), (12.34e-6, "12.3 us"), (0.9999e-3, "1.00 ms"), (0.25, "250 ms"), (3.0, "3.00 s"), (1234.0, "1234 s"),
])  # fmt: skip
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text
