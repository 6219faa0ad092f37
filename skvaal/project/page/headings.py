"""What the columns of a table are called, as its own heading says."""

from __future__ import annotations

from pathlib import Path

from skvaal._files.decoding import open_regular
from skvaal._files.named_samples import NamedSamples
from skvaal._files.pools import _NO_FEATURES
from skvaal._files.tables import CSV_ENDINGS, PARQUET_ENDINGS, CsvTable, Table, read_table

_MOST_BYTES = 2**20  # of a heading and the row below it


def read_headings(samples: NamedSamples) -> tuple[str, ...]:
    """Names of the columns that the samples are made of; of an array, or of a lost file, numbers.

    Examples
    --------
    >>> import numpy as np
    >>> names = np.array(["0", "1"], dtype=object)
    >>> read_headings(NamedSamples(np.eye(2), names, "features", "row", None, "X.npy"))
    ('column 0', 'column 1')
    """
    n = samples.X.shape[1]
    try:
        table = _open(samples.source)
        found = () if table is None else _features_of(table)
    except (ValueError, OSError):  # the page can do without
        found = ()
    return found if len(found) == n else tuple(f"column {i}" for i in range(n))


def _open(source: str) -> Table | None:
    """A table, of CSV its beginning; None for what is no table."""
    ending = Path(source).suffix.lower()
    if ending in PARQUET_ENDINGS:
        return read_table(source)
    if ending not in CSV_ENDINGS:
        return None
    with open_regular(source) as file:
        beginning = file.read(_MOST_BYTES)
        is_all = not file.read(1)
    end = max(beginning.rfind(b"\n"), beginning.rfind(b"\r"))
    return CsvTable(beginning if is_all else beginning[: end + 1])


def _features_of(table: Table) -> tuple[str, ...]:
    names = [table.columns[place] for place in table.numeric()]
    return tuple(name for name in names if name.strip().lower() not in _NO_FEATURES)
