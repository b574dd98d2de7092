"""From a program to its fast form: the passes in their order, and the function that comes out."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import tree
from .algebra import Builder
from .fast import FastWriter
from .instruction import INPUT, PART, Ref, map_refs
from .naming import Fresh, name_values
from .polish import polished
from .node import BROADCAST, RESHAPE, SCATTER, STACK, TRANSPOSE, Node, live

if TYPE_CHECKING:
    from .listing import Program

__all__ = ["Fast", "optimised"]

_KEPT = 8
"""Sets of buffers that one program keeps: as many as there are threads that call it at once."""


class Fast:
    """A program's optimised form: its source, and the function with its buffers.

    ``guarded`` says that the program holds a derivative's sweep, and is run with infinite partials ignored and looked for.
    """

    def __init__(self, writer: FastWriter, guarded: bool) -> None:
        self.guarded = guarded
        self.source = writer.page()
        self.constants = dict(writer.constants)
        names: dict[str, Any] = dict(writer.constants)
        names["ValueError"] = TracedElsewhereError
        text = writer.page(checked=True) if guarded else self.source
        exec(compile(text, f"<compiled {writer.function}>", "exec"), names)
        self._function: Callable[..., Any] = names[writer.function]
        self._slots = list(writer.plan.slots)
        self._form = tree.map_leaves(lambda x: None, writer.results) if _odd(writer.results) else None
        self._pool: list[Any] = []

    def __call__(self, *args: Any) -> Any:
        """Run it on the leaves' trees, as the plain program is run."""
        if self._form is not None:
            return tree.rebuild(self._form, tree.leaves(self._run(*args)))
        return self._run(*args)

    def _run(self, *args: Any) -> Any:
        if not self.guarded and not self._slots:
            return self._function(*args)
        try:
            context, buffers = self._pool.pop()
        except IndexError:
            context, buffers = self._made()
        if context is None:
            found = self._function(*args, buffers)
        elif buffers is None:
            found = context.run(self._function, *args)
        else:
            found = context.run(self._function, *args, buffers)
        if len(self._pool) < _KEPT:
            self._pool.append((context, buffers))
        return found

    def _made(self) -> tuple[Any, Any]:
        """A set of buffers, and a context in which floating-point errors are ignored: entering one costs nothing."""
        buffers = tuple([np.empty(shape, dtype) for shape, dtype in self._slots]) or None
        context = None
        if self.guarded:
            context = contextvars.copy_context()
            context.run(np.seterr, all="ignore")
        return context, buffers


class TracedElsewhereError(ValueError):
    """These arguments take another branch than the one that was traced."""


def optimised(program: Program) -> Fast:
    """The fast form of a program."""
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
    for improve in (polished,):
        order = _needed(builder, results, guards)
        again = Builder()
        found = improve(order, [*_nodes(results), *[n for n, _ in guards]], again)
        results = tree.map_leaves(partial(_replaced, found), results)
        guards = [(found[id(n)], g) for n, g in guards if type(found[id(n)]) is Node]
        builder = again
    kept = _nodes(results)
    order = _needed(builder, results, guards)
    checks = _checks(kept) if swept else []
    writer = FastWriter(program.name, program.parameters, order, results, guards, checks, program.constant_names)
    return Fast(writer, swept)


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
    return list(found.values())


def _finite(a: Any) -> bool:
    return not isinstance(a, (np.ndarray, float)) or bool(np.isfinite(a).all())
