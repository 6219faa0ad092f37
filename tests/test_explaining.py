"""What a choice was made by: scores, utilities, and `explain`'s table."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from importlib.abc import MetaPathFinder

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch.utils.data import TensorDataset

from skvaal import (
    EmptyPoolWarning,
    Herding,
    HerdingQuery,
    HerdingQueryStrategy,
    VAALQuery,
    VAALQueryStrategy,
)
from skvaal._predictions.predictions import margin
from skvaal._rules.explanation import ColumnTable

from .conftest import QUICK, SMALL

STRATEGIES = {
    "herding without a network": HerdingQueryStrategy(random_state=0),
    "default": VAALQueryStrategy(**SMALL),
    "latent space": VAALQueryStrategy(**SMALL, rule=Herding(space="latent")),
}
LAST = ["nearest_labeled", "distance"]


@pytest.fixture(params=STRATEGIES)
def strategy(request):
    return clone(STRATEGIES[request.param])


@pytest.fixture
def pools(digits):
    X, y = digits
    return X[:40], X[40:]


@pytest.fixture
def proba():
    return np.random.RandomState(0).dirichlet(np.ones(3), 200)


def assert_gains(table, indices, scores):
    np.testing.assert_array_equal(table["row"], indices)
    np.testing.assert_allclose(table["gain"], scores, rtol=1e-4, atol=1e-6)


# What the table says


@pytest.mark.parametrize("n", [1, 12, 200])
def test_gains_are_what_the_query_chose_by(strategy, pools, proba, n):
    strategy.fit_pools(*pools)
    indices, scores = strategy.query(pools[1], n, proba=proba, return_scores=True)
    assert_gains(strategy.explain(pools[1], indices, proba=proba), indices, scores)


def test_gains_depend_on_the_order_and_on_what_was_told(strategy, pools, proba):
    strategy.fit_pools(*pools)
    indices, scores = strategy.query(pools[1], 12, proba=proba, return_scores=True)
    backwards = strategy.explain(pools[1], indices[::-1], proba=proba)
    assert backwards["row"].tolist() == indices[::-1].tolist()
    # Gains only fall: what came first has lost by now, and what came last has won.
    assert backwards["gain"].iloc[-1] <= scores[0] * (1 + 1e-5)
    assert backwards["gain"].iloc[0] >= scores[-1] * (1 - 1e-5)
    assert not np.allclose(backwards["gain"], scores[::-1], rtol=1e-3)
    untold = strategy.explain(pools[1], indices)
    assert "uncertainty" not in untold
    assert not np.allclose(untold["gain"], scores, rtol=1e-2)


def test_columns_of_a_strategy_without_a_network(pools, proba):
    strategy = HerdingQueryStrategy(random_state=0).fit_pools(*pools)
    indices = strategy.query(pools[1], 12, proba=proba)
    table = strategy.explain(pools[1], indices, proba=proba)
    assert isinstance(table, pd.DataFrame)
    assert list(table) == ["row", "gain", "uncertainty", "covers", *LAST]
    np.testing.assert_allclose(table["uncertainty"], margin(proba)[indices])


def test_columns_of_vaal(pools, proba):
    strategy = VAALQueryStrategy(**SMALL).fit_pools(*pools)
    indices = strategy.query(pools[1], 12, proba=proba)
    table = strategy.explain(pools[1], indices, proba=proba)
    assert list(table) == ["row", "gain", "uncertainty", "score", "covers", *LAST]
    expected = strategy.score_samples(pools[1])[indices]
    np.testing.assert_allclose(table["score"], expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", ["herding without a network", "latent space"])
def test_the_nearest_labelled_sample_in_the_order_of_fit(digits, name):
    X, y = digits
    rows = np.random.RandomState(0).permutation(len(X))
    X, y = X[rows], y[rows]  # labelled samples are no longer the first
    strategy = clone(STRATEGIES[name]).fit(X, y)
    pool, labeled = X[y == -1], X[y != -1]
    table = strategy.explain(pool, strategy.query(pool, 12))
    Z, Z_labeled = strategy.transform(pool[table["row"]]), strategy.transform(labeled)
    distances = np.linalg.norm(Z[:, None] - Z_labeled, axis=2)
    np.testing.assert_allclose(table["distance"], distances.min(axis=1), rtol=1e-4)
    at_nearest = distances[np.arange(12), table["nearest_labeled"]]
    np.testing.assert_allclose(at_nearest, distances.min(axis=1), rtol=1e-4)


def test_a_copy_of_a_labelled_sample_is_at_distance_0(pools):
    labeled, pool = pools
    pool = np.concatenate([pool, labeled[7:8]])
    strategy = HerdingQueryStrategy(random_state=0).fit_pools(labeled, pool)
    table = strategy.explain(pool, [200, 3])
    assert table["nearest_labeled"][0] == 7
    assert table["distance"][0] < 1e-6 < table["distance"][1]
    assert abs(table["gain"][0]) < 1e-6 < table["gain"][1]  # covered already


def test_it_counts_the_samples_that_each_covers():
    centres = np.repeat(np.eye(4) * 100, [30, 20, 10, 5], axis=0)
    X = centres + np.random.RandomState(0).rand(65, 4)
    strategy = HerdingQueryStrategy(random_state=0).fit_pools(None, X)
    with pytest.warns(EmptyPoolWarning):
        indices = strategy.query(X, 4)
    covers = {}
    for bandwidth in (1e-3, 10, 1e6):
        table = strategy.set_params(bandwidth=bandwidth).explain(X, indices)
        covers[bandwidth] = table["covers"].tolist()
    assert covers == {1e-3: [0, 0, 0, 0], 10: [29, 19, 9, 4], 1e6: [64, 64, 64, 64]}


@pytest.mark.parametrize(
    ("rule", "columns"),
    [
        ("topk", ["score"]),
        ("stochastic", ["score"]),
        ("cluster", ["score"]),
        ("k_center", ["score", *LAST]),
        ("greedy", ["uncertainty", "score"]),
        (Herding("decoded", score_power=0), ["gain", "uncertainty", "covers", *LAST]),
        (lambda scores, Z, Z_labeled, n, random_state: np.arange(n), ["score", *LAST]),
    ],
    ids=lambda value: repr(value).partition(" at ")[0],
)
def test_a_rule_has_the_columns_of_what_it_reads(pools, proba, rule, columns):
    strategy = VAALQueryStrategy(**{**SMALL, "max_epochs": 1}, rule=rule).fit_pools(*pools)
    indices = strategy.query(pools[1], 5, proba=proba)
    table = strategy.explain(pools[1], indices, proba=proba)
    assert list(table) == ["row", *columns]
    assert table.notna().all(axis=None)
    if "score" in columns:
        expected = strategy.score_samples(pools[1])[indices]
        np.testing.assert_allclose(table["score"], expected, rtol=1e-4, atol=1e-6)


# Where it works


def as_memmap(X, path):
    np.save(path / "X.npy", X)
    return np.load(path / "X.npy", mmap_mode="r")


LAYOUTS = {
    "pandas": lambda X, path: pd.DataFrame(X, index=np.arange(len(X))[::-1]).rename(columns=str),
    "polars": lambda X, path: pytest.importorskip("polars").DataFrame(X),
    "sparse": lambda X, path: sp.csr_matrix(X),
    "images": lambda X, path: (X * 255).astype(np.uint8).reshape(-1, 1, 8, 8),
    "memmap": as_memmap,
    "dataset": lambda X, path: TensorDataset(pytest.importorskip("torch").from_numpy(X.copy())),
    "dask": lambda X, path: pytest.importorskip("dask.array").from_array(X, chunks=(25, 64)),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", ["herding without a network", "default"])
@pytest.mark.slow
def test_every_layout_of_a_pool(pools, proba, tmp_path, name, layout):
    labeled, pool = (LAYOUTS[layout](X, tmp_path) for X in (pools[0], pools[1]))
    if layout == "memmap":  # both were written to one file
        labeled = pools[0]
    strategy = clone(STRATEGIES[name]).fit_pools(labeled, pool)
    indices, scores = strategy.query(pool, 6, proba=proba, return_scores=True)
    assert_gains(strategy.explain(pool, indices, proba=proba), indices, scores)


def test_after_save_and_load(strategy, pools, proba, tmp_path):
    strategy.fit_pools(*pools)
    indices, scores = strategy.query(pools[1], 6, proba=proba, return_scores=True)
    strategy.save(tmp_path / "strategy")
    loaded = type(strategy).load(tmp_path / "strategy")
    table = loaded.explain(pools[1], indices, proba=proba)
    assert_gains(table, indices, scores)
    pd.testing.assert_frame_equal(table, strategy.explain(pools[1], indices, proba=proba))


def test_after_fit_query(strategy, pools, proba):
    indices, scores = strategy.fit_query(*pools, 6, proba=proba, return_scores=True)
    seconds = dict(strategy.seconds_)
    assert_gains(strategy.explain(pools[1], indices, proba=proba), indices, scores)
    assert strategy.seconds_ == seconds


@pytest.mark.parametrize("rule", ["herding", "topk"])
def test_without_labels_it_explains_the_coverage(pools, rule):
    strategy = VAALQueryStrategy(**{**SMALL, "max_epochs": 1}, rule=rule).fit_pools(None, pools[1])
    with pytest.warns(EmptyPoolWarning):
        indices, scores = strategy.query(pools[1], 6, return_scores=True)
    table = strategy.explain(pools[1], indices)  # without a second warning
    assert list(table) == ["row", "gain", "covers"]
    assert_gains(table, indices, scores)


# Bad input


@pytest.mark.parametrize(
    ("indices", "error", "message"),
    [
        ([3, 200], ValueError, "indices hold 200, but rows of X_unlabeled are from 0 to 199"),
        ([-1], ValueError, "indices hold -1"),
        ([3, 7, 3], ValueError, "indices hold 3 more than once"),
        ([3.0], TypeError, "indices must be integers, got dtype float64"),
        ([True, False], TypeError, "indices must be integers, got dtype bool"),
        (["3"], TypeError, "indices must be integers"),
        ([[1, 2], [3]], ValueError, "indices cannot be read as an array: .*; pass one"),
        ([1, None], TypeError, "indices must be integers, got dtype object"),
        (np.array([1, 2], dtype=object), TypeError, "indices must be integers, got dtype object"),
        (np.ma.masked_array([1, 2], [0, 1]), ValueError, r"indices\[1\] is masked"),
        (None, ValueError, r"indices must have the shape \(n,\), got \(\)"),
        (iter([1, 2]), ValueError, r"indices must have the shape \(n,\), got \(\)"),
        ([], ValueError, "indices are empty"),
        (3, ValueError, r"indices must have the shape \(n,\), got \(\)"),
        ([[3, 4]], ValueError, r"got \(1, 2\)"),
    ],
)
@pytest.mark.slow
def test_bad_indices_fail_before_any_work(strategy, pools, monkeypatch, indices, error, message):
    strategy.fit_pools(*pools)
    monkeypatch.setattr(strategy, "_make_candidates", None)
    with pytest.raises(error, match=f"{message}.*pass what the query returned"):
        strategy.explain(pools[1], indices)


def test_other_errors_are_those_of_query(strategy, pools, proba):
    with pytest.raises(NotFittedError):
        strategy.explain(pools[1], [0])
    strategy.fit_pools(*pools)
    with pytest.raises(ValueError, match="proba of shape"):
        strategy.explain(pools[1], [0], proba=proba[:5])
    with pytest.raises(ValueError, match="features"):
        strategy.explain(pools[1][:, :5], [0])
    strategy.set_params(uncertainty="entropy")
    with pytest.raises(ValueError, match="uncertainty='entropy' needs class probabilities"):
        strategy.explain(pools[1], [0])


# Without pandas


class NoPandas(MetaPathFinder):
    """Lets an import of pandas fail, as if it were not installed."""

    def find_spec(self, name, path=None, target=None):
        if name == "pandas":
            raise ModuleNotFoundError(name=name)


def test_a_table_that_reads_like_a_frame(pools, proba, monkeypatch):
    strategy = HerdingQueryStrategy(random_state=0).fit_pools(*pools)
    indices = strategy.query(pools[1], 3, proba=proba)
    frame = strategy.explain(pools[1], indices, proba=proba)
    monkeypatch.delitem(sys.modules, "pandas")
    monkeypatch.setattr(sys, "meta_path", [NoPandas(), *sys.meta_path])
    table = strategy.explain(pools[1], indices, proba=proba)
    assert isinstance(table, ColumnTable)
    assert list(table) == table.columns == list(frame)
    assert "gain" in table
    assert "score" not in table
    assert len(table) == 3
    for name in table:
        np.testing.assert_array_equal(table[name], frame[name])


def test_it_prints_well():
    columns = {"row": np.array([12, 7]), "gain": np.array([0.123456, 31.0]), "a<b": np.ones(2)}
    table = ColumnTable(columns)
    assert str(table).split("\n") == [
        "row    gain  a<b",
        " 12  0.1235    1",
        "  7      31    1",
    ]
    assert table._repr_html_() == (
        "<table><thead><tr><th>row</th><th>gain</th><th>a&lt;b</th></tr></thead><tbody>"
        "<tr><td>12</td><td>0.1235</td><td>1</td></tr>"
        "<tr><td>7</td><td>31</td><td>1</td></tr></tbody></table>"
    )


def test_all_of_it_works_where_pandas_is_not_installed():
    program = """
        import sys
        import numpy as np

        class NoPandas:
            def find_spec(name, path=None, target=None):
                if name == "pandas":
                    raise ModuleNotFoundError(name=name)

        sys.meta_path.insert(0, NoPandas)
        from skvaal import HerdingQueryStrategy
        X = np.random.RandomState(0).rand(50, 4)
        strategy = HerdingQueryStrategy(random_state=0).fit_pools(X[:10], X[10:])
        print(strategy.explain(X[10:], strategy.query(X[10:], 3)))
        print("pandas" in sys.modules, "torch" in sys.modules)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=True
    )
    head, *rows, imported = done.stdout.splitlines()
    assert head.split() == ["row", "gain", "covers", *LAST]
    assert len(rows) == 3
    assert imported == "False False"


# In modAL


def learner_of(query, pools, estimator=None, **params):
    ActiveLearner = pytest.importorskip("modAL.models").ActiveLearner
    return ActiveLearner(estimator or GaussianNB(), query, pools[0], np.arange(40) % 10, **params)


class WithFeatures(GaussianNB):
    """A classifier that has the features of a net."""

    def embed(self, X):
        return X[:, 20:30]


def pipeline(last):
    return make_pipeline(StandardScaler(), PCA(6, random_state=0), last)


QUERIES = {
    "VAAL": lambda: VAALQuery(**SMALL),
    "VAAL behind a Pipeline": lambda: VAALQuery(pipeline(VAALQueryStrategy(**SMALL))),
    "herding": lambda: HerdingQuery(random_state=0),
    "herding behind a Pipeline": lambda: HerdingQuery(
        pipeline(HerdingQueryStrategy(random_state=0))
    ),
}


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("on_transformed", [False, True])
def test_modal_explains_the_last_query(pools, query, on_transformed):
    query, pool = QUERIES[query](), pools[1]
    estimator = pipeline(LogisticRegression())
    learner = learner_of(query, pools, estimator, on_transformed=on_transformed)
    indices, _, scores = learner.query(pool, n_instances=5, return_metrics=True)
    table = query.explain(learner, pool, indices)
    assert_gains(table, indices, scores)
    expected = margin(learner.predict_proba(pool))[indices]
    np.testing.assert_allclose(table["uncertainty"], expected)
    assert ("score" in table) == isinstance(query, VAALQuery)


def test_modal_explains_what_a_committee_disagrees_on(pools):
    Committee = pytest.importorskip("modAL.models").Committee
    query = HerdingQuery(uncertainty="disagreement", random_state=0)
    members = [learner_of(query, pools, each) for each in (GaussianNB(), LogisticRegression())]
    committee = Committee(members, query)
    indices, _, scores = committee.query(pools[1], n_instances=5, return_metrics=True)
    table = query.explain(committee, pools[1], indices)
    assert_gains(table, indices, scores)
    assert (table["uncertainty"] > 0).all()


def test_modal_explains_a_choice_by_a_net_that_reads_predicted_losses(pools):
    query = VAALQuery(**SMALL, net="ta_vaal")
    learner = learner_of(query, pools, WithFeatures())
    indices, _, scores = learner.query(pools[1], n_instances=5, return_metrics=True)
    assert_gains(query.explain(learner, pools[1], indices), indices, scores)


def test_modal_explains_a_query_without_labels(pools):
    ActiveLearner = pytest.importorskip("modAL.models").ActiveLearner
    query = HerdingQuery(random_state=0)
    learner = ActiveLearner(GaussianNB(), query)
    with pytest.warns(EmptyPoolWarning):
        indices, _, scores = learner.query(pools[1], n_instances=5, return_metrics=True)
    table = query.explain(learner, pools[1], indices)
    assert list(table) == ["row", "gain", "covers"]
    assert_gains(table, indices, scores)


def test_modal_takes_labelled_samples_that_the_learner_does_not_keep(pools):
    query = HerdingQuery(random_state=0)
    # In float64: of float32, GaussianNB rounds its probabilities too much.
    learner = GaussianNB().fit(np.float64(pools[0]), np.arange(40) % 10)
    pools = [np.float64(X) for X in pools]
    indices, scores = query(learner, pools[1], 5, X_labeled=pools[0])
    assert_gains(query.explain(learner, pools[1], indices, X_labeled=pools[0]), indices, scores)


def test_modal_explains_nothing_before_a_query_and_after_teach(pools, monkeypatch):
    query, pool = HerdingQuery(random_state=0), pools[1]
    learner = learner_of(query, pools)
    with pytest.raises(NotFittedError, match="this HerdingQuery has chosen nothing yet"):
        query.explain(learner, pool, [0])
    indices, samples = learner.query(pool, n_instances=5)
    with monkeypatch.context() as patched:
        patched.setattr("skvaal.modal.ask_learner", None)  # before it is asked
        with pytest.raises(ValueError, match="indices hold 200, but rows of X_pool"):
            query.explain(learner, pool, [200])
        with pytest.raises(ValueError, match="195 in X_pool, but the last query had 40 and 200"):
            query.explain(learner, np.delete(pool, indices, axis=0), [0])
    learner.teach(samples, np.arange(5))
    with pytest.raises(ValueError, match="there are 45 samples .* explain before teach"):
        query.explain(learner, pool, indices)


# Scores and utilities


CHOOSERS = {
    "default": VAALQueryStrategy(**SMALL),
    "topk": VAALQueryStrategy(**QUICK),
    "herding without a network": HerdingQueryStrategy(random_state=0),
}


@pytest.fixture(params=CHOOSERS)
def chooser(request):
    return clone(CHOOSERS[request.param])


def assert_chosen_by(strategy, choice, indices, scores):
    """The scores are finite, fall, and are what the best of each row of utilities was worth."""
    assert np.isfinite(scores).all()
    np.testing.assert_array_equal(choice.indices, indices)
    sign = -1 if getattr(strategy, "rule", None) == "topk" else 1
    assert (np.diff(sign * scores) <= 1e-6 * abs(scores[0])).all()
    assert np.argmax(choice.utilities[0]) == indices[0]
    for i, row in enumerate(choice.utilities):
        assert np.nanargmax(row) == indices[i]
        np.testing.assert_allclose(sign * row[indices[i]], scores[i], rtol=1e-6)


@pytest.mark.parametrize("told", [False, True])
def test_scores_of_query_are_what_was_chosen_by(chooser, pools, proba, told):
    given = {"proba": proba if told else None}
    chooser.fit_pools(*pools)
    indices, scores = chooser.query(pools[1], 20, return_scores=True, **given)
    choice = chooser.choose(pools[1], 20, keep_utilities=True, **given)
    assert_chosen_by(chooser, choice, indices, scores)


def test_the_second_value_of_modal_is_what_was_chosen_by(chooser, pools):
    make = VAALQuery if isinstance(chooser, VAALQueryStrategy) else HerdingQuery
    query = make(chooser)
    learner = learner_of(query, pools)
    indices, _, scores = learner.query(pools[1], n_instances=20, return_metrics=True)
    choice = query.strategy_.choose(
        pools[1], 20, proba=learner.predict_proba(pools[1]), keep_utilities=True
    )
    assert_chosen_by(chooser, choice, indices, scores)


@pytest.mark.parametrize("clf", [None, RandomForestClassifier(10, random_state=0)])
def test_utilities_of_skactiveml_are_what_was_chosen_by(chooser, digits, clf):
    pytest.importorskip("skactiveml")
    from skvaal.skactiveml import HerdingSampling, VAALSampling

    X, y = digits[0], np.where(digits[1] == -1, np.nan, digits[1])
    make = VAALSampling if isinstance(chooser, VAALQueryStrategy) else HerdingSampling
    sampling = make(chooser, random_state=0)
    indices, utilities = sampling.query(X, y, batch_size=20, return_utilities=True, clf=clf)
    assert np.nanargmax(utilities[0]) == indices[0]
    np.testing.assert_array_equal(np.nanargmax(utilities, axis=1), indices)
    at_choice = utilities[np.arange(20), indices]
    assert np.isfinite(at_choice).all()
    proba = None if clf is None else clone(clf).fit(X[:40], y[:40]).predict_proba(X[40:])
    _, scores = sampling.strategy_.query(X[40:], 20, proba=proba, return_scores=True)
    np.testing.assert_allclose(np.abs(at_choice), np.abs(scores), rtol=1e-6)
    if clf is None and getattr(chooser, "rule", None) != "topk":
        table = sampling.strategy_.explain(X[40:], indices - 40)
        np.testing.assert_allclose(table["gain"], at_choice, rtol=1e-4)
