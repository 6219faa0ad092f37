"""Named sets of parameters."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

from skvaal import ActiveLearningClassifier, DenseVAE, VAALQuery, VAALQueryStrategy
from skvaal._vaal.lookup import PRESETS, preset_params, resolve_net

from ..conftest import QUICK
from .trained import build

SMALL = {"max_epochs": 1, "vae__width": 2, "vae__latent_dim": 3, "discriminator__hidden": (8,)}


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("cls", [VAALQueryStrategy, VAALQuery])
def test_presets_are_plain_parameters(name, cls):
    made = cls.from_preset(name, random_state=3)
    assert isinstance(made, cls)
    params = made.get_params()
    expected = {**VAALQueryStrategy().get_params(), **PRESETS[name], "random_state": 3}
    assert {key: params[key] for key in expected} == expected
    assert clone(made).get_params() == params


@pytest.mark.parametrize("name", PRESETS)
def test_presets_train_on_images(images, name):
    X, y = images
    strategy = VAALQueryStrategy.from_preset(name, **SMALL, random_state=0)
    needs_proba = resolve_net(strategy.net).prediction_needs.pool
    given = {"proba": np.random.RandomState(0).dirichlet(np.ones(3), len(X))} if needs_proba else {}
    assert len(set(strategy.fit(X, y, **given).query(X, 4, **given))) == 4


def test_preset_for_segmentation_takes_scenes_that_are_not_square():
    preset = PRESETS["paper-segmentation"]
    kept = ("vae__latent_dim", "lr", "lambda1", "lambda2", "beta", "batch_size", "max_epochs")
    assert [preset[name] for name in kept] == [128, 1e-3, 1, 25, 1, 8, 100]
    X = np.random.RandomState(0).randint(0, 256, (12, 3, 18, 32)).astype(np.uint8)
    strategy = VAALQueryStrategy.from_preset("paper-segmentation", **SMALL, random_state=0)
    assert len(set(strategy.fit_query(X[:4], X[4:], 3))) == 3


def test_task_aware_presets_differ_from_the_papers_by_their_net():
    paper = PRESETS["paper-cifar"]
    assert (paper["net"], paper["rule"], paper["uncertainty"]) == ("separate_batches", "topk", None)
    assert PRESETS["ta-vaal"] == {**paper, "net": "ta_vaal"}
    assert PRESETS["sraal"] == {**paper, "net": "sraal"}
    assert PRESETS["published-code"]["net"] == "published"


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_parameters_of_the_net(name):
    params = preset_params(name)
    net, *_ = (params.pop(each) for each in ("net", "rule", "uncertainty"))
    assert resolve_net(net).ignored_params.isdisjoint(params)
    built = build(net, (3, 32, 32), **params)
    assert built.get_params()["vae__width"] == 128
    assert built.batch_size == params["batch_size"]


def test_overrides_replace_and_leave_the_table_alone():
    before = dict(PRESETS["paper-cifar"])
    strategy = VAALQueryStrategy.from_preset("paper-cifar", beta=7.0, vae__latent_dim=5)
    strategy.set_params(lambda2=9.0)
    assert (strategy.beta, strategy.get_params()["vae__latent_dim"]) == (7.0, 5)
    assert PRESETS["paper-cifar"] == before


@pytest.mark.parametrize(
    ("name", "nearest"), [("paper-cifar10", "paper-cifar"), ("Published-Kode", "published-code")]
)
@pytest.mark.parametrize("cls", [VAALQueryStrategy, VAALQuery])
def test_unknown_name(cls, name, nearest):
    with pytest.raises(ValueError, match=f"no preset name='{name}'; did you mean '{nearest}'"):
        cls.from_preset(name)


class RowVAE(DenseVAE):
    """Feature rows instead of the images that the presets are for."""

    def __init__(self, input_shape, *, latent_dim=2, width=8, linear_path=False):
        super().__init__(
            input_shape, latent_dim=latent_dim, hidden=(width,), linear_path=linear_path
        )


def test_grid_search_from_and_over_presets(images):
    X, y = images
    strategy = VAALQueryStrategy.from_preset("paper-caltech256", **SMALL)
    search = GridSearchCV(strategy, {"lambda2": [1.0, 10.0]}, cv=2, error_score="raise").fit(X)
    assert search.best_params_["lambda2"] in (1.0, 10.0)

    rows, labels = X.reshape(len(X), -1) / 255, np.arange(len(X)) % 2
    learner = ActiveLearningClassifier(
        LogisticRegression(), VAALQuery(), initial_size=10, batch_size=5, n_rounds=1
    )
    queries = [
        VAALQuery.from_preset(name, **QUICK, vae=RowVAE, vae__width=4)
        for name in ("paper-cifar", "published-code")
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
