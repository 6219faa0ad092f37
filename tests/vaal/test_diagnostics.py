"""The health report: closed forms, pools that differ and pools that do not."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest
import torch

from skvaal import (
    Diagnostics,
    PosteriorCollapseWarning,
    UninformativeDiscriminatorWarning,
    VAALQueryStrategy,
)
from skvaal._pool.pool import Pool

from ..conftest import QUICK

WITHOUT_VAE = {name: value for name, value in QUICK.items() if name != "vae__latent_dim"}


def quietly(strategy, *pools, **kwargs) -> Diagnostics:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UninformativeDiscriminatorWarning)
        warnings.simplefilter("ignore", PosteriorCollapseWarning)
        return strategy.diagnose(*pools, **kwargs)


@pytest.fixture(scope="module")
def pools():
    """A labelled pool that lacks one of two blobs, and an unlabelled one with both."""
    rng = np.random.RandomState(0)
    labeled, unlabeled = rng.randn(60, 6), rng.randn(200, 6)
    unlabeled[80:] += 4
    return labeled.astype(np.float32), unlabeled.astype(np.float32)


@pytest.fixture(scope="module")
def fitted(pools):
    return VAALQueryStrategy(**{**QUICK, "max_epochs": 20, "lr": 2e-3}).fit_pools(*pools)


@pytest.fixture(scope="module")
def found(fitted, pools):
    return quietly(fitted, *pools)


def test_terms_are_those_of_the_latent_gaussians(fitted, pools):
    found = quietly(fitted, *pools)
    X = np.concatenate(pools)
    with torch.no_grad():
        mu, logvar = fitted.net_.vae_.eval().encode(torch.from_numpy(X))
        mu, logvar = mu.double().numpy(), logvar.double().numpy()
    np.testing.assert_allclose(found.unit_variances, mu.var(axis=0), rtol=1e-4)
    kl = 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar).mean(axis=0)
    np.testing.assert_allclose(found.kl_per_unit, kl, rtol=1e-2, atol=1e-3)
    error = np.square(fitted.inverse_transform(fitted.transform(X)) - X).mean()
    assert found.reconstruction_error == pytest.approx(error, rel=1e-4)
    assert found.active_units == (mu.var(axis=0) > 0.01).sum()
    assert (found.n_labeled, found.n_unlabeled) == (60, 200)
    assert fitted.diagnostics_ is found


def test_training_auc_is_the_part_of_pairs_in_the_right_order(fitted, pools):
    found = quietly(fitted, *pools)
    scores = [fitted.score_samples(pool) for pool in pools]
    pairs = scores[0][:, None] - scores[1]
    assert found.auc_training == pytest.approx(((pairs > 0) + 0.5 * (pairs == 0)).mean())
    assert found.score_std == pytest.approx(scores[1].std(), rel=1e-4)
    assert found.tied_fraction == 0


def test_pools_that_differ_are_told_apart_where_held_out(fitted, pools):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = fitted.diagnose(*pools)
    # 60 % of the unlabelled samples are where no labelled one is, the rest are alike.
    assert 0.7 < found.auc_cross_fitted < 0.95
    assert not found.is_uninformative
    assert quietly(fitted, *pools).auc_cross_fitted == found.auc_cross_fitted


def test_pools_that_do_not_differ_warn_though_they_were_memorised():
    X = np.random.RandomState(1).randn(460, 6).astype(np.float32)
    params = {"max_epochs": 20, "lr": 1e-2, "discriminator__hidden": (64, 64)}
    strategy = VAALQueryStrategy(**{**WITHOUT_VAE, **params}, net="no_vae")
    strategy.fit_pools(X[:60], X[60:])
    with pytest.warns(UninformativeDiscriminatorWarning, match=r"AUC 0\..*ranking is noise"):
        found = strategy.diagnose(X[:60], X[60:])
    assert found.auc_training > 0.95
    assert abs(found.auc_cross_fitted - 0.5) < 0.1
    assert "the ranking is noise" in str(found)


@pytest.mark.filterwarnings("ignore::skvaal.UninformativeDiscriminatorWarning")
def test_collapse_warns(pools):
    strategy = VAALQueryStrategy(**{**QUICK, "max_epochs": 30, "lr": 5e-3, "beta": 1e5})
    strategy.fit_pools(*pools)
    with pytest.warns(PosteriorCollapseWarning, match="lower beta"):
        found = strategy.diagnose(*pools)
    assert found.active_units == 0
    assert "has collapsed" in str(found)


@pytest.mark.parametrize("net", ["no_vae", "frozen_vae", "no_discriminator"])
def test_variants_that_leave_something_out(pools, net):
    params = {**QUICK, "max_epochs": 20, "lr": 2e-3}
    params.pop(
        {"no_vae": "vae__latent_dim", "no_discriminator": "discriminator__hidden"}.get(net), 0
    )
    strategy = VAALQueryStrategy(**params, net=net).fit_pools(*pools)
    found = quietly(strategy, *pools)
    assert found.auc_cross_fitted > 0.65
    assert (found.active_units is None) == (net == "no_vae")
    assert (found.reconstructions is None) == (net == "no_vae")
    assert found.to_html().count("<img") == (1 if net == "no_vae" else 5)
    assert ("active latent units" in str(found)) == (net != "no_vae")


@pytest.mark.parametrize("net", ["pseudo_label", "relabeled", "sraal"])
def test_cross_fitting_reads_what_the_net_reads_besides_the_samples(pools, net):
    probas = [np.full((len(pool), 2), 0.5) for pool in pools]
    given = dict(zip(("proba_labeled", "proba_unlabeled"), probas, strict=True))
    strategy = VAALQueryStrategy(**QUICK, net=net).fit_pools(*pools, **given)
    assert 0 <= quietly(strategy, *pools, **given).auc_cross_fitted <= 1


def test_cross_fitting_without_a_discriminator_takes_the_centroid_of_the_rest(pools):
    params = {name: value for name, value in QUICK.items() if name != "discriminator__hidden"}
    strategy = VAALQueryStrategy(**params, net="no_discriminator").fit_pools(*pools)
    # As many folds as labelled samples: each is scored by the centroid of the others.
    labeled, unlabeled = pools[0][:3], pools[1][:3]
    mu, std = (strategy.net_.posteriors(Pool(pool)) for pool in (labeled, unlabeled))
    found = quietly(strategy, labeled, unlabeled, n_folds=3)
    rng = np.random.RandomState(strategy._seed)
    wins = []
    for i, j in zip(rng.permutation(3), rng.permutation(3), strict=True):
        centre = np.delete(mu, i, axis=0).mean(axis=0)
        own, other = (np.linalg.norm(each - centre) for each in (mu[i], std[j]))
        wins.append(float(own < other))
    assert found.auc_cross_fitted == pytest.approx(np.mean(wins))


def test_ties_are_counted(pools):
    labeled, unlabeled = pools
    strategy = VAALQueryStrategy(**QUICK).fit(np.concatenate(pools), np.repeat([0, -1], [60, 200]))
    same = np.concatenate([unlabeled[:30], np.repeat(unlabeled[:1], 10, axis=0)])
    assert quietly(strategy, labeled, same).tied_fraction == pytest.approx(11 / 40)


def test_a_single_sample_cannot_be_held_out(pools):
    labeled, unlabeled = pools
    strategy = VAALQueryStrategy(**QUICK).fit_pools(labeled[:1], unlabeled)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = strategy.diagnose(labeled[:1], unlabeled)
    assert np.isnan(found.auc_cross_fitted)
    assert "unknown" in str(found)


def test_images_and_the_bernoulli_likelihood(images):
    X, y = images
    strategy = VAALQueryStrategy(**QUICK, vae__width=2, likelihood="bernoulli").fit(X, y)
    found = quietly(strategy, X[:40], X[40:])
    X_hat = strategy.inverse_transform(strategy.transform(X)) / 255
    # inverse_transform rounds to whole grey values.
    expected = np.square(X_hat - X / 255).mean()
    assert found.reconstruction_error == pytest.approx(expected, rel=0.02)


def test_text_and_html_hold_the_same(found):
    html = found._repr_html_()
    for line in str(found).splitlines():
        name, value = line[:20].strip(), line[22:].split(" ")[0]
        assert name in html
        assert value in html


def test_reconstructions_are_of_four_samples_of_each_pool(found, fitted, pools):
    x, x_hat = found.reconstructions
    assert x.shape == x_hat.shape == (8, 6)
    for pool, samples in zip(pools, (x[:4], x[4:]), strict=True):
        same = (samples[:, None] == pool).all(axis=2)
        assert (same.sum(axis=1) == 1).all()
        assert same.any(axis=0).sum() == 4
    expected = fitted.inverse_transform(fitted.transform(x))
    np.testing.assert_allclose(x_hat, expected, rtol=1e-5, atol=1e-6)
    again = quietly(fitted, *pools)
    np.testing.assert_array_equal(again.reconstructions, found.reconstructions)


@pytest.mark.parametrize("data_format", ["channels_first", "channels_last"])
def test_reconstructions_of_images_are_as_the_vae_sees_them(images, data_format):
    X, y = images
    X = np.repeat(X, 3, axis=1)
    if data_format == "channels_last":
        X = np.moveaxis(X, 1, -1)
    strategy = VAALQueryStrategy(**QUICK, vae__width=2, data_format=data_format).fit(X, y)
    x, x_hat = quietly(strategy, X[:3], X[40:]).reconstructions
    assert x.shape == x_hat.shape == (7, 3, 8, 8)  # there are three labelled samples only
    assert x.dtype == x_hat.dtype == np.float32
    assert (x.min(), x.max()) == (0, 1)
    levels = (x * 255).round().astype(np.uint8)
    expected = np.moveaxis(X, -1, 1) if data_format == "channels_last" else X
    assert {each.tobytes() for each in levels[:3]} == {each.tobytes() for each in expected[:3]}


@pytest.mark.parametrize("net", ["vaal", "published"])
def test_reconstructions_do_not_depend_on_each_other(pools, net):
    strategy = VAALQueryStrategy(**QUICK, net=net).fit_pools(*pools)
    x, x_hat = quietly(strategy, *pools).reconstructions
    alone = strategy.inverse_transform(strategy.transform(x[3:4]))
    np.testing.assert_allclose(x_hat[3:4], alone, rtol=1e-4, atol=1e-5)


def test_page_is_returned_or_written(found, tmp_path):
    text = found.to_html()
    assert text.startswith("<!DOCTYPE html>")
    assert found._repr_html_().strip() in text
    for path in (tmp_path / "report.html", str(tmp_path / "other.html")):
        assert found.to_html(path) is None
        with open(path, encoding="utf-8") as file:
            assert file.read() == text
    with pytest.raises(OSError, match="missing"):
        found.to_html(tmp_path / "missing" / "report.html")


def test_repr_leaves_the_samples_out(found):
    assert "reconstructions" not in repr(found)


def test_it_goes_with_the_strategy_and_not_with_the_next_fit(pools):
    strategy = VAALQueryStrategy(**QUICK).fit_pools(*pools)
    assert not hasattr(strategy, "diagnostics_")
    quietly(strategy, *pools)
    assert pickle.loads(pickle.dumps(strategy)).diagnostics_.n_labeled == 60
    assert not hasattr(strategy.fit_pools(*pools), "diagnostics_")


def test_nothing_but_the_report_changes(fitted, pools):
    before, state = fitted.score_samples(pools[1]), torch.get_rng_state()
    quietly(fitted, *pools)
    np.testing.assert_array_equal(fitted.score_samples(pools[1]), before)
    assert torch.equal(torch.get_rng_state(), state)


def test_a_loaded_strategy_can_be_examined(fitted, pools, tmp_path):
    pytest.importorskip("safetensors")
    fitted.save(tmp_path / "file")
    loaded = VAALQueryStrategy.load(tmp_path / "file")
    found = quietly(loaded, *pools)
    assert found.auc_training == quietly(fitted, *pools).auc_training
    assert found.auc_cross_fitted > 0.65


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"n_folds": 1}, "n_folds=1, but it must be at least 2"), ({"empty": True}, "X_labeled is")],
)
def test_bad_input(fitted, pools, changes, message):
    labeled = pools[0][:0] if changes.pop("empty", False) else pools[0]
    with pytest.raises(ValueError, match=message):
        fitted.diagnose(labeled, pools[1], **changes)
