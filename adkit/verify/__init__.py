"""Proof that the rules are right: by numbers (``numeric``, ``check``) and by SymPy (``proof``).

``sample`` chooses the calls on which an op is tried, ``sweeps`` pushes and pulls through them.
"""

from __future__ import annotations

from .reading import Proofs, proofs

__all__ = ["Proofs", "proofs"]
