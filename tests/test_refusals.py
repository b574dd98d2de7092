"""Functions without a rule: refused in both modes, with their name, the ways out and the nearest function that has one."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import adkit
from adkit.registry import TABLE

X = np.array([0.7, 1.3, 2.1])
M = np.diag(X)

CALLS: dict[str, Any] = {
    "bitwise_and": lambda x: np.bitwise_and(x, 1), "bitwise_or": lambda x: np.bitwise_or(1, x), "bitwise_xor": lambda x: np.bitwise_xor(x, x),
    "invert": lambda x: np.invert(x), "left_shift": lambda x: np.left_shift(x, 2), "right_shift": lambda x: np.right_shift(x, 2),
    "bitwise_count": lambda x: np.bitwise_count(x), "gcd": lambda x: np.gcd(x, 3), "lcm": lambda x: np.lcm(3, x), "nextafter": lambda x: np.nextafter(x, 1.0),
    "frexp": lambda x: np.frexp(x)[0], "isnat": lambda x: np.isnat(x), "busday_count": lambda x: np.busday_count(x, "2020-01-01"),
    "busday_offset": lambda x: np.busday_offset(x, 1), "is_busday": lambda x: np.is_busday(x), "datetime_as_string": lambda x: np.datetime_as_string(x),
    "packbits": lambda x: np.packbits(x), "unpackbits": lambda x: np.unpackbits(x), "ravel_multi_index": lambda x: np.ravel_multi_index(x, (3,)),
    "unravel_index": lambda x: np.unravel_index(x, (3,)), "ix_": lambda x: np.ix_(x), "fill_diagonal": lambda x: np.fill_diagonal(np.outer(x, x), 1.0),
    "place": lambda x: np.place(X, X > 1, x), "put": lambda x: np.put(X, [0], x), "putmask": lambda x: np.putmask(X, X > 1, x),
    "put_along_axis": lambda x: np.put_along_axis(X, np.array([0]), x, 0), "copyto": lambda x: np.copyto(X, x), "save": lambda x: np.save("nowhere", x),
    "savetxt": lambda x: np.savetxt("nowhere", x), "savez": lambda x: np.savez("nowhere", x), "savez_compressed": lambda x: np.savez_compressed("nowhere", x),
    "histogram2d": lambda x: np.histogram2d(x, x), "histogramdd": lambda x: np.histogramdd(x), "histogram_bin_edges": lambda x: np.histogram_bin_edges(x),
    "roots": lambda x: np.roots(x), "poly": lambda x: np.poly(x), "polydiv": lambda x: np.polydiv(x, [1.0, 2.0]), "sort_complex": lambda x: np.sort_complex(x),
    "trim_zeros": lambda x: np.trim_zeros(x), "setxor1d": lambda x: np.setxor1d(x, X), "packbits of a list": lambda x: np.packbits(x[:1]),
    "add.at": lambda x: np.add.at(np.zeros(3), [0], x[0]), "add.reduceat": lambda x: np.add.reduceat(x, [0, 2]), "multiply.reduceat": lambda x: np.multiply.reduceat(x, [0]),
    "subtract.at": lambda x: np.subtract.at(np.zeros(3), [0, 1, 2], x), "maximum.at": lambda x: np.maximum.at(x, [0], 1.0), "divide.reduceat": lambda x: np.divide.reduceat(x, [0]),
    "frompyfunc": lambda x: np.frompyfunc(lambda v: v, 1, 1)(x), "bitwise_not": lambda x: np.bitwise_not(x), "bitwise_left_shift": lambda x: np.bitwise_left_shift(x, 1),
    "bitwise_right_shift": lambda x: np.bitwise_right_shift(x, 1), "bitwise_invert": lambda x: np.bitwise_invert(x),
}  # fmt: skip
ALIASES = {"bitwise_not": "invert", "bitwise_invert": "invert", "bitwise_left_shift": "left_shift", "bitwise_right_shift": "right_shift",
           "packbits of a list": "packbits"}  # fmt: skip


def test_there_are_fifty() -> None:
    assert len(CALLS) >= 50


@pytest.mark.parametrize("name", CALLS)
def test_a_function_without_a_rule_is_refused_with_the_ways_out(name: str) -> None:
    f = CALLS[name]
    texts = []
    for run in (lambda: adkit.grad(lambda x: np.sum(f(x)))(X), lambda: adkit.jvp(f, (X,), (X,)), lambda: adkit.jacrev(f)(X)):
        with pytest.raises(adkit.UnsupportedError) as caught:
            run()
        texts.append(str(caught.value))
    assert len(set(texts)) == 1
    text = texts[0]
    said = ALIASES.get(name, name)
    assert (said in text) or name == "frompyfunc"
    assert "no derivative rule" in text
    if "." not in name:
        assert "adkit.custom_jvp" in text and "adkit.custom_vjp" in text
        near = re.search(r"the nearest function with a rule is '(\w+)'", text)
        if name not in ("copyto", "frompyfunc"):
            assert near is not None and near.group(1) in {getattr(fun, "__name__", "") for fun in TABLE}
    assert "`" not in text and len(text) < 600
    assert not (X != [0.7, 1.3, 2.1]).any()
