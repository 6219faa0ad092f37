"""On a CUDA device: the same results as on the processor, and nothing left behind."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch

from skvaal import DeviceMemoryError, VAALQueryStrategy
from skvaal._engine.settings import EngineSettings

from ..conftest import QUICK

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]


def on(device, **params):
    return VAALQueryStrategy(**{**QUICK, "device": device, **params})


def test_auto_takes_cuda(digits):
    strategy = on("auto").fit(*digits)
    assert next(strategy.net_.vae_.parameters()).is_cuda


@pytest.mark.parametrize("data", ["digits", "images"])
def test_scores_agree_with_the_processor(data, request, tmp_path):
    X, y = request.getfixturevalue(data)
    params = {"vae__width": 4} if data == "images" else {}
    trained = on("cuda", **params).fit(X, y)
    trained.save(tmp_path / "strategy")
    loaded = VAALQueryStrategy.load(tmp_path / "strategy", device="cpu")
    np.testing.assert_allclose(loaded.score_samples(X), trained.score_samples(X), atol=1e-2)
    assert trained.score(X) == pytest.approx(loaded.score(X), rel=1e-2)


def test_training_improves_the_loss(images):
    strategy = on("cuda", vae__width=4, max_epochs=20, lr=2e-3).fit(*images)
    assert strategy.history_[-1, "vae_loss"] < strategy.history_[0, "vae_loss"]


def test_generators_of_all_devices_are_left_alone(digits):
    before = torch.get_rng_state(), torch.cuda.get_rng_state()
    on("cuda").fit(*digits).query(digits[0], 3)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert torch.equal(torch.cuda.get_rng_state(), before[1])


def test_same_seed_same_query(digits):
    X, y = digits
    chosen = [on("cuda").fit(X, y).query(X, 10) for _ in range(2)]
    assert len(set(chosen[0]) & set(chosen[1])) >= 9  # CUDA's sums are not ordered


def test_fitted_strategy_pickles(digits):
    X, y = digits
    strategy = on("cuda").fit(X, y)
    copy = pickle.loads(pickle.dumps(strategy))
    np.testing.assert_allclose(copy.score_samples(X), strategy.score_samples(X), atol=1e-4)


@pytest.mark.filterwarnings("ignore::skvaal.UninformativeDiscriminatorWarning")
@pytest.mark.filterwarnings("ignore::skvaal.PosteriorCollapseWarning")
@pytest.mark.parametrize(
    "net", ["vaal", "published", "no_vae", "frozen_vae", "no_discriminator", "relabeled"]
)
def test_nets_rules_and_the_report(digits, tmp_path, net):
    X, y = digits
    proba = np.random.RandomState(0).dirichlet(np.ones(3), len(X))
    strategy = on("cuda", net=net, rule="k_center")
    strategy.fit(X, y, proba=proba if net == "relabeled" else None)
    assert len(set(strategy.query(X, 5))) == 5
    assert 0 <= strategy.diagnose(X[:40], X[40:]).auc_cross_fitted <= 1
    strategy.save(tmp_path / "strategy")
    loaded = VAALQueryStrategy.load(tmp_path / "strategy", device="cpu")
    np.testing.assert_allclose(loaded.transform(X), strategy.transform(X), atol=1e-2)


def test_herding_in_components_chooses_as_on_the_processor(images):
    X, y = images
    proba = np.random.RandomState(0).dirichlet(np.ones(3), len(X))
    # Scores of two devices differ in their last digits, and so count next to nothing here.
    params = {"vae__width": 4, "rule__score_power": 1e-9, "uncertainty": "margin"}
    chosen = [
        on(device, **params).fit(X, y).query(X, 10, proba=proba).tolist()
        for device in ("cuda", "cpu")
    ]
    assert chosen[0] == chosen[1]


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_mixed_precision_trains_to_the_same_loss(images, precision):
    params = {"vae__width": 4, "max_epochs": 10}
    exact, mixed = (
        np.array(on("cuda", engine__precision=each, **params).fit(*images).history_[:, "vae_loss"])
        for each in ("float32", precision)
    )
    assert not np.array_equal(mixed, exact)
    np.testing.assert_allclose(mixed, exact, atol=0.05 * (exact[0] - exact[-1]))


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_mixed_precision_scores_what_float32_scores(images, precision):
    X, y = images
    strategy = on("cuda", vae__width=4, engine__precision="float32").fit(X, y)
    expected = strategy.score_samples(X)
    strategy.net_.engine = EngineSettings(precision=precision)
    found = strategy.score_samples(X)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=0.02 * np.abs(expected).max() + 1e-3)


@pytest.mark.parametrize("net", ["vaal", "separate_batches"])
def test_cuda_graphs_change_nothing(images, net):
    X, y = images
    params = {"vae__width": 4, "net": net, "engine__precision": "float32"}
    plain = on("cuda", **params).fit(X, y)
    graphs = on("cuda", engine__compile={"mode": "reduce-overhead"}, **params).fit(X, y)
    np.testing.assert_allclose(graphs.score_samples(X), plain.score_samples(X), atol=1e-2)


def test_resident_and_prefetched_samples_train_the_same(images, monkeypatch):
    X, y = images
    params = {"vae__width": 4, "engine__augmentation": "flip_crop"}
    resident = on("cuda", **params).fit(X, y)
    monkeypatch.setattr("skvaal._engine.transfer._MAX_MEMORY_SHARE", 0)
    prefetched = on("cuda", **params).fit(X, y)
    np.testing.assert_allclose(prefetched.score_samples(X), resident.score_samples(X), atol=1e-2)


def test_out_of_memory_names_the_batch_size_and_leaves_the_process_usable(images):
    X = np.zeros((4096, 3, 64, 64), np.uint8)
    y = np.where(np.arange(len(X)) < 2048, 0, -1)
    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(5e8 / total)
    try:
        with pytest.raises(DeviceMemoryError, match="batch_size=2048"):
            on("cuda", vae__width=64, batch_size=2048, max_epochs=1).fit(X, y)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    on("cuda", vae__width=4).fit(*images)
