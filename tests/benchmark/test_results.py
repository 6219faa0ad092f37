from pathlib import Path

import numpy as np

from skvaal.benchmark.results import COLUMNS, Results, as_frame

RECORD = {
    "data": "digits",
    "estimator": "svm",
    "protocol": "standard",
    "strategy": "mine",
    "seed": 0,
    "round": 0,
    "n_labeled": 20,
    "accuracy": 0.5,
    "balanced_accuracy": 1,
    "train_seconds": 0.1,
    "query_seconds": np.nan,
    "peak_memory_mib": 100.0,
    "picked": None,
}


def test_frame_has_the_same_types_with_and_without_rows():
    assert (
        as_frame([]).dtypes.to_dict()
        == as_frame([RECORD, RECORD | {"picked": [3, 1]}]).dtypes.to_dict()
    )
    assert tuple(as_frame([]).columns) == COLUMNS


def test_column_that_is_not_given_is_nan():
    assert as_frame([RECORD])["query_fit_seconds"].isna().all()


def test_picked_are_lists_or_none():
    frame = as_frame([RECORD, RECORD | {"picked": [3, 1]}])

    assert frame["picked"].tolist() == [None, [3, 1]]


def test_repr_is_a_line_of_counts():
    results = Results(records=as_frame([RECORD]), failures=[], folder=Path("here"))

    assert repr(results) == "Results(1 records, 0 failures, folder='here')"
