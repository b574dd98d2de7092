"""Steps on a tape that are forgotten and computed again: what stands behind ``adkit.checkpoint`` and ``adkit.unroll``.

When steps are forgotten their records are dropped, and one record stands for them all.  Its pullback computes them
again, on the same tape behind its end, pulls back through that, and drops it again.  A part that is too long to be
recorded at once is divided, and its parts wait on a stack, not in a recursion: depth is no limit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any, NamedTuple
from weakref import ref

import numpy as np

from . import tree
from .arguments import outputs
from .cotangents import Pending, Spec, give
from .errors import DerivativeError
from .fingerprint import differ, prints
from .levels import Boxed
from .pull import WRITES, layout, pull_dropped, pull_leaf
from .schedules import split
from .sweep import sweep_part
from .tape import Tape, Var

__all__ = ["Chain"]


def _plan(length: int, slots: int, policy: str) -> tuple[int, int]:
    """How many steps to advance and forget, and how many to record after them (0 or 1), before the next state is kept."""
    y = split(length, slots, policy)
    return (y - 1, 1) if policy == "internal" and slots > 1 else (y, 0)


class _Place:
    """A value on the tape, without the tape: a record that held it would keep the tape alive with itself."""

    __slots__ = ("index", "primal")

    def __init__(self, v: Var) -> None:
        self.index, self.primal = v.index, v.primal

    def on(self, tape: Tape) -> Var:
        v = Var()
        v.primal, v.level, v.index = self.primal, tape, self.index
        return v


class _Segment(NamedTuple):
    """Steps that are to be computed again from ``state``, with room for ``slots`` states."""

    low: int
    high: int
    slots: int
    state: Any
    after: list[int | None]
    """Where the cotangent of the state after it arrives: for each leaf the number of a record, or None."""
    prints: list[Any]
    """What tells that state from another."""
    mark: int
    """Where the records end that are needed before it."""


class _Recorded(NamedTuple):
    """A step whose records, from ``start`` to ``end``, are kept."""

    start: int
    end: int


class Chain:
    """Steps on a tape that are computed, forgotten but for a few states, and computed again.

    ``step(state, k)`` is step number ``k``; ``driver`` is who speaks in messages, ``policy`` one of ``schedules``.
    """

    def __init__(self, tape: Tape, step: Callable[[Any, int], Any], driver: str, policy: str) -> None:
        self.tape, self.step, self.driver, self.policy = tape, step, driver, policy
        if tape.lock is None:
            tape.lock = RLock()

    def mine(self, v: Any) -> bool:
        return type(v) is Var and v.level is self.tape

    def forget(self, state: Any, high: int, slots: int, keep: bool) -> Any:
        """The state after ``high`` steps, which together leave one record.

        ``keep`` says whether the states and recordings of the way there are kept for the way back; else all is
        computed again.
        """
        tape, start = self.tape, len(self.tape.records)
        origin = self.packed(state)
        used: dict[int, Spec] = {}

        def forget(mark: int) -> None:
            used.update({i: spec for i, spec in _drop(tape, mark).items() if i < start and i not in used})

        stack: list[Any] = []
        after = self.descend(_Segment(0, high, slots, origin, [], [], start), stack, forget)
        leaves = tree.leaves(after)
        if any([isinstance(v, Boxed) and v.level.order > tape.order for v in leaves]):
            raise DerivativeError(
                f"{self.driver}: the function uses values of a differentiation that was begun inside the one it is called in"
            )
        saved = tape.records[start:] if keep else None
        forget(start)
        places = [n for n, v in enumerate(leaves) if self.mine(v) and v.index >= start]
        ys = [leaves[n].primal for n in places]
        if not ys:
            return after
        seeds = [leaves[n].index for n in places]
        way = None if saved is None else _Way(stack, saved, start, seeds)
        again = _Again(self, _Segment(0, high, slots, origin, [], prints(leaves), 0), places, used, way)
        for n, v in zip(places, tape.add_call(again, ys, tuple(used), tuple(used.values()), again), strict=True):
            leaves[n] = v
        return tree.rebuild(after, leaves)

    def descend(self, part: _Segment, stack: list[Any], forget: Callable[[int], None]) -> Any:
        """Compute a segment to its end: what is to be done on the way back is put on the stack, the last step on top.

        ``forget(mark)`` drops what is recorded from ``mark`` on.
        """
        tape, low, high, slots, state = self.tape, part.low, part.high, part.slots, self.unpacked(part.state)
        while high - low > 1:
            advance, live = _plan(high - low, slots, self.policy)
            if advance:
                mark = here = len(tape.records)
                before = self.packed(state)
                for k in range(low, low + advance):
                    state = outputs(self.step(state, k))
                    forget(here)
                    here = len(tape.records)
                    # What comes next sees a new value in place of one whose record is gone.
                    state = tree.map_leaves(
                        lambda v: tape.leaf(v.primal) if self.mine(v) and v.index >= mark else v, state  # noqa: B023
                    )
                after = [v.index if self.mine(v) and v.index >= mark else None for v in tree.leaves(state)]
                stack.append(_Segment(low, low + advance, slots, before, after, prints(tree.leaves(state)), mark))
            if live:
                start = len(tape.records)
                state = outputs(self.step(state, low + advance))
                stack.append(_Recorded(start, len(tape.records)))
            low, slots = low + advance + live, max(slots - 1, 1)
        start = len(tape.records)
        state = outputs(self.step(state, low))
        stack.append(_Recorded(start, len(tape.records)))
        return state

    def packed(self, state: Any) -> Any:
        return tree.map_leaves(lambda v: _Place(v) if self.mine(v) else v, state)

    def unpacked(self, state: Any) -> Any:
        return tree.map_leaves(lambda v: v.on(self.tape) if type(v) is _Place else v, state)


class _Way(NamedTuple):
    """What was kept on the way there: for the first pullback, which uses it up as it goes."""

    stack: list[Any]
    records: list[Any]
    start: int
    seeds: list[int]
    """Where the cotangents of the results arrive."""


class _Window:
    """Records that were taken off the tape, under the numbers that they had."""

    def __init__(self, records: list[Any], start: int) -> None:
        self.records, self.start = records, start

    def __len__(self) -> int:
        return self.start + len(self.records)

    def __getitem__(self, k: int) -> Any:
        return self.records[k - self.start]

    def __delitem__(self, part: slice) -> None:
        del self.records[part.start - self.start :]


class _Again:
    """Steps that were forgotten, and how to pull back through them."""

    def __init__(self, chain: Chain, whole: _Segment, places: list[int], used: dict[int, Spec], way: _Way | None) -> None:
        # Not the chain itself: it holds the tape, which holds this.
        self.tape: Any = ref(chain.tape)
        self.settings = chain.step, chain.driver, chain.policy
        self.__name__ = chain.driver
        self.whole, self.places = whole, places  # all steps; which leaves of the last state depend on the tape
        self.used, self.way = used, way

    def held_values(self) -> list[Any]:
        """The values that are kept."""
        kept = [self.whole.state, *[part.state for part in (self.way.stack if self.way else []) if type(part) is _Segment]]
        values = [v.primal if type(v) is _Place else v for v in tree.leaves(kept)]
        return values + (self.way.records if self.way else [])

    def __call__(self, gs: list[Any], lead: int) -> list[Any]:
        """Contributions to what the steps used, for the cotangents of their results."""
        chain = Chain(self.tape(), *self.settings)
        found = _Cotangents()
        with _resumed(chain.tape) as start:
            way, self.way = self.way, None
            if way is None:
                self._back(chain, start, [self.whole._replace(mark=start)], _Window([], start), found, gs)
            else:
                found.add(way.seeds, gs)
                self._back(chain, start, way.stack, _Window(way.records, way.start), found, [])
        lanes = gs[0].shape[:lead]
        return [found.settled(k, lanes, spec) for k, spec in self.used.items()]

    def _back(self, chain: Chain, start: int, stack: list[Any], kept: _Window, found: _Cotangents, gs: list[Any]) -> None:
        """Go back over all parts on the stack, whose records are kept, or on the tape from ``start`` on."""
        records = chain.tape.records

        def cut(mark: int) -> Any:
            """Whatever is recorded from ``mark`` on has served; where it was."""
            where = kept if mark < start else records
            del where[mark:]
            return where

        def forget(mark: int) -> None:
            del records[mark:]

        while stack:
            part = stack.pop()
            if isinstance(part, _Segment):
                arrived = [None if k is None else found.pop(k, None) for k in part.after]
                cut(part.mark)
                leaves = tree.leaves(chain.descend(part, stack, forget))
                if differ(part.prints, prints(leaves)):
                    raise DerivativeError(
                        f"{chain.driver}: the function gave another result when it was computed again on the way back. It must "
                        "compute the same each time: pass a seed in place of a random generator, and change nothing that it reads"
                    )
                if part.high == self.whole.high:
                    arrived = [None] * len(leaves)
                    for n, g in zip(self.places, gs, strict=True):
                        arrived[n] = g
                seeds = [(v.index, g) for v, g in zip(leaves, arrived, strict=True) if g is not None and chain.mine(v)]
                found.add([k for k, _ in seeds], [g for _, g in seeds])
            else:
                seeds = found.taken(part.start, part.end)
                where = cut(part.end)
                if seeds:
                    more = sweep_part(where, seeds, part.start, chain.tape.finder or False)
                    found.add(list(more), list(more.values()))
                cut(part.start)


class _Cotangents(dict[int, Any]):
    """Cotangents by the number of a record; None for the others."""

    def __missing__(self, key: int) -> None:
        return None

    def add(self, numbers: list[int], gs: list[Any]) -> None:
        cotangents: Any = self
        for k, g in zip(numbers, gs, strict=True):
            give(cotangents, k, g)

    def taken(self, start: int, end: int) -> list[tuple[int, Any]]:
        """Those of some records, as seeds."""
        return [(k, self.pop(k)) for k in list(self) if start <= k < end]

    def settled(self, k: int, lanes: tuple[int, ...], spec: Spec) -> Any:
        d = self[k]
        if d is None:
            return np.zeros(lanes + spec.shape, spec.dtype)[()]
        return d.settle() if type(d) is Pending else d


_DROPPED = (pull_dropped, None, None)


def _drop(tape: Tape, start: int) -> dict[int, Spec]:
    """Forget the records from ``start`` on; returns what they used of those before: shape and type, by number.

    Their places stay taken, so that a value that has escaped from among them is noticed.
    """
    used: dict[int, Spec] = {}
    records = tape.records
    for k in range(start, len(records)):
        record, records[k] = records[k], _DROPPED
        if record is None or record[0] is pull_leaf or record[0] is pull_dropped:
            continue
        tape.dropped += 1
        if record[0] in WRITES:
            _, _, _, _, before, place, shape = record
            if before < start:
                raise DerivativeError(
                    "checkpoint: the function writes into an array that was made outside it; make the array inside, and return it"
                )
            pairs = [(place, shape)]
        else:
            _, _, _, indices, xs = layout(record)
            pairs = list(zip(indices, xs, strict=True))
        used |= {i: x if type(x) is Spec else Spec(x) for i, x in pairs if 0 <= i < start and i not in used}
    return used


@contextmanager
def _resumed(tape: Tape) -> Iterator[int]:
    """Record again, behind what there is, and forget it at the end; gives the number of the first such record.

    One thread at a time: others wait.
    """
    with tape.lock:
        start, ended = len(tape.records), tape.closed
        if ended:
            tape.reopen()
            tape.append = tape.records.append
        try:
            yield start
        finally:
            del tape.records[start:]
            if ended:
                tape.close()
