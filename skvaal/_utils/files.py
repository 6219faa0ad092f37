"""A user's files: replaced as a whole or not at all, and read only if they are regular files."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

# A file's name has at most 255 bytes, and a character up to 4: a part's name has 24 more.
_LONGEST_START = 50


def replace_file(path: str | Path, content: bytes) -> None:
    """Write a file such that a crash or a full disk leaves the old one or the new one, whole.

    A symbolic link stays, and the file that it leads to is replaced. An existing file keeps its
    mode; another hard link to it keeps the old content. No temporary file stays behind an error.

    Parameters
    ----------
    path : str or path
        The file; it need not exist, but its folder must.
    content : bytes
        What it is to hold.

    Raises
    ------
    OSError
        With the path in its message: FileNotFoundError if there is no such folder,
        IsADirectoryError, PermissionError (of a file that is read-only, too), or whatever the
        system reports. Devices and pipes are refused.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     replace_file(Path(folder) / "file", b"new")
    ...     read_file(Path(folder) / "file")
    b'new'
    """
    _check_is_path(path)
    target = Path(os.path.realpath(path))
    with _naming(path, "written"):
        mode = _mode_of_regular_file(target, path)
        if mode is None and not target.parent.is_dir():
            raise FileNotFoundError(f"no such folder: {target.parent}")
        if mode is not None and not os.access(target, os.W_OK):
            raise PermissionError(
                f"{path} is read-only; name another file, or {_make_writable(target)}"
            )
        part = target.with_name(f".{target.name[:_LONGEST_START]}.{token_hex(8)}.part")
        try:
            # A new file has the mode that the umask leaves.
            with part.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if mode is not None:
                part.chmod(mode)
            part.replace(target)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    _sync_folder(target.parent)


def read_file(path: str | Path) -> bytes:
    """Read a regular file; a pipe or a device, which may never end, is refused.

    Parameters
    ----------
    path : str or path
        The file, or a link to it.

    Returns
    -------
    bytes
        What it holds.

    Raises
    ------
    OSError
        With the path in its message: FileNotFoundError, IsADirectoryError, PermissionError, or
        whatever the system reports.

    Examples
    --------
    >>> read_file("no such file")
    Traceback (most recent call last):
    FileNotFoundError: no such file: no such file
    """
    _check_is_path(path)
    with _naming(path, "read"):
        if _mode_of_regular_file(Path(path), path) is None:
            raise FileNotFoundError(f"no such file: {path}")
        return Path(path).read_bytes()


def _check_is_path(path: object) -> None:
    if not isinstance(path, str | os.PathLike) or not isinstance(os.fspath(path), str):
        raise TypeError(f"path={path!r} must be a str or a path")
    if "\0" in os.fspath(path) or not os.fspath(path):
        raise ValueError(f"path={path!r} is no name of a file")


@contextmanager
def _naming(path: str | Path, done: str) -> Iterator[None]:
    """Give the system's errors the path that the user named, of the same kind as before."""
    try:
        yield
    except OSError as error:
        if error.errno is None:  # one of ours, which names it
            raise
        reason = f"cannot be {done}: {error.strerror}"
        raise OSError(error.errno, reason, str(path)) from error


def _mode_of_regular_file(target: Path, path: str | Path) -> int | None:
    """Permission bits of a regular file; None if there is no file."""
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(f"{path} is a folder; name a file in it")
    if not stat.S_ISREG(mode):
        raise OSError(f"{path} is no regular file, but a device, a pipe or the like")
    return stat.S_IMODE(mode)


def _make_writable(target: Path) -> str:
    is_read_only = hasattr(os, "statvfs") and os.statvfs(target).f_flag & os.ST_RDONLY
    return "mount its file system for writing" if is_read_only else "change its mode"


def _sync_folder(folder: Path) -> None:
    """Make a new name last through a power cut, where the system can; the file is whole anyway."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
