"""Programs written down: what a function did with its arguments, as a list of instructions that can be read and run.

``instruction`` is one line of the list and ``where`` the user's line behind it; ``tracer`` is the box that stands for a value,
``recording`` the list being written, ``listing`` the Program that it becomes, ``trace`` the driver; ``emit`` and ``layout`` make
the NumPy source, with ``literals`` for constants and ``helpers`` for functions of our own; ``table`` is the Wengert list.
"""
