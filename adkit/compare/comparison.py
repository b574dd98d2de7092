"""The comparison as a value: rows that print as a table, show themselves in a notebook, and go on to pandas."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

from ..console.options import UsageError, near
from .answers import recommend
from .charts import figure
from .measure import Plan
from .methods import METHODS
from .own import from_call
from .page import inline_svg, page, table
from .peers import PEERS
from .problems import OPERATORS
from .report import block_text, csv_text
from .rows import COLUMNS, MORE, Block, Row
from .runner import examine

__all__ = ["Comparison", "measured"]


@dataclass(frozen=True)
class Comparison:
    """What was measured of one function.

    ``rows`` are those of the table, one for each operator and method; each has the columns of the command's CSV as
    attributes.  ``recommended`` maps an operator to the answer in words.
    """

    block: Block

    @property
    def rows(self) -> list[Row]:
        """The rows, by operator, then by method."""
        return self.block.rows

    @property
    def recommended(self) -> dict[str, str]:
        """Which method to use for each derivative, and why."""
        words = {o: " ".join(recommend(self.block, o).split()) for o in self.block.operators if o != "value"}
        return {operator: text.removeprefix("recommended: ") for operator, text in words.items()}

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        return block_text(self.block)

    def _repr_html_(self) -> str:
        """A table that scrolls in its own frame, the answers and the plot; it fetches nothing."""
        answers = "".join([f"<li><b>{escape(o)}</b>: {escape(text)}</li>" for o, text in self.recommended.items()])
        style = "<style>.adkit-compare svg{max-width:100%;height:auto;color:inherit}.adkit-compare svg text{fill:currentColor}" \
                ".adkit-compare .scroll{overflow-x:auto}.adkit-compare thead button{all:unset;font-weight:600}" \
                ".adkit-compare tr.chosen td{font-weight:600}</style>"  # fmt: skip
        picture = inline_svg(self.plot(), f"{self.block.problem.name}: seconds of each method", f"cmp{id(self):x}")
        return f'<div class="adkit-compare">{style}<ul>{answers}</ul>{table([self.block], "")}{picture}</div>'

    def plot(self) -> Any:
        """The seconds of each method, as a Matplotlib figure."""
        return figure([self.block])

    def to_csv(self) -> str:
        """The rows in the columns of the command's CSV."""
        return csv_text(self.rows)

    def to_html(self) -> str:
        """The command's page."""
        return page([self.block])

    def to_pandas(self) -> Any:
        """The rows as a ``pandas.DataFrame``; ImportError where pandas is not installed."""
        try:
            import pandas as pd
        except ImportError:
            raise ImportError("to_pandas needs pandas: pip install pandas") from None
        names = (*COLUMNS, *MORE)
        return pd.DataFrame([[getattr(row, name) for name in names] for row in self.rows], columns=list(names))


def measured(f: Callable[..., Any], args: tuple[Any, ...], kw: dict[str, Any], methods: Any, operators: Any, rounds: int,
             budget: float, seed: int) -> Comparison:  # fmt: skip
    """The work of :func:`adkit.compare.compare`."""
    if not callable(f):
        raise ValueError(f"compare: the first argument must be a function, not {type(f).__name__}")
    if rounds < 1:
        raise ValueError(f"compare: rounds must be 1 or more, not {rounds}")
    everyone = METHODS | PEERS
    names = _names(methods, everyone, "method") or tuple([n for n, m in METHODS.items() if m.usual])
    wanted = _names(operators, OPERATORS, "operator")
    try:
        problem = from_call(f, args, kw)
    except UsageError as error:
        raise ValueError(f"compare: {str(error).replace('target ', '', 1)}") from None
    plan = Plan(rounds, min(rounds, 8), 0.0005, 2.0 * budget, budget, min(2, rounds))
    chosen = [everyone[name] for name in names]
    block = examine(problem, problem.sizes[0], wanted or problem.default, chosen, plan, seed, apart=0.2)
    return Comparison(block)


def _names(given: str | Iterable[str] | None, known: Iterable[str], kind: str) -> tuple[str, ...]:
    if given is None:
        return ()
    parts = given.split(",") if isinstance(given, str) else list(given)
    asked = [part.strip() for part in parts]
    names = list(known)
    for name in asked:
        if name not in names:
            raise ValueError(f"compare: no {kind} {name!r}{near(name, names)}; there are: {', '.join(names)}")
    return tuple([name for name in names if name in asked])
