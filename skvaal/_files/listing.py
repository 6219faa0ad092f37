"""Image files of a folder, a tree or a glob: found quickly, each once."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from skvaal._files.reading import shown

ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")
_MAGIC = re.compile(r"[*?\[]")


def list_images(folder: str | Path) -> list[str]:
    """Paths of the image files in a tree, sorted; hidden files and folders are passed over.

    A folder that links lead to is listed once, so that a link to a folder above it ends.
    """
    found: list[str] = []
    seen: set[tuple[int, int]] = set()
    folders, links = [os.fspath(folder)], list[str]()
    while folders or links:
        # Links come last: a folder goes by its own path where it has one.
        path = folders.pop() if folders else links.pop()
        status = os.stat(path)
        if (status.st_dev, status.st_ino) in seen:
            continue
        seen.add((status.st_dev, status.st_ino))
        for entry in _entries(path):
            if _is_folder(entry):
                (links if entry.is_symlink() else folders).append(entry.path)
            elif is_image_name(entry.name):
                found.append(entry.path)
        links.sort(reverse=True)
    return sorted(found)


def list_glob(pattern: str) -> tuple[str, list[str]]:
    """Folder that a pattern begins with, and the image files that it matches, sorted."""
    parts = pattern.split(os.sep)
    n_fixed = next(i for i, part in enumerate(parts) if _MAGIC.search(part))
    root = os.sep.join(parts[:n_fixed]) or (os.sep if pattern.startswith(os.sep) else ".")
    if "**" not in parts:
        return root, sorted(path for path in glob.iglob(pattern) if _is_image(path))
    # Not by glob, which follows links in circles.
    paths = list_images(root) if os.path.isdir(root) else []
    wanted = [part for part in parts[n_fixed:] if part]
    below = (os.path.relpath(path, root).split(os.sep) for path in paths)
    found = [path for path, own in zip(paths, below, strict=True) if _matches(own, wanted)]
    return root, [path.removeprefix(f".{os.sep}") for path in found]


def is_glob(source: str) -> bool:
    """Whether a source is a pattern, and no file of that very name."""
    return bool(_MAGIC.search(source)) and not os.path.lexists(source)


def is_image_name(name: str) -> bool:
    """Whether a file is called as images are, and is not hidden."""
    return name.lower().endswith(ENDINGS) and not name.startswith(".")


def _is_image(path: str) -> bool:
    return is_image_name(os.path.basename(path)) and not os.path.isdir(path)


def _matches(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    """Whether the parts of a path match those of a pattern; '**' matches any number of them."""
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return any(_matches(parts[i:], pattern[1:]) for i in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and _matches(parts[1:], pattern[1:])


def _entries(path: str) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                # Archives packed on macOS bring a folder of that name.
                if not entry.name.startswith((".", "__MACOSX")):
                    yield entry
    except OSError as error:
        raise OSError(error.errno, f"cannot be listed: {error.strerror}", shown(path)) from error


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False
