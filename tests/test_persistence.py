"""save and load: the same strategy back, and clear errors where that cannot be."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from skvaal import (
    DenseVAE,
    Herding,
    HerdingQueryStrategy,
    ModelFileError,
    TopK,
    VAALNet,
    VAALQueryStrategy,
)

from .conftest import SMALL

safetensors = pytest.importorskip("safetensors.torch")


class OwnVAE(DenseVAE):
    """Not skvaal's, so that no file can name it."""


@pytest.fixture
def fitted(digits, quick):
    return VAALQueryStrategy(**quick).fit(*digits)


@pytest.fixture
def path(tmp_path, fitted):
    fitted.save(tmp_path / "strategy.safetensors")
    return tmp_path / "strategy.safetensors"


def rewrite(path, tensors=None, **metadata):
    """Write the file again with other tensors or metadata."""
    with safetensors.safe_open(path, "pt") as file:
        old = file.metadata()
    tensors = safetensors.load_file(path) if tensors is None else tensors
    safetensors.save_file(tensors, path, {**old, **metadata})


def test_loaded_strategy_is_the_saved_one(path, fitted, digits):
    X, _ = digits
    loaded = VAALQueryStrategy.load(path)
    assert loaded.get_params() == fitted.get_params()
    for method in ("score_samples", "transform"):
        np.testing.assert_array_equal(getattr(loaded, method)(X), getattr(fitted, method)(X))
    np.testing.assert_array_equal(loaded.query(X, 9), fitted.query(X, 9))
    assert loaded.score(X) == fitted.score(X)
    assert (loaded.n_labeled_, loaded.n_unlabeled_, loaded.n_iter_) == (40, 200, 2)


@pytest.mark.parametrize(
    "params",
    [
        {"likelihood": "bernoulli", "missing_label": float("nan")},
        {"optimizer_vae": torch.optim.SGD, "optimizer_vae__lr": 1e-3, "beta": np.float32(2)},
        {"device": torch.device("cpu"), "vae": DenseVAE, "vae__hidden": (7, 5)},
        {"random_state": np.random.RandomState(0), "callbacks": []},
    ],
)
def test_parameters_come_back(digits, quick, tmp_path, params):
    X, y = digits
    y = y.astype(float)
    y[y == -1] = params.get("missing_label", -1)
    saved = VAALQueryStrategy(**{**quick, **params}).fit(X, y)
    saved.save(tmp_path / "file")
    loaded = VAALQueryStrategy.load(tmp_path / "file")
    np.testing.assert_array_equal(loaded.score_samples(X), saved.score_samples(X))
    assert loaded.optimizer_vae is saved.optimizer_vae
    assert torch.device(loaded.device) == torch.device(saved.device)
    assert isinstance(loaded.random_state, int | None)


def test_images_and_column_names_come_back(images, digits, quick, tmp_path):
    X, y = images
    saved = VAALQueryStrategy(**quick, vae__width=2).fit(X, y)
    saved.save(tmp_path / "images")
    loaded = VAALQueryStrategy.load(tmp_path / "images")
    np.testing.assert_array_equal(loaded.query(X, 5), saved.query(X, 5))
    frame = pd.DataFrame(digits[0]).add_prefix("pixel")
    VAALQueryStrategy(**quick).fit(frame, digits[1]).save(tmp_path / "frame")
    loaded = VAALQueryStrategy.load(tmp_path / "frame")
    assert list(loaded.feature_names_in_) == list(frame.columns)
    loaded.query(frame)
    with pytest.raises(ValueError, match="feature names"):
        loaded.query(frame.iloc[:, ::-1])


def test_loading_leaves_torchs_generator_alone(path):
    before = torch.get_rng_state()
    VAALQueryStrategy.load(path)
    assert torch.equal(torch.get_rng_state(), before)


def test_training_can_go_on_after_loading(path, digits):
    loaded = VAALQueryStrategy.load(path, warm_start=True)
    weights = loaded.net_.vae_.fc_mu.weight.detach().clone()
    loaded.fit(*digits)
    assert not torch.equal(loaded.net_.vae_.fc_mu.weight, weights)


def test_class_of_a_user_must_be_passed(digits, quick, tmp_path):
    X, y = digits
    saved = VAALQueryStrategy(**quick, vae=OwnVAE).fit(X, y)
    saved.save(tmp_path / "own")
    with pytest.raises(ModelFileError, match=r"vae of your own \(class OwnVAE\).*load\(path, vae="):
        VAALQueryStrategy.load(tmp_path / "own")
    loaded = VAALQueryStrategy.load(tmp_path / "own", vae=OwnVAE)
    np.testing.assert_array_equal(loaded.score_samples(X), saved.score_samples(X))


def test_file_holds_no_pickle(path):
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    strategy = json.loads(header["__metadata__"]["values"])
    assert strategy["params"]["optimizer_vae"] == {"class": ["torch.optim", "Adam"]}
    assert strategy["fitted"]["n_labeled_"] == 40


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "text"])
def test_damaged_file(path, damage):
    content = bytearray(path.read_bytes())
    if damage == "flip":
        content[-10] ^= 0xFF
    damaged = {"cut": content[:-100], "flip": content, "empty": b"", "text": b"hello" * 50}[damage]
    path.write_bytes(bytes(damaged))
    with pytest.raises(ModelFileError, match="damaged"):
        VAALQueryStrategy.load(path)


def test_damaged_header(path):
    rewrite(path, values="{}")
    with pytest.raises(ModelFileError, match="does not match its checksum"):
        VAALQueryStrategy.load(path)


def test_other_format_version(path):
    rewrite(path, format_version="99", skvaal_version="7.0")
    with pytest.raises(ModelFileError, match=r"format version 99, written by skvaal 7\.0"):
        VAALQueryStrategy.load(path)


def test_file_of_another_program(tmp_path):
    safetensors.save_file({"x": torch.zeros(2)}, tmp_path / "other")
    with pytest.raises(ModelFileError, match="was not written by VAALQueryStrategy"):
        VAALQueryStrategy.load(tmp_path / "other")


def test_weights_of_another_architecture(path):
    with pytest.raises(ModelFileError, match="does not fit .* not the weights of vae"):
        VAALQueryStrategy.load(path, vae__latent_dim=9)
    with pytest.raises(ModelFileError, match="it holds a VAALNet, not a NoDiscriminatorNet"):
        VAALQueryStrategy.load(path, net="no_discriminator")
    with pytest.raises(ModelFileError, match="does not fit the parameters"):
        VAALQueryStrategy.load(path, net="pseudo_label")


def test_damage_anywhere_is_found(path):
    content = path.read_bytes()
    rng = np.random.default_rng(0)
    length = 8 + int.from_bytes(content[:8], "little")
    for position in rng.integers(8, length, 60):
        damaged = bytearray(content)
        damaged[position] ^= int(rng.integers(1, 128))
        path.write_bytes(bytes(damaged))
        try:
            loaded = VAALQueryStrategy.load(path)
        except ModelFileError:
            continue
        # What is left: the note of the release that wrote the file, which nothing is read from.
        path.write_bytes(content)
        assert loaded.get_params() == VAALQueryStrategy.load(path).get_params()


def test_tied_weights(digits, quick, tmp_path):
    class Tied(DenseVAE):
        def __init__(self, input_shape, latent_dim=3):
            super().__init__(input_shape, latent_dim=latent_dim)
            self.alias = self.fc_mu

    X, y = digits
    saved = VAALQueryStrategy(**quick, vae=Tied).fit(X, y)
    saved.save(tmp_path / "tied")
    loaded = VAALQueryStrategy.load(tmp_path / "tied", vae=Tied)
    np.testing.assert_array_equal(loaded.score_samples(X), saved.score_samples(X))


def test_numpy_values_in_parameters(digits, quick, tmp_path):
    quick["random_state"] = np.int64(3)
    VAALQueryStrategy(**quick, vae__hidden=[np.int64(8)]).fit(*digits).save(tmp_path / "file")
    loaded = VAALQueryStrategy.load(tmp_path / "file")
    assert loaded.random_state == 3
    assert loaded.get_params()["vae__hidden"] == [8]


def test_epochs_add_up_after_loading(path, digits):
    assert VAALQueryStrategy.load(path, warm_start=True).fit(*digits).n_iter_ == 4


def test_misspelt_parameter_on_loading(path):
    with pytest.raises(ValueError, match="did you mean 'vae__hidden'"):
        VAALQueryStrategy.load(path, vae__hiddn=(3,))


def test_missing_folder(fitted, tmp_path):
    with pytest.raises(FileNotFoundError, match="no such folder"):
        fitted.save(tmp_path / "none" / "file")


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such file"):
        VAALQueryStrategy.load(tmp_path / "none")


def test_unfitted_strategy_cannot_be_saved(tmp_path):
    with pytest.raises(ValueError, match="not fitted"):
        VAALQueryStrategy().save(tmp_path / "file")


def test_module_instance_is_not_written_as_a_parameter(digits, quick, tmp_path):
    X, y = digits
    quick.pop("vae__latent_dim")
    vae: nn.Module = DenseVAE((64,), latent_dim=2)
    saved = VAALQueryStrategy(**quick, vae=vae).fit(X, y)
    saved.save(tmp_path / "instance")
    with pytest.raises(ModelFileError, match="vae of your own"):
        VAALQueryStrategy.load(tmp_path / "instance")
    loaded = VAALQueryStrategy.load(tmp_path / "instance", vae=DenseVAE((64,), latent_dim=2))
    np.testing.assert_array_equal(loaded.score_samples(X), saved.score_samples(X))


def test_a_net_of_your_own_must_be_passed(digits, quick, tmp_path):
    class Shifted(VAALNet):
        def __init__(self, *args, shift=0.0, **kwargs):
            super().__init__(*args, **kwargs)
            self.shift = shift

        def logits(self, mu, extra=None, discriminator=None):
            return super().logits(mu, extra, discriminator) + self.shift

    X, y = digits
    saved = VAALQueryStrategy(**quick, net=Shifted, net__shift=2.0).fit(X, y)
    saved.save(tmp_path / "own")
    with pytest.raises(ModelFileError, match=r"net of your own .*Shifted.*load\(path, net="):
        VAALQueryStrategy.load(tmp_path / "own")
    loaded = VAALQueryStrategy.load(tmp_path / "own", net=Shifted)
    assert loaded.net_.shift == 2
    np.testing.assert_array_equal(loaded.score_samples(X), saved.score_samples(X))


@pytest.mark.parametrize("device", ["cpu", torch.device("cpu")])
def test_a_device_is_saved(digits, quick, tmp_path, device):
    saved = VAALQueryStrategy(**{**quick, "device": device}).fit(*digits)
    saved.save(tmp_path / "file")
    loaded = VAALQueryStrategy.load(tmp_path / "file")
    assert loaded.device == "cpu"
    np.testing.assert_array_equal(loaded.transform(digits[0]), saved.transform(digits[0]))


# What was learned for the choice


@pytest.fixture(params=["vaal", "vaal in components", "herding"])
def strategy(request):
    """Unfitted strategies that keep coordinates of the labelled samples."""
    return {
        "vaal": VAALQueryStrategy(**SMALL),
        "vaal in components": VAALQueryStrategy(**SMALL, rule=Herding(space="components")),
        "herding": HerdingQueryStrategy(n_components=5, bandwidth=0.5, random_state=0),
    }[request.param]


@pytest.mark.parametrize("data", ["digits", "images"])
def test_a_loaded_strategy_chooses_as_it_did(strategy, data, request, tmp_path):
    X, y = request.getfixturevalue(data)
    if data == "images" and isinstance(strategy, VAALQueryStrategy):
        strategy.set_params(vae__width=2)
    proba = np.random.RandomState(0).dirichlet(np.ones(3), len(X))
    strategy.fit(X, y).save(tmp_path / "strategy")
    loaded = type(strategy).load(tmp_path / "strategy")
    assert repr(loaded) == repr(strategy)
    assert (loaded.n_labeled_, loaded.n_unlabeled_) == (40, 200)
    assert loaded.input_shape_ == X.shape[1:]
    np.testing.assert_array_equal(loaded.labeled_coordinates_, strategy.labeled_coordinates_)
    np.testing.assert_array_equal(loaded.transform(X), strategy.transform(X))
    for given in (None, proba):
        chosen = [each.query(X, 6, proba=given, return_scores=True) for each in (loaded, strategy)]
        np.testing.assert_array_equal(*chosen)
    loaded.save(tmp_path / "again")
    again = type(strategy).load(tmp_path / "again")
    np.testing.assert_array_equal(again.query(X, 6), strategy.query(X, 6))


@pytest.mark.filterwarnings("ignore::skvaal.EmptyPoolWarning")
def test_a_strategy_without_labels_is_saved(strategy, digits, tmp_path):
    X, _ = digits
    strategy.fit(X).save(tmp_path / "file")
    loaded = type(strategy).load(tmp_path / "file")
    np.testing.assert_array_equal(loaded.query(X, 5), strategy.query(X, 5))


def test_loaded_arrays_are_in_memory_of_their_own(strategy, digits, tmp_path):
    X, y = digits
    path = tmp_path / "file"
    strategy.fit(X, y).save(path)
    loaded = type(strategy).load(path)
    expected = loaded.query(X, 5)
    path.write_bytes(b"overwritten" * 10_000)
    path.unlink()
    np.testing.assert_array_equal(loaded.query(X, 5), expected)
    arrays = [loaded.labeled_coordinates_]
    if isinstance(loaded, HerdingQueryStrategy):
        arrays += [loaded.mean_, loaded.components_]
    for array in arrays:
        assert array.flags.owndata
        assert array.flags.writeable


def test_a_rule_is_saved_with_its_parameters(digits, tmp_path):
    X, y = digits
    strategy = VAALQueryStrategy(**SMALL, rule=Herding(bandwidth=0.25), rule__score_power=2)
    strategy.fit(X, y).save(tmp_path / "file")
    loaded = VAALQueryStrategy.load(tmp_path / "file")
    assert repr(loaded.rule) == "Herding(bandwidth=0.25)"
    assert loaded.get_params()["rule__score_power"] == 2
    np.testing.assert_array_equal(loaded.query(X, 5), strategy.query(X, 5))


def test_a_file_without_coordinates_has_none(digits, tmp_path):
    X, y = digits
    VAALQueryStrategy(**SMALL, rule=TopK()).fit(X, y).save(tmp_path / "strategy")
    loaded = VAALQueryStrategy.load(tmp_path / "strategy", rule="herding")
    with pytest.raises(ValueError, match="which were not kept"):
        loaded.query(X, 5)


def test_a_file_of_the_other_strategy(path, digits, tmp_path):
    with pytest.raises(ModelFileError, match="not a HerdingQueryStrategy; load it with VAALQuery"):
        HerdingQueryStrategy.load(path)
    HerdingQueryStrategy().fit(*digits).save(tmp_path / "other")
    with pytest.raises(ModelFileError, match="not a VAALQueryStrategy; load it with HerdingQuery"):
        VAALQueryStrategy.load(tmp_path / "other")


def test_no_parameter_of_herding_is_lost(digits, tmp_path):
    saved = HerdingQueryStrategy(
        n_components=np.int64(3), uncertainty="entropy", missing_label=np.nan, random_state=4
    )
    X, y = digits
    saved.fit(X, np.where(y == -1, np.nan, y)).save(tmp_path / "file")
    loaded = HerdingQueryStrategy.load(tmp_path / "file", verbose=1)
    assert (loaded.n_components, loaded.uncertainty, loaded.random_state) == (3, "entropy", 4)
    assert np.isnan(loaded.missing_label)
    assert loaded.verbose == 1


def test_seconds_of_a_loaded_strategy_are_those_of_its_choices(path, digits):
    loaded = VAALQueryStrategy.load(path)
    loaded.query(digits[0], 3)
    assert set(loaded.seconds_) == {"choose"}
