"""Saved runs: pyperf's format, what has become slower, and what only seems so."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from machine import PLAN, Machine, measured, method, problem

from adkit.compare import options, saved, spread
from adkit.compare.__main__ import main
from adkit.compare.methods import METHODS
from adkit.compare.problems import PROBLEMS
from adkit.compare.rows import Row
from adkit.compare.runner import Examination

FAST = ["--rounds", "4", "--quick", "--methods", "hand,forward,reverse", "--operators", "gradient"]


def kept(block: Any, path: Path) -> dict[str, Row]:
    path.write_text(saved.document(block.rows))
    return saved.load(str(path))


@pytest.mark.parametrize("seed", range(20))
def test_twice_as_slow_is_caught_and_no_change_is_not(seed: int, tmp_path: Path) -> None:
    """On a machine whose samples scatter by 4 %, and which is half as fast on the day of the second run."""
    before = kept(measured(Machine(0.04, 3 * seed)), tmp_path / "before.json")
    same = measured(Machine(0.04, 3 * seed + 1, slow=2.0))
    lines, slower = saved.verdict(saved.changes(same.rows, before), before, 0.1)
    assert slower == []
    assert "2 rows in both, 0 slower" in " ".join(lines)
    assert "the machine takes" in " ".join(lines)
    planted = measured(Machine(0.04, 3 * seed + 2, slow=0.7), reverse=2.0)
    lines, slower = saved.verdict(saved.changes(planted.rows, before), before, 0.1)
    assert [change.row.method for change in slower] == ["reverse"]
    assert 1.8 < slower[0].times < 2.2
    assert lines[0].startswith("SLOWER: squares 3 gradient reverse: ")


def test_what_has_become_faster_is_said_and_is_no_failure(tmp_path: Path) -> None:
    before = kept(measured(Machine(0.02, 0)), tmp_path / "before.json")
    lines, slower = saved.verdict(saved.changes(measured(Machine(0.02, 1), forward=0.5).rows, before), before, 0.1)
    assert slower == []
    assert lines[0].startswith("faster: squares 3 gradient forward: ")


def test_an_allowance_larger_than_the_change_lets_it_pass(tmp_path: Path) -> None:
    before = kept(measured(Machine(0.02, 0)), tmp_path / "before.json")
    found = saved.changes(measured(Machine(0.02, 1), reverse=1.3).rows, before)
    assert [c.row.method for c in saved.verdict(found, before, 0.1)[1]] == ["reverse"]
    assert saved.verdict(found, before, 0.5)[1] == []


def test_a_file_keeps_every_sample_and_every_column(tmp_path: Path) -> None:
    block = measured(Machine(0.02, 0))
    again = kept(block, tmp_path / "run.json")
    for row in block.rows:
        there = again[row.name]
        assert there.values == pytest.approx(row.values)
        assert (there.status, there.samples, there.sweeps) == (row.status, row.samples, row.sweeps)
        assert there.ratio_to_hand == pytest.approx(row.ratio_to_hand)


def test_pyperf_reads_it(tmp_path: Path) -> None:
    pyperf = pytest.importorskip("pyperf", reason="pyperf is not installed")
    path = tmp_path / "run.json"
    path.write_text(saved.document(measured(Machine(0.02, 0)).rows))
    suite = pyperf.BenchmarkSuite.load(str(path))
    assert set(suite.get_benchmark_names()) == {f"squares/3/gradient/{m}" for m in ("hand", "forward", "reverse")}
    assert suite.get_benchmark("squares/3/gradient/reverse").median() == pytest.approx(6e-3, rel=0.1)


def test_its_form_is_pyperfs() -> None:
    """What pyperf asks for, where it is not installed: a version, names, runs of positive seconds, no null."""
    found = json.loads(saved.document([*measured(Machine(0.02, 0)).rows, Row("p", "1", "jvp", "mygrad", "skipped", reason="why")]))
    assert found["version"] == "1.0"
    for benchmark in found["benchmarks"]:
        assert isinstance(benchmark["metadata"]["name"], str)
        assert all(isinstance(v, (str, int, float)) for v in benchmark["metadata"].values())
        assert all(v > 0.0 for run in benchmark["runs"] for v in run["values"])
    assert found["adkit"]["rows"][0]["reason"] == "why"


def test_the_command_saves_compares_and_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    machine, path = Machine(0.02), str(tmp_path / "run.json")
    monkeypatch.setitem(PROBLEMS, "squares", problem(machine))
    monkeypatch.setattr(spread, "Examination", partial(Examination, clock=machine.clock))
    monkeypatch.setattr(options, "_plan", lambda given: PLAN)
    monkeypatch.setitem(METHODS, "forward", method(machine, "forward", lambda n: 1e-3 * n))
    monkeypatch.setitem(METHODS, "reverse", method(machine, "reverse", lambda n: 6e-3))
    command = ["squares", *FAST]
    assert main([*command, "--save", path]) == 0
    assert main([*command, "--against", path, "--fail-slower", "10%"]) == 0
    monkeypatch.setitem(METHODS, "reverse", method(machine, "reverse", lambda n: 12e-3))
    capsys.readouterr()
    assert main([*command, "--against", path, "--fail-slower", "10%"]) == 1
    out, err = capsys.readouterr()
    assert "SLOWER: squares 3 gradient reverse: " in out
    assert "adkit compare: reverse gradient of squares 3 takes " in err
    assert main([*command, "--against", path]) == 0  # without --fail-slower it is only said
    assert "SLOWER" in capsys.readouterr().out
    assert main([*command, "--against", path, "--fail-slower", "150%"]) == 0


@pytest.mark.parametrize("content, says", [
    ("not json", "it is not JSON"), ("[]", "was not saved by adkit compare"), ('{"benchmarks": []}', "holds no measured row"),
    ('{"benchmarks": [{"metadata": {"name": "x"}, "runs": []}]}', "was not saved by adkit compare"),
])  # fmt: skip
def test_a_file_that_is_no_saved_run_is_said_in_one_line(
    content: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run.json"
    path.write_text(content)
    assert main(["xor", *FAST, "--against", str(path)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert says in err
    assert err.count("\n") == 1
    assert main(["xor", *FAST, "--against", str(tmp_path / "none.json")]) == 2
    assert "No such file" in capsys.readouterr().err
