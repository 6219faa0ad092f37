"""The columns of a table's row: first those that set it apart, then all others."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import floor, isfinite, log10

import numpy as np
from numpy.typing import NDArray

from skvaal._files.named_samples import NamedSamples
from skvaal._utils.pages import visible

_MOST_TELLING = 6
_MOST_ROWS = 5_000  # that a column's median is taken over
_DIGITS = 4
_LONGEST_NAME = 60


@dataclass(frozen=True)
class Row:
    """What the page shows of a row.

    Parameters
    ----------
    telling, others : list of tuple of str
        Of a column: its name, the value, that of the nearest labelled row if there is one, and the
        median of the pool. `telling` begins with the column that sets the row apart most; `others`
        are in the order of the table.
    n_left_out : int
        Columns that are not shown.
    """

    telling: list[tuple[str, ...]]
    others: list[tuple[str, ...]]
    n_left_out: int


@dataclass(frozen=True)
class Columns:
    """Rows of a table, column by column.

    Parameters
    ----------
    samples : NamedSamples
        Of the kind 'features'.
    most : int
        How many columns of a row are shown.

    Examples
    --------
    >>> X = np.array([[1.0, 20.0], [2.0, 20.0], [9.0, 21.0]])
    >>> names = np.array(["0", "1", "2"], dtype=object)
    >>> columns = Columns(NamedSamples(X, names, "features", "row", None, "X.npy"), most=100)
    >>> columns.of(2, nearest=1).telling
    [('column 1', '21', '20', '20'), ('column 0', '9', '2', '2')]
    """

    samples: NamedSamples
    most: int

    def of(self, row: int, nearest: int | None) -> Row:
        """Columns of a row, beside those of the nearest labelled row."""
        values = self._values(row)
        others = None if nearest is None else self._values(nearest)
        order = self._rank(values, others).tolist()
        compared = [values, self._median] if others is None else [values, others, self._median]
        cells = {i: (self._names[i], *(write_number(each[i]) for each in compared)) for i in order}
        rest = sorted(order[_MOST_TELLING : self.most])
        return Row(
            telling=[cells[i] for i in order[:_MOST_TELLING]],
            others=[cells[i] for i in rest],
            n_left_out=len(order) - len(order[:_MOST_TELLING]) - len(rest),
        )

    def _rank(
        self, values: NDArray[np.float64], nearest: NDArray[np.float64] | None
    ) -> NDArray[np.intp]:
        """Columns by how far a row is from the nearest labelled one, then from the median."""
        from_median = self._in_spreads(values, self._median)
        if nearest is None:
            return np.argsort(-from_median, kind="stable")
        return np.lexsort((-from_median, -self._in_spreads(values, nearest)))

    def _in_spreads(
        self, values: NDArray[np.float64], others: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """How far values are from others; NaN is nowhere."""
        with np.errstate(over="ignore"):
            size = np.nan_to_num(np.abs(values - others), nan=0.0)
            alone = np.where(size > 0, np.inf, 0.0)  # in a column that is otherwise constant
            return np.divide(size, self._spread, out=alone, where=self._spread > 0)

    def _values(self, row: int) -> NDArray[np.float64]:
        return _finite(self.samples.X[row])

    @cached_property
    def _names(self) -> list[str]:
        names = self.samples.columns or [f"column {i}" for i in range(self.samples.X.shape[1])]
        return [_cut(visible(name, in_one_line=True)) for name in names]

    @cached_property
    def _some(self) -> NDArray[np.float64]:
        X = self.samples.X
        rows = np.unique(np.linspace(0, len(X) - 1, _MOST_ROWS).astype(np.intp))
        return _finite(X[rows])

    @cached_property
    def _median(self) -> NDArray[np.float64]:
        return np.ma.median(np.ma.masked_invalid(self._some), axis=0).filled(np.nan)

    @cached_property
    def _spread(self) -> NDArray[np.float64]:
        """Standard deviation of each column."""
        scale = np.ma.masked_invalid(np.abs(self._some)).max(axis=0).filled(0.0)
        scale[scale == 0] = 1.0  # so that no square overflows
        return np.ma.masked_invalid(self._some / scale).std(axis=0).filled(0.0) * scale


def write_number(value: float) -> str:
    """Four digits of a number, without an exponent where people need none.

    Examples
    --------
    >>> [write_number(x) for x in (1875.04, 0.0431, 12, -0.5, 2_500_000, 3e-9, float("nan"))]
    ['1875', '0.0431', '12', '-0.5', '2500000', '3e-09', 'no number']
    """
    value = float(value) + 0.0  # never -0
    if not isfinite(value):
        return "no number"
    if value == 0 or not 1e-4 <= abs(value) < 1e7:
        return f"{value:.{_DIGITS}g}"
    decimals = max(0, _DIGITS - 1 - floor(log10(abs(value))))
    text = f"{value:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _cut(name: str) -> str:
    """A long name without its middle: beginning and end tell columns apart."""
    half = _LONGEST_NAME // 2
    return name if len(name) <= _LONGEST_NAME else f"{name[:half]}…{name[-half:]}"


def _finite(values: NDArray[np.generic]) -> NDArray[np.float64]:
    """As float64, with NaN for what is not finite."""
    numbers = np.asarray(values, dtype=np.float64)
    return np.where(np.isfinite(numbers), numbers, np.nan)
