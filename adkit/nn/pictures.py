"""The pictures of the diagnoses.  An opaque light ground makes them legible on a dark page too.

Colours are those of Okabe and Ito, which colour-blind people tell apart; what is bad is hatched or dashed as well.
"""

from __future__ import annotations

import io
import os
import textwrap
from collections.abc import Callable
from typing import Any

import numpy as np

from ..files import write_document

__all__ = ["activity", "figure", "flow", "losses", "ratios"]

GROUND, INK, SOFT, GRID = "#ffffff", "#1f2328", "#59636e", "#e3e6ea"
GOOD, BAD, BAND = "#0072b2", "#d55e00", "#dcebf5"


def figure(draw: Callable[[Any, dict[str, Any]], None], numbers: dict[str, Any], title: str, path: Any) -> Any:
    """One panel with the verdict above it; written to ``path`` if there is one."""
    # Not pyplot: it would hold the figure open, and takes a second to import.
    from matplotlib.figure import Figure

    picture = Figure(figsize=(6.4, 3.8), layout="constrained", facecolor=GROUND)
    axes = picture.subplots()
    axes.set_facecolor(GROUND)
    draw(axes, numbers)
    axes.set_title("\n".join(textwrap.wrap(title, 84)), fontsize=9.5, color=INK, loc="left")
    axes.tick_params(colors=INK, labelsize=9, which="both")
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(SOFT)
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set_color(INK)
    axes.set_axisbelow(True)
    handles, labels = axes.get_legend_handles_labels()
    if handles:  # below the panel, where it cannot lie on the data
        picture.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize=9, labelcolor=INK)
    if path is not None:
        into = io.BytesIO()
        suffix = os.path.splitext(os.fspath(path))[1].lstrip(".").lower()
        picture.savefig(into, format=suffix or "png", dpi=150, facecolor=GROUND)
        write_document(os.fspath(path), into.getvalue())
    return picture


def _names(axes: Any, names: list[str]) -> None:
    """Layers along the x axis; where there are many, every so many is named."""
    skip = -(-len(names) // 12)
    axes.set_xticks(range(0, len(names), skip), names[::skip], rotation=30 if len(names) > 4 else 0,
                    ha="right" if len(names) > 4 else "center")  # fmt: skip
    axes.set_xlim(-0.6, len(names) - 0.4)


def activity(axes: Any, numbers: dict[str, Any]) -> None:
    """A histogram of how many examples pass each unit: bars for the units that learn, a hatched one for the dead."""
    entries = np.concatenate(list(numbers["activity"].values()))
    edges = np.linspace(0, 1, 21)
    alive, _ = np.histogram(entries[entries > 0], edges)
    axes.bar(edges[:-1] + 0.025, alive, 0.044, color=GOOD, label="alive")
    axes.bar([-0.035], [np.sum(entries == 0)], 0.044, color=BAD, hatch="///", edgecolor=GROUND, linewidth=0, label="dead")
    axes.set_xlabel("fraction of the examples that pass a gradient through a unit")
    axes.set_ylabel("units")
    axes.set_xlim(-0.07, 1.02)
    axes.yaxis.get_major_locator().set_params(integer=True)
    axes.grid(axis="y", color=GRID)


def flow(axes: Any, numbers: dict[str, Any]) -> None:
    """For each layer the middle half and the middle nine tenths of |dL/dW|, and the root mean square."""
    names = list(numbers["layers"])
    axes.set_yscale("log")
    labels = {"5-95 %", "25-75 %", "root mean square"}  # each is given to what is drawn first

    def label(name: str) -> str | None:
        if name not in labels:
            return None
        labels.discard(name)
        return name

    for k, name in enumerate(names):
        sizes = np.abs(numbers["layers"][name]).ravel()
        sizes = sizes[np.isfinite(sizes) & (sizes > 0)]
        if sizes.size:
            low, quarter, three, high = np.quantile(sizes, [0.05, 0.25, 0.75, 0.95])
            axes.plot([k, k], [low, high], color=GOOD, linewidth=1.6, label=label("5-95 %"))
            axes.plot([k, k], [quarter, three], color=GOOD, linewidth=8, alpha=0.45, solid_capstyle="butt", label=label("25-75 %"))
        size = numbers["size"][name]
        if 0 < size < np.inf:
            axes.plot([k], [size], "D", color=BAD, markersize=6, label=label("root mean square"))
        else:
            _remark(axes, k, size)
    axes.set_ylabel("size of the entries of dL/dW")
    _names(axes, names)
    axes.grid(axis="y", color=GRID)


def _remark(axes: Any, k: int, value: float) -> None:
    """What cannot stand on a logarithmic axis, in words above the layer's name."""
    words = "0" if value == 0 else "not finite"
    axes.annotate(words, (k, 0.04), xycoords=("data", "axes fraction"), ha="center", color=BAD, fontsize=9)


def ratios(axes: Any, numbers: dict[str, Any]) -> None:
    """The ratio of each layer, and the band in which it should lie."""
    lowest, highest = numbers["lowest"], numbers["highest"]
    names = list(numbers["ratio"])
    axes.axhspan(lowest, highest, color=BAND, label=f"healthy, {lowest:g} to {highest:g}")
    values = np.array([numbers["ratio"][name] for name in names])
    drawn = np.isfinite(values) & (values > 0)
    inside = drawn & (values >= lowest) & (values <= highest)
    place = np.arange(len(names))
    if inside.any():
        axes.plot(place[inside], values[inside], "o", color=GOOD, markersize=8, label="inside")
    if (drawn & ~inside).any():
        axes.plot(place[drawn & ~inside], values[drawn & ~inside], "X", color=BAD, markersize=9, label="outside")
    axes.set_yscale("log")
    low, high = [f([*values[drawn], bound]) for f, bound in ((min, lowest), (max, highest))]
    axes.set_ylim(low / 5, high * 5)
    for k in place[~drawn]:
        _remark(axes, k, values[k])
    axes.set_ylabel("norm of the update / norm of the weights")
    _names(axes, names)
    axes.grid(axis="y", color=GRID)


def losses(axes: Any, numbers: dict[str, Any]) -> None:
    """The loss over the steps, and the line below which the examples are learned."""
    found = numbers["losses"]
    marker = "o" if np.isfinite(found).sum() < 5 else None  # a line needs points to run through
    axes.plot(np.arange(1, len(found) + 1), found, color=GOOD, linewidth=1.8, marker=marker, label="loss")
    axes.axhline(numbers["goal"], color=BAD, linestyle="--", linewidth=1.4, label="learned, below")
    if np.nanmin(found) > 0:
        axes.set_yscale("log")
    axes.set_xlim(0.5, len(found) + 0.5)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set_xlabel("step")
    axes.set_ylabel("loss")
    axes.grid(axis="y", color=GRID)
