"""Search for hyperparameters: grid, random, Bayesian by a Gaussian process, CMA-ES, population based training.

Every search takes ``executor=``, a ``concurrent.futures.Executor`` (processes, a Dask cluster) or None, and finds the same
with each: a trial's seed depends on its number alone, and results are used in the order of their numbers.

The rooms: space (what is searched, and a trial), sampling (grid, random), process (the Gaussian process), bayes,
evolution (CMA-ES), population (PBT).
"""

from __future__ import annotations

from .bayes import bayesian_search
from .evolution import cma_search
from .population import Member, Population, population_based_training
from .process import GaussianProcess, expected_improvement
from .sampling import grid_search, random_search
from .space import Choice, Found, Real, Trial, Whole

__all__ = [
    "Choice", "Found", "GaussianProcess", "Member", "Population", "Real", "Trial", "Whole", "bayesian_search", "cma_search",
    "expected_improvement", "grid_search", "population_based_training", "random_search",
]  # fmt: skip
