"""Files that a run leaves behind: checked before the work, written aside, then renamed; never half a file."""

from __future__ import annotations

import os
import stat
import tempfile

from .errors import AdkitError

__all__ = ["OutputError", "check_writable", "write_document"]


class OutputError(AdkitError):
    """A file that cannot be written where it should go."""


def check_writable(path: str) -> None:
    """OutputError, now rather than after minutes of work, if a document cannot be written at ``path``."""
    if path == "-":
        return
    try:
        if not path:
            raise OSError("the path is empty")
        if os.path.isdir(path):
            raise OSError("it is a directory")
        if _special(path):
            with open(path, "ab"):
                return
        if os.path.exists(path) and not os.access(path, os.W_OK):
            raise OSError("permission denied")
        # Asking is not enough (a read-only mount, a quota, an administrator): try.
        handle, aside = _aside(path)
        os.close(handle)
        os.unlink(aside)
    except (OSError, ValueError) as error:
        raise OutputError(f"cannot write {path!r}: {_cause(error)}") from None


def write_document(path: str, content: str | bytes) -> None:
    """Write text (as UTF-8) or bytes at ``path``, whole or not at all; a device or a pipe is written to as it is."""
    data = content.encode() if isinstance(content, str) else content
    try:
        if _special(path):
            with open(path, "wb") as out:
                out.write(data)
            return
        handle, aside = _aside(path)
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(data)
                out.flush()
                os.fsync(out.fileno())
            os.chmod(aside, _mode(path))
            os.replace(aside, os.path.realpath(path))
        except BaseException:
            os.unlink(aside)
            raise
    except OSError as error:
        raise OutputError(f"cannot write {path!r}: {_cause(error)}") from None


def _special(path: str) -> bool:
    """Whether something is there that must not be renamed over: a device, a pipe."""
    return os.path.exists(path) and not os.path.isfile(path)


def _aside(path: str) -> tuple[int, str]:
    where, name = os.path.split(os.path.realpath(path))
    return tempfile.mkstemp(dir=where, prefix=f".{name[:100]}.", suffix=".part")


def _mode(path: str) -> int:
    """That of the file which is replaced, else what the user's mask leaves of 0666."""
    if os.path.exists(path):
        return stat.S_IMODE(os.stat(path).st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _cause(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error)
