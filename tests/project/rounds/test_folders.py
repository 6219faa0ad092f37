"""A round's folder is hidden until its record is there; then it has its name."""

from __future__ import annotations

import pytest

from skvaal.project.rounds.folders import RoundFolders
from skvaal.project.rounds.state import Round, State


def round_of(token):
    return Round(1, 2, "2026-01-01T00:00:00+00:00", ("a.png",), "Chose 1.", 0.1, token)


class Record:
    """The state that is read, as far as folders ask for it."""

    def __init__(self):
        self.state = State(facts={})

    def read(self):
        return self.state

    def add(self, token):
        self.state = State(facts={}, rounds=(round_of(token),))


@pytest.fixture
def record():
    return Record()


@pytest.fixture
def folders(tmp_path, record):
    return RoundFolders(tmp_path, record.read)


def names_in(folder):
    return sorted(each.name for each in folder.iterdir())


def test_a_recorded_folder_gets_its_name_once(folders, record, tmp_path):
    with folders.new(1) as (part, token):
        (part / "picks.csv").write_text("mine")
        assert part.name == f".round_1.{token}.part"
        record.add(token)
    for _ in range(2):
        folders.settle(record.state)
    assert names_in(tmp_path) == ["round_1"]
    assert (folders.path_of(record.state.rounds[0]) / "picks.csv").read_text() == "mine"


@pytest.mark.parametrize("is_recorded", [True, False])
def test_an_error_removes_a_folder_unless_it_is_recorded(folders, record, tmp_path, is_recorded):
    def stop_while_it_is_written():
        with folders.new(1) as (_, token):
            if is_recorded:
                record.add(token)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop_while_it_is_written()
    assert len(names_in(tmp_path)) == is_recorded


def test_what_lies_in_the_place_of_a_round_is_set_aside(folders, record, tmp_path):
    (tmp_path / "round_1").mkdir()
    with folders.new(1) as (_, token):
        record.add(token)
    folders.settle(record.state)
    assert names_in(tmp_path) == ["round_1", f"round_1.before_{token}"]


def test_what_cannot_be_read_is_not_removed(tmp_path):
    def fail():
        raise OSError("gone")

    left = tmp_path / ".round_1.0123456789abcdef.part"
    left.mkdir()
    with RoundFolders(tmp_path, fail).new(2):
        pass
    assert left.exists()
