"""Measuring: interleaved rounds in shuffled order, and the ratios of what ran in the same round.

A machine that is busy, warm or throttled changes every absolute time, but two runs a millisecond apart meet the
same machine; so a ratio is taken within each round, and its median and interval over the rounds.

What lasts for seconds (another job beside this one, where the data lie in memory) shifts even the ratios, and no
interval within one block of rounds can see it.  So the rounds are split into two sittings, well apart, and the
interval is widened by what the medians of the two differ.

The garbage collector stays on, since it is on for the user, and cycles that a method leaves behind are its own
cost; it runs to its end before each sample, outside the clock, so that nobody pays for the one before.
"""

from __future__ import annotations

import gc
import math
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

__all__ = [
    "Clock", "Plan", "Ratio", "Samples", "duration", "held_bytes", "paired", "peak_bytes", "quiet_collector", "ratio",
    "sample",
]  # fmt: skip

Clock = Callable[[], float]


@dataclass(frozen=True)
class Plan:
    """How much to measure.

    ``rounds`` is how often a fast method is sampled, ``least`` how often a slow one; each sample lasts about
    ``sample_seconds``, and all samples of one method should not take much over ``row_seconds``.  A method whose
    single call is expected to take over ``call_seconds`` is skipped.  Many short samples beat few long ones: on a
    busy machine a scheduler's time slice, a few milliseconds, then spoils a sample in ten and not every other one.
    """

    rounds: int = 41
    least: int = 6  # the fewest for which an interval between order statistics covers 95 %
    sample_seconds: float = 0.0005
    row_seconds: float = 0.3
    call_seconds: float = 0.2
    sittings: int = 2
    digits: int = 60_000  # operations on numbers of fifty digits, for each derivative

    def sitting(self) -> Plan:
        """The part of it that falls to one sitting."""
        k = self.sittings
        return replace(self, rounds=-(-self.rounds // k), least=-(-self.least // k), row_seconds=self.row_seconds / k)


class Samples(dict[str, list[float | None]]):
    """Seconds of one call, a list over the rounds for each name; None where the name sat that round out."""

    def seconds(self, name: str) -> list[float]:
        """The samples that were taken."""
        return [s for s in self[name] if s is not None]


@dataclass(frozen=True)
class Ratio:
    """The median of paired ratios, and its 95 % interval."""

    median: float
    low: float
    high: float

    @property
    def sure(self) -> bool:
        """Whether another run should come within 15 % of this one, as far as the interval tells."""
        return self.high <= 1.15 * self.low


_quiet = threading.local()


@contextmanager
def quiet_collector() -> Iterator[None]:
    """What is alive now is not looked at again, so that a collection costs what the measured code made.

    Inside another one it does nothing more: to look through everything that SymPy holds takes a tenth of a second.
    """
    if getattr(_quiet, "on", False):
        yield
        return
    gc.collect()
    gc.freeze()
    _quiet.on = True
    try:
        yield
    finally:
        _quiet.on = False
        gc.unfreeze()


def sample(
    runs: Mapping[str, Callable[[], Any]],
    plan: Plan,
    rng: np.random.Generator,
    clock: Clock = time.perf_counter,
    tick: Callable[[], None] = lambda: None,
) -> Samples:
    """Time every run in interleaved rounds; ``tick`` is called after each round.

    A fast run is looped within its sample; a slow one sits most rounds out.  The rounds of a slower run are among
    those of a faster one, so that any two meet.
    """
    with quiet_collector():
        loops, times = {}, {}
        for name, run in runs.items():
            loops[name], once = _loops(run, plan.sample_seconds, clock)
            wanted = int(plan.row_seconds / max(once * loops[name], 1e-9))
            times[name] = min(plan.rounds, max(plan.least, wanted))
        rank = rng.permutation(plan.rounds)
        samples = Samples({name: [None] * plan.rounds for name in runs})
        names = list(runs)
        for at in range(plan.rounds):
            for k in rng.permutation(len(names)):
                name = names[int(k)]
                if rank[at] < times[name]:
                    samples[name][at] = _once(runs[name], loops[name], clock)
            tick()
    return samples


def _loops(run: Callable[[], Any], enough: float, clock: Clock) -> tuple[int, float]:
    """How many calls last for a sample, and how long one takes; the calls made here also warm the caches."""
    # The least of three: one that the machine cut short would pass for slow, and be looped too little to be warm.
    seconds = _once(run, 1, clock)
    if seconds < 1000.0 * enough:
        seconds = min(seconds, *[_once(run, 1, clock) for _ in range(2)])
    if seconds >= 10.0 * enough:
        return 1, seconds
    count = 1
    while True:
        seconds = min([_once(run, count, clock) for _ in range(3)])
        if seconds * count >= enough / 2.0 or count >= 1 << 20:
            return max(1, math.ceil(enough / max(seconds, 1e-9))), seconds
        count *= 4


def _once(run: Callable[[], Any], loops: int, clock: Clock) -> float:
    gc.collect()
    if loops == 1:
        start = clock()
        run()
        return clock() - start
    run()  # a fast call finds its data where the last one left it, in the cache
    turns = range(loops)
    start = clock()
    for _ in turns:
        run()
    return (clock() - start) / loops


def ratio(above: Sequence[float | None], below: Sequence[float | None]) -> Ratio | None:
    """The median of ``above / below`` over the rounds in which both ran, and its 95 % interval.

    The interval lies between order statistics: the chance that the median of the distribution lies outside is that
    of a fair coin, whatever the distribution.  Below six rounds it is the whole range, and covers less.
    """
    pairs = sorted(a / b for a, b in zip(above, below, strict=True) if a is not None and b is not None and b > 0.0)
    if not pairs:
        return None
    n = len(pairs)
    outside, k = 0.5**n, 0  # the chance of at most k heads in n throws
    while k + 1 < n / 2:
        more = outside + math.comb(n, k + 1) * 0.5**n
        if more > 0.025:
            break
        outside, k = more, k + 1
    return Ratio(float(np.median(pairs)), pairs[k], pairs[n - 1 - k])


def paired(sittings: Sequence[Samples], above: str, below: str) -> Ratio | None:
    """The ratio over all sittings: the median of all rounds, and an interval that the sittings' own medians widen.

    Medians a factor d apart show that whatever changes between sittings moves a median by about that much; another run
    is another sitting.  So the interval reaches three quarters of d (in logarithms) beyond the medians: where the ratio
    drifts from sitting to sitting, two runs that both call themselves sure then differ by over 15 % once in a hundred.
    """
    whole = ratio([x for s in sittings for x in s[above]], [x for s in sittings for x in s[below]])
    apart = [r.median for s in sittings if (r := ratio(s[above], s[below])) is not None]
    if whole is None or len(apart) < 2:
        return whole
    least, most = min(apart), max(apart)
    beyond = (most / least) ** 0.75
    return Ratio(whole.median, min(whole.low, least / beyond), max(whole.high, most * beyond))


def held_bytes(make: Callable[[], Any]) -> int:
    """The memory that Python and NumPy hold as long as the result of ``make()`` lives."""
    return _traced(make, lambda before, held, peak: held - before)


def peak_bytes(run: Callable[[], Any]) -> int:
    """The most memory that Python and NumPy held at once during one run, beyond what they held before it."""
    return _traced(run, lambda before, held, peak: peak - before)


def _traced(run: Callable[[], Any], read: Callable[[int, int, int], int]) -> int:
    gc.collect()
    already = tracemalloc.is_tracing()
    if not already:
        tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        result = run()
        held, peak = tracemalloc.get_traced_memory()
        del result
        return max(0, read(before, held, peak))
    finally:
        if not already:
            tracemalloc.stop()


def duration(t: float) -> str:
    """A time with a unit, to three digits."""
    if t >= 100.0:
        return f"{t:.0f} s"
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if t >= 0.9995 * scale:
            return f"{t / scale:#.3g}".rstrip(".") + f" {unit}"
    return f"{t * 1e9:#.3g}".rstrip(".") + " ns"
