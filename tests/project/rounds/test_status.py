"""What a project tells of itself."""

from __future__ import annotations

import pytest

from skvaal.project import Project


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


def test_without_a_curve_nothing_is_learned(played):
    status = played.report_status(curve=False)
    assert not status.curve
    assert status.saving is None
    assert status.model == "No curve was asked for."


def test_labels_of_one_class_have_no_curve(tmp_path, pool):
    project = Project.start(tmp_path / "project", pool)
    assert "labels of two classes" in project.report_status().model
