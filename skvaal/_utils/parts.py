"""What is being written, under a hidden name beside its place until it is complete.

Who writes holds a lock of the system on it, which ends with the process: so what can be locked was
left by a process that is dead.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from secrets import token_hex
from typing import Any

fcntl: Any = import_module("fcntl") if find_spec("fcntl") else None  # Windows has none

# A file's name has at most 255 bytes, and a character up to 4: a part's name has 24 more.
_LONGEST_START = 50
# Of a part that others take for one of a dead process; some file systems say so of any file.
_N_TRIES = 5


@contextmanager
def new_part(
    target: Path,
    *,
    is_folder: bool = False,
    called: str | Path | None = None,
    spare: Callable[[str], bool] = lambda name: False,
) -> Iterator[Path]:
    """Make an empty file or folder beside a target, and remove it after an error.

    What dead processes left of their parts of the same target is removed before.

    Parameters
    ----------
    target : Path
        The place that the part is to take. The block renames it.
    is_folder : bool, default=False
        What to make.
    called : str or Path, optional
        What errors call the target, in the place of the hidden name.
    spare : callable, optional
        Whether a part of some name is to stay, whatever happens.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     target = Path(folder) / "file"
    ...     with new_part(target) as part:
    ...         _ = part.write_text("whole")
    ...         _ = part.replace(target)
    ...     os.listdir(folder)
    ['file']
    """
    forget_parts(target.parent, names_of_parts(target), spare=spare)
    for n_left in reversed(range(_N_TRIES)):
        part = target.with_name(f".{target.name[:_LONGEST_START]}.{token_hex(8)}.part")
        with _calling(part, target if called is None else called):
            _make(part, is_folder)
            try:
                lock = lock_if_free(part)
            except OSError as error:
                lock = None
                is_taken = isinstance(error, BlockingIOError | FileNotFoundError)
                if is_taken and n_left:
                    # Between both steps, another process took it for one of a dead process.
                    _remove(part)
                    continue
            try:
                yield part
            except BaseException:
                if not spare(part.name):
                    _remove(part)
                raise
            finally:
                _unlock(lock)
            return


def names_of_parts(target: str | Path, ending: str = "part") -> re.Pattern[str]:
    """Return what matches the names of all parts of a target."""
    start = re.escape(Path(target).name[:_LONGEST_START])
    return re.compile(rf"\.{start}\.[0-9a-f]{{16}}\.{ending}", re.DOTALL)


def forget_parts(
    folder: Path, names: re.Pattern[str], *, spare: Callable[[str], bool] = lambda name: False
) -> None:
    """Remove the parts of some names that dead processes left in a folder."""
    for part in dead_parts(folder, names):
        # Asked behind the lock: its process changes nothing any more.
        if not spare(part.name):
            _remove(part)


def dead_parts(folder: Path, names: re.Pattern[str]) -> Iterator[Path]:
    """Find the parts that no living process holds, each locked for as long as it is looked at.

    Where the system locks nothing, there are none.
    """
    found: list[str] = []
    if fcntl is not None:
        with suppress(OSError), os.scandir(folder) as entries:
            found = [entry.name for entry in entries if names.fullmatch(entry.name)]
    for name in found:
        try:
            lock = lock_if_free(folder / name)
        except OSError:
            continue
        try:
            if lock is not None:
                yield folder / name
        finally:
            _unlock(lock)


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold a file or a folder, where the system can; a BlockingIOError if another process does."""
    try:
        lock = lock_if_free(path)
    except BlockingIOError:
        raise
    except OSError:
        lock = None
    try:
        yield
    finally:
        _unlock(lock)


def lock_if_free(path: Path) -> int | None:
    """Lock a file or a folder, and return its descriptor; None if the system locks none.

    Raises
    ------
    BlockingIOError
        If another process holds it.
    FileNotFoundError
        If it is gone, or of another kind.
    """
    if fcntl is None:
        return None
    # No link is followed, and no pipe waited for.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        found = os.fstat(descriptor)
        if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
            raise FileNotFoundError(f"{path} is no file and no folder")
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(found, os.lstat(path)):
            return descriptor
        raise FileNotFoundError(f"{path} is another one by now")
    except OSError as error:
        os.close(descriptor)
        if isinstance(error, BlockingIOError | FileNotFoundError):
            raise
        return None


def _unlock(descriptor: int | None) -> None:
    if descriptor is not None:
        os.close(descriptor)


def _make(part: Path, is_folder: bool) -> None:
    if is_folder:
        part.mkdir()
    else:
        # The mode is what the umask leaves.
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))


def _remove(part: Path) -> None:
    if part.is_dir() and not part.is_symlink():
        shutil.rmtree(part, ignore_errors=True)
    else:
        with suppress(OSError):
            part.unlink()


@contextmanager
def _calling(part: Path, called: str | Path) -> Iterator[None]:
    """Let errors name the place that the user named, in the place of the hidden one."""
    try:
        yield
    except OSError as error:
        hidden, own = os.fspath(part), os.fspath(called)
        if error.errno is not None and hidden in str(error.filename):
            named = str(error.filename).replace(hidden, own)
            raise OSError(error.errno, error.strerror, named) from error
        if error.errno is None and hidden in str(error):
            raise type(error)(str(error).replace(hidden, own)) from error
        raise
