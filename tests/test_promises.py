"""The promises, one by one: nothing is silently zero, frozen or wrong; every refusal names the way out."""

from __future__ import annotations

import functools
import warnings
from collections import OrderedDict, namedtuple
from dataclasses import dataclass, field
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pytest

import adkit
from adkit.registry import TABLE

X = np.array([0.7, -1.3, 2.1])
X.flags.writeable = False


def _both(f: Any, x: Any = X) -> list[Any]:
    """Ways to start a differentiation of ``f`` at ``x``, in either mode."""
    return [lambda: adkit.grad(f)(x), lambda: adkit.jvp(f, (x,), (np.ones_like(x),)), lambda: adkit.jacfwd(f)(x)]


# a function without a rule -----------------------------------------------------------------------------

_NAMES = [
    "angle", "apply_along_axis", "apply_over_axes", "array_split", "average", "bartlett", "block", "choose", "clip",
    "column_stack", "compress", "convolve", "copyto", "corrcoef", "correlate", "cov", "cross", "cumulative_prod",
    "cumulative_sum", "delete", "diag", "diagflat", "diff", "digitize", "divmod", "ediff1d", "einsum_path", "extract",
    "fft.fft", "fft.fftshift", "fft.irfft", "fft.rfft", "fill_diagonal", "float_power", "frexp", "gcd", "gradient",
    "histogram2d", "histogramdd", "i0", "insert", "interp", "invert", "isin", "ix_", "kron", "linalg.cholesky", "linalg.cond",
    "linalg.eig", "linalg.eigh", "linalg.eigvals", "linalg.eigvalsh", "linalg.inv", "linalg.lstsq", "linalg.matrix_power",
    "linalg.matrix_rank", "linalg.multi_dot", "linalg.pinv", "linalg.qr", "linalg.slogdet", "linalg.solve", "linalg.svd",
    "linalg.tensorsolve", "median", "meshgrid", "modf", "nan_to_num", "nancumprod", "nancumsum", "nanmax", "nanmean",
    "nanmedian", "nanmin", "nanpercentile", "nanprod", "nanquantile", "nanstd", "nansum", "nanvar", "nextafter", "packbits",
    "pad", "partition", "percentile", "piecewise", "place", "poly", "polyadd", "polyder", "polydiv", "polyfit", "polyint",
    "polymul", "polysub", "polyval", "put", "put_along_axis", "putmask", "quantile", "real_if_close", "resize", "roots",
    "rot90", "select", "setdiff1d", "sort_complex", "take_along_axis", "trapezoid", "tri", "trim_zeros", "unwrap", "vander",
    "apply_along_axis", "busday_count", "kaiser", "left_shift", "lcm", "linspace", "logspace", "geomspace", "rollaxis",
    "union1d", "unstack", "vecdot", "matvec", "vecmat", "spacing", "bitwise_count", "unpackbits", "ravel_multi_index",
    "triu_indices_from", "savetxt", "lexsort", "bincount", "histogram_bin_edges", "intersect1d", "setxor1d", "sinc",
]  # fmt: skip


def _resolve(name: str) -> Any:
    return functools.reduce(getattr, name.split("."), np)


WITHOUT_RULE = sorted({n for n in _NAMES if hasattr(np, n.split(".")[0]) and _resolve(n) not in TABLE})


def _refusal(fun: Any) -> str:
    """What a call of ``fun`` on a box says: asked through NumPy's protocol, so that any signature will do."""

    def f(x: Any) -> Any:
        if isinstance(fun, np.ufunc):
            return x.__array_ufunc__(fun, "__call__", *([x] * fun.nin))
        return x.__array_function__(fun, (type(x),), (x,), {})

    texts = []
    for run in _both(f):
        with pytest.raises(adkit.UnsupportedError) as caught:
            run()
        texts.append(str(caught.value))
    assert len(set(texts)) == 1
    return texts[0]


@pytest.mark.parametrize("name", WITHOUT_RULE)
def test_a_function_without_a_rule_is_named_with_the_remedies(name: str) -> None:
    fun = _resolve(name)
    text = _refusal(fun)
    assert fun.__name__ in text
    if fun is not np.copyto:
        assert "adkit.custom_jvp" in text
        assert "adkit.supported_functions()" in text


def test_the_nearest_function_is_suggested() -> None:
    def nanosum(x: Any) -> Any:
        raise AssertionError

    def arctan3(x: Any) -> Any:
        raise AssertionError

    assert "'arctan2'" in _refusal(arctan3) or "'arctan'" in _refusal(arctan3)
    assert "sum'" in _refusal(nanosum)


def test_an_unsupported_function_is_caught_as_what_it_is() -> None:
    """By whatever name a caller expects: a NumPy user a TypeError, a library author NotImplementedError."""
    fun = next(_resolve(n) for n in ("busday_count", "packbits") if _resolve(n) not in TABLE)
    for kind in (adkit.UnsupportedError, adkit.AdkitError, TypeError, NotImplementedError):
        with pytest.raises(kind):
            adkit.grad(lambda x: x.__array_function__(fun, (type(x),), (x,), {}))(X)


def test_supported_functions_lists_what_the_message_promises() -> None:
    listed = adkit.supported_functions()
    text = " ".join(map(str, listed))
    for name in ("sin", "sum", "matmul", "reshape", "where"):
        assert name in text


def test_a_parameter_without_a_known_derivative_is_refused() -> None:
    """Silently held constant, or leaking through the rule, it would give a wrong number."""
    for f in (
        lambda x: np.linalg.norm(x, ord=x[2]),
        lambda x: np.linalg.norm(x, x[2]),
        lambda x: np.prod(x, initial=x[0]),
    ):
        for run in _both(f):
            with pytest.raises(
                adkit.DerivativeError, match=r"no derivative is known with respect to '(order|initial)'"
            ):
                run()
    held = lambda x: np.linalg.norm(x, ord=adkit.stop_gradient(x[2]))
    np.testing.assert_allclose(adkit.grad(held)(X), adkit.grad(lambda x: np.linalg.norm(x, ord=X[2]))(X))


# integers -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("driver", ["grad", "value_and_grad", "jacfwd", "jacrev", "jacobian", "hessian"])
@pytest.mark.parametrize(
    ("x", "remedy"),
    [
        (3, "3.0"), (True, "1.0"), (np.int64(3), "3.0"), (np.bool_(True), "1.0"), (np.arange(3), "astype(float)"),
        (np.array([True, False]), "astype(float)"), (np.array(3), "astype(float)"), (np.array(["a"]), "<U1"),
        (np.array(["2020-01-01"], dtype="datetime64"), "datetime64"), (3 + 4j, None),
    ],
)  # fmt: skip
def test_an_integer_argument_is_refused_with_the_remedy(driver: str, x: Any, remedy: str | None) -> None:
    if remedy is None:
        return
    with pytest.raises(adkit.DerivativeError) as caught:
        getattr(adkit, driver)(lambda x: np.sum(x * 1.0))(x)
    assert remedy in str(caught.value)
    assert "argument 0" in str(caught.value)


def test_an_integer_is_refused_by_the_other_drivers() -> None:
    for run in (
        lambda: adkit.jvp(lambda x: x * 1.0, (3,), (1.0,)),
        lambda: adkit.vjp(lambda x: x * 1.0, 3),
        lambda: adkit.linearize(lambda x: x * 1.0, 3),
        lambda: adkit.hvp(lambda x: x * 1.0, 3, 1.0),
        lambda: adkit.derivative(lambda x: x * 1.0)(3),
    ):
        with pytest.raises(adkit.DerivativeError, match=r"integer; pass 3\.0"):
            run()


class Layer(NamedTuple):
    W: Any
    b: Any


@dataclass(frozen=True)
class Net:
    layers: list[Layer]
    scale: Any
    name: str = field(default="net", metadata={"static": True})


@pytest.mark.parametrize(
    ("argument", "path"),
    [
        ({"w": [1.0, 2]}, "argument 0['w'][1]"),
        ((1.0, (2.0, np.arange(2))), "argument 0[1][1]"),
        (Layer(np.ones(2), 3), "argument 0.b"),
        (Net([Layer(1.0, 2.0), Layer(1.0, 2)], 1.0), "argument 0.layers[1].b"),
        ([np.ones(2), np.ones(2, dtype=int)], "argument 0[1]"),
    ],
)
def test_the_path_to_an_integer_inside_a_container(argument: Any, path: str) -> None:
    for driver in (adkit.grad, adkit.jacfwd, adkit.jacrev):
        with pytest.raises(adkit.DerivativeError) as caught:
            driver(lambda p: 1.0)(argument)
        assert path in str(caught.value)
    with pytest.raises(adkit.DerivativeError) as caught:
        adkit.vjp(lambda p: 1.0, argument)
    assert path in str(caught.value)


def test_two_equal_leaves_are_told_apart_in_the_message() -> None:
    """Small integers are one object in Python: the path must still be that of a wrong leaf."""
    with pytest.raises(adkit.DerivativeError, match=r"argument 0\['b'\]"):
        adkit.grad(lambda p: p["a"])({"a": 1.0, "b": 2})


def test_integers_may_be_arguments_that_are_not_differentiated() -> None:
    assert adkit.grad(lambda x, n: x**n)(2.0, 3) == 12.0
    assert adkit.grad(lambda n, x: x**n, argnums=1)(3, 2.0) == 12.0


# results ------------------------------------------------------------------------------------------------------


def test_a_gradient_needs_one_number() -> None:
    for f, shape in ((lambda x: x * 2, "(3,)"), (lambda x: x[None] * 2, "(1, 3)"), (lambda x: x[:1], "(1,)")):
        for driver in (adkit.grad, adkit.value_and_grad):
            with pytest.raises(adkit.DerivativeError) as caught:
                driver(f)(X)
            for word in (f"shape {shape}", "adkit.jacobian", "adkit.vjp", "np.sum"):
                assert word in str(caught.value)


@pytest.mark.parametrize(
    ("result", "word"),
    [
        (None, "return statement missing"),
        ("text", "str"),
        ((1.0, 2.0), "tuple"),
        ([1.0], "list"),
        ({"a": 1.0}, "dict"),
        (object(), "object"),
    ],
)
def test_a_gradient_of_what_is_no_number(result: Any, word: str) -> None:
    with pytest.raises(adkit.DerivativeError, match=word):
        adkit.grad(lambda x: result)(X)


def test_a_gradient_of_a_container_with_a_number_inside() -> None:
    with pytest.raises(adkit.DerivativeError, match="tuple"):
        adkit.grad(lambda x: (np.sum(x), 1.0))(X)
    with pytest.raises(adkit.DerivativeError, match="dict"):
        adkit.grad(lambda x: {"loss": np.sum(x)})(X)


@pytest.mark.parametrize(
    "run",
    [
        lambda f: adkit.jvp(f, (X,), (X,)),
        lambda f: adkit.vjp(f, X),
        lambda f: adkit.jacfwd(f)(X),
        lambda f: adkit.jacrev(f)(X),
        lambda f: adkit.linearize(f, X),
        lambda f: adkit.jacobian(f)(X),
        lambda f: adkit.hessian(f)(X),
    ],
)
def test_a_forgotten_return_statement(run: Any) -> None:
    def f(x: Any) -> None:
        np.sum(x)

    with pytest.raises(adkit.DerivativeError, match="return statement missing"):
        run(f)


def test_a_boolean_result_has_no_gradient() -> None:
    with pytest.raises(adkit.DerivativeError, match="bool"):
        adkit.grad(lambda x: x[0] > 0)(X)


def test_what_is_no_function() -> None:
    for driver in (
        adkit.grad,
        adkit.value_and_grad,
        adkit.jacfwd,
        adkit.jacrev,
        adkit.jacobian,
        adkit.hessian,
        adkit.derivative,
    ):
        with pytest.raises(adkit.DerivativeError, match="must be a function, not float"):
            driver(3.0)
    for run in (
        lambda: adkit.jvp(3.0, (1.0,), (1.0,)),
        lambda: adkit.vjp(3.0, 1.0),
        lambda: adkit.linearize(3.0, 1.0),
        lambda: adkit.hvp(3.0, 1.0, 1.0),
    ):
        with pytest.raises(adkit.DerivativeError, match="must be a function, not float"):
            run()


# tangents and cotangents ----------------------------------------------------------------------------------------


def test_tangents_must_have_the_shape_of_their_primals() -> None:
    f = lambda x: x * 2.0
    for wrong in (np.ones(2), 1.0, np.ones((3, 1)), np.ones((1, 3)), np.ones(0)):
        for run in (
            lambda: adkit.jvp(f, (X,), (wrong,)),  # noqa: B023
            lambda: adkit.vjp(f, X)[1](wrong),  # noqa: B023
            lambda: adkit.linearize(f, X)[1](wrong),  # noqa: B023
            lambda: adkit.hvp(lambda x: np.sum(x * x), X, wrong),  # noqa: B023
        ):
            with pytest.raises(adkit.DerivativeError, match="shape") as caught:
                run()
            assert str(np.shape(wrong)) in str(caught.value)
            assert "(3,)" in str(caught.value)


def test_tangents_must_have_the_structure_of_their_primals() -> None:
    def f(p: Any) -> Any:
        return {"y": p["a"] * p["b"][0]}

    p = {"a": 2.0, "b": [3.0]}
    for wrong in (
        {"a": 1.0},
        {"a": 1.0, "b": 1.0},
        {"a": 1.0, "c": [1.0]},
        (1.0, 1.0),
        {"a": 1.0, "b": [1.0, 2.0]},
        1.0,
    ):
        with pytest.raises(adkit.DerivativeError, match="structure"):
            adkit.jvp(f, (p,), (wrong,))
    _, pullback = adkit.vjp(f, p)
    for wrong in (1.0, {"z": 1.0}, {"y": [1.0]}, ()):
        with pytest.raises(adkit.DerivativeError, match="structure"):
            pullback(wrong)
    assert pullback({"y": 1.0})[0] == {"a": 3.0, "b": [2.0]}


def test_the_order_of_a_dicts_keys_does_not_matter() -> None:
    """Two dicts are equal whatever the order of their keys, so a tangent is matched by key, never by place."""
    p = {"a": 2.0, "b": 3.0}
    _, tangent = adkit.jvp(lambda p: p["a"] * 10 + p["b"], (p,), ({"b": 1.0, "a": 0.0},))
    assert tangent == 1.0
    _, pullback = adkit.vjp(lambda x: {"u": x * 10, "v": x}, 1.0)
    assert pullback({"v": 1.0, "u": 0.0})[0] == 1.0
    _, push = adkit.linearize(lambda p: p["a"] * 10 + p["b"], p)
    assert push({"b": 1.0, "a": 0.0}) == 1.0


def test_tangents_are_given_in_tuples() -> None:
    f = lambda x: x * 2.0
    for primals, tangents in ((X, X), ((X,), X), (X, (X,))):
        with pytest.raises(adkit.DerivativeError, match="tuples"):
            adkit.jvp(f, primals, tangents)
    with pytest.raises(adkit.DerivativeError, match="1 primals but 2 tangents"):
        adkit.jvp(f, (X,), (X, X))
    with pytest.raises(adkit.DerivativeError, match="1 tangents are needed, 2"):
        adkit.linearize(f, X)[1](X, X)
    with pytest.raises(adkit.DerivativeError, match="primals after the function"):
        adkit.vjp(f)


def test_tangents_of_another_kind() -> None:
    f = lambda x: x * 2.0
    for wrong in ("text", np.array(["a", "b", "c"]), np.array([1, 2, 3], dtype=object), X + 1j):
        for run in (lambda: adkit.jvp(f, (X,), (wrong,)), lambda: adkit.vjp(f, X)[1](wrong)):  # noqa: B023
            with pytest.raises(adkit.DerivativeError):
                run()
    with pytest.raises(adkit.DerivativeError):
        adkit.jvp(f, (X,), (None,))


# an output that does not depend on the input -------------------------------------------------------------------


@pytest.mark.parametrize(
    "f",
    [
        lambda x: 3.0,
        lambda x: np.float64(2.0),
        lambda x: np.sum(x > 0) * 1.0,
        lambda x: np.sum(np.floor(adkit.stop_gradient(x))),
    ],
)
def test_an_independent_output_warns_and_its_derivative_is_zero(f: Any) -> None:
    for run in (
        adkit.grad(f),
        adkit.jacfwd(f),
        adkit.jacrev(f),
        adkit.jacobian(f),
        lambda x: adkit.vjp(f, x)[1](1.0)[0],
    ):
        with pytest.warns(adkit.IndependentOutputWarning, match="does not depend on"):
            got = run(X)
        assert got.shape == (3,)
        assert not got.any()
    with pytest.warns(adkit.IndependentOutputWarning):
        assert adkit.jvp(f, (X,), (X,))[1] == 0.0
    with pytest.warns(adkit.IndependentOutputWarning):
        assert adkit.linearize(f, X)[1](X) == 0.0


def test_the_argument_that_does_not_matter_is_named() -> None:
    with pytest.warns(adkit.IndependentOutputWarning, match="argument 1"):
        a, b = adkit.grad(lambda x, y: np.sum(x), argnums=(0, 1))(X, X)
    np.testing.assert_array_equal(a, np.ones(3))
    np.testing.assert_array_equal(b, np.zeros(3))


def test_the_warning_points_at_the_callers_line() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        adkit.grad(lambda x: 3.0)(X)
        adkit.jvp(lambda x: 3.0, (X,), (X,))
        adkit.jacrev(lambda x: 3.0)(X)
        adkit.jacfwd(lambda x: 3.0)(X)
        adkit.vjp(lambda x: 3.0, X)
        adkit.value_and_grad(lambda x: 3.0)(X)
    assert len(caught) == 6
    assert {w.filename for w in caught} == {__file__}


def test_constant_derivatives_do_not_warn() -> None:
    """That a linear function's gradient is constant, or a quadratic's Hessian, is no surprise."""
    linear = lambda x: np.sum(x * np.array([1.0, 2.0, 3.0]))
    np.testing.assert_array_equal(adkit.hessian(linear)(X), np.zeros((3, 3)))
    np.testing.assert_array_equal(adkit.hvp(linear, X, X), np.zeros(3))
    np.testing.assert_array_equal(adkit.jacfwd(adkit.grad(linear))(X), np.zeros((3, 3)))
    np.testing.assert_array_equal(adkit.jacrev(adkit.jacfwd(linear))(X), np.zeros((3, 3)))
    assert adkit.derivative(lambda x: 3.0 * x, order=2)(1.0) == 0.0
    assert adkit.derivative(lambda x: 3.0 * x, order=4)(1.0) == 0.0


def test_a_part_of_a_container_that_does_not_matter_is_zero_without_a_warning() -> None:
    g = adkit.grad(lambda p: np.sum(p["used"] ** 2))({"used": X, "unused": np.ones((2, 2))})
    np.testing.assert_allclose(g["used"], 2 * X)
    np.testing.assert_array_equal(g["unused"], np.zeros((2, 2)))
    y, pullback = adkit.vjp(lambda x: (x * 2, 5.0), X)
    np.testing.assert_array_equal(pullback((np.ones(3), 1.0))[0], [2, 2, 2])


# argnums --------------------------------------------------------------------------------------------------------


def _three(x: Any, y: Any, z: Any) -> Any:
    return x * 2.0 + y * 3.0 + z * 5.0


@pytest.mark.parametrize(
    "driver",
    [
        adkit.grad,
        adkit.jacfwd,
        adkit.jacrev,
        adkit.jacobian,
        lambda f, argnums: lambda *a: adkit.value_and_grad(f, argnums)(*a)[1],
    ],
)
def test_argnums(driver: Any) -> None:
    at = (1.0, 1.0, 1.0)
    for argnums, want in (
        (0, 2.0),
        (1, 3.0),
        (-1, 5.0),
        (-3, 2.0),
        (np.int64(2), 5.0),
        (np.int32(-2), 3.0),
        (np.array(1), 3.0),
        ((0,), (2.0,)),
        ((2, 0), (5.0, 2.0)),
        ((-1, -3), (5.0, 2.0)),
        ([0, 1], (2.0, 3.0)),
        ((np.int64(0), 1, -1), (2.0, 3.0, 5.0)),
    ):
        got = driver(_three, argnums=argnums)(*at)
        assert got == want
        assert isinstance(got, tuple) == isinstance(want, tuple)


@pytest.mark.parametrize(
    ("argnums", "words"),
    [
        (3, "argnums=3"),
        (-4, "argnums=-4"),
        ((0, 3), "argnums=3"),
        ((0, 0), "twice"),
        ((0, -3), "twice"),
        (True, "True"),
        (False, "False"),
        (np.True_, "True"),
        ((0, True), "True"),
        ("x", "'x'"),
        ("0", "'0'"),
        (1.0, "1.0"),
        (None, "None"),
        ((), "empty"),
        ([], "empty"),
        ((0, "y"), "'y'"),
        (slice(0, 1), "slice"),
    ],
)
def test_argnums_that_are_none(argnums: Any, words: str) -> None:
    for driver in (adkit.grad, adkit.value_and_grad, adkit.jacfwd, adkit.jacrev, adkit.jacobian, adkit.hessian):
        with pytest.raises(adkit.DerivativeError) as caught:
            driver(_three, argnums=argnums)(1.0, 1.0, 1.0)
        assert words in str(caught.value)


def test_an_argument_by_name_cannot_be_differentiated_silently() -> None:
    with pytest.raises(adkit.DerivativeError, match="keyword arguments are not differentiated"):
        adkit.grad(_three)(x=1.0, y=1.0, z=1.0)
    with pytest.raises(adkit.DerivativeError, match="by position"):
        adkit.grad(_three, argnums=2)(1.0, 1.0, z=1.0)


def test_hessian_with_argnums() -> None:
    f = lambda x, y: x * x * y
    assert adkit.hessian(f)(2.0, 3.0) == 6.0
    assert adkit.hessian(f, argnums=-1)(2.0, 3.0) == 0.0
    assert adkit.hessian(f, argnums=(0, 1))(2.0, 3.0) == ((6.0, 4.0), (4.0, 0.0))


def test_keyword_arguments_pass_through() -> None:
    def f(x: Any, *, scale: Any = 1.0, **rest: Any) -> Any:
        return np.sum(x * scale) * rest.get("more", 1.0)

    for driver in (adkit.grad, adkit.jacfwd, adkit.jacrev, adkit.jacobian):
        np.testing.assert_array_equal(driver(f)(X, scale=3.0), [3, 3, 3])
        np.testing.assert_array_equal(driver(f)(X, scale=np.array([1, 2, 3]), more=2), [2, 4, 6])
    assert adkit.value_and_grad(f)(X, scale=2.0)[0] == pytest.approx(2 * X.sum())
    np.testing.assert_array_equal(adkit.hessian(f)(X, scale=3.0), np.zeros((3, 3)))


def test_derived_functions_have_telling_names() -> None:
    assert adkit.grad(_three).__name__ == "grad(_three)"
    assert "_three" in repr(adkit.jacfwd(_three))


# has_aux ------------------------------------------------------------------------------------------------------------


def _with_aux(x: Any) -> Any:
    y = np.sin(x)
    return np.sum(y), {
        "y": y,
        "n": 3,
        "name": "aux",
        "none": None,
        "both": [y[0] * 2, (x,)],
        "array": np.array([x[0], 1.0]),
    }


def _check_aux(aux: Any) -> None:
    """What comes out is plain: the boxes of the level have ended."""
    np.testing.assert_allclose(aux["y"], np.sin(X))
    assert type(aux["y"]) is np.ndarray
    assert (aux["n"], aux["name"], aux["none"]) == (3, "aux", None)
    assert isinstance(aux["both"][0], np.float64)
    assert type(aux["both"][1][0]) is np.ndarray
    np.testing.assert_allclose(np.asarray(aux["array"], dtype=float), [X[0], 1.0])


def test_has_aux_everywhere() -> None:
    want = np.cos(X)
    gradient, aux = adkit.grad(_with_aux, has_aux=True)(X)
    np.testing.assert_allclose(gradient, want)
    _check_aux(aux)
    (value, aux), gradient = adkit.value_and_grad(_with_aux, has_aux=True)(X)
    assert value == pytest.approx(np.sin(X).sum())
    np.testing.assert_allclose(gradient, want)
    _check_aux(aux)
    y, ydot, aux = adkit.jvp(_with_aux, (X,), (np.ones(3),), has_aux=True)
    assert ydot == pytest.approx(want.sum())
    _check_aux(aux)
    y, pullback, aux = adkit.vjp(_with_aux, X, has_aux=True)
    np.testing.assert_allclose(pullback(1.0)[0], want)
    _check_aux(aux)
    for driver in (adkit.jacfwd, adkit.jacrev):
        jacobian, aux = driver(_with_aux, has_aux=True)(X)
        np.testing.assert_allclose(jacobian, want)
        _check_aux(aux)
    for mode in ("auto", "forward", "reverse"):
        jacobian, aux = adkit.jacobian(_with_aux, mode=mode, has_aux=True)(X)
        np.testing.assert_allclose(jacobian, want)
        _check_aux(aux)


def test_aux_within_another_level_keeps_the_outer_derivative() -> None:
    def f(x: Any) -> Any:
        gradient, aux = adkit.grad(lambda u: (np.sum(u * u * x), u * x), has_aux=True)(x)
        return np.sum(gradient * aux)  # 2 x^2 * x^2

    for d in (adkit.grad, adkit.jacfwd):
        np.testing.assert_allclose(d(f)(X), 8 * X**3)


@pytest.mark.parametrize(
    "wrong", [lambda x: np.sum(x), lambda x: (np.sum(x),), lambda x: (np.sum(x), 1, 2), lambda x: [np.sum(x), 1]]
)
def test_has_aux_without_an_aux(wrong: Any) -> None:
    for run in (
        lambda: adkit.grad(wrong, has_aux=True)(X),
        lambda: adkit.jvp(wrong, (X,), (X,), has_aux=True),
        lambda: adkit.vjp(wrong, X, has_aux=True),
        lambda: adkit.jacfwd(wrong, has_aux=True)(X),
        lambda: adkit.jacrev(wrong, has_aux=True)(X),
    ):
        with pytest.raises(adkit.DerivativeError, match="pair"):
            run()


# containers -----------------------------------------------------------------------------------------------------------

Point = namedtuple("Point", "u v")  # noqa: PYI024


@dataclass
class Params:
    W: Any
    b: Any = 0.0
    note: Any = None
    steps: int = field(default=3, metadata={"static": True})

    def __post_init__(self) -> None:
        if not isinstance(self.note, (str, type(None))):
            raise TypeError("note")


@dataclass(frozen=True, slots=True)
class Frozen:
    a: Any
    inner: Any = None


def _total(p: Any) -> Any:
    """A number in which every leaf counts differently."""
    leaves = adkit.tree.leaves(p)
    return sum(
        np.sum((k + 1.0) * v**2) for k, v in enumerate(leaves) if v is not None and not isinstance(v, (str, int))
    )


CONTAINERS = {
    "tuple": (X, 2.0),
    "list": [X, [2.0, 3.0]],
    "dict": {"a": X, "b": {"c": 2.0}},
    "ordered dict": OrderedDict([("z", X), ("a", 2.0)]),
    "namedtuple": Point(X, 2.0),
    "typed namedtuple": Layer(np.ones((2, 3)), X),
    "dataclass": Params(X, 2.0),
    "dataclass with text": Params(X, 2.0, note="text", steps=7),
    "frozen dataclass": Frozen(X, Frozen(2.0)),
    "nested": {
        "layers": [Layer(np.ones((2, 2)), 1.0), Layer(X, (2.0,))],
        "meta": None,
        "name": "net",
        "p": Params(1.5),
    },
    "empty inside": {"a": X, "none": (), "d": {}},
    "numbers": [1.0, np.float64(2.0), np.array(3.0), np.float32(1.5)],
}


@pytest.mark.parametrize("name", CONTAINERS)
def test_containers_as_arguments(name: str) -> None:
    p = CONTAINERS[name]
    leaves = [v for v in adkit.tree.leaves(p) if v is not None and not isinstance(v, (str, int))]
    value, gradient = adkit.value_and_grad(_total)(p)
    assert value == pytest.approx(float(_total(p)))
    assert type(gradient) is type(p)
    for d in (gradient, adkit.jacfwd(_total)(p), adkit.jacrev(_total)(p), adkit.vjp(_total, p)[1](1.0)[0]):
        found = [v for v in adkit.tree.leaves(d) if v is not None and not isinstance(v, (str, int))]
        numbered = [k for k, v in enumerate(adkit.tree.leaves(p)) if v is not None and not isinstance(v, (str, int))]
        assert len(found) == len(leaves)
        for g, x, k in zip(found, leaves, numbered, strict=True):
            np.testing.assert_allclose(g, 2 * (k + 1) * np.asarray(x))
            assert np.shape(g) == np.shape(x)
    tangent = adkit.jvp(_total, (p,), (gradient,))[1]
    assert tangent == pytest.approx(sum(float(np.sum(g * g)) for g in found), rel=1e-6)
    assert adkit.linearize(_total, p)[1](gradient) == pytest.approx(tangent)


def test_the_gradient_of_a_dataclass_keeps_its_static_fields() -> None:
    p = Params(X, 2.0, note="text", steps=7)
    g = adkit.grad(lambda p: np.sum(p.W * p.b) * p.steps)(p)
    np.testing.assert_allclose(g.W, 14.0 * np.ones(3))
    assert g.b == pytest.approx(7 * X.sum())
    assert g.steps == 7
    assert (p.b, p.note) == (2.0, "text")
    assert g.note is None or g.note == "text"


def test_containers_as_results() -> None:
    def f(x: Any) -> Any:
        return {
            "list": [x * 2, x[0]],
            "point": Point(x**2, 1.0),
            "layer": Frozen(np.sum(x), (x,)),
            "p": Params(x * 3, note="kept"),
        }

    y, ydot = adkit.jvp(f, (X,), (np.ones(3),))
    np.testing.assert_allclose(ydot["point"].u, 2 * X)
    assert ydot["point"].v == 0.0
    assert isinstance(y["layer"], Frozen)
    assert ydot["layer"].a == 3.0
    np.testing.assert_allclose(ydot["p"].W, [3, 3, 3])
    y, pullback = adkit.vjp(f, X)
    np.testing.assert_allclose(pullback(ydot)[0], 2 * 2 + ydot["list"][1] * np.eye(3)[0] + 4 * X**2 + 3 + 1 + 9)
    for J in (adkit.jacfwd(f)(X), adkit.jacrev(f)(X)):
        np.testing.assert_allclose(J["list"][0], 2 * np.eye(3))
        np.testing.assert_allclose(J["list"][1], np.eye(3)[0])
        np.testing.assert_allclose(J["point"].u, np.diag(2 * X))
        np.testing.assert_allclose(J["point"].v, np.zeros(3))
        np.testing.assert_allclose(J["layer"].a, np.ones(3))
        np.testing.assert_allclose(J["layer"].inner[0], np.eye(3))


def test_the_jacobian_of_a_tree_with_respect_to_a_tree() -> None:
    def f(p: Any, z: Any) -> Any:
        return [p["a"] * z, np.outer(p["a"], p["b"])]

    p, z = {"a": np.array([1.0, 2.0]), "b": np.array([3.0, 4.0, 5.0])}, 2.0
    one, two = adkit.jacfwd(f, argnums=(0, 1))(p, z), adkit.jacrev(f, argnums=(0, 1))(p, z)
    for J in (one, two):
        np.testing.assert_allclose(J[0][0]["a"], 2 * np.eye(2))
        np.testing.assert_allclose(J[0][0]["b"], np.zeros((2, 3)))
        np.testing.assert_allclose(J[0][1], [1.0, 2.0])
        np.testing.assert_allclose(J[1][0]["a"], np.einsum("ik,j->ijk", np.eye(2), p["b"]))
        np.testing.assert_allclose(J[1][0]["b"], np.einsum("i,jk->ijk", p["a"], np.eye(3)))
        np.testing.assert_allclose(J[1][1], np.zeros((2, 3)))


def test_none_and_text_as_leaves() -> None:
    p = {"w": X, "activation": "tanh", "mask": None, "fn": np.tanh}
    g = adkit.grad(lambda p: np.sum(getattr(np, p["activation"])(p["w"]) + p["fn"](p["w"])))(p)
    np.testing.assert_allclose(g["w"], 2 * (1 - np.tanh(X) ** 2))
    assert (g["activation"], g["mask"], g["fn"]) == (None, None, None)
    tangent = {"w": np.ones(3), "activation": "tanh", "mask": None, "fn": np.tanh}
    assert adkit.jvp(lambda p: np.sum(p["w"] * 2), (p,), (tangent,))[1] == 6.0
    assert adkit.jvp(lambda p: np.sum(p["w"] * 2), (p,), (g,))[1] == pytest.approx(2 * g["w"].sum())


def test_an_argument_without_any_number() -> None:
    with pytest.raises(adkit.DerivativeError, match="argument 0"):
        adkit.grad(lambda p: 1.0)("text")
    with pytest.raises(adkit.DerivativeError, match="argument 0"):
        adkit.jacfwd(lambda p: 1.0)({"a": None})


# complex numbers ----------------------------------------------------------------------------------------------------

_Z = np.array([0.7 - 0.4j, -1.1 + 0.3j])
REAL_OF_COMPLEX = {
    "abs": lambda z: np.sum(np.abs(z) ** 2),
    "abs alone": lambda z: np.sum(np.abs(z)),
    "real": lambda z: np.sum(np.real(z) ** 3),
    "imag": lambda z: np.sum(np.imag(z) ** 3),
    "angle": lambda z: np.sum(np.angle(z)),
    "product": lambda z: np.real(z[0] * z[1]),
    "conj": lambda z: np.real(np.sum(z * np.conj(z) * np.conj(z))),
    "exp": lambda z: np.imag(np.sum(np.exp(z) * z)),
    "division": lambda z: np.real(z[0] / z[1]),
    "power": lambda z: np.real(np.sum(z**3 + z**-1)),
    "log": lambda z: np.real(np.sum(np.log(z) * z)),
    "matmul": lambda z: np.real(z @ (np.array([[1.0, 2j], [3.0, 1 - 1j]]) @ z)),
    "dot": lambda z: np.imag(np.dot(z, np.conj(z) * 1j)),
    "attributes": lambda z: np.sum(z.real * z.imag),
    "sqrt": lambda z: np.real(np.sum(np.sqrt(z))),
    "sin": lambda z: np.real(np.sum(np.sin(z) + np.tanh(z))),
    "mixed with real": lambda z: np.sum(np.abs(z * np.array([2.0, 3.0])) ** 2),
    "var": lambda z: np.var(z),
}


@pytest.mark.parametrize("name", REAL_OF_COMPLEX)
def test_the_gradient_of_a_real_function_of_a_complex_variable(name: str) -> None:
    """df/dx - i df/dy, as in JAX and autograd."""
    f, h = REAL_OF_COMPLEX[name], 1e-6
    want = np.array(
        [
            (f(_Z + h * e) - f(_Z - h * e)) / (2 * h) - 1j * (f(_Z + 1j * h * e) - f(_Z - 1j * h * e)) / (2 * h)
            for e in np.eye(2)
        ]
    )
    gradient = adkit.grad(f)(_Z)
    assert gradient.dtype == complex
    np.testing.assert_allclose(gradient, want, rtol=1e-7, atol=1e-8)
    for v in (np.array([1.0, 0]), np.array([0, 1j]), np.array([0.3 - 1j, 2.0])):
        tangent = adkit.jvp(f, (_Z,), (v,))[1]
        assert np.isrealobj(tangent)
        assert tangent == pytest.approx(np.real(np.sum(want * v)), rel=1e-7)


HOLOMORPHIC = {
    "cube": (lambda z: z**3, lambda z: 3 * z**2),
    "exp": (np.exp, np.exp),
    "sin": (np.sin, np.cos),
    "log": (np.log, lambda z: 1 / z),
    "quotient": (lambda z: 1 / (1 + z * z), lambda z: -2 * z / (1 + z * z) ** 2),
    "sqrt": (np.sqrt, lambda z: 0.5 / np.sqrt(z)),
    "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
    "product of arrays": (lambda z: (z * np.array([1.0, 2j])).sum(), lambda z: 1 + 2j),
}


@pytest.mark.parametrize("name", HOLOMORPHIC)
def test_holomorphic_derivatives(name: str) -> None:
    f, want = HOLOMORPHIC[name]
    z = 0.7 - 0.4j
    assert adkit.grad(f, holomorphic=True)(z) == pytest.approx(complex(want(z)), rel=1e-13)
    assert adkit.jvp(f, (z,), (1.0 + 0j,))[1] == pytest.approx(complex(want(z)), rel=1e-13)
    assert adkit.vjp(f, z)[1](1.0 + 0j)[0] == pytest.approx(complex(want(z)), rel=1e-13)
    assert adkit.jvp(f, (z,), (2.0 - 1j,))[1] == pytest.approx(complex(want(z)) * (2 - 1j), rel=1e-13)


def test_complex_results_and_arguments_that_need_a_decision() -> None:
    with pytest.raises(adkit.DerivativeError, match="holomorphic=True"):
        adkit.grad(lambda z: z**2)(1 + 1j)
    with pytest.raises(adkit.DerivativeError, match="holomorphic=True needs complex"):
        adkit.grad(lambda x: x**2, holomorphic=True)(1.0)
    with pytest.raises(adkit.DerivativeError, match="holomorphic=True needs complex"):
        adkit.grad(lambda z: np.abs(z), holomorphic=True)(1 + 1j)
    with pytest.raises(adkit.DerivativeError, match=r"np\.real"):
        adkit.jacfwd(lambda z: z * 2)(_Z)
    with pytest.raises(adkit.DerivativeError, match=r"np\.real"):
        adkit.jacrev(lambda z: z * 2)(_Z)
    with pytest.raises(adkit.DerivativeError, match="complex"):
        adkit.jvp(lambda x: x * 2, (1.0,), (1j,))


def test_a_real_input_has_a_real_gradient_through_complex_numbers() -> None:
    f = lambda x: np.abs(np.exp(1j * x) + 2.0) ** 2  # 5 + 4 cos x
    gradient = adkit.grad(f)(0.8)
    assert np.isrealobj(gradient)
    assert gradient == pytest.approx(-4 * np.sin(0.8))
    assert adkit.jvp(f, (0.8,), (1.0,))[1] == pytest.approx(-4 * np.sin(0.8))
    assert adkit.derivative(f, order=2)(0.8) == pytest.approx(-4 * np.cos(0.8))
    assert adkit.jacfwd(adkit.grad(f))(0.8) == pytest.approx(-4 * np.cos(0.8))


# stop_gradient -----------------------------------------------------------------------------------------------------


def test_stop_gradient() -> None:
    f = lambda x: np.sum(x * adkit.stop_gradient(x) ** 2)
    for d in (adkit.grad, adkit.jacfwd, adkit.jacrev):
        np.testing.assert_allclose(d(f)(X), X**2)
    np.testing.assert_array_equal(adkit.hessian(f)(X), np.zeros((3, 3)))
    assert adkit.stop_gradient(3.0) == 3.0
    np.testing.assert_array_equal(adkit.stop_gradient(X), X)


def test_stop_gradient_of_trees_and_object_arrays() -> None:
    def f(x: Any) -> Any:
        kept = adkit.stop_gradient({"a": x, "b": [np.array([x[0], x[1]]), None, "text"]})
        assert type(kept["a"]) is np.ndarray
        assert kept["b"][1:] == [None, "text"]
        return np.sum(kept["a"] * x) + np.sum(kept["b"][0])

    for d in (adkit.grad, adkit.jacfwd):
        np.testing.assert_allclose(d(f)(X), X)


def test_stop_gradient_stops_every_level() -> None:
    f = lambda x: adkit.grad(lambda y: y * adkit.stop_gradient(x * y))(2.0)
    with pytest.warns(adkit.IndependentOutputWarning):
        assert adkit.grad(f)(3.0) == 0.0


def test_a_conversion_to_a_plain_number_after_stop_gradient() -> None:
    f = lambda x: x[int(adkit.stop_gradient(np.argmax(x)))] * float(adkit.stop_gradient(x[0]))
    np.testing.assert_allclose(adkit.grad(f)(X), [0, 0, X[0]])


# custom rules ---------------------------------------------------------------------------------------------------------


def _sin_jvp() -> Any:
    @adkit.custom_jvp
    def f(x: Any) -> Any:
        return np.sin(x)

    @f.defjvp
    def rule(primals: Any, tangents: Any) -> Any:
        (x,), (xdot,) = primals, tangents
        return f(x), 2.0 * np.cos(x) * xdot  # doubled, so that the rule is seen to be used

    return f


def _sin_vjp() -> Any:
    @adkit.custom_vjp
    def f(x: Any) -> Any:
        return np.sin(x)

    f.defvjp(lambda x: (f(x), x), lambda x, g: (2.0 * np.cos(x) * g,))
    return f


CUSTOM = {"custom_jvp": _sin_jvp, "custom_vjp": _sin_vjp}


@pytest.mark.parametrize("kind", CUSTOM)
def test_a_custom_rule_serves_both_modes(kind: str) -> None:
    f = CUSTOM[kind]()
    want = 2 * np.cos(X)
    np.testing.assert_array_equal(f(X), np.sin(X))
    np.testing.assert_allclose(adkit.grad(lambda x: np.sum(f(x)))(X), want)
    np.testing.assert_allclose(adkit.jvp(f, (X,), (X,))[1], want * X)
    np.testing.assert_allclose(adkit.vjp(f, X)[1](X)[0], want * X)
    np.testing.assert_allclose(adkit.linearize(f, X)[1](X), want * X)
    for d in (adkit.jacfwd, adkit.jacrev, lambda f: adkit.jacfwd(f, chunk=2), lambda f: adkit.jacrev(f, chunk=2)):
        np.testing.assert_allclose(d(f)(X), np.diag(want))
        np.testing.assert_allclose(d(lambda x: f(x * x) * x)(X), np.diag(2 * np.cos(X**2) * 2 * X * X + np.sin(X**2)))
    assert adkit.grad(f)(0.3) == pytest.approx(2 * np.cos(0.3))
    assert adkit.derivative(f)(0.3) == pytest.approx(2 * np.cos(0.3))


@pytest.mark.parametrize("kind", CUSTOM)
@pytest.mark.parametrize("outer", [adkit.grad, adkit.derivative, adkit.jacfwd, adkit.jacrev])
@pytest.mark.parametrize("inner", [adkit.grad, adkit.derivative, adkit.jacfwd, adkit.jacrev])
def test_a_custom_rule_is_differentiated_in_turn(kind: str, outer: Any, inner: Any) -> None:
    f = CUSTOM[kind]()
    assert outer(inner(f))(0.3) == pytest.approx(-2 * np.sin(0.3))
    # Thrice: the rule of jvp kind calls f again (so 2 again), once its outer cosine is done.
    third = adkit.grad(outer(inner(lambda x: f(x) * x)))(0.3)
    step = 1e-5
    want = (outer(inner(lambda x: f(x) * x))(0.3 + step) - outer(inner(lambda x: f(x) * x))(0.3 - step)) / (2 * step)
    assert third == pytest.approx(want, rel=1e-6)


@pytest.mark.parametrize("kind", CUSTOM)
def test_a_custom_rule_in_hessians(kind: str) -> None:
    f = CUSTOM[kind]()
    A = np.array([[1.0, -0.5, 0.3], [0.2, 0.4, -1.0]])
    loss = lambda x: np.sum(f(A @ x) ** 2)
    s, c = np.sin(A @ X), np.cos(A @ X)
    # loss' = A' (2 s 2c); differentiate 4 s c, in which s moves by the rule (2c) and c by NumPy's own (-s).
    want = A.T @ np.diag(4 * (2 * c * c - s * s)) @ A
    for way in (
        adkit.hessian,
        lambda f: adkit.jacrev(adkit.grad(f)),
        lambda f: adkit.jacfwd(adkit.jacfwd(f)),
        lambda f: adkit.jacrev(adkit.jacfwd(f)),
    ):
        np.testing.assert_allclose(way(loss)(X), want, rtol=1e-12)
    np.testing.assert_allclose(adkit.hvp(loss, X, X), want @ X, rtol=1e-12)


def _trees(kind: str) -> Any:
    """f({"a", "b"}, c) -> (a b, {"s": sum c}) with a rule that doubles the derivative in b."""
    if kind == "custom_jvp":

        @adkit.custom_jvp
        def f(p: Any, c: Any) -> Any:
            return p["a"] * p["b"], {"s": np.sum(c)}

        @f.defjvp
        def rule(primals: Any, tangents: Any) -> Any:
            (p, c), (pdot, cdot) = primals, tangents
            return f(p, c), (pdot["a"] * p["b"] + 2 * p["a"] * pdot["b"], {"s": np.sum(cdot)})

        return f

    @adkit.custom_vjp
    def h(p: Any, c: Any) -> Any:
        return p["a"] * p["b"], {"s": np.sum(c)}

    def bwd(residuals: Any, g: Any) -> Any:
        p, shape = residuals
        return {"a": g[0] * p["b"], "b": 2 * g[0] * p["a"]}, g[1]["s"] * np.ones(shape)

    h.defvjp(lambda p, c: (h(p, c), (p, np.shape(c))), bwd)
    return h


@pytest.mark.parametrize("kind", CUSTOM)
def test_custom_rules_of_trees(kind: str) -> None:
    f = _trees(kind)
    a, b, c = np.array([1.0, 2.0]), np.array([3.0, 5.0]), np.array([1.0, 2.0, 3.0])

    def g(a: Any, b: Any, c: Any) -> Any:
        product_, rest = f({"a": a, "b": b}, c)
        return product_ * rest["s"]

    s = c.sum()
    want = (np.diag(b * s), np.diag(2 * a * s), np.outer(a * b, np.ones(3)))
    for d in (adkit.jacfwd, adkit.jacrev):
        for got, right in zip(d(g, argnums=(0, 1, 2))(a, b, c), want, strict=True):
            np.testing.assert_allclose(got, right)
        for k, right in enumerate(want):
            np.testing.assert_allclose(d(g, argnums=k)(a, b, c), right)
    y, pullback = adkit.vjp(lambda a, b, c: f({"a": a, "b": b}, c), a, b, c)
    da, db, dc = pullback((np.ones(2), {"s": 10.0}))
    np.testing.assert_allclose(da, b)
    np.testing.assert_allclose(db, 2 * a)
    np.testing.assert_allclose(dc, 10 * np.ones(3))
    # Only one of the two results is used.
    np.testing.assert_allclose(adkit.grad(lambda c: f({"a": a, "b": b}, c)[1]["s"])(c), np.ones(3))
    np.testing.assert_allclose(adkit.grad(lambda a: np.sum(f({"a": a, "b": b}, c)[0]))(a), b)


@pytest.mark.parametrize("kind", CUSTOM)
def test_a_custom_function_between_two_levels(kind: str) -> None:
    """An operand of the outer level and one of the inner: no perturbation confusion through the rule."""
    if kind == "custom_jvp":

        @adkit.custom_jvp
        def f(x: Any, y: Any) -> Any:
            return x * y

        f.defjvp(lambda p, t: (f(*p), t[0] * p[1] + p[0] * t[1]))
    else:

        @adkit.custom_vjp
        def f(x: Any, y: Any) -> Any:
            return x * y

        f.defvjp(lambda x, y: (f(x, y), (x, y)), lambda r, g: (g * r[1], g * r[0]))
    for D, d in product((adkit.grad, adkit.derivative, adkit.jacfwd), repeat=2):
        assert D(lambda x: x * d(lambda y: f(x, y))(5.0))(3.0) == 6.0
        assert D(lambda x: d(lambda y: f(x, f(y, y)))(x))(3.0) == 12.0


def test_wrong_custom_rules_are_refused_clearly() -> None:
    def by_jvp(rule: Any) -> Any:
        f = adkit.custom_jvp(lambda x: np.sin(x))
        f.defjvp(rule)
        return f

    def by_vjp(fwd: Any, bwd: Any) -> Any:
        f = adkit.custom_vjp(lambda x: np.sin(x))
        f.defvjp(fwd, bwd)
        return f

    def forward(f: Any) -> Any:
        return adkit.jvp(f, (X,), (X,))

    def reverse(f: Any) -> Any:
        return adkit.vjp(f, X)[1](X)

    wrong = [
        (adkit.custom_jvp(np.sin), "no rule is defined yet"),
        (adkit.custom_vjp(np.sin), "no rule is defined yet"),
        (by_jvp(lambda p, t: np.sin(p[0])), "pair"),
        (by_jvp(lambda p, t: (np.sin(p[0]), t[0], 1)), "pair"),
        (by_jvp(lambda p, t: (np.sin(p[0]), np.sum(t[0]))), "shape"),
        (by_jvp(lambda p, t: (np.sin(p[0]), t[0][:2])), "shape"),
        (by_jvp(lambda p, t: (np.sin(p[0]), (t[0], t[0]))), "tangents for|structure|leaves"),
        (by_jvp(lambda p, t: (np.sin(p[0]), None)), "tangent"),
        (by_vjp(lambda x: np.sin(x), lambda r, g: (g,)), "pair"),
        (by_vjp(lambda x: (np.sin(x), None), lambda r, g: g), "tuple|cotangents"),
        (by_vjp(lambda x: (np.sin(x), None), lambda r, g: (g, g)), "2 cotangents for 1"),
        (by_vjp(lambda x: (np.sin(x), None), lambda r, g: ()), "0 cotangents for 1"),
        (by_vjp(lambda x: (np.sin(x), None), lambda r, g: (g[:2],)), "shape"),
        (by_vjp(lambda x: (np.sin(x), None), lambda r, g: (np.sum(g),)), "shape"),
        (by_vjp(lambda x: (np.sin(x), None), lambda r, g: ({"a": g, "b": g},)), "leaves"),
    ]  # fmt: skip
    for k, (f, words) in enumerate(wrong):
        for run in (forward, reverse, lambda f: adkit.jacfwd(f)(X), lambda f: adkit.jacrev(f)(X)):
            with pytest.raises(adkit.DerivativeError) as caught:
                run(f)
            assert any(word in str(caught.value) for word in words.split("|")), (k, str(caught.value))


def test_a_custom_function_takes_its_arguments_by_position() -> None:
    f = adkit.custom_jvp(lambda x, n=2: x**n)
    f.defjvp(lambda p, t: (p[0] ** 2, 2 * p[0] * t[0]))
    with pytest.raises(adkit.DerivativeError, match="by position"):
        f(X, n=3)


def test_custom_functions_refuse_what_is_no_function() -> None:
    for kind in (adkit.custom_jvp, adkit.custom_vjp):
        with pytest.raises(adkit.DerivativeError, match="must be a function"):
            kind(3.0)
    with pytest.raises(adkit.DerivativeError, match="must be a function"):
        adkit.custom_jvp(np.sin).defjvp(3.0)


def test_a_custom_vjp_may_give_none_for_zero() -> None:
    f = adkit.custom_vjp(lambda x, y: x * y)
    f.defvjp(lambda x, y: (x * y, y), lambda y, g: (g * y, None))
    gx, gy = adkit.grad(lambda x, y: np.sum(f(x, y)), argnums=(0, 1))(X, X)
    np.testing.assert_allclose(gx, X)
    np.testing.assert_array_equal(gy, np.zeros(3))
    np.testing.assert_array_equal(adkit.jacfwd(f, argnums=1)(X, X), np.zeros((3, 3)))


def test_a_custom_function_of_integers_and_text() -> None:
    """Arguments that carry no derivative pass through the rule as they are."""

    @adkit.custom_jvp
    def f(x: Any, n: Any, how: Any) -> Any:
        return x**n if how == "power" else x * n

    @f.defjvp
    def rule(primals: Any, tangents: Any) -> Any:
        (x, n, how), (xdot, _, _) = primals, tangents
        return f(x, n, how), xdot * n * x ** (n - 1) if how == "power" else xdot * n

    np.testing.assert_allclose(adkit.grad(lambda x: np.sum(f(x, 3, "power")))(X), 3 * X**2)
    np.testing.assert_allclose(adkit.jacfwd(lambda x: np.sum(f(x, 3, "times")))(X), [3, 3, 3])


# linearize ------------------------------------------------------------------------------------------------------------

LINEARIZED = {
    "elementwise": lambda x: np.sin(x) * np.exp(x) / (1 + x * x),
    "reductions": lambda x: np.sum(x**2) * np.max(x) + np.prod(x),
    "matmul": lambda x: np.arange(6.0).reshape(2, 3) @ x * np.dot(x, x),
    "indexing": lambda x: x[::-1] * x[[0, 0, 1]] + x[1],
    "iteration": lambda x: np.stack([a * b for a, b in zip(x, x[::-1], strict=True)]),
    "joins": lambda x: np.concatenate([x, np.stack([x[0], x[1] ** 2])]),
    "where": lambda x: np.where(x > 0, x**2, np.sin(x)),
    "trees": lambda x: {"a": [x * 2], "b": (np.sum(x), 3.0)},
    "custom": lambda x: _sin_vjp()(x) * x,
    "custom jvp": lambda x: _sin_jvp()(x) * x,
    "object array": lambda x: np.array([x[0] * x[1], x[2]]),
    "scan": lambda x: np.cumsum(x) * np.cumprod(x),
    "a pullback within": lambda x: adkit.vjp(np.sin, x)[1](x)[0],
    "a gradient within": lambda x: adkit.grad(lambda u: np.sum(u**3))(x),
}


@pytest.mark.parametrize("name", LINEARIZED)
def test_linearize_is_jvp(name: str) -> None:
    f = LINEARIZED[name]
    y, push = adkit.linearize(f, X)
    for v in (np.ones(3), X, np.array([0.0, 1.0, -2.0])):
        want_y, want = adkit.jvp(f, (X,), (v,))
        for got, right in ((y, want_y), (push(v), want)):
            for a, b in zip(adkit.tree.leaves(got), adkit.tree.leaves(right), strict=True):
                np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)
                assert np.shape(a) == np.shape(b)


def test_linearize_does_not_run_the_function_again() -> None:
    calls = []

    def f(x: Any) -> Any:
        calls.append(1)
        return np.sin(x)

    _, push = adkit.linearize(f, X)
    for _ in range(3):
        push(X)
    assert calls == [1]


def test_linearize_of_several_arguments() -> None:
    y, push = adkit.linearize(lambda p, z: p["a"] * z + p["b"], {"a": X, "b": 1.0, "name": "text"}, 2.0)
    np.testing.assert_allclose(y, X * 2 + 1)
    np.testing.assert_allclose(push({"a": np.ones(3), "b": 1.0, "name": "text"}, 3.0), 2 + 3 * X + 1)


# arrays changed in place -------------------------------------------------------------------------------------------------


def test_an_array_changed_in_place_is_found_under_the_switch() -> None:
    w = np.array([1.0, 2.0])
    with adkit.debug_mutations():
        _, pullback = adkit.vjp(lambda x: x * w, np.ones(2))
        np.testing.assert_array_equal(pullback(np.ones(2))[0], [1.0, 2.0])
        w[0] = 5.0
        with pytest.raises(adkit.MutationError, match=r"\(2,\).*'multiply'"):
            pullback(np.ones(2))
        w[0] = 1.0
        np.testing.assert_array_equal(pullback(np.ones(2))[0], [1.0, 2.0])


def test_an_array_changed_within_the_function() -> None:
    def f(x: Any) -> Any:
        w = np.ones(3)
        y = np.sum(x * w)
        w *= 2.0
        return y + np.sum(x * w)

    with adkit.debug_mutations():
        for run in (
            lambda: adkit.grad(f)(X),
            lambda: adkit.jacrev(f)(X),
            lambda: adkit.hessian(f)(X),
            lambda: adkit.linearize(f, X)[1](X),
        ):
            with pytest.raises(adkit.MutationError, match="multiply"):
                run()


def test_the_input_itself_or_a_view_changed_in_place() -> None:
    x = np.array([1.0, 2.0, 3.0])
    with adkit.debug_mutations():
        _, pullback = adkit.vjp(np.exp, x)
        x[1:][0] = 7.0
        with pytest.raises(adkit.MutationError):
            pullback(np.ones(3))


def test_the_switch_is_silent_where_nothing_changes_and_ends_with_its_block() -> None:
    w = np.array([1.0, 2.0])
    f = lambda x: np.sum(np.tanh(x * w)[::-1] @ np.eye(2)) + np.prod(x[None, :] * 2)
    with adkit.debug_mutations():
        inside = adkit.grad(f)(np.array([0.3, 0.4]))
        adkit.hessian(f)(np.array([0.3, 0.4]))
    np.testing.assert_array_equal(inside, adkit.grad(f)(np.array([0.3, 0.4])))
    _, pullback = adkit.vjp(lambda x: x * w, np.ones(2))
    w[0] = 5.0
    pullback(np.ones(2))


# zero through an infinite partial ---------------------------------------------------------------------------------------
#
# (f, its values' safe form, x): in each the branch that is not taken is singular, or has no value at all.


def _safe_sqrt(x: Any) -> Any:
    return np.where(x > 0, np.sqrt(x), 0.0)


GUARDED = {
    "sqrt at 0": (
        lambda x: np.where(x > 0, np.sqrt(x), x),
        lambda x: np.where(x > 0, 0.5 * np.abs(x) ** -0.5, 1.0),
        lambda x: np.where(x > 0, -0.25 * np.abs(x) ** -1.5, 0.0),
    ),
    "log": (
        lambda x: np.where(x > 0, np.log(x), x),
        lambda x: np.where(x > 0, 1 / x, 1.0),
        lambda x: np.where(x > 0, -1 / x**2, 0.0),
    ),
    "x log x": (
        lambda x: np.where(x > 0, x * np.log(x), 0.5 * x * x),
        lambda x: np.where(x > 0, np.log(np.abs(x)) + 1, x),
        lambda x: np.where(x > 0, 1 / x, 1.0),
    ),
    "log of a square root": (
        lambda x: np.where(x > 0, np.log(np.sqrt(x)) * x, x),
        lambda x: np.where(x > 0, 0.5 * np.log(np.abs(x)) + 0.5, 1.0),
        lambda x: np.where(x > 0, 0.5 / x, 0.0),
    ),
    "1 / x": (
        lambda x: np.where(x > 0, 1 / x, x),
        lambda x: np.where(x > 0, -1 / x**2, 1.0),
        lambda x: np.where(x > 0, 2 / x**3, 0.0),
    ),
    "x / x": (
        lambda x: np.where(x > 0, np.sin(x) / x * x, x),
        lambda x: np.where(x > 0, np.cos(x), 1.0),
        lambda x: np.where(x > 0, -np.sin(x), 0.0),
    ),
    "reciprocal": (
        lambda x: np.where(x > 0, np.reciprocal(x), x),
        lambda x: np.where(x > 0, -1 / x**2, 1.0),
        lambda x: np.where(x > 0, 2 / x**3, 0.0),
    ),
    "power 0.3": (
        lambda x: np.where(x > 0, x**0.3, x),
        lambda x: np.where(x > 0, 0.3 * np.abs(x) ** -0.7, 1.0),
        lambda x: np.where(x > 0, -0.21 * np.abs(x) ** -1.7, 0.0),
    ),
    "power -2": (
        lambda x: np.where(x > 0, x**-2.0, x),
        lambda x: np.where(x > 0, -2 / x**3, 1.0),
        lambda x: np.where(x > 0, 6 / x**4, 0.0),
    ),
    "x to the x": (
        lambda x: np.where(x > 0, x**x, x),
        lambda x: np.where(x > 0, np.abs(x) ** x * (np.log(np.abs(x)) + 1), 1.0),
        lambda x: np.where(x > 0, np.abs(x) ** x * ((np.log(np.abs(x)) + 1) ** 2 + 1 / x), 0.0),
    ),
    "exp that overflows": (
        lambda x: np.where(x > 0, x * x, np.exp(-1e4 * x) * 0.0 + np.exp(-1e4 * np.minimum(x, -1.0)) * 0 + x),
        None,
        None,
    ),
    "exp in the other branch": (
        lambda x: np.where(x > 0, x * x, np.where(x > 0, np.exp(-1e5 * (x - 1)), x)),
        lambda x: np.where(x > 0, 2 * x, 1.0),
        lambda x: np.where(x > 0, 2.0, 0.0),
    ),
    "softplus by hand": (lambda x: np.where(x > 0.5, x, np.log(1 + np.exp(1e3 * x))), None, None),
    "arcsin": (
        lambda x: np.where(np.abs(x) < 1, np.arcsin(x), x),
        lambda x: np.where(np.abs(x) < 1, 1 / np.sqrt(np.abs(1 - x * x)), 1.0),
        lambda x: np.where(np.abs(x) < 1, x / np.abs(1 - x * x) ** 1.5, 0.0),
    ),
    "arccosh": (
        lambda x: np.where(x > 1, np.arccosh(x), x),
        lambda x: np.where(x > 1, 1 / np.sqrt(np.abs(x * x - 1)), 1.0),
        lambda x: np.where(x > 1, -x / np.abs(x * x - 1) ** 1.5, 0.0),
    ),
    "arctanh": (
        lambda x: np.where(np.abs(x) < 1, np.arctanh(x), x),
        lambda x: np.where(np.abs(x) < 1, 1 / (1 - x * x), 1.0),
        lambda x: np.where(np.abs(x) < 1, 2 * x / (1 - x * x) ** 2, 0.0),
    ),
    "log1p": (
        lambda x: np.where(x > -1, np.log1p(x), x),
        lambda x: np.where(x > -1, 1 / (1 + x), 1.0),
        lambda x: np.where(x > -1, -1 / (1 + x) ** 2, 0.0),
    ),
    "cbrt": (
        lambda x: np.where(x > 0, np.cbrt(x), x),
        lambda x: np.where(x > 0, np.abs(x) ** (-2 / 3) / 3, 1.0),
        lambda x: np.where(x > 0, -2 / 9 * np.abs(x) ** (-5 / 3), 0.0),
    ),
    "hypot-like": (
        lambda x: np.where(x > 0, np.sqrt(x * x + 0 * x), x),
        lambda x: np.ones_like(x),
        lambda x: np.zeros_like(x),
    ),
    "a product with an infinity": (
        lambda x: np.where(x > 0, x * 2, x * np.inf),
        lambda x: np.where(x > 0, 2.0, np.inf),
        None,
    ),
}
del GUARDED["exp that overflows"], GUARDED["softplus by hand"]
_POINTS = np.array([0.0, 0.7, -0.4, 1.0, -1.0, 2.0, -3.0])
_AT = {"sqrt at 0": _POINTS, "cbrt": _POINTS, "a product with an infinity": np.array([0.5, 1.0])}


def _silently(f: Any) -> Any:
    """The user's own switch around the primal's warnings."""

    def g(x: Any) -> Any:
        with np.errstate(all="ignore"):
            return f(x)

    return g


FIRST = {
    "grad": lambda f: adkit.grad(lambda x: np.sum(f(x))),
    "jvp": lambda f: lambda x: np.stack([adkit.jvp(lambda u: np.sum(f(u)), (x,), (e,))[1] for e in np.eye(x.size)]),
    "vjp": lambda f: lambda x: adkit.vjp(f, x)[1](np.ones_like(x))[0],
    "jacfwd": lambda f: lambda x: np.sum(adkit.jacfwd(f)(x), axis=0),
    "jacrev": lambda f: lambda x: np.sum(adkit.jacrev(f)(x), axis=0),
    "jacrev of a sum": lambda f: adkit.jacrev(lambda x: np.sum(f(x))),
    "jacrev in chunks": lambda f: lambda x: np.sum(adkit.jacrev(f, chunk=2)(x), axis=0),
    "linearize": lambda f: lambda x: adkit.linearize(f, x)[1](np.ones_like(x)),
    "entry by entry": lambda f: lambda x: np.stack([adkit.grad(f)(v) for v in x]),
    "derivative": lambda f: lambda x: np.stack([adkit.derivative(f)(v) for v in x]),
}
SECOND = {
    "hessian": adkit.hessian,
    "reverse over reverse": lambda f: adkit.jacrev(adkit.grad(f)),
    "reverse over forward": lambda f: adkit.jacrev(adkit.jacfwd(f)),
    "forward over forward": lambda f: adkit.jacfwd(adkit.jacfwd(f)),
    "hvp": lambda f: lambda x: np.stack([adkit.hvp(f, x, e) for e in np.eye(x.size)]),
    "grad of jvp": lambda f: (
        lambda x: np.stack([adkit.grad(lambda u: adkit.jvp(f, (u,), (e,))[1])(x) for e in np.eye(x.size)])
    ),
    "jvp of jvp": lambda f: (
        lambda x: np.stack(
            [adkit.jvp(lambda u: adkit.jvp(f, (u,), (np.ones_like(x),))[1], (x,), (e,))[1] for e in np.eye(x.size)]
        )
    ),
    "vjp of vjp": lambda f: (
        lambda x: np.stack([adkit.vjp(lambda u: adkit.vjp(f, u)[1](1.0)[0], x)[1](e)[0] for e in np.eye(x.size)])
    ),
    "entry by entry": lambda f: lambda x: np.diag([adkit.grad(adkit.grad(lambda v: f(v)))(v) for v in x]),
}


def _expected(slope: Any, x: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        return np.asarray(slope(x))


@pytest.mark.parametrize("way", FIRST)
@pytest.mark.parametrize("name", GUARDED)
def test_no_nan_from_the_branch_not_taken(name: str, way: str) -> None:
    f, slope, _ = GUARDED[name]
    x = _AT.get(name, _POINTS)
    np.testing.assert_allclose(FIRST[way](_silently(f))(x), _expected(slope, x), rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("way", SECOND)
@pytest.mark.parametrize("name", [n for n in GUARDED if GUARDED[n][2] is not None])
def test_no_nan_from_the_branch_not_taken_at_second_order(name: str, way: str) -> None:
    f, _, curve = GUARDED[name]
    x = _AT.get(name, _POINTS)
    want = np.diag(_expected(curve, x))
    got = SECOND[way](lambda x: np.sum(_silently(f)(x)))(x)
    if way == "jvp of jvp":
        want = np.sum(want, axis=0)
    np.testing.assert_allclose(got, want, rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize("way", FIRST)
def test_warnings_come_from_the_primal_alone(way: str) -> None:
    """The rules' own infinities are no news: a sweep warns of nothing, in whatever state the user left the switch."""
    for state in ("ignore", "warn"):
        with np.errstate(all=state), warnings.catch_warnings():
            warnings.simplefilter("error")
            got = FIRST[way](_safe_sqrt)(np.array([0.0, 4.0]))
        np.testing.assert_allclose(got, [0.0, 0.25])


@pytest.mark.parametrize("state", ["ignore", "warn", "raise"])
def test_the_users_own_errstate_does_not_switch_the_guard_off(state: str) -> None:
    with np.errstate(all=state):
        for way in ("grad", "jacrev", "jacfwd", "jvp", "vjp", "linearize"):
            np.testing.assert_allclose(FIRST[way](_safe_sqrt)(np.array([0.0, 4.0])), [0.0, 0.25])
        for way in SECOND:
            if way != "jvp of jvp":
                got = SECOND[way](lambda x: np.sum(_safe_sqrt(x)))(np.array([0.0, 4.0]))
                np.testing.assert_allclose(got, np.diag([0.0, -1 / 32]))


def test_a_true_infinity_stays_infinite() -> None:
    """The guard removes only what a zero perturbation brought in."""
    with np.errstate(all="ignore"):
        for way in ("grad", "jacrev of a sum", "vjp", "linearize", "entry by entry"):
            np.testing.assert_array_equal(FIRST[way](np.sqrt)(np.array([0.0, 4.0])), [np.inf, 0.25])
        assert adkit.jvp(np.sqrt, (0.0,), (1.0,))[1] == np.inf
        assert adkit.jvp(np.sqrt, (0.0,), (0.0,))[1] == 0.0
        assert adkit.grad(np.log)(0.0) == np.inf
        assert np.isnan(adkit.grad(np.log)(np.nan))
        assert np.isnan(adkit.grad(lambda x: x * np.nan)(1.0))


def test_the_norm_at_the_origin_where_it_does_not_count() -> None:
    def f(x: Any) -> Any:
        r = np.sqrt(np.sum(x * x, axis=-1))
        return np.sum(np.where(r > 0, r, 0.0))

    x = np.array([[0.0, 0.0], [3.0, 4.0]])
    for d in (adkit.grad, adkit.jacfwd, adkit.jacrev):
        np.testing.assert_allclose(d(f)(x), [[0.0, 0.0], [0.6, 0.8]])
    H = adkit.hessian(f)(x)
    assert np.isfinite(H).all()
    np.testing.assert_allclose(H[1, :, 1, :], (np.eye(2) - np.outer([0.6, 0.8], [0.6, 0.8])) / 5)
    assert not H[0].any()


def test_normalising_a_vector_that_may_be_zero() -> None:
    def f(x: Any) -> Any:
        r = np.sqrt(x @ x)
        return np.sum(np.where(r > 0, x / r, 0.0) * np.array([1.0, 2.0]))

    with np.errstate(all="ignore"):
        for d in (adkit.grad, adkit.jacfwd, adkit.jacrev, lambda f: adkit.jacfwd(adkit.grad(f))):
            assert not np.asarray(d(f)(np.zeros(2))).any()


PRODUCTS = {
    "matmul": lambda x, A: A @ x,
    "matmul from the left": lambda x, A: x @ A.T,
    "dot": lambda x, A: np.dot(A, x),
    "einsum": lambda x, A: np.einsum("ij,j->i", A, x),
    "inner": lambda x, A: np.inner(A, x),
    "tensordot": lambda x, A: np.tensordot(A, x, axes=1),
    "by hand": lambda x, A: np.sum(A * x, axis=-1),
    "matrix times matrix": lambda x, A: (A @ x[:, None])[:, 0],
    "stacked": lambda x, A: (A[None] @ x[None, :, None])[0, :, 0],
    "einsum of three": lambda x, A: np.einsum("ij,j,i->i", A, x, np.ones(2)),
}


@pytest.mark.parametrize("name", PRODUCTS)
@pytest.mark.parametrize("way", ["grad", "jacfwd", "jacrev", "vjp", "linearize", "hessian"])
def test_a_zero_cotangent_through_an_infinite_matrix(name: str, way: str) -> None:
    """The row with the infinity is not selected, so it contributes nothing."""
    A = np.array([[1.0, 2.0], [np.inf, 3.0]])
    f = lambda x: np.sum(np.where(np.array([True, False]), PRODUCTS[name](x, A), 0.0) ** 2)
    x = np.array([0.5, 1.0])
    with np.errstate(all="ignore"):
        if way == "hessian":
            for second in (adkit.hessian, lambda f: adkit.jacrev(adkit.grad(f))):
                np.testing.assert_allclose(second(f)(x), 2 * np.outer([1.0, 2.0], [1.0, 2.0]))
        else:
            run = FIRST[way](f) if way in ("grad", "jacfwd", "jacrev") else None
            if way == "vjp":
                run = lambda x: adkit.vjp(f, x)[1](1.0)[0]
            if way == "linearize":
                run = lambda x: np.stack([adkit.linearize(f, x)[1](e) for e in np.eye(2)])
            if way in ("jacfwd", "jacrev"):
                run = {"jacfwd": adkit.jacfwd, "jacrev": adkit.jacrev}[way](f)
            np.testing.assert_allclose(run(x), [5.0, 10.0])


@pytest.mark.parametrize("d", [adkit.grad, adkit.jacfwd, adkit.jacrev])
def test_a_masked_loss_with_infinite_targets(d: Any) -> None:
    target = np.array([1.0, np.inf, np.nan])
    mask = np.array([True, False, False])
    with np.errstate(all="ignore"):
        got = d(lambda x: np.sum(np.where(mask, (x - target) ** 2, 0.0)))(np.array([3.0, 1.0, 1.0]))
    np.testing.assert_allclose(got, [4.0, 0.0, 0.0])


def test_python_floats_are_guarded_too() -> None:
    """Python's own arithmetic does not trap as NumPy's does."""
    f = lambda x: np.where(x > 0, 1.0 / x, 0.0) * 1.0
    with np.errstate(all="ignore"):
        assert adkit.grad(f)(0.0) == 0.0
        assert adkit.derivative(f)(0.0) == 0.0
        assert adkit.jacfwd(adkit.grad(f))(0.0) == 0.0


MATRIX = np.array([[np.inf, 1.0], [2.0, 3.0]])
ZERO_TANGENT_PROGRAMS = {
    "product": (lambda x: x * np.array([np.inf, 1.0]), [0.0, 1.0]),
    "matmul": (lambda x: MATRIX @ x, [1.0, 3.0]),
    "vector times matrix": (lambda x: x @ MATRIX, [2.0, 3.0]),
    "einsum": (lambda x: np.einsum("ij,j->i", MATRIX, x), [1.0, 3.0]),
    "dot": (lambda x: np.dot(MATRIX, x * 1.0), [1.0, 3.0]),
    "clip of a plain array": (lambda x: np.ones(2).clip(x, 5.0) * 0.0 + x, [0.0, 1.0]),
}


@pytest.mark.parametrize("name", ZERO_TANGENT_PROGRAMS)
def test_a_zero_tangent_through_an_infinite_constant_stays_zero(name: str) -> None:
    f, expected = ZERO_TANGENT_PROGRAMS[name]
    x, v = np.array([1.0, 2.0]), np.array([0.0, 1.0])
    with np.errstate(invalid="ignore"):
        assert adkit.jvp(f, (x,), (v,))[1].tolist() == expected
        assert adkit.linearize(f, x)[1](v).tolist() == expected
        column = adkit.jacfwd(f, chunk=1)(x)[:, 1]
    assert column.tolist() == expected
