"""A user's function, named on the command line: ``module:function`` or ``file.py:function``, and where it stands."""

from __future__ import annotations

import importlib
import importlib.util
import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .options import UsageError, near

__all__ = ["arguments", "first_line", "load", "refuse_bare_file", "words_of"]


def load(word: str) -> Any:
    """The object behind ``file.py:name`` or ``module:name``; UsageError where there is none that can be called."""
    place, _, name = word.rpartition(":")
    module = _module(word, place)
    thing: Any = module
    for part in name.split("."):
        try:
            thing = getattr(thing, part)
        except AttributeError:
            raise UsageError(f"target {word!r}: {place} has no {name!r}{near(name, vars(module))}") from None
    if not callable(thing):
        raise UsageError(f"target {word!r}: {name} is {type(thing).__name__}, not a function")
    return thing


def refuse_bare_file(word: str) -> None:
    """UsageError where a target is a file, and no function in it is named."""
    if word.endswith(".py"):
        raise UsageError(f"target {word!r} is a file: name a function in it, as in {word}:NAME")


def _module(word: str, place: str) -> Any:
    try:
        if not place.endswith(".py"):
            if "" not in sys.path:
                sys.path.insert(0, "")
            return importlib.import_module(place)
        if not Path(place).is_file():
            raise UsageError(f"target {word!r}: there is no file {place}")
        name = Path(place).stem
        name = f"_target_{name}" if name in sys.modules else name  # nobody's json.py takes the place of Python's
        spec = importlib.util.spec_from_file_location(name, place)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.path.insert(0, str(Path(place).resolve().parent))
        sys.modules[name] = module
        spec.loader.exec_module(module)
        return module
    except (UsageError, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise UsageError(f"target {word!r}: importing {place} raises {words_of(error)}") from None


def arguments(at: str, names: Mapping[str, Any] | None = None) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of ``f(AT)``, with np, numpy and math at hand, and ``names`` bound.

    >>> arguments("np.ones(n), scale=0.5", {"n": 2})
    ((array([1., 1.]),), {'scale': 0.5})
    """
    known = {"np": np, "numpy": np, "math": math, **(names or {})}
    try:
        found: tuple[tuple[Any, ...], dict[str, Any]] = eval(
            f"_arguments({at}\n)", {**known, "_arguments": lambda *args, **kw: (args, kw)}
        )
        return found
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise UsageError(f"--at {at!r} raises {words_of(error)}") from None


def words_of(error: BaseException) -> str:
    """An exception in one line."""
    return f"{type(error).__name__}: {first_line(error)}" if first_line(error) else type(error).__name__


def first_line(error: BaseException) -> str:
    """Its message, in one line."""
    return " ".join(str(error).split())
