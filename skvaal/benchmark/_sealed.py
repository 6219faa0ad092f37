"""JSON and tables that hold a digest of their content, so that damage does not pass unseen."""

import hashlib
import json
from io import BytesIO
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

DIGEST = "sha256"
_OF_TABLE = b"skvaal.sha256"
_LEVEL = 19  # of zstd: records are small, and kept for years
_DEEPEST = 50
_MOST_ROWS = 10_000_000  # a file of some kB may claim any number


def seal(content: dict[str, Any], *, indent: int | None = None) -> bytes:
    """Write JSON with a digest of it."""
    content = readable(json.loads(json.dumps(content)))
    return (json.dumps(content | {DIGEST: _digest(content)}, indent=indent) + "\n").encode()


def unseal(data: bytes) -> Any:
    """Read JSON without its digest, or raise a ValueError; files of old versions hold none."""
    try:
        content = json.loads(data.decode("utf-8"))
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    _check_plain(content)
    if isinstance(content, dict) and DIGEST in content:
        _compare(content.pop(DIGEST), content, f"if you changed it yourself, remove its {DIGEST}")
    return content


def seal_table(frame: pd.DataFrame) -> bytes:
    """Write a table as Parquet with checksums of its pages, and a digest of all that it holds."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    digest = _digest(_rows(table)).encode()
    table = table.replace_schema_metadata({**table.schema.metadata, _OF_TABLE: digest})
    buffer = BytesIO()
    encodings = _encodings(table)
    pq.write_table(
        table,
        buffer,
        compression="zstd",
        compression_level=_LEVEL,
        use_dictionary=[name for name in table.schema.names if name not in encodings],
        column_encoding=dict(encodings.values()),
        write_page_checksum=True,
    )
    return buffer.getvalue()


def _encodings(table: pa.Table) -> dict[str, tuple[str, str]]:
    """Path and encoding, by column, where a dictionary of the values would be long."""
    encodings = {}
    for column in table.schema:
        if pa.types.is_list(column.type) and pa.types.is_integer(column.type.value_type):
            encodings[column.name] = (f"{column.name}.list.element", "DELTA_BINARY_PACKED")
        elif pa.types.is_floating(column.type) and _varies(table[column.name]):
            encodings[column.name] = (column.name, "BYTE_STREAM_SPLIT")
    return encodings


def _varies(column: pa.ChunkedArray) -> bool:
    return 4 * len(column.unique()) > len(column)


def unseal_table(data: bytes, columns: tuple[str, ...]) -> list[dict[str, Any]]:
    """Read the rows of a table, or raise a ValueError; what is missing in it, NaN too, is None."""
    try:
        file = pq.ParquetFile(BytesIO(data), page_checksum_verification=True)
        names = file.schema_arrow.names
        if wrong := [name for name in columns if names.count(name) != 1]:
            raise ValueError(f"it lacks the column {wrong[0]!r}, or has several of that name")
        if (n_rows := file.metadata.num_rows) > _MOST_ROWS:
            raise ValueError(f"its {n_rows:,} rows are more than {_MOST_ROWS:,}")
        rows = _rows(file.read(columns))
    except (pa.ArrowException, OSError, MemoryError) as error:
        raise ValueError(" ".join(str(error).split())) from error
    metadata = file.schema_arrow.metadata or {}
    if _OF_TABLE in metadata:
        _compare(metadata[_OF_TABLE].decode(), rows, "get it from a backup")
    return rows


def _rows(table: pa.Table) -> list[dict[str, Any]]:
    # Not by pandas, whose reader believes what the file says of its index and types.
    rows: list[dict[str, Any]] = table.to_pylist()
    return [{name: None if one != one else one for name, one in row.items()} for row in rows]


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=repr).encode()).hexdigest()


def _compare(written: Any, content: Any, way_out: str) -> None:
    if written != _digest(content):
        raise ValueError(f"its content does not match its {DIGEST}; {way_out}")


def readable(content: Any) -> Any:
    """Escape what is no Unicode in a value of JSON: names of files may hold any bytes."""
    if isinstance(content, str):
        return content.encode("utf-8", "backslashreplace").decode()
    if isinstance(content, list):
        return [readable(one) for one in content]
    if isinstance(content, dict):
        return {readable(key): readable(one) for key, one in content.items()}
    return content


def _check_plain(value: Any, key: str = "", depth: int = 0) -> None:
    """Refuse what no report can show: text that is no Unicode, and nests without end."""
    if depth > _DEEPEST:
        raise ValueError(f"{key.split('.')[0]} is nested deeper than {_DEEPEST} times")
    if isinstance(value, str) and readable(value) != value:
        raise ValueError(f"{readable(key)} is {value!r}, which is no text")
    if isinstance(value, list):
        for i, one in enumerate(value):
            _check_plain(one, f"{key}[{i}]", depth + 1)
    if isinstance(value, dict):
        for name, one in value.items():
            within = f"{key}.{name}" if key else name
            _check_plain(name, within, depth + 1)
            _check_plain(one, within, depth + 1)
