"""The events of a project: in order, whole, and found to be damaged if they are."""

from __future__ import annotations

import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from skvaal.project.rounds.events import EventFile, ProjectInUseError

START = {
    "id": "0123abcd",
    "pool": "photos",
    "kind": "images",
    "column": "path",
    "reading": {},
    "rows": {"n": 0, "digest": ""},
    "n_left_out": 0,
    "names": ["a.png", "b\udcff.png"],
    "labels": {},
    "outside": {},
    "version": "0.2.0",
}
TELL = {
    "file": "labels.csv",
    "labels": {"a.png": "cat"},
    "outside": {},
    "joined": [],
    "n_same": 0,
    "notes": [],
    "rows": {"n": 0, "digest": ""},
}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    file = EventFile.create(tmp_path_factory.mktemp("project") / "project.db", START)
    file.append("tell", TELL, after=0)
    return file.path


@pytest.fixture
def path(written, tmp_path):
    return shutil.copy(written, tmp_path / "project.db")


def test_events_are_read_in_order_as_they_were_written(path):
    start, tell = EventFile(path).read()
    assert (start.number, start.kind, start.content) == (0, "start", START)
    assert (tell.number, tell.kind, tell.content) == (1, "tell", TELL)
    assert start.at <= tell.at


def test_a_file_that_exists_is_not_begun_again(path):
    before = path.read_bytes()
    with pytest.raises(FileExistsError, match="exists; name another folder"):
        EventFile.create(path, START)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_an_event_that_another_process_did_not_expect_is_refused(path):
    EventFile(path).append("tell", TELL, after=1)
    with pytest.raises(ProjectInUseError, match="was changed by another process meanwhile"):
        EventFile(path).append("tell", TELL, after=1)
    assert len(EventFile(path).read()) == 3


def test_of_many_at_a_time_one_wins(path):
    def append(_):
        try:
            return EventFile(path).append("tell", TELL, after=1).number
        except ProjectInUseError:
            return None

    with ThreadPoolExecutor(8) as threads:
        numbers = list(threads.map(append, range(8)))
    assert numbers.count(2) == 1
    assert numbers.count(None) == 7


def test_a_file_that_another_process_holds_is_named(path, monkeypatch):
    monkeypatch.setattr("skvaal.project.rounds.events._WAIT", 0.01)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(ProjectInUseError, match="another process works in"):
            EventFile(path).append("tell", TELL, after=1)


def test_every_flipped_byte_is_found_or_changes_nothing(path, monkeypatch):
    monkeypatch.setattr("skvaal.project.rounds.events._WAIT", 0.01)
    events, content = EventFile(path).read(), path.read_bytes()

    def read_changed(position):
        changed = bytearray(content)
        changed[position] ^= 1 << position % 8
        path.write_bytes(changed)
        try:
            return EventFile(path).read()
        except (ValueError, OSError, ProjectInUseError) as error:
            return str(error)

    outcomes = [read_changed(position) for position in range(0, len(content), 29)]
    messages = [outcome for outcome in outcomes if outcome != events]
    assert len(messages) > 20
    assert all("project.db" in str(message) for message in messages)


def test_every_cut_is_found(path):
    content = path.read_bytes()
    for length in range(0, len(content), 997):
        path.write_bytes(content[:length])
        with pytest.raises((ValueError, OSError), match=r"project\.db"):
            EventFile(path).read()


def test_an_event_that_is_gone_is_found(path):
    EventFile(path).append("tell", TELL, after=1)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM events WHERE number = 1")
    with pytest.raises(ValueError, match=r"project\.db is damaged at event 1"):
        EventFile(path).read()


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + bytes(200)])
def test_another_file_is_refused(tmp_path, content):
    (tmp_path / "project.db").write_bytes(content)
    with pytest.raises(ValueError, match=r"project\.db is no file of a project of skvaal"):
        EventFile(tmp_path / "project.db").read()


def test_another_format_is_refused(path):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA user_version = 7")
    with pytest.raises(ValueError, match="has the format 7 of another version of skvaal"):
        EventFile(path).read()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "sounds"}, "start.kind is 'sounds', not 'images' or"),
        ({"labels": {"a.png": 1}}, r"start.labels.a.png is 1, not text"),
        ({"reading": {"image_size": -1}}, "start.reading.image_size is -1, not a whole number"),
        ({"reading": {"foo": 1}}, "start.reading.foo is a key that this version does not know"),
        ({"names": "a.png"}, "start.names is 'a.png', not a list"),
    ],
)
def test_crafted_content_is_refused(tmp_path, change, message):
    file = EventFile.create(tmp_path / "project.db", START | change)
    with pytest.raises(ValueError, match=rf"project\.db is damaged: {message}"):
        file.read()


def test_an_event_is_not_written_through_a_link_in_the_folder(path, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "project.db").symlink_to(path)
    before = path.read_bytes()
    linked = EventFile(tmp_path / "other" / "project.db")
    assert len(linked.read()) == 2

    with pytest.raises(OSError, match=r"other/project\.db is a link, so that writing it would"):
        linked.append("tell", TELL, after=1)

    assert path.read_bytes() == before


def test_what_was_read_before_is_not_read_again_unless_it_is_another(path, tmp_path):
    file = EventFile(path)
    first = file.read()
    EventFile(path).append("tell", TELL, after=1)
    second = file.read()
    assert [one is other for one, other in zip(first, second, strict=False)] == [True, True]
    assert second == EventFile(path).read()
    # A backup of as many events, and other ones.
    other = EventFile.create(tmp_path / "other.db", {**START, "id": "fedcba98"})
    other.append("tell", TELL, after=0)
    other.append("tell", TELL, after=1)
    other.path.replace(path)
    assert file.read() == EventFile(path).read()
    assert file.read()[0].content["id"] == "fedcba98"


def test_a_file_is_begun_without_leaving_others(tmp_path):
    EventFile.create(tmp_path / "project.db", START)
    assert [each.name for each in tmp_path.iterdir()] == ["project.db"]
    old = {key: value for key, value in START.items() if key != "notes"}
    assert EventFile(EventFile.create(tmp_path / "old.db", old).path).read()[0].content == old
