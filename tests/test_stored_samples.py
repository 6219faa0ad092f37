"""Strategies read samples when they need them, and choose the same as from arrays."""

from __future__ import annotations

import numpy as np
import pytest
from skorch.callbacks import Callback
from torch.utils.data import ConcatDataset, Subset

from skvaal import Greedy, Herding, HerdingQuery, KCenter, TopK, VAALQueryStrategy
from skvaal._pool.pool import Pool
from skvaal._rules.lookup import as_rule
from skvaal._rules.rule import Candidates

from .conftest import QUICK, SMALL
from .pool.stores import KINDS, Batches, Items, Stored, of_all_kinds

IMAGES = {**QUICK, "vae__width": 2}
SPACES = ("decoded", "latent", "components")


@of_all_kinds
def test_same_fit_and_same_query_as_of_an_array(kind, images, tmp_path):
    X, y = images
    lazy = KINDS[kind](X, tmp_path)
    expected = VAALQueryStrategy(**IMAGES).fit(X, y)
    strategy = VAALQueryStrategy(**IMAGES).fit(lazy, y)
    np.testing.assert_array_equal(strategy.score_samples(lazy), expected.score_samples(X))
    np.testing.assert_array_equal(strategy.query(lazy, 9), expected.query(X, 9))
    np.testing.assert_array_equal(strategy.transform(lazy), expected.transform(X))
    assert strategy.score(lazy) == expected.score(X)
    assert strategy.n_features_in_ == 64


@of_all_kinds
def test_same_choice_in_two_pools_without_a_network(kind, digits, tmp_path):
    X, y = digits
    (tmp_path / "labeled").mkdir()
    labeled = KINDS[kind](X[y != -1], tmp_path / "labeled")
    pool = KINDS[kind](X[y == -1], tmp_path)
    query = HerdingQuery(random_state=0)
    indices, _ = query(None, pool, 8, X_labeled=labeled)
    expected, _ = HerdingQuery(random_state=0)(None, X[y == -1], 8, X_labeled=X[y != -1])
    np.testing.assert_array_equal(indices, expected)
    assert query.strategy_.n_features_in_ == 64


def test_datasets_of_datasets(images):
    X, y = images
    dataset = ConcatDataset([Items(X[:100]), Batches(X[100:])])
    expected = VAALQueryStrategy(**IMAGES).fit_pools(X[:40], X[40:])
    pools = Subset(dataset, range(40)), Subset(dataset, range(40, 240))
    strategy = VAALQueryStrategy(**IMAGES).fit_pools(*pools)
    np.testing.assert_array_equal(strategy.query(pools[1], 9), expected.query(X[40:], 9))


@pytest.mark.parametrize(
    "rule",
    [TopK()] + [rule(space=space) for rule in (Herding, Greedy, KCenter) for space in SPACES],
    ids=repr,
)
@pytest.mark.filterwarnings("ignore::skvaal.ArbitraryChoiceWarning")  # copies, hardly trained
@pytest.mark.slow
def test_never_read_as_a_whole(images, rule, monkeypatch):
    monkeypatch.setattr("skvaal._pool.components._MAX_NUMBERS", 64 * 8 * 1_000)
    X, _ = images
    params = {**IMAGES, "rule": rule}
    stored = Stored(np.tile(X, (40, 1, 1, 1)), most_rows=2_000)
    VAALQueryStrategy(**{**params, "max_epochs": 1}).fit_pools(Stored(X[:40]), X[40:]).query(
        stored, 5
    )
    assert len(stored.reads) > 2


# The linear path is fitted to a draw of 4,000 samples, of each pool its share, rounded up.
@pytest.mark.parametrize(("linear_path", "n_drawn"), [(False, 0), (True, 4_001)])
def test_fit_reads_what_it_trains_on_and_no_more(images, linear_path, n_drawn):
    X, y = images
    dataset = Items(np.tile(X, (100, 1, 1, 1)))
    labels = np.full(len(dataset), -1)
    labels[:40] = 0

    class EnoughError(Exception):
        pass

    class StopAfterOne(Callback):
        def on_batch_end(self, net, **kwargs):
            raise EnoughError

    params = {**IMAGES, "vae__linear_path": linear_path}
    strategy = VAALQueryStrategy(**params, callbacks=[StopAfterOne()])
    with pytest.raises(EnoughError):
        strategy.fit(dataset, labels)
    assert dataset.n_read == 1 + n_drawn + 2 * QUICK["batch_size"]  # item 0 for its shape


@pytest.mark.parametrize("rule", ["k_center", "cluster"])
@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("n", [3, 30])
def test_coordinates_of_the_candidates_alone_give_the_same_batch(rule, space, n, images):
    X, y = images
    options = {"candidates_factor": 4, "space": space}
    params = {**SMALL, "vae__width": 2, "rule": rule}
    strategy = VAALQueryStrategy(
        **params, **{f"rule__{name}": value for name, value in options.items()}
    ).fit(X, y)
    pool = X[40:]
    Z, Z_labeled = (
        strategy._reader().place(Pool(each), space, getattr(strategy, "components_", None), "X")
        for each in (pool, X[:40])
    )
    candidates = Candidates(
        len(pool),
        scores=strategy.score_samples(pool),
        coordinates=Z,
        labeled_coordinates=Z_labeled,
    )
    random_state = np.random.RandomState(strategy._seed)
    expected = as_rule(rule, options).choose(candidates, n, random_state)
    np.testing.assert_array_equal(strategy.query(pool, n), expected.indices)


def test_coordinates_of_a_large_pool_are_those_of_the_candidates(images):
    X, y = images
    strategy = VAALQueryStrategy(**{**IMAGES, "rule": "k_center"}).fit(X, y)
    dataset = Items(np.tile(X, (10, 1, 1, 1)))
    strategy.query(dataset, 4)
    # Item 0 for its shape, all for the scores, 10 a sample for the coordinates.
    assert dataset.n_read == 1 + 2_400 + 40
