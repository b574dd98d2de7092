"""Colours and type, the same for every picture.

The hues are those of Okabe and Ito, which colour-blind people tell apart; text has them darker on a light ground and lighter on a
dark one, for a contrast of at least 4.5.  Nothing is said by colour alone: forward is also an arrow to the right, reverse one
to the left, a negative weight is dashed.
"""

from __future__ import annotations

__all__ = ["DARK", "FONT", "LIGHT", "MONO", "rules", "themed"]

LIGHT = {
    "ground": "#ffffff", "frame": "#d0d7de", "card": "#f6f8fa", "line": "#7d8590", "ink": "#1f2328", "soft": "#59636e",
    "forward": "#0060a8", "reverse": "#b04a00", "plus": "#0072b2", "minus": "#d55e00", "mark": "#fff3c4", "result": "#e8f3ee",
    "accent": "#00735a",
}  # fmt: skip
DARK = {
    "ground": "#0d1117", "frame": "#3d444d", "card": "#1b222b", "line": "#8b949e", "ink": "#f0f6fc", "soft": "#b1bac4",
    "forward": "#6cb8ff", "reverse": "#ff9d4d", "plus": "#56b4e9", "minus": "#e69f00", "mark": "#4a3f14", "result": "#15302a",
    "accent": "#3fd0a8",
}  # fmt: skip

FONT = '"DejaVu Sans", Verdana, "Segoe UI", Helvetica, Arial, sans-serif'
MONO = '"DejaVu Sans Mono", Menlo, Consolas, "Liberation Mono", monospace'

DARK_PAGES = ('[data-jp-theme-light="false"]', '[data-theme="dark"]', 'body[class*="vscode-dark"]', 'html[theme="dark"]')
LIGHT_PAGES = ('[data-jp-theme-light="true"]', '[data-theme="light"]', 'body[class*="vscode-light"]', 'html[theme="light"]')
"""How JupyterLab, documentation sites, VS Code and Colab say which theme is on."""


def rules(colours: dict[str, str]) -> list[tuple[str, str]]:
    """What differs between light and dark: pairs of a selector and its declarations."""
    c = colours
    return [
        (".k-ground", f"fill:{c['ground']};stroke:{c['frame']}"),
        (".k-card", f"fill:{c['card']};stroke:{c['line']}"),
        (".k-result", f"fill:{c['result']};stroke:{c['accent']}"),
        (".k-head,.k-title", f"fill:{c['ink']}"),
        (".k-value,.k-local,.k-note", f"fill:{c['soft']}"),
        (".k-forward", f"fill:{c['forward']}"),
        (".k-reverse", f"fill:{c['reverse']}"),
        (".k-edge", f"stroke:{c['line']}"),
        (".k-tip,.k-dot", f"fill:{c['line']}"),
        (".k-plus", f"stroke:{c['plus']}"),
        (".k-minus", f"stroke:{c['minus']}"),
        (".k-now .k-card,.k-now .k-result", f"fill:{c['mark']};stroke:{c['ink']}"),
    ]


def themed(root: str, of: object) -> str:
    """A style sheet that follows the reader: light, or dark where the system or the page around it says so.

    ``root`` is the selector under which it holds; ``of(colours)`` gives the rules, as :func:`rules` does.
    """
    def sheet(pages: tuple[str, ...], colours: dict[str, str]) -> str:
        lines = []
        for selectors, declared in of(colours):  # type: ignore[operator]
            heads = [f"{page} {root} {s}".strip() for page in pages for s in selectors.split(",")]
            lines.append(f"{','.join(heads)}{{{declared}}}")
        return "".join(lines)

    system = f"@media (prefers-color-scheme:dark){{{sheet(('',), DARK)}}}"
    return sheet(("",), LIGHT) + system + sheet(DARK_PAGES, DARK) + sheet(LIGHT_PAGES, LIGHT)
