"""What the commands share.

The rooms: options (a command line, and what is wrong with it), ending (exit statuses), progress, environment (the
process that a command runs in).
"""
