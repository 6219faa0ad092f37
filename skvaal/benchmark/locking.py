"""One process at a time in a folder."""

import errno
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

fcntl: Any = import_module("fcntl") if find_spec("fcntl") else None  # Windows has none

LOCKED = ".locked"
OWNER = ".owner"
_TAKEN = (errno.EAGAIN, errno.EACCES, errno.EWOULDBLOCK)


class FolderInUseError(RuntimeError):
    """Another process works in the folder.

    Examples
    --------
    >>> issubclass(FolderInUseError, RuntimeError)
    True
    """


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes out of a folder, until this one is done or dead.

    The system locks a file in the folder, and unlocks it when the process dies. Where it locks
    none, as on Windows and in some network file systems, a file names the process at work.

    Parameters
    ----------
    folder : Path
        The folder, which exists.

    Raises
    ------
    FolderInUseError
        If another process works there.
    OSError
        If the folder is read-only.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, locked(Path(folder)):
    ...     os.listdir(folder)
    ['.locked']
    """
    path = folder / LOCKED
    descriptor = _open_locked(path)
    if descriptor is None:
        path = folder / OWNER
        _claim(path)
    try:
        yield
    finally:
        with suppress(OSError):
            path.unlink()
        if descriptor is not None:
            os.close(descriptor)


def _open_locked(path: Path) -> int | None:
    """Lock a file; None where the system cannot."""
    if fcntl is None:
        return None
    while True:
        # For writing: network file systems lock nothing else, and no folder.
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            if error.errno in _TAKEN:
                raise FolderInUseError(
                    f"another comparison is at work in {path.parent}; wait for its end, or name "
                    "another folder."
                ) from error
            path.unlink(missing_ok=True)
            return None
        if path.exists() and os.path.samestat(os.fstat(descriptor), path.stat()):
            return descriptor
        os.close(descriptor)  # whoever had locked it has just deleted it


def _claim(path: Path) -> None:
    """Write who is at work, unless somebody is."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(f"{socket.gethostname()} {os.getpid()}")
    except FileExistsError as error:
        host, _, number = path.read_text(encoding="utf-8", errors="replace").rpartition(" ")
        if host == socket.gethostname() and number.isdecimal() and _is_dead(int(number)):
            path.unlink(missing_ok=True)
            return _claim(path)
        raise FolderInUseError(
            f"another comparison is at work in {path.parent} (process {number} on {host}), or was "
            f"killed there; wait for its end, or delete {path} if it is no more."
        ) from error


def _is_dead(process: int) -> bool:
    if fcntl is None:  # on Windows, a signal of any number ends a process
        return False
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return True
    except PermissionError:  # of another user
        return False
    return False
