"""Dropout, noise, batch norm, weight decay, early stopping, augmentation: rows 54 to 58 and 60 of the lecture's table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import adkit
from adkit import nn, tree
from adkit.data import load_digits
from adkit.nn.train import fit

# dropout -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fraction", [0.2, 0.5, 0.8])
def test_e4_dropout_scales_by_what_it_keeps(fraction: float) -> None:
    x = np.ones(100_000)
    raw = nn.Dropout(fraction, "test")
    assert raw({}, x, training=True, rng=0).mean() == pytest.approx(1 - fraction, abs=0.01)
    np.testing.assert_array_equal(raw({}, x), 1 - fraction)  # by the keep fraction, not the slide's dropout fraction
    scaled = nn.Dropout(fraction, "train")
    assert scaled({}, x, training=True, rng=0).mean() == pytest.approx(1.0, abs=0.02)
    np.testing.assert_array_equal(scaled({}, x), x)


@pytest.mark.parametrize("n", range(1, 11))
def test_row_57_over_all_masks_a_linear_layers_mean_is_the_scaled_output(n: int) -> None:
    f = 0.3
    masks, odds = nn.all_masks(n, f)
    assert masks.shape == (2**n, n) and len(np.unique(masks, axis=0)) == 2**n
    assert odds.sum() == pytest.approx(1, abs=1e-12)
    rng = np.random.default_rng(n)
    layer = nn.Linear(n, 3)
    params, x = layer.init(rng), rng.normal(size=n)
    mean = odds @ layer(params, masks * x)
    np.testing.assert_allclose(mean, layer(params, nn.Dropout(f, "test")({}, x)), atol=1e-12)
    if n == 10:
        with pytest.raises(ValueError, match="from 1 to 10"):
            nn.all_masks(11, f)


def test_row_57_the_mean_over_draws_approaches_the_mean_over_all_masks() -> None:
    """Through a nonlinearity scaling is not exact: averaging goes to the average over masks, and that is near the scaled one."""
    rng = np.random.default_rng(0)
    net = nn.Sequential(nn.Dropout(0.3), nn.Linear(8, 4), nn.Tanh(), nn.Linear(4, 1))
    params, x = net.init(1), rng.normal(size=8)
    masks, odds = nn.all_masks(8, 0.3)
    plain = nn.Sequential(linear1=nn.Linear(8, 4), tanh1=nn.Tanh(), linear2=nn.Linear(4, 1))
    exact = odds @ plain(params, masks * x / 0.7)
    errors = [abs(nn.monte_carlo(net, params, x, samples=n) - exact)[0] for n in (30, 6000)]
    assert errors[1] < 0.02 and errors[1] < errors[0] + 0.01
    assert abs(net(params, x) - exact)[0] < 0.2


def test_row_56_noise_is_added_in_training_only_and_the_gradient_passes() -> None:
    layer, x = nn.Noise(0.5), np.zeros(20_000)
    y = layer({}, x, training=True, rng=0)
    assert np.std(y) == pytest.approx(0.5, rel=0.02)
    np.testing.assert_array_equal(layer({}, x), x)
    np.testing.assert_array_equal(y, layer({}, x, training=True, rng=0))


# batch norm ----------------------------------------------------------------------------------------------------


def test_row_60_outputs_have_mean_zero_and_gamma_and_beta_restore_the_identity() -> None:
    x = np.random.default_rng(0).normal(3.0, 2.0, (64, 5))
    layer = nn.BatchNorm(5)
    y = layer(layer.init(0), x, training=True)
    assert np.abs(y.mean(axis=0)).max() < 1e-12
    np.testing.assert_allclose(y.std(axis=0), 1, atol=1e-5)
    restored = layer({"gamma": np.sqrt(x.var(axis=0) + layer.epsilon), "beta": x.mean(axis=0)}, x, training=True)
    np.testing.assert_allclose(restored, x, atol=1e-12)


def test_e8_the_statistics_vary_from_batch_to_batch_and_not_in_eval_mode() -> None:
    rng = np.random.default_rng(0)
    layer = nn.BatchNorm(2).initialize(0)
    x, others = rng.normal(size=(1, 2)), rng.normal(size=(2, 7, 2))
    one, two = [layer.forward_pass(np.concatenate([x, o]), training=True)[0] for o in others]
    assert np.abs(one - two).max() > 0.01
    one, two = [layer.forward_pass(np.concatenate([x, o]))[0] for o in others]
    np.testing.assert_array_equal(one, two)


def test_row_60_running_statistics_approach_the_datas() -> None:
    rng = np.random.default_rng(0)
    layer = nn.BatchNorm(2, decay=0.95).initialize(0)
    for _ in range(300):
        layer.forward_pass(rng.normal(4.0, 3.0, (32, 2)), training=True)
    np.testing.assert_allclose(layer.state["mean"], 4, atol=0.5)
    np.testing.assert_allclose(layer.state["var"], 9, rtol=0.2)


# weight decay, early stopping ----------------------------------------------------------------------------------


def test_row_55_the_norm_of_the_weights_falls_as_decay_grows() -> None:
    rng = np.random.default_rng(0)
    x, net = rng.normal(size=(40, 4)), nn.Linear(4, 1)
    t = (x[:, :1] > 0).astype(float)
    norms = []
    for strength in (0.0, 0.01, 0.1, 1.0):
        params: Any = net.init(0)
        optimizer = nn.Momentum(0.3)
        state = optimizer.init(params)
        loss = adkit.grad(lambda p, s=strength: nn.logistic_loss(net(p, x), t) + nn.weight_decay(p, s))
        for _ in range(150):
            params, state = optimizer.update(params, loss(params), state)
        norms.append(np.linalg.norm(params["W"]))
    assert norms[0] > norms[1] > norms[2] > norms[3] > 0


def test_weight_decay_by_hand_is_the_tapes_and_spares_biases() -> None:
    params = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm(2)).init(0)
    params["linear1"]["b"] = np.ones(2)
    by_tape = adkit.grad(lambda p: nn.weight_decay(p, 0.3))(params)
    by_hand = nn.weight_decay.by_hand(params, 0.3)
    for a, b in zip(tree.leaves(by_tape), tree.leaves(by_hand), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-15)
    assert not by_hand["linear1"]["b"].any() and not by_hand["batch_norm1"]["gamma"].any()


def test_row_54_early_stopping_restores_the_best_weights() -> None:
    stop = nn.EarlyStopping(patience=3)
    losses = [5.0, 3.0, 2.0, 2.5, 2.4, 1.9, 2.0, 2.1, 2.2, 0.1]
    params = {"w": np.zeros(1)}
    for epoch, loss in enumerate(losses):
        params["w"][0] = epoch  # in place: what is kept must be a copy
        if stop(nn.Event(epoch, epoch, None, params, {"mean": np.array([loss])}, losses={"test": loss})):
            break
    assert epoch == 8
    found, state = stop.restore(None)
    assert found["w"].tolist() == [5.0] and state["mean"].tolist() == [1.9] and (stop.best, stop.best_epoch) == (1.9, 5)


def test_early_stopping_bears_small_improvements_no_longer_than_none() -> None:
    stop = nn.EarlyStopping(patience=2, tolerance=0.1)
    told = [stop(nn.Event(k, k, None, {}, losses={"test": 1 - 0.01 * k})) for k in range(3)]
    assert told == [False, False, True]
    stop = nn.EarlyStopping(patience=1)
    assert [stop(nn.Event(k, k, None, {}, losses={"test": np.nan})) for k in range(1)] == [True]
    with pytest.raises(ValueError, match=r"no loss .test. to watch \(there is: train\); give test data"):
        stop(nn.Event(0, 0, None, {}, losses={"train": 1.0}))
    with pytest.raises(ValueError, match="patience must be at least 1"):
        nn.EarlyStopping(0)
    with pytest.raises(ValueError, match="nothing was watched yet"):
        nn.EarlyStopping().restore(None)


# augmentation --------------------------------------------------------------------------------------------------


def test_row_58_shifts_interpolate_between_pixels() -> None:
    image = np.zeros((8, 8))
    image[3, 4] = 1.0
    moved = nn.shift_images(image, 0.25, 0.5)
    expected = np.zeros((8, 8))
    expected[3, 4], expected[3, 5], expected[4, 4], expected[4, 5] = 0.375, 0.375, 0.125, 0.125
    np.testing.assert_allclose(moved, expected, atol=1e-15)
    ramp = np.arange(64.0).reshape(8, 8)
    np.testing.assert_allclose(nn.shift_images(ramp, 0.0, 0.5)[:, 1:], ramp[:, 1:] - 0.5)
    np.testing.assert_array_equal(nn.shift_images(ramp, 0, 0), ramp)
    np.testing.assert_array_equal(nn.shift_images(ramp, 1, 0)[1:], ramp[:-1])
    assert not nn.shift_images(ramp, 20, -20).any()


def test_row_58_rotations_turn_about_the_centre() -> None:
    images = np.random.default_rng(0).uniform(size=(3, 8, 8))
    np.testing.assert_allclose(nn.rotate_images(images, 90), np.rot90(images, axes=(1, 2)), atol=1e-12)
    np.testing.assert_allclose(nn.rotate_images(images, [0, 180, 270])[1], images[1, ::-1, ::-1], atol=1e-12)
    blob = np.exp(-0.5 * np.add.outer((np.arange(8) - 3.5) ** 2, (np.arange(8) - 3.5) ** 2) / 2)
    assert np.abs(nn.rotate_images(blob, 30) - blob).max() < 0.1


def test_row_58_flat_images_stay_flat_and_a_seed_repeats() -> None:
    images = np.random.default_rng(0).uniform(size=(6, 64))
    one = nn.augment_images(images, 3)
    assert one.shape == (6, 64) and np.any(one != nn.augment_images(images, 4))
    np.testing.assert_array_equal(one, nn.augment_images(images, 3))
    square = nn.augment_images(images.reshape(6, 8, 8), 3)
    np.testing.assert_array_equal(square.reshape(6, 64), one)
    assert one.min() >= 0 and one.max() <= 1
    for call, words in (
        (lambda: nn.shift_images(np.ones((2, 63)), 0, 0), "must be"),
        (lambda: nn.shift_images(np.ones((2, 64)), np.ones(3), 0), "one for each of the 2 images"),
    ):
        with pytest.raises(ValueError, match=words):
            call()
    with pytest.raises(TypeError, match="a seed or a generator"):
        nn.augment_images(images, None)


def test_row_58_whole_pixels_hurt_on_small_images_and_parts_of_one_do_not() -> None:
    pytest.importorskip("sklearn")
    images, labels, x_test, labels_test = load_digits().split()
    net = nn.Sequential(nn.Linear(64, 128, "he"), nn.Relu(), nn.Linear(128, 10))

    def rolled(x: Any, rng: Any) -> Any:
        moves = rng.integers(-1, 2, (len(x), 2))
        return np.stack([np.roll(i, tuple(m), (0, 1)) for i, m in zip(x.reshape(-1, 8, 8), moves, strict=True)]).reshape(x.shape)

    def accuracy(augment: Any) -> float:
        found = []
        for seed in range(2):
            chosen = np.random.default_rng(seed).choice(len(images), 200, replace=False)
            data = images[chosen], adkit.one_hot(labels[chosen], 10)
            run = fit(net, nn.softmax_cross_entropy, data, nn.Adam(2e-3), epochs=40, batch=20, seed=seed, augment=augment,
                      every=40, progress=False)  # fmt: skip
            found.append(np.mean(np.argmax(net(run.params, x_test), axis=1) == labels_test))
        return float(np.mean(found))

    plain = accuracy(None)
    assert accuracy(rolled) < plain - 0.02
    assert accuracy(nn.augment_images) > plain - 0.015
