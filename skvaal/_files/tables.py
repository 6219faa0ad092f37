"""Tables of a user: CSV and Parquet, whose strings stay strings."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from skvaal._files.decoding import open_regular
from skvaal._files.reading import check_fits, naming, read_bounded

# A Parquet file of some kB may claim any number of rows.
MOST_ROWS = 20_000_000
_MOST_CHARACTERS = 4 * 2**30
_LARGEST_FIELD = 2**30
_BATCH = 8192
_DELIMITERS = ",;\t"
CSV_ENDINGS = (".csv", ".tsv")
PARQUET_ENDINGS = (".parquet", ".pq")


class Table(Protocol):
    """Columns by name; a row's number is its place, from 0."""

    columns: tuple[str, ...]

    def strings(self, places: Sequence[int]) -> list[list[str | None]]:
        """Read some columns, a list each; None where Parquet has no value."""

    def numbers(self, places: Sequence[int]) -> NDArray[np.float64]:
        """Read some columns as an array of shape (n_rows, n_places); what is none is an error."""

    def numeric(self) -> list[int]:
        """Places of the columns that hold numbers; of CSV, those whose first value is one."""


def read_table(path: str | Path) -> Table:
    """Open a table by its content: Parquet, else CSV. Errors name the file."""
    with open_regular(path) as file:
        is_parquet = file.read(4) == b"PAR1"
    if is_parquet or Path(path).suffix.lower() in PARQUET_ENDINGS:
        with naming(path):
            return ParquetTable(path)
    data = read_bounded(path)
    with naming(path):
        return CsvTable(data)


class CsvTable:
    """A table of text: UTF-8, with commas, semicolons or tabs between its columns."""

    def __init__(self, data: bytes) -> None:
        text = _decode(data)
        first = text.partition("\n")[0].strip("\r\ufeff")
        if first[:4].lower() == "sep=" and len(first) == 5:  # Excel's way to name the delimiter
            text = text.partition("\n")[2]
        self._text = text
        headings = {delimiter: _heading(text, delimiter) for delimiter in _DELIMITERS}
        self._delimiter = max(headings, key=lambda each: len(headings[each]))
        self.columns = tuple(headings[self._delimiter])
        if not self.columns:
            raise ValueError("it is empty; a table begins with a line of column names")

    def strings(self, places: Sequence[int]) -> list[list[str | None]]:
        """Read some columns, a list each."""
        found: list[list[str | None]] = [[] for _ in places]
        for row in self._rows():
            for column, place in zip(found, places, strict=True):
                column.append(row[place])
        return found

    def numbers(self, places: Sequence[int]) -> NDArray[np.float64]:
        """Read some columns as finite numbers."""
        rows: list[NDArray[np.float64]] = []
        for number, row in enumerate(self._rows()):
            values = [row[place] for place in places]
            try:
                numbers = np.array([float(value) for value in values])
            except ValueError:
                numbers = np.array([np.nan])
            if not np.isfinite(numbers).all():
                place = next(each for each in places if not _is_finite(row[each]))
                raise ValueError(
                    f"row {number} has {row[place][:40]!r} in the column {self.columns[place]!r}, "
                    "which is no finite number; fill it, or take the row or the column away"
                )
            rows.append(numbers)
        return np.array(rows).reshape(len(rows), len(places))

    def numeric(self) -> list[int]:
        """Places of the columns whose first value is a number; an empty cell is no value."""
        first = [""] * len(self.columns)
        for row in self._rows():
            first = [known or value.strip() for known, value in zip(first, row, strict=True)]
            if all(first):
                break
        return [place for place, value in enumerate(first) if _is_number(value)]

    def _rows(self) -> Iterator[list[str]]:
        with _large_fields():
            reader = csv.reader(_lines(self._text), delimiter=self._delimiter, strict=True)
            number = -1  # of the heading
            try:
                for row in reader:
                    if not row:
                        continue
                    if len(row) != len(self.columns):
                        raise ValueError(
                            f"row {number} (line {reader.line_num}) has {len(row)} fields, and "
                            f"there are {len(self.columns)} columns; a row needs its delimiters "
                            f"({self._delimiter!r}) even where a value is empty"
                        )
                    if number >= 0:
                        yield row
                    number += 1
            except csv.Error as error:
                raise ValueError(f"line {reader.line_num} is no CSV ({error})") from error


class ParquetTable:
    """A table of Parquet; it is read column by column, after its rows are counted."""

    def __init__(self, path: str | Path) -> None:
        from pyarrow import parquet

        self._name = path
        with _foreign(), open_regular(path) as file:
            table = parquet.ParquetFile(file)
            schema, n_rows = table.schema_arrow, table.metadata.num_rows
        self._types = list(schema.types)
        self.columns = tuple(str(name) for name in schema.names)
        self._n_rows = n_rows
        name, count = Counter(self.columns).most_common(1)[0] if self.columns else ("", 0)
        if count > 1:
            raise ValueError(f"{count} columns are called {name!r}; rename all but one")
        if n_rows > MOST_ROWS:
            raise ValueError(
                f"it claims {n_rows:,} rows, more than the {MOST_ROWS:,} that are read; split it"
            )

    def strings(self, places: Sequence[int]) -> list[list[str | None]]:
        """Read some columns, a list each; numbers and booleans as they are written."""
        for place in places:
            if not _is_plain(self._types[place]):
                raise ValueError(
                    f"the column {self.columns[place]!r} holds "
                    f"{self._types[place]}, not text; save it as text"
                )
        found: list[list[str | None]] = [[] for _ in places]
        n_characters = 0
        for batch in self._batches(places):
            for column, place in zip(found, places, strict=True):
                values = batch.column(self.columns[place]).to_pylist()
                texts = [_as_text(value) for value in values]
                n_characters += sum(len(text) for text in texts if text is not None)
                column.extend(texts)
            if n_characters > _MOST_CHARACTERS:
                raise ValueError("its text takes more than 4 GiB; split it")
        return found

    def numbers(self, places: Sequence[int]) -> NDArray[np.float64]:
        """Read some columns as finite numbers."""
        check_fits(self._n_rows * len(places) * 8, "its numbers")
        found: list[NDArray[np.float64]] = [np.empty((0, len(places)))]
        for batch in self._batches(places):
            columns = [
                batch.column(self.columns[place]).to_numpy(zero_copy_only=False) for place in places
            ]
            found.append(np.array(columns, dtype=np.float64).T)
            if not np.isfinite(found[-1]).all():
                row, place = np.argwhere(~np.isfinite(found[-1]))[0]
                row += sum(len(each) for each in found[:-1])
                raise ValueError(
                    f"row {row} has no finite number in the column "
                    f"{self.columns[places[place]]!r}; fill it, or take the row or the column away"
                )
        return np.concatenate(found)

    def numeric(self) -> list[int]:
        """Places of the columns of numbers and booleans."""
        from pyarrow import types

        tests = (types.is_integer, types.is_floating, types.is_boolean)
        return [
            place for place, kind in enumerate(self._types) if any(test(kind) for test in tests)
        ]

    def _batches(self, places: Sequence[int]) -> Iterator[Any]:
        from pyarrow import parquet

        with open_regular(self._name) as file, _foreign():
            names = [self.columns[place] for place in places]
            table = parquet.ParquetFile(file)
            yield from table.iter_batches(_BATCH, columns=names, use_threads=False)


@contextmanager
def _foreign() -> Iterator[None]:
    """Make one kind of the errors of pyarrow, which raises all kinds."""
    try:
        yield
    except MemoryError:
        raise
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ValueError(f"it cannot be read as Parquet ({reason})") from error


@contextmanager
def _large_fields() -> Iterator[None]:
    """Let a field be as long as a text may be."""
    limit = csv.field_size_limit(_LARGEST_FIELD)
    try:
        yield
    finally:
        csv.field_size_limit(limit)


def _decode(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ValueError("it is encoded as UTF-16; save it as UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        byte, line = data[error.start], data[: error.start].count(b"\n") + 1
        raise ValueError(
            f"it is not UTF-8 (line {line} holds the byte 0x{byte:02x}); save it as UTF-8"
        ) from error
    if "\0" in text:
        raise ValueError("it holds a null byte, which no table of text does")
    return text if "\n" in text else text.replace("\r", "\n")


def _lines(text: str) -> Iterator[str]:
    """Lines with their ends; io.StringIO would hold four bytes for each character."""
    start = 0
    while end := text.find("\n", start) + 1:
        yield text[start:end]
        start = end
    if start < len(text):
        yield text[start:]


def _heading(text: str, delimiter: str) -> list[str]:
    with _large_fields():
        reader = csv.reader(_lines(text), delimiter=delimiter)
        try:
            return next((row for row in reader if row), [])
        except csv.Error:
            return []


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


def _is_finite(value: str) -> bool:
    return _is_number(value) and bool(np.isfinite(float(value)))


def _is_plain(kind: Any) -> bool:
    from pyarrow import types

    if types.is_dictionary(kind):
        kind = kind.value_type
    tests = (types.is_string, types.is_large_string, types.is_integer, types.is_floating)
    return any(test(kind) for test in (*tests, types.is_boolean, types.is_null))


def _as_text(value: Any) -> str | None:
    """Text as it is; a whole number without the '.0' that missing values beside it bring."""
    if value is None or value != value:
        return None
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
