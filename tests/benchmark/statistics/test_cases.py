import numpy as np
import pandas as pd
import pytest

from skvaal.benchmark.statistics import cases


def records_of(**columns):
    return pd.DataFrame({**columns, "accuracy": np.arange(4) / 4})


@pytest.mark.parametrize(
    ("columns", "labels"),
    [
        ({"data": ["b", "a", "b", "a"]}, ["b", "a"]),  # in the order of the records
        ({"data": "a", "estimator": "svm", "protocol": "standard"}, ["a"]),
        ({"data": "a", "estimator": ["svm", "mlp"] * 2}, ["a, svm", "a, mlp"]),
        (
            {"data": ["a", "a", "b", "b"], "estimator": "svm", "protocol": ["x", "y", "x", "x"]},
            ["a, x", "a, y", "b, x"],
        ),
        (
            {"data": "a", "estimator": list("stst"), "protocol": list("xxyy")},
            ["a, s, x", "a, t, x", "a, s, y", "a, t, y"],
        ),
        ({"estimator": "svm"}, ["svm"]),
        ({}, ["all records"]),
    ],
)
def test_labels_name_what_differs(columns, labels):
    assert [label for label, _ in cases(records_of(**columns))] == labels


def test_every_record_is_in_one_case():
    records = records_of(data=["b", "a", "b", "a"], protocol=["x", "x", "y", "x"])

    frames = [frame for _, frame in cases(records)]

    assert [list(frame.index) for frame in frames] == [[0], [1, 3], [2]]
    pd.testing.assert_frame_equal(pd.concat(frames).sort_index(), records)


def test_records_without_a_protocol_are_a_case_of_their_own():
    older = records_of(data="a")
    newer = records_of(data="a", protocol="standard")

    both = cases(pd.concat([older, newer]))

    assert [(label, len(frame)) for label, frame in both] == [("a", 4), ("a, standard", 4)]


def test_categories_without_records_are_no_cases():
    data = pd.Categorical(["a"] * 4, categories=["a", "b"])

    assert [label for label, _ in cases(records_of(data=data))] == ["a"]


def test_no_records_are_no_cases():
    assert cases(pd.DataFrame({"data": [], "strategy": []})) == []


def test_sizes_tell_what_else_would_have_one_label():
    records = records_of(data=["a", "a", "b", "b"], sizes=["few", "many", "few", "few"])

    assert [label for label, _ in cases(records)] == ["a, few", "a, many", "b"]


def test_the_name_of_a_case_is_its_label():
    records = records_of(
        data=["a", "a", "b", "b"], case=["mine", np.nan, np.nan, np.nan], sizes="few"
    )

    assert [label for label, _ in cases(records)] == ["mine", "a, few", "b"]


def test_a_name_of_two_cases_is_no_label():
    records = records_of(data=["a", "a", "b", "b"], case="mine")

    assert [label for label, _ in cases(records)] == ["a", "b"]


def test_data_that_are_called_as_a_case_is_get_another_label():
    records = pd.DataFrame(
        {
            "data": ["segments_large", "image_segments"],
            "estimator": "random_forest",
            "protocol": "standard",
            "case": [None, "segments_large"],
            "sizes": ["20 + 5 x 20", "160 + 6 x 80"],
        }
    )
    labels = [label for label, _ in cases(records)]
    assert len(set(labels)) == 2
    assert "segments_large, random_forest, standard, 20 + 5 x 20" in labels
