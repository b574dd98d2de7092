"""``python -m adkit.verify``: what it prints, what it writes, and one clear line for what it cannot do."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import adkit.__main__
from adkit.registry import REGISTRY
from adkit.verify.__main__ import main

USER = '''
import math
import numpy as np
import adkit

def good(x, y):
    print("hello")
    return np.sum(np.tanh(x) * y)

@adkit.custom_jvp
def bad(x):
    return np.sin(x)

bad.defjvp(lambda xs, vs: (np.sin(xs[0]), 2.0 * vs[0] * np.cos(xs[0])))

softsign = adkit.elementwise(
    lambda x: x / (1 + np.abs(x)), lambda g, y, x: g / (1 + np.abs(x)) ** 2, name="softsign_of_a_user",
    symbol=lambda sp, x: x / (1 + sp.Abs(x)), domain=(-3, 3))

def undefined(x):
    return x * np.nan

def stuck(x):
    return math.sin(x)

def wild(x):
    for _ in range(200):
        x = x * np.sin(x) + x
    return x

def slow(x):
    for _ in range(30):
        x = np.sin(x) * x
    return x

def nothing(x):
    return "text"

def keyed(x, scale=1.0):
    return scale * np.sum(x)

number = 3
'''


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    path = tmp_path / "users.py"
    path.write_text(USER)
    monkeypatch.setattr(sys, "path", list(sys.path))
    return str(path)


def _run(capsys: Any, *argv: str) -> tuple[int, str, str]:
    status = main(list(argv))
    out, err = capsys.readouterr()
    return status, out, err


def test_an_op_and_a_glob(capsys: Any) -> None:
    status, out, err = _run(capsys, "tanh", "log1*", "relu")
    assert (status, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines()[1:5]] == ["tanh", "log10", "log1p", "relu"]
    assert out.splitlines()[-1] == "proved 24, checked 0, wrong 0"


def test_what_is_only_checked_is_listed_with_its_reason(capsys: Any) -> None:
    status, out, _ = _run(capsys, "sinc")
    assert status == 0
    assert "checked, not proved:" in out
    assert "sinc: equal to rounding only" in out
    assert out.splitlines()[-1] == "proved 0, checked 6, wrong 0"


def test_second_order(capsys: Any) -> None:
    status, out, _ = _run(capsys, "exp", "--order", "2")
    assert status == 0
    assert out.splitlines()[-1] == "proved 18, checked 0, wrong 0"


def test_a_users_function(capsys: Any, user: str) -> None:
    status, out, _ = _run(capsys, f"{user}:good", "--at", "np.ones(2), 0.5")
    assert status == 0
    assert out.splitlines()[-1] == "proved 2, checked 0, wrong 0"


def test_keywords_are_passed_on(capsys: Any, user: str) -> None:
    assert _run(capsys, f"{user}:keyed", "--at", "np.ones(2), scale=math.pi")[0] == 0


def test_a_module_and_its_function(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    status, out, _ = _run(capsys, "numpy:tanh", "--at", "0.5")
    assert status == 0
    assert out.splitlines()[-1] == "proved 2, checked 0, wrong 0"


@pytest.mark.usefixtures("registry")
def test_a_users_op(capsys: Any, user: str) -> None:
    status, out, _ = _run(capsys, f"{user}:softsign")
    assert status == 0
    assert "softsign_of_a_user" in out
    assert out.splitlines()[-1] == "proved 6, checked 0, wrong 0"


@pytest.mark.usefixtures("registry")
def test_a_wrong_derivative(capsys: Any, user: str, tmp_path: Path) -> None:
    path = tmp_path / "verdicts.json"
    status, out, _ = _run(capsys, f"{user}:bad", "--at", "0.5", "--json", str(path))
    assert status == 1
    assert "residual" in out
    assert "it should be" in out
    assert out.splitlines()[-1] == "proved 0, checked 0, wrong 2"
    found = json.loads(path.read_text())
    assert (found["proved"], found["checked"], found["wrong"]) == (0, 0, 2)
    claim = found["claims"][0]
    assert claim["status"] == "wrong"
    assert claim["got"] == pytest.approx(2 * claim["wanted"])
    assert set(claim["point"]) == {"x", "dx"}
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.usefixtures("registry")
def test_json_on_stdout_is_alone_there(capsys: Any, user: str) -> None:
    status, out, err = _run(capsys, f"{user}:good", "--at", "np.ones(2), 0.5", "--json", "-")
    assert status == 0
    assert json.loads(out)["proved"] == 2
    assert "hello" in err
    assert err.splitlines()[-1] == "proved 2, checked 0, wrong 0"


def test_the_list(capsys: Any) -> None:
    status, out, _ = _run(capsys, "--list")
    assert status == 0
    for op in REGISTRY.values():
        assert op.name in out
        assert op.convention in out


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["no_such_op"], "no op 'no_such_op'"),
        (["sigmiod"], "did you mean sigmoid?"),
        (["--foo"], "unknown option --foo"),
        (["--order", "3", "tanh"], "--order takes 1 or 2"),
        (["--order", "x", "tanh"], "--order takes a whole number"),
        (["--limit", "0", "tanh"], "--limit takes a whole number"),
        (["tanh", "--at", "0.5"], "none is among the targets"),
        (["tanh", "--json", "/no/such/folder/v.json"], "cannot write"),
        (["no_such_module:f", "--at", "0.5"], "ModuleNotFoundError"),
        (["no_such_file.py:f", "--at", "0.5"], "there is no file"),
        (["USER:missing", "--at", "0.5"], "has no 'missing'"),
        (["USER:goof", "--at", "0.5"], "did you mean good?"),
        (["USER:number", "--at", "0.5"], "is int, not a function"),
        (["USER:good"], "--at"),
        (["USER:good", "--at", "0.5"], "TypeError"),
        (["USER:good", "--at", "1 +"], "SyntaxError"),
        (["USER:good", "--at", "nonsense"], "NameError"),
        (["USER:good", "--at", "1, 2"], "integers"),
        (["USER:stuck", "--at", "0.5"], "np.sin, not math.sin"),
        (["USER:nothing", "--at", "0.5"], "no floating-point number"),
        (["USER:wild", "--at", "0.5"], "differences cannot tell"),
        (["USER:undefined", "--at", "0.5"], "it returns nan; choose another point"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_status_2(capsys: Any, user: str, argv: list[str], words: str) -> None:
    status, _, err = _run(capsys, *[word.replace("USER", user) for word in argv])
    assert status == 2
    assert err.startswith("adkit verify: ")
    assert words in err
    assert len(err.splitlines()) == 1


def test_a_file_that_cannot_be_imported(capsys: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    path = tmp_path / "broken_by_a_user.py"
    for text, words in (("1 / 0", "ZeroDivisionError"), ("import sys; sys.exit(0)", "SystemExit"), ("def f(:", "SyntaxError")):
        path.write_text(text)
        status, _, err = _run(capsys, f"{path}:f", "--at", "0.5")
        assert status == 2
        assert words in err
        assert len(err.splitlines()) == 1


@pytest.mark.usefixtures("registry")
def test_a_time_limit_leaves_numbers_and_says_so(capsys: Any, user: str) -> None:
    status, out, _ = _run(capsys, f"{user}:slow", "--at", "0.5", "--limit", "1")
    assert status == 0
    assert "proved 2" in out or "agrees with differences" in out


def test_the_command_is_among_those_of_adkit(capsys: Any) -> None:
    assert "verify" in adkit.__main__.available()


def _start(*argv: str, **env: str) -> subprocess.Popen[str]:
    home = Path(adkit.__file__).parent.parent
    return subprocess.Popen(
        [sys.executable, "-m", "adkit.verify", *argv], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(home), **env},
    )  # fmt: skip


def test_an_ascii_terminal_is_enough() -> None:
    process = _start("tanh", PYTHONIOENCODING="ascii", NO_COLOR="1")
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0
    assert out.splitlines()[-1] == "proved 6, checked 0, wrong 0"
    assert err == ""


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
def test_ctrl_c_ends_cleanly(tmp_path: Path) -> None:
    path = tmp_path / "v.json"
    process = _start("--json", str(path))
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert err.splitlines() == ["adkit verify: interrupted; no document was written"]
    assert not path.exists()
