"""The gallery: what each paper says, what we find, and whether they agree; written from the figures' JSON alone."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from adkit.files import write_document

_INTRODUCTION = (
    "Each figure shows in small what a paper, or the lecture that cites it, claims. Every derivative is adkit's own. "
    "The numbers below are those that the script asserts; where a script disagrees, it says so here."
)


def read(out: Path, names: Iterable[str]) -> list[dict[str, Any]]:
    """What the JSON files of a folder hold, in the order of ``names``; what is not drawn is left out."""
    found = []
    for name in names:
        path = out / f"{name}.json"
        if path.is_file():
            report = json.loads(path.read_text(encoding="utf-8"))
            if isinstance(report, dict) and report.get("figure") == name:
                found.append(report)
    return found


def write(out: Path, names: Iterable[str]) -> None:
    """Write ``README.md`` and ``index.html`` into the folder."""
    reports = read(out, names)
    write_document(str(out / "README.md"), as_markdown(reports))
    write_document(str(out / "index.html"), as_html(reports))


def _total(reports: list[dict[str, Any]]) -> str:
    numbers = [number for report in reports for number in report["numbers"]]
    agree = sum(number["agrees"] for number in numbers)
    quick = sum(report["form"] == "quick" for report in reports)
    form = "" if not quick else f" {quick} of the figures are in the quick form, with less to average over."
    return f"{len(reports)} figures, {len(numbers)} asserted numbers, {agree} agree.{form}"


def shown(value: Any) -> str:
    """A number in at most five digits.

    >>> shown(0.390000001), shown(1948), shown(4.5e-14), shown("inf")
    ('0.39', '1948', '4.5e-14', 'inf')
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    return str(value) if isinstance(value, int) else f"{value:.5g}"


def wanted(number: dict[str, Any]) -> str:
    """What a number should be, in words.

    >>> wanted({"relation": "within", "wanted": 0.39, "tolerance": 0.001})
    '0.39 ± 0.001'
    >>> wanted({"relation": "at least", "wanted": 2.0, "tolerance": 0})
    '≥ 2'
    """
    bound = shown(number["wanted"])
    sign = {"at least": "≥ ", "at most": "≤ "}.get(number["relation"], "")
    return f"{sign}{bound}" + (f" ± {shown(number['tolerance'])}" if number["relation"] == "within" else "")


def _run(report: dict[str, Any]) -> str:
    seeds = ", ".join(map(str, report["seeds"])) or "none"
    settings = f"; {report['settings']}" if report["settings"] else ""
    return f"{report['form']} form; seeds: {seeds}{settings}; {report['seconds']:g} s"


_COLUMNS = ("number", "ours", "wanted", "from", "agrees")


def _rows(report: dict[str, Any]) -> list[tuple[str, ...]]:
    return [(n["name"], shown(n["value"]), wanted(n), n["source"], "yes" if n["agrees"] else "NO") for n in report["numbers"]]


def as_markdown(reports: list[dict[str, Any]]) -> str:
    """The page as Markdown."""
    lines = ["# The figures", "", _INTRODUCTION, "", _total(reports), "", "| figure | shows | agrees |", "|---|---|---|"]
    for r in reports:
        lines.append(f"| [{r['figure']}](#{r['figure']}) | {_cell(r['title'])} | {'yes' if r['agrees'] else 'NO'} |")
    for r in reports:
        lines += ["", f"## {r['figure']}", "", f"![{_cell(r['title'])}]({r['figure']}.png)", "", f"**Claim.** {r['claim']}", "",
                  f"Source: {r['source']}.", "", f"Run: {_run(r)}."]  # fmt: skip
        if r["numbers"]:
            lines += ["", f"| {' | '.join(_COLUMNS)} |", "|---|--:|--:|---|---|"]
            lines += [f"| {' | '.join([_cell(c) for c in row])} |" for row in _rows(r)]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


_STYLE = """
:root { color-scheme: light dark; --ink: #1f2328; --soft: #59636e; --ground: #fff; --edge: #d1d9e0; --bad: #b04a00 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #f0f6fc; --soft: #b1bac4; --ground: #0d1117; --edge: #3d444d; --bad: #ff9d4d } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground); max-width: 60rem; margin: 2rem auto;
       padding: 0 1rem }
img { max-width: 100%; height: auto; border-radius: 6px }
table { border-collapse: collapse; font-size: .9rem; display: block; overflow-x: auto }
th, td { text-align: left; padding: .25rem .7rem; border-bottom: 1px solid var(--edge); vertical-align: top }
td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
.soft { color: var(--soft); font-size: .9rem } .bad { color: var(--bad); font-weight: bold } a { color: inherit }
"""


def as_html(reports: list[dict[str, Any]]) -> str:
    """The page as HTML that stands by itself beside the pictures."""
    e = html.escape
    lines = ['<!doctype html><html lang="en"><head><meta charset="utf-8"><title>adkit: the figures</title>',
             '<meta name="viewport" content="width=device-width, initial-scale=1">', f"<style>{_STYLE}</style></head><body>",
             "<h1>The figures</h1>", f"<p>{e(_INTRODUCTION)}</p><p>{e(_total(reports))}</p><ul>"]  # fmt: skip
    lines += [f'<li><a href="#{r["figure"]}">{e(r["title"])}</a>{_verdict(r["agrees"], " ")}</li>' for r in reports]
    lines.append("</ul>")
    for r in reports:
        lines += [f'<h2 id="{r["figure"]}">{r["figure"]}</h2>',
                  f'<img src="{r["figure"]}.png" alt="{e(r["title"], quote=True)}" loading="lazy">',
                  f"<p><b>Claim.</b> {e(r['claim'])}</p>",
                  f'<p class="soft">Source: {e(r["source"])}.<br>Run: {e(_run(r))}.</p>']  # fmt: skip
        if r["numbers"]:
            lines.append(f"<table><tr>{''.join([f'<th>{c}</th>' for c in _COLUMNS])}</tr>")
            for n, row in zip(r["numbers"], _rows(r), strict=True):
                what, ours, should, source, _ = [e(c) for c in row]
                lines.append(f'<tr><td>{what}</td><td class="n">{ours}</td><td class="n">{should}</td><td>{source}</td>'
                             f"<td>{_verdict(n['agrees']) or 'yes'}</td></tr>")  # fmt: skip
            lines.append("</table>")
    return "\n".join([*lines, "</body></html>"]) + "\n"


def _verdict(agrees: bool, before: str = "") -> str:
    return "" if agrees else f'{before}<span class="bad">NO</span>'
