"""The diagnoses: rows 63 to 66 of the lecture's table, their pictures, and asking while a network trains."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import adkit
from adkit import nn
from adkit.data import load_digits
from adkit.nn.train import fit


@pytest.fixture(scope="module")
def digits() -> tuple[Any, Any]:
    pytest.importorskip("sklearn")
    x, labels, _, _ = load_digits().split()
    return x, adkit.one_hot(labels, 10)


def trained(activation: type[nn.Module], lr: float, data: tuple[Any, Any]) -> tuple[nn.Module, Any]:
    """A network with two hidden layers, He initialisation, after twenty steps on all digits."""
    x, t = data
    hidden = [m for n in (64, 64) for m in (nn.Linear(n, 64, "he"), activation())]
    net = nn.Sequential(*hidden, nn.Linear(64, 10))
    params: Any = net.init(0)
    optimizer = nn.SGD(lr)
    for _ in range(20):
        y, memory = net.forward_by_hand(params, x)
        _, g = net.backward_by_hand(params, nn.softmax_cross_entropy.by_hand(y, t), memory)
        params, _ = optimizer.update(params, g, {})
    return net, params


def test_row_63_a_learning_rate_that_is_too_large_kills_relus(digits: Any) -> None:
    found = nn.dead_units(*trained(nn.Relu, 2.0, digits), digits[0])
    assert found.numbers["fraction"] > 0.5 and not found.ok
    assert "A smaller learning rate, He initialisation or a leaky relu helps." in str(found)
    healthy = nn.dead_units(*trained(nn.Relu, 0.1, digits), digits[0])
    assert healthy.numbers["fraction"] < 0.1 and healthy.ok and "the units learn" in healthy.verdict
    leaky = nn.dead_units(*trained(nn.LeakyRelu, 2.0, digits), digits[0])
    assert leaky.numbers["dead"] == 0 and leaky.ok


def test_row_63_a_saturated_sigmoid_is_dead_too() -> None:
    layer = nn.Sequential(nn.Linear(2, 4), nn.Sigmoid())
    params = layer.init(0)
    params["linear1"]["b"][:2] = 60.0
    found = nn.dead_units(layer, params, np.ones((5, 2)))
    assert (found.numbers["dead"], found.numbers["units"]) == (2, 4)
    assert found.numbers["activity"]["sigmoid1"].tolist() == [0, 0, 1, 1]
    with pytest.raises(ValueError, match="contains no activation"):
        nn.dead_units(nn.Linear(2, 2), nn.Linear(2, 2).init(0), np.ones((5, 2)))


def test_row_63_a_network_that_has_diverged_is_not_called_alive() -> None:
    layer = nn.Sequential(nn.Linear(2, 4), nn.LeakyRelu())
    params = layer.init(0)
    params["linear1"]["W"][0, 0] = np.nan
    found = nn.dead_units(layer, params, np.ones((5, 2)))
    assert not found.ok and "leakyrelu1 are no finite numbers" in found.verdict.replace("_", "")


def deep(normalised: bool) -> nn.Sequential:
    modules: list[nn.Module] = []
    for n in (64, 100, 100, 100, 100, 100):
        modules += [nn.Linear(n, 100), *([nn.BatchNorm(100)] if normalised else []), nn.Sigmoid()]
    return nn.Sequential(*modules, nn.Linear(100, 10))


def test_row_64_the_gradient_vanishes_in_six_sigmoid_layers_and_batch_norm_keeps_it(digits: Any) -> None:
    x, t = digits[0][:200], digits[1][:200]
    found = {}
    for normalised in (False, True):
        net = deep(normalised)
        loss = lambda p, net=net: nn.softmax_cross_entropy(net(p, x, training=True), t)
        found[normalised] = nn.gradient_flow(adkit.grad(loss)(net.init(0)))
    assert 3e-5 < found[False].numbers["ratio"] < 3e-4  # 1e-4 in the reference run
    assert "vanishing: the first layer's gradient is" in found[False].verdict and not found[False].ok
    assert found[True].numbers["ratio"] > 0.1 and found[True].ok  # .35 there
    assert list(found[True].numbers["size"]) == [f"linear{k}" for k in range(1, 8)]  # scales and shifts are no layers


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (1e3, 1.0, "exploding"), (1e-3, 1.0, "vanishing"), (1.0, 1.0, "healthy"), (0.0, 0.0, "every gradient is 0"),
        (np.nan, 1.0, "the gradient of a is no finite number"), (1.0, 0.0, "exploding"),
    ],
)  # fmt: skip
def test_gradient_flow_says_what_is_wrong(first: float, last: float, words: str) -> None:
    found = nn.gradient_flow({"a": {"W": np.full((2, 3), first)}, "b": {"W": np.full((1, 2), last)}})
    assert found.verdict.startswith(words)
    assert found.ok == (words == "healthy")


@pytest.mark.parametrize(
    ("moved", "words", "ok"),
    [
        (1e-3, "healthy", True), (1.01e-4, "healthy", True), (0.99e-2, "healthy", True), (0.9e-4, "too small in", False),
        (1.1e-2, "too large in", False), (0.0, "no movement in W", False), (np.nan, "too large in", False),
    ],
)  # fmt: skip
def test_row_65_updates_are_flagged_outside_their_band(moved: float, words: str, ok: bool) -> None:
    before = {"W": np.full((3, 3), 2.0), "b": np.zeros(3)}
    after = {"W": before["W"] * (1 + moved), "b": np.ones(3)}  # biases begin at zero, and any step is large beside that
    found = nn.update_ratio(before, after)
    assert found.verdict.startswith(words) and found.ok is ok
    with pytest.raises(ValueError, match="the same form"):
        nn.update_ratio(before, {"V": np.ones((3, 3))})


class SlideSoftmax(nn.Softmax):
    """Softmax with the slide's gradient (E2)."""

    def input_gradients(self, params: Any, dL_dy: Any, memory: nn.Memory) -> tuple[Any, ...]:
        s = dL_dy * memory.y
        return (s - np.sum(s, axis=-1, keepdims=True),)


def test_row_66_ten_digits_are_learned_by_heart_unless_the_gradient_is_wrong(digits: Any) -> None:
    right = nn.Sequential(nn.Linear(64, 32), nn.Tanh(), nn.Linear(32, 10), nn.Softmax())
    for by_hand in (True, False):
        found = nn.overfit_check(right, nn.cross_entropy, *digits, by_hand=by_hand)
        assert found.ok and found.numbers["accuracy"] == 1 and "10 examples learned by heart" in found.verdict
        assert found.numbers["last"] < 2e-3  # 5.5e-4 in the reference run
    wrong = nn.Sequential(nn.Linear(64, 32), nn.Tanh(), nn.Linear(32, 10), SlideSoftmax())
    found = nn.overfit_check(wrong, nn.cross_entropy, *digits, by_hand=True)
    assert not found.ok and found.verdict.startswith("failed") and "check_grads" in found.verdict
    assert nn.overfit_check(wrong, nn.cross_entropy, *digits).ok  # adkit needs no formula by hand


def test_overfit_check_works_with_state_masks_and_numbers_for_targets() -> None:
    x = np.random.default_rng(0).normal(size=(12, 3))
    net = nn.Sequential(nn.Linear(3, 16), nn.BatchNorm(16), nn.Tanh(), nn.Dropout(0.1), nn.Linear(16, 1))
    found = nn.overfit_check(net, nn.squared_error, x, x[:, :1] * x[:, 1:2], examples=8, goal=0.3)
    assert found.ok and "accuracy" not in found.numbers and "8 examples" in found.verdict
    with np.errstate(over="raise", invalid="raise"):
        found = nn.overfit_check(net, nn.squared_error, 1e200 * x, x[:, :1], optimizer=nn.SGD(1e200))
    assert not found.ok and len(found.numbers["losses"]) < 400
    with pytest.raises(ValueError, match=r"a loss that has loss\.by_hand"):
        nn.overfit_check(net, lambda y, t: np.sum(y), x, x, by_hand=True)


def test_every_diagnosis_draws_itself(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(20, 3))
    net = nn.Sequential(nn.Linear(3, 6, "he"), nn.Relu(), nn.Linear(6, 2))
    params = net.init(0)
    g = adkit.grad(lambda p: nn.squared_error(net(p, x), x[:, :2]))(params)
    moved, _ = nn.SGD(0.01).update(params, g, {})
    still = {"a": {"W": np.zeros((2, 2))}, "b": {"W": np.full((2, 2), np.inf)}}
    found = [
        nn.dead_units(net, params, x), nn.gradient_flow(g), nn.update_ratio(params, moved), nn.gradient_flow(still),
        nn.update_ratio(still, still), nn.overfit_check(net, nn.squared_error, x, x[:, :2], steps=20),
    ]  # fmt: skip
    for k, diagnosis in enumerate(found):
        figure = diagnosis.plot(tmp_path / f"{k}.png")
        assert (tmp_path / f"{k}.png").read_bytes().startswith(b"\x89PNG")
        assert figure.axes[0].get_title(loc="left").replace("\n", " ") == str(diagnosis)
        assert figure.get_facecolor() == (1.0, 1.0, 1.0, 1.0)  # opaque, so that it is legible on a dark page
    figure = found[0].plot(tmp_path / "picture.svg")
    assert "<svg" in (tmp_path / "picture.svg").read_text(encoding="utf-8")


def test_watches_ask_while_a_network_trains_and_may_end_it(capsys: pytest.CaptureFixture[str]) -> None:
    x = np.random.default_rng(0).normal(size=(40, 3))
    t = x[:, :1] - x[:, 1:2]
    net = nn.Sequential(nn.Linear(3, 8, "he"), nn.Relu(), nn.Linear(8, 1))
    said: list[str] = []
    watches = [
        nn.Watch(nn.dead_units), nn.Watch(nn.gradient_flow, every=2), nn.Watch(nn.update_ratio, say=said.append, highest=1e-9),
        nn.Watch(nn.overfit_check, every=100, loss=nn.squared_error, steps=5, say=said.append),
    ]  # fmt: skip
    run = fit(net, nn.squared_error, (x, t), nn.SGD(0.01), epochs=4, callbacks=watches, progress=False)
    assert [len(w.found) for w in watches] == [4, 2, 4, 1]
    assert [epoch for epoch, _ in watches[1].found] == [1, 3]
    assert len(said) == 2 and said[0].startswith("epoch 1: update ratio: too large")  # once, not at every epoch
    assert capsys.readouterr().err == ""
    assert run.ended == "epochs"
    run = fit(net, nn.squared_error, (x, t), nn.SGD(0.01), epochs=4, progress=False,
              callbacks=[nn.Watch(nn.update_ratio, stop=True, highest=1e-9)])  # fmt: skip
    assert run.ended == "callback" and run.epochs == 1
    assert "epoch 1: update ratio" in capsys.readouterr().err


def test_early_stopping_and_augmentation_in_the_training_loop() -> None:
    rng = np.random.default_rng(0)
    x, x_test = rng.normal(size=(12, 4)), rng.normal(size=(100, 4))
    label = lambda x: (x[:, :1] > 0).astype(float)
    t = label(x)
    t[:4] = 1 - t[:4]  # wrong labels, which a network learns by heart if nobody stops it
    net = nn.Sequential(nn.Linear(4, 30), nn.Tanh(), nn.Linear(30, 1))
    stop = nn.EarlyStopping(patience=5)
    run = fit(net, nn.logistic_loss, (x, t), nn.Adam(0.02), epochs=300, test=(x_test, label(x_test)), callbacks=[stop], progress=False)
    assert run.ended == "callback" and run.epochs == stop.best_epoch + 5 < 300
    assert nn.logistic_loss(net(run.params, x_test), label(x_test)) == pytest.approx(stop.best, rel=1e-12)
    images = rng.uniform(size=(10, 64))
    run = fit(nn.Linear(64, 2), nn.softmax_cross_entropy, (images, adkit.one_hot(np.arange(10) % 2, 2)), nn.SGD(0.1),
              epochs=3, batch=4, augment=nn.augment_images, progress=False)  # fmt: skip
    assert run.steps == 9


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: nn.Watch(np.sum), "give one of dead_units, gradient_flow, update_ratio, overfit_check"),
        (lambda: nn.Watch(nn.overfit_check), "needs the loss"),
        (lambda: nn.Watch(nn.update_ratio, every=0), "every must be at least 1"),
        (lambda: nn.gradient_flow({}), "hold no array"),
    ],
)
def test_errors_teach(call: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()
