"""The command: its documents, its exit status, and what it says to those who hold it wrong."""

from __future__ import annotations

import csv
import io
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import adkit.data.digits
from adkit import files
from adkit.__main__ import available, listing
from adkit.__main__ import main as adkit_main
from adkit.compare import answers, options, runner, words
from adkit.compare.__main__ import main
from adkit.compare.measure import Plan
from adkit.compare.methods import METHODS, Task
from adkit.compare.problems import OPERATORS, PROBLEMS
from adkit.compare.rows import Block, Row
from adkit.console import environment

ROOT = Path(__file__).parents[2]
CONTRACT = (
    "problem,size,operator,method,status,error,prepare_seconds,run_seconds_min,run_seconds_median,ratio_to_value,"
    "ratio_to_hand,ratio_low,ratio_high,peak_bytes,sweeps,primal_calls,samples"
)
FAST = ["--rounds", "2", "--quick"]


def shell(*arguments: str, cwd: Path = ROOT, **more: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "adkit.compare", *arguments]
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False, env=environ, **more)


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


# Documents


def test_the_csv_keeps_its_contract(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["path-graph", "tanh-affine", "--size", "1,3x2", *FAST, "--csv", "-"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == CONTRACT
    rows = rows_of(out)
    assert {(r["problem"], r["size"]) for r in rows} == {("path-graph", "1"), ("tanh-affine", "3x2")}
    assert "recommended: " in err
    for row in rows:
        assert row["operator"] in OPERATORS
        assert row["method"] in METHODS
        if row["status"] == "skipped":
            assert row["run_seconds_median"] == row["error"] == row["samples"] == ""
            continue
        assert row["status"] == "ok"
        assert float(row["error"]) <= 1e-3
        assert 0 < float(row["run_seconds_min"]) <= float(row["run_seconds_median"])
        assert float(row["prepare_seconds"]) >= 0
        assert float(row["ratio_low"]) <= float(row["ratio_high"])
        assert float(row["ratio_to_value"]) > 0
        assert int(row["peak_bytes"]) > 0
        assert int(row["samples"]) == 2
        if row["method"] == "hand":
            assert float(row["ratio_to_hand"]) == 1.0


def test_sweeps_and_calls_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    """One forward sweep an input, one reverse sweep an output: exactly n and m."""
    assert main(["tanh-affine", "--size", "7x3", *FAST, "--csv", "-"]) == 0
    found = {(r["operator"], r["method"]): r for r in rows_of(capsys.readouterr().out)}
    assert found["jacobian", "forward"]["sweeps"] == "7"
    assert found["jacobian", "reverse"]["sweeps"] == "3"
    assert found["jvp", "forward"]["sweeps"] == "1"
    assert found["jacobian", "difference"]["primal_calls"] == "14"
    assert found["jacobian", "complex-step"]["primal_calls"] == "7"
    assert found["jacobian", "reverse"]["primal_calls"] == "1"
    assert found["jacobian", "hand"]["primal_calls"] == "0"
    assert found["value", "hand"]["primal_calls"] == "1"


def test_the_digits_come_first_and_agree(capsys: pytest.CaptureFixture[str]) -> None:
    assert next(iter(PROBLEMS)) == "digits-softmax"
    assert main(["digits-*", "--size", "8", *FAST, "--methods", "hand,reverse,forward", "--csv", "-"]) == 0
    rows = rows_of(capsys.readouterr().out)
    assert list(dict.fromkeys(r["problem"] for r in rows)) == ["digits-softmax", "digits-mlp", "digits-mlp-small"]
    assert all(float(r["error"]) < 1e-12 for r in rows if r["status"] == "ok")
    assert {r["operator"] for r in rows} == {"value", "jvp", "gradient"}


def test_every_operator_of_a_scalar_function(capsys: pytest.CaptureFixture[str]) -> None:
    operators = ",".join(OPERATORS)
    assert main(["rosenbrock", "--size", "3", *FAST, "--operators", operators, "--csv", "-"]) == 0
    out, err = capsys.readouterr()
    ok = {(r["operator"], r["method"]) for r in rows_of(out) if r["status"] == "ok"}
    for operator in ("jvp", "gradient", "hvp", "hessian"):
        assert {(operator, "forward"), (operator, "reverse")} <= ok
    assert ("hessian", "difference") in ok
    assert "ask for gradient" in " ".join(err.split())  # the Jacobian of one number
    assert all(r["status"] == "skipped" for r in rows_of(out) if r["operator"] == "jacobian")


def test_a_document_is_written_whole_and_beside_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("old")
    path.chmod(0o640)
    assert main(["xor", *FAST, "--methods", "hand,reverse", "--csv", str(path)]) == 0
    assert path.read_text().splitlines()[0] == CONTRACT
    assert path.stat().st_mode & 0o777 == 0o640
    assert os.listdir(tmp_path) == ["rows.csv"]
    assert "recommended: reverse (gradient), " in capsys.readouterr().out


def test_the_table_reads_at_80_columns_in_ascii(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["xor", "tanh-affine", "mlp-784", *FAST]) == 0
    out, err = capsys.readouterr()
    assert out.isascii()
    assert "\x1b" not in out + err
    assert max(len(line) for line in out.splitlines()) <= 80
    answers = [line for line in out.splitlines() if line.startswith("recommended: ")]
    assert len(answers) == 3 + 2 + 2  # one for each derivative of each problem
    assert re.search(r"skipped: forward(, compiled-forward)?, .*: estimated|skipped: forward(, compiled-forward)?: estimated", out)  # 79,510 directions, said and not attempted


def test_quiet_leaves_the_answers_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["path-graph", *FAST, "--quiet"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert all(line.startswith(("path-graph 1: recommended: ", "  ")) for line in out.splitlines())


def test_quiet_lines_are_wrapped_with_what_stands_before_them() -> None:
    hand, forward, reverse, quick = row("hand", 1.0), row("forward", 9.0), row("reverse", 3.0), row("difference", 2.0)
    for prefix in ("", "speelpenning-indexed 1000: "):
        text = answers.recommend(block_of(hand, forward, reverse, quick), "gradient", prefix)
        assert text.startswith(f"{prefix}recommended: reverse (gradient), 3.00x hand")
        assert len(text.splitlines()) > 1
        assert max(len(line) for line in text.splitlines()) <= 80


def test_the_columns_are_explained(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    help_text = capsys.readouterr().out
    assert main(["path-graph", *FAST, "--operators", "gradient"]) == 0
    out = capsys.readouterr().out
    assert "columns: see --help" in out
    columns = ("time", "x value", "x hand", "95 %", "error", "peak", "sweeps")
    assert next(line for line in out.splitlines() if line.startswith("  gradient")).split("gradient")[1].split() == " ".join(columns).split()
    for column in columns:
        assert f"\n  {column:<9}" in help_text


def test_list_names_everything(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in (*PROBLEMS, *METHODS, *OPERATORS))
    assert main(["xor", "--list"]) == 0
    assert "rosenbrock" not in capsys.readouterr().out


# Verified before timed


def off(method: str, operator: str, factor: float) -> Any:
    right = METHODS[method].builders[operator]

    def build(task: Task) -> Callable[[], Any]:
        run = right(task)

        def wrong() -> Any:
            result = run()
            return tuple([factor * g for g in result]) if isinstance(result, tuple) else factor * result

        return wrong

    return replace(METHODS[method], builders={**METHODS[method].builders, operator: build})


@pytest.mark.parametrize("method", ["hand", "forward", "reverse", "complex-step"])
def test_a_planted_wrong_derivative_is_reported_and_not_timed(
    method: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(METHODS, method, off(method, "gradient", 1.001))
    assert main(["xor", "--operators", "gradient", *FAST, "--csv", "-"]) == 1
    out, err = capsys.readouterr()
    rows = {r["method"]: r for r in rows_of(out)}
    assert rows[method]["status"] == "wrong"
    assert float(rows[method]["error"]) > 1e-4
    assert rows[method]["samples"] == rows[method]["run_seconds_median"] == ""
    assert {r["status"] for name, r in rows.items() if name != method} <= {"ok", "skipped"}
    assert rows["reverse" if method == "forward" else "forward"]["status"] == "ok"
    assert f"adkit compare: {method} gradient of xor 4 wrong" in err
    assert f"{method:<13}WRONG: relative error" in err
    assert f"recommended: {method}" not in err


def test_a_derivative_of_the_wrong_shape_or_that_raises_is_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def flat(task: Task) -> Callable[[], Any]:
        return lambda: np.zeros(3)

    def fails(task: Task) -> Callable[[], Any]:
        def run() -> Any:
            raise RuntimeError("no rule\nand a second line")

        return run

    for builder in (flat, fails):
        monkeypatch.setitem(METHODS, "reverse", replace(METHODS["reverse"], builders={"gradient": builder}))
        assert main(["xor", "--operators", "gradient", *FAST]) == 1
        out, err = capsys.readouterr()
        assert "reverse      FAILED: " in out
        assert "second line" not in out
        assert err.count("\n") == 1


# Bad use


@pytest.mark.parametrize("arguments, says", [
    (["rosenbrok"], "no problem 'rosenbrok'; did you mean rosenbrock?"),
    (["zzz*"], "no problem 'zzz*'; see --list"),
    (["math:sin"], "say where it stands with --at"),
    (["xor", "--at", "1.0"], "--at is for a function of yours"),
    (["xor", "--methods", "revers"], "no method 'revers'; did you mean reverse?"),
    (["xor", "--operators", "grad"], "no operator 'grad'"),
    (["xor", "--peers", "autogard"], "no peer 'autogard'; did you mean autograd?"),
    (["xor", "--size", "many"], "xor has no size 'many'"),
    (["tanh-affine", "--size", "100"], "INPUTSxOUTPUTS"),
    (["xor", "tanh-affine", "--size", "100"], "INPUTSxOUTPUTS"),
    (["xor", "chain", "--size", "10,1O0"], "no problem here has size '1O0'"),
    (["--size", "3000000000"], "no problem here has size '3000000000'"),
    (["xor", "--size", ","], "--size needs a list"),
    (["xor", "--rounds", "0"], "--rounds takes a whole number from 1, not '0'"),
    (["xor", "--seed", "-1"], "--seed"),
    (["xor", "--seed=-1"], "--seed takes a whole number from 0"),
    (["xor", "--budget", "nan"], "--budget"),
    (["xor", "--method", "reverse"], "unknown option --method; did you mean --methods?"),
    (["xor", "--bogus"], "unknown option --bogus; see --help"),
    (["xor", "--csv"], "--csv"),
    (["xor", "--csv", ""], "cannot write ''"),
    (["xor", "--csv", "/no/such/folder/rows.csv"], "cannot write '/no/such/folder/rows.csv'"),
    (["xor", "--csv", "/"], "it is a directory"),
])  # fmt: skip
def test_bad_use_is_one_clear_line(arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith("adkit compare: ")
    assert says in err


def test_a_size_need_not_suit_problems_that_nobody_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["x*", "tanh-*", "--size", "2", *FAST, "--methods", "hand,reverse"]) == 0
    out = capsys.readouterr().out
    assert "left out: tanh-affine has no size '2'" in out
    assert "xor 2: 25 inputs" in out


def test_a_full_disk_is_said_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rows.csv"

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    assert main(["path-graph", *FAST, "--csv", str(path)]) == 2
    assert "No space left on device" in capsys.readouterr().err
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_a_device_is_written_to_and_not_replaced() -> None:
    before = os.stat("/dev/full").st_rdev
    found = shell("path-graph", *FAST, "--csv", "/dev/full")
    assert found.returncode == 2
    assert "No space left on device" in found.stderr
    assert os.stat("/dev/full").st_rdev == before
    with open("/dev/full", "w") as full:
        out = subprocess.run([sys.executable, "-m", "adkit.compare", "--list"], cwd=ROOT, stdout=full,
                             stderr=subprocess.PIPE, text=True, timeout=60, check=False)  # fmt: skip
    assert out.returncode == 2
    assert "Traceback" not in out.stderr


# The process


def test_as_a_process_it_pins_itself_and_says_so(tmp_path: Path) -> None:
    found = shell("path-graph", *FAST, "--csv", "rows.csv", cwd=tmp_path)
    assert found.returncode == 0, found.stderr
    assert "one BLAS thread" in found.stdout
    assert "timings are steady" in found.stdout
    assert found.stderr == ""  # no progress where nobody looks
    assert os.listdir(tmp_path) == ["rows.csv"]


def test_bad_use_of_the_process_and_of_the_list_of_commands(capsys: pytest.CaptureFixture[str]) -> None:
    found = shell("xor", "--cvs", "x")
    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr == "adkit compare: unknown option --cvs; did you mean --csv?; see --help\n"
    assert adkit_main([]) == 0
    assert "python -m adkit.compare" in capsys.readouterr().out
    assert adkit_main(["comparr"]) == 2
    assert capsys.readouterr().err == "adkit: no command 'comparr'; did you mean compare?\n"
    listed = [line.split()[2] for line in listing().splitlines() if line.startswith("  python -m ")]
    assert [name.removeprefix("adkit.") for name in listed] == list(available())
    assert adkit_main(["compare", "xor", "--operators", "gradient", *FAST, "--quiet"]) == 0
    assert "recommended: " in capsys.readouterr().out


@pytest.mark.skipif(os.name == "nt", reason="signals are another matter there")
def test_an_interrupt_ends_in_one_line_and_leaves_no_file(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "adkit.compare", "--csv", "rows.csv"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               env=os.environ | {"PYTHONPATH": str(ROOT)})  # fmt: skip
    assert process.stdout is not None
    process.stdout.readline()  # the first line is written when the work begins
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert re.fullmatch(r"adkit compare: interrupted after \d+ of \d\d tasks; rows.csv was not written\n", err), err
    assert os.listdir(tmp_path) == []


def test_the_interrupt_says_how_far_it_came(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The third task, the gradient, is not reached: two are done."""
    def stop(task: Task) -> Callable[[], Any]:
        raise KeyboardInterrupt

    monkeypatch.setitem(METHODS, "hand", replace(METHODS["hand"], builders=METHODS["hand"].builders | {"gradient": stop}))
    for more, end in ([], ""), (["--csv", "rows.csv"], "; rows.csv was not written"), (["--csv", "-"], "; no CSV was written"):
        assert main(["xor", "path-graph", *FAST, *more]) == 130
        out, err = capsys.readouterr()
        assert err.splitlines()[-1] == f"adkit compare: interrupted after 2 of 8 tasks{end}"
        assert not Path("rows.csv").exists()
        assert "problem,size" not in out


@pytest.mark.skipif(os.name == "nt", reason="signals are another matter there")
def test_an_interrupt_while_the_pinned_process_loads_is_heeded_when_it_has_loaded(tmp_path: Path) -> None:
    """The mask that an exec keeps: a signal sent before the new Python has even started ends in one line."""
    held = "import os, signal, sys\n" \
           "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}); os.kill(os.getpid(), signal.SIGINT)\n" \
           "os.execve(sys.executable, [sys.executable, '-m', 'adkit.compare', '--csv', 'rows.csv'], dict(os.environ))"
    environ = os.environ | environment._wanted() | {"PYTHONPATH": str(ROOT)}
    found = subprocess.run([sys.executable, "-c", held], cwd=tmp_path, capture_output=True, text=True, timeout=60,
                           check=False, env=environ)  # fmt: skip
    assert (found.returncode, found.stdout, found.stderr) == (130, "", "adkit compare: interrupted\n")
    assert os.listdir(tmp_path) == []


def test_the_settings_are_taken_from_the_start_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(environment.os, "execve", lambda path, command, environ: started.append([path, *command]))
    monkeypatch.setattr(environment, "_STARTED_WITH", {})
    environment.pin()
    assert len(started) == 1
    assert "not pinned" in environment.describe()
    monkeypatch.setattr(environment, "_STARTED_WITH", environment._wanted())
    environment.pin()
    assert len(started) == 1
    assert "one BLAS thread" in environment.describe()


# What may be absent


def test_absent_digits_are_said_in_one_line_and_skipped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(adkit.data.digits, "find_spec", lambda name: None)
    assert main(["digits-*", "path-graph", *FAST, "--csv", "-"]) == 0
    out, err = capsys.readouterr()
    assert err.count('pip install ".[data]"') == 1
    assert "skipped: digits-softmax, digits-mlp, digits-mlp-small: the digits images come with scikit-learn" in err
    digits = [r for r in rows_of(out) if r["problem"].startswith("digits")]
    assert digits
    assert {r["status"] for r in digits} == {"skipped"}
    assert {r["status"] for r in rows_of(out) if r["problem"] == "path-graph"} >= {"ok"}


def test_an_absent_peer_is_said_in_one_line_and_skipped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in options.PEERS if name.startswith("torch")]:
        peer = replace(options.PEERS[name], missing=lambda: "torch is not installed: pip install torch")
        monkeypatch.setitem(options.PEERS, name, peer)
    assert main(["xor", *FAST, "--operators", "gradient", "--peers", "torch", "--csv", "-"]) == 0
    out, err = capsys.readouterr()
    assert err.count("torch is not installed") == 1
    assert [r["status"] for r in rows_of(out) if r["method"] == "torch"] == ["skipped"]


@pytest.mark.parametrize("arguments, reason", [
    (["xor", "--methods", "torch"], "torch is not installed: pip install torch"),
    (["xor", "--operators", "jacobian"], "the function returns one number: ask for gradient"),
    (["tanh-affine", "--operators", "gradient"], "the function returns an array: ask for jacobian"),
    (["xor", "--operators", "hessian", "--methods", "hand,complex-step"],
     "nobody has written its hessian by hand (and 1 other reason, above)"),
])  # fmt: skip
def test_nothing_measured_is_no_success(
    arguments: list[str], reason: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    peer = replace(options.PEERS["torch"], missing=lambda: "torch is not installed: pip install torch")
    monkeypatch.setitem(options.PEERS, "torch", peer)
    assert main([*arguments, *FAST]) == 2
    assert capsys.readouterr().err == f"adkit compare: nothing was measured: {reason}\n"


@pytest.mark.parametrize("size, reverse", [("4x1", "ok"), ("4x2", "skipped")])
def test_a_directional_derivative_in_reverse_needs_one_output(
    size: str, reverse: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tanh-affine", "--size", size, *FAST, "--csv", "-"]) == 0
    found = {(r["operator"], r["method"]): r["status"] for r in rows_of(capsys.readouterr().out)}
    assert found["jvp", "reverse"] == reverse
    assert found["jacobian", "reverse"] == "ok"


@pytest.mark.filterwarnings("default")  # a peer's warnings are its own affair
@pytest.mark.parametrize("peer", ["autograd", "mygrad", "torch"])
def test_a_peer_agrees_on_every_problem(peer: str, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip(peer, exc_type=ImportError)
    for name, problem in PROBLEMS.items():
        size = {"tanh-affine": "3x2", "inputs-outputs": "3x2", "path-graph": "1", "particle": "1"}.get(name, "3")
        operators = ["gradient" if "gradient" in problem.operators else "jacobian", "jvp"]
        block = runner.examine(problem, size, operators, [options.PEERS[peer]], Plan(1, 1, 1e-6, 1e-6, 10.0, 1, 0))
        for row in block.rows:
            assert row.status in ("ok", "skipped"), (name, row)
            assert row.status == "ok" or row.reason.startswith("has no")


# The answer


def block_of(*rows: Row) -> Block:
    return Block(PROBLEMS["chain"], "10", list(rows))


def answer(*rows: Row) -> str:
    return answers.recommend(block_of(*rows), "gradient").replace("\n ", "")


def row(method: str, ratio: float, spread: float = 0.01, **more: Any) -> Row:
    low, high = ratio * (1 - spread), ratio * (1 + spread)
    return Row("chain", "10", "gradient", method, error=1e-15, ratio_to_value=ratio, ratio_to_hand=ratio,
                      ratio_low=low, ratio_high=high, **more)  # fmt: skip


def test_the_answer_follows_from_the_rows() -> None:
    hand, forward, reverse, quick = row("hand", 1.0), row("forward", 9.0), row("reverse", 3.0), row("difference", 2.0)
    assert answer(hand, forward, reverse) == "recommended: reverse (gradient), 3.00x hand; forward takes 3.00x as long"
    assert answer(hand, row("forward", 2.0), reverse).startswith("recommended: forward (gradient), ")
    assert "level with forward" in answer(hand, row("forward", 3.1, 0.1), reverse)
    assert answer(hand, reverse, quick).startswith("recommended: reverse")
    assert "difference is 1.50x faster but inexact" in answer(hand, reverse, quick)
    assert answer(hand, quick).startswith("recommended: difference (gradient), ")
    assert answer(hand) == "recommended: hand (gradient), no other method was measured"
    wrong = row("reverse", 0.1, status="wrong")
    assert answer(hand, forward, wrong).startswith("recommended: forward")
    assert answer(wrong) == "recommended: none (gradient), no method was measured"


def test_colour_is_for_terminals_and_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert words.wants_colour(Terminal())
    assert not words.wants_colour(io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not words.wants_colour(Terminal())
