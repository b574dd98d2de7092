"""Checkpoints: a tree of arrays and plain values in one file, whole or not there, and refused if damaged or foreign.

The file is NumPy's npz without pickle: one entry for each array, and an entry ``checkpoint`` that holds the form of
the tree as JSON.  It is written aside and renamed, so a process that is killed leaves the file that was there before.
Each entry carries a CRC-32, which is compared before anything is read.
"""

from __future__ import annotations

import io
import json
import os
import zipfile
import zlib
from typing import Any

import numpy as np

from ..errors import AdkitError
from ..files import write_document

__all__ = ["CheckpointError", "holds", "load_checkpoint", "save_checkpoint"]

_NAME = "checkpoint"
_FORMAT = "adkit checkpoint 1"


class CheckpointError(AdkitError, ValueError):
    """A checkpoint that cannot be written or read, or that belongs to another run."""


def save_checkpoint(path: str | os.PathLike[str], content: Any) -> None:
    """Write a tree of dicts, lists and tuples; its leaves are arrays, numbers, text, truth values or None.

    Raises
    ------
    CheckpointError : for a leaf of another kind, with the path that leads to it.
    adkit.files.OutputError : if the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "run.npz")
    ...     save_checkpoint(path, {"step": 3, "w": np.array([0.1, 0.2])})
    ...     load_checkpoint(path)
    {'step': 3, 'w': array([0.1, 0.2])}
    """
    arrays: dict[str, Any] = {}
    form = json.dumps({"format": _FORMAT, "content": _encode(content, arrays, "content")})
    into = io.BytesIO()
    # The type checker takes the entries for the option allow_pickle.
    np.savez(into, **{_NAME: np.frombuffer(form.encode(), np.uint8)}, **arrays)  # type: ignore[arg-type]
    write_document(os.fspath(path), into.getvalue())


def load_checkpoint(path: str | os.PathLike[str]) -> Any:
    """The tree that :func:`save_checkpoint` wrote, bit for bit.

    Raises
    ------
    CheckpointError : if the file is not there, cannot be read, is no checkpoint, or is damaged.
    """
    name = os.fspath(path)
    try:
        with open(name, "rb") as file:
            data = io.BytesIO(file.read())
    except OSError as error:
        raise CheckpointError(f"cannot read the checkpoint {name!r}: {error.strerror or error}") from None
    try:
        with zipfile.ZipFile(data) as members:
            broken = members.testzip()
            entries = set(members.namelist())
        if broken is not None:
            raise CheckpointError(f"the checkpoint {name!r} is damaged: the check sum of {broken!r} does not match")
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError, ValueError) as error:
        if isinstance(error, CheckpointError):
            raise
        raise CheckpointError(f"{name!r} is no checkpoint, or is damaged or cut short: {error}") from None
    data.seek(0)
    try:
        with np.load(data, allow_pickle=False) as arrays:
            if f"{_NAME}.npy" not in entries:
                raise CheckpointError(f"{name!r} is an npz file, but no checkpoint of adkit")
            form = json.loads(arrays[_NAME].tobytes().decode())
            if form["format"] != _FORMAT:
                raise CheckpointError(f"{name!r} is a checkpoint of another format, {form['format']!r}; this is {_FORMAT!r}")
            return _decode(form["content"], arrays)
    except CheckpointError:
        raise
    except Exception as error:
        # The sums are right, so the file is as somebody wrote it: a foreign one may fail in any way.
        raise CheckpointError(f"{name!r} is no checkpoint of adkit ({type(error).__name__} while it was read)") from None


def holds(x: Any) -> bool:
    """Whether a checkpoint can hold this tree.

    >>> holds({"w": np.zeros(2)}), holds({"f": print})
    (True, False)
    """
    try:
        _encode(x, {}, "x")
    except CheckpointError:
        return False
    return True


def _encode(x: Any, arrays: dict[str, Any], path: str) -> Any:
    """The form of a tree in JSON; its arrays are added to ``arrays``."""
    kind = type(x)
    if x is None or kind in (bool, int, float, str):
        return {"value": x}
    if kind is dict and all(type(key) is str for key in x):
        return {"dict": [[key, _encode(v, arrays, f"{path}[{key!r}]")] for key, v in x.items()]}
    if kind is list or kind is tuple:
        return {kind.__name__: [_encode(v, arrays, f"{path}[{i}]") for i, v in enumerate(x)]}
    if isinstance(x, (np.generic, np.ndarray)) and x.dtype.kind in "biufcSU" and kind in (np.ndarray, x.dtype.type):
        name = f"a{len(arrays)}"
        arrays[name] = x
        return {"array" if kind is np.ndarray else "scalar": name}
    what = f"an array of {x.dtype}" if isinstance(x, np.ndarray) else f"a {kind.__name__}"
    raise CheckpointError(
        f"{path} is {what}, which a checkpoint cannot hold; it holds dicts with text as keys, lists, tuples, arrays of "
        "numbers, numbers, text, True, False and None"
    )


def _decode(form: Any, arrays: Any) -> Any:
    ((kind, x),) = form.items()
    if kind == "value":
        return x
    if kind == "dict":
        return {key: _decode(v, arrays) for key, v in x}
    if kind in ("list", "tuple"):
        parts = [_decode(v, arrays) for v in x]
        return parts if kind == "list" else tuple(parts)
    found = arrays[x]
    return {"array": found, "scalar": found[()]}[kind]
