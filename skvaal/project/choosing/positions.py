"""Rows that belong to samples by their position, or by names that a file holds beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvaal._files.arrays import read_names
from skvaal._files.matching import Names
from skvaal._files.named_samples import NamedSamples
from skvaal._files.reading import counted, listed, shown

# Name of the setting that holds, by argument, what `fingerprint` returns.
BY_POSITION = "matched by position"
_N_BYTES = 8
_OR_TABLE = {"predictions": ", or as a table with a column of names"}


def match(
    rows: NDArray[Any], called: str, source: Any, samples: NamedSamples
) -> tuple[NDArray[Any], dict[str, str] | None, list[str]]:
    """Rows in the order of the samples; their fingerprint, if only their position says so; notes.

    Parameters
    ----------
    rows : array of shape (n, n_columns)
        As a user gave them.
    called : str
        What they are called in an error.
    source : str, path or array
        Where they are from. An .npz file may hold `names` beside them.
    samples : NamedSamples

    Raises
    ------
    ValueError
        If a sample has no row, or a row no sample that can be told.
    """
    names = None if isinstance(source, np.ndarray) else read_names(source)
    if names is not None:
        found, notes = _find_rows(names, len(rows), called, samples)
        return rows[found], None, notes
    if rows.ndim != 2 or len(rows) != len(samples):
        raise ValueError(
            f"{called} has the shape {rows.shape}, and {shown(samples.source)} has "
            f"{len(samples):,} samples; it needs a row for each, in their order"
        )
    return rows, fingerprint(rows, samples), []


def _find_rows(
    names: NDArray[np.object_], n_rows: int, called: str, samples: NamedSamples
) -> tuple[NDArray[np.intp], list[str]]:
    """Row of each sample by its name, and notes."""
    if len(names) != n_rows:
        raise ValueError(f"{called} has {n_rows:,} rows and {len(names):,} names; it needs as many")
    rows = np.full(len(samples), -1, dtype=np.intp)
    places, notes = find_samples(names.tolist(), samples)
    for row, place in enumerate(places):
        if place is None:
            continue
        if rows[place] >= 0:
            raise ValueError(f"{called} has two rows for {samples.names[place]!r}; keep one")
        rows[place] = row
    missing = samples.names[rows < 0]
    if len(missing):
        raise ValueError(
            f"{called} has no row for {counted(len(missing), 'sample')} of "
            f"{shown(samples.source)}: {listed(map(str, missing), len(missing))}; it needs a row "
            "for each, with its name as in picks.csv"
        )
    return rows, notes


def find_samples(
    texts: Iterable[str | None], samples: NamedSamples
) -> tuple[list[int | None], list[str]]:
    """Place of each sample that a file names, as labels may name it, or None; and notes."""
    names = Names(samples)
    found = [None if text is None else names.find(text) for text in texts]
    # Behind the samples are files that cannot be read.
    places = [row if row is not None and row < len(samples) else None for row in found]
    return places, names.notes


def fingerprint(rows: NDArray[Any], samples: NamedSamples) -> dict[str, str]:
    """Digests of rows and of the names that they were taken for, in their order.

    Examples
    --------
    >>> names = np.array(["a", "b"], dtype=object)
    >>> samples = NamedSamples(np.eye(2), names, "features", "row", None, "X.npy")
    >>> fingerprint(np.eye(2), samples) == fingerprint(np.eye(2), samples.take(np.array([1, 0])))
    False
    """
    of_rows, of_names = blake2b(digest_size=_N_BYTES), blake2b(digest_size=_N_BYTES)
    of_rows.update(f"{rows.shape} {rows.dtype}".encode())
    of_rows.update(np.ascontiguousarray(rows).data)
    for name in samples.names:
        of_names.update(str(name).encode("utf-8", "surrogatepass") + b"\0")
    return {"rows": of_rows.hexdigest(), "names": of_names.hexdigest()}


def check_positions(
    fingerprints: Mapping[str, Mapping[str, str]],
    before: Iterable[Mapping[str, Mapping[str, str]]],
) -> None:
    """Raise if a round before took the same rows for other samples.

    Parameters
    ----------
    fingerprints : dict of dict
        What `fingerprint` returned, by argument.
    before : iterable of dict
        The same of each round, the first one first.
    """
    for number, earlier in enumerate(before, 1):
        for argument, now in fingerprints.items():
            then = earlier.get(argument)
            if then and then["rows"] == now["rows"] and then["names"] != now["names"]:
                raise ValueError(
                    f"{argument} hold the same rows as in round {number}, but the samples of the "
                    "pool are other ones now, or in another order, so that rows would be taken for "
                    "the wrong samples: make the rows again, or give them with their names, as the "
                    f"arrays X and names of an .npz file{_OR_TABLE.get(argument, '')}"
                )


def note_positions(fingerprints: Mapping[str, Any], samples: NamedSamples) -> list[str]:
    """Say how rows were matched to files, which a user may have numbered otherwise.

    Examples
    --------
    >>> names = np.array(["a.png", "b.png"], dtype=object)
    >>> samples = NamedSamples(np.eye(2), names, "images", "path", None, "photos")
    >>> note_positions({"features": {}}, samples)
    ["Rows of features belong to images by position: the first to 'a.png', the last to 'b.png'."]
    """
    if samples.column != "path":
        return []
    first, last = str(samples.names[0]), str(samples.names[-1])
    return [
        f"Rows of {argument} belong to {samples.kind} by position: the first to {first!r}, the "
        f"last to {last!r}."
        for argument in fingerprints
    ]
