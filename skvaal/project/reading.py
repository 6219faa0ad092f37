"""From a user's files to samples and their labels."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from skvaal._files.decoding import DEFAULT_MAX_PIXELS, opened
from skvaal._files.images import DEFAULT_IMAGE_SIZE, MIN_IMAGE_SIZE, LazyImages
from skvaal._files.label_tables import columns_of, find_labels
from skvaal._files.labels import LabeledSamples, read_labels
from skvaal._files.named_samples import NamedSamples
from skvaal._files.pools import read_pool
from skvaal._files.reading import listed, naming, shown, those_there
from skvaal._files.tables import CSV_ENDINGS, PARQUET_ENDINGS
from skvaal.project.earlier import note_earlier

# Images that are looked at to find out how large they are.
_N_LOOKED_AT = 50


def read_known(
    pool: str | Path,
    labels: str | Path | Sequence[str | Path] | None = None,
    *,
    size: int | None = None,
    max_pixels: int = DEFAULT_MAX_PIXELS,
    path_column: str | None = None,
    text_column: str | None = None,
    label_column: str | None = None,
    strict: bool = False,
    n_jobs: int = 1,
    progress: bool = False,
) -> LabeledSamples:
    """Read a pool, and labels if there are any.

    Parameters
    ----------
    pool : str or Path
        As :func:`~skvaal._files.pools.read_pool` reads it.
    labels : str, Path, sequence of these, or None, default=None
        As :func:`~skvaal._files.labels.read_labels` reads them. If the pool is a table with a
        column of labels, those count, too.
    size : int or None, default=None
        Height and width of images, in pixels. None takes 64, or less if the images are smaller.
    max_pixels, path_column, text_column, label_column, strict, n_jobs, progress
        As there. A `path_column` is that of both tables, or of the labels if the pool is no table.

    Returns
    -------
    LabeledSamples

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     pool = Path(folder) / "pool.npy"
    ...     np.save(pool, np.eye(3))
    ...     len(read_known(pool).samples)
    3
    """
    options: dict[str, Any] = {} if size is None else {"image_size": size}
    samples = read_own_size(
        pool,
        path_column=pool_column(pool, labels, path_column),
        text_column=text_column,
        label_column=label_column,
        max_pixels=max_pixels,
        strict=strict,
        n_jobs=n_jobs,
        progress=progress,
        **options,
    )
    return read_labels_of(samples, labels, path_column=path_column, label_column=label_column)


def read_labels_of(
    samples: NamedSamples,
    labels: str | Path | Sequence[str | Path] | None,
    *,
    path_column: str | None,
    label_column: str | None,
) -> LabeledSamples:
    """Read the labels of a pool: those that are named, and those of its own table."""
    named = {"path_column": path_column, "label_column": label_column}
    sources = [labels] if isinstance(labels, str | Path) else list(labels or ())
    own = read_own_labels(samples, **named)
    is_named = any(os.path.realpath(each) == os.path.realpath(samples.source) for each in sources)
    if own is None:
        if label_column is not None and not sources and is_table(samples.source):
            raise ValueError(
                f"{shown(samples.source)}: there is no column label_column={label_column!r}; "
                f"{those_there(columns_of(samples.source))}"
            )
        known = LabeledSamples.without_labels(samples)
        if sources:
            known = read_labels(sources, samples, **_of_labels(named, samples, sources))
    elif len(own.known.rows) < len(samples):
        known = read_labels([samples.source, *sources], samples, **named)
        if len(own.known.rows):
            known = known.noted(f"The pool's own column {own.column!r} has labels, which count.")
    elif sources:
        known = read_labels(sources, samples, **_of_labels(named, samples, sources))
        if not is_named:
            known = known.noted(
                f"The pool's own column {own.column!r} has a label in every row, and had no part."
            )
    else:
        raise ValueError(
            f"{shown(samples.source)}: every row has a label in the column {own.column!r} "
            f"({listed(own.known.classes, len(own.known.classes))}), so that none is left to "
            "choose; leave the cell empty where no label is known yet, or rename "
            "the column if it holds no labels"
        )
    return known.noted(*note_earlier(sources, known))


class OwnLabels(NamedTuple):
    """Labels in the pool's own table, and their column."""

    known: LabeledSamples
    column: str


def read_own_labels(
    samples: NamedSamples, *, path_column: str | None, label_column: str | None
) -> OwnLabels | None:
    """Read the labels in a pool's own table; None if it has no column of labels."""
    if not is_table(samples.source):
        return None
    with naming(samples.source):
        column = find_labels(samples, label_column)
    if column is None:
        return None
    path = path_column if path_column in samples.columns else None
    known = read_labels(samples.source, samples, path_column=path, label_column=column)
    return OwnLabels(known, column)


def _of_labels(
    named: Mapping[str, str | None], samples: NamedSamples, sources: Sequence[str | Path]
) -> dict[str, str | None]:
    """Which named columns are those of the labels, and not of the pool's table alone."""
    if not is_table(samples.source):
        return dict(named)
    of_pool = columns_of(samples.source)
    of_labels = {name for each in sources if is_table(each) for name in columns_of(os.fspath(each))}
    return {
        argument: None if name in of_pool and name not in of_labels else name
        for argument, name in named.items()
    }


def pool_column(pool: str | Path, labels: Any, path_column: str | None) -> str | None:
    """Return the column of paths of a pool; None if only the table of labels has columns."""
    return path_column if labels is None or is_table(pool) else None


def is_table(pool: str | Path) -> bool:
    """Tell whether a pool is a table, by its ending."""
    ending = Path(pool).suffix.lower()
    return ending in (*CSV_ENDINGS, *PARQUET_ENDINGS) and not Path(pool).is_dir()


def read_own_size(pool: str | Path, **reading: Any) -> NamedSamples:
    """Read a pool; images in their own size, unless `image_size` is given."""
    samples = read_pool(pool, **reading)
    return samples if "image_size" in reading else with_own_size(samples)


def with_own_size(samples: NamedSamples) -> NamedSamples:
    """Bring images to the middle one of their own sizes, if that is less than now; 8 at least."""
    images = samples.X
    if not isinstance(images, LazyImages) or not len(images):
        return samples
    some = np.unique(np.linspace(0, len(images) - 1, _N_LOOKED_AT).astype(int))
    sides = []
    for position in some.tolist():
        with images.source.open(position) as file, opened(file, images.max_pixels) as image:
            sides.append(min(image.size))
    size = max(MIN_IMAGE_SIZE, min(DEFAULT_IMAGE_SIZE, int(np.median(sides))))
    if size >= images.size:
        return samples
    return replace(samples, X=LazyImages(images.source, size, max_pixels=images.max_pixels))
