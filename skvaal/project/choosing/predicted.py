"""Class probabilities of a user's own model, from a file."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from skvaal._files.arrays import ARRAY_ENDINGS, read_samples
from skvaal._files.label_tables import PATH_COLUMNS
from skvaal._files.labels import LabeledSamples
from skvaal._files.reading import (
    check_there,
    counted,
    find_column,
    listed,
    naming,
    shown,
    those_there,
)
from skvaal._files.tables import Table, read_table
from skvaal._predictions.predictions import check_proba
from skvaal.project.choosing.positions import find_samples, match


@dataclass(frozen=True)
class Predicted:
    """What a task model says of every sample.

    Parameters
    ----------
    proba : array of shape (n_samples, n_classes)
        Class probabilities; NaN in rows of labelled samples that the model was not asked about.
    classes : tuple of n_classes str
        Names of the classes.
    model : str
        What predicts, in words.
    positions : dict or None, default=None
        Of given probabilities that belong to samples by their position alone, the fingerprint.
    """

    proba: NDArray[np.float64]
    classes: tuple[str, ...]
    model: str
    positions: Mapping[str, str] | None = None

    def of(self, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """Probabilities of some samples."""
        return self.proba[rows]

    def likeliest(self, row: int) -> tuple[str, str]:
        """The two likeliest classes of a sample, the first twice if there is no other."""
        order = np.argsort(-self.proba[row], kind="stable")
        return self.classes[order[0]], self.classes[order[min(1, len(order) - 1)]]


def read_predictions(source: str | Path, known: LabeledSamples) -> tuple[Predicted, list[str]]:
    """Read class probabilities, and find the samples that they belong to.

    Parameters
    ----------
    source : str or Path
        A CSV or Parquet table with a column of names (path, or row) and a column of probabilities
        for each class; or a .npy or .npz file with a row for each sample, in their order. An .npz
        file may hold the samples' `names` beside them.
    known : LabeledSamples
        The samples. Labelled ones may be missing in a table.

    Returns
    -------
    Predicted, and notes for the user

    Raises
    ------
    ValueError
        If a sample without a label has no probabilities, or a row is no distribution; the message
        names the file.
    """
    source = os.fspath(source)
    check_there(source, "file")
    if Path(source).suffix.lower() in ARRAY_ENDINGS:
        return _of_array(source, known)
    table = read_table(source)
    with naming(source):
        return _of_table(table, known)


def _of_array(source: str, known: LabeledSamples) -> tuple[Predicted, list[str]]:
    samples = known.samples
    proba = read_samples(source)
    with naming(source):
        if proba.dtype.kind not in "biuf":
            raise ValueError(f"it holds {proba.dtype}; it needs class probabilities")
        proba, positions, notes = match(proba, "it", source, samples)
        checked = check_proba(np.asarray(proba), len(samples), "it")
    n_classes = checked.shape[1]
    classes = tuple(f"class {i}" for i in range(n_classes))
    if n_classes == len(known.classes):
        classes = known.classes
        notes += ["The columns of the predictions are taken for the labels in alphabetical order."]
    return Predicted(checked, classes, "your model", positions), notes


def _of_table(table: Table, known: LabeledSamples) -> tuple[Predicted, list[str]]:
    samples = known.samples
    usual = PATH_COLUMNS if samples.column == "path" else ("row",)
    place = find_column(table.columns, None, usual, samples.column)
    if place is None:
        raise ValueError(
            f"no column is called {samples.column}, which names the samples; "
            f"{those_there(table.columns)}"
        )
    places = [i for i in range(len(table.columns)) if i != place]
    if not places:
        raise ValueError("it has no column of probabilities; it needs one for each class")
    classes = tuple(table.columns[i] for i in places)
    if twice := [each for each, count in Counter(classes).items() if count > 1]:
        raise ValueError(f"two columns are called {twice[0]!r}; a class needs one")
    numbers = table.numbers(places)
    rows, notes = find_samples(table.strings([place])[0], samples)
    n_others = sum(row is None for row in rows)
    proba = np.full((len(samples), len(places)), np.nan)
    here = [i for i, row in enumerate(rows) if row is not None]
    there = np.array([rows[i] for i in here], dtype=np.intp)
    if len(np.unique(there)) < len(there):
        values, counts = np.unique(there, return_counts=True)
        raise ValueError(f"{samples.names[values[counts > 1][0]]!r} has two rows; keep one")
    if len(here):
        proba[there] = _checked(numbers, here, samples.names[there])
    unlabeled = np.setdiff1d(np.arange(len(samples)), known.rows)
    missing = samples.names[unlabeled[np.isnan(proba[unlabeled, 0])]]
    if len(missing):
        raise ValueError(
            f"it has no row for {counted(len(missing), 'sample')} of {shown(samples.source)}: "
            f"{listed(map(str, missing), len(missing))}; predict these, too"
        )
    if n_others:
        verb = "is" if n_others == 1 else "are"
        notes.append(f"{counted(n_others, 'row')} of the predictions {verb} not of the pool.")
    if strange := sorted(set(known.classes) - set(classes)):
        notes.append(
            f"The predictions have no column for {listed(strange, len(strange))}, which labels "
            f"have; their classes are {listed(classes, len(classes))}."
        )
    return Predicted(proba, classes, "your model"), notes


def _checked(
    numbers: NDArray[np.float64], here: list[int], names: NDArray[np.object_]
) -> NDArray[np.float64]:
    """Rows that are distributions; an error names the sample of the first that is none."""
    chosen = numbers[here]
    bad = (chosen < 0).any(axis=1) | (np.abs(chosen.sum(axis=1) - 1) > 1e-3)
    if bad.any():
        row = int(bad.argmax())
        raise ValueError(
            f"the numbers of {names[row]!r} are no class probabilities: the smallest is "
            f"{chosen[row].min():.4g}, and they sum to {chosen[row].sum():.4g}; a row needs "
            "numbers from 0 on that sum to 1, and no other columns"
        )
    return check_proba(chosen, len(chosen), "it")
