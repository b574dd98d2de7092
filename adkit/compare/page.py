"""One page with everything: the answers, the plots, the table and the environment, and nothing fetched from anywhere.

The script sorts and filters what is there already; without it the page reads the same.  Colours follow the reader's
light or dark setting, the plots too: they are SVG in the page's own colour.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from html import escape
from importlib.resources import files
from typing import Any

from ..console.environment import facts
from .answers import best, recommend
from .charts import line_charts, map_chart, rendered
from .measure import duration
from .rows import Block, Row
from .words import error_of, number, size_of

__all__ = ["page", "table"]


def _interval(row: Row) -> str:
    if row.ratio_low is None or row.ratio_high is None:
        return ""
    return f"{number(row.ratio_low)}-{number(row.ratio_high)}" + ("" if row.sure else " (unsure)")


def _seconds(x: float | None) -> str:
    return "" if x is None else duration(x)


def _ratio(x: float | None) -> str:
    return "" if x is None else number(x)


def _bytes(x: int | None) -> str:
    return "" if x is None else size_of(x)


def _relative(x: float | None) -> str:
    return "" if x is None else f"{x:.1e}" if x else "0"


# heading, what it shows, what it is sorted by (None: by its text), what it means
Column = tuple[str, Callable[[Row], str], Callable[[Row], Any] | None, str]
_COLUMNS: tuple[Column, ...] = (
    ("problem", lambda r: r.problem, None, "what is differentiated"),
    ("size", lambda r: r.size, lambda r: float(r.size) if r.size.isdigit() else None, "its size, or inputs x outputs"),
    ("operator", lambda r: r.operator, None, "which derivative"),
    ("method", lambda r: r.method, None, "how"),
    ("time", lambda r: _seconds(r.run_seconds_median), lambda r: r.run_seconds_median, "one call, the median of the samples"),
    ("x value", lambda r: _ratio(r.ratio_to_value), lambda r: r.ratio_to_value, "times the function itself"),
    ("x hand", lambda r: _ratio(r.ratio_to_hand), lambda r: r.ratio_to_hand, "times the derivative written by hand"),
    ("95 %", _interval, lambda r: r.ratio_low, "the interval of x hand, or of x value where nothing is written by hand"),
    ("predicted", lambda r: _ratio(r.predicted), lambda r: r.predicted, "x value by Griewank's model"),
    ("counted", lambda r: _ratio(r.operations), lambda r: r.operations, "x value by the operations that were counted"),
    ("error", lambda r: _relative(r.error), lambda r: r.error, "the largest relative error"),
    ("ulp", lambda r: "" if r.ulps is None else error_of(None, min(r.ulps, 999.0)).removesuffix(" ulp") + "+" * (r.ulps > 999.0),
     lambda r: r.ulps, "the largest error against 50 digits, in units in the last place of the largest entry"),
    ("peak", lambda r: _bytes(r.peak_bytes), lambda r: r.peak_bytes, "the most memory held during a call"),
    ("tape", lambda r: _bytes(r.tape_bytes), lambda r: r.tape_bytes, "memory held between the two sweeps of reverse mode"),
    ("sweeps", lambda r: "" if r.sweeps is None else str(r.sweeps), lambda r: r.sweeps, "tangents and cotangents carried"),
    ("calls", lambda r: "" if r.primal_calls is None else str(r.primal_calls), lambda r: r.primal_calls, "calls of the function"),
    ("prepare", lambda r: _seconds(r.prepare_seconds), lambda r: r.prepare_seconds, "once, before the first call"),
    ("note", lambda r: r.reason if r.status == "ok" else f"{r.status}: {r.reason}", None, "why not, or what is special"),
)  # fmt: skip
_FILTERS = ("problem", "operator", "method", "status")
_TEXT = {"problem", "operator", "method", "note"}


def page(blocks: Iterable[Block]) -> str:
    """The whole page as one HTML document."""
    blocks = list(blocks)
    home = files(__package__)
    style = home.joinpath("page.css").read_text(encoding="utf-8")
    script = home.joinpath("page.js").read_text(encoding="utf-8")
    rows = [row for block in blocks for row in block.rows]
    charts = _charts(blocks)
    said = [
        f'<!doctype html>\n<html lang="en">\n<head>\n{_HEAD}\n<style>\n{style}</style>\n</head>\n<body>',
        "<header>\n<h1>Forward, reverse and the rest, measured</h1>",
        f'<p class="soft">{escape(_summary(rows))}</p>\n</header>\n<main>',
        f'<section id="answers">\n<h2>What to use</h2>\n{_answers(blocks)}\n</section>',
        f'<section id="plots">\n<h2>Plots</h2>\n<div class="charts">\n{charts}\n</div>\n</section>' if charts else "",
        f'<section id="table">\n<h2>Every row</h2>\n{_filters(rows)}\n{table(blocks)}\n</section>',
        f'<section id="environment">\n<h2>Environment</h2>\n{_environment()}\n</section>',
        f"</main>\n<script>\n{script}</script>\n</body>\n</html>\n",
    ]
    return "\n".join([part for part in said if part])


_HEAD = """<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
<title>adkit compare</title>
<link rel="icon" href="data:,">"""


def _summary(rows: Sequence[Row]) -> str:
    counts = {status: sum(row.status == status for row in rows) for status in ("ok", "skipped", "wrong", "failed")}
    unsure = sum(row.sure is False for row in rows)
    said = ", ".join([f"{n} {status}" for status, n in counts.items() if n])
    text = f"{len(rows)} rows: {said}. Each derivative was verified before it was timed; ratios are paired within a round."
    return text + (f" {unsure} ratios are unsure: another run may differ by more than 15 %." if unsure else "")


def _answers(blocks: Sequence[Block]) -> str:
    items = []
    for block in blocks:
        for operator in block.operators:
            if operator != "value":
                text = " ".join(recommend(block, operator).split()).removeprefix("recommended: ")
                head, _, why = text.partition(", ")
                title = f"{escape(block.problem.name)} {escape(block.size)}"
                said = f'<b>{escape(head)}</b><span class="why">{escape(why)}</span>'
                items.append(f'<li><span class="soft">{title}</span>{said}</li>')
    return '<ul class="answers">\n' + "\n".join(items) + "\n</ul>"


def _charts(blocks: Sequence[Block]) -> str:
    charts = line_charts(blocks)
    heat = map_chart(blocks)
    found = [*([heat] if heat else []), *charts]
    return "\n".join([f"<figure>{inline_svg(made, title, f'c{k}')}</figure>" for k, (title, made) in enumerate(found)])


def inline_svg(made: Any, title: str, prefix: str) -> str:
    """A figure as an element of a page: in the page's colour, transparent, with names of its own."""
    made.patch.set_alpha(0.0)
    for axes in made.axes:
        axes.patch.set_alpha(0.0)
    text = rendered(made, "svg").decode()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL).replace("#000000", "currentColor")
    text = re.sub(r'\bid="', f'id="{prefix}-', text)
    text = re.sub(r'(href="#|url\(#)', rf"\g<1>{prefix}-", text)
    return text.replace("<svg", f'<svg role="img" aria-label="{escape(title, quote=True)}"', 1)


def _filters(rows: Sequence[Row]) -> str:
    def choice(name: str) -> str:
        values = dict.fromkeys(getattr(row, name) for row in rows)
        options = "".join([f'<option value="{escape(v.lower(), quote=True)}">{escape(v)}</option>' for v in values])
        return f'<label>{name}<select id="filter-{name}"><option value="">all</option>{options}</select></label>'

    order = "".join([f'<option value="{k}">{escape(column[0])}</option>' for k, column in enumerate(_COLUMNS)])
    return (
        '<form id="filters" hidden>\n<label>find<input id="filter-text" type="search" placeholder="any words"></label>\n'
        + "\n".join([choice(name) for name in _FILTERS])
        + f'\n<label>sort by<select id="sort">{order}</select></label>\n</form>\n<p id="shown" class="soft" aria-live="polite"></p>'
    )


def table(blocks: Iterable[Block], identity: str = "rows") -> str:
    """All rows as one HTML table; the recommended ones are marked."""
    heads = "".join([
        f'<th scope="col"{_class(name)} title="{escape(meaning, quote=True)}"><button type="button">{escape(name)}</button></th>'
        for name, _, _, meaning in _COLUMNS
    ])  # fmt: skip
    lines: list[str] = []
    for block in blocks:
        chosen = [best(block, operator) for operator in block.operators if operator != "value"]
        for row in block.rows:
            lines.append(_line(row, len(lines), any(row is c for c in chosen)))
    body = "\n".join(lines)
    return f'<div class="scroll"><table id="{identity}">\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>'


def _class(name: str) -> str:
    return ' class="text"' if name in _TEXT else ""


def _line(row: Row, place: int, chosen: bool) -> str:
    cells = []
    for name, show, by, _ in _COLUMNS:
        value = "" if by is None else f' data-value="{_key(by(row))}"'
        if name == "size" and "x" in row.size:
            value = ""
        kind = ' class="note"' if name == "note" else _class(name)
        text = show(row) if not (name == "note" and row.status == "ok" and not row.reason) else ""
        cells.append(f'<td{kind} data-label="{escape(name)}"{value}>{escape(text)}</td>')
    kind = f"{row.status}{' chosen' if chosen else ''}"
    data = "".join([f' data-{n}="{escape(getattr(row, n).lower(), quote=True)}"' for n in _FILTERS])
    return f'<tr class="{kind}" data-place="{place}"{data}>{"".join(cells)}</tr>'


def _key(x: Any) -> str:
    return "" if x is None else repr(float(x))


def _environment() -> str:
    pairs = "".join([f"<dt>{escape(n.replace('_', ' '))}</dt><dd>{escape(str(v))}</dd>" for n, v in facts().items()])
    return f"<dl>{pairs}</dl>"
