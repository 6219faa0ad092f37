"""VAALQueryStrategy: what a user gets from it."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from skvaal import (
    ArbitraryChoiceWarning,
    ConvVAE,
    DenseVAE,
    LatentDiscriminator,
    VAALQueryStrategy,
)

from .conftest import QUICK


@pytest.fixture(scope="module")
def fitted(digits):
    return VAALQueryStrategy(**QUICK).fit(*digits)


@pytest.fixture(scope="module")
def fitted_images(images):
    return VAALQueryStrategy(**QUICK, vae__width=2).fit(*images)


def two_blobs(n_labeled=60, n_unlabeled=300):
    """Labelled samples from one of two blobs, unlabelled ones from both."""
    rng = np.random.RandomState(0)
    X = rng.randn(n_labeled + n_unlabeled, 10).astype(np.float32)
    in_new_blob = np.zeros(len(X), dtype=bool)
    in_new_blob[n_labeled + n_unlabeled // 2 :] = True
    X[in_new_blob] += 4
    y = np.where(np.arange(len(X)) < n_labeled, 0, -1)
    return X, y, in_new_blob


def test_samples_unlike_the_labelled_ones_are_queried_first():
    X, y, in_new_blob = two_blobs()
    strategy = VAALQueryStrategy(rule="topk", max_epochs=40, lr=2e-3, random_state=0).fit(X, y)
    pool = np.flatnonzero(y == -1)
    chosen = pool[strategy.query(X[pool], 50)]
    assert in_new_blob[chosen].mean() > 0.95
    scores = strategy.score_samples(X)
    assert np.median(scores[y == 0]) > np.median(scores[in_new_blob])


def test_query_returns_the_smallest_scores_in_order(fitted, digits):
    X, _ = digits
    indices, scores = fitted.query(X, 7, return_scores=True)
    every = fitted.score_samples(X)
    np.testing.assert_allclose(scores, np.sort(every)[:7], rtol=1e-6)
    np.testing.assert_array_equal(scores, every[indices])
    np.testing.assert_array_equal(indices, fitted.query(X, 7))


def test_fit_pools_is_fit_on_both_pools(digits):
    X, y = digits
    in_one = VAALQueryStrategy(**QUICK).fit(X, y)
    in_two = VAALQueryStrategy(**QUICK).fit_pools(X[y != -1], X[y == -1])
    np.testing.assert_array_equal(in_one.score_samples(X), in_two.score_samples(X))
    assert (in_two.n_labeled_, in_two.n_unlabeled_) == (40, 200)


def test_auto_chooses_modules_by_shape(fitted, fitted_images):
    assert isinstance(fitted.net_.vae_, DenseVAE)
    assert isinstance(fitted_images.net_.vae_, ConvVAE)
    assert isinstance(fitted.net_.discriminator_, LatentDiscriminator)


@pytest.mark.parametrize(("n_vae_steps", "batch_size"), [(1, 16), (2, 16), (1, 1000)])
def test_auto_epochs_make_enough_iterations(monkeypatch, n_vae_steps, batch_size, digits):
    monkeypatch.setattr("skvaal._vaal.fitting.AUTO_ITERATIONS", 30)
    strategy = VAALQueryStrategy(
        n_vae_steps=n_vae_steps, batch_size=batch_size, discriminator__hidden=(4,)
    ).fit(*digits)
    iterations = sum(strategy.history_[:, "train_batch_count"])
    # The nearest number of whole epochs.
    assert abs(iterations - 30) <= strategy.history_[-1, "train_batch_count"] / 2


# Reproducibility


def test_same_seed_same_scores_bit_for_bit(digits, images):
    for data, params in [(digits, {}), (images, {"vae__width": 2})]:
        scores = [
            VAALQueryStrategy(**{**QUICK, **params}).fit(*data).score_samples(data[0])
            for _ in range(2)
        ]
        np.testing.assert_array_equal(*scores)


def test_other_seed_other_scores(digits):
    X, y = digits
    scores = [
        VAALQueryStrategy(**{**QUICK, "random_state": seed}).fit(X, y).score_samples(X)
        for seed in (0, 1, None, None)
    ]
    assert len({tuple(s) for s in scores}) == 4


def test_random_state_instance_moves_on(digits):
    X, y = digits
    rng = np.random.RandomState(0)
    first, second = (
        VAALQueryStrategy(**{**QUICK, "random_state": rng}).fit(X, y).score_samples(X)
        for _ in range(2)
    )
    assert (first != second).any()


def test_global_generators_are_left_alone(digits):
    X, y = digits
    np.random.seed(3)  # noqa: NPY002
    torch.manual_seed(3)
    before = np.random.get_state()[1].copy(), torch.get_rng_state().clone()  # noqa: NPY002
    strategy = VAALQueryStrategy(**{**QUICK, "random_state": None}).fit(X, y)
    strategy.query(X, 3), strategy.score(X)
    assert torch.equal(torch.get_rng_state(), before[1])
    VAALQueryStrategy(**QUICK).fit(X, y).query(X, 3)
    np.testing.assert_array_equal(np.random.get_state()[1], before[0])  # noqa: NPY002


# A sample's score is its own


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_score_does_not_depend_on_company_order_or_batch_size(fitted, digits, data):
    X, _ = digits
    rows = data.draw(st.lists(st.integers(0, len(X) - 1), min_size=1, max_size=60))
    batch_size = data.draw(st.integers(1, 70))
    alone = fitted.score_samples(X)[rows]
    saved = fitted.net_.batch_size
    fitted.net_.batch_size = batch_size
    try:
        np.testing.assert_allclose(fitted.score_samples(X[rows]), alone, atol=1e-4)
    finally:
        fitted.net_.batch_size = saved


@settings(max_examples=10, deadline=None)
@given(rows=st.lists(st.integers(0, 239), min_size=1, max_size=40))
def test_image_score_does_not_depend_on_company(fitted_images, images, rows):
    X, _ = images
    expected = fitted_images.score_samples(X)[rows]
    np.testing.assert_allclose(fitted_images.score_samples(X[rows]), expected, atol=1e-4)


@pytest.mark.filterwarnings("ignore::skvaal.ArbitraryChoiceWarning")  # copies alone
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_query_returns_distinct_rows_of_the_pool(fitted, digits, data):
    X, _ = digits
    # With duplicates: a pool may hold the same sample many times.
    rows = data.draw(st.lists(st.integers(0, 20), min_size=1, max_size=60))
    n = data.draw(st.integers(1, len(rows)))
    indices = fitted.query(X[rows], n)
    assert indices.shape == (n,)
    assert len(set(indices.tolist())) == n
    assert indices.min() >= 0
    assert indices.max() < len(rows)
    # The n smallest scores, up to rounding between equal samples.
    every = fitted.score_samples(X[rows])
    np.testing.assert_allclose(np.sort(every[indices]), np.sort(every)[:n], atol=1e-4)


@settings(max_examples=15, deadline=None)
@given(order=st.permutations(range(40)))
def test_query_finds_the_same_samples_in_any_order(fitted, digits, order):
    X = digits[0][:40]
    expected = set(fitted.query(X, 5).tolist())
    assert {order[i] for i in fitted.query(X[list(order)], 5)} == expected


# Kinds of data


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("data_format", ["channels_first", "channels_last"])
def test_images(dtype, data_format):
    rng = np.random.RandomState(0)
    shape = (40, 3, 9, 12) if data_format == "channels_first" else (40, 9, 12, 3)
    X = (rng.rand(*shape) * 255).astype(dtype)
    if dtype != np.uint8:
        X /= 255
    strategy = VAALQueryStrategy(**QUICK, vae__width=2, data_format=data_format)
    strategy.fit(X, np.repeat([0, -1], 20))
    assert strategy.input_shape_ == (3, 9, 12)
    assert strategy.query(X, 4).shape == (4,)
    reconstructed = strategy.inverse_transform(strategy.transform(X))
    assert reconstructed.shape == X.shape
    assert reconstructed.dtype == (np.uint8 if dtype == np.uint8 else np.float32)


def test_uint8_images_are_the_same_as_images_in_the_unit_interval(images):
    X, y = images
    as_bytes = VAALQueryStrategy(**QUICK, vae__width=2).fit(X, y)
    as_floats = VAALQueryStrategy(**QUICK, vae__width=2).fit((X / 255).astype(np.float32), y)
    np.testing.assert_allclose(
        as_bytes.score_samples(X), as_floats.score_samples((X / 255).astype(np.float32)), atol=1e-3
    )


def test_data_format_is_only_a_layout(images):
    X, y = images
    first = VAALQueryStrategy(**QUICK, vae__width=2).fit(X, y)
    X_last = np.moveaxis(X, 1, -1)
    last = VAALQueryStrategy(**QUICK, vae__width=2, data_format="channels_last").fit(X_last, y)
    np.testing.assert_array_equal(first.score_samples(X), last.score_samples(X_last))


def test_memmap(tmp_path, images):
    X, y = images
    mapped = np.memmap(tmp_path / "X", dtype=X.dtype, mode="w+", shape=X.shape)
    mapped[:] = X
    mapped.flush()
    read_only = np.memmap(tmp_path / "X", dtype=X.dtype, mode="r", shape=X.shape)
    strategy = VAALQueryStrategy(**QUICK, vae__width=2).fit(read_only, y)
    expected = VAALQueryStrategy(**QUICK, vae__width=2).fit(X, y)
    np.testing.assert_array_equal(strategy.score_samples(read_only), expected.score_samples(X))


class InPlaceVAE(DenseVAE):
    """Works on its input itself."""

    def encode(self, x):
        return super().encode(x.sub_(0.5))

    def decode(self, z):
        return super().decode(z.mul_(2.0))


def test_modules_that_work_in_place_do_not_reach_the_users_arrays(digits):
    X, y = digits
    before = X.copy()
    strategy = VAALQueryStrategy(**QUICK, vae=InPlaceVAE).fit(X, y)
    strategy.query(X, 2), strategy.score(X)
    Z = strategy.transform(X)
    Z_before = Z.copy()
    strategy.inverse_transform(Z)
    np.testing.assert_array_equal(X, before)
    np.testing.assert_array_equal(Z, Z_before)


@pytest.mark.filterwarnings("ignore::skvaal.ArbitraryChoiceWarning")
def test_ties_follow_random_state(digits):
    X, y = digits
    X_same = np.repeat(X[:1], 200, axis=0)
    chosen = [
        VAALQueryStrategy(**{**QUICK, "random_state": seed}).fit(X, y).query(X_same, 5).tolist()
        for seed in (0, 0, 1)
    ]
    assert chosen[0] == chosen[1]
    assert chosen[0] != chosen[2]


def test_threads_with_one_seed_agree(digits):
    X, y = digits
    expected = VAALQueryStrategy(**QUICK).fit(X, y).score_samples(X)
    state = torch.get_rng_state()
    with ThreadPoolExecutor(3) as executor:
        jobs = [
            executor.submit(lambda: VAALQueryStrategy(**QUICK).fit(X, y).score_samples(X))
            for _ in range(3)
        ]
    for job in jobs:
        np.testing.assert_array_equal(job.result(), expected)
    assert torch.equal(torch.get_rng_state(), state)


def test_input_is_not_changed(digits, images):
    for X, y in (digits, images):
        before = X.copy(), y.copy()
        VAALQueryStrategy(**QUICK).fit(X, y).query(X, 2)
        np.testing.assert_array_equal(X, before[0])
        np.testing.assert_array_equal(y, before[1])


def test_label_maps_mark_rows_as_a_whole(digits):
    X, y = digits
    maps = np.repeat(y, 6).reshape(-1, 2, 3)
    in_maps = VAALQueryStrategy(**QUICK).fit(X, maps)
    assert in_maps.n_labeled_ == 40
    expected = VAALQueryStrategy(**QUICK).fit(X, y)
    np.testing.assert_array_equal(in_maps.score_samples(X), expected.score_samples(X))


@pytest.mark.parametrize("n_unlabeled", [1, 2, 30])
@pytest.mark.parametrize("n_labeled", [1, 30])
@pytest.mark.parametrize("batch_size", [1, 8, 500])
def test_small_pools_and_large_batches(n_labeled, n_unlabeled, batch_size):
    X = np.random.RandomState(0).rand(n_labeled + n_unlabeled, 5)
    params = {**QUICK, "batch_size": batch_size}
    strategy = VAALQueryStrategy(**params).fit(X, np.repeat([0, -1], [n_labeled, n_unlabeled]))
    assert np.isfinite(strategy.score_samples(X)).all()
    assert len(strategy.query(X[n_labeled:], n_unlabeled)) == n_unlabeled


@pytest.mark.parametrize("value", [0.0, 5.0, 1e6])
def test_equal_samples(value):
    X = np.full((30, 5), value)
    strategy = VAALQueryStrategy(**QUICK).fit(X, np.repeat([0, -1], 15))
    with pytest.warns(ArbitraryChoiceWarning, match="all 15 scores are"):
        chosen = strategy.query(X[15:], 5)
    assert len(set(chosen.tolist())) == 5


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e6])
def test_features_of_any_scale_train(scale):
    X = np.random.RandomState(0).randn(60, 5) * scale
    strategy = VAALQueryStrategy(**QUICK).fit(X, np.repeat([0, -1], 30))
    assert np.isfinite(strategy.score_samples(X)).all()
    assert np.isfinite(strategy.score(X))


# Transformer, density, going on


def test_transform_is_mu_and_inverse_transform_decodes_it(fitted, digits):
    X, _ = digits
    Z = fitted.transform(X)
    with torch.no_grad():
        mu, _ = fitted.net_.vae_.eval().encode(torch.from_numpy(X))
    np.testing.assert_allclose(Z, mu.numpy(), atol=1e-5)
    assert fitted.inverse_transform(Z).shape == X.shape
    with pytest.raises(ValueError, match=r"Z must be finite and of shape \(n_samples, 3\)"):
        fitted.inverse_transform(Z[:, :2])
    with pytest.raises(ValueError, match=r"Z must be .* of 1 row or more, got \(0, 3\)"):
        fitted.inverse_transform(Z[:0])
    with pytest.raises(ValueError, match=r"X\[0\] has the score -inf: its values are too large"):
        fitted.score(np.full((2, *X.shape[1:]), 1e30))
    with pytest.raises(ValueError, match="Z must hold real numbers, but is of dtype complex"):
        fitted.inverse_transform(Z + 1j)
    with pytest.raises(ValueError, match=r"Z\[0, 0\] is masked"):
        fitted.inverse_transform(np.ma.masked_array(Z, True))


def test_training_brings_reconstruction_and_score_up(digits):
    X, y = digits
    params = {**QUICK, "lr": 5e-3, "vae__latent_dim": 8}
    short = VAALQueryStrategy(**{**params, "max_epochs": 1}).fit(X, y)
    long = VAALQueryStrategy(**{**params, "max_epochs": 60}).fit(X, y)
    errors = [np.square(s.inverse_transform(s.transform(X)) - X).mean() for s in (short, long)]
    assert errors[1] < 0.6 * errors[0]
    assert long.score(X) > short.score(X)


def test_score_is_the_evidence_lower_bound_at_mu(digits):
    X, y = digits
    strategy = VAALQueryStrategy(**QUICK, beta=4.0, variance=0.5).fit(X, y)
    with torch.no_grad():
        mu, logvar = (t.double() for t in strategy.net_.vae_.eval().encode(torch.from_numpy(X)))
        x_hat = strategy.net_.vae_.decode(mu.float()).double().numpy()
    log_likelihood = -0.5 * (np.square(x_hat - X) / 0.5 + np.log(2 * np.pi * 0.5)).sum(1)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).numpy()
    assert strategy.score(X) == pytest.approx((log_likelihood - kl).mean(), rel=1e-3)


def test_bernoulli_likelihood(digits):
    X, y = digits
    strategy = VAALQueryStrategy(**QUICK, likelihood="bernoulli").fit(X, y)
    X_hat = strategy.inverse_transform(strategy.transform(X))
    assert X_hat.min() >= 0
    assert X_hat.max() <= 1
    assert strategy.score(X) < 0


def test_warm_start_goes_on_from_the_last_weights(digits):
    X, y = digits
    strategy = VAALQueryStrategy(**QUICK, warm_start=True).fit(X, y)
    loss = strategy.history_[-1, "vae_loss"]
    weights = strategy.net_.vae_.fc_mu.weight.detach().clone()
    strategy.set_params(max_epochs=1, lr=1e-12).fit(X, y)
    torch.testing.assert_close(strategy.net_.vae_.fc_mu.weight.detach(), weights)
    strategy.set_params(max_epochs=2, lr=1e-3, beta=0.5, optimizer_vae=torch.optim.RMSprop)
    strategy.fit(X, y)
    assert strategy.n_iter_ == len(strategy.history_) == 5
    assert strategy.net_.beta == 0.5
    # Every parameter is today's, the optimizer and its learning rate too.
    assert isinstance(strategy.net_.optimizer_vae_, torch.optim.RMSprop)
    assert strategy.net_.optimizer_discriminator_.param_groups[0]["lr"] == 1e-3
    assert strategy.history_[2, "vae_loss"] < loss
    with pytest.raises(ValueError, match="warm_start=True goes on from"):
        strategy.fit(X[:, :9], y)
    strategy.fit(X, y)
    with pytest.raises(ValueError, match="do not fit the present net, vae or discriminator"):
        strategy.set_params(vae__latent_dim=7).fit(X, y)


def test_cold_start_forgets(digits):
    X, y = digits
    strategy = VAALQueryStrategy(**QUICK).fit(X, y)
    first = strategy.score_samples(X)
    np.testing.assert_array_equal(strategy.fit(X, y).score_samples(X), first)
    assert strategy.n_iter_ == 2


def test_fitted_strategy_pickles(fitted, digits):
    X, _ = digits
    copy = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(copy.score_samples(X), fitted.score_samples(X))


def test_verbose_shows_bars(digits, capsys):
    strategy = VAALQueryStrategy(**QUICK, verbose=1).fit(*digits)
    error = capsys.readouterr().err
    assert "training VAAL" in error
    assert "discriminator_loss" in error
    assert "14/14" in error  # iterations: 2 epochs of 200 samples, 32 at a time
    strategy.query(digits[0])
    assert "scoring" in capsys.readouterr().err
    pickle.dumps(strategy)


def test_verbose_shows_a_bar_where_distances_are_measured(digits, capsys):
    params = {**QUICK, "rule": "k_center", "rule__space": "components", "verbose": 1}
    strategy = VAALQueryStrategy(**params).fit(*digits)
    assert "checking X" in capsys.readouterr().err
    strategy.query(digits[0], 3)
    error = capsys.readouterr().err
    assert "projecting" in error
    assert "choosing" in error
    with pytest.raises(ValueError, match="rule__verbose is no parameter of a rule; set verbose="):
        strategy.set_params(rule__verbose=True).query(digits[0])


def test_silent_by_default(digits, capsys):
    VAALQueryStrategy(**QUICK).fit(*digits).query(digits[0])
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""
