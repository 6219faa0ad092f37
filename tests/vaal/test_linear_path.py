"""The path of principal components: its formulas, and that it goes wherever the VAE goes."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch
from scipy.sparse import random as sparse_random
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

from skvaal import (
    ArbitraryChoiceWarning,
    ConvVAE,
    DenseVAE,
    ModelFileError,
    VAALQueryStrategy,
)
from skvaal._pool.components import PrincipalComponents
from skvaal._pool.pool import Pool
from skvaal._vaal.linear_path import LinearPath

N_COMPONENTS = 8
# A learning rate that leaves the layers where they begin, at 0.
STILL = {"lr": 1e-12, "max_epochs": 1}


@pytest.fixture(scope="module")
def X():
    return (load_digits().data[:300] / 16).astype(np.float32)


def fitted(X, **params):
    small = {"vae__latent_dim": N_COMPONENTS, "discriminator__hidden": (16,), "device": "cpu"}
    params = {"random_state": 0, "max_epochs": 2, **small, **params}
    return VAALQueryStrategy(**params).fit_pools(X[:80], X[80:])


def spectrum(X, n_components=N_COMPONENTS):
    """Eigenvalues of the covariance, largest first, and the mean of those left out."""
    eigenvalues = np.linalg.eigvalsh(np.cov(X.reshape(len(X), -1).T, bias=True))[::-1]
    return eigenvalues, eigenvalues[n_components:].mean()


def aligned(A, B):
    """A with the signs of its columns turned to those of B."""
    return A * np.sign((A * B).sum(axis=0))


@pytest.mark.parametrize("kind", ["rows", "images"])
def test_coordinates_are_those_of_pca(X, kind):
    rows = X if kind == "rows" else np.pad(X.reshape(-1, 1, 8, 8), [(0, 0), (0, 0), (1, 0), (0, 1)])
    strategy = fitted(rows, **STILL)
    x = torch.from_numpy(rows)
    expected = PCA(N_COMPONENTS, svd_solver="full").fit_transform(rows.reshape(len(rows), -1))
    found = strategy.net_.vae_.linear_path.coordinates(x).numpy()
    np.testing.assert_allclose(aligned(found, expected), expected, atol=1e-4)


def test_decoded_space_is_pca_shrunk_by_the_noise(X):
    strategy = fitted(X, **STILL)
    eigenvalues, noise = spectrum(X)
    shrinkage = 1 - noise / eigenvalues[:N_COMPONENTS]
    expected = PCA(N_COMPONENTS, svd_solver="full").fit_transform(X) * shrinkage
    found = strategy.net_.decoded_coordinates(Pool(X), strategy.components_)
    assert found.shape == (len(X), 32)
    np.testing.assert_allclose(aligned(found[:, :8], expected), expected, atol=1e-3)
    np.testing.assert_allclose(found[:, 8:], 0, atol=1e-4)


def test_bound_is_that_of_the_linear_optimum(X):
    """The bound at z = mu is the likelihood of probabilistic PCA plus the posterior's spread."""
    strategy = fitted(X, **STILL)
    eigenvalues, noise = spectrum(X)
    kept, d = eigenvalues[:N_COMPONENTS], X.shape[1]
    log_determinant = np.log(kept).sum() + (d - N_COMPONENTS) * np.log(noise)
    log_likelihood = -0.5 * (d * np.log(2 * np.pi) + log_determinant + d)
    # E log p(x|z) is less than log p(x|mu) by the variance that z adds, divided by 2 s2.
    spread = 0.5 * ((kept - noise) / kept).sum()
    strategy.net_.variance_ = noise
    assert strategy.score(X) == pytest.approx(log_likelihood + spread, abs=0.01)


def test_training_moves_the_decoded_space_away_from_components(X):
    still, trained = fitted(X, **STILL), fitted(X, max_epochs=20, lr=3e-3)
    Z, moved = (s.net_.decoded_coordinates(Pool(X), s.components_) for s in (still, trained))
    assert np.abs(Z - moved).mean() > 0.05 * np.abs(Z).mean()
    assert trained.score(X) > still.score(X)
    errors = [s.net_.squared_errors(Pool(X)).mean() for s in (still, trained)]
    assert errors[1] < errors[0]


def test_nothing_in_the_path_is_trained(X):
    strategy = fitted(X, max_epochs=2)
    path = LinearPath((64,), N_COMPONENTS)
    path.fit(strategy.components_)
    of_net = strategy.net_.vae_.linear_path
    assert not list(of_net.parameters())
    for name, tensor in path.state_dict().items():
        torch.testing.assert_close(of_net.state_dict()[name], tensor)


def test_presets_of_the_paper_have_none():
    for name in ("paper-cifar", "paper-segmentation", "published-code", "ta-vaal", "sraal"):
        assert VAALQueryStrategy.from_preset(name).get_params()["vae__linear_path"] is False
    assert DenseVAE((4,)).linear_path is not None
    assert DenseVAE((4,), linear_path=False).linear_path is None
    assert ConvVAE((1, 8, 8), linear_path=False).linear_path is None


def test_few_features_and_few_samples_fill_only_some_units():
    rng = np.random.RandomState(0)
    narrow = fitted(rng.randn(100, 3).astype(np.float32) * [1, 2, 3], vae__latent_dim=5)
    path = narrow.net_.vae_.linear_path
    assert (path.encoder_scale > 0).tolist() == [True] * 3 + [False] * 2
    few = VAALQueryStrategy(random_state=0, max_epochs=1, device="cpu")
    few.fit_pools(rng.randn(2, 40), rng.randn(3, 40))
    assert np.isfinite(few.transform(rng.randn(4, 40))).all()


@pytest.mark.filterwarnings("ignore::skvaal.ArbitraryChoiceWarning")
def test_equal_samples_are_fitted():
    X = np.ones((120, 6), dtype=np.float32)
    strategy = fitted(X, vae__latent_dim=4)
    assert np.isfinite(strategy.transform(X)).all()
    with pytest.warns(ArbitraryChoiceWarning, match="3 of the 3"):
        assert len(strategy.query(X[80:], 3)) == 3


@pytest.mark.parametrize("kind", ["rows", "images"])
def test_file_and_clone_and_warm_start_keep_the_path(X, kind, tmp_path):
    pytest.importorskip("safetensors")
    X = X if kind == "rows" else X.reshape(-1, 1, 8, 8)
    strategy = fitted(X, warm_start=True)
    path = strategy.net_.vae_.linear_path.state_dict()
    indices, gains = strategy.query(X[80:], 5, return_scores=True)

    strategy.save(tmp_path / "model")
    loaded = VAALQueryStrategy.load(tmp_path / "model")
    for name, tensor in loaded.net_.vae_.linear_path.state_dict().items():
        assert torch.equal(tensor, path[name])
    again, again_gains = loaded.query(X[80:], 5, return_scores=True)
    assert again.tolist() == indices.tolist()
    np.testing.assert_allclose(again_gains, gains, rtol=1e-5)

    fresh = clone(strategy).fit_pools(X[:80], X[80:])
    assert fresh.query(X[80:], 5).tolist() == indices.tolist()

    # The weights go on in the axes of the first fit, although the pools have changed.
    strategy.fit_pools(X[:200], X[200:])
    for name, tensor in strategy.net_.vae_.linear_path.state_dict().items():
        assert torch.equal(tensor, path[name])
    assert strategy.labeled_coordinates_.shape == (200, len(strategy.components_.components))


@pytest.fixture
def warns_always():
    """Torch says once in a process that an array is read-only; here, each time."""
    before = torch.is_warn_always_enabled()
    torch.set_warn_always(True)
    yield
    torch.set_warn_always(before)


@pytest.mark.usefixtures("warns_always")
def test_components_may_be_read_only(X):
    # As those of a strategy are that was handed to another process.
    components = PrincipalComponents.fitted_on(Pool(X[:100]), Pool(X[100:200]), 0)
    for array in (components.mean, components.components, components.variances):
        array.flags.writeable = False
    path = LinearPath((64,), N_COMPONENTS)
    path.fit(components)
    assert path.is_fitted
    found = fitted(X, **STILL).net_.decoded_coordinates(Pool(X), components)
    assert found.shape == (len(X), 32)


def test_an_instance_keeps_the_path_that_it_was_trained_with(X):
    other = PrincipalComponents.fitted_on(Pool(X[:100]), Pool(X[100:200]), 0)
    vae = DenseVAE((64,), latent_dim=4)
    vae.linear_path.fit(other)
    kept = fitted_with(X, vae).net_.vae_.linear_path
    torch.testing.assert_close(kept.components, vae.linear_path.components)
    untouched = DenseVAE((64,), latent_dim=4)
    assert fitted_with(X, untouched).net_.vae_.linear_path.is_fitted
    assert not untouched.linear_path.is_fitted  # an instance is copied


def fitted_with(X, vae):
    return VAALQueryStrategy(vae, max_epochs=1, device="cpu", random_state=0).fit_pools(
        X[:80], X[80:]
    )


@pytest.mark.filterwarnings("ignore")  # of torch's compiler
@pytest.mark.parametrize("kind", ["rows", "images"])
@pytest.mark.parametrize(
    "params", [{"engine__precision": "bf16"}, {"engine__compile": {"backend": "eager"}}]
)
@pytest.mark.slow
def test_precision_and_compilation_keep_distances(X, kind, params):
    X = X if kind == "rows" else X.reshape(-1, 1, 8, 8)
    exact, other = fitted(X, **STILL), fitted(X, **STILL, **params)
    Z, found = (s.net_.decoded_coordinates(Pool(X), s.components_) for s in (exact, other))
    np.testing.assert_allclose(found, Z, atol=1e-4)


@pytest.mark.parametrize("kind", ["rows", "images"])
def test_bernoulli_decoder_begins_at_the_components(X, kind):
    X = X if kind == "rows" else X.reshape(-1, 1, 8, 8)
    strategy = fitted(X, likelihood="bernoulli", **STILL)
    path = strategy.net_.vae_.linear_path
    with torch.no_grad():
        mu, _ = strategy.net_.vae_.encode(torch.from_numpy(X))
        linear = path.mean + (mu * path.decoder_scale) @ path.components
    expected = linear.clamp(1e-3, 1 - 1e-3).numpy()
    found = strategy.net_.reconstructions(Pool(X)).reshape(len(X), -1)
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert np.isfinite(fitted(X, likelihood="bernoulli").score(X))


class OwnVAE(torch.nn.Module):
    """A linear VAE whose only parts are the linear path and a scale that is trained."""

    def __init__(self, input_shape, linear_path=True):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.ones(1))
        self.linear_path = LinearPath(input_shape, N_COMPONENTS) if linear_path else None

    def encode(self, x):
        return self.linear_path.encode(x)

    def decode(self, z):
        return self.scale * self.linear_path.decode(z)


@pytest.mark.parametrize("rule", ["herding", "topk"])
@pytest.mark.parametrize("vae", [OwnVAE, OwnVAE((64,))], ids=["class", "instance"])
def test_the_path_of_an_own_vae_is_fitted_whatever_the_rule(X, vae, rule):
    strategy = VAALQueryStrategy(vae, rule=rule, max_epochs=1, device="cpu", random_state=0)
    assert strategy.fit_pools(X[:80], X[80:]).net_.vae_.linear_path.is_fitted


@pytest.mark.parametrize(
    "vae",
    [partial(DenseVAE, latent_dim=3), lambda input_shape: DenseVAE(input_shape, latent_dim=3)],
    ids=["partial", "function"],
)
def test_the_path_of_what_a_function_builds_is_fitted(X, vae):
    strategy = VAALQueryStrategy(vae, rule="topk", max_epochs=1, device="cpu", random_state=0)
    assert strategy.fit_pools(X[:80], X[80:]).net_.vae_.linear_path.is_fitted


def test_numpy_counts_latent_units_too(X):
    strategy = fitted(X, vae__latent_dim=np.int64(40), max_epochs=1)
    assert strategy.components_.components.shape == (40, 64)


@pytest.mark.parametrize(("vae", "shape"), [(DenseVAE, (8,)), (ConvVAE, (1, 8, 8))])
def test_no_latent_unit_is_refused(vae, shape):
    with pytest.raises(ValueError, match=r"latent_dim.* must be an int in the range \[1, .* Got 0"):
        vae(shape, latent_dim=0)


def test_a_warm_start_does_not_keep_components_of_too_few_samples(X):
    strategy = VAALQueryStrategy(warm_start=True, max_epochs=1, device="cpu", random_state=0)
    strategy.fit_pools(X[:2], X[2:5])
    assert len(strategy.components_.components) < 32
    strategy.fit_pools(X[:80], X[80:])
    assert len(strategy.components_.components) == 32
    assert strategy.n_iter_ == 1  # trained anew


def test_a_warm_start_on_other_sparse_columns_is_refused():
    S = sparse_random(300, 300, density=0.1, format="csr", random_state=0)
    y = np.r_[np.zeros(50), -np.ones(250)]
    strategy = VAALQueryStrategy(warm_start=True, max_epochs=1, device="cpu", random_state=0)
    strategy.fit(S, y)
    with pytest.raises(ValueError, match="X has 200 features, but warm_start=True goes on .* 300"):
        strategy.fit(S[:, :200], y)


def test_a_file_of_another_likelihood_is_refused(X, tmp_path):
    pytest.importorskip("safetensors")
    fitted(X, max_epochs=1).save(tmp_path / "model")
    with pytest.raises(ModelFileError, match="trained with likelihood='gaussian'"):
        VAALQueryStrategy.load(tmp_path / "model", likelihood="bernoulli")
