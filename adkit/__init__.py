"""adkit: forward- and reverse-mode automatic differentiation of NumPy programs, side by side.

>>> import numpy as np, adkit
>>> f = lambda x: np.sum(np.sin(x) ** 2)
>>> x = np.array([0.5, 1.0])
>>> gradient = adkit.grad(f)(x)                                   # reverse mode: one sweep for all inputs
>>> value, slope = adkit.jvp(f, (x,), (np.array([1.0, 0.0]),))    # forward mode: one sweep for one direction
>>> bool(np.isclose(gradient[0], slope))
True
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .console import early as _early  # first: from here on Ctrl-C ends a command's process in one line  # noqa: F401
from . import buffer as _buffer  # copies and likenesses that take assignment  # noqa: F401
from .counting import count_sweeps
from .userrules import custom_jvp, custom_vjp
from .debug import debug_mutations
from .errors import (
    AdkitError,
    AdkitWarning,
    DerivativeError,
    IndependentOutputWarning,
    NonDifferentiableWarning,
    InexpressibleError,
    LevelError,
    MutationError,
    NanError,
    UnsupportedError,
)
from .forward import derivative, jacfwd, jvp
from .higher import hessian, hvp, jacobian, stop_gradient
from .linearization import linearize
from .nans import debug_nans
from .ops.network import (
    cross_entropy_logits,
    cross_entropy_probabilities,
    leaky_relu,
    log_softmax,
    logsumexp,
    one_hot,
    relu,
    sigmoid,
    softmax,
    softplus,
    xlogy,
)
from .recompute import checkpoint, unroll
from .registry import bilinear, case, custom, derived, elementwise, linear
from .supported import supported_functions
from .reverse import Pullback as _Pullback, grad, jacrev, value_and_grad, vjp
from .tape import Tape as _Tape

if TYPE_CHECKING:
    from .program.compile import compile
    from .program.trace import Program, trace
    from .verify.derive import derive

__version__ = "0.1.0"

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
    "Program",
    "UnsupportedError",
    "bilinear",
    "case",
    "checkpoint",
    "compile",
    "count_sweeps",
    "cross_entropy_logits",
    "cross_entropy_probabilities",
    "custom",
    "custom_jvp",
    "custom_vjp",
    "debug_mutations",
    "debug_nans",
    "derivative",
    "derive",
    "derived",
    "elementwise",
    "grad",
    "hessian",
    "hvp",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jvp",
    "leaky_relu",
    "linear",
    "linearize",
    "log_softmax",
    "logsumexp",
    "one_hot",
    "relu",
    "sigmoid",
    "softmax",
    "softplus",
    "stop_gradient",
    "supported_functions",
    "trace",
    "unroll",
    "value_and_grad",
    "vjp",
    "xlogy",
]

_LATER = {"Program": "program.trace", "compile": "program.compile", "derive": "verify.derive", "trace": "program.trace"}
"""What lives in a heavier room, which is loaded when it is first asked for."""


_ROOMS = ("draw", "numpy", "scipy", "sparse", "testing")
"""Rooms that messages speak of, found also without an import of their own."""


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _ROOMS:
        return import_module(f".{name}", __name__)
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value = getattr(import_module(f".{_LATER[name]}", __name__), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER, *_ROOMS})


def _picture(recorded: Any) -> str | None:
    """What a notebook shows of a tape: the engine knows nothing of drawing, so the surface above both brings them together."""
    from .draw.tapes import picture

    return picture(recorded)


for _kind in (_Pullback, _Tape):
    setattr(_kind, "_repr_svg_", _picture)  # noqa: B010 - neither declares it
