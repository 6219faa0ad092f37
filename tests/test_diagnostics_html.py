"""The report as HTML: it parses, needs nothing else, and shows what was found."""

from __future__ import annotations

import base64
import io
from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
import pytest

from skvaal._diagnostics_html import fragment, page

VOID = {"meta", "img"}


class Elements(HTMLParser):
    """Elements of a page, whose tags must match."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]

    @property
    def text(self) -> str:
        return " ".join(self.texts)


def report(reconstructions, n_labeled=1, rows=(("AUC", "0.9"),), **changes) -> str:
    with_vae = reconstructions is not None
    found = {
        "auc_training": 0.9,
        "auc_cross_fitted": 0.6,
        "auc_error": 0.05,
        "kl_per_unit": np.array([0.1, 2.0, 1.0]) if with_vae else None,
        "unit_variances": np.array([0.001, 0.9, 0.8]) if with_vae else None,
        "reconstructions": reconstructions,
    }
    found = SimpleNamespace(**(found | changes))
    return fragment(found, rows, active_variance=0.01, n_labeled=n_labeled)


def images(*shape):
    x = np.random.RandomState(0).rand(2, *shape).astype(np.float32)
    x[0, 0].flat[:2] = 0, 1  # the whole range
    return x


def decoded(element):
    Image = pytest.importorskip("PIL.Image")
    head, body = element["src"].split(",")
    assert head == "data:image/png;base64"
    with Image.open(io.BytesIO(base64.b64decode(body))) as image:
        return np.asarray(image)


@pytest.mark.parametrize(
    "reconstructions",
    [None, images(2, 5), images(1, 1), images(3, 1, 8, 8), images(2, 3, 8, 9)],
    ids=["no_vae", "rows", "one number", "grey", "RGB"],
)
def test_page_parses_and_needs_nothing_else(reconstructions):
    text = page(report(reconstructions))

    elements = Elements(text)
    assert text.startswith("<!DOCTYPE html>")
    assert len(elements.attributes("svg")) >= 1
    sources = [value for _, each in elements.found for key, value in each.items() if key == "src"]
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    assert "http" not in text
    assert not {"script", "link", "iframe"} & {tag for tag, _ in elements.found}


def test_rows_are_escaped():
    elements = Elements(page(report(None, rows=[("<script>", 'a & "b" <b>')])))

    assert not elements.attributes("script")
    assert not elements.attributes("b")
    assert {"<script>", 'a & "b" <b>'} <= set(elements.texts)


def test_without_a_vae_there_are_the_aucs_alone():
    elements = Elements(report(None))

    assert len(elements.attributes("svg")) == 1
    assert {"0.900", "0.600", "in training", "held out"} <= set(elements.texts)


def test_units_stand_in_the_order_of_their_kl_in_both_charts():
    titles = [text for text in Elements(report(images(2, 5))).texts if text.startswith("unit ")]

    assert titles == [
        *("unit 1: 2", "unit 2: 1", "unit 0: 0.1"),
        *("unit 1: 0.9", "unit 2: 0.8", "unit 0: 0.001"),
    ]


def test_units_that_are_not_active_are_grey_and_explained():
    assert "grey: not active, variance of 0.01 or less" in Elements(report(images(2, 5))).text
    all_active = report(images(2, 5), unit_variances=np.ones(3))
    assert "grey" not in Elements(all_active).text


def test_an_auc_that_is_not_known_is_called_so():
    assert "unknown" in Elements(report(None, auc_cross_fitted=float("nan"))).texts


def test_grey_images_are_shown_as_they_are():
    x = images(3, 1, 4, 8)

    shown = Elements(report(x)).attributes("img")

    assert [each["alt"] for each in shown] == [
        *("labelled sample", "its reconstruction"),
        *(2 * ("unlabelled sample", "its reconstruction")),
    ]
    assert all("width:80px;height:40px" in each["style"] for each in shown)
    for i in range(3):
        for which in (0, 1):
            expected = (x[which, i, 0] * 255.0).round()
            np.testing.assert_allclose(decoded(shown[2 * i + which]), expected, atol=1)


def test_colour_images_are_shown_with_the_channels_last():
    x = images(2, 3, 8, 8)

    first = Elements(report(x)).attributes("img")[0]

    np.testing.assert_allclose(decoded(first), np.moveaxis(x[0, 0], 0, -1) * 255, atol=1)


def test_of_other_channels_the_first_is_shown():
    x = images(2, 4, 8, 8)

    elements = Elements(report(x))

    np.testing.assert_allclose(
        decoded(elements.attributes("img")[2]),
        # Scaled by what the samples have in that channel.
        255 * (x[0, 1, 0] - x[0, :, 0].min()) / np.ptp(x[0, :, 0]),
        atol=1,
    )
    assert "the first of 4 channels" in elements.text


def test_brightness_is_that_of_the_samples_and_reconstructions_are_cut_to_it():
    x = np.zeros((2, 1, 1, 8, 8), dtype=np.float32)
    x[0, 0, 0, :4], x[0, 0, 0, 4:] = -2, 2
    x[1, 0, 0, :4], x[1, 0, 0, 4:] = -9, 0

    elements = Elements(report(x))

    original, reconstruction = map(decoded, elements.attributes("img"))
    assert (original[0, 0], original[7, 7]) == (0, 255)
    assert (reconstruction[0, 0], reconstruction[7, 7]) == (0, 128)
    assert "black is -2, full brightness 2" in elements.text


@pytest.mark.parametrize("value", [0.5, np.nan, np.inf])
def test_values_that_are_equal_or_not_finite_are_drawn(value):
    for shape in [(2, 2, 1, 8, 8), (2, 2, 5)]:
        text = report(np.full(shape, value, dtype=np.float32))
        Elements(text)
        assert "nan" not in text
        assert "inf" not in text


@pytest.mark.parametrize(
    ("shape", "size", "css"),
    [
        ((320, 640), (80, 160), "width:80px;height:40px"),
        ((321, 225), (107, 75), "width:56px;height:80px"),
        ((2000, 8), (2000, 8), "width:1px;height:80px"),
    ],
)
def test_large_images_are_made_smaller(shape, size, css):
    x = np.full((2, 1, 1, *shape), 0.25, dtype=np.float32)
    x[0, 0, 0, 0, 0], x[0, 0, 0, -1, -1] = 0, 1

    reconstruction = Elements(report(x)).attributes("img")[1]

    assert decoded(reconstruction).shape == size
    assert (decoded(reconstruction) == 64).all()  # 0.25 * 255, rounded
    assert css in reconstruction["style"]


def test_rows_are_drawn_as_lines_on_one_scale():
    x = images(3, 5)
    x[1, 2, 4] = 4

    elements = Elements(report(x))

    lines = [each["points"].split() for each in elements.attributes("polyline")]
    assert [len(line) for line in lines] == [5] * 6
    heights = np.array([[float(point.split(",")[1]) for point in line] for line in lines])
    # 80 pixels, of which two are left free at either edge, for 0 to 4.
    expected = 78 - 76 / 4 * x.swapaxes(0, 1).reshape(6, 5)
    np.testing.assert_allclose(heights, expected, atol=0.06)
    assert "over their features; all from 0 to 4" in elements.text


def test_of_many_features_some_are_drawn():
    elements = Elements(report(images(2, 1000)))

    assert len(elements.attributes("polyline")[0]["points"].split()) == 200
    assert "over 200 of 1000 features" in elements.text
