"""What is set, saved, handed on or taken over stays what the user said."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import random as draw_sparse
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skvaal import (
    ActiveLearningClassifier,
    DenseVAE,
    Herding,
    HerdingQuery,
    HerdingQueryStrategy,
    ModelFileError,
    VAALQueryStrategy,
)

from .conftest import QUICK, SMALL


class ScaledVAE(DenseVAE):
    """Its constructor has a parameter that ends in an underscore, as `lambda_` must."""

    def __init__(self, input_shape, *, latent_dim=2, lambda_=1.0):
        super().__init__(input_shape, latent_dim=latent_dim)
        self.lambda_ = lambda_


def test_another_rule_begins_without_parameters_of_the_one_before(digits):
    strategy = VAALQueryStrategy(**SMALL, rule=Herding()).fit(*digits)
    strategy.set_params(rule__bandwidth=5.0)
    strategy.set_params(rule=Herding(bandwidth=0.1))
    assert strategy.get_params()["rule__bandwidth"] == 0.1
    both = strategy.set_params(rule=Herding(), rule__bandwidth=3.0)
    assert both.get_params()["rule__bandwidth"] == 3.0


def test_a_rule_that_replaces_the_saved_one_begins_without_its_parameters(digits, tmp_path):
    pytest.importorskip("safetensors")
    strategy = VAALQueryStrategy(**SMALL, rule=Herding(), rule__bandwidth=5.0).fit(*digits)
    strategy.save(tmp_path / "model")
    loaded = VAALQueryStrategy.load(tmp_path / "model", rule=Herding(bandwidth=0.1))
    assert loaded.get_params()["rule__bandwidth"] == 0.1


def test_nested_parameters_may_end_in_an_underscore(digits):
    strategy = VAALQueryStrategy(**SMALL, vae=ScaledVAE, vae__lambda_=9.0).fit(*digits)
    assert strategy.get_params()["vae__lambda_"] == 9.0
    assert strategy.net_.vae_.lambda_ == 9.0


@pytest.mark.parametrize(
    "params", [{"net": "published"}, {"likelihood": "bernoulli"}, {"vae__latent_dim": 5}]
)
def test_what_was_set_after_fit_cannot_be_saved(digits, tmp_path, params):
    pytest.importorskip("safetensors")
    strategy = VAALQueryStrategy(**QUICK).fit(*digits).set_params(**params)
    with pytest.raises(ValueError, match=f"{next(iter(params))} was set after fit"):
        strategy.save(tmp_path / "model")


def test_a_file_of_another_net_is_refused(digits, tmp_path):
    pytest.importorskip("safetensors")
    VAALQueryStrategy(**QUICK).fit(*digits).save(tmp_path / "model")
    with pytest.raises(ModelFileError, match="holds a VAALNet, not a PublishedNet"):
        VAALQueryStrategy.load(tmp_path / "model", net="published")
    with pytest.raises(IsADirectoryError, match="is a folder"):
        VAALQueryStrategy(**QUICK).fit(*digits).save(tmp_path)


def test_warm_start_keeps_the_axes_of_a_sparse_reduction():
    X = draw_sparse(80, 300, density=0.05, format="csr", random_state=0)
    strategy = VAALQueryStrategy(**QUICK, warm_start=True).fit_pools(X[:20], X[20:])
    axes = strategy.sparse_reduction_.components
    strategy.fit_pools(X[:25], X[25:])
    np.testing.assert_array_equal(strategy.sparse_reduction_.components, axes)
    follower = VAALQueryStrategy(**QUICK, warm_start=True).continue_from(strategy)
    follower.fit_pools(X[:30], X[30:])
    np.testing.assert_array_equal(follower.sparse_reduction_.components, axes)
    assert follower.n_iter_ == 6
    with pytest.raises(TypeError, match=r"HerdingQueryStrategy\(\) has no networks"):
        follower.continue_from(HerdingQueryStrategy())


def test_a_function_that_works_in_place_changes_nothing(digits):
    def choose(scores, Z, Z_labeled, n, random_state):
        order = np.argsort(scores)[:n]
        for array in (scores, Z, Z_labeled):
            array -= 100
        return order

    strategy = VAALQueryStrategy(**{**QUICK, "rule": choose}).fit(*digits)
    before = strategy.labeled_coordinates_.copy()
    indices, scores = strategy.query(digits[0], 4, return_scores=True)
    np.testing.assert_array_equal(strategy.labeled_coordinates_, before)
    np.testing.assert_allclose(scores, strategy.score_samples(digits[0])[indices], rtol=1e-6)


def test_steps_that_drop_samples_are_refused(digits):
    X = digits[0]

    class Learner:
        X_training = X[:40]

    pipeline = make_pipeline(FunctionTransformer(lambda X: X[5:]), HerdingQueryStrategy())
    with pytest.raises(ValueError, match="made 235 samples of 240"):
        HerdingQuery(strategy=pipeline)(Learner(), X[40:], 3)


def test_classes_and_weights_of_zero_are_refused(digits):
    from sklearn.linear_model import LogisticRegression

    X, y = digits[0][:60], np.arange(60) % 2
    sizes = {"initial_size": 10, "batch_size": 5, "n_rounds": 2}
    active = ActiveLearningClassifier(LogisticRegression(), HerdingQuery(), **sizes)
    with pytest.raises(ValueError, match="zeros only"):
        active.fit(X, y, sample_weight=np.zeros(60))
    with pytest.raises(TypeError, match=r"pass an object: HerdingQuery\(\)"):
        active.set_params(query_strategy=HerdingQuery).fit(X, y)
