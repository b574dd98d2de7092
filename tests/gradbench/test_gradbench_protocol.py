"""The protocol: a session as GradBench leads it, and everything that a session can do wrong."""

from __future__ import annotations

import io
import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import adkit
from adkit.gradbench.__main__ import main
from adkit.gradbench.evals import EVALS
from adkit.gradbench.evaluation import Evaluation
from adkit.gradbench.fields import Fields, InputError, real
from adkit.gradbench.protocol import serve

HOME = Path(adkit.__file__).parent.parent


def strict(line: bytes) -> Any:
    """JSON as a strict reader takes it: no NaN, no Infinity."""

    def refuse(token: str) -> Any:
        raise ValueError(token)

    return json.loads(line, parse_constant=refuse)


def session(*messages: Any) -> tuple[list[dict[str, Any]], str]:
    """The answers to messages (objects, or lines as they are), and what was logged."""
    lines = [m if isinstance(m, bytes) else json.dumps(m).encode() for m in messages]
    out, log = io.BytesIO(), io.StringIO()
    serve([line + b"\n" for line in lines], out, log)
    return [strict(line) for line in out.getvalue().splitlines()], log.getvalue()


def evaluate(module: str, function: str, value: Any) -> dict[str, Any]:
    """The answer to one evaluation."""
    (reply,), _ = session({"id": 5, "kind": "evaluate", "module": module, "function": function, "input": value})
    assert reply["id"] == 5
    return reply


ONCE = {"min_runs": 1, "min_seconds": 0}


def test_a_session() -> None:
    replies, log = session(
        {"id": 0, "kind": "start", "eval": "lse", "config": {"n": [3]}},
        {"id": 1, "kind": "define", "module": "lse"},
        {"id": 2, "kind": "evaluate", "module": "lse", "function": "primal", "description": "3",
         "input": {"x": [0.1, 0.7, 0.3], "min_runs": 3, "min_seconds": 0}},
        {"id": 3, "kind": "analysis", "of": 2, "valid": True},
        {"id": 4, "kind": "analysis", "of": 2, "valid": False, "error": "it was not"},
        {"id": 5, "kind": "something new"},
    )  # fmt: skip
    assert [r["id"] for r in replies] == list(range(6))
    assert replies[0] == {"id": 0, "tool": f"adkit {adkit.__version__}"}
    assert replies[1] == {"id": 1, "success": True}
    assert replies[2]["success"] is True and replies[2]["output"] == pytest.approx(1.497115985)
    assert [t["name"] for t in replies[2]["timings"]] == ["evaluate"] * 3
    assert all(type(t["nanoseconds"]) is int and t["nanoseconds"] > 0 for t in replies[2]["timings"])
    assert replies[3:] == [{"id": 3}, {"id": 4}, {"id": 5}]
    assert log == ""


def test_every_module_can_be_defined() -> None:
    replies, _ = session(*[{"id": k, "kind": "define", "module": name} for k, name in enumerate(EVALS)])
    assert len(EVALS) == 12 and all(r == {"id": k, "success": True} for k, r in enumerate(replies))


def test_what_is_unknown() -> None:
    replies, log = session(
        {"id": 0, "kind": "define", "module": "lstn"},
        {"id": 1, "kind": "define"},
        {"id": 2, "kind": "define", "module": ["lse"]},
        {"id": 3, "kind": "evaluate", "module": "nothing", "function": "primal", "input": 1},
        {"id": 4, "kind": "evaluate", "module": "lse", "function": "gradients", "input": 1},
        {"id": 5, "kind": "evaluate", "module": "lse", "function": "gradient"},
        {"id": 6, "kind": "evaluate", "module": "lse", "function": None, "input": 1},
        {"id": 7, "kind": "evaluate"},
    )
    assert [r["id"] for r in replies] == list(range(8))
    assert all(r["success"] is False and isinstance(r["error"], str) and "output" not in r for r in replies)
    assert "did you mean lstm?" in replies[0]["error"]
    assert "did you mean gradient?" in replies[4]["error"]
    assert "no input" in replies[5]["error"]
    assert log == ""


@pytest.mark.parametrize(
    "line",
    [
        b"{", b"]", b"\xff\xfe\x00", b'{"id": 0, "kind": "start"', b"[1, 2]", b"17", b'"text"', b"null", b"[" * 100_000,
        b'{"id": 0, "kind": "evaluate", "module": "hello", "function": "square", "input": NaN}', b"9" * 10_000,
        b'{"id": 0, "kind": "evaluate", "module": "hello", "function": "square", "input": Infinity}',
    ],
)  # fmt: skip
def test_a_line_that_is_no_message_is_answered_and_the_session_goes_on(line: bytes) -> None:
    replies, _ = session(line, {"id": 1, "kind": "define", "module": "hello"})
    assert replies[0]["id"] == 0 and replies[0]["success"] is False and replies[0]["error"]
    assert replies[1] == {"id": 1, "success": True}


def test_the_id_of_a_broken_line_is_found_where_it_can_be() -> None:
    replies, _ = session(b'{"id": 41, "kind": "evaluate", "input": [1, 2', b'{"id": 1e999, "kind": "analysis"}', b"  ", b"{}")
    assert [r["id"] for r in replies] == [41, 1, 2]


@pytest.mark.parametrize(
    ("module", "function", "value", "says"),
    [
        ("hello", "square", "3", "the input must be a number, not '3'"),
        ("hello", "square", True, "must be a number, not true"),
        ("hello", "double", 10**400, "too large"),
        ("lse", "primal", 3, "the input must be an object, not 3"),
        ("lse", "primal", {}, "the input has no field 'x'"),
        ("lse", "primal", {"x": []}, "a number at least"),
        ("lse", "primal", {"x": 3}, "x must be a list, not 3"),
        ("lse", "primal", {"x": [[1, 2]]}, "x must have the shape any, not 1 x 2"),
        ("lse", "primal", {"x": [1, "2"]}, "x must hold numbers alone"),
        ("lse", "primal", {"x": [1, None]}, "x must hold numbers alone"),
        ("lse", "primal", {"x": [True]}, "x must hold numbers alone"),
        ("lse", "primal", {"x": [1, [2]]}, "x have different lengths"),
        ("lse", "primal", {"x": [1.0], "min_runs": 1.5}, "min_runs must be a whole number"),
        ("lse", "primal", {"x": [1.0], "min_seconds": -1}, "min_seconds must not be negative"),
        ("lse", "primal", {"x": [1.0], "min_seconds": None}, "min_seconds must be a number, not null"),
        ("llsq", "primal", {"x": [1.0], "n": 1}, "n must be a whole number from 2, not 1"),
        ("det", "gradient", {"A": [1.0, 2.0], "ell": 2}, "A must have the shape 4, not 2"),
        ("det", "gradient", {"A": [1.0], "ell": 30}, "ell goes up to 20"),
        ("ode", "gradient", {"x": [1.0], "s": 0}, "s must be a whole number from 1"),
        ("kmeans", "dir", {"points": [[1.0]], "centroids": []}, "a centroid at least"),
        ("gmm", "jacobian", {"d": 1, "k": 1, "n": 1, "m": 0, "gamma": 0}, "gamma must be positive"),
        ("lstm", "jacobian", {"state": [[1.0]]}, "two rows a layer"),
        ("ba", "jacobian", {"n": 1, "m": 1, "p": 3}, "p must be 10 at least"),
        ("ht", "jacobian", {"data": 3}, "data must be an object, not 3"),
        ("ht", "jacobian", {"data": {"model": {"bone_count": 2, "parents": [-1, 1]}}}, "and not 1 for bone 1"),
        ("saddle", "rr", {"start": [1.0]}, "start must have the shape 2, not 1"),
        ("particle", "rr", {}, "no field 'w'"),
    ],
)  # fmt: skip
def test_an_input_that_makes_no_sense(module: str, function: str, value: Any, says: str) -> None:
    reply = evaluate(module, function, value)
    assert reply["success"] is False and says in reply["error"] and "\n" not in reply["error"]


def test_what_is_not_finite_is_an_error_and_no_invalid_json(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in (math.nan, math.inf, [1.0, -math.inf], {"x": [math.nan]}):
        function = Evaluation(lambda x: (x,), lambda x: x, lambda found, value=value: value, repeated=False)
        monkeypatch.setitem(EVALS["hello"], "square", function)
        reply = evaluate("hello", "square", 1.0)
        assert reply["success"] is False and "not finite" in reply["error"]


def test_an_exception_inside_an_evaluation_is_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(x: float) -> float:
        raise ZeroDivisionError("of its own")

    monkeypatch.setitem(EVALS["hello"], "square", Evaluation(lambda x: (x,), fail, float, repeated=False))
    message = {"id": 0, "kind": "evaluate", "module": "hello", "function": "square", "input": 1.0}
    (first, second), log = session(message, {"id": 1, "kind": "define", "module": "hello"})
    assert first == {"id": 0, "success": False, "error": "hello: ZeroDivisionError: of its own"}
    assert second == {"id": 1, "success": True}
    assert "Traceback" in log and "in fail" in log


def test_runs_go_on_until_both_are_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter(range(0, 10**12, 300_000_000))  # each look at the clock is 0.3 s later
    monkeypatch.setattr("adkit.gradbench.evaluation.time.perf_counter_ns", lambda: next(times))
    function = Evaluation(lambda fields: (fields.number("x"),), lambda x: x + 1, float)

    def runs(**fields: Any) -> int:
        output, timings = function({"x": 1.0, **fields})
        assert output == 2.0 and all(t == {"name": "evaluate", "nanoseconds": 300_000_000} for t in timings)
        return len(timings)

    assert runs() == 4
    assert runs(min_runs=2, min_seconds=0) == 2
    assert runs(min_runs=1, min_seconds=1.5) == 5
    assert runs(min_runs=7, min_seconds=1) == 7
    assert runs(min_runs=0, min_seconds=0) == 1


def test_fields() -> None:
    fields = Fields({"a": [[1, 2], [3, 4]], "empty": [], "rows": [[], []], "half": [0.5], "yes": True})
    assert fields.array("a", 2, None).dtype == np.float64
    assert fields.array("empty", None, 3).shape == (0, 3)
    assert fields.array("rows", 2, 0).shape == (2, 0)
    assert fields.indices("a", 5, None, 2).tolist() == [[1, 2], [3, 4]]
    assert fields.flag("yes") is True
    for call in (
        lambda: fields.indices("a", 4, None, 2), lambda: fields.indices("half", 4, None), lambda: fields.flag("half"),
        lambda: real(math.nan, "x"), lambda: fields.array("empty", 1),
    ):  # fmt: skip
        with pytest.raises(InputError):
            call()


def run_command(*flags: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """The command in a process of its own, as GradBench starts it."""
    environment = {**os.environ, "PYTHONPATH": str(HOME)}
    command = [sys.executable, "-m", "adkit.gradbench", *flags]
    return subprocess.run(command, input=stdin, capture_output=True, env=environment, check=False, timeout=300)


def test_the_command_answers_until_the_input_ends() -> None:
    messages = [
        {"id": 0, "kind": "start", "eval": "hello"}, {"id": 1, "kind": "define", "module": "hello"},
        {"id": 2, "kind": "evaluate", "module": "hello", "function": "square", "input": 3.5},
        {"id": 3, "kind": "evaluate", "module": "hello", "function": "double", "input": 3.5},
        {"id": 4, "kind": "evaluate", "module": "lse", "function": "gradient", "input": {"x": [0.1] * 100_000, **ONCE}},
    ]  # fmt: skip
    done = run_command(stdin="\n".join(map(json.dumps, messages)).encode())
    replies = [strict(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0 and done.stderr == b""
    assert [r["id"] for r in replies] == [0, 1, 2, 3, 4]
    assert [r["output"] for r in replies[2:4]] == [12.25, 7.0]
    assert replies[4]["output"] == pytest.approx([1e-5] * 100_000)


def test_the_command_answers_each_message_before_the_next_is_sent() -> None:
    environment = {**os.environ, "PYTHONPATH": str(HOME)}
    with subprocess.Popen(
        [sys.executable, "-m", "adkit.gradbench"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        for k in range(3):
            process.stdin.write(json.dumps({"id": k, "kind": "start"}).encode() + b"\n")
            process.stdin.flush()
            assert strict(process.stdout.readline())["id"] == k
        process.stdin.close()
        assert process.stdout.read() == b""
    assert process.returncode == 0


def test_what_is_printed_goes_to_stderr() -> None:
    code = (
        "import os, sys\n"
        "from adkit.gradbench import evals, __main__\n"
        "from adkit.gradbench.evaluation import Evaluation\n"
        "def loud(x):\n    print('from Python'); sys.stdout.flush(); os.write(1, b'from below'); return x\n"
        "evals.EVALS['hello']['square'] = Evaluation(lambda x: (x,), loud, float, repeated=False)\n"
        "sys.exit(__main__.main([]))\n"
    )
    message = {"id": 0, "kind": "evaluate", "module": "hello", "function": "square", "input": 2.0}
    environment = {**os.environ, "PYTHONPATH": str(HOME)}
    done = subprocess.run(
        [sys.executable, "-c", code], input=json.dumps(message).encode(), capture_output=True, env=environment, check=True
    )
    assert strict(done.stdout)["output"] == 2.0
    assert b"from Python" in done.stderr and b"from below" in done.stderr


def test_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 12 and "gmm       objective, jacobian" in lines
    assert main(["--lists"]) == 2
    assert "did you mean --list?" in capsys.readouterr().err
    assert main(["more"]) == 2
    assert "more" in capsys.readouterr().err
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0 and "GradBench" in capsys.readouterr().out
