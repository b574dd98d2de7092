"""Measures the figures of docs/compiled.md, and prints its tables: ``python docs/compiled.py [--quick]``.

Rounds alternate between the two that are compared, each is a ratio of its own, and the median and the quartiles are
printed.  The clock counts the processor's time, so that a busy machine does not count; what it does to the caches, it does.
"""

from __future__ import annotations

import os
import sys
import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import adkit
from adkit.compare.problems import PROBLEMS

GRADIENTS = (
    ("mlp-784", "1"), ("mlp-784", "32"), ("mlp-784", "256"), ("xor", "4"), ("chain", "10"), ("chain", "1000"), ("chain", "100000"),
    ("chain", "1000000"), ("rosenbrock", "10"), ("rosenbrock", "1000"), ("gmm", "1000"), ("rnn", "100"), ("lstm", "100"),
    ("speelpenning", "1000"),
)  # fmt: skip
PRODUCTS = (
    ("mlp-784", "1"), ("mlp-784", "32"), ("xor", "4"), ("chain", "10"), ("chain", "1000"), ("rosenbrock", "1000"),
    ("gmm", "1000"), ("rnn", "20"),
)  # fmt: skip
JACOBIANS = (("1000x1", adkit.jacrev), ("100x100", adkit.jacrev), ("100x100", adkit.jacfwd), ("1x1000", adkit.jacfwd))


def once(run: Callable[[], Any], loops: int) -> float:
    """Seconds of the processor's time for one call."""
    start = time.process_time()
    for _ in range(loops):
        run()
    return (time.process_time() - start) / loops


def paired(a: Callable[[], Any], b: Callable[[], Any], rounds: int) -> tuple[str, float]:
    """The ratio of ``a`` to ``b``, with its quartiles, and the seconds of ``b``."""
    a(), b()
    loops = max(1, int(0.001 / max(once(b, 3), 1e-7)))
    ratios, seconds = [], []
    for k in range(rounds):
        first, second = (a, b) if k % 2 else (b, a)
        x, y = once(first, loops), once(second, loops)
        x, y = (x, y) if k % 2 else (y, x)
        ratios.append(x / y)
        seconds.append(y)
    low, middle, high = np.quantile(ratios, (0.25, 0.5, 0.75))
    return f"{middle:.2f} ({low:.2f} to {high:.2f})", min(seconds)


def peak(run: Callable[[], Any]) -> int:
    """The most bytes held during a call, beyond what was held before."""
    run()
    tracemalloc.start()
    run()
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found


def main(arguments: list[str]) -> None:
    """Measure everything, and print the tables."""
    rounds = 11 if "--quick" in arguments else 81
    print("| gradient | hand, us | compiled / hand | eager / hand | peak, compiled / hand | operations | compiled in, ms |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, size in GRADIENTS:
        found = PROBLEMS[name].instance(size, 0)
        f = partial(found.function, np, **found.data)
        gradient = adkit.grad(f, 0 if len(found.params) == 1 else tuple(range(len(found.params))))
        seconds = []
        for _ in range(3):
            compiled = adkit.compile(gradient)
            start = time.process_time()
            compiled(*found.params)
            seconds.append(time.process_time() - start)
        if "gradient" not in found.hand:
            continue
        hand = partial(found.hand["gradient"], *found.params, **found.data)
        run, eager = partial(compiled, *found.params), partial(gradient, *found.params)
        ratio, unit = paired(run, hand, rounds)
        slow = paired(eager, hand, max(7, rounds // 4))[0].split()[0]
        print(f"| {name} {size} | {unit * 1e6:.3g} | {ratio} | {slow} | {peak(run) / peak(hand):.2f} | {compiled.operations} | "
              f"{min(seconds) * 1e3:.3g} |", flush=True)  # fmt: skip
    print("\n| Hessian times a vector | eager / compiled | compiled, us |\n| --- | --- | --- |")
    for name, size in PRODUCTS:
        found = PROBLEMS[name].instance(size, 0)
        f = partial(found.function, np, **found.data)
        product = lambda xs, vs, f=f: adkit.hvp(f, xs, vs)
        compiled = adkit.compile(product)
        vs = tuple([np.random.default_rng(1).normal(size=np.shape(p)) for p in found.params])
        ratio, unit = paired(partial(product, found.params, vs), partial(compiled, found.params, vs), max(7, rounds // 2))
        print(f"| {name} {size} | {ratio} | {unit * 1e6:.3g} |", flush=True)
    print("\n| Jacobian of tanh(Ax) | hand, us | compiled / hand |\n| --- | --- | --- |")
    for size, driver in JACOBIANS:
        found = PROBLEMS["tanh-affine"].instance(size, 0)
        compiled = adkit.compile(driver(partial(found.function, np, **found.data)))
        hand = partial(found.hand["jacobian"], *found.params, **found.data)
        ratio, unit = paired(partial(compiled, *found.params), hand, rounds)
        print(f"| {size}, {driver.__name__} | {unit * 1e6:.3g} | {ratio} |", flush=True)


PINNED = {
    "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_MMAP_THRESHOLD_": "1073741824",
    "MALLOC_TRIM_THRESHOLD_": "4294967296", "MALLOC_TOP_PAD_": "67108864",
}  # fmt: skip

if __name__ == "__main__":
    from flags import heed

    heed(__doc__, ("--quick",))
    if any([os.environ.get(name) != value for name, value in PINNED.items()]):
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **PINNED})
    main(sys.argv[1:])
