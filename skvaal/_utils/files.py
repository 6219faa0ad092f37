"""A user's files: replaced as a whole or not at all, and read only if they are regular files."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from skvaal._utils.parts import new_part


def replace_file(path: str | Path, content: bytes) -> None:
    """Write a file such that a crash or a full disk leaves the old one or the new one, whole.

    A symbolic link stays, and the file that it leads to is replaced. An existing file keeps its
    mode; another hard link to it keeps the old content. No temporary file stays behind an error;
    one that a killed process left is removed when the same file is written again.

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
    with _naming(path, "written"):
        target = Path(os.path.realpath(path))
        old = _stat_regular_file(target, path)
        if old is None and not target.parent.is_dir():
            raise FileNotFoundError(f"no such folder: {target.parent}")
        if old is not None and not os.access(target, os.W_OK):
            raise PermissionError(
                f"{path} is read-only; name another file, or {_make_writable(target)}"
            )
        with new_part(target, called=path) as part:
            with part.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if old is not None:
                part.chmod(stat.S_IMODE(old.st_mode))
            part.replace(target)
    _sync_folder(target.parent)


def read_file(path: str | Path, most: int | None = None) -> bytes:
    """Read a regular file; a pipe or a device, which may never end, is refused.

    What is read is as long as the system says that the file is: nothing of those of ``/proc``.

    Parameters
    ----------
    path : str or path
        The file, or a link to it.
    most : int, optional
        Read so many bytes from its start, if there are as many; by default all.

    Returns
    -------
    bytes
        What it holds.

    Raises
    ------
    OSError
        With the path in its message: FileNotFoundError, IsADirectoryError, PermissionError, or
        whatever the system reports. So, too, if the file is larger than the memory.

    Examples
    --------
    >>> read_file("no such file")
    Traceback (most recent call last):
    FileNotFoundError: no such file: no such file
    """
    _check_is_path(path)
    with _naming(path, "read"):
        found = _stat_regular_file(Path(path), path)
        if found is None:
            raise FileNotFoundError(
                f"{path} is a link that leads nowhere"
                if leads_nowhere(path)
                else f"no such file: {path}"
            )
        too_large = f"{path} has {found.st_size / 2**30:,.1f} GiB, more than there is memory"
        n_bytes = found.st_size if most is None else min(found.st_size, most)
        if n_bytes > memory_bytes():
            raise OSError(too_large)
        try:
            with Path(path).open("rb") as file:
                return file.read(n_bytes)
        except MemoryError as error:
            raise OSError(too_large) from error


def check_links(folder: str | Path, names: Iterable[str]) -> None:
    """Raise if a link is where something is about to be written: it may lead to any file.

    Parameters
    ----------
    folder : str or path
        It may be a link itself, or not exist.
    names : iterable of str
        Of files in it, and of folders in it whose files count, too.

    Raises
    ------
    OSError
        Naming the link.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     check_links(folder, ["report.html", "tables"])
    """
    for path in (Path(folder, name) for name in names):
        is_folder = path.is_dir() and not path.is_symlink()
        for each in (path, *(path.iterdir() if is_folder else ())):
            if each.is_symlink():
                raise OSError(
                    f"{each} is a link, so that writing it would change another file; delete the "
                    "link, or name another folder"
                )


def told(error: BaseException) -> str:
    """Return what an error says, without the number that the system gives it.

    Examples
    --------
    >>> told(OSError(28, "No space left on device", "a.csv"))
    "No space left on device: 'a.csv'"
    """
    if not isinstance(error, OSError) or error.errno is None or error.filename is None:
        return str(error)
    if str(error.strerror).startswith("cannot be "):  # of ours
        return f"{error.filename} {error.strerror}"
    return f"{error.strerror}: {error.filename!r}"


def leads_nowhere(path: str | Path) -> bool:
    """Whether a path is a link to what is not there.

    Examples
    --------
    >>> leads_nowhere("no such file")
    False
    """
    return os.path.islink(path) and not os.path.exists(path)


def memory_bytes() -> float:
    """Memory of the machine; infinite where the system does not tell."""
    try:
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, ValueError, OSError):
        return float("inf")


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


def _stat_regular_file(target: Path, path: str | Path) -> os.stat_result | None:
    """What the system says of a regular file; None if there is no file."""
    try:
        found = target.stat()
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(f"{path} is a folder; name a file in it")
    if not stat.S_ISREG(found.st_mode):
        raise OSError(f"{path} is no regular file, but a device, a pipe or the like")
    return found


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
