"""Tables of picks whose earlier labels are not given."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("jinja2")

from skvaal._files.labels import read_labels
from skvaal._files.pools import read_pool
from skvaal.project.choosing.choosing import choose
from skvaal.project.earlier import note_earlier
from skvaal.project.writing import write_folder


@pytest.fixture
def pool(tmp_path):
    np.save(tmp_path / "pool.npy", np.random.default_rng(0).normal(size=(30, 3)))
    (tmp_path / "labels.csv").write_text("row,label\n0,a\n1,b\n2,a\n")
    return read_pool(tmp_path / "pool.npy")


@pytest.fixture
def answers(pool, tmp_path):
    """A copy of a table of picks, with labels; three labels were known when it was made."""
    picks = choose(read_labels(tmp_path / "labels.csv", pool), 9, strategy="herding")
    write_folder(picks, tmp_path / "round_1")
    first, *rows = (tmp_path / "round_1" / "picks.csv").read_text().splitlines()
    table = [f"{first},label", *(f"{row},a" for row in rows)]
    (tmp_path / "answers.csv").write_text("\n".join(table))
    return tmp_path / "answers.csv"


def notes(pool, *sources):
    return note_earlier(sources, read_labels(sources, pool))


def test_labels_that_were_known_before_are_missed(pool, answers, tmp_path):
    (note,) = notes(pool, answers)
    assert note.startswith("3 samples that had labels when ")
    assert "have none now, and may be chosen again: '" in note
    assert notes(pool, answers, tmp_path / "labels.csv") == []
    (tmp_path / "some.csv").write_text("row,label\n0,a\n1,b\n")
    (note,) = notes(pool, answers, tmp_path / "some.csv")
    assert note.startswith("1 sample that had a label when ")
    assert "has none now, and may be chosen again: '2'." in note


def test_other_tables_tell_nothing_of_earlier_labels(pool, tmp_path):
    (tmp_path / "own.csv").write_text("row,nearest_labeled,label\n5,7,a\n")
    assert notes(pool, tmp_path / "own.csv") == []
    (tmp_path / "of_others.csv").write_text("rank,row,nearest_labeled,label\n1,5,700,a\n2,6,,b\n")
    assert notes(pool, tmp_path / "of_others.csv") == []
