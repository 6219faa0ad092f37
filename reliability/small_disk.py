"""A small disk of its own, which can be full or read-only. Only root can make one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REASON = "a disk of its own (mount -t tmpfs) needs Linux and root"


class SmallDisk:
    """A mounted tmpfs."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ballast = path / "ballast"

    def fill(self, *, leave: int) -> None:
        """Take all room except some bytes, in whole pages."""
        with self._ballast.open("wb") as file:
            status = os.statvfs(self.path)
            file.write(bytes(max(0, status.f_bavail * status.f_frsize - leave)))

    def empty(self) -> None:
        """Give the room back."""
        self._ballast.unlink()

    def make_read_only(self) -> None:
        """Let nobody write to it, root not excepted."""
        subprocess.run(["mount", "-o", "remount,ro", str(self.path)], check=True)


@contextmanager
def small_disk(folder: Path, *, kib: int) -> Iterator[SmallDisk | None]:
    """Mount a disk of so many KiB in the folder; None where that cannot be done."""
    path = folder / "disk"
    path.mkdir(exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", str(path)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        yield None
        return
    try:
        yield SmallDisk(path)
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)
