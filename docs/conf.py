"""The documentation site: README, lessons with their committed outputs, reference, measured pages.  ``docs/build.py`` builds it.

Nothing is fetched, neither while it is built nor when it is read: formulas become MathML here, and no widget, font or script comes
from elsewhere.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE)]  # adkit itself, and mathml beside this file

import adkit  # noqa: E402

project = "adkit"
author = "the adkit authors"
version = release = adkit.__version__
project_copyright = "the adkit authors"
root_doc = "index"
language = "en"

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "sphinx.ext.napoleon", "sphinx.ext.viewcode", "mathml"]
exclude_patterns = ["docs/site", "**.ipynb_checkpoints"]
nitpicky = False

# Lessons are shown as they were committed; the gate executes them in a step of its own.
nb_execution_mode = "off"
nb_merge_streams = True
nb_ipywidgets_js: dict[str, dict[str, str]] = {}
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 3
myst_links_external_new_tab = False
suppress_warnings = ["mystnb.mime_priority"]

autosummary_generate = True
autodoc_typehints = "none"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "show-inheritance": False}
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True

html_theme = "pydata_sphinx_theme"
html_title = "adkit"
html_static_path = ["site/static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_search_summary = False  # it would be fetched, which a browser refuses for pages opened as files
html_show_sourcelink = False
html_math_renderer = "mathml"
html_theme_options = {
    "navigation_with_keys": True,
    "show_nav_level": 1,
    "header_links_before_dropdown": 6,
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
    "use_edit_page_button": False,
    "show_prev_next": True,
}
html_sidebars: dict[str, list[str]] = {page: [] for page in ("index", "pictures", "CONTRIBUTING", "CHANGELOG")}


def descriptions(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """``x : what it is``, as our docstrings have it, is no type: let NumPy's own form say so."""
    section, made = "", []
    for k, line in enumerate(lines):
        if k + 1 < len(lines) and re.fullmatch(r"-{3,}", lines[k + 1].strip()):
            section = line.strip()
        found = re.fullmatch(r"([*\w][\w., *]*?) : (.+)", line)
        if section in ("Parameters", "Attributes", "Raises") and found:
            made += [found[1], f"    {found[2]}"]
        else:
            made.append(line)
    lines[:] = made


def setup(app: Any) -> None:
    """Before napoleon reads a docstring, which it does with the priority 500."""
    app.connect("autodoc-process-docstring", descriptions, priority=400)
