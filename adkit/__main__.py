"""``python -m adkit`` lists the commands there are; ``adkit COMMAND ...`` runs one."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec

from . import __version__

# name, the module whose main() runs it, what it is for
COMMANDS = (
    ("compare", "adkit.compare.__main__", "what each derivative costs, by every method"),
    ("verify", "adkit.verify.__main__", "prove derivatives against SymPy"),
    ("train", "adkit.train", "train a network of the lecture, in either mode"),
    ("gradbench", "adkit.gradbench.__main__", "answer GradBench's messages"),
)


def available() -> dict[str, tuple[str, str]]:
    """The commands of this installation: the module that runs each, and what it is for."""
    return {name: (module, about) for name, module, about in COMMANDS if _found(module)}


def _found(module: str) -> bool:
    home = module.rpartition(".")[0]
    return find_spec(home) is not None and find_spec(module) is not None


def listing() -> str:
    """The list of commands, one a line."""
    lines = [f"adkit {__version__}: forward- and reverse-mode differentiation of NumPy programs", "", "commands:"]
    lines += [f"  python -m adkit.{name:<12}{about}" for name, (_, about) in available().items()]
    if find_spec("paper_figures") is not None:
        lines.append(f"  python -m {'paper_figures':<18}draw the figures of the papers")
    return "\n".join([*lines, "", "Each explains itself with --help; `adkit COMMAND ...` runs the same."])


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line: ``argv`` is what follows the program's name."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(listing())
        return 0
    if arguments[0] in ("-V", "--version"):
        print(f"adkit {__version__}")
        return 0
    commands = available()
    name = arguments[0]
    if name not in commands:
        near = difflib.get_close_matches(name, commands, 1)
        remedy = f"did you mean {near[0]}?" if near else f"there are: {', '.join(commands)}"
        print(f"adkit: no command {name!r}; {remedy}", file=sys.stderr)
        return 2
    module = import_module(commands[name][0])
    if argv is not None:
        return int(module.main(arguments[1:]))
    # The process is the command's own: it may read sys.argv, and start itself anew.
    sys.argv = [f"adkit {name}", *arguments[1:]]
    return int(module.main())


if __name__ == "__main__":
    sys.exit(main())
