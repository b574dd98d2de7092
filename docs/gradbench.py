"""Measures the evals of docs/gradbench.md beside autograd, and prints its table: ``python docs/gradbench.py [EVAL ...] [--quick]``.

Both libraries differentiate the same NumPy functions, each with its own drivers and with the same strategy.  They must
agree to 1e-8 before anything is timed; rounds are interleaved and shuffled, and a ratio is the median of the ratios within
a round.  Times are the processor's, which other programs do not lengthen.  ``--defaults`` runs adkit alone at GradBench's
own sizes instead.
"""

from __future__ import annotations

import random
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from adkit.compare.problems.mixture import gmm_objective
from adkit.console.environment import describe, pin
from adkit.extras import remedy
from adkit.gradbench import ba, det, ht, kmeans, llsq, lse, lstm, ode, particle, saddle
from adkit.gradbench.descent import GRADIENTS
from adkit.gradbench.evals import EVALS
from adkit.gradbench.fields import Fields

SEED = 0
Case = tuple[str, dict[str, Any]]


# inputs, drawn as GradBench draws them -----------------------------------------------------------------------


def uniform(*shape: int) -> Any:
    """Numbers from [0, 1)."""
    return np.random.default_rng(SEED).uniform(0.0, 1.0, shape).tolist()


def clusters(n: int, k: int, d: int) -> dict[str, Any]:
    points = uniform(n, d)
    return {"points": points, "centroids": points[:k]}


def mixture(d: int, k: int, n: int) -> dict[str, Any]:
    normal = np.random.default_rng(SEED).normal
    return {
        "d": d, "k": k, "n": n, "m": 0, "gamma": 1.0, "x": uniform(n, d), "alpha": normal(size=k).tolist(), "mu": uniform(k, d),
        "q": normal(size=(k, d)).tolist(), "l": normal(size=(k, d * (d - 1) // 2)).tolist(),
    }  # fmt: skip


def text(layers: int, characters: int, bits: int = 14) -> dict[str, Any]:
    sequence = np.random.default_rng(SEED).integers(0, 2, (characters, bits)).tolist()
    return {
        "main_params": uniform(2 * layers, 4 * bits), "extra_params": uniform(3, bits), "state": uniform(2 * layers, bits),
        "sequence": sequence,
    }  # fmt: skip


def scene(n: int, m: int, p: int) -> dict[str, Any]:
    return {"n": n, "m": m, "p": p, "cam": uniform(11), "x": [1.0, -0.5, 2.0], "w": 0.8, "feat": uniform(2)}


def hand(count: int, vertices: int, triangles: int) -> dict[str, Any]:
    rng = np.random.default_rng(SEED)
    moved = np.stack([np.eye(4)] * 22)
    moved[:, :3, 3] = rng.normal(0.0, 0.1, (22, 3))
    weights = np.zeros((vertices, 22))
    weights[np.arange(vertices)[:, None], rng.integers(0, 22, (vertices, 3))] = 1 / 3
    model = {
        "bone_count": 22, "parents": [-1] + [0 if i % 4 == 1 else i - 1 for i in range(1, 22)], "base_relatives": moved.tolist(),
        "inverse_base_absolutes": moved.tolist(), "weights": weights.tolist(), "is_mirrored": False,
        "base_positions": np.hstack([rng.normal(0.0, 0.1, (vertices, 3)), np.ones((vertices, 1))]).tolist(),
        "triangles": rng.integers(0, vertices, (triangles or 1, 3)).tolist(),
    }  # fmt: skip
    us = rng.uniform(0.0, 0.5, (count, 2)).tolist() if triangles else []
    correspondences = rng.integers(0, triangles or vertices, count).tolist()
    return {
        "theta": uniform(26), "us": us,
        "data": {"correspondences": correspondences, "points": uniform(count, 3), "model": model},
    }  # fmt: skip


BESIDE: dict[str, list[Case]] = {
    "lse": [("n 1000", {"x": uniform(1000)}), ("n 1,280,000", {"x": uniform(1_280_000)})],
    "llsq": [("m 8, n 64", {"x": uniform(8), "n": 64}), ("m 128, n 16392", {"x": uniform(128), "n": 16392})],
    "ode": [
        ("n 4, s 10", {"x": uniform(4), "s": 10}), ("n 1000, s 100", {"x": uniform(1000), "s": 100}),
        ("n 100,000, s 10", {"x": uniform(100_000), "s": 10}),
    ],
    "det": [(f"ell {ell}", {"A": uniform(ell * ell), "ell": ell}) for ell in (5, 8, 11)],
    "kmeans": [(f"k {k}, n {n}, d {d}", clusters(n, k, d)) for k, n, d in ((10, 1000, 8), (100, 10000, 8), (1000, 10000, 16))],
    "gmm": [
        (f"d {d}, k {k}, n {n}", mixture(d, k, n)) for d, k, n in ((2, 5, 100), (10, 5, 100), (20, 25, 1000), (64, 100, 1000))
    ],
    "lstm": [(f"L {layers}, c {c}", text(layers, c)) for layers, c in ((2, 50), (2, 1024))],
    "ba": [("file 1: n 49, m 7776, p 31843", scene(49, 7776, 31843))],
    "ht": [
        ("simple, V 544, C 100", hand(100, 544, 0)), ("V 544, C 100", hand(100, 544, 1084)),
        ("V 10000, C 400", hand(400, 10000, 1084)),
        ("V 10000, C 51200", hand(51200, 10000, 1084)),
    ],
    "saddle": [(f"{modes}, one outer gradient", {"start": [1.0, 1.0]}) for modes in ("rr", "ff", "fr", "rf")],
    "particle": [(f"{modes}, one outer gradient", {"w": 0.0}) for modes in ("rr", "ff", "fr", "rf")],
}  # fmt: skip

DEFAULTS: dict[str, list[Case]] = {
    "lse": [(f"n {n}", {"x": uniform(n)}) for n in [2500 * 2**k for k in range(10)]],
    "llsq": [(f"n {n}", {"x": uniform(128), "n": n}) for n in (16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8196, 16392)],
    "ode": [(f"n {n}, s {s}", {"x": uniform(n), "s": s}) for n in (1000, 10_000, 100_000) for s in (1, 10, 100)],
    "det": [(f"ell {ell}", {"A": uniform(ell * ell), "ell": ell}) for ell in range(5, 12)],
    "kmeans": [
        (f"k {k}, n {n}, d {d}", clusters(n, k, d)) for k in (10, 100, 1000) for n in (1000, 10_000) for d in (8, 16)
    ],
    "gmm": [
        (f"d {d}, k {k}, n 1000", mixture(d, k, 1000)) for d in (2, 10, 20, 32, 64) for k in (5, 10, 25, 50, 100)
    ],
    "lstm": [(f"L {layers}, c {c}", text(layers, c)) for layers in (2, 4, 6) for c in (1024, 4096, 8192)],
    "ba": [
        ("file 1: n 49, m 7776, p 31843", scene(49, 7776, 31843)),
        ("as large as file 14: n 871, m 527480, p 1255268", scene(871, 527_480, 1_255_268)),
    ],
    "ht": [(f"V 10000, C {c}", hand(c, 10000, 1084)) for c in (100, 192, 200, *[400 * 2**k for k in range(8)], 100_000)],
    "saddle": [("start (1, 1)", {"start": [1.0, 1.0]})],
    "particle": [("w 0", {"w": 0.0})],
}  # fmt: skip


# autograd on the same functions ------------------------------------------------------------------------------


class Autograd:
    """The same strategies with autograd's drivers; its forward mode takes one direction at a time."""

    def __init__(self) -> None:
        try:
            import autograd
            import autograd.numpy as anp
        except ImportError:
            raise SystemExit(f"docs/gradbench.py needs autograd: {remedy('peers')}") from None

        self.np, self.grad, self.make_jvp, self.make_vjp = anp, autograd.grad, autograd.make_jvp, autograd.make_vjp

    def _columns(self, f: Any, x: Any) -> Any:
        push = self.make_jvp(f)(x)
        return self.np.stack([push(direction)[1] for direction in np.eye(x.size).reshape(-1, *x.shape)], axis=-1)

    def gradients(self) -> dict[str, Any]:
        """As adkit's: what takes a function of numbers to its gradient, by the letter of its mode."""

        def forward(f: Any, argnums: tuple[int, ...]) -> Any:
            pushes = [self.make_jvp(f, k) for k in argnums]
            return lambda *x: tuple([push(*x)(1.0)[1] for push in pushes])

        return {"r": self.grad, "f": forward}

    def derivative(self, name: str, a: tuple[Any, ...]) -> Callable[[], Any]:
        """The derivative of an eval at its arguments, and nothing but arrays in what it returns."""
        anp = self.np
        if name == "lse":
            return lambda: self.grad(lambda x: lse.logsumexp(anp, x))(a[0])
        if name == "llsq":
            return lambda: self.grad(lambda x: llsq.least_squares(anp, x, n=a[1]))(a[0])
        if name == "ode":
            return lambda: self.grad(lambda x: ode.solve(anp, x, steps=a[1])[-1])(a[0])
        if name == "det":
            return lambda: self.grad(lambda x: det.determinant(anp, x, ell=a[1]))(a[0])
        if name == "kmeans":
            return lambda: self._newton(lambda c: kmeans.cost(anp, c, points=a[1]), a[0])
        if name == "gmm":
            return lambda: self.grad(lambda *p: gmm_objective(anp, *p, **a[4]), (0, 1, 2, 3))(*a[:4])
        if name == "lstm":
            f = lambda m, e: lstm.objective(anp, m, e, state=a[2], sequence=a[3])  # noqa: E731
            return lambda: np.concatenate([g.ravel() for g in self.grad(f, (0, 1))(a[0], a[1])])
        if name == "ba":
            return lambda: self._ba(*a)
        return lambda: self._ht(*a)

    def _newton(self, f: Any, x: Any) -> Any:
        gradient, curvature = self.make_jvp(self.grad(f))(x)(np.ones_like(x))
        return gradient / curvature

    def _ba(self, cams: Any, points: Any, weights: Any, feat: Any) -> Any:
        z, p = ba.gathered(cams, points, weights), len(weights)
        pullback, _ = self.make_vjp(lambda z: self.np.stack(ba.residuals(self.np, z, feat=feat)))(z)
        pull_weights, _ = self.make_vjp(lambda w: 1.0 - w * w)(weights)
        one, zero = np.ones(p), np.zeros(p)
        return ba.compressed(cams, points, pullback(np.stack([one, zero])), pullback(np.stack([zero, one])), pull_weights(one))

    def _ht(self, theta: Any, us: Any, model: Any) -> Any:
        by_theta = self._columns(lambda theta: ht.residuals(self.np, theta, us, hand=model), theta)
        if us is None:
            return by_theta
        by_shift = self._columns(lambda shift: ht.residuals(self.np, theta, us + shift, hand=model), np.zeros(2))
        return np.concatenate([by_shift, by_theta], axis=2)


# rounds ------------------------------------------------------------------------------------------------------


def contestants(peer: Autograd, name: str, label: str, value: dict[str, Any]) -> dict[str, Callable[[], Any]]:
    """What is timed for one case: the primal, and the derivative by adkit and by autograd."""
    primal, mine = list(EVALS[name].values())[:2]
    a = primal.read(Fields(value))
    if name in ("saddle", "particle"):
        first, second = label[:2]
        argnums = (0, 1) if name == "saddle" else (0,)
        theirs = peer.gradients()
        start = a[0] if name == "saddle" else a

        def function(namespace: Any, inner: Any) -> Any:
            if name == "saddle":
                return saddle.ridge(namespace, start, inner)
            return lambda w: particle.miss(namespace, w, inner)

        return {
            "primal": lambda: function(np, GRADIENTS[second])(*start),
            "adkit": lambda: GRADIENTS[first](function(np, GRADIENTS[second]), argnums)(*start),
            "autograd": lambda: theirs[first](function(peer.np, theirs[second]), argnums)(*start),
        }  # fmt: skip
    return {"primal": lambda: primal.run(*a), "adkit": lambda: mine.run(*a), "autograd": peer.derivative(name, a)}


def agree(mine: Any, theirs: Any) -> bool:
    """Whether two derivatives are the same, to 1e-8."""
    if isinstance(mine, tuple):
        return len(mine) == len(theirs) and all([agree(a, b) for a, b in zip(mine, theirs, strict=True)])
    return bool(np.allclose(mine, theirs, rtol=1e-8, atol=1e-8 * max(1.0, float(np.abs(mine).max(initial=0.0)))))


def rounds(calls: dict[str, Callable[[], Any]], budget: float) -> dict[str, list[float]]:
    """Seconds of each call in each round: as many rounds as the budget allows, from 3 to 41."""
    shuffle = random.Random(SEED).shuffle
    taken: dict[str, list[float]] = {name: [] for name in calls}
    first = time.process_time()
    while len(taken["primal"]) < 41 and (len(taken["primal"]) < 3 or time.process_time() - first < budget):
        order = list(calls)
        shuffle(order)
        for name in order:
            start, count = time.process_time(), 0
            while not count or time.process_time() - start < 0.01:  # short ones repeatedly, so that the clock resolves them
                calls[name]()
                count += 1
            taken[name].append((time.process_time() - start) / count)
    return taken


def ratio(taken: dict[str, list[float]], above: str, below: str) -> str:
    """The median of the ratios within a round, with the quartiles."""
    found = [a / b for a, b in zip(taken[above], taken[below], strict=True)]
    low, middle, high = np.percentile(found, [25, 50, 75])
    return f"{middle:.3g} ({low:.3g} to {high:.3g})"


def beside(names: list[str], quick: bool) -> None:
    """The table beside autograd."""
    peer = Autograd()
    print("| eval | size | primal, ms | adkit, ms | adkit / primal | autograd / adkit | rounds |\n|---|---|---|---|---|---|---|")
    for name in names:
        for label, value in BESIDE.get(name, [])[: 1 if quick else None]:
            calls = contestants(peer, name, label, value)
            if not agree(calls["adkit"](), calls["autograd"]()):
                sys.exit(f"{name} {label}: adkit and autograd disagree")
            taken = rounds(calls, 0.5 if quick else 3.0)
            times = [f"{np.median(taken[k]) * 1e3:.3g}" for k in ("primal", "adkit")]
            ratios = ratio(taken, "adkit", "primal"), ratio(taken, "autograd", "adkit")
            print(f"| {name} | {label} | {' | '.join([*times, *ratios])} | {len(taken['primal'])} |", flush=True)


def defaults(names: list[str]) -> None:
    """GradBench's own sizes: seconds of the first run of each function, with all that it has to prepare."""
    print("| eval | size | first run, seconds |\n|---|---|---|")
    for name in names:
        for label, value in DEFAULTS.get(name, []):
            runs = []
            for function, evaluation in EVALS[name].items():
                arguments = evaluation.read(Fields(value))
                start = time.process_time()
                evaluation.run(*arguments)
                runs.append(f"{function} {time.process_time() - start:.3g}")
            print(f"| {name} | {label} | {', '.join(runs)} |", flush=True)
    print(f"\npeak of memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2g} GiB")


def main(arguments: list[str]) -> None:
    """Measure and print."""
    names = [a for a in arguments if not a.startswith("--")] or list(BESIDE)
    print(describe(), file=sys.stderr)
    if "--defaults" in arguments:
        defaults(names)
    else:
        beside(names, "--quick" in arguments)


if __name__ == "__main__":
    from flags import heed

    heed(__doc__, ("--quick", "--defaults"), sorted(BESIDE | DEFAULTS))
    pin()
    main(sys.argv[1:])
