"""A missing package is met with the extra that brings it, from the checkout and never by adkit's name on PyPI."""

from __future__ import annotations

import builtins
import importlib.util
import re
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import adkit
from adkit.compare.peers import PEERS
from adkit.compare.peers import base as peers
from adkit.console.executor import open_executor
from adkit.console.options import UsageError
from adkit.extras import remedy
from adkit.search import Real, cma_search

ROOT = Path(adkit.__file__).parent.parent


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> Any:
    """An installation without any extra."""
    real, real_module = builtins.__import__, importlib.import_module
    lost = {"cma", "numba", "distributed"}

    def gone(name: str, *rest: Any, **more: Any) -> Any:
        if name.split(".")[0] in lost:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, *rest, **more)

    def gone_module(name: str, package: str | None = None) -> Any:
        if name.split(".")[0] in lost:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real_module(name, package)

    monkeypatch.setattr(builtins, "__import__", gone)
    for module in ("adkit.search.evolution", "adkit.console.executor"):
        monkeypatch.setattr(f"{module}.import_module", gone_module)


@pytest.mark.usefixtures("bare")
def test_a_missing_package_is_met_with_its_extra() -> None:
    with pytest.raises(ImportError, match=re.escape(remedy("cma"))):
        cma_search(lambda x: x, {"x": Real(0.0, 1.0)}, trials=3)
    with pytest.raises(ImportError, match=re.escape(remedy("numba"))):
        adkit.compile(np.sin, backend="numba")(1.0)
    with pytest.raises(UsageError, match=re.escape(remedy("dask"))), open_executor("dask://localhost:1"):
        pass


def test_a_missing_peer_is_met_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "find_spec", lambda name: None)
    peers._absent.cache_clear()
    try:
        said = {name: peer.missing() for name, peer in PEERS.items()}
    finally:
        peers._absent.cache_clear()
    for name, words in said.items():
        library = name.split("-")[0]
        extra = library if library in ("jax", "torch") else "peers"
        assert words == f"{library} is not installed: {remedy(extra)}"


def test_every_extra_that_is_named_exists() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    places = [p for folder in ("adkit", "paper_figures", "docs", "notebooks") for p in (ROOT / folder).rglob("*.py")]
    places += [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
    for path in places:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"pip install [^\n]*\badkit\[", text), path  # the name on PyPI is another project's
        named = re.findall(r"remedy\(['\"](\w+)", text) + re.findall(r'pip install (?:-e )?"\.\[([\w,]+)\]"', text)
        for extra in ",".join(named).split(",") if named else ():
            assert extra in project["optional-dependencies"], (path, extra)
