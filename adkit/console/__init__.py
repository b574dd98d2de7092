"""What the commands share.

The rooms: options (a command line, and what is wrong with it), functions (a user's function, by name), ending (exit
statuses), early (Ctrl-C before that), progress, environment (the process that a command runs in).
"""
