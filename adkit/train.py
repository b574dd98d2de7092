"""``python -m adkit.train``: train a network of the lecture, in either mode, and say how well it went."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from .console.ending import carry_out

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit status; ``argv`` is what follows the command's name.

    With ``argv`` absent the process is this command's own, and is started anew with its settings pinned.
    """
    return carry_out("adkit train", lambda: _answer(argv), "interrupted")


def _answer(argv: Sequence[str] | None) -> int:
    from .nn.command import answer  # here, so that Ctrl-C while it is loaded ends as it does later

    return answer(argv)


if __name__ == "__main__":
    sys.exit(main())
