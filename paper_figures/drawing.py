"""Drawing many figures: here in turn, or in other processes, which hand the finished files back."""

from __future__ import annotations

import importlib
import json
import tempfile
import traceback
from collections.abc import Iterator
from concurrent.futures import Executor, as_completed
from pathlib import Path
from typing import Any, NamedTuple

from adkit.data.digits import MissingDataError
from adkit.errors import AdkitError
from adkit.files import write_document


class Drawn(NamedTuple):
    """What came of one figure."""

    name: str
    files: dict[str, bytes]
    """The finished files by name, the JSON last; empty where the figure was not drawn."""
    missing: str
    """The extra that is not installed, if that is why."""
    error: str
    """One line on what went wrong, if anything did."""

    @property
    def report(self) -> dict[str, Any]:
        """What the figure's JSON holds; empty where it was not drawn."""
        return json.loads(self.files[f"{self.name}.json"]) if self.files else {}


def draw(name: str, seed: int, quick: bool) -> Drawn:
    """Draw one figure, wherever this is called; its files come back as bytes, so no folder need be shared."""
    try:
        with tempfile.TemporaryDirectory(prefix="adkit-figure-") as folder:
            importlib.import_module(f"{__package__}.{name}").main(folder, seed=seed, quick=quick)
            found = sorted(Path(folder).iterdir(), key=lambda path: (path.suffix == ".json", path.name))
            return Drawn(name, {path.name: path.read_bytes() for path in found}, "", "")
    except MissingDataError:
        return Drawn(name, {}, "data", "")
    except ImportError as error:
        # ModuleNotFoundError of an extra's package, or adkit's own error that names the extra.
        extra = _EXTRAS.get((error.name or "").partition(".")[0])
        if extra is None:
            return Drawn(name, {}, "", _line(error))
        return Drawn(name, {}, extra, "")
    except AdkitError as error:
        return Drawn(name, {}, "", str(error).splitlines()[0])
    except Exception as error:
        return Drawn(name, {}, "", _line(error))


_EXTRAS = {"scipy": "scipy", "sklearn": "data", "cma": "cma", "distributed": "dask", "dask": "dask"}
"""Packages that figures use, and the extras that bring them."""


def _line(error: Exception) -> str:
    """An unforeseen error in one line, with the place in the script."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    words = str(error).splitlines()[0] if str(error) else ""
    return f"{type(error).__name__}: {words} ({Path(place.filename).name}:{place.lineno})"


def draw_all(names: list[str], seed: int, quick: bool, pool: Executor | None) -> Iterator[tuple[str, Drawn | None]]:
    """Each figure's name with None as it is begun (in this process alone), and with what came of it when it ends."""
    if pool is None:
        for name in names:
            yield name, None
            yield name, draw(name, seed, quick)
        return
    futures = {pool.submit(draw, name, seed, quick): name for name in names}
    try:
        for future in as_completed(futures):
            try:
                yield futures[future], future.result()
            except Exception as error:  # a worker has died, or does not have this package
                yield futures[future], Drawn(futures[future], {}, "", f"its worker failed: {_line(error)}")
    finally:
        for future in futures:
            future.cancel()


def keep(drawn: Drawn, out: Path) -> None:
    """Write the files of a figure, the JSON last: where it is there, the picture is too."""
    for file, content in drawn.files.items():
        write_document(str(out / file), content)
