import numpy as np
import pytest
from scipy.spatial.distance import cdist

from skvaal import HerdingQueryStrategy
from skvaal.project.choosing.places import MOST_PLACED, Places, place


@pytest.fixture
def places():
    rng = np.random.default_rng(0)
    picked, labeled, rest = (rng.normal(size=(n, 3)).astype(np.float32) for n in (4, 12, 30))
    return Places(picked, labeled, rest, np.arange(20, 50))


def test_nearest_labelled_sample_and_its_distance(places):
    distances = cdist(places.picked, places.labeled)

    nearest, far = places.nearest_labeled()

    assert nearest.tolist() == distances.argmin(axis=1).tolist()
    np.testing.assert_allclose(far, distances.min(axis=1), rtol=1e-5)


def test_ordinary_distances_are_those_of_labelled_samples_to_others(places):
    between = cdist(places.labeled, places.labeled) + np.diag([np.inf] * 12)

    usual, whose = places.typical_distances()

    np.testing.assert_allclose(usual, between.min(axis=1), rtol=1e-4)
    assert whose == "labelled samples"


def test_few_labels_are_compared_with_the_pool(places):
    few = Places(places.picked, places.labeled[:3], places.rest, places.rest_rows)

    usual, whose = few.typical_distances()

    np.testing.assert_allclose(usual, cdist(few.rest, few.labeled).min(axis=1), rtol=1e-4)
    assert whose == "samples of the pool"


def test_the_map_holds_two_components_of_what_is_placed(places):
    drawn = places.draw_map(60, np.arange(4), np.arange(4, 16))

    assert drawn.shape == (60, 2)
    assert np.isfinite(drawn[np.r_[:16, 20:50]]).all()
    assert np.isnan(drawn[np.r_[16:20, 50:60]]).all()
    assert drawn[np.r_[:16, 20:50]].var(axis=0)[0] > drawn[np.r_[:16, 20:50]].var(axis=0)[1]


@pytest.mark.parametrize("n_dims", [1, 2])
def test_equal_samples_lie_in_one_place(n_dims):
    zeros = np.zeros((3, n_dims), np.float32)
    drawn = Places(zeros, zeros[:0], zeros, np.arange(3, 6)).draw_map(6, np.arange(3), np.arange(0))
    np.testing.assert_array_equal(drawn, 0)


def test_one_dimension_is_a_line():
    Z = np.arange(6, dtype=np.float32)[:, None]
    drawn = Places(Z[:3], Z[:0], Z[3:], np.arange(3, 6)).draw_map(6, np.arange(3), np.arange(0))
    np.testing.assert_array_equal(drawn[:, 1], 0)
    np.testing.assert_allclose(np.abs(np.diff(drawn[:, 0])), 1)


def test_of_a_large_pool_a_draw_is_placed():
    X = np.random.default_rng(0).normal(size=(MOST_PLACED + 50, 2)).astype(np.float32)
    strategy = HerdingQueryStrategy(random_state=0).fit_pools(None, X)
    rows, candidates = np.array([3, 7]), np.arange(len(X))
    options = {"labeled": strategy.labeled_coordinates_, "candidates": candidates, "seed": 0}

    placed = place(strategy, X, rows=rows, **options)

    assert len(placed.rest_rows) == MOST_PLACED
    assert not set(rows) & set(placed.rest_rows.tolist())
    np.testing.assert_array_equal(placed.rest, strategy.transform(X[placed.rest_rows]))
