"""Features of texts, by counting words and by a model."""

from __future__ import annotations

import sys
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from torch import nn

from skvaal import HerdingQuery, HerdingQueryStrategy, TextFeatures
from tests.features.marks import KEEPS_AN_INDEX

TEXTS = [
    "the red apple fell",
    "a green apple fell",
    "the ship sails the sea",
    "a ship on the blue sea",
    "red and green",
    "apple trees by the sea",
]


class Letters:
    """A model that counts letters, and what it is asked."""

    def __init__(self):
        self.asked = []

    def __deepcopy__(self, memo):
        return self

    def encode(self, texts):
        self.asked.append(list(texts))
        return np.array([[len(text), text.count("e")] for text in texts], dtype=np.float64)


class SentenceTransformer(nn.Module):
    """As much of sentence-transformers as is used."""

    loaded = []

    def __init__(self, name, device, trust_remote_code):
        super().__init__()
        if name == "missing":
            raise OSError("missing is not a local folder\nand more")
        assert (device, trust_remote_code) == ("cpu", False)
        self.loaded.append(name)
        self.scale = nn.Linear(1, 1)
        nn.init.constant_(self.scale.weight, 2.0)
        nn.init.constant_(self.scale.bias, 0.0)

    def encode(self, texts, batch_size, convert_to_numpy, show_progress_bar):
        assert (batch_size, convert_to_numpy, show_progress_bar) == (len(texts), True, False)
        weight = self.scale.weight.item()
        return np.array([[weight * len(text)] * 3 for text in texts], dtype=np.float32)


@pytest.fixture
def package(monkeypatch):
    """A stand-in for sentence-transformers."""
    package = ModuleType("sentence_transformers")
    package.SentenceTransformer = SentenceTransformer
    monkeypatch.setitem(sys.modules, "sentence_transformers", package)
    monkeypatch.setattr(SentenceTransformer, "loaded", [])
    return SentenceTransformer


# Words


def test_words_become_rows_of_length_one():
    rows = TextFeatures(n_components=3, random_state=0).fit_transform(TEXTS)
    assert (rows.shape, rows.dtype) == ((6, 3), np.float32)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, rtol=1e-5)
    similar = rows @ rows.T
    assert similar[0, 1] > similar[0, 2]
    assert similar[2, 3] > similar[2, 0]


def test_no_more_components_than_texts_or_words():
    features = TextFeatures(random_state=0).fit(TEXTS)
    assert features.n_features_ == 6
    assert TextFeatures().fit(["one two", "two one"]).n_features_ == 2
    assert TextFeatures().fit(["one two three"]).transform(["one two three"]).shape == (1, 1)


def test_the_same_seed_gives_the_same():
    first, again = (TextFeatures(n_components=2, random_state=3).fit(TEXTS) for _ in range(2))
    np.testing.assert_array_equal(first.transform(TEXTS), again.transform(TEXTS))


def test_a_text_without_a_known_word_is_a_row_of_zeros():
    rows = TextFeatures(random_state=0).fit(TEXTS).transform(["", "unknown words", "apple"])
    assert not rows[:2].any()
    assert rows[2].any()


def test_texts_without_words():
    with pytest.raises(ValueError, match="X holds no word of two letters or more"):
        TextFeatures().fit(["", "?", "a"])
    with pytest.raises(ValueError, match="X holds one word only"):
        TextFeatures().fit(["one", "one"])


def test_scikit_learns_habits():
    features = TextFeatures(n_components=2, random_state=0)
    copy = clone(features).set_params(n_components=3).fit(TEXTS)
    assert copy.get_feature_names_out().tolist() == [f"textfeatures{i}" for i in range(3)]
    with pytest.raises(NotFittedError):
        features.transform(TEXTS)


@KEEPS_AN_INDEX
def test_an_index_stays_with_its_texts():
    features = TextFeatures(n_components=3, random_state=0)
    series = pd.Series(TEXTS, index=list("abcdef"))
    frame = features.set_output(transform="pandas").fit_transform(series)
    assert frame.index.tolist() == list("abcdef")


@pytest.mark.parametrize(
    "wrap",
    [tuple, np.array, lambda x: np.array(x, dtype=object), pd.Series,
     lambda x: pd.DataFrame({"text": x}), lambda x: np.array(x)[:, None]],
    ids=["tuple", "array", "objects", "Series", "DataFrame", "column"],
)  # fmt: skip
def test_texts_in_any_list(wrap):
    features = TextFeatures(random_state=0).fit(TEXTS)
    np.testing.assert_array_equal(features.transform(wrap(TEXTS)), features.transform(TEXTS))


@pytest.mark.parametrize("model", ["tfidf", Letters()], ids=["tfidf", "model"])
def test_a_query_of_texts(model):
    pipeline = make_pipeline(TextFeatures(model, random_state=0), HerdingQueryStrategy())
    query = HerdingQuery(strategy=pipeline)
    indices, _ = query(None, TEXTS[1:], n_instances=2, X_labeled=TEXTS[:1])
    assert len(set(indices.tolist())) == 2


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        ("one text", TypeError, "X is one text; pass a list"),
        (["a", None], TypeError, r"X\[1\] is None of type NoneType, and no text; leave"),
        (["a", float("nan")], TypeError, r"X\[1\] is nan of type float"),
        (np.eye(2), ValueError, r"shape \(2, 2\); pass one column of texts"),
        (np.arange(3), TypeError, r"X\[0\] is 0 of type int"),
        ([], ValueError, "X is empty"),
        ({"a": 1}, TypeError, "X is of type dict"),
    ],
    ids=["one", "None", "nan", "matrix", "numbers", "empty", "dict"],
)
def test_bad_texts(X, error, message):
    with pytest.raises(error, match=message):
        TextFeatures().fit(X)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"model": 3}, "'model' parameter of TextFeatures"),
        ({"n_components": 0}, "'n_components' parameter of TextFeatures"),
        ({"batch_size": 0}, "'batch_size' parameter of TextFeatures"),
    ],
    ids=["model", "n_components", "batch_size"],
)
def test_bad_parameters(params, message):
    with pytest.raises(ValueError, match=message):
        TextFeatures(**params).fit(TEXTS)


# Models


def test_a_model_of_ones_own():
    model = Letters()
    features = TextFeatures(model, batch_size=4).fit(TEXTS)
    assert features.n_features_ == 2
    rows = features.transform([*TEXTS, TEXTS[0]])
    assert rows[0].tolist() == rows[6].tolist() == [18, 4]
    assert [len(asked) for asked in model.asked] == [1, 4, 2]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (np.zeros(1), r"float64 of shape \(1,\)"),
        (np.zeros((2, 3)), r"float64 of shape \(2, 3\)"),
        (np.array([["a"]]), r"<U1 of shape \(1, 1\)"),
        (np.array([[np.nan]]), "NaN or infinite"),
    ],
    ids=["one axis", "more rows", "texts", "nan"],
)
def test_a_model_that_gives_no_rows(answer, message):
    model = Letters()
    model.encode = lambda texts: answer
    with pytest.raises(ValueError, match=message):
        TextFeatures(model).fit(TEXTS)


def test_a_model_by_name(package, folder):
    features = TextFeatures("all-MiniLM-L6-v2", device="cpu").fit(TEXTS)
    rows = features.transform(TEXTS)
    assert rows[0].tolist() == [36, 36, 36]
    assert package.loaded == ["all-MiniLM-L6-v2"]
    (file,) = folder.iterdir()
    assert file.name.startswith("all-MiniLM-L6-v2-")
    # What is known is not computed.
    features.model_.model.scale = None
    np.testing.assert_array_equal(features.transform(TEXTS[::-1]), rows[::-1])


def test_other_weights_are_another_file(package, folder, monkeypatch):
    TextFeatures("small", device="cpu").fit_transform(TEXTS)
    monkeypatch.setattr(nn.init, "constant_", lambda tensor, value: tensor.data.fill_(3.0))
    rows = TextFeatures("small", device="cpu").fit_transform(TEXTS)
    assert rows[0, 0] == 54
    assert len(list(folder.iterdir())) == 2


def test_nothing_is_kept_where_nobody_wants_it(package, folder):
    TextFeatures("small", device="cpu", cache=False).fit_transform(TEXTS)
    assert not folder.exists()


def test_a_model_that_cannot_be_fetched(package):
    with pytest.raises(OSError, match=r"model='missing' cannot be loaded \(missing is not a local"):
        TextFeatures("missing", device="cpu").fit(TEXTS)


def test_a_package_that_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(ImportError, match=r"pip install 'skvaal\[texts\]', or take model='tfidf'"):
        TextFeatures("small").fit(TEXTS)


def test_words_need_no_torch():
    import subprocess

    program = (
        "import sys; from skvaal import TextFeatures; TextFeatures().fit(['one two', 'two']); "
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "False\n", done.stderr
