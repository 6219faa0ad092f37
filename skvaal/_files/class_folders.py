"""Labels by folder: one folder for each class."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from skvaal._files.decoding import open_regular
from skvaal._files.listing import list_images
from skvaal._files.reading import naming, readable

_CHUNK = 2**20


def list_labeled(folder: str | Path) -> list[tuple[str, str]]:
    """Image files in the folders of a folder, each with the name of that folder: its class."""
    folder = os.fspath(folder)
    with naming(folder):
        with os.scandir(folder) as entries:
            classes = sorted(
                entry.name
                for entry in entries
                if entry.is_dir() and not entry.name.startswith((".", "__MACOSX"))
            )
        found = [
            (path, readable(name))
            for name in classes
            for path in list_images(os.path.join(folder, name))
        ]
        if not found:
            raise ValueError(
                "it has no image in a folder of its own class; labels are FOLDER/class/image.jpg"
            )
    return found


@dataclass(frozen=True)
class Match:
    """Which known files a labelled file is.

    Parameters
    ----------
    own : int or None
        Place of the file itself, if it is known.
    equal : list of int
        Places of other known files with the same bytes.
    digest : bytes
        Of the bytes; empty if no other file of its size is known.
    """

    own: int | None
    equal: list[int]
    digest: bytes


def match_files(paths: Sequence[str], known: Sequence[str]) -> list[Match]:
    """Find each labelled file among those that are known: itself, and others of the same bytes."""
    place_of = {os.path.realpath(path): place for place, path in enumerate(known)}
    own = [place_of.get(os.path.realpath(path)) for path in paths]
    sizes = [os.path.getsize(path) if os.path.isfile(path) else None for path in paths]
    by_size = _by_size(known, {size for size in sizes if size is not None})
    digests: dict[str, bytes] = {}

    def digest_of(path: str) -> bytes:
        if path not in digests:
            digests[path] = _digest(path)
        return digests[path]

    found = []
    for path, place, size in zip(paths, own, sizes, strict=True):
        others = [each for each in by_size.get(size, []) if each != place]
        is_needed = size is not None and (others or place is None)
        digest = digest_of(path) if is_needed else b""
        equal = [each for each in others if digest_of(known[each]) == digest]
        found.append(Match(place, equal, digest))
    return found


def _by_size(paths: Sequence[str], sizes: Collection[int]) -> dict[int | None, list[int]]:
    """Places of the files that have one of some sizes; none is opened."""
    by_size: dict[int | None, list[int]] = defaultdict(list)
    for place, path in enumerate(paths):
        if os.path.isfile(path) and (size := os.path.getsize(path)) in sizes:
            by_size[size].append(place)
    return by_size


def _digest(path: str) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    with open_regular(path) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.digest()
