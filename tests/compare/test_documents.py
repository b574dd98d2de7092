"""What a run leaves: every document whole or not at all, and on stdout one of them alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from adkit.compare.__main__ import main

ROOT = Path(__file__).parents[2]
FAST = ["path-graph", "--quick", "--rounds", "2", "--methods", "hand,reverse", "--operators", "gradient"]
FLAGS = {"--csv": "rows.csv", "--json": "rows.json", "--markdown": "rows.md", "--html": "rows.html", "--plot": "rows.png", "--save": "run.json"}


def test_all_documents_of_one_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([*FAST, *[word for pair in FLAGS.items() for word in pair]]) == 0
    assert sorted(os.listdir(tmp_path)) == sorted(FLAGS.values())
    assert Path("rows.csv").read_text().startswith("problem,size,operator,")
    assert json.loads(Path("rows.json").read_text())["version"] == "1.0"
    assert Path("rows.md").read_text().startswith("### path-graph 1: gradient")
    assert Path("rows.html").read_text().startswith("<!doctype html>")
    assert Path("rows.png").read_bytes().startswith(b"\x89PNG")
    assert "recommended: " in capsys.readouterr().out


@pytest.mark.parametrize("flag, begins", [("--csv", "problem,"), ("--json", "{"), ("--markdown", "### "), ("--html", "<!doctype html>")])
def test_with_a_dash_stdout_holds_the_document_alone(flag: str, begins: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*FAST, flag, "-"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith(begins)
    assert "recommended: " in err
    if flag == "--json":
        assert json.loads(out)["benchmarks"]


def test_what_code_in_c_writes_to_descriptor_1_does_not_spoil_the_document(tmp_path: Path) -> None:
    (tmp_path / "noisy_model.py").write_text(
        "import os\nimport numpy as np\ndef loss(x):\n    os.write(1, b'noise\\n')\n    return np.sum(x * x)\n"
    )
    command = ["noisy_model.py:loss", "--at", "np.ones(2)", "--quick", "--rounds", "1", "--methods", "reverse", "--operators", "gradient"]
    code = f"import sys; from adkit.compare.__main__ import main; sys.exit(main({[*command, '--csv', '-']!r}))"
    found = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
                           env=os.environ | {"PYTHONPATH": str(ROOT)})  # fmt: skip
    assert found.returncode == 0, found.stderr
    assert [line.split(",")[0] for line in found.stdout.splitlines()] == ["problem", "noisy_model.py:loss"]
    assert "noise" in found.stderr


@pytest.mark.parametrize("flag", FLAGS)
def test_a_path_that_cannot_be_written_is_said_before_the_work(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*FAST, flag, f"/no/such/folder/{FLAGS[flag]}"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(f"adkit compare: {flag}: cannot write '/no/such/folder/")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
@pytest.mark.parametrize("flag", [flag for flag in FLAGS if flag != "--plot"])
def test_a_full_disk_is_said(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*FAST, flag, "/dev/full"]) == 2
    assert capsys.readouterr().err == "adkit compare: cannot write '/dev/full': No space left on device\n"


@pytest.mark.parametrize("arguments, says", [
    (["--csv", "-", "--json", "-"], "--csv and --json cannot both go to stdout"),
    (["--plot", "-"], "--plot needs a file"),
    (["--save", "-"], "--save needs a file"),
    (["--plot", "picture.jpg"], "must end in .png, .svg or .pdf"),
    (["--csv", "same", "--json", "same"], "would both write 'same'"),
    (["--fail-slower", "10%"], "--fail-slower needs a saved run"),
    (["--against", "x.json", "--fail-slower", "fast"], "--fail-slower takes a percentage"),
    (["--quick", "--rigorous"], "exclude each other"),
])  # fmt: skip
def test_what_cannot_be_left_is_one_clear_line(
    arguments: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["path-graph", *arguments]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert says in err
    assert os.listdir(tmp_path) == []
