"""Where the parts of a long job are carried out: in this process, in others of this machine, or on a Dask cluster."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from ..extras import remedy
from .options import UsageError, whole_number

__all__ = ["EXECUTOR_HELP", "open_executor"]

EXECUTOR_HELP = "where to work: processes:N, on this machine, or dask://HOST:PORT, a scheduler's address"


@contextmanager
def open_executor(spec: str | None) -> Iterator[Executor | None]:
    """The executor that a command line names; None for no name, and the work is then done here, in turn.

    ``processes:N`` starts N processes of this Python, ``dask://HOST:PORT`` joins a cluster whose workers have adkit.
    What is not finished when the block ends in an error, or in Ctrl-C, is cancelled.

    Raises
    ------
    UsageError : for another name, a missing package, or a scheduler that does not answer.

    >>> with open_executor("processes:0"):
    ...     pass
    Traceback (most recent call last):
    adkit.console.options.UsageError: --executor processes: takes a whole number from 1, not '0'
    """
    if spec is None:
        yield None
        return
    kind, colon, rest = spec.partition(":")
    client: Any = None
    pool: Executor
    if kind == "processes" and colon:
        # Spawned, not forked: what this process has open (threads, a terminal) is not copied half-way.
        count = whole_number(rest, "--executor processes:", 1)
        pool = ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn"))
    elif kind == "dask" and rest.startswith("//") and len(rest) > 2:
        client = _client(rest[2:])
        pool = client.get_executor()
    else:
        raise UsageError(f"--executor takes processes:N or dask://HOST:PORT, not {spec!r}")
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True) if client is None else pool.shutdown(wait=False)
        raise
    else:
        pool.shutdown()
    finally:
        if client is not None:
            client.close()


def _client(address: str) -> Any:
    try:
        distributed: Any = import_module("distributed")
    except ImportError:
        raise UsageError(f"--executor dask:// needs the extra dask: {remedy('dask')}") from None
    try:
        return distributed.Client(f"tcp://{address}", timeout=10, set_as_default=False)
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UsageError(f"no Dask scheduler answers at {address}: {reason[:120]}") from None
