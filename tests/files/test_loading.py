import errno
import os

import numpy as np
import pytest

from skvaal._files import loading
from skvaal._files.loading import find_problems, load_images
from skvaal._files.pools import read_pool


@pytest.fixture
def workers(monkeypatch):
    """Worker processes are worth it from the second part on."""
    monkeypatch.setattr(loading, "_WORTH_WORKERS", 0.0)
    monkeypatch.setattr(loading, "_AT_ONCE", 1)


def test_pixels_are_those_of_the_files(pool):
    loaded = load_images(pool)

    assert loaded.X.dtype == np.uint8
    np.testing.assert_array_equal(loaded.X, pool.X[:])
    assert loaded.names is pool.names


@pytest.mark.usefixtures("workers")
def test_worker_processes_change_nothing(pool, photos, damage):
    damage(photos / pool.names[3])

    assert find_problems(pool.X.paths, n_jobs=2) == find_problems(pool.X.paths)
    one, two = load_images(pool), load_images(pool, n_jobs=2)
    np.testing.assert_array_equal(one.X, two.X)
    assert one.left_out == two.left_out


def test_image_that_is_damaged_since_is_left_out(pool, photos, damage):
    names, pixels = pool.names.tolist(), pool.X[:]
    damage(photos / names[1])

    loaded = load_images(pool)

    assert loaded.names.tolist() == [names[0], *names[2:]]
    assert list(loaded.left_out) == [names[1]]
    np.testing.assert_array_equal(loaded.X, pixels[[0, 2, 3, 4]])


def test_no_image_left_is_an_error(pool, photos, damage):
    for name in pool.names:
        damage(photos / name)

    with pytest.raises(
        ValueError, match=r"photos: no image can be decoded: 'cats/a 1\.jpg', .*2 more"
    ):
        load_images(pool)


def test_other_samples_stay(texts):
    assert load_images(texts) is texts


def test_large_arrays_lie_in_a_file_that_goes_with_them(pool, tmp_path, monkeypatch):
    monkeypatch.setattr(loading, "MOST_IN_MEMORY", 100)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "photos"))

    loaded = load_images(pool)
    np.testing.assert_array_equal(loaded.X, pool.X[:])
    part = loaded.X[1:]
    assert isinstance(loaded.X, np.memmap)
    (path,) = (tmp_path / "photos").glob("skvaal-*")
    del loaded
    assert part.sum() == pool.X[1:].sum()
    del part
    assert not path.exists()


def test_the_file_of_a_killed_process_is_removed_and_that_of_a_living_one_is_not(
    pool, tmp_path, monkeypatch
):
    pytest.importorskip("fcntl")
    monkeypatch.setattr(loading, "MOST_IN_MEMORY", 100)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "skvaal-a_b1c2d3.images").write_bytes(b"left")
    (tmp_path / "skvaal-.images").write_bytes(b"mine")

    first, second = load_images(pool), load_images(pool)

    np.testing.assert_array_equal(first.X, second.X)
    assert len(list(tmp_path.glob("skvaal-*.images"))) == 3
    assert not (tmp_path / "skvaal-a_b1c2d3.images").exists()


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="needs POSIX")
def test_full_disk_is_an_error_and_leaves_nothing(pool, tmp_path, monkeypatch):
    def fail(*args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(loading, "MOST_IN_MEMORY", 100)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "photos"))
    monkeypatch.setattr(os, "posix_fallocate", fail)

    with pytest.raises(OSError, match="no room for 0.0 GiB of decoded images .*TMPDIR"):
        load_images(pool)
    assert not list((tmp_path / "photos").glob("skvaal-*"))


def test_workers_are_bounded():
    assert loading._n_workers(-1) >= 1
    assert loading._n_workers(10**6) <= 4 * os.cpu_count()
    assert loading._n_workers(-(10**6)) == 1


def test_progress_is_silent_where_there_is_no_terminal(photos, capsys):
    load_images(read_pool(photos, progress=True), progress=True)

    assert capsys.readouterr() == ("", "")
