"""The training loop: one for all sizes of a batch and all modes; chance by seed; runs that are interrupted and continued."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import adkit
from adkit import nn, tree
from adkit.nn.checkpoint import CheckpointError, load_checkpoint, save_checkpoint
from adkit.nn.gradients import MODES, gradient_of, random_direction
from adkit.nn.lecture import NETWORKS
from adkit.nn.train import describe_checkpoint, fit

RNG = np.random.default_rng(7)
X, T = RNG.normal(size=(23, 3)), adkit.one_hot(RNG.integers(0, 4, 23), 4)
PLAIN = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 4))
NOISY = nn.Sequential(nn.Linear(3, 6), nn.BatchNorm(6), nn.Relu(), nn.Dropout(0.3), nn.Linear(6, 4))
LOSS = nn.softmax_cross_entropy


def equal(a: Any, b: Any) -> bool:
    """Bit for bit."""
    return [np.asarray(x).tobytes() for x in tree.leaves(a)] == [np.asarray(x).tobytes() for x in tree.leaves(b)]


def distance(a: Any, b: Any) -> float:
    return max(float(np.abs(x - y).max()) for x, y in zip(tree.leaves(a), tree.leaves(b), strict=True))


def run(module: Any = PLAIN, **more: Any) -> Any:
    settings: dict[str, Any] = {"epochs": 3, "batch": 5, "optimizer": nn.Adam(lr=0.01), "progress": False}
    settings |= more
    return fit(module, LOSS, (X, T), settings.pop("optimizer"), **settings)


# One loop


@pytest.mark.parametrize("batch, steps", [(None, 3), (23, 3), (100, 3), (5, 15), (1, 69)])
def test_full_batch_mini_batches_and_single_examples(batch: int | None, steps: int) -> None:
    found = run(batch=batch)
    assert (found.epochs, found.steps, found.ended) == (3, steps, "epochs")
    assert found.history["train_loss"][-1] < found.history["train_loss"][0]
    assert list(found.history["step"]) == [steps // 3, 2 * steps // 3, steps]


def test_each_epoch_sees_every_example_once_and_in_another_order() -> None:
    seen: list[Any] = []

    def tell(x: Any, rng: Any) -> Any:
        seen.append(x)
        return x

    run(augment=tell)
    epochs = [np.concatenate(seen[k : k + 5]) for k in (0, 5, 10)]
    for rows in epochs:
        np.testing.assert_array_equal(np.sort(rows, axis=0), np.sort(X, axis=0))
    assert (epochs[0] != epochs[1]).any()


def test_the_full_gradient_is_the_mean_of_those_of_the_examples() -> None:
    step = gradient_of("reverse", PLAIN, LOSS)
    params = PLAIN.init(0)
    each = [step(params, {}, X[k : k + 1], T[k : k + 1])[1] for k in range(len(X))]
    mean = tree.rebuild(params, [np.mean(leaves, axis=0) for leaves in zip(*map(tree.leaves, each), strict=True)])
    assert distance(step(params, {}, X, T)[1], mean) < 1e-12
    summed = gradient_of("reverse", PLAIN, LOSS, "sum")(params, {}, X, T)
    assert distance(tree.map_leaves(lambda g: g / len(X), summed[1]), mean) < 1e-12


def test_a_step_is_gradient_descent() -> None:
    start = PLAIN.init(3)
    found = run(params=start, optimizer=nn.SGD(lr=0.5), batch=None, epochs=1)
    gradient = adkit.grad(lambda p: LOSS(PLAIN(p, X), T))(start)
    by_hand = [p - 0.5 * g for p, g in zip(tree.leaves(start), tree.leaves(gradient), strict=True)]
    assert equal(found.params, by_hand)
    assert found.history[-1]["train_loss"] == LOSS(PLAIN(start, X), T)


def test_the_loss_of_an_epoch_weighs_batches_by_their_examples() -> None:
    frozen = run(optimizer=nn.SGD(lr=1e-300), batch=10, epochs=1)
    assert np.isclose(frozen.history["train_loss"][0], LOSS(PLAIN(frozen.params, X), T), rtol=1e-12)
    summed = run(optimizer=nn.SGD(lr=1e-300), batch=10, epochs=1, reduction="sum")
    assert np.isclose(summed.history["train_loss"][0], LOSS(PLAIN(frozen.params, X), T, "sum"), rtol=1e-12)


# Modes


@pytest.mark.parametrize("module", [PLAIN, NOISY], ids=["plain", "dropout and batch-norm"])
def test_exact_modes_end_alike(module: Any) -> None:
    penalty = functools.partial(nn.weight_decay, strength=0.01)
    found = {mode: run(module, mode=mode, penalty=penalty, optimizer=nn.Momentum(lr=0.05)) for mode in MODES[:3]}
    for mode in ("forward", "modules"):
        assert distance(found["reverse"].params, found[mode].params) < 1e-12
        assert not found["reverse"].state or distance(found["reverse"].state, found[mode].state) < 1e-12
    assert distance(found["reverse"].params, run(module, optimizer=nn.Momentum(lr=0.05)).params) > 1e-6


def test_each_mode_costs_the_sweeps_that_it_should() -> None:
    params = PLAIN.init(0)
    size = sum(p.size for p in tree.leaves(params))
    counts = {}
    for mode in MODES:
        with adkit.count_sweeps() as counts[mode]:
            gradient_of(mode, PLAIN, LOSS)(params, {}, X, T, None, np.random.default_rng(0))
    assert counts["reverse"].reverse_directions == 1 and counts["reverse"].forward_directions == 0
    assert counts["forward"].forward_directions == size and counts["forward"].reverse_directions == 0
    assert counts["modules"].forward_directions == counts["modules"].reverse_directions == 0
    assert counts["forward-gradient"].forward_directions == 1


@pytest.mark.parametrize("kind, factor", [("gaussian", lambda n: n + 2), ("rademacher", lambda n: n)])
def test_the_forward_gradient_is_right_on_average_and_spreads_as_the_theory_says(kind: str, factor: Any) -> None:
    module = nn.Linear(9, 5)  # 50 parameters
    params = module.init(0)
    x, t = RNG.normal(size=(8, 9)), RNG.normal(size=(8, 5))
    exact = np.concatenate([g.ravel() for g in tree.leaves(gradient_of("reverse", module, nn.squared_error)(params, {}, x, t)[1])])
    step = gradient_of("forward-gradient", module, nn.squared_error, direction=kind)
    rng = np.random.default_rng(1)
    found = np.array([
        np.concatenate([g.ravel() for g in tree.leaves(step(params, {}, x, t, None, rng)[1])]) for _ in range(3000)
    ])  # fmt: skip
    assert np.linalg.norm(found.mean(axis=0) - exact) < 0.2 * np.linalg.norm(exact)
    ratio = np.mean(np.sum(found**2, axis=1)) / np.sum(exact**2)
    assert abs(ratio / factor(exact.size) - 1) < 0.1


def test_random_directions_have_the_form_of_the_parameters() -> None:
    v = random_direction({"w": np.zeros((200, 5)), "b": [np.zeros(3)]}, np.random.default_rng(0), "rademacher")
    assert v["w"].shape == (200, 5) and v["b"][0].shape == (3,)
    assert set(v["w"].ravel()) == {-1.0, 1.0}


@pytest.mark.parametrize("arguments, says", [
    ({"mode": "sideways"}, "no mode 'sideways'"),
    ({"mode": "forward-gradient", "direction": "up"}, "no direction 'up'"),
    ({"epochs": -1}, "epochs is a whole number from 0"),
    ({"batch": 0}, "batch is a whole number from 1"),
    ({"every": True}, "every"),
    ({"seed": 0.5}, "seed"),
    ({"reduction": "none"}, "'mean' or 'sum'"),
    ({"test": X}, "test must be a pair"),
    ({"test": (X, T[:3])}, r"test holds inputs of shape \(23, 3\) and targets of shape \(3, 4\)"),
    ({"test": (X[:0], T[:0])}, "one at least"),
])  # fmt: skip
def test_bad_arguments_are_named(arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        run(**arguments)


def test_a_loss_without_a_gradient_by_hand_is_refused_in_that_mode() -> None:
    with pytest.raises(ValueError, match="by hand"):
        fit(PLAIN, lambda y, t, reduction: np.mean(y * t), (X, T), nn.SGD(0.1), epochs=1, mode="modules")


# Chance


@pytest.mark.parametrize("mode", MODES)
def test_a_seed_gives_the_same_run_bit_for_bit(mode: str) -> None:
    first, again, other = [run(NOISY, mode=mode, seed=seed, optimizer=nn.SGD(1e-3)) for seed in (4, 4, 5)]
    assert equal(first.params, again.params) and equal(first.state, again.state)
    assert first.history.rows == again.history.rows
    assert not equal(first.params, other.params)


def test_masks_differ_from_step_to_step() -> None:
    drop = nn.Sequential(nn.Linear(3, 40), nn.Dropout(0.5), nn.Linear(40, 4))
    masks: list[Any] = []
    run(drop, callbacks=[lambda e: masks.append(np.any(e.gradients["linear2"]["W"] != 0, axis=0))], batch=1, epochs=3)
    assert (masks[0] != masks[1]).any() and (masks[1] != masks[2]).any()


# Callbacks and history


def test_callbacks_are_told_where_training_stands() -> None:
    events: list[Any] = []
    run(callbacks=[events.append], test=(X[:5], T[:5]), every=2, epochs=5)
    assert [(e.epoch, e.step) for e in events] == [(2, 10), (4, 20), (5, 25)]
    last = events[-1]
    assert last.inputs.shape == (3, 3) and last.targets.shape == (3, 4)  # the last batch is the smaller one
    assert set(last.losses) == {"train", "test"}
    assert 0 < distance(last.params, last.previous) < 0.1
    assert nn.update_ratio(last.params, last.previous) is not None


def test_a_callback_ends_the_run_and_early_stopping_restores_the_best() -> None:
    assert run(callbacks=[lambda e: e.epoch == 2]).ended == "callback"
    kept: dict[int, Any] = {}
    stop = nn.EarlyStopping(patience=3)
    found = run(optimizer=nn.SGD(lr=2.0), epochs=200, test=(X[:6], 1 - T[:6]), callbacks=[stop, lambda e: kept.update({e.epoch: e.params})])
    assert found.ended == "callback"
    assert found.epochs == stop.best_epoch + 3
    assert equal(found.params, kept[stop.best_epoch])
    assert found.history["test_loss"].argmin() + 1 == stop.best_epoch


def test_a_loss_that_is_no_number_ends_the_run() -> None:
    with np.errstate(all="ignore"):
        found = fit(nn.Linear(3, 4), nn.squared_error, (X, T), nn.SGD(lr=1e3), epochs=500, progress=False)
    assert found.ended == "diverged"
    assert found.steps < 500
    assert all(np.isfinite(leaf).any() for leaf in tree.leaves(found.params))


def test_measures_and_rows() -> None:
    found = run(measures={"zeros": lambda y, t: np.mean(y == 0)}, test=(X, T))
    assert found.history.names == ("epoch", "step", "train_loss", "train_zeros", "test_loss", "test_zeros")
    assert len(found.history) == 3 and found.history[-1]["epoch"] == 3
    assert found.history.from_tree(found.history.as_tree()).rows == found.history.rows
    with pytest.raises(KeyError, match="no column 'loss'; it has epoch"):
        found.history["loss"]


def test_the_history_draws_itself(tmp_path: Path) -> None:
    found = run(measures={"accuracy": lambda y, t: 0.5}, test=(X, T))
    figure = found.history.plot(tmp_path / "curves.png", title="three epochs")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    left, right = figure.axes
    assert [line.get_label() for line in left.lines] == ["train loss", "test loss"]
    assert [line.get_label() for line in right.lines] == ["train accuracy", "test accuracy"]
    found.history.plot(tmp_path / "curves.svg")
    assert "<svg" in (tmp_path / "curves.svg").read_text()
    with pytest.raises(ValueError, match="empty"):
        run(epochs=0).history.plot()


# Interrupted and continued


class Interrupt:
    """A callback that stands in for Ctrl-C: it hits in the middle of a step."""

    def __init__(self, at: int) -> None:
        self.at, self.calls = at, 0

    def __call__(self, x: Any, rng: Any) -> Any:
        self.calls += 1
        if self.calls == self.at:
            raise KeyboardInterrupt
        return x


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("at", [1, 4, 6, 14])
def test_an_interrupted_run_is_continued_bit_for_bit(tmp_path: Path, mode: str, at: int) -> None:
    path = tmp_path / "run.npz"
    settings: dict[str, Any] = {"mode": mode, "optimizer": nn.Adam(1e-3), "test": (X, T), "seed": 2, "name": "noisy"}
    whole = run(NOISY, **settings, callbacks=[nn.EarlyStopping(2)], augment=lambda x, rng: x)
    with pytest.raises(KeyboardInterrupt, match=f"after {at - 1} steps"):
        run(NOISY, **settings, save=path, callbacks=[nn.EarlyStopping(2)], augment=Interrupt(at))
    assert describe_checkpoint(path)["step"] == at - 1
    found = run(NOISY, **settings, resume=path, save=path, callbacks=[nn.EarlyStopping(2)], augment=lambda x, rng: x)
    assert equal(found.params, whole.params) and equal(found.state, whole.state)
    assert found.history.rows == whole.history.rows
    assert found.ended == whole.ended and found.steps == whole.steps
    assert describe_checkpoint(path)["step"] == whole.steps


def test_a_finished_run_is_extended(tmp_path: Path) -> None:
    run(epochs=2, save=tmp_path / "a")
    assert equal(run(epochs=5, resume=tmp_path / "a").params, run(epochs=5).params)
    assert run(epochs=1, resume=tmp_path / "a").steps == 10  # nothing is unmade


def test_early_stopping_stays_stopped(tmp_path: Path) -> None:
    def settings() -> dict[str, Any]:
        return {"optimizer": nn.SGD(lr=2.0), "epochs": 200, "test": (X[:6], 1 - T[:6]), "callbacks": [nn.EarlyStopping(3)]}

    whole = run(**settings(), save=tmp_path / "a")
    found = run(**settings(), resume=tmp_path / "a")
    assert whole.ended == found.ended == "callback"
    assert found.steps == whole.steps and equal(found.params, whole.params)


@pytest.mark.parametrize("change, says", [
    ({"seed": 1}, "its seed is 0, not 1"),
    ({"mode": "modules"}, "its mode is 'reverse', not 'modules'"),
    ({"batch": 6}, "its batch is 5, not 6"),
    ({"name": "b"}, "its name is '', not 'b'"),
    ({"reduction": "sum"}, "its reduction"),
    ({"optimizer": nn.SGD(0.1)}, "the optimiser's state are of another form|optimiser"),
    ({"module": nn.Sequential(nn.Linear(3, 4))}, "parameters are of another form"),
    ({"callbacks": [print]}, "with 0 callbacks, not 1"),
])  # fmt: skip
def test_a_checkpoint_of_another_run_is_refused(tmp_path: Path, change: dict[str, Any], says: str) -> None:
    path = tmp_path / "a.npz"
    run(save=path, epochs=1)
    with pytest.raises(CheckpointError, match=says):
        run(change.pop("module", PLAIN), resume=path, **change)
    with pytest.raises(CheckpointError, match="its data is"):
        fit(PLAIN, LOSS, (X + 1, T), nn.Adam(lr=0.01), epochs=1, batch=5, resume=path)
    save_checkpoint(path, {"params": load_checkpoint(path)["params"]})
    with pytest.raises(CheckpointError, match="of no training run"):
        run(resume=path)


# The lecture's networks


@pytest.mark.parametrize("name, parameters, steps", [
    ("xor", 9, 100), ("circle", 25, 100), ("digits-softmax", 650, 100), ("digits-mlp-small", 2410, 20),
])  # fmt: skip
def test_trained_wholly_by_forward_and_wholly_by_reverse_mode(name: str, parameters: int, steps: int) -> None:
    """Weights equal to 1e-9."""
    network = NETWORKS[name]
    if network.missing():
        pytest.skip(network.missing() or "")
    assert network.parameters() == parameters
    train, _ = network.data()
    # As many examples as the steps see, so that they are one, or several, whole epochs.
    count = len(train[0]) if network.batch is None or parameters < 100 else network.batch * 10
    pair = train[0][:count], train[1][:count]
    batch = network.batch or count
    epochs = steps // -(-count // batch)
    found = [
        fit(network.module, network.loss, pair, network.optimizer, epochs=epochs, batch=batch, mode=mode, progress=False)
        for mode in ("forward", "reverse")
    ]
    assert found[0].steps == found[1].steps == steps
    assert distance(found[0].params, found[1].params) < 1e-9
    assert distance(found[0].params, network.module.init(np.random.default_rng((0, 0, 0)))) > 1e-3


@pytest.mark.parametrize("name", [name for name in NETWORKS if name != "mnist"])
def test_every_network_learns_a_little_in_every_mode(name: str) -> None:
    network = NETWORKS[name]
    if network.missing():
        pytest.skip(network.missing() or "")
    for mode in ("reverse", "modules", "forward-gradient"):
        found = network.train(mode, epochs=3, progress=False)
        assert found.ended == "epochs"
        assert np.isfinite(found.history["train_loss"]).all()
        assert network.scores(found.params)["train_loss"] > 0


def test_xor_from_ten_seeds_ends_alike_in_both_modes() -> None:
    """Most starts succeed, some get stuck, and a start that is stuck in one mode is so in the other."""
    network = NETWORKS["xor"]
    solved = []
    for seed in range(10):
        found = [network.train(mode, seed, optimizer=nn.SGD(5.0), epochs=250, every=250, progress=False)
                 for mode in ("forward", "reverse")]  # fmt: skip
        right = [network.scores(run.params)["train_accuracy"] for run in found]
        assert right[0] == right[1]
        assert distance(found[0].params, found[1].params) < 1e-6
        solved.append(right[0] == 1.0)
    assert 5 <= sum(solved) < 10


@pytest.mark.parametrize("name, least", [("digits-softmax", 0.955), ("digits-mlp", 0.970)])
def test_accuracy_on_every_fifth_digit(name: str, least: float) -> None:
    """By hand-derived gradients, the quickest; that the other modes end alike is tested above."""
    network = NETWORKS[name]
    if network.missing():
        pytest.skip(network.missing() or "")
    for seed in range(5):
        found = network.train("modules", seed, every=100, progress=False)
        assert (network.scores(found.params)["test_accuracy"] or 0) >= least
