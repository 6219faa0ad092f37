"""What a project tells of itself."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.naive_bayes import GaussianNB

from skvaal.project import Project
from skvaal.project.rounds.status import _ask_rule, _sizes, _sizes_by_round


@pytest.fixture
def played(tmp_path, pool, answer):
    project = Project.start(tmp_path / "project", pool, labels=tmp_path / "labels.csv")
    for n in (6, 6, 9):
        names = project.ask(n, strategy="herding_no_learner").round.names
        project.tell(answer(names))
    project.ask(5, strategy="random")
    return project


def test_counts_rounds_curve_and_saving(played):
    status = played.report_status()
    assert (status.n_samples, status.n_labeled, status.n_waiting, status.n_left) == (
        150,
        24,
        5,
        121,
    )
    assert sum(status.classes.values()) == 24
    assert list(status.classes.values()) == sorted(status.classes.values(), reverse=True)
    assert [(one.n_asked, one.n_labeled) for one in status.rounds] == [
        (6, 6),
        (6, 6),
        (9, 9),
        (5, 0),
    ]
    assert status.rounds[0].hours >= 0
    assert status.rounds[3].hours is None
    assert [point.n_labels for point in status.curve] == [3, 9, 15, 24]
    assert status.curve[-1].accuracy > 0.7
    assert status.saving.n_labels in (9, 15)
    assert status.model == "a forest of 50 trees on columns"
    assert status.should_stop is False
    assert status.stopping.startswith("Predictions still change: on 150 samples, successive models")


def test_without_a_curve_nothing_is_learned(played):
    status = played.report_status(curve=False)
    assert not status.curve
    assert status.saving is None
    assert status.model == "No curve was asked for."
    assert status.should_stop is None
    assert status.stopping == ""


def test_labels_of_one_class_have_no_curve(tmp_path, pool):
    project = Project.start(tmp_path / "project", pool)
    status = project.report_status()
    assert "labels of two classes" in status.model
    assert status.should_stop is None


def test_labels_told_in_parts_are_one_round(played, answer):
    for name in sorted(played.read_state().waiting)[:3]:
        played.tell(answer([name]))
    state = played.read_state()
    assert _sizes(state) == [3, 9, 15, 24, 25, 26, 27]
    assert _sizes_by_round(state) == [3, 9, 15, 24, 27]


def test_the_rule_looks_at_the_models_of_the_last_rounds():
    rng = np.random.RandomState(0)
    y = np.array(["a", "b", "c"] * 20)
    X = rng.normal(size=(60, 2)) + 20 * np.searchsorted(["a", "b", "c"], y)[:, None]
    model = GaussianNB(var_smoothing=1e-2)

    def ask(sizes, X_stop=X):
        return _ask_rule(X, y, sizes, model, X_stop)

    # The first model knows one class, which is none; the second does not know the third class.
    assert "there are 3." in ask([1, 2, 20, 30]).reason_
    early, late = ask([1, 2, 20, 30, 40]), ask([1, 2, 20, 30, 40, 50])
    assert not early.should_stop_
    assert early.agreements_[0] < 0.8
    assert late.should_stop_
    assert late.reason_.startswith("Predictions are stable: on 60 samples")
    assert not hasattr(ask([20, 30, 40, 50], X[:1]), "reason_")
