"""How an extra is installed: what a message says where an optional package is missing."""

from __future__ import annotations

__all__ = ["remedy"]


def remedy(extra: str) -> str:
    """The command that brings an extra, for the end of a message.

    It names the checkout, not the project: what PyPI has under the name adkit is somebody else's.

    >>> remedy("scipy")
    'pip install ".[scipy]" in a checkout of adkit'
    """
    return f'pip install ".[{extra}]" in a checkout of adkit'
