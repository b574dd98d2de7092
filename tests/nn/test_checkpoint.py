"""Checkpoints: what is read is what was written, bit for bit; a damaged or foreign file is refused by name."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adkit import files, tree
from adkit.nn.checkpoint import CheckpointError, load_checkpoint, save_checkpoint

CONTENT: dict[str, Any] = {
    "text": "ä", "none": None, "yes": True, "number": -3, "large": 2**70, "float": 0.1, "inf": float("inf"),
    "tree": {"w": np.random.default_rng(0).normal(size=(3, 2)), "b": (np.arange(2), [np.float64(0.3), np.float32(2.0)])},
    "empty": {"dict": {}, "list": [], "tuple": (), "array": np.empty((0, 3))}, "zero-d": np.array(5), "mask": np.array([True, False]),
}  # fmt: skip


def same(a: Any, b: Any) -> bool:
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, (np.ndarray, np.generic)):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    return bool(a == b)


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    save_checkpoint(path, CONTENT)
    assert same(load_checkpoint(path), CONTENT)
    assert os.listdir(tmp_path) == ["a.npz"]
    with np.load(path, allow_pickle=False) as found:  # an ordinary npz, which anybody can read
        assert "checkpoint" in found


def test_nan_and_the_sign_of_zero_stay(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "a", {"x": np.array([np.nan, -0.0]), "y": float("nan")})
    found = load_checkpoint(tmp_path / "a")
    assert np.isnan(found["y"]) and np.isnan(found["x"][0]) and np.signbit(found["x"][1])


@pytest.mark.parametrize("leaf", [print, np.array([None]), {1: 2.0}, {1, 2}, 1j, np.ma.masked_array([1.0])], ids=repr)
def test_what_cannot_be_held_is_named_before_anything_is_written(tmp_path: Path, leaf: Any) -> None:
    path = tmp_path / "a.npz"
    save_checkpoint(path, {"w": 1})
    with pytest.raises(CheckpointError, match=r"content\['w'\]\[0\] is a"):
        save_checkpoint(path, {"w": [leaf]})
    assert load_checkpoint(path) == {"w": 1}


def test_every_truncation_and_every_flipped_byte_is_refused_or_harmless(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    content = {"step": 3, "w": np.arange(40.0)}
    save_checkpoint(path, content)
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(CheckpointError):
            load_checkpoint(path)
    refused = 0
    for k in range(0, len(whole), 3):
        path.write_bytes(whole[:k] + bytes([whole[k] ^ 0x41]) + whole[k + 1 :])
        try:
            assert same(load_checkpoint(path), content)  # a time stamp of the archive, and the like
        except CheckpointError:
            refused += 1
    assert refused > len(whole) // 3 * 0.7


def test_foreign_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    says = "is no checkpoint"
    for data in (b"", b"hello", pickle.dumps({"step": 3}), b"\x93NUMPY"):
        path.write_bytes(data)
        with pytest.raises(CheckpointError, match=says):
            load_checkpoint(path)
    with open(path, "wb") as file:
        np.savez(file, w=np.zeros(3))
    with pytest.raises(CheckpointError, match="no checkpoint of adkit"):
        load_checkpoint(path)
    for text in ("null", "{}", '{"format": "adkit checkpoint 1"}', '{"format": "adkit checkpoint 1", "content": {"array": "zz"}}', "\xff"):
        with open(path, "wb") as file:
            np.savez(file, checkpoint=np.frombuffer(text.encode("latin-1"), np.uint8))
        with pytest.raises(CheckpointError, match="no checkpoint of adkit"):
            load_checkpoint(path)
    with open(path, "wb") as file:
        np.savez(file, checkpoint=np.frombuffer(b'{"format": "adkit checkpoint 9"}', np.uint8))
    with pytest.raises(CheckpointError, match="another format"):
        load_checkpoint(path)


def test_nothing_that_is_pickled_is_ever_loaded(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> Any:
            return os.system, (f"touch {tmp_path / 'exploded'}",)

    with open(tmp_path / "a.npz", "wb") as file:
        np.savez(file, checkpoint=np.array([Bomb()], dtype=object))
    with pytest.raises(CheckpointError):
        load_checkpoint(tmp_path / "a.npz")
    assert not (tmp_path / "exploded").exists()


def test_a_file_that_cannot_be_read_or_written(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="No such file"):
        load_checkpoint(tmp_path / "nowhere")
    with pytest.raises(CheckpointError, match="cannot read"):
        load_checkpoint(tmp_path)
    with pytest.raises(files.OutputError, match="cannot write"):
        save_checkpoint(tmp_path / "nowhere" / "a.npz", {})


def test_a_full_disk_leaves_the_old_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.npz"
    save_checkpoint(path, {"step": 1})

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(files.OutputError, match="No space left"):
        save_checkpoint(path, {"step": 2})
    monkeypatch.undo()
    assert load_checkpoint(path) == {"step": 1}
    assert os.listdir(tmp_path) == ["a.npz"]
    assert tree.leaves(load_checkpoint(path)) == [1]
