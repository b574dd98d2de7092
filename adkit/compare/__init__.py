"""The comparison: what the derivatives of a function cost, by every method, each verified before it is timed.

``python -m adkit.compare`` is the command.  The rooms: problems and own (what is differentiated), methods and peers
(how), agreement, digits and checking (whether it is right), measure and operations (what it costs), runner (all of
that for one problem), spread (many problems), rows (what is known then), answers (what follows), report, charts and
saved (how it reads, looks and is kept), options (the command line), command (what is done with it).  What it shares
with other commands lives in adkit.console and adkit.files.
"""
