"""The statements of an optimised program: each node on a line of its own, over what is no longer needed."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from .blocks import Group, sliced
from .expressions import Expressions, dots, key_text
from .naming import identifier
from .node import CONTRACT, REDUCE, RESHAPE, SCATTER, STACK, Node
from .storage import Plan, Storage

__all__ = ["Statements", "best"]

_IN_PLACE = {np.add: "+=", np.subtract: "-=", np.multiply: "*=", np.true_divide: "/="}
_COMMUTE = frozenset((np.add, np.multiply, np.maximum, np.minimum))
_NAMELESS = re.compile(r"v\d+(_bar|_dot)?(_\d+)?$")


class Statements(Expressions):
    """A writer of statements."""

    begun: set[int]
    """Stacks that have a part already."""

    def statement(self, node: Node) -> list[str]:
        """The lines that compute a node."""
        name = self.texts[id(node)]
        if node.fun is SCATTER:
            return self._scattered(node, name)
        if node.fun is STACK and id(node) in self.begun:
            return self._completed(node, name)
        if id(node) in self.plan.placed:
            return self._in_place(node, name)
        over = self.plan.over.get(id(node))
        held = self.plan.storage.get(id(node))
        if over is not None and over.fun is RESHAPE and id(over) not in self.plan.storage:
            self.texts[id(over)] = name
            shape = ", ".join([str(n) for n in over.shape])
            return [f"{name} = {self._operand(over, over.args[0])}.reshape({shape})", self._overwrite(node, name, over)]
        if over is not None:
            return [self._overwrite(node, name, over)]
        if held is not None and held.slot is not None:
            return [self._into(node, name)]
        return [f"{name} = {self.expression(node)}"]

    def _in_place(self, node: Node, name: str) -> list[str]:
        """A part of a stack, computed there."""
        stack, start = self.plan.placed[id(node)]
        whole = self.texts[id(stack)]
        lines = []
        if id(stack) not in self.begun:
            self.begun.add(id(stack))
            held = self.plan.storage[id(stack)]
            if held.slot is None:
                lines.append(f"{whole} = {self._empty(stack.shape, stack.dtype)}")
        return [*lines, f"{name} = {whole}[{start}:{start + node.shape[0]}]", self._into(node, name)]

    def _completed(self, node: Node, name: str) -> list[str]:
        """The parts of a stack that were not computed there."""
        lines, start = [], 0
        for p in node.args[0]:
            stop = start + p.shape[0]
            if type(p) is not Node or self.plan.placed.get(id(p)) != (node, start):  # one part may stand in two places
                lines.append(f"{name}[{start}:{stop}] = {self._operand(node, p)}")
            start = stop
        return lines

    def _overwrite(self, node: Node, name: str, over: Node) -> str:
        """A ufunc written over one of its operands."""
        fun, args = node.fun, node.args
        if len(args) == 2 and fun in _IN_PLACE:
            if args[0] is over and args[1] is not over:
                return f"{name} {_IN_PLACE[fun]} {self._operand(node, args[1])}"
            if args[1] is over and args[0] is not over and fun in _COMMUTE:
                return f"{name} {_IN_PLACE[fun]} {self._operand(node, args[0])}"
            if args[0] is over and fun is np.multiply:
                return f"{name} *= {name}"
        return f"{self._path(fun)}({', '.join([self._operand(node, a) for a in args])}, {_out(fun)}{name})"

    def _into(self, node: Node, out: str) -> str:
        """A node computed into a given array."""
        fun = node.fun
        if fun is REDUCE:
            return f"{self.expression(node)[:-1]}, out={out})"
        if fun is np.matmul and dots(node):
            a, b = [self._operand(node, x) for x in node.args]
            return f"{a}.dot({b}, {out})"  # np.dot asks its operands for overrides first, which costs as much again
        if fun is CONTRACT:
            return f"{self.expression(node)[:-1]}, out={out})"
        if fun is STACK:
            return f"np.concatenate({self._listed(node)}, out={out})"
        return f"{self._path(fun)}({', '.join([self._operand(node, a) for a in node.args])}, {_out(fun)}{out})"

    def _scattered(self, node: Node, name: str) -> list[str]:
        """Pieces added to their places in an array of zeros; what is computed for one place is computed there."""
        kind = "" if node.dtype == np.dtype(float) else f", np.{node.dtype.name}"
        lines = [f"{name} = np.zeros({self.constant(node.shape)}{kind})"]
        n = len(node.shape) - len(node.kw["indices"][0].shape)
        part = ""
        for k, (index, g) in enumerate(zip(node.kw["indices"], node.args, strict=True)):
            key: Any = index.behind(n) if not index.advanced else index.key
            if index.advanced:
                if n:
                    key = (slice(None),) * n + np.unravel_index(index.flat(), index.shape)
                lines.append(f"np.add.at({name}, {self.constant(key)}, {self._operand(node, g)})")
                continue
            place = f"{name}[{key_text(key, self.constant)}]"
            if type(g) is Node and id(g) in self.plan.deferred:
                # The first to be put there: it need not be added.
                lines.append(f"{self._path(g.fun)}({', '.join([self._operand(g, a) for a in g.args])}, {_out(g.fun)}{place})")
            elif k == 0:
                lines.append(f"{place} = {self._operand(node, g)}")
            else:
                part = part or self._fresh("part")
                single = type(g) is not Node or not g.ndim
                lines += [f"{place} += {self._operand(node, g)}"] if single else [
                    f"{part} = {place}", f"{part} += {self._operand(node, g)}"]  # fmt: skip
        return lines

    def _in_blocks(self, node: Node, parts: list[Node]) -> list[str]:
        """A loop over blocks of elementwise work."""
        group: Group = node.kw["group"]
        lines, names = [], {}
        for part in parts:
            like = group.results[part.args[1]]
            names[id(like)] = self.texts[id(part)]
            start = "0.0" if like.fun is REDUCE else self._empty(like.shape, like.dtype)
            lines.append(f"{self.texts[id(part)]} = {start}")
        inner = Statements.__new__(Statements)
        inner.__dict__.update(self.__dict__)
        at, block = self._fresh("start"), self._fresh("block")
        n = group.shape[0]
        lines += [f"for {at} in range(0, {n}, {group.rows}):", f"    {block} = slice({at}, {at} + {group.rows})"]
        outs = [n for n in group.results if n.fun is not REDUCE]
        every = [*group.inputs, *group.nodes]
        inner.plan = Plan(every, outs, [], 1 << 62, frozenset([id(n) for n in outs]))
        inner.place = inner.plan.place
        inner.instructions = every
        inner.order = every
        inner.texts = {}
        inner.cut = (block, group.shape)
        for old, new in zip(group.inputs, node.args, strict=True):
            text = self.texts[id(new)]
            if sliced(old.shape, group.shape):
                inner.texts[id(old)] = self._fresh(f"{text}_" if text.isidentifier() else "t")
                lines.append(f"    {inner.texts[id(old)]} = {text}[{block}]")
            else:
                inner.texts[id(old)] = text
        inner._name_inside(group)
        for n_ in group.nodes:
            name = inner.texts[id(n_)]
            if n_.fun is REDUCE:
                lines.append(f"    {names[id(n_)]} += np.add.reduce({inner.texts[id(n_.args[0])]}, axis=None)")
            elif id(n_) in names:
                args = ", ".join([inner._operand(n_, a) for a in n_.args])
                lines += [f"    {name} = {names[id(n_)]}[{block}]", f"    {self._path(n_.fun)}({args}, out={name})"]
            else:
                lines += ["    " + line for line in inner.statement(n_)]
        return lines

    def _name_inside(self, group: Group) -> None:
        done: set[int] = set()
        for node in group.nodes:
            held = self.plan.storage.get(id(node))
            if held is None or id(held) in done:
                continue
            done.add(id(held))
            held.name = self._fresh(identifier(best(held)))
            for n in held.members:
                self.texts[id(n)] = held.name
        for node in group.nodes:
            self.texts.setdefault(id(node), "")


def _out(fun: Any) -> str:
    """How a ufunc is told where to write: by position, which is cheaper, but that some deprecate it."""
    return "out=" if fun in (np.maximum, np.minimum) or not isinstance(fun, np.ufunc) else ""


def best(held: Storage) -> str:
    """The name of a storage: what the user called one of its values, the last that he named."""
    named = [n.label for n in held.members if n.label and not _NAMELESS.match(n.label)]
    if named:
        return named[-1]
    return next((n.label for n in held.members if n.label), "t")
