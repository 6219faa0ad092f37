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
        self.function, self.arguments = function, arguments

    def __reduce__(self):
        return self.function, self.arguments


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
