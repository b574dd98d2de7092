"""Formulas as MathML, which browsers set themselves: no script, and nothing to fetch."""

from __future__ import annotations

import re
from typing import Any

from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)


def formula(text: str, display: str) -> str:
    """A formula's MathML, with its LaTeX as its alternative text."""
    return convert(re.sub(r"\\(?:tag|label)\{[^}]*\}", "", text.strip()), display=display)


def inline(self: Any, node: Any) -> None:
    self.body.append(_made(node, "inline"))
    raise _skip()


def block(self: Any, node: Any) -> None:
    self.body.append(f'<div class="math" tabindex="0">{_made(node, "block")}</div>\n')
    raise _skip()


def _made(node: Any, display: str) -> str:
    try:
        return formula(node.astext(), display)
    except Exception as error:  # whatever the converter dislikes is shown, and fails a build with -W
        logger.warning("no MathML for %r: %s", node.astext(), error, location=node)
        return f"<code>{node.astext()}</code>"


def _skip() -> Exception:
    from docutils.nodes import SkipNode

    return SkipNode()


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
