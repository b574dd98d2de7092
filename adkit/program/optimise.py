"""From a program to its fast form: the passes in their order, and the function that comes out."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import tree
from ..errors import AdkitError, AdkitWarning, UnsupportedError
from ..box import getitem, unstack
from .algebra import Builder
from .blocks import blocked
from .calling import looked_up, runner
from .fast import FastWriter
from .floats import unstacked
from .native import native
from .instruction import INPUT, PART, Ref, map_refs
from .naming import Fresh, name_values
from .polish import polished
from .products import joined, spread, widened
from .node import BROADCAST, REDUCE, RESHAPE, SCATTER, STACK, TRANSPOSE, Node, live

if TYPE_CHECKING:
    from .listing import Program

__all__ = ["Fast", "optimised"]

_LONG = 2000
"""Nodes above which one round of polishing is enough."""


class Fast:
    """A program's optimised form: ``source`` is its text, and ``run`` the function with its buffers.

    ``guarded`` says that the program holds a derivative's sweep, and is run with infinite partials ignored and looked for.
    """

    def __init__(self, writer: FastWriter, guarded: bool, backend: str | None = None) -> None:
        self.guarded = guarded
        self.constants: dict[str, Any] = {}
        self.run: Callable[..., Any]
        if backend == "numba":
            if writer.guards:
                raise UnsupportedError("compile: backend='numba' takes no branches on values: leave backend out")
            self.source, run = native(writer.order, writer.results, writer.parameters, writer.function)
            self.run = _checked(run) if guarded else run
            return
        single = None
        if not writer.guards:
            single = unstacked(writer.order, writer.results, writer.parameters, writer.function, guarded)
        if single is not None:
            self.source, text = single
            slots: list[Any] = []
        else:
            self.source, text = writer.pages()
            self.constants = dict(writer.constants)
            slots = list(writer.plan.slots)
        names: dict[str, Any] = {**self.constants, "ValueError": TracedElsewhereError}
        text = looked_up(text, names)
        exec(compile(text, f"<compiled {writer.function}>", "exec"), names)
        form = tree.map_leaves(lambda x: None, writer.results) if _odd(writer.results) else None
        run = runner(names[writer.function], len(writer.parameters), slots, guarded and single is None)
        self.run = run if form is None else lambda *args: tree.rebuild(form, tree.leaves(run(*args)))

    def __call__(self, *args: Any) -> Any:
        """Run it on the arguments that the program was traced with, or others like them."""
        return self.run(*args)


def _checked(run: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose results must be finite."""

    def checked(*args: Any) -> Any:
        found = run(*args)
        if not all([np.isfinite(x).all() for x in tree.leaves(found) if isinstance(x, (np.ndarray, np.floating))]):
            raise FloatingPointError
        return found

    return checked


class TracedElsewhereError(ValueError):
    """These arguments take another branch than the one that was traced."""


def optimised(program: Program, backend: str | None = None) -> Fast:
    """The fast form of a program; where a pass fails, a warning, and the program as it was traced."""
    try:
        return _optimised(program, backend)
    except (AdkitError, ImportError):
        raise
    except Exception as error:
        warnings.warn(
            f"compile: {program.name} could not be optimised ({type(error).__name__}: {error}) and runs as it was traced; please "
            "report it",
            AdkitWarning,
            stacklevel=2,
        )
        return _Plain(program)


class _Plain(Fast):
    """A program as it was traced, in the place of its fast form."""

    def __init__(self, program: Program) -> None:
        self.guarded = any([i.role is not None for i in program.instructions])
        self.source, self.constants = program.source, program.constants
        function = program._compiled()[2]
        form = program.outputs

        def run(*args: Any) -> Any:
            found = [x.copy() if isinstance(x, np.ndarray) else x for x in tree.leaves(function(*args))]
            return tree.rebuild(form, found)

        self.run = _checked(run) if self.guarded else run


def _optimised(program: Program, backend: str | None) -> Fast:
    builder = Builder()
    fresh = Fresh({"np", "scipy", "adkit", "buffers", "finite", *program.parameters})
    names = name_values(program, fresh)
    new: list[Any] = []
    swept = False
    for i, label in zip(program.instructions, names, strict=True):
        swept = swept or i.role is not None
        if i.fun is INPUT:
            node: Any = builder.new(INPUT, (str(i.name),), {}, i.shape, i.dtype)
        else:
            args = map_refs(lambda r: new[r.index], i.args)
            kw = map_refs(lambda r: new[r.index], i.kw) if i.kw else i.kw
            node = _made(builder, i, args, kw)
        if type(node) is Node and (not node.label or node.label.startswith("v")):
            node.label, node.where, node.role = label, i.where, i.role
        new.append(node)
    results = tree.map_leaves(lambda x: new[x.index] if isinstance(x, Ref) else x, program.outputs)
    guards = [(new[g.index], g) for g in program.guards if type(new[g.index]) is Node]
    for improve in (joined, polished, polished, spread, widened, blocked) if backend is None else (polished,):
        order = _needed(builder, results, guards)
        if improve is polished and builder.polished and len(order) > _LONG:
            continue
        again = Builder()
        again.polished = improve is polished
        found = improve(order, [*_nodes(results), *[n for n, _ in guards]], again)
        again = again if again.order else builder
        results = tree.map_leaves(partial(_replaced, found), results)
        guards = [(found[id(n)], g) for n, g in guards if type(found[id(n)]) is Node]
        builder = again
    kept = _nodes(results)
    order = _needed(builder, results, guards)
    checks = _checks(kept) if swept else []
    writer = FastWriter(program.name, program.parameters, order, results, guards, checks, program.constant_names, swept)
    return Fast(writer, swept, backend)


def _replaced(found: dict[int, Any], x: Any) -> Any:
    return found[id(x)] if type(x) is Node else x


def _odd(x: Any) -> bool:
    """Whether a tree has containers other than Python's own, which the source does not write."""
    if type(x) is Node:
        return False
    inner = tree.children(x)
    return inner is not None and (type(x) not in (tuple, list, dict) or any([_odd(e) for e in inner]))


def _nodes(results: Any) -> list[Node]:
    return [v for v in tree.leaves(results) if type(v) is Node]


def _needed(builder: Builder, results: Any, guards: list[tuple[Node, Any]]) -> list[Node]:
    """The nodes that are needed, and all inputs, in the order of their making."""
    inputs = [n for n in builder.order if n.fun is INPUT]
    return live([*inputs, *_nodes(results), *[n for n, _ in guards]], builder.order)


def _made(builder: Builder, i: Any, args: Any, kw: Any) -> Any:
    if isinstance(i.value, tuple):
        node = builder.new(i.fun, args, kw, (), None)
        node.parts = len(i.value)
        return node
    if i.fun is PART:
        whole: Node = args[0]
        if whole.fun is unstack:
            return builder.make(getitem, (whole.args[0], args[1]), {}, i.shape, i.dtype)
        return builder.new(PART, args, {}, i.shape, i.dtype)
    return builder.make(i.fun, args, kw, i.shape, i.dtype)


def _checks(results: list[Node]) -> list[Node]:
    """Where an infinite partial would show: the results, or what they are made of, if that is smaller."""
    found: dict[int, Node] = {}

    def visit(node: Node) -> None:
        if id(node) in found or node.dtype is None or node.dtype.kind not in "fc":
            return
        operands = list(node.args[0] if node.fun is STACK else node.args)
        nodes = [a for a in operands if type(a) is Node]
        if node.fun in (RESHAPE, TRANSPOSE, BROADCAST, SCATTER, STACK, np.negative, np.multiply, np.add, np.subtract, np.matmul):
            if nodes and sum([n.size for n in nodes]) <= node.size and all([_finite(a) for a in operands if type(a) is not Node]):
                if node.fun in (RESHAPE, TRANSPOSE, np.negative, BROADCAST, SCATTER) or sum([n.size for n in nodes]) < node.size:
                    for n in nodes:
                        visit(n)
                    return
        found[id(node)] = node

    for node in results:
        visit(node)
    told: set[int] = set()
    waiting = list(found.values())
    while waiting:
        node = waiting.pop()
        if node.size and node.fun in _TELLING and not (node.fun is REDUCE and node.kw["ufunc"] is not np.add):
            for n in node.operands:
                if id(n) not in told:
                    told.add(id(n))
                    waiting.append(n)
    return [n for n in found.values() if id(n) not in told]


_TELLING = frozenset((
    np.add, np.subtract, np.multiply, np.negative, np.matmul, RESHAPE, TRANSPOSE, BROADCAST, STACK, SCATTER, REDUCE,
))  # fmt: skip
"""What is not finite where one of its operands is not."""


def _finite(a: Any) -> bool:
    return not isinstance(a, (np.ndarray, float)) or bool(np.isfinite(a).all())
