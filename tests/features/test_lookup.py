"""What names of features stand for."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.preprocessing import FunctionTransformer

from skvaal import PretrainedFeatures, TextFeatures
from skvaal._features.lookup import make_features


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        (None, "images", FunctionTransformer),
        ("pixels", "images", FunctionTransformer),
        ("resnet18", "images", PretrainedFeatures),
        (None, "texts", TextFeatures),
        ("tfidf", "texts", TextFeatures),
        ("all-MiniLM-L6-v2", "texts", TextFeatures),
        (None, "features", FunctionTransformer),
    ],
)
def test_names(name, kind, expected):
    assert type(make_features(name, kind)) is expected


def test_pixels_stay_what_they_are():
    images = np.zeros((2, 3, 8, 8), np.uint8)
    assert make_features("pixels", "images").fit_transform(images) is images


@pytest.mark.parametrize(("name", "kind"), [("resnet18", "images"), ("small", "texts")])
def test_settings_are_handed_on(name, kind, tmp_path):
    made = make_features(name, kind, device="cpu", cache=tmp_path, progress=0)
    params = made.get_params()
    assert (params["model"], params["device"]) == (name, "cpu")
    assert (params["cache"], params["verbose"]) == (tmp_path, 0)


def test_tfidf_is_the_same_each_time():
    texts = [f"word{i} word{i % 3} word{i % 5}" for i in range(30)]
    rows = [make_features("tfidf", "texts").fit_transform(texts) for _ in range(2)]
    np.testing.assert_array_equal(*rows)


@pytest.mark.parametrize("kind", ["images", "texts", "features"])
def test_a_file_of_rows(kind, tmp_path):
    X = np.arange(6.0).reshape(3, 2)
    np.save(tmp_path / "own.npy", X)
    np.savez(tmp_path / "own.npz", X=X, other=X)
    for name in ("own.npy", "own.npz"):
        rows = make_features(str(tmp_path / name), kind)
        assert rows.dtype == np.float32
        np.testing.assert_array_equal(rows, X)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.array([[1.0], [np.nan]]), "own.npy' holds NaN, infinity .* in row 1"),
        (np.array([[1.0], [1e300]]), "beyond float32 in row 1"),
        (np.array(["a", "b"]), "own.npy' holds object of shape"),
        (np.zeros(3), "own.npy"),
        (np.array([[1 + 1j]]), "own.npy"),
        (np.array([{}], dtype=object), "own.npy"),
    ],
    ids=["nan", "large", "texts", "one axis", "complex", "objects"],
)
def test_a_file_that_holds_no_rows(X, message, tmp_path):
    np.save(tmp_path / "own.npy", X)
    with pytest.raises(ValueError, match=message):
        make_features(str(tmp_path / "own.npy"), "images")


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(OSError, match=r"none\.npy"):
        make_features(str(tmp_path / "none.npy"), "images")


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("tfidf", "images", "features='tfidf', but the samples are images; take 'pixels'"),
        ("pixels", "texts", "features='pixels', but the samples are texts; take 'tfidf'"),
        ("resnet18", "features", "features='resnet18', but the samples are feature rows already"),
    ],
)
def test_a_name_of_another_kind(name, kind, message):
    with pytest.raises(ValueError, match=message):
        make_features(name, kind)
