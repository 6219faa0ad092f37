"""What is kept, and what is done where nothing can be."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from skvaal import UnusableCacheWarning
from skvaal._features.cache import FeatureCache, check_cache, default_folder, open_cache

KEYS = [bytes([i]) * 16 for i in range(4)]
ROWS = np.arange(12, dtype=np.float32).reshape(4, 3)


@pytest.fixture
def cache(tmp_path):
    cache = FeatureCache(tmp_path / "some" / "file.sqlite")
    cache.write(KEYS[:3], ROWS[:3])
    return cache


def test_rows_come_back_by_their_keys(cache):
    found = cache.read([KEYS[2], KEYS[3], KEYS[0]], 3)
    assert set(found) == {KEYS[2], KEYS[0]}
    np.testing.assert_array_equal(found[KEYS[2]], ROWS[2])
    assert found[KEYS[0]].dtype == np.float32
    found[KEYS[0]][0] = 5  # is nobody else's


def test_more_keys_than_a_question_takes(cache):
    keys = [i.to_bytes(16, "big") for i in range(1100)]
    rows = np.arange(1100, dtype=np.float32)[:, None]
    cache.write(keys, rows)
    found = cache.read(keys, 1)
    assert [found[key][0] for key in keys] == list(range(1100))


def test_a_row_is_replaced(cache):
    cache.write(KEYS[:1], ROWS[3:])
    np.testing.assert_array_equal(cache.read(KEYS, 3)[KEYS[0]], ROWS[3])


def test_rows_of_another_length_count_as_missing(cache):
    assert cache.read(KEYS, 4) == {}


def change(cache, command, *values):
    with closing(sqlite3.connect(cache.path)) as connection, connection:
        connection.execute(command, values)


@pytest.mark.parametrize("damaged", [b"\0" * 12, b"short", "a text", None, 7])
def test_a_damaged_entry_counts_as_missing(cache, damaged):
    change(cache, "UPDATE features SET row = ? WHERE key = ?", damaged, KEYS[1])
    assert set(cache.read(KEYS, 3)) == {KEYS[0], KEYS[2]}
    cache.write(KEYS[1:2], ROWS[1:2])
    assert set(cache.read(KEYS, 3)) == set(KEYS[:3])


def test_two_entries_that_changed_places_count_as_missing(cache):
    values = ROWS[1].tobytes()
    change(cache, "UPDATE features SET row = ? WHERE key = ?", values, KEYS[0])
    assert set(cache.read(KEYS, 3)) == {KEYS[1], KEYS[2]}


@pytest.mark.parametrize(
    "part", ["no database at all" * 100, b"SQLite format 3\0" + b"\xff" * 5000]
)
def test_a_damaged_file_is_begun_anew(cache, part):
    cache.path.write_bytes(part.encode() if isinstance(part, str) else part)
    assert cache.read(KEYS, 3) == {}
    cache.write(KEYS[3:], ROWS[3:])
    assert set(FeatureCache(cache.path).read(KEYS, 3)) == {KEYS[3]}


def test_a_file_that_was_cut_off_does_no_harm(cache):
    content = cache.path.read_bytes()
    for n in range(0, len(content), 997):
        cache.path.write_bytes(content[:n])
        cut = FeatureCache(cache.path)
        for key, row in cut.read(KEYS, 3).items():
            np.testing.assert_array_equal(row, ROWS[KEYS.index(key)])
        cut.write(KEYS, ROWS)
        assert set(cut.read(KEYS, 3)) == set(KEYS)


@pytest.mark.parametrize("place", ["file", "folder", "pipe"])
def test_a_place_that_cannot_be_used_warns_once(place, tmp_path):
    path = tmp_path / "features.sqlite"
    if place == "file":
        (tmp_path / "occupied").write_text("")
        path = tmp_path / "occupied" / "features.sqlite"
    elif place == "folder":
        path.mkdir()
    else:
        os.mkfifo(path)
    cache = FeatureCache(path)
    with pytest.warns(UnusableCacheWarning, match="cannot be used .*cache=False"):
        assert cache.read(KEYS, 3) == {}
    cache.write(KEYS, ROWS)
    assert cache.read(KEYS, 3) == {}


def test_a_table_of_another_kind_warns(tmp_path):
    path = tmp_path / "features.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE features (other TEXT)")
    with pytest.warns(UnusableCacheWarning):
        assert FeatureCache(path).read(KEYS, 3) == {}


def test_the_usual_folder(folder, monkeypatch, tmp_path):
    assert default_folder() == folder
    monkeypatch.delenv("SKVAAL_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "skvaal" / "features"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_folder() == tmp_path / ".cache" / "skvaal" / "features"


def test_without_a_home_nothing_is_kept(monkeypatch):
    def fail():
        raise RuntimeError("no home")

    monkeypatch.delenv("SKVAAL_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", fail)
    assert open_cache(None, "a", "b") is None


def test_a_name_becomes_a_plain_file(tmp_path):
    cache = open_cache(tmp_path, "../hub:a/b" + "c" * 300, "0f")
    assert cache.path.parent == tmp_path
    assert cache.path.name == "---hub-a-b" + "c" * 50 + "-0f.sqlite"


@pytest.mark.parametrize("cache", [True, 0, 3, b"folder"])
def test_what_is_no_folder_is_an_error(cache):
    with pytest.raises(TypeError, match="cache=.* must be a folder, None"):
        check_cache(cache)
