"""Why a batch was chosen: a small table with a row for each sample of it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from skvaal._pool.conversion import as_array
from skvaal._pool.pool import Pool
from skvaal._pool.validation import PoolCheckingMixin
from skvaal._rules.measures import iterate_squared_distances
from skvaal._rules.rule import Candidates, Rule
from skvaal._utils.float_errors import allowing_underflow
from skvaal._utils.params import naming_foreign

Columns = Mapping[str, NDArray]


class ExplainingMixin(PoolCheckingMixin):
    """The method of a strategy that tells why a batch was chosen.

    A strategy says what it knew (`_recall`): the rule that chose, and the candidates as that rule
    read them. The table holds what is in these, and no column for what is not.
    """

    _seed: int

    @abstractmethod
    def _recall(self, pool: Pool, proba: Any) -> tuple[Rule, Candidates]:
        """The rule that chooses from a pool, and what it reads of it; without a warning."""

    @abstractmethod
    def _check_parameters(self, *, warns: bool = True) -> None:
        """Raise if a parameter cannot be used."""

    @allowing_underflow
    def explain(self, X_unlabeled: Any, indices: ArrayLike, *, proba: Any = None) -> Any:
        """Tell why samples were chosen, one row of a table for each.

        Parameters
        ----------
        X_unlabeled : array-like of shape (n_samples, n_features) or 4-D array
            The pool that :meth:`query` chose from.
        indices : array-like of int of shape (n,)
            All that :meth:`query` returned, in its order, which is the order of choosing. Other
            rows of the pool are explained as if they had been chosen, one after the other.
        proba : array-like, default=None
            What :meth:`query` got. Without it, gains are those of a choice without a model.

        Returns
        -------
        pandas.DataFrame, or a table that reads like one where pandas is not installed
            A column that the rule cannot fill is left out. Columns are:

            - ``row`` : the index into `X_unlabeled`.
            - ``gain`` : what the sample added to the coverage when it was chosen, after those
              above it. It equals the score that :meth:`query` returns. :class:`Herding` has it.
            - ``uncertainty`` : how unsure the task model is of the sample, if the rule was told.
            - ``score`` : the discriminator's log-odds of being labelled, if the rule reads them.
            - ``covers`` : how many other samples of the pool lie within the width of the kernel
              of :class:`Herding`.
            - ``nearest_labeled`` : the nearest labelled sample, as a position among the labelled
              samples in the order in which they were fitted; if there are any, and the rule reads
              their coordinates.
            - ``distance`` : how far that one is, in the space of the rule.

        Raises
        ------
        ValueError, TypeError, NotFittedError
            If `indices` are not different rows of the pool, or for the reasons of :meth:`query`.

        Examples
        --------
        >>> from sklearn.datasets import load_digits
        >>> from skvaal import HerdingQueryStrategy
        >>> X, y = load_digits(return_X_y=True)
        >>> strategy = HerdingQueryStrategy(random_state=0).fit_pools(X[:100], X[100:])
        >>> indices, scores = strategy.query(X[100:], n=5, return_scores=True)
        >>> table = strategy.explain(X[100:], indices)
        >>> list(table.columns)
        ['row', 'gain', 'covers', 'nearest_labeled', 'distance']
        >>> bool(abs(table["gain"] - scores).max() < 1e-3)
        True
        """
        check_is_fitted(self)
        self._check_parameters()
        pool = self._open(X_unlabeled, "X_unlabeled")
        rows = check_chosen(indices, len(pool))
        rule, candidates = self._recall(pool, proba)
        return as_table(explain_choice(rule, candidates, rows, RandomState(self._seed)))


def explain_choice(
    rule: Rule, candidates: Candidates, rows: NDArray[np.intp], random_state: RandomState
) -> dict[str, NDArray]:
    """What a rule read of the samples that it chose, and what each was worth to it, by column.

    `random_state` is in the state in which the rule began to choose.
    """
    reads = rule.reads
    columns: dict[str, NDArray] = {"row": rows}
    measure = getattr(rule, "measure", None)  # of a rule whose values depend on those before
    gains, covers = None, None
    if measure is not None:
        with naming_foreign(rule, f"rule={type(rule).__name__}: measure fails"):
            gains, covers = measure(candidates, rows, random_state)
    if gains is not None:
        columns["gain"] = gains
    if reads.uncertainty and candidates.uncertainty is not None:
        columns["uncertainty"] = candidates.uncertainty[rows]
    if reads.scores:
        columns["score"] = candidates.read_scores()[rows].astype(np.float64)
    if covers is not None:
        columns["covers"] = covers
    if reads.labeled_coordinates and len(candidates.labeled_coordinates):
        columns["nearest_labeled"], columns["distance"] = _find_nearest(
            candidates.read_coordinates(rows), candidates.labeled_coordinates
        )
    return columns


def _find_nearest(
    Z: NDArray[np.float32], others: NDArray[np.float32]
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """The nearest of other points to each point, and how far it is."""
    nearest = np.empty(len(Z), dtype=np.intp)
    for rows, distances in iterate_squared_distances(Z, others):
        nearest[rows] = distances.argmin(axis=1)
    # Once more for these: in blocks, distances near 0 are rounding errors.
    difference = Z.astype(np.float64) - others[nearest]
    return nearest, np.linalg.norm(difference, axis=1)


def check_chosen(indices: ArrayLike, n_samples: int, name: str = "X_unlabeled") -> NDArray[np.intp]:
    """Validate chosen rows of the pool of that name: different integers, at least one, (n,)."""
    way_out = f"pass what the query returned for this {name}"
    try:
        rows = as_array(indices, "indices")
    except ValueError as error:
        raise ValueError(f"{error}; {way_out}") from error
    if rows.ndim != 1:
        raise ValueError(f"indices must have the shape (n,), got {rows.shape}; {way_out}")
    if len(rows) == 0:
        raise ValueError(f"indices are empty, so that there is nothing to explain; {way_out}")
    if rows.dtype.kind not in "iu":
        raise TypeError(f"indices must be integers, got dtype {rows.dtype}; {way_out}")
    is_outside = (rows < 0) | (rows >= n_samples)
    if is_outside.any():
        raise ValueError(
            f"indices hold {rows[is_outside][0]}, but rows of {name} are from 0 to "
            f"{n_samples - 1}; {way_out}"
        )
    different, counts = np.unique(rows, return_counts=True)
    if len(different) < len(rows):
        raise ValueError(
            f"indices hold {different[counts > 1][0]} more than once, but a sample is chosen only "
            f"once; {way_out}"
        )
    return rows.astype(np.intp)


def as_table(columns: Columns) -> Any:
    """A DataFrame of pandas, or a :class:`ColumnTable` where pandas is not installed."""
    try:
        import pandas as pd
    except ImportError:
        return ColumnTable(columns)
    return pd.DataFrame(columns)


class ColumnTable:
    """Columns of equal length by name, read as those of a DataFrame are: ``table['gain']``."""

    def __init__(self, columns: Columns) -> None:
        self._columns = dict(columns)

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return list(self._columns)

    def __getitem__(self, name: str) -> NDArray:
        return self._columns[name]

    def __contains__(self, name: object) -> bool:
        return name in self._columns

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        """Count the rows, as a DataFrame does."""
        return len(next(iter(self._columns.values())))

    def _cells(self) -> list[list[str]]:
        """Rows of text, the names first."""
        columns = [[name, *map(_as_text, values)] for name, values in self._columns.items()]
        return [list(row) for row in zip(*columns, strict=True)]

    def __repr__(self) -> str:
        cells = self._cells()
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = (map(str.rjust, row, widths) for row in cells)
        return "\n".join(map("  ".join, lines))

    def _repr_html_(self) -> str:
        head, *body = (
            "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in row)
            for tag, row in zip(["th"] + ["td"] * len(self), self._cells(), strict=True)
        )
        rows = "".join(f"<tr>{row}</tr>" for row in body)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _as_text(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, np.floating) else str(value)
