"""A command line: what is wrong with it is said in one clear line, with the remedy."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Iterable
from typing import Any, NoReturn

__all__ = ["Parser", "UsageError", "near", "whole_number"]


class UsageError(Exception):
    """A command line that cannot be carried out; the message is one line with the remedy."""


class Parser(argparse.ArgumentParser):
    """A parser that raises UsageError where argparse would print its usage and exit."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see --help")

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        known, unknown = self.parse_known_args(args, namespace)
        if unknown:
            flag = unknown[0].split("=", 1)[0]
            flags = [flag for action in self._actions for flag in action.option_strings if flag.startswith("--")]
            # Without the dashes, which all options share: they would make anything look like anything.
            meant = near(flag.strip("-"), [other.strip("-") for other in flags]).replace("mean ", "mean --")
            raise UsageError(f"unknown option {flag}{meant}; see --help")
        return known


def near(name: str, known: Iterable[str]) -> str:
    """What was meant, for the end of a message; empty where nothing is close.

    >>> near("sprial", ["circle", "spiral"])
    '; did you mean spiral?'
    """
    found = difflib.get_close_matches(name, list(known), 1)
    return f"; did you mean {found[0]}?" if found else ""


def whole_number(text: str, flag: str, least: int) -> int:
    """The value of an option that takes a whole number from ``least``.

    >>> whole_number("12", "--seed", 0)
    12
    """
    if not (text.isascii() and text.isdigit() and int(text) >= least):
        raise UsageError(f"{flag} takes a whole number from {least}, not {text!r}")
    return int(text)
