"""From image files to samples that have names."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from skvaal._files.images import LazyImages
from skvaal._files.listing import ENDINGS
from skvaal._files.loading import find_problems
from skvaal._files.named_samples import NamedSamples
from skvaal._files.pool_files import name_of
from skvaal._files.reading import counted, naming, shown


class ImageReader:
    """How image files become samples."""

    def __init__(
        self,
        source: str,
        image_size: int,
        max_pixels: int,
        strict: bool,
        n_jobs: int = 1,
        progress: bool = False,
        *,
        looks: bool = True,
    ) -> None:
        self.source, self.looks = source, looks
        self.image_size, self.max_pixels = image_size, max_pixels
        self.strict, self.n_jobs, self.progress = strict, n_jobs, progress

    def read_listed(self, listed_paths: Sequence[str]) -> NamedSamples:
        """Files that a table names, relative to its folder, else to the working directory."""
        folder = os.path.dirname(self.source) or "."
        with naming(self.source):
            for row, path in enumerate(listed_paths):
                if not path.strip() or "\0" in path:
                    raise ValueError(f"row {row} has no path; fill it, or take the row away")
        is_beside = os.path.lexists(os.path.join(folder, listed_paths[0]))
        root = "." if not is_beside and os.path.lexists(listed_paths[0]) else folder
        return self.read(root, [os.path.normpath(os.path.join(root, p)) for p in listed_paths])

    def read(self, root: str, paths: Sequence[str]) -> NamedSamples:
        """Name files relative to a folder, and leave out those that cannot be read."""
        names = [name_of(path, root) for path in paths]
        with naming(self.source):
            if not paths:
                raise ValueError(f"there is no image in it: no file ends in {', '.join(ENDINGS)}")
            self._check_different(names)
        problems: dict[int, str] = {}
        if self.looks:
            problems = find_problems(
                paths, max_pixels=self.max_pixels, n_jobs=self.n_jobs, progress=self.progress
            )
        left_out = {names[place]: problem for place, problem in problems.items()}
        if left_out and (self.strict or len(left_out) == len(paths)):
            self._refuse(left_out, len(paths))
        kept = [place for place in range(len(paths)) if place not in problems]
        X = LazyImages.from_files(
            [paths[place] for place in kept],
            image_size=self.image_size,
            max_pixels=self.max_pixels,
        )
        own = np.array([names[place] for place in kept], dtype=object)
        return NamedSamples(X, own, "images", "path", Path(root), self.source, left_out)

    def _check_different(self, names: Sequence[str]) -> None:
        rows: dict[str, int] = {}
        twice: dict[str, tuple[int, int]] = {}
        for row, name in enumerate(names):
            if rows.setdefault(name, row) != row:
                twice.setdefault(name, (rows[name], row))
        if twice:
            name, (first, second) = next(iter(twice.items()))
            raise ValueError(
                f"{counted(len(twice), 'path is', 'paths are')} listed twice: {name!r} in the rows "
                f"{first} and {second}; keep one row of each"
            )

    def _refuse(self, left_out: dict[str, str], n_paths: int) -> None:
        first, problem = next(iter(left_out.items()))
        others = f" and {len(left_out) - 1:,} more" if len(left_out) > 1 else ""
        # As find_problem says it.
        is_large = ["max_pixels=" in each for each in left_out.values()]
        ways = ["repair or remove them"] * (not all(is_large))
        ways += ["allow more by max_pixels"] * any(is_large)
        way_out = ", or ".join(ways)
        if len(left_out) < n_paths:
            way_out += ", or read with strict=False, which leaves them out"
        raise ValueError(
            f"{shown(self.source)}: {len(left_out):,} of {counted(n_paths, 'image')} cannot be "
            f"read: {first!r} ({problem}){others}; {way_out}"
        )
