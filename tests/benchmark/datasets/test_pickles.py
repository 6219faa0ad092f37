import codecs
import os
import pickle

import numpy as np
import pytest

from skvaal.benchmark.datasets._pickles import read_pickle
from tests.benchmark.datasets.conftest import write_python2_pickle

CONTENT = {b"data": np.arange(6, dtype=np.uint8).reshape(2, 3), b"labels": [1, 0], b"n": 2.5}


class Calls:
    """Pickles as a call of a function."""

    def __init__(self, function, *arguments):
        self.function, self.arguments, self.state = function, arguments, None

    def __reduce__(self):
        return self.function, self.arguments, self.state


@pytest.fixture(params=["Python 2", 2, 4])
def path(request, tmp_path):
    path = tmp_path / "batch"
    if request.param == "Python 2":
        write_python2_pickle(path, CONTENT)
    else:
        path.write_bytes(pickle.dumps(CONTENT, protocol=request.param))
    return path


def test_arrays_lists_and_text_are_read(path):
    content = read_pickle(path)

    assert content.keys() == CONTENT.keys()
    assert content[b"labels"] == [1, 0]
    np.testing.assert_array_equal(content[b"data"], CONTENT[b"data"])
    assert content[b"data"].dtype == np.uint8


@pytest.mark.parametrize("protocol", [0, 2, 4])
@pytest.mark.parametrize("function", [os.mkdir, eval, getattr])
def test_functions_are_refused_and_not_run(tmp_path, function, protocol):
    trap = tmp_path / "trap"
    arguments = {
        os.mkdir: (str(trap),),
        eval: (f"__import__('os').mkdir({str(trap)!r})",),
        getattr: ("text", "upper"),
    }
    path = tmp_path / "batch"
    malicious = {b"data": Calls(function, *arguments[function]), b"labels": []}
    path.write_bytes(pickle.dumps(malicious, protocol=protocol))

    with pytest.raises(ValueError, match=rf"batch is not an official file.*{function.__name__}"):
        read_pickle(path)

    assert not trap.exists()


def test_codecs_other_than_that_of_bytes_are_refused(tmp_path):
    path = tmp_path / "batch"
    path.write_bytes(pickle.dumps({b"data": Calls(codecs.encode, "text", "rot13")}, protocol=2))

    with pytest.raises(ValueError, match="asks for the encoding 'rot13'"):
        read_pickle(path)


@pytest.mark.parametrize("length", [0, 1, 10, 60, -1])
def test_file_that_is_cut_off_is_named(path, length):
    path.write_bytes(path.read_bytes()[:length])

    with pytest.raises(ValueError, match="batch is not an official file, or is damaged"):
        read_pickle(path)


def test_pickle_of_something_else_is_refused(tmp_path):
    path = tmp_path / "batch"
    path.write_bytes(pickle.dumps([1, 2]))

    with pytest.raises(ValueError, match="it holds no dict"):
        read_pickle(path)


HOSTILE = {
    "a call of what is allowed": b"cnumpy\nndarray\n((I9\ntR.",
    "bytes of 4 exabytes": b"\x8e" + (2**62).to_bytes(8, "little"),
    "changes to a function": b"c_codecs\nencode\n}(X\x01\x00\x00\x00aK\x01ub.",
    "changes to a class": b"cnumpy\ndtype\n}(X\x01\x00\x00\x00aK\x01ub.",
    "a module through a dotted name": b"\x80\x04\x8c\x05numpy\x8c\x0bf2py.os.sep\x93.",
    "a persistent object": b"Pos\n.",
    "an object from the registry": b"\x80\x02\x82\x01.",
    "an empty stack": b"0.",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_pickles_are_refused(tmp_path, kind):
    path = tmp_path / "batch"
    path.write_bytes(HOSTILE[kind])
    with pytest.raises(ValueError, match="batch is not an official file, or is damaged"):
        read_pickle(path)


@pytest.mark.parametrize(
    "content",
    [b"}r\xff\xff\xff\x7f.", b"\x80\x04\x95" + (2**62).to_bytes(8, "little") + b"}."],
    ids=["a number of what is kept", "the size of a frame"],
)
def test_claims_take_no_memory(tmp_path, content):
    path = tmp_path / "batch"
    path.write_bytes(content)

    assert read_pickle(path) == {}


class Forged:
    """Pickles as an array of whatever NumPy's own unpickling would believe."""

    def __init__(self, dtype, state, content, shape=(2,)):
        self.dtype, self.state, self.content, self.shape = dtype, state, content, shape

    def __reduce__(self):
        kind = Calls(np.dtype, self.dtype, False, True)
        kind.state = self.state
        make, arguments = np.empty(0).__reduce__()[:2]
        return make, arguments, (1, self.shape, kind, False, self.content)


ORDER = (3, "|", None, None, None, -1, -1, 0)


@pytest.mark.parametrize(
    "forged",
    [
        Forged("O", ORDER, bytes(range(16))),  # addresses of objects
        Forged("V8", ORDER, bytes(16)),
        Forged("u1", ORDER, b"abc"),
        Forged("u1", ORDER, b"ab", shape=(2**62, 2**62)),
        Forged("u1", ORDER, b"ab", shape=(-1, -2)),
        Forged("u1", ORDER, ["a", "b"]),
        Forged("f8", (3, "?"), bytes(16)),
    ],
    ids=["objects", "void", "short", "huge", "negative", "list", "order"],
)
def test_forged_arrays_are_refused(tmp_path, forged):
    path = tmp_path / "batch"
    path.write_bytes(pickle.dumps({b"data": forged}, protocol=2))

    with pytest.raises(ValueError, match="batch is not an official file, or is damaged"):
        read_pickle(path)


@pytest.mark.parametrize("dtype", ["u1", "<i8", ">f4"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_of_numbers_are_read(tmp_path, dtype, order):
    array = np.arange(6).reshape(2, 3).astype(dtype, order=order)
    path = tmp_path / "batch"
    path.write_bytes(pickle.dumps({"data": array}, protocol=2))

    read = read_pickle(path)[b"data"]

    np.testing.assert_array_equal(read, array)
    assert read.dtype == array.dtype
