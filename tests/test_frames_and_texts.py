"""Frames, sparse matrices and texts reach a Pipeline's first step as they are, by every adapter."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import sklearn
from scipy.sparse import csr_array, csr_matrix, vstack
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.utils.fixes import parse_version

from skvaal import (
    ActiveLearningClassifier,
    HerdingQuery,
    HerdingQueryStrategy,
    VAALQuery,
    VAALQueryStrategy,
)

from .conftest import SMALL

N_LABELED, N = 12, 60
STRATEGIES = {
    "herding": HerdingQueryStrategy(random_state=0),
    "vaal": VAALQueryStrategy(**{**SMALL, "max_epochs": 1}),
}
QUERIES = {"herding": HerdingQuery, "vaal": VAALQuery}


# A ColumnTransformer of scikit-learn before 1.9 reads no frame of polars 2 by name.
SKLEARN_READS_POLARS = parse_version(sklearn.__version__) >= parse_version("1.9")


def select(frame):
    return frame.select("height", "width").to_numpy()


# What people hold samples in ---------------------------------------------------------------------


def columns():
    random_state = np.random.RandomState(0)
    return {
        "width": random_state.rand(N),
        "color": np.array(["red", "green", "blue"])[random_state.randint(3, size=N)],
        "height": random_state.rand(N),
    }


def texts():
    random_state = np.random.RandomState(0)
    words = ("which", "samples", "of", "the", "pool", "to", "label", "next")
    return [" ".join(random_state.choice(words, 6)) for _ in range(N)]


def by_name(kind):
    if kind == "polars" and not SKLEARN_READS_POLARS:
        return make_pipeline(FunctionTransformer(select), StandardScaler())
    return make_column_transformer(
        (StandardScaler(), ["height", "width"]),
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["color"]),
    )


def with_polars(columns):
    return pytest.importorskip("polars").DataFrame(columns)


def as_series(texts):
    return pytest.importorskip("polars").Series(texts)


SAMPLES = {
    "pandas": lambda: pd.DataFrame(columns(), index=np.arange(N)[::-1]),
    "polars": lambda: with_polars(columns()),
    "list of texts": texts,
    "array of texts": lambda: np.array(texts()),
    "objects": lambda: np.array(texts(), dtype=object),
    "series of pandas": lambda: pd.Series(texts()),
    "series of polars": lambda: as_series(texts()),
    "sparse": lambda: TfidfVectorizer().fit_transform(texts()),
    "sparse array": lambda: csr_array(TfidfVectorizer().fit_transform(texts())),
}


def front(kind):
    """Steps that read these samples."""
    if kind in ("pandas", "polars"):
        return [by_name(kind)]
    svd = TruncatedSVD(5, random_state=0)
    return [svd] if kind.startswith("sparse") else [TfidfVectorizer(), svd]


def take(X, rows):
    if hasattr(X, "iloc"):
        return X.iloc[rows]
    return [X[row] for row in rows] if isinstance(X, list) else X[rows]


LABELED, POOL = np.arange(N_LABELED), np.arange(N_LABELED, N)
Y = np.arange(N) % 3


# The adapters: each chooses from the pool, and says what its model predicts there ----------------


def modal(X, kind, query, **params):
    models = pytest.importorskip("modAL.models")
    model = make_pipeline(*front(kind), LogisticRegression())
    learner = models.ActiveLearner(model, query, take(X, LABELED), Y[LABELED], **params)
    return learner, model


def ask(learner, query, X_pool, **passed):
    """Rows that modAL hands on, or the strategy's, where modAL cannot take rows of X itself."""
    if isinstance(X_pool, list) or len(X_pool.shape) == 1:
        return query(learner, X_pool, 5, **passed)[0]
    return learner.query(X_pool, n_instances=5, **passed)[0]


def by_learner(X, kind, query):
    learner, model = modal(X, kind, query)
    indices = ask(learner, query, take(X, POOL))
    return indices, model.predict_proba(take(X, POOL))


def by_committee(X, kind, query):
    models = pytest.importorskip("modAL.models")
    members = [modal(X, kind, query)[0] for _ in "ab"]
    committee = models.Committee(members, query_strategy=query)
    indices = ask(committee, query, take(X, POOL))
    return indices, members[0].estimator.predict_proba(take(X, POOL))


def by_deep_learner(X, kind, query):
    models = pytest.importorskip("modAL.models")
    model = make_pipeline(*front(kind), LogisticRegression())
    model.initialize = lambda: model
    learner = models.DeepActiveLearner(model, query_strategy=query)
    model.fit(take(X, LABELED), Y[LABELED])
    indices = ask(learner, query, take(X, POOL), X_labeled=take(X, LABELED))
    return indices, model.predict_proba(take(X, POOL))


def by_scikit_activeml(X, kind, query):
    pytest.importorskip("skactiveml")
    from skvaal.skactiveml import HerdingSampling, VAALSampling

    make = VAALSampling if isinstance(query, VAALQuery) else HerdingSampling
    sampling = make(query.strategy, missing_label=-1)
    model = make_pipeline(*front(kind), LogisticRegression())
    y = np.where(np.arange(N) < N_LABELED, Y, -1)
    indices = sampling.query(X, y, batch_size=5, clf=model)
    model.fit(take(X, LABELED), Y[LABELED])
    return indices - N_LABELED, model.predict_proba(take(X, POOL))


ADAPTERS = {
    "ActiveLearner": by_learner,
    "Committee": by_committee,
    "DeepActiveLearner": by_deep_learner,
    "scikit-activeml": by_scikit_activeml,
}


def choose_by_hand(strategy, kind, X, proba):
    Z = make_pipeline(*front(kind)).fit_transform(X)
    return clone(strategy).fit_query(Z[LABELED], Z[POOL], 5, proba=proba)


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("name", STRATEGIES)
@pytest.mark.parametrize("kind", SAMPLES)
def test_the_first_step_reads_what_was_handed_over(kind, name, adapter):
    X, strategy = SAMPLES[kind](), STRATEGIES[name]
    query = QUERIES[name](strategy=make_pipeline(*front(kind), clone(strategy)))
    indices, proba = ADAPTERS[adapter](X, kind, query)
    np.testing.assert_array_equal(indices, choose_by_hand(strategy, kind, X, proba))


@pytest.mark.parametrize("name", STRATEGIES)
@pytest.mark.parametrize("kind", SAMPLES)
@pytest.mark.slow
def test_rounds_of_the_meta_estimator(kind, name):
    X, strategy = SAMPLES[kind](), STRATEGIES[name]
    model = make_pipeline(*front(kind), LogisticRegression())
    active = ActiveLearningClassifier(
        model,
        make_pipeline(*front(kind), clone(strategy)),
        initial_size=10,
        batch_size=4,
        n_rounds=2,
        random_state=0,
    ).fit(X, Y)
    rows = np.concatenate([active.initial_indices_, *active.queried_indices_])
    assert len(set(rows.tolist())) == 18
    expected = clone(model).fit(take(X, rows), Y[rows])
    np.testing.assert_array_equal(active.predict(X), expected.predict(X))
    assert active.learning_curve_["accuracy"][-1] == pytest.approx(expected.score(X, Y))


@pytest.mark.parametrize("make_learner", ["ActiveLearner", "Committee"])
@pytest.mark.parametrize("name", STRATEGIES)
@pytest.mark.parametrize("kind", [kind for kind in SAMPLES if "polars" not in kind])
def test_on_transformed(kind, name, make_learner):
    """The learner's own steps come first; the strategy sees what they make."""
    X, strategy = SAMPLES[kind](), STRATEGIES[name]
    query = QUERIES[name](strategy=clone(strategy))
    learner, model = modal(X, kind, query, on_transformed=True)
    if make_learner == "Committee":
        models = pytest.importorskip("modAL.models")
        learner = models.Committee([learner], query_strategy=query, on_transformed=True)
    indices, _ = query(learner, take(X, POOL), n_instances=5)
    Z = model[:-1].transform(X)
    proba = model.predict_proba(take(X, POOL))
    expected = clone(strategy).fit_query(Z[LABELED], Z[POOL], 5, proba=proba)
    np.testing.assert_array_equal(indices, expected)


@pytest.mark.parametrize("name", STRATEGIES)
def test_on_transformed_where_the_steps_give_a_sparse_matrix(name):
    models = pytest.importorskip("modAL.models")
    X, strategy = SAMPLES["list of texts"](), STRATEGIES[name]
    model = make_pipeline(TfidfVectorizer(), LogisticRegression())
    query = QUERIES[name](strategy=clone(strategy))
    learner = models.ActiveLearner(model, query, take(X, LABELED), Y[LABELED], on_transformed=True)
    indices, _ = query(learner, take(X, POOL), n_instances=5)
    Z = model[:-1].transform(X)
    proba = model.predict_proba(take(X, POOL))
    expected = clone(strategy).fit_query(Z[LABELED], Z[POOL], 5, proba=proba)
    np.testing.assert_array_equal(indices, expected)


# Columns in another order ------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_a_fitted_strategy_knows_the_names(kind):
    frame = SAMPLES[kind]()[["width", "height"]]
    strategy = HerdingQueryStrategy(random_state=0).fit(frame, np.where(np.arange(N) < 5, 0, -1))
    assert list(strategy.feature_names_in_) == ["width", "height"]
    with pytest.raises(ValueError, match="in the same order"):
        strategy.query(frame[["height", "width"]])
    active = ActiveLearningClassifier(
        GaussianNB(), HerdingQueryStrategy(), initial_size=9, batch_size=5, n_rounds=1
    ).fit(frame, Y)
    assert list(active.feature_names_in_) == ["width", "height"]
    with pytest.raises(ValueError, match="in the same order"):
        active.predict(frame[["height", "width"]])


def reorder(frame):
    return frame[["height", "color", "width"]]


@pytest.mark.parametrize(
    "adapter", ["one learner", "committee", "X_labeled", "others", "transformed"]
)
@pytest.mark.parametrize("has_front", [True, False], ids=["Pipeline", "strategy"])
@pytest.mark.parametrize("name", STRATEGIES)
@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_columns_in_another_order_are_an_error(kind, name, has_front, adapter):
    models = pytest.importorskip("modAL.models")
    X = SAMPLES[kind]()
    strategy = clone(STRATEGIES[name]).set_params(uncertainty=None)
    query = QUERIES[name](
        strategy=make_pipeline(by_name(kind), strategy) if has_front else strategy
    )
    X_labeled, X_pool = take(X, LABELED), reorder(take(X, POOL))
    model = make_pipeline(by_name(kind), LogisticRegression())
    passed = {}

    def learner(X, **params):
        return models.ActiveLearner(clone(model), query, X, Y[LABELED], **params)

    if adapter == "one learner":
        asked = learner(X_labeled)
    elif adapter == "transformed":
        asked = learner(X_labeled, on_transformed=True)
    elif adapter == "committee":
        asked = models.Committee([learner(X_labeled), learner(X_labeled)], query)
    elif adapter == "X_labeled":
        asked, passed = None, {"X_labeled": X_labeled}
    else:
        asked = models.Committee([learner(X_labeled), learner(reorder(X_labeled))], query)
    with pytest.raises(ValueError, match="same columns in the same order"):
        query(asked, X_pool, 3, **passed)


@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_candidates_with_columns_in_another_order_are_an_error(kind):
    pytest.importorskip("skactiveml")
    from skvaal.skactiveml import HerdingSampling

    X = SAMPLES[kind]()
    y = np.where(np.arange(N) < N_LABELED, Y, -1)
    frame = X[["width", "height"]]
    for strategy in (
        HerdingQueryStrategy(random_state=0),
        make_pipeline(StandardScaler(), HerdingQueryStrategy(random_state=0)),
    ):
        sampling = HerdingSampling(strategy, missing_label=-1)
        with pytest.raises(ValueError, match=r"same (order|columns)"):
            sampling.query(frame, y, frame[["height", "width"]])


@pytest.mark.parametrize("kind", ["pandas", "polars"])
@pytest.mark.parametrize("name", STRATEGIES)
def test_a_frame_with_strings_names_the_column_transformer(kind, name):
    X = SAMPLES[kind]()
    query = QUERIES[name](strategy=clone(STRATEGIES[name]))
    with pytest.raises(ValueError, match=r"strategy=make_pipeline\(ColumnTransformer\("):
        query(None, take(X, POOL), 3, X_labeled=take(X, LABELED))


# Sparse matrices without a Pipeline --------------------------------------------------------------


@pytest.mark.parametrize("n_features", [20, 300])
@pytest.mark.parametrize("name", STRATEGIES)
def test_sparse_samples_are_read_directly(name, n_features):
    random_state = np.random.RandomState(0)
    X = random_state.rand(N, n_features) * (random_state.rand(N, n_features) < 0.1)
    X[:, :5] += random_state.rand(N, 5) > 0.5
    strategy = clone(STRATEGIES[name]).set_params(uncertainty=None)
    query = QUERIES[name](strategy=strategy)
    indices, scores = query(None, csr_matrix(X[POOL]), 5, X_labeled=csr_matrix(X[LABELED]))
    assert len(set(indices.tolist())) == 5
    assert np.isfinite(scores).all()
    assert query.strategy_.n_labeled_ == N_LABELED
    pools = csr_matrix(X[LABELED]), csr_matrix(X[POOL])
    np.testing.assert_array_equal(indices, clone(strategy).fit_pools(*pools).query(pools[1], 5))
    if n_features == 20 and name == "vaal":  # few columns are read as dense rows
        np.testing.assert_array_equal(indices, clone(strategy).fit_query(X[LABELED], X[POOL], 5))


def test_sparse_samples_of_a_learner_and_of_a_committee():
    models = pytest.importorskip("modAL.models")
    X = SAMPLES["sparse"]()
    first, second = X[:8], X[4:N_LABELED]
    query = HerdingQuery(random_state=0)
    members = [
        models.ActiveLearner(LogisticRegression(), query, part, Y[: part.shape[0]])
        for part in (first, second)
    ]
    models.Committee(members, query).query(X[POOL], n_instances=4)
    assert query.strategy_.n_labeled_ == N_LABELED
    models.ActiveLearner(LogisticRegression(), query, vstack([first, second]), Y[:16]).query(
        X[POOL], n_instances=4
    )
    assert query.strategy_.n_labeled_ == 16


# Names of columns that are no texts, and frames of pyarrow ----------------------------------------


@pytest.mark.parametrize(
    "names", [range(4), pd.MultiIndex.from_product([["a", "b"], [0, 1]])], ids=["int", "tuples"]
)
def test_names_that_are_no_texts_are_remembered(names):
    frame = pd.DataFrame(np.random.RandomState(0).rand(N, 4), columns=names)
    strategy = HerdingQueryStrategy(random_state=0).fit(frame, [0] * 9 + [-1] * (N - 9))
    expected = strategy.query(frame, 3)
    with pytest.raises(ValueError, match=r"X_unlabeled must have the columns that Herd.*got \["):
        strategy.query(frame.iloc[:, ::-1], 3)
    np.testing.assert_array_equal(strategy.query(frame.to_numpy(), 3), expected)
    turned = frame.iloc[:, ::-1]
    assert strategy.fit(turned, [0] * 9 + [-1] * (N - 9)).query(turned, 3).shape == (3,)


@pytest.mark.parametrize("of_batch", [False, True], ids=["Table", "RecordBatch"])
def test_frames_of_pyarrow(of_batch):
    pa = pytest.importorskip("pyarrow")
    frame = pd.DataFrame(np.random.RandomState(0).rand(N, 3), columns=list("abc"))
    table = pa.table({name: frame[name] for name in frame})
    table = table.to_batches()[0] if of_batch else table
    expected = HerdingQueryStrategy(random_state=0).fit_query(frame[:9], frame, 3)
    for labeled in (table.slice(0, 9), frame[:9]):
        chosen = HerdingQueryStrategy(random_state=0).fit_query(labeled, table, 3)
        np.testing.assert_array_equal(chosen, expected)
    with pytest.raises(ValueError, match=r"X_unlabeled.select\(\['a', 'b', 'c'\]\)"):
        HerdingQueryStrategy().fit_pools(frame[:9], table.select(["b", "a", "c"]))
