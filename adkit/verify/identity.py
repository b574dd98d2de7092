"""Whether an expression is zero, for all values of its symbols: the ladder's exact steps.

1. Structure: SymPy has made it 0 already.
2. Algebra: every transcendental part is replaced by a symbol of its own, and what remains is a rational function,
   which is zero where its numerator is.  ``exp(a + b)`` becomes a product; roots, and the cosine beside a sine,
   obey a relation (``s**2 = 1 - c**2``) by which the numerator is reduced.
3. The same after hyperbolic functions and tangents are written in exponentials, sines and cosines.
4. SymPy's ``simplify``, in a process of its own that can be stopped.

Each step can only say yes.  None of them can hang: the arithmetic counts its terms, and what is large is sent to the
process of step 4.
"""

from __future__ import annotations

from typing import Any

from .simplifier import elsewhere, simplified

__all__ = ["algebraically_zero", "vanishes"]

_SMALL = 2_000
_MOST_TERMS = 60_000
_MOST_WORK = 3_000_000


class _TooLarge(Exception):
    """The polynomial arithmetic would take too long."""


def vanishes(e: Any, seconds: float = 5.0) -> str | None:
    """How an expression was shown to be zero (``"structure"``, ``"algebra"``, ``"simplify"``), or None.

    >>> import sympy as sp
    >>> x = sp.Symbol("x", real=True)
    >>> vanishes(sp.exp(2 * x) - sp.exp(x) ** 2), vanishes(sp.sin(x) ** 2 + sp.cos(x) ** 2 - 1), vanishes(x - 1)
    ('structure', 'algebra', None)
    """
    import sympy as sp

    if e == 0:
        return "structure"
    if e.is_number and e.is_Rational:
        return None
    decide = algebraically_zero if _small(e) else lambda e: elsewhere(e, seconds)
    if decide(e):
        return "algebra"
    rewritten = e.replace(sp.tan, lambda u: sp.sin(u) / sp.cos(u)).rewrite([sp.tanh, sp.sinh, sp.cosh, sp.coth], sp.exp)
    if rewritten != e and decide(rewritten):
        return "algebra"
    if seconds > 0 and simplified(e, seconds) == 0:
        return "simplify"
    return None


def _small(e: Any) -> bool:
    """Whether an expression is so small that algebra here and now takes a moment."""
    import sympy as sp

    return not any(k >= _SMALL for k, _ in enumerate(sp.preorder_traversal(e)))


def algebraically_zero(e: Any) -> bool:
    """Whether the numerator of an expression, its transcendental parts taken as symbols, is the zero polynomial."""
    import sympy as sp

    try:
        return _Fractions(sp.expand_log(e)).is_zero()
    except (_TooLarge, RecursionError):
        return False


class _Fractions:
    """An expression as a fraction of polynomials in its symbols and transcendental parts, over the rationals."""

    def __init__(self, e: Any) -> None:
        import sympy as sp

        self.sp = sp
        self.generators: dict[Any, Any] = {}
        self.relations: list[tuple[Any, int, Any]] = []
        self.logarithms: dict[Any, Any] = {}
        self.known: dict[Any, Any] = {}
        self.e = self._translate(e)

    # transcendental parts become symbols ---------------------------------------------------------------

    def _generator(self, key: Any) -> Any:
        found = self.generators.get(key)
        if found is None:
            found = self.generators[key] = self.sp.Dummy(f"g{len(self.generators)}")
        return found

    def _translate(self, e: Any) -> Any:
        found = self.known.get(e)
        if found is None:
            found = self.known[e] = self._fresh(e)
        return found

    def _fresh(self, e: Any) -> Any:
        sp = self.sp
        if e.is_Rational or e.is_Symbol:
            return e
        if e is sp.I:
            return self._root(sp.Integer(-1), 2)
        if e.is_Add or e.is_Mul:
            return e.func(*[self._translate(part) for part in e.args])
        if e.is_Pow and e.exp.is_Integer:
            return self._translate(e.base) ** e.exp
        if e.is_Pow and e.exp.is_Rational:
            return self._root(e.base, int(e.exp.q)) ** int(e.exp.p)
        if isinstance(e, sp.exp):
            return self._power("exp", sp.expand(self._settled(e.exp)))
        if e.is_Pow and e.base.is_Rational and e.base.is_positive:
            return self._power("exp", sp.expand(self._settled(e.exp) * self._translate(sp.log(e.base))))
        if e.is_Pow:
            return self._power(self._settled(e.base), sp.expand(self._settled(e.exp)), e.base)
        if isinstance(e, sp.cos):
            u = self._settled(e.args[0])
            cosine, new = self._generator(("cos", u)), ("cos", u, "known") not in self.generators
            if new:
                self.generators["cos", u, "known"] = cosine
                self.relations.append((cosine, 2, 1 - self._generator(("sin", u)) ** 2))
            return cosine
        if isinstance(e, sp.sin):
            return self._generator(("sin", self._settled(e.args[0])))
        if isinstance(e, sp.log):
            found = self._generator(("log", self._settled(e.args[0])))
            self.logarithms[found] = e.args[0]
            return found
        if not e.args:
            return self._generator(e)
        return self._generator((type(e), tuple([self._settled(part) for part in e.args])))

    def _settled(self, u: Any) -> Any:
        """An argument in one form, so that equal ones are seen to be equal."""
        sp = self.sp
        rational = not u.atoms(sp.NumberSymbol) and all([power.exp.is_Integer for power in u.atoms(sp.Pow)])
        return sp.expand(u) if rational and u.is_polynomial() else sp.expand(sp.together(self._translate(u)))

    def _power(self, base: Any, exponent: Any, plain_base: Any = None) -> Any:
        """A power with an exponent that is no number: a product over the exponent's terms."""
        total = self.sp.S.One
        for term in self.sp.Add.make_args(exponent):
            factor, rest = term.as_coeff_Mul()
            if rest == 1 and plain_base is not None:
                total *= self._translate(self.sp.Pow(plain_base, factor))
            elif rest in self.logarithms and plain_base is None:
                total *= self._translate(self.sp.Pow(self.logarithms[rest], factor))
            elif factor.q == 1:
                total *= self._generator((base, rest)) ** factor
            else:
                total *= self._root_of(self._generator((base, rest)), int(factor.q)) ** int(factor.p)
        return total

    def _root(self, base: Any, q: int) -> Any:
        return self._root_of(self.sp.factor_terms(self._settled(base)), q)

    def _root_of(self, radicand: Any, q: int) -> Any:
        key = ("root", radicand, q)
        if key not in self.generators:
            self.relations.append((self._generator(key), q, radicand))
        return self.generators[key]

    # and the rest is arithmetic --------------------------------------------------------------------------

    def is_zero(self) -> bool:
        sp = self.sp
        symbols = sorted(self.e.free_symbols.union(*[r.free_symbols for _, _, r in self.relations]), key=str)
        for generator, _, _ in self.relations:
            if generator not in symbols:
                symbols.append(generator)
        if not symbols:
            return bool(sp.together(self.e) == 0)
        ring = sp.polys.rings.PolyRing(symbols, sp.QQ, sp.polys.orderings.lex)
        places = dict(zip(symbols, ring.gens, strict=True))
        numerator = _Arithmetic(places, ring)(sp.together(self.e))[0]
        for generator, q, radicand in reversed(self.relations):
            numerator = self._reduced(numerator, symbols.index(generator), q, _Arithmetic(places, ring)(radicand), ring)
        return bool(numerator == 0)

    def _reduced(self, poly: Any, place: int, q: int, radicand: tuple[Any, Any], ring: Any) -> Any:
        """A polynomial with the q-th power of one generator replaced by a fraction, times a denominator."""
        if not poly:
            return poly
        most = max([powers[place] for powers in poly]) // q
        if not most:
            return poly
        parts: dict[int, dict[Any, Any]] = {}
        for powers, c in poly.items():
            whole, rest = divmod(powers[place], q)
            kept = (*powers[:place], rest, *powers[place + 1 :])
            parts.setdefault(whole, {})[kept] = c
        total = ring.zero
        for whole, terms in parts.items():
            factor = _power(radicand[0], whole) * _power(radicand[1], most - whole)
            total += _times(ring.from_dict(terms), factor)
        return total


class _Arithmetic:
    """An expression of symbols and rationals as numerator and denominator in a ring."""

    def __init__(self, places: dict[Any, Any], ring: Any) -> None:
        self.places, self.ring = places, ring
        self.known: dict[Any, Any] = {}

    def __call__(self, e: Any) -> tuple[Any, Any]:
        found = self.known.get(e)
        if found is None:
            found = self.known[e] = self._fresh(e)
        return found

    def _fresh(self, e: Any) -> tuple[Any, Any]:
        one = self.ring.one
        if e.is_Rational:
            return one * int(e.p), one * int(e.q)
        if e.is_Symbol:
            return self.places[e], one
        if e.is_Add:
            top, bottom = self.ring.zero, one
            for part in e.args:
                t, b = self(part)
                if b == bottom:
                    top = top + t
                else:
                    top, bottom = _times(top, b) + _times(t, bottom), _times(bottom, b)
            return top, bottom
        if e.is_Mul:
            top = bottom = one
            for part in e.args:
                t, b = self(part)
                top, bottom = _times(top, t), _times(bottom, b)
            return top, bottom
        t, b = self(e.base)
        n = int(e.exp)
        return (_power(t, n), _power(b, n)) if n >= 0 else (_power(b, -n), _power(t, -n))


def _times(a: Any, b: Any) -> Any:
    if len(a) * len(b) > _MOST_WORK:
        raise _TooLarge
    product = a * b
    if len(product) > _MOST_TERMS:
        raise _TooLarge
    return product


def _power(a: Any, n: int) -> Any:
    total = a.ring.one
    for _ in range(n):
        total = _times(total, a)
    return total
