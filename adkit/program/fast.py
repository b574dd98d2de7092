"""The optimised source of a program: straight-line NumPy that writes over what is no longer needed."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import tree
from ..box import getitem
from .emit import Writer
from .statements import Statements, best
from .helpers import FUNCTIONS
from .instruction import INPUT, PART, Guard
from .layout import kind_of
from .literals import small_array
from .naming import Fresh, identifier
from .node import BLOCK, RESHAPE, TRANSPOSE, Node, nodes_of
from .storage import LONG, POOLED, POOLED_LONG, Plan, Storage
from .sums import reordered

__all__ = ["FastWriter"]

_MARK = "\0"


class FastWriter(Statements):
    """Writes a graph as source.

    ``results`` is the tree of results, with a Node for each that is computed; ``guards`` pairs of a node and what was
    read off it; ``checks`` the nodes that must be finite, or an infinite partial has been met.
    """

    def __init__(
        self, name: str, parameters: list[str], order: list[Node], results: Any, guards: list[tuple[Node, Guard]],
        checks: list[Node], constant_names: dict[int, str], swept: bool = False,
    ) -> None:  # fmt: skip
        self.spelled = True
        self.instructions: Any = order
        self.order, self.results, self.parameters = order, results, parameters
        self.constants: dict[str, Any] = {}
        self.helpers: list[str] = []
        self.imports: set[str] = set()
        self.function = identifier(name)
        self.function += "_" if self.function in FUNCTIONS else ""
        self._held: dict[int, str] = {}
        self._numbers: dict[Any, np.ndarray] = {}
        self._names_of_constants = constant_names
        self._fresh = Fresh({"np", "scipy", "adkit", "buffers", "finite", "finite_all", self.function, *FUNCTIONS, *parameters})
        self.guards: dict[int, list[Guard]] = {}
        for node, guard in guards:
            self.guards.setdefault(id(node), []).append(guard)
        self.checks = {id(n) for n in checks}
        self.reordered = reordered(order, [n for n, _ in guards]) if swept else frozenset()  # products give no warnings
        kept = [v for v in tree.leaves(results) if type(v) is Node]
        self.plan = Plan(order, kept, [*checks, *[n for n, _ in guards]], POOLED if len(order) < LONG else POOLED_LONG)
        self.place = self.plan.place
        self.count: dict[int, int] = {}
        for node in order:
            for n in node.operands:
                self.count[id(n)] = self.count.get(id(n), 0) + 1
        for n in kept:
            self.count[id(n)] = self.count.get(id(n), 0) + 2
        self.texts: dict[int, str] = {}
        self.cut: Any = None  # in a loop over blocks: the name of the block's slice, and the whole shape
        self._name_all()

    # names --------------------------------------------------------------------------------------------

    def _name_all(self) -> None:
        done: set[int] = set()
        for node in self.order:
            if node.fun is INPUT:
                bare = node.args[0] in self.parameters
                self.texts[id(node)] = node.args[0] if bare else self._fresh(identifier(node.label))
        for node in self.order:
            held = self.plan.storage.get(id(node))
            if held is None:
                if node.fun is not INPUT:
                    self.texts[id(node)] = self._fresh(identifier(node.label or "t"))
            elif id(held) not in done:
                done.add(id(held))
                held.name = self._fresh(identifier(best(held)))
                for n in held.members:
                    self.texts[id(n)] = held.name
        by_slot: dict[int, str] = {}
        for held in self.plan.storage.values():
            if held.slot is not None:
                name = by_slot.setdefault(held.slot, held.name)
                if name != held.name:
                    held.name = name
                    for n in held.members:
                        self.texts[id(n)] = name
        self.slot_names = [by_slot[k] for k in range(len(self.plan.slots))]

    # lines --------------------------------------------------------------------------------------------

    def body(self) -> list[str]:
        """The lines of the function; those that ask whether it is finite begin with a mark."""
        self._checking = False
        self.begun: set[int] = set()  # stacks that have a part already
        lines: list[str] = []
        for node in self.order:
            if node.fun is INPUT:
                if self.texts[id(node)] != node.args[0] and self.count.get(id(node)):
                    lines.append(f"{self.texts[id(node)]} = {node.args[0]}")
                lines += self._after(node)
        parts: dict[int, list[Node]] = {}
        for node in self.order:
            if node.fun is PART:
                parts.setdefault(id(node.args[0]), []).append(node)
        for node in self.order:
            if node.fun is INPUT or node.fun is PART:
                continue
            if self._inlined(node):
                if id(node) not in self.plan.deferred:
                    self.texts[id(node)] = self.expression(node)
                continue
            if node.fun is BLOCK:
                lines += self._in_blocks(node, parts[id(node)])
                for part in parts[id(node)]:
                    lines += self._after(part)
                continue
            if node.parts:
                names = ["_"] * node.parts
                for part in parts.get(id(node), ()):
                    names[part.args[1]] = self.texts[id(part)]
                lines.append(f"{', '.join(names)}{',' if len(names) == 1 else ''} = {self.expression(node)}")
                for part in parts.get(id(node), ()):
                    lines += self._after(part)
                continue
            lines += self.statement(node)
            lines += self._after(node)
        if self._checking:
            lines += [_MARK + "if not finite < np.inf:", _MARK + "    raise FloatingPointError"]
        lines.append(f"return {self._returned()}")
        return lines

    def _inlined(self, node: Node) -> bool:
        """Whether a view is written where it is used, and has no line of its own."""
        if id(node) in self.plan.lent or id(node) in self.plan.deferred:
            return True  # written out where it is written over, or into a part of something
        if node.fun not in (RESHAPE, TRANSPOSE, getitem) or self.count.get(id(node), 0) != 1 or id(node) in self.guards:
            return False
        return id(node) not in self.checks and type(node.args[0]) is Node and not any([True for _ in nodes_of(node.args[1:])])

    def _after(self, node: Node) -> list[str]:
        """What follows a value: its guards, and the question whether it is finite."""
        lines = [line for guard in self.guards.get(id(node), ()) for line in self._check(node, guard)]
        if id(node) in self.checks:
            name = self.texts[id(node)]
            test = f"{name}.dot({name})" if node.ndim == 1 else f"np.vdot({name}, {name})" if node.shape else f"{name} * {name}"
            if node.ndim > 1 and node.dtype.kind == "f":  # np.vdot asks its operands for overrides first
                test = f"(finite_all := {name}.ravel()).dot(finite_all)"
            test = f"abs({test})" if node.dtype.kind == "c" else test
            lines.append(f"{_MARK}finite {'+=' if self._checking else '='} {test}")
            self._checking = True
        return lines

    # the ends -----------------------------------------------------------------------------------------

    def _check(self, node: Node, guard: Guard) -> list[str]:
        name = self.texts[id(node)]
        if guard.kind == "shape":
            test = f"np.shape({name}) != {self.constant(guard.expected)}"
        elif isinstance(guard.expected, bool):
            test = f"not {name}" if guard.expected else name
        elif isinstance(guard.expected, int):
            test = f"{name} != {guard.expected}"
        else:
            test = f"not np.array_equal({name}, {self.constant(guard.expected)})"
        what = f"has shape {guard.expected}" if guard.kind == "shape" else "has the entries of then" if type(
            guard.expected) is np.ndarray else f"is {guard.expected}"  # fmt: skip
        where = f" ({guard.where})" if guard.where is not None else ""
        shown = name if node.fun is INPUT or node.fun is PART or self.plan.over.get(id(node)) is not None else self.expression(node)
        return [f"if {test}:", f"    raise ValueError({f'traced where {shown} {what}{where}: trace again for these arguments'!r})"]

    def _returned(self) -> str:
        """The results; an argument, a constant, a view of another result is copied."""
        seen: set[int] = set()

        def leaf(x: Any) -> str:
            if type(x) is not Node:
                words = self.constant(x)
                return f"{words}.copy()" if type(x) is np.ndarray and words in self.constants else words
            words = self.texts[id(x)]
            if not x.shape:
                return words
            root = self._root(x)
            shared = root is None or id(root) in seen
            if root is not None:
                seen.add(id(root))
            return f"{words}.copy()" if shared else words

        def nested(x: Any) -> str:
            if isinstance(x, dict):
                return "{" + ", ".join([f"{k!r}: {nested(v)}" for k, v in x.items()]) + "}"
            children = tree.children(x) if type(x) is not Node else None
            if children is None:
                return leaf(x)
            words = ", ".join([nested(e) for e in children])
            return f"[{words}]" if isinstance(x, list) else f"({words}{',' if len(children) == 1 else ''})"

        return nested(self.results)

    def _root(self, x: Node) -> Storage | None:
        """The storage whose memory a result is; None where it is not the program's own, or is spread over more than it has."""
        while id(x) not in self.plan.storage:
            if x.fun not in (RESHAPE, TRANSPOSE) or type(x.args[0]) is not Node:
                return None
            x = x.args[0]
        return self.plan.storage[id(x)]

    def pages(self) -> tuple[str, str]:
        """The whole source, as it is read and as it is run: with the question whether it is finite."""
        body = self.body()
        head = ["import numpy as np", *sorted(self.imports)]
        short, long = [], []
        for name, value in self.constants.items():
            text = small_array(value, lambda v: Writer.constant(self, v)) if type(value) is np.ndarray else None
            if text is not None:
                short.append(f"{name} = {text}")
            else:
                what = kind_of(value)
                long.append(f"# {name}: {what}, in the program's constants")
        given = list(self.parameters)
        if self.plan.slots:
            given.append("buffers=None")
            made = ", ".join([self._empty(s, d) for s, d in self.plan.slots])
            names = ", ".join(self.slot_names)
            comma = "," if len(self.slot_names) == 1 else ""
            body.insert(0, f"{names}{comma} = buffers or ({made},)")
        functions = [FUNCTIONS[name].rstrip() for name in self.helpers]
        parts = ["\n".join(head + long), *(["\n" + "\n".join(short)] if short else []), *[f"\n{f}" for f in functions]]
        head_line = f"\n\ndef {self.function}({', '.join(given)}):\n"

        def page(lines: list[str]) -> str:
            return "\n".join([*parts, head_line + "".join([f"    {line}\n" for line in lines])])

        return page([line for line in body if not line.startswith(_MARK)]), page([line.removeprefix(_MARK) for line in body])
