"""Every entry of the registry is complete, and passes every check that is made from it."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

import pytest

import adkit.ops
from adkit.registry import REGISTRY
from adkit.verify.check import Finding, check_case, check_entry
from adkit.verify.sample import calls

for _family in pkgutil.iter_modules(adkit.ops.__path__):
    try:
        importlib.import_module(f"adkit.ops.{_family.name}")
    except ImportError:
        continue  # a family for a package that is not installed


def _report(findings: list[Finding]) -> str:
    return "\n".join([str(f) for f in findings[:12]]) + f"\n{len(findings)} findings in all"


@pytest.mark.parametrize("name", REGISTRY)
def test_entry_is_complete(name: str) -> None:
    findings = check_entry(REGISTRY[name])
    assert not findings, _report(findings)


@pytest.mark.parametrize(
    ("name", "call"),
    [pytest.param(name, at, id=f"{name}-{k}") for name, op in REGISTRY.items() for k, at in enumerate(calls(op))],
)
def test_call(name: str, call: Any) -> None:
    findings = check_case(REGISTRY[name], call)
    assert not findings, _report(findings)


def test_every_family_is_declared() -> None:
    assert len(REGISTRY) > 60
    assert all([op.name == name for name, op in REGISTRY.items()])
