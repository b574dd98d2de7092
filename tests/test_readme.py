"""README.md and CONTRIBUTING.md: every Python block runs and prints what the page says; the set-up blocks have their shape."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: str) -> list[tuple[str, str]]:
    """The fenced blocks of a page: language and text."""
    return FENCE.findall((ROOT / page).read_text(encoding="utf-8"))


def snippets() -> list[object]:
    """Each Python block with the text block that follows it."""
    found = []
    for page in ("README.md", "CONTRIBUTING.md"):
        fenced = blocks(page)
        for k, (language, code) in enumerate(fenced):
            if language == "python":
                printed = fenced[k + 1] if k + 1 < len(fenced) else ("", "")
                found.append(pytest.param(code, printed, id=f"{page}-{k}"))
    return found


@pytest.mark.parametrize(("code", "printed"), snippets())
def test_a_python_block_prints_what_the_page_says(code: str, printed: tuple[str, str]) -> None:
    language, expected = printed
    assert language == "text", "a Python block is followed by a text block with what it prints"
    run = subprocess.run(
        [sys.executable, "-W", "error", "-"],
        input=code,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout == expected


def test_the_first_two_shell_blocks_are_the_set_up() -> None:
    fenced = blocks("README.md")
    assert {language for language, _ in fenced} <= {"python", "text", "sh"}, "a language that no test knows"
    compare, tests = [text.split("\n")[:-1] for language, text in fenced if language == "sh"][:2]
    assert compare == ['python -m pip install ".[data]"', "python -m adkit.compare"]
    assert tests == ['python -m pip install ".[test]"', "python -m pytest"]


def test_extras_are_written_so_that_every_shell_takes_them() -> None:
    """Windows' cmd knows no single quotes, and zsh takes bare brackets for a pattern."""
    for page in ("README.md", "CONTRIBUTING.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        found = re.findall(r"pip install (?:-e )?(.)\.\[", text)
        assert found
        assert set(found) == {'"'}


def test_what_a_reader_sees_first() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    before_the_picture = text[: text.index("![")]
    assert before_the_picture.count("```python") == 1
    assert before_the_picture.count("```text") == 1
    assert "```sh" not in before_the_picture
    assert len(before_the_picture.splitlines()) < 30


def test_relative_links_lead_somewhere() -> None:
    for page in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        for target in re.findall(r"\]\(([^)#]+)\)", (ROOT / page).read_text(encoding="utf-8")):
            if not target.startswith("https://"):
                assert (ROOT / target).exists(), f"{page} links to {target}"
