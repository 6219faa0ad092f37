"""What a user wants to choose from: a folder of images, a table, an array."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np

from skvaal._files.arrays import ARRAY_ENDINGS, read_samples
from skvaal._files.decoding import DEFAULT_MAX_PIXELS
from skvaal._files.image_reader import ImageReader
from skvaal._files.images import DEFAULT_IMAGE_SIZE, MIN_IMAGE_SIZE
from skvaal._files.label_tables import LABEL_COLUMNS, PATH_COLUMNS
from skvaal._files.listing import is_glob, list_glob, list_images
from skvaal._files.named_samples import NamedSamples
from skvaal._files.reading import (
    check_there,
    counted,
    find_column,
    listed,
    naming,
    shown,
    those_there,
)
from skvaal._files.tables import CSV_ENDINGS, PARQUET_ENDINGS, Table, read_table
from skvaal._utils.params import PATH, WHOLE, checked

TEXT_COLUMNS = ("text",)
_ROW = re.compile(r"\s*([0-9]{1,18})(?:\.0+)?\s*")
# Numbers that say nothing of a sample; pandas writes its index under no name.
_FEWEST_ROWS = 10  # of which a column may be said to count the rows
_NO_FEATURES = {*LABEL_COLUMNS, "row", "id", "index", "", "unnamed: 0"}


@checked(
    source=PATH,
    kind=[str],
    path_column=[str, None],
    text_column=[str, None],
    label_column=[str, None],
    image_size=WHOLE,
    max_pixels=WHOLE,
    strict=["boolean"],
    n_jobs=WHOLE,
    looks=["boolean"],
)
def read_pool(
    source: str | Path,
    *,
    kind: Literal["auto", "images", "features", "texts"] = "auto",
    path_column: str | None = None,
    text_column: str | None = None,
    label_column: str | None = None,
    image_size: int = DEFAULT_IMAGE_SIZE,
    max_pixels: int = DEFAULT_MAX_PIXELS,
    strict: bool = False,
    n_jobs: int = 1,
    progress: bool = False,
    looks: bool = True,
) -> NamedSamples:
    r"""Read samples from files, and name them.

    Parameters
    ----------
    source : str or Path
        A folder, or a pattern such as ``photos/**/*.jpg``, of image files; a CSV or Parquet table
        with a column of paths, with a column of texts, or with columns of numbers; a .npy or .npz
        file.
    kind : {'auto', 'images', 'features', 'texts'}, default='auto'
        What to read from a table; 'auto' takes paths, else texts, else numbers.
    path_column, text_column : str or None, default=None
        Column of a table; None finds it by its usual name.
    label_column : str or None, default=None
        Column of a table of features that is none of them, beside those of usual names.
    image_size : int, default=64
        Height and width to which images are brought, in pixels.
    max_pixels : int, default=50_000_000
        How many pixels an image may have in its file.
    strict : bool, default=False
        Refuse the pool if an image cannot be read, instead of leaving it out.
    n_jobs : int, default=1
        Worker processes; -1 takes one for each processor.
    progress : bool, default=False
        Show a progress bar on a terminal.
    looks : bool, default=True
        Look over images for damage. Otherwise no image is opened, and damaged ones are among the
        samples.

    Returns
    -------
    NamedSamples
        Images stay in their files.

    Raises
    ------
    ValueError
        If nothing can be read from the source; the message names what is wrong.
    OSError
        If the source is not there, or may not be read.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     table = Path(folder) / "news.csv"
    ...     _ = table.write_text("text,label\nShares rise,01\nRain tomorrow,NA\n")
    ...     pool = read_pool(table)
    >>> pool.kind, pool.X.tolist(), pool.names.tolist()
    ('texts', ['Shares rise', 'Rain tomorrow'], ['0', '1'])
    """
    _check_options(kind, image_size, max_pixels, n_jobs)
    source = os.fspath(source)
    images = ImageReader(source, image_size, max_pixels, strict, n_jobs, progress, looks=looks)
    if os.path.isdir(source) or is_glob(source):
        if kind in ("features", "texts"):
            raise ValueError(f"{shown(source)} has images, and no kind={kind!r}")
        _check_no_columns(source, "images", path_column, text_column)
        root, paths = list_glob(source) if is_glob(source) else (source, list_images(source))
        return images.read(root, paths)
    check_there(source)
    ending = Path(source).suffix.lower()
    if ending in ARRAY_ENDINGS:
        _check_no_columns(source, "rows", path_column, text_column)
        return _read_arrays(source, kind)
    if ending not in (*CSV_ENDINGS, *PARQUET_ENDINGS):
        raise ValueError(
            f"{shown(source)} is no pool: name a folder or a pattern of images, or a file that "
            f"ends in {', '.join((*CSV_ENDINGS, *PARQUET_ENDINGS, *ARRAY_ENDINGS))}"
        )
    return _read_from_table(source, kind, path_column, text_column, label_column, images)


def _check_options(kind: str, image_size: int, max_pixels: int, n_jobs: int) -> None:
    if kind not in ("auto", "images", "features", "texts"):
        raise ValueError(f"kind={kind!r} must be 'auto', 'images', 'features' or 'texts'")
    if not MIN_IMAGE_SIZE <= image_size <= 4096:
        raise ValueError(f"image_size={image_size} must be between {MIN_IMAGE_SIZE} and 4096")
    if max_pixels < 1:
        raise ValueError(f"max_pixels={max_pixels} must be 1 or more")
    if n_jobs == 0:
        raise ValueError("n_jobs=0 must be 1 or more, or -1 for all processors")


def _check_no_columns(source: str, what: str, path: str | None, text: str | None) -> None:
    named = f"path_column={path!r}" if path else f"text_column={text!r}" if text else None
    if named:
        raise ValueError(
            f"{shown(source)} is no table: it has {what}, no columns; leave out {named}"
        )


def _read_arrays(source: str, kind: str) -> NamedSamples:
    X = read_samples(source)
    found: Literal["features", "texts"] = "texts" if X.ndim == 1 else "features"
    if kind not in ("auto", found):
        raise ValueError(f"{shown(source)} holds {found}, not {kind}")
    return NamedSamples(X, _numbered(len(X)), found, "row", None, source)


def _read_from_table(
    source: str,
    kind: str,
    path_column: str | None,
    text_column: str | None,
    label_column: str | None,
    images: ImageReader,
) -> NamedSamples:
    table = read_table(source)
    with naming(source):
        if path_column and text_column:
            raise ValueError("name path_column or text_column, not both")
        path = text = None
        if kind in ("auto", "images") and not text_column:
            path = find_column(table.columns, path_column, PATH_COLUMNS, "path_column")
        if kind in ("auto", "texts") and path is None:
            text = find_column(table.columns, text_column, TEXT_COLUMNS, "text_column")
        if kind == "images" and path is None:
            _raise_no_column("paths", PATH_COLUMNS, "path_column", table)
        if kind == "texts" and text is None:
            _raise_no_column("texts", TEXT_COLUMNS, "text_column", table)
        if path is not None:
            paths = _values(table, path)
            if path_column is not None:
                _check_no_numbers(paths, path_column, source)
        elif text is not None:
            _check_rows(table)
            X = np.array([*_values(table, text), None], dtype=object)[:-1]
            return NamedSamples(
                X,
                _numbered(len(X)),
                "texts",
                "row",
                None,
                source,
                notes=_empty_texts(X),
                columns=(table.columns[text],),
            )
        else:
            return _read_features(table, source, label_column)
    return replace(images.read_listed(paths), columns=(table.columns[path],))


def _read_features(table: Table, source: str, label_column: str | None) -> NamedSamples:
    columns = [(i, table.columns[i]) for i in table.numeric()]
    columns = [(i, name) for i, name in columns if name.strip().lower() not in _NO_FEATURES]
    places = [i for i, name in columns if name != label_column]
    if not places:
        raise ValueError(
            f"no column holds paths ({', '.join(PATH_COLUMNS)}), texts (text) or numbers; "
            f"{those_there(table.columns)}; say which by path_column or text_column"
        )
    _check_rows(table)
    X = table.numbers(places)
    if not len(X):
        raise ValueError("it has no rows")
    others = [name for i, name in enumerate(table.columns) if i not in places]
    notes = [_not_features(others)] if others else []
    notes += _running_numbers(X, [table.columns[i] for i in places])
    return NamedSamples(
        X,
        _numbered(len(X)),
        "features",
        "row",
        None,
        source,
        notes=tuple(notes),
        columns=tuple(table.columns[i] for i in places),
    )


def _running_numbers(X: np.ndarray, names: Sequence[str]) -> Iterator[str]:
    """Note columns that count the rows, as an identifier does, and say nothing of a sample."""
    if len(X) < _FEWEST_ROWS:
        return
    for name, column in zip(names, X.T, strict=True):
        if (np.diff(column) == 1).all():
            yield (
                f"Column {name!r} was used as a feature, and goes up by one from row to row; if it "
                "is an identifier, take it away or call it 'id'."
            )


def _empty_texts(texts: Iterable[str]) -> tuple[str, ...]:
    n = sum(not text.strip() for text in texts)
    verb = "is" if n == 1 else "are"
    return (f"{counted(n, 'text')} {verb} empty.",) if n else ()


def _not_features(columns: list[str]) -> str:
    named = listed(columns, len(columns))
    if len(columns) == 1:
        return f"Column {named} was not used as a feature."
    return f"Columns {named} were not used as features."


def _check_rows(table: Table) -> None:
    """Refuse numbers of rows that are none from 0: labels by `row` would be of other samples."""
    places = [i for i, name in enumerate(table.columns) if name.strip().lower() == "row"]
    for place in places:
        (values,) = table.strings([place])
        for row, value in enumerate(values):
            if not (is_row := _ROW.fullmatch(value or "")) or int(is_row[1]) != row:
                raise ValueError(
                    f"its column {table.columns[place]!r} has {value!r} in the row {row}, and "
                    "labels name samples by the numbers of their rows, from 0; take the column "
                    "away, or call it 'id'"
                )


def _check_no_numbers(paths: Sequence[str], column: str, source: str) -> None:
    """Refuse numbers of samples in the place of paths."""
    if any(os.path.lexists(os.path.join(at, paths[0])) for at in (".", os.path.dirname(source))):
        return
    if all(_ROW.fullmatch(path) for path in paths):
        raise ValueError(
            f"path_column={column!r} holds numbers, such as {paths[0]!r}, and no paths of images; "
            "samples of a table are named by the numbers of their rows, from 0: leave it out, and "
            "give the labels a column row with these numbers"
        )


def _raise_no_column(what: str, usual: Sequence[str], argument: str, table: Table) -> None:
    raise ValueError(
        f"no column is called {' or '.join(usual)}; {those_there(table.columns)}; say which one "
        f"holds {what} by {argument}"
    )


def _values(table: Table, place: int) -> list[str]:
    (values,) = table.strings([place])
    if not values:
        raise ValueError("it has no rows")
    if None in values:
        raise ValueError(f"row {values.index(None)} has no {table.columns[place]}; fill it")
    return values  # type: ignore[return-value]


def _numbered(n: int) -> np.ndarray:
    return np.array([str(row) for row in range(n)], dtype=object)
