"""The pictures: time against size with the crossover marked, and forward against reverse over inputs and outputs.

One place draws for the command, for the page and for notebooks.  Figures are made without pyplot, so nothing is left
open and no window appears.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Sequence
from typing import Any

from .answers import best, crossing
from .measure import duration
from .rows import Block

__all__ = ["Chart", "figure", "figure_bytes", "line_charts", "map_chart", "rendered"]

# Okabe & Ito's colours, which people with any colour vision tell apart; the markers differ too.
_STYLES: dict[str, tuple[str, str, str]] = {
    "hand": ("#666666", "s", "-"), "forward": ("#0072B2", "o", "-"), "reverse": ("#D55E00", "^", "-"),
    "forward-single": ("#56B4E9", "o", ":"), "compiled-forward": ("#0072B2", "D", "--"),
    "compiled-reverse": ("#D55E00", "v", "--"), "modules": ("#009E73", "P", "-"), "symbolic": ("#CC79A7", "X", "-"),
    "difference": ("#B8860B", "<", ":"), "complex-step": ("#8B6BB1", ">", ":"),
}  # fmt: skip
_OTHERS = (("#117733", "h", "-."), ("#882255", "p", "-."), ("#44AA99", "*", "-."), ("#332288", "d", "-."), ("#999933", "8", "-."))

Chart = tuple[str, Any]  # a title, and the figure


def _style(method: str, names: Sequence[str]) -> tuple[str, str, str]:
    others = [name for name in names if name not in _STYLES]
    return _STYLES[method] if method in _STYLES else _OTHERS[others.index(method) % len(_OTHERS)]


def line_charts(blocks: Iterable[Block]) -> list[Chart]:
    """A figure for each problem and derivative that was measured at two sizes or more: seconds against the size."""
    charts = []
    for title, points in _series(blocks).items():
        made = _figure(4.6, 3.7)
        axes = made.add_subplot()
        _draw_lines(axes, points, title)
        charts.append((title, made))
    return charts


def map_chart(blocks: Iterable[Block]) -> Chart | None:
    """Forward's time over reverse's, for each number of inputs and outputs; None where fewer than two were measured."""
    cells = _cells(blocks)
    if len(cells) < 2:
        return None
    made = _figure(4.6, 3.7)
    _draw_map(made, made.add_subplot(), cells)
    return "Jacobians: forward against reverse", made


def figure(blocks: Iterable[Block]) -> Any:
    """All charts of a run side by side; ValueError where it has nothing to draw."""
    blocks = list(blocks)
    series, cells = _series(blocks), _cells(blocks)
    count = len(series) + (len(cells) >= 2)
    if not count:
        return _dots(blocks)
    columns = min(count, 3)
    rows = math.ceil(count / columns)
    made = _figure(4.6 * columns, 3.7 * rows)
    for k, (title, points) in enumerate(series.items(), 1):
        _draw_lines(made.add_subplot(rows, columns, k), points, title)
    if len(cells) >= 2:
        _draw_map(made, made.add_subplot(rows, columns, count), cells)
    return made


def figure_bytes(blocks: Iterable[Block], kind: str) -> bytes:
    """The figure as a file: png, svg or pdf."""
    return rendered(figure(blocks), kind)


def rendered(made: Any, kind: str) -> bytes:
    """A figure's bytes; text in an SVG stays text, so that it can be searched and takes the page's font."""
    import matplotlib

    out = io.BytesIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "adkit"}):
        made.savefig(out, format=kind, dpi=150, metadata={"Date": None} if kind == "svg" else None)
    return out.getvalue()


def _figure(width: float, height: float) -> Any:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


# Lines

Points = dict[str, list[tuple[float, float, float, float]]]  # method -> size, seconds, and the ends of the middle half


def _series(blocks: Iterable[Block]) -> dict[str, Points]:
    """What there is to draw against the size, by problem and derivative."""
    found: dict[str, Points] = {}
    for block in blocks:
        if not block.size.isdigit():
            continue
        for operator in block.operators:
            if operator == "value":
                continue
            points = found.setdefault(f"{block.problem.name}: {operator}", {})
            for row in block.of(operator):
                if row.status == "ok" and row.values:
                    taken = sorted(row.values)
                    low, high = taken[len(taken) // 4], taken[-1 - len(taken) // 4]
                    points.setdefault(row.method, []).append((float(block.size), row.run_seconds_median or 0.0, low, high))
            if block.value_seconds > 0.0:
                seconds = block.value_seconds
                points.setdefault("value", []).append((float(block.size), seconds, seconds, seconds))
    return {
        title: points for title, points in found.items()
        if any(len(line) > 1 for name, line in points.items() if name != "value")
    }  # fmt: skip


def _draw_lines(axes: Any, points: Points, title: str) -> None:
    names = [name for name in points if name != "value"]
    for name in names:
        line = sorted(points[name])
        colour, marker, dash = _style(name, names)
        x, y = [p[0] for p in line], [p[1] for p in line]
        spread = [[max(0.0, p[1] - p[2]) for p in line], [max(0.0, p[3] - p[1]) for p in line]]
        axes.errorbar(x, y, yerr=spread, color=colour, marker=marker, linestyle=dash, markersize=5, linewidth=1.4, label=name)
    if "value" in points:
        line = sorted(points["value"])
        axes.plot([p[0] for p in line], [p[1] for p in line], color="#999999", linewidth=1, linestyle=(0, (1, 1)), label="value")
    axes.set(xscale="log", yscale="log", xlabel="size", ylabel="seconds a call")
    sizes = sorted({p[0] for line in points.values() for p in line})
    if len(sizes) <= 6:  # the sizes themselves: within one power of ten the usual labels run into one another
        axes.set_xticks(sizes, [f"{n:,.0f}" for n in sizes])
        axes.set_xticks([], minor=True)
    axes.set_title(title, fontsize=10)
    axes.grid(True, which="major", alpha=0.25)
    modes = [[(p[0], p[1]) for p in points.get(name, [])] for name in ("forward", "reverse")]
    level = None if title.endswith(": jvp") else crossing(*modes)
    if level is not None:
        axes.axvline(level[0], color="#000000", linewidth=0.8, linestyle="--")
        axes.plot([level[0]], [level[1]], marker="o", markersize=11, markerfacecolor="none", markeredgecolor="#000000")
        left, right = axes.get_xlim()
        late = level[0] > math.sqrt(left * right)
        axes.annotate(f"level at {level[0]:,.3g}", level, xytext=(-8 if late else 8, -14), textcoords="offset points", fontsize=8,
                      ha="right" if late else "left")  # fmt: skip
    axes.legend(fontsize=7, ncols=2, frameon=False)
    low, high = axes.get_ylim()
    axes.set_ylim(low, high * (high / low) ** 0.35)  # room for the legend above the lines


# The map


def _cells(blocks: Iterable[Block]) -> dict[tuple[int, int], tuple[float, str]]:
    """(inputs, outputs) -> forward's time over reverse's for the first derivatives, and the faster of all methods."""
    found: dict[tuple[int, int], tuple[float, str]] = {}
    for block in blocks:
        if "x" not in block.size:
            continue
        for operator in ("jacobian", "gradient"):
            rows = {row.method: row for row in block.of(operator) if row.status == "ok"}
            if {"forward", "reverse"} <= set(rows):
                times = (rows["forward"].run_seconds_median or 0.0) / (rows["reverse"].run_seconds_median or 1.0)
                chosen = best(block, operator)
                found[block.inputs, block.outputs] = times, chosen.method if chosen else ""
    return found


def _draw_map(made: Any, axes: Any, cells: dict[tuple[int, int], tuple[float, str]]) -> None:
    """Squares in the plane of inputs and outputs: blue where forward is faster, orange where reverse is."""
    from matplotlib.colors import LinearSegmentedColormap

    inputs, outputs = sorted({n for n, _ in cells}), sorted({m for _, m in cells})
    grid = [[math.log10(cells[n, m][0]) if (n, m) in cells else math.nan for n in inputs] for m in outputs]
    reach = max([abs(v) for row in grid for v in row if v == v] + [0.3])
    colours = LinearSegmentedColormap.from_list("modes", ["#0072B2", "#F5F5F5", "#D55E00"])
    image = axes.imshow(grid, origin="lower", aspect="auto", cmap=colours, vmin=-reach, vmax=reach)
    axes.set_xticks(range(len(inputs)), [f"{n:,}" for n in inputs])
    axes.set_yticks(range(len(outputs)), [f"{m:,}" for m in outputs])
    axes.set(xlabel="inputs", ylabel="outputs")
    axes.set_title("Jacobians: forward's time / reverse's", fontsize=10)
    for i, n in enumerate(inputs):
        for k, m in enumerate(outputs):
            if (n, m) in cells:
                times = cells[n, m][0]
                dark = abs(math.log10(times)) > 0.55 * reach
                text = f"{times:.2g}" if times < 99.5 else f"{times:.0f}"
                axes.text(i, k, text, ha="center", va="center", fontsize=8, color="#FFFFFF" if dark else "#222222")
            else:
                axes.text(i, k, "-", ha="center", va="center", fontsize=8, color="#888888")
    bar = made.colorbar(image, ax=axes, ticks=[-reach, 0.0, reach])
    bar.ax.set_yticklabels(["forward\nfaster", "level", "reverse\nfaster"], fontsize=8)


# One size alone


def _dots(blocks: Sequence[Block]) -> Any:
    """Seconds of each method, where nothing was measured at two sizes: dots, since a logarithm gives a bar no honest length."""
    groups = [
        (f"{b.problem.name} {b.size}: {o}", [r for r in b.of(o) if r.status == "ok"])
        for b in blocks for o in b.operators if o != "value"
    ]  # fmt: skip
    groups = [(title, rows) for title, rows in groups if rows]
    if not groups:
        made = _figure(4.6, 1.6)
        made.text(0.5, 0.5, "nothing was measured", ha="center", va="center")
        return made
    columns = min(len(groups), 3)
    lines = math.ceil(len(groups) / columns)
    made = _figure(4.6 * columns, lines * (0.9 + 0.3 * max(len(rows) for _, rows in groups)))
    for k, (title, rows) in enumerate(groups, 1):
        axes = made.add_subplot(lines, columns, k)
        names = [row.method for row in rows]
        times = [row.run_seconds_median or math.nan for row in rows]
        for height, (name, seconds) in enumerate(zip(names, times, strict=True)):
            colour, marker, _ = _style(name, names)
            axes.plot([seconds], [height], color=colour, marker=marker, markersize=7, linestyle="none")
            axes.annotate(duration(seconds), (seconds, height), (8, 0), textcoords="offset points", va="center", fontsize=8)
        least = 10.0 ** math.floor(math.log10(min(times) / 1.2))  # one power of ten at least is named
        axes.set(xscale="log", xlabel="seconds a call", xlim=(least, max(max(times) * (max(times) / least) ** 0.4, 10.0 * least)))
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_yticks(range(len(names)), names)
        axes.grid(alpha=0.3)
        axes.set_title(title, fontsize=10)
        axes.tick_params(labelsize=8)
        axes.tick_params(axis="x", which="minor", labelbottom=False)
    return made
