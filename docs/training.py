"""Measures what docs/training.md tells of training, and prints it as Markdown: ``python docs/training.py [--quick]``.

One BLAS thread; rounds are shuffled, and ratios are medians of the ratios within a round.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from adkit import tree
from adkit.console import environment
from adkit.nn.lecture import NETWORKS
from adkit.nn.optimizers import SGD
from adkit.nn.train import fit

BATCH, RATE = 32, 0.1
EPOCHS = 40  # those of the network: what is made once, a classifier or a compiled program, is shared by 1,800 steps


def by_hand(x: Any, t: Any, epochs: int) -> float:
    """Seconds a step of a careful NumPy loop: 64-64-10, tanh, softmax cross-entropy, gradient descent."""
    rng = np.random.default_rng(0)
    w1, b1, w2, b2 = rng.normal(0, 0.1, (64, 64)), np.zeros(64), rng.normal(0, 0.1, (64, 10)), np.zeros(10)
    start, steps = time.perf_counter(), 0
    for _ in range(epochs):
        order = rng.permutation(len(x))
        for k in range(0, len(x), BATCH):
            chosen = order[k : k + BATCH]
            a, target = x[chosen], t[chosen]
            h = a @ w1
            h += b1
            np.tanh(h, out=h)
            z = h @ w2
            z += b2
            z -= z.max(axis=1, keepdims=True)
            np.exp(z, out=z)
            z /= z.sum(axis=1, keepdims=True)
            z -= target
            z /= len(chosen)
            gw2, gb2, d = h.T @ z, z.sum(axis=0), z @ w2.T
            h *= h
            np.subtract(1.0, h, out=h)
            d *= h
            w1 -= RATE * (a.T @ d)
            b1 -= RATE * d.sum(axis=0)
            w2 -= RATE * gw2
            b2 -= RATE * gb2
            steps += 1
    return (time.perf_counter() - start) / steps


def scikit_learn(x: Any, labels: Any, epochs: int) -> float:
    """Seconds a step of its MLPClassifier, set to do the same."""
    from sklearn.neural_network import MLPClassifier

    classifier = MLPClassifier(
        (64,), activation="tanh", solver="sgd", batch_size=BATCH, max_iter=epochs, alpha=0.0, momentum=0.0, tol=0.0,
        nesterovs_momentum=False, n_iter_no_change=10**6, learning_rate_init=RATE, random_state=0,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it has not converged
        start = time.perf_counter()
        classifier.fit(x, labels)
        return (time.perf_counter() - start) / (epochs * -(-len(x) // BATCH))


def in_mode(mode: str, examples: int | None, epochs: int, compile: bool = False) -> float:  # noqa: A002 - fit's name
    """Seconds a step of digits-mlp."""
    network = NETWORKS["digits-mlp"]
    (x, t), _ = network.data()
    rate = 0.001 if mode == "forward-gradient" else RATE
    run = fit(network.module, network.loss, (x[:examples], t[:examples]), SGD(rate), epochs=epochs, batch=BATCH, mode=mode,
              every=epochs, progress=False, compile=compile)  # fmt: skip
    return run.seconds / run.steps


def cost_of_a_step(rounds: int) -> Iterator[str]:
    """The modes of adkit beside a loop by hand and scikit-learn."""
    (x, t), _ = NETWORKS["digits-mlp"].data()
    labels = t.argmax(axis=1)
    runs: dict[str, Callable[[], float]] = {
        "NumPy by hand": lambda: by_hand(x, t, EPOCHS),
        "scikit-learn MLPClassifier": lambda: scikit_learn(x, labels, EPOCHS),
        "adkit, reverse, compiled": lambda: in_mode("reverse", None, EPOCHS, compile=True),
        "adkit, modules": lambda: in_mode("modules", None, EPOCHS),
        "adkit, reverse": lambda: in_mode("reverse", None, EPOCHS),
        "adkit, forward-gradient": lambda: in_mode("forward-gradient", None, 5),
        "adkit, forward": lambda: in_mode("forward", 2 * BATCH, 1),
    }
    rng = np.random.default_rng(0)
    found: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for k in rng.permutation(len(runs)):
            name = list(runs)[k]
            found[name].append(runs[name]())
    yield "| one step of digits-mlp (64-64-10, batch 32) | median, us | least, us | x by hand | x scikit-learn |"
    yield "|---|---|---|---|---|"
    for name, seconds in found.items():
        ratios = [np.median(np.divide(seconds, found[unit])) for unit in ("NumPy by hand", "scikit-learn MLPClassifier")]
        yield f"| {name} | {np.median(seconds) * 1e6:,.0f} | {min(seconds) * 1e6:,.0f} | {ratios[0]:.3g} | {ratios[1]:.3g} |"


def both_modes() -> Iterator[str]:
    """Networks trained wholly by forward and wholly by reverse mode."""
    yield "| network | parameters | steps | forward, us a step | reverse, us a step | largest difference of a weight |"
    yield "|---|---|---|---|---|---|"
    for name, steps in (("xor", 100), ("circle", 100), ("digits-softmax", 100), ("digits-mlp-small", 20)):
        network = NETWORKS[name]
        (x, t), _ = network.data()
        count = network.batch * 10 if network.batch else len(x)
        epochs = steps // (10 if network.batch else 1)
        runs = [
            fit(network.module, network.loss, (x[:count], t[:count]), network.optimizer, epochs=epochs, batch=network.batch,
                mode=mode, progress=False) for mode in ("forward", "reverse")
        ]  # fmt: skip
        pairs = zip(*[tree.leaves(run.params) for run in runs], strict=True)
        apart = max(float(np.abs(a - b).max()) for a, b in pairs)
        each = [f"{run.seconds / run.steps * 1e6:,.0f}" for run in runs]
        yield f"| {name} | {network.parameters():,} | {runs[0].steps} | {each[0]} | {each[1]} | {apart:.1e} |"


def accuracy() -> Iterator[str]:
    """Test accuracy on the digits, five seeds."""
    yield "| network | split | seeds 0-4 | least |"
    yield "|---|---|---|---|"
    for name in ("digits-softmax", "digits-mlp", "digits-mlp-small"):
        network = NETWORKS[name]
        found = []
        for seed in range(5):
            run = network.train(seed=seed, progress=False)
            found.append(network.scores(run.params)["test_accuracy"] or 0.0)
            if name == "digits-mlp" and not seed:
                title = "digits-mlp (64-64-10), reverse mode, seed 0; every fifth image is for testing"
                run.history.plot(Path(__file__).with_name("training.png"), title=title)
        yield f"| {name} | i % 5 == 0 | {', '.join(f'{a:.4f}' for a in found)} | {min(found):.4f} |"


def stuck(seeds: int) -> Iterator[str]:
    """XOR from many starts, in both modes."""
    network = NETWORKS["xor"]
    caught, apart = [], 0
    for seed in range(seeds):
        runs = [network.train(mode, seed, progress=False) for mode in ("forward", "reverse")]
        right = [network.scores(run.params)["train_accuracy"] for run in runs]
        apart += right[0] != right[1]
        if right[1] != 1.0:
            caught.append(f"{seed} (loss {runs[1].history[-1]['train_loss']:.3f})")
    yield f"XOR, 2-2-1, seeds 0-{seeds - 1}: {seeds - len(caught)} end with all four points right in both modes."
    yield f"{len(caught)} get stuck, in both modes: seeds {', '.join(caught) or 'none'}. Seeds on which the modes differ: {apart}."


def main() -> None:
    """Print the measurements."""
    quick = "--quick" in sys.argv
    environment.pin()
    print(environment.describe() + "\n", flush=True)
    for part in (cost_of_a_step(3 if quick else 15), both_modes(), accuracy(), stuck(10 if quick else 30)):
        for line in part:
            print(line, flush=True)
        print()


if __name__ == "__main__":
    from flags import heed

    heed(__doc__, ("--quick",))
    main()
