"""Each content once, in batches."""

from __future__ import annotations

import io

import numpy as np
import pytest

from skvaal._features.cache import FeatureCache
from skvaal._features.embedding import embed, hash_file, hash_of

KEYS = [b"a", b"b", b"a", b"c", b"b"]


@pytest.fixture
def calls():
    return []


@pytest.fixture
def compute(calls):
    def compute(positions):
        calls.append(positions.tolist())
        return np.array([[position, -position] for position in positions], dtype=np.float32)

    return compute


def test_equal_keys_are_computed_once(compute, calls):
    rows = embed(KEYS, compute, 2, cache=None, batch_size=2)
    assert rows.tolist() == [[0, 0], [1, -1], [0, 0], [3, -3], [1, -1]]
    assert rows.dtype == np.float32
    assert calls == [[0, 1], [3]]


def test_what_is_known_is_not_computed(compute, calls, tmp_path):
    first = embed(KEYS[:2], compute, 2, cache=FeatureCache(tmp_path / "f"), batch_size=10)
    rows = embed(KEYS, compute, 2, cache=FeatureCache(tmp_path / "f"), batch_size=10)
    assert calls == [[0, 1], [3]]
    np.testing.assert_array_equal(rows[:2], first)


def test_what_was_computed_before_an_error_is_kept(compute, calls, tmp_path):
    def fail(positions):
        if 3 in positions:
            raise OSError("cannot be read")
        return compute(positions)

    with pytest.raises(OSError, match="cannot be read"):
        embed(KEYS, fail, 2, cache=FeatureCache(tmp_path / "f"), batch_size=1)
    embed(KEYS, compute, 2, cache=FeatureCache(tmp_path / "f"), batch_size=1)
    assert calls == [[0], [1], [3]]


def test_a_bar_counts_what_is_computed(compute, capsys):
    embed(KEYS, compute, 2, cache=None, batch_size=1, verbose=1)
    error = capsys.readouterr().err
    assert "features" in error
    assert "0/3" in error
    embed(KEYS, compute, 2, cache=None, batch_size=1, verbose=0)
    assert not capsys.readouterr().err


def test_a_hash_knows_where_a_part_ends():
    assert hash_of(b"ab", b"c") != hash_of(b"a", b"bc")
    assert hash_of(b"ab", b"c") == hash_of(b"ab", b"c")
    assert len(hash_of()) == 16


def test_a_file_is_hashed_in_pieces(monkeypatch):
    content = bytes(range(256)) * 40
    whole = hash_file(io.BytesIO(content))
    monkeypatch.setattr("skvaal._features.embedding._BLOCK", 1000)
    assert hash_file(io.BytesIO(content)) == whole != hash_file(io.BytesIO(content[1:]))
