"""The transformer: in scikit-learn, on images of every kind, with what is kept on disk."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from torch import nn

from skvaal import (
    ActiveLearningClassifier,
    HerdingQuery,
    HerdingQueryStrategy,
    PretrainedFeatures,
    VAALQuery,
    VAALQueryStrategy,
)
from skvaal._files.images import LazyImages
from tests.features.marks import KEEPS_AN_INDEX

from ..conftest import SMALL


@pytest.fixture
def paths(pixels, tmp_path):
    names = []
    for i, image in enumerate(pixels):
        names.append(str(tmp_path / f"{i}.png"))
        Image.fromarray(image.transpose(1, 2, 0)).save(names[-1])
    return names


def network():
    return nn.Sequential(nn.Conv2d(3, 5, 4, stride=4), nn.ReLU())


# The transformer


def test_one_feature_for_each_output(pixels):
    features = PretrainedFeatures(network(), device="cpu").fit(pixels)
    rows = features.transform(pixels)
    assert (rows.shape, rows.dtype) == ((6, 5), np.float32)
    assert (features.n_features_, features.image_size_) == (5, None)
    expected = features.module_(torch.from_numpy(pixels).float() / 255).mean(dim=(2, 3)).detach()
    np.testing.assert_allclose(rows, expected, rtol=1e-5)


def test_the_batch_size_changes_nothing(pixels):
    module = network()
    rows = [
        PretrainedFeatures(module, batch_size=n, device="cpu").fit_transform(pixels)
        for n in (1, 4, 64)
    ]
    np.testing.assert_allclose(rows[0], rows[1], rtol=1e-5)
    np.testing.assert_allclose(rows[0], rows[2], rtol=1e-5)


def test_files_at_a_size_and_images_of_that_size(paths):
    features = PretrainedFeatures(network(), image_size=16, device="cpu").fit(paths)
    rows = features.transform(paths)
    images = LazyImages.from_files(paths, image_size=99)
    np.testing.assert_array_equal(features.transform(images), rows)
    np.testing.assert_allclose(
        features.transform(LazyImages.from_files(paths, image_size=16)[:]), rows, rtol=1e-5
    )


def test_scikit_learns_habits(pixels):
    features = PretrainedFeatures(network(), batch_size=2, device="cpu")
    copy = clone(features)
    assert copy.get_params().keys() == features.get_params().keys()
    assert copy.set_params(batch_size=3).batch_size == 3
    names = copy.fit(pixels).get_feature_names_out()
    assert names.tolist() == [f"pretrainedfeatures{i}" for i in range(5)]
    frame = copy.set_output(transform="pandas").transform(pixels)
    assert isinstance(frame, pd.DataFrame)
    assert frame.columns.tolist() == names.tolist()
    loaded = pickle.loads(pickle.dumps(copy))
    np.testing.assert_array_equal(loaded.transform(pixels), frame)
    with pytest.raises(NotFittedError):
        features.transform(pixels)


@KEEPS_AN_INDEX
def test_an_index_stays_with_its_rows(paths):
    series = pd.Series(paths, index=list("abcdef"))
    features = PretrainedFeatures(network(), image_size=16, device="cpu")
    frame = features.set_output(transform="pandas").fit_transform(series)
    assert frame.index.tolist() == list("abcdef")


def test_a_fit_that_fails_leaves_what_was_fitted(pixels):
    features = PretrainedFeatures(network(), device="cpu").fit(pixels)
    rows = features.transform(pixels)
    with pytest.raises(TypeError, match="one path"):
        features.fit("photo.jpg")
    np.testing.assert_array_equal(features.transform(pixels), rows)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"model": 3}, "'model' parameter of PretrainedFeatures"),
        ({"image_size": 7}, "'image_size' parameter of PretrainedFeatures"),
        ({"batch_size": 0}, "'batch_size' parameter of PretrainedFeatures"),
        ({"checkpoint": 3}, "'checkpoint' parameter of PretrainedFeatures"),
        ({"verbose": "loud"}, "'verbose' parameter of PretrainedFeatures"),
        ({"device": "abacus"}, "device='abacus' is not a torch device"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_bad_parameters(params, message, pixels):
    with pytest.raises(ValueError, match=message):
        PretrainedFeatures(**{"model": nn.Identity(), **params}).fit(pixels)


# With strategies


@pytest.mark.parametrize("wrap", [np.array, list, lambda x: np.array(x, dtype=object), pd.Series])
def test_a_query_of_files(wrap, paths):
    pipeline = make_pipeline(
        PretrainedFeatures(network(), image_size=16, device="cpu"),
        HerdingQueryStrategy(random_state=0),
    )
    indices, _ = HerdingQuery(strategy=pipeline)(
        None, wrap(paths[2:]), n_instances=3, X_labeled=wrap(paths[:2])
    )
    assert len(set(indices.tolist())) == 3


def test_vaal_on_features(pixels):
    pipeline = make_pipeline(
        PretrainedFeatures(network(), device="cpu"), VAALQueryStrategy(**SMALL, uncertainty=None)
    )
    query = VAALQuery(strategy=pipeline)
    indices, _ = query(None, pixels[2:], n_instances=2, X_labeled=pixels[:2])
    assert len(set(indices.tolist())) == 2


def test_labelling_rounds_on_images(pixels):
    X, y = np.concatenate([pixels // 2, pixels // 2 + 128]), np.repeat([0, 1], 6)
    features = PretrainedFeatures(nn.Flatten(), device="cpu")
    active = ActiveLearningClassifier(
        make_pipeline(features, LogisticRegression()),
        make_pipeline(features, HerdingQueryStrategy()),
        initial_size=2,
        batch_size=2,
        n_rounds=2,
        random_state=0,
    ).fit(X, y)
    assert active.learning_curve_["n_labeled"].tolist() == [2, 4, 6]
    assert active.score(X, y) == 1


# timm


def test_timm_by_name(fetches, pixels):
    features = PretrainedFeatures("test_resnet", device="cpu").fit(pixels)
    assert features.image_size_ == 160
    rows = features.transform(pixels)
    assert rows.shape == (6, features.n_features_)
    module = features.module_
    resized = nn.functional.interpolate(
        torch.from_numpy(pixels[:, :, 2:18]).float() / 255, (160, 160), mode="bilinear"
    )
    with torch.inference_mode():
        np.testing.assert_allclose(rows, module((resized - 0.5) / 0.5), rtol=1e-3, atol=1e-5)


def test_timm_at_another_size(fetches, pixels):
    features = PretrainedFeatures("test_vit", image_size=96, device="cpu").fit(pixels)
    assert features.image_size_ == 96
    assert features.transform(pixels).shape == (6, features.n_features_)


# What is kept on disk


def test_what_was_computed_is_kept(fetches, pixels, folder):
    def rows(**params):
        features = PretrainedFeatures("test_resnet", device="cpu", **params).fit(pixels)
        return features.transform(pixels)

    first = rows()
    (file,) = folder.iterdir()
    assert file.name.startswith("test-resnet-")
    size = file.stat().st_size
    np.testing.assert_array_equal(rows(batch_size=1), first)
    assert file.stat().st_size == size
    rows(image_size=96)
    assert len(list(folder.iterdir())) == 2


def test_what_is_known_is_not_computed(counting, pixels, tmp_path):
    features = PretrainedFeatures(counting, cache=tmp_path, device="cpu").fit(pixels)
    rows = features.transform(pixels)
    del counting.seen[:]
    np.testing.assert_array_equal(features.transform(pixels[::-1]), rows[::-1])
    assert counting.seen == []
    features.transform(np.concatenate([pixels, 255 - pixels[:2]]))
    assert counting.seen == [2]
    copy = clone(features).fit(pixels)  # tries the first image
    np.testing.assert_array_equal(copy.transform(pixels), rows)
    assert counting.seen == [2, 1]


def test_a_module_keeps_nothing_unless_told_where(counting, pixels, folder):
    features = PretrainedFeatures(counting, device="cpu").fit(pixels)
    features.transform(pixels)
    features.transform(pixels)
    assert counting.seen == [1, 6, 6]
    assert not folder.exists()


def test_nothing_is_kept_where_nobody_wants_it(fetches, pixels, folder):
    PretrainedFeatures("test_resnet", cache=False, device="cpu").fit_transform(pixels)
    assert not folder.exists()


def test_a_bad_folder_is_named_before_anything_is_loaded(fetches, pixels):
    with pytest.raises(TypeError, match="cache=True must be a folder"):
        PretrainedFeatures("test_resnet", cache=True).fit(pixels)
    assert fetches == []


def test_bars(pixels, capsys):
    PretrainedFeatures(network(), device="cpu", verbose=1).fit_transform(pixels)
    error = capsys.readouterr().err
    assert "reading" in error
    assert "features" in error
    PretrainedFeatures(network(), device="cpu").fit_transform(pixels)
    assert not capsys.readouterr().err


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_gpu_gives_the_same(pixels):
    module = network()
    rows = [
        PretrainedFeatures(module, device=device).fit_transform(pixels)
        for device in ("cpu", "cuda")
    ]
    np.testing.assert_allclose(rows[0], rows[1], rtol=1e-2, atol=1e-3)
