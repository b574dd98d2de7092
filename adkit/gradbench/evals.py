"""Every eval by its name, with its functions: what ``define`` and ``evaluate`` can ask for."""

from __future__ import annotations

from . import ba, det, gmm, hello, ht, kmeans, llsq, lse, lstm, ode, particle, saddle
from .evaluation import Evaluation

__all__ = ["EVALS"]

EVALS: dict[str, dict[str, Evaluation]] = {
    "hello": hello.FUNCTIONS,
    "lse": lse.FUNCTIONS,
    "llsq": llsq.FUNCTIONS,
    "ode": ode.FUNCTIONS,
    "det": det.FUNCTIONS,
    "kmeans": kmeans.FUNCTIONS,
    "gmm": gmm.FUNCTIONS,
    "lstm": lstm.FUNCTIONS,
    "ba": ba.FUNCTIONS,
    "ht": ht.FUNCTIONS,
    "saddle": saddle.FUNCTIONS,
    "particle": particle.FUNCTIONS,
}
