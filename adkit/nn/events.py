"""What a callback of the training loop is told.

A callback is any function ``callback(event)``; after every epoch it is called with an :class:`Event`.  If it returns
True, training stops.  A callback with a method ``restore(event)`` is asked, once training has ended, for the
parameters and the state to end with.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["Event"]


@dataclass
class Event:
    """Where training stands.

    Attributes
    ----------
    epoch, step : how many are done.
    module, params, state : the network as it is now.
    previous : the parameters before the last update.
    gradients : those of the last update.
    inputs, targets : the last batch.
    losses : by name, ``{"train": ..., "test": ...}``; what is not known is absent.
    """

    epoch: int
    step: int
    module: Any
    params: Any
    state: Any = field(default_factory=dict)
    previous: Any = None
    gradients: Any = None
    inputs: Any = None
    targets: Any = None
    losses: dict[str, float] = field(default_factory=dict)
