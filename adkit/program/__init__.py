"""Programs written down: what a function did with its arguments, as a list of instructions that can be read and run.

``instruction`` is one line of the list and ``where`` the user's line behind it; ``tracer`` is the box that stands for a value,
``recording`` the list being written, ``listing`` the Program that it becomes, ``trace`` the driver; ``emit`` and ``layout`` make
the NumPy source, with ``literals`` for constants and ``helpers`` for functions of our own; ``table`` is the Wengert list.

``compile`` runs programs fast.  A program becomes a graph (``node``, made by ``algebra``), passes rewrite it (``polish``: signs
and sums; ``products``: sums of products as one; ``blocks``: large work cut to the cache), and it is written out again:
``storage`` says what is written over what, ``expressions``, ``statements`` and ``fast`` make the text, ``floats`` that of small
programs on Python's floats, ``native`` the numba backend.  ``optimise`` puts these in order; ``keys`` reads what a call is.
"""
