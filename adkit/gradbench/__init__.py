"""The tool side of GradBench (https://gradbench.dev): its evals in ordinary NumPy, differentiated by adkit.

The rooms: one an eval (hello, lse, llsq, ode, det, kmeans, gmm, lstm, ba, ht, saddle, particle), descent (what saddle and
particle share), fields (inputs read), evaluation (inputs timed), protocol (messages answered).

Every function takes the namespace it computes in as its first argument, as the problems of :mod:`adkit.compare` do, so
that the same text runs on NumPy, in adkit and on other libraries.
"""
