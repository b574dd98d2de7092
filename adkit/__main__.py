"""``python -m adkit`` lists the commands there are; ``adkit COMMAND ...`` runs one."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec

from . import __version__
from .console.ending import carry_out
from .console.options import UsageError, near

# name, the module whose main() runs it, what it is for; the last lives beside the package, in a checkout
COMMANDS = (
    ("compare", "adkit.compare.__main__", "what each derivative costs, by every method"),
    ("verify", "adkit.verify.__main__", "prove derivatives against SymPy"),
    ("train", "adkit.train", "train a network of the lecture, in either mode"),
    ("gradbench", "adkit.gradbench.__main__", "answer GradBench's messages"),
    ("paper_figures", "paper_figures.__main__", "draw the figures"),
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
    lines += [f"  python -m {module.removesuffix('.__main__'):<18}{about}" for module, about in available().values()]
    names = ", ".join(available())
    return "\n".join([*lines, "", f"Each explains itself with --help. `adkit COMMAND ...` runs the same: {names}."])


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line: ``argv`` is what follows the program's name."""
    return carry_out("adkit", lambda: _answer(argv), "interrupted")


def _answer(argv: Sequence[str] | None) -> int:
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
        raise UsageError(f"no command {name!r}{near(name, commands) or '; there are: ' + ', '.join(commands)}")
    module = import_module(commands[name][0])
    if argv is not None:
        return int(module.main(arguments[1:]))
    # The process is the command's own: it may read sys.argv, and start itself anew.
    sys.argv = [f"adkit {name}", *arguments[1:]]
    return int(module.main())


if __name__ == "__main__":
    sys.exit(main())
