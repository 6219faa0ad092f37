"""Missing regions: which samples are held out, what was trained on, and what is found."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from skvaal import VAALQueryStrategy
from skvaal._vaal import held_out
from skvaal._vaal.held_out import Posteriors, missing_region_auc

from ..conftest import QUICK

CENTRES = np.float32([[0, 0, 0], [20, 0, 0], [0, 20, 0], [0, 0, 20]])


def draw_blobs(n_each, seed, centres=CENTRES):
    """As many samples around each centre, and the centre of each."""
    noise = np.random.RandomState(seed).randn(len(centres) * n_each, 3)
    blobs = np.arange(len(centres)).repeat(n_each)
    return (centres[blobs] + noise).astype(np.float32), blobs


def as_posteriors(mu, extra=None):
    mu = torch.as_tensor(mu)
    return Posteriors(mu, torch.ones_like(mu), extra)


@pytest.fixture
def net():
    """A trained net, whose discriminator reads three latent units."""
    X = np.random.RandomState(0).randn(60, 4).astype(np.float32)
    return VAALQueryStrategy(**QUICK, lr=0.01).fit_pools(X[:20], X[20:]).net_


@pytest.fixture
def fits(monkeypatch):
    """Labelled samples of each training, scored by their first latent unit instead."""
    calls = []

    def fit(net, labeled, unlabeled):
        calls.append((labeled, unlabeled))
        return lambda of: of.mu[:, 0]

    monkeypatch.setattr(held_out, "_fit_score", fit)
    return calls


@pytest.fixture
def four_cells(monkeypatch):
    """As many cells as there are blobs."""
    monkeypatch.setattr(held_out, "_MAX_CELLS", 4)


@pytest.mark.usefixtures("four_cells")
def test_a_region_without_labels_is_found(net):
    pools = tuple(as_posteriors(draw_blobs(n, n)[0] / 5) for n in (10, 30))
    assert missing_region_auc(net, pools, n_folds=4, seed=0).mean > 0.95


@pytest.mark.usefixtures("four_cells")
@pytest.mark.parametrize(("factor", "auc"), [(-1, 1), (0, 0.5), (1, 0)])
def test_positives_are_the_missing_samples_and_the_lower_scores(net, monkeypatch, factor, auc):
    def fit(net, labeled, unlabeled):  # by the distance to the nearest labelled sample
        return lambda of: factor * torch.cdist(of.mu, labeled.mu).amin(dim=1)

    monkeypatch.setattr(held_out, "_fit_score", fit)
    pools = (as_posteriors(draw_blobs(10, 0)[0]),) * 2
    assert missing_region_auc(net, pools, n_folds=4, seed=0) == (auc, 0)


@pytest.mark.usefixtures("four_cells")
def test_no_scored_sample_was_trained_on_and_each_other_cell_was(net, fits):
    mu, blobs = draw_blobs(10, 0)
    unlabeled = as_posteriors(mu[:3])
    cells = held_out._split_into_cells(mu, 0)
    assert all(len(np.unique(cells[blobs == blob])) == 1 for blob in range(4))

    missing_region_auc(net, (as_posteriors(mu), unlabeled), n_folds=4, seed=0)

    rows = {each.tobytes(): i for i, each in enumerate(mu)}
    trained = [[rows[each.tobytes()] for each in call[0].mu.numpy()] for call in fits]
    assert [sorted(np.bincount(blobs[each], minlength=4)) for each in trained] == [[0, 8, 8, 8]] * 4
    missing = [set(range(4)) - set(blobs[each]) for each in trained]
    assert set.union(*missing) == {0, 1, 2, 3}
    assert all(call[1] is unlabeled for call in fits)


@pytest.mark.usefixtures("four_cells")
def test_each_missing_cell_is_compared_with_a_draw_of_its_own(net, fits):
    mu, blobs = draw_blobs(20, 0)
    missing_region_auc(net, (as_posteriors(mu),) * 2, n_folds=4, seed=0)
    rows = {each.tobytes(): i for i, each in enumerate(mu)}
    trained = [{rows[each.tobytes()] for each in call[0].mu.numpy()} for call in fits]
    left_out = [frozenset(set(np.flatnonzero(blobs == 0)) - each) for each in trained]
    assert len({each for each in left_out if len(each) < 20}) == 3


def test_a_fifth_of_each_cell_is_drawn_and_no_cell_is_emptied():
    cells = np.repeat([3, 5, 7, 9], [1, 2, 9, 20])
    drawn = held_out._draw_from_each(cells, 5, np.random.RandomState(0))
    assert [int(drawn[cells == cell].sum()) for cell in (3, 5, 7, 9)] == [0, 1, 1, 4]


def test_at_most_n_folds_trainings(net, fits):
    mu, _ = draw_blobs(20, 0)
    for n_folds, n_trainings in ((2, 2), (5, 5), (99, 10)):
        fits.clear()
        pools = as_posteriors(mu), as_posteriors(mu)
        assert 0 <= missing_region_auc(net, pools, n_folds=n_folds, seed=0).mean <= 1
        assert len(fits) == n_trainings


@pytest.mark.parametrize("mu", [draw_blobs(1, 0)[0], np.ones((40, 3), np.float32)])
def test_too_few_labels_or_a_single_cell_is_unknown(net, fits, mu):
    assert np.isnan(missing_region_auc(net, (as_posteriors(mu),) * 2, n_folds=5, seed=0)).all()
    assert not fits


def test_the_error_is_that_of_a_mean_over_the_cells(net, monkeypatch):
    found = iter([(0.5, 10), (0.9, 10), (0.7, 10), (1.0, 10)])
    monkeypatch.setattr(held_out, "_compare", lambda positive, negative: next(found))
    monkeypatch.setattr(held_out, "_fit_score", lambda *pools: lambda of: of.mu[:, 0])
    pools = (as_posteriors(draw_blobs(20, 0)[0]),) * 2
    mean, error = missing_region_auc(net, pools, n_folds=4, seed=0)
    assert mean == pytest.approx(0.775)
    assert error == pytest.approx(np.std([0.5, 0.9, 0.7, 1.0], ddof=1) / 2)


def test_of_one_cell_the_error_is_unknown(net, monkeypatch):
    monkeypatch.setattr(held_out, "_fit_score", lambda *pools: lambda of: of.mu[:, 0])
    pools = (as_posteriors(draw_blobs(20, 0)[0]),) * 2
    mean, error = missing_region_auc(net, pools, n_folds=1, seed=0)
    assert 0 <= mean <= 1
    assert np.isnan(error)


def test_columns_beside_mu_go_with_their_samples(net, fits):
    mu, blobs = draw_blobs(10, 0)
    labeled = as_posteriors(mu, torch.as_tensor(mu[:, :1].copy()))
    missing_region_auc(net, (labeled, labeled), n_folds=2, seed=0)
    for trained, _ in fits:
        assert torch.equal(trained.extra, trained.mu[:, :1])


def test_nothing_depends_on_the_global_generator(net):
    pools = as_posteriors(draw_blobs(5, 0)[0]), as_posteriors(draw_blobs(9, 1)[0])
    state = torch.get_rng_state()
    first = missing_region_auc(net, pools, n_folds=2, seed=0)
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(99)
    assert missing_region_auc(net, pools, n_folds=2, seed=0) == first
