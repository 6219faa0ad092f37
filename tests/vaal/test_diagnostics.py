"""The health report: closed forms, pools that differ and pools that do not."""

from __future__ import annotations

import pickle
import warnings
from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from skvaal import (
    Diagnostics,
    Greedy,
    Herding,
    KCenter,
    PosteriorCollapseWarning,
    Stochastic,
    TopK,
    UninformativeDiscriminatorWarning,
    VAALQueryStrategy,
)
from skvaal._pool.components import PrincipalComponents
from skvaal._pool.pool import Pool
from skvaal._rules.function import FunctionRule
from skvaal._vaal.diagnostics_display import Chart
from skvaal._vaal.examination import examine, warn_of_findings

from ..conftest import QUICK

WITHOUT_VAE = {name: value for name, value in QUICK.items() if name != "vae__latent_dim"}


def quietly(strategy, *pools, **kwargs) -> Diagnostics:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UninformativeDiscriminatorWarning)
        warnings.simplefilter("ignore", PosteriorCollapseWarning)
        return strategy.diagnose(*pools, **kwargs)


def look(strategy, *pools, **kwargs) -> Diagnostics:
    """Examine the net of a strategy, with what is given beside it."""
    return examine(strategy.net_, *map(Pool, pools), seed=0, n_folds=2, **kwargs)


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


@pytest.fixture
def undrawn(monkeypatch):
    """Figures are empty files: what they show is no matter."""
    monkeypatch.setattr(Chart, "to_png", lambda self, scheme: b"")


def test_terms_are_those_of_the_latent_gaussians(found, fitted, pools):
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


def test_training_auc_is_the_part_of_pairs_in_the_right_order(found, fitted, pools):
    scores = [fitted.score_samples(pool) for pool in pools]
    pairs = scores[0][:, None] - scores[1]
    assert found.auc_training == pytest.approx(((pairs > 0) + 0.5 * (pairs == 0)).mean())
    assert found.score_std == pytest.approx(scores[1].std(), rel=1e-4)
    assert found.tied_fraction == 0


def test_pools_that_differ_are_told_apart_where_held_out(found, fitted, pools):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = fitted.diagnose(*pools)
    # 60 % of the unlabelled samples are where no labelled one is, the rest are alike.
    assert 0.7 < again.auc_cross_fitted < 0.95
    assert not again.is_uninformative
    assert again.auc_cross_fitted == found.auc_cross_fitted
    np.testing.assert_array_equal(again.reconstructions, found.reconstructions)


def test_pools_that_do_not_differ_warn_though_they_were_memorised():
    X = np.random.RandomState(1).randn(460, 6).astype(np.float32)
    params = {"max_epochs": 20, "lr": 1e-2, "discriminator__hidden": (64, 64)}
    strategy = VAALQueryStrategy(**{**WITHOUT_VAE, **params}, net="no_vae")
    strategy.fit_pools(X[:60], X[60:])
    with pytest.warns(UninformativeDiscriminatorWarning, match=r"AUC 0\..*scores are noise"):
        found = strategy.diagnose(X[:60], X[60:], n_folds=2)
    assert found.auc_training > 0.95
    assert abs(found.auc_cross_fitted - 0.5) < 0.1
    assert "(the scores are noise)" in str(found)


@pytest.mark.filterwarnings("ignore::skvaal.UninformativeDiscriminatorWarning")
@pytest.mark.slow
def test_collapse_warns(pools):
    strategy = VAALQueryStrategy(
        **{**QUICK, "batch_size": 16, "max_epochs": 30, "lr": 5e-3, "beta": 1e5}
    )
    strategy.fit_pools(*pools)
    with pytest.warns(PosteriorCollapseWarning, match="lower beta"):
        found = strategy.diagnose(*pools, n_folds=2)
    assert found.active_units == 0
    assert "has collapsed" in str(found)


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("net", ["no_vae", "frozen_vae", "no_discriminator"])
def test_variants_that_leave_something_out(pools, net):
    params = {**QUICK, "max_epochs": 20, "lr": 2e-3}
    params.pop(
        {"no_vae": "vae__latent_dim", "no_discriminator": "discriminator__hidden"}.get(net), 0
    )
    strategy = VAALQueryStrategy(**params, net=net).fit_pools(*pools)
    found = quietly(strategy, *pools, n_folds=2)
    assert found.auc_cross_fitted > 0.65
    assert ("(log-odds)" in str(found)) == (net != "no_discriminator")
    assert (found.active_units is None) == (net == "no_vae")
    assert (found.reconstructions is None) == (net == "no_vae")
    assert found.to_html().count("<img") == (1 if net == "no_vae" else 5)
    assert ("active latent units" in str(found)) == (net != "no_vae")


@pytest.mark.parametrize("net", ["pseudo_label", "relabeled", "sraal"])
def test_cross_fitting_reads_what_the_net_reads_besides_the_samples(pools, net):
    probas = [np.full((len(pool), 2), 0.5) for pool in pools]
    given = dict(zip(("proba_labeled", "proba_unlabeled"), probas, strict=True))
    strategy = VAALQueryStrategy(**QUICK, net=net).fit_pools(*pools, **given)
    assert 0 <= quietly(strategy, *pools, **given, n_folds=2).auc_cross_fitted <= 1


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


# What the decoder explains


@pytest.fixture(scope="module")
def correlated():
    """Two pools of one distribution, whose variances differ by direction, far from 0."""
    rng = np.random.RandomState(0)
    X = rng.randn(260, 6) @ (rng.randn(6, 6) * [3, 2, 1, 0.5, 0.5, 0.5]).T + 50
    return X[:60].astype(np.float32), X[60:].astype(np.float32)


def silence_layers(vae):
    """Leave the linear path alone."""
    for layer in (vae.fc_mu, vae.fc_logvar, vae.decoder[-1]):
        torch.nn.init.zeros_(layer.weight)
        torch.nn.init.zeros_(layer.bias)


def test_linear_path_alone_explains_what_its_components_do_and_departs_from_nothing(correlated):
    strategy = VAALQueryStrategy(**QUICK).fit_pools(*correlated)
    silence_layers(strategy.net_.vae_)
    found = look(strategy, *correlated, components=strategy.components_)
    variances = PCA().fit(np.concatenate(correlated)).explained_variance_
    noise = variances[3:].mean()  # there are three latent units
    # The encoder takes (l - s2)^.5 / l of a component, and the decoder (l - s2)^.5 of that.
    left = (noise / variances[:3]) ** 2  # of the variance
    explained = (variances[:3] * (1 - left)).sum() / variances.sum()
    assert found.variance_explained_linear == pytest.approx(explained, abs=1e-4)
    assert found.variance_explained == pytest.approx(explained, abs=1e-4)
    assert found.departure_from_components == pytest.approx(0, abs=1e-4)
    assert f"{explained:.1%} by the VAE, {explained:.1%} by its linear path" in str(found)
    assert "0.0% (how far the VAE moves samples from plain principal components)" in str(found)


def test_layers_that_add_a_little_depart_a_little(correlated):
    strategy = VAALQueryStrategy(**QUICK).fit_pools(*correlated)
    vae = strategy.net_.vae_
    silence_layers(vae)
    step = 0.5 * strategy.components_.components[0]
    with torch.no_grad():
        vae.decoder[-1].bias += torch.from_numpy(step)
    X = np.concatenate(correlated)
    decoded = strategy.inverse_transform(strategy.transform(X))
    Z = (decoded - step - X.mean(axis=0)) @ strategy.components_.components.T
    found = look(strategy, *correlated, components=strategy.components_)
    expected = 0.5 / np.sqrt(np.square(Z).sum(axis=1).mean())
    assert found.departure_from_components == pytest.approx(expected, rel=1e-3)
    assert found.variance_explained < found.variance_explained_linear


def test_without_the_path_it_departs_from_the_samples_own_components(correlated):
    strategy = VAALQueryStrategy(**QUICK, vae__linear_path=False).fit_pools(*correlated)
    components = PrincipalComponents.fitted_on(*map(Pool, correlated), 0)
    found = look(strategy, *correlated, components=components)
    X = np.concatenate(correlated)
    decoded = strategy.inverse_transform(strategy.transform(X))
    pca = PCA().fit(X)
    Z, Z_decoded = pca.transform(X), pca.transform(decoded)
    expected = np.sqrt(np.square(Z - Z_decoded).sum() / np.square(Z).sum())
    assert found.departure_from_components == pytest.approx(expected, rel=1e-3)
    explained = 1 - np.square(X - decoded).mean() / X.var(axis=0, dtype=np.float64).mean()
    assert found.variance_explained == pytest.approx(explained, rel=1e-3)
    assert found.variance_explained_linear is None
    assert "linear path" not in str(found)
    assert look(strategy, *correlated).departure_from_components is None


def test_probabilities_of_the_linear_path_are_compared_with_the_pixels(images):
    X, y = images
    params = {**QUICK, "vae__width": 2, "likelihood": "bernoulli"}
    strategy = VAALQueryStrategy(**params).fit(X, y)
    silence_layers(strategy.net_.vae_)
    found = look(strategy, X[:40], X[40:], components=strategy.components_)
    assert 0.3 < found.variance_explained_linear < 0.6  # of 64 pixels, three units
    assert found.variance_explained == pytest.approx(found.variance_explained_linear, abs=1e-4)
    assert found.departure_from_components < 1e-3


def test_equal_samples_have_no_variance_to_explain():
    X = np.ones((40, 4), dtype=np.float32)
    strategy = VAALQueryStrategy(**QUICK, vae__linear_path=False).fit_pools(X[:20], X[20:])
    found = look(strategy, X[:20], X[20:])
    assert np.isnan(found.variance_explained)
    assert np.isnan(found.auc_missing_region)
    assert "variance explained" in str(found)


# Missing regions


@pytest.fixture(scope="module")
def alike():
    """Pools with the same five blobs, labelled in all of them."""
    rng = np.random.RandomState(0)
    X = rng.randn(450, 6) + 5 * np.eye(6)[np.arange(450) % 5]
    return X[:50].astype(np.float32), X[50:].astype(np.float32)


def test_a_missing_region_would_be_found_though_none_is_missing(alike):
    params = {**WITHOUT_VAE, "max_epochs": 10, "lr": 1e-2}
    strategy = VAALQueryStrategy(**params, net="no_vae").fit_pools(*alike)
    with pytest.warns(UninformativeDiscriminatorWarning, match="but there seems to be none"):
        found = strategy.diagnose(*alike, n_folds=3)
    assert abs(found.auc_cross_fitted - 0.5) < 0.1
    assert found.auc_missing_region > 0.7
    told = f"{found.auc_missing_region:.3f} +- {found.auc_missing_region_error:.3f} (simulated)"
    assert told in str(found)
    assert str(found).index("AUC held out") < str(found).index("AUC, missing regions")


@pytest.mark.parametrize("net", ["no_vae", "no_discriminator"])
def test_missing_regions_of_nets_that_leave_something_out(alike, net):
    params = dict(QUICK)
    params.pop({"no_vae": "vae__latent_dim", "no_discriminator": "discriminator__hidden"}[net])
    found = look(VAALQueryStrategy(**params, net=net).fit_pools(*alike), *alike)
    assert 0 <= found.auc_missing_region <= 1
    figures = found.variance_explained, found.variance_explained_linear
    assert [figure is None for figure in figures] == [net == "no_vae"] * 2


@pytest.mark.usefixtures("undrawn")
def test_of_few_labels_it_is_unknown(alike):
    found = look(VAALQueryStrategy(**QUICK).fit_pools(*alike), alike[0][:14], alike[1])
    assert np.isnan(found.auc_missing_region)
    assert "AUC, missing regions       unknown" in str(found)
    assert "unknown" in found.to_html()


@pytest.mark.parametrize(
    ("auc", "said"),
    [(0.9, "0.90: a region without"), (0.6, "would not be found either"), (np.nan, "noise. If")],
)
def test_advice_says_whether_a_missing_region_would_be_found(found, auc, said):
    noise = replace(found, auc_cross_fitted=0.5, auc_missing_region=auc)
    with pytest.warns(UninformativeDiscriminatorWarning, match=said):
        warn_of_findings(noise)


# The exponent of the scores


def take_first(scores, Z, Z_labeled, n, random_state):
    return np.arange(n)


@pytest.mark.parametrize(
    ("rule", "exponent", "reason"),
    [
        # 60 labels, and 6 coordinates: as many components as features.
        (
            Herding(score_power="n_labeled"),
            0.25,
            "60 labels for 6 dimensions; 0.25 at 60 labels, at most 0.5",
        ),
        (
            Herding(space="latent", score_power="n_labeled"),
            1 / 3,
            "60 labels for 3 dimensions; 0.25 at 30 labels, at most 0.5",
        ),
        (Herding(score_power=0.7), 0.7, "the rule's score_power"),
        (Herding(score_power=0), 0, "the rule does not read the scores"),
        (Greedy(), 0.5, "the rule's score_power"),
        (TopK(), None, "the rule ranks by the scores alone"),
        (Stochastic(), None, "the rule ranks by the scores alone"),
        (KCenter(), None, "the rule reads the scores in its own way"),
        (FunctionRule(take_first), None, "the rule reads the scores in its own way"),
        (None, None, "no rule was given"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_exponent_and_its_reason(fitted, pools, rule, exponent, reason):
    components = PrincipalComponents.fitted_on(*map(Pool, pools), 0)
    found = look(fitted, *pools, components=components, rule=rule)
    assert found.score_exponent == (None if exponent is None else pytest.approx(exponent))
    assert found.score_exponent_reason == reason
    shown = "none" if exponent is None else f"{exponent:.2g}" + " (0: D ignored)" * (exponent > 0)
    assert f"exponent of the scores     {shown}: {reason}\n" in str(found)


def test_exponent_in_a_space_that_was_not_kept(fitted, pools):
    found = look(fitted, *pools, rule=Herding())
    assert found.score_exponent is None
    assert "coordinates in space='components' were not kept" in str(found)


def test_scores_that_no_rule_reads_are_no_reason_to_warn(found):
    noise = replace(found, auc_cross_fitted=0.5)
    with pytest.warns(UninformativeDiscriminatorWarning):
        warn_of_findings(noise)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_of_findings(replace(noise, score_exponent=0.0))


def test_a_strategy_tells_its_own_rule_and_components(pools):
    strategy = VAALQueryStrategy(**{**QUICK, "rule": Herding(score_power="n_labeled")}).fit_pools(
        *pools
    )
    one, other = (quietly(strategy, *pools, n_folds=2) for _ in range(2))
    assert one.score_exponent == pytest.approx(0.25)
    assert one.departure_from_components >= 0
    assert other.departure_from_components == one.departure_from_components


# The rest


def test_repr_is_the_report(found):
    assert repr(found) == str(found)
    assert "array(" not in repr(found)


def test_labels_are_no_unlabelled_pool(fitted, pools):
    wanted = r"X_unlabeled has shape \(260,\); diagnose takes X_labeled and X_unlabeled, not y"
    with pytest.raises(ValueError, match=wanted):
        fitted.diagnose(np.concatenate(pools), np.zeros(260))


def test_ties_are_counted(pools):
    labeled, unlabeled = pools
    strategy = VAALQueryStrategy(**QUICK).fit(np.concatenate(pools), np.repeat([0, -1], [60, 200]))
    same = np.concatenate([unlabeled[:30], np.repeat(unlabeled[:1], 10, axis=0)])
    assert quietly(strategy, labeled, same, n_folds=2).tied_fraction == pytest.approx(11 / 40)


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
    found = quietly(strategy, X[:40], X[40:], n_folds=2)
    X_hat = strategy.inverse_transform(strategy.transform(X)) / 255
    # inverse_transform rounds to whole grey values.
    expected = np.square(X_hat - X / 255).mean()
    assert found.reconstruction_error == pytest.approx(expected, rel=0.02)


def test_text_and_html_hold_the_same(found):
    html = found._repr_html_()
    for line in str(found).splitlines():
        name, value = line[:25].strip(), line[27:].split(" ")[0]
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


@pytest.mark.parametrize("data_format", ["channels_first", "channels_last"])
def test_reconstructions_of_images_are_as_the_vae_sees_them(images, data_format):
    X, y = images
    X = np.repeat(X, 3, axis=1)
    if data_format == "channels_last":
        X = np.moveaxis(X, 1, -1)
    strategy = VAALQueryStrategy(**QUICK, vae__width=2, data_format=data_format).fit(X, y)
    x, x_hat = quietly(strategy, X[:3], X[40:], n_folds=2).reconstructions
    assert x.shape == x_hat.shape == (7, 3, 8, 8)  # there are three labelled samples only
    assert x.dtype == x_hat.dtype == np.float32
    assert (x.min(), x.max()) == (0, 1)
    levels = (x * 255).round().astype(np.uint8)
    expected = np.moveaxis(X, -1, 1) if data_format == "channels_last" else X
    assert {each.tobytes() for each in levels[:3]} == {each.tobytes() for each in expected[:3]}


@pytest.mark.parametrize("net", ["vaal", "published"])
def test_reconstructions_do_not_depend_on_each_other(pools, net):
    strategy = VAALQueryStrategy(**QUICK, net=net).fit_pools(*pools)
    x, x_hat = quietly(strategy, *pools, n_folds=2).reconstructions
    alone = strategy.inverse_transform(strategy.transform(x[3:4]))
    np.testing.assert_allclose(x_hat[3:4], alone, rtol=1e-4, atol=1e-5)


@pytest.mark.usefixtures("undrawn")
def test_page_is_returned_or_written(found, tmp_path):
    page = found.to_html()
    assert page.startswith("<!DOCTYPE html>")
    assert found._repr_html_().strip() in page
    for path in (tmp_path / "report.html", str(tmp_path / "other.html")):
        assert found.to_html(path) is None
        with open(path, encoding="utf-8") as file:
            assert file.read() == page
    with pytest.raises(OSError, match="missing"):
        found.to_html(tmp_path / "missing" / "report.html")


def test_repr_leaves_the_samples_out(found):
    assert "reconstructions" not in repr(found)


def test_it_goes_with_the_strategy_and_not_with_the_next_fit(pools):
    strategy = VAALQueryStrategy(**QUICK).fit_pools(*pools)
    assert not hasattr(strategy, "diagnostics_")
    found = quietly(strategy, *pools, n_folds=2)
    assert strategy.diagnostics_ is found
    assert pickle.loads(pickle.dumps(strategy)).diagnostics_.n_labeled == 60
    assert not hasattr(strategy.fit_pools(*pools), "diagnostics_")


def test_nothing_but_the_report_changes(fitted, pools):
    before, state = fitted.score_samples(pools[1]), torch.get_rng_state()
    quietly(fitted, *pools, n_folds=2)
    np.testing.assert_array_equal(fitted.score_samples(pools[1]), before)
    assert torch.equal(torch.get_rng_state(), state)


def test_a_loaded_strategy_can_be_examined(found, fitted, pools, tmp_path):
    pytest.importorskip("safetensors")
    fitted.save(tmp_path / "file")
    loaded = VAALQueryStrategy.load(tmp_path / "file")
    of_loaded = quietly(loaded, *pools)
    assert of_loaded.auc_training == found.auc_training
    assert of_loaded.auc_cross_fitted > 0.65


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"n_folds": 1}, "n_folds=1, but it must be an integer"), ({"empty": True}, "X_labeled is")],
)
def test_bad_input(fitted, pools, changes, message):
    labeled = pools[0][:0] if changes.pop("empty", False) else pools[0]
    with pytest.raises(ValueError, match=message):
        fitted.diagnose(labeled, pools[1], **changes)
