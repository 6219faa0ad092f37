import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skvaal.benchmark.estimators import TorchClassifier, as_rows
from skvaal.benchmark.strategies import _torch, get_strategies
from skvaal.benchmark.strategies._committee import seeded_copies
from skvaal.benchmark.strategies._information import mutual_information, predictive_entropy

models = pytest.importorskip("modAL.models")


def make(name, random_state=0):
    if name.startswith("core_set"):
        pytest.importorskip("skactiveml")
    return get_strategies([name])[name](random_state)


class Drawn(RandomForestClassifier):
    """A task model whose draws are given: the sample is the row of them."""

    DRAWS = np.array([[[1.0, 0.0]] * 2, [[0.5, 0.5]] * 2, [[1.0, 0.0], [0.0, 1.0]]])

    def predict_proba_samples(self, X, n_samples, random_state):
        assert n_samples == 20
        return np.tile(self.DRAWS[X[:, 0].astype(int)].transpose(1, 0, 2), (10, 1, 1))

    def embed(self, X):
        return 10 * X


@pytest.fixture
def drawn():
    X = np.arange(2.0)[:, None]
    estimator = make_pipeline(FunctionTransformer(np.abs), Drawn(n_estimators=1))
    return models.ActiveLearner(estimator, X_training=X, y_training=np.array([0, 1]))


@pytest.mark.parametrize(
    ("name", "expected"), [("mc_dropout", [0, np.log(2), np.log(2)]), ("dbal", [0, 0, np.log(2)])]
)
def test_dropout_strategies_measure_the_draws(name, expected, drawn):
    # Negative: only behind the first step of the Pipeline are they rows of the draws.
    pool = np.array([[-2.0], [-0.0], [-1.0]])

    indices, scores = make(name)(drawn, pool, n_instances=3)

    np.testing.assert_allclose(scores, np.array(expected)[[2, 0, 1]][indices], atol=1e-12)
    assert (np.diff(scores) <= 0).all()


@pytest.mark.parametrize(
    ("name", "measure"), [("mc_dropout", predictive_entropy), ("dbal", mutual_information)]
)
def test_dropout_strategies_draw_from_the_network(name, measure, network_learner, pool):
    seed = int(np.random.default_rng(5).integers(2**31))
    network = network_learner.estimator[-1]
    expected = measure(network.predict_proba_samples(as_rows(pool), 20, seed))

    indices, scores = make(name, 5)(network_learner, pool, n_instances=4)

    np.testing.assert_array_equal(indices, np.argsort(-expected)[:4])
    np.testing.assert_allclose(scores, expected[indices])


@pytest.mark.parametrize("name", ["mc_dropout", "variation_ratios"])
def test_pool_is_scored_in_chunks(name, drawn, monkeypatch):
    pool = np.repeat([[0.0], [1.0], [2.0]], 5, axis=0)
    whole = make(name)(drawn, pool, n_instances=15)

    monkeypatch.setattr(_torch, "CHUNK", 4)
    in_chunks = make(name)(drawn, pool, n_instances=15)

    assert dict(zip(*whole, strict=True)) == dict(zip(*in_chunks, strict=True))


def test_variation_ratio_counts_the_votes_of_five_copies(learner, pool):
    learner.estimator = RandomForestClassifier(n_estimators=2, max_depth=1, random_state=0)
    seed = int(np.random.default_rng(5).integers(2**31))
    members = seeded_copies(learner, seed)
    votes = np.stack([member.predict(pool) for member in members])
    most = np.array([np.bincount(column).max() for column in votes.T])

    indices, scores = make("variation_ratios", 5)(learner, pool, n_instances=len(pool))

    assert len(members) == 5
    assert len(set(scores)) > 1
    np.testing.assert_allclose(scores, 1 - most[indices] / 5)


def test_core_set_takes_the_farthest_feature(drawn):
    # Features are 10 |x|, and 0 and 1 are labelled: 9 is 80 away, then 5 is 40 from both.
    pool = np.array([[-2.0], [-9.0], [5.0], [8.0]])

    indices, scores = make("core_set_features")(drawn, pool, n_instances=2)

    assert indices.tolist() == [1, 2]
    np.testing.assert_allclose(scores, [80, 40])


@pytest.mark.parametrize("name", ["mc_dropout", "dbal", "core_set_features"])
def test_task_model_without_dropout_or_features_is_refused(name, learner, pool):
    with pytest.raises(TypeError, match=f"'{name}' needs .* LogisticRegression has none.*'mlp'"):
        make(name)(learner, pool, n_instances=2)


def test_network_whose_dropout_is_off_is_refused(samples, pool):
    X, y = samples
    network = TorchClassifier("mlp", n_iter=1, dropout=0.0, device="cpu")
    learner = models.ActiveLearner(network, X_training=X, y_training=y)

    with pytest.raises(ValueError, match="dropout=0"):
        make("dbal")(learner, pool, n_instances=2)


@pytest.mark.parametrize(
    ("name", "phases"),
    [
        ("mc_dropout", ["score", "select"]),
        ("dbal", ["score", "select"]),
        ("core_set_features", ["score", "select"]),
        ("variation_ratios", ["fit", "score", "select"]),
    ],
)
def test_phases_are_timed(name, phases, network_learner, pool):
    strategy = make(name)

    strategy(network_learner, pool, n_instances=2)

    assert list(strategy.seconds_) == phases
    assert all(seconds >= 0 for seconds in strategy.seconds_.values())
