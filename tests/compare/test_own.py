"""A user's own function: by name on the command line, or handed to ``compare``; and whatever may be wrong with it."""

from __future__ import annotations

import csv
import io
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adkit.compare import compare
from adkit.compare.__main__ import main
from adkit.compare.comparison import Comparison

FAST = ["--rounds", "2", "--quick", "--methods", "forward,reverse,difference,complex-step"]

SOURCE = """
import numpy as np

def loss(x, w):
    return np.sum(np.tanh(x * w) ** 2)

def turned(y):
    return np.array([y[1], -y[0] * y[1]])

def bent(x):
    return np.sum(np.abs(x))

def several(params, k):
    return params["a"] * k, np.sum(params["b"])

def counted(x):
    return 3

def said(x):
    return "hello"

def raises(x):
    raise ValueError("no\\nway")

def overwrites(x):
    x[0] = 1.0
    return x.sum()

def drawn(x):
    return np.sum(x) * np.random.default_rng().normal()

def infinite(x):
    return np.log(x)

def constant(x):
    return np.sum(np.ones(3))

def whole(x):
    return x * (1 + 2j)

number = 3.0
"""


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The file, and a fresh start for whoever imports it."""
    path = tmp_path / "model_of_a_user.py"
    path.write_text(SOURCE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in [n for n in sys.modules if n.endswith("model_of_a_user")]:
        monkeypatch.delitem(sys.modules, name)
    return path.name


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_function_of_a_file_with_a_size_that_grows(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    target = f"{model}:loss"
    assert main([target, "--at", "np.linspace(0.1, 1, n), 0.5", "--grow", "n=10,1000", *FAST, "--budget", "5", "--csv", "-"]) == 0
    out, err = capsys.readouterr()
    rows = rows_of(out)
    assert {r["problem"] for r in rows} == {target}
    assert list(dict.fromkeys(r["size"] for r in rows)) == ["10", "1000"]
    assert {(r["operator"], r["status"]) for r in rows} == {("jvp", "ok"), ("gradient", "ok")}
    sweeps = {(r["size"], r["method"]): r["sweeps"] for r in rows if r["operator"] == "gradient"}
    assert (sweeps["10", "forward"], sweeps["1000", "forward"], sweeps["1000", "reverse"]) == ("11", "1001", "1")
    assert len(re.findall(r"^recommended: \S+ \((?:jvp|gradient)\), ", err, re.MULTILINE)) == 4
    growth = " ".join(err[err.index("growth: ") :].split())
    assert re.search(r"growth: forward \(gradient\) as n\^\S+ from 10 to 1,000 \(predicted \^\S+: the value's \^\S+ sweeps \^0\.98\);", growth)
    assert re.search(r"growth: reverse \(gradient\) as n\^\S+ from 10 to 1,000 \(predicted \^\S+: the value's \^\S+ sweeps \^0\.00\);", growth)
    assert "at n = 10,000 about " in growth
    assert max(len(line) for line in err.splitlines()) <= 80


def test_one_size_alone_says_that_two_are_needed(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([f"{model}:loss", "--at", "np.ones(n), 0.5", "--grow", "n=3", *FAST, "--operators", "jvp"]) == 0
    assert "two values or more" in capsys.readouterr().out


def test_a_module_is_found_from_where_one_stands(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["model_of_a_user:turned", "--at", "np.ones(2)", *FAST, "--csv", "-"]) == 0
    found = {(r["operator"], r["method"]): r for r in rows_of(capsys.readouterr().out)}
    assert found["jacobian", "reverse"]["status"] == found["jacobian", "forward"]["status"] == "ok"
    assert found["jacobian", "reverse"]["sweeps"] == "2"


def test_a_tree_in_and_several_out(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([f"{model}:several", "--at", "{'a': 2.0, 'b': np.ones(3)}, 5", *FAST, "--csv", "-"]) == 0
    rows = rows_of(capsys.readouterr().out)
    assert {r["size"] for r in rows} == {"4"}  # the integer is held
    assert {r["status"] for r in rows if r["method"] in ("forward", "reverse") and r["operator"] == "jacobian"} == {"ok"}


@pytest.mark.parametrize("at, reason", [
    ("np.array([1.0, -2.0])", "for analytic functions only"),  # not analytic, and said so: no failure
    ("np.array([0.0, 1.0])", "for analytic functions only"),  # at the kink itself
])  # fmt: skip
def test_what_is_not_smooth_or_analytic_is_no_disagreement(
    at: str, reason: str, model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([f"{model}:bent", "--at", at, *FAST, "--csv", "-"]) == 0
    out, err = capsys.readouterr()
    statuses = {(r["operator"], r["method"]): r["status"] for r in rows_of(out)}
    assert statuses["gradient", "reverse"] == statuses["gradient", "forward"] == "ok"
    assert statuses["gradient", "complex-step"] == "skipped"
    assert reason in " ".join(err.split())


@pytest.mark.parametrize("target, at, says", [
    ("model_of_a_user.py:loss", None, "say where it stands with --at"),
    ("model_of_a_user.py:loss", "np.ones(3)", "it raises TypeError: loss() missing 1 required positional argument: 'w'"),
    ("model_of_a_user.py:loss", "np.ones(", "--at 'np.ones(' raises SyntaxError"),
    ("model_of_a_user.py:loss", "nothing, 1.0", "--at 'nothing, 1.0' raises NameError"),
    ("model_of_a_user.py:loss", "2, 3", "no argument is a float"),
    ("model_of_a_user.py:loss", "1j, 3.0", "complex arguments cannot be compared"),
    ("model_of_a_user.py:lost", "1.0", "has no 'lost'; did you mean loss?"),
    ("model_of_a_user.py:number", "1.0", "number is float, not a function"),
    ("model_of_a_user.py:counted", "1.0", "it returns int64 numbers, which have no derivative"),
    ("model_of_a_user.py:said", "1.0", "it returns str, which have no derivative"),
    ("model_of_a_user.py:raises", "1.0", "it raises ValueError: no way"),
    ("model_of_a_user.py:overwrites", "np.zeros(2)", "it changes its arguments in place"),
    ("model_of_a_user.py:drawn", "np.ones(2)", "two calls with the same arguments differ"),
    ("model_of_a_user.py:infinite", "np.zeros(2)", "it returns inf; choose another point"),
    ("model_of_a_user.py:infinite", "np.zeros(0)", "it returns an empty array"),
    ("model_of_a_user.py:whole", "1.0", "it returns complex numbers"),
    ("absent.py:loss", "1.0", "there is no file absent.py"),
    ("absent_module:loss", "1.0", "importing absent_module raises ModuleNotFoundError"),
    ("broken.py:loss", "1.0", "importing broken.py raises ZeroDivisionError"),
])  # fmt: skip
def test_a_target_that_cannot_be_measured_is_one_clear_line(
    target: str, at: str | None, says: str, model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("broken.py").write_text("1 / 0\n")
    assert main([target, *(["--at", at] if at is not None else []), *FAST]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert says in err
    assert err.startswith("adkit compare: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("arguments, says", [
    (["--at", "np.ones(n), 0.5"], "NameError"),
    (["--at", "np.ones(3), 0.5", "--grow", "n=3"], "does not mention n"),
    (["--at", "np.ones(n), 0.5", "--grow", "n"], "--grow takes a name and its values"),
    (["--at", "np.ones(n), 0.5", "--grow", "n=0"], "--grow takes a name and its values"),
    (["--at", "np.ones(n), 0.5", "--grow", "np=3"], "that name is a module's"),
    (["--at", "np.ones(3), 0.5", "--size", "3"], "--size is for problems by name"),
])  # fmt: skip
def test_bad_sizes_are_one_clear_line(arguments: list[str], says: str, model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([f"{model}:loss", *arguments, *FAST]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert says in err


def test_an_output_that_does_not_depend_on_the_input_is_said_in_the_table(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([f"{model}:constant", "--at", "1.0", *FAST]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "note: forward: warns: jvp: the output does not depend on the primals" in " ".join(out.split())


# compare()


def curve(x: Any, w: float = 2.0) -> Any:
    return np.sum(np.sin(w * x) * x)


@pytest.fixture(scope="module")
def found() -> Comparison:
    return compare(curve, np.linspace(0.1, 1.0, 6), rounds=2, w=3.0)


def test_compare_returns_rows_and_answers(found: Comparison) -> None:
    ok = {(row.operator, row.method) for row in found if row.status == "ok"}
    assert {("gradient", "forward"), ("gradient", "reverse"), ("jvp", "forward"), ("gradient", "symbolic")} <= ok
    assert len(found) == len(found.rows)
    assert set(found.recommended) == {"jvp", "gradient"}
    row = next(r for r in found if (r.operator, r.method) == ("gradient", "reverse"))
    assert (row.sweeps, row.primal_calls, row.samples) == (1, 1, 2)
    assert row.ulps is not None and row.ulps < 20
    assert row.tape_bytes is not None and row.tape_bytes > 0
    assert row.predicted is not None and 3.0 <= row.predicted <= 4.0
    assert row.operations is not None and row.operations > 1.0


def test_a_comparison_shows_itself(found: Comparison) -> None:
    text = repr(found)
    assert "recommended: " in text
    assert max(len(line) for line in text.splitlines()) <= 80
    html = found._repr_html_()
    assert "<table" in html and "<svg" in html
    assert not re.search(r'(src|href)="https?:', html)
    assert found.plot().axes
    assert found.to_csv().startswith("problem,size,operator,method,status,")
    assert found.to_html().startswith("<!doctype html>")


def test_a_comparison_goes_on_to_pandas(found: Comparison) -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    frame = found.to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    assert len(frame) == len(found)
    assert list(frame.columns[:5]) == ["problem", "size", "operator", "method", "status"]


def test_without_pandas_the_error_names_it(found: Comparison, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="pip install pandas"):
        found.to_pandas()


def test_compare_takes_names_as_text_or_lists() -> None:
    one = compare(curve, np.ones(2), methods=["reverse"], operators=["hvp", "hessian"], rounds=1)
    assert [(r.operator, r.method, r.status) for r in one] == [("hvp", "reverse", "ok"), ("hessian", "reverse", "ok")]


@dataclass
class Params:
    a: Any
    b: Any


def test_compare_takes_trees() -> None:
    one = compare(lambda p: np.sum(p.a) * p.b, Params(np.ones(3), 2.0), methods="forward,reverse", rounds=1)
    assert {(r.operator, r.status) for r in one} == {("jvp", "ok"), ("gradient", "ok")}


@pytest.mark.parametrize("arguments, more, says", [
    ((3.0,), {}, "must be a function"), ((curve, 2), {}, "no argument is a float"), ((curve, 2.0), {"methods": "revers"}, "did you mean reverse"),
    ((curve, 2.0), {"operators": "grad"}, "no operator 'grad'"), ((curve, 2.0), {"rounds": 0}, "rounds must be 1 or more"),
    ((lambda x: "text", 2.0), {}, "it returns str"),
])  # fmt: skip
def test_compare_says_what_is_wrong(arguments: tuple[Any, ...], more: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        compare(*arguments, **more)
