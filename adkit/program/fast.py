"""The optimised source of a program: straight-line NumPy that writes over what is no longer needed."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from .. import tree
from ..box import getitem
from .blocks import Group, sliced
from .emit import Writer
from .helpers import FUNCTIONS
from .instruction import INPUT, PART, Guard, Instruction, Ref
from .layout import kind_of
from .literals import small_array
from .naming import Fresh, identifier
from .node import BLOCK, BROADCAST, CONTRACT, REDUCE, RESHAPE, SCATTER, STACK, TRANSPOSE, Node, elementwise, map_nodes, nodes_of
from .storage import Plan, Storage

__all__ = ["FastWriter"]

_IN_PLACE = {np.add: "+=", np.subtract: "-=", np.multiply: "*=", np.true_divide: "/="}
_SIGNS = {np.add: "+", np.subtract: "-", np.multiply: "*", np.true_divide: "/"}
_COMMUTE = frozenset((np.add, np.multiply, np.maximum, np.minimum))
_NAMELESS = re.compile(r"v\d+(_bar|_dot)?(_\d+)?$")
_NUMBER_NAMES = {1.0: "one", 2.0: "two", 3.0: "three", 4.0: "four", 0.5: "half", -1.0: "minus_one", -2.0: "minus_two"}
_ATOM = 20
_SMALL = 4096
"""Entries up to which the cost of a call counts."""


class FastWriter(Writer):
    """Writes a graph as source.

    ``results`` is the tree of results, with a Node for each that is computed; ``guards`` pairs of a node and what was
    read off it; ``checks`` the nodes that must be finite, or an infinite partial has been met.
    """

    def __init__(
        self, name: str, parameters: list[str], order: list[Node], results: Any, guards: list[tuple[Node, Guard]],
        checks: list[Node], constant_names: dict[int, str],
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
        self._fresh = Fresh({"np", "scipy", "adkit", "buffers", "finite", self.function, *FUNCTIONS, *parameters})
        self.guards: dict[int, list[Guard]] = {}
        for node, guard in guards:
            self.guards.setdefault(id(node), []).append(guard)
        self.checks = {id(n) for n in checks}
        kept = [v for v in tree.leaves(results) if type(v) is Node]
        self.plan = Plan(order, kept, [*checks, *[n for n, _ in guards]])
        self.place = self.plan.place
        self.count: dict[int, int] = {}
        for node in order:
            for n in nodes_of((node.args, node.kw)):
                self.count[id(n)] = self.count.get(id(n), 0) + 1
        for n in kept:
            self.count[id(n)] = self.count.get(id(n), 0) + 2
        self.texts: dict[int, str] = {}
        self._checked = False
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
                held.name = self._fresh(identifier(_best(held)))
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

    def constant(self, x: Any, bare: bool = True) -> str:
        """A constant as text; arrays have names, so that they are made once and not at every call."""
        if type(x) is np.ndarray:
            return self.named(x, self._names_of_constants.get(id(x), ""))
        return super().constant(x, bare)

    def named(self, x: Any, wanted: str = "") -> str:
        """A name under which a constant enters the source."""
        if id(x) not in self._held:
            name = self._fresh(identifier(wanted or f"c{len(self._held)}"))
            self._held[id(x)] = name
            self.constants[name] = x
        return self._held[id(x)]

    # lines --------------------------------------------------------------------------------------------

    def body(self, checked: bool) -> list[str]:
        """The lines of the function."""
        self._checked = checked
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
        if checked and self._checking:
            lines += ["if not finite < np.inf:", "    raise FloatingPointError"]
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
        if self._checked and id(node) in self.checks:
            name = self.texts[id(node)]
            test = f"{name}.dot({name})" if node.ndim == 1 else f"np.vdot({name}, {name})" if node.shape else f"{name} * {name}"
            test = f"abs({test})" if node.dtype.kind == "c" else test
            lines.append(f"finite {'+=' if self._checking else '='} {test}")
            self._checking = True
        return lines

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
            if type(p) is not Node or self.plan.placed.get(id(p), (None,))[0] is not node:
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
        out = "out=" if fun in (np.maximum, np.minimum) else ""  # which deprecate it by position; else it is cheaper
        return f"{self._path(fun)}({', '.join([self._operand(node, a) for a in args])}, {out}{name})"

    def _into(self, node: Node, out: str) -> str:
        """A node computed into a given array."""
        fun = node.fun
        if fun is REDUCE:
            return f"{self.expression(node)[:-1]}, out={out})"
        if fun is np.matmul and _dots(node):
            return f"np.dot({', '.join([self._operand(node, a) for a in node.args])}, out={out})"
        if fun is CONTRACT:
            return f"{self.expression(node)[:-1]}, out={out})"
        if fun is STACK:
            return f"np.concatenate({self._listed(node)}, out={out})"
        return f"{self._path(fun)}({', '.join([self._operand(node, a) for a in node.args])}, out={out})"

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
            place = f"{name}[{_key(key, self.constant)}]"
            if type(g) is Node and id(g) in self.plan.deferred:
                # The first to be put there: it need not be added.
                lines.append(f"{self._path(g.fun)}({', '.join([self._operand(g, a) for a in g.args])}, out={place})")
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
        inner = FastWriter.__new__(FastWriter)
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
            held.name = self._fresh(identifier(_best(held)))
            for n in held.members:
                self.texts[id(n)] = held.name
        for node in group.nodes:
            self.texts.setdefault(id(node), "")

    # expressions --------------------------------------------------------------------------------------

    def _operand(self, node: Node, a: Any) -> str:
        if type(a) is Node:
            return self.texts[id(a)]
        if type(a) is float and node.ndim and node.size <= _SMALL and elementwise(node.fun) and node.dtype.char in "fdD":
            if all([n.dtype == node.dtype for n in nodes_of(node.args)]):
                return self._cheap_number(a, node.dtype)
        bare = node.dtype in _DOUBLE and all([n.dtype in _DOUBLE for n in nodes_of(node.args)])
        if self.cut is not None and type(a) is np.ndarray and sliced(a.shape, self.cut[1]):
            return f"{self.constant(a, bare)}[{self.cut[0]}]"
        return self.constant(a, bare)

    def _cheap_number(self, x: float, dtype: Any) -> str:
        """A number as an array of no dimensions, which costs a ufunc half of what Python's float does."""
        array = self._numbers.get((repr(x), dtype.char))
        if array is None:
            array = self._numbers[repr(x), dtype.char] = np.array(x, dtype)
        return self.named(array, _NUMBER_NAMES.get(x, ""))

    def _listed(self, node: Node) -> str:
        return "[" + ", ".join([self._operand(node, a) for a in node.args[0]]) + "]"

    def expression(self, node: Node) -> str:
        """What a node is computed as."""
        fun, kw = node.fun, node.kw
        if isinstance(fun, str):
            x = self._operand(node, node.args[0]) if fun is not STACK and fun is not CONTRACT else ""
            if fun is REDUCE:
                axis = "None" if kw["axis"] is None else str(kw["axis"][0]) if len(kw["axis"]) == 1 else str(kw["axis"])
                return f"np.{kw['ufunc'].__name__}.reduce({x}, axis={axis}{', keepdims=True' if kw['keepdims'] else ''})"
            if fun is RESHAPE:
                shape = kw["shape"]
                return f"{x}.reshape({', '.join([str(n) for n in shape]) if shape else '()'})"
            if fun is TRANSPOSE:
                axes = kw["axes"]
                return f"{x}.T" if axes == tuple(range(len(axes)))[::-1] else f"{x}.transpose({', '.join([str(k) for k in axes])})"
            if fun is BROADCAST:
                return f"np.broadcast_to({x}, {kw['shape']})"
            if fun is STACK:
                return f"np.concatenate({self._listed(node)})"
            if fun is CONTRACT:
                return f"np.einsum({kw['formula']!r}, {', '.join([self._operand(node, a) for a in node.args])})"
        if fun in _SIGNS and elementwise(fun) and len(node.args) == 2 and not kw:
            a, b = [self._operand(node, x) for x in node.args]
            return f"{a} {_SIGNS[fun]} {f'({b})' if b.startswith('-') else b}"
        if fun is getitem:
            return f"{self._operand(node, node.args[0])}[{_key(node.args[1], lambda x: self._operand(node, x))}]"
        if fun is np.matmul and _dots(node):
            a, b = [self._operand(node, x) for x in node.args]
            return f"{a}.dot({b})"
        refs = lambda n: Ref(self.place[id(n)])
        made = Instruction(self.place[id(node)], fun, map_nodes(refs, node.args), map_nodes(refs, kw), node, None)
        return self.right_side(made, lambda k: (self.texts[id(self.order[k])], _ATOM))[0]

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

    def page(self, checked: bool = False) -> str:
        """The whole source."""
        body = self.body(checked)
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
        lines = "\n".join(["    " + line if line else "" for line in body])
        parts = ["\n".join(head + long), *(["\n" + "\n".join(short)] if short else []), *[f"\n{f}" for f in functions]]
        return "\n".join([*parts, f"\n\ndef {self.function}({', '.join(given)}):\n{lines}\n"])

    def _empty(self, shape: Any, dtype: Any) -> str:
        return f"np.empty({Writer.constant(self, shape)}{'' if dtype == np.dtype(float) else f', np.{dtype.name}'})"


_DOUBLE = frozenset((np.dtype(float), np.dtype(complex), np.dtype(bool), np.dtype(int)))


def _best(held: Storage) -> str:
    """The name of a storage: what the user called one of its values, the last that he named."""
    named = [n.label for n in held.members if n.label and not _NAMELESS.match(n.label)]
    if named:
        return named[-1]
    return next((n.label for n in held.members if n.label), "t")


def _dots(node: Node) -> bool:
    """Whether a product is one that ``np.dot`` computes too, at less cost."""
    a, b = node.args
    kinds = [getattr(x, "dtype", None) for x in (a, b)]
    ranks = [len(getattr(x, "shape", ())) for x in (a, b)]
    return node.dtype.char in "fdFD" and all([k == node.dtype for k in kinds]) and all([r in (1, 2) for r in ranks])


def _key(key: Any, text: Any) -> str:
    """A subscript as it is written between brackets."""
    if type(key) is tuple and key:
        return ", ".join([_key(k, text) for k in key]) + ("," if len(key) == 1 else "")
    if type(key) is slice:
        ends = ["" if e is None else text(e) for e in (key.start, key.stop)]
        return f"{ends[0]}:{ends[1]}" + ("" if key.step is None else f":{text(key.step)}")
    return str(text(key))
