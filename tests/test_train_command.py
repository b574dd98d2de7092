"""The command ``python -m adkit.train``: its documents, its exit status, and what it says to those who hold it wrong."""

from __future__ import annotations

import gzip
import json
import os
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import adkit.data.digits
from adkit.__main__ import main as adkit_main
from adkit.nn import lecture
from adkit.nn.checkpoint import load_checkpoint, save_checkpoint
from adkit.nn.lecture import NETWORKS
from adkit.nn.optimizers import SGD
from adkit.train import main

ROOT = Path(__file__).parents[1]
KEYS = ["network", "mode", "seed", "epochs", "steps", "train_loss", "train_accuracy", "test_accuracy", "seconds"]


def process(*arguments: str, cwd: Path = ROOT) -> Any:
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, "-m", "adkit.train", *arguments], cwd=cwd, env=environ, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main([*arguments, "--json", "-"]) == 0
    return dict(json.loads(capsys.readouterr().out))


def test_the_json_keeps_its_contract(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "circle", "--epochs", "3", "--seed", "4")
    assert list(found) == KEYS
    assert (found["network"], found["mode"], found["seed"]) == ("circle", "reverse", 4)
    assert (found["epochs"], found["steps"]) == (3, 150)
    assert 0 < found["train_loss"] < 10 and 0 <= found["train_accuracy"] <= 1 and 0 <= found["test_accuracy"] <= 1
    assert found["seconds"] > 0


def test_a_regression_has_no_accuracy(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "bumps", "--epochs", "2")
    assert found["train_accuracy"] is None and found["test_accuracy"] is None


@pytest.mark.parametrize("mode", ["reverse", "forward", "modules", "forward-gradient"])
def test_each_mode(mode: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "xor", "--mode", mode, "--epochs", "50")
    assert found["mode"] == mode and found["steps"] == 50
    if mode in ("forward", "modules"):
        reverse = answer(capsys, "xor", "--epochs", "50")
        assert np.isclose(found["train_loss"], reverse["train_loss"], rtol=1e-12)


def test_the_lectures_settings_are_the_defaults(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("logistic", "circle"):
        found = answer(capsys, name, "--mode", "modules")
        assert found["epochs"] == NETWORKS[name].epochs
        assert found["train_accuracy"] == found["test_accuracy"] == 1.0


def test_files_are_written_whole_and_beside_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = {"--json": "run.json", "--plot": "run.png", "--save": "run.npz"}
    given = [word for flag, name in names.items() for word in (flag, str(tmp_path / name))]
    assert main(["xor", "--epochs", "100", *given]) == 0
    out, err = capsys.readouterr()
    assert "9 parameters, mode reverse, seed 0" in out and err == ""
    assert sorted(os.listdir(tmp_path)) == sorted(names.values())
    assert list(json.loads((tmp_path / "run.json").read_text())) == KEYS
    assert (tmp_path / "run.png").read_bytes().startswith(b"\x89PNG")
    assert load_checkpoint(tmp_path / "run.npz")["step"] == 100


def test_a_run_is_continued_with_its_own_settings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "run.npz")
    whole = answer(capsys, "xor", "--mode", "modules", "--seed", "3", "--epochs", "40")
    answer(capsys, "xor", "--mode", "modules", "--seed", "3", "--epochs", "15", "--save", path)
    found = answer(capsys, "xor", "--resume", path, "--epochs", "40", "--save", path)
    assert {k: v for k, v in found.items() if k != "seconds"} == {k: v for k, v in whole.items() if k != "seconds"}
    assert answer(capsys, "xor", "--resume", path)["epochs"] == 40


@pytest.mark.parametrize("arguments, says", [
    ([], "the following arguments are required: NETWORK"),
    (["xro"], "no network 'xro'; did you mean xor?"),
    (["zzz"], "no network 'zzz'; there are: logistic, xor"),
    (["xor", "circle"], "unknown option circle"),
    (["xor", "--mode", "revers"], "no mode 'revers'; did you mean reverse?"),
    (["xor", "--epoch", "3"], "unknown option --epoch; did you mean --epochs?"),
    (["xor", "--epochs", "1.5"], "--epochs takes a whole number from 0, not '1.5'"),
    (["xor", "--seed", "-1"], "--seed"),
    (["xor", "--seed"], "--seed"),
    (["xor", "--plot", "run.txt"], "--plot: the name must end in .png"),
    (["xor", "--plot", "-"], "only --json can go to stdout"),
    (["xor", "--save", "-"], "only --json can go to stdout"),
    (["xor", "--json", ""], "cannot write ''"),
    (["xor", "--save", "/no/such/folder/run.npz"], "cannot write '/no/such/folder/run.npz'"),
    (["xor", "--json", "a.png", "--plot", "a.png"], "must name different files"),
    (["xor", "--resume", "/no/such/run.npz"], "cannot read the checkpoint"),
])  # fmt: skip
def test_bad_use_is_one_clear_line(arguments: list[str], says: str, capsys: pytest.CaptureFixture[str], tmp_path: Path,
                                   monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith("adkit train: ")
    assert says in err
    assert os.listdir(tmp_path) == []


def test_foreign_and_damaged_checkpoints_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "run.npz"
    assert main(["xor", "--epochs", "5", "--save", str(path)]) == 0
    capsys.readouterr()
    data = path.read_bytes()

    def says(*arguments: str) -> str:
        assert main([*arguments, "--resume", str(path)]) == 2
        err = capsys.readouterr().err
        assert err.count("\n") == 1
        return err

    assert "is of 'xor', not of 'circle'" in says("circle")
    assert "its seed is 0, not 1" in says("xor", "--seed", "1")
    assert "its mode is 'reverse', not 'forward'" in says("xor", "--mode", "forward")
    path.write_bytes(data[:-100])
    assert "is no checkpoint, or is damaged or cut short" in says("xor")
    path.write_bytes(data.replace(b"a0", b"a9", 1))
    assert "damaged" in says("xor")
    path.write_text("hello")
    assert "is no checkpoint" in says("xor")
    save_checkpoint(path, {"w": 1})
    assert "of no training run" in says("xor")


def test_a_loss_that_grows_beyond_all_numbers_is_exit_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    network = NETWORKS["bumps"]
    wild = lecture.Network(**{**vars(network), "optimizer": SGD(1e6)})
    monkeypatch.setitem(NETWORKS, "bumps", wild)
    with np.errstate(all="ignore"):
        assert main(["bumps", "--json", "-"]) == 1
    out, err = capsys.readouterr()
    assert list(json.loads(out)) == KEYS
    assert "the loss of bumps is no number any more" in err


def test_absent_data_are_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(adkit.data.digits, "find_spec", lambda name: None)
    assert main(["digits-mlp"]) == 2
    assert "scikit-learn, which is not installed: pip install" in capsys.readouterr().err
    monkeypatch.delenv("ADKIT_MNIST_DIR", raising=False)
    assert main(["mnist"]) == 2
    assert "set ADKIT_MNIST_DIR to the folder" in capsys.readouterr().err


def test_mnist_from_the_users_own_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(0)
    for part, n in (("train", 64), ("t10k", 20)):
        pixels = rng.integers(0, 256, (n, 28, 28), dtype=np.uint8)
        (tmp_path / f"{part}-images-idx3-ubyte.gz").write_bytes(
            gzip.compress(struct.pack(">iiii", 2051, n, 28, 28) + pixels.tobytes())
        )
        labels = rng.integers(0, 10, n, dtype=np.uint8)
        (tmp_path / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">ii", 2049, n) + labels.tobytes())
    monkeypatch.setenv("ADKIT_MNIST_DIR", str(tmp_path))
    assert answer(capsys, "mnist", "--epochs", "2")["steps"] == 4
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(b"\0" * 30)
    assert main(["mnist"]) == 2
    assert "no IDX file" in capsys.readouterr().err


# The process


def test_as_a_process(tmp_path: Path) -> None:
    command = process("xor", "--epochs", "3", "--json", "-", cwd=tmp_path)
    out, err = command.communicate(timeout=60)
    assert command.returncode == 0
    assert list(json.loads(out)) == KEYS
    assert "9 parameters" in err and "\r" not in err  # no progress where nobody looks
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(os.name == "nt", reason="signals are another matter there")
@pytest.mark.parametrize("saved", [True, False])
def test_an_interrupt_ends_in_one_line(tmp_path: Path, saved: bool) -> None:
    path = tmp_path / "run.npz"
    command = process("spiral", "--epochs", "1000000", "--json", "a.json", *(["--save", str(path)] if saved else []), cwd=tmp_path)
    if saved:
        while not path.exists() and command.poll() is None:
            time.sleep(0.05)
    else:
        time.sleep(3)
    command.send_signal(signal.SIGINT)
    out, err = command.communicate(timeout=60)
    assert command.returncode == 130
    assert out == "" and err.count("\n") == 1
    assert os.listdir(tmp_path) == (["run.npz"] if saved else [])
    if saved:
        assert "the checkpoint" in err
        assert f"after {load_checkpoint(path)['step']:,} steps" in err
    else:
        assert err == "adkit train: interrupted\n"


def test_it_is_among_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert adkit_main([]) == 0
    assert "python -m adkit.train" in capsys.readouterr().out
    assert adkit_main(["train", "xor", "--epochs", "1"]) == 0
    capsys.readouterr()
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code == 0
    out = capsys.readouterr().out
    assert all(name in out for name in NETWORKS)
