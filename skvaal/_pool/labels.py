"""Which rows are labelled: what marks the others in y, and what must not pass for a label."""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence
from decimal import Decimal
from numbers import Number, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvaal._pool.conversion import as_array, unwrap
from skvaal._pool.kinds import is_tensor
from skvaal._utils.exceptions import AmbiguousInputWarning, EmptyPoolWarning, warn_user


def read_labels(y: Any, missing_label: Any, n_samples: int) -> NDArray[np.bool_]:
    """Tell which rows are labelled, (n_samples,), and warn where that is doubtful."""
    entries = as_entries(y)
    if len(entries) != n_samples:
        raise ValueError(
            f"X and y have inconsistent numbers of samples: {n_samples} and {len(entries)}; pass "
            f"one label, or missing_label={missing_label!r}, for each row of X"
        )
    labeled = labeled_mask(entries, missing_label)
    if labeled.all():
        what = f"no unlabelled samples: missing_label={missing_label!r} is not in it"
        warn_user(f"y contains {what}", EmptyPoolWarning)
    elif not labeled.any():
        what = f"no labelled samples: all of it is missing_label={missing_label!r}"
        warn_user(f"y contains {what}", EmptyPoolWarning)
    elif _may_be_classes(entries, labeled, missing_label):
        warn_user(
            f"y holds 1 and {missing_label!r} alone, and missing_label={missing_label!r} marks "
            f"{np.sum(~labeled)} of its {n_samples} rows as unlabelled; if these are two classes, "
            "pass another mark, such as missing_label=None",
            AmbiguousInputWarning,
        )
    return labeled


def labeled_mask(y: Any, missing_label: Any) -> NDArray[np.bool_]:
    """Tell which rows are labelled: (n_samples,) of bool.

    A row of dense labels is unlabelled if all of its entries are the mark. nan, None, NaT and
    pandas' NA each mark all of these. One of them in y that is not the mark is a ValueError, and so
    is a masked entry, and a text that reads like a mark of another type.
    """
    if np.ndim(missing_label) != 0:
        raise ValueError(f"missing_label must be one value, got {missing_label!r}")
    y, missing_label = as_entries(y), _without_axis(missing_label)
    is_null_mark = _is_null(missing_label)
    nulls = _find_nulls(y)
    if nulls.any() and not is_null_mark:
        row, value = _first(y, nulls)
        raise ValueError(
            f"y[{row}] is {value!r}, which is no label, but missing_label={missing_label!r} marks "
            f"unlabelled rows; put {missing_label!r} in its place, or pass "
            f"missing_label={'None' if value is None else 'np.nan'} if it marks all of them"
        )
    # Nulls that became texts leave no null behind; a class may well be named 'None'.
    look_alikes = _find_look_alikes(y, missing_label)
    if look_alikes.any() and not (is_null_mark and nulls.any()):
        row, value = _first(y, look_alikes)
        kind, other = type(value).__name__, type(missing_label).__name__
        raise ValueError(
            f"y[{row}] is {value!r} of type {kind}, but missing_label={missing_label!r} is of type "
            f"{other}, and does not mark it; pass missing_label={value!r} if that marks unlabelled "
            "rows, or give labels and mark one type"
        )
    unlabeled = nulls if is_null_mark else _find_marks(y, missing_label)
    return np.asarray(~unlabeled.all(axis=tuple(range(1, y.ndim))))


def as_entries(y: Any) -> NDArray:
    """Labels as an array that keeps their types."""
    y, kind = unwrap(y, "y"), type(y).__name__
    if isinstance(y, list | tuple):
        y = _keep_types(y)
    entries = as_array(y, "y")
    if entries.ndim == 0 or entries.dtype.names:
        raise ValueError(
            f"y must be an array or a list of one label for each row, got an object of type "
            f"{kind}; pass list(y) if it can be iterated over, or one column of it"
        )
    if entries.dtype.kind == "T":  # texts of variable width, with nulls of any kind
        entries = entries.astype(object)
    if entries.dtype == object and entries.size:
        entries = np.frompyfunc(_without_axis, 1, 1)(entries)
    return entries


def _without_axis(value: Any) -> Any:
    """The value in an array or a tensor of no axis; a tensor with axes as lists; others as is."""
    if value is np.ma.masked:
        return value
    if is_tensor(value) or (isinstance(value, np.ndarray) and value.ndim == 0):
        return value.tolist()
    return value


def _keep_types(y: Sequence[Any]) -> NDArray:
    """Labels as numbers if all are; numpy would make texts of words and nan."""
    try:
        numbers = np.asarray(y)
        if numbers.dtype.kind in "biuf":
            return numbers
        return np.array(y, dtype=object)
    except ValueError:  # rows of several lengths, such as the classes of each
        entries = np.empty(len(y), dtype=object)
        entries[:] = y
        return entries


def _find_nulls(y: NDArray) -> NDArray[np.bool_]:
    if y.dtype.kind in "fc":
        return np.isnan(y)
    if y.dtype.kind in "mM":
        return np.isnat(y)
    if y.dtype == object:
        # Not np.vectorize: it warns of NaN that it compares.
        return np.fromiter(map(_is_null, y.flat), dtype=bool, count=y.size).reshape(y.shape)
    return np.zeros(y.shape, dtype=bool)


def _find_marks(y: NDArray, mark: Any) -> NDArray[np.bool_]:
    if y.dtype.kind in "mM":
        mark = _as_time(mark)
        is_like = isinstance(mark, y.dtype.type)
        return np.asarray(y == mark) if is_like else np.zeros(y.shape, dtype=bool)
    if y.dtype.kind in "OS":
        return np.vectorize(lambda value: _is_mark(value, mark), otypes=[bool])(y)
    if isinstance(mark, str) != (y.dtype.kind == "U"):
        return np.zeros(y.shape, dtype=bool)
    return np.broadcast_to(np.asarray(y == mark), y.shape)


def _as_time(mark: Any) -> Any:
    """A moment or a span of pandas or of Python as one of numpy; anything else as it is."""
    if hasattr(mark, "to_numpy"):
        return mark.to_numpy()
    if isinstance(mark, datetime.date):
        return np.datetime64(mark)
    return np.timedelta64(mark) if isinstance(mark, datetime.timedelta) else mark


def _find_look_alikes(y: NDArray, mark: Any) -> NDArray[np.bool_]:
    """Where a text reads like a mark that is none, or a number like a mark that is a text."""
    if y.dtype.kind in "biufc":
        number = _as_number(mark) if isinstance(mark, str) else None
        if y.dtype.kind == "b" and mark in ("True", "False"):
            number = mark == "True"
        return np.zeros(y.shape, dtype=bool) if number is None else np.asarray(y == number)
    if y.dtype.kind not in "OUS":
        return np.zeros(y.shape, dtype=bool)
    nulls: set[str | float] = {"nan", "None", "<NA>", "NaT"}
    forms = nulls if _is_null(mark) else _forms(mark)

    def is_one(value: Any) -> bool:
        is_other = _family(value) not in (object, _family(mark))
        return is_other and not forms.isdisjoint(_forms(value))

    return np.asarray(np.vectorize(is_one, otypes=[bool])(y))


def _family(value: Any) -> type:
    if isinstance(value, np.timedelta64):  # which numpy takes for an integer
        return object
    if isinstance(value, Real | Decimal):
        return Real
    return next((kind for kind in (str, bytes) if isinstance(value, kind)), object)


def _as_number(value: Any) -> float | None:
    """The finite number that a value is, or that a text reads like; None if there is none."""
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _forms(value: Any) -> set[str | float]:
    """What a value may read like: a text, and a number, whatever digits it is written in."""
    text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    number = None if _family(value) is object else _as_number(value)
    return {text.strip()} if number is None else {text.strip(), number}


def _is_null(value: Any) -> bool:
    """Whether a value is None, nan, or pandas' NA or NaT: pandas turns one into another."""
    if value is None or value is np.ma.masked or type(value).__name__ in ("NAType", "NaTType"):
        return True
    if isinstance(value, Decimal):  # a signalling nan cannot be compared
        return value.is_nan()
    if isinstance(value, list | tuple | np.ndarray):  # a row of dense labels in one entry
        return len(value) > 0 and any(map(_is_null, value))
    return isinstance(value, Number | np.datetime64 | np.timedelta64) and bool(value != value)


def _is_mark(value: Any, mark: Any) -> bool:
    if isinstance(value, list | tuple | np.ndarray):
        return len(value) > 0 and all(_is_mark(each, mark) for each in value)
    spans = np.timedelta64, datetime.timedelta
    if isinstance(value, spans) != isinstance(mark, spans):
        return False  # numpy takes a span for a number of its units
    return not _is_null(value) and bool(value == mark)


def _first(y: NDArray, where: NDArray[np.bool_]) -> tuple[Any, Any]:
    """Index of the first entry, and its value as the user wrote it."""
    position = tuple(np.argwhere(where)[0].tolist())
    value = y[position]
    shown = value.item() if isinstance(value, np.generic) and y.dtype.kind in "biufUS" else value
    return ", ".join(map(str, position)), shown


def _may_be_classes(y: NDArray, labeled: NDArray[np.bool_], mark: Any) -> bool:
    """Whether -1 may be the second class of two rather than the mark: all other labels are 1."""
    if y.size != len(y) or not isinstance(mark, Real) or float(mark) != -1:
        return False
    return all(isinstance(each, Real) and each == 1 for each in y.ravel()[labeled].tolist())
