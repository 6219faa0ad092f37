"""Samples far from 0, tiny or huge are chosen from as well as any: their geometry counts."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import random

from skvaal import HerdingQueryStrategy, VAALQueryStrategy

from .conftest import SMALL
from .pool.stores import Stored

X = np.random.RandomState(0).randn(160, 6) * [1, 2, 0.5, 1, 3, 1]
y = np.where(np.arange(160) < 20, 0, -1)
POOL = slice(20, None)
STRATEGIES = {
    "herding": HerdingQueryStrategy(random_state=0),
    "vaal": VAALQueryStrategy(**SMALL),
    "topk": VAALQueryStrategy(**SMALL, rule="topk"),
}
of_all = pytest.mark.parametrize("name", STRATEGIES)
# Powers of two round nothing, so that choices are equal whatever is near a tie. The factor brings
# the distances of X itself near 1, too; 2 is what it does to them.
SCALES = [2.0**-83, 2.0**-25, 2.0**50, 2.0**100]


def make(name, **params):
    strategy = STRATEGIES[name]
    return type(strategy)(**{**strategy.get_params(), **params})


@pytest.fixture(scope="module")
def expected():
    """Fitted on X as it is conditioned."""
    fitted = {}

    def fit(name, X):
        key = name, float(X[0, 0])
        if key not in fitted:
            fitted[key] = make(name).fit(X, y)
        return fitted[key]

    return fit


@of_all
@pytest.mark.parametrize("scale", SCALES)
def test_choices_do_not_depend_on_the_scale(name, scale, expected):
    strategy = make(name).fit(X * scale, y)
    factor = strategy.conditioning_.factor * scale
    assert 0.25 <= factor <= 1
    plain = expected(name, X * factor)
    assert plain.conditioning_ is None
    np.testing.assert_array_equal(
        strategy.query(X[POOL] * scale, 12), plain.query(X[POOL] * factor, 12)
    )


@pytest.mark.parametrize("scale", [1e-25, 1e15])
def test_herding_chooses_as_from_samples_of_an_ordinary_scale(scale, expected):
    strategy = make("herding").fit(X * scale, y)
    plain = expected("herding", X).query(X[POOL], 12)
    np.testing.assert_array_equal(strategy.query(X[POOL] * scale, 12), plain)


@of_all
def test_choices_do_not_depend_on_an_offset(name):
    offset = np.array([1.7e9, 1.7e9, 0, -1e12, 1.7e9, 3])
    strategy = make(name).fit(X + offset, y)
    assert strategy.conditioning_.factor == 1
    centred = (X + offset) - strategy.conditioning_.offset
    plain = make(name).fit(centred, y)
    assert plain.conditioning_ is None
    np.testing.assert_array_equal(
        strategy.query((X + offset)[POOL], 12), plain.query(centred[POOL], 12)
    )


def test_herding_chooses_as_from_samples_near_0(expected):
    strategy = make("herding").fit(X + 1.7e9, y)
    plain = expected("herding", X).query(X[POOL], 12)
    np.testing.assert_array_equal(strategy.query((X + 1.7e9)[POOL], 12), plain)


@of_all
def test_every_way_in_is_conditioned(name):
    da = pytest.importorskip("dask.array")
    moved = X + 1.7e9
    chosen = make(name).fit(moved, y).query(moved[POOL], 8)
    pools = make(name).fit_pools(moved[:20], moved[POOL])
    indices = pools.query(moved[POOL], 8)
    both = make(name).fit_query(moved[:20], moved[POOL], 8)
    np.testing.assert_array_equal(both, indices)
    np.testing.assert_array_equal(pools.query(Stored(moved[POOL]), 8), indices)
    np.testing.assert_array_equal(
        pools.query(da.from_array(moved[POOL], chunks=(50, 6)), 8), indices
    )
    np.testing.assert_array_equal(make(name).fit(Stored(moved), y).query(moved[POOL], 8), chosen)
    table = pools.explain(moved[POOL], indices)
    assert table["row"].tolist() == indices.tolist()


@of_all
@pytest.mark.parametrize("density", [0.3, 0.02])
def test_sparse_samples(name, density):
    n_features = 20 if density == 0.3 else 400
    matrix = random(160, n_features, density, "csr", random_state=0) * 2.0**-83
    strategy = make(name).fit(matrix, y)
    scaled = matrix * strategy.conditioning_.factor
    plain = make(name).fit(scaled, y)
    assert plain.conditioning_ is None
    np.testing.assert_array_equal(strategy.query(matrix[POOL], 9), plain.query(scaled[POOL], 9))


@of_all
def test_files_keep_it(name, tmp_path):
    moved = (X + 1.7e9) * 1e-25
    strategy = make(name).fit(moved, y)
    strategy.save(tmp_path / "model")
    loaded = type(strategy).load(tmp_path / "model")
    assert loaded.conditioning_.factor == strategy.conditioning_.factor
    np.testing.assert_array_equal(loaded.conditioning_.offset, strategy.conditioning_.offset)
    np.testing.assert_array_equal(loaded.query(moved[POOL], 9), strategy.query(moved[POOL], 9))
    plain = make(name).fit(X, y)
    plain.save(tmp_path / "plain")
    assert type(strategy).load(tmp_path / "plain").conditioning_ is None


# What is said in the units of X -------------------------------------------------------------------


def test_decoded_samples_come_back_in_the_units_of_X():
    moved = X * 1e-25 + 1.7e-16
    strategy = make("vaal").fit(moved, y)
    decoded = strategy.inverse_transform(strategy.transform(moved))
    assert decoded.dtype == np.float64
    assert np.corrcoef(decoded.ravel() - 1.7e-16, X.ravel())[0, 1] > 0.5


def test_the_bound_is_of_the_density_of_X():
    """A density in units a power of two smaller is larger by that power for each number."""
    strategy = make("vaal").fit(X * 2.0**-83, y)
    factor = strategy.conditioning_.factor
    plain = make("vaal").fit(X * 2.0**-83 * factor, y)
    assert strategy.score(X * 2.0**-83) == pytest.approx(
        plain.score(X * 2.0**-83 * factor) + 6 * np.log(factor)
    )


@pytest.mark.filterwarnings("ignore::skvaal.UninformativeDiscriminatorWarning")
def test_a_diagnosis_of_samples_far_from_0():
    moved = X + 1.7e9
    strategy = make("topk").fit(moved, y)
    found = strategy.diagnose(moved[:20], moved[POOL], n_folds=2)
    assert found.variance_explained > 0.05
    assert np.abs(found.reconstructions).max() < 20


def test_a_fixed_variance_needs_samples_that_can_be_computed_with():
    with pytest.raises(
        ValueError, match=r"variance=0.1 counts in squared units of X.*StandardScal"
    ):
        make("vaal", variance=0.1).fit(X * 1e-25, y)
    assert make("vaal", variance=0.1).fit(X + 1.7e9, y).conditioning_.factor == 1


def test_a_bernoulli_likelihood_leaves_the_unit_interval_alone():
    narrow = 0.5 + 1e-7 * np.clip(X, -1, 1)
    assert make("vaal", likelihood="bernoulli").fit(narrow, y).conditioning_ is None


# Warm starts --------------------------------------------------------------------------------------


def test_a_warm_start_keeps_what_was_learned():
    strategy = make("vaal", warm_start=True).fit(X + 1.7e9, y)
    learned = strategy.conditioning_
    assert strategy.fit(X + 1.7e9 + 1, y).conditioning_ is learned
    follower = make("vaal", warm_start=True).continue_from(strategy)
    assert follower.fit(X + 1.7e9, y).conditioning_ is learned
    with pytest.raises(ValueError, match=r"X has samples of shape \(5,\), but warm_start=True"):
        strategy.fit(X[:, :5], y)
    plain = make("vaal", warm_start=True).fit(X, y)
    assert plain.fit(X + 1.7e9, y).conditioning_ is None
    assert make("vaal").fit(X + 1.7e9, y).fit(X, y).conditioning_ is None


def test_a_warm_start_on_images_of_another_kind_is_told():
    images = np.random.RandomState(0).randint(0, 256, (40, 1, 8, 8), dtype=np.uint8)
    labels = np.repeat([0, -1], 20)
    strategy = make("topk", warm_start=True, vae__width=2).fit(images, labels)
    message = "X holds images of real numbers, but warm_start=True .* for uint8 images"
    with pytest.raises(ValueError, match=message):
        strategy.fit(images.astype(float), labels)


def test_a_warm_start_with_more_features_or_another_likelihood_is_told():
    unit = np.random.RandomState(0).rand(len(X), 6)
    strategy = make("vaal", warm_start=True).fit(unit[:, :4], y)
    with pytest.raises(ValueError, match=r"shape \(6,\), but warm_start=True .* for \(4,\)"):
        strategy.fit(unit, y)
    strategy.set_params(likelihood="bernoulli")
    with pytest.raises(ValueError, match="likelihood='bernoulli', but warm_start=True .*gaussian"):
        strategy.fit(unit[:, :4], y)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_warm_start_on_columns_in_another_order_is_told(library):
    frame = pytest.importorskip(library).DataFrame(dict(zip("abcdef", X.T, strict=True)))
    strategy = make("topk", warm_start=True).fit(frame, y)
    with pytest.raises(ValueError, match="X has the columns b, a, c.* for a, b, c.*reorder X"):
        strategy.fit(frame[["b", "a", *"cdef"]], y)
    strategy = make("topk", warm_start=True).fit(frame, y)
    follower = make("topk", warm_start=True).continue_from(strategy)
    with pytest.raises(ValueError, match="X has the columns b, a, c"):
        follower.fit(frame[["b", "a", *"cdef"]], y)
    strategy.fit(X, y)  # without names there is nothing to compare
