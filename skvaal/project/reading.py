"""From a user's files to samples and their labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from skvaal._files.decoding import DEFAULT_MAX_PIXELS, opened
from skvaal._files.images import DEFAULT_IMAGE_SIZE, MIN_IMAGE_SIZE, LazyImages
from skvaal._files.label_tables import columns_of, find_labels
from skvaal._files.labels import LabeledSamples, read_labels
from skvaal._files.named_samples import NamedSamples
from skvaal._files.pools import read_pool
from skvaal._files.reading import naming, shown
from skvaal._files.tables import CSV_ENDINGS, PARQUET_ENDINGS
from skvaal.project.logs import note_earlier

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
        As :func:`~skvaal._files.labels.read_labels` reads them. None takes those of the pool's own
        table, if it has a column of labels.
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
    """Read the labels of a pool: those that are named, else those of its own table."""
    columns = {"path_column": path_column, "label_column": label_column}
    if labels is not None:
        known = read_labels(labels, samples, **columns)
        sources = [labels] if isinstance(labels, str | Path) else labels
        return replace(known, notes=(*known.notes, *note_earlier(sources, known)))
    if not is_table(samples.source):
        return LabeledSamples.without_labels(samples)
    with naming(samples.source):
        column = find_labels(columns_of(samples.source), label_column)
    if column is None:
        return LabeledSamples.without_labels(samples)
    known = read_labels(samples.source, samples, **columns)
    if len(known.rows) == len(samples):
        raise ValueError(
            f"{shown(samples.source)}: every row has a label in the column {column!r}, so that "
            "none is left to choose; leave the cell empty where no label is known yet, or rename "
            "the column if it holds no labels"
        )
    note = f"The labels are those of the pool's own column {column!r}."
    return replace(known, notes=(note, *known.notes))


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
