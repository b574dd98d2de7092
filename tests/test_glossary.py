"""The glossary: every word of the field in one sentence, in order, each with a lesson or a docstring where it is met."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

import adkit.nn

HERE = Path(__file__).parent.parent / "notebooks"
PAGE = (HERE / "glossary.md").read_text(encoding="utf-8")
ROWS = [[part.strip() for part in line.strip("| ").split(" | ")] for line in PAGE.splitlines() if line.startswith("| ")][1:]
KNOWN = {name.strip() for term, *_ in ROWS for name in re.split(r"[(),]", term.lower())}

# The words in which the package names its quantities, and in which its messages speak.
VOCABULARY = [
    "primal", "tangent", "cotangent", "seed", "jvp", "vjp", "pullback", "tape", "level", "chunk", "gradient", "jacobian",
    "hessian", "sweep", "trace", "prover", "residual", "softmax", "sigmoid", "relu", "softplus", "logits", "one-hot", "loss",
    "batch", "bias", "weights", "parameters", "optimiser", "dropout", "temperature",
]  # fmt: skip


def resolved(name: str) -> Any:
    """What a dotted name stands for."""
    parts = name.split(".")
    for k in range(len(parts), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:k]))
        except ModuleNotFoundError:
            continue
        for part in parts[k:]:
            found = getattr(found, part)
        return found
    raise ModuleNotFoundError(name)


def test_terms_stand_in_order_and_once() -> None:
    terms = [row[0].lower() for row in ROWS]
    assert terms == sorted(set(terms))
    assert len(terms) > 80


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_each_term_has_one_sentence_and_a_place(row: list[str]) -> None:
    term, sentence, places = row
    assert sentence.endswith(".")
    assert not re.search(r"[.!?] [A-Z]", sentence), "one sentence"
    lessons, names = re.findall(r"\[lesson (\d+)\]\[\1\]", places), re.findall(r"`([\w.]+)`", places)
    assert lessons or names
    for number in lessons:
        target = re.search(rf"^\[{number}\]: (\S+)$", PAGE, re.MULTILINE)
        assert target is not None
        assert (HERE / target[1]).exists()
        lesson = (HERE / target[1]).with_suffix(".py").read_text(encoding="utf-8").lower()
        word = re.split(r"[ (,]", term.lower())[0].rstrip("s")
        assert word in lesson, f"lesson {number} does not speak of {term}"
    for name in names:
        assert resolved(name).__doc__, f"{name} has no docstring"


@pytest.mark.parametrize("word", VOCABULARY)
def test_the_words_of_the_package_are_there(word: str) -> None:
    assert any(word == name or word in name.split() for name in KNOWN)


def test_the_names_that_one_thing_has_are_there() -> None:
    """``adkit.nn`` lists the words of networks; each is explained."""
    names = re.findall(r"\*([A-Z][\w -]+)\*", adkit.nn.__doc__ or "")
    assert len(names) > 5
    for name in names:
        assert any(name.lower() in known for known in KNOWN), name


def test_the_contents_list_every_lesson_in_order() -> None:
    contents = (HERE / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^(\d+)\. \[[^]]+\]\((\S+)\.ipynb\)", contents, re.MULTILINE)
    assert [(int(n), name) for n, name in listed] == [(int(p.stem[:2]), p.stem) for p in sorted(HERE.glob("[0-9][0-9]_*.py"))]
