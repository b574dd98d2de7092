"""Write docs/coverage.md from the registry: ``python docs/coverage.py [--check]``.

Every function of NumPy's that may be called in a differentiated function, how its derivative is known, and its convention.
``--check`` compares the page that is there with what would be written, and exits with 1 where they differ.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

from adkit.registry import NoSymbol, Op, load_families
from adkit.supported import ON_PRIMAL, answers, convention_of

PAGE = Path(__file__).parent / "coverage.md"

HEAD = """\
# What may be called

<!-- Written by docs/coverage.py from the registry. -->

Every function below works inside a differentiated function, called as NumPy spells it: on numbers and on arrays of any rank, with \
its keyword arguments, in forward and in reverse mode, nested, in double and in single precision. `adkit.supported_functions()` \
returns this list with its conventions. What is not on it is refused, with a message that names the nearest function that is.

*proved* means that the rule equals SymPy's derivative, in both modes (`python -m adkit.verify`); *checked*, that it agrees with \
differences, and why there is no proof; *composed*, that the function is written with others and needs no rule.

Complex numbers: perturbations pair as Re(g·ẏ), nothing is conjugated in a transpose, and a real operand receives the real part. \
So `grad` of a real function of z = x + iy is ∂f/∂x − i ∂f/∂y.
"""

SECTIONS = {
    "numpy": "numpy",
    "numpy.linalg": "numpy.linalg",
    "numpy.fft": "numpy.fft",
    "methods": "Methods of ufuncs",
    "scipy.special": "scipy.special, where SciPy is installed",
}


def _is_ours(answer: Any) -> bool:
    """Whether an answer is adkit's own, and not one that a user (or a test) has registered."""
    if isinstance(answer, Op):
        return answer.builtin
    return hasattr(answer, "on_primal") or (getattr(answer, "__module__", None) or "").startswith("adkit")


def _how(answer: Any) -> str:
    """How the derivative of a function is known."""
    answer = getattr(answer, "of", answer)
    if not isinstance(answer, Op):
        return "composed"
    if isinstance(answer.symbol, NoSymbol):
        return f"checked: {answer.symbol.reason}"
    return "proved"


def _section(name: str) -> str:
    home, _, last = name.rpartition(".")
    return "methods" if last in ("reduce", "accumulate", "outer") and home.rpartition(".")[0] == "numpy" else home


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")


def page() -> str:
    """The whole page."""
    load_families()
    found: dict[str, dict[str, Any]] = {section: {} for section in SECTIONS}
    for name, answer in sorted(answers().items(), key=lambda pair: pair[0].lower()):
        if _is_ours(answer):
            found[_section(name)][name] = answer
    parts = [HEAD]
    for section, title in SECTIONS.items():
        functions = found[section].items()
        primal = [name for name, answer in functions if convention_of(answer) == ON_PRIMAL]
        rows = [(name, answer) for name, answer in functions if convention_of(answer) != ON_PRIMAL]
        if not rows:
            continue
        parts.append(f"\n## {title}\n\n| function | derivative | convention |\n|---|---|---|\n")
        shown = len(section) + 1 if section != "methods" else len("numpy.")
        parts += [f"| `{name[shown:]}` | {_cell(_how(answer))} | {_cell(convention_of(answer))} |\n" for name, answer in rows]
        if primal:
            names = ", ".join([f"`{name[shown:]}`" for name in primal])
            parts.append(f"\nOn the primal alone, without a derivative: {names}.\n")
    return "".join(parts)


def main(argv: list[str]) -> int:
    """Write the page, or compare it."""
    if importlib.util.find_spec("scipy") is None:
        print("docs/coverage.py: SciPy is not installed, and the page lists its functions too", file=sys.stderr)
        return 2
    text = page()
    if "--check" in argv:
        same = PAGE.exists() and PAGE.read_text(encoding="utf-8") == text
        if not same:
            print("docs/coverage.md is not what docs/coverage.py writes; run it again", file=sys.stderr)
        return 0 if same else 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    from flags import heed

    heed(__doc__, ("--check",))
    sys.exit(main(sys.argv[1:]))
