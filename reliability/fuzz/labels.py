"""Labels and marks of unlabelled rows: n_labeled_ is what a reader would count, or an error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from reliability.fuzz.examples import Outcome, answer, explore
from reliability.samples import is_right, tiny
from reliability.tally import RIGHT, SILENT, WRONG, Tally
from reliability.watched import watch
from skvaal import HerdingQueryStrategy

_NULLS = [None, float("nan"), np.float32("nan"), pd.NA, pd.NaT, np.datetime64("NaT", "ns")]
_MARKS = st.sampled_from([-1, 0, 1, -1.0, float("nan"), None, "", "unlabeled", "-1"])
_LABELS = st.sampled_from([0, 1, 2, -1, 1.0, 0.5, True, "a", "b", "", "-1", "unlabeled", *_NULLS])
_FORMS = {
    "list": list,
    "array": np.array,
    "object array": lambda y: np.array(y, dtype=object),
    "Series": pd.Series,
    "object Series": lambda y: pd.Series(y, dtype=object),
    "nullable Series": lambda y: pd.Series(y, dtype=object).convert_dtypes(),
    "categorical": lambda y: pd.Series(y, dtype="category"),
    "float array": lambda y: np.array(y, dtype=float),
    "column": lambda y: np.array(y).reshape(-1, 1),
}


def examples() -> st.SearchStrategy:
    """Few kinds of value in one y, as people have it; the mark; whether y has it; the form."""
    values = st.lists(_LABELS, min_size=1, max_size=3)
    y = values.flatmap(lambda few: st.lists(st.sampled_from(few), min_size=6, max_size=12))
    return st.tuples(y, _MARKS, st.booleans(), st.sampled_from([*_FORMS]))


def run(tally: Tally, trials: int, seed: int, folder: Path) -> None:
    """Try so many examples."""
    watch(tally, explore, examples, judge, trials, seed)


def judge(example: tuple[list, Any, bool, str]) -> Outcome:
    """Fit, count, and query the rows that are unlabelled."""
    values, mark, has_mark, form = example
    y = values + [mark] * 4 if has_mark else values

    def try_one() -> Outcome:
        try:
            given = _FORMS[form](y)
        except (ValueError, TypeError, OverflowError):
            return "no such y", ""
        X = tiny()[0][: len(y)]
        strategy = HerdingQueryStrategy(n_components=2, missing_label=mark, random_state=0)
        strategy.fit(X, given)
        expected = _count_labeled(given, mark)
        if expected is None:
            return SILENT, f"a null that is no mark counts; n_labeled_={strategy.n_labeled_}"
        if strategy.n_labeled_ != expected:
            return SILENT, f"n_labeled_={strategy.n_labeled_}, and there are {expected}"
        return (RIGHT if is_right(strategy.query(X, n=2), 2, len(X)) else WRONG), ""

    return answer(try_one, "y", "missing_label")


def _count_labeled(given: Any, mark: Any) -> int | None:
    """Labelled rows of what is handed over; None if a null is no mark."""
    values = list(np.asarray(given, dtype=object).ravel())
    is_null = [bool(pd.isna(value)) for value in values]
    if pd.isna(mark):
        return len(values) - sum(is_null)
    if any(is_null):
        return None
    return sum(value != mark for value in values)
