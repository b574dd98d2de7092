"""The papers' figures from adkit's own derivatives, one script a figure; ``python -m paper_figures`` draws them all.

Each script has TITLE, CLAIM (what the paper says), SOURCE, and ``main(out, seed, quick)``, which writes a PNG and a JSON
with every number asserted.  ``common`` holds what they share, ``gallery`` makes the page, ``drawing`` carries a job out.
"""

from __future__ import annotations

import re
from pathlib import Path

HOME = Path(__file__).parent

FIGURES = tuple(
    sorted(p.stem for p in HOME.glob("*.py") if re.search(r"^def main\(out\b", p.read_text(encoding="utf-8"), re.MULTILINE))
)
"""The figures there are: every script here with a ``main(out, ...)``."""
