"""Every eval against the published vectors, and against plain references at random inputs, to 1e-10."""

from __future__ import annotations

import math
from typing import Any

import gradbench_references as reference
import numpy as np
import pytest

from adkit.gradbench import ba, particle
from adkit.gradbench.descent import GRADIENTS
from adkit.gradbench.evals import EVALS
from adkit.gradbench.fields import Fields

VECTOR = {"rtol": 2e-9, "atol": 2e-10}  # the vectors have ten digits
EXACT = {"rtol": 1e-10, "atol": 1e-10}


def evaluated(module: str, function: str, **fields: Any) -> Any:
    """The output for one run."""
    return EVALS[module][function]({**fields, "min_runs": 1, "min_seconds": 0})[0]


def close(found: Any, expected: Any, tolerance: dict[str, float] = EXACT) -> None:
    np.testing.assert_allclose(np.asarray(found, dtype=float), np.asarray(expected, dtype=float), **tolerance)


def lists(**arrays: Any) -> dict[str, Any]:
    return {name: a.tolist() if isinstance(a, np.ndarray) else a for name, a in arrays.items()}


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def test_the_comparison_sees_an_error_of_one_in_a_thousand_million() -> None:
    with pytest.raises(AssertionError):
        close([1.0, 2.0 + 4e-9], [1.0, 2.0])
    with pytest.raises(AssertionError):
        close([math.nan], [0.0])


def test_hello() -> None:
    x = 1.0
    for expected in (1.0, 2.0, 4.0, 8.0):
        function = "square" if expected in (1.0, 4.0) else "double"
        x, timings = EVALS["hello"][function](x)
        assert x == expected and len(timings) == 1
    assert EVALS["hello"]["square"](3.5)[0] == 12.25
    assert EVALS["hello"]["double"](3.5)[0] == 7.0


def test_lse(rng: np.random.Generator) -> None:
    close(evaluated("lse", "primal", x=[0.1, 0.7, 0.3]), 1.497115985, VECTOR)
    close(evaluated("lse", "gradient", x=[0.1, 0.7, 0.3]), [0.2473091798, 0.450626706, 0.3020641143], VECTOR)
    x = rng.uniform(0, 1, 1000)
    close(evaluated("lse", "primal", x=x.tolist()), reference.lse(x))
    close(evaluated("lse", "gradient", x=x.tolist()), np.exp(x) / np.exp(x).sum())
    close(evaluated("lse", "gradient", x=[1000.0, 1000.0, -1000.0]), [0.5, 0.5, 0.0])


def test_llsq(rng: np.random.Generator) -> None:
    x = [0.5, 0.25, -0.1]
    close(evaluated("llsq", "primal", x=x, n=4), 1.801790123, VECTOR)
    close(evaluated("llsq", "gradient", x=x, n=4), [1.777777778, -2.111111111, 0.9086419753], VECTOR)
    close(evaluated("llsq", "primal", x=x, n=5), 1.83875, VECTOR)
    close(evaluated("llsq", "gradient", x=x, n=5), [2.25, -2.375, 1.0375], VECTOR)
    for m, n in ((8, 16), (8, 65), (128, 64), (1, 2)):
        x = rng.normal(size=m).tolist()
        close(evaluated("llsq", "primal", x=x, n=n), reference.llsq(x, n))
        close(evaluated("llsq", "gradient", x=x, n=n), reference.llsq_gradient(x, n))


def test_ode(rng: np.random.Generator) -> None:
    x = [0.5, 0.8, 0.3]
    close(evaluated("ode", "primal", x=x, s=2), [1, 0.8, 0.16], VECTOR)
    close(evaluated("ode", "gradient", x=x, s=2), [0.32, 0.2, 0.5333333333], VECTOR)
    x += [0.9, 0.6, 0.7]
    close(evaluated("ode", "primal", x=x, s=2)[5], 0.00315, VECTOR)
    close(evaluated("ode", "gradient", x=x, s=2), [0.0063, 0.0039375, 0.0105, 0.0035, 0.00525, 0.0045], VECTOR)
    for n, s in ((1, 1), (2, 3), (5, 10), (30, 4)):
        x = rng.uniform(0, 1, n)
        close(evaluated("ode", "primal", x=x.tolist(), s=s), reference.ode(x, s))
        expected = reference.by_complex_step(lambda x, s=s: reference.ode(x, s)[-1], x)
        close(evaluated("ode", "gradient", x=x.tolist(), s=s), expected)


def test_det(rng: np.random.Generator) -> None:
    a = [2, 0.5, -1, 0.3, 1.5, 0.7, -0.4, 0.9, 1.1]
    close(evaluated("det", "primal", A=a, ell=3), 0.865, VECTOR)
    close(evaluated("det", "gradient", A=a, ell=3), [1.02, -0.61, 0.87, -1.45, 1.8, -2, 1.85, -1.7, 2.85], VECTOR)
    for ell in range(1, 12):
        a = rng.uniform(0, 1, (ell, ell))
        close(evaluated("det", "primal", A=a.ravel().tolist(), ell=ell), np.linalg.det(a))
        expected = np.linalg.det(a) * np.linalg.inv(a).T
        close(evaluated("det", "gradient", A=a.ravel().tolist(), ell=ell), expected.ravel())


def test_the_gradient_of_a_determinant_that_is_zero(rng: np.random.Generator) -> None:
    a = [[1.0, 2.0], [2.0, 4.0]]  # the matrix of cofactors needs no inverse
    close(evaluated("det", "gradient", A=[1.0, 2.0, 2.0, 4.0], ell=2), [a[1][1], -a[1][0], -a[0][1], a[0][0]])


def test_kmeans(rng: np.random.Generator) -> None:
    points = [[0.1, 0.2], [0.9, 0.8], [0.3, 0.1], [0.7, 0.95]]
    centroids = [[0.25, 0.3], [0.6, 0.7]]
    close(evaluated("kmeans", "cost", points=points, centroids=centroids), 0.2475, VECTOR)
    close(evaluated("kmeans", "dir", points=points, centroids=centroids), [[0.05, 0.15], [-0.2, -0.175]], VECTOR)
    data = rng.uniform(0, 1, (1000, 8))
    cost, step = reference.kmeans(data, data[:10])
    fields = lists(points=data, centroids=data[:10])
    close(evaluated("kmeans", "cost", **fields), cost)
    close(evaluated("kmeans", "dir", **fields), step)


def mixture(rng: np.random.Generator, d: int, k: int, n: int) -> tuple[Any, ...]:
    shapes = ((k,), (k, d), (k, d), (k, d * (d - 1) // 2), (n, d))
    return tuple([rng.normal(0, 0.5, shape) for shape in shapes])


@pytest.mark.parametrize(("d", "k", "n", "m", "gamma"), [(1, 1, 1, 0, 1.0), (3, 2, 4, 1, 1.5), (2, 5, 100, 0, 1.0)])
def test_gmm(rng: np.random.Generator, d: int, k: int, n: int, m: int, gamma: float) -> None:
    alpha, mu, q, low, x = mixture(rng, d, k, n)
    fields = lists(d=d, k=k, n=n, m=m, gamma=gamma, x=x, alpha=alpha, mu=mu, q=q, l=low)
    close(evaluated("gmm", "objective", **fields), reference.gmm(alpha, mu, q, low, x, m, gamma))
    found = evaluated("gmm", "jacobian", **fields)
    params = {"alpha": alpha, "mu": mu, "q": q, "l": low}
    assert list(found) == list(params)
    for name, value in params.items():

        def moved(v: Any, name: str = name) -> Any:
            return reference.gmm(*[v if name == other else params[other] for other in params], x, m, gamma)

        expected = reference.by_complex_step(moved, value) if value.size else np.zeros(0)
        close(found[name], expected.reshape(value.shape))


def test_gmm_of_ten_dimensions(rng: np.random.Generator) -> None:
    alpha, mu, q, low, x = mixture(rng, 10, 5, 100)
    fields = lists(d=10, k=5, n=100, m=0, gamma=1.0, x=x, alpha=alpha, mu=mu, q=q, l=low)
    params = (alpha, mu, q, low)
    found = evaluated("gmm", "jacobian", **fields)
    # Along one direction: the complex step of the function of all parameters.
    v = [rng.normal(size=p.shape) for p in params]
    step = 1j * reference.STEP
    moved = reference.gmm(*[p + step * t for p, t in zip(params, v, strict=True)], x, 0, 1.0)
    close(sum([np.sum(np.array(found[name]) * t) for name, t in zip(found, v, strict=True)]), moved.imag / reference.STEP)


def test_gmm_vectors() -> None:
    fields: dict[str, Any] = {
        "d": 2, "k": 2, "n": 3, "m": 1, "gamma": 1.5, "x": [[0.5, -0.3], [1.2, 0.7], [-0.4, 0.9]], "alpha": [0.2, -0.5],
        "mu": [[0.1, 0.4], [0.8, -0.2]], "q": [[0.3, -0.1], [-0.2, 0.25]], "l": [[0.6], [-0.35]],
    }  # fmt: skip
    close(evaluated("gmm", "objective", **fields), -12.72402055, VECTOR)
    found = evaluated("gmm", "jacobian", **fields)
    close(found["alpha"], [0.06607068428, -0.06607068428], VECTOR)
    close(found["mu"], [[0.760050734, 0.2921719312], [-0.1971440989, 0.8182880822]], VECTOR)
    close(found["q"], [[-2.687947931, 0.8804310888], [0.2869949508, -2.554665986]], VECTOR)
    close(found["l"], [[-1.657044443], [0.6995304412]], VECTOR)
    fields = {
        "d": 3, "k": 2, "n": 2, "m": 0, "gamma": 1, "x": [[0.5, -0.3, 0.2], [1.2, 0.7, -0.6]], "alpha": [0.2, -0.5],
        "mu": [[0.1, 0.4, 0.3], [0.8, -0.2, 0.5]], "q": [[0.3, -0.1, 0.2], [-0.2, 0.25, 0.1]],
        "l": [[0.6, 0.1, -0.4], [-0.35, 0.7, 0.2]],
    }  # fmt: skip
    close(evaluated("gmm", "objective", **fields), -22.62851174, VECTOR)


def test_lstm_vector() -> None:
    fields = {
        "main_params": [[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8], [0.15, -0.25, 0.35, -0.45, 0.55, -0.65, 0.75, -0.85]],
        "extra_params": [[0.9, 1.1], [0.7, -0.6], [0.05, 0.2]], "state": [[0.3, -0.1], [0.2, 0.4]],
        "sequence": [[1, 0], [0, 1], [1, 1]],
    }  # fmt: skip
    close(evaluated("lstm", "objective", **fields), 0.9473860796, VECTOR)
    found = evaluated("lstm", "jacobian", **fields)
    close(found[:4], [0.0004691389428, -0.0008320728977, -0.001221281589, 0.00107797847], VECTOR)
    close(found[-2:], [-0.02819127507, -0.2909799272], VECTOR)
    close(sum(found), -0.3339166212, VECTOR)
    assert len(found) == 22


@pytest.mark.parametrize(("layers", "width", "characters"), [(1, 1, 2), (2, 3, 6), (3, 2, 5)])
def test_lstm(rng: np.random.Generator, layers: int, width: int, characters: int) -> None:
    main, extra = rng.normal(0, 1, (2 * layers, 4 * width)), rng.normal(0, 1, (3, width))
    state = rng.normal(0, 1, (2 * layers, width))
    sequence = rng.integers(0, 2, (characters, width)).astype(float)
    fields = lists(main_params=main, extra_params=extra, state=state, sequence=sequence)
    close(evaluated("lstm", "objective", **fields), reference.lstm(main, extra, state, sequence))
    expected = [
        reference.by_complex_step(lambda main: reference.lstm(main, extra, state, sequence), main),
        reference.by_complex_step(lambda extra: reference.lstm(main, extra, state, sequence), extra),
    ]
    close(evaluated("lstm", "jacobian", **fields), np.concatenate([e.ravel() for e in expected]))


def test_lstm_of_fifty_characters(rng: np.random.Generator) -> None:
    main, extra, state = rng.normal(0, 1, (4, 28)), rng.normal(0, 1, (3, 7)), rng.normal(0, 1, (4, 7))
    sequence = rng.integers(0, 2, (50, 7)).astype(float)
    fields = lists(main_params=main, extra_params=extra, state=state, sequence=sequence)
    v, w = rng.normal(size=main.shape), rng.normal(size=extra.shape)
    step = 1j * reference.STEP
    moved = reference.lstm(main + step * v, extra + step * w, state, sequence)
    close(evaluated("lstm", "jacobian", **fields) @ np.concatenate([v.ravel(), w.ravel()]), moved.imag / reference.STEP)


BA = {
    "n": 2, "m": 3, "p": 10, "cam": [0.1, -0.2, 0.3, 0.4, 0.5, -0.6, 2, 0.1, -0.3, 0.05, 0.01], "x": [1, -0.5, 2],
    "w": 0.8, "feat": [0.6, -0.9],
}  # fmt: skip


def test_ba_vector() -> None:
    found = evaluated("ba", "objective", **BA)
    assert found["reproj_error"]["repeated"] == found["w_err"]["repeated"] == 10
    close(found["reproj_error"]["elements"], [-0.153732398, -0.213167799], VECTOR)
    close(found["w_err"]["element"], 0.36, VECTOR)
    found = evaluated("ba", "jacobian", **BA)
    assert list(found) == ["rows", "cols", "vals"]
    assert found["rows"] == [*range(0, 301, 15), *range(301, 310), 310]
    assert found["cols"] == [*range(11), 22, 23, 24, 31, *range(11), 22, 23, 24, 31, 40]
    first = [0.4291424542, 1.641424698, 0.5777461999, -0.5632515743, 0.2000912267, 0.2069392966, 0.123133801, 0.8, 0,
             0.0504089455, 0.01042945311, 0.5632515743, -0.2000912267, -0.2069392966, -0.1921654975]  # fmt: skip
    close(found["vals"][:15], first, VECTOR)
    close([found["vals"][k] for k in (15, 29, 30)], [-1.902447549, -0.2664597487, -1.6], VECTOR)
    close(sum(found["vals"]), 0.5764754732, VECTOR)


@pytest.mark.parametrize("still", [False, True])
def test_ba(rng: np.random.Generator, still: bool) -> None:
    n, m, p = 3, 4, 13
    cam, x, feat, w = rng.normal(0, 1, 11), rng.normal(0, 1, 3), rng.normal(0, 1, 2), 0.7
    if still:
        cam[:3] = 0.0
    fields = lists(n=n, m=m, p=p, cam=cam, x=x, w=w, feat=feat)
    close(evaluated("ba", "objective", **fields)["reproj_error"]["elements"], reference.ba_residual(cam, x, w, feat))
    found = EVALS["ba"]["jacobian"].run(*EVALS["ba"]["jacobian"].read(Fields(fields)))
    for mine, theirs in zip(found, reference.ba_jacobian(n, m, p, cam, x, w, feat), strict=True):
        close(mine, theirs)


def test_ba_gives_every_observation_its_own_row(rng: np.random.Generator) -> None:
    """Cameras and points that differ, as the message cannot have them."""
    n, m, p = 2, 3, 7
    cams, points, weights, feat = rng.normal(size=(11, n)), rng.normal(size=(3, m)), rng.normal(size=p), rng.normal(size=(2, p))
    pointers, columns, values = ba.jacobian(cams, points, weights, feat)
    dense = np.zeros((3 * p, 11 * n + 3 * m + p))
    for row, (start, stop) in enumerate(zip(pointers, pointers[1:], strict=False)):
        np.add.at(dense[row], columns[start:stop], values[start:stop])

    def everything(z: Any) -> Any:
        cams, points, weights = z[: 11 * n].reshape(n, 11), z[11 * n : 11 * n + 3 * m].reshape(m, 3), z[11 * n + 3 * m :]
        found = [reference.ba_residual(cams[i % n], points[i % m], weights[i], feat[:, i]) for i in range(p)]
        return np.concatenate([*found, 1 - weights**2])

    close(dense, reference.by_complex_step(everything, np.concatenate([cams.T.ravel(), points.T.ravel(), weights])))


def test_a_compiled_derivative_serves_the_next_input_of_the_same_shape(rng: np.random.Generator) -> None:
    """Other points are nearest, another camera stands still: nothing of the first input is left in the program."""
    for _ in range(3):
        points = rng.uniform(0, 1, (40, 2))
        _, step = reference.kmeans(points, points[:5])
        close(evaluated("kmeans", "dir", **lists(points=points, centroids=points[:5])), step)
        a = rng.uniform(0, 1, (4, 4))
        close(evaluated("det", "gradient", A=a.ravel().tolist(), ell=4), (np.linalg.det(a) * np.linalg.inv(a).T).ravel())
    for turn in (0.3, 0.0, 0.2, 0.0):
        cam = [turn, -turn, turn, *BA["cam"][3:]]
        found = EVALS["ba"]["jacobian"].run(*EVALS["ba"]["jacobian"].read(Fields({**BA, "cam": cam})))
        expected = reference.ba_jacobian(2, 3, 10, np.array(cam, dtype=float), np.array(BA["x"]), 0.8, np.array(BA["feat"]))
        close(found[2], expected[2])


def hand(mirrored: bool = False) -> dict[str, Any]:
    """The model of the test vector."""
    c, s = [np.cos(0.1 * i) for i in range(22)], [np.sin(0.1 * i) for i in range(22)]
    return {
        "bone_count": 22, "bone_names": [f"bone{i}" for i in range(22)],
        "parents": [-1] + [0 if i % 4 == 1 else i - 1 for i in range(1, 22)],
        "base_relatives": [
            [[c[i], -s[i], 0, 0.02 * (i + 1)], [s[i], c[i], 0, 0.05], [0, 0, 1, -0.01 * i], [0, 0, 0, 1]] for i in range(22)
        ],
        "inverse_base_absolutes": [
            [[1, 0.01 * i, 0, -0.1], [0, 1, 0, 0.02], [0.03, 0, 1, 0], [0, 0, 0, 1]] for i in range(22)
        ],
        "base_positions": [[0.2 + 0.1 * v, 0.3 - 0.1 * v, 0.05 * v, 1] for v in range(4)],
        "weights": [[((v + i) % 3) / 22 for i in range(22)] for v in range(4)],
        "triangles": [[0, 1, 2], [1, 3, 2]], "is_mirrored": mirrored,
    }  # fmt: skip


def test_ht_vector() -> None:
    data = {"correspondences": [0, 1], "points": [[0.5, -0.2, 0.1], [0.3, 0.4, -0.6]], "model": hand()}
    theta = [0.03 * (j + 1) for j in range(26)]
    fields: dict[str, Any] = {"theta": theta, "us": [[0.2, 0.3], [0.5, 0.1]], "data": data}
    expected = [0.2493260348, -0.6783882002, -0.06355247432, 0.03603928824, -0.09901931871, -0.7745701879]
    close(evaluated("ht", "objective", **fields), expected, VECTOR)
    found = np.array(evaluated("ht", "jacobian", **fields))
    assert found.shape == (6, 28)
    row = [0.08520745961, 0.0275096611, -0.008949331514, 0.02163888623, 0.3279104037, -1, 0, 0, -0.01428956931]
    close(found[0, :9], row, VECTOR)
    close([found.sum(), abs(found).sum()], [-6.271858769, 10.12442458], VECTOR)
    fields["us"] = []
    expected = [0.3092391041, -0.6257452529, -0.02118714157, 0.05154130563, -0.09147122323, -0.7601129388]
    close(evaluated("ht", "objective", **fields), expected, VECTOR)
    found = np.array(evaluated("ht", "jacobian", **fields))
    assert found.shape == (6, 26)
    close([found.sum(), abs(found).sum()], [-6.627237818, 9.59389041], VECTOR)


@pytest.mark.parametrize("simple", [True, False])
@pytest.mark.parametrize("still", [False, True])
def test_ht(rng: np.random.Generator, simple: bool, still: bool) -> None:
    vertices, count = 30, 12
    model = {
        **hand(mirrored=not still), "base_positions": np.hstack([rng.normal(size=(vertices, 3)), np.ones((vertices, 1))]).tolist(),
        "weights": rng.uniform(0, 1, (vertices, 22)).tolist(), "triangles": rng.integers(0, vertices, (9, 3)).tolist(),
        "base_relatives": rng.normal(size=(22, 4, 4)).tolist(), "inverse_base_absolutes": rng.normal(size=(22, 4, 4)).tolist(),
        "parents": [-1, -1] + [int(rng.integers(0, i)) for i in range(2, 22)],
    }  # fmt: skip
    data = {
        "correspondences": rng.integers(0, vertices if simple else 9, count).tolist(),
        "points": rng.normal(size=(count, 3)).tolist(), "model": model,
    }  # fmt: skip
    theta = rng.normal(0, 0.3, 26)
    if still:
        theta[:3] = 2e-5
    us = None if simple else rng.uniform(0, 0.5, (count, 2))
    fields = {"theta": theta.tolist(), "us": [] if us is None else us.tolist(), "data": data}
    close(evaluated("ht", "objective", **fields), reference.ht(theta, us, data).ravel())
    close(evaluated("ht", "jacobian", **fields), reference.ht_jacobian(theta, us, data))
    if still:
        assert not np.any(np.array(evaluated("ht", "jacobian", **fields))[:, 0 if simple else 2 : 3 if simple else 5])


MODES = ("rr", "ff", "fr", "rf")


@pytest.mark.parametrize("modes", MODES)
def test_saddle(modes: str) -> None:
    start = [0.5, -0.25]  # the eval's own start, [1, 1], takes a quarter as long again
    found = evaluated("saddle", modes, start=start)
    close(np.array(found) * 1e6, [11.96367924, -5.98183962, 11.96367924, -5.98183962], VECTOR)
    close(np.array(found) * 1e6, reference.saddle(np.array(start)) * 1e6)
    assert evaluated("saddle", modes, start=[0.25, 0.25]) == [0.25, 0.25, 0.25, 0.25]


def test_particle_reference() -> None:
    close(reference.particle_miss(0.0), [3.199079003, -19.40463645, 353], VECTOR)
    close(reference.particle_miss(0.2), [0.006913102591, -1.901981291, 354], VECTOR)


@pytest.mark.parametrize("modes", MODES)
def test_particle_one_gradient(modes: str) -> None:
    outer, inner = GRADIENTS[modes[0]], GRADIENTS[modes[1]]
    for w in (0.0, 0.2, 0.5):
        value, slope, _ = reference.particle_miss(w)
        close(particle.miss(np, np.float64(w), inner), value)
        close(outer(lambda w, inner=inner: particle.miss(np, w, inner), (0,))(np.float64(w)), [slope])


@pytest.mark.parametrize("modes", MODES)
def test_particle(modes: str) -> None:
    # Near the end of the descent, which from w = 0 is 84 gradients long.
    close(evaluated("particle", modes, w=0.2071), reference.particle(0.2071))


def test_particle_from_the_start() -> None:
    close(reference.particle(0.0), 0.2071918746486116)
    close(evaluated("particle", "fr", w=0.0), 0.2071918746486116)


@pytest.mark.parametrize("module", EVALS)
def test_a_run_leaves_its_input_as_it_was_and_repeats(module: str, rng: np.random.Generator) -> None:
    inputs: dict[str, Any] = {
        "lse": {"x": [0.5, 0.1]}, "llsq": {"x": [0.5, 0.25], "n": 4}, "ode": {"x": [0.5, 0.8], "s": 2},
        "det": {"A": [1.0, 2.0, 3.0, 4.0], "ell": 2}, "kmeans": {"points": [[0.0], [1.0]], "centroids": [[0.2]]},
        "gmm": lists(d=2, k=1, n=2, m=0, gamma=1.0, **dict(zip(("alpha", "mu", "q", "l", "x"), mixture(rng, 2, 1, 2), strict=True))),
        "lstm": {"main_params": [[0.1] * 4, [0.2] * 4], "extra_params": [[1.0], [0.5], [0.2]], "state": [[0.1], [0.2]],
                 "sequence": [[1], [0]]},
        "ba": BA, "saddle": {"start": [0.1, 0.1]}, "particle": {"w": 0.2071},
        "ht": {"theta": [0.1] * 26, "us": [[0.2, 0.3]],
               "data": {"correspondences": [0], "points": [[0.5, -0.2, 0.1]], "model": hand()}},
    }  # fmt: skip
    for function in EVALS[module].values():
        if module == "hello":
            assert function(2.0)[0] == function(2.0)[0]
            continue
        arguments = function.read(Fields(inputs[module]))
        first = function.write(function.run(*arguments))
        assert function.write(function.run(*arguments)) == first
        assert function({**inputs[module], "min_runs": 3, "min_seconds": 0})[0] == first
