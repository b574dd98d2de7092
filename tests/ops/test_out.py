"""``out=`` of every function that has it: refused in both modes, with what to do instead."""

import inspect

import numpy as np
import pytest

import adkit
from adkit.registry import TABLE

M = np.array([[2.0, 0.5], [0.3, 1.5]])

ARGUMENTS = {
    "take": ([0],), "compress": ([True, False],), "choose": ([[1.0, 2.0], [3.0, 4.0]],), "quantile": (0.5,), "percentile": (50,),
    "nanquantile": (0.5,), "nanpercentile": (50,), "dot": (M,), "outer": (M,), "clip": (0.0, 1.0), "matmul": (M,), "trace": (),
}  # fmt: skip
OF_A_LIST = {"concatenate", "concat", "stack", "multi_dot"}
NOT_FIRST = {"compress": lambda f, x, out: f([True, False], x, out=out), "choose": lambda f, x, out: f([[0, 1], [1, 0]], [x, x], out=out)}


def functions():
    for home in (np, np.linalg, np.fft):
        for name in sorted(dir(home)):
            fun = getattr(home, name)
            if name.startswith("_") or not callable(fun) or isinstance(fun, type) or fun not in TABLE:
                continue
            if isinstance(fun, np.ufunc):
                yield pytest.param(fun, id=name)
            elif not hasattr(TABLE[fun], "on_primal") and "out" in inspect.signature(fun).parameters:
                yield pytest.param(fun, id=f"{home.__name__}.{name}")


def call(fun, x, out):
    name = fun.__name__
    if isinstance(fun, np.ufunc):
        return fun(*[x] * fun.nin, out=(out,) * fun.nout if fun.nout > 1 else out)
    if name in NOT_FIRST:
        return NOT_FIRST[name](fun, x, out)
    if name in OF_A_LIST:
        return fun([x, x], out=out)
    return fun(x, *ARGUMENTS.get(name, ()), out=out)


@pytest.mark.parametrize("fun", list(functions()))
def test_a_target_in_memory_is_refused(fun):
    for run in (lambda: adkit.grad(lambda x: np.sum(call(fun, x, np.zeros(2))))(M), lambda: adkit.jvp(lambda x: call(fun, x, np.zeros(2)), (M,), (M,))):
        with pytest.raises(adkit.UnsupportedError, match="out="):
            run()
