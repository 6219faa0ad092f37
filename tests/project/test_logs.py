"""What the log of an earlier batch tells whoever reads its labels."""

from __future__ import annotations

import json

import numpy as np
import pytest

pytest.importorskip("jinja2")

from skvaal._files.labels import read_labels
from skvaal._files.pools import read_pool
from skvaal.project.choosing.choosing import choose
from skvaal.project.logs import LOG, TABLE, note_earlier, read_log
from skvaal.project.writing import write_folder


@pytest.fixture
def pool(tmp_path):
    np.save(tmp_path / "pool.npy", np.random.default_rng(0).normal(size=(30, 3)))
    (tmp_path / "labels.csv").write_text("row,label\n0,a\n1,b\n2,a\n")
    return read_pool(tmp_path / "pool.npy")


@pytest.fixture
def batch(pool, tmp_path):
    """The folder of a batch that was chosen with three labels."""
    known = read_labels(tmp_path / "labels.csv", pool)
    picks = choose(known, 4, strategy="random")
    write_folder(picks, tmp_path / "round_1")
    told = "row,label\n" + "".join(f"{name},a\n" for name in picks.names)
    (tmp_path / "round_1" / "told.csv").write_text(told)
    return tmp_path / "round_1"


def notes(pool, *sources):
    return note_earlier(sources, read_labels(sources, pool))


def test_labels_that_were_known_before_are_missed(pool, batch, tmp_path):
    (note,) = notes(pool, batch / "told.csv")
    assert "was chosen with 3 labels, and none of them is here now" in note
    assert notes(pool, batch / "told.csv", tmp_path / "labels.csv") == []
    (tmp_path / "some.csv").write_text("row,label\n0,a\n1,b\n")
    (note,) = notes(pool, batch / "told.csv", tmp_path / "some.csv")
    assert "with 3 labels, and 2 of them are here now" in note


@pytest.mark.parametrize("content", ["", "{", "[]", '{"made by": "me"}', "[" * 100_000])
def test_a_log_that_is_not_ours_tells_nothing(pool, batch, content):
    (batch / LOG).write_text(content)
    assert read_log(batch) is None
    assert notes(pool, batch / "told.csv") == []


@pytest.mark.parametrize("settings", [None, [], {}, {"labels": "3"}, {"labels": None}])
def test_a_log_of_other_settings_tells_nothing(pool, batch, settings):
    log = json.loads((batch / LOG).read_text())
    (batch / LOG).write_text(json.dumps({**log, "settings": settings}))
    assert notes(pool, batch / "told.csv") == []


def test_a_table_of_picks_that_is_gone_counts_every_label_as_another_s(pool, batch):
    (batch / TABLE).unlink()
    assert notes(pool, batch / "told.csv") == []  # four labels, and three were known
