from urllib.error import URLError

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.utils import Bunch

from skvaal.benchmark.datasets import _openml, load_dataset


@pytest.fixture
def bunch():
    return Bunch(
        data=np.array([[1.0, 10.0], [3.0, 30.0], [2.0, 10.0]]),
        target=np.array(["no", "yes", "no"], dtype=object),
        feature_names=["age", "size"],
        categories={},
    )


@pytest.fixture
def calls(monkeypatch, bunch):
    calls = []

    def fetch_openml(name, *, version, as_frame):
        calls.append((name, version, as_frame))
        return bunch

    monkeypatch.setattr(_openml, "fetch_openml", fetch_openml)
    return calls


@pytest.mark.parametrize(
    ("text", "name", "version"),
    [("openml:blood", "blood", "active"), ("openml:blood@2", "blood", 2)],
)
def test_name_and_version_are_asked_for(calls, text, name, version):
    dataset = load_dataset(text)

    assert calls == [(name, version, False)]
    assert (dataset.name, dataset.kind, dataset.classes) == ("blood", "rows", ("no", "yes"))
    np.testing.assert_array_equal(dataset.X, [[0, 0], [1, 1], [0.5, 0]])
    np.testing.assert_array_equal(dataset.y, [0, 1, 0])


def test_name_fits_into_that_of_a_file(calls):
    assert load_dataset("openml:a/b (c)").name == "a_b_c_"


@pytest.mark.parametrize("text", ["openml:", "openml:@1", "openml:blood@new"])
def test_form_of_the_name(calls, text):
    with pytest.raises(ValueError, match="must have the form openml:NAME or openml:NAME@VERSION"):
        load_dataset(text)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"categories": {"size": ["s", "m"], "other": []}}, "features that are not numbers: size;"),
        ({"data": np.array([["a"], ["b"], ["c"]], dtype=object)}, "features that are not numbers"),
        ({"data": csr_matrix(np.eye(3))}, "is sparse"),
        ({"target": None}, "no column of classes"),
        ({"target": np.array([0.1, 0.2, 0.3])}, "openml:blood.*y holds numbers such as 0.1"),
        ({"data": np.array([[1.0], [np.nan], [2.0]])}, "openml:blood.*NaN.*SimpleImputer"),
    ],
)
def test_what_cannot_be_used_is_named(calls, bunch, change, message):
    bunch.update(change)

    with pytest.raises(ValueError, match=message):
        load_dataset("openml:blood")


def test_no_network_is_said(monkeypatch):
    def fetch_openml(*args, **kwargs):
        raise URLError("no route to host")

    monkeypatch.setattr(_openml, "fetch_openml", fetch_openml)

    with pytest.raises(ConnectionError, match=r"openml\.org cannot be reached .*no route to host"):
        load_dataset("openml:blood")
