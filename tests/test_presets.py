"""Named sets of parameters, and the switches that only they use."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from torch import nn

from skvaal import ActiveLearningClassifier, DenseVAE, VAALQuery, VAALQueryStrategy
from skvaal._presets import PRESETS

from .conftest import QUICK

SMALL = {"max_epochs": 1, "vae__width": 2, "vae__latent_dim": 3, "discriminator__hidden": (8,)}


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("cls", [VAALQueryStrategy, VAALQuery])
def test_presets_are_plain_parameters(name, cls):
    made = cls.from_preset(name, random_state=3)
    assert isinstance(made, cls)
    params = made.get_params()
    expected = {**VAALQueryStrategy().get_params(), **PRESETS[name].params, "random_state": 3}
    assert {key: params[key] for key in expected} == expected
    assert clone(made).get_params() == params


@pytest.mark.parametrize("name", PRESETS)
def test_presets_train_on_images(images, name):
    X, y = images
    strategy = VAALQueryStrategy.from_preset(name, **SMALL, random_state=0)
    needs_proba = strategy.condition is not None or strategy.relabel_states
    given = {"proba": np.random.RandomState(0).dirichlet(np.ones(3), len(X))} if needs_proba else {}
    assert len(set(strategy.fit(X, y, **given).query(X, 4, **given))) == 4


def test_task_aware_presets_differ_from_the_papers_by_their_idea():
    paper = PRESETS["paper-cifar"].params
    assert (paper["uncertainty"], paper["condition"], paper["relabel_states"]) == (
        None,
        None,
        False,
    )
    assert PRESETS["ta-vaal"].params == {**paper, "condition": "task_loss"}
    assert PRESETS["sraal"].params == {**paper, "relabel_states": True}


def test_overrides_replace_and_leave_the_table_alone():
    before = dict(PRESETS["paper-cifar"].params)
    strategy = VAALQueryStrategy.from_preset("paper-cifar", beta=7.0, vae__latent_dim=5)
    strategy.set_params(lambda2=9.0)
    assert (strategy.beta, strategy.get_params()["vae__latent_dim"]) == (7.0, 5)
    assert PRESETS["paper-cifar"].params == before


@pytest.mark.parametrize(
    ("name", "nearest"), [("paper-cifar10", "paper-cifar"), ("Recomended", "recommended")]
)
@pytest.mark.parametrize("cls", [VAALQueryStrategy, VAALQuery])
def test_unknown_name(cls, name, nearest):
    with pytest.raises(ValueError, match=f"unknown preset '{name}'; did you mean '{nearest}'"):
        cls.from_preset(name)


def test_grid_search_from_and_over_presets(images):
    X, y = images
    strategy = VAALQueryStrategy.from_preset("paper-caltech256", **SMALL)
    search = GridSearchCV(strategy, {"lambda2": [1.0, 10.0]}, cv=2, error_score="raise").fit(X)
    assert search.best_params_["lambda2"] in (1.0, 10.0)

    rows, labels = X.reshape(len(X), -1) / 255, np.arange(len(X)) % 2
    quick = {key: value for key, value in QUICK.items() if not key.startswith("vae__")}
    learner = ActiveLearningClassifier(
        LogisticRegression(), VAALQuery(), initial_size=10, batch_size=5, n_rounds=1
    )
    queries = [
        VAALQuery.from_preset(name, **quick, vae=lambda: DenseVAE((64,)), **extra)
        for name, extra in [("recommended", {}), ("recommended", {"ablation": "no_vae"})]
    ]
    search = GridSearchCV(learner, {"query_strategy": queries}, cv=2, error_score="raise")
    assert len(search.fit(rows, labels).cv_results_["params"]) == 2


def test_preset_is_saved(images, tmp_path):
    pytest.importorskip("safetensors")
    X, y = images
    strategy = VAALQueryStrategy.from_preset("published-code", **SMALL, random_state=0).fit(X, y)
    strategy.save(tmp_path / "file")
    loaded = VAALQueryStrategy.load(tmp_path / "file")
    assert loaded.get_params() == strategy.get_params()
    np.testing.assert_array_equal(loaded.score_samples(X), strategy.score_samples(X))


# The authors' weighting of the losses, and their scoring


def test_the_published_weighting_lets_the_posterior_collapse(images):
    X, y = images
    params = {"max_epochs": 30, "vae__width": 4, "lr": 2e-3, "random_state": 0, "batch_size": 64}
    variances = {
        weighting: VAALQueryStrategy(**params, loss_weighting=weighting)
        .fit(X, y)
        .transform(X)
        .var(axis=0)
        .max()
        for weighting in ("evidence", "published")
    }
    assert variances["published"] < 0.1 < variances["evidence"]


def test_the_published_weighting_has_no_bernoulli_likelihood(digits):
    strategy = VAALQueryStrategy(**QUICK, likelihood="bernoulli", loss_weighting="published")
    with pytest.raises(ValueError, match="'published' is a squared error; use likelihood"):
        strategy.fit(*digits)


def test_scores_in_training_mode_depend_on_the_batch_and_on_nothing_else(digits):
    X, y = digits
    strategy = VAALQueryStrategy(**QUICK, score_in_train_mode=True).fit(X, y)
    before = {name: value.clone() for name, value in strategy.net_.module_.state_dict().items()}
    alone, in_company = strategy.score_samples(X[:2]), strategy.score_samples(X)[:2]
    assert not np.allclose(alone, in_company, atol=1e-3)
    np.testing.assert_array_equal(strategy.score_samples(X[:2]), alone)
    for name, value in strategy.net_.module_.state_dict().items():
        assert value.equal(before[name]), name
    # A batch of one has no statistics; transform and score never use them.
    assert np.isfinite(strategy.score_samples(X[:1])).all()
    np.testing.assert_allclose(strategy.transform(X[:2]), strategy.transform(X)[:2], atol=1e-4)


def test_scores_in_training_mode_are_those_of_the_batch_statistics(digits):
    X, y = digits
    strategy = VAALQueryStrategy(**QUICK, score_in_train_mode=True).fit(X, y)
    rows = X[:16]  # one batch
    expected = strategy.score_samples(rows)
    for module in strategy.net_.vae_.modules():
        if isinstance(module, nn.BatchNorm1d):
            module.track_running_stats = False
            module.running_mean = module.running_var = None
    strategy.net_.score_in_train_mode = False
    np.testing.assert_allclose(strategy.score_samples(rows), expected, atol=1e-5)


class Dropping(DenseVAE):
    """Draws numbers in training mode."""

    def encode(self, x):
        return super().encode(nn.functional.dropout(x, training=self.training))


def test_scores_in_training_mode_are_repeatable(digits):
    X, y = digits
    strategy = VAALQueryStrategy(**QUICK, vae=Dropping, score_in_train_mode=True).fit(X, y)
    np.testing.assert_array_equal(strategy.score_samples(X), strategy.score_samples(X))
