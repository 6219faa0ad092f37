"""The labelled samples of learners and committees, in the container that they keep."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from skvaal._predictions.learner import labeled_pool, labels_of

X = np.arange(12.0).reshape(6, 2)
COLUMNS = ["width", "height"]


def committee_of(*pools, labels=None):
    labels = [None] * len(pools) if labels is None else labels
    learners = [
        SimpleNamespace(X_training=pool, y_training=y)
        for pool, y in zip(pools, labels, strict=True)
    ]
    return SimpleNamespace(X_training=None, learner_list=learners)


def test_of_a_learner_it_is_the_same_object():
    for kept in (X, X.tolist(), pd.DataFrame(X), scipy.sparse.csr_matrix(X)):
        assert labeled_pool(SimpleNamespace(X_training=kept)) is kept


def make(kind, rows):
    """Some rows of X in a container."""
    part = X[rows]
    if kind == "array":
        return part
    if kind == "sparse":
        return scipy.sparse.csr_matrix(part)
    if kind == "pandas":
        return pd.DataFrame(part, columns=COLUMNS, index=[f"row {i}" for i in range(len(part))])
    if kind == "polars":
        return pytest.importorskip("polars").DataFrame(part, schema=COLUMNS)
    return [f"text {i}" for i in rows]


def read(kind, pool):
    if kind == "sparse":
        return pool.toarray().tolist()
    return list(pool) if kind == "texts" else np.asarray(pool).tolist()


KINDS = ["array", "sparse", "pandas", "polars", "texts"]


@pytest.mark.parametrize("kind", KINDS)
def test_equal_pools_of_a_committee_are_one(kind):
    committee = committee_of(make(kind, [3, 0, 3]), make(kind, [3, 0, 3]), labels=["abc", "abd"])
    first = committee.learner_list[0]
    assert labeled_pool(committee) is first.X_training
    assert labels_of(committee) is first.y_training


@pytest.mark.parametrize("kind", KINDS)
def test_a_sample_of_several_learners_counts_once(kind):
    committee = committee_of(make(kind, [0, 1, 2]), make(kind, [1, 2, 4]), labels=["abc", "bcd"])
    pool = labeled_pool(committee)
    assert read(kind, pool) == read(kind, make(kind, [0, 1, 2, 4]))
    if kind != "texts":
        assert type(pool) is type(committee.learner_list[0].X_training)
    assert labels_of(committee) is None


@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_columns_in_another_order_are_not_mixed(kind):
    frame = make(kind, [0, 1, 2])
    with pytest.raises(ValueError, match="column"):
        labeled_pool(committee_of(frame, frame[COLUMNS[::-1]]))


def test_the_index_of_a_frame_does_not_matter():
    frame = make("pandas", [0, 1])
    other = frame.set_axis([7, 8])
    assert labeled_pool(committee_of(frame, other)) is frame


def test_a_missing_value_is_equal_to_itself():
    pool = np.where(X == 3, np.nan, X)
    assert labeled_pool(committee_of(pool, pool.copy())) is pool


def test_learners_without_labels_are_skipped():
    committee = committee_of(None, X, labels=[None, "abcdef"])
    assert labeled_pool(committee) is X
    assert labels_of(committee) == "abcdef"


def test_no_label_yet():
    assert labeled_pool(SimpleNamespace(X_training=None)) is None
    assert labeled_pool(committee_of(None, None)) is None
    assert labels_of(SimpleNamespace(X_training=None)) is None
    assert labels_of(committee_of(None, None)) is None


@pytest.mark.parametrize(
    "learner",
    [
        None,
        SimpleNamespace(),
        SimpleNamespace(X_training=None, learner_list=[SimpleNamespace(), SimpleNamespace()]),
    ],
)
def test_learners_that_keep_no_samples(learner):
    name = "None" if learner is None else "SimpleNamespace"
    message = f"^learner={name} keeps no labelled samples .*; pass them as X_labeled="
    with pytest.raises(ValueError, match=message):
        labeled_pool(learner)
    assert labels_of(learner) is None


def test_labels_of_a_learner():
    assert labels_of(SimpleNamespace(X_training=X, y_training="abcdef")) == "abcdef"
    assert labels_of(SimpleNamespace(X_training=X)) is None


def test_modal_learners():
    models = pytest.importorskip("modAL.models")
    from sklearn.naive_bayes import GaussianNB

    y = [0, 0, 0, 1, 1, 1]
    assert labeled_pool(models.ActiveLearner(GaussianNB())) is None
    assert labeled_pool(models.ActiveLearner(GaussianNB(), X_training=X, y_training=y)) is X
    learners = [models.ActiveLearner(GaussianNB()) for _ in range(2)]
    assert labeled_pool(models.Committee(learners)) is None
    for i, learner in enumerate(learners):
        learner.teach(X[i:], y[i:])
    assert labeled_pool(models.Committee(learners)).tolist() == X.tolist()
