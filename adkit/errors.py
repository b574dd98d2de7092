"""The errors and warnings of adkit, each with a name to catch."""

from __future__ import annotations

__all__ = [
    "AdkitError",
    "AdkitWarning",
    "DerivativeError",
    "IndependentOutputWarning",
    "InexpressibleError",
    "LevelError",
    "MutationError",
    "NanError",
    "NonDifferentiableWarning",
    "UnsupportedError",
]


class AdkitError(Exception):
    """The base of adkit's own errors."""


class UnsupportedError(AdkitError, TypeError, NotImplementedError):
    """A NumPy function (or a way to call one) for which adkit has no rule."""


class DerivativeError(AdkitError, TypeError, ValueError):
    """A derivative that was asked for in a form that does not exist: wrong shapes, integers, ..."""


class LevelError(AdkitError, RuntimeError):
    """A value that outlived the differentiation it belongs to."""


class MutationError(AdkitError, RuntimeError):
    """An array that was changed in place after it had been recorded."""


class NanError(AdkitError, ArithmeticError):
    """A nan that appeared inside ``debug_nans()``: which op it was, where it was called, and with what."""


class InexpressibleError(AdkitError, TypeError):
    """A function, or a use of one, that SymPy has no expression for: there is nothing to prove an identity about."""


class AdkitWarning(UserWarning):
    """The base of adkit's own warnings."""


class IndependentOutputWarning(AdkitWarning):
    """The output does not depend on the input: the derivative is zero everywhere."""


class NonDifferentiableWarning(AdkitWarning):
    """A derivative was taken where there is none, or only that of some functions of the result: repeated eigenvalues, ..."""
