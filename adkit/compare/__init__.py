"""The comparison: what the derivatives of a function cost, by every method, each verified before it is timed.

``python -m adkit.compare`` is the command.  The rooms: problems (what is differentiated), methods and peers (how),
agreement (whether it is right), measure (how long it takes), runner (all of that for one problem), report (how it
reads), options (the command line), command (what is done with it).  What it shares with other commands lives in
adkit.console and adkit.files.
"""
