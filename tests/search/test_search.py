"""The searches: what they propose, what they find, and that it is the same wherever trials are computed."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from adkit.search import (
    Choice,
    Found,
    GaussianProcess,
    Real,
    Whole,
    bayesian_search,
    cma_search,
    expected_improvement,
    grid_search,
    population_based_training,
    random_search,
)  # fmt: skip
from adkit.search.process import matern, negative_log_marginal_likelihood
from adkit.testing import check_grads
from paper_figures.jaderberg2017_pbt_fig2 import explore, train
from paper_figures.snoek2012_branin import SPACE, branin


def noisy(x: float, seed: tuple[int, int]) -> float:
    return x * x + float(np.random.default_rng(seed).normal())


def searches() -> dict[str, Callable[[Executor | None], Found]]:
    return {
        "grid": lambda pool: grid_search(branin, SPACE, 3, executor=pool),
        "random": lambda pool: random_search(branin, SPACE, 8, seed=3, executor=pool),
        "bayes": lambda pool: bayesian_search(branin, SPACE, 9, at_once=3, seed=1, executor=pool),
    }


@pytest.fixture(scope="module")
def processes() -> Iterator[Executor]:
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


@pytest.fixture(scope="module")
def dask() -> Iterator[Executor]:
    distributed = pytest.importorskip("distributed", reason="the extra dask is not installed")
    settings = {"n_workers": 2, "threads_per_worker": 1, "processes": False, "dashboard_address": None, "protocol": "tcp://"}
    with distributed.LocalCluster(host="127.0.0.1", **settings) as cluster, distributed.Client(cluster, set_as_default=False) as client:
        yield client.get_executor()


@pytest.mark.parametrize("where", ["processes", "dask"])
@pytest.mark.parametrize("name", searches())
def test_the_same_search_finds_the_same_everywhere(name: str, where: str, request: pytest.FixtureRequest) -> None:
    search = searches()[name]
    assert search(request.getfixturevalue(where)) == search(None)


@pytest.mark.parametrize("where", ["processes", "dask"])
def test_a_population_trains_the_same_everywhere(where: str, request: pytest.FixtureRequest) -> None:
    start = np.array([[0.9, 0.9]])
    members = [(start, {"h1": 1.0, "h2": 0.0}), (start, {"h1": 0.0, "h2": 1.0})]

    def run(pool: Executor | None) -> Any:
        found = population_based_training(train, members, 5, explore=explore, seed=2, executor=pool)
        return [[(m.state.tolist(), m.params, m.value, m.parent) for m in row] for row in found.rounds]

    assert run(request.getfixturevalue(where)) == run(None)


def test_cma_is_the_same_everywhere(processes: Executor) -> None:
    pytest.importorskip("cma", reason="the extra cma is not installed")
    found = [cma_search(branin, SPACE, 60, seed=4, executor=pool) for pool in (None, processes)]
    assert found[0] == found[1]
    assert found[0].best.value < 3


def test_cma_takes_a_single_range() -> None:
    pytest.importorskip("cma", reason="the extra cma is not installed")
    found = cma_search(lambda x: (x - 0.7) ** 2, {"x": Real(0.0, 1.0)}, 80)
    assert list(found.best.params) == ["x"]
    assert found.best.value < 1e-3


def test_cma_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    import adkit.search.evolution as evolution

    def absent(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(evolution, "import_module", absent)
    with pytest.raises(ImportError, match=r"pip install \"\.\[cma\]\""):
        cma_search(branin, SPACE, 10)
    with pytest.raises(TypeError, match="CMA-ES moves through real numbers"):
        cma_search(branin, {"x": Whole(0, 3)}, 10)


def test_a_trials_seed_depends_on_its_number_alone() -> None:
    space = {"x": Real(0, 1)}
    few, many = [random_search(noisy, space, n, seed=5, seeded=True) for n in (3, 6)]
    assert many.trials[:3] == few.trials
    with ThreadPoolExecutor(3) as pool:
        assert random_search(noisy, space, 6, seed=5, seeded=True, executor=pool) == many
    assert random_search(noisy, space, 6, seed=6, seeded=True) != many


def test_the_grid_is_the_product_of_its_axes() -> None:
    seen = []
    grid_search(lambda **p: seen.append(tuple(p.values())) or 0.0, {"a": Real(0, 1), "b": Choice("xy"), "c": Whole(1, 2)}, 3)
    assert len(set(seen)) == len(seen) == 3 * 2 * 2
    assert {a for a, _, _ in seen} == {0.0, 0.5, 1.0}


def test_ranges() -> None:
    assert [Whole(0, 9).at(u) for u in (0.0, 0.999, 1.0)] == [0, 9, 9]
    assert Real(1e-6, 1, log=True).at(0.5) == pytest.approx(1e-3)
    assert Real(2, 4).at(1.0) == 4.0
    counts = np.bincount([Whole(0, 3).at(u) for u in np.random.default_rng(0).random(4000)])
    assert counts.min() > 850
    for bad in (lambda: Real(1, 1), lambda: Real(0, 1, log=True), lambda: Real(0, np.inf), lambda: Whole(3, 2), lambda: Choice([])):
        with pytest.raises(ValueError, match=r"^(Real|Whole|Choice): "):
            bad()


def test_bad_requests_are_explained() -> None:
    for call, said in (
        (lambda: grid_search(branin, {}, 3), "space is a dict"),
        (lambda: grid_search(branin, {"x": (0, 1)}, 3), "a range is Real"),
        (lambda: grid_search(lambda x: "a", {"x": Real(0, 1)}, 2), "must return a number, not str"),
        (lambda: population_based_training(lambda s, p, seed: 1.0, [(0, {}), (0, {})], 1), "must return a pair"),
    ):
        with pytest.raises(TypeError, match=said):
            call()
    for call, said in (
        (lambda: grid_search(branin, SPACE, 0), "per_axis is at least 1"),
        (lambda: random_search(branin, SPACE, 0), "trials is at least 1"),
        (lambda: bayesian_search(branin, SPACE, 3, at_once=0), "at least 1"),
        (lambda: population_based_training(train, [(0, {})], 1), "at least 2 members"),
        (lambda: GaussianProcess.fitted(np.zeros(3), np.zeros(3), np.random.default_rng(0)), "points"),
        (lambda: random_search(lambda x: np.nan, {"x": Real(0, 1)}, 2).best, "every trial gave nan"),
    ):
        with pytest.raises(ValueError, match=said):
            call()


def test_trials_that_fail_do_not_win() -> None:
    found = bayesian_search(lambda x: np.nan if x < 0.3 else x, {"x": Real(0, 1)}, 10)
    assert 0.3 <= found.best.value < 0.5
    assert np.nanmin(found.values) == found.best_so_far[-1]


# the Gaussian process --------------------------------------------------------------------------------


def test_the_marginal_likelihood_is_the_normal_density() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.random((6, 2)), rng.normal(size=6)
    theta = {"log_lengths": np.array([-0.5, 0.2]), "log_amplitude": 0.3, "log_noise": -1.0, "mean": 0.1}
    K = matern(theta, x, x) + np.exp(-2.0) * np.eye(6)
    _, logdet = np.linalg.slogdet(2 * np.pi * K)
    wanted = (y - 0.1) @ np.linalg.solve(K, y - 0.1) / 2 + logdet / 2
    assert negative_log_marginal_likelihood(theta, x, y) == pytest.approx(wanted, rel=1e-8)
    check_grads(lambda t: negative_log_marginal_likelihood(t, x, y), (theta,), order=2)


def test_the_kernel_is_maternes() -> None:
    theta = {"log_lengths": np.array([np.log(0.5)]), "log_amplitude": np.log(2.0)}
    r = np.sqrt(5) * 0.3 / 0.5
    assert matern(theta, np.zeros((1, 1)), np.full((1, 1), 0.3))[0, 0] == pytest.approx(4 * (1 + r + r * r / 3) * np.exp(-r))


def test_the_process_passes_through_its_points_and_doubts_elsewhere() -> None:
    x = np.linspace(0, 1, 7)[:, None]
    process = GaussianProcess.fitted(x, 50 + 10 * np.sin(5 * x[:, 0]), np.random.default_rng(0))
    mean, deviation = process(x)
    np.testing.assert_allclose(mean, 50 + 10 * np.sin(5 * x[:, 0]), atol=0.3)
    assert deviation.max() < 0.5 < process(np.array([[3.0]]))[1][0]


def test_the_process_without_scipy(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    x = np.linspace(0, 1, 7)[:, None]
    process = GaussianProcess.fitted(x, np.sin(5 * x[:, 0]), np.random.default_rng(0))
    assert process(np.array([[0.4]]))[0][0] == pytest.approx(np.sin(2.0), abs=0.05)


def test_expected_improvement_is_the_integral() -> None:
    rng = np.random.default_rng(0)
    draws = 0.3 + 0.5 * rng.normal(size=200_000)
    found = expected_improvement(np.array([0.3]), np.array([0.5]), 0.1)[0]
    assert found == pytest.approx(np.maximum(0.1 - draws, 0).mean(), abs=3e-3)


# population based training ---------------------------------------------------------------------------


def test_the_worst_copies_the_best() -> None:
    def climb(state: float, params: dict[str, float], seed: Any) -> tuple[float, float]:
        assert len(seed) == 3
        return state - params["lr"], state - params["lr"]

    found = population_based_training(climb, [(10.0, {"lr": lr}) for lr in (0.0, 0.1, 0.2, 1.0)], 3)
    second = found.rounds[1]
    assert second[0].parent == 3
    assert second[0].params["lr"] in (0.8, 1.2)
    assert second[0].state == pytest.approx(9.0 - second[0].params["lr"])
    assert [m.parent for m in second[1:]] == [None] * 3
    alone = population_based_training(climb, [(10.0, {"lr": lr}) for lr in (0.0, 0.1)], 3, exploit=False)
    assert alone.values[:, 0].tolist() == [10.0] * 3
    assert alone.best.params == {"lr": 0.1}
