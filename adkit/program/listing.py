"""The Program: a function written down as a list of instructions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import tree
from ..errors import DerivativeError
from ..levels import Boxed
from .emit import Writer, compiled
from .instruction import INPUT, PART, Guard, Instruction, Ref, map_refs, refs
from .reading import Readable
from .recording import Trace

__all__ = ["Program"]


class Program(Readable):
    """What a function did, as a list of instructions: to be read, to be run, and to be differentiated line by line.

    Attributes
    ----------
    instructions : the list, inputs first; each refers to those before it.
    guards : what the function asked of its values (branches, integers, masks): the program holds while these stay.
    inputs : the arguments, as a tuple of trees with a Ref in place of each number or array.
    outputs : the result, as a tree likewise; what does not depend on the inputs stands there as a constant.
    constants : the arrays and functions that the source names but does not spell out.

    Examples
    --------
    >>> import numpy as np, adkit
    >>> program = adkit.trace(lambda x: np.sin(x) ** 2)(0.5)
    >>> program.operations
    2
    >>> bool(program(1.0) == np.sin(1.0) ** 2)
    True
    """

    def __init__(self, name: str, parameters: list[str], inputs: tuple[Any, ...], outputs: Any, trace: Trace) -> None:
        self.name, self.parameters = name, parameters
        kept = _live(trace, outputs)
        place = {old: new for new, old in enumerate(kept)}
        self.instructions: list[Instruction] = []
        for new, old in enumerate(kept):
            i = trace.instructions[old]
            i.index = new
            i.args = map_refs(lambda r: Ref(place[r.index]), i.args)
            i.kw = map_refs(lambda r: Ref(place[r.index]), i.kw)
            i.role = None if i.role is None else (i.role[0], place.get(i.role[1], -1))
            self.instructions.append(i)
        self.guards: list[Guard] = trace.guards
        for guard in self.guards:
            guard.index = place[guard.index]
        self.inputs = tree.map_leaves(lambda v: Ref(place[v.index]) if isinstance(v, Ref) else v, inputs)
        self.outputs = tree.map_leaves(lambda v: Ref(place[v.index]) if isinstance(v, Ref) else v, outputs)
        self.cotangents = {place[g]: place[y] for g, y in trace.cotangents.items() if g in place and y in place}
        self.constant_names = trace.constants
        self._kept = [copy for _, copy in trace.copies.values()]  # constants are known by their identity
        self._made: tuple[str, dict[str, Any], Callable[..., Any]] | None = None
        self._fast: Any = None
        self.special = trace.special

    # running ------------------------------------------------------------------------------------------

    def _compiled(self) -> tuple[str, dict[str, Any], Callable[..., Any]]:
        if self._made is None:
            self._made = compiled(self)
        return self._made

    @property
    def fast(self) -> Any:
        """The optimised form: ``fast.source`` is its text, and calling it runs it."""
        if self._fast is None:
            from .optimise import optimised

            self._fast = optimised(self)
        return self._fast

    @property
    def source(self) -> str:
        """The program as NumPy source, a function of the same arguments that runs by itself."""
        return self._compiled()[0]

    @property
    def constants(self) -> dict[str, Any]:
        """The names that the source takes as given, and what they stand for."""
        return self._compiled()[1]

    def __call__(self, *args: Any) -> Any:
        """Run the optimised form on arguments of the same structure, shapes and types as the example's.

        Where an argument is being differentiated, and where something in it is not finite, the source runs as it stands.

        Raises
        ------
        DerivativeError : for another structure, shape or type.
        ValueError : where a branch would be taken that was not traced.
        """
        given = self._checked(args)
        if not any([isinstance(x, Boxed) for x in tree.leaves(given)]):
            try:
                return self.fast(*given)
            except (ValueError, ArithmeticError):
                pass  # another branch, or an infinite partial: the plain program says which
        found = self._compiled()[2](*given)
        supply = iter(tree.leaves(found))
        return tree.map_leaves(lambda _: next(supply), self.outputs)

    def _checked(self, args: tuple[Any, ...]) -> list[Any]:
        if len(args) != len(self.inputs):
            raise DerivativeError(f"{self.name}: the program takes {len(self.inputs)} arguments, {len(args)} were given")
        given = [dict(tree.paths(a, p)) for a, p in zip(args, self.parameters, strict=True)]
        checked = []
        for parameter, leaves, like in zip(self.parameters, given, self.inputs, strict=True):
            wanted = dict(tree.paths(like, parameter))
            if set(wanted) != set(leaves):
                raise DerivativeError(
                    f"{self.name}: the program was traced with {', '.join(wanted)}; given were {', '.join(leaves)}"
                )
            supply = iter([self._leaf(leaves[path], ref, path) for path, ref in wanted.items()])
            checked.append(tree.map_leaves(lambda _: next(supply), like))  # noqa: B023
        return checked

    def _leaf(self, x: Any, like: Any, path: str) -> Any:
        if not isinstance(like, Ref):
            if callable(like) or x is like or bool(np.all(x == like)):
                return x
            raise DerivativeError(f"{self.name}: the program was traced with {path} = {like!r}, not {x!r}; trace it again")
        value = self.instructions[like.index].value
        if isinstance(x, (int, float, complex)) and not isinstance(x, (bool, np.generic)) and not value.shape:
            x = np.asarray(x, np.result_type(x, value.dtype))[()]  # Python's numbers take the type that they meet
        x = x if isinstance(x, (Boxed, np.ndarray, np.generic)) else np.asarray(x)[()]
        if x.shape != value.shape or not np.can_cast(x.dtype, value.dtype, "safe"):
            raise DerivativeError(
                f"{self.name}: the program was traced for {path} of shape {value.shape} and type {value.dtype}, not "
                f"{x.shape} and {x.dtype}; trace it again for these"
            )
        return x if x.dtype == value.dtype else np.astype(x, value.dtype)

    # reading ------------------------------------------------------------------------------------------

    @property
    def operations(self) -> int:
        """How many instructions compute something; inputs, and the parts of several results, do not count."""
        return sum([i.fun is not INPUT and i.fun is not PART for i in self.instructions])

    @property
    def counts(self) -> dict[str, int]:
        """How often each op occurs, by its name."""
        found: dict[str, int] = {}
        for i in self.instructions:
            if i.fun is not INPUT and i.fun is not PART:
                found[i.op] = found.get(i.op, 0) + 1
        return found

    @property
    def nbytes(self) -> int:
        """Bytes of all the values that the instructions compute; a view of another value takes none."""
        values = [i.value for i in self.instructions if i.fun is not INPUT and not isinstance(i.value, tuple)]
        return sum([v.nbytes for v in values if getattr(v, "base", None) is None])

    @property
    def names(self) -> list[str]:
        """What each instruction's value is called in the source."""
        return Writer(self).names

    def used(self) -> set[int]:
        """The numbers of the instructions whose values are used."""
        found = {r.index for i in self.instructions for r in refs((i.args, i.kw))}
        return found | {v.index for v in tree.leaves(self.outputs) if isinstance(v, Ref)} | {g.index for g in self.guards}

    def stored_names(self) -> dict[int, str]:
        """The names that the user gave to values, by instruction."""
        found: dict[int, str] = {}
        for i in self.instructions:
            if i.where is None or i.role is not None or i.fun is INPUT or isinstance(i.value, tuple) or i.fun is PART:
                continue
            name = i.where.stored
            if name is not None and (i.where.direct or self._ends(i)):
                found[i.index] = name
        return found

    def _ends(self, i: Instruction) -> bool:
        """Whether an instruction is the last of those that one call of the user's took: that one has his name."""
        for after in self.instructions[i.index + 1 :]:
            if after.role == ("tangent", i.index):
                return True
            if after.role is None:
                return after.where is None or (after.where.code, after.where.lasti) != (i.where.code, i.where.lasti)
        return True

    def table(self, tangents: Any = None, cotangent: Any = None) -> Any:
        """The Wengert list: every value, and beside it its tangent and its cotangent, where a sweep is asked for.

        Parameters
        ----------
        tangents : a tuple like the arguments: the direction of a forward sweep.  None: not computed.
        cotangent : a tree like the result: the seed of a reverse sweep.  None: not computed.

        Returns
        -------
        Table : text with ``print``, a table in a notebook; ``.rows`` holds the numbers.

        Notes
        -----
        Baydin et al. (2018), tables 2 and 3.  Tangents are to be read downwards, cotangents upwards.

        Examples
        --------
        >>> import numpy as np, adkit
        >>> def f(x1, x2):
        ...     return np.log(x1) + x1 * x2 - np.sin(x2)
        >>> print(adkit.trace(f)(2.0, 5.0).table(tangents=(1.0, 0.0), cotangent=1.0))
        value  computed as  primal     tangent  cotangent
        x1     input        2          1        5.5
        x2     input        5          0        1.71634
        v2     np.log(x1)   0.693147   0.5      1
        v3     x1 * x2      10         5        1
        v4     v2 + v3      10.6931    5.5      1
        v5     np.sin(x2)   -0.958924  0        -1
        v6     v4 - v5      11.6521    5.5      1
        """
        from .table import make_table

        return make_table(self, tangents, cotangent)

    def __repr__(self) -> str:
        return f"<Program {self.name}: {self.operations} operations, {self.nbytes} bytes>"

    def __str__(self) -> str:
        return self.source


def _live(trace: Trace, outputs: Any) -> list[int]:
    """The instructions on which the result, or a guard, depends; and all inputs."""
    live = {v.index for v in tree.leaves(outputs) if isinstance(v, Ref)} | {g.index for g in trace.guards}
    for i in reversed(trace.instructions):
        if i.index in live:
            live |= {r.index for r in refs((i.args, i.kw))}
    return [i.index for i in trace.instructions if i.index in live or i.fun is INPUT]
