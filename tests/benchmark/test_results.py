import numpy as np

from skvaal.benchmark.results import COLUMNS, as_frame

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
