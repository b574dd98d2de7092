"""``derive``: the chain rule, step by step: every local derivative, and what both sweeps make of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import tree
from ..errors import DerivativeError
from ..program.emit import Writer
from ..program.instruction import INPUT, PART, Instruction, Ref
from ..program.listing import Program
from ..program.table import active, cotangents_of, seeds, show, tangents_of
from ..program.trace import trace
from .derivation import DIGITS, as_html, as_latex, as_text
from .local import expression_of, partial_of, rule_text, slope_of

__all__ = ["Derivation", "Path", "Share", "Step", "derive"]


class Share:
    """What one operand contributes to a step's tangent, and receives of its cotangent.

    ``partial`` is the local derivative, a SymPy expression in the operands' names (None for arrays), ``slope`` its value;
    ``rule`` the reverse rule as text, ``cotangent`` what it gave: the operand's cotangent is the sum of these.
    """

    def __init__(self, operand: str, partial: Any, slope: Any, rule: str, cotangent: Any) -> None:
        self.operand, self.partial, self.slope, self.rule, self.cotangent = operand, partial, slope, rule, cotangent

    def __repr__(self) -> str:
        return f"<{self.operand}_bar += {self.rule} = {show(self.cotangent, DIGITS)}>"


class Step:
    """One value of the program: how it is computed, its tangent, its cotangent, and a Share for each operand."""

    def __init__(self, i: Instruction, name: str, expression: str) -> None:
        self.instruction, self.name, self.expression = i, name, expression
        self.primal: Any = i.value
        self.tangent: Any = None
        self.cotangent: Any = None
        self.symbolic: Any = None
        self.rule = ""
        self.shares: list[Share] = []

    def __repr__(self) -> str:
        return f"<{self.name} = {self.expression}: {show(self.primal, DIGITS)}>"


class Path:
    """One way from an input to the result: the values that it passes, and the product of the local derivatives."""

    def __init__(self, names: tuple[str, ...], value: Any) -> None:
        self.names, self.value = names, value

    def __repr__(self) -> str:
        return f"{' -> '.join(self.names)}: {show(self.value, DIGITS)}"


class Derivation:
    """The chain of steps of a function at a point; see :func:`derive`.

    Attributes
    ----------
    steps : one for each value, inputs first.  ``derivation["a"]`` is the step of the value called a.
    names : what the values are called; program : the traced Program behind them.
    seeds : what the reverse sweep begins with, by number of the instruction.
    scalar : whether every value is a number, so that each step has its local derivatives as expressions.
    value, tangent : the result, and its derivative in the direction of the forward sweep.
    cotangents : for each input by name, what the reverse sweep gave: the derivatives, where the result is one number.
    """

    def __init__(self, program: Program, tangents: Any, cotangent: Any) -> None:
        self.program = program
        writer = Writer(program, spelled=False)
        self.names, instructions = writer.names, program.instructions
        forward = tangents_of(program, tangents)
        reverse, shares = cotangents_of(program, cotangent)
        self.steps: list[Step] = []
        for i in instructions:
            step = Step(i, writer.names[i.index], "input" if i.fun is INPUT else writer.right_side(i)[0])
            step.tangent, step.cotangent = forward[i.index], reverse[i.index]
            self.steps.append(step)
            if i.fun is INPUT or i.fun is PART or isinstance(i.value, tuple):
                continue
            self._explain(step, i, shares)
        self.scalar = all([share.slope is not None for step in self.steps for share in step.shares])
        self.seeds = seeds(program, (cotangent,), (program.outputs,), "cotangent")
        self.output = next(leaf.index for leaf in tree.leaves(program.outputs) if isinstance(leaf, Ref))
        self.value, self.tangent = instructions[self.output].value, forward[self.output]
        self.cotangents = {s.name: s.cotangent for s in self.steps if s.instruction.fun is INPUT and s.cotangent is not None}

    def _explain(self, step: Step, i: Instruction, shares: dict[tuple[int, int], Any]) -> None:
        """Fill in the local derivatives of a step, and the rules that both modes make of them."""
        names, instructions = self.names, self.program.instructions
        step.symbolic = expression_of(i, names, instructions)
        places = [k for k in active(i, instructions) if (i.index, k) in shares]
        partials = {k: partial_of(i, k, names, instructions) for k in places}
        if all([p is not None for p in partials.values()]):
            step.rule = " + ".join([_product(partials[k], f"{names[k]}_dot") for k in places])
            texts = {k: _product(partials[k], f"{step.name}_bar") for k in places}
        else:
            step.rule = rule_text(i, "forward", names, instructions).get(i.index, "")
            texts = rule_text(i, "reverse", names, instructions)
        for k in places:
            slope = slope_of(i, k, instructions)
            step.shares.append(Share(names[k], partials[k], slope, texts[k], shares[i.index, k]))

    def __getitem__(self, name: str) -> Step:
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(f"no value is called {name!r}; there are {', '.join(self.names)}")

    # paths --------------------------------------------------------------------------------------------

    def count_paths(self, name: str | None = None) -> int:
        """How many paths lead from an input (the first, if none is named) to the result; found without walking them."""
        ways = dict.fromkeys(self.names, 0)
        ways[self._input(name)] = 1
        for step in self.steps:
            if step.shares:
                ways[step.name] = sum([ways[share.operand] for share in step.shares])
        return ways[self.steps[self.output].name]

    def paths(self, name: str | None = None, limit: int = 1000) -> list[Path]:
        """Every path from an input to the result, with its product of local derivatives; their sum is the derivative.

        Raises
        ------
        DerivativeError : where a value is an array, or there are more paths than ``limit``.
        """
        start = self._input(name)
        count = self.count_paths(name)
        if count > limit:
            raise DerivativeError(f"derive: there are {count} paths from {start}; the sweeps need none of them")
        if not self.scalar:
            raise DerivativeError("derive: paths are walked through numbers alone, and this program has arrays")
        found: list[Path] = []
        waiting: list[tuple[Step, tuple[str, ...], Any]] = [
            (self.steps[self.output], (self.steps[self.output].name,), np.float64(1.0))
        ]
        while waiting:
            step, names, product = waiting.pop()
            if step.name == start:
                found.append(Path(names, product))
            for share in reversed(step.shares):
                waiting.append((self[share.operand], (share.operand, *names), share.slope * product))
        return found

    def _input(self, name: str | None) -> str:
        inputs = list(self.cotangents)
        if name is None:
            return inputs[0]
        if name not in inputs:
            raise KeyError(f"{name!r} is no input; there are {', '.join(inputs)}")
        return name

    # reading ------------------------------------------------------------------------------------------

    def __str__(self) -> str:
        return as_text(self)

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        return as_latex(self)

    def _repr_html_(self) -> str:
        return as_html(self)


def derive(f: Callable[..., Any], *args: Any, tangents: Any = None, cotangent: Any = None) -> Derivation:
    """The chain rule for ``f`` at a point, step by step: local derivatives, forward sweep, reverse sweep, paths.

    Parameters
    ----------
    f : a function of numbers or arrays, traced at ``args``: of a branch, the side that is taken.
    tangents : the direction of the forward sweep, a tuple like ``args``; by default ones for the first input, zeros for
        the others.
    cotangent : the seed of the reverse sweep, like the result; by default ones.

    Returns
    -------
    Derivation : text with ``print``, tables in a notebook, LaTeX by ``_repr_latex_``; ``.steps`` holds expressions and numbers.

    Raises
    ------
    DerivativeError : where nothing of the result depends on the arguments.

    Examples
    --------
    >>> import numpy as np, adkit
    >>> def f(x):
    ...     a = np.sin(x)
    ...     return a * x
    >>> print(adkit.derive(f, 0.5))
    f = 0.23971277
    <BLANKLINE>
    Forward mode, from the inputs down:
      x              0.5         x_dot = seed                1
      a = np.sin(x)  0.47942554  a_dot = cos(x)*x_dot        0.87758256
      v2 = a * x     0.23971277  v2_dot = x*a_dot + a*x_dot  0.91821682
    <BLANKLINE>
    Reverse mode, from the result up:
      seed           v2_bar = 1             1           1
      v2 = a * x     a_bar += x*v2_bar      0.5         0.5
      v2 = a * x     x_bar += a*v2_bar      0.47942554  0.47942554
      a = np.sin(x)  x_bar += cos(x)*a_bar  0.43879128  0.91821682
    <BLANKLINE>
    x_bar = 0.91821682
    <BLANKLINE>
    2 paths from x:
      x -> a -> v2: 0.43879128
      x -> v2: 0.47942554
    """
    program = trace(f)(*args)
    leaves = [leaf for leaf in tree.leaves(program.outputs) if isinstance(leaf, Ref)]
    if not leaves:
        raise DerivativeError("derive: the result does not depend on the arguments; there is nothing to derive")
    values = program.instructions
    if tangents is None:
        first = next((i.index for i in values if i.fun is INPUT and i.dtype.kind in "fc"), None)
        if first is None:
            raise DerivativeError("derive: there is no floating-point number among the arguments")


        def seed(v: Any) -> Any:
            if not isinstance(v, Ref):
                return v
            return np.full_like(values[v.index].value, v.index == first)[()]

        tangents = tree.map_leaves(seed, program.inputs)
    if cotangent is None:
        cotangent = tree.map_leaves(lambda v: np.ones_like(values[v.index].value) if isinstance(v, Ref) else v, program.outputs)
    return Derivation(program, tangents, cotangent)


def _product(partial: Any, moved: str) -> str:
    """A partial times a perturbation, as one writes it."""
    if partial == 1:
        return moved
    if partial == -1:
        return f"-{moved}"
    text = str(partial)
    return f"({text})*{moved}" if partial.is_Add or partial.is_Piecewise else f"{text}*{moved}"
