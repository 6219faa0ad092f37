"""The charts of a health report, alone and in a page: what they show, and that it can be read."""

from __future__ import annotations

import builtins
from dataclasses import replace
from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
import pytest

from skvaal._vaal.diagnostics import Diagnostics, render
from skvaal._vaal.diagnostics_display import DiagnosticsDisplay, list_charts

figures = pytest.importorskip("matplotlib.figure")
pytest.importorskip("jinja2")

VOID = {"meta", "img", "source"}


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

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]

    @property
    def text(self) -> str:
        return " ".join(self.texts)


def make_diagnostics(reconstructions=None, n_labeled=1, **changes) -> Diagnostics:
    has_vae = reconstructions is not None
    values = {
        "n_labeled": n_labeled,
        "n_unlabeled": 20,
        "unit_variances": np.array([0.001, 0.9, 0.8]) if has_vae else None,
        "kl_per_unit": np.array([0.1, 2.0, 1.0]) if has_vae else None,
        "reconstruction_error": 0.1 if has_vae else None,
        "variance_explained": 0.9 if has_vae else None,
        "variance_explained_linear": 0.8 if has_vae else None,
        "departure_from_components": 0.05 if has_vae else None,
        "reconstructions": reconstructions,
        "auc_training": 0.9,
        "auc_cross_fitted": 0.6,
        "auc_missing_region": 0.8,
        "auc_error": 0.05,
        "score_exponent": 0.5,
        "score_exponent_reason": "the rule's score_power",
        "score_std": 1.0,
        "tied_fraction": 0.0,
    }
    return Diagnostics(**(values | changes))


def make_samples(*shape):
    x = np.random.RandomState(0).rand(2, *shape).astype(np.float32)
    x[0, 0].flat[:2] = 0, 1  # the whole range
    return x


@pytest.fixture
def without(monkeypatch):
    """Make a package look as if it were not installed."""

    def hide(package):
        load = builtins.__import__

        def load_unless_hidden(name, *args, **kwargs):
            if name.split(".")[0] == package:
                raise ImportError(f"No module named {package!r}")
            return load(name, *args, **kwargs)

        monkeypatch.setattr(builtins, "__import__", load_unless_hidden)

    return hide


# The display --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reconstructions", "n_charts"), [(None, 1), (make_samples(2, 5), 5)], ids=["no_vae", "vae"]
)
def test_there_is_an_axes_for_each_chart(reconstructions, n_charts):
    diagnostics = make_diagnostics(reconstructions)

    display = diagnostics.plot()

    assert isinstance(display, DiagnosticsDisplay)
    assert display.diagnostics is diagnostics
    assert display.axes_.shape == (n_charts,)
    assert list(display.figure_.axes) == list(display.axes_)


def test_it_draws_on_the_axes_that_it_is_given():
    figure = figures.Figure()
    axes = figure.subplots(5, 1)

    display = make_diagnostics(make_samples(2, 5)).plot(axes)

    assert list(display.axes_) == list(axes)
    assert display.figure_ is figure
    assert make_diagnostics().plot(axes[0]).axes_ == [axes[0]]


def test_axes_that_are_not_one_for_each_chart_are_refused():
    ax = figures.Figure().subplots()

    with pytest.raises(ValueError, match="ax has 1 Axes, but there are 5 charts"):
        make_diagnostics(make_samples(2, 5)).plot(ax)


def test_from_estimator_asks_the_strategy():
    calls = []
    diagnostics = make_diagnostics()
    strategy = SimpleNamespace(diagnose=lambda *a, **k: calls.append((a, k)) or diagnostics)
    ax = figures.Figure().subplots()

    display = DiagnosticsDisplay.from_estimator(strategy, "X_l", "X_u", ax=ax, n_folds=3)

    assert calls == [(("X_l", "X_u"), {"n_folds": 3})]
    assert display.diagnostics is diagnostics
    assert display.axes_ == [ax]


def test_a_notebook_shows_only_a_figure_of_its_own():
    ax = figures.Figure().subplots()

    assert make_diagnostics().plot()._repr_png_().startswith(b"\x89PNG")
    assert make_diagnostics().plot(ax)._repr_png_() is None
    assert DiagnosticsDisplay(make_diagnostics())._repr_png_() is None


def test_pyplot_knows_nothing_of_the_figures():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    before = pyplot.get_fignums()

    make_diagnostics().plot()
    make_diagnostics().to_html()

    assert pyplot.get_fignums() == before


# The charts ---------------------------------------------------------------------------------------


def test_aucs_are_bars_beside_the_band_of_chance():
    ax = make_diagnostics().plot().axes_[0]

    band, *bars = ax.patches
    assert [bar.get_width() for bar in bars] == [0.9, 0.6, 0.8]
    extents = band.get_extents().transformed(ax.transData.inverted())  # a polygon or a rectangle
    np.testing.assert_allclose(extents.intervalx, [0.4, 0.6])
    assert [text.get_text() for text in ax.texts] == ["0.900", "0.600", "0.800"]
    names = [text.get_text() for text in ax.get_yticklabels()]
    assert names == ["in training", "held out", "missing regions"]


def test_an_auc_that_is_not_known_is_called_so():
    unknown = float("nan")
    diagnostics = make_diagnostics(auc_cross_fitted=unknown, auc_missing_region=unknown)

    ax = diagnostics.plot().axes_[0]

    assert [text.get_text() for text in ax.texts] == ["0.900", "unknown", "unknown"]
    assert list_charts(diagnostics)[0].alt == (
        "Bar chart: AUC 0.900 in training, unknown held out, unknown on missing regions"
    )


def test_units_stand_in_the_order_of_their_kl_in_both_charts():
    _, kl, variance, *_ = make_diagnostics(make_samples(2, 5)).plot().axes_

    assert [bar.get_height() for bar in kl.patches] == [2, 1, 0.1]
    assert [bar.get_height() for bar in variance.patches] == [0.9, 0.8, 0.001]
    for ax in (kl, variance):
        assert [text.get_text() for text in ax.get_xticklabels()] == ["1", "2", "0"]


def test_units_that_are_not_active_are_grey_and_explained():
    diagnostics = make_diagnostics(make_samples(2, 5))
    colours = [bar.get_facecolor() for bar in diagnostics.plot().axes_[1].patches]
    assert colours[0] == colours[1] != colours[2]
    assert "Grey: not active, a variance of 0.01 or less" in list_charts(diagnostics)[1].caption
    all_active = replace(diagnostics, unit_variances=np.ones(3))
    assert "Grey" not in list_charts(all_active)[1].caption
    assert "grey" not in all_active.plot().axes_[1].get_xlabel()


def read_mosaic(ax, height, width):
    """The images of an axes, (2, n_samples, height, width, 3)."""
    mosaic = np.asarray(ax.images[0].get_array())
    starts = np.flatnonzero(np.diff(mosaic[0, :, 3], prepend=0) > 0)
    below = mosaic.shape[0] - height
    assert (mosaic[:height, starts[0] : starts[0] + width, 3] == 1).all()
    return np.array(
        [[mosaic[y : y + height, x : x + width, :3] for x in starts] for y in (0, below)]
    )


def test_grey_images_are_shown_as_they_are():
    x = make_samples(3, 1, 4, 8)

    *_, labeled, unlabeled = make_diagnostics(x).plot().axes_

    shown = np.concatenate([read_mosaic(ax, 4, 8) for ax in (labeled, unlabeled)], axis=1)
    assert read_mosaic(labeled, 4, 8).shape[1] == 1
    np.testing.assert_allclose(shown, np.repeat(np.moveaxis(x, 2, -1), 3, axis=-1), atol=1e-6)


def test_colour_images_are_shown_with_the_channels_last():
    x = make_samples(2, 3, 8, 8)

    labeled = make_diagnostics(x).plot().axes_[3]

    np.testing.assert_allclose(
        read_mosaic(labeled, 8, 8)[:, 0], np.moveaxis(x[:, 0], 1, -1), atol=1e-6
    )


def test_of_other_channels_the_first_is_shown():
    x = make_samples(2, 4, 8, 8)
    diagnostics = make_diagnostics(x)

    unlabeled = diagnostics.plot().axes_[4]

    low = x[0, :, 0].min()
    expected = (x[0, 1, 0] - low) / np.ptp(x[0, :, 0])  # scaled by what the samples have there
    np.testing.assert_allclose(read_mosaic(unlabeled, 8, 8)[0, 0, ..., 0], expected, atol=1e-6)
    assert "The first of 4 channels" in list_charts(diagnostics)[4].caption


def test_brightness_is_that_of_the_samples_and_reconstructions_are_cut_to_it():
    x = np.zeros((2, 2, 1, 8, 8), dtype=np.float32)
    x[0, :, 0, :4], x[0, :, 0, 4:] = -2, 2
    x[1, :, 0, :4], x[1, :, 0, 4:] = -9, 0
    diagnostics = make_diagnostics(x)

    (original,), (reconstruction,) = read_mosaic(diagnostics.plot().axes_[3], 8, 8)

    assert (original[0, 0, 0], original[7, 7, 0]) == (0, 1)
    assert (reconstruction[0, 0, 0], reconstruction[7, 7, 0]) == (0, 0.5)
    assert "Black is -2, full brightness 2" in list_charts(diagnostics)[3].caption


@pytest.mark.parametrize("shape", [(320, 640), (2000, 8)])
def test_images_of_any_size_make_a_chart_of_the_same_size(shape):
    charts = list_charts(make_diagnostics(make_samples(2, 1, *shape)))

    assert all(1 <= chart.height <= 4 for chart in charts[3:])
    assert charts[3].to_png("light").startswith(b"\x89PNG")


def test_rows_are_lines_on_one_scale_below_each_other():
    x = make_samples(3, 5)
    x[1, 2, 4] = 4
    diagnostics = make_diagnostics(x)

    ax = diagnostics.plot().axes_[4]

    lines = [line.get_ydata() for line in ax.lines]
    assert [line.get_linestyle() for line in ax.lines] == ["-", "--"] * 2
    expected = [x[which, 1 + i] - 4.4 * i for i in (0, 1) for which in (0, 1)]
    np.testing.assert_allclose(lines, expected, atol=1e-6)
    assert "over all features, from 0 to 4" in list_charts(diagnostics)[4].caption


def test_of_many_features_some_are_drawn():
    diagnostics = make_diagnostics(make_samples(2, 1000))

    features = diagnostics.plot().axes_[3].lines[0].get_xdata()

    assert (len(features), features[0], features[-1]) == (200, 0, 999)
    assert "over 200 of 1000 features" in list_charts(diagnostics)[3].caption


@pytest.mark.parametrize("value", [0.5, np.nan, np.inf])
@pytest.mark.parametrize("shape", [(2, 2, 1, 8, 8), (2, 2, 5), (2, 2, 1)])
def test_values_that_are_equal_or_not_finite_are_drawn(value, shape):
    diagnostics = make_diagnostics(np.full(shape, value, dtype=np.float32))

    chart = list_charts(diagnostics)[3]

    assert chart.to_png("light").startswith(b"\x89PNG")
    assert not {"nan", "inf", "inf."} & set(chart.caption.split())


# The page -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reconstructions",
    [None, make_samples(2, 5), make_samples(3, 1, 8, 8)],
    ids=["no_vae", "rows", "images"],
)
def test_page_parses_and_needs_nothing_else(reconstructions):
    diagnostics = make_diagnostics(reconstructions)

    text = diagnostics.to_html()

    elements = Elements(text)
    assert text.startswith("<!DOCTYPE html>")
    assert len(elements.attributes("figure")) == len(list_charts(diagnostics))
    sources = [v for _, each in elements.found for k, v in each.items() if k in ("src", "srcset")]
    assert len(sources) == 2 * len(elements.attributes("img"))
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    assert "://" not in text
    assert not {"script", "link", "iframe"} & {tag for tag, _ in elements.found}


def test_page_can_be_read_without_eyes_in_the_dark_and_on_a_small_screen():
    elements = Elements(make_diagnostics().to_html())

    assert elements.attributes("html") == [{"lang": "en"}]
    assert all(each["alt"] for each in elements.attributes("img"))
    assert len(elements.attributes("figcaption")) == len(elements.attributes("img"))
    assert {each["scope"] for each in elements.attributes("th")} == {"row"}
    for each in elements.attributes("source"):
        assert each["media"] == "(prefers-color-scheme: dark)"
    names = {each.get("name") for each in elements.attributes("meta")}
    assert {"viewport", "color-scheme"} <= names


def test_dark_and_light_charts_differ():
    image, source = (
        Elements(make_diagnostics().to_html()).attributes(tag)[0] for tag in ("img", "source")
    )
    assert image["src"] != source["srcset"]


@pytest.mark.parametrize("is_page", [True, False])
def test_names_and_values_are_escaped(is_page):
    chart = SimpleNamespace(alt='"><script>', caption="<i>", to_png=lambda scheme: b"")

    elements = Elements(render([("<script>", 'a & "b" <b>')], [chart], is_page=is_page))

    assert not {"script", "b", "i"} & {tag for tag, _ in elements.found}
    assert {"<script>", 'a & "b" <b>', "<i>"} <= set(elements.texts)
    assert elements.attributes("img")[0]["alt"] == '"><script>'


def test_fragment_is_what_the_page_holds():
    diagnostics = make_diagnostics()

    fragment = diagnostics._repr_html_()

    assert fragment.strip() in diagnostics.to_html()
    assert "<html" not in fragment


# Without the extras -------------------------------------------------------------------------------


@pytest.mark.parametrize("package", ["jinja2", "matplotlib"])
def test_a_notebook_shows_the_table_alone_without_the_extras(without, package):
    without(package)

    elements = Elements(make_diagnostics(make_samples(2, 5))._repr_html_())

    assert not elements.attributes("img")
    assert {"AUC in training", "0.900"} <= set(elements.texts)


@pytest.mark.parametrize("package", ["jinja2", "matplotlib"])
def test_a_page_without_the_extras_says_how_to_get_them(without, package):
    without(package)

    with pytest.raises(ImportError, match=rf"{package}.*pip install skvaal\[report\]"):
        make_diagnostics().to_html()


def test_a_plot_without_matplotlib_says_how_to_get_it(without):
    without("matplotlib")

    with pytest.raises(ImportError, match=r"pip install skvaal\[report\]"):
        make_diagnostics().plot()
