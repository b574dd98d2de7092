"""Every function of NumPy's in the forms in which people call it: values, both modes, batches, second order, precision."""

import ast
import builtins
import re

import numpy as np
import pytest
from agree import agree_complex, sample
from forms import FORMS

ARRAYS = {
    "s": sample((), seed=3), "v": sample((4,)), "w": sample((4,), seed=1), "A": sample((2, 3)), "B": sample((2, 3), seed=1), "M": sample((3, 3)),
    "N": sample((3, 3), seed=1), "T": sample((2, 3, 4)), "e": np.zeros(0), "E": np.zeros((0, 3)), "p": sample((4,), low=0.4, high=2.5),
    "P": sample((2, 3), low=0.4, high=2.5), "u": sample((4,), low=-0.9, high=0.9), "U": sample((2, 3), low=-0.9, high=0.9),
    "z": sample((4,)) + 1j * sample((4,), seed=2), "Z": sample((2, 3)) + 1j * sample((2, 3), seed=2),
}  # fmt: skip


OF_A_LIST = re.compile(r"(mean|std|var|median)\((np.array\()?\[|\]\).mean")
"""NumPy divides the sum of an object array by an integer of 64 bits, which makes float32 double."""


def function(form):
    """A form as a function of the arrays that it names, and those arrays; skipped where this NumPy lacks what it calls."""
    for path in re.findall(r"\bnp((?:\.\w+)+)", form):
        home = np
        for part in path[1:].split("."):
            if not hasattr(home, part):
                pytest.skip(f"NumPy {np.__version__} has no np{path}")
            home = getattr(home, part)
    used = {node.id for node in ast.walk(ast.parse(form, mode="eval")) if isinstance(node, ast.Name)}
    names = [name for name in ARRAYS if name in used]
    code = compile(f"lambda {', '.join(names)}: {form}", "form", "eval")
    return eval(code, {"np": np, **vars(builtins)}), [ARRAYS[name] for name in names]


@pytest.mark.filterwarnings("ignore::adkit.IndependentOutputWarning")  # an array that is only compared, or only has a shape
@pytest.mark.parametrize(("name", "form"), [pytest.param(n, f, id=f) for n, forms in FORMS.items() for f in forms])
def test_form(name, form):
    f, xs = function(form)
    agree_complex(f, *xs, tolerance=1e-6, single=False if OF_A_LIST.search(form) else None)


def test_every_function_has_three_forms():
    assert not [name for name, forms in FORMS.items() if len(set(forms)) < 3]
