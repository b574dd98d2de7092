"""IDX files: read as they are, and refused, by name and with the reason, where they are not what they should be."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from adkit.data import DataFormatError, MissingDataError, idx, load_mnist, read_idx

NAMES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


def images(n: int, seed: int = 0, side: int = 3) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, n * side * side, dtype=np.uint8)
    return struct.pack(">iiii", 2051, n, side, side) + pixels.tobytes()


def labels(*values: int) -> bytes:
    return struct.pack(">ii", 2049, len(values)) + bytes(values)


def folder(where: Path, **replaced: bytes) -> str:
    contents = dict(zip(NAMES, (images(4), labels(0, 9, 5, 1), images(2, 1), labels(3, 3)), strict=True))
    for name, data in (contents | replaced).items():
        (where / name).write_bytes(data)
    return str(where)


def test_the_folder_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = load_mnist(folder(tmp_path))
    assert found.x_train.shape == (4, 9) and found.x_test.shape == (2, 9)
    np.testing.assert_array_equal(found.x_train.ravel() * 255, np.frombuffer(images(4)[16:], np.uint8))
    np.testing.assert_array_equal(found.labels_train, [0, 9, 5, 1])
    np.testing.assert_array_equal(found.labels_test, [3, 3])
    assert found.labels_train.dtype.kind == "i" and found.x_train.max() <= 1.0
    monkeypatch.setenv(idx.VARIABLE, str(tmp_path))
    np.testing.assert_array_equal(load_mnist().x_test, found.x_test)


def test_gzip_and_the_other_spelling(tmp_path: Path) -> None:
    found = load_mnist(folder(tmp_path))
    for name in NAMES[:2]:
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress((tmp_path / name).read_bytes()))
        (tmp_path / name).unlink()
    (tmp_path / NAMES[2]).rename(tmp_path / NAMES[2].replace("-idx", ".idx"))
    (tmp_path / NAMES[3]).write_bytes(gzip.compress((tmp_path / NAMES[3]).read_bytes()))  # known by its content
    for before, after in zip(found, load_mnist(str(tmp_path)), strict=True):
        np.testing.assert_array_equal(before, after)


BAD = [
    (b"", "no IDX file"),
    (b"\x00\x00", "no IDX file"),
    (b"PK\x03\x04 a zip file", "no IDX file"),
    (images(2)[::-1], "no IDX file"),
    (struct.pack("<iiii", 2051, 2, 3, 3) + bytes(18), "no IDX file"),  # little-endian
    (images(2)[:9], "cut short within its header"),
    (images(2)[:-1], "cut short"),
    (images(2) + b"\x00", "goes on"),
    (struct.pack(">iIII", 2051, 2**32 - 1, 2**32 - 1, 2**32 - 1) + bytes(18), "cut short"),
    (labels(1, 2)[:-1], "cut short"),
]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("data, says", BAD)
def test_a_bad_file_is_refused_by_name(tmp_path: Path, data: bytes, says: str, packed: bool) -> None:
    path = tmp_path / "some-file"
    path.write_bytes(gzip.compress(data) if packed else data)
    with pytest.raises(DataFormatError, match=says) as caught:
        read_idx(path)
    assert str(path) in str(caught.value)


def test_every_truncation_and_every_flipped_bit_of_a_gzip_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "images.gz"
    whole = gzip.compress(images(2), mtime=0)
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(DataFormatError):
            read_idx(path)
    expected = np.frombuffer(images(2)[16:], np.uint8).reshape(2, 3, 3)
    for k in range(len(whole)):
        path.write_bytes(whole[:k] + bytes([whole[k] ^ 0x10]) + whole[k + 1 :])
        try:
            np.testing.assert_array_equal(read_idx(path), expected)  # time stamps and the like are no data
        except DataFormatError:
            pass


@pytest.mark.parametrize("name, data, says", [
    (NAMES[1], images(4), "which its name denies"),
    (NAMES[0], labels(1, 2, 3, 4), "which its name denies"),
    (NAMES[1], labels(1, 2, 3), "4 images, but 3 labels"),
    (NAMES[3], labels(1, 10), "a label of 10"),
    (NAMES[2], images(2, side=4), "pixels"),
])  # fmt: skip
def test_files_that_do_not_belong_together(tmp_path: Path, name: str, data: bytes, says: str) -> None:
    with pytest.raises(DataFormatError, match=says):
        load_mnist(folder(tmp_path, **{name: data}))


def test_what_is_missing_is_said_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(idx.VARIABLE, raising=False)
    with pytest.raises(MissingDataError, match=f"set {idx.VARIABLE} to the folder"):
        load_mnist()
    with pytest.raises(MissingDataError, match="there is no folder"):
        load_mnist(str(tmp_path / "nowhere"))
    folder(tmp_path)
    (tmp_path / NAMES[3]).unlink()
    with pytest.raises(MissingDataError, match=NAMES[3]):
        load_mnist(str(tmp_path))
