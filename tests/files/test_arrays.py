import io
import zipfile

import numpy as np
import pytest

from skvaal._files import arrays
from skvaal._files.arrays import read_names, read_samples


@pytest.fixture
def path(tmp_path):
    return tmp_path / "own.npy"


def test_npy_stays_on_disk(path):
    np.save(path, np.arange(12.0).reshape(4, 3))

    X = read_samples(path)

    assert isinstance(X, np.memmap)
    np.testing.assert_array_equal(X, np.arange(12.0).reshape(4, 3))


def test_more_axes_become_two_without_a_copy(path):
    np.save(path, np.zeros((4, 2, 3), dtype=np.uint8))

    X = read_samples(path)

    assert X.shape == (4, 6)
    assert isinstance(X, np.memmap)


@pytest.mark.parametrize("name", ["X", "features"])
def test_npz(tmp_path, name):
    np.savez(tmp_path / "own.npz", **{name: np.eye(3)})

    np.testing.assert_array_equal(read_samples(tmp_path / "own.npz"), np.eye(3))


def test_npz_of_several_arrays_needs_X(tmp_path):
    np.savez(tmp_path / "own.npz", a=np.eye(3), b=np.eye(3))

    with pytest.raises(
        ValueError, match=r"own\.npz: it holds 'a', 'b'; the samples must be called X"
    ):
        read_samples(tmp_path / "own.npz")


def test_npz_with_names_of_its_rows(tmp_path):
    path = tmp_path / "own.npz"
    np.savez(path, features=np.eye(3), names=["b.png", "caf\udce9.png", "a.png"])

    np.testing.assert_array_equal(read_samples(path), np.eye(3))
    assert read_names(path).tolist() == ["b.png", "caf\udce9.png", "a.png"]


def test_rows_without_names(path):
    np.save(path, np.eye(3))
    np.savez(path.with_suffix(".npz"), X=np.eye(3))

    assert read_names(path) is None
    assert read_names(path.with_suffix(".npz")) is None


def test_names_that_are_called_otherwise(tmp_path):
    np.savez(tmp_path / "own.npz", X=np.eye(3), paths=["a.png", "b.png", "c.png"])
    with pytest.raises(ValueError, match=r"own\.npz: it holds 'X', 'paths'; call the names"):
        read_names(tmp_path / "own.npz")


@pytest.mark.parametrize("names", [np.zeros((3, 1), int), np.array([1.5]), np.array([b"a"])])
def test_names_that_are_no_list_of_texts(tmp_path, names):
    np.savez(tmp_path / "own.npz", X=np.eye(3), names=names)

    with pytest.raises(ValueError, match=r"own\.npz: its array names is of .* and shape"):
        read_names(tmp_path / "own.npz")


def test_texts(path):
    np.save(path, np.array(["01", "NA"]))

    assert read_samples(path).tolist() == ["01", "NA"]


@pytest.mark.parametrize(
    ("array", "match"),
    [
        (np.zeros(3), "has the shape"),
        (np.zeros((0, 3)), "has the shape"),
        (np.zeros((3, 2), dtype=complex), "complex128, not of numbers"),
        (np.zeros(3, dtype=[("a", "f8")]), "not of numbers"),
    ],
    ids=["one axis", "no rows", "complex", "structured"],
)
def test_other_arrays_are_refused(path, array, match):
    np.save(path, array)

    with pytest.raises(ValueError, match=rf"own\.npy: its array .*{match}"):
        read_samples(path)


class Bomb:
    def __reduce__(self):
        return (pytest.fail, ("it was unpickled",))


@pytest.mark.parametrize("ending", ["npy", "npz"])
def test_nothing_is_unpickled(tmp_path, ending):
    content = np.array([Bomb()], dtype=object)
    path = tmp_path / f"own.{ending}"
    (np.save if ending == "npy" else np.savez)(path, content)

    with pytest.raises(ValueError, match=rf"own\.{ending}: .*cannot be read"):
        read_samples(path)


@pytest.mark.parametrize("ending", ["npy", "npz"])
@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"\x93NUMPY\x01\x00\xff\xffgarbage", b"PK\x03\x04"]
)
def test_damage_is_named(tmp_path, ending, content):
    path = tmp_path / f"own.{ending}"
    path.write_bytes(content)

    with pytest.raises(ValueError, match=rf"own\.{ending}: it "):
        read_samples(path)


def test_npy_that_is_cut_off_is_named(path):
    np.save(path, np.zeros((100, 3)))
    path.write_bytes(path.read_bytes()[:-100])

    with pytest.raises(ValueError, match=r"own\.npy: it cannot be read"):
        read_samples(path)


def test_npz_that_unpacks_to_more_than_the_memory_is_not_read(tmp_path, monkeypatch):
    np.savez_compressed(tmp_path / "own.npz", X=np.zeros((1000, 100)))
    monkeypatch.setattr(arrays, "memory_bytes", lambda: 10_000.0)

    with pytest.raises(ValueError, match=r"own\.npz: its arrays take .* more than"):
        read_samples(tmp_path / "own.npz")


def test_npz_whose_header_lies_is_named(tmp_path):
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        file, {"descr": "<f8", "fortran_order": False, "shape": (10**9, 10**3)}
    )
    with zipfile.ZipFile(tmp_path / "own.npz", "w") as archive:
        archive.writestr("X.npy", file.getvalue())

    with pytest.raises(ValueError, match=r"own\.npz: X cannot be read"):
        read_samples(tmp_path / "own.npz")
