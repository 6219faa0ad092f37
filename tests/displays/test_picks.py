"""What was chosen: images and bars."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skvaal import HerdingQueryStrategy, PicksDisplay, VAALQueryStrategy
from skvaal._files.images import LazyImages
from skvaal._files.named_samples import NamedSamples

from ..conftest import QUICK

pytest.importorskip("matplotlib")


def texts(display):
    return [text.get_text() for text in display.ax_.texts]


@pytest.fixture
def sheet(images):
    """Ten picks of a pool of images."""
    X = images[0]
    strategy = HerdingQueryStrategy(random_state=0).fit_pools(X[:20], X[20:])
    return strategy, X[20:], strategy.query(X[20:], 10)


def test_images_in_the_order_of_choosing(sheet):
    strategy, pool, indices = sheet
    display = PicksDisplay.from_estimator(*sheet)
    shown = [image.get_array() for image in display.ax_.images]
    np.testing.assert_allclose(
        [image[..., 0] for image in shown], pool[indices][:, 0] / 255, atol=1e-6
    )
    gains = strategy.explain(pool, indices)["gain"]
    assert texts(display)[::2] == [str(i + 1) for i in range(10)]
    assert texts(display)[1::2] == [f"gain {gain:.3g}" for gain in gains]
    corners = {image.get_extent()[::2][0] for image in display.ax_.images}
    assert len(corners) == 8  # to a line


def test_channels_may_stand_last(sheet):
    _, pool, indices = sheet
    last = np.moveaxis(np.repeat(pool, 3, axis=1), 1, -1)
    strategy = HerdingQueryStrategy(data_format="channels_last", random_state=0)
    display = PicksDisplay.from_estimator(strategy.fit_pools(None, last), last, indices)
    np.testing.assert_allclose(display.ax_.images[0].get_array(), last[indices[0]] / 255, atol=1e-6)


def test_images_of_numbers_and_of_many_channels(sheet):
    images = np.linspace(-3, 5, 4 * 5 * 64).reshape(4, 5, 8, 8)
    images[0, 0, 0, 0] = np.nan
    display = PicksDisplay({}, images=images).plot()
    pixels = np.array([image.get_array() for image in display.ax_.images])
    assert pixels.min() >= 0
    assert pixels.max() <= 1
    assert texts(display)[1] == ""


def test_encoded_images(sheet, tmp_path, write_image):
    paths = [write_image(tmp_path / f"{i}.png", (40 * i, 9, 9), (12, 8)) for i in range(6)]
    pool = LazyImages.from_files(paths, image_size=8)
    strategy = HerdingQueryStrategy(random_state=0).fit_pools(None, pool)
    display = PicksDisplay.from_estimator(strategy, pool, [4, 1])
    assert [round(float(i.get_array()[0, 0, 0]) * 255) for i in display.ax_.images] == [160, 40]


def test_captions_are_text_whatever_they_hold(sheet):
    names = ["$x^2$", "two\nlines", "<b>", "\udcff.jpg", "", *["a long reason " * 9] * 5]
    display = PicksDisplay.from_estimator(*sheet, captions=names)
    found = texts(display)[1::2]
    assert found[:5] == ["$x^2$", "two lines", "<b>", "?.jpg", ""]
    assert found[5].count("\n") == 2
    assert found[5].endswith("...")
    assert display._repr_png_()


def test_rows_become_bars(digits):
    X = digits[0]
    strategy = HerdingQueryStrategy(random_state=0).fit_pools(X[:20], X[20:])
    proba = LogisticRegression().fit(X[:20], np.arange(20) % 3).predict_proba(X[20:])
    indices = strategy.query(X[20:], 4, proba=proba)
    display = PicksDisplay.from_estimator(strategy, X[20:], indices, proba=proba)
    table = strategy.explain(X[20:], indices, proba=proba)
    gains, uncertainties = display.ax_.containers
    np.testing.assert_allclose(
        [bar.get_width() for bar in gains], table["gain"] / table["gain"].max()
    )
    largest = table["uncertainty"].max()
    np.testing.assert_allclose(
        [bar.get_width() for bar in uncertainties], table["uncertainty"] / largest
    )
    assert [t.get_text() for t in display.ax_.get_yticklabels()] == [f"row {i}" for i in indices]
    legend = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert legend[1] == f"uncertainty (1 is {largest:.3g})"
    assert display.ax_.yaxis_inverted()


def test_scores_of_a_discriminator(digits):
    X = digits[0]
    strategy = VAALQueryStrategy(**QUICK).fit_pools(X[:20], X[20:])
    display = PicksDisplay.from_estimator(strategy, X[20:], strategy.query(X[20:], 3))
    assert list(display.columns) == ["score"]
    assert all(abs(bar.get_width()) <= 1 for bar in display.ax_.patches)


def test_a_pipeline(digits):
    X = digits[0]
    pipeline = make_pipeline(StandardScaler(), HerdingQueryStrategy(random_state=0)).fit(X)
    pipeline[-1].fit_pools(None, pipeline[:-1].transform(X))
    display = PicksDisplay.from_estimator(pipeline, X, [3, 1, 2])
    assert len(display.ax_.patches) == 3


def test_a_rule_that_tells_nothing():
    with pytest.raises(ValueError, match=r"nothing to draw: .*Herding\(\) does"):
        PicksDisplay({}, captions=["a"]).plot()


def test_values_of_zero_draw_no_bar():
    display = PicksDisplay({"gain": np.zeros(2)}, captions=["a", "b"]).plot()
    assert [bar.get_width() for bar in display.ax_.patches] == [0, 0]


@pytest.mark.parametrize("kind", ["images", "features"])
def test_picks_of_the_command(kind, tmp_path, write_image):
    names = np.array([f"{i}.png" for i in range(5)], dtype=object)
    X = np.eye(5)
    if kind == "images":
        paths = [write_image(tmp_path / name, (9, 9, 30 * i)) for i, name in enumerate(names)]
        X = LazyImages.from_files(paths, image_size=8)
    samples = NamedSamples(X, names, kind, "path", tmp_path, "photos")
    picks = SimpleNamespace(
        known=SimpleNamespace(samples=samples),
        rows=np.array([3, 0]),
        columns={"gain": np.array([2.0, 1.0]), "nearest_labeled": np.array(["a", "b"])},
        reasons=("unlike any label", "43 like it in the pool"),
    )
    display = PicksDisplay.from_picks(picks)
    if kind == "images":
        assert texts(display)[1::2] == ["unlike any label", "43 like it in the\npool"]
        assert round(float(display.ax_.images[0].get_array()[0, 0, 2]) * 255) == 90
    else:
        labels = [text.get_text() for text in display.ax_.get_yticklabels()]
        assert labels == ["3.png", "0.png"]


def test_bad_input(sheet):
    strategy, pool, indices = sheet
    with pytest.raises(ValueError, match="captions has 1 texts for 10 samples"):
        PicksDisplay.from_estimator(*sheet, captions=["one"])
    with pytest.raises(NotFittedError):
        PicksDisplay.from_estimator(HerdingQueryStrategy(), pool, indices)
    with pytest.raises(ValueError, match="indices"):
        PicksDisplay.from_estimator(strategy, pool, [0, 0])
    with pytest.raises(TypeError, match="ax must be an Axes"):
        PicksDisplay.from_estimator(*sheet, ax=1)
    with pytest.raises(TypeError, match="got StandardScaler"):
        PicksDisplay.from_estimator(StandardScaler(), pool, indices)
