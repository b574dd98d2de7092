"""Every op of the registry, in every one of its cases, compiled: values, both modes, at points other than the traced one."""

from __future__ import annotations

import numpy as np
import pytest
from near import same

import adkit
from adkit.registry import REGISTRY, home_of, load_families
from adkit.verify.sample import calls, probe

load_families()
SOME = {"expit", "jv", "lambertw", "fresnel", "special.log1p", "polygamma"}
"""Of SciPy's, which are many and alike."""
OPS = [
    name for name, op in REGISTRY.items()
    if op.builtin and not name.startswith("scipy.") and (home_of(op.fun) != "scipy.special" or name in SOME)
]  # fmt: skip


def trial(p, q):
    """Value, jvp and vjp compiled at one point, compared with eager at it and at another."""
    value = adkit.compile(p.f)
    forward = adkit.compile(lambda xs, vs: adkit.jvp(p.f, xs, vs))
    reverse = adkit.compile(lambda xs, gs: adkit.vjp(p.f, *xs)[1](gs))
    rng = np.random.default_rng(0)
    for at in (p, q, p):
        xs = tuple(at.xs)
        like = lambda arrays: tuple([
            (rng.uniform(-1, 1, a.shape) + (1j * rng.uniform(-1, 1, a.shape) if a.dtype.kind == "c" else 0)).astype(a.dtype)[()]
            for a in arrays
        ])
        same(value(*xs), p.f(*xs), 4)
        if not xs or not p.f(*xs):
            continue
        vs = like(xs)
        expected = adkit.jvp(p.f, xs, vs)
        same(forward(xs, vs), expected, 4, terms=1 + max([float(np.max(np.abs(e), initial=0)) for e in (*expected[0], *expected[1])]))
        gs = like(expected[0])
        bars = adkit.vjp(p.f, *xs)[1](gs)
        same(reverse(xs, gs), bars, 4, terms=1 + max([float(np.max(np.abs(e), initial=0)) for e in bars]))


@pytest.mark.filterwarnings("ignore::adkit.IndependentOutputWarning")
@pytest.mark.parametrize("name", OPS)
def test_every_op_compiled_is_what_it_is_eagerly(name):
    op = REGISTRY[name]
    for at in calls(op):
        p = probe(op, at, 0)
        q = probe(op, at, 1)
        p, q = [r.only(tuple([k for k in r.places if not op.refuses(k)])) for r in (p, q)]
        q = p if [x.shape for x in p.xs] != [x.shape for x in q.xs] else q
        trial(p, q)
