"""Columns of frames: which are numbers, and what to do with those that are not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import sklearn
from sklearn.utils.fixes import parse_version

from skvaal._pool.kinds import is_pandas, is_polars, is_pyarrow

# Before, scikit-learn asks for names by the interchange protocol, which polars 2 does not have.
_SKLEARN_READS_POLARS = parse_version(sklearn.__version__) >= parse_version("1.9")
# What stands after "holds".
DATES = "dates or times; turn them into numbers first, such as days since the first one"
_LISTS = "lists; give each of their numbers a column: numpy.stack({1})"


def names_of_columns(X: Any) -> list[Any] | None:
    """Names of the columns of a frame, of any type; None if X is no frame."""
    if is_pyarrow(X):  # whose `columns` are the data
        return list(X.schema.names)
    return list(X.columns) if hasattr(X, "columns") else None


def as_named(X: Any) -> Any:
    """X as scikit-learn finds names in it; of a frame of polars that it cannot read, those only."""
    if _SKLEARN_READS_POLARS or not (is_polars(X) and hasattr(X, "columns")):
        return X
    # As much of the interchange protocol as scikit-learn asks for.
    names = SimpleNamespace(column_names=lambda: X.columns)
    return SimpleNamespace(shape=X.shape, __dataframe__=lambda: names)


def check_columns(X: Any, name: str, estimator_name: str) -> None:
    """Raise if a column of a frame, or a Series, holds no numbers, and say which.

    Columns of objects are left to the conversion: they may hold numbers.
    """
    if is_polars(X) and not hasattr(X, "columns") and str(X.dtype).startswith("Struct"):
        raise ValueError(f"{name} is a Series of structs; pass a frame: {name}.struct.unnest()")
    if not (is_pandas(X) or is_polars(X)) or not hasattr(X, "columns"):
        return
    if X.shape[1] == 0:
        raise ValueError(
            f"{name} has no columns: Found array with 0 feature(s) (shape={X.shape}) while a "
            f"minimum of 1 is required by {estimator_name}"
        )
    if is_pandas(X):
        _check_names(X, name)
    find = _what_pandas_holds if is_pandas(X) else _what_polars_holds
    for i, (column, dtype) in enumerate(zip(X.columns, list(X.dtypes), strict=True)):
        what = find(dtype)
        if is_pandas(X) and str(dtype) == "object":
            what = _what_objects_hold(X.iloc[:, i])
        if what is None:
            continue
        if what == "strings":
            raise ValueError(strings_message(name, estimator_name, f" in the column {column!r}"))
        what = what.format(name, f"{name}[{column!r}]")
        raise ValueError(f"{name} has a column {column!r} of dtype {dtype}, which holds {what}")


def strings_message(name: str, estimator_name: str, where: str = "") -> str:
    """What to do about strings among numbers."""
    return (
        f"{name} holds strings{where}; encode them as numbers first, with "
        "sklearn.preprocessing.OrdinalEncoder or OneHotEncoder. For a frame with columns of both "
        f"kinds, use strategy=make_pipeline(ColumnTransformer(...), {estimator_name}())"
    )


def _check_names(X: Any, name: str) -> None:
    kinds = sorted({type(column).__name__ for column in X.columns})
    if "str" in kinds and len(kinds) > 1:
        raise TypeError(
            f"{name} has names of columns of several types ({', '.join(kinds)}); make all of them "
            f"texts: {name}.columns = {name}.columns.astype(str)"
        )


def _what_pandas_holds(dtype: Any) -> str | None:
    kind, its_name = getattr(dtype, "kind", "O"), type(dtype).__name__
    if its_name == "SparseDtype":
        return "sparse numbers; pass the frame as scipy.sparse.csr_matrix({}.sparse.to_coo())"
    if its_name == "CategoricalDtype":
        of_each = dtype.categories.dtype
        if getattr(of_each, "kind", "O") in "biuf":
            return None
        if type(of_each).__name__ == "IntervalDtype":
            return "intervals; pass their ends, or their numbers {1}.cat.codes"
        return _what_pandas_holds(of_each) or "strings"
    if its_name == "StringDtype":
        return "strings"
    if kind in "mM" or its_name == "PeriodDtype":
        return DATES
    if kind == "c":
        return "complex numbers; pass real and imaginary part as two columns"
    if its_name == "IntervalDtype":
        return "intervals; pass their ends, or their middle, as numbers"
    if its_name == "ArrowDtype" and "list" in str(dtype):
        return _LISTS
    if its_name == "ArrowDtype" and kind not in "biuf":
        return "strings" if "string" in str(dtype) else "no numbers; convert it to float first"
    return None


def _what_objects_hold(column: Any) -> str | None:
    """What the first entry of a column of pandas is that is not missing; None: maybe numbers."""
    known = column.notna().to_numpy()
    return _LISTS if known.any() and np.ndim(column.iloc[int(known.argmax())]) else None


def _what_polars_holds(dtype: Any) -> str | None:
    if dtype.is_numeric() or str(dtype) in ("Boolean", "Null"):
        return None
    if dtype.is_temporal():
        return DATES
    if str(dtype).partition("(")[0] in ("String", "Categorical", "Enum"):
        return "strings"
    if dtype.is_nested():
        kind = str(dtype).partition("(")[0].lower()
        return (
            _LISTS if kind in ("list", "array") else f"{kind}s; give each of their numbers a column"
        )
    return "no numbers; convert it to Float64 first"
