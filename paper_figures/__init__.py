"""The figures, one module a figure: ``draw()`` returns the picture's text.  ``python -m paper_figures`` draws them all."""

FIGURES = ("path_graph",)
