"""Where the parts of a long job are carried out: in this process, in others of this machine, or on a Dask cluster."""

from __future__ import annotations

import multiprocessing
import signal
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
    if kind == "processes" and colon:
        with _processes(whole_number(rest, "--executor processes:", 1)) as pool:
            yield pool
    elif kind == "dask" and rest.startswith("//") and len(rest) > 2:
        client = _client(rest[2:])
        try:
            yield client.get_executor(pure=False)  # the same call twice is work twice: timings differ
        finally:
            client.close(timeout=5)
    else:
        raise UsageError(f"--executor takes processes:N or dask://HOST:PORT, not {spec!r}")


@contextmanager
def _processes(count: int) -> Iterator[Executor]:
    # Spawned, not forked: what this process has open (threads, a terminal) is not copied half-way.
    pool = ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), initializer=_ignore_interrupts)
    try:
        yield pool
    except BaseException:
        processes = list((getattr(pool, "_processes", None) or {}).values())
        pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.terminate()
        raise
    else:
        pool.shutdown()


def _ignore_interrupts() -> None:
    """Ctrl-C reaches every process of a terminal; the one that was started by hand answers it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _client(address: str) -> Any:
    try:
        distributed: Any = import_module("distributed")
    except ImportError:
        raise UsageError(f"--executor dask:// needs the extra dask: {remedy('dask')}") from None
    try:
        return distributed.Client(address if "://" in address else f"tcp://{address}", timeout=10, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UsageError(f"no Dask scheduler answers at {address}: {reason[:120]}") from None
