"""What a training run was like: a table with one row an epoch, which draws itself."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..files import write_document

__all__ = ["History"]

_COLOURS = ("#1f5fa8", "#c8553d", "#3a7d44", "#8a5a9e", "#b08a2e", "#4a4a4a")


class History:
    """Rows of named numbers, as training wrote them: ``epoch``, ``step``, ``train_loss``, and what was asked for.

    ``history["train_loss"]`` is a column, an array; ``history[-1]`` a row, a dict.  A value that a row lacks is nan.

    Examples
    --------
    >>> history = History([{"epoch": 1, "train_loss": 0.7}, {"epoch": 2, "train_loss": 0.5}])
    >>> history["train_loss"]
    array([0.7, 0.5])
    >>> history[-1]
    {'epoch': 2, 'train_loss': 0.5}
    """

    def __init__(self, rows: Any = ()) -> None:
        self.rows: tuple[dict[str, float], ...] = tuple(rows)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns, in the order in which they appear."""
        return tuple(dict.fromkeys(name for row in self.rows for name in row))

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[dict[str, float]]:
        return iter(self.rows)

    def __getitem__(self, key: Any) -> Any:
        if not isinstance(key, str):
            return self.rows[key]
        if key not in self.names:
            raise KeyError(f"the history has no column {key!r}; it has {', '.join(self.names) or 'none yet'}")
        return np.array([row.get(key, np.nan) for row in self.rows])

    def __repr__(self) -> str:
        return f"History({len(self)} rows of {', '.join(self.names) or 'nothing'})"

    def _repr_svg_(self) -> str | None:
        """The curves, for a notebook."""
        if not self.rows or "epoch" not in self.names:
            return None
        import matplotlib

        into = io.StringIO()
        with matplotlib.rc_context({"svg.hashsalt": "adkit"}):  # the same curves give the same text
            self.plot().savefig(into, format="svg", facecolor="#ffffff", metadata={"Date": None})
        return into.getvalue()

    def as_tree(self) -> dict[str, Any]:
        """The columns as arrays, for a checkpoint."""
        return {name: self[name] for name in self.names}

    @classmethod
    def from_tree(cls, columns: dict[str, Any]) -> History:
        """The history whose columns these are."""
        names = list(columns)
        return cls([dict(zip(names, row, strict=True)) for row in zip(*[columns[n].tolist() for n in names], strict=True)])

    def plot(self, path: str | os.PathLike[str] | None = None, title: str = "") -> Any:
        """Draw the losses, and beside them the other measures, over the epochs.

        Parameters
        ----------
        path : where the picture goes (its suffix names the format: png, svg, pdf); None to write no file.
        title : what stands above.

        Returns
        -------
        the matplotlib Figure.

        Raises
        ------
        ValueError : if nothing has been recorded, or matplotlib does not know the format.
        adkit.files.OutputError : if the file cannot be written.
        """
        if not self.rows:
            raise ValueError("the history is empty: nothing has been recorded yet")
        # Not pyplot: it would hold the figure open, and takes a second to import.
        from matplotlib.figure import Figure

        losses = [name for name in self.names if name.endswith("loss")]
        others = [name for name in self.names if name not in (*losses, "epoch", "step")]
        panels = [names for names in (losses, others) if names]
        figure = Figure(figsize=(4.6 * len(panels), 3.2), layout="constrained")
        figure.suptitle(title, fontsize=11)
        for axes, names in zip(np.atleast_1d(figure.subplots(1, len(panels))), panels, strict=True):
            self._panel(axes, names)
        if path is not None:
            into = io.BytesIO()
            suffix = os.path.splitext(os.fspath(path))[1].lstrip(".").lower()
            figure.savefig(into, format=suffix or "png", dpi=150)
            write_document(os.fspath(path), into.getvalue())
        return figure

    def _panel(self, axes: Any, names: list[str]) -> None:
        """Curves over the epochs, with a logarithmic scale where values of a loss span more than a decade."""
        epochs = self["epoch"]
        loss = names[0].endswith("loss")
        for name, colour in zip(names, _COLOURS * len(names), strict=False):
            dashed = name.startswith("test")
            axes.plot(epochs, self[name], color=colour, linestyle="--" if dashed else "-", linewidth=1.6,
                      marker="o" if len(self) == 1 else None, label=name.replace("_", " "))  # fmt: skip
        values = np.concatenate([self[name] for name in names])
        values = values[np.isfinite(values)]
        if loss and values.size and values.min() > 0 and values.max() > 10 * values.min():
            axes.set_yscale("log")
        axes.set_xlabel("epoch")
        axes.set_ylabel("loss" if loss else "accuracy" if all("accuracy" in name for name in names) else "")
        axes.grid(color="#d9d9d9", linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, fontsize=9)
