"""What the figures share: how they look, what they assert, and how they are saved.

A figure is a module with TITLE, CLAIM and SOURCE and a function ``main(out, seed, quick)``.  It makes a :class:`Page`,
asserts numbers, draws panels, and saves: a PNG, and a JSON with every number, what was wanted, and whether they agree.
"""

from __future__ import annotations

import ast
import hashlib
import io
import json
import math
import os
import sys
import textwrap
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

import adkit
from adkit.files import write_document

GROUND, INK, SOFT, GRID = "#ffffff", "#1f2328", "#59636e", "#e3e6ea"
# Okabe and Ito: colour-blind people tell them apart.  Lines differ in dash or marker as well.
BLUE, ORANGE, GREEN, RED, SKY, PURPLE, YELLOW, BLACK = COLOURS = (
    "#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7", "#f0e442", "#000000",
)  # fmt: skip
DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)), (0, (8, 2)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")

PAPER, THEORY, REFERENCE = "the paper", "theory", "a reference run"
"""Where a wanted number comes from: read in the paper, derivable, or measured by an earlier program."""


def script_hash(name: str) -> str:
    """What tells one version of a figure's script from another; how it is laid out, and its comments, do not count."""
    code = ast.parse((Path(__file__).parent / f"{name}.py").read_text(encoding="utf-8"))
    return hashlib.sha256(ast.unparse(code).encode()).hexdigest()[:16]


def up_to_date(out: Path, name: str, seed: int, quick: bool) -> bool:
    """Whether the folder holds this figure as the script would draw it now."""
    try:
        found = json.loads((out / f"{name}.json").read_text(encoding="utf-8"))
        return {k: found[k] for k in _identity(name, seed, quick)} == _identity(name, seed, quick) and all(
            (out / file).is_file() for file in found["files"]
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _identity(name: str, seed: int, quick: bool) -> dict[str, Any]:
    return {"figure": name, "script": script_hash(name), "adkit": adkit.__version__, "seed": seed,
            "form": "quick" if quick else "full"}  # fmt: skip


class Page:
    """One figure in the making.

    ``module`` is the figure's ``__name__``; ``seeds`` the seeds that went in, for the footer.  ``settings`` says in a
    few words what was run, below the picture.
    """

    def __init__(self, module: str, seed: int = 0, quick: bool = False) -> None:
        here = sys.modules[module]
        self.name = Path(str(here.__file__)).stem
        self.title, self.claim, self.source = here.TITLE, here.CLAIM, here.SOURCE
        self.seed, self.quick = int(seed), bool(quick)
        self.identity = _identity(self.name, self.seed, self.quick)  # now: the script may be edited while this runs
        self.seeds: list[int] = [self.seed]
        self.settings = ""
        self.numbers: list[dict[str, Any]] = []
        self.documents: dict[str, str | bytes] = {}
        self._figure: Any = None
        self._began = time.perf_counter()

    # What is asserted ----------------------------------------------------------------------------------------

    def within(self, what: str, value: Any, wanted: float, tolerance: float, source: str) -> bool:
        """``value`` lies within ``tolerance`` of ``wanted``."""
        agrees = bool(abs(float(value) - wanted) <= tolerance)
        return self._note(what, value, wanted, tolerance, "within", source, agrees)

    def equal(self, what: str, value: Any, wanted: Any, source: str) -> bool:
        """``value`` is ``wanted``: a count, or a word."""
        return self._note(what, value, wanted, 0, "equal", source, bool(value == wanted))

    def at_least(self, what: str, value: Any, bound: float, source: str) -> bool:
        """``value`` is ``bound`` or more."""
        return self._note(what, value, bound, 0, "at least", source, bool(float(value) >= bound))

    def at_most(self, what: str, value: Any, bound: float, source: str) -> bool:
        """``value`` is ``bound`` or less."""
        return self._note(what, value, bound, 0, "at most", source, bool(float(value) <= bound))

    def _note(self, what: str, value: Any, wanted: Any, tolerance: float, relation: str, source: str, agrees: bool) -> bool:
        self.numbers.append({"name": what, "value": _plain(value), "wanted": _plain(wanted), "tolerance": tolerance,
                             "relation": relation, "source": source, "agrees": agrees})  # fmt: skip
        return agrees

    # What is drawn -------------------------------------------------------------------------------------------

    def panels(self, rows: int = 1, columns: int = 1, size: tuple[float, float] | None = None, **how: Any) -> Any:
        """Axes in the common style: one, or an array of them; ``how`` goes to ``Figure.subplots``."""
        from matplotlib.figure import Figure  # not pyplot, which would hold the figure open

        self._figure = Figure(figsize=size or (4.2 * columns + 0.6, 3.5 * rows + 0.7), layout="constrained", facecolor=GROUND)
        axes = self._figure.subplots(rows, columns, **how)
        for one in np.atleast_1d(axes).ravel():
            style(one)
        return axes

    def canvas(self, figure: Any) -> None:
        """A figure of matplotlib's made elsewhere, in place of :meth:`panels`."""
        self._figure = figure

    def save(self, out: Any) -> dict[str, Any]:
        """Write the picture and, last, the JSON; returns what it holds."""
        folder = Path(os.fspath(out))
        if self._figure is not None:
            self.documents[f"{self.name}.png"] = self._png()
        for file, content in self.documents.items():
            write_document(str(folder / file), content)
        found = {
            **self.identity, "title": self.title, "claim": self.claim, "source": self.source,
            "seeds": self.seeds, "settings": self.settings, "numbers": self.numbers,
            "agrees": all(number["agrees"] for number in self.numbers),
            "seconds": round(time.perf_counter() - self._began, 1), "files": list(self.documents),
        }  # fmt: skip
        write_document(str(folder / f"{self.name}.json"), json.dumps(found, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
        return found

    def _png(self) -> bytes:
        figure = self._figure
        width = figure.get_size_inches()[0]
        title = "\n".join(textwrap.wrap(self.title, int(width * 8.8)))
        figure.suptitle(title, fontsize=12, color=INK, x=0.01, ha="left", fontweight="bold")
        figure.supxlabel("\n".join(self._footer(int(width * 15))), fontsize=7.5, color=SOFT, x=0.01, ha="left")
        into = io.BytesIO()
        figure.savefig(into, format="png", dpi=130, facecolor=GROUND, metadata={"Software": None})
        return into.getvalue()

    def _footer(self, columns: int) -> list[str]:
        """The source, then what was run and with which seeds."""
        form = ", quick form" if self.quick else ""
        run = f"adkit {adkit.__version__}{form}; {_seeds(self.seeds)}{'; ' if self.settings else ''}{self.settings}"
        return [*textwrap.wrap(f"After: {self.source}", columns), *textwrap.wrap(run, columns)]


def style(axes: Any) -> Any:
    """One pair of axes in the common style."""
    axes.set_facecolor(GROUND)
    axes.tick_params(colors=INK, labelsize=8.5, which="both")
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(SOFT)
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set_color(INK)
        label.set_fontsize(9.5)
    axes.grid(color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    return axes


def caption(axes: Any, text: str) -> None:
    """What a panel shows, above it at its left."""
    axes.set_title(text, loc="left", fontsize=9.5, color=INK)


def legend(axes: Any, **how: Any) -> None:
    """A legend on a white ground, where the data leave room."""
    axes.legend(**{"fontsize": 8, "frameon": True, "framealpha": 0.9, "edgecolor": GRID, "labelcolor": INK} | how)


def line(k: int) -> dict[str, Any]:
    """Colour and dash of the k-th line, which tell it from the others in grey too."""
    colours = (BLUE, RED, GREEN, PURPLE, ORANGE, BLACK, SKY, SOFT)
    return {"color": colours[k % len(colours)], "linestyle": DASHES[k % len(DASHES)], "linewidth": 1.7}


def _seeds(seeds: Iterable[int]) -> str:
    """The seeds in few words.

    >>> _seeds([0]), _seeds([0, 1, 2]), _seeds([4, 7])
    ('seed 0', 'seeds 0 to 2', 'seeds 4, 7')
    """
    found = list(seeds)
    if not found:
        return "no randomness"
    if len(found) == 1:
        return f"seed {found[0]}"
    if len(found) > 2 and found == list(range(found[0], found[-1] + 1)):
        return f"seeds {found[0]} to {found[-1]}"
    return f"seeds {', '.join(map(str, found))}"


def _plain(value: Any) -> Any:
    """A number as JSON knows it; what is no finite number as a word."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, float):
        return float(f"{value:.10g}")
    return value
