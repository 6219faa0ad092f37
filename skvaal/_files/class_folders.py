"""Labels by folder: one folder for each class."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
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


def match_files(paths: Sequence[str], known: Sequence[str]) -> list[int | None]:
    """For each path, the place of the known file that it is, or whose bytes it equals; or None."""
    place_of = {os.path.realpath(path): place for place, path in enumerate(known)}
    places = [place_of.get(os.path.realpath(path)) for path in paths]
    missing = [i for i, place in enumerate(places) if place is None]
    if not missing:
        return places
    sizes = {os.path.getsize(paths[i]) for i in missing if os.path.isfile(paths[i])}
    candidates = _of_sizes(known, sizes)
    by_content: dict[bytes, int] = {}
    for place in candidates:
        by_content.setdefault(_digest(known[place]), place)
    for i in missing:
        if os.path.isfile(paths[i]):
            places[i] = by_content.get(_digest(paths[i]))
    return places


def _of_sizes(paths: Sequence[str], sizes: Iterable[int]) -> list[int]:
    """Places of the files that have one of some sizes; none is opened."""
    by_size: dict[int, list[int]] = defaultdict(list)
    for place, path in enumerate(paths):
        if os.path.isfile(path):
            by_size[os.path.getsize(path)].append(place)
    return sorted(place for size in sizes for place in by_size[size])


def _digest(path: str) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    with open_regular(path) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.digest()
