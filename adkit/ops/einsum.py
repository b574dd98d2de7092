"""einsum in every spelling: implicit and explicit, with an ellipsis, repeated indices, interleaved lists.

A call is normalised once, to subscripts of letters alone with an explicit result: ``"...ij,j"`` becomes
``"aij,j->ai"``.  No ellipsis being left, the rules use one to carry the batch axis of a perturbation.

The product is linear in each operand.  Its transpose for operand ``i`` is an einsum again: the cotangent in
place of the operand, the operand's letters as the result.  A letter that only this operand has is
summed there, so the cotangent is repeated along it: a vector of ones.  A letter that the operand
repeats reads a diagonal, so the cotangent is put on one: an identity matrix.
"""

from __future__ import annotations

from string import ascii_letters
from typing import Any, NoReturn

import numpy as np

from ..levels import lift
from ..registry import STRUCTURAL, bilinear, case
from .reductions import refuse_out

__all__ = ["normalise"]

_SORTED = "".join(sorted(ascii_letters))


# spelling ------------------------------------------------------------------------------------------


def normalise(subscripts: str, shapes: tuple[tuple[int, ...], ...]) -> str:
    """Subscripts with letters alone and an explicit result.

    >>> normalise("...ij,j", ((2, 3, 4), (4,)))
    'Aij,j->Ai'
    """
    inputs, arrow, result = subscripts.replace(" ", "").partition("->")
    terms = inputs.split(",")
    if len(terms) != len(shapes):
        _refuse(subscripts, shapes, f"{len(terms)} terms for {len(shapes)} operands")
    free = [c for c in _SORTED if c not in subscripts]
    longest = 0
    for term, shape in zip(terms, shapes, strict=True):
        named = len(term.replace("...", "", 1))
        if "..." in term:
            longest = max(longest, len(shape) - named)
        if named != len(shape) and ("..." not in term or named > len(shape)):
            _refuse(subscripts, shapes, f"the term {term!r} does not fit an operand with {len(shape)} axes")
    if longest > len(free):
        _refuse(subscripts, shapes, "more axes than letters")
    dots = "".join(free[:longest])
    spelled = []
    for term, shape in zip(terms, shapes, strict=True):
        own = len(shape) - len(term.replace("...", "", 1))
        spelled.append(term.replace("...", dots[longest - own :] if own else "", 1))
    if arrow:
        if dots and "..." not in result:
            _refuse(subscripts, shapes, "the result has no '...' for the axes of the operands' '...'")
        result = result.replace("...", dots, 1)
    else:
        letters = "".join(spelled)
        result = dots + "".join([c for c in _SORTED if letters.count(c) == 1 and c not in dots])
    if not all([c in _SORTED for c in "".join(spelled) + result]):
        _refuse(subscripts, shapes, "a subscript that is no letter")
    return ",".join(spelled) + "->" + result


def _refuse(subscripts: str, shapes: Any, why: str) -> NoReturn:
    """NumPy's own error for a call that it refuses too; ours where it does not."""
    np.einsum(subscripts, *[np.broadcast_to(0.0, shape) for shape in shapes])
    raise ValueError(f"einsum {subscripts!r}: {why}")


def _term(sublist: Any) -> str:
    """The letters of one sublist of the interleaved form; in the order of letters lies that of numbers."""
    letters = []
    for k in sublist:
        if k is Ellipsis:
            letters.append("...")
        elif 0 <= (n := k.__index__()) < len(_SORTED):
            letters.append(_SORTED[n])
        else:
            raise ValueError(f"einsum: subscript {n} is not within the valid range [0, {len(_SORTED)})")
    return "".join(letters)


def _flatten(*operands: Any, out: Any = None, optimize: Any = False, dtype: Any = None, **layout: Any) -> Any:
    """Operands by position, the rest as one string and a flag."""
    refuse_out("einsum", out)
    for name in layout:
        if name not in ("order", "casting"):
            raise TypeError(f"einsum: unexpected keyword argument {name!r}")
    if not operands:
        raise ValueError("must specify the einstein sum subscripts string and at least one operand, or at least one operand "
                         "and its corresponding subscripts list")  # fmt: skip
    if isinstance(operands[0], str):
        subscripts, xs = operands[0], operands[1:]
    else:
        pairs = len(operands) // 2
        xs = operands[0 : 2 * pairs : 2]
        subscripts = ",".join([_term(sublist) for sublist in operands[1 : 2 * pairs : 2]])
        if len(operands) % 2:
            subscripts += "->" + _term(operands[-1])
    xs = tuple([lift(x) for x in xs])
    xs = tuple([x if hasattr(x, "dtype") else np.asarray(x) for x in xs])
    if dtype is not None:
        xs = tuple([np.astype(x, np.dtype(dtype)) for x in xs])
    return xs, {"subscripts": normalise(subscripts, tuple([x.shape for x in xs])), "optimize": optimize}


# rules ---------------------------------------------------------------------------------------------


def _bind(*xs: Any, subscripts: str, optimize: Any = False) -> Any:
    inputs, result = subscripts.split("->")
    terms = tuple(inputs.split(","))
    sizes: dict[str, int] = {}
    for term, x in zip(terms, xs, strict=True):
        for c, n in zip(term, x.shape, strict=True):
            # NumPy stretches an axis of length one, also under a letter.
            if sizes.get(c, 1) == 1:
                sizes[c] = n
    # A path that was made for the primal's operands fits no other product.
    return terms, result, sizes, bool(optimize) if isinstance(optimize, (bool, str)) else True


def _apply(i: int, g: Any, xs: Any, p: Any, l: int) -> Any:
    terms, result, _, optimize = p
    if l:
        terms = tuple(["..." + term if k == i else term for k, term in enumerate(terms)])
        result = "..." + result
    return np.einsum(",".join(terms) + "->" + result, *xs[:i], g, *xs[i + 1 :], optimize=optimize)


def _transpose(i: int, g: Any, xs: Any, p: Any, l: int) -> Any:
    terms, result, sizes, optimize = p
    shape = xs[i].shape
    factors = [(term, x) for k, (term, x) in enumerate(zip(terms, xs, strict=True)) if k != i]
    # Letters that were stretched from length one are summed over.
    own = "".join([c for c, n in zip(terms[i], shape, strict=True) if n == sizes[c]])
    target = ""
    used = set("".join(terms))
    for c in own:
        if c in target:
            twin = next(d for d in _SORTED if d not in used)
            used.add(twin)
            factors.append((c + twin, np.eye(sizes[c], dtype=g.dtype)))
            c = twin
        target += c
    reached = set(result).union(
        *[{c for c, n in zip(term, x.shape, strict=True) if n == sizes.get(c, n)} for term, x in factors]
    )
    for c in sorted(set(own) - reached):
        factors.append((c, np.ones(sizes[c], dtype=g.dtype)))
    dots = "..." if l else ""
    words = ",".join([dots + result, *[term for term, _ in factors]])
    d = np.einsum(words + "->" + dots + target, g, *[x for _, x in factors], optimize=optimize)
    return d if d.shape[l:] == shape else np.reshape(d, g.shape[:l] + shape)


def _run(*xs: Any, subscripts: str, optimize: Any = False) -> Any:
    return np.einsum(subscripts, *xs, optimize=optimize)


einsum = bilinear(
    np.einsum, _bind, _apply, _transpose, name="einsum", flatten=_flatten, run=_run, symbol=STRUCTURAL, domain=(-2, 2),
    traps=False,  # einsum's loops raise no floating point error: the sweep looks at its results
    cases=(
        case("ij,jk->ik", (2, 3), (3, 4)), case("ij,jk", (2, 3), (3, 4)), case("ij,jk->ki", (3, 3), (3, 3)),
        case("i,i->", (3,), (3,)), case("i,i", (3,), (3,)), case("i,j->ij", (2,), (3,)), case("ba", (2, 3)),
        case("ij->", (2, 3)), case("ij->i", (2, 3)), case("ij->j", (3, 3)), case("ii", (3, 3)), case("ii->i", (3, 3)),
        case("iij->j", (2, 2, 3)), case("iji->ij", (2, 3, 2)), case("iii->i", (2, 2, 2)), case("iijj->", (2, 2, 3, 3)),
        case("ii,ij->j", (3, 3), (3, 2)), case("ij,kl->ik", (2, 3), (2, 2)),
        case("...ij,...jk->...ik", (2, 2, 3), (2, 3, 2)), case("...ij,jk", (4, 2, 3), (3, 2)),
        case("...i,...i->...", (2, 3), (3,)), case("i...->...", (3, 2, 2)), case("...", (2, 3)), case("...,...", (2, 1), (3,)),
        case("i...j->j", (2, 3), optimize=True), case("ij,j->i", (2, 3), (1,)), case("ij,ij->", (2, 1), (2, 3)),
        case("ij,jk,kl->il", (2, 3), (3, 2), (2, 4)), case("ij,jk,kl->il", (2, 3), (3, 2), (2, 4), optimize=True),
        case("i,i,i->i", (3,), (3,), (3,)), case(",ij->ij", (), (2, 3)), case(",->", (), ()), case("->", ()),
        case((2, 3), [0, 1], (3, 2), [1, 2], [0, 2]), case((2, 3), [0, 1], (3, 2), [1, 2]), case((3, 3), [0, 0]),
        case((2, 2, 3), [..., 0, 1], (3,), [1], [..., 0], optimize="greedy"),
        case("ij,jk->ik", (0, 3), (3, 2)), case("ij,jk->ik", (2, 0), (0, 3)), case("ij->j", (0, 3)),
    ),
)  # fmt: skip
