"""What the command is asked to prove: ops of the registry, or a user's function with the place where it stands."""

from __future__ import annotations

import fnmatch
import importlib
import importlib.util
import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..console.options import UsageError, near
from ..errors import AdkitError
from ..registry import REGISTRY, Op, load_families
from .claims import Claim, prove_op
from .programs import as_subject, prove_function
from .proof import Prover

__all__ = ["Target", "resolve"]


@dataclass(frozen=True)
class Target:
    """Something to prove: its name, and how."""

    name: str
    prove: Callable[[Prover, int, float], Iterator[Claim]]


def resolve(words: list[str], at: str | None) -> list[Target]:
    """The targets of a command line; without words, the whole registry.

    Raises
    ------
    UsageError : for what is not there, cannot be imported or called, or lacks its arguments.
    """
    load_families()
    found: dict[str, Target] = {}
    functions = 0
    for word in words or ["*"]:
        if ":" in word:
            thing = _load(word)
            functions += not isinstance(thing, Op)
            target = _of_op(thing) if isinstance(thing, Op) else _of_function(word, thing, at)
            found[target.name] = target
            continue
        names = fnmatch.filter(REGISTRY, word)
        if not names:
            raise UsageError(f"no op {word!r}{near(word, REGISTRY)}; --list shows them, and a function of your own is FILE.py:NAME")
        found.update({name: _of_op(REGISTRY[name]) for name in names})
    if at is not None and not functions:
        raise UsageError("--at gives the arguments of a function, and none is among the targets")
    return list(found.values())


def _of_op(op: Op) -> Target:
    return Target(op.name, lambda prover, order, seconds: prove_op(op, prover, order, seconds))


# a user's function -----------------------------------------------------------------------------------


def _load(word: str) -> Any:
    """The object behind ``file.py:name`` or ``module:name``."""
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


def _module(word: str, place: str) -> Any:
    try:
        if not place.endswith(".py"):
            if "" not in sys.path:
                sys.path.insert(0, "")
            return importlib.import_module(place)
        if not Path(place).is_file():
            raise UsageError(f"target {word!r}: there is no file {place}")
        name = Path(place).stem
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
        raise UsageError(f"target {word!r}: importing {place} raises {_words(error)}") from None


def _of_function(word: str, f: Any, at: str | None) -> Target:
    if at is None:
        raise UsageError(f"target {word!r}: say where it stands with --at \"ARGUMENTS\", such as --at \"np.ones(3), 0.5\"")
    try:
        args, kw = eval(f"_arguments({at}\n)", {"np": np, "numpy": np, "math": math, "_arguments": lambda *a, **k: (a, k)})
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise UsageError(f"--at {at!r} raises {_words(error)}") from None
    g = partial(f, **kw) if kw else f
    try:
        subject, _ = as_subject(g, args)
        with np.errstate(all="ignore"):
            results = subject.f(*subject.xs)
    except KeyboardInterrupt:
        raise
    except AdkitError as error:
        raise UsageError(f"target {word!r}: {_line(error)}") from None
    except BaseException as error:
        raise UsageError(f"target {word!r}: called with {at} it raises {_words(error)}") from None
    if not results:
        raise UsageError(f"target {word!r}: it returns no floating-point number")

    def prove(prover: Prover, order: int, seconds: float) -> Iterator[Claim]:
        try:
            for claim in prove_function(g, args, order, prover, seconds):
                yield Claim(word, "", "", claim.mode, claim.verdict)
        except AdkitError as error:
            raise UsageError(f"target {word!r}: {_line(error)}") from None
        except Exception as error:
            raise UsageError(f"target {word!r}: while it is differentiated it raises {_words(error)}") from None

    return Target(word, prove)


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {_line(error)}" if _line(error) else type(error).__name__


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())
